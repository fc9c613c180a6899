/*
 * options.h - a program's settings: one table of rows feeds the parser, --help, the manual and the sample file.
 * What is not in the table does not exist.
 *
 * Precedence: command line (--set key=value), environment (YICI_KEY, dots as __), file (-c FILE), default. The file is
 * XML: <settings><set key="memory">256M</set></settings>; unknown keys are refused with file and line.
 */
#ifndef YICI_CORE_PROGRAM_OPTIONS_H
#define YICI_CORE_PROGRAM_OPTIONS_H

#include <stdio.h>

#include "core/base/err.h"
#include "core/base/text.h"

enum option_kind {
	OPTION_COUNT,   /* uint64_t; a whole number */
	OPTION_BYTES,   /* uint64_t; 256M, 1G, 64K or plain */
	OPTION_SECONDS, /* uint64_t */
	OPTION_BOOL,    /* bool; yes or no */
	OPTION_TEXT,    /* char[OPTION_TEXT_MAX] */
};
#define OPTION_TEXT_MAX 256

struct option_row {
	const char *key;
	enum option_kind kind;
	size_t offset; /* of the member in the program's settings struct */
	const char *initial;
	const char *help_en, *help_zh;
};

/* Fill ${settings} with every row's initial value, then the environment. */
MUST_CHECK int options_init(const struct option_row *rows, size_t count, void *settings, struct err *err);

/* One key=value from the command line. */
MUST_CHECK int options_set(
    const struct option_row *rows, size_t count, void *settings, const char *pair, struct err *err);

/* A file; what the environment has set is set again over it. */
MUST_CHECK int options_file(
    const struct option_row *rows, size_t count, void *settings, const char *path, struct err *err);

/* One line a row: key, initial value, help. */
void options_help(const struct option_row *rows, size_t count, bool chinese, FILE *out);

#endif
