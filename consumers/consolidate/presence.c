/*
 * presence.c - see presence.h.
 */
#include "consumers/consolidate/presence.h"

#include "consumers/consolidate/merge.h"
#include "core/record/day.h"

const char *
presence_name(enum presence presence)
{
	static const char *const names[] = { "present", "absent", "stale", "left", "back" };

	return names[presence];
}

/* ---- what was delivered ---- */

void
presence_delivered(const struct merge_member *members, size_t count, const uint16_t *since, struct standing *standing)
{
	int trust = -1;

	standing->presence = PRESENT;
	standing->since = since[0];
	for (size_t i = 1; i < count; i++)
		standing->since = since[i] < standing->since ? since[i] : standing->since;
	for (size_t i = 0; i < count; i++) {
		const struct source *source = members[i].source;

		if (!source->full || source->trust < trust)
			continue;
		if (source->trust == trust && (members[i].presence != PRESENT || standing->presence == PRESENT)
		    && !(members[i].presence == STALE && standing->presence == ABSENT)
		    && !(members[i].presence == standing->presence
			&& (since[i] < standing->since
			    || (since[i] == standing->since && members[i].source_no < standing->source))))
			continue;
		trust = source->trust;
		standing->presence = (uint8_t)members[i].presence;
		standing->since = since[i];
		standing->source = members[i].source_no;
	}
}

/* ---- evidence ---- */

struct evidence {
	const struct leaving *leaving; /* NULL: there is none that holds */
	const struct merged_value *value;
};

static const struct merged_value *
value_of(const struct merged *merged, uint16_t field)
{
	size_t low = 0, high = merged->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (merged->values[middle].field < field)
			low = middle + 1;
		else
			high = middle;
	}
	return low < merged->count && merged->values[low].field == field ? &merged->values[low] : NULL;
}

/* The day of an evidence by its own record, if it names one that is not to come: false for none. */
static bool
day_of_evidence(
    const struct presence_case *of, const struct merged *merged, const struct evidence *evidence, uint16_t *day)
{
	const struct leaving *leaving = evidence->leaving;
	const struct merged_value *pinned;
	struct text text, values = of->members[evidence->value->member].values;
	struct date date;

	if (leaving->date == FIELD_NONE)
		return false;
	pinned = value_of(merged, leaving->date);
	if (pinned != NULL && pinned->pinned != 0)
		text = pinned->text;
	else if (evidence->value->pinned != 0) /* the record's own date is of what it says itself */
		return false;
	else {
		text = values_get(values, leaving->date);
		for (size_t i = 0; i < of->dataset->leaving_count; i++) {
			const struct leaving *other = &of->dataset->leavings[i];
			struct text code;

			if (other->date != leaving->date || other->field == leaving->field)
				continue;
			code = values_get(values, other->field);
			if (code.len > 0 && dataset_leaving(of->dataset, other->field, code) == NULL)
				return false; /* the date of another change */
		}
	}
	if (!day_parse(text, &date) || day_of(date) < DAY_STORE_ZERO || day_store(date) > of->today)
		return false;
	*day = day_store(date);
	return true;
}

/* Is he at another school, by a newer record? */
static bool
is_elsewhere(const struct presence_case *of, const struct merged *merged, const struct evidence *evidence)
{
	const struct merge_member *says = &of->members[evidence->value->member];
	uint16_t field = of->dataset->roles.school_code, day;
	int64_t newest = merge_recency(says);
	struct text school;

	if (evidence->value->pinned != 0 || field == FIELD_NONE || (school = values_get(says->values, field)).len == 0)
		return false;
	if (day_of_evidence(of, merged, evidence, &day) && ((int64_t)day + DAY_STORE_ZERO) * 86400 > newest)
		newest = ((int64_t)day + DAY_STORE_ZERO) * 86400;
	for (size_t i = 0; i < of->count; i++) {
		const struct merge_member *other = &of->members[i];
		struct text there;

		if (other->presence != PRESENT || !other->source->full || merge_recency(other) <= newest)
			continue;
		there = values_get(other->values, field);
		if (there.len > 0 && !text_eq(there, school))
			return true;
	}
	return false;
}

