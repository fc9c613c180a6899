/*
 * worklist.c - worklist-registry.csv: values that people have pinned and whose keeper, mostly the registry, still says
 * something else. By school, so that each can be handed its part. It holds personal data and stays where the dataset stays.
 */
#include <stdlib.h>

#include "consumers/publish/lines.h"
#include "consumers/publish/message.h"
#include "consumers/publish/snapshot.h"

static int
pin_order(const void *a, const void *b)
{
	const struct published_pin *const *x = a, *const *y = b;
	int order = text_compare((*x)->school_code, (*y)->school_code);

	return order != 0 ? order : ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

static void
put(struct buffer *out, struct text text)
{
	buffer_char(out, ',');
	snapshot_cell(out, text);
}

/* The label of a code; any other value as it is. */
static struct text
shown(const struct publication *publication, uint16_t field, struct text value)
{
	const struct codes *codes = publication->dataset->fields[field].codes;

	return codes == NULL ? value : codes_label(codes, value);
}

int
publish_worklist(const struct publication *publication, struct err *err)
{
	const struct published_pin **pins = calloc(publication->pin_count + 1, sizeof(*pins));
	struct lines lines = { .fd = -1 };
	int result = -1;

	if (pins == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	for (size_t i = 0; i < publication->pin_count; i++)
		pins[i] = &publication->pins[i];
	if (publication->pin_count > 0)
		qsort(pins, publication->pin_count, sizeof(struct published_pin *), pin_order);
	if (lines_open(&lines, publication->folder, "worklist-registry.csv", err) != 0)
		goto done;
	buffer_string(&lines.buffer,
	    "\xEF\xBB\xBF"
	    "school_code,school_name,student_id,student_no,name,field,field_label,is,should_be,why,who,time,decision,"
	    "source,file,sheet,row\r\n");
	for (size_t i = 0; i < publication->pin_count; i++) {
		const struct published_pin *pin = pins[i];
		struct buffer *out = &lines.buffer;

		snapshot_cell(out, pin->school_code);
		put(out, pin->school_name);
		put(out, pin->student_id);
		put(out, pin->student_no);
		put(out, pin->name);
		put(out, publication->dataset->fields[pin->field].name);
		put(out, message_field(publication, pin->field));
		put(out, shown(publication, pin->field, pin->says));
		put(out, shown(publication, pin->field, pin->value));
		put(out, pin->why);
		put(out, pin->who);
		put(out, pin->time);
		buffer_format(out, ",%llu", (unsigned long long)pin->number);
		put(out, pin->source);
		put(out, pin->file);
		put(out, pin->sheet);
		buffer_format(out, ",%u\r\n", pin->row);
		if (lines_step(&lines, err) != 0)
			goto done;
	}
	result = lines_close(&lines, err);
done:
	if (result != 0)
		lines_drop(&lines);
	free(pins);
	return result;
}
