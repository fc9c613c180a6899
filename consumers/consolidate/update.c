/*
 * update.c - see update.h. One anchor's records are gathered in an arena, then settled student by student.
 */
#include "consumers/consolidate/update.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/digest.h"

#define UNIT_BYTES ((uint64_t)2 * 1024 * 1024)
#define UNITS_MAX 65536
#define ANCHOR_BYTES_MAX ((size_t)512 * 1024 * 1024) /* all records under one anchor */

/* A record before and after the run. Its values are there once somebody wants them: see load_values(). */
struct pair {
	struct link now, before;
	struct text values, old_values;
	bool had;     /* there was one yesterday */
	bool changed; /* its old values stand in yesterday's changed.yc, and are here */
};

/* Where a unit stands in its inputs. */
struct inputs {
	struct runs_cursor rows, same;
	struct sorted_cursor records, changed;
	struct links_reader links, old_links;
	struct text row, record, change, same_row;
	const struct link *link, *old_link;
	int have_row, have_record, have_change, have_old, have_same;
	size_t same_count; /* rows of the record at hand that are yesterday's, already in update->rows */
};

struct update {
	const struct update_input *in;
	const struct update_events *events;
	void *self;
	struct runs_writer *aside;
	struct merger *merger, *old_merger, *plain_merger; /* the last without pins */
	struct arena arena;                                /* the anchor at hand */
	struct pair *pairs;
	size_t count, room;
	struct merge_member *members, *old_members;
	uint16_t *since, *old_since;
	size_t member_room;
	struct checked *rows; /* of the record at hand */
	size_t row_room;
	struct buffer entry;
	struct value *values;
};

bool
update_wants_whole(const struct update_input *input)
{
	return input->records == NULL || input->remap != NULL
	    || (input->changed != NULL && input->changed->raw_bytes > input->records->raw_bytes / 4);
}

size_t
update_units(uint64_t bytes)
{
	uint64_t units = bytes / UNIT_BYTES + 1;

	return units > UNITS_MAX ? UNITS_MAX : (size_t)units;
}

void
update_unit_start(size_t unit, size_t units, uint8_t id[RECORD_ID_BYTES])
{
	/* floor(unit * 2^64 / units), without 128 bits: units fits in 32 */
	uint64_t q = UINT64_MAX / units, r = UINT64_MAX % units + 1;
	uint64_t start = q * unit + r * unit / units;

	memset(id, 0, RECORD_ID_BYTES);
	for (int i = 0; i < 8; i++)
		id[i] = (uint8_t)(start >> (56 - 8 * i));
}

struct update *
update_new(const struct update_input *input, struct runs_writer *aside, const struct update_events *events, void *self,
    struct err *err)
{
	struct update *update = calloc(1, sizeof(*update));

	if (update != NULL) {
		update->in = input;
		update->events = events;
		update->self = self;
		update->aside = aside;
		update->merger = merger_new(input->dataset);
		update->old_merger = merger_new(input->dataset);
		update->plain_merger = merger_new(input->dataset);
		update->values = calloc(input->remap_count + 1, sizeof(*update->values));
		arena_init(&update->arena, ANCHOR_BYTES_MAX);
		buffer_init(&update->entry, SORTED_ENTRY_MAX);
	}
	if (update == NULL || update->merger == NULL || update->old_merger == NULL || update->plain_merger == NULL
	    || update->values == NULL) {
		update_free(update);
		err_set(err, ERR_RETRY, "out of memory");
		return NULL;
	}
	merger_pin(update->merger, input->pins);
	merger_pin(update->old_merger, input->old_pins);
	return update;
}

void
update_free(struct update *update)
{
	if (update == NULL)
		return;
	merger_free(update->merger);
	merger_free(update->old_merger);
	merger_free(update->plain_merger);
	arena_fini(&update->arena);
	buffer_fini(&update->entry);
	free(update->pairs);
	free(update->members);
	free(update->old_members);
	free(update->since);
	free(update->old_since);
	free(update->rows);
	free(update->values);
	free(update);
}

static struct pair *
pairs_add(struct update *update, struct err *err)
{
	if (update->count == update->room) {
		size_t room = update->room == 0 ? 16 : update->room * 2;
		struct pair *more = realloc(update->pairs, room * sizeof(*more));

		if (more == NULL) {
			err_set(err, ERR_RETRY, "out of memory for %zu records under one number", room);
			return NULL;
		}
		update->pairs = more;
		update->room = room;
	}
	update->pairs[update->count] = (struct pair){ 0 };
	return &update->pairs[update->count++];
}

