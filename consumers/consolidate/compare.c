/*
 * compare.c - see compare.h. Two open hash tables that double; a slot is empty while its ${used} is. That a field says
 * anything at all is counted for every value that there is, so beside them, by number, until all is told.
 */
#include "consumers/consolidate/compare.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/digest.h"

struct row_slot {
	struct compared_row row;
	bool used;
};
struct stock_slot {
	struct stock stock;
	bool used;
};

struct filled {
	int64_t change;
	uint64_t fresh;
};

struct comparison {
	const struct dataset *dataset;
	bool recount, failed;
	bool (*garbled)(struct text);
	struct arena arena;
	struct row_slot *rows;
	size_t row_size, row_count;
	struct stock_slot *stock;
	size_t stock_size, stock_count;
	struct filled *filled; /* ${filled_sources} times the dataset's fields */
	size_t filled_sources;
	struct compared_row *sorted_rows;
	struct stock *sorted_stock;
};

struct comparison *
comparison_new(const struct dataset *dataset, bool recount, bool (*garbled)(struct text))
{
	struct comparison *comparison = calloc(1, sizeof(*comparison));

	if (comparison == NULL)
		return NULL;
	comparison->dataset = dataset;
	comparison->recount = recount;
	comparison->garbled = garbled;
	arena_init(&comparison->arena, (size_t)256 << 20);
	comparison->row_size = comparison->stock_size = 1024;
	comparison->rows = calloc(comparison->row_size, sizeof(*comparison->rows));
	comparison->stock = calloc(comparison->stock_size, sizeof(*comparison->stock));
	if (comparison->rows == NULL || comparison->stock == NULL) {
		comparison_free(comparison);
		return NULL;
	}
	return comparison;
}

void
comparison_free(struct comparison *comparison)
{
	if (comparison == NULL)
		return;
	for (size_t i = 0; i < comparison->row_size && comparison->rows != NULL; i++)
		free(comparison->rows[i].row.examples);
	arena_fini(&comparison->arena);
	free(comparison->rows);
	free(comparison->stock);
	free(comparison->filled);
	free(comparison->sorted_rows);
	free(comparison->sorted_stock);
	free(comparison);
}

/* ---- the tables ---- */

static struct row_slot *
row_slot(struct row_slot *slots, size_t size, uint16_t source, uint16_t field, uint32_t school)
{
	uint64_t key = (uint64_t)source << 48 | (uint64_t)field << 32 | school;
	size_t at = (size_t)(key * 0x9E3779B97F4A7C15u >> 32) & (size - 1);

	while (slots[at].used
	    && (slots[at].row.source != source || slots[at].row.field != field || slots[at].row.school != school))
		at = (at + 1) & (size - 1);
	return &slots[at];
}

/* NULL when memory is short. */
static struct compared_row *
find_row(struct comparison *comparison, uint16_t source, uint16_t field, uint32_t school)
{
	struct row_slot *slot;

	if (comparison->row_count * 2 >= comparison->row_size) {
		size_t size = comparison->row_size * 2;
		struct row_slot *bigger = calloc(size, sizeof(*bigger));

		if (bigger == NULL) {
			comparison->failed = true;
			return NULL;
		}
		for (size_t i = 0; i < comparison->row_size; i++) {
			const struct compared_row *row = &comparison->rows[i].row;

			if (comparison->rows[i].used)
				*row_slot(bigger, size, row->source, row->field, row->school) = comparison->rows[i];
		}
		free(comparison->rows);
		comparison->rows = bigger;
		comparison->row_size = size;
	}
	slot = row_slot(comparison->rows, comparison->row_size, source, field, school);
	if (!slot->used) {
		slot->used = true;
		slot->row = (struct compared_row){ .source = source, .field = field, .school = school };
		comparison->row_count++;
	}
	return &slot->row;
}

