/*
 * journal.h - logs to which entries are only ever appended: DATA/state/decisions.log, what people decided, in the order in which they
 * did, and DATA/state/disclosures.log, what was delivered to whom. Each entry holds the digest of the line before it, so that a changed,
 * removed, inserted or swapped line is found.
 *
 * One entry is one line of flat JSON, all values but the number strings:
 *
 *   {"number":1,"time":"2026-09-02T01:02:03Z","who":"…","action":"…",<its own members>,"before":"<64>","sum":"<64>"}
 *
 * "before" is the SHA-256 of the whole line before, its newline included (64 zeros in the first line), "sum" that of
 * this line up to the comma before "sum". A line without newline at the end was torn by a crash and
 * never acknowledged: readers leave it out, the next writer cuts it off. Who can write the file can write all of it anew:
 * the head's digest, kept elsewhere (each generation's manifest.xml keeps the one that it used), shows that.
 *
 * What a line says can be taken out for the sake of a person who is purged, and nothing else of the chain changes:
 *
 *   {"number":7,"action":"purged","by":"12","line":"<64>","before":"<64>","sum":"<64>"}
 *
 * "line" is the digest of the line that stood there, which the next one was written behind. It is whole only where entry "by", further down,
 * is a "purge" whose "entries" name it: so nobody can empty a line without saying so in the chain.
 */
#ifndef YICI_CORE_STORE_JOURNAL_H
#define YICI_CORE_STORE_JOURNAL_H

#include "core/base/digest.h"
#include "core/base/file.h"

#define JOURNAL_LINE_MAX ((size_t)64 << 10) /* bytes of one entry */
#define JOURNAL_TIME_MAX 24
#define JOURNAL_DECISIONS "decisions.log"
#define JOURNAL_DISCLOSURES "disclosures.log"

/* One member of an entry; names are ours and need no escapes. */
struct journal_member {
	const char *name;
	struct text value;
};

/* How far the log goes: the number of its last entry (0: none) and the digest of that line. */
struct journal_head {
	uint64_t number;
	struct sha256 digest;
};

/* ---- writing ---- */

struct journal {
	int fd;
	struct journal_head head; /* with what is pending */
	uint64_t end;             /* bytes that are in the file */
	struct buffer pending;
};

/* Open the log of ${data} for writing, alone: waits for another writer. It is made where it is missing. */
MUST_CHECK int journal_open(struct journal *journal, const char *data, struct err *err);

/* The same for the log of that name: JOURNAL_DECISIONS, as everywhere where none is named, or JOURNAL_DISCLOSURES. */
MUST_CHECK int journal_open_named(struct journal *journal, const char *data, const char *name, struct err *err);

/*
 * One more entry, by the clock of now; it stands in the log from journal_commit() on. Its number is ${journal}->head.number.
 * Members with empty values are left out.
 */
MUST_CHECK int journal_add(struct journal *journal, struct text who, const char *action,
    const struct journal_member *members, size_t count, struct err *err);

/* All that was added is on the disk when this returns, or, after a failure, none of it counts. */
MUST_CHECK int journal_commit(struct journal *journal, struct err *err);
void journal_close(struct journal *journal);

/* The four for one entry; ${number} (may be NULL) is set to its number. */
MUST_CHECK int journal_append(const char *data, struct text who, const char *action,
    const struct journal_member *members, size_t count, uint64_t *number, struct err *err);

/* ---- taking out ---- */

#define JOURNAL_PURGE "purge"   /* an entry whose "entries" are numbers of those that are taken out, a space between */
#define JOURNAL_PURGED "purged" /* what is left of one */
#define JOURNAL_PURGE_DONE "purge_done" /* an entry that tells what became of a purge */

/*
 * Take out what entries ${numbers} of the log of decisions say, by the purge that is entry ${by} and stands there already. All of them or
 * none; those that are taken out already stay. ERR_STOP when the log is broken.
 */
MUST_CHECK int journal_redact(const char *data, const uint64_t *numbers, size_t count, uint64_t by, struct err *err);

/* ---- reading ---- */

struct journal_entry {
	uint64_t number;
	struct text line; /* of the log's bytes, without newline: flat_json_string() */
};

/* What is wrong with a log, if anything. */
struct journal_fault {
	uint64_t line; /* from 1; 0: nothing */
	const char *what;
};

struct journal_log {
	struct buffer bytes;
	struct journal_entry *at; /* at[i].number == i + 1 */
	size_t count;
	struct journal_head head;
	size_t torn; /* bytes of a torn last line */
};

/* Read and check the whole log; no log is an empty one. ERR_STOP names the first broken line. */
MUST_CHECK int journal_load(struct journal_log *log, const char *data, struct err *err);
void journal_free(struct journal_log *log);

/*
 * The same, but a broken line is told in ${fault}; ${log} holds what stands before it. ${known} (may be NULL) is a head that
 * the log had once: a log that no longer has that line as it was is broken there.
 */
MUST_CHECK int journal_verify(struct journal_log *log, const char *data, const struct journal_head *known,
    struct journal_fault *fault, struct err *err);
MUST_CHECK int journal_verify_named(struct journal_log *log, const char *data, const char *name,
    const struct journal_head *known, struct journal_fault *fault, struct err *err);

#endif
