/*
 * xlsx_scan.c - see xlsx_scan.h.
 *
 * Behind the window's last byte stands a NUL, which no accepted text contains: so loops need no
 * second comparison, and a NUL that stands at the end means SCAN_MORE, any other SCAN_ODD.
 */
#include "producers/readers/xlsx_scan.h"

#include <stdlib.h>

#define ATTRIBUTE_BYTES_MAX 1024

/* What a byte of text is. Below STOP the loop goes on. */
enum { PLAIN = 0, HIGH = 1, LAST = 2, STOP = 4 };

#define H16 HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH
#define S8 STOP, STOP, STOP, STOP, STOP, STOP, STOP, STOP
#define P8 PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN

/* clang-format off */
static const uint8_t text_class[256] = {
	STOP, STOP, STOP, STOP, STOP, STOP, STOP, STOP, STOP, PLAIN, PLAIN, STOP, STOP, STOP, STOP, STOP, /* \t \n */
	S8, S8,
	PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, STOP, PLAIN, P8, /* & */
	P8, PLAIN, PLAIN, PLAIN, PLAIN, STOP, PLAIN, PLAIN, PLAIN, /* < */
	P8, P8,
	P8, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, STOP, PLAIN, PLAIN, /* ] */
	P8, P8,
	P8, P8,
	H16, H16, H16, H16, H16, H16,
	HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH | LAST, /* EF */
	H16,
};
/* clang-format on */

int
xlsx_scan_init(struct scan_window *window, const struct xlsx_part *part, size_t size)
{
	*window = (struct scan_window){
		.part = part,
		.size = size,
		.bytes = malloc(size + 1),
		.scratch = malloc(size),
	};
	if (window->bytes == NULL || window->scratch == NULL) {
		xlsx_scan_fini(window);
		return -1;
	}
	window->at = window->end = window->bytes;
	*window->end = '\0';
	return 0;
}

void
xlsx_scan_fini(struct scan_window *window)
{
	free(window->bytes);
	free(window->scratch);
	window->bytes = window->scratch = NULL;
}

int
xlsx_scan_fill(struct scan_window *window, struct err *err)
{
	size_t left = (size_t)(window->end - window->at), before = left, got;

	memmove(window->bytes, window->at, left);
	while (left < window->size && !window->ended) {
		int result = window->part->read(
		    window->part->self, window->bytes + left, window->size - left, &got, err);

		if (result < 0)
			return -1;
		window->ended = result == 0;
		if (result == 1)
			left += got;
	}
	window->at = window->bytes;
	window->end = window->bytes + left;
	*window->end = '\0';
	return left > before ? 1 : 0;
}

enum scan_answer
xlsx_scan_word(const struct scan_window *window, const char **at, const char *word, size_t len)
{
	size_t left = (size_t)(window->end - *at);

	if (left >= len) {
		if (memcmp(*at, word, len) != 0)
			return SCAN_ODD;
		*at += len;
		return SCAN_OK;
	}
	return memcmp(*at, word, left) == 0 ? SCAN_MORE : SCAN_ODD;
}

