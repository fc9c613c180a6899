/*
 * main.c - the front door: `yici COMMAND …`. Parses the arguments, finds the command, passes its exit status on.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/program/log.h"
#include "core/store/state.h"
#include "ops/yici/command.h"

#ifndef YICI_VERSION
#define YICI_VERSION "0"
#endif

static const struct command_row {
	const char *name;
	int (*run)(struct command *);
	const char *usage, *en, *zh;
} commands[] = {
	{ "init", command_init, "init DATA", "make the folders of a data folder", "建立数据文件夹" },
	{ "run", command_run, "run DATA [--date D] [--jobs N] [--memory M]",
	    "take in the inbox and write the consolidated dataset", "读取收件文件夹，生成汇总数据集" },
	{ "inspect", command_inspect, "inspect FILE… [--json | --cells]", "show what would be read from a file",
	    "查看一个文件会被怎样读取" },
	{ "explain", command_explain, "explain DATA STUDENT|SOURCE:FILE:ROW [FIELD] | --pair A B",
	    "show where values come from, or why two records are one student or not",
	    "说明数据的来源，或两条记录为何是（不是）同一学生" },
	{ "model", command_model, "model show [DATA] | check FILE | train DATA --out FILE",
	    "how records are linked: show it, check a file of it, learn one from DATA",
	    "记录如何合并：查看、检查模型文件，或由 DATA 训练" },
	{ "review", command_review,
	    "review DATA list [--school CODE] [--json] | show CASE [--json] | decide CASE "
	    "same|different|twins|renumbered|wrong_row --why REASON [--records ID,ID…] | undo N --why REASON",
	    "look at and decide the cases that wait for a person", "查看并处理待人工核对的情况" },
	{ "correct", command_correct, "correct DATA STUDENT FIELD VALUE --why REASON | correct DATA undo N --why REASON",
	    "pin a value that its source has wrong, or take that back", "更正一个值（来源有误时），或撤回更正" },
	{ "hold", command_hold,
	    "hold DATA show [--json] | approve [--school CODE | --except-school CODE]… --why TEXT | discard [--school "
	    "CODE]… --why TEXT",
	    "a night that is held for a person: look, publish it, or do without it", "暂停发布的汇总：查看、确认或作废" },
	{ "forms", command_forms,
	    "forms DATA check FORM [--json] | register FORM --department NAME --due DAY [--name NAME] [--refuse] "
	    "[--json] | "
	    "list [--json] | fill FORM --class SCHOOL/GRADE/CLASS|--school CODE|--all|--person ID [--by "
	    "class|school|all] --out DIR [--grant "
	    "G] [--lock] [--page] [--teachers DATA] [--jobs N] [--date D] [--json] | diff --class C|--school "
	    "CODE|--all --out DIR [--json] | cases [--json] | decide CASE "
	    "VALUE --why TEXT | undo N --why TEXT | burden [--from D] [--to D] [--out "
	    "DIR] [--json]",
	    "a department's own form: what of it is held already, who else asks, fill it in, and what that spares",
	    "部门表单：哪些已有、谁也在问、登记采集、按班级预填、减了多少负" },
	{ "grants",
	    command_grants, "grants DATA list [--json] | show GRANT [--json] | check [--json] [--date D] | new FORM [--department NAME]",
	    "which offices may have what, by which document, and what they get", "查看和检查对各单位的授权" },
	{ "disclosures", command_disclosures, "disclosures DATA STUDENT | --grant GRANT [--json]",
	    "who received what of a student and when, or what was delivered by a grant",
	    "某个学生的数据给过谁，或某个授权交付过什么" },
	{ "purge", command_purge,
	    "purge DATA STUDENT --why TEXT [--json] | list [--json] | resume [--json] | lift N --why TEXT",
	    "keep nothing of a person any more, anywhere; or take such an order back",
	    "清除某人的全部数据（不再保存），或撤回此令" },
	{ "registers", command_registers, "registers DATA check [--year Y] [--out DIR] [--json]",
	    "inspections, meetings, documents and activities in school: what may be merged, and how many against last "
	    "year",
	    "督查检查、会议、文件、进校园活动：哪些可合并，与上年相比" },
	{ "audit", command_audit, "audit DATA verify | list [--json]",
	    "check the logs of what people decided and of what was delivered, or show the first",
	    "检查人工决定和数据交付的记录，或列出前者" },
	{ "collect", command_collect, "collect DATA [--once] [--date D]", "send the files of the inbox to the bus",
	    "把收件文件夹的文件送上消息总线" },
	{ "normalize", command_normalize, "normalize DATA [--once]", "a worker that cleans rows on the bus",
	    "清洗总线上的行（可多个同时运行）" },
	{ "consolidate", command_consolidate, "consolidate DATA", "make the nights that are asked for on the bus",
	    "按请求汇总总线上的数据" },
	{ "nightly", command_nightly, "nightly DATA [--date D]", "collect, consolidate, publish: what the timer calls",
	    "采集、汇总、发布：由定时器调用" },
	{ "topics", command_topics, "topics create [DATA…] | check [DATA…] | acl DATA… [--apply] [--json] [--date D]",
	    "make the topics of the pipeline and of DATA's grants on a cluster, compare them, or say who may read them",
	    "在 Kafka 集群上建立主题，检查它们，或按授权给出访问规则" },
	{ "follow", command_follow, "follow TOPIC --out FILE|DIR [--once]",
	    "keep a local file in step with a topic of students", "让本地文件跟随学生主题" },
	{ "status", command_status, "status DATA [--json]", "how things stand: runs, inbox, readers of the topics",
	    "查看现状：汇总、收件、各主题的读取进度" },
#ifdef YICI_SERVE
	{ "serve", command_serve, "serve DATA", "the same for a browser, and figures for Prometheus",
	    "以网页和 Prometheus 指标提供现状" },
#endif
	{ "lint", command_lint, "lint [DATA] [--rules | --fields | --schema]", "check all definitions",
	    "检查全部定义文件" },
#ifdef YICI_SAMPLE
	{ "make-sample", command_make_sample,
	    "make-sample --students N --seed S --nights K [--errors MIX] [--cells] --out DIR",
	    "write an invented city's files", "生成一座虚构城市的样例文件" },
#endif
};

const char *
say(const struct command *command, const char *zh, const char *en)
{
	return command->chinese ? zh : en;
}

int
fail(const struct command *command, const struct err *err)
{
	fprintf(stderr, "yici %s: %s\n", command->name, err->what);
	switch (err->kind) {
	case ERR_RETRY:
		return EX_TEMPFAIL;
	case ERR_INPUT:
		return EX_DATAERR;
	case ERR_AWAY:
		return EX_UNAVAILABLE;
	case ERR_DENIED:
		return EX_NOPERM;
	default:
		return EX_CONFIG;
	}
}

int
misuse(const struct command *command, const char *what)
{
	fprintf(stderr, "yici %s: %s\n%s: yici --help\n", command->name, what, say(command, "用法见", "see"));
	return EX_USAGE;
}

/* The bureau's own model where it has one, else the one that comes with the dataset, if any does. */
static int
load_model(struct definitions *definitions, const char *schemas, const char *data, struct err *err)
{
	struct text name = definitions->dataset->name;
	char path[FILE_PATH_MAX];

	if (data != NULL && path_format(path, err, "%s/config/%.*s_link.xml", data, (int)name.len, name.at) != 0)
		return -1;
	if ((data == NULL || !file_exists(path))
	    && path_format(path, err, "%s/%.*s_link.xml", schemas, (int)name.len, name.at) != 0)
		return -1;
	return file_exists(path) ? model_load(&definitions->model, path, definitions->dataset, NULL, NULL, err) : 0;
}

