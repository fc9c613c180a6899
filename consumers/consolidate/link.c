/*
 * link.c - see link.h. Here is the pass over all records and what it comes to; members.c has which of them are one
 * student, student_ids.c under which id he goes, links.c the file.
 */
#include "consumers/consolidate/link.h"

#include <stdlib.h>

#include "consumers/consolidate/members.h"
#include "consumers/consolidate/older.h"
#include "consumers/consolidate/student_ids.h"
#include "core/base/digest.h"

/* ---- numbers ---- */

/* The 18 characters whose first 17 digits are ${number}; GB 11643-1999, ISO 7064 MOD 11-2. */
static void
number_write(uint64_t number, char out[18])
{
	unsigned sum = 0, weight = 2;

	for (int i = 16; i >= 0; i--) {
		unsigned digit = (unsigned)(number % 10);

		out[i] = (char)('0' + digit);
		sum += digit * weight;
		weight = weight * 2 % 11;
		number /= 10;
	}
	out[17] = "10X98765432"[sum % 11];
}

size_t
link_crosses(
    const uint8_t *id, uint64_t number, uint64_t core, uint64_t student_no, uint64_t seed, struct cross found[2])
{
	uint64_t own = members_anchor(id), target;
	size_t count = 0;
	char text[18];

	(void)number; /* a valid id number is always the anchor */
	if (core != 0 && core != number) {
		number_write(core, text);
		target = anchor_of(ANCHOR_NUMBER, (struct text){ text, sizeof(text) }, seed).hash;
		if (target != own)
			found[count++] = (struct cross){ target, own };
	}
	if (student_no != 0 && student_no != own)
		found[count++] = (struct cross){ student_no, own };
	return count;
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

/* ---- linking ---- */

struct linker {
	const struct link_input *in;
	struct link_result *out;
	struct links_writer links;
	struct olders olders, old_olders;
	uint64_t record;      /* number of the one at hand in the new links.yc */
	size_t covered_count; /* after adding up */
	uint64_t *involved;   /* sorted anchors whose groups are settled at the end */
	size_t involved_count;
	struct members here, aside;
};

static int
u64_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int
covered_order(const void *a, const void *b)
{
	const struct covered *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return (x->school > y->school) - (x->school < y->school);
}

static struct covered *
find_covered(const struct linker *linker, uint16_t source, uint32_t school)
{
	struct covered key = { .source = source, .school = school };

	return bsearch(&key, linker->in->covered, linker->covered_count, sizeof(key), covered_order);
}

static bool
is_covered(const struct linker *linker, uint16_t source, uint32_t school)
{
	const struct covered *found;

	if (school == 0)
		return true;
	found = find_covered(linker, source, school);
	return found != NULL && (uint64_t)found->rows * COVERED_SHARE >= found->known;
}

/* Sort the schools that came and add up the rows of each. */
static void
add_up_covered(struct linker *linker)
{
	struct covered *list = linker->in->covered;
	size_t unique = 0;

	qsort(list, linker->in->covered_count, sizeof(*list), covered_order);
	for (size_t i = 0; i < linker->in->covered_count; i++) {
		if (unique > 0 && covered_order(&list[unique - 1], &list[i]) == 0)
			list[unique - 1].rows += list[i].rows;
		else
			list[unique++] = list[i];
	}
	linker->covered_count = unique;
}

static int
add_case(struct linker *linker, struct member *a, struct member *b, struct err *err)
{
	struct review_case *more;
	bool swap = memcmp(a->link.id, b->link.id, RECORD_ID_BYTES) > 0;

	if (linker->out->case_count == linker->out->case_room) {
		size_t room = linker->out->case_room == 0 ? 64 : linker->out->case_room * 2;

		more = realloc(linker->out->cases, room * sizeof(*more));
		if (more == NULL)
			return err_set(err, ERR_RETRY, "out of memory");
		linker->out->cases = more;
		linker->out->case_room = room;
	}
	a->link.flags |= LINK_REVIEW;
	b->link.flags |= LINK_REVIEW;
	more = &linker->out->cases[linker->out->case_count++];
	memcpy(more->a, (swap ? b : a)->link.id, RECORD_ID_BYTES);
	memcpy(more->b, (swap ? a : b)->link.id, RECORD_ID_BYTES);
	return 0;
}

/*
 * Who carries the number of ${keys} beside the first and is nevertheless another student is a case for a person: once for
 * each student. A record that its source no longer states accuses nobody. ${mark} is another for each number, above 0.
 */
static int
accuse(struct linker *linker, struct members *members, const struct key *keys, size_t count, uint32_t mark,
    struct err *err)
{
	struct member *first = NULL;

	for (size_t i = 0; i < count; i++) {
		struct member *member = &members->at[keys[i].member];
		struct member *root = &members->at[members_root(members, keys[i].member)];

		if (member->link.presence == ABSENT || root->said == mark)
			continue;
		root->said = mark;
		if (first == NULL)
			first = member;
		else if (add_case(linker, first, member, err) != 0)
			return -1;
	}
	return 0;
}

/* ---- the pass over all records ---- */

/* Decide which of ${members} are one student, and under which ids the students go. */
static int
settle(struct linker *linker, struct members *members, struct err *err)
{
	struct key *keys, *scratch;
	size_t count = 0;
	int result = -1;

	for (uint32_t i = 0; i < members->count; i++) {
		members->at[i].group = i;
		members->at[i].said = 0;
		members->at[i].link.flags &= (uint8_t) ~(LINK_SCATTERED | LINK_REVIEW | LINK_NEW);
	}
	if (members->count == 1)
		return student_ids_assign(linker->in, linker->out, members, err);
	keys = malloc(members->count * MEMBER_KEYS_MAX * sizeof(*keys));
	scratch = malloc(members->count * MEMBER_KEYS_MAX * sizeof(*scratch));
	if (keys == NULL || scratch == NULL) {
		err_set(err, ERR_RETRY, "out of memory for %zu records to be linked", members->count);
		goto done;
	}
	for (uint32_t i = 0; i < members->count; i++)
		count += members_keys(&members->at[i], i, keys + count);
	members_sort(keys, count);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && keys[end].value == keys[i].value;)
			end++;
		members_meet(members, keys + i, end - i, scratch);
	}
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && keys[end].value == keys[i].value;)
			end++;
		if (accuse(linker, members, keys + i, end - i, (uint32_t)i + 1, err) != 0)
			goto done;
	}
	result = student_ids_assign(linker->in, linker->out, members, err);