/* The answer for a byte that does not belong where it stands. */
static enum scan_answer
stopped(const struct scan_window *window, const char *at)
{
	return at == window->end ? SCAN_MORE : SCAN_ODD;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters and digits, with one prefix at the most. "xml…" has meanings of its own and is left to
 * libxml2. */
static enum scan_answer
attribute_name(const struct scan_window *window, const char **at, struct text *name)
{
	const char *p = *at, *begin = p;
	bool prefixed = false;

	if (!is_letter(*p))
		return stopped(window, p);
	for (;; p++) {
		if (*p == ':' && !prefixed && is_letter(p[1]))
			prefixed = true;
		else if (!is_letter(*p) && !(*p >= '0' && *p <= '9'))
			break;
	}
	if (*p != '=')
		return p == window->end || p + 1 == window->end ? SCAN_MORE : SCAN_ODD;
	*name = (struct text){ begin, (size_t)(p - begin) };
	*at = p;
	if (name->len >= 3 && (begin[0] | 0x20) == 'x' && (begin[1] | 0x20) == 'm' && (begin[2] | 0x20) == 'l')
		return SCAN_ODD;
	return SCAN_OK;
}

enum scan_answer
xlsx_scan_attribute(
    const struct scan_window *window, const char **at, struct scan_tag *tag, struct scan_attribute *attribute)
{
	const char *p = *at, *begin;
	enum scan_answer answer;

	while (*p == ' ')
		p++;
	if (*p == '>' || (*p == '/' && p[1] == '>')) {
		attribute->name.len = 0;
		attribute->empty = *p == '/';
		*at = p + (attribute->empty ? 2 : 1);
		return SCAN_OK;
	}
	if (*p == '/')
		return stopped(window, p + 1);
	if (p == *at)
		return stopped(window, p);
	answer = attribute_name(window, &p, &attribute->name);
	if (answer != SCAN_OK)
		return answer;
	if (p[1] != '"')
		return stopped(window, p + 1);
	begin = p += 2;
	while ((*p >= ' ' && *p < 0x7F) && *p != '"' && *p != '<' && *p != '&' && *p != '>')
		p++;
	if (*p != '"')
		return stopped(window, p);
	attribute->value = (struct text){ begin, (size_t)(p - begin) };
	*at = p + 1;
	if (tag->count == SCAN_ATTRIBUTES_MAX || attribute->value.len > ATTRIBUTE_BYTES_MAX)
		return SCAN_ODD;
	for (size_t i = 0; i < tag->count; i++) {
		if (text_eq(tag->names[i], attribute->name))
			return SCAN_ODD;
	}
	tag->names[tag->count++] = attribute->name;
	return SCAN_OK;
}

/* What XML 1.0 calls a character. */
static bool
is_char(uint32_t cp)
{
	if (cp < 0x20)
		return cp == '\t' || cp == '\n' || cp == '\r';
	return cp < 0xD800 || (cp >= 0xE000 && cp < 0xFFFE) || (cp >= 0x10000 && cp < 0x110000);
}

/* The character reference behind "&#" up to ${end}, which is its ';': 0 when it is none. */
static uint32_t
numeric_reference(const char *at, const char *end)
{
	uint32_t cp = 0, base = 10;

	if (at < end && *at == 'x') {
		base = 16;
		at++;
	}
	if (at == end || end - at > 8)
		return 0;
	for (; at < end; at++) {
		uint32_t digit;

		if (*at >= '0' && *at <= '9')
			digit = (uint32_t)(*at - '0');
		else if (base == 16 && is_letter(*at) && (*at | 0x20) <= 'f')
			digit = (uint32_t)((*at | 0x20) - 'a' + 10);
		else
			return 0;
		cp = cp * base + digit;
		if (cp > 0x10FFFF)
			return 0;
	}
	return is_char(cp) ? cp : 0;
}

static uint32_t
reference(const char *at, const char *end)
{
	static const struct {
		struct text name;
		uint32_t cp;
	} entities[] = {
		{ { "amp", 3 }, '&' },
		{ { "lt", 2 }, '<' },
		{ { "gt", 2 }, '>' },
		{ { "quot", 4 }, '"' },
		{ { "apos", 4 }, '\'' },
	};
	struct text name = { at, (size_t)(end - at) };

	if (at < end && *at == '#')
		return numeric_reference(at + 1, end);
	for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
		if (text_eq(entities[i].name, name))
			return entities[i].cp;
	}
	return 0;
}

/* ${*text} with its references resolved, in the scratch. A reference is never shorter than its
 * character. */
static enum scan_answer
resolve(struct scan_window *window, struct text *text)
{
	const char *at = text->at, *end = at + text->len;
	char *begin = window->scratch + window->scratch_len, *out = begin;

	while (at < end) {
		const char *ampersand = memchr(at, '&', (size_t)(end - at)), *semicolon;
		size_t plain = (size_t)((ampersand != NULL ? ampersand : end) - at);
		uint32_t cp;

		memcpy(out, at, plain);
		out += plain;
		if (ampersand == NULL)
			break;
		semicolon = memchr(ampersand, ';', (size_t)(end - ampersand));
		cp = semicolon != NULL ? reference(ampersand + 1, semicolon) : 0;
		if (cp == 0)
			return SCAN_ODD;
		out += text_put(out, cp);
		at = semicolon + 1;
	}
	*text = (struct text){ begin, (size_t)(out - begin) };
	window->scratch_len += text->len;
	return SCAN_OK;
}

/* Valid UTF-8 without the two that are no characters: U+FFFE and U+FFFF. */
static bool
text_valid(struct text text, unsigned seen)
{
	if (!utf8_valid(text.at, text.len))
		return false;
	if ((seen & LAST) == 0)
		return true;
	return text_find(text, TEXT("\xEF\xBF\xBE")) == SIZE_MAX && text_find(text, TEXT("\xEF\xBF\xBF")) == SIZE_MAX;
}

enum scan_answer
xlsx_scan_text(struct scan_window *window, const char **at, struct text *text)
{
	const char *p = *at, *begin = p;
	unsigned seen = 0, class;
	bool references = false;

	for (;;) {
		while ((class = text_class[(uint8_t)*p]) < STOP) {
			seen |= class;
			p++;
		}
		if (*p == '<')
			break;
		if (*p == '&')
			references = true;
		else if (*p != ']' || (p[1] == ']' && p[2] == '>'))
			return stopped(window, p);
		else if (window->end - p < 3)
			return SCAN_MORE;
		p++;
	}
	*text = (struct text){ begin, (size_t)(p - begin) };
	*at = p;
	if (seen != 0 && !text_valid(*text, seen))
		return SCAN_ODD;
	return references ? resolve(window, text) : SCAN_OK;
}
