/*
 * flat_json.h - reading the JSON that we write ourselves for others: one object, its members in order, none of them an
 * object. Strict, allocates nothing, knows nothing of the names. What leaves the project is flat so that this is enough.
 */
#ifndef YICI_CORE_RECORD_FLAT_JSON_H
#define YICI_CORE_RECORD_FLAT_JSON_H

#include "core/base/buffer.h"

enum flat_kind {
	FLAT_STRING, /* ${value} is what stands between the quotes, still escaped: flat_json_text() */
	FLAT_NUMBER, /* as written */
	FLAT_TRUE,
	FLAT_FALSE,
	FLAT_NULL,
	FLAT_LIST, /* ${value} from [ to ], its strings and numbers checked */
};

struct flat_member {
	struct text name; /* still escaped; ours never are */
	enum flat_kind kind;
	struct text value;
};

/* Walk the members: start with {bytes, 0}. All texts point into the bytes. */
struct flat_json {
	struct text bytes;
	size_t pos;
};

/* The next member: 1, 0 after the last (and nothing but blanks behind the object), -1 when it is no flat object. */
MUST_CHECK int flat_json_next(struct flat_json *json, struct flat_member *member);

/* The member of that name, the first if there are several; false when there is none or the bytes do not hold together before it. */
bool flat_json_find(struct text bytes, struct text name, struct flat_member *member);

/* The string of that name, unescaped into ${out} (emptied first); false when there is none, or it is no string. */
bool flat_json_string(struct text bytes, struct text name, struct buffer *out);

/* The whole number of that name; false when there is none. */
bool flat_json_number(struct text bytes, struct text name, uint64_t *number);

/* Unescape ${value} of a string at the end of ${out}; false when an escape is not valid. */
bool flat_json_text(struct text value, struct buffer *out);

#endif
