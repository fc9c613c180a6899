/*
 * recipients.c - see recipients.h. Written as all masters are: yesterday's file and what is new, both in the order of students, are read
 * side by side.
 */
#include "ops/yici/recipients.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/base/file.h"

#define RECIPIENTS_KIND 7
#define NO_PLACE UINT32_MAX
#define OUT_STEP ((size_t)4 << 20)

struct entry {
	uint8_t student[SORTED_KEY_BYTES];
	uint32_t grant, first, last;
};
_Static_assert(sizeof(struct entry) == 28, "no padding: written as it stands");

struct writing {
	const struct recipients_delivery *deliveries;
	uint32_t *places; /* of tonight's grants in the list */
	struct entry *at; /* of the student at hand */
	size_t count, room;
	struct sorted_packer packer;
	struct buffer out;
	int fd;
};

/* The place of ${grant} in the list, to which it is added when it is new. */
static uint32_t
place_of(struct buffer *list, struct text grant)
{
	struct text rest = buffer_as_text(list);
	uint32_t place = 0;

	for (; rest.len > 0; place++) {
		const char *end = memchr(rest.at, '\n', rest.len);
		size_t len = end != NULL ? (size_t)(end - rest.at) : rest.len;

		if (text_eq((struct text){ rest.at, len }, grant))
			return place;
		rest.at += len + (end != NULL);
		rest.len -= len + (end != NULL);
	}
	buffer_text(list, grant);
	buffer_char(list, '\n');
	return place;
}

static int
add(struct writing *writing, const struct entry *entry, struct err *err)
{
	if (writing->count == writing->room) {
		size_t room = writing->room * 2 + 64;
		struct entry *at = realloc(writing->at, room * sizeof(*at));

		if (at == NULL)
			return err_set(err, ERR_RETRY, "out of memory for recipients");
		writing->at = at;
		writing->room = room;
	}
	writing->at[writing->count++] = *entry;
	return 0;
}

/* The student at hand is in tonight's delivery ${nth} too: a series goes on, or one begins. */
static int
take(struct writing *writing, const uint8_t *student, uint16_t nth, struct err *err)
{
	uint32_t number = (uint32_t)writing->deliveries[nth].number;
	struct entry entry = { .grant = writing->places[nth], .first = number, .last = number };

	for (size_t i = 0; i < writing->count; i++) {
		if (writing->at[i].grant == entry.grant && writing->at[i].last + 1 == number) {
			writing->at[i].last = number;
			return 0;
		}
	}
	memcpy(entry.student, student, sizeof(entry.student));
	return add(writing, &entry, err);
}

static int
by_grant(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->grant != y->grant)
		return x->grant < y->grant ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* The student at hand is complete. */
static int
flush(struct writing *writing, struct err *err)
{
	if (writing->count > 0)
		qsort(writing->at, writing->count, sizeof(*writing->at), by_grant);
	for (size_t i = 0; i < writing->count; i++) {
		if (sorted_pack(&writing->packer, &writing->at[i], sizeof(writing->at[i]), err) != 0)
			return -1;
	}
	writing->count = 0;
	if (buffer_failed(&writing->out))
		return err_set(err, ERR_RETRY, "out of memory for recipients");
	if (writing->out.len < OUT_STEP)
		return 0;
	if (file_write(writing->fd, writing->out.at, writing->out.len, err) != 0)
		return -1;
	buffer_clear(&writing->out);
	return 0;
}

/* Both in the order of students. ${old} may be NULL. */
static int
join(struct writing *writing, const struct sorted_file *old, const struct runs *members, size_t count, struct err *err)
{
	struct runs_cursor fresh = { 0 };
	struct sorted_cursor cursor = { 0 };
	struct text was = { 0 }, is = { 0 };
	int have_was = 0, have_is, result = -1;

	if (runs_seek(&fresh, members, NULL, NULL, err) != 0)
		return -1;
	if (old != NULL) {
		sorted_seek(&cursor, old, NULL, NULL);
		have_was = sorted_next(&cursor, &was, err);
	}
	have_is = runs_next(&fresh, &is, err);
	while (have_was == 1 || have_is == 1) {
		uint8_t student[SORTED_KEY_BYTES];
		int order = have_was != 1 ? 1 : have_is != 1 ? -1 : memcmp(was.at, is.at, sizeof(student));

		memcpy(student, order <= 0 ? was.at : is.at, sizeof(student));
		for (; have_was == 1 && memcmp(was.at, student, sizeof(student)) == 0;
		     have_was = sorted_next(&cursor, &was, err)) {
			struct entry entry;

			if (was.len != sizeof(entry)) {
				err_set(err, ERR_STOP, "%s is not as it was written", RECIPIENTS_FILE);
				goto done;
			}
			memcpy(&entry, was.at, sizeof(entry));
			if (add(writing, &entry, err) != 0)
				goto done;
		}
		for (; have_is == 1 && memcmp(is.at, student, sizeof(student)) == 0;
		     have_is = runs_next(&fresh, &is, err)) {
			uint16_t nth;

			memcpy(&nth, is.at + sizeof(student), sizeof(nth));
			if (nth < count && take(writing, student, nth, err) != 0)
				goto done;
		}
		if (flush(writing, err) != 0)
			goto done;
	}
	result = have_was < 0 || have_is < 0 ? -1 : 0;
done:
	runs_cursor_fini(&fresh);
	if (old != NULL)
		sorted_cursor_fini(&cursor);
	return result;
}

