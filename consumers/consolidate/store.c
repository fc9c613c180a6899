/*
 * store.c - see store.h.
 */
#include "consumers/consolidate/store.h"

#include <stdlib.h>

#define LEDGER_VERSION 1

struct ledger_head {
	char magic[8];
	uint32_t version, zeros;
	uint64_t entries;
};

/* The next line of ${text}, which is shortened by it: false at the end. */
static bool
next_line(struct text *text, struct text *line)
{
	const char *newline = text->len == 0 ? NULL : memchr(text->at, '\n', text->len);

	if (newline == NULL)
		return false;
	*line = (struct text){ text->at, (size_t)(newline - text->at) };
	text->len -= line->len + 1;
	text->at = newline + 1;
	return true;
}

static int
read_small(const struct state *state, const char *name, struct buffer *bytes, struct err *err)
{
	char path[FILE_PATH_MAX];

	buffer_init(bytes, (size_t)1 << 30);
	return state_path(state, path, name, err) == 0 ? file_read_all(path, bytes, err) : -1;
}

static int
open_sources(struct store *store, const struct state *state, struct sources *sources, struct err *err)
{
	struct buffer bytes;
	struct text rest, line;
	int result = read_small(state, "sources.txt", &bytes, err);

	rest = buffer_as_text(&bytes);
	while (result == 0 && next_line(&rest, &line)) {
		const struct source *source = sources_find(sources, line);
		uint16_t number;

		if (source == NULL)
			source = sources_unknown(sources, line);
		result = source == NULL ? err_set(err, ERR_RETRY, "out of memory")
					: store_source(store, source, &number, err);
	}
	buffer_fini(&bytes);
	return result;
}

static int
open_columns(struct store *store, const struct state *state, const struct dataset *dataset, struct err *err)
{
	struct buffer bytes;
	struct text rest, line;
	int result = read_small(state, "columns.txt", &bytes, err);

	rest = buffer_as_text(&bytes);
	while (result == 0 && next_line(&rest, &line)) {
		const struct field *field = dataset_field(dataset, line);

		if (field != NULL)
			store->delivered[field->number] = 1;
	}
	buffer_fini(&bytes);
	return result;
}

int
ledger_load(const char *path, struct retired **ledger, size_t *count, struct err *err)
{
	struct ledger_head head;
	struct buffer bytes;
	int result;

	*ledger = NULL;
	*count = 0;
	buffer_init(&bytes, (size_t)1 << 30);
	result = file_read_all(path, &bytes, err);
	if (result == 0 && (bytes.len < sizeof(head) || memcmp(bytes.at, "YICILEDG", 8) != 0))
		result = err_set(err, ERR_STOP, "ledger.yc is no ledger of this version");
	if (result == 0) {
		memcpy(&head, bytes.at, sizeof(head));
		if (head.version != LEDGER_VERSION
		    || head.entries != (bytes.len - sizeof(head)) / sizeof(struct retired))
			result = err_set(err, ERR_STOP, "ledger.yc is damaged or of another version");
	}
	if (result == 0 && head.entries > 0) {
		*ledger = malloc(head.entries * sizeof(**ledger));
		if (*ledger == NULL)
			result = err_set(err, ERR_RETRY, "out of memory");
		else {
			memcpy(*ledger, bytes.at + sizeof(head), head.entries * sizeof(**ledger));
			*count = head.entries;
		}
	}
	buffer_fini(&bytes);
	return result;
}

static int
open_ledger(struct store *store, const struct state *state, struct err *err)
{
	char path[FILE_PATH_MAX];

	return state_path(state, path, "ledger.yc", err) == 0
	    ? ledger_load(path, &store->ledger, &store->ledger_count, err)
	    : -1;
}

