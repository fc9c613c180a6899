/*
 * metrics.c - see metrics.h. The format is Prometheus' text format 0.0.4.
 */
#include "core/program/metrics.h"

#include <assert.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"

#define SAMPLES_MAX ((size_t)16 * 1024 * 1024)

const struct metric_row metric_rows[METRIC_COUNT] = {
	[METRIC_BUILD_INFO] = { "yici_build_info", "gauge", "The program and the library it speaks to Kafka with.",
	    { "version", "librdkafka" } },
	[METRIC_FILES] = { "yici_files_total", "counter", "Files ever taken in, by what became of them.",
	    { "source", "state" } },
	[METRIC_ROWS] = { "yici_rows_total", "counter", "Rows of all files ever taken in, by what became of them.",
	    { "source", "outcome" } },
	[METRIC_SOURCE_LAST_FILE] = { "yici_source_last_file_timestamp_seconds", "gauge",
	    "Date of the newest run that took in a file of the source.", { "source" } },
	[METRIC_STUDENTS] = { "yici_students", "gauge", "Students in the current consolidated dataset.", { 0 } },
	[METRIC_RUN_LAST_SUCCESS] = { "yici_run_last_success_timestamp_seconds", "gauge",
	    "When the last run became current.", { 0 } },
	[METRIC_RUN_RUNNING] = { "yici_run_running", "gauge", "1 while a run is at work.", { 0 } },
	[METRIC_RUN_EXIT_STATUS] = { "yici_run_exit_status", "gauge",
	    "How the last nightly ended: 0 done, 3 held, 75 try again, others as docs/operations.md says.", { 0 } },
	[METRIC_STAGE_DURATION] = { "yici_stage_duration_seconds", "gauge", "How long a stage of the last run took.",
	    { "stage" } },
	[METRIC_INBOX_FILES] = { "yici_inbox_files", "gauge", "Files waiting in the inbox.", { 0 } },
	[METRIC_INBOX_OLDEST] = { "yici_inbox_oldest_file_timestamp_seconds", "gauge",
	    "When the file that waits longest in the inbox was last changed.", { 0 } },
	[METRIC_FILES_UNNORMALIZED] = { "yici_files_unnormalized", "gauge",
	    "Files sent to the bus whose rows are not all normalized yet.", { 0 } },
	[METRIC_HOLDS] = { "yici_holds", "gauge", "Runs held for a person's decision.", { "dataset" } },
	[METRIC_HOLD_SINCE] = { "yici_hold_since_timestamp_seconds", "gauge",
	    "Since when a run has been held; not there when none is.", { "dataset" } },
	[METRIC_REVIEW_ITEMS] = { "yici_review_queue_items", "gauge", "Cases for a person's review, by kind.",
	    { "kind" } },
	[METRIC_BUS_UP] = { "yici_bus_up", "gauge", "1 when the broker answered when asked for these figures.", { 0 } },
	[METRIC_LAG_RECORDS] = { "yici_consumer_lag_records", "gauge",
	    "Committed records that a consumer group has not read yet.", { "group", "topic", "partition" } },
	[METRIC_LAG_SECONDS] = { "yici_consumer_lag_seconds", "gauge",
	    "Age of the first record that a consumer group has not read; 0 when it has read all.",
	    { "group", "topic", "partition" } },
	[METRIC_CONSUMER_STATE] = { "yici_consumer_state", "gauge",
	    "0 not found, 1 OK, 2 WAITING, 3 OPEN_TRANSACTION, 4 STOP, 5 STALL, 6 REWIND.",
	    { "group", "topic", "partition" } },
	[METRIC_LSO_GAP] = { "yici_lso_gap_records", "gauge",
	    "Offsets behind the last stable one: what a transaction left open hides from readers.", { "topic" } },
};

void
metrics_init(struct metrics *metrics)
{
	for (size_t i = 0; i < METRIC_COUNT; i++)
		buffer_init(&metrics->samples[i], SAMPLES_MAX);
}

void
metrics_fini(struct metrics *metrics)
{
	for (size_t i = 0; i < METRIC_COUNT; i++)
		buffer_fini(&metrics->samples[i]);
}

/* ${value} as a label's value: what the format wants escaped is. */
static void
add_label(struct buffer *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			buffer_char(out, '\\');
		if (*value == '\n')
			buffer_string(out, "\\n");
		else
			buffer_char(out, *value);
	}
}

void
metrics_add(struct metrics *metrics, enum metric metric, double value, const char *const *labels)
{
	const struct metric_row *row = &metric_rows[metric];
	struct buffer *out = &metrics->samples[metric];

	buffer_string(out, row->name);
	for (size_t i = 0; i < METRIC_LABELS_MAX && row->labels[i] != NULL; i++) {
		assert(labels != NULL && labels[i] != NULL);
		buffer_format(out, "%c%s=\"", i == 0 ? '{' : ',', row->labels[i]);
		add_label(out, labels[i]);
		buffer_char(out, '"');
	}
	if (row->labels[0] != NULL)
		buffer_char(out, '}');
	buffer_format(out, " %.17g\n", value);
}

static void
add_head(const struct metric_row *row, struct buffer *out)
{
	buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name, row->type);
}

void
metrics_text(const struct metrics *metrics, struct buffer *out)
{
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		if (metrics->samples[i].len == 0)
			continue;
		add_head(&metric_rows[i], out);
		buffer_text(out, buffer_as_text(&metrics->samples[i]));
	}
}

/* The samples of ${row} in what was written before. */
static void
keep(struct text before, const struct metric_row *row, struct buffer *out)
{
	size_t name = strlen(row->name), at = 0;
	bool first = true;

	while (at < before.len) {
		const char *line = before.at + at;
		const char *end = memchr(line, '\n', before.len - at);
		size_t len = end == NULL ? before.len - at : (size_t)(end - line);

		if (end != NULL && len > name && memcmp(line, row->name, name) == 0
		    && (line[name] == ' ' || line[name] == '{')) {
			if (first)
				add_head(row, out);
			first = false;
			buffer_add(out, line, len + 1);
		}
		at += len + 1;
	}
}

/* ${text} into ${path}, by way of ${beside}. */
static int
replace(const char *path, const char *beside, struct text text, struct err *err)
{
	int fd = file_create(beside, err), result;

	if (fd < 0)
		return -1;
	result = file_write(fd, text.at, text.len, err);
	if (result == 0 && fchmod(fd, 0644) != 0)
		result = err_errno(err, ERR_STOP, "%s", beside);
	if (result != 0)
		close(fd);
	else
		result = file_sync_close(fd, err);
	return result == 0 ? file_rename(beside, path, err) : -1;
}

int
metrics_write(const struct metrics *metrics, const char *path, struct err *err)
{
	struct buffer before, out;
	char beside[FILE_PATH_MAX];
	int result = -1;

	buffer_init(&before, SAMPLES_MAX);
	buffer_init(&out, 2 * SAMPLES_MAX);
	if (file_exists(path) && file_read_all(path, &before, err) != 0)
		goto done;
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		if (metrics->samples[i].len == 0) {
			keep(buffer_as_text(&before), &metric_rows[i], &out);
			continue;
		}
		add_head(&metric_rows[i], &out);
		buffer_text(&out, buffer_as_text(&metrics->samples[i]));
	}
	if (buffer_failed(&out))
		err_set(err, ERR_RETRY, "memory is short");
	else if (path_format(beside, err, "%s.new", path) == 0)
		result = replace(path, beside, buffer_as_text(&out), err);
done:
	buffer_fini(&before);
	buffer_fini(&out);
	return result;
}
