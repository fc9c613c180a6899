/*
 * report_html.c - report.html: the report that a bureau reads and prints on A4. One file with its
 * style inside; it asks for nothing else and runs nothing, and its policy forbids both. Nobody's
 * name or number stands in it: counts, names of files, headers and schools only. Whatever was
 * written by a sender is escaped.
 */
#include "consumers/publish/lines.h"
#include "consumers/publish/message.h"
#include "consumers/publish/page.h"
#include "consumers/publish/report.h"

static struct text
source_name(const struct page *page, const struct source *source)
{
	struct text name = page->publication->chinese ? source->zh : source->en;

	return name.len > 0 ? name : source->name;
}

static void
put_count(struct page *page, uint64_t value, bool bad, const char *zh, const char *en)
{
	page_put(page, bad && value > 0 ? "<li class=\"bad\"><b>" : "<li><b>");
	page_number(page, value);
	buffer_format(page->out, "</b><span>%s</span></li>\n", page_say(page, zh, en));
}

static void
put_counts(struct page *page)
{
	const struct published_totals *totals = &page->publication->totals;
	const struct account_source *all = &page->account->all;

	page_put(page, "<ul class=\"counts\">\n");
	put_count(page, totals->students, false, "学生", "students");
	put_count(page, totals->students_new, false, "其中新增", "of them new");
	put_count(page, totals->students_changed, false, "新增或有变化", "new or changed");
	put_count(page, totals->absent_new, false, "本次起不再出现", "no longer delivered");
	put_count(page, all->complete, false, "个文件已采用", "files taken");
	put_count(page, all->refused, true, "个文件被退回", "files refused");
	put_count(page, all->rows, false, "行已读取", "rows read");
	put_count(page, all->accepted, false, "行已采用", "rows accepted");
	put_count(page, all->rejected, true, "行被退回", "rows rejected");
	put_count(page, all->set_aside, false, "行不作为学生", "rows set aside");
	put_count(page, all->severities[SEVERITY_ERROR], true, "处必须改正", "values to be mended");
	put_count(page, all->severities[SEVERITY_QUERY], false, "处请核对", "values to be checked");
	if (all->answered > 0)
		put_count(page, all->answered, false, "处已有说明", "values explained");
	page_put(page, "</ul>\n");
	page_note(page,
	    "每一行都有交代：读取的行数 = 采用 + 退回 + "
	    "不作为学生的行（标题、表头、合计、说明，以及隐藏的工作表中的行，"
	    "逐行列在 set_aside.csv 中）。退回的行和有问题的单元格在 rejected.csv 中逐条列出；已写明情况的在 "
	    "answered.csv 中。",
	    "Every row is accounted for: rows read = accepted + rejected + set aside (titles, headers, totals, notes, "
	    "rows "
	    "of hidden sheets; set_aside.csv lists them). rejected.csv lists each rejected row and each value with an "
	    "issue; answered.csv those that were explained.");
}

static void
put_refused_file(struct page *page, const struct published_file *file)
{
	struct text message = message_refusal(page->publication, file->refusal);

	page_put(page, "<div class=\"refused\"><b>");
	buffer_xml(page->out, file->file);
	page_put(page, "</b><br><span class=\"note\">");
	buffer_xml(page->out, source_name(page, file->source));
	if (file->sheet_no > 0)
		buffer_format(page->out, "%s%u%s", page_say(page, " · 第", " · sheet "), file->sheet_no,
		    page_say(page, "张工作表", ""));
	if (file->row > 0)
		buffer_format(
		    page->out, "%s%u%s", page_say(page, " · 第", " · row "), file->row, page_say(page, "行", ""));
	if (file->column > 0)
		buffer_format(
		    page->out, "%s%u%s", page_say(page, " · 第", " · column "), file->column, page_say(page, "列", ""));
	page_put(page, "</span><br>");
	buffer_xml(page->out, message.len > 0 ? message : file->reason);
	page_put(page, "</div>\n");
}

