/*
 * flat_json.c - see flat_json.h. RFC 8259, without nesting but for lists of plain values.
 */
#include "core/record/flat_json.h"

#include "core/base/digest.h"

static void
skip_blanks(struct flat_json *json)
{
	while (json->pos < json->bytes.len && memchr(" \t\r\n", json->bytes.at[json->pos], 4) != NULL)
		json->pos++;
}

static bool
take(struct flat_json *json, char c)
{
	skip_blanks(json);
	if (json->pos == json->bytes.len || json->bytes.at[json->pos] != c)
		return false;
	json->pos++;
	return true;
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The string whose opening quote has been taken. */
static bool
take_string(struct flat_json *json, struct text *inside)
{
	const char *at = json->bytes.at;
	size_t first = json->pos, len = json->bytes.len;

	for (size_t i = first; i < len; i++) {
		if (at[i] == '"') {
			*inside = (struct text){ at + first, i - first };
			json->pos = i + 1;
			return true;
		}
		if ((unsigned char)at[i] < 0x20)
			return false;
		if (at[i] != '\\')
			continue;
		if (++i == len || memchr("\"\\/bfnrtu", at[i], 9) == NULL)
			return false;
		if (at[i] != 'u')
			continue;
		for (unsigned k = 0; k < 4; k++) {
			if (++i == len || !is_hex(at[i]))
				return false;
		}
	}
	return false;
}

static size_t
digits(struct flat_json *json)
{
	size_t first = json->pos;

	while (json->pos < json->bytes.len && json->bytes.at[json->pos] >= '0' && json->bytes.at[json->pos] <= '9')
		json->pos++;
	return json->pos - first;
}

static bool
at_char(const struct flat_json *json, const char *any)
{
	char c = json->pos < json->bytes.len ? json->bytes.at[json->pos] : '\0';

	return c != '\0' && strchr(any, c) != NULL;
}

static bool
take_number(struct flat_json *json, struct text *number)
{
	size_t first = json->pos;

	json->pos += at_char(json, "-");
	if (at_char(json, "0"))
		json->pos++;
	else if (digits(json) == 0)
		return false;
	if (at_char(json, ".")) {
		json->pos++;
		if (digits(json) == 0)
			return false;
	}
	if (at_char(json, "eE")) {
		json->pos++;
		json->pos += at_char(json, "+-");
		if (digits(json) == 0)
			return false;
	}
	*number = (struct text){ json->bytes.at + first, json->pos - first };
	return true;
}

static bool
take_word(struct flat_json *json, struct text word)
{
	struct text left = { json->bytes.at + json->pos, json->bytes.len - json->pos };

	if (!text_starts(left, word))
		return false;
	json->pos += word.len;
	return true;
}

/* A value that is neither list nor object. */
static bool
take_plain(struct flat_json *json, enum flat_kind *kind, struct text *value)
{
	*value = (struct text){ 0 };
	if (take(json, '"')) {
		*kind = FLAT_STRING;
		return take_string(json, value);
	}
	*kind = FLAT_TRUE;
	if (take_word(json, TEXT("true")))
		return true;
	*kind = FLAT_FALSE;
	if (take_word(json, TEXT("false")))
		return true;
	*kind = FLAT_NULL;
	if (take_word(json, TEXT("null")))
		return true;
	*kind = FLAT_NUMBER;
	return take_number(json, value);
}

static bool
take_list(struct flat_json *json, struct text *value)
{
	size_t first = json->pos - 1;
	enum flat_kind kind;
	struct text one;

	if (!take(json, ']')) {
		do {
			if (!take_plain(json, &kind, &one))
				return false;
		} while (take(json, ','));
		if (!take(json, ']'))
			return false;
	}
	*value = (struct text){ json->bytes.at + first, json->pos - first };
	return true;
}

int
flat_json_next(struct flat_json *json, struct flat_member *member)
{
	bool first = json->pos == 0;

	*member = (struct flat_member){ 0 };
	if (first && !take(json, '{'))
		return -1;
	if (take(json, '}')) {
		skip_blanks(json);
		return json->pos == json->bytes.len ? 0 : -1;
	}
	if ((!first && !take(json, ',')) || !take(json, '"') || !take_string(json, &member->name) || !take(json, ':'))
		return -1;
	if (take(json, '[')) {
		member->kind = FLAT_LIST;
		return take_list(json, &member->value) ? 1 : -1;
	}
	return take_plain(json, &member->kind, &member->value) ? 1 : -1;
}

bool
flat_json_find(struct text bytes, struct text name, struct flat_member *member)
{
	struct flat_json json = { bytes, 0 };

	while (flat_json_next(&json, member) == 1) {
		if (text_eq(member->name, name))
			return true;
	}
	return false;
}

bool
flat_json_string(struct text bytes, struct text name, struct buffer *out)
{
	struct flat_member member;

	buffer_clear(out);
	return flat_json_find(bytes, name, &member) && member.kind == FLAT_STRING && flat_json_text(member.value, out);
}

bool
flat_json_number(struct text bytes, struct text name, uint64_t *number)
{
	struct flat_member member;

	return flat_json_find(bytes, name, &member) && member.kind == FLAT_NUMBER && text_to_u64(member.value, number);
}

/* Four hexadecimal digits, which have been checked. */
static uint32_t
hex4(const char *at)
{
	uint8_t bytes[2] = { 0 };

	(void)hex_parse((struct text){ at, 4 }, bytes, sizeof(bytes));
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

bool
flat_json_text(struct text value, struct buffer *out)
{
	for (size_t i = 0; i < value.len; i++) {
		char utf8[4];
		uint32_t cp;

		if (value.at[i] != '\\') {
			buffer_char(out, value.at[i]);
			continue;
		}
		switch (value.at[++i]) {
		case 'b':
			buffer_char(out, '\b');
			continue;
		case 'f':
			buffer_char(out, '\f');
			continue;
		case 'n':
			buffer_char(out, '\n');
			continue;
		case 'r':
			buffer_char(out, '\r');
			continue;
		case 't':
			buffer_char(out, '\t');
			continue;
		case 'u':
			break;
		default: /* a quote, a slash, a backslash */
			buffer_char(out, value.at[i]);
			continue;
		}
		cp = hex4(value.at + i + 1);
		i += 4;
		if (cp >= 0xD800 && cp < 0xDC00) { /* the first half of a character beyond U+FFFF */
			uint32_t low = i + 6 < value.len && value.at[i + 1] == '\\' && value.at[i + 2] == 'u'
			    ? hex4(value.at + i + 3)
			    : 0;

			if (low < 0xDC00 || low > 0xDFFF)
				return false;
			cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
			i += 6;
		} else if (cp >= 0xDC00 && cp < 0xE000)
			return false;
		buffer_add(out, utf8, text_put(utf8, cp));
	}
	return !buffer_failed(out);
}
