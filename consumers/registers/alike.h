/*
 * alike.h - whether two matters are called alike, and whether two descriptions of schools mean some of the same. Pure. Inside this room, and
 * for its tests.
 *
 * Names of matters are mostly made of words that every one has (关于开展…专项检查的通知): these, years and signs are left out, and what remains is compared
 * by the likeness of words, or one holds the other. Of schools 全市, 各 and 学校 are left out: nothing left means all of them.
 */
#ifndef YICI_CONSUMERS_REGISTERS_ALIKE_H
#define YICI_CONSUMERS_REGISTERS_ALIKE_H

#include "core/base/text.h"

#define ALIKE_BYTES 600

bool alike_matters(struct text a, struct text b);

/* False where one says nothing at all. */
bool alike_objects(struct text a, struct text b);

#endif