static int
write_all(
    struct writing *writing, const struct sorted_file *old, size_t count, const struct runs *members, struct err *err)
{
	struct buffer list;
	int result = -1;

	buffer_init(&list, SIZE_MAX / 4);
	if (old != NULL)
		buffer_text(&list, old->meta);
	for (size_t i = 0; i < count; i++)
		writing->places[i] = place_of(&list, writing->deliveries[i].grant);
	sorted_head(&writing->out, RECIPIENTS_KIND, buffer_as_text(&list));
	if (buffer_failed(&list))
		err_set(err, ERR_RETRY, "out of memory for recipients");
	else if (join(writing, old, members, count, err) == 0 && sorted_pack_flush(&writing->packer, err) == 0) {
		sorted_end(
		    &writing->out, writing->packer.total_entries, writing->packer.total_raw, writing->packer.hash);
		result = buffer_failed(&writing->out) ? err_set(err, ERR_RETRY, "out of memory for recipients")
						      : file_write(writing->fd, writing->out.at, writing->out.len, err);
	}
	buffer_fini(&list);
	return result;
}

/* Yesterday's file is also today's; false where the file system has no links. */
static bool
same_file(const char *from, const char *to)
{
	return link(from, to) == 0;
}

int
recipients_write(const char *from, const char *to, const struct recipients_delivery *deliveries, size_t count,
    const struct runs *members, struct err *err)
{
	struct writing writing = { .deliveries = deliveries, .fd = -1 };
	struct sorted_file old = { .fd = -1 };
	bool has = from != NULL && file_exists(from);
	int result = -1;

	if (count == 0 && (!has || same_file(from, to)))
		return 0;
	buffer_init(&writing.out, SIZE_MAX / 4);
	sorted_pack_init(&writing.packer, &writing.out, true);
	writing.places = calloc(count + 1, sizeof(*writing.places));
	if (writing.places == NULL)
		err_set(err, ERR_RETRY, "out of memory for recipients");
	else if ((!has || sorted_open(&old, from, err) == 0) && (writing.fd = file_create(to, err)) >= 0)
		result = write_all(&writing, has ? &old : NULL, count, members, err);
	if (writing.fd >= 0 && close(writing.fd) != 0 && result == 0)
		result = err_errno(err, ERR_STOP, "cannot close %s", to);
	if (old.fd >= 0)
		sorted_close(&old);
	sorted_pack_fini(&writing.packer);
	buffer_fini(&writing.out);
	free(writing.places);
	free(writing.at);
	return result;
}

/* The ${place}th line of the list. */
static struct text
line_of(struct text list, uint32_t place)
{
	for (;; place--) {
		const char *end = memchr(list.at, '\n', list.len);
		size_t len = end != NULL ? (size_t)(end - list.at) : list.len;

		if (place == 0 || end == NULL)
			return (struct text){ list.at, place == 0 ? len : 0 };
		list.at += len + 1;
		list.len -= len + 1;
	}
}

int
recipients_of(const char *path, const uint8_t *student,
    int (*told)(void *self, const struct recipients_series *series, struct err *err), void *self, struct err *err)
{
	struct sorted_file file = { .fd = -1 };
	struct sorted_cursor cursor = { 0 };
	uint8_t to[SORTED_KEY_BYTES];
	struct text entry;
	size_t at = SORTED_KEY_BYTES;
	int got;

	if (!file_exists(path))
		return 0;
	if (sorted_open(&file, path, err) != 0)
		return -1;
	memcpy(to, student, sizeof(to));
	while (at > 0 && ++to[at - 1] == 0)
		at--;
	sorted_seek(&cursor, &file, student, at > 0 ? to : NULL);
	while ((got = sorted_next(&cursor, &entry, err)) == 1) {
		struct recipients_series series;
		struct entry is;

		if (entry.len != sizeof(is)) {
			got = err_set(err, ERR_STOP, "%s is not as it was written", RECIPIENTS_FILE);
			break;
		}
		memcpy(&is, entry.at, sizeof(is));
		series = (struct recipients_series){ line_of(file.meta, is.grant), is.first, is.last };
		if ((got = told(self, &series, err)) != 0)
			break;
	}
	sorted_cursor_fini(&cursor);
	sorted_close(&file);
	return got;
}
