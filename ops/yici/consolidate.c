/*
 * consolidate.c - see consolidate.h. Here: who consolidates, and the commands; bus_out.c has the transaction, and the rows that
 * go back to their senders.
 */
#include "ops/yici/consolidate.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/bus/admin.h"
#include "core/program/log.h"
#include "core/record/day.h"
#include "ops/yici/bus_out.h"
#include "ops/yici/incoming.h"
#include "ops/yici/judge.h"
#include "ops/yici/on_bus.h"
#include "ops/yici/release_topics.h"
#include "ops/yici/signals.h"

#define POLL_MS 50
#define PUBLISH_S 600 /* a night of September in one transaction; brokers allow 15 minutes at the most */
#define ASKED_MS 500  /* how often a program that serves looks who asks */

/* ---- who consolidates ---- */

static int
take_lock(struct consolidator *consolidator, bool wait, struct err *err)
{
	char path[FILE_PATH_MAX];
	bool said = false;

	if (path_format(path, err, "%s/state/consolidator", consolidator->data) != 0)
		return -1;
	consolidator->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (consolidator->lock < 0)
		return err_errno(err, ERR_STOP, "cannot open %s", path);
	while (flock(consolidator->lock, LOCK_EX | LOCK_NB) != 0) {
		if (!wait || signals_stop())
			return err_set(err, ERR_RETRY, "another program consolidates this data folder");
		if (!said)
			log_line(LOG_INFO, "consolidate standby");
		said = true;
		signals_wait(POLL_MS);
	}
	return 0;
}

int
consolidator_open(
    struct consolidator *consolidator, struct command *command, const char *data, bool wait, struct err *err)
{
	const char *prefix = command->settings.bus.prefix;
	char group[TOPIC_NAME_MAX], writer[128];
	struct bus_role role = { .program = "consolidate", .group = group, .writer = writer };
	struct state state = { .lock = -1 };

	*consolidator = (struct consolidator){ .command = command, .data = data, .lock = -1 };
	for (enum topic topic = 0; topic < TOPIC_COUNT; topic++)
		topic_name(consolidator->topics[topic], prefix, topic);
	snprintf(group, sizeof(group), "%s.consolidate", prefix);
	snprintf(writer, sizeof(writer), "%s-consolidate", prefix);
	if (state_open(&state, data, err) != 0)
		return -1;
	state_close(&state);
	if (take_lock(consolidator, wait, err) != 0
	    || bus_open(&consolidator->bus, &command->settings.bus, &role, err) != 0
	    || topics_must_fit(&command->settings.bus, err) != 0)
		return -1;
	log_line(LOG_INFO, "consolidate begin bus=\"%s\"", bus_describe(consolidator->bus));
	return 0;
}

void
consolidator_close(struct consolidator *consolidator)
{
	bus_close(consolidator->bus);
	consolidator->bus = NULL;
	if (consolidator->lock >= 0)
		close(consolidator->lock);
	consolidator->lock = -1;
}

