/*
 * known.c - see known.h. At most six sevenths of the table are used, so that every search ends, and soon.
 */
#include "producers/readers/known.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t
bytes_of(const struct known *known)
{
	return known->size * sizeof(*known->at);
}

int
known_new(struct known *known, uint64_t count, struct err *err)
{
	void *at;

	*known = (struct known){ .fd = -1 };
	if (count > UINT32_MAX / 2)
		return err_set(err, ERR_STOP, "more rows than can be known");
	known->size = (size_t)(count + count / 6 + 16);
	known->fd = memfd_create("known", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (known->fd >= 0 && ftruncate(known->fd, (off_t)bytes_of(known)) != 0) {
		close(known->fd);
		known->fd = -1;
	}
	at = mmap(NULL, bytes_of(known), PROT_READ | PROT_WRITE, MAP_SHARED | (known->fd < 0 ? MAP_ANONYMOUS : 0),
	    known->fd, 0);
	if (at == MAP_FAILED) {
		known_free(known);
		return err_set(err, ERR_RETRY, "out of memory for the rows that are known");
	}
	known->at = at;
	return 0;
}

void
known_put(struct known *known, uint64_t hash, uint32_t number)
{
	struct known_row *rows = (struct known_row *)(uintptr_t)known->at;
	const uint32_t low = (uint32_t)hash, high = (uint32_t)(hash >> 32);
	size_t at = known_place(known, hash);

	if (hash == 0)
		return;
	while ((rows[at].low != 0 || rows[at].high != 0) && (rows[at].low != low || rows[at].high != high))
		at = at + 1 == known->size ? 0 : at + 1;
	rows[at].number = rows[at].low == low && rows[at].high == high ? KNOWN_TWICE : number;
	rows[at].low = low;
	rows[at].high = high;
}

int
known_seal(struct known *known, struct err *err)
{
	size_t bytes = bytes_of(known);
	void *at;

	if (known->fd < 0)
		return mprotect((void *)(uintptr_t)known->at, bytes, PROT_READ) == 0
		    ? 0
		    : err_errno(err, ERR_STOP, "cannot seal memory");
	/* the seal wants that nobody has it to be written */
	munmap((void *)(uintptr_t)known->at, bytes);
	known->at = NULL;
	if (fcntl(known->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		return err_errno(err, ERR_STOP, "cannot seal memory");
	at = mmap(NULL, bytes, PROT_READ, MAP_SHARED, known->fd, 0);
	if (at == MAP_FAILED)
		return err_errno(err, ERR_RETRY, "cannot map memory");
	known->at = at;
	return 0;
}

void
known_free(struct known *known)
{
	if (known->at != NULL)
		munmap((void *)(uintptr_t)known->at, bytes_of(known));
	if (known->size > 0 && known->fd >= 0)
		close(known->fd);
	*known = (struct known){ .fd = -1 };
}

void
known_map(struct known *known, int fd)
{
	struct stat st;
	void *at;

	*known = (struct known){ .fd = -1 };
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size < (off_t)sizeof(*known->at))
		return;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return;
	known->at = at;
	known->size = (size_t)st.st_size / sizeof(*known->at);
}
