/*
 * layout.c - the header row, and which column means which field.
 *
 * Each of the first LAYOUT_HEAD_ROWS rows is scored as a header: ten points for each field that one
 * of its cells names, four for a column known to be of no use, five taken off for a cell that looks
 * like data. The best row (the upper one of equals) is the header if it names at least two fields.
 * Guesses count three points and are only tried when there is no header without them.
 *
 * Then the rows beside it: the row above belongs to the header when joining it names more fields,
 * or when it says of another person's columns whose they are; the row below when it only writes
 * under blanks of the header, which a merged cell above covers. An upper cell covers the blank
 * cells to its right as long as the lower row writes there. A row of field codes below the header
 * (xm, xb, …) is part of it too.
 *
 * A header that repeats 姓名 关系 … behind the student's own columns, without a row above that
 * tells whose they are, is taken as family member 1, 2 … in order.
 */
#include "producers/collect/layout.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/digest.h"
#include "producers/collect/lexicon.h"

#define LAYOUT_ARENA_MAX ((size_t)64 * 1024 * 1024)
#define GUESS_WIDTH_MAX 1000 /* columns; guessing is slow */
#define UPPER_CHARS_MAX 20   /* a longer cell is a title or a note, no group of columns */

/* What is found about the sheet while looking. */
struct search {
	struct lexicon lexicon;
	struct arena arena; /* of what follows */
	const struct row *rows;
	size_t count;
	size_t width;         /* columns of the widest row */
	struct claim *claims; /* of the header tried last: one for each column */
	uint8_t *seen;        /* by field number */
	/* For each level above the header's last row: the column of the upper cell that stands over
	 * a column. */
	size_t *covers[LAYOUT_LEVELS_MAX - 1];
};

/* The header tried: rows first … last of the search, and what it is worth. */
struct header {
	size_t first, last;
	int worth;
	size_t fields; /* named */
	size_t sure;   /* of these, not by a guess */
};

const char *
column_state_name(enum column_state state)
{
	static const char *const names[COLUMN_STATES] = { "bound", "unknown", "ignored", "rival", "blank", "returned" };

	return names[state];
}

static struct text
cell_at(const struct row *row, size_t column)
{
	if (column >= row->count)
		return (struct text){ 0 };
	return text_trim(row->cells[column].text);
}

static size_t
row_filled(const struct row *row, size_t *first)
{
	size_t filled = 0;

	for (size_t i = 0; i < row->count; i++) {
		if (cell_at(row, i).len == 0)
			continue;
		if (filled++ == 0 && first != NULL)
			*first = i;
	}
	return filled;
}

/* Six digits one behind the other, as no header has but every number and date. */
static bool
looks_like_data(struct text text)
{
	size_t run = 0;

	for (size_t i = 0; i < text.len; i++) {
		run = text.at[i] >= '0' && text.at[i] <= '9' ? run + 1 : 0;
		if (run >= 6)
			return true;
	}
	return false;
}

uint64_t
layout_cell_hash(struct text text)
{
	char key[LEXICON_KEY_MAX];
	size_t len = lexicon_key(text_trim(text), key);

	return len == 0 ? 0 : hash64(key, len, 1) | 1;
}

uint64_t
layout_row_hash(const struct row *row)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < row->count; i++) {
		struct text cell = cell_at(row, i);

		if (cell.len > 0)
			hash = hash64(cell.at, cell.len, hash + 1);
	}
	return hash;
}

/*
 * Which cell of row ${level} stands over each column: its column, or SIZE_MAX when none does. The
 * levels below are known.
 */
static void
find_covers(struct search *search, const struct header *header, size_t level)
{
	size_t *covers = search->covers[level - header->first], over = SIZE_MAX;

	for (size_t i = 0; i < search->width; i++) {
		bool below = level + 1 == header->last ? cell_at(&search->rows[header->last], i).len > 0
						       : search->covers[level + 1 - header->first][i] != SIZE_MAX;

		if (cell_at(&search->rows[level], i).len > 0) {
			covers[i] = i;
			over = below ? i : SIZE_MAX;
			continue;
		}
		if (!below)
			over = SIZE_MAX;
		covers[i] = over;
	}
}

