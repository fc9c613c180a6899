/*
 * registers.c - see registers.h.
 */
#include "consumers/registers/registers.h"

#include <stdlib.h>

#include "consumers/registers/alike.h"
#include "core/record/day.h"

static const char *const kind_names[REGISTER_KINDS] = { "inspections", "meetings", "documents", "activities" };

const char *
register_kind_name(enum register_kind kind)
{
	return kind_names[kind];
}

int
register_fields_find(struct register_fields *fields, const struct dataset *dataset, struct err *err)
{
	const struct {
		const char *name;
		uint16_t *number;
		bool needed;
	} parts[] = {
		{ "register_no", &fields->number, true },
		{ "register_kind", &fields->kind, true },
		{ "matter", &fields->matter, true },
		{ "unit", &fields->unit, true },
		{ "object", &fields->object, true },
		{ "date_from", &fields->from, true },
		{ "date_to", &fields->to, false },
		{ "register_year", &fields->year, false },
		{ "quarter", &fields->quarter, false },
		{ "basis", &fields->basis, false },
		{ "responsible", &fields->responsible, false },
		{ "people", &fields->people, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const struct field *field = dataset_field(dataset, text_from(parts[i].name));

		*parts[i].number = field == NULL ? FIELD_NONE : field->number;
		if (field == NULL && parts[i].needed)
			return err_set(err, ERR_STOP, "the dataset %.*s is no register: it has no field %s",
			    (int)dataset->name.len, dataset->name.at, parts[i].name);
	}
	return 0;
}

static struct text
value_of(const struct text *values, uint16_t field)
{
	return field == FIELD_NONE || values[field].at == NULL ? (struct text){ "", 0 } : values[field];
}

void
register_entry_read(struct register_entry *entry, const struct text *values, const struct register_fields *fields)
{
	struct text year = value_of(values, fields->year), quarter = value_of(values, fields->quarter);
	uint64_t number;
	struct date date;

	*entry = (struct register_entry){ .values = values, .kind = REGISTER_KINDS };
	if (text_to_u64(value_of(values, fields->kind), &number) && number >= 1 && number <= REGISTER_KINDS)
		entry->kind = (enum register_kind)(number - 1);
	if (day_parse(value_of(values, fields->from), &date)) {
		entry->year = date.year;
		entry->quarter = (unsigned)(date.month - 1) / 3 + 1;
		return;
	}
	if (year.len >= 4 && text_to_u64((struct text){ year.at, 4 }, &number) && number >= 1900 && number < 2200)
		entry->year = (int)number;
	if (text_to_u64(quarter, &number) && number >= 1 && number <= 4)
		entry->quarter = (unsigned)number;
}

/* ---- order ---- */

/* What compare_entries() looks into; entries are sorted by one process alone. */
struct keyed {
	struct register_entry entry;
	struct text from, number, matter;
};

static int
compare_entries(const void *a, const void *b)
{
	const struct keyed *left = a, *right = b;
	int order = (left->entry.kind > right->entry.kind) - (left->entry.kind < right->entry.kind);

	if (order == 0)
		order = (left->entry.year > right->entry.year) - (left->entry.year < right->entry.year);
	if (order == 0)
		order = (left->entry.quarter > right->entry.quarter) - (left->entry.quarter < right->entry.quarter);
	if (order == 0)
		order = text_compare(left->from, right->from);
	if (order == 0)
		order = text_compare(left->number, right->number);
	return order != 0 ? order : text_compare(left->matter, right->matter);
}

static int
put_in_order(struct register_entry *entries, size_t count, const struct register_fields *fields, struct arena *arena)
{
	struct keyed *keyed = arena_take(arena, (count + 1) * sizeof(*keyed));

	if (keyed == NULL)
		return -1;
	for (size_t i = 0; i < count; i++)
		keyed[i] = (struct keyed){ entries[i], value_of(entries[i].values, fields->from),
			value_of(entries[i].values, fields->number), value_of(entries[i].values, fields->matter) };
	if (count > 1)
		qsort(keyed, count, sizeof(*keyed), compare_entries);
	for (size_t i = 0; i < count; i++)
		entries[i] = keyed[i].entry;
	return 0;
}

/* ---- what may be merged ---- */

static size_t
first_of(size_t *with, size_t at)
{
	while (with[at] != at)
		at = with[at] = with[with[at]];
	return at;
}

static bool
may_merge(const struct register_entry *a, const struct register_entry *b, const struct register_fields *fields)
{
	return a->kind == b->kind && a->kind != REGISTER_KINDS && a->year == b->year && a->quarter == b->quarter
	    && a->quarter != 0 && alike_objects(value_of(a->values, fields->object), value_of(b->values, fields->object))
	    && alike_matters(value_of(a->values, fields->matter), value_of(b->values, fields->matter));
}

/* Those of one kind and quarter stand side by side. */
static int
find_groups(struct register_entry *entries, size_t count, const struct register_fields *fields, int year,
    struct arena *arena, size_t *groups)
{
	size_t *with = arena_take(arena, (count + 1) * sizeof(*with)),
	       *numbers = arena_take(arena, (count + 1) * sizeof(*numbers));

	if (with == NULL || numbers == NULL)
		return -1;
	for (size_t i = 0; i < count; i++)
		with[i] = i;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = i + 1; k < count && entries[i].year == year; k++) {
			size_t a, b;

			if (entries[k].kind != entries[i].kind || entries[k].year != year
			    || entries[k].quarter != entries[i].quarter)
				break;
			if (!may_merge(&entries[i], &entries[k], fields))
				continue;
			a = first_of(with, i);
			b = first_of(with, k);
			with[a < b ? b : a] = a < b ? a : b;
		}
	}
	*groups = 0;
	for (size_t i = 0; i < count; i++) {
		size_t first = first_of(with, i);

		if (first == i)
			continue;
		if (numbers[first] == 0)
			numbers[first] = entries[first].group = ++*groups;
		entries[i].group = numbers[first];
	}
	return 0;
}

int
registers_judge(struct register_entry *entries, size_t count, const struct register_fields *fields, int year,
    const unsigned cuts[REGISTER_KINDS], struct arena *arena, struct register_findings *findings, struct err *err)
{
	*findings = (struct register_findings){ 0 };
	if (put_in_order(entries, count, fields, arena) != 0
	    || find_groups(entries, count, fields, year, arena, &findings->groups) != 0)
		return err_set(err, ERR_RETRY, "out of memory for the registers");
	for (size_t i = 0; i < count; i++) {
		const struct register_entry *entry = &entries[i];

		if (entry->kind == REGISTER_KINDS || entry->year == 0 || (entry->year == year && entry->quarter == 0))
			findings->unclear++;
		if (entry->kind == REGISTER_KINDS)
			continue;
		findings->counts[entry->kind].now += entry->year == year;
		findings->counts[entry->kind].last += entry->year == year - 1;
	}
	for (int kind = 0; kind < REGISTER_KINDS; kind++) {
		struct register_count *of = &findings->counts[kind];

		of->cap = of->last == 0 ? SIZE_MAX : of->last * (cuts[kind] < 100 ? 100 - cuts[kind] : 0) / 100;
		of->over = of->now > of->cap;
		findings->flagged = findings->flagged || of->over;
	}
	findings->flagged = findings->flagged || findings->groups > 0 || findings->unclear > 0;
	return 0;
}
