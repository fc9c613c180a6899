/*
 * answers.h - which queries are answered after a night (core/record/answer.h): those of the generation before, less what people took back,
 * with what came tonight, less what has ended.
 *
 * An explanation answers all queries of its row. Of several on the same query the newest counts, as it does for values: by the row's own
 * time stamp, then by the night, then by where it stands; the same words again change nothing. A row that raises no query, or is explained
 * in other words though all of its queries are answered, is explained for standing there twice (duplicate_in_source), too: that is seen only
 * beside the other row, which does not go back.
 *
 * An answer ends when its record is delivered and no row of it raises the query with that value.
 *
 * ANSWERS_FILE holds them, a sorted file (core/store/sorted.h) of kind ANSWERS_KIND by record id, field, rule, about. An entry:
 * record id, u64 about, u32 file, u32 row, u32 time stamp, u16 sheet, u16 day (day_store()), u8 length of the field's name (0: the whole row),
 * u8 length of the rule's name, both names, the explanation. Names, since numbers change with the definitions.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_ANSWERS_H
#define YICI_CONSUMERS_CONSOLIDATE_ANSWERS_H

#include "core/base/arena.h"
#include "core/record/answer.h"
#include "core/record/schema.h"
#include "core/store/runs.h"
#include "core/store/state.h"

#define ANSWERS_FILE "answers.yc"
#define ANSWERS_KIND 3

/* An explanation that was taken back: what it says in row ${row} counts no more. */
struct answers_undone {
	struct sha256 file;
	uint32_t row;
	uint16_t sheet;
};

struct answers_input {
	const struct dataset *dataset;
	const char *older;               /* path of yesterday's; NULL for none */
	const struct runs *issues;       /* of complete files of this run (core/record/raised.h) */
	const char *links;               /* path of links.yc of this run */
	const struct taken_files *files; /* by number, this run's too */
	uint32_t file_first;             /* number of this run's first file */
	const bool *returned;            /* by number - file_first: a workbook that had gone back */
	size_t file_count;               /* of this run */
	const struct answers_undone *undone;
	size_t undone_count;
	uint16_t today;
};

/* One explanation that was taken tonight. */
struct answers_given {
	const struct answer *first; /* the others of its row stand behind it */
	size_t count;
};

struct answers_night {
	struct arena arena;
	struct answers answers;      /* in force */
	struct answer *tonight;      /* of these, tonight's: by file, sheet, row, then as answers are */
	struct answers_given *given; /* the rows of these */
	size_t given_count;
	uint64_t ended;
};

/* Everything is in ${night}, which is to be freed also after a failure. */
MUST_CHECK int answers_make(const struct answers_input *input, struct answers_night *night, struct err *err);
void answers_free(struct answers_night *night);

/* Read what is in force in a generation, texts in ${arena}; no file is no answers. What is of no field or rule any more is left out. */
MUST_CHECK int answers_load(
    const char *path, const struct dataset *dataset, struct arena *arena, struct answers *answers, struct err *err);
MUST_CHECK int answers_save(
    const struct answers *answers, const struct dataset *dataset, const char *path, struct err *err);

#endif
