/*
 * settings.c - see settings.h: tables of what is refused, each with its reason.
 */
#include "core/bus/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bus/way.h"

/* What a property must be, if it is said at all. */
static const struct rule {
	const char *key;    /* with "*" at its end: all that begin so */
	const char *values; /* words allowed; NULL: none */
	const char *why;
} rules[] = {
	{ "enable.auto.commit", "false", "read positions are committed together with the results" },
	{ "auto.commit.enable", "false", "read positions are committed together with the results" },
	{ "enable.auto.offset.store", "false", "read positions are committed together with the results" },
	{ "acks", "all -1", "what fewer brokers have confirmed can be lost" },
	{ "request.required.acks", "all -1", "what fewer brokers have confirmed can be lost" },
	{ "enable.idempotence", "true", "without it a message can come twice" },
	{ "transactional.id", NULL, "the program gives it, so that of two with one name only one can write" },
	{ "group.id", NULL, "the program gives it" },
	{ "group.protocol", "classic", "fencing of a slow worker relies on the classic one" },
	{ "isolation.level", "read_committed", "what was not committed must not be read" },
	{ "auto.offset.reset", "error", "what is no longer kept must not be skipped in silence" },
	{ "enable.partition.eof", "true", "the end of a topic is told by it" },
	{ "delivery.report.only.error", "false", "the offsets of what was sent are told by it" },
	{ "allow.auto.create.topics", "false", "topics are made by yici topics create" },
	{ "partitioner", "murmur2 murmur2_random", "equal keys must meet in one partition, whoever sends" },
	{ "partition.assignment.strategy", "range roundrobin range,roundrobin roundrobin,range",
	    "below librdkafka 2.10 cooperative-sticky loses positions, and a batch must end before its partitions go" },
	{ "ssl.endpoint.identification.algorithm", "https", "another machine could pose as the broker" },
	{ "enable.ssl.certificate.verification", "true", "another machine could pose as the broker" },
	{ "enable.sasl.oauthbearer.unsecure.jwt", "false", "it proves nothing" },
	{ "test.mock.*", NULL, "it is no broker" },
	{ "plugin.library.paths", NULL, "no foreign code is loaded" },
	{ "ssl.engine.location", NULL, "no foreign code is loaded" },
};

/* Only from a file that nobody else can read. */
static const char *const secrets[] = { "sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem",
	"sasl.oauthbearer.client.secret", "sasl.oauthbearer.config" };

/* Files named by a property which nobody else may read. */
static const char *const secret_files[] = { "ssl.key.location", "ssl.keystore.location", "sasl.kerberos.keytab" };

/* Read positions can be part of a transaction only when both sides speak to one cluster, in one way. */
static const char *const both_sides[] = { "bootstrap.servers", "metadata.broker.list", "security.protocol" };

static bool
among(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], word) == 0)
			return true;
	}
	return false;
}

static bool
word_in(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; at != NULL && *at != '\0';) {
		size_t next = strcspn(at, " ");

		if (next == len && strncasecmp(at, word, len) == 0)
			return true;
		at += next + (at[next] == ' ');
	}
	return false;
}

static bool
rule_is_for(const struct rule *rule, const char *property)
{
	size_t len = strlen(rule->key);

	return rule->key[len - 1] == '*' ? strncmp(property, rule->key, len - 1) == 0 : strcmp(property, rule->key) == 0;
}

static int
check_secret(const char *key, const char *property, const char *value, enum bus_origin origin, struct err *err)
{
	struct stat at;

	if (among(secrets, ARRAY_LEN(secrets), property) && origin != BUS_FROM_PRIVATE_FILE)
		return err_set(err, ERR_STOP,
		    "kafka.%s is a secret: it comes from a settings file that only its owner can read (chmod 600)%s",
		    key,
		    origin == BUS_FROM_FILE              ? "; this one others can read"
			: origin == BUS_FROM_ENVIRONMENT ? ", not from the environment"
							 : ", not from the command line");
	if (among(secret_files, ARRAY_LEN(secret_files), property) && stat(value, &at) == 0 && (at.st_mode & 077) != 0)
		return err_set(err, ERR_STOP, "the file of kafka.%s can be read by others (chmod 600)", key);
	return 0;
}

static int
check_property(const char *key, const char *property, const char *value, enum bus_origin origin, struct err *err)
{
	bool one_side = key != property;

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (!rule_is_for(&rules[i], property) || word_in(rules[i].values, value))
			continue;
		return err_set(err, ERR_STOP, "kafka.%s is refused: %s", key, rules[i].why);
	}
	if (one_side && among(both_sides, ARRAY_LEN(both_sides), property))
		return err_set(
		    err, ERR_STOP, "kafka.%s is refused: both sides speak to one cluster; set kafka.%s", key, property);
	if (check_secret(key, property, value, origin, err) != 0)
		return -1;
#ifdef YICI_WITH_KAFKA
	return kafka_property_check(property, value, err);
#else
	return 0;
#endif
}

static int
store(struct bus_settings *settings, const char *key, const char *value, enum bus_origin origin, struct err *err)
{
	struct bus_pair *pairs, *pair = NULL;
	char *copy = strdup(value);

	for (size_t i = 0; i < settings->count; i++) {
		if (strcmp(settings->pairs[i].key, key) == 0)
			pair = &settings->pairs[i];
	}
	if (pair == NULL) {
		pairs = realloc(settings->pairs, (settings->count + 1) * sizeof(*pairs));
		if (pairs != NULL)
			settings->pairs = pairs;
		if (pairs == NULL || copy == NULL)
			goto short_of_memory;
		pair = &pairs[settings->count];
		*pair = (struct bus_pair){ .key = strdup(key) };
		if (pair->key == NULL)
			goto short_of_memory;
		settings->count++;
	}
	if (copy == NULL)
		goto short_of_memory;
	free(pair->value);
	pair->value = copy;
	pair->origin = origin;
	return 0;
short_of_memory:
	free(copy);
	return err_set(err, ERR_STOP, "not enough memory for the settings");
}