done:
	free(keys);
	free(scratch);
	return result;
}

/* All records under one anchor are here: settle them, or put them aside when they have to do with other anchors. */
static int
settle_here(struct linker *linker, struct err *err)
{
	struct members *here = &linker->here;
	uint64_t anchor = members_anchor(here->at[0].link.id);
	bool aside = linker->involved_count > 0
	    && bsearch(&anchor, linker->involved, linker->involved_count, sizeof(anchor), u64_order) != NULL;

	for (uint32_t i = 0; i < here->count; i++)
		aside = aside || (here->at[i].old && (here->at[i].link.flags & LINK_SCATTERED) != 0);
	if (!aside && settle(linker, here, err) != 0)
		return -1;
	for (size_t i = 0; i < here->count; i++) {
		if (aside) {
			struct member *copy = members_add(&linker->aside, err);

			if (copy == NULL)
				return -1;
			here->at[i].link.flags |= LINK_ASIDE;
			*copy = here->at[i];
			copy->place = linker->links.entries;
		}
		if (links_put(&linker->links, &here->at[i].link, err) != 0)
			return -1;
	}
	return 0;
}

/* Settle one neighbourhood of records put aside, and write their links to the places kept for them. */
static int
settle_neighbours(struct linker *linker, struct err *err)
{
	struct members *here = &linker->here;

	if (settle(linker, here, err) != 0)
		return -1;
	/* scattered are those whose student has records under another anchor */
	for (uint32_t i = 0; i < here->count; i++) {
		struct member *root = &here->at[members_root(here, i)];

		if (memcmp(here->at[i].link.id, root->link.id, 8) != 0)
			root->link.flags |= LINK_SCATTERED;
	}
	for (uint32_t i = 0; i < here->count; i++) {
		struct member *member = &here->at[i];

		member->link.flags |= here->at[members_root(here, i)].link.flags & LINK_SCATTERED;
		linker->out->scattered += (member->link.flags & LINK_SCATTERED) != 0;
		if (links_put_at(&linker->links, member->place, &member->link, err) != 0)
			return -1;
	}
	return 0;
}

/* By neighbourhood, inside it by id. */
static int
member_by_group(const void *a, const void *b, void *members)
{
	const struct member *at = ((const struct members *)members)->at;
	const struct key *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return memcmp(at[x->member].link.id, at[y->member].link.id, RECORD_ID_BYTES);
}

/*
 * The records put aside fall into neighbourhoods: those that carry a number in common, or were one student yesterday.
 * Each is small and is settled for itself.
 */
