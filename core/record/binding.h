/*
 * binding.h - a sheet met its dataset: which column means which field. Collecting makes bindings, normalizing uses them.
 */
#ifndef YICI_CORE_RECORD_BINDING_H
#define YICI_CORE_RECORD_BINDING_H

#include "core/record/cell.h"
#include "core/record/source.h"

/* A day of the Gregorian calendar. */
struct date {
	int16_t year;
	uint8_t month, day;
};

/* Which column of the sheet means which field. */
struct bound_column {
	uint16_t column; /* from 0 */
	uint16_t field;
	bool month_only; /* the header asks for year and month, though the field is a day */
	bool whether;    /* the header asks 是否…, though the field is a code: 1 and 0 are yes and no */
};

/* What the header of a bound column says of another field: "父亲姓名" that member1 is the father. */
struct bound_implied {
	uint16_t by;       /* a bound field: where it has a value */
	uint16_t field;    /* this one has, unless its own column says something else, */
	struct text value; /* this code */
};

/* How a sheet is to be understood. */
struct binding {
	const struct dataset *dataset;
	const struct source *source;
	const struct bound_column *columns; /* fields rising, each field once */
	size_t column_count;
	bool date1904;
	const struct bound_implied *implied;
	size_t implied_count;
	bool explains;        /* the sheet is of a workbook that had gone back: */
	uint16_t explanation; /* in this column its sender may explain a row */
};

#endif
