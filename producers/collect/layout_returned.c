/*
 * layout_returned.c - the columns that consumers/publish/returned.c adds to a workbook when it goes back to its sender.
 *
 * 问题 and 说明 head columns of many a sender's own tables, so 原行号 must stand before 说明; of the English words, which are commoner still, all
 * three. Of several 说明 the last is ours, for it stands behind the sender's columns, and of several 问题 the last before that.
 */
#include "producers/collect/layout.h"

/* Does one of the rows of the header say ${word} in the column? */
static bool
says(const struct row *heads, size_t count, size_t column, struct text word)
{
	for (size_t i = 0; i < count; i++) {
		if (column < heads[i].count && text_eq(text_trim(heads[i].cells[column].text), word))
			return true;
	}
	return false;
}

static bool
find(const struct row *heads, size_t count, size_t width, const char *const words[OURS_COLUMNS], size_t at[OURS_COLUMNS])
{
	at[OURS_ROW_NO] = at[OURS_ISSUES] = at[OURS_EXPLANATION] = SIZE_MAX;
	for (size_t i = width; i-- > 0;) {
		if (says(heads, count, i, text_from(words[OURS_ROW_NO])))
			at[OURS_ROW_NO] = i;
		else if (at[OURS_EXPLANATION] == SIZE_MAX && says(heads, count, i, text_from(words[OURS_EXPLANATION])))
			at[OURS_EXPLANATION] = i;
		else if (at[OURS_EXPLANATION] != SIZE_MAX && at[OURS_ISSUES] == SIZE_MAX
		    && says(heads, count, i, text_from(words[OURS_ISSUES])))
			at[OURS_ISSUES] = i;
	}
	return at[OURS_ROW_NO] != SIZE_MAX && at[OURS_EXPLANATION] != SIZE_MAX && at[OURS_ROW_NO] < at[OURS_EXPLANATION];
}

bool
layout_returned(const struct row *heads, size_t count, size_t width, size_t at[OURS_COLUMNS])
{
	static const char *const chinese[OURS_COLUMNS] = { "原行号", "问题", "说明" },
				 *const english[OURS_COLUMNS] = { "Row", "Issues", "Explanation" };

	return find(heads, count, width, chinese, at)
	    || (find(heads, count, width, english, at) && at[OURS_ISSUES] != SIZE_MAX);
}
