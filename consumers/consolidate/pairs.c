/*
 * pairs.c - see pairs.h.
 */
#include "consumers/consolidate/pairs.h"

#include <float.h>
#include <stdlib.h>

#include "core/base/digest.h"

#define PHONE_CHILDREN 12 /* a telephone of more children than this is an office's */
#define TOUCHED_MAX 8192  /* pairs that may each have touched two pages of traits */
#define KEY_SEEDS 101     /* a block's number and this begin its keys */

struct entry {
	uint32_t key, record;
};

struct search {
	const struct model *model;
	struct traits *traits;
	size_t touched; /* pairs looked at since traits were last given back */
	const struct pair_side *sides;
	size_t count;
	struct pairs *out;
	struct judge judge;
	/* by block: two columns of keys under which each record was compared, 0 for none; the second NULL where no record has two */
	uint32_t *columns[BLOCKS_MAX][TRAIT_KEYS_MAX];
	bool every; /* also pairs that a number settles, or that one source states both of */
	int (*visit)(void *self, size_t block, uint32_t a, uint32_t b, struct err *err);
	void *self;
	struct err *err;
	bool failed; /* ${err} says why */
};

static int
short_of_memory(const struct search *search, struct err *err)
{
	return err_set(err, ERR_RETRY, "out of memory for %zu records to be linked", search->count);
}

struct pair_side
pair_side_of(const struct link *link, const struct source *source)
{
	struct pair_side side = { .source = link->source, .stated = link_stated(link, source) };

	if (link->number != 0)
		side.number = (uint32_t)hash64(&link->number, sizeof(link->number), 0);
	side.number += link->number != 0 && side.number == 0;
	return side;
}

/* Two records that one source states side by side, where that makes them two people. */
static bool
stated_together(const struct model *model, const struct pair_side *a, const struct pair_side *b)
{
	return !model->duplicates && a->source == b->source && a->stated != 0 && a->stated == b->stated;
}

/* Two records that can not be of one person whatever they say: of two valid numbers, or of one source side by side. */
static bool
pair_conflicts(const struct model *model, const struct pair_side *a, const struct pair_side *b)
{
	return a->number != 0 && b->number != 0 ? a->number != b->number : stated_together(model, a, b);
}

/* ---- sorting ---- */

static int
entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->record > y->record) - (x->record < y->record);
}

