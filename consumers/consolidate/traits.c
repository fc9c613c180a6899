/*
 * traits.c - see traits.h.
 */
#include "consumers/consolidate/traits.h"

#include <stdlib.h>

#include "consumers/consolidate/likeness/digits.h"
#include "consumers/consolidate/likeness/name.h"
#include "consumers/consolidate/likeness/words.h"
#include "core/base/digest.h"
#include "core/record/day.h"
#include "core/record/record.h"

#define WANTED_MAX 64
#define DAY_1970 25567 /* days from 1900-01-01, from which birth dates are counted, so that 0 is free */

_Static_assert(sizeof(struct digits) == 10 && sizeof(struct name_slot) == 44 && sizeof(struct place_slot) == 12
	&& sizeof(struct household_slot) == 20,
    "slots are copied as they stand");

/* ---- slots and keys ---- */

enum {
	DIGITS_PART_SAME,
	DIGITS_PART_HEAD,
	NAME_PART_SAME = 0,
	NAME_PART_SOUND,
	NAME_PART_SURNAME,
	NAME_PART_LAST,
	DATE_PART_SAME = 0,
	DATE_PART_MONTH,
	WORDS_PART_SAME = 0,
	WORDS_PART_SOUND,
	WORDS_PART_HEAD,
	PLACE_PART_SCHOOL = 0,
	PLACE_PART_CLASS,
	HOUSEHOLD_PART_PHONE = 0,
	HOUSEHOLD_PART_PERSON,
	HOUSEHOLD_PART_ADDRESS,
};

static const char *const part_names[COMPARE_BYS][5] = {
	[BY_DIGITS] = { "same", "head" },
	[BY_NAME] = { "same", "sound", "surname", "last" },
	[BY_DATE] = { "same", "month" },
	[BY_CODE] = { "same" },
	[BY_WORDS] = { "same", "sound", "head" },
	[BY_PLACE] = { "school", "class" },
	[BY_HOUSEHOLD] = { "phone", "person", "address" },
};

size_t
trait_slot_bytes(enum compare_by by)
{
	static const size_t bytes[COMPARE_BYS] = { [BY_DIGITS] = sizeof(struct digits),
		[BY_NAME] = sizeof(struct name_slot),
		[BY_DATE] = sizeof(int32_t),
		[BY_CODE] = sizeof(uint16_t),
		[BY_WORDS] = TRAIT_WORDS_BYTES,
		[BY_PLACE] = sizeof(struct place_slot),
		[BY_HOUSEHOLD] = sizeof(struct household_slot) };

	return bytes[by];
}

int
trait_part_named(enum compare_by by, struct text name)
{
	for (int i = 0; part_names[by][i] != NULL; i++) {
		if (text_eq(name, text_from(part_names[by][i])))
			return i;
	}
	return -1;
}

const char *
trait_part_name(enum compare_by by, unsigned part)
{
	return part_names[by][part];
}

/* 32 bits of a hash, never 0. */
static uint32_t
short_hash(const void *bytes, size_t len, uint64_t seed)
{
	uint32_t hash = (uint32_t)hash64(bytes, len, seed);

	return hash == 0 ? 1 : hash;
}

static uint32_t
fold_hash(uint64_t hash)
{
	uint32_t half = (uint32_t)(hash ^ hash >> 32);

	return hash == 0 ? 0 : half == 0 ? 1 : half;
}

struct text
trait_text(const struct model_compare *compare, const uint8_t *trait)
{
	const char *at = (const char *)trait + compare->at;

	return (struct text){ at, strnlen(at, compare->by == BY_NAME ? TRAIT_NAME_BYTES : TRAIT_WORDS_BYTES) };
}

bool
trait_has_name_of(const struct model_compare *compare, const uint8_t *former, const uint8_t *now)
{
	struct name_slot before, after;

	memcpy(&before, former + compare->at, sizeof(before));
	memcpy(&after, now + compare->at, sizeof(after));
	return before.former_same != 0 && before.former_same == after.same;
}

static size_t
digits_keys(const uint8_t *slot, unsigned part, uint32_t *keys)
{
	struct digits digits;
	uint8_t head[7]; /* 14 digits */

	memcpy(&digits, slot, sizeof(digits));
	if (digits.state == DIGITS_NONE || (part == DIGITS_PART_SAME && digits.state != DIGITS_VALID))
		return 0;
	if (part == DIGITS_PART_SAME) {
		keys[0] = short_hash(digits.nibbles, sizeof(digits.nibbles), 1);
		return 1;
	}
	memcpy(head, digits.nibbles, sizeof(head));
	for (size_t i = 0; i < sizeof(head); i++) {
		if (head[i] >> 4 == 15 || (head[i] & 15) == 15)
			return 0;
	}
	keys[0] = short_hash(head, sizeof(head), 2);
	return 1;
}

