/*
 * memory_test.c - rows are normalized while the n-th allocation fails, for every n: each row comes out as it does
 * otherwise, or not at all; never short of something, and never rejected for want of memory.
 */
#include "tests/support/support.h"

#include <stdlib.h>

#include "core/record/source.h"
#include "tests/support/failing.h"
#include "tests/unit/normalize/rows.h"

static const char *const sent[] = {
	"李明|男|2014-09-01|1|410303201409010013|G410303201409010013|2141000392|第一小学|小学2021级1班|1班|黄河路8号|"
	"13812340678|"
	"n:14010|a@b.cn|否|410302|201409|20100601-长期|2025-04-17 12:22:09|1,250.5元|6222021234567890|"
	"41030320140901001311|肢体|汉|阿卜杜拉.买买提|城关镇|410303201409010021|住校|正常|书法",
	"张　三（转出）|1-男|二〇一四年九月一日||4.1030320140901E+17||214100039||三年级|3班||1.38E+10|14010|无|√|"
	"朝阳区|2014.9||"
	"|||||毛难族||a\nb||是||",
	"|女|2014-9-31||410303201409010014|||||||||||||||||||||||||",
};
#define LONG_CELL 20000 /* a row that asks for more scratch */

/* All that came of a row. */
static void
say(const struct normalized *row, struct buffer *out)
{
	buffer_format(out, "%d %d", row->rejected, (int)row->anchor.kind);
	buffer_add(out, &row->anchor.hash, sizeof(row->anchor.hash));
	for (size_t i = 0; i < row->value_count; i++) {
		buffer_format(out, "|%u%s", row->values[i].field, row->values[i].invalid ? "!" : "=");
		buffer_text(out, row->values[i].text);
	}
	for (size_t i = 0; i < row->issue_count; i++) {
		buffer_format(out, "|%u %u %u ", row->issues[i].field, row->issues[i].rule, row->issues[i].severity);
		buffer_text(out, row->issues[i].raw);
	}
}

struct trial {
	struct buffer want[ARRAY_LEN(sent) + 1];
	struct buffer have;
	bool wanted; /* ${want} is known */
	char *rows[ARRAY_LEN(sent) + 1];
};

static int
attempt(void *self)
{
	struct trial *trial = self;
	struct rows rows;
	int result = 0;

	rows_bind(&rows, ROWS_ALL_TYPES);
	rows.normalizer = rows_normalizer(&rows);
	if (rows.normalizer == NULL)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(trial->rows); i++) {
		const struct normalized *row = rows_put(&rows, trial->rows[i]);
		if (row == NULL) {
			result = -1;
			row = rows_put(&rows, trial->rows[i]); /* only the one allocation failed: now it must do */
			assert_non_null(row);
		}
		buffer_clear(&trial->have);
		say(row, trial->wanted ? &trial->have : &trial->want[i]);
		if (trial->wanted)
			assert_true(text_eq(buffer_as_text(&trial->have), buffer_as_text(&trial->want[i])));
	}
	rows_close(&rows);
	return result;
}

static void
rows_come_out_whole_or_not_at_all(void **state)
{
	struct trial trial = { 0 };
	char *wide = malloc(LONG_CELL + 200);
	long nth = 0;

	(void)state;
	assert_non_null(wide);
	for (size_t i = 0; i < ARRAY_LEN(sent); i++)
		trial.rows[i] = strdup(sent[i]);
	snprintf(wide, 200, "李明|男|2014-09-01|1|410303201409010013||||||");
	memset(wide + strlen(wide), 'x', LONG_CELL);
	wide[LONG_CELL + 50] = '\0';
	trial.rows[ARRAY_LEN(sent)] = wide;
	for (size_t i = 0; i < ARRAY_LEN(trial.want); i++)
		buffer_init(&trial.want[i], 1 << 20);
	buffer_init(&trial.have, 1 << 20);
	assert_non_null(buffer_room(&trial.have, 1 << 20)); /* what the test itself needs is there */
	assert_false(failing_run(1000000, attempt, &trial));
	trial.wanted = true;
	while (failing_run(nth, attempt, &trial))
		nth++;
	assert_true(nth > 15);
	for (size_t i = 0; i < ARRAY_LEN(trial.want); i++) {
		buffer_fini(&trial.want[i]);
		free(trial.rows[i]);
	}
	buffer_fini(&trial.have);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_out_whole_or_not_at_all),
	};

	return cmocka_run_group_tests_name("normalize_memory", tests, NULL, NULL);
}
