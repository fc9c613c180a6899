/*
 * registers.c - see registers.h.
 */
#include "ops/sample/registers.h"

#include <stdio.h>

#include "core/base/file.h"
#include "ops/sample/book.h"
#include "ops/sample/city.h"
#include "ops/sample/names.h"

#define DRAW_REGISTERS 990
#define COLUMNS_MAX 10
#define TOPICS 20

static const char *const topics[TOPICS] = { "校园安全", "食堂卫生", "教学常规", "双减落实", "学籍管理", "教育收费",
	"师德师风", "控辍保学", "体质健康", "图书装备", "信息化应用", "校车运行", "语言文字", "心理健康", "劳动教育",
	"财务资产", "课后服务", "防溺水", "垃圾分类", "传染病防控" };
static const char *const units[] = { "安全科", "体卫艺科", "基础教育科", "督导室", "财务科", "人事科" };
static const char *const objects[] = { "全市中小学", "义务教育学校", "全市各学校", "普通高中" };

/* A register: how its lines are headed and called, and how many it has of the year before and of this one. */
static const struct list {
	const char *source, *title, *prefix;
	const char *headers[COLUMNS_MAX];
	const char *called[2]; /* a matter, and the same in other words */
	size_t last, now, twice;
	enum book_format format;
} lists[] = {
	{ "inspections", "督查检查考核登记表", "督",
	    { "序号", "编号", "督查检查考核事项", "责任科室", "检查对象", "检查时间", "结束时间", "依据文件", "负责人",
		"审批状态" },
	    { "%s专项督查", "关于开展%s检查的通知" }, 16, 10, 2, BOOK_XLSX },
	{ "meetings", "会议登记表", "会",
	    { "序号", "会议编号", "会议名称", "主办科室", "参会范围", "会议时间", "结束时间", "依据文件", "主持人",
		"审批状态" },
	    { "%s工作会议", "%s推进会" }, 12, 8, 1, BOOK_XLS },
	{ "documents", "文件登记表", "教文",
	    { "序号", "文号", "文件标题", "发文科室", "发送范围", "发文日期", "截止时间", "依据文件", "经办人",
		"办理情况" },
	    { "关于做好%s工作的通知", "关于进一步加强%s的意见" }, 20, 15, 1, BOOK_CSV_GB18030 },
	{ "campus_activities", "进校园活动登记表", "进",
	    { "序号", "活动编号", "进校园活动名称", "申报单位", "活动对象", "活动时间", "结束时间", "依据", "负责人",
		"审批意见" },
	    { "%s宣传进校园", "%s进校园活动" }, 6, 7, 0, BOOK_XLSX_INLINE },
};

struct line {
	struct cell cells[COLUMNS_MAX];
	char texts[COLUMNS_MAX][200];
};

static void
put(struct line *line, size_t at)
{
	line->cells[at] = (struct cell){ .kind = line->texts[at][0] == '\0' ? CELL_BLANK : CELL_TEXT,
		.text = text_from(line->texts[at]) };
}

/* "%s" of ${pattern} is ${topic}. */
static void
call(const char *pattern, const char *topic, char out[200])
{
	const char *at = strstr(pattern, "%s");

	snprintf(out, 200, "%.*s%s%s", (int)(at - pattern), pattern, topic, at + 2);
}

