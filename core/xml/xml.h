/*
 * xml.h - the room behind which libxml2 stands: nobody else names it.
 *
 * Three ways in, all of them careful with what strangers send:
 *   xml_sax_*         events from XML that is pushed in, block by block: sheets, registry XML
 *   xml_html_*        events from HTML that is pulled in: tables saved as .xls
 *   xml_definition_*  a small file of our own, checked by a RELAX NG schema, as a read-only tree
 *
 * What it refuses: document type declarations (so there are no entities but the five of XML and the
 * character references), the network, any file it was not handed, trees of submitted files. The
 * bytes must be UTF-8: what is in another encoding is decoded by the caller first, and what the
 * file declares about its encoding is ignored.
 *
 * Limits are counted by a scanner of our own before libxml2 sees the bytes, because libxml2 needs
 * quadratic time for the attributes of one tag (50,000 take 22 s) and keeps whole tags and text
 * nodes in memory.
 */
#ifndef YICI_CORE_XML_XML_H
#define YICI_CORE_XML_XML_H

#include "core/base/err.h"
#include "core/base/text.h"

#define XML_TAG_BYTES_MAX ((size_t)64 * 1024)         /* from < to > */
#define XML_TAG_ATTRIBUTES_MAX 256                    /* namespace declarations included */
#define XML_DEPTH_MAX 200                             /* elements inside one another; XML_HTML_DEPTH_MAX in HTML */
#define XML_TEXT_BYTES_MAX ((size_t)10 * 1000 * 1000) /* between two tags */
#define XML_ASIDE_BYTES_MAX ((size_t)1024 * 1024)     /* a comment or a processing instruction */
#define XML_HTML_DEPTH_MAX 500

/* Why reading ended early. */
enum xml_trouble {
	XML_TROUBLE_NONE,
	XML_TROUBLE_BROKEN,  /* not well-formed, or not UTF-8 */
	XML_TROUBLE_CUT,     /* well-formed so far, but ends too early */
	XML_TROUBLE_DOCTYPE, /* has a document type declaration */
	XML_TROUBLE_LIMIT,   /* one of the limits above */
	XML_TROUBLE_MEMORY,  /* libxml2 or we could not get memory: what was read may be wrong */
	XML_TROUBLE_STOPPED, /* a callback or the caller's read function returned -1; ${err} is
				theirs, untouched */
};

/* One attribute, borrowed during the callback. Declarations of namespaces are not among them. */
struct xml_attribute {
	struct text name;   /* without its prefix: "Index" for ss:Index */
	struct text prefix; /* "ss"; len 0 when it has none */
	struct text value;  /* references resolved */
};

/*
 * What is called. Names come without their prefix (${prefix} is not shown for elements). All texts
 * are valid UTF-8 and borrowed during the call. Text comes in pieces: one node may take many calls;
 * CDATA is text, white space between tags is text. A callback that returns -1 ends the reading
 * (XML_TROUBLE_STOPPED); each may be NULL.
 */
struct xml_events {
	int (*start)(void *self, struct text name, const struct xml_attribute *attributes, size_t count);
	int (*end)(void *self, struct text name);
	int (*text)(void *self, struct text text);
	int (*comment)(void *self, struct text text); /* xml_html only */
};

/* The value of the attribute ${name}, whatever its prefix (the first one); at is NULL when there is
 * none. */
struct text xml_attribute_find(const struct xml_attribute *attributes, size_t count, const char *name);

/*
 * What libxml2 does once and lazily, done now: for a process that will be locked in, or forks many.
 * Otherwise it happens at the first use. False when memory is short; then again later.
 */
bool xml_prepare(void);

/* ---- XML, pushed in ---- */

struct xml_sax;

/* A parser for one document; NULL when memory is short. ${events} and ${self} are borrowed until
 * xml_sax_free(). */
struct xml_sax *xml_sax_new(const struct xml_events *events, void *self);
void xml_sax_free(struct xml_sax *sax);

/*
 * The next bytes of the document, any number, cut anywhere; a UTF-8 byte order mark at the start is
 * skipped. 0; or -1 and xml_sax_trouble() says why: ERR_INPUT for what is wrong with the document,
 * ERR_STOP for memory, and ${err} untouched when a callback said stop. After a failure every
 * further call fails alike.
 */
MUST_CHECK int xml_sax_feed(struct xml_sax *sax, const void *bytes, size_t len, struct err *err);

