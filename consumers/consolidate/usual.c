/*
 * usual.c - see usual.h.
 */
#include "consumers/consolidate/usual.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/file.h"

#define HEADER "source,field,value,count\n"

static int
order(const void *a, const void *b)
{
	const struct usual *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	return (x->value > y->value) - (x->value < y->value);
}

/* One line: 1, 0 for a source or field that there is no more, -1 when it is damaged. A source's name may have commas: the other three have none. */
static int
read_line(struct text line, struct usual *usual, const struct dataset *dataset, const struct source *const *sources,
    size_t source_count)
{
	size_t ends[3], n = 3;
	char hex[17], *end;
	struct text parts[3];

	for (size_t i = line.len; i-- > 0 && n > 0;) {
		if (line.at[i] == ',')
			ends[--n] = i;
	}
	if (n > 0)
		return -1;
	for (size_t i = 0; i < 3; i++)
		parts[i] = (struct text){ line.at + ends[i] + 1, (i < 2 ? ends[i + 1] : line.len) - ends[i] - 1 };
	if (parts[1].len != 16 || !text_to_u64(parts[2], &usual->before))
		return -1;
	snprintf(hex, sizeof(hex), "%.16s", parts[1].at);
	usual->value = strtoull(hex, &end, 16);
	if (*end != '\0')
		return -1;
	usual->field = FIELD_NONE;
	if (parts[0].len > 0) {
		const struct field *field = dataset_field(dataset, parts[0]);

		if (field == NULL)
			return 0;
		usual->field = field->number;
	}
	for (size_t i = 0; i < source_count; i++) {
		usual->source = (uint16_t)i;
		if (text_eq(sources[i]->name, (struct text){ line.at, ends[0] }))
			return 1;
	}
	return 0;
}

int
usual_load(struct usual_list *list, const char *folder, const struct dataset *dataset,
    const struct source *const *sources, size_t source_count, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer bytes;
	size_t room = 0, at = strlen(HEADER);
	int got, result = -1;

	*list = (struct usual_list){ 0 };
	if (path_format(path, err, "%s/" USUAL_FILE, folder) != 0)
		return -1;
	if (!file_exists(path))
		return 0;
	buffer_init(&bytes, SIZE_MAX / 2);
	if (file_read_all(path, &bytes, err) != 0)
		goto done;
	if (!text_starts(buffer_as_text(&bytes), TEXT(HEADER))) {
		err_set(err, ERR_STOP, "%s has another header than this version writes", path);
		goto done;
	}
	while (at < bytes.len) {
		const char *end = memchr(bytes.at + at, '\n', bytes.len - at);
		struct usual usual = { 0 };

		got = end == NULL ? -1
				  : read_line((struct text){ bytes.at + at, (size_t)(end - bytes.at) - at }, &usual,
				      dataset, sources, source_count);
		if (got < 0) {
			err_set(err, ERR_STOP, "%s is damaged", path);
			goto done;
		}
		at = (size_t)(end - bytes.at) + 1;
		if (got == 0)
			continue;
		if (list->count == room) {
			struct usual *more = realloc(list->at, (room * 2 + 256) * sizeof(*more));

			if (more == NULL) {
				err_set(err, ERR_RETRY, "out of memory");
				goto done;
			}
			list->at = more;
			room = room * 2 + 256;
		}
		list->at[list->count++] = usual;
	}
	if (list->count > 0)
		qsort(list->at, list->count, sizeof(*list->at), order);
	for (size_t i = 0; i < list->count; i++)
		list->at[i].now = list->at[i].before;
	list->known = true;
	result = 0;
done:
	buffer_fini(&bytes);
	if (result != 0)
		usual_free(list);
	return result;
}

void
usual_free(struct usual_list *list)
{
	free(list->at);
	*list = (struct usual_list){ 0 };
}

int
usual_add(struct usual_list *list, const struct stock *stock, size_t count, bool whole, struct err *err)
{
	struct usual *all = calloc(list->count + count + 1, sizeof(*all));
	size_t i = 0, j = 0, n = 0;

	if (all == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	while (i < list->count || j < count) {
		struct usual next = { 0 };
		int side = i == list->count ? 1 : j == count ? -1 : 0;

		if (j < count)
			next = (struct usual){
				.source = stock[j].source, .field = stock[j].field, .value = stock[j].value
			};
		if (side == 0)
			side = order(&list->at[i], &next);
		if (side <= 0)
			next = list->at[i++];
		/* students are counted whole each night */
		if (whole || (next.field == FIELD_NONE && next.value < STOCK_KIND))
			next.now = 0;
		if (side >= 0) {
			int64_t now = (int64_t)next.now + stock[j].change;

			next.now = now > 0 ? (uint64_t)now : 0;
			next.fresh = stock[j++].fresh;
		}
		all[n++] = next;
	}
	free(list->at);
	list->at = all;
	list->count = n;
	return 0;
}

int
usual_save(const struct usual_list *list, const char *folder, const struct dataset *dataset,
    const struct source *const *sources, struct err *err)
{
	char path[FILE_PATH_MAX];
	struct buffer out;
	int result = -1;

	buffer_init(&out, SIZE_MAX / 2);
	buffer_string(&out, HEADER);
	for (size_t i = 0; i < list->count; i++) {
		const struct usual *usual = &list->at[i];

		buffer_text(&out, sources[usual->source]->name);
		buffer_char(&out, ',');
		if (usual->field != FIELD_NONE)
			buffer_text(&out, dataset->fields[usual->field].name);
		buffer_format(&out, ",%016llx,%llu\n", (unsigned long long)usual->value, (unsigned long long)usual->now);
	}
	if (buffer_failed(&out))
		err_set(err, ERR_RETRY, "out of memory");
	else if (path_format(path, err, "%s/" USUAL_FILE, folder) == 0)
		result = file_write_all(path, out.at, out.len, err);
	buffer_fini(&out);
	return result;
}

const struct usual *
usual_find(const struct usual_list *list, uint16_t source, uint16_t field, uint64_t value)
{
	struct usual key = { .source = source, .field = field, .value = value };

	return list->count == 0 ? NULL : bsearch(&key, list->at, list->count, sizeof(key), order);
}
