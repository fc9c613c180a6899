/*
 * release.c - see release.h.
 */
#include "ops/yici/release.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "consumers/publish/delivery.h"
#include "core/program/log.h"
#include "core/record/day.h"
#include "core/record/flat_json.h"
#include "ops/yici/recipients.h"
#include "ops/yici/release_topics.h"

#define SECRET_FILE "views.key"
#define MEMBERS_MAX 24 /* of a line of the log */

/* A clock that was set back would bring what has expired to life again. */
static const char backwards[] =
    "the date is before that of the last run, or of the grant's last delivery: is the clock right?";

static const char *const state_names[RELEASE_STATES] = { "delivers", "broken", "not_yet", "expired", "not_due",
	"used_up", "barred", "topic_only" };

const char *
release_state_name(enum release_state state)
{
	return state_names[state];
}

const char *
release_why_barred(const struct release *release)
{
	return release->barred != NULL ? release->barred : backwards;
}

/* ---- what each grant does ---- */

/* 32 random bytes of this data folder, made once, never shown. */
int
release_secret(const char *data, uint8_t secret[VIEW_SECRET_BYTES], bool make, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (path_format(path, err, "%s/state/" SECRET_FILE, data) != 0)
		return -1;
	return make || file_exists(path) ? file_secret(path, secret, VIEW_SECRET_BYTES, make, err) : 1;
}

/* Room for any string of a line: short memory later would look like a line that says nothing. */
static int
reserve(struct buffer *word, struct err *err)
{
	buffer_init(word, JOURNAL_LINE_MAX);
	return buffer_room(word, JOURNAL_LINE_MAX) != NULL ? 0 : err_set(err, ERR_RETRY, "out of memory for a log");
}

static struct release_grant *
find(struct release *release, struct text id)
{
	for (size_t i = 0; i < release->grants->count; i++) {
		if (text_eq(release->at[i].grant->id, id))
			return &release->at[i];
	}
	return NULL;
}

/* Whether a line of the log is of a night's delivery: forms are filled in with data of a run, too. */
static bool
by_night(struct text line, struct buffer *word)
{
	return flat_json_string(line, TEXT("action"), word) && text_eq(buffer_as_text(word), TEXT("deliver"));
}

/* What the log says of deliveries until now. */
static void
read_log(struct release *release, struct date date)
{
	struct buffer *word = &release->word;

	for (size_t i = 0; i < release->log.count; i++) {
		struct text line = release->log.at[i].line;
		struct flat_member run;
		struct release_grant *of;
		struct date when;
		uint64_t number;

		if (!flat_json_string(line, TEXT("grant"), word) || (of = find(release, buffer_as_text(word))) == NULL
		    || !flat_json_string(line, TEXT("date"), word) || !day_parse(buffer_as_text(word), &when)
		    || !flat_json_string(line, TEXT("delivery"), word) || !text_to_u64(buffer_as_text(word), &number))
			continue;
		if (number > of->delivered) /* the workbooks of one filling have one number */
			of->in_term += grant_period(EVERY_TERM, when) == grant_period(EVERY_TERM, date);
		of->delivered = number > of->delivered ? number : of->delivered;
		of->last_date = when;
		if (flat_json_find(line, TEXT("run"), &run))
			of->last_run = run.value;
		if (by_night(line, word)) {
			of->by_night = true;
			of->last_night = when;
		}
	}
}

static enum release_state
state_on(const struct release *release, const struct release_grant *of, struct date date, bool night)
{
	const struct grant *grant = of->grant;
	enum grant_time time;

	if (grant->broken.len > 0)
		return RELEASE_BROKEN;
	time = grant_time(grant, date);
	if (time != GRANT_NOW)
		return time == GRANT_EARLY ? RELEASE_EARLY : RELEASE_EXPIRED;
	if (night && grant->formats == 0)
		return RELEASE_NO_FILES;
	if (grant->times > 0 && of->in_term >= grant->times)
		return RELEASE_USED_UP;
	if (night && grant->every != EVERY_NIGHT && of->by_night
	    && grant_period(grant->every, of->last_night) >= grant_period(grant->every, date))
		return RELEASE_NOT_DUE;
	return release->barred != NULL || (of->delivered > 0 && day_of(date) < day_of(of->last_date)) ? RELEASE_BARRED
												      : RELEASE_DELIVERS;
}

