/*
 * garbled.c - see garbled.h.
 */
#include "producers/readers/garbled.h"

#include "producers/readers/gb18030.h"

#define HAN_FIRST 0x4E00
#define HAN_LAST 0x9FFF

/* Is ${cp} among the two-byte characters with these leads and trails? Trails are above 7F here, which the table leaves out. */
static bool
is_among(uint32_t cp, unsigned lead_first, unsigned lead_last, unsigned trail_first, unsigned trail_last)
{
	for (unsigned lead = lead_first; lead <= lead_last; lead++) {
		for (unsigned trail = trail_first; trail <= trail_last; trail++) {
			if (gb18030_two[lead - 0x81][trail - 0x41] == cp)
				return true;
		}
	}
	return false;
}

bool
garbled(struct text text)
{
	unsigned western = 0, han = 0;
	uint32_t first = 0;

	if (text_find(text, TEXT("锟斤拷")) != SIZE_MAX)
		return true;
	for (size_t pos = 0; pos < text.len;) {
		uint32_t cp = text_next(text, &pos);

		if (cp == 0xFFFD)
			return true;
		/* a middle dot stands alone, between Chinese characters */
		western = cp >= 0x80 && cp <= 0xFF ? western + 1 : 0;
		if (western == 2)
			return true;
		if (cp < HAN_FIRST || cp > HAN_LAST)
			continue;
		if (++han == 1)
			first = cp;
		else if (han == 2)
			return is_among(first, 0xE4, 0xE9, 0x80, 0xBF) && is_among(cp, 0x81, 0xBF, 0xE4, 0xE9);
	}
	return false;
}
