/*
 * lexicon.h - what a header means, by the source's definition, the dataset and what is remembered.
 * Inside this room only.
 *
 * A header has two keys. The whole key is header_fold() of the header without the brackets
 * themselves, so that "视力（右）" stays apart from "视力（左）". The folded key is header_fold()
 * of the header as it stands, which drops bracketed notes. A sheet's header is looked up by its
 * whole key first, then by its folded key, unless the note changes what is meant (a side of the
 * body).
 *
 * Headers that speak of another person than the student (the words of person_find()) never lose
 * that person: "姓名（父亲）" is looked up as "父亲姓名" and is unknown when that is.
 */
#ifndef YICI_PRODUCERS_COLLECT_LEXICON_H
#define YICI_PRODUCERS_COLLECT_LEXICON_H

#include "core/record/source.h"
#include "producers/collect/collect.h"

#define LEXICON_HEADER_MAX 1000 /* bytes; a longer cell heads nothing */
#define LEXICON_KEY_MAX (LEXICON_HEADER_MAX * 3 + 64)

/* How sure a binding is; layout_column.score. */
enum {
	SCORE_SOURCE = 110, /* the source's definition says so */
	SCORE_NAME = 100,   /* the field's own name */
	SCORE_SYNONYM = 95,
	SCORE_TRIMMED = 90, /* after taking off marks or a second line */
	SCORE_MEMBER = 85,  /* by its place under a family member */
	SCORE_REMEMBERED = 80,
	SCORE_SURE = 80,  /* from here on a binding is as good as said */
	SCORE_GUESS = 40, /* contains a known header and nothing else that matters */
};

/* Whom to ask. ${source} and ${remembered} may be NULL; all is borrowed. */
struct lexicon {
	const struct dataset *dataset;
	const struct source *source;
	const struct remembered *remembered;
	bool guess; /* look for known headers inside unknown ones: slow, and no help in finding the
		       header row */
};

/* What a header means. score 0: nothing known. */
struct claim {
	uint16_t field; /* FIELD_NONE with ${ignored} */
	bool ignored;
	int score;
	const char *why;
};

/* The whole key of ${header}: its length; 0 when it has none. */
size_t lexicon_key(struct text header, char key[LEXICON_KEY_MAX]);

/* What one cell says as a header by itself. */
struct claim lexicon_find(const struct lexicon *lexicon, struct text header);

/* What ${lower} says below ${upper}, the cell above that covers it. Both are not blank. */
struct claim lexicon_find_under(const struct lexicon *lexicon, struct text upper, struct text lower);

/* What ${header} says of the family member ${member} (1, 2 …). */
struct claim lexicon_find_member(const struct lexicon *lexicon, unsigned member, struct text header);

/* Whether the header speaks of another person than the student. */
bool lexicon_other_person(struct text header);

#endif
