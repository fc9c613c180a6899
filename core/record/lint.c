/*
 * lint.c - see lint.h.
 */
#include "core/record/lint.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/file.h"
#include "core/xml/xml.h"

#define TOLD_BYTES ((size_t)16 * 1024 * 1024)

struct lint {
	const struct lint_places *places;
	schema_complain *complain;
	void *self;
	struct err *err;
	struct lint_counts *counts;
	struct buffer told; /* "\nFILE:LINE WHAT" of each fault, ended by \n */
	struct buffer used; /* "\nNAME\n" of each code set of a dataset */
	bool blind;         /* a dataset could not be loaded */
};

/* Tell of a fault unless it was told already (rules belong to every dataset). */
static void
tell(void *self, const char *file, unsigned line, const char *what)
{
	struct lint *lint = self;
	size_t before = lint->told.len;
	struct text all, new;

	buffer_format(&lint->told, "\n%s:%u %s\n", file, line, what);
	all = (struct text){ lint->told.at, before };
	new = (struct text){ lint->told.at + before, lint->told.len - before };
	if (before > 0 && new.len > 0 && text_find(all, new) != SIZE_MAX) {
		lint->told.len = before;
		return;
	}
	if (lint->counts->faults++ == 0)
		err_set(lint->err, ERR_STOP, "%s:%u: %s", file, line, what);
	if (lint->complain)
		lint->complain(lint->self, file, line, what);
}

static void
tell_xml(void *self, const char *path, uint32_t line, const char *message)
{
	tell(self, path, line, message);
}

/* Whether ${file} has a fault already. */
static bool
has_fault(const struct lint *lint, const char *file)
{
	char start[FILE_PATH_MAX + 2];
	int len = snprintf(start, sizeof(start), "\n%s:", file);

	return lint->told.len > 0
	    && text_find(buffer_as_text(&lint->told), (struct text){ start, (size_t)len }) != SIZE_MAX;
}

/* Check ${path} by the schema of its outermost element, whose name goes to ${root}. */
static void
check_form(struct lint *lint, const char *path)
{
	struct xml_lint xml = { tell_xml, lint };
	struct xml_definition *definition;
	char schema[FILE_PATH_MAX];
	struct err err;
	struct text root;

	if (has_fault(lint, path))
		return;
	if (xml_definition_load(&definition, path, NULL, &xml, &err) != 0) {
		if (!has_fault(lint, path))
			tell(lint, path, 0, err.what);
		return;
	}
	root = xml_definition_root(definition)->name;
	if (path_format(schema, &err, "%s/%.*s.rng", lint->places->schemas, (int)root.len, root.at) != 0
	    || !file_exists(schema)) {
		tell(lint, path, xml_definition_root(definition)->line,
		    "no schema is named after the outermost element");
		xml_definition_free(definition);
		return;
	}
	xml_definition_free(definition);
	if (xml_definition_load(&definition, path, schema, &xml, &err) != 0) {
		if (!has_fault(lint, path) && !has_fault(lint, schema))
			tell(lint, path, 0, err.what);
		return;
	}
	xml_definition_free(definition);
}

/* Whether the outermost element of ${path} is <dataset>. */
static bool
is_dataset(const char *path)
{
	struct xml_definition *definition;
	struct err err;
	bool is;

	if (xml_definition_load(&definition, path, NULL, NULL, &err) != 0)
		return false;
	is = text_eq(xml_definition_root(definition)->name, TEXT("dataset"));
	xml_definition_free(definition);
	return is;
}

/* Call ${each} with the path of every file in ${folder} whose name ends in ${ending}, and the name
 * without it. */
static void
each_file(struct lint *lint, const char *folder, const char *ending,
    void (*each)(struct lint *lint, const char *path, const char *stem))
{
	char path[FILE_PATH_MAX];
	char **names;
	size_t count;
	struct err err;

	if (file_list(folder, &names, &count, &err) != 0) {
		tell(lint, folder, 0, err.what);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(names[i]);

		if (names[i][0] == '.' || !text_ends(text_from(names[i]), text_from(ending)))
			continue;
		if (path_format(path, &err, "%s/%s", folder, names[i]) != 0) {
			tell(lint, folder, 0, err.what);
			continue;
		}
		names[i][len - strlen(ending)] = '\0';
		each(lint, path, names[i]);
	}
	free(names);
}

/* The dataset's grants; those of another are its turn. */
static void
lint_grants(struct lint *lint, const struct dataset *dataset)
{
	struct grants *grants;
	struct err err;

	if (lint->places->grants == NULL)
		return;
	grants = grants_load(dataset, lint->places->grants, tell, lint, &err);
	if (grants == NULL)
		tell(lint, lint->places->schemas, 0, err.what);
	lint->counts->grants += grants != NULL ? grants->count : 0;
	grants_free(grants);
}

