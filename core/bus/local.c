/*
 * local.c - a bus of files in one folder: what Kafka promises, on one machine and without its speed; for tests.
 *
 *   lock                  held (flock) while something is appended; a dead process lets go of it
 *   journal               what counts, one record after another; a record that is cut or whose sum is wrong ends it
 *   <topic>/<partition>   messages one after another; only what the journal speaks of is there
 *
 * A record of the journal is u32 length of its body, u32 sum, body; the body begins with a letter:
 *
 *   T topic, u32 count                         a topic and its partitions
 *   W writer                                   a writer has started; its epoch is the record's place in the journal. What an
 *                                              earlier one of its name left open is aborted by this
 *   M group / L group, u64                     somebody has joined, known by the record's place, and has all partitions; has left
 *   F u64 epoch, u32 transaction, topic, u32 partition, i64 first offset, u32 messages, u64 begin, u64 end of their bytes
 *   C u64 epoch, u32 transaction, group, u32 n, n times topic, u32 partition, i64 offset     committed, with read positions
 *   A u64 epoch, u32 transaction               aborted
 *
 * A text is u16 length and bytes; numbers are as the machine has them: the folder does not travel. Messages get their
 * offsets when they are written (F), before their transaction ends; readers stop at the first whose transaction is open, and
 * step over those of aborted ones. Data are synchronized before the journal speaks of them, the journal before a call
 * returns, so that what was committed stays, and a crash leaves nothing to repair.
 *
 * In a group the one that joined last has all partitions: enough to test that they can be lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/bus/admin.h"
#include "core/bus/murmur2.h"
#include "core/bus/places.h"
#include "core/bus/way.h"

#define PENDING_BYTES ((size_t)1 << 20) /* of one partition, then it is written */
#define RECORD_MAX ((size_t)1 << 26)    /* of the journal, and of a written run of messages */
#define PARTITIONS_MAX 1000
#define NONE UINT32_MAX /* the length of what is absent: no key, a tombstone */
#define LOOK_MS 5       /* between two looks into the journal */

enum state { OPEN, COMMITTED, ABORTED };

/* Messages written together. */
struct run {
	uint64_t epoch, from, to; /* bytes in the partition's file */
	uint32_t transaction, count;
	int64_t first;
	enum state state;
};

/* What the journal says of a partition, what was read of it last, and what waits to be written. */
struct log {
	struct run *runs;
	size_t run_count;
	int64_t end;          /* offset after the last */
	uint64_t size;        /* bytes of its file that count */
	struct buffer loaded; /* bytes of the run being read */
	size_t run_at, at;    /* which run, and where in ${loaded} its next message stands; SIZE_MAX: none is loaded */
	struct buffer pending;
	uint32_t pending_count;
};

struct topic_known {
	char name[TOPIC_NAME_MAX];
	int32_t count;
};

struct writer_known {
	char name[256];
	uint64_t epoch; /* of the last that started; 0: none */
};

struct saved {
	char topic[TOPIC_NAME_MAX];
	int32_t partition;
	int64_t offset;
};

struct group_known {
	char name[256];
	uint64_t member; /* 0: nobody */
	struct saved *saved;
	size_t count;
};

struct local {
	struct bus bus; /* first */
	const struct bus_settings *settings;
	char *group, *writer;
	char **topics;
	size_t topic_count;
	bool subscribed, uncommitted;
	int lock, journal;
	uint64_t read_to; /* of the journal */
	struct topic_known *known;
	size_t known_count;
	struct writer_known *writers;
	size_t writer_count;
	struct group_known *groups;
	size_t group_count;
	struct places places;
	uint64_t epoch, member;
	uint32_t transaction;
	bool open, lost, reading_since;
	size_t turn; /* the place read from last */
	struct bus_header *headers;
	size_t header_room;
};

/* ---- bytes ---- */

static void
put(struct buffer *out, const void *bytes, size_t len)
{
	buffer_add(out, bytes, len);
}

static void
put_u32(struct buffer *out, uint32_t value)
{
	put(out, &value, sizeof(value));
}

static void
put_u64(struct buffer *out, uint64_t value)
{
	put(out, &value, sizeof(value));
}

static void
put_name(struct buffer *out, const char *name)
{
	uint16_t len = (uint16_t)strlen(name);

	put(out, &len, sizeof(len));
	put(out, name, len);
}

/* Bytes being taken apart; ${bad} when they were too few. */
struct cursor {
	const char *at;
	size_t left;
	bool bad;
};

static const char *
get(struct cursor *in, size_t len)
{
	const char *at = in->at;

	if (len > in->left) {
		in->bad = true;
		in->left = 0;
		return NULL;
	}
	in->at += len;
	in->left -= len;
	return at;
}

