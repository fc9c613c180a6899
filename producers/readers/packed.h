/*
 * packed.h - what the readers of zip and gzip files share: core/pack's limits out of the reader's,
 * and its troubles as refusals.
 */
#ifndef YICI_PRODUCERS_READERS_PACKED_H
#define YICI_PRODUCERS_READERS_PACKED_H

#include "core/pack/pack.h"
#include "producers/readers/sink.h"

struct pack_limits packed_limits(const struct reader_limits *limits);

/* The refusal that answers to ${trouble}. */
enum refusal packed_refusal(enum pack_trouble trouble);

/* Refuse the file for ${trouble}, keeping the words of ${err}; always -1. */
int packed_refuse(struct sink *sink, enum pack_trouble trouble, struct err *err);

#endif
