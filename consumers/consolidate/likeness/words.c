/*
 * words.c - see words.h.
 *
 * Jaro-Winkler after W. Winkler (1990): m common characters within half the longer word, t of them out of order,
 * (m/|a| + m/|b| + (m - t/2)/m) / 3, and a tenth of what is missing to 1 for each of the first four characters that
 * agree. Damerau-Levenshtein is the restricted form: no part is changed twice. Words are put in order first, since
 * the matching of Jaro depends on it.
 */
#include "consumers/consolidate/likeness/words.h"
#include "core/base/digest.h"

const char *
words_level_name(enum words_level level)
{
	static const char *const names[WORDS_LEVELS] = { "none", "same", "close", "alike", "different" };

	return level < WORDS_LEVELS ? names[level] : "";
}

struct letters {
	uint32_t at[WORDS_MAX];
	size_t count;
};

static void
take_apart(struct text text, struct letters *letters)
{
	size_t pos = 0;

	letters->count = 0;
	while (pos < text.len && letters->count < WORDS_MAX) {
		uint32_t cp = text_next(text, &pos);

		letters->at[letters->count++] = cp >= 'A' && cp <= 'Z' ? cp + ('a' - 'A') : cp;
	}
}

static double
jaro_winkler(const struct letters *a, const struct letters *b)
{
	size_t longer = a->count > b->count ? a->count : b->count, reach = longer / 2 > 0 ? longer / 2 - 1 : 0;
	uint32_t of_a = 0, of_b = 0; /* a bit for each character that found its like */
	size_t common = 0, moved = 0, begin = 0, k = 0;
	double jaro;

	for (size_t i = 0; i < a->count; i++) {
		size_t low = i > reach ? i - reach : 0, high = i + reach + 1 < b->count ? i + reach + 1 : b->count;

		for (size_t j = low; j < high; j++) {
			if ((of_b >> j & 1) == 0 && a->at[i] == b->at[j]) {
				of_a |= 1u << i;
				of_b |= 1u << j;
				common++;
				break;
			}
		}
	}
	if (common == 0)
		return 0;
	for (size_t i = 0; i < a->count; i++) {
		if ((of_a >> i & 1) == 0)
			continue;
		while ((of_b >> k & 1) == 0)
			k++;
		moved += a->at[i] != b->at[k++];
	}
	jaro = ((double)common / (double)a->count + (double)common / (double)b->count
		   + ((double)common - (double)moved / 2) / (double)common)
	    / 3;
	while (begin < 4 && begin < a->count && begin < b->count && a->at[begin] == b->at[begin])
		begin++;
	return jaro + (double)begin * 0.1 * (1 - jaro);
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned
slips(const struct letters *a, const struct letters *b)
{
	uint8_t rows[3][WORDS_MAX + 1] = { { 0 } };

	for (size_t j = 0; j <= b->count; j++)
		rows[0][j] = (uint8_t)j;
	for (size_t i = 1; i <= a->count; i++) {
		uint8_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];

		now[0] = (uint8_t)i;
		for (size_t j = 1; j <= b->count; j++) {
			unsigned cost = a->at[i - 1] != b->at[j - 1];
			unsigned found = least(least(before[j] + 1u, now[j - 1] + 1u), before[j - 1] + cost);

			if (i > 1 && j > 1 && a->at[i - 1] == b->at[j - 2] && a->at[i - 2] == b->at[j - 1])
				found = least(found, earlier[j - 2] + 1u);
			now[j] = (uint8_t)found;
		}
	}
	return rows[a->count % 3][b->count];
}

static bool
begins(const struct letters *with, const struct letters *word)
{
	return with->count < word->count && memcmp(with->at, word->at, with->count * sizeof(with->at[0])) == 0;
}

