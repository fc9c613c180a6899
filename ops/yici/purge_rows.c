/*
 * purge_rows.c - see purge_rows.h.
 */
#include "ops/yici/purge_rows.h"

#include <stdlib.h>

#include "core/program/log.h"
#include "ops/yici/intake.h"
#include "ops/yici/night.h"
#include "ops/yici/purge_orders.h"

static int
record_order(const void *a, const void *b)
{
	return memcmp(a, b, RECORD_ID_BYTES);
}

static int
place_order(const void *a, const void *b)
{
	return memcmp(a, b, PURGED_PLACE_BYTES);
}

void
purge_rows_free(struct purged_rows *purged)
{
	free(purged->records);
	free(purged->places);
	*purged = (struct purged_rows){ 0 };
}

bool
purge_rows_have(const struct purged_rows *purged, const uint8_t *record)
{
	return purged->record_count > 0
	    && bsearch(record, purged->records, purged->record_count, sizeof(*purged->records), record_order) != NULL;
}

bool
purge_rows_about(const struct purged_rows *purged, const uint8_t *key)
{
	return purged->place_count > 0
	    && bsearch(key, purged->places, purged->place_count, sizeof(*purged->places), place_order) != NULL;
}

static int
set_aside(struct night *night, struct purged_rows *purged, struct runs_writer *issues, const struct checked *row,
    struct err *err)
{
	struct run_file *file = night->files.by_number[row->file - night->files.first_number];
	struct raised raised = { .severity = RAISED_ASIDE };

	if (purged->place_count == purged->room) {
		size_t room = purged->room * 2 + 64;
		void *records = realloc(purged->records, room * sizeof(*purged->records)), *places;

		if (records != NULL)
			purged->records = records;
		places = realloc(purged->places, room * sizeof(*purged->places));
		if (places != NULL)
			purged->places = places;
		if (records == NULL || places == NULL)
			return err_set(err, ERR_RETRY, "out of memory for rows that are set aside");
		purged->room = room;
	}
	raised_key(raised.key, &(struct origin){ row->file, row->sheet, row->row }, UINT16_MAX, ROW_PURGED, FIELD_NONE);
	memcpy(purged->records[purged->record_count++], row->id, RECORD_ID_BYTES);
	memcpy(purged->places[purged->place_count++], raised.key, PURGED_PLACE_BYTES);
	file->counts.accepted--;
	file->counts.set_aside++;
	return runs_add(issues, &raised, sizeof(raised), err);
}

static int
walk(struct night *night, const struct purge_orders *orders, struct purged_rows *purged, struct err *err)
{
	struct runs_writer *issues = runs_writer_new(night->work, INTAKE_ISSUES "-purged", 0, err);
	struct runs_cursor cursor = { 0 };
	struct text entry;
	int got;

	if (issues == NULL)
		return -1;
	got = runs_seek(&cursor, &night->rows, NULL, NULL, err);
	while (got == 0 && (got = runs_next(&cursor, &entry, err)) == 1) {
		struct purge_who who;
		struct checked row;

		memcpy(&row, entry.at, sizeof(row));
		who = purge_who_row(&row);
		got = purge_orders_meet(orders, &who) ? set_aside(night, purged, issues, &row, err) : 0;
	}
	runs_cursor_fini(&cursor);
	if (got == 0)
		got = runs_finish(issues, err);
	runs_writer_free(issues);
	return got < 0 ? -1 : 0;
}

int
purge_rows_find(struct night *night, struct err *err)
{
	struct purged_rows purged = { 0 };
	struct purge_orders orders;
	int result = purge_orders_load(&orders, night->data, &night->log, err);

	purged.ordered = result == 0 && orders.count > 0;
	if (purged.ordered)
		result = walk(night, &orders, &purged, err);
	purge_orders_free(&orders);
	if (result != 0) {
		purge_rows_free(&purged);
		return -1;
	}
	if (purged.place_count > 0) {
		qsort(purged.records, purged.record_count, sizeof(*purged.records), record_order);
		qsort(purged.places, purged.place_count, sizeof(*purged.places), place_order);
		log_line(LOG_INFO, "purged rows=%zu", purged.place_count);
	}
	night->files.purged = purged; /* the walk is over: from here on nobody sees them */
	return 0;
}
