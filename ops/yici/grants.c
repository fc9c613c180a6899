/*
 * grants.c - `yici grants DATA list | show G | check | new FORM`: which offices may have what, and what each of them gets on a date.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "consumers/publish/delivery.h"
#include "core/record/day.h"
#include "ops/yici/grants.h"
#include "ops/yici/night.h"
#include "ops/yici/release_topics.h"

enum verb { VERB_LIST, VERB_SHOW, VERB_CHECK, VERB_NEW, VERBS };
static const char *const verbs[VERBS] = { "list", "show", "check", "new" };

static const char *
state_word(const struct command *command, enum release_state state)
{
	switch (state) {
	case RELEASE_DELIVERS:
		return say(command, "交付", "delivers");
	case RELEASE_BROKEN:
		return say(command, "有误，不交付", "broken: delivers nothing");
	case RELEASE_EARLY:
		return say(command, "尚未生效", "not valid yet");
	case RELEASE_EXPIRED:
		return say(command, "已过期", "expired");
	case RELEASE_NOT_DUE:
		return say(command, "本期已交付", "delivered for now");
	case RELEASE_USED_UP:
		return say(command, "本学期次数已用完", "used up for this term");
	case RELEASE_NO_FILES:
		return say(command, "只有主题，没有文件", "a topic alone, no files");
	default:
		return say(command, "不能交付", "barred");
	}
}

static const char *
topic_word(const struct command *command, enum topic_state state)
{
	static const char *const zh[TOPIC_STATES] = { "发送变化", "授权有误，保持不变", "不能发送，保持不变", "已撤回",
		"尚未生效", "已过期", "主题不存在" };
	static const char *const en[TOPIC_STATES] = { "is told what changes", "broken: stays as it is",
		"barred: stays as it is", "withdrawn", "not valid yet", "expired", "there is no such topic" };

	return say(command, zh[state], en[state]);
}

/* ---- as text ---- */

static void
print_topic(const struct command *command, const struct release_topic *topic)
{
	const struct grant *grant = topic->grant;
	char name[TOPIC_NAME_MAX];

	topic_view_name(name, command->settings.bus.prefix, topic->id);
	printf("%s: %s (%s)\n", say(command, "主题", "topic"), name, topic_word(command, topic->state));
	printf("%s: %" PRIu64 "; %s: %" PRIu64 "\n", say(command, "主题上的学生", "students on it"), topic->held,
	    say(command, "已发送次数", "nights told"), topic->nights);
	if (grant != NULL && grant->principal.len > 0)
		printf("%s: %.*s\n", say(command, "读者", "reader"), (int)grant->principal.len, grant->principal.at);
}

static void
print_list(const struct command *command, const struct release *release)
{
	if (release->grants->count == 0)
		puts(say(command, "没有授权。", "There are no grants."));
	for (size_t i = 0; i < release->grants->count; i++) {
		const struct release_grant *of = &release->at[i];
		const struct grant *grant = of->grant;
		char from[11], to[11];

		printf("%.*s  %s", (int)grant->id.len, grant->id.at, state_word(command, of->state));
		if (of->state == RELEASE_BROKEN)
			printf("  %.*s\n", (int)grant->broken.len, grant->broken.at);
		else {
			day_write(grant->from, from);
			day_write(grant->to, to);
			printf("  %.*s  %.*s  %s..%s  %s %" PRIu64 "\n", (int)grant->unit.len, grant->unit.at,
			    (int)grant->document.len, grant->document.at, from, to,
			    say(command, "已交付", "deliveries"), of->delivered);
		}
	}
}

static int
print_line(void *self, enum cover_kind kind, struct text a, struct text b, struct text c, struct err *err)
{
	(void)self;
	(void)err;
	printf("%s%.*s", kind == COVER_HEAD ? "\n" : kind == COVER_ROW ? "  " : "", (int)a.len, a.at);
	if (kind == COVER_PAIR)
		printf(": %.*s", (int)b.len, b.at);
	else if (kind != COVER_TITLE)
		printf(" | %.*s%s%.*s", (int)b.len, b.at, c.len > 0 ? " | " : "", (int)c.len, c.at);
	putchar('\n');
	return 0;
}