/* By key: three rounds of eleven bits, for records are many. */
static int
sort_entries(const struct search *search, struct entry *entries, size_t count, struct err *err)
{
	struct entry *scratch = malloc((count + 1) * sizeof(*scratch)), *from = entries, *to = scratch, *swap;

	if (scratch == NULL)
		return short_of_memory(search, err);
	for (unsigned shift = 0; shift < 33; shift += 11) {
		uint32_t starts[2048] = { 0 }, sum = 0;

		for (size_t i = 0; i < count; i++)
			starts[from[i].key >> shift & 2047]++;
		for (size_t i = 0; i < 2048; i++) {
			uint32_t n = starts[i];

			starts[i] = sum;
			sum += n;
		}
		for (size_t i = 0; i < count; i++)
			to[starts[from[i].key >> shift & 2047]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	memcpy(entries, scratch, count * sizeof(*entries)); /* after an odd number of rounds it lies there */
	free(scratch);
	return 0;
}

/* ---- keys ---- */

static uint32_t
mix(uint32_t a, uint32_t b)
{
	uint64_t both = ((uint64_t)a << 32 | b) * 0x9E3779B97F4A7C15u;
	uint32_t hash = (uint32_t)(both ^ both >> 29 ^ both >> 47);

	return hash == 0 ? 1 : hash;
}

/* The keys of a record in a block: how many. */
static size_t
keys_of(const struct search *search, const struct block_part *parts, size_t part_count, uint32_t seed, size_t record,
    uint32_t keys[TRAIT_KEYS_MAX])
{
	const uint8_t *trait = traits_get(search->traits, record);
	size_t count = 1;

	keys[0] = seed;
	for (size_t i = 0; i < part_count; i++) {
		uint32_t found[TRAIT_KEYS_MAX];
		size_t n = trait_keys(&search->model->compares[parts[i].compare], parts[i].part, trait, found);

		if (n == 0)
			return 0;
		if (n == 2 && count == 1) {
			keys[1] = mix(keys[0], found[1]);
			keys[0] = mix(keys[0], found[0]);
			count = 2;
			continue;
		}
		for (size_t j = 0; j < count; j++)
			keys[j] = mix(keys[j], found[0]);
	}
	return count;
}

/* Whether the pair was compared under an earlier block, or under a smaller key of this one. */
static bool
seen(const struct search *search, size_t block, uint32_t key, uint32_t a, uint32_t b)
{
	for (size_t k = 0; k <= block; k++) {
		for (size_t i = 0; i < TRAIT_KEYS_MAX; i++) {
			uint32_t x = search->columns[k][i] == NULL ? 0 : search->columns[k][i][a];

			for (size_t j = 0; x != 0 && j < TRAIT_KEYS_MAX; j++) {
				if (search->columns[k][j] != NULL && search->columns[k][j][b] == x
				    && (k < block || x < key))
					return true;
			}
		}
	}
	return false;
}

/* ---- looking ---- */

static int
add_edge(struct search *search, uint32_t a, uint32_t b, const struct judged *judged, struct err *err)
{
	struct pairs *out = search->out;

	if (out->count == out->room) {
		size_t room = out->room == 0 ? 1024 : out->room * 2;
		struct edge *more = realloc(out->edges, room * sizeof(*more));

		if (more == NULL)
			return err_set(err, ERR_RETRY, "out of memory for pairs of records");
		out->edges = more;
		out->room = room;
	}
	out->edges[out->count++] = (struct edge){ a, b, *judged };
	return 0;
}

/* Two under different numbers may be twins, whom one source mostly states side by side: no pair for joining, and worth a mark. */
static void
mark_twins(struct search *search, uint32_t a, uint32_t b, const struct judged *judged)
{
	const struct pair_side *x = &search->sides[a], *y = &search->sides[b];
	const struct model_gate *gate;
	struct judged own;

	if (x->number == 0 || y->number == 0 || x->number == y->number || search->out->twins == NULL
	    || (search->out->twins[a] && search->out->twins[b]))
		return;
	if (judged == NULL) {
		own = judge_pair(&search->judge, traits_get(search->traits, a), traits_get(search->traits, b));
		judged = &own;
	}
	gate = judge_gate(search->model, judged);
	if (gate != NULL && gate->twins)
		search->out->twins[a] = search->out->twins[b] = 1;
}

/* A pair that may become an edge. */
static int
judge_edge(void *self, size_t block, uint32_t a, uint32_t b, struct err *err)
{
	struct search *search = self;
	struct judged judged = judge_pair(&search->judge, traits_get(search->traits, a), traits_get(search->traits, b));

	(void)block;
	search->out->compared++;
	mark_twins(search, a, b, &judged);
	return judged.match == MATCH_SEPARATE ? 0 : add_edge(search, a, b, &judged, err);
}

static void
look(struct search *search, size_t block, uint32_t key, uint32_t a, uint32_t b)
{
	const struct pair_side *x = &search->sides[a], *y = &search->sides[b];

	if (a == b || search->failed)
		return;
	if (!search->every
	    && ((x->number != 0 && x->number == y->number) /* settled by it */
		|| stated_together(search->model, x, y))) {
		mark_twins(search, a, b, NULL);
		return;
	}
	if (seen(search, block, key, a, b))
		return;
	if (search->visit(search->self, block, a < b ? a : b, a < b ? b : a, search->err) != 0)
		search->failed = true;
	if (++search->touched == TOUCHED_MAX) {
		mapping_rest(&search->traits->mapping);
		search->touched = 0;
	}
}

static bool
all_of_one_number(const struct search *search, const struct entry *entries, size_t count)
{
	uint32_t number = search->sides[entries[0].record].number;

	for (size_t i = 1; i < count && number != 0; i++) {
		if (search->sides[entries[i].record].number != number)
			return false;
	}
	return number != 0;
}

/* The key under which ${record} was compared is another one now, or none. */
static void
rename_key(struct search *search, size_t block, uint32_t record, uint32_t old, uint32_t new)
{
	for (size_t i = 0; i < TRAIT_KEYS_MAX; i++) {
		if (search->columns[block][i] != NULL && search->columns[block][i][record] == old)
			search->columns[block][i][record] = new;
	}
}

/* The records of one key; ${depth}: how many refinements are in it. */
static void
look_at_group(struct search *search, size_t block, struct entry *entries, size_t count, size_t depth)
{
	const struct model_block *how = &search->model->blocks[block];

	if (count < 2 || (!search->every && all_of_one_number(search, entries, count)))
		return;
	if (count <= search->model->cap) {
		for (size_t i = 0; i < count; i++) {
			for (size_t j = i + 1; j < count; j++)
				look(search, block, entries[i].key, entries[i].record, entries[j].record);
		}
		return;
	}
	if (depth == how->refine_count) { /* told, not cut short in silence */
		search->out->skipped += (uint64_t)count * (count - 1) / 2;
		for (size_t i = 0; i < count; i++)
			rename_key(search, block, entries[i].record, entries[i].key, 0);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t keys[TRAIT_KEYS_MAX], old = entries[i].key;
		size_t n = keys_of(search, &how->refine[depth], 1, old, entries[i].record, keys);

		entries[i].key = n == 0 ? mix(old, 0) : keys[0];
		rename_key(search, block, entries[i].record, old, entries[i].key);
	}
	qsort(entries, count, sizeof(*entries), entry_order);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && entries[end].key == entries[i].key;)
			end++;
		look_at_group(search, block, entries + i, end - i, depth + 1);
	}
}

