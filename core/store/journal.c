/*
 * journal.c - see journal.h. A writer holds flock() on the log itself; what it adds goes to the file in one write, then fsync. Only
 * journal_redact() replaces the file, under the same lock, so who has waited for it looks whether the file is still the log.
 */
#include "core/store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/record/flat_json.h"

#define LOG_MAX ((size_t)1 << 30) /* bytes of a log that are read */
#define SUM_MARK ",\"sum\":\""
#define SUM_BYTES (sizeof(SUM_MARK) - 1 + 64 + 2) /* the mark, the digits, and "} */

static int
log_path(char path[FILE_PATH_MAX], const char *data, const char *name, struct err *err)
{
	return path_format(path, err, "%s/state/%s", data, name);
}

/* Does the line's own sum hold? */
static bool
sum_holds(struct text line)
{
	struct sha256 digest;
	char hex[65];

	if (line.len < SUM_BYTES || memcmp(line.at + line.len - SUM_BYTES, SUM_MARK, sizeof(SUM_MARK) - 1) != 0)
		return false;
	digest = sha256_of(line.at, line.len - SUM_BYTES);
	sha256_hex(&digest, hex);
	return memcmp(line.at + line.len - 66, hex, 64) == 0 && memcmp(line.at + line.len - 2, "\"}", 2) == 0;
}

/* Is something left of the line that was taken out? Then the digest of what stood there. */
static bool
is_taken_out(struct text line, struct sha256 *digest, struct buffer *scratch)
{
	return flat_json_string(line, TEXT("action"), scratch) && text_eq(buffer_as_text(scratch), TEXT(JOURNAL_PURGED))
	    && flat_json_string(line, TEXT("line"), scratch)
	    && hex_parse(buffer_as_text(scratch), digest->at, sizeof(digest->at));
}

/* Put a line, without its newline, behind the head. What is wrong with it, or NULL. */
static const char *
take_line(struct journal_head *head, struct text line, struct buffer *scratch)
{
	uint64_t number;
	char hex[65];

	if (!sum_holds(line))
		return "changed";
	if (!flat_json_number(line, TEXT("number"), &number) || !flat_json_string(line, TEXT("before"), scratch))
		return "no entry";
	if (number != head->number + 1)
		return "removed, inserted or swapped: its number is not the next";
	sha256_hex(&head->digest, hex);
	if (!text_eq(buffer_as_text(scratch), text_from(hex)))
		return "the line before it is not the one that it was written behind";
	head->number = number;
	if (!is_taken_out(line, &head->digest, scratch))
		head->digest = sha256_of(line.at, line.len + 1); /* with the newline that stands there */
	return NULL;
}

/* Is ${number} one of the numbers in ${list}? */
static bool
lists(struct text list, uint64_t number)
{
	while (list.len > 0) {
		const char *end = memchr(list.at, ' ', list.len);
		size_t len = end != NULL ? (size_t)(end - list.at) : list.len;
		uint64_t listed;

		if (text_to_u64((struct text){ list.at, len }, &listed) && listed == number)
			return true;
		list.at += len + (end != NULL);
		list.len -= len + (end != NULL);
	}
	return false;
}

/* Does a purge further down say that it took entry ${nth} (from 0) out? */
static bool
is_accounted_for(const struct journal_log *log, size_t nth, struct buffer *scratch)
{
	uint64_t by;
	struct text line;

	if (!flat_json_string(log->at[nth].line, TEXT("by"), scratch) || !text_to_u64(buffer_as_text(scratch), &by)
	    || by <= nth + 1 || by > log->count)
		return false;
	line = log->at[by - 1].line;
	return flat_json_string(line, TEXT("action"), scratch) && text_eq(buffer_as_text(scratch), TEXT(JOURNAL_PURGE))
	    && flat_json_string(line, TEXT("entries"), scratch) && lists(buffer_as_text(scratch), log->at[nth].number);
}

/* ---- writing ---- */

