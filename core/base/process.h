/*
 * process.h - a process that works for another ends with it, however that one ends.
 */
#ifndef YICI_CORE_BASE_PROCESS_H
#define YICI_CORE_BASE_PROCESS_H

#include <sys/types.h>

/*
 * As fork(); but the child is killed when its parent has ended, so that nobody goes on writing for a run that was killed.
 * The parent must be a process of one thread.
 */
pid_t process_fork(void);

#endif