/* The keys of all records in a block, as columns; how many there are. */
static int
make_keys(struct search *search, size_t block, size_t *count, struct err *err)
{
	const struct model_block *how = &search->model->blocks[block];
	uint32_t **columns = search->columns[block];

	*count = 0;
	for (size_t i = 0; i < search->count; i++) {
		uint32_t keys[TRAIT_KEYS_MAX];
		size_t n = keys_of(search, how->parts, how->part_count, (uint32_t)block + KEY_SEEDS, i, keys);

		for (size_t j = 0; j < n; j++) {
			if (columns[j] == NULL && (columns[j] = calloc(search->count, sizeof(uint32_t))) == NULL)
				return short_of_memory(search, err);
			columns[j][i] = keys[j];
		}
		*count += n;
		traits_pass(search->traits, i);
	}
	mapping_rest(&search->traits->mapping);
	return 0;
}

static int
look_in_block(struct search *search, size_t block, struct err *err)
{
	struct entry *entries;
	size_t count, n = 0;

	if (make_keys(search, block, &count, err) != 0)
		return -1;
	entries = malloc((count + 1) * sizeof(*entries));
	if (entries == NULL)
		return short_of_memory(search, err);
	for (size_t j = 0; j < TRAIT_KEYS_MAX; j++) {
		for (size_t i = 0; search->columns[block][j] != NULL && i < search->count; i++) {
			if (search->columns[block][j][i] != 0)
				entries[n++] = (struct entry){ search->columns[block][j][i], (uint32_t)i };
		}
	}
	if (sort_entries(search, entries, count, err) != 0)
		search->failed = true;
	for (size_t i = 0, end; i < count && !search->failed; i = end) {
		for (end = i + 1; end < count && entries[end].key == entries[i].key;)
			end++;
		look_at_group(search, block, entries + i, end - i, 0);
	}
	free(entries);
	return search->failed ? -1 : 0;
}

/* ---- telephones of offices ---- */

/* How many children stand behind a telephone: by their numbers, or by name where they have none. */
static size_t
children_behind(const struct search *search, const struct model_compare *name, const struct entry *entries, size_t count)
{
	uint32_t children[PHONE_CHILDREN + 1];
	size_t found = 0;

	for (size_t i = 0; i < count && found <= PHONE_CHILDREN; i++) {
		uint32_t child = search->sides[entries[i].record].number, keys[TRAIT_KEYS_MAX];
		size_t j = 0;

		if (child == 0 && name != NULL
		    && trait_keys(name, 0, traits_get(search->traits, entries[i].record), keys) > 0)
			child = keys[0];
		while (j < found && children[j] != child)
			j++;
		if (j == found)
			children[found++] = child;
	}
	return found;
}

