/*
 * name_compare.c - the levels of name.h.
 */
#include "consumers/consolidate/likeness/characters.h"
#include "consumers/consolidate/likeness/kind.h"
#include "consumers/consolidate/likeness/name.h"
#include "consumers/consolidate/likeness/shape.h"

#define STEPS_MAX 400 /* of fitting: more needs only a text that is no name */
#define LATIN_MIN 5   /* letters of a name in which one may be a slip */
#define PARTS_MAX 8

static bool
is_lost(uint32_t cp)
{
	return cp == CHARACTERS_LOST;
}

/* Forms of one character; a lost one is like none. */
static bool
same(uint32_t a, uint32_t b)
{
	return a == b && !is_lost(a);
}

static bool
same_run(const uint32_t *a, const uint32_t *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!same(a[i], b[i]))
			return false;
	}
	return true;
}

static bool fits(const struct characters *a, size_t i, const struct characters *b, size_t j, unsigned *steps);

/* How many letters of ${name} from ${at} on are ${spelling}, ü also as passports have it (yu, u); 0 when they are not. */
static size_t
spelled(const struct characters *name, size_t at, struct text spelling)
{
	size_t start = at;

	for (size_t n = 0; n < spelling.len; n++) {
		uint32_t letter = (unsigned char)spelling.at[n];

		if (letter == 'v' && at < name->count && name->at[at] != 'v') {
			at += name->at[at] == 'y';
			letter = 'u';
		}
		if (at >= name->count || name->at[at] != letter)
			return 0;
		at++;
	}
	return at - start;
}

/* Whether letters of ${a} from ${i} on spell the character of ${b} at ${j}, or name its first, and the rest fits. */
static bool
fits_spelled(const struct characters *a, size_t i, const struct characters *b, size_t j, unsigned *steps)
{
	uint16_t readings[SOUND_READINGS_MAX];
	size_t count = sound_readings(b->at[j], readings);

	for (size_t k = 0; k < count; k++) {
		struct text spelling = sound_spelling(readings[k]);
		size_t n = spelled(a, i, spelling);

		if (n > 0 && fits(a, i + n, b, j + 1, steps))
			return true;
		/* a letter alone: 张Y */
		if (a->at[i] == (unsigned char)spelling.at[0] && (i == 0 || !characters_is_latin(a->at[i - 1]))
		    && (i + 1 == a->count || !characters_is_latin(a->at[i + 1])) && fits(a, i + 1, b, j + 1, steps))
			return true;
	}
	return false;
}

/* A lost character of ${a} against what ${b} has: a character, or a whole syllable in letters. */
static bool
fits_lost(const struct characters *a, size_t i, const struct characters *b, size_t j, unsigned *steps)
{
	char letters[SOUND_NAME_MAX];

	if (fits(a, i + 1, b, j + 1, steps))
		return true;
	/* a double-byte character became two marks */
	if (i + 1 < a->count && is_lost(a->at[i + 1]) && !is_lost(b->at[j]) && fits(a, i + 2, b, j + 1, steps))
		return true;
	for (size_t n = 0; n < SOUND_NAME_MAX && j + n < b->count && characters_is_latin(b->at[j + n]); n++) {
		letters[n] = (char)b->at[j + n];
		if (sound_parse((struct text){ letters, n + 1 }) != 0 && fits(a, i + 1, b, j + n + 1, steps))
			return true;
	}
	return false;
}

/* Whether both from here on can be one name: lost characters and spelled ones put aside. */
static bool
fits(const struct characters *a, size_t i, const struct characters *b, size_t j, unsigned *steps)
{
	if (i == a->count || j == b->count)
		return i == a->count && j == b->count;
	if (++*steps > STEPS_MAX)
		return false;
	if (same(a->at[i], b->at[j]))
		return fits(a, i + 1, b, j + 1, steps);
	if (is_lost(a->at[i]))
		return fits_lost(a, i, b, j, steps) || (is_lost(b->at[j]) && fits_lost(b, j, a, i, steps));
	if (is_lost(b->at[j]))
		return fits_lost(b, j, a, i, steps);
	if (characters_is_latin(a->at[i]) && characters_is_han(b->at[j]))
		return fits_spelled(a, i, b, j, steps);
	if (characters_is_latin(b->at[j]) && characters_is_han(a->at[i]))
		return fits_spelled(b, j, a, i, steps);
	return false;
}

