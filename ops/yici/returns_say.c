/*
 * returns_say.c - what a night says of returned forms: form_answers.csv, form_differences.csv, returned/forms/, form_files.csv. docs/formats.md
 * has them column by column.
 */
#include <stdlib.h>
#include <unistd.h>

#include "consumers/publish/snapshot.h"
#include "ops/yici/returns_judge.h"

struct saying {
	struct returns *returns;
	const struct returns_night *night;
	const struct known_pupils *known;
	const struct said_decisions *decisions;
	struct arena arena; /* of the entry at hand */
	struct buffer out, held;
};

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_RETRY, "out of memory for returned forms");
}

static void
put(struct buffer *out, struct text text)
{
	buffer_char(out, ',');
	snapshot_cell(out, text);
}

/* What is gathered becomes the file of that name, 0600. */
static int
write_out(struct saying *saying, const char *name, struct err *err)
{
	char path[FILE_PATH_MAX];
	int fd, result;

	if (buffer_failed(&saying->out))
		return no_memory(err);
	if (path_format(path, err, "%s/%s", saying->night->publication->folder, name) != 0)
		return -1;
	fd = file_create(path, err);
	if (fd < 0)
		return -1;
	result = file_write(fd, saying->out.at, saying->out.len, err);
	return close(fd) == 0 || result != 0 ? result : err_errno(err, ERR_STOP, "cannot write %s", name);
}

/* A code as people read it. */
static struct text
label(const struct saying *saying, uint16_t field, struct text value)
{
	const struct codes *codes = field == FIELD_NONE
	    ? NULL
	    : saying->returns->forms.definitions.dataset->fields[field].codes;

	return codes == NULL ? value : codes_label(codes, value);
}

/* student_id,school_code,school_name,grade,class_name,name */
static void
put_student(struct saying *saying, const struct said *said)
{
	const struct dataset *dataset = saying->returns->forms.definitions.dataset;
	const struct known_pupil *pupil = known_pupil(saying->known, said->student);
	static const enum match_by shown[] = { MATCH_SCHOOL_CODE, MATCH_SCHOOL_NAME, MATCH_GRADE, MATCH_CLASS_NAME,
		MATCH_NAME };
	const struct text *values = NULL;
	char hex[2 * SAID_ID_BYTES + 1];

	arena_reset(&saying->arena);
	hex_of(said->student, SAID_ID_BYTES, hex);
	buffer_string(&saying->out, hex);
	if (pupil != NULL) {
		values = pupil_values(&pupil->pupil, dataset, &saying->arena);
		if (values == NULL)
			saying->out.failed = true;
	}
	for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
		uint16_t field = match_field(dataset, shown[i]);

		put(&saying->out,
		    values == NULL || field == FIELD_NONE ? TEXT("") : label(saying, field, values[field]));
	}
}

/* form,department or form whose question it is,origin,day,run,file,sheet,row */
static void
put_origin(struct buffer *out, const struct said *said)
{
	put(out, said->owner);
	put(out, said->form);
	put(out, said->origin);
	put(out, said->day);
	put(out, said->run);
	put(out, said->file);
	put(out, said->sheet);
	buffer_format(out, ",%u\r\n", said->row);
}

static int
say_answers(struct saying *saying, struct err *err)
{
	const struct said_list *list = &saying->returns->list;
	struct buffer *out = &saying->out;

	buffer_clear(out);
	buffer_string(out, "\xEF\xBB\xBF");
	buffer_text(out, saying->returns->forms.definitions.dataset->id_key);
	buffer_string(out,
	    ",school_code,school_name,grade,class_name,name,header,field,value,state,case,"
	    "department,"
	    "form,origin,day,run,file,sheet,row\r\n");
	for (size_t i = 0, count; i < list->count; i += count) {
		const struct said *said = &list->at[i];
		const struct said_decision *decided;
		bool conflict;
		char name[SAID_CASE_MAX];

		count = said_same(list, i);
		if (said->kind != SAID_ANSWER)
			continue;
		conflict = said_conflict(said, count);
		decided = conflict ? said_decided(saying->decisions, said, count) : NULL;
		said_case(said, name);
		saying->returns->conflicts += conflict && decided == NULL;
		for (size_t k = 0; k < count; k++) {
			const struct field *field = dataset_field(
			    saying->returns->forms.definitions.dataset, said[k].field);
			const char *state = !conflict                ? "answer"
			    : decided == NULL                        ? "conflict"
			    : text_eq(said[k].value, decided->value) ? "decided"
								     : "overruled";

			put_student(saying, &said[k]);
			put(out, said[k].header);
			put(out, said[k].field);
			put(out, label(saying, field != NULL ? field->number : FIELD_NONE, said[k].value));
			buffer_format(out, ",%s,%s", state, conflict ? name : "");
			put_origin(out, &said[k]);
		}
	}
	return write_out(saying, "form_answers.csv", err);
}

