/*
 * xls_number.c - see xls_number.h.
 *
 * Nearly all numbers are whole, or have few decimals. A whole one below 2^53 is printed as an
 * integer. For the others the number is multiplied by 10, 100 ... 10^9: when the rounded product is
 * below 10^15 and divides back to the same number, its digits are the answer, because both are
 * exact and the division rounds correctly, and a decimal of at most 15 digits is the only one of
 * its length. The rest goes through printf: the first of 15, 16 or 17 digits that reads back; of 16
 * also the neighbour above, which at a power of two is the only one that does.
 */
#include "producers/readers/xls_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_MAX 9007199254740992.0 /* 2^53 */

static size_t
put_integer(uint64_t value, char *out)
{
	char digits[20];
	size_t len = 0;

	do {
		digits[len++] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	for (size_t i = 0; i < len; i++)
		out[i] = digits[len - 1 - i];
	return len;
}

/* ${whole} divided by 10^${places}, no zeros at the end. */
static size_t
put_decimals(uint64_t whole, int places, char *out)
{
	char digits[20];
	size_t len, before, at = 0;

	while (places > 0 && whole % 10 == 0) {
		whole /= 10;
		places--;
	}
	len = put_integer(whole, digits);
	if (places == 0) {
		memcpy(out, digits, len);
		return len;
	}
	before = len > (size_t)places ? len - (size_t)places : 0;
	if (before == 0)
		out[at++] = '0';
	memcpy(out + at, digits, before);
	at += before;
	out[at++] = '.';
	for (size_t zeros = (size_t)places; zeros > len; zeros--)
		out[at++] = '0';
	memcpy(out + at, digits + before, len - before);
	return at + len - before;
}

/* ${digits} stand behind "0." times 10^${point}. */
static size_t
put_digits(const char *digits, int count, int point, char *out)
{
	size_t at = 0;

	if (point > 21 || point <= -7) {
		out[at++] = digits[0];
		if (count > 1) {
			out[at++] = '.';
			memcpy(out + at, digits + 1, (size_t)count - 1);
			at += (size_t)count - 1;
		}
		out[at++] = 'e';
		out[at++] = point > 0 ? '+' : '-';
		return at + put_integer((uint64_t)abs(point - 1), out + at);
	}
	if (point <= 0) {
		out[at++] = '0';
		out[at++] = '.';
		for (int i = point; i < 0; i++)
			out[at++] = '0';
		memcpy(out + at, digits, (size_t)count);
		return at + (size_t)count;
	}
	for (int i = 0; i < point || i < count; i++) {
		if (i == point)
			out[at++] = '.';
		out[at++] = i < count ? digits[i] : '0';
	}
	return at;
}

/* The digits of ${value} to ${count} places and its power of ten; whether they read back. */
static bool
try_digits(double value, int count, bool above, char *digits, int *point)
{
	char text[40];
	int at = 0, i;
	char *exponent;

	snprintf(text, sizeof(text), "%.*e", count - 1, value);
	exponent = strchr(text, 'e');
	if (exponent == NULL)
		return false;
	for (char *c = text; c < exponent; c++) {
		if (*c >= '0' && *c <= '9')
			digits[at++] = *c;
	}
	*point = (int)strtol(exponent + 1, NULL, 10) + 1;
	if (above) {
		for (i = at - 1; i >= 0 && digits[i] == '9'; i--)
			digits[i] = '0';
		if (i < 0)
			return false;
		digits[i]++;
	}
	snprintf(text, sizeof(text), "%.*se%d", at, digits, *point - at);
	return strtod(text, NULL) == value;
}

static size_t
put_slow(double value, char *out)
{
	char digits[24];
	int count, point = 0;

	/* below the smallest normal number fewer digits than 15 may do */
	for (count = value < 1e-300 ? 1 : 15; count < 17; count++) {
		if (try_digits(value, count, false, digits, &point))
			break;
		if (count == 16 && try_digits(value, count, true, digits, &point))
			break;
	}
	if (count == 17)
		try_digits(value, count, false, digits, &point);
	while (count > 1 && digits[count - 1] == '0')
		count--;
	return put_digits(digits, count, point, out);
}

static size_t
put_positive(double value, char *out)
{
	double scale = 10;

	if (value < EXACT_MAX && value == (double)(uint64_t)value)
		return put_integer((uint64_t)value, out);
	if (value >= 1e-6 && value < 1e14) {
		for (int places = 1; places <= 9; places++, scale *= 10) {
			double whole = (double)(uint64_t)(value * scale + 0.5);

			if (whole >= 1e15)
				break;
			if (whole / scale == value)
				return put_decimals((uint64_t)whole, places, out);
		}
	}
	return put_slow(value, out);
}

size_t
xls_number_text(double value, char out[XLS_NUMBER_MAX])
{
	if (!isfinite(value))
		return 0;
	if (value < 0) {
		out[0] = '-';
		return 1 + put_positive(-value, out + 1);
	}
	return put_positive(value, out);
}

size_t
xls_number_rk(uint32_t rk, char out[XLS_NUMBER_MAX])
{
	uint64_t bits = (uint64_t)(rk & ~3u) << 32;
	double value;

	if ((rk & 2) != 0) {
		uint32_t magnitude = rk >> 2;
		size_t sign = 0;

		if ((rk & 0x80000000u) != 0) {
			magnitude = 0x40000000u - magnitude;
			out[sign++] = '-';
		}
		return sign + put_decimals(magnitude, (rk & 1) != 0 ? 2 : 0, out + sign);
	}
	memcpy(&value, &bits, sizeof(value));
	return xls_number_text((rk & 1) != 0 ? value / 100 : value, out);
}
