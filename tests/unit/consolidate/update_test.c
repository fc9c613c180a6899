/*
 * Tests of consumers/consolidate/update: what a night tells of rows and students, and what it keeps for the next one.
 */
#include "tests/support/support.h"
#include "tests/unit/consolidate/pass.h"

#define A 15010220120304001u /* 17 digits */
#define B 15010220120305001u
#define C 15010220120306001u
#define BIRTH 40970
#define OTHER 40000

#define PUPIL(source, name, birth, number)                                                                             \
	{                                                                                                              \
		source, name, birth, number, 0, NULL, NULL, 1, 0                                                       \
	}

static void
begin(struct world *world, struct pass *pass)
{
	world_init(world, scratch_make());
	pass_init(pass, world);
}

static void
end(struct world *world, struct pass *pass)
{
	pass_fini(pass);
	world_fini(world);
	scratch_remove();
}

static void
new_same_changed_gone_and_back(void **state)
{
	static const struct statement rows[] = { PUPIL(REGISTRY, "Li", BIRTH, A), PUPIL(GRANTS, "Li", BIRTH, A),
		PUPIL(REGISTRY, "Wang", BIRTH, B) };
	static const char *const says[] = { "138", "139", "137" }, *const later[] = { "138", "136", "137" };
	struct world world;
	struct pass pass;

	(void)state;
	begin(&world, &pass);
	world_night(&world, &(struct delivery){ .rows = rows, .count = 3, .says = says, .covers_own = true });
	pass_night(&pass);
	assert_int_equal(pass.totals.records, 3);
	assert_int_equal(pass.totals.records_new, 3);
	assert_int_equal(pass.totals.students, 2);
	assert_non_null(strstr(pass_lines(&pass), " 2 138 139 new\n"));
	assert_non_null(strstr(pass_lines(&pass), " 1 137 new\n"));
	/* the same again: nobody has changed */
	world_night(&world, &(struct delivery){ .rows = rows, .count = 3, .says = says, .covers_own = true });
	pass_night(&pass);
	assert_int_equal(pass.totals.records_new + pass.totals.records_changed + pass.totals.students_changed, 0);
	assert_non_null(strstr(pass_lines(&pass), " 2 138 139 same\n"));
	/* a telephone changes; the registry sends one pupil no more */
	world_night(&world, &(struct delivery){ .rows = rows, .count = 2, .says = later, .covers_own = true });
	pass_night(&pass);
	assert_int_equal(pass.totals.records, 3);
	assert_int_equal(pass.totals.records_changed, 1);
	assert_int_equal(pass.totals.students_changed, 2);
	assert_non_null(strstr(pass_lines(&pass), " 2 138 136 changed (was 138 139)\n"));
	assert_non_null(strstr(pass_lines(&pass), " 1 137 changed (was 137) absent after present\n"));
	world_night(&world, &(struct delivery){ .rows = rows, .count = 3, .says = later, .covers_own = true });
	pass_night(&pass);
	assert_non_null(strstr(pass_lines(&pass), " 1 137 changed (was 137) back after absent\n"));
	/* so for a while; then he is present without a row of his having changed */
	world_night(&world, &(struct delivery){ .rows = rows, .count = 3, .says = later, .covers_own = true });
	pass_night(&pass);
	assert_non_null(strstr(pass_lines(&pass), " 1 137 same back\n"));
	world_night(&world, &(struct delivery){ .rows = rows, .count = 3, .says = later, .covers_own = true });
	pass_night(&pass);
	assert_non_null(strstr(pass_lines(&pass), " 1 137 changed (was 137) after back\n"));
	world_night(&world, &(struct delivery){ .rows = rows, .count = 3, .says = later, .covers_own = true });
	pass_night(&pass);
	assert_non_null(strstr(pass_lines(&pass), " 1 137 same\n"));
	end(&world, &pass);
}

