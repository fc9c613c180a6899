/*
 * teacher_lists.c - the lists that are kept of teachers, as files. Mistakes are drawn from list and teacher, not from the night.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/file.h"
#include "ops/sample/book.h"
#include "ops/sample/names.h"
#include "ops/sample/teachers.h"

#define DRAW_MISTAKES 950 /* and up, by list */
#define COLUMNS_MAX 40
#define CELL_BYTES 160

enum list { LIST_REGISTRY, LIST_PAYROLL, LIST_TRAINING, LIST_HEADS, LISTS };

enum fact {
	FACT_SERIAL,
	FACT_SCHOOL_CODE,
	FACT_SCHOOL,
	FACT_NUMBER,
	FACT_NAME,
	FACT_SEX,
	FACT_BIRTH,
	FACT_ID_TYPE,
	FACT_ID,
	FACT_NATION,
	FACT_ETHNIC,
	FACT_POLITICAL,
	FACT_WORK,
	FACT_HIRE,
	FACT_ESTABLISHED,
	FACT_EMPLOYMENT,
	FACT_POST,
	FACT_POST_GRADE,
	FACT_DUTY,
	FACT_TITLE,
	FACT_EDUCATION,
	FACT_QUALIFICATION,
	FACT_QUALIFICATION_NO,
	FACT_STAGE,
	FACT_SUBJECT,
	FACT_GRADES,
	FACT_CLASSES,
	FACT_LESSONS,
	FACT_HEAD,
	FACT_HEAD_GRADE,
	FACT_HEAD_CLASS,
	FACT_HEAD_SINCE,
	FACT_PHONE,
	FACT_STATUS,
	FACT_STATUS_DATE,
	FACT_PAY_GRADE,
	FACT_PAY,
	FACT_ALLOWANCE,
	FACT_CARD,
	FACT_YEAR,
	FACT_HOURS,
	FACT_RESULT
};

struct column {
	const char *header;
	enum fact fact;
};

static const struct column registry[] = { { "学校标识码", FACT_SCHOOL_CODE }, { "学校名称", FACT_SCHOOL },
	{ "教职工号", FACT_NUMBER }, { "姓名", FACT_NAME }, { "性别", FACT_SEX }, { "出生日期", FACT_BIRTH },
	{ "身份证件类型", FACT_ID_TYPE }, { "身份证件号", FACT_ID }, { "国籍/地区", FACT_NATION },
	{ "民族", FACT_ETHNIC }, { "政治面貌", FACT_POLITICAL }, { "参加工作年月", FACT_WORK },
	{ "进本校年月", FACT_HIRE }, { "是否在编", FACT_ESTABLISHED }, { "用人形式", FACT_EMPLOYMENT },
	{ "岗位类别", FACT_POST }, { "校级职务", FACT_DUTY }, { "专业技术职务", FACT_TITLE },
	{ "最高学历", FACT_EDUCATION }, { "教师资格证种类", FACT_QUALIFICATION },
	{ "教师资格证号码", FACT_QUALIFICATION_NO }, { "任教学段", FACT_STAGE }, { "任教学科", FACT_SUBJECT },
	{ "任教年级", FACT_GRADES }, { "任教班级", FACT_CLASSES }, { "周课时数", FACT_LESSONS },
	{ "是否班主任", FACT_HEAD }, { "担任班主任年级", FACT_HEAD_GRADE }, { "担任班主任班级", FACT_HEAD_CLASS },
	{ "手机号码", FACT_PHONE }, { "人员状态", FACT_STATUS }, { "状态变动日期", FACT_STATUS_DATE } };

static const struct column payroll[] = { { "序号", FACT_SERIAL }, { "单位名称", FACT_SCHOOL }, { "姓名", FACT_NAME },
	{ "身份证号码", FACT_ID }, { "岗位类别", FACT_POST }, { "岗位等级", FACT_POST_GRADE }, { "职称", FACT_TITLE },
	{ "薪级", FACT_PAY_GRADE }, { "应发合计", FACT_PAY }, { "班主任津贴", FACT_ALLOWANCE },
	{ "工资卡号", FACT_CARD } };

