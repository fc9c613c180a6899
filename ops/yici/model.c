/*
 * model.c - `yici model show [DATA] | check FILE | train DATA --out FILE`: how records are linked, as a file that a person
 * can read. What is trained is in force once it lies at DATA/config/NAME_link.xml.
 */
#include <stdio.h>
#include <stdlib.h>

#include "consumers/consolidate/model_write.h"
#include "consumers/consolidate/store.h"
#include "core/base/digest.h"
#include "core/store/state.h"
#include "ops/yici/command.h"

static void
print_table(const struct command *command, const struct model *model)
{
	printf("%s %.*s  %s %.*s  %s %.0f  %s %g  %s %g  %s %g\n\n", say(command, "数据集", "dataset"),
	    (int)model->dataset.len, model->dataset.at, say(command, "版本", "version"), (int)model->version.len,
	    model->version.at, say(command, "人口", "population"), model->population, say(command, "合并", "link"),
	    (double)model->link_bits, say(command, "核对", "review"), (double)model->review_bits,
	    say(command, "竞争", "rival"), (double)model->rival_bits);
	printf("%-12s %-16s %10s %10s %7s\n", say(command, "comparison", "comparison"), "level", "m", "u", "bits");
	for (size_t i = 0; i < model->compare_count; i++) {
		const struct model_compare *compare = &model->compares[i];
		const char *level;

		for (unsigned l = 1; (level = compare_level_name(compare->by, l)) != NULL; l++) {
			if (compare->m[l] > 0)
				printf("%-12.*s %-16s %10.3g %10.3g %+7.1f\n", (int)compare->name.len, compare->name.at,
				    level, compare->m[l], compare->u[l], (double)compare->bits[l]);
		}
	}
	printf("\n");
	for (size_t i = 0; i < model->gate_count; i++) {
		static const char *const most[] = { "separate", "review", "link" };

		printf("gate %-30.*s %-8s  %.*s\n", (int)model->gates[i].name.len, model->gates[i].name.at,
		    most[model->gates[i].at_most], (int)model->gates[i].zh.len, model->gates[i].zh.at);
	}
	for (size_t i = 0; i < model->join_count; i++)
		printf("join %-30.*s           %.*s\n", (int)model->joins[i].name.len, model->joins[i].name.at,
		    (int)model->joins[i].zh.len, model->joins[i].zh.at);
}

static int
show(struct command *command, struct err *err)
{
	struct definitions definitions;
	int result = 0;

	if (definitions_load(command, command->word_count > 1 ? command->words[1] : NULL, &definitions, err) != 0)
		return -1;
	if (definitions.model == NULL)
		result = err_set(err, ERR_INPUT, "records of this dataset meet by numbers alone");
	else
		print_table(command, definitions.model);
	definitions_free(&definitions);
	return result;
}

static void
complain(void *self, const char *file, unsigned line, const char *what)
{
	(void)self;
	fprintf(stderr, "%s:%u: %s\n", file, line, what);
}

static int
check(struct command *command, struct err *err)
{
	struct definitions definitions;
	struct model *model = NULL;
	int result;

	if (definitions_load(command, NULL, &definitions, err) != 0)
		return -1;
	result = model_load(&model, command->words[1], definitions.dataset, complain, NULL, err);
	if (result == 0)
		printf("%s: %s\n", command->words[1], say(command, "没有错误", "no faults"));
	model_free(model);
	definitions_free(&definitions);
	return result;
}

/* What linking knows of each record beside its trait, from links.yc. */
static int
read_sides(const struct store *store, size_t count, struct pair_side *sides, struct err *err)
{
	struct links_reader links;
	const struct link *link;
	size_t n = 0;
	int got;

	if (links_open(&links, store->links, NULL, NULL, err) != 0)
		return -1;
	while ((got = links_next(&links, &link, err)) == 1 && n < count)
		sides[n++] = pair_side_of(link, store->sources[link->source]);
	links_close(&links);
	if (got == 0 && n != count)
		return err_set(err, ERR_INPUT, "traits.yc and links.yc of the state do not belong together");
	return got < 0 ? -1 : 0;
}

static int
train_on(struct command *command, const struct definitions *definitions, const struct store *store, struct err *err)
{
	struct traits traits;
	struct pair_side *sides;
	struct trained trained;
	struct buffer out;
	char version[32];
	int got = traits_open(&traits, store->traits, true, err), result = -1;

	if (got < 0)
		return -1;
	if (got == 0 || traits.digest != traits_digest(definitions->model, definitions->dataset)) {
		traits_close(&traits);
		return err_set(err, ERR_INPUT, "the last run was made under other definitions: run once, then train");
	}
	sides = calloc((size_t)traits.entries + 1, sizeof(*sides));
	buffer_init(&out, (size_t)1 << 24);
	if (sides == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	if (read_sides(store, (size_t)traits.entries, sides, err) != 0
	    || train_run(definitions->model, &traits, sides, (size_t)traits.entries, &trained, err) != 0)
		goto done;
	snprintf(version, sizeof(version), "%.*s+trained", (int)definitions->model->version.len,
	    definitions->model->version.at);
	model_write(definitions->model, definitions->dataset, &trained, text_from(version), &out);
	if (buffer_failed(&out))
		err_set(err, ERR_RETRY, "out of memory");
	else
		result = file_write_all(command->out, out.at, out.len, err);
	if (result == 0)
		printf("%s: %.0f %s\n", command->out, trained.pairs,
		    say(command, "对相同证件号的记录", "pairs of records with the same number"));
	train_free(&trained);
done:
	buffer_fini(&out);
	free(sides);
	traits_close(&traits);
	return result;
}

static int
train(struct command *command, struct err *err)
{
	const char *data = command->words[1];
	struct definitions definitions;
	struct state state = { .lock = -1 };
	struct store store = { .records = { .fd = -1 }, .changed = { .fd = -1 } };
	int result = -1;

	if (definitions_load(command, data, &definitions, err) != 0)
		return -1;
	if (definitions.model == NULL)
		err_set(err, ERR_INPUT, "this dataset has no model to begin with");
	else if (state_open(&state, data, err) == 0
	    && store_open(&store, &state, definitions.dataset, definitions.sources, err) == 0)
		result = store.open ? train_on(command, &definitions, &store, err)
				    : err_set(err, ERR_INPUT, "%s holds no run yet", data);
	store_close(&store);
	state_close(&state);
	definitions_free(&definitions);
	return result;
}

int
command_model(struct command *command)
{
	const char *verb = command->word_count > 0 ? command->words[0] : "";
	struct err err = { 0 };
	int result;

	if (strcmp(verb, "show") == 0 && command->word_count <= 2)
		result = show(command, &err);
	else if (strcmp(verb, "check") == 0 && command->word_count == 2)
		result = check(command, &err);
	else if (strcmp(verb, "train") == 0 && command->word_count == 2 && command->out != NULL)
		result = train(command, &err);
	else
		return misuse(command,
		    say(command, "需要：show [DATA]，check FILE，或 train DATA --out FILE",
			"wants show [DATA], check FILE, or train DATA --out FILE"));
	return result == 0 ? 0 : fail(command, &err);
}