static void
put_refused(struct page *page)
{
	const struct publication *publication = page->publication;

	if (page->account->all.refused == 0)
		return;
	page_heading(page, "被退回的文件：原因和处理办法", "Files refused: why, and what to do");
	for (size_t i = 0; i < publication->file_count; i++) {
		if (text_eq(publication->files[i].state, TEXT("refused")))
			put_refused_file(page, &publication->files[i]);
	}
}

static struct text
sheet_says(const struct publication *publication, const struct account_sheet *sheet)
{
	if (sheet->refused.len > 0)
		return message_refusal_named(publication, sheet->refused);
	if (sheet->chart)
		return message_say(publication, TEXT("图表、对话框或宏工作表，里面没有行。无需处理。"),
		    TEXT("A chart, dialog or macro sheet: it has no rows. Nothing to do."));
	return message_say(publication, TEXT("隐藏的工作表不采用。如果其中有需要报送的数据，请取消隐藏后重新报送。"),
	    TEXT("Hidden sheets are not used. If it holds data to be sent, unhide it and send the file again."));
}

/* "a.xls and others (3 files)" */
static void
cell_files(struct page *page, struct text first, uint64_t files)
{
	page_put(page, "<td>");
	buffer_xml(page->out, first);
	if (files > 1)
		buffer_format(page->out, "%s%llu%s", page_say(page, " 等 ", " and others ("), (unsigned long long)files,
		    page_say(page, " 个文件", " files)"));
	page_put(page, "</td>");
}

/* Sheets that were not used, of files that were. */
static void
put_sheets(struct page *page)
{
	static const char *const zh[] = { "来源", "文件", "工作表", "原因和处理办法" };
	static const char *const en[] = { "Source", "File", "Sheet", "Why, and what to do" };
	const struct publication *publication = page->publication;

	if (page->account->sheet_count == 0)
		return;
	page_heading(page, "没有采用的工作表", "Sheets that were not used");
	page_note(page, "这些文件的其他工作表已采用。", "The other sheets of these files were used.");
	PAGE_TABLE(page, zh, en);
	for (size_t i = 0; i < page->account->sheet_count; i++) {
		const struct account_sheet *sheet = &page->account->sheets[i];

		page_put(page, "<tr>");
		page_cell_text(page, source_name(page, sheet->file->source));
		cell_files(page, sheet->file->file, sheet->files);
		page_cell_text(page, sheet->sheet);
		page_cell_text(page, sheet_says(publication, sheet));
		page_put(page, "</tr>\n");
	}
	page_table_end(page);
}

/* Characters that were replaced by their standard ones. */
static void
put_replaced(struct page *page)
{
	static const char *const zh[] = { "来源", "文件", "#字数" };
	static const char *const en[] = { "Source", "File", "#Characters" };
	const struct account *account = page->account;

	if (account->all.replaced == 0)
		return;
	page_heading(page, "已换成标准字的自造字区字符", "Private characters replaced");
	page_note(page, "这些文件里有 GB 18030 某些版本放在自造字区的字，已换成对应的标准字。无需处理。",
	    "These files hold characters that some editions of GB 18030 keep in a private area; they were replaced by "
	    "the standard characters. Nothing to do.");
	PAGE_TABLE(page, zh, en);
	for (size_t i = 0; i < account->source_count; i++) {
		const struct account_source *source = &account->sources[i];

		if (source->replaced == 0)
			continue;
		page_put(page, "<tr>");
		page_cell_text(page, source_name(page, source->source));
		cell_files(page, source->replaced_file->file, source->replaced_files);
		page_cell_number(page, source->replaced);
		page_put(page, "</tr>\n");
	}
	page_table_end(page);
}

