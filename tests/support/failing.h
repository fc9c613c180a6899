/*
 * failing.h - for tests of what happens when memory is short: the n-th allocation fails. A test that links test_failing
 * has malloc() and its kin of our own code wrapped (by the linker, so libraries are not counted).
 *
 *   for (long nth = 0; failing_run(nth, attempt, self); nth++)
 *           ;
 */
#ifndef YICI_TESTS_SUPPORT_FAILING_H
#define YICI_TESTS_SUPPORT_FAILING_H

#include <stdbool.h>

/*
 * Call ${attempt} with the allocation numbered ${nth} (from 0) failing, only that one; and whether there were so many. The
 * attempt returns 0 when all went well, which without a failure it must; after a failure it may.
 */
bool failing_run(long nth, int (*attempt)(void *self), void *self);

/* From here on nothing fails, though the attempt has not ended. Whether the allocation was reached. */
bool failing_stop(void);

#endif
