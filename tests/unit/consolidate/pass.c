/*
 * pass.c - see pass.h.
 */
#include "tests/unit/consolidate/pass.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/support.h"

static const struct field fields[] = { { .name = { "phone", 5 }, .number = 0, .merge = MERGE_UNION } };
static const struct leaving leavings[] = {
	{ .field = 0, .date = FIELD_NONE, .code = { "gone", 4 }, .reason = { "graduated", 9 } }
};
static const struct dataset dataset = {
	.fields = fields,
	.field_count = 1,
	.roles = { .school_code = FIELD_NONE },
	.leavings = leavings,
	.leaving_count = 1,
	.back_days = PASS_BACK_DAYS,
};

void
pass_init(struct pass *pass, struct world *world)
{
	*pass = (struct pass){ .world = world, .units = 1 };
	buffer_init(&pass->told, 1 << 20);
	assert_non_null(buffer_room(&pass->told, 1 << 20)); /* telling takes no memory of the pass */
}

void
pass_fini(struct pass *pass)
{
	buffer_fini(&pass->told);
}

/* ---- what is told ---- */

static char
letter_of(struct pass *pass, const uint8_t *student)
{
	size_t i = 0;

	while (i < pass->student_count && memcmp(pass->students[i], student, STUDENT_ID_BYTES) != 0)
		i++;
	if (i == pass->student_count) {
		assert_true(i < ARRAY_LEN(pass->students));
		memcpy(pass->students[pass->student_count++], student, STUDENT_ID_BYTES);
	}
	return (char)('A' + i);
}

static int
on_row(void *self, const struct checked *row, const uint8_t *student, struct err *err)
{
	struct pass *pass = self;

	(void)err;
	buffer_format(&pass->told, "row %u:%u %c\n", row->file, row->row, letter_of(pass, student));
	return 0;
}

static struct text
value_of(const struct merged *merged)
{
	return merged != NULL && merged->count > 0 ? merged->values[0].text : TEXT("-");
}

static int
on_student(void *self, const struct update_student *student, struct err *err)
{
	struct pass *pass = self;

	buffer_format(&pass->told, "student %c %zu ", letter_of(pass, student->id), student->member_count);
	buffer_text(&pass->told, value_of(student->now));
	if (student->fresh)
		buffer_string(&pass->told, " new");
	else if (!student->changed)
		buffer_string(&pass->told, " same");
	else {
		buffer_string(&pass->told, " changed (was ");
		buffer_text(&pass->told, value_of(student->before));
		buffer_char(&pass->told, ')');
	}
	if (student->standing->presence != PRESENT)
		buffer_format(&pass->told, " %s", presence_name((enum presence)student->standing->presence));
	if (student->stood != NULL && student->stood->presence != student->standing->presence)
		buffer_format(&pass->told, " after %s", presence_name((enum presence)student->stood->presence));
	buffer_char(&pass->told, '\n');
	return student->kept != NULL ? runs_add(pass->standings, student->kept, sizeof(*student->kept), err) : 0;
}

static int
on_duplicate(void *self, const struct update_duplicate *duplicate, struct err *err)
{
	struct pass *pass = self;

	(void)err;
	buffer_format(&pass->told, "again %u:%u of %u:%u\n", duplicate->again.file, duplicate->again.row,
	    duplicate->first.file, duplicate->first.row);
	return 0;
}

static int
on_review(void *self, const struct link *link, const struct merge_member *member, struct err *err)
{
	struct pass *pass = self;

	(void)err;
	buffer_format(&pass->told, "review %u:%u %c\n", member->file, member->row, letter_of(pass, link->student));
	return 0;
}

static const struct update_events events = { on_row, on_student, on_duplicate, on_review, NULL };

/* ---- the pass ---- */

static int
all_units(struct pass *pass, struct update *update, struct sorted_packer *packer, struct err *err)
{
	for (size_t unit = 0; unit < pass->units; unit++) {
		uint8_t from[RECORD_ID_BYTES], to[RECORD_ID_BYTES];

		update_unit_start(unit, pass->units, from);
		if (unit + 1 < pass->units)
			update_unit_start(unit + 1, pass->units, to);
		if (update_unit(
			update, unit == 0 ? NULL : from, unit + 1 < pass->units ? to : NULL, packer, &pass->totals, err)
		    != 0)
			return -1;
	}
	return 0;
}

/* records.yc or changed.yc of the night. */
static int
write_records(const struct sorted_packer *packer, struct text blocks, const char *path, struct err *err)
{
	struct buffer whole;
	int fd = -1, result = -1;

	buffer_init(&whole, 1 << 24);
	sorted_head(&whole, RECORDS_KIND, TEXT("phone\n"));
	buffer_text(&whole, blocks);
	sorted_end(&whole, packer->total_entries, packer->total_raw, packer->hash);
	if (buffer_failed(&whole))
		err_set(err, ERR_RETRY, "out of memory");
	else if ((fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600)) < 0)
		err_errno(err, ERR_STOP, "cannot write");
	else
		result = file_write(fd, whole.at, whole.len, err);
	if (fd >= 0)
		close(fd);
	buffer_fini(&whole);
	return result;
}