static struct stock_slot *
stock_slot(struct stock_slot *slots, size_t size, uint16_t source, uint16_t field, uint64_t value)
{
	uint64_t key = value * 0x9E3779B97F4A7C15u ^ ((uint64_t)source << 16 | field) * 0xC2B2AE3D27D4EB4Fu;
	size_t at = (size_t)(key >> 32) & (size - 1);

	while (slots[at].used
	    && (slots[at].stock.source != source || slots[at].stock.field != field || slots[at].stock.value != value))
		at = (at + 1) & (size - 1);
	return &slots[at];
}

static void
add_stock(struct comparison *comparison, uint16_t source, uint16_t field, uint64_t value, int64_t change, uint64_t fresh)
{
	struct stock_slot *slot;

	if (comparison->stock_count * 2 >= comparison->stock_size) {
		size_t size = comparison->stock_size * 2;
		struct stock_slot *bigger = calloc(size, sizeof(*bigger));

		if (bigger == NULL) {
			comparison->failed = true;
			return;
		}
		for (size_t i = 0; i < comparison->stock_size; i++) {
			const struct stock *stock = &comparison->stock[i].stock;

			if (comparison->stock[i].used)
				*stock_slot(
				    bigger, size, stock->source, stock->field, stock->value) = comparison->stock[i];
		}
		free(comparison->stock);
		comparison->stock = bigger;
		comparison->stock_size = size;
	}
	slot = stock_slot(comparison->stock, comparison->stock_size, source, field, value);
	if (!slot->used) {
		slot->used = true;
		slot->stock = (struct stock){ .source = source, .field = field, .value = value };
		comparison->stock_count++;
	}
	slot->stock.change += change;
	slot->stock.fresh += fresh;
}

/* The counts of ${source}'s fields; NULL when memory is short. */
static struct filled *
filled_of(struct comparison *comparison, uint16_t source)
{
	size_t fields = comparison->dataset->field_count;

	if (source >= comparison->filled_sources) {
		size_t sources = (size_t)source + 8;
		struct filled *more = realloc(comparison->filled, sources * fields * sizeof(*more));

		if (more == NULL) {
			comparison->failed = true;
			return NULL;
		}
		memset(more + comparison->filled_sources * fields, 0,
		    (sources - comparison->filled_sources) * fields * sizeof(*more));
		comparison->filled = more;
		comparison->filled_sources = sources;
	}
	return comparison->filled + source * fields;
}

/* What was counted beside goes into the table. */
static void
tell_filled(struct comparison *comparison)
{
	size_t fields = comparison->dataset->field_count;

	for (size_t i = 0; i < comparison->filled_sources * fields; i++) {
		struct filled *filled = &comparison->filled[i];

		if (filled->change != 0 || filled->fresh != 0)
			add_stock(comparison, (uint16_t)(i / fields), (uint16_t)(i % fields), STOCK_FILLED,
			    filled->change, filled->fresh);
		*filled = (struct filled){ 0 };
	}
}

/* ---- examples ---- */

static int
example_order(const void *a, const void *b)
{
	const struct example *x = a, *y = b;
	int order = memcmp(x->id, y->id, RECORD_ID_BYTES);

	if (order != 0)
		return order;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	return (x->what > y->what) - (x->what < y->what);
}

/* Keep ${example} when it is among the first, in order. */
static void
add_example(struct comparison *comparison, struct compared_row *row, const struct example *example)
{
	uint32_t at = row->example_count;

	while (at > 0 && example_order(example, &row->examples[at - 1]) < 0)
		at--;
	if (at == EXAMPLES_MAX)
		return;
	if ((row->example_count & (row->example_count - 1)) == 0 && row->example_count < EXAMPLES_MAX) {
		size_t room = row->example_count == 0 ? 1 : (size_t)row->example_count * 2;
		struct example *more = realloc(row->examples, room * sizeof(*more));

		if (more == NULL) {
			comparison->failed = true;
			return;
		}
		row->examples = more;
	}
	if (row->example_count < EXAMPLES_MAX)
		row->example_count++;
	memmove(&row->examples[at + 1], &row->examples[at], (row->example_count - 1 - at) * sizeof(*example));
	row->examples[at] = *example;
}

