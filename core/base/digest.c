/*
 * digest.c - the room's one place that knows libcrypto and xxhash. libcrypto is chosen for its SHA-NI code
 * (1.5 GB/s and more): the digest of a file must not cost as much as reading it.
 */
#include "core/base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

struct sha256_state {
	EVP_MD_CTX *ctx;
};

struct sha256_state *
sha256_new(void)
{
	struct sha256_state *state = malloc(sizeof(*state));

	if (state == NULL)
		return NULL;
	state->ctx = EVP_MD_CTX_new();
	if (state->ctx == NULL || EVP_DigestInit_ex(state->ctx, EVP_sha256(), NULL) != 1) {
		sha256_free(state);
		return NULL;
	}
	return state;
}

void
sha256_add(struct sha256_state *state, const void *bytes, size_t len)
{
	EVP_DigestUpdate(state->ctx, bytes, len);
}

struct sha256
sha256_end(struct sha256_state *state)
{
	struct sha256 digest = { 0 };

	EVP_DigestFinal_ex(state->ctx, digest.at, NULL);
	sha256_free(state);
	return digest;
}

void
sha256_free(struct sha256_state *state)
{
	if (state != NULL)
		EVP_MD_CTX_free(state->ctx);
	free(state);
}

struct sha256
sha256_of(const void *bytes, size_t len)
{
	struct sha256 digest = { 0 };

	EVP_Digest(bytes, len, digest.at, NULL, EVP_sha256(), NULL);
	return digest;
}

struct sha256
sha256_hmac(const void *key, size_t key_len, const void *bytes, size_t len)
{
	struct sha256 digest = { 0 };

	HMAC(EVP_sha256(), key, (int)key_len, bytes, len, digest.at, NULL);
	return digest;
}

int
sha256_fd(int fd, struct sha256 *digest, struct err *err)
{
	enum { STEP = 256 * 1024 };
	struct sha256_state *state = sha256_new();
	char *bytes = malloc(STEP);
	off_t at = 0;
	ssize_t got;

	if (state == NULL || bytes == NULL) {
		sha256_free(state);
		free(bytes);
		return err_set(err, ERR_RETRY, "out of memory");
	}
	while ((got = pread(fd, bytes, STEP, at)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		sha256_add(state, bytes, (size_t)got);
		at += got;
	}
	free(bytes);
	*digest = sha256_end(state);
	return got == 0 ? 0 : err_errno(err, ERR_RETRY, "cannot read a file");
}

void
sha256_hex(const struct sha256 *digest, char hex[65])
{
	hex_of(digest->at, sizeof(digest->at), hex);
}

uint64_t
hash64(const void *bytes, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes, len, seed);
}

struct hash128
hash128(const void *bytes, size_t len, uint64_t seed)
{
	XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, len, seed);

	return (struct hash128){ hash.high64, hash.low64 };
}

void
hex_of(const void *bytes, size_t len, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++) {
		*hex++ = digits[at[i] >> 4];
		*hex++ = digits[at[i] & 15];
	}
	*hex = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
hex_parse(struct text hex, void *bytes, size_t len)
{
	uint8_t *out = bytes;

	if (hex.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(hex.at[2 * i]), low = hex_digit(hex.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
