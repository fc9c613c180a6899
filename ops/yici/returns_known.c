/*
 * returns_known.c - the students of a night whom returned forms may mean: one walk over its lines keeps those of whom something was said before, and
 * those who share a number, a name or a class with some row.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/record/flat_json.h"
#include "ops/yici/returns_known.h"

#define ID_AT 15 /* of the id in a line: {"student_id":" */
#define ID_DIGITS (2 * (size_t)SAID_ID_BYTES)
#define ARENA_MAX ((size_t)1 << 30)

static int
by_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int
wanted_add(struct wanted *wanted, unsigned by, struct text text, struct err *err)
{
	if (text.len == 0)
		return 0;
	if (wanted->count == wanted->room) {
		size_t room = wanted->room == 0 ? 1024 : wanted->room * 2;
		uint64_t *grown = realloc(wanted->at, room * sizeof(*grown));

		if (grown == NULL)
			return err_set(err, ERR_RETRY, "out of memory for the students of forms");
		wanted->at = grown;
		wanted->room = room;
	}
	wanted->at[wanted->count++] = hash64(text.at, text.len, by);
	return 0;
}

static bool
is_wanted(const struct wanted *wanted, unsigned by, struct text text)
{
	uint64_t hash = hash64(text.at, text.len, by);

	return text.len > 0 && wanted->count > 0
	    && bsearch(&hash, wanted->at, wanted->count, sizeof(hash), by_u64) != NULL;
}

/* What the line says of whom it is about; false when nobody should fill in a form for him. */
static bool
read_line(const struct dataset *dataset, struct text line, struct known_pupil *known)
{
	struct flat_json json = { line, 0 };
	struct flat_member member;
	bool here = true;

	while (flat_json_next(&json, &member) > 0) {
		const struct field *field;

		if (text_eq(member.name, dataset->id_key))
			known->match.id = member.value;
		else if (text_eq(member.name, TEXT("presence")))
			here = census_counts(member.value);
		field = dataset_field(dataset, member.name);
		for (unsigned by = 0; field != NULL && by < MATCH_BYS; by++) {
			if (match_field(dataset, (enum match_by)by) == field->number)
				known->match.values[by] = member.value;
		}
	}
	return here;
}

static int
put_whose(struct known_pupil *known, struct arena *arena, struct err *err)
{
	const struct text *values = known->match.values;
	struct buffer whose;

	if (values[MATCH_SCHOOL_CODE].len == 0)
		return 0;
	buffer_init(&whose, 1 << 16);
	buffer_text(&whose, values[MATCH_SCHOOL_CODE]);
	buffer_format(&whose, "/%.*s/%.*s", (int)values[MATCH_GRADE].len, values[MATCH_GRADE].at,
	    (int)values[MATCH_CLASS_NAME].len, values[MATCH_CLASS_NAME].at);
	known->match.whose = arena_text(arena, buffer_as_text(&whose));
	buffer_fini(&whose);
	return known->match.whose.at != NULL ? 0 : err_set(err, ERR_RETRY, "out of memory for the students of forms");
}

static int
add(struct known_pupils *known, const struct known_pupil *one, struct err *err)
{
	if (known->count == known->room) {
		size_t room = known->room == 0 ? 256 : known->room * 2;
		struct known_pupil *grown = realloc(known->at, room * sizeof(*grown));

		if (grown == NULL)
			return err_set(err, ERR_RETRY, "out of memory for the students of forms");
		known->at = grown;
		known->room = room;
	}
	known->at[known->count++] = *one;
	return 0;
}

static int
look_at(struct known_pupils *known, const struct dataset *dataset, const struct wanted *wanted, struct text line,
    struct err *err)
{
	struct known_pupil one = { .pupil = { .line = line } };
	struct text id = { line.at + ID_AT, ID_DIGITS };
	bool said = line.len > ID_AT + ID_DIGITS && is_wanted(wanted, WANTED_ID, id), here, meant;

	if (!said && !wanted->rows)
		return 0;
	here = read_line(dataset, line, &one);
	if (put_whose(&one, &known->arena, err) != 0)
		return -1;
	meant = here
	    && (is_wanted(wanted, MATCH_ID_NO, one.match.values[MATCH_ID_NO])
		|| is_wanted(wanted, MATCH_STUDENT_NO, one.match.values[MATCH_STUDENT_NO])
		|| is_wanted(wanted, MATCH_NAME, one.match.values[MATCH_NAME])
		|| is_wanted(wanted, WANTED_WHOSE, one.match.whose));
	if (!said && !meant)
		return 0;
	one.gone = !meant;
	return add(known, &one, err);
}

static int
by_id(const void *a, const void *b)
{
	return text_compare(((const struct known_pupil *)a)->match.id, ((const struct known_pupil *)b)->match.id);
}

int
known_pupils_load(
    struct known_pupils *known, const char *path, const struct dataset *dataset, struct wanted *wanted, struct err *err)
{
	struct stat stat;
	int fd = open(path, O_RDONLY | O_CLOEXEC), result = 0;

	*known = (struct known_pupils){ 0 };
	arena_init(&known->arena, ARENA_MAX);
	if (fd < 0 || fstat(fd, &stat) != 0) {
		result = err_errno(err, ERR_STOP, "cannot open the night's students");
		if (fd >= 0)
			close(fd);
		return result;
	}
	if (stat.st_size > 0)
		result = mapping_open(&known->mapping, fd, (size_t)stat.st_size, false, err);
	close(fd);
	if (wanted->count > 1)
		qsort(wanted->at, wanted->count, sizeof(*wanted->at), by_u64);
	for (size_t at = 0; result == 0 && at < known->mapping.bytes;) {
		const char *line = (const char *)known->mapping.at + at;
		struct text text = { line, known->mapping.bytes - at };
		const char *newline = memchr(line, '\n', text.len);

		text.len = newline == NULL ? text.len : (size_t)(newline - line);
		at += text.len + 1;
		result = look_at(known, dataset, wanted, text, err);
	}
	if (result == 0 && known->count > 1)
		qsort(known->at, known->count, sizeof(*known->at), by_id);
	return result;
}

void
known_pupils_free(struct known_pupils *known)
{
	mapping_close(&known->mapping);
	free(known->at);
	arena_fini(&known->arena);
	*known = (struct known_pupils){ 0 };
}

const struct known_pupil *
known_pupil(const struct known_pupils *known, const uint8_t *student)
{
	char hex[2 * SAID_ID_BYTES + 1];
	struct known_pupil wanted = { 0 };

	hex_of(student, SAID_ID_BYTES, hex);
	wanted.match.id = text_from(hex);
	return known->count == 0 ? NULL : bsearch(&wanted, known->at, known->count, sizeof(*known->at), by_id);
}
