/*
 * status_say.c - what status.c gathered, said three ways, and the command `yici status`.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "core/record/flat_json.h"
#include "ops/yici/release_topics.h"
#include "ops/yici/status.h"

#ifndef YICI_VERSION
#define YICI_VERSION "0"
#endif

/* ---- for a person ---- */

/* "3 hours" in his language: one unit is enough. */
void
status_duration(const struct command *command, int64_t seconds, struct buffer *out)
{
	static const struct {
		int64_t seconds;
		const char *zh, *en;
	} units[] = { { 86400, "天", "days" }, { 3600, "小时", "hours" }, { 60, "分钟", "minutes" },
		{ 1, "秒", "seconds" } };

	if (seconds < 0)
		seconds = 0;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (seconds < 2 * units[i].seconds && units[i].seconds > 1)
			continue;
		buffer_format(out, "%" PRId64 " %s", seconds / units[i].seconds, say(command, units[i].zh, units[i].en));
		return;
	}
}

static void
add_time(int64_t seconds, struct buffer *out)
{
	time_t time = (time_t)seconds;
	struct tm tm;

	if (localtime_r(&time, &tm) != NULL)
		buffer_format(out, "%04d-%02d-%02d %02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		    tm.tm_min);
}

const char *
status_verdict(const struct command *command, enum lag_state state)
{
	switch (state) {
	case LAG_NOT_FOUND:
		return say(command, "未找到", "not found");
	case LAG_OK:
		return say(command, "正常", "OK");
	case LAG_WAITING:
		return say(command, "等待读取，正常", "has something to read, nothing is wrong");
	case LAG_OPEN_TRANSACTION:
		return say(command, "有事务尚未结束，其后的内容暂不可见",
		    "a transaction has not ended and hides what is behind it");
	case LAG_STOP:
		return say(
		    command, "停止：有内容待读，但没有进程在读", "STOP: there is something to read and nobody reads");
	case LAG_STALL:
		return say(command, "停滞：进程在，但没有推进", "STALL: there is a reader, and it does not get on");
	case LAG_REWIND:
		return say(command, "倒退：读取位置比上次更靠前", "REWIND: the position is before where it was");
	case LAG_STATES:
		break;
	}
	return "";
}

/* What one office was given: a line of the log. Texts are of ${words}. */
struct given {
	struct text who, grant, number, rows, gone;
	bool topic;
};

static bool
next_given(struct text *rest, struct buffer words[5], struct given *given)
{
	static const char *const names[] = { "who", "grant", "delivery", "rows", "gone" };
	const char *end = rest->len > 0 ? memchr(rest->at, '\n', rest->len) : NULL;
	struct text line, *const texts[] = { &given->who, &given->grant, &given->number, &given->rows, &given->gone };

	if (end == NULL)
		return false;
	line = (struct text){ rest->at, (size_t)(end - rest->at) };
	rest->at += line.len + 1;
	rest->len -= line.len + 1;
	given->topic = release_topics_line(line);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *name = given->topic && i == 2 ? "night" : names[i];

		*texts[i] = flat_json_string(line, text_from(name), &words[i]) ? buffer_as_text(&words[i])
									       : (struct text){ "", 0 };
	}
	return true;
}

static void
init_words(struct buffer words[5])
{
	for (size_t i = 0; i < 5; i++)
		buffer_init(&words[i], (size_t)1 << 20);
}

static void
free_words(struct buffer words[5])
{
	for (size_t i = 0; i < 5; i++)
		buffer_fini(&words[i]);
}

/* Who was given what by the current run, an office a line. */
static void
add_given(const struct status *status, const struct command *command, struct buffer *out)
{
	struct text rest = buffer_as_text(&status->given);
	struct buffer words[5];
	struct given given;

	init_words(words);
	while (next_given(&rest, words, &given)) {
		buffer_string(out, say(command, "交付：", "given: "));
		buffer_text(out, given.who);
		buffer_format(out, "  %.*s%s%.*s", (int)given.grant.len, given.grant.at,
		    given.topic ? say(command, " 主题第 ", " topic night ") : "-", (int)given.number.len,
		    given.number.at);
		buffer_string(out, say(command, "，学生数 ", ", students "));
		buffer_text(out, given.rows);
		if (given.topic) {
			buffer_string(out, say(command, "，移出 ", ", taken off "));
			buffer_text(out, given.gone);
		}
		buffer_char(out, '\n');
	}
	free_words(words);
}