enum words_level
words_compare(struct text a, struct text b)
{
	struct letters first, second;
	size_t longer, shorter;
	unsigned apart;
	double likeness;

	if (a.len == 0 || b.len == 0)
		return WORDS_NONE;
	if (text_eq(a, b))
		return WORDS_SAME;
	if (text_compare(a, b) > 0) {
		struct text other = a;

		a = b;
		b = other;
	}
	take_apart(a, &first);
	take_apart(b, &second);
	if (first.count == second.count && memcmp(first.at, second.at, first.count * sizeof(first.at[0])) == 0)
		return WORDS_SAME;
	longer = first.count > second.count ? first.count : second.count;
	shorter = first.count + second.count - longer;
	apart = slips(&first, &second);
	likeness = jaro_winkler(&first, &second);
	if ((apart == 1 && longer >= 3) || likeness >= 0.92)
		return WORDS_CLOSE;
	if (likeness >= 0.85 || (apart == 2 && shorter >= 5) || begins(&first, &second) || begins(&second, &first))
		return WORDS_ALIKE;
	return WORDS_DIFFERENT;
}

/* Kinds of consonants in English: those of one kind are taken for each other. 0 for vowels, h and w. */
static char
kind_of(char letter)
{
	switch (letter) {
	case 'b':
	case 'p':
		return 'b';
	case 'f':
	case 'v':
		return 'f';
	case 'c':
	case 'g':
	case 'j':
	case 'k':
	case 'q':
		return 'k';
	case 's':
	case 'x':
	case 'z':
		return 's';
	case 'd':
	case 't':
		return 't';
	case 'm':
	case 'n':
		return 'n';
	case 'l':
	case 'r':
		return letter;
	default:
		return 0;
	}
}

static bool
is_vowel(char letter)
{
	return memchr("aeiouy", letter, 6) != NULL;
}

/* Letters that are written and not heard: ph, kn, wr, gh and the like become what is heard. */
static size_t
as_heard(char *at, size_t count)
{
	static const char changes[][2][4] = { { "ph", "f" }, { "ck", "k" }, { "sch", "s" }, { "sh", "s" },
		{ "ch", "k" }, { "th", "t" }, { "gh", "" }, { "dg", "j" }, { "wh", "w" } };
	size_t kept = 0, i = 0;

	if (count > 2 && (memcmp(at, "kn", 2) == 0 || memcmp(at, "gn", 2) == 0 || memcmp(at, "wr", 2) == 0))
		i = 1;
	else if (count > 2 && memcmp(at, "mac", 3) == 0)
		at[1] = 'c';
	while (i < count) {
		size_t change = 0;

		while (change < ARRAY_LEN(changes)) {
			size_t len = strlen(changes[change][0]);

			if (i + len <= count && memcmp(at + i, changes[change][0], len) == 0
			    && (kept > 0 || at[i] != 'g'))
				break;
			change++;
		}
		if (change < ARRAY_LEN(changes)) {
			size_t len = strlen(changes[change][1]);

			i += strlen(changes[change][0]);
			memcpy(at + kept, changes[change][1], len);
			kept += len;
		} else
			at[kept++] = at[i++];
	}
	return kept;
}

uint64_t
words_sound_key(struct text text)
{
	struct letters letters;
	char at[WORDS_MAX], key[6];
	size_t count = 0, len = 0;
	char last = 0;

	take_apart(text, &letters);
	for (size_t i = 0; i < letters.count; i++) {
		if (letters.at[i] >= 'a' && letters.at[i] <= 'z')
			at[count++] = (char)letters.at[i];
		else if (letters.at[i] >= 0x80) /* another script: letter by letter */
			return hash64(text.at, text.len, 2);
	}
	if (count == 0)
		return text.len == 0 ? 0 : hash64(text.at, text.len, 1);
	count = as_heard(at, count);
	for (size_t i = 0; i < count && len < sizeof(key); i++) {
		char kind = kind_of(at[i]);

		if (i == 0)
			key[len++] = kind != 0 ? kind : is_vowel(at[i]) ? 'a' : at[i];
		else if (kind != 0 && kind != last)
			key[len++] = kind;
		if (kind != 0 || is_vowel(at[i]))
			last = kind;
	}
	return hash64(key, len, 0);
}
