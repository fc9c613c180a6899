/*
 * xls_styles.c - see xls_styles.h.
 *
 * Formats 14-22 and 45-47 are dates and times everywhere; 27-36 and 50-58 are so in the Chinese,
 * Japanese and Korean editions, which write no pattern for them. A pattern is a date when, outside
 * of quotes, escaped characters and brackets, it has more of the letters y m d h s than places for
 * digits (0 # ?): seconds may have decimals. A bracket with nothing but h, m or s is elapsed time.
 */
#include "producers/readers/xls_styles.h"

#include <stdlib.h>
#include <string.h>

enum { AS_BUILT_IN, A_DATE, NO_DATE };

void
xls_styles_init(struct xls_styles *styles)
{
	memset(styles, 0, sizeof(*styles));
}

void
xls_styles_fini(struct xls_styles *styles)
{
	free(styles->xfs);
	styles->xfs = NULL;
}

static bool
is_date_letter(char c)
{
	return c != '\0' && strchr("yYmMdDhHsS", c) != NULL;
}

bool
xls_styles_pattern_is_date(struct text pattern)
{
	size_t dates = 0, digits = 0;

	for (size_t i = 0; i < pattern.len; i++) {
		char c = pattern.at[i];

		if (c == '\\' || c == '_' || c == '*') {
			i++;
		} else if (c == '"') {
			for (i++; i < pattern.len && pattern.at[i] != '"'; i++)
				continue;
		} else if (c == '[') {
			bool elapsed = i + 1 < pattern.len && is_date_letter(pattern.at[i + 1]);

			for (i++; i < pattern.len && pattern.at[i] != ']'; i++)
				elapsed = elapsed && is_date_letter(pattern.at[i]);
			if (elapsed)
				dates += 2;
		} else if (is_date_letter(c)) {
			dates++;
		} else if (c == '0' || c == '#' || c == '?') {
			digits++;
		}
	}
	return dates > digits;
}

void
xls_styles_format(struct xls_styles *styles, uint32_t id, struct text pattern)
{
	if (id < ARRAY_LEN(styles->formats))
		styles->formats[id] = xls_styles_pattern_is_date(pattern) ? A_DATE : NO_DATE;
}

int
xls_styles_xf(struct xls_styles *styles, uint32_t id)
{
	if (styles->count == styles->room) {
		size_t room = styles->room == 0 ? 256 : styles->room * 2;
		uint16_t *xfs = realloc(styles->xfs, room * sizeof(*xfs));

		if (xfs == NULL)
			return -1;
		styles->xfs = xfs;
		styles->room = room;
	}
	styles->xfs[styles->count++] = (uint16_t)id;
	return 0;
}

bool
xls_styles_is_date(const struct xls_styles *styles, uint32_t xf)
{
	uint32_t id;

	if (xf >= styles->count)
		return false;
	id = styles->xfs[xf];
	if (styles->formats[id] != AS_BUILT_IN)
		return styles->formats[id] == A_DATE;
	return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);
}
