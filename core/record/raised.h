/*
 * raised.h - an issue together with where it stands, a row that was set aside, and what a clerk wrote to explain his row, as they are
 * sorted on scratch on their way to the people who sent the file. Sorted by file, sheet, row, column, rule.
 */
#ifndef YICI_CORE_RECORD_RAISED_H
#define YICI_CORE_RECORD_RAISED_H

#include "core/base/buffer.h"
#include "core/record/issue.h"
#include "core/record/record.h"

/* The bytes of an entry: struct raised, then the cell's text. */
struct raised {
	uint8_t key[16];  /* high byte first: file 4, sheet 2, row 4, column 2, rule 2, field 2 */
	uint8_t severity; /* enum severity, or one of those below */
	uint8_t zeros[3];
	/* Of queries and explanations of accepted rows, else zeros: what answers are told by (answer.h). */
	uint32_t updated; /* of an explanation: the row's own time stamp, 0 when it has none */
	uint64_t about;   /* of an explanation: hash of the row's values */
	uint8_t record[RECORD_ID_BYTES];
};
_Static_assert(sizeof(struct raised) == 48, "no padding: written as it stands");

#define RAISED_ASIDE 255 /* a row set aside, whose rule is its role */
#define RAISED_EXPLAINED                                                                                               \
	254 /* what stands in 说明 of the row; neither rule nor field nor column; behind all issues of the row */
#define RAISED_ANSWERED 253 /* never written: a query as shown to people once it is answered */

#define RAISED_TEXT_MAX ((size_t)200) /* bytes of a cell's text kept with its issue */

/* ${raw}, cut before the character that does not fit. */
static inline struct text
raised_cut(struct text raw)
{
	size_t len = raw.len > RAISED_TEXT_MAX ? RAISED_TEXT_MAX : raw.len;

	while (len < raw.len && len > 0 && ((unsigned char)raw.at[len] & 0xC0) == 0x80)
		len--;
	return (struct text){ raw.at, len };
}

static inline void
raised_key(uint8_t key[16], const struct origin *origin, uint16_t column, uint16_t rule, uint16_t field)
{
	const uint8_t bytes[16] = {
		(uint8_t)(origin->file >> 24),
		(uint8_t)(origin->file >> 16),
		(uint8_t)(origin->file >> 8),
		(uint8_t)origin->file,
		(uint8_t)(origin->sheet >> 8),
		(uint8_t)origin->sheet,
		(uint8_t)(origin->row >> 24),
		(uint8_t)(origin->row >> 16),
		(uint8_t)(origin->row >> 8),
		(uint8_t)origin->row,
		(uint8_t)(column >> 8),
		(uint8_t)column,
		(uint8_t)(rule >> 8),
		(uint8_t)rule,
		(uint8_t)(field >> 8),
		(uint8_t)field,
	};

	memcpy(key, bytes, sizeof(bytes));
}

/* What an entry says. The text is borrowed from it. */
struct raised_view {
	struct origin origin;
	uint16_t column, rule, field;
	uint8_t severity;
	struct text raw;
	uint32_t updated;
	uint64_t about;
	uint8_t record[RECORD_ID_BYTES];
};

/* Is it something that its sender is to mend or explain? */
static inline bool
raised_is_open(const struct raised_view *view)
{
	return view->severity <= SEVERITY_QUERY;
}

/* ${issue} of the row that ${view} is of; ${record}: whom an accepted row speaks of, NULL of a rejected one. */
static inline void
raised_tell(struct raised_view *view, const struct issue *issue, const uint8_t *record)
{
	bool asked = record != NULL && issue->severity == SEVERITY_QUERY;

	*view = (struct raised_view){ .origin = view->origin,
		.column = issue->column,
		.rule = issue->rule,
		.field = issue->field,
		.severity = issue->severity,
		.raw = issue->raw,
		.about = asked ? issue->about : 0 };
	if (asked)
		memcpy(view->record, record, sizeof(view->record));
}

/* What its sender says to explain an accepted row; ${content}: hash of its values. */
static inline void
raised_explain(
    struct raised_view *view, struct text explanation, const uint8_t *record, uint32_t updated, uint64_t content)
{
	*view = (struct raised_view){ .origin = view->origin,
		.column = UINT16_MAX,
		.rule = UINT16_MAX,
		.field = FIELD_NONE,
		.severity = RAISED_EXPLAINED,
		.raw = explanation,
		.updated = updated,
		.about = content };
	memcpy(view->record, record, sizeof(view->record));
}

static inline struct raised_view
raised_read(struct text entry)
{
	const uint8_t *k = (const uint8_t *)entry.at;
	struct raised raised;
	struct raised_view view;

	memcpy(&raised, entry.at, sizeof(raised));
	view = (struct raised_view){
		.origin = { .file = (uint32_t)k[0] << 24 | (uint32_t)k[1] << 16 | (uint32_t)k[2] << 8 | k[3],
		    .sheet = (uint16_t)(k[4] << 8 | k[5]),
		    .row = (uint32_t)k[6] << 24 | (uint32_t)k[7] << 16 | (uint32_t)k[8] << 8 | k[9] },
		.column = (uint16_t)(k[10] << 8 | k[11]),
		.rule = (uint16_t)(k[12] << 8 | k[13]),
		.field = (uint16_t)(k[14] << 8 | k[15]),
		.severity = raised.severity,
		.raw = { entry.at + sizeof(struct raised), entry.len - sizeof(struct raised) },
		.updated = raised.updated,
		.about = raised.about,
	};
	memcpy(view.record, raised.record, sizeof(view.record));
	return view;
}

#endif
