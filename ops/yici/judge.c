/*
 * judge.c - see judge.h.
 */
#include "ops/yici/judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/program/log.h"
#include "core/record/flat_json.h"
#include "ops/yici/answering.h"
#include "ops/yici/intake.h"
#include "producers/readers/garbled.h"

#define SAID_MAX 20 /* findings on a terminal */

/* ---- limits ---- */

static int
find_limits(const struct night *night, struct hold_limits *limits, struct err *err)
{
	const struct settings *settings = &night->command->settings;
	const struct {
		const char *key, *value;
		uint64_t *limit;
	} all[] = {
		{ "hold.absent", settings->hold_absent, &limits->absent },
		{ "hold.changed", settings->hold_changed, &limits->changed },
		{ "hold.key", settings->hold_key, &limits->key },
		{ "hold.emptied", settings->hold_emptied, &limits->emptied },
		{ "hold.new", settings->hold_new, &limits->fresh },
		{ "hold.rejected", settings->hold_rejected, &limits->rejected },
		{ "hold.linked", settings->hold_linked, &limits->linked },
		{ "hold.code", settings->hold_code, &limits->code },
		{ "hold.persons", settings->hold_persons, &limits->persons },
	};

	*limits = (struct hold_limits){ .few = settings->hold_few, .small = settings->hold_small };
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (hold_limit(all[i].value, night->date.month, all[i].limit) != 0)
			return err_set(
			    err, ERR_STOP, "%s is a number, and others for months: 10,07:60,08-10:60", all[i].key);
	}
	/* as in a month that has no limit of its own */
	return hold_limit(settings->hold_persons, 0, &limits->keys) == 0
	    ? 0
	    : err_set(err, ERR_STOP, "hold.persons is wrong");
}

/* ---- decisions ---- */

/* How many decisions there are about anything but held nights, and but explanations: a night that was killed may have written its own. */
static size_t
count_decisions(const struct journal_log *log)
{
	struct buffer word;
	size_t count = 0;

	buffer_init(&word, JOURNAL_LINE_MAX);
	for (size_t i = 0; i < log->count; i++)
		count += !flat_json_string(log->at[i].line, TEXT("action"), &word)
		    || (!text_starts(buffer_as_text(&word), TEXT("hold_"))
			&& !text_eq(buffer_as_text(&word), TEXT(ANSWERING_ACTION)));
	buffer_fini(&word);
	return count;
}

static int
name_night(struct night *night, struct err *err)
{
	struct hold_limits limits;
	struct sha256 digest;
	struct buffer all;
	int result = -1;

	if (find_limits(night, &limits, err) != 0)
		return -1;
	buffer_init(&all, SIZE_MAX / 4);
	buffer_format(&all, "%s %016llx %zu\n", night->state.current,
	    (unsigned long long)night_definitions(&night->definitions), count_decisions(&night->log));
	buffer_add(&all, &limits, sizeof(limits));
	for (size_t i = 0; i < night->files.count; i++) {
		const struct run_file *file = &night->files.at[i];
		char hex[65] = "";

		if (file->hashed)
			sha256_hex(&file->sha256, hex);
		buffer_text(&all, file->source->name);
		buffer_char(&all, '/');
		buffer_text(&all, file->file);
		buffer_format(&all, "\n%s\n", hex);
	}
	if (buffer_failed(&all))
		err_set(err, ERR_RETRY, "out of memory for the list of files");
	else {
		digest = sha256_of(all.at, all.len);
		sha256_hex(&digest, night->hold.digest);
		result = 0;
	}
	buffer_fini(&all);
	return result;
}