static const struct column training[] = { { "年度", FACT_YEAR }, { "姓名", FACT_NAME }, { "性别", FACT_SEX },
	{ "身份证号", FACT_ID }, { "工作单位", FACT_SCHOOL }, { "任教学段", FACT_STAGE }, { "任教学科", FACT_SUBJECT },
	{ "联系电话", FACT_PHONE }, { "学时", FACT_HOURS }, { "考核结果", FACT_RESULT } };

static const struct column heads[] = { { "序号", FACT_SERIAL }, { "学校名称", FACT_SCHOOL },
	{ "年级", FACT_HEAD_GRADE }, { "班级", FACT_HEAD_CLASS }, { "班主任姓名", FACT_NAME },
	{ "联系电话", FACT_PHONE }, { "任班主任起始年月", FACT_HEAD_SINCE } };

static const struct {
	const char *source, *title;
	const struct column *columns;
	size_t count;
	enum book_format formats[2]; /* by county */
	bool titled, whole_city;
} lists[LISTS] = {
	[LIST_REGISTRY] = { "teacher_registry", "教师信息", registry, ARRAY_LEN(registry), { BOOK_XLSX, BOOK_CSV },
	    false, false },
	[LIST_PAYROLL] = { "payroll", "工资发放表", payroll, ARRAY_LEN(payroll), { BOOK_XLSX_INLINE, BOOK_XLS }, true,
	    false },
	[LIST_TRAINING] = { "teacher_training", "继续教育学时", training, ARRAY_LEN(training),
	    { BOOK_CSV_GB18030, BOOK_CSV_GB18030 }, false, true },
	[LIST_HEADS] = { "head_teachers", "班主任花名册", heads, ARRAY_LEN(heads), { BOOK_XLSX, BOOK_XLS }, true, false },
};

static const char *const grade_names[13] = { "", "一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级",
	"八年级", "九年级", "高一", "高二", "高三" };

/* A row on its way. */
struct line {
	struct cell cells[COLUMNS_MAX];
	char texts[COLUMNS_MAX][CELL_BYTES];
	size_t count;
};

static void put(struct line *line, const char *format, ...) PRINTF_LIKE(2, 3);

static void
put(struct line *line, const char *format, ...)
{
	char *text = line->texts[line->count];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, CELL_BYTES, format, arguments);
	va_end(arguments);
	line->cells[line->count++] = (struct cell){ .kind = text[0] == '\0' ? CELL_BLANK : CELL_TEXT,
		.text = text_from(text) };
}

/* As a typist of the list writes it. */
static void
put_name(struct line *line, const struct teacher *teacher, struct rng *rng, enum list list)
{
	struct text name = text_from(teacher->name);
	size_t first = 0, second;
	const char *other;

	text_next(name, &first);
	second = first;
	if (list == LIST_REGISTRY || second >= name.len) {
		put(line, "%s", teacher->name);
		return;
	}
	text_next(name, &second);
	other = names_homophone(rng, (struct text){ name.at + first, second - first }, false);
	if (other != NULL && rng_hit(rng, 12000))
		put(line, "%.*s%s%s", (int)first, name.at, other, name.at + second);
	else if (second == name.len && rng_hit(rng, 200000))
		put(line, "%.*s　%s", (int)first, name.at, name.at + first);
	else
		put(line, "%s", teacher->name);
}

static void
put_id(struct line *line, const struct teacher *teacher, struct rng *rng, enum list list, bool numbers)
{
	char id[20];

	memcpy(id, teacher->id_no, sizeof(id));
	if (list == LIST_REGISTRY) {
		if (rng_hit(rng, 30000))
			id[17] = id[17] == 'X' ? 'x' : id[17];
		put(line, "%s", id);
		return;
	}
	if (rng_hit(rng, 20000)) {
		put(line, "%s", "");
	} else if (numbers && id[17] != 'X' && rng_hit(rng, 20000)) { /* the sheet keeps fifteen digits */
		put(line, "%.15s000", id);
		line->cells[line->count - 1].kind = CELL_NUMBER;
		line->cells[line->count - 1].number = strtod(line->texts[line->count - 1], NULL);
	} else if (rng_hit(rng, 8000)) { /* two digits have changed places */
		char c = id[15];

		id[15] = id[16];
		id[16] = c;
		put(line, "%s", id);
	} else {
		put(line, "%s", id);
	}
}

