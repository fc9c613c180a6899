/*
 * schema.h - what a dataset is: its fields, and what the engine must know to treat any dataset
 * alike. Read from schemas/NAME.xml (RELAX NG: schemas/dataset.rng), never changed afterwards.
 * Adding a field needs no C.
 *
 * Loading checks every element, attribute and value itself, strictly, and needs 10 ms; `yici lint`
 * also validates by the RELAX NG schemas, for which libxml2 takes 25 ms more: too much for the
 * start of every command.
 */
#ifndef YICI_CORE_RECORD_SCHEMA_H
#define YICI_CORE_RECORD_SCHEMA_H

#include "core/base/arena.h"
#include "core/record/codes.h"
#include "core/record/issue.h"

enum field_type {
	FIELD_TEXT,
	FIELD_ADDRESS,
	FIELD_NAME,       /* a person's name */
	FIELD_ID_NO,      /* identity document number; its type stands in field->companion */
	FIELD_STUDENT_NO, /* G, J or L and 18 */
	FIELD_IDENTIFIER, /* another number or key, kept as text */
	FIELD_SCHOOL_CODE,
	FIELD_CODE,       /* one of field->codes, stored as its code */
	FIELD_BOOL,       /* yes_no, stored as 1 or 0; empty is not 0 */
	FIELD_DIVISION,   /* administrative division: a code, or a path of names */
	FIELD_DATE,       /* stored 2014-09-01 */
	FIELD_MONTH,      /* stored 2014-09 */
	FIELD_DATE_RANGE, /* stored 2010-06-01/2020-06-01 */
	FIELD_DATETIME,   /* stored 2014-09-01T12:30:00 */
	FIELD_NUMBER,     /* stored as a plain decimal */
	FIELD_PHONE,      /* several are kept, with a space between */
	FIELD_POSTCODE,
	FIELD_GRADE,           /* a code of field->codes; from a cohort by the run date */
	FIELD_CLASS,           /* class name or number; may carry the grade */
	FIELD_DISABILITY_CARD, /* id number, kind and level in one */
	FIELD_EMAIL,
	FIELD_TYPES,
};

/* How several sources' values become one (design.md section 5). */
enum merge_rule {
	MERGE_TRUST,  /* authority, then trust, then recency */
	MERGE_RECENT, /* authority, then recency, then trust (phones, addresses) */
	MERGE_UNION,  /* all that differ are kept, best first */
};

#define FIELDS_MAX 1000

/* In this field a cell that says ${raw} means ${code}, whatever the code set says. */
struct field_meaning {
	struct text raw, code;
};

struct field {
	struct text name; /* as in the glossary: "student_no" */
	struct text zh, en;
	struct text group;  /* "registry", "family", "aid", "health" …: which part of the dataset */
	uint16_t number;    /* place in the dataset, from 0 */
	uint16_t companion; /* ID_NO: the field with its type; CLASS: the grade; FIELD_NONE when
			       there is none */
	enum field_type type;
	enum merge_rule merge;
	const struct codes *codes;  /* NULL for any value */
	bool personal;              /* names, numbers, addresses, phones: never shown outside the dataset and the
			  sender's own file */
	bool sensitive;             /* needs a grant of its own (health, money) */
	bool required;              /* its absence is a query */
	bool unread;                /* never taken from a table (photographs): has no headers here, its columns are
			ignored */
	uint32_t length_max;        /* characters; 0: 1,000 */
	double min, max;            /* NUMBER: both 0 when any */
	const struct text *headers; /* the ways columns are headed, the field's own zh first */
	size_t header_count;
	const struct field_meaning *meanings;
	size_t meaning_count;
};

/* The parts fields play in identifying a person; FIELD_NONE where the dataset has none. */
struct roles {
	uint16_t name, sex, birth_date, id_no, id_type, student_no;
	uint16_t school_code, school_name, grade, class_name;
	uint16_t updated_at; /* when the source last changed the row */
	uint16_t status;     /* whether the person is still here */
	uint16_t guardian;   /* name of the first */
	uint16_t key;        /* the source's own number of the row: who it is inside the source, and nothing beyond */
};

/* Two fields whose values must agree, e.g. inclusive_class and disability: a query when they do
 * not. */
struct agreement {
	uint16_t field, with;
	struct text when, then; /* codes; ${then} may be "!0" for "anything but 0" */
};

