/*
 * admin.c - see admin.h. Every question is asked by librdkafka's admin calls and waited for. A cluster that cannot be reached
 * has been told of by bus_open(); one that goes away meanwhile ends the wait.
 */
#include "core/bus/admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bus/admin_ask.h"
#include "core/bus/bus.h"
#include "core/bus/kafka.h"
#include "core/bus/settings.h"
#include "core/bus/way.h"

#define LEADERS_MS 30000 /* until new partitions have leaders */
#define NUMBER_MAX 24
#define REPLICATION_WANTED 3

const char *
bus_library(void)
{
	return rd_kafka_version_str();
}

/* ---- asking ---- */

int
admin_refuse(struct err *err, rd_kafka_resp_err_t code, const char *what)
{
	enum err_kind kind = ERR_STOP;

	switch (code) {
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
	case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
	case RD_KAFKA_RESP_ERR__TRANSPORT:
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
	case RD_KAFKA_RESP_ERR__WAIT_COORD:
	case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
	case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
	case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
		kind = ERR_AWAY;
		break;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
		kind = ERR_DENIED;
		break;
	default:
		break;
	}
	return err_set(err, kind, "%s: %s", what, rd_kafka_err2str(code));
}

rd_kafka_AdminOptions_t *
admin_options(struct bus_admin *admin, rd_kafka_admin_op_t question, struct err *err)
{
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->client, question);
	char why[200];

	if (options == NULL) {
		err_set(err, ERR_RETRY, "memory is short");
		return NULL;
	}
	if (rd_kafka_AdminOptions_set_request_timeout(options, ANSWER_MS, why, sizeof(why))
	    != RD_KAFKA_RESP_ERR_NO_ERROR) {
		rd_kafka_AdminOptions_destroy(options);
		err_set(err, ERR_STOP, "%s", why);
		return NULL;
	}
	return options;
}

rd_kafka_event_t *
admin_answer(struct bus_admin *admin, const char *what, struct err *err)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(admin->queue, ANSWER_MS + 5000);

	if (event == NULL) {
		err_set(err, ERR_AWAY, "%s: the broker does not answer", what);
		return NULL;
	}
	if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
		admin_refuse(err, rd_kafka_event_error(event), what);
		rd_kafka_event_destroy(event);
		return NULL;
	}
	return event;
}

int
bus_admin_open(struct bus_admin **out, const struct bus_settings *settings, struct err *err)
{
	struct bus_role role = { .program = "admin" };
	struct bus_admin *admin = calloc(1, sizeof(*admin));

	*out = NULL;
	if (admin == NULL)
		return err_set(err, ERR_RETRY, "memory is short");
	admin->settings = settings;
	if (settings->local[0] != '\0') {
		free(admin);
		return err_set(err, ERR_STOP, "a local bus has no brokers to ask");
	}
	if (bus_open(&admin->bus, settings, &role, err) != 0) {
		free(admin);
		return -1;
	}
	admin->client = ((struct kafka *)admin->bus)->consumer;
	admin->queue = rd_kafka_queue_new(admin->client);
	*out = admin;
	return 0;
}

void
bus_admin_close(struct bus_admin *admin)
{
	if (admin == NULL)
		return;
	rd_kafka_queue_destroy(admin->queue);
	bus_close(admin->bus);
	free(admin);
}

static const struct rd_kafka_metadata *
metadata(struct bus_admin *admin, struct err *err)
{
	const struct rd_kafka_metadata *all;
	rd_kafka_resp_err_t code = rd_kafka_metadata(admin->client, 1, NULL, &all, ANSWER_MS);

	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return all;
	admin_refuse(err, code, "the list of topics");
	return NULL;
}

int
bus_admin_brokers(struct bus_admin *admin, unsigned *count, struct err *err)
{
	const struct rd_kafka_metadata *all = metadata(admin, err);

	if (all == NULL)
		return -1;
	*count = (unsigned)all->broker_cnt;
	rd_kafka_metadata_destroy(all);
	return 0;
}