bool
consolidator_absent(const char *data)
{
	char path[FILE_PATH_MAX];
	struct err ignored;
	bool absent;
	int fd;

	if (path_format(path, &ignored, "%s/state/consolidator", data) != 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	absent = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0;
	if (fd >= 0)
		close(fd);
	return absent;
}

/* ---- the topic runs ---- */

/* Who looks at run notices. */
struct looking {
	void (*look)(void *self, const struct run_notice *notice);
	void *self;
	struct arena arena;
};

static int
look_at(void *self, const struct message *message, struct err *err)
{
	struct looking *looking = self;
	struct run_notice notice;

	(void)err;
	if (run_notice_read(message, &notice, &looking->arena) == 0)
		looking->look(looking->self, &notice);
	arena_reset(&looking->arena);
	return 0;
}

int
runs_read(struct bus *bus, const char *topic, void (*look)(void *self, const struct run_notice *notice), void *self,
    struct err *err)
{
	struct looking looking = { .look = look, .self = self };
	int result;

	arena_init(&looking.arena, (size_t)64 << 20);
	result = notices_read(bus, topic, look_at, &looking, err);
	arena_fini(&looking.arena);
	return result;
}

/* Runs complete in the order in which they were published: the last one counts. */
static void
find_complete(void *self, const struct run_notice *notice)
{
	struct night *night = self;

	if (text_eq(notice->state, TEXT("complete")) && notice->run.len < sizeof(night->adopt)) {
		snprintf(night->adopt, sizeof(night->adopt), "%.*s", (int)notice->run.len, notice->run.at);
		snprintf(night->adopt_manifest, sizeof(night->adopt_manifest), "%.*s", (int)notice->manifest.len,
		    notice->manifest.at);
	}
}

/* ---- a night ---- */

static int
say_begin(struct consolidator *consolidator, const struct night *night, const struct incoming *incoming, struct err *err)
{
	char digest[65];
	size_t files;
	struct run_notice notice = { .run = text_from(night->id), .state = TEXT("begin"), .date = text_from(night->day) };

	if (incoming_digest(incoming, digest, &files, err) != 0)
		return -1;
	notice.files = files;
	notice.files_sha256 = text_from(digest);
	if (bus_begin(consolidator->bus, err) != 0)
		return -1;
	if (run_notice_send(consolidator->bus, consolidator->topics[TOPIC_RUNS], &notice, err) != 0
	    || bus_commit(consolidator->bus, err) != 0) {
		bus_abort(consolidator->bus);
		return -1;
	}
	return 0;
}

#define EMPTY_POLLS_MAX 50

/*
 * What we said ourselves of the files counts as read: the positions of the group are for people to see, and should not say that we
 * lag. Those that count are in the masters, so a failure is of no matter.
 */
static void
read_own_notices(struct consolidator *consolidator)
{
	const char *files = consolidator->topics[TOPIC_FILES];
	int64_t last = bus_last_sent(consolidator->bus, files, 0);
	struct message message;
	struct err ignored;
	int got = bus_begin(consolidator->bus, &ignored);

	if (got != 0)
		return;
	for (int empty = 0; got >= 0 && empty < EMPTY_POLLS_MAX && !signals_stop()
	     && bus_position(consolidator->bus, files, 0) <= last;
	     empty += got == 0)
		got = bus_poll(consolidator->bus, &message, POLL_MS, &ignored);
	if (got < 0 || bus_commit(consolidator->bus, &ignored) != 0)
		bus_abort(consolidator->bus);
}

/* The run waits for a person. */
static int
say_held(struct consolidator *consolidator, const struct night *night, const char *state, struct err *err)
{
	struct run_notice notice = {
		.run = text_from(night->id), .state = text_from(state), .date = text_from(night->day)
	};

	return run_notice_send(consolidator->bus, consolidator->topics[TOPIC_RUNS], &notice, err);
}

static int
held(struct consolidator *consolidator, const struct night *night, struct err *err)
{
	if (bus_begin(consolidator->bus, err) != 0)
		return -1;
	if (say_held(consolidator, night, "held", err) != 0 || bus_commit(consolidator->bus, err) != 0) {
		bus_abort(consolidator->bus);
		return -1;
	}
	return NIGHT_HELD;
}

/* What a person does not want counts as used, for the reason that it was discarded: the collector puts it away. */
static int
discard(struct consolidator *consolidator, const struct night *night, const struct incoming *incoming, struct err *err)
{
	if (bus_begin(consolidator->bus, err) != 0)
		return -1;
	if (incoming_used(incoming, TEXT("discarded"), err) != 0 || say_held(consolidator, night, "discarded", err) != 0
	    || bus_commit(consolidator->bus, err) != 0) {
		bus_abort(consolidator->bus);
		return -1;
	}
	log_line(LOG_INFO, "run discarded id=%s", night->id);
	return holding_clear(night->data, err) != 0 ? -1 : NIGHT_DISCARDED;
}

static int
make(struct consolidator *consolidator, struct night *night, struct incoming *incoming, struct err *err)
{
	bool due = false;
	int got;

	if (runs_read(consolidator->bus, consolidator->topics[TOPIC_RUNS], find_complete, night, err) != 0
	    || night_open(night, err) != 0
	    || release_topics_on(&night->release, night->data, consolidator->bus,
		   consolidator->command->settings.bus.prefix, &due, err)
		!= 0
	    || incoming_open(incoming, night, consolidator->bus, err) != 0)
		return -1;
	night->decided = night->decided || (night->store.open && due);
	if (night->gone == NULL)
		night_warn(night);
	got = night->gone != NULL ? incoming_none(incoming, err)
				  : incoming_follow(incoming, consolidator->command->settings.nightly_wait_s, err);
	if (got < 0 || (got == 0 && !night->decided && night->gone == NULL))
		return got;
	if (night_begin(night, err) != 0 || incoming_enter(incoming, err) != 0)
		return -1;
	if (night->files.count == 0 && !night->decided && night->gone == NULL)
		return 0;
	log_line(LOG_INFO, "run begin id=%s files=%zu jobs=%u", night->id, night->files.count, night->jobs);
	if (say_begin(consolidator, night, incoming, err) != 0 || night_decided(night, err) != 0)
		return -1;
	if (night->hold.discarded)
		return discard(consolidator, night, incoming, err);
	if (files_keep(&night->files, &night->taken, night->id, err) != 0 || night_link(night, err) != 0
	    || night_assemble(night, err) != 0 || (got = night_judge(night, err)) < 0)
		return -1;
	if (got > 0)
		return held(consolidator, night, err);
	if (bus_keep_rows(incoming, err) != 0 || night_publish(night, err) != 0
	    || incoming_save(incoming, night->generation, err) != 0)
		return -1;
	if (night_save(night, err) != 0 || bus_publish(consolidator, night, incoming, err) != 0
	    || night_commit(night, err) != 0)
		return -1;
	log_line(LOG_INFO, "run complete id=%s", night->id);
	if (night->gone == NULL)
		night_say_done(night);
	read_own_notices(consolidator);
	return NIGHT_MADE;
}

int
consolidator_settle(struct consolidator *consolidator, struct date date, struct err *err)
{
	struct night night;
	int result = -1;

	night_init(&night, consolidator->command, consolidator->data, date);
	night.bus = true;
	if (runs_read(consolidator->bus, consolidator->topics[TOPIC_RUNS], find_complete, &night, err) == 0)
		result = night_open(&night, err);
	night_close(&night);
	return result;
}

static int
make_night(struct consolidator *consolidator, struct date date, const struct purge_person *gone, struct err *err)
{
	struct incoming incoming = { 0 };
	struct night night;
	int got;

	night_init(&night, consolidator->command, consolidator->data, date);
	night.bus = true;
	night.gone = gone;
	got = make(consolidator, &night, &incoming, err);
	incoming_close(&incoming);
	night_close(&night);
	return got;
}

int
consolidator_purge(struct consolidator *consolidator, struct date date, const struct purge_person *gone, struct err *err)
{
	return make_night(consolidator, date, gone, err) < 0 ? -1 : 0;
}

int
consolidator_night(struct consolidator *consolidator, struct date date, struct err *err)
{
	return make_night(consolidator, date, NULL, err);
}

/* ---- the commands ---- */

/* A night that somebody waits for: the newest that is asked for and not done. */
struct asked_night {
	char date[11];
};

static void
find_asked(void *self, const struct run_notice *notice)
{
	struct asked_night *asked = self;

	if (!text_starts(notice->run, TEXT("asked-")))
		return;
	asked->date[0] = '\0';
	if (text_eq(notice->state, TEXT("asked")) && notice->date.len < sizeof(asked->date))
		snprintf(asked->date, sizeof(asked->date), "%.*s", (int)notice->date.len, notice->date.at);
}

int
runs_say_asked(struct bus *bus, const char *topic, const char *date, const char *state, const char *why, struct err *err)
{
	struct run_notice notice = { .state = text_from(state), .date = text_from(date), .why = text_from(why) };
	char run[32];

	snprintf(run, sizeof(run), "asked-%s", date);
	notice.run = text_from(run);
	if (bus_begin(bus, err) != 0)
		return -1;
	if (run_notice_send(bus, topic, &notice, err) != 0 || bus_commit(bus, err) != 0) {
		bus_abort(bus);
		return -1;
	}
	return 0;
}

static int
serve(struct consolidator *consolidator, struct err *err)
{
	static const char *const states[] = { "nothing", "done", "held", "discarded" };
	const char *topic = consolidator->topics[TOPIC_RUNS];

	while (!signals_stop()) {
		struct asked_night asked = { "" };
		struct date date;
		int got;

		if (runs_read(consolidator->bus, topic, find_asked, &asked, err) != 0)
			return signals_stop() ? 0 : -1;
		if (asked.date[0] == '\0' || !day_parse(text_from(asked.date), &date)) {
			signals_wait(ASKED_MS);
			continue;
		}
		got = consolidator_night(consolidator, date, err);
		if (got < 0 && (err->kind != ERR_RETRY || bus_fenced(consolidator->bus)))
			return -1;
		if (runs_say_asked(consolidator->bus, topic, asked.date, got < 0 ? "failed" : states[got],
			got < 0 ? err->what : "", err)
		    != 0)
			return -1;
	}
	return 0;
}

int
command_consolidate(struct command *command)
{
	struct consolidator consolidator = { .lock = -1 };
	struct err err = { 0 };
	int status;

	if ((status = on_bus_begin(command)) != 0)
		return status;
	if (consolidator_open(&consolidator, command, command->words[0], true, &err) != 0
	    || serve(&consolidator, &err) != 0) {
		on_bus_error(consolidator.bus, &err);
		if (!signals_stop() || err.kind != ERR_RETRY)
			status = fail(command, &err);
	}
	consolidator_close(&consolidator);
	return status;
}
