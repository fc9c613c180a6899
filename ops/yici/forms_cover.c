/*
 * forms_cover.c - see forms_cover.h.
 */
#include "ops/yici/forms_cover.h"

#include "consumers/publish/delivery.h"

#define COVER_BYTES ((size_t)16 << 20)

/* Why a sensitive column stays empty: what the grant says of it, or else why it cannot be filled in. */
static struct text
why_withheld(const struct forms_grant *grant, const struct form_column *column, const struct asked_answer *answer)
{
	const struct command *command = grant->forms->command;
	const struct grant *by = grant->of->grant;
	bool masked = false;

	for (size_t i = 0; i < by->withheld_count; i++) {
		if (text_eq(by->withheld[i].asked, column->header))
			return by->withheld[i].reason;
	}
	if (column->use == FORM_NEVER)
		return text_from(say(command, "任何单位都不得收集", "nobody may collect it"));
	if (!answer->held)
		return text_from(say(command, "敏感，已有数据中没有这一项", "sensitive, and not held"));
	for (size_t i = 0; i < by->column_count; i++)
		masked = masked || by->columns[i].field == answer->field;
	return masked ? text_from(
		   say(command, "授权所给的程度不足以填写本列", "what the grant gives of it does not answer the column"))
		      : text_from(say(command, "敏感，授权不含此列", "sensitive, and not in the grant"));
}

/* Sort the form's columns by what became of them. -1 when memory is short. */
static int
sort_columns(const struct forms_grant *grant, const struct asked_answer *answers, struct arena *arena,
    struct delivery_form *form)
{
	size_t count = grant->form->count;
	struct delivery_given *given = arena_take(arena, (count + 1) * sizeof(*given));
	struct text *beside = arena_take(arena, (count + 1) * sizeof(*beside));
	struct grant_withheld *withheld = arena_take(arena, (count + 1) * sizeof(*withheld));

	if (given == NULL || beside == NULL || withheld == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct form_column *column = &grant->form->columns[i];

		if (grant->granted[i])
			given[form->given_count++] = (struct delivery_given){ column->header,
				&grant->of->grant->columns[grant->columns[i]] };
		else if (answers[i].sensitive != NULL || column->use == FORM_NEVER)
			withheld[form->withheld_count++] = (struct grant_withheld){ column->header,
				why_withheld(grant, column, &answers[i]) };
		else if (answers[i].held && answers[i].asks)
			beside[form->beside_count++] = column->header;
	}
	form->given = given;
	form->beside = beside;
	form->withheld = withheld;
	return 0;
}

int
forms_cover(const struct forms_grant *grant, const struct asked_answer *answers, struct err *err)
{
	const struct command *command = grant->forms->command;
	struct delivery_form form = { .name = forms_name(command->words[2]), .workbooks = grant->workbooks };
	struct delivery delivery = { .dataset = grant->forms->definitions.dataset,
		.grant = grant->of->grant,
		.number = grant->of->delivered + 1,
		.run = text_from(grant->state.current),
		.date = text_from(grant->date),
		.folder = command->out,
		.chinese = command->chinese,
		.form = &form,
		.row_count = grant->rows };
	char scratch[FILE_PATH_MAX];
	struct arena arena;
	int result;

	if (file_private_folder(scratch, err) != 0)
		return -1;
	arena_init(&arena, COVER_BYTES);
	delivery.scratch = scratch;
	result = sort_columns(grant, answers, &arena, &form) != 0
	    ? err_set(err, ERR_RETRY, "out of memory for a cover sheet")
	    : delivery_cover(&delivery, err);
	arena_fini(&arena);
	if (file_remove_all(scratch, result == 0 ? err : &(struct err){ 0 }) != 0)
		result = -1;
	return result;
}
