/*
 * teachers.h - the teachers of the invented city: for each class one head teacher, who teaches a subject in it and beside it;
 * others teach a subject to several classes; a headmaster, and people who do not teach. Their lists: the teachers' registry by
 * county, payroll, hours of training, the roll of head teachers; with the mistakes of such lists.
 */
#ifndef YICI_OPS_SAMPLE_TEACHERS_H
#define YICI_OPS_SAMPLE_TEACHERS_H

#include "core/base/buffer.h"
#include "ops/sample/city.h"

struct teacher {
	uint32_t number, school;
	uint16_t birth_year, work_year, hire_year, left_night; /* ${left_night}: 0 while at work */
	uint8_t birth_month, birth_day, subject, title, education, post, stage;
	uint8_t head_grade, head_class; /* 0: is no head teacher */
	uint8_t class_count;            /* taught */
	uint8_t grades[6], classes[6];
	bool boy, party;
	uint16_t changed_night;
	char name[NAME_BYTES], id_no[20], phone[12];
};

struct teachers {
	struct teacher *at;
	size_t count, room;
};

void teachers_free(struct teachers *teachers);

/* What happens before ${night} (from 1, when all are hired): some leave, others take over; new classes get a head teacher. */
MUST_CHECK int teachers_live(struct teachers *teachers, struct city *city, unsigned night, struct err *err);

/* The files of ${night} below OUT/night-NN/inbox/, and its lines of the truth into ${truth}. */
MUST_CHECK int teachers_write(const struct teachers *teachers, const struct city *city, const char *out, unsigned night,
    struct buffer *truth, struct err *err);

/* "语文" */
const char *teachers_subject(const struct teacher *teacher);

#endif
