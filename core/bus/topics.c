/*
 * topics.c - see topics.h. Days are those of docs/operations.md.
 */
#include "core/bus/topics.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS ((uint64_t)24 * 60 * 60 * 1000)

/*
 * submitted, checked and rejected are read again from the positions in the consolidator's masters when it starts anew, so
 * they must outlive the longest holidays in which nobody runs it; checked is not compacted meanwhile, since every row of a night counts,
 * not only the newest of each record.
 */
const struct topic_plan topic_plans[TOPIC_COUNT] = {
	[TOPIC_SUBMITTED] = { "submitted", true, false, 14 * DAY_MS, 0, 0 },
	[TOPIC_FILES] = { "files", false, true, 0, 90 * DAY_MS, 14 * DAY_MS },
	[TOPIC_CHECKED] = { "checked", true, true, 0, 30 * DAY_MS, 14 * DAY_MS },
	[TOPIC_REJECTED] = { "rejected", true, false, 14 * DAY_MS, 0, 0 },
	[TOPIC_STUDENTS] = { "students", true, true, 0, 60 * DAY_MS, 0 },
	[TOPIC_CHANGES] = { "changes", true, false, 180 * DAY_MS, 0, 0 },
	[TOPIC_IDENTITY] = { "identity", true, true, 0, 60 * DAY_MS, 0 },
	[TOPIC_RUNS] = { "runs", false, true, 0, 90 * DAY_MS, 14 * DAY_MS },
};

const struct topic_plan topic_view_plan = { "view", false, true, 0, 60 * DAY_MS, 0 };

void
topic_view_name(char out[TOPIC_NAME_MAX], const char *prefix, struct text grant)
{
	snprintf(out, TOPIC_NAME_MAX, "%s.%s.%.*s", prefix, topic_view_plan.name, (int)grant.len, grant.at);
}

bool
topic_is_view(const char *prefix, const char *name)
{
	size_t len = strlen(prefix), word = strlen(topic_view_plan.name);

	return strncmp(name, prefix, len) == 0 && name[len] == '.'
	    && strncmp(name + len + 1, topic_view_plan.name, word) == 0 && name[len + 1 + word] == '.'
	    && name[len + 2 + word] != '\0';
}

void
topic_name(char out[TOPIC_NAME_MAX], const char *prefix, enum topic topic)
{
	snprintf(out, TOPIC_NAME_MAX, "%s.%s", prefix, topic_plans[topic].name);
}

enum topic
topic_find(const char *prefix, const char *name)
{
	size_t len = strlen(prefix);

	if (strncmp(name, prefix, len) != 0 || name[len] != '.')
		return TOPIC_COUNT;
	for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
		if (strcmp(topic_plans[topic].name, name + len + 1) == 0)
			return topic;
	}
	return TOPIC_COUNT;
}
