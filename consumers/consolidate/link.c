/*
 * link.c - see link.h. gather.c makes today's records, pairs.c finds those that look alike, settle.c decides, student_ids.c
 * says under which id a student goes; here is what has to be settled together.
 */
#include "consumers/consolidate/link.h"

#include <stdlib.h>

#include "consumers/consolidate/gather.h"
#include "consumers/consolidate/settle.h"
#include "core/base/digest.h"
#include "core/base/search.h"
#include "core/record/id_check.h"

#define SETTLED_MAX 4096 /* neighbourhoods that may each have touched some pages of records */

const char *
case_kind_code(enum case_kind kind)
{
	static const char *const codes[CASE_KINDS] = { "ID_DUP", "ID_NAME_MISMATCH", "ID_INVALID", "NOID_DUP" };

	return codes[kind];
}

bool
checked_newer(const struct checked *a, const struct checked *b)
{
	if (a->version != b->version)
		return a->version > b->version;
	if (a->content != b->content)
		return a->content > b->content;
	if (a->file != b->file)
		return a->file > b->file;
	if (a->sheet != b->sheet)
		return a->sheet > b->sheet;
	return a->row > b->row;
}

enum mark {
	MARK_FIRST = 1,     /* of its anchor */
	MARK_SCATTERED = 2, /* its student had records under several numbers */
	MARK_ASIDE = 4,     /* settled together with records under other numbers */
};

struct linker {
	const struct link_input *in;
	struct link_result *out;
	struct gathering records;
	struct pairs pairs;
	struct settler settler;
	struct links_writer links;
	uint8_t *marks; /* by record: enum mark */
	/* records to be settled in neighbourhoods, by number, rising; and by place in that list: parent, then next in its tree */
	uint32_t *aside, *parent, *next;
	size_t aside_count;
};

static int
short_of_memory(const struct linker *linker, struct err *err)
{
	return err_set(err, ERR_RETRY, "out of memory for %zu records to be linked", linker->records.count);
}

/* ---- numbers that point elsewhere ---- */

/* A record's second number: the anchor where others with that number stand. */
struct cross {
	uint64_t target;
	uint32_t record;
};

struct crosses {
	struct cross *at;
	size_t count, room;
};

/* The 18 characters whose first 17 digits are ${number}. */
static void
number_write(uint64_t number, char out[18])
{
	for (int i = 16; i >= 0; i--) {
		out[i] = (char)('0' + number % 10);
		number /= 10;
	}
	out[17] = id_check_character(out);
}

static int
add_cross(struct linker *linker, struct crosses *crosses, uint64_t target, uint32_t record, struct err *err)
{
	if (crosses->count == crosses->room) {
		size_t room = crosses->room == 0 ? 1024 : crosses->room * 2;
		struct cross *more = realloc(crosses->at, room * sizeof(*more));

		if (more == NULL)
			return short_of_memory(linker, err);
		crosses->at = more;
		crosses->room = room;
	}
	crosses->at[crosses->count++] = (struct cross){ target, record };
	return 0;
}

/* The numbers of record ${i} that lie under another anchor than its own. A valid id number is always the anchor. */
static int
find_crosses(struct linker *linker, struct crosses *crosses, uint32_t i, struct err *err)
{
	const struct link *link = &linker->records.at[i].link;
	uint64_t own = members_anchor(link->id), target;
	char text[18];

	if (link->core != 0 && link->core != link->number) {
		number_write(link->core, text);
		target = anchor_of(ANCHOR_NUMBER, (struct text){ text, sizeof(text) }, linker->in->seed).hash;
		if (target != own && add_cross(linker, crosses, target, i, err) != 0)
			return -1;
	}
	if (link->student_no != 0 && link->student_no != own)
		return add_cross(linker, crosses, link->student_no, i, err);
	return 0;
}

static int
cross_order(const void *a, const void *b)
{
	const struct cross *x = a, *y = b;

	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	return (x->record > y->record) - (x->record < y->record);
}