static int
out_of_memory(struct err *err)
{
	return err_set(err, ERR_RETRY, "out of memory for the records under one number");
}

/* Yesterday's values under today's field numbers. A field that is gone takes its values with it. */
static int
remap_values(struct update *update, struct text *values, struct err *err)
{
	struct buffer out;
	int result = 0;

	buffer_init(&out, SORTED_ENTRY_MAX);
	if (values_remap(*values, update->in->remap, update->in->remap_count, update->values, &out) != 0)
		result = err_set(err, ERR_INPUT, "a record in the state does not hold together");
	else {
		*values = arena_text(&update->arena, buffer_as_text(&out));
		if (values->at == NULL || buffer_failed(&out))
			result = out_of_memory(err);
	}
	buffer_fini(&out);
	return result;
}

/* ---- students ---- */

static int
members_room(struct update *update, size_t count, struct err *err)
{
	if (count <= update->member_room)
		return 0;
	free(update->members);
	free(update->old_members);
	free(update->since);
	free(update->old_since);
	update->members = calloc(count, sizeof(*update->members));
	update->old_members = calloc(count, sizeof(*update->old_members));
	update->since = calloc(count, sizeof(*update->since));
	update->old_since = calloc(count, sizeof(*update->old_since));
	update->member_room = count;
	if (update->members == NULL || update->old_members == NULL || update->since == NULL
	    || update->old_since == NULL) {
		update->member_room = 0;
		return out_of_memory(err);
	}
	return 0;
}

static struct merge_member
member_of(const struct update *update, const struct link *link, struct text values)
{
	return (struct merge_member){
		.id = link->id,
		.source = update->in->sources[link->source],
		.source_no = link->source,
		.presence = (enum presence)link->presence,
		.updated_at = link->updated_at,
		.changed = link->changed,
		.file = link->file,
		.row = link->row,
		.sheet = link->sheet,
		.values = values,
	};
}

static bool
same_student(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, STUDENT_ID_BYTES) == 0;
}

/* Two rows of one source for one student under different record ids: say so of all but the first. */
static int
tell_duplicates(struct update *update, const uint8_t *id, struct pair *const *pairs, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct link *again = &pairs[i]->now;

		if ((again->flags & LINK_TODAY) == 0 || !same_student(again->student, id))
			continue; /* not delivered, or his only yesterday */
		for (size_t j = 0; j < i; j++) {
			const struct link *first = &pairs[j]->now;

			if (first->source != again->source || (first->flags & LINK_TODAY) == 0
			    || !same_student(first->student, id))
				continue;
			if (update->events->duplicate(update->self,
				&(struct update_duplicate){ { again->file, again->sheet, again->row },
				    { first->file, first->sheet, first->row }, again->id, again->content },
				err)
			    != 0)
				return -1;
			break;
		}
	}
	return 0;
}

/* Is what the record says today, or that it says anything, news to yesterday? */
static bool
is_news(const struct update *update, const struct link *now)
{
	return (now->flags & LINK_TODAY) != 0 && ((now->flags & LINK_DIRTY) != 0 || now->since == update->in->today);
}

/*
 * One student: ${pairs} are all records that are his now or were his yesterday, in the order of ids.
 */
static int
emit_student(struct update *update, const uint8_t *id, struct pair *const *pairs, size_t count,
    struct update_totals *totals, struct err *err)
{
	struct merged now, before, undecided;
	struct standing stood = { 0 };
	struct stood stands;
	struct presence_case of = { .dataset = update->in->dataset, .today = update->in->today, .merged = &now };
	size_t members = 0, old_members = 0;
	struct update_student student = { .id = id };

