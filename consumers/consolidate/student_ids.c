/*
 * student_ids.c - see student_ids.h.
 */
#include "consumers/consolidate/student_ids.h"

#include <stdlib.h>

#include "core/base/digest.h"

/* How much of a group one student id of yesterday had. */
struct claim {
	uint8_t student[STUDENT_ID_BYTES];
	uint32_t group, member;
	uint32_t number; /* of the student id among all claimed, from 1 */
	uint64_t weight;
};

static int
claim_by_weight(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	order = memcmp(x->student, y->student, STUDENT_ID_BYTES);
	return order != 0 ? order : (x->group > y->group) - (x->group < y->group);
}

static int
claim_by_student(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = memcmp(x->student, y->student, STUDENT_ID_BYTES);

	return order != 0 ? order : (x->group > y->group) - (x->group < y->group);
}

/* What a record counts for when ids are kept: linkage by valid number, then by trust. */
static uint64_t
weight_of(const struct link_input *in, const struct link *link)
{
	const struct source *source = in->sources[link->source];

	return (link->number != 0 ? 1000u : 0u) + (uint64_t)source->trust + 1;
}

/* Of the run and of the founder's place among today's records: nothing of what they say or of where their rows stand is in it. */
static void
new_student(const struct link_input *in, const struct member *founder, uint8_t *student)
{
	struct {
		uint64_t run, place;
		uint32_t today, zero;
	} from = { .run = hash64(in->run.at, in->run.len, 0), .place = founder->place, .today = in->today };
	struct hash128 hash = hash128(&from, sizeof(from), in->seed);

	memcpy(student, &hash.high, 8);
	memcpy(student + 8, &hash.low, 8);
}

static int
retire(
    const struct link_input *in, struct link_result *out, const uint8_t *student, const uint8_t *into, struct err *err)
{
	struct retired *more;

	if (out->retired_count == out->retired_room) {
		size_t room = out->retired_room == 0 ? 64 : out->retired_room * 2;

		more = realloc(out->retired, room * sizeof(*more));
		if (more == NULL)
			return err_set(err, ERR_RETRY, "out of memory");
		out->retired = more;
		out->retired_room = room;
	}
	more = &out->retired[out->retired_count++];
	*more = (struct retired){ .day = in->today };
	memcpy(more->student, student, STUDENT_ID_BYTES);
	memcpy(more->into, into, STUDENT_ID_BYTES);
	return 0;
}

static int
split_off(struct link_result *out, const uint8_t *student, const uint8_t *from, struct err *err)
{
	struct split *more;

	if (out->split_count == out->split_room) {
		size_t room = out->split_room == 0 ? 64 : out->split_room * 2;

		more = realloc(out->splits, room * sizeof(*more));
		if (more == NULL)
			return err_set(err, ERR_RETRY, "out of memory");
		out->splits = more;
		out->split_room = room;
	}
	more = &out->splits[out->split_count++];
	memcpy(more->student, student, STUDENT_ID_BYTES);
	memcpy(more->from, from, STUDENT_ID_BYTES);
	return 0;
}

/* The one frequent case: a lone record, or all records of one group with at most one id among them. */
static bool
assign_simply(const struct link_input *in, struct link_result *out, struct members *members)
{
	const uint8_t *student = NULL;
	uint8_t fresh[STUDENT_ID_BYTES];
	bool touched = false;

	for (uint32_t i = 0; i < members->count; i++) {
		struct member *member = &members->at[i];

		if (members_root(members, i) != 0)
			return false;
		if (!members_has_student(&member->link)) {
			touched = true;
			continue;
		}
		if (student != NULL && memcmp(student, member->link.student, STUDENT_ID_BYTES) != 0)
			return false;
		student = member->link.student;
	}
	if (student == NULL) {
		new_student(in, &members->at[0], fresh);
		out->students_new++;
	} else
		memcpy(fresh, student, STUDENT_ID_BYTES);
	for (uint32_t i = 0; i < members->count; i++) {
		struct link *link = &members->at[i].link;

		memcpy(link->student, fresh, STUDENT_ID_BYTES);
		if (touched)
			link->flags |= LINK_TOUCHED;
		if (student == NULL)
			link->flags |= LINK_NEW;
	}
	return true;
}

/*
 * Give every group among ${members} a student id. Ids of yesterday go to the group in which they weigh most, each group
 * keeps at most one, the heaviest it can have; ids left over are retired into the group where they weigh most.
 */
