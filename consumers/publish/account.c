/*
 * account.c - see account.h.
 */
#include "consumers/publish/account.h"

#include <stdlib.h>

#include "consumers/publish/raised_rows.h"
#include "consumers/publish/sheet_layout.h"

#define QUESTIONS_MAX 500 /* of a source: nobody reads more */

static int
add_question(struct account *account, struct account_source *source, struct text header, const struct field *field,
    struct text file)
{
	struct account_question *question;

	for (size_t i = 0; i < source->question_count; i++) {
		question = &source->questions[i];
		if (question->field == field && text_eq(question->header, header)) {
			if (!text_eq(question->file, file))
				question->files++;
			return 0;
		}
	}
	if (source->question_count == QUESTIONS_MAX)
		return 0;
	if (source->question_count == source->question_room) {
		size_t room = source->question_room == 0 ? 16 : source->question_room * 2;
		struct account_question *more = realloc(source->questions, room * sizeof(*more));

		if (more == NULL)
			return -1;
		source->questions = more;
		source->question_room = room;
	}
	question = &source->questions[source->question_count++];
	*question = (struct account_question){
		.header = arena_text(&account->arena, header), .field = field, .file = file, .files = 1
	};
	return question->header.at == NULL ? -1 : 0;
}

static int
add_sheet(struct account *account, const struct published_file *file, const struct sheet_layout *layout)
{
	struct account_sheet *sheet;

	for (size_t i = account->sheet_count; i > 0; i--) {
		sheet = &account->sheets[i - 1];
		if (sheet->file->source != file->source)
			break;
		if (text_eq(sheet->sheet, layout->sheet) && text_eq(sheet->refused, layout->refused)
		    && sheet->chart == layout->chart) {
			sheet->files++;
			return 0;
		}
	}
	if (account->sheet_count == account->sheet_room) {
		size_t room = account->sheet_room == 0 ? 16 : account->sheet_room * 2;
		struct account_sheet *more = realloc(account->sheets, room * sizeof(*more));

		if (more == NULL)
			return -1;
		account->sheets = more;
		account->sheet_room = room;
	}
	sheet = &account->sheets[account->sheet_count++];
	*sheet = (struct account_sheet){ file, 1, arena_text(&account->arena, layout->sheet),
		arena_text(&account->arena, layout->refused), layout->chart };
	return sheet->sheet.at == NULL || sheet->refused.at == NULL ? -1 : 0;
}

static int
add_layout(struct account *account, struct account_source *source, const struct dataset *dataset,
    const struct published_file *file, struct text json)
{
	struct sheet_layout layout;
	int result = 0;

	if (sheet_layout_parse(&layout, json) != 0) {
		sheet_layout_fini(&layout);
		return -1; /* what we have written ourselves is well-formed: memory is short */
	}
	if (text_eq(file->state, TEXT("complete")) && (layout.hidden || layout.chart || layout.refused.len > 0))
		result = add_sheet(account, file, &layout);
	for (size_t i = 0; i < layout.column_count && result == 0; i++) {
		const struct sheet_column *column = &layout.columns[i];

		if (text_eq(column->state, TEXT("unknown")))
			result = add_question(account, source, column->header, NULL, file->file);
		else if (text_eq(column->state, TEXT("rival")))
			result = add_question(
			    account, source, column->header, dataset_field(dataset, column->field), file->file);
	}
	sheet_layout_fini(&layout);
	return result;
}

static struct account_source *
source_of(struct account *account, const struct source *source)
{
	for (size_t i = account->source_count; i > 0; i--) {
		if (account->sources[i - 1].source == source)
			return &account->sources[i - 1];
	}
	account->sources[account->source_count].source = source;
	return &account->sources[account->source_count++];
}

static void
add_counts(struct account_source *to, const struct published_file *file)
{
	to->files++;
	to->complete += text_eq(file->state, TEXT("complete"));
	to->refused += text_eq(file->state, TEXT("refused"));
	to->taken += text_eq(file->state, TEXT("already taken"));
	to->rows += file->rows;
	to->accepted += file->accepted;
	to->rejected += file->rejected;
	to->set_aside += file->set_aside;
	if (file->replaced > 0 && to->replaced_files++ == 0)
		to->replaced_file = file;
	to->replaced += file->replaced;
}

