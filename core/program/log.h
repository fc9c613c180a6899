/*
 * log.h - what a program says of its work: one line an event on stderr, "level event key=value …", or one JSON object
 * for those who gather logs: {"ts":"2026-09-02T01:00:00.123Z","level":"info","stage":"nightly","msg":"event","key":"value"}
 * (whole numbers as numbers). Only programs log.
 * Never a name, number, phone or address of a person; a row is named by file, sheet and row number.
 */
#ifndef YICI_CORE_PROGRAM_LOG_H
#define YICI_CORE_PROGRAM_LOG_H

#include "core/base/base.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* What is said at all; LOG_INFO at the start. */
void log_limit(enum log_level level);

enum log_format { LOG_LINES, LOG_JSON };

/* LOG_LINES at the start. ${stage} is the command at work; borrowed, NULL for none. */
void log_as(enum log_format format, const char *stage);

/* Milliseconds of a clock that only goes forward: for lines that say how long something took. */
int64_t log_clock_ms(void);

/* ${format} gives "event key=value …"; newlines in it become spaces. */
void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
