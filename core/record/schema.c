/*
 * schema.c - datasets; see schema.h and the head of schemas/student.xml.
 *
 * The texts of a dataset point into the definitions they were read from, which live as long as it
 * does. Loading goes in passes: names of all fields first, so that one may speak of another
 * wherever it stands; then each field; then what needs fields: roles, headers, agreements; rules
 * and refusals last. A fault never ends it: all are told.
 */
#include "core/record/schema.h"

#include <stdlib.h>

#include "core/base/buffer.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/record/definition.h"
#include "core/record/lookup.h"
#include "core/record/source.h"

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define FOLD_BYTES 400
/* Numbers in the table of headers that are no fields. */
#define HEADER_AS_IGNORED FIELDS_MAX
#define HEADER_AS_NEVER (FIELDS_MAX + 1)

struct schema {
	struct dataset dataset;
	struct arena arena;
	struct xml_definition *definition, *rules, *refusals;
	struct rule_text *rule_texts;       /* what the dataset shows as const */
	struct refusal_text *refusal_texts; /* the same */
	struct codes **codes;               /* sorted by name */
	size_t codes_count;
	struct lookup names, headers, implying; /* ${implying}: places in ${implications} */
	struct schema_implication {
		uint16_t of; /* the field whose headers these are */
		struct implication says;
	} * implications;
	size_t implication_count;
};

/* One loading. */
struct load {
	struct schema *schema;
	struct field *fields;
	const char *folder;
	char path[FILE_PATH_MAX];
	uint64_t digest;
	struct faults faults;
	bool memory; /* was short */
};

static const char *const type_names[FIELD_TYPES] = {
	[FIELD_TEXT] = "text",
	[FIELD_ADDRESS] = "address",
	[FIELD_NAME] = "name",
	[FIELD_ID_NO] = "id_no",
	[FIELD_STUDENT_NO] = "student_no",
	[FIELD_IDENTIFIER] = "identifier",
	[FIELD_SCHOOL_CODE] = "school_code",
	[FIELD_CODE] = "code",
	[FIELD_BOOL] = "bool",
	[FIELD_DIVISION] = "division",
	[FIELD_DATE] = "date",
	[FIELD_MONTH] = "month",
	[FIELD_DATE_RANGE] = "date_range",
	[FIELD_DATETIME] = "datetime",
	[FIELD_NUMBER] = "number",
	[FIELD_PHONE] = "phone",
	[FIELD_POSTCODE] = "postcode",
	[FIELD_GRADE] = "grade",
	[FIELD_CLASS] = "class",
	[FIELD_DISABILITY_CARD] = "disability_card",
	[FIELD_EMAIL] = "email",
};

static const char *const merge_names[] = { "trust", "recent", "union" };

/* The words of enum refusal (producers/readers/frame.h) in its order; a test compares both. */
static const char *const refusal_names[] = { "", "empty", "not_a_table", "encoding", "encrypted", "drm", "doctype",
	"truncated", "damaged", "bomb", "overlap", "unsafe_name", "nested", "limit_rows", "limit_bytes", "limit_memory",
	"limit_time", "unsupported", "crashed", "lied", "changed", "no_header", "no_person", "two_columns", "link",
	"unreadable", "hidden" };

const char *
field_type_name(enum field_type type)
{
	return type_names[type];
}

const char *
merge_rule_name(enum merge_rule merge)
{
	return merge_names[merge];
}

static bool
uses_codes(enum field_type type)
{
	return type == FIELD_CODE || type == FIELD_BOOL || type == FIELD_GRADE || type == FIELD_DIVISION;
}

/* ---- code sets ---- */

static bool
is_shared(const struct xml_element *root, struct text name)
{
	for (const struct xml_element *e = xml_element_child(root, "shared"); e; e = xml_element_next(e, "shared")) {
		if (text_eq(definition_get(e, "codes"), name))
			return true;
	}
	return false;
}

/* The set called ${name}, loaded when it is asked for first; NULL when it cannot be. */
static const struct codes *
codes_of(struct load *load, struct text name)
{
	struct schema *schema = load->schema;
	char folder[FILE_PATH_MAX], word[100];
	struct codes *codes;
	struct err err;
	size_t at = 0;

	while (at < schema->codes_count && text_compare(codes_name(schema->codes[at]), name) < 0)
		at++;
	if (at < schema->codes_count && text_eq(codes_name(schema->codes[at]), name))
		return schema->codes[at];
	if (name.len >= sizeof(word) || path_format(folder, &err, "%s/codes", load->folder) != 0)
		return NULL;
	memcpy(word, name.at, name.len);
	word[name.len] = '\0';
	codes = codes_load_telling(folder, word, is_shared(xml_definition_root(schema->definition), name),
	    load->faults.tell, load->faults.self, &err);
	if (!codes) {
		if (load->faults.count++ == 0)
			*load->faults.err = err;
		return NULL;
	}
	memmove(&schema->codes[at + 1], &schema->codes[at], (schema->codes_count - at) * sizeof(*schema->codes));
	schema->codes[at] = codes;
	schema->codes_count++;
	return codes;
}

/* ---- fields ---- */

/* The number of the field that the attribute names; FIELD_NONE when it is not there, or wrong and
 * told of. */
