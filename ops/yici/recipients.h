/*
 * recipients.h - state/<generation>/recipients.yc: which student was among the rows of which deliveries, so that a person can be told who
 * received what of a child. A sorted file (core/store/sorted.h) with an entry for each unbroken series of deliveries of one grant;
 * a pupil who stays among the rows costs 28 bytes, however often it is delivered.
 *
 * Key: student id. Then u32 place of the grant in the list of ids that is the file's meta (one a line, each for ever at its
 * place), u32 first and u32 last delivery, by the numbers of that grant.
 */
#ifndef YICI_OPS_YICI_RECIPIENTS_H
#define YICI_OPS_YICI_RECIPIENTS_H

#include "core/store/runs.h"

#define RECIPIENTS_FILE "recipients.yc"

/* A delivery of tonight: its grant, and its number. Its place in the list is the number in the runs. */
struct recipients_delivery {
	struct text grant;
	uint64_t number;
};

/*
 * Write ${to}: what ${from} says (NULL: nothing yet) and tonight's ${deliveries}, whose students are in ${members} (entries: student id,
 * u16 place in ${deliveries}). With no deliveries ${to} is ${from}, if there is one.
 */
MUST_CHECK int recipients_write(const char *from, const char *to, const struct recipients_delivery *deliveries,
    size_t count, const struct runs *members, struct err *err);

/* Tell of each series of ${student}: -1 when ${told} says so, or the file cannot be read. No file says nothing. */
struct recipients_series {
	struct text grant;
	uint64_t first, last;
};
MUST_CHECK int recipients_of(const char *path, const uint8_t *student,
    int (*told)(void *self, const struct recipients_series *series, struct err *err), void *self, struct err *err);

#endif