/* "17 42" as numbers. */
static int
read_except(struct night *night, struct text list, struct err *err)
{
	struct night_hold *hold = &night->hold;

	free(hold->except);
	hold->except = calloc(list.len / 2 + 1, sizeof(*hold->except));
	hold->except_count = 0;
	if (hold->except == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	for (size_t at = 0; at < list.len;) {
		size_t end = at;
		uint64_t number;

		while (end < list.len && list.at[end] != ' ')
			end++;
		if (text_to_u64((struct text){ list.at + at, end - at }, &number))
			hold->except[hold->except_count++] = (uint32_t)number;
		at = end + 1;
	}
	return 0;
}

/* The last decision about this very night counts, unless it was taken back. */
static int
find_decision(struct night *night, struct err *err)
{
	struct buffer word;
	bool *active;
	int result = 0;

	if (decisions_active(&night->log, &active, err) != 0)
		return -1;
	buffer_init(&word, JOURNAL_LINE_MAX);
	for (size_t i = night->log.count; i-- > 0 && result == 0;) {
		struct text line = night->log.at[i].line;

		if (!active[i] || !flat_json_string(line, TEXT("held"), &word)
		    || !text_eq(buffer_as_text(&word), text_from(night->hold.digest))
		    || !flat_json_string(line, TEXT("action"), &word))
			continue;
		night->hold.approved = text_eq(buffer_as_text(&word), TEXT(HOLD_APPROVE));
		night->hold.discarded = text_eq(buffer_as_text(&word), TEXT(HOLD_DISCARD));
		if (night->hold.approved && flat_json_string(line, TEXT("except"), &word))
			result = read_except(night, buffer_as_text(&word), err);
		break;
	}
	buffer_fini(&word);
	free(active);
	return result;
}

/* ---- schools that are set aside ---- */

/* One row of a school that is excepted moves from the accepted ones to those set aside. */
static int
except_row(struct night *night, struct runs_writer *issues, const struct origin *origin, struct err *err)
{
	struct run_file *file = night->files.by_number[origin->file - night->files.first_number];
	struct raised raised = { .severity = RAISED_ASIDE };

	raised_key(raised.key, origin, UINT16_MAX, ROW_HELD, FIELD_NONE);
	file->counts.accepted--;
	file->counts.set_aside++;
	file->held = true;
	return runs_add(issues, &raised, sizeof(raised), err);
}

static int
except_rows(struct night *night, struct runs_writer *issues, const struct files *except, struct err *err)
{
	struct runs_cursor cursor = { 0 };
	struct text entry;
	int got = runs_seek(&cursor, &night->rows, NULL, NULL, err);

	while (got == 0 && (got = runs_next(&cursor, &entry, err)) == 1) {
		struct checked row;

		memcpy(&row, entry.at, sizeof(row));
		got = 0;
		if (files_excepts(except, row.school))
			got = except_row(night, issues, &(struct origin){ row.file, row.sheet, row.row }, err);
	}
	runs_cursor_fini(&cursor);
	return got < 0 ? -1 : 0;
}

/* Rows that are yesterday's: of which school, their links say. */
static int
except_same(struct night *night, struct runs_writer *issues, struct files *except, struct err *err)
{
	struct links_reader links = { .fd = -1 };
	struct runs_cursor cursor = { 0 };
	const struct link *link = NULL;
	struct text entry;
	int got, have = 1;

	if (!night->store.open)
		return 0;
	if (links_open(&links, night->store.links, NULL, NULL, err) != 0)
		return -1;
	except->except_same = calloc((size_t)links.end + 1, 1);
	got = except->except_same == NULL ? err_set(err, ERR_RETRY, "out of memory")
					  : runs_seek(&cursor, &night->same, NULL, NULL, err);
	while (got == 0 && (got = runs_next(&cursor, &entry, err)) == 1) {
		struct same same;
		uint32_t number;

		memcpy(&same, entry.at, sizeof(same));
		number = same_number(same.link);
		while (have == 1 && (link == NULL || links_number(&links) < number))
			have = links_next(&links, &link, err);
		if (have != 1) {
			got = have < 0 ? -1 : err_set(err, ERR_INPUT, "a row of yesterday has no link");
			break;
		}
		got = 0;
		if (!files_excepts(except, link->school))
			continue;
		except->except_same[number] = 1;
		got = except_row(night, issues,
		    &(struct origin){
			same_number(same.file), (uint16_t)(same.sheet[0] << 8 | same.sheet[1]), same_number(same.row) },
		    err);
	}
	runs_cursor_fini(&cursor);
	links_close(&links);
	return got < 0 ? -1 : 0;
}

static int
except_schools(struct night *night, struct err *err)
{
	/* not in the night's own list yet: its rows are still to be seen */
	struct files except = { .except = night->hold.except, .except_count = night->hold.except_count };
	struct runs_writer *issues = runs_writer_new(night->work, INTAKE_ISSUES "-held", 0, err);
	int result = -1;

	if (issues != NULL && except_rows(night, issues, &except, err) == 0
	    && except_same(night, issues, &except, err) == 0 && runs_finish(issues, err) == 0) {
		night->files.except = except.except;
		night->files.except_count = except.except_count;
		night->files.except_same = except.except_same;
		except.except_same = NULL;
		result = 0;
	}
	free(except.except_same);
	runs_writer_free(issues);
	return result;
}

int
night_decided(struct night *night, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (purge_rows_find(night, err) != 0 || name_night(night, err) != 0
	    || path_format(path, err, "%s/state/held", night->data) != 0)
		return -1;
	if (!file_exists(path))
		return 0;
	if (find_decision(night, err) != 0)
		return -1;
	if (night->hold.approved || night->hold.discarded)
		log_line(LOG_INFO, "hold decided=%s excepted=%zu", night->hold.approved ? "approve" : "discard",
		    night->hold.except_count);
	return night->hold.except_count > 0 && night->hold.approved ? except_schools(night, err) : 0;
}

/* ---- judging ---- */

static uint16_t
number_of_source(const struct night *night, const struct source *source)
{
	for (size_t i = 0; i < night->store.source_count; i++) {
		if (night->store.sources[i] == source)
			return (uint16_t)i;
	}
	return UINT16_MAX;
}

/* What the last run that had files of each source made of them. */
static void
find_deliveries(const struct night *night, struct hold_delivery *deliveries, struct text *runs)
{
	size_t source = 0;

	for (size_t i = 0; i < night->taken.count; i++) {
		const struct taken_file *file = &night->taken.at[i];
		struct hold_delivery *delivery;

		if (file->state != FILE_COMPLETE || text_eq(file->reason, TEXT(FILES_RETURNED)))
			continue;
		/* files of one source stand side by side */
		for (size_t tried = 0; tried < night->store.source_count; tried++) {
			if (text_eq(night->store.sources[source]->name, file->source))
				break;
			source = (source + 1) % night->store.source_count;
		}
		delivery = &deliveries[source];
		if (text_eq(file->run, text_from(night->id))) {
			delivery->rows += file->accepted + file->rejected;
			delivery->rejected += file->rejected;
			continue;
		}
		if (!text_eq(runs[source], file->run))
			delivery->rows_before = delivery->rejected_before = 0;
		runs[source] = file->run;
		delivery->rows_before += file->accepted + file->rejected;
		delivery->rejected_before += file->rejected;
	}
	for (size_t i = 0; i < night->files.count; i++) {
		const struct run_file *file = &night->files.at[i];
		struct hold_delivery *delivery = &deliveries[file->source_no];

		delivery->complete += (file->state == RUN_FILE_COMPLETE && !file->returned)
		    || file->state == RUN_FILE_TAKEN;
		delivery->refused += file->state == RUN_FILE_REFUSED;
		delivery->garbled = delivery->garbled
		    || (file->state == RUN_FILE_REFUSED && text_eq(file->detail, TEXT("garbled")));
	}
}

/* Are the cells for which rows were rejected garbled? Looked at only where many more are than last time. */
static int
look_for_garbled(
    const struct night *night, const struct hold_limits *limits, struct hold_delivery *deliveries, struct err *err)
{
	struct runs_cursor cursor = { 0 };
	struct text entry;
	bool wanted = false;
	int got;

	for (size_t i = 0; i < night->store.source_count; i++)
		wanted = wanted || deliveries[i].rejected * 100 > deliveries[i].rows * limits->rejected;
	if (!wanted)
		return 0;
	got = runs_seek(&cursor, &night->issues, NULL, NULL, err);
	while (got == 0 && (got = runs_next(&cursor, &entry, err)) == 1) {
		struct raised_view issue = raised_read(entry);

		got = 0;
		if (raised_is_open(&issue) && garbled(issue.raw))
			deliveries[night->files.by_number[issue.origin.file - night->files.first_number]->source_no]
			    .garbled = true;
	}
	runs_cursor_fini(&cursor);
	return got < 0 ? -1 : 0;
}

static struct hold_column *
list_columns(const struct night *night, size_t *count)
{
	const struct files *files = &night->files;
	struct hold_column *list = calloc(files->change_count + 1, sizeof(*list));

	*count = files->change_count;
	for (size_t i = 0; i < files->change_count && list != NULL; i++) {
		const struct published_binding_change *change = &files->binding_changes[i];

		list[i] = (struct hold_column){ .source = number_of_source(night, change->source),
			.field = change->field,
			.was = change->was,
			.is = change->is,
			.files = change->files };
	}
	return list;
}

static int
hold(struct night *night, const struct hold_input *input, const struct hold_findings *findings, struct err *err)
{
	struct holding_night held = { .data = night->data,
		.run = night->id,
		.date = night->day,
		.digest = night->hold.digest,
		.dataset = night->definitions.dataset,
		.sources = night->store.sources,
		.findings = findings,
		.rows = input->rows,
		.row_count = input->row_count,
		.files = &night->taken,
		.chinese = night->command->chinese };

	log_line(LOG_WARNING, "run held id=%s findings=%zu", night->id, findings->count);
	return holding_put(&held, err);
}

int
night_judge(struct night *night, struct err *err)
{
	struct hold_input input = { .dataset = night->definitions.dataset,
		.sources = night->store.sources,
		.source_count = night->store.source_count,
		.usual = &night->usual,
		.except = night->hold.except,
		.except_count = night->hold.except_count };
	struct hold_delivery *deliveries = calloc(night->store.source_count + 1, sizeof(*deliveries));
	struct text *runs = calloc(night->store.source_count + 1, sizeof(*runs));
	bool known = night->usual.known;
	struct hold_column *columns = list_columns(night, &input.column_count);
	struct hold_findings findings = { 0 };
	const struct stock *stock;
	size_t stock_count;
	int result = -1;

	if (deliveries == NULL || runs == NULL || columns == NULL
	    || comparison_sorted(night->assembled.compared, &input.rows, &input.row_count, &stock, &stock_count) != 0) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	if (usual_add(&night->usual, stock, stock_count,
		!known || state_digest(&night->state) != night->definitions.dataset->digest, err)
		!= 0
	    || find_limits(night, &input.limits, err) != 0)
		goto done;
	result = 0;
	if (!known || !night->command->settings.hold)
		goto done;
	find_deliveries(night, deliveries, runs);
	result = -1;
	input.deliveries = deliveries;
	input.columns = columns;
	if (look_for_garbled(night, &input.limits, deliveries, err) != 0 || hold_judge(&input, &findings, err) != 0)
		goto done;
	result = 0;
	if (findings.count > 0 && !night->hold.approved)
		result = hold(night, &input, &findings, err) == 0 ? 1 : -1;
done:
	hold_free(&findings);
	free(deliveries);
	free(runs);
	free(columns);
	return result;
}

static void
say_held(const struct command *command, const char *data)
{
	struct holding held;
	struct err err;

	if (holding_load(&held, data, &err) != 0)
		return;
	if (command->chinese)
		printf("暂停发布 %s：与昨日差别过大，仍提供昨日的数据；见 %s/state/held/report.html\n", held.run, data);
	else
		printf("Held %s: it differs too much from yesterday, whose data are still served; see "
		       "%s/state/held/report.html\n",
		    held.run, data);
	for (size_t i = 0; i < held.count && i < SAID_MAX; i++) {
		struct text sentence = command->chinese ? held.findings[i].zh : held.findings[i].en;

		printf("  %zu. %.*s\n", i + 1, (int)sentence.len, sentence.at);
	}
	if (held.count > SAID_MAX)
		printf("  … %zu\n", held.count);
	holding_free(&held);
}

int
night_ended(const struct command *command, const char *data, int became)
{
	if (became == NIGHT_DISCARDED) {
		printf("%s\n",
		    say(command, "已作废，文件移到 quarantine；仍提供昨日的数据。",
			"Discarded; its files are in quarantine, and yesterday's data are still served."));
		return 0;
	}
	if (became != NIGHT_HELD)
		return 0;
	say_held(command, data);
	return EX_HELD;
}