/* Of the surname's sound; where there is none, of what begins the name. */
static uint32_t
surname_key(struct text name)
{
	struct text surname, given;
	uint32_t key;

	name_split(name, &surname, &given);
	if (surname.len == 0)
		surname = (struct text){ name.at, name.len < 3 ? name.len : 3 };
	key = fold_hash(name_sound_key(surname));
	return key != 0 ? key : short_hash(surname.at, surname.len, 3);
}

static size_t
name_keys(const uint8_t *slot, unsigned part, uint32_t *keys)
{
	struct name_slot name;
	size_t len, last = 0, at = 0, count = 0;

	memcpy(&name, slot, sizeof(name));
	len = strnlen(name.text, sizeof(name.text));
	if (len == 0)
		return 0;
	switch (part) {
	case NAME_PART_SAME:
	case NAME_PART_SOUND:
		keys[count++] = part == NAME_PART_SAME ? name.same : name.sound;
		keys[count] = part == NAME_PART_SAME ? name.former_same : name.former_sound;
		count += keys[count] != 0 && keys[count] != keys[0];
		break;
	case NAME_PART_SURNAME:
		keys[count++] = name.surname;
		break;
	default:
		while (at < len) {
			last = at;
			(void)text_next((struct text){ name.text, len }, &at);
		}
		keys[count++] = short_hash(name.text + last, len - last, 4);
	}
	return keys[0] != 0 ? count : 0;
}

static void
make_name(struct text text, struct text former, uint8_t *slot)
{
	struct name_slot name = { .same = 0 };
	char folded[TRAIT_NAME_BYTES];
	struct text now = { name.text, name_fold(text, name.text, sizeof(name.text)) };
	struct text before = { folded, name_fold(former, folded, sizeof(folded)) };

	if (now.len > 0) {
		name.same = fold_hash(name_fold_key(now));
		name.sound = fold_hash(name_sound_key(now));
		name.surname = surname_key(now);
	}
	if (before.len > 0) {
		name.former_same = fold_hash(name_fold_key(before));
		name.former_sound = fold_hash(name_sound_key(before));
	}
	memcpy(slot, &name, sizeof(name));
}

static size_t
date_keys(const uint8_t *slot, unsigned part, uint32_t *keys)
{
	int32_t day;
	struct date date;

	memcpy(&day, slot, sizeof(day));
	if (day == 0)
		return 0;
	if (part == DATE_PART_MONTH) {
		date = day_date(day - DAY_1970);
		day = date.year * 12 + date.month;
	}
	keys[0] = short_hash(&day, sizeof(day), 5 + part);
	return 1;
}

static size_t
words_keys(struct text words, unsigned part, uint32_t *keys)
{
	if (words.len == 0)
		return 0;
	if (part == WORDS_PART_SOUND)
		keys[0] = fold_hash(words_sound_key(words));
	else
		keys[0] = short_hash(words.at, part == WORDS_PART_HEAD && words.len > 3 ? 3 : words.len, 7 + part);
	return keys[0] != 0;
}

static size_t
place_keys(const uint8_t *slot, unsigned part, uint32_t *keys)
{
	struct place_slot place;
	uint32_t parts[2];

	memcpy(&place, slot, sizeof(place));
	keys[0] = place.name != 0 ? place.name : place.code; /* every source knows the name, few the code */
	if (keys[0] == 0 || part == PLACE_PART_SCHOOL)
		return keys[0] != 0;
	if (place.class == 0)
		return 0;
	parts[0] = keys[0];
	parts[1] = (uint32_t)place.grade << 16 | place.class;
	keys[0] = short_hash(parts, sizeof(parts), 11);
	return 1;
}

static size_t
household_keys(const uint8_t *slot, unsigned part, uint32_t *keys)
{
	struct household_slot household;
	const uint32_t *from;
	size_t count = 0;

	memcpy(&household, slot, sizeof(household));
	if (part == HOUSEHOLD_PART_ADDRESS) {
		keys[0] = household.address;
		return keys[0] != 0;
	}
	from = part == HOUSEHOLD_PART_PHONE ? household.phone : household.person;
	for (size_t i = 0; i < 2; i++) {
		if (from[i] != 0 && (count == 0 || keys[0] != from[i]))
			keys[count++] = from[i];
	}
	return count;
}