static struct evidence
find_evidence(const struct presence_case *of, const struct merged *merged)
{
	const struct dataset *dataset = of->dataset;
	struct evidence evidence = { 0 };
	uint16_t asked = FIELD_NONE;

	for (size_t i = 0; i < dataset->leaving_count; i++) {
		uint16_t field = dataset->leavings[i].field;
		const struct merged_value *value;

		if (field == asked)
			continue;
		asked = field;
		value = value_of(merged, field);
		if (value == NULL)
			continue;
		evidence.value = value;
		evidence.leaving = dataset_leaving(dataset, field, value->text);
		if (evidence.leaving != NULL) {
			if (is_elsewhere(of, merged, &evidence))
				evidence.leaving = NULL;
			return evidence;
		}
		if (value->pinned != 0 || of->members[value->member].presence != ABSENT)
			return evidence; /* he is said to be here */
	}
	return evidence;
}

/* ---- how he stands ---- */

static struct standing
stand_left(const struct presence_case *of, const struct merged *merged, const struct evidence *evidence,
    const struct standing *before)
{
	struct standing now = { .presence = LEFT, .since = of->today, .decision = evidence->value->pinned };

	memcpy(now.student, of->delivered.student, STUDENT_ID_BYTES);
	memcpy(now.reason, evidence->leaving->reason.at, evidence->leaving->reason.len);
	if (before != NULL && before->presence == LEFT && memcmp(before->reason, now.reason, sizeof(now.reason)) == 0)
		now.since = before->since;
	(void)day_of_evidence(of, merged, evidence, &now.since);
	return now;
}

/* By the sources alone. */
static struct standing
stand_undecided(const struct presence_case *of)
{
	const struct evidence evidence = find_evidence(of, of->undecided);
	const struct standing *kept = of->before != NULL ? &of->before->undecided : NULL;
	const struct standing *before = kept != NULL ? kept : of->delivered_before;
	struct standing now = of->delivered;

	if (evidence.leaving != NULL)
		return stand_left(of, of->undecided, &evidence, before);
	if (now.presence != PRESENT || before == NULL)
		return now;
	if (before->presence == BACK || (before->presence == PRESENT && before == kept)) {
		/* he came back later than his oldest record began to be delivered without a gap */
		if (before->since > now.since)
			now.since = before->since;
		if (before->presence == BACK && of->today < before->since + of->dataset->back_days) {
			now = *before;
			memcpy(now.student, of->delivered.student, STUDENT_ID_BYTES);
		}
		return now;
	}
	if ((before->presence != ABSENT && before->presence != LEFT) || !of->news || of->dataset->back_days == 0)
		return now;
	now.presence = BACK;
	now.since = of->today;
	now.was = before->presence;
	now.was_since = before->since;
	return now;
}

struct stood
presence_stand(const struct presence_case *of)
{
	const struct standing *before = of->before != NULL ? &of->before->shown : NULL;
	struct evidence evidence = { 0 };
	struct stood now;

	now.undecided = now.shown = stand_undecided(of);
	if (of->merged != of->undecided)
		evidence = find_evidence(of, of->merged);
	if (evidence.leaving != NULL)
		now.shown = stand_left(of, of->merged, &evidence, before);
	else if ((of->merged != of->undecided && now.undecided.presence == LEFT)
	    || (now.undecided.presence == BACK && before != NULL && before->presence == PRESENT))
		now.shown = of->delivered; /* a person says that he has not left: nor does he come back */
	return now;
}

bool
presence_same(const struct standing *a, const struct standing *b)
{
	if (a->presence != b->presence || a->since != b->since)
		return false;
	switch ((enum presence)a->presence) {
	case PRESENT:
	case STALE:
		return true;
	case ABSENT:
		return a->source == b->source;
	case LEFT:
		return a->decision == b->decision && memcmp(a->reason, b->reason, sizeof(a->reason)) == 0;
	case BACK:
		return a->was == b->was && a->was_since == b->was_since;
	}
	return false;
}

void
presence_reason(const struct standing *standing, const struct source *const *sources, struct buffer *out)
{
	char day[11];

	switch ((enum presence)standing->presence) {
	case PRESENT:
		buffer_string(out, "delivered");
		break;
	case ABSENT:
		buffer_string(out, "not_delivered:");
		buffer_text(out, sources[standing->source]->name);
		break;
	case STALE:
		buffer_string(out, "school_not_delivered");
		break;
	case LEFT:
		buffer_string(out, standing->reason);
		if (standing->decision != 0)
			buffer_format(out, ":decision:%llu", (unsigned long long)standing->decision);
		break;
	case BACK:
		day_store_write(standing->was_since, day);
		buffer_format(out, "back:%s:%s", presence_name((enum presence)standing->was), day);
		break;
	}
}
