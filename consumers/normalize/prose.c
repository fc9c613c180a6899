/*
 * prose.c - texts and addresses: kept as written but for what nobody sees. Control characters and
 * line breaks become a blank (told, in a text; usual, in an address), invisible characters and
 * blanks at the ends go, a vendor's own characters are told.
 *
 * Most cells need nothing: one pass over the bytes, sixteen at a time, looks for those that could
 * begin anything of the kind: below 0x20, 0x7F, C2 (U+0080 to U+00BF), E2 (general punctuation), EE
 * and above (private use, forms, planes above the first).
 */
#include "consumers/normalize/cell.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static bool
is_suspect(unsigned char c)
{
	return c < 0x20 || c == 0x7F || c == 0xC2 || c == 0xE2 || c >= 0xEE;
}

static bool
has_suspect(const char *at, size_t len)
{
	size_t i = 0;

#if defined(__SSE2__)
	const __m128i low = _mm_set1_epi8(0x1F), del = _mm_set1_epi8(0x7F), high = _mm_set1_epi8((char)0xEE);
	const __m128i c2 = _mm_set1_epi8((char)0xC2), e2 = _mm_set1_epi8((char)0xE2);

	while (i + 16 <= len || (len >= 16 && i < len)) {
		__m128i v, found;

		if (i + 16 > len)
			i = len - 16; /* the last sixteen, some of them again */
		v = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
		found = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(v, low), v), _mm_cmpeq_epi8(_mm_max_epu8(v, high), v));
		found = _mm_or_si128(found, _mm_cmpeq_epi8(v, del));
		found = _mm_or_si128(found, _mm_or_si128(_mm_cmpeq_epi8(v, c2), _mm_cmpeq_epi8(v, e2)));
		if (_mm_movemask_epi8(found) != 0)
			return true;
		i += 16;
	}
#endif
	for (; i < len; i++) {
		if (is_suspect((unsigned char)at[i]))
			return true;
	}
	return false;
}

/* Blank or apostrophe at an end: the only plain bytes that matter there. */
static bool
ends_dirty(struct text text)
{
	return text.at[0] == ' ' || text.at[0] == '\'' || text.at[text.len - 1] == ' '
	    || text_starts(text, TEXT("\xE3\x80\x80")) || text_ends(text, TEXT("\xE3\x80\x80"));
}

static enum cell_state
clean(struct cell_work *work, const struct field *field, const struct cell *cell, bool breaks_usual, struct text *out)
{
	size_t most = field->length_max == 0 ? 1000 : field->length_max, pos = 0, len = 0;
	struct text text = cell->text;
	char *made;
	bool control = false, gap = false, broken = false;

	*out = text;
	if (!has_suspect(text.at, text.len) && !ends_dirty(text)) {
		if (text.len > most && text_length(text) > most)
			return cell_bad(work, RULE_text_too_long);
		return CELL_GOOD;
	}
	if (text.len > 4 * most + 1024)
		return cell_bad(work, RULE_text_too_long);
	made = cell_room(work, text.len + 4);
	while (pos < text.len) {
		size_t before = pos;
		uint32_t cp = text_next(text, &pos);

		if (cell_invisible(cp) || (len == 0 && cp == '\''))
			continue;
		if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x2028 || cp == 0x2029) {
			broken = broken || len > 0;
			gap = true;
			continue;
		}
		if (cell_space(cp) && cp != ' ' && cp != 0x3000) {
			gap = true;
			continue;
		}
		if ((cp == ' ' || cp == 0x3000) && len == 0)
			continue;
		if (gap && len > 0 && cp != ' ')
			made[len++] = ' ';
		gap = false;
		control = control || broken;
		if (cell_private(cp))
			cell_say(work, RULE_text_private_character);
		memcpy(made + len, text.at + before, pos - before);
		len += pos - before;
	}
	while (len > 0 && (made[len - 1] == ' ' || (len >= 3 && memcmp(made + len - 3, "\xE3\x80\x80", 3) == 0)))
		len -= made[len - 1] == ' ' ? 1 : 3;
	if (len == 0)
		return CELL_EMPTY;
	if (text_length((struct text){ made, len }) > most)
		return cell_bad(work, RULE_text_too_long);
	if (control && !breaks_usual)
		cell_say(work, RULE_text_control);
	if (!text_eq((struct text){ made, len }, text))
		*out = (struct text){ made, len };
	return CELL_GOOD;
}

enum cell_state
text_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	return clean(work, field, cell, false, out);
}

enum cell_state
address_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	return clean(work, field, cell, true, out);
}