/* The head of the open log, from its last line; a torn one is cut off. */
static int
find_head(struct journal *journal, const char *path, struct err *err)
{
	size_t len, start, end;
	struct buffer tail;
	struct stat stat;
	int result = -1;

	if (fstat(journal->fd, &stat) != 0)
		return err_errno(err, ERR_STOP, "cannot read %s", path);
	len = (uint64_t)stat.st_size < 2 * JOURNAL_LINE_MAX ? (size_t)stat.st_size : 2 * JOURNAL_LINE_MAX;
	journal->end = (uint64_t)stat.st_size;
	buffer_init(&tail, 2 * JOURNAL_LINE_MAX + 1);
	if (len > 0 && buffer_room(&tail, len) == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	if (len > 0 && file_read_at(journal->fd, tail.at, len, (uint64_t)stat.st_size - len, err) != 0)
		goto done;
	for (end = len; end > 0 && tail.at[end - 1] != '\n';)
		end--;
	if (end < len) {
		if (end == 0 && (uint64_t)len < (uint64_t)stat.st_size) {
			err_set(err, ERR_STOP, "%s is broken: yici audit DATA verify", path);
			goto done;
		}
		journal->end -= len - end;
		if (ftruncate(journal->fd, (off_t)journal->end) != 0) {
			err_errno(err, ERR_STOP, "cannot cut the torn line off %s", path);
			goto done;
		}
	}
	if (end > 0) {
		struct text line;

		for (start = end - 1; start > 0 && tail.at[start - 1] != '\n';)
			start--;
		line = (struct text){ tail.at + start, end - 1 - start };
		if (!sum_holds(line) || !flat_json_number(line, TEXT("number"), &journal->head.number)) {
			err_set(err, ERR_STOP, "the last line of %s is broken: yici audit DATA verify", path);
			goto done;
		}
		journal->head.digest = sha256_of(line.at, line.len + 1);
	}
	result = 0;
done:
	buffer_fini(&tail);
	return result;
}

int
journal_open(struct journal *journal, const char *data, struct err *err)
{
	return journal_open_named(journal, data, JOURNAL_DECISIONS, err);
}

/* Open and lock the log; 1, or 0 when it was replaced while we waited for it, or -1. */
static int
open_locked(struct journal *journal, const char *path, struct err *err)
{
	struct stat ours, there;

	journal->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (journal->fd < 0)
		return err_errno(err, ERR_STOP, "cannot open %s", path);
	while (flock(journal->fd, LOCK_EX) != 0) {
		if (errno != EINTR)
			return err_errno(err, ERR_STOP, "cannot lock %s", path);
	}
	if (fstat(journal->fd, &ours) != 0)
		return err_errno(err, ERR_STOP, "cannot read %s", path);
	if (lstat(path, &there) == 0 && there.st_ino == ours.st_ino && there.st_dev == ours.st_dev)
		return 1;
	close(journal->fd);
	journal->fd = -1;
	return 0;
}

int
journal_open_named(struct journal *journal, const char *data, const char *name, struct err *err)
{
	char path[FILE_PATH_MAX], folder[FILE_PATH_MAX];
	int got;

	*journal = (struct journal){ .fd = -1 };
	buffer_init(&journal->pending, (size_t)64 << 20);
	if (log_path(path, data, name, err) != 0 || path_format(folder, err, "%s/state", data) != 0)
		return -1;
	while ((got = open_locked(journal, path, err)) == 0)
		continue;
	if (got < 0)
		return -1;
	if (find_head(journal, path, err) != 0)
		return -1;
	return journal->end == 0 ? file_sync_folder(folder, err) : 0;
}

static void
add_member(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, ",\"%s\":", name);
	buffer_json_string(out, value);
}

