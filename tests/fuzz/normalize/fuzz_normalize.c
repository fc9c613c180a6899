/*
 * fuzz_normalize.c - arbitrary cells through all field types: values are valid UTF-8, never empty,
 * their fields rise; issues are of known rules; a second time gives the same; the values of an
 * accepted row, normalized again, are the same. Input: cells with 0x1F between them; a first byte
 * below 5 in a cell is its kind.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/record/answer.h"
#include "rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says where, never what. */
#define expect(holds)                                                                                                  \
	do {                                                                                                           \
		if (!(holds)) {                                                                                        \
			fprintf(stderr, "line %d\n", __LINE__);                                                        \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

static void
check(const struct normalized *row)
{
	for (size_t i = 0; i < row->value_count; i++) {
		expect(row->values[i].text.len > 0);
		expect(utf8_valid(row->values[i].text.at, row->values[i].text.len));
		expect(i == 0 || row->values[i].field > row->values[i - 1].field);
	}
	for (size_t i = 0; i < row->issue_count; i++) {
		expect(row->issues[i].rule < RULE_COUNT);
		expect(i < 2 || row->issues[i].column >= row->issues[i - 1].column);
		expect((row->issues[i].severity == SEVERITY_QUERY) == (row->issues[i].about != 0));
	}
	expect(!row->rejected || row->issues[0].severity == SEVERITY_REJECT);
	expect(!row->rejected || row->explanation.len == 0);
	expect(row->explanation.len <= ANSWER_TEXT_MAX && utf8_valid(row->explanation.at, row->explanation.len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rows rows;
	static bool open;
	static char again[1 << 20];
	struct cell cells[ROWS_COLUMNS_MAX] = { 0 }, second[ROWS_COLUMNS_MAX] = { 0 };
	const struct normalized *row;
	size_t count = 0, at = 0, used = 0, good = 0;
	uint64_t hash;

	if (!open) {
		rows_bind(&rows, ROWS_ALL_TYPES);
		rows.binding.explains = true; /* beside a field, which is nothing to either */
		rows.binding.explanation = 3;
		rows.normalizer = rows_normalizer(&rows);
		expect(rows.normalizer != NULL);
		open = true;
	}
	if (size > 65536 || !utf8_valid(data, size))
		return 0;
	while (at <= size && count < rows.count) {
		const uint8_t *end = at < size ? memchr(data + at, 0x1F, size - at) : NULL;
		size_t len = end != NULL ? (size_t)(end - data) - at : size - at;
		struct cell *cell = &cells[count++];

		cell->text = (struct text){ (const char *)data + at, len };
		if (len > 0 && data[at] < 5) {
			cell->kind = (enum cell_kind)data[at];
			cell->text.at++;
			cell->text.len--;
		}
		at += len + 1;
	}
	row = normalize_row(rows.normalizer, cells, count, 0);
	check(row);
	hash = row->anchor.hash + row->value_count + row->issue_count;
	row = normalize_row(rows.normalizer, cells, count, 0);
	expect(hash == row->anchor.hash + row->value_count + row->issue_count);
	if (row->rejected)
		return 0;
	for (size_t i = 0; i < row->value_count; i++) {
		const struct value *value = &row->values[i];

		if (value->invalid)
			continue;
		for (size_t column = 0; column < rows.count; column++) {
			if (rows.place[column] != value->field)
				continue;
			memcpy(again + used, value->text.at, value->text.len);
			second[column].text = (struct text){ again + used, value->text.len };
			used += value->text.len;
			good++;
		}
	}
	row = normalize_row(rows.normalizer, second, rows.count, 0);
	check(row);
	expect(!row->rejected);
	for (size_t i = 0; i < row->value_count; i++) {
		for (size_t column = 0; column < rows.count; column++) {
			if (rows.place[column] == row->values[i].field && second[column].text.len > 0)
				expect(!row->values[i].invalid && text_eq(row->values[i].text, second[column].text));
		}
	}
	expect(row->value_count >= good);
	return 0;
}
