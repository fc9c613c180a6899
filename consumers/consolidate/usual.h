/*
 * usual.h - usual.csv of a generation: how many of a source's records that are here have which value (compare.h's stock), so that the
 * next night need only add what it changes, and knows which codes were ever seen.
 *
 *   source,field,value,count      field empty: what is no field's; value: 16 hexadecimal digits, as stock_value() makes them
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_USUAL_H
#define YICI_CONSUMERS_CONSOLIDATE_USUAL_H

#include "consumers/consolidate/compare.h"
#include "core/base/err.h"
#include "core/record/source.h"

#define USUAL_FILE "usual.csv"

struct usual {
	uint16_t source, field;
	uint64_t value;
	uint64_t before, now;
	uint64_t fresh; /* as in struct stock */
};

struct usual_list {
	struct usual *at; /* sorted by source, field, value */
	size_t count;
	bool known; /* yesterday's are */
};

/* What the generation in ${folder} holds, as ${before}; not known when ${folder} has no such file. */
MUST_CHECK int usual_load(struct usual_list *list, const char *folder, const struct dataset *dataset,
    const struct source *const *sources, size_t source_count, struct err *err);
void usual_free(struct usual_list *list);

/* Add this run's stock; ${whole}: it is not what has changed but all there is. */
MUST_CHECK int usual_add(struct usual_list *list, const struct stock *stock, size_t count, bool whole, struct err *err);

MUST_CHECK int usual_save(const struct usual_list *list, const char *folder, const struct dataset *dataset,
    const struct source *const *sources, struct err *err);

/* The entry of a value; NULL when it was never seen. */
const struct usual *usual_find(const struct usual_list *list, uint16_t source, uint16_t field, uint64_t value);

#endif
