/*
 * xls.c - BIFF8 in OLE2, as far as a plain table needs it ([MS-XLS], [MS-CFB]).
 *
 * The Workbook stream is: BOF, CODEPAGE 1200, WINDOW1, four FONTs, 20 XFs (15 styles, then cells:
 * general, date), STYLE, BOUNDSHEETs, SST, EOF; then each sheet: BOF, DIMENSIONS, WINDOW2, its
 * cells, MERGEDCELLS, EOF. A record is its type, its length (at most 8,224) and its bytes; the
 * table of strings goes on in CONTINUE records, where a string that is cut repeats its option byte.
 * A string is its number of UTF-16 units, an option byte (0: one byte a unit, 1: two) and the
 * units.
 *
 * The container: a header sector, then sectors of 512 bytes: the stream (padded to 4,096 at least,
 * so that no ministream is needed), the directory, the allocation table; more than 109 table
 * sectors are listed in further sectors of their own.
 */
#include "ops/sample/xls.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/digest.h"
#include "core/base/file.h"

#define SHEETS_MAX 16
#define RECORD_BYTES_MAX 8224
#define STREAM_BYTES_MAX ((size_t)1 << 30)
#define SECTOR 512

enum { XF_GENERAL = 15, XF_DATE = 16, XF_TITLE = 17 };

struct sheet {
	struct buffer cells, merges;
	char name[128];
	bool hidden;
	uint32_t rows, columns, merge_count;
};

struct xls {
	struct sheet sheets[SHEETS_MAX];
	size_t sheet_count;
	struct buffer strings; /* each: length in bytes (4), bytes */
	uint32_t *slots;       /* hash table of offsets into ${strings} + 1 */
	uint32_t *numbers;     /* the string's number, by slot */
	size_t slot_count;
	uint32_t string_count, string_uses;
	bool failed;
};

static void
put16(struct buffer *out, unsigned value)
{
	uint8_t bytes[2] = { (uint8_t)value, (uint8_t)(value >> 8) };

	buffer_add(out, bytes, 2);
}

static void
put32(struct buffer *out, uint32_t value)
{
	put16(out, value & 0xffff);
	put16(out, value >> 16);
}

static void
put_record(struct buffer *out, unsigned type, const void *bytes, size_t len)
{
	put16(out, type);
	put16(out, (unsigned)len);
	buffer_add(out, bytes, len);
}

/* ${text} in UTF-16 little-endian behind ${out}; the number of units. */
static unsigned
put_units(struct buffer *out, struct text text)
{
	unsigned units = 0;

	for (size_t pos = 0; pos < text.len;) {
		uint32_t cp = text_next(text, &pos);

		if (cp >= 0x10000) {
			put16(out, 0xd800 + ((cp - 0x10000) >> 10));
			put16(out, 0xdc00 + ((cp - 0x10000) & 0x3ff));
			units += 2;
		} else {
			put16(out, cp);
			units++;
		}
	}
	return units;
}

struct xls *
xls_new(void)
{
	struct xls *xls = calloc(1, sizeof(*xls));

	if (xls == NULL)
		return NULL;
	xls->slot_count = 1024;
	xls->slots = calloc(xls->slot_count, sizeof(*xls->slots));
	xls->numbers = calloc(xls->slot_count, sizeof(*xls->numbers));
	buffer_init(&xls->strings, STREAM_BYTES_MAX);
	if (xls->slots == NULL || xls->numbers == NULL) {
		xls_free(xls);
		return NULL;
	}
	return xls;
}

void
xls_free(struct xls *xls)
{
	if (xls == NULL)
		return;
	for (size_t i = 0; i < xls->sheet_count; i++) {
		buffer_fini(&xls->sheets[i].cells);
		buffer_fini(&xls->sheets[i].merges);
	}
	buffer_fini(&xls->strings);
	free(xls->slots);
	free(xls->numbers);
	free(xls);
}

void
xls_sheet(struct xls *xls, const char *name, bool hidden, size_t columns)
{
	struct sheet *sheet;

	if (xls->sheet_count == SHEETS_MAX) {
		xls->failed = true;
		return;
	}
	sheet = &xls->sheets[xls->sheet_count++];
	buffer_init(&sheet->cells, STREAM_BYTES_MAX);
	buffer_init(&sheet->merges, STREAM_BYTES_MAX);
	snprintf(sheet->name, sizeof(sheet->name), "%s", name);
	sheet->hidden = hidden;
	sheet->columns = (uint32_t)columns;
}

