/*
 * purge_again.c - see purge_again.h.
 */
#include "ops/yici/purge_again.h"

#include <stdio.h>
#include <stdlib.h>

#include "ops/yici/night.h"
#include "ops/yici/purge_raw.h"

#define FOLDER "again"
#define LIST_MAX ((size_t)256 << 20)

static uint32_t
number_at(const uint8_t *bytes, size_t count)
{
	uint32_t number = 0;

	for (size_t i = 0; i < count; i++)
		number = number << 8 | bytes[i];
	return number;
}

static void
put(struct buffer *out, uint32_t sheet, uint32_t row, const struct run_file *file)
{
	buffer_format(out, "%u %u", sheet, row);
	buffer_char(out, '\0');
	buffer_text(out, file->source->name);
	buffer_char(out, '\0');
	buffer_text(out, file->file);
	buffer_char(out, '\0');
}

int
purge_again_note(const struct night *night, struct err *err)
{
	const struct files *files = &night->files;
	char folder[FILE_PATH_MAX], path[FILE_PATH_MAX];
	struct buffer out;
	int result = -1;

	if (path_format(folder, err, "%s/state/" FOLDER, night->data) != 0
	    || path_format(path, err, "%s/%s", folder, night->id) != 0)
		return -1;
	buffer_init(&out, LIST_MAX);
	for (size_t i = 0; i < files->purged.place_count; i++) {
		const uint8_t *place = files->purged.places[i];

		put(&out, number_at(place + 4, 2), number_at(place + 6, 4),
		    files->by_number[number_at(place, 4) - files->first_number]);
	}
	for (size_t i = 0; files->purged.ordered && i < files->count; i++) {
		if (files->at[i].state == RUN_FILE_TAKEN)
			put(&out, 0, 0, &files->at[i]);
	}
	if (buffer_failed(&out))
		err_set(err, ERR_RETRY, "out of memory for rows that are set aside");
	else if (out.len == 0) /* of a run of this name that was not committed */
		result = file_remove_all(path, err);
	else if (file_make_folder(folder, err) == 0)
		result = file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	return result;
}

/* ---- cleaning ---- */

/* The rows of one run. */
struct list {
	struct buffer bytes;
	struct purge_place *places;
	struct text *sources; /* beside them */
	size_t count;
};

static void
list_free(struct list *list)
{
	buffer_fini(&list->bytes);
	free(list->places);
	free(list->sources);
}

/* What stands up to the next NUL; ${*at} moves on behind it. */
static struct text
next_text(const struct buffer *bytes, size_t *at)
{
	const char *end = *at < bytes->len ? memchr(bytes->at + *at, '\0', bytes->len - *at) : NULL;
	struct text text = { bytes->at + *at, end != NULL ? (size_t)(end - bytes->at) - *at : 0 };

	*at = end != NULL ? (size_t)(end - bytes->at) + 1 : bytes->len;
	return text;
}

static int
list_load(struct list *list, const char *path, struct err *err)
{
	size_t room = 0;

	*list = (struct list){ 0 };
	buffer_init(&list->bytes, LIST_MAX);
	if (file_read_all(path, &list->bytes, err) != 0)
		return -1;
	for (size_t i = 0; i < list->bytes.len; i++)
		room += list->bytes.at[i] == '\0';
	list->places = calloc(room / 3 + 1, sizeof(*list->places));
	list->sources = calloc(room / 3 + 1, sizeof(*list->sources));
	if (list->places == NULL || list->sources == NULL)
		return err_set(err, ERR_RETRY, "out of memory for rows that are set aside");
	for (size_t at = 0; at < list->bytes.len && list->count < room / 3; list->count++) {
		struct text numbers = next_text(&list->bytes, &at);
		struct purge_place *place = &list->places[list->count];
		unsigned sheet, row;

		list->sources[list->count] = next_text(&list->bytes, &at);
		place->file = next_text(&list->bytes, &at);
		if (numbers.len == 0 || sscanf(numbers.at, "%u %u", &sheet, &row) != 2)
			return err_set(err, ERR_STOP, "%s is not as it was written", path);
		place->sheet = (uint16_t)sheet;
		place->row = row;
	}
	return 0;
}

/* The file in which it came: of an archive that. */
static struct text
outer_file(struct text file)
{
	const char *mark = file.len > 0 ? memchr(file.at, '!', file.len) : NULL;

	return mark == NULL ? file : (struct text){ file.at, (size_t)(mark - file.at) };
}

/* The files of one run. ${*waits}: one of them lies in the inbox still. An archive may stand in several places of the list. */
static int
clean_run(const struct purge_raw *with, const char *data, const char *run, const struct list *list, bool *waits,
    struct err *err)
{
	struct purge_place *places = calloc(list->count + 1, sizeof(*places));
	struct purge_raw raw = *with;
	int result = 0;

	if (places == NULL)
		return err_set(err, ERR_RETRY, "out of memory for rows that are set aside");
	raw.places = places;
	for (size_t first = 0; first < list->count && result == 0; first++) {
		struct text source = list->sources[first], file = outer_file(list->places[first].file);
		char path[FILE_PATH_MAX];
		bool before = false;

		raw.place_count = 0;
		for (size_t i = 0; i < list->count && !before; i++) {
			if (!text_eq(list->sources[i], source) || !text_eq(outer_file(list->places[i].file), file))
				continue;
			before = i < first;
			places[raw.place_count++] = list->places[i];
		}
		if (before)
			continue;
		result = path_format(path, err, "%s/archive/%s/%.*s/%.*s", data, run, (int)source.len, source.at,
			     (int)file.len, file.at)
			    != 0
			|| purge_raw_one(&raw, path, file, err) != 0
			|| path_format(path, err, "%s/inbox/%.*s/%.*s", data, (int)source.len, source.at, (int)file.len,
			       file.at)
			    != 0
		    ? -1
		    : 0;
		*waits = *waits || (result == 0 && file_exists(path));
	}
	free(places);
	return result;
}

int
purge_again_clean(const char *data, struct sandbox *sandbox, const struct reader_limits *limits, const char *scratch,
    int wait_ms, struct err *err)
{
	char folder[FILE_PATH_MAX], path[FILE_PATH_MAX], **names;
	struct purge_counts counts = { 0 };
	struct buffer left;
	struct purge_raw raw = { .sandbox = sandbox,
		.limits = limits,
		.scratch = scratch,
		.wait_ms = wait_ms,
		.counts = &counts,
		.left = &left };
	size_t count;
	int result = 0;

	if (path_format(folder, err, "%s/state/" FOLDER, data) != 0)
		return -1;
	if (!file_exists(folder))
		return 0;
	if (file_list(folder, &names, &count, err) != 0)
		return -1;
	buffer_init(&left, (size_t)1 << 20);
	for (size_t i = 0; i < count && result == 0; i++) {
		struct list list;
		bool waits = false;

		if (names[i][0] < '0' || names[i][0] > '9' || strchr(names[i], '.') != NULL)
			continue;
		if (path_format(path, err, "%s/%s", folder, names[i]) != 0) {
			result = -1;
			break;
		}
		if (list_load(&list, path, err) != 0 || clean_run(&raw, data, names[i], &list, &waits, err) != 0)
			result = -1;
		else if (!waits)
			result = file_remove_all(path, err);
		list_free(&list);
	}
	buffer_fini(&left);
	free(names);
	return result != 0 ? -1 : file_remove_all(scratch, err);
}
