/*
 * city.h - the invented city: counties, schools, families, pupils, and what happens to them from
 * night to night.
 *
 * Division codes and county names are those of a real city, so that code tables know them; every
 * school and person is invented. What is true of a pupil stands in struct person; less telling
 * facts (distance to school, blood group) are drawn anew from the person's number wherever they are
 * asked.
 */
#ifndef YICI_OPS_SAMPLE_CITY_H
#define YICI_OPS_SAMPLE_CITY_H

#include "core/base/err.h"
#include "ops/sample/mix.h"
#include "ops/sample/rng.h"

#define CITY_COUNTIES 12
#define CITY_YEAR 2026 /* the school year that has just begun */
#define NAME_BYTES 64

enum stage { STAGE_PRIMARY = 1, STAGE_JUNIOR, STAGE_SENIOR };

struct county {
	const char *code, *name, *postcode;
	bool rural;
};
extern const struct county city_counties[CITY_COUNTIES];

struct school {
	char code[11];
	char name[NAME_BYTES];
	uint8_t county;
	uint8_t stage;
	uint32_t pupils[13]; /* by grade, ever admitted: gives class and seat */
};

struct family {
	char father[NAME_BYTES], mother[NAME_BYTES], address[160];
	char father_phone[12], mother_phone[12];
	char father_id[20], mother_id[20];
	uint8_t county;
};

enum id_kind { ID_RESIDENT, ID_NONE, ID_HONG_KONG, ID_MACAO, ID_TAIWAN, ID_PASSPORT };

enum presence { AWAY, PRESENT, MOVED_OUT };

struct person {
	uint32_t number; /* from 1 */
	uint32_t family;
	uint32_t twins; /* 0, or a number that the children of one birth share */
	uint32_t school, old_school;
	uint16_t birth_year;
	uint8_t birth_month, birth_day;
	uint8_t grade; /* 1 to 12 */
	uint8_t class_no;
	uint16_t seat;
	bool boy, rural, boarder, migrant, disabled;
	uint8_t left_behind; /* as the registry counts: 0, 1, 2 */
	uint8_t ethnic;      /* index into city_ethnic */
	uint8_t id_kind;
	uint8_t presence;
	uint16_t changed_night; /* the last night in which a fact of the registry changed */
	char name[NAME_BYTES], former_name[NAME_BYTES];
	char id_no[20], former_id_no[20], student_no[20];
	char phone[12];
};

struct ethnic {
	const char *name, *code, *obsolete;
};
extern const struct ethnic city_ethnic[];

struct city {
	uint64_t seed;
	const struct mix *mix;
	struct school *schools;
	size_t school_count;
	struct family *families;
	size_t family_count, families_size;
	struct person *persons;
	size_t person_count, persons_size;
	uint64_t *taken; /* hash set of resident numbers given out */
	size_t taken_size;
	uint32_t *order;       /* persons by school, grade, class, seat */
	size_t *school_begins; /* in ${order}; school_count + 1 of them */
};

/* With room for what ${nights} bring. */
MUST_CHECK int city_build(
    struct city *city, size_t students, uint64_t seed, const struct mix *mix, unsigned nights, struct err *err);
void city_free(struct city *city);

/* What happens before ${night} (from 2): changes, newcomers, leavers. Sets the order anew. */
MUST_CHECK int city_live(struct city *city, unsigned night, struct err *err);

/*
 * A resident number with ${sequence} or, where ${city} (may be NULL: any will do) has given that out, one near it; ${rng} is asked only then.
 */
void city_resident(struct city *city, struct rng *rng, const char *division, unsigned year, unsigned month,
    unsigned day, bool boy, unsigned sequence, char id_no[20]);

/* A mobile telephone's number. */
void city_mobile(struct rng *rng, char phone[12]);

/* Check character of 17 digits (GB 11643). */
char city_check_character(const char *digits);

#endif
