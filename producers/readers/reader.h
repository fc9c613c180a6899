/*
 * reader.h - rows out of a submitted file.
 *
 * A reader turns the bytes of one open file into frames (frame.h) through a sink. It runs inside the sandbox
 * (sandbox.h): it has its input descriptor, its socket, memory, and nothing else: it may read the input with pread()
 * only, allocate, and write to the sink. It opens nothing, prints nothing, keeps no global state.
 *
 * A file format is one file, one exported constant, a line in reader.c, and the contract suite green.
 */
#ifndef YICI_PRODUCERS_READERS_READER_H
#define YICI_PRODUCERS_READERS_READER_H

#include <sys/types.h>

#include "producers/readers/sink.h"

/* The open file: a regular file, read by pread(). */
struct reader_input {
	int fd;
	uint64_t size;
	const uint8_t *head; /* its first bytes */
	size_t head_len;     /* min(size, READER_HEAD_BYTES) */
};
#define READER_HEAD_BYTES ((size_t)64 * 1024)

struct reader_ops {
	const char *name;
	/* How sure this reader is that the file is its own, 0 for "not mine"; the surest one reads it. */
	int (*score)(const struct reader_input *input);
	/* Read the whole file into the sink: 0, or -1 after sink_refuse() or a failure of the sink. */
	int (*read)(const struct reader_input *input, struct sink *sink, struct err *err);
};

extern const struct reader_ops reader_csv; /* delimited text in all encodings; the fallback for any text */
extern const struct reader_ops reader_xlsx;
extern const struct reader_ops reader_xls;
extern const struct reader_ops reader_html;
extern const struct reader_ops reader_spreadsheetml;
extern const struct reader_ops reader_xml;
extern const struct reader_ops reader_refused; /* known formats that we do not read: says which, and refuses */

/* Zip of files, gzip: unpacked into a folder of our own first, then read one by one. */
extern const struct reader_ops reader_zip;
extern const struct reader_ops reader_gzip;

/* Longest cell by default: the 32,767 characters of Excel's longest, all of them Han, are 98,301 bytes. */
#define CELL_BYTES_MAX 100000
_Static_assert(CELL_BYTES_MAX <= SINK_TEXT_MAX, "a row with the longest cell fits a frame");

void reader_limits_default(struct reader_limits *limits);

/*
 * Recognise the file by its content and read it: the surest of all readers. 0 after sink_end(); -1 after the
 * refusal was sent. An archive gives FRAME_ENTRY/BYTES/ENTRY_END in place of sheets and rows (FRAME_DOCUMENT says so
 * by its format); its inner files are then read one by one like any other file.
 */
int reader_run(int fd, struct sink *sink, struct err *err);

/* What libraries do once and lazily, done before the sandbox closes. */
void reader_prepare(void);

/* The readers of reader_run() in their order; NULL past the last. */
const struct reader_ops *reader_at(size_t i);

/* What a reader is given, of an open file; reader_close() after use, also by tests that call one reader alone. */
MUST_CHECK int reader_open(struct reader_input *input, int fd, struct err *err);
void reader_close(struct reader_input *input);

/* At most ${len} bytes of the file at ${at}: how many, 0 past its end; -1 with ERR_RETRY when the disk fails. */
MUST_CHECK ssize_t reader_pread(int fd, void *into, size_t len, uint64_t at, struct err *err);

/* The surest reader; NULL when none knows the file. */
const struct reader_ops *reader_choose(const struct reader_input *input);

/* Words for people and programs: "xlsx", "gb18030", "encrypted". Never NULL. */
const char *document_format_name(enum document_format format);
const char *document_encoding_name(enum document_encoding encoding);
const char *refusal_name(enum refusal reason);

#endif