/* The document is over: 0 when it was complete and well-formed, else as above. */
MUST_CHECK int xml_sax_finish(struct xml_sax *sax, struct err *err);

enum xml_trouble xml_sax_trouble(const struct xml_sax *sax);

/* The line reached, from 1: where it is broken after a failure. */
uint32_t xml_sax_line(const struct xml_sax *sax);

/* ---- HTML, pulled in ---- */

/*
 * Where xml_html_read() gets its bytes: fill ${bytes} with at most ${size} and tell how many in
 * ${*got}, 0 of them at the end. 0; or -1, which ends the reading with XML_TROUBLE_STOPPED.
 */
struct xml_source {
	int (*read)(void *self, void *bytes, size_t size, size_t *got);
	void *self;
};

/*
 * Read a whole HTML document in UTF-8 from ${source} (its declared encoding is ignored), calling
 * ${events} with
 * ${self}. Tag soup is repaired the way libxml2 does, so events nest. Here names are whole, with
 * any prefix, in lower case ("td", "x:name"); elements that the document left out (html, body, p)
 * may be told all the same. A document type declaration is fine as long as it has no internal
 * subset. XML_TROUBLE_CUT: the document ends inside a tag or comment, or inside a table with no
 * </body> or </html> behind it. XML_TROUBLE_BROKEN: a NUL byte. The limits count as for XML (words
 * inside a tag in place of attributes), but for the length of text, which has none. Returns as
 * xml_sax_feed() does, with the trouble in ${*trouble}.
 */
MUST_CHECK int xml_html_read(const struct xml_events *events, void *self, const struct xml_source *source,
    enum xml_trouble *trouble, struct err *err);

/* ---- definitions: small files of our own ---- */

#define XML_DEFINITION_BYTES_MAX ((size_t)4 * 1024 * 1024)

/* One element, read-only. All of it belongs to its xml_definition and lives until
 * xml_definition_free(). */
struct xml_element {
	struct text name; /* without prefix */
	struct text text; /* its own character data, joined, without white space at the ends */
	const struct xml_attribute *attributes;
	size_t attribute_count;
	const struct xml_element *child; /* the first one inside; NULL when there is none */
	const struct xml_element *next;  /* the next one with the same parent */
	uint32_t line;                   /* where its tag begins in the file, from 1 */
};

struct xml_definition;

/*
 * Where the errors of a definition go: called once for each, in the order found, with the file (a
 * path that was given to us), the line (0 when it has none) and a sentence in English, borrowed
 * during the call.
 */
struct xml_lint {
	void (*say)(void *self, const char *path, uint32_t line, const char *message);
	void *self;
};

/*
 * Load the definition at ${path} and check it by the RELAX NG schema (XML syntax, XSD data types)
 * at
 * ${schema_path}; with NULL it need only be well-formed. No other file is opened: a schema that
 * includes another is an error, and so is a document type declaration in either. Every error found
 * is told to ${lint} (borrowed; NULL for nobody), not only the first. 0 with ${*definition} to be
 * freed by the caller; or -1 with ERR_STOP, the first error's file and line in ${err}, and
 * ${*definition} NULL; ERR_RETRY when memory was short.
 */
MUST_CHECK int xml_definition_load(struct xml_definition **definition, const char *path, const char *schema_path,
    const struct xml_lint *lint, struct err *err);

/* The same with the bytes of the definition already in memory (borrowed during the call); ${path}
 * is for messages. */
MUST_CHECK int xml_definition_parse(struct xml_definition **definition, struct text bytes, const char *path,
    const char *schema_path, const struct xml_lint *lint, struct err *err);

void xml_definition_free(struct xml_definition *definition);

/* The outermost element; never NULL. */
const struct xml_element *xml_definition_root(const struct xml_definition *definition);

/*
 * The first element inside ${element} named ${name}, and the next one so named with the same
 * parent; NULL for the name means any; NULL when there is none. A loop over all: for (e =
 * xml_element_child(root, "field"); e; e = xml_element_next(e, "field")).
 */
const struct xml_element *xml_element_child(const struct xml_element *element, const char *name);
const struct xml_element *xml_element_next(const struct xml_element *element, const char *name);

/* The value of an attribute of ${element}; at is NULL when it has none so named. */
struct text xml_element_attribute(const struct xml_element *element, const char *name);

#endif
