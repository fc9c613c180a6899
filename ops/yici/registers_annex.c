/*
 * registers_annex.c - the annexes of a year: 附件1 inspections, 附件2 meetings, 附件3 documents, and the table of activities in school; in the last
 * column what may be merged with what. The document's own sheets could not be found: the columns are those that its text asks for.
 */
#include <stdio.h>

#include "consumers/publish/annex_xlsx.h"
#include "core/base/file.h"
#include "ops/yici/registers.h"

enum what { NUMBER, NO, MATTER, UNIT, OBJECT, WHEN, BASIS, PEOPLE, RESPONSIBLE, REMARK };

static const struct annex_column inspections[] = { { "序号", 6 }, { "编号", 12 }, { "督查检查考核事项", 30 },
	{ "责任科室", 14 }, { "检查对象", 16 }, { "时间", 22 }, { "依据文件", 20 }, { "负责人", 9 }, { "备注", 22 } };
static const enum what of_inspections[] = { NO, NUMBER, MATTER, UNIT, OBJECT, WHEN, BASIS, RESPONSIBLE, REMARK };
static const struct annex_column meetings[] = { { "序号", 6 }, { "编号", 12 }, { "会议名称", 30 }, { "主办科室", 14 },
	{ "参会范围", 18 }, { "时间", 22 }, { "参会人数", 10 }, { "负责人", 9 }, { "备注", 22 } };
static const enum what of_meetings[] = { NO, NUMBER, MATTER, UNIT, OBJECT, WHEN, PEOPLE, RESPONSIBLE, REMARK };
static const struct annex_column documents[] = { { "序号", 6 }, { "文号", 18 }, { "文件标题", 38 }, { "发文科室", 14 },
	{ "发送范围", 18 }, { "发文日期", 22 }, { "依据文件", 20 }, { "备注", 22 } };
static const enum what of_documents[] = { NO, NUMBER, MATTER, UNIT, OBJECT, WHEN, BASIS, REMARK };
static const struct annex_column activities[] = { { "序号", 6 }, { "编号", 12 }, { "进校园活动名称", 30 },
	{ "申报单位", 18 }, { "活动对象", 16 }, { "时间", 22 }, { "依据文件", 20 }, { "负责人", 9 }, { "备注", 22 } };
static const enum what of_activities[] = { NO, NUMBER, MATTER, UNIT, OBJECT, WHEN, BASIS, RESPONSIBLE, REMARK };

static const struct annex {
	const char *file, *name, *title;
	const struct annex_column *columns;
	const enum what *whats;
	size_t count;
} annexes[REGISTER_KINDS] = {
	[REGISTER_INSPECTIONS] = { "附件1-督查检查考核事项", "附件1", "涉及中小学校和教师的督查检查考核事项清单",
	    inspections, of_inspections, ARRAY_LEN(inspections) },
	[REGISTER_MEETINGS] = { "附件2-会议", "附件2", "涉及中小学校和教师的会议清单", meetings, of_meetings,
	    ARRAY_LEN(meetings) },
	[REGISTER_DOCUMENTS] = { "附件3-文件", "附件3", "发至中小学校的文件清单", documents, of_documents,
	    ARRAY_LEN(documents) },
	[REGISTER_ACTIVITIES] = { "进校园活动", "", "进校园活动清单", activities, of_activities, ARRAY_LEN(activities) },
};

/* "2026-03-10 至 03-12", "2026-03-10", "第 1 季度"; the year again where it is another. */
static void
put_when(const struct registers *registers, const struct register_entry *entry, struct buffer *out)
{
	struct text from = registers_value(entry, registers->fields.from),
		    to = registers_value(entry, registers->fields.to);

	buffer_text(out, from);
	if (from.len > 0 && to.len > 0 && !text_eq(from, to)) {
		bool same = from.len == 10 && to.len == 10 && memcmp(from.at, to.at, 5) == 0;

		buffer_string(out, " 至 ");
		buffer_text(out, same ? (struct text){ to.at + 5, 5 } : to);
	} else if (from.len == 0 && entry->quarter > 0)
		buffer_format(out, "第 %u 季度", entry->quarter);
}