/* presence.yc of the night. */
static int
write_standings(struct pass *pass, const char *folder, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct runs runs;
	int result = -1;

	if (runs_finish(pass->standings, err) != 0 || runs_open(&runs, folder, "standings", err) != 0)
		return -1;
	if (path_format(path, err, "%s/presence.yc", folder) == 0 && (unlink(path) == 0 || errno == ENOENT))
		result = standings_save(&runs, path, err);
	runs_close(&runs);
	return result;
}

static int
make_pass(struct pass *pass, const struct update_input *input, const char *folder, const char *records, struct err *err)
{
	struct runs_writer *writer = runs_writer_new(folder, "aside", 1 << 20, err);
	struct update *update = writer == NULL
		|| (pass->standings = runs_writer_new(folder, "standings", 0, err)) == NULL
	    ? NULL
	    : update_new(input, writer, &events, pass, err);
	struct sorted_packer packer;
	struct buffer blocks;
	struct runs aside = { 0 };
	int result = -1;

	buffer_init(&blocks, 1 << 24);
	sorted_pack_init(&packer, &blocks, true);
	if (update != NULL && all_units(pass, update, &packer, err) == 0 && runs_finish(writer, err) == 0
	    && runs_open(&aside, folder, "aside", err) == 0
	    && update_aside(update, &aside, NULL, NULL, &pass->totals, err) == 0
	    && write_standings(pass, folder, err) == 0)
		result = write_records(&packer, buffer_as_text(&blocks), records, err);
	runs_close(&aside);
	update_free(update);
	runs_writer_free(writer);
	runs_writer_free(pass->standings);
	pass->standings = NULL;
	sorted_pack_fini(&packer);
	buffer_fini(&blocks);
	return result;
}

int
pass_run(struct pass *pass, int was, struct err *err)
{
	const struct world *world = pass->world;
	struct standings standings = { 0 };
	char folder[FILE_PATH_MAX], links[FILE_PATH_MAX], old_links[FILE_PATH_MAX], records[FILE_PATH_MAX],
	    old_records[FILE_PATH_MAX], changed[FILE_PATH_MAX], old_changed[FILE_PATH_MAX], stood[FILE_PATH_MAX];
	struct runs runs = { 0 }, same = { 0 };
	struct sorted_file old = { .fd = -1 }, lately = { .fd = -1 };
	struct update_input input = { .dataset = &dataset,
		.runs = &runs,
		.same = &same,
		.links = links,
		.standings = &standings,
		.sources = world->sources,
		.remap = pass->remap,
		.remap_count = pass->remap_count,
		.today = (uint16_t)(9000 + world->night - 1),
		.redo = pass->redo };
	int result = -1;

	buffer_clear(&pass->told);
	pass->totals = (struct update_totals){ 0 };
	world_path(world, world->night - 1, "", folder);
	world_path(world, world->night - 1, "links.yc", links);
	world_path(world, world->night - 1, "records.yc", records);
	world_path(world, world->night - 1, "changed.yc", changed);
	(void)!unlink(records); /* of a run before this one: to be told from yesterday's, which it may be a link to */
	(void)!unlink(changed);
	if (was != PASS_FIRST) {
		world_path(world, (unsigned)was, "links.yc", old_links);
		world_path(world, (unsigned)was, "records.yc", old_records);
		world_path(world, (unsigned)was, "changed.yc", old_changed);
		world_path(world, (unsigned)was, "presence.yc", stood);
		input.old_links = old_links;
		input.records = &old;
	}
	if (runs_open(&runs, folder, "rows", err) == 0 && runs_open(&same, folder, "same", err) == 0
	    && (was == PASS_FIRST
		|| (sorted_open(&old, old_records, err) == 0 && standings_load(&standings, stood, err) == 0))) {
		bool is_changed = was != PASS_FIRST && access(old_changed, F_OK) == 0;

		if (!is_changed || sorted_open(&lately, old_changed, err) == 0) {
			input.changed = is_changed ? &lately : NULL;
			input.whole = update_wants_whole(&input);
			if (!input.whole)
				assert_int_equal(link(old_records, records), 0);
			result = make_pass(pass, &input, folder, input.whole ? records : changed, err);
		}
	}
	runs_close(&runs);
	runs_close(&same);
	sorted_close(&old);
	sorted_close(&lately);
	standings_free(&standings);
	return result;
}

void
pass_night(struct pass *pass)
{
	struct err err = { 0 };

	if (pass_run(pass, (int)pass->world->night - 2, &err) != 0)
		fail_msg("%s", err.what);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *
pass_lines(struct pass *pass)
{
	static char sorted[65536];
	char *lines[1000], *rest = NULL;
	static char copy[65536];
	size_t count = 0, len = 0;

	assert_true(pass->told.len < sizeof(copy) && !buffer_failed(&pass->told));
	memcpy(copy, pass->told.at, pass->told.len);
	copy[pass->told.len] = '\0';
	for (char *line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		assert_true(count < ARRAY_LEN(lines));
		lines[count++] = line;
	}
	qsort(lines, count, sizeof(*lines), by_text);
	sorted[0] = '\0';
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(sorted + len, sizeof(sorted) - len, "%s\n", lines[i]);
	return sorted;
}