static void
put_classes(struct line *line, const struct teacher *teacher, bool grades)
{
	char text[CELL_BYTES] = "";
	size_t len = 0;

	for (size_t i = 0; i < teacher->class_count; i++) {
		if (grades && i > 0 && teacher->grades[i] == teacher->grades[i - 1])
			continue;
		if (grades)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len > 0 ? "、" : "",
			    grade_names[teacher->grades[i]]);
		else
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%u班", len > 0 ? "、" : "",
			    grade_names[teacher->grades[i]], teacher->classes[i]);
	}
	put(line, "%s", text);
}

static void
put_title(struct line *line, const struct teacher *teacher, enum list list)
{
	static const char *const names[] = { "", "正高级教师", "高级教师", "一级教师", "二级教师", "未定职级" };
	static const char *const older[] = { "", "正高级", "中学高级教师", "中学一级教师", "中学二级教师", "未评" };

	if (teacher->post == 4)
		put(line, "%s", "");
	else
		put(line, "%s",
		    list == LIST_PAYROLL && teacher->number % 3 == 0 ? older[teacher->title] : names[teacher->title]);
}

static void
put_status(struct line *line, const struct teacher *teacher, bool date)
{
	if (date)
		put(line, "%s", teacher->left_night > 0 ? "20260901" : "");
	else
		put(line, "%s", teacher->left_night == 0 ? "在职" : teacher->number % 3 == 0 ? "退休" : "调出");
}

static void
put_fact(struct line *line, enum fact fact, const struct teacher *teacher, const struct city *city, struct rng *rng,
    enum list list, bool numbers, unsigned serial)
{
	static const char *const posts[] = { "", "专任教师岗位", "管理岗位", "其他专业技术岗位", "工勤技能岗位" };
	static const char *const stages[] = { "", "小学", "初中", "高中" };
	static const char *const qualifications[] = { "", "小学教师资格", "初级中学教师资格", "高级中学教师资格" };
	static const char *const educations[] = { "硕士研究生毕业", "大学本科毕业", "大学专科毕业" };
	const struct school *school = &city->schools[teacher->school];
	bool head = teacher->head_grade > 0 && teacher->left_night == 0, worker = teacher->post == 4;

