/*
 * signals.c - see signals.h. The one global that changes.
 */
#include "ops/yici/signals.h"

#include <poll.h>
#include <signal.h>

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

void
signals_catch(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

bool
signals_stop(void)
{
	return stop != 0;
}

void
signals_wait(unsigned ms)
{
	if (!signals_stop())
		poll(NULL, 0, (int)ms);
}
