/*
 * bench_rows.c - rows for measuring: invented pupils, and the same rows changed or in another
 * format.
 *
 *   bench_rows make N [SEED] > FILE          N rows of a registry export, 41 columns, UTF-8
 *   bench_rows change PERMILLE [SEED] < CSV > CSV
 *                                            the next night: that many rows get another phone and a
 * newer 更新时间 bench_rows html|spreadsheetml|xml < CSV > FILE bench_rows xlsx-inline|xlsx-shared
 * OUT.xlsx < CSV
 *
 * Everything is drawn from SEED and the row's number by a hash, so the same call gives the same
 * bytes. Row i is of person i - i / 10; every tenth row repeats an earlier person, later and from
 * the same school. About 2 % of the rows have one thing wrong in the ways that exports have it
 * wrong. A person's number is: division, birth day and sequence from the person's number in a mixed
 * radix, so no two are equal; the check character is right. CSV read here has one row a line: a
 * quoted cell holds no line break.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <xlsxwriter.h>

#include "core/base/base.h"

#define CELLS 64
#define PHONE_COLUMN 21
#define SEAT_COLUMN 26 /* these two are numbers in a workbook */
#define DISTANCE_COLUMN 34

static const char header[] = "学籍辅号,全国学籍号,姓名,性别,出生日期,身份证件类型,身份证件号,民族,"
			     "国籍/地区,港澳台侨外,政治面貌,健康状况,血型,"
			     "籍贯,出生地行政区划代码,户口性质,户口所在地行政区划,现住址,通信地址,"
			     "家庭地址,邮政编码,联系电话,学校标识码,学校名称,"
			     "年级,班级,班内学号,入学年月,入学方式,就读方式,是否独生子女,"
			     "是否留守儿童,是否孤儿,是否需要申请资助,上下学距离,"
			     "上下学交通方式,学生来源,成员1姓名,成员1关系,成员1联系电话,更新时间";

/* ---- drawing ---- */

/* A stream of numbers that begins at any point: splitmix64. */
struct draw {
	uint64_t at;
};

static uint64_t
draw(struct draw *from)
{
	uint64_t x = from->at += UINT64_C(0x9E3779B97F4A7C15);

	x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
	return x ^ x >> 31;
}

static unsigned
below(struct draw *from, unsigned limit)
{
	return (unsigned)(draw(from) % limit);
}

#define ONE_OF(from, list) (list)[below((from), (unsigned)ARRAY_LEN(list))]

/* ---- people ---- */

static const char *const surnames[] = { "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "贺", "云", "白",
	"郝", "任", "武", "乔", "范", "康", "邢", "诸葛", "上官" };
static const char *const given[] = { "安", "宁", "乐", "和", "平", "嘉", "瑞", "景", "明", "朗", "清", "雅", "婷", "悦",
	"萱", "妍", "辰", "睿", "航", "翔", "诚", "毅", "国", "庆", "春", "秋", "雪", "梅", "松", "柏", "山", "川" };
static const char *const streets[] = { "阿尔丁大街", "钢铁大街", "建设路", "文化路", "少先路", "友谊大街", "黄河大街",
	"青年路" };

struct division {
	const char *code, *name;
};
static const struct division divisions[] = { { "150202", "东河区" }, { "150203", "昆都仑区" }, { "150204", "青山区" },
	{ "150205", "石拐区" }, { "150206", "白云鄂博矿区" }, { "150207", "九原区" }, { "150221", "土默特右旗" },
	{ "150222", "固阳县" } };

#define BORN_FIRST 2010
#define BORN_YEARS 9
#define DAYS 336 /* twelve months of 28 days: every one exists */
#define SCHOOL_YEAR 2025

struct person {
	const struct division *division;
	unsigned year, month, day, school, class_no;
	bool boy;
	char id[19], name[40], address[200];
};