static uint32_t
get_u32(struct cursor *in)
{
	uint32_t value = 0;
	const char *at = get(in, sizeof(value));

	if (at != NULL)
		memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t
get_u64(struct cursor *in)
{
	uint64_t value = 0;
	const char *at = get(in, sizeof(value));

	if (at != NULL)
		memcpy(&value, at, sizeof(value));
	return value;
}

static void
get_name(struct cursor *in, char *out, size_t size)
{
	uint16_t len = 0;
	const char *at = get(in, sizeof(len));

	out[0] = '\0';
	if (at == NULL)
		return;
	memcpy(&len, at, sizeof(len));
	at = get(in, len);
	if (at == NULL || len >= size) {
		in->bad = true;
		return;
	}
	memcpy(out, at, len);
	out[len] = '\0';
}

/* One more element at the end of an array, zeroed; NULL when memory is short. */
static void *
grow(void **array, size_t *count, size_t size)
{
	char *bigger = realloc(*array, (*count + 1) * size);

	if (bigger == NULL)
		return NULL;
	*array = bigger;
	return memset(bigger + (*count)++ * size, 0, size);
}

/* ---- what the journal says ---- */

static struct topic_known *
topic_of(struct local *local, const char *name)
{
	for (size_t i = 0; i < local->known_count; i++) {
		if (strcmp(local->known[i].name, name) == 0)
			return &local->known[i];
	}
	return NULL;
}

static struct writer_known *
writer_of(struct local *local, const char *name)
{
	struct writer_known *writer;

	for (size_t i = 0; i < local->writer_count; i++) {
		if (strcmp(local->writers[i].name, name) == 0)
			return &local->writers[i];
	}
	writer = grow((void **)&local->writers, &local->writer_count, sizeof(*writer));
	if (writer != NULL)
		snprintf(writer->name, sizeof(writer->name), "%s", name);
	return writer;
}

static struct group_known *
group_of(struct local *local, const char *name)
{
	struct group_known *group;

	for (size_t i = 0; i < local->group_count; i++) {
		if (strcmp(local->groups[i].name, name) == 0)
			return &local->groups[i];
	}
	group = grow((void **)&local->groups, &local->group_count, sizeof(*group));
	if (group != NULL)
		snprintf(group->name, sizeof(group->name), "%s", name);
	return group;
}

static struct log *
log_of(struct local *local, const char *name, int32_t partition)
{
	struct place_topic *topic = places_topic(&local->places, name);
	struct place *place = topic == NULL ? NULL : places_at(topic, partition);
	struct log *log;

	if (place == NULL)
		return NULL;
	if (place->log == NULL) {
		log = calloc(1, sizeof(*log));
		if (log == NULL)
			return NULL;
		buffer_init(&log->loaded, RECORD_MAX);
		buffer_init(&log->pending, RECORD_MAX);
		log->at = SIZE_MAX;
		place->log = log;
	}
	return place->log;
}

/* The runs of one transaction (or, with ${transaction} NONE, of all of an epoch) that are open become ${state}. */
static void
settle(struct local *local, uint64_t epoch, uint32_t transaction, enum state state)
{
	for (size_t i = 0; i < local->places.count; i++) {
		for (int32_t k = 0; k < local->places.topics[i]->count; k++) {
			struct log *log = local->places.topics[i]->at[k].log;

			for (size_t r = log == NULL ? 0 : log->run_count; r > 0; r--) {
				struct run *run = &log->runs[r - 1];

				if (run->state == OPEN && run->epoch == epoch
				    && (transaction == NONE || run->transaction == transaction))
					run->state = state;
			}
		}
	}
}

static bool
take_run(struct local *local, struct cursor *in)
{
	char name[TOPIC_NAME_MAX];
	struct run run = { .epoch = get_u64(in), .transaction = get_u32(in) }, *kept;
	const struct topic_known *topic;
	uint32_t partition;
	struct log *log;

	get_name(in, name, sizeof(name));
	topic = topic_of(local, name);
	partition = get_u32(in);
	run.first = (int64_t)get_u64(in);
	run.count = get_u32(in);
	run.from = get_u64(in);
	run.to = get_u64(in);
	if (in->bad || topic == NULL || partition >= (uint32_t)topic->count || run.to < run.from
	    || run.to - run.from > RECORD_MAX)
		return false;
	log = log_of(local, name, (int32_t)partition);
	if (log == NULL || run.first != log->end || run.from != log->size)
		return false;
	kept = grow((void **)&log->runs, &log->run_count, sizeof(*kept));
	if (kept == NULL)
		return false;
	*kept = run;
	log->end = run.first + run.count;
	log->size = run.to;
	return true;
}

static bool
take_commit(struct local *local, struct cursor *in)
{
	uint64_t epoch = get_u64(in);
	uint32_t transaction = get_u32(in), count;
	char name[256];
	struct group_known *group;

	get_name(in, name, sizeof(name));
	count = get_u32(in);
	group = name[0] == '\0' ? NULL : group_of(local, name);
	for (uint32_t i = 0; i < count && !in->bad; i++) {
		struct saved saved = { 0 }, *kept = NULL;

		get_name(in, saved.topic, sizeof(saved.topic));
		saved.partition = (int32_t)get_u32(in);
		saved.offset = (int64_t)get_u64(in);
		if (in->bad || group == NULL || saved.partition < 0 || saved.offset < 0)
			return false;
		for (size_t k = 0; k < group->count; k++) {
			if (group->saved[k].partition == saved.partition
			    && strcmp(group->saved[k].topic, saved.topic) == 0)
				kept = &group->saved[k];
		}
		if (kept == NULL)
			kept = grow((void **)&group->saved, &group->count, sizeof(*kept));
		if (kept == NULL)
			return false;
		*kept = saved;
	}
	if (in->bad)
		return false;
	settle(local, epoch, transaction, COMMITTED);
	return true;
}

/* One record, which stands at ${place} of the journal. */
static bool
take_record(struct local *local, uint64_t place, struct cursor *in)
{
	const char *kind = get(in, 1);
	char name[256];
	struct topic_known *topic;
	struct writer_known *writer;
	struct group_known *group;
	uint64_t number;

	switch (kind == NULL ? '\0' : *kind) {
	case 'T':
		get_name(in, name, TOPIC_NAME_MAX);
		number = get_u32(in);
		if (in->bad || number == 0 || number > PARTITIONS_MAX || topic_of(local, name) != NULL)
			return false;
		topic = grow((void **)&local->known, &local->known_count, sizeof(*topic));
		if (topic == NULL)
			return false;
		memcpy(topic->name, name, sizeof(topic->name));
		topic->count = (int32_t)number;
		return true;
	case 'W':
		get_name(in, name, sizeof(name));
		writer = in->bad ? NULL : writer_of(local, name);
		if (writer == NULL)
			return false;
		settle(local, writer->epoch, NONE, ABORTED);
		writer->epoch = place;
		return true;
	case 'M':
	case 'L':
		get_name(in, name, sizeof(name));
		number = *kind == 'L' ? get_u64(in) : 0;
		group = in->bad ? NULL : group_of(local, name);
		if (group == NULL)
			return false;
		if (*kind == 'M')
			group->member = place;
		else if (group->member == number)
			group->member = 0;
		return true;
	case 'F':
		return take_run(local, in);
	case 'C':
		return take_commit(local, in);
	case 'A':
		number = get_u64(in);
		settle(local, number, get_u32(in), ABORTED);
		return !in->bad;
	default:
		return false;
	}
}

/* Take in what was appended since the last look. The end of a record that is being written is left for the next. */
static int
look(struct local *local, struct err *err)
{
	struct stat at;
	char head[8], *body;

	if (fstat(local->journal, &at) != 0)
		return err_errno(err, ERR_STOP, "the journal of the local bus");
	while ((uint64_t)at.st_size >= local->read_to + sizeof(head)) {
		uint32_t len, sum;
		struct cursor in;
		bool good;

		if (file_read_at(local->journal, head, sizeof(head), local->read_to, err) != 0)
			return -1;
		memcpy(&len, head, sizeof(len));
		memcpy(&sum, head + sizeof(len), sizeof(sum));
		if (len == 0 || len > RECORD_MAX || local->read_to + sizeof(head) + len > (uint64_t)at.st_size)
			return 0;
		body = malloc(len);
		if (body == NULL)
			return err_set(err, ERR_STOP, "not enough memory for the bus");
		if (file_read_at(local->journal, body, len, local->read_to + sizeof(head), err) != 0) {
			free(body);
			return -1;
		}
		if ((uint32_t)hash64(body, len, 0) != sum) {
			free(body);
			return 0;
		}
		in = (struct cursor){ body, len, false };
		good = take_record(local, local->read_to + 1, &in);
		free(body);
		if (!good)
			return err_set(err, ERR_STOP, "the journal of the local bus is damaged at %llu",
			    (unsigned long long)local->read_to);
		local->read_to += sizeof(head) + len;
	}
	return 0;
}

/* ---- appending ---- */

static int
lock(struct local *local, struct err *err)
{
	int64_t until = bus_clock_ms() + (int64_t)local->settings->wait_s * 1000;

	while (flock(local->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, ERR_STOP, "the lock of the local bus");
		if (bus_clock_ms() >= until)
			return err_set(err, ERR_AWAY, "the local bus is locked by another process");
		poll(NULL, 0, 1);
	}
	if (look(local, err) == 0)
		return 0;
	flock(local->lock, LOCK_UN);
	return -1;
}

static void
unlock(struct local *local)
{
	flock(local->lock, LOCK_UN);
}

/* Append one record and take it in; under the lock, everything before it being taken in. */
static int
append(struct local *local, const struct buffer *body, bool sync, struct err *err)
{
	uint32_t head[2] = { (uint32_t)body->len, (uint32_t)hash64(body->at, body->len, 0) };

	if (buffer_failed(body))
		return err_set(err, ERR_STOP, "not enough memory for the bus");
	/* what a process that died left half written goes */
	if (ftruncate(local->journal, (off_t)local->read_to) != 0)
		return err_errno(err, ERR_STOP, "the journal of the local bus");
	if (file_write_at(local->journal, head, sizeof(head), local->read_to, err) != 0
	    || file_write_at(local->journal, body->at, body->len, local->read_to + sizeof(head), err) != 0)
		return -1;
	if (sync && fdatasync(local->journal) != 0)
		return err_errno(err, ERR_STOP, "the journal of the local bus");
	return look(local, err);
}

/* The same for a record of a kind and a name; ${number} only when it is not 0. */
static int
append_name(struct local *local, char kind, const char *name, uint64_t number, struct err *err)
{
	struct buffer body;
	int result;

	buffer_init(&body, RECORD_MAX);
	buffer_char(&body, kind);
	put_name(&body, name);
	if (number != 0)
		put_u64(&body, number);
	result = append(local, &body, true, err);
	buffer_fini(&body);
	return result;
}

/* -1 when a later writer of our name has started. */
static int
still_ours(struct local *local, struct err *err)
{
	if (local->writer == NULL || writer_of(local, local->writer)->epoch == local->epoch)
		return 0;
	local->bus.fenced = true;
	local->open = false;
	return err_set(err, ERR_STOP, "another one of this name has started; this one ends");
}

static int
topic_count(struct local *local, const char *name, int32_t *count, struct err *err)
{
	const struct topic_known *known;
	enum topic topic = topic_find(local->settings->prefix, name);
	struct buffer body;
	int result;

	if (look(local, err) != 0)
		return -1;
	known = topic_of(local, name);
	if (known == NULL && local->settings->partitions > PARTITIONS_MAX)
		return err_set(err, ERR_STOP, "a local bus has at most %d partitions a topic", PARTITIONS_MAX);
	if (known == NULL
	    && (topic != TOPIC_COUNT
		|| topic_is_view(local->settings->prefix, name))) { /* ours are there from the beginning */
		if (lock(local, err) != 0)
			return -1;
		known = topic_of(local, name);
		if (known == NULL) {
			buffer_init(&body, RECORD_MAX);
			buffer_char(&body, 'T');
			put_name(&body, name);
			put_u32(&body,
			    topic != TOPIC_COUNT && topic_plans[topic].keyed ? (uint32_t)local->settings->partitions
									     : 1);
			result = append(local, &body, true, err);
			buffer_fini(&body);
			if (result != 0) {
				unlock(local);
				return -1;
			}
			known = topic_of(local, name);
		}
		unlock(local);
	}
	if (known == NULL)
		return err_set(err, ERR_STOP, "there is no topic %.80s on the local bus", name);
	*count = known->count;
	return 0;
}

static int
partition_file(struct local *local, const char *topic, int32_t partition, int flags, struct err *err)
{
	char path[FILE_PATH_MAX];
	int fd;

	if (path_format(path, err, "%s/%s", local->settings->local, topic) != 0
	    || ((flags & O_CREAT) != 0 && file_make_folder(path, err) != 0)
	    || path_format(path, err, "%s/%s/%d", local->settings->local, topic, (int)partition) != 0)
		return -1;
	fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		err_errno(err, ERR_STOP, "partition %d of %.80s", (int)partition, topic);
	return fd;
}

/* Write what waits for one partition and say so in the journal. */
static int
write_pending(struct local *local, const char *topic, int32_t partition, struct place *place, struct err *err)
{
	struct log *log = place->log;
	struct buffer body;
	int fd, result;

	if (log == NULL || log->pending_count == 0)
		return 0;
	if (buffer_failed(&log->pending))
		return err_set(err, ERR_STOP, "not enough memory for the bus");
	fd = partition_file(local, topic, partition, O_WRONLY | O_CREAT, err);
	if (fd < 0)
		return -1;
	if (file_write_at(fd, log->pending.at, log->pending.len, log->size, err) != 0) {
		close(fd);
		return -1;
	}
	if (file_sync_close(fd, err) != 0)
		return -1;
	buffer_init(&body, RECORD_MAX);
	buffer_char(&body, 'F');
	put_u64(&body, local->epoch);
	put_u32(&body, local->transaction);
	put_name(&body, topic);
	put_u32(&body, (uint32_t)partition);
	put_u64(&body, (uint64_t)log->end);
	put_u32(&body, log->pending_count);
	put_u64(&body, log->size);
	put_u64(&body, log->size + log->pending.len);
	result = append(local, &body, false, err);
	buffer_fini(&body);
	if (result != 0)
		return -1;
	place->sent = log->end - 1;
	buffer_clear(&log->pending);
	log->pending_count = 0;
	return 0;
}

/* Everything that waits; under the lock. */
static int
write_all(struct local *local, struct err *err)
{
	if (still_ours(local, err) != 0)
		return -1;
	for (size_t i = 0; i < local->places.count; i++) {
		struct place_topic *topic = local->places.topics[i];

		for (int32_t k = 0; k < topic->count; k++) {
			if (write_pending(local, topic->name, k, &topic->at[k], err) != 0)
				return -1;
		}
	}
	return 0;
}

static int
flush(struct bus *bus, struct err *err)
{
	struct local *local = (struct local *)bus;
	int result;

	if (lock(local, err) != 0)
		return -1;
	result = write_all(local, err);
	if (result == 0 && fdatasync(local->journal) != 0)
		result = err_errno(err, ERR_STOP, "the journal of the local bus");
	unlock(local);
	return result;
}

static int
begin(struct bus *bus, struct err *err)
{
	struct local *local = (struct local *)bus;

	if (local->open)
		return err_set(err, ERR_STOP, "a transaction is open already");
	if (look(local, err) != 0 || still_ours(local, err) != 0)
		return -1;
	if (local->lost)
		return err_set(err, ERR_ABORT, "partitions were taken away while a batch was at work");
	local->open = true;
	local->transaction++;
	for (size_t i = 0; i < local->places.count; i++) {
		struct place_topic *topic = local->places.topics[i];

		for (int32_t k = 0; k < topic->count; k++) {
			topic->at[k].sent = -1;
			if (!local->subscribed)
				topic->at[k].begun = topic->at[k].next;
		}
	}
	return 0;
}

static int
send(struct bus *bus, const struct message *message, struct err *err)
{
	struct local *local = (struct local *)bus;
	struct timespec now;
	int32_t count, partition = message->partition;
	struct log *log;
	struct buffer *out;

	if (!local->open || local->writer == NULL)
		return err_set(err, ERR_ABORT, "sending outside of a transaction");
	if (local->bus.fenced)
		return still_ours(local, err);
	if (topic_count(local, message->topic, &count, err) != 0)
		return -1;
	if (partition == BUS_ANY_PARTITION)
		partition = message->key.at == NULL ? 0 : murmur2_partition(message->key, count);
	if (partition < 0 || partition >= count)
		return err_set(err, ERR_STOP, "%.80s has no partition %d", message->topic, (int)partition);
	if (message->key.len + message->value.len
	    > BUS_MESSAGE_BYTES_MAX - 1000) /* with what stands around it, as Kafka counts */
		return err_set(err, ERR_STOP, "%.80s: a message of %zu bytes is too large", message->topic,
		    message->key.len + message->value.len);
	log = log_of(local, message->topic, partition);
	if (log == NULL)
		return err_set(err, ERR_STOP, "not enough memory for the bus");
	out = &log->pending;
	clock_gettime(CLOCK_REALTIME, &now);
	put_u64(out,
	    message->time_ms != 0 ? (uint64_t)message->time_ms
				  : (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
	put_u32(out, message->key.at == NULL ? NONE : (uint32_t)message->key.len);
	put_u32(out, message->value.at == NULL ? NONE : (uint32_t)message->value.len);
	put_u32(out, (uint32_t)message->header_count);
	for (size_t i = 0; i < message->header_count; i++) {
		put_name(out, message->headers[i].name);
		put(out, "", 1); /* names are read in place */
		put_u32(out, (uint32_t)message->headers[i].value.len);
		buffer_text(out, message->headers[i].value);
	}
	buffer_text(out, message->key);
	buffer_text(out, message->value);
	log->pending_count++;
	return out->len < PENDING_BYTES ? 0 : flush(bus, err);
}

static int64_t
last_sent(const struct bus *bus, const char *topic, int32_t partition)
{
	const struct place *place = places_find(&((const struct local *)bus)->places, topic, partition);

	return place != NULL ? place->sent : -1;
}

static void
put_positions(const struct local *local, struct buffer *body)
{
	size_t count_at, count = 0;
	uint32_t number;

	put_name(body, local->group != NULL ? local->group : "");
	count_at = body->len;
	put_u32(body, 0);
	for (size_t i = 0; i < local->places.count && local->group != NULL; i++) {
		const struct place_topic *topic = local->places.topics[i];

		for (int32_t k = 0; k < topic->count; k++) {
			if (!topic->at[k].ours || topic->at[k].next == topic->at[k].saved)
				continue;
			put_name(body, topic->name);
			put_u32(body, (uint32_t)k);
			put_u64(body, (uint64_t)topic->at[k].next);
			count++;
		}
	}
	number = (uint32_t)count;
	if (!buffer_failed(body))
		memcpy(body->at + count_at, &number, sizeof(number));
}

static int
commit(struct bus *bus, struct err *err)
{
	struct local *local = (struct local *)bus;
	struct buffer body;
	int result;

	if (!local->open || local->lost)
		return err_set(err, local->bus.fenced ? ERR_STOP : ERR_ABORT,
		    local->lost ? "partitions were taken away while a batch was at work"
				: "there is no open transaction");
	if (lock(local, err) != 0)
		return -1;
	result = write_all(local, err);
	if (result == 0 && local->subscribed && group_of(local, local->group)->member != local->member)
		result = err_set(err, ERR_ABORT, "partitions were taken away while a batch was at work");
	if (result == 0) {
		buffer_init(&body, RECORD_MAX);
		buffer_char(&body, 'C');
		put_u64(&body, local->epoch);
		put_u32(&body, local->transaction);
		put_positions(local, &body);
		result = append(local, &body, true, err);
		buffer_fini(&body);
	}
	unlock(local);
	if (result != 0)
		return -1;
	local->open = local->reading_since = false;
	for (size_t i = 0; i < local->places.count; i++) {
		for (int32_t k = 0; k < local->places.topics[i]->count; k++) {
			struct place *place = &local->places.topics[i]->at[k];

			place->begun = place->saved = place->next;
		}
	}
	return 0;
}

/* Nothing that waited is written any more. */
static void
drop_pending(struct local *local)
{
	for (size_t i = 0; i < local->places.count; i++) {
		for (int32_t k = 0; k < local->places.topics[i]->count; k++) {
			struct log *log = local->places.topics[i]->at[k].log;

			if (log == NULL)
				continue;
			buffer_clear(&log->pending);
			log->pending_count = 0;
		}
	}
}

static void
abort_sending(struct local *local)
{
	struct err err = { 0 };
	struct buffer body;

	drop_pending(local);
	if (!local->open || local->bus.fenced || lock(local, &err) != 0) {
		local->open = false; /* the next writer of our name ends what we could not */
		return;
	}
	local->open = false;
	buffer_init(&body, RECORD_MAX);
	buffer_char(&body, 'A');
	put_u64(&body, local->epoch);
	put_u32(&body, local->transaction);
	if (still_ours(local, &err) == 0 && append(local, &body, true, &err) != 0)
		err.kind = ERR_NONE; /* a full disk: readers wait until the next writer of our name */
	buffer_fini(&body);
	unlock(local);
}

static void
abort_all(struct bus *bus)
{
	struct local *local = (struct local *)bus;

	abort_sending(local);
	local->lost = local->reading_since = false;
	for (size_t i = 0; i < local->places.count; i++) {
		for (int32_t k = 0; k < local->places.topics[i]->count; k++) {
			struct place *place = &local->places.topics[i]->at[k];
			struct log *log = place->log;

			if (!place->ours)
				continue;
			place->next = place->begun;
			places_set_end(&local->places, place, false);
			if (log != NULL)
				log->at = SIZE_MAX;
		}
	}
}

/* ---- reading ---- */

static int
take_place(struct local *local, const char *topic, int32_t partition, int64_t next, struct err *err)
{
	struct log *log = log_of(local, topic, partition);
	struct place *place = places_find(&local->places, topic, partition);

	if (log == NULL || place == NULL)
		return err_set(err, ERR_STOP, "not enough memory for the bus");
	if (next > log->end)
		return err_set(err, ERR_STOP, "%.80s: the place to read from is no longer kept", topic);
	log->at = SIZE_MAX;
	places_take(&local->places, place, next);
	return 0;
}

/* Join the group: all partitions of its topics are ours now, from where the group stands. */
static int
join(struct local *local, struct err *err)
{
	if (lock(local, err) != 0)
		return -1;
	if (append_name(local, 'M', local->group, 0, err) != 0) {
		unlock(local);
		return -1;
	}
	unlock(local);
	local->member = group_of(local, local->group)->member;
	for (size_t i = 0; i < local->topic_count; i++) {
		int32_t count;

		if (topic_count(local, local->topics[i], &count, err) != 0)
			return -1;
		for (int32_t k = 0; k < count; k++) {
			const struct group_known *group = group_of(local, local->group);
			int64_t next = 0;

			for (size_t s = 0; s < group->count; s++) {
				if (group->saved[s].partition == k
				    && strcmp(group->saved[s].topic, local->topics[i]) == 0)
					next = group->saved[s].offset;
			}
			if (take_place(local, local->topics[i], k, next, err) != 0)
				return -1;
		}
	}
	return 0;
}

static int
assign(struct bus *bus, const struct bus_position *positions, size_t count, struct err *err)
{
	struct local *local = (struct local *)bus;
	int32_t partitions;

	places_drop_all(&local->places);
	local->reading_since = false;
	for (size_t i = 0; i < count; i++) {
		if (topic_count(local, positions[i].topic, &partitions, err) != 0)
			return -1;
		if (positions[i].partition < 0 || positions[i].partition >= partitions)
			return err_set(err, ERR_STOP, "%.80s has no partition %d", positions[i].topic,
			    (int)positions[i].partition);
		if (take_place(local, positions[i].topic, positions[i].partition,
			positions[i].offset < 0 ? 0 : positions[i].offset, err)
		    != 0)
			return -1;
	}
	return 0;
}

/* Step over aborted runs; the run with the next message, or NULL at the end of what may be read. */
static struct run *
readable(struct local *local, struct place *place)
{
	struct log *log = place->log;
	size_t low = 0, high = log->run_count;

	while (low < high) { /* the first run that ends after ${next} */
		size_t middle = (low + high) / 2;

		if (log->runs[middle].first + log->runs[middle].count > place->next)
			high = middle;
		else
			low = middle + 1;
	}
	for (; low < log->run_count; low++) {
		struct run *run = &log->runs[low];

		if (run->state == COMMITTED || local->uncommitted)
			return run;
		if (run->state == OPEN)
			return NULL;
		place->next = run->first + run->count;
	}
	return NULL;
}

/* Where ${bytes} of a message end; it is taken apart into ${message} when that is not NULL. */
static int
take_message(struct local *local, struct cursor *in, struct message *message, struct err *err)
{
	uint64_t time = get_u64(in);
	uint32_t key = get_u32(in), value = get_u32(in), headers = get_u32(in);

	if (headers > in->left)
		in->bad = true;
	if (headers > local->header_room && !in->bad) {
		struct bus_header *more = realloc(local->headers, headers * sizeof(*more));

		if (more == NULL)
			return err_set(err, ERR_STOP, "not enough memory for the bus");
		local->headers = more;
		local->header_room = headers;
	}
	for (uint32_t i = 0; i < headers && !in->bad; i++) {
		uint16_t len = 0;
		const char *at = get(in, sizeof(len));

		if (at != NULL)
			memcpy(&len, at, sizeof(len));
		local->headers[i].name = get(in, (size_t)len + 1);
		local->headers[i].value.len = get_u32(in);
		local->headers[i].value.at = get(in, local->headers[i].value.len);
	}
	*message = (struct message){ .time_ms = (int64_t)time, .headers = local->headers, .header_count = headers };
	message->key.len = key == NONE ? 0 : key;
	message->key.at = key == NONE ? NULL : get(in, key);
	message->value.len = value == NONE ? 0 : value;
	message->value.at = value == NONE ? NULL : get(in, value);
	return in->bad ? err_set(err, ERR_STOP, "a partition of the local bus is damaged") : 0;
}

static int
load(struct local *local, const char *topic, int32_t partition, struct place *place, const struct run *run,
    struct err *err)
{
	struct log *log = place->log;
	size_t len = (size_t)(run->to - run->from);
	int fd, result;

	buffer_clear(&log->loaded);
	if (buffer_room(&log->loaded, len + 1) == NULL)
		return err_set(err, ERR_STOP, "not enough memory for the bus");
	fd = partition_file(local, topic, partition, O_RDONLY, err);
	if (fd < 0)
		return -1;
	result = file_read_at(fd, log->loaded.at, len, run->from, err);
	close(fd);
	if (result != 0)
		return err_set(
		    err, ERR_STOP, "partition %d of %.80s on the local bus is cut short", (int)partition, topic);
	log->loaded.len = len;
	log->run_at = (size_t)(run - log->runs);
	log->at = 0;
	for (int64_t offset = run->first; offset < place->next; offset++) { /* begun in the middle */
		struct cursor in = { log->loaded.at + log->at, len - log->at, false };
		struct message skipped;

		if (take_message(local, &in, &skipped, err) != 0)
			return -1;
		log->at = len - in.left;
	}
	return 0;
}

/* The next message of one partition: 1, 0 or -1. */
static int
next_of(struct local *local, struct place_topic *topic, int32_t partition, struct message *message, struct err *err)
{
	struct place *place = &topic->at[partition];
	struct log *log = place->log;
	const struct run *run = readable(local, place);
	struct cursor in;

	if (run == NULL)
		return 0;
	if ((log->at == SIZE_MAX || log->run_at != (size_t)(run - log->runs))
	    && load(local, topic->name, partition, place, run, err) != 0)
		return -1;
	in = (struct cursor){ log->loaded.at + log->at, log->loaded.len - log->at, false };
	if (take_message(local, &in, message, err) != 0)
		return -1;
	log->at = log->loaded.len - in.left;
	message->topic = topic->name;
	message->partition = partition;
	message->offset = place->next++;
	places_set_end(&local->places, place, false);
	local->reading_since = true;
	return 1;
}

/* A message of any partition, beginning with the one read last: 1; 0 when all are at their end, which is noted. */
static int
next_of_all(struct local *local, struct message *message, struct err *err)
{
	size_t number;

	for (size_t round = 0; round < 2; round++) {
		number = 0;
		for (size_t i = 0; i < local->places.count; i++) {
			struct place_topic *topic = local->places.topics[i];

			for (int32_t k = 0; k < topic->count; k++, number++) {
				int result;

				if (!topic->at[k].ours || (round == 0) != (number >= local->turn))
					continue;
				result = next_of(local, topic, k, message, err);
				if (result != 0) {
					local->turn = number;
					return result;
				}
				places_set_end(&local->places, &topic->at[k], true);
			}
		}
	}
	local->turn = 0;
	return 0;
}

/* Does the group still say that we have its partitions? */
static int
check_member(struct local *local, struct err *err)
{
	uint64_t member;

	if (!local->subscribed)
		return 0;
	member = group_of(local, local->group)->member;
	if (member == local->member)
		return 0;
	local->lost = local->lost || local->reading_since;
	if (local->member != 0) {
		local->member = 0;
		places_drop_all(&local->places);
		if (local->open && local->lost)
			abort_sending(local);
	}
	return member == 0 ? join(local, err) : 0;
}

static int
poll_next(struct bus *bus, struct message *message, int wait_ms, struct err *err)
{
	struct local *local = (struct local *)bus;
	int64_t until = bus_clock_ms() + wait_ms;

	for (;;) {
		bool was_at_end = bus_at_end(bus);
		int result;

		if (look(local, err) != 0 || check_member(local, err) != 0)
			return -1;
		if (local->lost)
			return err_set(err, ERR_ABORT, "partitions were taken away while a batch was at work");
		result = next_of_all(local, message, err);
		if (result != 0 || (bus_at_end(bus) && !was_at_end) || bus_clock_ms() >= until)
			return result;
		poll(NULL, 0, LOOK_MS);
	}
}

static bool
at_end(const struct bus *bus)
{
	const struct local *local = (const struct local *)bus;

	return local->places.ours > 0 && local->places.at_end == local->places.ours;
}

static int64_t
position(const struct bus *bus, const char *topic, int32_t partition)
{
	const struct place *place = places_find(&((const struct local *)bus)->places, topic, partition);

	return place != NULL && place->ours ? place->next : -1;
}

static int
partitions(struct bus *bus, const char *topic, int32_t *count, struct err *err)
{
	return topic_count((struct local *)bus, topic, count, err);
}

static int
ends(struct bus *bus, const char *topic, int32_t partition, struct bus_ends *ends, struct err *err)
{
	struct local *local = (struct local *)bus;
	const struct log *log;
	int32_t count;

	if (topic_count(local, topic, &count, err) != 0)
		return -1;
	if (partition < 0 || partition >= count)
		return err_set(err, ERR_STOP, "%.80s has no partition %d", topic, (int)partition);
	log = log_of(local, topic, partition);
	if (log == NULL)
		return err_set(err, ERR_STOP, "not enough memory for the bus");
	*ends = (struct bus_ends){ .first = 0, .stable = log->end, .end = log->end };
	for (size_t i = 0; i < log->run_count; i++) {
		if (log->runs[i].state == OPEN) {
			ends->stable = log->runs[i].first;
			break;
		}
	}
	return 0;
}

/* ---- the whole ---- */

static void
close_all(struct bus *bus)
{
	struct local *local = (struct local *)bus;
	struct err err = { 0 };

	if (local->open)
		abort_sending(local);
	if (local->member != 0 && lock(local, &err) == 0) {
		/* should this fail, the next to join takes the partitions all the same */
		if (append_name(local, 'L', local->group, local->member, &err) != 0)
			local->member = 0;
		unlock(local);
	}
	for (size_t i = 0; i < local->places.count; i++) {
		for (int32_t k = 0; k < local->places.topics[i]->count; k++) {
			struct log *log = local->places.topics[i]->at[k].log;

			if (log == NULL)
				continue;
			buffer_fini(&log->loaded);
			buffer_fini(&log->pending);
			free(log->runs);
			free(log);
		}
	}
	places_fini(&local->places);
	for (size_t i = 0; i < local->group_count; i++)
		free(local->groups[i].saved);
	for (size_t i = 0; i < local->topic_count; i++)
		free(local->topics[i]);
	free(local->topics);
	free(local->writers);
	free(local->groups);
	free(local->known);
	free(local->headers);
	free(local->group);
	free(local->writer);
	if (local->lock >= 0)
		close(local->lock);
	if (local->journal >= 0)
		close(local->journal);
	free(local);
}

/* ---- forgetting ---- */

#define EMPTY_BYTES 27 /* of a message of one header without name and value, and nothing else */

/* What is asked of each message. */
struct forgetting {
	bool (*his)(
	    void *self, const char *topic, int32_t partition, int64_t offset, struct text key, struct text value);
	void *self;
	uint64_t gone;
};

/*
 * The message of ${len} bytes at ${at} becomes a tombstone of as many bytes, so that what the journal says of places stays true: a header of
 * zeros takes the room.
 */
static int
empty_message(char *at, size_t len, struct text key, struct err *err)
{
	struct buffer out;
	int result = 0;

	buffer_init(&out, RECORD_MAX);
	put(&out, at, sizeof(uint64_t));
	put_u32(&out, key.at == NULL ? NONE : (uint32_t)key.len);
	put_u32(&out, NONE);
	put_u32(&out, 1);
	put_name(&out, "");
	put(&out, "", 1);
	put_u32(&out, (uint32_t)(len - EMPTY_BYTES - key.len));
	for (size_t i = EMPTY_BYTES + key.len; i < len; i++)
		buffer_char(&out, '\0');
	buffer_text(&out, key);
	if (buffer_failed(&out))
		result = err_set(err, ERR_STOP, "not enough memory for the bus");
	else
		memcpy(at, out.at, len);
	buffer_fini(&out);
	return result;
}

/* Messages of one run, whose bytes are at hand. */
static int
forget_run(struct local *local, struct forgetting *forgetting, const char *topic, int32_t partition,
    const struct run *run, char *bytes, struct err *err)
{
	size_t len = (size_t)(run->to - run->from), at = 0;

	for (uint32_t i = 0; i < run->count; i++) {
		struct cursor in = { bytes + at, len - at, false };
		struct message message;
		size_t size;

		if (take_message(local, &in, &message, err) != 0)
			return -1;
		size = len - at - in.left;
		if (message.value.at != NULL && size >= EMPTY_BYTES + message.key.len
		    && forgetting->his(forgetting->self, topic, partition, run->state == ABORTED ? -1 : run->first + i,
			message.key, message.value)) {
			if (empty_message(bytes + at, size, message.key, err) != 0)
				return -1;
			forgetting->gone++;
		}
		at += size;
	}
	return 0;
}

/* The partition's file is replaced as a whole: a crash leaves the old or the new one. */
static int
forget_partition(struct local *local, struct forgetting *forgetting, const char *topic, int32_t partition,
    struct log *log, struct err *err)
{
	uint64_t before = forgetting->gone;
	char path[FILE_PATH_MAX], *bytes;
	int fd, result;

	if (log->size == 0)
		return 0;
	if (path_format(path, err, "%s/%s/%d", local->settings->local, topic, (int)partition) != 0)
		return -1;
	bytes = malloc(log->size);
	if (bytes == NULL)
		return err_set(err, ERR_STOP, "not enough memory for the bus");
	fd = partition_file(local, topic, partition, O_RDONLY, err);
	result = fd < 0 ? -1 : file_read_at(fd, bytes, log->size, 0, err);
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < log->run_count && result == 0; i++)
		result = forget_run(local, forgetting, topic, partition, &log->runs[i], bytes + log->runs[i].from, err);
	if (result == 0 && forgetting->gone > before)
		result = file_write_all(path, bytes, log->size, err);
	free(bytes);
	log->at = SIZE_MAX; /* what is loaded is not what stands there now */
	return result;
}

static int
forget(struct bus *bus,
    bool (*his)(void *self, const char *topic, int32_t partition, int64_t offset, struct text key, struct text value),
    void *self, uint64_t *gone, struct err *err)
{
	struct local *local = (struct local *)bus;
	struct forgetting forgetting = { .his = his, .self = self };
	int result = 0;

	if (lock(local, err) != 0)
		return -1;
	for (size_t i = 0; i < local->places.count && result == 0; i++) {
		struct place_topic *topic = local->places.topics[i];

		for (int32_t k = 0; k < topic->count && result == 0; k++) {
			if (topic->at[k].log != NULL)
				result = forget_partition(local, &forgetting, topic->name, k, topic->at[k].log, err);
		}
	}
	unlock(local);
	*gone = forgetting.gone;
	return result;
}

static const struct bus_ops ops = {
	.name = "local",
	.close = close_all,
	.assign = assign,
	.poll = poll_next,
	.at_end = at_end,
	.position = position,
	.partitions = partitions,
	.ends = ends,
	.begin = begin,
	.send = send,
	.flush = flush,
	.last_sent = last_sent,
	.commit = commit,
	.abort = abort_all,
	.forget = forget,
};

static int
open_file(struct local *local, const char *name, int *fd, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (path_format(path, err, "%s/%s", local->settings->local, name) != 0)
		return -1;
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return *fd >= 0 ? 0 : err_errno(err, ERR_STOP, "the local bus: %s", name);
}

/* Ours from the role, which need not live on. */
static int
copy_role(struct local *local, const struct bus_role *role, struct err *err)
{
	bool good = true;

	local->uncommitted = role->uncommitted;
	local->subscribed = role->topics != NULL;
	if (role->group != NULL)
		good = (local->group = strdup(role->group)) != NULL;
	if (role->writer != NULL)
		good = good && (local->writer = strdup(role->writer)) != NULL;
	if (local->subscribed)
		good = good && (local->topics = calloc(role->topic_count + 1, sizeof(*local->topics))) != NULL;
	for (size_t i = 0; i < role->topic_count && good && local->subscribed; i++) {
		local->topics[i] = strdup(role->topics[i]);
		good = local->topics[i] != NULL;
		local->topic_count += good;
	}
	if ((local->group != NULL && strlen(local->group) > 200)
	    || (local->writer != NULL && strlen(local->writer) > 200))
		return err_set(err, ERR_STOP, "the name of a group or writer is too long");
	return good ? 0 : err_set(err, ERR_STOP, "not enough memory for the bus");
}

int
local_open(struct bus **bus, const struct bus_settings *settings, const struct bus_role *role, struct err *err)
{
	struct local *local = calloc(1, sizeof(*local));
	int result = 0;

	if (local == NULL)
		return err_set(err, ERR_STOP, "not enough memory for the bus");
	local->bus.ops = &ops;
	local->settings = settings;
	local->lock = local->journal = -1;
	snprintf(local->bus.says, sizeof(local->bus.says), "local, in %.120s", settings->local);
	if (copy_role(local, role, err) != 0 || file_make_folder(settings->local, err) != 0
	    || open_file(local, "lock", &local->lock, err) != 0
	    || open_file(local, "journal", &local->journal, err) != 0 || look(local, err) != 0)
		goto fail;
	if (local->writer != NULL) {
		if (lock(local, err) != 0)
			goto fail;
		result = append_name(local, 'W', local->writer, 0, err);
		unlock(local);
		if (result != 0)
			goto fail;
		local->epoch = writer_of(local, local->writer)->epoch;
	}
	if (local->subscribed && join(local, err) != 0)
		goto fail;
	*bus = &local->bus;
	return 0;
fail:
	close_all(&local->bus);
	return -1;
}
