/*
 * manner.h - how a form wants a value written: as a number or text, a code or its label, with which marks in a date, which words for
 * yes and no. Learnt from the list of allowed values, what the header says ("1男2女", "xxxx.xx"), an example, the format of its
 * cells, in this order; without any, as the dataset's own outputs write it. Pure.
 */
#ifndef YICI_CONSUMERS_FORMS_MANNER_H
#define YICI_CONSUMERS_FORMS_MANNER_H

#include "consumers/forms/calendar.h"
#include "consumers/forms/styles.h"

#define MANNER_HINTS_MAX 24

enum manner_words { SAY_WORD, SAY_LABEL, SAY_BRIEF };

struct manner {
	const struct dataset *dataset;
	const struct terms *terms;
	const struct form_column *column;
	const struct field *field; /* that is asked, or from which it follows; NULL */
	const struct codes *codes; /* of what is written: the field's, or yes and no; NULL */
	bool yes_no;
	bool whether; /* yes or no of a field that says more: 是否留守儿童, or 留守儿童 with a tick as example */
	bool number; /* as a number where it is one */
	bool day;    /* dates as days of the spreadsheet's calendar */
	bool date1904;
	char mark; /* '-', '/', '.', 'h' for 年月日, 0 for none */
	bool padded, month;
	bool code, both; /* codes: "1", "1-男" */
	struct text yes, no;
	bool class_digits, class_brackets, with_grade;
	enum manner_words words;    /* codes: as forms say it, as the code set does, briefly */
	const struct text *allowed; /* borrowed */
	size_t allowed_count;
	struct manner_hint {
		struct text sign, code; /* the header's digits, and the code they mean */
	} hints[MANNER_HINTS_MAX];
	size_t hint_count;
};

/* What is known of a column before it is written. */
struct manner_evidence {
	struct text sample; /* the example in it; empty when there is none */
	struct text hint;   /* what a row of notes says of the column; may be empty */
	bool sample_text;   /* it was written as text */
	enum styles_format format;
	const struct text *allowed;
	size_t allowed_count;
	bool date1904;
	bool ticks;           /* the form's examples have a tick somewhere: where none stands it means no */
	bool grade_elsewhere; /* the form has a column for the grade */
};

void manner_learn(struct manner *manner, const struct form_column *column, const struct dataset *dataset,
    const struct terms *terms, const struct manner_evidence *evidence);

/* Whether ${text} is a mark that says yes where it stands. */
bool manner_is_tick(struct text text);

enum manner_written {
	MANNER_NONE,  /* it cannot be said in this form's words */
	MANNER_BLANK, /* an empty cell says it */
	MANNER_TEXT,
	MANNER_NUMBER,
};

/*
 * Append what is to be written for a pupil whose fields are ${values} (by field number; at is NULL without one) on the day ${today}.
 * ${number} is that of the row. MANNER_NONE leaves ${out} as it was.
 */
enum manner_written manner_write(
    const struct manner *manner, const struct text *values, struct date today, uint32_t number, struct buffer *out);

/* The words a person may choose from when the cell is left open, for a list of at most ${most} characters with commas between; false when there are none or too many. */
bool manner_choices(const struct manner *manner, size_t most, struct buffer *out);

#endif
