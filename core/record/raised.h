/*
 * raised.h - an issue together with where it stands, and a row that was set aside, as they are sorted on scratch
 * on their way to the people who sent the file. Sorted by file, sheet, row, column, rule.
 */
#ifndef YICI_CORE_RECORD_RAISED_H
#define YICI_CORE_RECORD_RAISED_H

#include "core/base/buffer.h"
#include "core/record/issue.h"
#include "core/record/record.h"

/* The bytes of an entry: struct raised, then the cell's text. */
struct raised {
	uint8_t key[16];  /* high byte first: file 4, sheet 2, row 4, column 2, rule 2, field 2 */
	uint8_t severity; /* enum severity; RAISED_ASIDE for a row set aside, whose rule is its role */
	uint8_t zeros[7];
};
#define RAISED_ASIDE 255

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
};

static inline struct raised_view
raised_read(struct text entry)
{
	const uint8_t *k = (const uint8_t *)entry.at;

	return (struct raised_view){
		.origin = { .file = (uint32_t)k[0] << 24 | (uint32_t)k[1] << 16 | (uint32_t)k[2] << 8 | k[3],
		    .sheet = (uint16_t)(k[4] << 8 | k[5]),
		    .row = (uint32_t)k[6] << 24 | (uint32_t)k[7] << 16 | (uint32_t)k[8] << 8 | k[9] },
		.column = (uint16_t)(k[10] << 8 | k[11]),
		.rule = (uint16_t)(k[12] << 8 | k[13]),
		.field = (uint16_t)(k[14] << 8 | k[15]),
		.severity = k[16],
		.raw = { entry.at + sizeof(struct raised), entry.len - sizeof(struct raised) },
	};
}

#endif