static void
check_character(char id[19])
{
	unsigned sum = 0, weight = 1;

	/* GB 11643: weights are the powers of two modulo eleven, from the right */
	for (int i = 16; i >= 0; i--) {
		weight = weight * 2 % 11;
		sum += weight * (unsigned)(id[i] - '0');
	}
	id[17] = "10X98765432"[sum % 11];
	id[18] = '\0';
}

static void
draw_name(struct draw *from, char name[40])
{
	snprintf(name, 40, "%s%s%s", ONE_OF(from, surnames), ONE_OF(from, given),
	    below(from, 6) == 0 ? "" : ONE_OF(from, given));
}

static struct person
person_of(uint64_t number, uint64_t seed)
{
	/* a step without a common divisor with the number of combinations visits each of them once
	 */
	const uint64_t all = (uint64_t)ARRAY_LEN(divisions) * BORN_YEARS * DAYS * 999;
	uint64_t at = (number * 15485863 + seed * 104729) % all;
	struct draw from = { seed << 32 ^ number };
	struct person person;
	unsigned sequence, day;

	sequence = (unsigned)(at % 999) + 1;
	day = (unsigned)(at / 999 % DAYS);
	person.year = BORN_FIRST + (unsigned)(at / 999 / DAYS % BORN_YEARS);
	person.division = &divisions[at / 999 / DAYS / BORN_YEARS];
	person.month = 1 + day / 28;
	person.day = 1 + day % 28;
	person.boy = sequence % 2 == 1;
	snprintf(person.id, sizeof(person.id), "%s%04u%02u%02u%03u", person.division->code, person.year % 10000,
	    person.month % 100, person.day % 100, sequence % 1000);
	check_character(person.id);
	draw_name(&from, person.name);
	person.school = below(&from, 640);
	person.class_no = 1 + below(&from, 10);
	snprintf(person.address, sizeof(person.address), "内蒙古自治区包头市%s%s%u号小区%u栋%u单元%u号",
	    person.division->name, ONE_OF(&from, streets), 1 + below(&from, 120), 1 + below(&from, 30),
	    1 + below(&from, 5), 101 + below(&from, 1800));
	return person;
}

/* ---- rows ---- */

/* What is wrong with a row. */
enum flaw {
	FLAW_NONE,
	FLAW_CHECK,  /* the check character */
	FLAW_WIDE,   /* the number in full-width digits */
	FLAW_SPACES, /* around the name */
	FLAW_DATE,   /* one that does not exist */
	FLAW_CODE,   /* a people nobody knows */
	FLAW_PHONE,  /* two in one cell */
	FLAW_COUNT,
};

static void
widen(const char *digits, char *out)
{
	for (; *digits != '\0'; digits++) {
		if (*digits < '0' || *digits > '9') {
			*out++ = *digits;
			continue;
		}
		memcpy(out, "\xEF\xBC", 2);
		out[2] = (char)(0x90 + (*digits - '0'));
		out += 3;
	}
	*out = '\0';
}

static void
draw_phone(struct draw *from, char phone[40])
{
	snprintf(phone, 40, "1%c%09u", "35789"[below(from, 5)], below(from, 1000000000));
}

