/*
 * The folder of a local bus with any content: opening, reading and writing it must end, in order or with an error. The input is records of the
 * journal, each u16 length and body (their sums are made here: else nothing would get past them), then u16 0 and the bytes of
 * partition 0 of t.files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/bus/bus.h"
#include "core/bus/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good)
{
	if (!good)
		abort();
}

static char made[64]; /* the folder; in memory where that can be had */

static void
remove_folder(void)
{
	struct err err;

	must(file_remove_all(made, &err) == 0);
}

static const char *
folder(void)
{
	if (made[0] == '\0') {
		snprintf(
		    made, sizeof(made), "%s/yici-fuzz-bus-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
		must(mkdtemp(made) != NULL && atexit(remove_folder) == 0);
	}
	return made;
}

/* The input as files of ${root}. */
static void
write_files(const char *root, const uint8_t *data, size_t size)
{
	struct buffer journal;
	char path[FILE_PATH_MAX];
	struct err err;
	size_t at = 0;

	buffer_init(&journal, 1 << 22);
	while (at + 2 <= size) {
		size_t len = (size_t)data[at] | (size_t)data[at + 1] << 8;
		uint32_t head[2];

		at += 2;
		if (len == 0)
			break;
		if (len > size - at)
			len = size - at;
		head[0] = (uint32_t)len;
		head[1] = (uint32_t)hash64(data + at, len, 0);
		buffer_add(&journal, head, sizeof(head));
		buffer_add(&journal, data + at, len);
		at += len;
	}
	must(path_format(path, &err, "%s/journal", root) == 0);
	must(file_write_all(path, journal.at == NULL ? "" : journal.at, journal.len, &err) == 0);
	must(path_format(path, &err, "%s/t.files", root) == 0 && file_make_folder(path, &err) == 0);
	must(path_format(path, &err, "%s/t.files/0", root) == 0);
	must(file_write_all(path, at < size ? (const char *)data + at : "", at < size ? size - at : 0, &err) == 0);
	buffer_fini(&journal);
}

/* Read to the end, whatever it is; then write one message, which must be read. */
static void
use(const struct bus_settings *settings)
{
	const char *topics[] = { "t.files" };
	struct bus_role role = { .program = "fuzz", .group = "g", .topics = topics, .topic_count = 1, .writer = "w" };
	struct message message, sent = { .topic = "t.files", .partition = 0, .value = TEXT("x") };
	struct bus_ends ends;
	struct err err;
	struct bus *bus;
	size_t bytes = 0;

	if (bus_open(&bus, settings, &role, &err) != 0)
		return;
	while (bus_poll(bus, &message, 0, &err) == 1) {
		for (size_t i = 0; i < message.header_count; i++)
			bytes += strlen(message.headers[i].name) + message.headers[i].value.len;
		bytes += message.key.len + message.value.len;
	}
	if (bytes != SIZE_MAX && bus_ends(bus, "t.files", 0, &ends, &err) == 0 && bus_begin(bus, &err) == 0
	    && bus_send(bus, &sent, &err) == 0 && bus_commit(bus, &err) == 0)
		must(bus_last_sent(bus, "t.files", 0) >= ends.end);
	bus_close(bus);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bus_settings settings;
	struct err err;

	bus_settings_init(&settings);
	settings.wait_s = 1;
	must(bus_settings_prefix(&settings, "t", &err) == 0 && bus_settings_local(&settings, folder(), &err) == 0);
	write_files(folder(), data, size);
	use(&settings);
	bus_settings_fini(&settings);
	return 0;
}
