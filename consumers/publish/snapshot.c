/*
 * snapshot.c - see snapshot.h. The labels of codes are looked up once and kept: short codes go to one of a few slots.
 */
#include "consumers/publish/snapshot.h"

#include <emmintrin.h>
#include <stdlib.h>

#define LABEL_MAX 256 /* bytes by which a label may be longer than its code; a longer one goes the careful way */
#define SLOTS 64      /* for each coded field */

/* A code of at most eight bytes and its label, already as a csv field. */
struct slot {
	uint64_t code;
	struct text shown;
};

struct snapshot {
	const struct dataset *dataset;
	const uint8_t *delivered;
	uint16_t *columns; /* field numbers with a column, rising */
	size_t column_count;
	struct slot *slots;
	uint16_t *slot_of; /* by field: which SLOTS slots, FIELD_NONE when it has no codes */
};

struct snapshot *
snapshot_new(const struct dataset *dataset, const uint8_t *delivered)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	size_t coded = 0;

	if (snapshot == NULL)
		return NULL;
	snapshot->dataset = dataset;
	snapshot->delivered = delivered;
	snapshot->columns = calloc(dataset->field_count + 1, sizeof(*snapshot->columns));
	snapshot->slot_of = calloc(dataset->field_count + 1, sizeof(*snapshot->slot_of));
	if (snapshot->columns == NULL || snapshot->slot_of == NULL)
		goto fail;
	for (uint16_t i = 0; i < dataset->field_count; i++) {
		if (delivered[i])
			snapshot->columns[snapshot->column_count++] = i;
		snapshot->slot_of[i] = dataset->fields[i].codes == NULL ? FIELD_NONE : (uint16_t)coded++;
	}
	snapshot->slots = calloc(coded * SLOTS + 1, sizeof(*snapshot->slots));
	if (snapshot->slots == NULL)
		goto fail;
	return snapshot;
fail:
	snapshot_free(snapshot);
	return NULL;
}

void
snapshot_free(struct snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	free(snapshot->columns);
	free(snapshot->slots);
	free(snapshot->slot_of);
	free(snapshot);
}

void
snapshot_csv_header(const struct snapshot *snapshot, struct buffer *out)
{
	buffer_string(out, "\xEF\xBB\xBF");
	buffer_text(out, snapshot->dataset->id_key);
	buffer_string(out, ",presence,since,reason");
	for (size_t i = 0; i < snapshot->column_count; i++) {
		buffer_char(out, ',');
		buffer_text(out, snapshot->dataset->fields[snapshot->columns[i]].name);
	}
	buffer_string(out, "\r\n");
}

struct text
snapshot_shown(struct snapshot *snapshot, uint16_t field, struct text value)
{
	const struct codes *codes;
	uint64_t code = 0;
	struct slot *slot;

	if (snapshot->slot_of[field] == FIELD_NONE)
		return value;
	codes = snapshot->dataset->fields[field].codes;
	if (value.len > sizeof(code) || value.len == 0)
		return codes_label(codes, value);
	for (size_t i = 0; i < value.len; i++) /* mostly one to three: a loop beats a copy of unknown length */
		code |= (uint64_t)(unsigned char)value.at[i] << (8 * i);
	slot = &snapshot->slots[(size_t)snapshot->slot_of[field] * SLOTS
	    + (code ^ code >> 8 ^ code >> 16 ^ code >> 24) % SLOTS];
	if (slot->code != code || slot->shown.at == NULL) {
		struct text label = codes_label(codes, value);

		if (label.at == value.at) /* no such code: the text is the caller's, not to be kept */
			return value;
		slot->code = code;
		slot->shown = label;
	}
	return slot->shown;
}

/* Source: OWASP, CSV injection. */
bool
snapshot_is_formula(struct text text)
{
	/* a full-width sign counts in some locales: = + - @ at U+FF1D, FF0B, FF0D, FF20 */
	if (text.len >= 3 && (unsigned char)text.at[0] == 0xEF && (unsigned char)text.at[1] == 0xBC) {
		unsigned char last = (unsigned char)text.at[2];

		return last == 0x9D || last == 0x8B || last == 0x8D || last == 0xA0;
	}
	switch (text.len > 0 ? text.at[0] : ' ') {
	case '=':
	case '+':
	case '-':
	case '@':
	case '\t':
	case '\r':
		return true;
	default:
		return false;
	}
}

