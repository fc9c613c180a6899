/*
 * publication.h - what a run has to say, apart from the big snapshot (snapshot.h): what was refused and why, what goes
 * back to each sender, what a person must look at, and the report of the whole. Every function writes complete files
 * into publication->folder, 0600, and syncs nothing: the caller makes the folder appear. Same publication, same bytes:
 * no clock, no host name, no order but the data's own.
 */
#ifndef YICI_CONSUMERS_PUBLISH_PUBLICATION_H
#define YICI_CONSUMERS_PUBLISH_PUBLICATION_H

#include "core/base/err.h"
#include "core/record/answer.h"
#include "core/record/source.h"
#include "core/store/runs.h"
#include "core/store/state.h"

struct sandbox;
struct reader_limits;

/* One file of the run, in the order of (source, file). */
struct published_file {
	uint32_t number; /* as in issues; UINT32_MAX for one that was already taken */
	const struct source *source;
	struct text file;               /* path below inbox/<source>/, "!" between an archive and its entry */
	const char *path;               /* where its bytes are now, for reading it again; NULL when they are gone */
	char sha256[65];                /* empty when it was never read (a link) */
	struct text state;              /* "complete", "refused", "already taken" */
	struct text reason;             /* of a refusal: its word (refusal_name()); else empty */
	struct text detail;             /* of a refusal, for experts; may be empty */
	uint32_t refusal;               /* enum refusal: number in dataset->refusals */
	uint32_t sheet_no, row, column; /* what the refusal is about, each from 1; 0 for none */
	struct text format, encoding;   /* words; empty when never read */
	const struct text *sheets;      /* names by index */
	size_t sheet_count;
	const struct text *layouts; /* JSON objects, one for each sheet met, see docs/formats.md */
	size_t layout_count;
	uint64_t rows, accepted, rejected, set_aside;
	uint64_t replaced; /* characters of vendors' private areas, by their standard ones */
};

/* Pupils of one school after the run, and the rows that came for it. */
struct published_school {
	struct text code, name;
	uint64_t students, present, absent, stale, left, back, fresh, changed;
};

/* A record of a case. */
struct published_case_record {
	struct text student_id, record_id; /* hexadecimal */
	const struct source *source;
	struct text file, sheet;
	uint32_t row;
	struct text school_code, school_name, name, id_no, student_no, birth_date; /* what the record says */
	struct text why; /* how it looks beside another of the case, in words of comparisons */
};

/* Records that look like one student's, or share a number, and that a person must decide on. By route, then number. */
struct published_case {
	struct text number;                          /* the same as long as the same records are in it */
	struct text kind;                            /* word of codes/problem_record.csv: "ID_DUP" */
	struct text route;                           /* code of the school that is to answer; empty: not known */
	struct text county;                          /* who is to answer where the school can not; empty: not known */
	const struct published_case_record *records; /* by student, then record */
	size_t count;
};

/* A value that a person has pinned and that its keeper, mostly the registry, does not say yet. */
struct published_pin {
	uint64_t number; /* of the decision */
	uint16_t field;
	uint32_t row; /* where the keeper's record stands */
	struct text source, file, sheet;
	struct text student_id, school_code, school_name, student_no, name; /* of the student as merged */
	struct text says, value;                                            /* the keeper's and the pinned one */
	struct text why, who, time;
};

/* What registered forms of the term ask of schools, and what filling in spares them. */
struct published_forms {
	struct text first, last; /* days of the term */
	unsigned seconds;        /* a cell costs */
	const struct published_asking {
		struct text department; /* empty: of forms that nobody registered */
		uint64_t forms, duplicates, refused;
		uint64_t asked, filled, left, refused_cells;
		double hours_saved;
	} * departments; /* those that ask most first */
	size_t department_count;
	struct published_asking all;
};