	if (members_room(update, count, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct pair *pair = pairs[i];

		if (memcmp(pair->now.student, id, STUDENT_ID_BYTES) == 0) {
			update->since[members] = pair->now.since;
			update->members[members++] = member_of(update, &pair->now, pair->values);
			student.changed = student.changed || update->in->redo
			    || (pair->now.flags & (LINK_DIRTY | LINK_TOUCHED)) != 0
			    || !pins_same(update->in->pins, update->in->old_pins, pair->now.id);
			student.fresh = student.fresh || (pair->now.flags & LINK_NEW) != 0;
			of.news = of.news || is_news(update, &pair->now);
		}
		if (pair->had && memcmp(pair->before.student, id, STUDENT_ID_BYTES) == 0) {
			update->old_since[old_members] = pair->before.since;
			update->old_members[old_members++] = member_of(update, &pair->before, pair->old_values);
		}
	}
	if (members == 0) /* the id is no longer in use: link_run() has told */
		return 0;
	if (merge_run(update->merger, update->members, members, &now, err) != 0)
		return -1;
	of.undecided = &now;
	if (now.pin_count > 0) {
		if (merge_run(update->plain_merger, update->members, members, &undecided, err) != 0)
			return -1;
		of.undecided = &undecided;
	}
	of.members = update->members;
	of.count = members;
	memcpy(of.delivered.student, id, STUDENT_ID_BYTES);
	presence_delivered(update->members, members, update->since, &of.delivered);
	of.before = standings_find(update->in->standings, id);
	if (old_members > 0) {
		presence_delivered(update->old_members, old_members, update->old_since, &stood);
		of.delivered_before = &stood;
	}
	stands = presence_stand(&of);
	student.standing = &stands.shown;
	student.kept = presence_same(&stands.shown, &of.delivered) && presence_same(&stands.undecided, &of.delivered)
	    ? NULL
	    : &stands;
	student.stood = of.before != NULL ? &of.before->shown : of.delivered_before;
	if (student.stood != NULL && !presence_same(&stands.shown, student.stood))
		student.changed = true;
	if (student.changed && old_members > 0) {
		if (merge_run(update->old_merger, update->old_members, old_members, &before, err) != 0)
			return -1;
		student.before = &before;
	}
	student.now = &now;
	student.members = update->members;
	student.member_count = members;
	totals->students++;
	totals->students_changed += student.changed;
	if (count > 1 && tell_duplicates(update, id, pairs, count, err) != 0)
		return -1;
	return update->events->student(update->self, &student, err);
}

/* ---- one anchor ---- */

/* The bytes of a record put aside: [student id][struct aside][values][old values]. */
struct aside {
	uint8_t key[STUDENT_ID_BYTES];
	struct link now, before;
	uint32_t values_len, old_values_len;
	uint8_t had, zeros[7];
};

static int
put_aside(struct update *update, const struct pair *pair, const uint8_t *student, struct err *err)
{
	size_t len = sizeof(struct aside) + pair->values.len + pair->old_values.len;
	struct aside aside = {
		.now = pair->now,
		.before = pair->before,
		.values_len = (uint32_t)pair->values.len,
		.old_values_len = (uint32_t)pair->old_values.len,
		.had = pair->had,
	};
	char *room = runs_room(update->aside, len, err);

	if (room == NULL)
		return -1;
	memcpy(aside.key, student, STUDENT_ID_BYTES);
	memcpy(room, &aside, sizeof(aside));
	if (pair->values.len > 0)
		memcpy(room + sizeof(aside), pair->values.at, pair->values.len);
	if (pair->old_values.len > 0)
		memcpy(room + sizeof(aside) + pair->values.len, pair->old_values.at, pair->old_values.len);
	runs_put(update->aside, len);
	return 0;
}

/* The students of one anchor, in the order of their first records. */
static int
settle_students(struct update *update, struct update_totals *totals, struct err *err)
{
	struct pair *one = update->pairs, **list;
	int result = -1;

	if (update->count == 1 && (one->now.flags & LINK_ASIDE) == 0
	    && (!one->had || same_student(one->before.student, one->now.student)))
		return emit_student(update, one->now.student, &one, 1, totals, err);
	list = malloc(update->count * sizeof(*list));
	if (list == NULL)
		return out_of_memory(err);
	for (size_t i = 0; i < update->count; i++) {
		struct pair *pair = &update->pairs[i];
		const uint8_t *id = pair->now.student;
		size_t count = 0;
		bool done = false;

		if ((pair->now.flags & LINK_ASIDE) != 0) {
			if (put_aside(update, pair, id, err) != 0
			    || (pair->had && !same_student(pair->before.student, id)
				&& put_aside(update, pair, pair->before.student, err) != 0))
				goto done;
			continue;
		}
		for (size_t j = 0; j < i && !done; j++)
			done = same_student(update->pairs[j].now.student, id);
		if (done)
			continue;
		for (size_t j = 0; j < update->count; j++) {
			struct pair *other = &update->pairs[j];

			if (same_student(other->now.student, id)
			    || (other->had && same_student(other->before.student, id)))
				list[count++] = other;
		}
		if (emit_student(update, id, list, count, totals, err) != 0)
			goto done;
	}
	result = 0;
done:
	free(list);
	return result;
}

/* Write the values of ${pair} to the new master. */
static int
write_record(struct update *update, const struct pair *pair, struct sorted_packer *packer, struct err *err)
{
	buffer_clear(&update->entry);
	buffer_add(&update->entry, pair->now.id, RECORD_ID_BYTES);
	buffer_text(&update->entry, pair->values);
	if (buffer_failed(&update->entry))
		return out_of_memory(err);
	return sorted_pack(packer, update->entry.at, update->entry.len, err);
}

static int
origin_order(const void *a, const void *b)
{
	const struct checked *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->sheet != y->sheet)
		return x->sheet < y->sheet ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

/* Tell of all rows of the record at hand, in the order of where they stand. */
static int
tell_rows(struct update *update, const struct pair *pair, size_t count, struct err *err)
{
	const struct link *now = &pair->now;

	if (count > 1)
		qsort(update->rows, count, sizeof(*update->rows), origin_order);
	for (size_t i = 0; i < count; i++) {
		const struct checked *row = &update->rows[i];

		if (update->events->row(update->self, row, now->student, err) != 0)
			return -1;
		if (count > 1 && (row->file != now->file || row->sheet != now->sheet || row->row != now->row)
		    && update->events->duplicate(update->self,
			   &(struct update_duplicate){ { row->file, row->sheet, row->row },
			       { now->file, now->sheet, now->row }, row->id, row->content },
			   err)
			!= 0)
			return -1;
	}
	return 0;
}

static int
rows_room(struct update *update, size_t count, struct err *err)
{
	struct checked *more;

	if (count < update->row_room)
		return 0;
	more = realloc(update->rows, (count + 1) * 2 * sizeof(*more));
	if (more == NULL)
		return out_of_memory(err);
	update->rows = more;
	update->row_room = (count + 1) * 2;
	return 0;
}

/*
 * All rows of record ${pair} are taken from the runs; where link_run() took one for its values, they are kept. Under other
 * field numbers than yesterday's even values of the same bytes mean something else.
 */
static int
take_rows(struct update *update, struct inputs *in, struct pair *pair, size_t *count, struct err *err)
{
	const struct link *now = &pair->now;
	bool wanted = (now->flags & LINK_DIRTY) != 0 || update->in->remap != NULL;

	*count = in->same_count;
	while (in->have_row && memcmp(in->row.at, now->id, RECORD_ID_BYTES) == 0) {
		struct checked row;

		memcpy(&row, in->row.at, sizeof(row));
		if (rows_room(update, *count, err) != 0)
			return -1;
		update->rows[(*count)++] = row;
		if (wanted && row.file == now->file && row.sheet == now->sheet && row.row == now->row) {
			pair->values = arena_text(
			    &update->arena, (struct text){ in->row.at + sizeof(row), in->row.len - sizeof(row) });
			if (pair->values.at == NULL)
				return out_of_memory(err);
		}
		if ((in->have_row = runs_next(&in->rows, &in->row, err)) < 0)
			return -1;
	}
	if ((now->flags & LINK_DIRTY) != 0 && pair->values.at == NULL)
		return err_set(err, ERR_INPUT, "a link has neither a record nor a row");
	return 0;
}

/* The values of an entry of records.yc or changed.yc, under today's field numbers, become the old ones of ${pair}. */
static int
take_values(struct update *update, struct pair *pair, struct text entry, struct err *err)
{
	pair->old_values = arena_text(
	    &update->arena, (struct text){ entry.at + RECORD_ID_BYTES, entry.len - RECORD_ID_BYTES });
	if (pair->old_values.at == NULL)
		return out_of_memory(err);
	return update->in->remap != NULL ? remap_values(update, &pair->old_values, err) : 0;
}

/* What yesterday knew of the id at hand: its link, today's rows that are the same, and its values if they changed lately. */
static int
take_old(struct update *update, struct inputs *in, struct pair *pair, struct err *err)
{
	in->same_count = 0;
	if (!in->have_old || memcmp(in->old_link->id, pair->now.id, RECORD_ID_BYTES) != 0)
		return 0;
	pair->had = true;
	pair->before = *in->old_link;
	while (in->have_same && same_number((const uint8_t *)in->same_row.at) == links_number(&in->old_links)) {
		if (rows_room(update, in->same_count, err) != 0)
			return -1;
		update->rows[in->same_count++] = link_same_row(
		    in->old_link, (const struct same *)(const void *)in->same_row.at);
		if ((in->have_same = runs_next(&in->same, &in->same_row, err)) < 0)
			return -1;
	}
	if (in->have_change && memcmp(in->change.at, pair->now.id, RECORD_ID_BYTES) == 0) {
		pair->changed = true;
		if (take_values(update, pair, in->change, err) != 0
		    || (in->have_change = sorted_next(&in->changed, &in->change, err)) < 0)
			return -1;
	}
	return (in->have_old = links_next(&in->old_links, &in->old_link, err)) < 0 ? -1 : 0;
}

/* The values of all records at hand, before and after. */
static int
load_values(struct update *update, struct inputs *in, struct err *err)
{
	for (size_t i = 0; i < update->count; i++) {
		struct pair *pair = &update->pairs[i];

		if (pair->had && !pair->changed) {
			sorted_skip(&in->records, pair->now.id);
			while (in->have_record && memcmp(in->record.at, pair->now.id, RECORD_ID_BYTES) < 0)
				in->have_record = sorted_next(&in->records, &in->record, err);
			if (in->have_record < 0)
				return -1;
			if (!in->have_record || memcmp(in->record.at, pair->now.id, RECORD_ID_BYTES) != 0)
				return err_set(err, ERR_INPUT, "records and links of the state do not belong together");
			if (take_values(update, pair, in->record, err) != 0)
				return -1;
		}
		if (pair->values.at == NULL)
			pair->values = pair->old_values;
	}
	return 0;
}

/* Is it the record of a student who had left before this run? Asked only of those that did not come with it. */
static bool
had_left(const struct update *update, const struct pair *pair)
{
	const struct stood *stood;

	if (!pair->had || (pair->now.flags & LINK_TODAY) != 0)
		return false;
	stood = standings_find(update->in->standings, pair->before.student);
	return stood != NULL && stood->shown.presence == LEFT;
}

/* All records of one anchor are here. */
static int
settle_anchor(struct update *update, struct inputs *in, struct sorted_packer *packer, struct update_totals *totals,
    struct err *err)
{
	int result = -1;