void
xls_merge(struct xls *xls, size_t row, size_t first, size_t last, size_t down)
{
	struct sheet *sheet = &xls->sheets[xls->sheet_count - 1];

	put16(&sheet->merges, (unsigned)row);
	put16(&sheet->merges, (unsigned)(row + down));
	put16(&sheet->merges, (unsigned)first);
	put16(&sheet->merges, (unsigned)last);
	sheet->merge_count++;
}

static struct text
string_at(const struct xls *xls, uint32_t slot)
{
	const char *at = xls->strings.at + xls->slots[slot] - 1;
	uint32_t len;

	memcpy(&len, at, sizeof(len));
	return (struct text){ at + sizeof(len), len };
}

/* Where ${text} stands or would stand in the hash table. */
static uint32_t
find_slot(const struct xls *xls, struct text text)
{
	uint32_t slot = (uint32_t)(hash64(text.at, text.len, 0) & (xls->slot_count - 1));

	while (xls->slots[slot] != 0 && !text_eq(string_at(xls, slot), text))
		slot = (slot + 1) & (uint32_t)(xls->slot_count - 1);
	return slot;
}

static void
grow_slots(struct xls *xls)
{
	struct xls old = *xls;

	xls->slot_count *= 2;
	xls->slots = calloc(xls->slot_count, sizeof(*xls->slots));
	xls->numbers = calloc(xls->slot_count, sizeof(*xls->numbers));
	if (xls->slots == NULL || xls->numbers == NULL) {
		free(xls->slots);
		free(xls->numbers);
		*xls = old;
		xls->failed = true;
		return;
	}
	for (uint32_t i = 0; i < old.slot_count; i++) {
		if (old.slots[i] != 0) {
			uint32_t slot = find_slot(xls, string_at(&old, i));

			xls->slots[slot] = old.slots[i];
			xls->numbers[slot] = old.numbers[i];
		}
	}
	free(old.slots);
	free(old.numbers);
}

static uint32_t
string_number(struct xls *xls, struct text text)
{
	uint32_t slot, len = (uint32_t)text.len;

	xls->string_uses++;
	if ((size_t)xls->string_count * 2 >= xls->slot_count)
		grow_slots(xls);
	if ((size_t)xls->string_count + 1 >= xls->slot_count)
		return 0;
	slot = find_slot(xls, text);
	if (xls->slots[slot] == 0) {
		xls->slots[slot] = (uint32_t)xls->strings.len + 1;
		xls->numbers[slot] = xls->string_count++;
		buffer_add(&xls->strings, &len, sizeof(len));
		buffer_text(&xls->strings, text);
		if (buffer_failed(&xls->strings)) {
			xls->slots[slot] = 0;
			xls->failed = true;
			return 0;
		}
	}
	return xls->numbers[slot];
}

void
xls_row(struct xls *xls, size_t row, const struct cell *cells, size_t count)
{
	struct sheet *sheet = &xls->sheets[xls->sheet_count - 1];

	if (row >= XLS_ROWS_MAX) {
		xls->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		bool number = cells[i].kind == CELL_NUMBER || cells[i].kind == CELL_DATE;

		if (cells[i].kind == CELL_BLANK || (!number && cells[i].text.len == 0))
			continue;
		put16(&sheet->cells, number ? 0x0203 : 0x00fd);
		put16(&sheet->cells, number ? 14 : 10);
		put16(&sheet->cells, (unsigned)row);
		put16(&sheet->cells, (unsigned)i);
		put16(&sheet->cells, cells[i].kind == CELL_DATE ? XF_DATE : XF_GENERAL);
		if (number) {
			uint64_t bits;

			memcpy(&bits, &cells[i].number, sizeof(bits));
			put32(&sheet->cells, (uint32_t)bits);
			put32(&sheet->cells, (uint32_t)(bits >> 32));
		} else {
			put32(&sheet->cells, string_number(xls, cells[i].text));
		}
		if (i >= sheet->columns)
			sheet->columns = (uint32_t)i + 1;
	}
	sheet->rows = (uint32_t)row + 1;
}

static void
put_bof(struct buffer *out, unsigned kind)
{
	uint8_t bof[16] = { 0, 6, (uint8_t)kind, 0, 0xbb, 0x0d, 0xcc, 0x07, 0, 0, 0, 0, 6, 0, 0, 0 };

	put_record(out, 0x0809, bof, sizeof(bof));
}

