/*
 * rows_fuzz.c - arbitrary packets into rows.c. The input is a list of packets, each with its length
 * in two bytes in front. Whatever comes, every cell given out lies inside the frame and is valid
 * UTF-8, rows rise, and the end is only believed when the numbers agree.
 */
#include <assert.h>
#include <stdlib.h>

#include "producers/readers/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static uint64_t
take_batch(struct rows *rows)
{
	uint32_t last = 0;
	uint64_t seen = 0;
	struct row row;

	while (rows_next(rows, &row) > 0) {
		assert(row.count <= CELLS_MAX && row.row_no > last);
		last = row.row_no;
		seen++;
		for (uint32_t i = 0; i < row.count; i++) {
			const char *at = row.cells[i].text.at;

			assert(row.cells[i].kind < CELL_KINDS);
			assert(at >= (const char *)rows->frame
			    && at + row.cells[i].text.len <= (const char *)rows->frame + rows->frame_len);
			assert(utf8_valid(at, row.cells[i].text.len));
		}
	}
	return seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	enum rows_event event;
	uint64_t seen = 0;
	struct rows rows;
	struct err err;

	if (rows_init(&rows, -1, -1, &err) != 0)
		abort();
	while (len >= 2) {
		size_t packet = (size_t)bytes[0] | (size_t)bytes[1] << 8;

		bytes += 2;
		len -= 2;
		if (packet > len)
			packet = len;
		if (rows_inject(&rows, bytes, packet, &event) > 0) {
			if (event == ROWS_BATCH)
				seen += take_batch(&rows);
			if (event == ROWS_END)
				assert(seen == rows.end.rows);
			if (event == ROWS_REFUSED)
				assert(rows.refused.reason != REFUSED_NO && utf8_valid(rows.detail.at, rows.detail.len));
		}
		bytes += packet;
		len -= packet;
	}
	rows_fini(&rows);
	return 0;
}
