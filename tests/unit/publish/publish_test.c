/*
 * publish_test.c - a small publication made by hand, and every file it gives: byte by byte where
 * that is short, by what must and must not stand in it where it is long. All people are invented.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "consumers/publish/message.h"
#include "consumers/publish/publication.h"
#include "core/base/digest.h"
#include "core/record/raised.h"
#include "producers/collect/collect.h"
#include "tests/support/reading.h"
#include "tests/support/support.h"

#define BOM "\xEF\xBB\xBF"

static const char submitted[] = "姓名,出生日期,身份证件号,备用,民族\n"
				"李明,2014-09-01,410303201409010013,=1+1,外星族\n"
				"王芳,2014-13-01,41030320140901001,\"-2,3\",汉族\n"
				"合计,2,,,\n";

static struct dataset *dataset;
static struct sandbox *sandbox;

/* All of a publication, and what it points at. */
struct made {
	char folder[FILE_PATH_MAX];
	struct publication publication;
	struct published_file files[4];
	struct source sources[2];
	struct runs runs;
	struct text sheets[1], layouts[1];
	struct published_school schools[2];
	struct published_case of;
	struct published_case_record records[2];
	struct published_binding_change change;
};

static uint16_t
field(const char *name)
{
	const struct field *found = dataset_field(dataset, text_from(name));

	assert_non_null(found);
	return found->number;
}

static void
raise_one(struct runs_writer *writer, uint32_t file, uint32_t row, uint16_t column, uint16_t rule, uint16_t number,
    uint8_t severity, const char *raw)
{
	struct origin origin = { .file = file, .row = row };
	struct raised raised = { .severity = severity };
	char entry[sizeof(raised) + 200];
	struct err err;

	raised_key(raised.key, &origin, column, rule, number);
	memcpy(entry, &raised, sizeof(raised));
	memcpy(entry + sizeof(raised), raw, strlen(raw));
	assert_int_equal(runs_add(writer, entry, sizeof(raised) + strlen(raw), &err), 0);
}

static void
make_issues(struct made *made)
{
	struct runs_writer *writer;
	struct err err;

	writer = runs_writer_new(made->folder, "issues", 0, &err);
	assert_non_null(writer);
	raise_one(writer, 7, 3, 2, RULE_id_length, field("id_no"), SEVERITY_ERROR, "41030320140901001");
	raise_one(writer, 7, 3, UINT16_MAX, RULE_duplicate_in_source, FIELD_NONE, SEVERITY_QUERY, "b.csv:2");
	raise_one(writer, 7, 3, 1, RULE_date_impossible, field("birth_date"), SEVERITY_ERROR, "2014-13-01");
	raise_one(writer, 7, 2, 4, RULE_code_unknown, field("ethnic"), SEVERITY_ERROR, "外星族");
	raise_one(writer, 7, 1, UINT16_MAX, ROW_HEADER, FIELD_NONE, RAISED_ASIDE, "");
	raise_one(writer, 7, 4, UINT16_MAX, ROW_TOTAL, FIELD_NONE, RAISED_ASIDE, "");
	assert_int_equal(runs_finish(writer, &err), 0);
	runs_writer_free(writer);
	assert_int_equal(runs_open(&made->runs, made->folder, "issues", &err), 0);
}