void
snapshot_cell(struct buffer *out, struct text text)
{
	if (snapshot_is_formula(text)) {
		struct buffer safe;

		buffer_init(&safe, text.len + 16);
		buffer_char(&safe, '\'');
		buffer_text(&safe, text);
		buffer_csv(out, buffer_as_text(&safe));
		out->failed = out->failed || buffer_failed(&safe);
		buffer_fini(&safe);
		return;
	}
	buffer_csv(out, text);
}

/*
 * Copy ${text} to ${out} while it needs neither quotes nor an apostrophe: the number of bytes; SIZE_MAX when it does.
 * Sixteen bytes at a time, the last sixteen overlapping.
 */
static size_t
copy_plain(char *out, struct text text)
{
	if (text.len >= 16) {
		for (size_t at = 0;; at += 16) {
			const char *from = text.at + (at + 16 <= text.len ? at : text.len - 16);
			__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)from);
			__m128i odd = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(',')),
			    _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
				_mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(0x1F)), _mm_set1_epi8(0x1F))));

			if (_mm_movemask_epi8(odd) != 0)
				return SIZE_MAX;
			_mm_storeu_si128((__m128i *)(void *)(out + (from - text.at)), bytes);
			if (at + 16 >= text.len)
				return text.len;
		}
	}
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c == ',' || c == '"' || c < 0x20)
			return SIZE_MAX;
		out[i] = (char)c;
	}
	return text.len;
}

void
snapshot_csv(struct snapshot *snapshot, const struct snapshot_head *head, const struct snapshot_value *values,
    size_t count, struct buffer *out)
{
	const struct text words[] = { head->id, head->presence, head->since };
	size_t at = 0, size = snapshot->column_count + 16;
	char *room, *to;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		buffer_text(out, words[i]);
		buffer_char(out, ',');
	}
	snapshot_cell(out, head->reason);

	/* a row is written into one piece of room; a cell that is not plain goes the careful way */
	for (size_t i = 0; i < count; i++)
		size += values[i].text.len * 2 + LABEL_MAX;
	room = buffer_room(out, size);
	if (room == NULL)
		return;
	to = room;
	for (size_t i = 0; i < snapshot->column_count; i++) {
		uint16_t field = snapshot->columns[i];
		struct text shown;
		size_t len;

		*to++ = ',';
		while (at < count && values[at].field < field)
			at++;
		if (at == count || values[at].field != field)
			continue;
		shown = snapshot_shown(snapshot, field, values[at].text);
		len = shown.len <= values[at].text.len + LABEL_MAX && !snapshot_is_formula(shown) ? copy_plain(to, shown)
												  : SIZE_MAX;
		if (len != SIZE_MAX) {
			to += len;
			continue;
		}
		/* what is written may need more than was reserved: reserve anew for the rest */
		out->len += (size_t)(to - room);
		snapshot_cell(out, shown);
		room = buffer_room(out, size);
		if (room == NULL)
			return;
		to = room;
	}
	*to++ = '\r';
	*to++ = '\n';
	out->len += (size_t)(to - room);
}

void
snapshot_jsonl(const struct snapshot *snapshot, const struct snapshot_head *head, struct text pinned,
    const struct snapshot_value *values, size_t count, struct buffer *out)
{
	buffer_add(out, "{\"", 2);
	buffer_text(out, snapshot->dataset->id_key);
	buffer_add(out, "\":\"", 3);
	buffer_text(out, head->id);
	buffer_string(out, "\",\"presence\":\"");
	buffer_text(out, head->presence);
	buffer_string(out, "\",\"since\":\"");
	buffer_text(out, head->since);
	buffer_string(out, "\",\"reason\":");
	buffer_json_string(out, head->reason);
	if (pinned.len > 0) {
		buffer_string(out, ",\"pinned\":\"");
		buffer_text(out, pinned);
		buffer_char(out, '"');
	}
	for (size_t i = 0; i < count; i++) {
		const struct field *field = &snapshot->dataset->fields[values[i].field];

		buffer_add(out, ",\"", 2);
		buffer_text(out, field->name);
		buffer_add(out, "\":", 2);
		buffer_json_string(out, values[i].text); /* numbers too: no digit is lost on the way */
	}
	buffer_add(out, "}\n", 2);
}
