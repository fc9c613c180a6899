/*
 * shape.h - how Han characters look: which are forms of one, and which are taken for each other.
 *
 * For comparing only: a folded character is never shown or stored in place of what was written, for some forms are
 * different surnames (萧 and 肖, 於 and 于).
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_LIKENESS_SHAPE_H
#define YICI_CONSUMERS_CONSOLIDATE_LIKENESS_SHAPE_H

#include "core/base/base.h"

/*
 * The character that stands for all forms of ${cp} (traditional, old, z-variant): mostly the simplified one, itself
 * when nothing is * known. shape_fold(shape_fold(cp)) == shape_fold(cp).
 */
uint32_t shape_fold(uint32_t cp);

/* Whether handwriting or OCR takes one for the other; false of two forms of one character. */
bool shape_alike(uint32_t a, uint32_t b);

#endif
