/*
 * purge_person.c - see purge_person.h.
 */
#include "ops/yici/purge_person.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/record/day.h"
#include "producers/readers/gb18030.h"

#define NUMBER_INSIDE 15 /* bytes: a longer number is told inside of a cell */
#define OTHER_INSIDE 12  /* the same of another value */
#define NUMBER_LEAST 6   /* shorter ones say nothing */

static const char *const sign_words[SIGN_KINDS] = { "number", "name", "shared", "other", "date", "rival" };

#define END_BYTES 4
#define END_BITS 16

void
purge_person_init(struct purge_person *person)
{
	*person = (struct purge_person){ 0 };
	arena_init(&person->arena, (size_t)64 << 20);
}

void
purge_person_free(struct purge_person *person)
{
	arena_fini(&person->arena);
	free(person->students);
	free(person->records);
	free(person->values);
	free(person->ends);
	gb18030_free(person->codec);
	*person = (struct purge_person){ 0 };
}

/* ---- ids ---- */

static int
add_id(uint8_t (**ids)[RECORD_ID_BYTES], size_t *count, const uint8_t *id, struct err *err)
{
	uint8_t(*more)[RECORD_ID_BYTES];

	for (size_t i = 0; i < *count; i++) {
		if (memcmp((*ids)[i], id, RECORD_ID_BYTES) == 0)
			return 0;
	}
	more = realloc(*ids, (*count + 1) * sizeof(*more));
	if (more == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a person");
	*ids = more;
	memcpy(more[(*count)++], id, RECORD_ID_BYTES);
	return 0;
}

int
purge_person_student(struct purge_person *person, const uint8_t *student, struct err *err)
{
	return add_id(&person->students, &person->student_count, student, err);
}

int
purge_person_record(struct purge_person *person, const uint8_t *record, struct err *err)
{
	return add_id(&person->records, &person->record_count, record, err);
}

static int
id_order(const void *a, const void *b)
{
	return memcmp(a, b, RECORD_ID_BYTES);
}

static uint32_t
end_hash(const char *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return (word * 2654435761u) >> (32 - END_BITS);
}

int
purge_person_ready(struct purge_person *person)
{
	if (person->student_count > 1)
		qsort(person->students, person->student_count, RECORD_ID_BYTES, id_order);
	if (person->record_count > 1)
		qsort(person->records, person->record_count, RECORD_ID_BYTES, id_order);
	free(person->ends);
	person->ends = calloc((size_t)1 << (END_BITS - 3), 1);
	if (person->codec == NULL)
		person->codec = gb18030_new();
	if (person->ends == NULL || person->codec == NULL)
		return -1;
	for (size_t i = 0; i < person->value_count; i++) {
		struct text folded = person->values[i].folded;

		if (folded.len >= END_BYTES) {
			uint32_t hash = end_hash(folded.at + folded.len - END_BYTES);

			person->ends[hash / 8] |= (uint8_t)(1u << hash % 8);
		} else
			memset(person->ends, 0xFF, (size_t)1 << (END_BITS - 3)); /* every cell is asked about it */
	}
	return 0;
}

/* Can some value stand in the folded cell? Quick, for it is asked of every cell of every row that was ever sent. */
static bool
may_say(const struct purge_person *person, struct text cell)
{
	for (size_t i = 0; i + END_BYTES <= cell.len; i++) {
		uint32_t hash = end_hash(cell.at + i);

		if ((person->ends[hash / 8] >> hash % 8 & 1) != 0)
			return true;
	}
	return cell.len < END_BYTES && person->ends[0] == 0xFF;
}

struct strip
purge_person_strip(const struct purge_person *person)
{
	return (struct strip){ .records = { (const uint8_t(*)[RECORD_ID_BYTES])person->records, person->record_count },
		.students = { (const uint8_t(*)[RECORD_ID_BYTES])person->students, person->student_count } };
}

/* ---- values ---- */

/* Is the character there without meaning: white space, what parts digits, what marks text? */
static bool
means_nothing(uint32_t c)
{
	return c <= ' ' || c == 0xA0 || c == 0x3000 || c == 0xFEFF || (c >= 0x2000 && c <= 0x200F) || c == '-'
	    || c == '.' || c == '/' || c == '\'' || c == 0xB7 || c == 0x2022 || c == 0x2010 || c == 0x2013;
}

/* ${text} as it is compared, into ${out}, which is emptied first. */
static struct text
fold(struct text text, struct buffer *out)
{
	size_t pos = 0;
	char *to;

	buffer_clear(out);
	to = text.len > 0 ? buffer_room(out, text.len) : NULL; /* nothing grows by it */
	while (to != NULL && pos < text.len) {
		uint32_t c = text_next(text, &pos);

		if (c >= 0xFF01 && c <= 0xFF5E)
			c -= 0xFF01 - '!';
		if (means_nothing(c))
			continue;
		if (c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		if (c < 0x80)
			to[out->len++] = (char)c;
		else
			out->len += text_put(to + out->len, c);
	}
	return buffer_as_text(out);
}

static int
add_value(struct purge_person *person, enum purge_sign sign, struct text raw, struct err *err)
{
	struct purge_value *more;
	struct buffer scratch;
	struct text folded;

	buffer_init(&scratch, (size_t)1 << 20);
	folded = arena_text(&person->arena, fold(raw, &scratch));
	buffer_fini(&scratch);
	raw = arena_text(&person->arena, raw);
	more = realloc(person->values, (person->value_count + 1) * sizeof(*more));
	if (more != NULL)
		person->values = more;
	if (more == NULL || raw.at == NULL || folded.at == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a person");
	if (folded.len == 0
	    || (sign != SIGN_NAME && sign != SIGN_SHARED && sign != SIGN_RIVAL && sign != SIGN_DATE
		&& folded.len < NUMBER_LEAST))
		return 0;
	for (size_t i = 0; i < person->value_count; i++) {
		if (person->values[i].sign == sign && text_eq(person->values[i].raw, raw))
			return 0;
	}
	person->values[person->value_count++] = (struct purge_value){ sign, raw, folded };
	return 0;
}

/* A date in the ways in which it is written. */
static int
add_date(struct purge_person *person, struct text value, struct err *err)
{
	struct date date;
	char ways[5][40];

	if (!day_parse(value, &date))
		return add_value(person, SIGN_DATE, value, err);
	snprintf(ways[0], sizeof(ways[0]), "%04d-%02d-%02d", date.year, date.month, date.day);
	snprintf(ways[1], sizeof(ways[1]), "%04d%d%d", date.year, date.month, date.day);
	snprintf(ways[2], sizeof(ways[2]), "%04d年%d月%d日", date.year, date.month, date.day);
	snprintf(ways[3], sizeof(ways[3]), "%04d年%02d月%02d日", date.year, date.month, date.day);
	snprintf(ways[4], sizeof(ways[4]), "%d", (int)day_of(date) + 25569); /* a spreadsheet's day */
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		if (add_value(person, SIGN_DATE, text_from(ways[i]), err) != 0)
			return -1;
	}
	return 0;
}

/* Several telephones stand in one value. */
static int
add_words(struct purge_person *person, enum purge_sign sign, struct text value, struct err *err)
{
	while (value.len > 0) {
		const char *space = memchr(value.at, ' ', value.len);
		size_t len = space != NULL ? (size_t)(space - value.at) : value.len;

		if (len > 0 && add_value(person, sign, (struct text){ value.at, len }, err) != 0)
			return -1;
		value.at += len + (space != NULL);
		value.len -= len + (space != NULL);
	}
	return 0;
}

int
purge_person_value(struct purge_person *person, const struct dataset *dataset, uint16_t field, struct text value,
    bool shared, struct err *err)
{
	const struct roles *roles = &dataset->roles;
	const struct field *of = &dataset->fields[field];

	if (field == roles->name)
		return add_value(person, shared ? SIGN_SHARED : SIGN_NAME, value, err);
	if (field == roles->id_no || field == roles->student_no) {
		if (field == roles->student_no && value.len == 19 && value.at[0] == 'G'
		    && add_value(person, SIGN_NUMBER, (struct text){ value.at + 1, 18 }, err) != 0)
			return -1;
		return add_value(person, SIGN_NUMBER, value, err);
	}
	if (field == roles->birth_date)
		return add_date(person, value, err);
	if ((!of->personal && field != roles->key) || of->codes != NULL)
		return 0;
	return of->type == FIELD_PHONE ? add_words(person, SIGN_OTHER, value, err)
				       : add_value(person, SIGN_OTHER, value, err);
}

int
purge_person_rival(struct purge_person *person, struct text name, struct err *err)
{
	return add_value(person, SIGN_RIVAL, name, err);
}

/* ---- DATA/state/purging ---- */

static int
path_of(char path[FILE_PATH_MAX], const char *data, struct err *err)
{
	return path_format(path, err, "%s/state/purging", data);
}

static void
put_ids(struct buffer *out, const char *word, uint8_t (*ids)[RECORD_ID_BYTES], size_t count)
{
	char hex[2 * RECORD_ID_BYTES + 1];

	for (size_t i = 0; i < count; i++) {
		hex_of(ids[i], RECORD_ID_BYTES, hex);
		buffer_format(out, "%s %s\n", word, hex);
	}
}

int
purge_person_save(const struct purge_person *person, const char *data, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer out;
	int result = -1;

	buffer_init(&out, (size_t)64 << 20);
	buffer_format(&out, "order %llu\n", (unsigned long long)person->order);
	put_ids(&out, "student", person->students, person->student_count);
	put_ids(&out, "record", person->records, person->record_count);
	for (size_t i = 0; i < person->value_count; i++) {
		struct text raw = person->values[i].raw;

		buffer_format(&out, "%s ", sign_words[person->values[i].sign]);
		for (size_t k = 0; k < raw.len; k++)
			buffer_char(&out, raw.at[k] == '\n' ? ' ' : raw.at[k]);
		buffer_char(&out, '\n');
	}
	if (buffer_failed(&out))
		err_set(err, ERR_RETRY, "out of memory for a person");
	else if (path_of(path, data, err) == 0)
		result = file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	return result;
}

static int
take_line(struct purge_person *person, struct text line, struct err *err)
{
	const char *space = line.len > 0 ? memchr(line.at, ' ', line.len) : NULL;
	struct text word = { line.at, space != NULL ? (size_t)(space - line.at) : 0 }, rest;
	uint8_t id[RECORD_ID_BYTES];

	if (space == NULL)
		return err_set(err, ERR_STOP, "state/purging is not as it was written");
	rest = (struct text){ space + 1, line.len - word.len - 1 };
	if (text_eq(word, TEXT("order")))
		return text_to_u64(rest, &person->order) ? 0 : err_set(err, ERR_STOP, "state/purging names no order");
	if (text_eq(word, TEXT("student")) && hex_parse(rest, id, sizeof(id)))
		return purge_person_student(person, id, err);
	if (text_eq(word, TEXT("record")) && hex_parse(rest, id, sizeof(id)))
		return purge_person_record(person, id, err);
	for (int i = 0; i < SIGN_KINDS; i++) {
		if (text_eq(word, text_from(sign_words[i])))
			return add_value(person, (enum purge_sign)i, rest, err);
	}
	return err_set(err, ERR_STOP, "state/purging is not as it was written");
}

int
purge_person_load(struct purge_person *person, const char *data, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer bytes;
	struct text rest;
	int result;

	if (path_of(path, data, err) != 0)
		return -1;
	if (!file_exists(path))
		return 0;
	buffer_init(&bytes, (size_t)64 << 20);
	result = file_read_all(path, &bytes, err);
	for (rest = buffer_as_text(&bytes); result == 0 && rest.len > 0;) {
		const char *end = memchr(rest.at, '\n', rest.len);
		size_t len = end != NULL ? (size_t)(end - rest.at) : rest.len;

		result = take_line(person, (struct text){ rest.at, len }, err);
		rest.at += len + (end != NULL);
		rest.len -= len + (end != NULL);
	}
	buffer_fini(&bytes);
	if (result == 0 && purge_person_ready(person) != 0)
		result = err_set(err, ERR_RETRY, "out of memory for a person");
	return result == 0 ? 1 : -1;
}

int
purge_person_forget(const char *data, struct err *err)
{
	char path[FILE_PATH_MAX], beside[FILE_PATH_MAX], folder[FILE_PATH_MAX];

	if (path_of(path, data, err) != 0 || path_format(folder, err, "%s/state", data) != 0
	    || path_format(beside, err, "%s.new", path) != 0)
		return -1;
	/* one that was killed may have left what it wrote beside it; the file itself goes last */
	return file_remove_all(beside, err) != 0 || file_remove_all(path, err) != 0 ? -1 : file_sync_folder(folder, err);
}

/* ---- is it his? ---- */

static bool
is_han(uint32_t c)
{
	return (c >= 0x3400 && c <= 0x9FFF) || c >= 0x20000;
}

static bool
is_letter(uint32_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0x24F);
}

/* The character that ends before ${at}. */
static uint32_t
character_before(struct text text, size_t at)
{
	while (at > 0 && ((unsigned char)text.at[--at] & 0xC0) == 0x80)
		continue;
	return text_next(text, &at);
}

/*
 * Does ${name} stand there, and not as part of a longer one? Of a Han name Han characters beside it make another, of a Latin one letters.
 * Nobody else is called by a name of four characters and more behind it.
 */
static bool
has_name(struct text text, struct text name)
{
	enum { LONG = 4 };
	struct text rest = text;
	size_t found;

	while ((found = text_find(rest, name)) != SIZE_MAX) {
		size_t at = (size_t)(rest.at - text.at) + found, end = at + name.len, start = at;
		uint32_t first = text_next(text, &start), last = character_before(text, end);
		bool joined = false;

		if (at > 0) {
			uint32_t before = character_before(text, at);

			joined = is_han(first) ? is_han(before) : is_letter(before);
		}
		if (end < text.len) {
			size_t pos = end;
			uint32_t behind = text_next(text, &pos);

			joined = joined || (is_han(last) ? is_han(behind) : is_letter(behind));
		}
		if (!joined || (is_han(first) && text_length(name) >= LONG))
			return true;
		rest = (struct text){ rest.at + found + name.len, rest.len - found - name.len };
	}
	return false;
}

/* Does the folded cell say that value? */
static bool
says(struct text cell, const struct purge_value *value)
{
	struct text folded = value->folded;

	if (cell.len < folded.len)
		return false;
	switch (value->sign) {
	case SIGN_NUMBER:
		return folded.len >= NUMBER_INSIDE ? text_find(cell, folded) != SIZE_MAX : text_eq(cell, folded);
	case SIGN_NAME:
	case SIGN_SHARED:
	case SIGN_RIVAL:
		return has_name(cell, folded);
	case SIGN_OTHER:
		return folded.len >= OTHER_INSIDE ? text_find(cell, folded) != SIZE_MAX : text_eq(cell, folded);
	default:
		return text_eq(cell, folded);
	}
}

/* What cells have said so far. */
struct signs {
	bool number, name, shared, other, rival;
};

static void
look(const struct purge_person *person, struct text cell, struct signs *signs)
{
	if (!may_say(person, cell))
		return;
	for (size_t i = 0; i < person->value_count; i++) {
		const struct purge_value *value = &person->values[i];

		if (!says(cell, value))
			continue;
		signs->rival = signs->rival || value->sign == SIGN_RIVAL;
		signs->number = signs->number || value->sign == SIGN_NUMBER;
		signs->name = signs->name || value->sign == SIGN_NAME;
		signs->shared = signs->shared || value->sign == SIGN_SHARED;
		signs->other = signs->other || value->sign == SIGN_OTHER || value->sign == SIGN_DATE;
	}
}

static bool
are_his(const struct signs *signs)
{
	bool another = signs->rival && !signs->shared;

	return signs->name || (signs->number && !another) || (signs->shared && signs->other);
}

bool
purge_person_row(const struct purge_person *person, const struct cell *cells, size_t count, struct buffer *scratch)
{
	struct signs signs = { 0 };

	for (size_t i = 0; i < count; i++) { /* to the end: a name may stand behind the number */
		if (cells[i].text.len > 0)
			look(person, fold(cells[i].text, scratch), &signs);
	}
	return are_his(&signs);
}

bool
purge_person_text(const struct purge_person *person, struct text text, struct buffer *scratch)
{
	struct signs signs = { 0 };

	look(person, fold(text, scratch), &signs);
	return are_his(&signs);
}

/* ---- bytes ---- */

enum { AS_UTF8, AS_GB18030, AS_UTF16LE, AS_UTF16BE, AS_ALL };

static void
encode(const struct gb18030 *codec, int as, struct text text, struct buffer *out)
{
	size_t pos = 0;

	buffer_clear(out);
	if (as == AS_UTF8)
		buffer_text(out, text);
	while (as != AS_UTF8 && pos < text.len) {
		uint32_t c = text_next(text, &pos);
		uint8_t bytes[4];

		if (as == AS_GB18030) {
			buffer_add(out, bytes, gb18030_encode(codec, GB18030_2022, c, bytes));
			continue;
		}
		for (int half = c >= 0x10000 ? 0 : 1; half < 2; half++) {
			uint32_t unit = c < 0x10000 ? c
			    : half == 0             ? 0xD800 + ((c - 0x10000) >> 10)
						    : 0xDC00 + ((c - 0x10000) & 0x3FF);

			bytes[as == AS_UTF16BE] = (uint8_t)unit;
			bytes[as != AS_UTF16BE] = (uint8_t)(unit >> 8);
			buffer_add(out, bytes, 2);
		}
	}
}

int
purge_person_bytes(const struct purge_person *person, struct text bytes, bool *his, struct err *err)
{
	struct signs signs = { 0 };
	struct buffer sought;

	*his = false;
	buffer_init(&sought, (size_t)1 << 20);
	for (size_t i = 0; i < person->value_count && !are_his(&signs); i++) {
		const struct purge_value *value = &person->values[i];
		bool found = false;

		/* among bytes a short one is found by chance */
		if (value->sign == SIGN_DATE || value->sign == SIGN_RIVAL
		    || (value->sign == SIGN_NUMBER && value->raw.len < NUMBER_INSIDE))
			continue;
		for (int as = 0; as < AS_ALL && !found; as++) {
			encode(person->codec, as, value->raw, &sought);
			found = sought.len > 0 && bytes.len >= sought.len
			    && memmem(bytes.at, bytes.len, sought.at, sought.len) != NULL;
		}
		signs.number = signs.number || (found && value->sign == SIGN_NUMBER);
		signs.name = signs.name || (found && value->sign == SIGN_NAME);
		signs.shared = signs.shared || (found && value->sign == SIGN_SHARED);
		signs.other = signs.other || (found && value->sign == SIGN_OTHER);
	}
	*his = are_his(&signs);
	if (buffer_failed(&sought)) {
		buffer_fini(&sought);
		return err_set(err, ERR_RETRY, "out of memory for a person");
	}
	buffer_fini(&sought);
	return 0;
}
