/*
 * Tests of linking two records by the model that ships: what is joined, what is asked, what stays apart, and which gate
 * says so. Source of the cases: what merges children wrongly in practice (twins first), and what is worth a question.
 */
#include "consumers/consolidate/judge.h"

#include "tests/support/support.h"
#include "tests/unit/consolidate/people.h"

/* Numbers of an invented pair of twins, and of a stranger; all with their right check characters. */
#define FIRST "410302201405060017"
#define SECOND "410302201405060033"
#define STRANGER "410324201405060023"
#define HOME " member1_phone=13900000001 member1_name=王强"
#define ROOM " school_name=西工区一小 grade=32 class_name=2班"
#define BORN " birth_date=2014-05-06 sex=1"

static const struct {
	const char *what, *a, *b;
	enum match match;
	const char *gate; /* that held it back; NULL for none */
} pairs[] = {
	{ "no number on one side, all else agrees", "name=王小明 id_no=" FIRST BORN ROOM HOME, "name=王小明" BORN ROOM,
	    MATCH_LINK, NULL },
	{ "no number at all, all else agrees", "name=王小明" BORN ROOM HOME, "name=王小明" BORN ROOM HOME, MATCH_LINK,
	    NULL },
	{ "a class list without birth dates", "name=王翊晗 id_no=" FIRST BORN ROOM, "name=王翊晗" ROOM, MATCH_LINK,
	    NULL },
	{ "a move to another school, known by the family", "name=王小明 id_no=" FIRST BORN ROOM HOME,
	    "name=王小明" BORN " school_name=老城区三小" HOME, MATCH_LINK, NULL },
	{ "two valid numbers are two children", "name=王小明 id_no=" FIRST BORN ROOM,
	    "name=王小红 id_no=" SECOND BORN ROOM, MATCH_SEPARATE, NULL },
	{ "two valid numbers, everything else the same: was it changed?", "name=王小明 id_no=" FIRST BORN ROOM HOME,
	    "name=王小明 id_no=" STRANGER BORN ROOM HOME, MATCH_REVIEW, "renumbered" },
	{ "two valid numbers, same name and birth, nothing else known", "name=王小明 id_no=" FIRST BORN,
	    "name=王小明 id_no=" STRANGER BORN, MATCH_SEPARATE, NULL },
	{ "twins, one without number", "name=王一鸣 id_no=" FIRST BORN ROOM HOME, "name=王浩然" BORN ROOM HOME,
	    MATCH_SEPARATE, "other_given_name" },
	{ "twins whose names sound alike, one without number", "name=王梓涵 id_no=" FIRST BORN ROOM HOME,
	    "name=王子涵" BORN ROOM HOME, MATCH_REVIEW, "given_name_unlike" },
	{ "twins, one number damaged in its last digits", "name=王一鸣 id_no=" FIRST BORN ROOM HOME,
	    "name=王浩然 id_no=!410302201405060000" BORN ROOM HOME, MATCH_SEPARATE, "other_given_name" },
	{ "twins whose names sound alike, one number damaged in its last digits",
	    "name=王梓涵 id_no=" FIRST BORN ROOM HOME, "name=王子涵 id_no=!410302201405060000" BORN ROOM HOME,
	    MATCH_REVIEW, "given_name_unlike" },
	{ "a slip in the number, the rest agrees", "name=王小明 id_no=" FIRST BORN,
	    "name=王小明 id_no=!410302201405060018" BORN, MATCH_LINK, NULL },
	{ "a slip in the number and a homophone in the name", "name=王梓涵 id_no=" FIRST BORN ROOM,
	    "name=王子涵 id_no=!410302201405060018" BORN ROOM, MATCH_LINK, NULL },
	{ "a slip in the number, and another given name", "name=王一鸣 id_no=" FIRST BORN ROOM HOME,
	    "name=王浩然 id_no=!410302201405060018" BORN ROOM HOME, MATCH_REVIEW, "other_given_name_near_number" },
	{ "brothers of the same household", "name=王一鸣" BORN ROOM HOME,
	    "name=王浩然 birth_date=2016-01-09 sex=1" HOME, MATCH_SEPARATE, NULL },
	{ "namesakes in one city, nothing local known", "name=王伟 id_no=" FIRST BORN, "name=王伟" BORN, MATCH_REVIEW,
	    NULL },
	{ "namesakes of one class born in other years", "name=王伟" BORN ROOM,
	    "name=王伟 birth_date=2013-11-30 sex=1" ROOM, MATCH_SEPARATE, NULL },
	{ "namesakes in other schools, of other families", "name=王伟" BORN ROOM HOME,
	    "name=王伟" BORN " school_name=老城区三小 member1_phone=13900000002 member1_name=王芳", MATCH_SEPARATE,
	    NULL },
	{ "month and day changed places", "name=王小明" BORN ROOM HOME,
	    "name=王小明 birth_date=2014-06-05 sex=1" ROOM HOME, MATCH_LINK, NULL },
	{ "a lost rare character", "name=王䶮 id_no=" FIRST BORN ROOM, "name=王?" BORN ROOM, MATCH_LINK, NULL },
	{ "a dot of another kind", "name=阿卜杜拉·买买提 id_no=" FIRST BORN ROOM, "name=阿卜杜拉•买买提" BORN ROOM,
	    MATCH_LINK, NULL },
	{ "a family that has changed its surname", "name=王小明 id_no=" FIRST BORN ROOM, "name=李小明" BORN ROOM,
	    MATCH_REVIEW, "given_name_unlike" },
	{ "another sex, another name", "name=王小明" BORN, "name=李婷 birth_date=2014-05-06 sex=2", MATCH_SEPARATE,
	    NULL },
};

