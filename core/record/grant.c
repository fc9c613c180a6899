/*
 * grant.c - see grant.h.
 */
#include "core/record/grant.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/file.h"
#include "core/record/day.h"
#include "core/record/definition.h"

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define GRANTS_MAX 10000
#define DAYS_WEEK 7
#define DAYS_TO_MONDAY 3 /* 1970-01-01 was a Thursday */

static const char *const mask_names[MASKS] = { "whole", "last4", "birth_year", "yes_no", "token", "student_id" };
static const char *const every_names[] = { "night", "week", "month", "term" };
static const char *const formats[] = { "csv", "xlsx", "jsonl" };
static const char *const presences[] = { "present", "stale", "absent" };

struct shelf {
	struct grants grants;
	struct arena arena;
	struct grant *at;
	struct xml_definition **definitions; /* the grants' texts are theirs */
	size_t room, definition_count;
};

/* One file at a time. */
struct load {
	const struct dataset *dataset;
	struct shelf *shelf;
	const char *path;
	struct faults faults;
	struct buffer told; /* the file's first fault */
	schema_complain *complain;
	void *self;
	bool memory;
};

static void
tell(void *self, const char *file, unsigned line, const char *what)
{
	struct load *load = self;
	const char *name = strrchr(file, '/');

	if (load->told.len == 0)
		buffer_format(&load->told, "%s:%u: %s", name != NULL ? name + 1 : file, line, what);
	if (load->complain != NULL)
		load->complain(load->self, file, line, what);
}

#define FAULT(load, element, ...) faults_add(&(load)->faults, (load)->path, (element)->line, __VA_ARGS__)

/* Room for ${count} of ${size} bytes; NULL and said when there is none. */
static void *
take(struct load *load, size_t count, size_t size)
{
	void *at = arena_take(&load->shelf->arena, (count + 1) * size);

	load->memory = load->memory || at == NULL;
	return at;
}

static size_t
count_of(const struct xml_element *element, const char *name)
{
	size_t count = 0;

	for (const struct xml_element *e = xml_element_child(element, name); e; e = xml_element_next(e, name))
		count++;
	return count;
}

static struct date
read_date(struct load *load, const struct xml_element *element, const char *attribute)
{
	struct text text = definition_get(element, attribute);
	struct date date = { 0 };

	if (text.len > 0 && !day_parse(text, &date))
		FAULT(load, element, "\"%s\" is a day, written 2026-09-01", attribute);
	return date;
}

/* The one element of that name; a fault when there is none, or are several. NULL then. */
static const struct xml_element *
the_one(struct load *load, const struct xml_element *root, const char *name)
{
	const struct xml_element *element = xml_element_child(root, name);

	if (element == NULL)
		FAULT(load, root, "<grant> needs <%s>", name);
	else if (xml_element_next(element, name) != NULL)
		FAULT(load, xml_element_next(element, name), "<%s> stands here twice", name);
	return element;
}

static struct text
read_prose(struct load *load, const struct xml_element *root, const char *name)
{
	const struct xml_element *element = the_one(load, root, name);

	if (element == NULL)
		return (struct text){ 0 };
	definition_check(element, "", "", load->path, &load->faults);
	if (element->text.len == 0)
		FAULT(load, element, "<%s> is empty", name);
	return element->text;
}

static void
read_approvers(struct load *load, const struct xml_element *root, struct grant *grant)
{
	struct grant_approver *approvers = take(load, count_of(root, "approver"), sizeof(*approvers));

	if (approvers == NULL)
		return;
	for (const struct xml_element *e = xml_element_child(root, "approver"); e; e = xml_element_next(e, "approver")) {
		definition_check(e, "name! post date!", "", load->path, &load->faults);
		approvers[grant->approver_count++] = (struct grant_approver){ definition_get(e, "name"),
			definition_get(e, "post"), read_date(load, e, "date") };
	}
	if (grant->approver_count == 0)
		FAULT(load, root, "<grant> needs <approver>");
	grant->approvers = approvers;
}

/* The field called ${attribute} there; NULL, and said, when there is none. */
static const struct field *
read_field(struct load *load, const struct xml_element *element, const char *attribute)
{
	struct text name = definition_get(element, attribute);
	const struct field *field = dataset_field(load->dataset, name);

	if (field == NULL && name.len > 0)
		FAULT(load, element, "there is no field \"%.*s\"", (int)name.len, name.at);
	return field;
}