static void
put_source_row(struct page *page, const struct account_source *source, bool sum)
{
	page_put(page, sum ? "<tr class=\"sum\"><td>" : "<tr><td>");
	if (sum)
		page_put(page, page_say(page, "合计", "All"));
	else
		buffer_xml(page->out, source_name(page, source->source));
	page_put(page, "</td>");
	page_cell_number(page, source->files);
	page_cell_number(page, source->refused);
	page_cell_number(page, source->rows);
	page_cell_number(page, source->accepted);
	page_cell_number(page, source->rejected);
	page_cell_number(page, source->set_aside);
	page_cell_number(page, source->severities[SEVERITY_ERROR]);
	page_cell_number(page, source->severities[SEVERITY_QUERY]);
	page_put(page, "</tr>\n");
}

static void
put_sources(struct page *page)
{
	static const char *const zh[] = { "来源", "#文件", "#退回文件", "#行", "#采用", "#退回行", "#不作为学生",
		"#须改正", "#请核对" };
	static const char *const en[] = { "Source", "#Files", "#Refused", "#Rows", "#Accepted", "#Rejected",
		"#Set aside", "#To mend", "#To check" };

	page_heading(page, "各来源", "Sources");
	PAGE_TABLE(page, zh, en);
	for (size_t i = 0; i < page->account->source_count; i++)
		put_source_row(page, &page->account->sources[i], false);
	put_source_row(page, &page->account->all, true);
	page_table_end(page);
}

/* Rules by how often they were raised. */
static size_t
rank_rules(const struct account *account, uint16_t ranked[RULE_COUNT])
{
	size_t count = 0;

	for (uint16_t rule = 0; rule < RULE_COUNT; rule++) {
		size_t at = count;

		if (account->all.issues[rule] == 0)
			continue;
		for (; at > 0 && account->all.issues[ranked[at - 1]] < account->all.issues[rule]; at--)
			ranked[at] = ranked[at - 1];
		ranked[at] = rule;
		count++;
	}
	return count;
}

static void
put_rules(struct page *page)
{
	static const char *const zh[] = { "#次数", "轻重", "问题和处理办法", "主要来源" };
	static const char *const en[] = { "#Times", "Severity", "What is wrong, and what to do", "Mostly from" };
	static const char *const severity_zh[] = { "退回", "须改正", "请核对" };
	static const char *const severity_en[] = { "rejected", "to mend", "to check" };
	uint16_t ranked[RULE_COUNT];
	size_t count = rank_rules(page->account, ranked);

	if (count == 0)
		return;
	page_heading(page, "最常见的问题", "What is wrong most often");
	PAGE_TABLE(page, zh, en);
	for (size_t i = 0; i < count; i++) {
		enum severity severity = page->publication->dataset->rules[ranked[i]].severity;
		const struct account_source *most = &page->account->sources[0];
		struct buffer message;

		for (size_t s = 1; s < page->account->source_count; s++) {
			if (page->account->sources[s].issues[ranked[i]] > most->issues[ranked[i]])
				most = &page->account->sources[s];
		}
		buffer_init(&message, 64 * 1024);
		message_rule(page->publication, ranked[i], &message);
		page_put(page, "<tr>");
		page_cell_number(page, page->account->all.issues[ranked[i]]);
		buffer_format(page->out, "<td class=\"w\"><span class=\"tag %s\">%s</span></td>",
		    severity_name(severity), page_say(page, severity_zh[severity], severity_en[severity]));
		page_cell_text(page, buffer_as_text(&message));
		page_cell_text(page, source_name(page, most->source));
		page_put(page, "</tr>\n");
		page->out->failed = page->out->failed || buffer_failed(&message);
		buffer_fini(&message);
	}
	page_table_end(page);
}