static void
put_styles(struct buffer *out)
{
	static const uint8_t font[] = { 220, 0, 0, 0, 0xff, 0x7f, 0x90, 0x01, 0, 0, 0, 0, 134, 0, 2, 1, 0x8b, 0x5b,
		0x53, 0x4f }; /* 11 point 宋体 */
	uint8_t xf[20] = { 0, 0, 0, 0, 0xf5, 0xff, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x20 };

	for (size_t i = 0; i < 4; i++)
		put_record(out, 0x0031, font, sizeof(font));
	for (size_t i = 0; i < 15; i++)
		put_record(out, 0x00e0, xf, sizeof(xf));
	xf[4] = 1; /* a cell, locked, of style 0 */
	xf[5] = 0;
	for (size_t i = 0; i < 5; i++) {
		xf[2] = i == XF_DATE - 15 ? 14 : 0;
		xf[6] = i == XF_TITLE - 15 ? 0x22 : 0x20;
		put_record(out, 0x00e0, xf, sizeof(xf));
	}
	put_record(out, 0x0293, "\x00\x80\x00\xff", 4);
}

/* The table of strings in as many records as it needs. */
static void
put_strings(struct xls *xls, struct buffer *out)
{
	struct buffer record, units;
	unsigned type = 0x00fc;

	buffer_init(&record, RECORD_BYTES_MAX * 4);
	buffer_init(&units, STREAM_BYTES_MAX);
	put32(&record, xls->string_uses);
	put32(&record, xls->string_count);
	for (size_t pos = 0; pos < xls->strings.len;) {
		uint32_t len;
		unsigned count, done = 0;

		memcpy(&len, xls->strings.at + pos, sizeof(len));
		buffer_clear(&units);
		count = put_units(&units, (struct text){ xls->strings.at + pos + sizeof(len), len });
		pos += sizeof(len) + len;
		if (record.len + 3 + 2 > RECORD_BYTES_MAX) {
			put_record(out, type, record.at, record.len);
			buffer_clear(&record);
			type = 0x003c;
		}
		put16(&record, count);
		buffer_char(&record, 1);
		for (;;) {
			size_t room = (RECORD_BYTES_MAX - record.len) / 2;
			size_t take = count - done < room ? count - done : room;

			buffer_add(&record, units.at + done * 2, take * 2);
			done += (unsigned)take;
			if (done == count)
				break;
			put_record(out, type, record.at, record.len);
			buffer_clear(&record);
			type = 0x003c;
			buffer_char(&record, 1);
		}
	}
	put_record(out, type, record.at, record.len);
	xls->failed |= buffer_failed(&record) || buffer_failed(&units);
	buffer_fini(&record);
	buffer_fini(&units);
}

static void
put_sheet(const struct sheet *sheet, bool first, struct buffer *out)
{
	uint8_t window[18] = { 0xb6, 0 };
	const uint32_t each = 1000; /* merged ranges of a record */

	put_bof(out, 0x10);
	put16(out, 0x0200);
	put16(out, 14);
	put32(out, 0);
	put32(out, sheet->rows);
	put16(out, 0);
	put16(out, sheet->columns);
	put16(out, 0);
	buffer_text(out, buffer_as_text(&sheet->cells));
	window[1] = first ? 6 : 0;
	window[6] = 64;
	put_record(out, 0x023e, window, sizeof(window));
	for (uint32_t i = 0; i < sheet->merge_count; i += each) {
		uint32_t count = sheet->merge_count - i < each ? sheet->merge_count - i : each;

		put16(out, 0x00e5);
		put16(out, 2 + count * 8);
		put16(out, count);
		buffer_add(out, sheet->merges.at + (size_t)i * 8, (size_t)count * 8);
	}
	put_record(out, 0x000a, NULL, 0);
}

static void
set32(struct buffer *out, size_t at, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		out->at[at + i] = (char)(value >> (8 * i));
}

static void
put_workbook(struct xls *xls, struct buffer *out)
{
	static const uint8_t window[18] = { 0, 0, 0, 0, 0x40, 0x38, 0x20, 0x1c, 0x38, 0, 0, 0, 0, 0, 1, 0, 0x58, 2 };
	size_t places[SHEETS_MAX];

	put_bof(out, 5);
	put_record(out, 0x0042, "\xb0\x04", 2);
	put_record(out, 0x003d, window, sizeof(window));
	put_record(out, 0x0022, "\0\0", 2); /* dates count from 1900 */
	put_styles(out);
	for (size_t i = 0; i < xls->sheet_count; i++) {
		struct buffer units;
		unsigned count;

		buffer_init(&units, 1024);
		count = put_units(&units, text_from(xls->sheets[i].name));
		put16(out, 0x0085);
		put16(out, (unsigned)(8 + units.len));
		places[i] = out->len;
		put32(out, 0);
		put16(out, xls->sheets[i].hidden ? 1 : 0);
		buffer_char(out, (char)count);
		buffer_char(out, 1);
		buffer_text(out, buffer_as_text(&units));
		buffer_fini(&units);
	}
	put_strings(xls, out);
	put_record(out, 0x000a, NULL, 0);
	for (size_t i = 0; i < xls->sheet_count; i++) {
		if (buffer_failed(out))
			return;
		set32(out, places[i], (uint32_t)out->len);
		put_sheet(&xls->sheets[i], i == 0, out);
	}
}

