/*
 * link.c - see link.h. links.yc: 64 bytes of head ("YICILINK", u32 version, u32 entry size, u64 entries, u64 sum of the
 * XXH3 of all entries, zeros), then the entries as struct link stands, little-endian.
 */
#include "consumers/consolidate/link.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/digest.h"

#define LINKS_VERSION 2
#define LINKS_HEAD_BYTES 64
#define LINKS_BUFFER 4096 /* entries read or written at once */

const char *
presence_name(enum presence presence)
{
	static const char *const names[] = { "present", "absent", "stale" };

	return names[presence];
}

/* ---- links.yc ---- */

struct links_head {
	char magic[8];
	uint32_t version, entry_bytes;
	uint64_t entries, sum;
	uint8_t zeros[32];
};
_Static_assert(sizeof(struct links_head) == LINKS_HEAD_BYTES, "head of links.yc");

static int
read_entry_at(int fd, uint64_t number, struct link *link, struct err *err)
{
	return file_read_at(fd, link, sizeof(*link), LINKS_HEAD_BYTES + number * sizeof(*link), err);
}

/* The number of the first entry whose id is not below ${id}. */
static int
find_entry(int fd, uint64_t entries, const uint8_t *id, uint64_t *number, struct err *err)
{
	uint64_t low = 0, high = entries;
	struct link link;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (read_entry_at(fd, middle, &link, err) != 0)
			return -1;
		if (memcmp(link.id, id, RECORD_ID_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*number = low;
	return 0;
}

int
links_open(struct links_reader *reader, const char *path, const uint8_t *from, const uint8_t *to, struct err *err)
{
	struct links_head head;

	*reader = (struct links_reader){ .fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) };
	if (reader->fd < 0)
		return err_errno(err, ERR_STOP, "cannot open %s", path);
	reader->buffer = malloc(LINKS_BUFFER * sizeof(*reader->buffer));
	if (reader->buffer == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto fail;
	}
	if (file_read_at(reader->fd, &head, sizeof(head), 0, err) != 0)
		goto fail;
	if (memcmp(head.magic, "YICILINK", 8) != 0 || head.version != LINKS_VERSION
	    || head.entry_bytes != sizeof(struct link)) {
		err_set(err, ERR_STOP, "%s is no state file of this version", path);
		goto fail;
	}
	reader->end = head.entries;
	reader->sum = head.sum;
	if ((from != NULL && find_entry(reader->fd, head.entries, from, &reader->next, err) != 0)
	    || (to != NULL && find_entry(reader->fd, head.entries, to, &reader->end, err) != 0))
		goto fail;
	return 0;
fail:
	links_close(reader);
	return -1;
}

int
links_next(struct links_reader *reader, const struct link **link, struct err *err)
{
	if (reader->pos == reader->filled) {
		uint64_t left = reader->end > reader->next ? reader->end - reader->next : 0;
		size_t count = left < LINKS_BUFFER ? (size_t)left : LINKS_BUFFER;

		if (count == 0)
			return 0;
		if (file_read_at(reader->fd, reader->buffer, count * sizeof(struct link),
			LINKS_HEAD_BYTES + reader->next * sizeof(struct link), err)
		    != 0)
			return -1;
		reader->next += count;
		reader->filled = count;
		reader->pos = 0;
	}
	*link = &reader->buffer[reader->pos++];
	return 1;
}

uint64_t
links_number(const struct links_reader *reader)
{
	return reader->next - (reader->filled - reader->pos) - 1;
}

void
links_close(struct links_reader *reader)
{
	if (reader->fd >= 0)
		close(reader->fd);
	free(reader->buffer);
	*reader = (struct links_reader){ .fd = -1 };
}

/* ---- numbers ---- */

static uint64_t
anchor_of_id(const uint8_t *id)
{
	uint64_t anchor = 0;

	for (int i = 0; i < 8; i++)
		anchor = anchor << 8 | id[i];
	return anchor;
}

/* The 18 characters whose first 17 digits are ${number}; GB 11643-1999, ISO 7064 MOD 11-2. */
static void
number_write(uint64_t number, char out[18])
{
	unsigned sum = 0, weight = 2;

	for (int i = 16; i >= 0; i--) {
		unsigned digit = (unsigned)(number % 10);

		out[i] = (char)('0' + digit);
		sum += digit * weight;
		weight = weight * 2 % 11;
		number /= 10;
	}
	out[17] = "10X98765432"[sum % 11];
}

size_t
link_crosses(
    const uint8_t *id, uint64_t number, uint64_t core, uint64_t student_no, uint64_t seed, struct cross found[2])
{
	uint64_t own = anchor_of_id(id), target;
	size_t count = 0;
	char text[18];

	(void)number; /* a valid id number is always the anchor */
	if (core != 0 && core != number) {
		number_write(core, text);
		target = anchor_of(ANCHOR_NUMBER, (struct text){ text, sizeof(text) }, seed).hash;
		if (target != own)
			found[count++] = (struct cross){ target, own };
	}
	if (student_no != 0 && student_no != own)
		found[count++] = (struct cross){ student_no, own };
	return count;
}

struct checked
link_same_row(const struct link *link, const struct same *same)
{
	struct checked row = { .version = (uint64_t)link->updated_at << 32 | (link->content & UINT32_MAX),
		.content = link->content,
		.number = link->number,
		.core = link->core,
		.student_no = link->student_no,
		.name = link->name,
		.birth_day = link->birth_day,
		.school = link->school,
		.source = link->source,
		.kind = link->kind,
		.raw = link->raw };

	memcpy(row.id, link->id, RECORD_ID_BYTES);
	row.file = same_number(same->file);
	row.row = same_number(same->row);
	row.sheet = (uint16_t)(same->sheet[0] << 8 | same->sheet[1]);
	return row;
}

bool
checked_newer(const struct checked *a, const struct checked *b)
{
	if (a->version != b->version)
		return a->version > b->version;
	if (a->content != b->content)
		return a->content > b->content;
	if (a->file != b->file)
		return a->file > b->file;
	if (a->sheet != b->sheet)
		return a->sheet > b->sheet;
	return a->row > b->row;
}

/* ---- linking ---- */

/* A record with what is known of it before and after. */
struct member {
	struct link link;   /* student: its id of yesterday, zeros when new; then the new one */
	bool old;           /* was there yesterday */
	uint32_t file, row; /* where the row that founds it stands; only when it has rows today */
	uint16_t sheet;
	uint64_t place; /* entry number in links.yc */
	uint32_t group; /* union-find parent among the members at hand */
	uint32_t said;  /* of a group's root: the number for which its case was made last */
};

struct members {
	struct member *at;
	size_t count, room;
};

struct linker {
	const struct link_input *in;
	struct link_result *out;
	int fd;
	uint64_t entries, sum;
	struct link *buffer; /* waiting to be written */
	size_t buffered;
	size_t covered_count; /* after adding up */
	uint64_t *involved;   /* sorted anchors whose groups are settled at the end */
	size_t involved_count;
	struct members here, aside;
	size_t case_room, retired_room;
};

static const uint8_t no_student[STUDENT_ID_BYTES];

static bool
has_student(const struct link *link)
{
	return memcmp(link->student, no_student, STUDENT_ID_BYTES) != 0;
}

static struct member *
members_add(struct members *members, struct err *err)
{
	if (members->count == members->room) {
		size_t room = members->room == 0 ? 64 : members->room * 2;
		struct member *more = realloc(members->at, room * sizeof(*more));

		if (more == NULL) {
			err_set(err, ERR_RETRY, "out of memory for %zu records to be linked", room);
			return NULL;
		}
		members->at = more;
		members->room = room;
	}
	return &members->at[members->count++];
}

static int
u64_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int
covered_order(const void *a, const void *b)
{
	const struct covered *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return (x->school > y->school) - (x->school < y->school);
}

static struct covered *
find_covered(const struct linker *linker, uint16_t source, uint32_t school)
{
	struct covered key = { .source = source, .school = school };

	return bsearch(&key, linker->in->covered, linker->covered_count, sizeof(key), covered_order);
}

static bool
is_covered(const struct linker *linker, uint16_t source, uint32_t school)
{
	const struct covered *found;

	if (school == 0)
		return true;
	found = find_covered(linker, source, school);
	return found != NULL && (uint64_t)found->rows * COVERED_SHARE >= found->known;
}

/* Sort the schools that came and add up the rows of each. */
static void
add_up_covered(struct linker *linker)
{
	struct covered *list = linker->in->covered;
	size_t unique = 0;

	qsort(list, linker->in->covered_count, sizeof(*list), covered_order);
	for (size_t i = 0; i < linker->in->covered_count; i++) {
		if (unique > 0 && covered_order(&list[unique - 1], &list[i]) == 0)
			list[unique - 1].rows += list[i].rows;
		else
			list[unique++] = list[i];
	}
	linker->covered_count = unique;
}

static uint32_t
root_of(struct members *members, uint32_t i)
{
	while (members->at[i].group != i) {
		members->at[i].group = members->at[members->at[i].group].group;
		i = members->at[i].group;
	}
	return i;
}

static void
join(struct members *members, uint32_t a, uint32_t b)
{
	uint32_t x = root_of(members, a), y = root_of(members, b);

	if (x < y)
		members->at[y].group = x;
	else
		members->at[x].group = y;
}

static int
add_case(struct linker *linker, struct member *a, struct member *b, struct err *err)
{
	struct review_case *more;
	bool swap = memcmp(a->link.id, b->link.id, RECORD_ID_BYTES) > 0;

	if (linker->out->case_count == linker->case_room) {
		size_t room = linker->case_room == 0 ? 64 : linker->case_room * 2;

		more = realloc(linker->out->cases, room * sizeof(*more));
		if (more == NULL)
			return err_set(err, ERR_RETRY, "out of memory");
		linker->out->cases = more;
		linker->case_room = room;
	}
	a->link.flags |= LINK_REVIEW;
	b->link.flags |= LINK_REVIEW;
	more = &linker->out->cases[linker->out->case_count++];
	memcpy(more->a, (swap ? b : a)->link.id, RECORD_ID_BYTES);
	memcpy(more->b, (swap ? a : b)->link.id, RECORD_ID_BYTES);
	return 0;
}

/* A number some record carries, and which. */
struct key {
	uint64_t value;
	uint32_t member;
};

static int
key_order(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return (x->member > y->member) - (x->member < y->member);
}

/* The numbers of record ${i} that identify a person, behind ${keys}; at most 4. */
static size_t
keys_of(const struct member *member, uint32_t i, struct key *keys)
{
	const struct link *link = &member->link;
	size_t count = 0;

	if (link->number != 0)
		keys[count++] = (struct key){ link->number, i };
	if (link->core != 0 && link->core != link->number)
		keys[count++] = (struct key){ link->core, i };
	if (link->student_no != 0)
		keys[count++] = (struct key){ link->student_no, i };
	if (link->kind == ANCHOR_DOCUMENT)
		keys[count++] = (struct key){ anchor_of_id(link->id), i };
	return count;
}

static uint64_t
name_of(const struct link *link)
{
	return link->name;
}

static uint64_t
birth_of(const struct link *link)
{
	return (uint64_t)link->birth_day;
}

/* Join those of ${count} records whose ${trait} is the same and known. ${order} is scratch of the same length. */
static void
join_alike(struct members *members, const struct key *keys, size_t count, struct key *order,
    uint64_t (*trait)(const struct link *))
{
	for (size_t i = 0; i < count; i++)
		order[i] = (struct key){ trait(&members->at[keys[i].member].link), keys[i].member };
	qsort(order, count, sizeof(*order), key_order);
	for (size_t i = 1; i < count; i++) {
		if (order[i].value != 0 && order[i].value == order[i - 1].value)
			join(members, order[i - 1].member, order[i].member);
	}
}

/* All records that carry one number: those with the same name or the same birth date are one student. */
static void
meet(struct members *members, const struct key *keys, size_t count, struct key *scratch)
{
	join_alike(members, keys, count, scratch, name_of);
	join_alike(members, keys, count, scratch, birth_of);
}

/*
 * Who carries the number of ${keys} beside the first and is nevertheless another student is a case for a person: once for
 * each student. A record that its source no longer states accuses nobody. ${mark} is another for each number, above 0.
 */
static int
accuse(struct linker *linker, struct members *members, const struct key *keys, size_t count, uint32_t mark,
    struct err *err)
{
	struct member *first = NULL;

	for (size_t i = 0; i < count; i++) {
		struct member *member = &members->at[keys[i].member];
		struct member *root = &members->at[root_of(members, keys[i].member)];

		if (member->link.presence == ABSENT || root->said == mark)
			continue;
		root->said = mark;
		if (first == NULL)
			first = member;
		else if (add_case(linker, first, member, err) != 0)
			return -1;
	}
	return 0;
}

/* ---- student ids ---- */

/* How much of a group one student id of yesterday had. */
struct claim {
	uint8_t student[STUDENT_ID_BYTES];
	uint32_t group, member;
	uint32_t number; /* of the student id among all claimed, from 1 */
	uint64_t weight;
};

static int
claim_by_weight(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	order = memcmp(x->student, y->student, STUDENT_ID_BYTES);
	return order != 0 ? order : (x->group > y->group) - (x->group < y->group);
}

static int
claim_by_student(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = memcmp(x->student, y->student, STUDENT_ID_BYTES);

	return order != 0 ? order : (x->group > y->group) - (x->group < y->group);
}

/* What a record counts for when ids are kept: linkage by valid number, then by trust. */
static uint64_t
weight_of(const struct linker *linker, const struct link *link)
{
	const struct source *source = linker->in->sources[link->source];

	return (link->number != 0 ? 1000u : 0u) + (uint64_t)source->trust + 1;
}

static void
new_student(const struct linker *linker, const struct member *founder, uint8_t *student)
{
	struct {
		uint8_t sha256[SHA256_BYTES], id[8];
		uint64_t source; /* two sources may have sent the same file */
		uint32_t sheet, row, today, zero;
	} from = { .sheet = founder->sheet, .row = founder->row, .today = linker->in->today };
	struct text source = linker->in->sources[founder->link.source]->name;
	struct hash128 hash;

	memcpy(from.sha256, linker->in->files[founder->file].sha256.at, SHA256_BYTES);
	if ((founder->link.flags & LINK_TODAY) == 0) /* split off without a row today: tell it from its former self */
		memcpy(from.id, founder->link.id + 8, 8);
	from.source = hash64(source.at, source.len, 0);
	hash = hash128(&from, sizeof(from), linker->in->seed);
	memcpy(student, &hash.high, 8);
	memcpy(student + 8, &hash.low, 8);
}

static int
retire(struct linker *linker, const uint8_t *student, const uint8_t *into, struct err *err)
{
	struct retired *more;

	if (linker->out->retired_count == linker->retired_room) {
		size_t room = linker->retired_room == 0 ? 64 : linker->retired_room * 2;

		more = realloc(linker->out->retired, room * sizeof(*more));
		if (more == NULL)
			return err_set(err, ERR_RETRY, "out of memory");
		linker->out->retired = more;
		linker->retired_room = room;
	}
	more = &linker->out->retired[linker->out->retired_count++];
	*more = (struct retired){ .day = linker->in->today };
	memcpy(more->student, student, STUDENT_ID_BYTES);
	memcpy(more->into, into, STUDENT_ID_BYTES);
	return 0;
}

/* The one frequent case: a lone record, or all records of one group with at most one id among them. */
static bool
assign_simply(struct linker *linker, struct members *members)
{
	struct member *first = &members->at[0];
	const uint8_t *student = NULL;
	uint8_t fresh[STUDENT_ID_BYTES];
	bool touched = false;

	for (uint32_t i = 0; i < members->count; i++) {
		struct member *member = &members->at[i];

		if (root_of(members, i) != 0)
			return false;
		if (!has_student(&member->link)) {
			touched = true;
			continue;
		}
		if (student != NULL && memcmp(student, member->link.student, STUDENT_ID_BYTES) != 0)
			return false;
		student = member->link.student;
	}
	if (student == NULL) {
		new_student(linker, first, fresh);
		linker->out->students_new++;
	} else
		memcpy(fresh, student, STUDENT_ID_BYTES);
	for (uint32_t i = 0; i < members->count; i++) {
		struct link *link = &members->at[i].link;

		memcpy(link->student, fresh, STUDENT_ID_BYTES);
		if (touched)
			link->flags |= LINK_TOUCHED;
		if (student == NULL)
			link->flags |= LINK_NEW;
	}
	return true;
}

/*
 * Give every group among ${members} a student id. Ids of yesterday go to the group in which they weigh most, each group
 * keeps at most one, the heaviest it can have; ids left over are retired into the group where they weigh most.
 */
static int
assign(struct linker *linker, struct members *members, struct err *err)
{
	size_t count = members->count, claims = 0, unique = 0;
	struct claim *claim = calloc(count + 1, sizeof(*claim));
	/* by root of a group: its student id, the number of that claimed id or 0, whether its records are not yesterday's */
	uint8_t(*given)[STUDENT_ID_BYTES] = calloc(count + 1, sizeof(*given));
	uint32_t *kept = calloc(count + 1, sizeof(*kept));
	bool *touched = calloc(count + 1, sizeof(*touched));
	/* by member: the number of the id it had or 0; by number of an id: 1 + the root that keeps it, or 0 */
	uint32_t *had = calloc(count + 1, sizeof(*had)), *keeper = calloc(count + 1, sizeof(*keeper));
	int result = -1;

	if (claim == NULL || given == NULL || kept == NULL || touched == NULL || had == NULL || keeper == NULL) {
		err_set(err, ERR_RETRY, "out of memory for %zu records to be linked", count);
		goto done;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct member *member = &members->at[i];

		if (!has_student(&member->link))
			continue;
		memcpy(claim[claims].student, member->link.student, STUDENT_ID_BYTES);
		claim[claims].group = root_of(members, i);
		claim[claims].member = i;
		claim[claims++].weight = weight_of(linker, &member->link);
	}
	qsort(claim, claims, sizeof(*claim), claim_by_student);
	for (size_t i = 0; i < claims; i++) {
		struct claim *last = unique > 0 ? &claim[unique - 1] : NULL;
		uint32_t number = last == NULL
		    ? 1
		    : last->number + (memcmp(last->student, claim[i].student, STUDENT_ID_BYTES) != 0);

		had[claim[i].member] = number;
		if (last != NULL && last->number == number && last->group == claim[i].group)
			last->weight += claim[i].weight;
		else {
			claim[unique] = claim[i];
			claim[unique++].number = number;
		}
	}
	qsort(claim, unique, sizeof(*claim), claim_by_weight);
	for (size_t i = 0; i < unique; i++) {
		uint32_t root = claim[i].group, number = claim[i].number;

		if (keeper[number] != 0 || kept[root] != 0)
			continue;
		memcpy(given[root], claim[i].student, STUDENT_ID_BYTES);
		keeper[number] = root + 1;
		kept[root] = number;
	}
	/* an id that nobody kept: where it weighs most there is another, heavier one */
	for (size_t i = 0; i < unique; i++) {
		if (keeper[claim[i].number] != 0)
			continue;
		if (retire(linker, claim[i].student, given[claim[i].group], err) != 0)
			goto done;
		keeper[claim[i].number] = claim[i].group + 1;
	}
	/* a group whose set of records is not yesterday's set of its id is touched as a whole */
	for (uint32_t i = 0; i < count; i++) {
		uint32_t root = root_of(members, i);

		if (kept[root] == 0 && i == root) {
			new_student(linker, &members->at[root], given[root]);
			linker->out->students_new++;
		}
		if (had[i] != kept[root] || had[i] == 0) {
			touched[root] = true;
			if (had[i] != 0) /* the student it left has lost a record */
				touched[keeper[had[i]] - 1] = true;
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		struct link *link = &members->at[i].link;
		uint32_t root = root_of(members, i);

		if (touched[root])
			link->flags |= LINK_TOUCHED;
		if (kept[root] == 0)
			link->flags |= LINK_NEW;
		memcpy(link->student, given[root], STUDENT_ID_BYTES);
	}
	result = 0;
done:
	free(claim);
	free(given);
	free(kept);
	free(touched);
	free(had);
	free(keeper);
	return result;
}

/* ---- the pass over all records ---- */

static int
flush(struct linker *linker, struct err *err)
{
	size_t bytes = linker->buffered * sizeof(struct link);

	linker->buffered = 0;
	return bytes == 0 ? 0 : file_write(linker->fd, linker->buffer, bytes, err);
}

static int
write_link(struct linker *linker, const struct link *link, struct err *err)
{
	if (linker->buffered == LINKS_BUFFER && flush(linker, err) != 0)
		return -1;
	linker->buffer[linker->buffered++] = *link;
	linker->entries++;
	if ((link->flags & LINK_ASIDE) == 0) /* those are written once more */
		linker->sum += hash64(link, sizeof(*link), 0);
	return 0;
}

/* Decide which of ${members} are one student, and under which ids the students go. */
static int
settle(struct linker *linker, struct members *members, struct err *err)
{
	struct key *keys, *scratch;
	size_t count = 0;
	int result = -1;

	for (uint32_t i = 0; i < members->count; i++) {
		members->at[i].group = i;
		members->at[i].said = 0;
		members->at[i].link.flags &= (uint8_t) ~(LINK_SCATTERED | LINK_REVIEW | LINK_NEW);
	}
	if (members->count == 1 && assign_simply(linker, members))
		return 0;
	keys = malloc(members->count * 4 * sizeof(*keys));
	scratch = malloc(members->count * 4 * sizeof(*scratch));
	if (keys == NULL || scratch == NULL) {
		err_set(err, ERR_RETRY, "out of memory for %zu records to be linked", members->count);
		goto done;
	}
	for (uint32_t i = 0; i < members->count; i++)
		count += keys_of(&members->at[i], i, keys + count);
	qsort(keys, count, sizeof(*keys), key_order);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && keys[end].value == keys[i].value;)
			end++;
		meet(members, keys + i, end - i, scratch);
	}
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && keys[end].value == keys[i].value;)
			end++;
		if (accuse(linker, members, keys + i, end - i, (uint32_t)i + 1, err) != 0)
			goto done;
	}
	result = assign_simply(linker, members) ? 0 : assign(linker, members, err);
