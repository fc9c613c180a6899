/*
 * settings.h - what the program can be told; the table is in settings.c.
 */
#ifndef YICI_OPS_YICI_SETTINGS_H
#define YICI_OPS_YICI_SETTINGS_H

#include "core/bus/settings.h"
#include "core/program/options.h"
#include "producers/readers/sink.h"

struct settings {
	uint64_t jobs, memory, settle_s, wait_s, seed_number;
	bool archive;
	uint64_t keep_archive, keep_quarantine, keep_runs; /* days, days, runs; 0: for ever */
	uint64_t collect_batch, collect_every_s, normalize_batch, publish_rows, nightly_wait_s;
	struct bus_settings bus;
	char topics_own[OPTION_TEXT_MAX], outlets[OPTION_TEXT_MAX], dataset[OPTION_TEXT_MAX], schemas[OPTION_TEXT_MAX],
	    sources[OPTION_TEXT_MAX], language[OPTION_TEXT_MAX], teachers[OPTION_TEXT_MAX];
	char log_format[OPTION_TEXT_MAX], follow_group[OPTION_TEXT_MAX], night_from[OPTION_TEXT_MAX],
	    night_to[OPTION_TEXT_MAX], metrics_textfile[OPTION_TEXT_MAX], serve_address[OPTION_TEXT_MAX],
	    serve_token[OPTION_TEXT_MAX];
	uint64_t serve_port;
	uint64_t reader_rows, reader_output, reader_memory, reader_cpu, reader_cells, reader_cell_bytes, reader_part,
	    reader_unpacked, reader_ratio, reader_entries, reader_depth;
	bool hold;
	char hold_absent[OPTION_TEXT_MAX], hold_changed[OPTION_TEXT_MAX], hold_key[OPTION_TEXT_MAX],
	    hold_emptied[OPTION_TEXT_MAX], hold_new[OPTION_TEXT_MAX], hold_rejected[OPTION_TEXT_MAX],
	    hold_linked[OPTION_TEXT_MAX], hold_code[OPTION_TEXT_MAX], hold_persons[OPTION_TEXT_MAX];
	uint64_t hold_few, hold_small;
	uint64_t registers_inspections, registers_meetings, registers_documents, registers_activities;
	uint64_t forms_fresh_days;
	option_setter *set_kafka, *set_prefix, *set_instance, *set_local;
};

/* Initial values and the environment. settings_fini() also after a failure. */
MUST_CHECK int settings_init(struct settings *settings, struct err *err);
void settings_fini(struct settings *settings);

/* key=value from the command line: -1 with ERR_INPUT when there is no such setting or value, ERR_STOP when it is refused. */
MUST_CHECK int settings_set(struct settings *settings, const char *pair, struct err *err);
MUST_CHECK int settings_file(struct settings *settings, const char *path, struct err *err);
void settings_help(bool chinese, FILE *out);

/* The limits of readers. */
void settings_limits(const struct settings *settings, struct reader_limits *limits);

/* Is ${name} among the outlets, which are words with commas or spaces between? */
bool settings_outlet(const struct settings *settings, const char *name);

/* What people read: Chinese, unless the setting or the locale says English. */
bool settings_chinese(const struct settings *settings);

/* Where definitions are: the setting, or the installed place, or beside the program's own checkout. */
MUST_CHECK int settings_schemas(const struct settings *settings, char out[4096], struct err *err);
MUST_CHECK int settings_sources(const struct settings *settings, char out[4096], struct err *err);

#endif
