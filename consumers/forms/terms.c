/*
 * terms.c - see terms.h and schemas/student_forms.xml.
 */
#include "consumers/forms/terms.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/record/day.h"
#include "core/record/definition.h"
#include "core/record/source.h"

#define TERMS_BYTES_MAX ((size_t)16 * 1024 * 1024)

struct loaded {
	struct terms terms; /* first: what terms_free() is given */
	struct arena arena;
	struct xml_definition *definition;
};

struct load {
	struct loaded *loaded;
	const struct dataset *dataset;
	const char *path;
	struct faults faults;
	bool memory; /* short of it */
};

static const char *const derive_names[DERIVES] = { "number", "age", "within", "stage", "province", "city",
	"province_city", "county", "division" };

static void *
take(struct load *load, size_t count, size_t size)
{
	void *at = arena_take(&load->loaded->arena, (count + 1) * size);

	load->memory = load->memory || at == NULL;
	return at;
}

static uint64_t
whole(struct load *load, const struct xml_element *element, const char *name, uint64_t most)
{
	struct text text = definition_get(element, name);
	uint64_t value = 0;

	if (text.len > 0 && (!text_to_u64(text, &value) || value > most))
		faults_add(&load->faults, load->path, element->line, "\"%s\" is a number from 0 to %llu", name,
		    (unsigned long long)most);
	return value;
}

/* Mark the fields of the attribute with ${mark}, where nothing is marked yet. */
static void
mark_fields(struct load *load, const struct xml_element *element, uint8_t *marks, uint8_t mark)
{
	struct text rest = definition_get(element, "fields"), word;

	while (definition_word(&rest, ' ', &word)) {
		const struct field *field = word.len > 0 ? dataset_field(load->dataset, word) : NULL;

		if (word.len > 0 && field == NULL)
			faults_add(&load->faults, load->path, element->line, "the dataset has no field \"%.*s\"",
			    (int)word.len, word.at);
		else if (field != NULL && marks[field->number] == 0)
			marks[field->number] = mark;
	}
}

/* The words of an element's text, with | between; ${fold}: as headers are compared. */
static const struct text *
read_words(struct load *load, const struct xml_element *element, bool fold, size_t *count)
{
	struct text rest = element->text, word, *words;
	size_t most = 1;

	for (size_t i = 0; i < rest.len; i++)
		most += rest.at[i] == '|';
	words = take(load, most, sizeof(*words));
	*count = 0;
	while (words != NULL && definition_word(&rest, '|', &word)) {
		char *out;

		if (word.len == 0)
			continue;
		if (!fold) {
			words[(*count)++] = word;
			continue;
		}
		out = take(load, word.len * 3 + 64, 1);
		if (out == NULL)
			return NULL;
		words[(*count)++] = (struct text){ out, header_fold(word, out, word.len * 3 + 64) };
	}
	return words;
}

static size_t
count_of(const struct xml_element *root, const char *name)
{
	size_t count = 0;

	for (const struct xml_element *e = xml_element_child(root, name); e != NULL; e = xml_element_next(e, name))
		count++;
	return count;
}

static void
read_sensitive(struct load *load, const struct xml_element *root)
{
	struct terms *terms = &load->loaded->terms;
	size_t count = count_of(root, "sensitive"), at = 0;
	struct sensitive_kind *kinds = take(load, count, sizeof(*kinds));
	uint8_t *marks = take(load, load->dataset->field_count, 1);

	if (kinds == NULL || marks == NULL)
		return;
	if (count > 200)
		faults_add(&load->faults, load->path, root->line, "more than 200 kinds of sensitive data");
	for (const struct xml_element *e = xml_element_child(root, "sensitive"); e != NULL && at < 200;
	     e = xml_element_next(e, "sensitive"), at++) {
		definition_check(e, "kind! zh! en! fields", "", load->path, &load->faults);
		kinds[at].name = definition_get(e, "kind");
		kinds[at].zh = definition_get(e, "zh");
		kinds[at].en = definition_get(e, "en");
		kinds[at].words = read_words(load, e, false, &kinds[at].word_count);
		mark_fields(load, e, marks, (uint8_t)(at + 1));
	}
	if (at == 0)
		faults_add(&load->faults, load->path, root->line, "<forms> needs <sensitive>");
	/* what the dataset flags is sensitive in any case: of the last kind, which is for all the rest */
	for (size_t i = 0; i < load->dataset->field_count; i++) {
		if (load->dataset->fields[i].sensitive && marks[i] == 0)
			marks[i] = (uint8_t)at;
	}
	terms->kinds = kinds;
	terms->kind_count = at;
	terms->sensitive = marks;
}

