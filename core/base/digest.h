/*
 * digest.h - SHA-256 for what people and other programs check (files, logs), XXH3 for what only we look at
 * (blocks, record ids). Source: FIPS 180-4; xxHash specification 0.8.
 */
#ifndef YICI_CORE_BASE_DIGEST_H
#define YICI_CORE_BASE_DIGEST_H

#include "core/base/err.h"
#include "core/base/text.h"

#define SHA256_BYTES 32

struct sha256 {
	uint8_t at[SHA256_BYTES];
};

struct sha256_state; /* opaque */

/* Begin; NULL when memory is short. Ends with sha256_end() or sha256_free(). */
struct sha256_state *sha256_new(void);
void sha256_add(struct sha256_state *state, const void *bytes, size_t len);
struct sha256 sha256_end(struct sha256_state *state); /* also frees */
void sha256_free(struct sha256_state *state);

struct sha256 sha256_of(const void *bytes, size_t len);

/* HMAC-SHA-256 of ${bytes} under a secret ${key}. Source: RFC 2104, RFC 4231. */
struct sha256 sha256_hmac(const void *key, size_t key_len, const void *bytes, size_t len);

/* Digest of all bytes of ${fd}, read by pread() from 0; the file position is not moved. */
MUST_CHECK int sha256_fd(int fd, struct sha256 *digest, struct err *err);

/* 64 lower-case hexadecimal digits and a NUL. */
void sha256_hex(const struct sha256 *digest, char hex[65]);

/* 64-bit XXH3 of ${bytes}; not for anything an attacker could profit from colliding. */
uint64_t hash64(const void *bytes, size_t len, uint64_t seed);

struct hash128 {
	uint64_t high, low;
};
struct hash128 hash128(const void *bytes, size_t len, uint64_t seed);

/* Hexadecimal of ${len} bytes, lower case; ${hex} has room for 2 * len + 1. */
void hex_of(const void *bytes, size_t len, char *hex);

/* The bytes behind 2 * ${len} hexadecimal digits; false when ${hex} is anything else. */
bool hex_parse(struct text hex, void *bytes, size_t len);

#endif
