/*
 * inspect_test.c - files and archives through the sandbox: what inspect says, and what unpacking
 * leaves.
 */
#include "producers/collect/inspect.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "producers/collect/unpack.h"
#include "producers/readers/reader.h"
#include "tests/support/support.h"
#include "tests/support/zipmake.h"

#define ID "410303201902030021"
#define CSV "花名册\n姓名,身份证件号,星座\n王芳," ID ",白羊\n合计,1\n"

static struct sandbox *sandbox;
static struct dataset *dataset;
static struct reader_limits limits;
static char said[65536];
static struct err err;

static int
show(const char *path, enum inspect_output output, bool chinese)
{
	char spool[FILE_PATH_MAX];
	struct inspect_options options = {
		.sandbox = sandbox,
		.limits = &limits,
		.dataset = dataset,
		.spool = spool,
		.output = output,
		.chinese = chinese,
		.issues_max = 5,
		.wait_ms = 20000,
	};
	FILE *out = tmpfile();
	char **names;
	size_t count, got;
	int result;

	snprintf(spool, sizeof(spool), "%.*s/spool", (int)(strrchr(path, '/') - path), path);
	assert_non_null(out);
	assert_int_equal(file_make_folder(spool, &err), 0);
	err = (struct err){ 0 };
	result = inspect_file(&options, path, out, &err);
	rewind(out);
	got = fread(said, 1, sizeof(said) - 1, out);
	said[got] = '\0';
	fclose(out);
	assert_int_equal(file_list(spool, &names, &count, &(struct err){ 0 }), 0);
	assert_int_equal(count, 0);
	free(names);
	return result;
}

static const char *
archive(const char *name, const char *inner, struct text content)
{
	struct zipmake zip;
	const char *path;

	zipmake_init(&zip);
	zipmake_add(&zip, text_from(inner), content, &(struct zipmake_how){ .flags = 0x800 });
	zipmake_end(&zip);
	path = scratch_file(name, zip.file.at, zip.file.len);
	zipmake_fini(&zip);
	return path;
}

static void
inspect_shows_a_file(void **state)
{
	const char *path;

	(void)state;
	scratch_make();
	path = scratch_file("a.csv", CSV, strlen(CSV));
	assert_int_equal(show(path, INSPECT_TEXT, true), 0);
	assert_non_null(strstr(said, "格式 csv  编码 utf-8"));
	assert_non_null(strstr(said, "表头行 2-2"));
	assert_non_null(strstr(said, "    B      身份证件号  身份证件号  字段名称 (100)\n"));
	assert_non_null(strstr(said, "    C      星座        ?           不认识的表头"));
	assert_non_null(strstr(said, "行数 4: 数据 1, 标题 1, 表头 1, 合计 1\n"));
	assert_null(strstr(said, ID));
	assert_null(strstr(said, "王芳"));
	assert_int_equal(show(path, INSPECT_TEXT, false), 0);
	assert_non_null(strstr(said, "rows 4: data 1, title 1, header 1, total 1\n"));
	assert_int_equal(show(path, INSPECT_JSON, false), 0);
	assert_non_null(strstr(said, "{\"column\":\"C\",\"header\":\"星座\",\"state\":\"unknown\""));
	assert_non_null(strstr(said, "\"header\":{\"first\":2,\"last\":2}"));
	assert_null(strstr(said, ID));
	assert_int_equal(show(path, INSPECT_CELLS, false), 0);
	assert_string_equal(said,
	    "{\"sheet\":\"\",\"row\":1,\"cells\":[\"花名册\"]}\n"
	    "{\"sheet\":\"\",\"row\":2,\"cells\":[\"姓名\",\"身份证件号\",\"星座\"]}\n"
	    "{\"sheet\":\"\",\"row\":3,\"cells\":[\"王芳\",\"" ID "\",\"白羊\"]}\n"
	    "{\"sheet\":\"\",\"row\":4,\"cells\":[\"合计\",\"1\"]}\n");
	scratch_remove();
}

