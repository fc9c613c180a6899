/*
 * settings.c - the one table of settings.
 */
#include "ops/yici/settings.h"

#include <stdlib.h>

#include "core/base/file.h"
#include "producers/readers/reader.h"

#ifndef YICI_DATADIR
#define YICI_DATADIR "/usr/share/yici"
#endif
#ifndef YICI_SOURCE_DIR
#define YICI_SOURCE_DIR ""
#endif

#define AT(member) offsetof(struct settings, member)

static int
set_kafka(void *settings, const char *key, const char *value, enum option_origin origin, struct err *err)
{
	static const enum bus_origin origins[] = {
		[OPTION_FROM_TABLE] = BUS_FROM_FILE,
		[OPTION_FROM_COMMAND_LINE] = BUS_FROM_COMMAND_LINE,
		[OPTION_FROM_ENVIRONMENT] = BUS_FROM_ENVIRONMENT,
		[OPTION_FROM_FILE] = BUS_FROM_FILE,
		[OPTION_FROM_PRIVATE_FILE] = BUS_FROM_PRIVATE_FILE,
	};

	return bus_settings_set(&((struct settings *)settings)->bus, key, value, origins[origin], err);
}

static int
set_prefix(void *settings, const char *key, const char *value, enum option_origin origin, struct err *err)
{
	(void)key;
	(void)origin;
	return bus_settings_prefix(&((struct settings *)settings)->bus, value, err);
}

static int
set_instance(void *settings, const char *key, const char *value, enum option_origin origin, struct err *err)
{
	(void)key;
	(void)origin;
	return bus_settings_instance(&((struct settings *)settings)->bus, value, err);
}

static int
set_local(void *settings, const char *key, const char *value, enum option_origin origin, struct err *err)
{
	(void)key;
	(void)origin;
	return bus_settings_local(&((struct settings *)settings)->bus, value, err);
}

