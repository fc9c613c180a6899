/*
 * names.c - see names.h.
 */
#include "consumers/publish/names.h"

/* The end of the name proper: without the last extension, if there is any. */
static size_t
stem_of(struct text file)
{
	size_t at = file.len;

	while (at > 0 && file.at[at - 1] != '.' && file.at[at - 1] != '/' && file.at[at - 1] != '!')
		at--;
	return at > 1 && file.at[at - 1] == '.' && file.len - at <= 5 && file.at[at - 2] != '/' ? at - 1 : file.len;
}

void
names_safe(struct text file, char name[NAMES_BYTES_MAX + 1])
{
	struct text stem = { file.at, stem_of(file) };
	size_t len = 0;

	for (size_t pos = 0; pos < stem.len;) {
		char bytes[4];
		uint32_t c = text_next(stem, &pos);
		size_t put;

		if (c < 0x20 || c == 0x7F || (c >= 0x80 && c < 0xA0) || c == 0xFFFD
		    || (c < 0x80 && strchr("/\\!:*?\"<>|", (int)c) != NULL) || (c == '.' && len == 0))
			c = '_';
		put = text_put(bytes, c);
		if (len + put > NAMES_BYTES_MAX)
			break;
		memcpy(name + len, bytes, put);
		len += put;
	}
	if (len == 0)
		name[len++] = '_';
	name[len] = '\0';
}
