/*
 * world.c - see world.h.
 */
#include "tests/unit/consolidate/world.h"

#include <stdlib.h>

#include "tests/support/support.h"

void
world_init(struct world *world, const char *folder)
{
	static const char *const names[SOURCES] = { "registry", "grants", "health", "club" };

	*world = (struct world){ 0 };
	snprintf(world->folder, sizeof(world->folder), "%s", folder);
	for (unsigned i = 0; i < SOURCES; i++) {
		world->source[i] = (struct source){ .name = text_from(names[i]),
			.number = (uint16_t)i,
			.trust = 90 - 20 * (int)i,
			.full = i <= GRANTS,
			.defined = true };
		world->sources[i] = &world->source[i];
	}
}

void
world_fini(struct world *world)
{
	link_result_free(&world->result);
	free(world->links);
}

/* 18 characters; weights are powers of two modulo eleven (GB 11643). */
static void
complete_number(uint64_t number, char out[32])
{
	int sum = 0;

	snprintf(out, 32, "%017llu", (unsigned long long)number);
	for (int i = 0; i < 17; i++)
		sum += (out[i] - '0') * ((1 << (17 - i)) % 11);
	out[17] = "10X98765432"[sum % 11];
	out[18] = '\0';
}

struct checked
world_checked(const struct world *world, const struct statement *say, uint32_t file, uint32_t row)
{
	struct checked checked = { .file = file,
		.row = row,
		.source = (uint16_t)say->source,
		.number = say->number,
		.core = say->core,
		.birth_day = say->birth,
		.school = say->school };
	struct anchor anchor;
	char text[64];

	checked.name = say->name == NULL ? 0 : (uint32_t)hash64(say->name, strlen(say->name), 1);
	if (say->student_no != NULL)
		checked.student_no = anchor_of(ANCHOR_STUDENT_NO, text_from(say->student_no), WORLD_SEED).hash;
	if (say->number != 0 || say->core != 0) {
		complete_number(say->number != 0 ? say->number : say->core, text);
		anchor = anchor_of(ANCHOR_NUMBER, text_from(text), WORLD_SEED);
	} else if (say->document != NULL)
		anchor = anchor_of(ANCHOR_DOCUMENT, text_from(say->document), WORLD_SEED);
	else if (say->student_no != NULL)
		anchor = anchor_of(ANCHOR_STUDENT_NO, text_from(say->student_no), WORLD_SEED);
	else {
		snprintf(text, sizeof(text), "%s %d", say->name, (int)say->birth);
		anchor = anchor_of(ANCHOR_BIRTH, text_from(text), WORLD_SEED);
	}
	checked.kind = (uint8_t)anchor.kind;
	record_id_make(checked.id, anchor, world->source[say->source].name, text_from(say->name), WORLD_SEED);
	checked.content = hash64(
	    &(uint64_t[]){ say->number, say->core, checked.student_no, (uint64_t)say->birth, say->school, say->time },
	    6 * sizeof(uint64_t), 0);
	checked.version = (uint64_t)say->time << 32 | (checked.content & UINT32_MAX);
	return checked;
}

void
world_path(const struct world *world, unsigned night, const char *name, char path[FILE_PATH_MAX])
{
	struct err err = { 0 };

	assert_int_equal(path_format(path, &err, "%s/%u/%s", world->folder, night, name), 0);
}

/* A row as it lies in the runs: the head, then the value of field 0. */
static void
put_row(struct runs_writer *writer, struct checked *checked, const char *says)
{
	struct value value = { .field = 0 };
	struct buffer entry;
	struct err err = { 0 };

	if (says != NULL) {
		checked->content = hash64(says, strlen(says), checked->content);
		checked->version = (checked->version >> 32 << 32) | (checked->content & UINT32_MAX);
		value.text = text_from(says);
	}
	buffer_init(&entry, 1000);
	buffer_add(&entry, checked, sizeof(*checked));
	if (says != NULL)
		values_encode(&value, 1, &entry);
	assert_false(buffer_failed(&entry));
	assert_int_equal(runs_add(writer, entry.at, entry.len, &err), 0);
	buffer_fini(&entry);
}

/* A row that is yesterday's: the number of its link, and where it stands today. */
static void
put_same(struct runs_writer *writer, const struct world *world, const struct checked *checked)
{
	struct same same = { 0 };
	struct err err = { 0 };
	size_t i = 0;

	while (i < world->count && memcmp(world->links[i].id, checked->id, RECORD_ID_BYTES) != 0)
		i++;
	assert_true(i < world->count);
	same_put(same.link, (uint32_t)i);
	same_put(same.file, checked->file);
	same_put(same.row, checked->row);
	assert_int_equal(runs_add(writer, &same, sizeof(same), &err), 0);
}

