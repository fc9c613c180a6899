/*
 * html_test.c - events, troubles and limits of xml_html_read(); every document is given whole, in
 * sevens, and byte by byte.
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
	if (text_eq(name, TEXT("html")) || text_eq(name, TEXT("body")))
		return 0;
	buffer_format(&events_seen, "<%.*s", (int)name.len, name.at);
	for (size_t i = 0; i < count; i++) {
		buffer_format(&events_seen, " %.*s=[%.*s]", (int)attributes[i].name.len, attributes[i].name.at,
		    (int)attributes[i].value.len, attributes[i].value.at);
	}
	buffer_string(&events_seen, ">");
	return stopped();
}

static int
on_end(void *self, struct text name)
{
	(void)self;
	if (text_eq(name, TEXT("html")) || text_eq(name, TEXT("body")))
		return 0;
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

static int
on_comment(void *self, struct text text)
{
	(void)self;
	buffer_format(&events_seen, "{%.*s}", (int)text.len, text.at);
	return stopped();
}

static const struct xml_events events = { on_start, on_end, on_text, on_comment };

struct bytes {
	struct text rest;
	size_t block;
};

static int
take(void *self, void *into, size_t size, size_t *got)
{
	struct bytes *bytes = self;

	*got = size < bytes->block ? size : bytes->block;
	if (*got > bytes->rest.len)
		*got = bytes->rest.len;
	memcpy(into, bytes->rest.at, *got);
	bytes->rest.at += *got;
	bytes->rest.len -= *got;
	return 0;
}

static int
take_nothing(void *self, void *into, size_t size, size_t *got)
{
	(void)self, (void)into, (void)size, (void)got;
	return -1;
}

static enum xml_trouble
pull(struct text html, size_t block)
{
	struct bytes bytes = { html, block };
	struct xml_source source = { take, &bytes };
	struct err err = { 0 };
	enum xml_trouble trouble;
	int status;

	buffer_clear(&events_seen);
	status = xml_html_read(&events, NULL, &source, &trouble, &err);
	assert_int_equal(status, trouble == XML_TROUBLE_NONE ? 0 : -1);
	assert_int_equal(err.kind, trouble == XML_TROUBLE_NONE || trouble == XML_TROUBLE_STOPPED ? ERR_NONE : ERR_INPUT);
	return trouble;
}

static const struct {
	const char *html;
	enum xml_trouble trouble;
	const char *events; /* NULL: not looked at */
} samples[] = {
	{ "<table><tr><td>a</td></tr></table>", XML_TROUBLE_NONE, "<table><tr><td>a</td></tr></table>" },
	{ "<!DOCTYPE html><HTML><Body><TABLE><TR><TD ColSpan=2 x:num='1' nowrap>学<BR/>b<td>c</table>", XML_TROUBLE_NONE,
	    "<table><tr><td colspan=[2] x:num=[1] nowrap=[]>学<br></br>b</td><td>c</td></tr></table>" },
	{ "<meta charset=gb2312><meta http-equiv=Content-Type content='text/html; charset=GBK'>"
	  "<table><td>学籍</table>",
	    XML_TROUBLE_NONE, NULL },
	{ "<table><td>a&nbsp;&lt;&amp;&#26446;&bogus;&#x1;<4 < b AT&T</table>", XML_TROUBLE_NONE,
	    "<table><td>a\xC2\xA0<&李&bogus;<4 < b AT&T</td></table>" },
	{ "<!--[if gte mso 9]><xml><x:Name>S1</x:Name></xml><![endif]--><table><td>a</table>", XML_TROUBLE_NONE,
	    "{[if gte mso 9]><xml><x:Name>S1</x:Name></xml><![endif]}<table><td>a</td></table>" },
	{ "<table><td>a<!---->b<!--x--!>c<!-- <table> -->d</table>", XML_TROUBLE_NONE,
	    "<table><td>a{}b{x}c{ <table> }d</td></table>" },
	{ "<![if supportMisalignedColumns]><table><td>a</table><![endif]>", XML_TROUBLE_NONE, NULL },
	{ "<script>if (a<b) { '<table>' }</script><style>a<b</style><table><td>a</table>", XML_TROUBLE_NONE, NULL },
	{ "<table><td a=b'c d=\"/>\" e='>'>x</table>", XML_TROUBLE_NONE, NULL },
	{ "<table><tr><td>a</td></tr></body></html>", XML_TROUBLE_NONE, NULL },
	{ "", XML_TROUBLE_NONE, "" },
	{ "<p>no table", XML_TROUBLE_NONE, NULL },
	{ "<table><tr><td>a</td></tr>", XML_TROUBLE_CUT, NULL },
	{ "<table><tr><td>a</td></tr></tab", XML_TROUBLE_CUT, NULL },
	{ "<table><tr><td>a</td></tr></table><!-- ", XML_TROUBLE_CUT, NULL },
	{ "<table><tr><td title='a</td></tr></table>", XML_TROUBLE_CUT, NULL },
	{ "<!DOCTYPE html [<!ENTITY a 'b'>]><table><td>&a;</table>", XML_TROUBLE_DOCTYPE, "" },
	{ "<table><!ENTITY a 'b'><td>&a;</table>", XML_TROUBLE_DOCTYPE, NULL },
};

