/*
 * lag.c - see lag.h. What is remembered is a line a partition: group, topic, partition, position, since when it stands there; a tab
 * between.
 */
#include "ops/yici/lag.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/bus/settings.h"
#include "core/record/wire.h"

#define MEMORY_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define POLL_MS 200
#define PATIENCE_MS 30000 /* without a message and without an end */

const char *
lag_state_name(enum lag_state state)
{
	static const char *const names[LAG_STATES] = { [LAG_NOT_FOUND] = "NOT_FOUND",
		[LAG_OK] = "OK",
		[LAG_WAITING] = "WAITING",
		[LAG_OPEN_TRANSACTION] = "OPEN_TRANSACTION",
		[LAG_STOP] = "STOP",
		[LAG_STALL] = "STALL",
		[LAG_REWIND] = "REWIND" };

	return names[state];
}

void
lag_free(struct lag *lag)
{
	for (size_t i = 0; i < lag->count; i++) {
		free(lag->groups[i].name);
		free(lag->groups[i].at);
	}
	free(lag->groups);
	free(lag->unread);
	*lag = (struct lag){ 0 };
}

/* ---- which partitions ---- */

static int64_t
position_of(const struct bus_group *group, const char *topic, int32_t partition)
{
	for (size_t i = 0; i < group->count; i++) {
		if (group->positions[i].partition == partition && strcmp(group->positions[i].topic, topic) == 0)
			return group->positions[i].offset;
	}
	return -1;
}

/* All partitions of one topic, behind those ${group} has. */
static int
add_topic(struct lag_group *group, struct bus *bus, const struct bus_group *from, const char *topic, struct err *err)
{
	int32_t partitions;
	struct lag_partition *grown;

	if (bus_partitions(bus, topic, &partitions, err) != 0)
		return -1;
	grown = realloc(group->at, (group->count + (size_t)partitions) * sizeof(*grown));
	if (grown == NULL)
		return err_set(err, ERR_RETRY, "memory is short");
	group->at = grown;
	for (int32_t i = 0; i < partitions; i++) {
		struct lag_partition *partition = &group->at[group->count];

		*partition = (struct lag_partition){
			.partition = i, .committed = position_of(from, topic, i), .first_ms = -1
		};
		snprintf(partition->topic, sizeof(partition->topic), "%s", topic);
		if (bus_ends(bus, topic, i, &partition->ends, err) != 0)
			return -1;
		group->count++;
	}
	return 0;
}

static int
add_group(struct lag *lag, struct bus *bus, const struct bus_settings *settings, const struct bus_group *from,
    struct err *err)
{
	struct lag_group *group = &lag->groups[lag->count];
	size_t prefix = strlen(settings->prefix);
	const char *topic = "";

	*group = (struct lag_group){ .name = strdup(from->name),
		.active = from->active,
		.ours = strncmp(from->name, settings->prefix, prefix) == 0 && from->name[prefix] == '.' };
	lag->count++;
	if (group->name == NULL)
		return err_set(err, ERR_RETRY, "memory is short");
	for (size_t i = 0; i < from->count; i++) {
		if (strcmp(from->positions[i].topic, topic) == 0)
			continue;
		topic = from->positions[i].topic;
		if (add_topic(group, bus, from, topic, err) != 0)
			return -1;
	}
	return 0;
}

/* ---- counting ---- */

/* Where reading begins: retention may have taken away what a position points at. */
static int64_t
begins(const struct lag_partition *partition)
{
	return partition->committed > partition->ends.first ? partition->committed : partition->ends.first;
}

static int64_t
gap(const struct lag_partition *partition)
{
	int64_t offsets = partition->ends.stable - begins(partition);

	return offsets > 0 ? offsets : 0;
}

/* The files whose rows were met: ids, sorted at the end. */
struct met {
	uint8_t (*ids)[WIRE_FILE_BYTES];
	size_t count, room;
};

static int
meet(struct met *met, struct text key, struct err *err)
{
	uint8_t id[WIRE_FILE_BYTES];

	if (key.len < 2 * sizeof(id) || !hex_parse((struct text){ key.at, 2 * sizeof(id) }, id, sizeof(id)))
		return 0;
	/* rows of a file come one after another */
	for (size_t i = met->count; i > 0 && met->count - i < 64; i--) {
		if (memcmp(met->ids[i - 1], id, sizeof(id)) == 0)
			return 0;
	}
	if (met->count == met->room) {
		size_t room = met->room * 2 + 256;
		void *grown = realloc(met->ids, room * sizeof(*met->ids));

		if (grown == NULL)
			return err_set(err, ERR_RETRY, "memory is short");
		met->ids = grown;
		met->room = room;
	}
	memcpy(met->ids[met->count++], id, sizeof(id));
	return 0;
}

