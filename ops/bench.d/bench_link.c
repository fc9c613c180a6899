/*
 * bench_link.c - linking by weights alone, over an index of invented children: how long, how much memory, how many pairs.
 *
 *   bench_link SCHEMAS CHILDREN SOURCES   one line: {"records": …, "compared": …, "seconds": …, "megabytes": …}
 *
 * The children are drawn from their number by a hash. The first source is a registry that has everything; in the others
 * a seventh of the rows have no number, a twentieth has one thing wrong, a tenth another telephone. Twins, brothers and sisters, and
 * namesakes are there as often as in a city. Records lie in the order of their numbers, as in a run. Time is processor time of finding
 * and judging pairs; memory is the greatest there was, index included, less what was there before.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>

#include "consumers/consolidate/pairs.h"
#include "core/base/digest.h"
#include "core/base/file.h"

#define TEXT_BYTES 96
#define FIELDS 12

static const char *const field_names[FIELDS] = { "name", "sex", "birth_date", "id_no", "school_code", "school_name",
	"grade", "class_name", "home_address", "phone", "member1_name", "member1_phone" };
enum { NAME, SEX, BIRTH, ID, SCHOOL_CODE, SCHOOL_NAME, GRADE, CLASS, ADDRESS, PHONE, GUARDIAN, GUARDIAN_PHONE };

/* 3,000 characters of names: by number, the first ones likelier. */
static size_t
put_character(char *out, uint64_t draw, unsigned pool)
{
	uint64_t a = draw % 65536;

	return text_put(out, 0x4E00 + (uint32_t)(a * a * pool >> 32) * 6);
}

static uint64_t
draw(uint64_t kind, uint64_t number)
{
	uint64_t both[2] = { kind, number };

	return hash64(both, sizeof(both), 7);
}

struct child {
	char texts[FIELDS][TEXT_BYTES];
	bool has[FIELDS];
};

static void
put_text(struct child *child, unsigned field, const char *text)
{
	snprintf(child->texts[field], TEXT_BYTES, "%s", text);
	child->has[field] = true;
}

/* Of the household: every fifth child has a brother or sister, every fiftieth a twin before it. */
static uint64_t
family_of(uint64_t child)
{
	return child % 50 == 1 ? child - 1 : child % 5 == 3 ? child - 1 - draw(1, child) % 2 : child;
}

static void
make_child(struct child *child, uint64_t number, uint64_t schools)
{
	uint64_t family = family_of(number), twin = number % 50 == 1 ? number - 1 : number;
	uint64_t born = draw(2, twin), place = draw(3, number % 5 == 3 && draw(4, number) % 5 < 2 ? family : twin);
	unsigned year = 2008 + (unsigned)(born % 12), month = 1 + (unsigned)(born / 12 % 12),
		 day = 1 + (unsigned)(born / 144 % 28);
	char text[TEXT_BYTES];
	size_t len;
	unsigned sum = 0, weight = 2;

	*child = (struct child){ 0 };
	len = put_character(text, draw(5, family), 300);
	len += put_character(text + len, draw(6, number), 800);
	if (draw(7, number) % 8 != 0)
		len += put_character(text + len, draw(8, number), 800);
	text[len] = '\0';
	put_text(child, NAME, text);
	put_text(child, SEX, draw(9, twin) % 2 == 0 ? "1" : "2");
	snprintf(text, sizeof(text), "%04u-%02u-%02u", year % 10000, month % 100, day % 100);
	put_text(child, BIRTH, text);
	snprintf(text, sizeof(text), "4103%02u%04u%02u%02u%03u", (unsigned)(family % 20), year % 10000, month % 100,
	    day % 100, (unsigned)(number % 1000));
	for (int i = 16; i >= 0; i--) {
		sum += (unsigned)(text[i] - '0') * weight;
		weight = weight * 2 % 11;
	}
	text[17] = "10X98765432"[sum % 11];
	text[18] = '\0';
	put_text(child, ID, text);
	snprintf(text, sizeof(text), "21410%05u", (unsigned)(place % schools % 100000));
	put_text(child, SCHOOL_CODE, text);
	snprintf(text, sizeof(text), "第%u小学", (unsigned)(place % schools));
	put_text(child, SCHOOL_NAME, text);
	snprintf(text, sizeof(text), "%u", 11 + (2019 - year) % 12);
	put_text(child, GRADE, text);
	snprintf(text, sizeof(text), "%u班", 1 + (unsigned)(draw(10, twin) % 6));
	put_text(child, CLASS, text);
	snprintf(text, sizeof(text), "第%u街%u号", (unsigned)(family % 5003), (unsigned)(draw(11, family) % 4000));
	put_text(child, ADDRESS, text);
	snprintf(text, sizeof(text), "13%09u", (unsigned)(draw(12, family) % 1000000000));
	put_text(child, PHONE, text);
	put_text(child, GUARDIAN_PHONE, text);
	len = put_character(text, draw(5, family), 300);
	len += put_character(text + len, draw(13, family), 800);
	text[len] = '\0';
	put_text(child, GUARDIAN, text);
}