static void
add_run(const struct status *status, const struct command *command, struct buffer *out)
{
	uint64_t cases = 0;

	for (size_t i = 0; i < status->kind_count; i++)
		cases += status->kinds[i].cases;
	if (status->run[0] == '\0')
		buffer_string(out, say(command, "还没有汇总过。\n", "There has been no run yet.\n"));
	else {
		buffer_string(out, say(command, "上次汇总：", "last run: "));
		buffer_format(out, "%s", status->run);
		buffer_string(out, say(command, "，完成于 ", ", finished "));
		add_time(status->finished_s, out);
		buffer_string(out, say(command, "（", " ("));
		status_duration(command, status->now_s - status->finished_s, out);
		buffer_string(out, say(command, "前）\n", " ago)\n"));
		if (command->chinese)
			buffer_format(out, "学生 %" PRIu64 " 名，退回 %" PRIu64 " 行，待审核 %" PRIu64 " 件\n",
			    status->students, status->rejected, cases);
		else
			buffer_format(out,
			    "students: %" PRIu64 ", rows sent back: %" PRIu64 ", cases for review: %" PRIu64 "\n",
			    status->students, status->rejected, cases);
		add_given(status, command, out);
	}
	if (status->held[0] != '\0') {
		if (command->chinese)
			buffer_format(
			    out, "暂停发布：%s，发现 %" PRIu64 " 项，已等待 ", status->held, status->held_findings);
		else
			buffer_format(
			    out, "held: %s, findings: %" PRIu64 ", waiting for ", status->held, status->held_findings);
		status_duration(command, status->now_s - status->held_s, out);
		buffer_string(out, say(command, "；请执行 yici hold DATA show\n", "; see yici hold DATA show\n"));
	}
	buffer_string(out,
	    status->running ? say(command, "现在：正在汇总\n", "now: a run is at work\n")
		: status->window
		? say(command, "现在：夜间时段，没有汇总在运行\n", "now: night, and no run is at work\n")
		: say(command, "现在：空闲\n", "now: idle\n"));
	if (command->chinese)
		buffer_format(out, "收件：%" PRIu64 " 个文件等待", status->waiting);
	else
		buffer_format(out, "inbox: %" PRIu64 " files waiting", status->waiting);
	if (status->waiting > 0) {
		buffer_string(out, say(command, "，最久 ", ", longest for "));
		status_duration(command, status->now_s - status->oldest_s, out);
	}
	buffer_char(out, '\n');
}

void
status_unread(const struct lag_group *group, const struct command *command, struct buffer *out)
{
	uint64_t records = 0, seconds = 0;
	bool at_most = false;

	for (size_t i = 0; i < group->count; i++) {
		records += group->at[i].records;
		at_most = at_most || group->at[i].at_most;
		if (group->at[i].seconds > seconds)
			seconds = group->at[i].seconds;
	}
	if (records == 0) {
		buffer_string(out, say(command, "已读完", "has read all"));
		return;
	}
	if (command->chinese)
		buffer_format(out, "%s%" PRIu64 " 条未读，最早 ", at_most ? "最多 " : "", records);
	else
		buffer_format(out, "%s%" PRIu64 " records behind, the first for ", at_most ? "at most " : "", records);
	status_duration(command, (int64_t)seconds, out);
	buffer_string(out, say(command, "前", ""));
}

/* What the topic runs says of a run, in his language. */
static const char *
run_word(const struct command *command, const char *state)
{
	static const struct {
		const char *state, *zh, *en;
	} words[] = { { "begin", "正在汇总", "begun" }, { "complete", "已完成", "complete" },
		{ "asked", "已请求", "asked for" }, { "done", "已完成", "done" },
		{ "nothing", "没有新文件", "nothing new" }, { "failed", "未成，待重试", "failed" },
		{ "held", "待人处理", "held" }, { "discarded", "已作废", "discarded" } };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(words[i].state, state) == 0)
			return say(command, words[i].zh, words[i].en);
	}
	return state;
}

