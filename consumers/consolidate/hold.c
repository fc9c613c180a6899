/*
 * hold.c - see hold.h.
 */
#include "consumers/consolidate/hold.h"

#include <stdlib.h>

#define WHOLE 50 /* per cent of a school's records from which on it is said that the school did not come */

const char *
hold_kind_name(enum hold_kind kind)
{
	static const char *const names[HOLD_FINDINGS] = { "refused", "school", "column", "number", "garbled", "absent",
		"changed", "key", "emptied", "new", "rejected", "code", "kinds", "linked" };

	return names[kind];
}

const char *
hold_cause_name(enum hold_cause cause)
{
	static const char *const names[] = { "", "renamed", "gone", "file", "encoding", "export", "unusable" };

	return names[cause];
}

/* ---- limits ---- */

static const char *
read_number(const char *at, uint64_t *number)
{
	size_t digits = strspn(at, "0123456789");

	return digits <= 9 && text_to_u64((struct text){ at, digits }, number) ? at + digits : NULL;
}

int
hold_limit(const char *setting, unsigned month, uint64_t *limit)
{
	const char *at = read_number(setting, limit);

	while (at != NULL && *at == ',') {
		uint64_t from, to, value;

		at = read_number(at + 1, &from);
		to = at != NULL ? from : 0;
		if (at != NULL && *at == '-')
			at = read_number(at + 1, &to);
		if (at == NULL || *at != ':' || from < 1 || from > 12 || to < from || to > 12
		    || (at = read_number(at + 1, &value)) == NULL)
			return -1;
		if (month >= from && month <= to)
			*limit = value;
	}
	return at != NULL && *at == '\0' ? 0 : -1;
}

/* ---- findings ---- */

/* Sums of what one source, or one field of it, has in all its schools. */
struct judge {
	const struct hold_input *in;
	struct hold_findings *out;
	struct err *err;
	bool failed;
};

static struct hold_finding *
add(struct judge *judge, enum hold_kind kind, uint16_t source, uint16_t field)
{
	struct hold_findings *out = judge->out;

	if (out->count == out->room) {
		size_t room = out->room * 2 + 16;
		struct hold_finding *more = realloc(out->at, room * sizeof(*more));

		if (more == NULL) {
			judge->failed = true;
			return NULL;
		}
		out->at = more;
		out->room = room;
	}
	out->at[out->count] = (struct hold_finding){ .kind = kind, .source = source, .field = field };
	return &out->at[out->count++];
}

/* How many persons are too many for a finding of ${kind}. */
static uint64_t
persons_of(const struct hold_limits *limits, enum hold_kind kind)
{
	return kind == HOLD_KEY || kind == HOLD_NUMBER || kind == HOLD_GARBLED || kind == HOLD_REJECTED
	    ? limits->keys
	    : limits->persons;
}

/* Is ${count} of ${of} more than ${limit} per cent, or more than so many persons? Of a source numbers say nothing, unless it is small. */
static bool
is_over(const struct hold_limits *limits, enum hold_kind kind, uint64_t count, uint64_t of, uint64_t limit, bool school,
    bool *persons)
{
	uint64_t most = persons_of(limits, kind);

	*persons = false;
	if (limit >= 100 || count < limits->few || count == 0)
		return false;
	if (of >= limits->small && count * 100 > of * limit)
		return true;
	*persons = most != 0 && count > most && (school || of < limits->small);
	return *persons;
}

static bool
is_excepted(const struct hold_input *in, uint32_t school)
{
	for (size_t i = 0; i < in->except_count; i++) {
		if (in->except[i] == school)
			return true;
	}
	return false;
}

static const struct compared_row *
school_of(const struct hold_input *in, uint16_t source, uint32_t school)
{
	size_t low = 0, high = in->row_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct compared_row *row = &in->rows[middle];
		bool before = row->source != source ? row->source < source
		    : row->field != FIELD_NONE      ? true
						    : row->school < school;

		if (before)
			low = middle + 1;
		else
			high = middle;
	}
	return low < in->row_count && in->rows[low].source == source && in->rows[low].field == FIELD_NONE
		&& in->rows[low].school == school
	    ? &in->rows[low]
	    : NULL;
}

static void
name_school(struct judge *judge, struct hold_finding *finding, uint32_t school)
{
	const struct compared_row *row = school_of(judge->in, finding->source, school);

	finding->school = school;
	if (row == NULL)
		return;
	finding->code = row->code;
	finding->name = row->name;
}

/* A field that tells who somebody is. */
static bool
is_key(const struct roles *roles, uint16_t field)
{
	return field == roles->name || field == roles->sex || field == roles->birth_date || field == roles->id_no
	    || field == roles->student_no;
}

