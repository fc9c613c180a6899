/*
 * csv.c - delimited text: comma, tab, semicolon or bar; UTF-8, GB18030 or UTF-16. Exports
 * reader_csv.
 *
 * The grammar is RFC 4180 as people write it: a line ends with LF, CR LF or CR; a quote opens a
 * quoted field only as its first byte, "" inside stands for one quote; what follows the closing
 * quote up to the delimiter belongs to the cell; quotes elsewhere are themselves. Nothing is
 * trimmed, ="0123" stays as it stands. A first line "sep=;" names the delimiter. Every line, blank
 * or not, is a record; its number is the row number.
 *
 * A quote nobody closes must not swallow the rest of the file. If the field is longer than
 * QUOTE_BYTES_MAX or QUOTE_LINES_MAX line ends, or text follows the quote that closes it many lines
 * later (then that quote was meant to open another field), the quote is taken literally, the record
 * ends with its line and is marked BROKEN.
 *
 * How it is fast: the file is read in blocks into a window; 64 bytes at a time become a bit mask of
 * delimiters, quotes and line ends, the bits become positions ("marks"), and cells are what lies
 * between two marks, copied once, in blocks of 32 bytes, to their place in the frame. A record that
 * is not whole in the window stays open, the window moves, and it is split again from its
 * beginning. A record longer than RECORD_BYTES_MAX fits no frame: what there is of it is sent
 * marked CUT, and the rest of its line is skipped.
 *
 * GB18030 is split before it is decoded: no byte of its characters is below 30, so none can be
 * taken for a line end, quote, comma, tab or semicolon. The bar can be a trail byte; it is one when
 * an odd number of bytes above 7F stands before it. UTF-16 is decoded into the window.
 */
#include <errno.h>
#include <immintrin.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/utf8.h"
#include "producers/readers/csv.h"
#include "producers/readers/encoding.h"
#include "producers/readers/gb18030.h"
#include "producers/readers/utf16.h"

#define BLOCK ((size_t)64 * 1024)
#define RECORD_BYTES_MAX ((size_t)256 * 1024)
#define QUOTE_BYTES_MAX ((size_t)64 * 1024)
#define QUOTE_LINES_MAX 100
#define HEAD_BYTES ((size_t)64 * 1024) /* looked at to find the delimiter */
#define SLACK 64                       /* behind the window: read in blocks past its end */
#define WINDOW (RECORD_BYTES_MAX + HEAD_BYTES + BLOCK)
#define NO_MARK UINT32_MAX /* stands behind the last mark */
#define LINES 16           /* looked up at once: so many waits for memory overlap */

_Static_assert(RECORD_BYTES_MAX >= 2 * FRAME_MAX, "a longer record fits no frame");

struct csv {
	const struct reader_input *input;
	struct sink *sink;
	struct encoding encoding;
	struct gb18030 *codec; /* for GB18030 only */
	uint64_t offset;       /* in the file, of what is read next */
	size_t block;
	bool ended; /* the whole file is in the window or behind it */

	char *text;     /* the window */
	size_t len;     /* of it filled */
	size_t pos;     /* of it used up */
	size_t indexed; /* of it in the marks */
	uint32_t *marks;
	size_t mark_count, mark; /* ${mark}: the first not used up */
	uint8_t *raw;            /* for UTF-16 only: a block before decoding */

	char delimiter;
	bool trail_bytes; /* the delimiter could be the second byte of a character */
	uint32_t row_no;
	bool row_open, skipping;
	uint64_t replaced;

	/* The record in hand, written straight into the frame. */
	char *out, *out_end;
	uint32_t cells, cells_room;
	size_t short_max;  /* cells up to this length are copied as one block */
	uint32_t cell_len; /* of the cell being put together */
	uint16_t flags;
	bool full; /* no more of this row fits */

	/* Lines without a quote that are whole in the window, from ${pos} on: looked at ahead, see csv_known(). */
	struct line {
		uint32_t end, next; /* of its bytes; the beginning of the next */
		size_t mark;        /* the first mark behind it */
		uint64_t hash;
	} lines[LINES];
	size_t line, line_count;
	uint64_t mark_seed; /* for all on which the cells of a line depend but its bytes */
};