/* The cell over column ${i} in ${level} of the header; the cell itself in the last one. */
static struct text
header_cell(const struct search *search, const struct header *header, size_t level, size_t i)
{
	size_t over = level == header->last ? i : search->covers[level - header->first][i];

	return over == SIZE_MAX ? (struct text){ 0 } : cell_at(&search->rows[level], over);
}

/* What column ${i} means in the header; its covers are known. */
static struct claim
claim_column(const struct search *search, const struct header *header, size_t i)
{
	struct claim claim = { .field = FIELD_NONE };
	size_t level = header->last;
	struct text lower = header_cell(search, header, level, i);

	while (lower.len == 0 && level > header->first)
		lower = header_cell(search, header, --level, i);
	if (lower.len == 0)
		return claim;
	/* Whose column it is comes before all else. */
	for (size_t up = level; up-- > header->first;) {
		struct text upper = header_cell(search, header, up, i);

		if (upper.len > 0 && lexicon_other_person(upper))
			return lexicon_find_under(&search->lexicon, upper, lower);
	}
	for (size_t up = level; up-- > header->first && claim.score == 0;) {
		struct text upper = header_cell(search, header, up, i);

		if (upper.len > 0)
			claim = lexicon_find_under(&search->lexicon, upper, lower);
	}
	return claim.score > 0 ? claim : lexicon_find(&search->lexicon, lower);
}

/* What each column means in ${header}, and what that is worth. */
static void
weigh(struct search *search, struct header *header)
{
	header->worth = 0;
	header->fields = 0;
	header->sure = 0;
	memset(search->seen, 0, FIELDS_MAX);
	for (size_t level = header->last; level-- > header->first;)
		find_covers(search, header, level);
	for (size_t i = 0; i < search->width; i++) {
		struct claim *claim = &search->claims[i];

		*claim = claim_column(search, header, i);
		if (looks_like_data(cell_at(&search->rows[header->last], i)))
			header->worth -= 5;
		if (claim->ignored) {
			header->worth += 4;
		} else if (claim->score > 0 && !search->seen[claim->field]) {
			search->seen[claim->field] = 1;
			header->worth += claim->score >= SCORE_SURE ? 10 : 3;
			header->fields++;
			header->sure += claim->score >= SCORE_SURE;
		}
	}
}

/* A row of groups: short words over several columns, no title, no line of unit and date. */
static bool
is_group_row(const struct search *search, size_t upper, size_t lower)
{
	size_t first = 0, first_below = 0;
	size_t filled = row_filled(&search->rows[upper], &first);

	(void)row_filled(&search->rows[lower], &first_below);
	if (filled == 0 || (filled == 1 && first <= first_below))
		return false;
	for (size_t i = 0; i < search->rows[upper].count; i++) {
		struct text text = cell_at(&search->rows[upper], i);

		if (text.len == 0)
			continue;
		if (text_length(text) > UPPER_CHARS_MAX || looks_like_data(text)
		    || text_find(text, TEXT("：")) != SIZE_MAX || text_find(text, TEXT(":")) != SIZE_MAX
		    || text_ends(text, TEXT("表")) || text_ends(text, TEXT("册")) || text_ends(text, TEXT("名单")))
			return false;
	}
	return true;
}

static bool
adjacent(const struct search *search, size_t upper)
{
	return upper + 1 < search->count && search->rows[upper].row_no + 1 == search->rows[upper + 1].row_no;
}

static bool
names_person(const struct row *row)
{
	for (size_t i = 0; i < row->count; i++) {
		if (cell_at(row, i).len > 0 && lexicon_other_person(cell_at(row, i)))
			return true;
	}
	return false;
}

/*
 * Whether row ${below} writes only where a cell of ${above} with blanks to its right covers it, and
 * at least once under such a blank (${*filled}).
 */