static void
put_questions(struct page *page)
{
	static const char *const zh[] = { "来源", "列名", "问题", "所在文件" };
	static const char *const en[] = { "Source", "Header", "Question", "File" };
	bool any = false;

	for (size_t i = 0; i < page->account->source_count; i++)
		any = any || page->account->sources[i].question_count > 0;
	if (!any)
		return;
	page_heading(page, "请确认这些列", "Columns to be explained");
	page_note(page, "这些列没有采用。请告知它们的含义，或在来源的定义中写明。",
	    "These columns were not used. Say what they mean, or put them into the source's "
	    "definition.");
	PAGE_TABLE(page, zh, en);
	for (size_t i = 0; i < page->account->source_count; i++) {
		const struct account_source *source = &page->account->sources[i];

		for (size_t q = 0; q < source->question_count; q++) {
			const struct account_question *question = &source->questions[q];

			page_put(page, "<tr>");
			page_cell_text(page, source_name(page, source->source));
			page_cell_text(page, question->header);
			page_put(page, "<td>");
			if (question->field == NULL)
				page_put(page, page_say(page, "这一列是什么内容？", "What does the column hold?"));
			else {
				page_put(page, page_say(page, "已有另一列作为“", "Another column was taken for "));
				buffer_xml(page->out, message_field(page->publication, question->field->number));
				page_put(page, page_say(page, "”采用，这一列是否多余？", ": is this one superfluous?"));
			}
			page_put(page, "</td>");
			cell_files(page, question->file, question->files);
			page_put(page, "</tr>\n");
		}
	}
	page_table_end(page);
}

static void
put_changes(struct page *page)
{
	static const char *const zh[] = { "来源", "字段", "上次的列名", "这次的列名" };
	static const char *const en[] = { "Source", "Field", "Header last time", "Header this time" };
	const struct publication *publication = page->publication;

	if (publication->binding_change_count == 0)
		return;
	page_heading(page, "与上次报送相比，表头有变化", "Headers that changed since the last delivery");
	PAGE_TABLE(page, zh, en);
	for (size_t i = 0; i < publication->binding_change_count; i++) {
		const struct published_binding_change *change = &publication->binding_changes[i];

		page_put(page, "<tr>");
		page_cell_text(page, source_name(page, change->source));
		page_cell_text(page, message_field(publication, change->field));
		page_cell_text(page,
		    change->was.len > 0 ? change->was : message_say(publication, TEXT("（没有）"), TEXT("(none)")));
		page_cell_text(
		    page, change->is.len > 0 ? change->is : message_say(publication, TEXT("（没有）"), TEXT("(none)")));
		page_put(page, "</tr>\n");
	}
	page_table_end(page);
}

static void
put_schools(struct page *page, bool eventful)
{
	static const char *const zh[] = { "学校标识码", "学校", "#学生", "#在册", "#不再出现", "#未报送", "#已离开",
		"#重新出现", "#新增", "#有变化" };
	static const char *const en[] = { "Code", "School", "#Students", "#Present", "#Absent", "#Not sent", "#Left",
		"#Back", "#New", "#Changed" };
	const struct publication *publication = page->publication;
	size_t count = 0;

	for (size_t i = 0; i < publication->school_count; i++)
		count += account_is_eventful(&publication->schools[i]) == eventful;
	if (count == 0)
		return;
	if (eventful)
		page_heading(page, "有变化的学校", "Schools where something changed");
	else
		page_heading(page, "没有变化的学校", "Schools where nothing changed");
	if (eventful)
		page_note(page,
		    "“不再出现”：来源报送了这所学校，但没有再报送该学生。“未报送”：这次没有收到这所"
		    "学校的数据，沿用以前的。“已离开”：有转出、毕业等依据。“重新出现”：缺席或离开后又有报送，在一段时间"
		    "内这样显示。",
		    "Absent: the source delivered the school without the student. Not sent: "
		    "nothing came for the school, earlier data "
		    "stays. Left: there is evidence, such as a transfer or graduation. Back: was absent or had left, "
		    "and is "
		    "delivered again, of late.");
	PAGE_TABLE(page, zh, en);
	for (size_t i = 0; i < publication->school_count; i++) {
		const struct published_school *school = &publication->schools[i];

		if (account_is_eventful(school) != eventful)
			continue;
		page_put(page, "<tr>");
		page_put(page, "<td class=\"w\">");
		buffer_xml(page->out, school->code);
		page_put(page, "</td>");
		page_cell_text(page,
		    school->name.len > 0 ? school->name
					 : message_say(publication, TEXT("（未写明）"), TEXT("(not said)")));
		page_cell_number(page, school->students);
		page_cell_number(page, school->present);
		page_cell_number(page, school->absent);
		page_cell_number(page, school->stale);
		page_cell_number(page, school->left);
		page_cell_number(page, school->back);
		page_cell_number(page, school->fresh);
		page_cell_number(page, school->changed);
		page_put(page, "</tr>\n");
	}
	page_table_end(page);
}

