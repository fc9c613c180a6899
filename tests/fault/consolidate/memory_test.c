/*
 * memory_test.c - a night is consolidated while the n-th allocation of the pass fails, for every n: what is told and what is
 * kept are as otherwise, or an error says why there is nothing.
 */
#include "tests/support/support.h"

#include "tests/support/failing.h"
#include "tests/unit/consolidate/pass.h"

#define A 15010220120304001u
#define BIRTH 40970

struct trial {
	struct pass *pass;
	struct buffer want; /* empty as long as it is not known */
	unsigned failed;
};

static int
attempt(void *self)
{
	struct trial *trial = self;
	struct err err = { 0 };

	if (pass_run(trial->pass, (int)trial->pass->world->night - 2, &err) != 0) {
		failing_stop();
		assert_int_equal(err.kind, ERR_RETRY);
		assert_true(err.what[0] != '\0');
		trial->failed++;
		return -1;
	}
	failing_stop();
	if (trial->want.len == 0)
		buffer_text(&trial->want, buffer_as_text(&trial->pass->told));
	assert_true(text_eq(buffer_as_text(&trial->pass->told), buffer_as_text(&trial->want)));
	return 0;
}

static void
a_pass_is_whole_or_not_at_all(void **state)
{
	static const uint16_t remap[] = { 0 };
	struct statement rows[40];
	const char *says[40];
	struct world world;
	struct pass pass;
	struct trial trial = { .pass = &pass };
	long nth = 0;

	(void)state;
	/* pupils under one number and under two, some of them twenty times, with unions of telephones */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rows[i] = (struct statement){ (unsigned)(i % SOURCES), i % 7 == 0 ? "Le" : "Li", BIRTH,
			i < 20 ? A : A + 1000 * (i % 5), i % 11 == 3 ? A + 1000 : 0, NULL, NULL, 1, (uint32_t)(i % 3) };
		says[i] = i % 2 == 0 ? "138 137" : "136";
	}
	world_init(&world, scratch_make());
	pass_init(&pass, &world);
	buffer_init(&trial.want, 1 << 20);
	world_night(&world, &(struct delivery){ .rows = rows, .count = 30, .says = says });
	pass_night(&pass);
	world_night(&world, &(struct delivery){ .rows = rows, .count = 40, .says = says });
	pass.remap = remap;
	pass.remap_count = 1;
	pass.redo = true;
	assert_false(failing_run(1000000, attempt, &trial));
	while (failing_run(nth, attempt, &trial))
		nth++;
	assert_true(nth > 40 && trial.failed > 40);
	buffer_fini(&trial.want);
	pass_fini(&pass);
	world_fini(&world);
	scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pass_is_whole_or_not_at_all),
	};

	return cmocka_run_group_tests_name("consolidate_memory", tests, NULL, NULL);
}
