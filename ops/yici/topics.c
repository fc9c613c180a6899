/*
 * topics.c - `yici topics create|check|acl [DATA…]`: the topics of the pipeline on a cluster, those of the views that DATA's grants give,
 * and who may read them (access.h).
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/bus/acl.h"
#include "core/bus/admin.h"
#include "ops/yici/access.h"
#include "ops/yici/command.h"
#include "ops/yici/night.h"

/* What the grants of all DATA say. */
struct wanted {
	char (*names)[TOPIC_NAME_MAX]; /* of views' topics */
	const char **views;
	size_t count, broken;
	struct bus_acls acls;
};

/* ---- what the grants want ---- */

static int
add_view(struct wanted *wanted, const char *name, struct err *err)
{
	void *names;

	for (size_t i = 0; i < wanted->count; i++) {
		if (strcmp(wanted->names[i], name) == 0)
			return 0;
	}
	names = realloc(wanted->names, (wanted->count + 1) * sizeof(*wanted->names));
	if (names == NULL)
		return err_set(err, ERR_RETRY, "out of memory for topics");
	wanted->names = names;
	snprintf(wanted->names[wanted->count++], TOPIC_NAME_MAX, "%s", name);
	return 0;
}

/* Topics are made ahead, also for grants that are not valid yet; what may be read goes by the date. */
static int
take_grants(const struct command *command, const char *data, struct date date, struct wanted *wanted, struct err *err)
{
	const char *prefix = command->settings.bus.prefix;
	struct definitions definitions;
	struct grants *grants = NULL;
	char folder[FILE_PATH_MAX], name[TOPIC_NAME_MAX];
	const char *const folders[] = { folder, NULL };
	int result = -1;

	if (definitions_load(command, data, &definitions, err) != 0)
		return -1;
	if (path_format(folder, err, "%s/config/grants", data) != 0
	    || (grants = grants_load(definitions.dataset, folders, NULL, NULL, err)) == NULL)
		goto done;
	for (size_t i = 0; i < grants->count; i++) {
		const struct grant *grant = &grants->at[i];

		wanted->broken += grant->broken.len > 0;
		if (grant->broken.len > 0 || !grant->topic || grant_time(grant, date) == GRANT_EXPIRED)
			continue;
		topic_view_name(name, prefix, grant->id);
		if (add_view(wanted, name, err) != 0)
			goto done;
	}
	result = access_want(&wanted->acls, grants, prefix, date, err);
done:
	grants_free(grants);
	definitions_free(&definitions);
	return result;
}

static int
find_wanted(const struct command *command, struct wanted *wanted, struct err *err)
{
	struct date date;

	if (!night_date(command, &date))
		return err_set(
		    err, ERR_INPUT, "%s", say(command, "日期要写成 2026-09-02", "a date is written 2026-09-02"));
	for (size_t i = 1; i < command->word_count; i++) {
		if (take_grants(command, command->words[i], date, wanted, err) != 0)
			return -1;
	}
	wanted->views = calloc(wanted->count + 1, sizeof(*wanted->views));
	if (wanted->views == NULL)
		return err_set(err, ERR_RETRY, "out of memory for topics");
	for (size_t i = 0; i < wanted->count; i++)
		wanted->views[i] = wanted->names[i];
	return 0;
}

static void
free_wanted(struct wanted *wanted)
{
	free(wanted->names);
	free(wanted->views);
	bus_acls_free(&wanted->acls);
}

/* ---- the topics ---- */

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
create(const struct command *command, struct bus_admin *admin, const struct wanted *wanted, struct err *err)
{
	unsigned made, all = TOPIC_COUNT + (unsigned)wanted->count;

	if (bus_admin_create(admin, &made, err) != 0)
		return -1;
	if (command->chinese)
		printf("新建主题 %u 个，已有 %u 个。\n", made, all - made);
	else
		printf("%u topics made, %u were there.\n", made, all - made);
	return 0;
}

/* ---- who may read ---- */

/* What became of a rule, or is to be. */
enum fate { FATE_WANTED, FATE_THERE, FATE_MISSING, FATE_MADE, FATE_BEYOND, FATE_DELETED };
static const char *const fate_names[] = { "wanted", "there", "missing", "made", "beyond", "deleted" };

