/*
 * codes.c - code sets; see codes.h.
 *
 * Two hash tables over all names of all entries (code, label, aliases): by the name as it is
 * written in the file, and by the name folded. A name's number in them is the place of its entry,
 * or NAME_SHARED when several entries of a shared set have it. Entries of the history file come
 * after the present ones and give way to them.
 */
#include "core/record/codes.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/record/faults.h"
#include "core/record/lookup.h"

#define CODES_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define FOLD_MAX 256 /* a longer text is no name of a code */
#define NAME_SHARED (LOOKUP_NONE - 1)

struct codes {
	struct arena arena;
	struct buffer bytes, history; /* the files; all texts point into them */
	struct text name;
	bool shared;
	struct code *at;
	size_t count, present; /* those before ${present} are not obsolete */
	struct lookup exact, folded;
	uint64_t digest;
};

/* One line of a file, split. */
struct line {
	struct text code, label, aliases, successor;
	unsigned number;
};

/* Characters that folding drops: white space and what cannot be seen. */
static bool
is_blank(uint32_t cp)
{
	return cp <= ' ' || cp == 0x7F || cp == 0xA0 || cp == 0xAD || (cp >= 0x2000 && cp <= 0x200F) || cp == 0x202F
	    || cp == 0x205F || cp == 0x2060 || cp == 0x3000 || cp == 0xFEFF;
}

size_t
codes_fold(struct text text, char *out, size_t size)
{
	size_t len = 0, pos = 0;

	while (pos < text.len) {
		unsigned char byte = (unsigned char)text.at[pos];
		uint32_t cp = byte;

		if (byte < 0x80)
			pos++;
		else
			cp = text_next(text, &pos);
		if (is_blank(cp))
			continue;
		if (cp >= 0xFF01 && cp <= 0xFF5E) /* full-width ASCII, brackets among it */
			cp -= 0xFF01 - '!';
		else if (cp >= 0x2010 && cp <= 0x2015) /* hyphens and dashes */
			cp = '-';
		if (cp >= 'A' && cp <= 'Z')
			cp += 'a' - 'A';
		if (size - len < 4)
			return SIZE_MAX;
		len += text_put(out + len, cp);
	}
	return len;
}

/* The next field of ${*rest}, up to ${end}; ${*rest} becomes what is behind. */
static struct text
take_field(struct text *rest, char end)
{
	const char *at = rest->len ? memchr(rest->at, end, rest->len) : NULL;
	struct text field = { rest->at, at ? (size_t)(at - rest->at) : rest->len };
	size_t used = field.len + (at ? 1 : 0);

	rest->at += used;
	rest->len -= used;
	return field;
}

/* The next line of ${*rest} that is not empty; false at the end. */
static bool
take_line(struct text *rest, struct line *line)
{
	while (rest->len > 0) {
		struct text text = take_field(rest, '\n');

		line->number++;
		if (text_ends(text, TEXT("\r")))
			text.len--;
		if (text.len == 0)
			continue;
		line->code = take_field(&text, ',');
		line->label = take_field(&text, ',');
		line->aliases = take_field(&text, ',');
		line->successor = text;
		return true;
	}
	return false;
}

static size_t
count_char(struct text text, char c)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == c;
	return count;
}

/* Let ${name} lead to entry ${index} in ${lookup}, or say why it cannot. */
static void
add_name(struct codes *codes, struct lookup *lookup, struct text name, uint32_t index, const char *path, unsigned line,
    struct faults *faults)
{
	uint32_t *place = lookup_place(lookup, name);

	if (*place == LOOKUP_NONE) {
		*place = index;
		return;
	}
	if (*place == index || *place == NAME_SHARED)
		return;
	if (codes->shared) {
		if (*place < codes->present && index >= codes->present)
			return;
		*place = NAME_SHARED;
		return;
	}
	faults_add(faults, path, line, "\"%.*s\" leads to two codes, %.*s and %.*s", (int)name.len, name.at,
	    (int)codes->at[*place].code.len, codes->at[*place].code.at, (int)codes->at[index].code.len,
	    codes->at[index].code.at);
}

