/*
 * nightly.c - `yici nightly DATA`: what the timer calls. Without a bus it is `yici run`; with one it collects, has the night consolidated
 * (by itself, or by the program that serves this folder) and puts away what was used.
 */
#include <stdio.h>

#include "core/program/log.h"
#include "core/record/day.h"
#include "ops/yici/collect.h"
#include "ops/yici/consolidate.h"
#include "ops/yici/judge.h"
#include "ops/yici/on_bus.h"
#include "ops/yici/signals.h"
#include "ops/yici/status.h"

#define POLL_MS 500

/* Somebody else consolidates this folder: ask for the night and wait for its end. */
struct waiting {
	char run[32];
	char state[32], why[200];
};

static void
find_answer(void *self, const struct run_notice *notice)
{
	struct waiting *waiting = self;

	if (!text_eq(notice->run, text_from(waiting->run)))
		return;
	snprintf(waiting->state, sizeof(waiting->state), "%.*s", (int)notice->state.len, notice->state.at);
	snprintf(waiting->why, sizeof(waiting->why), "%.*s", (int)notice->why.len,
	    notice->why.len == 0 ? "" : notice->why.at);
}

static int
ask(struct command *command, struct date date, struct err *err)
{
	const char *prefix = command->settings.bus.prefix;
	char topic[TOPIC_NAME_MAX], writer[128], day[11];
	struct bus_role role = { .program = "nightly", .writer = writer };
	struct waiting waiting = { .state = "asked" };
	struct bus *bus = NULL;
	int result = -1;
	bool absent;

	topic_name(topic, prefix, TOPIC_RUNS);
	snprintf(writer, sizeof(writer), "%s-nightly", prefix);
	day_write(date, day);
	snprintf(waiting.run, sizeof(waiting.run), "asked-%s", day);
	if (bus_open(&bus, &command->settings.bus, &role, err) != 0
	    || runs_say_asked(bus, topic, day, "asked", "", err) != 0)
		goto done;
	while (strcmp(waiting.state, "asked") == 0) {
		if (signals_stop()) {
			err_set(err, ERR_RETRY, "asked to stop");
			goto done;
		}
		signals_wait(POLL_MS);
		absent = consolidator_absent(command->words[0]); /* looked at first: its answer may be its last word */
		if (runs_read(bus, topic, find_answer, &waiting, err) != 0)
			goto done;
		if (absent && strcmp(waiting.state, "asked") == 0) {
			err_set(err, ERR_RETRY, "the program that consolidates this data folder has ended; try again");
			goto done;
		}
	}
	if (strcmp(waiting.state, "failed") == 0)
		err_set(err, ERR_RETRY, "the consolidator: %.150s", waiting.why);
	else
		result = strcmp(waiting.state, "done") == 0   ? NIGHT_MADE
		    : strcmp(waiting.state, "held") == 0      ? NIGHT_HELD
		    : strcmp(waiting.state, "discarded") == 0 ? NIGHT_DISCARDED
							      : NIGHT_NOTHING;
done:
	bus_close(bus);
	return result;
}

/* Files onto the bus, the night, then what it used out of the inbox. What became of it, or -1. */
static int
nightly(struct command *command, struct date date, struct err *err)
{
	const char *data = command->words[0];
	struct consolidator consolidator = { .lock = -1 };
	struct collect *collect = NULL;
	struct collect_counts counts;
	bool ours = false; /* nobody else consolidates */
	int got = -1;

	/* The sandbox is forked before there are threads; then comes who fences what a killed night may have left open. */
	if (collect_open(&collect, command, data, err) != 0)
		goto done;
	if (consolidator_open(&consolidator, command, data, false, err) == 0)
		ours = true;
	else if (err->kind != ERR_RETRY || consolidator.bus != NULL || consolidator.lock < 0)
		goto done;
	if (collect_sweep(collect, date, command->settings.nightly_wait_s, &counts, err) != 0)
		goto done;
	log_line(LOG_INFO, "collected files=%zu rows=%llu refused=%zu taken=%zu sending_s=%.3f", counts.complete,
	    (unsigned long long)counts.rows, counts.refused, counts.taken, (double)counts.sending_ms / 1000);
	got = ours ? consolidator_night(&consolidator, date, err) : ask(command, date, err);
	if (got >= 0 && collect_sweep(collect, date, command->settings.nightly_wait_s, &counts, err) != 0)
		got = -1;
done:
	if (got < 0) {
		on_bus_error(consolidator.bus, err);
		if (collect_fenced(collect))
			err->kind = ERR_RETRY;
	}
	consolidator_close(&consolidator);
	collect_close(collect);
	return got;
}

int
command_nightly(struct command *command)
{
	struct err err = { 0 };
	struct date date;
	double began = status_clock();
	int got, status;

	if (!bus_configured(&command->settings.bus)) /* everything on this machine */
		return command_run(command);
	if (command->word_count != 1)
		return misuse(command, say(command, "需要一个数据文件夹", "wants one data folder"));
	if (!night_date(command, &date))
		return misuse(command, say(command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	signals_catch();
	got = nightly(command, date, &err);
	status = got < 0 ? fail(command, &err) : night_ended(command, command->words[0], got);
	if (got == NIGHT_NOTHING)
		printf("%s\n", say(command, "没有新文件。", "There is nothing new."));
	status_textfile(command, command->words[0], status, status_clock() - began);
	return status;
}
