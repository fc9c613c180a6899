/*
 * names.h - invented names that fall like real ones: surnames by their share, given names by
 * fashion, names of minorities with their middle dots, characters that older encodings do not have.
 */
#ifndef YICI_OPS_SAMPLE_NAMES_H
#define YICI_OPS_SAMPLE_NAMES_H

#include "core/base/text.h"
#include "ops/sample/rng.h"

const char *names_surname(struct rng *rng);
/* Append a given name to ${name}. */
void names_given(struct rng *rng, bool boy, bool child, char *name, size_t size);
/* The same from all the characters that parents choose, not the fifty commonest alone: as few namesakes as there are. */
void names_given_wide(struct rng *rng, bool boy, bool child, char *name, size_t size);
void names_uyghur(struct rng *rng, bool boy, char *name, size_t size);
void names_mongolian(struct rng *rng, bool boy, char *name, size_t size);
void names_tibetan(struct rng *rng, bool boy, char *name, size_t size);
/* Append a character that GBK does not have. */
void names_rare(struct rng *rng, char *name, size_t size);
bool names_is_rare(uint32_t cp);

/* What a typist makes of a character: another one, or NULL when none is known; ${wide}: of those of names_given_wide(), too. */
const char *names_homophone(struct rng *rng, struct text character, bool wide);
const char *names_lookalike(struct rng *rng, struct text character, bool wide);
const char *names_variant(struct text character);
const char *names_pinyin(struct text character);

#endif
