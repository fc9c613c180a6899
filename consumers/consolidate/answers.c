/*
 * answers.c - see answers.h. One pass over the issues of the night, a row at a time; answers are few and in memory.
 */
#include "consumers/consolidate/answers.h"

#include <stdlib.h>

#include "consumers/consolidate/links.h"
#include "core/record/raised.h"

/* A query or an explanation that came tonight, as it goes to be sorted. */
struct list {
	struct answer *at;
	size_t count, room;
};

/* The row at hand. */
struct row {
	struct origin origin;
	struct list queries; /* without words */
	size_t fresh;        /* of these, without an answer so far */
	bool aside, wrong;   /* not taken after all; has errors */
};

struct making {
	const struct answers_input *in;
	struct answers_night *out;
	struct answers older;
	bool *raised; /* by place in ${older}: the query came tonight */
	struct list came;
	struct row row;
};

static int
out_of_memory(struct err *err)
{
	return err_set(err, ERR_RETRY, "out of memory for answers");
}

static int
list_add(struct list *list, const struct answer *answer, struct err *err)
{
	if (list->count == list->room) {
		size_t room = list->room == 0 ? 64 : list->room * 2;
		struct answer *more = realloc(list->at, room * sizeof(*more));

		if (more == NULL)
			return out_of_memory(err);
		list->at = more;
		list->room = room;
	}
	list->at[list->count++] = *answer;
	return 0;
}

static bool
of_tonight(const struct answers_input *in, uint32_t file)
{
	return file >= in->file_first && file - in->file_first < in->file_count;
}

static bool
is_returned(const struct answers_input *in, uint32_t file)
{
	return of_tonight(in, file) && in->returned != NULL && in->returned[file - in->file_first];
}

static bool
is_undone(const struct answers_input *in, const struct answer *answer)
{
	for (size_t i = 0; i < in->undone_count; i++) {
		const struct answers_undone *undone = &in->undone[i];

		if (undone->row == answer->row && undone->sheet == answer->sheet && answer->file < in->files->count
		    && memcmp(&undone->file, &in->files->at[answer->file].sha256, sizeof(undone->file)) == 0)
			return true;
	}
	return false;
}

/* ---- what came tonight ---- */

static int
take_query(struct making *making, const struct raised_view *view, struct err *err)
{
	struct answer query = { .about = view->about, .field = view->field, .rule = view->rule };
	const struct answer *known;

	memcpy(query.record, view->record, sizeof(query.record));
	known = answers_find(&making->older, &query);
	if (known != NULL)
		making->raised[known - making->older.at] = true;
	else
		making->row.fresh++;
	return list_add(&making->row.queries, &query, err);
}

/* The answer that the explanation ${view} gives to the query ${to}. */
static int
take_answer(
    struct making *making, const struct answer *to, const struct raised_view *view, struct text words, struct err *err)
{
	const struct answer *known = answers_find(&making->older, to);
	struct answer answer = *to;

	answer.file = view->origin.file;
	answer.sheet = view->origin.sheet;
	answer.row = view->origin.row;
	answer.updated = view->updated;
	answer.day = making->in->today;
	answer.text = words;
	if (is_undone(making->in, &answer)
	    || (known != NULL
		&& (text_eq(known->text, words) || (answer.updated != 0 && known->updated > answer.updated))))
		return 0;
	return list_add(&making->came, &answer, err);
}

static int
take_explanation(struct making *making, const struct raised_view *view, struct err *err)
{
	const struct row *row = &making->row;
	struct answer twice = { .about = view->about, .field = FIELD_NONE, .rule = RULE_duplicate_in_source };
	size_t before = making->came.count;
	struct text words;

	if (row->aside)
		return 0;
	words = arena_text(&making->out->arena, view->raw);
	if (words.at == NULL)
		return out_of_memory(err);
	for (size_t i = 0; i < row->queries.count; i++) {
		if (take_answer(making, &row->queries.at[i], view, words, err) != 0)
			return -1;
	}
	memcpy(twice.record, view->record, sizeof(twice.record));
	/* nothing was open in it, and it says nothing old */
	return row->wrong || row->fresh > 0 || making->came.count - before < row->queries.count
	    ? 0
	    : take_answer(making, &twice, view, words, err);
}

static int
take_issue(struct making *making, const struct raised_view *view, struct err *err)
{
	struct row *row = &making->row;
	const struct origin *at = &row->origin, *is = &view->origin;

	if (at->file != is->file || at->sheet != is->sheet || at->row != is->row) {
		row->origin = *is;
		row->queries.count = row->fresh = 0;
		row->aside = row->wrong = false;
	}
	switch (view->severity) {
	case SEVERITY_QUERY:
		return view->about != 0 ? take_query(making, view, err) : 0;
	case RAISED_EXPLAINED:
		return take_explanation(making, view, err);
	case RAISED_ASIDE:
		row->aside = true;
		return 0;
	default:
		row->wrong = true;
		return 0;
	}
}

static int
take_issues(struct making *making, struct err *err)
{
	struct runs_cursor cursor = { 0 };
	struct text entry;
	int got = runs_seek(&cursor, making->in->issues, NULL, NULL, err);

	making->row.origin.file = UINT32_MAX;
	while (got == 0 && (got = runs_next(&cursor, &entry, err)) == 1) {
		struct raised_view view = raised_read(entry);

		got = take_issue(making, &view, err);
	}
	runs_cursor_fini(&cursor);
	return got;
}

