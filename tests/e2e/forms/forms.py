"""forms.py YICI WORK - departments' forms: what is held of them, who else asks, the calendar of collections."""
import json, os, shutil, stat, subprocess, sys

YICI, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
passed = failed = 0


def check(ok, what, detail=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAIL  {what}  [{detail}]", flush=True)


def yici(*args, status=0):
    p = subprocess.run([YICI, *args], capture_output=True, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8", "YICI_HOLD": "no"})
    check(p.returncode == status, "yici " + " ".join(args), f"{p.returncode}: {p.stderr[-300:].decode(errors='replace')}")
    return p.stdout.decode()


def form(name, headers, rows=(), encoding="utf-8"):
    path = f"{WORK}/{name}.csv"
    with open(path, "w", encoding=encoding) as f:
        f.write("\n".join(",".join(r) for r in [["某某情况登记表"], headers.split(), *rows]) + "\n")
    return path


def asks(path, data, status):
    answer = json.loads(yici("forms", data, "check", path, "--json", status=status))
    return answer, {c["header"]: c for c in answer["columns"]}


shutil.rmtree(WORK, ignore_errors=True)
os.makedirs(WORK)
A = f"{WORK}/alone"
yici("init", A)
SURVEY = "姓名 性别 出生年月 民族 所在年级 班级 身份证号 是否申请家庭经济困难资助 户口性质 家庭人数 人均年收入 特殊群体类型 是否属于烈士子女 家庭遭受自然灾害 家庭突发状况 家庭成员患重大疾病 监护人姓名 与学生关系 监护人电话 开户银行 银行卡号 社保卡号"
survey = form("资助调查", SURVEY)
before, columns = asks(survey, A, 0)
check(all(c["state"] in ("new", "sensitive") and not c["held"] for c in columns.values()), "before the first run nothing is held", columns)
check(before["cost"]["classes"] == 1 and before["cost"]["rows"] == 40, "and one class is reckoned", before["cost"])
yici("forms", A, "fill", survey, "--all", "--out", f"{WORK}/out", status=65)  # nobody is known yet
yici("make-sample", "--students", "300", "--seed", "11", "--nights", "1", "--out", f"{WORK}/sample")
shutil.copytree(f"{WORK}/sample/night-01/inbox", f"{A}/inbox", dirs_exist_ok=True)
yici("run", A, "--date", "2026-09-02")

answer, columns = asks(survey, A, 3)
check(answer["form"] == "资助调查" and len(answer["columns"]) == 22 and answer["duplicates"] == [] and answer["duplicate"], "the survey", answer)
check([columns[h]["state"] for h in ("姓名", "民族", "身份证号", "银行卡号", "监护人姓名")] == ["held", "held", "sensitive", "sensitive", "held"], "states")
check(columns["民族"]["field"] == "ethnic" and columns["民族"]["percent"] > 90 and {"source": "registry", "as_of": "2026-09-02"} in columns["民族"]["sources"], "which field, how complete, from whom, since when", columns["民族"])
check(columns["是否属于烈士子女"]["sensitive"] == "family" and columns["银行卡号"]["sensitive"] == "money" and not columns["银行卡号"]["held"], "why a grant is needed")
text = yici("forms", "check", A, survey, "--set", "language=zh", status=3)
check("22 列中已有 " in text and "重复收集已有的数据" in text and "个班 ×" in text, "the verdict in words", text[-400:])
check("of 22 columns are held" in yici("forms", A, "check", survey, "--set", "language=en", status=3), "and in English")
with open(f"{A}/out/latest/students.csv", encoding="utf-8-sig") as f:
    name = f.read().split("\n")[1].split(",")[6]
check(name not in text, "nobody is named")

# derived columns, unknown ones, passwords; a form of nothing but new questions; GB18030, as a department's program writes it
_, columns = asks(form("杂项", "序号 姓名 年龄 学段 户籍所在市 是否住校 宗教信仰 家里有几只猫 密码 备注", encoding="gb18030"), A, 3)
check([columns[h]["state"] for h in ("序号", "年龄", "学段", "户籍所在市", "是否住校", "宗教信仰", "家里有几只猫", "备注")] == ["derivable"] * 5 + ["sensitive", "new", "new"], "derivable, sensitive, new", {h: c["state"] for h, c in columns.items()})
check(columns["密码"].get("never") is True and columns["年龄"]["derive"] == "age", "passwords nobody may collect")
answer, _ = asks(form("猫", "学校 班级 姓名 学籍号 家里有几只猫"), A, 0)
check(not answer["duplicate"] and answer["new"] == 1, "who is asked for is no duplicate", answer)
yici("forms", A, "check", form("不是表", "商品 价格 数量"), status=65)
yici("forms", A, "check", f"{WORK}/none.xlsx", status=65)
yici("forms", A, "fill-it", survey, status=64)
yici("forms", A, status=64)

# the calendar
cats, dogs = form("猫狗", "姓名 班级 家里有几只猫 家里有几只狗"), form("宠物", "姓名 班级 家里有几只狗 家里有几条鱼")
yici("forms", A, "register", cats, "--due", "2026-10-08", status=64)
yici("forms", A, "register", cats, "--department", "体卫艺科", "--due", "2026-13-08", status=64)
yici("forms", A, "register", cats, "--department", "体卫艺科", "--due", "2026-10-08", "--date", "2026-09-02")
path = f"{A}/config/forms/猫狗.xml"
check(stat.S_IMODE(os.stat(path).st_mode) == 0o600 and stat.S_IMODE(os.stat(f"{A}/config/forms").st_mode) == 0o700, "for its owner alone")
same = open(path, "rb").read()
yici("forms", A, "register", cats, "--department", "体卫艺科", "--due", "2026-10-08", "--date", "2026-09-02")
check(open(path, "rb").read() == same, "registered again it is what it was")
yici("forms", A, "register", cats, "--department", "安全科", "--due", "2026-10-08", status=65)
check(open(path, "rb").read() == same, "another department does not write over it")
yici("forms", A, "register", dogs, "--department", "安全科", "--due", "2027-03-01", "--name", "春季宠物")
answer = json.loads(yici("forms", A, "register", dogs, "--department", "安全科", "--due", "2026-12-01", "--json", status=3))
check(answer["duplicates"] == ["猫狗"], "a second form of the term is flagged, not that of another term", answer["duplicates"])
_, columns = asks(form("新表", "姓名 班级 家里有几只狗 家里有几只鸟"), A, 3)
check(columns["家里有几只狗"]["also_asked_by"] == ["宠物", "春季宠物", "猫狗"] and columns["家里有几只鸟"]["also_asked_by"] == [], "who asks the same", columns)
listed = json.loads(yici("forms", A, "list", "--json", status=3))
check({f["form"]: f["duplicates"] for f in listed} == {"猫狗": ["宠物"], "宠物": ["猫狗"], "春季宠物": []}, "the calendar", listed)
os.remove(f"{A}/config/forms/宠物.xml")
yici("forms", A, "list")
yici("lint", A)
with open(path, "a") as f:
    f.write("<x/>")
yici("lint", A, status=78)
yici("forms", A, "list", status=78)
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