/* The most trusted of those that deliver the field. */
static struct text
who_delivers(const struct forms *forms, const struct field *field)
{
	for (size_t i = 0; i < forms->source_count; i++) {
		if (field != NULL && forms->sources[i].delivers[field->number])
			return forms->sources[i].source->name;
	}
	return (struct text){ "", 0 };
}

static int
say_differences(struct saying *saying, struct err *err)
{
	const struct forms *forms = &saying->returns->forms;
	const struct said_list *list = &saying->returns->list;
	struct buffer *out = &saying->out;

	buffer_clear(out);
	buffer_string(out, "\xEF\xBB\xBF");
	buffer_text(out, saying->returns->forms.definitions.dataset->id_key);
	buffer_string(out,
	    ",school_code,school_name,grade,class_name,name,field,header,held,held_by,says,state,"
	    "case,"
	    "department,form,origin,day,run,file,sheet,row\r\n");
	for (size_t i = 0; i < list->count; i++) {
		const struct said *said = &list->at[i];
		const struct field *field = dataset_field(forms->definitions.dataset, said->field);
		const struct known_pupil *pupil = known_pupil(saying->known, said->student);
		uint16_t number = field != NULL ? field->number : FIELD_NONE;
		char name[SAID_CASE_MAX];
		struct text held = { "", 0 };
		bool settled;

		if (said->kind != SAID_DIFFERENCE)
			continue;
		settled = said_decided(saying->decisions, said, 1) != NULL;
		saying->returns->differences += !settled;
		put_student(saying, said);
		if (pupil != NULL)
			held = said_held(said, forms, pupil, saying->night->date, &saying->arena, &saying->held);
		said_case(said, name);
		put(out, said->field);
		put(out, said->header);
		put(out, label(saying, number, held));
		put(out, who_delivers(forms, field));
		put(out, label(saying, number, said->value));
		buffer_format(out, ",%s,%s", settled ? "settled" : "open", name);
		put_origin(out, said);
	}
	return write_out(saying, "form_differences.csv", err);
}

static const char *
state_of(const struct returned_file *file)
{
	return file->again ? "already taken" : file->refusal.len > 0 ? "refused" : "complete";
}

static int
say_files(struct saying *saying, struct err *err)
{
	struct buffer *out = &saying->out;
	char hex[65];

	buffer_clear(out);
	buffer_string(out,
	    "\xEF\xBB\xBF"
	    "file,sha256,state,reason,form,department,origin,marked,rows,accepted,rejected,set_aside,answers,"
	    "differences,withheld,refused_cells\r\n");
	for (size_t i = 0; i < saying->returns->count; i++) {
		const struct returned_file *file = &saying->returns->at[i];

		sha256_hex(&file->sha256, hex);
		snapshot_cell(out, file->arrival.file);
		buffer_format(out, ",%s,%s", hex, state_of(file));
		put(out, file->refusal);
		put(out, file->form);
		put(out, file->owner);
		put(out, file->origin);
		buffer_format(out, ",%s,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu\r\n", file->marked ? "yes" : "no",
		    (unsigned long long)(file->again ? 0 : file->rows),
		    (unsigned long long)(file->again || file->refusal.len > 0
			    ? 0
			    : file->rows - file->rejected - file->set_aside),
		    (unsigned long long)(file->refusal.len > 0 && !file->again ? file->rows : file->rejected),
		    (unsigned long long)(file->again || file->refusal.len > 0 ? 0 : file->set_aside),
		    (unsigned long long)file->answers, (unsigned long long)file->differences,
		    (unsigned long long)file->withheld, (unsigned long long)file->refused_cells);
	}
	return write_out(saying, "form_files.csv", err);
}

