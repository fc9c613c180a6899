/*
 * samples.h - the small files that the suites over all readers use: one table of four rows with Han
 * characters, one outside the BMP, a middle dot, blanks and quotes, as every format writes it.
 * xlsx.xlsx was written by openpyxl 3.1, xls.xls by xlwt 1.3, csv.csv by Python's csv module, the
 * others by hand.
 */
#ifndef YICI_TESTS_CONTRACT_READERS_SAMPLES_H
#define YICI_TESTS_CONTRACT_READERS_SAMPLES_H

struct sample {
	const char *reader, *file;
	const char *sheet;
};

static const struct sample samples[] = {
	{ "csv", "csv.csv", "" },
	{ "xlsx", "xlsx.xlsx", "Sheet1" },
	{ "xls", "xls.xls", "Sheet1" },
	{ "html", "html.xls", "" },
	{ "spreadsheetml", "spreadsheetml.xls", "Sheet1" },
	{ "xml", "xml.xml", "" },
};

#endif