/* ---- who is settled together ---- */

/* The first record whose id is not below ${id} (its first ${len} bytes). */
static size_t
first_from(const struct linker *linker, const uint8_t *id, size_t len)
{
	size_t low = 0, high = linker->records.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(linker->records.at[middle].link.id, id, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Put record ${i} aside, and with it all of its anchor. */
static void
put_aside(struct linker *linker, size_t i)
{
	uint8_t *marks = linker->marks;

	if ((marks[i] & MARK_ASIDE) != 0)
		return;
	while ((marks[i] & MARK_FIRST) == 0)
		i--;
	do
		marks[i] |= MARK_ASIDE;
	while (++i < linker->records.count && (marks[i] & MARK_FIRST) == 0);
}

/* The first record under an anchor; records.count when nobody stands there. */
static size_t
first_under(const struct linker *linker, uint64_t anchor)
{
	uint8_t id[8];
	size_t i;

	for (int k = 0; k < 8; k++)
		id[k] = (uint8_t)(anchor >> (56 - 8 * k));
	i = first_from(linker, id, sizeof(id));
	return i < linker->records.count && memcmp(linker->records.at[i].link.id, id, sizeof(id)) == 0
	    ? i
	    : linker->records.count;
}

static size_t
record_of(const struct linker *linker, const uint8_t *id)
{
	size_t i = first_from(linker, id, RECORD_ID_BYTES);

	return i < linker->records.count && memcmp(linker->records.at[i].link.id, id, RECORD_ID_BYTES) == 0
	    ? i
	    : linker->records.count;
}

static int
list_aside(struct linker *linker, const struct crosses *crosses, struct err *err)
{
	size_t count = linker->records.count, n = 0;

	for (size_t i = 0; i < crosses->count; i++) {
		size_t target = first_under(linker, crosses->at[i].target);

		put_aside(linker, crosses->at[i].record);
		if (target < count)
			put_aside(linker, target);
	}
	for (size_t i = 0; i < linker->pairs.count; i++) {
		put_aside(linker, linker->pairs.edges[i].a);
		put_aside(linker, linker->pairs.edges[i].b);
	}
	for (size_t i = 0; i < linker->in->decided_count; i++) {
		size_t a = record_of(linker, linker->in->decided[i].a), b = record_of(linker, linker->in->decided[i].b);

		if (a < count)
			put_aside(linker, a);
		if (b < count)
			put_aside(linker, b);
	}
	for (size_t i = 0; i < count;
	     i++) { /* whose student had records under several numbers is settled with all of them */
		if ((linker->marks[i] & MARK_SCATTERED) != 0)
			put_aside(linker, i);
	}
	for (size_t i = 0; i < count; i++)
		n += (linker->marks[i] & MARK_ASIDE) != 0;
	linker->aside = malloc((n + 1) * sizeof(*linker->aside));
	linker->parent = malloc((n + 1) * sizeof(*linker->parent));
	linker->next = malloc((n + 1) * sizeof(*linker->next));
	if (linker->aside == NULL || linker->parent == NULL || linker->next == NULL)
		return short_of_memory(linker, err);
	for (size_t i = 0; i < count; i++) {
		if ((linker->marks[i] & MARK_ASIDE) != 0) {
			linker->parent[linker->aside_count] = (uint32_t)linker->aside_count;
			linker->aside[linker->aside_count++] = (uint32_t)i;
		}
	}
	return 0;
}

static uint32_t
root(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i) {
		parent[i] = parent[parent[i]];
		i = parent[i];
	}
	return i;
}

/* Where record ${record}, which was put aside, stands in the list. */
static uint32_t
place_of(const struct linker *linker, uint32_t record)
{
	return (uint32_t)search_u32(linker->aside, linker->aside_count, record);
}

static void
tie(struct linker *linker, uint32_t a, uint32_t b)
{
	a = root(linker->parent, place_of(linker, a));
	b = root(linker->parent, place_of(linker, b));
	linker->parent[a < b ? b : a] = a < b ? a : b;
}

/* Those whose student had records under several numbers, by student. */
static int
tie_old_students(struct linker *linker, struct err *err)
{
	struct crosses had = { 0 };
	int result = -1;

	for (size_t i = 0; i < linker->aside_count; i++) {
		uint64_t student;

		if ((linker->marks[linker->aside[i]] & MARK_SCATTERED) == 0)
			continue;
		memcpy(&student, linker->records.at[linker->aside[i]].link.student, sizeof(student));
		if (add_cross(linker, &had, student, linker->aside[i], err) != 0)
			goto done;
	}
	if (had.count > 0)
		qsort(had.at, had.count, sizeof(*had.at), cross_order);
	for (size_t i = 1; i < had.count; i++) {
		if (had.at[i].target == had.at[i - 1].target)
			tie(linker, had.at[i - 1].record, had.at[i].record);
	}
	result = 0;
done:
	free(had.at);
	return result;
}

static int
tie_neighbours(struct linker *linker, const struct crosses *crosses, struct err *err)
{
	size_t count = linker->records.count;

	for (size_t i = 1; i < linker->aside_count; i++) {
		if ((linker->marks[linker->aside[i]] & MARK_FIRST) == 0)
			tie(linker, linker->aside[i - 1], linker->aside[i]);
	}
	for (size_t i = 0; i < crosses->count; i++) {
		size_t target = first_under(linker, crosses->at[i].target);

		if (target < count)
			tie(linker, crosses->at[i].record, (uint32_t)target);
		if (i > 0 && crosses->at[i].target == crosses->at[i - 1].target)
			tie(linker, crosses->at[i - 1].record, crosses->at[i].record);
	}
	for (size_t i = 0; i < linker->pairs.count; i++)
		tie(linker, linker->pairs.edges[i].a, linker->pairs.edges[i].b);
	for (size_t i = 0; i < linker->in->decided_count; i++) {
		size_t a = record_of(linker, linker->in->decided[i].a), b = record_of(linker, linker->in->decided[i].b);

		if (a < count && b < count)
			tie(linker, (uint32_t)a, (uint32_t)b);
	}
	return tie_old_students(linker, err);
}

/* ---- settling ---- */

static int
bring(struct linker *linker, uint32_t record, struct err *err)
{
	const struct gathered *from = &linker->records.at[record];
	struct member *member = members_add(&linker->settler.here, err);

	if (member == NULL)
		return -1;
	*member = (struct member){ .link = from->link, .old = from->old, .place = record };
	return 0;
}

/* What was settled goes back to the records. Scattered are those whose student has records under another anchor. */
static void
take_back(struct linker *linker)
{
	struct members *here = &linker->settler.here;

	for (uint32_t i = 0; i < here->count; i++) {
		struct member *first = &here->at[members_root(here, i)];

		if (memcmp(here->at[i].link.id, first->link.id, 8) != 0)
			first->link.flags |= LINK_SCATTERED;
	}
	for (uint32_t i = 0; i < here->count; i++) {
		struct member *member = &here->at[i];

		member->link.flags |= here->at[members_root(here, i)].link.flags & LINK_SCATTERED;
		linker->out->scattered += (member->link.flags & LINK_SCATTERED) != 0;
		linker->records.at[member->place].link = member->link;
	}
}

/* Neighbourhood by neighbourhood, in the order of their first records. */
static int
settle_neighbourhoods(struct linker *linker, struct err *err)
{
	uint32_t *last = malloc((linker->aside_count + 1) * sizeof(*last));
	size_t settled = 0;

	if (last == NULL)
		return short_of_memory(linker, err);
	for (uint32_t i = 0; i < linker->aside_count; i++) { /* a root stands before all others of its tree */
		uint32_t first = root(linker->parent, i);

		linker->next[i] = UINT32_MAX;
		if (first != i)
			linker->next[last[first]] = i;
		last[first] = i;
	}
	free(last);
	for (uint32_t i = 0; i < linker->aside_count; i++) {
		if (linker->parent[i] != i)
			continue;
		linker->settler.here.count = 0;
		for (uint32_t j = i; j != UINT32_MAX; j = linker->next[j]) {
			if (bring(linker, linker->aside[j], err) != 0)
				return -1;
		}
		if (settle_run(&linker->settler, err) != 0)
			return -1;
		take_back(linker);
		if (++settled % SETTLED_MAX == 0) {
			mapping_rest(&linker->records.mapping);
			mapping_rest(&linker->records.traits.mapping);
		}
	}
	mapping_rest(&linker->records.mapping);
	mapping_rest(&linker->records.traits.mapping);
	return 0;
}

/* All others, anchor by anchor; then the records of the anchor are written. */
static int
settle_anchors(struct linker *linker, struct err *err)
{
	struct gathered *at = linker->records.at;

	for (size_t i = 0, end; i < linker->records.count; i = end) {
		bool aside = (linker->marks[i] & MARK_ASIDE) != 0;

		for (end = i + 1; end < linker->records.count && (linker->marks[end] & MARK_FIRST) == 0;)
			end++;
		if (!aside) {
			linker->settler.here.count = 0;
			for (size_t j = i; j < end; j++) {
				if (bring(linker, (uint32_t)j, err) != 0)
					return -1;
			}
			if (settle_run(&linker->settler, err) != 0)
				return -1;
			for (size_t j = i; j < end; j++)
				at[j].link = linker->settler.here.at[j - i].link;
		}
		for (size_t j = i; j < end; j++) {
			if (aside)
				at[j].link.flags |= LINK_ASIDE;
			if (links_put(&linker->links, &at[j].link, err) != 0)
				return -1;
		}
		gathering_pass(&linker->records, i);
		traits_pass(&linker->records.traits, i);
	}
	return links_flush(&linker->links, err);
}

/* ---- all of it ---- */

/* One walk through all records: what finding pairs needs of them, which numbers point elsewhere, where anchors begin. */
static int
look_through(struct linker *linker, struct pair_side *sides, struct crosses *crosses, struct err *err)
{
	uint64_t before = 0;

	for (size_t i = 0; i < linker->records.count; i++) {
		const struct gathered *record = &linker->records.at[i];
		uint64_t anchor = members_anchor(record->link.id);

		linker->marks[i] = (uint8_t)(i == 0 || anchor != before ? MARK_FIRST : 0);
		if (record->old && (record->link.flags & LINK_SCATTERED) != 0)
			linker->marks[i] |= MARK_SCATTERED;
		before = anchor;
		sides[i] = pair_side_of(&record->link, linker->in->sources[record->link.source]);
		if (find_crosses(linker, crosses, (uint32_t)i, err) != 0)
			return -1;
		gathering_pass(&linker->records, i);
	}
	mapping_rest(&linker->records.mapping);
	if (crosses->count > 0)
		qsort(crosses->at, crosses->count, sizeof(*crosses->at), cross_order);
	return 0;
}

static int
find_pairs(struct linker *linker, struct crosses *crosses, struct err *err)
{
	size_t count = linker->records.count;
	struct pair_side *sides = calloc(count + 1, sizeof(*sides));
	int result = -1;

	linker->marks = calloc(count + 1, 1);
	if (sides == NULL || linker->marks == NULL) {
		(void)short_of_memory(linker, err);
		goto done;
	}
	if (look_through(linker, sides, crosses, err) != 0)
		goto done;
	result = linker->in->model == NULL || count == 0
	    ? 0
	    : pairs_find(linker->in->model, &linker->records.traits, sides, count, &linker->pairs, err);
	linker->out->compared = linker->pairs.compared;
	linker->out->skipped = linker->pairs.skipped;
	linker->out->rivals = linker->pairs.rivals;
done:
	free(sides);
	return result;
}

static int
case_order(const void *a, const void *b)
{
	const struct review_case *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->first_record > y->first_record) - (x->first_record < y->first_record);
}