const struct release_grant *
release_filling(const struct release *release, struct text id, struct date date, enum release_state *state)
{
	for (size_t i = 0; i < release->grants->count; i++) {
		if (!text_eq(release->at[i].grant->id, id))
			continue;
		*state = state_on(release, &release->at[i], date, false);
		return &release->at[i];
	}
	return NULL;
}

/* What the current generation delivered; nothing when it has no such file. */
static int
read_told(struct buffer *told, const char *data, const char *run, struct err *err)
{
	char path[FILE_PATH_MAX];

	buffer_init(told, (size_t)64 << 20);
	if (run[0] == '\0')
		return 0;
	if (path_format(path, err, "%s/state/%s/" RELEASE_DELIVERIES, data, run) != 0)
		return -1;
	return file_exists(path) ? file_read_all(path, told, err) : 0;
}

static int
choose(struct release *release, const char *data, struct date date, bool secret, struct err *err)
{
	const struct grant **views = calloc(release->grants->count + 1, sizeof(*views));
	bool wanted = false;
	int got;

	release->views.grants = views;
	if (views == NULL)
		return err_set(err, ERR_RETRY, "out of memory for grants");
	for (size_t i = 0; i < release->grants->count; i++)
		wanted = wanted || state_on(release, &release->at[i], date, true) == RELEASE_DELIVERS;
	if (wanted) {
		got = release_secret(data, release->views.secret, secret, err);
		if (got < 0)
			return -1;
		if (got == 0)
			release->barred = "state/" SECRET_FILE " is not as it was made";
	}
	for (size_t i = 0; i < release->grants->count; i++) {
		struct release_grant *of = &release->at[i];

		of->state = state_on(release, of, date, true);
		if (of->state != RELEASE_DELIVERS || release->views.count == VIEWS_MAX)
			continue;
		of->view = release->views.count;
		views[release->views.count++] = of->grant;
	}
	return 0;
}

int
release_open(struct release *release, const char *data, const struct state *state, const struct dataset *dataset,
    struct date date, bool secret, struct err *err)
{
	char folder[FILE_PATH_MAX];
	const char *const folders[] = { folder, NULL };
	char day[11];
	struct date before;
	struct journal_head known;
	size_t missing;

	*release = (struct release){ .views = { .dataset = dataset } };
	if (reserve(&release->word, err) != 0 || path_format(folder, err, "%s/config/grants", data) != 0
	    || (release->grants = grants_load(dataset, folders, NULL, NULL, err)) == NULL
	    || journal_verify_named(&release->log, data, JOURNAL_DISCLOSURES,
		   state_disclosures(state, &known) ? &known : NULL, &release->fault, err)
		!= 0
	    || read_told(&release->told, data, state->current, err) != 0
	    || release_missing(&release->log, data, state->current, &missing, err) != 0)
		return -1;
	release->at = calloc(release->grants->count + 1, sizeof(*release->at));
	if (release->at == NULL)
		return err_set(err, ERR_RETRY, "out of memory for grants");
	for (size_t i = 0; i < release->grants->count; i++)
		release->at[i].grant = &release->grants->at[i];
	release->known = release->fault.line != 0 ? known : release->log.head;
	if (release->fault.line != 0 || missing > 0) /* what was shown was logged before */
		release->barred = "the log of disclosures is broken: yici audit DATA verify";
	read_log(release, date);
	if (release->barred == NULL && state_date(state, day) && day_parse((struct text){ day, 10 }, &before)
	    && day_of(date) < day_of(before))
		release->barred = backwards;
	return choose(release, data, date, secret, err) != 0 ? -1 : release_topics_find(release, state, date, err);
}