static int
print_grant(const struct command *command, const struct dataset *dataset, const struct release *release,
    const struct release_grant *of, struct err *err)
{
	const struct release_topic *topic = release_topic_of(release, of->grant->id);
	struct cover_lines lines = { print_line, NULL };
	struct delivery delivery = { .dataset = dataset, .grant = of->grant, .chinese = command->chinese };

	printf("%.*s  %s\n", (int)of->grant->id.len, of->grant->id.at, state_word(command, of->state));
	if (of->state == RELEASE_BROKEN) {
		printf("%.*s\n", (int)of->grant->broken.len, of->grant->broken.at);
		return 0;
	}
	if (topic != NULL)
		print_topic(command, topic);
	return cover_tell(&delivery, &lines, err);
}

/* ---- as JSON ---- */

static void
put(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, ",\"%s\":", name);
	buffer_json_string(out, value);
}

static void
put_date(struct buffer *out, const char *name, struct date date)
{
	char day[11];

	day_write(date, day);
	put(out, name, text_from(day));
}

static void
put_columns(struct buffer *out, const struct grant *grant)
{
	buffer_string(out, ",\"columns\":[");
	for (size_t i = 0; i < grant->column_count; i++) {
		if (i > 0)
			buffer_char(out, ',');
		buffer_json_string(out, grant->columns[i].key);
	}
	buffer_string(out, "],\"withheld\":[");
	for (size_t i = 0; i < grant->withheld_count; i++) {
		if (i > 0)
			buffer_char(out, ',');
		buffer_json_string(out, grant->withheld[i].asked);
	}
	buffer_char(out, ']');
}

static void
put_topic(struct buffer *out, const struct command *command, const struct release_topic *topic)
{
	const struct grant *grant = topic->grant;
	char name[TOPIC_NAME_MAX];

	topic_view_name(name, command->settings.bus.prefix, topic->id);
	put(out, "topic", text_from(name));
	put(out, "topic_state", text_from(topic_state_name(topic->state)));
	if (grant != NULL && grant->principal.len > 0)
		put(out, "principal", grant->principal);
	buffer_format(out, ",\"on_topic\":%" PRIu64 ",\"topic_nights\":%" PRIu64, topic->held, topic->nights);
}

static void
put_grant(
    struct buffer *out, const struct command *command, const struct release *release, const struct release_grant *of)
{
	const struct release_topic *topic = release_topic_of(release, of->grant->id);
	const struct grant *grant = of->grant;

	buffer_string(out, "{\"grant\":");
	buffer_json_string(out, grant->id);
	put(out, "state", text_from(release_state_name(of->state)));
	if (of->state == RELEASE_BROKEN)
		put(out, "why", grant->broken);
	else {
		if (of->state == RELEASE_BARRED)
			put(out, "why", text_from(release_why_barred(release)));
		put(out, "unit", grant->unit);
		put(out, "purpose", grant->purpose);
		put(out, "document", grant->document);
		put_date(out, "valid_from", grant->from);
		put_date(out, "valid_to", grant->to);
		put_date(out, "destroy_by", grant->destroy_by);
		put(out, "every", text_from(grant_every_name(grant->every)));
		put_columns(out, grant);
	}
	if (topic != NULL)
		put_topic(out, command, topic);
	buffer_format(out, ",\"deliveries\":%" PRIu64, of->delivered);
	if (of->delivered > 0) {
		put_date(out, "last_date", of->last_date);
		put(out, "last_run", of->last_run);
	}
	buffer_char(out, '}');
}

/* ---- the verbs ---- */

/* What is wrong, as it is found: with file and line to stderr, or gathered as JSON. */
struct complaint {
	const struct command *command;
	struct buffer json;
	size_t count;
};

static void
complain(void *self, const char *file, unsigned line, const char *what)
{
	struct complaint *complaint = self;
	const char *name = strrchr(file, '/');

	if (complaint->command->json) {
		buffer_string(&complaint->json, complaint->count > 0 ? ",\n{\"file\":" : "{\"file\":");
		buffer_json_string(&complaint->json, text_from(name != NULL ? name + 1 : file));
		buffer_format(&complaint->json, ",\"line\":%u", line);
		put(&complaint->json, "what", text_from(what));
		buffer_char(&complaint->json, '}');
	} else if (line > 0)
		fprintf(stderr, "%s:%u: %s\n", file, line, what);
	else
		fprintf(stderr, "%s: %s\n", file, what);
	complaint->count++;
}

