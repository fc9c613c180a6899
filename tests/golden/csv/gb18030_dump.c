/*
 * gb18030_dump.c - every two- and four-byte position of GB 18030 and what we take it for, one a
 * line: bytes and code point in hexadecimal, "-" for none; then "e", profile, code point and bytes
 * we encode it as.
 */
#include <stdio.h>

#include "producers/readers/gb18030.h"

static void
dump(const struct gb18030 *codec, const uint8_t *bytes, size_t len)
{
	char out[2 * 4 + GB18030_SLACK];
	uint64_t replaced = 0;
	size_t used, pos = 0, made;

	for (size_t i = 0; i < len; i++)
		printf("%02X", bytes[i]);
	made = gb18030_decode(codec, bytes, len, &used, out, &replaced);
	if (used == len)
		printf(" %X\n", (unsigned)text_next((struct text){ out, made }, &pos));
	else
		printf(" -\n");
}

int
main(void)
{
	struct gb18030 *codec = gb18030_new();
	uint8_t s[4];

	if (codec == NULL)
		return 1;
	for (unsigned a = 0x80; a < 0x100; a++) {
		for (unsigned b = 0; b < 0x100; b++) {
			s[0] = (uint8_t)a;
			s[1] = (uint8_t)b;
			dump(codec, s, 2);
		}
	}
	for (unsigned n = 0; n < 126 * 10 * 126 * 10; n++) {
		s[0] = (uint8_t)(0x81 + n / 12600);
		s[1] = (uint8_t)(0x30 + n / 1260 % 10);
		s[2] = (uint8_t)(0x81 + n / 10 % 126);
		s[3] = (uint8_t)(0x30 + n % 10);
		dump(codec, s, 4);
	}
	for (uint32_t cp = 0x80; cp <= 0xFFFF; cp++) {
		const size_t len = gb18030_encode(codec, GB18030_2005, cp, s);

		printf("e %X ", (unsigned)cp);
		for (size_t i = 0; i < len; i++)
			printf("%02X", s[i]);
		printf("\n");
	}
	gb18030_free(codec);
	return 0;
}
