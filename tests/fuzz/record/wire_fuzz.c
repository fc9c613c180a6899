/*
 * wire_fuzz.c - any bytes as each kind of message between the stages, and as a binding: everything that is read is walked to its end.
 */
#include <stdlib.h>

#include "core/record/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FIELDS 40

static struct cell cells[WIRE_CELLS_MAX];

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text bytes = { (const char *)data, size };
	struct dataset dataset = { .field_count = FIELDS };
	struct wire_checked checked;
	struct wire_issues issues;
	struct binding binding;
	struct arena arena;
	struct wire_row row;

	arena_init(&arena, (size_t)16 << 20);
	if (wire_row_read(bytes, &row) == 0) {
		wire_row_cells(&row, cells);
		for (uint32_t i = 0; i < row.cell_count; i++) {
			if (!utf8_valid(cells[i].text.at, cells[i].text.len))
				abort();
		}
		(void)!wire_binding_read(row.binding, &dataset, NULL, &binding, &arena);
	}
	if (wire_checked_read(bytes, FIELDS, &checked) == 0) {
		for (uint16_t field = 0; field < FIELDS; field++)
			(void)values_get(checked.values, field);
	}
	if (wire_issues_read(bytes, &issues) == 0) {
		struct wire_issue issue;
		size_t pos = 0;

		for (size_t nth = 0; wire_issue_next(issues.issues, &pos, &issue) == 1; nth++)
			(void)wire_about(&issues, nth);
		if (issues.explanation.len > ANSWER_TEXT_MAX
		    || !utf8_valid(issues.explanation.at, issues.explanation.len))
			abort();
	}
	(void)!wire_binding_read(bytes, &dataset, NULL, &binding, &arena);
	arena_fini(&arena);
	return 0;
}
