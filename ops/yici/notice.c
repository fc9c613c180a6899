/*
 * notice.c - see notice.h.
 */
#include "ops/yici/notice.h"

#include "core/record/flat_json.h"
#include "ops/yici/signals.h"

#define NOTICE_BYTES_MAX ((size_t)1 << 20)
#define POLL_MS 50
#define SCHEMA_BASE "urn:yici:schema:"

static const char *const state_names[NOTICE_STATES] = { "reading", "complete", "refused", "already taken", "used" };
static const char *const offset_names[3] = { "students_offsets", "changes_offsets", "identity_offsets" };

size_t
notice_headers(struct bus_header *headers, const char *type, const char *schema, struct text id)
{
	size_t count = 0;

	headers[count++] = (struct bus_header){ "ce_specversion", TEXT("1.0") };
	headers[count++] = (struct bus_header){ "ce_id", id };
	headers[count++] = (struct bus_header){ "ce_source", TEXT("urn:yici") };
	headers[count++] = (struct bus_header){ "ce_type", text_from(type) };
	headers[count++] = (struct bus_header){ "ce_dataschema", text_from(schema) };
	headers[count++] = (struct bus_header){ "content-type", TEXT("application/json") };
	return count;
}

/* ---- writing ---- */

static void
add_string(struct buffer *out, const char *name, struct text value)
{
	if (value.len == 0)
		return;
	buffer_format(out, ",\"%s\":", name);
	buffer_json_string(out, value);
}

static void
add_number(struct buffer *out, const char *name, uint64_t number)
{
	buffer_format(out, ",\"%s\":%llu", name, (unsigned long long)number);
}

static int
send(struct bus *bus, const char *topic, struct text key, const struct buffer *json, const char *type,
    const char *schema, struct text told, struct err *err)
{
	struct bus_header headers[NOTICE_HEADERS_MAX + 1];
	char id[17];
	uint64_t hash = hash64(json->at, json->len, hash64(key.at, key.len, 0));
	struct message message = { .topic = topic,
		.partition = BUS_ANY_PARTITION,
		.key = key,
		.value = buffer_as_text(json),
		.headers = headers };

	if (buffer_failed(json))
		return err_set(err, ERR_RETRY, "out of memory for a message");
	hex_of(&hash, sizeof(hash), id);
	message.header_count = notice_headers(headers, type, schema, text_from(id));
	if (told.len > 0)
		headers[message.header_count++] = (struct bus_header){ "yici-told", told };
	return bus_send(bus, &message, err);
}

int
file_notice_send(struct bus *bus, const char *topic, const struct file_notice *notice, struct err *err)
{
	char hex[2 * SHA256_BYTES + 1];
	struct buffer out;
	struct text key;
	char id[2 * WIRE_FILE_BYTES + 1];
	int result;

	hex_of(notice->id, WIRE_FILE_BYTES, id);
	key = text_from(id);
	buffer_init(&out, NOTICE_BYTES_MAX);
	buffer_format(&out, "{\"file_id\":\"%s\",\"state\":\"%s\"", id, state_names[notice->state]);
	add_string(&out, "instance", notice->instance);
	add_string(&out, "source", notice->source);
	add_string(&out, "file", notice->file);
	if (notice->hashed) {
		sha256_hex(&notice->sha256, hex);
		add_string(&out, "sha256", text_from(hex));
	}
	add_number(&out, "size", notice->size);
	add_string(&out, "date", notice->date);
	buffer_format(&out, ",\"definitions\":\"%016llx\"", (unsigned long long)notice->definitions);
	add_number(&out, "rows", notice->rows);
	buffer_format(&out, ",\"digest\":\"%016llx\"", (unsigned long long)notice->digest);
	add_number(&out, "sent", notice->sent);
	add_number(&out, "schools", notice->schools);
	add_string(&out, "reason", notice->reason);
	add_string(&out, "run", notice->run);
	buffer_char(&out, '}');
	result = send(bus, topic, key, &out, "yici.file", SCHEMA_BASE "file:1-0-0", notice->told, err);
	buffer_fini(&out);
	return result;
}

int
run_notice_send(struct bus *bus, const char *topic, const struct run_notice *notice, struct err *err)
{
	struct buffer out;
	int result;

	buffer_init(&out, NOTICE_BYTES_MAX);
	buffer_string(&out, "{\"run\":");
	buffer_json_string(&out, notice->run);
	add_string(&out, "state", notice->state);
	add_string(&out, "date", notice->date);
	add_string(&out, "why", notice->why);
	add_number(&out, "students", notice->students);
	add_number(&out, "students_sent", notice->students_sent);
	add_number(&out, "records", notice->records);
	add_number(&out, "files", notice->files);
	add_string(&out, "files_sha256", notice->files_sha256);
	add_string(&out, "sha256", notice->sha256);
	add_string(&out, "manifest", notice->manifest);
	for (size_t i = 0; i < ARRAY_LEN(offset_names); i++)
		add_string(&out, offset_names[i], notice->offsets[i]);
	buffer_char(&out, '}');
	result = send(bus, topic, notice->run, &out, "yici.run", SCHEMA_BASE "run:1-0-0", (struct text){ 0 }, err);
	buffer_fini(&out);
	return result;
}

/* ---- reading ---- */

/* A string member, unescaped into the arena; false when memory is short or the escape is not valid. */
static bool
read_string(const struct flat_member *member, struct text *into, struct arena *arena)
{
	struct buffer out;
	bool good;

	buffer_init(&out, NOTICE_BYTES_MAX);
	good = member->kind == FLAT_STRING && flat_json_text(member->value, &out);
	if (good)
		*into = arena_text(arena, buffer_as_text(&out));
	buffer_fini(&out);
	return good && into->at != NULL;
}