size_t
trait_keys(const struct model_compare *compare, unsigned part, const uint8_t *trait, uint32_t keys[TRAIT_KEYS_MAX])
{
	const uint8_t *slot = trait + compare->at;
	uint16_t code;

	switch (compare->by) {
	case BY_DIGITS:
		return digits_keys(slot, part, keys);
	case BY_NAME:
		return name_keys(slot, part, keys);
	case BY_DATE:
		return date_keys(slot, part, keys);
	case BY_CODE:
		memcpy(&code, slot, sizeof(code));
		keys[0] = code;
		return code != 0;
	case BY_WORDS:
		return words_keys(trait_text(compare, trait), part, keys);
	case BY_PLACE:
		return place_keys(slot, part, keys);
	default:
		return household_keys(slot, part, keys);
	}
}

/* ---- making ---- */

struct trait_maker {
	const struct model *model;
	size_t field_count;
	uint8_t *wanted; /* by field: 1 + its place in ${values}, 0 when nobody compares it */
	struct value values[WANTED_MAX];
	size_t wanted_count;
};

struct trait_maker *
trait_maker_new(const struct model *model, const struct dataset *dataset)
{
	struct trait_maker *maker = calloc(1, sizeof(*maker));

	if (maker == NULL)
		return NULL;
	maker->model = model;
	maker->field_count = dataset->field_count;
	maker->wanted = calloc(dataset->field_count + 1, sizeof(*maker->wanted));
	if (maker->wanted == NULL) {
		free(maker);
		return NULL;
	}
	for (size_t i = 0; i < model->compare_count; i++) {
		for (size_t group = 0; group < FIELD_GROUPS; group++) {
			for (size_t j = 0; j < model->compares[i].field_count[group]; j++) {
				uint8_t *wanted = &maker->wanted[model->compares[i].fields[group][j]];

				if (*wanted == 0 && maker->wanted_count < WANTED_MAX)
					*wanted = (uint8_t)++maker->wanted_count;
			}
		}
	}
	return maker;
}

void
trait_maker_free(struct trait_maker *maker)
{
	if (maker == NULL)
		return;
	free(maker->wanted);
	free(maker);
}

/* The value of a group's field ${i}; empty when there is none or it is invalid, unless that is ${wanted}. */
static struct text
value_of(
    const struct trait_maker *maker, const struct model_compare *compare, enum field_group group, size_t i, bool wanted)
{
	uint8_t place = maker->wanted[compare->fields[group][i]];
	const struct value *value;

	if (place == 0)
		return (struct text){ 0 };
	value = &maker->values[place - 1];
	return value->invalid && !wanted ? (struct text){ 0 } : value->text;
}

static struct text
first_of(const struct trait_maker *maker, const struct model_compare *compare, enum field_group group)
{
	for (size_t i = 0; i < compare->field_count[group]; i++) {
		struct text text = value_of(maker, compare, group, i, false);

		if (text.len > 0)
			return text;
	}
	return (struct text){ 0 };
}

static uint32_t
hash_of(struct text text, uint64_t seed)
{
	return text.len == 0 ? 0 : short_hash(text.at, text.len, seed);
}

static uint16_t
tiny_hash(struct text text, uint64_t seed)
{
	uint16_t hash = (uint16_t)hash_of(text, seed);

	return text.len > 0 && hash == 0 ? 1 : hash;
}

