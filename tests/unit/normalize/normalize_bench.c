/*
 * normalize_bench.c - how long a row takes: reads a CSV (its first line the headers, no line breaks
 * inside quotes) into memory, splits it once, and normalizes all rows several times. Prints
 * nanoseconds a row and a sum over the answers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "rows.h"

static uint16_t
field_of(const struct dataset *dataset, struct text header)
{
	char folded[256], known[256];
	size_t len = header_fold(header, folded, sizeof(folded));

	for (size_t i = 0; i < dataset->field_count; i++) {
		for (size_t k = 0; k < dataset->fields[i].header_count; k++) {
			size_t size = header_fold(dataset->fields[i].headers[k], known, sizeof(known));

			if (size == len && memcmp(known, folded, len) == 0)
				return dataset->fields[i].number;
		}
	}
	return FIELD_NONE;
}

/* The next field of a line, doubled quotes made one in place. */
static struct text
take(char **at, const char *end)
{
	struct text text = { *at, 0 };
	char *from = *at, *to = *at;

	if (from < end && *from == '"') {
		for (from++; from < end && (*from != '"' || (from + 1 < end && from[1] == '"')); from++) {
			from += *from == '"';
			*to++ = *from;
		}
		from += from < end;
		text.len = (size_t)(to - *at);
	} else {
		while (from < end && *from != ',' && *from != '\r')
			from++;
		text.len = (size_t)(from - *at);
	}
	*at = from + (from < end);
	return text;
}

int
main(int argc, char **argv)
{
	const struct dataset *dataset = rows_dataset();
	static char fields[8192];
	size_t rows_max = argc > 2 ? (size_t)atol(argv[2]) : 100000, size, rows_count = 0, issues = 0, columns = 0;
	struct cell *cells;
	struct rows rows;
	FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
	char *bytes, *at, *end;

	if (file == NULL) {
		fprintf(stderr, "usage: normalize_bench FILE.csv [ROWS]\n");
		return 64;
	}
	size = rows_max * 1000;
	bytes = malloc(size);
	if (bytes == NULL)
		return 75;
	size = fread(bytes, 1, size, file);
	fclose(file);
	at = bytes;
	end = memchr(bytes, '\n', size);
	if (end == NULL)
		return 65;
	if (size > 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
		at += 3;
	for (; at < end; columns++) {
		size_t len = 0;
		uint16_t field;

		while (at + len < end && at[len] != ',' && at[len] != '\r')
			len++;
		field = field_of(dataset, (struct text){ at, len });
		if (columns > 0)
			strcat(fields, ",");
		if (field != FIELD_NONE)
			strncat(fields, dataset->fields[field].name.at, dataset->fields[field].name.len);
		else
			fprintf(stderr, "column %zu means nothing\n", columns + 1);
		at += len + 1;
	}
	rows_open(&rows, fields);
	cells = calloc(rows_max * columns, sizeof(*cells));
	if (cells == NULL)
		return 75;
	for (at = end + 1; at < bytes + size && rows_count < rows_max; rows_count++) {
		end = memchr(at, '\n', (size_t)(bytes + size - at));
		if (end == NULL)
			break;
		for (size_t i = 0; i < columns; i++) {
			cells[rows_count * columns + i] = (struct cell){ take(&at, end), CELL_TEXT };
		}
		at = end + 1;
	}
	for (int round = 0; round < 5; round++) {
		struct timespec from, to;
		uint64_t sum = 0;
		size_t rejected = 0;

		issues = 0;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		for (size_t i = 0; i < rows_count; i++) {
			const struct normalized *row = normalize_row(rows.normalizer, cells + i * columns, columns, 0);

			sum += row->anchor.hash + row->value_count;
			issues += row->issue_count;
			rejected += row->rejected;
		}
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		printf("%.0f ns/row, %zu rows, %zu issues, %zu rejected, %016llx\n",
		    ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / (double)rows_count,
		    rows_count, issues, rejected, (unsigned long long)sum);
	}
	rows_close(&rows);
	free(cells);
	free(bytes);
	rows_end();
	return 0;
}
