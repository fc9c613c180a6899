/*
 * pack.c - see pack.h.
 */
#include "core/pack/pack.h"

bool
pack_name_clean(char *name, size_t *len)
{
	size_t from = 0, step;

	for (size_t i = 0; i < *len; i++) {
		if (name[i] == '\0')
			return false;
		if (name[i] == '\\')
			name[i] = '/';
	}
	while (*len - from >= 2 && name[from] == '.' && name[from + 1] == '/')
		from += 2;
	memmove(name, name + from, *len - from);
	*len -= from;
	if (*len == 0 || name[0] == '/' || (*len >= 2 && name[1] == ':'))
		return false;
	for (size_t i = 0; i < *len; i += step + 1) {
		const char *end = memchr(name + i, '/', *len - i);

		step = end != NULL ? (size_t)(end - name) - i : *len - i;
		if (step == 2 && name[i] == '.' && name[i + 1] == '.')
			return false;
	}
	return true;
}
