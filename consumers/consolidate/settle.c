/*
 * settle.c - see settle.h.
 */
#include "consumers/consolidate/settle.h"

#include <stdlib.h>

#include "consumers/consolidate/doubts.h"
#include "consumers/consolidate/likeness/name.h"
#include "consumers/consolidate/student_ids.h"
#include "core/base/digest.h"

#define COMPONENT_MAX 50   /* records that weights alone would make one student: more is a defect, not a child */
#define SAME_NUMBER_MAX 64 /* records of one number that are compared one by one */

void
settle_init(struct settler *settler, const struct link_input *in, struct link_result *out,
    const struct gathering *gathering, const struct pairs *pairs)
{
	*settler = (struct settler){ .in = in,
		.out = out,
		.gathering = gathering,
		.pairs = pairs,
		.judge = { .model = in->model, .generic = pairs->generic, .generic_count = pairs->generic_count },
		.name = COMPARES_MAX };
	for (size_t i = 0; in->model != NULL && i < in->model->compare_count && settler->name == COMPARES_MAX; i++) {
		if (in->model->compares[i].by == BY_NAME)
			settler->name = i;
	}
}

void
settle_fini(struct settler *settler)
{
	free(settler->here.at);
	free(settler->keys);
	free(settler->order);
	free(settler->doubts);
	free(settler->edges);
	free(settler->decided);
	free(settler->component);
}

/* ${*at} with room for ${count} of ${size} bytes each. */
int
settle_room(void **at, size_t *room, size_t count, size_t size, struct err *err)
{
	void *more;

	if (count <= *room)
		return 0;
	count = count < 64 ? 64 : count * 2;
	more = realloc(*at, count * size);
	if (more == NULL)
		return err_set(err, ERR_RETRY, "out of memory for records to be linked");
	*at = more;
	*room = count;
	return 0;
}

static const uint8_t *
trait_of(const struct settler *settler, uint32_t member)
{
	return traits_get(&settler->gathering->traits, settler->here.at[member].place);
}

/* ---- what keeps records apart ---- */

static bool
is_kind(const struct decided *decided, enum decided_kind kind)
{
	return decided->kind == kind;
}

static uint32_t
member_of_id(const struct members *here, const uint8_t *id)
{
	for (uint32_t i = 0; i < here->count; i++) { /* decided about are few */
		if (memcmp(here->at[i].link.id, id, RECORD_ID_BYTES) == 0)
			return i;
	}
	return MEMBER_NONE;
}

/* A person has said of a record in group ${x} and one in group ${y} that they are two children. */
bool
settle_apart(struct settler *settler, uint32_t x, uint32_t y)
{
	for (size_t i = 0; i < settler->decided_count; i++) {
		const struct decided *decided = settler->decided[i];
		uint32_t a, b;

		if (!is_kind(decided, DECIDED_DIFFERENT) && !is_kind(decided, DECIDED_TWINS))
			continue;
		a = member_of_id(&settler->here, decided->a);
		b = member_of_id(&settler->here, decided->b);
		if (a == MEMBER_NONE || b == MEMBER_NONE)
			continue;
		a = members_root(&settler->here, a);
		b = members_root(&settler->here, b);
		if ((a == x && b == y) || (a == y && b == x))
			return true;
	}
	return false;
}

/* A person has said that this row is wrong, and it still says the same. */
bool
settle_wrong(const struct settler *settler, uint32_t member)
{
	const struct link *link = &settler->here.at[member].link;

	for (size_t i = 0; i < settler->decided_count; i++) {
		const struct decided *decided = settler->decided[i];

		if (is_kind(decided, DECIDED_WRONG_ROW) && memcmp(decided->a, link->id, RECORD_ID_BYTES) == 0
		    && decided->content == link->content)
			return true;
	}
	return false;
}

/* Join the groups of two members, unless a person has said otherwise. Whether they are one now. */
static bool
join(struct settler *settler, uint32_t a, uint32_t b)
{
	uint32_t x = members_root(&settler->here, a), y = members_root(&settler->here, b);

	if (x == y)
		return true;
	if (settler->decided_count > 0
	    && (settle_wrong(settler, a) || settle_wrong(settler, b) || settle_apart(settler, x, y)))
		return false;
	members_join(&settler->here, x, y);
	return true;
}

