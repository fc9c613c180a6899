/*
 * assemble.c - see assemble.h.
 */
#include "ops/yici/assemble.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "consumers/publish/snapshot.h"
#include "core/base/process.h"
#include "core/record/day.h"
#include "core/store/ordered.h"
#include "ops/yici/events.h"
#include "ops/yici/intake.h"
#include "ops/yici/pinned.h"
#include "ops/yici/tally.h"
#include "producers/readers/garbled.h"

enum output { OUT_RECORDS, OUT_CSV, OUT_JSONL, OUT_CHANGES, OUT_LINEAGE, OUT_IDENTITY, OUT_EVENTS, OUTPUTS };
#define BEHIND 4      /* units of a process that wait for the disk before their memory is given back */
#define DROP_UNITS 16 /* so many units' rows are given back at once */

#define STANDINGS "standings" /* runs of struct stood */

enum note { NOTE_ENTRIES, NOTE_RAW, NOTE_HASH, NOTE_COUNT };

/* One process at work. */
struct assembler {
	const struct assemble_input *in;
	struct ordered *ordered;
	int fds[OUTPUTS]; /* -1: not wanted */
	struct buffer out[OUTPUTS];
	struct {
		uint64_t at[OUTPUTS], len[OUTPUTS];
	} behind[BEHIND]; /* a ring: what this process wrote last and the kernel may still hold */
	size_t placed;
	struct snapshot *snapshot;
	struct runs_writer *aside, *issues, *cases, *pins, *standings;
	struct view_writer *views; /* NULL: no grant delivers */
	struct tally *schools;
	struct comparison *compared;
	struct update *update;
	struct update_totals totals;
	struct snapshot_value *values;
	struct buffer scratch, reason;
};

/* ---- events ---- */

static int
on_row(void *self, const struct checked *row, const uint8_t *student, struct err *err)
{
	struct assembler *as = self;
	struct buffer *out = &as->out[OUT_LINEAGE];
	const struct assemble_sheets *sheets = &as->in->sheets[row->file - as->in->file_first];
	struct text prefix = row->sheet < sheets->count ? sheets->prefixes[row->sheet] : TEXT(",,,");
	char *room = buffer_room(out, prefix.len + 96), digits[10], *at;
	uint32_t number = row->row;
	size_t n = 0;

	if (room == NULL)
		return err_set(err, ERR_RETRY, "out of memory for lineage");
	memcpy(room, prefix.at, prefix.len);
	at = room + prefix.len;
	do
		digits[n++] = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	while (n > 0)
		*at++ = digits[--n];
	*at++ = ',';
	hex_of(row->id, RECORD_ID_BYTES, at);
	at += 2 * RECORD_ID_BYTES;
	*at++ = ',';
	hex_of(student, STUDENT_ID_BYTES, at);
	at += 2 * STUDENT_ID_BYTES;
	*at++ = '\r';
	*at++ = '\n';
	out->len += (size_t)(at - room);
	return 0;
}

/* One line of changes.csv. ${why} is bytes ready for csv. */
static void
change_line(struct buffer *out, struct text id, struct text field, struct text old, struct text new, struct text why)
{
	buffer_text(out, id);
	buffer_char(out, ',');
	buffer_text(out, field);
	buffer_char(out, ',');
	snapshot_cell(out, old);
	buffer_char(out, ',');
	snapshot_cell(out, new);
	buffer_char(out, ',');
	snapshot_cell(out, why);
	buffer_add(out, "\r\n", 2);
}

/* Where a value comes from: "source:file:row", or "decision:number". */
static struct text
origin_of(struct assembler *as, const struct merged_value *value, const struct merge_member *member)
{
	const struct taken_file *file = &as->in->files[member->file];

	buffer_clear(&as->scratch);
	if (value->pinned != 0) {
		buffer_format(&as->scratch, "decision:%llu", (unsigned long long)value->pinned);
		return buffer_as_text(&as->scratch);
	}
	buffer_text(&as->scratch, member->source->name);
	buffer_char(&as->scratch, ':');
	buffer_text(&as->scratch, file->file);
	buffer_format(&as->scratch, ":%u", member->row);
	return buffer_as_text(&as->scratch);
}

