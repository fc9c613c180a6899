/*
 * names.c - pools of names. Surnames stand with their share in ten thousand after the 2020 national
 * report; given names of children mix whole names in fashion with two characters put together.
 */
#include "ops/sample/names.h"

#include <stdio.h>

static const struct {
	const char *name;
	uint16_t share;
} surnames[] = { { "王", 726 }, { "李", 720 }, { "张", 680 }, { "刘", 531 }, { "陈", 459 }, { "杨", 311 }, { "赵", 205 },
	{ "黄", 223 }, { "周", 182 }, { "吴", 199 }, { "徐", 143 }, { "孙", 138 }, { "胡", 120 }, { "朱", 115 },
	{ "高", 106 }, { "林", 118 }, { "何", 105 }, { "郭", 114 }, { "马", 105 }, { "罗", 88 }, { "梁", 86 },
	{ "宋", 74 }, { "郑", 72 }, { "谢", 72 }, { "韩", 62 }, { "唐", 64 }, { "冯", 57 }, { "于", 57 }, { "董", 52 },
	{ "萧", 20 }, { "肖", 40 }, { "程", 48 }, { "曹", 51 }, { "袁", 49 }, { "邓", 53 }, { "许", 52 }, { "傅", 30 },
	{ "付", 25 }, { "沈", 40 }, { "曾", 51 }, { "彭", 47 }, { "吕", 42 }, { "苏", 40 }, { "卢", 41 }, { "蒋", 41 },
	{ "蔡", 42 }, { "贾", 39 }, { "丁", 40 }, { "魏", 41 }, { "薛", 31 }, { "叶", 42 }, { "阎", 12 }, { "闫", 30 },
	{ "余", 38 }, { "潘", 37 }, { "杜", 40 }, { "戴", 28 }, { "夏", 31 }, { "钟", 34 }, { "汪", 32 }, { "田", 36 },
	{ "任", 34 }, { "姜", 32 }, { "范", 33 }, { "方", 31 }, { "石", 31 }, { "姚", 31 }, { "谭", 32 }, { "廖", 32 },
	{ "邹", 28 }, { "熊", 28 }, { "金", 28 }, { "陆", 27 }, { "郝", 26 }, { "孔", 22 }, { "白", 26 }, { "崔", 27 },
	{ "康", 24 }, { "毛", 22 }, { "邱", 26 }, { "秦", 24 }, { "江", 24 }, { "史", 22 }, { "顾", 22 }, { "侯", 24 },
	{ "邵", 21 }, { "孟", 22 }, { "龙", 22 }, { "万", 22 }, { "段", 21 }, { "漕", 2 }, { "钱", 19 }, { "汤", 19 },
	{ "尹", 18 }, { "黎", 18 }, { "易", 16 }, { "常", 17 }, { "武", 18 }, { "乔", 17 }, { "贺", 17 }, { "赖", 16 },
	{ "龚", 16 }, { "文", 15 }, { "欧阳", 7 }, { "上官", 2 }, { "司马", 1 }, { "诸葛", 1 }, { "司徒", 1 } };

static const char *const boys_fashion[] = { "沐宸", "浩宇", "沐辰", "茗泽", "奕辰", "宇泽", "浩然", "奕泽", "宇轩",
	"沐阳", "梓轩", "子涵", "俊熙", "一诺", "皓轩", "梓睿", "宇航", "博文", "子轩", "亦辰" };
static const char *const girls_fashion[] = { "若汐", "一诺", "艺涵", "依诺", "梓涵", "苡沫", "雨桐", "欣怡", "语桐",
	"语汐", "诗涵", "雨萱", "欣妍", "可馨", "思彤", "佳怡", "梓萱", "紫涵", "雅琪", "晨曦" };
static const char *const boys_first[] = { "子", "浩", "宇", "梓", "俊", "明", "嘉", "文", "一", "天", "志", "家", "奕",
	"博", "泽", "晨", "建", "国", "永", "振", "鑫", "佳", "少", "世", "承", "启", "学", "景", "云", "凯" };
static const char *const boys_second[] = { "轩", "涵", "宸", "然", "泽", "宇", "豪", "杰", "阳", "辰", "睿", "博", "航",
	"林", "鹏", "强", "伟", "涛", "辉", "龙", "飞", "凡", "森", "钧", "祺", "昊", "霖", "垚", "铭", "皓" };
static const char *const girls_first[] = { "子", "梓", "雨", "欣", "诗", "佳", "思", "语", "若", "紫", "心", "可", "雅",
	"梦", "嘉", "静", "晓", "玉", "慧", "艺", "依", "婉", "书", "锦", "月", "芷", "冰", "珂", "文", "秀" };
