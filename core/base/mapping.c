/*
 * mapping.c - see mapping.h.
 */
#include "core/base/mapping.h"

#include <sys/mman.h>

#define STEP ((size_t)8 << 20) /* given back at once */

int
mapping_open(struct mapping *mapping, int fd, size_t bytes, bool writable, struct err *err)
{
	*mapping = (struct mapping){ 0 };
	if (bytes == 0)
		return 0;
	mapping->at = mmap(NULL, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
	if (mapping->at == MAP_FAILED) {
		mapping->at = NULL;
		return err_errno(err, ERR_RETRY, "cannot map a file of %zu bytes", bytes);
	}
	mapping->bytes = bytes;
	return 0;
}

void
mapping_close(struct mapping *mapping)
{
	if (mapping->at != NULL)
		(void)munmap(mapping->at, mapping->bytes);
	*mapping = (struct mapping){ 0 };
}

void
mapping_pass(struct mapping *mapping, size_t offset)
{
	size_t to = offset / STEP * STEP;

	if (mapping->at == NULL || to <= mapping->behind)
		return;
	(void)madvise(mapping->at + mapping->behind, to - mapping->behind, MADV_DONTNEED);
	mapping->behind = to;
}

void
mapping_rest(struct mapping *mapping)
{
	if (mapping->at != NULL)
		(void)madvise(mapping->at, mapping->bytes, MADV_DONTNEED);
	mapping->behind = 0;
}
