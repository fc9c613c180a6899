/*
 * reading.h - for tests of readers: run one on bytes or on a file, in this process or in the sandbox, and get what it
 * gave as text: one JSON line a row, {"sheet":"...","row":N,"cells":["..."]}, and one line for each file in an archive,
 * {"entry":"...","bytes":N,"end":"no"}. Both ways go through rows.c, which checks every frame.
 */
#ifndef YICI_TESTS_SUPPORT_READING_H
#define YICI_TESTS_SUPPORT_READING_H

#include "core/base/buffer.h"
#include "producers/readers/reader.h"
#include "producers/readers/rows.h"
#include "producers/readers/sandbox.h"

struct reading {
	struct buffer lines;
	struct buffer kinds;  /* one line a row, a letter a cell: text, number, date, bool, error, unsaved */
	struct buffer notes;  /* one line a note: "kind sheet row column detail" */
	enum refusal refused; /* REFUSED_NO when the file was read whole */
	struct frame_refuse where;
	char detail[256];
	struct frame_document document;
	uint64_t rows, cells, sheets, hidden;
	uint64_t flagged; /* rows cut or broken */
	struct reader_limits limits;
};

/* Empty, with the limits by default. */
void reading_init(struct reading *reading);
void reading_fini(struct reading *reading);

/* Read the open file with ${ops}, or with the surest reader when NULL. 0; -1 when our own side failed. */
int reading_fd(struct reading *reading, const struct reader_ops *ops, int fd, struct err *err);
int reading_bytes(struct reading *reading, const struct reader_ops *ops, const void *bytes, size_t len, struct err *err);
int reading_file(struct reading *reading, const struct reader_ops *ops, const char *path, struct err *err);

/* The same through the sandbox. */
int reading_sandboxed(struct reading *reading, struct sandbox *sandbox, int fd, struct err *err);

/* Take everything from a reader's socket. */
int reading_socket(struct reading *reading, int socket, int wait_ms, struct err *err);

/* An unnamed file with these bytes. */
int reading_memory(const void *bytes, size_t len);

/* Whether the lines equal a file's content; when not, the first line that differs goes to stderr. */
bool reading_equals_file(const struct reading *reading, const char *path);

#endif
