/*
 * xlsx_strings.c - see xlsx_strings.h.
 *
 *   <sst> ( <si> ( <t>text</t> | <r><rPr/><t>text</t></r> | <rPh>…</rPh> | <phoneticPr/> )* </si>
 * )* </sst>
 *
 * The scanner takes what nearly all are, <si><t>text</t></si>, itself. Everything else goes to one
 * libxml2 parser, which is shown a document without the strings that the scanner took: the
 * beginning up to <sst …>, each <si> of another form, and all from the first byte that is neither.
 * It therefore still judges the document as a whole. That holds as long as "</si>" can only be an
 * end tag, which comments, CDATA and instructions would break: at "<!" or
 * "<?" behind the beginning the part is read again, by libxml2 alone.
 */
#include "producers/readers/xlsx_strings.h"

#include <stdlib.h>

#include "producers/readers/xlsx_scan.h"

#define STRINGS_BYTES_MAX ((size_t)UINT32_MAX)

struct load {
	struct xlsx_strings *strings;
	struct sink *sink;
	struct err *err;
	uint32_t depth;
	uint32_t skip; /* elements open inside one that is left out */
	bool in_text;
	size_t begun_at; /* where the text of the open <si> begins */
};

void
xlsx_strings_fini(struct xlsx_strings *strings)
{
	free(strings->bytes);
	free(strings->ends);
	*strings = (struct xlsx_strings){ 0 };
}

static int
no_memory(struct load *load)
{
	return sink_refuse(load->sink, REFUSED_LIMIT_MEMORY, load->err, "too many shared strings");
}

static int
strings_add(struct load *load, struct text text)
{
	struct xlsx_strings *strings = load->strings;

	if (text.len >= strings->size - strings->len) { /* also the first time, for an empty text */
		size_t size = strings->size + strings->size / 2 + text.len + 65536;
		char *bytes;

		if (size > STRINGS_BYTES_MAX)
			return no_memory(load);
		bytes = realloc(strings->bytes, size);
		if (bytes == NULL)
			return no_memory(load);
		strings->bytes = bytes;
		strings->size = size;
	}
	if (text.len > 0)
		memcpy(strings->bytes + strings->len, text.at, text.len);
	strings->len += text.len;
	return 0;
}

/* The string that began at ${begun_at} is whole. */
static int
strings_end(struct load *load)
{
	struct xlsx_strings *strings = load->strings;
	struct text text;

	if (strings_add(load, TEXT("")) != 0)
		return -1;
	text = (struct text){ strings->bytes + load->begun_at, strings->len - load->begun_at };
	if (xlsx_escaped(text))
		strings->len = load->begun_at + xlsx_unescape(text, strings->bytes + load->begun_at);
	if (strings->count == strings->room) {
		size_t room = strings->room + strings->room / 2 + 4096;
		uint32_t *ends = realloc(strings->ends, room * sizeof(*ends));

		if (ends == NULL)
			return no_memory(load);
		strings->ends = ends;
		strings->room = room;
	}
	strings->ends[strings->count++] = (uint32_t)strings->len;
	load->begun_at = strings->len;
	return 0;
}

/* Depth 1 is sst, 2 si, 3 t or r, 4 the t of r. */
static int
on_start(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	struct load *load = self;

	(void)attributes, (void)count;
	if (load->skip > 0 || load->in_text) {
		load->skip++;
		return 0;
	}
	load->depth++;
	if (load->depth == 1 || (load->depth == 2 && text_eq(name, TEXT("si")))
	    || (load->depth == 3 && text_eq(name, TEXT("r"))))
		return 0;
	if ((load->depth == 3 || load->depth == 4) && text_eq(name, TEXT("t"))) {
		load->in_text = true;
		return 0;
	}
	load->depth--;
	load->skip = 1;
	return 0;
}

static int
on_end(void *self, struct text name)
{
	struct load *load = self;

	(void)name;
	if (load->skip > 0) {
		load->skip--;
		return 0;
	}
	load->in_text = false;
	load->depth--;
	return load->depth == 1 ? strings_end(load) : 0;
}

static int
on_text(void *self, struct text text)
{
	struct load *load = self;

	return load->in_text && load->skip == 0 ? strings_add(load, text) : 0;
}

static const struct xml_events events = { .start = on_start, .end = on_end, .text = on_text };

/* One <si> in the usual form. */
static enum scan_answer
scan_string(struct scan_window *window, const char **at, struct text *text)
{
	const char *p = *at;
	enum scan_answer answer;

	window->scratch_len = 0;
	if ((answer = SCAN_WORD(window, &p, "<si><t")) != SCAN_OK)
		return answer;
	if (*p == ' ' && (answer = SCAN_WORD(window, &p, " xml:space=\"preserve\"")) != SCAN_OK)
		return answer;
	if (p + 1 < window->end && *p == '/') {
		*text = (struct text){ p, 0 };
		if ((answer = SCAN_WORD(window, &p, "/></si>")) != SCAN_OK)
			return answer;
	} else {
		if ((answer = SCAN_WORD(window, &p, ">")) != SCAN_OK
		    || (answer = xlsx_scan_text(window, &p, text)) != SCAN_OK
		    || (answer = SCAN_WORD(window, &p, "</t></si>")) != SCAN_OK)
			return answer;
	}
	*at = p;
	return SCAN_OK;
}

