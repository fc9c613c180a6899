/*
 * tags.c - see tags.h.
 */
#include "consumers/forms/tags.h"

#define COLUMNS_MAX 16384
#define ROWS_MAX 1048576

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Where ${end} stands behind ${from}: behind it; the end of the bytes when it does not. */
static size_t
behind(struct text xml, size_t from, const char *end)
{
	size_t at = text_find((struct text){ xml.at + from, xml.len - from }, text_from(end));

	return at == SIZE_MAX ? xml.len : from + at + strlen(end);
}

/* Behind the > of the tag at ${at}, which may stand in quotes before. */
static size_t
tag_end(struct text xml, size_t at)
{
	char quote = 0;

	for (; at < xml.len; at++) {
		char c = xml.at[at];

		if (quote != 0) {
			if (c == quote)
				quote = 0;
		} else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return at + 1;
	}
	return xml.len;
}

bool
tags_next(struct text xml, size_t *pos, struct mark *mark)
{
	while (*pos < xml.len) {
		const char *open = memchr(xml.at + *pos, '<', xml.len - *pos);
		struct text left;
		size_t at, len = 0;

		if (open == NULL)
			break;
		at = (size_t)(open - xml.at);
		left = (struct text){ open, xml.len - at };
		if (text_starts(left, TEXT("<!--"))) {
			*pos = behind(xml, at + 4, "-->");
			continue;
		}
		if (text_starts(left, TEXT("<![CDATA["))) {
			*pos = behind(xml, at, "]]>");
			continue;
		}
		if (text_starts(left, TEXT("<?"))) {
			*pos = behind(xml, at, "?>");
			continue;
		}
		*mark = (struct mark){ .at = at, .end = tag_end(xml, at), .closing = left.len > 1 && left.at[1] == '/' };
		mark->empty = !mark->closing && mark->end - at > 2 && xml.at[mark->end - 2] == '/';
		mark->name.at = left.at + 1 + mark->closing;
		while (mark->name.at + len < xml.at + mark->end && !is_space(mark->name.at[len])
		    && mark->name.at[len] != '>' && mark->name.at[len] != '/')
			len++;
		mark->name.len = len;
		open = len > 0 ? memchr(mark->name.at, ':', len) : NULL;
		if (open != NULL) {
			mark->prefix = (struct text){ mark->name.at, (size_t)(open - mark->name.at) };
			mark->name = (struct text){ open + 1, len - mark->prefix.len - 1 };
		}
		*pos = mark->end;
		return true;
	}
	*pos = xml.len;
	return false;
}

bool
tags_skip(struct text xml, size_t *pos, const struct mark *open, struct mark *close)
{
	size_t depth = 1;

	*close = *open;
	if (open->empty)
		return true;
	while (depth > 0) {
		if (!tags_next(xml, pos, close))
			return false;
		if (close->closing)
			depth--;
		else if (!close->empty)
			depth++;
	}
	return true;
}

bool
tags_is(const struct mark *mark, const char *name)
{
	return text_eq(mark->name, text_from(name));
}

/* The next attribute of the tag from ${*at} on: its name, its value, and where it begins (white space before it included). */
static bool
next_attribute(
    struct text xml, const struct mark *mark, size_t *at, size_t *begin, struct text *name, struct text *value)
{
	size_t end = mark->end - 1 - mark->empty, i = *at, from;
	char quote;

	*begin = i;
	while (i < end && is_space(xml.at[i]))
		i++;
	from = i;
	while (i < end && !is_space(xml.at[i]) && xml.at[i] != '=')
		i++;
	*name = (struct text){ xml.at + from, i - from };
	while (i < end && xml.at[i] != '"' && xml.at[i] != '\'')
		i++;
	if (i >= end || name->len == 0)
		return false;
	quote = xml.at[i++];
	from = i;
	while (i < end && xml.at[i] != quote)
		i++;
	*value = (struct text){ xml.at + from, i - from };
	*at = i < end ? i + 1 : end;
	return true;
}

/* Where the attributes of a tag begin: behind its name. */
static size_t
attributes_at(struct text xml, const struct mark *mark)
{
	return (size_t)(mark->name.at - xml.at) + mark->name.len;
}