void
release_close(struct release *release)
{
	release_topics_fini(&release->topics);
	grants_free(release->grants);
	free(release->at);
	journal_free(&release->log);
	buffer_fini(&release->told);
	buffer_fini(&release->word);
	free((void *)release->views.grants);
	*release = (struct release){ 0 };
}

void
release_count(const struct release *release, size_t *deliver, size_t *rest)
{
	*deliver = release->views.count;
	*rest = release->grants != NULL ? release->grants->count - release->views.count : 0;
}

const struct views *
release_views(const struct release *release)
{
	return release->views.count + release->views.topic_count > 0 ? &release->views : NULL;
}

/* The line after ${*rest}, which moves on; false at the end. */
static bool
next_line(struct text *rest, struct text *line)
{
	const char *end = rest->len > 0 ? memchr(rest->at, '\n', rest->len) : NULL;

	if (end == NULL)
		return false;
	*line = (struct text){ rest->at, (size_t)(end - rest->at) };
	rest->at += line->len + 1;
	rest->len -= line->len + 1;
	return true;
}

/* Did the current generation deliver ${grant} by the same wording? */
static bool
was_delivered(struct release *release, const struct grant *grant)
{
	struct text rest = buffer_as_text(&release->told), line;
	struct buffer *word = &release->word;
	char hex[65];
	bool found = false;

	sha256_hex(&grant->sha256, hex);
	while (!found && next_line(&rest, &line))
		found = !release_topics_line(line) && flat_json_string(line, TEXT("grant"), word)
		    && text_eq(buffer_as_text(word), grant->id) && flat_json_string(line, TEXT("wording"), word)
		    && text_eq(buffer_as_text(word), text_from(hex));
	return found;
}

bool
release_due(struct release *release)
{
	struct text rest = buffer_as_text(&release->told), line;
	struct buffer *word = &release->word;
	bool due = false;

	for (size_t i = 0; i < release->grants->count && !due; i++)
		due = release->at[i].state == RELEASE_DELIVERS && !was_delivered(release, release->at[i].grant);
	while (!due && next_line(&rest, &line)) {
		const struct grant *grant;

		if (release_topics_line(line) || !flat_json_string(line, TEXT("grant"), word))
			continue;
		grant = grants_find(release->grants, buffer_as_text(word));
		due = true;
		for (size_t i = 0; grant != NULL && i < release->grants->count; i++) {
			enum release_state state = release->at[i].state;

			if (release->at[i].grant == grant)
				due = state == RELEASE_BROKEN || state == RELEASE_EARLY || state == RELEASE_EXPIRED;
		}
	}
	return due;
}

/* ---- the files ---- */

void
release_put(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, ",\"%s\":", name);
	buffer_json_string(out, value);
}

void
release_put_number(struct buffer *out, const char *name, uint64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	release_put(out, name, text_from(digits));
}

/* The line of one delivery, as the log will hold it. */
static void
tell_delivery(struct buffer *out, const struct delivery *delivery)
{
	const struct grant *grant = delivery->grant;
	struct buffer words;
	char hex[65], day[11];

	buffer_init(&words, JOURNAL_LINE_MAX);
	buffer_string(out, "{\"who\":");
	buffer_json_string(out, grant->unit);
	release_put(out, "grant", grant->id);
	release_put_number(out, "delivery", delivery->number);
	release_put(out, "run", delivery->run);
	release_put(out, "date", delivery->date);
	release_put(out, "document", grant->document);
	release_put(out, "purpose", grant->purpose);
	for (size_t i = 0; i < grant->column_count; i++) {
		buffer_text(&words, grant->columns[i].key);
		buffer_string(&words, i + 1 < grant->column_count ? " " : "");
	}
	release_put(out, "columns", buffer_as_text(&words));
	release_put_number(out, "rows", delivery->row_count);
	buffer_clear(&words);
	for (size_t i = 0; i < delivery->file_count; i++)
		buffer_format(&words, "%s%s:%s", i == 0 ? "" : " ", delivery->files[i].name, delivery->files[i].sha256);
	release_put(out, "sha256", buffer_as_text(&words));
	day_write(grant->destroy_by, day);
	release_put(out, "destroy_by", text_from(day));
	sha256_hex(&grant->sha256, hex);
	release_put(out, "wording", text_from(hex));
	buffer_string(out, "}\n");
	out->failed = out->failed || buffer_failed(&words);
	buffer_fini(&words);
}