static void
pairs_are_judged(void **state)
{
	struct people people;
	struct judge judge;

	(void)state;
	people_init(&people);
	judge = (struct judge){ .model = people.model };
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct judged judged, again;
		struct buffer words;
		const char *gate;
		uint32_t a, b;

		people_clear(&people);
		a = people_add(&people, 0, pairs[i].a);
		b = people_add(&people, 1, pairs[i].b);
		judged = judge_pair(&judge, traits_get(&people.traits, a), traits_get(&people.traits, b));
		again = judge_pair(&judge, traits_get(&people.traits, b), traits_get(&people.traits, a));
		buffer_init(&words, 4096);
		judge_words(people.model, &judged, &words);
		gate = judged.gate == 0 ? "" : people.model->gates[judged.gate - 1].name.at;
		if (judged.match != pairs[i].match
		    || (pairs[i].gate != NULL
			&& (judged.gate == 0
			    || !text_eq(people.model->gates[judged.gate - 1].name, text_from(pairs[i].gate)))))
			fail_msg("%s: %u by %.30s: %.*s", pairs[i].what, judged.match, gate, (int)words.len, words.at);
		assert_int_equal(judged.match, again.match);
		assert_memory_equal(judged.levels, again.levels, sizeof(judged.levels));
		buffer_fini(&words);
	}
	people_fini(&people);
}

/* Records that carry the same number. */
static const struct {
	const char *what, *a, *b;
	bool within, joined;
} numbered[] = {
	{ "the same child in two sources", "name=王小明" BORN, "name=王小明" BORN, false, true },
	{ "the same child, birth date mistyped", "name=王小明" BORN, "name=王小明 birth_date=2014-09-30", false, true },
	{ "the same child, a homophone", "name=王梓涵" BORN, "name=王子涵" BORN, false, true },
	{ "a homophone and another birth date", "name=王梓涵" BORN, "name=王子涵 birth_date=2011-12-30", false, false },
	{ "a number copied from the twin", "name=王一鸣" BORN, "name=王浩然" BORN, false, false },
	{ "a number copied from the row above", "name=王一鸣" BORN, "name=张浩然 birth_date=2013-03-03", false, false },
	{ "twice in one source", "name=王小明" BORN, "name=王小明" BORN, true, true },
	{ "in one source, a homophone", "name=王梓涵" BORN, "name=王子涵" BORN, true, false },
	{ "in one source, another birth date", "name=王小明" BORN, "name=王小明 birth_date=2014-09-30", true, false },
	{ "no name on one side", "name=王小明" BORN, "birth_date=2014-05-06", false, true },
};

static void
the_same_number_is_not_always_the_same_child(void **state)
{
	struct people people;
	struct judge judge;

	(void)state;
	people_init(&people);
	judge = (struct judge){ .model = people.model };
	for (size_t i = 0; i < ARRAY_LEN(numbered); i++) {
		struct judged judged;
		uint32_t a, b;

		people_clear(&people);
		a = people_add(&people, 0, numbered[i].a);
		b = people_add(&people, numbered[i].within ? 0 : 1, numbered[i].b);
		if (judge_same_number(&judge, traits_get(&people.traits, a), traits_get(&people.traits, b),
			numbered[i].within, false, &judged)
		    != numbered[i].joined)
			fail_msg("%s", numbered[i].what);
		assert_int_equal(judged.match, numbered[i].joined ? MATCH_LINK : MATCH_REVIEW);
	}
	people_fini(&people);
}

/* A telephone of the school's office is nobody's household. */
static void
a_generic_telephone_is_worth_nothing(void **state)
{
	struct people people;
	struct judge plain, knowing;
	struct judged with, without;
	uint32_t phone[TRAIT_KEYS_MAX];
	const struct model_compare *household = NULL;

	(void)state;
	people_init(&people);
	for (size_t i = 0; i < people.model->compare_count; i++) {
		if (people.model->compares[i].by == BY_HOUSEHOLD)
			household = &people.model->compares[i];
	}
	assert_non_null(household);
	people_add(&people, 0, "name=王小明 member1_phone=13900000001" BORN);
	people_add(&people, 1, "name=王小明 member1_phone=13900000001" BORN);
	assert_int_equal(trait_keys(household, 0, traits_get(&people.traits, 0), phone), 1);
	plain = (struct judge){ .model = people.model };
	knowing = (struct judge){ .model = people.model, .generic = phone, .generic_count = 1 };
	with = judge_pair(&plain, traits_get(&people.traits, 0), traits_get(&people.traits, 1));
	without = judge_pair(&knowing, traits_get(&people.traits, 0), traits_get(&people.traits, 1));
	assert_true(with.bits > without.bits + 8);
	people_fini(&people);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_judged),
		cmocka_unit_test(the_same_number_is_not_always_the_same_child),
		cmocka_unit_test(a_generic_telephone_is_worth_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
