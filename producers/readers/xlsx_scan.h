/*
 * xlsx_scan.h - a scanner for the narrow XML that programs write between <sheetData> and
 * </sheetData>, and inside <sst>.
 *
 * It holds a window on a part, and steps through it with functions that take one token each. Every
 * function answers SCAN_OK; SCAN_MORE when the token is not complete in the window (refill and
 * begin the token again); or SCAN_ODD when something stands there that is outside the grammar,
 * well-formed or not: libxml2 then decides. What is accepted is well-formed XML and means the same
 * to libxml2: attributes in double quotes, of ASCII without references, no name twice in a tag;
 * text of valid UTF-8 with the five entities and character references; no carriage returns,
 * comments, CDATA, processing instructions, prefixed elements.
 */
#ifndef YICI_PRODUCERS_READERS_XLSX_SCAN_H
#define YICI_PRODUCERS_READERS_XLSX_SCAN_H

#include "producers/readers/xlsx_part.h"

#define XLSX_WINDOW_BYTES ((size_t)256 * 1024) /* the usual size of a window */

enum scan_answer { SCAN_OK, SCAN_MORE, SCAN_ODD };

struct scan_window {
	const struct xlsx_part *part;
	size_t size;
	char *bytes;    /* ${size} of them and a NUL behind what is filled */
	char *at, *end; /* not yet taken */
	bool ended;     /* the part has no more */
	char *scratch;  /* texts with references resolved; as long as the window, so it cannot
			   overflow */
	size_t scratch_len;
};

/* A window of ${size} bytes: 0, or -1 when memory is short. It begins empty; the part must have
 * been rewound. */
MUST_CHECK int xlsx_scan_init(struct scan_window *window, const struct xlsx_part *part, size_t size);
void xlsx_scan_fini(struct scan_window *window);

/*
 * Move what is not yet taken to the front and read behind it until the window is full or the part
 * ends: 1 when there is more than before, 0 when not, -1 as part->read().
 */
MUST_CHECK int xlsx_scan_fill(struct scan_window *window, struct err *err);

/* Whether what is literally ${word} stands at ${*at}; then ${*at} moves behind it. */
enum scan_answer xlsx_scan_word(const struct scan_window *window, const char **at, const char *word, size_t len);
#define SCAN_WORD(window, at, word) xlsx_scan_word(window, at, word, sizeof(word) - 1)

/* Step over white space between tags. */
static inline const char *
xlsx_scan_blank(const char *at)
{
	while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
		at++;
	return at;
}

/* An attribute's value, or the end of the tag. */
struct scan_attribute {
	struct text name; /* len 0 at the end of the tag */
	struct text value;
	bool empty; /* at the end: the tag was closed by "/>" */
};

/* Attributes of one tag met so far, to find one that stands twice. */
#define SCAN_ATTRIBUTES_MAX 16
struct scan_tag {
	struct text names[SCAN_ATTRIBUTES_MAX];
	size_t count;
};

/* The next attribute of a tag, or its end. */
enum scan_answer xlsx_scan_attribute(
    const struct scan_window *window, const char **at, struct scan_tag *tag, struct scan_attribute *attribute);

/* Text up to the next '<', where ${*at} is left; in the window or in its scratch. */
enum scan_answer xlsx_scan_text(struct scan_window *window, const char **at, struct text *text);

#endif