/* Two valid numbers of one person: an older one goes on in the student number that was made of it. */
bool
settle_numbers_differ(const struct link *a, const struct link *b)
{
	if (a->number == 0 || b->number == 0 || a->number == b->number)
		return false;
	return a->number != b->core && b->number != a->core && (a->core == 0 || a->core != b->core);
}

static bool
both_present(const struct settler *settler, const struct link *a, const struct link *b)
{
	uint16_t stated = link_stated(a, settler->in->sources[a->source]);

	return a->source == b->source && stated != 0 && stated == link_stated(b, settler->in->sources[b->source]);
}

/* Whether weights may make the groups of two members one: no two valid numbers, no source that has both. */
bool
settle_may_join(struct settler *settler, uint32_t a, uint32_t b)
{
	const struct member *at = settler->here.at;

	for (uint32_t i = members_root(&settler->here, a); i != MEMBER_NONE; i = at[i].next) {
		for (uint32_t j = members_root(&settler->here, b); j != MEMBER_NONE; j = at[j].next) {
			const struct link *x = &at[i].link, *y = &at[j].link;

			if (settle_numbers_differ(x, y) && !at[i].disputed && !at[j].disputed)
				return false;
			if (!settler->in->model->duplicates && both_present(settler, x, y)
			    && (x->number == 0 || x->number != y->number))
				return false;
		}
	}
	return true;
}

/* ---- components ---- */

uint32_t
settle_component(uint32_t *component, uint32_t i)
{
	while (component[i] != i) {
		component[i] = component[component[i]];
		i = component[i];
	}
	return i;
}

void
settle_tie(uint32_t *component, uint32_t a, uint32_t b)
{
	a = settle_component(component, a);
	b = settle_component(component, b);
	component[a < b ? b : a] = a < b ? a : b;
}

int
settle_components(struct settler *settler, struct err *err)
{
	if (settle_room((void **)&settler->component, &settler->component_room, settler->here.count,
		sizeof(*settler->component), err)
	    != 0)
		return -1;
	for (uint32_t i = 0; i < settler->here.count; i++)
		settler->component[i] = members_root(&settler->here, i);
	return 0;
}

/* ---- numbers ---- */

static uint64_t
name_of(const struct link *link)
{
	return link->name;
}

static uint64_t
birth_of(const struct link *link)
{
	return (uint64_t)link->birth_day;
}

/* Join those of ${count} records whose ${trait} is the same and known. */
static void
join_alike(struct settler *settler, const struct key *keys, size_t count, uint64_t (*trait)(const struct link *))
{
	struct key *order = settler->order;

	for (size_t i = 0; i < count; i++)
		order[i] = (struct key){ trait(&settler->here.at[keys[i].member].link), keys[i].member };
	members_sort(order, count);
	for (size_t i = 1; i < count; i++) {
		if (order[i].value != 0 && order[i].value == order[i - 1].value)
			(void)join(settler, order[i - 1].member, order[i].member);
	}
}

/* Whether two records of one number may be one student for it. */
static bool
agree(const struct settler *settler, uint32_t a, uint32_t b, bool alone, struct judged *judged)
{
	const struct link *x = &settler->here.at[a].link, *y = &settler->here.at[b].link;
	bool within = both_present(settler, x, y);

	if (x->name != 0 && x->name == y->name && x->birth_day != 0 && x->birth_day == y->birth_day) {
		*judged = (struct judged){ .match = MATCH_LINK };
		return true;
	}
	return judge_same_number(&settler->judge, trait_of(settler, a), trait_of(settler, b), within, alone, judged);
}

/* Whether the groups of two members hold two records that one source states today under different numbers: two people. */
static bool
source_has_both(struct settler *settler, uint32_t a, uint32_t b)
{
	const struct member *at = settler->here.at;

	for (uint32_t i = members_root(&settler->here, a); i != MEMBER_NONE; i = at[i].next) {
		for (uint32_t j = members_root(&settler->here, b); j != MEMBER_NONE; j = at[j].next) {
			if (both_present(settler, &at[i].link, &at[j].link)
			    && settle_numbers_differ(&at[i].link, &at[j].link))
				return true;
		}
	}
	return false;
}