/* Cases in the order of their ids, their records and pairs in the order of cases: nothing tells in which order they were found. */
static int
sort_cases(struct link_result *result, struct err *err)
{
	struct case_record *records = malloc((result->case_record_count + 1) * sizeof(*records));
	struct case_pair *pairs = malloc((result->case_pair_count + 1) * sizeof(*pairs));
	size_t record = 0, pair = 0;

	if (records == NULL || pairs == NULL) {
		free(records);
		free(pairs);
		return err_set(err, ERR_RETRY, "out of memory for cases");
	}
	if (result->case_count > 0)
		qsort(result->cases, result->case_count, sizeof(*result->cases), case_order);
	for (size_t i = 0; i < result->case_count; i++) {
		struct review_case *one = &result->cases[i];

		memcpy(records + record, result->case_records + one->first_record, one->record_count * sizeof(*records));
		memcpy(pairs + pair, result->case_pairs + one->first_pair, one->pair_count * sizeof(*pairs));
		one->first_record = (uint32_t)record;
		one->first_pair = (uint32_t)pair;
		record += one->record_count;
		pair += one->pair_count;
	}
	free(result->case_records);
	free(result->case_pairs);
	result->case_records = records;
	result->case_pairs = pairs;
	return 0;
}

static int
retired_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct retired));
}

