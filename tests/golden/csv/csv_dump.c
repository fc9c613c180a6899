/* csv_dump.c - shows a delimited-text file as collect.h says; for comparison with other programs'
 * readers. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/csv/collect.h"

int
main(int argc, char **argv)
{
	const struct reader_limits limits = collect_limits();
	struct buffer out;
	int fd;

	if (argc < 2 || (fd = open(argv[1], O_RDONLY | O_CLOEXEC)) < 0)
		return 1;
	buffer_init(&out, (size_t)1 << 30);
	collect_csv_file(fd, argc > 2 ? (size_t)atoi(argv[2]) : 0, &limits, &out);
	fwrite(out.at, 1, out.len, stdout);
	buffer_fini(&out);
	return 0;
}
