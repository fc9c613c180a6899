/*
 * options.c - see options.h.
 */
#include "core/program/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

static const char *
say(const struct option_table *table, const char *zh, const char *en)
{
	return table->chinese ? zh : en;
}

/* A function takes it, as strings. */
static int
set_own(
    option_setter *set, void *settings, struct text key, struct text value, enum option_origin origin, struct err *err)
{
	char *strings = malloc(key.len + value.len + 2);
	int result;

	if (strings == NULL)
		return err_set(err, ERR_STOP, "not enough memory for the settings");
	memcpy(strings, key.at, key.len);
	strings[key.len] = '\0';
	memcpy(strings + key.len + 1, value.at, value.len);
	strings[key.len + 1 + value.len] = '\0';
	result = set(settings, strings, strings + key.len + 1, origin, err);
	free(strings);
	return result;
}

static int
set_value(const struct option_table *table, const struct option_row *row, void *settings, struct text key,
    struct text value, const char *where, enum option_origin origin, struct err *err)
{
	char *at = (char *)settings + row->offset;
	uint64_t number;

	switch (row->kind) {
	case OPTION_COUNT:
	case OPTION_BYTES:
	case OPTION_SECONDS:
		if (parse_number(value, row->kind == OPTION_BYTES, &number) != 0)
			return err_set(err, ERR_INPUT, "%s: %s %s: %.*s", where, row->key,
			    row->kind == OPTION_BYTES ? say(table, "应为大小，如 256M", "is not a size such as 256M")
						      : say(table, "应为整数", "is not a whole number"),
			    (int)value.len, value.at);
		memcpy(at, &number, sizeof(number));
		return 0;
	case OPTION_BOOL:
		if (text_eq(value, TEXT("yes")) || text_eq(value, TEXT("no"))) {
			*(bool *)at = value.at[0] == 'y';
			return 0;
		}
		return err_set(err, ERR_INPUT, "%s: %s %s: %.*s", where, row->key,
		    say(table, "应为 yes 或 no", "is not yes or no"), (int)value.len, value.at);
	case OPTION_TEXT:
		if (value.len >= OPTION_TEXT_MAX || memchr(value.at, '\0', value.len) != NULL)
			return err_set(err, ERR_INPUT, "%s: %s %s", where, row->key,
			    say(table, "的值太长", "has a value that is too long"));
		memcpy(at, value.at, value.len);
		at[value.len] = '\0';
		return 0;
	case OPTION_OWN:
		return set_own(*(option_setter **)(void *)at, settings, text_from(row->key), value, origin, err);
	case OPTION_PREFIX:
		return set_own(*(option_setter **)(void *)at, settings, key, value, origin, err);
	}
	return 0;
}

/* The row of ${*key}; of a prefix, ${*key} is the rest. */
static const struct option_row *
find_row(const struct option_table *table, struct text *key)
{
	for (size_t i = 0; i < table->count; i++) {
		size_t len = strlen(table->rows[i].key);

		if (table->rows[i].kind == OPTION_PREFIX && key->len > len
		    && memcmp(key->at, table->rows[i].key, len) == 0) {
			*key = (struct text){ key->at + len, key->len - len };
			return &table->rows[i];
		}
		if (table->rows[i].kind != OPTION_PREFIX && text_eq(text_from(table->rows[i].key), *key))
			return &table->rows[i];
	}
	return NULL;
}

static int
set_key(const struct option_table *table, void *settings, struct text key, struct text value, const char *where,
    enum option_origin origin, struct err *err)
{
	const struct option_row *row = find_row(table, &key);

	if (row == NULL)
		return err_set(err, ERR_INPUT, "%s: %s: %.*s", where,
		    say(table, "没有这个设置", "there is no such setting"), (int)key.len, key.at);
	return set_value(table, row, settings, key, value, where, origin, err);
}

/* The variable of a key: capitals, dots as two underscores. */
static void
variable_of(const char *key, char name[128])
{
	size_t len = 5;

	memcpy(name, "YICI_", len);
	for (const char *c = key; *c != '\0' && len < 128 - 3; c++) {
		if (*c == '.')
			name[len++] = '_';
		name[len++] = *c == '.' ? '_' : (char)toupper((unsigned char)*c);
	}
	name[len] = '\0';
}

