/*
 * flat_json_fuzz.c - any bytes as flat JSON: walked to the end, every string unescaped.
 */
#include <stdlib.h>

#include "core/record/flat_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flat_json json = { { (const char *)data, size }, 0 };
	struct flat_member member;
	struct buffer out;
	uint64_t number;

	buffer_init(&out, size + 16);
	while (flat_json_next(&json, &member) == 1) {
		buffer_clear(&out);
		if (member.kind == FLAT_STRING && flat_json_text(member.value, &out) && out.len > member.value.len)
			abort(); /* unescaping never grows */
	}
	(void)flat_json_number((struct text){ (const char *)data, size }, TEXT("n"), &number);
	(void)flat_json_string((struct text){ (const char *)data, size }, TEXT("s"), &out);
	buffer_fini(&out);
	return 0;
}
