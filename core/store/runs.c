/*
 * runs.c - see runs.h. A buffer holds, from its start, u32 length and entry; from its end, growing down, one
 * {first eight bytes of the key, offset} an entry. Keys are mostly hashes, or numbers from some range: one counting pass over
 * the top 12 of the bits in which they differ leaves groups of a few dozen for qsort(). Merging keeps a binary heap of the
 * runs' next keys.
 */
#include "core/store/runs.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/file.h"

#define BUCKET_BITS 12
#define BUCKETS (1u << BUCKET_BITS)

struct slot {
	uint64_t key; /* first eight bytes, as a number */
	uint32_t at, len;
};

struct runs_writer {
	char *folder, *name;
	char *memory;
	size_t size, used;
	struct slot *slots; /* from the end of memory downwards: slots[-1] is the first */
	size_t count;
	unsigned run_no;
	struct buffer out;
};

static uint64_t
key_half(const char *at)
{
	uint64_t half;

	memcpy(&half, at, sizeof(half));
	return be64toh(half);
}

struct runs_writer *
runs_writer_new(const char *folder, const char *name, size_t memory, struct err *err)
{
	struct runs_writer *writer = calloc(1, sizeof(*writer));

	if (memory < 1024 * 1024)
		memory = 1024 * 1024;
	if (memory > UINT32_MAX)
		memory = UINT32_MAX;
	memory &= ~(size_t)63;
	if (writer != NULL) {
		writer->folder = strdup(folder);
		writer->name = strdup(name);
		writer->memory = malloc(memory);
		writer->size = memory;
		buffer_init(&writer->out, SIZE_MAX / 2);
	}
	if (writer == NULL || writer->folder == NULL || writer->name == NULL || writer->memory == NULL) {
		runs_writer_free(writer);
		err_set(err, ERR_RETRY, "out of memory for sorting");
		return NULL;
	}
	writer->slots = (struct slot *)(void *)(writer->memory + memory);
	return writer;
}

void
runs_writer_free(struct runs_writer *writer)
{
	if (writer == NULL)
		return;
	free(writer->folder);
	free(writer->name);
	free(writer->memory);
	buffer_fini(&writer->out);
	free(writer);
}

/* Only for slots whose first eight bytes are equal or compared already: the whole key. */
static int
slot_order(const void *a, const void *b, void *memory)
{
	const struct slot *x = a, *y = b;
	const char *base = memory;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return memcmp(base + x->at + 8, base + y->at + 8, SORTED_KEY_BYTES - 8);
}

static void
sort_group(struct slot *slots, size_t count, char *memory)
{
	if (count > 24) {
		qsort_r(slots, count, sizeof(*slots), slot_order, memory);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		struct slot slot = slots[i];
		size_t j = i;

		while (j > 0 && slot_order(&slot, &slots[j - 1], memory) < 0) {
			slots[j] = slots[j - 1];
			j--;
		}
		slots[j] = slot;
	}
}

/* By the bits behind the first ${common}, which are the same in all. */
static inline size_t
bucket_of(const struct slot *slot, int common)
{
	return (size_t)(slot->key << common >> (64 - BUCKET_BITS));
}

/* Sort ${count} slots in place: American flag sort on the top of the bits that differ, then each group. */
static void
sort_slots(struct slot *slots, size_t count, char *memory)
{
	static uint32_t starts[BUCKETS + 1], next[BUCKETS];
	uint64_t differ = 0;
	int common;

	for (size_t i = 1; i < count; i++)
		differ |= slots[i].key ^ slots[0].key;
	common = differ == 0 ? 0 : __builtin_clzll(differ);
	memset(starts, 0, sizeof(starts));
	for (size_t i = 0; i < count; i++)
		starts[bucket_of(&slots[i], common) + 1]++;
	for (size_t b = 0; b < BUCKETS; b++)
		starts[b + 1] += starts[b];
	memcpy(next, starts, sizeof(next));
	for (size_t b = 0; b < BUCKETS; b++) {
		while (next[b] < starts[b + 1]) {
			struct slot slot = slots[next[b]];
			size_t home;

			while ((home = bucket_of(&slot, common)) != b) {
				struct slot other = slots[next[home]];

				slots[next[home]++] = slot;
				slot = other;
			}
			slots[next[b]++] = slot;
		}
	}
	for (size_t b = 0; b < BUCKETS; b++)
		sort_group(slots + starts[b], starts[b + 1] - starts[b], memory);
}

