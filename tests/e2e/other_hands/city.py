#!/usr/bin/env python3
"""An invented city seen by other hands: registry exports and department lists as other programs write them.

city.py OUT [--scale N] [--seed S]

Writes OUT/inbox/<source>/… and OUT/truth.jsonl, one line a file: source, file, fate (taken, refused, left), reason(s) allowed,
and for taken ones each row: sheet, row (as Excel counts), kind (data, title, header, example, total, footer, note), who (number
of the person), and for data rows what is expected: fate (accept, reject) and rules. Nothing in here is taken from the project's own sample.
All people are invented: divisions are real, sequence numbers are drawn.
"""
import argparse, csv, datetime, gzip, importlib.util, io, json, os, random, struct, zlib
from xml.sax.saxutils import escape, quoteattr

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文欧阳司马诸葛上官"
GIVEN = "子涵宇轩欣怡浩然梓萱一诺思远雨桐佳琪俊熙明哲嘉怡梦瑶博文晨曦静雯天佑婉清志强秀英国栋丽华建军晓东海燕雪梅春花秋实润泽启航乐瑶诗涵可馨皓宇艺馨奕辰沐阳星辰语嫣"
MINOR_A = ["阿卜杜拉", "买买提", "古丽娜尔", "阿依古丽", "努尔兰", "艾尔肯", "吐尔逊", "热依汗", "迪丽拜尔", "赛买提"]
RARE = "䶮㛃堃喆祎玥晟昶旻曌淼垚"
DIVISIONS = ["410302", "410303", "410304", "410305", "410307", "410308", "410311", "410323", "410324", "410325", "410327", "410381", "410322", "410306"]
DIVNAME = {"410302": "老城区", "410303": "西工区", "410304": "瀍河回族区", "410305": "涧西区", "410307": "偃师区", "410308": "孟津区", "410311": "洛龙区",
           "410323": "新安县", "410324": "栾川县", "410325": "嵩县", "410327": "宜阳县"}
CN = "〇一二三四五六七八九"

REGISTRY = """全国学籍号 学校标识码 学校名称 姓名 性别 出生日期 出生地行政区划代码 籍贯 民族 国籍/地区 身份证件类型 港澳台侨外 健康状况 政治面貌 身份证件号
户口性质 户口所在地行政区划 年级 班级 入学年月 入学方式 就读方式 现住址 通信地址 家庭地址 联系电话 邮政编码 是否独生子女 是否受过学前教育 是否留守儿童 是否需要申请资助
是否享受一补 是否孤儿 是否烈士或优抚子女 上下学距离 上下学交通方式 是否需要乘坐校车 姓名拼音 曾用名 身份证件有效期 血型 特长 学籍辅号 班内学号 学生来源 电子信箱 主页地址 残疾类型 是否由政府购买学位 随班就读
成员1姓名 成员1关系 成员1关系说明 成员1民族 成员1工作单位 成员1现住址 成员1户口所在地行政区划 成员1联系电话 成员1是否监护人 成员1身份证件类型 成员1身份证件号 成员1职务
成员2姓名 成员2关系 成员2关系说明 成员2民族 成员2工作单位 成员2现住址 成员2户口所在地行政区划 成员2联系电话 成员2是否监护人 成员2身份证件类型 成员2身份证件号 成员2职务 是否进城务工人员随迁子女""".split()
SHORT = "学籍号 学校标识码 学校名称 姓名 性别 出生日期 民族 身份证件类型 身份证件号 年级 班级 入学年月 就读方式 家庭地址 联系电话 邮政编码 是否留守儿童".split()
FORMS = {
	"aid_survey": "姓名 性别 出生年月 民族 所在年级 班级 身份证号 是否申请家庭经济困难资助 户口性质 家庭人数 人均年收入 特殊群体类型 是否属于烈士子女 家庭遭受自然灾害 家庭突发状况 家庭成员患重大疾病 监护人姓名 与学生关系 监护人电话 开户银行 银行卡号 社保卡号",
	"aid_center": "学期 省市 区县 乡镇 村组（社区） 姓名 身份证号码 是否脱贫家庭学生 是否6-15周岁 户编号 户主姓名 户类型 联系电话 学校全称 学段 年级 班级 学籍号 就读方式 是否残疾生 残疾生证号 不在校原因 贫困类型 镇内/镇外 县内/县外 省内/省外",
	"boarding": "序号 年级 班级 姓名 性别 民族 身份证号 学籍号 宿舍楼 房间号 床位号 家庭住址 家长姓名 联系电话 离校方式 是否享受一补 困难类型 补助金额 银行卡号 领款人签字",
	"class_roster": "序号 姓名 性别 出生年月 民族 身份证号 学籍号 家庭住址 父亲姓名 父亲电话 母亲姓名 母亲电话 是否住校 是否留守 是否单亲 备注",
	"disability": "序号 县区 学校名称 姓名 性别 出生日期 身份证号 残疾人证号 残疾类别 残疾等级 户籍所在地 现住址 监护人姓名 联系电话 是否入学 年级 班级 学籍号 安置方式 送教上门教师 未入学原因 备注",
	"dropout_control": "序号 乡镇 村（社区） 户主姓名 姓名 性别 民族 出生日期 身份证号 户籍地址 是否脱贫户（监测户） 学籍号 学籍所在学校 年级 班级 是否在籍 是否在校 是否残疾 是否留守 是否随迁 是否孤儿 监护人姓名 与监护人关系 联系电话 疑似失学原因 劝返措施 劝返结果 核查人 核查日期",
	"police_hukou": "序号 派出所 户主姓名 姓名 曾用名 性别 出生日期 身份证号 户籍地址 现住址 户口性质 学校 年级 班级 学籍号 户籍状态 人户是否一致 备注",
	"medical_insurance": "个人编号 姓名 身份证号 证件类型 出生时间 性别 年级 班级 户口所在地 学生毕业时间 户口性质 联系电话 监护人姓名 是否参保 缴费金额 参保地 未参保原因",
	"migrant": "序号 学校 年级 班级 姓名 性别 身份证号 学籍号 户籍所在地 户口性质 现住址 居住证编号 居住证有效期 父亲姓名 父亲身份证号 父亲务工单位 父亲联系电话 母亲姓名 母亲身份证号 母亲务工单位 母亲联系电话 社保缴纳情况 租房/购房 原就读学校 转入时间",
	"nutrition": "学籍号 姓名 曾用名 性别 出生日期 身份证类型 身份证号 民族 户籍所在地 学校名称 年级名称 班级名称 入学年月 入学方式 就学方式 健康状况 身高 体重 是否为留守儿童 外来务工人员子女 享受“一补” 现住址 监护人姓名 监护人电话 就餐天数 补助金额",
	"fitness": "年级编号 班级编号 班级名称 学籍号 民族代码 姓名 性别 出生日期 家庭住址 身高 体重 肺活量 50米跑 立定跳远 坐位体前屈 800米跑 1000米跑 一分钟仰卧起坐 引体向上 左眼裸眼视力 右眼裸眼视力",
	"safety": "学校 年级 班级 姓名 性别 学籍号 家长姓名 家长手机号 家庭住址 上下学方式 特异体质/疾病史 紧急联系人 紧急联系电话 账号 完成情况",
	"school_bus": "序号 学校 班级 姓名 性别 年龄 家庭住址 上下学距离 乘车方式 家长姓名 联系电话 车牌号 驾驶员姓名 照管员姓名 上车站点 上车时间 下车站点 家长签字",
	"school_supplies": "学校全称 年级 姓名 身份证号码 性别 学籍号 是否享受校服 型号 是否享受作业本 是否享受学具 备注",
	"exam_office": "考生号 照相确认信息地点 姓名 性别 出生日期 民族 政治面貌 应往届 初中毕业学校 初中学制 班号 初中学籍号 外语语种 户口所在地 公民身份号码 录取通知书投递地址 邮政编码 收件人 联系电话 手机号码 有何特长 身体状况",
	"vaccination": "学校（托幼机构） 姓名 性别 出生日期（公历） 年级班级 儿童编码 是否有接种证 是否补证 是否全种 是否补种全 卡介苗 乙肝疫苗1 乙肝疫苗2 乙肝疫苗3 监护人姓名 联系电话 备注",
	"civil_affairs": "姓名 性别 民族 出生日期 公民身份证号码 是否登记户口 户籍所在地 现居住地 身体情况 患病类型 是否学校寄宿 祖父姓名 祖母姓名 父亲姓名 父亲当前务工地点 父亲联系电话 母亲姓名 母亲当前务工地点 母亲联系电话 父亲公民身份证号码 母亲公民身份证号码 父母双方同时外出 委托监护人姓名 受委托监护人电话 监护类型 救助帮扶情况",
	"vocational": "身份证号 姓名 性别 民族 年级 入学年月 招生类型 修读专业 学制 班级 户籍性质 是否低保 是否享受国家助学金 学生类别 出生日期 校内学号 联系电话 邮政编码 曾用名 政治面貌 籍贯 现家庭住址 电子邮箱 银行卡号 备注",
}
FORMS = {k: v.split() for k, v in FORMS.items()}
TITLES = {"boarding": "寄宿生花名册", "vaccination": "入学儿童预防接种查验登记表", "civil_affairs": "农村留守儿童基本情况登记表"}


