/*
 * teachers.c - who they are and what becomes of them; teacher_lists.c writes their lists.
 */
#include "ops/sample/teachers.h"

#include <stdio.h>
#include <stdlib.h>

#include "ops/sample/names.h"

#define DRAW_TEACHER 900 /* and up: kinds of draws of teachers.c and teacher_lists.c */
#define DRAW_LIFE 2000000
#define CLASSES_EACH 4 /* that one teacher of a lesser subject has */

static const char *const subjects[] = { "语文", "数学", "英语", "物理", "化学", "生物学", "道德与法治", "历史", "地理",
	"科学", "音乐", "美术", "体育与健康", "信息科技", "不任课" };
#define NO_SUBJECT 14

/* The subjects of a stage: the first three have head teachers. */
static const uint8_t of_stage[4][12] = { { 0 }, { 0, 1, 2, 6, 9, 10, 11, 12, 13, NO_SUBJECT },
	{ 0, 1, 2, 6, 7, 8, 3, 5, 12, 10, NO_SUBJECT }, { 0, 1, 2, 3, 4, 5, 7, 8, 6, 12, 13, NO_SUBJECT } };

const char *
teachers_subject(const struct teacher *teacher)
{
	return subjects[teacher->subject];
}

void
teachers_free(struct teachers *teachers)
{
	free(teachers->at);
	*teachers = (struct teachers){ 0 };
}

/* A new one; NULL when memory is short. */
static struct teacher *
hire(struct teachers *teachers, struct city *city, uint32_t school, unsigned subject, unsigned night)
{
	struct teacher *teacher;
	struct rng rng = rng_for(city->seed, DRAW_TEACHER, teachers->count);

	if (teachers->count == teachers->room) {
		size_t room = teachers->room == 0 ? 256 : teachers->room * 2;
		struct teacher *grown = realloc(teachers->at, room * sizeof(*grown));

		if (grown == NULL)
			return NULL;
		teachers->at = grown;
		teachers->room = room;
	}
	teacher = &teachers->at[teachers->count++];
	*teacher = (struct teacher){ .number = (uint32_t)teachers->count,
		.school = school,
		.subject = (uint8_t)subject,
		.stage = city->schools[school].stage,
		.post = subject == NO_SUBJECT ? 4 : 1,
		.boy = rng_hit(&rng, 330000),
		.party = rng_hit(&rng, 300000),
		.birth_year = (uint16_t)(1967 + rng_below(&rng, 36)),
		.birth_month = (uint8_t)(1 + rng_below(&rng, 12)),
		.birth_day = (uint8_t)(1 + rng_below(&rng, 28)),
		.changed_night = (uint16_t)night };
	teacher->work_year = (uint16_t)(teacher->birth_year + 22 + rng_below(&rng, 2));
	teacher->hire_year = (uint16_t)(night > 1
		? CITY_YEAR
		: teacher->work_year + rng_below(&rng, (uint32_t)(CITY_YEAR - teacher->work_year + 1)));
	teacher->education = (uint8_t)(rng_hit(&rng, 120000) ? 0 : rng_hit(&rng, 820000) ? 1 : 2);
	teacher->title = (uint8_t)(teacher->work_year > 2022 ? 5
		: rng_hit(&rng, 250000)                      ? 2
		: rng_hit(&rng, 550000)                      ? 3
							     : 4);
	snprintf(teacher->name, sizeof(teacher->name), "%s", names_surname(&rng));
	names_given(&rng, teacher->boy, false, teacher->name, sizeof(teacher->name));
	city_resident(city, &rng, city_counties[rng_below(&rng, CITY_COUNTIES)].code, teacher->birth_year,
	    teacher->birth_month, teacher->birth_day, teacher->boy, rng_below(&rng, 998), teacher->id_no);
	city_mobile(&rng, teacher->phone);
	return teacher;
}

