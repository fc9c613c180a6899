"""teachers.py YICI WORK - the teachers of an invented city, from their lists to csv, cases, grants and forms, as a dataset beside students."""
import json, os, re, shutil, subprocess, sys, zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../run"))
sys.dont_write_bytecode = True
import nightly
from nightly import YICI, WORK, check, finish, rows


def yici(*args, zh=False, **how):
    env = {"LC_ALL": "C.UTF-8", "YICI_HOLD": "no", "YICI_LANGUAGE": "zh" if zh else "en"}
    return nightly.yici(*args, env=env, timeout=120, **how).stdout.decode()


def of_teachers(*args, **how):  # a data folder says itself what it holds, once it is made
    said = ["--dataset", "teacher"] if args[0] in ("init", "make-sample", "lint") else []
    return yici(*args, *said, **how)


for name in ("teachers", "again"):
    of_teachers("make-sample", "--students", "200", "--seed", "5", "--nights", "2", "--out", f"{WORK}/{name}")
tree = lambda name: {os.path.relpath(os.path.join(d, f), f"{WORK}/{name}"): open(os.path.join(d, f), "rb").read() for d, _, fs in os.walk(f"{WORK}/{name}") for f in fs}
check(tree("teachers") == tree("again"), "the same settings give the same bytes")
truth = rows(f"{WORK}/teachers/truth/teachers.csv")
first = {r["teacher_no"]: r for r in truth if r["night"] == "1"}

# ---- the first night ----
T = f"{WORK}/data"
of_teachers("init", T)
shutil.copytree(f"{WORK}/teachers/night-01/inbox", f"{T}/inbox", dirs_exist_ok=True)
shown = of_teachers("run", T, "--date", "2026-09-01", "--set", "outlets=csv,jsonl,xlsx,report,returned", zh=True)
latest = f"{T}/out/latest"
check(": 教师 " in shown or "：教师 " in shown, "the run speaks of teachers", shown)
files = sorted(os.listdir(latest))
check([f for f in files if f.startswith("teachers.")] == ["teachers.csv", "teachers.jsonl", "teachers.xlsx"], "files are called after the dataset", files)
check(not [f for f in files if "student" in f], "and none after students", files)
got = rows(f"{latest}/teachers.csv")
known = {r["teacher_no"]: r for r in got if r["teacher_no"]}
check(set(known) == set(first), "everybody of the registry", (len(known), len(first)))
check(all(known[n]["name"] == t["name"] and known[n]["id_no"] == t["id_no"] and known[n]["birth_date"] == t["birth_date"] for n, t in first.items()), "as they are")
check(all(known[n]["head_class"] == t["head_class"] and (known[n]["head_teacher"] == "是") == (t["head_class"] != "") for n, t in first.items()), "who is head teacher of which class")
check(sum(r["pay_monthly"] != "" and r["teacher_no"] != "" for r in got) > 0.9 * len(first), "payroll is linked")
check(sum(r["training_hours"] != "" and r["teacher_no"] != "" for r in got) > 0.7 * len(first), "and training")
heads = [r for r in got if r["head_teacher"] == "是"]
check(all(r["head_since"] for r in heads if r["teacher_no"] and r["head_class"]) or sum(bool(r["head_since"]) for r in heads) > 0.8 * len(heads), "the roll of head teachers, which has no number at all, is linked by name, school and telephone")
check(len(got) < 1.05 * len(first), "few stay alone", (len(got), len(first)))
lines = [json.loads(l) for l in open(f"{latest}/teachers.jsonl", encoding="utf-8")]
check([l["teacher_id"] for l in lines] == [r["teacher_id"] for r in got], "jsonl says the same")
for name, heading in (("changes.csv", "teacher_id,field,old,new,why"), ("lineage.csv", "source,file,sheet,row,record_id,teacher_id"), ("identity.csv", "teacher_id,event,other_teacher_id,run,why")):
    with open(f"{latest}/{name}", encoding="utf-8-sig") as f:
        check(f.readline().strip() == heading, name)
with open(f"{latest}/set_aside.csv", encoding="utf-8-sig") as f:
    aside = f.read()
check("不是教师" in aside and "学生" not in aside, "rows set aside are no teachers", aside[:300])
check("学生" not in open(f"{latest}/report.html", encoding="utf-8").read(), "the report speaks of no students")
with zipfile.ZipFile(f"{latest}/teachers.xlsx") as z:
    check('name="teachers"' in z.read("xl/workbook.xml").decode(), "the sheet is called after the dataset")
returned = [f for _, _, fs in os.walk(f"{latest}/returned") for f in fs]
check(returned, "what is wrong goes back")

# ---- explained and decided ----
one = next(r for r in got if r["teacher_no"] and r["pay_monthly"])
check("payroll" in of_teachers("explain", T, one["teacher_id"], "pay_monthly"), "where pay comes from")
cases = rows(f"{latest}/review.csv")
check(cases and "teacher_id" in cases[0] and all(not re.fullmatch("[A-Z_]+", c["kind_label"]) for c in cases), "cases have words", cases[:1])
with zipfile.ZipFile(f"{latest}/review.xlsx") as z:
    book = "".join(z.read(n).decode() for n in z.namelist() if n.endswith(".xml"))
