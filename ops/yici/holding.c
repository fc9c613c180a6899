/*
 * holding.c - see holding.h. The folder is made beside and takes the old one's place in one step.
 */
#include "ops/yici/holding.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/digest.h"
#include "consumers/publish/snapshot.h"

static uint64_t
number_of(const struct xml_element *element, const char *name)
{
	uint64_t number;

	return text_to_u64(xml_element_attribute(element, name), &number) ? number : 0;
}

static bool
copy_text(char *out, size_t size, struct text text)
{
	return (size_t)snprintf(out, size, "%.*s", (int)text.len, text.len > 0 ? text.at : "") < size;
}

int
holding_load(struct holding *held, const char *data, struct err *err)
{
	const struct xml_element *root, *at;
	char path[FILE_PATH_MAX];
	size_t n = 0;

	*held = (struct holding){ 0 };
	if (path_format(path, err, "%s/state/held/held.xml", data) != 0)
		return -1;
	if (!file_exists(path))
		return 0;
	if (xml_definition_load(&held->file, path, NULL, NULL, err) != 0)
		return -1;
	root = xml_definition_root(held->file);
	for (at = xml_element_child(root, "finding"); at != NULL; at = xml_element_next(at, "finding"))
		n++;
	held->findings = calloc(n + 1, sizeof(*held->findings));
	if (held->findings == NULL) {
		holding_free(held);
		return err_set(err, ERR_RETRY, "out of memory");
	}
	if (!copy_text(held->run, sizeof(held->run), xml_element_attribute(root, "run"))
	    || !copy_text(held->date, sizeof(held->date), xml_element_attribute(root, "date"))
	    || !copy_text(held->digest, sizeof(held->digest), xml_element_attribute(root, "digest"))) {
		holding_free(held);
		return err_set(err, ERR_STOP, "%s is damaged", path);
	}
	held->since_s = (int64_t)number_of(root, "since");
	held->is = true;
	for (at = xml_element_child(root, "finding"); at != NULL; at = xml_element_next(at, "finding"))
		held->findings[held->count++] = (struct holding_finding){ .kind = xml_element_attribute(at, "kind"),
			.cause = xml_element_attribute(at, "cause"),
			.source = xml_element_attribute(at, "source"),
			.field = xml_element_attribute(at, "field"),
			.code = xml_element_attribute(at, "code"),
			.name = xml_element_attribute(at, "name"),
			.school = (uint32_t)number_of(at, "school"),
			.zh = xml_element_attribute(at, "zh"),
			.en = xml_element_attribute(at, "en") };
	return 0;
}

void
holding_free(struct holding *held)
{
	xml_definition_free(held->file);
	free(held->findings);
	*held = (struct holding){ 0 };
}

size_t
holding_schools(const struct holding *held, struct text word, uint32_t *schools, size_t room)
{
	size_t count = 0;

	for (const struct xml_element *at = xml_element_child(xml_definition_root(held->file), "school"); at != NULL;
	     at = xml_element_next(at, "school")) {
		uint32_t number = (uint32_t)number_of(at, "number");
		bool known = false;

		if (!text_eq(xml_element_attribute(at, "code"), word)
		    && !text_eq(xml_element_attribute(at, "name"), word))
			continue;
		for (size_t i = 0; i < count && !known; i++)
			known = schools[i] == number;
		if (!known && count < room)
			schools[count++] = number;
	}
	return count;
}

int
holding_clear(const char *data, struct err *err)
{
	char path[FILE_PATH_MAX];

	return path_format(path, err, "%s/state/held", data) != 0 ? -1 : file_remove_all(path, err);
}

/* ---- writing ---- */

static void
put_attribute(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, " %s=\"", name);
	buffer_xml(out, value);
	buffer_char(out, '"');
}

static struct text
field_name(const struct holding_night *night, uint16_t field)
{
	return field == FIELD_NONE ? TEXT("") : night->dataset->fields[field].name;
}

static void
write_xml(const struct holding_night *night, int64_t since_s, struct buffer *out)
{
	struct buffer sentence;

	buffer_init(&sentence, (size_t)1 << 20);
	buffer_format(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<held run=\"%s\" date=\"%s\" since=\"%lld\" digest=\"%s\">\n",
	    night->run, night->date, (long long)since_s, night->digest);
	for (size_t i = 0; i < night->findings->count; i++) {
		const struct hold_finding *finding = &night->findings->at[i];

		buffer_string(out, "\t<finding");
		put_attribute(out, "kind", text_from(hold_kind_name(finding->kind)));
		put_attribute(out, "cause", text_from(hold_cause_name(finding->cause)));
		put_attribute(out, "source", night->sources[finding->source]->name);
		put_attribute(out, "field", field_name(night, finding->field));
		put_attribute(out, "code", finding->code);
		put_attribute(out, "name", finding->name);
		buffer_format(out, " school=\"%u\"", finding->school);
		for (int chinese = 1; chinese >= 0; chinese--) {
			buffer_clear(&sentence);
			holding_say(finding, night->dataset, night->sources, chinese != 0, &sentence);
			put_attribute(out, chinese != 0 ? "zh" : "en", buffer_as_text(&sentence));
		}
		buffer_string(out, "/>\n");
	}
	for (size_t i = 0; i < night->row_count; i++) {
		const struct compared_row *row = &night->rows[i];

		if (row->field != FIELD_NONE || row->school == 0 || row->code.len + row->name.len == 0)
			continue;
		buffer_format(out, "\t<school number=\"%u\"", row->school);
		put_attribute(out, "code", row->code);
		put_attribute(out, "name", row->name);
		buffer_string(out, "/>\n");
	}
	buffer_string(out, "</held>\n");
	out->failed = out->failed || buffer_failed(&sentence);
	buffer_fini(&sentence);
}

