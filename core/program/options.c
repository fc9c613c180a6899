/*
 * options.c - see options.h.
 */
#include "core/program/options.h"

#include <ctype.h>
#include <stdlib.h>

#include "core/xml/xml.h"

#define FILE_NAME_SHOWN 160 /* of a settings file, with its line, in an error */

static int
parse_number(struct text text, bool bytes, uint64_t *number)
{
	unsigned shift = 0;

	if (bytes && text.len > 1) {
		char unit = (char)toupper((unsigned char)text.at[text.len - 1]);

		shift = unit == 'K' ? 10 : unit == 'M' ? 20 : unit == 'G' ? 30 : unit == 'T' ? 40 : 0;
		text.len -= shift != 0;
	}
	if (!text_to_u64(text, number) || *number > UINT64_MAX >> shift)
		return -1;
	*number <<= shift;
	return 0;
}

static int
set_value(const struct option_row *row, void *settings, struct text value, const char *where, struct err *err)
{
	char *at = (char *)settings + row->offset;
	uint64_t number;

	switch (row->kind) {
	case OPTION_COUNT:
	case OPTION_BYTES:
	case OPTION_SECONDS:
		if (parse_number(value, row->kind == OPTION_BYTES, &number) != 0)
			return err_set(err, ERR_STOP, "%s: %s is not a %s: %.*s", where, row->key,
			    row->kind == OPTION_BYTES ? "size such as 256M" : "whole number", (int)value.len, value.at);
		memcpy(at, &number, sizeof(number));
		return 0;
	case OPTION_BOOL:
		if (text_eq(value, TEXT("yes")) || text_eq(value, TEXT("no"))) {
			*(bool *)at = value.at[0] == 'y';
			return 0;
		}
		return err_set(
		    err, ERR_STOP, "%s: %s is yes or no, not %.*s", where, row->key, (int)value.len, value.at);
	case OPTION_TEXT:
		if (value.len >= OPTION_TEXT_MAX || memchr(value.at, '\0', value.len) != NULL)
			return err_set(err, ERR_STOP, "%s: the value of %s is too long", where, row->key);
		memcpy(at, value.at, value.len);
		at[value.len] = '\0';
		return 0;
	}
	return 0;
}

static const struct option_row *
find_row(const struct option_row *rows, size_t count, struct text key)
{
	for (size_t i = 0; i < count; i++) {
		if (text_eq(text_from(rows[i].key), key))
			return &rows[i];
	}
	return NULL;
}

static int
set_key(const struct option_row *rows, size_t count, void *settings, struct text key, struct text value,
    const char *where, struct err *err)
{
	const struct option_row *row = find_row(rows, count, key);

	if (row == NULL)
		return err_set(err, ERR_STOP, "%s: there is no setting named %.*s", where, (int)key.len, key.at);
	return set_value(row, settings, value, where, err);
}

static int
set_environment(const struct option_row *rows, size_t count, void *settings, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		char name[128] = "YICI_";
		size_t len = strlen(name);
		const char *value;

		for (const char *c = rows[i].key; *c != '\0' && len < sizeof(name) - 3; c++) {
			if (*c == '.')
				name[len++] = '_';
			name[len++] = *c == '.' ? '_' : (char)toupper((unsigned char)*c);
		}
		name[len] = '\0';
		value = getenv(name);
		if (value != NULL && set_value(&rows[i], settings, text_from(value), name, err) != 0)
			return -1;
	}
	return 0;
}

int
options_init(const struct option_row *rows, size_t count, void *settings, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (set_value(&rows[i], settings, text_from(rows[i].initial), "default", err) != 0)
			return -1;
	}
	return set_environment(rows, count, settings, err);
}

int
options_set(const struct option_row *rows, size_t count, void *settings, const char *pair, struct err *err)
{
	const char *equals = strchr(pair, '=');

	if (equals == NULL)
		return err_set(err, ERR_STOP, "--set wants key=value, not %s", pair);
	return set_key(
	    rows, count, settings, (struct text){ pair, (size_t)(equals - pair) }, text_from(equals + 1), "--set", err);
}

int
options_file(const struct option_row *rows, size_t count, void *settings, const char *path, struct err *err)
{
	struct xml_definition *definition;
	const struct xml_element *root, *set;
	int result = 0;

	if (xml_definition_load(&definition, path, NULL, NULL, err) != 0)
		return -1;
	root = xml_definition_root(definition);
	if (!text_eq(root->name, TEXT("settings")))
		result = err_set(err, ERR_STOP, "%s:%u: the root is <%.*s>, not <settings>", path, root->line,
		    (int)root->name.len, root->name.at);
	for (set = root->child; set != NULL && result == 0; set = set->next) {
		char where[FILE_NAME_SHOWN];

		snprintf(where, sizeof(where), "%s:%u", path, set->line);
		if (!text_eq(set->name, TEXT("set")))
			result = err_set(err, ERR_STOP, "%s: <%.*s> is not <set key=\"…\">", where, (int)set->name.len,
			    set->name.at);
		else
			result = set_key(
			    rows, count, settings, xml_element_attribute(set, "key"), text_trim(set->text), where, err);
	}
	xml_definition_free(definition);
	return result == 0 ? set_environment(rows, count, settings, err) : -1;
}

void
options_help(const struct option_row *rows, size_t count, bool chinese, FILE *out)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, "  %-24s %-20s %s\n", rows[i].key, rows[i].initial,
		    chinese ? rows[i].help_zh : rows[i].help_en);
}
