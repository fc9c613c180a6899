/*
 * retention.c - see retention.h.
 */
#include "ops/yici/retention.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/program/log.h"

/* A run's name, "20260902-1", as numbers; false for what is no run's. */
static bool
read_run(const char *name, int32_t *day, unsigned *number)
{
	unsigned year, month, of_month;
	int len = 0;

	if (sscanf(name, "%4u%2u%2u-%u%n", &year, &month, &of_month, number, &len) != 4 || name[len] != '\0'
	    || !day_exists((int)year, month, of_month))
		return false;
	*day = day_of((struct date){ (int16_t)year, (uint8_t)month, (uint8_t)of_month });
	return true;
}

static int
remove_run(const char *folder, const char *name, size_t *removed, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (path_format(path, err, "%s/%s", folder, name) != 0 || file_remove_all(path, err) != 0)
		return -1;
	++*removed;
	return 0;
}

/* Runs of more than ${days} ago. */
static int
remove_old(
    const struct state *state, const char *place, uint64_t days, struct date today, size_t *removed, struct err *err)
{
	char **names, folder[FILE_PATH_MAX];
	size_t count;
	int result = 0;

	if (days == 0)
		return 0;
	if (path_format(folder, err, "%s/%s", state->data, place) != 0)
		return -1;
	if (!file_exists(folder))
		return 0;
	if (file_list(folder, &names, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		unsigned number;
		int32_t day;

		if (read_run(names[i], &day, &number) && (int64_t)day_of(today) - day > (int64_t)days
		    && strcmp(names[i], state->current) != 0)
			result = remove_run(folder, names[i], removed, err);
	}
	free(names);
	return result;
}

static int
newest_first(const void *a, const void *b)
{
	int32_t day_a = 0, day_b = 0;
	unsigned number_a = 0, number_b = 0;

	(void)read_run(*(char *const *)a, &day_a, &number_a);
	(void)read_run(*(char *const *)b, &day_b, &number_b);
	if (day_a != day_b)
		return day_a > day_b ? -1 : 1;
	return (number_a < number_b) - (number_a > number_b);
}

/* All outputs but those of the newest runs. */
static int
remove_outputs(const struct state *state, uint64_t kept, size_t *removed, struct err *err)
{
	char **names, folder[FILE_PATH_MAX];
	size_t count, runs = 0;
	int result = 0;

	if (kept == 0)
		return 0;
	if (path_format(folder, err, "%s/out", state->data) != 0 || file_list(folder, &names, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		unsigned number;
		int32_t day;

		if (read_run(names[i], &day, &number))
			names[runs++] = names[i];
	}
	if (runs > 1)
		qsort(names, runs, sizeof(*names), newest_first);
	for (size_t i = (size_t)kept; i < runs && result == 0; i++) {
		if (strcmp(names[i], state->current) != 0)
			result = remove_run(folder, names[i], removed, err);
	}
	free(names);
	return result;
}

void
retention_apply(const struct settings *settings, const struct state *state, struct date today)
{
	size_t archive = 0, quarantine = 0, out = 0;
	struct err err;

	if (remove_old(state, "archive", settings->keep_archive, today, &archive, &err) != 0
	    || remove_old(state, "quarantine", settings->keep_quarantine, today, &quarantine, &err) != 0
	    || remove_outputs(state, settings->keep_runs, &out, &err) != 0)
		log_line(LOG_WARNING, "retention failed reason=\"%s\"", err.what);
	if (archive + quarantine + out > 0)
		log_line(
		    LOG_INFO, "retention archive_runs=%zu quarantine_runs=%zu out_runs=%zu", archive, quarantine, out);
}