	if (load_values(update, in, err) != 0)
		goto done;
	for (size_t i = 0; i < update->count; i++) {
		const struct pair *pair = &update->pairs[i];
		bool dirty = (pair->now.flags & LINK_DIRTY) != 0;

		if (update->events->record != NULL)
			update->events->record(update->self, &pair->now, pair->had ? &pair->before : NULL,
			    had_left(update, pair), pair->values, pair->old_values);
		if ((update->in->whole || dirty || pair->changed) && write_record(update, pair, packer, err) != 0)
			goto done;
		if ((pair->now.flags & LINK_REVIEW) != 0) {
			struct merge_member member = member_of(update, &pair->now, pair->values);

			if (update->events->review(update->self, &pair->now, &member, err) != 0)
				goto done;
		}
	}
	result = settle_students(update, totals, err);
done:
	update->count = 0;
	arena_reset(&update->arena);
	return result;
}

static int
inputs_open(struct update *update, struct inputs *in, const uint8_t *from, const uint8_t *to, struct err *err)
{
	const struct update_input *input = update->in;
	struct same first = { 0 }, last = { 0 };

	*in = (struct inputs){ .links = { .fd = -1 }, .old_links = { .fd = -1 } };
	if (runs_seek(&in->rows, input->runs, from, to, err) != 0
	    || (in->have_row = runs_next(&in->rows, &in->row, err)) < 0
	    || links_open(&in->links, input->links, from, to, err) != 0)
		return -1;
	if (input->records == NULL)
		return 0;
	sorted_seek(&in->records, input->records, from, to);
	if ((in->have_record = sorted_next(&in->records, &in->record, err)) < 0)
		return -1;
	if (input->changed != NULL) {
		sorted_seek(&in->changed, input->changed, from, to);
		if ((in->have_change = sorted_next(&in->changed, &in->change, err)) < 0)
			return -1;
	}
	if (links_open(&in->old_links, input->old_links, from, to, err) != 0
	    || (in->have_old = links_next(&in->old_links, &in->old_link, err)) < 0)
		return -1;
	if (in->have_old == 0)
		return 0;
	same_put(first.link, (uint32_t)links_number(&in->old_links));
	same_put(last.link, (uint32_t)in->old_links.end);
	if (runs_seek(&in->same, input->same, first.link, last.link, err) != 0
	    || (in->have_same = runs_next(&in->same, &in->same_row, err)) < 0)
		return -1;
	return 0;
}

static void
inputs_close(struct inputs *in)
{
	runs_cursor_fini(&in->rows);
	runs_cursor_fini(&in->same);
	sorted_cursor_fini(&in->records);
	sorted_cursor_fini(&in->changed);
	links_close(&in->links);
	links_close(&in->old_links);
}

int
update_unit(struct update *update, const uint8_t *from, const uint8_t *to, struct sorted_packer *packer,
    struct update_totals *totals, struct err *err)
{
	struct inputs in;
	int got, result = -1;

