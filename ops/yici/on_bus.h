/*
 * on_bus.h - what the commands that work on the bus have in common: how they begin, and with which status they end.
 */
#ifndef YICI_OPS_YICI_ON_BUS_H
#define YICI_OPS_YICI_ON_BUS_H

#include "core/bus/bus.h"
#include "ops/yici/command.h"

/* One data folder, a bus that is configured, signals caught: 0, or the status of a usage error that was told. */
MUST_CHECK int on_bus_begin(struct command *command);

/*
 * ${err} after a failure on ${bus} (which may be NULL). A program whose name another has taken cannot go on, but nothing is wrong with
 * what a person has set: it may be started again, so the kind becomes ERR_RETRY.
 */
void on_bus_error(const struct bus *bus, struct err *err);

#endif
