/*
 * report_json.c - report.json: the report for programs. One object; every file, source, school and
 * question stands on a line of its own, so that two nights can be compared with diff.
 * docs/formats.md has it member by member.
 */
#include "consumers/publish/lines.h"
#include "consumers/publish/message.h"
#include "consumers/publish/report.h"

static void
put_text(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, "\"%s\":", name);
	buffer_json_string(out, value);
}

static void
put_number(struct buffer *out, const char *name, uint64_t value)
{
	buffer_format(out, ",\"%s\":%llu", name, (unsigned long long)value);
}

static void
put_totals(struct buffer *out, const struct publication *publication, const struct account *account)
{
	const struct published_totals *totals = &publication->totals;
	const struct account_source *all = &account->all;
	const struct {
		const char *name;
		uint64_t value;
	} list[] = {
		{ "files", all->files },
		{ "complete", all->complete },
		{ "refused", all->refused },
		{ "already_taken", all->taken },
		{ "rows", all->rows },
		{ "accepted", all->accepted },
		{ "rejected", all->rejected },
		{ "set_aside", all->set_aside },
		{ "rejects", all->severities[SEVERITY_REJECT] },
		{ "errors", all->severities[SEVERITY_ERROR] },
		{ "queries", all->severities[SEVERITY_QUERY] },
		{ "answered", all->answered },
		{ "records", totals->records },
		{ "records_new", totals->records_new },
		{ "records_changed", totals->records_changed },
		{ "students", totals->students },
		{ "students_new", totals->students_new },
		{ "students_changed", totals->students_changed },
		{ "absent_new", totals->absent_new },
		{ "stale_new", totals->stale_new },
		{ "back", totals->back },
		{ "merged", totals->merged },
		{ "cases", publication->case_count },
		{ "pinned", totals->pinned },
		{ "pins_expired", totals->pins_expired },
	};

	buffer_string(out, "  \"totals\": {\n");
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		buffer_format(out, "    \"%s\": %llu%s\n", list[i].name, (unsigned long long)list[i].value,
		    i + 1 < ARRAY_LEN(list) ? "," : "");
	buffer_string(out, "  },\n");
}

static void
put_returns(struct buffer *out, const struct published_returns *forms)
{
	buffer_format(out, "  \"returned_forms\": {\"files\":%llu", (unsigned long long)forms->files);
	put_number(out, "rows", forms->rows);
	put_number(out, "accepted", forms->accepted);
	put_number(out, "rejected", forms->rejected);
	put_number(out, "set_aside", forms->set_aside);
	put_number(out, "answers", forms->answers);
	put_number(out, "differences", forms->differences);
	put_number(out, "open_differences", forms->open_differences);
	put_number(out, "open_conflicts", forms->open_conflicts);
	buffer_string(out, "},\n");
}

static void
put_file(struct buffer *out, const struct publication *publication, const struct published_file *file)
{
	buffer_char(out, '{');
	put_text(out, "source", file->source->name);
	buffer_char(out, ',');
	put_text(out, "file", file->file);
	buffer_char(out, ',');
	put_text(out, "sha256", text_from(file->sha256));
	buffer_char(out, ',');
	put_text(out, "state", file->state);
	buffer_char(out, ',');
	put_text(out, "reason", file->reason);
	if (file->reason.len > 0) {
		buffer_char(out, ',');
		put_text(out, "message", message_refusal(publication, file->refusal));
		if (file->detail.len > 0) {
			buffer_char(out, ',');
			put_text(out, "detail", file->detail);
		}
		if (file->sheet_no > 0)
			put_number(out, "sheet_no", file->sheet_no);
		if (file->row > 0)
			put_number(out, "row", file->row);
		if (file->column > 0)
			put_number(out, "column", file->column);
	}
	buffer_char(out, ',');
	put_text(out, "format", file->format);
	buffer_char(out, ',');
	put_text(out, "encoding", file->encoding);
	if (text_eq(file->state, TEXT("complete"))) {
		put_number(out, "rows", file->rows);
		put_number(out, "accepted", file->accepted);
		put_number(out, "rejected", file->rejected);
		put_number(out, "set_aside", file->set_aside);
		if (file->replaced > 0)
			put_number(out, "characters_replaced", file->replaced);
	}
	buffer_string(out, ",\"sheets\":[");
	for (size_t i = 0; i < file->layout_count; i++) {
		if (i > 0)
			buffer_char(out, ',');
		buffer_text(out, file->layouts[i]);
	}
	buffer_string(out, "]}");
}