	update->count = 0;
	if (inputs_open(update, &in, from, to, err) != 0)
		goto done;
	while ((got = links_next(&in.links, &in.link, err)) == 1) {
		struct pair *pair;
		size_t rows;

		if (update->count > 0 && memcmp(update->pairs[0].now.id, in.link->id, 8) != 0
		    && settle_anchor(update, &in, packer, totals, err) != 0)
			goto done;
		if ((pair = pairs_add(update, err)) == NULL)
			goto done;
		pair->now = *in.link;
		if (take_old(update, &in, pair, err) != 0 || take_rows(update, &in, pair, &rows, err) != 0)
			goto done;
		if (!pair->had && (pair->now.flags & LINK_DIRTY) == 0) {
			err_set(err, ERR_INPUT, "a link has neither a record nor a row");
			goto done;
		}
		totals->records++;
		totals->records_new += !pair->had;
		totals->records_changed += pair->had && (pair->now.flags & LINK_DIRTY) != 0;
		if (tell_rows(update, pair, rows, err) != 0)
			goto done;
	}
	if (got < 0 || (update->count > 0 && settle_anchor(update, &in, packer, totals, err) != 0))
		goto done;
	if (in.have_row || in.have_old || in.have_change || in.have_same) {
		err_set(err, ERR_INPUT, "a row or record has no link");
		goto done;
	}
	result = sorted_pack_flush(packer, err);
done:
	update->count = 0;
	arena_reset(&update->arena);
	inputs_close(&in);
	return result;
}

/* ---- students with records under several numbers ---- */

static int
pair_order(const void *a, const void *b)
{
	const struct pair *const *x = a, *const *y = b;

	return memcmp((*x)->now.id, (*y)->now.id, RECORD_ID_BYTES);
}

/* The gathered pairs are all of one student. */
static int
settle_student(struct update *update, const uint8_t *id, struct update_totals *totals, struct err *err)
{
	struct pair **list = malloc(update->count * sizeof(*list));
	int result;

	if (list == NULL)
		return out_of_memory(err);
	for (size_t i = 0; i < update->count; i++)
		list[i] = &update->pairs[i];
	qsort(list, update->count, sizeof(*list), pair_order);
	result = emit_student(update, id, list, update->count, totals, err);
	free(list);
	return result;
}

int
update_aside(struct update *update, const struct runs *runs, const uint8_t *from, const uint8_t *to,
    struct update_totals *totals, struct err *err)
{
	struct runs_cursor cursor = { 0 };
	uint8_t id[STUDENT_ID_BYTES];
	struct text entry;
	int got, result = -1;

