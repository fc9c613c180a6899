/*
 * normalize.c - `yici normalize DATA`: a worker that turns rows as read into clean records and issues. It keeps nothing: what it
 * needs to know of a row comes with the row, and its results and its place in the topic are committed together. Any number of workers
 * on any number of machines share the partitions.
 *
 * A message that cannot be understood goes to the topic rejected as it is, with headers that say where it stood and why
 * (yici.errors.…), and the worker goes on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "consumers/normalize/checked.h"
#include "consumers/normalize/normalize.h"
#include "core/base/digest.h"
#include "core/bus/admin.h"
#include "core/bus/bus.h"
#include "core/program/log.h"
#include "core/record/raised.h"
#include "core/record/wire.h"
#include "ops/yici/command.h"
#include "ops/yici/night.h"
#include "ops/yici/on_bus.h"
#include "ops/yici/signals.h"
#include "producers/collect/collect.h"

#define SHEETS 64                            /* bindings kept ready */
#define POISON_BYTES_MAX ((size_t)64 * 1024) /* of a message that is passed on as it is */
#define IDLE_MS 50                           /* no row for so long: what there is is committed */
#define WAIT_MS 500

/* A sheet's binding, ready for its rows. */
struct sheet {
	uint64_t hash; /* 0: none */
	struct date date;
	struct arena arena;
	struct binding binding;
	struct normalizer *normalizer;
};

struct worker {
	struct command *command;
	struct definitions definitions;
	uint64_t digest, seed;
	struct bus *bus;
	char submitted[TOPIC_NAME_MAX], checked[TOPIC_NAME_MAX], rejected[TOPIC_NAME_MAX];
	struct sheet sheets[SHEETS];
	struct cell *cells;
	struct buffer values, issues, abouts, out;
	uint64_t taken; /* messages of the transaction at hand */
	uint64_t rows, poison;
	int64_t first_ms, last_ms; /* when the first message came, and the last commit was done; 0: not yet */
};

/* ---- what leaves ---- */

static int
send(struct worker *worker, const char *topic, struct text key, struct err *err)
{
	struct message message = {
		.topic = topic, .partition = BUS_ANY_PARTITION, .key = key, .value = buffer_as_text(&worker->out)
	};

	if (buffer_failed(&worker->out))
		return err_set(err, ERR_RETRY, "out of memory for a message");
	return bus_send(worker->bus, &message, err);
}

/* Pass on what cannot be understood. */
static int
send_poison(struct worker *worker, const struct message *from, const char *why, struct err *err)
{
	struct bus_header headers[] = {
		{ "yici.errors.stage", TEXT("normalize") },
		{ "yici.errors.topic", text_from(from->topic) },
		{ "yici.errors.partition", { 0 } },
		{ "yici.errors.offset", { 0 } },
		{ "yici.errors.message", text_from(why) },
	};
	struct message message = { .topic = worker->rejected,
		.partition = BUS_ANY_PARTITION,
		.value = from->value.at == NULL ? TEXT("") : from->value,
		.headers = headers,
		.header_count = ARRAY_LEN(headers) };
	char partition[16], offset[24], key[64];

	snprintf(partition, sizeof(partition), "%d", from->partition);
	snprintf(offset, sizeof(offset), "%lld", (long long)from->offset);
	headers[2].value = text_from(partition);
	headers[3].value = text_from(offset);
	snprintf(key, sizeof(key), "poison:%s:%s", partition, offset);
	message.key = text_from(key);
	if (message.value.len > POISON_BYTES_MAX)
		message.value.len = POISON_BYTES_MAX;
	worker->poison++;
	log_line(LOG_WARNING, "normalize poison partition=%d offset=%lld reason=\"%s\"", from->partition,
	    (long long)from->offset, why);
	return bus_send(worker->bus, &message, err);
}

static int
send_issues(struct worker *worker, struct wire_issues *message, struct err *err)
{
	char key[WIRE_KEY_MAX];

	message->issues = buffer_as_text(&worker->issues);
	message->abouts = buffer_as_text(&worker->abouts);
	if (buffer_failed(&worker->issues) || buffer_failed(&worker->abouts))
		return err_set(err, ERR_RETRY, "out of memory for the issues of a row");
	buffer_clear(&worker->out);
	wire_issues_write(message, &worker->out);
	return send(worker, worker->rejected, (struct text){ key, wire_key(&message->origin, key) }, err);
}

static int
send_checked(struct worker *worker, const struct wire_row *row, const struct normalized *result,
    struct checked *checked, struct err *err)
{
	struct wire_checked message = { .origin = row->origin,
		.issues = result->issue_count > 0 || result->explanation.len > 0 };
	char key[2 * RECORD_ID_BYTES + 1];

