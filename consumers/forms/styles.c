/*
 * styles.c - see styles.h. ECMA-376 part 1, 18.8.
 */
#include "consumers/forms/styles.h"

#include <stdlib.h>

#define XFS_MAX 65000 /* Excel takes 65,490 */
#define FORMATS_MAX 65536
#define ADDED_MAX ((size_t)16 * 1024 * 1024)
#define OPEN_COLOUR "FFFFF2CC" /* light yellow: to be filled in */

/* Whether a format of the file's own shows a date: y, m or d outside quotes, brackets and escapes. */
static enum styles_format
format_of(struct text code)
{
	char quote = 0;

	if (text_eq(code, TEXT("@")))
		return STYLES_TEXT;
	for (size_t i = 0; i < code.len; i++) {
		char c = (char)(code.at[i] | 0x20);

		if (quote != 0)
			quote = code.at[i] == quote ? 0 : quote;
		else if (code.at[i] == '"')
			quote = '"';
		else if (code.at[i] == '[')
			quote = ']';
		else if (code.at[i] == '\\' || code.at[i] == '_')
			i++;
		else if (c == 'y' || c == 'd' || (c == 'm' && code.at[i] != '-'))
			return STYLES_DATE;
	}
	return STYLES_GENERAL;
}

static enum styles_format
built_in(uint32_t id)
{
	if (id == 49)
		return STYLES_TEXT;
	return (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 58)
	    ? STYLES_DATE
	    : STYLES_GENERAL;
}

/* The format of that number: the file's own where it defines it. */
static enum styles_format
find_format(struct text xml, uint32_t id)
{
	enum styles_format format = built_in(id);
	struct buffer code;
	struct mark mark;
	bool inside = false;

	buffer_init(&code, 4096);
	for (size_t pos = 0; tags_next(xml, &pos, &mark);) {
		if (tags_is(&mark, "numFmts"))
			inside = !mark.closing && !mark.empty;
		if (tags_is(&mark, "numFmts") && !inside)
			break;
		if (!inside || !tags_is(&mark, "numFmt") || tags_number(xml, &mark, "numFmtId", UINT32_MAX) != id)
			continue;
		buffer_clear(&code);
		tags_decode(tags_attribute(xml, &mark, "formatCode"), &code);
		format = format_of(buffer_as_text(&code));
	}
	buffer_fini(&code);
	return format;
}

/* ${known}: by number of a format what it is, plus 1; 0 where it was not met yet. */
static int
read_xfs(struct styles *styles, size_t *pos, uint8_t *known, struct err *err)
{
	struct mark mark, close;

	for (;;) {
		struct styles_xf *grown, *xf;
		uint32_t id;

		if (!tags_next(styles->xml, pos, &mark))
			return err_set(err, ERR_INPUT, "the styles of the workbook are not written as styles are");
		if (mark.closing) {
			styles->xfs_close = mark.at;
			return 0;
		}
		if (styles->count >= XFS_MAX || !tags_skip(styles->xml, pos, &mark, &close))
			return err_set(err, ERR_INPUT, "the styles of the workbook are not written as styles are");
		if (styles->count % 64 == 0) {
			grown = realloc(styles->xfs, (styles->count + 64) * sizeof(*grown));
			if (grown == NULL)
				return err_set(err, ERR_RETRY, "out of memory for the styles of a form");
			styles->xfs = grown;
		}
		xf = &styles->xfs[styles->count++];
		*xf = (struct styles_xf){ .at = mark.at, .open_end = mark.end, .end = close.end, .tag = mark };
		id = tags_number(styles->xml, &mark, "numFmtId", 0);
		if (id >= FORMATS_MAX)
			continue;
		if (known[id] == 0)
			known[id] = (uint8_t)(1 + find_format(styles->xml, id));
		xf->format = (enum styles_format)(known[id] - 1);
	}
}

int
styles_open(struct styles *styles, struct text xml, struct err *err)
{
	struct mark mark, close;
	uint8_t *known;
	bool root = true;
	int result;

	*styles = (struct styles){ .xml = xml };
	buffer_init(&styles->added, ADDED_MAX);
	for (size_t pos = 0; xml.len > 0 && tags_next(xml, &pos, &mark);) {
		if (root && mark.prefix.len > 0)
			styles->prefix = (struct text){ mark.prefix.at, mark.prefix.len + 1 };
		if (root) {
			root = false;
			continue;
		}
		if (mark.closing)
			break;
		if (tags_is(&mark, "cellXfs") && !mark.empty && styles->count == 0) {
			styles->cell_xfs = mark;
			known = calloc(FORMATS_MAX, 1);
			if (known == NULL)
				return err_set(err, ERR_RETRY, "out of memory for the styles of a form");
			result = read_xfs(styles, &pos, known, err);
			free(known);
			if (result != 0)
				return -1;
			continue;
		}
		if (!tags_skip(xml, &pos, &mark, &close))
			break;
		if (tags_is(&mark, "fills") && !mark.empty) {
			size_t inside = mark.end;
			struct mark fill, end;

			styles->fills = mark;
			styles->fills_close = close.at;
			while (inside < close.at && tags_next(xml, &inside, &fill) && !fill.closing
			    && tags_skip(xml, &inside, &fill, &end))
				styles->fill_count++;
		}
	}
	return 0;
}

