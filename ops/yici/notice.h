/*
 * notice.h - what is said on the topics files and runs: flat JSON for everybody (schemas/messages), read back by our own
 * programs.
 *
 * files: one record for each file that arrived, under an id made of where and when it arrived and what is in it. Beside the JSON a
 * header "yici-told" carries what reading it gave (told.h), for the consolidator.
 * runs: one record for each run.
 */
#ifndef YICI_OPS_YICI_NOTICE_H
#define YICI_OPS_YICI_NOTICE_H

#include "core/base/arena.h"
#include "core/base/digest.h"
#include "core/bus/bus.h"
#include "core/record/wire.h"

#define NOTICE_HEADERS_MAX 6

/* Headers of a CloudEvent in binary mode; ${headers} has room for NOTICE_HEADERS_MAX, ${id} lives as long as they do. Returns how many. */
size_t notice_headers(struct bus_header *headers, const char *type, const char *schema, struct text id);

enum file_notice_state {
	NOTICE_READING,  /* some of its rows are on the bus */
	NOTICE_COMPLETE, /* all of them */
	NOTICE_REFUSED,
	NOTICE_TAKEN, /* its content was taken before, or is being taken under another name */
	NOTICE_USED,  /* a run has made use of it, or of its refusal */
	NOTICE_STATES,
};

struct file_notice {
	uint8_t id[WIRE_FILE_BYTES];
	enum file_notice_state state;
	struct text instance;     /* who collected it */
	struct text source, file; /* as in the report */
	struct sha256 sha256;
	bool hashed; /* false for what could not be read at all, such as a link */
	uint64_t size;
	struct text date; /* of the run it was collected for, "2026-09-02" */
	uint64_t definitions;
	uint64_t rows, digest, sent; /* of a complete one: all rows, sum of their places; sent so far */
	uint64_t schools;            /* of a complete one: how many its rows name */
	struct text reason;          /* of a refused one: its word */
	struct text run;             /* of a used one */
	struct text told;            /* header, may be empty */
	int64_t offset;              /* of one that was read */
};

/* ${topic}: the full name of files. */
MUST_CHECK int file_notice_send(struct bus *bus, const char *topic, const struct file_notice *notice, struct err *err);

/* Texts of ${notice} are copied into ${arena}. -1 when the message is none of ours. */
MUST_CHECK int file_notice_read(const struct message *message, struct file_notice *notice, struct arena *arena);

struct run_notice {
	struct text run; /* "20260902-1"; of one that is only asked for: "asked-2026-09-02" */
	struct text state; /* begin, held, discarded, complete; of one that is asked for: asked, done, nothing, held, discarded, failed */
	struct text date, why;
	uint64_t students, records, files, students_sent;
	struct text sha256;       /* of students.jsonl */
	struct text manifest;     /* sha256 of the generation's manifest.xml */
	struct text files_sha256; /* of the ids of all files of the run, sorted */
	struct text offsets[3];   /* students, changes, identity: "0:123,2:17", the last offset of each partition */
};

/*
 * Show ${look} every message of ${topic}, which has one partition, from its first to the last that is there now. What stands
 * behind an open transaction of another is waited for: whoever has written it must not take it for absent. Ends with what
 * ${look} returns when that is not 0, and with ERR_RETRY when the program is asked to stop.
 */
MUST_CHECK int notices_read(struct bus *bus, const char *topic,
    int (*look)(void *self, const struct message *message, struct err *err), void *self, struct err *err);

/* Is all read that was in the one partition of ${topic} when ${end} was asked for by bus_ends()? */
bool notices_at_end(const struct bus *bus, const char *topic, const struct bus_ends *ends);

MUST_CHECK int run_notice_send(struct bus *bus, const char *topic, const struct run_notice *notice, struct err *err);
MUST_CHECK int run_notice_read(const struct message *message, struct run_notice *notice, struct arena *arena);

#endif