/* An <si> of another form: show it to libxml2. */
static enum scan_answer
feed_string(struct scan_window *window, struct load *load, struct xml_sax *sax)
{
	struct text rest = { window->at, (size_t)(window->end - window->at) };
	size_t len = text_find(rest, TEXT("</si>")), before = load->strings->count;
	struct text element;

	if (!text_starts(rest, TEXT("<si>")))
		return SCAN_ODD;
	if (len == SIZE_MAX)
		return SCAN_MORE;
	element = (struct text){ rest.at, len + 5 };
	if (text_find(element, TEXT("<!")) != SIZE_MAX || text_find(element, TEXT("<?")) != SIZE_MAX)
		return SCAN_ODD;
	if (xml_sax_feed(sax, element.at, element.len, load->err) != 0)
		return SCAN_ODD; /* libxml2, reading all of it, will say why */
	window->at += element.len;
	return load->depth == 1 && load->skip == 0 && load->strings->count == before + 1 ? SCAN_OK : SCAN_ODD;
}

/* Show the beginning, up to <sst …>, to libxml2. */
static enum scan_answer
feed_head(struct scan_window *window, struct load *load, struct xml_sax *sax)
{
	struct text rest = { window->at, (size_t)(window->end - window->at) };
	size_t at = text_find(rest, TEXT("<sst")), len;
	const char *end;

	if (at == SIZE_MAX || text_find((struct text){ rest.at, at }, TEXT("<!")) != SIZE_MAX)
		return SCAN_ODD;
	end = memchr(rest.at + at, '>', rest.len - at);
	if (end == NULL || end[-1] == '/')
		return SCAN_ODD;
	len = (size_t)(end - rest.at) + 1;
	if (xml_sax_feed(sax, rest.at, len, load->err) != 0)
		return SCAN_ODD;
	window->at += len;
	return load->depth == 1 && load->skip == 0 ? SCAN_OK : SCAN_ODD;
}

/* All that is left goes to libxml2: 0 or -1. */
static int
feed_rest(struct scan_window *window, struct load *load, struct xml_sax *sax)
{
	int result = 1;

	while (result == 1) {
		if (xml_sax_feed(sax, window->at, (size_t)(window->end - window->at), load->err) != 0)
			return xlsx_refuse_xml(load->sink, sax, load->err);
		window->at = window->end;
		result = xlsx_scan_fill(window, load->err);
	}
	if (result == 0 && xml_sax_finish(sax, load->err) != 0)
		return xlsx_refuse_xml(load->sink, sax, load->err);
	return result;
}

/* With the scanner: 0, -1, or 1 when libxml2 has to read all of it. */
static int
read_scanning(struct scan_window *window, struct load *load, struct xml_sax *sax)
{
	enum scan_answer answer;
	struct text text;

	if (xlsx_scan_fill(window, load->err) < 0)
		return -1;
	if (feed_head(window, load, sax) != SCAN_OK)
		return 1;
	for (;;) {
		const char *at = xlsx_scan_blank(window->at);

		window->at = window->bytes + (at - window->bytes);
		answer = scan_string(window, &at, &text);
		if (answer == SCAN_OK) {
			window->at = window->bytes + (at - window->bytes);
			if (strings_add(load, text) != 0 || strings_end(load) != 0)
				return -1;
			continue;
		}
		if (answer == SCAN_ODD) {
			if (SCAN_WORD(window, &at, "</sst") == SCAN_OK)
				return feed_rest(window, load, sax);
			answer = feed_string(window, load, sax);
		}
		if (answer == SCAN_MORE) {
			int result = xlsx_scan_fill(window, load->err);

			if (result < 0)
				return -1;
			answer = result == 1 ? SCAN_OK : SCAN_ODD;
		}
		if (answer != SCAN_OK)
			return 1;
	}
}

int
xlsx_strings_read(
    struct xlsx_strings *strings, const struct xlsx_part *part, size_t window, struct sink *sink, struct err *err)
{
	struct load load = { .strings = strings, .sink = sink, .err = err };
	struct scan_window scanned = { 0 };
	struct xml_sax *sax;
	int result;

	if (window == 0)
		return xlsx_part_parse(part, sink, &events, &load, err);
	sax = xml_sax_new(&events, &load);
	if (sax == NULL || xlsx_scan_init(&scanned, part, window) != 0) {
		xml_sax_free(sax);
		return no_memory(&load);
	}
	result = part->rewind(part->self, err);
	if (result == 0)
		result = read_scanning(&scanned, &load, sax);
	xml_sax_free(sax);
	xlsx_scan_fini(&scanned);
	if (result != 1)
		return result;
	xlsx_strings_fini(strings);
	load = (struct load){ .strings = strings, .sink = sink, .err = err };
	return xlsx_part_parse(part, sink, &events, &load, err);
}
