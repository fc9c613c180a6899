/*
 * definitions_test.c - what ships is right; what is wrong is told with file and line, each fault
 * once.
 *
 * The wrong definitions are made from the right ones by replacing one piece of text.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/record/lint.h"
#include "producers/readers/frame.h"

#define SCHEMAS PROJECT_ROOT "/schemas"

static char told[4000];

static void
tell(void *self, const char *file, unsigned line, const char *what)
{
	size_t len = strlen(told);
	const char *name = strrchr(file, '/');

	(void)self;
	snprintf(told + len, sizeof(told) - len, "%s:%u %s\n", name ? name + 1 : file, line, what);
}

static const char *const shipped_sources[] = { PROJECT_ROOT "/config/sources", NULL };
static const char *const shipped_grants[] = { PROJECT_ROOT "/config/grants", NULL };
static const char *const nothing[] = { NULL };

static struct dataset *
student(void)
{
	struct err err;
	struct dataset *dataset = dataset_load(SCHEMAS, "student", NULL, NULL, &err);

	if (!dataset)
		fail_msg("%s", err.what);
	return dataset;
}

static void
what_ships_is_clean(void **state)
{
	const struct lint_places places = { SCHEMAS, "student", shipped_sources, shipped_grants, nothing };
	struct lint_counts counts;
	struct err err;

	(void)state;
	told[0] = '\0';
	if (lint_run(&places, tell, NULL, &counts, &err) != 0)
		fail_msg("%s", told);
	assert_int_equal(counts.faults, 0);
	assert_true(counts.datasets >= 1);
	assert_true(counts.sources >= 19);
	assert_true(counts.grants >= 3);
	assert_true(counts.codes >= 30);
}

static void
dataset_is_what_the_registry_has(void **state)
{
	struct dataset *dataset = student();
	const struct field *field = dataset_field(dataset, TEXT("id_no"));
	size_t registry = 0;

	(void)state;
	for (size_t i = 0; i < dataset->field_count; i++) {
		static const char *const groups[] = { "registry", "family", "change", "economy" };

		assert_int_equal(dataset->fields[i].number, i);
		assert_ptr_equal(dataset_field(dataset, dataset->fields[i].name), &dataset->fields[i]);
		for (size_t g = 0; g < ARRAY_LEN(groups); g++)
			registry += text_eq(dataset->fields[i].group, text_from(groups[g]));
	}
	assert_int_equal(registry, 103);
	assert_int_equal(field->type, FIELD_ID_NO);
	assert_true(field->personal);
	assert_int_equal(field->companion, dataset->roles.id_type);
	assert_int_equal(dataset->roles.id_no, field->number);
	assert_text(field->headers[0], "身份证件号");
	assert_null(dataset_field(dataset, TEXT("national_student_no")));
	assert_null(dataset_field(dataset, TEXT("")));
	field = dataset_field(dataset, TEXT("photo"));
	assert_true(field->unread);
	assert_int_equal(field->header_count, 0);
	assert_text(codes_name(dataset_field(dataset, TEXT("orphan"))->codes), "yes_no");
	dataset_free(dataset);
}

static void
headers_lead_to_fields(void **state)
{
	static const struct {
		const char *header, *field;
		enum header_use use;
	} table[] = {
		{ "学 籍 号★", "student_no", HEADER_FIELD },
		{ "身份证号码（必填）", "id_no", HEADER_FIELD },
		{ "公民身份证号码", "id_no", HEADER_FIELD },
		{ "上下学距离（公里）", "school_distance", HEADER_FIELD },
		{ "年级班级", "class_name", HEADER_FIELD },
		{ "是否住校", "residence_mode", HEADER_FIELD },
		{ "数据更新时间", "updated_at", HEADER_FIELD },
		{ "乙肝疫苗2", "vaccine_hep_b_2", HEADER_FIELD },
		{ "成员2民族", "member2_ethnic", HEADER_FIELD },
		{ "民族", "ethnic", HEADER_FIELD },
		{ "无监护能力（父亲/母亲）", "unable_parent", HEADER_FIELD },
		{ "序号", NULL, HEADER_IGNORED },
		{ "备 注", NULL, HEADER_IGNORED },
		{ "学生照片", NULL, HEADER_IGNORED },
		{ "密码", NULL, HEADER_NEVER },
		{ "登录密码：", NULL, HEADER_NEVER },
		{ "最喜欢的颜色", NULL, HEADER_UNKNOWN },
		{ "", NULL, HEADER_UNKNOWN },
	};
	struct dataset *dataset = student();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		char out[200];
		struct text folded = { out, header_fold(text_from(table[i].header), out, sizeof(out)) };
		uint16_t field;

		assert_int_equal(dataset_header(dataset, folded, &field), table[i].use);
		if (table[i].field)
			assert_text(dataset->fields[field].name, table[i].field);
		else
			assert_int_equal(field, FIELD_NONE);
	}
	dataset_free(dataset);
}

static void
refusals_are_those_of_the_readers(void **state)
{
	static const struct {
		enum refusal reason;
		const char *name;
	} table[] = { { REFUSED_EMPTY, "empty" }, { REFUSED_NOT_A_TABLE, "not_a_table" },
		{ REFUSED_ENCODING, "encoding" }, { REFUSED_ENCRYPTED, "encrypted" }, { REFUSED_DRM, "drm" },
		{ REFUSED_DOCTYPE, "doctype" }, { REFUSED_TRUNCATED, "truncated" }, { REFUSED_DAMAGED, "damaged" },
		{ REFUSED_BOMB, "bomb" }, { REFUSED_OVERLAP, "overlap" }, { REFUSED_UNSAFE_NAME, "unsafe_name" },
		{ REFUSED_NESTED, "nested" }, { REFUSED_LIMIT_ROWS, "limit_rows" },
		{ REFUSED_LIMIT_BYTES, "limit_bytes" }, { REFUSED_LIMIT_MEMORY, "limit_memory" },
		{ REFUSED_LIMIT_TIME, "limit_time" }, { REFUSED_UNSUPPORTED, "unsupported" },
		{ REFUSED_CRASHED, "crashed" }, { REFUSED_LIED, "lied" }, { REFUSED_CHANGED, "changed" },
		{ REFUSED_NO_HEADER, "no_header" }, { REFUSED_NO_PERSON, "no_person" },
		{ REFUSED_TWO_COLUMNS, "two_columns" }, { REFUSED_LINK, "link" }, { REFUSED_UNREADABLE, "unreadable" },
		{ REFUSED_HIDDEN, "hidden" } };
	struct dataset *dataset = student();

	(void)state;
	assert_int_equal(dataset->refusal_count, REFUSED_COUNT);
	assert_int_equal(ARRAY_LEN(table) + 1, REFUSED_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		assert_text(dataset->refusals[table[i].reason].name, table[i].name);
		assert_true(dataset->refusals[table[i].reason].zh.len > 0);
		assert_true(dataset->refusals[table[i].reason].en.len > 0);
	}
	dataset_free(dataset);
}

static void
rules_have_their_severity(void **state)
{
	struct dataset *dataset = student();

	(void)state;
	for (int rule = 0; rule < RULE_COUNT; rule++) {
		bool rejects = rule == RULE_no_name || rule == RULE_no_identity || rule == RULE_shifted
		    || rule == RULE_row_cut || rule == RULE_row_broken || rule == RULE_sheet_refused;

		assert_int_equal(dataset->rules[rule].severity == SEVERITY_REJECT, rejects);
		assert_true(dataset->rules[rule].zh.len > 0 && dataset->rules[rule].en.len > 0);
	}
	assert_int_equal(dataset->rules[RULE_id_truncated].severity, SEVERITY_ERROR);
	assert_int_equal(dataset->rules[RULE_id_division].severity, SEVERITY_QUERY);
	assert_string_equal(rule_name(RULE_id_15), "id_15");
	assert_string_equal(severity_name(SEVERITY_QUERY), "query");
	dataset_free(dataset);
}

static void
sources_know_their_own_codes(void **state)
{
	struct dataset *dataset = student();
	struct err err;
	struct sources *sources = sources_load(dataset, shipped_sources, NULL, NULL, &err);
	const struct field *hukou = dataset_field(dataset, TEXT("hukou_type"));
	const struct field *grade = dataset_field(dataset, TEXT("grade"));
	const struct field *residence = dataset_field(dataset, TEXT("residence_mode"));
	const struct source *insurance, *registry, *stranger;

	(void)state;
	assert_non_null(sources);
	for (size_t i = 0; i < sources->count; i++) {
		assert_int_equal(sources->at[i].number, i);
		assert_ptr_equal(sources_find(sources, sources->at[i].name), &sources->at[i]);
		assert_true(i == 0 || text_compare(sources->at[i - 1].name, sources->at[i].name) < 0);
	}
	insurance = sources_find(sources, TEXT("medical_insurance"));
	registry = sources_find(sources, TEXT("registry"));
	assert_text(source_meaning(insurance, hukou, TEXT("1")), "2");
	assert_text(source_meaning(insurance, hukou, TEXT("2")), "1");
	assert_text(source_meaning(insurance, grade, TEXT("10")), "31");
	assert_int_equal(source_meaning(registry, hukou, TEXT("1")).len, 0);
	assert_text(source_meaning(registry, residence, TEXT("是")), "2");
	assert_text(source_meaning(insurance, hukou, TEXT(" １")), "2");
	assert_int_equal(source_meaning(insurance, hukou, TEXT("")).len, 0);
	assert_int_equal(source_meaning(insurance, hukou, TEXT("12")).len, 0);
	assert_text(source_meaning(NULL, residence, TEXT("是")), "2");
	assert_int_equal(source_meaning(NULL, hukou, TEXT("1")).len, 0);
	assert_true(registry->full && registry->defined && registry->trust == 90);
	assert_int_equal(registry->authority[dataset->roles.id_no], 1);
	assert_int_equal(insurance->authority[dataset->roles.id_no], 0);
	assert_null(sources_find(sources, TEXT("nobody")));
	stranger = sources_unknown(sources, TEXT("科室"));
	assert_ptr_equal(sources_unknown(sources, TEXT("科室")), stranger);
	assert_ptr_not_equal(sources_unknown(sources, TEXT("别的")), stranger);
	assert_false(stranger->defined);
	assert_int_equal(stranger->trust, 0);
	assert_int_equal(stranger->authority[dataset->roles.id_no], 0);
	sources_free(sources);
	dataset_free(dataset);
}

/* ---- faulty definitions ---- */

