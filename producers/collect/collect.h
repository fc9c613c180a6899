/*
 * collect.h - where the table is in a sheet, which column means which field, which rows are data.
 *
 * layout_find() looks at the first rows of a sheet and scores each of the first LAYOUT_HEAD_ROWS as
 * a header against the headers known for the source; two header rows (merged, two-level) are
 * joined. layout_classify() then says of any row what it is. Both are pure functions; what is
 * remembered from earlier deliveries is an argument.
 *
 * A workbook that had gone back to its sender (consumers/publish/returned.c) and comes again is a table like any other. It is known by the
 * headers 原行号 and 说明 (in English Row, Issues, Explanation): these columns are ours, and what the sender wrote in 说明
 * explains its row (struct binding).
 */
#ifndef YICI_PRODUCERS_COLLECT_COLLECT_H
#define YICI_PRODUCERS_COLLECT_COLLECT_H

#include "core/base/arena.h"
#include "core/record/binding.h"
#include "producers/readers/rows.h"

#define LAYOUT_HEAD_ROWS 30
#define LAYOUT_LEVELS_MAX 3 /* rows of one header */

/* What a row is; all but ROW_DATA are set aside with this as the reason. */
enum row_role {
	ROW_DATA,
	ROW_TITLE,   /* before the header: title, unit, date */
	ROW_HEADER,  /* the header itself, or its repetition on a later page */
	ROW_EXAMPLE, /* 示例, 模板例子 */
	ROW_TOTAL,   /* 合计, 小计 */
	ROW_FOOTER,  /* 填表人, 审核, 制表日期 */
	ROW_NOTE,    /* filling notes, column numbers, rows with nothing but a serial number */
	ROW_HIDDEN,  /* whatever stands in a hidden sheet; never given by layout_classify() */
	ROW_HELD,    /* of a school that is held back (yici hold); never given by layout_classify() */
	ROW_PURGED,  /* of a person who is not to be kept (yici purge); never given by layout_classify() */
	ROW_ROLES,
};

/* "title", "header", … as in set_aside.csv */
const char *row_role_name(enum row_role role);

enum column_state {
	COLUMN_BOUND,
	COLUMN_UNKNOWN,  /* kept raw, asked about in the report */
	COLUMN_IGNORED,  /* 序号 and what the source's definition leaves alone */
	COLUMN_RIVAL,    /* claims ${field}, which another column has better */
	COLUMN_BLANK,    /* no header */
	COLUMN_RETURNED, /* put there when the workbook went back to its sender: 原行号, 问题, 说明 */
	COLUMN_STATES,
};

/* One column of a sheet and why it is bound as it is. */
struct layout_column {
	uint16_t column; /* from 0 */
	enum column_state state;
	uint16_t field;     /* FIELD_NONE when unknown, ignored or blank; a rival's is not in the binding */
	struct text header; /* joined over the header rows, as written; owned by the layout */
	int score;          /* 110 source's own, 100 the field's name, 95 synonym … 40 a guess; lexicon.h */
	const char *why;    /* "name of the field", "synonym", "source's own header", "remembered", … */
	struct text key;    /* as remembered: header_fold() of the header with its notes; owned by the
			    layout */
};

/* "bound", "unknown", … as in report.json */
const char *column_state_name(enum column_state state);

struct layout_rows; /* what layout_classify() knows; owned by the layout */

struct layout {
	struct arena arena;
	bool found;
	enum refusal refusal;               /* why the sheet cannot be used when not found */
	struct frame_refuse where;          /* row and column the refusal is about */
	struct text refusal_detail;         /* the fields (Chinese names) that are missing or claimed twice */
	uint32_t header_first, header_last; /* row numbers */
	struct layout_column *columns;      /* one for each column of the sheet's head: columns[i].column == i */
	size_t column_count;
	const struct layout_rows *rows;
	struct binding binding; /* of the bound columns */
	uint64_t fingerprint;   /* of headers and bindings: changes when either does */
};

/* Bindings of an earlier delivery of the same source: layout_column.key to field. remembered.h
 * makes them. */
struct remembered {
	const struct source_header *at;
	size_t count;
};

/*
 * Find the table among ${rows} (the first rows of a sheet, at least LAYOUT_HEAD_ROWS of them when
 * there are as many). Fills ${layout}; always 0 but for memory (-1). A sheet that cannot be used
 * has found = false and a refusal.
 */
MUST_CHECK int layout_find(struct layout *layout, const struct row *rows, size_t count, const struct dataset *dataset,
    const struct source *source, const struct remembered *remembered, bool date1904, struct err *err);
void layout_fini(struct layout *layout);

/*
 * What ${row} is. Depends on nothing but the layout and the row. A row with a usable name and a
 * number (or a birth date) is data whatever else it says, unless it is marked as an example; so is
 * a cut or broken row.
 */
enum row_role layout_classify(const struct layout *layout, const struct row *row);

#endif
