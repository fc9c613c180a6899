"""grants_forms.py YICI WORK - forms filled in by a grant: what it gives and nothing else, to whom it gives, each workbook in the log before it exists."""
import random, re, signal, stat, sys, os, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../run"))
sys.dont_write_bytecode = True
from nightly import *
import xml.etree.ElementTree as xml

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

os.environ.update(LC_ALL="C.UTF-8", YICI_HOLD="no")
HEADER = "姓名,身份证件号,学校名称,学校标识码,年级,班级,残疾类型,联系电话,血型,出生日期"
PUPILS = [(f"王小{c}", id_no(f"15010220140{3 + n % 5}{10 + n}77{n}"), *(("第一小学", "2115000001") if n < 6 else ("第二小学", "2115000002")), "小学三年级", "2班",
           ("肢体残疾", "无残疾", "")[n % 3], f"1380000{1000 + n}", ("A血型", "B血型")[n % 2], f"2014-0{3 + n % 5}-{10 + n}") for n, c in enumerate("甲乙丙丁戊己庚辛壬")]
DAY = "2026-09-03"


def grant(rows, fields, deliver='format="csv" every="term"', days=("2026-09-01", "2027-01-31", "2027-06-30")):
    return (f'<grant unit="样例单位" valid_from="{days[0]}" valid_to="{days[1]}" destroy_by="{days[2]}"><purpose>核对</purpose><basis>样例办法</basis>'
            f'<document number="样例〔2026〕1号" date="2026-08-20"/><approver name="张样例" post="科长" date="2026-08-21"/><rows>{rows}</rows>'
            f"<fields>{fields}</fields><deliver {deliver}/></grant>")


def allow(data, **grants):
    os.makedirs(f"{data}/config/grants", exist_ok=True)
    for name, text in grants.items():
        with open(f"{data}/config/grants/{name}.xml", "w", encoding="utf-8") as out:
            out.write(text)


def form(name, headers):
    path = f"{WORK}/{name}.csv"
    with open(path, "w", encoding="utf-8") as out:
        out.write("情况登记表\n" + headers.replace(" ", ",") + "\n")
    return path


def fill(data, path, out, *more, status=0, date=DAY):
    done = yici("forms", data, "fill", path, "--out", f"{WORK}/{out}", "--date", date, "--json", *(more or ("--all",)), status=status)
    return json.loads(done.stdout) if status == 0 else done


def table_in(path):
    """The cells of the first sheet, by row."""
    with zipfile.ZipFile(path) as z:
        root = xml.fromstring(z.read("xl/worksheets/sheet1.xml"))
        whole = b"".join(z.read(n) for n in z.namelist())
    found = []
    for row in root.iter(MAIN + "row"):
        found.append({re.match("[A-Z]+", c.get("r")).group(): "".join(t.text or "" for t in c.iter() if t.tag.endswith(("}t", "}v"))) for c in row.iter(MAIN + "c")})
    return found, whole


def logged(data, *args):
    return json.loads(yici("disclosures", data, *args, "--json").stdout)


def books(out):
    return [p for p in files_below(f"{WORK}/{out}") if not os.path.basename(p).startswith("cover-")]


