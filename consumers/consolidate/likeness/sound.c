/*
 * sound.c - see sound.h.
 */
#include "consumers/consolidate/likeness/sound_table.h"

/* The entry of ${cp}: its usual reading, and whether there are more. */
static unsigned
entry(uint32_t cp)
{
	return cp / SOUND_BLOCK < SOUND_INDEX ? sound_value[sound_block[cp / SOUND_BLOCK]][cp % SOUND_BLOCK] : 0;
}

uint16_t
sound_of(uint32_t cp)
{
	return (uint16_t)(entry(cp) % SOUND_MORE);
}

/* Where the other readings of ${cp} begin. */
static size_t
first_other(uint32_t cp)
{
	size_t low = 0, high = sound_other_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (sound_others[middle] >> 9 < cp)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t
sound_readings(uint32_t cp, uint16_t readings[SOUND_READINGS_MAX])
{
	unsigned found = entry(cp);
	size_t count = 1;

	if (found == 0)
		return 0;
	readings[0] = (uint16_t)(found % SOUND_MORE);
	if (found < SOUND_MORE)
		return 1;
	for (size_t i = first_other(cp); i < sound_other_count && sound_others[i] >> 9 == cp; i++) {
		if (count < SOUND_READINGS_MAX)
			readings[count++] = (uint16_t)(sound_others[i] % SOUND_MORE);
	}
	return count;
}

bool
sound_alike(uint32_t a, uint32_t b)
{
	uint16_t of_a[SOUND_READINGS_MAX], of_b[SOUND_READINGS_MAX];
	unsigned first = entry(a), second = entry(b);
	size_t a_count, b_count;

	if (first == 0 || second == 0)
		return false;
	if (first % SOUND_MORE == second % SOUND_MORE)
		return true;
	if (first < SOUND_MORE && second < SOUND_MORE)
		return false;
	a_count = sound_readings(a, of_a);
	b_count = sound_readings(b, of_b);
	for (size_t i = 0; i < a_count; i++) {
		for (size_t k = 0; k < b_count; k++) {
			if (of_a[i] == of_b[k])
				return true;
		}
	}
	return false;
}

/* The number of a spelling; 0 when there is none. */
static uint16_t
look_up(const char *spelling)
{
	size_t low = 1, high = (size_t)sound_count + 1;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(sound_names[middle], spelling);

		if (order == 0)
			return (uint16_t)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

uint16_t
sound_parse(struct text latin)
{
	char spelling[SOUND_NAME_MAX + 2];
	size_t len = 0, pos = 0;
	uint16_t found;

	while (pos < latin.len) {
		uint32_t cp = text_next(latin, &pos);

		if (cp >= 'A' && cp <= 'Z')
			cp += 'a' - 'A';
		if (cp == 0xFC || cp == 0xDC)
			cp = 'v';
		if (len > SOUND_NAME_MAX || cp < 'a' || cp > 'z')
			return 0;
		spelling[len++] = (char)cp;
	}
	spelling[len] = '\0';
	found = len == 0 ? 0 : look_up(spelling);
	if (found != 0 || len < 3 || (spelling[0] != 'l' && spelling[0] != 'n'))
		return found;
	/* lyu, nyu of passports; lue, nue of those who have no ü */
	if (strcmp(spelling + 1, "yu") == 0)
		memcpy(spelling + 1, "v", 2);
	else if (strcmp(spelling + 1, "ue") == 0 || strcmp(spelling + 1, "yue") == 0)
		memcpy(spelling + 1, "ve", 3);
	else
		return 0;
	return look_up(spelling);
}

struct text
sound_spelling(uint16_t syllable)
{
	return text_from(syllable <= sound_count ? sound_names[syllable] : "");
}
