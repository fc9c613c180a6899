/*
 * shift.c - see shift.h.
 */
#include "consumers/forms/shift.h"

#include "consumers/forms/tags.h"

uint32_t
shift_row(const struct shift *shift, uint32_t row)
{
	return row > shift->behind ? row + shift->by : row;
}

/* One place as written, at the row ${row}: dollar signs stay. */
static void
put_place(struct text ref, uint32_t row, struct buffer *out)
{
	size_t digits = ref.len;

	while (digits > 0 && ref.at[digits - 1] >= '0' && ref.at[digits - 1] <= '9')
		digits--;
	buffer_add(out, ref.at, digits);
	buffer_format(out, "%u", row);
}

/* The range from ${first} to ${last} (which may be the same place, written once). */
static void
put_range(const struct shift *shift, struct text first, struct text last, bool grow, struct buffer *out)
{
	bool one = first.at == last.at;
	uint32_t column, from, to;

	if (!tags_place(first, &column, &from) || !tags_place(last, &column, &to)) {
		buffer_add(out, first.at, (size_t)(last.at + last.len - first.at));
		return;
	}
	put_place(first, shift_row(shift, from), out);
	to = to == shift->behind && grow && shift->by > 0 ? to + shift->by : shift_row(shift, to);
	if (one && to == shift_row(shift, from))
		return;
	buffer_char(out, ':');
	put_place(last, to, out);
}

void
shift_ranges(const struct shift *shift, struct text refs, bool grow, struct buffer *out)
{
	for (size_t at = 0; at < refs.len;) {
		size_t len = 0, colon;
		struct text range, first, last;

		if (refs.at[at] == ' ') {
			buffer_char(out, refs.at[at++]);
			continue;
		}
		while (at + len < refs.len && refs.at[at + len] != ' ')
			len++;
		range = (struct text){ refs.at + at, len };
		colon = text_find(range, TEXT(":"));
		first = last = range;
		if (colon != SIZE_MAX) {
			first.len = colon;
			last = (struct text){ range.at + colon + 1, range.len - colon - 1 };
		}
		put_range(shift, first, last, grow, out);
		at += len;
	}
}

/* Whether ${c} may be part of a name, so that what looks like a place beside it is none. */
static bool
in_name(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'
	    || c == '$' || (unsigned char)c >= 0x80;
}

/* The place at the beginning of ${text}, by itself: its length; 0 when there is none. */
static size_t
place_len(struct text text)
{
	uint32_t column, row;
	size_t len = 0;

	while (len < text.len && in_name(text.at[len]))
		len++;
	if (len == 0 || len > 12
	    || (len < text.len && (text.at[len] == '(' || text.at[len] == '!' || text.at[len] == '[')))
		return 0;
	return tags_place((struct text){ text.at, len }, &column, &row) ? len : 0;
}

/* What stands in quotes at the beginning of ${text}, or a reference of XML: its length; 0 when there is neither. */
static size_t
quoted_len(struct text text)
{
	static const char *const quotes[] = { "\"", "&quot;", "'", "&apos;" };

	for (size_t i = 0; i < ARRAY_LEN(quotes); i++) {
		struct text quote = text_from(quotes[i]);
		size_t end;

		if (!text_starts(text, quote))
			continue;
		end = text_find((struct text){ text.at + quote.len, text.len - quote.len }, quote);
		return end == SIZE_MAX ? text.len : end + 2 * quote.len;
	}
	if (text.len > 0 && text.at[0] == '&') {
		size_t end = text_find(text, TEXT(";"));

		return end == SIZE_MAX ? 1 : end + 1;
	}
	return 0;
}

/* Walk a formula: ranges go through put_range() with ${shift}, or move by ${down} without. */
static void
walk(const struct shift *shift, uint32_t down, struct text formula, struct buffer *out)
{
	for (size_t at = 0; at < formula.len;) {
		struct text left = { formula.at + at, formula.len - at }, first, last;
		size_t len = quoted_len(left);
		bool foreign = at > 0 && formula.at[at - 1] == '!';

		if (len == 0 && (at == 0 || !in_name(formula.at[at - 1])) && (len = place_len(left)) > 0) {
			size_t more = 0;

			if (len + 1 < left.len && left.at[len] == ':')
				more = place_len((struct text){ left.at + len + 1, left.len - len - 1 });
			first = last = (struct text){ left.at, len };
			if (more > 0) {
				last = (struct text){ left.at + len + 1, more };
				len += 1 + more;
			}
			if (foreign)
				buffer_add(out, left.at, len);
			else if (shift != NULL)
				put_range(shift, first, last, more > 0, out);
			else {
				for (int i = 0; i < (more > 0 ? 2 : 1); i++) {
					struct text ref = i == 0 ? first : last;
					uint32_t column, row;

					if (i > 0)
						buffer_char(out, ':');
					(void)tags_place(ref, &column, &row);
					put_place(
					    ref, memchr(ref.at + 1, '$', ref.len - 1) != NULL ? row : row + down, out);
				}
			}
			at += len;
			continue;
		}
		if (len == 0) /* a whole name, or one other character */
			for (len = 0; len < left.len && in_name(left.at[len]);)
				len++;
		len = len == 0 ? 1 : len;
		buffer_add(out, left.at, len);
		at += len;
	}
}

void
shift_formula(const struct shift *shift, struct text formula, struct buffer *out)
{
	walk(shift, 0, formula, out);
}

void
shift_copy_formula(struct text formula, uint32_t down, struct buffer *out)
{
	walk(NULL, down, formula, out);
}
