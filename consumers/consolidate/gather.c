/*
 * gather.c - see gather.h.
 */
#include "consumers/consolidate/gather.h"

#include <stdlib.h>

#include "consumers/consolidate/gatherer.h"
#include "core/base/digest.h"

static int
covered_order(const void *a, const void *b)
{
	const struct covered *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return (x->school > y->school) - (x->school < y->school);
}

static struct covered *
find_covered(const struct gatherer *gatherer, uint16_t source, uint32_t school)
{
	struct covered key = { .source = source, .school = school };

	return gatherer->covered_count == 0
	    ? NULL
	    : bsearch(&key, gatherer->in->covered, gatherer->covered_count, sizeof(key), covered_order);
}

static bool
is_covered(const struct gatherer *gatherer, uint16_t source, uint32_t school)
{
	const struct covered *found;

	if (school == 0)
		return true;
	found = find_covered(gatherer, source, school);
	return found != NULL && (uint64_t)found->rows * COVERED_SHARE >= found->known;
}

/* Sort the schools that came and add up the rows of each. */
static void
add_up_covered(struct gatherer *gatherer)
{
	struct covered *list = gatherer->in->covered;
	size_t unique = 0;

	if (gatherer->in->covered_count > 0)
		qsort(list, gatherer->in->covered_count, sizeof(*list), covered_order);
	for (size_t i = 0; i < gatherer->in->covered_count; i++) {
		if (unique > 0 && covered_order(&list[unique - 1], &list[i]) == 0)
			list[unique - 1].rows += list[i].rows;
		else
			list[unique++] = list[i];
	}
	gatherer->covered_count = unique;
}

/* Does the record stand in a file that came once more? */
static bool
is_again(const struct link_input *in, const struct link *link)
{
	return link->file < in->again_count && in->again[link->file];
}

static bool
is_returned(const struct link_input *in, const struct link *link)
{
	return in->returned != NULL && link->file < in->again_count && in->returned[link->file];
}

/* The presence of a record of which this run has no row. */
static void
age(struct gatherer *gatherer, struct link *link)
{
	const struct link_input *in = gatherer->in;
	enum presence now;

	if (!in->sources[link->source]->full
	    || (!in->delivered[link->source]
		&& gatherer->deliveries[link->source].again * 2 <= gatherer->deliveries[link->source].known))
		return;
	if (is_again(in, link)) {
		if (link->presence == STALE) {
			gatherer->out->back++;
			link->presence = PRESENT;
			link->since = in->today;
			link->flags |= LINK_TOUCHED;
		}
		return;
	}
	now = is_covered(gatherer, link->source, link->school) ? ABSENT : STALE;
	if (is_returned(in, link) && (now == STALE || !in->delivered[link->source]))
		return; /* its school may have come again unchanged */
	if (link->presence == now || (link->presence == ABSENT && now == STALE))
		return;
	gatherer->out->absent_new += now == ABSENT;
	gatherer->out->stale_new += now == STALE;
	link->presence = (uint8_t)now;
	link->since = in->today;
	link->flags |= LINK_TOUCHED;
}

/*
 * Does ${row} but say that he has left the school where he was before? Of one whom another school has, and who is not newer there
 * by any time stamp, that tells nothing: it is as if there were no row. Once that school has him no longer, it counts.
 */
static bool
is_of_former_school(const struct link *link, const struct checked *row)
{
	return checked_left(row->content) && !checked_left(link->content) && link->presence != ABSENT
	    && row->school != 0 && link->school != 0 && row->school != link->school
	    && (row->version >> 32 == 0 || row->version >> 32 == link->updated_at);
}

