/*
 * links.h - links.yc: for each record, in the order of ids, who it says it is and which student it belongs to. 64 bytes of
 * head ("YICILINK", u32 version, u32 entry size, u64 entries, u64 sum of the XXH3 of all entries, zeros), then the entries
 * as struct link stands, little-endian.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LINKS_H
#define YICI_CONSUMERS_CONSOLIDATE_LINKS_H

#include "consumers/consolidate/presence.h"
#include "core/base/err.h"
#include "core/record/checked.h"
#include "core/record/source.h"

enum {
	LINK_SCATTERED = 1, /* its student has records under other numbers */
	LINK_REVIEW = 2,    /* part of a case for a person */
	LINK_TODAY = 4,     /* this run has rows of it */
	LINK_TOUCHED = 8,   /* its student's set of records, or its own presence, is not yesterday's */
	LINK_NEW = 16,      /* its student is new */
	LINK_ASIDE = 32,    /* settled together with records under other numbers */
	LINK_DIRTY = 64,    /* its values are not yesterday's */
};

/* links.yc: one for each record, in the order of ids: all that is known of it but its values. A head of 64 bytes before them. */
struct link {
	uint8_t id[RECORD_ID_BYTES];
	uint8_t student[STUDENT_ID_BYTES];
	uint64_t number, core, student_no, content, raw; /* as in struct checked */
	uint32_t name;
	int32_t birth_day;
	uint32_t school;
	uint32_t updated_at; /* the row's own time stamp: seconds since 1970, 0 when not known */
	uint32_t file, row;  /* where the values come from */
	uint16_t sheet, source;
	uint16_t since;   /* day (day_store()) from which ${presence} holds */
	uint16_t first;   /* day on which the record was first seen */
	uint16_t changed; /* day on which its values last changed */
	uint16_t seen;    /* day on which it was last delivered */
	uint8_t kind;
	uint8_t presence; /* PRESENT, ABSENT or STALE */
	uint8_t flags;
	uint8_t zero;
};
_Static_assert(sizeof(struct link) == 112, "no padding: written as it stands");

/*
 * Two records of a source whose answers are equal and not 0 are stated side by side, so they are two people. A source that
 * delivers everybody states what is not absent; one that delivers what is new may have sent the same child again under
 * another key, so there only what came on the same day counts.
 */
uint16_t link_stated(const struct link *link, const struct source *source);

/* Reading links.yc in order, from the first id >= ${from} (NULL: from the start) to ${to} (NULL: the end). */
struct links_reader {
	int fd;
	uint64_t next, end; /* entry numbers */
	uint64_t sum;       /* of all entries, as the head says */
	struct link *buffer;
	size_t filled, pos;
};
MUST_CHECK int links_open(
    struct links_reader *reader, const char *path, const uint8_t *from, const uint8_t *to, struct err *err);
MUST_CHECK int links_next(struct links_reader *reader, const struct link **link, struct err *err); /* 1, 0, -1 */

/* Go on from the first id >= ${id}, wherever the reader is; quick where it stands near. */
MUST_CHECK int links_seek(struct links_reader *reader, const uint8_t *id, struct err *err);
uint64_t links_number(const struct links_reader *reader); /* of the entry last given */
void links_close(struct links_reader *reader);

/* The row of ${same} as a checked record: what yesterday's link says of it, at today's place. */
struct checked link_same_row(const struct link *link, const struct same *same);

/* Writing a new one, in order. */
struct links_writer {
	int fd;
	uint64_t entries; /* put so far */
	uint64_t sum;
	struct link *buffer;
	size_t buffered;
};
MUST_CHECK int links_create(struct links_writer *writer, const char *path, struct err *err);
MUST_CHECK int links_put(struct links_writer *writer, const struct link *link, struct err *err);

/* All that was put is written. */
MUST_CHECK int links_flush(struct links_writer *writer, struct err *err);

/* The head. */
MUST_CHECK int links_finish(struct links_writer *writer, struct err *err);

/* Also after a failure; does nothing to one that is all zeros but for fd -1. */
void links_writer_fini(struct links_writer *writer);

#endif
