/*
 * topics.c - `yici topics create|check`: the topics of the pipeline on a cluster.
 */
#include <stdio.h>

#include "core/bus/admin.h"
#include "ops/yici/command.h"

/* What people call a setting that is not Kafka's own word. */
static const char *
setting_name(const struct command *command, const char *setting)
{
	if (strcmp(setting, "partitions") == 0)
		return say(command, "分区数", setting);
	if (strcmp(setting, "replication") == 0)
		return say(command, "副本数", setting);
	return setting;
}

static void
print_fault(void *self, const struct topic_fault *fault)
{
	const struct command *command = self;

	if (strcmp(fault->setting, "topic") == 0)
		printf("%s%s\n", fault->topic, say(command, "：没有这个主题", ": there is no such topic"));
	else if (command->chinese)
		printf("%s：%s 现在是 %s，应为 %s\n", fault->topic, setting_name(command, fault->setting), fault->is,
		    fault->should);
	else
		printf("%s: %s is %s, should be %s\n", fault->topic, fault->setting, fault->is, fault->should);
}

static int
create(struct command *command, struct bus_admin *admin, struct err *err)
{
	unsigned made;

	if (bus_admin_create(admin, &made, err) != 0)
		return -1;
	if (command->chinese)
		printf("新建主题 %u 个，已有 %u 个。\n", made, TOPIC_COUNT - made);
	else
		printf("%u topics made, %u were there.\n", made, TOPIC_COUNT - made);
	return 0;
}

int
command_topics(struct command *command)
{
	const struct bus_settings *settings = &command->settings.bus;
	const char *verb = command->word_count == 1 ? command->words[0] : "";
	struct bus_admin *admin;
	struct err err = { 0 };
	unsigned faults = 0;
	int status = 0;

	if (strcmp(verb, "create") != 0 && strcmp(verb, "check") != 0)
		return misuse(command, say(command, "需要 create 或 check", "wants create or check"));
	if (bus_admin_open(&admin, settings, &err) != 0)
		return fail(command, &err);
	if ((strcmp(verb, "create") == 0 && create(command, admin, &err) != 0)
	    || bus_admin_check(admin, print_fault, command, &faults, &err) != 0)
		status = fail(command, &err);
	else if (faults > 0)
		status = EX_CONFIG;
	else if (strcmp(verb, "check") == 0)
		printf("%s\n", say(command, "全部主题符合要求。", "All topics are as they should be."));
	bus_admin_close(admin);
	return status;
}
