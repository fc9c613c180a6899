/*
 * entry.h - what intake sorts on its way into a night: accepted rows and raised issues as entries of runs (core/store/runs.h). The same
 * bytes whether a row was read here or came over the bus.
 */
#ifndef YICI_OPS_YICI_ENTRY_H
#define YICI_OPS_YICI_ENTRY_H

#include "core/record/checked.h"
#include "core/record/raised.h"
#include "core/store/runs.h"

/* Add an accepted row: its head, then its encoded ${values}. Fails as runs_room() does. */
MUST_CHECK int entry_checked(
    struct runs_writer *runs, const struct checked *checked, struct text values, struct err *err);

/* Add what ${view} says; the text of a cell is cut to what is kept. */
MUST_CHECK int entry_raised(struct runs_writer *runs, const struct raised_view *view, struct err *err);

#endif
