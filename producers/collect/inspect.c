/*
 * inspect.c - see inspect.h. A sheet is told when it has ended, so nothing is kept but its head and
 * its counts.
 */
#include "producers/collect/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "producers/collect/head.h"
#include "producers/collect/unpack.h"
#include "producers/readers/reader.h"

#define LINE_BYTES_MAX ((size_t)512 * 1024 * 1024)
#define HEADER_WIDTH_MAX 36 /* a longer header is cut on the terminal */

/* An issue kept for showing: nothing of the cell. */
struct shown_issue {
	uint32_t row_no;
	uint16_t field, rule;
	uint8_t severity;
};

/* The sheet being read. */
struct sheet {
	bool open, hidden;
	char name[512];
	size_t name_len;
	struct head head;
	struct layout layout;
	bool tried; /* layout is filled */
	void *checker;
	uint64_t rows, roles[ROW_ROLES], rejected, with_issues;
	struct shown_issue *issues;
	size_t issue_count;
};

/* One file being told, with the archive's files behind it. */
struct telling {
	const struct inspect_options *options;
	FILE *out;
	struct text name; /* as shown */
	bool inside;      /* an archive */
	struct sheet sheet;
	struct buffer line;  /* json: the object; cells: a row */
	struct buffer notes; /* json: their list */
	size_t sheet_count, usable_count;
	uint64_t hidden_rows;
	enum refusal first_refusal; /* of a sheet */
	enum refusal refusal;       /* of the file */
	struct err *err;
};

static const char *
say(const struct telling *telling, const char *zh, const char *en)
{
	return telling->options->chinese ? zh : en;
}

/* ---- width ---- */

static bool
is_wide(uint32_t cp)
{
	return (cp >= 0x1100 && cp <= 0x115F) || (cp >= 0x2E80 && cp <= 0x303E) || (cp >= 0x3041 && cp <= 0xA4CF)
	    || (cp >= 0xA960 && cp <= 0xA97C) || (cp >= 0xAC00 && cp <= 0xD7A3) || (cp >= 0xF900 && cp <= 0xFAFF)
	    || (cp >= 0xFE30 && cp <= 0xFE6F) || (cp >= 0xFF01 && cp <= 0xFF60) || (cp >= 0xFFE0 && cp <= 0xFFE6)
	    || (cp >= 0x1F300 && cp <= 0x1FAFF) || (cp >= 0x20000 && cp <= 0x3FFFD);
}

static bool
is_narrowless(uint32_t cp)
{
	return (cp >= 0x0300 && cp <= 0x036F) || (cp >= 0x200B && cp <= 0x200F) || (cp >= 0xFE00 && cp <= 0xFE0F)
	    || cp == 0xFEFF;
}

static size_t
width_of(uint32_t cp)
{
	return is_wide(cp) ? 2 : is_narrowless(cp) ? 0 : 1;
}

size_t
inspect_width(struct text text)
{
	size_t width = 0;

	for (size_t pos = 0; pos < text.len;)
		width += width_of(text_next(text, &pos));
	return width;
}

/* ${text} on the terminal: control characters as spaces, cut at ${most} columns; the columns it
 * took. */
static size_t
print_text(FILE *out, struct text text, size_t most)
{
	size_t width = 0;

	for (size_t pos = 0; pos < text.len;) {
		size_t at = pos;
		uint32_t cp = text_next(text, &pos);

		if (width + width_of(cp) > most)
			break;
		if (cp < 0x20 || cp == 0x7F || (cp >= 0x80 && cp < 0xA0) || cp == 0x2028 || cp == 0x2029
		    || (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069))
			fputc(' ', out);
		else
			fwrite(text.at + at, 1, pos - at, out);
		width += width_of(cp);
	}
	return width;
}

static void
print_padded(FILE *out, struct text text, size_t width)
{
	for (size_t took = print_text(out, text, width); took < width; took++)
		fputc(' ', out);
}