	update->count = 0;
	if (runs_seek(&cursor, runs, from, to, err) != 0)
		goto done;
	while ((got = runs_next(&cursor, &entry, err)) == 1) {
		struct aside aside;
		struct pair *pair;

		memcpy(&aside, entry.at, sizeof(aside));
		if (update->count > 0 && !same_student(id, aside.key)) {
			if (settle_student(update, id, totals, err) != 0)
				goto done;
			update->count = 0;
			arena_reset(&update->arena);
		}
		memcpy(id, aside.key, STUDENT_ID_BYTES);
		if ((pair = pairs_add(update, err)) == NULL)
			goto done;
		*pair = (struct pair){ .now = aside.now, .before = aside.before, .had = aside.had != 0 };
		pair->values = arena_text(&update->arena, (struct text){ entry.at + sizeof(aside), aside.values_len });
		pair->old_values = arena_text(
		    &update->arena, (struct text){ entry.at + sizeof(aside) + aside.values_len, aside.old_values_len });
		if (pair->values.at == NULL || pair->old_values.at == NULL) {
			out_of_memory(err);
			goto done;
		}
	}
	if (got < 0 || (update->count > 0 && settle_student(update, id, totals, err) != 0))
		goto done;
	result = 0;
done:
	update->count = 0;
	arena_reset(&update->arena);
	runs_cursor_fini(&cursor);
	return result;
}
