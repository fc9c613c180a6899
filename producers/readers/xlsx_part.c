/*
 * xlsx_part.c - see xlsx_part.h.
 */
#include "producers/readers/xlsx_part.h"

#include <stdlib.h>

#define BLOCK_BYTES ((size_t)64 * 1024)
#define ESCAPE_BYTES 7

int
xlsx_refuse_xml(struct sink *sink, const struct xml_sax *sax, struct err *err)
{
	struct err why = *err;
	enum refusal reason;

	switch (xml_sax_trouble(sax)) {
	case XML_TROUBLE_STOPPED:
		return -1;
	case XML_TROUBLE_CUT:
		reason = REFUSED_TRUNCATED;
		break;
	case XML_TROUBLE_DOCTYPE:
		reason = REFUSED_DOCTYPE;
		break;
	case XML_TROUBLE_LIMIT:
		reason = REFUSED_LIMIT_BYTES;
		break;
	case XML_TROUBLE_MEMORY:
		reason = REFUSED_LIMIT_MEMORY;
		break;
	default:
		reason = REFUSED_DAMAGED;
		break;
	}
	return sink_refuse(sink, reason, err, "%s", why.what);
}

int
xlsx_part_parse(
    const struct xlsx_part *part, struct sink *sink, const struct xml_events *events, void *self, struct err *err)
{
	struct xml_sax *sax = xml_sax_new(events, self);
	char *block = malloc(BLOCK_BYTES);
	size_t got;
	int result;

	if (sax == NULL || block == NULL) {
		result = sink_refuse(sink, REFUSED_LIMIT_MEMORY, err, "not enough memory");
		goto out;
	}
	result = part->rewind(part->self, err);
	if (result != 0)
		goto out;
	while ((result = part->read(part->self, block, BLOCK_BYTES, &got, err)) == 1) {
		if (xml_sax_feed(sax, block, got, err) != 0) {
			result = xlsx_refuse_xml(sink, sax, err);
			break;
		}
	}
	if (result == 0 && xml_sax_finish(sax, err) != 0)
		result = xlsx_refuse_xml(sink, sax, err);
out:
	free(block);
	xml_sax_free(sax);
	return result;
}

struct text
xlsx_attribute(const struct xml_attribute *attributes, size_t count, const char *name)
{
	struct text wanted = text_from(name);

	for (size_t i = 0; i < count; i++) {
		if (attributes[i].prefix.len == 0 && text_eq(attributes[i].name, wanted))
			return attributes[i].value;
	}
	return (struct text){ NULL, 0 };
}

/* The UTF-16 unit of the escape at ${at}, or 0 when none stands there. */
static uint32_t
escape_unit(const char *at, size_t len)
{
	uint32_t unit = 0;

	if (len < ESCAPE_BYTES || at[0] != '_' || at[1] != 'x' || at[6] != '_')
		return 0;
	for (size_t i = 2; i < 6; i++) {
		char c = at[i];

		if (c >= '0' && c <= '9')
			unit = unit << 4 | (uint32_t)(c - '0');
		else if ((c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'))
			unit = unit << 4 | (uint32_t)((c & 0x5F) - 'A' + 10);
		else
			return 0;
	}
	return unit;
}

size_t
xlsx_unescape(struct text text, char *out)
{
	size_t len = 0, pos = 0;

	while (pos < text.len) {
		uint32_t cp = text.at[pos] == '_' ? escape_unit(text.at + pos, text.len - pos) : 0;
		size_t used = ESCAPE_BYTES;

		if (cp >= 0xD800 && cp < 0xDC00) {
			uint32_t low = escape_unit(text.at + pos + used, text.len - pos - used);

			if (low >= 0xDC00 && low < 0xE000) {
				cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
				used += ESCAPE_BYTES;
			}
		}
		if (cp == 0 || (cp >= 0xD800 && cp < 0xE000) || cp == 0xFFFE || cp == 0xFFFF) {
			out[len++] = text.at[pos++];
			continue;
		}
		pos += used;
		len += text_put(out + len, cp);
	}
	return len;
}