static void
lint_dataset(struct lint *lint, const char *path, const char *stem)
{
	struct dataset *dataset;
	struct sources *sources;
	struct err err;

	if (!is_dataset(path))
		return;
	lint->counts->datasets++;
	dataset = dataset_load(lint->places->schemas, stem, tell, lint, &err);
	if (dataset) { /* those of its sources; the others are another dataset's turn */
		sources = sources_load(dataset, lint->places->sources, tell, lint, &err);
		lint->counts->sources += sources ? sources->count : 0;
		sources_free(sources);
		lint_grants(lint, dataset);
	}
	lint->blind = lint->blind || !dataset;
	for (size_t i = 0; dataset && i < dataset_codes_count(dataset); i++) {
		struct text name = codes_name(dataset_codes_at(dataset, i));

		buffer_format(&lint->used, "\n%.*s\n", (int)name.len, name.at);
	}
	dataset_free(dataset);
}

static void
lint_form(struct lint *lint, const char *path, const char *stem)
{
	(void)stem;
	check_form(lint, path);
}

/* A source or grant that names its dataset names one that is there. */
static void
lint_of_dataset(struct lint *lint, const char *path, const char *stem)
{
	struct xml_definition *definition;
	const struct xml_element *root;
	struct text of;
	char dataset[FILE_PATH_MAX];
	struct err err;

	(void)stem;
	check_form(lint, path);
	if (has_fault(lint, path) || xml_definition_load(&definition, path, NULL, NULL, &err) != 0)
		return;
	root = xml_definition_root(definition);
	of = text_trim(xml_attribute_find(root->attributes, root->attribute_count, "dataset"));
	if (of.len > 0
	    && (path_format(dataset, &err, "%s/%.*s.xml", lint->places->schemas, (int)of.len, of.at) != 0
		|| !file_exists(dataset)))
		tell(lint, path, root->line, "there is no such dataset");
	xml_definition_free(definition);
}

/* Code sets of datasets were told of with them; the others are checked here. */
static void
lint_codes(struct lint *lint, const char *path, const char *stem)
{
	char folder[FILE_PATH_MAX], present[FILE_PATH_MAX], mark[FILE_PATH_MAX];
	struct text name = text_from(stem);
	struct codes *codes;
	struct err err;

	if (path_format(folder, &err, "%s/codes", lint->places->schemas) != 0)
		return;
	if (text_ends(name, TEXT("_history"))) {
		name.len -= strlen("_history");
		if (path_format(present, &err, "%s/%.*s.csv", folder, (int)name.len, name.at) == 0
		    && !file_exists(present))
			tell(lint, path, 0, "there is no present set to this history");
		return;
	}
	lint->counts->codes++;
	if (has_fault(lint, path) || path_format(mark, &err, "\n%s\n", stem) != 0
	    || text_find(buffer_as_text(&lint->used), text_from(mark)) != SIZE_MAX)
		return;
	/* Without its dataset nobody knows whether names may be shared. */
	codes = codes_load_telling(folder, stem, lint->blind, tell, lint, &err);
	codes_free(codes);
}

int
lint_run(const struct lint_places *places, schema_complain *complain, void *self, struct lint_counts *counts,
    struct err *err)
{
	struct lint lint = { .places = places, .complain = complain, .self = self, .err = err, .counts = counts };
	char path[FILE_PATH_MAX];

	*counts = (struct lint_counts){ 0 };
	buffer_init(&lint.told, TOLD_BYTES);
	buffer_init(&lint.used, TOLD_BYTES);
	if (path_format(path, err, "%s/%s.xml", places->schemas, places->dataset) != 0)
		tell(&lint, places->schemas, 0, err->what);
	else if (!file_exists(path))
		tell(&lint, path, 0, "there is no such dataset");
	each_file(&lint, places->schemas, ".xml", lint_dataset);
	each_file(&lint, places->schemas, ".xml", lint_form);
	for (size_t i = 0; places->sources[i]; i++) {
		if (file_exists(places->sources[i]))
			each_file(&lint, places->sources[i], ".xml", lint_of_dataset);
	}
	for (size_t i = 0; places->grants != NULL && places->grants[i] != NULL; i++) {
		if (file_exists(places->grants[i]))
			each_file(&lint, places->grants[i], ".xml", lint_of_dataset);
	}
	for (size_t i = 0; places->others != NULL && places->others[i] != NULL; i++) {
		counts->others++;
		check_form(&lint, places->others[i]);
	}
	if (path_format(path, err, "%s/codes", places->schemas) == 0)
		each_file(&lint, path, ".csv", lint_codes);
	buffer_fini(&lint.told);
	buffer_fini(&lint.used);
	return counts->faults > 0 ? -1 : 0;
}

/* ---- pages ---- */