static int
settle_aside(struct linker *linker, struct err *err)
{
	struct members *aside = &linker->aside, *here = &linker->here;
	struct key *keys = calloc(aside->count * (MEMBER_KEYS_MAX + 1) + 1, sizeof(*keys));
	size_t count = 0;
	int result = -1;

	if (keys == NULL)
		return err_set(err, ERR_RETRY, "out of memory for %zu records to be linked", aside->count);
	for (uint32_t i = 0; i < aside->count; i++) {
		aside->at[i].group = i;
		count += members_keys(&aside->at[i], i, keys + count);
		if (members_has_student(&aside->at[i].link)) {
			memcpy(&keys[count].value, aside->at[i].link.student, sizeof(keys[count].value));
			keys[count++].member = i;
		}
	}
	members_sort(keys, count);
	for (size_t i = 1; i < count; i++) {
		if (keys[i].value == keys[i - 1].value)
			members_join(aside, keys[i - 1].member, keys[i].member);
	}
	for (uint32_t i = 0; i < aside->count; i++)
		keys[i] = (struct key){ members_root(aside, i), i };
	qsort_r(keys, aside->count, sizeof(*keys), member_by_group, aside);
	for (size_t i = 0, end; i < aside->count; i = end) {
		here->count = 0;
		for (end = i; end < aside->count && keys[end].value == keys[i].value; end++) {
			struct member *copy = members_add(here, err);

			if (copy == NULL)
				goto done;
			*copy = aside->at[keys[end].member];
		}
		if (settle_neighbours(linker, err) != 0)
			goto done;
	}
	result = 0;
done:
	free(keys);
	return result;
}

/* The presence of a record of which this run has no row. */
static void
age(struct linker *linker, struct link *link)
{
	const struct link_input *in = linker->in;
	enum presence now;

	if (!in->delivered[link->source] || !in->sources[link->source]->full)
		return;
	now = is_covered(linker, link->source, link->school) ? ABSENT : STALE;
	if (link->presence == now || (link->presence == ABSENT && now == STALE))
		return;
	linker->out->absent_new += now == ABSENT;
	linker->out->stale_new += now == STALE;
	link->presence = (uint8_t)now;
	link->since = in->today;
	link->flags |= LINK_TOUCHED;
}

/* A record of which this run has rows; ${row} is the newest of them. */
static void
renew(struct linker *linker, struct member *member, const struct checked *row)
{
	struct link *link = &member->link;
	uint32_t updated_at = (uint32_t)(row->version >> 32);
	bool older = member->old && updated_at != 0 && link->updated_at > updated_at;

	link->flags |= LINK_TODAY;
	link->seen = linker->in->today;
	member->file = row->file;
	member->sheet = row->sheet;
	member->row = row->row;
	if (!member->old || link->presence != PRESENT) {
		linker->out->back += member->old;
		link->presence = PRESENT;
		link->since = linker->in->today;
		link->flags |= LINK_TOUCHED;
	}
	if (older) /* an older statement delivered late: the record is here, its values stay */
		return;
	if (!member->old)
		link->first = linker->in->today;
	if (!member->old || link->content != row->content) {
		link->changed = linker->in->today;
		link->flags |= LINK_DIRTY;
	}
	memcpy(link->id, row->id, RECORD_ID_BYTES);
	link->number = row->number;
	link->core = row->core;
	link->student_no = row->student_no;
	link->name = row->name;
	link->birth_day = row->birth_day;
	link->school = row->school;
	link->content = row->content;
	link->updated_at = updated_at;
	link->raw = row->raw;
	link->file = row->file;
	link->row = row->row;
	link->sheet = row->sheet;
	link->source = row->source;
	link->kind = row->kind;
}

/* A row that a newer one may beat: kept when it is among the two newest so far. */
static void
consider(const struct linker *linker, const struct checked *row, struct older newest[2])
{
	struct older older = { .raw = row->raw, .version = row->version, .school = row->school };
	struct cross crosses[2];

	if (row->raw == 0 || row->version >> 32 == 0)
		return;
	if (newest[1].raw != 0
	    && (older.version < newest[1].version || (older.version == newest[1].version && older.raw <= newest[1].raw)))
		return;
	/* its other numbers would have to be remembered, too */
	if (link_crosses(row->id, row->number, row->core, row->student_no, linker->in->seed, crosses) > 0)
		return;
	newest[1] = older;
	if (newest[0].raw == 0 || newest[1].version > newest[0].version
	    || (newest[1].version == newest[0].version && newest[1].raw > newest[0].raw)) {
		newest[1] = newest[0];
		newest[0] = older;
	}
}

