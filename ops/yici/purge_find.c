/*
 * purge_find.c - see purge_find.h.
 */
#include "ops/yici/purge_find.h"

#include <stdlib.h>

#include "core/record/flat_json.h"

#define RIVALS_MAX 16                /* each is sought among all links */
#define MARKS_MAX ((size_t)40 << 10) /* bytes of an entry of the log that marks may take */

void
purge_found_free(struct purge_found *found)
{
	buffer_fini(&found->marks);
	buffer_fini(&found->entries);
	free(found->others);
	*found = (struct purge_found){ 0 };
}

/* ---- ids ---- */

/* The student, and all who were merged into him. */
static int
find_students(const struct held *held, struct purge_person *person, struct err *err)
{
	bool more = true;

	if (purge_person_student(person, held->student, err) != 0)
		return -1;
	while (more) {
		size_t before = person->student_count;

		for (size_t i = 0; i < held->store.ledger_count; i++) {
			const struct retired *retired = &held->store.ledger[i];

			for (size_t k = 0; k < before; k++) {
				if (memcmp(retired->into, person->students[k], STUDENT_ID_BYTES) == 0
				    && purge_person_student(person, retired->student, err) != 0)
					return -1;
			}
		}
		more = person->student_count > before;
	}
	return 0;
}

/* ---- links: marks, and who else has his name or number ---- */

struct ties {
	struct purge_who own[HELD_MEMBERS_MAX];
	size_t count;
	bool shared; /* another student has his name */
};

static int
add_marks(const uint8_t *secret, const struct purge_who *who, struct buffer *out)
{
	uint8_t marks[PURGE_MARKS_OF_ROW][PURGE_MARK_BYTES];
	size_t count = purge_marks(secret, who, marks);

	for (size_t i = 0; i < count; i++) {
		char hex[2 * PURGE_MARK_BYTES + 1];

		hex_of(marks[i], PURGE_MARK_BYTES, hex);
		if (out->len > 0 && text_find(buffer_as_text(out), text_from(hex)) != SIZE_MAX)
			continue;
		if (out->len > 0)
			buffer_char(out, ' ');
		buffer_string(out, hex);
	}
	return out->len < MARKS_MAX && !buffer_failed(out) ? 0 : -1;
}

static bool
is_his(const struct purge_person *person, const uint8_t *student)
{
	for (size_t i = 0; i < person->student_count; i++) {
		if (memcmp(person->students[i], student, STUDENT_ID_BYTES) == 0)
			return true;
	}
	return false;
}

static int
add_other(struct purge_found *found, const uint8_t *student, struct err *err)
{
	uint8_t(*more)[RECORD_ID_BYTES];

	for (size_t i = 0; i < found->other_count; i++) {
		if (memcmp(found->others[i], student, STUDENT_ID_BYTES) == 0)
			return 0;
	}
	more = realloc(found->others, (found->other_count + 1) * sizeof(*more));
	if (more == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a person");
	found->others = more;
	memcpy(more[found->other_count++], student, STUDENT_ID_BYTES);
	return 0;
}

/* Somebody else's record: has it his name, or a number of his? */
static int
compare(struct ties *ties, const struct link *link, struct purge_found *found, struct err *err)
{
	for (size_t i = 0; i < ties->count; i++) {
		const struct purge_who *own = &ties->own[i];

		ties->shared = ties->shared || link->name == own->name;
		if ((own->number != 0 && (link->number == own->number || link->core == own->number))
		    || (own->core != 0 && (link->number == own->core || link->core == own->core))
		    || (own->student_no != 0 && link->student_no == own->student_no)) {
			if (add_other(found, link->student, err) != 0)
				return -1;
		}
	}
	return 0;
}

static int
walk_links(const struct held *held, const struct purge_person *person, struct ties *ties, bool others,
    struct purge_found *found, struct err *err)
{
	struct links_reader links = { .fd = -1 };
	const struct link *link;
	int got;

	if (links_open(&links, held->store.links, NULL, NULL, err) != 0)
		return -1;
	while ((got = links_next(&links, &link, err)) == 1) {
		bool his = is_his(person, link->student);

		if (!others && his && ties->count < HELD_MEMBERS_MAX)
			ties->own[ties->count++] = purge_who_link(link);
		if (others && !his && (got = compare(ties, link, found, err)) != 0)
			break;
	}
	links_close(&links);
	return got;
}

/* ---- the log ---- */

/* Does one of the words, ids in hexadecimal, stand for him? */
static bool
names_him(const struct purge_person *person, struct text words)
{
	while (words.len > 0) {
		const char *space = memchr(words.at, ' ', words.len);
		size_t len = space != NULL ? (size_t)(space - words.at) : words.len;
		uint8_t id[RECORD_ID_BYTES];

		if (hex_parse((struct text){ words.at, len }, id, sizeof(id))) {
			if (is_his(person, id))
				return true;
			for (size_t i = 0; i < person->record_count; i++) {
				if (memcmp(person->records[i], id, sizeof(id)) == 0)
					return true;
			}
		}
		words.at += len + (space != NULL);
		words.len -= len + (space != NULL);
	}
	return false;
}

/* Does the entry speak of him, or take back one that does? */
static bool
speaks_of_him(const struct purge_person *person, struct text line, const bool *taken, struct buffer *word)
{
	static const struct text ids[] = { { "record", 6 }, { "records", 7 }, { "student", 7 } };
	uint64_t of;

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		if (flat_json_string(line, ids[i], word) && names_him(person, buffer_as_text(word)))
			return true;
	}
	return flat_json_string(line, TEXT("action"), word) && text_eq(buffer_as_text(word), TEXT("undo"))
	    && flat_json_string(line, TEXT("of"), word) && text_to_u64(buffer_as_text(word), &of) && of > 0
	    && taken[of - 1];
}

