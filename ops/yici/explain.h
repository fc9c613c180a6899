/*
 * explain.h - what the two ways of `yici explain` share.
 */
#ifndef YICI_OPS_YICI_EXPLAIN_H
#define YICI_OPS_YICI_EXPLAIN_H

#include "consumers/consolidate/store.h"
#include "ops/yici/command.h"

/* The record on the row SOURCE:FILE:ROW, FILE with colons of its own or not; of the newest file of that name. */
MUST_CHECK int explain_row(
    const struct taken_files *files, const struct store *store, struct text words, struct link *link, struct err *err);

/* `yici explain DATA --pair A B`: the exit status. */
int explain_pair(struct command *command);

#endif