/* What changed of a student, as a line of changes.csv and as an event. */
static void
tell_change(struct assembler *as, const uint8_t *student, struct text id, struct text field, struct text old,
    struct text new, struct text why)
{
	struct event event = { .kind = EVENT_CHANGE, .change = { field, old, new, why } };

	change_line(&as->out[OUT_CHANGES], id, field, old, new, why);
	if (!as->in->events)
		return;
	memcpy(event.student, student, STUDENT_ID_BYTES);
	event_write(&as->out[OUT_EVENTS], &event);
}

/* One line of identity.csv. */
static void
identity_line(struct buffer *out, struct text id, const char *event, struct text other, const char *run, const char *why)
{
	const struct text parts[] = { id, text_from(event), other, text_from(run), text_from(why) };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) { /* on a first night there is one for each student */
		buffer_text(out, parts[i]);
		buffer_add(out, i + 1 < ARRAY_LEN(parts) ? "," : "\r\n", i + 1 < ARRAY_LEN(parts) ? 1 : 2);
	}
}

/* A student whose id is new: of records nobody had, or of some that another student has lost. */
static void
tell_fresh(struct assembler *as, const uint8_t *student, struct text id)
{
	const struct link_result *links = as->in->links;
	const struct split *split = link_split(links, student);
	char from[2 * STUDENT_ID_BYTES + 1] = "";

	if (split != NULL)
		hex_of(split->from, STUDENT_ID_BYTES, from);
	identity_line(&as->out[OUT_IDENTITY], id, split == NULL ? "new" : "split_from", text_from(from), as->in->run,
	    split == NULL ? "first record" : "records of another person");
}

/* Presence that is not yesterday's, or is so for another reason. */
static void
change_of_presence(struct assembler *as, const struct update_student *student, struct text id)
{
	const struct source *const *sources = as->in->update.sources;
	size_t len;
	struct text old, new;

	buffer_clear(&as->scratch);
	presence_reason(student->stood, sources, &as->scratch);
	len = as->scratch.len;
	presence_reason(student->standing, sources, &as->scratch);
	old = (struct text){ as->scratch.at, len };
	new = (struct text){ as->scratch.at + len, as->scratch.len - len };
	if (student->standing->presence != student->stood->presence || !text_eq(old, new))
		tell_change(as, student->id, id, TEXT("presence"),
		    text_from(presence_name((enum presence)student->stood->presence)),
		    text_from(presence_name((enum presence)student->standing->presence)), new);
}

static void
changes(struct assembler *as, const struct update_student *student, struct text id)
{
	const struct dataset *dataset = as->in->update.dataset;
	const struct merged *now = student->now, *before = student->before;
	size_t i = 0, j = 0;

	if (student->fresh || before == NULL) {
		tell_change(as, student->id, id, TEXT(""), TEXT(""), TEXT(""), TEXT("new"));
		return;
	}
	change_of_presence(as, student, id);
	while (i < now->count || j < before->count) {
		uint16_t a = i < now->count ? now->values[i].field : FIELD_NONE;
		uint16_t b = j < before->count ? before->values[j].field : FIELD_NONE;
		uint16_t field = a < b ? a : b;
		struct text new = a == field ? now->values[i].text : TEXT("");
		struct text old = b == field ? before->values[j].text : TEXT("");

		if (!text_eq(old, new))
			tell_change(as, student->id, id, dataset->fields[field].name,
			    snapshot_shown(as->snapshot, field, old), snapshot_shown(as->snapshot, field, new),
			    a == field ? origin_of(as, &now->values[i], &student->members[now->values[i].member])
				       : TEXT("emptied"));
		i += a == field;
		j += b == field;
	}
}

static void
count_school(struct assembler *as, const struct update_student *student)
{
	const struct roles *roles = &as->in->update.dataset->roles;
	const struct merged *now = student->now;
	struct text code = { 0 }, name = { 0 };
	uint8_t presence = student->standing->presence;
	uint64_t counts[TALLY_COUNTS] = { 1, presence == PRESENT, presence == ABSENT, presence == STALE,
		presence == LEFT, presence == BACK, student->fresh, student->changed && !student->fresh };

	for (size_t i = 0; i < now->count; i++) {
		if (now->values[i].field == roles->school_code)
			code = now->values[i].text;
		else if (now->values[i].field == roles->school_name)
			name = now->values[i].text;
	}
	tally_add(as->schools, code, name, counts);
}