static int
add_generic(struct pairs *out, uint32_t phone, size_t *room, struct err *err)
{
	if (out->generic_count == *room) {
		uint32_t *more;

		*room = *room == 0 ? 64 : *room * 2;
		more = realloc(out->generic, *room * sizeof(*more));
		if (more == NULL)
			return err_set(err, ERR_RETRY, "out of memory");
		out->generic = more;
	}
	out->generic[out->generic_count++] = phone;
	return 0;
}

static int
find_generic(struct search *search, struct err *err)
{
	const struct model_compare *household = NULL, *name = NULL;
	struct entry *entries = NULL;
	size_t count = 0, room = 0;
	int result = -1;

	for (size_t i = 0; i < search->model->compare_count; i++) {
		if (search->model->compares[i].by == BY_HOUSEHOLD)
			household = &search->model->compares[i];
		else if (search->model->compares[i].by == BY_NAME)
			name = &search->model->compares[i];
	}
	if (household == NULL)
		return 0;
	for (int round = 0; round < 2; round++) { /* how many, then which */
		if (round == 1 && (entries = malloc((count + 1) * sizeof(*entries))) == NULL)
			return short_of_memory(search, err);
		count = 0;
		for (size_t i = 0; i < search->count; i++) {
			uint32_t keys[TRAIT_KEYS_MAX];
			size_t n = trait_keys(household, 0, traits_get(search->traits, i), keys);

			for (size_t j = 0; j < n && round == 1; j++)
				entries[count + j] = (struct entry){ keys[j], (uint32_t)i };
			count += n;
			traits_pass(search->traits, i);
		}
		mapping_rest(&search->traits->mapping);
	}
	if (sort_entries(search, entries, count, err) != 0)
		goto done;
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && entries[end].key == entries[i].key;)
			end++;
		if (end - i > PHONE_CHILDREN && children_behind(search, name, entries + i, end - i) > PHONE_CHILDREN
		    && add_generic(search->out, entries[i].key, &room, err) != 0)
			goto done;
	}
	mapping_rest(&search->traits->mapping);
	search->judge.generic = search->out->generic;
	search->judge.generic_count = search->out->generic_count;
	result = 0;
done:
	free(entries);
	return result;
}

/* ---- rivals ---- */

static int
edge_order(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return (x->b > y->b) - (x->b < y->b);
}

/* An edge as one of its records sees it. */
struct arm {
	uint32_t edge, other;
	float bits;
};

/* Whether the two look alike themselves: then a person is asked about them, and they are no rivals. */
static bool
is_edge(const struct pairs *out, uint32_t a, uint32_t b)
{
	struct edge key = { .a = a < b ? a : b, .b = a < b ? b : a };

	return bsearch(&key, out->edges, out->count, sizeof(key), edge_order) != NULL;
}

/*
 * A record may be joined with its best candidate only when no other one is nearly as good that can not be the same person
 * as the best: which of the two it is, evidence so thin does not say.
 */
static bool
conflicts_with_best(const struct search *search, const struct arm *arms, size_t count, float best, const struct arm *one)
{
	const struct pairs *out = search->out;

	for (size_t i = 0; i < count; i++) { /* several may be the best */
		if (&arms[i] != one && out->edges[arms[i].edge].judged.match == MATCH_LINK && arms[i].bits >= best
		    && pair_conflicts(search->model, &search->sides[arms[i].other], &search->sides[one->other])
		    && !is_edge(out, arms[i].other, one->other))
			return true;
	}
	return false;
}

/* Hold back the edges of a record that may not be joined; whether all of them are. */
static bool
hold(const struct search *search, const struct arm *arms, size_t count, uint8_t *held)
{
	const struct pairs *out = search->out;
	float best = -FLT_MAX;
	bool rival = false;

	for (size_t i = 0; i < count; i++) {
		if (out->edges[arms[i].edge].judged.match == MATCH_LINK && arms[i].bits > best)
			best = arms[i].bits;
	}
	for (size_t i = 0; i < count && best > -FLT_MAX; i++) {
		if (!conflicts_with_best(search, arms, count, best, &arms[i]))
			continue;
		held[arms[i].edge] = 1;
		rival = rival || arms[i].bits > best - search->model->rival_bits;
	}
	for (size_t i = 0; i < count && rival; i++)
		held[arms[i].edge] = 1;
	return rival;
}

