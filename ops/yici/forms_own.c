/*
 * forms_own.c - see forms_own.h.
 */
#include "ops/yici/forms_own.h"

#include <stdlib.h>

#include "core/base/digest.h"
#include "core/record/day.h"
#include "core/store/state.h"

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_RETRY, "out of memory for answers of forms");
}

int
own_open(struct own *own, const struct forms *forms, struct text form, const char *sha256, struct date today,
    struct err *err)
{
	const struct calendar *calendar = &forms->calendar;
	struct journal_log log = { 0 };
	char path[FILE_PATH_MAX];
	struct state state;
	int result;

	*own = (struct own){ .forms = forms, .form = form, .department = { "", 0 } };
	arena_init(&own->arena, SIZE_MAX / 4);
	day_write(day_date(day_of(today) - (int32_t)forms->command->settings.forms_fresh_days), own->fresh_from);
	for (size_t i = 0; i < calendar->count; i++) { /* the same bytes, or else the same name */
		bool same = text_eq(calendar->at[i].sha256, text_from(sha256));

		if (same || (own->department.len == 0 && text_eq(calendar->at[i].name, form)))
			own->department = calendar->at[i].department;
		if (same)
			break;
	}
	if (state_open(&state, forms->data, err) != 0)
		return -1;
	if (state.current[0] == '\0') {
		state_close(&state);
		return 0;
	}
	result = state_path(&state, path, SAID_FILE, err) != 0 || said_load(path, &own->arena, &own->list, err) != 0
		|| journal_load(&log, forms->data, err) != 0 || said_decisions_read(&own->decisions, &log, err) != 0
	    ? -1
	    : 0;
	said_sort(&own->list);
	journal_free(&log);
	state_close(&state);
	return result;
}

void
own_close(struct own *own)
{
	said_decisions_free(&own->decisions);
	arena_fini(&own->arena);
	*own = (struct own){ 0 };
}