/* Names of the pinned fields, a space between. */
static struct text
pinned_fields(struct assembler *as, const struct merged *now)
{
	buffer_clear(&as->scratch);
	for (size_t i = 0; now->pin_count > 0 && i < now->count; i++) {
		if (now->values[i].pinned == 0)
			continue;
		if (as->scratch.len > 0)
			buffer_char(&as->scratch, ' ');
		buffer_text(&as->scratch, as->in->update.dataset->fields[now->values[i].field].name);
	}
	return buffer_as_text(&as->scratch);
}

/* The sources that speak of him, each once; members come in the order of their ids. */
static void
count_sources(struct assembler *as, const struct update_student *student)
{
	for (size_t i = 0; i < student->member_count; i++) {
		const struct source *source = student->members[i].source;
		bool known = false, linked = false;

		for (size_t k = 0; k < student->member_count && !known; k++) {
			known = k < i && student->members[k].source == source;
			linked = linked || student->members[k].source != source;
		}
		if (!known)
			compare_student(as->compared, student->members[i].source_no, linked);
	}
}

static void
on_record(void *self, const struct link *now, const struct link *before, bool left, struct text values,
    struct text old_values)
{
	struct assembler *as = self;

	compare_record(as->compared, now, before, left, values, old_values);
}

static int
on_student(void *self, const struct update_student *student, struct err *err)
{
	struct assembler *as = self;
	const struct merged *now = student->now;
	char hex[2 * STUDENT_ID_BYTES + 1], day[11];
	struct snapshot_head head = { .id = { hex, sizeof(hex) - 1 },
		.presence = text_from(presence_name((enum presence)student->standing->presence)),
		.since = { day, 10 } };
	struct text id = head.id;

	hex_of(student->id, STUDENT_ID_BYTES, hex);
	day_store_write(student->standing->since, day);
	buffer_clear(&as->reason);
	presence_reason(student->standing, as->in->update.sources, &as->reason);
	head.reason = buffer_as_text(&as->reason);
	for (size_t i = 0; i < now->count; i++)
		as->values[i] = (struct snapshot_value){ now->values[i].field, now->values[i].text };
	if (as->in->csv)
		snapshot_csv(as->snapshot, &head, as->values, now->count, &as->out[OUT_CSV]);
	if (student->changed && as->in->events) {
		struct event event = { .kind = EVENT_STUDENT };

		memcpy(event.student, student->id, STUDENT_ID_BYTES);
		event_write(&as->out[OUT_EVENTS], &event);
	}
	if (as->views != NULL && view_writer_put(as->views, student->id, head.presence, as->values, now->count, err) != 0)
		return -1;
	if (as->in->jsonl != NULL)
		snapshot_jsonl(as->snapshot, &head, pinned_fields(as, now), as->values, now->count, &as->out[OUT_JSONL]);
	if (student->kept != NULL && runs_add(as->standings, student->kept, sizeof(*student->kept), err) != 0)
		return -1;
	if (now->pin_count > 0
	    && pinned_put(as->pins, as->in->update.dataset, student, as->in->files, &as->scratch, err) != 0)
		return -1;
	if (student->changed)
		changes(as, student, id);
	if (student->fresh)
		tell_fresh(as, student->id, id);
	count_school(as, student);
	count_sources(as, student);
	for (size_t i = 0; i < OUTPUTS; i++) {
		if (buffer_failed(&as->out[i]))
			return err_set(err, ERR_RETRY, "out of memory for a unit of output");
	}
	if (buffer_failed(&as->reason))
		return err_set(err, ERR_RETRY, "out of memory for a reason");
	return 0;
}

static bool
was_returned(const struct assembler *as, uint32_t file)
{
	return as->in->returned != NULL && file >= as->in->file_first && as->in->returned[file - as->in->file_first];
}