static uint16_t
field_number(struct load *load, const struct xml_element *element, const char *attribute)
{
	struct text name = definition_get(element, attribute);
	uint32_t number;

	if (name.len == 0)
		return FIELD_NONE;
	number = lookup_get(&load->schema->names, name);
	if (number != LOOKUP_NONE)
		return (uint16_t)number;
	faults_add(&load->faults, load->path, element->line, "there is no field \"%.*s\"", (int)name.len, name.at);
	return FIELD_NONE;
}

static bool
is_word(struct text text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (!((c >= 'a' && c <= 'z') || (i > 0 && ((c >= '0' && c <= '9') || c == '_'))))
			return false;
	}
	return text.len > 0;
}

/* Enter the names of all fields; -1 when there is no going on. */
static int
enter_names(struct load *load, const struct xml_element *root)
{
	struct schema *schema = load->schema;
	size_t count = 0;
	uint16_t number = 0;

	for (const struct xml_element *group = xml_element_child(root, "group"); group;
	     group = xml_element_next(group, "group")) {
		for (const struct xml_element *e = group->child; e; e = e->next)
			count++;
	}
	if (count == 0 || count > FIELDS_MAX) {
		faults_add(&load->faults, load->path, root->line, "a dataset has 1 to %d fields", FIELDS_MAX);
		return -1;
	}
	load->fields = arena_take(&schema->arena, count * sizeof(*load->fields));
	schema->codes = arena_take(&schema->arena, (count + 1) * sizeof(struct codes *));
	if (!load->fields || !schema->codes || lookup_init(&schema->names, &schema->arena, count) != 0) {
		load->memory = true;
		return -1;
	}
	for (const struct xml_element *group = xml_element_child(root, "group"); group;
	     group = xml_element_next(group, "group")) {
		for (const struct xml_element *e = group->child; e; e = e->next) {
			struct text name = definition_get(e, "name");
			uint32_t *place;

			if (!is_word(name)) {
				faults_add(&load->faults, load->path, e->line,
				    "a name is an English word: small letters, digits, _");
				number++;
				continue;
			}
			place = lookup_place(&schema->names, name);
			if (*place != LOOKUP_NONE)
				faults_add(&load->faults, load->path, e->line, "the field \"%.*s\" is defined twice",
				    (int)name.len, name.at);
			*place = number++;
		}
	}
	schema->dataset.fields = load->fields;
	schema->dataset.field_count = count;
	return 0;
}

static void
read_number(struct load *load, const struct xml_element *element, const char *attribute, double *value)
{
	struct text text = definition_get(element, attribute);
	char digits[40], *end;

	*value = 0;
	if (text.len == 0)
		return;
	if (text.len < sizeof(digits)) {
		memcpy(digits, text.at, text.len);
		digits[text.len] = '\0';
		*value = strtod(digits, &end);
		if (*end == '\0')
			return;
	}
	faults_add(&load->faults, load->path, element->line, "\"%s\" must be a number", attribute);
}

static void
read_flags(struct load *load, const struct xml_element *element, struct field *field)
{
	struct text rest = definition_get(element, "flags"), word;

	while (definition_word(&rest, ' ', &word)) {
		if (text_eq(word, TEXT("required")))
			field->required = true;
		else if (text_eq(word, TEXT("personal")))
			field->personal = true;
		else if (text_eq(word, TEXT("sensitive")))
			field->sensitive = true;
		else if (text_eq(word, TEXT("unread")))
			field->unread = true;
		else if (word.len > 0)
			faults_add(&load->faults, load->path, element->line, "there is no flag \"%.*s\"", (int)word.len,
			    word.at);
	}
}

static void
read_meanings(struct load *load, const struct xml_element *element, struct field *field)
{
	struct field_meaning *meanings;
	size_t count = 0;

	for (const struct xml_element *e = xml_element_child(element, "meaning"); e; e = xml_element_next(e, "meaning"))
		count++;
	if (count == 0)
		return;
	meanings = arena_take(&load->schema->arena, count * sizeof(*meanings));
	if (!meanings) {
		load->memory = true;
		return;
	}
	field->meanings = meanings;
	for (const struct xml_element *e = xml_element_child(element, "meaning"); e; e = xml_element_next(e, "meaning")) {
		struct field_meaning meaning = { definition_get(e, "raw"), definition_get(e, "code") };

		definition_check(e, "raw! code!", "", load->path, &load->faults);
		for (size_t i = 0; i < field->meaning_count; i++) {
			if (text_eq(meanings[i].raw, meaning.raw))
				faults_add(&load->faults, load->path, e->line, "\"%.*s\" has two meanings",
				    (int)meaning.raw.len, meaning.raw.at);
		}
		if (!field->codes)
			faults_add(&load->faults, load->path, e->line, "only a field with codes has meanings");
		else if (!codes_by_code(field->codes, meaning.code))
			faults_add(&load->faults, load->path, e->line, "the code %.*s does not exist in %.*s",
			    (int)meaning.code.len, meaning.code.at, (int)codes_name(field->codes).len,
			    codes_name(field->codes).at);
		meanings[field->meaning_count++] = meaning;
	}
}

