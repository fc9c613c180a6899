/*
 * sax_test.c - events, troubles and limits of xml_sax; every document is pushed whole, in sevens,
 * and byte by byte.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/xml/xml.h"

static struct buffer events_seen;
static int stop_after; /* -1: never */

static int
stopped(void)
{
	return stop_after >= 0 && stop_after-- == 0 ? -1 : 0;
}

static int
on_start(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	(void)self;
	buffer_format(&events_seen, "<%.*s", (int)name.len, name.at);
	for (size_t i = 0; i < count; i++) {
		buffer_string(&events_seen, " ");
		if (attributes[i].prefix.len > 0) {
			buffer_text(&events_seen, attributes[i].prefix);
			buffer_string(&events_seen, ":");
		}
		buffer_text(&events_seen, attributes[i].name);
		buffer_string(&events_seen, "=[");
		buffer_text(&events_seen, attributes[i].value);
		buffer_string(&events_seen, "]");
	}
	buffer_string(&events_seen, ">");
	return stopped();
}

static int
on_end(void *self, struct text name)
{
	(void)self;
	buffer_format(&events_seen, "</%.*s>", (int)name.len, name.at);
	return stopped();
}

static int
on_text(void *self, struct text text)
{
	(void)self;
	buffer_text(&events_seen, text);
	return stopped();
}

static const struct xml_events events = { on_start, on_end, on_text, NULL };

/* Push ${bytes} in blocks of ${block}; what it came to. */
static enum xml_trouble
push(struct text bytes, size_t block, uint32_t *line)
{
	struct err err = { 0 };
	struct xml_sax *sax = xml_sax_new(&events, NULL);
	enum xml_trouble trouble;
	int status = 0;

	assert_non_null(sax);
	buffer_clear(&events_seen);
	for (size_t at = 0; at < bytes.len && status == 0; at += block) {
		/* A copy of its own, so that reading past the block is seen by the sanitizer. */
		size_t len = bytes.len - at < block ? bytes.len - at : block;
		char *copy = malloc(len);

		assert_non_null(copy);
		memcpy(copy, bytes.at + at, len);
		status = xml_sax_feed(sax, copy, len, &err);
		free(copy);
	}
	if (status == 0)
		status = xml_sax_finish(sax, &err);
	trouble = xml_sax_trouble(sax);
	assert_int_equal(status, trouble == XML_TROUBLE_NONE ? 0 : -1);
	if (trouble == XML_TROUBLE_MEMORY)
		assert_int_equal(err.kind, ERR_STOP);
	else if (trouble == XML_TROUBLE_NONE || trouble == XML_TROUBLE_STOPPED)
		assert_int_equal(err.kind, ERR_NONE);
	else
		assert_int_equal(err.kind, ERR_INPUT);
	*line = xml_sax_line(sax);
	xml_sax_free(sax);
	return trouble;
}

struct sample {
	const char *xml;
	enum xml_trouble trouble;
	const char *events; /* NULL: not looked at */
	uint32_t line;      /* 0: not looked at */
};