static void
teach(struct teacher *teacher, unsigned grade, unsigned class_no)
{
	for (size_t i = 0; i < teacher->class_count; i++) {
		if (teacher->grades[i] == grade && teacher->classes[i] == class_no)
			return;
	}
	if (teacher->class_count == ARRAY_LEN(teacher->grades))
		return;
	teacher->grades[teacher->class_count] = (uint8_t)grade;
	teacher->classes[teacher->class_count++] = (uint8_t)class_no;
}

static bool
is_headed(const struct teachers *teachers, uint32_t school, unsigned grade, unsigned class_no)
{
	for (size_t i = 0; i < teachers->count; i++) {
		const struct teacher *teacher = &teachers->at[i];

		if (teacher->school == school && teacher->head_grade == grade && teacher->head_class == class_no
		    && teacher->left_night == 0)
			return true;
	}
	return false;
}

/* Somebody of the school who teaches and has no class of his own. */
static struct teacher *
spare(struct teachers *teachers, uint32_t school)
{
	for (size_t i = 0; i < teachers->count; i++) {
		struct teacher *teacher = &teachers->at[i];

		if (teacher->school == school && teacher->head_grade == 0 && teacher->post == 1
		    && teacher->left_night == 0)
			return teacher;
	}
	return NULL;
}

/* The classes of a school, in order, with what they need; all of it when it is new. */
static int
staff_school(struct teachers *teachers, struct city *city, uint32_t school, unsigned night)
{
	const uint8_t *teaches = of_stage[city->schools[school].stage];
	unsigned grade = 0, class_no = 0, nth = 0;

	if (night == 1) {
		struct teacher *head = hire(teachers, city, school, teaches[0], night);

		if (head == NULL)
			return -1;
		head->post = 2; /* the headmaster */
		if (hire(teachers, city, school, NO_SUBJECT, night) == NULL)
			return -1;
	}
	for (size_t i = city->school_begins[school]; i < city->school_begins[school + 1]; i++) {
		const struct person *person = &city->persons[city->order[i]];
		struct teacher *head;

		if (person->presence != PRESENT || (person->grade == grade && person->class_no == class_no))
			continue;
		grade = person->grade;
		class_no = person->class_no;
		if (is_headed(teachers, school, grade, class_no))
			continue;
		head = night > 1 ? spare(teachers, school) : NULL;
		if (head == NULL)
			head = hire(teachers, city, school, teaches[nth % 3], night);
		if (head == NULL)
			return -1;
		head->head_grade = (uint8_t)grade;
		head->head_class = (uint8_t)class_no;
		head->changed_night = (uint16_t)night;
		teach(head, grade, class_no);
		if (class_no > 1)
			teach(head, grade, class_no - 1U);
		if (night == 1 && nth % CLASSES_EACH == 0) {
			for (unsigned s = 3; teaches[s] != NO_SUBJECT; s++) {
				struct teacher *other = hire(teachers, city, school, teaches[s], night);

				if (other == NULL)
					return -1;
				for (unsigned c = 0; c < CLASSES_EACH && class_no + c <= 12; c++)
					teach(other, grade, class_no + c);
			}
		}
		nth++;
	}
	return 0;
}

/* One teacher, one night: a new telephone, or another place of work. */
static void
live_one(struct teacher *teacher, const struct city *city, unsigned night)
{
	struct rng rng = rng_for(city->seed, DRAW_LIFE + night, teacher->number);

	if (teacher->left_night != 0)
		return;
	if (rng_hit(&rng, 8000)) {
		city_mobile(&rng, teacher->phone);
		teacher->changed_night = (uint16_t)night;
	}
	if (rng_hit(&rng, 6000)) {
		teacher->left_night = (uint16_t)night;
		teacher->changed_night = (uint16_t)night;
	}
}

int
teachers_live(struct teachers *teachers, struct city *city, unsigned night, struct err *err)
{
	for (size_t i = 0; night > 1 && i < teachers->count; i++)
		live_one(&teachers->at[i], city, night);
	for (uint32_t school = 0; school < city->school_count; school++) {
		if (staff_school(teachers, city, school, night) != 0)
			return err_set(err, ERR_RETRY, "memory is short for teachers");
	}
	return 0;
}