static int
hold_rivals_back(struct search *search, struct err *err)
{
	struct pairs *out = search->out;
	uint32_t *starts = calloc(search->count + 2, sizeof(*starts));
	struct arm *arms = malloc((2 * out->count + 1) * sizeof(*arms));
	uint8_t *held = calloc(out->count + 1, sizeof(*held));
	int result = -1;

	if (starts == NULL || arms == NULL || held == NULL) {
		err_set(err, ERR_RETRY, "out of memory for pairs of records");
		goto done;
	}
	for (size_t i = 0; i < out->count; i++) {
		starts[out->edges[i].a + 2]++;
		starts[out->edges[i].b + 2]++;
	}
	for (size_t i = 2; i < search->count + 2; i++)
		starts[i] += starts[i - 1];
	for (size_t i = 0; i < out->count; i++) {
		const struct edge *edge = &out->edges[i];

		arms[starts[edge->a + 1]++] = (struct arm){ (uint32_t)i, edge->b, edge->judged.bits };
		arms[starts[edge->b + 1]++] = (struct arm){ (uint32_t)i, edge->a, edge->judged.bits };
	}
	for (size_t i = 0; i < search->count; i++) {
		const struct arm *from = arms + starts[i];
		size_t count = starts[i + 1] - starts[i];

		if (count > 1)
			out->rivals += hold(search, from, count, held);
	}
	for (size_t i = 0; i < out->count; i++) {
		if (held[i])
			out->edges[i].judged.match = MATCH_REVIEW;
	}
	result = 0;
done:
	free(starts);
	free(arms);
	free(held);
	return result;
}

/* ---- all of it ---- */

/* Look at all pairs of all blocks. */
static int
look_everywhere(struct search *search, struct err *err)
{
	int result = -1;

	search->err = err;
	if (find_generic(search, err) != 0)
		goto done;
	for (size_t i = 0; i < search->model->block_count; i++) {
		if (look_in_block(search, i, err) != 0)
			goto done;
	}
	result = 0;
done:
	for (size_t i = 0; i < BLOCKS_MAX; i++) {
		for (size_t j = 0; j < TRAIT_KEYS_MAX; j++)
			free(search->columns[i][j]);
	}
	return result;
}

int
pairs_visit(const struct model *model, struct traits *traits, const struct pair_side *sides, size_t count,
    int (*visit)(void *self, size_t block, uint32_t a, uint32_t b, struct err *err), void *self, struct err *err)
{
	struct pairs unused = { 0 };
	struct search search = { .model = model,
		.traits = traits,
		.sides = sides,
		.count = count,
		.out = &unused,
		.judge = { .model = model },
		.every = true,
		.visit = visit,
		.self = self };
	int result = look_everywhere(&search, err);

	pairs_free(&unused);
	return result;
}

int
pairs_find(const struct model *model, struct traits *traits, const struct pair_side *sides, size_t count,
    struct pairs *pairs, struct err *err)
{
	struct search search = { .model = model,
		.traits = traits,
		.sides = sides,
		.count = count,
		.out = pairs,
		.judge = { .model = model },
		.visit = judge_edge,
		.self = &search };

	*pairs = (struct pairs){ .twins = calloc(count + 1, 1) };
	if (pairs->twins == NULL)
		return err_set(err, ERR_RETRY, "out of memory for %zu records to be linked", count);
	if (look_everywhere(&search, err) == 0) {
		if (pairs->count > 0)
			qsort(pairs->edges, pairs->count, sizeof(*pairs->edges), edge_order);
		if (hold_rivals_back(&search, err) == 0)
			return 0;
	}
	pairs_free(pairs);
	return -1;
}

void
pairs_free(struct pairs *pairs)
{
	free(pairs->edges);
	free(pairs->twins);
	free(pairs->generic);
	*pairs = (struct pairs){ 0 };
}
