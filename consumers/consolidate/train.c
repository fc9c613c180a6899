/*
 * train.c - see train.h.
 */
#include "consumers/consolidate/train.h"

#include <math.h>
#include <stdlib.h>

#include "consumers/consolidate/likeness/name.h"
#include "core/base/digest.h"

#define WAYS_MAX (BLOCKS_MAX + 1) /* by number, then by block */
#define STRANGERS 2000000
#define ROUNDS_MAX 200
#define STILL 1e-7
#define PAIRS_MIN 50        /* true pairs from which a comparison's shares are believed */
#define LEVEL_MIN 3         /* true pairs at a level, below which its share is not */
#define NUMBERED_MIN 1000   /* true pairs of one number that tell enough of a comparison */
#define NUMBER_PAIRS_MAX 50 /* records of one number that are paired */

/* How often a way of pairing gave which levels: four bits each, a hash table. */
struct patterns {
	struct pattern {
		uint64_t levels;
		double count; /* 0: free */
	} * at;
	size_t size, used;
};

struct training {
	const struct model *model;
	struct traits *traits;
	const struct pair_side *sides;
	size_t count;
	struct judge judge;
	struct patterns ways[WAYS_MAX];
	struct trained *out;
};

/* ---- patterns ---- */

static int
add_pattern(struct patterns *patterns, uint64_t levels, double times, struct err *err)
{
	size_t i;

	if ((patterns->used + 1) * 2 > patterns->size) {
		struct patterns more = { .size = patterns->size == 0 ? 1024 : patterns->size * 2 };

		more.at = calloc(more.size, sizeof(*more.at));
		if (more.at == NULL)
			return err_set(err, ERR_RETRY, "out of memory for patterns");
		for (size_t k = 0; k < patterns->size; k++) {
			if (patterns->at[k].count > 0)
				(void)!add_pattern(&more, patterns->at[k].levels, patterns->at[k].count, err);
		}
		free(patterns->at);
		*patterns = more;
	}
	for (i = hash64(&levels, sizeof(levels), 0) % patterns->size;
	     patterns->at[i].count > 0 && patterns->at[i].levels != levels;)
		i = (i + 1) % patterns->size;
	patterns->used += patterns->at[i].count == 0;
	patterns->at[i].levels = levels;
	patterns->at[i].count += times;
	return 0;
}

static unsigned
level_in(uint64_t levels, size_t compare)
{
	return (unsigned)(levels >> (4 * compare) & 15);
}

static uint64_t
levels_of(const struct training *training, uint32_t a, uint32_t b)
{
	struct judged judged = judge_pair(
	    &training->judge, traits_get(training->traits, a), traits_get(training->traits, b));
	uint64_t levels = 0;

	for (size_t i = 0; i < training->model->compare_count; i++)
		levels |= (uint64_t)judged.levels[i] << (4 * i);
	return levels;
}

/* ---- pairs ---- */

static int
on_pair(void *self, size_t block, uint32_t a, uint32_t b, struct err *err)
{
	struct training *training = self;

	return add_pattern(&training->ways[block + 1], levels_of(training, a, b), 1, err);
}

struct numbered {
	uint32_t number, record;
};

static int
numbered_order(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (x->record > y->record) - (x->record < y->record);
}

/* Pairs of one number; how many children there are is counted on the way, and one record of each is kept in ${children}. */
static int
pair_by_number(struct training *training, uint32_t *children, struct err *err)
{
	struct numbered *list = malloc((training->count + 1) * sizeof(*list));
	size_t count = 0;
	int result = -1;

	if (list == NULL)
		return err_set(err, ERR_RETRY, "out of memory for %zu records", training->count);
	for (uint32_t i = 0; i < training->count; i++) {
		if (training->sides[i].number != 0)
			list[count++] = (struct numbered){ training->sides[i].number, i };
		else
			children[training->out->children++] = i;
	}
	qsort(list, count, sizeof(*list), numbered_order);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && list[end].number == list[i].number;)
			end++;
		children[training->out->children++] = list[i].record;
		for (size_t j = i; j < end && end - i <= NUMBER_PAIRS_MAX; j++) {
			for (size_t k = j + 1; k < end; k++) {
				if (add_pattern(
					&training->ways[0], levels_of(training, list[j].record, list[k].record), 1, err)
				    != 0)
					goto done;
			}
		}
	}
	result = 0;
done:
	free(list);
	return result;
}

