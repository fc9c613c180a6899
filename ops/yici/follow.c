/*
 * follow.c - `yici follow TOPIC --out FILE|DIR`: the front door of consumers/follow. FILE is .csv or .jsonl by its name; in a folder
 * both are kept, named after the topic.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "consumers/follow/follow.h"
#include "consumers/publish/snapshot.h"
#include "core/bus/admin.h"
#include "core/program/log.h"
#include "ops/yici/command.h"
#include "ops/yici/signals.h"

#define LOOK_MS 10000 /* how long a step waits for news before it looks whether it was told to stop */
#define RETRY_MS 10000

/* All the names that belong to one output. */
struct names {
	char runs[TOPIC_NAME_MAX], group[TOPIC_NAME_MAX];
	char folder[FILE_PATH_MAX], lines[FILE_PATH_MAX], table[FILE_PATH_MAX], place[FILE_PATH_MAX],
	    work[FILE_PATH_MAX], lock[FILE_PATH_MAX];
	bool has_table, view;
};

/* "students" of "yici.students", and the name of the runs' topic beside it. */
static const char *
topic_parts(const struct command *command, const char *topic, struct names *names)
{
	const char *dot = strchr(topic, '.');
	char prefix[TOPIC_NAME_MAX];

	if (dot == NULL || dot == topic || dot[1] == '\0' || strlen(topic) + strlen(".runs") >= TOPIC_NAME_MAX)
		return NULL;
	snprintf(names->runs, sizeof(names->runs), "%.*s.runs", (int)(dot - topic), topic);
	snprintf(prefix, sizeof(prefix), "%.*s", (int)(dot - topic), topic);
	names->view = topic_is_view(prefix, topic);
	if (command->settings.follow_group[0] != '\0')
		snprintf(names->group, sizeof(names->group), "%.240s", command->settings.follow_group);
	else if (names->view) /* so the grant allows it to be called (topics acl) */
		snprintf(names->group, sizeof(names->group), "dept.%.60s.%.120s",
		    dot + 1 + strlen(topic_view_plan.name) + 1, command->settings.bus.instance);
	else
		snprintf(
		    names->group, sizeof(names->group), "dept.%.60s.%.120s", command->settings.bus.instance, dot + 1);
	return dot + 1;
}

static bool
is_folder(const char *path)
{
	struct stat status;

	return path[strlen(path) - 1] == '/' || (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
}

/* ${out} is FILE.csv, FILE.jsonl or a folder. */
static int
name_files(const char *out, const char *kind, struct names *names, struct err *err)
{
	const char *slash = strrchr(out, '/');
	struct text text = text_from(out);
	const char *base = slash == NULL ? out : slash + 1;

	names->has_table = true;
	if (is_folder(out)) {
		if (path_format(names->folder, err, "%s", out) != 0
		    || path_format(names->lines, err, "%s/%s.jsonl", out, kind) != 0
		    || path_format(names->table, err, "%s/%s.csv", out, kind) != 0)
			return -1;
		base = kind;
	} else if (path_format(names->folder, err, "%.*s", slash == NULL ? 1 : (int)(slash - out + 1),
		       slash == NULL ? "." : out)
	    != 0)
		return -1;
	else if (text_ends(text, TEXT(".jsonl"))) {
		names->has_table = false;
		if (path_format(names->lines, err, "%s", out) != 0)
			return -1;
	} else if (text_ends(text, TEXT(".csv"))) {
		if (path_format(names->table, err, "%s", out) != 0
		    || path_format(names->lines, err, "%s/.%s.lines", names->folder, base) != 0)
			return -1;
	} else
		return err_set(err, ERR_NONE, "--out");
	return path_format(names->place, err, "%s/.%s.state", names->folder, base) != 0
		|| path_format(names->work, err, "%s/.%s.work", names->folder, base) != 0
		|| path_format(names->lock, err, "%s/.%s.lock", names->folder, base) != 0
	    ? -1
	    : 0;
}

/* One follower for one output. The descriptor is closed by the end of the program. */
static int
lock(const char *path, struct err *err)
{
	int fd = file_create(path, err);

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return err_set(err, ERR_RETRY, "another yici follow is at work on this output");
	}
	return fd;
}

/* How long deletes can be seen: as the topic says, or as we make it where we may not ask. */
static int
deletes_s(const struct command *command, const char *topic, int64_t *seconds, struct err *err)
{
	struct bus_admin *admin;
	int64_t ms = (int64_t)topic_plans[TOPIC_STUDENTS].delete_retention_ms;
	int result;

	if (command->settings.bus.local[0] == '\0') {
		if (bus_admin_open(&admin, &command->settings.bus, err) != 0)
			return -1;
		result = bus_admin_topic_number(admin, topic, "delete.retention.ms", &ms, err);
		bus_admin_close(admin);
		if (result != 0 && err->kind != ERR_DENIED)
			return -1;
	}
	*seconds = ms / 1000;
	return 0;
}

