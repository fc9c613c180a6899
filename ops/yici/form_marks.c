/*
 * form_marks.c - see form_marks.h.
 */
#include "ops/yici/form_marks.h"

#include "core/base/digest.h"
#include "core/record/day.h"
#include "core/store/state.h"

#define ARENA_MAX ((size_t)1 << 20)
#define NAME_MAX_BYTES ((size_t)200)
#define CELLS_BYTES_MAX ((size_t)256 << 20)
#define FILL_BYTES 8

/* ${text} cut between two characters, so that it is short enough for a property. */
static struct text
shorten(struct text text)
{
	size_t len = text.len < NAME_MAX_BYTES ? text.len : NAME_MAX_BYTES;

	while (len > 0 && len < text.len && ((uint8_t)text.at[len] & 0xC0) == 0x80)
		len--;
	return (struct text){ text.at, len };
}

int
form_marks_open(struct form_marks *marks, struct form_blank *blank, struct err *err)
{
	const struct command *command = blank->forms->command;
	struct form_mark *mark = &marks->marking.mark;
	char fill[2 * FILL_BYTES + 1], day[11];
	struct sha256 digest;
	struct buffer words;
	struct state state;
	bool failed;

	*marks = (struct form_marks){ .marking = { .seed = command->settings.seed_number } };
	arena_init(&marks->arena, ARENA_MAX);
	buffer_init(&marks->whose, ARENA_MAX);
	buffer_init(&marks->marking.cells, CELLS_BYTES_MAX);
	if (state_open(&state, blank->forms->data, err) != 0)
		return -1;
	day_write(blank->plan.today, day);
	buffer_init(&words, ARENA_MAX);
	buffer_format(&words, "%s\n%s\n%s\n%s\n", blank->sha256, state.current,
	    command->grant != NULL ? command->grant : "", day);
	digest = sha256_of(words.at, words.len);
	hex_of(digest.at, FILL_BYTES, fill);
	mark->form = arena_text(&marks->arena, shorten(forms_name(command->words[2])));
	mark->sha256 = arena_text(&marks->arena, text_from(blank->sha256));
	mark->run = arena_text(&marks->arena, text_from(state.current));
	mark->fill = arena_text(&marks->arena, text_from(fill));
	failed = buffer_failed(&words) || mark->form.at == NULL || mark->sha256.at == NULL || mark->run.at == NULL
	    || mark->fill.at == NULL;
	buffer_fini(&words);
	state_close(&state);
	blank->plan.marking = &marks->marking;
	return failed ? err_set(err, ERR_RETRY, "out of memory for marking a form") : 0;
}

void
form_marks_close(struct form_marks *marks)
{
	buffer_fini(&marks->whose);
	buffer_fini(&marks->marking.cells);
	arena_fini(&marks->arena);
	*marks = (struct form_marks){ 0 };
}

/* All of a class, all of a school, or neither. */
static void
put_whose(struct buffer *out, const struct pupil *pupils, size_t count)
{
	bool school = true, class = true;

	for (size_t i = 1; i < count; i++) {
		school = school && text_eq(pupils[i].school, pupils[0].school);
		class = class && text_eq(pupils[i].grade, pupils[0].grade)
		    && text_eq(pupils[i].class_name, pupils[0].class_name);
	}
	if (count == 0 || !school)
		return;
	buffer_text(out, pupils[0].school);
	if (class)
		buffer_format(out, "/%.*s/%.*s", (int)pupils[0].grade.len, pupils[0].grade.at,
		    (int)pupils[0].class_name.len, pupils[0].class_name.at);
}

int
form_marks_class(
    struct form_marks *marks, const struct pupil *pupils, size_t count, struct arena *arena, struct err *err)
{
	struct text *ids = arena_take(arena, (count + 1) * sizeof(*ids));

	buffer_clear(&marks->whose);
	put_whose(&marks->whose, pupils, count);
	if (ids == NULL || buffer_failed(&marks->whose))
		return err_set(err, ERR_RETRY, "out of memory for marking a form");
	for (size_t i = 0; i < count; i++)
		ids[i] = pupils[i].id;
	marks->marking.ids = ids;
	marks->marking.mark.whose = shorten(buffer_as_text(&marks->whose));
	return 0;
}