/* u: pairs drawn evenly, the same ones whenever the records are the same. */
static void
draw_strangers(struct training *training)
{
	struct trained *out = training->out;
	double known[COMPARES_MAX] = { 0 };
	uint64_t random = 0x9E3779B97F4A7C15u;

	for (size_t n = 0; n < STRANGERS && training->count > 1; n++) {
		uint32_t a, b;
		uint64_t levels;

		random = random * 6364136223846793005u + 1442695040888963407u;
		a = (uint32_t)((random >> 32) % training->count);
		random = random * 6364136223846793005u + 1442695040888963407u;
		b = (uint32_t)((random >> 32) % training->count);
		if (a == b || (training->sides[a].number != 0 && training->sides[a].number == training->sides[b].number))
			continue;
		levels = levels_of(training, a, b);
		out->strangers++;
		for (size_t i = 0; i < training->model->compare_count; i++) {
			unsigned level = level_in(levels, i);

			known[i] += level != 0;
			out->u[i][level]++;
		}
	}
	for (size_t i = 0; i < training->model->compare_count; i++) {
		out->u[i][0] = 0;
		for (unsigned level = 1; level < LEVELS_MAX; level++) {
			if (compare_level_name(training->model->compares[i].by, level) != NULL && known[i] >= PAIRS_MIN)
				out->u[i][level] = (out->u[i][level] + 0.5) / (known[i] + 0.5 * LEVELS_MAX);
			else
				out->u[i][level] = 0;
		}
	}
}

/* ---- expectation and maximization ---- */

static bool
touches(const struct model *model, size_t way, size_t compare)
{
	const struct model_block *block;

	if (way == 0)
		return model->compares[compare].by == BY_DIGITS;
	block = &model->blocks[way - 1];
	for (size_t i = 0; i < block->part_count; i++) {
		if (block->parts[i].compare == compare)
			return true;
	}
	for (size_t i = 0; i < block->refine_count; i++) {
		if (block->refine[i].compare == compare)
			return true;
	}
	return false;
}

struct estimate {
	double share; /* of true pairs */
	double m[COMPARES_MAX][LEVELS_MAX];
	double weight[COMPARES_MAX]; /* true pairs in which the comparison says something */
};

/* The odds that pairs of this pattern are true, as things stand. */
static double
expect(const struct training *training, const struct estimate *now, size_t way, uint64_t levels)
{
	double odds = now->share / (1 - now->share);

	for (size_t i = 0; i < training->model->compare_count; i++) {
		unsigned level = level_in(levels, i);
		double u = training->out->u[i][level], m = now->m[i][level];

		if (level != 0 && !touches(training->model, way, i) && u > 0 && m > 0)
			odds *= m / u;
	}
	return odds / (1 + odds);
}

/* One round; how far the share of true pairs moved. */
static double
round_of(const struct training *training, struct estimate *now, size_t way)
{
	struct estimate next = { 0 };
	const struct patterns *patterns = &training->ways[way];
	double pairs = 0, moved;

	for (size_t k = 0; k < patterns->size; k++) {
		const struct pattern *pattern = &patterns->at[k];
		double true_pairs;

		if (pattern->count == 0)
			continue;
		true_pairs = expect(training, now, way, pattern->levels) * pattern->count;
		pairs += pattern->count;
		next.share += true_pairs;
		for (size_t i = 0; i < training->model->compare_count; i++) {
			unsigned level = level_in(pattern->levels, i);

			if (level == 0 || touches(training->model, way, i))
				continue;
			next.m[i][level] += true_pairs;
			next.weight[i] += true_pairs;
		}
	}
	next.share = (next.share + 1e-6) / (pairs + 2e-6);
	for (size_t i = 0; i < training->model->compare_count; i++) {
		for (unsigned level = 1; level < LEVELS_MAX; level++) {
			if (compare_level_name(training->model->compares[i].by, level) != NULL)
				next.m[i][level] = (next.m[i][level] + 1e-3) / (next.weight[i] + 1e-3 * LEVELS_MAX);
		}
	}
	moved = fabs(next.share - now->share);
	*now = next;
	return moved;
}

/*
 * Pairs of one number tell everything but how numbers are mistyped, and need no guessing. Blocks, in which true pairs and
 * strangers are mixed, are believed only where those do not tell enough.
 */
static void
learn(struct training *training)
{
	struct trained *out = training->out;
	double weights[COMPARES_MAX] = { 0 };
	bool known[COMPARES_MAX] = { false };
	struct estimate numbered = { 0 };

	for (size_t way = 0; way <= training->model->block_count; way++) {
		struct estimate now = { .share = 0.5 };

		if (training->ways[way].used == 0)
			continue;
		for (size_t i = 0; i < training->model->compare_count; i++)
			memcpy(now.m[i], known[i] ? numbered.m[i] : training->model->compares[i].m, sizeof(now.m[i]));
		for (int round = 0; round < ROUNDS_MAX && round_of(training, &now, way) > STILL;)
			round++;
		for (size_t i = 0; i < training->model->compare_count; i++) {
			if (way == 0 && now.weight[i] > out->pairs)
				out->pairs = now.weight[i];
			if (way == 0)
				memcpy(numbered.m[i], now.m[i], sizeof(numbered.m[i]));
			if (known[i])
				continue;
			known[i] = way == 0 && now.weight[i] >= NUMBERED_MIN;
			weights[i] += now.weight[i];
			for (unsigned level = 1; level < LEVELS_MAX; level++)
				out->m[i][level] += now.m[i][level] * now.weight[i];
		}
	}
	for (size_t i = 0; i < training->model->compare_count; i++) {
		for (unsigned level = 1; level < LEVELS_MAX; level++)
			out->m[i][level] = out->m[i][level] >= LEVEL_MIN && weights[i] >= PAIRS_MIN
			    ? out->m[i][level] / weights[i]
			    : 0;
	}
}