done:
	free(keys);
	free(scratch);
	return result;
}

/* All records under one anchor are here: settle them, or put them aside when they have to do with other anchors. */
static int
settle_here(struct linker *linker, struct err *err)
{
	struct members *here = &linker->here;
	uint64_t anchor = anchor_of_id(here->at[0].link.id);
	bool aside = linker->involved_count > 0
	    && bsearch(&anchor, linker->involved, linker->involved_count, sizeof(anchor), u64_order) != NULL;

	for (uint32_t i = 0; i < here->count; i++)
		aside = aside || (here->at[i].old && (here->at[i].link.flags & LINK_SCATTERED) != 0);
	if (!aside && settle(linker, here, err) != 0)
		return -1;
	for (size_t i = 0; i < here->count; i++) {
		if (aside) {
			struct member *copy = members_add(&linker->aside, err);

			if (copy == NULL)
				return -1;
			here->at[i].link.flags |= LINK_ASIDE;
			*copy = here->at[i];
			copy->place = linker->entries;
		}
		if (write_link(linker, &here->at[i].link, err) != 0)
			return -1;
	}
	return 0;
}

/* Settle one neighbourhood of records put aside, and write their links to the places kept for them. */
static int
settle_neighbours(struct linker *linker, struct err *err)
{
	struct members *here = &linker->here;

	if (settle(linker, here, err) != 0)
		return -1;
	/* scattered are those whose student has records under another anchor */
	for (uint32_t i = 0; i < here->count; i++) {
		struct member *root = &here->at[root_of(here, i)];

		if (memcmp(here->at[i].link.id, root->link.id, 8) != 0)
			root->link.flags |= LINK_SCATTERED;
	}
	for (uint32_t i = 0; i < here->count; i++) {
		struct member *member = &here->at[i];

		member->link.flags |= here->at[root_of(here, i)].link.flags & LINK_SCATTERED;
		linker->out->scattered += (member->link.flags & LINK_SCATTERED) != 0;
		linker->sum += hash64(&member->link, sizeof(member->link), 0);
		if (file_write_at(linker->fd, &member->link, sizeof(member->link),
			LINKS_HEAD_BYTES + member->place * sizeof(member->link), err)
		    != 0)
			return -1;
	}
	return 0;
}

