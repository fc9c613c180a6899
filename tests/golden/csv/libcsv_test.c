/* libcsv_test.c - the same cells as libcsv gives, on random well-formed text (libcsv trims blanks:
 * there are none). */
#include <stdlib.h>

#include <csv.h>

#include "tests/support/support.h"
#include "tests/unit/csv/collect.h"

struct peer {
	struct buffer out;
	unsigned row_no, rows;
	size_t trailing; /* where the cells since the last that was not empty begin */
	bool any;
};

static void
peer_cell(void *cell, size_t len, void *self)
{
	struct peer *peer = self;
	const char *at = cell;

	buffer_char(&peer->out, '|');
	for (size_t i = 0; i < len; i++) {
		if (at[i] == '\n')
			buffer_string(&peer->out, "\\n");
		else
			buffer_char(&peer->out, at[i]);
	}
	if (len > 0) {
		peer->trailing = peer->out.len;
		peer->any = true;
	}
}

static void
peer_begin(struct peer *peer)
{
	buffer_format(&peer->out, "%u", peer->row_no + 1);
	peer->trailing = peer->out.len;
	peer->any = false;
}

static void
peer_row(int c, void *self)
{
	struct peer *peer = self;

	(void)c;
	peer->row_no++;
	if (peer->any) {
		peer->out.len = peer->trailing;
		buffer_char(&peer->out, '\n');
		peer->rows++;
	} else {
		while (peer->out.len > 0 && peer->out.at[peer->out.len - 1] != '\n')
			peer->out.len--;
	}
	peer_begin(peer);
}

static void
random_text(struct buffer *text, unsigned seed)
{
	static const char *const cells[] = { "", "a", "\"\"", "\"x,y\"", "\"l\nm\"", "\"q\"\"q\"", "张三",
		"1234567890123456789012345678901234567890", "b\"b", "\"镕,\"\"\"" };
	unsigned width;

	buffer_string(text, "h,i,j,k\n");
	for (unsigned row = 0; row < 60; row++) {
		seed = seed * 1103515245u + 12345u;
		width = 2 + (seed >> 16) % 9;
		for (unsigned i = 0; i < width; i++) {
			seed = seed * 1103515245u + 12345u;
			if (i > 0)
				buffer_char(text, ',');
			buffer_string(text, cells[(seed >> 16) % ARRAY_LEN(cells)]);
		}
		buffer_string(text, (seed >> 8 & 3) == 0 ? "\r\n" : "\n");
	}
}

static void
csv_gives_the_cells_of_libcsv(void **state)
{
	const struct reader_limits limits = collect_limits();
	struct buffer text, ours;
	struct peer peer = { .row_no = 0 };

	(void)state;
	buffer_init(&text, 1 << 20);
	buffer_init(&ours, 1 << 20);
	buffer_init(&peer.out, 1 << 20);
	for (unsigned seed = 1; seed <= 300; seed++) {
		struct csv_parser parser;

		buffer_clear(&text);
		buffer_clear(&ours);
		buffer_clear(&peer.out);
		random_text(&text, seed);
		collect_csv(text.at, text.len, seed % 50, &limits, &ours);
		assert_int_equal(csv_init(&parser, 0), 0);
		buffer_string(&peer.out, "csv utf8\n");
		peer.row_no = peer.rows = 0;
		peer_begin(&peer);
		assert_int_equal(csv_parse(&parser, text.at, text.len, peer_cell, peer_row, &peer), text.len);
		assert_int_equal(csv_fini(&parser, peer_cell, peer_row, &peer), 0);
		csv_free(&parser);
		while (peer.out.at[peer.out.len - 1] != '\n')
			peer.out.len--;
		buffer_format(&peer.out, "end %u\n", peer.rows);
		buffer_char(&peer.out, '\0');
		buffer_char(&ours, '\0');
		assert_string_equal(ours.at, peer.out.at);
	}
	buffer_fini(&text);
	buffer_fini(&ours);
	buffer_fini(&peer.out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_gives_the_cells_of_libcsv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
