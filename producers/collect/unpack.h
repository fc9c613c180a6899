/*
 * unpack.h - the files inside an archive, each as a file of its own in a private folder.
 *
 * The archive is read in the sandbox like any file; when the reader's DOCUMENT says zip or gzip,
 * what follows are entries in place of sheets, and unpack_receive() writes them one after another
 * into the spool folder, numbered, 0600, with the digest computed here. An entry is named
 * "archive!entry" (for a gzip what the reader calls it). Whether an entry is itself an archive
 * shows when it is read in turn: then unpack_receive() again, with ${depth} one more.
 */
#ifndef YICI_PRODUCERS_COLLECT_UNPACK_H
#define YICI_PRODUCERS_COLLECT_UNPACK_H

#include "core/base/arena.h"
#include "core/base/digest.h"
#include "producers/readers/rows.h"
#include "producers/readers/sink.h"

struct unpacked_file {
	struct text name; /* "archive.zip!folder/file.xls" */
	const char *path; /* in the spool folder; NULL when refused */
	uint64_t size;
	struct sha256 digest;
	enum refusal refused; /* REFUSED_NO when it is whole */
	unsigned depth;       /* archives around it */
};

struct unpacked {
	struct arena arena;
	struct unpacked_file *files; /* in the archive's order */
	size_t count, room;
	uint64_t bytes; /* of all files, all archives */
	unsigned serial;
};

void unpacked_init(struct unpacked *unpacked);
void unpacked_fini(struct unpacked *unpacked); /* the files in the folder stay */

/* Whether a document of this format is an archive. */
bool unpack_is_archive(uint32_t format);

/*
 * ${rows} has just given ROWS_DOCUMENT of an archive called ${name}, with ${depth} archives around
 * it (0: lies in the inbox). Write its files into ${spool} and append them to ${unpacked}.
 * ${*refused} is REFUSED_NO, or why the archive cannot be used: then files that came before are
 * taken back. -1 only when our own side fails.
 */
MUST_CHECK int unpack_receive(struct unpacked *unpacked, struct rows *rows, struct text name, unsigned depth,
    const struct reader_limits *limits, const char *spool, enum refusal *refused, struct err *err);

#endif
