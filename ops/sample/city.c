/*
 * city.c - how the city comes to be. Families first, one after another: a county, parents, an
 * address, then their children: one, siblings, twins (18.8 of a thousand pupils) or triplets; a
 * child's age gives the grade, the grade the kind of school. Rare kinds of people (no number,
 * foreign papers, rare characters, obsolete names of ethnic groups) fall on every n-th pupil, so
 * that a small city has them, too.
 */
#include "ops/sample/city.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "ops/sample/names.h"

enum { DRAW_FAMILY = 1, DRAW_SCHOOL, DRAW_PERSON, DRAW_NIGHT };

const struct county city_counties[CITY_COUNTIES] = { { "410305", "涧西区", "471003", false },
	{ "410303", "西工区", "471000", false }, { "410302", "老城区", "471002", false },
	{ "410311", "洛龙区", "471023", false }, { "410307", "偃师区", "471900", true },
	{ "410308", "孟津区", "471100", true }, { "410323", "新安县", "471800", true },
	{ "410324", "栾川县", "471500", true }, { "410325", "嵩县", "471400", true },
	{ "410327", "宜阳县", "471600", true }, { "410328", "洛宁县", "471700", true },
	{ "410329", "伊川县", "471300", true } };

/* The first is nearly everybody's; the last four are there for the names they once had. */
const struct ethnic city_ethnic[] = { { "汉族", "01", NULL }, { "回族", "03", NULL }, { "满族", "11", NULL },
	{ "蒙古族", "02", "蒙族" }, { "维吾尔族", "05", "维族" }, { "藏族", "04", NULL }, { "壮族", "08", "僮族" },
	{ "土家族", "15", NULL }, { "毛南族", "36", "毛难族" }, { "德昂族", "46", "崩龙族" },
	{ "乌孜别克族", "43", "乌兹别克族" }, { "畲族", "22", "畬族" } };
enum { HAN, HUI, MANCHU, MONGOLIAN, UYGHUR, TIBETAN, ZHUANG, TUJIA, RENAMED };

static const char *const elsewhere[] = { "410381", "410322", "410306", "411202", "410122", "500101", "130102",
	"340102" };