static struct buffer original;

/* Write schemas/FILE into the scratch folder with ${from} replaced by ${to} once. */
static void
write_changed(const char *folder, const char *file, const char *from, const char *to)
{
	char path[FILE_PATH_MAX];
	struct buffer changed;
	struct text whole;
	struct err err;
	size_t at = 0;

	assert_int_equal(path_format(path, &err, "%s/%s", folder, file), 0);
	buffer_clear(&original);
	assert_int_equal(file_read_all(path, &original, &err), 0);
	whole = buffer_as_text(&original);
	if (from)
		at = text_find(whole, text_from(from));
	if (at == SIZE_MAX)
		fail_msg("%s is not in %s", from, file);
	buffer_init(&changed, 8 << 20);
	buffer_add(&changed, whole.at, at);
	if (from) {
		buffer_string(&changed, to);
		at += strlen(from);
	}
	buffer_add(&changed, whole.at + at, whole.len - at);
	scratch_file(file, changed.at, changed.len);
	buffer_fini(&changed);
}

/* The line of ${part} in schemas/${file}, from 1. */
static unsigned
line_of(const char *folder, const char *file, const char *part)
{
	char path[FILE_PATH_MAX];
	struct err err;
	unsigned line = 1;
	size_t at;

	assert_int_equal(path_format(path, &err, "%s/%s", folder, file), 0);
	buffer_clear(&original);
	assert_int_equal(file_read_all(path, &original, &err), 0);
	at = text_find(buffer_as_text(&original), text_from(part));
	for (size_t i = 0; i < at && i < original.len; i++)
		line += original.at[i] == '\n';
	return line;
}

