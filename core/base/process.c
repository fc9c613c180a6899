/*
 * process.c - see process.h.
 */
#include "core/base/process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

pid_t
process_fork(void)
{
	pid_t parent = getpid(), pid = fork();

	/* the parent may have ended before it could be named as the one to end with */
	if (pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent))
		_exit(1);
	return pid;
}