static int
check(const struct command *command, const char *data, const struct dataset *dataset, const struct release *release)
{
	char folder[FILE_PATH_MAX];
	const char *const folders[] = { folder, NULL };
	struct complaint complaint = { .command = command };
	struct err err = { 0 };
	struct grants *grants;

	buffer_init(&complaint.json, (size_t)64 << 20);
	if (path_format(folder, &err, "%s/config/grants", data) != 0
	    || (grants = grants_load(dataset, folders, complain, &complaint, &err)) == NULL) {
		buffer_fini(&complaint.json);
		return fail(command, &err);
	}
	grants_free(grants);
	if (release->barred != NULL)
		complain(&complaint, "state", 0, release->barred);
	if (command->json)
		printf("[%.*s]\n", (int)complaint.json.len, complaint.json.len > 0 ? complaint.json.at : "");
	else if (complaint.count == 0)
		printf("%s %zu\n", say(command, "没有错误；授权数", "No faults; grants"), release->grants->count);
	buffer_fini(&complaint.json);
	return complaint.count == 0 ? 0 : EX_HELD;
}

static int
answer(struct command *command, enum verb verb, const char *data, const char *which, const struct dataset *dataset,
    const struct release *release)
{
	const struct grant *grant = which != NULL ? grants_find(release->grants, text_from(which)) : NULL;
	struct err err = { 0 };
	struct buffer out;
	size_t count = 0;
	int status = 0;

	if (verb == VERB_CHECK)
		return check(command, data, dataset, release);
	if (verb == VERB_SHOW && grant == NULL) {
		fprintf(stderr, "yici grants: %s\n", say(command, "没有这个授权", "there is no such grant"));
		return EX_DATAERR;
	}
	if (!command->json && verb == VERB_LIST) {
		print_list(command, release);
		return 0;
	}
	buffer_init(&out, (size_t)256 << 20);
	for (size_t i = 0; i < release->grants->count; i++) {
		const struct release_grant *of = &release->at[i];

		if (verb == VERB_SHOW && of->grant != grant)
			continue;
		if (!command->json && print_grant(command, dataset, release, of, &err) != 0)
			status = fail(command, &err);
		if (count++ > 0)
			buffer_string(&out, ",\n");
		put_grant(&out, command, release, of);
	}
	if (command->json)
		printf(verb == VERB_LIST ? "[%.*s]\n" : "%.*s\n", (int)out.len, out.at != NULL ? out.at : "");
	buffer_fini(&out);
	return status;
}

int
command_grants(struct command *command)
{
	const char *data = NULL, *which = NULL;
	struct definitions definitions;
	struct release release = { 0 };
	struct state state = { .lock = -1 };
	struct err err = { 0 };
	struct date date;
	size_t verb = VERBS;
	int status;

	/* DATA first, or the verb */
	for (size_t i = 0; i < command->word_count; i++) {
		size_t k = 0;

		while (k < VERBS && strcmp(command->words[i], verbs[k]) != 0)
			k++;
		if (k < VERBS && verb == VERBS)
			verb = k;
		else if (data == NULL)
			data = command->words[i];
		else if (which == NULL)
			which = command->words[i];
		else
			verb = VERBS + 1;
	}
	if (data == NULL || verb >= VERBS || (which != NULL) != (verb == VERB_SHOW || verb == VERB_NEW))
		return misuse(command,
		    say(command, "需要：DATA list、DATA show 授权、DATA check 或 DATA new 表格",
			"wants DATA list, DATA show GRANT, DATA check or DATA new FORM"));
	if (verb == VERB_NEW)
		return grants_new(command, data, which);
	if (!night_date(command, &date))
		return misuse(command, say(command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	if (definitions_load(command, data, &definitions, &err) != 0)
		return fail(command, &err);
	if (state_open(&state, data, &err) != 0
	    || release_open(&release, data, &state, definitions.dataset, date, false, &err) != 0)
		status = fail(command, &err);
	else
		status = answer(command, (enum verb)verb, data, which, definitions.dataset, &release);
	release_close(&release);
	state_close(&state);
	definitions_free(&definitions);
	return status;
}