/* A record of which this run has rows; ${row} is the newest of them. Whether its values are the record's from now on. */
static bool
renew(struct gatherer *gatherer, struct gathered *member, const struct checked *row)
{
	struct link *link = &member->link;
	uint32_t updated_at = (uint32_t)(row->version >> 32);
	bool older = member->old && updated_at != 0 && link->updated_at > updated_at;

	link->flags |= LINK_TODAY;
	link->seen = gatherer->in->today;
	if (!member->old || link->presence != PRESENT) {
		gatherer->out->back += member->old;
		link->presence = PRESENT;
		link->since = gatherer->in->today;
		link->flags |= LINK_TOUCHED;
	}
	if (older) /* an older statement delivered late: the record is here, its values stay */
		return false;
	if (!member->old)
		link->first = gatherer->in->today;
	if (!member->old || link->content != row->content) {
		link->changed = gatherer->in->today;
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
	return true;
}

/* A row that a newer one may beat: kept when it is among the two newest so far. */
static void
consider(const struct checked *row, struct older newest[2])
{
	struct older older = { .raw = row->raw, .version = row->version, .school = row->school };

	if (row->raw == 0 || row->version >> 32 == 0)
		return;
	if (newest[1].raw != 0
	    && (older.version < newest[1].version || (older.version == newest[1].version && older.raw <= newest[1].raw)))
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
remember(struct gatherer *gatherer, const struct link *link, const struct older newest[2], const struct older *before,
    struct err *err)
{
	const struct older *tries[] = { &newest[0], &newest[1], before };

	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		if (tries[i] != NULL && tries[i]->raw != 0 && tries[i]->version >> 32 < link->updated_at) {
			struct older older = *tries[i];

			older.link = (uint32_t)gatherer->record;
			return olders_add(&gatherer->olders, &older, err);
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

/* ---- traits ---- */

/* Yesterday's values of record ${id}: those of changed.yc, where it is there, else those of records.yc. */
static int
old_values(struct gatherer *gatherer, const uint8_t *id, struct text *values, struct err *err)
{
	const struct link_input *in = gatherer->in;
	struct text *found = NULL;

	while (gatherer->have_record == 1 && memcmp(gatherer->old_record.at, id, RECORD_ID_BYTES) < 0)
		gatherer->have_record = sorted_next(&gatherer->records, &gatherer->old_record, err);
	while (gatherer->have_change == 1 && memcmp(gatherer->old_change.at, id, RECORD_ID_BYTES) < 0)
		gatherer->have_change = sorted_next(&gatherer->changed, &gatherer->old_change, err);
	if (gatherer->have_record < 0 || gatherer->have_change < 0)
		return -1;
	if (gatherer->have_record == 1 && memcmp(gatherer->old_record.at, id, RECORD_ID_BYTES) == 0)
		found = &gatherer->old_record;
	if (gatherer->have_change == 1 && memcmp(gatherer->old_change.at, id, RECORD_ID_BYTES) == 0)
		found = &gatherer->old_change;
	if (found == NULL)
		return err_set(err, ERR_INPUT, "records.yc and links.yc of the state do not belong together");
	*values = (struct text){ found->at + RECORD_ID_BYTES, found->len - RECORD_ID_BYTES };
	if (in->remap == NULL)
		return 0;
	buffer_clear(&gatherer->remapped);
	if (values_remap(*values, in->remap, in->remap_count, gatherer->values, &gatherer->remapped) != 0
	    || buffer_failed(&gatherer->remapped))
		return err_set(err, ERR_INPUT, "a record in the state does not hold together");
	*values = buffer_as_text(&gatherer->remapped);
	return 0;
}

/* The trait of yesterday's record ${number}, as kept or made anew. */
static int
old_trait(struct gatherer *gatherer, const struct link *link, uint64_t number, struct err *err)
{
	struct text values;

	if (gatherer->maker == NULL)
		return 0;
	if (gatherer->old_traits.at != NULL) {
		if (number >= gatherer->old_traits.entries)
			return err_set(err, ERR_INPUT, "traits.yc and links.yc of the state do not belong together");
		memcpy(gatherer->trait, traits_get(&gatherer->old_traits, number), gatherer->old_traits.trait_bytes);
		traits_pass(&gatherer->old_traits, number);
		return 0;
	}
	if (old_values(gatherer, link->id, &values, err) != 0)
		return -1;
	trait_make(gatherer->maker, values, gatherer->trait);
	return 0;
}

/* Yesterday's traits, if they were made under today's definitions. */
static int
open_old_traits(struct gatherer *gatherer, struct err *err)
{
	const struct link_input *in = gatherer->in;

	if (in->model == NULL)
		return 0;
	gatherer->traits_digest = traits_digest(in->model, in->dataset);
	if (in->old_traits != NULL && traits_open(&gatherer->old_traits, in->old_traits, true, err) < 0)
		return -1;
	if (gatherer->old_traits.digest != gatherer->traits_digest
	    || gatherer->old_traits.trait_bytes != in->model->trait_bytes)
		traits_close(&gatherer->old_traits);
	return 0;
}

int
gather_path(const struct gatherer *gatherer, unsigned part, const char *name, char path[FILE_PATH_MAX], struct err *err)
{
	return part == 0 ? path_format(path, err, "%s/%s", gatherer->in->folder, name)
			 : path_format(path, err, "%s/%s.%u", gatherer->in->folder, name, part);
}

static int
open_traits(struct gatherer *gatherer, struct err *err)
{
	const struct link_input *in = gatherer->in;
	char path[FILE_PATH_MAX];

	if (in->model == NULL)
		return 0;
	gatherer->maker = trait_maker_new(in->model, in->dataset);
	gatherer->values = calloc(in->remap_count + 1, sizeof(*gatherer->values));
	if (gatherer->maker == NULL || gatherer->values == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (gather_path(gatherer, gatherer->part, "traits.yc", path, err) != 0
	    || traits_create(&gatherer->traits, path, in->model->trait_bytes, gatherer->traits_digest, err) != 0)
		return -1;
	if (gatherer->old_traits.at != NULL || in->records == NULL)
		return 0;
	sorted_seek(&gatherer->records, in->records, gatherer->from, gatherer->to);
	if ((gatherer->have_record = sorted_next(&gatherer->records, &gatherer->old_record, err)) < 0)
		return -1;
	if (in->changed == NULL)
		return 0;
	sorted_seek(&gatherer->changed, in->changed, gatherer->from, gatherer->to);
	return (gatherer->have_change = sorted_next(&gatherer->changed, &gatherer->old_change, err)) < 0 ? -1 : 0;
}

/* ---- the pass over all records ---- */

static int
flush(struct gatherer *gatherer, struct err *err)
{
	if (gatherer->buffered > 0
	    && file_write(gatherer->fd, gatherer->buffer, gatherer->buffered * sizeof(*gatherer->buffer), err) != 0)
		return -1;
	gatherer->buffered = 0;
	return 0;
}

static int
put(struct gatherer *gatherer, const struct gathered *gathered, struct err *err)
{
	if (gatherer->buffered == GATHERER_BUFFERED && flush(gatherer, err) != 0)
		return -1;
	gatherer->buffer[gatherer->buffered++] = *gathered;
	gatherer->record++;
	return gatherer->maker == NULL ? 0 : traits_put(&gatherer->traits, gatherer->trait, err);
}

/* Where the pass stands in its inputs. Rows that are yesterday's go by the number of their record. */
struct inputs {
	struct links_reader old;
	struct runs_cursor rows, same;
	const struct link *link;
	struct text row, same_row;
	int have_row, have_same, have_old;
	size_t older; /* in yesterday's older rows */
};

static int
open_inputs(struct inputs *inputs, const struct gatherer *gatherer, struct err *err)
{
	const struct link_input *in = gatherer->in;
	struct same first = { .zero = 0 };

	*inputs = (struct inputs){ .old = { .fd = -1 } };
	if (runs_seek(&inputs->rows, in->runs, gatherer->from, gatherer->to, err) != 0
	    || (inputs->have_row = runs_next(&inputs->rows, &inputs->row, err)) < 0)
		return -1;
	if (in->old_links == NULL)
		return 0;
	if (links_open(&inputs->old, in->old_links, gatherer->from, gatherer->to, err) != 0
	    || (inputs->have_old = links_next(&inputs->old, &inputs->link, err)) < 0)
		return -1;
	if (!inputs->have_old)
		return 0;
	same_put(first.link, (uint32_t)links_number(&inputs->old));
	if (runs_seek(&inputs->same, in->same, (const uint8_t *)&first, NULL, err) != 0)
		return -1;
	return (inputs->have_same = runs_next(&inputs->same, &inputs->same_row, err)) < 0 ? -1 : 0;
}

static void
close_inputs(struct inputs *inputs)
{
	runs_cursor_fini(&inputs->rows);
	runs_cursor_fini(&inputs->same);
	links_close(&inputs->old);
}

/* The rows of one record while they pass: the newest of them, and those that it beats. */
struct newest {
	struct checked best;
	struct older beaten[2];
	bool any, fresh; /* ${fresh}: the best is no row of yesterday; its trait is the candidate */
};

static void
take_row(struct newest *newest, const struct checked *row, bool *better)
{
	consider(row, newest->beaten);
	*better = !newest->any || checked_newer(row, &newest->best);
	if (*better)
		newest->best = *row;
	newest->any = true;
}

/* Yesterday's record at hand, its trait, and the rows that are yesterday's. */
static int
take_old(struct gatherer *gatherer, struct inputs *inputs, struct gathered *record, struct newest *newest,
    const struct older **older, struct err *err)
{
	const struct olders *olders = &gatherer->old_olders;
	uint64_t number = links_number(&inputs->old);
	struct checked row;
	bool better;

	record->old = true;
	record->link = *inputs->link;
	record->link.flags &= LINK_SCATTERED;
	if (old_trait(gatherer, inputs->link, number, err) != 0)
		return -1;
	while (inputs->older < olders->count && olders->at[inputs->older].link < number)
		inputs->older++;
	if (inputs->older < olders->count && olders->at[inputs->older].link == number)
		*older = &olders->at[inputs->older];
	while (inputs->have_same && same_number((const uint8_t *)inputs->same_row.at) == number) {
		if (same_row(inputs->link, (const struct same *)(const void *)inputs->same_row.at, *older, &row, err)
		    != 0)
			return -1;
		take_row(newest, &row, &better);
		if ((inputs->have_same = runs_next(&inputs->same, &inputs->same_row, err)) < 0)
			return -1;
	}
	return (inputs->have_old = links_next(&inputs->old, &inputs->link, err)) < 0 ? -1 : 0;
}

static int
take_rows(struct gatherer *gatherer, struct inputs *inputs, const uint8_t *id, struct newest *newest, struct err *err)
{
	while (inputs->have_row && memcmp(inputs->row.at, id, RECORD_ID_BYTES) == 0) {
		struct checked row;
		bool better;

		memcpy(&row, inputs->row.at, sizeof(row));
		take_row(newest, &row, &better);
		if (better && gatherer->maker != NULL)
			trait_make(gatherer->maker,
			    (struct text){ inputs->row.at + sizeof(row), inputs->row.len - sizeof(row) },
			    gatherer->candidate);
		newest->fresh = newest->fresh || better;
		if ((inputs->have_row = runs_next(&inputs->rows, &inputs->row, err)) < 0)
			return -1;
	}
	return 0;
}

static int
pass(struct gatherer *gatherer, struct err *err)
{
	struct inputs inputs;
	int result = -1;

	if (open_inputs(&inputs, gatherer, err) != 0)
		goto done;
	while (inputs.have_row || inputs.have_old) {
		int order = !inputs.have_row ? 1
		    : !inputs.have_old       ? -1
					     : memcmp(inputs.row.at, inputs.link->id, RECORD_ID_BYTES);
		struct gathered record = { 0 };
		struct newest newest = { 0 };
		const struct older *older = NULL;

		memcpy(record.link.id, order <= 0 ? (const uint8_t *)inputs.row.at : inputs.link->id, RECORD_ID_BYTES);
		if ((order >= 0 && take_old(gatherer, &inputs, &record, &newest, &older, err) != 0)
		    || take_rows(gatherer, &inputs, record.link.id, &newest, err) != 0)
			goto done;
		if (!newest.any || (record.old && is_of_former_school(&record.link, &newest.best)))
			age(gatherer, &record.link);
		else if (renew(gatherer, &record, &newest.best) && newest.fresh)
			memcpy(gatherer->trait, gatherer->candidate, sizeof(gatherer->trait));
		if (remember(gatherer, &record.link, newest.beaten, older, err) != 0 || put(gatherer, &record, err) != 0)
			goto done;
	}
	result = flush(gatherer, err);
done:
	close_inputs(&inputs);
	return result;
}

/* How many records each school had that is covered; the one place where all links are held against their sum. */
static int
read_old(struct gatherer *gatherer, struct err *err)
{
	struct links_reader old;
	const struct link *link;
	uint64_t sum = 0;
	int got;

	if (gatherer->in->old_links == NULL)
		return 0;
	if (links_open(&old, gatherer->in->old_links, NULL, NULL, err) != 0)
		return -1;
	gatherer->old_count = old.end;
	while ((got = links_next(&old, &link, err)) == 1) {
		struct covered *covered = find_covered(gatherer, link->source, link->school);

		sum += hash64(link, sizeof(*link), 0);
		if (covered != NULL && link->presence != ABSENT)
			covered->known++;
		/* what is damaged is refused below, and must not lead us astray before */
		if (link->presence != ABSENT && link->source < gatherer->in->source_count) {
			gatherer->deliveries[link->source].known++;
			gatherer->deliveries[link->source].again += is_again(gatherer->in, link);
		}
	}
	if (got == 0 && sum != old.sum)
		got = err_set(err, ERR_INPUT, "%s is damaged", gatherer->in->old_links);
	links_close(&old);
	return got;
}

int
gather_prepare(struct gatherer *gatherer, struct err *err)
{
	add_up_covered(gatherer);
	return read_old(gatherer, err) != 0 || olders_load(&gatherer->old_olders, gatherer->in->old_olders, err) != 0
		|| open_old_traits(gatherer, err) != 0
	    ? -1
	    : 0;
}

static int
create_scratch(struct gatherer *gatherer, struct err *err)
{
	char path[FILE_PATH_MAX];

	gatherer->buffer = malloc(GATHERER_BUFFERED * sizeof(*gatherer->buffer));
	if (gatherer->buffer == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (gather_path(gatherer, gatherer->part, "gathered", path, err) != 0)
		return -1;
	gatherer->fd = file_create(path, err);
	return gatherer->fd < 0 ? -1 : 0;
}

int
gather_part(struct gatherer *gatherer, struct err *err)
{
	return create_scratch(gatherer, err) != 0 || open_traits(gatherer, err) != 0 ? -1 : pass(gatherer, err);
}