static int
run_create(struct runs_writer *writer, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (path_format(path, err, "%s/%s-%u.run", writer->folder, writer->name, writer->run_no++) != 0)
		return -1;
	return file_create(path, err);
}

/* Sort the buffer, write it as a run, empty it. */
static int
write_run(struct runs_writer *writer, struct err *err)
{
	struct slot *slots = writer->slots - writer->count;
	struct sorted_packer packer;
	int fd, result = -1;

	if (writer->count == 0)
		return 0;
	sort_slots(slots, writer->count, writer->memory);
	fd = run_create(writer, err);
	if (fd < 0)
		return -1;
	sorted_pack_init(&packer, &writer->out, false);
	buffer_clear(&writer->out);
	sorted_head(&writer->out, 0, (struct text){ 0 });
	for (size_t i = 0; i < writer->count; i++) {
		if (sorted_pack(&packer, writer->memory + slots[i].at, slots[i].len, err) != 0)
			goto done;
		if (writer->out.len >= 4 * SORTED_BLOCK_BYTES) {
			if (file_write(fd, writer->out.at, writer->out.len, err) != 0)
				goto done;
			buffer_clear(&writer->out);
		}
	}
	if (sorted_pack_flush(&packer, err) != 0)
		goto done;
	sorted_end(&writer->out, packer.total_entries, packer.total_raw, packer.hash);
	result = writer->out.failed ? err_set(err, ERR_RETRY, "out of memory")
				    : file_write(fd, writer->out.at, writer->out.len, err);
	buffer_clear(&writer->out);
done:
	sorted_pack_fini(&packer);
	close(fd);
	writer->used = writer->count = 0;
	return result;
}

char *
runs_room(struct runs_writer *writer, size_t len, struct err *err)
{
	size_t taken = writer->used + (writer->count + 1) * sizeof(struct slot);

	if (len > SORTED_ENTRY_MAX || len + sizeof(struct slot) > writer->size) {
		err_set(err, ERR_STOP, "an entry of %zu bytes does not fit the sorting memory", len);
		return NULL;
	}
	if (taken + len > writer->size && write_run(writer, err) != 0)
		return NULL;
	return writer->memory + writer->used;
}

void
runs_put(struct runs_writer *writer, size_t len)
{
	char *entry = writer->memory + writer->used;

	writer->count++;
	writer->slots[-(ptrdiff_t)writer->count] = (struct slot){
		.key = key_half(entry),
		.at = (uint32_t)writer->used,
		.len = (uint32_t)len,
	};
	writer->used += len;
}

int
runs_add(struct runs_writer *writer, const void *entry, size_t len, struct err *err)
{
	char *room = runs_room(writer, len, err);

	if (room == NULL)
		return -1;
	memcpy(room, entry, len);
	runs_put(writer, len);
	return 0;
}

int
runs_finish(struct runs_writer *writer, struct err *err)
{
	return write_run(writer, err);
}