static bool
only_fills_blanks(const struct search *search, size_t above, size_t below, bool *filled)
{
	const struct row *upper = &search->rows[above], *lower = &search->rows[below];
	bool span = false, any = false;

	*filled = false;
	for (size_t i = 0; i < search->width; i++) {
		struct text up = cell_at(upper, i), low = cell_at(lower, i);

		if (up.len > 0)
			span = low.len > 0 && i + 1 < search->width && cell_at(upper, i + 1).len == 0;
		if (low.len == 0)
			continue;
		if (looks_like_data(low) || text_length(low) > UPPER_CHARS_MAX)
			return false;
		if (!span && !text_eq(up, low))
			return false;
		*filled = *filled || up.len == 0;
		any = true;
	}
	return any;
}

/* Whether row ${below} says the same in field codes: at least half of the columns, none otherwise.
 */
static bool
repeats_in_codes(struct search *search, size_t below)
{
	const struct row *row = &search->rows[below];
	size_t same = 0, filled = 0;

	for (size_t i = 0; i < row->count; i++) {
		struct text text = cell_at(row, i);
		struct claim claim;

		if (text.len == 0)
			continue;
		filled++;
		claim = lexicon_find(&search->lexicon, text);
		if (claim.score < SCORE_SURE || claim.ignored)
			continue;
		if (search->claims[i].field != claim.field)
			return false;
		same++;
	}
	return same >= 2 && same * 2 >= filled;
}

/* Take more rows into the header where they belong to it. Leaves the claims of the answer. */
static void
widen(struct search *search, struct header *header)
{
	while (header->last - header->first + 1 < LAYOUT_LEVELS_MAX && header->first > 0
	    && adjacent(search, header->first - 1) && is_group_row(search, header->first - 1, header->first)) {
		struct header more = { .first = header->first - 1, .last = header->last };

		weigh(search, &more);
		if (more.worth <= header->worth && !names_person(&search->rows[more.first]))
			break;
		if (more.fields < 1)
			break;
		*header = more;
	}
	while (header->last - header->first + 1 < LAYOUT_LEVELS_MAX && adjacent(search, header->last)) {
		struct header more = { .first = header->first, .last = header->last + 1 };
		bool filled;

		if (!only_fills_blanks(search, header->last, more.last, &filled))
			break;
		weigh(search, &more);
		if (!filled && more.worth <= header->worth)
			break;
		*header = more;
	}
	search->lexicon.guess = search->width <= GUESS_WIDTH_MAX;
	weigh(search, header);
}

static bool
find_header(struct search *search, struct header *best)
{
	bool found = false;

	for (size_t i = 0; i < search->count && i < LAYOUT_HEAD_ROWS; i++) {
		struct header header = { .first = i, .last = i };
		size_t filled = row_filled(&search->rows[i], NULL);

		weigh(search, &header);
		if (header.sure == 0 || (header.fields < 2 && filled > 1))
			continue;
		if (header.fields == 1) {
			const struct roles *roles = &search->lexicon.dataset->roles;
			bool role = false;

			for (size_t j = 0; j < search->width; j++) {
				if (search->claims[j].score >= SCORE_SURE
				    && (search->claims[j].field == roles->name || search->claims[j].field == roles->id_no
					|| search->claims[j].field == roles->student_no))
					role = true;
			}
			if (!role)
				continue;
		}
		if (!found || header.worth > best->worth) {
			*best = header;
			found = true;
		}
	}
	return found;
}

/* Once more with guesses, for a sheet that has one column known for sure; not for one of absurd
 * width. */
static bool
find_by_guess(struct search *search, struct header *best)
{
	if (search->width > GUESS_WIDTH_MAX)
		return false;
	search->lexicon.guess = true;
	return find_header(search, best);
}

