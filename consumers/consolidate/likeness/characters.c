/*
 * characters.c - see characters.h. Surnames: those of the Hundred Family Surnames that live, and of the four hundred
 * most frequent today; of two characters those still borne. Simplified, as shape_fold() leaves them. Left out are
 * some that are rarer as a surname than at the beginning of a Tibetan, Mongolian or Uyghur name (扎, 索, 乌, 普).
 */
#include <uchar.h>

#include "consumers/consolidate/likeness/characters.h"
#include "consumers/consolidate/likeness/shape.h"

/* clang-format off */
static const char16_t singles[] = /* rising */
		u"丁万丘丛东严丰乐乔乜习于云亓井亢仇仉从付仝代仰仲仵任伊伍伏伯但位何佘余佟佴侯"
		u"俞信修候倪傅储元充党全公兰关养冀冉农冯况冶冷冼凌凤刀刁刑刘初利别劳勾包匡区千"
		u"华卓单卜卞占卢卫印危却卿厉厍原双古史叶司吉后向吕吴呙周和咎咸哈唐商喻回国堵墨"
		u"夏夔奚姚姜姬娄孔孙孟季宁安宋宓宗官宛宣宦宫宰家容宾宿寇富寸寿封尉尚尤尧尹居屈"
		u"展屠山岑岩岳崔嵇巢左巨巩巫师席常干平年幸广庄应庞康庹庾廉廖开弓弘张强归彭律徐"
		u"怀惠慎慕戈戎成战戚戴房扈折拜揣揭撒撖操支敖敬文方施时昌易昝晁晋晏景智暨暴曲"
		u"曹曾朱朴权李杜束来杨杭松林柏查柯柳柴树栾桂桑桓梁梅楚楼樊欧武殳段殷毋毕毛水江"
		u"池汤汪汲沃沈沐沙洗洪浦海涂温游湛滑滕满潘濮焦熊燕牛牟牧狄玄王班琴璩甄甘甫田由"
		u"申白皮益盖盘盛相瞿矫石祁祖祝禄禹秋秦程税穆空窦章童竺符笪简管籍米粟糜綦红纪终"
		u"经续缑缪缴罗羊羿翁翟耿聂肖胡胥能臧舒艾芮花苍苏苗苟范茅茆茹荀荆荣药莘莫葛董蒋"
		u"蒙蒯蒲蓟蓬蔚蔡蔺薄薛虞融衡衣袁裘裴褚褟覃见解訾詹计许诸谈谢谭谯谷豆贝贡贲费贺"
		u"贾赏赖赵越路车辛边连迟逄通逯邓邝邢邬邰邱邴邵邸邹郁郇郈郎郏郑郗郜郝郦郭都鄂鄞"
		u"鄢酆金钟钭钮钱银镡门闪闫闵闻阎阙阚阮阴陆陈陶隆隋随隗雍雷霍靖靳鞠韦韩韶项须顾"
		u"颜饶马骆高魏鱼鲁鲍鹿麦麻黄黎齐龙龚";

static const char16_t doubles[] = /* pairs, rising */
		u"万俟上官东宫东方东郭东里乐正亓官令狐仲孙仲长佟佳公乘公仲公伯公冶公坚公孙公皙公祖"
		u"公羊公良公西北唐南宫南荣南门即墨叶赫司寇司徒司空司马呼延壤驷夏侯太叔太史夹谷子桑"
		u"子车宇文完颜宗政宰父富察尉迟左丘巫马微生慕容拓跋梁丘欧阳段干漆雕澹台濮阳独孤申屠"
		u"百里皇甫端木第五纳兰羊舌舒穆褚师西门西陵诸葛谷梁赫连轩辕达奚那兰那拉钟离长孙闻人"
		u"闾丘颛孙鲜于";
/* clang-format on */

bool
characters_is_han(uint32_t cp)
{
	return (cp >= 0x4E00 && cp <= 0x9FFF) || (cp >= 0x3400 && cp <= 0x4DBF) || (cp >= 0x20000 && cp <= 0x323AF)
	    || cp == 0x3005 || cp == 0x3007 || (cp >= 0xF900 && cp <= 0xFAFF);
}

bool
characters_is_latin(uint32_t cp)
{
	return cp >= 'a' && cp <= 'z';
}

/* text_next(), quick for Han characters of the main block. */
static inline uint32_t
next(struct text text, size_t *pos)
{
	const unsigned char *at = (const unsigned char *)text.at + *pos;

	if (text.len - *pos >= 3 && at[0] >= 0xE4 && at[0] <= 0xE9 && (at[1] & 0xC0) == 0x80 && (at[2] & 0xC0) == 0x80) {
		*pos += 3;
		return (at[0] & 15u) << 12 | (at[1] & 63u) << 6 | (at[2] & 63u);
	}
	return text_next(text, pos);
}

void
characters_take(struct text folded, struct characters *characters)
{
	size_t pos = 0, count = 0;
	uint32_t parts = 0, han = 0, latin = 0, lost = 0;
	bool dot = false;

	while (pos < folded.len && count < CHARACTERS_MAX) {
		uint32_t cp = next(folded, &pos);

		if (cp >= 0x4E00 && cp <= 0x9FFF && !dot) { /* the most */
			han++;
			characters->at[count++] = shape_fold(cp);
			continue;
		}
		if (cp == CHARACTERS_DOT) {
			dot = count > 0;
			continue;
		}
		if (cp == 0xFFFD)
			cp = CHARACTERS_LOST;
		if (dot)
			parts |= 1u << count;
		dot = false;
		han += characters_is_han(cp);
		latin += characters_is_latin(cp);
		lost += cp == CHARACTERS_LOST;
		characters->at[count++] = shape_fold(cp);
	}
	characters->count = count;
	characters->parts = parts;
	characters->han = han;
	characters->latin = latin;
	characters->lost = lost;
}

static bool
is_single(uint32_t cp)
{
	size_t low = 0, high = ARRAY_LEN(singles) - 1;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (singles[middle] == cp)
			return true;
		if (singles[middle] < cp)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool
is_double(uint32_t first, uint32_t second)
{
	uint32_t pair = first << 16 | second;
	size_t low = 0, high = (ARRAY_LEN(doubles) - 1) / 2;

	if (first > UINT16_MAX || second > UINT16_MAX)
		return false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		uint32_t known = (uint32_t)doubles[2 * middle] << 16 | doubles[2 * middle + 1];

		if (known == pair)
			return true;
		if (known < pair)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool
begins_double(const struct characters *name)
{
	return name->count >= 3 && is_double(name->at[0], name->at[1]);
}

static bool
begins_known(const struct characters *name)
{
	return name->count > 0 && (is_single(name->at[0]) || begins_double(name));
}

size_t
characters_surname(const struct characters *name)
{
	if (name->count < 2 || (!characters_is_han(name->at[0]) && name->at[0] != CHARACTERS_LOST))
		return 0;
	if (name->latin > 0) /* 张yan: letters are no characters, dots among them part syllables */
		return begins_double(name) ? 2 : 1;
	if (name->parts != 0 || name->count > 4)
		return 0;
	if (name->count >= 3 && begins_double(name))
		return 2;
	return name->count < 4 || begins_known(name) ? 1 : 0;
}

bool
characters_unusual(const struct characters *name)
{
	return name->latin == 0 && name->han > 0 && (name->count > 4 || !begins_known(name));
}
