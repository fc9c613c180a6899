/*
 * page.c - see page.h.
 */
#include "consumers/publish/page.h"

#include <stdio.h>

#include "consumers/publish/message.h"

static const char style[] =
    "@page{size:A4;margin:16mm 14mm}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;max-width:190mm;padding:8mm 6mm;color:#1b1f24;background:#fff;"
    "font:10.5pt/1.6 \"Source Han Sans SC\",\"Noto Sans CJK SC\",\"Microsoft YaHei\",\"PingFang "
    "SC\","
    "\"SimHei\",sans-serif}"
    "h1{font-size:19pt;line-height:1.3;margin:0}"
    ".when{color:#57606a;margin:1mm 0 6mm}"
    "h2{font-size:13pt;line-height:1.4;margin:9mm 0 2mm;padding-bottom:1mm;border-bottom:1.5pt "
    "solid #24507a;"
    "color:#24507a;break-after:avoid}"
    "h3{font-size:11pt;margin:5mm 0 1mm;break-after:avoid;overflow-wrap:anywhere}"
    "p{margin:1mm 0 2mm}"
    ".note{color:#57606a;font-size:9.5pt}"
    ".counts{display:grid;grid-template-columns:repeat(4,1fr);gap:2.5mm;margin:0;padding:0;list-"
    "style:none}"
    ".counts li{border:.75pt solid #d0d7de;border-radius:1.5mm;padding:2mm 3mm;break-inside:avoid}"
    ".counts b{display:block;font-size:16pt;line-height:1.3;font-variant-numeric:tabular-nums}"
    ".counts span{color:#57606a;font-size:9pt}"
    ".counts .bad b{color:#a4262c}"
    "table{border-collapse:collapse;width:100%;margin:2mm 0;font-size:9.5pt;line-height:1.45}"
    "thead{display:table-header-group}"
    "tr{break-inside:avoid}"
    "th,td{border-bottom:.5pt solid #d0d7de;padding:1.2mm 2mm;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}"
    "th{background:#eef3f8;border-bottom:1pt solid #24507a;font-weight:600;white-space:nowrap}"
    "td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}"
    "td.z{color:#afb8c1}"
    "td.w{white-space:nowrap}"
    "td:last-child:not(.n){min-width:22mm}"
    "tr.sum td{font-weight:600;border-top:1pt solid #24507a;border-bottom:0}"
    ".tag{display:inline-block;border-radius:1mm;padding:0 "
    "1.5mm;font-size:8.5pt;white-space:nowrap}"
    ".reject{background:#f8d7d7;color:#7d1216}.error{background:#fde3d0;color:#7a3300}"
    ".query{background:#fff3bf;color:#5f4b00}"
    ".refused{border-left:2.5pt solid #a4262c;padding:.5mm 0 .5mm 3mm;margin:3mm "
    "0;break-inside:avoid}"
    ".refused b{overflow-wrap:anywhere}"
    "pre{border:.75pt solid #d0d7de;border-radius:1.5mm;background:#f6f8fa;padding:2mm "
    "3mm;font-size:8.5pt;"
    "line-height:1.45;white-space:pre-wrap;overflow-wrap:anywhere}"
    "footer{margin-top:9mm;border-top:.5pt solid "
    "#d0d7de;padding-top:2mm;color:#57606a;font-size:9pt}"
    ".bar{display:block;width:100%;height:3.2mm}"
    ".bar .filled,.key.filled{fill:#2f6f4e;background:#2f6f4e}"
    ".bar .left,.key.left{fill:#e3b341;background:#e3b341}"
    ".bar .none{fill:#eef1f4}"
    ".key{display:inline-block;width:3mm;height:3mm;margin:0 1mm 0 3mm}"
    "td.bars{width:26%;vertical-align:middle}"
    "@media "
    "print{body{padding:0;max-width:none;print-color-adjust:exact;-webkit-print-color-adjust:exact}"
    "}";

const char *
page_say(const struct page *page, const char *zh, const char *en)
{
	return message_say(page->publication, text_from(zh), text_from(en)).at;
}

void
page_put(struct page *page, const char *markup)
{
	buffer_string(page->out, markup);
}

void
page_heading(struct page *page, const char *zh, const char *en)
{
	buffer_format(page->out, "<h2>%s</h2>\n", page_say(page, zh, en));
}

void
page_note(struct page *page, const char *zh, const char *en)
{
	buffer_format(page->out, "<p class=\"note\">%s</p>\n", page_say(page, zh, en));
}

void
page_number(struct page *page, uint64_t value)
{
	char digits[32];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buffer_char(page->out, ',');
		buffer_char(page->out, digits[i]);
	}
}

void
page_cell_number(struct page *page, uint64_t value)
{
	page_put(page, value == 0 ? "<td class=\"n z\">" : "<td class=\"n\">");
	page_number(page, value);
	page_put(page, "</td>");
}

void
page_cell_text(struct page *page, struct text text)
{
	page_put(page, "<td>");
	buffer_xml(page->out, text);
	page_put(page, "</td>");
}

void
page_table_begin(struct page *page, const char *const zh[], const char *const en[], size_t count)
{
	page_put(page, "<table>\n<thead><tr>");
	for (size_t i = 0; i < count; i++) {
		const char *head = page_say(page, zh[i], en[i]);

		if (head[0] == '#')
			buffer_format(page->out, "<th class=\"n\">%s</th>", head + 1);
		else
			buffer_format(page->out, "<th>%s</th>", head);
	}
	page_put(page, "</tr></thead>\n<tbody>\n");
}

void
page_table_end(struct page *page)
{
	page_put(page, "</tbody></table>\n");
}

void
page_begin(struct page *page)
{
	const struct publication *publication = page->publication;

	buffer_format(page->out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
	    page_say(page, "zh-CN", "en"));
	page_put(page,
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	    "style-src 'unsafe-inline'\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n");
	buffer_format(page->out, "<title>%s ", page_say(page, "汇总报告", "Report"));
	buffer_xml(page->out, publication->date);
	page_put(page, "</title>\n<style>");
	page_put(page, style);
	page_put(page, "</style>\n</head>\n<body>\n<h1>");
	buffer_xml(page->out, message_say(publication, publication->dataset->zh, publication->dataset->en));
	page_put(page, page_say(page, "数据汇总报告", " data: report"));
	buffer_format(page->out, "</h1>\n<p class=\"when\">%s ", page_say(page, "日期", "Date"));
	buffer_xml(page->out, publication->date);
	buffer_format(page->out, " · %s ", page_say(page, "批次", "Run"));
	buffer_xml(page->out, publication->run);
	page_put(page, "</p>\n");
}