size_t
own_student(const struct own *own, const uint8_t *student)
{
	size_t low = 0, high = own->list.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(own->list.at[middle].student, student, SAID_ID_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether the entry answers what the column asks. */
static bool
answers(const struct own *own, const struct said *said, const struct form_column *column)
{
	const struct dataset *dataset = own->forms->definitions.dataset;

	if (said->kind != SAID_ANSWER || (!text_eq(said->owner, own->department) && !text_eq(said->owner, own->form)))
		return false;
	return text_eq(said->key, column->key)
	    || (column->use == FORM_FIELD && text_eq(said->field, dataset->fields[column->field].name));
}

struct text
own_answer(const struct own *own, struct text student, const struct form_column *column, const struct said **said)
{
	const struct text nothing = { "", 0 };
	uint8_t id[SAID_ID_BYTES];

	if (own->list.count == 0 || !hex_parse(student, id, sizeof(id)))
		return nothing;
	for (size_t i = own_student(own, id), count;
	     i < own->list.count && memcmp(own->list.at[i].student, id, sizeof(id)) == 0; i += count) {
		const struct said *first = &own->list.at[i], *newest = first;
		const struct said_decision *decided = NULL;

		count = said_same(&own->list, i);
		if (!answers(own, first, column))
			continue;
		for (size_t k = 1; k < count; k++)
			newest = text_compare(first[k].day, newest->day) > 0 ? &first[k] : newest;
		if (text_compare(newest->day, text_from(own->fresh_from)) < 0)
			continue;
		if (said_conflict(first, count) && (decided = said_decided(&own->decisions, first, count)) == NULL)
			continue;
		*said = newest;
		return decided != NULL ? decided->value : newest->value;
	}
	return nothing;
}

const struct said *
own_group(const struct own *own, struct text student, const struct form_column *column, size_t *count)
{
	uint8_t id[SAID_ID_BYTES];

	if (own->list.count == 0 || !hex_parse(student, id, sizeof(id)))
		return NULL;
	for (size_t i = own_student(own, id);
	     i < own->list.count && memcmp(own->list.at[i].student, id, sizeof(id)) == 0; i += *count) {
		*count = said_same(&own->list, i);
		if (answers(own, &own->list.at[i], column))
			return &own->list.at[i];
	}
	return NULL;
}

int
own_class(const struct own *own, const struct form *form, const struct pupil *pupils, size_t count, struct arena *arena,
    const struct text *const **of, struct err *err)
{
	const struct dataset *dataset = own->forms->definitions.dataset;
	const struct text **all = arena_take(arena, (count + 1) * sizeof(*all));

	*of = NULL;
	if (all == NULL)
		return no_memory(err);
	for (size_t i = 0; i < count && own->list.count > 0; i++) {
		struct text *texts = arena_take(arena, (form->count + 1) * sizeof(*texts));

		if (texts == NULL)
			return no_memory(err);
		all[i] = texts;
		for (size_t c = 0; c < form->count; c++) {
			const struct form_column *column = &form->columns[c];
			const struct said *said;

			texts[c] = own_answer(own, pupils[i].id, column, &said);
			if (column->use == FORM_FIELD && dataset->fields[column->field].codes != NULL && texts[c].len > 0)
				texts[c] = codes_label(dataset->fields[column->field].codes, texts[c]);
		}
	}
	if (own->list.count > 0)
		*of = all;
	return 0;
}

/* ---- how complete ---- */

struct counting {
	const struct own *own;
	const struct form *form;
	uint64_t *answered;     /* by column: of all classes that answered it */
	uint64_t *pupils;       /* by column: in these classes */
	const struct said **by; /* by column: the newest answer */
};

/* Pupils from ${at} to ${end} are a class. */
static void
count_class(struct counting *counting, const struct pupils *pupils, size_t at, size_t end)
{
	for (size_t c = 0; c < counting->form->count; c++) {
		uint64_t answered = 0;

		for (size_t i = at; i < end; i++) {
			const struct said *said;

			if (own_answer(counting->own, pupils->at[i].id, &counting->form->columns[c], &said).len == 0)
				continue;
			answered++;
			if (counting->by[c] == NULL || text_compare(said->day, counting->by[c]->day) > 0)
				counting->by[c] = said;
		}
		counting->answered[c] += answered;
		counting->pupils[c] += answered > 0 ? end - at : 0;
	}
}

static void
judge_column(const struct counting *counting, size_t c, struct asked *asked)
{
	const struct terms *terms = counting->own->forms->terms;
	struct asked_answer *answer = &asked->answers[c];

	if (counting->by[c] == NULL || answer->state != ASKED_NEW || !answer->asks)
		return;
	answer->percent = 100.0 * (double)counting->answered[c] / (double)counting->pupils[c];
	answer->own_form = counting->by[c]->form;
	answer->own_day = counting->by[c]->day;
	if (answer->percent < terms->held_percent)
		return;
	answer->held = answer->repeats = true;
	answer->state = ASKED_HELD;
	asked->held++;
	asked->new_asks--;
	asked->duplicate = true;
}

int
own_judge(const struct own *own, const struct form *form, struct asked *asked, struct err *err)
{
	const struct pupil_filter everybody = { 0 };
	struct counting counting = { .own = own, .form = form };
	struct pupils pupils = { 0 };
	int result = 0;

	if (own->list.count == 0)
		return 0;
	counting.answered = calloc(form->count + 1, sizeof(*counting.answered));
	counting.pupils = calloc(form->count + 1, sizeof(*counting.pupils));
	counting.by = calloc(form->count + 1, sizeof(*counting.by));
	if (counting.answered == NULL || counting.pupils == NULL || counting.by == NULL)
		result = no_memory(err);
	if (result == 0)
		result = pupils_load(&pupils, own->forms, &everybody, err);
	for (size_t at = 0; result == 0 && at < pupils.count;) {
		size_t count = pupils_class(&pupils, at);

		count_class(&counting, &pupils, at, at + count);
		at += count;
	}
	for (size_t c = 0; c < form->count && result == 0; c++)
		judge_column(&counting, c, asked);
	pupils_close(&pupils);
	free(counting.answered);
	free(counting.pupils);
	free(counting.by);
	return result;
}