static void
put_students(struct page *page)
{
	const struct published_returns *forms = &page->publication->returns;
	const struct published_totals *totals = &page->publication->totals;
	const struct {
		uint64_t value;
		const char *zh, *en;
	} list[] = {
		{ totals->records, "条来源记录（各来源对学生的说法）", "records, what each source says of each student" },
		{ totals->records_new, "条记录是新的", "records are new" },
		{ totals->records_changed, "条记录有变化", "records changed" },
		{ totals->back, "条记录重新出现", "records came back" },
		{ totals->stale_new, "条记录所在学校这次没有报送",
		    "records stand in schools that sent nothing this time" },
		{ totals->merged, "名学生与另一名合并（确认是同一人）",
		    "students were merged into another, being the same person" },
		{ totals->pinned, "个值由人工更正，来源还没有改过来（worklist-registry.csv）",
		    "values are pinned by people and not yet mended at their source (worklist-registry.csv)" },
		{ totals->pins_expired, "个人工更正这次与来源一致，不再需要",
		    "pinned values are now what their source says, and no longer needed" },
		{ forms->answers, "项部门自有问题的答复来自返回的表（form_answers.csv）",
		    "answers to departments' own questions came with returned forms (form_answers.csv)" },
		{ forms->rejected, "行返回的表认不出是谁，已退回（returned/forms）",
		    "rows of returned forms are nobody's, and go back (returned/forms)" },
		{ forms->open_differences, "处返回的表与已有数据不同，请核对（form_differences.csv）",
		    "values of returned forms are not those that are held; look at each (form_differences.csv)" },
		{ forms->open_conflicts, "个问题同一学生有两种答复，请裁定（yici forms cases）",
		    "questions were answered in two ways for one student; decide (yici forms cases)" },
		{ page->publication->case_count, "组记录可能是同一学生，也可能不是，请逐组核对（review.xlsx）",
		    "groups of records may be one student's or may not; look at each (review.xlsx)" },
	};

	page_heading(page, "与上次相比", "Since last time");
	page_put(page, "<table><tbody>\n");
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		page_put(page, "<tr>");
		page_cell_number(page, list[i].value);
		buffer_format(page->out, "<td>%s</td></tr>\n", page_say(page, list[i].zh, list[i].en));
	}
	page_table_end(page);
}