static void
make(struct made *made, const char *folder, bool chinese)
{
	static char path[FILE_PATH_MAX];
	struct sha256 digest = sha256_of(submitted, sizeof(submitted) - 1);
	struct err err;

	*made = (struct made){ 0 };
	snprintf(path, sizeof(path), "%s", scratch_file("submitted", submitted, sizeof(submitted) - 1));
	assert_int_equal(path_format(made->folder, &err, "%s-%s", path, folder), 0);
	assert_int_equal(file_make_folder(made->folder, &err), 0);
	made->sources[0] = (struct source){
		.name = TEXT("class_roster"), .zh = TEXT("班级花名册"), .en = TEXT("Rosters"), .defined = true
	};
	made->sources[1] = (struct source){ .name = TEXT("odd"), .zh = TEXT("odd"), .en = TEXT("odd") };
	made->sheets[0] = TEXT("");
	made->layouts[0] = TEXT("{\"sheet\":\"\",\"header\":[1,1],\"columns\":["
				"{\"column\":1,\"header\":\"姓名\",\"state\":\"bound\",\"field\":\"name\"},"
				"{\"column\":2,\"header\":\"出生日期\",\"state\":\"bound\",\"field\":\"birth_date\"},"
				"{\"column\":3,\"header\":\"身份证件号\",\"state\":\"bound\",\"field\":\"id_no\"},"
				"{\"column\":4,\"header\":\"备用\",\"state\":\"unknown\"},"
				"{\"column\":5,\"header\":\"民族\",\"state\":\"bound\",\"field\":\"ethnic\"}]}");
	made->files[0] = (struct published_file){ .number = UINT32_MAX,
		.source = &made->sources[0],
		.file = TEXT("a.csv"),
		.state = TEXT("already taken"),
		.reason = TEXT(""),
		.format = TEXT(""),
		.encoding = TEXT("") };
	made->files[1] = (struct published_file){ .number = 7,
		.source = &made->sources[0],
		.file = TEXT("一/=b<i>.csv"),
		.path = path,
		.state = TEXT("complete"),
		.reason = TEXT(""),
		.format = TEXT("csv"),
		.encoding = TEXT("utf-8"),
		.sheets = made->sheets,
		.sheet_count = 1,
		.layouts = made->layouts,
		.layout_count = 1,
		.rows = 4,
		.accepted = 2,
		.set_aside = 2 };
	sha256_hex(&digest, made->files[1].sha256);
	made->files[2] = (struct published_file){ .number = 8,
		.source = &made->sources[1],
		.file = TEXT("<script>alert(1)</script>.csv"),
		.state = TEXT("refused"),
		.reason = TEXT("not_a_table"),
		.refusal = REFUSED_NOT_A_TABLE,
		.format = TEXT(""),
		.encoding = TEXT("") };
	made->schools[0] = (struct published_school){ .code = TEXT("2141000392"),
		.name = TEXT("<b>第一小学</b>"),
		.students = 1234,
		.present = 1200,
		.absent = 34 };
	made->schools[1] = (struct published_school){
		.code = TEXT("2141000393"), .name = TEXT("第二小学"), .students = 5, .present = 5
	};
	made->of.kind = TEXT("ID_DUP");
	made->of.number = TEXT("10000000001");
	made->of.route = TEXT("2141000392");
	made->of.county = TEXT("涧西区");
	made->of.records = made->records;
	made->of.count = 2;
	made->records[0] = (struct published_case_record){ TEXT("0a"), TEXT("0b"), &made->sources[0], TEXT("a.csv"),
		TEXT(""), 2, TEXT("2141000392"), TEXT("第一小学"), TEXT("=李明"), TEXT("410303201409010013"), TEXT(""),
		TEXT("2014-09-01"), TEXT("name=other") };
	made->records[1] = made->records[0];
	made->records[1].name = TEXT("张 \"三\"");
	made->records[1].birth_date = TEXT("2014-09-02");
	made->change = (struct published_binding_change){ &made->sources[0], TEXT("族别"), TEXT("民族"),
		field("ethnic"), 1, 0 };
	make_issues(made);
	made->publication = (struct publication){ .dataset = dataset,
		.run = TEXT("20260902-1"),
		.date = TEXT("2026-09-02"),
		.folder = made->folder,
		.scratch = made->folder,
		.chinese = chinese,
		.files = made->files,
		.file_count = 3,
		.issues = &made->runs,
		.schools = made->schools,
		.school_count = 2,
		.cases = &made->of,
		.case_count = 1,
		.totals = { .records = 4, .students = 1239 },
		.binding_changes = &made->change,
		.binding_change_count = 1 };
}

static void
unmake(struct made *made)
{
	runs_close(&made->runs);
}

/* A file the publication gave, as a string; the next call takes it back. */
static const char *
given(const struct made *made, const char *name)
{
	static struct buffer bytes;
	char path[FILE_PATH_MAX];
	struct stat now;
	struct err err;

	buffer_fini(&bytes);
	buffer_init(&bytes, 16 << 20);
	assert_int_equal(path_format(path, &err, "%s/%s", made->folder, name), 0);
	assert_int_equal(stat(path, &now), 0);
	assert_int_equal(now.st_mode & 0777, 0600);
	assert_int_equal(file_read_all(path, &bytes, &err), 0);
	buffer_char(&bytes, '\0');
	return bytes.at;
}

