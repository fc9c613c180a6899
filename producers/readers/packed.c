/*
 * packed.c - see packed.h.
 */
#include "producers/readers/packed.h"

struct pack_limits
packed_limits(const struct reader_limits *limits)
{
	return (struct pack_limits){
		.entry_bytes_max = limits->part_bytes_max,
		.total_bytes_max = limits->unpacked_bytes_max,
		.ratio_max = limits->ratio_max > 0 ? limits->ratio_max : 1,
		.entries_max = limits->entries_max,
	};
}

enum refusal
packed_refusal(enum pack_trouble trouble)
{
	switch (trouble) {
	case PACK_TROUBLE_CUT:
		return REFUSED_TRUNCATED;
	case PACK_TROUBLE_OVERLAP:
		return REFUSED_OVERLAP;
	case PACK_TROUBLE_ENCRYPTED:
		return REFUSED_ENCRYPTED;
	case PACK_TROUBLE_BOMB:
		return REFUSED_BOMB;
	case PACK_TROUBLE_LIMIT:
		return REFUSED_LIMIT_BYTES;
	case PACK_TROUBLE_UNSUPPORTED:
		return REFUSED_UNSUPPORTED;
	case PACK_TROUBLE_INPUT:
		return REFUSED_UNREADABLE;
	case PACK_TROUBLE_MEMORY:
		return REFUSED_LIMIT_MEMORY;
	default:
		return REFUSED_DAMAGED;
	}
}

int
packed_refuse(struct sink *sink, enum pack_trouble trouble, struct err *err)
{
	struct err why = *err;

	return sink_refuse(sink, packed_refusal(trouble), err, "%s", why.what);
}