static const struct option_row table[] = {
	{ "jobs", OPTION_COUNT, AT(jobs), "0", "processes at work; 0: as many as processors",
	    "同时工作的进程数；0 为处理器个数" },
	{ "memory", OPTION_BYTES, AT(memory), "256M", "memory for sorting, all processes together",
	    "排序用的内存，所有进程合计" },
	{ "outlets", OPTION_TEXT, AT(outlets), "csv,jsonl,report,returned",
	    "what is written: csv jsonl xlsx report returned", "输出哪些文件：csv jsonl xlsx report returned" },
	{ "language", OPTION_TEXT, AT(language), "", "zh or en; empty: by the locale", "zh 或 en；空为按系统语言" },
	{ "dataset", OPTION_TEXT, AT(dataset), "", "the dataset: schemas/NAME.xml; empty: what DATA holds, else student",
	    "数据集：schemas/NAME.xml；空：数据文件夹里的，否则 student" },
	{ "schemas", OPTION_TEXT, AT(schemas), "", "folder of the datasets' definitions", "数据集定义所在文件夹" },
	{ "sources", OPTION_TEXT, AT(sources), "", "folder of the sources' definitions", "来源定义所在文件夹" },
	{ "teachers", OPTION_TEXT, AT(teachers), "",
	    "data folder of the teachers: forms of a class are addressed to its head teacher",
	    "教师数据文件夹：按班填好的表写明班主任" },
	{ "log.format", OPTION_TEXT, AT(log_format), "line", "how the log is written: line or json",
	    "日志格式：line（每行一条文字）或 json" },
	{ "kafka.", OPTION_PREFIX, AT(set_kafka), "",
	    "goes to librdkafka: kafka.bootstrap.servers is the cluster; none: all is done on this machine",
	    "传给 librdkafka：kafka.bootstrap.servers 为集群地址；不设则全部在本机完成" },
	{ "topics.prefix", OPTION_OWN, AT(set_prefix), "yici", "what the names of all topics begin with",
	    "所有主题名称的前缀" },
	{ "topics.partitions", OPTION_COUNT, AT(bus.partitions), "8",
	    "partitions of the topics that topics create makes", "topics create 建立主题时的分区数" },
	{ "topics.replication", OPTION_COUNT, AT(bus.replication), "0",
	    "copies that the cluster keeps of each; 0: as many as it has brokers, at most 3",
	    "集群保存的副本数；0 为集群的节点数，最多 3" },
	{ "topics.own", OPTION_TEXT, AT(topics_own), "",
	    "principals of the pipeline itself, ; between: what rules let them do is not beyond the grants",
	    "本系统自己的账号（User:…，以 ; 分隔），检查访问规则时不算超出授权" },
	{ "instance", OPTION_OWN, AT(set_instance), "", "lasting name of this worker; empty: this machine's name",
	    "本进程的固定名称；空为本机名" },
	{ "bus.local", OPTION_OWN, AT(set_local), "", "folder that stands in for a cluster, for trying",
	    "代替集群的文件夹，供试用" },
	{ "bus.wait", OPTION_SECONDS, AT(bus.wait_s), "30", "longest time without a broker", "连不上集群时最多等待秒数" },
	{ "archive", OPTION_BOOL, AT(archive), "yes", "move used files out of the inbox", "处理完把文件移出收件文件夹" },
	{ "keep.archive", OPTION_COUNT, AT(keep_archive), "0",
	    "days for which files that were used are kept; 0: for ever", "已用原始文件保留的天数；0 为一直保留" },
	{ "keep.quarantine", OPTION_COUNT, AT(keep_quarantine), "0",
	    "days for which files that were refused are kept; 0: for ever", "被拒收的文件保留的天数；0 为一直保留" },
	{ "keep.runs", OPTION_COUNT, AT(keep_runs), "0", "of how many runs the outputs are kept; 0: of all",
	    "保留最近几次汇总的输出；0 为全部保留" },
	{ "inbox.settle", OPTION_SECONDS, AT(settle_s), "0", "a file younger than this is still being uploaded",
	    "修改时间在此秒数以内的文件视为仍在上传" },
	{ "identity.seed", OPTION_COUNT, AT(seed_number), "0", "number mixed into record ids; never change it later",
	    "参与生成记录标识的数字；启用后不可更改" },
	{ "collect.batch", OPTION_COUNT, AT(collect_batch), "50000", "rows in one transaction of collecting",
	    "采集时每个事务的行数" },
	{ "collect.every", OPTION_SECONDS, AT(collect_every_s), "10", "how often the inbox is looked at",
	    "查看收件文件夹的间隔秒数" },
	{ "normalize.batch", OPTION_COUNT, AT(normalize_batch), "50000", "rows in one transaction of normalizing",
	    "清洗时每个事务的行数" },
	{ "publish.rows", OPTION_COUNT, AT(publish_rows), "10000000", "most messages of a night in one transaction",
	    "发布时一个事务最多的消息数" },
	{ "nightly.wait", OPTION_SECONDS, AT(nightly_wait_s), "3600", "longest wait for rows that are on their way",
	    "夜间任务等待在途数据的最长秒数" },
	{ "night.from", OPTION_TEXT, AT(night_from), "01:00", "begin of the night, in which work must get on",
	    "夜间时段开始；此时段内读取应当推进" },
	{ "night.to", OPTION_TEXT, AT(night_to), "06:00", "end of the night", "夜间时段结束" },
	{ "forms.fresh", OPTION_COUNT, AT(forms_fresh_days), "365",
	    "days that an answer to a department's own question counts; then it is asked again",
	    "部门自有问题的答复有效天数；过期后重新询问" },
	{ "hold", OPTION_BOOL, AT(hold), "yes", "hold a night that differs too much from yesterday, for a person",
	    "与昨日差别过大时暂停发布，等待人工确认" },
	{ "hold.absent", OPTION_TEXT, AT(hold_absent), "10,07-10:60",
	    "per cent of a school's or source's records that may be absent; 07-10: in these months",
	    "允许不再出现的记录比例（%）；07-10 为这些月份的值" },
	{ "hold.changed", OPTION_TEXT, AT(hold_changed), "75,07-10:100",
	    "per cent of records that may change; 100: all", "允许有变化的记录比例（%）；100 为不限" },
	{ "hold.key", OPTION_TEXT, AT(hold_key), "5", "per cent of values of name, sex, birth date and numbers",
	    "允许变化的姓名、性别、出生日期、号码比例（%）" },
	{ "hold.emptied", OPTION_TEXT, AT(hold_emptied), "5,07-10:20", "per cent of a field's values that may be gone",
	    "一项内容允许变空的比例（%）" },
	{ "hold.new", OPTION_TEXT, AT(hold_new), "50,07-10:100", "per cent of records that may be new",
	    "允许新增的记录比例（%）" },
	{ "hold.rejected", OPTION_TEXT, AT(hold_rejected), "5",
	    "per cent of rows that may be rejected beyond those of last time", "退回行比上次多出的允许比例（%）" },
	{ "hold.linked", OPTION_TEXT, AT(hold_linked), "5,07-10:20",
	    "per cent of records that may lose their number, of students that may lose their links to other sources",
	    "失去号码的记录、失去与其他来源关联的学生的允许比例（%）" },
	{ "hold.code", OPTION_TEXT, AT(hold_code), "5,07-10:20",
	    "per cent of a field's values with codes never seen before", "从未出现过的代码的允许比例（%）" },
	{ "hold.persons", OPTION_TEXT, AT(hold_persons), "20,07-10:200",
	    "so many of one school may be absent or lose a value, whatever the share; 0: no limit",
	    "一所学校允许不再出现（或变空）的人数，不论比例；0 为不限" },
	{ "hold.few", OPTION_COUNT, AT(hold_few), "5",
	    "of less records nothing is said; 0: a school or column that is missing holds no night by itself",
	    "少于此数不作判断；0 则缺一所学校、缺一列本身不暂停" },
	{ "hold.small", OPTION_COUNT, AT(hold_small), "100", "of fewer records only persons count, not shares",
	    "少于此数的学校只看人数，不看比例" },
	{ "registers.inspections", OPTION_COUNT, AT(registers_inspections), "50",
	    "per cent fewer inspections than the year before, at the least", "督查检查考核比上年至少减少的比例（%）" },
	{ "registers.meetings", OPTION_COUNT, AT(registers_meetings), "20",
	    "per cent fewer meetings than the year before, at the least", "会议比上年至少减少的比例（%）" },
	{ "registers.documents", OPTION_COUNT, AT(registers_documents), "20",
	    "per cent fewer documents than the year before, at the least", "文件比上年至少减少的比例（%）" },
	{ "registers.activities", OPTION_COUNT, AT(registers_activities), "0",
	    "per cent fewer activities in school than the year before; 0: no more",
	    "进校园活动比上年至少减少的比例（%）；0 为不增加" },
	{ "metrics.textfile", OPTION_TEXT, AT(metrics_textfile), "",
	    "file into which a night writes its figures for Prometheus",
	    "夜间汇总写入监控数据（Prometheus 文本）的文件" },
	{ "serve.address", OPTION_TEXT, AT(serve_address), "127.0.0.1", "address at which serve listens",
	    "serve 监听的地址" },
	{ "serve.port", OPTION_COUNT, AT(serve_port), "9465", "its port; 0: any that is free", "端口；0 为任意空闲端口" },
	{ "serve.token", OPTION_TEXT, AT(serve_token), "",
	    "file with the token that a request must carry; needed beyond this machine",
	    "存放访问令牌的文件；监听本机以外的地址时必须设置" },
	{ "follow.group", OPTION_TEXT, AT(follow_group), "",
	    "group in which follow leaves its positions; empty: dept.<instance>.<topic>",
	    "follow 记录读取位置所用的消费组；空为 dept.<instance>.<主题>" },
	{ "reader.wait", OPTION_SECONDS, AT(wait_s), "60", "longest silence of a reader", "读取进程最长无响应秒数" },
	{ "reader.rows", OPTION_COUNT, AT(reader_rows), "0", "most rows of one file; 0: the built-in limit",
	    "单个文件最多行数；0 为内置值" },
	{ "reader.output", OPTION_BYTES, AT(reader_output), "0", "most bytes a reader may send", "读取进程最多输出字节" },
	{ "reader.memory", OPTION_BYTES, AT(reader_memory), "0", "address space of a reader", "读取进程内存上限" },
	{ "reader.cpu", OPTION_SECONDS, AT(reader_cpu), "0", "processor time of a reader; 0: by the size of the file",
	    "读取进程处理器时间；0 为按文件大小" },
	{ "reader.cells", OPTION_COUNT, AT(reader_cells), "0", "most cells of a row", "一行最多单元格数" },
	{ "reader.cell", OPTION_BYTES, AT(reader_cell_bytes), "0", "most bytes of a cell", "单元格最多字节" },
	{ "reader.part", OPTION_BYTES, AT(reader_part), "0", "most bytes of one unpacked part",
	    "压缩包内单个文件解压上限" },
	{ "reader.unpacked", OPTION_BYTES, AT(reader_unpacked), "0", "most bytes of an archive, unpacked",
	    "压缩包解压总上限" },
	{ "reader.ratio", OPTION_COUNT, AT(reader_ratio), "0", "greatest ratio of unpacked to packed", "最大解压倍数" },
	{ "reader.entries", OPTION_COUNT, AT(reader_entries), "0", "most files in an archive", "压缩包内最多文件数" },
	{ "reader.depth", OPTION_COUNT, AT(reader_depth), "0", "archives inside archives", "压缩包嵌套层数" },
};

