/*
 * purge_again.h - files that bring a purged person again: his rows are set aside by the night (purge_rows.h), and leave the file on its way into the
 * archive, which holds nothing of him either. A file whose content was taken before is not read again: as long as anybody is not to be kept it is
 * not kept a second time.
 *
 * DATA/state/again/<run> says which rows of which files of a run were set aside: "<sheet> <row>" (row 0: the whole file), source, file, a NUL behind each. It is
 * written before the run's commit, and removed once none of these files lies in the inbox any more.
 */
#ifndef YICI_OPS_YICI_PURGE_AGAIN_H
#define YICI_OPS_YICI_PURGE_AGAIN_H

#include "core/base/err.h"

struct night;
struct sandbox;
struct reader_limits;

/* Write down the rows that the night has set aside, if any. */
MUST_CHECK int purge_again_note(const struct night *night, struct err *err);

/* Have them leave those files that lie in the archive now. ${scratch}: a folder for unpacked files, emptied here. */
MUST_CHECK int purge_again_clean(const char *data, struct sandbox *sandbox, const struct reader_limits *limits,
    const char *scratch, int wait_ms, struct err *err);

#endif