/* ---- words ---- */

static struct text
why_words(const struct telling *telling, const char *why)
{
	static const char *const words[][2] = {
		{ "name of the field", "字段名称" },
		{ "synonym", "已知的同义表头" },
		{ "source's own header", "来源自己的定义" },
		{ "without its marks", "去掉标记后" },
		{ "by its first line", "按第一行" },
		{ "remembered", "以前这样识别过" },
		{ "repeated for a family member", "按家庭成员的顺序" },
		{ "contains a known header", "含有已知表头（请核对）" },
		{ "not needed", "不需要" },
		{ "must not be read", "不得读入" },
		{ "of a returned workbook", "退回表中的列" },
	};

	for (size_t i = 0; i < ARRAY_LEN(words) && telling->options->chinese; i++) {
		if (strcmp(why, words[i][0]) == 0)
			return text_from(words[i][1]);
	}
	return text_from(why);
}

static const char *
role_words(const struct telling *telling, enum row_role role)
{
	static const char *const zh[ROW_ROLES] = { "数据", "标题", "表头", "示例", "合计", "表尾", "说明", "隐藏",
		"暂不采用", "已清除" };

	return say(telling, zh[role], row_role_name(role));
}

static struct text
refusal_words(const struct telling *telling, enum refusal reason)
{
	const struct dataset *dataset = telling->options->dataset;

	if (dataset == NULL || (size_t)reason >= dataset->refusal_count)
		return text_from(refusal_name(reason));
	return telling->options->chinese ? dataset->refusals[reason].zh : dataset->refusals[reason].en;
}

static struct text
field_words(const struct telling *telling, uint16_t field)
{
	const struct dataset *dataset = telling->options->dataset;

	if (field == FIELD_NONE)
		return (struct text){ "", 0 };
	return telling->options->chinese ? dataset->fields[field].zh : dataset->fields[field].en;
}

/* The rule's sentence with the field's name in it. */
static void
add_message(const struct telling *telling, struct buffer *out, const struct shown_issue *issue)
{
	const struct rule_text *rule = &telling->options->dataset->rules[issue->rule];
	struct text left = telling->options->chinese ? rule->zh : rule->en;

	for (;;) {
		size_t at = text_find(left, TEXT("{field}"));

		if (at == SIZE_MAX)
			break;
		buffer_add(out, left.at, at);
		buffer_text(out, field_words(telling, issue->field));
		at += TEXT("{field}").len;
		left = (struct text){ left.at + at, left.len - at };
	}
	buffer_text(out, left);
}

/* "A", "B" … "AA" as in a spreadsheet */
static struct text
column_letters(size_t column, char out[8])
{
	size_t at = 8;

	for (column++; column > 0 && at > 0; column = (column - 1) / 26)
		out[--at] = (char)('A' + (column - 1) % 26);
	return (struct text){ out + at, 8 - at };
}

static struct text
sheet_name(const struct sheet *sheet)
{
	return (struct text){ sheet->name, sheet->name_len };
}

/* ---- what is told ---- */

static void
json_key(struct buffer *line, const char *key, struct text value)
{
	buffer_char(line, '"');
	buffer_string(line, key);
	buffer_string(line, "\":");
	buffer_json_string(line, value);
}

static void
json_columns(struct telling *telling, const struct layout *layout)
{
	struct buffer *line = &telling->line;

	buffer_string(line, ",\"columns\":[");
	for (size_t i = 0; i < layout->column_count; i++) {
		const struct layout_column *column = &layout->columns[i];
		char letters[8];

		buffer_string(line, i > 0 ? ",{" : "{");
		json_key(line, "column", column_letters(column->column, letters));
		buffer_char(line, ',');
		json_key(line, "header", column->header);
		buffer_char(line, ',');
		json_key(line, "state", text_from(column_state_name(column->state)));
		if (column->field != FIELD_NONE) {
			buffer_char(line, ',');
			json_key(line, "field", layout->binding.dataset->fields[column->field].name);
		}
		buffer_format(line, ",\"score\":%d,", column->score);
		json_key(line, "why", text_from(column->why));
		buffer_char(line, '}');
	}
	buffer_char(line, ']');
}

