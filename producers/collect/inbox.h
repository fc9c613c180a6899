/*
 * inbox.h - which files people have dropped, and whether they may be read yet.
 *
 * inbox_list() walks INBOX/<source>/ with all folders below, never through a link. Left out without
 * a word: names that begin with a dot or "~$", end with .part, .tmp or .crdownload, Thumbs.db and
 * desktop.ini, and what is empty of files. What is no regular file is refused (a link:
 * REFUSED_LINK), a folder deeper than INBOX_DEPTH_MAX too (REFUSED_NESTED). A file that changed
 * less than ${settle_s} ago is waiting: an upload may still be going on; it is looked at again in
 * the next run.
 *
 * Then for each file that is ready: inbox_open(), read, inbox_unchanged(): false means what was
 * read may be a mixture (REFUSED_CHANGED).
 */
#ifndef YICI_PRODUCERS_COLLECT_INBOX_H
#define YICI_PRODUCERS_COLLECT_INBOX_H

#include "core/base/arena.h"
#include "core/base/digest.h"
#include "producers/readers/frame.h"

#define INBOX_DEPTH_MAX 32 /* folders inside one another */

enum inbox_state {
	INBOX_READY,
	INBOX_WAITING, /* changed a moment ago */
	INBOX_REFUSED, /* ${refusal} says why */
	INBOX_STRAY,   /* lies beside the sources' folders: nobody's */
};

/* What a file was when it was listed; all of it must still be so after reading. */
struct inbox_stamp {
	uint64_t device, inode, size;
	int64_t mtime_ns;
};

struct inbox_file {
	struct text source; /* the folder's name, shown; empty for a stray */
	struct text name;   /* path below the source's folder, valid UTF-8, unique in the source */
	const char *path;   /* below INBOX, the bytes of the file system */
	struct inbox_stamp stamp;
	enum inbox_state state;
	enum refusal refusal;
};

struct inbox {
	struct arena arena;
	struct inbox_file *files; /* by source, then name, in byte order */
	size_t count;
};

/*
 * List ${folder}. ${now_ns} is the time to count ${settle_s} from (nanoseconds since 1970). A
 * folder that does not exist is an error (ERR_STOP), as is one that cannot be read.
 */
MUST_CHECK int inbox_list(struct inbox *inbox, const char *folder, unsigned settle_s, int64_t now_ns, struct err *err);
void inbox_fini(struct inbox *inbox);

/*
 * Open ${file} for reading, through no link on the way: the descriptor; or -1, with ERR_INPUT when
 * it is not any more what was listed (REFUSED_CHANGED), else ERR_STOP or ERR_RETRY.
 */
MUST_CHECK int inbox_open(const char *folder, const struct inbox_file *file, struct err *err);

/* Whether the open ${fd} and the file of that name are still what was listed. */
bool inbox_unchanged(const char *folder, const struct inbox_file *file, int fd);

/* SHA-256 of the open file: its identity, whatever it is called. */
MUST_CHECK int inbox_digest(int fd, struct sha256 *digest, struct err *err);

/*
 * A name made of any bytes as valid UTF-8 without control characters: as it stands when it is
 * UTF-8, else decoded as GB18030, else each byte that is no ASCII as \xHH. ${escape} skips GB18030.
 * at is NULL when memory is short.
 */
struct text inbox_name(struct arena *arena, const char *raw, bool escape);

/* Whether a file of that name is never read (see above). ${name} is without its folders. */
bool inbox_is_left_out(const char *name);

#endif
