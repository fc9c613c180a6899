/*
 * init.c - `yici init DATA`: the folders of a data folder. Doing it again is fine.
 */
#include <stdio.h>
#include <string.h>

#include "core/store/state.h"
#include "ops/yici/command.h"

int
command_init(struct command *command)
{
	struct err err = { 0 };

	if (command->word_count != 1)
		return misuse(command, say(command, "需要一个数据文件夹", "wants one data folder"));
	if (state_init(command->words[0], &err) != 0
	    || (strcmp(command->settings.dataset, "student") != 0
		&& state_make_for(command->words[0], command->settings.dataset, &err) != 0))
		return fail(command, &err);
	if (command->chinese)
		printf("已建立 %s。请把各来源的文件放入 %s/inbox/<来源>/，然后运行：yici run %s\n", command->words[0],
		    command->words[0], command->words[0]);
	else
		printf("Made %s. Drop files into %s/inbox/<source>/, then: yici run %s\n", command->words[0],
		    command->words[0], command->words[0]);
	return 0;
}
