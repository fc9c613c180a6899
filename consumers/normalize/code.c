/*
 * code.c - values of code sets: what the source says they mean comes first, then the set itself.
 * Divisions also as a path of names, told apart level by level, because short names repeat across
 * the country.
 */
#include "consumers/normalize/cell.h"

static enum cell_state
found(struct cell_work *work, const struct code *code, struct text *out)
{
	if (code->obsolete)
		cell_say(work, RULE_code_obsolete);
	*out = code->code;
	return CELL_GOOD;
}

/* The cell without what nobody sees; as it is when it does not fit. */
static struct text
tidy(const struct cell *cell, char *narrow, size_t size)
{
	size_t len = cell_narrow(cell->text, narrow, size, true);

	return len == SIZE_MAX ? cell->text : (struct text){ narrow, len };
}

/* The meaning of the cell, by source, field or code set. */
static enum cell_state
look_up(struct cell_work *work, const struct field *field, struct text text, struct text *out)
{
	struct text meaning;
	const struct code *code;
	bool ambiguous = false;

	meaning = source_meaning(work->source, field, text);
	if (meaning.len > 0) {
		code = field->codes != NULL ? codes_by_code(field->codes, meaning) : NULL;
		*out = code != NULL ? code->code : meaning;
		return CELL_GOOD;
	}
	if (field->codes == NULL)
		return CELL_EMPTY;
	code = codes_find(field->codes, text, &ambiguous);
	if (code != NULL)
		return found(work, code, out);
	return ambiguous ? cell_bad(work, RULE_code_ambiguous) : CELL_EMPTY;
}

/*
 * Under 是否住校 a 1 says yes, though 1 is the code of day pupils: where the field has a meaning for 是 and 否, the digits are
 * read as these. Where it has none (是否留守儿童, whose codes are 0, 1 and 2) they stay codes.
 */
static struct text
answer(const struct cell_work *work, const struct field *field, struct text text)
{
	bool yes = text_eq(text, TEXT("1")) || text_eq(text, TEXT("1.0")) || text_eq(text, TEXT("01"));
	bool no = text_eq(text, TEXT("0")) || text_eq(text, TEXT("0.0")) || text_eq(text, TEXT("00"));
	struct text word = yes ? TEXT("是") : TEXT("否");

	return (yes || no) && source_meaning(work->source, field, word).len > 0 ? word : text;
}

enum cell_state
code_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[256];
	struct text text = tidy(cell, narrow, sizeof(narrow));
	enum cell_state state;

	if (text.len == 0)
		return CELL_EMPTY;
	if (work->whether)
		text = answer(work, field, text);
	state = look_up(work, field, text, out);
	if (state == CELL_EMPTY && cell->kind == CELL_NUMBER && text_ends(text, TEXT(".0"))) {
		text.len -= 2;
		state = look_up(work, field, text, out);
	}
	return state == CELL_EMPTY ? cell_bad(work, RULE_code_unknown) : state;
}

/* Without the last word for a kind of division. */
static struct text
short_name(struct text name)
{
	static const char *const kinds[] = { "特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区",
		"自治州", "自治县", "省", "市", "区", "县", "盟", "旗" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct text kind = text_from(kinds[i]);

		if (text_ends(name, kind) && name.len - kind.len >= 6) {
			name.len -= kind.len;
			return name;
		}
	}
	return name;
}

static bool
eat_name(struct text *text, struct text name)
{
	struct text brief = short_name(name);

	if (text_starts(*text, name)) {
		text->at += name.len;
		text->len -= name.len;
		return true;
	}
	if (brief.len < name.len && text_starts(*text, brief)) {
		text->at += brief.len;
		text->len -= brief.len;
		return true;
	}
	return false;
}

/* Two for a province, four for a city, six for a county. */
static size_t
level(struct text code)
{
	if (code.len != 6)
		return 0;
	return memcmp(code.at + 2, "0000", 4) == 0 ? 2 : memcmp(code.at + 4, "00", 2) == 0 ? 4 : 6;
}

/*
 * The longest path of names that ${text} begins with, below ${above} (its first ${fixed} digits):
 * the deepest division found, NULL when none is; ${*rest} is what follows.
 */
static const struct code *
walk(const struct codes *codes, struct text text, const struct code *above, size_t fixed, struct text *rest)
{
	const struct code *best = above;

	*rest = text;
	for (size_t i = 0; i < codes_count(codes); i++) {
		const struct code *code = codes_at(codes, i);
		size_t deep = level(code->code);
		struct text tail = text, after;
		const struct code *end;

		if (deep <= fixed || (fixed == 0 && deep == 6)
		    || (fixed > 0 && memcmp(code->code.at, above->code.at, fixed) != 0) || !eat_name(&tail, code->label))
			continue;
		end = deep < 6 ? walk(codes, tail, code, deep, &after) : code;
		if (deep == 6)
			after = tail;
		if (best == above || after.len < rest->len) {
			best = end;
			*rest = after;
		}
	}
	return best;
}

enum cell_state
division_clean(struct cell_work *work, const struct field *field, const struct cell *cell, struct text *out)
{
	char narrow[256];
	struct text text = { narrow, cell_narrow(cell->text, narrow, sizeof(narrow), false) }, rest;
	const struct code *code;
	enum cell_state state;

	if (text.len == 0)
		return CELL_EMPTY;
	if (text.len == SIZE_MAX || field->codes == NULL)
		return cell_bad(work, RULE_code_unknown);
	if (text.len > 2 && text_ends(text, TEXT(".0")))
		text.len -= 2;
	if (text_is_digits(text) && (text.len == 12 || text.len == 9)) {
		code = codes_by_code(field->codes, (struct text){ narrow, 6 });
		if (code == NULL)
			return cell_bad(work, RULE_code_unknown);
		found(work, code, out);
		/* towns and villages behind the county are kept, though the set does not know them
		 */
		if (memcmp(narrow + 6, "000000", text.len - 6) != 0)
			*out = text.len == cell->text.len ? cell->text : cell_copy(work, narrow, text.len);
		return CELL_GOOD;
	}
	state = look_up(work, field, text, out);
	if (state != CELL_EMPTY)
		return state;
	code = walk(field->codes, text, NULL, 0, &rest);
	if (code == NULL || (rest.len > 0 && level(code->code) != 6))
		return cell_bad(work, RULE_code_unknown);
	return found(work, code, out);
}