/* All variables of a prefix; what follows it is turned back into a key. */
static int
set_variables(
    const struct option_table *table, const struct option_row *row, const char *prefix, void *settings, struct err *err)
{
	for (char **variable = environ; *variable != NULL; variable++) {
		const char *equals = strchr(*variable, '=');
		size_t skip = strlen(prefix), len = 0;
		char key[128];

		if (equals == NULL || strncmp(*variable, prefix, skip) != 0 || *variable + skip == equals)
			continue;
		for (const char *c = *variable + skip; c < equals && len < sizeof(key) - 1; c++) {
			bool dot = c[0] == '_' && c + 1 < equals && c[1] == '_';

			key[len++] = dot ? '.' : (char)tolower((unsigned char)*c);
			c += dot;
		}
		if (set_value(table, row, settings, (struct text){ key, len }, text_from(equals + 1), prefix,
			OPTION_FROM_ENVIRONMENT, err)
		    != 0)
			return -1;
	}
	return 0;
}

static int
set_environment(const struct option_table *table, void *settings, struct err *err)
{
	for (size_t i = 0; i < table->count; i++) {
		const char *value;
		char name[128];
		int result = 0;

		variable_of(table->rows[i].key, name);
		if (table->rows[i].kind == OPTION_PREFIX)
			result = set_variables(table, &table->rows[i], name, settings, err);
		else if ((value = getenv(name)) != NULL)
			result = set_value(table, &table->rows[i], settings, text_from(table->rows[i].key),
			    text_from(value), name, OPTION_FROM_ENVIRONMENT, err);
		if (result != 0) {
			err->kind = ERR_STOP; /* nobody called us wrongly */
			return -1;
		}
	}
	return 0;
}

int
options_init(const struct option_table *table, void *settings, struct err *err)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->rows[i].kind == OPTION_PREFIX
		    || (table->rows[i].kind == OPTION_OWN && table->rows[i].initial[0] == '\0'))
			continue;
		if (set_value(table, &table->rows[i], settings, text_from(table->rows[i].key),
			text_from(table->rows[i].initial), "default", OPTION_FROM_TABLE, err)
		    != 0)
			return -1;
	}
	return set_environment(table, settings, err);
}

int
options_set(const struct option_table *table, void *settings, const char *pair, struct err *err)
{
	const char *equals = strchr(pair, '=');

	if (equals == NULL)
		return err_set(
		    err, ERR_INPUT, "%s: %s", say(table, "--set 应为 设置=值", "--set wants key=value"), pair);
	return set_key(table, settings, (struct text){ pair, (size_t)(equals - pair) }, text_from(equals + 1), "--set",
	    OPTION_FROM_COMMAND_LINE, err);
}

/* Whether nobody but its owner can read or change a file. */
static enum option_origin
origin_of(const char *path)
{
	struct stat at;

	return stat(path, &at) == 0 && (at.st_mode & 077) == 0 ? OPTION_FROM_PRIVATE_FILE : OPTION_FROM_FILE;
}

int
options_file(const struct option_table *table, void *settings, const char *path, struct err *err)
{
	struct xml_definition *definition;
	const struct xml_element *root, *set;
	enum option_origin origin = origin_of(path);
	int result = 0;

	if (xml_definition_load(&definition, path, NULL, NULL, err) != 0)
		return -1;
	root = xml_definition_root(definition);
	if (!text_eq(root->name, TEXT("settings")))
		result = err_set(err, ERR_STOP, "%s:%u: %s: <%.*s>", path, root->line,
		    say(table, "根元素应为 <settings>", "the root is not <settings>"), (int)root->name.len,
		    root->name.at);
	for (set = root->child; set != NULL && result == 0; set = set->next) {
		char where[FILE_NAME_SHOWN];

		snprintf(where, sizeof(where), "%s:%u", path, set->line);
		if (!text_eq(set->name, TEXT("set")))
			result = err_set(err, ERR_STOP, "%s: %s: <%.*s>", where,
			    say(table, "应为 <set key=\"…\">", "this is not <set key=\"…\">"), (int)set->name.len,
			    set->name.at);
		else
			result = set_key(table, settings, xml_element_attribute(set, "key"), text_trim(set->text),
			    where, origin, err);
	}
	if (result != 0)
		err->kind = ERR_STOP;
	xml_definition_free(definition);
	return result == 0 ? set_environment(table, settings, err) : -1;
}

void
options_help(const struct option_table *table, FILE *out)
{
	for (size_t i = 0; i < table->count; i++)
		fprintf(out, "  %-24s %-20s %s\n", table->rows[i].key, table->rows[i].initial,
		    say(table, table->rows[i].help_zh, table->rows[i].help_en));
}
