/*
 * grants.h - what the parts of `yici grants` share.
 */
#ifndef YICI_OPS_YICI_GRANTS_H
#define YICI_OPS_YICI_GRANTS_H

#include "ops/yici/command.h"

/* Print a draft of a grant that gives what the blank form at ${path} asks for, as far as it may; the exit status. */
int grants_new(struct command *command, const char *data, const char *path);

#endif
