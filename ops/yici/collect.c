/*
 * collect.c - see collect.h.
 *
 * DATA/spool/ holds what is between reading and sending: rows of the file at hand, files unpacked from archives, the lock. All of
 * it is scratch.
 */
#include "ops/yici/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/bus/admin.h"
#include "core/program/log.h"
#include "core/record/day.h"
#include "core/store/state.h"
#include "ops/yici/files.h"
#include "ops/yici/intake.h"
#include "ops/yici/night.h"
#include "ops/yici/on_bus.h"
#include "ops/yici/signals.h"
#include "ops/yici/purge_again.h"
#include "ops/yici/spool.h"
#include "producers/collect/inbox.h"
#include "producers/readers/reader.h"

#define READ_LONG ((uint64_t)8 << 20) /* bytes of a file whose reading takes a while */
#define SWEEP_S 600                   /* between looks at what runs have used, when nothing new has come */
#define ABORTS_MAX 20                 /* transactions that the bus aborts in a row before we give up */

/* The content of what lay in the inbox. */
struct digested {
	struct inbox_stamp stamp;
	struct sha256 sha256;
};

struct collect {
	struct command *command;
	const char *data;
	struct date date;
	char day[11], instance[64];
	char submitted[TOPIC_NAME_MAX], files_topic[TOPIC_NAME_MAX];
	struct definitions definitions;
	uint64_t digest;
	struct state state;
	struct sandbox *sandbox;
	struct reader_limits limits;
	struct bus *bus;
	int lock;
	/* all records of the topic files, the newest of each id */
	struct arena arena;
	struct file_notice *notices;
	size_t count, room;
	/* the sweep at hand */
	const struct file_notice **sent;
	size_t sent_count;
	struct files files;
	struct taken_files taken;
	uint8_t (*ids)[WIRE_FILE_BYTES]; /* by place in files.at */
	bool open;                       /* a transaction */
	uint64_t in_transaction;         /* rows */
	struct collect_counts counts;
	struct digested *digested; /* of large files, at the last sweep */
	size_t digested_count;
};

/* ---- opening ---- */

static int
open_lock(struct collect *collect, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (path_format(path, err, "%s/spool", collect->data) != 0 || file_make_folder(path, err) != 0
	    || path_format(path, err, "%s/spool/lock", collect->data) != 0)
		return -1;
	collect->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return collect->lock < 0 ? err_errno(err, ERR_STOP, "cannot open %s", path) : 0;
}

/* One sweep of the folder at a time. */
static int
take_lock(const struct collect *collect, uint64_t wait_s, struct err *err)
{
	time_t until = time(NULL) + (time_t)wait_s;

	while (flock(collect->lock, LOCK_EX | LOCK_NB) != 0) {
		if (time(NULL) >= until || signals_stop())
			return err_set(err, ERR_RETRY, "another collector is at work on this data folder");
		signals_wait(200);
	}
	return 0;
}

/* The name of this collector: as set, or one that is its host's and folder's own. */
static void
name_instance(struct collect *collect)
{
	const char *set = collect->command->settings.bus.instance;
	char host[256] = "", real[FILE_PATH_MAX];
	uint64_t hash;

	if (set[0] != '\0') {
		snprintf(collect->instance, sizeof(collect->instance), "%s", set);
		return;
	}
	(void)gethostname(host, sizeof(host) - 1);
	if (realpath(collect->data, real) == NULL)
		snprintf(real, sizeof(real), "%s", collect->data);
	hash = hash64(real, strlen(real), hash64(host, strlen(host), 0));
	snprintf(collect->instance, sizeof(collect->instance), "%016llx", (unsigned long long)hash);
}