/*
 * ${keys} are all records that carry one number. Without a model, those with the same name or the same birth date are one
 * student; with one, those that agree as its joins say: first, over all numbers, those of one name, so that a record
 * with two people's numbers goes to the one whose name it bears.
 */
static void
meet(struct settler *settler, const struct key *keys, size_t count, bool same_name)
{
	struct judged judged;

	if (settler->in->model == NULL || count > SAME_NUMBER_MAX) {
		if (same_name)
			return;
		join_alike(settler, keys, count, name_of);
		if (settler->in->model == NULL)
			join_alike(settler, keys, count, birth_of);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count; j++) {
			const struct link *x = &settler->here.at[keys[i].member].link;
			const struct link *y = &settler->here.at[keys[j].member].link;

			if ((!same_name || (x->name != 0 && x->name == y->name))
			    && members_root(&settler->here, keys[i].member)
				!= members_root(&settler->here, keys[j].member)
			    && !source_has_both(settler, keys[i].member, keys[j].member)
			    && agree(settler, keys[i].member, keys[j].member, false, &judged))
				(void)join(settler, keys[i].member, keys[j].member);
		}
	}
}

/*
 * Who carries the number of ${keys} beside the first and is nevertheless another student is a case for a person: once for
 * each student. ${mark} is another for each number, above 0.
 */
static int
accuse(struct settler *settler, const struct key *keys, size_t count, uint32_t mark, struct err *err)
{
	struct members *here = &settler->here;
	uint32_t first = MEMBER_NONE;

	for (size_t i = 0; i < count; i++) {
		uint32_t at = keys[i].member;
		struct member *root = &here->at[members_root(here, at)];
		struct judged judged = { .match = MATCH_REVIEW };

		if (here->at[at].link.presence == ABSENT || root->said == mark)
			continue;
		root->said = mark;
		if (first == MEMBER_NONE) {
			first = at;
			continue;
		}
		if (settler->in->model != NULL)
			(void)judge_same_number(
			    &settler->judge, trait_of(settler, first), trait_of(settler, at), false, false, &judged);
		if (doubts_add(settler, first, at, &judged, true, err) != 0)
			return -1;
	}
	return 0;
}

static int
meet_by_numbers(struct settler *settler, size_t *key_count, struct err *err)
{
	struct members *here = &settler->here;
	size_t count = 0, room = settler->key_room;

	if (settle_room((void **)&settler->keys, &room, here->count * MEMBER_KEYS_MAX, sizeof(*settler->keys), err) != 0
	    || settle_room((void **)&settler->order, &settler->key_room, here->count * MEMBER_KEYS_MAX,
		   sizeof(*settler->order), err)
		!= 0)
		return -1;
	for (uint32_t i = 0; i < here->count; i++)
		count += members_keys(&here->at[i], i, settler->keys + count);
	members_sort(settler->keys, count);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0, end; i < count; i = end) {
			for (end = i + 1; end < count && settler->keys[end].value == settler->keys[i].value;)
				end++;
			meet(settler, settler->keys + i, end - i, round == 0);
		}
	}
	*key_count = count;
	return 0;
}

/* ---- slips ---- */

/* Whether somebody outside the group of ${root} who does not carry its number bears a name of it. */
static bool
is_claimed(const struct settler *settler, struct members *here, uint32_t root, uint64_t number)
{
	for (size_t i = 0; i < settler->edge_count; i++) {
		const struct edge_at_hand *at = &settler->edges[i];
		uint32_t a = members_root(here, at->a), b = members_root(here, at->b), other;
		unsigned level = at->edge->judged.levels[settler->name];

		if ((a == root) == (b == root) || (level != NAME_SAME && level != NAME_VARIANT))
			continue;
		other = a == root ? at->b : at->a;
		if (here->at[other].link.number != number)
			return true;
	}
	return false;
}