/*
 * Evidence that a person has left: the merged value of ${field} is ${code}. The fields stand in the order in which they are
 * asked: a later one only where those before it say nothing that holds.
 */
#define LEAVING_REASON_MAX 23
struct leaving {
	uint16_t field, date; /* ${date}: a field of type date that says since when; FIELD_NONE for none */
	struct text code;
	struct text reason; /* a word of at most LEAVING_REASON_MAX letters: "graduated" */
};

#define DATASET_FILE_MAX 300 /* bytes of a file called after a dataset */

struct dataset {
	struct text name, zh, en;
	struct text files;  /* what files of its people are called, NAME and an s: "students" of students.csv */
	struct text id_key; /* how their id is headed: "student_id" */
	struct text id_zh;  /* and in Chinese: "学生编号" */
	uint64_t digest;    /* of all that defines it, codes and rules included: changes when any of
			    them does */
	const struct field *fields;
	size_t field_count;
	struct roles roles;
	const struct agreement *agreements;
	size_t agreement_count;
	const struct leaving *leavings; /* none: nobody ever leaves */
	size_t leaving_count;
	uint16_t back_days;            /* so many days who has come back is said to be back */
	const struct rule_text *rules; /* RULE_COUNT of them */
	const struct refusal_text {
		struct text name; /* "not_a_table"; empty for REFUSED_NO */
		struct text zh, en;
	} * refusals; /* by enum refusal of the readers, from schemas/refusals.xml; count in
			 refusal_count */
	size_t refusal_count;
	const struct schema *schema; /* what the functions below ask */
};

/* Told of each thing wrong in a definition. line is 0 when it is about the whole file. */
typedef void schema_complain(void *self, const char *file, unsigned line, const char *what);

/*
 * Load FOLDER/NAME.xml with its codes (FOLDER/codes/) and rules (FOLDER/rules.xml), checked by
 * RELAX NG and by meaning. All faults go to ${complain} (may be NULL), the first also to ${err}.
 * NULL when there is any.
 */
MUST_CHECK struct dataset *dataset_load(
    const char *folder, const char *name, schema_complain *complain, void *self, struct err *err);
void dataset_free(struct dataset *dataset);

/*
 * ${text} was written of students: the same of the dataset's people, 学生 and student being called ${zh} and ${name}. ${text} itself where it is
 * of students, speaks of none, or ${words} is NULL or full; else it lives there, with a NUL behind it.
 */
struct text dataset_says(const struct dataset *dataset, struct text text, struct arena *words);

/* The field of that name; NULL when there is none. Constant time. */
const struct field *dataset_field(const struct dataset *dataset, struct text name);

/* What a header means by the dataset alone. */
enum header_use {
	HEADER_UNKNOWN,
	HEADER_FIELD,   /* ${*field} */
	HEADER_IGNORED, /* known and left alone: running numbers, remarks, signatures, photographs
			 */
	HEADER_NEVER,   /* its cells must not be kept anywhere: passwords */
};

/* What ${header}, folded by header_fold(), means. ${*field} is FIELD_NONE unless HEADER_FIELD.
 * Constant time. */
enum header_use dataset_header(const struct dataset *dataset, struct text folded, uint16_t *field);

/* What a header says beside its own field: in ${field} the value is ${value}. 父亲姓名 is the name
 * of a member of the family, and says that this member is the father. */
struct implication {
	uint16_t field;
	struct text value;
};

/* What ${header}, folded by header_fold(), says of another field; NULL when nothing. Constant time.
 */
const struct implication *dataset_implication(const struct dataset *dataset, struct text folded);

/* Whether any header of ${field} says something of ${of}. */
bool dataset_implies(const struct dataset *dataset, uint16_t field, uint16_t of);

/* What it means that ${field} says ${code}: that he has left, or nothing of the kind (NULL). */
const struct leaving *dataset_leaving(const struct dataset *dataset, uint16_t field, struct text code);

/* The code sets the fields use, by name, each once. */
size_t dataset_codes_count(const struct dataset *dataset);
const struct codes *dataset_codes_at(const struct dataset *dataset, size_t index);

/* "id_no" and the like, for definitions and docs */
const char *field_type_name(enum field_type type);

/* "trust", "recent", "union" */
const char *merge_rule_name(enum merge_rule merge);

#endif