/* What the type asks of the other attributes. */
static void
check_type(struct load *load, const struct xml_element *element, const struct field *field)
{
	const char *type = field_type_name(field->type);
	const struct text codes = definition_get(element, "codes");

	if (uses_codes(field->type) && field->type != FIELD_BOOL && codes.len == 0)
		faults_add(&load->faults, load->path, element->line, "a field of type %s needs \"codes\"", type);
	if ((!uses_codes(field->type) || field->type == FIELD_BOOL) && codes.len > 0)
		faults_add(&load->faults, load->path, element->line, "a field of type %s has no \"codes\"", type);
	if (definition_get(element, "companion").len > 0 && field->type != FIELD_ID_NO && field->type != FIELD_CLASS)
		faults_add(&load->faults, load->path, element->line, "a field of type %s has no \"companion\"", type);
	if (field->type != FIELD_NUMBER
	    && (definition_get(element, "min").len > 0 || definition_get(element, "max").len > 0))
		faults_add(&load->faults, load->path, element->line, "only a number has \"min\" and \"max\"");
	if (field->min > field->max)
		faults_add(&load->faults, load->path, element->line, "\"min\" is above \"max\"");
}

static void
read_field(struct load *load, const struct xml_element *element, struct text group, struct field *field)
{
	struct text merge = definition_get(element, "merge"), type = definition_get(element, "type");
	struct text codes = definition_get(element, "codes");
	double length;
	int choice;

	definition_check(element, "name! zh! en! type! codes companion merge flags length min max", "headers meaning",
	    load->path, &load->faults);
	field->name = definition_get(element, "name");
	field->zh = definition_get(element, "zh");
	field->en = definition_get(element, "en");
	field->group = group;
	field->companion = field_number(load, element, "companion");
	choice = definition_choice(type, type_names, FIELD_TYPES);
	if (choice < 0 && type.len > 0)
		faults_add(
		    &load->faults, load->path, element->line, "there is no type \"%.*s\"", (int)type.len, type.at);
	field->type = choice < 0 ? FIELD_TEXT : (enum field_type)choice;
	choice = merge.len == 0 ? 0 : definition_choice(merge, merge_names, ARRAY_LEN(merge_names));
	if (choice < 0)
		faults_add(&load->faults, load->path, element->line, "there is no way to merge \"%.*s\"",
		    (int)merge.len, merge.at);
	field->merge = choice < 0 ? MERGE_TRUST : (enum merge_rule)choice;
	if (field->type == FIELD_BOOL)
		codes = TEXT("yes_no");
	else if (!uses_codes(field->type))
		codes.len = 0;
	field->codes = codes.len > 0 ? codes_of(load, codes) : NULL;
	read_flags(load, element, field);
	read_number(load, element, "length", &length);
	if (length < 0 || length > 100000)
		faults_add(&load->faults, load->path, element->line, "\"length\" is 1 to 100000");
	else
		field->length_max = (uint32_t)length;
	read_number(load, element, "min", &field->min);
	read_number(load, element, "max", &field->max);
	if (choice >= 0)
		check_type(load, element, field);
	if (field->codes || !uses_codes(field->type))
		read_meanings(load, element, field);
}

static void
check_companions(struct load *load, const struct xml_element *root)
{
	const struct field *field = load->fields;

	for (const struct xml_element *group = xml_element_child(root, "group"); group;
	     group = xml_element_next(group, "group")) {
		for (const struct xml_element *e = group->child; e; e = e->next, field++) {
			enum field_type type;

			if (field->companion == FIELD_NONE)
				continue;
			type = load->fields[field->companion].type;
			if ((field->type == FIELD_ID_NO && type != FIELD_CODE)
			    || (field->type == FIELD_CLASS && type != FIELD_GRADE))
				faults_add(&load->faults, load->path, e->line,
				    "the companion of \"%.*s\" has the wrong type", (int)field->name.len,
				    field->name.at);
		}
	}
}

static void
read_fields(struct load *load, const struct xml_element *root)
{
	struct field *field = load->fields;

	for (const struct xml_element *group = xml_element_child(root, "group"); group;
	     group = xml_element_next(group, "group")) {
		definition_check(group, "name! zh! en!", "field", load->path, &load->faults);
		for (const struct xml_element *e = group->child; e; e = e->next, field++) {
			field->number = (uint16_t)(field - load->fields);
			read_field(load, e, definition_get(group, "name"), field);
		}
	}
	check_companions(load, root);
}

/* ---- headers ---- */

/* Let ${header} lead to ${number} unless it leads elsewhere already. */
static void
enter_header(struct load *load, struct text header, uint32_t number, unsigned line)
{
	struct schema *schema = load->schema;
	char out[FOLD_BYTES];
	struct text folded = { out, header_fold(header, out, sizeof(out)) };
	uint32_t known;

	if (folded.len == 0) {
		faults_add(&load->faults, load->path, line, "a header is empty");
		return;
	}
	known = lookup_get(&schema->headers, folded);
	if (known == number)
		return;
	if (known != LOOKUP_NONE) {
		faults_add(&load->faults, load->path, line, "the header \"%.*s\" leads to two fields", (int)header.len,
		    header.at);
		return;
	}
	folded = arena_text(&schema->arena, folded);
	if (folded.at)
		*lookup_place(&schema->headers, folded) = number;
	else
		load->memory = true;
}

static size_t
count_bars(struct text text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '|';
	return count;
}