static const struct rd_kafka_metadata_topic *
topic_in(const struct rd_kafka_metadata *all, const char *name)
{
	for (int i = 0; i < all->topic_cnt; i++) {
		if (strcmp(all->topics[i].topic, name) == 0 && all->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
			return &all->topics[i];
	}
	return NULL;
}

/* ---- what a topic should be ---- */

void
bus_admin_views(struct bus_admin *admin, const char *const *names, size_t count)
{
	admin->views = names;
	admin->view_count = count;
}

static size_t
topic_total(const struct bus_admin *admin)
{
	return TOPIC_COUNT + admin->view_count;
}

/* The name and plan of one of ours: those of topics.h, then the views. */
static const struct topic_plan *
plan_of(const struct bus_admin *admin, size_t number, char name[TOPIC_NAME_MAX])
{
	if (number >= TOPIC_COUNT) {
		snprintf(name, TOPIC_NAME_MAX, "%s", admin->views[number - TOPIC_COUNT]);
		return &topic_view_plan;
	}
	topic_name(name, admin->settings->prefix, (enum topic)number);
	return &topic_plans[number];
}

struct wish {
	const char *setting;
	char should[NUMBER_MAX];
	bool more; /* a greater number, or -1 for "for ever", is as well */
};
#define WISHES_MAX 10

static void
add_wish(struct wish wishes[WISHES_MAX], size_t *count, const char *setting, bool more, const char *should)
{
	struct wish *wish = &wishes[(*count)++];

	*wish = (struct wish){ .setting = setting, .more = more };
	snprintf(wish->should, sizeof(wish->should), "%s", should);
}

static void
add_number(struct wish wishes[WISHES_MAX], size_t *count, const char *setting, uint64_t number)
{
	char text[NUMBER_MAX];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	add_wish(wishes, count, setting, true, text);
}

static size_t
wishes_of(const struct topic_plan *plan, unsigned replication, struct wish wishes[WISHES_MAX])
{
	size_t count = 0;

	add_wish(wishes, &count, "cleanup.policy", false, plan->compact ? "compact" : "delete");
	if (plan->compact) {
		add_number(wishes, &count, "delete.retention.ms", plan->delete_retention_ms);
		add_number(wishes, &count, "min.compaction.lag.ms", plan->compaction_lag_ms);
	} else
		add_number(wishes, &count, "retention.ms", plan->retention_ms);
	add_number(wishes, &count, "min.insync.replicas", replication >= REPLICATION_WANTED ? 2 : 1);
	add_number(wishes, &count, "max.message.bytes", BUS_MESSAGE_BYTES_MAX);
	add_wish(wishes, &count, "compression.type", false, "producer");
	add_wish(wishes, &count, "unclean.leader.election.enable", false, "false");
	return count;
}

static bool
fulfilled(const struct wish *wish, const char *is)
{
	if (strcmp(is, wish->should) == 0)
		return true;
	if (!wish->more)
		return false;
	return strcmp(is, "-1") == 0 || (is[0] != '-' && strtoull(is, NULL, 10) >= strtoull(wish->should, NULL, 10));
}

static unsigned
partitions_of(const struct bus_admin *admin, const struct topic_plan *plan)
{
	return plan->keyed ? (unsigned)admin->settings->partitions : 1;
}

static unsigned
replication_of(const struct bus_admin *admin, unsigned brokers)
{
	if (admin->settings->replication != 0)
		return (unsigned)admin->settings->replication;
	return brokers < REPLICATION_WANTED ? brokers : REPLICATION_WANTED;
}

/* ---- making ---- */

static rd_kafka_NewTopic_t *
new_topic(const struct bus_admin *admin, const char *name, const struct topic_plan *plan, unsigned replication,
    struct err *err)
{
	struct wish wishes[WISHES_MAX];
	size_t count = wishes_of(plan, replication, wishes);
	char why[200];
	rd_kafka_NewTopic_t *made;

	made = rd_kafka_NewTopic_new(name, (int)partitions_of(admin, plan), (int)replication, why, sizeof(why));
	if (made == NULL) {
		err_set(err, ERR_STOP, "%s: %s", name, why);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (rd_kafka_NewTopic_set_config(made, wishes[i].setting, wishes[i].should)
		    != RD_KAFKA_RESP_ERR_NO_ERROR) {
			err_set(err, ERR_STOP, "%s: %s", name, wishes[i].setting);
			rd_kafka_NewTopic_destroy(made);
			return NULL;
		}
	}
	return made;
}

static int
create_all(struct bus_admin *admin, rd_kafka_NewTopic_t **topics, size_t count, struct err *err)
{
	rd_kafka_AdminOptions_t *options = admin_options(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS, err);
	rd_kafka_event_t *event;
	const rd_kafka_topic_result_t **results;
	size_t got;
	int result = 0;

	if (options == NULL)
		return -1;
	rd_kafka_CreateTopics(admin->client, topics, count, options, admin->queue);
	rd_kafka_AdminOptions_destroy(options);
	event = admin_answer(admin, "making the topics", err);
	if (event == NULL)
		return -1;
	results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &got);
	for (size_t i = 0; i < got && result == 0; i++) {
		rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
		const char *why = rd_kafka_topic_result_error_string(results[i]);

		if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
			continue;
		result = admin_refuse(err, code, rd_kafka_topic_result_name(results[i]));
		if (err->kind == ERR_STOP && why != NULL)
			err_set(err, ERR_STOP, "%s: %s", rd_kafka_topic_result_name(results[i]), why);
	}
	rd_kafka_event_destroy(event);
	return result;
}

