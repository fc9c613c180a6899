/*
 * name.c - see name.h: the folded form, its parts, and keys for blocks.
 */
#include "consumers/consolidate/likeness/name.h"
#include "consumers/consolidate/likeness/characters.h"
#include "consumers/consolidate/likeness/kind.h"
#include "consumers/consolidate/likeness/words.h"
#include "core/base/digest.h"

const char *
name_level_name(enum name_level level)
{
	static const char *const names[NAME_LEVELS] = { "none", "same", "variant", "compatible", "sound", "shape",
		"lost", "parts", "surname_differs", "given_differs", "different" };

	return level < NAME_LEVELS ? names[level] : "";
}

/* Letters without their marks: U+00C0 to U+017F, U+01CD to U+01DC (pinyin), U+1E00 to U+1EFF. Blank: none of a to z. */
static const char latin_1[] = "aaaaaaaceeeeiiiidnooooo ouuuvytsaaaaaaaceeeeiiiidnooooo ouuuvyty"
			      "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllll"
			      "nnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static const char latin_pinyin[] = "aaiioouuvvvvvvvv";
static const char latin_more[] = "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmm"
				 "nnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuvvvvvvwwwwwwwwwwxxxxyyzzzzzz"
				 "htwy s  s aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiii"
				 "oooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy      ";
_Static_assert(sizeof(latin_1) == 0x180 - 0xC0 + 1, "a letter each");
_Static_assert(sizeof(latin_pinyin) == 0x1DD - 0x1CD + 1, "a letter each");
_Static_assert(sizeof(latin_more) == 0x1F00 - 0x1E00 + 1, "a letter each");

/* What a character is to a name. */
enum kind {
	KIND_LETTER, /* also whatever else: nothing that tells two names apart is left out */
	KIND_LOST,
	KIND_DOT,
	KIND_BLANK,
	KIND_OPEN,
	KIND_NOTHING,
};

static uint32_t
plain(uint32_t cp)
{
	char letter = ' ';

	if (cp >= 0xFF01 && cp <= 0xFF5E)
		cp -= 0xFEE0;
	if (cp >= 'A' && cp <= 'Z')
		return cp + ('a' - 'A');
	if (cp >= 0xC0 && cp < 0x180)
		letter = latin_1[cp - 0xC0];
	else if (cp >= 0x1CD && cp < 0x1DD)
		letter = latin_pinyin[cp - 0x1CD];
	else if (cp >= 0x1E00 && cp < 0x1F00)
		letter = latin_more[cp - 0x1E00];
	else if (cp >= 0x410 && cp < 0x430) /* Cyrillic */
		return cp + 0x20;
	else if (cp >= 0x400 && cp < 0x410)
		return cp + 0x50;
	return letter != ' ' ? (uint32_t)letter : cp;
}

static enum kind
kind_of_other(uint32_t cp)
{
	switch (cp) {
	case 0xB7:
	case 0x387:
	case 0x2022:
	case 0x2024:
	case 0x2027:
	case 0x2219:
	case 0x22C5:
	case 0x30FB:
	case 0xFF65:
	case '.':
	case 0x3002:
	case 0xFF61:
	case '-':
	case '\'':
	case '`':
	case 0x2018:
	case 0x2019:
	case 0x2010:
	case 0x2011:
		return KIND_DOT;
	case '?':
	case '*':
	case 0xD7:
	case 0x25A0:
	case 0x25A1:
	case 0x25B3:
	case 0x25CB:
	case 0x25CF:
	case 0x25EF:
	case 0x3013:
	case 0xFFFD:
		return KIND_LOST;
	case '[':
	case 0x3010:
	case 0x3014:
		return KIND_OPEN;
	case ']':
	case 0x3011:
	case 0x3015:
	case 0xAD:
	case 0x34F:
	case 0x61C:
	case 0xFEFF:
		return KIND_NOTHING;
	case 0x85:
	case 0xA0:
	case 0x1680:
	case 0x3000:
		return KIND_BLANK;
	default:
		break;
	}
	if (cp == ' ' || (cp >= '\t' && cp <= '\r') || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029
	    || cp == 0x202F || cp == 0x205F)
		return KIND_BLANK;
	if (cp < ' ' || (cp >= 0x7F && cp < 0xA0) || (cp >= 0x300 && cp < 0x370) || (cp >= 0x180B && cp <= 0x180E)
	    || (cp >= 0x200B && cp <= 0x200F) || (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2060 && cp <= 0x206F)
	    || (cp >= 0xFE00 && cp <= 0xFE0F) || (cp >= 0xFFF0 && cp <= 0xFFFB) || (cp >= 0xE0000 && cp <= 0xE0FFF))
		return KIND_NOTHING;
	if ((cp >= 0xE000 && cp <= 0xF8FF) || cp >= 0xF0000 || (cp >= 0x1F000 && cp <= 0x1FAFF)
	    || (cp >= 0x2B1A && cp <= 0x2B1C))
		return KIND_LOST;
	return KIND_LETTER;
}

/* Past the bracket that closes a description: 李[石羡]. */
static size_t
past_bracket(struct text name, size_t pos)
{
	size_t at = pos;

	while (at < name.len) {
		uint32_t cp = plain(text_next(name, &at));

		if (cp == ']' || cp == 0x3011 || cp == 0x3015)
			return at;
	}
	return pos;
}

