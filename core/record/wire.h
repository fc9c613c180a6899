/*
 * wire.h - rows on their way from stage to stage over the bus: what a message says, and its bytes.
 *
 * A message is its version (one byte, WIRE_VERSION), then tag-length-value records: a tag (one byte), the length (a number of seven bits a
 * byte, low first), that many bytes. Numbers are little-endian. A reader steps over tags it does not know and refuses a
 * message that is cut, repeats or lacks what it must have. Whatever comes from the bus is taken as hostile.
 *
 * A row is named by the file it came in (an id made by who collected it), sheet and row. The settlement of a row (what
 * became of it) is one message on `checked` or one on `rejected`; an accepted row with issues has a second on `rejected`.
 */
#ifndef YICI_CORE_RECORD_WIRE_H
#define YICI_CORE_RECORD_WIRE_H

#include "core/base/arena.h"
#include "core/record/binding.h"
#include "core/record/checked.h"
#include "core/record/answer.h"

#define WIRE_VERSION 1
#define WIRE_FILE_BYTES 16
#define WIRE_KEY_MAX 64
#define WIRE_CELLS_MAX 16384

/* Which row, and under which definitions and date it was read. */
struct wire_origin {
	uint8_t file[WIRE_FILE_BYTES];
	uint16_t sheet; /* from 0 */
	uint32_t row;   /* as Excel counts */
	uint64_t definitions;
	struct date date; /* of the run it was collected for */
};

/* The key of a row on `submitted` and `rejected`: "<file>:<sheet>:<row>"; returns its length. */
size_t wire_key(const struct wire_origin *origin, char key[WIRE_KEY_MAX]);

/* Sums of this over all rows of a file are equal only when each row is there once. */
uint64_t wire_place_hash(uint16_t sheet, uint32_t row);

/* ---- submitted: a row as read ---- */

#define WIRE_ROLE_UNUSABLE 255 /* data of a sheet that cannot be used: rejected by ${rule} */

struct wire_row {
	struct wire_origin origin;
	uint8_t role;        /* enum row_role of collecting, or WIRE_ROLE_UNUSABLE */
	uint16_t flags;      /* as the reader set them */
	uint16_t rule;       /* of an unusable sheet */
	struct text source;  /* the sender's name */
	struct text binding; /* of the sheet (wire_binding_write()); empty when unusable */
	uint32_t cell_count;
	struct text lens;  /* filled by reading: length and kind of each cell */
	struct text cells; /* filled by reading: the texts, one after another */
};

/* Append the row with ${row->cell_count} cells to ${out}. */
void wire_row_write(const struct wire_row *row, const struct cell *cells, struct buffer *out);
MUST_CHECK int wire_row_read(struct text bytes, struct wire_row *row);

/* Walk the cells of a row that was read, whose lengths have been checked. ${at} has room for row->cell_count. */
void wire_row_cells(const struct wire_row *row, struct cell *at);

/* A binding as bytes, and back; field numbers hold under the same definitions only. What is read lives in ${arena}. */
void wire_binding_write(const struct binding *binding, struct buffer *out);
MUST_CHECK int wire_binding_read(struct text bytes, const struct dataset *dataset, const struct source *source,
    struct binding *binding, struct arena *arena);

/* ---- checked: an accepted row ---- */

struct wire_checked {
	struct wire_origin origin;
	bool issues;            /* a message with the row's issues is on `rejected` */
	struct checked checked; /* file, source, sheet and row of it are not carried */
	struct text values;     /* encoded; checked by wire_checked_read() */
};

void wire_checked_write(const struct wire_checked *checked, struct buffer *out);
MUST_CHECK int wire_checked_read(struct text bytes, size_t field_count, struct wire_checked *checked);

/* ---- rejected: issues of a row ---- */

enum wire_settled {
	WIRE_ACCEPTED, /* the row is on `checked` too */
	WIRE_REJECTED,
	WIRE_ASIDE, /* no data; ${role} says why */
};

struct wire_issues {
	struct wire_origin origin;
	enum wire_settled settled;
	uint8_t role;
	struct text issues; /* records of wire_issue_next() */
	struct text abouts; /* wire_about_add() of each of them; empty when none is a query of an accepted row */
	/* Of an accepted row; by it answers find their queries (answer.h). */
	bool has_record;
	uint8_t record[RECORD_ID_BYTES];
	uint32_t updated;
	uint64_t content;
	struct text explanation; /* empty for none */
};

/* Appends one issue to ${out}, which becomes wire_issues.issues. */
void wire_issue_add(
    struct buffer *out, uint16_t column, uint16_t rule, uint16_t field, uint8_t severity, struct text raw);

struct wire_issue {
	uint16_t column, rule, field;
	uint8_t severity;
	struct text raw;
};
MUST_CHECK int wire_issue_next(struct text issues, size_t *pos, struct wire_issue *issue);

/* What the next issue is about: appends to ${out}, which becomes wire_issues.abouts; and of the ${nth}, 0 when it is not said. */
void wire_about_add(struct buffer *out, uint64_t about);
uint64_t wire_about(const struct wire_issues *issues, size_t nth);

void wire_issues_write(const struct wire_issues *issues, struct buffer *out);
MUST_CHECK int wire_issues_read(struct text bytes, struct wire_issues *issues);

#endif