static void
put_entry(struct buffer *out, const char *name, unsigned kind, uint32_t child, uint32_t begin, uint32_t size)
{
	size_t base = out->len;
	unsigned units = put_units(out, text_from(name));

	while (out->len < base + 64)
		buffer_char(out, 0);
	put16(out, units == 0 ? 0 : (units + 1) * 2);
	buffer_char(out, (char)kind);
	buffer_char(out, 1); /* black */
	put32(out, UINT32_MAX);
	put32(out, UINT32_MAX);
	put32(out, child);
	for (size_t i = 0; i < 9; i++)
		put32(out, 0); /* class, state, times */
	put32(out, begin);
	put32(out, size);
	put32(out, 0);
}

/* Header and tables around a stream of ${sectors} sectors, behind which ${out} gets all that
 * follows it. */
static void
put_container(uint32_t sectors, struct buffer *head, struct buffer *tail)
{
	const uint32_t end = 0xfffffffeU, table_mark = 0xfffffffdU, list_mark = 0xfffffffcU;
	uint32_t tables = 1, lists = 0, directory = sectors;

	for (uint32_t before = 0; before != tables;) {
		before = tables;
		lists = tables <= 109 ? 0 : (tables - 109 + 126) / 127;
		tables = (sectors + 1 + lists + tables + 127) / 128;
	}
	put_entry(tail, "Root Entry", 5, 1, end, 0);
	put_entry(tail, "Workbook", 2, UINT32_MAX, 0, sectors * SECTOR);
	put_entry(tail, "", 0, UINT32_MAX, 0, 0);
	put_entry(tail, "", 0, UINT32_MAX, 0, 0);
	for (uint32_t i = 0; i < lists * 127; i++) {
		put32(tail, 109 + i < tables ? directory + 1 + lists + 109 + i : UINT32_MAX);
		if (i % 127 == 126)
			put32(tail, i / 127 + 1 < lists ? directory + 2 + i / 127 : end);
	}
	for (uint32_t i = 0; i < tables * 128; i++) {
		if (i < sectors)
			put32(tail, i + 1 < sectors ? i + 1 : end);
		else if (i == directory)
			put32(tail, end);
		else if (i < directory + 1 + lists)
			put32(tail, list_mark);
		else
			put32(tail, i < directory + 1 + lists + tables ? table_mark : UINT32_MAX);
	}
	buffer_add(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	for (size_t i = 0; i < 4; i++)
		put32(head, 0);
	put16(head, 0x3e);
	put16(head, 3);
	put16(head, 0xfffe);
	put16(head, 9);
	put16(head, 6);
	for (size_t i = 0; i < 5; i++)
		put16(head, 0);
	put32(head, tables);
	put32(head, directory);
	put32(head, 0);
	put32(head, 4096);
	put32(head, end);
	put32(head, 0);
	put32(head, lists > 0 ? directory + 1 : end);
	put32(head, lists);
	for (uint32_t i = 0; i < 109; i++)
		put32(head, i < tables ? directory + 1 + lists + i : UINT32_MAX);
}

int
xls_write(struct xls *xls, int fd, struct err *err)
{
	struct buffer stream, head, tail;
	int result = -1;

	buffer_init(&stream, STREAM_BYTES_MAX);
	buffer_init(&head, SECTOR * 2);
	buffer_init(&tail, STREAM_BYTES_MAX);
	put_workbook(xls, &stream);
	while (!buffer_failed(&stream) && (stream.len < 4096 || stream.len % SECTOR != 0))
		buffer_char(&stream, 0);
	put_container((uint32_t)(stream.len / SECTOR), &head, &tail);
	if (xls->failed || buffer_failed(&stream) || buffer_failed(&tail))
		err_set(err, ERR_RETRY, "a workbook is too large, or memory is short");
	else if (file_write(fd, head.at, head.len, err) == 0 && file_write(fd, stream.at, stream.len, err) == 0
	    && file_write(fd, tail.at, tail.len, err) == 0)
		result = 0;
	buffer_fini(&stream);
	buffer_fini(&head);
	buffer_fini(&tail);
	return result;
}