/*
 * Whether each of our topics is there and each of its partitions has a leader that is at work: 1, 0, -1. A broker is named as leader before it
 * is ready to be one; a request for offsets it answers only then, and what is sent before can go wrong (kafka_write.c).
 */
static int
led(struct bus_admin *admin, struct err *err)
{
	const struct rd_kafka_metadata *all = metadata(admin, err);
	int result = 1;

	if (all == NULL)
		return -1;
	for (size_t topic = 0; topic < topic_total(admin) && result == 1; topic++) {
		const struct rd_kafka_metadata_topic *found;
		char name[TOPIC_NAME_MAX];

		(void)plan_of(admin, topic, name);
		found = topic_in(all, name);
		if (found == NULL)
			result = 0;
		for (int i = 0; found != NULL && i < found->partition_cnt; i++) {
			int64_t low, high;

			if (found->partitions[i].leader < 0
			    || rd_kafka_query_watermark_offsets(
				   admin->client, name, found->partitions[i].id, &low, &high, 1000)
				!= RD_KAFKA_RESP_ERR_NO_ERROR)
				result = 0;
		}
	}
	rd_kafka_metadata_destroy(all);
	return result;
}

static int
wait_for_leaders(struct bus_admin *admin, struct err *err)
{
	int64_t until = bus_clock_ms() + LEADERS_MS;

	for (;;) {
		int got = led(admin, err);
		rd_kafka_event_t *event;

		if (got != 0)
			return got == 1 ? 0 : -1;
		if (bus_clock_ms() > until)
			return err_set(err, ERR_AWAY, "not all partitions of the new topics have a leader yet");
		event = rd_kafka_queue_poll(admin->queue, 100); /* nothing comes: a pause */
		if (event != NULL)
			rd_kafka_event_destroy(event);
	}
}

