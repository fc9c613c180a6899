/*
 * definition.h - reading our own XML files strictly: what is not known is a fault, never silently
 * left out (a misspelt "personal" must not make a field public).
 */
#ifndef YICI_CORE_RECORD_DEFINITION_H
#define YICI_CORE_RECORD_DEFINITION_H

#include "core/record/faults.h"
#include "core/xml/xml.h"

/*
 * Load ${path}, whose outermost element must be called ${root}; all faults are told. ${*digest}:
 * hash64 of its bytes. NULL when there is any fault; ERR_RETRY in ${faults->err} when memory was short.
 */
MUST_CHECK struct xml_definition *definition_load(
    const char *path, const char *root, uint64_t *digest, struct faults *faults);

/*
 * Check that ${element} has the attributes of ${attributes} and no others: words with spaces
 * between, those that end in ! must be there; and inside it only elements named in ${inside}. An
 * attribute that is there is not empty.
 */
void definition_check(const struct xml_element *element, const char *attributes, const char *inside, const char *path,
    struct faults *faults);

/* The attribute's value; empty when it is not there. */
struct text definition_get(const struct xml_element *element, const char *attribute);

/* The next word of ${*rest} up to one of ${marks}, trimmed; false at the end. Empty words are given
 * too. */
bool definition_word(struct text *rest, char mark, struct text *word);

/* One of ${count} words: its place, or -1. */
int definition_choice(struct text word, const char *const *words, size_t count);

#endif
