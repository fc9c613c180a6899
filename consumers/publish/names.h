/*
 * names.h - names for what goes back to senders. Inside this room only.
 */
#ifndef YICI_CONSUMERS_PUBLISH_NAMES_H
#define YICI_CONSUMERS_PUBLISH_NAMES_H

#include "core/base/text.h"

#define NAMES_BYTES_MAX 200

/*
 * A name made of a file's path without its extension that is safe in any file system: no separators or control characters, not
 * too long, no dot in front.
 */
void names_safe(struct text file, char name[NAMES_BYTES_MAX + 1]);

#endif