/* ---- one record ---- */

uint64_t
stock_value(struct text value)
{
	uint64_t packed = 0;

	if (value.len > sizeof(packed))
		return hash64(value.at, value.len, 0) & ~(uint64_t)0xFF; /* no text of eight bytes has a NUL */
	for (size_t i = 0; i < value.len; i++)
		packed |= (uint64_t)(unsigned char)value.at[i] << (8 * i);
	return packed;
}

/* Of these fields it is counted which values they have: few are possible. Of a student number, its letter. */
static bool
stock_of(const struct field *field, const struct value *value, uint64_t *stock)
{
	if (field->codes == NULL && field->type != FIELD_STUDENT_NO)
		return false;
	*stock = value->invalid    ? STOCK_INVALID
	    : field->codes != NULL ? stock_value(value->text)
				   : stock_value((struct text){ value->text.at, value->text.len > 0 });
	return true;
}

static void
stock_record(struct comparison *comparison, const struct link *link, struct text values, int64_t change, uint64_t fresh)
{
	struct value_cursor cursor = { .bytes = values };
	struct filled *filled = filled_of(comparison, link->source);
	struct value value;
	uint64_t stock;

	add_stock(comparison, link->source, FIELD_NONE, STOCK_KIND + (uint64_t)link->kind, change, fresh);
	while (filled != NULL && values_next(&cursor, &value) == 1 && value.field < comparison->dataset->field_count) {
		filled[value.field].change += change;
		filled[value.field].fresh += fresh;
		if (stock_of(&comparison->dataset->fields[value.field], &value, &stock))
			add_stock(comparison, link->source, value.field, stock, change, fresh);
	}
}

static bool
is_here(const struct link *link)
{
	return link->presence != ABSENT;
}

/* What one value of a record has become. */
static void
note_value(struct comparison *comparison, const struct link *now, uint16_t field, enum compared what, bool *told)
{
	struct compared_row *row = find_row(comparison, now->source, field, now->school);
	struct example example = {
		.file = now->file, .row = now->row, .school = now->school, .sheet = now->sheet, .field = field, .what = what
	};

	memcpy(example.id, now->id, RECORD_ID_BYTES);
	if (row != NULL)
		row->counts[what]++;
	if ((row = find_row(comparison, now->source, field, 0)) != NULL)
		add_example(comparison, row, &example);
	/* of the record only the first, and a value that is gone before one that is another */
	if (!*told && (row = find_row(comparison, now->source, FIELD_NONE, now->school)) != NULL)
		add_example(comparison, row, &example);
	*told = true;
}

static void
compare_values(struct comparison *comparison, const struct link *now, struct text values, struct text old_values)
{
	bool told = false;

	for (int round = 0; round < 2; round++) {
		struct value_cursor cursors[2] = { { .bytes = values }, { .bytes = old_values } };
		struct value is = { 0 }, was = { 0 };
		bool has = values_next(&cursors[0], &is) == 1, had = values_next(&cursors[1], &was) == 1;

		while (had) {
			if (has && is.field < was.field) {
				has = values_next(&cursors[0], &is) == 1;
				continue;
			}
			if (was.field >= comparison->dataset->field_count)
				break;
			if (!has || is.field != was.field) {
				if (round == 0)
					note_value(comparison, now, was.field, COMPARED_EMPTIED, &told);
			} else if (round == 1 && !text_eq(is.text, was.text))
				note_value(comparison, now, was.field, COMPARED_CHANGED, &told);
			had = values_next(&cursors[1], &was) == 1;
		}
	}
}

