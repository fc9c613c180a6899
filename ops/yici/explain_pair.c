/*
 * explain_pair.c - `yici explain DATA --pair A B`: are two records one student's, and why: each comparison in words and
 * bits, what they add up to, and what held them back. A and B are record ids, or SOURCE:FILE:ROW.
 */
#include <stdio.h>
#include <stdlib.h>

#include "consumers/consolidate/judge.h"
#include "core/base/digest.h"
#include "core/store/state.h"
#include "ops/yici/explain.h"

struct side {
	struct link link;
	uint8_t trait[TRAIT_BYTES_MAX];
};

struct pair {
	struct command *command;
	struct definitions definitions;
	struct state state;
	struct taken_files files;
	struct store store;
	struct trait_maker *maker;
	struct side sides[2];
	struct side *taking;
};

static int
take(void *self, const struct link *link, struct text values, struct err *err)
{
	struct pair *pair = self;

	(void)err;
	pair->taking->link = *link;
	trait_make(pair->maker, values, pair->taking->trait);
	return 0;
}

static int
find(struct pair *pair, struct side *side, const char *words, struct err *err)
{
	uint8_t id[RECORD_ID_BYTES];
	struct link link;
	int got;

	if (!hex_parse(text_from(words), id, sizeof(id))) {
		if (explain_row(&pair->files, &pair->store, text_from(words), &link, err) != 0)
			return -1;
		memcpy(id, link.id, sizeof(id));
	}
	pair->taking = side;
	got = store_record(&pair->store, id, take, pair, err);
	return got == 0 ? err_set(err, ERR_INPUT, "no record has the id %.40s", words) : got < 0 ? -1 : 0;
}

static void
print_side(const struct pair *pair, const struct side *side)
{
	const struct taken_file *file = &pair->files.at[side->link.file];
	struct text source = pair->store.sources[side->link.source]->name;
	char id[2 * RECORD_ID_BYTES + 1], student[2 * STUDENT_ID_BYTES + 1];

	hex_of(side->link.id, RECORD_ID_BYTES, id);
	hex_of(side->link.student, STUDENT_ID_BYTES, student);
	printf("record %s  %.*s  %.*s  %s %u  student %s\n", id, (int)source.len, source.at, (int)file->file.len,
	    file->file.at, say(pair->command, "行", "row"), side->link.row, student);
}

/* Two records that carry one number, whichever it is. */
static bool
share_number(const struct link *a, const struct link *b)
{
	const uint64_t x[] = { a->number, a->core, a->student_no }, y[] = { b->number, b->core, b->student_no };

	for (size_t i = 0; i < ARRAY_LEN(x); i++) {
		for (size_t j = 0; j < ARRAY_LEN(y); j++) {
			if (x[i] != 0 && x[i] == y[j] && (i == 2) == (j == 2))
				return true;
		}
	}
	return false;
}

static void
print_levels(const struct pair *pair, const struct judged *judged)
{
	const struct model *model = pair->definitions.model;
	float others = model->prior_bits;

	for (size_t i = 0; i < model->compare_count;
	     i++) { /* one level's weight may hang on the value: it is what is left */
		const struct model_compare *compare = &model->compares[i];

		if (!(compare->by_frequency && judged->levels[i] == 1))
			others += compare->bits[judged->levels[i]];
	}
	for (size_t i = 0; i < model->compare_count; i++) {
		const struct model_compare *compare = &model->compares[i];
		const char *level = compare_level_name(compare->by, judged->levels[i]);
		bool frequent = compare->by_frequency && judged->levels[i] == 1;
		struct text name = pair->command->chinese ? compare->zh : compare->name;

		printf("  %-10.*s  %-16s %+6.1f\n", (int)name.len, name.at, level,
		    (double)(frequent ? judged->bits - others : compare->bits[judged->levels[i]]));
	}
	printf("  %-10s  %-16s %+6.1f\n", say(pair->command, "先验", "prior"), "", (double)model->prior_bits);
	printf("  %-10s  %-16s %+6.1f  %s %.1f, %s %.1f\n", say(pair->command, "合计", "sum"), "", (double)judged->bits,
	    say(pair->command, "合并", "link"), (double)model->link_bits, say(pair->command, "核对", "review"),
	    (double)model->review_bits);
}

