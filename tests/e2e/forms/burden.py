"""burden.py YICI WORK - what collections ask, what was filled in for them, what is left: counted beside the program."""
import stat, sys, os
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../run"))
sys.dont_write_bytecode = True
from nightly import *

os.environ.update(LC_ALL="C.UTF-8", YICI_HOLD="no")
data = data_folder("data")


def form(name, headers):
    path = f"{WORK}/{name}.csv"
    with open(path, "w", encoding="utf-8") as out:
        out.write("情况登记表\n" + headers.replace(" ", ",") + "\n")
    return path


def burden(*args):
    told = json.loads(yici("forms", data, "burden", "--json", *args).stdout)
    return told, {f["form"]: f for f in told["forms"]}


def fill(path, *more):
    return json.loads(yici("forms", data, "fill", path, "--out", f"{WORK}/out", "--date", "2026-09-03", "--json", *more).stdout)


told, forms = burden()
check(forms == {} and told["total"]["asked"] == 0 and told["students"] == 0, "before the first run and the first form: nothing", str(told))
base = town(300, 3)
deliver(data, f"{base}/night-01/inbox")
run(data, "2026-09-02")
here = [s for s in rows(f"{data}/out/latest/students.csv") if s["presence"] in ("present", "stale", "back") and s["school_code"]]
pets, trips = form("宠物", "序号 姓名 性别 民族 身份证号 家里有几只猫 备注"), form("研学", "姓名 班级 家里有几只猫 参加哪条线路")
yici("forms", data, "register", pets, "--department", "体卫艺科", "--due", "2026-10-08", "--date", "2026-09-02", status=0)
yici("forms", data, "register", trips, "--department", "德育科", "--due", "2026-11-20", "--date", "2026-09-02", status=3)
told, forms = burden()
seconds = told["seconds_a_cell"]
check(told["students"] == len(here) and forms["宠物"]["columns"] == 5 and forms["宠物"]["asked"] == forms["宠物"]["left"] == 5 * len(here), "every pupil is asked, for all but numbers and remarks", str(forms))
check(forms["宠物"]["duplicates"] == ["研学"] and forms["研学"]["duplicates"] == ["宠物"] and told["total"]["flagged"] == 2, "forms that ask the same are flagged", str(told["total"]))
check(not os.path.exists(f"{data}/state/fills.tsv"), "nothing was filled in yet")

# ---- one school, one class of it again, then all ----
school = max({s["school_code"] for s in here}, key=lambda c: (sum(s["school_code"] == c for s in here), c))
mine = [s for s in here if s["school_code"] == school]
want = sum(bool(s[c]) for s in mine for c in ("name", "sex", "ethnic"))
one = fill(pets, "--school", school)
told, forms = burden()
check(forms["宠物"]["filled"] == want == one["filled"] - len(mine), "cells filled in, without the numbers of rows", f'{forms["宠物"]["filled"]} {want} {one["filled"]}')
check(forms["宠物"]["left"] == 5 * len(here) - want and forms["宠物"]["classes"] == one["classes"], "what is left", str(forms["宠物"]))
check(forms["宠物"]["hours_saved"] == round(want * seconds / 3600, 1), "hours saved, by the seconds of the terms", str(forms["宠物"]))
by = {s["school_code"]: s for s in told["schools"]}
check({c: s["filled"] for c, s in by.items() if s["filled"]} == {school: want} and {c: s["students"] for c, s in by.items()} == {c: sum(s["school_code"] == c for s in here) for c in by}, "by school", str(by[school]))
check({d["department"]: (d["forms"], d["filled"]) for d in told["departments"]} == {"体卫艺科": (1, want), "德育科": (1, 0)}, "by department", str(told["departments"]))
room = next(s for s in mine if s["class_name"])
fill(pets, "--class", f'{school}/{room["grade"]}/{room["class_name"]}')
check(burden()[0]["total"] == told["total"], "a class that is filled in again counts once")
fill(pets, "--all")
told, forms = burden()
every = sum(bool(s[c]) for s in here for c in ("name", "sex", "ethnic"))
check(forms["宠物"]["filled"] == every and sum(s["filled"] for s in told["schools"]) == every == told["total"]["filled"], "and all of them", f'{forms["宠物"]["filled"]} {every}')
check(all(s["asked"] == 9 * s["students"] for s in told["schools"]), "both forms ask every school", str(told["schools"][0]))

