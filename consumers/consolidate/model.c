/*
 * model.c - see model.h and schemas/student_link.xml.
 */
#include "consumers/consolidate/model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "consumers/consolidate/traits.h"
#include "consumers/consolidate/likeness/born.h"
#include "consumers/consolidate/likeness/digits.h"
#include "consumers/consolidate/likeness/name.h"
#include "consumers/consolidate/likeness/words.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/record/definition.h"

#define TABLES_MAX 8

struct frequency {
	uint64_t hash;
	double share;
};

struct frequencies {
	struct text of, lines;
	struct frequency *at; /* sorted by hash */
	size_t count;
	double other;
};

struct model_loaded {
	struct model model; /* first: what model_free() is given */
	struct xml_definition *definition;
	struct frequencies tables[TABLES_MAX];
	size_t table_count;
};

struct load {
	struct model_loaded *loaded;
	const struct dataset *dataset;
	const char *path;
	struct faults faults;
	bool memory;
};

/* ---- words of the definition ---- */

static const char *const by_names[COMPARE_BYS] = { "digits", "name", "date", "code", "words", "place", "household" };
static const char *const place_names[PLACE_LEVELS] = { "none", "class", "grade", "school", "other" };
static const char *const code_names[CODE_LEVELS] = { "none", "same", "other" };
static const char *const household_names[HOUSEHOLD_LEVELS] = { "none", "several", "phone", "person", "address",
	"other" };
static const char *const match_names[] = { "separate", "review", "link" };

const char *
compare_by_name(enum compare_by by)
{
	return by_names[by];
}

const char *
compare_level_name(enum compare_by by, unsigned level)
{
	switch (by) {
	case BY_DIGITS:
		return level < DIGITS_LEVELS ? digits_level_name((enum digits_level)level) : NULL;
	case BY_NAME:
		return level < NAME_LEVELS ? name_level_name((enum name_level)level) : NULL;
	case BY_DATE:
		return level < BORN_LEVELS ? born_level_name((enum born_level)level) : NULL;
	case BY_CODE:
		return level < CODE_LEVELS ? code_names[level] : NULL;
	case BY_WORDS:
		return level < WORDS_LEVELS ? words_level_name((enum words_level)level) : NULL;
	case BY_PLACE:
		return level < PLACE_LEVELS ? place_names[level] : NULL;
	case BY_HOUSEHOLD:
		return level < HOUSEHOLD_LEVELS ? household_names[level] : NULL;
	default:
		return NULL;
	}
}

static int
level_of(enum compare_by by, struct text word)
{
	const char *name;

	for (unsigned level = 0; (name = compare_level_name(by, level)) != NULL; level++) {
		if (text_eq(word, text_from(name)))
			return (int)level;
	}
	return -1;
}

/* ---- numbers ---- */

/* The attribute as a number in [${min}, ${max}]; ${otherwise} when it is not there. */
static double
read_number(
    struct load *load, const struct xml_element *element, const char *name, double min, double max, double otherwise)
{
	struct text text = definition_get(element, name);
	char digits[40], *end;
	double value;

	if (text.len == 0)
		return otherwise;
	if (text.len >= sizeof(digits))
		goto wrong;
	memcpy(digits, text.at, text.len);
	digits[text.len] = '\0';
	errno = 0;
	value = strtod(digits, &end); /* the program runs in the C locale for numbers */
	if (*end != '\0' || errno != 0 || !(value >= min && value <= max))
		goto wrong;
	return value;
wrong:
	faults_add(&load->faults, load->path, element->line, "\"%s\" is a number from %g to %g", name, min, max);
	return otherwise;
}

/* ---- comparisons ---- */

static void
read_fields(struct load *load, const struct xml_element *element, const char *attribute, struct model_compare *compare,
    enum field_group group)
{
	struct text rest = definition_get(element, attribute), word;