static void
add_bus(const struct status *status, const struct command *command, struct buffer *out)
{
	if (!status->bus_up) {
		buffer_format(out, "%s%s\n", say(command, "Kafka：无法查询：", "Kafka: no answer: "), status->bus_why);
		return;
	}
	if (status->bus_run[0] != '\0')
		buffer_format(out, "%s%s %s\n", say(command, "Kafka 上最近的汇总：", "newest run on Kafka: "),
		    status->bus_run, run_word(command, status->bus_state));
	if (command->chinese)
		buffer_format(out,
		    "在途：%" PRIu64 " 个文件正在发送，%" PRIu64 " 个已发完等待汇总，%s%zu 个（%" PRIu64
		    " 所学校）尚未清洗完\n",
		    status->bus_reading, status->bus_complete, status->lag.files_at_least ? "至少 " : "",
		    status->lag.files_unread, status->schools_unread);
	else
		buffer_format(out,
		    "on their way: %" PRIu64 " files being sent, %" PRIu64
		    " sent and waiting for a run, %s%zu (of %" PRIu64 " schools) not yet normalized\n",
		    status->bus_reading, status->bus_complete, status->lag.files_at_least ? "at least " : "",
		    status->lag.files_unread, status->schools_unread);
}

void
status_summary(const struct status *status, const struct command *command, struct buffer *out)
{
	add_run(status, command, out);
	if (status->bus)
		add_bus(status, command, out);
}

void
status_text(const struct status *status, const struct command *command, struct buffer *out)
{
	status_summary(status, command, out);
	if (!status->bus_up)
		return;
	buffer_string(out, say(command, "读者：\n", "readers:\n"));
	for (size_t i = 0; i < status->lag.count; i++) {
		const struct lag_group *group = &status->lag.groups[i];

		buffer_format(out, "  %s: ", group->name);
		status_unread(group, command, out);
		buffer_format(out, "%s%s\n", say(command, "；", "; "), status_verdict(command, group->state));
	}
}

/* ---- JSON ---- */

static void
add_string(struct buffer *out, const char *name, const char *value)
{
	buffer_format(out, "\"%s\":", name);
	buffer_json_string(out, text_from(value));
}

static void
add_partition(const struct lag_partition *partition, struct buffer *out)
{
	buffer_char(out, '{');
	add_string(out, "topic", partition->topic);
	buffer_format(out,
	    ",\"partition\":%d,\"lag_records\":%" PRIu64 ",\"at_most\":%s,\"lag_seconds\":%" PRIu64
	    ",\"state\":\"%s\",\"position\":%" PRId64 ",\"stable\":%" PRId64 ",\"end\":%" PRId64 "}",
	    partition->partition, partition->records, partition->at_most ? "true" : "false", partition->seconds,
	    lag_state_name(partition->state), partition->committed, partition->ends.stable, partition->ends.end);
}

static void
add_groups(const struct lag *lag, struct buffer *out)
{
	buffer_string(out, ",\"groups\":[");
	for (size_t i = 0; i < lag->count; i++) {
		const struct lag_group *group = &lag->groups[i];

		buffer_string(out, i == 0 ? "\n {" : ",\n {");
		add_string(out, "name", group->name);
		buffer_format(out, ",\"active\":%s,\"state\":\"%s\",\"partitions\":[", group->active ? "true" : "false",
		    lag_state_name(group->state));
		for (size_t k = 0; k < group->count; k++) {
			if (k > 0)
				buffer_char(out, ',');
			add_partition(&group->at[k], out);
		}
		buffer_string(out, "]}");
	}
	buffer_char(out, ']');
}

static void
add_sources(const struct status *status, struct buffer *out)
{
	buffer_string(out, ",\"sources\":[");
	for (size_t i = 0; i < status->source_count; i++) {
		const struct status_source *source = &status->sources[i];

		buffer_string(out, i == 0 ? "\n {" : ",\n {");
		add_string(out, "source", source->name);
		buffer_format(out,
		    ",\"complete\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"accepted\":%" PRIu64 ",\"rejected\":%" PRIu64
		    ",\"set_aside\":%" PRIu64 "}",
		    source->complete, source->refused, source->accepted, source->rejected, source->set_aside);
	}
	buffer_string(out, "],\"review\":{");
	for (size_t i = 0; i < status->kind_count; i++)
		buffer_format(
		    out, "%s\"%s\":%" PRIu64, i == 0 ? "" : ",", status->kinds[i].name, status->kinds[i].cases);
	buffer_char(out, '}');
}