/* Put ${name} of entry ${index} into both tables; -1 when memory is short. */
static int
add_both(struct codes *codes, struct text name, uint32_t index, const char *path, unsigned line, struct faults *faults)
{
	char folded[FOLD_MAX];
	size_t len = codes_fold(name, folded, sizeof(folded));
	struct text copy;
	size_t before = faults->count;

	if (len == SIZE_MAX || len == 0) {
		faults_add(faults, path, line, "a name of a code is empty or too long");
		return 0;
	}
	add_name(codes, &codes->exact, name, index, path, line, faults);
	if (faults->count > before)
		return 0;
	if (lookup_get(&codes->folded, (struct text){ folded, len }) == index)
		return 0;
	copy = arena_text(&codes->arena, (struct text){ folded, len });
	if (!copy.at)
		return -1;
	add_name(codes, &codes->folded, copy, index, path, line, faults);
	return 0;
}

/* Enter the lines of one file. Codes and labels go before aliases, so that a code always means
 * itself. */
static int
enter(struct codes *codes, struct text bytes, const char *path, bool obsolete, struct faults *faults)
{
	struct text rest = bytes;
	struct line line = { .number = 0 };
	uint32_t first = (uint32_t)codes->count;
	bool head = take_line(&rest, &line);

	if (!head || !text_eq(line.code, TEXT("code")) || !text_eq(line.label, TEXT("label"))
	    || !text_eq(line.aliases, TEXT("aliases"))
	    || !(line.successor.len == 0 || text_eq(line.successor, TEXT("successor"))))
		faults_add(faults, path, line.number, "the first line must be code,label,aliases[,successor]");
	while (take_line(&rest, &line)) {
		struct code *code = &codes->at[codes->count];

		if (line.code.len == 0 || line.label.len == 0 || memchr(line.code.at, '"', line.code.len)
		    || memchr(line.label.at, '"', line.label.len) || count_char(line.successor, ',') > 0) {
			faults_add(faults, path, line.number,
			    "a line needs code, label and aliases without quotes or further "
			    "commas");
			continue;
		}
		if (lookup_get(&codes->exact, line.code) != LOOKUP_NONE) {
			faults_add(faults, path, line.number, "the code %.*s stands here twice", (int)line.code.len,
			    line.code.at);
			continue;
		}
		*code = (struct code){ line.code, line.label, obsolete, line.successor };
		if (add_both(codes, line.code, (uint32_t)codes->count, path, line.number, faults) != 0)
			return -1;
		codes->count++;
	}
	if (!obsolete)
		codes->present = codes->count;
	rest = bytes;
	line.number = 0;
	(void)take_line(&rest, &line); /* the head */
	for (uint32_t index = first; index < codes->count && take_line(&rest, &line);) {
		struct text aliases = line.aliases;

		if (!text_eq(line.code, codes->at[index].code))
			continue; /* a line refused above */
		if (add_both(codes, line.label, index, path, line.number, faults) != 0)
			return -1;
		while (aliases.len > 0) {
			struct text alias = take_field(&aliases, '|');

			if (add_both(codes, alias, index, path, line.number, faults) != 0)
				return -1;
		}
		if (line.successor.len > 0 && codes_by_code(codes, line.successor) == NULL)
			faults_add(faults, path, line.number, "the successor %.*s does not exist",
			    (int)line.successor.len, line.successor.at);
		index++;
	}
	return 0;
}

/* Read NAME and NAME_history and enter them. */
static int
load(struct codes *codes, const char *folder, const char *name, struct faults *faults)
{
	char path[FILE_PATH_MAX], history[FILE_PATH_MAX];
	struct text bytes, old;
	size_t lines, names;

	if (path_format(path, faults->err, "%s/%s.csv", folder, name) != 0
	    || path_format(history, faults->err, "%s/%s_history.csv", folder, name) != 0
	    || file_read_all(path, &codes->bytes, faults->err) != 0) {
		faults_failed(faults, path);
		return -1;
	}
	if (file_exists(history) && file_read_all(history, &codes->history, faults->err) != 0) {
		faults_failed(faults, history);
		return -1;
	}
	bytes = buffer_as_text(&codes->bytes);
	old = buffer_as_text(&codes->history);
	codes->digest = hash64(old.at, old.len, hash64(bytes.at, bytes.len, 0));
	if (!utf8_valid(bytes.at, bytes.len) || !utf8_valid(old.at, old.len)) {
		faults_add(faults, path, 0, "not UTF-8");
		return -1;
	}
	if (text_starts(bytes, TEXT("\xEF\xBB\xBF"))) {
		bytes.at += 3;
		bytes.len -= 3;
	}
	lines = count_char(bytes, '\n') + count_char(old, '\n') + 2;
	names = 3 * lines + count_char(bytes, '|') + count_char(old, '|');
	codes->name = arena_text(&codes->arena, text_from(name));
	codes->at = arena_take(&codes->arena, lines * sizeof(*codes->at));
	if (!codes->name.at || !codes->at || lookup_init(&codes->exact, &codes->arena, names) != 0
	    || lookup_init(&codes->folded, &codes->arena, names) != 0 || enter(codes, bytes, path, false, faults) != 0
	    || (old.len > 0 && enter(codes, old, history, true, faults) != 0)) {
		err_set(faults->err, ERR_STOP, "%s: not enough memory", path);
		faults_failed(faults, path);
		return -1;
	}
	if (codes->count == 0)
		faults_add(faults, path, 0, "holds no code");
	return 0;
}