static int
load_counties(struct definitions *definitions, const char *data, struct err *err)
{
	char folder[FILE_PATH_MAX], path[FILE_PATH_MAX];

	if (data == NULL)
		return 0;
	if (path_format(folder, err, "%s/config", data) != 0 || path_format(path, err, "%s/schools.csv", folder) != 0)
		return -1;
	if (!file_exists(path))
		return 0;
	definitions->counties = codes_load(folder, "schools", true, err);
	return definitions->counties == NULL ? -1 : 0;
}

int
definitions_load(const struct command *command, const char *data, struct definitions *definitions, struct err *err)
{
	char schemas[4096], shipped[4096], own[4096];
	const char *folders[3] = { shipped, NULL, NULL };

	*definitions = (struct definitions){ 0 };
	if (settings_schemas(&command->settings, schemas, err) != 0
	    || settings_sources(&command->settings, shipped, err) != 0)
		return -1;
	if (data != NULL) {
		if (path_format(own, err, "%s/config/sources", data) != 0)
			return -1;
		folders[1] = own;
	}
	if (strchr(command->settings.dataset, '/') != NULL || command->settings.dataset[0] == '\0'
	    || command->settings.dataset[0] == '.')
		return err_set(err, ERR_STOP, "dataset is the name of a definition in %s, without .xml", schemas);
	definitions->dataset = dataset_load(schemas, command->settings.dataset, NULL, NULL, err);
	if (definitions->dataset == NULL)
		return -1;
	definitions->sources = sources_load(definitions->dataset, folders, NULL, NULL, err);
	if (definitions->sources == NULL || load_model(definitions, schemas, data, err) != 0
	    || load_counties(definitions, data, err) != 0) {
		definitions_free(definitions);
		return -1;
	}
	return 0;
}

