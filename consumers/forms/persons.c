/*
 * persons.c - see persons.h.
 */
#include "consumers/forms/persons.h"

static const struct field *
field_with(const struct dataset *dataset, struct text prefix, struct text suffix)
{
	char name[128];

	if (prefix.len + suffix.len > sizeof(name))
		return NULL;
	memcpy(name, prefix.at, prefix.len);
	memcpy(name + prefix.len, suffix.at, suffix.len);
	return dataset_field(dataset, (struct text){ name, prefix.len + suffix.len });
}

/* What the header says of whose column it is: 父亲姓名, 父亲/姓名. */
static const struct implication *
implied_by(const struct dataset *dataset, struct text key)
{
	const struct implication *said = dataset_implication(dataset, key);
	char joined[512];
	size_t len = 0;

	for (size_t i = 0; said == NULL && i < key.len && len < sizeof(joined); i++) {
		if (key.at[i] != '/')
			joined[len++] = key.at[i];
	}
	return said != NULL ? said : dataset_implication(dataset, (struct text){ joined, len });
}

void
persons_find(
    const struct dataset *dataset, const struct terms *terms, const struct form_column *asked, struct persons *persons)
{
	const struct implication *said = implied_by(dataset, asked->key);
	struct text name = dataset->fields[asked->field].name, relation;

	*persons = (struct persons){ 0 };
	if (said == NULL)
		return;
	relation = dataset->fields[said->field].name;
	for (size_t i = 0; i < terms->person_count; i++) {
		struct text prefix = terms->persons[i];
		struct text field_suffix = { name.at + prefix.len, name.len - prefix.len },
			    relation_suffix = { relation.at + prefix.len, relation.len - prefix.len };

		if (!text_starts(name, prefix) || !text_starts(relation, prefix))
			continue;
		persons->relation = said->value;
		for (size_t k = 0; k < terms->person_count && persons->count < PERSONS_MAX; k++) {
			/* the member that the header means first, then the others */
			size_t other = k == 0 ? i : k <= i ? k - 1 : k;
			const struct field *field = field_with(dataset, terms->persons[other], field_suffix);
			const struct field *of = field_with(dataset, terms->persons[other], relation_suffix);

			if (field == NULL || of == NULL)
				continue;
			persons->of[persons->count].field = field->number;
			persons->of[persons->count++].relation = of->number;
		}
		return;
	}
}

struct text
persons_value(const struct persons *persons, const struct text *pupil, const struct text *values)
{
	for (size_t i = 0; i < persons->count; i++) {
		if (text_eq(pupil[persons->of[i].relation], persons->relation))
			return values[persons->of[i].field];
	}
	return (struct text){ NULL, 0 };
}
