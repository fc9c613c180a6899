/*
 * members.h - DATA/state/members/<sha256>: who was in a filled form by a grant, so that a person can be told who received what of a child.
 * Student ids one behind the other, rising; the name is the SHA-256 of the bytes, which the form's line in the log of
 * disclosures holds. Such a file is never changed: the same class filled in again has the same. When a person is purged, another takes its
 * place, and an entry of the log with action MEMBERS_MOVED says so: "was" and "is", the two digests.
 */
#ifndef YICI_OPS_YICI_MEMBERS_H
#define YICI_OPS_YICI_MEMBERS_H

#include "consumers/consolidate/strip.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/store/journal.h"

#define MEMBERS_ID_BYTES 16
#define MEMBERS_NAME "members" /* the line's member that has the digest */
#define MEMBERS_MOVED "purge_members"

/* Write ${count} ids, which are sorted here, where they are not yet; their digest into ${hex}. Durable with the next members_sync(). */
MUST_CHECK int members_keep(const char *data, uint8_t *ids, size_t count, char hex[65], struct err *err);

MUST_CHECK int members_sync(const char *data, struct err *err);

/* Is ${student} in that file? ERR_STOP when it is gone or not what its name says. ${log}: of disclosures. */
MUST_CHECK int members_have(const struct journal_log *log, const char *data, struct text hex, const uint8_t *student,
    bool *have, struct err *err);

/* The first line of ${log} whose file is gone or changed, from 1; 0: none. */
MUST_CHECK int members_verify(const struct journal_log *log, const char *data, uint64_t *line, struct err *err);

/* Have no file hold one of ${students}. */
MUST_CHECK int members_purge(const char *data, struct text who, const struct strip_ids *students, struct err *err);

#endif