static void
link_codes(const char *folder)
{
	char path[FILE_PATH_MAX];
	struct err err;

	assert_int_equal(path_format(path, &err, "%s/codes", folder), 0);
	assert_int_equal(symlink(SCHEMAS "/codes", path), 0);
}

static const char *const plain[] = { "student.xml", "rules.xml", "refusals.xml", "dataset.rng", "rules.rng",
	"refusals.rng", "source.rng" };

static void
each_fault_is_told_with_file_and_line(void **state)
{
	static const struct {
		const char *file, *from, *to, *what;
	} table[] = {
		{ "student.xml", "name=\"sex\" type=\"code\"", "name=\"sex\" type=\"kode\"",
		    "there is no type \"kode\"" },
		{ "student.xml", "name=\"sex\" type=\"code\" codes=\"sex\"", "name=\"sex\" type=\"code\"",
		    "a field of type code needs \"codes\"" },
		{ "student.xml", "name=\"phone\" type=\"phone\"", "name=\"phone\" type=\"phone\" codes=\"sex\"",
		    "a field of type phone has no \"codes\"" },
		{ "student.xml", "name=\"phone\" type=\"phone\"", "name=\"phone\" personel=\"yes\" type=\"phone\"",
		    "<field> has no attribute \"personel\"" },
		{ "student.xml", "name=\"phone\" type=\"phone\"", "name=\"Phone\" type=\"phone\"",
		    "a name is an English word: small letters, digits, _" },
		{ "student.xml", "name=\"postcode\" type", "name=\"phone\" type",
		    "the field \"phone\" is defined twice" },
		{ "student.xml", "companion=\"id_type\"", "companion=\"id_tipe\"", "there is no field \"id_tipe\"" },
		{ "student.xml", "companion=\"id_type\"", "companion=\"sex_\"", "there is no field \"sex_\"" },
		{ "student.xml", "companion=\"grade\"", "companion=\"sex\"",
		    "the companion of \"class_name\" has the wrong type" },
		{ "student.xml", "merge=\"union\"", "merge=\"all\"", "there is no way to merge \"all\"" },
		{ "student.xml", "flags=\"required\"", "flags=\"require\"", "there is no flag \"require\"" },
		{ "student.xml", "<headers>祖籍", "<headers>性别|祖籍", "the header \"性别\" leads to two fields" },
		{ "student.xml", "<headers>祖籍", "<headers>祖籍||", "a header is empty" },
		{ "student.xml", "<meaning raw=\"是\" code=\"2\"/>", "<meaning raw=\"是\" code=\"7\"/>",
		    "the code 7 does not exist in residence_mode" },
		{ "student.xml", "<meaning raw=\"是\" code=\"2\"/>", "<meaning raw=\"否\" code=\"2\"/>",
		    "\"否\" has two meanings" },
		{ "student.xml", "then=\"!CHN\"", "then=\"!CHINA\"", "the code CHINA does not exist in \"nationality\"" },
		{ "student.xml", "<agree field=\"gatqw\"", "<agree field=\"gatq\"", "there is no field \"gatq\"" },
		{ "student.xml", "<never>密码", "<never>姓名|密码", "the header \"姓名\" leads to two fields" },
		{ "student.xml", "<roles name=\"name\"", "<roles name=\"sex\"",
		    "the role \"name\" needs a field of type name" },
		{ "student.xml", "<roles name=\"name\"", "<roles",
		    "<roles> needs the attribute \"name\" or \"key\": nobody could be told apart" },
		{ "student.xml", "<roles name=\"name\"", "<roles key=\"sex\" name=\"name\"",
		    "the role \"key\" needs a field of type identifier" },
		{ "student.xml", "min=\"30\" max=\"250\"", "min=\"30\" max=\"2\"", "\"min\" is above \"max\"" },
		{ "student.xml", "min=\"30\" max=\"250\"", "min=\"30\" max=\"wide\"", "\"max\" must be a number" },
		{ "student.xml", "<never>", "<newer>x</newer><never>", "<newer> does not belong in <dataset>" },
		{ "rules.xml", "name=\"no_name\"", "name=\"no_nam\"", "the program has no rule \"no_nam\"" },
		{ "student.xml", "field=\"student_status\" codes=\"07\"", "field=\"student_state\" codes=\"07\"",
		    "there is no field \"student_state\"" },
		{ "student.xml", "field=\"student_status\" codes=\"07\"", "field=\"name\" codes=\"07\"",
		    "who has left is told by a field of one code" },
		{ "student.xml", "field=\"student_status\" codes=\"07\"", "field=\"student_status\" codes=\"77\"",
		    "the code 77 does not exist in \"student_status\"" },
		{ "student.xml", "field=\"student_status\" codes=\"07\"", "field=\"student_status\" codes=\"07 10\"",
		    "the code 10 means leaving twice" },
		{ "student.xml", "reason=\"graduated\" date=\"change_date\"",
		    "reason=\"graduated\" date=\"change_type\"", "\"date\" needs a field of type date" },
		{ "student.xml", "reason=\"graduated\"", "reason=\"has graduated\"",
		    "\"reason\" is a word of at most 23 small letters, digits and _" },
		{ "student.xml", "reason=\"graduated\"", "reason=\"graduated_from_the_school\"",
		    "\"reason\" is a word of at most 23 small letters, digits and _" },
		{ "student.xml", "<presence back_days=\"30\"", "<presence back_days=\"long\"",
		    "\"back_days\" is a number up to 3650" },
		{ "rules.xml", "name=\"id_length\"", "name=\"id_character\"",
		    "the rule \"id_character\" stands here twice" },
		{ "rules.xml", "severity=\"reject\"", "severity=\"fatal\"", "the severity is reject, error or query" },
		{ "rules.xml", "“{field}”的位数", "“{value}”的位数", "only {field} may stand in braces" },
		{ "refusals.xml", "name=\"bomb\"", "name=\"boom\"", "the program has no refusal \"boom\"" },
		{ "refusals.xml", "<zh>文件是空的", "<xx/><zh>文件是空的", "<xx> does not belong in <refusal>" },
	};

	(void)state;
	buffer_init(&original, 8 << 20);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const char *folder = scratch_make();
		const struct lint_places places = { folder, "student", nothing, NULL, nothing };
		struct lint_counts counts;
		struct err err;
		char expected[300];
		struct text start;

		link_codes(folder);
		for (size_t f = 0; f < ARRAY_LEN(plain); f++)
			write_changed(SCHEMAS, plain[f], strcmp(plain[f], table[i].file) == 0 ? table[i].from : NULL,
			    table[i].to);
		told[0] = '\0';
		assert_null(dataset_load(folder, "student", tell, NULL, &err));
		snprintf(expected, sizeof(expected), "%s:%u %s\n", table[i].file,
		    line_of(SCHEMAS, table[i].file, table[i].from), table[i].what);
		start = text_from(told);
		if (text_find(start, text_from(expected)) == SIZE_MAX) {
			/* libxml2 gives an element that goes over several lines its last one. */
			char *what = strstr(told, table[i].what);

			if (!what || strncmp(told, table[i].file, strlen(table[i].file)) != 0 || strstr(told, ":0 "))
				fail_msg("told: %s expected: %s", told, expected);
		}
		assert_int_equal(err.kind, ERR_STOP);
		told[0] = '\0';
		assert_int_equal(lint_run(&places, tell, NULL, &counts, &err), -1);
		assert_non_null(strstr(told, table[i].what));
		assert_null(strstr(strstr(told, table[i].what) + 1, table[i].what));
		scratch_remove();
	}
	buffer_fini(&original);
}

