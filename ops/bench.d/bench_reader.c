/*
 * bench_reader.c - how fast a reader is: `bench_reader FILE...` reads each file as a run does, in
 * the sandbox, through the socket and the checks of rows.c, and counts rows, cells and bytes of
 * text in place of using them. One line a file: format, rows, cells, bytes, seconds.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "producers/readers/reader.h"
#include "producers/readers/rows.h"
#include "producers/readers/sandbox.h"

#define WAIT_MS 60000

struct count {
	uint64_t rows, cells, bytes;
	enum document_format format;
	enum refusal refused;
};

static int
count_rows(struct rows *rows, struct count *count, struct err *err)
{
	enum rows_event event;
	struct row row;
	int got;

	while ((got = rows_receive(rows, &event, err)) == 1) {
		if (event == ROWS_DOCUMENT)
			count->format = (enum document_format)rows->document.format;
		if (event == ROWS_REFUSED)
			count->refused = (enum refusal)rows->refused.reason;
		while (event == ROWS_BATCH && rows_next(rows, &row) == 1) {
			count->rows++;
			count->cells += row.count;
			for (uint32_t i = 0; i < row.count; i++)
				count->bytes += row.cells[i].text.len;
		}
	}
	return got;
}

static int
count_file(struct sandbox *sandbox, const char *path, struct count *count, struct err *err)
{
	struct reader_limits limits;
	struct rows rows;
	int fd, socket, result = -1;

	reader_limits_default(&limits);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_STOP, "cannot open %s", path);
	socket = sandbox_read(sandbox, fd, &limits, false, err);
	if (socket >= 0) {
		if (rows_init(&rows, socket, WAIT_MS, err) == 0) {
			result = count_rows(&rows, count, err);
			rows_fini(&rows);
		}
		close(socket);
	}
	close(fd);
	return result;
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	struct sandbox *sandbox;
	struct err err = { 0 };
	int status = EX_OK;

	if (argc < 2) {
		fputs("usage: bench_reader FILE...\n", stderr);
		return EX_USAGE;
	}
	if (sandbox_start(&sandbox, &err) != 0) {
		fprintf(stderr, "bench_reader: %s\n", err.what);
		return EX_OSERR;
	}
	for (int i = 1; i < argc; i++) {
		struct count count = { 0 };
		double begin = now();

		if (count_file(sandbox, argv[i], &count, &err) != 0) {
			fprintf(stderr, "bench_reader: %s\n", err.what);
			status = EX_OSERR;
			continue;
		}
		if (count.refused != REFUSED_NO) {
			fprintf(stderr, "bench_reader: refused: %s\n", refusal_name(count.refused));
			status = EX_DATAERR;
		}
		printf("%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %.3f\n", document_format_name(count.format), count.rows,
		    count.cells, count.bytes, now() - begin);
	}
	sandbox_stop(sandbox);
	return status;
}