/* Characters between which a blank is padding. */
static bool
pads(uint32_t cp)
{
	return cp == CHARACTERS_LOST || characters_is_han(cp);
}

size_t
name_fold(struct text name, char *out, size_t room)
{
	size_t pos = 0, len = 0;
	uint32_t last = 0;
	enum kind gap = KIND_NOTHING;

	while (pos < name.len) {
		char bytes[8];
		size_t count = 0;
		uint32_t cp = plain(text_next(name, &pos));
		enum kind kind = cp >= 0x4E00 && cp <= 0x9FFF ? KIND_LETTER : kind_of_other(cp);

		if (kind == KIND_NOTHING)
			continue;
		if (kind == KIND_DOT || kind == KIND_BLANK) {
			if (gap != KIND_DOT)
				gap = kind;
			continue;
		}
		if (kind == KIND_OPEN) {
			size_t past = past_bracket(name, pos);

			if (past == pos)
				continue;
			pos = past;
		}
		if (kind != KIND_LETTER)
			cp = CHARACTERS_LOST;
		if (last != 0 && (gap == KIND_DOT || (gap == KIND_BLANK && !pads(last) && !pads(cp))))
			count = text_put(bytes, CHARACTERS_DOT);
		count += text_put(bytes + count, cp);
		if (count > room - len)
			break;
		memcpy(out + len, bytes, count);
		len += count;
		last = cp;
		gap = KIND_NOTHING;
	}
	return len;
}

void
name_split(struct text folded, struct text *surname, struct text *given)
{
	struct characters name;
	size_t pos = 0, count;

	characters_take(folded, &name);
	count = characters_surname(&name);
	while (count > 0 && pos < folded.len)
		count -= text_next(folded, &pos) != CHARACTERS_DOT;
	*surname = (struct text){ folded.at, pos };
	*given = (struct text){ folded.at + pos, folded.len - pos };
}

/* Cut a run of letters into syllables, the longest first; how many, 0 when it is no pinyin. */
static size_t
syllables_of(const char *letters, size_t len, uint32_t *syllables, size_t most)
{
	if (most == 0)
		return 0;
	for (size_t n = len < SOUND_NAME_MAX ? len : SOUND_NAME_MAX; n > 0; n--) {
		uint16_t syllable = sound_parse((struct text){ letters, n });
		size_t more = 0;

		if (syllable == 0)
			continue;
		if (n < len && (more = syllables_of(letters + n, len - n, syllables + 1, most - 1)) == 0)
			continue;
		syllables[0] = syllable;
		return more + 1;
	}
	return 0;
}

#define RUN_MAX 24 /* letters of a run in pinyin: four syllables */

/* The syllables of a name; 0 when letters in it are no pinyin. */
static size_t
sounds(const struct characters *name, uint32_t *out)
{
	size_t count = 0;

	for (size_t i = 0; i < name->count;) {
		char run[RUN_MAX];
		size_t len = 0;
		uint32_t cp = name->at[i];

		if (!characters_is_latin(cp)) {
			uint16_t syllable = sound_of(cp);

			out[count++] = syllable != 0 ? syllable : 0x10000 + cp;
			i++;
			continue;
		}
		while (i < name->count && characters_is_latin(name->at[i]) && (len == 0 || (name->parts >> i & 1) == 0)) {
			if (len == RUN_MAX)
				return 0;
			run[len++] = (char)name->at[i++];
		}
		len = syllables_of(run, len, out + count, RUN_MAX);
		if (len == 0)
			return 0;
		count += len;
	}
	return count;
}

#define KEY_SOUND 1
#define KEY_KINDS 2
#define KEY_FOLD 3
#define KINDS_MAX 3

/* The key of a name in letters that are no pinyin. */
static uint64_t
letters_key(const struct characters *name)
{
	char letters[CHARACTERS_MAX * 4];
	size_t len = 0;

	for (size_t i = 0; i < name->count; i++)
		len += text_put(letters + len, name->at[i]);
	return words_sound_key((struct text){ letters, len });
}

uint64_t
name_sound_key(struct text folded)
{
	struct characters name;
	uint32_t sequence[CHARACTERS_MAX + RUN_MAX];
	size_t count;

	characters_take(folded, &name);
	if (name.count == 0)
		return 0;
	if (characters_unusual(&name)) {
		for (count = 0; count < name.count && count < KINDS_MAX; count++) {
			unsigned kind = kind_of(name.at[count]);

			sequence[count] = kind != 0 ? kind : 0x10000 + name.at[count];
		}
		return hash64(sequence, count * sizeof(sequence[0]), KEY_KINDS);
	}
	count = sounds(&name, sequence);
	if (count == 0)
		return letters_key(&name);
	return hash64(sequence, count * sizeof(sequence[0]), KEY_SOUND);
}

uint64_t
name_fold_key(struct text folded)
{
	struct characters name;

	characters_take(folded, &name);
	if (name.count == 0)
		return 0;
	return hash64(name.at, name.count * sizeof(name.at[0]), KEY_FOLD);
}
