/*
 * fill_parts.c - what stands in a sheet beside its rows, and the chain of formulas: places that move, lists and rows that are added.
 */
#include "consumers/forms/fill_inside.h"

#define LIST_CHARS_MAX 250 /* Excel takes 255 characters of a list that stands in its rule */

/* A part with its places as they are afterwards; ${more} is put in before its end, which makes ${count} elements more. */
static void
move_part(struct fill *fill, const struct sheet_part *part, bool grow, struct text more, size_t count)
{
	struct text xml = fill->sheet.xml;
	struct buffer *out = fill_edit(fill, part->tag.at, part->end);
	size_t from = part->tag.at;
	struct mark mark;

	for (size_t pos = part->tag.at; pos < part->end && tags_next(xml, &pos, &mark) && mark.at < part->end;) {
		struct text ref = tags_attribute(xml, &mark, "ref"), refs = tags_attribute(xml, &mark, "sqref");
		struct text counted = mark.at == part->tag.at ? tags_attribute(xml, &mark, "count")
							      : (struct text){ NULL, 0 };
		uint64_t number;

		if (mark.closing)
			continue;
		buffer_add(out, xml.at + from, mark.at - from);
		tags_open_without(xml, &mark, counted.at != NULL ? "ref sqref count" : "ref sqref", out);
		if (ref.at != NULL) {
			buffer_string(out, " ref=\"");
			shift_ranges(&fill->shift, ref, grow, out);
			buffer_char(out, '"');
		}
		if (refs.at != NULL) {
			buffer_string(out, " sqref=\"");
			shift_ranges(&fill->shift, refs, grow, out);
			buffer_char(out, '"');
		}
		if (counted.at != NULL && text_to_u64(counted, &number))
			buffer_format(out, " count=\"%llu\"", (unsigned long long)number + count);
		buffer_string(out, mark.empty ? "/>" : ">");
		from = mark.end;
	}
	buffer_add(out, xml.at + from, part->close - from);
	buffer_text(out, more);
	buffer_add(out, xml.at + part->close, part->end - part->close);
}

/* Merged cells of rows that are put in, as those of the row they are like. */
static void
put_merges(const struct fill *fill, struct buffer *out, size_t *count)
{
	struct text prefix = fill->sheet.prefix;

	for (size_t i = 0; fill->like != NULL && i < fill->merge_count; i++) {
		const struct fill_merge *merge = &fill->merges[i];

		if (merge->top != fill->like->row_no || merge->bottom != merge->top)
			continue;
		for (uint32_t k = 1; k <= fill->shift.by; k++) {
			buffer_format(out, "<%.*smergeCell ref=\"", (int)prefix.len, prefix.at);
			tags_column(out, merge->left);
			buffer_format(out, "%u:", fill->shift.behind + k);
			tags_column(out, merge->right);
			buffer_format(out, "%u\"/>", fill->shift.behind + k);
			++*count;
		}
	}
}

/* Lists to choose from in the columns that are left open. */
static void
put_lists(struct fill *fill, uint32_t last, struct buffer *out, size_t *count)
{
	struct text prefix = fill->sheet.prefix;
	struct buffer words;

	buffer_init(&words, 1 << 16);
	for (size_t i = 0; i < fill->column_count; i++) {
		const struct fill_column *column = &fill->columns[i];

		buffer_clear(&words);
		if (column->opened == 0 || column->listed || !manner_choices(&column->manner, LIST_CHARS_MAX, &words))
			continue;
		buffer_format(out, "<%.*sdataValidation type=\"list\" allowBlank=\"1\" showErrorMessage=\"1\" sqref=\"",
		    (int)prefix.len, prefix.at);
		tags_column(out, column->column);
		buffer_format(out, "%u:", column->row > 0 ? column->row : fill->start);
		tags_column(out, column->column);
		buffer_format(
		    out, "%u\"><%.*sformula1>\"", column->row > 0 ? column->row : last, (int)prefix.len, prefix.at);
		buffer_xml(out, buffer_as_text(&words));
		buffer_format(out, "\"</%.*sformula1></%.*sdataValidation>", (int)prefix.len, prefix.at,
		    (int)prefix.len, prefix.at);
		++*count;
	}
	buffer_fini(&words);
}