static void
faulty_sources(void **state)
{
#define HEAD "<source name=\"a\" zh=\"甲\" en=\"A\" trust=\"5\" delivery=\"full\">\n"
	static const struct {
		const char *bytes, *told;
	} table[] = {
		{ HEAD "<header field=\"nam\">姓名</header></source>", "a.xml:2 there is no field \"nam\"\n" },
		{ HEAD "<header field=\"name\">密码</header></source>",
		    "a.xml:2 the header \"密码\" must never enter\n" },
		{ HEAD "<header field=\"photo\">像</header></source>",
		    "a.xml:2 the field \"photo\" is never taken from a table\n" },
		{ HEAD "<ignore>甲乙</ignore>\n<ignore>甲 乙</ignore></source>",
		    "a.xml:3 the header \"甲 乙\" stands here twice\n" },
		{ HEAD "<meaning field=\"sex\" raw=\"1\" code=\"8\"/></source>",
		    "a.xml:2 the code 8 does not exist in sex\n" },
		{ HEAD "<meaning field=\"name\" raw=\"1\" code=\"8\"/></source>",
		    "a.xml:2 \"name\" has no codes to mean\n" },
		{ HEAD "<meaning field=\"sex\" raw=\"1\" code=\"2\"/>\n<meaning field=\"sex\" raw=\"1\" "
		       "code=\"1\"/></source>",
		    "a.xml:3 \"1\" has two meanings\n" },
		{ HEAD "<authority fields=\"name nam\"/></source>", "a.xml:2 there is no field \"nam\"\n" },
		{ HEAD "<other/></source>", "a.xml:2 <other> does not belong in <source>\n" },
		{ "<source name=\"b\" zh=\"乙\" en=\"B\" trust=\"5\" delivery=\"full\"/>",
		    "a.xml:1 the file must be called as its source, b.xml\n" },
		{ "<source name=\"a\" zh=\"甲\" en=\"A\" trust=\"500\" delivery=\"full\"/>",
		    "a.xml:1 \"trust\" is a number from 0 to 100\n" },
		{ "<source name=\"a\" zh=\"甲\" en=\"A\" trust=\"5\" delivery=\"all\"/>",
		    "a.xml:1 \"delivery\" is full or partial\n" },
		{ "<source name=\"a\" zh=\"甲\" trust=\"5\" delivery=\"full\"/>",
		    "a.xml:1 <source> needs the attribute \"en\"\n" },
		{ "<dataset/>", "a.xml:1 the outermost element must be <source>\n" },
	};
	static const char strange[] =
	    "<source name=\"a\" zh=\"甲\" en=\"A\" trust=\"5\" delivery=\"full\" dataset=\"x\">"
	    "<header field=\"no_field\">乙</header><ignore>甲</ignore></source>";
	struct dataset *dataset = student();
	const char *folder = scratch_make();
	const char *const folders[] = { folder, NULL };
	const struct lint_places places = { SCHEMAS, "student", folders, NULL, nothing };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct lint_counts counts;
		struct err err;

		scratch_file("a.xml", table[i].bytes, strlen(table[i].bytes));
		told[0] = '\0';
		assert_null(sources_load(dataset, folders, tell, NULL, &err));
		assert_string_equal(told, table[i].told);
		told[0] = '\0';
		assert_int_equal(lint_run(&places, tell, NULL, &counts, &err), -1);
		assert_string_equal(told, table[i].told);
		assert_int_equal(counts.faults, 1);
	}
	{ /* another dataset's is left out; one of no dataset is told */
		struct lint_counts counts;
		struct err err;
		struct sources *sources;

		scratch_file("a.xml", strange, sizeof(strange) - 1);
		told[0] = '\0';
		sources = sources_load(dataset, folders, tell, NULL, &err);
		assert_non_null(sources);
		assert_int_equal(sources->count, 0);
		sources_free(sources);
		assert_int_equal(lint_run(&places, tell, NULL, &counts, &err), -1);
		assert_string_equal(told, "a.xml:1 there is no such dataset\n");
	}
	scratch_remove();
	dataset_free(dataset);
}

