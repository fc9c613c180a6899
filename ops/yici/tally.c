/*
 * tally.c - see tally.h. Bytes of an entry: u32 length of code, u32 length of name, the counts, code, name.
 */
#include "ops/yici/tally.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/digest.h"
#include "ops/yici/assemble.h"

struct entry {
	struct text code, name;
	uint64_t counts[TALLY_COUNTS];
};

struct tally {
	struct arena arena;
	struct entry *at;
	size_t size, count; /* size: a power of two */
	bool failed;        /* a school is missing */
};

struct tally *
tally_new(void)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (tally == NULL)
		return NULL;
	arena_init(&tally->arena, (size_t)256 << 20);
	tally->size = 1024;
	tally->at = calloc(tally->size, sizeof(*tally->at));
	if (tally->at == NULL) {
		tally_free(tally);
		return NULL;
	}
	return tally;
}

void
tally_free(struct tally *tally)
{
	if (tally == NULL)
		return;
	arena_fini(&tally->arena);
	free(tally->at);
	free(tally);
}

static size_t
find_slot(const struct tally *tally, struct text code, struct text name)
{
	size_t at = (size_t)hash64(name.at, name.len, hash64(code.at, code.len, 0)) & (tally->size - 1);

	while (
	    tally->at[at].code.at != NULL && (!text_eq(tally->at[at].code, code) || !text_eq(tally->at[at].name, name)))
		at = (at + 1) & (tally->size - 1);
	return at;
}

static bool
grow(struct tally *tally)
{
	struct tally bigger = { .size = tally->size * 2 };

	bigger.at = calloc(bigger.size, sizeof(*bigger.at));
	if (bigger.at == NULL)
		return false;
	for (size_t i = 0; i < tally->size; i++) {
		if (tally->at[i].code.at != NULL)
			bigger.at[find_slot(&bigger, tally->at[i].code, tally->at[i].name)] = tally->at[i];
	}
	free(tally->at);
	tally->at = bigger.at;
	tally->size = bigger.size;
	return true;
}

void
tally_add(struct tally *tally, struct text code, struct text name, const uint64_t counts[TALLY_COUNTS])
{
	struct entry *entry;

	if (tally->count * 2 >= tally->size && !grow(tally)) {
		tally->failed = true;
		return;
	}
	entry = &tally->at[find_slot(tally, code, name)];
	if (entry->code.at == NULL) {
		entry->code = arena_text(&tally->arena, code);
		entry->name = arena_text(&tally->arena, name);
		if (entry->code.at == NULL || entry->name.at == NULL) {
			entry->code.at = NULL;
			tally->failed = true;
			return;
		}
		tally->count++;
	}
	for (size_t i = 0; i < TALLY_COUNTS; i++)
		entry->counts[i] += counts[i];
}

void
tally_write(const struct tally *tally, struct buffer *out)
{
	for (size_t i = 0; i < tally->size; i++) {
		const struct entry *entry = &tally->at[i];
		uint32_t lens[2] = { (uint32_t)entry->code.len, (uint32_t)entry->name.len };

		if (entry->code.at == NULL)
			continue;
		buffer_add(out, lens, sizeof(lens));
		buffer_add(out, entry->counts, sizeof(entry->counts));
		buffer_text(out, entry->code);
		buffer_text(out, entry->name);
	}
	out->failed = out->failed || tally->failed;
}

void
tally_read(struct tally *tally, struct text bytes)
{
	uint64_t counts[TALLY_COUNTS];
	uint32_t lens[2];
	size_t at = 0;

	while (bytes.len - at >= sizeof(lens) + sizeof(counts)) {
		memcpy(lens, bytes.at + at, sizeof(lens));
		memcpy(counts, bytes.at + at + sizeof(lens), sizeof(counts));
		at += sizeof(lens) + sizeof(counts);
		if (lens[0] > bytes.len - at || lens[1] > bytes.len - at - lens[0])
			return;
		tally_add(tally, (struct text){ bytes.at + at, lens[0] },
		    (struct text){ bytes.at + at + lens[0], lens[1] }, counts);
		at += (size_t)lens[0] + lens[1];
	}
}

static int
school_order(const void *a, const void *b)
{
	const struct assemble_school *x = a, *y = b;
	int order = text_compare(x->code, y->code);

	return order != 0 ? order : text_compare(x->name, y->name);
}

int
tally_sorted(const struct tally *tally, struct assemble_school **schools, size_t *count, struct buffer *text)
{
	size_t bytes = 0, n = 0;

	for (size_t i = 0; i < tally->size; i++) {
		if (tally->at[i].code.at != NULL)
			bytes += tally->at[i].code.len + tally->at[i].name.len;
	}
	buffer_init(text, bytes + 256);
	*schools = calloc(tally->count + 1, sizeof(**schools));
	if (tally->failed || *schools == NULL || buffer_room(text, bytes + 1) == NULL)
		return -1;
	for (size_t i = 0; i < tally->size; i++) {
		const struct entry *entry = &tally->at[i];
		struct assemble_school *school = &(*schools)[n];

		if (entry->code.at == NULL)
			continue;
		school->code = (struct text){ text->at + text->len, entry->code.len };
		buffer_text(text, entry->code);
		school->name = (struct text){ text->at + text->len, entry->name.len };
		buffer_text(text, entry->name);
		school->students = entry->counts[0];
		school->present = entry->counts[1];
		school->absent = entry->counts[2];
		school->stale = entry->counts[3];
		school->left = entry->counts[4];
		school->back = entry->counts[5];
		school->fresh = entry->counts[6];
		school->changed = entry->counts[7];
		n++;
	}
	qsort(*schools, n, sizeof(**schools), school_order);
	*count = n;
	return 0;
}
