/*
 * signals.h - SIGTERM and SIGINT ask a program that goes on for ever to end after the batch at hand.
 */
#ifndef YICI_OPS_YICI_SIGNALS_H
#define YICI_OPS_YICI_SIGNALS_H

#include "core/base/base.h"

void signals_catch(void);
bool signals_stop(void);

/* Sleep, but wake up when asked to stop. */
void signals_wait(unsigned ms);

#endif