static const char *const girls_second[] = { "涵", "怡", "萱", "彤", "妍", "汐", "桐", "馨", "琪", "欣", "悦", "婷",
	"琳", "瑶", "宁", "晴", "玥", "祎", "颖", "娜", "芳", "雪", "薇", "洁", "清", "然", "茹", "菲", "媛", "敏" };
static const char *const adults[] = { "伟", "强", "军", "涛", "磊", "勇", "建国", "志强", "海涛", "红军", "晓东",
	"卫东", "永刚", "建华", "国强", "新民", "俊峰", "学军", "占国", "松涛" };
static const char *const adult_women[] = { "芳", "娜", "静", "丽", "敏", "艳", "秀英", "桂兰", "晓燕", "红霞", "丽娟",
	"素芬", "海燕", "春梅", "俊丽", "爱玲", "玉梅", "金花", "巧云", "会娟" };
static const char *const uyghur_boys[] = { "阿卜杜拉", "吐尔逊", "艾力", "买买提", "穆合塔尔", "阿迪力", "凯赛尔",
	"依力亚斯", "麦合木提", "伊卜拉欣" };
static const char *const uyghur_girls[] = { "古丽娜尔", "阿依古丽", "热依拉", "迪丽努尔", "帕提古丽", "祖丽皮亚",
	"米热古丽", "阿孜古丽", "茹仙古丽", "努尔比耶" };
static const char *const uyghur_fathers[] = { "买买提", "吐尔逊", "阿不都热合曼", "艾合买提", "玉素甫", "卡德尔",
	"依明", "肉孜", "斯拉木", "库尔班" };
static const char *const mongolian_boys[] = { "巴特尔", "苏日塔拉", "那日苏", "阿古拉", "特木尔", "哈斯额尔敦", "布和",
	"朝鲁", "乌力吉", "宝音图" };
static const char *const mongolian_girls[] = { "苏日娜", "娜仁托娅", "其其格", "萨日娜", "乌兰图雅", "阿茹娜",
	"哈斯其其格", "斯琴高娃", "乌云嘎", "托娅" };
static const char *const tibetan_boys[] = { "扎西", "次仁", "多吉", "丹增", "平措", "洛桑" };
static const char *const tibetan_girls[] = { "卓玛", "央金", "拉姆", "曲珍", "白玛", "德吉" };
/* All of them need four bytes of GB 18030, or two that GBK does not have. */
static const char *const rare[] = { "䶮", "㛃", "𬱖", "䲜", "𬴂", "𬬭", "㵾", "𬎆" };

static const char *const homophones[] = { "梓子紫姿", "轩萱宣", "涵晗寒", "怡仪宜", "奕亦易艺依", "宸辰晨", "宇雨羽语",
	"欣馨鑫心新", "佳嘉家", "浩皓昊", "泽择", "汐希曦", "彤桐童", "琪祺其", "妍言研", "若偌", "伟玮炜", "静婧敬",
	"婷廷庭", "阳洋扬", "杰洁", "文闻", "诗思", "明铭名", "博勃", "航杭", "睿瑞", "悦玥月", "瑶遥尧", "俊峻骏",
	"涛韬", "强蔷", "娜那", "买麦" };
/* of the characters of the wide pools, too */
static const char *const more_homophones[] = { "林琳霖", "鹏朋", "辉晖", "峰锋", "哲喆", "远源", "康亢", "超朝", "斌彬",
	"亮靓", "军君钧", "坤昆", "恒衡", "成诚承程", "翔祥", "腾滕", "森参", "岩炎", "松嵩", "雯文", "蕊芮", "溪西",
	"诺偌", "倩茜", "璇旋", "珊姗", "蕾磊", "妮旎", "慧惠", "雅娅", "娟捐", "兮希", "灵玲凌", "柔揉", "影颖", "卉惠",
	"芸云", "思丝", "安桉", "书舒", "清青卿", "月悦", "如茹", "振震", "永咏", "学雪", "景璟", "启起", "志智" };
static const char *const lookalikes[] = { "晴睛", "祎袆", "玥钥", "鑫森焱垚", "天夭", "宇字", "辰晨", "未末", "己已",
	"睿壑", "茗铭", "沐沫", "汐夕", "彤形", "怡恰", "欣掀", "涵函", "轩轶", "浩诰", "妍研", "航舫", "语话", "博搏",
	"阳阴", "雪雷", "拉位", "古吉", "日曰", "佳住", "雅稚" };