static void
json_sheet(struct telling *telling)
{
	const struct sheet *sheet = &telling->sheet;
	struct buffer *line = &telling->line;

	buffer_string(line, telling->sheet_count > 0 ? ",{" : "{");
	json_key(line, "name", sheet_name(sheet));
	buffer_format(
	    line, ",\"hidden\":%s,\"rows\":%llu", sheet->hidden ? "true" : "false", (unsigned long long)sheet->rows);
	if (sheet->tried && sheet->layout.header_first > 0) {
		buffer_format(line, ",\"header\":{\"first\":%u,\"last\":%u}", sheet->layout.header_first,
		    sheet->layout.header_last);
	}
	if (sheet->tried && !sheet->layout.found) {
		buffer_char(line, ',');
		json_key(line, "refused", text_from(refusal_name(sheet->layout.refusal)));
		buffer_char(line, ',');
		json_key(line, "message", refusal_words(telling, sheet->layout.refusal));
		buffer_char(line, ',');
		json_key(line, "detail", sheet->layout.refusal_detail);
	}
	if (sheet->tried)
		json_columns(telling, &sheet->layout);
	if (sheet->hidden || (sheet->tried && sheet->layout.found)) {
		buffer_string(line, ",\"roles\":{");
		for (int i = 0; i < ROW_ROLES; i++) {
			buffer_format(line, "%s\"%s\":%llu", i > 0 ? "," : "", row_role_name((enum row_role)i),
			    (unsigned long long)sheet->roles[i]);
		}
		buffer_format(line, "},\"rejected\":%llu,\"with_issues\":%llu,\"issues\":[",
		    (unsigned long long)sheet->rejected, (unsigned long long)sheet->with_issues);
		for (size_t i = 0; i < sheet->issue_count; i++) {
			const struct shown_issue *issue = &sheet->issues[i];
			struct buffer message;

			buffer_init(&message, 65536);
			add_message(telling, &message, issue);
			buffer_format(line, "%s{\"row\":%u,", i > 0 ? "," : "", issue->row_no);
			if (issue->field != FIELD_NONE) {
				json_key(line, "field", telling->options->dataset->fields[issue->field].name);
				buffer_char(line, ',');
			}
			json_key(line, "rule", text_from(rule_name((enum rule)issue->rule)));
			buffer_char(line, ',');
			json_key(line, "severity", text_from(severity_name((enum severity)issue->severity)));
			buffer_char(line, ',');
			json_key(line, "message", buffer_as_text(&message));
			buffer_char(line, '}');
			buffer_fini(&message);
		}
		buffer_char(line, ']');
	}
	buffer_char(line, '}');
}