static void
read_derive(struct load *load, const struct xml_element *root)
{
	struct terms *terms = &load->loaded->terms;
	struct derivation *derivations = take(load, count_of(root, "derive"), sizeof(*derivations));
	size_t at = 0;

	for (const struct xml_element *e = xml_element_child(root, "derive"); e != NULL && derivations != NULL;
	     e = xml_element_next(e, "derive"), at++) {
		struct derivation *d = &derivations[at];
		struct text from = definition_get(e, "from");
		const struct field *field = dataset_field(load->dataset, from);
		int as = definition_choice(definition_get(e, "as"), derive_names, DERIVES);

		definition_check(e, "name! as! zh! en! from min max", "", load->path, &load->faults);
		if (as < 0)
			faults_add(&load->faults, load->path, e->line, "there is no such way to derive");
		d->as = as < 0 ? DERIVE_NUMBER : (enum derive_as)as;
		if ((field == NULL) != (d->as == DERIVE_NUMBER))
			faults_add(&load->faults, load->path, e->line, "\"from\" is a field of the dataset%s",
			    field == NULL ? "" : ", and none for a row's number");
		d->from = field == NULL ? FIELD_NONE : field->number;
		if (field != NULL
		    && field->type
			!= (d->as == DERIVE_AGE || d->as == DERIVE_WITHIN ? FIELD_DATE
				: d->as == DERIVE_STAGE                   ? FIELD_GRADE
									  : FIELD_DIVISION))
			faults_add(&load->faults, load->path, e->line,
			    "that does not follow from a field of the type %s", field_type_name(field->type));
		d->name = definition_get(e, "name");
		d->zh = definition_get(e, "zh");
		d->en = definition_get(e, "en");
		d->min = (unsigned)whole(load, e, "min", 200);
		d->max = (unsigned)whole(load, e, "max", 200);
		d->headers = read_words(load, e, true, &d->header_count);
	}
	terms->derivations = derivations;
	terms->derivation_count = at;
}

static void
read_words_of_codes(struct load *load, const struct xml_element *root)
{
	struct form_word *words = take(load, count_of(root, "word"), sizeof(*words));
	size_t at = 0;

	for (const struct xml_element *e = xml_element_child(root, "word"); e != NULL && words != NULL;
	     e = xml_element_next(e, "word"), at++) {
		const struct field *field = dataset_field(load->dataset, definition_get(e, "field"));

		definition_check(e, "field! code! brief", "", load->path, &load->faults);
		words[at] = (struct form_word){ field == NULL ? FIELD_NONE : field->number, definition_get(e, "code"),
			text_trim(e->text), definition_get(e, "brief") };
		if (field == NULL || field->codes == NULL || codes_by_code(field->codes, words[at].code) == NULL)
			faults_add(&load->faults, load->path, e->line, "there is no such field, or no such code of it");
		if (words[at].word.len == 0)
			faults_add(&load->faults, load->path, e->line, "the word is empty");
	}
	load->loaded->terms.words = words;
	load->loaded->terms.word_count = at;
}