static const struct sample samples[] = {
	{ "<a/>", XML_TROUBLE_NONE, "<a></a>", 0 },
	{ "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"GBK\"?>\r\n<a>学</a>\n", XML_TROUBLE_NONE, "<a>学</a>", 0 },
	{ "<?xml version='1.0' encoding='UTF-16'?><a/>", XML_TROUBLE_NONE, "<a></a>", 0 },
	{ "<?xml version='1.0' encoding='no-such'?><a/>", XML_TROUBLE_NONE, "<a></a>", 0 },
	{ "<x:a xmlns:x='u' x:b='1' c=\"2\" d='3' xmlns='v'/>", XML_TROUBLE_NONE, "<a x:b=[1] c=[2] d=[3]></a>", 0 },
	{ "<z:row z:xm='1'/>", XML_TROUBLE_NONE, NULL, 0 },
	{ "<a b='&lt;&amp;&gt;&quot;&apos;&#65;&#x4e00;&amp;#38;&#38;amp;'/>", XML_TROUBLE_NONE,
	    "<a b=[<&>\"'A一&#38;&amp;]></a>", 0 },
	{ "<a>&lt;&amp;&gt;&#65;&#x20BB7;<![CDATA[<b>&amp;]]></a>", XML_TROUBLE_NONE, "<a><&>A𠮷<b>&amp;</a>", 0 },
	{ "<a b='>/' c=\"'=\">x<!-- <b> -- -> --- --><?p <c> ? > ?>y</a>", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "<a b='>/' c=\"'=\">x<!-- <b> - -> --><?p <c> ? > ?"
	  "?>y</a>",
	    XML_TROUBLE_NONE, "<a b=[>/] c=['=]>xy</a>", 0 },
	{ "<a><![CDATA[x]]]]><![CDATA[>]]]></a>", XML_TROUBLE_NONE, "<a>x]]>]</a>", 0 },
	{ "<a><![CDATA[x]]]]><![CDATA[>]] ></a>", XML_TROUBLE_CUT, NULL, 0 },
	{ "<a><![CDATA[x]]]]><![CDATA[>]]></a>", XML_TROUBLE_NONE, "<a>x]]></a>", 0 },
	{ "<a>\r\n\r</a>", XML_TROUBLE_NONE, "<a>\n\n</a>", 0 },
	{ "", XML_TROUBLE_CUT, "", 0 },
	{ " \n", XML_TROUBLE_CUT, "", 0 },
	{ "<a>\n<b>\n", XML_TROUBLE_CUT, NULL, 0 },
	{ "<a>x</a><!-- ", XML_TROUBLE_CUT, NULL, 0 },
	{ "<a>x</a>y", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "<a>x</a><b/>", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "text", XML_TROUBLE_BROKEN, "", 0 },
	{ "<a>\n\n<b></a></b></a>", XML_TROUBLE_BROKEN, NULL, 3 },
	{ "<a><b></a>", XML_TROUBLE_BROKEN, NULL, 1 },
	{ "<a b='1' b='2'/>", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "<a b=1/>", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "<a b='<'/>", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "<a>\n&nbsp;</a>", XML_TROUBLE_BROKEN, NULL, 2 },
	{ "<a>\n&b</a>", XML_TROUBLE_BROKEN, NULL, 2 },
	{ "<a>\x01</a>", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "<a>&#0;</a>", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "<a>&#xD800;</a>", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "<a>\xD1\xA7</a>\xFF", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "<a>\xC0\x80</a>", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "<a>\xED\xA0\x80</a>", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "<a b='\xFF'/>", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "\xEF\xBB<a/>", XML_TROUBLE_BROKEN, NULL, 0 },
	{ "<!DOCTYPE a><a/>", XML_TROUBLE_DOCTYPE, "", 0 },
	{ "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", XML_TROUBLE_DOCTYPE, "", 0 },
	{ "<?xml version='1.0'?>\n<!-- x -->\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", XML_TROUBLE_DOCTYPE, "", 0 },
	{ "<!doctype html><a/>", XML_TROUBLE_DOCTYPE, "", 0 },
	{ "<a><!ENTITY b 'c'></a>", XML_TROUBLE_DOCTYPE, "<a>", 0 },
	{ "<a><b></c><!DOCTYPE d></a>", XML_TROUBLE_BROKEN, NULL, 0 },
};

static void
sax_tells_events_and_troubles(void **state)
{
	static const size_t blocks[] = { 1, 2, 3, 7, 1000000 };

	(void)state;
	stop_after = -1;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		for (size_t j = 0; j < ARRAY_LEN(blocks); j++) {
			uint32_t line;
			enum xml_trouble trouble = push(text_from(samples[i].xml), blocks[j], &line);

			if (trouble != samples[i].trouble)
				print_error("%s in blocks of %zu\n", samples[i].xml, blocks[j]);
			assert_int_equal(trouble, samples[i].trouble);
			if (samples[i].events)
				assert_text(buffer_as_text(&events_seen), samples[i].events);
			if (samples[i].line)
				assert_int_equal(line, samples[i].line);
		}
	}
}

static void
sax_says_cut_for_every_true_beginning(void **state)
{
	static const char xml[] = "<?xml version=\"1.0\"?>\n<?p q?><!-- c --><a x:b='&amp;1' c=\"学\">"
				  "<b/>学&lt;&#x4e00;<![CDATA[<]]>\r\n<d>e</d></a>";

	(void)state;
	stop_after = -1;
	for (size_t len = 0; len < sizeof(xml) - 1; len++) {
		for (size_t block = 1; block <= sizeof(xml); block += len / 2 + 1) {
			uint32_t line;
			enum xml_trouble trouble = push((struct text){ xml, len }, block, &line);

			if (trouble != XML_TROUBLE_CUT)
				print_error("%zu bytes in blocks of %zu: %d\n", len, block, trouble);
			assert_int_equal(trouble, XML_TROUBLE_CUT);
		}
	}
}

