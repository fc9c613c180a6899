/*
 * markup.c - see markup.h.
 */
#include "producers/readers/markup.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/utf8.h"
#include "producers/readers/gb18030.h"
#include "producers/readers/utf16.h"

#define BLOCK_BYTES MARKUP_RAW_BYTES
#define CARRY_BYTES 4
/* A byte becomes at most three: U+FFFD. */
#define OUT_BYTES (3 * (BLOCK_BYTES + CARRY_BYTES) + GB18030_SLACK)

static const char replacement[] = "\xEF\xBF\xBD";

/* ---- how it begins ---- */

/* The first bytes as ASCII, what is not ASCII as '?'; UTF-16 by leaving out the zeros. */
struct head {
	char at[4096];
	size_t len, pos;
};

static void
head_fill(struct head *head, const struct reader_input *input)
{
	for (size_t i = 0; i < input->head_len && head->len < sizeof(head->at); i++) {
		uint8_t byte = input->head[i];

		if (byte == 0 || (i < 3 && byte >= 0x80))
			continue;
		head->at[head->len++] = byte < 0x80 ? (char)byte : '?';
	}
}

static bool
head_starts(const struct head *head, const char *with)
{
	size_t len = strlen(with);

	if (head->len - head->pos < len)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = head->at[head->pos + i];

		if ((c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c) != with[i])
			return false;
	}
	return true;
}

static void
head_pass(struct head *head, const char *until)
{
	while (head->pos < head->len && !head_starts(head, until))
		head->pos++;
	head->pos += head->pos < head->len ? strlen(until) : 0;
}

static void
head_blanks(struct head *head)
{
	while (head->pos < head->len && strchr(" \t\r\n\f", head->at[head->pos]))
		head->pos++;
}

