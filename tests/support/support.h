/*
 * support.h - what tests of several rooms need: cmocka behind one include, a private scratch folder, files.
 */
#ifndef YICI_TESTS_SUPPORT_H
#define YICI_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/base/file.h"

/* A new empty folder, removed by scratch_remove(). The path stays valid until then. */
const char *scratch_make(void);
void scratch_remove(void);

/* Write a file of the given bytes into the scratch folder; its path, valid until the next call. */
const char *scratch_file(const char *name, const void *bytes, size_t len);

/* assert that a text equals a string literal, showing both when not */
#define assert_text(got, expected)                                                                                     \
	do {                                                                                                           \
		char shown_[512];                                                                                      \
		struct text text_ = (got);                                                                             \
		snprintf(shown_, sizeof(shown_), "%.*s", (int)text_.len, text_.at ? text_.at : "");                    \
		assert_string_equal(shown_, expected);                                                                 \
	} while (0)

#endif