/* A sensitive field, in a column or a condition, is given for a reason that is written beside it. */
static struct text
read_need(struct load *load, const struct xml_element *element, const struct field *field)
{
	struct text need = definition_get(element, "need");

	if (field->sensitive && need.len == 0)
		FAULT(load, element, "the field \"%.*s\" is sensitive: say with need=\"…\" why it is needed",
		    (int)field->name.len, field->name.at);
	return need;
}

/* Codes of ${field}, a space between. */
static const struct text *
read_codes(struct load *load, const struct xml_element *element, const char *attribute, const struct field *field,
    size_t *count)
{
	struct text rest = definition_get(element, attribute), word, *codes;
	size_t most = 1;

	for (size_t i = 0; i < rest.len; i++)
		most += rest.at[i] == ' ';
	codes = take(load, most, sizeof(*codes));
	*count = 0;
	if (codes == NULL)
		return NULL;
	while (definition_word(&rest, ' ', &word)) {
		if (word.len == 0)
			continue;
		if (codes_by_code(field->codes, word) == NULL)
			FAULT(load, element, "the code %.*s does not exist in %.*s", (int)word.len, word.at,
			    (int)codes_name(field->codes).len, codes_name(field->codes).at);
		codes[(*count)++] = word;
	}
	return codes;
}

/* ---- columns ---- */

bool
grant_mask_fits(enum grant_mask mask, const struct field *field)
{
	switch (mask) {
	case MASK_WHOLE:
		return true;
	case MASK_LAST4:
		return field->type == FIELD_ID_NO || field->type == FIELD_STUDENT_NO || field->type == FIELD_IDENTIFIER
		    || field->type == FIELD_PHONE || field->type == FIELD_DISABILITY_CARD;
	case MASK_BIRTH_YEAR:
		return field->type == FIELD_DATE || field->type == FIELD_MONTH;
	case MASK_YES_NO:
		return field->codes != NULL;
	default:
		return false;
	}
}

static struct text
joined(struct load *load, struct text a, struct text b)
{
	char *at = take(load, a.len + b.len, 1);

	if (at == NULL)
		return (struct text){ 0 };
	memcpy(at, a.at, a.len);
	memcpy(at + a.len, b.at, b.len);
	return (struct text){ at, a.len + b.len };
}

/* What stands behind a field's name and its heading under a mask. */
static const struct {
	struct text key, heading;
} tails[MASKS] = {
	[MASK_WHOLE] = { TEXT(""), TEXT("") },
	[MASK_LAST4] = { TEXT("_last4"), TEXT("（后四位）") },
	[MASK_BIRTH_YEAR] = { TEXT("_year"), TEXT("（年份）") },
	[MASK_YES_NO] = { TEXT("_yes_no"), TEXT("（是否）") },
};

static void
read_column(struct load *load, const struct xml_element *element, struct grant_column *column)
{
	const struct field *field;
	struct text word;
	int mask;

	*column = (struct grant_column){
		.mask = MASK_TOKEN, .field = FIELD_NONE, .key = TEXT("token"), .heading = TEXT("代号")
	};
	if (text_eq(element->name, TEXT("token")))
		definition_check(element, "as", "", load->path, &load->faults);
	else if (text_eq(element->name, TEXT("student_id"))) {
		definition_check(element, "as need!", "", load->path, &load->faults);
		*column = (struct grant_column){ .mask = MASK_STUDENT_ID,
			.field = FIELD_NONE,
			.key = TEXT("student_id"),
			.heading = TEXT("学生编号"),
			.need = definition_get(element, "need") };
	} else {
		definition_check(element, "name! mask! yes as need", "", load->path, &load->faults);
		word = definition_get(element, "mask");
		mask = definition_choice(word, mask_names, MASK_TOKEN);
		if (mask < 0 && word.len > 0)
			FAULT(load, element, "\"mask\" is whole, last4, birth_year or yes_no");
		field = read_field(load, element, "name");
		if (field == NULL || mask < 0)
			return;
		*column = (struct grant_column){ .mask = (enum grant_mask)mask,
			.field = field->number,
			.key = joined(load, field->name, tails[mask].key),
			.heading = joined(load, field->zh, tails[mask].heading),
			.need = read_need(load, element, field) };
		if (field->unread)
			FAULT(load, element, "the field \"%.*s\" is never kept", (int)field->name.len, field->name.at);
		if (!grant_mask_fits(column->mask, field))
			FAULT(load, element, "the mask %s does not fit \"%.*s\", which is of type %s", mask_names[mask],
			    (int)field->name.len, field->name.at, field_type_name(field->type));
		else if (mask == MASK_YES_NO)
			column->yes = read_codes(load, element, "yes", field, &column->yes_count);
		if (mask == MASK_YES_NO && definition_get(element, "yes").len == 0)
			FAULT(load, element, "the mask yes_no needs yes=\"…\", the codes that mean yes");
		if (mask != MASK_YES_NO && definition_get(element, "yes").len > 0)
			FAULT(load, element, "\"yes\" belongs to the mask yes_no");
	}
	if (definition_get(element, "as").len > 0)
		column->heading = definition_get(element, "as");
}