/* The next bytes of the file, as they are or decoded from UTF-16: how many, 0 at its end, -1. */
static ssize_t
csv_pread(struct csv *csv, void *into, size_t room, struct err *err)
{
	return reader_pread(csv->input->fd, into, room, csv->offset, err);
}

static ssize_t
csv_read_wide(struct csv *csv, char *into, size_t room, struct err *err)
{
	const bool big_endian = csv->encoding.name == ENCODING_UTF16BE;
	size_t want = room / 3 * 2, used, len;
	ssize_t got;

	want = want < 4 ? 4 : want;
	got = csv_pread(csv, csv->raw, want, err);
	if (got <= 0)
		return got;
	used = utf16_prefix(csv->raw, (size_t)got, big_endian);
	len = utf16_decode(csv->raw, used, big_endian, into);
	csv->offset += used;
	if (used > 0)
		return (ssize_t)len;
	/* Half a character: FF is no UTF-8, so the cell that gets it marks its row BROKEN. */
	into[0] = (char)0xFF;
	csv->offset += got >= 2 ? 2 : 1;
	return 1;
}

/* Read the next block behind what the window holds. */
static int
csv_fill(struct csv *csv, struct err *err)
{
	ssize_t got;

	if (csv->raw != NULL)
		got = csv_read_wide(csv, csv->text + csv->len, csv->block, err);
	else {
		got = csv_pread(csv, csv->text + csv->len, csv->block, err);
		csv->offset += got > 0 ? (uint64_t)got : 0;
	}
	if (got < 0)
		return -1;
	csv->len += (size_t)got;
	csv->ended = got == 0;
	return 0;
}

/* Append the positions of the bits of ${bits}, counted from ${at}; as many are written as are set,
 * rounded up. */
static inline size_t
marks_put(uint32_t *marks, size_t count, uint64_t bits, size_t at)
{
	while (bits != 0) {
		marks[count++] = (uint32_t)(at + (unsigned)__builtin_ctzll(bits));
		bits &= bits - 1;
	}
	return count;
}

static inline uint64_t
bits_below(size_t count)
{
	return count >= 64 ? UINT64_MAX : ((uint64_t)1 << count) - 1;
}

static void
index_sse2(struct csv *csv)
{
	const __m128i delimiter = _mm_set1_epi8(csv->delimiter), quote = _mm_set1_epi8('"');
	const __m128i lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
	size_t count = csv->mark_count;

	for (size_t at = csv->indexed; at < csv->len; at += 64) {
		uint64_t bits = 0;

		for (unsigned i = 0; i < 4; i++) {
			const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(csv->text + at + 16 * i));
			const __m128i any = _mm_or_si128(
			    _mm_or_si128(_mm_cmpeq_epi8(v, delimiter), _mm_cmpeq_epi8(v, quote)),
			    _mm_or_si128(_mm_cmpeq_epi8(v, lf), _mm_cmpeq_epi8(v, cr)));

			bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(any) << 16 * i;
		}
		count = marks_put(csv->marks, count, bits & bits_below(csv->len - at), at);
	}
	csv->mark_count = count;
}

CPU_WITH("avx2,bmi")
static void
index_avx2(struct csv *csv)
{
	const __m256i delimiter = _mm256_set1_epi8(csv->delimiter), quote = _mm256_set1_epi8('"');
	const __m256i lf = _mm256_set1_epi8('\n'), cr = _mm256_set1_epi8('\r');
	uint32_t *marks = csv->marks;
	size_t count = csv->mark_count;

	for (size_t at = csv->indexed; at < csv->len; at += 64) {
		uint64_t bits = 0;

		for (unsigned i = 0; i < 2; i++) {
			const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(csv->text + at + 32 * i));
			const __m256i any = _mm256_or_si256(
			    _mm256_or_si256(_mm256_cmpeq_epi8(v, delimiter), _mm256_cmpeq_epi8(v, quote)),
			    _mm256_or_si256(_mm256_cmpeq_epi8(v, lf), _mm256_cmpeq_epi8(v, cr)));

			bits |= (uint64_t)(uint32_t)_mm256_movemask_epi8(any) << 32 * i;
		}
		bits &= bits_below(csv->len - at);
		while (bits != 0) {
			marks[count++] = (uint32_t)(at + (size_t)_tzcnt_u64(bits));
			bits = _blsr_u64(bits);
		}
	}
	csv->mark_count = count;
}