int
bus_admin_create(struct bus_admin *admin, unsigned *made, struct err *err)
{
	const struct rd_kafka_metadata *all = metadata(admin, err);
	rd_kafka_NewTopic_t **topics = calloc(topic_total(admin), sizeof(rd_kafka_NewTopic_t *));
	size_t count = 0;
	int result = 0;

	if (all == NULL || topics == NULL) {
		if (all != NULL)
			rd_kafka_metadata_destroy(all);
		free(topics);
		return all == NULL ? -1 : err_set(err, ERR_RETRY, "memory is short");
	}
	for (size_t topic = 0; topic < topic_total(admin) && result == 0; topic++) {
		char name[TOPIC_NAME_MAX];
		const struct topic_plan *plan = plan_of(admin, topic, name);

		if (topic_in(all, name) != NULL)
			continue;
		topics[count] = new_topic(admin, name, plan, replication_of(admin, (unsigned)all->broker_cnt), err);
		if (topics[count] == NULL)
			result = -1;
		else
			count++;
	}
	rd_kafka_metadata_destroy(all);
	if (result == 0 && count > 0)
		result = create_all(admin, topics, count, err);
	rd_kafka_NewTopic_destroy_array(topics, count);
	free(topics);
	*made = (unsigned)count;
	return result == 0 ? wait_for_leaders(admin, err) : -1;
}

/* ---- comparing ---- */

/* What is found goes to the caller, or the first of it is kept. */
struct finding {
	topic_tell *tell;
	void *self;
	unsigned count;
};

static void
found(struct finding *finding, const char *topic, const char *setting, const char *is, const char *should)
{
	struct topic_fault fault = { topic, setting, is, should };

	finding->count++;
	if (finding->tell != NULL)
		finding->tell(finding->self, &fault);
}

/* Partitions and replicas, as the metadata have them. The number of replicas is ${*replication}. */
static void
check_shape(const struct bus_admin *admin, const char *name, const struct topic_plan *plan,
    const struct rd_kafka_metadata *all, struct finding *finding, unsigned *replication)
{
	const struct rd_kafka_metadata_topic *there;
	unsigned partitions = partitions_of(admin, plan), replicas = replication_of(admin, (unsigned)all->broker_cnt);
	char is[NUMBER_MAX], should[NUMBER_MAX];

	*replication = 0;
	there = topic_in(all, name);
	if (there == NULL) {
		found(finding, name, "topic", "missing", "there");
		return;
	}
	if ((unsigned)there->partition_cnt != partitions) {
		snprintf(is, sizeof(is), "%d", there->partition_cnt);
		snprintf(should, sizeof(should), "%u", partitions);
		found(finding, name, "partitions", is, should);
	}
	for (int i = 0; i < there->partition_cnt; i++) {
		unsigned has = (unsigned)there->partitions[i].replica_cnt;

		if (*replication == 0 || has < *replication)
			*replication = has;
	}
	if (*replication < replicas) {
		snprintf(is, sizeof(is), "%u", *replication);
		snprintf(should, sizeof(should), "%u", replicas);
		found(finding, name, "replication", is, should);
	}
}

static void
check_settings(const rd_kafka_ConfigResource_t *resource, const struct topic_plan *plan, unsigned replication,
    struct finding *finding)
{
	struct wish wishes[WISHES_MAX];
	size_t count = wishes_of(plan, replication, wishes), got;
	const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &got);

	for (size_t i = 0; i < count; i++) {
		const char *is = NULL;

		for (size_t k = 0; k < got && is == NULL; k++) {
			if (strcmp(rd_kafka_ConfigEntry_name(entries[k]), wishes[i].setting) == 0)
				is = rd_kafka_ConfigEntry_value(entries[k]);
		}
		if (is == NULL || !fulfilled(&wishes[i], is))
			found(finding, rd_kafka_ConfigResource_name(resource), wishes[i].setting, is == NULL ? "?" : is,
			    wishes[i].should);
	}
}

