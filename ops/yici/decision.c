/*
 * decision.c - see decision.h.
 */
#include "ops/yici/decision.h"

#include <pwd.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "consumers/consolidate/decisions.h"
#include "core/record/flat_json.h"

#define MEMBERS_MAX 16

struct text
decision_who(const struct command *command)
{
	static char number[24];
	const struct passwd *user;

	if (command->who != NULL && command->who[0] != '\0')
		return text_from(command->who);
	user = getpwuid(getuid());
	if (user != NULL)
		return text_from(user->pw_name);
	snprintf(number, sizeof(number), "uid %lu", (unsigned long)getuid());
	return text_from(number);
}

bool
decision_has_why(const struct command *command)
{
	if (command->why != NULL && text_trim(text_from(command->why)).len > 0
	    && utf8_valid(command->why, strlen(command->why)))
		return true;
	(void)misuse(command, say(command, "请用 --why 说明理由", "say the reason with --why"));
	return false;
}

int
decision_write(
    struct command *command, const char *data, const char *action, const struct journal_member *members, size_t count)
{
	struct journal_member all[MEMBERS_MAX];
	struct text who = decision_who(command);
	struct err err = { 0 };
	uint64_t number;

	if (!utf8_valid(who.at, who.len))
		return misuse(command, say(command, "--who 不是 UTF-8", "--who is no UTF-8"));
	for (size_t i = 0; i < count; i++)
		all[i] = members[i];
	all[count++] = (struct journal_member){ "why", text_from(command->why) };
	if (journal_append(data, who, action, all, count, &number, &err) != 0)
		return fail(command, &err);
	if (command->chinese)
		printf("已记录第 %llu 号决定，下次汇总起生效；撤回用 undo %llu\n", (unsigned long long)number,
		    (unsigned long long)number);
	else
		printf("Decision %llu is recorded and counts from the next run on; undo %llu takes it back\n",
		    (unsigned long long)number, (unsigned long long)number);
	return 0;
}

static bool
is_one_of(struct text word, const char *const *list)
{
	while (*list != NULL && !text_eq(word, text_from(*list)))
		list++;
	return *list != NULL;
}

int
decision_undo(struct command *command, const char *data, const char *words, const char *const *actions)
{
	struct journal_log log = { 0 };
	struct buffer word;
	struct err err = { 0 };
	bool *active = NULL, fits;
	uint64_t number;
	int status;

	if (!text_to_u64(text_from(words), &number) || number == 0)
		return misuse(command, say(command, "undo 后面是决定的号码", "undo wants the number of a decision"));
	buffer_init(&word, JOURNAL_LINE_MAX);
	if (journal_load(&log, data, &err) != 0 || decisions_active(&log, &active, &err) != 0)
		status = fail(command, &err);
	else {
		fits = number <= log.count && active[number - 1]
		    && flat_json_string(log.at[number - 1].line, TEXT("action"), &word)
		    && is_one_of(buffer_as_text(&word), actions);
		if (fits)
			status = decision_write(
			    command, data, "undo", (struct journal_member[]){ { "of", text_from(words) } }, 1);
		else {
			fprintf(stderr, "yici %s: %s %" PRIu64 "\n", command->name,
			    say(command, "没有可撤回的这一号决定：", "there is no such decision in force here:"),
			    number);
			status = EX_DATAERR;
		}
	}
	buffer_fini(&word);
	free(active);
	journal_free(&log);
	return status;
}