/* of the characters of the wide pools, too */
static const char *const more_lookalikes[] = { "鹏鸭", "辉挥", "哲誓", "远运", "康庚", "超起", "亮克", "坤坪", "恒桓",
	"翔翊", "腾滕", "岩岸", "松枩", "雯零", "蕊芯", "溪滘", "倩清", "珊删", "慧彗", "娟涓", "灵炅", "柔矛", "芸芙",
	"思恩", "安宴", "书韦", "清渍", "月用", "如加", "振拯", "永水", "学字", "志忘", "林材", "琳淋", "凯剀", "瑶谣",
	"洁浩", "瑞端", "锦绵", "铭铬", "静睁", "乐东", "金全", "丹舟", "冉再" };
static const char *const variants[] = { "萧肖", "阎闫", "傅付", "戴代", "叶葉", "国國", "张張", "刘劉", "陈陳", "杨楊",
	"赵趙", "黄黃", "马馬", "罗羅", "郑鄭", "谢謝", "韩韓", "吴吳", "轩軒", "俊儁", "龙龍", "飞飛", "伟偉", "强強",
	"杰傑", "静靜", "梦夢", "语語", "诗詩" };
static const struct {
	const char *character, *pinyin;
} pinyins[] = { { "䶮", "yan" }, { "㛃", "jie" }, { "𬱖", "di" }, { "䲜", "ye" }, { "𬴂", "fei" },
	{ "𬬭", "lun" }, { "㵾", "qing" }, { "梓", "zi" }, { "子", "zi" }, { "涵", "han" }, { "轩", "xuan" },
	{ "萱", "xuan" }, { "怡", "yi" }, { "宸", "chen" }, { "宇", "yu" }, { "欣", "xin" }, { "泽", "ze" },
	{ "祎", "yi" }, { "玥", "yue" }, { "垚", "yao" }, { "霖", "lin" }, { "汐", "xi" } };

static void
append(char *name, size_t size, const char *more)
{
	size_t len = strlen(name);

	snprintf(name + len, size - len, "%s", more);
}

const char *
names_surname(struct rng *rng)
{
	static uint32_t total;
	uint32_t at;

	if (total == 0) {
		for (size_t i = 0; i < ARRAY_LEN(surnames); i++)
			total += surnames[i].share;
	}
	at = rng_below(rng, total);
	for (size_t i = 0; i < ARRAY_LEN(surnames); i++) {
		if (at < surnames[i].share)
			return surnames[i].name;
		at -= surnames[i].share;
	}
	return surnames[0].name;
}

#define PICK(rng, pool) ((pool)[rng_below((rng), (uint32_t)ARRAY_LEN(pool))])
#define PICK_SKEWED(rng, pool) ((pool)[rng_skewed((rng), (uint32_t)ARRAY_LEN(pool))])

void
names_given(struct rng *rng, bool boy, bool child, char *name, size_t size)
{
	if (!child && rng_hit(rng, 600000)) {
		append(name, size, boy ? PICK(rng, adults) : PICK(rng, adult_women));
		return;
	}
	if (child && rng_hit(rng, 60000)) {
		append(name, size, boy ? PICK_SKEWED(rng, boys_fashion) : PICK_SKEWED(rng, girls_fashion));
		return;
	}
	if (!rng_hit(rng, 150000))
		append(name, size, boy ? PICK_SKEWED(rng, boys_first) : PICK_SKEWED(rng, girls_first));
	append(name, size, boy ? PICK(rng, boys_second) : PICK(rng, girls_second));
}

/* The characters that parents choose, the commonest first. */
static const char boys_wide_first[] = "子浩宇梓俊明嘉文一天志家奕博泽晨建国永振鑫佳少世承启学景云凯思铭辰皓瑞睿轩航致德"
				      "安昊怀恩乐逸诚正东向忠可立尚书传亦正锦晓新旭鸿海宏培兴庆元仕仲卓亚英若金良贤康"
				      "星沐煜朝炎舒峻晋敬耀维泓潇冠圣靖展毅祖靓卫绍彦宗盛";
static const char boys_wide_second[] = "轩涵宸然泽宇豪杰阳辰睿博航林鹏强伟涛辉龙飞凡森钧祺昊霖垚铭皓宁毅哲远康旭峰超"
				       "磊斌亮军鑫洋浩坤源乐恒瑞成诚晨翔骏昕烨晖瀚腾达晟圳程煜琛逸润谦朗硕楠朋勋佑帆"
				       "锋灿威冉彬安平歌荣卓彦骁栋良麟翰熙琪畅旺川江奇洲岩松";
static const char girls_wide_first[] = "子梓雨欣诗佳思语若紫心可雅梦嘉静晓玉慧艺依婉书锦月芷冰珂文秀安亦奕沐一羽芸"
				       "怡馨晨清舒瑾如婷映凌灵悦瑞淑春秋惠美丽海金昕晴诺允妙云玥采千夏曼知星彤墨钰柏"
				       "乐念希熙意筱楚靖祎涵宁韵素洛颜荷琪君音";