static void
inspect_says_why_a_file_is_refused(void **state)
{
	(void)state;
	scratch_make();
	assert_int_equal(show(scratch_file("a.csv", "x,y\n1,2\n", 8), INSPECT_TEXT, false), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.what, "No header row was found"));
	assert_int_equal(show(scratch_file("a.csv", "", 0), INSPECT_JSON, true), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(said, "\"refused\":\"empty\""));
	assert_true(utf8_valid(err.what, strlen(err.what)));
	scratch_remove();
}

static void
inspect_goes_through_archives(void **state)
{
	char inner[4096];
	struct buffer zip;

	(void)state;
	scratch_make();
	buffer_init(&zip, 65536);
	assert_int_equal(show(archive("a.zip", "班/甲.csv", TEXT(CSV)), INSPECT_CELLS, false), 0);
	assert_non_null(
	    strstr(said, "{\"file\":\"a.zip!班/甲.csv\",\"sheet\":\"\",\"row\":1,\"cells\":[\"花名册\"]}\n"));
	assert_int_equal(file_read_all(archive("a.zip", "b.csv", TEXT(CSV)), &zip, &err), 0);
	assert_true(zip.len < sizeof(inner));
	memcpy(inner, zip.at, zip.len);
	assert_int_equal(show(archive("o.zip", "a.zip", (struct text){ inner, zip.len }), INSPECT_JSON, false), 0);
	assert_non_null(strstr(said, "{\"file\":\"o.zip!a.zip!b.csv\",\"format\":\"csv\""));
	buffer_fini(&zip);
	scratch_remove();
}

static void
unpack_makes_files_with_digests(void **state)
{
	struct unpacked unpacked;
	struct rows rows;
	enum rows_event event;
	enum refusal refused;
	struct sha256 digest = sha256_of(CSV, strlen(CSV));
	const char *folder = scratch_make();
	const char *path;
	int fd, socket;

	(void)state;
	path = archive("a.zip", "b.csv", TEXT(CSV));
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	for (unsigned depth = 1; depth <= limits.depth_max; depth++) {
		unpacked_init(&unpacked);
		socket = sandbox_read(sandbox, fd, &limits, false, &err);
		assert_true(socket >= 0);
		assert_int_equal(rows_init(&rows, socket, 20000, &err), 0);
		assert_int_equal(rows_receive(&rows, &event, &err), 1);
		assert_int_equal(event, ROWS_DOCUMENT);
		assert_true(unpack_is_archive(rows.document.format));
		assert_int_equal(
		    unpack_receive(&unpacked, &rows, TEXT("a.zip"), depth, &limits, folder, &refused, &err), 0);
		if (depth < limits.depth_max) {
			assert_int_equal(refused, REFUSED_NO);
			assert_int_equal(unpacked.count, 1);
			assert_text(unpacked.files[0].name, "a.zip!b.csv");
			assert_int_equal(unpacked.files[0].size, strlen(CSV));
			assert_memory_equal(&unpacked.files[0].digest, &digest, sizeof(digest));
			assert_true(file_exists(unpacked.files[0].path));
		} else {
			assert_int_equal(refused, REFUSED_NESTED);
			assert_int_equal(unpacked.count, 0);
		}
		rows_fini(&rows);
		close(socket);
		unpacked_fini(&unpacked);
	}
	close(fd);
	scratch_remove();
}

static void
width_counts_wide_characters_twice(void **state)
{
	(void)state;
	assert_int_equal(inspect_width(TEXT("abc")), 3);
	assert_int_equal(inspect_width(TEXT("姓名（a）")), 9);
	assert_int_equal(inspect_width(TEXT("𬱖")), 2);
	assert_int_equal(inspect_width(TEXT("")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inspect_shows_a_file),
		cmocka_unit_test(inspect_says_why_a_file_is_refused),
		cmocka_unit_test(inspect_goes_through_archives),
		cmocka_unit_test(unpack_makes_files_with_digests),
		cmocka_unit_test(width_counts_wide_characters_twice),
	};
	int failed;

	if (sandbox_start(&sandbox, &err) != 0)
		return 1;
	reader_limits_default(&limits);
	dataset = dataset_load(PROJECT_ROOT "/schemas", "student", NULL, NULL, &err);
	if (dataset == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	dataset_free(dataset);
	sandbox_stop(sandbox);
	return failed;
}
