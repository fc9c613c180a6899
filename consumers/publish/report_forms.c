/*
 * report_forms.c - what departments' forms ask of schools this term: a bar for each department, as long as the cells that it asks, of
 * which some are filled in already. Bars are SVG inside the page, so that they are printed even where backgrounds are not.
 */
#include "consumers/publish/message.h"
#include "consumers/publish/page.h"
#include "consumers/publish/report.h"

#define BAR_WIDTH 1000

static void
put_bar(struct page *page, const struct published_asking *one, uint64_t most)
{
	uint64_t filled = one->filled < one->asked ? one->filled : one->asked;
	unsigned whole = most == 0 ? 0 : (unsigned)((double)one->asked / (double)most * BAR_WIDTH);
	unsigned part = one->asked == 0 ? 0 : (unsigned)((double)filled / (double)one->asked * whole);

	buffer_format(page->out,
	    "<td class=\"bars\"><svg class=\"bar\" viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" "
	    "aria-hidden=\"true\">"
	    "<rect class=\"none\" width=\"%d\" height=\"10\"/><rect class=\"left\" width=\"%u\" height=\"10\"/>"
	    "<rect class=\"filled\" width=\"%u\" height=\"10\"/></svg></td>",
	    BAR_WIDTH, BAR_WIDTH, whole, part);
}

static void
put_row(struct page *page, const struct published_asking *one, uint64_t most, struct text name, bool sum)
{
	page_put(page, sum ? "<tr class=\"sum\">" : "<tr>");
	page_cell_text(page, name);
	if (sum)
		page_put(page, "<td></td>");
	else
		put_bar(page, one, most);
	page_cell_number(page, one->forms);
	page_cell_number(page, one->asked);
	page_cell_number(page, one->filled);
	page_cell_number(page, one->left);
	buffer_format(page->out, "<td class=\"n\">%.1f</td>", one->hours_saved);
	page_cell_number(page, one->duplicates);
	page_cell_number(page, one->refused);
	page_put(page, "</tr>\n");
}

static void
put_legend(struct page *page, const struct published_forms *forms)
{
	page_put(page, "<p class=\"note\">");
	buffer_xml(page->out, forms->first);
	page_put(page, page_say(page, " 至 ", " to "));
	buffer_xml(page->out, forms->last);
	buffer_format(page->out, "%s%u%s<span class=\"key filled\"></span>%s<span class=\"key left\"></span>%s</p>\n",
	    page_say(page, " 截止的表。登记的表每名在校学生都填；省时按每格 ",
		". A registered form asks of every pupil here; hours by "),
	    forms->seconds, page_say(page, " 秒计。", " s a cell."), page_say(page, "代填", "filled in"),
	    page_say(page, "待填", "left"));
}

void
report_forms(struct page *page)
{
	static const char *const zh[] = { "部门", "所问格", "#表", "#所问格", "#代填格", "#待填格", "#省时（时）",
		"#重复", "#退回" };
	static const char *const en[] = { "Department", "Cells asked", "#Forms", "#Asked", "#Filled", "#Left",
		"#Hours saved", "#Again", "#Refused" };
	const struct published_forms *forms = page->publication->forms;
	uint64_t most = 0;

	if (forms == NULL)
		return;
	page_heading(page, "本学期部门表单：所问与减负", "Departments' forms this term: what they ask, what is spared");
	put_legend(page, forms);
	for (size_t i = 0; i < forms->department_count; i++)
		most = forms->departments[i].asked > most ? forms->departments[i].asked : most;
	PAGE_TABLE(page, zh, en);
	for (size_t i = 0; i < forms->department_count; i++) {
		const struct published_asking *one = &forms->departments[i];

		put_row(page, one, most,
		    one->department.len > 0
			? one->department
			: message_say(page->publication, TEXT("（未登记的表）"), TEXT("(not registered)")),
		    false);
	}
	put_row(page, &forms->all, most, message_say(page->publication, TEXT("合计"), TEXT("All")), true);
	page_table_end(page);
	if (forms->all.duplicates > 0)
		page_note(page, "“重复”：与同学期另一张登记的表问同样的内容（已知照办的也计入）。",
		    "Again: asks the same as another registered form of the term, approved knowingly or not.");
	if (forms->all.refused == 0)
		return;
	buffer_format(page->out, "<p class=\"note\">%s",
	    page_say(
		page, "“退回”：登记时因重复而退回，免填 ", "Refused: at registration, for asking again; not asked: "));
	page_number(page, forms->all.refused_cells);
	buffer_format(page->out, "%s</p>\n", page_say(page, " 格。", " cells."));
}
