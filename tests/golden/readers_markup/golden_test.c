/*
 * golden_test.c - files in files/, made by other programs or by hand (files/README.md), and the
 * cells they must give, in files/NAME.jsonl.
 *
 *   golden_test                all of them
 *   golden_test --cells FILE   print what the readers make of a file
 *   golden_test --count FILE   read it and print the number of rows only
 */
#include "tests/support/support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/golden/readers_markup/cells.h"

static void
every_golden_file_gives_its_cells(void **state)
{
	struct buffer lines, wanted;
	struct err err;
	char path[FILE_PATH_MAX], **names;
	size_t count, checked = 0;

	(void)state;
	buffer_init(&lines, (size_t)16 << 20);
	buffer_init(&wanted, (size_t)16 << 20);
	assert_int_equal(file_list(TEST_DATA "/files", &names, &count, &err), 0);
	for (size_t i = 0; i < count; i++) {
		int fd;

		if (text_ends(text_from(names[i]), TEXT(".jsonl")) || text_ends(text_from(names[i]), TEXT(".md")))
			continue;
		assert_int_equal(path_format(path, &err, TEST_DATA "/files/%s.jsonl", names[i]), 0);
		buffer_clear(&wanted);
		assert_int_equal(file_read_all(path, &wanted, &err), 0);
		path[strlen(path) - strlen(".jsonl")] = '\0';
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		cells_read(fd, NULL, &lines);
		close(fd);
		if (!text_eq(buffer_as_text(&lines), buffer_as_text(&wanted)))
			fail_msg("%s gives\n%.*s", names[i], (int)lines.len, lines.at);
		checked++;
	}
	assert_true(checked >= 10);
	free(names);
	buffer_fini(&lines);
	buffer_fini(&wanted);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_golden_file_gives_its_cells),
	};

	if (argc == 3) {
		struct buffer lines;
		int fd = open(argv[2], O_RDONLY | O_CLOEXEC);

		if (strcmp(argv[1], "--count") == 0) {
			printf("%lld\n", (long long)cells_count(fd));
			return 0;
		}
		buffer_init(&lines, (size_t)1 << 30);
		cells_read(fd, NULL, &lines);
		fwrite(lines.at, 1, lines.len, stdout);
		buffer_fini(&lines);
		return 0;
	}
	return cmocka_run_group_tests_name("readers_markup golden", tests, NULL, NULL);
}