/* The school of ${row} is called as a record with a smaller id than before calls it. */
static void
name_school(
    struct comparison *comparison, struct compared_row *row, const uint8_t *id, struct text code, struct text name)
{
	if (code.len + name.len == 0
	    || (row->code.len + row->name.len > 0 && memcmp(id, row->named, RECORD_ID_BYTES) >= 0))
		return;
	row->code = arena_text(&comparison->arena, code);
	row->name = arena_text(&comparison->arena, name);
	memcpy(row->named, id, RECORD_ID_BYTES);
}

static struct compared_row *
school_row(struct comparison *comparison, const struct link *link, struct text values)
{
	const struct roles *roles = &comparison->dataset->roles;
	struct compared_row *row = find_row(comparison, link->source, FIELD_NONE, link->school);

	/* a process meets the records in the order of their ids, so this is done once, mostly */
	if (row != NULL && link->school != 0
	    && (row->code.len + row->name.len == 0 || memcmp(link->id, row->named, RECORD_ID_BYTES) < 0))
		name_school(comparison, row, link->id,
		    roles->school_code != FIELD_NONE ? values_get(values, roles->school_code) : TEXT(""),
		    roles->school_name != FIELD_NONE ? values_get(values, roles->school_name) : TEXT(""));
	return row;
}

void
compare_record(struct comparison *comparison, const struct link *now, const struct link *before, bool left,
    struct text values, struct text old_values)
{
	bool had = before != NULL && is_here(before), has = is_here(now);
	bool changed = before != NULL && (now->flags & LINK_DIRTY) != 0;
	const struct link *place = before != NULL ? before : now; /* whose school it is counted with */
	struct compared_row *row = school_row(comparison, place, before != NULL ? old_values : values);
	struct example example = {
		.file = now->file, .row = now->row, .school = place->school, .sheet = now->sheet, .field = FIELD_NONE
	};
	bool fresh = before == NULL || changed;

	if (row == NULL)
		return;
	if (comparison->recount && has)
		stock_record(comparison, now, values, 1, fresh);
	else if (had != has || changed) {
		if (had)
			stock_record(comparison, before, old_values, -1, 0);
		if (has)
			stock_record(comparison, now, values, 1, fresh);
	}
	row->counts[COMPARED_BEFORE] += had && !left;
	row->counts[COMPARED_HERE] += had && (now->flags & LINK_TODAY) != 0;
	row->counts[COMPARED_NEW] += before == NULL;
	row->counts[COMPARED_CHANGED] += had && changed;
	memcpy(example.id, now->id, RECORD_ID_BYTES);
	if (had && !left && now->presence != before->presence && (now->presence == ABSENT || now->presence == STALE)) {
		example.what = now->presence == ABSENT ? COMPARED_ABSENT : COMPARED_STALE;
		row->counts[example.what]++;
		add_example(comparison, row, &example);
	}
	/* a first night is not compared, and has nothing but new records */
	if (fresh && !comparison->recount && comparison->garbled != NULL && comparison->dataset->roles.name != FIELD_NONE
	    && comparison->garbled(values_get(values, comparison->dataset->roles.name)))
		row->counts[COMPARED_GARBLED]++;
	if (before == NULL) {
		example.what = COMPARED_NEW;
		if (!comparison->recount)
			add_example(comparison, row, &example);
	} else if (had && changed) {
		struct link told = *now;

		told.school = place->school; /* ${row} may move while values are noted */
		compare_values(comparison, &told, values, old_values);
	}
}

void
compare_student(struct comparison *comparison, uint16_t source, bool linked)
{
	add_stock(comparison, source, FIELD_NONE, STOCK_STUDENTS, 1, 0);
	if (linked)
		add_stock(comparison, source, FIELD_NONE, STOCK_LINKED, 1, 0);
}

/* ---- from process to process ---- */