static void
text_columns(const struct telling *telling, const struct layout *layout)
{
	size_t header_width = 8, field_width = 8;

	for (size_t i = 0; i < layout->column_count; i++) {
		size_t header = inspect_width(layout->columns[i].header);
		size_t field = inspect_width(field_words(telling, layout->columns[i].field));

		header_width = header > header_width ? header : header_width;
		field_width = field > field_width ? field : field_width;
	}
	if (header_width > HEADER_WIDTH_MAX)
		header_width = HEADER_WIDTH_MAX;
	if (field_width > HEADER_WIDTH_MAX)
		field_width = HEADER_WIDTH_MAX;
	fputs("    ", telling->out);
	print_padded(telling->out, text_from(say(telling, "列", "column")), 7);
	print_padded(telling->out, text_from(say(telling, "表头", "header")), header_width + 2);
	print_padded(telling->out, text_from(say(telling, "字段", "field")), field_width + 2);
	fprintf(telling->out, "%s\n", say(telling, "依据", "why"));
	for (size_t i = 0; i < layout->column_count; i++) {
		const struct layout_column *column = &layout->columns[i];
		struct text field = field_words(telling, column->field);
		char letters[8];

		if (column->state == COLUMN_BLANK)
			continue;
		fputs("    ", telling->out);
		print_padded(telling->out, column_letters(column->column, letters), 7);
		print_padded(telling->out, column->header, header_width);
		fputs("  ", telling->out);
		if (column->state == COLUMN_UNKNOWN)
			field = text_from("?");
		else if (column->state == COLUMN_IGNORED || column->state == COLUMN_RETURNED)
			field = text_from("-");
		print_padded(telling->out, field, field_width);
		fputs("  ", telling->out);
		if (column->state == COLUMN_UNKNOWN)
			fputs(say(telling, "不认识的表头，原样保留，请说明含义",
				  "unknown; kept as it is, please say what it means"),
			    telling->out);
		else if (column->state == COLUMN_RIVAL)
			fputs(say(telling, "另有一列更符合此字段，这一列请说明含义",
				  "another column fits the field better; please say what this is"),
			    telling->out);
		else
			print_text(telling->out, why_words(telling, column->why), SIZE_MAX);
		if (column->state == COLUMN_BOUND)
			fprintf(telling->out, " (%d)", column->score);
		fputc('\n', telling->out);
	}
}

static void
text_sheet(const struct telling *telling)
{
	const struct sheet *sheet = &telling->sheet;
	const struct layout *layout = &sheet->layout;
	FILE *out = telling->out;
	bool any = false;

	fprintf(out, "  %s %zu", say(telling, "工作表", "sheet"), telling->sheet_count + 1);
	if (sheet->name_len > 0) {
		fputs("  ", out);
		print_text(out, sheet_name(sheet), SIZE_MAX);
	}
	if (sheet->hidden)
		fprintf(out, "%s%llu%s", say(telling, "（隐藏，其中 ", " (hidden, "), (unsigned long long)sheet->rows,
		    say(telling, " 行不采用）", " rows set aside)"));
	fputc('\n', out);
	if (!sheet->tried)
		return;
	if (layout->header_first > 0) {
		fprintf(out, "    %s %u-%u\n", say(telling, "表头行", "header rows"), layout->header_first,
		    layout->header_last);
	}
	if (!layout->found) {
		fprintf(out, "    %s: ", say(telling, "不能读取", "cannot be used"));
		print_text(out, refusal_words(telling, layout->refusal), SIZE_MAX);
		if (layout->refusal_detail.len > 0) {
			fputs(" [", out);
			print_text(out, layout->refusal_detail, SIZE_MAX);
			fputc(']', out);
		}
		fputc('\n', out);
	}
	if (layout->column_count > 0)
		text_columns(telling, layout);
	if (!layout->found)
		return;
	fprintf(out, "    %s %llu:", say(telling, "行数", "rows"), (unsigned long long)sheet->rows);
	for (int i = 0; i < ROW_ROLES; i++) {
		if (sheet->roles[i] == 0)
			continue;
		fprintf(out, "%s %s %llu", any ? "," : "", role_words(telling, (enum row_role)i),
		    (unsigned long long)sheet->roles[i]);
		any = true;
	}
	fputc('\n', out);
	if (sheet->with_issues > 0) {
		fprintf(out, "    %s %llu, %s %llu\n", say(telling, "有问题的行", "rows with issues"),
		    (unsigned long long)sheet->with_issues, say(telling, "其中整行退回", "of these rejected"),
		    (unsigned long long)sheet->rejected);
	}
	for (size_t i = 0; i < sheet->issue_count; i++) {
		struct buffer message;

		buffer_init(&message, 65536);
		add_message(telling, &message, &sheet->issues[i]);
		fprintf(out, "    %s %u  ", say(telling, "行", "row"), sheet->issues[i].row_no);
		print_text(out, buffer_as_text(&message), SIZE_MAX);
		fputc('\n', out);
		buffer_fini(&message);
	}
}