/* ---- back to who sent it ---- */

static struct text *
texts_of(struct saying *saying, size_t count)
{
	return arena_take(&saying->arena, (count + 1) * sizeof(struct text));
}

/* The rows of a table that go back, behind the ${*count} that are there, its header before them. */
static int
add_returned(struct saying *saying, const struct returned_table *table, struct answered_row *rows, size_t *count,
    struct err *err)
{
	bool head = false;

	for (size_t i = 0; i < table->count; i++) {
		const struct returned_row *row = &table->rows[i];
		struct text *texts;

		if (row->says.len == 0)
			continue;
		for (int k = head ? 1 : 0; k < 2; k++) {
			texts = texts_of(saying, table->form.count);
			if (texts == NULL)
				return no_memory(err);
			for (size_t c = 0; c < table->form.count; c++)
				texts[c] = k == 0 ? table->form.columns[c].header : row->cells[c].text;
			rows[(*count)++] = (struct answered_row){ .row_no = row->row_no,
				.cells = texts,
				.count = table->form.count,
				.says = k == 0 ? TEXT("") : row->says,
				.refused = k == 1 && row->rejected };
		}
		head = true;
	}
	return 0;
}

static int
send_back(struct saying *saying, const struct returned_file *file, struct err *err)
{
	struct answered_row why = { .says = file->why, .refused = true }, *rows;
	size_t room = file->table_count, count = 0;
	int result = 0;

	if (file->refusal.len > 0)
		return publish_answer(
		    saying->night->publication, TEXT(RETURNS_FOLDER), file->arrival.file, &why, 1, err);
	for (size_t t = 0; t < file->table_count; t++)
		room += file->tables[t].count;
	arena_reset(&saying->arena);
	rows = calloc(room + 1, sizeof(*rows));
	if (rows == NULL)
		return no_memory(err);
	for (size_t t = 0; t < file->table_count && result == 0; t++)
		result = add_returned(saying, &file->tables[t], rows, &count, err);
	if (result == 0 && count > 0)
		result = publish_answer(
		    saying->night->publication, TEXT(RETURNS_FOLDER), file->arrival.file, rows, count, err);
	free(rows);
	return result;
}

static void
count_all(struct saying *saying)
{
	struct published_returns *forms = &saying->night->publication->returns;

	*forms = (struct published_returns){ .open_differences = saying->returns->differences,
		.open_conflicts = saying->returns->conflicts };
	for (size_t i = 0; i < saying->returns->count; i++) {
		const struct returned_file *file = &saying->returns->at[i];

		if (file->again)
			continue;
		forms->files++;
		forms->rows += file->rows;
		forms->rejected += file->refusal.len > 0 ? file->rows : file->rejected;
		forms->set_aside += file->refusal.len > 0 ? 0 : file->set_aside;
		forms->answers += file->answers;
		forms->differences += file->differences;
	}
	forms->accepted = forms->rows - forms->rejected - forms->set_aside;
}

int
returns_say(struct returns *returns, const struct returns_night *night, const struct known_pupils *known,
    const struct said_decisions *decisions, struct err *err)
{
	struct saying saying = { .returns = returns, .night = night, .known = known, .decisions = decisions };
	int result;

	arena_init(&saying.arena, (size_t)512 << 20);
	buffer_init(&saying.out, SIZE_MAX / 4);
	buffer_init(&saying.held, 1 << 20);
	result = say_answers(&saying, err) != 0 || say_differences(&saying, err) != 0 || say_files(&saying, err) != 0
	    ? -1
	    : 0;
	for (size_t i = 0; i < returns->count && result == 0; i++)
		result = send_back(&saying, &returns->at[i], err);
	count_all(&saying);
	arena_fini(&saying.arena);
	buffer_fini(&saying.out);
	buffer_fini(&saying.held);
	return result;
}
