/*
 * report.c - adds up what both forms of the report say.
 */
#include "consumers/publish/report.h"

int
publish_report(const struct publication *publication, bool html, struct err *err)
{
	struct account account;
	int result;

	if (account_make(&account, publication, err) != 0)
		return -1;
	result = report_json(publication, &account, err);
	if (result == 0 && html)
		result = report_html(publication, &account, err);
	account_free(&account);
	return result;
}