static void
make_words(struct text text, char *slot)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len && len < TRAIT_WORDS_BYTES; i++) {
		char c = text.at[i];

		if (c == ' ' && (len == 0 || slot[len - 1] == ' '))
			continue;
		slot[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	while (len > 0 && (slot[len - 1] == ' ' || (len == TRAIT_WORDS_BYTES && (slot[len - 1] & 0x80) != 0)))
		slot[--len] = '\0'; /* no blank at the end, no character cut in two */
}

static void
add_hash(uint32_t *into, uint32_t hash)
{
	if (hash == 0 || into[0] == hash || into[1] == hash)
		return;
	if (into[0] == 0)
		into[0] = hash;
	else if (into[1] == 0)
		into[1] = hash;
}

#define DIVISION_BYTES 30 /* a province or prefecture ends before this */

/* Where ${end} stands in the first bytes of ${address}, if nothing that ends a smaller division stands before it; else SIZE_MAX. */
static size_t
division_end(struct text address, const char *end)
{
	static const char stops[][4] = { "区", "县", "旗", "乡", "镇", "路", "街" };

	for (size_t i = 0; i + 3 <= address.len && i <= DIVISION_BYTES; i++) {
		if ((address.at[i] & 0xC0) == 0x80)
			continue;
		if (memcmp(address.at + i, end, 3) == 0)
			return i;
		for (size_t k = 0; k < ARRAY_LEN(stops); k++) {
			if (memcmp(address.at + i, stops[k], 3) == 0)
				return SIZE_MAX;
		}
	}
	return SIZE_MAX;
}

/* Without province and prefecture: half of the lists leave them out. */
static struct text
local_address(struct text address)
{
	static const char ends[][4] = { "省", "市" };

	for (size_t round = 0; round < ARRAY_LEN(ends); round++) {
		size_t end = division_end(address, ends[round]);

		if (end == SIZE_MAX || end + 3 >= address.len)
			continue;
		address.at += end + 3;
		address.len -= end + 3;
	}
	return address;
}

static void
make_household(const struct trait_maker *maker, const struct model_compare *compare, uint8_t *slot)
{
	struct household_slot household = { 0 };

	for (size_t i = 0; i < compare->field_count[GROUP_PHONES]; i++) {
		struct text rest = value_of(maker, compare, GROUP_PHONES, i, false);

		while (rest.len > 0) { /* several stand with a blank between them */
			const char *end = memchr(rest.at, ' ', rest.len);
			size_t len = end == NULL ? rest.len : (size_t)(end - rest.at);

			add_hash(household.phone, hash_of((struct text){ rest.at, len }, 21));
			rest.at += len + (end != NULL);
			rest.len -= len + (end != NULL);
		}
	}
	for (size_t i = 0; i < compare->field_count[GROUP_PEOPLE]; i++) {
		struct text name = value_of(maker, compare, GROUP_PEOPLE, i, false);
		char folded[TRAIT_NAME_BYTES];
		size_t len = name_fold(name, folded, sizeof(folded));

		add_hash(household.person, hash_of((struct text){ folded, len }, 22));
	}
	household.address = hash_of(local_address(first_of(maker, compare, GROUP_ADDRESSES)), 23);
	memcpy(slot, &household, sizeof(household));
}

static void
make_slot(const struct trait_maker *maker, const struct model_compare *compare, uint8_t *slot)
{
	struct text text = value_of(maker, compare, GROUP_FIELDS, 0, compare->by == BY_DIGITS);
	struct digits digits;
	struct place_slot place = { 0 };
	uint16_t code;
	struct date date;
	int32_t day = 0;

	switch (compare->by) {
	case BY_DIGITS:
		digits_read(text, &digits);
		memcpy(slot, &digits, sizeof(digits));
		break;
	case BY_NAME:
		make_name(text,
		    compare->field_count[GROUP_FORMER] > 0 ? value_of(maker, compare, GROUP_FORMER, 0, false)
							   : (struct text){ 0 },
		    slot);
		break;
	case BY_DATE:
		if (day_parse(text, &date))
			day = day_of(date) + DAY_1970;
		memcpy(slot, &day, sizeof(day));
		break;
	case BY_CODE:
		code = tiny_hash(text, 24);
		memcpy(slot, &code, sizeof(code));
		break;
	case BY_WORDS:
		make_words(text, (char *)slot);
		break;
	case BY_PLACE:
		place.code = hash_of(first_of(maker, compare, GROUP_FIELDS), 25);
		place.name = hash_of(first_of(maker, compare, GROUP_NAMES), 26);
		place.grade = tiny_hash(first_of(maker, compare, GROUP_GRADES), 27);
		place.class = tiny_hash(first_of(maker, compare, GROUP_CLASSES), 28);
		memcpy(slot, &place, sizeof(place));
		break;
	default:
		make_household(maker, compare, slot);
	}
}

void
trait_make(struct trait_maker *maker, struct text values, uint8_t *trait)
{
	struct value_cursor cursor = { .bytes = values };
	struct value value;

	memset(maker->values, 0, maker->wanted_count * sizeof(*maker->values));
	memset(trait, 0, maker->model->trait_bytes);
	while (values_next(&cursor, &value) == 1) {
		if (value.field < maker->field_count && maker->wanted[value.field] != 0)
			maker->values[maker->wanted[value.field] - 1] = value;
	}
	for (size_t i = 0; i < maker->model->compare_count; i++)
		make_slot(maker, &maker->model->compares[i], trait + maker->model->compares[i].at);
}

uint64_t
traits_digest(const struct model *model, const struct dataset *dataset)
{
	uint64_t both[3] = { model->digest, dataset->digest, TRAITS_VERSION };

	return hash64(both, sizeof(both), 0);
}