	while (definition_word(&rest, ' ', &word)) {
		const struct field *field;

		if (word.len == 0)
			continue;
		field = dataset_field(load->dataset, word);
		if (field == NULL)
			faults_add(&load->faults, load->path, element->line, "there is no field \"%.*s\"",
			    (int)word.len, word.at);
		else if (compare->field_count[group] == COMPARE_FIELDS_MAX)
			faults_add(&load->faults, load->path, element->line, "more than %d fields in one comparison",
			    COMPARE_FIELDS_MAX);
		else
			compare->fields[group][compare->field_count[group]++] = field->number;
	}
}

float
model_bits(double odds, float most)
{
	float bits = roundf((float)log2(odds) * 256) / 256;

	return bits > most ? most : bits;
}

static void
read_levels(struct load *load, const struct xml_element *element, struct model_compare *compare)
{
	for (const struct xml_element *e = xml_element_child(element, "level"); e; e = xml_element_next(e, "level")) {
		int level = level_of(compare->by, definition_get(e, "is"));

		definition_check(e, "is! m! u!", "", load->path, &load->faults);
		if (level <= 0) {
			faults_add(&load->faults, load->path, e->line,
			    "a comparison by %s has no level \"%.*s\" with a weight", by_names[compare->by],
			    (int)definition_get(e, "is").len, definition_get(e, "is").at);
			continue;
		}
		if (compare->m[level] != 0)
			faults_add(&load->faults, load->path, e->line, "the level stands here twice");
		compare->m[level] = read_number(load, e, "m", 1e-12, 1, 1);
		compare->u[level] = read_number(load, e, "u", 1e-12, 1, 1);
		compare->bits[level] = model_bits(compare->m[level] / compare->u[level], compare->most);
	}
}

static int
compare_named(const struct model *model, struct text name)
{
	for (size_t i = 0; i < model->compare_count; i++) {
		if (text_eq(model->compares[i].name, name))
			return (int)i;
	}
	return -1;
}

static void
read_compare(struct load *load, const struct xml_element *element)
{
	struct model *model = &load->loaded->model;
	struct model_compare compare = { .name = definition_get(element, "name"), .zh = definition_get(element, "zh") };
	int by = definition_choice(definition_get(element, "by"), by_names, COMPARE_BYS);
	struct text frequency = definition_get(element, "frequency");

	definition_check(
	    element, "name! zh! by! field former school_code school_name grade class phones people addresses frequency crossed most",
	    "level", load->path, &load->faults);
	if (by < 0) {
		faults_add(&load->faults, load->path, element->line, "\"by\" names no way of comparing");
		return;
	}
	if (model->compare_count == COMPARES_MAX || compare_named(model, compare.name) >= 0) {
		faults_add(&load->faults, load->path, element->line,
		    "the comparison \"%.*s\" stands here twice, or is one too many", (int)compare.name.len,
		    compare.name.at);
		return;
	}
	compare.by = (enum compare_by)by;
	switch (compare.by) {
	case BY_PLACE:
		read_fields(load, element, "school_code", &compare, GROUP_FIELDS);
		read_fields(load, element, "school_name", &compare, GROUP_NAMES);
		read_fields(load, element, "grade", &compare, GROUP_GRADES);
		read_fields(load, element, "class", &compare, GROUP_CLASSES);
		break;
	case BY_HOUSEHOLD:
		read_fields(load, element, "phones", &compare, GROUP_PHONES);
		read_fields(load, element, "people", &compare, GROUP_PEOPLE);
		read_fields(load, element, "addresses", &compare, GROUP_ADDRESSES);
		break;
	default:
		read_fields(load, element, "field", &compare, GROUP_FIELDS);
		if (compare.field_count[GROUP_FIELDS] != 1)
			faults_add(&load->faults, load->path, element->line, "a comparison by %s has one \"field\"",
			    by_names[by]);
		if (compare.by == BY_NAME)
			read_fields(load, element, "former", &compare, GROUP_NAMES);
	}
	compare.by_frequency = text_eq(frequency, TEXT("yes"));
	if (frequency.len > 0 && !compare.by_frequency && !text_eq(frequency, TEXT("no")))
		faults_add(&load->faults, load->path, element->line, "\"frequency\" is yes or no");
	compare.most = (float)read_number(load, element, "most", 0, 100, 100);
	read_levels(load, element, &compare);
	compare.at = model->trait_bytes;
	model->trait_bytes = (uint16_t)(model->trait_bytes + trait_slot_bytes(compare.by));
	model->compares[model->compare_count++] = compare;
}