	switch (fact) {
	case FACT_SERIAL:
		put(line, "%u", serial);
		break;
	case FACT_SCHOOL_CODE:
		put(line, "%s", school->code);
		break;
	case FACT_SCHOOL:
		put(line, "%s", school->name);
		break;
	case FACT_NUMBER:
		put(line, "T%.10s%04u", school->code, teacher->number % 10000);
		break;
	case FACT_NAME:
		put_name(line, teacher, rng, list);
		break;
	case FACT_SEX:
		put(line, "%s", teacher->boy ? "男" : "女");
		break;
	case FACT_BIRTH:
		put(line, "%04u%02u%02u", teacher->birth_year, teacher->birth_month, teacher->birth_day);
		break;
	case FACT_ID_TYPE:
		put(line, "%s", "居民身份证");
		break;
	case FACT_ID:
		put_id(line, teacher, rng, list, numbers);
		break;
	case FACT_NATION:
		put(line, "%s", "中国");
		break;
	case FACT_ETHNIC:
		put(line, "%s", teacher->number % 60 == 7 ? "回族" : "汉族");
		break;
	case FACT_POLITICAL:
		put(line, "%s", teacher->party ? "中共党员" : "群众");
		break;
	case FACT_WORK:
		put(line, "%04u08", teacher->work_year);
		break;
	case FACT_HIRE:
		put(line, "%04u08", teacher->hire_year);
		break;
	case FACT_ESTABLISHED:
		put(line, "%s", teacher->number % 9 == 0 ? "否" : "是");
		break;
	case FACT_EMPLOYMENT:
		put(line, "%s", teacher->number % 9 == 0 ? "合同制" : "事业编制");
		break;
	case FACT_POST:
		put(line, "%s", posts[teacher->post]);
		break;
	case FACT_POST_GRADE:
		put(line, "%s%u级", worker ? "技术工" : "专业技术岗位",
		    worker ? 3U : (unsigned)(teacher->title * 2 + 3));
		break;
	case FACT_DUTY:
		put(line, "%s", teacher->post == 2 ? "校长" : "");
		break;
	case FACT_TITLE:
		put_title(line, teacher, list);
		break;
	case FACT_EDUCATION:
		put(line, "%s", educations[worker ? 2 : teacher->education]);
		break;
	case FACT_QUALIFICATION:
		put(line, "%s", worker ? "无" : qualifications[teacher->stage]);
		break;
	case FACT_QUALIFICATION_NO:
		if (worker)
			put(line, "%s", "");
		else
			put(line, "%04u4103%u%08u", teacher->work_year, teacher->stage + 1U,
			    teacher->number * 97U % 100000000U);
		break;
	case FACT_STAGE:
		put(line, "%s", worker ? "" : stages[teacher->stage]);
		break;
	case FACT_SUBJECT:
		put(line, "%s", teachers_subject(teacher));
		break;
	case FACT_GRADES:
	case FACT_CLASSES:
		put_classes(line, teacher, fact == FACT_GRADES);
		break;
	case FACT_LESSONS:
		put(line, "%u", worker ? 0U : 8 + teacher->number % 9);
		break;
	case FACT_HEAD:
		put(line, "%s", head ? "是" : "否");
		break;
	case FACT_HEAD_GRADE:
		put(line, "%s", head ? grade_names[teacher->head_grade] : "");
		break;
	case FACT_HEAD_CLASS:
		if (head)
			put(line, "%u班", teacher->head_class);
		else
			put(line, "%s", "");
		break;
	case FACT_HEAD_SINCE:
		put(line, "%u.9", 2021 + teacher->number % 6);
		break;
	case FACT_PHONE:
		put(line, "%s", list != LIST_REGISTRY && rng_hit(rng, 15000) ? "" : teacher->phone);
		break;
	case FACT_STATUS:
	case FACT_STATUS_DATE:
		put_status(line, teacher, fact == FACT_STATUS_DATE);
		break;
	case FACT_PAY_GRADE:
		put(line, "%u级", 20 + (CITY_YEAR - teacher->work_year));
		break;
	case FACT_PAY:
		put(line, "%u.%02u", 5200 + (CITY_YEAR - teacher->work_year) * 90U + (5U - teacher->title) * 400U,
		    teacher->number % 100);
		break;
	case FACT_ALLOWANCE:
		put(line, "%s", head ? "600" : "0");
		break;
	case FACT_CARD:
		put(line, "62284807%011u", teacher->number * 7919U);
		break;
	case FACT_YEAR:
		put(line, "%d", CITY_YEAR);
		break;
	case FACT_HOURS:
		put(line, "%u", 40 + rng_below(rng, 60));
		break;
	case FACT_RESULT:
		put(line, "%s", rng_hit(rng, 970000) ? "合格" : "不合格");
		break;
	}
}

/* Whether the list has him. Who has left stands in the registry of that night, and is paid no more. */
static bool
is_listed(const struct teacher *teacher, enum list list, unsigned night, uint64_t seed)
{
	struct rng rng = rng_for(seed, DRAW_MISTAKES + 10 + (uint64_t)list, teacher->number);

	if (teacher->left_night != 0)
		return list == LIST_REGISTRY && teacher->left_night == night;
	if (list == LIST_HEADS)
		return teacher->head_grade > 0;
	return list != LIST_TRAINING || (teacher->post != 4 && rng_hit(&rng, 850000));
}