struct codes *
codes_load_telling(const char *folder, const char *name, bool shared, codes_tell *tell, void *self, struct err *err)
{
	struct faults faults = { tell, self, err, 0 };
	struct codes *codes = calloc(1, sizeof(*codes));

	if (!codes) {
		err_set(err, ERR_STOP, "%s/%s.csv: not enough memory", folder, name);
		return NULL;
	}
	arena_init(&codes->arena, 64 * CODES_BYTES_MAX);
	buffer_init(&codes->bytes, CODES_BYTES_MAX);
	buffer_init(&codes->history, CODES_BYTES_MAX);
	codes->shared = shared;
	if (load(codes, folder, name, &faults) != 0 || faults.count > 0) {
		codes_free(codes);
		return NULL;
	}
	return codes;
}

struct codes *
codes_load(const char *folder, const char *name, bool shared, struct err *err)
{
	return codes_load_telling(folder, name, shared, NULL, NULL, err);
}

void
codes_free(struct codes *codes)
{
	if (!codes)
		return;
	buffer_fini(&codes->bytes);
	buffer_fini(&codes->history);
	arena_fini(&codes->arena);
	free(codes);
}

uint64_t
codes_digest(const struct codes *codes)
{
	return codes->digest;
}

struct text
codes_name(const struct codes *codes)
{
	return codes->name;
}

size_t
codes_count(const struct codes *codes)
{
	return codes->count;
}

const struct code *
codes_at(const struct codes *codes, size_t index)
{
	return &codes->at[index];
}

const struct code *
codes_by_code(const struct codes *codes, struct text code)
{
	uint32_t index = lookup_get(&codes->exact, code);

	if (index >= codes->count || !text_eq(codes->at[index].code, code))
		return NULL;
	return &codes->at[index];
}

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

/* "1-男", "01、汉族", "2女": Latin letters or digits that mean an entry, then a name of the same
 * entry. */
static uint32_t
find_pair(const struct codes *codes, struct text folded)
{
	static const char *const between[] = { "-", ".", ":", ",", "_", "|", ")", "、", "。" };
	struct text code = { folded.at, 0 }, rest = folded;
	uint32_t index;

	while (code.len < folded.len && is_alnum(folded.at[code.len]))
		code.len++;
	rest.at += code.len;
	rest.len -= code.len;
	for (size_t i = 0; i < ARRAY_LEN(between); i++) {
		struct text mark = text_from(between[i]);

		if (text_starts(rest, mark)) {
			rest.at += mark.len;
			rest.len -= mark.len;
			break;
		}
	}
	if (code.len == 0 || rest.len == 0)
		return LOOKUP_NONE;
	index = lookup_get(&codes->folded, code);
	return index < codes->count && lookup_get(&codes->folded, rest) == index ? index : LOOKUP_NONE;
}

const struct code *
codes_find(const struct codes *codes, struct text text, bool *ambiguous)
{
	uint32_t index = lookup_get(&codes->exact, text);

	*ambiguous = false;
	if (index == LOOKUP_NONE) {
		char out[FOLD_MAX];
		struct text folded = { out, codes_fold(text, out, sizeof(out)) };

		if (folded.len == SIZE_MAX || folded.len == 0)
			return NULL;
		index = lookup_get(&codes->folded, folded);
		if (index == LOOKUP_NONE)
			index = find_pair(codes, folded);
	}
	if (index == NAME_SHARED) {
		*ambiguous = true;
		return NULL;
	}
	return index == LOOKUP_NONE ? NULL : &codes->at[index];
}

struct text
codes_label(const struct codes *codes, struct text code)
{
	const struct code *entry = codes_by_code(codes, code);

	return entry ? entry->label : code;
}