/* The header of column ${i} as written, upper rows first, with a slash between. */
static struct text
header_text(const struct search *search, const struct header *header, size_t i, struct arena *arena)
{
	struct text last = { 0 };
	size_t len = 0, room = 1;
	char *out;

	for (size_t level = header->first; level <= header->last; level++)
		room += header_cell(search, header, level, i).len + 1;
	out = arena_take(arena, room);
	if (out == NULL)
		return (struct text){ 0 };
	for (size_t level = header->first; level <= header->last; level++) {
		struct text part = header_cell(search, header, level, i);

		if (part.len == 0 || text_eq(part, last))
			continue;
		if (len > 0)
			out[len++] = '/';
		memcpy(out + len, part.at, part.len);
		len += part.len;
		last = part;
	}
	return (struct text){ out, len };
}

/* Whether one of the columns from ${at} on, three at the most, says how the person is related. */
static bool
relation_near(const struct layout *layout, size_t at)
{
	for (size_t i = at + 1; i < layout->column_count && i <= at + 3; i++) {
		if (text_find(layout->columns[i].header, TEXT("关系")) != SIZE_MAX)
			return true;
	}
	return false;
}

/* Further columns headed like the student's name begin the family members one after another. */
static void
claim_members(struct search *search, const struct layout *layout)
{
	uint16_t name = search->lexicon.dataset->roles.name;
	unsigned member = 0;
	bool student = false;

	for (size_t i = 0; i < layout->column_count; i++) {
		struct claim claim = search->claims[i];

		if (claim.field != name || claim.score < SCORE_SURE)
			continue;
		if (!student) {
			student = true;
			continue;
		}
		if (!relation_near(layout, i))
			continue;
		member++;
		for (size_t j = i; j < layout->column_count; j++) {
			claim = lexicon_find_member(&search->lexicon, member, layout->columns[j].header);
			if (claim.score == 0 || (j > i && search->claims[j].field == name))
				break;
			search->claims[j] = claim;
		}
	}
}

static int
refuse(struct layout *layout, enum refusal reason, uint32_t row_no, size_t column, struct text detail)
{
	layout->found = false;
	layout->refusal = reason;
	layout->where = (struct frame_refuse){
		.reason = reason,
		.row = row_no,
		.column = (uint32_t)column,
	};
	layout->refusal_detail = arena_text(&layout->arena, detail);
	return layout->refusal_detail.at == NULL ? -1 : 0;
}

static bool
has_field(const struct layout *layout, uint16_t field)
{
	if (field == FIELD_NONE)
		return false;
	for (size_t i = 0; i < layout->binding.column_count; i++) {
		if (layout->binding.columns[i].field == field)
			return true;
	}
	return false;
}

/* Whether a header asks for year and month and no day: 出生年月, not 出生年月日 or 出生年月（日）.
 */
static bool
asks_month(struct text header)
{
	return text_find(header, TEXT("年月")) != SIZE_MAX && text_find(header, TEXT("日")) == SIZE_MAX;
}

/* What the header of a bound column says of another field; NULL when nothing. */
static const struct implication *
says(const struct layout *layout, const struct bound_column *bound)
{
	char folded[LEXICON_KEY_MAX];
	size_t len = header_fold(layout->columns[bound->column].header, folded, sizeof(folded));

	return dataset_implication(layout->binding.dataset, (struct text){ folded, len });
}

/*
 * Keep what headers say beside their own fields, but only where all columns agree that could say
 * something of the same field: beside 监护人姓名, 父亲电话 does not make the guardian the father.
 */
static int
keep_implied(struct layout *layout)
{
	const struct binding *binding = &layout->binding;
	struct bound_implied *implied = arena_take(&layout->arena, (binding->column_count + 1) * sizeof(*implied));
	size_t count = 0;

	if (implied == NULL)
		return -1;
	for (size_t i = 0; i < binding->column_count; i++) {
		const struct implication *said = says(layout, &binding->columns[i]);
		bool agreed = said != NULL;

		for (size_t j = 0; agreed && j < binding->column_count; j++) {
			const struct implication *other;

			if (!dataset_implies(binding->dataset, binding->columns[j].field, said->field))
				continue;
			other = says(layout, &binding->columns[j]);
			agreed = other != NULL && other->field == said->field && text_eq(other->value, said->value);
		}
		if (agreed)
			implied[count++] = (struct bound_implied){ binding->columns[i].field, said->field, said->value };
	}
	layout->binding.implied = implied;
	layout->binding.implied_count = count;
	return 0;
}

