/*
 * Tests of core/program/log: an event is one line, or one flat JSON object that says the same.
 */
#include "core/program/log.h"

#include <unistd.h>

#include "core/record/flat_json.h"
#include "tests/support/support.h"

/* What the log wrote since begin_capture(). */
static char captured[4096];
static int saved, ends[2];

static void
begin_capture(void)
{
	assert_int_equal(pipe(ends), 0);
	saved = dup(STDERR_FILENO);
	assert_true(saved >= 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
}

static const char *
end_capture(void)
{
	ssize_t got;

	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	got = read(ends[0], captured, sizeof(captured) - 1);
	captured[got < 0 ? 0 : got] = '\0';
	close(ends[0]);
	return captured;
}

static void
an_event_is_a_line(void **state)
{
	(void)state;
	log_as(LOG_LINES, NULL);
	begin_capture();
	log_line(LOG_INFO, "run begin id=%s jobs=%u", "20260902-1", 2u);
	log_line(LOG_DEBUG, "not said");
	log_line(LOG_WARNING, "two\nlines");
	assert_string_equal(end_capture(), "info run begin id=20260902-1 jobs=2\nwarning two lines\n");
}

/* The members of a JSON line but its time, as name=value; … */
static const char *
members(const char *line)
{
	static char out[2048];
	struct flat_json json = { text_from(line), 0 };
	struct flat_member member;
	size_t len = 0;
	int got;

	out[0] = '\0';
	while ((got = flat_json_next(&json, &member)) == 1) {
		if (text_eq(member.name, TEXT("ts"))) {
			assert_int_equal(member.value.len, strlen("2026-09-02T01:00:00.123Z"));
			continue;
		}
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%.*s%s%.*s;", (int)member.name.len,
		    member.name.at, member.kind == FLAT_NUMBER ? "#" : "=", (int)member.value.len, member.value.at);
	}
	assert_int_equal(got, 0);
	return out;
}

static void
an_event_is_an_object(void **state)
{
	static const struct {
		const char *said, *object;
	} table[] = {
		{ "run begin id=20260902-1 jobs=2", "level=info;stage=nightly;msg=run begin;id=20260902-1;jobs#2;" },
		{ "found", "level=info;stage=nightly;msg=found;" },
		{ "id=7", "level=info;stage=nightly;msg=;id#7;" },
		{ "inbox put_away=failed reason=\"the disk is full\" n=1",
		    "level=info;stage=nightly;msg=inbox;put_away=failed;reason=the disk is full;n#1;" },
		{ "sentence reason=what is a = b here",
		    "level=info;stage=nightly;msg=sentence;reason=what is a = b here;" },
		{ "codes a=007 b=0 c=1234567890123456 d=-1",
		    "level=info;stage=nightly;msg=codes;a=007;b#0;c=1234567890123456;d=-1;" },
		{ "quote a=\"", "level=info;stage=nightly;msg=quote;a=\\\";" },
		{ "", "level=info;stage=nightly;msg=;" },
	};

	(void)state;
	log_as(LOG_JSON, "nightly");
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		begin_capture();
		log_line(LOG_INFO, "%s", table[i].said);
		assert_string_equal(members(end_capture()), table[i].object);
	}
	log_as(LOG_LINES, NULL);
}

static void
a_cut_event_is_still_text(void **state)
{
	char said[3 * 500 + 1];

	(void)state;
	for (size_t i = 0; i < 500; i++)
		memcpy(said + 3 * i, "\xE6\xA0\xA1", 3);
	said[3 * 500] = '\0';
	for (int form = 0; form < 2; form++) {
		for (int shift = 0; shift < 3; shift++) {
			const char *line;

			log_as(form == 0 ? LOG_LINES : LOG_JSON, NULL);
			begin_capture();
			log_line(LOG_INFO, "%.*s%s", shift, "xyz", said);
			line = end_capture();
			assert_true(utf8_valid(line, strlen(line)));
			assert_int_equal(line[strlen(line) - 1], '\n');
		}
	}
	log_as(LOG_LINES, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_a_line),
		cmocka_unit_test(an_event_is_an_object),
		cmocka_unit_test(a_cut_event_is_still_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