/* The newest of the rows that are older than the record's values is remembered, else the one that was. */
static int
remember(struct linker *linker, const struct link *link, const struct older newest[2], const struct older *before,
    struct err *err)
{
	const struct older *tries[] = { &newest[0], &newest[1], before };

	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		if (tries[i] != NULL && tries[i]->raw != 0 && tries[i]->version >> 32 < link->updated_at) {
			struct older older = *tries[i];

			older.link = (uint32_t)linker->record;
			return olders_add(&linker->olders, &older, err);
		}
	}
	return 0;
}

/* What yesterday knew of the row of ${same}, at today's place. */
static int
same_row(
    const struct link *link, const struct same *same, const struct older *older, struct checked *row, struct err *err)
{
	*row = link_same_row(link, same);
	if (same->older == 0)
		return 0;
	if (older == NULL)
		return err_set(err, ERR_INPUT, "links.yc and older.yc of the state do not belong together");
	/* it can only be older than the record: what it says but its time plays no part */
	row->version = older->version;
	row->raw = older->raw;
	row->school = older->school;
	row->content = row->number = row->core = row->student_no = 0;
	return 0;
}

static int
pass(struct linker *linker, struct err *err)
{
	const struct link_input *in = linker->in;
	struct links_reader old = { .fd = -1 };
	struct runs_cursor cursor = { 0 };
	struct runs_cursor same_cursor = { 0 };
	const struct link *link = NULL;
	struct checked row;
	struct text entry, same;
	int have_row, have_same, have_old = 0, result = -1;
	size_t before = 0; /* in yesterday's older rows */

	if (runs_seek(&cursor, in->runs, NULL, NULL, err) != 0 || runs_seek(&same_cursor, in->same, NULL, NULL, err) != 0
	    || (have_same = runs_next(&same_cursor, &same, err)) < 0)
		goto done;
	if (in->old_links != NULL && links_open(&old, in->old_links, NULL, NULL, err) != 0)
		goto done;
	if ((have_row = runs_next(&cursor, &entry, err)) < 0
	    || (in->old_links != NULL && (have_old = links_next(&old, &link, err)) < 0))
		goto done;
	while (have_row || have_old) {
		int order = !have_row ? 1 : !have_old ? -1 : memcmp(entry.at, link->id, RECORD_ID_BYTES);
		const uint8_t *id = order <= 0 ? (const uint8_t *)entry.at : link->id;
		struct checked best = { 0 };
		struct older newest[2] = { 0 };
		const struct older *older = NULL;
		bool rows = false;
		struct member *member;

		if (linker->here.count > 0 && memcmp(linker->here.at[0].link.id, id, 8) != 0) {
			if (settle_here(linker, err) != 0)
				goto done;
			linker->here.count = 0;
		}
		member = members_add(&linker->here, err);
		if (member == NULL)
			goto done;
		*member = (struct member){ 0 };
		memcpy(member->link.id, id, RECORD_ID_BYTES);
		if (order >= 0) {
			member->old = true;
			member->link = *link;
			member->link.flags &= LINK_SCATTERED;
			while (before < linker->old_olders.count
			    && linker->old_olders.at[before].link < links_number(&old))
				before++;
			if (before < linker->old_olders.count && linker->old_olders.at[before].link == links_number(&old))
				older = &linker->old_olders.at[before];
			while (have_same && same_number((const uint8_t *)same.at) == links_number(&old)) {
				if (same_row(link, (const struct same *)(const void *)same.at, older, &row, err) != 0)
					goto done;
				consider(linker, &row, newest);
				if (!rows || checked_newer(&row, &best))
					best = row;
				rows = true;
				if ((have_same = runs_next(&same_cursor, &same, err)) < 0)
					goto done;
			}
			if ((have_old = links_next(&old, &link, err)) < 0)
				goto done;
		}
		while (order <= 0 && have_row && memcmp(entry.at, member->link.id, RECORD_ID_BYTES) == 0) {
			memcpy(&row, entry.at, sizeof(row));
			consider(linker, &row, newest);
			if (!rows || checked_newer(&row, &best))
				best = row;
			rows = true;
			if ((have_row = runs_next(&cursor, &entry, err)) < 0)
				goto done;
		}
		if (rows)
			renew(linker, member, &best);
		else
			age(linker, &member->link);
		if (remember(linker, &member->link, newest, older, err) != 0)
			goto done;
		linker->record++;
	}
	if (linker->here.count > 0 && settle_here(linker, err) != 0)
		goto done;
	result = links_flush(&linker->links, err);
done:
	runs_cursor_fini(&cursor);
	runs_cursor_fini(&same_cursor);
	links_close(&old);
	return result;
}

