/*
 * xls_fuzz.c - any bytes as a workbook, inside a compound file or as the plain stream, and as a
 * file to be refused by name. What comes out must be frames of valid UTF-8; what does not come out,
 * a reason.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "producers/readers/reader.h"

static int
check_frame(void *self, const void *frame, size_t len)
{
	const uint8_t *at = frame;
	struct frame_head head;

	(void)self;
	if (len < sizeof(head) || len > FRAME_MAX)
		abort();
	memcpy(&head, at, sizeof(head));
	at += sizeof(head);
	for (uint32_t i = 0; head.type == FRAME_ROWS && i < head.count; i++) {
		struct frame_row row;
		const uint8_t *text;

		memcpy(&row, at, sizeof(row));
		text = at + sizeof(row) + (size_t)row.cells * 4;
		if (!utf8_valid(text, row.bytes))
			abort();
		at += (sizeof(row) + (size_t)row.cells * 4 + row.bytes + 3) & ~(size_t)3;
	}
	if (head.type == FRAME_ROWS && at != (const uint8_t *)frame + len)
		abort();
	return 0;
}

static void
read_with(const struct reader_ops *ops, const struct reader_input *input)
{
	struct reader_limits limits = {
		.rows_max = 200000,
		.output_bytes_max = (uint64_t)64 << 20,
		.cells_max = CELLS_MAX,
		.cell_bytes_max = 100000,
	};
	struct sink sink;
	struct err err = { 0 };

	if (ops->score(input) <= 0)
		return;
	if (sink_init(&sink, -1, &limits, &err) != 0)
		abort();
	sink.take = check_frame;
	if (ops->read(input, &sink, &err) != 0 && sink.refusal == REFUSED_NO)
		abort();
	sink_fini(&sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct reader_input input;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (ftruncate(fd, (off_t)size) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	input = (struct reader_input){
		.fd = fd,
		.size = size,
		.head = data,
		.head_len = size < READER_HEAD_BYTES ? size : READER_HEAD_BYTES,
	};
	read_with(&reader_xls, &input);
	read_with(&reader_refused, &input);
	return 0;
}
