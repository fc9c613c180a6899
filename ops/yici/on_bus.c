/*
 * on_bus.c - see on_bus.h.
 */
#include "ops/yici/on_bus.h"

#include "ops/yici/signals.h"

int
on_bus_begin(struct command *command)
{
	if (command->word_count != 1)
		return misuse(command, say(command, "需要一个数据文件夹", "wants one data folder"));
	if (!bus_configured(&command->settings.bus))
		return misuse(
		    command, say(command, "没有设置 kafka.bootstrap.servers", "kafka.bootstrap.servers is not set"));
	signals_catch();
	return 0;
}

void
on_bus_error(const struct bus *bus, struct err *err)
{
	if (bus != NULL && bus_fenced(bus))
		err->kind = ERR_RETRY;
}
