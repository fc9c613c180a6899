/*
 * place.c - see place.h.
 */
#include "consumers/follow/place.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/record/flat_json.h"

#define PLACE_BYTES_MAX ((size_t)1024 * 1024)

void
offsets_fini(struct offsets *offsets)
{
	free(offsets->at);
	*offsets = (struct offsets){ 0 };
}

int
offsets_set(struct offsets *offsets, uint64_t partition, int64_t offset)
{
	if (partition >= PLACE_PARTITIONS_MAX)
		return -1;
	if (partition >= offsets->count) {
		int64_t *grown = realloc(offsets->at, (size_t)(partition + 1) * sizeof(*grown));

		if (grown == NULL)
			return -1;
		for (size_t i = offsets->count; i <= partition; i++)
			grown[i] = -1;
		offsets->at = grown;
		offsets->count = (size_t)partition + 1;
	}
	offsets->at[partition] = offset;
	return 0;
}

int
offsets_parse(struct offsets *offsets, struct text text, struct err *err)
{
	while (text.len > 0) {
		size_t colon = text_find(text, TEXT(":")), comma = text_find(text, TEXT(","));
		size_t end = comma == SIZE_MAX ? text.len : comma;
		uint64_t partition, offset;

		if (colon == SIZE_MAX || colon >= end || !text_to_u64((struct text){ text.at, colon }, &partition)
		    || !text_to_u64((struct text){ text.at + colon + 1, end - colon - 1 }, &offset)
		    || end + 1 == text.len)
			return err_set(err, ERR_INPUT, "offsets are not written 0:123,1:98");
		if (offsets_set(offsets, partition, (int64_t)offset) != 0)
			return err_set(err, ERR_INPUT, "offsets name a partition beyond all reason");
		if (comma == SIZE_MAX)
			break;
		text = (struct text){ text.at + comma + 1, text.len - comma - 1 };
	}
	return 0;
}

void
offsets_write(const struct offsets *offsets, struct buffer *out)
{
	bool first = true;

	for (size_t i = 0; i < offsets->count; i++) {
		if (offsets->at[i] < 0)
			continue;
		buffer_format(out, "%s%zu:%" PRId64, first ? "" : ",", i, offsets->at[i]);
		first = false;
	}
}

void
place_fini(struct place *place)
{
	offsets_fini(&place->next);
}

static bool
read_name(struct text object, struct text name, char out[PLACE_NAME_MAX], struct buffer *text)
{
	if (!flat_json_string(object, name, text) || text->len >= PLACE_NAME_MAX)
		return false;
	memcpy(out, text->at, text->len);
	out[text->len] = '\0';
	return true;
}

static bool
read_members(struct place *place, struct text object, struct buffer *text)
{
	struct err err;
	uint64_t number;

	if (!read_name(object, TEXT("topic"), place->topic, text) || !read_name(object, TEXT("run"), place->run, text))
		return false;
	if (!flat_json_number(object, TEXT("students"), &place->students)
	    || !flat_json_number(object, TEXT("read_s"), &number))
		return false;
	place->read_s = (int64_t)number;
	if (!flat_json_string(object, TEXT("sha256"), text)
	    || !hex_parse(buffer_as_text(text), place->sha256.at, SHA256_BYTES))
		return false;
	return flat_json_string(object, TEXT("next"), text)
	    && offsets_parse(&place->next, buffer_as_text(text), &err) == 0;
}

int
place_read(struct place *place, const char *path, struct err *err)
{
	struct buffer object, text;
	int result = -1;

	*place = (struct place){ 0 };
	if (!file_exists(path))
		return 0;
	buffer_init(&object, PLACE_BYTES_MAX);
	buffer_init(&text, PLACE_BYTES_MAX);
	if (file_read_all(path, &object, err) == 0) {
		if (read_members(place, buffer_as_text(&object), &text))
			result = 1;
		else
			err_set(err, ERR_INPUT, "%s is not what yici follow wrote", path);
	}
	buffer_fini(&object);
	buffer_fini(&text);
	return result;
}

int
place_write(const struct place *place, const char *path, struct err *err)
{
	struct buffer out;
	char hex[2 * SHA256_BYTES + 1];
	int result;

	sha256_hex(&place->sha256, hex);
	buffer_init(&out, PLACE_BYTES_MAX);
	buffer_string(&out, "{\"topic\":");
	buffer_json_string(&out, text_from(place->topic));
	buffer_string(&out, ",\"run\":");
	buffer_json_string(&out, text_from(place->run));
	buffer_format(&out, ",\"students\":%" PRIu64 ",\"read_s\":%" PRId64 ",\"sha256\":\"%s\",\"next\":\"",
	    place->students, place->read_s, hex);
	offsets_write(&place->next, &out);
	buffer_string(&out, "\"}\n");
	result = buffer_failed(&out) ? err_set(err, ERR_RETRY, "memory is short")
				     : file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	return result;
}
