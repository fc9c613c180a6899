/*
 * definition.c - see definition.h.
 */
#include "core/record/definition.h"

#include "core/base/digest.h"
#include "core/base/file.h"

static void
say(void *self, const char *path, uint32_t line, const char *message)
{
	faults_add(self, path, line, "%s", message);
}

struct xml_definition *
definition_load(const char *path, const char *root, uint64_t *digest, struct faults *faults)
{
	struct xml_lint lint = { say, faults };
	struct xml_definition *definition = NULL;
	const struct xml_element *top;
	struct buffer bytes;
	struct err err = { 0 };
	size_t before = faults->count;

	buffer_init(&bytes, XML_DEFINITION_BYTES_MAX);
	if (file_read_all(path, &bytes, &err) != 0)
		goto failed;
	*digest = hash64(bytes.at, bytes.len, 0);
	if (xml_definition_parse(&definition, buffer_as_text(&bytes), path, NULL, &lint, &err) != 0)
		goto failed;
	buffer_fini(&bytes);
	top = xml_definition_root(definition);
	if (!text_eq(top->name, text_from(root))) {
		faults_add(faults, path, top->line, "the outermost element must be <%s>", root);
		xml_definition_free(definition);
		return NULL;
	}
	return definition;
failed:
	if (faults->count == before)
		faults_add(faults, path, 0, "%s", err.what);
	if (err.kind == ERR_RETRY) /* nothing is wrong with the file */
		faults->err->kind = ERR_RETRY;
	buffer_fini(&bytes);
	return NULL;
}

/* Whether ${word} is in ${list}; ${*needed} when a ! stands behind it there. */
static bool
listed(const char *list, struct text word, bool *needed)
{
	struct text rest = text_from(list), next;

	while (definition_word(&rest, ' ', &next)) {
		*needed = text_ends(next, TEXT("!"));
		next.len -= *needed;
		if (text_eq(next, word))
			return true;
	}
	return false;
}

void
definition_check(const struct xml_element *element, const char *attributes, const char *inside, const char *path,
    struct faults *faults)
{
	struct text rest = text_from(attributes), word;
	int name = (int)element->name.len;
	bool needed;

	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct xml_attribute *attribute = &element->attributes[i];

		if (!listed(attributes, attribute->name, &needed))
			faults_add(faults, path, element->line, "<%.*s> has no attribute \"%.*s\"", name,
			    element->name.at, (int)attribute->name.len, attribute->name.at);
		else if (text_trim(attribute->value).len == 0)
			faults_add(faults, path, element->line, "attribute \"%.*s\" is empty", (int)attribute->name.len,
			    attribute->name.at);
	}
	while (definition_word(&rest, ' ', &word)) {
		if (!text_ends(word, TEXT("!")))
			continue;
		word.len--;
		for (size_t i = 0; i < element->attribute_count; i++) {
			if (text_eq(element->attributes[i].name, word))
				word.len = 0;
		}
		if (word.len > 0)
			faults_add(faults, path, element->line, "<%.*s> needs the attribute \"%.*s\"", name,
			    element->name.at, (int)word.len, word.at);
	}
	for (const struct xml_element *child = element->child; child; child = child->next) {
		if (!listed(inside, child->name, &needed))
			faults_add(faults, path, child->line, "<%.*s> does not belong in <%.*s>", (int)child->name.len,
			    child->name.at, name, element->name.at);
	}
}

struct text
definition_get(const struct xml_element *element, const char *attribute)
{
	return text_trim(xml_attribute_find(element->attributes, element->attribute_count, attribute));
}

bool
definition_word(struct text *rest, char mark, struct text *word)
{
	const char *at;

	if (rest->len == 0)
		return false;
	at = memchr(rest->at, mark, rest->len);
	*word = (struct text){ rest->at, at ? (size_t)(at - rest->at) : rest->len };
	rest->at += word->len + (at ? 1 : 0);
	rest->len -= word->len + (at ? 1 : 0);
	*word = text_trim(*word);
	return true;
}

int
definition_choice(struct text word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (text_eq(word, text_from(words[i])))
			return (int)i;
	}
	return -1;
}