void
definitions_free(struct definitions *definitions)
{
	codes_free(definitions->counties);
	model_free(definitions->model);
	sources_free(definitions->sources);
	dataset_free(definitions->dataset);
	*definitions = (struct definitions){ 0 };
}

static void
usage(const struct command *command, FILE *out)
{
	fprintf(out, "%s: yici %s [%s]\n\n", say(command, "用法", "usage"), "COMMAND", say(command, "选项", "options"));
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(out, "  yici %s\n      %s\n", commands[i].usage, say(command, commands[i].zh, commands[i].en));
	fprintf(out, "\n  --dataset NAME    %s\n  --set %s   %s\n  -c FILE           %s\n  --help, --version\n\n%s\n",
	    say(command, "数据集：schemas/NAME.xml，初始为 student", "the dataset: schemas/NAME.xml; student at first"),
	    "KEY=VALUE", say(command, "设定一项", "set one setting"),
	    say(command, "读取设置文件", "read a settings file"),
	    say(command, "设置（名称，初始值，说明）：", "settings (name, initial value, meaning):"));
	settings_help(command->chinese, out);
}

/* Options of all commands that take a value. */
struct valued {
	const char *option;
	size_t offset; /* of a const char * in struct command */
};
static const struct valued valued[] = {
	{ "--date", offsetof(struct command, date) },
	{ "--out", offsetof(struct command, out) },
	{ "--students", offsetof(struct command, students) },
	{ "--seed", offsetof(struct command, seed) },
	{ "--nights", offsetof(struct command, nights) },
	{ "--errors", offsetof(struct command, errors) },
	{ "--who", offsetof(struct command, who) },
	{ "--why", offsetof(struct command, why) },
	{ "--records", offsetof(struct command, records) },
	{ "--department", offsetof(struct command, department) },
	{ "--due", offsetof(struct command, due) },
	{ "--name", offsetof(struct command, form_name) },
	{ "--class", offsetof(struct command, form_class) },
	{ "--by", offsetof(struct command, by) },
	{ "--grant", offsetof(struct command, grant) },
	{ "--teachers", offsetof(struct command, teachers) },
	{ "--person", offsetof(struct command, person) },
	{ "--year", offsetof(struct command, year) },
	{ "--from", offsetof(struct command, from) },
	{ "--to", offsetof(struct command, to) },
};
static const struct valued flags[] = {
	{ "--json", offsetof(struct command, json) },
	{ "--cells", offsetof(struct command, cells) },
	{ "--rules", offsetof(struct command, rules) },
	{ "--fields", offsetof(struct command, fields) },
	{ "--schema", offsetof(struct command, schema) },
	{ "--quiet", offsetof(struct command, quiet) },
	{ "--once", offsetof(struct command, once) },
	{ "--pair", offsetof(struct command, pair) },
	{ "--all", offsetof(struct command, all) },
	{ "--lock", offsetof(struct command, lock) },
	{ "--page", offsetof(struct command, page) },
	{ "--refuse", offsetof(struct command, refuse) },
	{ "--apply", offsetof(struct command, apply) },
};

