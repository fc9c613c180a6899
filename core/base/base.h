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
/* Compile the function for a processor with ${features}; call it only where CPU_HAS(features). */
#define CPU_WITH(features) __attribute__((target(features)))
#define CPU_HAS(feature) __builtin_cpu_supports(feature)
#else
#define PRINTF_LIKE(at, first)
#define MUST_CHECK
#define NORETURN
#define CPU_WITH(features)
#define CPU_HAS(feature) 0
#endif

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif
