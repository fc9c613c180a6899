/*
 * sample.c - `yici make-sample`: the files of an invented city, night by night, and the truth about them.
 */
#include <stdio.h>

#include "ops/sample/sample.h"
#include "ops/yici/command.h"

/* A whole number from ${least} to ${most}; false when it is anything else. */
static bool
parse_number(const char *word, uint64_t least, uint64_t most, uint64_t *value)
{
	return text_to_u64(text_from(word), value) && *value >= least && *value <= most;
}

int
command_make_sample(struct command *command)
{
	struct err err = { 0 };
	uint64_t students = 3000, seed = 1, nights = 1;
	const struct mix *mix = mix_named(command->errors != NULL ? command->errors : "standard");
	struct sample sample;

	if (command->word_count != 0)
		return misuse(command, say(command, "多余的参数", "unexpected argument"));
	if (command->out == NULL)
		return misuse(command, say(command, "请用 --out 指定输出文件夹", "say with --out where to write"));
	if (command->students != NULL && !parse_number(command->students, 1, 20000000, &students))
		return misuse(command, say(command, "--students 应为 1 到 20000000", "--students is 1 to 20000000"));
	if (command->seed != NULL && !parse_number(command->seed, 0, UINT64_MAX, &seed))
		return misuse(command, say(command, "--seed 应为整数", "--seed is a whole number"));
	if (command->nights != NULL && !parse_number(command->nights, 1, SAMPLE_NIGHTS_MAX, &nights))
		return misuse(command, say(command, "--nights 应为 1 到 400", "--nights is 1 to 400"));
	if (mix == NULL)
		return misuse(command,
		    say(command, "--errors 为 standard、linkage 或 other", "--errors is standard, linkage or other"));
	if (strcmp(command->settings.dataset, "student") != 0 && strcmp(command->settings.dataset, "teacher") != 0
	    && strcmp(command->settings.dataset, "register") != 0)
		return misuse(command,
		    say(command, "--dataset 为 student、teacher 或 register",
			"--dataset is student, teacher or register"));
	sample = (struct sample){ .students = (size_t)students,
		.seed = seed,
		.nights = (unsigned)nights,
		.mix = mix,
		.cells = command->cells,
		.dataset = command->settings.dataset,
		.out = command->out };
	if (sample_write(&sample, &err) != 0)
		return fail(command, &err);
	return 0;
}
