/*
 * options.h - a program's settings: one table of rows feeds the parser, --help, the manual and the sample file.
 * What is not in the table does not exist.
 *
 * A row can take all keys that begin with its own ("kafka."), and one can check more than its kind: a function that the settings
 * struct names takes the value, and is told where it was said.
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
	OPTION_OWN,     /* option_setter *; that function takes it */
	OPTION_PREFIX,  /* option_setter *; it takes every key that begins so, and is told the rest of it */
};
#define OPTION_TEXT_MAX 256

/* Where a value was said. */
enum option_origin {
	OPTION_FROM_TABLE, /* the initial value */
	OPTION_FROM_COMMAND_LINE,
	OPTION_FROM_ENVIRONMENT,
	OPTION_FROM_FILE,         /* that others than its owner may read */
	OPTION_FROM_PRIVATE_FILE, /* owner only */
};

/* Take a value into ${settings}. -1 with ERR_STOP when it is refused, with ERR_INPUT when it cannot be one. */
typedef int option_setter(
    void *settings, const char *key, const char *value, enum option_origin origin, struct err *err);

struct option_row {
	const char *key;
	enum option_kind kind;
	size_t offset;       /* of the member in the program's settings struct */
	const char *initial; /* a function is not told an empty one */
	const char *help_en, *help_zh;
};

/* All settings of a program; what is wrong with one is said in Chinese or English. */
struct option_table {
	const struct option_row *rows;
	size_t count;
	bool chinese;
};

/* Fill ${settings}, in which functions stand already, with every row's initial value, then the environment. */
MUST_CHECK int options_init(const struct option_table *table, void *settings, struct err *err);

/* One key=value from the command line: -1 with ERR_INPUT when there is no such key or value, ERR_STOP when it is refused. */
MUST_CHECK int options_set(const struct option_table *table, void *settings, const char *pair, struct err *err);

/* A file; what the environment has set is set again over it. */
MUST_CHECK int options_file(const struct option_table *table, void *settings, const char *path, struct err *err);

/* One line a row: key, initial value, help. */
void options_help(const struct option_table *table, FILE *out);

#endif
