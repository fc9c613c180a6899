/*
 * faults.c - see faults.h.
 */
#include "core/record/faults.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/text.h"

void
faults_add(struct faults *faults, const char *file, unsigned line, const char *format, ...)
{
	char what[300];
	size_t len;
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	/* A sentence that was cut must still end with a whole character. */
	len = strlen(what);
	while (len > 0 && !utf8_valid(what, len))
		what[--len] = '\0';
	if (faults->count++ == 0)
		err_set(faults->err, ERR_STOP, "%s:%u: %s", file, line, what);
	if (faults->tell)
		faults->tell(faults->self, file, line, what);
}

void
faults_failed(struct faults *faults, const char *file)
{
	faults->count++;
	if (faults->tell)
		faults->tell(faults->self, file, 0, faults->err->what);
}
