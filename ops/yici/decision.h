/*
 * decision.h - what the commands by which people decide share: who decides, and one more entry in the log of decisions.
 */
#ifndef YICI_OPS_YICI_DECISION_H
#define YICI_OPS_YICI_DECISION_H

#include "core/store/journal.h"
#include "ops/yici/command.h"

/* Who decides: --who, else the login name of this process's user. Valid until the end. */
struct text decision_who(const struct command *command);

/* --why, which a decision must have; false (and said) when there is none. */
bool decision_has_why(const struct command *command);

/*
 * Write an entry of ${action} with ${members}, then --why as the last of them; say its number on stdout. The exit status.
 */
int decision_write(
    struct command *command, const char *data, const char *action, const struct journal_member *members, size_t count);

/*
 * Take entry ${number} of one of ${actions} (NULL-terminated) away by another, --why it. What was an undo itself, or was taken away already, is refused.
 * The exit status.
 */
int decision_undo(struct command *command, const char *data, const char *number, const char *const *actions);

#endif
