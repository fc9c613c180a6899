/*
 * sample.h - writes an invented city's files: what a registry and a dozen departments would drop
 * into the inbox, night after night, and the truth about them.
 *
 *   OUT/night-NN/inbox/SOURCE/...   the files of a night
 *   OUT/truth/students.csv night,person,name,sex,birth_date,id_type,id_no,former_id_no,student_no,
 *                                   school_code,school_name,grade,class,twins,family,state
 *   OUT/truth/rows.csv              night,source,file,sheet,row,person,defects,expected
 *   OUT/truth/files.csv             night,source,file,expected,rows
 *   OUT/truth/cells.csv             only when asked for, of the first night's accepted rows: what their cells say of the pupil
 *
 * Of the teachers of the same city (dataset "teacher"), in place of truth/students.csv, rows.csv, files.csv and cells.csv:
 *
 *   OUT/truth/teachers.csv          night,teacher,name,sex,birth_date,id_no,teacher_no,school_code,school_name,subject,
 *                                   head_grade,head_class,state
 *
 * Of the registers of what comes to schools from above (dataset "register"): truth/registers.csv, see registers.h.
 *
 * A row's ${expected} is accepted, rejected or aside (then ${person} is empty); a file's is
 * complete, refused or repeated. File and row are told as the program tells them: below the
 * source's folder, "!" before an entry of an archive, rows as Excel counts, no sheet where the
 * format has none (HTML, XML, text). Rows of a refused and of a repeated file are not listed. The
 * same settings give the same bytes.
 */
#ifndef YICI_OPS_SAMPLE_SAMPLE_H
#define YICI_OPS_SAMPLE_SAMPLE_H

#include "core/base/err.h"
#include "ops/sample/mix.h"

#define SAMPLE_NIGHTS_MAX 400

struct sample {
	size_t students;
	uint64_t seed;
	unsigned nights;
	const struct mix *mix; /* NULL: the standard one */
	bool cells;            /* write truth/cells.csv, too */
	const char *dataset; /* whose files: "student" (NULL: the same), "teacher", "register" (of which ${students} says nothing) */
	const char *out; /* made when it is not there; night-NN and truth below it are made anew */
};

MUST_CHECK int sample_write(const struct sample *sample, struct err *err);

#endif
