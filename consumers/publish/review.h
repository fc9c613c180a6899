/*
 * review.h - the two forms of the review queue. Inside this room only.
 */
#ifndef YICI_CONSUMERS_PUBLISH_REVIEW_H
#define YICI_CONSUMERS_PUBLISH_REVIEW_H

#include "consumers/publish/publication.h"

/* The label of a kind of problem record; the word itself when the dataset has no such codes. */
struct text review_label(const struct dataset *dataset, struct text kind);

/* review.xlsx, for the clerk who fills in 处理 and puts it into inbox/review/. */
MUST_CHECK int review_xlsx(const struct publication *publication, struct err *err);

#endif
