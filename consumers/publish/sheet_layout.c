/*
 * sheet_layout.c - see sheet_layout.h. A scanner for JSON as RFC 8259 has it, without numbers that
 * are no whole ones.
 */
#include "consumers/publish/sheet_layout.h"

#include <stdlib.h>

#define DEPTH_MAX 16

struct scan {
	struct text in;
	size_t pos;
	struct arena *arena;
	bool failed;
};

static void
skip_space(struct scan *scan)
{
	while (scan->pos < scan->in.len && strchr(" \t\r\n", scan->in.at[scan->pos]) != NULL
	    && scan->in.at[scan->pos] != '\0')
		scan->pos++;
}

static bool
take(struct scan *scan, char c)
{
	skip_space(scan);
	if (scan->pos < scan->in.len && scan->in.at[scan->pos] == c) {
		scan->pos++;
		return true;
	}
	return false;
}

static void
expect(struct scan *scan, char c)
{
	scan->failed = scan->failed || !take(scan, c);
}

static uint32_t
scan_hex(struct scan *scan)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		char c = scan->pos < scan->in.len ? scan->in.at[scan->pos++] : ' ';

		if (c >= '0' && c <= '9')
			value = value * 16 + (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + (uint32_t)(c - 'a') + 10;
		else if (c >= 'A' && c <= 'F')
			value = value * 16 + (uint32_t)(c - 'A') + 10;
		else
			scan->failed = true;
	}
	return value;
}

/* The character behind a backslash. */
static uint32_t
scan_escape(struct scan *scan)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = scan->pos < scan->in.len ? scan->in.at[scan->pos++] : '\0';
	const char *known = c == '\0' ? NULL : strchr(from, c);
	uint32_t high;

	if (known != NULL)
		return (uint32_t)(unsigned char)to[known - from];
	if (c != 'u') {
		scan->failed = true;
		return ' ';
	}
	high = scan_hex(scan);
	if (high >= 0xD800 && high < 0xDC00) {
		uint32_t low = 0;

		if (text_starts((struct text){ scan->in.at + scan->pos, scan->in.len - scan->pos }, TEXT("\\u"))) {
			scan->pos += 2;
			low = scan_hex(scan);
		}
		if (low < 0xDC00 || low > 0xDFFF)
			scan->failed = true;
		return 0x10000 + ((high - 0xD800) << 10) + ((low - 0xDC00) & 0x3FF);
	}
	if (high >= 0xDC00 && high < 0xE000)
		scan->failed = true;
	return high;
}

static struct text
scan_string(struct scan *scan)
{
	struct text out = { "", 0 };
	size_t end;
	char *at;

	expect(scan, '"');
	for (end = scan->pos; end < scan->in.len && scan->in.at[end] != '"'; end++) {
		if (scan->in.at[end] == '\\')
			end++;
	}
	if (scan->failed || end >= scan->in.len) {
		scan->failed = true;
		return out;
	}
	at = arena_take(scan->arena, end - scan->pos + 4);
	if (at == NULL) {
		scan->failed = true;
		return out;
	}
	out.at = at;
	while (scan->pos < end && !scan->failed) {
		if (scan->in.at[scan->pos] != '\\') {
			at[out.len++] = scan->in.at[scan->pos++];
			continue;
		}
		scan->pos++;
		out.len += text_put(at + out.len, scan_escape(scan));
	}
	scan->pos = end + 1;
	return out;
}

static uint32_t
scan_number(struct scan *scan)
{
	uint64_t value = 0;
	size_t from;

	skip_space(scan);
	from = scan->pos;
	while (scan->pos < scan->in.len && scan->in.at[scan->pos] >= '0' && scan->in.at[scan->pos] <= '9'
	    && value <= UINT32_MAX)
		value = value * 10 + (uint64_t)(scan->in.at[scan->pos++] - '0');
	scan->failed = scan->failed || scan->pos == from || value > UINT32_MAX;
	return (uint32_t)value;
}

static bool
scan_word(struct scan *scan, struct text word)
{
	skip_space(scan);
	if (!text_starts((struct text){ scan->in.at + scan->pos, scan->in.len - scan->pos }, word))
		return false;
	scan->pos += word.len;
	return true;
}