/* What another source makes of it. */
static void
spoil(struct child *child, uint64_t chance)
{
	size_t len;

	child->has[SCHOOL_CODE] = false;
	child->has[chance % 3 == 0 ? BIRTH : ADDRESS] = chance % 4 == 0;
	if (chance / 16 % 7 == 0)
		child->has[ID] = false;
	if (chance / 1024 % 10 == 0)
		child->texts[PHONE][10] = child->texts[GUARDIAN_PHONE][10] = (char)('0' + chance / 65536 % 10);
	if (chance / 131072 % 20 != 0)
		return;
	switch (chance / 4194304 % 3) {
	case 0:
		child->texts[BIRTH][9] = '1';
		break;
	case 1:
		child->texts[ID][16] = (char)('0' + chance / 16777216 % 10);
		break;
	default:
		len = strlen(child->texts[NAME]);
		(void)put_character(child->texts[NAME] + len - 3, draw(14, chance), 800);
	}
}

struct place {
	uint64_t key;
	uint64_t record;
};

static int
place_order(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->record > y->record) - (x->record < y->record);
}

/* Which records there are, in the order of their numbers' hashes; those without one by their own. */
static struct place *
order_records(uint64_t children, uint64_t sources)
{
	struct place *places = malloc((size_t)(children * sources + 1) * sizeof(*places));

	for (uint64_t i = 0; places != NULL && i < children * sources; i++) {
		uint64_t chance = draw(100 + i % sources, i / sources);
		bool numberless = i % sources != 0 && chance / 16 % 7 == 0;

		places[i] = (struct place){ numberless ? draw(99, i) : draw(98, i / sources), i };
	}
	if (places != NULL)
		qsort(places, (size_t)(children * sources), sizeof(*places), place_order);
	return places;
}