/* ---- a sheet, row by row ---- */

static void
sheet_check(struct telling *telling, const struct row *row)
{
	struct sheet *sheet = &telling->sheet;
	const struct issue *issues = NULL;
	size_t count = 0;
	bool rejected = false;

	if (sheet->checker == NULL)
		return;
	telling->options->check.row(sheet->checker, row, &issues, &count, &rejected);
	sheet->rejected += rejected;
	sheet->with_issues += count > 0;
	for (size_t i = 0; i < count && sheet->issue_count < telling->options->issues_max; i++) {
		sheet->issues[sheet->issue_count++] = (struct shown_issue){ row->row_no, issues[i].field,
			issues[i].rule, issues[i].severity };
	}
}

static void
sheet_count_row(struct telling *telling, const struct row *row)
{
	enum row_role role = layout_classify(&telling->sheet.layout, row);

	telling->sheet.roles[role]++;
	if (role == ROW_DATA)
		sheet_check(telling, row);
}

/* Find the header among the rows kept, then see to these rows. */
static int
sheet_find(struct telling *telling)
{
	const struct inspect_options *options = telling->options;
	struct sheet *sheet = &telling->sheet;
	bool date1904 = sheet->layout.binding.date1904;

	if (layout_find(&sheet->layout, sheet->head.rows, sheet->head.count, options->dataset, options->source,
		options->remembered, date1904, telling->err)
	    != 0) {
		layout_fini(&sheet->layout);
		return -1;
	}
	sheet->tried = true;
	if (!sheet->layout.found) {
		if (telling->first_refusal == REFUSED_NO)
			telling->first_refusal = sheet->layout.refusal;
		return 0;
	}
	telling->usable_count++;
	if (options->check.begin != NULL) {
		sheet->checker = options->check.begin(options->check.self, &sheet->layout.binding);
		if (sheet->checker == NULL)
			return err_set(telling->err, ERR_RETRY, "out of memory for checking rows");
	}
	for (size_t i = 0; i < sheet->head.count; i++)
		sheet_count_row(telling, &sheet->head.rows[i]);
	return 0;
}

static void
sheet_close(struct telling *telling)
{
	struct sheet *sheet = &telling->sheet;

	if (sheet->checker != NULL)
		telling->options->check.end(sheet->checker);
	sheet->checker = NULL;
	if (sheet->tried)
		layout_fini(&sheet->layout);
	sheet->tried = false;
	sheet->open = false;
}

static void
sheet_open(struct telling *telling, const struct rows *rows)
{
	struct sheet *sheet = &telling->sheet;
	size_t len = rows->sheet_name.len;

	if (len > sizeof(sheet->name))
		len = sizeof(sheet->name);
	while (len < rows->sheet_name.len && len > 0 && ((unsigned char)rows->sheet_name.at[len] & 0xC0) == 0x80)
		len--;
	sheet->open = true;
	sheet->hidden = rows->sheet.hidden != 0;
	sheet->name_len = len;
	if (len > 0)
		memcpy(sheet->name, rows->sheet_name.at, len);
	sheet->rows = 0;
	memset(sheet->roles, 0, sizeof(sheet->roles));
	sheet->rejected = 0;
	sheet->with_issues = 0;
	sheet->issue_count = 0;
	sheet->layout = (struct layout){ .binding = { .date1904 = rows->document.date1904 != 0 } };
	head_clear(&sheet->head);
}

