/*
 * A broker with TLS, SCRAM and rights: who may come in, who may not, and how he is told. YICI_TEST_SECURE names the folder of
 * `ops/kafka start --secure`, whose users are yici (all of the topics yici.*) and department (reads yici.students).
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/bus/admin.h"
#include "core/bus/bus.h"
#include "core/bus/settings.h"
#include "tests/support/support.h"

static const char *folder;

/* The bytes of a file of the folder, without the line end. */
static const char *
read_file(const char *name)
{
	static char kept[2][4096];
	static int turn;
	char *into = kept[turn ^= 1];
	char path[FILE_PATH_MAX];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	assert_non_null(file);
	len = fread(into, 1, sizeof(kept[0]) - 1, file);
	fclose(file);
	into[len] = '\0';
	into[strcspn(into, "\n")] = '\0';
	return into;
}

static void
set(struct bus_settings *settings, const char *key, const char *value)
{
	struct err err = { 0 };

	if (bus_settings_set(settings, key, value, BUS_FROM_PRIVATE_FILE, &err) != 0)
		fail_msg("%s: %s", key, err.what);
}

/* As ops/kafka writes it into USER.xml. */
static void
settings_of(struct bus_settings *settings, const char *user)
{
	char ca[FILE_PATH_MAX], secret[64], line[4096];
	const char *properties;
	FILE *file;

	bus_settings_init(settings);
	snprintf(ca, sizeof(ca), "%s/tls/ca.pem", folder);
	snprintf(secret, sizeof(secret), "tls/%s.password", user);
	snprintf(line, sizeof(line), "%s/%s.properties", folder, user);
	file = fopen(line, "r");
	assert_non_null(file);
	while ((properties = fgets(line, sizeof(line), file)) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "bootstrap.servers=", 18) == 0)
			set(settings, "bootstrap.servers", line + 18);
	}
	fclose(file);
	set(settings, "security.protocol", "SASL_SSL");
	set(settings, "ssl.ca.location", ca);
	set(settings, "sasl.mechanism", "SCRAM-SHA-512");
	set(settings, "sasl.username", user);
	set(settings, "sasl.password", read_file(secret));
}

/* Open with these settings, which is to fail in such a way and within 30 s; what was said. */
static void
refused(struct bus_settings *settings, enum err_kind kind, struct err *err)
{
	struct bus_role role = { .program = "test" };
	time_t begin = time(NULL);
	struct bus *bus;

	assert_int_equal(bus_open(&bus, settings, &role, err), -1);
	assert_true(time(NULL) - begin < 30);
	if (err->kind != kind)
		fail_msg("kind %d: %s", (int)err->kind, err->what);
	assert_null(strstr(err->what, read_file("tls/yici.password")));
	bus_settings_fini(settings);
}

static void
who_may_comes_in(void **state)
{
	struct bus_role role = { .program = "test", .group = "yici.test", .writer = "yici.test" };
	struct bus_settings settings;
	struct err err = { 0 };
	struct bus *bus;

	(void)state;
	settings_of(&settings, "yici");
	if (bus_open(&bus, &settings, &role, &err) != 0 || bus_begin(bus, &err) != 0 || bus_commit(bus, &err) != 0)
		fail_msg("%s", err.what);
	bus_close(bus);
	bus_settings_fini(&settings);
}

static void
a_wrong_password_is_denied(void **state)
{
	struct bus_settings settings;
	struct err err;

	(void)state;
	settings_of(&settings, "yici");
	set(&settings, "sasl.password", "not-the-password");
	refused(&settings, ERR_DENIED, &err);
	assert_null(strstr(err.what, "not-the-password"));
	settings_of(&settings, "yici");
	set(&settings, "sasl.username", "nobody");
	refused(&settings, ERR_DENIED, &err);
}

static void
an_unknown_authority_is_not_trusted(void **state)
{
	struct bus_settings settings;
	struct err err;
	char other[FILE_PATH_MAX];

	(void)state;
	settings_of(&settings, "yici");
	snprintf(other, sizeof(other), "%s/tls/other.pem", folder);
	if (access(other, R_OK) != 0) {
		char command[3 * FILE_PATH_MAX];

		snprintf(command, sizeof(command),
		    "openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=other -keyout /dev/null -out '%s' "
		    "2>/dev/null",
		    other);
		assert_int_equal(system(command), 0);
	}
	set(&settings, "ssl.ca.location", other);
	refused(&settings, ERR_STOP, &err);
	assert_non_null(strstr(err.what, "certificate"));
}

/* Pass bytes between whoever comes to ${from} and 127.0.0.1:${port}, in a process of its own. */
static pid_t
relay(int from, int port)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (;;) {
		int in = accept(from, NULL, NULL), out = socket(AF_INET, SOCK_STREAM, 0);
		struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		if (in < 0 || connect(out, (struct sockaddr *)&to, sizeof(to)) != 0)
			_exit(1);
		for (int direction = 0; direction < 2; direction++) {
			if (fork() == 0) {
				char bytes[4096];
				ssize_t len;
				int a = direction == 0 ? in : out, b = direction == 0 ? out : in;

				while ((len = read(a, bytes, sizeof(bytes))) > 0) {
					if (write(b, bytes, (size_t)len) != len)
						break;
				}
				shutdown(b, SHUT_WR);
				_exit(0);
			}
		}
		close(in);
		close(out);
	}
}

