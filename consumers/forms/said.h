/*
 * said.h - what returned forms said: answers to questions of departments' own, and values that are not those that are held.
 *
 * A question is a department's: its header, folded, whichever of its forms asks (of a form that nobody registered: that form's). Who answers
 * is told by where the workbook comes from: the class in its mark, or else its name in the inbox. What the same one says later takes the place of
 * what he said before; two that say different things of one child are a conflict, open until they agree or a person decides. An answer that is
 * older than ${fresh_days} when another says something else is out of date and goes.
 *
 * A difference is a value of a form beside another that the dataset holds. It never changes what is held: it stays in the list until the dataset
 * says the same, its sender says otherwise, or a person decides that what is held is right.
 *
 * SAID_FILE of a generation holds them, a sorted file (core/store/sorted.h) of kind SAID_KIND by student id. An entry: student id, u8 kind,
 * u32 row, then each text with a u16 length in front: owner, key, header, field, value, origin, day, run, form, file, sheet.
 * Pure but for loading and saving: the same entries in any order make the same list.
 */
#ifndef YICI_CONSUMERS_FORMS_SAID_H
#define YICI_CONSUMERS_FORMS_SAID_H

#include "core/base/arena.h"
#include "core/record/binding.h"

#define SAID_FILE "forms.yc"
#define SAID_KIND 5
#define SAID_ID_BYTES 16
#define SAID_TEXTS 11
#define SAID_VALUE_MAX ((size_t)1000) /* bytes of a value */

enum said_kind {
	SAID_ANSWER = 1,
	SAID_DIFFERENCE,
	SAID_AGREES, /* tonight only: what the form says is what is held, whatever its sender said before */
};

struct said {
	uint8_t student[SAID_ID_BYTES];
	enum said_kind kind;
	uint32_t row;
	struct text owner;       /* department, or a form's name */
	struct text key, header; /* folded; as written */
	struct text field;       /* of the dataset, or what follows from one, that the column asks; may be empty */
	struct text value;
	struct text origin; /* who says it */
	struct text day, run, form, file, sheet;
};

struct said_list {
	struct said *at; /* by student, kind, owner, key, origin, value, then where it stands */
	size_t count;
};

/* Load what a generation holds, texts in ${arena}; no file is an empty list. */
MUST_CHECK int said_load(const char *path, struct arena *arena, struct said_list *list, struct err *err);
MUST_CHECK int said_save(const struct said_list *list, const char *path, struct err *err);

/* Put in order. */
void said_sort(struct said_list *list);

/*
 * What holds after tonight, in ${list} and ${arena}: ${older}, less what ${tonight} (both sorted here) says anew. An older answer goes, too, where
 * tonight somebody else gives another and it is from before the day ${fresh_from} ("2026-03-01").
 */
MUST_CHECK int said_merge(struct said_list *older, struct said_list *tonight, struct text fresh_from,
    struct arena *arena, struct said_list *list, struct err *err);

/* How many entries from ${at} on are about the same: the same question of a student, or one difference. */
size_t said_same(const struct said_list *list, size_t at);

/* Whether these ${count} say different things. */
bool said_conflict(const struct said *said, size_t count);

/* What such a group is called when a person decides, and what it says just now: a decision holds for that alone. */
#define SAID_CASE_MAX 13
void said_case(const struct said *said, char name[SAID_CASE_MAX]);
uint64_t said_values(const struct said *said, size_t count);

#endif
