/*
 * page.h - pieces of report.html: a page that a bureau reads and prints on A4, in one file with its style inside. It asks for nothing
 * else and runs nothing, and its policy forbids both. Inside this room only.
 */
#ifndef YICI_CONSUMERS_PUBLISH_PAGE_H
#define YICI_CONSUMERS_PUBLISH_PAGE_H

#include "consumers/publish/account.h"

/* What is being written. */
struct page {
	struct buffer *out;
	const struct publication *publication;
	const struct account *account;
};

/* Everything up to the report's title and date. */
void page_begin(struct page *page);

/* One of two phrases, which hold no markup of their own and none of anybody else's. */
const char *page_say(const struct page *page, const char *zh, const char *en);

/* Markup as it is. */
void page_put(struct page *page, const char *markup);

void page_heading(struct page *page, const char *zh, const char *en);
void page_note(struct page *page, const char *zh, const char *en);

/* A number with its thousands apart: 1,234,567. */
void page_number(struct page *page, uint64_t value);

void page_cell_number(struct page *page, uint64_t value);

/* Whatever somebody wrote, escaped. */
void page_cell_text(struct page *page, struct text text);

/* Column heads: those that begin with # stand over numbers. */
void page_table_begin(struct page *page, const char *const zh[], const char *const en[], size_t count);
#define PAGE_TABLE(page, zh, en)                                                                                       \
	do {                                                                                                           \
		_Static_assert(ARRAY_LEN(zh) == ARRAY_LEN(en), "both languages");                                      \
		page_table_begin(page, zh, en, ARRAY_LEN(zh));                                                         \
	} while (0)
void page_table_end(struct page *page);

#endif