/* By neighbourhood, inside it by id. */
static int
member_by_group(const void *a, const void *b, void *members)
{
	const struct member *at = ((const struct members *)members)->at;
	const struct key *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return memcmp(at[x->member].link.id, at[y->member].link.id, RECORD_ID_BYTES);
}

/*
 * The records put aside fall into neighbourhoods: those that carry a number in common, or were one student yesterday.
 * Each is small and is settled for itself.
 */
static int
settle_aside(struct linker *linker, struct err *err)
{
	struct members *aside = &linker->aside, *here = &linker->here;
	struct key *keys = calloc(aside->count * 5 + 1, sizeof(*keys));
	size_t count = 0;
	int result = -1;

	if (keys == NULL)
		return err_set(err, ERR_RETRY, "out of memory for %zu records to be linked", aside->count);
	for (uint32_t i = 0; i < aside->count; i++) {
		aside->at[i].group = i;
		count += keys_of(&aside->at[i], i, keys + count);
		if (has_student(&aside->at[i].link)) {
			memcpy(&keys[count].value, aside->at[i].link.student, sizeof(keys[count].value));
			keys[count++].member = i;
		}
	}
	qsort(keys, count, sizeof(*keys), key_order);
	for (size_t i = 1; i < count; i++) {
		if (keys[i].value == keys[i - 1].value)
			join(aside, keys[i - 1].member, keys[i].member);
	}
	for (uint32_t i = 0; i < aside->count; i++)
		keys[i] = (struct key){ root_of(aside, i), i };
	qsort_r(keys, aside->count, sizeof(*keys), member_by_group, aside);
	for (size_t i = 0, end; i < aside->count; i = end) {
		here->count = 0;
		for (end = i; end < aside->count && keys[end].value == keys[i].value; end++) {
			struct member *copy = members_add(here, err);

			if (copy == NULL)
				goto done;
			*copy = aside->at[keys[end].member];
		}
		if (settle_neighbours(linker, err) != 0)
			goto done;
	}
	result = 0;
done:
	free(keys);
	return result;
}

