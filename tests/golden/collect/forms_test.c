/*
 * forms_test.c - the header rows of real department forms and of the registry's template
 * (forms.tsv): bare, and in the dress people give them: title, unit and date, filling notes, marks,
 * an example, two header rows.
 */
#include "tests/unit/collect/sheet.h"

#include "tests/support/support.h"

struct form {
	char name[64], source[64];
	char headers[SHEET_COLUMNS_MAX][128], expected[SHEET_COLUMNS_MAX][64];
	size_t count;
};

static void
check(const struct form *form, const char *lines, uint32_t first, uint32_t last)
{
	static struct sheet sheet;
	struct layout layout;
	struct err err = { 0 };

	sheet_write(&sheet, lines);
	assert_int_equal(layout_find(&layout, sheet.rows, sheet.count, sheet_dataset(), sheet_source(form->source),
			     NULL, false, &err),
	    0);
	if (!layout.found)
		fail_msg("%s is refused", form->name);
	assert_int_equal(layout.header_first, first);
	assert_int_equal(layout.header_last, last);
	for (size_t i = 0; i < form->count; i++) {
		if (strcmp(sheet_meaning(&layout, i), form->expected[i]) != 0)
			fail_msg("%s: %s is %s, not %s", form->name, form->headers[i], sheet_meaning(&layout, i),
			    form->expected[i]);
	}
	layout_fini(&layout);
}

static void
join(struct buffer *out, const struct form *form, const char *before, const char *behind)
{
	for (size_t i = 0; i < form->count; i++) {
		if (i > 0)
			buffer_char(out, '|');
		buffer_string(out, before);
		buffer_string(out, form->headers[i]);
		buffer_string(out, behind);
	}
	buffer_char(out, '\n');
}

static void
check_form(const struct form *form)
{
	struct buffer lines, lower;

	buffer_init(&lines, 65536);
	buffer_init(&lower, 65536);
	join(&lines, form, "", "");
	buffer_char(&lines, '\0');
	check(form, lines.at, 1, 1);

	buffer_clear(&lines);
	buffer_string(&lines, "2026年秋季学生信息登记表\n填报单位：某某小学||日期：2026年9月1日\n\n");
	buffer_string(&lines, "填表说明：1．姓名与户口簿一致；2．身份证号18位。\n");
	join(&lines, form, "★ ", "^（必填）");
	buffer_string(&lines, "示例|张三|男\n");
	buffer_char(&lines, '\0');
	check(form, lines.at, 5, 5);

	/* Numbered columns under one heading, all others reaching over two rows. */
	buffer_clear(&lines);
	buffer_string(&lines, "学生信息登记表\n");
	for (size_t i = 0; i < form->count; i++) {
		const char *header = form->headers[i];
		size_t len = strlen(header);
		bool dose = len > 1 && strstr(header, "疫苗") != NULL && header[len - 1] >= '1'
		    && header[len - 1] <= '4';

		if (i > 0) {
			buffer_char(&lines, '|');
			buffer_char(&lower, '|');
		}
		if (dose)
			buffer_format(&lower, "第%c剂", header[len - 1]);
		if (!dose)
			buffer_string(&lines, header);
		else if (header[len - 1] == '1')
			buffer_add(&lines, header, len - 1);
	}
	buffer_char(&lines, '\n');
	buffer_text(&lines, buffer_as_text(&lower));
	buffer_char(&lines, '\0');
	check(form, lines.at, 2, strstr(lines.at, "第1剂") != NULL ? 3 : 2);
	buffer_fini(&lines);
	buffer_fini(&lower);
}

static void
layout_binds_every_form(void **state)
{
	static struct form form;
	FILE *in = fopen(TEST_DATA "/forms.tsv", "r");
	char line[1024], name[64];
	unsigned forms = 0;

	(void)state;
	assert_non_null(in);
	while (fgets(line, sizeof(line), in) != NULL) {
		char source[64], header[128], expected[64];

		if (line[0] == '#')
			continue;
		assert_int_equal(
		    sscanf(line, "%63[^\t]\t%63[^\t]\t%127[^\t]\t%63[^\n]", name, source, header, expected), 4);
		if (strcmp(name, form.name) != 0) {
			if (form.count > 0)
				check_form(&form);
			form.count = 0;
			memcpy(form.name, name, sizeof(name));
			memcpy(form.source, source, sizeof(source));
			forms++;
		}
		assert_true(form.count < SHEET_COLUMNS_MAX);
		memcpy(form.headers[form.count], header, sizeof(header));
		memcpy(form.expected[form.count], expected, sizeof(expected));
		form.count++;
	}
	check_form(&form);
	fclose(in);
	assert_int_equal(forms, 20);
	sheet_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout_binds_every_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