/* With which others it may be merged. */
static void
put_remark(const struct registers *registers, const struct register_entry *entry, struct buffer *out)
{
	const char *between = "建议与 ";

	for (size_t i = 0; i < registers->count && entry->group > 0; i++) {
		const struct register_entry *other = &registers->entries[i];

		if (other == entry || other->group != entry->group)
			continue;
		buffer_string(out, between);
		buffer_text(out, registers_value(other, registers->fields.number));
		between = "、";
	}
	if (entry->group > 0)
		buffer_string(out, " 合并");
}

static void
put_cell(const struct registers *registers, const struct register_entry *entry, enum what what, size_t nth,
    struct buffer *out)
{
	const struct register_fields *fields = &registers->fields;
	const uint16_t plain[] = { [NUMBER] = fields->number,
		[MATTER] = fields->matter,
		[UNIT] = fields->unit,
		[OBJECT] = fields->object,
		[BASIS] = fields->basis,
		[PEOPLE] = fields->people,
		[RESPONSIBLE] = fields->responsible };

	buffer_clear(out);
	switch (what) {
	case NO:
		buffer_format(out, "%zu", nth);
		break;
	case WHEN:
		put_when(registers, entry, out);
		break;
	case REMARK:
		put_remark(registers, entry, out);
		break;
	default:
		buffer_text(out, registers_value(entry, plain[what]));
	}
}

static int
write_rows(const struct registers *registers, enum register_kind kind, struct annex_xlsx *book, struct err *err)
{
	const struct annex *annex = &annexes[kind];
	struct buffer cells[ANNEX_COLUMNS_MAX];
	struct text texts[ANNEX_COLUMNS_MAX];
	size_t nth = 0;
	int result = 0;

	for (size_t c = 0; c < annex->count; c++)
		buffer_init(&cells[c], 1 << 20);
	for (size_t i = 0; i < registers->count && result == 0; i++) {
		const struct register_entry *entry = &registers->entries[i];

		if (entry->kind != kind || entry->year != registers->year)
			continue;
		nth++;
		for (size_t c = 0; c < annex->count; c++) {
			put_cell(registers, entry, annex->whats[c], nth, &cells[c]);
			texts[c] = buffer_as_text(&cells[c]);
			if (buffer_failed(&cells[c]))
				result = err_set(err, ERR_RETRY, "out of memory for an annex");
		}
		if (result == 0)
			result = annex_xlsx_row(book, texts, err);
	}
	for (size_t c = 0; c < annex->count; c++)
		buffer_fini(&cells[c]);
	return result;
}

static int
write_annex(const struct registers *registers, enum register_kind kind, const char *out, struct err *err)
{
	const struct register_count *of = &registers->findings.counts[kind];
	const struct annex *annex = &annexes[kind];
	char path[FILE_PATH_MAX], title[200], unit[200], sum[200];
	struct annex_head head = { .sheet = registers_kind(registers, kind),
		.name = text_from(annex->name),
		.columns = annex->columns,
		.count = annex->count };
	struct annex_xlsx *book;

	snprintf(title, sizeof(title), "%d年度%s", registers->year, annex->title);
	snprintf(unit, sizeof(unit), "填报单位（盖章）：                    填报日期：%.10s", registers->date);
	if (of->cap == SIZE_MAX)
		snprintf(sum, sizeof(sum), "合计：%zu 项", of->now);
	else
		snprintf(sum, sizeof(sum), "合计：%zu 项（上年 %zu 项，上限 %zu 项%s）", of->now, of->last, of->cap,
		    of->over ? "，已超出" : "");
	head.title = text_from(title);
	head.unit = text_from(unit);
	if (path_format(path, err, "%s/%s.xlsx", out, annex->file) != 0
	    || annex_xlsx_begin(&book, &head, path, out, text_from(registers->date), err) != 0)
		return -1;
	if (write_rows(registers, kind, book, err) == 0)
		return annex_xlsx_end(book, text_from(sum), err);
	annex_xlsx_abort(book);
	return -1;
}

int
registers_annexes(const struct registers *registers, const char *out, struct err *err)
{
	if (file_make_folder(out, err) != 0)
		return -1;
	for (int kind = 0; kind < REGISTER_KINDS; kind++) {
		if (write_annex(registers, (enum register_kind)kind, out, err) != 0)
			return -1;
	}
	return 0;
}