/* out/<run>/views/grants.csv: what each grant did, also those that did nothing. */
static void
tell_state(struct buffer *out, const struct release *release, const struct release_grant *of)
{
	const struct grant *grant = of->grant;
	bool delivers = of->state == RELEASE_DELIVERS;

	buffer_text(out, grant->id);
	buffer_char(out, ',');
	snapshot_cell(out, grant->unit);
	buffer_format(out, ",%s,", state_names[of->state]);
	if (delivers)
		buffer_format(out, "%" PRIu64 ",%" PRIu64 ",", of->delivered + 1, of->rows);
	else
		buffer_string(out, ",,");
	buffer_text(out, of->last_run);
	buffer_char(out, ',');
	if (!delivers)
		snapshot_cell(out,
		    of->state == RELEASE_BROKEN       ? grant->broken
			: of->state == RELEASE_BARRED ? text_from(release_why_barred(release))
						      : TEXT(""));
	buffer_string(out, "\r\n");
}

static void
log_grant(const struct release *release, const struct release_grant *of)
{
	const struct grant *grant = of->grant;

	if (of->state == RELEASE_DELIVERS)
		log_line(LOG_INFO, "grant delivered id=%.*s number=%" PRIu64 " rows=%" PRIu64, (int)grant->id.len,
		    grant->id.at, of->delivered + 1, of->rows);
	else if (of->state == RELEASE_BROKEN || of->state == RELEASE_BARRED)
		log_line(LOG_WARNING, "grant delivers nothing id=%.*s state=%s reason=\"%.*s\"", (int)grant->id.len,
		    grant->id.at, state_names[of->state],
		    of->state == RELEASE_BROKEN ? (int)grant->broken.len : (int)strlen(release_why_barred(release)),
		    of->state == RELEASE_BROKEN ? grant->broken.at : release_why_barred(release));
	else
		log_line(LOG_INFO, "grant delivers nothing id=%.*s state=%s", (int)grant->id.len, grant->id.at,
		    state_names[of->state]);
}

static int
deliver(struct release_grant *of, const struct release_night *night, const char *views, const struct runs *rows,
    struct buffer *told, struct err *err)
{
	char folder[FILE_PATH_MAX];
	struct delivery delivery = { .dataset = night->dataset,
		.grant = of->grant,
		.number = of->delivered + 1,
		.run = text_from(night->run),
		.date = text_from(night->date),
		.folder = folder,
		.scratch = night->work,
		.chinese = night->chinese,
		.rows = rows,
		.view = of->view };

	if (path_format(folder, err, "%s/%.*s", views, (int)of->grant->id.len, of->grant->id.at) != 0
	    || delivery_write(&delivery, err) != 0)
		return -1;
	of->rows = delivery.row_count;
	tell_delivery(told, &delivery);
	return 0;
}

/* Who was among the rows, for yici disclosures. */
static int
write_recipients(
    const struct release *release, const struct release_night *night, const struct runs *members, struct err *err)
{
	size_t count = release->views.count + release->topics.views.count;
	struct recipients_delivery *deliveries = calloc(count + 1, sizeof(*deliveries));
	char from[FILE_PATH_MAX], to[FILE_PATH_MAX];
	bool before = night->state->current[0] != '\0';
	int result = -1;

	if (deliveries == NULL)
		return err_set(err, ERR_RETRY, "out of memory for recipients");
	for (size_t i = 0; i < release->grants->count; i++) {
		const struct release_grant *of = &release->at[i];

		if (of->state == RELEASE_DELIVERS)
			deliveries[of->view] = (struct recipients_delivery){ of->grant->id, of->delivered + 1 };
	}
	release_topics_members(&release->topics, deliveries + release->views.count);
	if (path_format(to, err, "%s/" RECIPIENTS_FILE, night->generation) == 0
	    && (!before || state_path(night->state, from, RECIPIENTS_FILE, err) == 0))
		result = recipients_write(before ? from : NULL, to, deliveries, count, members, err);
	free(deliveries);
	return result;
}