static void
cells_row(struct telling *telling, const struct row *row)
{
	struct buffer *line = &telling->line;

	buffer_clear(line);
	buffer_char(line, '{');
	if (telling->inside) {
		json_key(line, "file", telling->name);
		buffer_char(line, ',');
	}
	json_key(line, "sheet", sheet_name(&telling->sheet));
	buffer_format(line, ",\"row\":%u,\"cells\":[", row->row_no);
	for (size_t i = 0; i < row->count; i++) {
		if (i > 0)
			buffer_char(line, ',');
		buffer_json_string(line, row->cells[i].text);
	}
	buffer_string(line, "]}\n");
	if (!buffer_failed(line))
		fwrite(line->at, 1, line->len, telling->out);
}

static int
sheet_row(struct telling *telling, const struct row *row)
{
	struct sheet *sheet = &telling->sheet;

	sheet->rows++;
	if (sheet->hidden) {
		sheet->roles[ROW_HIDDEN]++;
		telling->hidden_rows++;
		return 0;
	}
	if (telling->options->output == INSPECT_CELLS) {
		cells_row(telling, row);
		return 0;
	}
	if (sheet->tried) {
		if (sheet->layout.found)
			sheet_count_row(telling, row);
		return 0;
	}
	if (head_add(&sheet->head, row, telling->err) != 0)
		return -1;
	return head_is_full(&sheet->head) ? sheet_find(telling) : 0;
}

static int
sheet_end(struct telling *telling)
{
	struct sheet *sheet = &telling->sheet;
	int result = 0;

	if (telling->options->output != INSPECT_CELLS) {
		if (!sheet->tried && sheet->head.count > 0)
			result = sheet_find(telling);
		if (result == 0 && telling->options->output == INSPECT_JSON)
			json_sheet(telling);
		else if (result == 0)
			text_sheet(telling);
	}
	telling->sheet_count++;
	sheet_close(telling);
	return result;
}

/* ---- a file ---- */

static void
tell_document(struct telling *telling, const struct frame_document *document)
{
	const char *format = document_format_name((enum document_format)document->format);
	const char *encoding = document_encoding_name((enum document_encoding)document->encoding);

	if (telling->options->output == INSPECT_JSON) {
		struct buffer *line = &telling->line;

		buffer_char(line, ',');
		json_key(line, "format", text_from(format));
		buffer_char(line, ',');
		json_key(line, "encoding", text_from(encoding));
		buffer_format(
		    line, ",\"archive\":%s,\"sheets\":[", unpack_is_archive(document->format) ? "true" : "false");
	} else if (telling->options->output == INSPECT_TEXT) {
		fprintf(telling->out, "  %s %s", say(telling, "格式", "format"), format);
		if (document->encoding != ENCODING_NONE)
			fprintf(telling->out, "  %s %s", say(telling, "编码", "encoding"), encoding);
		fputc('\n', telling->out);
	}
}

static void
tell_note(struct telling *telling, const struct rows *rows)
{
	static const char *const names[NOTE_KINDS] = { "", "sheet_chart", "private_chars" };
	static const char *const zh[NOTE_KINDS] = { "", "图表等工作表未读", "非标准字符已换成标准字符" };
	static const char *const en[NOTE_KINDS] = { "", "chart or macro sheet not read",
		"private characters replaced by their standard ones" };
	uint32_t kind = rows->note.kind;

	if (kind == 0 || kind >= NOTE_KINDS || kind == NOTE_PROPERTY) /* ours, and nothing to anybody */
		return;
	if (telling->options->output == INSPECT_JSON) {
		struct buffer *notes = &telling->notes;

		buffer_string(notes, notes->len > 0 ? ",{" : "{");
		json_key(notes, "kind", text_from(names[kind]));
		buffer_format(notes, ",\"sheet\":%u,\"row\":%u,\"column\":%u}", rows->note.sheet + 1, rows->note.row,
		    rows->note.column);
	} else if (telling->options->output == INSPECT_TEXT) {
		fprintf(telling->out, "  %s: %s", say(telling, "提示", "note"), say(telling, zh[kind], en[kind]));
		if (rows->note.row > 0)
			fprintf(telling->out, " (%u)", rows->note.row);
		fputc('\n', telling->out);
	}
}

