/*
 * lines.h - one output file written from front to back through a buffer, 0600. Inside this room
 * only.
 */
#ifndef YICI_CONSUMERS_PUBLISH_LINES_H
#define YICI_CONSUMERS_PUBLISH_LINES_H

#include "core/base/buffer.h"
#include "core/base/err.h"

struct lines {
	struct buffer buffer; /* append here, then lines_step() */
	int fd;
	char name[64];
};

/* Make FOLDER/NAME, emptied. */
MUST_CHECK int lines_open(struct lines *lines, const char *folder, const char *name, struct err *err);

/* Write what has gathered once it is worth it. */
MUST_CHECK int lines_step(struct lines *lines, struct err *err);

/* Write the rest and close. */
MUST_CHECK int lines_close(struct lines *lines, struct err *err);

/* After a failure: close, whatever is in it. Does nothing after lines_close() or a failed
 * lines_open(). */
void lines_drop(struct lines *lines);

#endif