static void
make_row(uint64_t number, uint64_t seed)
{
	static const char *const peoples[] = { "蒙古族", "回族", "满族", "达斡尔族", "朝鲜族" };
	static const char *const bloods[] = { "A型", "B型", "O型", "AB型", "未知血型" };
	static const char *const grades[] = { "一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级",
		"八年级", "九年级" };
	static const char *const ways[] = { "步行", "自行车", "公共交通", "家长自行接送", "校车" };
	static const char *const relations[] = { "父亲", "母亲", "祖父母或外祖父母" };
	bool again = number % 10 == 9;
	struct draw from = { seed * 1000000007 + number };
	uint64_t who = again ? draw(&from) % (number - number / 10) : number - number / 10;
	struct person person = person_of(who, seed);
	unsigned grade = SCHOOL_YEAR - person.year - 6, form = below(&from, 20);
	enum flaw flaw = below(&from, 50) == 0 ? (enum flaw)(1 + below(&from, FLAW_COUNT - 1)) : FLAW_NONE;
	char id[80], name[80], phone[80], other[40], member[40], born[32];

	snprintf(id, sizeof(id), "%s", person.id);
	snprintf(name, sizeof(name), flaw == FLAW_SPACES ? "  %s　" : "%s", person.name);
	draw_phone(&from, phone);
	draw_phone(&from, other);
	draw_name(&from, member);
	snprintf(born, sizeof(born),
	    form < 16       ? "%u%02u%02u"
		: form < 19 ? "%u-%02u-%02u"
			    : "%u年%u月%u日",
	    person.year, person.month, person.day);
	if (flaw == FLAW_CHECK)
		id[17] = id[17] == '0' ? '1' : '0';
	else if (flaw == FLAW_WIDE)
		widen(person.id, id);
	else if (flaw == FLAW_DATE)
		snprintf(born, sizeof(born), "%u0231", person.year);
	else if (flaw == FLAW_PHONE)
		snprintf(phone + strlen(phone), sizeof(phone) - strlen(phone), "/%s", other);
	printf("%s%04u%06" PRIu64
	       ",G%s,%s,%s,%s,居民身份证,%s,%s,中国,否,%s,健康或良好,%s,内蒙古自治区包头市,%s,%s,%s,",
	    person.division->code, person.year + 6, who % 1000000, person.id, name, person.boy ? "男" : "女", born, id,
	    flaw == FLAW_CODE           ? "未名族"
		: below(&from, 12) != 0 ? "汉族"
					: ONE_OF(&from, peoples),
	    grade > 6 && below(&from, 3) == 0 ? "共青团员" : "群众", ONE_OF(&from, bloods), person.division->code,
	    below(&from, 2) != 0 ? "农业户口" : "非农业户口", person.division->code);
	if (below(&from, 25) == 0)
		printf("\"%s,\"\"%u\"\"\",", person.address, below(&from, 9));
	else
		printf("%s,", person.address);
	printf("%s%s%u号,%s,014%03u,%s,3115%06u,包头市%s第%u小学,%s,%u班,%02u,%u09,就近入学,%s,", person.division->name,
	    ONE_OF(&from, streets), 1 + below(&from, 300), below(&from, 3) != 0 ? "" : person.address,
	    below(&from, 1000), phone, person.school, divisions[person.school % ARRAY_LEN(divisions)].name,
	    1 + person.school / (unsigned)ARRAY_LEN(divisions), grades[grade < ARRAY_LEN(grades) ? grade : 8],
	    person.class_no, 1 + below(&from, 50), person.year + 6, below(&from, 5) != 0 ? "走读" : "住校");
	printf("%s,%s,%s,%s,%u.%u,%s,正常入学,%s,%s,%s,2025-%02u-%02u %02u:%02u:%02u\n",
	    below(&from, 3) != 0 ? "否" : "是", below(&from, 12) != 0 ? "非留守儿童" : "单亲留守儿童",
	    below(&from, 400) != 0 ? "否" : "是", below(&from, 15) != 0 ? "否" : "是", below(&from, 12),
	    below(&from, 10), ONE_OF(&from, ways), member, ONE_OF(&from, relations), other,
	    again ? 7 : 1 + below(&from, 6), 1 + below(&from, 28), below(&from, 24), below(&from, 60), below(&from, 60));
}

static int
make(uint64_t count, uint64_t seed)
{
	puts(header);
	for (uint64_t i = 0; i < count; i++)
		make_row(i, seed);
	return EX_OK;
}

/* ---- the same rows otherwise ---- */

/* Lines of standard input, cut into cells. The text of ${raw} is as in the file, of ${cells}
 * without quotes. */