static uint64_t
usual_before(const struct judge *judge, uint16_t source, uint16_t field, uint64_t value)
{
	const struct usual *usual = usual_find(judge->in->usual, source, field, value);

	return usual != NULL ? usual->before : 0;
}

static uint64_t
usual_now(const struct judge *judge, uint16_t source, uint16_t field, uint64_t value)
{
	const struct usual *usual = usual_find(judge->in->usual, source, field, value);

	return usual != NULL ? usual->now : 0;
}

/* ---- records ---- */

/* What there is to say of the records of a school (${school}) or of a whole source. */
static void
judge_records(struct judge *judge, uint16_t source, const uint64_t *counts, uint32_t school, bool is_school)
{
	const struct hold_limits *limits = &judge->in->limits;
	bool full = judge->in->sources[source]->full;
	struct {
		enum hold_kind kind;
		uint64_t count, of, limit;
		bool judged;
	} all[] = {
		{ HOLD_ABSENT, counts[COMPARED_ABSENT], counts[COMPARED_BEFORE], limits->absent, full },
		{ HOLD_CHANGED, counts[COMPARED_CHANGED], counts[COMPARED_HERE], limits->changed, true },
		{ HOLD_FRESH, counts[COMPARED_NEW], counts[COMPARED_BEFORE], limits->fresh,
		    full && counts[COMPARED_BEFORE] > 0 },
		{ HOLD_GARBLED, counts[COMPARED_GARBLED], counts[COMPARED_HERE] + counts[COMPARED_NEW], limits->key,
		    true },
	};

	if (is_school && school != 0 && limits->few > 0 && full && counts[COMPARED_STALE] >= limits->few
	    && counts[COMPARED_STALE] * 100 >= counts[COMPARED_BEFORE] * WHOLE) {
		struct hold_finding *finding = add(judge, HOLD_SCHOOL, source, FIELD_NONE);

		if (finding == NULL)
			return;
		finding->count = counts[COMPARED_STALE];
		finding->of = counts[COMPARED_BEFORE];
		finding->cause = HOLD_CAUSE_FILE;
		name_school(judge, finding, school);
	}
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct hold_finding *finding;
		bool persons;

		/* so many new or changed ones are nothing by themselves: only a share is */
		if (!all[i].judged
		    || !is_over(limits, all[i].kind, all[i].count, all[i].of, all[i].limit, is_school, &persons)
		    || (persons && (all[i].kind == HOLD_CHANGED || all[i].kind == HOLD_FRESH)))
			continue;
		finding = add(judge, all[i].kind, source, FIELD_NONE);
		if (finding == NULL)
			return;
		finding->count = all[i].count;
		finding->of = all[i].of;
		finding->persons = persons;
		finding->limit = persons ? persons_of(limits, finding->kind) : all[i].limit;
		if (all[i].kind == HOLD_GARBLED || counts[COMPARED_GARBLED] * 2 > counts[COMPARED_NEW])
			finding->cause = counts[COMPARED_GARBLED] > 0 ? HOLD_CAUSE_ENCODING : HOLD_CAUSE_NONE;
		if (is_school)
			name_school(judge, finding, school);
	}
}

/* ---- fields ---- */

/* How alike two headers are: characters of the shorter that the longer has, in per cent of the longer's. */
static unsigned
likeness(struct text a, struct text b)
{
	struct text shorter = a.len <= b.len ? a : b, longer = a.len <= b.len ? b : a;
	size_t shared = 0, length = text_length(longer);

	for (size_t pos = 0; pos < shorter.len;) {
		size_t begin = pos;

		text_next(shorter, &pos);
		shared += text_find(longer, (struct text){ shorter.at + begin, pos - begin }) != SIZE_MAX;
	}
	return length == 0 ? 0 : (unsigned)(shared * 100 / length);
}

/* The column of ${field} that is no more, and the unknown one that is most like it: the name it bears now, probably. */
static bool
column_cause(const struct judge *judge, uint16_t source, uint16_t field, struct hold_finding *finding)
{
	const struct hold_column *gone = NULL, *now = NULL;
	unsigned best = 0;

	for (size_t i = 0; i < judge->in->column_count; i++) {
		const struct hold_column *column = &judge->in->columns[i];

		if (column->source == source && column->field == field && column->was.len > 0 && column->is.len == 0
		    && (gone == NULL || column->files > gone->files))
			gone = column;
	}
	if (gone == NULL)
		return false;
	for (size_t i = 0; i < judge->in->column_count; i++) {
		const struct hold_column *column = &judge->in->columns[i];
		unsigned like;

		if (column->source != source || column->field != FIELD_NONE || column->is.len == 0)
			continue;
		like = likeness(gone->was, column->is);
		if (now == NULL || like > best) {
			now = column;
			best = like;
		}
	}
	finding->was = gone->was;
	finding->files = gone->files;
	finding->cause = HOLD_CAUSE_GONE;
	if (now != NULL) {
		finding->is = now->is;
		finding->files = now->files;
		finding->cause = HOLD_CAUSE_RENAMED;
	}
	return true;
}

