/*
 * grant.c - see grant.h.
 */
#include "core/record/grant.h"

#include <stdlib.h>

#include "core/base/file.h"
#include "core/record/day.h"
#include "core/record/grant_read.h"

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define GRANTS_MAX 10000
#define DAYS_WEEK 7
#define DAYS_TO_MONDAY 3 /* 1970-01-01 was a Thursday */

static const char *const mask_names[MASKS] = { "whole", "last4", "birth_year", "yes_no", "token", "student_id" };
static const char *const every_names[] = { "night", "week", "month", "term" };

struct shelf {
	struct grants grants;
	struct arena arena;
	struct grant *at;
	struct xml_definition **definitions; /* the grants' texts are theirs */
	size_t room, definition_count;
};

struct load {
	struct grant_load reading;
	struct shelf *shelf;
	struct buffer told; /* the file's first fault */
	schema_complain *complain;
	void *self;
};

static void
tell(void *self, const char *file, unsigned line, const char *what)
{
	struct load *load = self;
	const char *name = strrchr(file, '/');

	if (load->told.len == 0)
		buffer_format(&load->told, "%s:%u: %s", name != NULL ? name + 1 : file, line, what);
	if (load->complain != NULL)
		load->complain(load->self, file, line, what);
}

/* The file's bytes as a digest, so that the log can say by which wording something was given. */
static void
read_digest(struct load *load, struct grant *grant)
{
	struct buffer bytes;
	struct err err;

	buffer_init(&bytes, XML_DEFINITION_BYTES_MAX);
	if (file_read_all(load->reading.path, &bytes, &err) == 0)
		grant->sha256 = sha256_of(bytes.at, bytes.len);
	else {
		faults_add(&load->reading.faults, load->reading.path, 0, "%s", err.what);
		load->reading.memory = load->reading.memory || err.kind == ERR_RETRY;
	}
	buffer_fini(&bytes);
}