/* By evidence, and by nothing else; who is no longer delivered afterwards has still left. Alone, and with records under several numbers. */
static void
who_has_left_stays_so(void **state)
{
	static const struct statement rows[] = { PUPIL(REGISTRY, "Li", BIRTH, A), PUPIL(REGISTRY, "Wang", BIRTH, B),
		PUPIL(REGISTRY, "Zhao", BIRTH, C) };
	static const struct {
		const char *says[3];
		size_t count;
		const char *wang;
	} nights[] = {
		{ { "138", "137", "136" }, 3, "1 137 new" },
		{ { "138", "gone", "136" }, 3, "1 gone changed (was 137) left after present" },
		{ { "138", "gone", "136" }, 3, "1 gone same left" },
		{ { "138" }, 1, "1 gone changed (was gone) left" }, /* the record is absent, he has left */
		{ { "138" }, 1, "1 gone same left" },
		{ { "138", "135" }, 2, "1 135 changed (was gone) back after left" },
		{ { "138", "135" }, 2, "1 135 same back" },
		{ { "138", "135" }, 2, "1 135 changed (was 135) after back" },
		{ { "138", "gone" }, 2, "1 gone changed (was 135) left after present" },
	};

	(void)state;
	for (int aside = 0; aside < 2; aside++) {
		struct world world;
		struct pass pass;

		begin(&world, &pass);
		for (size_t n = 0; n < ARRAY_LEN(nights); n++) {
			world_night(&world,
			    &(struct delivery){ .rows = rows,
				.count = nights[n].count,
				.says = nights[n].says,
				.aside = aside != 0,
				.covers_own = true });
			pass_night(&pass);
			if (strstr(pass_lines(&pass), nights[n].wang) == NULL)
				fail_msg("night %zu: %s", n, pass_lines(&pass));
		}
		end(&world, &pass);
	}
}

/* Of several rows of one record the newest counts, and the others are told; an older one than yesterday's changes nothing. */
static void
the_newest_row_counts(void **state)
{
	static const struct statement rows[] = { { REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 100 },
		{ REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 300 },
		{ REGISTRY, "Li", BIRTH, A, 0, NULL, NULL, 1, 200 } };
	static const char *const says[] = { "1", "3", "2" };
	struct world world;
	struct pass pass;

	(void)state;
	begin(&world, &pass);
	world_night(&world, &(struct delivery){ .rows = rows, .count = 3, .says = says });
	pass_night(&pass);
	assert_string_equal(pass_lines(&pass),
	    "again 0:2 of 0:3\nagain 0:4 of 0:3\nrow 0:2 A\nrow 0:3 A\nrow 0:4 A\nstudent A 1 3 new\n");
	assert_int_equal(pass.totals.records, 1);
	world_night(&world, &(struct delivery){ .rows = rows + 2, .count = 1, .says = says + 2 });
	pass_night(&pass);
	assert_string_equal(pass_lines(&pass), "row 1:2 A\nstudent A 1 3 same\n");
	end(&world, &pass);
}

/* Rows that are yesterday's, carried by their place alone, give what they gave as rows. */
static void
known_rows_are_as_good_as_rows(void **state)
{
	static const struct statement rows[] = { PUPIL(REGISTRY, "Li", BIRTH, A), PUPIL(REGISTRY, "Wang", BIRTH, B),
		PUPIL(REGISTRY, "Zhao", BIRTH, C) };
	static const char *const says[] = { "138", "137", "136" }, *const later[] = { "138", "137", "135" };
	struct world worlds[2];
	struct pass passes[2];
	char lines[2][4096];

	(void)state;
	for (int known = 0; known < 2; known++) {
		begin(&worlds[known], &passes[known]);
		for (int night = 0; night < 3; night++) {
			world_night(&worlds[known],
			    &(struct delivery){ .rows = rows,
				.count = 3,
				.known = known != 0 && night > 0 ? 2 : 0,
				.says = night == 2 ? later : says,
				.covers_own = true });
			pass_night(&passes[known]);
		}
		snprintf(lines[known], sizeof(lines[known]), "%s", pass_lines(&passes[known]));
		assert_int_equal(passes[known].totals.records_changed, 1);
		assert_int_equal(passes[known].totals.students_changed, 1);
		end(&worlds[known], &passes[known]);
	}
	assert_string_equal(lines[0], lines[1]);
}

