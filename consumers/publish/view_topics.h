/*
 * view_topics.h - what the topics of views are told in a night: only rows that are not as they were told last, tombstones for who is no
 * longer among the rows, and the digests by which the next night knows what was told.
 *
 * VIEW_STATE is a sorted file of kind 8. Meta: for each grant that is on its topic, in the order of ids, a line of flat JSON with
 * "grant", "unit", "document", "wording" (sha256 of the grant's file) and "held" (how many pupils). Entries: key (place of the
 * grant in the meta in two bytes, high first, then the token's first 14 bytes), the token's last 2, the first 16 bytes of
 * HMAC-SHA-256(secret, value that was told). No cell of anybody is in it, nor can be guessed, nor our own id of a student.
 *
 * The messages wait in a file of the work folder until the night is published: view_message_next() reads them.
 */
#ifndef YICI_CONSUMERS_PUBLISH_VIEW_TOPICS_H
#define YICI_CONSUMERS_PUBLISH_VIEW_TOPICS_H

#include "consumers/publish/view_rows.h"
#include "core/base/digest.h"
#include "core/base/window.h"

#define VIEW_STATE "views.yc"
#define VIEW_MESSAGES "view-messages"

/* One topic in a night. */
struct view_topic {
	struct text id;   /* of the grant */
	struct text unit; /* who has it, and by which document: of the grant, or as they were when it was told last */
	struct text document;
	const struct grant *grant; /* what it is told by; NULL: nothing is told, or everything is taken back */
	bool kept;                 /* without a grant: what was told stays as it is */
	struct sha256 wording;     /* of what was told last, and is kept */
	size_t rows;               /* number in VIEW_TOPICS */
	size_t before;             /* place in the meta of the last night; SIZE_MAX: none */
	/* filled in */
	uint64_t sent, gone, held;
	char sha256[65]; /* over the messages: for each its token, and the value and a newline, or a zero byte */
};

struct view_topics {
	struct view_topic *at; /* by id */
	size_t count;
	const uint8_t *secret; /* of views */
	const char *old;       /* last night's VIEW_STATE; NULL: there is none */
	const char *state;     /* tonight's */
	const char *work;      /* has VIEW_TOPICS; gets VIEW_MESSAGES, and VIEW_MEMBERS of who was sent */
	size_t member;         /* the number of the first topic in VIEW_MEMBERS */
};

/* Compare, write, count. */
MUST_CHECK int view_topics_write(struct view_topics *topics, struct err *err);

struct view_message {
	uint16_t topic; /* its number */
	uint8_t token[VIEW_TOKEN_BYTES];
	struct text value; /* at NULL: a tombstone */
};

/* The next message of the file behind ${window}, valid until the call after: 1, 0 at the end, -1. */
MUST_CHECK int view_message_next(struct window *window, struct view_message *message, struct err *err);

#endif
