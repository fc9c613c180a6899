/*
 * form.h - the lists that people keep of pupils: their columns, as real ones are headed, and how
 * they look.
 */
#ifndef YICI_OPS_SAMPLE_FORM_H
#define YICI_OPS_SAMPLE_FORM_H

#include "ops/sample/book.h"

/* What a column holds. */
enum fact {
	FACT_SERIAL,
	FACT_NAME,
	FACT_SEX,
	FACT_BIRTH,
	FACT_AGE,
	FACT_ETHNIC,
	FACT_NATION,
	FACT_ID_TYPE,
	FACT_ID,
	FACT_STUDENT_NO,
	FACT_REGION,
	FACT_HEALTH,
	FACT_POLITICAL,
	FACT_HUKOU_TYPE,
	FACT_HUKOU,
	FACT_DIVISION,
	FACT_NATIVE,
	FACT_SCHOOL,
	FACT_SCHOOL_CODE,
	FACT_STAGE,
	FACT_GRADE,
	FACT_CLASS,
	FACT_GRADE_CLASS,
	FACT_ADMISSION,
	FACT_GRADUATION,
	FACT_ADMISSION_MODE,
	FACT_RESIDENCE,
	FACT_BOARDS,
	FACT_ADDRESS,
	FACT_PHONE,
	FACT_POSTCODE,
	FACT_LEFT_BEHIND,
	FACT_BOTH_AWAY,
	FACT_MIGRANT,
	FACT_DISABILITY,
	FACT_DISABILITY_CARD,
	FACT_DISABILITY_LEVEL,
	FACT_INCLUSIVE,
	FACT_FORMER_NAME,
	FACT_SEAT,
	FACT_FATHER,
	FACT_FATHER_RELATION,
	FACT_FATHER_PHONE,
	FACT_FATHER_ID,
	FACT_MOTHER,
	FACT_MOTHER_RELATION,
	FACT_MOTHER_PHONE,
	FACT_MOTHER_ID,
	FACT_STATUS,
	FACT_UPDATED,
	FACT_COUNTY,
	FACT_LOCAL_NO,
	FACT_BOOL,   /* spec: chance of yes in a hundred */
	FACT_PICK,   /* spec: values with | between */
	FACT_NUMBER, /* spec: "least most decimals" */
	FACT_DIGITS, /* spec: how many */
	FACT_CONST,  /* spec: the value */
	FACT_BLANK
};

struct column {
	const char *header; /* with "|" between two levels */
	enum fact fact;
	const char *spec;
	const char *xml; /* the field's name in registry XML */
};

enum form_who { WHO_ALL, WHO_RURAL, WHO_ENTERING, WHO_GRADE_9, WHO_DISABLED, WHO_LEFT, WHO_MIGRANT, WHO_BOARDER };
enum form_unit { UNIT_CITY, UNIT_COUNTY, UNIT_SCHOOL };

enum {
	LOOK_TITLE = 1,     /* a merged title */
	LOOK_UNIT = 2,      /* 填报单位 and 日期 */
	LOOK_NOTES = 4,     /* 填表说明 */
	LOOK_EXAMPLE = 8,   /* an example row */
	LOOK_FOOTER = 16,   /* 合计, 填表人 */
	LOOK_BLANKS = 32,   /* blank rows, a blank column in front */
	LOOK_STARS = 64,    /* ★ and （必填） in headers */
	LOOK_SHUFFLE = 128, /* columns in another order in each file */
	LOOK_SHEETS = 256,  /* a sheet for each grade */
	LOOK_HIDDEN = 512,  /* a hidden sheet besides */
	LOOK_CODES = 1024   /* sex, hukou, grade, ethnic group as the department's own codes */
};

struct form {
	const char *source, *title;
	const struct column *columns;
	size_t column_count;
	uint32_t share; /* of those it is about, in a million */
	enum form_who who;
	enum form_unit unit;
	unsigned look;
	enum book_format formats[4]; /* taken in turn */
};

extern const struct form form_registry;
extern const struct form forms[];
extern const size_t form_count;

#define FORM_COLUMNS_MAX 80

#endif
