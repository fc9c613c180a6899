/*
 * grant_read.c - see grant_read.h.
 */
#include "core/record/grant_read.h"

#include <stdlib.h>

#include "core/record/day.h"

static const char *const formats[] = { "csv", "xlsx", "jsonl" };
static const char *const presences[] = { "present", "stale", "absent", "left" };

/* Room for ${count} of ${size} bytes; NULL and said when there is none. */
static void *
take(struct grant_load *load, size_t count, size_t size)
{
	void *at = arena_take(load->arena, (count + 1) * size);

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
read_date(struct grant_load *load, const struct xml_element *element, const char *attribute)
{
	struct text text = definition_get(element, attribute);
	struct date date = { 0 };

	if (text.len > 0 && !day_parse(text, &date))
		FAULT(load, element, "\"%s\" is a day, written 2026-09-01", attribute);
	return date;
}

/* The one element of that name; a fault when there is none, or are several. NULL then. */
static const struct xml_element *
the_one(struct grant_load *load, const struct xml_element *root, const char *name)
{
	const struct xml_element *element = xml_element_child(root, name);

	if (element == NULL)
		FAULT(load, root, "<grant> needs <%s>", name);
	else if (xml_element_next(element, name) != NULL)
		FAULT(load, xml_element_next(element, name), "<%s> stands here twice", name);
	return element;
}

static struct text
read_prose(struct grant_load *load, const struct xml_element *root, const char *name)
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
read_approvers(struct grant_load *load, const struct xml_element *root, struct grant *grant)
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
read_field(struct grant_load *load, const struct xml_element *element, const char *attribute)
{
	struct text name = definition_get(element, attribute);
	const struct field *field = dataset_field(load->dataset, name);

	if (field == NULL && name.len > 0)
		FAULT(load, element, "there is no field \"%.*s\"", (int)name.len, name.at);
	return field;
}

/* A sensitive field, in a column or a condition, is given for a reason that is written beside it. */
static struct text
read_need(struct grant_load *load, const struct xml_element *element, const struct field *field)
{
	struct text need = definition_get(element, "need");

	if (field->sensitive && need.len == 0)
		FAULT(load, element, "the field \"%.*s\" is sensitive: say with need=\"…\" why it is needed",
		    (int)field->name.len, field->name.at);
	return need;
}

/* ---- columns ---- */

static struct text
joined(struct grant_load *load, struct text a, struct text b)
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

/* The mask of a field that is called ${word}; -1 when none is. */
static int
mask_of(struct text word)
{
	for (int mask = 0; mask < MASK_TOKEN; mask++) {
		if (text_eq(word, text_from(grant_mask_name((enum grant_mask)mask))))
			return mask;
	}
	return -1;
}

/* Does it say a condition? */
static bool
asks(const struct xml_element *element)
{
	static const char *const attributes[] = { "yes", "not", "held", "from", "to" };

	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		if (definition_get(element, attributes[i]).len > 0)
			return true;
	}
	return false;
}

static void
read_column(struct grant_load *load, const struct xml_element *element, struct grant_column *column)
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
			.key = load->dataset->id_key,
			.heading = load->dataset->id_zh,
			.need = definition_get(element, "need") };
	} else {
		definition_check(element, "name! mask! yes not held from to as need", "", load->path, &load->faults);
		word = definition_get(element, "mask");
		mask = mask_of(word);
		if (mask < 0 && word.len > 0)
			FAULT(load, element, "\"mask\" is whole, last4, birth_year or yes_no");
		field = read_field(load, element, "name");
		if (field == NULL || mask < 0)
			return;
		*column = (struct grant_column){ .mask = (enum grant_mask)mask,
			.field = field->number,
			.type = field->type,
			.key = joined(load, field->name, tails[mask].key),
			.heading = joined(load, field->zh, tails[mask].heading),
			.need = read_need(load, element, field) };
		if (field->unread)
			FAULT(load, element, "the field \"%.*s\" is never kept", (int)field->name.len, field->name.at);
		if (!grant_mask_fits(column->mask, field))
			FAULT(load, element, "the mask %s does not fit \"%.*s\", which is of type %s",
			    grant_mask_name(column->mask), (int)field->name.len, field->name.at,
			    field_type_name(field->type));
		else if (mask == MASK_YES_NO)
			column->yes = grant_condition_read(load, element, "yes", field);
		else if (asks(element))
			FAULT(load, element, "yes, not, held, from and to belong to the mask yes_no");
	}
	if (definition_get(element, "as").len > 0)
		column->heading = definition_get(element, "as");
}

/*
 * Does ${field} hold ${other} as a part of itself? A student number that begins with G and the number of a disability card hold the
 * identity number, and that the day of birth (GB 11643). Of the pupil's own numbers only: a guardian's say nothing of him.
 */
static bool
has_inside(const struct dataset *dataset, const struct field *field, uint16_t other)
{
	const struct roles *roles = &dataset->roles;
	bool id_no = field->number == roles->student_no || field->type == FIELD_DISABILITY_CARD;

	return other != FIELD_NONE
	    && ((id_no && other == roles->id_no)
		|| ((id_no || field->number == roles->id_no) && other == roles->birth_date));
}