static void
sax_stops_when_a_callback_says_so(void **state)
{
	uint32_t line;

	(void)state;
	for (int n = 0; n < 4; n++) {
		stop_after = n;
		assert_int_equal(push(TEXT("<a><b>x</b></a>"), 1000, &line), XML_TROUBLE_STOPPED);
		stop_after = n;
		assert_int_equal(push(TEXT("<a><b>x</b></a>"), 1, &line), XML_TROUBLE_STOPPED);
	}
	stop_after = -1;
}

/* ${head}, then ${count} times ${part} with %zu in it replaced, then ${tail}. */
static void
repeat(struct buffer *into, const char *head, const char *part, size_t count, const char *tail)
{
	buffer_clear(into);
	buffer_string(into, head);
	for (size_t i = 0; i < count; i++) {
		const char *mark = strchr(part, '%');

		if (!mark) {
			buffer_string(into, part);
			continue;
		}
		buffer_add(into, part, (size_t)(mark - part));
		buffer_format(into, "%zu", i);
		buffer_string(into, mark + 1);
	}
	buffer_string(into, tail);
	assert_false(buffer_failed(into));
}

static void
sax_keeps_its_limits(void **state)
{
	static const struct {
		const char *head, *part, *tail;
		size_t count;
		enum xml_trouble trouble;
	} cases[] = {
		{ "<a", " b%='1'", "/>", XML_TAG_ATTRIBUTES_MAX, XML_TROUBLE_NONE },
		{ "<a", " b%='1'", "/>", XML_TAG_ATTRIBUTES_MAX + 1, XML_TROUBLE_LIMIT },
		{ "<a", " xmlns:b%='1'", "/>", 100000, XML_TROUBLE_LIMIT },
		{ "<a b='", "=", "'/>", XML_TAG_BYTES_MAX - 9, XML_TROUBLE_NONE },
		{ "<a b='", "x", "'/>", XML_TAG_BYTES_MAX, XML_TROUBLE_LIMIT },
		{ "<a", "x", "/>", XML_TAG_BYTES_MAX, XML_TROUBLE_LIMIT },
		{ "<a>", "<b>", "", XML_DEPTH_MAX - 1, XML_TROUBLE_CUT },
		{ "<a>", "<b>", "", XML_DEPTH_MAX, XML_TROUBLE_LIMIT },
		{ "<a>", "<b>", "", 100000, XML_TROUBLE_LIMIT },
		{ "<a>", "<b/>", "</a>", 100000, XML_TROUBLE_NONE },
		{ "<a>", "0123456789", "</a>", 1000001, XML_TROUBLE_LIMIT },
		{ "<a>", "0123456789", "</a>", 999990, XML_TROUBLE_NONE },
		{ "<a><![CDATA[", "0123456789", "]]></a>", 1000001, XML_TROUBLE_LIMIT },
		{ "<a>", "<!--012345678901234567890123456789-->x", "</a>", 100000, XML_TROUBLE_NONE },
		{ "<a><!--", "0123456789", "--></a>", 200000, XML_TROUBLE_LIMIT },
		{ "<a><?b ", "0123456789", "?></a>", 200000, XML_TROUBLE_LIMIT },
		{ "<a/>", " ", "", 10000001, XML_TROUBLE_LIMIT },
		{ "", " ", "<a/>", 10000001, XML_TROUBLE_LIMIT },
	};
	struct buffer xml;

	(void)state;
	buffer_init(&xml, (size_t)64 << 20);
	buffer_fini(&events_seen);
	buffer_init(&events_seen, (size_t)64 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t line;

		repeat(&xml, cases[i].head, cases[i].part, cases[i].count, cases[i].tail);
		for (size_t block = 1000; block <= 1000000; block *= 10) {
			enum xml_trouble trouble = push(buffer_as_text(&xml), block, &line);

			if (trouble != cases[i].trouble)
				print_error("case %zu in blocks of %zu\n", i, block);
			assert_int_equal(trouble, cases[i].trouble);
		}
	}
	buffer_fini(&xml);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sax_tells_events_and_troubles),
		cmocka_unit_test(sax_says_cut_for_every_true_beginning),
		cmocka_unit_test(sax_stops_when_a_callback_says_so),
		cmocka_unit_test(sax_keeps_its_limits),
	};
	int failed;

	buffer_init(&events_seen, (size_t)64 << 20);
	failed = cmocka_run_group_tests_name("xml_sax", tests, NULL, NULL);
	buffer_fini(&events_seen);
	return failed;
}