static void
enter_list(struct load *load, const struct xml_element *element, uint32_t number)
{
	struct text rest = element ? element->text : (struct text){ 0 }, header;

	while (definition_word(&rest, '|', &header))
		enter_header(load, header, number, element->line);
}

/* What <headers implies="FIELD=CODE"> says of its headers. */
static void
enter_implied(struct load *load, const struct xml_element *list, const struct field *field)
{
	struct schema *schema = load->schema;
	struct text rest = definition_get(list, "implies"), name, value, header;
	uint32_t number;

	if (rest.len == 0)
		return;
	if (!definition_word(&rest, '=', &name) || !definition_word(&rest, '=', &value)
	    || (number = lookup_get(&schema->names, name)) == LOOKUP_NONE || load->fields[number].codes == NULL
	    || codes_by_code(load->fields[number].codes, value) == NULL) {
		faults_add(&load->faults, load->path, list->line,
		    "implies must be a field and one of its codes: \"member1_relation=51\"");
		return;
	}
	schema->implications[schema->implication_count] = (struct schema_implication){
		.of = field->number,
		.says = { (uint16_t)number, value },
	};
	rest = list->text;
	while (definition_word(&rest, '|', &header)) {
		char out[FOLD_BYTES];
		struct text folded = arena_text(
		    &schema->arena, (struct text){ out, header_fold(header, out, sizeof(out)) });

		if (folded.at == NULL)
			load->memory = true;
		else
			*lookup_place(&schema->implying, folded) = (uint32_t)schema->implication_count;
	}
	schema->implication_count++;
}

/* The headers of all fields, then those that are ignored and those that never enter. */
static void
read_headers(struct load *load, const struct xml_element *root)
{
	struct schema *schema = load->schema;
	const struct xml_element *ignore = xml_element_child(root, "ignore");
	const struct xml_element *never = xml_element_child(root, "never");
	struct field *field = load->fields;
	size_t most = schema->dataset.field_count + 2, lists = 1;

	most += ignore ? count_bars(ignore->text) + 1 : 0;
	most += never ? count_bars(never->text) + 1 : 0;
	for (const struct xml_element *group = xml_element_child(root, "group"); group;
	     group = xml_element_next(group, "group")) {
		for (const struct xml_element *e = group->child; e; e = e->next) {
			for (const struct xml_element *h = e->child; h; h = h->next, lists++)
				most += count_bars(h->text) + 1;
		}
	}
	schema->implications = arena_take(&schema->arena, lists * sizeof(*schema->implications));
	if (schema->implications == NULL || lookup_init(&schema->headers, &schema->arena, most) != 0
	    || lookup_init(&schema->implying, &schema->arena, most) != 0) {
		load->memory = true;
		return;
	}
	for (const struct xml_element *group = xml_element_child(root, "group"); group;
	     group = xml_element_next(group, "group")) {
		for (const struct xml_element *e = group->child; e; e = e->next, field++) {
			const struct xml_element *list = xml_element_child(e, "headers");
			uint32_t number = field->unread ? HEADER_AS_IGNORED : field->number;
			size_t count = 2;
			struct text *headers;

			for (const struct xml_element *h = list; h; h = xml_element_next(h, "headers"))
				count += count_bars(h->text) + 1;
			headers = arena_take(&schema->arena, count * sizeof(*headers));
			if (!headers) {
				load->memory = true;
				return;
			}
			enter_header(load, field->zh, number, e->line);
			headers[field->header_count++] = field->zh;
			for (; list; list = xml_element_next(list, "headers")) {
				struct text rest = list->text;

				definition_check(list, "implies", "", load->path, &load->faults);
				enter_list(load, list, number);
				enter_implied(load, list, field);
				while (definition_word(&rest, '|', &headers[field->header_count]))
					field->header_count++;
			}
			if (field->unread)
				field->header_count = 0;
			else
				field->headers = headers;
		}
	}
	enter_list(load, ignore, HEADER_AS_IGNORED);
	enter_list(load, never, HEADER_AS_NEVER);
}

/* ---- roles and agreements ---- */

static void
read_roles(struct load *load, const struct xml_element *root)
{
	struct roles *roles = &load->schema->dataset.roles;
	const struct xml_element *element = xml_element_child(root, "roles");
	struct {
		const char *name;
		uint16_t *field;
		enum field_type type;
	} table[] = {
		{ "name", &roles->name, FIELD_NAME },
		{ "sex", &roles->sex, FIELD_CODE },
		{ "birth_date", &roles->birth_date, FIELD_DATE },
		{ "id_no", &roles->id_no, FIELD_ID_NO },
		{ "id_type", &roles->id_type, FIELD_CODE },
		{ "student_no", &roles->student_no, FIELD_STUDENT_NO },
		{ "school_code", &roles->school_code, FIELD_SCHOOL_CODE },
		{ "school_name", &roles->school_name, FIELD_TEXT },
		{ "grade", &roles->grade, FIELD_GRADE },
		{ "class_name", &roles->class_name, FIELD_CLASS },
		{ "updated_at", &roles->updated_at, FIELD_DATETIME },
		{ "status", &roles->status, FIELD_CODE },
		{ "guardian", &roles->guardian, FIELD_NAME },
		{ "key", &roles->key, FIELD_IDENTIFIER },
	};

	if (element)
		definition_check(element,
		    "name sex birth_date id_no id_type student_no school_code school_name grade "
		    "class_name "
		    "updated_at status guardian key",
		    "", load->path, &load->faults);
	else
		faults_add(&load->faults, load->path, root->line, "<dataset> needs <roles>");
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		uint16_t number = element ? field_number(load, element, table[i].name) : FIELD_NONE;

		*table[i].field = number;
		if (number != FIELD_NONE && load->fields[number].type != table[i].type)
			faults_add(&load->faults, load->path, element->line, "the role \"%s\" needs a field of type %s",
			    table[i].name, field_type_name(table[i].type));
	}
	if (element && definition_get(element, "name").len == 0 && definition_get(element, "key").len == 0)
		faults_add(&load->faults, load->path, element->line,
		    "<roles> needs the attribute \"name\" or \"key\": nobody could be told apart");
	if (roles->id_no != FIELD_NONE && load->fields[roles->id_no].companion != roles->id_type)
		faults_add(&load->faults, load->path, element ? element->line : 0,
		    "the role \"id_type\" must be the companion of the role \"id_no\"");
}

