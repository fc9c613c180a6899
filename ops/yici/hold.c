/*
 * hold.c - `yici hold DATA show | approve | discard`: a person looks at the night that is held and decides. A decision is an entry of the
 * log of decisions (judge.h); then the night is made again as `yici nightly` makes it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "ops/yici/decision.h"
#include "ops/yici/judge.h"

#define NUMBERS_MAX 4000

/* ---- looking ---- */

/* Is the finding of one of the schools asked for? All are when none is. */
static bool
is_wanted(const struct command *command, const struct holding_finding *finding)
{
	for (size_t i = 0; command->schools[i] != NULL; i++) {
		struct text school = text_from(command->schools[i]);

		if (finding->school != 0 && (text_eq(finding->code, school) || text_eq(finding->name, school)))
			return true;
	}
	return command->schools[0] == NULL;
}

/* The report of the run as it stands. */
static int
show_json(const char *data, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer bytes;
	int result = -1;

	buffer_init(&bytes, SIZE_MAX / 4);
	if (path_format(path, err, "%s/state/held/report.json", data) == 0 && file_read_all(path, &bytes, err) == 0) {
		fwrite(bytes.at, 1, bytes.len, stdout);
		result = 0;
	}
	buffer_fini(&bytes);
	return result;
}

static void
show_text(const struct command *command, const char *data, const struct holding *held)
{
	int64_t hours = ((int64_t)time(NULL) - held->since_s) / 3600;

	if (command->chinese)
		printf("暂停发布 %s（%s），已等待 %" PRId64 " 小时\n", held->run, held->date, hours);
	else
		printf("Held %s of %s, waiting for %" PRId64 " hours\n", held->run, held->date, hours);
	for (size_t i = 0; i < held->count; i++) {
		struct text sentence = command->chinese ? held->findings[i].zh : held->findings[i].en;

		if (is_wanted(command, &held->findings[i]))
			printf("  %zu. %.*s\n", i + 1, (int)sentence.len, sentence.at);
	}
	printf("%s %s/state/held/report.html, held.csv\n", say(command, "详见", "More in"), data);
}

/* ---- deciding ---- */

static bool
names_school(const char *const *schools, const struct holding_finding *finding)
{
	for (size_t i = 0; schools[i] != NULL; i++) {
		if (text_eq(text_from(schools[i]), finding->code) || text_eq(text_from(schools[i]), finding->name))
			return true;
	}
	return false;
}

/* Numbers of the schools that are set aside: those excepted, or, when some are approved, all others that have findings. */
static int
find_excepted(const struct command *command, const struct holding *held, struct buffer *numbers)
{
	uint32_t found[NUMBERS_MAX];
	size_t count = 0;

	for (size_t i = 0; command->except_schools[i] != NULL; i++) {
		size_t n = holding_schools(
		    held, text_from(command->except_schools[i]), found + count, NUMBERS_MAX - count);

		if (n == 0)
			return -1;
		count += n;
	}
	for (size_t i = 0; command->schools[i] != NULL; i++) {
		uint32_t any[8];

		if (holding_schools(held, text_from(command->schools[i]), any, ARRAY_LEN(any)) == 0)
			return -1;
	}
	for (size_t i = 0; i < held->count && command->schools[0] != NULL; i++) {
		const struct holding_finding *finding = &held->findings[i];

		if (finding->school != 0 && !names_school(command->schools, finding) && count < NUMBERS_MAX)
			found[count++] = finding->school;
	}
	for (size_t i = 0; i < count; i++) {
		bool known = false;

		for (size_t k = 0; k < i && !known; k++)
			known = found[k] == found[i];
		if (!known)
			buffer_format(numbers, "%s%u", numbers->len > 0 ? " " : "", found[i]);
	}
	return 0;
}

/* All schools that were said, as a person reads them in the log. */
static void
put_schools(struct buffer *out, const char *const *schools)
{
	for (size_t i = 0; schools[i] != NULL; i++)
		buffer_format(out, "%s%s", out->len > 0 ? " " : "", schools[i]);
}

