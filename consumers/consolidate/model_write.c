/*
 * model_write.c - a model as the definition that model_load() takes; see model_write.h.
 */
#include "consumers/consolidate/model_write.h"

static void
attribute(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, " %s=\"", name);
	buffer_xml(out, value);
	buffer_char(out, '"');
}

static void
write_fields(struct buffer *out, const char *name, const struct dataset *dataset, const struct model_compare *compare,
    enum field_group group)
{
	if (compare->field_count[group] == 0)
		return;
	buffer_format(out, " %s=\"", name);
	for (size_t i = 0; i < compare->field_count[group]; i++) {
		if (i > 0)
			buffer_char(out, ' ');
		buffer_xml(out, dataset->fields[compare->fields[group][i]].name);
	}
	buffer_char(out, '"');
}

static void
write_levels(const struct model_compare *compare, const double *m, const double *u, struct buffer *out)
{
	const char *name;

	for (unsigned level = 1; (name = compare_level_name(compare->by, level)) != NULL; level++) {
		bool learned = m != NULL && m[level] > 0 && u[level] > 0;
		double by_m = learned ? m[level] : compare->m[level], by_u = learned ? u[level] : compare->u[level];

		/* where the model has no weight it is for a gate to speak */
		if (compare->m[level] > 0)
			buffer_format(out, "\t\t<level is=\"%s\" m=\"%.3g\" u=\"%.3g\"/>\n", name, by_m, by_u);
	}
}

static void
write_compare(const struct model *model, const struct dataset *dataset, size_t i, const struct trained *trained,
    struct buffer *out)
{
	const struct model_compare *compare = &model->compares[i];

	buffer_string(out, "\t<compare");
	attribute(out, "name", compare->name);
	attribute(out, "zh", compare->zh);
	attribute(out, "by", text_from(compare_by_name(compare->by)));
	if (compare->by == BY_PLACE) {
		write_fields(out, "school_code", dataset, compare, GROUP_FIELDS);
		write_fields(out, "school_name", dataset, compare, GROUP_NAMES);
		write_fields(out, "grade", dataset, compare, GROUP_GRADES);
		write_fields(out, "class", dataset, compare, GROUP_CLASSES);
	} else if (compare->by == BY_HOUSEHOLD) {
		write_fields(out, "phones", dataset, compare, GROUP_PHONES);
		write_fields(out, "people", dataset, compare, GROUP_PEOPLE);
		write_fields(out, "addresses", dataset, compare, GROUP_ADDRESSES);
	} else
		write_fields(out, "field", dataset, compare, GROUP_FIELDS);
	if (compare->by == BY_NAME && compare->field_count[GROUP_FORMER] > 0)
		write_fields(out, "former", dataset, compare, GROUP_FORMER);
	if (compare->crossed != 0)
		attribute(out, "crossed", model->compares[compare->crossed - 1].name);
	if (compare->by_frequency)
		attribute(out, "frequency", TEXT("yes"));
	if (compare->most < 100)
		buffer_format(out, " most=\"%g\"", (double)compare->most);
	buffer_string(out, ">\n");
	write_levels(compare, trained == NULL ? NULL : trained->m[i], trained == NULL ? NULL : trained->u[i], out);
	buffer_string(out, "\t</compare>\n");
}

static void
write_parts(
    struct buffer *out, const char *name, const struct model *model, const struct block_part *parts, size_t count)
{
	if (count == 0)
		return;
	buffer_format(out, " %s=\"", name);
	for (size_t i = 0; i < count; i++) {
		const struct model_compare *compare = &model->compares[parts[i].compare];

		if (i > 0)
			buffer_char(out, ' ');
		buffer_xml(out, compare->name);
		buffer_format(out, ".%s", trait_part_name(compare->by, parts[i].part));
	}
	buffer_char(out, '"');
}

static void
write_conditions(struct buffer *out, const struct model *model, const struct model_gate *gate)
{
	attribute(out, "name", gate->name);
	attribute(out, "zh", gate->zh);
	buffer_string(out, " when=\"");
	for (size_t i = 0; i < gate->count; i++) {
		const struct model_compare *compare = &model->compares[gate->when[i].compare];
		char between = '=';

		if (i > 0)
			buffer_char(out, ' ');
		buffer_xml(out, compare->name);
		for (unsigned level = 0; level < LEVELS_MAX; level++) {
			if ((gate->when[i].levels >> level & 1) == 0)
				continue;
			buffer_format(out, "%c%s", between, compare_level_name(compare->by, level));
			between = '|';
		}
	}
	buffer_char(out, '"');
}

void
model_write(const struct model *model, const struct dataset *dataset, const struct trained *trained,
    struct text version, struct buffer *out)
{
	static const char *const matches[] = { "separate", "review", "link" };

	buffer_string(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	if (trained != NULL)
		buffer_format(
		    out, "<!-- Learned from %.0f pairs of records with the same number among %zu children, and %.0f pairs drawn. -->\n",
		    trained->pairs, trained->children, trained->strangers);
	buffer_string(out, "<link");
	attribute(out, "dataset", model->dataset);
	attribute(out, "version", version);
	buffer_format(out, " population=\"%.0f\" link=\"%g\" review=\"%g\" rival=\"%g\" cap=\"%u\" duplicates=\"%s\">\n",
	    model->population, (double)model->link_bits, (double)model->review_bits, (double)model->rival_bits,
	    model->cap, model->duplicates ? "yes" : "no");
	for (size_t i = 0; i < model->compare_count; i++)
		write_compare(model, dataset, i, trained, out);
	for (size_t i = 0; i < model->block_count; i++) {
		buffer_string(out, "\t<block");
		write_parts(out, "on", model, model->blocks[i].parts, model->blocks[i].part_count);
		write_parts(out, "refine", model, model->blocks[i].refine, model->blocks[i].refine_count);
		buffer_string(out, "/>\n");
	}
	for (size_t i = 0; i < model->gate_count; i++) {
		buffer_string(out, "\t<gate");
		write_conditions(out, model, &model->gates[i]);
		attribute(out, "at_most", text_from(matches[model->gates[i].at_most]));
		if (model->gates[i].alone)
			attribute(out, "alone", TEXT("yes"));
		if (model->gates[i].twins)
			attribute(out, "twins", TEXT("yes"));
		buffer_string(out, "/>\n");
	}
	for (size_t i = 0; i < model->join_count; i++) {
		buffer_string(out, "\t<join");
		write_conditions(out, model, &model->joins[i]);
		if (model->joins[i].within)
			attribute(out, "within", TEXT("yes"));
		if (model->joins[i].alone)
			attribute(out, "alone", TEXT("yes"));
		buffer_string(out, "/>\n");
	}
	if (trained != NULL)
		buffer_text(out, buffer_as_text(&trained->frequencies));
	else
		model_tables(model, out);
	buffer_string(out, "</link>\n");
}
