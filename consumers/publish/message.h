/*
 * message.h - what is said to people, in the language of the publication. Inside this room only.
 */
#ifndef YICI_CONSUMERS_PUBLISH_MESSAGE_H
#define YICI_CONSUMERS_PUBLISH_MESSAGE_H

#include "consumers/publish/publication.h"
#include "core/record/raised.h"

/* One of two sentences. */
struct text message_say(const struct publication *publication, struct text zh, struct text en);

/* The name of a field as people know it. */
struct text message_field(const struct publication *publication, uint16_t field);

/* What ${issue} says, with the name of its field; of a row that stands there twice also which one
 * counts. */
void message_issue(const struct publication *publication, const struct raised_view *issue, struct buffer *out);

/* The same of the rule in general, for a table of rules. */
void message_rule(const struct publication *publication, uint16_t rule, struct buffer *out);

/* What a clerk is told of a refusal (number in dataset->refusals); empty when there is no such. */
struct text message_refusal(const struct publication *publication, uint32_t refusal);

/* The same by its word; the word itself when there is no such. */
struct text message_refusal_named(const struct publication *publication, struct text name);

/* The word for a row set aside, by its role: "title", "total" …; "note" for one that is not known.
 */
struct text message_role(uint16_t role);

/* A sentence for the same. */
struct text message_role_says(const struct publication *publication, uint16_t role);

/*
 * The cell's text as far as it may stand in a file that leaves the sender's hands: only of fields
 * that are neither personal nor sensitive, and never a run of digits as long as a telephone or
 * identity number.
 */
struct text message_value(const struct publication *publication, const struct raised_view *issue);

#endif