/* Bring the marks up to what the window holds; at the end of the file a line end is put behind it.
 */
static void
csv_index(struct csv *csv)
{
	if (CPU_HAS("avx2") && CPU_HAS("bmi"))
		index_avx2(csv);
	else
		index_sse2(csv);
	csv->indexed = csv->len;
	if (csv->ended) {
		csv->text[csv->len] = '\n';
		csv->marks[csv->mark_count++] = (uint32_t)csv->len;
	}
	csv->marks[csv->mark_count] = NO_MARK;
}

/* Drop what is used up, read a block, index it. */
static int
csv_more(struct csv *csv, struct err *err)
{
	const size_t used = csv->pos;

	csv->line = csv->line_count = 0;
	if (used > 0) {
		memmove(csv->text, csv->text + used, csv->len - used);
		csv->mark_count -= csv->mark;
		for (size_t i = 0; i < csv->mark_count; i++)
			csv->marks[i] = csv->marks[csv->mark + i] - (uint32_t)used;
		csv->mark = 0;
		csv->pos = 0;
		csv->len -= used;
		csv->indexed -= used;
	}
	if (csv_fill(csv, err) != 0)
		return -1;
	csv_index(csv);
	return 0;
}

/* --- one cell, put together from pieces ------------------------------------------------------ */

/* Append UTF-8 to the cell; what does not fit is cut behind a whole character. */
static void
piece_text(struct csv *csv, const char *at, size_t len)
{
	const size_t room = (size_t)(csv->out_end - csv->out);
	const size_t cell_room = csv->sink->limits->cell_bytes_max - csv->cell_len;
	const size_t most = room < cell_room ? room : cell_room;

	if (csv->full)
		return;
	if (len > most) {
		csv->flags |= FRAME_ROW_CUT;
		csv->full = room <= cell_room;
		len = most;
		while (len > 0 && ((uint8_t)at[len] & 0xC0) == 0x80)
			len--;
	}
	if (len > 0)
		memcpy(csv->out, at, len);
	csv->out += len;
	csv->cell_len += (uint32_t)len;
}

/* Append text that holds no fault but perhaps NUL, which is shown as \x00. */
static void
piece_visible(struct csv *csv, const char *at, size_t len)
{
	const char *nul;

	while (len > 0 && (nul = memchr(at, 0, len)) != NULL) {
		piece_text(csv, at, (size_t)(nul - at));
		piece_text(csv, "\\x00", 4);
		csv->flags |= FRAME_ROW_BROKEN;
		len -= (size_t)(nul - at) + 1;
		at = nul + 1;
	}
	piece_text(csv, at, len);
}

/* Append bytes in the file's encoding; those that are no text are shown as \xHH and mark the row
 * BROKEN. */
static void
piece_put(struct csv *csv, const char *at, size_t len)
{
	char decoded[GB18030_UTF8_MAX(1024) + GB18030_SLACK];
	size_t good, made;

	while (len > 0 && !csv->full) {
		if (csv->codec != NULL) {
			made = gb18030_decode(csv->codec, at, len < 1024 ? len : 1024, &good, decoded, &csv->replaced);
			piece_visible(csv, decoded, made);
			if (good > 0) {
				at += good;
				len -= good;
				continue;
			}
		} else {
			good = utf8_prefix(at, len);
			piece_visible(csv, at, good);
			at += good;
			len -= good;
		}
		if (len > 0) {
			static const char digits[] = "0123456789ABCDEF";
			const char shown[4] = { '\\', 'x', digits[(uint8_t)at[0] >> 4], digits[(uint8_t)at[0] & 15] };

			piece_text(csv, shown, sizeof(shown));
			csv->flags |= FRAME_ROW_BROKEN;
			at++;
			len--;
		}
	}
}