/* The presence of a record of which this run has no row. */
static void
age(struct linker *linker, struct link *link)
{
	const struct link_input *in = linker->in;
	enum presence now;

	if (!in->delivered[link->source] || !in->sources[link->source]->full)
		return;
	now = is_covered(linker, link->source, link->school) ? ABSENT : STALE;
	if (link->presence == now || (link->presence == ABSENT && now == STALE))
		return;
	linker->out->absent_new += now == ABSENT;
	linker->out->stale_new += now == STALE;
	link->presence = (uint8_t)now;
	link->since = in->today;
	link->flags |= LINK_TOUCHED;
}

/* A record of which this run has rows; ${row} is the newest of them. */
static void
renew(struct linker *linker, struct member *member, const struct checked *row)
{
	struct link *link = &member->link;
	uint32_t updated_at = (uint32_t)(row->version >> 32);
	bool older = member->old && updated_at != 0 && link->updated_at > updated_at;

	link->flags |= LINK_TODAY;
	link->seen = linker->in->today;
	member->file = row->file;
	member->sheet = row->sheet;
	member->row = row->row;
	if (!member->old || link->presence != PRESENT) {
		linker->out->back += member->old;
		link->presence = PRESENT;
		link->since = linker->in->today;
		link->flags |= LINK_TOUCHED;
	}
	if (older) /* an older statement delivered late: the record is here, its values stay */
		return;
	if (!member->old)
		link->first = linker->in->today;
	if (!member->old || link->content != row->content) {
		link->changed = linker->in->today;
		link->flags |= LINK_DIRTY;
	}
	memcpy(link->id, row->id, RECORD_ID_BYTES);
	link->number = row->number;
	link->core = row->core;
	link->student_no = row->student_no;
	link->name = row->name;
	link->birth_day = row->birth_day;
	link->school = row->school;
	link->content = row->content;
	link->updated_at = updated_at;
	link->raw = row->raw;
	link->file = row->file;
	link->row = row->row;
	link->sheet = row->sheet;
	link->source = row->source;
	link->kind = row->kind;
}

