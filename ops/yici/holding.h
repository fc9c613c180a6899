/*
 * holding.h - DATA/state/held/: the night that waits for a person, if one does. Nothing of it is committed; what stands here is for the
 * person and for the commands: held.xml (read back by holding_load()), report.html, report.json, held.csv (formats.md).
 */
#ifndef YICI_OPS_YICI_HOLDING_H
#define YICI_OPS_YICI_HOLDING_H

#include "consumers/consolidate/hold.h"
#include "core/store/state.h"
#include "core/xml/xml.h"

/* One finding, as it was written down; texts live as long as the record. */
struct holding_finding {
	struct text kind, cause, source, field, code, name;
	uint32_t school; /* as in struct link; 0 for none */
	struct text zh, en;
};

struct holding {
	bool is;
	char run[RUN_ID_MAX], date[11], digest[65];
	int64_t since_s; /* when a night was first held, nobody having decided since */
	struct holding_finding *findings;
	size_t count;
	struct xml_definition *file;
};

MUST_CHECK int holding_load(struct holding *held, const char *data, struct err *err);
void holding_free(struct holding *held);

/*
 * The schools of the night that ${word} names, by code or by name, into ${schools} (room for ${room}); how many. Two sources may call one
 * school by two things.
 */
size_t holding_schools(const struct holding *held, struct text word, uint32_t *schools, size_t room);

/* Nobody waits any more. */
MUST_CHECK int holding_clear(const char *data, struct err *err);

/* What is written down of a night. */
struct holding_night {
	const char *data, *run, *date, *digest;
	const struct dataset *dataset;
	const struct source *const *sources;
	const struct hold_findings *findings;
	const struct compared_row *rows; /* the schools are listed, too */
	size_t row_count;
	const struct taken_files *files; /* this night's among them */
	bool chinese;
};

/* Put it in the place of an older one, whose ${since_s} it keeps. */
MUST_CHECK int holding_put(const struct holding_night *night, struct err *err);

/* One sentence about a finding, without personal data. */
void holding_say(const struct hold_finding *finding, const struct dataset *dataset, const struct source *const *sources,
    bool chinese, struct buffer *out);

#endif
