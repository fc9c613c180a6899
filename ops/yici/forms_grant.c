/*
 * forms_grant.c - see forms_grant.h.
 */
#include "ops/yici/forms_grant.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/record/day.h"
#include "core/record/definition.h"
#include "core/record/flat_json.h"
#include "ops/yici/night.h"

#define WAITING_BYTES_MAX ((size_t)64 << 20)
#define NUMBER_MAX 24

/* ---- what the grant gives of the form ---- */

/* Whether a masked value of its field answers what the column asks; a value that is given whole always does. */
static bool
answers_to(const struct grant_column *column, const struct form_column *asked)
{
	switch (column->mask) {
	case MASK_WHOLE:
		return true;
	case MASK_YES_NO:
		return asked->use == FORM_FIELD;
	case MASK_LAST4:
	case MASK_BIRTH_YEAR: /* an age, or a yes or no, cannot be seen from them */
		return asked->use == FORM_FIELD && !asked->whether;
	default:
		return false;
	}
}

/* The grant's column for the form's: whole before masked, and 是/否 last unless it is asked; SIZE_MAX: none. */
static size_t
column_for(const struct grant *grant, const struct form_column *asked, uint16_t field)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < grant->column_count; i++) {
		const struct grant_column *column = &grant->columns[i];

		if (column->field != field || !answers_to(column, asked))
			continue;
		if (column->mask == MASK_WHOLE)
			return i;
		if (best == SIZE_MAX || grant->columns[best].mask == MASK_YES_NO)
			best = i;
	}
	return best;
}

static void
add_word(struct buffer *words, struct text word)
{
	struct text rest = buffer_as_text(words), is;

	while (definition_word(&rest, ' ', &is)) {
		if (text_eq(is, word))
			return;
	}
	if (words->len > 0)
		buffer_char(words, ' ');
	buffer_text(words, word);
}