/* Which comparison another one's values may have changed places with: known once all have been read. */
static void
read_crossed(struct load *load, const struct xml_element *root)
{
	struct model *model = &load->loaded->model;

	for (const struct xml_element *e = xml_element_child(root, "compare"); e; e = xml_element_next(e, "compare")) {
		struct text with = definition_get(e, "crossed");
		int own = compare_named(model, definition_get(e, "name")), other = compare_named(model, with);

		if (with.len == 0 || own < 0)
			continue;
		if (other < 0 || model->compares[own].by != BY_WORDS || model->compares[other].by != BY_WORDS)
			faults_add(&load->faults, load->path, e->line, "\"crossed\" names another comparison by words");
		else
			model->compares[own].crossed = (uint8_t)(other + 1);
	}
}

/* ---- blocks ---- */

static size_t
read_parts(struct load *load, const struct xml_element *element, const char *attribute, struct block_part *parts)
{
	const struct model *model = &load->loaded->model;
	struct text rest = definition_get(element, attribute), word;
	size_t count = 0;

	while (definition_word(&rest, ' ', &word)) {
		size_t dot = text_find(word, TEXT("."));
		struct text name = { word.at, dot == SIZE_MAX ? word.len : dot };
		struct text part = dot == SIZE_MAX ? TEXT("same")
						   : (struct text){ word.at + dot + 1, word.len - dot - 1 };
		int compare = compare_named(model, name), number;

		if (word.len == 0)
			continue;
		number = compare < 0 ? -1 : trait_part_named(model->compares[compare].by, part);
		if (number < 0)
			faults_add(&load->faults, load->path, element->line, "there is no key \"%.*s\"", (int)word.len,
			    word.at);
		else if (count == BLOCK_PARTS_MAX)
			faults_add(&load->faults, load->path, element->line, "more than %d parts", BLOCK_PARTS_MAX);
		else
			parts[count++] = (struct block_part){ (uint8_t)compare, (uint8_t)number };
	}
	return count;
}

static void
read_blocks(struct load *load, const struct xml_element *root)
{
	struct model *model = &load->loaded->model;

	for (const struct xml_element *e = xml_element_child(root, "block"); e; e = xml_element_next(e, "block")) {
		struct model_block block = { 0 };

		definition_check(e, "on! refine", "", load->path, &load->faults);
		if (model->block_count == BLOCKS_MAX) {
			faults_add(&load->faults, load->path, e->line, "more than %d blocks", BLOCKS_MAX);
			return;
		}
		block.part_count = (uint8_t)read_parts(load, e, "on", block.parts);
		block.refine_count = (uint8_t)read_parts(load, e, "refine", block.refine);
		model->blocks[model->block_count++] = block;
	}
}

/* ---- gates ---- */

/* "name=same|variant birth=same": each must hold. */
static void
read_conditions(struct load *load, const struct xml_element *element, struct model_gate *gate)
{
	const struct model *model = &load->loaded->model;
	struct text rest = definition_get(element, "when"), word, level;

	while (definition_word(&rest, ' ', &word)) {
		size_t equals = text_find(word, TEXT("="));
		int compare;

		if (word.len == 0)
			continue;
		compare = equals == SIZE_MAX ? -1 : compare_named(model, (struct text){ word.at, equals });
		if (compare < 0) {
			faults_add(&load->faults, load->path, element->line, "\"%.*s\" names no comparison",
			    (int)word.len, word.at);
			continue;
		}
		if (gate->count == GATE_CONDITIONS_MAX) {
			faults_add(
			    &load->faults, load->path, element->line, "more than %d conditions", GATE_CONDITIONS_MAX);
			return;
		}
		word.at += equals + 1;
		word.len -= equals + 1;
		gate->when[gate->count].compare = (uint8_t)compare;
		while (definition_word(&word, '|', &level)) {
			int number = level_of(model->compares[compare].by, level);

			if (number < 0)
				faults_add(&load->faults, load->path, element->line,
				    "\"%.*s\" is no level of that comparison", (int)level.len, level.at);
			else
				gate->when[gate->count].levels |= 1u << number;
		}
		gate->count++;
	}
	if (gate->count == 0)
		faults_add(&load->faults, load->path, element->line, "\"when\" names no condition");
}

static size_t
read_gates(struct load *load, const struct xml_element *root, const char *name, struct model_gate *gates)
{
	bool capped = strcmp(name, "gate") == 0;
	size_t count = 0;

	for (const struct xml_element *e = xml_element_child(root, name); e; e = xml_element_next(e, name)) {
		struct model_gate gate = {
			.name = definition_get(e, "name"), .zh = definition_get(e, "zh"), .at_most = MATCH_LINK
		};
		int most = capped ? definition_choice(definition_get(e, "at_most"), match_names, ARRAY_LEN(match_names))
				  : 0;

		definition_check(e, capped ? "name! zh! when! at_most! alone twins" : "name! zh! when! within alone",
		    "", load->path, &load->faults);
		if (count == GATES_MAX) {
			faults_add(&load->faults, load->path, e->line, "more than %d of them", GATES_MAX);
			break;
		}
		if (most < 0)
			faults_add(&load->faults, load->path, e->line, "\"at_most\" is separate, review or link");
		if (capped)
			gate.at_most = (enum match)most;
		gate.within = text_eq(definition_get(e, "within"), TEXT("yes"));
		gate.alone = text_eq(definition_get(e, "alone"), TEXT("yes"));
		gate.twins = text_eq(definition_get(e, "twins"), TEXT("yes"));
		read_conditions(load, e, &gate);
		gates[count++] = gate;
	}
	return count;
}

/* ---- frequencies ---- */