static void
read_columns(struct load *load, const struct xml_element *root, struct grant *grant)
{
	const struct xml_element *fields = the_one(load, root, "fields");
	struct grant_column *columns;
	size_t most = 0;

	if (fields == NULL)
		return;
	definition_check(fields, "", "field token student_id", load->path, &load->faults);
	for (const struct xml_element *e = fields->child; e; e = e->next)
		most++;
	if (most == 0)
		FAULT(load, fields, "<fields> is empty");
	columns = take(load, most, sizeof(*columns));
	if (columns == NULL)
		return;
	for (const struct xml_element *e = fields->child; e; e = e->next) {
		struct grant_column *column = &columns[grant->column_count++];

		read_column(load, e, column);
		for (size_t i = 0; i + 1 < grant->column_count && column->key.len > 0; i++) {
			if (text_eq(columns[i].key, column->key))
				FAULT(
				    load, e, "the column %.*s stands here twice", (int)column->key.len, column->key.at);
			else if (text_eq(columns[i].heading, column->heading))
				FAULT(load, e, "two columns are headed \"%.*s\": say as=\"…\"",
				    (int)column->heading.len, column->heading.at);
		}
	}
	grant->columns = columns;
}

/* What is withheld is not also given. */
static void
read_withheld(struct load *load, const struct xml_element *root, struct grant *grant)
{
	struct grant_withheld *withheld = take(load, count_of(root, "withheld"), sizeof(*withheld));

	if (withheld == NULL)
		return;
	for (const struct xml_element *e = xml_element_child(root, "withheld"); e; e = xml_element_next(e, "withheld")) {
		const struct field *field;

		definition_check(e, "asked! field reason!", "", load->path, &load->faults);
		withheld[grant->withheld_count++] = (struct grant_withheld){ definition_get(e, "asked"),
			definition_get(e, "reason") };
		field = read_field(load, e, "field");
		for (size_t i = 0; field != NULL && i < grant->column_count; i++) {
			if (grant->columns[i].field == field->number && grant->columns[i].mask == MASK_WHOLE)
				FAULT(load, e, "the field \"%.*s\" is granted whole above", (int)field->name.len,
				    field->name.at);
		}
	}
	grant->withheld = withheld;
}

/* ---- rows ---- */

static void
read_condition(struct load *load, const struct xml_element *element, struct grant_condition *condition)
{
	static const char *const attributes[] = { "is", "not", "held" };
	const struct field *field;
	size_t said = 0, which = 0;

	definition_check(element, "field! is not held need", "", load->path, &load->faults);
	field = read_field(load, element, "field");
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		if (definition_get(element, attributes[i]).len > 0) {
			said++;
			which = i;
		}
	}
	if (said != 1)
		FAULT(load, element, "<where> wants one of is=\"…\", not=\"…\" and held=\"yes\" or \"no\"");
	*condition = (struct grant_condition){ .field = FIELD_NONE };
	if (field == NULL || said != 1)
		return;
	*condition = (struct grant_condition){
		.field = field->number, .test = which == 0 ? TEST_IS : TEST_NOT, .need = read_need(load, element, field)
	};
	if (which == 2) {
		struct text held = definition_get(element, "held");

		condition->test = text_eq(held, TEXT("no")) ? TEST_EMPTY : TEST_HELD;
		if (!text_eq(held, TEXT("yes")) && !text_eq(held, TEXT("no")))
			FAULT(load, element, "\"held\" is yes or no");
	} else if (field->codes == NULL)
		FAULT(load, element, "\"%.*s\" has no codes: ask whether it is held", (int)field->name.len,
		    field->name.at);
	else
		condition->codes = read_codes(load, element, attributes[which], field, &condition->count);
}

