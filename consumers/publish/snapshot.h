/*
 * snapshot.h - the lines of the big outputs, as bytes: students.csv and .jsonl, changes.csv, lineage.csv. docs/formats.md
 * has them field by field.
 *
 * A column of students.csv stands for each field that some source has ever delivered, in the order of the dataset: so
 * the header changes only when a source brings something new. csv holds labels (what people read), jsonl codes.
 * A value that a spreadsheet would take for a formula gets an apostrophe in csv; the stored value does not.
 */
#ifndef YICI_CONSUMERS_PUBLISH_SNAPSHOT_H
#define YICI_CONSUMERS_PUBLISH_SNAPSHOT_H

#include "core/base/buffer.h"
#include "core/record/schema.h"

struct snapshot; /* one for each process: it keeps small caches */

/* ${delivered} says by field number which fields have a column; borrowed. NULL when memory is short. */
MUST_CHECK struct snapshot *snapshot_new(const struct dataset *dataset, const uint8_t *delivered);
void snapshot_free(struct snapshot *snapshot);

/* One value of a student, fields rising. */
struct snapshot_value {
	uint16_t field;
	struct text text;
};

/* The first line of students.csv, with the byte order mark. */
void snapshot_csv_header(const struct snapshot *snapshot, struct buffer *out);

/* What stands of a student before his values. */
struct snapshot_head {
	struct text id;       /* 32 hexadecimal digits */
	struct text presence; /* a word */
	struct text since;    /* a date */
	struct text reason;   /* a word and what more there is to say */
};

/* One student. */
void snapshot_csv(struct snapshot *snapshot, const struct snapshot_head *head, const struct snapshot_value *values,
    size_t count, struct buffer *out);
/* ${pinned}: names of the fields whose values people have pinned, a space between. */
void snapshot_jsonl(const struct snapshot *snapshot, const struct snapshot_head *head, struct text pinned,
    const struct snapshot_value *values, size_t count, struct buffer *out);

/* What stands in a csv for a field's value: the label of a code; otherwise the value. */
struct text snapshot_shown(struct snapshot *snapshot, uint16_t field, struct text value);

/* ${text} as one csv field, quoted where it must be, a formula made harmless. */
void snapshot_cell(struct buffer *out, struct text text);

/* Would a spreadsheet take a cell that begins so for a formula? */
bool snapshot_is_formula(struct text text);

#endif
