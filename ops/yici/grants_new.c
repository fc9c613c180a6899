/*
 * grants_new.c - `yici grants DATA new FORM`: a draft of a grant out of a department's blank form. Columns the dataset has are asked for
 * whole; those that are sensitive, or that the dataset does not have, are withheld, with the reason. Unit, document, days and rows are left
 * empty: as long as a person has not filled them in, the draft is broken and grants nothing (yici grants check names what is missing).
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/record/grant.h"
#include "ops/yici/forms.h"
#include "ops/yici/grants.h"

struct draft {
	const struct command *command;
	const struct dataset *dataset;
	const struct terms *terms;
	uint8_t *given;        /* by field: it has a column */
	struct text *headings; /* of these columns */
	size_t count;
	struct buffer fields, withheld;
};

static void
put(struct buffer *out, const char *name, struct text value)
{
	buffer_format(out, " %s=\"", name);
	buffer_xml(out, value);
	buffer_char(out, '"');
}

static void
withhold(struct draft *draft, struct text asked, const struct field *field, const char *reason, struct text of)
{
	struct buffer *out = &draft->withheld, words;

	buffer_init(&words, 1 << 16);
	buffer_string(&words, reason);
	buffer_text(&words, of);
	buffer_string(out, "\t<withheld");
	put(out, "asked", asked);
	if (field != NULL)
		put(out, "field", field->name);
	put(out, "reason", buffer_as_text(&words));
	buffer_string(out, "/>\n");
	out->failed = out->failed || buffer_failed(&words);
	buffer_fini(&words);
}

/* No two columns of a grant are headed alike. */
static bool
is_heading(const struct draft *draft, struct text heading)
{
	for (size_t i = 0; i < draft->count; i++) {
		if (text_eq(draft->headings[i], heading))
			return true;
	}
	return false;
}

static void
give(struct draft *draft, const struct field *field, enum grant_mask mask, struct text header)
{
	struct text heading = text_trim(header);
	bool own = heading.len == 0 || is_heading(draft, heading) || memchr(heading.at, '\n', heading.len) != NULL;

	draft->given[field->number] = 1;
	draft->headings[draft->count++] = own ? field->zh : heading;
	buffer_string(&draft->fields, "\t\t<field");
	put(&draft->fields, "name", field->name);
	put(&draft->fields, "mask", text_from(grant_mask_name(mask)));
	if (!own && !text_eq(heading, field->zh))
		put(&draft->fields, "as", heading);
	buffer_string(&draft->fields, "/>\n");
}

/* What is sensitive may be given only for a reason, which nobody but a person can say. */
static void
ask(struct draft *draft, const struct form_column *column, uint16_t number)
{
	const struct field *field = &draft->dataset->fields[number];
	const struct sensitive_kind *kind = terms_sensitive(draft->terms, number, column->header);
	bool derived = column->use == FORM_DERIVED;

	if (draft->given[number])
		withhold(draft, column->header, NULL, derived ? "可由已给的列推出：" : "与已给的列相同：", field->zh);
	else if (number == draft->dataset->roles.student_no || field->type == FIELD_DISABILITY_CARD)
		withhold(draft, column->header, field,
		    "全号含身份证件号；确有必要时给后四位（mask=\"last4\"）并写明 need", TEXT(""));
	else if (kind != NULL || field->sensitive)
		withhold(draft, column->header, field, "敏感信息，确有必要并写明 need 才可给：",
		    kind != NULL ? kind->zh : field->zh);
	else if (field->unread)
		withhold(draft, column->header, field, "不采集", TEXT(""));
	else if (derived && grant_mask_fits(MASK_BIRTH_YEAR, field))
		give(draft, field, MASK_BIRTH_YEAR, TEXT(""));
	else
		give(draft, field, MASK_WHOLE, derived ? TEXT("") : column->header);
}

