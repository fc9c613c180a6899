/*
 * said_file.c - see said.h: reading and writing SAID_FILE.
 */
#include <stdlib.h>

#include "consumers/forms/said.h"
#include "core/base/file.h"
#include "core/store/sorted.h"

#define HEAD_BYTES (SAID_ID_BYTES + 5)

static struct text *
text_of(struct said *said, size_t i)
{
	struct text *const texts[SAID_TEXTS] = { &said->owner, &said->key, &said->header, &said->field, &said->value,
		&said->origin, &said->day, &said->run, &said->form, &said->file, &said->sheet };

	return texts[i];
}

static int
broken(struct err *err)
{
	return err_set(err, ERR_INPUT, "what forms said does not hold together in the state");
}

static int
read_entry(struct text entry, struct arena *arena, struct said *said, struct err *err)
{
	const uint8_t *bytes = (const uint8_t *)(const void *)entry.at;
	size_t at = HEAD_BYTES;

	*said = (struct said){ 0 };
	if (entry.len < HEAD_BYTES || bytes[SAID_ID_BYTES] < SAID_ANSWER || bytes[SAID_ID_BYTES] > SAID_DIFFERENCE)
		return broken(err);
	memcpy(said->student, bytes, SAID_ID_BYTES);
	said->kind = (enum said_kind)bytes[SAID_ID_BYTES];
	for (size_t i = 0; i < 4; i++)
		said->row |= (uint32_t)bytes[SAID_ID_BYTES + 1 + i] << 8 * i;
	for (size_t i = 0; i < SAID_TEXTS; i++) {
		size_t len;

		if (entry.len - at < 2)
			return broken(err);
		len = (size_t)bytes[at] | (size_t)bytes[at + 1] << 8;
		at += 2;
		if (entry.len - at < len)
			return broken(err);
		*text_of(said, i) = arena_text(arena, (struct text){ entry.at + at, len });
		if (text_of(said, i)->at == NULL)
			return err_set(err, ERR_RETRY, "out of memory for what forms said");
		at += len;
	}
	return at == entry.len ? 0 : broken(err);
}

int
said_load(const char *path, struct arena *arena, struct said_list *list, struct err *err)
{
	struct sorted_cursor cursor = { 0 };
	struct sorted_file file;
	struct text entry;
	int got = -1;

	*list = (struct said_list){ 0 };
	if (!file_exists(path))
		return 0;
	if (sorted_open(&file, path, err) != 0)
		return -1;
	list->at = arena_take(arena, (size_t)(file.entries + 1) * sizeof(*list->at));
	if (list->at == NULL)
		err_set(err, ERR_RETRY, "out of memory for what forms said");
	else if (file.kind != SAID_KIND)
		broken(err);
	else {
		sorted_seek(&cursor, &file, NULL, NULL);
		while ((got = sorted_next(&cursor, &entry, err)) == 1) {
			if (read_entry(entry, arena, &list->at[list->count++], err) != 0) {
				got = -1;
				break;
			}
		}
		sorted_cursor_fini(&cursor);
	}
	sorted_close(&file);
	return got;
}

static int
pack(struct sorted_packer *packer, const struct said *said, struct buffer *entry, struct err *err)
{
	struct said one = *said;

	buffer_clear(entry);
	buffer_add(entry, one.student, sizeof(one.student));
	buffer_char(entry, (char)one.kind);
	for (size_t i = 0; i < 4; i++)
		buffer_char(entry, (char)(one.row >> 8 * i & 0xFF));
	for (size_t i = 0; i < SAID_TEXTS; i++) {
		struct text text = *text_of(&one, i);

		if (text.len > UINT16_MAX)
			return err_set(err, ERR_STOP, "what a form says is too long to be kept");
		buffer_char(entry, (char)(text.len & 0xFF));
		buffer_char(entry, (char)(text.len >> 8));
		buffer_text(entry, text);
	}
	return buffer_failed(entry) ? err_set(err, ERR_RETRY, "out of memory for what forms said")
				    : sorted_pack(packer, entry->at, entry->len, err);
}

int
said_save(const struct said_list *list, const char *path, struct err *err)
{
	struct sorted_packer packer;
	struct buffer out, entry;
	int result = 0;

	buffer_init(&out, SIZE_MAX / 4);
	buffer_init(&entry, SORTED_ENTRY_MAX);
	sorted_head(&out, SAID_KIND, (struct text){ 0 });
	sorted_pack_init(&packer, &out, true);
	for (size_t i = 0; i < list->count && result == 0; i++)
		result = pack(&packer, &list->at[i], &entry, err);
	if (result == 0)
		result = sorted_pack_flush(&packer, err);
	sorted_end(&out, packer.total_entries, packer.total_raw, packer.hash);
	sorted_pack_fini(&packer);
	if (result == 0 && buffer_failed(&out))
		result = err_set(err, ERR_RETRY, "out of memory for what forms said");
	if (result == 0)
		result = file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	buffer_fini(&entry);
	return result;
}