/* A later folder wins by name; the digest tells of any change. */
static void
sources_later_folder_wins(void **state)
{
	static const char own[] = "<source name=\"registry\" zh=\"学籍\" en=\"R\" trust=\"77\" delivery=\"partial\"/>";
	struct dataset *dataset = student();
	const char *folder = scratch_make();
	const char *const folders[] = { shipped_sources[0], folder, NULL };
	struct err err;
	struct sources *one = sources_load(dataset, shipped_sources, NULL, NULL, &err), *two;

	(void)state;
	scratch_file("registry.xml", own, sizeof(own) - 1);
	two = sources_load(dataset, folders, NULL, NULL, &err);
	assert_non_null(one);
	assert_non_null(two);
	assert_int_equal(one->count, two->count);
	assert_int_equal(sources_find(one, TEXT("registry"))->trust, 90);
	assert_int_equal(sources_find(two, TEXT("registry"))->trust, 77);
	assert_true(one->digest != two->digest);
	sources_free(one);
	one = sources_load(dataset, folders, NULL, NULL, &err);
	assert_true(one->digest == two->digest);
	sources_free(one);
	sources_free(two);
	scratch_remove();
	dataset_free(dataset);
}

/* The digest is of the contents: the same in another folder, another when any part differs. */
static void
dataset_digest_follows_content(void **state)
{
	struct dataset *shipped = student(), *other;
	struct err err;

	(void)state;
	buffer_init(&original, 8 << 20);
	for (size_t changed = 0; changed <= 3; changed++) {
		static const char *const from[] = { "en=\"Student\"", "请补填学生姓名", "文件是空的" };
		const char *folder = scratch_make();

		link_codes(folder);
		for (size_t f = 0; f < 3; f++)
			write_changed(SCHEMAS, plain[f], f == changed ? from[f] : NULL, f == 0 ? "en=\"S\"" : "x");
		other = dataset_load(folder, "student", NULL, NULL, &err);
		assert_non_null(other);
		assert_int_equal(other->digest == shipped->digest, changed == 3);
		dataset_free(other);
		scratch_remove();
	}
	buffer_fini(&original);
	dataset_free(shipped);
}

