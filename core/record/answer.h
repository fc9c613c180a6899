/*
 * answer.h - queries that somebody explained: in the column 说明 of a workbook that had gone back to its sender. An answer belongs to what
 * one source says of one person (the record), to the field and the rule, and to what the query is about: a hash of the values that the
 * rule looked at. So it stays when the same value comes again, whoever delivers it, and no longer fits when the value changes.
 */
#ifndef YICI_CORE_RECORD_ANSWER_H
#define YICI_CORE_RECORD_ANSWER_H

#include "core/record/issue.h"
#include "core/record/record.h"

#define ANSWER_TEXT_MAX ((size_t)1000) /* bytes of an explanation that are kept */

struct answer {
	uint8_t record[RECORD_ID_BYTES];
	uint64_t about;
	uint16_t field, rule; /* FIELD_NONE: the query is about the whole row */
	/* Who said it: where the explanation stands, and since when it counts. */
	uint32_t file, row;
	uint32_t updated; /* the row's own time stamp, 0 when it has none */
	uint16_t sheet, day;
	struct text text;
};

/* Sorted by record, field, rule, about, each once. */
struct answers {
	const struct answer *at;
	size_t count;
};

static inline int
answer_order(const struct answer *a, const struct answer *b)
{
	int order = memcmp(a->record, b->record, RECORD_ID_BYTES);

	if (order != 0)
		return order;
	if (a->field != b->field)
		return a->field < b->field ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	return (a->about > b->about) - (a->about < b->about);
}

/* The answer with the key of ${like}; NULL when there is none. */
static inline const struct answer *
answers_find(const struct answers *answers, const struct answer *like)
{
	size_t low = 0, high = answers != NULL ? answers->count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = answer_order(&answers->at[middle], like);

		if (order == 0)
			return &answers->at[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

#endif
