/*
 * incoming.c - see incoming.h.
 */
#include "ops/yici/incoming.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/program/log.h"
#include "core/record/day.h"
#include "ops/yici/entry.h"
#include "ops/yici/intake.h"
#include "ops/yici/signals.h"
#include "producers/collect/collect.h"
#include "producers/readers/reader.h"

enum { FILES, CHECKED, REJECTED, FOLLOWED, SUBMITTED = FOLLOWED, TOPICS };

#define POSITIONS "positions.txt" /* in a generation: topic, partition, offset; one a line */
#define POLL_MS 50

/* One file, by what is said of it on the topic files, and by what has come of its rows. */
struct incoming_file {
	uint8_t id[WIRE_FILE_BYTES];
	bool said; /* the topic files has it */
	uint64_t definitions; /* by its first row, in force when it was collected; and for which day: for one that is never announced */
	struct date date;
	struct file_notice notice;
	struct told_counts counts;
	uint64_t digest;    /* sum of the places of settled rows */
	uint64_t due, here; /* messages with issues of accepted rows: promised by checked rows, and come */
	struct counts schools;
	int64_t *firsts; /* by partition: offset of its first row, -1 for none; NULL before any */
	bool used;       /* in this night */
};

/* ---- files ---- */

static uint64_t
id_hash(const uint8_t *id)
{
	uint64_t hash;

	memcpy(&hash, id, sizeof(hash)); /* an id is a digest */
	return hash;
}

