/*
 * likeness_bench.c - nanoseconds of CPU that one comparison takes, on invented names.
 */
#include <stdio.h>
#include <time.h>

#include "consumers/consolidate/likeness/born.h"
#include "consumers/consolidate/likeness/digits.h"
#include "consumers/consolidate/likeness/name.h"
#include "consumers/consolidate/likeness/words.h"

#define NAMES 4096
#define ROUNDS 4000000

static double
seconds(void)
{
	struct timespec at;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

int
main(void)
{
	static const char surnames[] = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗",
			  given[] = "子梓涵晗轩萱雨宇宸辰怡仪奕亦若汐明华伟丽";
	static char names[NAMES][32];
	static size_t lens[NAMES];
	uint64_t seed = 1, sum = 0;
	struct digits first, second;
	double start;

	for (size_t i = 0; i < NAMES; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		lens[i] = (size_t)snprintf(names[i], sizeof(names[i]), "%.3s%.3s%.3s", surnames + 3 * (seed >> 33 & 15),
		    given + 3 * (seed >> 43 & 15), seed >> 60 < 4 ? "" : given + 3 * (seed >> 53 & 15));
	}
	start = seconds();
	for (size_t i = 0; i < ROUNDS; i++) {
		size_t a = i % NAMES, b = (i * 7919 + i / NAMES) % NAMES;

		sum += name_compare((struct text){ names[a], lens[a] }, (struct text){ names[b], lens[b] });
	}
	printf("name_compare %.0f ns\n", (seconds() - start) / ROUNDS * 1e9);
	start = seconds();
	for (size_t i = 0; i < ROUNDS; i++) {
		char out[32];

		sum += name_fold((struct text){ names[i % NAMES], lens[i % NAMES] }, out, sizeof(out));
	}
	printf("name_fold %.0f ns\n", (seconds() - start) / ROUNDS * 1e9);
	start = seconds();
	for (size_t i = 0; i < ROUNDS; i++)
		sum += name_sound_key((struct text){ names[i % NAMES], lens[i % NAMES] });
	printf("name_sound_key %.0f ns\n", (seconds() - start) / ROUNDS * 1e9);
	start = seconds();
	for (int32_t i = 0; i < ROUNDS; i++)
		sum += born_compare(41000 + i % 900, 41000 + i / 7 % 900);
	printf("born_compare %.0f ns\n", (seconds() - start) / ROUNDS * 1e9);
	digits_read(TEXT("410302201205170219"), &first);
	digits_read(TEXT("410302********0211"), &second);
	start = seconds();
	for (size_t i = 0; i < ROUNDS; i++) {
		first.nibbles[8] ^= (uint8_t)(i & 1);
		sum += digits_compare(&first, &second);
	}
	printf("digits_compare, not both valid: %.0f ns\n", (seconds() - start) / ROUNDS * 1e9);
	start = seconds();
	for (size_t i = 0; i < ROUNDS / 4; i++)
		sum += words_compare((struct text){ names[i % NAMES], lens[i % NAMES] }, TEXT("李子涵"));
	printf("words_compare %.0f ns (%u)\n", (seconds() - start) / (ROUNDS / 4) * 1e9, (unsigned)(sum & 0xFFFF));
	return 0;
}