check("同一教师" in book and "学生" not in book, "choices are of teachers")
case = cases[0]["case"]
of_teachers("review", T, "decide", case, "same", "--who", "样例", "--why", "电话核实")

# ---- the second night ----
shutil.copytree(f"{WORK}/teachers/night-02/inbox", f"{T}/inbox", dirs_exist_ok=True)
of_teachers("run", T, "--date", "2026-09-02")
after = rows(f"{latest}/teachers.csv")
left = {r["teacher_no"] for r in truth if r["night"] == "2" and r["state"] == "left"}
check(left and {r["teacher_no"] for r in after if r["presence"] == "left"} == left, "who has left", left)
check({r["reason"] for r in after if r["presence"] == "left"} <= {"retired", "transferred_out"}, "and why")
check(len({r["teacher_id"] for r in rows(f"{latest}/lineage.csv") if r["record_id"] in {c["record_id"] for c in cases if c["case"] == case}}) == 1, "who was said to be one is one")
yici("run", T, "--dataset", "student", status=78)  # students into the folder of teachers

# ---- a grant ----
os.makedirs(f"{T}/config/grants", exist_ok=True)
with open(f"{T}/config/grants/union.xml", "w", encoding="utf-8") as f:
    f.write('<grant dataset="teacher" unit="市教育工会" valid_from="2026-09-01" valid_to="2026-12-31" destroy_by="2027-06-30"><purpose>会员登记</purpose>'
            '<basis>样例办法</basis><document number="1号" date="2026-08-20"/><approver name="张样例" date="2026-08-21"/><rows><where field="head_teacher" is="1"/></rows>'
            '<fields><token/><student_id need="对照"/><field name="name" mask="whole"/><field name="school_name" mask="whole"/></fields><deliver format="csv xlsx"/></grant>')
of_teachers("lint", T)
of_teachers("run", T, "--date", "2026-09-03", zh=True)
view = rows(f"{latest}/views/union/data.csv")
now = [r for r in after if r["presence"] == "present" and r["head_teacher"] == "是"]
check(len(view) == len(now) and list(view[0]) == ["代号", "教师编号", "姓名", "学校名称"], "a grant gives head teachers alone", (len(view), len(now), list(view[0]) if view else ""))
with zipfile.ZipFile(f"{latest}/views/union/data.xlsx") as z:
    book = "".join(z.read(n).decode() for n in z.namelist() if n.endswith(".xml"))
check("教师数据交付单" in book and "教师编号" in book and "学生" not in book, "its cover speaks of teachers")

# ---- forms ----
path = f"{WORK}/teachers_survey.csv"
with open(path, "w", encoding="utf-8") as f:
    f.write("教师情况登记表\n序号,姓名,性别,年龄,职称,任教学科,教师资格证种类,身份证号,是否愿意支教\n")
answer = json.loads(of_teachers("forms", T, "check", path, "--json", status=3))
states = {c["header"]: c["state"] for c in answer["columns"]}
check([states[h] for h in ("姓名", "年龄", "职称", "身份证号", "是否愿意支教")] == ["held", "derivable", "held", "sensitive", "new"], "what a form asks of teachers", states)
of_teachers("forms", T, "register", path, "--department", "人事科", "--due", "2026-10-15", status=0)
of_teachers("forms", T, "fill", path, "--school", one["school_code"], "--out", f"{WORK}/filled")
books = os.listdir(f"{WORK}/filled")
check(len(books) == 1 and books[0].startswith(one["school_code"]) and books[0].endswith(".xlsx"), "a workbook a school", books)
of_teachers("forms", T, "burden")

# ---- a class's form is addressed to its head teacher ----
S = f"{WORK}/students"
yici("make-sample", "--students", "200", "--seed", "5", "--nights", "1", "--out", f"{WORK}/city")
yici("init", S)
shutil.copytree(f"{WORK}/city/night-01/inbox/registry", f"{S}/inbox/registry")
yici("run", S, "--date", "2026-09-01")
roster = f"{WORK}/roster.csv"
with open(roster, "w", encoding="utf-8") as f:
    f.write("班级情况表\n姓名,性别,年级,班级,是否住校\n")
told = json.loads(yici("forms", S, "fill", roster, "--all", "--out", f"{WORK}/classes", "--teachers", T, "--json"))["files"]
heads = {(r["school_code"], r["head_grade"], r["head_class"]): r["name"] for r in after if r["presence"] == "present" and r["head_teacher"] == "是"}
listed = rows(f"{WORK}/classes/addressed.csv")
wrong = [r for r in listed if r["head_teacher"] != heads.get((r["school_code"], r["grade"], r["class_name"]), "")]
check(len(listed) == len(told) > 50 and not wrong, "the list says to whom each workbook goes", wrong[:2])
check([t["head_teacher"] or "" for t in told] == [r["head_teacher"] for r in listed] and sum(bool(t["head_teacher"]) for t in told) > 0.9 * len(told), "and so does --json")
check(os.stat(f"{WORK}/classes/addressed.csv").st_mode & 0o777 == 0o600 and not any(h in t["file"] for t in told for h in [t["head_teacher"]] if h), "for nobody else's eyes; no file is called after a person")
check("head_teacher" not in json.loads(yici("forms", S, "fill", roster, "--all", "--out", f"{WORK}/plain", "--json"))["files"][0] and not os.path.exists(f"{WORK}/plain/addressed.csv"), "without teachers nobody is addressed")
check(json.loads(yici("forms", S, "fill", roster, "--all", "--out", f"{WORK}/classes2", "--set", f"teachers={T}", "--json"))["files"][0]["head_teacher"] == told[0]["head_teacher"], "the setting does the same")
yici("forms", S, "fill", roster, "--all", "--out", f"{WORK}/none", "--teachers", S, status=78)  # students address nobody