int
collect_open(struct collect **made, struct command *command, const char *data, struct err *err)
{
	struct collect *collect = calloc(1, sizeof(*collect));
	const char *prefix = command->settings.bus.prefix;
	char writer[256];
	struct bus_role role = { .program = command->name, .writer = writer };

	*made = collect;
	if (collect == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	*collect = (struct collect){ .command = command, .data = data, .lock = -1, .state = { .lock = -1 } };
	arena_init(&collect->arena, SIZE_MAX / 4);
	settings_limits(&command->settings, &collect->limits);
	topic_name(collect->submitted, prefix, TOPIC_SUBMITTED);
	topic_name(collect->files_topic, prefix, TOPIC_FILES);
	name_instance(collect);
	snprintf(writer, sizeof(writer), "%s-%s-%s", prefix, command->name, collect->instance);
	/* the sandbox is forked first, while there is one thread and no lock, which it would hold a moment longer than we live */
	if (state_open(&collect->state, data, err) != 0 || sandbox_start(&collect->sandbox, err) != 0
	    || open_lock(collect, err) != 0 || definitions_load(command, data, &collect->definitions, err) != 0
	    || bus_open(&collect->bus, &command->settings.bus, &role, err) != 0
	    || topics_must_fit(&command->settings.bus, err) != 0)
		return -1;
	collect->digest = night_definitions(&collect->definitions);
	log_line(LOG_INFO, "collect begin instance=%s bus=\"%s\"", collect->instance, bus_describe(collect->bus));
	return 0;
}

void
collect_close(struct collect *collect)
{
	if (collect == NULL)
		return;
	bus_close(collect->bus);
	sandbox_stop(collect->sandbox);
	definitions_free(&collect->definitions);
	state_close(&collect->state);
	arena_fini(&collect->arena);
	free(collect->notices);
	free(collect->digested);
	if (collect->lock >= 0)
		close(collect->lock);
	free(collect);
}

bool
collect_fenced(const struct collect *collect)
{
	return collect != NULL && collect->bus != NULL && bus_fenced(collect->bus);
}

/* ---- what is known of files ---- */

static int
notice_order(const void *a, const void *b)
{
	return memcmp(((const struct file_notice *)a)->id, ((const struct file_notice *)b)->id, WIRE_FILE_BYTES);
}

static int
notice_time_order(const void *a, const void *b)
{
	const struct file_notice *x = a, *y = b;
	int order = notice_order(a, b);

	return order != 0 ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

static const struct file_notice *
notice_find(const struct collect *collect, const uint8_t *id)
{
	struct file_notice key;

	memcpy(key.id, id, WIRE_FILE_BYTES);
	return collect->count == 0 ? NULL : bsearch(&key, collect->notices, collect->count, sizeof(key), notice_order);
}

static int
keep_notice(void *self, const struct message *message, struct err *err)
{
	struct collect *collect = self;
	struct file_notice notice;

	if (file_notice_read(message, &notice, &collect->arena) != 0) {
		log_line(LOG_WARNING, "files offset=%lld reason=not_a_record_of_a_file", (long long)message->offset);
		return 0;
	}
	notice.told = (struct text){ 0 };
	if (collect->count == collect->room) {
		size_t room = collect->room == 0 ? 256 : collect->room * 2;
		struct file_notice *more = realloc(collect->notices, room * sizeof(*more));

		if (more == NULL)
			return err_set(err, ERR_RETRY, "out of memory for the list of files");
		collect->notices = more;
		collect->room = room;
	}
	collect->notices[collect->count++] = notice;
	return 0;
}

/* Of the records of one id only the newest, in the order of ids. */
static void
keep_newest(struct collect *collect)
{
	size_t kept = 0;

	if (collect->count > 1)
		qsort(collect->notices, collect->count, sizeof(*collect->notices), notice_time_order);
	for (size_t i = 0; i < collect->count; i++) {
		if (i + 1 == collect->count || notice_order(&collect->notices[i], &collect->notices[i + 1]) != 0)
			collect->notices[kept++] = collect->notices[i];
	}
	collect->count = kept;
}

/* Read the topic files from its beginning to its end. */
static int
read_notices(struct collect *collect, struct err *err)
{
	arena_reset(&collect->arena);
	collect->count = 0;
	if (notices_read(collect->bus, collect->files_topic, keep_notice, collect, err) != 0)
		return -1;
	keep_newest(collect);
	return 0;
}

/* Content that is of no more use: used by a run, here or elsewhere. */
static int
list_taken(struct collect *collect, struct err *err)
{
	if (taken_load(&collect->taken, &collect->state, err) != 0)
		return -1;
	for (size_t i = 0; i < collect->count; i++) {
		const struct file_notice *notice = &collect->notices[i];
		struct taken_file entry = { .source = notice->source,
			.file = notice->file,
			.run = notice->run,
			.sha256 = notice->sha256,
			.size = notice->size,
			.state = FILE_COMPLETE };

		if (notice->state == NOTICE_USED && notice->hashed && notice->reason.len == 0
		    && taken_add(&collect->taken, &entry, err) != 0)
			return -1;
	}
	return 0;
}

/* By sender and content. */
static int
content_order(const void *a, const void *b)
{
	const struct file_notice *x = *(const struct file_notice *const *)a, *y = *(const struct file_notice *const *)b;
	int order = text_compare(x->source, y->source);

	return order != 0 ? order : memcmp(&x->sha256, &y->sha256, sizeof(x->sha256));
}

/* Files that are sent, or on their way, for this run: here or elsewhere. */
static int
list_sent(struct collect *collect, struct err *err)
{
	collect->sent = calloc(collect->count + 1, sizeof(struct file_notice *));
	collect->sent_count = 0;
	if (collect->sent == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the list of files");
	for (size_t i = 0; i < collect->count; i++) {
		const struct file_notice *notice = &collect->notices[i];

		if ((notice->state == NOTICE_COMPLETE || notice->state == NOTICE_READING) && notice->hashed
		    && notice->definitions == collect->digest && text_eq(notice->date, text_from(collect->day)))
			collect->sent[collect->sent_count++] = notice;
	}
	if (collect->sent_count > 1)
		qsort(collect->sent, collect->sent_count, sizeof(struct file_notice *), content_order);
	return 0;
}

/* Is the content of this arrival sent already, as that of another? */
static bool
is_elsewhere(const struct collect *collect, const struct run_file *file, const uint8_t *id)
{
	const struct file_notice key = { .source = file->source->name, .sha256 = file->sha256 }, *notice = &key;
	const struct file_notice **found = NULL;

	if (file->hashed && collect->sent_count > 0)
		found = bsearch(
		    &notice, collect->sent, collect->sent_count, sizeof(struct file_notice *), content_order);
	return found != NULL && memcmp((*found)->id, id, WIRE_FILE_BYTES) != 0;
}

/* An arrival under one name, with one content, for one run, under one set of definitions. */
static void
make_id(const struct collect *collect, const struct run_file *file, uint8_t *id)
{
	const struct inbox_stamp *stamp = &collect->files.arrivals[file->arrival].stamp;
	struct sha256_state *state = sha256_new();
	struct sha256 digest = { { 0 } };
	uint64_t numbers[] = { stamp->size, (uint64_t)stamp->mtime_ns, file->hashed, collect->digest };
	struct text texts[] = { text_from(collect->instance), file->source->name, file->file, text_from(collect->day),
		{ (const char *)file->sha256.at, SHA256_BYTES }, { (const char *)numbers, sizeof(numbers) } };

	for (size_t i = 0; i < ARRAY_LEN(texts) && state != NULL; i++) {
		uint64_t len = texts[i].len;

		sha256_add(state, &len, sizeof(len));
		sha256_add(state, texts[i].at, texts[i].len);
	}
	if (state != NULL)
		digest = sha256_end(state);
	memcpy(id, digest.at, WIRE_FILE_BYTES);
}

/* ---- transactions ---- */

static int
transaction(struct collect *collect, struct err *err)
{
	if (collect->open)
		return 0;
	if (bus_begin(collect->bus, err) != 0)
		return -1;
	collect->open = true;
	collect->in_transaction = 0;
	return 0;
}

static int
commit(struct collect *collect, struct err *err)
{
	int64_t began = log_clock_ms();

	if (!collect->open)
		return 0;
	if (bus_commit(collect->bus, err) != 0)
		return -1;
	collect->open = false;
	collect->counts.sending_ms += log_clock_ms() - began;
	return 0;
}

static struct file_notice
notice_for(const struct collect *collect, const struct run_file *file, const uint8_t *id, enum file_notice_state state)
{
	struct file_notice notice = { .state = state,
		.instance = text_from(collect->instance),
		.source = file->source->name,
		.file = file->file,
		.sha256 = file->sha256,
		.hashed = file->hashed,
		.size = file->size,
		.date = text_from(collect->day),
		.definitions = collect->digest };

	memcpy(notice.id, id, WIRE_FILE_BYTES);
	return notice;
}

static int
say_refused(struct collect *collect, struct file_notice *notice, const char *reason, struct text told, struct err *err)
{
	notice->state = NOTICE_REFUSED;
	notice->reason = text_from(reason);
	notice->told = told;
	collect->counts.refused++;
	return file_notice_send(collect->bus, collect->files_topic, notice, err);
}

/* ---- one file ---- */

/* What came of reading: why the file cannot be used, REFUSED_NO when it can. */
static enum refusal
judge(const struct run_file *file, const struct spool_writer *spool, struct text told, struct err *err)
{
	struct inbox_stamp now;
	uint64_t total = 0;
	struct told one;
	size_t pos = 0;
	int got;

	while ((got = told_next(told, &pos, &one)) == 1) {
		if (one.kind == TOLD_TOTAL)
			memcpy(&total, one.bytes.at, sizeof(total));
		if (one.kind == TOLD_REFUSED) {
			struct told_refused refused;

			memcpy(&refused, one.bytes.at, sizeof(refused));
			return (enum refusal)refused.reason;
		}
	}
	if (got < 0) {
		err_set(err, ERR_STOP, "what was told of a file is cut");
		return REFUSED_COUNT;
	}
	if (total != spool->rows)
		return REFUSED_LIED;
	if (!files_stamp(file->path, &now) || memcmp(&now, &file->stamp, sizeof(now)) != 0)
		return REFUSED_CHANGED;
	return REFUSED_NO;
}

/* Send the rows of a spool from row ${notice->sent} on, a transaction after another; the last stays open. */
static int
send_rows(struct collect *collect, struct file_notice *notice, const char *path, struct err *err)
{
	uint64_t batch = collect->command->settings.collect_batch, number = 0;
	struct window reader;
	struct spool_message row;
	struct wire_origin origin = { 0 };
	char key[WIRE_KEY_MAX];
	int64_t began = log_clock_ms() - collect->counts.sending_ms; /* commits on the way are not counted twice */
	int got;

	if (window_open(&reader, path, err) != 0)
		return -1;
	memcpy(origin.file, notice->id, WIRE_FILE_BYTES);
	while ((got = spool_next(&reader, &row, err)) == 1) {
		struct message message = {
			.topic = collect->submitted, .partition = BUS_ANY_PARTITION, .value = row.value
		};

		if (number++ < notice->sent)
			continue;
		origin.sheet = row.sheet;
		origin.row = row.row;
		message.key = (struct text){ key, wire_key(&origin, key) };
		if ((got = transaction(collect, err)) != 0 || (got = bus_send(collect->bus, &message, err)) != 0)
			break;
		notice->sent = number;
		if (++collect->in_transaction < batch || number == notice->rows)
			continue;
		if ((got = file_notice_send(collect->bus, collect->files_topic, notice, err)) != 0
		    || (got = commit(collect, err)) != 0)
			break;
	}
	window_close(&reader);
	collect->counts.sending_ms = log_clock_ms() - began;
	return got;
}

static int
take_file(struct collect *collect, const struct run_file *file, const uint8_t *id, uint64_t sent, struct err *err)
{
	static const struct known_rows none; /* what is known of yesterday's rows stands on the bus */
	struct intake_settings settings = { .dataset = collect->definitions.dataset,
		.sandbox = collect->sandbox,
		.limits = &collect->limits,
		.run_date = collect->date,
		.definitions = collect->digest,
		.known = &none,
		.wait_ms = (int)(collect->command->settings.wait_s * 1000) };
	struct intake_file input = {
		.path = file->path, .source = file->source, .remembered = file->remembered, .size = file->size
	};
	struct file_notice notice = notice_for(collect, file, id, NOTICE_READING);
	struct spool_writer spool;
	struct buffer told;
	char path[FILE_PATH_MAX];
	enum refusal refusal;
	int result = -1;

	buffer_init(&told, SIZE_MAX / 4);
	/* reading may take a while: what is sent does not wait for it */
	if (file->size >= READ_LONG && commit(collect, err) != 0)
		return -1;
	if (path_format(path, err, "%s/spool/rows", collect->data) != 0 || spool_create(&spool, path, err) != 0)
		return -1;
	spool.row.origin.definitions = collect->digest;
	spool.row.origin.date = collect->date;
	memcpy(spool.row.origin.file, id, WIRE_FILE_BYTES);
	if (intake_spool(&settings, &input, &spool, &told, err) != 0)
		goto done;
	refusal = judge(file, &spool, buffer_as_text(&told), err);
	if (refusal == REFUSED_COUNT)
		goto done;
	notice.rows = spool.rows;
	notice.digest = spool.digest;
	notice.schools = spool.schools;
	notice.sent = sent;
	if (refusal == REFUSED_CHANGED) { /* it is on its way still: looked at again by the next sweep */
		collect->counts.waiting++;
		result = 0;
		goto done;
	}
	if (transaction(collect, err) != 0)
		goto done;
	if (refusal != REFUSED_NO) {
		result = say_refused(collect, &notice, refusal_name(refusal), buffer_as_text(&told), err);
		goto done;
	}
	notice.state = NOTICE_READING;
	if (send_rows(collect, &notice, path, err) != 0 || transaction(collect, err) != 0)
		goto done;
	notice.state = NOTICE_COMPLETE;
	notice.told = buffer_as_text(&told);
	result = file_notice_send(collect->bus, collect->files_topic, &notice, err);
	collect->counts.complete++;
	collect->counts.rows += notice.rows;
done:
	spool_close(&spool);
	buffer_fini(&told);
	if (result == 0 && collect->in_transaction >= collect->command->settings.collect_batch)
		result = commit(collect, err);
	return result;
}

/* ---- the inbox ---- */

/* A file that lies there as it lay at the last sweep has the digest that it had then. */
static void
recall_digest(const struct collect *collect, struct run_file *file)
{
	for (size_t i = 0; i < collect->digested_count && !file->hashed; i++) {
		const struct digested *digested = &collect->digested[i];

		if (memcmp(&digested->stamp, &file->stamp, sizeof(file->stamp)) != 0)
			continue;
		file->sha256 = digested->sha256;
		file->hashed = true;
	}
}

/* Of large files, for the next sweep. */
static int
keep_digests(struct collect *collect, struct err *err)
{
	const struct files *files = &collect->files;
	struct digested *digested = calloc(files->count + 1, sizeof(*digested));

	if (digested == NULL)
		return err_set(err, ERR_RETRY, "out of memory for digests");
	free(collect->digested);
	collect->digested = digested;
	collect->digested_count = 0;
	for (size_t i = 0; i < files->count; i++) {
		const struct run_file *file = &files->at[i];

		if (file->hashed && file->size >= READ_LONG && file->stamp.inode != 0)
			digested[collect->digested_count++] = (struct digested){ file->stamp, file->sha256 };
	}
	return 0;
}

/* Large files are digested before they are read: their content is part of their id. */
static int
digest_all(struct collect *collect, struct err *err)
{
	for (size_t i = 0; i < collect->files.count; i++)
		recall_digest(collect, &collect->files.at[i]);
	if (files_hash_begin(&collect->files, err) != 0 || files_hash_end(&collect->files, err) != 0
	    || keep_digests(collect, err) != 0)
		return -1;
	files_tell_taken(&collect->files, &collect->taken, RUN_FILE_TO_READ);
	return 0;
}

static int
take_inbox(struct collect *collect, struct err *err)
{
	for (size_t i = 0; i < collect->files.count; i++) {
		const struct run_file *file = &collect->files.at[i];
		const struct file_notice *known = notice_find(collect, collect->ids[i]);
		struct file_notice notice = notice_for(collect, file, collect->ids[i], NOTICE_TAKEN);

		if (signals_stop())
			return err_set(err, ERR_RETRY, "asked to stop");
		if (known != NULL && known->state != NOTICE_READING) {
			collect->counts.waiting += known->state != NOTICE_USED;
			continue;
		}
		if (file->state == RUN_FILE_REFUSED) {
			if (transaction(collect, err) != 0
			    || say_refused(collect, &notice, refusal_name(file->refusal), (struct text){ 0 }, err) != 0)
				return -1;
		} else if (file->state == RUN_FILE_TAKEN || is_elsewhere(collect, file, collect->ids[i])) {
			collect->counts.taken++;
			if (transaction(collect, err) != 0
			    || file_notice_send(collect->bus, collect->files_topic, &notice, err) != 0)
				return -1;
		} else if (take_file(collect, file, collect->ids[i], known == NULL ? 0 : known->sent, err) != 0)
			return -1;
	}
	return commit(collect, err);
}

/* What all of an arrival's files have been used for goes out of the inbox. */
static int
put_away(struct collect *collect, struct err *err)
{
	struct files *files = &collect->files;

	for (size_t a = 0; a < files->arrival_count; a++) {
		const struct file_notice *last = NULL;
		bool used = true, refused = true;

		for (size_t i = 0; i < files->count; i++) {
			const struct file_notice *notice;

			if (files->at[i].arrival != a)
				continue;
			notice = notice_find(collect, collect->ids[i]);
			used = used && notice != NULL && notice->state == NOTICE_USED;
			refused = refused && notice != NULL && notice->reason.len > 0;
			last = notice;
		}
		if (!used || last == NULL)
			continue;
		if (files_move_arrival(
			collect->data, last->run, &files->arrivals[a], refused ? last->reason : TEXT(""), err)
		    != 0)
			return -1;
	}
	return 0;
}

static void
forget(struct collect *collect)
{
	files_free(&collect->files);
	taken_free(&collect->taken);
	free(collect->ids);
	free(collect->sent);
	collect->ids = NULL;
	collect->sent = NULL;
}

static int
sweep(struct collect *collect, struct err *err)
{
	char work[FILE_PATH_MAX], unpacked[FILE_PATH_MAX];

	collect->counts = (struct collect_counts){ 0 };
	if (path_format(work, err, "%s/spool", collect->data) != 0
	    || path_format(unpacked, err, "%s/spool/spool", collect->data) != 0 || file_remove_all(unpacked, err) != 0
	    || read_notices(collect, err) != 0 || state_open(&collect->state, collect->data, err) != 0
	    || list_taken(collect, err) != 0 || list_sent(collect, err) != 0)
		return -1;
	if (files_find(&collect->files, collect->data, &collect->definitions, &collect->state, &collect->taken,
		collect->sandbox, &collect->limits, work, collect->command->settings.settle_s,
		(int)(collect->command->settings.wait_s * 1000), err)
		!= 0
	    || digest_all(collect, err) != 0)
		return -1;
	collect->ids = calloc(collect->files.count + 1, sizeof(*collect->ids));
	if (collect->ids == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the list of files");
	for (size_t i = 0; i < collect->files.count; i++)
		make_id(collect, &collect->files.at[i], collect->ids[i]);
	if (path_format(unpacked, err, "%s/spool/again", collect->data) != 0
	    || (collect->command->settings.archive
		&& (put_away(collect, err) != 0
		    || purge_again_clean(collect->data, collect->sandbox, &collect->limits, unpacked,
			   (int)(collect->command->settings.wait_s * 1000), err)
			!= 0)))
		return -1;
	return take_inbox(collect, err);
}

int
collect_sweep(struct collect *collect, struct date date, uint64_t wait_s, struct collect_counts *counts, struct err *err)
{
	int result;

	collect->date = date;
	day_write(date, collect->day);
	if (take_lock(collect, wait_s, err) != 0)
		return -1;
	for (unsigned attempt = 0;; attempt++) {
		result = sweep(collect, err);
		forget(collect);
		if (result != 0 && collect->open) {
			bus_abort(collect->bus);
			collect->open = false;
		}
		if (result == 0 || err->kind != ERR_ABORT || attempt == ABORTS_MAX)
			break;
		log_line(LOG_WARNING, "collect aborted attempt=%u reason=\"%s\"", attempt + 1, err->what);
	}
	flock(collect->lock, LOCK_UN);
	*counts = collect->counts;
	return result;
}

/* ---- the command ---- */

/* A hash of all that lies in the inbox, by name, size and time: as long as it is the same there is nothing new to read. */
static int
look(const struct collect *collect, uint64_t *seen, struct err *err)
{
	struct timespec now;
	char folder[FILE_PATH_MAX];
	struct inbox inbox;

	clock_gettime(CLOCK_REALTIME, &now);
	if (path_format(folder, err, "%s/inbox", collect->data) != 0
	    || inbox_list(&inbox, folder, (unsigned)collect->command->settings.settle_s,
		   (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, err)
		!= 0)
		return -1;
	*seen = 1;
	for (size_t i = 0; i < inbox.count; i++) {
		const struct inbox_file *file = &inbox.files[i];
		uint64_t numbers[] = { *seen, file->stamp.size, (uint64_t)file->stamp.mtime_ns, file->stamp.inode,
			(uint64_t)file->state };

		*seen = hash64(file->path, strlen(file->path), hash64(numbers, sizeof(numbers), 0));
	}
	inbox_fini(&inbox);
	return 0;
}

static bool
same_date(const struct date *a, const struct date *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day;
}

/*
 * Sweep after sweep, each for the night that is next; only when there is something new in the inbox, or when it is time to see
 * what runs have used.
 */
static int
run(struct collect *collect, struct err *err)
{
	const struct command *command = collect->command;
	struct collect_counts counts;
	struct date date = { 0 };
	uint64_t seen, swept = 0;
	time_t last = 0;

	do {
		if (!night_coming(command, &date))
			return err_set(err, ERR_STOP, "night.from is not a time such as 01:00");
		if (look(collect, &seen, err) != 0)
			return -1;
		if (seen != swept || time(NULL) - last >= SWEEP_S || !same_date(&date, &collect->date)) {
			if (collect_sweep(collect, date, command->settings.nightly_wait_s, &counts, err) != 0)
				return signals_stop() ? 0 : -1;
			swept = seen;
			last = time(NULL);
			if (counts.complete + counts.refused + counts.taken > 0 || command->once)
				log_line(
				    LOG_INFO, "collected date=%s files=%zu rows=%llu refused=%zu taken=%zu waiting=%zu sending_s=%.3f",
				    collect->day, counts.complete, (unsigned long long)counts.rows, counts.refused,
				    counts.taken, counts.waiting, (double)counts.sending_ms / 1000);
		}
		for (uint64_t s = 0; s < command->settings.collect_every_s && !command->once && !signals_stop(); s++)
			signals_wait(1000);
	} while (!command->once && !signals_stop());
	return 0;
}

int
command_collect(struct command *command)
{
	struct collect *collect;
	struct err err = { 0 };
	struct date date;
	int status;

	if ((status = on_bus_begin(command)) != 0)
		return status;
	if (!night_date(command, &date))
		return misuse(command, say(command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	if (collect_open(&collect, command, command->words[0], &err) != 0 || run(collect, &err) != 0) {
		on_bus_error(collect != NULL ? collect->bus : NULL, &err);
		status = fail(command, &err);
	}
	collect_close(collect);
	return status;
}