int
settings_init(struct settings *settings, struct err *err)
{
	*settings = (struct settings){ 0 };
	bus_settings_init(&settings->bus);
	settings->set_kafka = set_kafka;
	settings->set_prefix = set_prefix;
	settings->set_instance = set_instance;
	settings->set_local = set_local;
	return options_init(
	    &(struct option_table){ table, ARRAY_LEN(table), settings_chinese(settings) }, settings, err);
}

void
settings_fini(struct settings *settings)
{
	bus_settings_fini(&settings->bus);
}

int
settings_set(struct settings *settings, const char *pair, struct err *err)
{
	return options_set(
	    &(struct option_table){ table, ARRAY_LEN(table), settings_chinese(settings) }, settings, pair, err);
}

int
settings_file(struct settings *settings, const char *path, struct err *err)
{
	return options_file(
	    &(struct option_table){ table, ARRAY_LEN(table), settings_chinese(settings) }, settings, path, err);
}

void
settings_help(bool chinese, FILE *out)
{
	options_help(&(struct option_table){ table, ARRAY_LEN(table), chinese }, out);
}

static void
limit64(uint64_t *limit, uint64_t value)
{
	if (value != 0)
		*limit = value;
}

static void
limit32(uint32_t *limit, uint64_t value)
{
	if (value != 0)
		*limit = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

void
settings_limits(const struct settings *settings, struct reader_limits *limits)
{
	reader_limits_default(limits);
	limit64(&limits->rows_max, settings->reader_rows);
	limit64(&limits->output_bytes_max, settings->reader_output);
	limit64(&limits->memory_bytes_max, settings->reader_memory);
	limit32(&limits->cpu_seconds_max, settings->reader_cpu);
	limit32(&limits->cells_max, settings->reader_cells);
	limit32(&limits->cell_bytes_max, settings->reader_cell_bytes);
	limit64(&limits->part_bytes_max, settings->reader_part);
	limit64(&limits->unpacked_bytes_max, settings->reader_unpacked);
	limit32(&limits->ratio_max, settings->reader_ratio);
	limit32(&limits->entries_max, settings->reader_entries);
	limit32(&limits->depth_max, settings->reader_depth);
}

bool
settings_outlet(const struct settings *settings, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = settings->outlets; *at != '\0';) {
		size_t word = strcspn(at, ", ");

		if (word == len && strncmp(at, name, len) == 0)
			return true;
		at += word;
		at += strspn(at, ", ");
	}
	return false;
}

bool
settings_chinese(const struct settings *settings)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	if (settings->language[0] != '\0')
		return strcmp(settings->language, "en") != 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *locale = getenv(names[i]);

		if (locale != NULL && *locale != '\0')
			return strncmp(locale, "en", 2) != 0;
	}
	return true;
}

static int
find_folder(const char *setting, const char *name, char out[4096], struct err *err)
{
	const char *places[] = { YICI_SOURCE_DIR, YICI_DATADIR };

	if (setting[0] != '\0')
		return path_format(out, err, "%s", setting);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (path_format(out, err, "%s/%s", places[i], name) != 0)
			return -1;
		if (places[i][0] != '\0' && file_exists(out))
			return 0;
	}
	return err_set(
	    err, ERR_STOP, "cannot find the folder %s of definitions; say where with --set %s=FOLDER", name, name);
}

int
settings_schemas(const struct settings *settings, char out[4096], struct err *err)
{
	return find_folder(settings->schemas, "schemas", out, err);
}

int
settings_sources(const struct settings *settings, char out[4096], struct err *err)
{
	return find_folder(settings->sources, "config/sources", out, err);
}