static void
print_text(const struct command *command, const struct bus_acl *acl, enum fate fate)
{
	static const char *const zh[] = { "应有", "已有", "缺少", "已添加", "超出授权", "已删除" };

	printf("%-14s %-28s %-5s %-40s %s\n", say(command, zh[fate], fate_names[fate]), acl->principal,
	    acl->group ? "group" : "topic", acl->name, bus_acl_word(acl));
}

static void
print_json(const struct bus_acl *acl, enum fate fate, size_t nth)
{
	struct buffer out;

	buffer_init(&out, (size_t)1 << 20);
	buffer_format(&out, "%s\n{\"state\":\"%s\",\"principal\":", nth == 0 ? "" : ",", fate_names[fate]);
	buffer_json_string(&out, text_from(acl->principal));
	buffer_format(&out, ",\"resource\":\"%s\",\"name\":", acl->group ? "group" : "topic");
	buffer_json_string(&out, text_from(acl->name));
	buffer_format(&out, ",\"pattern\":\"%s\",\"operation\":\"%s\",\"host\":", acl->prefixed ? "prefixed" : "literal",
	    bus_acl_word(acl));
	buffer_json_string(&out, text_from(acl->host));
	buffer_char(&out, '}');
	printf("%.*s", (int)out.len, out.at != NULL ? out.at : "");
	buffer_fini(&out);
}

struct comparing {
	const struct command *command;
	const char *prefix;
	char own[1024];
	bool apply, wrong; /* ${wrong}: print only what is not as it should be */
	size_t printed;
	size_t open; /* missing or beyond, and still so */
};

static void
print(struct comparing *comparing, const struct bus_acl *acl, enum fate fate)
{
	bool open = fate == FATE_MISSING || fate == FATE_BEYOND;

	comparing->open += open;
	if (comparing->wrong && !open)
		return;
	if (comparing->command->json)
		print_json(acl, fate, comparing->printed);
	else
		print_text(comparing->command, acl, fate);
	comparing->printed++;
}

/* Whom we log in as is ours, and whoever topics.own says. */
static void
find_own(struct comparing *comparing, const struct bus_admin *admin)
{
	const char *user = bus_admin_user(admin), *set = comparing->command->settings.topics_own;

	snprintf(comparing->own, sizeof(comparing->own), "%.700s;%s%.200s", set, user != NULL ? "User:" : "",
	    user != NULL ? user : "");
}

static int
compare(struct comparing *comparing, struct bus_admin *admin, const struct bus_acls *wanted,
    const struct bus_acls *there, struct err *err)
{
	find_own(comparing, admin);
	for (size_t i = 0; i < wanted->count; i++) {
		bool found = false;

		for (size_t k = 0; k < there->count && !found; k++)
			found = access_same(&there->at[k], &wanted->at[i]);
		if (!found && comparing->apply && bus_admin_acl_create(admin, &wanted->at[i], err) != 0)
			return -1;
		print(comparing, &wanted->at[i], found ? FATE_THERE : comparing->apply ? FATE_MADE : FATE_MISSING);
	}
	for (size_t i = 0; i < there->count; i++) {
		const struct bus_acl *acl = &there->at[i];
		bool deletes = comparing->apply && access_ours(acl, comparing->prefix);

		if (!access_beyond(acl, wanted, comparing->prefix, comparing->own))
			continue;
		if (deletes && bus_admin_acl_delete(admin, acl, err) != 0)
			return -1;
		print(comparing, acl, deletes ? FATE_DELETED : FATE_BEYOND);
	}
	return 0;
}

/* What the brokers' rules are, held against the grants. ${unread}: they have none, or we may not see them, which is said. */
static int
look_at_rules(
    struct comparing *comparing, struct bus_admin *admin, const struct bus_acls *wanted, bool *unread, struct err *err)
{
	const struct command *command = comparing->command;
	struct bus_acls there;
	bool guarded;
	int result;

	*unread = false;
	if (bus_admin_acls(admin, &there, &guarded, err) != 0) {
		if (err->kind != ERR_DENIED || comparing->apply)
			return -1;
		*unread = true;
		fprintf(stderr, "yici topics: %s\n",
		    say(command, "没有查看访问规则（ACL）的权限，未作比较",
			"we may not see the cluster's rules (ACLs): they were not compared"));
		return 0;
	}
	if (!guarded) {
		*unread = true;
		fprintf(stderr, "yici topics: %s\n",
		    say(command, "集群没有启用访问控制（SECURITY_DISABLED）：任何人都能读所有主题，ACL 不起作用",
			"the cluster has no authorizer (SECURITY_DISABLED): everybody may read every topic, and no ACL "
			"counts"));
		return 0;
	}
	result = compare(comparing, admin, wanted, &there, err);
	bus_acls_free(&there);
	return result;
}