/* The name at the current place, without its prefix. */
static void
head_name(struct head *head, char name[16])
{
	size_t len = 0;

	for (; head->pos < head->len && !strchr(" \t\r\n\f/>[<", head->at[head->pos]); head->pos++) {
		char c = head->at[head->pos];

		if (c == ':')
			len = 0;
		else if (len < 15)
			name[len++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	name[len] = '\0';
}

void
markup_look(const struct reader_input *input, struct markup_look *look)
{
	struct head head = { .len = 0 };

	*look = (struct markup_look){ 0 };
	head_fill(&head, input);
	head_blanks(&head);
	look->spreadsheet = memmem(head.at, head.len, "urn:schemas-microsoft-com:office:spreadsheet", 44) != NULL;
	while (head.pos + 1 < head.len && head.at[head.pos] == '<') {
		if (head_starts(&head, "<!--")) {
			head_pass(&head, "-->");
		} else if (head_starts(&head, "<!doctype")) {
			head.pos += 9;
			head_blanks(&head);
			head_name(&head, look->doctype);
			/* An internal subset has > inside; what is behind it does not matter any
			 * more. */
			head_pass(&head, ">");
		} else if (head_starts(&head, "<!")) {
			head_pass(&head, ">");
		} else if (head_starts(&head, "<?")) {
			look->declared = look->declared || head_starts(&head, "<?xml");
			head_pass(&head, ">");
		} else {
			head.pos++;
			if (strchr(" \t\r\n<>=0123456789?", head.at[head.pos]))
				return;
			head_name(&head, look->root);
			look->is_markup = true;
			return;
		}
		look->is_markup = true;
		head_blanks(&head);
	}
}

/* ---- its bytes as UTF-8 ---- */

int
markup_open(struct markup *markup, const struct reader_input *input, struct sink *sink, struct err *err)
{
	*markup = (struct markup){ .input = input, .sink = sink };
	if (encoding_detect(input, &markup->encoding, err) != 0)
		return -1;
	if (markup->encoding.refusal != REFUSED_NO)
		return sink_refuse(sink, markup->encoding.refusal, err, "not text in a known encoding");
	markup->raw = malloc(BLOCK_BYTES + CARRY_BYTES);
	markup->out = malloc(OUT_BYTES);
	if (markup->encoding.name == ENCODING_GB18030)
		markup->codec = gb18030_new();
	if (!markup->raw || !markup->out || (markup->encoding.name == ENCODING_GB18030 && !markup->codec)) {
		markup_close(markup);
		return err_set(err, ERR_STOP, "no memory to decode a file");
	}
	markup_rewind(markup);
	return 0;
}

void
markup_close(struct markup *markup)
{
	free(markup->raw);
	free(markup->out);
	gb18030_free(markup->codec);
	*markup = (struct markup){ 0 };
}

void
markup_rewind(struct markup *markup)
{
	markup->at = markup->encoding.mark_bytes;
	markup->raw_len = 0;
	markup->private = 0;
	markup->started = false;
	markup->rest = (struct text){ 0 };
}

/* Decode well-formed bytes from the front: how many were used; what they became is put at ${out}.
 */
static size_t
decode(struct markup *markup, const uint8_t *bytes, size_t len, char *out, size_t *out_len)
{
	bool big = markup->encoding.name == ENCODING_UTF16BE;
	size_t used = len;

	switch (markup->encoding.name) {
	case ENCODING_GB18030:
		*out_len = gb18030_decode(markup->codec, bytes, len, &used, out, &markup->private);
		return used;
	case ENCODING_UTF16LE:
	case ENCODING_UTF16BE:
		used = utf16_prefix(bytes, len, big);
		*out_len = utf16_decode(bytes, used, big, out);
		return used;
	default:
		if (!utf8_valid(bytes, len))
			used = utf8_prefix(bytes, len);
		memcpy(out, bytes, used);
		*out_len = used;
		return used;
	}
}

static bool
unfinished(const struct markup *markup, const uint8_t *bytes, size_t len)
{
	switch (markup->encoding.name) {
	case ENCODING_GB18030:
		return gb18030_unfinished(bytes, len);
	case ENCODING_UTF16LE:
	case ENCODING_UTF16BE:
		return utf16_unfinished(bytes, len, markup->encoding.name == ENCODING_UTF16BE);
	default:
		return utf8_unfinished(bytes, len);
	}
}

/* Fill ${markup->raw} up; 0, or -1. ${*end} when the file has no more. */
static int
fill(struct markup *markup, bool *end, struct err *err)
{
	ssize_t got;

	got = reader_pread(markup->input->fd, markup->raw + markup->raw_len,
	    BLOCK_BYTES + CARRY_BYTES - markup->raw_len, markup->at, err);
	if (got < 0)
		return -1;
	*end = got == 0;
	markup->raw_len += (size_t)got;
	markup->at += (size_t)got;
	return 0;
}

int
markup_next(struct markup *markup, struct text *block, struct err *err)
{
	size_t step = markup->encoding.name == ENCODING_UTF16LE || markup->encoding.name == ENCODING_UTF16BE ? 2 : 1;

	for (;;) {
		size_t at = 0, out_len = 0;
		bool end;

		if (fill(markup, &end, err) != 0)
			return -1;
		while (at < markup->raw_len) {
			size_t more = 0;

			at += decode(markup, markup->raw + at, markup->raw_len - at, markup->out + out_len, &more);
			out_len += more;
			if (at == markup->raw_len || unfinished(markup, markup->raw + at, markup->raw_len - at))
				break;
			if (!markup->encoding.broken)
				return sink_refuse(markup->sink, REFUSED_CHANGED, err, "the file changed its encoding");
			memcpy(markup->out + out_len, replacement, 3);
			out_len += 3;
			at += step < markup->raw_len - at ? step : markup->raw_len - at;
		}
		/* A character cut by the end of the file is left out: the file is cut anyway. */
		markup->raw_len = end ? 0 : markup->raw_len - at;
		memmove(markup->raw, markup->raw + at, markup->raw_len);
		*block = (struct text){ markup->out, out_len };
		while (!markup->started && block->len > 0) {
			if (!strchr(" \t\r\n", block->at[0])) {
				markup->started = true;
				break;
			}
			block->at++;
			block->len--;
		}
		if (block->len > 0)
			return 1;
		if (end)
			return 0;
	}
}

int
markup_take(void *self, void *bytes, size_t size, size_t *got)
{
	struct markup *markup = self;

	*got = 0;
	if (markup->rest.len == 0) {
		int more = markup_next(markup, &markup->rest, markup->err);

		if (more <= 0)
			return more;
	}
	*got = size < markup->rest.len ? size : markup->rest.len;
	memcpy(bytes, markup->rest.at, *got);
	markup->rest.at += *got;
	markup->rest.len -= *got;
	return 0;
}

/* ---- what trouble means ---- */

int
markup_refuse(struct markup *markup, enum xml_trouble trouble, struct err *err)
{
	static const enum refusal refusals[] = {
		[XML_TROUBLE_NONE] = REFUSED_DAMAGED,
		[XML_TROUBLE_BROKEN] = REFUSED_DAMAGED,
		[XML_TROUBLE_CUT] = REFUSED_TRUNCATED,
		[XML_TROUBLE_DOCTYPE] = REFUSED_DOCTYPE,
		[XML_TROUBLE_LIMIT] = REFUSED_LIMIT_BYTES,
		[XML_TROUBLE_MEMORY] = REFUSED_LIMIT_MEMORY,
	};
	char why[sizeof(err->what)];

	if (trouble == XML_TROUBLE_STOPPED)
		return -1;
	memcpy(why, err->what, sizeof(why));
	return sink_refuse(markup->sink, refusals[trouble], err, "%s", why);
}

int
markup_parse(struct markup *markup, const struct xml_events *events, void *self, struct err *err)
{
	struct xml_sax *sax = xml_sax_new(events, self);
	struct text block;
	int more, status = 0;

	if (!sax)
		return sink_refuse(markup->sink, REFUSED_LIMIT_MEMORY, err, "no memory to parse XML");
	markup_rewind(markup);
	markup->err = err;
	while (status == 0 && (more = markup_next(markup, &block, err)) != 0) {
		if (more < 0) {
			xml_sax_free(sax);
			return -1;
		}
		status = xml_sax_feed(sax, block.at, block.len, err);
	}
	if (status == 0)
		status = xml_sax_finish(sax, err);
	if (status != 0)
		status = markup_refuse(markup, xml_sax_trouble(sax), err);
	xml_sax_free(sax);
	return status;
}

bool
markup_is_broken(const struct markup *markup, struct text text)
{
	return markup->encoding.broken && memmem(text.at, text.len, replacement, 3) != NULL;
}

int
markup_notes(struct markup *markup, struct err *err)
{
	uint32_t count = markup->private < UINT32_MAX ? (uint32_t)markup->private : UINT32_MAX;

	if (count == 0)
		return 0;
	return sink_note(markup->sink, NOTE_PRIVATE_CHARS, count, 0, (struct text){ "", 0 }, err);
}