/* Merge ${count} runs named by ${names} into one new run, and remove them. */
static int
merge_down(const char *folder, char **names, size_t count, const char *into, struct err *err)
{
	struct runs part = { .files = calloc(count, sizeof(*part.files)) };
	struct runs_cursor cursor = { 0 };
	struct sorted_packer packer;
	struct buffer out;
	struct text entry;
	char path[FILE_PATH_MAX];
	int got, fd = -1, result = -1;

	buffer_init(&out, SIZE_MAX / 2);
	sorted_pack_init(&packer, &out, false);
	if (part.files == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	for (; part.count < count; part.count++) {
		if (path_format(path, err, "%s/%s", folder, names[part.count]) != 0
		    || sorted_open(&part.files[part.count], path, err) != 0)
			goto done;
	}
	if (path_format(path, err, "%s/%s", folder, into) != 0 || (fd = file_create(path, err)) < 0
	    || runs_seek(&cursor, &part, NULL, NULL, err) != 0)
		goto done;
	sorted_head(&out, 0, (struct text){ 0 });
	while ((got = runs_next(&cursor, &entry, err)) == 1) {
		if (sorted_pack(&packer, entry.at, entry.len, err) != 0)
			goto done;
		if (out.len >= 4 * SORTED_BLOCK_BYTES) {
			if (file_write(fd, out.at, out.len, err) != 0)
				goto done;
			buffer_clear(&out);
		}
	}
	if (got < 0 || sorted_pack_flush(&packer, err) != 0)
		goto done;
	sorted_end(&out, packer.total_entries, packer.total_raw, packer.hash);
	if (file_write(fd, out.at, out.len, err) != 0)
		goto done;
	for (size_t i = 0; i < count; i++) {
		if (path_format(path, err, "%s/%s", folder, names[i]) != 0 || file_remove_all(path, err) != 0)
			goto done;
	}
	result = 0;
done:
	if (fd >= 0)
		close(fd);
	runs_cursor_fini(&cursor);
	runs_close(&part);
	sorted_pack_fini(&packer);
	buffer_fini(&out);
	return result;
}

/* Is ${file} a run of ${name}: "name-*.run"? */
static bool
is_run_of(const char *file, const char *name)
{
	size_t len = strlen(name), whole = strlen(file);

	return whole > len + 5 && strncmp(file, name, len) == 0 && file[len] == '-'
	    && strcmp(file + whole - 4, ".run") == 0;
}

int
runs_open(struct runs *runs, const char *folder, const char *name, struct err *err)
{
	char **names, path[FILE_PATH_MAX], into[64];
	size_t all, count, merged = 0;

	*runs = (struct runs){ 0 };
again:
	if (file_list(folder, &names, &all, err) != 0)
		return -1;
	count = 0;
	for (size_t i = 0; i < all; i++) {
		if (is_run_of(names[i], name))
			names[count++] = names[i];
	}
	if (count > RUNS_FAN_IN) {
		for (size_t i = 0; i < count; i += RUNS_FAN_IN) {
			size_t part = count - i < RUNS_FAN_IN ? count - i : RUNS_FAN_IN;

			snprintf(into, sizeof(into), "%.40s-m%zu.run", name, merged++);
			if (merge_down(folder, names + i, part, into, err) != 0) {
				free(names);
				return -1;
			}
		}
		free(names);
		goto again;
	}
	runs->files = calloc(count + 1, sizeof(*runs->files));
	if (runs->files == NULL) {
		free(names);
		return err_set(err, ERR_RETRY, "out of memory");
	}
	for (size_t i = 0; i < count; i++) {
		if (path_format(path, err, "%s/%s", folder, names[i]) != 0
		    || sorted_open_scratch(&runs->files[runs->count], path, err) != 0) {
			free(names);
			runs_close(runs);
			return -1;
		}
		runs->entries += runs->files[runs->count].entries;
		runs->raw_bytes += runs->files[runs->count].raw_bytes;
		runs->count++;
	}
	free(names);
	return 0;
}

void
runs_close(struct runs *runs)
{
	for (size_t i = 0; i < runs->count; i++)
		sorted_close(&runs->files[i]);
	free(runs->files);
	*runs = (struct runs){ 0 };
}

void
runs_drop(const struct runs *runs, const uint8_t *from, const uint8_t *to)
{
	for (size_t i = 0; i < runs->count; i++)
		sorted_drop(&runs->files[i], from, to);
}

/* Load the next entry of run ${i}: 1, 0 when it is at its end, -1. */
static int
advance(struct runs_cursor *cursor, uint32_t i, struct err *err)
{
	struct runs_head *head = &cursor->heads[i];
	int got;

	do
		got = sorted_next(&cursor->cursors[i], &head->entry, err);
	while (got == 1 && cursor->runs->skip != NULL && cursor->runs->skip(cursor->runs->self, head->entry));
	if (got == 1 && cursor->runs->change != NULL) /* the bytes are the cursor's own */
		cursor->runs->change(cursor->runs->self, (char *)head->entry.at);
	if (got == 1) {
		head->key[0] = key_half(head->entry.at);
		head->key[1] = key_half(head->entry.at + 8);
	}
	return got;
}

static bool
before(const struct runs_cursor *cursor, uint32_t a, uint32_t b)
{
	const struct runs_head *x = &cursor->heads[a], *y = &cursor->heads[b];

	return x->key[0] != y->key[0] ? x->key[0] < y->key[0] : x->key[1] < y->key[1];
}

static void
sift_down(struct runs_cursor *cursor, size_t at)
{
	uint32_t run = cursor->heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= cursor->live)
			break;
		if (child + 1 < cursor->live && before(cursor, cursor->heap[child + 1], cursor->heap[child]))
			child++;
		if (!before(cursor, cursor->heap[child], run))
			break;
		cursor->heap[at] = cursor->heap[child];
		at = child;
	}
	cursor->heap[at] = run;
}