static const char *
what_name(uint32_t what)
{
	static const char *const names[COMPARED_COUNTS] = { [COMPARED_ABSENT] = "absent",
		[COMPARED_STALE] = "stale",
		[COMPARED_NEW] = "new",
		[COMPARED_CHANGED] = "changed",
		[COMPARED_EMPTIED] = "emptied" };

	return what < COMPARED_COUNTS && names[what] != NULL ? names[what] : "";
}

/* The columns of an example: what, file, sheet, row, record_id, field. */
struct shown {
	struct text what, file, sheet, field;
	uint32_t row;
	char id[2 * RECORD_ID_BYTES + 1];
};

static struct shown
show(const struct holding_night *night, const struct example *example)
{
	struct shown shown = { .what = text_from(what_name(example->what)),
		.field = field_name(night, example->field),
		.row = example->row };

	if (example->file < night->files->count) {
		shown.file = night->files->at[example->file].file;
		shown.sheet = taken_sheet(&night->files->at[example->file], example->sheet);
	}
	hex_of(example->id, RECORD_ID_BYTES, shown.id);
	return shown;
}

static void
write_csv(const struct holding_night *night, struct buffer *out)
{
	buffer_string(out,
	    "\xEF\xBB\xBF"
	    "finding,kind,cause,source,school_code,field,count,of,what,file,sheet,row,record_id\r\n");
	for (size_t i = 0; i < night->findings->count; i++) {
		const struct hold_finding *finding = &night->findings->at[i];

		for (size_t k = 0; k < finding->example_count || k == 0; k++) {
			bool any = finding->example_count > 0;
			struct shown shown = any ? show(night, &finding->examples[k]) : (struct shown){ 0 };

			buffer_format(
			    out, "%zu,%s,%s,", i + 1, hold_kind_name(finding->kind), hold_cause_name(finding->cause));
			snapshot_cell(out, night->sources[finding->source]->name);
			buffer_char(out, ',');
			snapshot_cell(out, finding->code);
			buffer_char(out, ',');
			buffer_text(out, any && shown.field.len > 0 ? shown.field : field_name(night, finding->field));
			buffer_format(
			    out, ",%llu,%llu,", (unsigned long long)finding->count, (unsigned long long)finding->of);
			buffer_text(out, shown.what);
			buffer_char(out, ',');
			snapshot_cell(out, shown.file);
			buffer_char(out, ',');
			snapshot_cell(out, shown.sheet);
			if (any)
				buffer_format(out, ",%u,%s\r\n", shown.row, shown.id);
			else
				buffer_string(out, ",,\r\n");
		}
	}
}

static void
put_member(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, ",\"%s\":", name);
	buffer_json_string(out, value);
}

static void
write_json(const struct holding_night *night, struct buffer *out)
{
	struct buffer sentence;

	buffer_init(&sentence, (size_t)1 << 20);
	buffer_format(out, "{\"run\":\"%s\",\"date\":\"%s\",\"state\":\"held\",\"digest\":\"%s\",\"findings\":[",
	    night->run, night->date, night->digest);
	for (size_t i = 0; i < night->findings->count; i++) {
		const struct hold_finding *finding = &night->findings->at[i];

		buffer_format(out, "%s\n{\"finding\":%zu", i > 0 ? "," : "", i + 1);
		put_member(out, "kind", text_from(hold_kind_name(finding->kind)));
		put_member(out, "cause", text_from(hold_cause_name(finding->cause)));
		put_member(out, "source", night->sources[finding->source]->name);
		put_member(out, "field", field_name(night, finding->field));
		put_member(out, "school_code", finding->code);
		put_member(out, "school_name", finding->name);
		put_member(out, "was", finding->was);
		put_member(out, "is", finding->is);
		buffer_format(out, ",\"count\":%llu,\"of\":%llu,\"limit\":%llu,\"limit_of\":\"%s\",\"files\":%llu",
		    (unsigned long long)finding->count, (unsigned long long)finding->of,
		    (unsigned long long)finding->limit, finding->persons ? "persons" : "per cent",
		    (unsigned long long)finding->files);
		for (int chinese = 1; chinese >= 0; chinese--) {
			buffer_clear(&sentence);
			holding_say(finding, night->dataset, night->sources, chinese != 0, &sentence);
			put_member(out, chinese != 0 ? "zh" : "en", buffer_as_text(&sentence));
		}
		buffer_string(out, ",\"examples\":[");
		for (size_t k = 0; k < finding->example_count; k++) {
			struct shown shown = show(night, &finding->examples[k]);

			buffer_format(out, "%s{\"row\":%u", k > 0 ? "," : "", shown.row);
			put_member(out, "what", shown.what);
			put_member(out, "file", shown.file);
			put_member(out, "sheet", shown.sheet);
			put_member(out, "field", shown.field);
			put_member(out, "record_id", text_from(shown.id));
			buffer_char(out, '}');
		}
		buffer_string(out, "]}");
	}
	buffer_string(out, "\n]}\n");
	out->failed = out->failed || buffer_failed(&sentence);
	buffer_fini(&sentence);
}