static void
read_terms(struct load *load, const struct xml_element *root)
{
	struct terms *terms = &load->loaded->terms;
	struct term *list = take(load, count_of(root, "term"), sizeof(*list));
	size_t at = 0;

	for (const struct xml_element *e = xml_element_child(root, "term"); e != NULL && list != NULL;
	     e = xml_element_next(e, "term"), at++) {
		struct text begin = definition_get(e, "begin");
		uint64_t month = 0, day = 0;

		definition_check(e, "begin! zh! en!", "", load->path, &load->faults);
		if (begin.len != 5 || !text_to_u64((struct text){ begin.at, 2 }, &month)
		    || !text_to_u64((struct text){ begin.at + 3, 2 }, &day) || month < 1 || month > 12 || day < 1
		    || day > 31)
			faults_add(&load->faults, load->path, e->line, "\"begin\" is a month and a day: 02-01");
		list[at] = (struct term){ (uint8_t)month, (uint8_t)day, definition_get(e, "zh"),
			definition_get(e, "en") };
		if (at > 0 && list[at].month * 32 + list[at].day <= list[at - 1].month * 32 + list[at - 1].day)
			faults_add(&load->faults, load->path, e->line, "terms stand in the order of the year");
	}
	if (at == 0)
		faults_add(&load->faults, load->path, root->line, "<forms> needs <term>");
	terms->terms = list;
	terms->term_count = at;
}

static void
read_persons(struct load *load, const struct xml_element *root)
{
	const struct xml_element *element = xml_element_child(root, "persons");
	struct text rest, word, *persons = take(load, 16, sizeof(*persons));

	if (element == NULL || persons == NULL)
		return;
	definition_check(element, "prefixes!", "", load->path, &load->faults);
	rest = definition_get(element, "prefixes");
	while (definition_word(&rest, ' ', &word) && load->loaded->terms.person_count < 16) {
		if (word.len > 0)
			persons[load->loaded->terms.person_count++] = word;
	}
	load->loaded->terms.persons = persons;
}

static void
read_address(struct load *load, const struct xml_element *root)
{
	const struct xml_element *element = xml_element_child(root, "address");
	struct address *address = &load->loaded->terms.address;
	const struct {
		const char *name;
		uint16_t *field;
	} parts[] = { { "name", &address->name }, { "school", &address->school }, { "grade", &address->grade },
		{ "class", &address->class_name }, { "when", &address->when } };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct text word = element == NULL ? (struct text){ "", 0 } : definition_get(element, parts[i].name);
		const struct field *field = word.len == 0 ? NULL : dataset_field(load->dataset, word);

		*parts[i].field = field == NULL ? FIELD_NONE : field->number;
		if (field == NULL && element != NULL)
			faults_add(&load->faults, load->path, element->line, "\"%s\" names no field", parts[i].name);
	}
	if (element == NULL)
		return;
	definition_check(element, "name! school! grade! class! when! is!", "", load->path, &load->faults);
	address->is = definition_get(element, "is");
}

static void
read_root(struct load *load, const struct xml_element *root)
{
	struct terms *terms = &load->loaded->terms;
	const struct xml_element *identify = xml_element_child(root, "identify");
	struct text of = definition_get(root, "dataset");
	uint8_t *identifies = take(load, load->dataset->field_count, 1);
	uint64_t percent;

	definition_check(root, "dataset! held_percent! seconds! rows!",
	    "identify persons address sensitive derive word term", load->path, &load->faults);
	if (!text_eq(of, load->dataset->name))
		faults_add(&load->faults, load->path, root->line, "is of the dataset \"%.*s\"", (int)of.len, of.at);
	percent = whole(load, root, "held_percent", 100);
	terms->held_percent = (double)percent;
	terms->seconds = (unsigned)whole(load, root, "seconds", 3600);
	terms->rows = (unsigned)whole(load, root, "rows", 1000);
	if (identify != NULL && identifies != NULL) {
		definition_check(identify, "fields!", "", load->path, &load->faults);
		mark_fields(load, identify, identifies, 1);
	}
	terms->identifies = identifies;
	read_persons(load, root);
	read_address(load, root);
	read_sensitive(load, root);
	read_derive(load, root);
	read_words_of_codes(load, root);
	read_terms(load, root);
}

