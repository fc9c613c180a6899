/*
 * fills.c - see fills.h.
 */
#include "ops/yici/fills.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"

#define FILLS_FILE "fills.tsv"
#define FILLS_BYTES_MAX ((size_t)1 << 30)
#define MEMBERS 9

/* ---- lines ---- */

/* ${text} without what would end it. */
static void
put(struct buffer *out, struct text text)
{
	for (size_t i = 0; i < text.len; i++)
		buffer_char(out, (unsigned char)text.at[i] < ' ' ? ' ' : text.at[i]);
	buffer_char(out, '\t');
}

void
fills_line(struct buffer *out, const struct burden_fill *fill)
{
	put(out, fill->day);
	put(out, fill->sha256);
	put(out, fill->form);
	put(out, fill->school);
	put(out, fill->grade);
	put(out, fill->class_name);
	buffer_format(out, "%llu\t%llu\t%llu\n", (unsigned long long)fill->students, (unsigned long long)fill->asked,
	    (unsigned long long)fill->filled);
}

/* What stands up to the next tab, or to the end; ${*rest} moves on behind it. */
static struct text
cut(struct text *rest)
{
	const char *tab = rest->len > 0 ? memchr(rest->at, '\t', rest->len) : NULL;
	struct text cell = { rest->at, tab != NULL ? (size_t)(tab - rest->at) : rest->len };
	size_t took = cell.len + (tab != NULL);

	rest->at += took;
	rest->len -= took;
	return cell;
}

static bool
read_line(struct text line, struct burden_fill *fill)
{
	struct text cells[MEMBERS];

	for (size_t i = 0; i < MEMBERS; i++)
		cells[i] = cut(&line);
	*fill = (struct burden_fill){ .day = cells[0],
		.sha256 = cells[1],
		.form = cells[2],
		.school = cells[3],
		.grade = cells[4],
		.class_name = cells[5] };
	return line.len == 0 && text_to_u64(cells[6], &fill->students) && text_to_u64(cells[7], &fill->asked)
	    && text_to_u64(cells[8], &fill->filled);
}

/* ---- reading ---- */

int
fills_load(struct fills *fills, const char *data, struct err *err)
{
	char path[FILE_PATH_MAX];
	size_t lines = 0;

	*fills = (struct fills){ 0 };
	buffer_init(&fills->bytes, FILLS_BYTES_MAX);
	if (path_format(path, err, "%s/state/" FILLS_FILE, data) != 0)
		return -1;
	if (file_exists(path) && file_read_all(path, &fills->bytes, err) != 0)
		return -1;
	for (size_t i = 0; i < fills->bytes.len; i++)
		lines += fills->bytes.at[i] == '\n';
	fills->at = calloc(lines + 1, sizeof(*fills->at));
	if (fills->at == NULL)
		return err_set(err, ERR_RETRY, "out of memory for what was filled in");
	for (size_t at = 0, n = 0; n < lines; n++) {
		const char *line = fills->bytes.at + at, *end = memchr(line, '\n', fills->bytes.len - at);
		struct burden_fill *fill = &fills->at[fills->count];

		at += (size_t)(end - line) + 1;
		if (!read_line((struct text){ line, (size_t)(end - line) }, fill)) /* torn, and written on behind it */
			continue;
		fill->order = fills->count++;
	}
	return 0;
}

void
fills_free(struct fills *fills)
{
	buffer_fini(&fills->bytes);
	free(fills->at);
	*fills = (struct fills){ 0 };
}

/* ---- appending ---- */

/* At the end of the file, on a line of its own whatever a crash left there. */
static int
append(int fd, struct text lines, struct err *err)
{
	struct stat stat;
	char last = '\n';

	if (flock(fd, LOCK_EX) != 0 || fstat(fd, &stat) != 0)
		return err_errno(err, ERR_STOP, "cannot lock state/" FILLS_FILE);
	if (stat.st_size > 0 && file_read_at(fd, &last, 1, (uint64_t)stat.st_size - 1, err) != 0)
		return -1;
	if ((last != '\n' && file_write(fd, "\n", 1, err) != 0) || file_write(fd, lines.at, lines.len, err) != 0)
		return -1;
	return fsync(fd) == 0 ? 0 : err_errno(err, ERR_STOP, "cannot sync state/" FILLS_FILE);
}

int
fills_append(const char *data, struct text lines, struct err *err)
{
	char path[FILE_PATH_MAX];
	int fd, result;

	if (lines.len == 0)
		return 0;
	if (path_format(path, err, "%s/state/" FILLS_FILE, data) != 0)
		return -1;
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, ERR_STOP, "cannot open state/" FILLS_FILE);
	result = append(fd, lines, err);
	return close(fd) == 0 || result != 0 ? result : err_errno(err, ERR_STOP, "cannot close state/" FILLS_FILE);
}