static int
assign(const struct link_input *in, struct link_result *out, struct members *members, struct err *err)
{
	size_t count = members->count, claims = 0, unique = 0;
	struct claim *claim = calloc(count + 1, sizeof(*claim));
	/* by root of a group: its student id, the number of that claimed id or 0, whether its records are not yesterday's */
	uint8_t(*given)[STUDENT_ID_BYTES] = calloc(count + 1, sizeof(*given));
	uint32_t *kept = calloc(count + 1, sizeof(*kept));
	bool *touched = calloc(count + 1, sizeof(*touched)), *told = calloc(count + 1, sizeof(*told));
	/* by member: the number of the id it had or 0; by number of an id: 1 + the root that keeps it, or 0 */
	uint32_t *had = calloc(count + 1, sizeof(*had)), *keeper = calloc(count + 1, sizeof(*keeper));
	int result = -1;

	if (claim == NULL || given == NULL || kept == NULL || touched == NULL || told == NULL || had == NULL
	    || keeper == NULL) {
		err_set(err, ERR_RETRY, "out of memory for %zu records to be linked", count);
		goto done;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct member *member = &members->at[i];

		if (!members_has_student(&member->link))
			continue;
		memcpy(claim[claims].student, member->link.student, STUDENT_ID_BYTES);
		claim[claims].group = members_root(members, i);
		claim[claims].member = i;
		claim[claims++].weight = weight_of(in, &member->link);
	}
	qsort(claim, claims, sizeof(*claim), claim_by_student);
	for (size_t i = 0; i < claims; i++) {
		struct claim *last = unique > 0 ? &claim[unique - 1] : NULL;
		uint32_t number = last == NULL
		    ? 1
		    : last->number + (memcmp(last->student, claim[i].student, STUDENT_ID_BYTES) != 0);

		had[claim[i].member] = number;
		if (last != NULL && last->number == number && last->group == claim[i].group)
			last->weight += claim[i].weight;
		else {
			claim[unique] = claim[i];
			claim[unique++].number = number;
		}
	}
	qsort(claim, unique, sizeof(*claim), claim_by_weight);
	for (size_t i = 0; i < unique; i++) {
		uint32_t root = claim[i].group, number = claim[i].number;

		if (keeper[number] != 0 || kept[root] != 0)
			continue;
		memcpy(given[root], claim[i].student, STUDENT_ID_BYTES);
		keeper[number] = root + 1;
		kept[root] = number;
	}
	/* an id that nobody kept: where it weighs most there is another, heavier one */
	for (size_t i = 0; i < unique; i++) {
		if (keeper[claim[i].number] != 0)
			continue;
		if (retire(in, out, claim[i].student, given[claim[i].group], err) != 0)
			goto done;
		keeper[claim[i].number] = claim[i].group + 1;
	}
	/* a group whose set of records is not yesterday's set of its id is touched as a whole */
	for (uint32_t i = 0; i < count; i++) {
		uint32_t root = members_root(members, i);

		if (kept[root] == 0 && i == root) {
			new_student(in, &members->at[root], given[root]);
			out->students_new++;
		}
		if (had[i] != kept[root] || had[i] == 0) {
			touched[root] = true;
			if (had[i] != 0) /* the student it left has lost a record */
				touched[keeper[had[i]] - 1] = true;
		}
	}
	/* a new id for records of which some were another student's: of the one who had most of them */
	for (size_t i = 0; i < unique; i++) {
		uint32_t root = claim[i].group;

		if (kept[root] != 0 || told[root] || keeper[claim[i].number] == root + 1)
			continue;
		told[root] = true;
		if (split_off(out, given[root], claim[i].student, err) != 0)
			goto done;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct link *link = &members->at[i].link;
		uint32_t root = members_root(members, i);

		if (touched[root])
			link->flags |= LINK_TOUCHED;
		if (kept[root] == 0)
			link->flags |= LINK_NEW;
		memcpy(link->student, given[root], STUDENT_ID_BYTES);
	}
	result = 0;
done:
	free(claim);
	free(given);
	free(kept);
	free(touched);
	free(told);
	free(had);
	free(keeper);
	return result;
}

int
student_ids_assign(const struct link_input *in, struct link_result *out, struct members *members, struct err *err)
{
	return assign_simply(in, out, members) ? 0 : assign(in, out, members, err);
}