static void
html_tells_events_and_troubles(void **state)
{
	static const size_t blocks[] = { 1, 2, 7, 1000000 };

	(void)state;
	stop_after = -1;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		for (size_t j = 0; j < ARRAY_LEN(blocks); j++) {
			enum xml_trouble trouble = pull(text_from(samples[i].html), blocks[j]);

			if (trouble != samples[i].trouble)
				print_error("%s in blocks of %zu\n", samples[i].html, blocks[j]);
			assert_int_equal(trouble, samples[i].trouble);
			if (samples[i].events)
				assert_text(buffer_as_text(&events_seen), samples[i].events);
		}
	}
}

static void
html_stops_when_told(void **state)
{
	struct xml_source source = { take_nothing, NULL };
	struct err err = { 0 };
	enum xml_trouble trouble;

	(void)state;
	for (int n = 0; n < 6; n++) {
		stop_after = n;
		assert_int_equal(pull(TEXT("<table><tr><td>x<!--c--></td></tr></table>"), 1000), XML_TROUBLE_STOPPED);
	}
	stop_after = -1;
	assert_int_equal(xml_html_read(&events, NULL, &source, &trouble, &err), -1);
	assert_int_equal(trouble, XML_TROUBLE_STOPPED);
	assert_int_equal(err.kind, ERR_NONE);
	assert_int_equal(pull((struct text){ "<table>\0</table>", 16 }, 100), XML_TROUBLE_BROKEN);
}

static void
html_keeps_its_limits(void **state)
{
	static const struct {
		const char *head, *part, *tail;
		size_t count;
		enum xml_trouble trouble;
	} cases[] = {
		{ "<table", " a%=1", "><td>x</table>", XML_TAG_ATTRIBUTES_MAX, XML_TROUBLE_NONE },
		{ "<table", " a%=1", "><td>x</table>", XML_TAG_ATTRIBUTES_MAX + 1, XML_TROUBLE_LIMIT },
		{ "<table", " a%", "><td>x</table>", 100000, XML_TROUBLE_LIMIT },
		{ "<table", "/a%", "><td>x</table>", 10000, XML_TROUBLE_LIMIT },
		{ "<table", " a%=''", "><td>x</table>", 10000, XML_TROUBLE_LIMIT },
		{ "<table a='", "0123456789", "'><td>x</table>", 10000, XML_TROUBLE_LIMIT },
		{ "<table ", "0123456789", "><td>x</table>", 10000, XML_TROUBLE_LIMIT },
		{ "<!--", "0123456789", "--><table></table>", 200000, XML_TROUBLE_LIMIT },
		{ "<?a ", "0123456789", "><table></table>", 200000, XML_TROUBLE_LIMIT },
		{ "<!DOCTYPE ", "0123456789", "><table></table>", 10000, XML_TROUBLE_LIMIT },
		{ "", "<b>", "", 100000, XML_TROUBLE_LIMIT },
		{ "", "<table><tr><td>", "", 100000, XML_TROUBLE_LIMIT },
		{ "<table>", "<tr><td>x", "</table>", 100000, XML_TROUBLE_NONE },
		{ "<table><td>", "0123456789", "</table>", 1000000, XML_TROUBLE_NONE },
		{ "<table><td>", "</p>", "</table>", 100000, XML_TROUBLE_NONE },
		{ "<table><td>", "&#1234567890;", "</table>", 100000, XML_TROUBLE_NONE },
		{ "<table><td>&", "a", ";</table>", 1000000, XML_TROUBLE_NONE },
	};
	struct buffer html;

	(void)state;
	buffer_init(&html, (size_t)64 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum xml_trouble trouble;

		buffer_clear(&html);
		buffer_string(&html, cases[i].head);
		for (size_t n = 0; n < cases[i].count; n++) {
			const char *mark = strchr(cases[i].part, '%');
			size_t len = mark ? (size_t)(mark - cases[i].part) : strlen(cases[i].part);

			buffer_add(&html, cases[i].part, len);
			if (mark)
				buffer_format(&html, "%zu%s", n, mark + 1);
		}
		buffer_string(&html, cases[i].tail);
		assert_false(buffer_failed(&html));
		trouble = pull(buffer_as_text(&html), 100000);
		if (trouble != cases[i].trouble)
			print_error("case %zu\n", i);
		assert_int_equal(trouble, cases[i].trouble);
	}
	buffer_fini(&html);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_tells_events_and_troubles),
		cmocka_unit_test(html_stops_when_told),
		cmocka_unit_test(html_keeps_its_limits),
	};
	int failed;

	buffer_init(&events_seen, (size_t)64 << 20);
	failed = cmocka_run_group_tests_name("xml_html", tests, NULL, NULL);
	buffer_fini(&events_seen);
	return failed;
}
