/*
 * workbook_check.c - a finished workbook is read back. libxlsxwriter puts each part together in a scratch file and does not
 * look whether that could be written: a disk that was full for a moment leaves a hole in the middle of a part, and the
 * workbook is called finished. So every part must be well-formed, and have as many cells and comments as were given.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consumers/publish/workbook.h"
#include "core/pack/zip.h"
#include "core/xml/xml.h"

#define PIECE ((size_t)64 * 1024)

struct counted {
	uint64_t cells, comments;
};

static int
on_start(void *self, struct text name, const struct xml_attribute *attributes, size_t count)
{
	struct counted *counted = self;

	(void)attributes, (void)count;
	counted->cells += text_eq(name, TEXT("c"));
	counted->comments += text_eq(name, TEXT("comment"));
	return 0;
}

static const struct xml_events events = { .start = on_start };

/* One part, to its end. */
static int
check_part(struct zip *zip, const struct zip_entry *entry, char *piece, struct counted *counted, struct err *err)
{
	struct xml_sax *sax = xml_sax_new(&events, counted);
	struct zip_stream *stream = NULL;
	enum pack_trouble trouble;
	size_t len;
	int got = -1;

	if (sax == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a workbook");
	if (zip_stream_open(&stream, zip, entry, &trouble, err) == 0) {
		while ((got = zip_stream_read(stream, piece, PIECE, &len, &trouble, err)) == 1) {
			if (xml_sax_feed(sax, piece, len, err) != 0) {
				got = -1;
				break;
			}
		}
		if (got == 0)
			got = xml_sax_finish(sax, err);
	}
	zip_stream_close(stream);
	xml_sax_free(sax);
	return got;
}

static int
check_parts(struct zip *zip, struct counted *counted, struct err *err)
{
	char *piece = malloc(PIECE);
	int result = 0;

	if (piece == NULL)
		return err_set(err, ERR_RETRY, "out of memory for a workbook");
	for (size_t i = 0; i < zip_count(zip) && result == 0; i++)
		result = check_part(zip, zip_entry(zip, i), piece, counted, err);
	free(piece);
	return result;
}

int
workbook_check(const char *path, uint64_t cells, uint64_t comments, struct err *err)
{
	static const struct pack_limits limits = { UINT64_MAX, UINT64_MAX, UINT32_MAX, 100000 };
	struct counted counted = { 0 };
	enum pack_trouble trouble;
	struct zip *zip = NULL;
	struct stat st;
	int result = -1, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || fstat(fd, &st) != 0)
		err_errno(err, ERR_RETRY, "cannot read a workbook back");
	else if (zip_open(&zip, fd, (uint64_t)st.st_size, &limits, &trouble, err) == 0)
		result = check_parts(zip, &counted, err);
	zip_close(zip);
	if (fd >= 0)
		close(fd);
	if (result == 0 && (counted.cells != cells || counted.comments != comments))
		result = err_set(err, ERR_INPUT, "cells are missing");
	/* whatever is wrong with it, it was the disk's doing, and may not be so again */
	return result == 0 || err->kind != ERR_INPUT ? result
						     : err_set(err, ERR_RETRY, "a workbook was not written whole");
}