static void
add_issue(struct account_source *to, const struct raised_view *issue)
{
	to->answered += issue->severity == RAISED_ANSWERED;
	if (!raised_is_open(issue) || issue->rule >= RULE_COUNT)
		return;
	to->issues[issue->rule]++;
	to->severities[issue->severity]++;
}

static int
count_issues(
    struct account *account, const struct publication *publication, struct account_source **by_file, struct err *err)
{
	struct runs_cursor cursor = { 0 };
	struct text entry;
	size_t at = 0;
	int got;

	if (runs_seek(&cursor, publication->issues, NULL, NULL, err) != 0) {
		runs_cursor_fini(&cursor);
		return -1;
	}
	while ((got = runs_next(&cursor, &entry, err)) == 1) {
		struct raised_view issue = raised_shown(publication, entry);

		while (at < publication->file_count && publication->files[at].number != issue.origin.file)
			at++;
		if (at == publication->file_count) {
			got = err_set(err, ERR_STOP, "an issue belongs to a file that is not of this run");
			break;
		}
		add_issue(by_file[at], &issue);
		add_issue(&account->all, &issue);
	}
	runs_cursor_fini(&cursor);
	return got;
}

int
account_make(struct account *account, const struct publication *publication, struct err *err)
{
	struct account_source **by_file = calloc(publication->file_count + 1, sizeof(*by_file));
	int result = -1;

	*account = (struct account){ 0 };
	arena_init(&account->arena, SIZE_MAX / 4);
	account->sources = calloc(publication->file_count + 1, sizeof(*account->sources));
	if (by_file == NULL || account->sources == NULL) {
		err_set(err, ERR_RETRY, "out of memory for the report");
		goto done;
	}
	for (size_t i = 0; i < publication->file_count; i++) {
		const struct published_file *file = &publication->files[i];

		by_file[i] = source_of(account, file->source);
		add_counts(by_file[i], file);
		add_counts(&account->all, file);
		for (size_t l = 0; l < file->layout_count; l++) {
			if (add_layout(account, by_file[i], publication->dataset, file, file->layouts[l]) != 0) {
				err_set(err, ERR_RETRY, "out of memory for the report");
				goto done;
			}
		}
	}
	result = count_issues(account, publication, by_file, err);
done:
	free(by_file);
	if (result != 0)
		account_free(account);
	return result;
}

void
account_free(struct account *account)
{
	for (size_t i = 0; i < account->source_count; i++)
		free(account->sources[i].questions);
	free(account->sources);
	free(account->sheets);
	arena_fini(&account->arena);
	*account = (struct account){ 0 };
}

/* Text inside an XML comment: two hyphens side by side may not stand there. */
static void
put_comment(struct buffer *out, const char *text)
{
	buffer_format(out, "<!-- %s -->\n", text);
}

void
account_snippet(const struct account_source *source, bool chinese, struct buffer *out)
{
	buffer_string(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	put_comment(out,
	    chinese ? "保存为 config/sources/ 下的同名 .xml 文件；填好 zh、en、可信程度 "
		      "trust（0 到 100）和 delivery（full 每次全量，partial 部分）"
		    : "save as config/sources/NAME.xml; fill in zh, en, trust (0 to 100) "
		      "and delivery (full or partial)");
	buffer_string(out, "<source name=\"");
	buffer_xml(out, source->source->name);
	buffer_string(out, "\" zh=\"");
	buffer_xml(out, source->source->name);
	buffer_string(out, "\" en=\"");
	buffer_xml(out, source->source->name);
	buffer_string(out, "\" trust=\"30\" delivery=\"partial\">\n");
	if (source->question_count > 0)
		put_comment(out,
		    chinese ? "每个不认识的列名：把 FIELD 换成字段名；不需要的列改成 ignore"
			    : "for each unknown header: put the field's name for FIELD, or "
			      "make it an ignore");
	for (size_t i = 0; i < source->question_count; i++) {
		if (source->questions[i].field != NULL)
			continue;
		buffer_string(out, "\t<header field=\"FIELD\">");
		buffer_xml(out, source->questions[i].header);
		buffer_string(out, "</header>\n");
	}
	buffer_string(out, "</source>\n");
}