/* The cell is complete. */
static void
cell_close(struct csv *csv)
{
	if (csv->cells < csv->cells_room)
		csv->sink->cells[csv->cells++] = CELL_PACK(CELL_TEXT, csv->cell_len);
	else {
		if (csv->cell_len > 0)
			csv->flags |= FRAME_ROW_CUT;
		csv->out -= csv->cell_len;
	}
	csv->cell_len = 0;
}

/* A cell that is one run of bytes. */
static inline void
cell_put(struct csv *csv, const char *at, size_t len)
{
	if (len <= csv->short_max && csv->out_end - csv->out >= 48 && csv->cells < csv->cells_room
	    && !csv->encoding.broken) {
		const __m128i a = _mm_loadu_si128((const __m128i *)(const void *)at);
		const __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(at + 16));
		const uint64_t all = ((uint64_t)1 << len) - 1;
		uint64_t high = 0;
		size_t made;

		if (csv->codec != NULL)
			high = all
			    & ((uint64_t)(uint32_t)_mm_movemask_epi8(a) | (uint64_t)(uint32_t)_mm_movemask_epi8(b) << 16);
		if (high == 0) {
			_mm_storeu_si128((__m128i *)(void *)csv->out, a);
			_mm_storeu_si128((__m128i *)(void *)(csv->out + 16), b);
			csv->sink->cells[csv->cells++] = CELL_PACK(CELL_TEXT, len);
			csv->out += len;
			return;
		}
		if (high == all && len % 2 == 0) {
			made = gb18030_decode_run(csv->codec, at, len, csv->out);
			if (made > 0) {
				csv->sink->cells[csv->cells++] = CELL_PACK(CELL_TEXT, made);
				csv->out += made;
				return;
			}
		}
	}
	if (csv->codec != NULL && !csv->encoding.broken && csv->cells < csv->cells_room
	    && len <= csv->sink->limits->cell_bytes_max / 2
	    && (size_t)(csv->out_end - csv->out) >= GB18030_UTF8_MAX(len) + GB18030_SLACK) {
		size_t used, made;

		made = gb18030_decode(csv->codec, at, len, &used, csv->out, &csv->replaced);
		if (used == len) {
			csv->sink->cells[csv->cells++] = CELL_PACK(CELL_TEXT, made);
			csv->out += made;
			return;
		}
	}
	if (csv->codec == NULL && !csv->encoding.broken)
		piece_text(csv, at, len);
	else
		piece_put(csv, at, len);
	cell_close(csv);
}

/* Whether the byte at ${at}, a delimiter, is the second byte of a character that begins at or after
 * ${from}. */
static bool
is_trail_byte(const char *text, size_t from, size_t at)
{
	size_t high = 0;

	while (at - high > from && (uint8_t)text[at - high - 1] >= 0x80)
		high++;
	return high % 2 != 0;
}

/* --- one record ------------------------------------------------------------------------------ */

enum quoted {
	QUOTED_WHOLE, /* the cell was put; ${*end_mark} is the mark of the delimiter or line end
			 behind it */
	QUOTED_OPEN,  /* the window ends inside */
	QUOTED_NEVER, /* nobody closes it */
};