static void
take(struct draft *draft, const struct form_column *column)
{
	const struct sensitive_kind *kind;

	switch (column->use) {
	case FORM_FIELD:
		ask(draft, column, column->field);
		break;
	case FORM_DERIVED:
		if (column->derive->from != FIELD_NONE)
			ask(draft, column, column->derive->from);
		break;
	case FORM_NEVER:
		withhold(draft, column->header, NULL, "任何单位不得采集", TEXT(""));
		break;
	case FORM_UNKNOWN:
		kind = terms_sensitive(draft->terms, FIELD_NONE, column->header);
		withhold(draft, column->header, NULL, kind != NULL ? "数据里没有，且属敏感信息：" : "数据里没有",
		    kind != NULL ? kind->zh : TEXT(""));
		break;
	default:
		break;
	}
}

static void
write_draft(const struct draft *draft, struct buffer *out)
{
	const char *department = draft->command->department;

	buffer_string(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<!-- 草稿：空着的由人填写。不需要的列请删去；敏感的列写明 need 后移到 fields "
	    "里才会给。填好以前什么也不交付。 -->\n"
	    "<grant");
	put(out, "unit", text_from(department != NULL ? department : ""));
	buffer_string(out, " valid_from=\"\" valid_to=\"\" destroy_by=\"\"");
	if (!text_eq(draft->dataset->name, TEXT("student")))
		put(out, "dataset", draft->dataset->name);
	buffer_string(out,
	    ">\n\t<purpose></purpose>\n\t<basis></basis>\n\t<document number=\"\" date=\"\"/>\n"
	    "\t<approver name=\"\" post=\"\" date=\"\"/>\n"
	    "\t<rows>\n\t\t<!-- 学校 school、年级 grade、条件 where，或全部 all -->\n\t</rows>\n\t<fields>\n");
	buffer_text(out, buffer_as_text(&draft->fields));
	buffer_string(out, "\t</fields>\n");
	buffer_text(out, buffer_as_text(&draft->withheld));
	buffer_string(out, "\t<deliver format=\"xlsx\" every=\"term\"/>\n</grant>\n");
	out->failed = out->failed || buffer_failed(&draft->fields) || buffer_failed(&draft->withheld);
}

static int
make_draft(struct command *command, const struct forms *forms, const struct form_file *file, struct err *err)
{
	const struct dataset *dataset = forms->definitions.dataset;
	struct draft draft = { .command = command, .dataset = dataset, .terms = forms->terms };
	struct buffer out;
	int result = -1;

	buffer_init(&draft.fields, (size_t)16 << 20);
	buffer_init(&draft.withheld, (size_t)16 << 20);
	buffer_init(&out, (size_t)64 << 20);
	draft.given = calloc(dataset->field_count + 1, sizeof(*draft.given));
	draft.headings = calloc(file->form.count + 1, sizeof(*draft.headings));
	if (draft.given != NULL && draft.headings != NULL) {
		for (size_t i = 0; i < file->form.count; i++)
			take(&draft, &file->form.columns[i]);
		write_draft(&draft, &out);
	}
	if (draft.given == NULL || draft.headings == NULL || buffer_failed(&out))
		err_set(err, ERR_RETRY, "out of memory");
	else {
		fwrite(out.at, 1, out.len, stdout);
		result = 0;
	}
	free(draft.given);
	free(draft.headings);
	buffer_fini(&draft.fields);
	buffer_fini(&draft.withheld);
	buffer_fini(&out);
	return result;
}

int
grants_new(struct command *command, const char *data, const char *path)
{
	struct forms forms;
	struct form_file file = { 0 };
	struct err err = { 0 };
	int status = 0;

	if (forms_open(&forms, command, data, &err) != 0)
		status = fail(command, &err);
	else {
		if (form_file_read(&file, command, &forms.definitions, forms.terms, path, &err) != 0
		    || make_draft(command, &forms, &file, &err) != 0)
			status = fail(command, &err);
		form_file_close(&file);
	}
	forms_close(&forms);
	return status;
}