/* What the entry says of him is sought in what was sent, too: an old number stands there alone. */
static int
take_values(const struct held *held, struct purge_person *person, struct text line, bool shared, struct buffer *word,
    struct err *err)
{
	static const struct text said[] = { { "value", 5 }, { "was", 3 } };
	const struct field *field;

	if (!flat_json_string(line, TEXT("field"), word)
	    || (field = dataset_field(held->definitions.dataset, buffer_as_text(word))) == NULL)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		if (flat_json_string(line, said[i], word) && word->len > 0
		    && purge_person_value(
			   person, held->definitions.dataset, field->number, buffer_as_text(word), shared, err)
			!= 0)
			return -1;
	}
	return 0;
}

static int
find_entries(
    const struct held *held, struct purge_person *person, bool shared, struct purge_found *found, struct err *err)
{
	bool *taken = calloc(held->log.count + 1, sizeof(*taken));
	struct buffer word;
	int result = 0;

	buffer_init(&word, JOURNAL_LINE_MAX);
	if (taken == NULL || buffer_room(&word, JOURNAL_LINE_MAX) == NULL)
		result = err_set(err, ERR_RETRY, "out of memory for the log");
	for (size_t i = 0; i < held->log.count && result == 0; i++) {
		struct text line = held->log.at[i].line;

		taken[i] = speaks_of_him(person, line, taken, &word);
		if (!taken[i])
			continue;
		found->entry_count++;
		buffer_format(&found->entries, "%s%llu", found->entries.len > 0 ? " " : "",
		    (unsigned long long)held->log.at[i].number);
		result = take_values(held, person, line, shared, &word, err);
	}
	buffer_fini(&word);
	free(taken);
	return result;
}

/* ---- all of it ---- */

struct naming {
	struct purge_person *person;
	uint16_t name;
};

static int
on_rival(void *self, const struct link *link, struct text values, struct err *err)
{
	struct naming *naming = self;
	struct text name = values_get(values, naming->name);

	(void)link;
	return name.len == 0 ? 0 : purge_person_rival(naming->person, name, err);
}

/* What others are called who have a number of his: rows that say so are theirs. */
static int
find_rivals(const struct held *held, struct purge_person *person, const struct purge_found *found, struct err *err)
{
	struct naming naming = { person, held->definitions.dataset->roles.name };

	for (size_t i = 0; i < found->other_count && i < RIVALS_MAX; i++) {
		if (store_student(&held->store, found->others[i], on_rival, &naming, err) != 0)
			return -1;
	}
	return 0;
}

static int
find_values(const struct held *held, struct purge_person *person, bool shared, struct err *err)
{
	for (size_t i = 0; i < held->count; i++) {
		struct value_cursor cursor = { held->members[i].values, 0, 0 };
		struct value value;
		int got;

		if (purge_person_record(person, held->ids[i], err) != 0)
			return -1;
		while ((got = values_next(&cursor, &value)) == 1) {
			if (purge_person_value(person, held->definitions.dataset, value.field, value.text, shared, err)
			    != 0)
				return -1;
		}
		if (got < 0)
			return err_set(err, ERR_INPUT, "a record in the state does not hold together");
	}
	return 0;
}

int
purge_find(struct held *held, struct text words, const uint8_t secret[PURGE_SECRET_BYTES], struct purge_person *person,
    struct purge_found *found, struct err *err)
{
	struct ties *ties = calloc(1, sizeof(*ties));
	int result = -1;

	*found = (struct purge_found){ 0 };
	buffer_init(&found->marks, JOURNAL_LINE_MAX);
	buffer_init(&found->entries, JOURNAL_LINE_MAX);
	if (ties == NULL) {
		err_set(err, ERR_RETRY, "out of memory for a person");
		return -1;
	}
	if (held_find(held, words, NULL, err) != 0 || find_students(held, person, err) != 0
	    || walk_links(held, person, ties, false, found, err) != 0
	    || walk_links(held, person, ties, true, found, err) != 0)
		goto done;
	for (size_t i = 0; i < ties->count; i++) {
		if (add_marks(secret, &ties->own[i], &found->marks) != 0) {
			err_set(err, ERR_INPUT, "the student has too many records for one order");
			goto done;
		}
	}
	if (find_values(held, person, ties->shared, err) != 0
	    || find_entries(held, person, ties->shared, found, err) != 0 || find_rivals(held, person, found, err) != 0)
		goto done;
	result = purge_person_ready(person) == 0 ? 0 : err_set(err, ERR_RETRY, "out of memory for a person");
done:
	free(ties);
	return result;
}
