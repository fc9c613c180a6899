/*
 * release_topics.c - see release_topics.h.
 */
#include "ops/yici/release_topics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/program/log.h"
#include "core/record/day.h"
#include "core/record/flat_json.h"
#include "ops/yici/notice.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define MEMBERS_MARK "@topic" /* no grant is called so */

static const char *const state_names[TOPIC_STATES] = { "tells", "broken", "barred", "withdrawn", "not_yet", "expired",
	"no_topic" };

const char *
topic_state_name(enum topic_state state)
{
	return state_names[state];
}

bool
release_topics_line(struct text line)
{
	struct flat_member member;

	return flat_json_find(line, TEXT("topic"), &member);
}

const char *
release_topics_action(struct text line)
{
	struct flat_member member;

	return flat_json_find(line, TEXT("why"), &member) ? "retract" : "publish";
}

bool
release_topics_grant(struct text name, struct text *grant)
{
	if (!text_ends(name, TEXT(MEMBERS_MARK)))
		return false;
	*grant = (struct text){ name.at, name.len - strlen(MEMBERS_MARK) };
	return true;
}

const struct release_topic *
release_topic_of(const struct release *release, struct text grant)
{
	for (size_t i = 0; i < release->topics.count; i++) {
		if (text_eq(release->topics.at[i].id, grant))
			return &release->topics.at[i];
	}
	return NULL;
}

/* ---- what there is ---- */

static bool
takes_back(const struct release_topic *topic)
{
	return topic->state == TOPIC_WITHDRAWN || topic->state == TOPIC_EARLY || topic->state == TOPIC_EXPIRED;
}

/* What the current generation told: the meta of its VIEW_STATE; empty when it has none. */
static int
read_meta(const struct state *state, struct buffer *meta, struct err *err)
{
	struct sorted_file file = { .fd = -1 };
	char path[FILE_PATH_MAX];

	buffer_init(meta, (size_t)64 << 20);
	if (state->current[0] == '\0')
		return 0;
	if (state_path(state, path, VIEW_STATE, err) != 0)
		return -1;
	if (!file_exists(path))
		return 0;
	if (sorted_open(&file, path, err) != 0)
		return -1;
	buffer_text(meta, file.meta);
	sorted_close(&file);
	return buffer_failed(meta) ? err_set(err, ERR_RETRY, "out of memory for the topics of views") : 0;
}

static struct text
string_of(struct release *release, struct text line, struct text name)
{
	return flat_json_string(line, name, &release->word)
	    ? arena_text(&release->topics.arena, buffer_as_text(&release->word))
	    : (struct text){ "", 0 };
}

