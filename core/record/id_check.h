/*
 * id_check.h - the check character of a citizen's number (GB 11643): ISO 7064 MOD 11-2.
 */
#ifndef YICI_CORE_RECORD_ID_CHECK_H
#define YICI_CORE_RECORD_ID_CHECK_H

#include "core/base/base.h"

/* The character that belongs behind the 17 ASCII digits at ${at}: '0' to '9' or 'X'. */
static inline char
id_check_character(const char *at)
{
	static const uint8_t weights[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	unsigned sum = 0;

	for (int i = 0; i < 17; i++)
		sum += weights[i] * (unsigned)(at[i] - '0');
	return "10X98765432"[sum % 11];
}

#endif