static int
frequency_order(const void *a, const void *b)
{
	const struct frequency *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

/* Lines of "value share", one each. */
static void
read_table(struct load *load, const struct xml_element *element)
{
	struct model_loaded *loaded = load->loaded;
	struct frequencies *table = &loaded->tables[loaded->table_count];
	struct text rest = element->text, line;
	size_t lines = 1;

	definition_check(element, "of! other!", "", load->path, &load->faults);
	if (loaded->table_count == TABLES_MAX) {
		faults_add(&load->faults, load->path, element->line, "more than %d tables", TABLES_MAX);
		return;
	}
	for (size_t i = 0; i < rest.len; i++)
		lines += rest.at[i] == '\n';
	*table = (struct frequencies){
		.of = definition_get(element, "of"), .lines = element->text, .at = calloc(lines, sizeof(*table->at))
	};
	if (table->at == NULL) {
		load->memory = true;
		return;
	}
	loaded->table_count++;
	table->other = read_number(load, element, "other", 1e-12, 1, 1);
	while (definition_word(&rest, '\n', &line)) {
		size_t space = 0;
		char digits[40], *end;
		double share;

		while (space < line.len && line.at[space] != ' ' && line.at[space] != '\t')
			space++;
		if (line.len == 0)
			continue;
		if (space == line.len || line.len - space >= sizeof(digits)) {
			faults_add(&load->faults, load->path, element->line, "a line is a value, a blank and its share");
			return;
		}
		memcpy(digits, line.at + space + 1, line.len - space - 1);
		digits[line.len - space - 1] = '\0';
		share = strtod(digits, &end);
		if (*end != '\0' || !(share > 0 && share <= 1)) {
			faults_add(&load->faults, load->path, element->line, "a share is above 0 and at most 1");
			return;
		}
		table->at[table->count++] = (struct frequency){ hash64(line.at, space, 0), share };
	}
	qsort(table->at, table->count, sizeof(*table->at), frequency_order);
}

void
model_tables(const struct model *model, struct buffer *out)
{
	for (size_t i = 0; i < model->loaded->table_count; i++) {
		const struct frequencies *table = &model->loaded->tables[i];

		buffer_string(out, "\t<frequencies of=\"");
		buffer_xml(out, table->of);
		buffer_format(out, "\" other=\"%.3g\">\n\t\t", table->other);
		buffer_xml(out, table->lines);
		buffer_string(out, "\n\t</frequencies>\n");
	}
}

double
model_frequency(const struct model *model, struct text of, struct text value)
{
	const struct model_loaded *loaded = model->loaded;

	for (size_t i = 0; i < loaded->table_count; i++) {
		const struct frequencies *table = &loaded->tables[i];
		struct frequency key = { .hash = hash64(value.at, value.len, 0) }, *found;

		if (!text_eq(table->of, of))
			continue;
		found = table->count == 0 ? NULL : bsearch(&key, table->at, table->count, sizeof(key), frequency_order);
		return found == NULL ? table->other : found->share;
	}
	return 0;
}

/* ---- all of it ---- */

static void
read_model(struct load *load, const struct xml_element *root)
{
	struct model *model = &load->loaded->model;
	struct text duplicates = definition_get(root, "duplicates");

	definition_check(root, "dataset! version! population! link! review! rival! cap duplicates",
	    "compare block gate join frequencies", load->path, &load->faults);
	model->dataset = definition_get(root, "dataset");
	model->version = definition_get(root, "version");
	if (!text_eq(model->dataset, load->dataset->name))
		faults_add(&load->faults, load->path, root->line, "this is for another dataset");
	model->population = read_number(load, root, "population", 1, 1e10, 1e6);
	model->prior_bits = model_bits(1 / model->population, 0);
	model->link_bits = (float)read_number(load, root, "link", -100, 100, 0);
	model->review_bits = (float)read_number(load, root, "review", -100, 100, 0);
	model->rival_bits = (float)read_number(load, root, "rival", 0, 100, 0);
	model->cap = (uint32_t)read_number(load, root, "cap", 2, 100000, 200);
	model->duplicates = text_eq(duplicates, TEXT("yes"));
	if (duplicates.len > 0 && !model->duplicates && !text_eq(duplicates, TEXT("no")))
		faults_add(&load->faults, load->path, root->line, "\"duplicates\" is yes or no");
	for (const struct xml_element *e = xml_element_child(root, "compare"); e; e = xml_element_next(e, "compare"))
		read_compare(load, e);
	model->trait_bytes = (uint16_t)((model->trait_bytes + 3) & ~3);
	read_crossed(load, root);
	read_blocks(load, root);
	model->gate_count = read_gates(load, root, "gate", model->gates);
	model->join_count = read_gates(load, root, "join", model->joins);
	for (const struct xml_element *e = xml_element_child(root, "frequencies"); e && !load->memory;
	     e = xml_element_next(e, "frequencies"))
		read_table(load, e);
}

int
model_load(struct model **model, const char *path, const struct dataset *dataset, schema_complain *complain, void *self,
    struct err *err)
{
	struct load load = { .dataset = dataset, .path = path, .faults = { complain, self, err, 0 } };

	*model = NULL;
	load.loaded = calloc(1, sizeof(*load.loaded));
	if (load.loaded == NULL)
		return err_set(err, ERR_STOP, "%s: not enough memory", path);
	load.loaded->model.loaded = load.loaded;
	load.loaded->definition = definition_load(path, "link", &load.loaded->model.digest, &load.faults);
	if (load.loaded->definition != NULL)
		read_model(&load, xml_definition_root(load.loaded->definition));
	if (load.memory && load.faults.count == 0) {
		err_set(err, ERR_STOP, "%s: not enough memory", path);
		load.faults.count++;
	}
	if (load.faults.count > 0) {
		model_free(&load.loaded->model);
		return -1;
	}
	*model = &load.loaded->model;
	return 0;
}

void
model_free(struct model *model)
{
	if (model == NULL)
		return;
	for (size_t i = 0; i < model->loaded->table_count; i++)
		free(model->loaded->tables[i].at);
	xml_definition_free(model->loaded->definition);
	free(model->loaded);
}