/* Check that ${code}, of an agreement, is one of ${field}. */
static void
check_code(struct load *load, const struct xml_element *element, uint16_t field, struct text code)
{
	const struct codes *codes = field != FIELD_NONE ? load->fields[field].codes : NULL;

	if (text_starts(code, TEXT("!"))) {
		code.at++;
		code.len--;
	}
	if (field != FIELD_NONE && (!codes || !codes_by_code(codes, code)))
		faults_add(&load->faults, load->path, element->line, "the code %.*s does not exist in \"%.*s\"",
		    (int)code.len, code.at, (int)load->fields[field].name.len, load->fields[field].name.at);
}

static void
read_agreements(struct load *load, const struct xml_element *root)
{
	struct dataset *dataset = &load->schema->dataset;
	struct agreement *agreements;
	size_t count = 0;

	for (const struct xml_element *e = xml_element_child(root, "agree"); e; e = xml_element_next(e, "agree"))
		count++;
	agreements = arena_take(&load->schema->arena, (count + 1) * sizeof(*agreements));
	if (!agreements) {
		load->memory = true;
		return;
	}
	dataset->agreements = agreements;
	for (const struct xml_element *e = xml_element_child(root, "agree"); e; e = xml_element_next(e, "agree")) {
		struct agreement *agreement = &agreements[dataset->agreement_count++];

		definition_check(e, "field! when! with! then!", "", load->path, &load->faults);
		agreement->field = field_number(load, e, "field");
		agreement->with = field_number(load, e, "with");
		agreement->when = definition_get(e, "when");
		agreement->then = definition_get(e, "then");
		if (text_starts(agreement->when, TEXT("!")))
			faults_add(&load->faults, load->path, e->line, "\"when\" is one code");
		check_code(load, e, agreement->field, agreement->when);
		check_code(load, e, agreement->with, agreement->then);
	}
}

/* ---- leaving ---- */

#define BACK_DAYS 30 /* where the definition does not say */
#define BACK_DAYS_MAX 3650

static bool
is_reason(struct text word)
{
	if (word.len == 0 || word.len > LEAVING_REASON_MAX || word.at[0] < 'a' || word.at[0] > 'z')
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_", word.at[i]) == NULL)
			return false;
	}
	return true;
}

/* One element: an entry for each of its codes. ${leavings} has room. */
static void
read_leaving(struct load *load, const struct xml_element *e, struct leaving *leavings)
{
	struct dataset *dataset = &load->schema->dataset;
	struct leaving leaving;
	struct text rest = definition_get(e, "codes"), code;

	definition_check(e, "field! codes! reason! date", "", load->path, &load->faults);
	leaving = (struct leaving){ .field = field_number(load, e, "field"),
		.date = field_number(load, e, "date"),
		.reason = definition_get(e, "reason") };
	if (leaving.field != FIELD_NONE
	    && (load->fields[leaving.field].codes == NULL || load->fields[leaving.field].merge == MERGE_UNION))
		faults_add(&load->faults, load->path, e->line, "who has left is told by a field of one code");
	if (leaving.date != FIELD_NONE && load->fields[leaving.date].type != FIELD_DATE)
		faults_add(&load->faults, load->path, e->line, "\"date\" needs a field of type date");
	if (!is_reason(leaving.reason))
		faults_add(&load->faults, load->path, e->line,
		    "\"reason\" is a word of at most %d small letters, digits and _", LEAVING_REASON_MAX);
	while (definition_word(&rest, ' ', &code)) {
		if (code.len == 0)
			continue;
		check_code(load, e, leaving.field, code);
		for (size_t i = 0; i < dataset->leaving_count; i++) {
			if (leavings[i].field == leaving.field && text_eq(leavings[i].code, code))
				faults_add(&load->faults, load->path, e->line, "the code %.*s means leaving twice",
				    (int)code.len, code.at);
		}
		leaving.code = code;
		leavings[dataset->leaving_count++] = leaving;
	}
}