def check_char(core):
	return "10X98765432"[sum(int(d) * w for d, w in zip(core, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))) % 11]


class City:
	def __init__(self, seed, schools=12, people=1200):
		self.rng = r = random.Random(seed)
		self.schools = []
		for i in range(schools):
			kind = r.choice(("21", "21", "31", "34"))
			div = r.choice(list(DIVNAME))
			label = {"21": "小学", "31": "初级中学", "34": "高级中学"}[kind]
			self.schools.append(dict(code=f"{kind}41{i + 1000:06d}", kind=kind, div=div, name="洛阳市" + DIVNAME[div] + r.choice("育明启文实验光华东方红旗新星") + f"第{i + 1}" + label))
		self.people, self.used = [], set()
		while len(self.people) < people:
			p = self.person(r.choice(self.schools))
			self.people.append(p)
			if r.random() < 0.02:
				twin = self.person(p["school"], birth=p["birth"], like=p)
				self.people.append(twin)
		for i, p in enumerate(self.people):
			p["pid"] = i

	def adult(self, surname, sex):
		r = self.rng
		born = datetime.date(1975, 1, 1) + datetime.timedelta(days=r.randrange(5000))
		core = r.choice(DIVISIONS) + born.strftime("%Y%m%d") + f"{r.randrange(0, 500) * 2 + (sex == '男'):03d}"
		return dict(name=surname + "".join(r.sample(GIVEN, r.choice((1, 2, 2)))), id=core + check_char(core), phone="1" + r.choice("3578") + f"{r.randrange(10 ** 9):09d}")

	def person(self, school, birth=None, like=None):
		r = self.rng
		lo, hi = {"21": (0, 5), "31": (6, 8), "34": (9, 11)}[school["kind"]]
		step = r.randrange(lo, hi + 1)
		if like:
			step = like["step"]
		if not birth:
			birth = datetime.date(2020 - step, 1, 1) + datetime.timedelta(days=r.randrange(330))
		sex = r.choice("男女")
		while True:
			div = r.choice(DIVISIONS)
			core = div + birth.strftime("%Y%m%d") + f"{r.randrange(0, 500) * 2 + (sex == '男'):03d}"
			if core not in self.used:
				self.used.add(core)
				break
		number = core + check_char(core)
		x = r.random()
		surname = like["surname"] if like else (r.choice(SURNAMES[:-8]) if x > .02 else r.choice(("欧阳", "司马", "诸葛", "上官")))
		if x > .96 and not like:
			name, ethnic = r.choice(MINOR_A) + "·" + r.choice(MINOR_A), "维吾尔族"
		else:
			name, ethnic = surname + "".join(r.sample(GIVEN, r.choice((1, 2, 2, 2)))), r.choice(("汉族",) * 12 + ("回族", "满族", "蒙古族"))
			if r.random() < .03:
				name = surname + r.choice(RARE) + (r.choice(GIVEN) if r.random() < .5 else "")
		while like and name == like["name"]:
			name = surname + "".join(r.sample(GIVEN, 2))
		kind = "G" if r.random() < .93 else "L"
		core2 = school["div"] + birth.strftime("%Y%m%d")
		no = kind + (number if kind == "G" else core2 + f"{r.randrange(10000):04d}")
		entry = 2026 - (step - lo)
		f, m = (like["father"], like["mother"]) if like else (self.adult(surname, "男"), self.adult(r.choice(SURNAMES[:-8]), "女"))
		return dict(name=name, surname=surname, sex=sex, birth=birth, id=number, no=no, school=school, step=step, entry=entry, cls=r.randrange(1, 7), ethnic=ethnic,
		            phone=f["phone"], father=f, mother=m, home=f"河南省洛阳市{DIVNAME[school['div']]}和平路{r.randrange(1, 300)}号{r.randrange(1, 20)}号楼{r.randrange(1, 7)}单元{r.randrange(101, 1800)}室",
		            postcode=f"471{r.randrange(1000):03d}", board=r.choice("是否"), height=r.randrange(1100, 1800) / 10, weight=r.randrange(200, 700) / 10)