static void
skip_value(struct scan *scan, unsigned depth)
{
	bool object;

	skip_space(scan);
	if (depth > DEPTH_MAX || scan->pos >= scan->in.len)
		scan->failed = true;
	else if (scan->in.at[scan->pos] == '"')
		(void)scan_string(scan);
	else if (scan->in.at[scan->pos] == '{' || scan->in.at[scan->pos] == '[') {
		object = scan->in.at[scan->pos++] == '{';
		if (take(scan, object ? '}' : ']'))
			return;
		do {
			if (object) {
				(void)scan_string(scan);
				expect(scan, ':');
			}
			skip_value(scan, depth + 1);
		} while (!scan->failed && take(scan, ','));
		expect(scan, object ? '}' : ']');
	} else if (!scan_word(scan, TEXT("true")) && !scan_word(scan, TEXT("false")) && !scan_word(scan, TEXT("null")))
		(void)scan_number(scan);
}

/* An object: ${take_member} takes the value of each member. */
static void
scan_object(struct scan *scan, void (*take_member)(struct scan *scan, struct text name, void *self), void *self)
{
	expect(scan, '{');
	if (take(scan, '}'))
		return;
	do {
		struct text name = scan_string(scan);

		expect(scan, ':');
		take_member(scan, name, self);
	} while (!scan->failed && take(scan, ','));
	expect(scan, '}');
}

static void
column_member(struct scan *scan, struct text name, void *self)
{
	struct sheet_column *column = self;

	if (text_eq(name, TEXT("column")))
		column->column = scan_number(scan);
	else if (text_eq(name, TEXT("header")))
		column->header = scan_string(scan);
	else if (text_eq(name, TEXT("state")))
		column->state = scan_string(scan);
	else if (text_eq(name, TEXT("field")))
		column->field = scan_string(scan);
	else
		skip_value(scan, 0);
}

static void
scan_columns(struct scan *scan, struct sheet_layout *layout)
{
	size_t room = 0;

	expect(scan, '[');
	if (take(scan, ']'))
		return;
	do {
		struct sheet_column *column;

		if (layout->column_count == room) {
			room = room == 0 ? 64 : room * 2;
			column = room > SHEET_COLUMNS_MAX * 2 ? NULL : realloc(layout->columns, room * sizeof(*column));
			if (column == NULL) {
				scan->failed = true;
				return;
			}
			layout->columns = column;
		}
		column = &layout->columns[layout->column_count];
		*column = (struct sheet_column){ .header = { "", 0 }, .state = { "", 0 }, .field = { "", 0 } };
		scan_object(scan, column_member, column);
		if (!scan->failed)
			layout->column_count++;
	} while (!scan->failed && take(scan, ','));
	expect(scan, ']');
}

static void
layout_member(struct scan *scan, struct text name, void *self)
{
	struct sheet_layout *layout = self;

	if (text_eq(name, TEXT("sheet")))
		layout->sheet = scan_string(scan);
	else if (text_eq(name, TEXT("refused")))
		layout->refused = scan_string(scan);
	else if (text_eq(name, TEXT("index")))
		layout->index = scan_number(scan);
	else if (text_eq(name, TEXT("hidden")))
		layout->hidden = scan_word(scan, TEXT("true"));
	else if (text_eq(name, TEXT("chart")))
		layout->chart = scan_word(scan, TEXT("true"));
	else if (text_eq(name, TEXT("header"))) {
		expect(scan, '[');
		layout->header_first = scan_number(scan);
		expect(scan, ',');
		layout->header_last = scan_number(scan);
		expect(scan, ']');
	} else if (text_eq(name, TEXT("columns")) && layout->columns == NULL)
		scan_columns(scan, layout);
	else
		skip_value(scan, 0);
}

static void
make_empty(struct sheet_layout *layout)
{
	*layout = (struct sheet_layout){ .index = UINT32_MAX, .sheet = { "", 0 }, .refused = { "", 0 } };
	arena_init(&layout->arena, (size_t)64 * 1024 * 1024);
}

int
sheet_layout_parse(struct sheet_layout *layout, struct text json)
{
	struct scan scan = { .in = json, .arena = &layout->arena };

	make_empty(layout);
	scan_object(&scan, layout_member, layout);
	skip_space(&scan);
	if (!scan.failed && scan.pos == json.len)
		return 0;
	sheet_layout_fini(layout);
	make_empty(layout);
	return -1;
}

void
sheet_layout_fini(struct sheet_layout *layout)
{
	free(layout->columns);
	layout->columns = NULL;
	layout->column_count = 0;
	arena_fini(&layout->arena);
}