/* Put the cell whose opening quote is mark ${m}. */
static enum quoted
quoted_put(struct csv *csv, size_t m, size_t *end_mark)
{
	const char *text = csv->text;
	const size_t open = csv->marks[m], limit = open + QUOTE_BYTES_MAX;
	size_t piece = open + 1, lines = 0, close;
	const uint16_t flags = csv->flags;
	const bool full = csv->full;
	const uint64_t replaced = csv->replaced;

	for (m++;; m++) {
		const uint32_t at = csv->marks[m];

		if (at == NO_MARK || at >= csv->len || at > limit) {
			if (csv->ended || at != NO_MARK || csv->len > limit + 1)
				goto never;
			goto open;
		}
		if (text[at] == '"') {
			if (at + 1 >= csv->len && !csv->ended)
				goto open;
			if (at + 1 < csv->len && text[at + 1] == '"') {
				piece_put(csv, text + piece, at + 1 - piece);
				piece = at + 2;
				m++;
				continue;
			}
			close = at;
			break;
		}
		if (text[at] == '\n' || text[at] == '\r') {
			if (at + 1 >= csv->len && !csv->ended)
				goto open;
			lines += text[at] == '\n' || text[at + 1] != '\n';
			if (lines > QUOTE_LINES_MAX)
				goto never;
		}
	}
	piece_put(csv, text + piece, close - piece);
	for (m++; csv->marks[m] != NO_MARK; m++) {
		const uint32_t at = csv->marks[m];

		if (text[at] == '"')
			continue;
		if (csv->trail_bytes && text[at] == csv->delimiter && is_trail_byte(text, close + 1, at))
			continue;
		if (lines > 0 && at > close + 1)
			goto never;
		piece_put(csv, text + close + 1, at - close - 1);
		cell_close(csv);
		*end_mark = m;
		return QUOTED_WHOLE;
	}
open:
	return QUOTED_OPEN; /* the record will be split again */
never:
	csv->out -= csv->cell_len;
	csv->cell_len = 0;
	csv->flags = flags;
	csv->full = full;
	csv->replaced = replaced;
	return QUOTED_NEVER;
}

/* Begin the record anew: nothing of it is in the frame. */
static void
record_reset(struct csv *csv)
{
	csv->out = (char *)csv->sink->text;
	csv->out_end = csv->out + SINK_TEXT_MAX;
	csv->cells = 0;
	csv->cells_room = sink_cells_room(csv->sink);
	csv->cell_len = 0;
	csv->flags = 0;
	csv->full = false;
}

/* The mark of a line that has no quote and no fault. */
static uint64_t
line_mark(const struct csv *csv, const char *at, size_t len)
{
	return hash64(at, len, csv->mark_seed);
}

/* Split the record at ${csv->pos}: 1 when it is whole and used up, 0 when the window ends before it
 * does. */
static int
record_split(struct csv *csv)
{
	const char *const text = csv->text;
	const size_t record_end = csv->pos + RECORD_BYTES_MAX;
	const uint64_t replaced = csv->replaced;
	size_t at = csv->pos, m = csv->mark;
	bool literal = false, quotes = false;
	uint32_t end, cells;
	uint16_t flags;
	char c, *out;

	record_reset(csv);
	for (;; m++) {
		end = csv->marks[m];
		if (end > record_end) {
			if (end == NO_MARK && csv->len <= record_end)
				goto open;
			goto too_long;
		}
		c = text[end];
		if (c == '"' && end < csv->len) {
			quotes = true;
			if (end != at || literal)
				continue;
			out = csv->out;
			cells = csv->cells;
			switch (quoted_put(csv, m, &m)) {
			case QUOTED_OPEN:
				if (csv->len <= record_end)
					goto open;
				csv->out = out;
				csv->cell_len = 0;
				goto too_long;
			case QUOTED_NEVER:
				csv->flags |= FRAME_ROW_BROKEN;
				literal = true;
				continue;
			case QUOTED_WHOLE:
				end = csv->marks[m];
				if (end > record_end) {
					csv->out = out;
					csv->cells = cells;
					goto too_long;
				}
				c = text[end];
				break;
			}
		} else {
			if (csv->trail_bytes && c == csv->delimiter && is_trail_byte(text, at, end))
				continue;
			cell_put(csv, text + at, end - at);
		}
		at = end + 1;
		if (c == csv->delimiter)
			continue;
		if (c == '\r') {
			if (at == csv->len && !csv->ended)
				goto open;
			if (at < csv->len && text[at] == '\n') {
				at++;
				m++;
			}
		}
		break;
	}
	if (csv->sink->marks && !quotes && csv->flags == 0 && csv->replaced == replaced)
		csv->sink->mark = line_mark(csv, text + csv->pos, end - csv->pos);
	csv->pos = at;
	csv->mark = m + 1;
	return 1;
open:
	csv->replaced = replaced;
	return 0;
too_long:
	/* What is cut in the middle of a character is not broken for that. */
	flags = csv->flags;
	if (at < record_end)
		cell_put(csv, text + at, record_end - at - utf8_cut(text + at, record_end - at));
	csv->flags = flags | FRAME_ROW_CUT;
	csv->skipping = true;
	csv->pos = record_end;
	while (csv->marks[csv->mark] < record_end)
		csv->mark++;
	return 1;
}