struct lines {
	char *line, *text;
	size_t size, text_size;
	char *cells[CELLS];
	struct {
		size_t at, len;
	} raw[CELLS];
	size_t count;
};

/* The next line: true, or false at the end. */
static bool
lines_next(struct lines *lines)
{
	ssize_t len = getline(&lines->line, &lines->size, stdin);
	char *from, *to;

	if (len < 0)
		return false;
	while (len > 0 && (lines->line[len - 1] == '\n' || lines->line[len - 1] == '\r'))
		lines->line[--len] = '\0';
	if (lines->text_size < lines->size) {
		free(lines->text);
		lines->text = malloc(lines->size);
		lines->text_size = lines->size;
		if (lines->text == NULL)
			return false;
	}
	from = lines->line;
	to = lines->text;
	lines->count = 0;
	while (lines->count < CELLS) {
		size_t i = lines->count++;
		bool quoted = *from == '"';

		lines->raw[i].at = (size_t)(from - lines->line);
		lines->cells[i] = to;
		if (quoted)
			from++;
		while (*from != '\0' && (quoted || *from != ',')) {
			if (quoted && *from == '"') {
				if (from[1] != '"') {
					quoted = false;
					from++;
					continue;
				}
				from++;
			}
			*to++ = *from++;
		}
		*to++ = '\0';
		lines->raw[i].len = (size_t)(from - lines->line) - lines->raw[i].at;
		if (*from == '\0')
			break;
		from++;
	}
	return true;
}

static void
lines_fini(struct lines *lines)
{
	free(lines->line);
	free(lines->text);
}

static int
change(unsigned permille, uint64_t seed)
{
	struct lines lines = { 0 };

	for (uint64_t row = 0; lines_next(&lines); row++) {
		struct draw from = { (seed + 1) * 2862933555777941757 + row };
		char phone[40];

		if (row == 0 || lines.count <= PHONE_COLUMN || below(&from, 1000) >= permille) {
			puts(lines.line);
			continue;
		}
		draw_phone(&from, phone);
		printf("%.*s%s%.*s2025-08-31 %02u:%02u:%02u\n", (int)lines.raw[PHONE_COLUMN].at, lines.line, phone,
		    (int)(lines.raw[lines.count - 1].at - lines.raw[PHONE_COLUMN + 1].at + 1),
		    lines.line + lines.raw[PHONE_COLUMN + 1].at - 1, below(&from, 24), below(&from, 60),
		    below(&from, 60));
	}
	lines_fini(&lines);
	return EX_OK;
}

static void
put_escaped(const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", stdout);
			break;
		case '<':
			fputs("&lt;", stdout);
			break;
		case '>':
			fputs("&gt;", stdout);
			break;
		case '"':
			fputs("&quot;", stdout);
			break;
		default:
			putchar(*text);
		}
	}
}

/* How a format is written around the cells. */
struct markup {
	const char *name, *begin, *row, *cell, *cell_end, *row_end, *end;
};

static const struct markup markups[] = {
	{ "html", "<html><head><meta charset=\"utf-8\"></head><body><table border=\"1\">\n", "<tr>", "<td>", "</td>",
	    "</tr>\n", "</table></body></html>\n" },
	{ "spreadsheetml",
	    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Workbook "
	    "xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" "
	    "xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet "
	    "ss:Name=\"学生\"><Table>\n",
	    "<Row>", "<Cell><Data ss:Type=\"String\">", "</Data></Cell>", "</Row>\n",
	    "</Table></Worksheet></Workbook>\n" },
};

static int
write_markup(const struct markup *markup)
{
	struct lines lines = { 0 };

	fputs(markup->begin, stdout);
	while (lines_next(&lines)) {
		fputs(markup->row, stdout);
		for (size_t i = 0; i < lines.count; i++) {
			fputs(markup->cell, stdout);
			put_escaped(lines.cells[i]);
			fputs(markup->cell_end, stdout);
		}
		fputs(markup->row_end, stdout);
	}
	fputs(markup->end, stdout);
	lines_fini(&lines);
	return EX_OK;
}

