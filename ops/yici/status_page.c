/*
 * status_page.c - how things stand, as a page for a browser: what the text says, with readers and sources as tables.
 */
#include <inttypes.h>

#include "ops/yici/status.h"

void
status_style(struct buffer *out)
{
	buffer_string(out,
	    "body{margin:0 auto;max-width:60em;padding:1.5em;color:#1f2933;background:#f5f6f8;line-height:1.6;"
	    "font-family:system-ui,'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei',sans-serif}\n"
	    "h1{font-size:1.5em;margin:0 0 .6em}h2{font-size:1.05em;margin:1.6em 0 .5em}\n"
	    ".card{background:#fff;border:1px solid #dfe3e8;border-radius:6px;padding:.8em 1.1em}.card p{margin:.15em "
	    "0}\n"
	    "table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #dfe3e8}\n"
	    "th,td{padding:.35em .7em;text-align:left;border-bottom:1px solid "
	    "#eceff2}th{font-weight:600;background:#eef1f4}\n"
	    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
	    ".good{color:#1a7f37}.look{color:#9a6700}.bad{color:#b42318;font-weight:600}\n"
	    "footer{margin-top:1.6em;font-size:.9em;color:#6b7785}a{color:#2158a8}\n"
	    "@media(prefers-color-scheme:dark){body{background:#14181d;color:#d6dce3}.card,table{background:#1c2229;"
	    "border-color:#333c46}"
	    "th{background:#252d36}th,td{border-color:#2b343d}a{color:#8ab4f8}.good{color:#57c271}.look{color:#d9a741}."
	    "bad{color:#ff8a80}}\n");
}

static const char *
shade(enum lag_state state)
{
	switch (state) {
	case LAG_OK:
		return "good";
	case LAG_WAITING:
	case LAG_OPEN_TRANSACTION:
		return "look";
	default:
		return "bad";
	}
}

/* A cell with text that is escaped. */
static void
cell(struct buffer *out, const char *class, struct text text)
{
	buffer_format(out, "<td class=\"%s\">", class);
	buffer_xml(out, text);
	buffer_string(out, "</td>");
}

static void
number(struct buffer *out, uint64_t number)
{
	buffer_format(out, "<td class=\"n\">%" PRIu64 "</td>", number);
}

static void
head(struct buffer *out, const char *title, const char *const *columns, size_t count, size_t words)
{
	buffer_format(out, "<h2>%s</h2>\n<table><tr>", title);
	for (size_t i = 0; i < count; i++)
		buffer_format(out, "<th class=\"%s\">%s</th>", i < words ? "" : "n", columns[i]);
	buffer_string(out, "</tr>\n");
}

static void
readers(const struct status *status, const struct command *command, struct buffer *out)
{
	const char *const columns[] = { say(command, "读者", "reader"), say(command, "未读", "unread"),
		say(command, "判断", "verdict") };
	struct buffer unread;

	buffer_init(&unread, (size_t)1 << 16);
	head(out, say(command, "主题的读者", "Readers of topics"), columns, ARRAY_LEN(columns), ARRAY_LEN(columns));
	for (size_t i = 0; i < status->lag.count; i++) {
		const struct lag_group *group = &status->lag.groups[i];

		buffer_clear(&unread);
		status_unread(group, command, &unread);
		buffer_string(out, "<tr>");
		cell(out, "", text_from(group->name));
		cell(out, "", buffer_as_text(&unread));
		cell(out, shade(group->state), text_from(status_verdict(command, group->state)));
		buffer_string(out, "</tr>\n");
	}
	buffer_string(out, "</table>\n");
	buffer_fini(&unread);
}

static void
sources(const struct status *status, const struct command *command, struct buffer *out)
{
	const char *const columns[] = { say(command, "来源", "source"), say(command, "最近一次", "newest"),
		say(command, "文件", "files"), say(command, "退回的文件", "refused"),
		say(command, "采用行数", "rows used"), say(command, "退回行数", "sent back"),
		say(command, "跳过行数", "set aside") };

	head(out, say(command, "各来源（历次合计）", "Sources, over all runs"), columns, ARRAY_LEN(columns), 2);
	for (size_t i = 0; i < status->source_count; i++) {
		const struct status_source *source = &status->sources[i];

		buffer_string(out, "<tr>");
		cell(out, "", text_from(source->name));
		buffer_string(out, "<td>");
		if (source->last_s >= 0) {
			status_duration(command, status->now_s - source->last_s, out);
			buffer_string(out, say(command, "前", " ago"));
		}
		buffer_string(out, "</td>");
		number(out, source->complete);
		number(out, source->refused);
		number(out, source->accepted);
		number(out, source->rejected);
		number(out, source->set_aside);
		buffer_string(out, "</tr>\n");
	}
	buffer_string(out, "</table>\n");
}

void
status_page(const struct status *status, const struct command *command, struct buffer *out)
{
	const char *title = say(command, "一次 · 现状", "Yici: status");
	struct buffer text;

	buffer_init(&text, (size_t)1 << 20);
	status_summary(status, command, &text);
	buffer_format(out,
	    "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" "
	    "content=\"60\">"
	    "<meta name=\"viewport\" content=\"width=device-width\"><title>%s</title>"
	    "<link rel=\"stylesheet\" href=\"/style.css\"></head><body><h1>%s</h1>\n<div class=\"card\">",
	    say(command, "zh", "en"), title, title);
	for (size_t pos = 0; pos < text.len;) {
		const char *end = memchr(text.at + pos, '\n', text.len - pos);
		size_t len = end == NULL ? text.len - pos : (size_t)(end - text.at) - pos;

		buffer_string(out, "<p>");
		buffer_xml(out, (struct text){ text.at + pos, len });
		buffer_string(out, "</p>\n");
		pos += len + 1;
	}
	buffer_string(out, "</div>\n");
	if (status->bus_up)
		readers(status, command, out);
	if (status->source_count > 0)
		sources(status, command, out);
	buffer_format(
	    out, "<footer>%s <a href=\"/status.json\">JSON</a> · <a href=\"/metrics\">Prometheus</a></footer></body></html>\n",
	    say(command, "每分钟刷新。给程序看的：", "Renewed every minute. For programs:"));
	out->failed = out->failed || buffer_failed(&text);
	buffer_fini(&text);
}