static int
on_duplicate(void *self, const struct update_duplicate *duplicate, struct err *err)
{
	struct assembler *as = self;
	const struct origin *again = &duplicate->again, *first = &duplicate->first;
	const struct taken_file *file = &as->in->files[first->file];
	struct raised raised = { .severity = (uint8_t)as->in->update.dataset->rules[RULE_duplicate_in_source].severity,
		.about = duplicate->content };
	size_t len;

	/* a row that comes again mended or explained, beside the file in which it stood */
	if (first->file != again->file && (was_returned(as, first->file) || was_returned(as, again->file)))
		return 0;
	raised_key(raised.key, again, UINT16_MAX, RULE_duplicate_in_source, FIELD_NONE);
	memcpy(raised.record, duplicate->record, sizeof(raised.record));
	buffer_clear(&as->scratch);
	buffer_add(&as->scratch, &raised, sizeof(raised));
	if (first->file != again->file) {
		buffer_text(&as->scratch, file->file);
		buffer_char(&as->scratch, ':');
	}
	buffer_format(&as->scratch, "%u", first->row);
	len = as->scratch.len;
	return runs_add(as->issues, as->scratch.at, len, err);
}

static int
on_review(void *self, const struct link *link, const struct merge_member *member, struct err *err)
{
	struct assembler *as = self;
	struct assemble_case_record record = {
		.file = member->file, .row = member->row, .sheet = member->sheet, .source = link->source
	};

	memcpy(record.id, link->id, RECORD_ID_BYTES);
	memcpy(record.student, link->student, STUDENT_ID_BYTES);
	buffer_clear(&as->scratch);
	buffer_add(&as->scratch, &record, sizeof(record));
	buffer_text(&as->scratch, member->values);
	if (buffer_failed(&as->scratch))
		return err_set(err, ERR_RETRY, "out of memory for a case");
	return runs_add(as->cases, as->scratch.at, as->scratch.len, err);
}

static const struct update_events events = { on_row, on_student, on_duplicate, on_review, on_record };

/* ---- processes ---- */

/* Have the kernel give back what was written as the ${nth} unit of this process. */
static int
let_go(struct assembler *as, size_t nth, struct err *err)
{
	uint64_t *at = as->behind[nth % BEHIND].at, *len = as->behind[nth % BEHIND].len;

	for (size_t i = 0; i < OUTPUTS; i++) {
		if (len[i] > 0 && file_let_go(as->fds[i], at[i], len[i], err) != 0)
			return -1;
		len[i] = 0;
	}
	return 0;
}

/* Write the unit's bytes where they go. */
static int
place(struct assembler *as, size_t unit, struct err *err)
{
	uint64_t *at = as->behind[as->placed % BEHIND].at, *len = as->behind[as->placed % BEHIND].len;

	for (size_t i = 0; i < OUTPUTS; i++)
		len[i] = as->out[i].len;
	if (ordered_place(as->ordered, unit, len, at, err) != 0)
		return -1;
	for (size_t i = 0; i < OUTPUTS; i++) {
		if (len[i] == 0)
			continue;
		if (file_write_at(as->fds[i], as->out[i].at, as->out[i].len, at[i], err) != 0)
			return -1;
		file_write_behind(as->fds[i], at[i], len[i]);
		buffer_clear(&as->out[i]);
	}
	return let_go(as, ++as->placed, err);
}