/* --dataset NAME, --jobs N and --memory M are settings by another name. */
static int
set_pair(struct command *command, const char *key, const char *value, struct err *err)
{
	char pair[OPTION_TEXT_MAX * 2];

	if ((size_t)snprintf(pair, sizeof(pair), "%s=%s", key, value) >= sizeof(pair))
		return err_set(err, ERR_INPUT, "--%s: %s", key, say(command, "值太长", "the value is too long"));
	return settings_set(&command->settings, pair, err);
}

/* A setting that is none was a mistake in calling us; one that is refused is a wrong setting. */
static int
not_set(const struct command *command, const struct err *err)
{
	return err->kind == ERR_INPUT ? misuse(command, err->what) : fail(command, err);
}

/* The value of ${option} at argv[*i]: behind "=", or the next argument. NULL when it is another option. */
static const char *
value_of(const char *option, int argc, char **argv, int *i)
{
	size_t len = strlen(option);

	if (strncmp(argv[*i], option, len) != 0)
		return NULL;
	if (argv[*i][len] == '=')
		return argv[*i] + len + 1;
	return argv[*i][len] == '\0' && *i + 1 < argc ? argv[++*i] : NULL;
}

/* These may be said several times. */
static int
add_school(struct command *command, const char **list, const char *value)
{
	size_t count = 0;

	while (list[count] != NULL)
		count++;
	if (count + 1 == SCHOOLS_MAX)
		return misuse(command, say(command, "学校太多", "too many schools"));
	list[count] = value;
	return 0;
}

/* One argument that begins with "-": 0, or the exit status of a usage error. */
static int
parse_option(struct command *command, int argc, char **argv, int *i)
{
	struct err err = { 0 };
	const char *value;

	for (size_t k = 0; k < ARRAY_LEN(flags); k++) {
		if (strcmp(argv[*i], flags[k].option) == 0) {
			*(bool *)((char *)command + flags[k].offset) = true;
			return 0;
		}
	}
	for (size_t k = 0; k < ARRAY_LEN(valued); k++) {
		if ((value = value_of(valued[k].option, argc, argv, i)) != NULL) {
			*(const char **)(void *)((char *)command + valued[k].offset) = value;
			return 0;
		}
	}
	if ((value = value_of("--school", argc, argv, i)) != NULL)
		return add_school(command, command->schools, command->school = value);
	if ((value = value_of("--except-school", argc, argv, i)) != NULL)
		return add_school(command, command->except_schools, value);
	if ((value = value_of("--set", argc, argv, i)) != NULL)
		return settings_set(&command->settings, value, &err) == 0 ? 0 : not_set(command, &err);
	if ((value = value_of("-c", argc, argv, i)) != NULL)
		return settings_file(&command->settings, value, &err) == 0 ? 0 : fail(command, &err);
	if ((value = value_of("--dataset", argc, argv, i)) != NULL)
		return set_pair(command, "dataset", value, &err) == 0 ? 0 : not_set(command, &err);
	if ((value = value_of("--jobs", argc, argv, i)) != NULL)
		return set_pair(command, "jobs", value, &err) == 0 ? 0 : not_set(command, &err);
	if ((value = value_of("--memory", argc, argv, i)) != NULL)
		return set_pair(command, "memory", value, &err) == 0 ? 0 : not_set(command, &err);
	return misuse(command, say(command, "没有这个选项，或缺少它的值", "no such option, or its value is missing"));
}