static void
each_issue_and_each_row_aside_has_a_line(void **state)
{
	struct made made;
	struct err err;

	(void)state;
	make(&made, "rejected", true);
	assert_int_equal(publish_rejected(&made.publication, &err), 0);
	assert_string_equal(given(&made, "rejected.csv"),
	    BOM "source,file,sheet,row,field,rule,severity,message,value\r\n"
		"class_roster,一/"
		"=b<i>.csv,,2,ethnic,code_unknown,error,"
		"“民族”中的内容不在可选项内。请从下拉选项中选择，或对照代码表填写汉字名称。,外星族\r\n"
		"class_roster,一/"
		"=b<i>.csv,,3,birth_date,date_impossible,error,"
		"“出生日期”是不存在的日期（如2月30日）。请核对后重新填写。,\r\n"
		"class_roster,一/"
		"=b<i>.csv,,3,id_no,id_length,error,"
		"“身份证件号”的位数不对：居民身份证号应为18位。请对照证件核对后重新填写。,\r\n"
		"class_roster,一/"
		"=b<i>.csv,,3,,duplicate_in_source,query,"
		"同一名学生在本次报送中出现了多次，已合并处理。请删去多余的行，只保留正确的一行。以文件"
		"“b.csv”第2行为准。,\r\n");
	assert_string_equal(given(&made, "set_aside.csv"),
	    BOM "source,file,sheet,row,reason,message\r\n"
		"class_roster,一/=b<i>.csv,,1,header,表头，或后面各页重复的表头，不是学生。\r\n"
		"class_roster,一/=b<i>.csv,,4,total,合计或小计，不是学生。\r\n");
	unmake(&made);
}