static int
do_units(struct assembler *as, size_t units, const struct runs *aside, struct err *err)
{
	const struct runs *runs = aside != NULL ? aside : as->in->update.runs;
	size_t unit;

	while (ordered_take(as->ordered, &unit)) {
		uint8_t from[RECORD_ID_BYTES], to[RECORD_ID_BYTES];
		struct sorted_packer packer;
		int result;

		update_unit_start(unit, units, from);
		if (unit + 1 < units)
			update_unit_start(unit + 1, units, to);
		sorted_pack_init(&packer, &as->out[OUT_RECORDS], true);
		result = aside != NULL ? update_aside(
			     as->update, aside, unit == 0 ? NULL : from, unit + 1 < units ? to : NULL, &as->totals, err)
				       : update_unit(as->update, unit == 0 ? NULL : from, unit + 1 < units ? to : NULL,
					   &packer, &as->totals, err);
		ordered_note(as->ordered, unit, NOTE_ENTRIES, packer.total_entries);
		ordered_note(as->ordered, unit, NOTE_RAW, packer.total_raw);
		ordered_note(as->ordered, unit, NOTE_HASH, packer.hash);
		sorted_pack_fini(&packer);
		if (result != 0 || place(as, unit, err) != 0)
			return -1;
		/* all units before a placed one are done with their rows */
		if (unit % DROP_UNITS == DROP_UNITS - 1) {
			update_unit_start(unit + 1 - DROP_UNITS, units, from);
			runs_drop(runs, from, unit + 1 < units ? to : NULL);
		}
	}
	for (size_t i = 0; i < BEHIND; i++) {
		if (let_go(as, i, err) != 0)
			return -1;
	}
	return 0;
}

static int
assembler_open(struct assembler *as, unsigned name, bool aside, struct err *err)
{
	const struct assemble_input *in = as->in;
	char run[48];

	for (size_t i = 0; i < OUTPUTS; i++)
		buffer_init(&as->out[i], (size_t)4 << 30);
	buffer_init(&as->scratch, SIZE_MAX / 4);
	buffer_init(&as->reason, 64 * 1024);
	as->snapshot = snapshot_new(in->update.dataset, in->delivered);
	as->schools = tally_new();
	as->compared = comparison_new(in->update.dataset, in->recount, garbled);
	as->values = calloc(in->update.dataset->field_count + 1, sizeof(*as->values));
	if (as->snapshot == NULL || as->schools == NULL || as->compared == NULL || as->values == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	snprintf(run, sizeof(run), INTAKE_ISSUES "-u%u", name);
	if ((as->issues = runs_writer_new(in->work, run, 0, err)) == NULL)
		return -1;
	snprintf(run, sizeof(run), ASSEMBLE_CASES "-%u", name);
	if ((as->cases = runs_writer_new(in->work, run, 0, err)) == NULL)
		return -1;
	snprintf(run, sizeof(run), PINNED_RUNS "-%u", name);
	if ((as->pins = runs_writer_new(in->work, run, 0, err)) == NULL)
		return -1;
	snprintf(run, sizeof(run), STANDINGS "-%u", name);
	if ((as->standings = runs_writer_new(in->work, run, 0, err)) == NULL)
		return -1;
	if (in->views != NULL && (as->views = view_writer_new(in->views, in->work, name, err)) == NULL)
		return -1;
	if (!aside) {
		snprintf(run, sizeof(run), "aside-%u", name);
		as->aside = runs_writer_new(in->work, run, in->memory / 8 / in->jobs, err);
		if (as->aside == NULL)
			return -1;
	}
	as->update = update_new(&in->update, as->aside, &events, as, err);
	return as->update == NULL ? -1 : 0;
}

/* What a process has counted, for the parent: totals, length of the tally, the tally, the comparison. */
static int
assembler_close(struct assembler *as, unsigned name, struct err *err)
{
	char path[FILE_PATH_MAX];
	int fd, result = -1;
	uint64_t len = 0;

	if ((as->aside == NULL || runs_finish(as->aside, err) == 0) && runs_finish(as->issues, err) == 0
	    && runs_finish(as->cases, err) == 0 && runs_finish(as->pins, err) == 0
	    && runs_finish(as->standings, err) == 0 && (as->views == NULL || view_writer_finish(as->views, err) == 0)
	    && path_format(path, err, "%s/counted-%u", as->in->work, name) == 0 && (fd = file_create(path, err)) >= 0) {
		buffer_clear(&as->scratch);
		buffer_add(&as->scratch, &as->totals, sizeof(as->totals));
		buffer_add(&as->scratch, &len, sizeof(len));
		len = as->scratch.len;
		tally_write(as->schools, &as->scratch);
		len = as->scratch.len - len;
		if (!buffer_failed(&as->scratch))
			memcpy(as->scratch.at + sizeof(as->totals), &len, sizeof(len));
		comparison_write(as->compared, &as->scratch);
		result = buffer_failed(&as->scratch) ? err_set(err, ERR_RETRY, "out of memory")
						     : file_write(fd, as->scratch.at, as->scratch.len, err);
		close(fd);
	}
	return result;
}

/* One round: ${count} processes do all units. */
static int
run_round(const struct assemble_input *input, const int *fds, struct ordered *ordered, size_t units,
    const struct runs *aside, unsigned *names, struct err *err)
{
	pid_t pids[256];
	unsigned count = input->jobs < units ? input->jobs : (unsigned)units, started = 0;
	bool failed = false;
	int errors[2];

	if (count > ARRAY_LEN(pids))
		count = ARRAY_LEN(pids);
	if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) != 0)
		return err_errno(err, ERR_STOP, "cannot make a pipe");
	for (; started < count; started++) {
		unsigned name = (*names)++;

		pids[started] = process_fork();
		if (pids[started] == 0) {
			struct assembler as = { .in = input, .ordered = ordered };
			struct err theirs = { 0 };

			memcpy(as.fds, fds, sizeof(as.fds));
			if (assembler_open(&as, name, aside != NULL, &theirs) != 0
			    || do_units(&as, units, aside, &theirs) != 0 || assembler_close(&as, name, &theirs) != 0) {
				ordered_fail(ordered);
				(void)!write(errors[1], &theirs, sizeof(theirs));
				_exit(1);
			}
			_exit(0);
		}
		if (pids[started] < 0) {
			failed = true;
			ordered_fail(ordered);
			break;
		}
	}
	close(errors[1]);
	for (unsigned left = started; left > 0;) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		for (unsigned i = 0; i < started; i++) {
			if (pids[i] != pid)
				continue;
			pids[i] = 0;
			left--;
			if (status != 0) {
				failed = true;
				ordered_fail(ordered); /* nobody waits for one that has died */
			}
		}
	}
	if (failed && read(errors[0], err, sizeof(*err)) != (ssize_t)sizeof(*err))
		err_set(err, ERR_STOP, "a process that was writing ended by itself");
	close(errors[0]);
	return failed ? -1 : 0;
}

