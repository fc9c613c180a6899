/*
 * gather_parts.c - see gather.h: the records in as many parts as may be worked on at once, each in a process of its own, and
 * what they gathered made one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "consumers/consolidate/gatherer.h"
#include "core/base/process.h"

#define PARTS_MAX 64     /* processes */
#define PART_RECORDS 256 /* fewer are not worth one */

/* What another process has to say of its part beside its files. */
struct part {
	uint8_t from[RECORD_ID_BYTES]; /* ids of the part begin here */
	pid_t pid;
	uint64_t records, absent_new, stale_new, back;
	struct err err;
};

/* In another process: gather part ${i}, and end. */
NORETURN static void
gather_aside(struct gatherer *gatherer, struct part *parts, unsigned i, unsigned count)
{
	struct part *part = &parts[i];
	struct link_result counted = { 0 };
	char path[FILE_PATH_MAX];

	gatherer->part = i;
	gatherer->out = &counted;
	gatherer->from = part->from;
	gatherer->to = i + 1 < count ? parts[i + 1].from : NULL;
	if (gather_part(gatherer, &part->err) != 0
	    || (gatherer->maker != NULL && traits_finish(&gatherer->traits, &part->err) != 0)
	    || gather_path(gatherer, i, "older.yc", path, &part->err) != 0
	    || olders_save(&gatherer->olders, path, &part->err) != 0)
		_exit(1);
	part->records = gatherer->record;
	part->absent_new = counted.absent_new;
	part->stale_new = counted.stale_new;
	part->back = counted.back;
	_exit(0);
}

static int
join_records(struct gatherer *gatherer, unsigned i, struct err *err)
{
	size_t bytes = GATHERER_BUFFERED * sizeof(*gatherer->buffer);
	char path[FILE_PATH_MAX];
	ssize_t got = -1;
	int fd = -1;

	if (gather_path(gatherer, i, "gathered", path, err) != 0)
		return -1;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return err_errno(err, ERR_STOP, "cannot open %s", path);
	while ((got = read(fd, gatherer->buffer, bytes)) > 0) {
		if (file_write(gatherer->fd, gatherer->buffer, (size_t)got, err) != 0)
			break;
	}
	if (got < 0)
		err_errno(err, ERR_STOP, "cannot read %s", path);
	(void)close(fd);
	return got == 0 ? 0 : -1;
}

static int
join_traits(struct gatherer *gatherer, unsigned i, struct err *err)
{
	struct traits traits;
	char path[FILE_PATH_MAX];
	int result = 0;

	if (gatherer->maker == NULL)
		return 0;
	if (gather_path(gatherer, i, "traits.yc", path, err) != 0 || traits_open(&traits, path, false, err) < 0)
		return -1;
	for (uint64_t k = 0; k < traits.entries && result == 0; k++) {
		result = traits_put(&gatherer->traits, traits_get(&traits, k), err);
		traits_pass(&traits, k);
	}
	traits_close(&traits);
	return result;
}

static int
join_olders(struct gatherer *gatherer, unsigned i, struct err *err)
{
	struct olders olders = { 0 };
	char path[FILE_PATH_MAX];
	int result = -1;

	if (gather_path(gatherer, i, "older.yc", path, err) != 0 || olders_load(&olders, path, err) != 0)
		return -1;
	for (size_t k = 0; k < olders.count; k++) {
		olders.at[k].link += (uint32_t)gatherer->record;
		if (olders_add(&gatherer->olders, &olders.at[k], err) != 0)
			goto done;
	}
	result = 0;
done:
	olders_free(&olders);
	return result;
}

/* What part ${i} has gathered follows what is there. */
static int
join(struct gatherer *gatherer, const struct part *part, unsigned i, struct err *err)
{
	static const char *const names[] = { "gathered", "traits.yc", "older.yc" };
	char path[FILE_PATH_MAX];

	if (join_records(gatherer, i, err) != 0 || join_traits(gatherer, i, err) != 0
	    || join_olders(gatherer, i, err) != 0)
		return -1;
	gatherer->record += part->records;
	gatherer->out->absent_new += part->absent_new;
	gatherer->out->stale_new += part->stale_new;
	gatherer->out->back += part->back;
	for (size_t k = 0; k < ARRAY_LEN(names); k++) {
		if (gather_path(gatherer, i, names[k], path, err) != 0)
			return -1;
		if (unlink(path) != 0 && (k != 1 || gatherer->maker != NULL))
			return err_errno(err, ERR_STOP, "cannot remove %s", path);
	}
	return 0;
}

/* Wait for the process of a part; when ${err} is NULL only for its end. */
static int
await(struct part *part, struct err *err)
{
	int status = 0;
	pid_t pid = part->pid;

	part->pid = 0;
	if (err == NULL)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0 || err == NULL)
		return 0;
	if (!WIFEXITED(status))
		return err_set(err, ERR_STOP, "a process that gathered records ended by itself");
	*err = part->err;
	return -1;
}

