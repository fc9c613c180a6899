/*
 * purge_orders.c - see purge_orders.h.
 */
#include "ops/yici/purge_orders.h"

#include <stdlib.h>

#include "consumers/consolidate/decisions.h"
#include "core/record/flat_json.h"

#define SECRET_FILE "purge.key"

int
purge_secret(const char *data, uint8_t secret[PURGE_SECRET_BYTES], bool make, struct err *err)
{
	char path[FILE_PATH_MAX];
	int got;

	if (path_format(path, err, "%s/state/" SECRET_FILE, data) != 0)
		return -1;
	got = file_secret(path, secret, PURGE_SECRET_BYTES, make, err);
	if (got == 0)
		err_set(err, ERR_STOP, "state/" SECRET_FILE " is not as it was made");
	return got == 1 ? 0 : -1;
}

bool
purge_ordered(const char *data)
{
	char path[FILE_PATH_MAX];
	struct err err;

	return path_format(path, &err, "%s/state/" SECRET_FILE, data) == 0 && file_exists(path);
}

static uint64_t
anchor_of_id(const uint8_t id[RECORD_ID_BYTES])
{
	uint64_t anchor;

	memcpy(&anchor, id, sizeof(anchor));
	return anchor;
}

struct purge_who
purge_who_row(const struct checked *row)
{
	return (struct purge_who){ anchor_of_id(row->id), row->number, row->core, row->student_no, row->name };
}

struct purge_who
purge_who_link(const struct link *link)
{
	return (struct purge_who){ anchor_of_id(link->id), link->number, link->core, link->student_no, link->name };
}

/* The id number and the core of a student number are marked alike: one source sends the one, another the other. */
size_t
purge_marks(const uint8_t secret[PURGE_SECRET_BYTES], const struct purge_who *who,
    uint8_t marks[PURGE_MARKS_OF_ROW][PURGE_MARK_BYTES])
{
	const struct {
		uint64_t what, is;
	} parts[PURGE_MARKS_OF_ROW] = { { 1, who->anchor }, { 2, who->number },
		{ 2, who->core == who->number ? 0 : who->core }, { 3, who->student_no } };
	size_t count = 0;

	for (size_t i = 0; i < PURGE_MARKS_OF_ROW; i++) {
		uint64_t of[3] = { parts[i].what, parts[i].is, who->name };
		struct sha256 mark;

		if (parts[i].is == 0)
			continue;
		mark = sha256_hmac(secret, PURGE_SECRET_BYTES, of, sizeof(of));
		memcpy(marks[count++], mark.at, PURGE_MARK_BYTES);
	}
	return count;
}

static int
mark_order(const void *a, const void *b)
{
	return memcmp(a, b, PURGE_MARK_BYTES);
}

/* The marks of one entry: 0, or -1 when they are not what was written. */
static int
take_marks(struct purge_orders *orders, struct text list)
{
	while (list.len >= 2 * PURGE_MARK_BYTES) {
		struct text hex = { list.at, 2 * PURGE_MARK_BYTES };

		if (!hex_parse(hex, orders->marks[orders->count], PURGE_MARK_BYTES))
			return -1;
		orders->count++;
		list.at += hex.len;
		list.len -= hex.len;
		if (list.len > 0 && *list.at == ' ')
			list = (struct text){ list.at + 1, list.len - 1 };
	}
	return list.len == 0 ? 0 : -1;
}

int
purge_orders_load(struct purge_orders *orders, const char *data, const struct journal_log *log, struct err *err)
{
	struct buffer word;
	bool *active = NULL;
	size_t room = 0;
	int result = 0;

	*orders = (struct purge_orders){ 0 };
	if (decisions_active(log, &active, err) != 0)
		return -1;
	buffer_init(&word, JOURNAL_LINE_MAX);
	if (buffer_room(&word, JOURNAL_LINE_MAX) == NULL) /* a line must not look empty for want of memory */
		result = err_set(err, ERR_RETRY, "out of memory for orders to purge");
	for (size_t i = 0; i < log->count && result == 0; i++) {
		struct text line = log->at[i].line;

		if (!active[i] || !flat_json_string(line, TEXT("action"), &word)
		    || !text_eq(buffer_as_text(&word), TEXT(JOURNAL_PURGE))
		    || !flat_json_string(line, TEXT("marks"), &word))
			continue;
		if (orders->count + word.len / (2 * PURGE_MARK_BYTES) + 1 > room) {
			void *more;

			room = room * 2 + word.len / (2 * PURGE_MARK_BYTES) + 1;
			more = realloc(orders->marks, room * sizeof(*orders->marks));
			if (more == NULL) {
				result = err_set(err, ERR_RETRY, "out of memory for orders to purge");
				break;
			}
			orders->marks = more;
		}
		if (take_marks(orders, buffer_as_text(&word)) != 0)
			result = err_set(err, ERR_STOP, "decision %llu does not say what it must",
			    (unsigned long long)log->at[i].number);
	}
	buffer_fini(&word);
	free(active);
	if (result == 0 && orders->count > 0) {
		qsort(orders->marks, orders->count, sizeof(*orders->marks), mark_order);
		result = purge_secret(data, orders->secret, false, err);
	}
	return result;
}

void
purge_orders_free(struct purge_orders *orders)
{
	free(orders->marks);
	*orders = (struct purge_orders){ 0 };
}

bool
purge_orders_meet(const struct purge_orders *orders, const struct purge_who *who)
{
	uint8_t marks[PURGE_MARKS_OF_ROW][PURGE_MARK_BYTES];
	size_t count = orders->count == 0 ? 0 : purge_marks(orders->secret, who, marks);

	for (size_t i = 0; i < count; i++) {
		if (bsearch(marks[i], orders->marks, orders->count, PURGE_MARK_BYTES, mark_order) != NULL)
			return true;
	}
	return false;
}