static int
merge_counts(const struct assemble_input *input, unsigned names, struct assemble_result *result, struct err *err)
{
	struct tally *tally = tally_new();
	struct buffer bytes;
	char path[FILE_PATH_MAX];
	int status = -1;

	buffer_init(&bytes, SIZE_MAX / 4);
	result->compared = comparison_new(input->update.dataset, input->recount, NULL);
	if (tally == NULL || result->compared == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	for (unsigned i = 0; i < names; i++) {
		struct update_totals totals;
		uint64_t len;
		size_t at = sizeof(totals) + sizeof(len);

		buffer_clear(&bytes);
		if (path_format(path, err, "%s/counted-%u", input->work, i) != 0
		    || file_read_all(path, &bytes, err) != 0)
			goto done;
		memcpy(&totals, bytes.at, sizeof(totals));
		result->totals.records += totals.records;
		result->totals.records_new += totals.records_new;
		result->totals.records_changed += totals.records_changed;
		result->totals.students += totals.students;
		result->totals.students_changed += totals.students_changed;
		memcpy(&len, bytes.at + sizeof(totals), sizeof(len));
		tally_read(tally, (struct text){ bytes.at + at, (size_t)len });
		at += (size_t)len;
		if (comparison_read(result->compared, (struct text){ bytes.at + at, bytes.len - at }) != 0) {
			err_set(err, ERR_RETRY, "out of memory");
			goto done;
		}
	}
	if (tally_sorted(tally, &result->schools, &result->school_count, &result->text) != 0) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	status = 0;
done:
	tally_free(tally);
	buffer_fini(&bytes);
	return status;
}

/* Names of the dataset's fields, for those who read the values later. */
static void
records_meta(const struct dataset *dataset, struct buffer *out)
{
	for (size_t i = 0; i < dataset->field_count; i++) {
		buffer_text(out, dataset->fields[i].name);
		buffer_char(out, '\n');
	}
}

/* Open the outputs and write what stands before the first unit. */
static int
open_outputs(const struct assemble_input *input, int *fds, uint64_t *starts, struct err *err)
{
	struct snapshot *snapshot = snapshot_new(input->update.dataset, input->delivered);
	const struct dataset *dataset = input->update.dataset;
	const int files_len = (int)dataset->files.len, key_len = (int)dataset->id_key.len;
	char csv[DATASET_FILE_MAX], jsonl[DATASET_FILE_MAX];
	const char *const names[OUTPUTS] = { input->update.whole ? "records.yc" : "changed.yc", csv, jsonl,
		"changes.csv", "lineage.csv", "identity.csv", EVENTS_FILE };
	const char *const folders[OUTPUTS] = { input->generation, input->out, input->jsonl, input->out, input->out,
		input->out, input->work };
	struct buffer head, meta;
	char path[FILE_PATH_MAX];
	int result = -1;

	buffer_init(&head, 1 << 20);
	buffer_init(&meta, 1 << 20);
	snprintf(csv, sizeof(csv), "%.*s.csv", files_len, dataset->files.at);
	snprintf(jsonl, sizeof(jsonl), "%.*s.jsonl", files_len, dataset->files.at);
	if (snapshot == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	for (int i = 0; i < OUTPUTS; i++) {
		fds[i] = -1;
		starts[i] = 0;
		if ((i == OUT_CSV && !input->csv) || (i == OUT_JSONL && input->jsonl == NULL)
		    || (i == OUT_EVENTS && !input->events))
			continue;
		if (path_format(path, err, "%s/%s", folders[i], names[i]) != 0 || (fds[i] = file_create(path, err)) < 0)
			goto done;
		buffer_clear(&head);
		if (i == OUT_RECORDS) {
			records_meta(input->update.dataset, &meta);
			sorted_head(&head, RECORDS_KIND, buffer_as_text(&meta));
		} else if (i == OUT_CSV)
			snapshot_csv_header(snapshot, &head);
		else if (i == OUT_CHANGES)
			buffer_format(&head, "\xEF\xBB\xBF%.*s,field,old,new,why\r\n", key_len, dataset->id_key.at);
		else if (i == OUT_LINEAGE)
			buffer_format(
			    &head, "\xEF\xBB\xBFsource,file,sheet,row,record_id,%.*s\r\n", key_len, dataset->id_key.at);
		else if (i == OUT_IDENTITY)
			buffer_format(&head, "\xEF\xBB\xBF%.*s,event,other_%.*s,run,why\r\n", key_len,
			    dataset->id_key.at, key_len, dataset->id_key.at);
		if (buffer_failed(&head) || buffer_failed(&meta)) {
			err_set(err, ERR_RETRY, "out of memory");
			goto done;
		}
		if (file_write(fds[i], head.at, head.len, err) != 0)
			goto done;
		starts[i] = head.len;
	}
	result = 0;
done:
	snapshot_free(snapshot);
	buffer_fini(&head);
	buffer_fini(&meta);
	return result;
}

/* What stands behind the last unit: the end of the values, and the students whose ids are no longer in use. */
static int
close_outputs(
    const struct assemble_input *input, const int *fds, const uint64_t *ends, const uint64_t *noted, struct err *err)
{
	struct buffer tail, identity;
	int result = -1;

	buffer_init(&tail, SIZE_MAX / 4);
	buffer_init(&identity, SIZE_MAX / 4);
	sorted_end(&tail, noted[NOTE_ENTRIES], noted[NOTE_RAW], noted[NOTE_HASH]);
	if (file_write_at(fds[OUT_RECORDS], tail.at, tail.len, ends[OUT_RECORDS], err) != 0)
		goto done;
	buffer_clear(&tail);
	for (size_t i = 0; i < input->links->retired_count; i++) {
		const struct retired *retired = &input->links->retired[i];
		char old[2 * STUDENT_ID_BYTES + 1], into[2 * STUDENT_ID_BYTES + 1];

		hex_of(retired->student, STUDENT_ID_BYTES, old);
		hex_of(retired->into, STUDENT_ID_BYTES, into);
		change_line(&tail, text_from(old), input->update.dataset->id_key, text_from(old), text_from(into),
		    TEXT("merged"));
		identity_line(
		    &identity, text_from(old), "merged_into", text_from(into), input->run, "records of one person");
	}
	if (buffer_failed(&tail) || buffer_failed(&identity)) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	if (file_write_at(fds[OUT_CHANGES], tail.at, tail.len, ends[OUT_CHANGES], err) == 0)
		result = file_write_at(fds[OUT_IDENTITY], identity.at, identity.len, ends[OUT_IDENTITY], err);
done:
	buffer_fini(&tail);
	buffer_fini(&identity);
	return result;
}

/* presence.yc of the new generation. */
static int
save_standings(const struct assemble_input *input, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct runs runs;
	int result = -1;

	if (runs_open(&runs, input->work, STANDINGS, err) != 0)
		return -1;
	if (path_format(path, err, "%s/presence.yc", input->generation) == 0)
		result = standings_save(&runs, path, err);
	runs_close(&runs);
	return result;
}

/* Yesterday's records.yc is also today's; false where the file system has no links. */
static bool
keep_records(const struct assemble_input *input)
{
	char path[FILE_PATH_MAX];
	struct err ignored;

	return path_format(path, &ignored, "%s/records.yc", input->generation) == 0 && link(input->records, path) == 0;
}

int
assemble_run(const struct assemble_input *settings, struct assemble_result *result, struct err *err)
{
	struct assemble_input with = *settings;
	const struct assemble_input *input = &with;
	uint64_t starts[OUTPUTS], noted[NOTE_COUNT] = { 0 };
	struct ordered *ordered = NULL;
	struct runs aside = { 0 };
	unsigned names = 0;
	int fds[OUTPUTS] = { -1, -1, -1, -1, -1, -1, -1 }, status = -1;

	*result = (struct assemble_result){ 0 };
	with.update.whole = update_wants_whole(&with.update) || !keep_records(&with);
	if (open_outputs(input, fds, starts, err) != 0)
		goto done;
	for (int round = 0; round < 2; round++) {
		uint64_t bytes = round == 0 ? input->update.runs->raw_bytes + input->update.same->raw_bytes
			+ (input->update.records != NULL ? input->update.records->raw_bytes : 0)
			+ (input->update.changed != NULL ? input->update.changed->raw_bytes : 0)
					    : aside.raw_bytes;
		size_t units = update_units(bytes);

		ordered = ordered_new(units, OUTPUTS, starts);
		if (ordered == NULL) {
			err_set(err, ERR_RETRY, "out of memory");
			goto done;
		}
		if (run_round(input, fds, ordered, units, round == 0 ? NULL : &aside, &names, err) != 0)
			goto done;
		for (size_t unit = 0; unit < units && round == 0; unit++) {
			noted[NOTE_ENTRIES] += ordered_noted(ordered, unit, NOTE_ENTRIES);
			noted[NOTE_RAW] += ordered_noted(ordered, unit, NOTE_RAW);
			noted[NOTE_HASH] = sorted_hash_join(noted[NOTE_HASH], ordered_noted(ordered, unit, NOTE_HASH));
		}
		for (size_t i = 0; i < OUTPUTS; i++)
			starts[i] = ordered_end(ordered, i);
		ordered_free(ordered);
		ordered = NULL;
		if (round == 0 && runs_open(&aside, input->work, "aside", err) != 0)
			goto done;
		if (round == 0 && aside.entries == 0)
			break;
	}
	if (close_outputs(input, fds, starts, noted, err) != 0 || save_standings(input, err) != 0)
		goto done;
	status = merge_counts(input, names, result, err);
done:
	runs_close(&aside);
	ordered_free(ordered);
	for (size_t i = 0; i < OUTPUTS; i++) {
		if (fds[i] >= 0 && close(fds[i]) != 0 && status == 0)
			status = err_errno(err, ERR_STOP, "cannot close an output");
	}
	if (status != 0)
		assemble_result_free(result);
	return status;
}

void
assemble_result_free(struct assemble_result *result)
{
	comparison_free(result->compared);
	free(result->schools);
	buffer_fini(&result->text);
	*result = (struct assemble_result){ 0 };
}
