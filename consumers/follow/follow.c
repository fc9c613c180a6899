/*
 * follow.c - see follow.h.
 *
 * Order of what becomes durable: the new files beside the old ones; the new place as PLACE.new, with the digest of the new lines; the
 * lines by rename; the table by rename; the place by rename. Whoever finds lines with the digest of PLACE.new finishes the rest.
 */
#include "consumers/follow/follow.h"

#include <stdio.h>
#include <stdlib.h>

#include "consumers/follow/merge.h"
#include "consumers/follow/place.h"
#include "core/record/flat_json.h"

#define TEXT_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define POLL_MS 200
#define SILENCE_MS 60000 /* longest wait for what a complete run says is there */

/* A complete run, and up to where the topic holds it. */
struct target {
	char run[sizeof(((struct follow_news *)0)->run)];
	uint64_t students;
	struct offsets last;
};

struct follow {
	const struct follow_settings *settings;
	struct bus *bus;
	struct place place; /* what the files hold; run[0] == '\0': nothing */
	enum follow_anew anew;
	struct target target; /* the newest complete run that was seen */
	struct bus_position runs_at;
	char member[PLACE_NAME_MAX + 16]; /* "students_offsets" */
	char place_new[FILE_PATH_MAX], lines_new[FILE_PATH_MAX], table_new[FILE_PATH_MAX];
	struct buffer text;
	struct err unseen;
	bool news; /* of a view: there is something behind the place */
};

/* ---- files ---- */

static int
digest_of(const char *path, struct sha256 *digest, struct err *err)
{
	FILE *file = fopen(path, "re");
	int result;

	if (file == NULL)
		return err_errno(err, ERR_STOP, "%s", path);
	result = sha256_fd(fileno(file), digest, err);
	fclose(file);
	return result;
}

static bool
same_digest(const struct sha256 *a, const struct sha256 *b)
{
	return memcmp(a->at, b->at, SHA256_BYTES) == 0;
}

static int
write_table(struct follow *follow, struct err *err)
{
	const struct follow_settings *settings = follow->settings;

	if (settings->table == NULL)
		return 0;
	return table_write(settings->lines, settings->dataset, settings->cell, follow->table_new, err) != 0
	    ? -1
	    : file_rename(follow->table_new, settings->table, err);
}

/* The lines are those of PLACE.new: what was cut short after their rename. */
static int
finish(struct follow *follow, struct err *err)
{
	if (write_table(follow, err) != 0)
		return -1;
	return file_rename(follow->place_new, follow->settings->place, err);
}

/* What is in force; follow->anew says whether it can be gone on from. */
static int
find_place(struct follow *follow, struct err *err)
{
	const struct follow_settings *settings = follow->settings;
	struct place begun = { 0 };
	struct sha256 digest = { 0 };
	bool there = file_exists(settings->lines);
	int got = place_read(&follow->place, settings->place, err);
	struct err ignored;

	if (got < 0)
		return -1;
	follow->anew = got == 1 ? FOLLOW_ON : FOLLOW_FIRST;
	if (there && digest_of(settings->lines, &digest, err) != 0)
		return -1;
	if (place_read(&begun, follow->place_new, &ignored) == 1 && there && same_digest(&begun.sha256, &digest)) {
		if (finish(follow, err) != 0) {
			place_fini(&begun);
			return -1;
		}
		place_fini(&follow->place);
		follow->place = begun;
		follow->anew = FOLLOW_ON;
	} else
		place_fini(&begun);
	if (follow->anew == FOLLOW_ON && strcmp(follow->place.topic, settings->topic) != 0)
		follow->anew = FOLLOW_OTHER;
	else if (follow->anew == FOLLOW_ON && (!there || !same_digest(&follow->place.sha256, &digest)))
		follow->anew = FOLLOW_ALTERED;
	if (follow->anew == FOLLOW_ON && settings->table != NULL && !file_exists(settings->table))
		return write_table(follow, err);
	return 0;
}

/* ---- what runs there are ---- */

static int
take_run(struct follow *follow, struct text value, struct err *err)
{
	struct target *target = &follow->target;
	struct text member = text_from(follow->member);

	if (value.at == NULL || !flat_json_string(value, TEXT("state"), &follow->text)
	    || !text_eq(buffer_as_text(&follow->text), TEXT("complete")))
		return 0;
	if (!flat_json_string(value, TEXT("run"), &follow->text) || follow->text.len >= sizeof(target->run)
	    || !flat_json_number(value, TEXT("students"), &target->students))
		return err_set(
		    err, ERR_INPUT, "a complete run on %.80s lacks its name or count", follow->settings->runs);
	memcpy(target->run, follow->text.at, follow->text.len);
	target->run[follow->text.len] = '\0';
	/* a run names only partitions that it wrote to, and nothing when it had no news: what earlier ones say holds */
	if (!flat_json_string(value, member, &follow->text))
		buffer_clear(&follow->text);
	return offsets_parse(&target->last, buffer_as_text(&follow->text), err);
}

