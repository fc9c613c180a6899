/*
 * name.h - how two names of people differ, for the names of Chinese children.
 *
 * name_fold() makes the form that an index keeps; all else takes folded names. All are pure functions without memory
 * of their own, and name_compare() is the same either way round.
 *
 * Folded: letters, digits, U+00B7 between parts and "?" for a character that was lost. A dot of any kind, a hyphen or an
 * apostrophe between letters is a separator, and a blank is one between letters that are not Han; between Han
 * characters blanks are padding and go. Latin letters are lower case without marks, ü is v. Lost are ? □ ○ * and the
 * like, private-use characters, emoji, and a description in square brackets. Separators never count as characters: a
 * name with any dot, a blank or none is the same name; but where either has one, its parts are known, and may stand
 * in another order or alone.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LIKENESS_NAME_H
#define YICI_CONSUMERS_CONSOLIDATE_LIKENESS_NAME_H

#include "core/base/text.h"

/* The first that holds. */
enum name_level {
	NAME_NONE,       /* one is missing */
	NAME_SAME,       /* but for separators */
	NAME_VARIANT,    /* but for forms of characters */
	NAME_COMPATIBLE, /* lost characters, or pinyin in place of characters, that fit; one character at least agrees */
	NAME_SOUND,      /* characters differ, each pair of the same toneless sound; or one is in pinyin, whole */
	NAME_SHAPE, /* one character differs, and looks alike; one letter of a Latin name of five letters or more */
	NAME_LOST,  /* one character more or less, two at least common */
	NAME_PARTS, /* long names: parts in another order, one begins the other, or transliterated otherwise */
	NAME_SURNAME_DIFFERS, /* given names same or variant */
	NAME_GIVEN_DIFFERS,   /* surnames same or variant */
	NAME_DIFFERENT,
	NAME_LEVELS,
};

/* Lower case, stable: "surname_differs". */
const char *name_level_name(enum name_level level);

/*
 * name_fold(name, out, room):
 * Write the folded form of ${name} (UTF-8 in NFC), ${room} bytes at most, cut at the end of a character; return its
 * length. Folding a folded name changes nothing.
 */
size_t name_fold(struct text name, char *out, size_t room);

/* Two folded names; characters past the 32nd do not count. */
enum name_level name_compare(struct text a, struct text b);

/*
 * name_split(folded, surname, given):
 * Borrowed parts of ${folded}. A surname is one character, or two by a list when something follows; none have names
 * with a separator, of five characters or more, of four that begin with no known surname, or without Han characters:
 * they are all given name.
 */
void name_split(struct text folded, struct text *surname, struct text *given);

/*
 * Keys for blocks, never shown or stored: they change with the tables. 0 when the name is empty.
 * name_sound_key: equal for names of the same toneless sound, in characters or in pinyin. Of names that begin with no
 * known surname, or have five characters or more, only the first three syllables count, and of these only the kind of
 * consonant (l r n, b p, d t, g k h, …), so that transliterations of one name and its first part alone mostly meet.
 * name_fold_key: equal for NAME_SAME and NAME_VARIANT.
 */
uint64_t name_sound_key(struct text folded);
uint64_t name_fold_key(struct text folded);

#endif
