/*
 * told.c - a record is u32 kind, u32 file, u32 length, bytes.
 */
#include "ops/yici/told.h"

void
told_add(struct buffer *out, enum told_kind kind, uint32_t file, const void *bytes, size_t len)
{
	uint32_t head[3] = { (uint32_t)kind, file, (uint32_t)len };

	buffer_add(out, head, sizeof(head));
	buffer_add(out, bytes, len);
}

int
told_next(struct text all, size_t *pos, struct told *told)
{
	uint32_t head[3];

	if (*pos == all.len)
		return 0;
	if (all.len - *pos < sizeof(head))
		return -1;
	memcpy(head, all.at + *pos, sizeof(head));
	*pos += sizeof(head);
	if (head[2] > all.len - *pos)
		return -1;
	*told = (struct told){ (enum told_kind)head[0], head[1], { all.at + *pos, head[2] } };
	*pos += head[2];
	return 1;
}
