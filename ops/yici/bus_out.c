/*
 * bus_out.c - see bus_out.h.
 */
#include "ops/yici/bus_out.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/program/log.h"
#include "core/record/kept.h"
#include "ops/yici/purge_person.h"
#include "ops/yici/release_topics.h"
#include "ops/yici/signals.h"
#include "producers/collect/collect.h"

#define KEPT "kept"
#define POLL_MS 50
#define ATTEMPTS_MAX 5
#define OFFSETS_MAX ((size_t)256 * 1024)

/* ---- rows that go back ---- */

/* Where rows stand that are wanted: sorted, by bytes. */
struct wanted {
	uint8_t (*at)[16];
	size_t count, room;
};

static int
key_order(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

/* Every row with an issue that is more than being set aside. The issues come in order. */
static int
find_wanted(const struct night *night, struct wanted *wanted, struct err *err)
{
	struct runs_cursor cursor = { 0 };
	struct text entry;
	int got = runs_seek(&cursor, &night->issues, NULL, NULL, err);

	while (got == 0 && (got = runs_next(&cursor, &entry, err)) == 1) {
		struct raised_view issue = raised_read(entry);
		uint8_t key[16];

		got = 0;
		if (!raised_is_open(&issue))
			continue;
		kept_key(key, &issue.origin);
		if (wanted->count > 0 && memcmp(wanted->at[wanted->count - 1], key, sizeof(key)) == 0)
			continue;
		if (wanted->count == wanted->room) {
			size_t room = wanted->room == 0 ? 1024 : wanted->room * 2;
			uint8_t(*more)[16] = realloc(wanted->at, room * sizeof(*more));

			if (more == NULL) {
				got = err_set(err, ERR_RETRY, "out of memory for rows that go back");
				break;
			}
			wanted->at = more;
			wanted->room = room;
		}
		memcpy(wanted->at[wanted->count++], key, sizeof(key));
	}
	runs_cursor_fini(&cursor);
	return got < 0 ? -1 : 0;
}

static int
keep(struct runs_writer *out, const struct wire_row *row, const uint8_t key[16], struct cell *cells, struct err *err)
{
	struct kept kept = { .cells = row->cell_count, .flags = row->flags };
	size_t lens = row->cell_count * sizeof(uint32_t), len = sizeof(kept) + lens + row->cells.len;
	char *room = runs_room(out, len, err);

	if (room == NULL)
		return -1;
	memcpy(kept.key, key, sizeof(kept.key));
	memcpy(room, &kept, sizeof(kept));
	wire_row_cells(row, cells);
	for (uint32_t i = 0; i < row->cell_count; i++) {
		uint32_t packed = CELL_PACK(cells[i].kind, cells[i].text.len);

		memcpy(room + sizeof(kept) + i * sizeof(packed), &packed, sizeof(packed));
	}
	if (row->cells.len > 0)
		memcpy(room + sizeof(kept) + lens, row->cells.at, row->cells.len);
	runs_put(out, len);
	return 0;
}

/* One submitted row: kept when it is wanted, or a header of a file of the night. */
static int
look_at(struct incoming *incoming, const struct message *message, const struct wanted *wanted, struct runs_writer *out,
    struct cell *cells, struct err *err)
{
	struct origin origin;
	struct wire_row row;
	uint8_t key[16];

	if (message->value.at == NULL || wire_row_read(message->value, &row) != 0
	    || !incoming_number(incoming, row.origin.file, &origin.file))
		return 0;
	origin.sheet = row.origin.sheet;
	origin.row = row.origin.row;
	kept_key(key, &origin);
	if (row.role != ROW_HEADER
	    && (wanted->count == 0 || bsearch(key, wanted->at, wanted->count, sizeof(*wanted->at), key_order) == NULL))
		return 0;
	return keep(out, &row, key, cells, err);
}

int
bus_keep_rows(struct incoming *incoming, struct err *err)
{
	struct night *night = incoming->night;
	struct bus_role role = { .program = "returned" };
	struct runs_writer *out = NULL;
	struct wanted wanted = { 0 };
	struct cell *cells = NULL;
	struct bus *bus = NULL;
	struct message message;
	int result = -1, got;

	if (!settings_outlet(&night->command->settings, "returned"))
		return 0;
	if (find_wanted(night, &wanted, err) != 0)
		goto done;
	out = runs_writer_new(night->work, KEPT, night->command->settings.memory / 4, err);
	if (out == NULL)
		goto done;
	cells = calloc(WIRE_CELLS_MAX, sizeof(*cells));
	if (cells == NULL) {
		err_set(err, ERR_RETRY, "out of memory for rows that go back");
		goto done;
	}
	if (wanted.count > 0) {
		if (bus_open(&bus, &night->command->settings.bus, &role, err) != 0
		    || incoming_again(incoming, bus, err) != 0)
			goto done;
		while (!bus_at_end(bus)) {
			if ((got = bus_poll(bus, &message, POLL_MS, err)) < 0)
				goto done;
			if (got == 1 && look_at(incoming, &message, &wanted, out, cells, err) != 0)
				goto done;
			if (got == 0 && signals_stop()) {
				err_set(err, ERR_RETRY, "asked to stop");
				goto done;
			}
		}
	}
	if (runs_finish(out, err) == 0)
		result = runs_open(&night->kept, night->work, KEPT, err);
done:
	free(cells);
	bus_close(bus);
	runs_writer_free(out);
	free(wanted.at);
	return result;
}

/* ---- what is published ---- */

/* A publication on its way. */
struct publishing {
	struct consolidator *consolidator;
	const struct night *night;
	struct event_run run;
	uint64_t sequence, in_transaction, students, views;
	int64_t *last[3]; /* students, changes, identity: by partition, the last offset given */
	int32_t partitions[3];
	struct buffer json;
	struct window lines; /* students.jsonl */
	struct sha256_state *digest;
	char sha256[65]; /* of all its lines */
};

static const enum topic told_topics[3] = { TOPIC_STUDENTS, TOPIC_CHANGES, TOPIC_IDENTITY };
static const char *const told_types[3] = { "yici.student", "yici.change", "yici.identity" };
static const char *const told_schemas[3] = { "urn:yici:schema:student:1-0-0", "urn:yici:schema:change:1-0-0",
	"urn:yici:schema:identity:1-0-0" };

/* Offsets are known once everything is delivered; a later transaction's are greater. */
static int
note_offsets(struct publishing *publishing, struct err *err)
{
	struct bus *bus = publishing->consolidator->bus;

	if (bus_flush(bus, err) != 0)
		return -1;
	for (int t = 0; t < 3; t++) {
		for (int32_t p = 0; p < publishing->partitions[t]; p++) {
			int64_t last = bus_last_sent(bus, publishing->consolidator->topics[told_topics[t]], p);

			if (last > publishing->last[t][p])
				publishing->last[t][p] = last;
		}
	}
	return 0;
}

/* One message about a student; ${json} NULL: a tombstone. The night goes on in a further transaction when this one is full. */
static int
send(struct publishing *publishing, int told, const uint8_t *student, struct text json, struct err *err)
{
	struct consolidator *consolidator = publishing->consolidator;
	struct bus_header headers[NOTICE_HEADERS_MAX];
	char key[2 * STUDENT_ID_BYTES + 1], id[RUN_ID_MAX + 24];
	struct message message = { .topic = consolidator->topics[told_topics[told]],
		.partition = BUS_ANY_PARTITION,
		.value = json,
		.headers = headers };

	if (publishing->in_transaction >= consolidator->command->settings.publish_rows) {
		if (note_offsets(publishing, err) != 0 || bus_commit(consolidator->bus, err) != 0
		    || bus_begin(consolidator->bus, err) != 0)
			return -1;
		publishing->in_transaction = 0;
	}
	hex_of(student, STUDENT_ID_BYTES, key);
	message.key = text_from(key);
	snprintf(id, sizeof(id), "%s:%llu", publishing->night->id, (unsigned long long)publishing->sequence++);
	message.header_count = notice_headers(headers, told_types[told], told_schemas[told], text_from(id));
	publishing->in_transaction++;
	return bus_send(consolidator->bus, &message, err);
}

/* ---- what the processes of the night have written down ---- */

static int
open_lines(struct publishing *publishing, struct err *err)
{
	const struct night *night = publishing->night;
	struct text files = night->definitions.dataset->files;
	bool outlet = settings_outlet(&night->command->settings, "jsonl");
	char path[FILE_PATH_MAX];

	if (path_format(path, err, "%s/%.*s.jsonl", outlet ? night->out : night->work, (int)files.len, files.at) != 0
	    || window_open(&publishing->lines, path, err) != 0)
		return -1;
	publishing->digest = sha256_new();
	return publishing->digest == NULL ? err_set(err, ERR_RETRY, "out of memory") : 0;
}

static void
close_lines(struct publishing *publishing)
{
	window_close(&publishing->lines);
	sha256_free(publishing->digest);
	publishing->digest = NULL;
}

/* The next line of students.jsonl, valid until the call after: 1, 0 at the end, -1. */
static int
next_line(struct publishing *publishing, struct text *line, struct err *err)
{
	struct window *lines = &publishing->lines;
	size_t have = lines->in.len - lines->pos, looked = 0;
	const char *end;
	int got;

	while (have == 0 || (end = memchr(window_at(lines) + looked, '\n', have - looked)) == NULL) {
		looked = have;
		if ((got = window_need(lines, have + 1, err)) < 0)
			return -1;
		if (got == 0)
			return have == 0 ? 0 : err_set(err, ERR_STOP, "the lines of the night are cut");
		have = lines->in.len - lines->pos;
	}
	*line = (struct text){ window_at(lines), (size_t)(end - window_at(lines)) };
	sha256_add(publishing->digest, line->at, line->len + 1);
	window_step(lines, line->len + 1);
	return 1;
}

/* The line of a student, who comes after all that were asked for before. */
static int
line_of(struct publishing *publishing, const uint8_t *student, struct text *line, struct err *err)
{
	const size_t begin = publishing->run.key.len + sizeof("{\"\":\"") - 1; /* where the id stands */
	char id[2 * STUDENT_ID_BYTES + 1];
	int got;

	hex_of(student, STUDENT_ID_BYTES, id);
	while ((got = next_line(publishing, line, err)) == 1) {
		if (line->len > begin + sizeof(id) && memcmp(line->at + begin, id, sizeof(id) - 1) == 0)
			return 0;
	}
	return got < 0 ? -1 : err_set(err, ERR_STOP, "a student of the night is not among its lines");
}

static int
send_event(struct publishing *publishing, const struct event *event, struct err *err)
{
	char id[2 * STUDENT_ID_BYTES + 1];
	struct text line;

	if (event->kind == EVENT_STUDENT) {
		publishing->students++;
		return line_of(publishing, event->student, &line, err) != 0
		    ? -1
		    : send(publishing, 0, event->student, line, err);
	}
	hex_of(event->student, STUDENT_ID_BYTES, id);
	buffer_clear(&publishing->json);
	event_change_json(&publishing->json, &publishing->run, text_from(id), &event->change);
	if (buffer_failed(&publishing->json))
		return err_set(err, ERR_RETRY, "out of memory for a change");
	return send(publishing, 1, event->student, buffer_as_text(&publishing->json), err);
}

static int
send_events(struct publishing *publishing, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct window events;
	struct event event;
	struct sha256 digest;
	struct text line;
	int got;

	if (path_format(path, err, "%s/" EVENTS_FILE, publishing->night->work) != 0
	    || window_open(&events, path, err) != 0)
		return -1;
	got = open_lines(publishing, err);
	while (got == 0 && (got = event_next(&events, &event, err)) == 1)
		got = send_event(publishing, &event, err);
	while (got == 0 && (got = next_line(publishing, &line, err)) == 1)
		got = 0;
	if (got == 0) {
		digest = sha256_end(publishing->digest);
		publishing->digest = NULL;
		sha256_hex(&digest, publishing->sha256);
	}
	close_lines(publishing);
	window_close(&events);
	return got;
}

/* Students whose ids are no longer in use, and ids for records that were another student's. */
static int
send_retired(struct publishing *publishing, struct err *err)
{
	const struct link_result *links = &publishing->night->links;
	struct buffer *json = &publishing->json;

	for (size_t i = 0; i < links->retired_count; i++) {
		const struct retired *retired = &links->retired[i];
		char old[2 * STUDENT_ID_BYTES + 1], into[2 * STUDENT_ID_BYTES + 1];

		hex_of(retired->student, STUDENT_ID_BYTES, old);
		hex_of(retired->into, STUDENT_ID_BYTES, into);
		if (send(publishing, 0, retired->student, (struct text){ 0 }, err) != 0)
			return -1;
		buffer_clear(json);
		event_change_json(json, &publishing->run, text_from(old),
		    &(struct event_change){ publishing->run.key, text_from(old), text_from(into), TEXT("merged") });
		if (buffer_failed(json) || send(publishing, 1, retired->student, buffer_as_text(json), err) != 0)
			return -1;
		buffer_clear(json);
		event_identity(json, &publishing->run, text_from(old), "merged_into", text_from(into),
		    TEXT("records of one person"));
		if (buffer_failed(json) || send(publishing, 2, retired->student, buffer_as_text(json), err) != 0)
			return -1;
	}
	for (size_t i = 0; i < links->split_count; i++) {
		const struct split *split = &links->splits[i];
		char id[2 * STUDENT_ID_BYTES + 1], from[2 * STUDENT_ID_BYTES + 1];

		hex_of(split->student, STUDENT_ID_BYTES, id);
		hex_of(split->from, STUDENT_ID_BYTES, from);
		buffer_clear(json);
		event_identity(json, &publishing->run, text_from(id), "split_from", text_from(from),
		    TEXT("records of another person"));
		if (buffer_failed(json) || send(publishing, 2, split->student, buffer_as_text(json), err) != 0)
			return -1;
	}
	return 0;
}

/* A person who was purged: nothing of him is to be in any topic that is compacted. Those of views are told with the night's other news of them. */
static int
send_gone(struct publishing *publishing, const struct purge_person *gone, struct err *err)
{
	struct bus *bus = publishing->consolidator->bus;

	for (size_t i = 0; gone != NULL && i < gone->student_count; i++) {
		if (send(publishing, 0, gone->students[i], (struct text){ 0 }, err) != 0
		    || send(publishing, 2, gone->students[i], (struct text){ 0 }, err) != 0)
			return -1;
	}
	for (size_t i = 0; gone != NULL && i < gone->record_count; i++) {
		char key[2 * RECORD_ID_BYTES + 1];
		struct message message = { .topic = publishing->consolidator->topics[TOPIC_CHECKED],
			.partition = BUS_ANY_PARTITION };

		hex_of(gone->records[i], RECORD_ID_BYTES, key);
		message.key = text_from(key);
		if (bus_send(bus, &message, err) != 0)
			return -1;
	}
	return 0;
}

static void
write_offsets(const struct publishing *publishing, int told, struct buffer *out)
{
	for (int32_t p = 0; p < publishing->partitions[told]; p++) {
		if (publishing->last[told][p] >= 0)
			buffer_format(
			    out, "%s%d:%lld", out->len > 0 ? "," : "", p, (long long)publishing->last[told][p]);
	}
}

static int
send_complete(struct publishing *publishing, const struct incoming *incoming, struct err *err)
{
	const struct night *night = publishing->night;
	struct run_notice notice = { .run = text_from(night->id),
		.state = TEXT("complete"),
		.date = text_from(night->day),
		.students = night->assembled.totals.students,
		.records = night->assembled.totals.records,
		.students_sent = publishing->students,
		.sha256 = text_from(publishing->sha256) };
	char files_hex[65], manifest_hex[65], path[FILE_PATH_MAX];
	struct buffer offsets[3], manifest;
	struct sha256 digest;
	size_t files;
	int result = -1;

	buffer_init(&manifest, (size_t)1 << 20);
	for (int t = 0; t < 3; t++)
		buffer_init(&offsets[t], OFFSETS_MAX);
	if (incoming_digest(incoming, files_hex, &files, err) != 0 || note_offsets(publishing, err) != 0
	    || path_format(path, err, "%s/manifest.xml", night->generation) != 0
	    || file_read_all(path, &manifest, err) != 0)
		goto done;
	digest = sha256_of(manifest.at, manifest.len);
	sha256_hex(&digest, manifest_hex);
	notice.manifest = text_from(manifest_hex);
	notice.files = files;
	notice.files_sha256 = text_from(files_hex);
	for (int t = 0; t < 3; t++) {
		write_offsets(publishing, t, &offsets[t]);
		notice.offsets[t] = buffer_as_text(&offsets[t]);
		if (buffer_failed(&offsets[t])) {
			err_set(err, ERR_RETRY, "out of memory for offsets");
			goto done;
		}
	}
	result = run_notice_send(
	    publishing->consolidator->bus, publishing->consolidator->topics[TOPIC_RUNS], &notice, err);
done:
	buffer_fini(&manifest);
	for (int t = 0; t < 3; t++)
		buffer_fini(&offsets[t]);
	return result;
}

static int
publish_once(struct publishing *publishing, const struct incoming *incoming, struct err *err)
{
	struct bus *bus = publishing->consolidator->bus;

	publishing->sequence = publishing->in_transaction = publishing->students = publishing->views = 0;
	for (int t = 0; t < 3; t++) {
		for (int32_t p = 0; p < publishing->partitions[t]; p++)
			publishing->last[t][p] = -1;
	}
	if (bus_begin(bus, err) != 0)
		return -1;
	/* the views last, in the transaction that completes the run: who reads one alone sees whole nights without the topic runs */
	if (send_events(publishing, err) != 0 || send_retired(publishing, err) != 0
	    || send_gone(publishing, publishing->night->gone, err) != 0
	    || release_topics_send(&publishing->night->release, publishing->night->work, publishing->night->id, bus,
		   &publishing->views, err)
		!= 0
	    || incoming_used(incoming, TEXT(""), err) != 0 || send_complete(publishing, incoming, err) != 0
	    || bus_commit(bus, err) != 0) {
		bus_abort(bus);
		return -1;
	}
	return 0;
}

int
bus_publish(
    struct consolidator *consolidator, const struct night *night, const struct incoming *incoming, struct err *err)
{
	struct publishing publishing = { .consolidator = consolidator,
		.night = night,
		.run = { text_from(night->id), text_from(night->day), night->definitions.dataset->id_key } };
	int64_t began = log_clock_ms();
	int result = 0;

	buffer_init(&publishing.json, (size_t)1 << 20);
	for (int t = 0; t < 3 && result == 0; t++) {
		result = bus_partitions(
		    consolidator->bus, consolidator->topics[told_topics[t]], &publishing.partitions[t], err);
		if (result != 0)
			break;
		publishing.last[t] = calloc((size_t)publishing.partitions[t] + 1, sizeof(*publishing.last[t]));
		if (publishing.last[t] == NULL)
			result = err_set(err, ERR_RETRY, "out of memory for offsets");
	}
	for (unsigned attempt = 1; result == 0; attempt++) {
		result = publish_once(&publishing, incoming, err);
		if (result == 0 || err->kind != ERR_ABORT || attempt == ATTEMPTS_MAX)
			break;
		log_line(LOG_WARNING, "publish aborted attempt=%u reason=\"%s\"", attempt, err->what);
		result = 0;
	}
	if (result == 0)
		log_line(LOG_INFO, "published students=%llu messages=%llu views=%llu publishing_s=%.3f",
		    (unsigned long long)publishing.students, (unsigned long long)publishing.sequence,
		    (unsigned long long)publishing.views, (double)(log_clock_ms() - began) / 1000);
	for (int t = 0; t < 3; t++)
		free(publishing.last[t]);
	buffer_fini(&publishing.json);
	return result;
}