static int
by_text(const void *a, const void *b)
{
	return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* The codes of <school> or <grade> elements. */
static const struct text *
read_places(struct load *load, const struct xml_element *rows, const char *name, size_t *count)
{
	struct text *codes = take(load, count_of(rows, name), sizeof(*codes));

	for (const struct xml_element *e = xml_element_child(rows, name); codes && e; e = xml_element_next(e, name)) {
		definition_check(e, "code!", "", load->path, &load->faults);
		codes[(*count)++] = definition_get(e, "code");
	}
	if (codes != NULL)
		qsort(codes, *count, sizeof(*codes), by_text);
	for (size_t i = 1; i < *count; i++) {
		if (text_eq(codes[i - 1], codes[i]))
			FAULT(load, rows, "the %s %.*s stands here twice", name, (int)codes[i].len, codes[i].at);
	}
	return codes;
}

static void
read_rows(struct load *load, const struct xml_element *root, struct grant *grant)
{
	const struct xml_element *rows = the_one(load, root, "rows");
	const struct roles *roles = &load->dataset->roles;
	struct grant_condition *conditions;
	struct text rest, word;

	if (rows == NULL)
		return;
	definition_check(rows, "presence", "all school grade where", load->path, &load->faults);
	grant->presence = definition_get(rows, "presence");
	rest = grant->presence;
	while (definition_word(&rest, ' ', &word)) {
		if (word.len > 0 && definition_choice(word, presences, ARRAY_LEN(presences)) < 0)
			FAULT(load, rows, "\"presence\" is any of present, stale and absent");
	}
	if (grant->presence.len == 0)
		grant->presence = TEXT("present stale");
	grant->schools = read_places(load, rows, "school", &grant->school_count);
	grant->grades = read_places(load, rows, "grade", &grant->grade_count);
	conditions = take(load, count_of(rows, "where"), sizeof(*conditions));
	for (const struct xml_element *e = xml_element_child(rows, "where"); conditions && e;
	     e = xml_element_next(e, "where"))
		read_condition(load, e, &conditions[grant->condition_count++]);
	grant->conditions = conditions;
	if (grant->school_count > 0 && roles->school_code == FIELD_NONE)
		FAULT(load, rows, "the dataset knows no schools");
	for (size_t i = 0; i < grant->school_count; i++) {
		if (grant->schools[i].len != 10 || !text_is_digits(grant->schools[i]))
			FAULT(load, rows, "the code of a school has ten digits, unlike \"%.*s\"",
			    (int)grant->schools[i].len, grant->schools[i].at);
	}
	if (grant->grade_count > 0 && (roles->grade == FIELD_NONE || load->dataset->fields[roles->grade].codes == NULL))
		FAULT(load, rows, "the dataset knows no grades");
	else {
		for (size_t i = 0; i < grant->grade_count; i++) {
			if (codes_by_code(load->dataset->fields[roles->grade].codes, grant->grades[i]) == NULL)
				FAULT(load, rows, "there is no grade %.*s", (int)grant->grades[i].len,
				    grant->grades[i].at);
		}
	}
	grant->all = xml_element_child(rows, "all") != NULL;
	if (grant->all)
		definition_check(xml_element_child(rows, "all"), "", "", load->path, &load->faults);
	if (grant->all == (grant->school_count + grant->grade_count + grant->condition_count > 0))
		FAULT(load, rows, "<rows> wants schools, grades and conditions, or <all/> alone");
}

/* ---- the whole ---- */

static void
read_delivery(struct load *load, const struct xml_element *root, struct grant *grant)
{
	const struct xml_element *deliver = the_one(load, root, "deliver");
	struct text rest, word;
	int choice;

	if (deliver == NULL)
		return;
	definition_check(deliver, "format! every times", "", load->path, &load->faults);
	rest = definition_get(deliver, "format");
	while (definition_word(&rest, ' ', &word)) {
		choice = definition_choice(word, formats, ARRAY_LEN(formats));
		if (choice >= 0)
			grant->formats |= 1u << choice;
		else if (word.len > 0)
			FAULT(load, deliver, "\"format\" is any of csv, xlsx and jsonl");
	}
	word = definition_get(deliver, "every");
	choice = word.len == 0 ? EVERY_NIGHT : definition_choice(word, every_names, ARRAY_LEN(every_names));
	if (choice < 0)
		FAULT(load, deliver, "\"every\" is night, week, month or term");
	else
		grant->every = (enum grant_every)choice;
	word = definition_get(deliver, "times");
	if (word.len > 0 && (!text_to_u64(word, &grant->times) || grant->times == 0 || grant->times > 400))
		FAULT(load, deliver, "\"times\" is a number from 1 to 400");
}

static void
read_grant(struct load *load, const struct xml_element *root, struct grant *grant)
{
	const struct xml_element *document;

	definition_check(root, "unit! valid_from! valid_to! destroy_by! dataset",
	    "purpose basis document approver rows fields withheld deliver", load->path, &load->faults);
	grant->unit = definition_get(root, "unit");
	grant->from = read_date(load, root, "valid_from");
	grant->to = read_date(load, root, "valid_to");
	grant->destroy_by = read_date(load, root, "destroy_by");
	grant->purpose = read_prose(load, root, "purpose");
	grant->basis = read_prose(load, root, "basis");
	document = the_one(load, root, "document");
	if (document != NULL) {
		definition_check(document, "number! date!", "", load->path, &load->faults);
		grant->document = definition_get(document, "number");
		grant->document_date = read_date(load, document, "date");
	}
	read_approvers(load, root, grant);
	read_rows(load, root, grant);
	read_columns(load, root, grant);
	read_withheld(load, root, grant);
	read_delivery(load, root, grant);
	if (load->faults.count > 0)
		return;
	if (day_of(grant->to) < day_of(grant->from))
		FAULT(load, root, "it ends before it begins");
	if (day_of(grant->destroy_by) < day_of(grant->to))
		FAULT(load, root,
		    "what may still be delivered would have to be destroyed already: destroy_by is before valid_to");
}

/* The file's bytes as a digest, so that the log can say by which wording something was given. */
static void
read_digest(struct load *load, struct grant *grant)
{
	struct buffer bytes;
	struct err err;

	buffer_init(&bytes, XML_DEFINITION_BYTES_MAX);
	if (file_read_all(load->path, &bytes, &err) == 0)
		grant->sha256 = sha256_of(bytes.at, bytes.len);
	else
		faults_add(&load->faults, load->path, 0, "%s", err.what);
	buffer_fini(&bytes);
}

static bool
is_id(struct text stem)
{
	for (size_t i = 0; i < stem.len; i++) {
		char c = stem.at[i];

		if (c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9'))
			return false;
	}
	return stem.len > 0 && stem.len <= GRANT_ID_MAX;
}

/* 0, or -1 when memory is short. */
static int
load_file(struct load *load, struct text stem)
{
	struct shelf *shelf = load->shelf;
	struct xml_definition *definition;
	struct grant grant = { 0 };
	struct err first = { 0 };
	uint64_t digest;
	struct text of, id = arena_text(&shelf->arena, stem);

	load->faults = (struct faults){ tell, load, &first, 0 };
	buffer_clear(&load->told);
	if (!is_id(stem))
		faults_add(&load->faults, load->path, 0,
		    "a grant is called by small letters, digits and _, at most %d of them", GRANT_ID_MAX);
	definition = definition_load(load->path, "grant", &digest, &load->faults);
	if (definition != NULL) {
		shelf->definitions[shelf->definition_count++] = definition;
		of = definition_get(xml_definition_root(definition), "dataset");
		if (!text_eq(of.len > 0 ? of : TEXT("student"), load->dataset->name))
			return 0;
		read_grant(load, xml_definition_root(definition), &grant);
		read_digest(load, &grant);
	}
	if (load->faults.count > 0) {
		grant = (struct grant){ .broken = arena_text(&shelf->arena, buffer_as_text(&load->told)) };
		load->memory = load->memory || grant.broken.at == NULL;
	}
	grant.id = id;
	shelf->at[shelf->grants.count++] = grant;
	return load->memory || id.at == NULL ? -1 : 0;
}

static int
load_folder(struct load *load, const char *folder, struct err *err)
{
	struct shelf *shelf = load->shelf;
	char path[FILE_PATH_MAX];
	char **names;
	size_t count, room;
	void *at;
	int result = 0;

	if (!file_exists(folder))
		return 0;
	if (file_list(folder, &names, &count, err) != 0)
		return -1;
	room = shelf->room + count;
	at = room > GRANTS_MAX ? NULL : realloc(shelf->at, (room + 1) * sizeof(*shelf->at));
	if (at != NULL) {
		shelf->at = at;
		at = realloc(shelf->definitions, (room + 1) * sizeof(struct xml_definition *));
	}
	if (at == NULL) {
		free(names);
		return err_set(err, ERR_STOP, "grants: %s", room > GRANTS_MAX ? "too many" : "not enough memory");
	}
	shelf->definitions = at;
	shelf->room = room;
	for (size_t i = 0; i < count && result == 0; i++) {
		struct text stem = text_from(names[i]);

		if (names[i][0] == '.' || !text_ends(stem, TEXT(".xml")))
			continue;
		stem.len -= strlen(".xml");
		if (path_format(path, err, "%s/%s", folder, names[i]) != 0)
			result = -1;
		else {
			load->path = path;
			if (load_file(load, stem) != 0)
				result = err_set(err, ERR_STOP, "grants: not enough memory");
		}
	}
	free(names);
	return result;
}

static int
by_id(const void *a, const void *b)
{
	return text_compare(((const struct grant *)a)->id, ((const struct grant *)b)->id);
}

struct grants *
grants_load(
    const struct dataset *dataset, const char *const *folders, schema_complain *complain, void *self, struct err *err)
{
	struct shelf *shelf = calloc(1, sizeof(*shelf));
	struct load load = { .dataset = dataset, .shelf = shelf, .complain = complain, .self = self };
	int result = 0;

	if (shelf == NULL) {
		err_set(err, ERR_STOP, "grants: not enough memory");
		return NULL;
	}
	arena_init(&shelf->arena, ARENA_BYTES);
	buffer_init(&load.told, 4096);
	for (size_t i = 0; folders[i] != NULL && result == 0; i++)
		result = load_folder(&load, folders[i], err);
	buffer_fini(&load.told);
	if (result != 0) {
		grants_free(&shelf->grants);
		return NULL;
	}
	if (shelf->grants.count > 0)
		qsort(shelf->at, shelf->grants.count, sizeof(*shelf->at), by_id);
	shelf->grants.at = shelf->at;
	return &shelf->grants;
}

void
grants_free(struct grants *grants)
{
	struct shelf *shelf = (struct shelf *)grants; /* its first member */

	if (shelf == NULL)
		return;
	for (size_t i = 0; i < shelf->definition_count; i++)
		xml_definition_free(shelf->definitions[i]);
	free(shelf->definitions);
	free(shelf->at);
	arena_fini(&shelf->arena);
	free(shelf);
}

const struct grant *
grants_find(const struct grants *grants, struct text id)
{
	for (size_t i = 0; i < grants->count; i++) {
		if (text_eq(grants->at[i].id, id))
			return &grants->at[i];
	}
	return NULL;
}

const char *
grant_mask_name(enum grant_mask mask)
{
	return mask_names[mask];
}

const char *
grant_every_name(enum grant_every every)
{
	return every_names[every];
}

enum grant_time
grant_time(const struct grant *grant, struct date date)
{
	if (day_of(date) < day_of(grant->from))
		return GRANT_EARLY;
	return day_of(date) > day_of(grant->to) ? GRANT_EXPIRED : GRANT_NOW;
}

int32_t
grant_period(enum grant_every every, struct date date)
{
	int32_t day = day_of(date);

	switch (every) {
	case EVERY_WEEK:
		day += DAYS_TO_MONDAY;
		return day >= 0 ? day / DAYS_WEEK : (day - DAYS_WEEK + 1) / DAYS_WEEK;
	case EVERY_MONTH:
		return date.year * 12 + date.month - 1;
	case EVERY_TERM: /* autumn: August to January, counted to the year in which it began */
		return date.month >= 8 ? date.year * 2 + 1 : date.month == 1 ? date.year * 2 - 1 : date.year * 2;
	default:
		return day;
	}
}