void
comparison_write(struct comparison *comparison, struct buffer *out)
{
	uint64_t counts[2];

	tell_filled(comparison);
	counts[0] = comparison->row_count;
	counts[1] = comparison->stock_count;
	buffer_add(out, counts, sizeof(counts));
	for (size_t i = 0; i < comparison->row_size; i++) {
		const struct compared_row *row = &comparison->rows[i].row;

		if (!comparison->rows[i].used)
			continue;
		buffer_add(out, row, sizeof(*row));
		buffer_text(out, row->code);
		buffer_text(out, row->name);
		buffer_add(out, row->examples, row->example_count * sizeof(*row->examples));
	}
	for (size_t i = 0; i < comparison->stock_size; i++) {
		if (comparison->stock[i].used)
			buffer_add(out, &comparison->stock[i].stock, sizeof(struct stock));
	}
	out->failed = out->failed || comparison->failed;
}

int
comparison_read(struct comparison *comparison, struct text bytes)
{
	uint64_t counts[2];
	size_t at = sizeof(counts);

	if (bytes.len < sizeof(counts))
		return -1;
	memcpy(counts, bytes.at, sizeof(counts));
	for (uint64_t i = 0; i < counts[0]; i++) {
		struct compared_row theirs, *row;

		if (bytes.len - at < sizeof(theirs))
			return -1;
		memcpy(&theirs, bytes.at + at, sizeof(theirs));
		at += sizeof(theirs);
		if (theirs.code.len > bytes.len - at || theirs.name.len > bytes.len - at - theirs.code.len
		    || theirs.example_count > EXAMPLES_MAX
		    || theirs.example_count * sizeof(struct example) > bytes.len - at - theirs.code.len - theirs.name.len)
			return -1;
		row = find_row(comparison, theirs.source, theirs.field, theirs.school);
		if (row == NULL)
			return -1;
		for (size_t k = 0; k < COMPARED_COUNTS; k++)
			row->counts[k] += theirs.counts[k];
		theirs.code.at = bytes.at + at;
		theirs.name.at = bytes.at + at + theirs.code.len;
		name_school(comparison, row, theirs.named, theirs.code, theirs.name);
		at += theirs.code.len + theirs.name.len;
		for (uint32_t k = 0; k < theirs.example_count; k++) {
			struct example example;

			memcpy(&example, bytes.at + at, sizeof(example));
			at += sizeof(example);
			add_example(comparison, row, &example);
		}
	}
	for (uint64_t i = 0; i < counts[1]; i++) {
		struct stock stock;

		if (bytes.len - at < sizeof(stock))
			return -1;
		memcpy(&stock, bytes.at + at, sizeof(stock));
		at += sizeof(stock);
		add_stock(comparison, stock.source, stock.field, stock.value, stock.change, stock.fresh);
	}
	return comparison->failed ? -1 : 0;
}

static int
row_order(const void *a, const void *b)
{
	const struct compared_row *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	return (x->school > y->school) - (x->school < y->school);
}

static int
stock_order(const void *a, const void *b)
{
	const struct stock *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	return (x->value > y->value) - (x->value < y->value);
}

int
comparison_sorted(struct comparison *comparison, const struct compared_row **rows, size_t *row_count,
    const struct stock **stock, size_t *stock_count)
{
	size_t n = 0, m = 0;

	tell_filled(comparison);
	comparison->sorted_rows = calloc(comparison->row_count + 1, sizeof(**rows));
	comparison->sorted_stock = calloc(comparison->stock_count + 1, sizeof(**stock));
	if (comparison->failed || comparison->sorted_rows == NULL || comparison->sorted_stock == NULL)
		return -1;
	for (size_t i = 0; i < comparison->row_size; i++) {
		if (comparison->rows[i].used)
			comparison->sorted_rows[n++] = comparison->rows[i].row;
	}
	for (size_t i = 0; i < comparison->stock_size; i++) {
		if (comparison->stock[i].used)
			comparison->sorted_stock[m++] = comparison->stock[i].stock;
	}
	qsort(comparison->sorted_rows, n, sizeof(**rows), row_order);
	qsort(comparison->sorted_stock, m, sizeof(**stock), stock_order);
	*rows = comparison->sorted_rows;
	*row_count = n;
	*stock = comparison->sorted_stock;
	*stock_count = m;
	return 0;
}
