/*
 * day.c - see day.h.
 */
#include "core/record/day.h"

int32_t
day_of(struct date date)
{
	int32_t y = date.year - (date.month <= 2), era = (y >= 0 ? y : y - 399) / 400;
	int32_t yoe = y - era * 400;
	int32_t doy = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
	int32_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

struct date
day_date(int32_t day)
{
	int32_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int32_t doe = z - era * 146097;
	int32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int32_t mp = (5 * doy + 2) / 153;
	struct date date = { .day = (uint8_t)(doy - (153 * mp + 2) / 5 + 1),
		.month = (uint8_t)(mp < 10 ? mp + 3 : mp - 9) };

	date.year = (int16_t)(yoe + era * 400 + (date.month <= 2));
	return date;
}

bool
day_exists(int year, unsigned month, unsigned day)
{
	static const uint8_t days[13] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month >= 1 && month <= 12 && day >= 1 && day <= days[month] + (month == 2 && leap ? 1u : 0u);
}

bool
day_parse(struct text text, struct date *date)
{
	uint64_t y, m, d;

	if (text.len != 10 || text.at[4] != '-' || text.at[7] != '-' || !text_to_u64((struct text){ text.at, 4 }, &y)
	    || !text_to_u64((struct text){ text.at + 5, 2 }, &m) || !text_to_u64((struct text){ text.at + 8, 2 }, &d)
	    || !day_exists((int)y, (unsigned)m, (unsigned)d))
		return false;
	*date = (struct date){ (int16_t)y, (uint8_t)m, (uint8_t)d };
	return true;
}

void
day_write(struct date date, char out[11])
{
	unsigned y = (unsigned)date.year;

	out[0] = (char)('0' + y / 1000 % 10);
	out[1] = (char)('0' + y / 100 % 10);
	out[2] = (char)('0' + y / 10 % 10);
	out[3] = (char)('0' + y % 10);
	out[4] = out[7] = '-';
	out[5] = (char)('0' + date.month / 10 % 10);
	out[6] = (char)('0' + date.month % 10);
	out[8] = (char)('0' + date.day / 10 % 10);
	out[9] = (char)('0' + date.day % 10);
	out[10] = '\0';
}

uint16_t
day_store(struct date date)
{
	int32_t day = day_of(date) - DAY_STORE_ZERO;

	return day < 0 ? 0 : day > UINT16_MAX ? UINT16_MAX : (uint16_t)day;
}

void
day_store_write(uint16_t day, char out[11])
{
	day_write(day_date(day + DAY_STORE_ZERO), out);
}