int
runs_seek(struct runs_cursor *cursor, const struct runs *runs, const uint8_t *from, const uint8_t *to, struct err *err)
{
	if (cursor->count != runs->count || cursor->cursors == NULL) {
		runs_cursor_fini(cursor);
		cursor->cursors = calloc(runs->count + 1, sizeof(*cursor->cursors));
		cursor->heads = calloc(runs->count + 1, sizeof(*cursor->heads));
		cursor->heap = calloc(runs->count + 1, sizeof(*cursor->heap));
		cursor->count = runs->count;
		if (cursor->cursors == NULL || cursor->heads == NULL || cursor->heap == NULL)
			return err_set(err, ERR_RETRY, "out of memory");
	}
	cursor->runs = runs;
	cursor->live = 0;
	cursor->pending = false;
	for (size_t i = 0; i < runs->count; i++) {
		int got;

		sorted_seek(&cursor->cursors[i], &runs->files[i], from, to);
		got = advance(cursor, (uint32_t)i, err);
		if (got < 0)
			return -1;
		if (got == 1)
			cursor->heap[cursor->live++] = (uint32_t)i;
	}
	for (size_t i = cursor->live / 2; i-- > 0;)
		sift_down(cursor, i);
	return 0;
}

int
runs_next(struct runs_cursor *cursor, struct text *entry, struct err *err)
{
	if (cursor->pending) { /* the entry given last time is done with */
		int got = advance(cursor, cursor->heap[0], err);

		cursor->pending = false;
		if (got < 0)
			return -1;
		if (got == 0)
			cursor->heap[0] = cursor->heap[--cursor->live];
		if (cursor->live > 0)
			sift_down(cursor, 0);
	}
	if (cursor->live == 0)
		return 0;
	*entry = cursor->heads[cursor->heap[0]].entry;
	cursor->pending = true;
	return 1;
}

void
runs_cursor_fini(struct runs_cursor *cursor)
{
	for (size_t i = 0; cursor->cursors != NULL && i < cursor->count; i++)
		sorted_cursor_fini(&cursor->cursors[i]);
	free(cursor->cursors);
	free(cursor->heads);
	free(cursor->heap);
	*cursor = (struct runs_cursor){ 0 };
}