/* Whether somebody under another valid number bears the name of a record: then it is his, whatever number it has. */
static bool
is_others(const struct settler *settler, struct members *here, uint32_t member, uint64_t number)
{
	for (size_t i = 0; i < settler->edge_count; i++) {
		const struct edge_at_hand *at = &settler->edges[i];
		uint32_t other = at->a == member ? at->b : at->b == member ? at->a : MEMBER_NONE;
		unsigned level = at->edge->judged.levels[settler->name];

		if (other != MEMBER_NONE && (level == NAME_SAME || level == NAME_VARIANT)
		    && here->at[other].link.number != 0 && here->at[other].link.number != number
		    && members_root(here, other) != members_root(here, member))
			return true;
	}
	return false;
}

/* Whether a record of the group of ${member} was seen to have a twin. */
static bool
has_twin(const struct settler *settler, struct members *here, uint32_t member)
{
	for (uint32_t k = members_root(here, member); k != MEMBER_NONE; k = here->at[k].next) {
		if (settler->pairs->twins != NULL && settler->pairs->twins[here->at[k].place])
			return true;
	}
	return false;
}

/* Whether the group of ${other} has a record of a source that is trusted more: the slip is not the registry's. */
static bool
is_less_trusted(const struct settler *settler, struct members *here, uint32_t lone, uint32_t other)
{
	const struct source *const *sources = settler->in->sources;

	for (uint32_t k = members_root(here, other); k != MEMBER_NONE; k = here->at[k].next) {
		if (sources[here->at[k].link.source]->trust > sources[here->at[lone].link.source]->trust)
			return true;
	}
	return false;
}

static bool
is_lone(const struct members *here, uint32_t root)
{
	return here->at[root].next == MEMBER_NONE;
}

/*
 * Of one number, a group whose name nobody else bears, and which is one record alone, is a slip of the hand in the name,
 * if all else agrees: had the number been copied from a brother, that brother would be there under his own.
 */
static void
meet_by_elimination(struct settler *settler, const struct key *keys, size_t count)
{
	struct members *here = &settler->here;
	struct judged judged;

	for (size_t i = 0; i < count && count <= SAME_NUMBER_MAX; i++) {
		for (size_t j = 0; j < count; j++) {
			uint32_t lone = members_root(here, keys[i].member), other = members_root(here, keys[j].member);

			if (lone == other || !is_lone(here, lone)
			    || (here->at[lone].link.number != 0 && here->at[lone].link.number != keys[i].value)
			    || !is_less_trusted(settler, here, lone, other) || source_has_both(settler, lone, other)
			    || is_claimed(settler, here, lone, keys[i].value)
			    || is_others(settler, here, keys[j].member, keys[i].value) || has_twin(settler, here, lone)
			    || has_twin(settler, here, other)
			    || !agree(settler, keys[i].member, keys[j].member, true, &judged))
				continue;
			(void)join(settler, lone, other);
			break;
		}
	}
}

/*
 * Among the groups that dispute a number, it belongs to the one with most records that carry it; the records of the
 * others have it from somewhere, so nothing is joined with them by weights, and it is no veto against elimination.
 */
static void
mark_disputed(struct settler *settler, const struct key *keys, size_t count)
{
	struct members *here = &settler->here;
	uint32_t owner = MEMBER_NONE;
	size_t most = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t root = members_root(here, keys[i].member);
		size_t size = 0;

		for (uint32_t k = root; k != MEMBER_NONE; k = here->at[k].next)
			size += here->at[k].link.number == keys[i].value || here->at[k].link.core == keys[i].value;
		if (size > most || (size == most && root < owner)) {
			most = size;
			owner = root;
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (here->at[keys[i].member].link.number == keys[i].value && members_root(here, keys[i].member) != owner)
			here->at[keys[i].member].disputed = true;
	}
}

static void
settle_slips(struct settler *settler, size_t count)
{
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && settler->keys[end].value == settler->keys[i].value;)
			end++;
		if (end - i < 2)
			continue;
		meet_by_elimination(settler, settler->keys + i, end - i);
		mark_disputed(settler, settler->keys + i, end - i);
	}
}

static int
accuse_by_numbers(struct settler *settler, size_t count, struct err *err)
{
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && settler->keys[end].value == settler->keys[i].value;)
			end++;
		if (end - i > 1 && accuse(settler, settler->keys + i, end - i, (uint32_t)i + 1, err) != 0)
			return -1;
	}
	return 0;
}