static void
write_html(const struct holding_night *night, struct buffer *out)
{
	bool chinese = night->chinese;
	struct buffer sentence;

	buffer_init(&sentence, (size_t)1 << 20);
	buffer_format(out,
	    "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><title>%s "
	    "%s</title></head>\n<body>\n<h1>%s "
	    "%s</h1>\n<p>%s</p>\n<ol>\n",
	    chinese ? "zh" : "en", chinese ? "暂停发布" : "Held", night->date, chinese ? "暂停发布" : "Held",
	    night->date,
	    chinese ? "本次汇总与昨日差别过大，尚未发布，仍提供昨日的数据。请核对后执行 yici hold approve（确认）或 "
		      "yici hold "
		      "discard（作废）。"
		    : "This run differs too much from yesterday and is not published; yesterday's data are still "
		      "served. Look, "
		      "then yici hold approve or yici hold discard.");
	for (size_t i = 0; i < night->findings->count; i++) {
		const struct hold_finding *finding = &night->findings->at[i];

		buffer_clear(&sentence);
		holding_say(finding, night->dataset, night->sources, chinese, &sentence);
		buffer_string(out, "<li>");
		buffer_xml(out, buffer_as_text(&sentence));
		for (size_t k = 0; k < finding->example_count; k++) {
			struct shown shown = show(night, &finding->examples[k]);

			buffer_string(out, k == 0 ? "\n<table>" : "");
			buffer_string(out, "<tr><td>");
			buffer_xml(out, shown.file);
			buffer_string(out, "</td><td>");
			buffer_xml(out, shown.sheet);
			buffer_format(out, "</td><td>%u</td><td>%s</td><td>", shown.row, shown.id);
			buffer_xml(out, shown.field);
			buffer_format(out, "</td></tr>%s", k + 1 == finding->example_count ? "</table>" : "\n");
		}
		buffer_string(out, "</li>\n");
	}
	buffer_string(out, "</ol>\n</body></html>\n");
	out->failed = out->failed || buffer_failed(&sentence);
	buffer_fini(&sentence);
}

static int
write_out(const char *folder, const char *name, struct buffer *out, struct err *err)
{
	char path[FILE_PATH_MAX];

	if (buffer_failed(out))
		return err_set(err, ERR_RETRY, "out of memory for the record of a held run");
	if (path_format(path, err, "%s/%s", folder, name) != 0 || file_write_all(path, out->at, out->len, err) != 0)
		return -1;
	buffer_clear(out);
	return 0;
}

int
holding_put(const struct holding_night *night, struct err *err)
{
	char place[FILE_PATH_MAX], beside[FILE_PATH_MAX];
	struct holding before;
	struct buffer out;
	int64_t since_s = (int64_t)time(NULL);
	struct err ignored;
	int result = -1;

	/* one that cannot be read is no reason not to hold */
	if (holding_load(&before, night->data, &ignored) == 0) {
		if (before.is)
			since_s = before.since_s;
		holding_free(&before);
	}
	buffer_init(&out, SIZE_MAX / 4);
	if (path_format(place, err, "%s/state/held", night->data) != 0
	    || path_format(beside, err, "%s/state/.held", night->data) != 0 || file_remove_all(beside, err) != 0
	    || file_make_folder(beside, err) != 0)
		goto done;
	write_csv(night, &out);
	if (write_out(beside, "held.csv", &out, err) != 0)
		goto done;
	write_json(night, &out);
	if (write_out(beside, "report.json", &out, err) != 0)
		goto done;
	write_html(night, &out);
	if (write_out(beside, "report.html", &out, err) != 0)
		goto done;
	write_xml(night, since_s, &out);
	if (write_out(beside, "held.xml", &out, err) != 0 || file_remove_all(place, err) != 0
	    || file_rename(beside, place, err) != 0)
		goto done;
	result = path_format(place, err, "%s/state", night->data) != 0 ? -1 : file_sync_folder(place, err);
done:
	buffer_fini(&out);
	return result;
}
