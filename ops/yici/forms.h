/*
 * forms.h - what the parts of `yici forms` share: definitions, the calendar, how complete the dataset is and who says what.
 */
#ifndef YICI_OPS_YICI_FORMS_H
#define YICI_OPS_YICI_FORMS_H

#include "core/store/state.h"
#include "consumers/forms/asked.h"
#include "core/base/mapping.h"
#include "ops/yici/form_file.h"

/* A source that delivers a field. */
struct form_source {
	const struct source *source;
	char as_of[11];    /* the day of the last run that took a file of it; empty when none did */
	uint8_t *delivers; /* by field */
};

struct forms {
	struct command *command;
	const char *data;
	struct definitions definitions;
	struct terms *terms;
	struct calendar calendar;
	struct census census;
	struct form_source *sources; /* the most trusted first */
	size_t source_count;
	struct arena arena;
};

/* What stands in DATA and the definitions; the census is empty until forms_count(). forms_close() in any case. */
MUST_CHECK int forms_open(struct forms *forms, struct command *command, const char *data, struct err *err);
void forms_close(struct forms *forms);

/* What forms ask of the dataset: DATA/config/NAME_forms.xml, or else the one that comes with us. */
MUST_CHECK int forms_terms_path(
    const struct settings *settings, const char *data, char out[FILE_PATH_MAX], struct err *err);

/* DATA/config/forms */
MUST_CHECK int forms_folder(const struct forms *forms, char out[FILE_PATH_MAX], struct err *err);

/* Find who delivers what; nothing before the first run. */
MUST_CHECK int forms_sources(struct forms *forms, struct err *err);

/* That, and count the students of the last run. ERR_STOP without the outlet jsonl. */
MUST_CHECK int forms_count(struct forms *forms, struct err *err);

/*
 * That, and take every field for held that some source delivers: enough for filling in, where a value that is missing is seen anyway, and
 * a million students need not be counted for one class.
 */
MUST_CHECK int forms_count_roughly(struct forms *forms, struct err *err);

/* DATA/out/latest/students.jsonl; ERR_STOP where there is a run without it. ${*there} false: no run yet. */
MUST_CHECK int forms_students(const struct forms *forms, char path[FILE_PATH_MAX], bool *there, struct err *err);

/* Its lines; mapping_close() in any case. ${*there} false: no run yet. */
MUST_CHECK int forms_lines(const struct forms *forms, struct mapping *lines, bool *there, struct err *err);

/* Say on stdout what was judged of ${file}, as text or as JSON. */
void forms_say(const struct forms *forms, const struct form_file *file, const struct asked *asked, const char *path);

/* Print ${text}, control characters as spaces, filled up to or cut at ${width} columns of a terminal. */
void forms_print(struct text text, size_t width);

/* `yici forms burden`: the exit status. */
int forms_burden(struct forms *forms);

/* Of what day DATA's last run is, and its id where ${run} is not NULL; ERR_INPUT before the first. */
MUST_CHECK int forms_last_run(
    const struct command *command, const char *data, char day[11], char run[RUN_ID_MAX], struct err *err);

/* The last step of a path, without its extension: what a form is called unless it is told. */
struct text forms_name(const char *path);

#endif