/* Go to the end of the line: true when it was found. */
static bool
line_skip(struct csv *csv)
{
	for (; csv->marks[csv->mark] != NO_MARK; csv->mark++) {
		const uint32_t at = csv->marks[csv->mark];

		if (csv->text[at] != '\n' && csv->text[at] != '\r')
			continue;
		if (csv->text[at] == '\r' && at + 1 >= csv->len && !csv->ended) {
			csv->pos = at;
			return false;
		}
		csv->pos = at + 1;
		csv->mark++;
		if (csv->text[at] == '\r' && csv->pos < csv->len && csv->text[csv->pos] == '\n') {
			csv->pos++;
			csv->mark++;
		}
		return true;
	}
	csv->pos = csv->len;
	return false;
}

/* Look ahead at lines that may be known: those in the window, up to one with a quote or without end. */
static void
lines_look(struct csv *csv)
{
	const char *const text = csv->text;
	size_t at = csv->pos, m = csv->mark;

	csv->line = csv->line_count = 0;
	while (csv->line_count < LINES) {
		struct line *line = &csv->lines[csv->line_count];

		while (csv->marks[m] != NO_MARK && csv->marks[m] < csv->len && text[csv->marks[m]] == csv->delimiter)
			m++;
		if (csv->marks[m] == NO_MARK || csv->marks[m] + (size_t)1 >= csv->len || text[csv->marks[m]] == '"')
			return;
		line->end = csv->marks[m++];
		line->next = line->end + 1;
		if (text[line->end] == '\r' && text[line->next] == '\n') {
			line->next++;
			m++;
		}
		line->mark = m;
		line->hash = known_hash(line_mark(csv, text + at, line->end - at), csv->sink->known_seed);
		known_prefetch(&csv->sink->known, line->hash);
		at = line->next;
		csv->line_count++;
	}
}

/* When the line at hand is known, say so and use it up: 1, 0 when it is to be split, -1. */
static int
csv_known(struct csv *csv, struct err *err)
{
	const struct line *line;
	uint32_t number;

	if (csv->line == csv->line_count)
		lines_look(csv);
	if (csv->line == csv->line_count)
		return 0;
	line = &csv->lines[csv->line++];
	if (!known_find(&csv->sink->known, line->hash, &number) || csv->row_no == UINT32_MAX)
		return 0;
	if (sink_known(csv->sink, ++csv->row_no, number, err) != 0)
		return -1;
	csv->pos = line->next;
	csv->mark = line->mark;
	return 1;
}

static int
csv_rows(struct csv *csv, struct err *err)
{
	struct sink *sink = csv->sink;

	for (;;) {
		if (csv->skipping && line_skip(csv))
			csv->skipping = false;
		if (csv->ended && csv->pos >= csv->len)
			return 0;
		if (csv->skipping || csv->pos >= csv->len) {
			if (csv_more(csv, err) != 0)
				return -1;
			continue;
		}
		if (!csv->row_open) {
			if (sink->known_seed != 0 && sink->known.size > 0) {
				int known = csv_known(csv, err);

				if (known < 0)
					return -1;
				if (known > 0)
					continue;
			}
			if (csv->row_no == UINT32_MAX)
				return sink_refuse(sink, REFUSED_LIMIT_ROWS, err, "too many records");
			if (sink_row(sink, ++csv->row_no, err) != 0)
				return -1;
			csv->row_open = true;
		}
		if (record_split(csv) == 0) {
			if (csv_more(csv, err) != 0)
				return -1;
			continue;
		}
		sink->cell_count = csv->cells;
		sink->text_len = (size_t)(csv->out - (char *)sink->text);
		if (csv->flags != 0)
			sink_row_flag(sink, csv->flags);
		csv->row_open = false;
		if (sink_row_end(sink, err) != 0)
			return -1;
	}
}

