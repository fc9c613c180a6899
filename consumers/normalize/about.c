/*
 * about.c - what a query is about, as a hash: the values that its rule looked at, as they are used. As long as these come again the query is
 * the same query, whatever else the row says, and however its cells are written; what somebody explained once stays explained.
 *
 * Where cleaning takes something off a cell (a note behind a name, a word for nothing, control characters), the query is about
 * just that, so the cell as written counts, too.
 */
#include "consumers/normalize/normalizer.h"

#include "core/base/digest.h"

/* What the slot holds, told from the next one by its state and length. */
static uint64_t
add_slot(const struct normalizer *normalizer, uint16_t slot, uint64_t hash)
{
	struct text text = slot_value(normalizer, slot);
	uint64_t head[2] = { slot == NO_SLOT ? UINT64_MAX : normalizer->slots[slot].state, text.len };

	return hash64(text.at, text.len, hash64(head, sizeof(head), hash));
}

/* The other slots that the rule compares with. */
static uint64_t
add_others(const struct normalizer *normalizer, const struct issue *issue, uint16_t slot, uint64_t hash)
{
	switch ((enum rule)issue->rule) {
	case RULE_id_type_mismatch:
		return add_slot(normalizer, normalizer->id_type, add_slot(normalizer, normalizer->id_no, hash));
	case RULE_id_birth_mismatch:
		return add_slot(normalizer, normalizer->birth, add_slot(normalizer, normalizer->id_no, hash));
	case RULE_id_sex_mismatch:
		return add_slot(normalizer, normalizer->sex, add_slot(normalizer, normalizer->id_no, hash));
	case RULE_student_no_id_mismatch:
		return add_slot(normalizer, normalizer->id_no, hash);
	case RULE_student_no_birth_mismatch:
		return add_slot(normalizer, normalizer->birth, hash);
	case RULE_disability_card_mismatch:
		hash = add_slot(normalizer, normalizer->id_no, hash);
		return add_slot(normalizer, normalizer->level, add_slot(normalizer, normalizer->kind, hash));
	case RULE_status_impossible:
		return add_slot(normalizer, normalizer->grade, hash);
	case RULE_fields_contradict:
		for (size_t i = 0; i < normalizer->agreed_count; i++) {
			if (normalizer->agreed[i].field == slot)
				hash = add_slot(normalizer, normalizer->agreed[i].with, hash);
		}
		return hash;
	default:
		return hash;
	}
}

static bool
takes_off(uint16_t rule)
{
	return rule == RULE_name_note || rule == RULE_null_literal || rule == RULE_text_control;
}

uint64_t
issue_about(const struct normalizer *normalizer, const struct issue *issue)
{
	uint16_t slot = normalizer_slot(normalizer, issue->field);
	uint64_t hash = add_others(normalizer, issue, slot, add_slot(normalizer, slot, 1));

	if (takes_off(issue->rule)) {
		struct text raw = text_trim(issue->raw);

		hash = hash64(raw.at, raw.len, hash);
	}
	return hash != 0 ? hash : 1;
}

/* Line breaks and the like become spaces, so that it can stand in a line; cut where it is too long. */
struct text
explanation_find(struct normalizer *normalizer, const struct cell *cells, size_t count)
{
	const struct binding *binding = normalizer->binding;
	struct text cell = { 0 }, out = { normalizer->explanation, 0 };

	if (binding->explains && binding->explanation < count && cells[binding->explanation].kind != CELL_ERROR)
		cell = text_trim(cells[binding->explanation].text);
	if (cell_null(cell) || cell_left(cell))
		return (struct text){ 0 };
	for (size_t pos = 0; pos < cell.len;) {
		uint32_t cp = text_next(cell, &pos);

		if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x2028 || cp == 0x2029)
			cp = ' ';
		if (out.len + 4 > sizeof(normalizer->explanation))
			break;
		out.len += text_put(normalizer->explanation + out.len, cp);
	}
	return text_trim(out);
}
