/*
 * desk.h - workbooks by which people decide, out of inbox/review/ and inbox/corrections/. They are taken before a night begins and become
 * entries of the log of decisions, each row once: an entry keeps the file's digest and the row. What became of each row goes back with the
 * night's outputs; then the file is put away like any other. A night that is killed in between does it again, with the same answers.
 */
#ifndef YICI_OPS_YICI_DESK_H
#define YICI_OPS_YICI_DESK_H

#include "consumers/publish/publication.h"
#include "ops/yici/files.h"

#define DESK_REVIEW "review"
#define DESK_CORRECTIONS "corrections"

/* Whether the folder of the inbox is one of these, and so no source. */
bool desk_is(struct text folder);

struct desk_file {
	struct arrival arrival;
	struct text kind; /* the folder */
	struct answered_row *rows;
	size_t count, room;
	enum refusal refusal; /* of the whole file */
	uint64_t decisions, refused;
};

struct desk {
	struct arena arena;
	struct desk_file *at;
	size_t count;
	size_t bytes; /* of all cells */
};

/*
 * Take what lies there and has not changed for ${settle_s}, and write the decisions. Nothing is taken before the first run. ${date} is
 * what values are normalized for.
 */
MUST_CHECK int desk_take(struct desk *desk, struct command *command, const char *data, const struct state *state,
    struct date date, struct err *err);

/* The answers, below returned/ of the publication. */
MUST_CHECK int desk_answer(const struct desk *desk, const struct publication *publication, struct err *err);

/* Out of the inbox, to archive/<run>/, or to quarantine/<run>/ when the file could not be read. */
MUST_CHECK int desk_put_away(const struct desk *desk, const char *data, struct text run, struct err *err);
void desk_free(struct desk *desk);

#endif