static void
print_verdict(const struct pair *pair, const struct judged *judged, bool number)
{
	static const char *const zh[] = { "不是同一学生", "请人核对", "同一学生" };
	static const char *const en[] = { "not one student", "a question for a person", "one student" };
	const struct model *model = pair->definitions.model;
	const struct link *a = &pair->sides[0].link, *b = &pair->sides[1].link;
	bool same = memcmp(a->student, b->student, STUDENT_ID_BYTES) == 0;

	if (number)
		printf("%s\n", say(pair->command, "两条记录号码相同", "the records share a number"));
	if (judged->gate != 0) {
		const struct model_gate *gate = &model->gates[judged->gate - 1];
		struct text name = pair->command->chinese ? gate->zh : gate->name;

		printf("%s %.*s\n", say(pair->command, "关卡：", "gate:"), (int)name.len, name.at);
	}
	printf("%s %s\n", say(pair->command, "这两条记录单独看：", "this pair alone:"),
	    pair->command->chinese ? zh[judged->match] : en[judged->match]);
	printf("%s %s\n", say(pair->command, "目前的结果：", "as things stand:"),
	    same ? say(pair->command, "属于同一学生", "one student")
		 : say(pair->command, "分属两名学生", "two students"));
}

static int
explain(struct pair *pair, struct err *err)
{
	const char **words = pair->command->words;
	struct judge judge;
	struct judged judged;
	bool number, within;

	if (definitions_load(pair->command, words[0], &pair->definitions, err) != 0
	    || state_open(&pair->state, words[0], err) != 0)
		return -1;
	if (pair->state.current[0] == '\0')
		return err_set(err, ERR_INPUT, "%s holds no run yet", words[0]);
	if (pair->definitions.model == NULL)
		return err_set(err, ERR_INPUT, "records of this dataset meet by numbers alone");
	pair->maker = trait_maker_new(pair->definitions.model, pair->definitions.dataset);
	if (pair->maker == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (taken_load(&pair->files, &pair->state, err) != 0
	    || store_open(&pair->store, &pair->state, pair->definitions.dataset, pair->definitions.sources, err) != 0
	    || store_records(&pair->store, err) != 0 || find(pair, &pair->sides[0], words[1], err) != 0
	    || find(pair, &pair->sides[1], words[2], err) != 0)
		return -1;
	judge = (struct judge){ .model = pair->definitions.model };
	number = share_number(&pair->sides[0].link, &pair->sides[1].link);
	within = pair->sides[0].link.source == pair->sides[1].link.source;
	if (number)
		(void)judge_same_number(&judge, pair->sides[0].trait, pair->sides[1].trait, within, false, &judged);
	else
		judged = judge_pair(&judge, pair->sides[0].trait, pair->sides[1].trait);
	print_side(pair, &pair->sides[0]);
	print_side(pair, &pair->sides[1]);
	print_levels(pair, &judged);
	print_verdict(pair, &judged, number);
	return 0;
}

int
explain_pair(struct command *command)
{
	struct pair *pair;
	struct err err = { 0 };
	int status = 0;

	if (command->word_count != 3)
		return misuse(command, say(command, "需要：DATA --pair A B", "wants DATA --pair A B"));
	pair = calloc(1, sizeof(*pair));
	if (pair == NULL)
		return EX_TEMPFAIL;
	pair->command = command;
	if (explain(pair, &err) != 0)
		status = fail(command, &err);
	trait_maker_free(pair->maker);
	store_close(&pair->store);
	taken_free(&pair->files);
	state_close(&pair->state);
	definitions_free(&pair->definitions);
	free(pair);
	return status;
}