static int
compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, WIRE_FILE_BYTES);
}

/* Sorted, each once; how many. */
static size_t
distinct(struct met *met)
{
	size_t count = 0;

	if (met->count > 0)
		qsort(met->ids, met->count, sizeof(*met->ids), compare_ids);
	for (size_t i = 0; i < met->count; i++) {
		if (i == 0 || memcmp(met->ids[count - 1], met->ids[i], sizeof(*met->ids)) != 0)
			memmove(met->ids[count++], met->ids[i], sizeof(*met->ids));
	}
	return count;
}

static struct lag_partition *
find_partition(struct lag_group *group, const struct message *message)
{
	for (size_t i = 0; i < group->count; i++) {
		if (group->at[i].partition == message->partition && strcmp(group->at[i].topic, message->topic) == 0)
			return &group->at[i];
	}
	return NULL;
}

/* Is there something to be read in it, in this round? Few first, then of those beyond the bound only the first message. */
static bool
in_round(const struct lag_partition *partition, bool beyond)
{
	return gap(partition) > 0 && (gap(partition) > LAG_COUNT_MAX) == beyond;
}

static bool
done_with(struct bus *bus, const struct lag_group *group, bool beyond)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct lag_partition *partition = &group->at[i];

		if (!in_round(partition, beyond) || (beyond && partition->first_ms >= 0))
			continue;
		if (bus_position(bus, partition->topic, partition->partition) < partition->ends.stable)
			return false;
	}
	return true;
}

static void
count_message(struct lag_partition *partition, const struct message *message, bool beyond)
{
	if (message->offset >= partition->ends.stable)
		return; /* written since we looked */
	if (partition->first_ms < 0)
		partition->first_ms = message->time_ms;
	if (!beyond)
		partition->records++;
}

static int
read_round(struct bus *bus, struct lag_group *group, bool beyond, struct met *met, struct err *err)
{
	struct bus_position *positions = calloc(group->count + 1, sizeof(*positions));
	struct message message;
	size_t count = 0;
	int result = -1, got;

	if (positions == NULL)
		return err_set(err, ERR_RETRY, "memory is short");
	for (size_t i = 0; i < group->count; i++) {
		const struct lag_partition *partition = &group->at[i];

		if (in_round(partition, beyond))
			positions[count++] = (struct bus_position){ partition->topic, partition->partition,
				begins(partition) };
	}
	if (count == 0 || bus_assign(bus, positions, count, err) != 0) {
		free(positions);
		return count == 0 ? 0 : -1;
	}
	for (int silence = 0; silence < PATIENCE_MS && !done_with(bus, group, beyond);) {
		struct lag_partition *partition;

		got = bus_poll(bus, &message, POLL_MS, err);
		if (got < 0)
			goto done;
		silence = got == 1 ? 0 : silence + POLL_MS;
		if (got == 1 && (partition = find_partition(group, &message)) != NULL) {
			count_message(partition, &message, beyond);
			if (met != NULL && meet(met, message.key, err) != 0)
				goto done;
		}
		if (bus_at_end(bus))
			break;
	}
	result = bus_assign(bus, NULL, 0, err);
done:
	free(positions);
	return result;
}

static int
count_group(struct bus *bus, struct lag_group *group, struct met *met, int64_t now_ms, struct err *err)
{
	if (read_round(bus, group, false, met, err) != 0 || read_round(bus, group, true, met, err) != 0)
		return -1;
	for (size_t i = 0; i < group->count; i++) {
		struct lag_partition *partition = &group->at[i];

		if (in_round(partition, true)) {
			partition->records = (uint64_t)gap(partition);
			partition->at_most = true;
		}
		if (partition->first_ms >= 0 && partition->first_ms < now_ms)
			partition->seconds = (uint64_t)(now_ms - partition->first_ms) / 1000;
	}
	return 0;
}