def sha(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


G = grant('<school code="2115000001"/><where field="disability" held="yes" need="核对"/>',
          '<field name="id_no" mask="last4"/><field name="disability" mask="yes_no" yes="1 2 3 4 5 6 7 9" as="是否残疾" need="核对"/>')
data = data_folder("data")
allow(data, some=G, whole=grant("<all/>", '<field name="id_no" mask="whole"/><field name="birth_date" mask="whole"/>'), early=grant("<all/>", '<field name="id_no" mask="last4"/>', days=("2026-10-01", "2027-01-31", "2027-06-30")),
      expired=grant("<all/>", '<field name="id_no" mask="last4"/>', days=("2026-01-01", "2026-09-02", "2027-06-30")), broken=grant("<all/>", '<field name="health" mask="whole"/>'),
      names=grant("<all/>", '<field name="name" mask="whole"/>'), twice=grant("<all/>", '<field name="id_no" mask="last4"/>', 'format="csv" every="term" times="3"'))
put(data, "registry/all.csv", table(*PUPILS, header=HEADER))
run(data, "2026-09-02")
nights = logged(data)
student = {s["name"]: s["student_id"] for s in rows(f"{data}/out/latest/students.csv")}
survey = form("残疾调查", "序号 姓名 性别 身份证号 残疾类型 是否残疾 血型 家里有几只猫")

# ---- what is refused: nothing is written, nothing logged ----
for name in ("early", "expired", "broken", "none", "names"):
    said = fill(data, survey, "refused", "--all", "--grant", name, status=77)
    check(said.stderr != b"", "and it says why", name)
check(b"expired" in fill(data, survey, "refused", "--all", "--grant", "some", "--set", "language=en", date="2027-02-01", status=77).stderr, "the day after its last")
fill(data, survey, "refused", "--all", "--grant", "some", date="2026-09-01", status=77)  # the clock was set back
check(not os.path.exists(f"{WORK}/refused") and logged(data) == nights and not os.path.exists(f"{data}/state/members"), "nothing of it anywhere")
out = f"{WORK}/today"  # without --date it is today that counts, not the day of the data
allow(data, past=grant("<all/>", '<field name="id_no" mask="last4"/>', days=("2026-09-01", "2026-09-02", "2027-06-30")))
yici("forms", data, "fill", survey, "--all", "--out", out, "--grant", "past", status=77)
check(not os.path.exists(out), "data of a day on which it was valid does not make it so")

# ---- what is given ----
plain = fill(data, survey, "plain")
told = fill(data, survey, "filled", "--all", "--grant", "some")
check(told["classes"] == 2 and told["granted"] == 4 * 2 and plain["granted"] == 0, "cells by the grant: two columns of four pupils", str(told))
check(told["sensitive"] == plain["sensitive"] - 8 and told["open"] == plain["open"], "and what was left for want of one is less by these", str((told, plain)))
met = set()
for path in books("filled"):
    found, whole = table_in(path)
    check(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "for its owner alone")
    for p in PUPILS:
        mine = [r for r in found if r.get("B") == p[0]]
        if not mine:
            continue
        met.add(p[0])
        given = p[3] == "2115000001" and p[6] != ""
        want = (p[1][-4:], {"肢体残疾": "是", "无残疾": "否"}[p[6]], "") if given else ("", "", "")
        check(tuple(mine[0].get(c, "") for c in "DEF") == want, "as the grant says", f"{mine[0]} {want}")
        check(mine[0].get("G", "") == "", "blood type was not granted")
    for p in PUPILS:
        check(p[1].encode() not in whole and p[1][:14].encode() not in whole, "no identity number, nor most of one")
        if p[3] != "2115000001" or p[6] == "":
            check(not any(p[1][-4:] == v for r in found for v in r.values()), "nothing of who is not among the rows")
    check("肢体".encode() not in whole and "A血型".encode() not in whole and "B血型".encode() not in whole, "whether, not which; and nothing else")
check(met == set(student), "everybody stands in one", str(met))
whole = fill(data, survey, "whole", "--all", "--grant", "whole")
seen = {r["B"]: r.get("D") for path in books("whole") for r in table_in(path)[0] if r.get("B") in student}
check(seen == {p[0]: p[1] for p in PUPILS} and whole["granted"] == 9, "whole where it is granted whole", str(seen))
check(all(not any(r.get(c) for c in "EFG") for path in books("whole") for r in table_in(path)[0] if r.get("B") in student), "and only that column")

# ---- the cover sheet beside them: nobody's name, and why a column is empty ----
number = logged(data, "--grant", "some")[-1]["delivery"]
cover = open(f"{WORK}/filled/cover-some-{number}.txt", encoding="utf-8").read()
check(all(w in cover for w in ("样例单位", "核对", "样例〔2026〕1号", "2027-06-30", f"some-{number}", "残疾调查", "身份证号 | 只给后四位", "残疾类型", "血型")), "purpose, document, destroy-by, number, columns", cover)
given, withheld = cover.split("未给的列")
check(re.search(r"^血型 \| \S", withheld, re.M) and "血型" not in given and "猫" not in withheld and "其他列: 姓名\n" in given, "what was refused, and why", cover)
check("工作簿数: 2" in cover and "学生数: 4" in cover and not any(p[0] in cover for p in PUPILS), "how many, not who", cover)
found = table_in(f"{WORK}/filled/cover-some-{number}.xlsx")[0]
check(any("样例单位" in r.values() for r in found) and any("血型" in r.values() for r in found), "the same as a workbook, to be printed", str(found)[:300])
check(stat.S_IMODE(os.stat(f"{WORK}/filled/cover-some-{number}.txt").st_mode) == stat.S_IMODE(os.stat(f"{WORK}/filled/cover-some-{number}.xlsx").st_mode) == 0o600, "for its owner alone")
check(not [p for p in files_below(f"{WORK}/plain") if "cover" in p], "none without a grant")

# ---- what is written down ----
lines = [e for e in logged(data) if e["action"] == "fill"]
check(len(lines) == 4 and [e["grant"] for e in lines] == ["some", "some", "whole", "whole"], "a line a workbook", str(lines))
for e in lines:
    name, digest = e["sha256"].rsplit(":", 1)
    check(digest == sha(f"{WORK}/{'filled' if e['grant'] == 'some' else 'whole'}/{name}"), "with its digest", name)
    check((e["who"], e["document"], e["form"], e["date"], e["delivery"]) == ("样例单位", "样例〔2026〕1号", "残疾调查", DAY, "2"), "who, by which document, which form", str(e))
check(sorted(e["rows"] for e in lines) == sorted(["4", "0", "6", "3"]) and lines[0]["columns"] == "id_no_last4 disability_yes_no" and lines[0]["beside"] == "name", "how many, which columns", str(lines[0]))
for n, p in enumerate(PUPILS):
    mine = [e["grant"] for e in logged(data, student[p[0]]) if e["action"] == "fill"]
    check(mine == (["some"] if p[3] == "2115000001" and p[6] else []) + ["whole"], "who received what of a child", f"{n} {mine}")
check("残疾调查" in yici("disclosures", data, student[PUPILS[0][0]]).stdout.decode(), "told to people, too")
log = f"{data}/state/disclosures.log"
text = open(log, "rb").read()
check(not any(w.encode() in text for p in PUPILS for w in (p[0], p[1], student[p[0]])), "nothing of a pupil is in the log")
for path in files_below(f"{data}/state/members"):
    check(stat.S_IMODE(os.stat(path).st_mode) == 0o600 and os.path.basename(path) == sha(path), "who was in it, by digest")
yici("audit", data, "verify")
listed = next(path for path in files_below(f"{data}/state/members"))
kept = open(listed, "rb").read()
for wrong in (kept[:-16], b""):
    with open(listed, "wb") as f:
        f.write(wrong)
    said = json.loads(yici("audit", data, "verify", "--json", status=65).stdout)
    check(said["disclosures_broken_line"] is not None, "a changed list is found", str(said))
with open(listed, "wb") as f:
    f.write(kept)
with open(log, "wb") as f:
    f.write(text.replace(b'"rows":"6"', b'"rows":"5"', 1))
yici("audit", data, "verify", status=65)
fill(data, survey, "refused", "--all", "--grant", "some", status=77)
check(not os.path.exists(f"{WORK}/refused"), "with a broken log nothing is filled in")
with open(log, "wb") as f:
    f.write(text)

# ---- again, and how often ----
again = fill(data, survey, "filled", "--all", "--grant", "some")
check(len(logged(data)) == len(nights) + 6 and logged(data)[-1]["delivery"] == "3", "filled in again it was given again")
for n in (2, 3):
    fill(data, survey, "often", "--all", "--grant", "twice")
fill(data, survey, "late", "--all", "--grant", "twice", status=77)
check(not os.path.exists(f"{WORK}/late"), "not more often in a term than is granted")
put(data, "registry/all.csv", table(*PUPILS[:8], header=HEADER))
run(data, "2026-09-04")
check({g["grant"]: g["state"] for g in rows(f"{data}/out/latest/views/grants.csv")} == {"broken": "broken", "early": "not_yet", "expired": "expired", "names": "not_due", "past": "expired", "some": "not_due", "twice": "used_up", "whole": "not_due"},
      "nights go on as they would", str({g["grant"]: g["state"] for g in rows(f"{data}/out/latest/views/grants.csv")}))
fill(data, survey, "after", "--all", "--grant", "some", date="2026-09-04")
check(logged(data)[-1]["delivery"] == "4" and [e["delivery"] for e in logged(data, "--grant", "some")] == ["1", "2", "2", "3", "3", "4", "4"], "numbers go on")
yici("audit", data, "verify")

# ---- a filling that is killed anywhere leaves no workbook without its line ----
rng = random.Random(int(os.environ.get("YICI_TEST_SEED", "7")))
base = town(400)
data = data_folder("killed")
allow(data, all=grant("<all/>", '<field name="id_no" mask="last4"/>'))
deliver(data, f"{base}/night-01/inbox")
run(data, "2026-09-02")
began = time.monotonic()
calm = fill(data, survey, "calm", "--all", "--grant", "all")
took = time.monotonic() - began
check(calm["classes"] > 20 and len(books("calm")) == calm["classes"] and calm["granted"] > 300, "a town of some classes", str(calm["classes"]))
partly = 0
for kill in range(8):
    out = f"killed{kill}"
    os.makedirs(f"{WORK}/{out}")
    program = subprocess.Popen([YICI, "forms", data, "fill", survey, "--all", "--grant", "all", "--out", f"{WORK}/{out}", "--date", DAY], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + rng.uniform(0, 1.1) * took
    first = kill % 2  # every other one as soon as the first workbook is there, however long that takes
    while program.poll() is None and not (any(p.endswith(".xlsx") for p in books(out)) if first else time.monotonic() >= deadline):
        time.sleep(0.001)
    program.kill()
    program.wait(60)
    known = {e["sha256"].rsplit(":", 1)[1] for e in logged(data)}
    there = [p for p in books(out) if p.endswith(".xlsx")]
    partly += 0 < len(there) < calm["classes"]
    check(all(sha(p) in known for p in there), "each has its line", out)
    yici("audit", data, "verify")
check(partly > 0, "some were killed in the middle", f"{took:.2f} s")
# one that ends between two workbooks, for something is in the way of the second
first, second = [os.path.relpath(p, f"{WORK}/calm") for p in books("calm")][:2]
os.makedirs(f"{WORK}/blocked/{second}/x")
before = int(logged(data)[-1]["delivery"])
yici("forms", data, "fill", survey, "--all", "--grant", "all", "--out", f"{WORK}/blocked", "--date", DAY, status=None)
number = logged(data)[-1]["delivery"]
check(sha(f"{WORK}/blocked/{first}") in {e["sha256"].rsplit(":", 1)[1] for e in logged(data) if e["delivery"] == number and e["sha256"].startswith(first + ":")}
      and int(number) > before, "the first has its line", str((number, before)))
fill(data, survey, "end", "--all", "--grant", "all")
check([sha(p) for p in books("end")] == [sha(p) for p in books("calm")], "and in the end the workbooks are the same")

finish()