/* A student whose records stand under two numbers comes in the second round; one who falls apart is told twice. */
static void
students_under_several_numbers(void **state)
{
	static const struct statement joined[] = { PUPIL(REGISTRY, "Li", BIRTH, A), PUPIL(GRANTS, "Li", BIRTH, B),
		{ HEALTH, "Li", BIRTH, B, A, NULL, NULL, 1, 0 } };
	static const char *const says[] = { "1", "2", "3" };
	struct world world;
	struct pass pass;
	const char *lines;

	(void)state;
	begin(&world, &pass);
	world_night(&world, &(struct delivery){ .rows = joined, .count = 2, .says = says });
	pass_night(&pass);
	assert_int_equal(pass.totals.students, 2);
	world_night(&world, &(struct delivery){ .rows = joined, .count = 3, .says = says });
	pass_night(&pass);
	lines = pass_lines(&pass);
	assert_int_equal(pass.totals.students, 1);
	assert_int_equal(pass.totals.records, 3);
	assert_non_null(strstr(lines, " 3 1 2 3 changed (was "));
	/* all rows belong to the one that is left */
	assert_int_equal(pass.totals.students_changed, 1);
	end(&world, &pass);
}

/* Two rows of one source for one student under different record ids are told as a duplicate. */
static void
duplicates_inside_a_source(void **state)
{
	static const struct statement rows[] = { PUPIL(REGISTRY, "Li", BIRTH, A), PUPIL(REGISTRY, "Le", BIRTH, A),
		PUPIL(GRANTS, "Li", BIRTH, A) };
	struct world world;
	struct pass pass;
	const char *lines;

	(void)state;
	begin(&world, &pass);
	world_night(&world, &(struct delivery){ .rows = rows, .count = 3 });
	pass_night(&pass);
	lines = pass_lines(&pass);
	assert_true(strstr(lines, "again 0:2 of 0:3\n") != NULL || strstr(lines, "again 0:3 of 0:2\n") != NULL);
	assert_null(strstr(lines, "0:4 of"));
	assert_non_null(strstr(lines, "student A 3 - new\n"));
	end(&world, &pass);
}

static void
cases_are_told_with_their_records(void **state)
{
	static const struct statement rows[] = { PUPIL(REGISTRY, "Li", BIRTH, A), PUPIL(GRANTS, "Wang", OTHER, A) };
	struct world world;
	struct pass pass;
	const char *lines;

	(void)state;
	begin(&world, &pass);
	world_night(&world, &(struct delivery){ .rows = rows, .count = 2 });
	pass_night(&pass);
	lines = pass_lines(&pass);
	assert_int_equal(pass.totals.students, 2);
	assert_non_null(strstr(lines, "review 0:2 "));
	assert_non_null(strstr(lines, "review 0:3 "));
	end(&world, &pass);
}

/* Into how many units the pass is cut changes nothing but the order in which it is told. */
static void
units_change_nothing(void **state)
{
	static const size_t cuts[] = { 1, 2, 3, 7, 64 };
	struct statement rows[24];
	const char *says[24];
	struct pass first = { 0 }; /* whose letters the others take: ids depend on the rows alone */
	char want[8192] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static const char *const names[] = { "Li", "Wang", "Zhao" };

		rows[i] = (struct statement)PUPIL(
		    (unsigned)(i % SOURCES), names[i % 3], BIRTH + (int32_t)(i % 2), A + 1000 * (i / 3));
		says[i] = names[i % 3];
	}
	for (size_t cut = 0; cut < ARRAY_LEN(cuts); cut++) {
		struct world world;
		struct pass pass;

		begin(&world, &pass);
		pass.units = cuts[cut];
		memcpy(pass.students, first.students, sizeof(pass.students));
		pass.student_count = first.student_count;
		for (int night = 0; night < 2; night++) {
			world_night(
			    &world, &(struct delivery){ .rows = rows, .count = 24, .says = says, .shuffle = cut });
			pass_night(&pass);
		}
		assert_int_equal(pass.totals.records, 24);
		if (cut == 0) {
			first = pass;
			snprintf(want, sizeof(want), "%s", pass_lines(&pass));
		}
		assert_string_equal(pass_lines(&pass), want);
		end(&world, &pass);
	}
}