/* Ask for the settings of ${count} topics; the answer, to be destroyed, or NULL. */
static rd_kafka_event_t *
ask_settings(struct bus_admin *admin, const char *const *names, size_t count, struct err *err)
{
	rd_kafka_AdminOptions_t *options = admin_options(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, err);
	rd_kafka_ConfigResource_t **resources = calloc(count + 1, sizeof(rd_kafka_ConfigResource_t *));

	if (options == NULL || resources == NULL) {
		if (options != NULL)
			rd_kafka_AdminOptions_destroy(options);
		free(resources);
		err_set(err, ERR_RETRY, "memory is short");
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		resources[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, names[i]);
	rd_kafka_DescribeConfigs(admin->client, resources, count, options, admin->queue);
	rd_kafka_ConfigResource_destroy_array(resources, count);
	free(resources);
	rd_kafka_AdminOptions_destroy(options);
	return admin_answer(admin, "the topics' settings", err);
}

/* A topic whose settings are asked for. */
struct asked {
	char name[TOPIC_NAME_MAX];
	const struct topic_plan *plan;
	unsigned replication;
};

static int
check_answer(rd_kafka_event_t *event, const struct asked *asked, size_t count, struct finding *finding, struct err *err)
{
	size_t got;
	const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
	    rd_kafka_event_DescribeConfigs_result(event), &got);

	for (size_t i = 0; i < got; i++) {
		const char *name = rd_kafka_ConfigResource_name(resources[i]);

		if (rd_kafka_ConfigResource_error(resources[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
			return admin_refuse(err, rd_kafka_ConfigResource_error(resources[i]), name);
		for (size_t k = 0; k < count; k++) {
			if (strcmp(asked[k].name, name) == 0)
				check_settings(resources[i], asked[k].plan, asked[k].replication, finding);
		}
	}
	return 0;
}

int
bus_admin_check(struct bus_admin *admin, topic_tell *tell, void *self, unsigned *faults, struct err *err)
{
	struct finding finding = { tell, self, 0 };
	const struct rd_kafka_metadata *all = metadata(admin, err);
	struct asked *asked = calloc(topic_total(admin), sizeof(*asked));
	const char **names = calloc(topic_total(admin), sizeof(*names));
	rd_kafka_event_t *event;
	size_t count = 0;
	int result = -1;

	if (all == NULL)
		goto done;
	if (asked == NULL || names == NULL) {
		rd_kafka_metadata_destroy(all);
		err_set(err, ERR_RETRY, "memory is short");
		goto done;
	}
	for (size_t topic = 0; topic < topic_total(admin); topic++) {
		struct asked *one = &asked[count];

		one->plan = plan_of(admin, topic, one->name);
		check_shape(admin, one->name, one->plan, all, &finding, &one->replication);
		names[count] = one->name;
		count += one->replication > 0;
	}
	rd_kafka_metadata_destroy(all);
	*faults = finding.count;
	result = 0;
	if (count > 0) {
		event = ask_settings(admin, names, count, err);
		result = event == NULL ? -1 : check_answer(event, asked, count, &finding, err);
		if (event != NULL)
			rd_kafka_event_destroy(event);
	}
	*faults = finding.count;
done:
	free(asked);
	free(names);
	return result;
}

/* The first fault that would break a promise, and the settings by which topics are told from others. */
struct first {
	const struct bus_settings *settings;
	struct err err;
};

/* How many partitions a keyed topic has, and copies, is the cluster's to say: another number of them works as well. */
static void
keep_first(void *self, const struct topic_fault *fault)
{
	struct first *first = self;
	enum topic topic = topic_find(first->settings->prefix, fault->topic);
	bool keyed = topic != TOPIC_COUNT && topic_plans[topic].keyed;

	if (strcmp(fault->setting, "replication") == 0 || (keyed && strcmp(fault->setting, "partitions") == 0))
		return;
	if (first->err.kind == ERR_NONE)
		err_set(&first->err, ERR_STOP, "topic %.80s: %s is %.20s, should be %.20s", fault->topic,
		    fault->setting, fault->is, fault->should);
}

int
topics_must_fit(const struct bus_settings *settings, struct err *err)
{
	struct bus_admin *admin;
	struct first first = { .settings = settings };
	unsigned faults;
	int result;

	if (settings->local[0] != '\0')
		return 0;
	if (bus_admin_open(&admin, settings, err) != 0)
		return -1;
	result = bus_admin_check(admin, keep_first, &first, &faults, err);
	bus_admin_close(admin);
	if (result != 0 || first.err.kind == ERR_NONE)
		return result;
	return err_set(
	    err, ERR_STOP, "%s (yici topics check shows all; topics create makes missing ones)", first.err.what);
}

int
bus_admin_topic_number(struct bus_admin *admin, const char *topic, const char *setting, int64_t *value, struct err *err)
{
	rd_kafka_event_t *event = ask_settings(admin, &topic, 1, err);
	const rd_kafka_ConfigResource_t **resources;
	const rd_kafka_ConfigEntry_t **entries;
	size_t got, count;
	int result = -1;

	if (event == NULL)
		return -1;
	resources = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &got);
	if (got != 1 || rd_kafka_ConfigResource_error(resources[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
		admin_refuse(
		    err, got != 1 ? RD_KAFKA_RESP_ERR__FAIL : rd_kafka_ConfigResource_error(resources[0]), topic);
		goto done;
	}
	entries = rd_kafka_ConfigResource_configs(resources[0], &count);
	err_set(err, ERR_STOP, "%s has no setting %s", topic, setting);
	for (size_t i = 0; i < count; i++) {
		const char *text = rd_kafka_ConfigEntry_value(entries[i]);

		if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), setting) != 0 || text == NULL)
			continue;
		*value = strtoll(text, NULL, 10);
		result = 0;
	}
done:
	rd_kafka_event_destroy(event);
	return result;
}

/* ---- who reads ---- */

void
bus_groups_free(struct bus_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		free(groups->at[i].name);
		free(groups->at[i].positions);
	}
	free(groups->at);
	*groups = (struct bus_groups){ 0 };
}