static void
put_source(struct buffer *out, const struct publication *publication, const struct account_source *source)
{
	const char *between = "";

	buffer_char(out, '{');
	put_text(out, "source", source->source->name);
	buffer_char(out, ',');
	put_text(out, "zh", source->source->zh);
	buffer_char(out, ',');
	put_text(out, "en", source->source->en);
	buffer_format(out, ",\"defined\":%s", source->source->defined ? "true" : "false");
	put_number(out, "files", source->files);
	put_number(out, "complete", source->complete);
	put_number(out, "refused", source->refused);
	put_number(out, "already_taken", source->taken);
	put_number(out, "rows", source->rows);
	put_number(out, "accepted", source->accepted);
	put_number(out, "rejected", source->rejected);
	put_number(out, "set_aside", source->set_aside);
	put_number(out, "answered", source->answered);
	buffer_string(out, ",\"issues\":{");
	for (size_t rule = 0; rule < RULE_COUNT; rule++) {
		if (source->issues[rule] == 0)
			continue;
		buffer_format(out, "%s\"%s\":%llu", between, rule_name((enum rule)rule),
		    (unsigned long long)source->issues[rule]);
		between = ",";
	}
	buffer_char(out, '}');
	if (!source->source->defined) {
		struct buffer snippet;

		buffer_init(&snippet, 16 << 20);
		account_snippet(source, publication->chinese, &snippet);
		buffer_char(out, ',');
		put_text(out, "definition", buffer_as_text(&snippet));
		out->failed = out->failed || buffer_failed(&snippet);
		buffer_fini(&snippet);
	}
	buffer_char(out, '}');
}

static void
put_school(struct buffer *out, const struct published_school *school)
{
	buffer_char(out, '{');
	put_text(out, "school_code", school->code);
	buffer_char(out, ',');
	put_text(out, "school_name", school->name);
	put_number(out, "students", school->students);
	put_number(out, "present", school->present);
	put_number(out, "absent", school->absent);
	put_number(out, "stale", school->stale);
	put_number(out, "left", school->left);
	put_number(out, "back", school->back);
	put_number(out, "new", school->fresh);
	put_number(out, "changed", school->changed);
	buffer_char(out, '}');
}

static void
put_question(struct buffer *out, const struct source *source, const struct account_question *question)
{
	buffer_char(out, '{');
	put_text(out, "source", source->name);
	buffer_char(out, ',');
	put_text(out, "header", question->header);
	buffer_format(out, ",\"state\":\"%s\"", question->field == NULL ? "unknown" : "rival");
	if (question->field != NULL) {
		buffer_char(out, ',');
		put_text(out, "field", question->field->name);
	}
	buffer_char(out, ',');
	put_text(out, "file", question->file);
	put_number(out, "files", question->files);
	buffer_char(out, '}');
}

static void
put_change(struct buffer *out, const struct dataset *dataset, const struct published_binding_change *change)
{
	buffer_char(out, '{');
	put_text(out, "source", change->source->name);
	buffer_char(out, ',');
	put_text(out, "field",
	    change->field < dataset->field_count ? dataset->fields[change->field].name : (struct text){ "", 0 });
	buffer_char(out, ',');
	put_text(out, "was", change->was);
	buffer_char(out, ',');
	put_text(out, "is", change->is);
	buffer_char(out, '}');
}

static void
put_asking(struct buffer *out, const struct published_asking *one)
{
	buffer_char(out, '{');
	put_text(out, "department", one->department);
	put_number(out, "forms", one->forms);
	put_number(out, "flagged", one->duplicates);
	put_number(out, "asked", one->asked);
	put_number(out, "filled", one->filled);
	put_number(out, "left", one->left);
	buffer_format(out, ",\"hours_saved\":%.1f", one->hours_saved);
	put_number(out, "refused", one->refused);
	put_number(out, "refused_cells", one->refused_cells);
	buffer_char(out, '}');
}