/* Is it a view's topic, which has no runs beside it? */
static bool
is_view(const struct follow *follow)
{
	return follow->settings->runs == NULL;
}

static bool
is_news(const struct follow *follow)
{
	if (is_view(follow))
		return follow->news;
	return follow->target.run[0] != '\0'
	    && (follow->anew != FOLLOW_ON || strcmp(follow->place.run, follow->target.run) != 0);
}

static bool
stopped(bool (*stop)(void))
{
	return stop != NULL && stop();
}

/* The end of a view's topic is what there is to reach: 0 or -1. A transaction's own mark counts, so an end that was reached is no news. */
static int
look_at_end(struct follow *follow, struct err *err)
{
	const char *topic = follow->settings->topic;
	struct bus_ends ends;
	int32_t partitions;

	if (bus_partitions(follow->bus, topic, &partitions, err) != 0)
		return -1;
	follow->news = false;
	for (int32_t i = 0; i < partitions; i++) {
		if (bus_ends(follow->bus, topic, i, &ends, err) != 0)
			return -1;
		if (ends.stable > 0 && offsets_set(&follow->target.last, (uint64_t)i, ends.stable - 1) != 0)
			return err_set(err, ERR_RETRY, "memory is short");
		follow->news = follow->news || (ends.stable > 0 && follow->anew != FOLLOW_ON)
		    || (follow->anew == FOLLOW_ON && ends.stable != offsets_get(&follow->place.next, (size_t)i));
	}
	return 0;
}

static int
wait_for_end(struct follow *follow, int wait_ms, bool (*stop)(void), struct err *err)
{
	struct message message;

	for (int waited = 0; !stopped(stop); waited += POLL_MS) {
		if (look_at_end(follow, err) != 0)
			return -1;
		if (follow->news || waited >= wait_ms)
			break;
		/* nothing is assigned: a pause in which the bus is served */
		if (bus_poll(follow->bus, &message, POLL_MS, err) < 0)
			return -1;
	}
	return 0;
}

/* The run of a view's message: what stands before the first colon of its id. */
static void
note_run(struct follow *follow, const struct message *message)
{
	struct target *target = &follow->target;

	for (size_t i = 0; i < message->header_count; i++) {
		struct text id = message->headers[i].value;
		const char *colon = id.len > 0 ? memchr(id.at, ':', id.len) : NULL;

		if (strcmp(message->headers[i].name, "ce_id") == 0 && colon != NULL
		    && (size_t)(colon - id.at) < sizeof(target->run))
			snprintf(target->run, sizeof(target->run), "%.*s", (int)(colon - id.at), id.at);
	}
}

/* Read what ${runs} says beyond where it was read to; then, without news, wait for some. 0 or -1. */
static int
look_for_runs(struct follow *follow, int wait_ms, bool (*stop)(void), struct err *err)
{
	struct message message;
	int got;

	if (is_view(follow))
		return wait_for_end(follow, wait_ms, stop, err);
	if (bus_assign(follow->bus, &follow->runs_at, 1, err) != 0)
		return -1;
	for (int waited = 0; !stopped(stop);) {
		got = bus_poll(follow->bus, &message, POLL_MS, err);
		if (got < 0 || (got == 1 && take_run(follow, message.value, err) != 0))
			return -1;
		if (got == 1)
			continue;
		waited += POLL_MS;
		if (bus_at_end(follow->bus) ? is_news(follow) || waited >= wait_ms : waited >= SILENCE_MS)
			break;
	}
	follow->runs_at.offset = bus_position(follow->bus, follow->settings->runs, 0);
	/* nothing is read until the next assignment: a fetch that waits for news would hold up every other question */
	return bus_assign(follow->bus, NULL, 0, err);
}

/* ---- reading a run ---- */

/* Is what the place says still a place in this topic? */
static int
check_place(struct follow *follow, int32_t partitions, int64_t now_s, struct err *err)
{
	const struct offsets *next = &follow->place.next;

	if (follow->anew != FOLLOW_ON)
		return 0;
	if (now_s - follow->place.read_s > follow->settings->deletes_s)
		follow->anew = FOLLOW_TOO_LATE;
	else if (next->count > (size_t)partitions)
		follow->anew = FOLLOW_OTHER;
	for (int32_t i = 0; i < partitions && follow->anew == FOLLOW_ON; i++) {
		struct bus_ends ends;

		if (bus_ends(follow->bus, follow->settings->topic, i, &ends, err) != 0)
			return -1;
		if (offsets_get(next, (size_t)i) > ends.end)
			follow->anew = FOLLOW_OTHER;
		else if (offsets_get(next, (size_t)i) >= 0 && offsets_get(next, (size_t)i) < ends.first)
			follow->anew = FOLLOW_TOO_LATE;
	}
	return 0;
}