static bool
read_hex64(const struct flat_member *member, uint64_t *number)
{
	uint8_t bytes[8];

	if (member->kind != FLAT_STRING || !hex_parse(member->value, bytes, sizeof(bytes)))
		return false;
	*number = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		*number = *number << 8 | bytes[i];
	return true;
}

/* Where the strings and numbers of a record go: those not named here are passed over, for later versions. */
struct place {
	const char *name;
	struct text *text;
	uint64_t *number, *hex;
};

/* Walk ${value}; -1 when it is no flat object or a known member is of another kind. */
static int
read_members(struct text value, const struct place *places, size_t count, struct arena *arena)
{
	struct flat_json json = { value, 0 };
	struct flat_member member;
	int got;

	while ((got = flat_json_next(&json, &member)) == 1) {
		for (size_t i = 0; i < count; i++) {
			const struct place *place = &places[i];

			if (!text_eq(member.name, text_from(place->name)))
				continue;
			if (place->text != NULL && !read_string(&member, place->text, arena))
				return -1;
			if (place->number != NULL
			    && (member.kind != FLAT_NUMBER || !text_to_u64(member.value, place->number)))
				return -1;
			if (place->hex != NULL && !read_hex64(&member, place->hex))
				return -1;
		}
	}
	return got;
}

static struct text
header_of(const struct message *message, const char *name)
{
	for (size_t i = 0; i < message->header_count; i++) {
		if (strcmp(message->headers[i].name, name) == 0)
			return message->headers[i].value;
	}
	return (struct text){ 0 };
}

int
file_notice_read(const struct message *message, struct file_notice *notice, struct arena *arena)
{
	struct text id = { 0 }, state = { 0 }, sha256 = { 0 };
	const struct place places[] = {
		{ "file_id", &id, NULL, NULL },
		{ "state", &state, NULL, NULL },
		{ "instance", &notice->instance, NULL, NULL },
		{ "source", &notice->source, NULL, NULL },
		{ "file", &notice->file, NULL, NULL },
		{ "sha256", &sha256, NULL, NULL },
		{ "size", NULL, &notice->size, NULL },
		{ "date", &notice->date, NULL, NULL },
		{ "definitions", NULL, NULL, &notice->definitions },
		{ "rows", NULL, &notice->rows, NULL },
		{ "digest", NULL, NULL, &notice->digest },
		{ "sent", NULL, &notice->sent, NULL },
		{ "schools", NULL, &notice->schools, NULL },
		{ "reason", &notice->reason, NULL, NULL },
		{ "run", &notice->run, NULL, NULL },
	};

	*notice = (struct file_notice){ .state = NOTICE_STATES, .offset = message->offset };
	if (message->value.at == NULL || read_members(message->value, places, ARRAY_LEN(places), arena) != 0
	    || !hex_parse(id, notice->id, WIRE_FILE_BYTES) || notice->source.len == 0 || notice->file.len == 0)
		return -1;
	for (size_t i = 0; i < NOTICE_STATES; i++) {
		if (text_eq(state, text_from(state_names[i])))
			notice->state = (enum file_notice_state)i;
	}
	notice->hashed = sha256.len > 0;
	if (notice->state == NOTICE_STATES || (notice->hashed && !hex_parse(sha256, notice->sha256.at, SHA256_BYTES)))
		return -1;
	notice->told = arena_text(arena, header_of(message, "yici-told"));
	return notice->told.at == NULL ? -1 : 0;
}

int
run_notice_read(const struct message *message, struct run_notice *notice, struct arena *arena)
{
	const struct place places[] = {
		{ "run", &notice->run, NULL, NULL },
		{ "state", &notice->state, NULL, NULL },
		{ "date", &notice->date, NULL, NULL },
		{ "why", &notice->why, NULL, NULL },
		{ "students", NULL, &notice->students, NULL },
		{ "students_sent", NULL, &notice->students_sent, NULL },
		{ "records", NULL, &notice->records, NULL },
		{ "files", NULL, &notice->files, NULL },
		{ "files_sha256", &notice->files_sha256, NULL, NULL },
		{ "sha256", &notice->sha256, NULL, NULL },
		{ "manifest", &notice->manifest, NULL, NULL },
		{ offset_names[0], &notice->offsets[0], NULL, NULL },
		{ offset_names[1], &notice->offsets[1], NULL, NULL },
		{ offset_names[2], &notice->offsets[2], NULL, NULL },
	};

	*notice = (struct run_notice){ 0 };
	if (message->value.at == NULL || read_members(message->value, places, ARRAY_LEN(places), arena) != 0)
		return -1;
	return notice->run.len > 0 && notice->state.len > 0 ? 0 : -1;
}

/* ---- a topic as a whole ---- */

bool
notices_at_end(const struct bus *bus, const char *topic, const struct bus_ends *ends)
{
	return bus_at_end(bus) && bus_position(bus, topic, 0) >= ends->end;
}

int
notices_read(struct bus *bus, const char *topic,
    int (*look)(void *self, const struct message *message, struct err *err), void *self, struct err *err)
{
	struct bus_position start = { topic, 0, -2 };
	struct message message;
	struct bus_ends ends;
	int got = 0;

	if (bus_ends(bus, topic, 0, &ends, err) != 0 || bus_assign(bus, &start, 1, err) != 0)
		return -1;
	while (!notices_at_end(bus, topic, &ends)) {
		if ((got = bus_poll(bus, &message, POLL_MS, err)) < 0)
			return -1;
		if (got == 1 && (got = look(self, &message, err)) != 0)
			return got;
		if (signals_stop())
			return err_set(err, ERR_RETRY, "asked to stop");
	}
	return 0;
}
