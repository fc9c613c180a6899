/*
 * value.c - see value.h. The value is normalized as the only cell of a row; that such a row is nobody's does not matter.
 */
#include "consumers/normalize/value.h"

#include "consumers/normalize/normalize.h"

/* The severest issue about the field: refuses the value, or not. */
static bool
refused(const struct normalized *row, const struct field *field, enum rule *rule)
{
	for (size_t i = 0; i < row->issue_count; i++) {
		const struct issue *issue = &row->issues[i];

		if (issue->field == field->number && issue->severity != SEVERITY_QUERY && issue->rule != RULE_no_name
		    && issue->rule != RULE_no_identity) {
			*rule = (enum rule)issue->rule;
			return true;
		}
	}
	return false;
}

int
value_clean(const struct dataset *dataset, const struct field *field, struct text said, struct text companion,
    struct date run_date, struct buffer *out, enum rule *rule, struct err *err)
{
	static const struct source person = { .name = { "person", 6 } };
	struct bound_column columns[2] = { { .column = 0, .field = field->number },
		{ .column = 1, .field = field->companion } };
	struct cell cells[2] = { { said, CELL_TEXT }, { companion, CELL_TEXT } };
	struct binding binding = { .dataset = dataset, .source = &person, .columns = columns, .column_count = 1 };
	const struct normalized *row;
	struct normalizer *normalizer;
	int result = 0;

	buffer_clear(out);
	*rule = RULE_required_missing;
	if (field->companion != FIELD_NONE && companion.len > 0) {
		binding.column_count = 2;
		if (columns[1].field < columns[0].field) { /* fields rise */
			struct bound_column first = columns[1];

			columns[1] = columns[0];
			columns[0] = first;
		}
	}
	normalizer = normalizer_new(&binding, run_date, 0);
	row = normalizer == NULL ? NULL : normalize_row(normalizer, cells, binding.column_count, 0);
	if (row == NULL)
		result = err_set(err, ERR_RETRY, "out of memory");
	for (size_t i = 0; result == 0 && i < row->value_count; i++) {
		if (row->values[i].field != field->number)
			continue;
		if (refused(row, field, rule) || row->values[i].invalid)
			break;
		buffer_text(out, row->values[i].text);
		result = buffer_failed(out) ? err_set(err, ERR_RETRY, "out of memory") : 1;
	}
	if (result == 0)
		(void)refused(row, field, rule);
	normalizer_free(normalizer);
	return result;
}
