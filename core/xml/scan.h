/*
 * scan.h - a look at XML before libxml2 gets it: counts what must be bounded, finds the DOCTYPE.
 * Inside this room only.
 */
#ifndef YICI_CORE_XML_SCAN_H
#define YICI_CORE_XML_SCAN_H

#include "core/xml/xml.h"

struct scan {
	int state;
	uint32_t depth;
	size_t len;      /* of the tag, comment or instruction at hand */
	size_t text_len; /* since the last tag */
	uint32_t attributes;
	uint32_t matched; /* of a delimiter or keyword of several bytes */
	uint8_t before;   /* the byte before, inside a tag */
	bool began;       /* an element was seen */
};

/*
 * Look at the next ${len} bytes: XML_TROUBLE_NONE, _DOCTYPE or _LIMIT. ${*seen} is how many were
 * looked at before the trouble showed (${len} without trouble); the tag that is at fault is never
 * complete among them.
 */
enum xml_trouble scan_bytes(struct scan *scan, const uint8_t *bytes, size_t len, size_t *seen);

/* Whether a document that ends here is complete, as far as this look goes. */
bool scan_complete(const struct scan *scan);

#endif