/* ---- decisions ---- */

static int
find_decided(struct settler *settler, struct err *err)
{
	const struct link_input *in = settler->in;

	settler->decided_count = 0;
	for (uint32_t i = 0; i < settler->here.count && in->decided_count > 0; i++) {
		const uint8_t *id = settler->here.at[i].link.id;
		size_t low = 0, high = in->decided_count;

		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (memcmp(in->decided[middle].a, id, RECORD_ID_BYTES) < 0)
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < in->decided_count && memcmp(in->decided[low].a, id, RECORD_ID_BYTES) == 0; low++) {
			if (settle_room((void **)&settler->decided, &settler->decided_room, settler->decided_count + 1,
				sizeof(*settler->decided), err)
			    != 0)
				return -1;
			settler->decided[settler->decided_count++] = &in->decided[low];
		}
	}
	return 0;
}

static void
meet_by_decisions(struct settler *settler)
{
	for (size_t i = 0; i < settler->decided_count; i++) {
		const struct decided *decided = settler->decided[i];
		uint32_t a = member_of_id(&settler->here, decided->a), b = member_of_id(&settler->here, decided->b);

		if ((is_kind(decided, DECIDED_SAME) || is_kind(decided, DECIDED_RENUMBERED)) && a != MEMBER_NONE
		    && b != MEMBER_NONE)
			(void)join(settler, a, b);
	}
}

/* ---- weights ---- */

