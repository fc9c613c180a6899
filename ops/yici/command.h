/*
 * command.h - what the commands of `yici` share: their arguments, parsed once, and how they speak and end.
 */
#ifndef YICI_OPS_YICI_COMMAND_H
#define YICI_OPS_YICI_COMMAND_H

#include <sysexits.h>

#include "core/base/file.h"
#include "consumers/consolidate/model.h"
#include "core/record/source.h"
#include "ops/yici/settings.h"

#define EX_HELD 3 /* held for a person */
#define SCHOOLS_MAX 100

/* One run of the program. */
struct command {
	const char *name;
	struct settings settings;
	bool chinese;
	const char **words; /* arguments that are no options */
	size_t word_count;
	/* options of single commands; NULL or false when not given */
	const char *date, *out;
	const char *students, *seed, *nights, *errors;
	const char *who, *why, *records, *school, *grant;
	const char *teachers, *person, *year;
	const char *department, *due, *form_name, *form_class, *by, *from, *to;
	const char *schools[SCHOOLS_MAX], *except_schools[SCHOOLS_MAX]; /* of yici hold: NULL behind the last */
	bool json, cells, rules, fields, schema, quiet, once, pair, all, lock, page, refuse, apply;
};

/* ${zh} or ${en}, as this run speaks. */
const char *say(const struct command *command, const char *zh, const char *en);

/* Print "yici NAME: what" on stderr; the exit status that fits the kind of error. */
int fail(const struct command *command, const struct err *err);

/* A usage error: prints ${what} and where help is; EX_USAGE. */
int misuse(const struct command *command, const char *what);

/* The dataset of the setting and its sources, DATA's own included (${data} may be NULL). */
struct definitions {
	struct dataset *dataset;
	struct sources *sources;
	struct model *model; /* how its records are linked; NULL: by numbers alone */
	/* Which county each school is in, as the bureau says in DATA/config/schools.csv (codes.h): who is asked next. May be NULL. */
	struct codes *counties;
};
MUST_CHECK int definitions_load(
    const struct command *command, const char *data, struct definitions *definitions, struct err *err);
void definitions_free(struct definitions *definitions);

/* The commands: each returns the exit status. */
int command_init(struct command *command);
int command_run(struct command *command);
int command_inspect(struct command *command);
int command_explain(struct command *command);
int command_model(struct command *command);
int command_topics(struct command *command);
int command_follow(struct command *command);
int command_status(struct command *command);
int command_serve(struct command *command);
int command_lint(struct command *command);
int command_make_sample(struct command *command);
int command_collect(struct command *command);
int command_normalize(struct command *command);
int command_consolidate(struct command *command);
int command_nightly(struct command *command);
int command_audit(struct command *command);
int command_correct(struct command *command);
int command_review(struct command *command);
int command_hold(struct command *command);
int command_forms(struct command *command);
int command_registers(struct command *command);
int command_grants(struct command *command);
int command_disclosures(struct command *command);
int command_purge(struct command *command);

#endif