static bool
share_character(const struct characters *a, const struct characters *b)
{
	for (size_t i = 0; i < a->count; i++) {
		for (size_t j = 0; j < b->count; j++) {
			if (same(a->at[i], b->at[j]) && !characters_is_latin(a->at[i]))
				return true;
		}
	}
	return false;
}

/* Names with lost characters, or with letters where the other has characters. */
static enum name_level
open_level(const struct characters *a, const struct characters *b)
{
	bool whole = (a->latin == a->count && b->han > 0) || (b->latin == b->count && a->han > 0);
	unsigned steps = 0;

	if (a->lost + b->lost == 0 && (a->latin == 0) == (b->latin == 0) && a->han == b->han)
		return NAME_NONE;
	if ((!whole && !share_character(a, b)) || (whole && a->lost + b->lost > 0) || !fits(a, 0, b, 0, &steps))
		return NAME_NONE;
	return whole ? NAME_SOUND : NAME_COMPATIBLE;
}

/* Names of as many characters, that differ: all by sound, or one by its look. */
static enum name_level
equal_length(const struct characters *a, const struct characters *b)
{
	size_t differ = 0, sounds = 0, at = 0;

	for (size_t i = 0; i < a->count; i++) {
		if (same(a->at[i], b->at[i]))
			continue;
		differ++;
		at = i;
		sounds += sound_alike(a->at[i], b->at[i]);
		if (differ > 1 && sounds < differ)
			return NAME_NONE;
	}
	if (differ == sounds)
		return NAME_SOUND;
	if (differ == 1 && shape_alike(a->at[at], b->at[at]))
		return NAME_SHAPE;
	if (differ == 1 && a->latin == a->count && b->latin == b->count && a->count >= LATIN_MIN)
		return NAME_SHAPE;
	return NAME_NONE;
}

static bool
one_lost(const struct characters *shorter, const struct characters *longer)
{
	size_t at = 0;

	if (shorter->count < 2 || shorter->count + 1 != longer->count)
		return false;
	if (shorter->latin > 0 && (shorter->latin < shorter->count || shorter->count < LATIN_MIN))
		return false;
	while (at < shorter->count && same(shorter->at[at], longer->at[at]))
		at++;
	return same_run(shorter->at + at, longer->at + at + 1, shorter->count - at);
}

/* Two characters that may write one syllable of another language. */
static bool
transcribes(uint32_t a, uint32_t b)
{
	unsigned kind;

	if (same(a, b))
		return true;
	if (!characters_is_han(a) || !characters_is_han(b))
		return false;
	kind = kind_of(a);
	return kind != 0 && kind == kind_of(b);
}

static bool
transcribes_run(const uint32_t *a, const uint32_t *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!transcribes(a[i], b[i]))
			return false;
	}
	return true;
}

/* Where each part of a name begins, and behind the last its end; how many parts, at most PARTS_MAX. */
static size_t
part_starts(const struct characters *name, size_t starts[PARTS_MAX + 1])
{
	size_t count = 1;

	starts[0] = 0;
	for (size_t i = 1; i < name->count && count < PARTS_MAX; i++) {
		if (name->parts >> i & 1)
			starts[count++] = i;
	}
	starts[count] = name->count;
	return count;
}

/* Whether ${b} is the parts of ${a} in any order; ${a} has separators, ${b} may have none. */
static bool
reordered(const struct characters *a, const struct characters *b)
{
	size_t starts[PARTS_MAX + 1], count = part_starts(a, starts), at = 0;
	unsigned used = 0;

	if (a->count != b->count || count < 2)
		return false;
	for (size_t taken = 0; taken < count; taken++) {
		size_t part = 0;

		while (part < count
		    && ((used >> part & 1) != 0 || starts[part + 1] - starts[part] > b->count - at
			|| !transcribes_run(a->at + starts[part], b->at + at, starts[part + 1] - starts[part])))
			part++;
		if (part == count)
			return false;
		used |= 1u << part;
		at += starts[part + 1] - starts[part];
		/* what ${b} has as one part is not cut */
		if (b->parts != 0 && at < b->count && (b->parts >> at & 1) == 0)
			return false;
	}
	return true;
}