struct text
tags_attribute(struct text xml, const struct mark *mark, const char *name)
{
	size_t at = attributes_at(xml, mark), begin;
	struct text found, value, wanted = text_from(name);

	while (next_attribute(xml, mark, &at, &begin, &found, &value)) {
		if (text_eq(found, wanted) || (wanted.at[0] == ':' && text_ends(found, wanted)))
			return value;
	}
	return (struct text){ NULL, 0 };
}

uint32_t
tags_number(struct text xml, const struct mark *mark, const char *name, uint32_t otherwise)
{
	struct text text = tags_attribute(xml, mark, name);
	uint64_t value;

	return text.at != NULL && text_to_u64(text, &value) && value <= UINT32_MAX ? (uint32_t)value : otherwise;
}

void
tags_open_without(struct text xml, const struct mark *mark, const char *drop, struct buffer *out)
{
	size_t at = attributes_at(xml, mark), begin;
	struct text name, value;

	buffer_add(out, xml.at + mark->at, at - mark->at);
	while (next_attribute(xml, mark, &at, &begin, &name, &value)) {
		const char *hit = drop;
		bool dropped = false;

		while (!dropped && *hit != '\0') {
			size_t len = strcspn(hit, " ");

			dropped = text_eq(name, (struct text){ hit, len });
			hit += len + (hit[len] == ' ');
		}
		if (!dropped)
			buffer_add(out, xml.at + begin, at - begin);
	}
}

void
tags_decode(struct text value, struct buffer *out)
{
	static const struct {
		const char *name;
		char c;
	} known[] = { { "amp;", '&' }, { "lt;", '<' }, { "gt;", '>' }, { "quot;", '"' }, { "apos;", '\'' } };

	for (size_t i = 0; i < value.len; i++) {
		struct text left = { value.at + i + 1, value.len - i - 1 };
		uint32_t cp = 0;
		size_t len = 0;
		char utf8[4];

		if (value.at[i] != '&') {
			buffer_char(out, value.at[i]);
			continue;
		}
		for (size_t k = 0; k < ARRAY_LEN(known) && len == 0; k++) {
			if (text_starts(left, text_from(known[k].name))) {
				cp = (uint32_t)known[k].c;
				len = strlen(known[k].name);
			}
		}
		if (len == 0 && left.len > 2 && left.at[0] == '#') {
			bool hex = left.at[1] == 'x';

			for (len = 1 + (size_t)hex; len < left.len && left.at[len] != ';' && cp < 0x110000; len++) {
				char c = left.at[len];

				cp = cp * (hex ? 16 : 10)
				    + (uint32_t)(c >= '0' && c <= '9' ? c - '0' : ((c | 0x20) - 'a' + 10) & 15);
			}
			len++;
		}
		if (cp == 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000)) {
			buffer_char(out, '&');
			continue;
		}
		buffer_add(out, utf8, text_put(utf8, cp));
		i += len;
	}
}

bool
tags_place(struct text ref, uint32_t *column, uint32_t *row)
{
	size_t i = 0, letters;

	*column = *row = 0;
	i += i < ref.len && ref.at[i] == '$';
	for (letters = i; i < ref.len && i < letters + 3; i++) {
		char c = ref.at[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c < 'A' || c > 'Z')
			break;
		*column = *column * 26 + (uint32_t)(c - 'A' + 1);
	}
	if (i == letters || *column > COLUMNS_MAX)
		return false;
	--*column;
	i += i < ref.len && ref.at[i] == '$';
	for (letters = i; i < ref.len && i < letters + 7 && ref.at[i] >= '0' && ref.at[i] <= '9'; i++)
		*row = *row * 10 + (uint32_t)(ref.at[i] - '0');
	return i == ref.len && *row > 0 && *row <= ROWS_MAX;
}

void
tags_column(struct buffer *out, uint32_t column)
{
	char letters[8];
	size_t at = sizeof(letters);

	for (column++; column > 0 && at > 0; column = (column - 1) / 26)
		letters[--at] = (char)('A' + (column - 1) % 26);
	buffer_add(out, letters + at, sizeof(letters) - at);
}