/* Give each field to its best column. 1 when two columns claim one that must not be guessed (then
 * refused). */
static int
bind(struct layout *layout, const struct search *search, const struct dataset *dataset)
{
	const struct roles *roles = &dataset->roles;
	size_t best[FIELDS_MAX];
	struct bound_column *bound;
	size_t count = 0;

	for (size_t f = 0; f < FIELDS_MAX; f++)
		best[f] = SIZE_MAX;
	for (size_t i = 0; i < layout->column_count; i++) {
		struct layout_column *column = &layout->columns[i];
		struct claim claim = search->claims[i];
		size_t rival;

		column->field = claim.field;
		column->score = claim.score;
		column->why = claim.score > 0 ? claim.why : "";
		if (claim.score == 0 || claim.ignored) {
			column->field = FIELD_NONE;
			column->state = column->state == COLUMN_RETURNED ? COLUMN_RETURNED
			    : claim.ignored                              ? COLUMN_IGNORED
			    : column->header.len > 0                     ? COLUMN_UNKNOWN
									 : COLUMN_BLANK;
			continue;
		}
		rival = best[claim.field];
		if (rival == SIZE_MAX) {
			best[claim.field] = i;
			continue;
		}
		/* Both said it outright, or both were told by the source: only a person can choose.
		 */
		if ((claim.field == roles->name || claim.field == roles->id_no) && claim.score >= SCORE_SURE
		    && layout->columns[rival].score >= SCORE_SURE
		    && (claim.score >= SCORE_SOURCE) == (layout->columns[rival].score >= SCORE_SOURCE)) {
			if (refuse(layout, REFUSED_TWO_COLUMNS, layout->header_last, i + 1,
				dataset->fields[claim.field].zh)
			    != 0)
				return -1;
			layout->found = true; /* go on to show all columns; the caller ends it */
		}
		if (claim.score > layout->columns[rival].score)
			best[claim.field] = i;
	}
	for (size_t f = 0; f < dataset->field_count; f++)
		count += best[f] != SIZE_MAX;
	bound = arena_take(&layout->arena, (count + 1) * sizeof(*bound));
	if (bound == NULL)
		return -1;
	count = 0;
	for (size_t i = 0; i < layout->column_count; i++) {
		struct layout_column *column = &layout->columns[i];

		if (column->field != FIELD_NONE)
			column->state = best[column->field] == i ? COLUMN_BOUND : COLUMN_RIVAL;
	}
	for (uint16_t f = 0; f < dataset->field_count; f++) {
		if (best[f] != SIZE_MAX)
			bound[count++] = (struct bound_column){
				.column = (uint16_t)best[f],
				.field = f,
				.month_only = dataset->fields[f].type == FIELD_DATE
				    && asks_month(layout->columns[best[f]].header),
				.whether = dataset->fields[f].type == FIELD_CODE
				    && text_find(layout->columns[best[f]].header, TEXT("是否")) != SIZE_MAX,
			};
	}
	layout->binding.columns = bound;
	layout->binding.column_count = count;
	if (keep_implied(layout) != 0)
		return -1;
	return layout->refusal == REFUSED_TWO_COLUMNS;
}