static int
index_grow(struct incoming *incoming, struct err *err)
{
	size_t size = incoming->index_size == 0 ? 1024 : incoming->index_size * 2;
	uint32_t *index = calloc(size, sizeof(*index));

	if (index == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the list of files");
	for (uint32_t i = 0; i < incoming->count; i++) {
		size_t at = id_hash(incoming->files[i].id) & (size - 1);

		while (index[at] != 0)
			at = (at + 1) & (size - 1);
		index[at] = i + 1;
	}
	free(incoming->index);
	incoming->index = index;
	incoming->index_size = size;
	return 0;
}

/* The file of that id, made when it is new. NULL when memory is short. */
static struct incoming_file *
file_of(struct incoming *incoming, const uint8_t *id, struct err *err)
{
	struct incoming_file *file;
	size_t at;

	if ((incoming->count + 1) * 2 > incoming->index_size && index_grow(incoming, err) != 0)
		return NULL;
	for (at = id_hash(id) & (incoming->index_size - 1); incoming->index[at] != 0;
	     at = (at + 1) & (incoming->index_size - 1)) {
		file = &incoming->files[incoming->index[at] - 1];
		if (memcmp(file->id, id, WIRE_FILE_BYTES) == 0)
			return file;
	}
	if (incoming->count == incoming->room) {
		size_t room = incoming->room == 0 ? 256 : incoming->room * 2;
		struct incoming_file *more = realloc(incoming->files, room * sizeof(*more));

		if (more == NULL) {
			err_set(err, ERR_RETRY, "out of memory for the list of files");
			return NULL;
		}
		incoming->files = more;
		incoming->room = room;
	}
	file = &incoming->files[incoming->count++];
	*file = (struct incoming_file){ 0 };
	memcpy(file->id, id, WIRE_FILE_BYTES);
	incoming->index[at] = (uint32_t)incoming->count;
	return file;
}

static bool
is_ours(const struct incoming *incoming, const struct incoming_file *file)
{
	return file->said && file->notice.definitions == incoming->digest
	    && text_eq(file->notice.date, text_from(incoming->night->day))
	    && (file->notice.state == NOTICE_COMPLETE || file->notice.state == NOTICE_REFUSED
		|| file->notice.state == NOTICE_TAKEN);
}

static bool
is_here(const struct incoming_file *file)
{
	return file->notice.state != NOTICE_COMPLETE
	    || (file->counts.rows == file->notice.rows && file->digest == file->notice.digest && file->due == file->here);
}

/* ---- messages ---- */

static int
take_notice(struct incoming *incoming, const struct message *message, struct err *err)
{
	struct file_notice notice;
	struct incoming_file *file;

	if (message->value.at == NULL)
		return 0;
	if (file_notice_read(message, &notice, &incoming->arena) != 0) {
		incoming->poison++;
		return 0;
	}
	if ((file = file_of(incoming, notice.id, err)) == NULL)
		return -1;
	file->said = true;
	file->notice = notice;
	return 0;
}

/* Remember where the file's first row of that partition stands. */
static int
note_first(
    struct incoming *incoming, struct incoming_file *file, const struct message *message, int topic, struct err *err)
{
	if (file->firsts == NULL) {
		file->firsts = arena_take(&incoming->arena, (incoming->partition_count + 1) * sizeof(*file->firsts));
		if (file->firsts == NULL)
			return err_set(err, ERR_RETRY, "out of memory for the list of files");
		for (size_t i = 0; i < incoming->partition_count; i++)
			file->firsts[i] = -1;
	}
	for (size_t i = 0; i < incoming->partition_count; i++) {
		const struct incoming_partition *partition = &incoming->partitions[i];

		if (partition->topic == topic && partition->partition == message->partition && file->firsts[i] < 0)
			file->firsts[i] = message->offset;
	}
	return 0;
}

/* The file of a row; NULL (and ${*done}) when the row is of no interest any more. */
static struct incoming_file *
file_of_row(struct incoming *incoming, const struct message *message, const struct wire_origin *origin, int topic,
    struct err *err)
{
	struct incoming_file *file = file_of(incoming, origin->file, err);

	if (file != NULL && file->firsts == NULL) {
		file->definitions = origin->definitions;
		file->date = origin->date;
	}
	return file == NULL || note_first(incoming, file, message, topic, err) != 0 ? NULL : file;
}

/* Is the row here for the first time? 1, 0 when it came before, -1. */
static int
is_new(struct incoming *incoming, const struct incoming_file *file, const struct wire_origin *origin,
    enum seen_kind kind, struct err *err)
{
	int got = seen_add(&incoming->seen, (uint32_t)(file - incoming->files), origin->sheet, origin->row, kind, err);

	incoming->repeated += got == 0;
	return got;
}

static void
settle(struct incoming_file *file, const struct wire_origin *origin)
{
	file->counts.rows++;
	file->digest += wire_place_hash(origin->sheet, origin->row);
}

static int
take_checked(struct incoming *incoming, const struct message *message, struct err *err)
{
	const struct night *night = incoming->night;
	struct wire_checked row;
	struct incoming_file *file;
	int got;

	if (message->value.at == NULL)
		return 0;
	if (wire_checked_read(message->value, night->definitions.dataset->field_count, &row) != 0) {
		incoming->poison++;
		return 0;
	}
	if ((file = file_of_row(incoming, message, &row.origin, CHECKED, err)) == NULL)
		return -1;
	if (row.origin.definitions != incoming->digest)
		return 0;
	if ((got = is_new(incoming, file, &row.origin, SEEN_SETTLED, err)) <= 0)
		return got;
	settle(file, &row.origin);
	file->counts.accepted++;
	file->due += row.issues;
	row.checked.file = (uint32_t)(file - incoming->files);
	row.checked.row = row.origin.row;
	row.checked.sheet = row.origin.sheet;
	if (counts_add(&file->schools, row.checked.school) != 0)
		return err_set(err, ERR_RETRY, "out of memory for a file");
	return entry_checked(incoming->rows, &row.checked, row.values, err);
}

static bool
is_poison(const struct message *message)
{
	for (size_t i = 0; i < message->header_count; i++) {
		if (strcmp(message->headers[i].name, "yici.errors.topic") == 0)
			return true;
	}
	return false;
}

static int
take_rejected(struct incoming *incoming, const struct message *message, struct err *err)
{
	struct raised_view view = { .column = UINT16_MAX, .field = FIELD_NONE, .severity = RAISED_ASIDE };
	struct wire_issues row;
	struct wire_issue issue;
	struct incoming_file *file;
	size_t pos = 0;
	int got;

	if (is_poison(message) || message->value.at == NULL || wire_issues_read(message->value, &row) != 0) {
		incoming->poison++;
		return 0;
	}
	if ((file = file_of_row(incoming, message, &row.origin, REJECTED, err)) == NULL)
		return -1;
	if (row.origin.definitions != incoming->digest)
		return 0;
	got = is_new(incoming, file, &row.origin, row.settled == WIRE_ACCEPTED ? SEEN_ISSUES : SEEN_SETTLED, err);
	if (got <= 0)
		return got;
	view.origin = (struct origin){ (uint32_t)(file - incoming->files), row.origin.sheet, row.origin.row };
	if (row.settled == WIRE_ACCEPTED)
		file->here++;
	else
		settle(file, &row.origin);
	file->counts.rejected += row.settled == WIRE_REJECTED;
	file->counts.set_aside += row.settled == WIRE_ASIDE;
	if (row.settled == WIRE_ASIDE) {
		view.rule = row.role;
		return entry_raised(incoming->heard, &view, err);
	}
	for (size_t nth = 0; (got = wire_issue_next(row.issues, &pos, &issue)) == 1; nth++) {
		if (issue.rule >= RULE_COUNT)
			continue;
		raised_tell(&view,
		    &(struct issue){ .field = issue.field,
			.column = issue.column,
			.rule = issue.rule,
			.severity = issue.severity,
			.raw = issue.raw,
			.about = wire_about(&row, nth) },
		    row.has_record ? row.record : NULL);
		if (entry_raised(incoming->heard, &view, err) != 0)
			return -1;
	}
	if (got < 0 || row.settled != WIRE_ACCEPTED || row.explanation.len == 0)
		return got;
	raised_explain(&view, row.explanation, row.record, row.updated, row.content);
	return entry_raised(incoming->heard, &view, err);
}

/* ---- opening ---- */

/* Where the last night left off in a partition; -2 when it did not know of it. */
static int64_t
saved_position(struct text list, const char *topic, int32_t partition)
{
	size_t pos = 0;

	while (pos < list.len) {
		const char *end = memchr(list.at + pos, '\n', list.len - pos);
		size_t len = (end == NULL ? list.len : (size_t)(end - list.at)) - pos;
		char line[TOPIC_NAME_MAX + 64], name[TOPIC_NAME_MAX];
		long long offset;
		int number;

		snprintf(line, sizeof(line), "%.*s", (int)len, list.at + pos);
		if (sscanf(line, "%249s %d %lld", name, &number, &offset) == 3 && number == partition
		    && strcmp(name, topic) == 0)
			return offset;
		pos += len + 1;
	}
	return -2;
}

static int
add_partitions(struct incoming *incoming, int topic, struct text saved, struct err *err)
{
	struct incoming_partition *more;
	int32_t count;

	if (bus_partitions(incoming->bus, incoming->topics[topic], &count, err) != 0)
		return -1;
	more = realloc(incoming->partitions, (incoming->partition_count + (size_t)count) * sizeof(*more));
	if (more == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	incoming->partitions = more;
	for (int32_t i = 0; i < count; i++)
		more[incoming->partition_count++] = (struct incoming_partition){ topic, i,
			topic == FILES ? -2 : saved_position(saved, incoming->topics[topic], i), -1 };
	return 0;
}

/* Let ${bus} read those of the topics from ${from} to ${to} from where reading begins. */
static int
assign(const struct incoming *incoming, struct bus *bus, int from, int to, struct err *err)
{
	struct bus_position *at = calloc(incoming->partition_count + 1, sizeof(*at));
	size_t count = 0;
	int result;

	if (at == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	for (size_t i = 0; i < incoming->partition_count; i++) {
		const struct incoming_partition *partition = &incoming->partitions[i];

		if (partition->topic >= from && partition->topic < to)
			at[count++] = (struct bus_position){ incoming->topics[partition->topic], partition->partition,
				partition->first };
	}
	result = bus_assign(bus, at, count, err);
	free(at);
	return result;
}

int
incoming_open(struct incoming *incoming, struct night *night, struct bus *bus, struct err *err)
{
	static const enum topic which[TOPICS] = { TOPIC_FILES, TOPIC_CHECKED, TOPIC_REJECTED, TOPIC_SUBMITTED };
	const struct settings *settings = &night->command->settings;
	char path[FILE_PATH_MAX];
	struct buffer saved;
	int result = -1;

	*incoming = (struct incoming){ .night = night, .bus = bus, .digest = night_definitions(&night->definitions) };
	arena_init(&incoming->arena, SIZE_MAX / 4);
	buffer_init(&saved, (size_t)1 << 20);
	if (night->state.current[0] != '\0') {
		if (state_path(&night->state, path, POSITIONS, err) != 0
		    || (file_exists(path) && file_read_all(path, &saved, err) != 0))
			goto done;
	}
	for (int i = 0; i < TOPICS; i++) {
		topic_name(incoming->topics[i], settings->bus.prefix, which[i]);
		if (add_partitions(incoming, i, buffer_as_text(&saved), err) != 0)
			goto done;
	}
	incoming->rows = runs_writer_new(night->work, INTAKE_ROWS "-bus", settings->memory / 8, err);
	if (incoming->rows != NULL)
		incoming->heard = runs_writer_new(night->work, INCOMING_HEARD "-bus", settings->memory / 16, err);
	if (incoming->heard != NULL && bus_ends(bus, incoming->topics[FILES], 0, &incoming->said, err) == 0)
		result = assign(incoming, bus, 0, FOLLOWED, err);
done:
	buffer_fini(&saved);
	return result;
}

void
incoming_close(struct incoming *incoming)
{
	for (size_t i = 0; i < incoming->count; i++) {
		free(incoming->files[i].schools.at);
	}
	runs_writer_free(incoming->rows);
	runs_writer_free(incoming->heard);
	free(incoming->files);
	free(incoming->index);
	free(incoming->partitions);
	free(incoming->places);
	free(incoming->ours);
	seen_fini(&incoming->seen);
	arena_fini(&incoming->arena);
	*incoming = (struct incoming){ 0 };
}

int
incoming_again(const struct incoming *incoming, struct bus *bus, struct err *err)
{
	return assign(incoming, bus, SUBMITTED, TOPICS, err);
}

/* ---- following ---- */

static int
take(struct incoming *incoming, const struct message *message, struct err *err)
{
	incoming->messages++;
	if (strcmp(message->topic, incoming->topics[CHECKED]) == 0)
		return take_checked(incoming, message, err);
	if (strcmp(message->topic, incoming->topics[REJECTED]) == 0)
		return take_rejected(incoming, message, err);
	return take_notice(incoming, message, err);
}

/* Files for the night, and how many of them lack rows. */
static void
count_ours(const struct incoming *incoming, size_t *ours, size_t *lacking)
{
	*ours = *lacking = 0;
	for (size_t i = 0; i < incoming->count; i++) {
		if (!is_ours(incoming, &incoming->files[i]))
			continue;
		++*ours;
		*lacking += !is_here(&incoming->files[i]);
	}
}

/* Nothing more comes: what came is sorted. */
static int
finish_runs(struct incoming *incoming, struct err *err)
{
	if (runs_finish(incoming->rows, err) != 0 || runs_finish(incoming->heard, err) != 0)
		return -1;
	/* the night wants the memory; what librdkafka held to read ahead is free, but the heap would keep it */
	runs_writer_free(incoming->rows);
	runs_writer_free(incoming->heard);
	incoming->rows = incoming->heard = NULL;
	malloc_trim(0);
	return 0;
}

int
incoming_none(struct incoming *incoming, struct err *err)
{
	incoming->none = true;
	return finish_runs(incoming, err);
}

int
incoming_follow(struct incoming *incoming, uint64_t wait_s, struct err *err)
{
	time_t moved = time(NULL);
	size_t ours, lacking;

	for (;;) {
		struct message message;
		int got = bus_poll(incoming->bus, &message, POLL_MS, err);

		if (got < 0)
			return -1;
		if (got == 1) {
			moved = 0;
			if (take(incoming, &message, err) != 0)
				return -1;
			continue;
		}
		if (signals_stop())
			return err_set(err, ERR_RETRY, "asked to stop");
		if (!notices_at_end(incoming->bus, incoming->topics[FILES], &incoming->said))
			continue;
		count_ours(incoming, &ours, &lacking);
		if (lacking == 0)
			break;
		if (moved == 0)
			moved = time(NULL);
		if ((uint64_t)(time(NULL) - moved) >= wait_s)
			return err_set(err, ERR_RETRY,
			    "rows of %zu files have not come for %llu s; is yici normalize at work?", lacking,
			    (unsigned long long)wait_s);
	}
	if (incoming->poison > 0)
		log_line(LOG_WARNING, "incoming poison=%llu", (unsigned long long)incoming->poison);
	log_line(LOG_INFO, "incoming files=%zu messages=%llu repeated=%llu", ours,
	    (unsigned long long)incoming->messages, (unsigned long long)incoming->repeated);
	return finish_runs(incoming, err) != 0 ? -1 : ours > 0;
}

/* ---- into the night ---- */

static enum refusal
refusal_named(struct text word)
{
	for (enum refusal refusal = REFUSED_NO; refusal < REFUSED_COUNT; refusal++) {
		if (text_eq(word, text_from(refusal_name(refusal))))
			return refusal;
	}
	return REFUSED_DAMAGED;
}

static int
content_order(const struct file_notice *a, const struct file_notice *b)
{
	int order = text_compare(a->source, b->source);

	if (order == 0)
		order = (a->hashed > b->hashed) - (a->hashed < b->hashed);
	return order != 0 ? order : memcmp(&a->sha256, &b->sha256, sizeof(a->sha256));
}

static int
ours_order(const void *a, const void *b)
{
	const struct file_notice *x = &(*(struct incoming_file *const *)a)->notice;
	const struct file_notice *y = &(*(struct incoming_file *const *)b)->notice;
	int order = content_order(x, y), taken = (x->state == NOTICE_TAKEN) - (y->state == NOTICE_TAKEN);

	if (order == 0)
		order = taken;
	return order != 0 ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

static int
list_ours(struct incoming *incoming, struct err *err)
{
	incoming->ours = calloc(incoming->count + 1, sizeof(struct incoming_file *));
	if (incoming->ours == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the list of files");
	for (size_t i = 0; i < incoming->count; i++) {
		if (is_ours(incoming, &incoming->files[i]))
			incoming->ours[incoming->ours_count++] = &incoming->files[i];
	}
	if (incoming->ours_count > 1)
		qsort(incoming->ours, incoming->ours_count, sizeof(struct incoming_file *), ours_order);
	return 0;
}

/*
 * The file that has the rows for content that several arrivals share: the first said on the topic files, whose order all see. NULL when
 * none has.
 */
static struct incoming_file *
file_with_rows(const struct incoming *incoming, const struct file_notice *notice)
{
	size_t low = 0, high = incoming->ours_count;
	struct incoming_file *first;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (content_order(&incoming->ours[middle]->notice, notice) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == incoming->ours_count || !notice->hashed)
		return NULL;
	first = incoming->ours[low];
	return content_order(&first->notice, notice) == 0 && first->notice.state != NOTICE_TAKEN ? first : NULL;
}

/* A file that is only said to be taken, but by nobody that counts, is no part of the night. */
static bool
has_ground(const struct incoming *incoming, const struct incoming_file *file)
{
	return file->notice.state != NOTICE_TAKEN
	    || taken_find(&incoming->night->taken, file->notice.source, &file->notice.sha256) != NULL
	    || file_with_rows(incoming, &file->notice) != NULL;
}

static int
list_files(struct incoming *incoming, struct err *err)
{
	struct night *night = incoming->night;
	struct files *files = &night->files;

	if (files_begin(files, &night->taken, 1, err) != 0)
		return -1;
	for (size_t i = 0; i < incoming->ours_count; i++) {
		struct incoming_file *from = incoming->ours[i];
		const struct file_notice *notice = &from->notice;
		struct run_file *file;

		if (!has_ground(incoming, from))
			continue;
		from->used = true;
		if ((file = files_add(files, err)) == NULL)
			return -1;
		file->source = sources_find(night->definitions.sources, notice->source);
		if (file->source == NULL)
			file->source = sources_unknown(night->definitions.sources, notice->source);
		if (file->source == NULL)
			return err_set(err, ERR_RETRY, "out of memory for the list of files");
		file->file = notice->file;
		file->path = "";
		file->size = notice->size;
		file->sha256 = notice->sha256;
		file->hashed = notice->hashed;
		file->elsewhere = true;
		if (notice->state == NOTICE_REFUSED && notice->told.len == 0) {
			file->state = RUN_FILE_REFUSED;
			file->refusal = refusal_named(notice->reason);
		}
	}
	return files_order(files, &night->state, &night->taken, night->definitions.dataset, err);
}

/* What reading and normalizing gave of a file, as if told by one process. */
static int
tell(struct incoming_file *from, uint32_t number, struct buffer *told, struct err *err)
{
	struct told one;
	size_t pos = 0;
	int got;

	while ((got = told_next(from->notice.told, &pos, &one)) == 1) {
		if (one.kind == TOLD_COUNTS) { /* of what only the reader knows */
			struct told_counts read;

			memcpy(&read, one.bytes.at, sizeof(read));
			from->counts.replaced += read.replaced;
		} else if (one.kind != TOLD_SCHOOL && one.kind != TOLD_DONE)
			told_add(told, one.kind, number, one.bytes.at, one.bytes.len);
	}
	if (got < 0)
		return err_set(err, ERR_INPUT, "what the topic files tells of a file is cut");
	told_add(told, TOLD_COUNTS, number, &from->counts, sizeof(from->counts));
	counts_told(&from->schools, told, number);
	told_add(told, TOLD_DONE, number, NULL, 0);
	return buffer_failed(told) ? err_set(err, ERR_RETRY, "out of memory for what files gave") : 0;
}

static int
tell_all(struct incoming *incoming, struct err *err)
{
	struct night *night = incoming->night;
	struct buffer told;
	int result = 0;

	buffer_init(&told, SIZE_MAX / 4);
	for (size_t i = 0; i < night->files.count && result == 0; i++) {
		const struct run_file *file = &night->files.at[i];
		struct file_notice notice = {
			.source = file->source->name, .sha256 = file->sha256, .hashed = file->hashed
		};
		struct incoming_file *from;

		if (file->number == UINT32_MAX || file->state != RUN_FILE_TO_READ)
			continue;
		from = file_with_rows(incoming, &notice);
		if (from == NULL) {
			result = err_set(err, ERR_STOP, "a file of the night has nothing behind it");
			break;
		}
		incoming->places[from - incoming->files] = (struct incoming_place){ file->number, file->source_no };
		result = tell(from, file->number, &told, err);
	}
	if (result == 0)
		result = files_told(
		    &night->files, night->definitions.dataset, &night->taken, buffer_as_text(&told), err);
	buffer_fini(&told);
	return result;
}

/* Issues under the numbers that the files have now. */
static int
place_issues(const struct incoming *incoming, struct err *err)
{
	const struct night *night = incoming->night;
	struct runs heard = { 0 };
	struct runs_cursor cursor = { 0 };
	struct runs_writer *out = runs_writer_new(
	    night->work, INTAKE_ISSUES "-bus", night->command->settings.memory / 8, err);
	struct text entry;
	int got = -1;

	if (out == NULL || runs_open(&heard, night->work, INCOMING_HEARD, err) != 0
	    || runs_seek(&cursor, &heard, NULL, NULL, err) != 0)
		goto done;
	while ((got = runs_next(&cursor, &entry, err)) == 1) {
		struct raised_view issue = raised_read(entry);
		char *room;

		issue.origin.file = incoming->places[issue.origin.file].number;
		if (issue.origin.file == UINT32_MAX)
			continue;
		if ((room = runs_room(out, entry.len, err)) == NULL) {
			got = -1;
			break;
		}
		memcpy(room, entry.at, entry.len);
		raised_key((uint8_t *)room, &issue.origin, issue.column, issue.rule, issue.field);
		runs_put(out, entry.len);
	}
	if (got == 0)
		got = runs_finish(out, err);
done:
	runs_cursor_fini(&cursor);
	runs_close(&heard);
	runs_writer_free(out);
	return got;
}

static bool
skip_row(const void *self, struct text entry)
{
	const struct incoming *incoming = self;
	struct checked row;

	memcpy(&row, entry.at, sizeof(row));
	return !files_is_complete(&incoming->night->files, incoming->places[row.file].number)
	    || files_excepts(&incoming->night->files, row.school)
	    || purge_rows_have(&incoming->night->files.purged, row.id);
}

static void
place_row(const void *self, char *entry)
{
	const struct incoming *incoming = self;
	struct checked row;

	memcpy(&row, entry, sizeof(row));
	row.source = incoming->places[row.file].source_no;
	row.file = incoming->places[row.file].number;
	memcpy(entry, &row, sizeof(row));
}

/*
 * Can a later night still make use of the file? One that was collected for an earlier date or under other definitions is collected
 * anew. Of one that is not announced only its rows say so: it must not keep the position back for ever.
 */
static bool
may_come(const struct incoming *incoming, const struct incoming_file *file)
{
	char day[11];

	if (file->used)
		return false;
	if (file->said)
		return file->notice.state != NOTICE_USED && file->notice.definitions == incoming->digest
		    && text_compare(file->notice.date, text_from(incoming->night->day)) >= 0;
	day_write(file->date, day);
	return file->definitions == incoming->digest && strcmp(day, incoming->night->day) >= 0;
}

/* The next night begins behind all rows of this and earlier ones, and before those of files that are not used yet. */
static int
set_positions(struct incoming *incoming, struct err *err)
{
	bool any = false;

	for (size_t p = 0; incoming->none && p < incoming->partition_count; p++)
		incoming->partitions[p].saved = incoming->partitions[p].first;
	if (incoming->none)
		return 0;
	for (size_t i = 0; i < incoming->count; i++)
		any = any || may_come(incoming, &incoming->files[i]);
	for (size_t p = 0; p < incoming->partition_count; p++) {
		struct incoming_partition *partition = &incoming->partitions[p];
		const char *topic = incoming->topics[partition->topic];
		struct bus_ends ends;

		if (partition->topic == SUBMITTED) { /* not followed: where a file's rows stand is not known */
			if (bus_ends(incoming->bus, topic, partition->partition, &ends, err) != 0)
				return -1;
			partition->saved = any ? partition->first : ends.stable;
			continue;
		}
		partition->saved = bus_position(incoming->bus, topic, partition->partition);
		for (size_t i = 0; i < incoming->count; i++) {
			const struct incoming_file *file = &incoming->files[i];

			if (may_come(incoming, file) && file->firsts != NULL && file->firsts[p] >= 0
			    && file->firsts[p] < partition->saved)
				partition->saved = file->firsts[p];
		}
	}
	return 0;
}

int
incoming_enter(struct incoming *incoming, struct err *err)
{
	struct night *night = incoming->night;

	incoming->places = calloc(incoming->count + 1, sizeof(*incoming->places));
	if (incoming->places == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the list of files");
	for (size_t i = 0; i < incoming->count; i++)
		incoming->places[i].number = UINT32_MAX;
	if (list_ours(incoming, err) != 0 || list_files(incoming, err) != 0 || night_sources(night, err) != 0
	    || tell_all(incoming, err) != 0 || place_issues(incoming, err) != 0 || night_rows(night, err) != 0)
		return -1;
	night->rows.skip = skip_row;
	night->rows.change = place_row;
	night->rows.self = incoming;
	return set_positions(incoming, err);
}

/* ---- afterwards ---- */

static int
id_order(const void *a, const void *b)
{
	return memcmp(a, b, WIRE_FILE_BYTES);
}

int
incoming_digest(const struct incoming *incoming, char hex[65], size_t *count, struct err *err)
{
	uint8_t(*ids)[WIRE_FILE_BYTES] = calloc(incoming->count + 1, sizeof(*ids));
	struct sha256 digest;
	size_t n = 0;

	if (ids == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the list of files");
	for (size_t i = 0; i < incoming->count; i++) {
		if (incoming->files[i].used)
			memcpy(ids[n++], incoming->files[i].id, WIRE_FILE_BYTES);
	}
	if (n > 1)
		qsort(ids, n, sizeof(*ids), id_order);
	digest = sha256_of(ids, n * sizeof(*ids));
	sha256_hex(&digest, hex);
	*count = n;
	free(ids);
	return 0;
}

bool
incoming_number(const struct incoming *incoming, const uint8_t *id, uint32_t *number)
{
	for (size_t at = id_hash(id) & (incoming->index_size - 1); incoming->index[at] != 0;
	     at = (at + 1) & (incoming->index_size - 1)) {
		if (memcmp(incoming->files[incoming->index[at] - 1].id, id, WIRE_FILE_BYTES) != 0)
			continue;
		*number = incoming->places[incoming->index[at] - 1].number;
		return *number != UINT32_MAX;
	}
	return false;
}

int
incoming_save(const struct incoming *incoming, const char *folder, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer out;
	int result = -1;

	buffer_init(&out, (size_t)1 << 20);
	for (size_t i = 0; i < incoming->partition_count; i++) {
		const struct incoming_partition *partition = &incoming->partitions[i];

		if (partition->topic != FILES && partition->saved >= 0)
			buffer_format(&out, "%s %d %lld\n", incoming->topics[partition->topic], partition->partition,
			    (long long)partition->saved);
	}
	if (buffer_failed(&out))
		err_set(err, ERR_RETRY, "out of memory");
	else if (path_format(path, err, "%s/" POSITIONS, folder) == 0)
		result = file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	return result;
}

int
incoming_used(const struct incoming *incoming, struct text reason, struct err *err)
{
	for (size_t i = 0; i < incoming->count; i++) {
		struct file_notice notice = incoming->files[i].notice;

		if (!incoming->files[i].used)
			continue;
		notice.state = NOTICE_USED;
		notice.run = text_from(incoming->night->id);
		notice.told = (struct text){ 0 };
		if (reason.len > 0)
			notice.reason = reason;
		if (file_notice_send(incoming->bus, incoming->topics[FILES], &notice, err) != 0)
			return -1;
	}
	return 0;
}