static int
compare_positions(const void *a, const void *b)
{
	const struct bus_group_position *one = a, *other = b;
	int by_topic = strcmp(one->topic, other->topic);

	return by_topic != 0 ? by_topic : (one->partition > other->partition) - (one->partition < other->partition);
}

static int
compare_groups(const void *a, const void *b)
{
	const struct bus_group *one = a, *other = b;

	return strcmp(one->name, other->name);
}

/* Is it a topic whose name begins with our prefix and a dot? Departments' views will be. */
static bool
ours(const struct bus_admin *admin, const char *topic)
{
	size_t len = strlen(admin->settings->prefix);

	return strncmp(topic, admin->settings->prefix, len) == 0 && topic[len] == '.' && strlen(topic) < TOPIC_NAME_MAX;
}

static int
take_positions(
    struct bus_admin *admin, const rd_kafka_topic_partition_list_t *list, struct bus_group *group, struct err *err)
{
	group->positions = calloc((size_t)list->cnt + 1, sizeof(*group->positions));
	if (group->positions == NULL)
		return err_set(err, ERR_RETRY, "memory is short");
	for (int i = 0; i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *one = &list->elems[i];
		struct bus_group_position *position = &group->positions[group->count];

		if (one->err != RD_KAFKA_RESP_ERR_NO_ERROR || one->offset < 0 || !ours(admin, one->topic))
			continue;
		strcpy(position->topic, one->topic);
		position->partition = one->partition;
		position->offset = one->offset;
		group->count++;
	}
	qsort(group->positions, group->count, sizeof(*group->positions), compare_positions);
	return 0;
}