static void
make_index(const struct dataset *dataset, struct trait_maker *maker, size_t trait_bytes, const struct place *places,
    uint64_t children, uint64_t sources, uint8_t *traits, struct pair_side *sides)
{
	uint16_t numbers[FIELDS];
	struct value values[FIELDS];
	unsigned order[FIELDS];
	struct buffer bytes;

	for (unsigned f = 0; f < FIELDS; f++) {
		const struct field *field = dataset_field(dataset, text_from(field_names[f]));

		numbers[f] = field == NULL ? FIELD_NONE : field->number;
		order[f] = f;
	}
	for (unsigned i = 1; i < FIELDS; i++) { /* values rise by their fields */
		for (unsigned j = i; j > 0 && numbers[order[j - 1]] > numbers[order[j]]; j--) {
			unsigned other = order[j];

			order[j] = order[j - 1];
			order[j - 1] = other;
		}
	}
	buffer_init(&bytes, 1 << 16);
	for (uint64_t i = 0; i < children * sources; i++) {
		uint64_t number = places[i].record / sources, source = places[i].record % sources;
		struct child child;
		size_t count = 0;

		make_child(&child, number, children / 800 + 1);
		if (source > 0)
			spoil(&child, draw(100 + source, number));
		for (unsigned k = 0; k < FIELDS; k++) {
			unsigned f = order[k];

			if (child.has[f] && numbers[f] != FIELD_NONE)
				values[count++] = (struct value){ .field = numbers[f],
					.text = text_from(child.texts[f]) };
		}
		buffer_clear(&bytes);
		values_encode(values, count, &bytes);
		trait_make(maker, buffer_as_text(&bytes), traits + i * trait_bytes);
		sides[i] = (struct pair_side){ .source = (uint16_t)source, .stated = 1 };
		if (child.has[ID] && (source == 0 || draw(100 + source, number) / 131072 % 20 != 0))
			sides[i].number = (uint32_t)hash64(child.texts[ID], 17, 0) | 1;
	}
	buffer_fini(&bytes);
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
megabytes(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss / 1024;
}

static int
run(const struct dataset *dataset, const struct model *model, uint64_t children, uint64_t sources)
{
	size_t records = (size_t)(children * sources);
	struct place *places = order_records(children, sources);
	uint8_t *at = calloc(records, model->trait_bytes);
	struct pair_side *sides = calloc(records, sizeof(*sides));
	struct trait_maker *maker = trait_maker_new(model, dataset);
	struct pairs pairs = { 0 };
	struct traits traits = { .at = at, .trait_bytes = model->trait_bytes, .entries = records };
	struct err err = { 0 };
	double begin, spent, before;
	int status = EX_TEMPFAIL;

	if (places == NULL || at == NULL || sides == NULL || maker == NULL) {
		fprintf(stderr, "bench_link: memory is short\n");
		goto done;
	}
	make_index(dataset, maker, model->trait_bytes, places, children, sources, at, sides);
	free(places);
	places = NULL;
	before = megabytes();
	begin = seconds();
	if (pairs_find(model, &traits, sides, records, &pairs, &err) != 0) {
		fprintf(stderr, "bench_link: %s\n", err.what);
		goto done;
	}
	spent = seconds() - begin;
	printf(
	    "{\"records\": %zu, \"edges\": %zu, \"compared\": %" PRIu64 ", \"skipped\": %" PRIu64
	    ", \"seconds\": %.3f, \"index_megabytes\": %.1f, \"peak_megabytes\": %.1f, \"making_megabytes\": %.1f}\n",
	    records, pairs.count, pairs.compared, pairs.skipped, spent,
	    (double)records * (model->trait_bytes + sizeof(*sides)) / 1e6, megabytes(), before);
	status = 0;
done:
	pairs_free(&pairs);
	trait_maker_free(maker);
	free(places);
	free(at);
	free(sides);
	return status;
}

int
main(int argc, char **argv)
{
	char path[FILE_PATH_MAX];
	struct dataset *dataset;
	struct model *model = NULL;
	struct err err = { 0 };
	uint64_t children, sources;
	int status = EX_CONFIG;

	if (argc != 4 || !text_to_u64(text_from(argv[2]), &children) || !text_to_u64(text_from(argv[3]), &sources)
	    || sources == 0) {
		fprintf(stderr, "usage: bench_link SCHEMAS CHILDREN SOURCES\n");
		return EX_USAGE;
	}
	dataset = dataset_load(argv[1], "student", NULL, NULL, &err);
	if (dataset == NULL || path_format(path, &err, "%s/student_link.xml", argv[1]) != 0
	    || model_load(&model, path, dataset, NULL, NULL, &err) != 0)
		fprintf(stderr, "bench_link: %s\n", err.what);
	else
		status = run(dataset, model, children, sources);
	model_free(model);
	dataset_free(dataset);
	return status;
}