static int
assign_topic(struct follow *follow, int32_t partitions, struct err *err)
{
	struct bus_position *positions = calloc((size_t)partitions, sizeof(*positions));
	int result;

	if (positions == NULL)
		return err_set(err, ERR_RETRY, "memory is short");
	for (int32_t i = 0; i < partitions; i++) {
		int64_t next = follow->anew == FOLLOW_ON ? offsets_get(&follow->place.next, (size_t)i) : -1;

		positions[i] = (struct bus_position){ follow->settings->topic, i, next < 0 ? -2 : next };
	}
	result = bus_assign(follow->bus, positions, (size_t)partitions, err);
	free(positions);
	return result;
}

/* Have all partitions been read to the end of the run? */
static bool
reached(const struct follow *follow, int32_t partitions)
{
	for (int32_t i = 0; i < partitions; i++) {
		int64_t last = offsets_get(&follow->target.last, (size_t)i);

		if (last >= 0 && bus_position(follow->bus, follow->settings->topic, i) <= last)
			return false;
	}
	return true;
}

/*
 * Read to the end of the run, and on to the end of what there is: what comes behind the run is seen and left for the next, so that nobody
 * is told that we lag. What is not there yet (parts of a night become visible one after another) is waited for.
 */
static int
read_run(struct follow *follow, int32_t partitions, struct runs_writer *said, bool (*stop)(void), struct err *err)
{
	struct message message;

	for (int silence = 0; silence < SILENCE_MS;) {
		int got = bus_poll(follow->bus, &message, POLL_MS, err);

		if (got < 0)
			return -1;
		if (stopped(stop))
			return err_set(err, ERR_RETRY, "stopped");
		if (got == 1) {
			silence = 0;
			if (message.offset > offsets_get(&follow->target.last, (size_t)message.partition))
				continue;
			if (is_view(follow))
				note_run(follow, &message);
			if (merge_add(said, message.key, message.offset, message.value, is_view(follow), err) != 0)
				return -1;
			continue;
		}
		if (reached(follow, partitions) && bus_at_end(follow->bus))
			return 0;
		silence += POLL_MS;
	}
	return err_set(err, ERR_RETRY, "run %.40s is said to be complete, but not all of it came", follow->target.run);
}

/* The place when the files are those of the target. */
static int
next_place(struct follow *follow, int32_t partitions, int64_t now_s, const struct merge_result *merged,
    struct place *place, struct err *err)
{
	*place = (struct place){ .read_s = now_s, .students = merged->lines, .sha256 = merged->sha256 };
	snprintf(place->topic, sizeof(place->topic), "%s", follow->settings->topic);
	snprintf(place->run, sizeof(place->run), "%s", follow->target.run);
	for (int32_t i = 0; i < partitions; i++) {
		int64_t last = offsets_get(&follow->target.last, (size_t)i);
		int64_t before = follow->anew == FOLLOW_ON ? offsets_get(&follow->place.next, (size_t)i) : -1;

		if (offsets_set(&place->next, (uint64_t)i, last >= 0 ? last + 1 : before < 0 ? 0 : before) != 0)
			return err_set(err, ERR_RETRY, "memory is short");
	}
	return 0;
}

/* Make the new files and the place the ones in force. */
static int
replace(struct follow *follow, struct place *place, struct err *err)
{
	const struct follow_settings *settings = follow->settings;

	if (place_write(place, follow->place_new, err) != 0 || file_rename(follow->lines_new, settings->lines, err) != 0
	    || finish(follow, err) != 0)
		return -1;
	place_fini(&follow->place);
	follow->place = *place;
	*place = (struct place){ 0 };
	follow->anew = FOLLOW_ON;
	return 0;
}

/* Leave the positions under the group's name; that this is refused is no reason to stop. */
static void
show_positions(struct follow *follow)
{
	if (follow->settings->group == NULL)
		return;
	follow->unseen = (struct err){ 0 };
	(void)!bus_commit(follow->bus, &follow->unseen);
}

