/*
 * bus.h - messages from stage to stage, and from us to departments: one interface, two ways to carry.
 *
 *   kafka   an Apache Kafka cluster, through librdkafka; where the settings name bootstrap servers
 *   local   folders of append-only files on this machine (local.c): for tests and for looking at what a stage says
 *
 * What both promise. A message sent between bus_begin() and bus_commit() appears to readers together with all others of
 * that transaction and with the read position, or not at all. Readers see committed messages only. Messages of one partition
 * come in the order in which they were sent; equal keys go to one partition (murmur2, as Java clients reckon it). Two writers of one
 * name: the later bus_open() fences the earlier, whose next call fails with ERR_STOP and bus_fenced().
 *
 * One thread calls. A bus either reads (role.group or bus_assign()), or writes (role.writer), or both.
 *
 * Kinds of errors: ERR_ABORT drop the transaction (bus_abort()) and do the batch again; ERR_RETRY the same call may
 * succeed later; ERR_AWAY no broker could be reached for bus.wait, or the connection broke for good: end, and start again; ERR_DENIED the broker does not let us; ERR_STOP fenced,
 * misconfigured, or a bug: the program must end. None of them contains a message's text.
 */
#ifndef YICI_CORE_BUS_BUS_H
#define YICI_CORE_BUS_BUS_H

#include "core/base/err.h"
#include "core/base/text.h"

struct bus;
struct bus_settings; /* settings.h of this room */

#define BUS_ANY_PARTITION (-1)

struct bus_header {
	const char *name;
	struct text value;
};

struct message {
	const char *topic; /* full name; of a received message it lives as long as the bus */
	int32_t partition; /* to send: BUS_ANY_PARTITION, by the key */
	int64_t offset;    /* of a received message */
	int64_t time_ms;   /* of a received message: since 1970; to send: 0 for now */
	struct text key;
	struct text value; /* value.at NULL: a tombstone */
	const struct bus_header *headers;
	size_t header_count;
};

/* A place in a partition: the offset of the next message to be read. */
struct bus_position {
	const char *topic; /* full name, borrowed */
	int32_t partition;
	int64_t offset;
};

/* What a program does with the bus. */
struct bus_role {
	const char *program;       /* "normalize": in the client's id, so that the broker's logs name us */
	const char *group;         /* consumer group, its full name ("yici.normalize"); NULL: none */
	const char *const *topics; /* subscribed as a member of ${group}; NULL: bus_assign() says what is read, and commits
	                              leave the positions under the group's name for people to see */
	size_t topic_count;
	const char *writer;     /* name under which transactions are made, stable over restarts; NULL: does not write */
	bool uncommitted;       /* read also what is not (yet) committed: for looking only */
	uint32_t transaction_s; /* longest time from bus_begin() to bus_commit(), 0: 60; a writer that is dead and does not
	                           come back holds up readers for so long */
};

/*
 * Connect; wait until the broker answers, at the most bus.wait: ERR_AWAY after it. With a writer: fences earlier ones of its
 * name and aborts what they left open. All strings of ${role} are copied, ${settings} are borrowed for the bus's life.
 */
MUST_CHECK int bus_open(
    struct bus **bus, const struct bus_settings *settings, const struct bus_role *role, struct err *err);

/* Leave the group, abort what is open, free everything. NULL does nothing. */
void bus_close(struct bus *bus);

/* ---- reading ---- */

/* Read ${count} partitions from these offsets on (-2: from the first that is kept); replaces what was assigned before. */
MUST_CHECK int bus_assign(struct bus *bus, const struct bus_position *positions, size_t count, struct err *err);

/*
 * The next message, which lives until the next call: 1; or 0 when none came for ${wait_ms}, or at once when the end of everything
 * has just been reached; or -1. ERR_ABORT when partitions were taken away with a batch at work: nothing of it may be committed, and
 * bus_abort() is to be called, whether or not bus_begin() was.
 * An offset that is no longer kept is ERR_STOP: nothing is skipped in silence.
 */
MUST_CHECK int bus_poll(struct bus *bus, struct message *message, int wait_ms, struct err *err);

/* Everything there was to read when it was last looked is read, in all partitions assigned to us (of which there are some). */
bool bus_at_end(const struct bus *bus);

/* The offset after the last thing read of a partition (control records count when its end was reached); -1 when not ours. */
int64_t bus_position(const struct bus *bus, const char *topic, int32_t partition);

/* How many partitions a topic has; ERR_STOP when there is no such topic. */
MUST_CHECK int bus_partitions(struct bus *bus, const char *topic, int32_t *count, struct err *err);

/* Offsets: of the first message that is kept; after the last stable one (where readers stop); after the last of all. */
struct bus_ends {
	int64_t first, stable, end;
};
MUST_CHECK int bus_ends(struct bus *bus, const char *topic, int32_t partition, struct bus_ends *ends, struct err *err);

/* ---- writing ---- */

MUST_CHECK int bus_begin(struct bus *bus, struct err *err);

/* Copies the message. Waits while the queue is full. */
MUST_CHECK int bus_send(struct bus *bus, const struct message *message, struct err *err);

/* Wait until everything sent so far has its offset. */
MUST_CHECK int bus_flush(struct bus *bus, struct err *err);

/* The last offset given to a message of this transaction in a partition, -1 when none. After bus_flush(). */
int64_t bus_last_sent(const struct bus *bus, const char *topic, int32_t partition);

/*
 * What was sent appears, and what was read counts as read (with a group); or -1. Read positions count what is no message (marks of
 * transactions) once the end was reached: a commit then leaves no lag behind. With a group alone positions only are saved.
 */
MUST_CHECK int bus_commit(struct bus *bus, struct err *err);

/*
 * Forget what was sent since bus_begin(); reading resumes where bus_begin() found it; for a subscribed member of a group where the last
 * commit left it, so that a message for whose sake a transaction was begun comes again too. Fails only so that all later calls do.
 */
void bus_abort(struct bus *bus);

/*
 * Have messages gone for good, by what they say: ${his} is asked of every message, and of those of which it says yes only key and offset
 * stay, as of a tombstone. Of a local bus alone: a cluster compacts its topics by itself, and nothing is done there. ${*gone} says how many.
 */
MUST_CHECK int bus_forget(struct bus *bus,
    bool (*his)(void *self, const char *topic, int32_t partition, int64_t offset, struct text key, struct text value),
    void *self, uint64_t *gone, struct err *err);

/* Another writer has our name: this one must end. */
bool bus_fenced(const struct bus *bus);

/* The version of librdkafka; "none" where the program was built without. */
const char *bus_library(void);

/* "kafka, librdkafka 2.8.0, 3 brokers": for the log at start-up. Brokers do not tell librdkafka their version. */
const char *bus_describe(const struct bus *bus);

#endif
