/*
 * desk_rows.c - see desk_rows.h. Columns are told by their headers: a clerk may have moved them.
 */
#include "ops/yici/desk_rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/record/flat_json.h"

#define HEADER_ROWS_MAX 30 /* the header is among the first rows */
#define CASE_ROWS_MAX DECISIONS_RECORDS_MAX

enum column { COL_CASE, COL_RECORD, COL_CHOICE, COL_WHY, COL_WHO, COL_STUDENT, COL_FIELD, COL_VALUE, COLUMNS };

/* How each may be headed. */
static const char *const heads[COLUMNS][4] = {
	[COL_CASE] = { "案号", "case" },
	[COL_RECORD] = { "记录号", "record_id" },
	[COL_CHOICE] = { "处理", "decision" },
	[COL_WHY] = { "说明", "理由", "why" },
	[COL_WHO] = { "处理人", "更正人", "who" },
	[COL_STUDENT] = { "学生编号", "student_id" },
	[COL_FIELD] = { "字段", "field" },
	[COL_VALUE] = { "正确的值", "正确值", "value" },
};

/* An entry that this file's row made earlier. */
struct made {
	uint64_t row, number;
};

struct desk_rows {
	struct desk_file *file;
	struct arena *arena;
	struct held *held;
	const struct open_cases *cases;
	struct journal *journal;
	struct date date;
	char digest[65];
	size_t header;     /* index of the header row */
	struct made *made; /* by earlier nights, out of this file */
	size_t made_count;
	size_t at[COLUMNS]; /* SIZE_MAX: has no such column */
	struct buffer words;
};

static struct text
cell(const struct desk_rows *desk, const struct answered_row *row, enum column column)
{
	size_t at = desk->at[column];

	return at < row->count ? text_trim(row->cells[at]) : (struct text){ "", 0 };
}

static bool
is_blank(const struct answered_row *row)
{
	for (size_t i = 0; i < row->count; i++) {
		if (text_trim(row->cells[i]).len > 0)
			return false;
	}
	return true;
}

/* The row that has all of ${wanted}; false when none does. */
static bool
find_header(struct desk_rows *desk, const enum column *wanted, size_t count)
{
	const struct dataset *dataset = desk->held->definitions.dataset;

	for (size_t r = 0; r < desk->file->count && r < HEADER_ROWS_MAX; r++) {
		const struct answered_row *row = &desk->file->rows[r];
		size_t found = 0;

		for (size_t c = 0; c < COLUMNS; c++) {
			desk->at[c] = SIZE_MAX;
			for (size_t i = 0; i < row->count && desk->at[c] == SIZE_MAX; i++) {
				char folded[128];
				struct text head = row->cells[i];

				if (head.len >= sizeof(folded))
					continue;
				head = (struct text){ folded, header_fold(head, folded, sizeof(folded)) };
				for (size_t k = 0; k < 4 && heads[c][k] != NULL; k++) {
					if (text_eq(head, text_from(heads[c][k])))
						desk->at[c] = i;
				}
				if (c == COL_STUDENT && (text_eq(head, dataset->id_key) || text_eq(head, dataset->id_zh)))
					desk->at[c] = i;
			}
		}
		for (size_t i = 0; i < count; i++)
			found += desk->at[wanted[i]] != SIZE_MAX;
		if (found == count) {
			desk->header = r;
			return true;
		}
	}
	return false;
}

/* ${row} is told ${says}, which is copied. */
static int
answer(struct desk_rows *desk, struct answered_row *row, struct text says, bool refused, struct err *err)
{
	row->says = arena_text(desk->arena, says);
	row->refused = refused;
	desk->file->refused += refused;
	return row->says.at != NULL ? 0 : err_set(err, ERR_RETRY, "out of memory for an answer");
}