/* One entry in the log: 0, or the exit status. */
static int
decide(struct command *command, const char *data, const struct holding *held, bool approve)
{
	struct text who = decision_who(command);
	struct buffer numbers, schools, excepted;
	struct err err = { 0 };
	int status = 0;

	buffer_init(&numbers, (size_t)1 << 16);
	buffer_init(&schools, (size_t)1 << 16);
	buffer_init(&excepted, (size_t)1 << 16);
	put_schools(&schools, command->schools);
	put_schools(&excepted, command->except_schools);
	if (find_excepted(command, held, &numbers) != 0)
		status = misuse(command, say(command, "本次汇总没有这所学校", "no such school in the held run"));
	else {
		struct journal_member members[] = { { "run", text_from(held->run) }, { "held", text_from(held->digest) },
			{ "except", buffer_as_text(&numbers) }, { "schools", buffer_as_text(&schools) },
			{ "except_schools", buffer_as_text(&excepted) }, { "why", text_from(command->why) } };

		if (buffer_failed(&numbers) || buffer_failed(&schools) || buffer_failed(&excepted))
			status = misuse(command, say(command, "学校太多", "too many schools"));
		else if (journal_append(
			     data, who, approve ? HOLD_APPROVE : HOLD_DISCARD, members, ARRAY_LEN(members), NULL, &err)
		    != 0)
			status = fail(command, &err);
	}
	buffer_fini(&numbers);
	buffer_fini(&schools);
	buffer_fini(&excepted);
	return status;
}

int
command_hold(struct command *command)
{
	static const char *const verbs[] = { "show", "approve", "discard" };
	const char *data = NULL;
	struct err err = { 0 };
	struct state state = { .lock = -1 };
	struct holding held = { 0 };
	size_t verb = ARRAY_LEN(verbs);
	char date[sizeof(held.date)];
	int status = 0;

	/* DATA first, or the verb */
	for (size_t i = 0; i < command->word_count; i++) {
		size_t k = 0;

		while (k < ARRAY_LEN(verbs) && strcmp(command->words[i], verbs[k]) != 0)
			k++;
		if (k < ARRAY_LEN(verbs) && verb == ARRAY_LEN(verbs))
			verb = k;
		else if (data == NULL)
			data = command->words[i];
		else
			verb = ARRAY_LEN(verbs) + 1;
	}
	if (data == NULL || verb >= ARRAY_LEN(verbs))
		return misuse(command,
		    say(command, "需要：DATA show、DATA approve 或 DATA discard", "wants DATA show, approve or discard"));
	if (verb == 2 && command->schools[0] != NULL) { /* to do without some schools is to publish without them */
		verb = 1;
		memcpy(command->except_schools, command->schools, sizeof(command->schools));
		memset(command->schools, 0, sizeof(command->schools));
	}
	if (verb != 0 && !decision_has_why(command))
		return EX_USAGE;
	if (state_open(&state, data, &err) != 0)
		return fail(command, &err);
	state_close(&state);
	if (holding_load(&held, data, &err) != 0)
		return fail(command, &err);
	if (!held.is) {
		if (command->json)
			puts("null");
		else
			fprintf(verb == 0 ? stdout : stderr, "%s\n",
			    say(command, "没有暂停发布的汇总。", "Nothing is held."));
		return verb == 0 ? 0 : EX_DATAERR;
	}
	if (verb == 0) {
		if (!command->json)
			show_text(command, data, &held);
		else if (show_json(data, &err) != 0)
			status = fail(command, &err);
		holding_free(&held);
		return status;
	}
	status = decide(command, data, &held, verb == 1);
	memcpy(date, held.date, sizeof(date));
	holding_free(&held);
	if (status != 0)
		return status;
	command->date = date;
	command->words[0] = data;
	command->word_count = 1;
	return command_nightly(command);
}
