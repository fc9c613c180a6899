/*
 * registers_say.c - what `yici registers check` found, in words and as JSON. Who is in charge is not told: names stand in the annexes alone.
 */
#include <stdio.h>

#include "ops/yici/registers.h"

static struct text
label_of(const struct registers *registers, const struct register_entry *entry, uint16_t field)
{
	struct text value = registers_value(entry, field);
	const struct codes *codes = field == FIELD_NONE ? NULL : registers->dataset->fields[field].codes;

	return codes != NULL && value.len > 0 ? codes_label(codes, value) : value;
}

/* Whether the entry is unclear: of no kind, or of no known time. */
static bool
is_unclear(const struct registers *registers, const struct register_entry *entry)
{
	return entry->kind == REGISTER_KINDS || entry->year == 0
	    || (entry->year == registers->year && entry->quarter == 0);
}

static void
put_member(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, ",\"%s\":", name);
	buffer_json_string(out, value);
}

static void
put_entry(const struct registers *registers, const struct register_entry *entry, struct buffer *out)
{
	const struct register_fields *fields = &registers->fields;

	buffer_string(out, "{\"register_no\":");
	buffer_json_string(out, registers_value(entry, fields->number));
	put_member(out, "matter", registers_value(entry, fields->matter));
	put_member(out, "unit", registers_value(entry, fields->unit));
	put_member(out, "object", registers_value(entry, fields->object));
	put_member(out, "date", registers_value(entry, fields->from));
	buffer_char(out, '}');
}

static void
put_counts(const struct registers *registers, struct buffer *out)
{
	for (int kind = 0; kind < REGISTER_KINDS; kind++) {
		const struct register_count *of = &registers->findings.counts[kind];

		buffer_format(out, "%s{\"kind\":\"%s\",\"label\":", kind > 0 ? "," : "",
		    register_kind_name((enum register_kind)kind));
		buffer_json_string(out, registers_kind(registers, (enum register_kind)kind));
		buffer_format(out, ",\"count\":%zu,\"last_year\":%zu,\"cap\":", of->now, of->last);
		if (of->cap == SIZE_MAX)
			buffer_string(out, "null");
		else
			buffer_format(out, "%zu", of->cap);
		buffer_format(out, ",\"over\":%s}", of->over ? "true" : "false");
	}
}

static void
say_json(const struct registers *registers)
{
	const struct register_findings *findings = &registers->findings;
	const char *between = "";
	struct buffer out;

	buffer_init(&out, SIZE_MAX / 4);
	buffer_format(&out, "{\"year\":%d,\"as_of\":\"%s\",\"counts\":[", registers->year, registers->date);
	put_counts(registers, &out);
	buffer_string(&out, "],\"merge\":[");
	for (size_t group = 1; group <= findings->groups; group++) {
		const char *comma = "";

		for (size_t i = 0; i < registers->count; i++) {
			const struct register_entry *entry = &registers->entries[i];

			if (entry->group != group)
				continue;
			if (comma[0] == '\0')
				buffer_format(&out, "%s{\"kind\":\"%s\",\"quarter\":%u,\"entries\":[",
				    group > 1 ? ",\n" : "", register_kind_name(entry->kind), entry->quarter);
			buffer_string(&out, comma);
			put_entry(registers, entry, &out);
			comma = ",";
		}
		buffer_string(&out, "]}");
	}
	buffer_string(&out, "],\"unclear\":[");
	for (size_t i = 0; i < registers->count; i++) {
		if (!is_unclear(registers, &registers->entries[i]))
			continue;
		buffer_string(&out, between);
		put_entry(registers, &registers->entries[i], &out);
		between = ",";
	}
	buffer_format(&out, "],\"flagged\":%s}\n", findings->flagged ? "true" : "false");
	if (!buffer_failed(&out))
		fwrite(out.at, 1, out.len, stdout);
	buffer_fini(&out);
}

static void
print_entry(const struct registers *registers, const struct register_entry *entry)
{
	const uint16_t shown[] = { registers->fields.number, registers->fields.from, registers->fields.unit,
		registers->fields.object, registers->fields.matter };
	static const size_t widths[] = { 16, 12, 16, 22 };

	fputs("    ", stdout);
	for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
		struct text value = label_of(registers, entry, shown[i]);

		if (i < ARRAY_LEN(widths))
			forms_print(value, widths[i]);
		else
			printf("%.*s", (int)value.len, value.at);
	}
	putchar('\n');
}

static void
print_counts(const struct registers *registers)
{
	const struct command *command = registers->command;

	for (int kind = 0; kind < REGISTER_KINDS; kind++) {
		const struct register_count *of = &registers->findings.counts[kind];

		fputs("  ", stdout);
		forms_print(registers_kind(registers, (enum register_kind)kind), 16);
		printf("%s %-5zu %s %-5zu ", say(command, "本年", "this year"), of->now,
		    say(command, "上年", "last year"), of->last);
		if (of->cap == SIZE_MAX)
			puts(say(command, "上年无数，不作比较", "nothing known of last year"));
		else if (of->over)
			printf("%s %zu%s %zu\n", say(command, "上限", "at most"), of->cap,
			    say(command, "，超出", ", over by"), of->now - of->cap);
		else
			printf("%s %zu\n", say(command, "上限", "at most"), of->cap);
	}
}

static void
say_words(const struct registers *registers)
{
	const struct register_findings *findings = &registers->findings;
	const struct command *command = registers->command;

	printf(command->chinese ? "%d 年度（数据日期 %s）\n" : "%d (data of %s)\n", registers->year, registers->date);
	print_counts(registers);
	if (findings->groups > 0)
		printf(command->chinese
			? "\n建议合并 %zu 组（同类、同季度、同对象、事项相近）：\n"
			: "\nMay be merged, %zu groups (same kind, quarter and schools, matters alike):\n",
		    findings->groups);
	for (size_t group = 1; group <= findings->groups; group++) {
		bool first = true;

		for (size_t i = 0; i < registers->count; i++) {
			const struct register_entry *entry = &registers->entries[i];

			if (entry->group != group)
				continue;
			if (first) {
				printf("  %zu  ", group);
				forms_print(registers_kind(registers, entry->kind), 16);
				printf(command->chinese ? "第 %u 季度\n" : "quarter %u\n", entry->quarter);
			}
			first = false;
			print_entry(registers, entry);
		}
	}
	if (findings->unclear > 0)
		printf(command->chinese ? "\n缺类别，或缺日期和季度，%zu 项：\n"
					: "\nWithout kind, or date and quarter, %zu:\n",
		    findings->unclear);
	for (size_t i = 0; i < registers->count; i++) {
		if (is_unclear(registers, &registers->entries[i]))
			print_entry(registers, &registers->entries[i]);
	}
}

void
registers_say(const struct registers *registers)
{
	if (registers->command->json)
		say_json(registers);
	else
		say_words(registers);
}