static void
write_rows(struct world *world, const struct delivery *delivery, const char *folder, struct decided *decided,
    size_t *decided_count)
{
	size_t *order = calloc(delivery->count + 1, sizeof(*order));
	struct runs_writer *writer, *same;
	struct err err = { 0 };
	unsigned runs = delivery->runs == 0 ? 1 : delivery->runs;
	uint64_t random = delivery->shuffle;

	assert_non_null(order);
	for (size_t i = 0; i < delivery->count; i++)
		order[i] = i;
	for (size_t i = delivery->count; random != 0 && i > 1; i--) {
		size_t j, kept = order[i - 1];

		random = random * 6364136223846793005u + 1442695040888963407u;
		j = (size_t)((random >> 33) % i);
		order[i - 1] = order[j];
		order[j] = kept;
	}
	writer = runs_writer_new(folder, "rows", 1 << 20, &err);
	same = runs_writer_new(folder, "same", 1 << 20, &err);
	assert_non_null(writer);
	assert_non_null(same);
	*decided_count = 0;
	for (size_t i = 0; i < delivery->count; i++) {
		struct checked checked = world_checked(
		    world, &delivery->rows[order[i]], world->night, (uint32_t)order[i] + 2);

		if (delivery->left != NULL && delivery->left[order[i]]) {
			checked.content = checked_left_content(checked.content);
			checked.version = checked.version >> 32 << 32;
		}
		if (order[i] < delivery->known) {
			put_same(same, world, &checked);
			continue;
		}
		if (delivery->aside) { /* said of content that it no longer has: settled apart, to no effect */
			decided[*decided_count] = (struct decided){ .kind = DECIDED_WRONG_ROW, .content = 1 };
			memcpy(decided[(*decided_count)++].a, checked.id, RECORD_ID_BYTES);
		}
		put_row(writer, &checked, delivery->says == NULL ? NULL : delivery->says[order[i]]);
		if ((i + 1) * runs / delivery->count != i * runs / delivery->count)
			assert_int_equal(runs_finish(writer, &err), 0);
	}
	assert_int_equal(runs_finish(writer, &err), 0);
	assert_int_equal(runs_finish(same, &err), 0);
	runs_writer_free(writer);
	runs_writer_free(same);
	free(order);
}

static void
read_links(struct world *world, const char *path)
{
	struct links_reader reader;
	const struct link *link;
	struct err err = { 0 };
	int got;

	free(world->links);
	world->links = calloc(world->result.records + 1, sizeof(*world->links));
	world->count = 0;
	assert_non_null(world->links);
	assert_int_equal(links_open(&reader, path, NULL, NULL, &err), 0);
	while ((got = links_next(&reader, &link, &err)) == 1) {
		assert_true(world->count < world->result.records);
		assert_true(
		    world->count == 0 || memcmp(world->links[world->count - 1].id, link->id, RECORD_ID_BYTES) < 0);
		world->links[world->count++] = *link;
	}
	assert_int_equal(got, 0);
	assert_int_equal(world->count, world->result.records);
	links_close(&reader);
}

static int
decided_order(const void *a, const void *b)
{
	return memcmp(a, b, 2 * RECORD_ID_BYTES);
}

void
world_night(struct world *world, const struct delivery *delivery)
{
	char folder[FILE_PATH_MAX], old[FILE_PATH_MAX], links[FILE_PATH_MAX];
	struct decided *decided = calloc(delivery->count + 1, sizeof(*decided));
	struct covered *covered = calloc(delivery->covered_count + delivery->count + 1, sizeof(*covered));
	bool delivered[SOURCES];
	struct link_input input = { .sources = world->sources,
		.source_count = SOURCES,
		.today = (uint16_t)(9000 + world->night),
		.seed = WORLD_SEED,
		.decided = decided,
		.covered = covered,
		.delivered = delivered };
	struct runs runs, same;
	struct err err = { 0 };

	assert_non_null(decided);
	assert_non_null(covered);
	memcpy(delivered, delivery->delivered, sizeof(delivered));
	world->files[world->night].number = world->night;
	world->files[world->night].sha256 = sha256_of(&world->night, sizeof(world->night));
	assert_int_equal(path_format(folder, &err, "%s/%u", world->folder, world->night), 0);
	assert_int_equal(path_format(old, &err, "%s/%u/links.yc", world->folder, world->night - 1), 0);
	assert_int_equal(path_format(links, &err, "%s/%u/links.yc", world->folder, world->night), 0);
	assert_int_equal(file_make_folder(folder, &err), 0);
	write_rows(world, delivery, folder, decided, &input.decided_count);
	qsort(decided, input.decided_count, sizeof(*decided), decided_order);
	for (size_t i = 0; i < delivery->covered_count; i++)
		covered[input.covered_count++] = delivery->covered[i];
	for (size_t i = 0; i < delivery->count; i++) {
		delivered[delivery->rows[i].source] = true;
		if (delivery->covers_own)
			covered[input.covered_count++] = (struct covered){ .source = (uint16_t)delivery->rows[i].source,
				.school = delivery->rows[i].school,
				.rows = 1 };
	}
	assert_int_equal(runs_open(&runs, folder, "rows", &err), 0);
	assert_int_equal(runs_open(&same, folder, "same", &err), 0);
	input.runs = &runs;
	input.same = &same;
	input.old_links = world->night == 0 ? NULL : old;
	input.folder = folder;
	link_result_free(&world->result);
	if (link_run(&input, &world->result, &err) != 0)
		fail_msg("%s", err.what);
	read_links(world, links);
	runs_close(&runs);
	runs_close(&same);
	free(decided);
	free(covered);
	world->night++;
}

const struct link *
world_link(const struct world *world, const struct statement *statement)
{
	struct checked checked = world_checked(world, statement, 0, 0);

	for (size_t i = 0; i < world->count; i++) {
		if (memcmp(world->links[i].id, checked.id, RECORD_ID_BYTES) == 0)
			return &world->links[i];
	}
	return NULL;
}