int
terms_load(struct terms **terms, const char *path, const struct dataset *dataset, schema_complain *tell, void *self,
    struct err *err)
{
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	struct load load = { .loaded = loaded, .dataset = dataset, .path = path, .faults = { tell, self, err, 0 } };
	uint64_t digest;

	*terms = NULL;
	if (loaded == NULL)
		return err_set(err, ERR_RETRY, "out of memory for what forms ask");
	arena_init(&loaded->arena, TERMS_BYTES_MAX);
	loaded->definition = definition_load(path, "forms", &digest, &load.faults);
	if (loaded->definition != NULL)
		read_root(&load, xml_definition_root(loaded->definition));
	if (load.memory && load.faults.count == 0)
		(void)err_set(err, ERR_RETRY, "out of memory for what forms ask");
	if (load.memory || load.faults.count > 0) {
		terms_free(&loaded->terms);
		return -1;
	}
	*terms = &loaded->terms;
	return 0;
}

void
terms_free(struct terms *terms)
{
	struct loaded *loaded = (struct loaded *)(void *)terms;

	if (loaded == NULL)
		return;
	xml_definition_free(loaded->definition);
	arena_fini(&loaded->arena);
	free(loaded);
}

const struct form_word *
terms_word(const struct terms *terms, uint16_t field, struct text code)
{
	for (size_t i = 0; i < terms->word_count; i++) {
		if (terms->words[i].field == field && text_eq(terms->words[i].code, code))
			return &terms->words[i];
	}
	return NULL;
}

const struct derivation *
terms_header(const struct terms *terms, struct text folded)
{
	for (size_t i = 0; i < terms->derivation_count; i++) {
		for (size_t k = 0; k < terms->derivations[i].header_count; k++) {
			if (text_eq(terms->derivations[i].headers[k], folded))
				return &terms->derivations[i];
		}
	}
	return NULL;
}

const struct derivation *
terms_derivation(const struct terms *terms, struct text name)
{
	for (size_t i = 0; i < terms->derivation_count; i++) {
		if (text_eq(terms->derivations[i].name, name))
			return &terms->derivations[i];
	}
	return NULL;
}

const struct sensitive_kind *
terms_sensitive(const struct terms *terms, uint16_t field, struct text header)
{
	if (field != FIELD_NONE)
		return terms->sensitive[field] == 0 ? NULL : &terms->kinds[terms->sensitive[field] - 1];
	for (size_t i = 0; i < terms->kind_count; i++) {
		for (size_t k = 0; k < terms->kinds[i].word_count; k++) {
			if (text_find(header, terms->kinds[i].words[k]) != SIZE_MAX)
				return &terms->kinds[i];
		}
	}
	return NULL;
}

struct term_of
terms_of(const struct terms *terms, struct date date)
{
	size_t at = terms->term_count;
	int year = date.year;

	while (at > 0 && terms->terms[at - 1].month * 32 + terms->terms[at - 1].day > date.month * 32 + date.day)
		at--;
	if (at == 0) { /* before the first of the year: in the last one of the year before */
		at = terms->term_count;
		year--;
	}
	return (struct term_of){ year * 16 + (int)at, &terms->terms[at - 1], year };
}

void
terms_days(const struct terms *terms, struct date date, struct date *first, struct date *last)
{
	struct term_of of = terms_of(terms, date);
	bool wraps = of.term == &terms->terms[terms->term_count - 1];
	const struct term *next = wraps ? terms->terms : of.term + 1;

	*first = (struct date){ (int16_t)of.year, of.term->month, of.term->day };
	*last = day_date(day_of((struct date){ (int16_t)(of.year + wraps), next->month, next->day }) - 1);
}