/* Yesterday's field numbers to today's, when the dataset has changed. */
static int
make_remap(struct store *store, const struct dataset *dataset, struct err *err)
{
	struct text rest = store->records.meta, line;
	bool same = true;
	size_t count = 0;

	while (next_line(&rest, &line))
		count++;
	store->remap = calloc(count + 1, sizeof(*store->remap));
	if (store->remap == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	rest = store->records.meta;
	for (size_t i = 0; next_line(&rest, &line); i++) {
		const struct field *field = dataset_field(dataset, line);

		store->remap[i] = field == NULL ? UINT16_MAX : field->number;
		same = same && store->remap[i] == i;
	}
	store->remap_count = count;
	if (same) {
		free(store->remap);
		store->remap = NULL;
	}
	return 0;
}

/* Both files of values; the second is not always there. */
static int
open_records(struct store *store, const struct state *state, struct err *err)
{
	struct text first, second;
	char path[FILE_PATH_MAX];

	if (state_path(state, path, "records.yc", err) != 0 || sorted_open_head(&store->records, path, err) != 0)
		return -1;
	if (store->records.kind != RECORDS_KIND)
		return err_set(err, ERR_STOP, "%s is no state file of this version", path);
	if (state_path(state, path, "changed.yc", err) != 0)
		return -1;
	if (!file_exists(path))
		return 0;
	if (sorted_open_head(&store->changed, path, err) != 0)
		return -1;
	first = store->records.meta;
	second = store->changed.meta;
	if (store->changed.kind != RECORDS_KIND || !text_eq(first, second))
		return err_set(err, ERR_INPUT, "records.yc and changed.yc of the state do not belong together");
	return 0;
}

int
store_open(struct store *store, const struct state *state, const struct dataset *dataset, struct sources *sources,
    struct err *err)
{
	char standings[FILE_PATH_MAX];

	*store = (struct store){ .records = { .fd = -1 }, .changed = { .fd = -1 } };
	store->delivered = calloc(dataset->field_count + 1, 1);
	if (store->delivered == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (state->current[0] == '\0')
		return 0;
	if (state_dataset(state, dataset->name, err) != 0)
		goto fail;
	if (open_sources(store, state, sources, err) != 0 || open_columns(store, state, dataset, err) != 0
	    || open_ledger(store, state, err) != 0 || open_records(store, state, err) != 0)
		goto fail;
	store->open = true;
	if (make_remap(store, dataset, err) != 0 || state_path(state, store->links, "links.yc", err) != 0
	    || state_path(state, store->olders, "older.yc", err) != 0
	    || state_path(state, store->traits, "traits.yc", err) != 0
	    || state_path(state, standings, "presence.yc", err) != 0
	    || standings_load(&store->standings, standings, err) != 0)
		goto fail;
	return 0;
fail:
	store_close(store);
	return -1;
}

int
store_records(struct store *store, struct err *err)
{
	if (!store->open)
		return 0;
	if (sorted_outline(&store->records, err) != 0)
		return -1;
	return store->changed.fd < 0 ? 0 : sorted_outline(&store->changed, err);
}

void
store_close(struct store *store)
{
	free(store->sources);
	free(store->delivered);
	sorted_close(&store->records);
	sorted_close(&store->changed);
	free(store->remap);
	free(store->ledger);
	standings_free(&store->standings);
	*store = (struct store){ .records = { .fd = -1 }, .changed = { .fd = -1 } };
}

int
store_source(struct store *store, const struct source *source, uint16_t *number, struct err *err)
{
	const struct source **more;

	for (size_t i = 0; i < store->source_count; i++) {
		if (text_eq(store->sources[i]->name, source->name)) {
			*number = (uint16_t)i;
			return 0;
		}
	}
	if (store->source_count == UINT16_MAX)
		return err_set(err, ERR_STOP, "there are more than %u sources", UINT16_MAX);
	more = realloc(store->sources, (store->source_count + 1) * sizeof(*more));
	if (more == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	store->sources = more;
	store->sources[store->source_count] = source;
	*number = (uint16_t)store->source_count++;
	return 0;
}

static int
write_small(const char *folder, const char *name, struct buffer *bytes, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (buffer_failed(bytes))
		return err_set(err, ERR_RETRY, "out of memory");
	return path_format(path, err, "%s/%s", folder, name) == 0 ? file_write_all(path, bytes->at, bytes->len, err)
								  : -1;
}

static int
retired_order(const void *a, const void *b)
{
	return memcmp(a, b, STUDENT_ID_BYTES);
}

/* The bytes of ledger.yc with these entries, which are sorted here. */
static void
put_ledger(struct buffer *out, const struct retired *ledger, size_t count, const struct retired *more, size_t more_count)
{
	struct ledger_head head = { .magic = "YICILEDG", .version = LEDGER_VERSION, .entries = count + more_count };

	buffer_add(out, &head, sizeof(head));
	buffer_add(out, ledger, count * sizeof(*ledger));
	buffer_add(out, more, more_count * sizeof(*more));
	if (!buffer_failed(out))
		qsort(out->at + sizeof(head), head.entries, sizeof(struct retired), retired_order);
}

int
ledger_save(const char *path, const struct retired *ledger, size_t count, struct err *err)
{
	struct buffer out;
	int result;

	buffer_init(&out, SIZE_MAX / 4);
	put_ledger(&out, ledger, count, NULL, 0);
	result = buffer_failed(&out) ? err_set(err, ERR_RETRY, "out of memory for the ledger")
				     : file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	return result;
}

int
store_save(const struct store *store, const struct dataset *dataset, const struct retired *more, size_t more_count,
    const char *folder, struct err *err)
{
	struct buffer out;
	int result;

	buffer_init(&out, SIZE_MAX / 4);
	for (size_t i = 0; i < store->source_count; i++) {
		buffer_text(&out, store->sources[i]->name);
		buffer_char(&out, '\n');
	}
	result = write_small(folder, "sources.txt", &out, err);
	buffer_clear(&out);
	for (size_t i = 0; i < dataset->field_count; i++) {
		if (store->delivered[i]) {
			buffer_text(&out, dataset->fields[i].name);
			buffer_char(&out, '\n');
		}
	}
	if (result == 0)
		result = write_small(folder, "columns.txt", &out, err);
	buffer_clear(&out);
	put_ledger(&out, store->ledger, store->ledger_count, more, more_count);
	if (result == 0)
		result = write_small(folder, "ledger.yc", &out, err);
	buffer_fini(&out);
	return result;
}

int
store_retired(const struct store *store, const uint8_t *student, uint8_t *into, struct err *err)
{
	const struct retired *found = store->ledger_count == 0
	    ? NULL
	    : bsearch(student, store->ledger, store->ledger_count, sizeof(*store->ledger), retired_order);

	if (found == NULL)
		return 0;
	if (memcmp(found->into, student, STUDENT_ID_BYTES) == 0)
		return err_set(err, ERR_INPUT, "the ledger leads in a circle");
	memcpy(into, found->into, STUDENT_ID_BYTES);
	return 1;
}

int
store_find_row(const struct store *store, uint32_t file, uint32_t row, struct link *found, struct err *err)
{
	struct links_reader links;
	const struct link *link;
	int got;

	if (!store->open)
		return 0;
	if (links_open(&links, store->links, NULL, NULL, err) != 0)
		return -1;
	while ((got = links_next(&links, &link, err)) == 1) {
		if (link->file == file && link->row == row) {
			*found = *link;
			break;
		}
	}
	links_close(&links);
	return got;
}

/* The values of ${link}'s record in one of the two files: 1, 0 when it has none, -1. Valid until the next. */
static int
find_values(const struct sorted_file *file, struct sorted_cursor *cursor, const uint8_t *id, struct text *values,
    struct err *err)
{
	struct text entry;
	int got;

	if (file->fd < 0)
		return 0;
	sorted_seek(cursor, file, id, NULL);
	got = sorted_next(cursor, &entry, err);
	if (got != 1 || memcmp(entry.at, id, RECORD_ID_BYTES) != 0)
		return got < 0 ? -1 : 0;
	*values = (struct text){ entry.at + RECORD_ID_BYTES, entry.len - RECORD_ID_BYTES };
	return 1;
}

/* The record of ${link}, handed on. */
static int
take_record(const struct store *store, const struct link *link,
    int (*take)(void *, const struct link *, struct text, struct err *), void *self, struct err *err)
{
	struct sorted_cursor cursor = { 0 };
	struct value *scratch = NULL;
	struct buffer remapped;
	struct text values;
	int got, result = -1;

	buffer_init(&remapped, SORTED_ENTRY_MAX);
	got = find_values(&store->changed, &cursor, link->id, &values, err);
	if (got == 0)
		got = find_values(&store->records, &cursor, link->id, &values, err);
	if (got == 1) {
		result = 0;
		if (store->remap != NULL) {
			scratch = calloc(store->remap_count + 1, sizeof(*scratch));
			result = scratch == NULL
				|| values_remap(values, store->remap, store->remap_count, scratch, &remapped) != 0
			    ? err_set(err, ERR_INPUT, "a record in the state does not hold together")
			    : 0;
			values = buffer_as_text(&remapped);
		}
		if (result == 0)
			result = take(self, link, values, err);
	} else if (got == 0)
		err_set(err, ERR_INPUT, "a link in the state has no record");
	sorted_cursor_fini(&cursor);
	buffer_fini(&remapped);
	free(scratch);
	return result;
}

int
store_record(const struct store *store, const uint8_t *id,
    int (*take)(void *self, const struct link *link, struct text values, struct err *err), void *self, struct err *err)
{
	struct links_reader links;
	const struct link *link;
	struct link found;
	int got;

	if (!store->open)
		return 0;
	if (links_open(&links, store->links, id, NULL, err) != 0)
		return -1;
	got = links_next(&links, &link, err);
	if (got == 1)
		found = *link;
	links_close(&links);
	if (got != 1 || memcmp(found.id, id, RECORD_ID_BYTES) != 0)
		return got < 0 ? -1 : 0;
	return take_record(store, &found, take, self, err) == 0 ? 1 : -1;
}

int
store_student(const struct store *store, const uint8_t *student,
    int (*take)(void *self, const struct link *link, struct text values, struct err *err), void *self, struct err *err)
{
	struct links_reader links;
	const struct link *link;
	int got;

	if (!store->open)
		return 0;
	if (links_open(&links, store->links, NULL, NULL, err) != 0)
		return -1;
	while ((got = links_next(&links, &link, err)) == 1) {
		struct link found = *link;

		if (memcmp(link->student, student, STUDENT_ID_BYTES) == 0
		    && take_record(store, &found, take, self, err) != 0) {
			got = -1;
			break;
		}
	}
	links_close(&links);
	return got;
}