static const char *
why_anew(const struct command *command, enum follow_anew anew)
{
	switch (anew) {
	case FOLLOW_ON:
		return NULL;
	case FOLLOW_FIRST:
		return say(command, "首次读取", "for the first time");
	case FOLLOW_ALTERED:
		return say(command, "本地文件被改动过，已重新读取全部", "anew: the local file had been altered");
	case FOLLOW_OTHER:
		return say(command, "主题已换，已重新读取全部", "anew: the topic is another one");
	case FOLLOW_TOO_LATE:
		return say(command, "离开时间超过删除记录的保留期，已重新读取全部",
		    "anew: away for longer than deletes are kept");
	case FOLLOW_UNEQUAL:
		return say(command, "人数与汇总不符，已重新读取全部", "anew: the count was not the run's");
	}
	return NULL;
}

static void
print_news(const struct command *command, const struct follow_news *news)
{
	const char *why = why_anew(command, news->anew);

	if (command->chinese)
		printf("%s：学生 %llu 名，新增 %llu，变化 %llu，移除 %llu%s%s\n", news->run,
		    (unsigned long long)news->students, (unsigned long long)news->added,
		    (unsigned long long)news->changed, (unsigned long long)news->removed, why == NULL ? "" : "；",
		    why == NULL ? "" : why);
	else
		printf("%s: %llu students, %llu new, %llu changed, %llu gone%s%s\n", news->run,
		    (unsigned long long)news->students, (unsigned long long)news->added,
		    (unsigned long long)news->changed, (unsigned long long)news->removed, why == NULL ? "" : "; ",
		    why == NULL ? "" : why);
	fflush(stdout);
}

/* Step after step until told to stop, or, with --once, until the newest complete run is here. */
static int
follow_on(struct command *command, struct follow *follow)
{
	struct follow_news news;
	struct err err = { 0 };

	while (!signals_stop()) {
		int got = follow_step(
		    follow, (int64_t)time(NULL), command->once ? 0 : LOOK_MS, signals_stop, &news, &err);

		if (got < 0 && signals_stop())
			break;
		if (got < 0 && err.kind == ERR_RETRY && !command->once) {
			log_line(LOG_WARNING, "follow again reason=%s", err.what);
			signals_wait(RETRY_MS);
			continue;
		}
		if (got < 0)
			return fail(command, &err);
		if (got == 1) {
			print_news(command, &news);
			if (follow_unseen(follow) != NULL)
				log_line(LOG_WARNING, "positions not left reason=%s", follow_unseen(follow));
		}
		if (command->once && got == 0)
			break;
	}
	if (command->once && !signals_stop() && follow_run(follow)[0] == '\0') {
		fprintf(stderr, "yici follow: %s\n", say(command, "还没有完整的汇总", "there is no complete run yet"));
		return EX_TEMPFAIL;
	}
	return 0;
}

int
command_follow(struct command *command)
{
	struct names names = { 0 };
	struct definitions definitions = { 0 };
	struct follow_settings settings;
	struct follow *follow = NULL;
	struct err err = { 0 };
	const char *kind;
	int fd, status = 0;

	if (command->word_count != 1 || command->out == NULL || command->out[0] == '\0')
		return misuse(command, say(command, "需要一个主题和 --out", "wants one topic and --out"));
	kind = topic_parts(command, command->words[0], &names);
	if (kind == NULL)
		return misuse(
		    command, say(command, "主题要写全名，如 yici.students", "a topic is named in full: yici.students"));
	if (name_files(command->out, kind, &names, &err) != 0) {
		if (err.kind != ERR_NONE)
			return fail(command, &err);
		return misuse(command,
		    say(command, "--out 要以 .csv 或 .jsonl 结尾，或是文件夹（以 / 结尾）",
			"--out ends with .csv, .jsonl or, as a folder, with /"));
	}
	signals_catch();
	if (file_make_folder(names.folder, &err) != 0 || (fd = lock(names.lock, &err)) < 0)
		return fail(command, &err);
	settings = (struct follow_settings){
		.topic = command->words[0],
		.runs = names.view ? NULL : names.runs,
		.lines = names.lines,
		.table = names.has_table ? names.table : NULL,
		.place = names.place,
		.work = names.work,
		.group = names.group,
		.memory = (size_t)(command->settings.memory / 4),
		.cell = snapshot_cell,
	};
	if (definitions_load(command, NULL, &definitions, &err) == 0
	    && deletes_s(command, settings.topic, &settings.deletes_s, &err) == 0) {
		settings.dataset = names.view ? NULL
					      : definitions.dataset; /* a view's columns stand as the grant has them */
		if (follow_open(&follow, &settings, &command->settings.bus, &err) == 0) {
			log_line(LOG_INFO, "follow begin topic=%s group=%s run=%s bus=%s", settings.topic,
			    settings.group, follow_run(follow), follow_describe(follow));
			status = follow_on(command, follow);
		} else
			status = fail(command, &err);
	} else
		status = fail(command, &err);
	follow_close(follow);
	definitions_free(&definitions);
	close(fd);
	return status;
}