static void
print_wanted(struct comparing *comparing, const struct bus_acls *wanted)
{
	for (size_t i = 0; i < wanted->count; i++)
		print(comparing, &wanted->at[i], FATE_WANTED);
}

/* `topics acl`: without a cluster only what the grants want. */
static int
acl(const struct command *command, const struct wanted *wanted, int *status, struct err *err)
{
	struct comparing comparing = {
		.command = command, .prefix = command->settings.bus.prefix, .apply = command->apply
	};
	const struct bus_settings *settings = &command->settings.bus;
	bool cluster = bus_configured(settings) && settings->local[0] == '\0', unread = true;
	struct bus_admin *admin = NULL;
	int result = 0;

	if (!cluster && command->apply)
		return err_set(err, ERR_STOP, "%s",
		    say(command, "没有设置集群（kafka.bootstrap.servers）",
			"no cluster is set (kafka.bootstrap.servers)"));
	if (cluster && bus_admin_open(&admin, settings, err) != 0)
		return -1;
	if (command->json)
		putchar('[');
	if (cluster)
		result = look_at_rules(&comparing, admin, &wanted->acls, &unread, err);
	if (result == 0 && unread)
		print_wanted(&comparing, &wanted->acls);
	if (command->json)
		puts("\n]");
	else if (result == 0 && comparing.printed == 0)
		puts(say(command, "没有需要的访问规则。", "No rule is wanted."));
	if (wanted->broken > 0)
		fprintf(stderr, "yici topics: %s %zu\n",
		    say(command, "有误的授权（不给任何权限），见 grants check：",
			"broken grants, which allow nothing (grants check):"),
		    wanted->broken);
	if (comparing.open > 0 || (unread && command->apply))
		*status = EX_HELD;
	bus_admin_close(admin);
	return result;
}

/* ---- the verbs ---- */

static int
create_or_check(const struct command *command, bool creates, const struct wanted *wanted, int *status, struct err *err)
{
	struct comparing comparing = { .command = command, .prefix = command->settings.bus.prefix, .wrong = true };
	struct bus_admin *admin;
	unsigned faults = 0;
	bool unread;
	int result = -1;

	if (bus_admin_open(&admin, &command->settings.bus, err) != 0)
		return -1;
	bus_admin_views(admin, wanted->views, wanted->count);
	if ((creates && create(command, admin, wanted, err) != 0)
	    || bus_admin_check(admin, print_fault, (void *)command, &faults, err) != 0)
		goto done;
	if (faults > 0)
		*status = EX_CONFIG;
	else if (!creates)
		puts(say(command, "全部主题符合要求。", "All topics are as they should be."));
	/* without DATA there are no grants to hold the rules against */
	if (!creates && command->word_count > 1 && look_at_rules(&comparing, admin, &wanted->acls, &unread, err) != 0)
		goto done;
	if (comparing.open > 0 && *status == 0)
		*status = EX_HELD;
	result = 0;
done:
	bus_admin_close(admin);
	return result;
}

int
command_topics(struct command *command)
{
	const char *verb = command->word_count > 0 ? command->words[0] : "";
	bool rules = strcmp(verb, "acl") == 0, creates = strcmp(verb, "create") == 0;
	struct wanted wanted = { 0 };
	struct err err = { 0 };
	int status = 0;

	if (!rules && !creates && strcmp(verb, "check") != 0)
		return misuse(command, say(command, "需要 create、check 或 acl", "wants create, check or acl"));
	if (rules && command->word_count < 2)
		return misuse(command, say(command, "acl 需要数据文件夹", "acl wants data folders"));
	if (command->apply && !rules)
		return misuse(command, say(command, "--apply 只用于 acl", "--apply belongs to acl"));
	if (find_wanted(command, &wanted, &err) != 0
	    || (rules ? acl(command, &wanted, &status, &err) : create_or_check(command, creates, &wanted, &status, &err))
		!= 0)
		status = fail(command, &err);
	free_wanted(&wanted);
	return status;
}