static void
read_presence(struct load *load, const struct xml_element *root)
{
	struct dataset *dataset = &load->schema->dataset;
	const struct xml_element *element = xml_element_child(root, "presence");
	struct leaving *leavings;
	uint64_t days = BACK_DAYS;
	size_t room = 0;

	if (element != NULL) {
		struct text said = definition_get(element, "back_days");

		definition_check(element, "back_days", "leaving", load->path, &load->faults);
		if (xml_element_next(element, "presence") != NULL)
			faults_add(&load->faults, load->path, element->line, "<presence> stands here twice");
		if (said.len > 0 && (!text_to_u64(said, &days) || days > BACK_DAYS_MAX))
			faults_add(&load->faults, load->path, element->line, "\"back_days\" is a number up to %d",
			    BACK_DAYS_MAX);
		for (const struct xml_element *e = element->child; e; e = e->next)
			room += definition_get(e, "codes").len; /* more than words */
	}
	dataset->back_days = (uint16_t)days;
	leavings = arena_take(&load->schema->arena, (room + 1) * sizeof(*leavings));
	if (leavings == NULL) {
		load->memory = true;
		return;
	}
	dataset->leavings = leavings;
	if (element != NULL)
		for (const struct xml_element *e = xml_element_child(element, "leaving"); e;
		     e = xml_element_next(e, "leaving"))
			read_leaving(load, e, leavings);
}

/* ---- rules and refusals ---- */

/* The texts of <zh> and <en> in ${element}; {field} is all that may stand in braces. */
static void
read_sentences(struct load *load, const struct xml_element *element, const char *attributes, bool braces,
    struct text *zh, struct text *en)
{
	static const char *const words[] = { "zh", "en" };
	struct text *const into[] = { zh, en };

	definition_check(element, attributes, "zh en", load->path, &load->faults);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const struct xml_element *e = xml_element_child(element, words[i]);
		struct text rest;

		if (!e || e->text.len == 0 || xml_element_next(e, words[i])) {
			faults_add(&load->faults, load->path, element->line, "one <%s> with words is needed", words[i]);
			continue;
		}
		*into[i] = rest = e->text;
		for (size_t at; (at = text_find(rest, TEXT("{"))) != SIZE_MAX;) {
			rest.at += at;
			rest.len -= at;
			if (!braces || !text_starts(rest, TEXT("{field}")))
				faults_add(&load->faults, load->path, e->line,
				    braces ? "only {field} may stand in braces" : "nothing stands for braces here");
			rest.at++;
			rest.len--;
		}
	}
}

static void
read_rules(struct load *load)
{
	static const char *const severities[] = { "reject", "error", "query" };
	struct rule_text *rules = arena_take(&load->schema->arena, RULE_COUNT * sizeof(*rules));
	const struct xml_element *root = xml_definition_root(load->schema->rules);

	if (!rules) {
		load->memory = true;
		return;
	}
	load->schema->dataset.rules = load->schema->rule_texts = rules;
	definition_check(root, "", "rule", load->path, &load->faults);
	for (const struct xml_element *e = root->child; e; e = e->next) {
		struct text name = definition_get(e, "name"), word = definition_get(e, "severity");
		int severity = definition_choice(word, severities, ARRAY_LEN(severities));
		int rule = 0;

		while (rule < RULE_COUNT && !text_eq(name, text_from(rule_name((enum rule)rule))))
			rule++;
		if (rule == RULE_COUNT) {
			faults_add(&load->faults, load->path, e->line, "the program has no rule \"%.*s\"",
			    (int)name.len, name.at);
			continue;
		}
		if (rules[rule].zh.at)
			faults_add(&load->faults, load->path, e->line, "the rule \"%.*s\" stands here twice",
			    (int)name.len, name.at);
		if (severity < 0)
			faults_add(&load->faults, load->path, e->line, "the severity is reject, error or query");
		else
			rules[rule].severity = (enum severity)severity;
		read_sentences(load, e, "name! severity!", true, &rules[rule].zh, &rules[rule].en);
		if (!rules[rule].zh.at)
			rules[rule].zh = TEXT("");
	}
	for (int rule = 0; rule < RULE_COUNT; rule++) {
		if (!rules[rule].zh.at)
			faults_add(&load->faults, load->path, root->line, "the rule \"%s\" has no words",
			    rule_name((enum rule)rule));
	}
}

static void
read_refusals(struct load *load)
{
	size_t count = ARRAY_LEN(refusal_names);
	struct refusal_text *refusals = arena_take(&load->schema->arena, count * sizeof(*refusals));
	const struct xml_element *root = xml_definition_root(load->schema->refusals);

	if (!refusals) {
		load->memory = true;
		return;
	}
	load->schema->dataset.refusals = load->schema->refusal_texts = refusals;
	load->schema->dataset.refusal_count = count;
	for (size_t i = 0; i < count; i++)
		refusals[i].name = text_from(refusal_names[i]);
	refusals[0].zh = refusals[0].en = TEXT("");
	definition_check(root, "", "refusal", load->path, &load->faults);
	for (const struct xml_element *e = root->child; e; e = e->next) {
		struct text name = definition_get(e, "name");
		int reason = definition_choice(name, refusal_names, count);

		if (reason <= 0) {
			faults_add(&load->faults, load->path, e->line, "the program has no refusal \"%.*s\"",
			    (int)name.len, name.at);
			continue;
		}
		if (refusals[reason].zh.at)
			faults_add(&load->faults, load->path, e->line, "the refusal \"%.*s\" stands here twice",
			    (int)name.len, name.at);
		read_sentences(load, e, "name!", false, &refusals[reason].zh, &refusals[reason].en);
		if (!refusals[reason].zh.at)
			refusals[reason].zh = TEXT("");
	}
	for (size_t i = 1; i < count; i++) {
		if (!refusals[i].zh.at)
			faults_add(
			    &load->faults, load->path, root->line, "the refusal \"%s\" has no words", refusal_names[i]);
	}
}