/* What the log has from this file already. */
static int
find_made(struct desk_rows *desk, struct err *err)
{
	const struct journal_log *log = &desk->held->log;

	desk->made = arena_take(desk->arena, (desk->file->count + 1) * 3 * sizeof(*desk->made));
	if (desk->made == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a workbook of decisions");
	for (size_t i = 0; i < log->count && desk->made_count < desk->file->count * 3; i++) {
		struct made *made = &desk->made[desk->made_count];

		made->number = log->at[i].number;
		if (flat_json_string(log->at[i].line, TEXT("file"), &desk->words)
		    && text_eq(buffer_as_text(&desk->words), text_from(desk->digest))
		    && flat_json_string(log->at[i].line, TEXT("row"), &desk->words)
		    && text_to_u64(buffer_as_text(&desk->words), &made->row))
			desk->made_count++;
	}
	return 0;
}

/* The last entry that this file's row made earlier; 0 for none. */
static uint64_t
made_before(const struct desk_rows *desk, uint32_t row_no)
{
	for (size_t i = desk->made_count; i-- > 0;) {
		if (desk->made[i].row == row_no)
			return desk->made[i].number;
	}
	return 0;
}

/* One more entry, or the number of the one that was made of it before. */
static int
enter(struct desk_rows *desk, const struct answered_row *row, const char *action, const struct journal_member *members,
    size_t count, struct err *err)
{
	struct journal_member all[12];
	struct text who = cell(desk, row, COL_WHO);
	char number[16];
	size_t n = 0;

	snprintf(number, sizeof(number), "%u", row->row_no);
	for (; n < count; n++)
		all[n] = members[n];
	all[n++] = (struct journal_member){ "why", cell(desk, row, COL_WHY) };
	all[n++] = (struct journal_member){ "file", text_from(desk->digest) };
	all[n++] = (struct journal_member){ "row", text_from(number) };
	desk->file->decisions++;
	return journal_add(desk->journal, who.len > 0 ? who : desk->file->arrival.file, action, all, n, err);
}

static struct text
recorded(struct desk_rows *desk, uint64_t number, const char *note)
{
	const struct command *command = desk->held->command;

	buffer_clear(&desk->words);
	buffer_format(&desk->words, "%s %llu%s%s", say(command, "已记录，决定号", "recorded as decision"),
	    (unsigned long long)number, note[0] != '\0' ? say(command, "。", ". ") : "", note);
	return buffer_as_text(&desk->words);
}

/* ---- review ---- */

struct case_rows {
	struct answered_row *rows[CASE_ROWS_MAX];
	struct text records[CASE_ROWS_MAX], students[CASE_ROWS_MAX];
	char hex[CASE_ROWS_MAX][2 * STUDENT_ID_BYTES + 1];
	enum choice choices[CASE_ROWS_MAX];
	size_t count;
};

static int
on_student(void *self, const struct link *link, struct text values, struct err *err)
{
	(void)values;
	(void)err;
	hex_of(link->student, STUDENT_ID_BYTES, self);
	return 0;
}

static bool
choice_of(struct desk_rows *desk, struct text word, enum choice *choice)
{
	for (int i = 0; i < CHOICES; i++) {
		struct text label = choice_label((enum choice)i);

		if (text_eq(label, word)
		    || text_eq(dataset_says(desk->held->definitions.dataset, label, desk->arena), word)) {
			*choice = (enum choice)i;
			return true;
		}
	}
	return false;
}

/* Fill in what the rows say; the reason why they cannot be used, NULL for none. */
static const char *
read_case(struct desk_rows *desk, struct case_rows *of, const struct open_case *open, struct err *err)
{
	const struct command *command = desk->held->command;

	for (size_t i = 0; i < of->count; i++) {
		uint8_t id[RECORD_ID_BYTES];
		int got = 0;

		of->records[i] = cell(desk, of->rows[i], COL_RECORD);
		if (!choice_of(desk, cell(desk, of->rows[i], COL_CHOICE), &of->choices[i]))
			return say(command, "处理意见不在可选项内，请从下拉列表中选择",
			    "what stands in 处理 is none of the choices");
		if (hex_parse(of->records[i], id, sizeof(id)))
			got = store_record(&desk->held->store, id, on_student, of->hex[i], err);
		if (got < 0)
			return NULL;
		if (got == 0)
			return say(command, "记录号不对或记录已不存在", "there is no such record");
		for (size_t k = 0; k < i; k++) {
			if (text_eq(of->records[k], of->records[i]))
				return say(command, "同一记录出现了两次", "a record stands there twice");
		}
		of->students[i] = text_from(of->hex[i]);
	}
	for (size_t i = 0; open != NULL && i < open->count; i++) {
		size_t k = 0;

		while (k < of->count && !text_eq(of->records[k], open->records[i].text[CASE_RECORD]))
			k++;
		if (k == of->count)
			return say(
			    command, "此案缺少几行，请保留整案", "lines of this case are missing; keep them together");
	}
	return NULL;
}

static int
answer_case(struct desk_rows *desk, struct case_rows *of, struct text says, bool refused, struct err *err)
{
	for (size_t i = 0; i < of->count; i++) {
		if (answer(desk, of->rows[i], says, refused, err) != 0)
			return -1;
	}
	return 0;
}

/* The rows of one case. */
static int
decide_case(struct desk_rows *desk, struct case_rows *of, struct err *err)
{
	const struct command *command = desk->held->command;
	struct text number = cell(desk, of->rows[0], COL_CASE);
	const struct open_case *open = open_cases_find(desk->cases, number);
	struct answered_row *with = of->rows[0];
	struct buffer content;
	struct verdict verdict;
	const char *refused;
	uint64_t before;
	bool chosen = false;
	int got, result = 0;

	for (size_t i = 0; i < of->count; i++)
		chosen = chosen || cell(desk, of->rows[i], COL_CHOICE).len > 0;
	for (size_t i = of->count; i-- > 0;) { /* the line on which something is said */
		if (cell(desk, of->rows[i], COL_WHY).len > 0 || cell(desk, of->rows[i], COL_WHO).len > 0)
			with = of->rows[i];
	}
	if (!chosen)
		return answer_case(desk, of, text_from(say(command, "没有处理", "not decided")), false, err);
	if ((before = made_before(desk, with->row_no)) != 0)
		return answer_case(desk, of, recorded(desk, before, ""), false, err);
	err->kind = ERR_NONE;
	refused = read_case(desk, of, open, err);
	if (refused == NULL && err->kind != ERR_NONE)
		return -1;
	if (refused == NULL) {
		got = verdict_make(&verdict, of->records, of->students, of->choices, of->count, command->chinese,
		    desk->arena, &refused, err);
		if (got < 0)
			return -1;
	}
	if (refused != NULL)
		return answer_case(desk, of, text_from(refused), true, err);
	buffer_init(&content, JOURNAL_LINE_MAX);
	for (size_t i = 0; i < verdict.count && result == 0; i++) {
		if (verdict_content(&verdict.at[i], &desk->held->store, &content, err) != 0
		    || enter(desk, with, "decide",
			   (struct journal_member[]){ { "case", number },
			       { "decision", text_from(decisions_word(verdict.at[i].kind)) },
			       { "records", text_from(verdict.at[i].records) }, { "content", buffer_as_text(&content) } },
			   4, err)
			!= 0)
			result = -1;
	}
	buffer_fini(&content);
	return result != 0 ? -1
			   : answer_case(desk, of,
			       recorded(desk, desk->journal->head.number,
				   open != NULL ? ""
						: say(command, "此案已不在待核对之列，决定仍对这些记录有效",
						    "The case is no longer open; the decision holds for its records")),
			       false, err);
}

/* A row and its case, for bringing together the rows of a case wherever they stand. */
struct placed {
	struct text number;
	size_t row;
	size_t first; /* row of its case */
};

static int
by_case(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int order = text_compare(x->number, y->number);

	return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static int
by_first(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

/* The rows of cases, those of one case together, cases in the order of their first rows: how many. */
static size_t
place_rows(struct desk_rows *desk, struct placed *placed)
{
	struct desk_file *file = desk->file;
	size_t count = 0;

	for (size_t i = desk->header + 1; i < file->count; i++) {
		if (!is_blank(&file->rows[i]))
			placed[count++] = (struct placed){ cell(desk, &file->rows[i], COL_CASE), i, i };
	}
	if (count > 0)
		qsort(placed, count, sizeof(*placed), by_case);
	for (size_t i = 1; i < count; i++) {
		if (text_eq(placed[i].number, placed[i - 1].number))
			placed[i].first = placed[i - 1].first;
	}
	if (count > 0)
		qsort(placed, count, sizeof(*placed), by_first);
	return count;
}

static int
review_rows(struct desk_rows *desk, struct err *err)
{
	struct desk_file *file = desk->file;
	struct placed *placed = calloc(file->count + 1, sizeof(*placed));
	struct case_rows *of = calloc(1, sizeof(*of));
	size_t count;
	int result = 0;

	if (of == NULL || placed == NULL) {
		free(of);
		free(placed);
		return err_set(err, ERR_RETRY, "out of memory");
	}
	count = place_rows(desk, placed);
	for (size_t i = 0, end; i < count && result == 0; i = end) {
		for (end = i; end < count && placed[end].first == placed[i].first;)
			end++;
		of->count = end - i;
		if (placed[i].number.len > 0 && of->count <= CASE_ROWS_MAX) {
			for (size_t k = i; k < end; k++)
				of->rows[k - i] = &file->rows[placed[k].row];
			result = decide_case(desk, of, err);
			continue;
		}
		for (size_t k = i; k < end && result == 0; k++)
			result = answer(desk, &file->rows[placed[k].row],
			    text_from(say(
				desk->held->command, "没有案号，或此案行数过多", "no case, or too many lines of it")),
			    true, err);
	}
	free(of);
	free(placed);
	return result;
}

/* ---- corrections ---- */

static int
correct_row(struct desk_rows *desk, struct answered_row *row, struct err *err)
{
	struct text student = cell(desk, row, COL_STUDENT), record = cell(desk, row, COL_RECORD);
	const struct command *command = desk->held->command;
	uint64_t before = made_before(desk, row->row_no);
	struct correction correction;
	struct buffer refused;
	int got, result;

	if (before != 0)
		return answer(desk, row, recorded(desk, before, ""), false, err);
	if (cell(desk, row, COL_WHY).len == 0)
		return answer(desk, row, text_from(say(command, "请写明理由", "the reason is missing")), true, err);
	buffer_init(&refused, 64 * 1024);
	got = correction_make(desk->held, record.len > 0 ? record : student, cell(desk, row, COL_FIELD),
	    cell(desk, row, COL_VALUE), desk->date, &correction, &refused, err);
	if (got < 0 || (got == 1 && enter(desk, row, "correct", correction.members, CORRECTION_MEMBERS, err) != 0))
		result = -1;
	else if (got == 0)
		result = answer(desk, row, buffer_as_text(&refused), true, err);
	else
		result = answer(desk, row, recorded(desk, desk->journal->head.number, ""), false, err);
	correction_fini(&correction);
	buffer_fini(&refused);
	return result;
}

int
desk_rows(struct desk_file *file, struct arena *arena, struct held *held, const struct open_cases *cases,
    const struct sha256 *digest, struct date date, struct journal *journal, struct err *err)
{
	static const enum column of_review[] = { COL_CASE, COL_RECORD, COL_CHOICE },
				 of_student[] = { COL_STUDENT, COL_FIELD, COL_VALUE, COL_WHY },
				 of_record[] = { COL_RECORD, COL_FIELD, COL_VALUE, COL_WHY };
	bool review = text_eq(file->kind, TEXT(DESK_REVIEW));
	struct desk_rows desk = {
		.file = file, .arena = arena, .held = held, .cases = cases, .journal = journal, .date = date
	};
	int result = 0;

	if (review ? !find_header(&desk, of_review, ARRAY_LEN(of_review))
		   : !find_header(&desk, of_student, ARRAY_LEN(of_student))
		    && !find_header(&desk, of_record, ARRAY_LEN(of_record))) {
		file->refusal = REFUSED_NO_HEADER;
		return 0;
	}
	sha256_hex(digest, desk.digest);
	buffer_init(&desk.words, JOURNAL_LINE_MAX);
	/* what stands above the header does not come back */
	memmove(file->rows, file->rows + desk.header, (file->count - desk.header) * sizeof(*file->rows));
	file->count -= desk.header;
	desk.header = 0;
	result = find_made(&desk, err);
	if (review && result == 0)
		result = review_rows(&desk, err);
	for (size_t i = 1; !review && i < file->count && result == 0; i++) {
		if (!is_blank(&file->rows[i]))
			result = correct_row(&desk, &file->rows[i], err);
	}
	buffer_fini(&desk.words);
	return result;
}