/* A field of a school or of a source. ${of}: how many records could have lost or changed it. */
static void
judge_field(struct judge *judge, const struct compared_row *row, const uint64_t *counts, uint64_t of, bool is_school)
{
	const struct hold_limits *limits = &judge->in->limits;
	struct hold_finding cause = { 0 }, *finding;
	bool lost = column_cause(judge, row->source, row->field, &cause), persons;

	if (lost && !is_school && limits->few > 0 && counts[COMPARED_EMPTIED] >= limits->few) {
		finding = add(judge, HOLD_COLUMN, row->source, row->field);
		if (finding == NULL)
			return;
		finding->count = counts[COMPARED_EMPTIED];
		finding->of = of;
	} else if (!lost
	    && is_over(limits, HOLD_EMPTIED, counts[COMPARED_EMPTIED], of, limits->emptied, is_school, &persons)) {
		finding = add(judge, HOLD_EMPTIED, row->source, row->field);
		if (finding == NULL)
			return;
		finding->count = counts[COMPARED_EMPTIED];
		finding->of = of;
		finding->limit = persons ? persons_of(limits, finding->kind) : limits->emptied;
		finding->persons = persons;
	} else
		finding = NULL;
	if (finding != NULL) {
		finding->cause = cause.cause;
		finding->was = cause.was;
		finding->is = cause.is;
		finding->files = cause.files;
		if (is_school)
			name_school(judge, finding, row->school);
	}
	if (!is_key(&judge->in->dataset->roles, row->field)
	    || !is_over(limits, HOLD_KEY, counts[COMPARED_CHANGED], of, limits->key, is_school, &persons))
		return;
	finding = add(judge, HOLD_KEY, row->source, row->field);
	if (finding == NULL)
		return;
	finding->count = counts[COMPARED_CHANGED];
	finding->of = of;
	finding->limit = persons ? persons_of(limits, finding->kind) : limits->key;
	finding->persons = persons;
	if (is_school)
		name_school(judge, finding, row->school);
}

/* ---- what the source as a whole says ---- */

static const struct usual *
usual_of(const struct judge *judge, uint16_t source, size_t *count)
{
	const struct usual_list *list = judge->in->usual;
	size_t from = 0;

	while (from < list->count && list->at[from].source < source)
		from++;
	*count = 0;
	while (from + *count < list->count && list->at[from + *count].source == source)
		++*count;
	return list->at + from;
}

/* Codes that the source never used, and what is no code. */
static void
judge_codes(struct judge *judge, uint16_t source, uint16_t field, const struct usual *values, size_t count)
{
	const struct hold_limits *limits = &judge->in->limits;
	uint64_t filled = usual_now(judge, source, field, STOCK_FILLED), unseen = 0;
	struct hold_finding *finding;
	bool persons, ever = false;

	for (size_t i = 0; i < count; i++) {
		const struct usual *value = &values[i];
		bool invalid = value->value == STOCK_INVALID;

		if (value->value == STOCK_FILLED)
			continue;
		/* a value that was seen once has an entry, even of nobody */
		ever = ever || value->before > 0;
		if (invalid)
			unseen += value->now > value->before ? value->now - value->before : 0;
		else if (value->before == 0)
			unseen += value->now;
	}
	if (!ever || !is_over(limits, HOLD_CODE, unseen, filled, limits->code, false, &persons))
		return;
	finding = add(judge, HOLD_CODE, source, field);
	if (finding == NULL)
		return;
	finding->count = unseen;
	finding->of = filled;
	finding->limit = persons ? persons_of(limits, finding->kind) : limits->code;
	finding->persons = persons;
}

/*
 * Student numbers begin with G, or with J or L while they are only for the time being: these become G by and by, which is how it should be. A
 * list on which G has become J or L is another list.
 */