/* One line of the meta. */
static int
add_told(struct release *release, struct text line, size_t place, struct err *err)
{
	struct release_topic *topic = &release->topics.at[release->topics.count];
	struct text wording;

	*topic = (struct release_topic){ .id = string_of(release, line, TEXT("grant")),
		.unit = string_of(release, line, TEXT("unit")),
		.document = string_of(release, line, TEXT("document")),
		.before = place };
	wording = string_of(release, line, TEXT("wording"));
	if (topic->id.at == NULL || topic->unit.at == NULL || topic->document.at == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the topics of views");
	if (topic->id.len == 0 || !hex_parse(wording, topic->wording.at, sizeof(topic->wording.at))
	    || !flat_json_number(line, TEXT("held"), &topic->held))
		return err_set(err, ERR_STOP, "%s is not as it was written", VIEW_STATE);
	release->topics.count++;
	return 0;
}

static int
add_lines(struct release *release, struct text meta, struct err *err)
{
	const char *end;

	for (size_t place = 0; meta.len > 0 && (end = memchr(meta.at, '\n', meta.len)) != NULL; place++) {
		struct text line = { meta.at, (size_t)(end - meta.at) };

		if (add_told(release, line, place, err) != 0)
			return -1;
		meta.at += line.len + 1;
		meta.len -= line.len + 1;
	}
	return 0;
}

static enum topic_state
state_on(const struct release *release, const struct release_grant *of, struct date date)
{
	enum grant_time time;

	if (release->barred != NULL)
		return TOPIC_BARRED;
	if (of == NULL)
		return TOPIC_WITHDRAWN;
	if (of->grant->broken.len > 0)
		return TOPIC_BROKEN;
	if (of->delivered > 0 && day_of(date) < day_of(of->last_date))
		return TOPIC_BARRED;
	if (!of->grant->topic)
		return TOPIC_WITHDRAWN;
	time = grant_time(of->grant, date);
	return time == GRANT_EARLY ? TOPIC_EARLY : time == GRANT_EXPIRED ? TOPIC_EXPIRED : TOPIC_TELLS;
}

static int
by_id(const void *a, const void *b)
{
	return text_compare(((const struct release_topic *)a)->id, ((const struct release_topic *)b)->id);
}

/* How many nights of each the log has. */
static void
count_nights(struct release *release)
{
	for (size_t i = 0; i < release->log.count; i++) {
		struct text line = release->log.at[i].line;
		uint64_t night;

		if (!release_topics_line(line) || !flat_json_string(line, TEXT("night"), &release->word)
		    || !text_to_u64(buffer_as_text(&release->word), &night)
		    || !flat_json_string(line, TEXT("grant"), &release->word))
			continue;
		for (size_t k = 0; k < release->topics.count; k++) {
			struct release_topic *topic = &release->topics.at[k];

			if (text_eq(topic->id, buffer_as_text(&release->word)) && night > topic->nights)
				topic->nights = night;
		}
	}
}

int
release_topics_find(struct release *release, const struct state *state, struct date date, struct err *err)
{
	struct release_topics *topics = &release->topics;
	size_t told, lines = 0;
	struct buffer meta;
	int result = read_meta(state, &meta, err);

	arena_init(&topics->arena, ARENA_BYTES);
	for (size_t i = 0; i < meta.len; i++)
		lines += meta.at[i] == '\n';
	topics->at = calloc(lines + release->grants->count + 1, sizeof(*topics->at));
	if (result == 0 && topics->at == NULL)
		result = err_set(err, ERR_RETRY, "out of memory for the topics of views");
	if (result == 0)
		result = add_lines(release, buffer_as_text(&meta), err);
	buffer_fini(&meta);
	if (result != 0)
		return -1;
	told = topics->count;
	for (size_t i = 0; i < told; i++)
		topics->at[i].state = state_on(release, NULL, date);
	for (size_t i = 0; i < release->grants->count; i++) {
		const struct release_grant *of = &release->at[i];
		const struct grant *grant = of->grant;
		struct release_topic *topic = NULL;

		for (size_t k = 0; k < told && topic == NULL; k++)
			topic = text_eq(topics->at[k].id, grant->id) ? &topics->at[k] : NULL;
		if (topic == NULL && (grant->broken.len > 0 || !grant->topic))
			continue;
		if (topic == NULL) {
			topic = &topics->at[topics->count++];
			*topic = (struct release_topic){ .id = grant->id, .before = SIZE_MAX };
		}
		topic->grant = grant;
		topic->state = state_on(release, of, date);
		if (grant->broken.len == 0 && grant->topic) {
			topic->unit = grant->unit;
			topic->document = grant->document;
		}
	}
	if (topics->count > 0)
		qsort(topics->at, topics->count, sizeof(*topics->at), by_id);
	count_nights(release);
	return 0;
}

void
release_topics_fini(struct release_topics *topics)
{
	free(topics->at);
	free(topics->views.at);
	free(topics->told);
	free((void *)topics->grants);
	arena_fini(&topics->arena);
	*topics = (struct release_topics){ 0 };
}

/* ---- on the bus ---- */

/* Whether the cluster has the topic: a night is not to fail because of one that nobody made. */
static int
look_for(struct release_topic *topic, struct bus *bus, struct err *err)
{
	int32_t partitions;

	if (bus_partitions(bus, topic->name, &partitions, err) == 0)
		return 0;
	if (err->kind != ERR_STOP)
		return -1;
	topic->state = TOPIC_MISSING;
	return 0;
}

int
release_topics_on(
    struct release *release, const char *data, struct bus *bus, const char *prefix, bool *due, struct err *err)
{
	struct release_topics *topics = &release->topics;
	bool tells = false;
	int got;

	topics->on = true;
	topics->grants = calloc(topics->count + 1, sizeof(*topics->grants));
	if (topics->grants == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the topics of views");
	for (size_t i = 0; i < topics->count; i++) {
		struct release_topic *topic = &topics->at[i];

		topic_view_name(topic->name, prefix, topic->id);
		if ((topic->state == TOPIC_TELLS || (takes_back(topic) && topic->before != SIZE_MAX))
		    && look_for(topic, bus, err) != 0)
			return -1;
		tells = tells || topic->state == TOPIC_TELLS;
	}
	got = tells ? release_secret(data, release->views.secret, true, err) : 1;
	if (got < 0)
		return -1;
	for (size_t i = 0; i < topics->count; i++) {
		struct release_topic *topic = &topics->at[i];

		if (got == 0 && topic->state == TOPIC_TELLS)
			topic->state = TOPIC_BARRED;
		if (topic->state == TOPIC_TELLS && release->views.topic_count < VIEWS_MAX)
			topics->grants[release->views.topic_count++] = topic->grant;
		*due = *due
		    || (topic->state == TOPIC_TELLS
			&& (topic->before == SIZE_MAX
			    || memcmp(topic->wording.at, topic->grant->sha256.at, SHA256_BYTES) != 0))
		    || (takes_back(topic) && topic->before != SIZE_MAX);
	}
	release->views.topics = topics->grants;
	return 0;
}

/* ---- what is told ---- */

/* The line of one night of a topic, as the log will hold it. */
static void
tell_night(struct buffer *out, const struct release_topic *topic, const char *sha256, const struct release_night *night)
{
	const struct grant *grant = topic->grant;
	bool tells = topic->state == TOPIC_TELLS;
	struct buffer columns;
	char hex[65], day[11];

	buffer_init(&columns, JOURNAL_LINE_MAX);
	buffer_string(out, "{\"who\":");
	buffer_json_string(out, topic->unit);
	release_put(out, "grant", topic->id);
	release_put(out, "topic", text_from(topic->name));
	release_put_number(out, "night", topic->nights + 1);
	release_put(out, "run", text_from(night->run));
	release_put(out, "date", text_from(night->date));
	release_put(out, "document", topic->document);
	if (tells) {
		release_put(out, "purpose", grant->purpose);
		for (size_t i = 0; i < grant->column_count; i++) {
			buffer_text(&columns, grant->columns[i].key);
			buffer_string(&columns, i + 1 < grant->column_count ? " " : "");
		}
		release_put(out, "columns", buffer_as_text(&columns));
	} else
		release_put(out, "why", text_from(state_names[topic->state]));
	release_put_number(out, "rows", topic->sent);
	release_put_number(out, "gone", topic->gone);
	release_put(out, "sha256", text_from(sha256));
	if (tells) {
		day_write(grant->destroy_by, day);
		release_put(out, "destroy_by", text_from(day));
		sha256_hex(&grant->sha256, hex);
		release_put(out, "wording", text_from(hex));
	}
	buffer_string(out, "}\n");
	out->failed = out->failed || buffer_failed(&columns);
	buffer_fini(&columns);
}

/* out/<run>/views/topics.csv: what each topic was told. Only nights on a bus have it. */
static int
write_states(const struct release_topics *topics, const struct release_night *night, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer out;
	int result = -1;

	buffer_init(&out, (size_t)64 << 20);
	buffer_string(&out, "\xEF\xBB\xBFgrant,unit,topic,state,night,rows,gone,held\r\n");
	for (size_t i = 0; i < topics->count; i++) {
		const struct release_topic *topic = &topics->at[i];

		buffer_text(&out, topic->id);
		buffer_char(&out, ',');
		snapshot_cell(&out, topic->unit);
		buffer_format(&out, ",%s,%s,", topic->name, state_names[topic->state]);
		if (topic->sent + topic->gone > 0)
			buffer_format(&out, "%" PRIu64, topic->nights + 1);
		buffer_format(&out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\r\n", topic->sent, topic->gone, topic->held);
	}
	if (buffer_failed(&out))
		err_set(err, ERR_RETRY, "out of memory for the topics of views");
	else if (path_format(path, err, "%s/views", night->out) == 0 && file_make_folder(path, err) == 0
	    && path_format(path, err, "%s/views/topics.csv", night->out) == 0)
		result = file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	return result;
}

static void
log_topic(const struct release_topic *topic)
{
	bool stays = topic->state == TOPIC_BROKEN || topic->state == TOPIC_BARRED || topic->state == TOPIC_MISSING;

	log_line(stays ? LOG_WARNING : LOG_INFO,
	    "grant topic id=%.*s state=%s rows=%" PRIu64 " gone=%" PRIu64 " held=%" PRIu64, (int)topic->id.len,
	    topic->id.at, state_names[topic->state], topic->sent, topic->gone, topic->held);
}

/* Those of which there is something to keep, to tell or to take back. */
static int
gather(struct release_topics *topics, struct err *err)
{
	char member[GRANT_ID_MAX + sizeof(MEMBERS_MARK)];
	size_t rows = 0;

	topics->views.at = calloc(topics->count + 1, sizeof(*topics->views.at));
	topics->told = calloc(topics->count + 1, sizeof(struct release_topic *));
	if (topics->views.at == NULL || topics->told == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the topics of views");
	for (size_t i = 0; i < topics->count; i++) {
		struct release_topic *topic = &topics->at[i];
		bool tells = topics->on && topic->state == TOPIC_TELLS;

		if (!tells && topic->before == SIZE_MAX)
			continue;
		snprintf(member, sizeof(member), "%.*s" MEMBERS_MARK, (int)topic->id.len, topic->id.at);
		topic->member = arena_text(&topics->arena, text_from(member));
		if (topic->member.at == NULL)
			return err_set(err, ERR_RETRY, "out of memory for the topics of views");
		topics->told[topics->views.count] = topic;
		topics->views.at[topics->views.count++] = (struct view_topic){ .id = topic->id,
			.unit = topic->unit,
			.document = topic->document,
			.grant = tells ? topic->grant : NULL,
			.kept = !tells && (!topics->on || !takes_back(topic)),
			.wording = topic->wording,
			.rows = tells ? rows++ : 0,
			.before = topic->before };
	}
	return 0;
}

int
release_topics_write(struct release *release, const struct release_night *night, struct buffer *told, struct err *err)
{
	struct release_topics *topics = &release->topics;
	char old[FILE_PATH_MAX], state[FILE_PATH_MAX];
	bool before = night->state->current[0] != '\0';
	int result = -1;

	if (gather(topics, err) != 0 || path_format(state, err, "%s/" VIEW_STATE, night->generation) != 0
	    || (before && state_path(night->state, old, VIEW_STATE, err) != 0))
		goto done;
	topics->views.secret = release->views.secret;
	topics->views.old = before && file_exists(old) ? old : NULL;
	topics->views.state = state;
	topics->views.work = night->work;
	topics->views.member = release->views.count;
	if (topics->views.count > 0 && view_topics_write(&topics->views, err) != 0)
		goto done;
	for (size_t i = 0; i < topics->views.count; i++) {
		const struct view_topic *view = &topics->views.at[i];

		topics->told[i]->sent = view->sent;
		topics->told[i]->gone = view->gone;
		topics->told[i]->held = view->held;
		if (view->sent + view->gone > 0)
			tell_night(told, topics->told[i], view->sha256, night);
	}
	for (size_t i = 0; i < topics->count && topics->on; i++)
		log_topic(&topics->at[i]);
	if (!topics->on && topics->count > 0)
		log_line(LOG_WARNING, "grant topics=%zu told=nothing reason=\"no bus is set\"", topics->count);
	result = topics->on && topics->count > 0 ? write_states(topics, night, err) : 0;
done:
	topics->views.old = topics->views.state = topics->views.work = NULL; /* ours no longer */
	return result;
}

void
release_topics_members(const struct release_topics *topics, struct recipients_delivery *deliveries)
{
	for (size_t i = 0; i < topics->views.count; i++)
		deliveries[i] = (struct recipients_delivery){ topics->told[i]->member, topics->told[i]->nights + 1 };
}

/* ---- the transaction ---- */

static int
send(const struct release_topic *topic, const struct view_message *message, const char *run, uint64_t number,
    struct bus *bus, struct err *err)
{
	struct bus_header headers[NOTICE_HEADERS_MAX];
	char key[2 * VIEW_TOKEN_BYTES + 1], id[RUN_ID_MAX + GRANT_ID_MAX + 24], schema[GRANT_ID_MAX + 24];
	struct message out = { .topic = topic->name, .partition = 0, .value = message->value, .headers = headers };

	hex_of(message->token, VIEW_TOKEN_BYTES, key);
	out.key = text_from(key);
	snprintf(id, sizeof(id), "%s:%.*s:%" PRIu64, run, (int)topic->id.len, topic->id.at, number);
	snprintf(schema, sizeof(schema), "urn:yici:view:%.*s", (int)topic->id.len, topic->id.at);
	out.header_count = notice_headers(headers, "yici.view", schema, text_from(id));
	return bus_send(bus, &out, err);
}

int
release_topics_send(
    const struct release *release, const char *work, const char *run, struct bus *bus, uint64_t *sent, struct err *err)
{
	const struct release_topics *topics = &release->topics;
	char path[FILE_PATH_MAX];
	struct window window;
	struct view_message message;
	uint64_t number = 0;
	size_t last = SIZE_MAX;
	int got = 0;

	if (topics->views.count == 0)
		return 0;
	if (path_format(path, err, "%s/" VIEW_MESSAGES, work) != 0)
		return -1;
	got = window_open(&window, path, err);
	while (got == 0 && (got = view_message_next(&window, &message, err)) == 1) {
		number = message.topic == last ? number + 1 : 0;
		last = message.topic;
		got = send(topics->told[message.topic], &message, run, number, bus, err);
		*sent += got == 0;
	}
	window_close(&window);
	return got;
}
