/*
 * view.h - what one grant (core/record/grant.h) makes of one student: whether the pupil is among its rows, and the cells it may have.
 * Pure functions of the student, the grant and the secret of the data folder.
 *
 * A token is the first half of HMAC-SHA-256(secret, grant id, zero byte, student id): the same pupil has the same token in
 * all deliveries of a grant, and another in every other grant's. Rows stand in the order of their tokens: in that of our own
 * ids the rows of two grants could be laid side by side, token or not.
 */
#ifndef YICI_CONSUMERS_PUBLISH_VIEW_H
#define YICI_CONSUMERS_PUBLISH_VIEW_H

#include "consumers/publish/snapshot.h"
#include "core/record/grant.h"

#define VIEW_SECRET_BYTES 32
#define VIEW_TOKEN_BYTES 16
#define VIEW_STUDENT_BYTES 16 /* our id of a student */

/* Is a student of that presence ("present"; "back" counts as present) and these values, fields rising, among the rows? */
bool view_takes(const struct dataset *dataset, const struct grant *grant, struct text presence,
    const struct snapshot_value *values, size_t count);

void view_token(const uint8_t secret[VIEW_SECRET_BYTES], const struct grant *grant,
    const uint8_t student[VIEW_STUDENT_BYTES], uint8_t token[VIEW_TOKEN_BYTES]);

/*
 * Append the grant's cells of ${student}: for each column its length in 4 bytes and its text, masked, codes as codes. What is
 * withheld by a mask is not among the bytes.
 */
void view_row(const struct grant *grant, const uint8_t student[VIEW_STUDENT_BYTES],
    const uint8_t token[VIEW_TOKEN_BYTES], const struct snapshot_value *values, size_t count, struct buffer *out);

/*
 * Append the row as a flat JSON object: keys in the order of the columns, codes as codes. Cells that are empty are left out, or, in the
 * ${whole} row, null.
 */
void view_json(const struct grant *grant, struct text row, bool whole, struct buffer *out);

/* Take the next cell off ${*row}; false at its end. */
bool view_cell(struct text *row, struct text *cell);

/* A cell as people read it: labels for codes, 是 and 否. ${snapshot} is of the same dataset. */
struct text view_shown(struct snapshot *snapshot, const struct grant_column *column, struct text cell);

#endif
