/*
 * cell.h - one cell on its way to a value: what the cleaners of all field types share.
 *
 * A cleaner gets a cell that is not empty and answers with a state; the value is borrowed from the
 * cell where nothing had to be changed, from a static table (codes), or lies in the scratch of the
 * row. What it has to say of the cell goes to cell_say(); whether a rule spoils the value is
 * decided by the severity the dataset gives it, not here. A cleaner answers CELL_BAD when it has no
 * value at all to offer.
 */
#ifndef YICI_CONSUMERS_NORMALIZE_CELL_H
#define YICI_CONSUMERS_NORMALIZE_CELL_H

#include "core/record/binding.h"

enum cell_state {
	CELL_EMPTY,
	CELL_GOOD,
	CELL_BAD,
};

/* What a number tells of a person. */
enum number_form {
	NUMBER_NONE,
	NUMBER_CITIZEN,   /* 18 characters with a valid check character; 15 digits are extended */
	NUMBER_PERMIT,    /* the same of a resident from Hong Kong, Macao or Taiwan */
	NUMBER_FOREIGNER, /* the same of a foreigner's card: its sequence tells no sex */
	NUMBER_DOCUMENT,  /* any other document */
};
struct number_facts {
	enum number_form form;
	uint64_t number;   /* 17 digits; 0 for a document */
	int32_t birth_day; /* days since 1900-01-01 */
	char sex;          /* '1', '2' or 0 */
	char full[18];     /* all 18 characters */
};

#define CELL_RULES_MAX 8

struct cell_work {
	/* the row's scratch: cell_room() */
	char *scratch;
	size_t used, size;
	size_t shift_used; /* what the row itself has taken */
	/* of the run */
	const struct source *source;
	struct date run_date;
	int32_t run_day;
	bool date1904;
	const uint8_t *divisions;         /* a bit for each six digits that are or were a division; NULL: not known */
	const struct codes *school_kinds; /* NULL: not known */
	/* of this cell */
	uint16_t rules[CELL_RULES_MAX];
	unsigned rule_count;
	struct number_facts facts;  /* set by id and student numbers */
	uint64_t mark;              /* what a name had behind it to tell namesakes apart; 0: nothing */
	bool leaned;                /* the answer came from more than the cell: not to be remembered */
	struct text derived;        /* a grade that a class carries */
	const struct codes *grades; /* of the grade beside a class; NULL when there is none */
	/* of the row, for cells that lean on others */
	struct text companion; /* value of the companion field; empty when there is none */
	int birth_year;        /* 0 when not known */
	bool of_pupil;         /* the field is the pupil's own birth date */
	bool month_only;       /* the header asks for no day: 出生年月 */
	bool whether;          /* the header asks 是否…: 1 and 0 are yes and no, not codes */
	/* the last number checked: the id number and the core of the student number are mostly the
	 * same */
	char checked[18];
	bool checked_valid;
	struct number_facts checked_facts;
};

typedef enum cell_state cell_cleaner(
    struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out);

/* One for each field type. */
cell_cleaner text_clean, address_clean, name_clean, id_no_clean, student_no_clean, identifier_clean, school_code_clean,
    code_clean, division_clean, date_clean, month_clean, range_clean, datetime_clean, number_clean, phone_clean,
    postcode_clean, grade_clean, class_clean, card_clean, email_clean;

/* Remember that ${rule} was met; each is said once. */
void cell_say(struct cell_work *work, enum rule rule);

/* cell_say() and CELL_BAD, so that a cleaner can end with it. */
enum cell_state cell_bad(struct cell_work *work, enum rule rule);

/* ${len} bytes of scratch; a cleaner may take twice its cell's length and 64 bytes more. */
char *cell_room(struct cell_work *work, size_t len);

/* A copy in scratch. */
struct text cell_copy(struct cell_work *work, const char *bytes, size_t len);

/* A character nobody sees: zero-width, directional, soft hyphen, variation selector. */
bool cell_invisible(uint32_t cp);
bool cell_space(uint32_t cp);
bool cell_private(uint32_t cp);

/* Full-width form to its ASCII character; any other as it is. */
uint32_t cell_half(uint32_t cp);

/*
 * ${text} without invisible characters, control characters and leading apostrophes, full-width
 * forms made ASCII, white space at the ends gone, inside one blank each, or none with ${spaces}
 * false. Returns the length, SIZE_MAX when it is more than ${size}.
 */
size_t cell_narrow(struct text text, char *out, size_t size, bool spaces);

/* A system's word for nothing: NULL, undefined. */
bool cell_null(struct text text);

/* A word by which people leave a cell empty, which is no mistake: 无, a dash, a slash. */
bool cell_left(struct text text);

/* "4.1E+17" */
bool cell_scientific(struct text narrow);

/* Take ${literal} off the front. */
bool cell_eat(struct text *text, const char *literal);

/* Take digits or a Chinese numeral (up to 99, or digit by digit) off the front; how many digits it
 * had. */
size_t cell_eat_number(struct text *text, unsigned *value);

/* date.c: days since 1900-01-01, from which day numbers of spreadsheets and birth days count. */
#define DAY_1970 25567
int32_t date_day(int year, unsigned month, unsigned day);

/* id_no.c: 18 characters of a number with a check character. */
enum number_check {
	NUMBER_VALID,
	NUMBER_CHARACTER,
	NUMBER_DATE,
	NUMBER_CHECKSUM,
};
enum number_check number_check(struct cell_work *work, const char *at, struct number_facts *facts);

/* han.c: the character that a radical or a compatibility ideograph stands for. */
uint32_t han_unified(uint32_t cp);

#endif
