/*
 * report.h - the two forms of the report. Inside this room only.
 */
#ifndef YICI_CONSUMERS_PUBLISH_REPORT_H
#define YICI_CONSUMERS_PUBLISH_REPORT_H

#include "consumers/publish/account.h"

struct page;

MUST_CHECK int report_json(const struct publication *publication, const struct account *account, struct err *err);
MUST_CHECK int report_html(const struct publication *publication, const struct account *account, struct err *err);

/* What collections ask, as bars; nothing when no form is registered. */
void report_forms(struct page *page);

#endif