/* Fields have other numbers today: yesterday's values follow, and those of a field that is gone go. */
static void
fields_may_be_renumbered(void **state)
{
	static const struct statement rows[] = { PUPIL(REGISTRY, "Li", BIRTH, A), PUPIL(GRANTS, "Li", BIRTH, A) };
	static const char *const says[] = { "138", "139" };
	static const uint16_t gone[] = { UINT16_MAX }, kept[] = { 0 };
	struct world world;
	struct pass pass;

	(void)state;
	for (int is_kept = 0; is_kept < 2; is_kept++) {
		begin(&world, &pass);
		world_night(&world, &(struct delivery){ .rows = rows, .count = 2, .says = says });
		pass_night(&pass);
		pass.remap = is_kept != 0 ? kept : gone;
		pass.remap_count = 1;
		pass.redo = true;
		world_night(&world, &(struct delivery){ .rows = rows, .count = 1, .says = says });
		pass_night(&pass);
		assert_non_null(strstr(pass_lines(&pass),
		    is_kept != 0 ? "student A 2 138 139 changed (was 138 139)\n" : "student A 2 138 changed (was -)\n"));
		end(&world, &pass);
	}
}

/* A state whose files do not belong together is refused; so are rows without a link. */
static void
what_does_not_belong_together_is_refused(void **state)
{
	static const struct statement rows[] = { PUPIL(REGISTRY, "Li", BIRTH, A), PUPIL(REGISTRY, "Wang", BIRTH, B) };
	struct world world;
	struct pass pass;
	struct err err = { 0 };

	(void)state;
	begin(&world, &pass);
	world_night(&world, &(struct delivery){ .rows = rows, .count = 1 });
	pass_night(&pass);
	world_night(&world, &(struct delivery){ .rows = rows + 1, .count = 1 });
	/* links of two records, rows of one, and the other's record left out */
	assert_int_equal(pass_run(&pass, PASS_FIRST, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	pass_night(&pass);
	assert_int_equal(pass.totals.records, 2);
	end(&world, &pass);
}

static void
units_are_equal_shares(void **state)
{
	uint8_t id[RECORD_ID_BYTES];

	(void)state;
	assert_int_equal(update_units(0), 1);
	assert_true(update_units(UINT64_MAX) <= 65536);
	for (size_t units = 1; units <= 7; units++) {
		uint8_t before[RECORD_ID_BYTES] = { 0 };

		update_unit_start(0, units, id);
		assert_memory_equal(id, before, sizeof(id));
		for (size_t unit = 1; unit < units; unit++) {
			update_unit_start(unit, units, id);
			assert_true(memcmp(before, id, sizeof(id)) < 0);
			assert_int_equal(id[0], 256 * unit / units);
			memcpy(before, id, sizeof(id));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_same_changed_gone_and_back),
		cmocka_unit_test(who_has_left_stays_so),
		cmocka_unit_test(the_newest_row_counts),
		cmocka_unit_test(known_rows_are_as_good_as_rows),
		cmocka_unit_test(students_under_several_numbers),
		cmocka_unit_test(duplicates_inside_a_source),
		cmocka_unit_test(cases_are_told_with_their_records),
		cmocka_unit_test(units_change_nothing),
		cmocka_unit_test(fields_may_be_renumbered),
		cmocka_unit_test(what_does_not_belong_together_is_refused),
		cmocka_unit_test(units_are_equal_shares),
	};

	return cmocka_run_group_tests_name("consolidate_update", tests, NULL, NULL);
}
