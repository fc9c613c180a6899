/*
 * incoming.h - what a night takes from the bus: the files collected for it, and their rows, into sorted runs.
 *
 *   incoming_open()      the topics files, checked and rejected, from where the last night's masters left off
 *   incoming_follow()    until every complete file's rows are all here
 *   incoming_enter()     into the night: its list of files, its rows, its issues
 *   incoming_save()      positions for the next night, into the new generation
 *   incoming_used()      tell on the topic files what was used
 *
 * A file belongs to the night when it was collected for its date under the definitions in force. Its rows are all here when as many
 * have been settled as it has, and the sum of their places is the file's: then each is here once. A row that comes again, because
 * workers started from far back, is passed over. Rows of other files are
 * left for a later night, whose positions are set so that they come again.
 */
#ifndef YICI_OPS_YICI_INCOMING_H
#define YICI_OPS_YICI_INCOMING_H

#include "ops/yici/counts.h"
#include "ops/yici/night.h"
#include "ops/yici/notice.h"
#include "ops/yici/seen.h"

struct incoming_file;

struct incoming {
	struct night *night;
	struct bus *bus;
	char topics[4][TOPIC_NAME_MAX]; /* files, checked, rejected, submitted */
	uint64_t digest;                /* of the definitions in force */
	struct arena arena;
	struct incoming_file *files;
	size_t count, room;
	uint32_t *index; /* open hash table by id: place in files + 1 */
	size_t index_size;
	struct bus_ends said;             /* of the topic files, when reading began */
	struct runs_writer *rows, *heard; /* heard: issues, under provisional numbers of files */
	struct incoming_partition {
		int topic; /* in topics */
		int32_t partition;
		int64_t first; /* where reading began */
		int64_t saved; /* where the next night begins; filled by incoming_enter() */
	} * partitions;
	size_t partition_count;
	bool none;                   /* nothing is taken: all is still to be read from where it was to be */
	struct incoming_file **ours; /* of the night: by sender, content, then those with rows first, in the order of the topic */
	size_t ours_count;
	struct incoming_place {
		uint32_t number; /* UINT32_MAX: not of this night */
		uint16_t source_no;
	} * places;                          /* by provisional number of a file */
	struct seen seen;                    /* rows, under provisional numbers of files */
	uint64_t messages, poison, repeated; /* repeated: passed over since they had come before */
};

/* Names of the runs in the night's work folder. */
#define INCOMING_HEARD "heard"

MUST_CHECK int incoming_open(struct incoming *incoming, struct night *night, struct bus *bus, struct err *err);
void incoming_close(struct incoming *incoming);

/* 1 when there is something for the night and all of it is here; 0 when there is nothing; ERR_RETRY when rows did not come. */
MUST_CHECK int incoming_follow(struct incoming *incoming, uint64_t wait_s, struct err *err);

/* The same for a night that takes nothing: positions stay. */
MUST_CHECK int incoming_none(struct incoming *incoming, struct err *err);

MUST_CHECK int incoming_enter(struct incoming *incoming, struct err *err);

/* The sha256 of the ids of the night's files, sorted: 64 digits. */
MUST_CHECK int incoming_digest(const struct incoming *incoming, char hex[65], size_t *count, struct err *err);

/* The number in the night of the file with that id; false when it is not of the night. */
bool incoming_number(const struct incoming *incoming, const uint8_t *id, uint32_t *number);

/* Let ${bus} read the topic submitted from where rows of the night may begin. */
MUST_CHECK int incoming_again(const struct incoming *incoming, struct bus *bus, struct err *err);

MUST_CHECK int incoming_save(const struct incoming *incoming, const char *folder, struct err *err);
/* ${reason}: why they were of no use after all; empty when they were. */
MUST_CHECK int incoming_used(const struct incoming *incoming, struct text reason, struct err *err);

#endif
