/*
 * purge_night.c - see purge_night.h.
 */
#include "ops/yici/purge_night.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/program/log.h"
#include "ops/yici/judge.h"
#include "ops/yici/release.h"

int
purge_settle(struct command *command, const char *data, struct date date, struct err *err)
{
	struct night night;
	int result;

	night_init(&night, command, data, date);
	result = night_open(&night, err);
	night_close(&night);
	return result;
}

int
purge_no_files(struct night *night, struct err *err)
{
	return files_begin(&night->files, &night->taken, 0, err) != 0
		|| files_order(&night->files, &night->state, &night->taken, night->definitions.dataset, err) != 0
		|| files_told(&night->files, night->definitions.dataset, &night->taken, TEXT(""), err) != 0
	    ? -1
	    : night_rows(night, err);
}

static int
make(struct night *night, struct err *err)
{
	if (night_open(night, err) != 0)
		return -1;
	log_line(LOG_INFO, "run begin id=%s jobs=%u", night->id, night->jobs);
	if (night_begin(night, err) != 0 || purge_no_files(night, err) != 0 || night_decided(night, err) != 0
	    || files_keep(&night->files, &night->taken, night->id, err) != 0 || night_link(night, err) != 0
	    || night_assemble(night, err) != 0 || night_judge(night, err) < 0 || night_publish(night, err) != 0
	    || night_save(night, err) != 0 || night_commit(night, err) != 0)
		return -1;
	log_line(LOG_INFO, "run complete id=%s", night->id);
	return 0;
}

int
purge_night(struct command *command, const char *data, struct date date, struct err *err)
{
	struct night night;
	int result;

	night_init(&night, command, data, date);
	result = make(&night, err);
	night_close(&night);
	return result;
}

/* ---- the bus ---- */

/* Up to where the consolidator has read, by positions.txt of the generation. */
struct reached {
	const struct purge_person *person;
	struct consolidator *consolidator;
	struct buffer positions;
	struct err err;
	uint8_t secret[VIEW_SECRET_BYTES]; /* of tokens, which are the keys of views */
};

/* Is ${key} his token in the topic of a view? */
static bool
is_his_token(const struct reached *reached, const char *topic, struct text key)
{
	const char *prefix = reached->consolidator->command->settings.bus.prefix;
	struct grant grant = { 0 };
	uint8_t told[VIEW_TOKEN_BYTES], token[VIEW_TOKEN_BYTES];

	if (!topic_is_view(prefix, topic) || !hex_parse(key, told, sizeof(told)))
		return false;
	grant.id = text_from(topic + strlen(prefix) + strlen(topic_view_plan.name) + 2);
	for (size_t i = 0; i < reached->person->student_count && grant.id.len <= GRANT_ID_MAX; i++) {
		view_token(reached->secret, &grant, reached->person->students[i], token);
		if (memcmp(token, told, sizeof(token)) == 0)
			return true;
	}
	return false;
}

/* Was the message of that topic used by a night? Only those that nobody reads any more may be emptied. */
static bool
is_used(const struct reached *reached, const char *topic, int32_t partition, int64_t offset)
{
	struct text rest = buffer_as_text(&reached->positions);
	char mark[TOPIC_NAME_MAX + 16];
	size_t at;
	long long next;

	snprintf(mark, sizeof(mark), "%s %d ", topic, (int)partition);
	at = text_find(rest, text_from(mark));
	return at != SIZE_MAX && sscanf(rest.at + at + strlen(mark), "%lld", &next) == 1 && offset < next;
}

static bool
is_his(void *self, const char *topic, int32_t partition, int64_t offset, struct text key, struct text value)
{
	struct reached *reached = self;
	struct strip strip = purge_person_strip(reached->person);
	uint8_t id[RECORD_ID_BYTES];
	enum topic which = topic_find(reached->consolidator->command->settings.bus.prefix, topic);
	bool his = false;

	if ((which == TOPIC_SUBMITTED || which == TOPIC_CHECKED || which == TOPIC_REJECTED)
	    && !is_used(reached, topic, partition, offset))
		return false;
	if (hex_parse(key, id, sizeof(id)) && (strip_has(&strip.students, id) || strip_has(&strip.records, id)))
		return true;
	if (is_his_token(reached, topic, key))
		return true;
	return which != TOPIC_RUNS && which != TOPIC_FILES
	    && purge_person_bytes(reached->person, value, &his, &reached->err) == 0 && his;
}

int
purge_bus(struct consolidator *consolidator, const struct state *state, const struct purge_person *person,
    uint64_t *messages, struct err *err)
{
	struct reached reached = { .person = person, .consolidator = consolidator };
	char path[FILE_PATH_MAX];
	int result = -1;

	buffer_init(&reached.positions, (size_t)1 << 20);
	if (release_secret(consolidator->data, reached.secret, false, err) >= 0
	    && state_path(state, path, "positions.txt", err) == 0
	    && (!file_exists(path) || file_read_all(path, &reached.positions, err) == 0)) {
		buffer_char(&reached.positions, '\0');
		result = bus_forget(consolidator->bus, is_his, &reached, messages, err);
		if (result == 0 && reached.err.kind != ERR_NONE) {
			*err = reached.err;
			result = -1;
		}
	}
	buffer_fini(&reached.positions);
	return result;
}
