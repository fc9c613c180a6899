/*
 * traits.h - what linking compares of a record, in a few dozen bytes, made once when the record's values change: the
 * compact index that every night's linking starts from.
 *
 * A trait is a slot for each comparison of the model, one behind the other:
 *   digits     struct digits
 *   name       struct name_slot: TRAIT_NAME_BYTES of the folded name, zeros behind it, and keys, which take the longest to make
 *   date       int32, days since 1900-01-01, 0 unknown
 *   code       uint16 hash, 0 unknown
 *   words      TRAIT_WORDS_BYTES of the folded text, zeros behind it
 *   place      uint32 hashes of school code and school name, uint16 of grade and class
 *   household  uint32 hashes of two telephones, two people, one address
 *
 * traits.yc: "YICITRAI", u32 version, u32 bytes of a trait, u64 digest of dataset and model, u64 entries, u64 XXH3 of all
 * entries; then one trait for each entry of links.yc, in its order. Made anew from the records when the digest is not today's.
 */
#ifndef YICI_CONSUMERS_CONSOLIDATE_TRAITS_H
#define YICI_CONSUMERS_CONSOLIDATE_TRAITS_H

#include "consumers/consolidate/model.h"
#include "core/base/mapping.h"

#define TRAITS_VERSION 2 /* changes with what a trait is */
#define TRAIT_NAME_BYTES 24
#define TRAIT_WORDS_BYTES 20
#define TRAIT_BYTES_MAX 512
#define TRAIT_KEYS_MAX 2 /* of one part: two telephones */

struct name_slot {
	char text[TRAIT_NAME_BYTES];
	uint32_t same, sound, surname;      /* 0 where there is no name */
	uint32_t former_same, former_sound; /* of the name the person had before; 0 for none */
};

struct place_slot {
	uint32_t code, name;
	uint16_t grade, class;
};

struct household_slot {
	uint32_t phone[2], person[2], address;
};

size_t trait_slot_bytes(enum compare_by by);

/* The number of a key's name ("sound", "month"…) under a comparison; -1 when it has none so named. */
int trait_part_named(enum compare_by by, struct text name);

const char *trait_part_name(enum compare_by by, unsigned part);

/* The text in a slot of a name or of words. */
struct text trait_text(const struct model_compare *compare, const uint8_t *trait);

/* Whether ${former}'s person had the name before that ${now}'s has. */
bool trait_has_name_of(const struct model_compare *compare, const uint8_t *former, const uint8_t *now);

/* The keys of one part of a trait; how many: 0 when it says nothing. */
size_t trait_keys(
    const struct model_compare *compare, unsigned part, const uint8_t *trait, uint32_t keys[TRAIT_KEYS_MAX]);

/* Makes traits out of encoded values. */
struct trait_maker;
MUST_CHECK struct trait_maker *trait_maker_new(const struct model *model, const struct dataset *dataset);
void trait_maker_free(struct trait_maker *maker);

/* model->trait_bytes into ${trait}. Values that do not hold together leave the slots behind them empty. */
void trait_make(struct trait_maker *maker, struct text values, uint8_t *trait);

/* Under which definitions traits were made. */
uint64_t traits_digest(const struct model *model, const struct dataset *dataset);

/* Writing traits.yc, in order. */
struct traits_writer {
	int fd;
	uint32_t trait_bytes;
	uint64_t entries, digest, sum;
	char *buffer;
	size_t buffered;
};
MUST_CHECK int traits_create(
    struct traits_writer *writer, const char *path, uint32_t trait_bytes, uint64_t digest, struct err *err);
MUST_CHECK int traits_put(struct traits_writer *writer, const uint8_t *trait, struct err *err);
MUST_CHECK int traits_finish(struct traits_writer *writer, struct err *err);
void traits_writer_fini(struct traits_writer *writer); /* also after a failure; of one that is all zeros but for fd -1 */

/* All of a file, mapped. */
struct traits {
	const uint8_t *at; /* entry i at i * trait_bytes; NULL when there are none */
	size_t trait_bytes;
	uint64_t entries, digest;
	struct mapping mapping; /* may be all zeros: they lie elsewhere */
};

/* 1; 0 when there is no file at ${path}; -1. ${checked}: hold the entries against their hash. */
MUST_CHECK int traits_open(struct traits *traits, const char *path, bool checked, struct err *err);
void traits_close(struct traits *traits);

/* A walk through all of them has come to ${i}: those before it are given back. */
static inline void
traits_pass(struct traits *traits, size_t i)
{
	mapping_pass(&traits->mapping, i * traits->trait_bytes);
}

static inline const uint8_t *
traits_get(const struct traits *traits, size_t i)
{
	return traits->at + i * traits->trait_bytes;
}

#endif