int
bus_settings_set(
    struct bus_settings *settings, const char *key, const char *value, enum bus_origin origin, struct err *err)
{
	const char *property = key;

	if (strcmp(key, "plaintext") == 0) {
		if (strcmp(value, "allowed") != 0 && strcmp(value, "refused") != 0)
			return err_set(err, ERR_INPUT, "kafka.plaintext is allowed or refused");
		return store(settings, key, value, origin, err);
	}
	if (strncmp(key, "consumer.", 9) == 0 || strncmp(key, "producer.", 9) == 0)
		property = key + 9;
	if (*property == '\0' || strlen(key) > 100)
		return err_set(err, ERR_INPUT, "there is no setting of that name under kafka.");
	if (check_property(key, property, value, origin, err) != 0)
		return -1;
	return store(settings, key, value, origin, err);
}

/* Letters, digits, "_" and "-", as ${out} holds them. */
static int
set_name(char out[64], const char *key, const char *value, const char *also, struct err *err)
{
	size_t len = strlen(value);

	if (len == 0 || len >= 64 || strspn(value, also) != len)
		return err_set(err, ERR_INPUT, "%s is up to 63 letters, digits, _ and -", key);
	memcpy(out, value, len + 1);
	return 0;
}

#define NAME "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

int
bus_settings_prefix(struct bus_settings *settings, const char *value, struct err *err)
{
	return set_name(settings->prefix, "topics.prefix", value, NAME, err);
}

int
bus_settings_instance(struct bus_settings *settings, const char *value, struct err *err)
{
	return set_name(settings->instance, "instance", value, NAME ".", err);
}

int
bus_settings_local(struct bus_settings *settings, const char *value, struct err *err)
{
	if (strlen(value) >= sizeof(settings->local))
		return err_set(err, ERR_INPUT, "the path of bus.local is too long");
	strcpy(settings->local, value);
	return 0;
}

void
bus_settings_init(struct bus_settings *settings)
{
	char host[64];

	*settings = (struct bus_settings){ .prefix = "yici", .wait_s = 30, .partitions = 8 };
	if (gethostname(host, sizeof(host)) != 0)
		host[0] = '\0';
	host[sizeof(host) - 1] = '\0';
	for (char *c = host; *c != '\0'; c++) {
		if (strchr(NAME ".", *c) == NULL)
			*c = '-';
	}
	strcpy(settings->instance, host[0] == '\0' ? "1" : host);
}

void
bus_settings_fini(struct bus_settings *settings)
{
	for (size_t i = 0; i < settings->count; i++) {
		free(settings->pairs[i].key);
		free(settings->pairs[i].value);
	}
	free(settings->pairs);
	settings->pairs = NULL;
	settings->count = 0;
}

const char *
bus_settings_get(const struct bus_settings *settings, const char *key)
{
	for (size_t i = 0; i < settings->count; i++) {
		if (strcmp(settings->pairs[i].key, key) == 0)
			return settings->pairs[i].value;
	}
	return NULL;
}

static const char *
servers(const struct bus_settings *settings)
{
	const char *value = bus_settings_get(settings, "bootstrap.servers");

	if (value == NULL)
		value = bus_settings_get(settings, "metadata.broker.list");
	return value != NULL && *value != '\0' ? value : NULL;
}

bool
bus_configured(const struct bus_settings *settings)
{
	return settings->local[0] != '\0' || servers(settings) != NULL;
}

bool
bus_loopback(struct text host)
{
	char name[16];

	if (host.len == 0 || host.len >= sizeof(name))
		return false;
	memcpy(name, host.at, host.len);
	name[host.len] = '\0';
	if (strcasecmp(name, "localhost") == 0 || strcmp(name, "::1") == 0 || strcmp(name, "[::1]") == 0)
		return true;
	/* 127.x.y.z and nothing that only looks like it, such as 127.evil.example */
	return strncmp(name, "127.", 4) == 0 && strspn(name, "0123456789.") == host.len;
}

int
bus_settings_check(const struct bus_settings *settings, struct err *err)
{
	const char *protocol = bus_settings_get(settings, "security.protocol");
	const char *allowed = bus_settings_get(settings, "plaintext");
	const char *list = servers(settings);

	if (list == NULL || (allowed != NULL && strcmp(allowed, "allowed") == 0)
	    || (protocol != NULL && word_in("ssl sasl_ssl", protocol)))
		return 0;
	while (*list != '\0') {
		size_t len = strcspn(list, ", ");
		struct text host = { list, len };
		size_t scheme = text_find(host, TEXT("://"));

		if (scheme != SIZE_MAX)
			host = (struct text){ host.at + scheme + 3, host.len - scheme - 3 };
		if (host.len > 0 && host.at[0] == '[' && memchr(host.at, ']', host.len) != NULL)
			host.len = (size_t)((const char *)memchr(host.at, ']', host.len) - host.at) + 1;
		else if (memchr(host.at, ':', host.len) != NULL)
			host.len = (size_t)((const char *)memchr(host.at, ':', host.len) - host.at);
		if (len > 0 && !bus_loopback(host))
			return err_set(err, ERR_STOP,
			    "plaintext to another machine (%.*s) is refused: set kafka.security.protocol to ssl or "
			    "sasl_ssl, "
			    "or kafka.plaintext=allowed",
			    (int)(host.len < 60 ? host.len : 60), host.at);
		list += len + (list[len] != '\0');
	}
	return 0;
}