# ---- an archive page for each teacher ----
python = next((p for p in [sys.executable, *sys.argv[3:]] if os.path.exists(p) and subprocess.run([p, "-c", "import openpyxl"], capture_output=True).returncode == 0), None)
if python is None:
    made = subprocess.run([sys.executable, "-m", "venv", f"{WORK}/venv"], capture_output=True).returncode
    python = f"{WORK}/venv/bin/python"
    if made != 0 or subprocess.run([python, "-m", "pip", "install", "-q", "openpyxl==3.1.5"], capture_output=True).returncode != 0:
        python = None
        print("openpyxl cannot be had: no archive page")
if python is not None:
    here, page = os.path.dirname(os.path.abspath(__file__)), f"{WORK}/archive.xlsx"
    subprocess.run([python, f"{here}/archive.py", page], check=True)
    answer = json.loads(of_teachers("forms", T, "check", page, "--page", "--json", status=3))
    asked = {c["header"]: c for c in answer["columns"]}
    check([asked[h]["state"] for h in ("姓名", "身份证号", "是否骨干教师", "年度考核结果")] == ["held", "sensitive", "new", "new"] and asked["姓名"]["column"] == "A2" and "教师电子档案" not in asked, "labels of a page", asked.get("姓名"))
    check("注：已有信息由系统填写，请核对；标黄的请本人填写。" not in asked, "a note is no label")
    who = next(r for r in after if r["presence"] == "present" and r["head_class"] and r["classes_taught"] and r["title"])
    of_teachers("forms", T, "fill", page, "--page", "--school", who["school_code"], "--out", f"{WORK}/pages")
    pages = rows(f"{WORK}/pages/addressed.csv")
    here_now = [r for r in after if r["presence"] == "present" and r["school_code"] == who["school_code"]]
    check(len(pages) == len(here_now) == len(os.listdir(f"{WORK}/pages")) - 1 and sorted(p["name"] for p in pages) == sorted(r["name"] for r in here_now), "a page for each of the school, and a list", (len(pages), len(here_now)))
    check(not any(r["name"] in p["file"] for p in pages for r in here_now), "no page is called after a person")
    with open(f"{WORK}/person.json", "w", encoding="utf-8") as f:
        json.dump(who, f)
    filled = f"{WORK}/pages/{who['school_code']}-{who['teacher_id']}.xlsx"
    p = subprocess.run([python, f"{here}/archive_check.py", page, filled, f"{WORK}/person.json"], capture_output=True)
    check(p.returncode == 0, "the page of one", p.stderr.decode()[-500:])
    of_teachers("forms", T, "fill", page, "--page", "--person", who["teacher_id"], "--out", f"{WORK}/one")
    with open(filled, "rb") as a, open(f"{WORK}/one/{os.path.basename(filled)}", "rb") as b:
        check(a.read() == b.read() and len(os.listdir(f"{WORK}/one")) == 2, "one person's alone is the same")
    # what comes back is a source, as of students
    back = f"{T}/inbox/forms/人事科"
    os.makedirs(back, exist_ok=True)
    edit = "import sys,openpyxl\nw=openpyxl.load_workbook(sys.argv[1]);s=w.active\nc=next(x for x in s[2] if x.value=='是否愿意支教').column\nfor r in range(3,s.max_row+1): s.cell(r,c).value='是'\nw.save(sys.argv[2])"
    subprocess.run([python, "-c", edit, f"{WORK}/filled/{one['school_code']}.xlsx", f"{back}/back.xlsx"], check=True)
    of_teachers("run", T, "--date", "2026-09-04")
    now = {c["header"]: c["state"] for c in json.loads(of_teachers("forms", T, "check", path, "--json", status=3))["columns"]}
    check(now["是否愿意支教"] == "held", "a new question that was answered is held", now)
    answers = rows(f"{latest}/form_answers.csv")
    check(answers and {a["teacher_id"] for a in answers} <= {r["teacher_id"] for r in after if r["school_code"] == one["school_code"]}, "whose answers they are", answers[:1])
    of_teachers("forms", T, "fill", page, "--person", who["teacher_id"], "--out", f"{WORK}/one", status=64)
    of_teachers("forms", T, "fill", path, "--page", "--all", "--out", f"{WORK}/nothing", status=65)  # a table is no page
finish()