/* One run, from the place to the target: 0; 1 when the count is not the run's; -1. */
static int
take_in(struct follow *follow, int64_t now_s, bool (*stop)(void), struct follow_news *news, struct err *err)
{
	const struct follow_settings *settings = follow->settings;
	struct runs_writer *said = NULL;
	struct merge_result merged;
	struct place place = { 0 };
	int32_t partitions;
	int result = -1;
	struct err ignored;

	if (bus_partitions(follow->bus, settings->topic, &partitions, err) != 0
	    || check_place(follow, partitions, now_s, err) != 0)
		return -1;
	if (file_remove_all(settings->work, err) != 0 || file_make_folder(settings->work, err) != 0)
		return -1;
	said = runs_writer_new(settings->work, MERGE_RUNS, settings->memory, err);
	if (said == NULL || assign_topic(follow, partitions, err) != 0 || bus_begin(follow->bus, err) != 0)
		goto done;
	if (read_run(follow, partitions, said, stop, err) != 0 || runs_finish(said, err) != 0
	    || merge_files(
		   follow->anew == FOLLOW_ON ? settings->lines : NULL, settings->work, follow->lines_new, &merged, err)
		!= 0)
		goto abort;
	if (!is_view(follow) && merged.lines != follow->target.students) {
		result = 1;
		goto abort;
	}
	*news = (struct follow_news){ .anew = follow->anew,
		.students = merged.lines,
		.added = merged.added,
		.changed = merged.changed,
		.removed = merged.removed };
	snprintf(news->run, sizeof(news->run), "%s", follow->target.run);
	if (next_place(follow, partitions, now_s, &merged, &place, err) != 0 || replace(follow, &place, err) != 0)
		goto abort;
	show_positions(follow);
	result = 0;
	goto done;
abort:
	bus_abort(follow->bus);
	(void)!file_remove_all(follow->lines_new, &ignored);
done:
	place_fini(&place);
	runs_writer_free(said);
	(void)!file_remove_all(settings->work, &ignored);
	return result;
}

int
follow_step(
    struct follow *follow, int64_t now_s, int wait_ms, bool (*stop)(void), struct follow_news *news, struct err *err)
{
	int got;

	if (look_for_runs(follow, wait_ms, stop, err) != 0)
		return -1;
	if (!is_news(follow) || stopped(stop))
		return 0;
	if (is_view(follow)) /* of a topic from which all is gone nobody knows the run */
		snprintf(follow->target.run, sizeof(follow->target.run), "%.63s",
		    follow->anew == FOLLOW_ON ? follow->place.run : "-");
	got = take_in(follow, now_s, stop, news, err);
	if (got != 1)
		return got == 0 ? 1 : -1;
	/*
	 * A run that was published meanwhile may have let the broker drop records of this one, which only it had: then there is a newer
	 * target. Otherwise what we have is wrong, and all is taken anew, once.
	 */
	if (look_for_runs(follow, 0, stop, err) != 0)
		return -1;
	follow->anew = FOLLOW_UNEQUAL;
	got = take_in(follow, now_s, stop, news, err);
	if (got != 1)
		return got == 0 ? 1 : -1;
	return err_set(err, ERR_INPUT, "run %.40s has %llu students, the topic %.80s has another number of them",
	    follow->target.run, (unsigned long long)follow->target.students, follow->settings->topic);
}

int
follow_open(struct follow **out, const struct follow_settings *settings, const struct bus_settings *bus, struct err *err)
{
	struct bus_role role = { .program = "follow", .group = settings->group };
	struct follow *follow = calloc(1, sizeof(*follow));
	const char *dot = strrchr(settings->topic, '.');

	*out = NULL;
	if (follow == NULL)
		return err_set(err, ERR_RETRY, "memory is short");
	follow->settings = settings;
	follow->runs_at = (struct bus_position){ settings->runs, 0, -2 };
	buffer_init(&follow->text, TEXT_BYTES_MAX);
	snprintf(follow->member, sizeof(follow->member), "%s_offsets", dot == NULL ? settings->topic : dot + 1);
	if (path_format(follow->place_new, err, "%s.new", settings->place) != 0
	    || path_format(follow->lines_new, err, "%s.new", settings->lines) != 0
	    || (settings->table != NULL && path_format(follow->table_new, err, "%s.new", settings->table) != 0)
	    || find_place(follow, err) != 0 || bus_open(&follow->bus, bus, &role, err) != 0) {
		follow_close(follow);
		return -1;
	}
	*out = follow;
	return 0;
}

void
follow_close(struct follow *follow)
{
	if (follow == NULL)
		return;
	bus_close(follow->bus);
	place_fini(&follow->place);
	offsets_fini(&follow->target.last);
	buffer_fini(&follow->text);
	free(follow);
}

const char *
follow_run(const struct follow *follow)
{
	return follow->place.run;
}

const char *
follow_unseen(const struct follow *follow)
{
	return follow->unseen.kind == ERR_NONE ? NULL : follow->unseen.what;
}

const char *
follow_describe(const struct follow *follow)
{
	return bus_describe(follow->bus);
}
