/*
 * walk.c - read files in the real sandbox, for strace to look at: every hostile file, and those
 * named on the command line. Prints how many readers were started.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/file.h"
#include "tests/e2e/hostile/files.h"

int
main(int argc, char **argv)
{
	const char *spool = argc > 1 ? argv[1] : ".";
	struct sandbox *sandbox;
	struct outcome outcome;
	struct buffer file;
	struct err err;
	uint64_t files = 0;

	buffer_init(&file, (size_t)512 << 20);
	if (sandbox_start(&sandbox, &err) != 0)
		goto failed;
	for (size_t i = 0; i < hostile_count; i++) {
		hostile_make(&hostile[i], &file);
		if (hostile_read(sandbox, buffer_as_text(&file), spool, &outcome, &err) != 0)
			goto failed;
		files += outcome.files;
	}
	for (int i = 2; i < argc; i++) {
		buffer_clear(&file);
		if (file_read_all(argv[i], &file, &err) != 0
		    || hostile_read(sandbox, buffer_as_text(&file), spool, &outcome, &err) != 0)
			goto failed;
		if (outcome.refused != REFUSED_NO) {
			err_set(&err, ERR_INPUT, "a good file was refused: %s", refusal_name(outcome.refused));
			goto failed;
		}
		files += outcome.files;
	}
	printf("%zu\n", (size_t)files);
	buffer_fini(&file);
	sandbox_stop(sandbox);
	return 0;
failed:
	fprintf(stderr, "%s\n", err.what);
	return 1;
}