/* ---- words ---- */

struct text
dataset_says(const struct dataset *dataset, struct text text, struct arena *words)
{
	static const struct text zh = TEXT("学生"), en = TEXT("student");
	struct text said = text;
	struct buffer out;

	if (words == NULL || text_eq(dataset->name, en)
	    || (text_find(text, zh) == SIZE_MAX && text_find(text, en) == SIZE_MAX))
		return text;
	buffer_init(&out, (size_t)1 << 20);
	for (size_t pos = 0; pos < text.len;) {
		struct text rest = { text.at + pos, text.len - pos };

		if (text_starts(rest, zh)) {
			buffer_text(&out, dataset->zh);
			pos += zh.len;
		} else if (text_starts(rest, en)) {
			buffer_text(&out, dataset->name);
			pos += en.len;
		} else {
			buffer_char(&out, text.at[pos++]);
		}
	}
	if (!buffer_failed(&out))
		said = arena_text(words, buffer_as_text(&out));
	buffer_fini(&out);
	return said.at == NULL ? text : said;
}

/* What a row of another dataset must have one of to be anybody's: its fields in the roles that identify. */
static void
say_no_identity(struct load *load, struct rule_text *rule)
{
	struct dataset *dataset = &load->schema->dataset;
	const struct roles *roles = &dataset->roles;
	const uint16_t wanted[] = { roles->key, roles->id_no, roles->student_no, roles->birth_date };
	struct buffer zh, en;
	const char *between = "", *between_en = "";

	buffer_init(&zh, 1 << 16);
	buffer_init(&en, 1 << 16);
	buffer_string(
	    &zh, roles->name != FIELD_NONE ? "这一行没有任何可以确认身份的信息" : "这一行没有任何信息可以确认是哪一条");
	buffer_string(&zh, "。请至少补填其中一项：");
	buffer_string(&en, "Nothing in the row tells whose it is, or which. Enter at least one of: ");
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		if (wanted[i] == FIELD_NONE)
			continue;
		buffer_string(&zh, between);
		buffer_text(&zh, dataset->fields[wanted[i]].zh);
		buffer_string(&en, between_en);
		buffer_text(&en, dataset->fields[wanted[i]].en);
		between = "、";
		between_en = ", ";
	}
	if (roles->name != FIELD_NONE && roles->school_name != FIELD_NONE && roles->class_name == FIELD_NONE) {
		buffer_format(&zh, "%s学校", between);
		buffer_format(&en, "%sschool", between_en);
	}
	buffer_string(&zh, "，然后重新报送这一行。");
	buffer_string(&en, "; then send the row again.");
	if (!buffer_failed(&zh) && !buffer_failed(&en)) {
		struct text said_zh = arena_text(&load->schema->arena, buffer_as_text(&zh));
		struct text said_en = arena_text(&load->schema->arena, buffer_as_text(&en));

		rule->zh = said_zh.at != NULL ? said_zh : rule->zh;
		rule->en = said_en.at != NULL ? said_en : rule->en;
	}
	buffer_fini(&zh);
	buffer_fini(&en);
}

/* Rules and refusals are one file for all datasets, and written of students. */
static void
say_rules(struct load *load)
{
	struct dataset *dataset = &load->schema->dataset;
	struct rule_text *rules = load->schema->rule_texts;
	struct refusal_text *refusals = load->schema->refusal_texts;

	if (rules != NULL && load->fields != NULL && load->faults.count == 0 && !text_eq(dataset->name, TEXT("student")))
		say_no_identity(load, &rules[RULE_no_identity]);
	for (int i = 0; rules != NULL && i < RULE_COUNT; i++) {
		rules[i].zh = dataset_says(dataset, rules[i].zh, &load->schema->arena);
		rules[i].en = dataset_says(dataset, rules[i].en, &load->schema->arena);
	}
	for (size_t i = 0; refusals != NULL && i < dataset->refusal_count; i++) {
		refusals[i].zh = dataset_says(dataset, refusals[i].zh, &load->schema->arena);
		refusals[i].en = dataset_says(dataset, refusals[i].en, &load->schema->arena);
	}
}

/* ---- the whole ---- */

/* Load FOLDER/NAME.xml with ${root} outermost; its digest goes into the dataset's. NULL when it has
 * faults. */
static struct xml_definition *
open_part(struct load *load, const char *name, const char *root)
{
	struct xml_definition *definition;
	uint64_t digest = 0;

	if (path_format(load->path, load->faults.err, "%s/%s.xml", load->folder, name) != 0) {
		faults_failed(&load->faults, load->folder);
		return NULL;
	}
	definition = definition_load(load->path, root, &digest, &load->faults);
	load->digest = hash64(&digest, sizeof(digest), load->digest);
	return definition;
}