static unsigned
part_count(const struct gatherer *gatherer)
{
	uint64_t parts = (gatherer->in->runs->entries + gatherer->old_count) / PART_RECORDS + 1;

	parts = parts < gatherer->in->jobs ? parts : gatherer->in->jobs;
	return parts == 0 ? 1 : parts > PARTS_MAX ? PARTS_MAX : (unsigned)parts;
}

/*
 * Ids begin with a hash, so parts of equal breadth hold about equally many. The first is ours, the others are their
 * processes'; joined they are what one alone would have gathered.
 */
static int
gather_parts(struct gatherer *gatherer, struct err *err)
{
	unsigned count = part_count(gatherer);
	struct part *parts = mmap(
	    NULL, count * sizeof(*parts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int result = -1;

	if (parts == MAP_FAILED)
		return err_errno(err, ERR_RETRY, "no memory to gather records");
	for (unsigned i = 1; i < count; i++) {
		uint32_t begin = (uint32_t)(((uint64_t)i << 32) / count);

		for (unsigned k = 0; k < 4; k++)
			parts[i].from[k] = (uint8_t)(begin >> (24 - 8 * k));
	}
	for (unsigned i = 1; i < count; i++) {
		pid_t pid = process_fork();

		if (pid == 0) /* what is shared with it is written here alone: its 0 could come last */
			gather_aside(gatherer, parts, i, count);
		parts[i].pid = pid;
		if (pid < 0) {
			err_errno(err, ERR_RETRY, "cannot start a process");
			goto done;
		}
	}
	gatherer->to = count > 1 ? parts[1].from : NULL;
	if (gather_part(gatherer, err) != 0)
		goto done;
	for (unsigned i = 1; i < count; i++) {
		if (await(&parts[i], err) != 0 || join(gatherer, &parts[i], i, err) != 0)
			goto done;
	}
	result = 0;
done:
	for (unsigned i = 1; i < count; i++) {
		if (parts[i].pid > 0)
			(void)await(&parts[i], NULL);
	}
	(void)munmap(parts, count * sizeof(*parts));
	return result;
}

int
gather_run(const struct link_input *in, struct link_result *out, struct gathering *gathering, struct err *err)
{
	struct gatherer *gatherer = calloc(1, sizeof(*gatherer));
	char path[FILE_PATH_MAX];
	int result = -1;

	*gathering = (struct gathering){ 0 };
	if (gatherer == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	*gatherer = (struct gatherer){ .in = in, .out = out, .fd = -1, .traits = { .fd = -1 } };
	buffer_init(&gatherer->remapped, SORTED_ENTRY_MAX);
	gatherer->deliveries = calloc(in->source_count + 1, sizeof(*gatherer->deliveries));
	if (gatherer->deliveries == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	if (gather_prepare(gatherer, err) != 0 || gather_parts(gatherer, err) != 0
	    || path_format(path, err, "%s/older.yc", in->folder) != 0 || olders_save(&gatherer->olders, path, err) != 0
	    || mapping_open(
		   &gathering->mapping, gatherer->fd, (size_t)gatherer->record * sizeof(struct gathered), true, err)
		!= 0)
		goto done;
	if (gather_path(gatherer, 0, "gathered", path, err) != 0)
		goto done;
	if (unlink(path) != 0) {
		err_errno(err, ERR_STOP, "cannot remove %s", path);
		goto done;
	}
	gathering->count = (size_t)gatherer->record;
	gathering->at = (struct gathered *)(void *)gathering->mapping.at;
	if (in->model != NULL
	    && (traits_finish(&gatherer->traits, err) != 0 || path_format(path, err, "%s/traits.yc", in->folder) != 0
		|| traits_open(&gathering->traits, path, false, err) != 1))
		goto done;
	result = 0;
done:
	if (gatherer->fd >= 0)
		(void)close(gatherer->fd);
	sorted_cursor_fini(&gatherer->records);
	sorted_cursor_fini(&gatherer->changed);
	free(gatherer->deliveries);
	traits_writer_fini(&gatherer->traits);
	traits_close(&gatherer->old_traits);
	trait_maker_free(gatherer->maker);
	olders_free(&gatherer->olders);
	olders_free(&gatherer->old_olders);
	buffer_fini(&gatherer->remapped);
	free(gatherer->values);
	free(gatherer->buffer);
	free(gatherer);
	if (result != 0)
		gather_free(gathering);
	return result;
}

void
gather_free(struct gathering *gathering)
{
	mapping_close(&gathering->mapping);
	traits_close(&gathering->traits);
	*gathering = (struct gathering){ 0 };
}
