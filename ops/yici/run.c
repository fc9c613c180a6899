/*
 * run.c - `yici run DATA`: the whole night on one machine. Files are found and read here; night.c does the rest.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/program/log.h"
#include "core/program/progress.h"
#include "ops/yici/intake.h"
#include "ops/yici/judge.h"
#include "ops/yici/night.h"
#include "ops/yici/status.h"
#include "producers/readers/reader.h"

struct run {
	struct night night;
	struct known_rows known;
	struct progress progress;
};

static void
show_progress(void *self, uint64_t files, uint64_t bytes, uint64_t rows)
{
	struct run *run = self;
	const struct night *night = &run->night;

	progress_show(&run->progress, say(night->command, "读取", "reading"), bytes, night->files.bytes_to_read, files,
	    night->files.count_to_read, rows);
}

static int
take_in(struct run *run, struct err *err)
{
	struct night *night = &run->night;
	struct intake_settings settings = {
		.dataset = night->definitions.dataset,
		.sandbox = night->sandbox,
		.limits = &night->limits,
		.work = night->work,
		.run_date = night->date,
		.seed = night->command->settings.seed_number,
		.definitions = night_definitions(&night->definitions),
		.known = &run->known,
		.memory = night->command->settings.memory,
		.jobs = night->jobs,
		.wait_ms = (int)(night->command->settings.wait_s * 1000),
		.progress = show_progress,
		.self = run,
	};
	struct intake_file *list = calloc(night->files.count + 1, sizeof(*list));
	struct buffer told;
	int result = -1;

	buffer_init(&told, SIZE_MAX / 4);
	if (list == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	if (night_sources(night, err) != 0)
		goto done;
	for (size_t i = 0; i < night->files.count; i++) {
		const struct run_file *file = &night->files.at[i];

		list[i] = (struct intake_file){ .path = file->path,
			.number = file->number,
			.source_no = file->source_no,
			.source = file->source,
			.remembered = file->remembered,
			.size = file->size,
			.skip = file->state != RUN_FILE_TO_READ };
	}
	if (files_hash_begin(&night->files, err) != 0
	    || known_rows_load(&run->known, night->store.open ? &night->store : NULL, err) != 0)
		goto done;
	if (intake_run(&settings, list, night->files.count, &told, err) != 0)
		goto done;
	progress_end(&run->progress);
	known_rows_free(&run->known);
	if (files_hash_end(&night->files, err) != 0
	    || files_told(&night->files, night->definitions.dataset, &night->taken, buffer_as_text(&told), err) != 0)
		goto done;
	result = night_rows(night, err);
done:
	buffer_fini(&told);
	free(list);
	return result;
}

/* What a person does not want leaves the inbox; nothing else happens. */
static int
discard(const struct night *night, struct err *err)
{
	for (size_t i = 0; i < night->files.arrival_count; i++) {
		if (files_move_arrival(
			night->data, text_from(night->id), &night->files.arrivals[i], TEXT("discarded"), err)
		    != 0)
			return -1;
	}
	log_line(LOG_INFO, "run discarded id=%s", night->id);
	return holding_clear(night->data, err) != 0 ? -1 : NIGHT_DISCARDED;
}

/* What became of it, or -1. */
static int
run_night(struct run *run, struct err *err)
{
	struct night *night = &run->night;
	int held;

	if (night_open(night, err) != 0)
		return -1;
	night_warn(night);
	log_line(LOG_INFO, "run begin id=%s jobs=%u", night->id, night->jobs);
	if (files_find(&night->files, night->data, &night->definitions, &night->state, &night->taken, night->sandbox,
		&night->limits, night->work, night->command->settings.settle_s,
		(int)(night->command->settings.wait_s * 1000), err)
	    != 0)
		return -1;
	if (night->files.count == 0 && !night->decided) /* nothing waits for a person either */
		return holding_clear(night->data, err) != 0 ? -1 : NIGHT_NOTHING;
	log_line(LOG_INFO, "found files=%zu to_read=%zu", night->files.count, night->files.count_to_read);
	if (night_begin(night, err) != 0 || take_in(run, err) != 0 || night_decided(night, err) != 0)
		return -1;
	if (night->hold.discarded)
		return discard(night, err);
	if (files_keep(&night->files, &night->taken, night->id, err) != 0)
		return -1;
	log_line(LOG_INFO, "read rows=%llu unchanged=%llu",
	    (unsigned long long)(night->rows.entries + night->same.entries), (unsigned long long)night->same.entries);
	if (night_link(night, err) != 0 || night_assemble(night, err) != 0 || (held = night_judge(night, err)) < 0)
		return -1;
	if (held)
		return NIGHT_HELD;
	if (night_publish(night, err) != 0 || night_save(night, err) != 0 || night_commit(night, err) != 0)
		return -1;
	log_line(LOG_INFO, "run complete id=%s", night->id);
	return NIGHT_MADE;
}

int
command_run(struct command *command)
{
	struct run run;
	struct err err = { 0 };
	struct date date;
	double began = status_clock();
	int got, status = 0;

	if (command->word_count != 1)
		return misuse(command, say(command, "需要一个数据文件夹", "wants one data folder"));
	if (!night_date(command, &date))
		return misuse(command, say(command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	night_init(&run.night, command, command->words[0], date);
	run.known = (struct known_rows){ .table = { .fd = -1 } };
	progress_init(&run.progress);
	got = run_night(&run, &err);
	if (got < 0) {
		progress_end(&run.progress);
		status = fail(command, &err);
	} else if (got == NIGHT_NOTHING)
		printf("%s\n", say(command, "收件文件夹里没有新文件。", "There is nothing new in the inbox."));
	else if (got == NIGHT_MADE)
		night_say_done(&run.night);
	else
		status = night_ended(command, command->words[0], got);
	known_rows_free(&run.known);
	night_close(&run.night);
	status_textfile(command, command->words[0], status, status_clock() - began);
	return status;
}