/* What one office was given by a grant in the run. */
struct published_delivery {
	struct text unit, grant;
	bool topic;      /* told on a topic; else files */
	uint64_t number; /* of the delivery, or of the topic's nights */
	uint64_t rows;   /* pupils; of a topic: whose row was sent */
	uint64_t gone;   /* of a topic: taken off it */
};

struct publication {
	const struct dataset *dataset;
	const struct sources *sources;
	struct text run, date; /* "20260902-1", "2026-09-02" */
	const char *folder;
	const char *scratch; /* a folder for scratch files, some of which may be left behind */
	bool chinese;        /* what people read: Chinese, or English */
	struct arena *words; /* for phrases on a dataset other than students (dataset_says()); NULL: they speak of students */
	const struct published_file *files;
	size_t file_count;
	const struct runs *issues; /* struct raised + text, of complete files only (raised.h); includes rows set aside */
	const struct answers *answers;   /* queries that are answered, and so are not shown as open; NULL for none */
	const struct taken_files *taken; /* by number: where answers were written */
	/* Header rows and rows with an issue, as their senders wrote them (kept.h); NULL: the files are read again. */
	const struct runs *kept;
	const struct published_school *schools; /* sorted by code, then name */
	size_t school_count;
	const struct published_case *cases;
	size_t case_count;
	const char *const *choices;       /* what a person may say of a record of a case; NULL-terminated */
	const struct published_pin *pins; /* in force */
	size_t pin_count;
	const struct published_forms *forms; /* NULL: no form was registered or filled in this term */
	const struct published_delivery *deliveries;
	size_t delivery_count;
	struct published_totals {
		uint64_t records, records_new, records_changed;
		uint64_t students, students_new, students_changed;
		uint64_t absent_new, stale_new, back, merged;
		uint64_t pinned, pins_expired;
	} totals;
	struct published_returns { /* returned forms of this run; the last two: all that wait for a person */
		uint64_t files, rows, accepted, rejected, set_aside, answers, differences;
		uint64_t open_differences, open_conflicts;
	} returns;
	/* Words of what changed in the bindings of a source since its last delivery; one sentence each, both languages. */
	const struct published_binding_change {
		const struct source *source;
		struct text was, is; /* headers as written, folded; one may be empty */
		uint16_t field;
		uint64_t files; /* in which it is so */
		uint32_t file;  /* the last of them */
	} * binding_changes;
	size_t binding_change_count;
};

/* rejected.csv, answered.csv and set_aside.csv, in one pass over the issues. */
MUST_CHECK int publish_rejected(const struct publication *publication, struct err *err);

/* worklist-registry.csv */
MUST_CHECK int publish_worklist(const struct publication *publication, struct err *err);

/* review.csv, and review.xlsx for those who decide */
MUST_CHECK int publish_review(const struct publication *publication, struct err *err);

/*
 * returned/<source>/<name>.xlsx: for each file with issues, the sender's header and the rows with an issue as the
 * sender wrote them. The files are read again through the sandbox; one that is no longer as it was is left out and
 * said so in ${skipped}. ${jobs} processes.
 */
MUST_CHECK int publish_returned(const struct publication *publication, struct sandbox *sandbox,
    const struct reader_limits *limits, unsigned jobs, size_t *skipped, struct err *err);

/* students.xlsx out of the students.csv that is already in the folder. */
MUST_CHECK int publish_xlsx(const struct publication *publication, struct err *err);

/* report.json; report.html when ${html}. */
MUST_CHECK int publish_report(const struct publication *publication, bool html, struct err *err);

/*
 * A workbook of decisions goes back to who put it into the inbox: ${name} (as published_file) below returned/, each row with
 * what became of it in front.
 */
struct answered_row {
	uint32_t row_no;
	const struct text *cells;
	size_t count;
	struct text says; /* empty for a header row */
	bool refused;
};
MUST_CHECK int publish_answer(const struct publication *publication, struct text kind, struct text name,
    const struct answered_row *rows, size_t count, struct err *err);

#endif