GRADES = ["一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级", "八年级", "九年级", "高一", "高二", "高三"]
DATES = [lambda d: d.strftime("%Y%m%d"), lambda d: d.strftime("%Y-%m-%d"), lambda d: f"{d.year}/{d.month}/{d.day}", lambda d: f"{d.year}.{d.month}.{d.day}",
         lambda d: f"{d.year}年{d.month}月{d.day}日", lambda d: d.strftime("%Y.%m.%d"), lambda d: d.strftime("%Y-%m-%d 00:00:00"),
         lambda d: "".join(CN[int(c)] for c in str(d.year)) + "年" + cn(d.month) + "月" + cn(d.day) + "日"]


def cn(n):
	return CN[n] if n < 10 else ("十" if n < 20 else CN[n // 10] + "十") + (CN[n % 10] if n % 10 else "")


def value(p, header, row, rng, style):
	"""What a sheet says of person p under a header."""
	h = header
	date = lambda d: d if style["date"] == "cell" else DATES[style["date"]](d)
	g = GRADES[p["step"]]
	stage = {"21": "小学", "31": "初中", "34": "高中"}[p["school"]["kind"]]
	table = {
		"序号": row, "姓名": p["name"], "性别": {0: p["sex"], 1: "1-男" if p["sex"] == "男" else "2-女", 2: "1" if p["sex"] == "男" else "2"}[style["sex"]],
		"民族": p["ethnic"] if style["sex"] != 1 else p["ethnic"], "民族代码": p["ethnic"], "学籍号": p["no"], "全国学籍号": p["no"], "初中学籍号": p["no"],
		"身份证件号": p["id"], "身份证号": p["id"], "身份证号码": p["id"], "公民身份证号码": p["id"], "公民身份号码": p["id"],
		"身份证件类型": "居民身份证", "身份证类型": "居民身份证", "证件类型": "居民身份证",
		"学校标识码": p["school"]["code"], "学校名称": p["school"]["name"], "学校": p["school"]["name"], "学校全称": p["school"]["name"], "初中毕业学校": p["school"]["name"],
		"学校（托幼机构）": p["school"]["name"], "学籍所在学校": p["school"]["name"],
		"出生日期": date(p["birth"]), "出生年月": date(p["birth"]), "出生时间": date(p["birth"]), "出生日期（公历）": date(p["birth"]), "年龄": str(2026 - p["birth"].year),
		"年级": f"{stage}{p['entry']}级" if style["cohort"] else g, "所在年级": g, "年级名称": g, "年级编号": str(11 + p["step"] if p["step"] < 6 else 15 + p["step"] if p["step"] < 9 else 22 + p["step"]),
		"班级": f"{p['cls']}班", "班级名称": f"{g}{p['cls']}班", "班级编号": str(p["cls"]), "班号": f"{p['cls']}班", "年级班级": f"{g}（{p['cls']}）班",
		"入学年月": f"{p['entry']}09", "就读方式": "住校" if p["board"] == "是" else "走读", "就学方式": "住校" if p["board"] == "是" else "走读", "是否住校": p["board"], "是否学校寄宿": p["board"],
		"家庭地址": p["home"], "现住址": p["home"], "通信地址": p["home"], "家庭住址": p["home"], "现居住地": p["home"], "现家庭住址": p["home"], "录取通知书投递地址": p["home"],
		"联系电话": p["phone"], "监护人电话": p["phone"], "家长手机号": p["phone"], "手机号码": p["phone"], "邮政编码": p["postcode"],
		"家长姓名": p["father"]["name"], "监护人姓名": p["father"]["name"], "父亲姓名": p["father"]["name"], "母亲姓名": p["mother"]["name"], "收件人": p["father"]["name"],
		"父亲电话": p["father"]["phone"], "父亲联系电话": p["father"]["phone"], "母亲电话": p["mother"]["phone"], "母亲联系电话": p["mother"]["phone"],
		"父亲身份证号": p["father"]["id"], "母亲身份证号": p["mother"]["id"], "父亲公民身份证号码": p["father"]["id"], "母亲公民身份证号码": p["mother"]["id"],
		"户主姓名": p["father"]["name"], "与学生关系": "父亲", "与监护人关系": "父亲",
		"籍贯": "河南省洛阳市", "国籍/地区": "中国", "港澳台侨外": "否", "健康状况": "健康或良好", "身体状况": "健康", "身体情况": "健康", "政治面貌": "群众",
		"户口性质": "农业户口", "户籍性质": "农业户口", "入学方式": "就近入学", "出生地行政区划代码": p["school"]["div"] + "000000", "户口所在地行政区划": p["school"]["div"] + "000000",
		"户籍所在地": "河南省洛阳市" + DIVNAME[p["school"]["div"]], "户口所在地": "河南省洛阳市" + DIVNAME[p["school"]["div"]], "户籍地址": "河南省洛阳市" + DIVNAME[p["school"]["div"]],
		"学生来源": "正常入学", "是否留守儿童": "非留守儿童", "是否为留守儿童": "否", "是否留守": "否", "上下学距离": "1", "上下学交通方式": "步行", "上下学方式": "步行", "乘车方式": "校车", "离校方式": "步行",
		"残疾类型": "无残疾", "残疾类别": "视力残疾", "残疾等级": "二级", "残疾人证号": p["id"] + "12", "随班就读": "非随班就读",
		"成员1姓名": p["father"]["name"], "成员1关系": "父亲", "成员1民族": p["ethnic"], "成员1联系电话": p["father"]["phone"], "成员1是否监护人": "是", "成员1身份证件类型": "居民身份证", "成员1身份证件号": p["father"]["id"], "成员1现住址": p["home"],
		"成员2姓名": p["mother"]["name"], "成员2关系": "母亲", "成员2民族": "汉族", "成员2联系电话": p["mother"]["phone"], "成员2是否监护人": "是", "成员2身份证件类型": "居民身份证", "成员2身份证件号": p["mother"]["id"], "成员2现住址": p["home"],
		"身高": p["height"], "体重": p["weight"], "肺活量": 2000 + row, "50米跑": 9.1, "缴费金额": 380, "补助金额": 625, "就餐天数": 21, "人均年收入": 12000, "家庭人数": 4,
		"学段": stage, "应往届": "应届", "备注": "", "曾用名": "", "学制": "3", "是否入学": "是", "是否在籍": "是", "是否在校": "是",
	}
	if h in table:
		return table[h]
	if h.startswith(("是否", "家庭遭受", "家庭突发", "家庭成员", "外来务工", "享受", "父母双方")):
		return rng.choice("是否否否")
	return ""


# ---------------------------------------------------------------- defects: change a row's cells, say what is expected
ID_COLS = ("身份证件号", "身份证号", "身份证号码", "公民身份证号码", "公民身份号码")
NO_COLS = ("学籍号", "全国学籍号", "初中学籍号")
BIRTH_COLS = ("出生日期", "出生年月", "出生时间", "出生日期（公历）")


def col(headers, names):
	return next((i for i, h in enumerate(headers) if h in names), None)


def defect(kind, cells, headers, p, rng, numeric):
	"""Returns (fate, rules that must be said, rules that must not be said) or None where the sheet has no such column."""
	i, n, b, s = col(headers, ID_COLS), col(headers, NO_COLS), col(headers, BIRTH_COLS), headers.index("姓名")
	ph = col(headers, ("联系电话", "监护人电话", "家长手机号"))
	full = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
	if kind.startswith("id_") and i is None:
		return None
	if kind == "id_full":
		cells[i] = cells[i].translate(full)
		return "accept", [], ["id_character", "id_length"]
	if kind == "id_spaces":
		cells[i] = " " + cells[i][:6] + " " + cells[i][6:14] + "\u00a0" + cells[i][14:]
		return "accept", [], ["id_character", "id_length"]
	if kind == "id_apostrophe":
		cells[i] = "'" + cells[i]
		return "accept", [], ["id_character", "id_length"]
	if kind == "id_x":
		if cells[i][-1] != "X":
			return None
		cells[i] = cells[i][:-1] + rng.choice("x×хΧⅩ")
		return "accept", [], ["id_character", "id_length", "id_checksum"]
	if kind == "id_checksum":
		k = rng.randrange(14, 17)
		cells[i] = cells[i][:k] + str((int(cells[i][k]) + 1 + rng.randrange(8)) % 10) + cells[i][k + 1:]
		return "accept", ["id_checksum"], []
	if kind == "id_short":
		cells[i] = cells[i][:16]
		return "accept", ["id_length"], []
	if kind == "id_mask":
		cells[i] = cells[i][:6] + "********" + cells[i][14:]
		return "accept", ["id_masked"], []
	if kind == "id_number":
		if cells[i][-1] == "X" or not numeric:
			return None
		cells[i] = float(cells[i])
		return "accept", ["id_truncated"], []
	if kind == "id_e17":
		cells[i] = f"{float(cells[i][:17] + '0'):.5E}"
		return "accept", ["id_scientific"], []
	if kind == "id_impossible":
		core = cells[i][:6] + "20150231" + cells[i][14:17]
		cells[i] = core + check_char(core)
		return "accept", ["id_date"], []
	if kind == "no_e":
		if n is None:
			return None
		cells[n] = cells[n][:-4]
		return "accept", ["student_no_form"], []
	if kind == "name_space":
		if "·" in cells[s] or len(cells[s]) < 2:
			return None
		cells[s] = cells[s][0] + "　" + cells[s][1:]
		return "accept", [], ["name_character"]
	if kind == "name_dot":
		if "·" not in cells[s]:
			return None
		cells[s] = cells[s].replace("·", rng.choice("•．.。‧・"))
		return "accept", [], ["name_character"]
	if kind == "name_note":
		cells[s] += rng.choice(("（转出）", "(休学)"))
		return "accept", ["name_note"], []
	if kind == "name_lost":
		cells[s] = cells[s][0] + "?" + cells[s][2:]
		return "accept", ["name_lost_character"], []
	if kind == "name_none":
		cells[s] = ""
		return "reject", ["no_name"], []
	if kind == "name_digits":
		cells[s] = "12345"
		return "reject", ["no_name"], []
	if kind == "nobody":
		left = [k for k, h in enumerate(headers) if h in ID_COLS + NO_COLS + BIRTH_COLS + ("学校", "学校名称", "学校全称", "班级", "学校标识码", "年级", "年龄", "班级名称", "班级编号", "初中毕业学校", "班号", "学校（托幼机构）", "年级班级", "学籍所在学校", "所在年级", "年级名称", "残疾人证号")]
		for k in left:
			cells[k] = ""
		return "reject", ["no_identity"], []
	if kind == "birth_bad":
		if b is None:
			return None
		cells[b] = "2014-9-31"
		return "accept", ["date_impossible"], []
	if kind == "birth_other":
		if b is None or i is None:
			return None
		cells[b] = DATES[1](p["birth"] + datetime.timedelta(days=40))
		return "accept", ["id_birth_mismatch"], []
	if kind == "phone_e":
		if ph is None:
			return None
		cells[ph] = "1.38E+10"
		return "accept", ["phone_scientific"], []
	if kind == "phone_two":
		if ph is None:
			return None
		cells[ph] = cells[ph] + "/" + p["mother"]["phone"]
		return "accept", [], ["phone_form"]
	if kind == "sex_odd":
		k = headers.index("性别")
		cells[k] = "不详啊"
		return "accept", ["code_unknown"], []
	if kind == "shift":
		if len(headers) > 24 or s + 3 >= len(headers):
			return None
		cells[s:] = [""] + cells[s:-1]
		return "reject", None, []
	if kind == "null":
		k = col(headers, ("家庭地址", "家庭住址", "现住址"))
		if k is None:
			return None
		cells[k] = "NULL"
		return "accept", ["null_literal"], []
	raise KeyError(kind)


DEFECTS = "id_full id_spaces id_apostrophe id_x id_checksum id_short id_mask id_number id_e17 id_impossible no_e name_space name_dot name_note name_lost name_none name_digits nobody birth_bad birth_other phone_e phone_two sex_odd shift null".split()


class Sheet:
	def __init__(self, name="Sheet1", hidden=False):
		self.name, self.hidden, self.rows, self.kinds, self.merges, self.ncols = name, hidden, [], [], [], 0

	def add(self, kind, cells, **more):
		self.rows.append(list(cells))
		self.kinds.append(dict(kind=kind, **more))
		self.ncols = max(self.ncols, len(cells))


def make_sheet(city, people, headers, style, source, name="Sheet1", numeric=True, rate=.08):
	rng = city.rng
	s = Sheet(name)
	width = len(headers)
	lead = 1 if style.get("blankcol") else 0
	pad = [""] * lead
	real = headers
	if style.get("title"):
		s.add("title", pad + [f"洛阳市2026年秋季{TITLES.get(source, '学生信息统计表')}"])
		s.merges.append((0, lead, 0, lead + width - 1))
	if style.get("unit"):
		s.add("title", pad + ["填报单位：" + people[0]["school"]["name"]] + [""] * 3 + ["填报日期：2026年9月1日"])
	if style.get("blank0"):
		s.add("blank", [])
	if style.get("notes"):
		s.add("note", pad + ["填表说明：1.身份证号请设为文本格式；2.出生日期按8位数字填写；3.每生一行，不得合并单元格。"])
	if style.get("two") and any(h.startswith("父亲") for h in headers):
		top, low, i = list(headers), [""] * width, 0
		groups = {}
		for k, h in enumerate(headers):
			for g in ("父亲", "母亲"):
				if h.startswith(g) and len(h) > 2:
					groups.setdefault(g, []).append(k)
		for g, ks in groups.items():
			if ks == list(range(ks[0], ks[-1] + 1)):
				for k in ks:
					top[k], low[k] = (g if k == ks[0] else ""), headers[k][2:]
				if len(ks) > 1:
					s.merges.append((len(s.rows), lead + ks[0], len(s.rows), lead + ks[-1]))
		for k in range(width):
			if not low[k]:
				s.merges.append((len(s.rows), lead + k, len(s.rows) + 1, lead + k))
		s.add("header", pad + top)
		s.add("header", pad + low)
	else:
		decor = lambda h: h
		if style.get("star"):
			decor = lambda h: ("★" + h if h in ("姓名", "性别") else h + "*" if h in ID_COLS else h[:2] + "\n" + h[2:] if len(h) == 4 else h)
		if style.get("must"):
			decor = lambda h: h + "（必填）" if h in ("姓名",) + ID_COLS else h
		s.add("header", pad + [decor(h) for h in headers])
	if style.get("numbers"):
		s.add("note", pad + [k + 1 for k in range(width)])
	if style.get("example"):
		p = city.person(people[0]["school"])
		for word in (("示例",) if style["example"] == 1 else ("例1", "例2") if style["example"] == 2 else ("模板例子",)):
			cells = [value(p, h, 1, rng, style) for h in headers]
			cells[0] = word if headers[0] in ("序号",) else cells[0]
			if headers[0] != "序号":
				cells[headers.index("姓名")] = "张三（示例）"
			s.add("example", pad + cells)
	n = 0
	for p in people:
		n += 1
		cells = [value(p, h, n, rng, style) for h in headers]
		want, rules, never, kind = "accept", [], [], ""
		if rng.random() < rate:
			kind = rng.choice(DEFECTS)
			got = defect(kind, cells, headers, p, rng, numeric)
			if got:
				want, rules, never = got
			else:
				kind = ""
		has = [c for k, h in enumerate(headers) for c in [cells[k]] if h in ID_COLS + NO_COLS + BIRTH_COLS and c not in ("", None)]
		if want == "accept" and kind in ("birth_bad", "id_checksum", "id_short", "id_mask", "id_number", "id_e17", "id_impossible", "no_e"):
			want = "any" if len(has) < 2 and col(headers, ("学校", "学校名称", "学校全称")) is None else "accept"
		s.add("data", pad + cells, who=p["pid"], want=want, rules=rules, never=never, defect=kind)
		if style.get("gaps") and rng.random() < .1:
			s.add("blank", [])
	if style.get("total"):
		s.add("total", pad + ["合计", "", "", f"{len(people)}人"] if style["total"] == 1 else pad + [""] + ["合 计"] + [""] * 3 + [len(people)])
	if style.get("footer"):
		s.add("blank", [])
		s.add("footer", pad + ["填表人：王老师", "", "", "审核人：李校长", "", "", "联系电话：0379-63930000"])
	if style.get("footer2"):
		s.add("footer", pad + ["注：本表一式两份，学校和区教育局各存一份。"])
	return s


# ---------------------------------------------------------------- writers
def text(c):
	if isinstance(c, datetime.date):
		return c.strftime("%Y-%m-%d")
	if isinstance(c, float):
		return repr(int(c)) if c == int(c) and abs(c) < 1e15 else repr(c)
	return str(c)


def w_xls(sheets, path, rng, f1904=False):
	import xlwt
	wb = xlwt.Workbook(encoding="utf-8")
	if f1904:
		wb.dates_1904 = True
	day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
	for s in sheets:
		ws = wb.add_sheet(s.name)
		if s.hidden:
			ws.visibility = 1
		for r, row in enumerate(s.rows):
			for c, v in enumerate(row):
				if v == "" or v is None:
					continue
				if isinstance(v, datetime.date):
					base = datetime.date(1904, 1, 1) if f1904 else datetime.date(1899, 12, 30)
					ws.write(r, c, (v - base).days, day)
				else:
					ws.write(r, c, v)
	wb.save(path)


def w_openpyxl(sheets, path, rng, f1904=False):
	import openpyxl
	from openpyxl.utils.datetime import CALENDAR_MAC_1904
	wb = openpyxl.Workbook()
	wb.remove(wb.active)
	if f1904:
		wb.epoch = CALENDAR_MAC_1904
	for s in sheets:
		ws = wb.create_sheet(s.name)
		if s.hidden:
			ws.sheet_state = "hidden"
		for r, row in enumerate(s.rows):
			for c, v in enumerate(row):
				if v == "" or v is None:
					continue
				ws.cell(r + 1, c + 1, v)
		for a, b, c, d in s.merges:
			if (a, b) != (c, d):
				try:
					ws.merge_cells(start_row=a + 1, start_column=b + 1, end_row=c + 1, end_column=d + 1)
				except Exception:
					pass
	if all(s.hidden for s in sheets):
		wb.create_sheet("空")
	wb.save(path)


def w_xlsxwriter(sheets, path, rng, inline=False, formulas=False):
	import xlsxwriter
	wb = xlsxwriter.Workbook(path, {"constant_memory": inline, "strings_to_formulas": False, "strings_to_urls": False})
	day = wb.add_format({"num_format": "yyyy-mm-dd"})
	red = wb.add_format({"font_color": "red", "bold": True})
	for s in sheets:
		ws = wb.add_worksheet(s.name)
		if s.hidden:
			ws.hide()
		for r, row in enumerate(s.rows):
			for c, v in enumerate(row):
				if v == "" or v is None:
					continue
				if isinstance(v, datetime.date):
					ws.write_datetime(r, c, datetime.datetime(v.year, v.month, v.day), day)
				elif isinstance(v, str):
					if formulas and s.kinds[r]["kind"] == "data" and rng.random() < .1:
						ws.write_formula(r, c, f'=TRIM("{v}")' if '"' not in v and len(v) < 200 else "=A1", None, v)
					elif not inline and s.kinds[r]["kind"] == "header" and len(v) > 3 and rng.random() < .3:
						ws.write_rich_string(r, c, red, v[:1], v[1:])
					else:
						ws.write_string(r, c, v)
				else:
					ws.write_number(r, c, v)
	if all(s.hidden for s in sheets):
		wb.add_worksheet("空")
	wb.close()


def w_pandas(sheets, path, rng):
	import pandas
	with pandas.ExcelWriter(path, engine="openpyxl") as out:
		for s in sheets:
			width = max(map(len, s.rows))
			pandas.DataFrame([list(r) + [None] * (width - len(r)) for r in s.rows]).to_excel(out, sheet_name=s.name, header=False, index=False)


def w_html(sheets, path, rng, enc="utf-8"):
	s = sheets[0]
	out = [f'<html xmlns:x="urn:schemas-microsoft-com:office:excel">\n<head><meta http-equiv="Content-Type" content="text/html; charset={enc}"><style>td{{mso-number-format:"\\@"}}</style></head><body>\n<table border="1">']
	for r, row in enumerate(s.rows):
		tag = "th" if s.kinds[r]["kind"] == "header" and rng.random() < .5 else "td"
		out.append("<tr>" + "".join(f"<{tag} x:str>" + escape(text(c)).replace("\n", "<br/>") + f"</{tag}>" for c in row) + "</tr>")
	out.append("</table></body></html>")
	open(path, "wb").write("\n".join(out).encode(enc, "xmlcharrefreplace"))


def w_ss2003(sheets, path, rng):
	out = ['<?xml version="1.0" encoding="UTF-8"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">']
	for s in sheets:
		out.append(f'<Worksheet ss:Name={quoteattr(s.name)}><Table>')
		skipped = False
		for r, row in enumerate(s.rows):
			if not any(c not in ("", None) for c in row):
				skipped = True
				continue
			out.append(f'<Row ss:Index="{r + 1}">' if skipped else "<Row>")
			skipped, gap = False, False
			for c, v in enumerate(row):
				if v in ("", None):
					gap = True
					continue
				index = f' ss:Index="{c + 1}"' if gap else ""
				gap = False
				kind, t = ("String", v) if isinstance(v, str) else ("DateTime", v.strftime("%Y-%m-%dT00:00:00.000")) if isinstance(v, datetime.date) else ("Number", repr(v))
				out.append(f'<Cell{index}><Data ss:Type="{kind}">{escape(t)}</Data></Cell>')
			out.append("</Row>")
		out.append("</Table>" + ('<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible></WorksheetOptions>' if s.hidden else "") + "</Worksheet>")
	out.append("</Workbook>")
	open(path, "w", encoding="utf-8").write("\n".join(out))


def w_text(sheets, path, rng, enc="utf-8", sep=",", bom=b"", newline="\r\n"):
	b = io.StringIO()
	csv.writer(b, delimiter=sep, lineterminator=newline).writerows([[text(c) for c in r] for r in sheets[0].rows])
	raw = b.getvalue()
	open(path, "wb").write(bom + raw.encode(enc))


def w_regxml(sheet, headers, path, attr, enc="UTF-8"):
	"""The registry's own xml: an element or attributes for each field, from the data rows of a plain sheet."""
	keys = {"全国学籍号": "grbsm", "学籍号": "grbsm", "学校标识码": "xxdm", "学校名称": "xxmc", "姓名": "xm", "性别": "xbm", "出生日期": "csrq", "民族": "mzm", "身份证件类型": "sfzjlxm", "身份证件号": "sfzjh",
	        "年级": "nj", "班级": "bjmc", "入学年月": "rxny", "就读方式": "jdfsm", "家庭地址": "jtzz", "联系电话": "lxdh", "邮政编码": "yzbm", "是否留守儿童": "sflsetm"}
	out = [f'<?xml version="1.0" encoding="{enc}"?>', "<students>"]
	for r, row in enumerate(sheet.rows):
		if sheet.kinds[r]["kind"] != "data":
			continue
		pairs = [(keys[h], text(c)) for h, c in zip(headers, row)]
		if attr:
			out.append("<student " + " ".join(f"{k}={quoteattr(v)}" for k, v in pairs) + "/>")
		else:
			out.append("<student>" + "".join(f"<{k}>{escape(v)}</{k}>" for k, v in pairs) + "</student>")
	out.append("</students>")
	open(path, "wb").write("\n".join(out).encode({"UTF-8": "utf-8", "GBK": "gbk"}[enc]))


def have(module):
	return importlib.util.find_spec(module) is not None


# name, extension, writer, whether several sheets, whether numbers stay numbers
FORMATS = [
	("xls", ".xls", w_xls, True, True), ("xls1904", ".xls", lambda s, p, r: w_xls(s, p, r, True), True, True),
	("openpyxl", ".xlsx", w_openpyxl, True, True), ("openpyxl1904", ".xlsx", lambda s, p, r: w_openpyxl(s, p, r, True), True, True),
	("xlsxwriter", ".xlsx", w_xlsxwriter, True, True), ("inline", ".xlsx", lambda s, p, r: w_xlsxwriter(s, p, r, True), True, True),
	("formulas", ".xlsx", lambda s, p, r: w_xlsxwriter(s, p, r, False, True), True, True), *([("pandas", ".xlsx", w_pandas, True, True)] if have("pandas") else []),
	("html", ".xls", w_html, False, False), ("html_gbk", ".xls", lambda s, p, r: w_html(s, p, r, "gbk"), False, False), ("ss2003", ".xls", w_ss2003, True, True),
	("csv_gb", ".csv", lambda s, p, r: w_text(s, p, r, "gb18030"), False, False), ("csv_utf8", ".csv", w_text, False, False),
	("csv_bom", ".csv", lambda s, p, r: w_text(s, p, r, "utf-8", ",", b"\xef\xbb\xbf"), False, False),
	("tab_16le", ".txt", lambda s, p, r: w_text(s, p, r, "utf-16-le", "\t", b"\xff\xfe"), False, False),
	("tab_16be", ".txt", lambda s, p, r: w_text(s, p, r, "utf-16-be", "\t", b"\xfe\xff"), False, False),
	("tab_gb_xls", ".xls", lambda s, p, r: w_text(s, p, r, "gb18030", "\t", b"", "\n"), False, False),
	("xlsx_as_xls", ".xls", w_openpyxl, True, True), ("xls_as_xlsx", ".xlsx", w_xls, True, True),
]


class Maker:
	def __init__(self, out, seed, scale):
		self.city = City(seed)
		self.rng, self.out, self.scale = self.city.rng, out, scale
		self.truth = open(f"{out}/truth.jsonl", "w", encoding="utf-8")

	def tell(self, source, file, fate="taken", **more):
		self.truth.write(json.dumps(dict(source=source, file=file, fate=fate, **more), ensure_ascii=False) + "\n")

	def path(self, source, file):
		p = f"{self.out}/inbox/{source}/{file}"
		os.makedirs(os.path.dirname(p), exist_ok=True)
		return p

	def tell_sheets(self, source, file, sheets, single, fmt, headers):
		rows = []
		for s in sheets:
			for r, k in enumerate(s.kinds):
				if k["kind"] == "blank" or not any(c not in ("", None) for c in s.rows[r]):
					continue
				rows.append(dict(sheet="" if single else s.name, hidden=s.hidden, row=r + 1, **k))
		self.tell(source, file, fmt=fmt, headers=headers, rows=rows)

	def style(self, numeric):
		r = self.rng
		pick = lambda p: r.random() < p
		return dict(date="cell" if numeric and pick(.4) else r.randrange(len(DATES)), sex=r.choice((0, 0, 0, 1)), cohort=pick(.3), title=pick(.6), unit=pick(.4), blank0=pick(.15), notes=pick(.25), two=pick(.5), star=pick(.3), must=pick(.2),
		            numbers=pick(.12), example=r.choice((0, 0, 0, 1, 2, 3)), gaps=pick(.2), total=r.choice((0, 0, 1, 2)), footer=pick(.3), footer2=pick(.2), blankcol=pick(.1))

	def write(self, source, name, sheets, fmt, headers):
		tag, ext, writer, multi, numeric = fmt
		file = name + ext
		writer(sheets, self.path(source, file), self.rng)
		single = not multi
		self.tell_sheets(source, file, sheets if multi else sheets[:1], single, tag, headers)
		return file

	def registry(self):
		plain = dict(date=0, sex=0, cohort=True)
		for k, school in enumerate(self.city.schools):
			people = [p for p in self.city.people if p["school"] is school]
			fmt = FORMATS[k % len(FORMATS)]
			headers = REGISTRY if k % 2 else SHORT
			s = make_sheet(self.city, people, headers, plain, "registry", "学籍信息表", fmt[4], rate=.03)
			self.write("registry", f"{school['div']}/{school['name']}学籍导出", [s], fmt, headers)
		for k, (attr, enc) in enumerate(((False, "UTF-8"), (True, "UTF-8"), (False, "GBK"), (True, "GBK"))):
			school = self.city.schools[k]
			people = [p for p in self.city.people if p["school"] is school][:30]
			people = [p for p in people if all(ord(c) < 0x9fff and c not in "䶮㛃" for c in p["name"])]
			s = make_sheet(self.city, people, SHORT, plain, "registry", rate=0)
			file = f"xml/{school['name']}_{'attr' if attr else 'elem'}_{enc}.xml"
			w_regxml(s, SHORT, self.path("registry", file), attr, enc)
			rows = [dict(sheet="", hidden=False, row=0, **d) for d in s.kinds if d["kind"] == "data"]
			self.tell("registry", file, fmt="regxml", headers=SHORT, rows=rows)

	def departments(self):
		r = self.rng
		k = 0
		for source, headers in FORMS.items():
			for i in range(self.scale):
				fmt = FORMATS[k % len(FORMATS)]
				k += 1
				school = r.choice(self.city.schools)
				pool = [p for p in self.city.people if p["school"] is school]
				sheets = []
				for j in range(r.choice((1, 1, 1, 2, 3)) if fmt[3] else 1):
					people = r.sample(pool, min(len(pool), r.randrange(6, 45)))
					style = self.style(fmt[4])
					hs = [h for h in headers]
					sheets.append(make_sheet(self.city, people, hs, style, source, f"{GRADES[j]}" if j else r.choice(("Sheet1", "学生名单", "汇总 表")), fmt[4]))
				if fmt[3] and len(sheets) == 1 and r.random() < .2:
					h = Sheet("代码", True)
					for row in (["性别", "民族"], ["男", "汉族"], ["女", "回族"]):
						h.add("hidden", row)
					sheets.append(h)
					if fmt[0] in ("pandas",):
						sheets.pop()
				self.write(source, f"{school['name']}_{i}", sheets, fmt, headers)

	def archives(self):
		r = self.rng
		for i in range(max(2, self.scale // 2)):
			source = r.choice(list(FORMS))
			names, blobs = [], []
			for j in range(3):
				fmt = FORMATS[(i * 3 + j) % len(FORMATS)]
				people = r.sample(self.city.people, 12)
				s = make_sheet(self.city, people, FORMS[source], self.style(fmt[4]), source, numeric=fmt[4])
				tmp = f"{self.out}/tmp{fmt[1]}"
				fmt[2]([s], tmp, r)
				name = f"第{j}小学/名单{i}_{j}{fmt[1]}"
				names.append((name, s, fmt))
				blobs.append(open(tmp, "rb").read())
				os.unlink(tmp)
			kind = i % 4
			outer = f"打包{i}." + ("gz" if kind == 2 else "zip")
			path = self.path(source, outer)
			if kind == 2:
				with gzip.GzipFile(path, "wb", mtime=0) as f:
					f.write(blobs[0])
				inner = outer[:-3]
				self.tell_sheets(source, outer + "!*", [names[0][1]], not names[0][2][3], "gz/" + names[0][2][0], FORMS[source])
				continue
			raw = self.zip(names, blobs, gbk=kind != 1)
			prefix = ""
			if kind == 3:
				raw = self.zip([("里面.zip",)], [raw], gbk=True)
				prefix = "里面.zip!"
			open(path, "wb").write(raw)
			for (name, s, fmt) in names:
				self.tell_sheets(source, outer + "!" + prefix + name, [s], not fmt[3], "zip/" + fmt[0], FORMS[source])

	@staticmethod
	def zip(names, blobs, gbk):
		"""A zip as Chinese tools of old write it: entry names in GBK and no flag for UTF-8."""
		out, central, count = b"", b"", 0
		for n, b in zip(names, blobs):
			name = n[0].encode("gbk" if gbk else "utf-8")
			flag = 0 if gbk else 0x800
			z = zlib.compressobj(6, zlib.DEFLATED, -15)
			d = z.compress(b) + z.flush()
			crc = zlib.crc32(b)
			head = struct.pack("<HHHHHIIIHH", 20, flag, 8, 0, 0x5b21, crc, len(d), len(b), len(name), 0)
			central += b"PK\1\2" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + name
			out += b"PK\3\4" + head + name + d
			count += 1
		return out + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(central), len(out), 0)


def ole2_with(stream_names, size=4096):
	"""A small OLE2 file whose root holds streams of these names: as encrypted workbooks look from outside."""
	def entry(name, kind, start, length, child=0xffffffff, right=0xffffffff):
		raw = name.encode("utf-16-le")
		return raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw) + 2, kind, 1, 0xffffffff, right, child) + b"\0" * 36 + struct.pack("<IQ", start, length)
	n = len(stream_names)
	sectors = size // 512
	fat = [0xfffffffd, 0xfffffffe]
	data = b""
	entries = [entry("Root Entry", 5, 0xfffffffe, 0, child=1)]
	at = 2
	for i, name in enumerate(stream_names):
		entries.append(entry(name, 2, at, size, right=i + 2 if i + 1 < n else 0xffffffff))
		fat += list(range(at + 1, at + sectors)) + [0xfffffffe]
		at += sectors
		data += os.urandom(size)
	while len(entries) % 4:
		entries.append(b"\0" * 66 + struct.pack("<BBIII", 0, 0, 0xffffffff, 0xffffffff, 0xffffffff) + b"\0" * 48)
	assert len(entries) == 4
	fat += [0xffffffff] * (128 - len(fat))
	head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3e, 3, 0xfffe, 9, 6) + b"\0" * 6 + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xfffffffe, 0, 0xfffffffe, 0)
	head += struct.pack("<I", 0) + b"\xff" * (108 * 4)
	return head + struct.pack("<128I", *fat) + b"".join(entries) + data


def main():
	a = argparse.ArgumentParser()
	a.add_argument("out")
	a.add_argument("--scale", type=int, default=4)
	a.add_argument("--seed", type=int, default=20260901)
	a = a.parse_args()
	os.makedirs(a.out + "/inbox", exist_ok=True)
	m = Maker(a.out, a.seed, a.scale)
	m.registry()
	m.departments()
	m.archives()
	m.truth.close()
	with open(a.out + "/people.jsonl", "w", encoding="utf-8") as f:
		for p in m.city.people:
			f.write(json.dumps(dict(p, birth=str(p["birth"])), ensure_ascii=False) + "\n")


if __name__ == "__main__":
	main()
