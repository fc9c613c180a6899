/*
 * memory.h - how a source's sheets were laid out in earlier deliveries: so that a changed header is
 * told, and a header once bound stays bound.
 *
 * One XML file a source in a folder of the state, written whole:
 *
 *   <remembered source="aid_center">
 *     <layout fingerprint="16 hex digits" seen="2026-09-02">
 *       <column header="key" field="ethnic"/>      a bound column; without field: unknown
 *     </layout>
 *   </remembered>
 *
 * The file is called after the source when its name is plain ASCII, else x- and a hash of it; the
 * name inside decides. Fields stand by name, so a changed dataset does no harm: those that are gone
 * are left out. A source keeps its MEMORY_LAYOUTS last layouts. What is learned does not depend on
 * the order of files.
 */
#ifndef YICI_PRODUCERS_COLLECT_MEMORY_H
#define YICI_PRODUCERS_COLLECT_MEMORY_H

#include "producers/collect/collect.h"

#define MEMORY_LAYOUTS 20

struct memory; /* what is remembered of one source */

/*
 * Load what ${folder} holds of ${source}; nothing yet when there is no file. NULL with ERR_STOP
 * when the file is damaged or memory is short.
 */
MUST_CHECK struct memory *memory_load(
    const char *folder, struct text source, const struct dataset *dataset, struct err *err);
void memory_free(struct memory *memory);

/* For layout_find(): all headers bound before, the latest delivery's meaning first. Valid until
 * memory_learn(). */
const struct remembered *memory_bindings(const struct memory *memory);

enum change_kind {
	CHANGE_RENAMED, /* ${field} was under ${before}, now under ${now} */
	CHANGE_GONE,    /* ${field} was under ${before}, now nowhere */
	CHANGE_ADDED,   /* ${now} is new and bound to ${field}, or unknown (FIELD_NONE) */
	CHANGE_MOVED,   /* ${now} meant another field before: ${was}, now ${field} */
};

struct layout_change {
	enum change_kind kind;
	uint16_t field, was;
	struct text before; /* as remembered: folded */
	struct text now;    /* as written in the sheet */
};

/*
 * Tell ${say} what is different in ${layout} from the remembered layout most like it, in the order
 * of columns. Nothing when the layout is known, when nothing is remembered, or when no remembered
 * one shares half of its columns: then it is another form, not a changed one. The number of
 * changes.
 */
size_t memory_compare(const struct memory *memory, const struct layout *layout,
    void (*say)(void *self, const struct layout_change *change), void *self);

/* Remember ${layout} as seen on ${day} ("2026-09-02"). */
MUST_CHECK int memory_learn(struct memory *memory, const struct layout *layout, struct text day, struct err *err);

/* Write it into ${folder}, which is new or the caller's to make durable. Same memory, same bytes.
 */
MUST_CHECK int memory_save(const struct memory *memory, const char *folder, struct err *err);

#endif