/* ${field}, of which not all is given by what stands at ${element}, is not given all the same as a part of another. */
static void
check_inside(struct grant_load *load, const struct xml_element *element, const struct grant *grant, uint16_t field)
{
	for (size_t i = 0; i < grant->column_count; i++) {
		const struct grant_column *column = &grant->columns[i];
		const struct field *whole;

		if (column->mask != MASK_WHOLE || column->field == FIELD_NONE)
			continue;
		whole = &load->dataset->fields[column->field];
		if (column->key.len > 0 && has_inside(load->dataset, whole, field))
			FAULT(load, element,
			    "\"%.*s\", which is granted whole, has \"%.*s\" inside: mask it, or give both",
			    (int)whole->name.len, whole->name.at, (int)load->dataset->fields[field].name.len,
			    load->dataset->fields[field].name.at);
	}
}

static void
read_columns(struct grant_load *load, const struct xml_element *root, struct grant *grant)
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
	for (size_t i = 0; i < grant->column_count; i++) {
		bool part = columns[i].mask == MASK_LAST4 || columns[i].mask == MASK_BIRTH_YEAR;

		if (part)
			check_inside(load, fields, grant, columns[i].field);
	}
}

/* What is withheld is not also given. */
static void
read_withheld(struct grant_load *load, const struct xml_element *root, struct grant *grant)
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
		if (field != NULL)
			check_inside(load, e, grant, field->number);
		for (size_t i = 0; field != NULL && i < grant->column_count; i++) {
			if (grant->columns[i].field == field->number && grant->columns[i].mask == MASK_WHOLE)
				FAULT(load, e, "the field \"%.*s\" is granted whole above", (int)field->name.len,
				    field->name.at);
		}
	}
	grant->withheld = withheld;
}

/* ---- rows ---- */

static int
by_text(const void *a, const void *b)
{
	return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* The codes of <school> or <grade> elements. */
static const struct text *
read_places(struct grant_load *load, const struct xml_element *rows, const char *name, size_t *count)
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
read_rows(struct grant_load *load, const struct xml_element *root, struct grant *grant)
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
			FAULT(load, rows, "\"presence\" is any of present, stale, absent and left");
	}
	if (grant->presence.len == 0)
		grant->presence = TEXT("present stale");
	grant->schools = read_places(load, rows, "school", &grant->school_count);
	grant->grades = read_places(load, rows, "grade", &grant->grade_count);
	conditions = take(load, count_of(rows, "where"), sizeof(*conditions));
	for (const struct xml_element *e = xml_element_child(rows, "where"); conditions && e;
	     e = xml_element_next(e, "where")) {
		const struct field *field;

		definition_check(e, "field! is not held from to need", "", load->path, &load->faults);
		field = read_field(load, e, "field");
		if (field == NULL)
			continue;
		conditions[grant->condition_count] = grant_condition_read(load, e, "is", field);
		conditions[grant->condition_count++].need = read_need(load, e, field);
	}
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

/* How often ${word} says; every night when it is empty, -1 when it says nothing known. */
static int
every_of(struct text word)
{
	for (int every = EVERY_NIGHT; every <= EVERY_TERM; every++) {
		if (word.len == 0 || text_eq(word, text_from(grant_every_name((enum grant_every)every))))
			return every;
	}
	return -1;
}

static void
read_files(struct grant_load *load, const struct xml_element *deliver, struct grant *grant)
{
	struct text rest, word;
	int choice;

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
	choice = every_of(word);
	if (choice < 0)
		FAULT(load, deliver, "\"every\" is night, week, month or term");
	else
		grant->every = (enum grant_every)choice;
	word = definition_get(deliver, "times");
	if (word.len > 0 && (!text_to_u64(word, &grant->times) || grant->times == 0 || grant->times > 400))
		FAULT(load, deliver, "\"times\" is a number from 1 to 400");
}

/* "User:aid_center": a kind, a colon, a name that is not everybody's. */
static bool
is_principal(struct text text)
{
	const char *colon = text.len > 0 ? memchr(text.at, ':', text.len) : NULL;
	struct text name;

	if (colon == NULL || colon == text.at)
		return false;
	name = (struct text){ colon + 1, text.len - (size_t)(colon + 1 - text.at) };
	return name.len > 0 && memchr(name.at, '*', name.len) == NULL;
}

/*
 * The topic: who may read it, and how the names of his groups begin. They end with a mark, so that dept.aid. is not also how those of
 * dept.aid2 begin.
 */
static void
read_topic(struct grant_load *load, const struct xml_element *topic, struct grant *grant)
{
	definition_check(topic, "principal group", "", load->path, &load->faults);
	grant->topic = true;
	grant->principal = definition_get(topic, "principal");
	grant->group = definition_get(topic, "group");
	if (grant->principal.len > 0 && !is_principal(grant->principal))
		FAULT(load, topic, "\"principal\" is written User:name, and is one, not all");
	if (grant->group.len > 0
	    && (grant->group.len < 3 || grant->group.len > 100
		|| strchr(".-_", grant->group.at[grant->group.len - 1]) == NULL))
		FAULT(load, topic, "\"group\" is how the reader's groups begin, and ends with . - or _");
}

static void
read_delivery(struct grant_load *load, const struct xml_element *root, struct grant *grant)
{
	const struct xml_element *deliver = xml_element_child(root, "deliver"),
				 *topic = xml_element_child(root, "topic");

	if (topic == NULL || deliver != NULL)
		deliver = the_one(load, root, "deliver");
	if (topic != NULL)
		topic = the_one(load, root, "topic");
	if (deliver != NULL)
		read_files(load, deliver, grant);
	if (topic != NULL)
		read_topic(load, topic, grant);
}

void
grant_read(struct grant_load *load, const struct xml_element *root, struct grant *grant)
{
	const struct xml_element *document;

	definition_check(root, "unit! valid_from! valid_to! destroy_by! dataset",
	    "purpose basis document approver rows fields withheld deliver topic", load->path, &load->faults);
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
