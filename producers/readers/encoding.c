/*
 * encoding.c - see encoding.h. Each candidate is one pass over the file in blocks; a character cut
 * by a block's end is put in front of the next block. The strict passes stop at the first fault;
 * only a file that fails both is gone through again to count lines.
 */
#include "producers/readers/encoding.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/utf8.h"
#include "producers/readers/gb18030.h"
#include "producers/readers/utf16.h"

#define BLOCK ((size_t)128 * 1024)
#define CARRY 4 /* a character cut short has at most 3 bytes */

/* What a pass over the file has found. */
struct survey {
	uint64_t lines_lf, lines_cr;
	uint64_t broken_lines;
	uint64_t nuls;
	bool faulty;   /* an ill-formed sequence, other than at the very end */
	bool cut;      /* the last character is cut short */
	bool has_text; /* anything but blanks and delimiters */
};

static size_t
prefix(enum document_encoding name, const uint8_t *at, size_t len)
{
	switch (name) {
	case ENCODING_GB18030:
		return gb18030_prefix(at, len);
	case ENCODING_UTF16LE:
	case ENCODING_UTF16BE:
		return utf16_prefix(at, len, name == ENCODING_UTF16BE);
	default:
		return utf8_valid(at, len - utf8_cut(at, len)) ? len - utf8_cut(at, len) : utf8_prefix(at, len);
	}
}

static bool
unfinished(enum document_encoding name, const uint8_t *at, size_t len)
{
	switch (name) {
	case ENCODING_GB18030:
		return gb18030_unfinished(at, len);
	case ENCODING_UTF16LE:
	case ENCODING_UTF16BE:
		return utf16_unfinished(at, len, name == ENCODING_UTF16BE);
	default:
		return utf8_unfinished(at, len);
	}
}

static bool
is_wide(enum document_encoding name)
{
	return name == ENCODING_UTF16LE || name == ENCODING_UTF16BE;
}

static uint64_t
count_byte(const uint8_t *at, size_t len, uint8_t byte)
{
	uint64_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += at[i] == byte;
	return count;
}

static bool
has_text(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (at[i] > ' ' && strchr(",;|\"", at[i]) == NULL)
			return true;
	}
	return false;
}

/* Go over ${len} bytes; with ${count}, past every fault. The number used up: all, but for an
 * unfinished end. */
static size_t
survey_block(struct survey *survey, enum document_encoding name, const uint8_t *at, size_t len, bool last, bool count,
    uint64_t *last_broken)
{
	size_t pos = 0, counted = 0;

	while (pos < len) {
		pos += prefix(name, at + pos, len - pos);
		if (pos == len)
			break;
		if (unfinished(name, at + pos, len - pos)) {
			if (!last)
				break;
			survey->cut = true;
			pos = len;
			break;
		}
		survey->faulty = true;
		if (!count)
			return pos;
		survey->lines_lf += count_byte(at + counted, pos - counted, '\n');
		survey->lines_cr += count_byte(at + counted, pos - counted, '\r');
		counted = pos;
		if (*last_broken != survey->lines_lf + survey->lines_cr + 1) {
			*last_broken = survey->lines_lf + survey->lines_cr + 1;
			survey->broken_lines++;
		}
		pos += is_wide(name) && len - pos >= 2 ? 2 : 1;
	}
	if (count) {
		survey->lines_lf += count_byte(at + counted, pos - counted, '\n');
		survey->lines_cr += count_byte(at + counted, pos - counted, '\r');
	}
	return pos;
}

/* One pass over the file behind its byte order mark; without ${count} it ends at the first fault.
 */
static int
survey_file(const struct reader_input *input, enum document_encoding name, unsigned mark_bytes, bool count,
    uint8_t *block, struct survey *survey, struct err *err)
{
	uint64_t offset = mark_bytes, last_broken = 0;
	size_t len = 0, used;
	ssize_t got;

	*survey = (struct survey){ 0 };
	do {
		got = reader_pread(input->fd, block + len, BLOCK, offset, err);
		if (got < 0)
			return -1;
		if (!is_wide(name) && memchr(block + len, 0, (size_t)got) != NULL)
			survey->nuls += count_byte(block + len, (size_t)got, 0);
		if (!survey->has_text)
			survey->has_text = has_text(block + len, (size_t)got);
		offset += (uint64_t)got;
		len += (size_t)got;
		used = survey_block(survey, name, block, len, got == 0, count, &last_broken);
		if (survey->faulty && !count)
			return 0;
		len -= used;
		memmove(block, block + used, len);
	} while (got > 0);
	return 0;
}

