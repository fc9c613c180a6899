/*
 * Tests of core/bus/murmur2: the hashes of Kafka's own test (UtilsTest.testMurmur2), and partitions as its producer counts them.
 */
#include "core/bus/murmur2.h"

#include "tests/support/support.h"

static const struct {
	const char *key;
	int32_t hash;
} rows[] = {
	{ "21", -973932308 },
	{ "foobar", -790332482 },
	{ "a-little-bit-long-string", -985981536 },
	{ "a-little-bit-longer-string", -1486304829 },
	{ "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 },
	{ "abc", 479470107 },
};

static void
hashes_are_those_of_java(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal((int32_t)murmur2(text_from(rows[i].key)), rows[i].hash);
}

static void
partitions_are_those_of_java(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (int32_t count = 1; count < 100; count++)
			assert_int_equal(
			    murmur2_partition(text_from(rows[i].key), count), (rows[i].hash & 0x7fffffff) % count);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_those_of_java),
		cmocka_unit_test(partitions_are_those_of_java),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