/* ---- what has ended ---- */

/*
 * Was the record delivered, so that what it does not raise is over? 1, 0, -1. That a row stands there twice is not to be seen in a workbook
 * that had gone back.
 */
static int
is_over(struct links_reader *links, const struct answers_input *in, const struct answer *answer, struct err *err)
{
	const struct link *link;
	int got;

	if (links_seek(links, answer->record, err) != 0 || (got = links_next(links, &link, err)) < 0)
		return -1;
	if (got == 0 || memcmp(link->id, answer->record, RECORD_ID_BYTES) != 0)
		return 1; /* there is no such record any more */
	if ((link->flags & LINK_TODAY) == 0)
		return 0;
	return answer->rule != RULE_duplicate_in_source || !is_returned(in, link->file);
}

/* Of yesterday's answers those that go on, and ${came} tonight, into ${all}. */
static int
join(struct making *making, const struct answers *came, struct list *all, struct err *err)
{
	const struct answers_input *in = making->in;
	struct links_reader links = { .fd = -1 };
	int result = links_open(&links, in->links, NULL, NULL, err);

	for (size_t i = 0; i < making->older.count && result == 0; i++) {
		const struct answer *answer = &making->older.at[i];
		int over = 0;

		if (is_undone(in, answer) || answers_find(came, answer) != NULL)
			continue;
		if (!making->raised[i] && (over = is_over(&links, in, answer, err)) < 0)
			result = -1;
		else if (over)
			making->out->ended++;
		else
			result = list_add(all, answer, err);
	}
	for (size_t i = 0; i < came->count && result == 0; i++)
		result = list_add(all, &came->at[i], err);
	links_close(&links);
	return result;
}

/* By key; of one key by time stamp, then by where it stands. */
static int
by_key(const void *a, const void *b)
{
	const struct answer *x = a, *y = b;
	int order = answer_order(x, y);

	if (order != 0)
		return order;
	if (x->updated != y->updated)
		return x->updated < y->updated ? -1 : 1;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->sheet != y->sheet)
		return x->sheet < y->sheet ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static int
by_place(const void *a, const void *b)
{
	const struct answer *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->sheet != y->sheet)
		return x->sheet < y->sheet ? -1 : 1;
	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return answer_order(x, y);
}

static bool
same_place(const struct answer *a, const struct answer *b)
{
	return a->file == b->file && a->sheet == b->sheet && a->row == b->row;
}

/* Of what came the newest of each key. */
static struct answers
newest(struct list *came)
{
	size_t count = 0;

	if (came->count > 0)
		qsort(came->at, came->count, sizeof(*came->at), by_key);
	for (size_t i = 0; i < came->count; i++) {
		if (i + 1 == came->count || answer_order(&came->at[i], &came->at[i + 1]) != 0)
			came->at[count++] = came->at[i];
	}
	came->count = count;
	return (struct answers){ came->at, count };
}

/* ${all} become those in force, and those that came are listed by their rows. */
static int
settle(struct answers_night *out, const struct list *all, const struct answers *came, struct err *err)
{
	struct answer *at = arena_take(&out->arena, (all->count + 1) * sizeof(*at));

	out->tonight = arena_take(&out->arena, (came->count + 1) * sizeof(*out->tonight));
	out->given = arena_take(&out->arena, (came->count + 1) * sizeof(*out->given));
	if (at == NULL || out->tonight == NULL || out->given == NULL)
		return out_of_memory(err);
	for (size_t i = 0; i < all->count; i++)
		at[i] = all->at[i];
	for (size_t i = 0; i < came->count; i++)
		out->tonight[i] = came->at[i];
	if (all->count > 1)
		qsort(at, all->count, sizeof(*at), by_key);
	if (came->count > 1)
		qsort(out->tonight, came->count, sizeof(*out->tonight), by_place);
	out->answers = (struct answers){ at, all->count };
	for (size_t i = 0; i < came->count; i++) {
		if (i == 0 || !same_place(&out->tonight[i - 1], &out->tonight[i]))
			out->given[out->given_count++] = (struct answers_given){ .first = &out->tonight[i] };
		out->given[out->given_count - 1].count++;
	}
	return 0;
}

int
answers_make(const struct answers_input *input, struct answers_night *night, struct err *err)
{
	struct making making = { .in = input, .out = night };
	struct list all = { 0 };
	struct answers came;
	int result = -1;

	*night = (struct answers_night){ 0 };
	arena_init(&night->arena, SIZE_MAX / 4);
	if (answers_load(input->older, input->dataset, &night->arena, &making.older, err) != 0)
		goto done;
	making.raised = calloc(making.older.count + 1, sizeof(*making.raised));
	if (making.raised == NULL)
		(void)out_of_memory(err);
	else if (take_issues(&making, err) == 0) {
		came = newest(&making.came);
		if (join(&making, &came, &all, err) == 0)
			result = settle(night, &all, &came, err);
	}
done:
	free(making.raised);
	free(making.came.at);
	free(making.row.queries.at);
	free(all.at);
	return result;
}

void
answers_free(struct answers_night *night)
{
	arena_fini(&night->arena);
	*night = (struct answers_night){ 0 };
}
