/*
 * model.h - how records of a dataset are compared when no number settles it: what is compared and how, how much each
 * outcome weighs, which pairs are looked at, and what no weight may do. All of it is data: schemas/NAME_link.xml beside
 * the dataset's own file (RELAX NG: schemas/link.rng), frozen while a run lasts. Source of the method: Fellegi and
 * Sunter, A Theory for Record Linkage, JASA 64 (1969).
 *
 * A comparison has levels: what the comparison function can answer. m is the share of true pairs of records at that
 * level, u the share of pairs of strangers; a level weighs log2(m / u) bits. The weights of a pair are added to the odds that
 * any two records speak of one person: 1 to ${population}. From ${link_bits} on a pair may be joined, from ${review_bits} on
 * it is a question for a person, unless a gate says less.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_MODEL_H
#define YICI_CONSUMERS_CONSOLIDATE_MODEL_H

#include "core/base/buffer.h"
#include "core/record/schema.h"

#define COMPARES_MAX 16
#define LEVELS_MAX 16
#define COMPARE_FIELDS_MAX 8
#define BLOCKS_MAX 16
#define BLOCK_PARTS_MAX 4
#define GATES_MAX 64
#define GATE_CONDITIONS_MAX 8

/* What a comparison looks at, and by which function. Level 0 is always "none": a side says nothing. */
enum compare_by {
	BY_DIGITS,    /* identity numbers, also damaged ones (likeness/digits.h) */
	BY_NAME,      /* names of people in Chinese (likeness/name.h) */
	BY_DATE,      /* dates of birth (likeness/born.h) */
	BY_CODE,      /* the same or not */
	BY_WORDS,     /* words of other languages (likeness/words.h) */
	BY_PLACE,     /* school, grade and class */
	BY_HOUSEHOLD, /* telephones, names of family members, addresses: together, once */
	COMPARE_BYS,
};

enum place_level { PLACE_NONE, PLACE_CLASS, PLACE_GRADE, PLACE_SCHOOL, PLACE_OTHER, PLACE_LEVELS };
enum code_level { CODE_NONE, CODE_SAME, CODE_OTHER, CODE_LEVELS };
enum household_level {
	HOUSEHOLD_NONE,
	HOUSEHOLD_SEVERAL, /* two kinds of evidence or more */
	HOUSEHOLD_PHONE,
	HOUSEHOLD_PERSON,
	HOUSEHOLD_ADDRESS,
	HOUSEHOLD_OTHER, /* known on both sides, and nothing the same */
	HOUSEHOLD_LEVELS
};

/* "digits", "name"… */
const char *compare_by_name(enum compare_by by);

/* The name of a level in the definition, NULL behind the last. */
const char *compare_level_name(enum compare_by by, unsigned level);

/* Groups of fields of a comparison; most have one. */
enum field_group { GROUP_FIELDS, GROUP_NAMES, GROUP_GRADES, GROUP_CLASSES, FIELD_GROUPS };
/* of BY_PLACE: school codes, school names, grades, classes; of BY_HOUSEHOLD: */
#define GROUP_PHONES GROUP_FIELDS
#define GROUP_PEOPLE GROUP_NAMES
#define GROUP_ADDRESSES GROUP_GRADES
#define GROUP_FORMER GROUP_NAMES /* of BY_NAME: a name the person had before, beside the slot of the name */

struct model_compare {
	struct text name, zh;
	enum compare_by by;
	uint16_t fields[FIELD_GROUPS][COMPARE_FIELDS_MAX];
	uint8_t field_count[FIELD_GROUPS];
	uint8_t crossed; /* BY_WORDS: 1 + the comparison whose value may have changed places with this one, 0 for none */
	uint16_t at;     /* its place in a trait */
	double m[LEVELS_MAX], u[LEVELS_MAX]; /* 0: not given, the level weighs nothing */
	float bits[LEVELS_MAX];              /* at most ${most} */
	float most;
	bool by_frequency; /* the level "same" weighs by how frequent the value is */
};

/* Part of a key: a comparison and which of its keys (traits.h). */
struct block_part {
	uint8_t compare, part;
};

struct model_block {
	struct block_part parts[BLOCK_PARTS_MAX];
	uint8_t part_count;
	struct block_part refine[BLOCK_PARTS_MAX]; /* added in turn where more than ${cap} records share a key */
	uint8_t refine_count;
};

enum match { MATCH_SEPARATE, MATCH_REVIEW, MATCH_LINK };

struct model_gate {
	struct text name, zh;
	struct {
		uint8_t compare;
		uint32_t levels; /* one bit each */
	} when[GATE_CONDITIONS_MAX];
	uint8_t count;
	enum match at_most;
	bool within; /* a join that also holds between two records of one source */
	bool twins;  /* of a gate: who passes it are two children born together */
	bool alone;  /* a join that holds only where one of the two names stands on that one record and nowhere else */
};

struct model {
	struct text dataset, version;
	uint64_t digest;
	double population;
	float prior_bits, link_bits, review_bits, rival_bits;
	uint32_t cap;
	bool duplicates; /* one source may hold several records of a person, to be found by weights, too */
	struct model_compare compares[COMPARES_MAX];
	size_t compare_count;
	struct model_block blocks[BLOCKS_MAX];
	size_t block_count;
	struct model_gate gates[GATES_MAX]; /* for pairs found by weights: the first that fits holds */
	size_t gate_count;
	struct model_gate joins[GATES_MAX]; /* records that carry the same number are joined when one of these fits */
	size_t join_count;
	uint16_t trait_bytes;        /* of one record's slots together, a multiple of 4 */
	struct model_loaded *loaded; /* its own */
};

/* Load it for ${dataset}: 0; or -1 with the first fault in ${err}, all of them told to ${complain} (may be NULL). */
MUST_CHECK int model_load(struct model **model, const char *path, const struct dataset *dataset,
    schema_complain *complain, void *self, struct err *err);
void model_free(struct model *model);

/* The tables of frequencies as they stand in the definition, behind what ${out} holds. */
void model_tables(const struct model *model, struct buffer *out);

/*
 * What odds weigh, at most ${most}. In whole 256ths of a bit, so that sums of weights are exact, and are the same
 * whatever the machine's logarithm makes of the last digit.
 */
float model_bits(double odds, float most);

/* How frequent ${value} is, by the table ${of} ("surname", "given", or a comparison's name); 0 when there is no table. */
double model_frequency(const struct model *model, struct text of, struct text value);

#endif