# ---- periods, and what nobody registered ----
check(list(burden("--from", "2026-11-01", "--to", "2026-11-30")[1]) == ["研学"] and list(burden("--to", "2026-10-08")[1]) == ["宠物"], "forms that are due in the period")
loose = form("随手表", "姓名 性别 家里有几条鱼")
fill(loose, "--school", school)
told, forms = burden("--from", "2026-09-01", "--to", "2026-09-30")
check(list(forms) == ["随手表"] and not forms["随手表"]["registered"] and forms["随手表"]["asked"] == 3 * len(mine), "what nobody registered, by its day", str(forms))
check(list(burden("--from", "2026-09-04", "--to", "2026-09-30")[1]) == [], "and not on other days")
yici("forms", data, "burden", "--from", "2026-13-01", status=64)
yici("forms", data, "burden", pets, status=64)

# ---- what is remembered, and a line that a crash tore ----
path = f"{data}/state/fills.tsv"
kept = open(path, "rb").read()
check(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "for its owner alone")
check(not any(w.encode() in kept for s in here for w in (s["name"], s["student_id"], s["student_no"]) if len(w) > 1), "counts, nothing of a pupil")
before = burden()[0]
with open(path, "ab") as out:
    out.write(kept.splitlines()[0][:50])
check(burden()[0] == before, "half a line does not count")
fill(loose, "--school", school)
check(burden()[0] == before and open(path, "rb").read().startswith(kept), "and the next stands on a line of its own")

# ---- one workbook for a school, or for all: every class of it counts ----
total = burden()[0]["total"]
for by, *more in (("school", "--all"), ("school", "--school", school), ("all", "--all")):
    shutil.rmtree(f"{WORK}/out")
    one = fill(pets, "--by", by, *more)
    names = sorted(os.path.relpath(p, f"{WORK}/out") for p in files_below(f"{WORK}/out"))
    want = ["宠物.xlsx"] if by == "all" else [f"{c}.xlsx" for c in sorted({s["school_code"] for s in (mine if "--school" in more else here)})]
    check(names == want and [f["students"] for f in one["files"]] == ([len(here)] if by == "all" else [sum(s["school_code"] == n[:-5] for s in here) for n in want]), f"a workbook by {by}", str(names))
    check(burden()[0]["total"] == total, f"filled in by {by} each class counts once, with the same cells", str((total, burden()[0]["total"])))
with zipfile.ZipFile(f"{WORK}/out/宠物.xlsx") as z:
    sheet = z.read("xl/worksheets/sheet1.xml").decode()
check(all(f">{s['name']}<" in sheet for s in here if s["name"]), "everybody stands in the one")
same = open(f"{WORK}/out/宠物.xlsx", "rb").read()
fill(pets, "--by", "all", "--all", "--jobs", "3")
check(open(f"{WORK}/out/宠物.xlsx", "rb").read() == same, "the same bytes")
yici("forms", data, "fill", pets, "--by", "city", "--all", "--out", f"{WORK}/out", status=64)
yici("forms", data, "fill", pets, "--by", "school", "--class", f'{school}/{room["grade"]}/{room["class_name"]}', "--out", f"{WORK}/out", status=64)
before = burden()[0]