int
lag_look(struct lag *lag, const struct bus_settings *settings, int64_t now_ms, struct err *err)
{
	struct bus_role role = { .program = "status" };
	struct bus_admin *admin = NULL;
	struct bus_groups groups = { 0 };
	struct bus *bus = NULL;
	struct met met = { 0 };
	char normalize[TOPIC_NAME_MAX];
	int result = -1;

	*lag = (struct lag){ 0 };
	/* positions first, ends after: so that a reader is never ahead of the end */
	if (bus_admin_open(&admin, settings, err) != 0 || bus_admin_groups(admin, &groups, err) != 0
	    || bus_open(&bus, settings, &role, err) != 0)
		goto done;
	lag->groups = calloc(groups.count + 1, sizeof(*lag->groups));
	if (lag->groups == NULL) {
		err_set(err, ERR_RETRY, "memory is short");
		goto done;
	}
	snprintf(normalize, sizeof(normalize), "%s.normalize", settings->prefix);
	for (size_t i = 0; i < groups.count; i++) {
		bool is_normalize = strcmp(groups.at[i].name, normalize) == 0;

		if (add_group(lag, bus, settings, &groups.at[i], err) != 0
		    || count_group(bus, &lag->groups[i], is_normalize ? &met : NULL, now_ms, err) != 0)
			goto done;
		for (size_t k = 0; is_normalize && k < lag->groups[i].count; k++)
			lag->files_at_least = lag->files_at_least || lag->groups[i].at[k].at_most;
	}
	lag->files_unread = distinct(&met);
	lag->unread = met.ids;
	met.ids = NULL;
	result = 0;
done:
	if (result != 0)
		lag_free(lag);
	free(met.ids);
	bus_close(bus);
	bus_groups_free(&groups);
	bus_admin_close(admin);
	return result;
}

/* ---- judging ---- */

/* What is remembered of a partition. */
struct before {
	int64_t committed, since_s;
};

/* The next piece of ${line} up to a tab or its end. */
static struct text
piece(struct text *line)
{
	size_t tab = text_find(*line, TEXT("\t"));
	struct text found = { line->at, tab == SIZE_MAX ? line->len : tab };

	*line = tab == SIZE_MAX ? (struct text){ 0 } : (struct text){ line->at + tab + 1, line->len - tab - 1 };
	return found;
}

/* Find the line of a partition; false when nothing is remembered of it. */
static bool
recall(struct text memory, const char *group, const struct lag_partition *partition, struct before *before)
{
	while (memory.len > 0) {
		const char *end = memchr(memory.at, '\n', memory.len);
		struct text line = { memory.at, end == NULL ? memory.len : (size_t)(end - memory.at) };
		size_t step = line.len + (end != NULL);
		uint64_t number, committed, since;

		memory = (struct text){ memory.at + step, memory.len - step };
		if (text_eq(piece(&line), text_from(group)) && text_eq(piece(&line), text_from(partition->topic))
		    && text_to_u64(piece(&line), &number) && number == (uint64_t)partition->partition
		    && text_to_u64(piece(&line), &committed) && text_to_u64(piece(&line), &since)) {
			*before = (struct before){ (int64_t)committed, (int64_t)since };
			return true;
		}
	}
	return false;
}

static enum lag_state
judge(const struct lag_group *group, const struct lag_partition *partition, const struct before *before,
    struct lag_when when)
{
	bool stands = before != NULL && before->committed == partition->committed
	    && when.now_s - before->since_s >= LAG_STUCK_S;

	if (before != NULL && partition->committed < before->committed)
		return LAG_REWIND;
	if (partition->ends.stable < partition->ends.end)
		return LAG_OPEN_TRANSACTION;
	if (partition->records == 0)
		return LAG_OK;
	if (!group->ours)
		return partition->seconds >= LAG_LATE_S && !group->active ? LAG_STOP : LAG_WAITING;
	if (!when.window || partition->seconds < LAG_STUCK_S || !stands)
		return LAG_WAITING;
	return group->active ? LAG_STALL : LAG_STOP;
}

int
lag_judge(struct lag *lag, const char *path, struct lag_when when, struct err *err)
{
	struct buffer memory, next;
	struct err ignored;
	int result = 0;

	buffer_init(&memory, MEMORY_BYTES_MAX);
	buffer_init(&next, MEMORY_BYTES_MAX);
	if (path != NULL && file_exists(path) && file_read_all(path, &memory, err) != 0)
		result = -1;
	for (size_t i = 0; i < lag->count && result == 0; i++) {
		struct lag_group *group = &lag->groups[i];

		group->state = LAG_OK;
		for (size_t k = 0; k < group->count; k++) {
			struct lag_partition *partition = &group->at[k];
			struct before before = { 0 };
			bool known = recall(buffer_as_text(&memory), group->name, partition, &before);

			partition->state = judge(group, partition, known ? &before : NULL, when);
			if (partition->state > group->state)
				group->state = partition->state;
			if (partition->committed < 0)
				continue;
			if (!known || before.committed != partition->committed)
				before = (struct before){ partition->committed, when.now_s };
			buffer_format(&next, "%s\t%s\t%d\t%" PRId64 "\t%" PRId64 "\n", group->name, partition->topic,
			    partition->partition, before.committed, before.since_s);
		}
	}
	if (result == 0 && path != NULL && !buffer_failed(&next))
		(void)!file_write_all(path, next.len == 0 ? "" : next.at, next.len, &ignored);
	buffer_fini(&memory);
	buffer_fini(&next);
	return result;
}
