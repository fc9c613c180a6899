/*
 * reader.c - see reader.h: which reader takes a file, the limits by default, and the words for
 * formats and reasons.
 */
#include "producers/readers/reader.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/xml/xml.h"

/* In fixed order: of readers that are equally sure the first one reads. */
static const struct reader_ops *const readers[] = {
	&reader_xlsx,
	&reader_zip,
	&reader_gzip,
	&reader_html,
	&reader_spreadsheetml,
	&reader_xml,
	&reader_xls,
	&reader_refused,
	&reader_csv,
	NULL,
};

void
reader_limits_default(struct reader_limits *limits)
{
	*limits = (struct reader_limits){
		.rows_max = 100000000,
		.output_bytes_max = (uint64_t)64 << 30,
		.memory_bytes_max = (uint64_t)512 << 20,
		.cpu_seconds_max = 0,
		.cells_max = CELLS_MAX,
		.cell_bytes_max = CELL_BYTES_MAX,
		.part_bytes_max = (uint64_t)4 << 30,
		.unpacked_bytes_max = (uint64_t)16 << 30,
		.ratio_max = 200,
		.entries_max = 10000,
		.depth_max = 2,
	};
}

static int
by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void
reader_prepare(void)
{
	char text[64];
	int numbers[1024] = { 2, 1 };

	/* The first time it sorts more than 1,024 bytes, the C library asks how much memory the
	 * machine has. */
	qsort(numbers, ARRAY_LEN(numbers), sizeof(numbers[0]), by_value);

	/* Messages of the C library come from files in any other locale. */
	setlocale(LC_ALL, "C");
	if (strerror_r(ENOMEM, text, sizeof(text)) == NULL || !xml_prepare())
		abort();
}

const struct reader_ops *
reader_at(size_t i)
{
	return i < ARRAY_LEN(readers) ? readers[i] : NULL;
}

int
reader_open(struct reader_input *input, int fd, struct err *err)
{
	struct stat st;
	uint8_t *head;

	*input = (struct reader_input){ .fd = fd };
	/* Not fstat(): glibc turns that into newfstatat(), which takes a path; the sandbox allows
	 * no paths. */
	if (syscall(SYS_fstat, fd, &st) != 0)
		return err_errno(err, ERR_STOP, "cannot look at the input");
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_STOP, "the input is not a file");
	input->size = (uint64_t)st.st_size;
	input->head_len = input->size < READER_HEAD_BYTES ? (size_t)input->size : READER_HEAD_BYTES;
	head = malloc(READER_HEAD_BYTES);
	if (head == NULL)
		return err_set(err, ERR_STOP, "no memory for the first bytes");
	input->head = head;
	if (file_read_at(fd, head, input->head_len, 0, err) != 0) {
		reader_close(input);
		if (err->kind != ERR_INPUT)
			err->kind = ERR_RETRY;
		return -1;
	}
	return 0;
}

