/*
 * identity.c - who a row speaks of: the anchor of its record id, and what linking compares.
 */
#include "consumers/normalize/normalizer.h"

#include "core/base/digest.h"

/*
 * A number of 15 digits says the year by two, and those who have one were born before 1999 (GB 11643-1999 came into force).
 * Of a pupil it is a number cut short by a sheet of the school, so it is a person's number only where the row's own date is
 * of 19..; else it says who a row is about only where nothing else does.
 */
#define FIRST_GENERATION 15

/* The name as it is compared: without dots and blanks, Latin letters small. */
static struct text
fold_name(struct normalizer *normalizer, struct text name)
{
	size_t len = 0;
	bool plain = true;

	for (size_t i = 0; i < name.len; i++)
		plain = plain && (unsigned char)name.at[i] >= 0x80 && (unsigned char)name.at[i] != 0xC2;
	if (plain || name.len > sizeof(normalizer->folded))
		return name;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (c == ' ' || c == '.')
			continue;
		if ((unsigned char)c == 0xC2 && i + 1 < name.len && (unsigned char)name.at[i + 1] == 0xB7) {
			i++;
			continue;
		}
		normalizer->folded[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return (struct text){ normalizer->folded, len };
}

static uint64_t
seconds_of(struct text text)
{
	int64_t seconds;

	if (text.len < 10)
		return 0;
	seconds = ((int64_t)slots_day(text) - DAY_1970) * 86400;
	if (text.len == 19) {
		seconds += ((text.at[11] - '0') * 10 + (text.at[12] - '0')) * 3600
		    + ((text.at[14] - '0') * 10 + (text.at[15] - '0')) * 60 + (text.at[17] - '0') * 10
		    + (text.at[18] - '0');
	}
	return seconds > 0 ? (uint64_t)seconds : 0;
}

/* The anchor of a row without any number, from hashes of what there is. */
static struct anchor
anchor_by(const struct normalizer *normalizer, enum anchor_kind kind, const uint64_t *parts, size_t count)
{
	return anchor_of(kind, (struct text){ (const char *)parts, count * sizeof(*parts) }, normalizer->seed);
}

void
identity_find(struct normalizer *normalizer)
{
	struct normalized *out = &normalizer->out;
	uint64_t seed = normalizer->seed;
	struct text name = slot_value(normalizer, normalizer->name), birth = slot_value(normalizer, normalizer->birth);
	struct text id = slot_value(normalizer, normalizer->id_no);
	struct text student = slot_value(normalizer, normalizer->student_no);
	struct text class_name = slot_value(normalizer, normalizer->class_name);
	struct text grade = slot_value(normalizer, normalizer->grade);
	struct text cut = { 0 }; /* see FIRST_GENERATION */
	struct text key = slot_value(normalizer, normalizer->key);
	struct text school = slot_value(normalizer, normalizer->school_code), folded;

	out->name = name;
	if (name.len > 0) {
		folded = fold_name(normalizer, name);
		out->name_hash = hash64(folded.at, folded.len, seed);
	}
	if (school.len > 0) {
		out->school = hash64(school.at, school.len, seed);
	} else {
		school = slot_value(normalizer, normalizer->school_name);
		if (school.len > 0)
			out->school = hash64(school.at, school.len, seed + 1);
	}
	out->updated_at = seconds_of(slot_value(normalizer, normalizer->updated_at));
	if (birth.len == 10)
		out->birth_day = slots_day(birth);
	if (id.len == FIRST_GENERATION && normalizer->id.number != 0 && (birth.len < 2 || birth.at[0] != '1')) {
		cut = id;
		id.len = 0;
		normalizer->id.number = 0;
	}
	if (id.len > 0 && normalizer->id.number != 0) {
		out->number = normalizer->id.number;
		if (birth.len == 0)
			out->birth_day = normalizer->id.birth_day;
	}
	if (student.len > 0 && student.at[0] == 'G')
		out->student_core = normalizer->student.number;
	else if (student.len > 0)
		out->student_no = anchor_of(ANCHOR_STUDENT_NO, student, seed).hash;

	if (key.len > 0) {
		const struct source *sender = normalizer->binding->source;
		struct text source = sender == NULL ? (struct text){ 0 } : sender->name;
		uint64_t parts[2] = { hash64(source.at, source.len, seed), hash64(key.at, key.len, seed) };

		out->anchor = anchor_by(normalizer, ANCHOR_KEY, parts, ARRAY_LEN(parts));
	} else if (out->number != 0) {
		out->anchor = anchor_of(ANCHOR_NUMBER, (struct text){ normalizer->id.full, 18 }, seed);
	} else if (out->student_core != 0) {
		out->anchor = anchor_of(ANCHOR_NUMBER, (struct text){ normalizer->student.full, 18 }, seed);
	} else if (id.len > 0) {
		struct text type = slot_value(normalizer, normalizer->id_type);
		uint64_t parts[2] = { hash64(type.at, type.len, seed), hash64(id.at, id.len, seed) };

		out->anchor = anchor_by(normalizer, ANCHOR_DOCUMENT, parts, ARRAY_LEN(parts));
	} else if (student.len > 0) {
		out->anchor = anchor_of(ANCHOR_STUDENT_NO, student, seed);
	} else if (name.len > 0 && birth.len > 0) {
		/* in a city several children have one name and one birth date: their schools, or guardians, tell them apart */
		struct text guardian = slot_value(normalizer, normalizer->guardian);
		uint64_t near = out->school;
		uint64_t parts[3] = { out->name_hash, (uint64_t)out->birth_day };

		if (near == 0 && guardian.len > 0) {
			folded = fold_name(normalizer, guardian);
			near = hash64(folded.at, folded.len, seed + 2);
		}
		parts[2] = near;
		out->anchor = anchor_by(normalizer, ANCHOR_BIRTH, parts, ARRAY_LEN(parts));
	} else if (name.len > 0 && out->school != 0
	    && (class_name.len > 0 || normalizer->dataset->roles.class_name == FIELD_NONE)) {
		/* whose people are in no class are told apart by their school alone */
		/* what the sender put behind a name to tell namesakes apart does so here */
		uint64_t parts[4] = { out->name_hash + normalizer->mark, out->school,
			hash64(class_name.at, class_name.len, seed), hash64(grade.at, grade.len, seed) };

		out->anchor = anchor_by(normalizer, ANCHOR_CLASS, parts, ARRAY_LEN(parts));
	} else if (cut.len > 0) {
		out->anchor = anchor_of(ANCHOR_DOCUMENT, cut, seed);
	}
}