/*
 * -c first, --set after it, whatever their order: a file must not undo what the command line says.
 */
static int
parse(struct command *command, int argc, char **argv)
{
	for (int round = 0; round < 2; round++) {
		command->word_count = 0;
		for (int i = 2; i < argc; i++) {
			bool file = strcmp(argv[i], "-c") == 0;
			int status;

			if (argv[i][0] != '-' || argv[i][1] == '\0') {
				command->words[command->word_count++] = argv[i];
				continue;
			}
			if (file != (round == 0)) { /* not this round's: only step over it */
				struct command ignored = { .name = command->name, .chinese = command->chinese };
				struct err err = { 0 };

				status = 0;
				if (file || settings_init(&ignored.settings, &err) != 0)
					i += file;
				else
					status = parse_option(&ignored, argc, argv, &i);
				settings_fini(&ignored.settings);
				if (status != 0)
					return status;
				continue;
			}
			status = parse_option(command, argc, argv, &i);
			if (status != 0)
				return status;
		}
	}
	return 0;
}

/* The log as the settings want it; or the exit status of a setting that is none. */
static int
log_begin(const struct command *command)
{
	const char *format = command->settings.log_format;

	if (strcmp(format, "line") != 0 && strcmp(format, "json") != 0)
		return misuse(command, say(command, "log.format 只能是 line 或 json", "log.format is line or json"));
	log_as(strcmp(format, "json") == 0 ? LOG_JSON : LOG_LINES, command->name);
	return 0;
}

/* The dataset that nobody has named: what the data folder was made for or holds, else students. */
static int
settle_dataset(struct command *command)
{
	char *dataset = command->settings.dataset, name[OPTION_TEXT_MAX];
	struct err err = { 0 };

	if (dataset[0] != '\0')
		return 0;
	name[0] = '\0';
	for (size_t i = 0; i < command->word_count && name[0] == '\0'; i++) { /* the others are no data folders */
		if (state_made_for(command->words[i], name, sizeof(name), &err) != 0)
			return fail(command, &err);
	}
	snprintf(dataset, OPTION_TEXT_MAX, "%s", name[0] != '\0' ? name : "student");
	return 0;
}

/* Everything but what is made and taken away around it: the exit status. */
static int
front(struct command *command, int argc, char **argv)
{
	struct err err = { 0 };
	int status;

	if (settings_init(&command->settings, &err) != 0)
		return fail(command, &err);
	command->chinese = settings_chinese(&command->settings);
	if (argc < 2) {
		usage(command, stderr);
		return EX_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		usage(command, stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("yici %s\n", YICI_VERSION);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i].name, argv[1]) != 0)
			continue;
		for (int k = 2; k < argc; k++) {
			if (strcmp(argv[k], "--help") == 0 || strcmp(argv[k], "-h") == 0) {
				printf("%s: yici %s\n  %s\n", say(command, "用法", "usage"), commands[i].usage,
				    say(command, commands[i].zh, commands[i].en));
				return 0;
			}
		}
		status = parse(command, argc, argv);
		if (status == 0) {
			command->chinese = settings_chinese(&command->settings);
			status = log_begin(command);
		}
		if (status == 0)
			status = settle_dataset(command);
		if (status == 0)
			status = commands[i].run(command);
		if (fflush(stdout) != 0 && status == 0)
			status = EX_IOERR;
		return status;
	}
	return misuse(command, say(command, "没有这个命令", "no such command"));
}

int
main(int argc, char **argv)
{
	struct command command = { .name = argc > 1 ? argv[1] : "" };
	int status;

	umask(077);
	setlocale(LC_CTYPE, "");
	command.words = calloc((size_t)argc + 1, sizeof(*command.words));
	if (command.words == NULL) {
		struct err err;

		err_set(&err, ERR_RETRY, "out of memory");
		return fail(&command, &err);
	}
	status = front(&command, argc, argv);
	settings_fini(&command.settings);
	free(command.words);
	return status;
}