static void
a_certificate_for_another_name_is_not_trusted(void **state)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	socklen_t len = sizeof(here);
	struct bus_settings settings;
	struct err err;
	char servers[64];
	int from = socket(AF_INET, SOCK_STREAM, 0), port = 0;
	pid_t pid;

	(void)state;
	settings_of(&settings, "yici");
	for (size_t i = 0; i < settings.count; i++) {
		if (strcmp(settings.pairs[i].key, "bootstrap.servers") == 0)
			port = (int)strtol(strchr(settings.pairs[i].value, ':') + 1, NULL, 10);
	}
	/* 127.0.0.2 is this machine too, but it is not in the certificate. */
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	assert_int_equal(bind(from, (struct sockaddr *)&here, sizeof(here)), 0);
	assert_int_equal(listen(from, 8), 0);
	assert_int_equal(getsockname(from, (struct sockaddr *)&here, &len), 0);
	pid = relay(from, port);
	snprintf(servers, sizeof(servers), "127.0.0.2:%d", ntohs(here.sin_port));
	set(&settings, "bootstrap.servers", servers);
	refused(&settings, ERR_STOP, &err);
	assert_non_null(strstr(err.what, "certificate"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(from);
}

static void
plaintext_finds_nobody(void **state)
{
	struct bus_settings settings;
	struct err err;

	(void)state;
	settings_of(&settings, "yici");
	set(&settings, "security.protocol", "plaintext");
	settings.wait_s = 3;
	refused(&settings, ERR_AWAY, &err);
}

static void
a_department_may_not_write_and_not_read_what_is_not_released(void **state)
{
	struct bus_role writes = { .program = "test", .writer = "dept.test" };
	struct bus_role reads = { .program = "test" };
	struct bus_role joins = { .program = "test", .group = "yici.normalize" };
	struct bus_settings settings;
	struct bus_position at = { "yici.submitted", 0, 0 };
	struct message message;
	struct err err = { 0 };
	struct bus_admin *admin;
	struct bus *bus;
	unsigned made;
	int result;
	int32_t count;

	(void)state;
	settings_of(&settings, "yici");
	if (bus_admin_open(&admin, &settings, &err) != 0 || bus_admin_create(admin, &made, &err) != 0)
		fail_msg("%s", err.what);
	bus_admin_close(admin);
	bus_settings_fini(&settings);
	settings_of(&settings, "department");
	assert_int_equal(bus_open(&bus, &settings, &writes, &err), -1);
	if (err.kind != ERR_DENIED)
		fail_msg("kind %d: %s", (int)err.kind, err.what);
	assert_int_equal(bus_open(&bus, &settings, &reads, &err), 0);
	assert_int_equal(bus_partitions(bus, "yici.submitted", &count, &err), -1);
	if (err.kind != ERR_DENIED)
		fail_msg("kind %d: %s", (int)err.kind, err.what);
	err.kind = ERR_NONE;
	assert_int_equal(bus_assign(bus, &at, 1, &err), -1);
	if (err.kind != ERR_DENIED)
		fail_msg("kind %d: %s", (int)err.kind, err.what);
	bus_close(bus);
	/* what is released it can read */
	at = (struct bus_position){ "yici.students", 0, 0 };
	assert_int_equal(bus_open(&bus, &settings, &reads, &err), 0);
	assert_int_equal(bus_assign(bus, &at, 1, &err), 0);
	for (int i = 0; i < 100 && !bus_at_end(bus); i++)
		assert_true(bus_poll(bus, &message, 100, &err) >= 0);
	assert_true(bus_at_end(bus));
	bus_close(bus);
	/* but not even leave a position under a name of ours */
	assert_int_equal(bus_open(&bus, &settings, &joins, &err), 0);
	result = bus_assign(bus, &at, 1, &err);
	if (result == 0)
		result = bus_begin(bus, &err);
	for (int i = 0; i < 100 && result == 0 && !bus_at_end(bus); i++)
		result = bus_poll(bus, &message, 100, &err);
	if (result == 0)
		result = bus_commit(bus, &err);
	assert_int_equal(result, -1);
	if (err.kind != ERR_DENIED)
		fail_msg("kind %d: %s", (int)err.kind, err.what);
	bus_close(bus);
	bus_settings_fini(&settings);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_comes_in),
		cmocka_unit_test(a_wrong_password_is_denied),
		cmocka_unit_test(an_unknown_authority_is_not_trusted),
		cmocka_unit_test(a_certificate_for_another_name_is_not_trusted),
		cmocka_unit_test(plaintext_finds_nobody),
		cmocka_unit_test(a_department_may_not_write_and_not_read_what_is_not_released),
	};

	folder = getenv("YICI_TEST_SECURE");
	if (folder == NULL) {
		fprintf(stderr, "YICI_TEST_SECURE does not name a folder of ops/kafka\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