int
release_write(struct release *release, const struct release_night *night, struct err *err)
{
	struct runs rows = { 0 }, members = { 0 };
	struct buffer told, states;
	char views[FILE_PATH_MAX], path[FILE_PATH_MAX];
	int result = -1;

	buffer_init(&told, (size_t)64 << 20);
	buffer_init(&states, (size_t)64 << 20);
	if (path_format(views, err, "%s/views", night->out) != 0
	    || (release->grants->count > 0 && file_make_folder(views, err) != 0)
	    || runs_open(&rows, night->work, VIEW_ROWS, err) != 0)
		goto done;
	buffer_string(&states, "\xEF\xBB\xBFgrant,unit,state,delivery,rows,last_run,why\r\n");
	for (size_t i = 0; i < release->grants->count; i++) {
		struct release_grant *of = &release->at[i];

		if (of->state == RELEASE_DELIVERS && deliver(of, night, views, &rows, &told, err) != 0)
			goto done;
		tell_state(&states, release, of);
		log_grant(release, of);
	}
	if (release_topics_write(release, night, &told, err) != 0
	    || runs_open(&members, night->work, VIEW_MEMBERS, err) != 0)
		goto done;
	if (buffer_failed(&told) || buffer_failed(&states)) {
		err_set(err, ERR_RETRY, "out of memory for deliveries");
		goto done;
	}
	if (release->grants->count > 0
	    && (path_format(path, err, "%s/grants.csv", views) != 0
		|| file_write_all(path, states.at, states.len, err) != 0))
		goto done;
	if (told.len > 0
	    && (path_format(path, err, "%s/" RELEASE_DELIVERIES, night->generation) != 0
		|| file_write_all(path, told.at, told.len, err) != 0))
		goto done;
	result = write_recipients(release, night, &members, err);
done:
	runs_close(&rows);
	runs_close(&members);
	buffer_fini(&told);
	buffer_fini(&states);
	return result;
}

static int
by_grant(const void *a, const void *b)
{
	const struct published_delivery *x = a, *y = b;
	int order = text_compare(x->grant, y->grant);

	return order != 0 ? order : x->topic - y->topic;
}

int
release_given(const struct release *release, struct published_delivery **given, size_t *count, struct err *err)
{
	struct published_delivery *at = calloc(release->grants->count + release->topics.count + 1, sizeof(*at));

	*given = at;
	*count = 0;
	if (at == NULL)
		return err_set(err, ERR_RETRY, "out of memory for deliveries");
	for (size_t i = 0; i < release->grants->count; i++) {
		const struct release_grant *of = &release->at[i];

		if (of->state == RELEASE_DELIVERS)
			at[(*count)++] = (struct published_delivery){ of->grant->unit, of->grant->id, false,
				of->delivered + 1, of->rows, 0 };
	}
	for (size_t i = 0; i < release->topics.count; i++) {
		const struct release_topic *topic = &release->topics.at[i];

		if (topic->sent + topic->gone > 0)
			at[(*count)++] = (struct published_delivery){ topic->unit, topic->id, true, topic->nights + 1,
				topic->sent, topic->gone };
	}
	qsort(at, *count, sizeof(*at), by_grant);
	return 0;
}

/* ---- the log ---- */

/* Is it of a night, by files or by a topic? */
static bool
of_night(struct text line, struct buffer *word)
{
	return by_night(line, word) || release_topics_line(line);
}