/* Few enough lines are broken to read the others. */
static bool
is_mostly_text(const struct survey *survey)
{
	const uint64_t lines = 1 + (survey->lines_lf > survey->lines_cr ? survey->lines_lf : survey->lines_cr);

	return survey->broken_lines * 100 < lines || (survey->broken_lines <= 2 && survey->broken_lines * 10 <= lines);
}

static int
detect(const struct reader_input *input, struct encoding *encoding, uint8_t *block, struct err *err)
{
	struct survey survey, other;

	if (survey_file(input, encoding->name, encoding->mark_bytes, false, block, &survey, err) != 0)
		return -1;
	/* A cut last character does not make a file GB18030 that is UTF-8, unless it is so wholly.
	 */
	if ((survey.faulty || survey.cut) && encoding->mark_bytes == 0) {
		if (survey_file(input, ENCODING_GB18030, 0, false, block, &other, err) != 0)
			return -1;
		if (!other.faulty && (survey.faulty || !other.cut)) {
			encoding->name = ENCODING_GB18030;
			survey = other;
		}
	}
	if (survey.faulty) {
		if (survey_file(input, encoding->name, encoding->mark_bytes, true, block, &survey, err) != 0)
			return -1;
		if (encoding->mark_bytes == 0) {
			if (survey_file(input, ENCODING_GB18030, 0, true, block, &other, err) != 0)
				return -1;
			if (other.broken_lines < survey.broken_lines) {
				encoding->name = ENCODING_GB18030;
				survey = other;
			}
		}
		if (survey.nuls > input->size / 100)
			encoding->refusal = REFUSED_NOT_A_TABLE;
		else if (!is_mostly_text(&survey))
			encoding->refusal = REFUSED_ENCODING;
	} else if (!survey.has_text)
		encoding->refusal = survey.nuls > 0 ? REFUSED_NOT_A_TABLE : REFUSED_EMPTY;
	else if (survey.nuls > input->size / 100)
		encoding->refusal = REFUSED_NOT_A_TABLE;
	encoding->broken = survey.faulty || survey.cut || survey.nuls > 0;
	return 0;
}

int
encoding_detect(const struct reader_input *input, struct encoding *encoding, struct err *err)
{
	const uint8_t *head = input->head;
	const size_t len = input->head_len;
	uint8_t *block;
	int result;

	*encoding = (struct encoding){ .name = ENCODING_UTF8 };
	if (len >= 3 && memcmp(head, "\xEF\xBB\xBF", 3) == 0)
		*encoding = (struct encoding){ .name = ENCODING_UTF8_BOM, .mark_bytes = 3 };
	else if (len >= 2 && head[0] == 0xFF && head[1] == 0xFE)
		*encoding = (struct encoding){ .name = ENCODING_UTF16LE, .mark_bytes = 2 };
	else if (len >= 2 && head[0] == 0xFE && head[1] == 0xFF)
		*encoding = (struct encoding){ .name = ENCODING_UTF16BE, .mark_bytes = 2 };
	block = malloc(BLOCK + CARRY);
	if (block == NULL)
		return err_set(err, ERR_STOP, "no memory to look at a file's encoding");
	result = detect(input, encoding, block, err);
	free(block);
	return result;
}

bool
encoding_is_text(const uint8_t *head, size_t len)
{
	size_t controls = 0;

	if (len >= 2 && ((head[0] == 0xFF && head[1] == 0xFE) || (head[0] == 0xFE && head[1] == 0xFF)))
		return true;
	for (size_t i = 0; i < len; i++) {
		/* 1A ends files of DOS; 1B begins the escapes of old printers. */
		controls += head[i] < ' ' && !(head[i] >= '\t' && head[i] <= '\r') && head[i] != 0x1A && head[i] != 0x1B;
	}
	return controls * 100 <= len;
}