static bool
is_id(struct text stem)
{
	for (size_t i = 0; i < stem.len; i++) {
		char c = stem.at[i];

		if (c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9'))
			return false;
	}
	return stem.len > 0 && stem.len <= GRANT_ID_MAX;
}

/* 0, or -1 when memory is short. */
static int
load_file(struct load *load, struct text stem)
{
	struct shelf *shelf = load->shelf;
	struct xml_definition *definition;
	struct grant grant = { 0 };
	struct err first = { 0 };
	uint64_t digest;
	struct text of, id = arena_text(&shelf->arena, stem);

	load->reading.faults = (struct faults){ tell, load, &first, 0 };
	buffer_clear(&load->told);
	if (!is_id(stem))
		faults_add(&load->reading.faults, load->reading.path, 0,
		    "a grant is called by small letters, digits and _, at most %d of them", GRANT_ID_MAX);
	definition = definition_load(load->reading.path, "grant", &digest, &load->reading.faults);
	if (definition != NULL) {
		shelf->definitions[shelf->definition_count++] = definition;
		of = definition_get(xml_definition_root(definition), "dataset");
		if (!text_eq(of.len > 0 ? of : TEXT("student"), load->reading.dataset->name))
			return 0;
		grant_read(&load->reading, xml_definition_root(definition), &grant);
		read_digest(load, &grant);
	}
	load->reading.memory = load->reading.memory || first.kind == ERR_RETRY; /* which breaks no grant */
	if (load->reading.faults.count > 0) {
		grant = (struct grant){ .broken = arena_text(&shelf->arena, buffer_as_text(&load->told)) };
		load->reading.memory = load->reading.memory || grant.broken.at == NULL;
	}
	grant.id = id;
	shelf->at[shelf->grants.count++] = grant;
	return load->reading.memory || id.at == NULL ? -1 : 0;
}

static int
load_folder(struct load *load, const char *folder, struct err *err)
{
	struct shelf *shelf = load->shelf;
	char path[FILE_PATH_MAX];
	char **names;
	size_t count, room;
	void *at;
	int result = 0;

	if (!file_exists(folder))
		return 0;
	if (file_list(folder, &names, &count, err) != 0)
		return -1;
	room = shelf->room + count;
	at = room > GRANTS_MAX ? NULL : realloc(shelf->at, (room + 1) * sizeof(*shelf->at));
	if (at != NULL) {
		shelf->at = at;
		at = realloc(shelf->definitions, (room + 1) * sizeof(struct xml_definition *));
	}
	if (at == NULL) {
		free(names);
		return err_set(err, ERR_STOP, "grants: %s", room > GRANTS_MAX ? "too many" : "not enough memory");
	}
	shelf->definitions = at;
	shelf->room = room;
	for (size_t i = 0; i < count && result == 0; i++) {
		struct text stem = text_from(names[i]);

		if (names[i][0] == '.' || !text_ends(stem, TEXT(".xml")))
			continue;
		stem.len -= strlen(".xml");
		if (path_format(path, err, "%s/%s", folder, names[i]) != 0)
			result = -1;
		else {
			load->reading.path = path;
			if (load_file(load, stem) != 0)
				result = err_set(err, ERR_RETRY, "grants: not enough memory");
		}
	}
	free(names);
	return result;
}

static int
by_id(const void *a, const void *b)
{
	return text_compare(((const struct grant *)a)->id, ((const struct grant *)b)->id);
}

struct grants *
grants_load(
    const struct dataset *dataset, const char *const *folders, schema_complain *complain, void *self, struct err *err)
{
	struct shelf *shelf = calloc(1, sizeof(*shelf));
	struct load load = { .shelf = shelf, .complain = complain, .self = self };
	int result = 0;

	if (shelf == NULL) {
		err_set(err, ERR_RETRY, "grants: not enough memory");
		return NULL;
	}
	arena_init(&shelf->arena, ARENA_BYTES);
	load.reading.dataset = dataset;
	load.reading.arena = &shelf->arena;
	buffer_init(&load.told, 4096);
	for (size_t i = 0; folders[i] != NULL && result == 0; i++)
		result = load_folder(&load, folders[i], err);
	buffer_fini(&load.told);
	if (result != 0) {
		grants_free(&shelf->grants);
		return NULL;
	}
	if (shelf->grants.count > 0)
		qsort(shelf->at, shelf->grants.count, sizeof(*shelf->at), by_id);
	shelf->grants.at = shelf->at;
	return &shelf->grants;
}

void
grants_free(struct grants *grants)
{
	struct shelf *shelf = (struct shelf *)grants; /* its first member */

	if (shelf == NULL)
		return;
	for (size_t i = 0; i < shelf->definition_count; i++)
		xml_definition_free(shelf->definitions[i]);
	free(shelf->definitions);
	free(shelf->at);
	arena_fini(&shelf->arena);
	free(shelf);
}

const struct grant *
grants_find(const struct grants *grants, struct text id)
{
	for (size_t i = 0; i < grants->count; i++) {
		if (text_eq(grants->at[i].id, id))
			return &grants->at[i];
	}
	return NULL;
}

const char *
grant_mask_name(enum grant_mask mask)
{
	return mask_names[mask];
}

const char *
grant_every_name(enum grant_every every)
{
	return every_names[every];
}

enum grant_time
grant_time(const struct grant *grant, struct date date)
{
	bool early = day_of(date) < day_of(grant->from) || day_of(date) < day_of(grant->document_date);

	for (size_t i = 0; i < grant->approver_count; i++)
		early = early || day_of(date) < day_of(grant->approvers[i].date);
	if (early)
		return GRANT_EARLY;
	return day_of(date) > day_of(grant->to) ? GRANT_EXPIRED : GRANT_NOW;
}

int32_t
grant_period(enum grant_every every, struct date date)
{
	int32_t day = day_of(date);

	switch (every) {
	case EVERY_WEEK:
		day += DAYS_TO_MONDAY;
		return day >= 0 ? day / DAYS_WEEK : (day - DAYS_WEEK + 1) / DAYS_WEEK;
	case EVERY_MONTH:
		return date.year * 12 + date.month - 1;
	case EVERY_TERM: /* autumn: August to January, counted to the year in which it began */
		return date.month >= 8 ? date.year * 2 + 1 : date.month == 1 ? date.year * 2 - 1 : date.year * 2;
	default:
		return day;
	}
}

bool
grant_mask_fits(enum grant_mask mask, const struct field *field)
{
	switch (mask) {
	case MASK_WHOLE:
		return true;
	case MASK_LAST4:
		return field->type == FIELD_ID_NO || field->type == FIELD_STUDENT_NO || field->type == FIELD_IDENTIFIER
		    || field->type == FIELD_PHONE || field->type == FIELD_DISABILITY_CARD;
	case MASK_BIRTH_YEAR:
		return field->type == FIELD_DATE || field->type == FIELD_MONTH;
	case MASK_YES_NO: /* what it asks says whether it can be asked of the field */
		return true;
	default:
		return false;
	}
}