static bool
leads(const struct characters *shorter, const struct characters *longer)
{
	if (shorter->count < 2 || shorter->count >= longer->count
	    || !transcribes_run(shorter->at, longer->at, shorter->count))
		return false;
	if (longer->parts != 0)
		return longer->parts >> shorter->count & 1;
	return longer->latin == 0 && shorter->count >= 3 && longer->count > 4;
}

static bool
is_long(const struct characters *name)
{
	return name->parts != 0 || name->count > 4 || (name->count == 4 && characters_surname(name) == 0);
}

static bool
parts_agree(const struct characters *a, const struct characters *b)
{
	bool mixed = (a->han > 0 && a->latin > 0) || (b->han > 0 && b->latin > 0);

	if (mixed || (!is_long(a) && !is_long(b)))
		return false;
	if (a->count == b->count) {
		if (a->latin == 0 && a->count >= 3 && transcribes_run(a->at, b->at, a->count))
			return true;
		return (a->parts != 0 && reordered(a, b)) || (b->parts != 0 && reordered(b, a));
	}
	return a->count < b->count ? leads(a, b) : leads(b, a);
}

static enum name_level
surname_or_given(const struct characters *a, const struct characters *b)
{
	size_t of_a = characters_surname(a), of_b = characters_surname(b);
	bool surname, given;

	if (of_a == 0 || of_b == 0)
		return NAME_DIFFERENT;
	surname = of_a == of_b && same_run(a->at, b->at, of_a);
	given = a->count - of_a == b->count - of_b && same_run(a->at + of_a, b->at + of_b, a->count - of_a);
	return given ? NAME_SURNAME_DIFFERS : surname ? NAME_GIVEN_DIFFERS : NAME_DIFFERENT;
}

/* Whether two texts are the same but for separators. */
static bool
same_written(struct text a, struct text b)
{
	size_t i = 0, j = 0;

	while (i < a.len && j < b.len) {
		size_t next_i = i, next_j = j;
		uint32_t x = text_next(a, &next_i), y = text_next(b, &next_j);

		if (x == CHARACTERS_DOT || y == CHARACTERS_DOT) {
			i = x == CHARACTERS_DOT ? next_i : i;
			j = y == CHARACTERS_DOT ? next_j : j;
			continue;
		}
		if (x != y)
			return false;
		i = next_i;
		j = next_j;
	}
	return true;
}

/* Names of which every character agrees, or is lost in both. */
static enum name_level
all_agree(struct text first, struct text second, const struct characters *name)
{
	if (name->lost == name->count)
		return NAME_DIFFERENT;
	return name->lost > 0 ? NAME_COMPATIBLE : same_written(first, second) ? NAME_SAME : NAME_VARIANT;
}

enum name_level
name_compare(struct text first, struct text second)
{
	struct characters a, b;
	enum name_level level;

	if (text_compare(first, second) > 0) { /* in order: the same either way round */
		struct text other = first;

		first = second;
		second = other;
	}
	characters_take(first, &a);
	characters_take(second, &b);
	if (a.count == 0 || b.count == 0)
		return NAME_NONE;
	if (a.count == b.count && memcmp(a.at, b.at, a.count * sizeof(a.at[0])) == 0)
		return all_agree(first, second, &a);
	level = open_level(&a, &b);
	if (level == NAME_NONE && a.count == b.count)
		level = equal_length(&a, &b);
	if (level != NAME_NONE)
		return level;
	if (one_lost(&a, &b) || one_lost(&b, &a))
		return NAME_LOST;
	if (parts_agree(&a, &b))
		return NAME_PARTS;
	return surname_or_given(&a, &b);
}