void
styles_close(struct styles *styles)
{
	free(styles->xfs);
	buffer_fini(&styles->added);
	*styles = (struct styles){ 0 };
}

void
styles_forget(struct styles *styles)
{
	for (size_t i = 0; i < styles->count; i++)
		memset(styles->xfs[i].derived, 0, sizeof(styles->xfs[i].derived));
	styles->made = 0;
	buffer_clear(&styles->added);
}

enum styles_format
styles_format(const struct styles *styles, uint32_t style)
{
	return style < styles->count ? styles->xfs[style].format : STYLES_GENERAL;
}

/* One <xf> like that of ${xf} with ${ways}. */
static void
put_xf(struct styles *styles, const struct styles_xf *xf, unsigned ways)
{
	struct buffer *out = &styles->added;
	struct text xml = styles->xml, prefix = styles->prefix;
	bool own_lock = (ways & (STYLES_UNLOCKED | STYLES_LOCKED)) != 0;
	struct mark mark, close;

	tags_open_without(xml, &xf->tag,
	    (ways & STYLES_OPEN) == 0 ? "applyProtection"
		: own_lock            ? "fillId applyFill applyProtection"
				      : "fillId applyFill",
	    out);
	if ((ways & STYLES_OPEN) != 0)
		buffer_format(out, " fillId=\"%u\" applyFill=\"1\"", styles->fill_count);
	if (own_lock)
		buffer_string(out, " applyProtection=\"1\"");
	if (!own_lock) {
		buffer_add(out, xf->tag.empty ? "/>" : ">", xf->tag.empty ? 2 : 1);
		buffer_add(out, xml.at + xf->open_end, xf->end - xf->open_end);
		return;
	}
	buffer_char(out, '>');
	for (size_t pos = xf->open_end;
	     !xf->tag.empty && pos < xf->end && tags_next(xml, &pos, &mark) && !mark.closing;) {
		size_t at = mark.at;

		if (!tags_skip(xml, &pos, &mark, &close))
			break;
		if (tags_is(&mark, "alignment"))
			buffer_add(out, xml.at + at, close.end - at);
	}
	buffer_format(out, "<%.*sprotection locked=\"%d\"/></%.*sxf>", (int)prefix.len, prefix.at,
	    (ways & STYLES_LOCKED) != 0, (int)prefix.len, prefix.at);
}

uint32_t
styles_derive(struct styles *styles, uint32_t style, unsigned ways)
{
	struct styles_xf *xf;
	bool open;

	if (ways == 0 || style >= styles->count || styles->fills_close == 0 || styles->count + styles->made >= XFS_MAX)
		return style;
	xf = &styles->xfs[style];
	open = text_find((struct text){ styles->xml.at + xf->at, xf->end - xf->at }, TEXT("locked=\"0\"")) != SIZE_MAX;
	if (ways == (open ? STYLES_UNLOCKED : STYLES_LOCKED))
		return style;
	if (xf->derived[ways] == 0) {
		put_xf(styles, xf, ways);
		xf->derived[ways] = (uint32_t)(styles->count + styles->made++);
	}
	return xf->derived[ways];
}

/* The tag of ${mark} with another count. */
static void
put_counted(const struct styles *styles, const struct mark *mark, size_t count, struct buffer *out)
{
	tags_open_without(styles->xml, mark, "count", out);
	buffer_format(out, " count=\"%zu\">", count);
}

void
styles_write(const struct styles *styles, struct buffer *out)
{
	struct text xml = styles->xml;
	struct text prefix = styles->prefix;
	bool fills_first = styles->fills.at < styles->cell_xfs.at;
	size_t from = 0;

	if (styles->made == 0)
		return;
	for (int part = 0; part < 2; part++) {
		bool fills = (part == 0) == fills_first;
		const struct mark *tag = fills ? &styles->fills : &styles->cell_xfs;
		size_t close = fills ? styles->fills_close : styles->xfs_close;

		buffer_add(out, xml.at + from, tag->at - from);
		put_counted(styles, tag, fills ? styles->fill_count + 1 : styles->count + styles->made, out);
		buffer_add(out, xml.at + tag->end, close - tag->end);
		if (fills)
			buffer_format(out,
			    "<%.*sfill><%.*spatternFill patternType=\"solid\"><%.*sfgColor rgb=\"" OPEN_COLOUR
			    "\"/><%.*sbgColor indexed=\"64\"/></%.*spatternFill></%.*sfill>",
			    (int)prefix.len, prefix.at, (int)prefix.len, prefix.at, (int)prefix.len, prefix.at,
			    (int)prefix.len, prefix.at, (int)prefix.len, prefix.at, (int)prefix.len, prefix.at);
		else
			buffer_text(out, buffer_as_text(&styles->added));
		from = close;
	}
	buffer_add(out, xml.at + from, xml.len - from);
}
