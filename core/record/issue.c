/*
 * issue.c - the words that rules and severities have outside.
 */
#include "core/record/issue.h"

const char *
severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_REJECT] = "reject",
		[SEVERITY_ERROR] = "error",
		[SEVERITY_QUERY] = "query",
	};

	return names[severity];
}

const char *
rule_name(enum rule rule)
{
	static const char *const names[] = {
#define X(name) #name,
		RULES(X)
#undef X
	};

	return names[rule];
}
