/*
 * pinned.c - see pinned.h. An entry of the runs is a key of 16 bytes (the decision's number, high byte first, then zeros)
 * and a line of flat JSON, which is also what DECISIONS_PINS holds.
 */
#include "ops/yici/pinned.h"

#include <stdlib.h>

#include "core/record/flat_json.h"

static void
put_string(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, ",\"%s\":", name);
	buffer_json_string(out, value);
}

static void
put_hex(struct buffer *out, const char *name, const uint8_t *bytes, size_t len)
{
	char hex[2 * SHA256_BYTES + 1];

	hex_of(bytes, len, hex);
	put_string(out, name, text_from(hex));
}

/* The merged value of a role. */
static void
put_role(struct buffer *out, const char *name, const struct merged *merged, uint16_t field)
{
	for (size_t i = 0; i < merged->count; i++) {
		if (merged->values[i].field == field)
			put_string(out, name, merged->values[i].text);
	}
}

int
pinned_put(struct runs_writer *runs, const struct dataset *dataset, const struct update_student *student,
    const struct taken_file *files, struct buffer *scratch, struct err *err)
{
	for (size_t i = 0; i < student->now->pin_count; i++) {
		const struct merged_pin *pin = &student->now->pins[i];
		const struct merge_member *keeper = &student->members[pin->keeper];
		uint8_t key[16] = { 0 };

		for (size_t k = 0; k < 8; k++)
			key[k] = (uint8_t)(pin->pin->number >> (56 - 8 * k));
		buffer_clear(scratch);
		buffer_add(scratch, key, sizeof(key));
		buffer_format(scratch, "{\"number\":%llu", (unsigned long long)pin->pin->number);
		put_string(scratch, "state", text_from(pin_state_name(pin->state)));
		put_hex(scratch, "record", pin->pin->record, RECORD_ID_BYTES);
		put_string(scratch, "field", dataset->fields[pin->pin->field].name);
		put_string(scratch, "value", pin->pin->value);
		put_hex(scratch, "student", student->id, STUDENT_ID_BYTES);
		put_string(scratch, "source", keeper->source->name);
		put_string(scratch, "file", files[keeper->file].file);
		put_string(scratch, "sheet", taken_sheet(&files[keeper->file], keeper->sheet));
		buffer_format(scratch, ",\"row\":%u", keeper->row);
		put_string(scratch, "says", pin->keeper_says);
		put_role(scratch, "school_code", student->now, dataset->roles.school_code);
		put_role(scratch, "school_name", student->now, dataset->roles.school_name);
		put_role(scratch, "student_no", student->now, dataset->roles.student_no);
		put_role(scratch, "name", student->now, dataset->roles.name);
		buffer_string(scratch, "}");
		if (buffer_failed(scratch))
			return err_set(err, ERR_RETRY, "out of memory for pinned values");
		if (runs_add(runs, scratch->at, scratch->len, err) != 0)
			return -1;
	}
	return 0;
}

/* A string of the line, kept; empty when it has none. */
static struct text
keep(struct pinned *pinned, struct text line, struct text name, struct buffer *scratch)
{
	if (!flat_json_string(line, name, scratch))
		return (struct text){ 0 };
	return arena_text(&pinned->arena, buffer_as_text(scratch));
}

static void
take_line(struct pinned *pinned, struct text line, const struct journal_log *log, const struct dataset *dataset,
    struct buffer *scratch)
{
	struct published_pin *pin = &pinned->at[pinned->count];
	const struct field *field;
	uint64_t number = 0, row = 0;
	struct text state = keep(pinned, line, TEXT("state"), scratch);

	(void)flat_json_number(line, TEXT("number"), &number);
	(void)flat_json_number(line, TEXT("row"), &row);
	pinned->applied += text_eq(state, TEXT("applied"));
	pinned->expired += text_eq(state, TEXT("expired"));
	if (!text_eq(state, TEXT("applied")) || number == 0 || number > log->count)
		return;
	field = dataset_field(dataset, keep(pinned, line, TEXT("field"), scratch));
	if (field == NULL)
		return;
	*pin = (struct published_pin){
		.number = number,
		.field = field->number,
		.student_id = keep(pinned, line, TEXT("student"), scratch),
		.source = keep(pinned, line, TEXT("source"), scratch),
		.file = keep(pinned, line, TEXT("file"), scratch),
		.sheet = keep(pinned, line, TEXT("sheet"), scratch),
		.row = (uint32_t)row,
		.says = keep(pinned, line, TEXT("says"), scratch),
		.value = keep(pinned, line, TEXT("value"), scratch),
		.school_code = keep(pinned, line, TEXT("school_code"), scratch),
		.school_name = keep(pinned, line, TEXT("school_name"), scratch),
		.student_no = keep(pinned, line, TEXT("student_no"), scratch),
		.name = keep(pinned, line, TEXT("name"), scratch),
		.why = keep(pinned, log->at[number - 1].line, TEXT("why"), scratch),
		.who = keep(pinned, log->at[number - 1].line, TEXT("who"), scratch),
		.time = keep(pinned, log->at[number - 1].line, TEXT("time"), scratch),
	};
	pinned->count++;
}

int
pinned_load(struct pinned *pinned, const char *work, const char *generation, const struct journal_log *log,
    const struct decisions *decisions, const struct dataset *dataset, struct err *err)
{
	struct runs_cursor cursor = { 0 };
	struct buffer out, scratch;
	char path[FILE_PATH_MAX];
	struct text entry;
	struct runs runs;
	int got, result = -1;

	*pinned = (struct pinned){ 0 };
	arena_init(&pinned->arena, SIZE_MAX / 4);
	buffer_init(&out, SIZE_MAX / 4);
	buffer_init(&scratch, SIZE_MAX / 4);
	if (runs_open(&runs, work, PINNED_RUNS, err) != 0)
		return -1;
	pinned->at = calloc(runs.entries + 1, sizeof(*pinned->at));
	if (pinned->at == NULL) {
		err_set(err, ERR_RETRY, "out of memory for pinned values");
		goto done;
	}
	for (size_t i = 0; i < decisions->expired_count; i++)
		buffer_format(
		    &out, "{\"number\":%llu,\"state\":\"expired\"}\n", (unsigned long long)decisions->expired[i]);
	if (runs_seek(&cursor, &runs, NULL, NULL, err) != 0)
		goto done;
	while ((got = runs_next(&cursor, &entry, err)) == 1) {
		struct text line = { entry.at + 16, entry.len - 16 };

		buffer_text(&out, line);
		buffer_char(&out, '\n');
		take_line(pinned, line, log, dataset, &scratch);
	}
	if (got < 0)
		goto done;
	if (buffer_failed(&out)) {
		err_set(err, ERR_RETRY, "out of memory for pinned values");
		goto done;
	}
	if (path_format(path, err, "%s/" DECISIONS_PINS, generation) == 0)
		result = file_write_all(path, out.at, out.len, err);
done:
	runs_cursor_fini(&cursor);
	runs_close(&runs);
	buffer_fini(&out);
	buffer_fini(&scratch);
	return result;
}

void
pinned_free(struct pinned *pinned)
{
	free(pinned->at);
	arena_fini(&pinned->arena);
	*pinned = (struct pinned){ 0 };
}
