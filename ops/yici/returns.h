/*
 * returns.h - returned forms as a source: workbooks out of inbox/forms/, taken when a night begins and held against what that night publishes.
 *
 * What they say becomes answers and differences (consumers/forms/said.h) of the night's generation, form_answers.csv and form_differences.csv of its
 * outputs; rows that are nobody's, and cells that could not be used, go back in returned/forms/. Nothing that a form says ever changes a record.
 * Each content counts once: RETURNS_TAKEN of a generation has a line for each, SHA-256 and run, a tab between.
 */
#ifndef YICI_OPS_YICI_RETURNS_H
#define YICI_OPS_YICI_RETURNS_H

#include "consumers/forms/mark.h"
#include "consumers/forms/said.h"
#include "ops/yici/files.h"
#include "ops/yici/forms.h"

#define RETURNS_FOLDER "forms"
#define RETURNS_TAKEN "forms.tsv"

struct returned_row {
	uint32_t row_no;
	const struct cell *cells; /* by column of the table */
	bool rejected;
	struct text says; /* to who sent it: why it is rejected, or which cells were not taken; may be empty */
};

struct returned_table {
	struct text sheet;
	struct form form;
	struct returned_row *rows;
	size_t count;
	const struct text *owners; /* by column, where they are of several departments; else NULL */
	const struct text *forms;  /* the same */
};

struct returned_file {
	struct arrival arrival;
	struct sha256 sha256;
	struct text form, owner, origin; /* which form; whose questions; who answers */
	bool marked;
	struct form_mark mark;
	struct returned_table *tables;
	size_t table_count;
	struct text refusal, why; /* of the whole file: a word, a sentence; empty */
	bool gaps;                /* one sheet in place of many forms (returns_gaps.c): a line is one question */
	bool again;               /* its content was taken before */
	uint64_t rows, rejected, set_aside, answers, differences, withheld, refused_cells;
};

struct returns {
	bool open; /* ${forms} is */
	struct forms forms;
	struct arena arena;
	struct returned_file *at; /* by path */
	size_t count;
	bool fresh;                   /* there is one that was not taken before */
	struct said_list older, list; /* of the generation before; of this night */
	struct buffer taken;          /* lines of RETURNS_TAKEN of the generation before */
	uint64_t conflicts, differences;
};

/*
 * Take what lies there, as far as memory for it goes: the rest waits for the next night. Nothing is taken where no students will be
 * published as lines (outlet jsonl), or no forms are defined: that is logged. returns_free() in any case.
 */
MUST_CHECK int returns_take(struct returns *returns, struct command *command, const char *data,
    const struct state *state, bool bus, struct err *err);

/* What such a sheet is marked with in place of a blank form's digest. */
#define RETURNS_GAPS "gaps"

/* The lines of such a sheet as rows of a table with a column for each question and department, in place of ${file}'s tables. */
MUST_CHECK int returns_gaps(struct returns *returns, struct returned_file *file, struct err *err);

/* What the judging of a night needs to know of it. */
struct returns_night {
	const char *data, *id, *day;
	struct date date;
	const char *students;            /* path of its students as lines */
	const char *generation;          /* its folder */
	struct publication *publication; /* its ${returns} are filled */
	const struct journal_log *log;   /* of decisions */
	/* Students that are others by now: of nights before, and of this one; each sorted. */
	const struct retired *retired[2];
	size_t retired_count[2];
};

/* Whose rows these are and what they say; state and outputs of the night. */
MUST_CHECK int returns_publish(struct returns *returns, const struct returns_night *night, struct err *err);

/* Out of the inbox, to archive/<run>/, or to quarantine/<run>/ when the file could not be used. */
MUST_CHECK int returns_put_away(const struct returns *returns, const char *data, struct text run, struct err *err);
void returns_free(struct returns *returns);

#endif