/* The whole file is refused, or the end of its object. */
static void
tell_end(struct telling *telling, bool have_document)
{
	struct buffer *line = &telling->line;

	if (telling->options->output == INSPECT_JSON) {
		if (have_document) {
			buffer_string(line, "],\"notes\":[");
			buffer_text(line, buffer_as_text(&telling->notes));
			buffer_char(line, ']');
		}
		if (telling->refusal != REFUSED_NO) {
			buffer_char(line, ',');
			json_key(line, "refused", text_from(refusal_name(telling->refusal)));
			buffer_char(line, ',');
			json_key(line, "message", refusal_words(telling, telling->refusal));
		}
		buffer_string(line, "}\n");
		if (!buffer_failed(line))
			fwrite(line->at, 1, line->len, telling->out);
	} else if (telling->options->output == INSPECT_TEXT && telling->refusal != REFUSED_NO
	    && telling->refusal != telling->first_refusal /* else the sheet has said it */) {
		fprintf(telling->out, "  %s: ", say(telling, "不能读取", "refused"));
		print_text(telling->out, refusal_words(telling, telling->refusal), SIZE_MAX);
		fputc('\n', telling->out);
	}
}

/* Take what the reader says until it ends or begins to unpack. 1 when it is an archive. */
static int
receive(struct telling *telling, struct rows *rows, bool *have_document)
{
	enum rows_event event;
	struct row row;
	int got;

	while ((got = rows_receive(rows, &event, telling->err)) > 0) {
		switch (event) {
		case ROWS_DOCUMENT:
			*have_document = true;
			tell_document(telling, &rows->document);
			if (unpack_is_archive(rows->document.format))
				return 1;
			break;
		case ROWS_SHEET:
			sheet_open(telling, rows);
			break;
		case ROWS_BATCH:
			while (rows_next(rows, &row) > 0) {
				if (sheet_row(telling, &row) != 0)
					return -1;
			}
			break;
		case ROWS_SHEET_END:
			if (sheet_end(telling) != 0)
				return -1;
			break;
		case ROWS_NOTE:
			tell_note(telling, rows);
			break;
		case ROWS_REFUSED:
			telling->refusal = (enum refusal)rows->refused.reason;
			break;
		default:
			break;
		}
	}
	return got;
}

static int
telling_init(struct telling *telling, const struct inspect_options *options, struct text name, unsigned depth,
    FILE *out, struct err *err)
{
	*telling = (struct telling){
		.options = options,
		.out = out,
		.name = name,
		.inside = depth > 0,
		.err = err,
	};
	head_init(&telling->sheet.head);
	buffer_init(&telling->line, LINE_BYTES_MAX);
	buffer_init(&telling->notes, LINE_BYTES_MAX);
	telling->sheet.issues = calloc((size_t)options->issues_max + 1, sizeof(*telling->sheet.issues));
	if (telling->sheet.issues == NULL)
		return err_set(err, ERR_RETRY, "out of memory for showing a file");
	if (options->output == INSPECT_JSON) {
		buffer_char(&telling->line, '{');
		json_key(&telling->line, "file", name);
	} else if (options->output == INSPECT_TEXT) {
		print_text(out, name, SIZE_MAX);
		fputc('\n', out);
	}
	return 0;
}

static void
telling_fini(struct telling *telling)
{
	sheet_close(telling);
	head_fini(&telling->sheet.head);
	free(telling->sheet.issues);
	buffer_fini(&telling->line);
	buffer_fini(&telling->notes);
}

/*
 * Tell of the open file. ${*refusal}: why it cannot be used. Files inside it go to ${unpacked}. -1
 * when our side fails.
 */
static int
inspect_one(const struct inspect_options *options, int fd, struct text name, unsigned depth, struct unpacked *unpacked,
    enum refusal *refusal, FILE *out, struct err *err)
{
	struct telling telling;
	struct rows rows;
	bool have_document = false;
	int result, socket;