/* Lines of the log that are of ${run}. Its chain does not matter here. */
static int
logged(const struct journal_log *log, const char *run, size_t *count, struct err *err)
{
	struct text rest = buffer_as_text(&log->bytes), line;
	struct buffer word;
	int result = reserve(&word, err);

	*count = 0;
	while (result == 0 && next_line(&rest, &line))
		*count += of_night(line, &word) && flat_json_string(line, TEXT("run"), &word)
		    && text_eq(buffer_as_text(&word), text_from(run));
	buffer_fini(&word);
	return result;
}

/* One line of RELEASE_DELIVERIES as an entry of the log. */
static int
add_line(struct journal *journal, struct text line, struct err *err)
{
	struct journal_member members[MEMBERS_MAX];
	char names[MEMBERS_MAX][24];
	struct buffer texts[MEMBERS_MAX], *who = &texts[0];
	struct flat_json json = { line, 0 };
	struct flat_member member;
	size_t count = 0;
	int got, result = -1;

	while ((got = flat_json_next(&json, &member)) == 1 && count < MEMBERS_MAX) {
		buffer_init(&texts[count], JOURNAL_LINE_MAX);
		snprintf(names[count], sizeof(names[count]), "%.*s", (int)member.name.len, member.name.at);
		count++;
		if (member.kind != FLAT_STRING || !flat_json_text(member.value, &texts[count - 1])
		    || buffer_failed(&texts[count - 1])) {
			got = -1;
			break;
		}
		members[count - 1] = (struct journal_member){ names[count - 1], buffer_as_text(&texts[count - 1]) };
	}
	if (got != 0 || count == 0 || strcmp(names[0], "who") != 0)
		err_set(err, ERR_STOP, "%s is not as it was written", RELEASE_DELIVERIES);
	else
		result = journal_add(journal, buffer_as_text(who),
		    release_topics_line(line) ? release_topics_action(line) : "deliver", members + 1, count - 1, err);
	for (size_t i = 0; i < count; i++)
		buffer_fini(&texts[i]);
	return result;
}

static size_t
count_lines(const struct buffer *told)
{
	struct text rest = buffer_as_text(told), line;
	size_t count = 0;

	while (next_line(&rest, &line))
		count++;
	return count;
}

int
release_missing(const struct journal_log *log, const char *data, const char *run, size_t *missing, struct err *err)
{
	struct buffer told;
	size_t lines, known = 0;
	int result = read_told(&told, data, run, err);

	*missing = 0;
	lines = result == 0 ? count_lines(&told) : 0;
	if (lines > 0)
		result = logged(log, run, &known, err);
	if (result == 0 && lines > known)
		*missing = lines - known;
	buffer_fini(&told);
	return result;
}

/* Entries for the last ${missing} lines. */
static int
add_lines(const struct buffer *told, size_t missing, const char *data, struct err *err)
{
	struct text rest = buffer_as_text(told), line;
	size_t lines = count_lines(told);
	struct journal journal;
	int result = journal_open_named(&journal, data, JOURNAL_DISCLOSURES, err);

	for (size_t i = 0; result == 0 && next_line(&rest, &line); i++) {
		if (i + missing >= lines)
			result = add_line(&journal, line, err);
	}
	if (result == 0)
		result = journal_commit(&journal, err);
	journal_close(&journal);
	return result;
}

int
release_log(const char *data, const char *run, struct err *err)
{
	struct journal_log log = { 0 };
	struct journal_fault fault;
	struct buffer told;
	size_t missing;
	int result = -1;

	if (read_told(&told, data, run, err) == 0) {
		if (told.len == 0)
			result = 0;
		else if (journal_verify_named(&log, data, JOURNAL_DISCLOSURES, NULL, &fault, err) == 0
		    && release_missing(&log, data, run, &missing, err) == 0)
			result = missing == 0 ? 0 : add_lines(&told, missing, data, err);
	}
	journal_free(&log);
	buffer_fini(&told);
	return result;
}
