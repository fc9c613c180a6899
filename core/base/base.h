/*
 * base.h - the few words every file may use. Nothing here knows of students.
 */
#ifndef YICI_CORE_BASE_BASE_H
#define YICI_CORE_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#else
#define PRINTF_LIKE(at, first)
#define MUST_CHECK
#define NORETURN
#endif

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif
