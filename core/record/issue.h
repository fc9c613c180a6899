/*
 * issue.h - something wrong with a row or a cell, as data.
 * What rules there are, how severe, and what they say to a person stands in schemas/rules.xml; here they have numbers.
 */
#ifndef YICI_CORE_RECORD_ISSUE_H
#define YICI_CORE_RECORD_ISSUE_H

#include "core/base/text.h"

/*
 * Every rule the code can raise: the identifier outside is the lower-case word. One line here, one <rule> in
 * schemas/rules.xml; loading checks that both lists agree.
 */
#define RULES(X)                                                                                                       \
	/* the row as a whole */                                                                                       \
	X(no_name)       /* no usable name */                                                                          \
	X(no_identity)   /* none of valid id number, student number, birth date, school with class */                  \
	X(shifted)       /* the cells stand a column beside their headers */                                           \
	X(row_cut)       /* the row is larger than allowed */                                                          \
	X(row_broken)    /* an open quote, or bytes that are no text */                                                \
	X(sheet_refused) /* the row stands in a sheet that could not be used */                                        \
	/* id numbers */                                                                                               \
	X(id_length)                                                                                                   \
	X(id_character)                                                                                                \
	X(id_checksum)                                                                                                 \
	X(id_truncated)      /* a spreadsheet number that has lost its last digits */                                  \
	X(id_scientific)     /* 4.1E+17 */                                                                             \
	X(id_masked)         /* 410302********0217 */                                                                  \
	X(id_date)           /* its birth date does not exist or lies in the future */                                 \
	X(id_division)       /* its first six digits are no division, present or past */                               \
	X(id_15)             /* first generation, 15 digits */                                                         \
	X(id_type_mismatch)  /* the form of the number is not of the type said */                                      \
	X(id_birth_mismatch) /* birth date column and number differ */                                                 \
	X(id_sex_mismatch)   /* sex column and number differ */                                                        \
	X(id_temporary)      /* 999 + school code + serial: a vocational school's own number */                        \
	/* student numbers */                                                                                          \
	X(student_no_form)                                                                                             \
	X(student_no_checksum)                                                                                         \
	X(student_no_id_mismatch) /* G-number whose core is not the id number */                                       \
	X(student_no_birth_mismatch)                                                                                   \
	/* names */                                                                                                    \
	X(name_character)         /* digits, symbols or other things no name has */                                    \
	X(name_lost_character)    /* ? or a box in place of a rare character */                                        \
	X(name_private_character) /* a vendor's own character */                                                       \
	X(name_note)              /* a note behind the name, e.g. transferred; taken off */                            \
	X(name_short)                                                                                                  \
	X(name_pinyin) /* latin letters in place of a character */                                                     \
	/* values */                                                                                                   \
	X(date_form)                                                                                                   \
	X(date_impossible)                                                                                             \
	X(date_range)       /* far outside what can be */                                                              \
	X(date_day_missing) /* year and month only where a day belongs */                                              \
	X(date_two_digit_year)                                                                                         \
	X(code_unknown)                                                                                                \
	X(code_obsolete)                                                                                               \
	X(code_ambiguous) /* a name that several codes share */                                                        \
	X(number_form)                                                                                                 \
	X(number_range)                                                                                                \
	X(phone_form)                                                                                                  \
	X(phone_scientific)                                                                                            \
	X(phone_generic) /* 13800000000 and the like */                                                                \
	X(postcode_form)                                                                                               \
	X(postcode_zero) /* a leading zero was lost and put back */                                                    \
	X(school_code_form)                                                                                            \
	X(school_code_category)                                                                                        \
	X(grade_form)                                                                                                  \
	X(grade_cohort_range) /* the cohort is in no grade at the run date */                                          \
	X(disability_card_form)                                                                                        \
	X(disability_card_mismatch)                                                                                    \
	X(email_form)                                                                                                  \
	X(text_too_long)                                                                                               \
	X(text_control) /* control characters or line breaks inside */                                                 \
	X(text_private_character)                                                                                      \
	X(spreadsheet_error) /* #N/A, #REF! … */                                                                     \
	X(formula_unsaved)   /* the formula's result is not in the file */                                             \
	X(null_literal)      /* NULL, null, undefined */                                                               \
	X(required_missing)                                                                                            \
	X(fields_contradict) /* inclusive class and disability, and other pairs of the dataset */                      \
	X(status_impossible) /* expelled in compulsory education */                                                    \
	/* found when records meet */                                                                                  \
	X(duplicate_in_source)                                                                                         \
	X(number_shared) /* same number, but name and birth date both differ */

enum rule {
#define X(name) RULE_##name,
	RULES(X)
#undef X
	    RULE_COUNT
};

enum severity {
	SEVERITY_REJECT, /* the row cannot be used */
	SEVERITY_ERROR,  /* the value is not used; must be mended */
	SEVERITY_QUERY,  /* the value is used; mend or explain */
};

/* "reject", "error", "query" */
const char *severity_name(enum severity severity);

/* "id_checksum" */
const char *rule_name(enum rule rule);

/* What a rule says; from schemas/rules.xml. {field} stands for the field's name. */
struct rule_text {
	enum severity severity;
	struct text zh, en;
};

#define FIELD_NONE UINT16_MAX /* the issue is about the whole row; no such field */

/* One thing wrong. The texts are borrowed from the row. */
struct issue {
	uint16_t field;  /* number in the dataset, or FIELD_NONE */
	uint16_t column; /* of the sheet, from 0; UINT16_MAX when not about one column */
	uint16_t rule;
	uint8_t severity;
	struct text raw; /* the cell as the sender wrote it */
	uint64_t about;  /* of a query: hash of what it is about (answer.h); else 0 */
};

#endif
