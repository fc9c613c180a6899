/*
 * presence.h - whether a student is here, since when, and why we think so.
 *
 * What was delivered says present, absent or stale: the word of the most trusted source that delivers everybody; without one
 * a student is present for ever. Nobody leaves by not being delivered. Who has left is told by evidence: the merged value of a
 * field that the dataset names, or what a person has pinned it to, is a code that means leaving (struct leaving). It does not
 * count where a newer record of a source that delivers everybody is here from another school: he went there. Who has left
 * stays so for as long as the evidence stands, delivered or not.
 *
 * Who was absent or had left the night before, and is here by a new row, is back, for as many days as the dataset says; then he
 * is present since the day on which he came back. What people decide is laid over how he stands by the sources alone, and leaves no trace
 * where it is undone. Of whom a person says that he has not left it is never said that he is back.
 *
 * A pure function of records, decisions, the day of the run and what was kept of the night before (standings.h).
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_PRESENCE_H
#define YICI_CONSUMERS_CONSOLIDATE_PRESENCE_H

#include "core/base/buffer.h"
#include "core/record/schema.h"
#include "core/record/source.h"

#define STUDENT_ID_BYTES 16

/* The first three of records and students, the last two of students alone. */
enum presence {
	PRESENT, /* in the newest delivery of its source */
	ABSENT,  /* its source delivered its school without it */
	STALE,   /* its source delivered, but not its school */
	LEFT,    /* there is evidence that he has */
	BACK,    /* present, and was absent or had left not long ago */
};
const char *presence_name(enum presence presence);

/* How a student stands. Without gaps: kept as it is (standings.h). */
struct standing {
	uint8_t student[STUDENT_ID_BYTES];
	uint64_t decision;                   /* LEFT: that pinned the evidence; 0: none did */
	char reason[LEAVING_REASON_MAX + 1]; /* LEFT: the word of the evidence, then zeros */
	uint16_t since;                      /* day (day_store()) from which ${presence} holds */
	uint16_t was_since;                  /* BACK: the same of ${was} */
	uint16_t source;                     /* ABSENT, STALE: number of the source that says so */
	uint8_t presence;
	uint8_t was; /* BACK: ABSENT or LEFT */
};
_Static_assert(sizeof(struct standing) == 56, "no padding: written as it stands");

struct merge_member;
struct merged;

/* As the records have it; ${since}[i] is of member ${i}. Leaves the student's id as it is. */
void presence_delivered(
    const struct merge_member *members, size_t count, const uint16_t *since, struct standing *standing);

/* What is kept of a student from night to night. */
struct stood {
	struct standing shown;     /* as all are told */
	struct standing undecided; /* by the sources alone: what is left where a decision is undone */
};

/* What a student's standing follows from. */
struct presence_case {
	const struct dataset *dataset;
	uint16_t today;
	const struct merged *merged;
	const struct merged *undecided; /* without pinned values; ${merged} where there are none */
	const struct merge_member *members;
	size_t count;
	bool news;                  /* a row of this run brought a record (back), or changed its values */
	struct standing delivered;  /* of today */
	const struct stood *before; /* as it was kept the night before; NULL: it was not, he stood as he was delivered */
	const struct standing *delivered_before; /* NULL: he is new */
};

/* Today's; ${delivered}'s student id. */
struct stood presence_stand(const struct presence_case *of);

/* Whether both say the same, for the same reason. */
bool presence_same(const struct standing *a, const struct standing *b);

/*
 * Append why: a word, and behind a colon what more there is to say. delivered; not_delivered:SOURCE; school_not_delivered; the
 * word of the evidence, with :decision:NUMBER where a person has pinned it; back:absent:DATE or back:left:DATE. ${sources} by
 * number.
 */
void presence_reason(const struct standing *standing, const struct source *const *sources, struct buffer *out);

#endif