/* The ${nth} matter of the year; ${twin}: that matter once more, in other words and by another office. */
static void
write_line(struct book *book, const struct list *list, size_t number, unsigned year, size_t nth, bool twin,
    uint64_t seed, const char *state, struct buffer *truth)
{
	struct rng rng = rng_for(seed, DRAW_REGISTERS + (uint64_t)(list - lists), year * 1000U + nth);
	unsigned quarter = (unsigned)(nth % 4) + 1, month = quarter * 3 - 2 + rng_below(&rng, 3),
		 day = 1 + rng_below(&rng, 20);
	struct line line = { 0 };

	snprintf(line.texts[0], sizeof(line.texts[0]), "%zu", number);
	snprintf(line.texts[1], sizeof(line.texts[1]), "%s%u-%02zu", list->prefix, year, number);
	call(list->called[twin], topics[nth % TOPICS], line.texts[2]);
	snprintf(line.texts[3], sizeof(line.texts[3]), "%s", units[(nth + twin) % ARRAY_LEN(units)]);
	snprintf(line.texts[4], sizeof(line.texts[4]), "%s", twin ? "全市各学校" : objects[nth % ARRAY_LEN(objects)]);
	snprintf(line.texts[5], sizeof(line.texts[5]), nth % 3 == 0 ? "%u.%u.%u" : "%u-%02u-%02u", year, month, day);
	if (nth % 2 == 0)
		snprintf(line.texts[6], sizeof(line.texts[6]), "%u-%02u-%02u", year, month, day + 2);
	snprintf(line.texts[7], sizeof(line.texts[7]), "教办〔%u〕%zu号", year, nth * 7 % 90 + 1);
	snprintf(line.texts[8], sizeof(line.texts[8]), "%s", names_surname(&rng));
	names_given(&rng, nth % 2 == 0, false, line.texts[8], sizeof(line.texts[8]));
	snprintf(line.texts[9], sizeof(line.texts[9]), "%s", state);
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		put(&line, i);
	book_row(book, line.cells, COLUMNS_MAX);
	if (truth == NULL)
		return;
	buffer_format(truth, "%s,%zu,%u,%u,", line.texts[1], (size_t)(list - lists) + 1, year, quarter);
	if (year == CITY_YEAR && nth < list->twice)
		buffer_format(truth, "%zu", nth + 1);
	buffer_string(truth, "\r\n");
}

static struct book *
begin(const struct list *list, const char *folder, unsigned year, const char *note, struct err *err)
{
	const char *ending = list->format == BOOK_CSV_GB18030 ? "csv" : list->format == BOOK_XLS ? "xls" : "xlsx";
	struct line line = { 0 };
	char path[FILE_PATH_MAX];
	struct book *book;

	if (path_format(path, err, "%s/%u年%s%s.%s", folder, year, list->title, note, ending) != 0
	    || (book = book_open(list->format, path, err)) == NULL)
		return NULL;
	book_sheet(book, "登记表", false, COLUMNS_MAX);
	snprintf(line.texts[0], sizeof(line.texts[0]), "%u年%s", year, list->title);
	put(&line, 0);
	book_merge(book, 0, COLUMNS_MAX - 1, 0);
	book_row(book, line.cells, COLUMNS_MAX);
	for (size_t i = 0; i < COLUMNS_MAX; i++) {
		snprintf(line.texts[i], sizeof(line.texts[i]), "%s", list->headers[i]);
		put(&line, i);
	}
	book_row(book, line.cells, COLUMNS_MAX);
	return book;
}

static int
write_year(
    const struct list *list, const char *folder, unsigned year, uint64_t seed, struct buffer *truth, struct err *err)
{
	struct book *book = begin(list, folder, year, "", err);
	size_t count = year == CITY_YEAR ? list->now : list->last;

	if (book == NULL)
		return -1;
	for (size_t nth = 0; nth < count; nth++)
		write_line(book, list, nth + 1, year, nth, false, seed, year == CITY_YEAR ? "已批准" : "已完成", truth);
	for (size_t nth = 0; year == CITY_YEAR && nth < list->twice; nth++)
		write_line(book, list, count + nth + 1, year, nth, true, seed, "计划", truth);
	return book_close(book, err);
}

int
registers_write(const char *out, uint64_t seed, unsigned night, struct buffer *truth, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		char folder[FILE_PATH_MAX];

		if (path_format(folder, err, "%s/night-%02u/inbox/%s", out, night, lists[i].source) != 0
		    || file_make_folder(folder, err) != 0)
			return -1;
		if (night == 1
		    && (write_year(&lists[i], folder, CITY_YEAR - 1, seed, truth, err) != 0
			|| write_year(&lists[i], folder, CITY_YEAR, seed, truth, err) != 0))
			return -1;
		if (night > 1 && i == 1) {
			struct book *book = begin(&lists[i], folder, CITY_YEAR, "（更新）", err);

			if (book == NULL)
				return -1;
			write_line(book, &lists[i], night, CITY_YEAR, night - 1, false, seed, "取消", NULL);
			if (book_close(book, err) != 0)
				return -1;
		}
	}
	return 0;
}