/* ---- frequencies ---- */

struct counted {
	uint64_t hash;
	struct text value;
	size_t count;
};

static int
counted_by_hash(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

static int
counted_by_count(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	return x->count != y->count ? (x->count > y->count ? -1 : 1) : text_compare(x->value, y->value);
}

/* The part of a name that table ${of} is about. */
static struct text
part_of(const struct model_compare *compare, const uint8_t *trait, struct text of)
{
	struct text value = trait_text(compare, trait), surname, given;

	if (compare->by != BY_NAME)
		return value;
	name_split(value, &surname, &given);
	if (text_eq(of, TEXT("surname")))
		return surname;
	return (surname.len == 0) == text_eq(of, TEXT("whole")) ? given : (struct text){ 0 };
}

static int
count_values(const struct training *training, const uint32_t *children, const struct model_compare *compare,
    struct text of, struct err *err)
{
	struct buffer *out = &training->out->frequencies;
	struct counted *list = calloc(training->out->children + 1, sizeof(*list));
	size_t count = 0, unique = 0, shared = 0, rare = 0, rare_values = 0;

	if (list == NULL)
		return err_set(err, ERR_RETRY, "out of memory for values");
	for (size_t i = 0; i < training->out->children; i++) {
		struct text value = part_of(compare, traits_get(training->traits, children[i]), of);

		if (value.len > 0)
			list[count++] = (struct counted){ hash64(value.at, value.len, 0), value, 1 };
	}
	qsort(list, count, sizeof(*list), counted_by_hash);
	for (size_t i = 0; i < count; i++) {
		if (unique > 0 && list[unique - 1].hash == list[i].hash)
			list[unique - 1].count++;
		else
			list[unique++] = list[i];
	}
	qsort(list, unique, sizeof(*list), counted_by_count);
	while (shared < unique && list[shared].count >= TRAIN_SHARED_MIN)
		shared++;
	for (size_t i = shared; i < unique; i++) {
		rare += list[i].count * list[i].count; /* what two strangers of rare names have in common */
		rare_values += list[i].count;
	}
	if (count > 0) {
		double other = rare_values == 0 ? 1.0 / (double)count
						: (double)rare / (double)rare_values / (double)count;

		buffer_string(out, "\t<frequencies of=\"");
		buffer_xml(out, of);
		buffer_format(out, "\" other=\"%.3g\">\n", other);
		for (size_t i = 0; i < shared; i++) {
			buffer_string(out, "\t\t");
			buffer_xml(out, list[i].value);
			buffer_format(out, " %.3g\n", (double)list[i].count / (double)count);
		}
		buffer_string(out, "\t</frequencies>\n");
	}
	free(list);
	return 0;
}

static int
count_frequencies(const struct training *training, const uint32_t *children, struct err *err)
{
	for (size_t i = 0; i < training->model->compare_count; i++) {
		const struct model_compare *compare = &training->model->compares[i];

		if (!compare->by_frequency)
			continue;
		if (compare->by != BY_NAME) {
			if (count_values(training, children, compare, compare->name, err) != 0)
				return -1;
		} else if (count_values(training, children, compare, TEXT("surname"), err) != 0
		    || count_values(training, children, compare, TEXT("given"), err) != 0
		    || count_values(training, children, compare, TEXT("whole"), err) != 0)
			return -1;
	}
	return buffer_failed(&training->out->frequencies) ? err_set(err, ERR_RETRY, "out of memory for values") : 0;
}

/* ---- all of it ---- */

int
train_run(const struct model *model, struct traits *traits, const struct pair_side *sides, size_t count,
    struct trained *trained, struct err *err)
{
	struct training training = {
		.model = model, .traits = traits, .sides = sides, .count = count, .judge = { .model = model }, .out = trained
	};
	uint32_t *children = malloc((count + 1) * sizeof(*children));
	int result = -1;

	*trained = (struct trained){ 0 };
	buffer_init(&trained->frequencies, (size_t)1 << 22);
	if (children == NULL) {
		err_set(err, ERR_RETRY, "out of memory for %zu records", count);
		goto done;
	}
	draw_strangers(&training);
	if (pair_by_number(&training, children, err) != 0
	    || pairs_visit(model, traits, sides, count, on_pair, &training, err) != 0)
		goto done;
	learn(&training);
	result = count_frequencies(&training, children, err);
done:
	free(children);
	for (size_t i = 0; i < WAYS_MAX; i++)
		free(training.ways[i].at);
	if (result != 0)
		train_free(trained);
	return result;
}

void
train_free(struct trained *trained)
{
	buffer_fini(&trained->frequencies);
}
