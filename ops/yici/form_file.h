/*
 * form_file.h - a department's form as a reader in the sandbox gives it: its sheets with their rows, the table in it found as
 * collecting does, and what each of its columns asks.
 */
#ifndef YICI_OPS_YICI_FORM_FILE_H
#define YICI_OPS_YICI_FORM_FILE_H

#include "consumers/forms/calendar.h"
#include "core/base/digest.h"
#include "ops/yici/command.h"
#include "producers/collect/collect.h"
#include "producers/readers/sandbox.h"

#define FORM_ROWS_MAX 20000 /* of all sheets together; a larger file is no form */
#define FORM_SHEETS_MAX 255

struct form_sheet {
	struct text name;
	bool hidden;
	struct row *rows; /* those that are not blank */
	size_t count;
};

struct form_file {
	struct arena arena;
	enum document_format format;
	bool date1904;
	struct sha256 sha256;
	struct form_sheet sheets[FORM_SHEETS_MAX];
	size_t sheet_count;
	size_t sheet;         /* the one with the table, or the page */
	bool page;            /* a page of one person: labels in place of a table (form_page.h); ${layout} is empty */
	enum refusal refusal; /* after ERR_INPUT: why; REFUSED_NO when it has another reason */
	struct layout layout;
	struct form form;        /* columns with a header; labels */
	struct text *properties; /* that are ours (consumers/forms/mark.h), FRAME_PROPERTIES_MAX at the most */
	size_t property_count;
};

/*
 * Read the form at ${path}, a page where the command says so: ERR_INPUT with a sentence for a clerk when there is no table in it. A table by which nobody could be
 * told apart is one, too: a form may say school and class above it. form_file_close() in any case.
 */
MUST_CHECK int form_file_read(struct form_file *file, struct command *command, const struct definitions *definitions,
    const struct terms *terms, const char *path, struct err *err);
void form_file_close(struct form_file *file);

/* The field that headers of single sources mean by this one (folded), where none of them means another; FIELD_NONE. */
uint16_t form_file_of_sources(const struct sources *sources, struct text key);

/* The same by a sandbox that is there already, for many files. */
MUST_CHECK int form_file_read_by(struct form_file *file, struct sandbox *sandbox, struct command *command,
    const struct definitions *definitions, const struct terms *terms, const char *path, struct err *err);

/* The table of the next sheet in sight that has one in place of the one at hand: 1, 0 when there is none, -1 as form_file_read(). */
MUST_CHECK int form_file_next(
    struct form_file *file, const struct definitions *definitions, const struct terms *terms, struct err *err);

/*
 * Write what stands in ${file}, which came in a format that cannot be filled in, as a workbook at ${path}: the sheets in sight, their rows
 * as text; how it looked is lost, but the table is given lines and columns wide enough. ${scratch} is a folder for files on the way.
 */
MUST_CHECK int form_file_convert(const struct form_file *file, const struct dataset *dataset, const char *path,
    const char *scratch, struct text date, struct err *err);

#endif