static void
add_deliveries(const struct status *status, struct buffer *out)
{
	struct text rest = buffer_as_text(&status->given);
	const char *before = "\n ";
	struct buffer words[5];
	struct given given;

	init_words(words);
	buffer_string(out, ",\"deliveries\":[");
	for (; next_given(&rest, words, &given); before = ",\n ") {
		buffer_format(out, "%s{\"unit\":", before);
		buffer_json_string(out, given.who);
		buffer_string(out, ",\"grant\":");
		buffer_json_string(out, given.grant);
		buffer_format(out, ",\"by\":\"%s\",\"number\":%.*s,\"rows\":%.*s", given.topic ? "topic" : "files",
		    (int)given.number.len, given.number.at, (int)given.rows.len, given.rows.at);
		if (given.topic)
			buffer_format(out, ",\"gone\":%.*s", (int)given.gone.len, given.gone.at);
		buffer_char(out, '}');
	}
	buffer_char(out, ']');
	free_words(words);
}

void
status_json(const struct status *status, struct buffer *out)
{
	buffer_char(out, '{');
	add_string(out, "run", status->run);
	buffer_char(out, ',');
	add_string(out, "date", status->date);
	buffer_format(out,
	    ",\"finished_s\":%" PRId64 ",\"running\":%s,\"window\":%s,\"students\":%" PRIu64 ",\"records\":%" PRIu64
	    ",\"rejected_rows\":%" PRIu64 ",\"inbox_files\":%" PRIu64 ",\"inbox_oldest_s\":%" PRId64,
	    status->finished_s, status->running ? "true" : "false", status->window ? "true" : "false", status->students,
	    status->records, status->rejected, status->waiting, status->oldest_s);
	if (status->held[0] != '\0') {
		buffer_string(out, ",\"held\":{");
		add_string(out, "run", status->held);
		buffer_char(out, ',');
		add_string(out, "date", status->held_date);
		buffer_format(
		    out, ",\"since_s\":%" PRId64 ",\"findings\":%" PRIu64 "}", status->held_s, status->held_findings);
	} else
		buffer_string(out, ",\"held\":null");
	add_sources(status, out);
	add_deliveries(status, out);
	if (status->bus) {
		buffer_format(out, ",\"bus\":{\"up\":%s,", status->bus_up ? "true" : "false");
		add_string(out, "why", status->bus_why);
		buffer_char(out, ',');
		add_string(out, "run", status->bus_run);
		buffer_char(out, ',');
		add_string(out, "state", status->bus_state);
		buffer_format(out,
		    ",\"files_reading\":%" PRIu64 ",\"files_complete\":%" PRIu64
		    ",\"files_unnormalized\":%zu,\"schools_unnormalized\":%" PRIu64 ",\"files_at_least\":%s}",
		    status->bus_reading, status->bus_complete, status->lag.files_unread, status->schools_unread,
		    status->lag.files_at_least ? "true" : "false");
	}
	add_groups(&status->lag, out);
	buffer_string(out, "}\n");
}

/* ---- metrics ---- */

