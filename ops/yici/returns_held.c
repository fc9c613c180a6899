/*
 * returns_held.c - what is held under a column of a form: see returns_judge.h.
 */
#include "ops/yici/returns_judge.h"

static uint16_t
field_of(const struct form_column *asked)
{
	return asked->use == FORM_FIELD ? asked->field : asked->use == FORM_DERIVED ? asked->derive->from : FIELD_NONE;
}

void
judged_column_init(struct judged_column *column, const struct form_column *asked, const struct forms *forms)
{
	static const struct manner_evidence nothing;

	*column = (struct judged_column){ .asked = asked };
	if (asked->use == FORM_FIELD)
		persons_find(forms->definitions.dataset, forms->terms, asked, &column->persons);
	if (asked->use == FORM_FIELD || asked->use == FORM_DERIVED)
		manner_learn(&column->manner, asked, forms->definitions.dataset, forms->terms, &nothing);
	if (asked->use == FORM_FIELD || asked->use == FORM_UNKNOWN || field_of(asked) != FIELD_NONE)
		column->sensitive = terms_sensitive(forms->terms, field_of(asked), asked->header);
}

bool
judged_derived(const struct form_column *asked)
{
	return asked->use == FORM_DERIVED || (asked->use == FORM_FIELD && asked->whether);
}

struct text
judged_held(const struct judged_column *column, const struct text *values, struct date today, struct buffer *out)
{
	const struct form_column *asked = column->asked;

	buffer_clear(out);
	if (judged_derived(asked)) {
		enum manner_written written = manner_write(&column->manner, values, today, 1, out);

		return written == MANNER_NONE || written == MANNER_BLANK ? (struct text){ "", 0 } : buffer_as_text(out);
	}
	if (asked->use != FORM_FIELD)
		return (struct text){ "", 0 };
	return column->persons.count > 0 ? persons_value(&column->persons, values, values) : values[asked->field];
}

/* The column that the entry is about; by its key and the field it had. */
static struct form_column
column_of(const struct said *said, const struct forms *forms)
{
	const struct field *field = dataset_field(forms->definitions.dataset, said->field);
	struct form_column column = { .header = said->header, .key = said->key, .field = FIELD_NONE };

	column.derive = field == NULL && said->field.len > 0 ? terms_derivation(forms->terms, said->field) : NULL;
	column.use = field != NULL ? FORM_FIELD : column.derive != NULL ? FORM_DERIVED : FORM_UNKNOWN;
	if (field != NULL)
		column.field = field->number;
	return column;
}

struct text
said_held(const struct said *said, const struct forms *forms, const struct known_pupil *pupil, struct date today,
    struct arena *arena, struct buffer *out)
{
	struct form_column asked = column_of(said, forms);
	const struct text *values = pupil_values(&pupil->pupil, forms->definitions.dataset, arena);
	struct judged_column column;

	if (values == NULL || asked.use == FORM_UNKNOWN)
		return (struct text){ "", 0 };
	judged_column_init(&column, &asked, forms);
	return judged_held(&column, values, today, out);
}