static void
put_forms(struct buffer *out, const struct published_forms *forms)
{
	buffer_string(out, "  \"forms\": {");
	put_text(out, "from", forms->first);
	buffer_char(out, ',');
	put_text(out, "to", forms->last);
	put_number(out, "seconds_a_cell", forms->seconds);
	buffer_string(out, ",\"total\":");
	put_asking(out, &forms->all);
	buffer_string(out, ",\"departments\":[");
	for (size_t i = 0; i < forms->department_count; i++) {
		buffer_string(out, i == 0 ? "\n    " : ",\n    ");
		put_asking(out, &forms->departments[i]);
	}
	buffer_string(out, "\n  ]},\n");
}

static void
put_delivery(struct buffer *out, const struct published_delivery *delivery)
{
	buffer_char(out, '{');
	put_text(out, "grant", delivery->grant);
	buffer_char(out, ',');
	put_text(out, "unit", delivery->unit);
	buffer_format(out, ",\"by\":\"%s\"", delivery->topic ? "topic" : "files");
	put_number(out, "number", delivery->number);
	put_number(out, "rows", delivery->rows);
	if (delivery->topic)
		put_number(out, "gone", delivery->gone);
	buffer_char(out, '}');
}

/* Between the members of a list: each on a line of its own. */
static void
next_line(struct buffer *out, bool *first)
{
	buffer_string(out, *first ? "\n    " : ",\n    ");
	*first = false;
}

static void
end_list(struct buffer *out, bool first, const char *behind)
{
	buffer_format(out, "%s]%s\n", first ? "" : "\n  ", behind);
}

static int
put_all(struct lines *lines, const struct publication *publication, const struct account *account, struct err *err)
{
	struct buffer *out = &lines->buffer;
	bool first = true;

	buffer_string(out, "{\n  \"run\": ");
	buffer_json_string(out, publication->run);
	buffer_string(out, ",\n  \"date\": ");
	buffer_json_string(out, publication->date);
	buffer_string(out, ",\n  \"dataset\": ");
	buffer_json_string(out, publication->dataset->name);
	buffer_string(out, ",\n");
	put_totals(out, publication, account);
	put_returns(out, &publication->returns);
	buffer_string(out, "  \"files\": [");
	for (size_t i = 0; i < publication->file_count; i++) {
		next_line(out, &first);
		put_file(out, publication, &publication->files[i]);
		if (lines_step(lines, err) != 0)
			return -1;
	}
	end_list(out, first, ",");
	buffer_string(out, "  \"sources\": [");
	first = true;
	for (size_t i = 0; i < account->source_count; i++) {
		next_line(out, &first);
		put_source(out, publication, &account->sources[i]);
	}
	end_list(out, first, ",");
	buffer_string(out, "  \"questions\": [");
	first = true;
	for (size_t i = 0; i < account->source_count; i++) {
		for (size_t q = 0; q < account->sources[i].question_count; q++) {
			next_line(out, &first);
			put_question(out, account->sources[i].source, &account->sources[i].questions[q]);
		}
	}
	end_list(out, first, ",");
	buffer_string(out, "  \"binding_changes\": [");
	first = true;
	for (size_t i = 0; i < publication->binding_change_count; i++) {
		next_line(out, &first);
		put_change(out, publication->dataset, &publication->binding_changes[i]);
	}
	end_list(out, first, ",");
	if (publication->forms != NULL)
		put_forms(out, publication->forms);
	buffer_string(out, "  \"deliveries\": [");
	first = true;
	for (size_t i = 0; i < publication->delivery_count; i++) {
		next_line(out, &first);
		put_delivery(out, &publication->deliveries[i]);
	}
	end_list(out, first, ",");
	buffer_string(out, "  \"schools\": [");
	first = true;
	for (size_t i = 0; i < publication->school_count; i++) {
		next_line(out, &first);
		put_school(out, &publication->schools[i]);
		if (lines_step(lines, err) != 0)
			return -1;
	}
	end_list(out, first, "");
	buffer_string(out, "}\n");
	return 0;
}

int
report_json(const struct publication *publication, const struct account *account, struct err *err)
{
	struct lines lines;

	if (lines_open(&lines, publication->folder, "report.json", err) == 0
	    && put_all(&lines, publication, account, err) == 0 && lines_close(&lines, err) == 0)
		return 0;
	lines_drop(&lines);
	return -1;
}