ssize_t
reader_pread(int fd, void *into, size_t len, uint64_t at, struct err *err)
{
	ssize_t got;

	do
		got = pread(fd, into, len, (off_t)at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		err_errno(err, ERR_RETRY, "cannot read the file");
	return got;
}

void
reader_close(struct reader_input *input)
{
	free((void *)(uintptr_t)input->head);
	input->head = NULL;
}

const struct reader_ops *
reader_choose(const struct reader_input *input)
{
	const struct reader_ops *best = NULL;
	int best_score = 0, score;

	for (size_t i = 0; reader_at(i) != NULL; i++) {
		score = reader_at(i)->score(input);
		if (score > best_score) {
			best = reader_at(i);
			best_score = score;
		}
	}
	return best;
}

static int
reader_read(const struct reader_input *input, struct sink *sink, struct err *err)
{
	const struct reader_ops *reader;

	if (input->size == 0)
		return sink_refuse(sink, REFUSED_EMPTY, err, "the file has no bytes");
	reader = reader_choose(input);
	if (reader == NULL)
		return sink_refuse(sink, REFUSED_NOT_A_TABLE, err, "no reader knows this file");
	return reader->read(input, sink, err);
}

int
reader_run(int fd, struct sink *sink, struct err *err)
{
	struct reader_input input;
	int result;

	if (reader_open(&input, fd, err) != 0) {
		sink_send_refusal(sink, err);
		return -1;
	}
	result = reader_read(&input, sink, err);
	if (result != 0)
		sink_send_refusal(sink, err);
	reader_close(&input);
	return result;
}

const char *
document_format_name(enum document_format format)
{
	static const char *const names[] = {
		[FORMAT_UNKNOWN] = "unknown",
		[FORMAT_CSV] = "csv",
		[FORMAT_TSV] = "tsv",
		[FORMAT_XLSX] = "xlsx",
		[FORMAT_XLS] = "xls",
		[FORMAT_HTML] = "html",
		[FORMAT_SPREADSHEETML] = "spreadsheetml",
		[FORMAT_XML] = "xml",
		[FORMAT_ZIP] = "zip",
		[FORMAT_GZIP] = "gzip",
	};

	_Static_assert(ARRAY_LEN(names) == FORMAT_COUNT, "every format has a name");
	return (unsigned)format < FORMAT_COUNT ? names[format] : names[FORMAT_UNKNOWN];
}

const char *
document_encoding_name(enum document_encoding encoding)
{
	static const char *const names[] = {
		[ENCODING_NONE] = "none",
		[ENCODING_UTF8] = "utf-8",
		[ENCODING_UTF8_BOM] = "utf-8-bom",
		[ENCODING_GB18030] = "gb18030",
		[ENCODING_UTF16LE] = "utf-16le",
		[ENCODING_UTF16BE] = "utf-16be",
	};

	_Static_assert(ARRAY_LEN(names) == ENCODING_COUNT, "every encoding has a name");
	return (unsigned)encoding < ENCODING_COUNT ? names[encoding] : names[ENCODING_NONE];
}

const char *
refusal_name(enum refusal reason)
{
	static const char *const names[] = {
		[REFUSED_NO] = "no",
		[REFUSED_EMPTY] = "empty",
		[REFUSED_NOT_A_TABLE] = "not_a_table",
		[REFUSED_ENCODING] = "encoding",
		[REFUSED_ENCRYPTED] = "encrypted",
		[REFUSED_DRM] = "drm",
		[REFUSED_DOCTYPE] = "doctype",
		[REFUSED_TRUNCATED] = "truncated",
		[REFUSED_DAMAGED] = "damaged",
		[REFUSED_BOMB] = "bomb",
		[REFUSED_OVERLAP] = "overlap",
		[REFUSED_UNSAFE_NAME] = "unsafe_name",
		[REFUSED_NESTED] = "nested",
		[REFUSED_LIMIT_ROWS] = "limit_rows",
		[REFUSED_LIMIT_BYTES] = "limit_bytes",
		[REFUSED_LIMIT_MEMORY] = "limit_memory",
		[REFUSED_LIMIT_TIME] = "limit_time",
		[REFUSED_UNSUPPORTED] = "unsupported",
		[REFUSED_CRASHED] = "crashed",
		[REFUSED_LIED] = "lied",
		[REFUSED_CHANGED] = "changed",
		[REFUSED_NO_HEADER] = "no_header",
		[REFUSED_NO_PERSON] = "no_person",
		[REFUSED_TWO_COLUMNS] = "two_columns",
		[REFUSED_LINK] = "link",
		[REFUSED_UNREADABLE] = "unreadable",
		[REFUSED_HIDDEN] = "hidden",
	};

	_Static_assert(ARRAY_LEN(names) == REFUSED_COUNT, "every reason has a name");
	return (unsigned)reason < REFUSED_COUNT ? names[reason] : names[REFUSED_DAMAGED];
}