static int
split_order(const void *a, const void *b)
{
	return memcmp(a, b, STUDENT_ID_BYTES);
}

const struct split *
link_split(const struct link_result *result, const uint8_t *student)
{
	return result->split_count == 0
	    ? NULL
	    : bsearch(student, result->splits, result->split_count, sizeof(*result->splits), split_order);
}

bool
link_needs_records(const struct link_input *input)
{
	struct traits traits;
	struct err ignored = { 0 };
	bool fits;

	if (input->model == NULL || input->old_links == NULL)
		return false;
	fits = input->old_traits != NULL && traits_open(&traits, input->old_traits, false, &ignored) == 1;
	if (!fits)
		return true;
	fits = traits.digest == traits_digest(input->model, input->dataset);
	traits_close(&traits);
	return !fits;
}

int
link_run(const struct link_input *input, struct link_result *result, struct err *err)
{
	struct linker linker = { .in = input, .out = result, .links = { .fd = -1 } };
	struct crosses crosses = { 0 };
	char path[FILE_PATH_MAX];
	int status = -1;

	*result = (struct link_result){ 0 };
	if (gather_run(input, result, &linker.records, err) != 0 || find_pairs(&linker, &crosses, err) != 0)
		goto done;
	settle_init(&linker.settler, input, result, &linker.records, &linker.pairs);
	if (list_aside(&linker, &crosses, err) != 0 || tie_neighbours(&linker, &crosses, err) != 0
	    || settle_neighbourhoods(&linker, err) != 0 || path_format(path, err, "%s/links.yc", input->folder) != 0
	    || links_create(&linker.links, path, err) != 0 || settle_anchors(&linker, err) != 0
	    || links_finish(&linker.links, err) != 0)
		goto done;
	result->records = linker.links.entries;
	if (sort_cases(result, err) != 0)
		goto done;
	if (result->retired_count > 0)
		qsort(result->retired, result->retired_count, sizeof(*result->retired), retired_order);
	if (result->split_count > 0)
		qsort(result->splits, result->split_count, sizeof(*result->splits), split_order);
	status = 0;
done:
	links_writer_fini(&linker.links);
	settle_fini(&linker.settler);
	pairs_free(&linker.pairs);
	gather_free(&linker.records);
	free(crosses.at);
	free(linker.marks);
	free(linker.aside);
	free(linker.parent);
	free(linker.next);
	if (status != 0)
		link_result_free(result);
	return status;
}

void
link_result_free(struct link_result *result)
{
	free(result->cases);
	free(result->case_records);
	free(result->case_pairs);
	free(result->retired);
	free(result->splits);
	*result = (struct link_result){ 0 };
}