/* The two as one text; empty when memory is short. */
static struct text
joined(struct load *load, struct text word, struct text tail)
{
	char *both = arena_take(&load->schema->arena, word.len + tail.len);

	if (both == NULL) {
		load->memory = true;
		return (struct text){ 0 };
	}
	memcpy(both, word.at, word.len);
	memcpy(both + word.len, tail.at, tail.len);
	return (struct text){ both, word.len + tail.len };
}

static void
read_dataset(struct load *load, const struct xml_element *root)
{
	struct dataset *dataset = &load->schema->dataset;

	definition_check(
	    root, "name! zh! en!", "roles presence shared group ignore never agree", load->path, &load->faults);
	dataset->name = definition_get(root, "name");
	dataset->zh = definition_get(root, "zh");
	dataset->en = definition_get(root, "en");
	dataset->files = joined(load, dataset->name, TEXT("s"));
	dataset->id_key = joined(load, dataset->name, TEXT("_id"));
	dataset->id_zh = joined(load, dataset->zh, TEXT("编号"));
	for (const struct xml_element *e = xml_element_child(root, "shared"); e; e = xml_element_next(e, "shared"))
		definition_check(e, "codes!", "", load->path, &load->faults);
	if (enter_names(load, root) != 0)
		return;
	read_fields(load, root);
	read_headers(load, root);
	read_roles(load, root);
	read_agreements(load, root);
	read_presence(load, root);
}

struct dataset *
dataset_load(const char *folder, const char *name, schema_complain *complain, void *self, struct err *err)
{
	struct schema *schema = calloc(1, sizeof(*schema));
	struct load load = {
		.schema = schema,
		.folder = folder,
		.faults = { complain, self, err, 0 },
	};

	if (!schema) {
		err_set(err, ERR_STOP, "%s/%s.xml: not enough memory", folder, name);
		return NULL;
	}
	schema->dataset.schema = schema;
	arena_init(&schema->arena, ARENA_BYTES);
	schema->definition = open_part(&load, name, "dataset");
	if (schema->definition) {
		read_dataset(&load, xml_definition_root(schema->definition));
		if (!text_eq(schema->dataset.name, text_from(name)))
			faults_add(&load.faults, load.path, 0, "the file must be called as its dataset");
	}
	schema->rules = open_part(&load, "rules", "rules");
	if (schema->rules)
		read_rules(&load);
	schema->refusals = open_part(&load, "refusals", "refusals");
	if (schema->refusals)
		read_refusals(&load);
	say_rules(&load);
	if (load.memory) {
		err_set(err, ERR_STOP, "%s/%s.xml: not enough memory", folder, name);
		faults_failed(&load.faults, load.path);
	}
	if (load.faults.count > 0) {
		dataset_free(&schema->dataset);
		return NULL;
	}
	for (size_t i = 0; i < schema->codes_count; i++) {
		struct text set = codes_name(schema->codes[i]);
		uint64_t digest = codes_digest(schema->codes[i]);

		load.digest = hash64(&digest, sizeof(digest), hash64(set.at, set.len, load.digest));
	}
	schema->dataset.digest = load.digest;
	return &schema->dataset;
}

void
dataset_free(struct dataset *dataset)
{
	struct schema *schema;

	if (!dataset)
		return;
	schema = (struct schema *)dataset; /* its first member */
	for (size_t i = 0; i < schema->codes_count; i++)
		codes_free(schema->codes[i]);
	xml_definition_free(schema->definition);
	xml_definition_free(schema->rules);
	xml_definition_free(schema->refusals);
	arena_fini(&schema->arena);
	free(schema);
}

const struct field *
dataset_field(const struct dataset *dataset, struct text name)
{
	uint32_t number = lookup_get(&dataset->schema->names, name);

	return number == LOOKUP_NONE ? NULL : &dataset->fields[number];
}

enum header_use
dataset_header(const struct dataset *dataset, struct text folded, uint16_t *field)
{
	uint32_t number = lookup_get(&dataset->schema->headers, folded);

	*field = FIELD_NONE;
	if (number == LOOKUP_NONE)
		return HEADER_UNKNOWN;
	if (number == HEADER_AS_IGNORED)
		return HEADER_IGNORED;
	if (number == HEADER_AS_NEVER)
		return HEADER_NEVER;
	*field = (uint16_t)number;
	return HEADER_FIELD;
}

const struct implication *
dataset_implication(const struct dataset *dataset, struct text folded)
{
	uint32_t place = lookup_get(&dataset->schema->implying, folded);

	return place == LOOKUP_NONE ? NULL : &dataset->schema->implications[place].says;
}

bool
dataset_implies(const struct dataset *dataset, uint16_t field, uint16_t of)
{
	const struct schema *schema = dataset->schema;
	bool found = false;

	for (size_t i = 0; i < schema->implication_count && !found; i++)
		found = schema->implications[i].of == field && schema->implications[i].says.field == of;
	return found;
}

const struct leaving *
dataset_leaving(const struct dataset *dataset, uint16_t field, struct text code)
{
	for (size_t i = 0; i < dataset->leaving_count; i++) {
		if (dataset->leavings[i].field == field && text_eq(dataset->leavings[i].code, code))
			return &dataset->leavings[i];
	}
	return NULL;
}

size_t
dataset_codes_count(const struct dataset *dataset)
{
	return dataset->schema->codes_count;
}

const struct codes *
dataset_codes_at(const struct dataset *dataset, size_t index)
{
	return dataset->schema->codes[index];
}