	if (telling_init(&telling, options, name, depth, out, err) != 0) {
		telling_fini(&telling);
		return -1;
	}
	socket = sandbox_read(options->sandbox, fd, options->limits, false, err);
	if (socket < 0) {
		telling_fini(&telling);
		return -1;
	}
	result = rows_init(&rows, socket, options->wait_ms, err);
	if (result == 0) {
		result = receive(&telling, &rows, &have_document);
		if (result > 0) {
			result = unpack_receive(
			    unpacked, &rows, name, depth, options->limits, options->spool, &telling.refusal, err);
		} else if (result == 0 && telling.refusal == REFUSED_NO && options->output != INSPECT_CELLS
		    && telling.usable_count == 0) {
			telling.refusal = telling.first_refusal != REFUSED_NO ? telling.first_refusal
			    : telling.hidden_rows > 0                         ? REFUSED_HIDDEN
									      : REFUSED_EMPTY;
		}
		rows_fini(&rows);
	}
	close(socket);
	if (result == 0)
		tell_end(&telling, have_document);
	*refusal = telling.refusal;
	telling_fini(&telling);
	return result;
}

/* An entry that could not be unpacked. */
static int
inspect_refused(const struct inspect_options *options, const struct unpacked_file *file, FILE *out, struct err *err)
{
	struct telling telling;

	if (telling_init(&telling, options, file->name, file->depth, out, err) != 0) {
		telling_fini(&telling);
		return -1;
	}
	telling.refusal = file->refused;
	tell_end(&telling, false);
	telling_fini(&telling);
	return 0;
}

/* ${err} = the sentence, cut between characters. */
static int
refuse_file(const struct inspect_options *options, enum refusal reason, struct err *err)
{
	const struct telling telling = { .options = options };
	struct text words = refusal_words(&telling, reason);

	if (words.len >= sizeof(err->what)) {
		words.len = sizeof(err->what) - 1;
		while (words.len > 0 && ((unsigned char)words.at[words.len] & 0xC0) == 0x80)
			words.len--;
	}
	return err_set(err, ERR_INPUT, "%.*s", (int)words.len, words.at);
}

int
inspect_file(const struct inspect_options *options, const char *path, FILE *out, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct text name = text_from(slash == NULL ? path : slash + 1);
	enum refusal refusal = REFUSED_NO, first = REFUSED_NO;
	struct unpacked unpacked;
	struct stat st;
	int result, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_errno(err, ERR_INPUT, "cannot open the file");
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, ERR_INPUT, "this is no file that can be read");
	}
	if (!utf8_valid(name.at, name.len))
		name = TEXT("?");
	unpacked_init(&unpacked);
	result = inspect_one(options, fd, name, 0, &unpacked, &first, out, err);
	close(fd);
	/* The list grows while it is walked: archives inside the archive add theirs. */
	for (size_t i = 0; result == 0 && i < unpacked.count; i++) {
		struct unpacked_file file = unpacked.files[i];

		if (file.refused != REFUSED_NO) {
			if (first == REFUSED_NO)
				first = file.refused;
			result = inspect_refused(options, &file, out, err);
			continue;
		}
		fd = open(file.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0) {
			result = err_errno(err, ERR_STOP, "cannot open an unpacked file");
			break;
		}
		result = inspect_one(options, fd, file.name, file.depth, &unpacked, &refusal, out, err);
		close(fd);
		if (result == 0 && refusal != REFUSED_NO && first == REFUSED_NO)
			first = refusal;
	}
	for (size_t i = 0; i < unpacked.count; i++) {
		if (unpacked.files[i].path != NULL)
			(void)unlink(unpacked.files[i].path);
	}
	unpacked_fini(&unpacked);
	if (result != 0)
		return -1;
	return first == REFUSED_NO ? 0 : refuse_file(options, first, err);
}