/* --- the delimiter --------------------------------------------------------------------------- */

#define COUNTS 256

/*
 * How well ${delimiter} cuts the text into a table: the square of the number of lines that agree in
 * how many they hold, times that number. Titles and notes above a table do not agree with one
 * another. ${quotes}: none counts inside quotes; ${*open} tells that the text ended inside.
 */
static uint64_t
delimiter_score(const char *text, size_t len, char delimiter, bool gb18030, bool quotes, bool *open)
{
	uint32_t lines[COUNTS] = { 0 };
	uint64_t best = 0;
	size_t count = 0, from = 0;
	bool inside = false;

	for (size_t i = 0; i < len; i++) {
		const char c = text[i];

		if (inside) {
			if (c == '"' && i + 1 < len && text[i + 1] == '"')
				i++;
			else
				inside = c != '"';
		} else if (c == '"' && quotes && i == from)
			inside = true;
		else if (c == '\n' || c == '\r') {
			lines[count < COUNTS ? count : COUNTS - 1]++;
			count = 0;
			from = i + 1;
		} else if (c == delimiter && !(delimiter == '|' && gb18030 && is_trail_byte(text, from, i))) {
			count++;
			from = i + 1;
		}
	}
	/* A last line without end counts only where there is no other. */
	if (count > 0 && len > 0 && lines[count < COUNTS ? count : COUNTS - 1] == 0)
		lines[count < COUNTS ? count : COUNTS - 1] = 1;
	*open = inside;
	for (uint64_t n = 1; n < COUNTS; n++) {
		const uint64_t score = (uint64_t)lines[n] * lines[n] * n;

		best = score > best ? score : best;
	}
	return best;
}

static char
delimiter_find(const char *text, size_t len, bool gb18030)
{
	/* Where two would do, the one that is rarer inside cells counts more. */
	static const struct {
		char delimiter;
		uint8_t weight;
	} known[] = { { ',', 3 }, { '\t', 4 }, { ';', 1 }, { '|', 2 } };
	uint64_t best = 0, score;
	char found = ',';
	bool open;

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		score = delimiter_score(text, len, known[i].delimiter, gb18030, true, &open);
		if (open)
			score = delimiter_score(text, len, known[i].delimiter, gb18030, false, &open);
		score *= known[i].weight;
		if (score > best) {
			best = score;
			found = known[i].delimiter;
		}
	}
	return found;
}

/* A first line sep=X, perhaps quoted, as Excel understands it: X, or 0. It is used up. */
static char
delimiter_declared(struct csv *csv)
{
	const char *text = csv->text;
	size_t pos = 0;
	bool quoted;
	char found;

	if (csv->len < 5)
		return 0;
	quoted = text[0] == '"';
	pos = quoted ? 1 : 0;
	if (csv->len < pos + 5 + quoted || (memcmp(text + pos, "sep=", 4) != 0 && memcmp(text + pos, "SEP=", 4) != 0))
		return 0;
	found = text[pos + 4];
	if (found == 0 || strchr(",\t;|:^~#", found) == NULL)
		return 0;
	pos += 5;
	if (quoted && text[pos++] != '"')
		return 0;
	if (pos < csv->len && text[pos] != '\r' && text[pos] != '\n')
		return 0;
	if (pos + 1 < csv->len && text[pos] == '\r' && text[pos + 1] == '\n')
		pos++;
	csv->pos = pos < csv->len ? pos + 1 : pos;
	csv->row_no = 1;
	return found;
}