static int
pass(struct linker *linker, struct err *err)
{
	const struct link_input *in = linker->in;
	struct links_reader old = { .fd = -1 };
	struct runs_cursor cursor = { 0 };
	struct runs_cursor same_cursor = { 0 };
	const struct link *link = NULL;
	struct checked row;
	struct text entry, same;
	int have_row, have_same, have_old = 0, result = -1;

	if (runs_seek(&cursor, in->runs, NULL, NULL, err) != 0 || runs_seek(&same_cursor, in->same, NULL, NULL, err) != 0
	    || (have_same = runs_next(&same_cursor, &same, err)) < 0)
		goto done;
	if (in->old_links != NULL && links_open(&old, in->old_links, NULL, NULL, err) != 0)
		goto done;
	if ((have_row = runs_next(&cursor, &entry, err)) < 0
	    || (in->old_links != NULL && (have_old = links_next(&old, &link, err)) < 0))
		goto done;
	while (have_row || have_old) {
		int order = !have_row ? 1 : !have_old ? -1 : memcmp(entry.at, link->id, RECORD_ID_BYTES);
		const uint8_t *id = order <= 0 ? (const uint8_t *)entry.at : link->id;
		struct checked best = { 0 };
		bool rows = false;
		struct member *member;

		if (linker->here.count > 0 && memcmp(linker->here.at[0].link.id, id, 8) != 0) {
			if (settle_here(linker, err) != 0)
				goto done;
			linker->here.count = 0;
		}
		member = members_add(&linker->here, err);
		if (member == NULL)
			goto done;
		*member = (struct member){ 0 };
		memcpy(member->link.id, id, RECORD_ID_BYTES);
		if (order >= 0) {
			member->old = true;
			member->link = *link;
			member->link.flags &= LINK_SCATTERED;
			while (have_same && same_number((const uint8_t *)same.at) == links_number(&old)) {
				row = link_same_row(link, (const struct same *)(const void *)same.at);
				if (!rows || checked_newer(&row, &best))
					best = row;
				rows = true;
				if ((have_same = runs_next(&same_cursor, &same, err)) < 0)
					goto done;
			}
			if ((have_old = links_next(&old, &link, err)) < 0)
				goto done;
		}
		while (order <= 0 && have_row && memcmp(entry.at, member->link.id, RECORD_ID_BYTES) == 0) {
			memcpy(&row, entry.at, sizeof(row));
			if (!rows || checked_newer(&row, &best))
				best = row;
			rows = true;
			if ((have_row = runs_next(&cursor, &entry, err)) < 0)
				goto done;
		}
		if (rows)
			renew(linker, member, &best);
		else
			age(linker, &member->link);
	}
	if (linker->here.count > 0 && settle_here(linker, err) != 0)
		goto done;
	result = flush(linker, err);
done:
	runs_cursor_fini(&cursor);
	runs_cursor_fini(&same_cursor);
	links_close(&old);
	return result;
}

