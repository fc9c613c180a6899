/*
 * alike.c - see alike.h.
 */
#include "consumers/registers/alike.h"

#include "consumers/consolidate/likeness/words.h"

#define HELD_CHARS_MIN 3 /* so long must a name be that another one holds */

static const char *const of_matters[] = { "关于", "开展", "进一步", "做好", "加强", "推进", "组织", "举办", "召开",
	"印发", "下发", "转发", "全市", "年度", "春季", "秋季", "学期", "的", "通知", "方案", "意见", "工作", "专项",
	"督查", "督导", "检查", "考核", "评估", "评比", "验收", "调研", "会议", "培训会", "推进会", "部署会", "座谈会",
	"会", "活动", "进校园", "宣传", "排查", "情况", "及", "和", "与" };
static const char *const of_objects[] = { "全市", "各县区", "各", "所有", "全体", "全部", "相关", "学校", "及", "和",
	"与" };

/* Signs between words, and digits: no part of what a thing is called. */
static bool
is_beside(uint32_t c)
{
	return c < 0x80
	    ? !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
	    : (c >= 0x2000 && c < 0x2070) || (c >= 0x3000 && c < 0x3040) || (c >= 0xFF00 && c < 0xFFF0) || c == 0x5E74;
}

/* ${text} without the words of ${drop} and signs; whole words go before shorter ones by their order. */
static struct text
strip(struct text text, const char *const *drop, size_t count, char out[ALIKE_BYTES])
{
	size_t len = 0;

	for (size_t pos = 0; pos < text.len;) {
		struct text rest = { text.at + pos, text.len - pos };
		size_t at = pos, skip = 0;

		for (size_t i = 0; i < count && skip == 0; i++) {
			if (text_starts(rest, text_from(drop[i])))
				skip = strlen(drop[i]);
		}
		if (skip > 0) {
			pos += skip;
			continue;
		}
		if (is_beside(text_next(text, &pos)))
			continue;
		if (len + (pos - at) > ALIKE_BYTES)
			break;
		memcpy(out + len, text.at + at, pos - at);
		len += pos - at;
	}
	return (struct text){ out, len };
}

static bool
holds(struct text a, struct text b)
{
	return text_length(b) >= HELD_CHARS_MIN && text_find(a, b) != SIZE_MAX;
}

bool
alike_matters(struct text a, struct text b)
{
	char of_a[ALIKE_BYTES], of_b[ALIKE_BYTES];
	struct text left = strip(a, of_matters, ARRAY_LEN(of_matters), of_a);
	struct text right = strip(b, of_matters, ARRAY_LEN(of_matters), of_b);
	enum words_level level;

	if (left.len == 0 || right.len == 0) /* nothing but such words: the whole names count */
		return text_trim(a).len > 0 && text_eq(text_trim(a), text_trim(b));
	level = words_compare(left, right);
	return level == WORDS_SAME || level == WORDS_CLOSE || level == WORDS_ALIKE || holds(left, right)
	    || holds(right, left);
}

bool
alike_objects(struct text a, struct text b)
{
	char of_a[ALIKE_BYTES], of_b[ALIKE_BYTES];
	struct text left = strip(a, of_objects, ARRAY_LEN(of_objects), of_a);
	struct text right = strip(b, of_objects, ARRAY_LEN(of_objects), of_b);

	if (text_trim(a).len == 0 || text_trim(b).len == 0)
		return false;
	return left.len == 0 || right.len == 0 || text_find(left, right) != SIZE_MAX
	    || text_find(right, left) != SIZE_MAX;
}