/* What must be known of yesterday's records beforehand: their second numbers, and how many each school had. */
static int
read_old(struct linker *linker, struct cross **crosses, size_t *count, struct err *err)
{
	struct links_reader old;
	const struct link *link;
	size_t room = *count;
	uint64_t sum = 0;
	int got;

	if (linker->in->old_links == NULL)
		return 0;
	if (links_open(&old, linker->in->old_links, NULL, NULL, err) != 0)
		return -1;
	while ((got = links_next(&old, &link, err)) == 1) {
		struct cross found[2];
		size_t n;

		struct covered *covered = find_covered(linker, link->source, link->school);

		sum += hash64(link, sizeof(*link), 0);
		if (covered != NULL && link->presence != ABSENT)
			covered->known++;
		n = link_crosses(link->id, link->number, link->core, link->student_no, linker->in->seed, found);

		if (*count + n > room) {
			struct cross *more;

			room = room * 2 + 64;
			more = realloc(*crosses, room * sizeof(*more));
			if (more == NULL) {
				got = err_set(err, ERR_RETRY, "out of memory");
				break;
			}
			*crosses = more;
		}
		memcpy(*crosses + *count, found, n * sizeof(*found));
		*count += n;
	}
	if (got == 0 && sum != old.sum) /* the one place where all of them are read before anything is made of them */
		got = err_set(err, ERR_INPUT, "%s is damaged", linker->in->old_links);
	links_close(&old);
	return got;
}

static int
case_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct review_case));
}

static int
retired_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct retired));
}

int
link_run(const struct link_input *input, struct link_result *result, struct err *err)
{
	struct linker linker = { .in = input, .out = result, .links = { .fd = -1 } };
	struct cross *crosses = NULL;
	size_t cross_count = input->cross_count, unique = 0;
	char path[FILE_PATH_MAX];
	int status = -1;

	*result = (struct link_result){ 0 };
	add_up_covered(&linker);
	crosses = malloc((cross_count + 1) * sizeof(*crosses));
	if (crosses == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	if (cross_count > 0)
		memcpy(crosses, input->crosses, cross_count * sizeof(*crosses));
	if (read_old(&linker, &crosses, &cross_count, err) != 0)
		goto done;
	/* both ends of every second number are settled at the end */
	linker.involved = malloc((2 * cross_count + 1) * sizeof(*linker.involved));
	if (linker.involved == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	for (size_t i = 0; i < cross_count; i++) {
		linker.involved[2 * i] = crosses[i].target;
		linker.involved[2 * i + 1] = crosses[i].own;
	}
	qsort(linker.involved, 2 * cross_count, sizeof(uint64_t), u64_order);
	for (size_t i = 0; i < 2 * cross_count; i++) {
		if (unique == 0 || linker.involved[unique - 1] != linker.involved[i])
			linker.involved[unique++] = linker.involved[i];
	}
	linker.involved_count = unique;
	if (olders_load(&linker.old_olders, input->old_olders, err) != 0
	    || path_format(path, err, "%s/links.yc", input->folder) != 0 || links_create(&linker.links, path, err) != 0
	    || pass(&linker, err) != 0 || settle_aside(&linker, err) != 0 || links_finish(&linker.links, err) != 0
	    || path_format(path, err, "%s/older.yc", input->folder) != 0 || olders_save(&linker.olders, path, err) != 0)
		goto done;
	result->records = linker.links.entries;
	if (result->case_count > 0) {
		qsort(result->cases, result->case_count, sizeof(*result->cases), case_order);
		unique = 0;
		for (size_t i = 0; i < result->case_count; i++) {
			if (unique == 0 || case_order(&result->cases[unique - 1], &result->cases[i]) != 0)
				result->cases[unique++] = result->cases[i];
		}
		result->case_count = unique;
	}
	if (result->retired_count > 0)
		qsort(result->retired, result->retired_count, sizeof(*result->retired), retired_order);
	status = 0;
done:
	links_writer_fini(&linker.links);
	olders_free(&linker.olders);
	olders_free(&linker.old_olders);
	free(crosses);
	free(linker.involved);
	free(linker.here.at);
	free(linker.aside.at);
	if (status != 0)
		link_result_free(result);
	return status;
}

void
link_result_free(struct link_result *result)
{
	free(result->cases);
	free(result->retired);
	*result = (struct link_result){ 0 };
}