static void
write_heading(struct book *book, enum list list, const char *place)
{
	struct cell cells[COLUMNS_MAX] = { { .kind = CELL_BLANK } };
	char title[200];

	if (lists[list].titled) {
		snprintf(title, sizeof(title), "%s2026年9月%s", place, lists[list].title);
		cells[0] = (struct cell){ .kind = CELL_TEXT, .text = text_from(title) };
		book_merge(book, 0, lists[list].count - 1, 0);
		book_row(book, cells, lists[list].count);
	}
	for (size_t i = 0; i < lists[list].count; i++)
		cells[i] = (struct cell){ .kind = CELL_TEXT, .text = text_from(lists[list].columns[i].header) };
	book_row(book, cells, lists[list].count);
}

static int
write_list(const struct teachers *teachers, const struct city *city, const char *folder, enum list list, size_t county,
    unsigned night, struct err *err)
{
	enum book_format format = lists[list].formats[county % 2];
	const char *place = lists[list].whole_city ? "洛阳市" : city_counties[county].name;
	const char *ending = format == BOOK_XLS                 ? "xls"
	    : format == BOOK_XLSX || format == BOOK_XLSX_INLINE ? "xlsx"
								: "csv";
	struct line *line = malloc(sizeof(*line));
	char path[FILE_PATH_MAX];
	struct book *book;
	unsigned serial = 0;

	if (line == NULL)
		return err_set(err, ERR_RETRY, "memory is short for a list");
	if (path_format(path, err, "%s/%s_%s.%s", folder, place, lists[list].title, ending) != 0
	    || (book = book_open(format, path, err)) == NULL) {
		free(line);
		return -1;
	}
	book_sheet(book, "Sheet1", false, lists[list].count);
	write_heading(book, list, place);
	for (size_t i = 0; i < teachers->count; i++) {
		const struct teacher *teacher = &teachers->at[i];
		struct rng rng = rng_for(city->seed, DRAW_MISTAKES + (uint64_t)list, teacher->number);

		if ((!lists[list].whole_city && city->schools[teacher->school].county != county)
		    || !is_listed(teacher, list, night, city->seed))
			continue;
		line->count = 0;
		serial++;
		for (size_t c = 0; c < lists[list].count; c++)
			put_fact(line, lists[list].columns[c].fact, teacher, city, &rng, list, book_has_sheets(format),
			    serial);
		book_row(book, line->cells, line->count);
	}
	if (lists[list].titled) {
		line->count = 0;
		put(line, "合计：%u人", serial);
		book_row(book, line->cells, 1);
	}
	free(line);
	return book_close(book, err);
}

static void
tell(const struct teachers *teachers, const struct city *city, unsigned night, struct buffer *truth)
{
	for (size_t i = 0; i < teachers->count; i++) {
		const struct teacher *t = &teachers->at[i];
		const struct school *school = &city->schools[t->school];

		buffer_format(truth, "%u,%u,%s,%d,%04u-%02u-%02u,%s,T%.10s%04u,%s,%s,%s,%s,", night, t->number, t->name,
		    t->boy ? 1 : 2, t->birth_year, t->birth_month, t->birth_day, t->id_no, school->code,
		    t->number % 10000, school->code, school->name, teachers_subject(t),
		    t->left_night == 0 ? grade_names[t->head_grade] : "");
		if (t->head_class > 0 && t->left_night == 0)
			buffer_format(truth, "%u班", t->head_class);
		buffer_format(truth, ",%s\r\n", t->left_night == 0 ? "present" : "left");
	}
}

int
teachers_write(const struct teachers *teachers, const struct city *city, const char *out, unsigned night,
    struct buffer *truth, struct err *err)
{
	for (enum list list = 0; list < LISTS; list++) {
		char folder[FILE_PATH_MAX];

		if (list == LIST_TRAINING && night > 1) /* comes once a year */
			continue;
		if (path_format(folder, err, "%s/night-%02u/inbox/%s", out, night, lists[list].source) != 0
		    || file_make_folder(folder, err) != 0)
			return -1;
		for (size_t county = 0; county < (lists[list].whole_city ? 1 : CITY_COUNTIES); county++) {
			if (write_list(teachers, city, folder, list, county, night, err) != 0)
				return -1;
		}
	}
	tell(teachers, city, night, truth);
	return 0;
}