/* Whether anybody can be told apart by the bound columns; what is missing in ${missing}. */
static bool
knows_persons(const struct layout *layout, const struct dataset *dataset, struct buffer *missing)
{
	const struct roles *roles = &dataset->roles;
	bool number = has_field(layout, roles->id_no) || has_field(layout, roles->student_no)
	    || has_field(layout, roles->birth_date) || has_field(layout, roles->key);
	bool place = (has_field(layout, roles->school_code) || has_field(layout, roles->school_name))
	    && (roles->class_name == FIELD_NONE || has_field(layout, roles->class_name));
	const uint16_t wanted[] = { roles->key, roles->id_no, roles->student_no, roles->birth_date };

	for (size_t i = 0; i < layout->binding.column_count && !number; i++) {
		number = dataset->fields[layout->binding.columns[i].field].type == FIELD_DISABILITY_CARD;
	}
	if (!has_field(layout, roles->name) && roles->name != FIELD_NONE && !has_field(layout, roles->key))
		buffer_text(missing, dataset->fields[roles->name].zh);
	if (number || place)
		return missing->len == 0;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		if (wanted[i] == FIELD_NONE)
			continue;
		if (missing->len > 0)
			buffer_string(missing, i == 0 ? "；" : "、");
		buffer_text(missing, dataset->fields[wanted[i]].zh);
	}
	return false;
}

static void
rows_add_strong(struct layout_rows *rows, uint16_t column)
{
	if (rows->strong_count < LAYOUT_STRONG_MAX)
		rows->strong[rows->strong_count++] = column;
}

/* Keep what layout_classify() needs. */
static int
keep_rows(struct layout *layout, const struct search *search, const struct header *header)
{
	const struct dataset *dataset = layout->binding.dataset;
	const struct roles *roles = &dataset->roles;
	struct layout_rows *rows = arena_take(&layout->arena, sizeof(*rows));

	if (rows == NULL)
		return -1;
	rows->name = COLUMN_NONE;
	rows->birth = COLUMN_NONE;
	rows->key = COLUMN_NONE;
	for (size_t i = 0; i < layout->binding.column_count; i++) {
		const struct bound_column *bound = &layout->binding.columns[i];

		if (bound->field == roles->name)
			rows->name = bound->column;
		else if (bound->field == roles->birth_date)
			rows->birth = bound->column;
		else if (bound->field == roles->key)
			rows->key = bound->column;
		else if (bound->field == roles->id_no || bound->field == roles->student_no
		    || dataset->fields[bound->field].type == FIELD_DISABILITY_CARD)
			rows_add_strong(rows, bound->column);
		else if ((bound->field == roles->school_code || bound->field == roles->school_name
			     || bound->field == roles->grade || bound->field == roles->class_name)
		    && rows->place_count < ARRAY_LEN(rows->place))
			rows->place[rows->place_count++] = bound->column;
	}
	rows->header_count = layout->column_count;
	for (size_t r = header->first; r <= header->last; r++) {
		uint64_t *level = arena_take(&layout->arena, (layout->column_count + 1) * sizeof(*level));

		if (level == NULL)
			return -1;
		for (size_t i = 0; i < layout->column_count; i++)
			level[i] = layout_cell_hash(cell_at(&search->rows[r], i));
		rows->header[rows->level_count++] = level;
	}
	for (size_t r = 0; r < header->first; r++)
		rows->titles[rows->title_count++] = layout_row_hash(&search->rows[r]);
	layout->rows = rows;
	return 0;
}

/* Our columns of a workbook that had gone back, whatever stands above them. */
static void
claim_returned(struct search *search, struct layout *layout, const struct header *header)
{
	size_t at[OURS_COLUMNS];

	if (!layout_returned(&search->rows[header->first], header->last - header->first + 1, layout->column_count, at))
		return;
	layout->binding.explains = true;
	layout->binding.explanation = (uint16_t)at[OURS_EXPLANATION];
	for (int i = 0; i < OURS_COLUMNS; i++) {
		if (at[i] == SIZE_MAX)
			continue;
		search->claims[at[i]] = (struct claim){ FIELD_NONE, true, SCORE_NAME, "of a returned workbook" };
		layout->columns[at[i]].state = COLUMN_RETURNED;
	}
}

static int
fill(struct layout *layout, struct search *search, const struct header *header, const struct dataset *dataset,
    struct err *err)
{
	char detail[512];
	struct buffer missing;
	int answer;
	bool known;

