/*
 * grant.h - a grant: the document by which an office may have data, as a definition that the programs keep to. One small XML
 * file each, DATA/config/grants/ID.xml (RELAX NG: schemas/grant.rng; config/README.md says how to write one).
 *
 * What is not written is not granted: no column, no school, no pupil. A grant that is wrong in any place grants nothing at
 * all; the others are as good as before. A sensitive field needs a reason of its own (need="…").
 */
#ifndef YICI_CORE_RECORD_GRANT_H
#define YICI_CORE_RECORD_GRANT_H

#include "core/base/digest.h"
#include "core/record/binding.h"

#define GRANT_ID_MAX 40

/* How much of a value is given. */
enum grant_mask {
	MASK_WHOLE,
	MASK_LAST4,      /* the last four characters of a number of at least eight */
	MASK_BIRTH_YEAR, /* the year of a date or month */
	MASK_YES_NO,     /* whether the value meets a condition; nothing where none is known */
	MASK_TOKEN,      /* no field: what stands for the pupil in this grant's deliveries, and in no other's */
	MASK_STUDENT_ID, /* no field: our own id of the student, the same for everybody who has it */
	MASKS,
};

/* What a field must say; one without a value never meets codes or a range. */
struct grant_condition {
	uint16_t field;
	enum grant_test { TEST_IS, TEST_NOT, TEST_RANGE, TEST_HELD, TEST_EMPTY } test;
	const struct text *codes; /* of TEST_IS and TEST_NOT */
	size_t count;
	struct text from, to; /* of TEST_RANGE: both inclusive, one may be empty */
	struct text need;
};

struct grant_column {
	enum grant_mask mask;
	uint16_t field;             /* FIELD_NONE: none */
	enum field_type type;       /* of the field */
	struct text key;            /* "id_no_last4": in jsonl and in the log, unlike any other of the grant */
	struct text heading;        /* in csv and xlsx, unlike any other of the grant */
	struct text need;           /* why it is needed; always there when the field is sensitive */
	struct grant_condition yes; /* of MASK_YES_NO: when it is yes */
};

/* A column that was asked for and is not given. */
struct grant_withheld {
	struct text asked, reason;
};

struct grant_approver {
	struct text name, post; /* the post may be empty */
	struct date date;
};

enum grant_every { EVERY_NIGHT, EVERY_WEEK, EVERY_MONTH, EVERY_TERM };
enum { GRANT_CSV = 1, GRANT_XLSX = 2, GRANT_JSONL = 4 };

struct grant {
	struct text id; /* the name of its file, without .xml */
	struct text unit, purpose, basis, document;
	struct date document_date, from, to, destroy_by; /* all of them the last day inclusive */
	const struct grant_approver *approvers;
	size_t approver_count;
	const struct grant_column *columns;
	size_t column_count;
	const struct grant_withheld *withheld;
	size_t withheld_count;
	bool all;                   /* every school and grade, no condition */
	const struct text *schools; /* codes, sorted; none: any */
	size_t school_count;
	const struct text *grades; /* none: any */
	size_t grade_count;
	const struct grant_condition *conditions; /* all must hold */
	size_t condition_count;
	struct text presence; /* words of presence with a space between, whose pupils are given; who is back is present */
	unsigned formats;     /* GRANT_CSV | …; 0: no files */
	enum grant_every every;
	uint64_t times; /* most deliveries in a term; 0: any number */
	bool topic;     /* its view goes to a topic of its own, night after night */
	struct text principal,
	    group;            /* who reads it, as the brokers call him, and how his groups' names begin; may be empty */
	struct sha256 sha256; /* of the file */
	struct text broken; /* what is wrong with it, with file and line; empty when nothing is. Then nothing above but id counts */
};

struct grants {
	const struct grant *at; /* by id */
	size_t count;
};

/*
 * All grants of ${dataset} in ${folders} (NULL-terminated; one that is not there has none). Faults go to ${complain} (may be
 * NULL) and make their own grant broken, no other. NULL only when memory is short or a folder cannot be read.
 */
MUST_CHECK struct grants *grants_load(
    const struct dataset *dataset, const char *const *folders, schema_complain *complain, void *self, struct err *err);
void grants_free(struct grants *grants);

/* NULL when there is none of that id. */
const struct grant *grants_find(const struct grants *grants, struct text id);

/* "whole", "last4", "birth_year", "yes_no", "token", "student_id"; "night", "week", "month", "term". */
const char *grant_mask_name(enum grant_mask mask);
const char *grant_every_name(enum grant_every every);

/* Whether ${mask} can be laid over a value of ${field}. */
bool grant_mask_fits(enum grant_mask mask, const struct field *field);

/* Does a field that says ${value} meet ${condition}? ${type} is the field's. */
bool grant_condition_holds(const struct grant_condition *condition, enum field_type type, struct text value);

/* Where ${date} is in its validity, which does not begin before all have approved and the document is dated. */
enum grant_time { GRANT_EARLY, GRANT_NOW, GRANT_EXPIRED };
enum grant_time grant_time(const struct grant *grant, struct date date);

/*
 * The period of ${date}, a number that is the same for all days of one night, week (from Monday), month or term (from February, from
 * August) and rises with them.
 */
int32_t grant_period(enum grant_every every, struct date date);

#endif