/* What must be known of yesterday's records beforehand: their second numbers, and how many each school had. */
static int
read_old(struct linker *linker, struct cross **crosses, size_t *count, struct err *err)
{
	struct links_reader old;
	const struct link *link;
	size_t room = *count;
	uint64_t sum = 0;
	int got;

	if (linker->in->old_links == NULL)
		return 0;
	if (links_open(&old, linker->in->old_links, NULL, NULL, err) != 0)
		return -1;
	while ((got = links_next(&old, &link, err)) == 1) {
		struct cross found[2];
		size_t n;

		struct covered *covered = find_covered(linker, link->source, link->school);

		sum += hash64(link, sizeof(*link), 0);
		if (covered != NULL && link->presence != ABSENT)
			covered->known++;
		n = link_crosses(link->id, link->number, link->core, link->student_no, linker->in->seed, found);

		if (*count + n > room) {
			struct cross *more;

			room = room * 2 + 64;
			more = realloc(*crosses, room * sizeof(*more));
			if (more == NULL) {
				got = err_set(err, ERR_RETRY, "out of memory");
				break;
			}
			*crosses = more;
		}
		memcpy(*crosses + *count, found, n * sizeof(*found));
		*count += n;
	}
	if (got == 0 && sum != old.sum) /* the one place where all of them are read before anything is made of them */
		got = err_set(err, ERR_INPUT, "%s is damaged", linker->in->old_links);
	links_close(&old);
	return got;
}