/* docs/rules.md, the fields of docs/glossary.md and the schema of students are made from the definitions. */
static void
docs_are_current(void **state)
{
	struct dataset *dataset = student(), *teacher, *registers;
	struct buffer file, page;
	struct err err;

	(void)state;
	teacher = dataset_load(SCHEMAS, "teacher", NULL, NULL, &err);
	assert_non_null(teacher);
	registers = dataset_load(SCHEMAS, "register", NULL, NULL, &err);
	assert_non_null(registers);
	buffer_init(&file, 4 << 20);
	buffer_init(&page, 4 << 20);
	lint_rules_page(dataset, &page);
	assert_int_equal(file_read_all(PROJECT_ROOT "/docs/rules.md", &file, &err), 0);
	if (!text_eq(buffer_as_text(&file), buffer_as_text(&page)))
		fail_msg("docs/rules.md is not what yici lint --rules prints");
	buffer_clear(&file);
	buffer_clear(&page);
	lint_fields_page(dataset, &page);
	assert_int_equal(file_read_all(PROJECT_ROOT "/docs/glossary.md", &file, &err), 0);
	if (text_find(buffer_as_text(&file), buffer_as_text(&page)) == SIZE_MAX)
		fail_msg("docs/glossary.md does not hold what yici lint --fields prints");
	buffer_clear(&page);
	lint_fields_page(teacher, &page);
	if (text_find(buffer_as_text(&file), buffer_as_text(&page)) == SIZE_MAX)
		fail_msg("docs/glossary.md does not hold what yici lint --fields --dataset teacher prints");
	buffer_clear(&page);
	lint_fields_page(registers, &page);
	if (text_find(buffer_as_text(&file), buffer_as_text(&page)) == SIZE_MAX)
		fail_msg("docs/glossary.md does not hold what yici lint --fields --dataset register prints");
	buffer_clear(&file);
	buffer_clear(&page);
	lint_schema_page(dataset, &page);
	assert_int_equal(file_read_all(PROJECT_ROOT "/schemas/messages/student.json", &file, &err), 0);
	if (!text_eq(buffer_as_text(&file), buffer_as_text(&page)))
		fail_msg("schemas/messages/student.json is not what yici lint --schema prints");
	buffer_fini(&file);
	buffer_fini(&page);
	dataset_free(registers);
	dataset_free(teacher);
	dataset_free(dataset);
}