/* Names of elements from names of columns: what no XML name may hold is left out. */
static void
element_name(const char *cell, char name[200])
{
	size_t len = 0;

	for (; *cell != '\0' && len < 199; cell++) {
		if (*cell != '/' && *cell != ' ' && *cell != '(' && *cell != ')')
			name[len++] = *cell;
	}
	name[len] = '\0';
}

static int
write_xml(void)
{
	static char names[CELLS][200];
	struct lines lines = { 0 };
	size_t count = 0;

	fputs("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rows>\n", stdout);
	for (bool first = true; lines_next(&lines); first = false) {
		if (first) {
			for (count = 0; count < lines.count; count++)
				element_name(lines.cells[count], names[count]);
			continue;
		}
		fputs("<row>", stdout);
		for (size_t i = 0; i < lines.count && i < count; i++) {
			printf("<%s>", names[i]);
			put_escaped(lines.cells[i]);
			printf("</%s>", names[i]);
		}
		fputs("</row>\n", stdout);
	}
	fputs("</rows>\n", stdout);
	lines_fini(&lines);
	return EX_OK;
}

static int
write_xlsx(const char *path, bool shared)
{
	lxw_workbook_options options = { .constant_memory = !shared };
	lxw_workbook *book = workbook_new_opt(path, &options);
	lxw_worksheet *sheet = book == NULL ? NULL : workbook_add_worksheet(book, "学生");
	struct lines lines = { 0 };
	lxw_error error = LXW_NO_ERROR;

	if (sheet == NULL)
		return EX_CANTCREAT;
	for (lxw_row_t row = 0; error == LXW_NO_ERROR && lines_next(&lines); row++) {
		for (size_t i = 0; i < lines.count && error == LXW_NO_ERROR; i++) {
			if (row > 0 && (i == SEAT_COLUMN || i == DISTANCE_COLUMN))
				error = worksheet_write_number(sheet, row, (lxw_col_t)i, atof(lines.cells[i]), NULL);
			else if (lines.cells[i][0] != '\0')
				error = worksheet_write_string(sheet, row, (lxw_col_t)i, lines.cells[i], NULL);
		}
	}
	lines_fini(&lines);
	if (workbook_close(book) != LXW_NO_ERROR || error != LXW_NO_ERROR)
		return EX_IOERR;
	return EX_OK;
}

int
main(int argc, char **argv)
{
	static char buffer[1 << 20];
	const char *what = argc > 1 ? argv[1] : "";
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	int status = EX_USAGE;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (strcmp(what, "make") == 0 && argc > 2)
		status = make(strtoull(argv[2], NULL, 10), seed);
	else if (strcmp(what, "change") == 0 && argc > 2)
		status = change((unsigned)strtoul(argv[2], NULL, 10), seed);
	else if (strcmp(what, "xlsx-inline") == 0 && argc > 2)
		status = write_xlsx(argv[2], false);
	else if (strcmp(what, "xlsx-shared") == 0 && argc > 2)
		status = write_xlsx(argv[2], true);
	else if (strcmp(what, "xml") == 0)
		status = write_xml();
	for (size_t i = 0; i < ARRAY_LEN(markups); i++) {
		if (strcmp(what, markups[i].name) == 0)
			status = write_markup(&markups[i]);
	}
	if (status == EX_USAGE)
		fputs("usage: bench_rows make N [SEED] | change PERMILLE [SEED] | html | "
		      "spreadsheetml | xml |"
		      " xlsx-inline FILE | xlsx-shared FILE\n",
		    stderr);
	if (fflush(stdout) != 0 && status == EX_OK)
		status = EX_IOERR;
	return status;
}
