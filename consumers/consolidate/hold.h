/*
 * hold.h - is this night fit to be published? Judges what compare.h has counted against yesterday by the limits in force on its
 * date: counts in, findings out. No finding: it is. A pure function; the first night there is has nothing to be compared with and none.
 *
 * A limit is a share in per cent of a group of records, of a school or of a source. Of a group smaller than ${small} only the number of
 * persons counts; of a larger one, at schools, both do. What holds a night whatever the shares: a school of a full source that
 * does not come, a column that is no more where it was, a full source of which no file can be used.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_HOLD_H
#define YICI_CONSUMERS_CONSOLIDATE_HOLD_H

#include "consumers/consolidate/usual.h"

struct hold_limits {
	/* in per cent, above which a night is held; 100 and more: never */
	uint64_t absent, changed, key, emptied, fresh, rejected, linked, code;
	uint64_t keys;    /* as persons, of what tells who somebody is, and of rows: no season changes that */
	uint64_t persons; /* more than so many of one school, in place of a share or beside it; 0: never */
	uint64_t few; /* of less than so many records nothing is said; 0: schools, columns and files do not hold a night by themselves */
	uint64_t small; /* a group of less records has no shares */
};

/* The limit of a setting such as "10,07:60,08-10:60" in ${month}; -1 when it is none. */
MUST_CHECK int hold_limit(const char *setting, unsigned month, uint64_t *limit);

enum hold_kind {
	HOLD_REFUSED,  /* of a full source no file can be used */
	HOLD_SCHOOL,   /* a school of a full source did not come */
	HOLD_COLUMN,   /* a field that had a column has none */
	HOLD_NUMBER,   /* student numbers with another letter */
	HOLD_GARBLED,  /* names in no encoding */
	HOLD_ABSENT,   /* records of a full source */
	HOLD_CHANGED,  /* records */
	HOLD_KEY,      /* values of a field that tells who somebody is */
	HOLD_EMPTIED,  /* values of a field */
	HOLD_FRESH,    /* new records of a full source */
	HOLD_REJECTED, /* rows */
	HOLD_CODE,     /* records with a code that the source never used, or with what is no code */
	HOLD_KINDS,    /* records that are no longer identified by a number */
	HOLD_LINKED,   /* students that are no longer linked with other sources */
	HOLD_FINDINGS,
};
const char *hold_kind_name(enum hold_kind kind);

enum hold_cause {
	HOLD_CAUSE_NONE,
	HOLD_CAUSE_RENAMED,  /* the column ${was} is called ${is} now, in ${files} files */
	HOLD_CAUSE_GONE,     /* the column ${was} is no more, in ${files} files */
	HOLD_CAUSE_FILE,     /* the school's file did not come */
	HOLD_CAUSE_ENCODING, /* text decoded by the wrong encoding */
	HOLD_CAUSE_EXPORT,   /* ${count} of ${of} numbers that began with ${was} begin with ${is}: another list */
	HOLD_CAUSE_UNUSABLE, /* the files were refused */
};
const char *hold_cause_name(enum hold_cause cause);

struct hold_finding {
	enum hold_kind kind;
	uint16_t source;
	uint16_t field;  /* FIELD_NONE: of records */
	uint32_t school; /* 0: of the source */
	struct text code, name;
	uint64_t count, of, limit; /* ${limit} in per cent, or in persons when ${persons} */
	bool persons;
	enum hold_cause cause;
	struct text was, is;
	uint64_t files;
	struct example examples[EXAMPLES_MAX];
	size_t example_count;
};

/* What came of one source, by its number. */
struct hold_delivery {
	uint64_t rows, rejected;               /* of this run's complete files */
	uint64_t rows_before, rejected_before; /* of the last run's that had any */
	uint64_t complete, refused;            /* files */
	bool garbled;                          /* text of what could not be used is */
};

/* A column that differs from the last delivery's. */
struct hold_column {
	uint16_t source;
	uint16_t field;      /* it had; FIELD_NONE for one that is new and unknown */
	struct text was, is; /* one of them may be empty */
	uint64_t files;
};

struct hold_input {
	const struct dataset *dataset;
	const struct source *const *sources;
	size_t source_count;
	struct hold_limits limits;
	const struct compared_row *rows; /* sorted, as comparison_sorted() gives them */
	size_t row_count;
	const struct usual_list *usual;
	const struct hold_delivery *deliveries;
	const struct hold_column *columns;
	size_t column_count;
	const uint32_t *except; /* schools of which nothing is judged, for they are set aside */
	size_t except_count;
};

struct hold_findings {
	struct hold_finding *at;
	size_t count, room;
};

/* Texts of the findings point into what ${input} points at. -1 when memory is short. */
MUST_CHECK int hold_judge(const struct hold_input *input, struct hold_findings *findings, struct err *err);
void hold_free(struct hold_findings *findings);

#endif