int
journal_add(struct journal *journal, struct text who, const char *action, const struct journal_member *members,
    size_t count, struct err *err)
{
	struct buffer *out = &journal->pending;
	size_t start = out->len;
	char now[JOURNAL_TIME_MAX], hex[65];
	time_t clock = time(NULL);
	struct sha256 digest;
	struct tm tm;

	if (gmtime_r(&clock, &tm) == NULL || strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return err_set(err, ERR_STOP, "the clock says nothing");
	buffer_format(out, "{\"number\":%llu", (unsigned long long)journal->head.number + 1);
	add_member(out, "time", text_from(now));
	add_member(out, "who", who);
	add_member(out, "action", text_from(action));
	for (size_t i = 0; i < count; i++) {
		if (members[i].value.len > 0)
			add_member(out, members[i].name, members[i].value);
	}
	sha256_hex(&journal->head.digest, hex);
	add_member(out, "before", text_from(hex));
	if (buffer_failed(out))
		return err_set(err, ERR_RETRY, "out of memory for a log");
	digest = sha256_of(out->at + start, out->len - start);
	sha256_hex(&digest, hex);
	buffer_format(out, SUM_MARK "%s\"}\n", hex);
	if (buffer_failed(out))
		return err_set(err, ERR_RETRY, "out of memory for a log");
	if (out->len - start > JOURNAL_LINE_MAX) {
		out->len = start;
		return err_set(err, ERR_INPUT, "an entry is longer than %zu bytes", JOURNAL_LINE_MAX);
	}
	journal->head.number++;
	journal->head.digest = sha256_of(out->at + start, out->len - start);
	return 0;
}

int
journal_commit(struct journal *journal, struct err *err)
{
	struct err why;

	if (journal->pending.len == 0)
		return 0;
	if (file_write_at(journal->fd, journal->pending.at, journal->pending.len, journal->end, &why) != 0
	    || (fsync(journal->fd) != 0 && err_errno(&why, ERR_STOP, "cannot sync a log") != 0)) {
		*err = why;
		(void)!ftruncate(journal->fd, (off_t)journal->end); /* part of it would be an entry nobody was told of */
		return -1;
	}
	journal->end += journal->pending.len;
	buffer_clear(&journal->pending);
	return 0;
}

void
journal_close(struct journal *journal)
{
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = -1;
	buffer_fini(&journal->pending);
}

int
journal_append(const char *data, struct text who, const char *action, const struct journal_member *members,
    size_t count, uint64_t *number, struct err *err)
{
	struct journal journal;
	int result = -1;

	if (journal_open(&journal, data, err) == 0 && journal_add(&journal, who, action, members, count, err) == 0
	    && journal_commit(&journal, err) == 0) {
		if (number != NULL)
			*number = journal.head.number;
		result = 0;
	}
	journal_close(&journal);
	return result;
}

/* ---- reading ---- */

int
journal_verify(struct journal_log *log, const char *data, const struct journal_head *known, struct journal_fault *fault,
    struct err *err)
{
	return journal_verify_named(log, data, JOURNAL_DECISIONS, known, fault, err);
}

int
journal_verify_named(struct journal_log *log, const char *data, const char *name, const struct journal_head *known,
    struct journal_fault *fault, struct err *err)
{
	struct buffer scratch;
	char path[FILE_PATH_MAX];
	size_t lines = 0;

	*log = (struct journal_log){ 0 };
	*fault = (struct journal_fault){ 0 };
	buffer_init(&log->bytes, LOG_MAX);
	if (log_path(path, data, name, err) != 0 || (file_exists(path) && file_read_all(path, &log->bytes, err) != 0))
		return -1;
	for (size_t i = 0; i < log->bytes.len; i++)
		lines += log->bytes.at[i] == '\n';
	log->at = calloc(lines + 1, sizeof(*log->at));
	if (log->at == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a log");
	buffer_init(&scratch, JOURNAL_LINE_MAX);
	if (buffer_room(&scratch, JOURNAL_LINE_MAX) == NULL) { /* short memory must not look like a broken line */
		buffer_fini(&scratch);
		return err_set(err, ERR_RETRY, "out of memory for a log");
	}
	for (size_t pos = 0; pos < log->bytes.len && fault->line == 0;) {
		const char *end = memchr(log->bytes.at + pos, '\n', log->bytes.len - pos);
		struct text line = { log->bytes.at + pos, 0 };

		if (end == NULL) {
			log->torn = log->bytes.len - pos;
			break;
		}
		line.len = (size_t)(end - line.at);
		pos += line.len + 1;
		fault->what = take_line(&log->head, line, &scratch);
		if (fault->what != NULL)
			fault->line = log->count + 1;
		else
			log->at[log->count++] = (struct journal_entry){ log->head.number, line };
		if (fault->what == NULL && known != NULL && known->number == log->head.number
		    && memcmp(&known->digest, &log->head.digest, sizeof(known->digest)) != 0) {
			fault->what = "not the line that stood here when a run used it";
			fault->line = log->count;
		}
	}
	if (fault->line == 0 && known != NULL && known->number > log->head.number) {
		fault->what = "removed: a run used more lines than there are";
		fault->line = log->count + 1;
	}
	for (size_t i = 0; i < log->count && fault->line == 0; i++) {
		struct sha256 ignored;

		if (is_taken_out(log->at[i].line, &ignored, &scratch) && !is_accounted_for(log, i, &scratch)) {
			fault->what = "taken out, and no purge says so";
			fault->line = i + 1;
		}
	}
	buffer_fini(&scratch);
	return 0;
}

int
journal_load(struct journal_log *log, const char *data, struct err *err)
{
	struct journal_fault fault;

	if (journal_verify(log, data, NULL, &fault, err) != 0)
		return -1;
	if (fault.line != 0)
		return err_set(err, ERR_STOP, "decisions.log is broken at line %llu: %s",
		    (unsigned long long)fault.line, fault.what);
	return 0;
}

void
journal_free(struct journal_log *log)
{
	buffer_fini(&log->bytes);
	free(log->at);
	*log = (struct journal_log){ 0 };
}

/* ---- taking out ---- */

/* What is left of an entry. */
static void
take_out(struct buffer *out, const struct journal_entry *entry, uint64_t by, struct buffer *scratch)
{
	size_t start = out->len;
	struct sha256 digest = sha256_of(entry->line.at, entry->line.len + 1);
	char hex[65];

	sha256_hex(&digest, hex);
	buffer_format(out, "{\"number\":%llu,\"action\":\"" JOURNAL_PURGED "\",\"by\":\"%llu\",\"line\":\"%s\"",
	    (unsigned long long)entry->number, (unsigned long long)by, hex);
	if (flat_json_string(entry->line, TEXT("before"), scratch))
		add_member(out, "before", buffer_as_text(scratch));
	if (buffer_failed(out))
		return;
	digest = sha256_of(out->at + start, out->len - start);
	sha256_hex(&digest, hex);
	buffer_format(out, SUM_MARK "%s\"}\n", hex);
}

int
journal_redact(const char *data, const uint64_t *numbers, size_t count, uint64_t by, struct err *err)
{
	struct journal journal = { .fd = -1 };
	struct journal_log log = { 0 };
	struct buffer out, scratch;
	char path[FILE_PATH_MAX];
	bool any = false;
	int result = -1;

	buffer_init(&out, LOG_MAX);
	buffer_init(&scratch, JOURNAL_LINE_MAX);
	if (buffer_room(&scratch, JOURNAL_LINE_MAX) == NULL)
		err_set(err, ERR_RETRY, "out of memory for a log");
	else if (journal_open(&journal, data, err) == 0 && journal_load(&log, data, err) == 0
	    && log_path(path, data, JOURNAL_DECISIONS, err) == 0) {
		for (size_t i = 0; i < log.count; i++) {
			const struct journal_entry *entry = &log.at[i];
			struct sha256 ignored;
			bool wanted = false;

			for (size_t k = 0; k < count && !wanted; k++)
				wanted = numbers[k] == entry->number;
			if (wanted && entry->number < by && !is_taken_out(entry->line, &ignored, &scratch)) {
				any = true;
				take_out(&out, entry, by, &scratch);
			} else
				buffer_add(&out, entry->line.at, entry->line.len + 1);
		}
		result = buffer_failed(&out) || buffer_failed(&scratch)
		    ? err_set(err, ERR_RETRY, "out of memory for a log")
		    : any ? file_write_all(path, out.at, out.len, err)
			  : 0;
	}
	journal_close(&journal);
	journal_free(&log);
	buffer_fini(&out);
	buffer_fini(&scratch);
	return result;
}