	buffer_clear(&worker->values);
	values_encode(result->values, result->value_count, &worker->values);
	if (buffer_failed(&worker->values))
		return err_set(err, ERR_RETRY, "out of memory for a row");
	message.values = buffer_as_text(&worker->values);
	normalized_checked(
	    result, worker->definitions.dataset, row->source, message.values, worker->seed, &message.checked);
	*checked = message.checked;
	hex_of(message.checked.id, RECORD_ID_BYTES, key);
	buffer_clear(&worker->out);
	wire_checked_write(&message, &worker->out);
	return send(worker, worker->checked, text_from(key), err);
}

/* ---- one row ---- */

static void
sheet_forget(struct sheet *sheet)
{
	normalizer_free(sheet->normalizer);
	arena_fini(&sheet->arena);
	*sheet = (struct sheet){ 0 };
}

/* The normalizer for the row's sheet: 1; 0 when its binding makes no sense; -1. */
static int
sheet_of(struct worker *worker, const struct wire_row *row, struct normalizer **normalizer, struct err *err)
{
	uint64_t hash = hash64(row->binding.at, row->binding.len, hash64(row->source.at, row->source.len, 1)) | 1;
	struct sheet *sheet = &worker->sheets[hash >> 8 & (SHEETS - 1)];
	const struct source *source;

	if (sheet->hash == hash && memcmp(&sheet->date, &row->origin.date, sizeof(sheet->date)) == 0) {
		*normalizer = sheet->normalizer;
		return 1;
	}
	sheet_forget(sheet);
	arena_init(&sheet->arena, (size_t)16 << 20);
	source = sources_find(worker->definitions.sources, row->source);
	if (source == NULL)
		source = sources_unknown(worker->definitions.sources, row->source);
	if (source == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a sheet");
	if (wire_binding_read(row->binding, worker->definitions.dataset, source, &sheet->binding, &sheet->arena) != 0)
		return 0;
	sheet->normalizer = normalizer_new(&sheet->binding, row->origin.date, worker->seed);
	if (sheet->normalizer == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a sheet");
	sheet->hash = hash;
	sheet->date = row->origin.date;
	*normalizer = sheet->normalizer;
	return 1;
}

static int
normalize(struct worker *worker, const struct message *from, const struct wire_row *row, struct err *err)
{
	struct wire_issues message = { .origin = row->origin, .settled = WIRE_ACCEPTED, .role = ROW_DATA };
	const struct normalized *result;
	struct normalizer *normalizer = NULL;
	struct checked checked = { 0 };
	int got = sheet_of(worker, row, &normalizer, err);

	if (got <= 0)
		return got < 0 ? -1 : send_poison(worker, from, "a binding that makes no sense", err);
	wire_row_cells(row, worker->cells);
	result = normalize_row(normalizer, worker->cells, row->cell_count, row->flags);
	if (result == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a row");
	if (!result->rejected && send_checked(worker, row, result, &checked, err) != 0)
		return -1;
	if (!result->rejected && result->issue_count == 0 && result->explanation.len == 0)
		return 0;
	if (result->rejected)
		message.settled = WIRE_REJECTED;
	else {
		message.has_record = true;
		memcpy(message.record, checked.id, RECORD_ID_BYTES);
		message.updated = (uint32_t)(checked.version >> 32);
		message.content = checked.content;
		message.explanation = result->explanation;
	}
	for (size_t i = 0; i < result->issue_count; i++) {
		const struct issue *issue = &result->issues[i];

		wire_issue_add(&worker->issues, issue->column, (uint16_t)issue->rule, issue->field,
		    (uint8_t)issue->severity, raised_cut(issue->raw));
		if (message.has_record)
			wire_about_add(&worker->abouts, issue->about);
	}
	return send_issues(worker, &message, err);
}

static int
take(struct worker *worker, const struct message *from, struct err *err)
{
	struct wire_issues message;
	struct wire_row row;

	worker->taken++;
	if (from->value.at == NULL || wire_row_read(from->value, &row) != 0)
		return send_poison(worker, from, "not a row in a version that is known", err);
	if (row.origin.definitions != worker->digest)
		return send_poison(worker, from, "collected under other definitions", err);
	worker->rows++;
	buffer_clear(&worker->issues);
	buffer_clear(&worker->abouts);
	message = (struct wire_issues){ .origin = row.origin, .settled = WIRE_ASIDE, .role = row.role };
	if (row.role == ROW_DATA)
		return normalize(worker, from, &row, err);
	if (row.role < ROW_ROLES)
		return send_issues(worker, &message, err);
	if (row.role != WIRE_ROLE_UNUSABLE || row.rule >= RULE_COUNT)
		return send_poison(worker, from, "a row in a role that is not known", err);
	wire_issue_add(&worker->issues, UINT16_MAX, row.rule, FIELD_NONE,
	    (uint8_t)worker->definitions.dataset->rules[row.rule].severity, TEXT(""));
	message.settled = WIRE_REJECTED;
	message.role = ROW_DATA;
	return send_issues(worker, &message, err);
}

/* ---- the loop ---- */

/* Told to end, or, with --once, nothing is left to read. */
static bool
is_over(const struct worker *worker)
{
	return signals_stop() || (worker->command->once && bus_at_end(worker->bus));
}

/* Rows until there are enough for a transaction, or none is waiting. */
static int
gather(struct worker *worker, struct err *err)
{
	uint64_t batch = worker->command->settings.normalize_batch;
	struct message message;
	int got;

	worker->taken = 0;
	while (worker->taken < batch && !signals_stop()) {
		got = bus_poll(worker->bus, &message, worker->taken > 0 ? IDLE_MS : WAIT_MS, err);
		if (got == 1 && worker->first_ms == 0)
			worker->first_ms = log_clock_ms();
		if (got < 0 || (got == 1 && take(worker, &message, err) != 0))
			return -1;
		if (got == 0 && (worker->taken > 0 || is_over(worker)))
			break;
	}
	return 0;
}

static int
work(struct worker *worker, struct err *err)
{
	while (!is_over(worker)) {
		int result = bus_begin(worker->bus, err);

		while (result == 0 && !signals_stop()) {
			result = gather(worker, err);
			if (result == 0 && (worker->taken > 0 || is_over(worker)))
				break;
		}
		if (result == 0 && worker->taken > 0) {
			result = bus_commit(worker->bus, err);
			worker->last_ms = log_clock_ms();
			if (result == 0 && !signals_stop())
				continue;
		}
		bus_abort(worker->bus); /* also what was not asked to be committed */
		if (result == 0 || err->kind != ERR_ABORT)
			return result;
		log_line(LOG_INFO, "normalize aborted reason=\"%s\"", err->what);
	}
	return 0;
}

static int
worker_open(struct worker *worker, struct err *err)
{
	const struct bus_settings *settings = &worker->command->settings.bus;
	const char *topics[] = { worker->submitted };
	char group[TOPIC_NAME_MAX], writer[256];
	struct bus_role role = {
		.program = "normalize", .group = group, .topics = topics, .topic_count = 1, .writer = writer
	};

	topic_name(worker->submitted, settings->prefix, TOPIC_SUBMITTED);
	topic_name(worker->checked, settings->prefix, TOPIC_CHECKED);
	topic_name(worker->rejected, settings->prefix, TOPIC_REJECTED);
	snprintf(group, sizeof(group), "%s.normalize", settings->prefix);
	snprintf(writer, sizeof(writer), "%s-normalize-%s", settings->prefix,
	    settings->instance[0] != '\0' ? settings->instance : "1");
	buffer_init(&worker->values, SORTED_ENTRY_MAX);
	buffer_init(&worker->issues, SORTED_ENTRY_MAX);
	buffer_init(&worker->abouts, SORTED_ENTRY_MAX);
	buffer_init(&worker->out, SORTED_ENTRY_MAX);
	worker->seed = worker->command->settings.seed_number;
	worker->cells = calloc(WIRE_CELLS_MAX, sizeof(*worker->cells));
	if (worker->cells == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (definitions_load(worker->command, worker->command->words[0], &worker->definitions, err) != 0
	    || bus_open(&worker->bus, settings, &role, err) != 0 || topics_must_fit(settings, err) != 0)
		return -1;
	worker->digest = night_definitions(&worker->definitions);
	log_line(LOG_INFO, "normalize begin writer=%s bus=\"%s\"", writer, bus_describe(worker->bus));
	return 0;
}

int
command_normalize(struct command *command)
{
	struct worker worker = { .command = command };
	struct err err = { 0 };
	int status;

	if ((status = on_bus_begin(command)) != 0)
		return status;
	if (worker_open(&worker, &err) != 0 || work(&worker, &err) != 0) {
		on_bus_error(worker.bus, &err);
		status = fail(command, &err);
	}
	log_line(LOG_INFO, "normalize end rows=%llu poison=%llu seconds=%.3f", (unsigned long long)worker.rows,
	    (unsigned long long)worker.poison,
	    worker.last_ms > worker.first_ms ? (double)(worker.last_ms - worker.first_ms) / 1000 : 0.0);
	bus_close(worker.bus);
	for (size_t i = 0; i < SHEETS; i++)
		sheet_forget(&worker.sheets[i]);
	buffer_fini(&worker.values);
	buffer_fini(&worker.issues);
	buffer_fini(&worker.abouts);
	buffer_fini(&worker.out);
	free(worker.cells);
	definitions_free(&worker.definitions);
	return status;
}