static int
case_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct review_case));
}

static int
retired_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct retired));
}

int
link_run(const struct link_input *input, struct link_result *result, struct err *err)
{
	struct linker linker = { .in = input, .out = result, .fd = -1 };
	struct links_head head = { .magic = "YICILINK", .version = LINKS_VERSION, .entry_bytes = sizeof(struct link) };
	struct cross *crosses = NULL;
	size_t cross_count = input->cross_count, unique = 0;
	char path[FILE_PATH_MAX];
	int status = -1;

	*result = (struct link_result){ 0 };
	add_up_covered(&linker);
	linker.buffer = malloc(LINKS_BUFFER * sizeof(*linker.buffer));
	crosses = malloc((cross_count + 1) * sizeof(*crosses));
	if (linker.buffer == NULL || crosses == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	if (cross_count > 0)
		memcpy(crosses, input->crosses, cross_count * sizeof(*crosses));
	if (read_old(&linker, &crosses, &cross_count, err) != 0)
		goto done;
	/* both ends of every second number are settled at the end */
	linker.involved = malloc((2 * cross_count + 1) * sizeof(*linker.involved));
	if (linker.involved == NULL) {
		err_set(err, ERR_RETRY, "out of memory");
		goto done;
	}
	for (size_t i = 0; i < cross_count; i++) {
		linker.involved[2 * i] = crosses[i].target;
		linker.involved[2 * i + 1] = crosses[i].own;
	}
	qsort(linker.involved, 2 * cross_count, sizeof(uint64_t), u64_order);
	for (size_t i = 0; i < 2 * cross_count; i++) {
		if (unique == 0 || linker.involved[unique - 1] != linker.involved[i])
			linker.involved[unique++] = linker.involved[i];
	}
	linker.involved_count = unique;
	if (path_format(path, err, "%s/links.yc", input->folder) != 0 || (linker.fd = file_create(path, err)) < 0
	    || file_write(linker.fd, &head, sizeof(head), err) != 0 || pass(&linker, err) != 0
	    || settle_aside(&linker, err) != 0)
		goto done;
	head.entries = result->records = linker.entries;
	head.sum = linker.sum;
	if (file_write_at(linker.fd, &head, sizeof(head), 0, err) != 0)
		goto done;
	if (result->case_count > 0) {
		qsort(result->cases, result->case_count, sizeof(*result->cases), case_order);
		unique = 0;
		for (size_t i = 0; i < result->case_count; i++) {
			if (unique == 0 || case_order(&result->cases[unique - 1], &result->cases[i]) != 0)
				result->cases[unique++] = result->cases[i];
		}
		result->case_count = unique;
	}
	if (result->retired_count > 0)
		qsort(result->retired, result->retired_count, sizeof(*result->retired), retired_order);
	status = 0;
done:
	if (linker.fd >= 0)
		close(linker.fd);
	free(crosses);
	free(linker.buffer);
	free(linker.involved);
	free(linker.here.at);
	free(linker.aside.at);
	if (status != 0)
		link_result_free(result);
	return status;
}

void
link_result_free(struct link_result *result)
{
	free(result->cases);
	free(result->retired);
	*result = (struct link_result){ 0 };
}