/* What is written of students is said of the people of another dataset; data is never asked. */
static void
words_are_those_of_the_dataset(void **state)
{
	struct dataset *students = student(), *teachers;
	const struct text zh = TEXT("同一学生"), en = TEXT("no students here"), none = TEXT("表头");
	struct arena words, narrow;
	struct err err;

	(void)state;
	teachers = dataset_load(SCHEMAS, "teacher", NULL, NULL, &err);
	assert_non_null(teachers);
	arena_init(&words, 1 << 16);
	arena_init(&narrow, 1);
	assert_true(text_eq(students->files, TEXT("students")) && text_eq(students->id_key, TEXT("student_id")));
	assert_true(text_eq(teachers->files, TEXT("teachers")) && text_eq(teachers->id_key, TEXT("teacher_id")));
	assert_true(text_eq(teachers->id_zh, TEXT("教师编号")));
	assert_ptr_equal(dataset_says(students, zh, &words).at, zh.at);
	assert_ptr_equal(dataset_says(teachers, zh, NULL).at, zh.at);
	assert_ptr_equal(dataset_says(teachers, none, &words).at, none.at);
	assert_ptr_equal(dataset_says(teachers, zh, &narrow).at, zh.at);
	assert_string_equal(dataset_says(teachers, zh, &words).at, "同一教师");
	assert_string_equal(dataset_says(teachers, en, &words).at, "no teachers here");
	for (int rule = 0; rule < RULE_COUNT; rule++)
		assert_true(text_find(teachers->rules[rule].zh, TEXT("学生")) == SIZE_MAX);
	arena_fini(&narrow);
	arena_fini(&words);
	dataset_free(teachers);
	dataset_free(students);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_ships_is_clean),
		cmocka_unit_test(dataset_is_what_the_registry_has),
		cmocka_unit_test(headers_lead_to_fields),
		cmocka_unit_test(refusals_are_those_of_the_readers),
		cmocka_unit_test(rules_have_their_severity),
		cmocka_unit_test(sources_know_their_own_codes),
		cmocka_unit_test(each_fault_is_told_with_file_and_line),
		cmocka_unit_test(faulty_sources),
		cmocka_unit_test(sources_later_folder_wins),
		cmocka_unit_test(dataset_digest_follows_content),
		cmocka_unit_test(words_are_those_of_the_dataset),
		cmocka_unit_test(docs_are_current),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