	layout->columns = arena_take(&layout->arena, (search->width + 1) * sizeof(*layout->columns));
	if (layout->columns == NULL)
		goto memory;
	layout->column_count = search->width;
	for (size_t i = 0; i < search->width; i++) {
		struct layout_column *column = &layout->columns[i];
		char key[LEXICON_KEY_MAX];

		column->column = (uint16_t)i;
		column->header = header_text(search, header, i, &layout->arena);
		if (column->header.at == NULL)
			goto memory;
		column->key = arena_text(&layout->arena, (struct text){ key, lexicon_key(column->header, key) });
		if (column->key.at == NULL)
			goto memory;
	}
	if (header->first == header->last)
		claim_members(search, layout);
	claim_returned(search, layout, header);
	answer = bind(layout, search, dataset);
	if (answer < 0)
		goto memory;
	for (size_t i = 0; i < layout->column_count; i++) {
		const struct layout_column *column = &layout->columns[i];

		/* A sum, so that the order of columns does not matter. */
		if (column->key.len > 0)
			layout->fingerprint += hash64(column->key.at, column->key.len,
			    column->state == COLUMN_BOUND ? column->field : FIELD_NONE);
	}
	if (answer > 0) {
		layout->found = false;
		return 0;
	}
	buffer_init(&missing, sizeof(detail));
	known = knows_persons(layout, dataset, &missing);
	if (!known && refuse(layout, REFUSED_NO_PERSON, layout->header_last, 0, buffer_as_text(&missing)) != 0) {
		buffer_fini(&missing);
		goto memory;
	}
	buffer_fini(&missing);
	layout->found = known;
	if (keep_rows(layout, search, header) != 0)
		goto memory;
	return 0;
memory:
	return err_set(err, ERR_RETRY, "out of memory for the layout of a sheet");
}

int
layout_find(struct layout *layout, const struct row *rows, size_t count, const struct dataset *dataset,
    const struct source *source, const struct remembered *remembered, bool date1904, struct err *err)
{
	struct search search = {
		.lexicon = { .dataset = dataset, .source = source, .remembered = remembered },
		.rows = rows,
		.count = count,
	};
	struct header header = { 0 };
	int answer = 0;

	*layout = (struct layout){
		.binding = { .dataset = dataset, .source = source, .date1904 = date1904 },
	};
	arena_init(&layout->arena, LAYOUT_ARENA_MAX);
	arena_init(&search.arena, LAYOUT_ARENA_MAX);
	if (search.count > LAYOUT_HEAD_ROWS + LAYOUT_LEVELS_MAX)
		search.count = LAYOUT_HEAD_ROWS + LAYOUT_LEVELS_MAX;
	for (size_t i = 0; i < search.count; i++) {
		if (rows[i].count > search.width)
			search.width = rows[i].count;
	}
	search.claims = arena_take(&search.arena, (search.width + 1) * sizeof(*search.claims));
	search.seen = arena_take(&search.arena, FIELDS_MAX);
	for (size_t i = 0; i < ARRAY_LEN(search.covers); i++) {
		search.covers[i] = arena_take(&search.arena, (search.width + 1) * sizeof(*search.covers[i]));
	}
	if (search.claims == NULL || search.seen == NULL || search.covers[0] == NULL || search.covers[1] == NULL) {
		answer = err_set(err, ERR_RETRY, "out of memory for the layout of a sheet");
	} else if (!find_header(&search, &header) && !find_by_guess(&search, &header)) {
		if (refuse(layout, REFUSED_NO_HEADER, 0, 0, (struct text){ "", 0 }) != 0)
			answer = err_set(err, ERR_RETRY, "out of memory for the layout of a sheet");
	} else {
		widen(&search, &header);
		layout->header_first = rows[header.first].row_no;
		layout->header_last = rows[header.last].row_no;
		answer = fill(layout, &search, &header, dataset, err);
		if (answer == 0 && header.last + 1 < search.count && repeats_in_codes(&search, header.last + 1))
			layout->header_last = rows[header.last + 1].row_no;
	}
	arena_fini(&search.arena);
	return answer;
}

void
layout_fini(struct layout *layout)
{
	arena_fini(&layout->arena);
}