static void
values_of_persons_stay(void **state)
{
	struct publication publication = { .dataset = dataset };
	const struct {
		const char *field, *raw, *value;
	} list[] = {
		{ "ethnic", "外星族", "外星族" },
		{ "name", "李明", "" },
		{ "health", "健", "" },
		{ "ethnic", "410303201409010013", "" },
		{ "ethnic", "汉１３８０３７９００００", "" },
		{ "school_code", "2141000392", "2141000392" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		struct raised_view issue = { .field = field(list[i].field), .raw = text_from(list[i].raw) };

		assert_text(message_value(&publication, &issue), list[i].value);
	}
}

static void
roles_have_the_collectors_words(void **state)
{
	(void)state;
	for (uint16_t role = 0; role < ROW_ROLES; role++)
		assert_text(message_role(role), row_role_name((enum row_role)role));
}

static void
a_case_has_a_line_for_each_record(void **state)
{
	struct made made;
	struct err err;

	(void)state;
	make(&made, "review", true);
	assert_int_equal(publish_review(&made.publication, &err), 0);
	assert_string_equal(given(&made, "review.csv"),
	    BOM
	    "case,kind,student_id,record_id,source,file,sheet,row,school_code,kind_label,route,county,"
	    "school_name,name,id_no,student_no,birth_date,differs,why\r\n"
	    "10000000001,ID_DUP,0a,0b,class_roster,a.csv,,2,2141000392,有身份证号的重复学籍,2141000392,涧西区,第一小学,"
	    "'="
	    "李明,410303201409010013,,2014-09-01,name birth_date,name=other\r\n"
	    "10000000001,ID_DUP,0a,0b,class_roster,a.csv,,2,2141000392,有身份证号的重复学籍,2141000392,涧西区,第一小学,"
	    "\"张 \"\"三\"\"\",410303201409010013,,2014-09-02,name birth_date,name=other\r\n");
	unmake(&made);
}

static void
the_report_escapes_what_others_wrote(void **state)
{
	struct made made;
	const char *html, *json;
	struct err err;

	(void)state;
	for (int chinese = 0; chinese < 2; chinese++) {
		make(&made, chinese ? "report" : "report-en", chinese);
		assert_int_equal(publish_report(&made.publication, true, &err), 0);
		html = given(&made, "report.html");
		assert_null(strstr(html, "<script"));
		assert_null(strstr(html, "<b>第一小学"));
		assert_null(strstr(html, "http:"));
		assert_null(strstr(html, "src="));
		assert_null(strstr(html, "410303"));
		assert_null(strstr(html, "李明"));
		assert_non_null(strstr(html, "&lt;script&gt;alert(1)&lt;/script&gt;.csv"));
		assert_non_null(strstr(html, "default-src 'none'; style-src 'unsafe-inline'"));
		assert_non_null(strstr(html, "备用"));
		assert_non_null(strstr(html, "1,234"));
		assert_non_null(strstr(html, chinese ? "这个文件不是表格" : "The file is no table."));
		assert_non_null(strstr(html, "族别"));
		json = given(&made, "report.json");
		assert_non_null(strstr(json, "{\"source\":\"class_roster\",\"file\":\"一/=b<i>.csv\",\"sha256\":\""));
		assert_non_null(strstr(json, "\"rows\":4,\"accepted\":2,\"rejected\":0,\"set_aside\":2"));
		assert_non_null(strstr(json,
		    "\"issues\":{\"id_length\":1,\"date_impossible\":1,"
		    "\"code_unknown\":1,\"duplicate_in_source\":1}"));
		assert_null(strstr(json, "李明"));
		unmake(&made);
	}
}

/* The workbook's cells as our own reader gives them. */
static void
read_workbook(const struct made *made, const char *name, struct reading *reading)
{
	char path[FILE_PATH_MAX];
	struct err err;

	reading_init(reading);
	assert_int_equal(path_format(path, &err, "%s/%s", made->folder, name), 0);
	assert_int_equal(reading_file(reading, NULL, path, &err), 0);
	assert_int_equal(reading->refused, REFUSED_NO);
	buffer_char(&reading->lines, '\0');
}

static void
a_workbook_goes_back_to_its_sender(void **state)
{
	static const char name[] = "returned/class_roster/一_=b_i_.xlsx";
	struct reader_limits limits;
	struct reading reading;
	struct sha256 first = { 0 }, again;
	struct made made;
	size_t skipped;
	struct err err;

	(void)state;
	reader_limits_default(&limits);
	for (int i = 0; i < 2; i++) {
		const char *bytes;
		int fd;
		char path[FILE_PATH_MAX];

		make(&made, i == 0 ? "returned" : "returned-again", true);
		setenv("TZ", i == 0 ? "Asia/Shanghai" : "America/New_York", 1);
		tzset();
		assert_int_equal(
		    publish_returned(&made.publication, sandbox, &limits, i == 0 ? 1 : 3, &skipped, &err), 0);
		assert_int_equal(skipped, 0);
		bytes = given(&made, name);
		assert_memory_equal(bytes, "PK", 2);
		assert_int_equal(path_format(path, &err, "%s/%s", made.folder, name), 0);
		fd = open(path, O_RDONLY);
		assert_int_equal(sha256_fd(fd, &again, &err), 0);
		close(fd);
		if (i == 0) {
			first = again;
			sleep(3); /* times in an archive count two seconds */
		}
		unmake(&made);
	}
	assert_memory_equal(&first, &again, sizeof(first));
	read_workbook(&made, name, &reading);
	assert_string_equal(reading.lines.at,
	    "{\"sheet\":\"有问题的行\",\"row\":1,\"cells\":[\"原行号\",\"姓名\",\"出生日期\","
	    "\"身份证件号\",\"备用\",\"民族\",\"问题\",\"说明\"]}\n"
	    "{\"sheet\":\"有问题的行\",\"row\":2,\"cells\":[\"2\",\"李明\",\"2014-09-01\","
	    "\"410303201409010013\",\"=1+1\",\"外星族\","
	    "\"“民族”中的内容不在可选项内。请从下拉选项中选择，或对照代码表填写汉字名称。\"]}\n"
	    "{\"sheet\":\"有问题的行\",\"row\":3,\"cells\":[\"3\",\"王芳\",\"2014-13-01\","
	    "\"41030320140901001\",\"-2,3\",\"汉族\","
	    "\"“出生日期”是不存在的日期（如2月30日）。请核对后重新填写。\\n“身份证件号”的位数不对："
	    "居民身份证号应为18位。请对照证件核对后重新填写。\\n"
	    "同一名学生在本次报送中出现了多次，已合并处理。请删去多余的行，只保留正确的一行。以文件"
	    "“b.csv”第2行为准。\"]}\n");
	reading_fini(&reading);
}

/* A workbook that had gone back once, and comes with an explanation: what is answered is not asked again, and our columns stand there once. */
static void
what_was_explained_does_not_go_back(void **state)
{
	static const char bytes[] = "原行号,姓名,出生日期,问题,说明\n"
				    "7,李明,2014-09-01,请核对,属实\n"
				    "8,王芳,2014-09-02,请核对,\n";
	static const char name[] = "returned/class_roster/一_=b_i_.xlsx";
	struct answer answer = { .record = { 1 },
		.about = 77,
		.field = field("birth_date"),
		.rule = RULE_date_two_digit_year,
		.file = 0,
		.row = 2,
		.day = 9,
		.text = TEXT("属实, \"见户口簿\"") };
	struct answers answers = { &answer, 1 };
	struct taken_file taken_file = { .file = TEXT("退回.xlsx"), .sheets = TEXT("一年级") };
	struct taken_files taken = { .at = &taken_file, .count = 1 };
	struct raised_view view = { .origin = { 7, 0, 2 } };
	struct issue issue = { .field = answer.field,
		.column = 2,
		.rule = RULE_date_two_digit_year,
		.severity = SEVERITY_QUERY,
		.raw = TEXT("14"),
		.about = 77 };
	struct sha256 digest = sha256_of(bytes, sizeof(bytes) - 1);
	struct runs_writer *writer;
	struct reader_limits limits;
	struct reading reading;
	struct text layout = TEXT("{\"sheet\":\"\",\"header\":[1,1],\"columns\":["
				  "{\"column\":1,\"header\":\"原行号\",\"state\":\"returned\"},"
				  "{\"column\":2,\"header\":\"姓名\",\"state\":\"bound\",\"field\":\"name\"},"
				  "{\"column\":3,\"header\":\"出生日期\",\"state\":\"bound\",\"field\":\"birth_date\"},"
				  "{\"column\":4,\"header\":\"问题\",\"state\":\"returned\"},"
				  "{\"column\":5,\"header\":\"说明\",\"state\":\"returned\"}]}");
	struct made made;
	size_t skipped;
	struct err err;

	(void)state;
	reader_limits_default(&limits);
	make(&made, "explained", true);
	unmake(&made);
	(void)scratch_file("submitted", bytes, sizeof(bytes) - 1);
	sha256_hex(&digest, made.files[1].sha256);
	made.layouts[0] = layout;
	writer = runs_writer_new(made.folder, "asked", 0, &err);
	assert_non_null(writer);
	for (uint8_t row = 2; row < 4; row++) {
		const uint8_t record[RECORD_ID_BYTES] = { (uint8_t)(row - 1) };
		char entry[sizeof(struct raised) + 16];
		struct raised raised;

		view.origin.row = row;
		for (int i = 0; i < 2; i++) { /* the query, and the words, which are no issue */
			if (i == 0)
				raised_tell(&view, &issue, record);
			else
				raised_explain(&view, TEXT("属实"), record, 0, 1);
			raised = (struct raised){ .severity = view.severity, .about = view.about };
			raised_key(raised.key, &view.origin, view.column, view.rule, view.field);
			memcpy(raised.record, view.record, sizeof(raised.record));
			memcpy(entry, &raised, sizeof(raised));
			memcpy(entry + sizeof(raised), view.raw.at, view.raw.len);
			assert_int_equal(runs_add(writer, entry, sizeof(raised) + view.raw.len, &err), 0);
		}
	}
	assert_int_equal(runs_finish(writer, &err), 0);
	runs_writer_free(writer);
	assert_int_equal(runs_open(&made.runs, made.folder, "asked", &err), 0);
	made.publication.answers = &answers;
	made.publication.taken = &taken;
	assert_int_equal(publish_rejected(&made.publication, &err), 0);
	assert_string_equal(given(&made, "rejected.csv"),
	    BOM "source,file,sheet,row,field,rule,severity,message,value\r\n"
		"class_roster,一/=b<i>.csv,,3,birth_date,date_two_digit_year,query,"
		"“出生日期”的年份只有两位，已按最可能的年份采用。请改成四位年份。,\r\n");
	assert_string_equal(given(&made, "answered.csv"),
	    BOM "source,file,sheet,row,record_id,field,rule,message,explanation,explained_file,explained_sheet,"
		"explained_row,"
		"explained_on\r\n"
		"class_roster,一/=b<i>.csv,,2,01000000000000000000000000000000,birth_date,date_two_digit_year,"
		"“出生日期”的年份只有两位，已按最可能的年份采用。请改成四位年份。,"
		"\"属实, \"\"见户口簿\"\"\",退回.xlsx,一年级,2,2000-01-10\r\n");
	assert_int_equal(publish_report(&made.publication, true, &err), 0);
	assert_non_null(strstr(given(&made, "report.json"), "\"queries\": 1,\n    \"answered\": 1,"));
	assert_null(strstr(given(&made, "report.json"), "户口簿"));
	assert_non_null(strstr(given(&made, "report.html"), "处已有说明"));
	assert_int_equal(publish_returned(&made.publication, sandbox, &limits, 1, &skipped, &err), 0);
	read_workbook(&made, name, &reading);
	assert_string_equal(reading.lines.at,
	    "{\"sheet\":\"有问题的行\",\"row\":1,\"cells\":[\"原行号\",\"姓名\",\"出生日期\",\"问题\",\"说明\"]}\n"
	    "{\"sheet\":\"有问题的行\",\"row\":2,\"cells\":[\"3\",\"王芳\",\"2014-09-02\","
	    "\"“出生日期”的年份只有两位，已按最可能的年份采用。请改成四位年份。\"]}\n");
	reading_fini(&reading);
	unmake(&made);
}

static void
a_file_that_changed_is_left_out(void **state)
{
	struct reader_limits limits;
	struct made made;
	size_t skipped;
	struct err err;

	(void)state;
	reader_limits_default(&limits);
	make(&made, "changed", true);
	(void)scratch_file("submitted", "姓名\n", 7);
	assert_int_equal(publish_returned(&made.publication, sandbox, &limits, 2, &skipped, &err), 0);
	assert_int_equal(skipped, 1);
	unmake(&made);
}

static void
students_become_text_cells(void **state)
{
	static const char students[] = BOM "student_id,presence,since,name,note\r\n"
					   "01,present,2026-09-02,'=李明,\"a,\"\"b\"\"\nc\"\r\n"
					   "02,absent,,'quoted,00123\r\n";
	char path[FILE_PATH_MAX];
	struct reading reading;
	struct made made;
	struct err err;
	int fd;

	(void)state;
	make(&made, "students", true);
	assert_int_equal(path_format(path, &err, "%s/students.csv", made.folder), 0);
	fd = file_create(path, &err);
	assert_int_equal(file_write(fd, students, sizeof(students) - 1, &err), 0);
	close(fd);
	assert_int_equal(publish_xlsx(&made.publication, &err), 0);
	(void)given(&made, "students.xlsx");
	read_workbook(&made, "students.xlsx", &reading);
	assert_string_equal(reading.lines.at,
	    "{\"sheet\":\"students\",\"row\":1,\"cells\":[\"student_id\",\"presence\",\"since\","
	    "\"name\",\"note\"]}\n"
	    "{\"sheet\":\"students\",\"row\":2,\"cells\":[\"01\",\"present\",\"2026-09-02\",\"="
	    "李明\",\"a,\\\"b\\\"\\nc\"]}\n"
	    "{\"sheet\":\"students\",\"row\":3,\"cells\":[\"02\",\"absent\",\"\",\"'quoted\","
	    "\"00123\"]}\n");
	reading_fini(&reading);
	unmake(&made);
}

/* Every word stands in docs/formats.md, between back quotes. */
static void
formats_names_every_word(void **state)
{
	struct buffer page;
	struct err err;

	(void)state;
	buffer_init(&page, 1 << 20);
	assert_int_equal(file_read_all(PROJECT_ROOT "/docs/formats.md", &page, &err), 0);
	for (int i = REFUSED_NO + 1; i < REFUSED_COUNT + FORMAT_COUNT + ENCODING_COUNT; i++) {
		const char *word = i < REFUSED_COUNT ? refusal_name((enum refusal)i)
		    : i < REFUSED_COUNT + FORMAT_COUNT
		    ? document_format_name((enum document_format)(i - REFUSED_COUNT))
		    : document_encoding_name((enum document_encoding)(i - REFUSED_COUNT - FORMAT_COUNT));
		char quoted[64];

		snprintf(quoted, sizeof(quoted), "`%s`", word);
		if (text_find(buffer_as_text(&page), text_from(quoted)) == SIZE_MAX)
			fail_msg("docs/formats.md does not name %s", quoted);
	}
	buffer_fini(&page);
}

static int
set_up(void **state)
{
	struct err err;

	(void)state;
	if (sandbox_start(&sandbox, &err) != 0)
		return -1;
	scratch_make();
	dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err);
	return dataset != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	dataset_free(dataset);
	sandbox_stop(sandbox);
	scratch_remove();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_issue_and_each_row_aside_has_a_line),
		cmocka_unit_test(values_of_persons_stay),
		cmocka_unit_test(roles_have_the_collectors_words),
		cmocka_unit_test(a_case_has_a_line_for_each_record),
		cmocka_unit_test(the_report_escapes_what_others_wrote),
		cmocka_unit_test(a_workbook_goes_back_to_its_sender),
		cmocka_unit_test(what_was_explained_does_not_go_back),
		cmocka_unit_test(a_file_that_changed_is_left_out),
		cmocka_unit_test(students_become_text_cells),
		cmocka_unit_test(formats_names_every_word),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
