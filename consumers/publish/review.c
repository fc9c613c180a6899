/*
 * review.c - review.csv: the records of each case, a line each, for a person to decide. It holds personal data and stays where
 * the dataset stays.
 */
#include "consumers/publish/lines.h"
#include "consumers/publish/message.h"
#include "consumers/publish/review.h"
#include "consumers/publish/snapshot.h"

/* What the records of a case say, and what the columns are called. */
static const struct said {
	const char *name;
	size_t at; /* in struct published_case_record */
} said[] = {
	{ "school_name", offsetof(struct published_case_record, school_name) },
	{ "name", offsetof(struct published_case_record, name) },
	{ "id_no", offsetof(struct published_case_record, id_no) },
	{ "student_no", offsetof(struct published_case_record, student_no) },
	{ "birth_date", offsetof(struct published_case_record, birth_date) },
};

static struct text
value_of(const struct published_case_record *record, const struct said *what)
{
	struct text value;

	memcpy(&value, (const char *)record + what->at, sizeof(value));
	return value;
}

/* The label of a kind of case, from the code set of the dataset that has it; the word itself when none has. */
struct text
review_label(const struct dataset *dataset, struct text kind)
{
	for (size_t i = 0; i < dataset_codes_count(dataset); i++) {
		const struct codes *codes = dataset_codes_at(dataset, i);

		if (codes_by_code(codes, kind) != NULL)
			return codes_label(codes, kind);
	}
	return kind;
}

/* Names of the columns in which the records of the case are not all the same, a space between. */
static void
put_differs(struct buffer *out, const struct published_case *of)
{
	const char *between = "";

	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		bool differs = false;

		for (size_t k = 1; k < of->count && !differs; k++)
			differs = !text_eq(value_of(&of->records[0], &said[i]), value_of(&of->records[k], &said[i]));
		if (!differs)
			continue;
		buffer_format(out, "%s%s", between, said[i].name);
		between = " ";
	}
}

static void
put_cell(struct buffer *out, struct text text)
{
	buffer_char(out, ',');
	snapshot_cell(out, text);
}

static void
put_record(struct buffer *out, const struct publication *publication, const struct published_case *of,
    const struct published_case_record *record)
{
	buffer_text(out, of->number);
	put_cell(out, of->kind);
	put_cell(out, record->student_id);
	put_cell(out, record->record_id);
	put_cell(out, record->source->name);
	put_cell(out, record->file);
	put_cell(out, record->sheet);
	buffer_format(out, ",%u", record->row);
	put_cell(out, record->school_code);
	put_cell(out, review_label(publication->dataset, of->kind));
	put_cell(out, of->route);
	put_cell(out, of->county);
	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		put_cell(out, value_of(record, &said[i]));
	buffer_char(out, ',');
	put_differs(out, of);
	put_cell(out, record->why);
	buffer_string(out, "\r\n");
}

int
publish_review(const struct publication *publication, struct err *err)
{
	struct lines lines;

	if (lines_open(&lines, publication->folder, "review.csv", err) != 0)
		goto fail;
	buffer_string(&lines.buffer,
	    "\xEF\xBB\xBF"
	    "case,kind,");
	buffer_text(&lines.buffer, publication->dataset->id_key);
	buffer_string(&lines.buffer, ",record_id,source,file,sheet,row,school_code,kind_label,route,county");
	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		buffer_format(&lines.buffer, ",%s", said[i].name);
	buffer_string(&lines.buffer, ",differs,why\r\n");
	for (size_t i = 0; i < publication->case_count; i++) {
		const struct published_case *of = &publication->cases[i];

		for (size_t k = 0; k < of->count; k++) {
			put_record(&lines.buffer, publication, of, &of->records[k]);
			if (lines_step(&lines, err) != 0)
				goto fail;
		}
	}
	if (lines_close(&lines, err) == 0)
		return review_xlsx(publication, err);
fail:
	lines_drop(&lines);
	return -1;
}