static void
judge_letters(struct judge *judge, uint16_t source, uint16_t field)
{
	static const struct text lasting = TEXT("G"), others[] = { TEXT("J"), TEXT("L") };
	const struct hold_limits *limits = &judge->in->limits;
	uint64_t before = usual_before(judge, source, field, stock_value(lasting));
	uint64_t now = usual_now(judge, source, field, stock_value(lasting));
	uint64_t lost = before > now ? before - now : 0;

	for (size_t to = 0; to < ARRAY_LEN(others); to++) {
		uint64_t was = usual_before(judge, source, field, stock_value(others[to]));
		uint64_t is = usual_now(judge, source, field, stock_value(others[to]));
		uint64_t gained = is > was ? is - was : 0, moved = lost < gained ? lost : gained;
		struct hold_finding *finding;
		bool persons;

		if (!is_over(limits, HOLD_NUMBER, moved, before, limits->key, false, &persons))
			continue;
		finding = add(judge, HOLD_NUMBER, source, field);
		if (finding == NULL)
			return;
		finding->count = moved;
		finding->of = before;
		finding->limit = persons ? persons_of(limits, finding->kind) : limits->key;
		finding->persons = persons;
		finding->cause = HOLD_CAUSE_EXPORT;
		finding->was = lasting;
		finding->is = others[to];
	}
}

/* A share that has fallen by more than ${limit} points: ${now} of ${all_now}, ${before} of ${all_before}. */
static void
judge_fall(struct judge *judge, enum hold_kind kind, uint16_t source, uint64_t before, uint64_t all_before,
    uint64_t now, uint64_t all_now, uint64_t limit)
{
	const struct hold_limits *limits = &judge->in->limits;
	uint64_t due = all_before == 0 ? 0 : before * all_now / all_before;
	struct hold_finding *finding;
	bool persons;

	if (due <= now || !is_over(limits, kind, due - now, all_now, limit, false, &persons))
		return;
	finding = add(judge, kind, source, FIELD_NONE);
	if (finding == NULL)
		return;
	finding->count = due - now;
	finding->of = all_now;
	finding->limit = persons ? persons_of(limits, finding->kind) : limit;
	finding->persons = persons;
}

static void
judge_source(struct judge *judge, uint16_t source)
{
	const struct hold_limits *limits = &judge->in->limits;
	const struct hold_delivery *delivery = &judge->in->deliveries[source];
	const struct dataset *dataset = judge->in->dataset;
	uint64_t kinds[2] = { 0 }, all[2] = { 0 };
	size_t count;
	const struct usual *usual = usual_of(judge, source, &count);
	struct hold_finding *finding;

	for (size_t i = 0; i < count; i++) {
		bool number = usual[i].value >= STOCK_KIND + ANCHOR_NUMBER && usual[i].value < STOCK_KIND + ANCHOR_BIRTH;

		if (usual[i].field != FIELD_NONE || usual[i].value < STOCK_KIND)
			continue;
		all[0] += usual[i].before;
		all[1] += usual[i].now;
		kinds[0] += number ? usual[i].before : 0;
		kinds[1] += number ? usual[i].now : 0;
	}
	if (limits->few > 0 && judge->in->sources[source]->full && delivery->refused > 0 && delivery->complete == 0
	    && all[0] >= limits->few) {
		if ((finding = add(judge, HOLD_REFUSED, source, FIELD_NONE)) == NULL)
			return;
		finding->count = delivery->refused;
		finding->of = delivery->refused;
		finding->files = delivery->refused;
		finding->cause = delivery->garbled ? HOLD_CAUSE_ENCODING : HOLD_CAUSE_UNUSABLE;
	}
	if (delivery->rows_before > 0) {
		size_t findings = judge->out->count;

		judge_fall(judge, HOLD_REJECTED, source, delivery->rows_before - delivery->rejected_before,
		    delivery->rows_before, delivery->rows - delivery->rejected, delivery->rows, limits->rejected);
		if (judge->out->count > findings && delivery->garbled)
			judge->out->at[findings].cause = HOLD_CAUSE_ENCODING;
	}
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && usual[end].field == usual[i].field;)
			end++;
		if (usual[i].field == FIELD_NONE)
			continue;
		if (dataset->fields[usual[i].field].codes != NULL)
			judge_codes(judge, source, usual[i].field, usual + i, end - i);
		else if (usual[i].field == dataset->roles.student_no)
			judge_letters(judge, source, usual[i].field);
	}
	judge_fall(judge, HOLD_KINDS, source, kinds[0], all[0], kinds[1], all[1], limits->linked);
	judge_fall(judge, HOLD_LINKED, source, usual_before(judge, source, FIELD_NONE, STOCK_LINKED),
	    usual_before(judge, source, FIELD_NONE, STOCK_STUDENTS), usual_now(judge, source, FIELD_NONE, STOCK_LINKED),
	    usual_now(judge, source, FIELD_NONE, STOCK_STUDENTS), limits->linked);
}