/* ${text} as the inside of a table's cell. */
static void
put_cell(struct buffer *out, struct text text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '|')
			buffer_char(out, '\\');
		buffer_char(out, text.at[i] == '\n' ? ' ' : text.at[i]);
	}
}

static void
put_row(struct buffer *out, struct text name, const char *severity, struct text zh, struct text en)
{
	buffer_string(out, "| `");
	buffer_text(out, name);
	buffer_string(out, "` | ");
	if (severity) {
		buffer_string(out, severity);
		buffer_string(out, " | ");
	}
	put_cell(out, zh);
	buffer_string(out, " | ");
	put_cell(out, en);
	buffer_string(out, " |\n");
}

void
lint_rules_page(const struct dataset *dataset, struct buffer *out)
{
	buffer_string(out,
	    "# Rules\n\nWhat can be wrong with a row, a cell or a file, and what its sender is "
	    "told. Made from "
	    "`schemas/rules.xml` and\n`schemas/refusals.xml` by `yici lint --rules`; change those, "
	    "not this "
	    "page.\n\n"
	    "- **reject**: the row cannot be used and goes back whole.\n"
	    "- **error**: the value is not used; the cell goes back to be mended.\n"
	    "- **query**: the value is used; the sender mends it or explains.\n\n"
	    "`{field}` stands for the column's field.\n\n"
	    "## Rows and cells\n\n| rule | severity | 中文 | English |\n|---|---|---|---|\n");
	for (int rule = 0; rule < RULE_COUNT; rule++)
		put_row(out, text_from(rule_name((enum rule)rule)), severity_name(dataset->rules[rule].severity),
		    dataset->rules[rule].zh, dataset->rules[rule].en);
	buffer_string(out, "\n## Files and sheets\n\n| reason | 中文 | English |\n|---|---|---|\n");
	for (size_t i = 1; i < dataset->refusal_count; i++)
		put_row(out, dataset->refusals[i].name, NULL, dataset->refusals[i].zh, dataset->refusals[i].en);
}

void
lint_fields_page(const struct dataset *dataset, struct buffer *out)
{
	struct text group = { 0 };

	for (size_t i = 0; i < dataset->field_count; i++) {
		const struct field *field = &dataset->fields[i];

		if (!text_eq(field->group, group)) {
			group = field->group;
			buffer_format(out, "\n### %.*s\n\n", (int)group.len, group.at);
			buffer_string(out, "| 中文 | word | type | codes | English |\n|---|---|---|---|---|\n");
		}
		buffer_string(out, "| ");
		put_cell(out, field->zh);
		buffer_format(
		    out, " | `%.*s` | %s | ", (int)field->name.len, field->name.at, field_type_name(field->type));
		if (field->codes)
			buffer_text(out, codes_name(field->codes));
		buffer_string(out, " | ");
		put_cell(out, field->en);
		buffer_string(out, " |\n");
	}
}

void
lint_schema_page(const struct dataset *dataset, struct buffer *out)
{
	buffer_format(out,
	    "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"$id\": "
	    "\"urn:yici:schema:%.*s:1-0-0\",\n"
	    "  \"title\": \"One %.*s of the consolidated dataset\",\n  \"type\": \"object\",\n  \"properties\": {\n"
	    "    \"%.*s\": {\"type\": \"string\", \"pattern\": \"^[0-9a-f]{32}$\"},\n"
	    "    \"presence\": {\"enum\": [\"present\", \"absent\", \"stale\", \"left\", \"back\"]},\n"
	    "    \"since\": {\"type\": \"string\", \"format\": \"date\"},\n"
	    "    \"reason\": {\"type\": \"string\", \"minLength\": 1, \"description\": "
	    "\"Why presence is so: a word, and behind a colon what more there is to say\"},\n"
	    "    \"pinned\": {\"type\": \"string\", \"minLength\": 1, \"description\": "
	    "\"Names of the fields whose values people have pinned, a space between\"}",
	    (int)dataset->name.len, dataset->name.at, (int)dataset->name.len, dataset->name.at,
	    (int)dataset->id_key.len, dataset->id_key.at);
	for (size_t i = 0; i < dataset->field_count; i++) {
		const struct field *field = &dataset->fields[i];

		buffer_format(out,
		    ",\n    \"%.*s\": {\"type\": \"string\", \"minLength\": 1, \"title\": ", (int)field->name.len,
		    field->name.at);
		buffer_json_string(out, field->zh);
		buffer_string(out, ", \"description\": ");
		buffer_json_string(out, field->en);
		buffer_char(out, '}');
	}
	buffer_format(out,
	    "\n  },\n  \"required\": [\"%.*s\", \"presence\", \"since\", \"reason\"],\n  "
	    "\"additionalProperties\": false\n}\n",
	    (int)dataset->id_key.len, dataset->id_key.at);
}
