/*
 * holding_say.c - the sentence about a finding. Nothing in it but names of sources, schools and columns, and numbers.
 */
#include "ops/yici/holding.h"

static void
say_who(const struct hold_finding *finding, const struct source *source, bool chinese, struct buffer *out)
{
	struct text name = chinese && source->zh.len > 0 ? source->zh : source->name;

	buffer_string(out, chinese ? "来源“" : "source ");
	buffer_text(out, name);
	buffer_string(out, chinese ? "”" : "");
	if (finding->school == 0)
		return;
	buffer_string(out, chinese ? "，学校“" : ", school ");
	buffer_text(out, finding->name.len > 0 ? finding->name : finding->code);
	buffer_string(out, chinese ? "”" : "");
	if (finding->name.len > 0 && finding->code.len > 0)
		buffer_format(out, chinese ? "（%.*s）" : " (%.*s)", (int)finding->code.len, finding->code.at);
}

static void
say_share(const struct hold_finding *finding, bool chinese, struct buffer *out)
{
	unsigned long long count = finding->count, of = finding->of;

	buffer_format(out, chinese ? "%llu / %llu（%llu%%）" : "%llu of %llu (%llu %%)", count, of,
	    of == 0 ? 0 : count * 100 / of);
}

static void
say_limit(const struct hold_finding *finding, bool chinese, struct buffer *out)
{
	unsigned long long limit = finding->limit;

	if (limit == 0)
		return;
	if (finding->persons)
		buffer_format(out, chinese ? "，上限 %llu 人" : "; limit %llu", limit);
	else
		buffer_format(out, chinese ? "，上限 %llu%%" : "; limit %llu %%", limit);
}

static void
say_cause(const struct hold_finding *finding, bool chinese, struct buffer *out)
{
	switch (finding->cause) {
	case HOLD_CAUSE_ENCODING:
		buffer_string(out,
		    chinese ? "。可能原因：编码错误（文字已成乱码），请重新导出"
			    : ". Likely cause: encoding (the text was decoded wrongly); export it again");
		break;
	case HOLD_CAUSE_UNUSABLE:
		buffer_string(out,
		    chinese ? "。可能原因：文件已损坏或格式不对" : ". Likely cause: damaged files or another form");
		break;
	default:
		break;
	}
}

/* What a finding of records or values is about, before and behind its share. */
static const struct words {
	const char *zh, *en;
} words[HOLD_FINDINGS] = {
	[HOLD_ABSENT] = { "：不再出现的记录 ", ": records absent " },
	[HOLD_CHANGED] = { "：有变化的记录 ", ": records changed " },
	[HOLD_KEY] = { "：有变化的值 ", ": values changed " },
	[HOLD_EMPTIED] = { "：变空的值 ", ": values emptied " },
	[HOLD_FRESH] = { "：新增的记录 ", ": records new " },
	[HOLD_REJECTED] = { "：比上次多退回的行 ", ": rows rejected beyond last time's share " },
	[HOLD_CODE] = { "：从未出现过的代码 ", ": codes never seen before " },
	[HOLD_KINDS] = { "：失去有效号码的记录 ", ": records no longer identified by a number " },
	[HOLD_LINKED] = { "：不再与其他来源关联的学生 ", ": students no longer linked with other sources " },
	[HOLD_GARBLED] = { "：姓名成为乱码的记录 ", ": records with garbled names " },
};

void
holding_say(const struct hold_finding *finding, const struct dataset *dataset, const struct source *const *sources,
    bool chinese, struct buffer *out)
{
	const struct source *source = sources[finding->source];
	struct text field = finding->field == FIELD_NONE ? (struct text){ 0 }
	    : chinese                                    ? dataset->fields[finding->field].zh
							 : dataset->fields[finding->field].name;
	unsigned long long files = finding->files;

	switch (finding->kind) {
	case HOLD_REFUSED:
		say_who(finding, source, chinese, out);
		buffer_format(
		    out, chinese ? "：本次 %llu 个文件都不能使用" : ": none of its %llu files can be used", files);
		say_cause(finding, chinese, out);
		return;
	case HOLD_SCHOOL:
		buffer_string(out, chinese ? "学校的文件没有报送：" : "the file of a school did not come: ");
		say_who(finding, source, chinese, out);
		buffer_string(out, chinese ? "；涉及记录 " : "; records ");
		say_share(finding, chinese, out);
		return;
	case HOLD_NUMBER:
		buffer_format(out,
		    chinese ? "%llu%% 的 %.*s 学籍号变为 %.*s：可能导出了别的名单；"
			    : "%llu %% of %.*s-numbers changed to %.*s: wrong export; ",
		    finding->of == 0 ? 0ULL : (unsigned long long)(finding->count * 100 / finding->of),
		    (int)finding->was.len, finding->was.at, (int)finding->is.len, finding->is.at);
		say_who(finding, source, chinese, out);
		buffer_string(out, chinese ? "，" : ", ");
		say_share(finding, chinese, out);
		return;
	default:
		break;
	}
	if (finding->cause == HOLD_CAUSE_RENAMED || finding->cause == HOLD_CAUSE_GONE) {
		bool renamed = finding->cause == HOLD_CAUSE_RENAMED;

		buffer_string(out, chinese ? "列“" : "column ");
		buffer_text(out, finding->was);
		if (renamed) {
			buffer_string(out, chinese ? "”改名为“" : " renamed to ");
			buffer_text(out, finding->is);
		}
		if (chinese)
			buffer_format(out, renamed ? "”，涉及 %llu 个文件；" : "”不见了，涉及 %llu 个文件；", files);
		else
			buffer_format(out, renamed ? " in %llu files of " : " is gone in %llu files of ", files);
		say_who(finding, source, chinese, out);
		buffer_string(out, chinese ? "：变空的值 " : ": values emptied ");
		say_share(finding, chinese, out);
		return;
	}
	say_who(finding, source, chinese, out);
	if (field.len > 0) {
		buffer_string(out, chinese ? "，栏目“" : ", field ");
		buffer_text(out, field);
		buffer_string(out, chinese ? "”" : "");
	}
	buffer_string(out, chinese ? words[finding->kind].zh : words[finding->kind].en);
	say_share(finding, chinese, out);
	say_limit(finding, chinese, out);
	say_cause(finding, chinese, out);
}