static void
edit_dimension(struct fill *fill, uint32_t last)
{
	const struct sheet_part *part = sheet_part(&fill->sheet, "dimension");
	struct text ref = part == NULL ? (struct text){ NULL, 0 } : tags_attribute(fill->sheet.xml, &part->tag, "ref");
	size_t colon = ref.at == NULL ? SIZE_MAX : text_find(ref, TEXT(":"));
	uint32_t column, row;
	struct buffer *out;

	if (colon == SIZE_MAX || !tags_place((struct text){ ref.at + colon + 1, ref.len - colon - 1 }, &column, &row)
	    || (row >= last && fill->shift.by == 0))
		return;
	row = shift_row(&fill->shift, row);
	out = fill_edit(fill, part->tag.at, part->tag.end);
	tags_open_without(fill->sheet.xml, &part->tag, "ref", out);
	buffer_format(out, " ref=\"%.*s", (int)colon + 1, ref.at);
	tags_column(out, column);
	buffer_format(out, part->tag.empty ? "%u\"/>" : "%u\">", row > last ? row : last);
}

void
fill_parts(struct fill *fill, uint32_t last)
{
	static const char *const moving[] = { "autoFilter", "conditionalFormatting", "hyperlinks", "protectedRanges",
		"ignoredErrors" };
	struct text prefix = fill->sheet.prefix;
	struct buffer lists, merges;
	size_t list_count = 0, merge_count = 0;
	const struct sheet_part *part;
	struct buffer *out;

	buffer_init(&lists, 1 << 22);
	buffer_init(&merges, 1 << 24);
	edit_dimension(fill, last);
	if (fill->plan->lock && sheet_part(&fill->sheet, "sheetProtection") == NULL) {
		size_t at = sheet_place(&fill->sheet, "sheetProtection");

		out = fill_edit(fill, at, at);
		buffer_format(out,
		    "<%.*ssheetProtection sheet=\"1\" objects=\"1\" scenarios=\"1\" formatCells=\"0\" "
		    "formatColumns=\"0\" "
		    "formatRows=\"0\"/>",
		    (int)prefix.len, prefix.at);
	}
	put_lists(fill, last, &lists, &list_count);
	put_merges(fill, &merges, &merge_count);
	for (size_t i = 0; i < fill->sheet.part_count && fill->shift.by > 0; i++) {
		part = &fill->sheet.parts[i];
		if (tags_is(&part->tag, "mergeCells"))
			move_part(fill, part, false, buffer_as_text(&merges), merge_count);
		for (size_t k = 0; k < ARRAY_LEN(moving); k++) {
			if (tags_is(&part->tag, moving[k]))
				move_part(fill, part, true, (struct text){ "", 0 }, 0);
		}
	}
	part = sheet_part(&fill->sheet, "dataValidations");
	if (part != NULL && (list_count > 0 || fill->shift.by > 0))
		move_part(fill, part, true, buffer_as_text(&lists), list_count);
	else if (part == NULL && list_count > 0) {
		size_t at = sheet_place(&fill->sheet, "dataValidations");

		out = fill_edit(fill, at, at);
		buffer_format(out, "<%.*sdataValidations count=\"%zu\">", (int)prefix.len, prefix.at, list_count);
		buffer_text(out, buffer_as_text(&lists));
		buffer_format(out, "</%.*sdataValidations>", (int)prefix.len, prefix.at);
	}
	fill->failed = fill->failed || buffer_failed(&lists) || buffer_failed(&merges);
	buffer_fini(&lists);
	buffer_fini(&merges);
}

void
fill_chain(const struct fill *fill, struct buffer *out)
{
	const struct package *package = fill->plan->package;
	struct text xml = buffer_as_text(&package->chain.bytes);
	uint32_t sheet = 0;
	size_t from = 0;
	struct mark mark;

	for (size_t pos = 0; fill->shift.by > 0 && tags_next(xml, &pos, &mark);) {
		struct text ref = tags_attribute(xml, &mark, "r");

		if (!tags_is(&mark, "c") || ref.at == NULL)
			continue;
		sheet = tags_number(xml, &mark, "i", sheet); /* left out where it is that of the one before */
		if (sheet != package->sheet_id)
			continue;
		buffer_add(out, xml.at + from, (size_t)(ref.at - xml.at) - from);
		shift_ranges(&fill->shift, ref, false, out);
		from = (size_t)(ref.at - xml.at) + ref.len;
	}
	if (from > 0)
		buffer_add(out, xml.at + from, xml.len - from);
}