/* --- the file -------------------------------------------------------------------------------- */

static int
csv_open(struct csv *csv, struct err *err)
{
	const bool wide = csv->encoding.name == ENCODING_UTF16LE || csv->encoding.name == ENCODING_UTF16BE;

	csv->short_max = csv->sink->limits->cell_bytes_max < 64 ? 0 : 32;
	csv->text = calloc(1, WINDOW + SLACK);
	csv->marks = malloc((WINDOW + 2) * sizeof(*csv->marks));
	if (wide)
		csv->raw = malloc(BLOCK);
	if (csv->encoding.name == ENCODING_GB18030)
		csv->codec = gb18030_new();
	if (csv->text == NULL || csv->marks == NULL || (wide && csv->raw == NULL)
	    || (csv->encoding.name == ENCODING_GB18030 && csv->codec == NULL))
		return err_set(err, ERR_STOP, "no memory for a text file");
	csv->offset = csv->encoding.mark_bytes;
	while (!csv->ended && csv->len < HEAD_BYTES) {
		if (csv_fill(csv, err) != 0)
			return -1;
	}
	csv->delimiter = delimiter_declared(csv);
	if (csv->delimiter == 0)
		csv->delimiter = delimiter_find(
		    csv->text, csv->len < HEAD_BYTES ? csv->len : HEAD_BYTES, csv->codec != NULL);
	csv->trail_bytes = csv->codec != NULL && csv->delimiter >= 0x40;
	csv->mark_seed = 1 + (uint64_t)(uint8_t)csv->delimiter + 256 * (uint64_t)(csv->codec != NULL)
	    + 512 * (uint64_t)csv->encoding.broken;
	csv_index(csv);
	while (csv->marks[csv->mark] < csv->pos)
		csv->mark++;
	return 0;
}

static int
csv_run(struct csv *csv, struct err *err)
{
	struct sink *sink = csv->sink;

	if (csv_open(csv, err) != 0)
		return -1;
	if (sink_document(sink, csv->delimiter == '\t' ? FORMAT_TSV : FORMAT_CSV, csv->encoding.name, false, 1, err) != 0)
		return -1;
	if (sink_sheet(sink, TEXT(""), false, err) != 0 || csv_rows(csv, err) != 0)
		return -1;
	if (sink->rows == 0)
		return sink_refuse(sink, REFUSED_EMPTY, err, "nothing but blanks");
	if (csv->replaced > 0
	    && sink_note(sink, NOTE_PRIVATE_CHARS, csv->replaced < UINT32_MAX ? (uint32_t)csv->replaced : UINT32_MAX, 0,
		   TEXT(""), err)
		!= 0)
		return -1;
	if (sink_sheet_end(sink, err) != 0)
		return -1;
	return sink_end(sink, err);
}

int
csv_read(const struct reader_input *input, size_t block, struct sink *sink, struct err *err)
{
	struct csv csv = {
		.input = input,
		.sink = sink,
		.block = block == 0 || block > BLOCK ? BLOCK : block,
	};
	int result;

	if (!encoding_is_text(input->head, input->head_len))
		return sink_refuse(sink, REFUSED_NOT_A_TABLE, err, "not text");
	if (encoding_detect(input, &csv.encoding, err) != 0)
		return -1;
	if (csv.encoding.refusal != REFUSED_NO)
		return sink_refuse(sink, csv.encoding.refusal, err, "not text in an encoding that we read");
	result = csv_run(&csv, err);
	gb18030_free(csv.codec);
	free(csv.raw);
	free(csv.marks);
	free(csv.text);
	return result;
}

static int
csv_score(const struct reader_input *input)
{
	return encoding_is_text(input->head, input->head_len) ? 1 : 0;
}

static int
csv_read_file(const struct reader_input *input, struct sink *sink, struct err *err)
{
	return csv_read(input, 0, sink, err);
}

const struct reader_ops reader_csv = {
	.name = "csv",
	.score = csv_score,
	.read = csv_read_file,
};
