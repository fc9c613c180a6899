/*
 * review.c - review.csv: records that share a number without agreeing in name or birth date, two
 * lines a case, side by side, for a person to decide. It holds personal data and stays where the
 * dataset stays.
 */
#include "consumers/publish/lines.h"
#include "consumers/publish/message.h"
#include "consumers/publish/snapshot.h"

/* What both records of a case say, and what the columns are called. */
static const struct said {
	const char *name;
	size_t at; /* in struct published_case_record */
} said[] = {
	{ "school_code", offsetof(struct published_case_record, school_code) },
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

/* The label of a kind of problem record, from the code set of that name; the word itself when it is
 * not there. */
static struct text
label_of(const struct dataset *dataset, struct text kind)
{
	for (size_t i = 0; i < dataset_codes_count(dataset); i++) {
		const struct codes *codes = dataset_codes_at(dataset, i);

		if (text_eq(codes_name(codes), TEXT("problem_record")))
			return codes_label(codes, kind);
	}
	return kind;
}

static void
put_record(struct buffer *out, const struct publication *publication, size_t number, const struct published_case *of,
    bool first)
{
	const struct published_case_record *record = first ? &of->a : &of->b;
	const char *between = "";

	buffer_format(out, "%zu,", number);
	buffer_text(out, of->kind);
	buffer_char(out, ',');
	snapshot_cell(out, label_of(publication->dataset, of->kind));
	buffer_format(out, ",%c,", first ? 'a' : 'b');
	buffer_text(out, record->student_id);
	buffer_char(out, ',');
	buffer_text(out, record->record_id);
	buffer_char(out, ',');
	snapshot_cell(out, record->source->name);
	buffer_char(out, ',');
	snapshot_cell(out, record->file);
	buffer_char(out, ',');
	snapshot_cell(out, record->sheet);
	buffer_format(out, ",%u", record->row);
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		buffer_char(out, ',');
		snapshot_cell(out, value_of(record, &said[i]));
	}
	buffer_char(out, ',');
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		if (text_eq(value_of(&of->a, &said[i]), value_of(&of->b, &said[i])))
			continue;
		buffer_format(out, "%s%s", between, said[i].name);
		between = " ";
	}
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
	    "case,kind,kind_label,side,student_id,record_id,source,file,sheet,row");
	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		buffer_format(&lines.buffer, ",%s", said[i].name);
	buffer_string(&lines.buffer, ",differs\r\n");
	for (size_t i = 0; i < publication->case_count; i++) {
		put_record(&lines.buffer, publication, i + 1, &publication->cases[i], true);
		put_record(&lines.buffer, publication, i + 1, &publication->cases[i], false);
		if (lines_step(&lines, err) != 0)
			goto fail;
	}
	if (lines_close(&lines, err) == 0)
		return 0;
fail:
	lines_drop(&lines);
	return -1;
}