# ---- refused at registration: nobody is asked, and that is counted ----
cats = form("养猫", "姓名 班级 家里有几只猫 猫的名字")
listed = {f["form"]: f for f in json.loads(yici("forms", data, "list", "--json", status=3).stdout)}
check(not any(f["refused"] for f in listed.values()), "flagged, and registered all the same", str(listed))
yici("forms", data, "register", cats, "--department", "安全科 <A&B>", "--due", "2026-10-20", "--refuse", "--date", "2026-09-03", status=3)
told, forms = burden()
check((forms["养猫"]["refused"], forms["养猫"]["forms"], forms["养猫"]["asked"], forms["养猫"]["refused_cells"]) == (1, 0, 0, 4 * len(here)), "what it would have asked", str(forms["养猫"]))
check(told["total"]["flagged"] == 2 and told["total"]["asked"] == before["total"]["asked"], "nobody is asked, nobody else is flagged for it", str(told["total"]))
check([d["refused"] for d in told["departments"] if d["department"].startswith("安全科")] == [1] and all(s["refused"] == 1 and s["refused_cells"] == 4 * s["students"] for s in told["schools"]), "by department and school", str(told["departments"]))
check(json.loads(yici("forms", data, "check", form("又一张", "姓名 班级 猫的名字"), "--json", status=0).stdout)["duplicates"] == [], "what is refused is asked by nobody")
fish = form("养鱼", "姓名 班级 家里有几条金鱼")
yici("forms", data, "register", fish, "--department", "安全科 <A&B>", "--due", "2027-03-20", "--refuse")
check(burden()[1]["养鱼"]["forms"] == 1, "what asks nothing again is registered")
before = burden()[0]

# ---- in the report of the night, the term's ----
def report():
    with open(f"{data}/out/latest/report.json") as f, open(f"{data}/out/latest/report.html") as g:
        return json.load(f).get("forms"), g.read()


check(report()[0] is None and "<svg" not in report()[1], "the first night knew of no form")
deliver(data, f"{base}/night-02/inbox")
run(data, "2026-09-04")
said, html = report()
told, _ = burden("--from", said["from"], "--to", said["to"])
sums = lambda s: {k: s[k] for k in ("forms", "flagged", "asked", "filled", "left", "hours_saved", "refused", "refused_cells")}
check(sums(said["total"]) == sums(told["total"]) and {d["department"]: sums(d) for d in said["departments"] if d["department"]} == {d["department"]: sums(d) for d in told["departments"]}, "the report has the same figures", str(said) + str(told["total"]))
check([d["department"] for d in said["departments"]][-1] == "" and said["departments"][-1]["asked"] == 3 * len(mine), "what nobody registered is last", str(said["departments"]))
check("养鱼" not in str(told["forms"]), "next term's forms wait for their term")
check("安全科 &lt;A&amp;B&gt;" in html and "<A&B>" not in html and html.count("<svg") == len(said["departments"]), "a bar for each department")
check(not any(w in html for w in ("<script", "http:", "https:", "url(", "src=")), "the page loads nothing")
with open(f"{data}/config/forms/养猫.xml", "a") as f:
    f.write("<x/>")
deliver(data, f"{base}/night-03/inbox")
run(data, "2026-09-05")
check(report()[0] is None, "a broken form holds up nobody's night, and nothing is said")
os.remove(f"{data}/config/forms/养猫.xml")
before = burden()[0]

# ---- for people, and as csv ----
text = yici("forms", data, "burden", "--set", "language=zh", "--out", f"{WORK}/csv").stdout.decode()
check("体卫艺科" in text and "省时" in text and "宠物" in text and f"每格 {seconds} 秒" in text, "as a table", text[:300])
check("hours" in yici("forms", data, "burden", "--set", "language=en").stdout.decode(), "in English, too")
table = {r["form"]: r for r in rows(f"{WORK}/csv/burden-forms.csv")}
check(table["宠物"]["filled"] == str(every) and table["宠物"]["duplicates"] == "研学" and table["随手表"]["department"] == "", "as csv", str(table))
check({r["department"]: r["asked"] for r in rows(f"{WORK}/csv/burden-departments.csv")} == {d["department"]: str(d["asked"]) for d in before["departments"]}, "departments")
check({r["school_code"]: (r["students"], r["left"]) for r in rows(f"{WORK}/csv/burden-schools.csv")} == {s["school_code"]: (str(s["students"]), str(s["left"])) for s in before["schools"]}, "schools")

finish()