char
city_check_character(const char *digits)
{
	static const uint8_t weight[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	unsigned sum = 0;

	for (size_t i = 0; i < 17; i++)
		sum += weight[i] * (unsigned)(digits[i] - '0');
	return "10X98765432"[sum % 11];
}

/* Give a number out; false when somebody has it. */
static bool
take_number(struct city *city, const char *id_no)
{
	uint64_t key = hash64(id_no, 17, 1) | 1;
	size_t at = (size_t)(key % city->taken_size);

	for (; city->taken[at] != 0; at = (at + 1) % city->taken_size) {
		if (city->taken[at] == key)
			return false;
	}
	city->taken[at] = key;
	return true;
}

void
city_resident(struct city *city, struct rng *rng, const char *division, unsigned year, unsigned month, unsigned day,
    bool boy, unsigned sequence, char id_no[20])
{
	for (unsigned turn = 0; turn < 500; turn++) {
		unsigned three = ((sequence + turn * 2) % 998 & ~1U) + (boy ? 1 : 2);

		snprintf(
		    id_no, 20, "%.6s%04u%02u%02u%03u", division, year % 10000, month % 100, day % 100, three % 1000);
		id_no[17] = city_check_character(id_no);
		id_no[18] = '\0';
		if (city == NULL || take_number(city, id_no))
			return;
		if (turn == 400)
			sequence = rng_below(rng, 998);
	}
}

void
city_mobile(struct rng *rng, char phone[12])
{
	static const char *const begins[] = { "138", "139", "135", "150", "158", "182", "187", "133", "189", "186",
		"131", "176" };

	snprintf(phone, 12, "%s%04u%04u", begins[rng_below(rng, ARRAY_LEN(begins))], rng_below(rng, 10000),
	    rng_below(rng, 10000));
}

static bool
is_name_taken(const struct city *city, size_t i)
{
	for (size_t k = i % CITY_COUNTIES; k < i; k += CITY_COUNTIES) { /* those of its county */
		if (strcmp(city->schools[k].name, city->schools[i].name) == 0)
			return true;
	}
	return false;
}

/* No two schools of a county have one name: files are called after them. */
static void
make_name_unique(struct city *city, size_t i)
{
	struct school *school = &city->schools[i];
	char name[NAME_BYTES];

	memcpy(name, school->name, sizeof(name));
	for (unsigned campus = 2; is_name_taken(city, i); campus++)
		snprintf(school->name, sizeof(school->name), "%.48s%u校区", name, campus);
}

static void
build_schools(struct city *city)
{
	static const char *const roads[] = { "涧河", "谷水", "牡丹", "龙门", "九都", "延安", "解放", "中州", "定鼎",
		"南昌", "丽春", "景华", "周山", "伊滨", "洛浦", "白马", "香山", "关林", "王城", "凯旋", "春晴", "邙岭",
		"瀍水", "伏牛", "黛眉" };
	static const uint8_t first_stages[12] = { 1, 2, 1, 3, 1, 2, 1, 1, 2, 1, 3, 1 };
	uint32_t serial[CITY_COUNTIES][4] = { { 0 } };

	for (size_t i = 0; i < city->school_count; i++) {
		struct school *school = &city->schools[i];
		struct rng rng = rng_for(city->seed, DRAW_SCHOOL, i);
		uint32_t nth;

		school->county = (uint8_t)(i % CITY_COUNTIES);
		if (i < ARRAY_LEN(first_stages))
			school->stage = first_stages[i];
		else
			school->stage = (uint8_t)(rng_hit(&rng, 640000) ? 1 : rng_hit(&rng, 750000) ? 2 : 3);
		nth = serial[school->county][school->stage]++;
		snprintf(school->code, sizeof(school->code), "%s41%06u",
		    school->stage == 1       ? "21"
			: school->stage == 2 ? "31"
					     : "34",
		    (unsigned)(i * 37 + 1051) % RNG_MILLION);
		if (school->stage == 1) {
			snprintf(school->name, sizeof(school->name), "%s%s路第%s小学",
			    city_counties[school->county].name, roads[(i * 7 + nth) % ARRAY_LEN(roads)],
			    nth / ARRAY_LEN(roads) % 2 == 0 ? "一" : "二");
		} else {
			static const char *const numbers[] = { "一", "二", "三", "四", "五", "六", "七", "八", "九",
				"十" };

			snprintf(school->name, sizeof(school->name), "%s第%s%s%s", city_counties[school->county].name,
			    nth >= 10 ? "十" : "", numbers[nth % ARRAY_LEN(numbers)],
			    school->stage == 2 ? "初级中学" : "高级中学");
		}
		make_name_unique(city, i);
	}
}

/* A school for the grade: one of the county if it has any. */
static uint32_t
choose_school(struct city *city, struct rng *rng, unsigned county, unsigned stage)
{
	uint32_t begin = rng_below(rng, (uint32_t)city->school_count), other = 0;

	for (size_t i = 0; i < city->school_count; i++) {
		uint32_t at = (uint32_t)((begin + i) % city->school_count);

		if (city->schools[at].stage != stage)
			continue;
		if (city->schools[at].county == county)
			return at;
		other = at;
	}
	return other;
}

static unsigned
stage_of(unsigned grade)
{
	return grade <= 6 ? STAGE_PRIMARY : grade <= 9 ? STAGE_JUNIOR : STAGE_SENIOR;
}

static void
enter_school(struct city *city, struct person *person, uint32_t school)
{
	uint32_t nth = city->schools[school].pupils[person->grade]++;
	uint32_t classes = 1 + nth / 270; /* six classes are filled side by side */

	person->school = school;
	person->class_no = (uint8_t)((classes - 1) * 6 + nth % 6 + 1);
	person->seat = (uint16_t)(nth % 270 / 6 + 1);
}

static void
student_number(struct city *city, struct rng *rng, struct person *person)
{
	const char *division = city_counties[city->schools[person->school].county].code;

	if (person->id_kind == ID_RESIDENT && !(person->grade == 1 && rng_hit(rng, 300000))) {
		snprintf(person->student_no, sizeof(person->student_no), "G%.18s", person->id_no);
	} else if (person->id_kind != ID_RESIDENT && !rng_hit(rng, 300000)) {
		person->student_no[0] = 'J';
		city_resident(city, rng, division, person->birth_year, person->birth_month, person->birth_day,
		    person->boy, rng_below(rng, 998), person->former_id_no);
		memcpy(person->student_no + 1, person->former_id_no, 19);
		person->former_id_no[0] = '\0';
	} else {
		snprintf(person->student_no, sizeof(person->student_no), "L%.6s%04u%02u%02u%04u", division,
		    person->birth_year % 10000U, person->birth_month % 100U, person->birth_day % 100U,
		    rng_below(rng, 10000));
	}
}

static void
give_name(struct rng *rng, struct person *person, const char *surname, bool wide)
{
	person->name[0] = '\0';
	if (person->ethnic == UYGHUR) {
		names_uyghur(rng, person->boy, person->name, sizeof(person->name));
	} else if (person->ethnic == MONGOLIAN) {
		names_mongolian(rng, person->boy, person->name, sizeof(person->name));
	} else if (person->ethnic == TIBETAN) {
		names_tibetan(rng, person->boy, person->name, sizeof(person->name));
	} else {
		snprintf(person->name, sizeof(person->name), "%s", surname);
		if (person->number % 230 == 99)
			names_rare(rng, person->name, sizeof(person->name));
		else
			(wide ? names_given_wide : names_given)(
			    rng, person->boy, true, person->name, sizeof(person->name));
	}
}

/* Twins are often called alike: the first character of the given name is one, or the second sounds the same. */
static void
name_alike(struct rng *rng, struct person *person, const struct person *elder)
{
	struct text name = text_from(person->name), other = text_from(elder->name);
	size_t pos = 0, second, other_pos = 0, other_second;
	char again[NAME_BYTES];
	const char *sounds;

	if (person->ethnic == UYGHUR || person->ethnic == MONGOLIAN || text_length(name) != 3 || text_length(other) != 3)
		return;
	text_next(name, &pos);
	text_next(other, &other_pos);
	if (pos != other_pos) /* two characters of surname */
		return;
	second = pos;
	text_next(name, &second);
	other_second = other_pos;
	text_next(other, &other_second);
	sounds = rng_hit(rng, 60000)
	    ? names_homophone(rng, (struct text){ other.at + other_second, other.len - other_second }, true)
	    : NULL;
	snprintf(
	    again, sizeof(again), "%.*s%s", (int)other_second, other.at, sounds != NULL ? sounds : name.at + second);
	if (strcmp(again, elder->name) != 0)
		memcpy(person->name, again, sizeof(again));
}

static void
change_name(struct rng *rng, struct person *person, bool wide)
{
	struct text name = text_from(person->name);
	char again[NAME_BYTES];
	size_t pos = 0;

	if (name.len == 0 || person->former_name[0] != '\0' || strstr(person->name, "·") != NULL)
		return;
	text_next(name, &pos);
	snprintf(again, sizeof(again), "%.*s", (int)pos, name.at);
	(wide ? names_given_wide : names_given)(rng, person->boy, true, again, sizeof(again));
	if (strcmp(again, person->name) == 0)
		return;
	memcpy(person->former_name, person->name, sizeof(again));
	memcpy(person->name, again, sizeof(again));
}

static void
give_papers(struct city *city, struct rng *rng, struct person *person, const char *division, unsigned sequence)
{
	unsigned year = person->birth_year, month = person->birth_month, day = person->birth_day;

	person->id_kind = ID_RESIDENT;
	if (person->number % 50 == 21 && person->number % 300 != 221)
		person->id_kind = ID_NONE;
	else if (person->number % 300 == 200)
		person->id_kind = (uint8_t)(ID_HONG_KONG + person->number / 300 % 4);
	switch (person->id_kind) {
	case ID_NONE:
		break;
	case ID_PASSPORT:
		snprintf(person->id_no, sizeof(person->id_no), "E%08u", rng_below(rng, 100000000));
		break;
	case ID_RESIDENT:
		city_resident(city, rng, division, year, month, day, person->boy, sequence, person->id_no);
		break;
	default: {
		static const char *const regions[] = { "810000", "820000", "830000" };

		city_resident(city, rng, regions[person->id_kind - ID_HONG_KONG], year, month, day, person->boy,
		    sequence, person->id_no);
	}
	}
}

/* A child born in the school year that makes it a pupil of ${grade} now. */
static void
give_birth(struct rng *rng, struct person *person)
{
	unsigned day = rng_below(rng, 365);
	static const uint8_t days[12] = { 30, 31, 30, 31, 31, 28, 31, 30, 31, 30, 31, 31 };
	unsigned month = 0;

	while (day >= days[month])
		day -= days[month++];
	person->birth_year = (uint16_t)(CITY_YEAR - 6 - person->grade + (month >= 4));
	person->birth_month = (uint8_t)(month < 4 ? month + 9 : month - 3);
	person->birth_day = (uint8_t)(day + 1);
}

static unsigned
draw_ethnic(struct rng *rng, uint32_t family)
{
	if (family % 330 == 123)
		return RENAMED + family / 330 % 4;
	if (family % 210 == 60)
		return UYGHUR;
	if (family % 300 == 70)
		return MONGOLIAN;
	if (family % 500 == 80)
		return TIBETAN;
	if (rng_hit(rng, 13000))
		return HUI;
	if (rng_hit(rng, 3000))
		return MANCHU + (rng_hit(rng, 300000) ? ZHUANG - MANCHU + rng_below(rng, 2) : 0);
	return HAN;
}

static struct person *
next_person(struct city *city)
{
	struct person *person = &city->persons[city->person_count++];

	*person = (struct person){ .number = (uint32_t)city->person_count, .presence = PRESENT, .changed_night = 1 };
	return person;
}

/* The facts of a child that come from the family and by chance. */
static void
settle_child(struct city *city, struct rng *rng, struct person *person, uint32_t school)
{
	const struct family *family = &city->families[person->family];

	enter_school(city, person, school);
	student_number(city, rng, person);
	person->rural = city_counties[family->county].rural && rng_hit(rng, 800000);
	person->migrant = !city_counties[family->county].rural && rng_hit(rng, 150000);
	person->left_behind = (uint8_t)(person->rural && rng_hit(rng, 180000) ? 1 + rng_below(rng, 2) : 0);
	person->boarder = person->grade >= 7 ? rng_hit(rng, 300000) : rng_hit(rng, 40000);
	person->disabled = person->number % 140 == 17;
	memcpy(person->phone, family->father_phone, sizeof(person->phone));
	person->old_school = choose_school(city, rng, rng_below(rng, CITY_COUNTIES), stage_of(person->grade));
	if (person->id_kind == ID_RESIDENT && rng_hit(rng, 10000)) { /* the number was changed once */
		memcpy(person->former_id_no, person->id_no, sizeof(person->former_id_no));
		city_resident(city, rng, person->former_id_no, person->birth_year, person->birth_month,
		    person->birth_day, person->boy, rng_below(rng, 998), person->id_no);
		if (person->student_no[0] == 'G')
			memcpy(person->student_no + 1, person->former_id_no, 19);
	}
}

/* A family with all its children, at most ${room} of them. */
static void
found_family(struct city *city, size_t room, unsigned grade_fixed)
{
	uint32_t number = (uint32_t)city->family_count++;
	struct rng rng = rng_for(city->seed, DRAW_FAMILY, number);
	struct family *family = &city->families[number];
	const char *surname = names_surname(&rng), *division;
	unsigned ethnic = draw_ethnic(&rng, number), children = 1, born_together = 1;
	static const char *const streets[] = { "南昌路", "西苑路", "景华路", "中州西路", "人民路", "滨河路", "建设街",
		"文化路", "长安路", "联盟路" };
	static const char *const villages[] = { "柳树沟村", "东庄村", "前李村", "石桥村", "马坡村", "寺沟村", "白杨村",
		"龙泉村", "王坑村", "洪涧村" };

	family->county = (uint8_t)rng_below(&rng, CITY_COUNTIES);
	division = rng_hit(&rng, 750000) ? city_counties[family->county].code
					 : elsewhere[rng_below(&rng, ARRAY_LEN(elsewhere))];
	snprintf(family->father, sizeof(family->father), "%s", surname);
	names_given(&rng, true, false, family->father, sizeof(family->father));
	snprintf(family->mother, sizeof(family->mother), "%s", names_surname(&rng));
	names_given(&rng, false, false, family->mother, sizeof(family->mother));
	city_mobile(&rng, family->father_phone);
	city_mobile(&rng, family->mother_phone);
	city_resident(NULL, &rng, division, 1975 + rng_below(&rng, 20), 1 + rng_below(&rng, 12),
	    1 + rng_below(&rng, 28), true, rng_below(&rng, 998), family->father_id);
	city_resident(NULL, &rng, division, 1977 + rng_below(&rng, 20), 1 + rng_below(&rng, 12),
	    1 + rng_below(&rng, 28), false, rng_below(&rng, 998), family->mother_id);
	if (city_counties[family->county].rural)
		snprintf(family->address, sizeof(family->address), "河南省洛阳市%s%s%u组%u号",
		    city_counties[family->county].name, villages[rng_below(&rng, ARRAY_LEN(villages))],
		    1 + rng_below(&rng, 9), 1 + rng_below(&rng, 120));
	else
		snprintf(family->address, sizeof(family->address), "河南省洛阳市%s%s%u号院%u号楼%u室",
		    city_counties[family->county].name, streets[rng_below(&rng, ARRAY_LEN(streets))],
		    1 + rng_below(&rng, 180), 1 + rng_below(&rng, 20), 101 + rng_below(&rng, 1700));
	if (number % 4000 == 37)
		born_together = children = 3;
	else if (rng_hit(&rng, 11400))
		born_together = children = 2;
	else if (rng_hit(&rng, 212000))
		children = 2;
	if (children > room || grade_fixed != 0)
		born_together = children = 1;
	for (unsigned c = 0; c < children; c++) {
		struct person *person = next_person(city);
		const struct person *elder = person - 1;
		unsigned sequence = rng_below(&rng, 998);
		bool same_school = false;

		person->family = number;
		person->ethnic = (uint8_t)ethnic;
		person->boy = rng_hit(&rng, 535000);
		if (c > 0 && born_together > 1) {
			person->twins = elder->twins;
			person->grade = elder->grade;
			if (rng_hit(&rng, 330000))
				person->boy = elder->boy;
			person->birth_year = elder->birth_year;
			person->birth_month = elder->birth_month;
			person->birth_day = elder->birth_day;
			if (elder->id_kind == ID_RESIDENT)
				sequence = (unsigned)((elder->id_no[14] - '0') * 100 + (elder->id_no[15] - '0') * 10
					       + elder->id_no[16] - '0' - 1)
					/ 2 * 2
				    + 2;
			same_school = rng_hit(&rng, 930000);
		} else {
			person->grade = (uint8_t)(grade_fixed != 0 ? grade_fixed : 1 + rng_below(&rng, 12));
			if (c > 0 && person->grade == elder->grade)
				person->grade = (uint8_t)(1 + (person->grade + 2) % 12);
			if (c > 0 && city->mix->kin && rng_hit(&rng, 350000)) /* most are a few years apart */
				person->grade = (uint8_t)(elder->grade > 3 ? elder->grade - 1 - rng_below(&rng, 3)
									   : elder->grade + 1 + rng_below(&rng, 3));
			if (person->grade > 9 && rng_hit(&rng, 350000)) /* not all go on to senior school */
				person->grade = (uint8_t)(person->grade - 9);
			if (c > 0 && person->grade == elder->grade)
				person->grade = (uint8_t)(1 + person->grade % 12);
			give_birth(&rng, person);
			person->twins = born_together > 1 ? person->number : 0;
			same_school = c > 0 && stage_of(person->grade) == stage_of(elder->grade)
			    && rng_hit(&rng, city->mix->kin ? 900000 : 700000);
		}
		do
			give_name(&rng, person, surname, city->mix->kin);
		while (c > 0 && strcmp(person->name, elder->name) == 0);
		if (city->mix->kin && c > 0 && born_together > 1 && rng_hit(&rng, 500000))
			name_alike(&rng, person, elder);
		give_papers(city, &rng, person, division, sequence);
		settle_child(city, &rng, person,
		    same_school ? elder->school : choose_school(city, &rng, family->county, stage_of(person->grade)));
		if (city->mix->kin) {
			if (same_school && born_together > 1 && c > 0 && rng_hit(&rng, 600000)) {
				person->class_no = elder->class_no; /* side by side in the register */
				person->seat = elder->seat;
			}
			if (rng_hit(&rng, city->mix->renamed))
				change_name(&rng, person, true);
		}
	}
}

static const struct city *ordered; /* what compare_places() looks into */

static int
compare_places(const void *a, const void *b)
{
	const struct person *left = &ordered->persons[*(const uint32_t *)a];
	const struct person *right = &ordered->persons[*(const uint32_t *)b];

	if (left->school != right->school)
		return left->school < right->school ? -1 : 1;
	if (left->grade != right->grade)
		return left->grade < right->grade ? -1 : 1;
	if (left->class_no != right->class_no)
		return left->class_no < right->class_no ? -1 : 1;
	if (left->seat != right->seat)
		return left->seat < right->seat ? -1 : 1;
	return left->number < right->number ? -1 : left->number > right->number;
}

static void
sort_places(struct city *city)
{
	size_t school = 0;

	for (size_t i = 0; i < city->person_count; i++)
		city->order[i] = (uint32_t)i;
	ordered = city;
	qsort(city->order, city->person_count, sizeof(*city->order), compare_places);
	for (size_t i = 0; i < city->person_count; i++) {
		while (school <= city->persons[city->order[i]].school)
			city->school_begins[school++] = i;
	}
	while (school <= city->school_count)
		city->school_begins[school++] = city->person_count;
}

int
city_build(struct city *city, size_t students, uint64_t seed, const struct mix *mix, unsigned nights, struct err *err)
{
	size_t each = students / 12 < 60 ? 60 : students / 12 > 700 ? 700 : students / 12;

	*city = (struct city){ .seed = seed, .mix = mix };
	city->school_count = students / each < 12 ? 12 : students / each;
	city->persons_size = students + 100;
	for (unsigned night = 0; night < nights; night++)
		city->persons_size += city->persons_size / mix->newcomer_in + 4;
	city->families_size = city->persons_size;
	city->taken_size = city->persons_size * 4 + 1009;
	city->schools = calloc(city->school_count, sizeof(*city->schools));
	city->families = calloc(city->families_size, sizeof(*city->families));
	city->persons = calloc(city->persons_size, sizeof(*city->persons));
	city->taken = calloc(city->taken_size, sizeof(*city->taken));
	city->order = calloc(city->persons_size, sizeof(*city->order));
	city->school_begins = calloc(city->school_count + 1, sizeof(*city->school_begins));
	if (city->schools == NULL || city->families == NULL || city->persons == NULL || city->taken == NULL
	    || city->order == NULL || city->school_begins == NULL) {
		city_free(city);
		return err_set(err, ERR_RETRY, "memory is short for so many students");
	}
	build_schools(city);
	while (city->person_count < students)
		found_family(city, students - city->person_count, 0);
	sort_places(city);
	return 0;
}

void
city_free(struct city *city)
{
	free(city->schools);
	free(city->families);
	free(city->persons);
	free(city->taken);
	free(city->order);
	free(city->school_begins);
	*city = (struct city){ 0 };
}

/* One pupil, one night. Rates in a million; about two in a hundred rows change. */
static void
live_one(struct city *city, struct person *person, struct rng *rng, unsigned night)
{
	const struct mix *mix = city->mix;
	struct person before;

	memcpy(&before, person, sizeof(before));
	if (person->presence != PRESENT) {
		if (person->presence == MOVED_OUT && person->changed_night + 1U < night)
			person->presence = AWAY;
		return;
	}
	if (rng_hit(rng, mix->night_phone))
		city_mobile(rng, person->phone);
	if (rng_hit(rng, mix->night_class))
		person->class_no = (uint8_t)(person->class_no % 6 + 1);
	if (rng_hit(rng, mix->night_name))
		change_name(rng, person, mix->kin);
	if (rng_hit(rng, mix->night_id) && person->id_kind == ID_RESIDENT && person->former_id_no[0] == '\0') {
		memcpy(person->former_id_no, person->id_no, sizeof(person->id_no));
		city_resident(city, rng, person->former_id_no, person->birth_year, person->birth_month,
		    person->birth_day, person->boy, rng_below(rng, 998), person->id_no);
	}
	if (person->student_no[0] == 'L' && person->id_kind == ID_RESIDENT && rng_hit(rng, 50000))
		snprintf(person->student_no, sizeof(person->student_no), "G%.18s", person->id_no);
	if (rng_hit(rng, mix->night_away))
		person->presence = AWAY;
	else if (rng_hit(rng, mix->night_moved))
		person->presence = MOVED_OUT;
	if (memcmp(&before, person, sizeof(before)) != 0) /* NOLINT: a copy of all its bytes, gaps included */
		person->changed_night = (uint16_t)night;
}

int
city_live(struct city *city, unsigned night, struct err *err)
{
	size_t before = city->person_count, newcomers = before / city->mix->newcomer_in + 1;

	for (size_t i = 0; i < before; i++) {
		struct rng rng = rng_for(city->seed, DRAW_NIGHT + (uint64_t)night, i);

		live_one(city, &city->persons[i], &rng, night);
	}
	if (before + newcomers + 2 > city->persons_size || city->family_count + newcomers > city->families_size)
		return err_set(err, ERR_STOP, "too many nights for the city");
	for (size_t i = 0; i < newcomers; i++) {
		found_family(city, 1, 1 + (unsigned)(i * 5 + night) % 12);
		city->persons[city->person_count - 1].changed_night = (uint16_t)night;
	}
	sort_places(city);
	return 0;
}