static void
add_source_metrics(const struct status_source *source, struct metrics *metrics)
{
	const struct {
		enum metric metric;
		const char *label;
		uint64_t value;
	} rows[] = {
		{ METRIC_FILES, "complete", source->complete },
		{ METRIC_FILES, "refused", source->refused },
		{ METRIC_ROWS, "accepted", source->accepted },
		{ METRIC_ROWS, "rejected", source->rejected },
		{ METRIC_ROWS, "set_aside", source->set_aside },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		metrics_add(metrics, rows[i].metric, (double)rows[i].value,
		    (const char *const[]){ source->name, rows[i].label });
	if (source->last_s >= 0)
		metrics_add(
		    metrics, METRIC_SOURCE_LAST_FILE, (double)source->last_s, (const char *const[]){ source->name });
}

/* What open transactions hide of each topic: readers' partitions name it more than once, the greatest counts. */
static void
add_gaps(const struct lag *lag, struct metrics *metrics)
{
	char done[TOPIC_COUNT * 2][TOPIC_NAME_MAX];
	size_t count = 0;

	for (size_t i = 0; i < lag->count; i++) {
		for (size_t k = 0; k < lag->groups[i].count; k++) {
			const char *topic = lag->groups[i].at[k].topic;
			int64_t gap = 0;
			size_t known = 0;

			while (known < count && strcmp(done[known], topic) != 0)
				known++;
			if (known < count || count == ARRAY_LEN(done))
				continue;
			strcpy(done[count++], topic);
			for (size_t n = 0; n < lag->groups[i].count; n++) {
				const struct lag_partition *partition = &lag->groups[i].at[n];

				if (strcmp(partition->topic, topic) == 0)
					gap += partition->ends.end - partition->ends.stable;
			}
			metrics_add(metrics, METRIC_LSO_GAP, (double)gap, (const char *const[]){ topic });
		}
	}
}

static void
add_lag_metrics(const struct lag *lag, struct metrics *metrics)
{
	for (size_t i = 0; i < lag->count; i++) {
		for (size_t k = 0; k < lag->groups[i].count; k++) {
			const struct lag_partition *partition = &lag->groups[i].at[k];
			char number[16];
			const char *const labels[] = { lag->groups[i].name, partition->topic, number };

			snprintf(number, sizeof(number), "%d", partition->partition);
			metrics_add(metrics, METRIC_LAG_RECORDS, (double)partition->records, labels);
			metrics_add(metrics, METRIC_LAG_SECONDS, (double)partition->seconds, labels);
			metrics_add(metrics, METRIC_CONSUMER_STATE, partition->state, labels);
		}
	}
	add_gaps(lag, metrics);
}

void
status_metrics(const struct status *status, const char *dataset, struct metrics *metrics)
{
	metrics_add(metrics, METRIC_BUILD_INFO, 1, (const char *const[]){ YICI_VERSION, bus_library() });
	for (size_t i = 0; i < status->source_count; i++)
		add_source_metrics(&status->sources[i], metrics);
	for (size_t i = 0; i < status->kind_count; i++)
		metrics_add(metrics, METRIC_REVIEW_ITEMS, (double)status->kinds[i].cases,
		    (const char *const[]){ status->kinds[i].name });
	if (status->run[0] != '\0') {
		metrics_add(metrics, METRIC_STUDENTS, (double)status->students, NULL);
		metrics_add(metrics, METRIC_RUN_LAST_SUCCESS, (double)status->finished_s, NULL);
	}
	metrics_add(metrics, METRIC_RUN_RUNNING, status->running, NULL);
	metrics_add(metrics, METRIC_INBOX_FILES, (double)status->waiting, NULL);
	if (status->waiting > 0)
		metrics_add(metrics, METRIC_INBOX_OLDEST, (double)status->oldest_s, NULL);
	metrics_add(metrics, METRIC_HOLDS, status->held[0] != '\0', (const char *const[]){ dataset });
	if (status->held[0] != '\0')
		metrics_add(metrics, METRIC_HOLD_SINCE, (double)status->held_s, (const char *const[]){ dataset });
	if (!status->bus)
		return;
	metrics_add(metrics, METRIC_BUS_UP, status->bus_up, NULL);
	if (!status->bus_up)
		return;
	metrics_add(metrics, METRIC_FILES_UNNORMALIZED, (double)status->lag.files_unread, NULL);
	add_lag_metrics(&status->lag, metrics);
}

/* ---- the command ---- */

int
command_status(struct command *command)
{
	struct status status;
	struct buffer out;
	struct err err = { 0 };
	int result;

	if (command->word_count != 1)
		return misuse(command, say(command, "需要一个数据文件夹", "wants one data folder"));
	if (status_look(&status, command, command->words[0], true, &err) != 0)
		return fail(command, &err);
	buffer_init(&out, (size_t)64 << 20);
	if (command->json)
		status_json(&status, &out);
	else
		status_text(&status, command, &out);
	result = buffer_failed(&out) ? EX_TEMPFAIL : status.bus && !status.bus_up ? EX_UNAVAILABLE : 0;
	if (out.len > 0)
		fwrite(out.at, 1, out.len, stdout);
	buffer_fini(&out);
	status_free(&status);
	return result;
}