/* The positions of one group; none when we may not see them. */
static int
ask_positions(struct bus_admin *admin, struct bus_group *group, struct err *err)
{
	rd_kafka_AdminOptions_t *options = admin_options(admin, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, err);
	rd_kafka_ListConsumerGroupOffsets_t *question = rd_kafka_ListConsumerGroupOffsets_new(group->name, NULL);
	const rd_kafka_group_result_t **results;
	rd_kafka_event_t *event;
	size_t got;
	int result = 0;

	if (options == NULL || question == NULL) {
		if (options != NULL)
			rd_kafka_AdminOptions_destroy(options);
		if (question != NULL)
			rd_kafka_ListConsumerGroupOffsets_destroy(question);
		return -1;
	}
	rd_kafka_ListConsumerGroupOffsets(admin->client, &question, 1, options, admin->queue);
	rd_kafka_ListConsumerGroupOffsets_destroy(question);
	rd_kafka_AdminOptions_destroy(options);
	event = admin_answer(admin, group->name, err);
	if (event == NULL)
		return err->kind == ERR_DENIED ? 0 : -1;
	results = rd_kafka_ListConsumerGroupOffsets_result_groups(
	    rd_kafka_event_ListConsumerGroupOffsets_result(event), &got);
	if (got == 1 && rd_kafka_group_result_error(results[0]) == NULL)
		result = take_positions(admin, rd_kafka_group_result_partitions(results[0]), group, err);
	rd_kafka_event_destroy(event);
	return result;
}

/* The names of all groups, and whether each has members. */
static int
ask_groups(struct bus_admin *admin, struct bus_groups *groups, struct err *err)
{
	rd_kafka_AdminOptions_t *options = admin_options(admin, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, err);
	const rd_kafka_ListConsumerGroups_result_t *answered;
	const rd_kafka_ConsumerGroupListing_t **list;
	const rd_kafka_error_t **errors;
	rd_kafka_event_t *event;
	size_t count;
	int result = 0;

	if (options == NULL)
		return -1;
	rd_kafka_ListConsumerGroups(admin->client, options, admin->queue);
	rd_kafka_AdminOptions_destroy(options);
	event = admin_answer(admin, "the list of consumer groups", err);
	if (event == NULL)
		return -1;
	answered = rd_kafka_event_ListConsumerGroups_result(event);
	/* each broker answers for its own groups: without one of them some would be left out */
	errors = rd_kafka_ListConsumerGroups_result_errors(answered, &count);
	if (count > 0) {
		admin_refuse(err, rd_kafka_error_code(errors[0]), "the list of consumer groups");
		rd_kafka_event_destroy(event);
		return -1;
	}
	list = rd_kafka_ListConsumerGroups_result_valid(answered, &count);
	groups->at = calloc(count + 1, sizeof(*groups->at));
	if (groups->at == NULL)
		result = err_set(err, ERR_RETRY, "memory is short");
	for (size_t i = 0; i < count && result == 0; i++) {
		rd_kafka_consumer_group_state_t state = rd_kafka_ConsumerGroupListing_state(list[i]);
		struct bus_group *group = &groups->at[groups->count];

		group->name = strdup(rd_kafka_ConsumerGroupListing_group_id(list[i]));
		group->active = state != RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY
		    && state != RD_KAFKA_CONSUMER_GROUP_STATE_DEAD;
		if (group->name == NULL)
			result = err_set(err, ERR_RETRY, "memory is short");
		else
			groups->count++;
	}
	rd_kafka_event_destroy(event);
	return result;
}

int
bus_admin_groups(struct bus_admin *admin, struct bus_groups *groups, struct err *err)
{
	size_t kept = 0;

	*groups = (struct bus_groups){ 0 };
	if (ask_groups(admin, groups, err) != 0)
		goto fail;
	for (size_t i = 0; i < groups->count; i++) {
		if (ask_positions(admin, &groups->at[i], err) != 0)
			goto fail;
	}
	for (size_t i = 0; i < groups->count; i++) {
		struct bus_group *group = &groups->at[i];

		if (group->count > 0) {
			groups->at[kept++] = *group;
			continue;
		}
		free(group->name);
		free(group->positions);
	}
	groups->count = kept;
	qsort(groups->at, groups->count, sizeof(*groups->at), compare_groups);
	return 0;
fail:
	bus_groups_free(groups);
	return -1;
}