static const char girls_wide_second[] = "涵怡萱彤妍汐桐馨琪欣悦婷琳瑶宁晴玥祎颖娜芳雪薇洁清然茹菲媛敏雯蕊月佳溪诺"
					"文嘉艺冉莹倩璇瑾钰菡瑜珊蕾丹妮慧雅娟静宸兮灵语柔苒芸岚畅朵柠绮希漫曦昕影霏"
					"楠依霖芮莎翎露卉彩虹贝馥娴嫣媚露青秋珍初心晗";

/* A character of ${pool}; a small one is much likelier where ${skewed}. */
static void
append_of(struct rng *rng, const char *pool, bool skewed, char *name, size_t size)
{
	struct text text = text_from(pool);
	uint32_t count = (uint32_t)text_length(text), nth = skewed ? rng_skewed(rng, count) : rng_below(rng, count);
	size_t pos = 0, begin = 0;
	char one[5];

	for (uint32_t i = 0; i <= nth; i++) {
		begin = pos;
		text_next(text, &pos);
	}
	snprintf(one, sizeof(one), "%.*s", (int)(pos - begin), text.at + begin);
	append(name, size, one);
}

void
names_given_wide(struct rng *rng, bool boy, bool child, char *name, size_t size)
{
	if (!child || rng_hit(rng, 50000)) {
		names_given(rng, boy, child, name, size);
		return;
	}
	if (!rng_hit(rng, 120000))
		append_of(rng, boy ? boys_wide_first : girls_wide_first, true, name, size);
	append_of(rng, boy ? boys_wide_second : girls_wide_second, false, name, size);
}

void
names_uyghur(struct rng *rng, bool boy, char *name, size_t size)
{
	append(name, size, boy ? PICK(rng, uyghur_boys) : PICK(rng, uyghur_girls));
	append(name, size, "·");
	append(name, size, PICK(rng, uyghur_fathers));
}

void
names_mongolian(struct rng *rng, bool boy, char *name, size_t size)
{
	append(name, size, boy ? PICK(rng, mongolian_boys) : PICK(rng, mongolian_girls));
}

void
names_tibetan(struct rng *rng, bool boy, char *name, size_t size)
{
	append(name, size, PICK(rng, tibetan_boys));
	append(name, size, boy ? PICK(rng, tibetan_boys) : PICK(rng, tibetan_girls));
}

void
names_rare(struct rng *rng, char *name, size_t size)
{
	append(name, size, PICK(rng, rare));
}

bool
names_is_rare(uint32_t cp)
{
	for (size_t i = 0; i < ARRAY_LEN(rare); i++) {
		size_t pos = 0;

		if (text_next(text_from(rare[i]), &pos) == cp)
			return true;
	}
	return false;
}

/* Another character of the group in ${groups} that holds ${character}, which is left in ${found}.
 */
static const char *
other_of_group(struct rng *rng, const char *const *groups, size_t count, struct text character, char found[5])
{
	for (size_t i = 0; i < count; i++) {
		struct text group = text_from(groups[i]);
		size_t at = text_find(group, character), pos = 0;
		uint32_t wanted, cp = 0;

		if (at == SIZE_MAX)
			continue;
		wanted = rng_below(rng, (uint32_t)text_length(group) - 1);
		while (pos < group.len) {
			size_t before = pos;

			cp = text_next(group, &pos);
			if (before == at)
				continue;
			if (wanted-- == 0)
				break;
		}
		found[text_put(found, cp)] = '\0';
		return found;
	}
	return NULL;
}

const char *
names_homophone(struct rng *rng, struct text character, bool wide)
{
	static char found[5];
	const char *other = other_of_group(rng, homophones, ARRAY_LEN(homophones), character, found);

	return other == NULL && wide ? other_of_group(rng, more_homophones, ARRAY_LEN(more_homophones), character, found)
				     : other;
}

const char *
names_lookalike(struct rng *rng, struct text character, bool wide)
{
	static char found[5];
	const char *other = other_of_group(rng, lookalikes, ARRAY_LEN(lookalikes), character, found);

	return other == NULL && wide ? other_of_group(rng, more_lookalikes, ARRAY_LEN(more_lookalikes), character, found)
				     : other;
}

const char *
names_variant(struct text character)
{
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		struct text group = text_from(variants[i]);

		if (text_starts(group, character))
			return group.at + character.len;
	}
	return NULL;
}

const char *
names_pinyin(struct text character)
{
	for (size_t i = 0; i < ARRAY_LEN(pinyins); i++) {
		if (text_eq(text_from(pinyins[i].character), character))
			return pinyins[i].pinyin;
	}
	return NULL;
}