static void
put_deliveries(struct page *page)
{
	static const char *const zh[] = { "单位", "授权", "方式", "#第几次", "#学生数", "#移出" };
	static const char *const en[] = { "Office", "Grant", "By", "#Number", "#Students", "#Taken off" };
	const struct publication *publication = page->publication;

	if (publication->delivery_count == 0)
		return;
	page_heading(page, "按授权交付给各单位", "Given to offices by their grants");
	page_note(page,
	    "主题只发送有变化的学生；“移出”是不再属于该授权范围的学生。每次交付都记在交付记录里：yici disclosures。",
	    "A topic is told only what changed; taken off are pupils who are no longer among the grant's. All of it "
	    "stands in "
	    "the log of disclosures.");
	PAGE_TABLE(page, zh, en);
	for (size_t i = 0; i < publication->delivery_count; i++) {
		const struct published_delivery *delivery = &publication->deliveries[i];

		page_put(page, "<tr>");
		page_cell_text(page, delivery->unit);
		page_cell_text(page, delivery->grant);
		page_cell_text(page,
		    delivery->topic ? message_say(publication, TEXT("主题"), TEXT("topic"))
				    : message_say(publication, TEXT("文件"), TEXT("files")));
		page_cell_number(page, delivery->number);
		page_cell_number(page, delivery->rows);
		page_cell_number(page, delivery->gone);
		page_put(page, "</tr>\n");
	}
	page_table_end(page);
}

static void
put_taken(struct page *page)
{
	static const char *const zh[] = { "来源", "文件" };
	static const char *const en[] = { "Source", "File" };
	const struct publication *publication = page->publication;

	if (page->account->all.taken == 0)
		return;
	page_heading(page, "以前已经采用的文件", "Files taken before");
	page_note(page, "内容与以前采用过的文件完全相同，没有重复处理。",
	    "Their content is that of files taken before; they were not taken again.");
	PAGE_TABLE(page, zh, en);
	for (size_t i = 0; i < publication->file_count; i++) {
		const struct published_file *file = &publication->files[i];

		if (!text_eq(file->state, TEXT("already taken")))
			continue;
		page_put(page, "<tr>");
		page_cell_text(page, source_name(page, file->source));
		page_cell_text(page, file->file);
		page_put(page, "</tr>\n");
	}
	page_table_end(page);
}

static void
put_definitions(struct page *page)
{
	bool any = false;

	for (size_t i = 0; i < page->account->source_count; i++) {
		const struct account_source *source = &page->account->sources[i];
		struct buffer snippet;

		if (source->source->defined)
			continue;
		if (!any) {
			page_heading(page, "还没有定义的来源", "Sources without a definition");
			page_note(page,
			    "这些来源已按最低可信程度和通用列名读取。把下面的内容填好，保存到 "
			    "config/sources/ 即可定义。",
			    "They were read at the lowest trust, by the headers everybody uses. "
			    "Fill in the following and save it in "
			    "config/sources/ to define them.");
			any = true;
		}
		buffer_init(&snippet, 16 << 20);
		account_snippet(source, page->publication->chinese, &snippet);
		page_put(page, "<h3>");
		buffer_xml(page->out, source->source->name);
		page_put(page, "</h3>\n<pre>");
		buffer_xml(page->out, buffer_as_text(&snippet));
		page_put(page, "</pre>\n");
		page->out->failed = page->out->failed || buffer_failed(&snippet);
		buffer_fini(&snippet);
	}
}

int
report_html(const struct publication *publication, const struct account *account, struct err *err)
{
	struct lines lines;
	struct page page = { &lines.buffer, publication, account };

	if (lines_open(&lines, publication->folder, "report.html", err) != 0)
		goto fail;
	page_begin(&page);
	put_counts(&page);
	put_refused(&page);
	put_sources(&page);
	put_rules(&page);
	put_sheets(&page);
	put_replaced(&page);
	put_questions(&page);
	put_changes(&page);
	put_definitions(&page);
	put_students(&page);
	report_forms(&page);
	put_deliveries(&page);
	put_schools(&page, true);
	put_taken(&page);
	put_schools(&page, false);
	buffer_format(page.out, "<footer>%s</footer>\n</body>\n</html>\n",
	    page_say(&page, "本报告不含学生个人信息。逐行的问题见 rejected.csv 和退回的表格。",
		"This report holds nobody's personal data. For single rows see rejected.csv and "
		"the returned workbooks."));
	if (lines_close(&lines, err) == 0)
		return 0;
fail:
	lines_drop(&lines);
	return -1;
}
