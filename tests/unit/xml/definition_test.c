/*
 * definition_test.c - definitions as trees, and everything that is wrong with one said with file
 * and line.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/xml/xml.h"

static const char schema[] =
    "<grammar xmlns='http://relaxng.org/ns/structure/1.0'\n"
    "  datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'>\n"
    "<start><element name='dataset'><attribute name='name'/>\n"
    "<zeroOrMore><element name='field'><attribute name='name'><data type='NCName'/></attribute>\n"
    "<optional><attribute name='bytes'><data type='positiveInteger'/></attribute></optional>\n"
    "<zeroOrMore><element name='header'><text/></element></zeroOrMore></element></zeroOrMore>\n"
    "</element></start></grammar>\n";

static struct buffer said;
static char schema_path[FILE_PATH_MAX];

static void
say(void *self, const char *path, uint32_t line, const char *message)
{
	const char *name = strrchr(path, '/');

	(void)self;
	assert_null(strchr(message, '\n'));
	assert_true(strlen(message) > 0);
	buffer_format(&said, "%s:%u ", name ? name + 1 : path, line);
}

static const struct xml_lint lint = { say, NULL };

static struct xml_definition *
parse(const char *xml, const char *by)
{
	struct xml_definition *definition;
	struct err err = { 0 };
	int status;

	buffer_clear(&said);
	status = xml_definition_parse(&definition, text_from(xml), "d.xml", by, &lint, &err);
	assert_int_equal(status, definition ? 0 : -1);
	assert_int_equal(err.kind, definition ? ERR_NONE : ERR_STOP);
	if (definition)
		assert_int_equal(said.len, 0);
	return definition;
}

static void
definition_is_a_tree(void **state)
{
	struct xml_definition *definition = parse(
	    "\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8'?>\n<!-- c -->\n"
	    "<dataset name='学 &amp; &quot;'>\n <field name='id_no' bytes='18'>\n"
	    "  <header> 身份证件号 <!-- c --><![CDATA[<b>]]>\n</header><header/>\n </field>\n"
	    "<field name='x'/><?p q?>\n</dataset>\n",
	    schema_path);
	const struct xml_element *root, *field, *header;

	(void)state;
	assert_non_null(definition);
	root = xml_definition_root(definition);
	assert_text(root->name, "dataset");
	assert_text(root->text, "");
	assert_int_equal(root->line, 3);
	assert_text(xml_element_attribute(root, "name"), "学 & \"");
	assert_null(xml_element_attribute(root, "none").at);
	field = xml_element_child(root, NULL);
	assert_int_equal(field->line, 4);
	assert_int_equal(field->attribute_count, 2);
	assert_text(field->attributes[1].value, "18");
	header = xml_element_child(field, "header");
	assert_text(header->text, "身份证件号 <b>");
	header = xml_element_next(header, "header");
	assert_text(header->text, "");
	assert_null(xml_element_next(header, NULL));
	field = xml_element_next(field, "field");
	assert_text(xml_element_attribute(field, "name"), "x");
	assert_null(xml_element_next(field, NULL));
	assert_null(xml_element_child(field, NULL));
	assert_null(xml_element_child(root, "header"));
	xml_definition_free(definition);
	xml_definition_free(NULL);
}

static void
definition_says_every_error_with_its_line(void **state)
{
	static const struct {
		const char *xml;
		const char *said; /* each of these must be among them */
	} cases[] = {
		{ "<dataset name='d'>\n<field/>\n<field name='b'/>\n<field name='c' bytes='x'/>\n"
		  "</dataset>",
		    "d.xml:2 |d.xml:4 " },
		{ "<dataset>\n<field name='1'/>\n</dataset>", "d.xml:1 |d.xml:2 " },
		{ "<other/>", "d.xml:1 " },
		{ "<dataset name='d'>\n<field name='b'>text</field></dataset>", "d.xml:2 " },
		{ "<dataset name='d'>\n<field>\n</dataset>", "d.xml:3 " },
		{ "<dataset name='d'>\n", "d.xml:2 " },
		{ "", "d.xml:1 " },
		{ "<a>\n\n\xFF</a>", "d.xml:3 " },
		{ "<a>\n\n\xEF\xBF\xBD\n\xC0\x80</a>", "d.xml:4 " },
		{ "\n<!DOCTYPE dataset [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>\n<dataset "
		  "name='&e;'/>",
		    "d.xml:2 " },
		{ "<dataset name='&e;'/>", "d.xml:1 " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *wanted = cases[i].said;

		assert_null(parse(cases[i].xml, schema_path));
		while (*wanted) {
			size_t len = strcspn(wanted, "|");

			if (text_find(buffer_as_text(&said), (struct text){ wanted, len }) == SIZE_MAX)
				fail_msg(
				    "case %zu: wanted %s, said %.*s", i, wanted, (int)said.len, said.at ? said.at : "");
			wanted += len + (wanted[len] == '|');
		}
	}
}

static void
definition_schema_opens_nothing_else(void **state)
{
	char path[FILE_PATH_MAX];
	char including[2 * FILE_PATH_MAX];

	(void)state;
	snprintf(including, sizeof(including),
	    "<grammar xmlns='http://relaxng.org/ns/structure/1.0'>\n<include href='%s'/></grammar>", schema_path);
	snprintf(path, sizeof(path), "%s", scratch_file("i.rng", including, strlen(including)));
	assert_null(parse("<dataset name='d'/>", path));
	assert_non_null(strstr(said.at, "i.rng:"));
	snprintf(including, sizeof(including), "<!DOCTYPE grammar [<!ENTITY e SYSTEM '%s'>]>%s", schema_path, schema);
	snprintf(path, sizeof(path), "%s", scratch_file("d.rng", including, strlen(including)));
	assert_null(parse("<dataset name='d'/>", path));
	assert_non_null(strstr(said.at, "d.rng:1"));
	snprintf(path, sizeof(path), "%s", scratch_file("b.rng", "<a/>", 4));
	assert_null(parse("<dataset name='d'/>", path));
	assert_non_null(strstr(said.at, "b.rng:"));
}

static void
definition_is_loaded_from_a_file(void **state)
{
	struct xml_definition *definition;
	struct err err = { 0 };
	const char *path = scratch_file("d.xml", "<dataset name='d'/>", 19);

	(void)state;
	buffer_clear(&said);
	assert_int_equal(xml_definition_load(&definition, path, schema_path, NULL, &err), 0);
	xml_definition_free(definition);
	assert_int_equal(xml_definition_load(&definition, "/nowhere/d.xml", schema_path, &lint, &err), -1);
	assert_int_equal(err.kind, ERR_STOP);
	assert_null(definition);
	path = scratch_file("d.xml", "<dataset name='d'/>", 19);
	assert_int_equal(xml_definition_load(&definition, path, "/nowhere/d.rng", &lint, &err), -1);
	assert_null(definition);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(definition_is_a_tree),
		cmocka_unit_test(definition_says_every_error_with_its_line),
		cmocka_unit_test(definition_schema_opens_nothing_else),
		cmocka_unit_test(definition_is_loaded_from_a_file),
	};
	int failed;

	scratch_make();
	snprintf(schema_path, sizeof(schema_path), "%s", scratch_file("schema.rng", schema, sizeof(schema) - 1));
	buffer_init(&said, (size_t)1 << 20);
	failed = cmocka_run_group_tests_name("xml_definition", tests, NULL, NULL);
	buffer_fini(&said);
	scratch_remove();
	return failed;
}