/* ---- examples ---- */

static bool
fits(const struct hold_finding *finding, const struct example *example)
{
	static const enum compared wanted[HOLD_FINDINGS] = { [HOLD_SCHOOL] = COMPARED_STALE,
		[HOLD_COLUMN] = COMPARED_EMPTIED,
		[HOLD_ABSENT] = COMPARED_ABSENT,
		[HOLD_CHANGED] = COMPARED_CHANGED,
		[HOLD_KEY] = COMPARED_CHANGED,
		[HOLD_EMPTIED] = COMPARED_EMPTIED,
		[HOLD_FRESH] = COMPARED_NEW,
		[HOLD_CODE] = COMPARED_CHANGED,
		[HOLD_NUMBER] = COMPARED_CHANGED,
		[HOLD_GARBLED] = COMPARED_NEW };
	enum compared what = wanted[finding->kind];

	if (finding->school != 0 && example->school != finding->school)
		return false;
	if (finding->field != FIELD_NONE && example->field != finding->field)
		return false;
	return what == example->what || (finding->kind == HOLD_CHANGED && example->what == COMPARED_EMPTIED);
}

static void
find_examples(const struct hold_input *in, struct hold_finding *finding)
{
	for (size_t i = 0; i < in->row_count && finding->example_count < EXAMPLES_MAX; i++) {
		const struct compared_row *row = &in->rows[i];

		if (row->source != finding->source || is_excepted(in, row->school)
		    || (row->field != FIELD_NONE && row->field != finding->field))
			continue;
		for (uint32_t k = 0; k < row->example_count && finding->example_count < EXAMPLES_MAX; k++) {
			const struct example *example = &row->examples[k];
			bool known = !fits(finding, example) || is_excepted(in, example->school);

			for (size_t n = 0; n < finding->example_count && !known; n++)
				known = memcmp(finding->examples[n].id, example->id, RECORD_ID_BYTES) == 0;
			if (!known)
				finding->examples[finding->example_count++] = *example;
		}
	}
}

static int
finding_order(const void *a, const void *b)
{
	const struct hold_finding *x = a, *y = b;
	int order;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	if ((order = text_compare(x->code, y->code)) != 0 || (order = text_compare(x->name, y->name)) != 0)
		return order;
	if (x->school != y->school)
		return x->school < y->school ? -1 : 1;
	return (x->of > y->of) - (x->of < y->of);
}

int
hold_judge(const struct hold_input *input, struct hold_findings *findings, struct err *err)
{
	struct judge judge = { .in = input, .out = findings, .err = err };

	*findings = (struct hold_findings){ 0 };
	for (size_t i = 0, end; i < input->row_count; i = end) {
		const struct compared_row *first = &input->rows[i];
		uint64_t sums[COMPARED_COUNTS] = { 0 }, filled;

		for (end = i; end < input->row_count && input->rows[end].source == first->source
		     && input->rows[end].field == first->field;
		     end++) {
			const struct compared_row *row = &input->rows[end], *school;

			if (is_excepted(input, row->school))
				continue;
			for (size_t k = 0; k < COMPARED_COUNTS; k++)
				sums[k] += row->counts[k];
			if (row->school == 0)
				continue;
			if (row->field == FIELD_NONE)
				judge_records(&judge, row->source, row->counts, row->school, true);
			else if ((school = school_of(input, row->source, row->school)) != NULL)
				judge_field(&judge, row, row->counts, school->counts[COMPARED_HERE], true);
		}
		if (first->field == FIELD_NONE) {
			judge_records(&judge, first->source, sums, 0, false);
			continue;
		}
		filled = usual_before(&judge, first->source, first->field, STOCK_FILLED);
		if (filled < sums[COMPARED_EMPTIED])
			filled = sums[COMPARED_EMPTIED];
		judge_field(&judge, first, sums, filled, false);
	}
	for (size_t source = 0; source < input->source_count && input->usual->known; source++)
		judge_source(&judge, (uint16_t)source);
	if (judge.failed) {
		hold_free(findings);
		return err_set(err, ERR_RETRY, "out of memory");
	}
	for (size_t i = 0; i < findings->count; i++)
		find_examples(input, &findings->at[i]);
	if (findings->count > 1)
		qsort(findings->at, findings->count, sizeof(*findings->at), finding_order);
	return 0;
}

void
hold_free(struct hold_findings *findings)
{
	free(findings->at);
	*findings = (struct hold_findings){ 0 };
}
