/*
 * forms_report.c - see forms_report.h.
 */
#include "ops/yici/forms_report.h"

#include <stdlib.h>

#include "consumers/forms/asked.h"
#include "core/program/log.h"
#include "core/record/day.h"
#include "ops/yici/forms.h"

/* ---- what there is ---- */

static void
count_fault(void *self, const char *file, unsigned line, const char *what)
{
	(void)file, (void)line, (void)what;
	++*(size_t *)self;
}

/* 1 with terms and calendar; 0 where there is no calendar, or none that can be used. */
static int
load(struct forms_report *report, const struct night *night, struct err *err)
{
	const struct dataset *dataset = night->definitions.dataset;
	char folder[FILE_PATH_MAX], path[FILE_PATH_MAX];
	size_t faults = 0;

	if (path_format(folder, err, "%s/config/forms", night->data) != 0)
		return -1;
	if (forms_terms_path(&night->command->settings, night->data, path, err) != 0)
		return -1;
	if (!file_exists(folder) || !file_exists(path))
		return 0;
	if (terms_load(&report->terms, path, dataset, count_fault, &faults, err) == 0
	    && calendar_load(&report->calendar, folder, dataset, report->terms, count_fault, &faults, err) == 0)
		return report->calendar.count > 0;
	if (faults == 0 || err->kind == ERR_RETRY)
		return -1;
	log_line(LOG_WARNING, "report forms=unusable see=lint");
	return 0;
}

/* Which registered forms ask the same as another of their term: that has nothing to do with how much is held. */
static int
find_flagged(const struct forms_report *report, const struct dataset *dataset, uint8_t *flagged, struct err *err)
{
	const struct calendar *calendar = &report->calendar;
	struct census nobody = { 0 };
	int result = census_init(&nobody, dataset, err);

	for (size_t i = 0; i < calendar->count && result == 0; i++) {
		const struct registered *one = &calendar->at[i];
		struct asked asked = { 0 };

		result = asked_judge(&asked, &one->form, report->terms, &nobody, calendar, one->name, one->term, err);
		flagged[i] = !one->refused && asked.duplicate_count > 0;
		asked_fini(&asked);
	}
	census_fini(&nobody);
	return result;
}

/* Those who are here, as census_counts() has it, by school. */
static size_t
count_pupils(const struct published_school *schools, size_t count, struct burden_pupils *pupils)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t here = schools[i].present + schools[i].stale + schools[i].back;

		if (schools[i].code.len == 0 || here == 0)
			continue;
		if (kept == 0 || !text_eq(pupils[kept - 1].school, schools[i].code))
			pupils[kept++] = (struct burden_pupils){ .school = schools[i].code };
		pupils[kept - 1].students += here;
	}
	return kept;
}

/* ---- what the report says ---- */

static struct published_asking
asking(const struct forms_report *report, struct text department, const struct burden_sum *sum)
{
	return (struct published_asking){ .department = department,
		.forms = sum->forms,
		.duplicates = sum->flagged,
		.refused = sum->refused,
		.asked = sum->asked,
		.filled = sum->filled,
		.left = sum->left,
		.refused_cells = sum->refused_cells,
		.hours_saved = (double)(sum->filled * report->terms->seconds) / 3600.0 };
}

/* The most asked first; forms that nobody registered last. */
static int
by_asked(const void *a, const void *b)
{
	const struct published_asking *left = a, *right = b;

	if ((left->department.len == 0) != (right->department.len == 0))
		return left->department.len == 0 ? 1 : -1;
	return left->asked != right->asked ? (left->asked < right->asked ? 1 : -1)
					   : text_compare(left->department, right->department);
}

static int
tell(struct forms_report *report, struct err *err)
{
	const struct burden *burden = &report->burden;
	struct burden_sum others = { 0 };
	size_t count = 0;

	report->departments = calloc(burden->department_count + 1, sizeof(*report->departments));
	if (report->departments == NULL)
		return err_set(err, ERR_RETRY, "out of memory for the report of forms");
	for (size_t i = 0; i < burden->department_count; i++)
		report->departments[count++] = asking(report, burden->departments[i].name, &burden->departments[i].sum);
	for (size_t i = 0; i < burden->form_count; i++) {
		if (burden->forms[i].registered == NULL)
			burden_add(&others, &burden->forms[i].sum);
	}
	if (others.forms > 0)
		report->departments[count++] = asking(report, TEXT(""), &others);
	if (count > 1)
		qsort(report->departments, count, sizeof(*report->departments), by_asked);
	report->published = (struct published_forms){ .first = text_from(report->first),
		.last = text_from(report->last),
		.seconds = report->terms->seconds,
		.departments = report->departments,
		.department_count = count,
		.all = asking(report, TEXT(""), &burden->total) };
	report->any = count > 0;
	return 0;
}

int
forms_report_make(struct forms_report *report, const struct night *night, const struct published_school *schools,
    size_t school_count, struct err *err)
{
	struct burden_input input = { .calendar = &report->calendar };
	struct burden_pupils *pupils = NULL;
	uint8_t *flagged = NULL;
	struct date first, last;
	int result;

	*report = (struct forms_report){ 0 };
	result = load(report, night, err);
	if (result <= 0)
		return result;
	terms_days(report->terms, night->date, &first, &last);
	day_write(first, report->first);
	day_write(last, report->last);
	pupils = calloc(school_count + 1, sizeof(*pupils));
	flagged = calloc(report->calendar.count + 1, 1);
	if (pupils == NULL || flagged == NULL)
		result = err_set(err, ERR_RETRY, "out of memory for the report of forms");
	else if (fills_load(&report->fills, night->data, err) != 0
	    || find_flagged(report, night->definitions.dataset, flagged, err) != 0)
		result = -1;
	else {
		input.flagged = flagged;
		input.fills = report->fills.at;
		input.fill_count = report->fills.count;
		input.pupils = pupils;
		input.pupil_count = count_pupils(schools, school_count, pupils);
		input.from = text_from(report->first);
		input.to = text_from(report->last);
		result = burden_reckon(&report->burden, &input, err) != 0 ? -1 : tell(report, err);
	}
	free(pupils);
	free(flagged);
	return result;
}

void
forms_report_free(struct forms_report *report)
{
	burden_fini(&report->burden);
	fills_free(&report->fills);
	calendar_free(&report->calendar);
	terms_free(report->terms);
	free(report->departments);
	*report = (struct forms_report){ 0 };
}
