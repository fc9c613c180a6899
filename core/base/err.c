/*
 * err.c - filling a struct err. Texts are cut at a whole UTF-8 character and hold no newline.
 */
#include "core/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cut what snprintf() may have split in the middle of a character; turn line ends into spaces. */
static void
err_tidy(struct err *err)
{
	size_t len = strlen(err->what);

	if (len == sizeof(err->what) - 1) {
		while (len > 0 && ((unsigned char)err->what[len - 1] & 0xC0) == 0x80)
			len--;
		if (len > 0 && (unsigned char)err->what[len - 1] >= 0xC0)
			len--;
		err->what[len] = '\0';
	}
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)err->what[i] < 0x20)
			err->what[i] = ' ';
	}
}

int
err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
	va_list args;

	err->kind = kind;
	va_start(args, format);
	vsnprintf(err->what, sizeof(err->what), format, args);
	va_end(args);
	err_tidy(err);
	return -1;
}

int
err_errno(struct err *err, enum err_kind kind, const char *format, ...)
{
	int number = errno;
	char reason[64];
	va_list args;
	int len;

	err->kind = kind;
	va_start(args, format);
	len = vsnprintf(err->what, sizeof(err->what), format, args);
	va_end(args);
	if (len >= 0 && (size_t)len < sizeof(err->what))
		snprintf(err->what + len, sizeof(err->what) - (size_t)len, ": %s",
		    strerror_r(number, reason, sizeof(reason)));
	err_tidy(err);
	return -1;
}
