/*
 * sandbox.h - a reader runs where it can do no harm.
 *
 * sandbox_start(), early and from a small process, forks a server that holds nothing of anybody. For each
 * sandbox_read() it forks a child that has two descriptors, the input and a socket; sets limits on address space, CPU
 * time, file size (0) and processes; forbids by seccomp every system call but read, pread64, write/sendto on what
 * it has, memory, and exit; and calls reader_run(). When the child has ended the server adds FRAME_STATUS, which says how.
 * sandbox_confine() is for other work on such files, where what it needs cannot go through a socket.
 */
#ifndef YICI_PRODUCERS_READERS_SANDBOX_H
#define YICI_PRODUCERS_READERS_SANDBOX_H

#include "core/base/err.h"
#include "producers/readers/sink.h"

struct sandbox;

#define SANDBOX_HEAD_ROWS 40

/* With what a child ends that could not even say why. */
#define SANDBOX_EXIT_MEMORY 71
#define SANDBOX_EXIT_FAILED 72

/* What a child does: the readers, or something else in tests. */
struct sandbox_work {
	void (*prepare)(void); /* once in the server, when everything is still allowed: load and warm up libraries */
	int (*run)(int fd, struct sink *sink, struct err *err); /* in the child, locked in; as reader_run() */
};

/*
 * Fork the server. It ends when the last process holding ${sandbox} has ended; signals from a terminal or a service
 * manager do not end it before. It is nobody's child, so no wait() of ours ever meets it.
 */
MUST_CHECK int sandbox_start(struct sandbox **sandbox, struct err *err);
MUST_CHECK int sandbox_start_with(const struct sandbox_work *work, struct sandbox **sandbox, struct err *err);

/* Close this process's end; the server ends when all have. */
void sandbox_stop(struct sandbox *sandbox);

/*
 * Read the open file ${fd} (borrowed; a copy goes to the child) under ${limits}: the descriptor of a socket for
 * rows.h, to be closed by the caller, or -1. Closing every copy of it early ends the child. With a cpu_seconds_max of 0
 * the child may use 5 seconds and one more for every 2 MB of the file. May be called from any process
 * forked after sandbox_start(), also at the same time. With ${wait_for_go} the reader stops, until sandbox_go(),
 * after the frame with which it has sent SANDBOX_HEAD_ROWS rows of a sheet, and after each SHEET_END: so that one process
 * can find the header row before others take their share of the rows.
 */
int sandbox_read(struct sandbox *sandbox, int fd, const struct reader_limits *limits, bool wait_for_go, struct err *err);

/*
 * The same by a reader that gives rows their marks and, from sandbox_go() with a seed on, rows of ${known} by their numbers
 * alone, where it can. The reader only reads ${known}, which is sealed.
 */
MUST_CHECK int sandbox_read_known(struct sandbox *sandbox, int fd, const struct reader_limits *limits, bool wait_for_go,
    const struct known *known, struct err *err);

/*
 * Lock this process in as a child of the server is: for one forked to work on a file that somebody sent, with what it needs already in its
 * memory. ${input} and ${socket} become descriptors 3 and 4, all others are closed; from here on it may only read the one, send on the
 * other, have ${memory_bytes} more than it has, use ${cpu_seconds}, and end by _exit(). -1: it must not go on.
 */
#define SANDBOX_INPUT 3
#define SANDBOX_SOCKET 4
MUST_CHECK int sandbox_confine(int input, int socket, uint64_t memory_bytes, uint32_t cpu_seconds, struct err *err);

/* Let a reader that waits go on. ${seed} is that of known_hash(); 0 when it is to take no row for known. */
MUST_CHECK int sandbox_go(int socket, uint64_t seed, struct err *err);

#endif