static uint32_t
member_at(const struct members *here, uint32_t place)
{
	size_t low = 0, high = here->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (here->at[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low < here->count && here->at[low].place == place ? (uint32_t)low : MEMBER_NONE;
}

static int
heaviest_first(const void *a, const void *b)
{
	const struct edge_at_hand *x = a, *y = b;

	if (x->edge->judged.bits != y->edge->judged.bits)
		return x->edge->judged.bits > y->edge->judged.bits ? -1 : 1;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return (x->b > y->b) - (x->b < y->b);
}

/* The edges between records at hand, heaviest first. Places follow ids, so ties do not hang on anything else. */
static int
find_edges(struct settler *settler, struct err *err)
{
	const struct pairs *pairs = settler->pairs;

	settler->edge_count = 0;
	for (uint32_t i = 0; i < settler->here.count && pairs->count > 0; i++) {
		size_t low = 0, high = pairs->count;

		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (pairs->edges[middle].a < settler->here.at[i].place)
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < pairs->count && pairs->edges[low].a == settler->here.at[i].place; low++) {
			uint32_t other = member_at(&settler->here, pairs->edges[low].b);

			if (other == MEMBER_NONE)
				continue;
			if (settle_room((void **)&settler->edges, &settler->edge_room, settler->edge_count + 1,
				sizeof(*settler->edges), err)
			    != 0)
				return -1;
			settler->edges[settler->edge_count++] = (struct edge_at_hand){ i, other, &pairs->edges[low] };
		}
	}
	if (settler->edge_count > 0)
		qsort(settler->edges, settler->edge_count, sizeof(*settler->edges), heaviest_first);
	return 0;
}

/* How many records would be one student if every link held; 0 in place of the roots' sizes that are fine. */
static int
find_oversized(struct settler *settler, uint32_t **sizes, struct err *err)
{
	struct members *here = &settler->here;

	*sizes = NULL;
	if (here->count <= COMPONENT_MAX)
		return 0;
	if (settle_components(settler, err) != 0)
		return -1;
	*sizes = calloc(here->count, sizeof(**sizes));
	if (*sizes == NULL)
		return err_set(err, ERR_RETRY, "out of memory for records to be linked");
	for (size_t i = 0; i < settler->edge_count; i++) {
		if (settler->edges[i].edge->judged.match == MATCH_LINK)
			settle_tie(settler->component, settler->edges[i].a, settler->edges[i].b);
	}
	for (uint32_t i = 0; i < here->count; i++)
		(*sizes)[settle_component(settler->component, i)]++;
	for (uint32_t i = 0; i < here->count; i++) {
		if ((*sizes)[i] > COMPONENT_MAX)
			settler->out->oversized++;
	}
	return 0;
}

/* The heaviest other edge of a record, to a group that is not ${group}: 0 when there is none. */
static float
second_best(const struct settler *settler, struct members *here, uint32_t member, uint32_t group)
{
	for (size_t i = 0; i < settler->edge_count; i++) { /* heaviest first */
		const struct edge_at_hand *at = &settler->edges[i];
		uint32_t other = at->a == member ? at->b : at->b == member ? at->a : MEMBER_NONE;

		if (other != MEMBER_NONE && members_root(here, other) != group
		    && members_root(here, other) != members_root(here, member))
			return at->edge->judged.bits;
	}
	return -1000;
}

/*
 * What a gate holds back is joined all the same where one of the two is a record alone that can be nobody else: of a number
 * that is another's (copied: all but the number says who it is), or of a name that nobody else bears (a slip of the hand).
 */
static bool
is_eliminated(struct settler *settler, const struct edge_at_hand *edge)
{
	const struct model *model = settler->in->model;
	struct members *here = &settler->here;
	const struct judged *judged = &edge->edge->judged;
	const struct model_gate *gate;

	gate = judge_gate(model, judged);
	if (gate == NULL || !gate->alone || judged->bits < model->review_bits || judged->match != MATCH_REVIEW)
		return false;
	if (second_best(settler, here, edge->a, members_root(here, edge->b)) > judged->bits - model->rival_bits
	    || second_best(settler, here, edge->b, members_root(here, edge->a)) > judged->bits - model->rival_bits)
		return false; /* there is somebody else whom one of them could be */
	for (int side = 0; side < 2; side++) {
		uint32_t lone = side == 0 ? edge->a : edge->b, other = side == 0 ? edge->b : edge->a;
		uint32_t root = members_root(here, lone);

		if (!is_lone(here, root) || here->at[other].disputed)
			continue;
		if (settle_numbers_differ(&here->at[lone].link, &here->at[other].link)) {
			if (here->at[lone].disputed)
				return true;
		} else if (!is_claimed(settler, here, root, UINT64_MAX) && !has_twin(settler, here, lone)
		    && !has_twin(settler, here, other))
			return true;
	}
	return false;
}

static int
meet_by_weights(struct settler *settler, struct err *err)
{
	uint32_t *sizes;
	int result = -1;

	if (find_oversized(settler, &sizes, err) != 0)
		return -1;
	for (size_t i = 0; i < settler->edge_count; i++) {
		const struct edge_at_hand *at = &settler->edges[i];
		bool link = at->edge->judged.match == MATCH_LINK && !settler->here.at[at->a].disputed
		    && !settler->here.at[at->b].disputed;
		bool oversized = sizes != NULL && sizes[settle_component(settler->component, at->a)] > COMPONENT_MAX;

		if (members_root(&settler->here, at->a) == members_root(&settler->here, at->b))
			continue;
		if (!oversized && (link || is_eliminated(settler, at)) && settle_may_join(settler, at->a, at->b)
		    && join(settler, at->a, at->b))
			continue;
		if (doubts_add(settler, at->a, at->b, &at->edge->judged, false, err) != 0)
			goto done;
	}
	result = 0;
done:
	free(sizes);
	return result;
}

int
settle_run(struct settler *settler, struct err *err)
{
	struct members *here = &settler->here;
	size_t key_count;

	members_scatter(here);
	for (uint32_t i = 0; i < here->count; i++)
		here->at[i].link.flags &= (uint8_t) ~(LINK_SCATTERED | LINK_REVIEW | LINK_NEW);
	if (here->count > 1) {
		settler->doubt_count = 0;
		if (find_decided(settler, err) != 0)
			return -1;
		meet_by_decisions(settler);
		if (meet_by_numbers(settler, &key_count, err) != 0 || find_edges(settler, err) != 0)
			return -1;
		if (settler->name != COMPARES_MAX)
			settle_slips(settler, key_count);
		if (meet_by_weights(settler, err) != 0 || accuse_by_numbers(settler, key_count, err) != 0
		    || doubts_into_cases(settler, err) != 0)
			return -1;
	}
	return student_ids_assign(settler->in, settler->out, here, err);
}