static int
judge(struct forms_grant *grant, const struct asked_answer *answers, struct err *err)
{
	const struct form *form = grant->form;
	const struct dataset *dataset = grant->forms->definitions.dataset;
	const struct command *command = grant->forms->command;

	grant->granted = calloc(form->count + 1, sizeof(*grant->granted));
	grant->columns = calloc(form->count + 1, sizeof(*grant->columns));
	if (grant->granted == NULL || grant->columns == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a grant");
	for (size_t i = 0; i < form->count; i++) {
		const struct form_column *asked = &form->columns[i];
		uint16_t field = answers[i].field;

		if (field == FIELD_NONE || asked->use == FORM_NEVER || asked->use == FORM_REMARK)
			continue;
		if (answers[i].sensitive == NULL) {
			if (answers[i].held)
				add_word(&grant->beside, dataset->fields[field].name);
			continue;
		}
		grant->columns[i] = column_for(grant->of->grant, asked, field);
		grant->granted[i] = grant->columns[i] != SIZE_MAX;
		if (grant->granted[i])
			add_word(&grant->keys, grant->of->grant->columns[grant->columns[i]].key);
	}
	if (buffer_failed(&grant->keys) || buffer_failed(&grant->beside))
		return err_set(err, ERR_RETRY, "out of memory for a grant");
	if (grant->keys.len == 0)
		return err_set(err, ERR_DENIED, "%s",
		    say(command, "这份授权不含本表的任何敏感列", "the grant has none of the form's sensitive columns"));
	return 0;
}

/* ---- open ---- */

static int
find_grant(struct forms_grant *grant, struct date date, struct err *err)
{
	const struct command *command = grant->forms->command;
	enum release_state state;

	grant->of = release_filling(&grant->release, text_from(command->grant), date, &state);
	if (grant->of == NULL)
		return err_set(err, ERR_DENIED, "%s", say(command, "没有这份授权", "there is no such grant"));
	switch (state) {
	case RELEASE_DELIVERS:
		return 0;
	case RELEASE_BROKEN:
		return err_set(err, ERR_DENIED, "%.*s", (int)grant->of->grant->broken.len, grant->of->grant->broken.at);
	case RELEASE_EARLY:
		return err_set(err, ERR_DENIED, "%s", say(command, "授权尚未生效", "the grant is not valid yet"));
	case RELEASE_EXPIRED:
		return err_set(err, ERR_DENIED, "%s", say(command, "授权已过期", "the grant has expired"));
	case RELEASE_USED_UP:
		return err_set(err, ERR_DENIED, "%s",
		    say(command, "授权本学期的次数已用完", "the grant is used up for this term"));
	default:
		return err_set(err, ERR_DENIED, "%s", release_why_barred(&grant->release));
	}
}

int
forms_grant_open(struct forms_grant *grant, const struct forms *forms, const struct form *form,
    const struct asked_answer *answers, struct err *err)
{
	const struct command *command = forms->command;
	const struct dataset *dataset = forms->definitions.dataset;
	struct date date;
	char shown[FILE_PATH_MAX];

	*grant = (struct forms_grant){ .forms = forms, .form = form, .state = { .lock = -1 } };
	buffer_init(&grant->keys, JOURNAL_LINE_MAX);
	buffer_init(&grant->beside, JOURNAL_LINE_MAX);
	buffer_init(&grant->row, SIZE_MAX / 4);
	/* the day of today, not that of the data: a grant that has expired does not come back with old data */
	if (!night_date(command, &date))
		return err_set(
		    err, ERR_STOP, "%s", say(command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	day_write(date, grant->date);
	if (state_open(&grant->state, forms->data, err) != 0 || state_lock(&grant->state, err) != 0
	    || state_dataset(&grant->state, dataset->name, err) != 0
	    || path_format(shown, err, "%s/out/%s", forms->data, grant->state.current) != 0)
		return -1;
	if (!file_exists(shown)) /* its deliveries are not in the log yet, and have the next numbers */
		return err_set(err, ERR_STOP, "%s",
		    say(command, "上一次汇总没有做完，请先 yici run", "the last run is not finished: yici run first"));
	if (release_open(&grant->release, forms->data, &grant->state, dataset, date, false, err) != 0
	    || find_grant(grant, date, err) != 0)
		return -1;
	if (judge(grant, answers, err) != 0
	    || journal_open_named(&grant->journal, forms->data, JOURNAL_DISCLOSURES, err) != 0)
		return -1;
	grant->logging = true;
	return 0;
}

static void
forget(struct forms_workbook *workbook)
{
	free(workbook->path);
	free(workbook->name);
	buffer_fini(&workbook->bytes);
	buffer_fini(&workbook->ids);
	buffer_fini(&workbook->each);
}

void
forms_grant_close(struct forms_grant *grant)
{
	if (grant->forms == NULL)
		return;
	for (size_t i = 0; i < grant->waiting_count; i++)
		forget(&grant->waiting[i]);
	if (grant->logging)
		journal_close(&grant->journal);
	release_close(&grant->release);
	state_close(&grant->state);
	free(grant->granted);
	free(grant->columns);
	buffer_fini(&grant->keys);
	buffer_fini(&grant->beside);
	buffer_fini(&grant->row);
	*grant = (struct forms_grant){ 0 };
}

/* ---- a pupil ---- */

/* The values that there are, fields rising. */
static struct snapshot_value *
held_values(const struct dataset *dataset, const struct text *values, size_t *count, struct arena *arena)
{
	struct snapshot_value *held = arena_take(arena, (dataset->field_count + 1) * sizeof(*held));

	*count = 0;
	for (size_t i = 0; held != NULL && i < dataset->field_count; i++) {
		if (values[i].len > 0)
			held[(*count)++] = (struct snapshot_value){ (uint16_t)i, values[i] };
	}
	return held;
}

/* The cells that the grant makes of the pupil, those of columns that the form asks taken over. */
static int
take_cells(struct forms_grant *grant, struct text *whole, struct text *words, struct arena *arena, struct err *err)
{
	const struct grant *by = grant->of->grant;
	struct text row = buffer_as_text(&grant->row), cell;

	for (size_t k = 0; k < by->column_count && view_cell(&row, &cell); k++) {
		const struct grant_column *column = &by->columns[k];

		if (column->mask == MASK_YES_NO && cell.len > 0)
			cell = cell.at[0] == '1' ? TEXT("是") : TEXT("否");
		cell = arena_text(arena, cell);
		if (cell.at == NULL)
			return err_set(err, ERR_RETRY, "out of memory for the pupils of a class");
		for (size_t i = 0; i < grant->form->count; i++) {
			if (!grant->granted[i] || grant->columns[i] != k)
				continue;
			if (column->mask != MASK_WHOLE)
				words[i] = cell;
			else if (cell.len > 0)
				whole[column->field] = cell;
		}
	}
	return 0;
}

int
forms_grant_give(struct forms_grant *grant, const struct pupil *pupil, const struct text *values,
    struct fill_given *given, struct buffer *ids, struct arena *arena, struct err *err)
{
	static const uint8_t no_token[VIEW_TOKEN_BYTES]; /* forms have no column for one */
	const struct dataset *dataset = grant->forms->definitions.dataset;
	struct text *whole = arena_take(arena, (dataset->field_count + 1) * sizeof(*whole)),
		    *words = arena_take(arena, (grant->form->count + 1) * sizeof(*words));
	uint8_t student[VIEW_STUDENT_BYTES];
	struct flat_member id, presence;
	struct snapshot_value *held;
	size_t count;

	*given = (struct fill_given){ .values = whole, .words = words };
	held = held_values(dataset, values, &count, arena);
	if (whole == NULL || words == NULL || held == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the pupils of a class");
	if (!flat_json_find(pupil->line, dataset->id_key, &id) || !hex_parse(id.value, student, sizeof(student))
	    || !flat_json_find(pupil->line, TEXT("presence"), &presence))
		return err_set(err, ERR_STOP, "the lines of the last run are not as they were written");
	if (!view_takes(dataset, grant->of->grant, presence.value, held, count))
		return 0;
	given->among = true;
	buffer_clear(&grant->row);
	view_row(grant->of->grant, student, no_token, held, count, &grant->row);
	buffer_add(ids, student, sizeof(student));
	if (buffer_failed(&grant->row) || buffer_failed(ids))
		return err_set(err, ERR_RETRY, "out of memory for the pupils of a class");
	return take_cells(grant, whole, words, arena, err);
}

/* ---- the log ---- */

/* The line of one workbook. Its members are those of a night's delivery, and the form. */
static int
add_line(struct forms_grant *grant, struct forms_workbook *workbook, struct err *err)
{
	const struct grant *by = grant->of->grant;
	struct sha256 digest = sha256_of(workbook->bytes.at, workbook->bytes.len);
	size_t count = workbook->ids.len / MEMBERS_ID_BYTES;
	char number[NUMBER_MAX], rows[NUMBER_MAX], hex[65], members[65] = "", destroy_by[11], wording[65];
	struct buffer files;
	int result = -1;

	snprintf(number, sizeof(number), "%" PRIu64, grant->of->delivered + 1);
	snprintf(rows, sizeof(rows), "%zu", count);
	sha256_hex(&digest, hex);
	sha256_hex(&by->sha256, wording);
	day_write(by->destroy_by, destroy_by);
	buffer_init(&files, JOURNAL_LINE_MAX);
	buffer_format(&files, "%s:%s", workbook->name, hex);
	if (buffer_failed(&files))
		err_set(err, ERR_RETRY, "out of memory for the log of disclosures");
	else if (count == 0 || members_keep(grant->forms->data, (uint8_t *)workbook->ids.at, count, members, err) == 0)
		result = journal_add(&grant->journal, by->unit, "fill",
		    (const struct journal_member[]){ { "grant", by->id }, { "delivery", text_from(number) },
			{ "run", text_from(grant->state.current) }, { "date", text_from(grant->date) },
			{ "document", by->document }, { "purpose", by->purpose },
			{ "form", forms_name(grant->forms->command->words[2]) },
			{ "columns", buffer_as_text(&grant->keys) }, { "beside", buffer_as_text(&grant->beside) },
			{ "rows", text_from(rows) }, { "sha256", buffer_as_text(&files) },
			{ MEMBERS_NAME, text_from(members) }, { "destroy_by", text_from(destroy_by) },
			{ "wording", text_from(wording) } },
		    14, err);
	buffer_fini(&files);
	return result;
}

int
forms_grant_flush(struct forms_grant *grant, void (*written)(void *self, const struct forms_workbook *workbook),
    void *self, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < grant->waiting_count && result == 0; i++)
		result = add_line(grant, &grant->waiting[i], err);
	if (result == 0 && grant->waiting_count > 0 && members_sync(grant->forms->data, err) == 0)
		result = journal_commit(&grant->journal, err);
	else if (grant->waiting_count > 0)
		result = -1;
	for (size_t i = 0; i < grant->waiting_count; i++) {
		struct forms_workbook *workbook = &grant->waiting[i];

		if (result == 0)
			result = file_write_whole(workbook->path, workbook->bytes.at, workbook->bytes.len, err);
		if (result == 0)
			written(self, workbook);
		forget(workbook);
	}
	grant->waiting_count = grant->waiting_bytes = 0;
	return result;
}

int
forms_grant_add(struct forms_grant *grant, struct forms_workbook *workbook,
    void (*written)(void *self, const struct forms_workbook *workbook), void *self, struct err *err)
{
	grant->waiting[grant->waiting_count++] = *workbook;
	grant->workbooks++;
	grant->rows += workbook->ids.len / MEMBERS_ID_BYTES;
	grant->waiting_bytes += workbook->bytes.len;
	if (workbook->path == NULL || workbook->name == NULL)
		return err_set(err, ERR_RETRY, "out of memory for filling in a form");
	return grant->waiting_count < FORMS_GRANT_BATCH && grant->waiting_bytes < WAITING_BYTES_MAX
	    ? 0
	    : forms_grant_flush(grant, written, self, err);
}
