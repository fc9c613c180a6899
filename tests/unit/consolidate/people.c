/*
 * people.c - see people.h.
 */
#include "tests/unit/consolidate/people.h"

#include <stdlib.h>

#include "consumers/consolidate/likeness/digits.h"
#include "core/base/digest.h"
#include "core/record/definition.h"
#include "core/record/record.h"
#include "tests/support/support.h"

void
people_init(struct people *people)
{
	struct err err = { 0 };

	*people = (struct people){ .dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err) };
	if (people->dataset == NULL
	    || model_load(&people->model, PROJECT_ROOT "/schemas/student_link.xml", people->dataset, NULL, NULL, &err)
		!= 0)
		fail_msg("%s", err.what);
	people->maker = trait_maker_new(people->model, people->dataset);
	people->bytes = calloc(PEOPLE_MAX, people->model->trait_bytes);
	assert_non_null(people->maker);
	assert_non_null(people->bytes);
	people->traits = (struct traits){ .at = people->bytes, .trait_bytes = people->model->trait_bytes };
}

void
people_fini(struct people *people)
{
	trait_maker_free(people->maker);
	model_free(people->model);
	dataset_free(people->dataset);
	free(people->bytes);
}

void
people_clear(struct people *people)
{
	people->count = 0;
}

static int
value_order(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	return (x->field > y->field) - (x->field < y->field);
}

uint32_t
people_add(struct people *people, uint16_t source, const char *says)
{
	struct text rest = text_from(says), word;
	struct value values[32];
	struct buffer encoded;
	size_t count = 0;
	uint32_t place = (uint32_t)people->count++;

	assert_true(people->count <= PEOPLE_MAX);
	people->sides[place] = (struct pair_side){ .source = source, .stated = 1 };
	while (definition_word(&rest, ' ', &word)) {
		size_t equals = text_find(word, TEXT("="));
		const struct field *field;
		struct value *value = &values[count++];

		assert_true(equals != SIZE_MAX && count <= ARRAY_LEN(values));
		field = dataset_field(people->dataset, (struct text){ word.at, equals });
		assert_non_null(field);
		*value = (struct value){ .field = field->number,
			.text = { word.at + equals + 1, word.len - equals - 1 } };
		if (text_starts(value->text, TEXT("!"))) {
			value->invalid = true;
			value->text = (struct text){ value->text.at + 1, value->text.len - 1 };
		} else if (field->number == people->dataset->roles.id_no) {
			struct digits digits;

			digits_read(value->text, &digits);
			assert_int_equal(digits.state, DIGITS_VALID);
			people->sides[place].number = (uint32_t)hash64(digits.nibbles, sizeof(digits.nibbles), 0) | 1;
		}
	}
	qsort(values, count, sizeof(*values), value_order);
	buffer_init(&encoded, 4096);
	values_encode(values, count, &encoded);
	assert_false(buffer_failed(&encoded));
	trait_make(people->maker, buffer_as_text(&encoded), people->bytes + place * people->traits.trait_bytes);
	buffer_fini(&encoded);
	people->traits.entries = people->count;
	return place;
}
