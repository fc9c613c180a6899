"""decide.py YICI WORK - what people decide, as they do it: corrections, the log of decisions, undoing, over a bus too."""
import csv, glob, hashlib, json, os, re, shutil, subprocess, sys, zipfile

YICI, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
passed = failed = 0


def check(ok, what, detail=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAIL  {what}  [{detail}]", flush=True)


def yici(*args, status=0):
    p = subprocess.run([YICI, *args], capture_output=True, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8", "YICI_HOLD": "no"})  # a city of a few: any change is much
    check(p.returncode == status, "yici " + " ".join(args), f"{p.returncode}: {p.stderr[-300:].decode(errors='replace')}")
    return p.stdout.decode()


def table(data, name):
    with open(f"{data}/out/latest/{name}", encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def digest(data, leave_out=()):
    folder, h = os.path.realpath(f"{data}/out/latest"), hashlib.sha256()
    for path in sorted(glob.glob(folder + "/**/*", recursive=True)):
        if os.path.isfile(path) and os.path.basename(path) not in leave_out:
            with open(path, "rb") as f:
                h.update(os.path.relpath(path, folder).encode() + b"\0" + f.read())
    return h.hexdigest()


shutil.rmtree(WORK, ignore_errors=True)
os.makedirs(WORK)
yici("make-sample", "--students", "300", "--seed", "11", "--nights", "1", "--out", f"{WORK}/sample")
A = f"{WORK}/alone"
yici("init", A)
shutil.copytree(f"{WORK}/sample/night-01/inbox", f"{A}/inbox", dirs_exist_ok=True)
yici("run", A, "--date", "2026-09-02")

# ---- corrections ----
registry = [r for r in table(A, "lineage.csv") if r["source"] == "registry" and r["file"].endswith(".csv") and "!" not in r["file"]]
utf8 = [f for f in sorted({r["file"] for r in registry})
        if open(f"{A}/archive/20260902-1/registry/{f}", "rb").read(3) == b"\xef\xbb\xbf"][0]
line = next(r for r in registry if r["file"] == utf8)
student = line["student_id"]
was = next(s for s in table(A, "students.csv") if s["student_id"] == student)
yici("correct", A, student, "民族", "回族", "--why", "户口本为证", "--who", "王老师")
yici("correct", A, student, "sex", "既男又女", "--why", "x", status=65)
yici("correct", A, student, "id_no", was["id_no"][:17] + ("1" if was["id_no"][17] != "1" else "2"), "--why", "x", status=65)
yici("correct", A, student, "nationality", was["nationality"], "--why", "x", status=65)
yici("correct", A, "0" * 32, "sex", "1", "--why", "x", status=65)
yici("correct", A, student, "sex", "1", status=64)
check("下次汇总起生效" in yici("explain", A, student, "ethnic"), "explain shows a correction that is to come")
yici("run", A, "--date", "2026-09-03")
now = next(s for s in table(A, "students.csv") if s["student_id"] == student)
check({k: v for k, v in now.items() if was[k] != v} == {"ethnic": "回族"}, "the pinned value is there, and nothing else changed")
check([(c["student_id"], c["field"], c["why"]) for c in table(A, "changes.csv")] == [(student, "ethnic", "decision:1")],
      "changes.csv says so, and by which decision")
todo = table(A, "worklist-registry.csv")
check(len(todo) == 1 and todo[0]["is"] == was["ethnic"] and todo[0]["should_be"] == "回族" and todo[0]["row"] == line["row"]
      and todo[0]["file"] == utf8 and todo[0]["who"] == "王老师" and todo[0]["why"] == "户口本为证", "the worklist tells the school", str(todo))
check(sum('"pinned":"ethnic"' in l for l in open(f"{A}/out/latest/students.jsonl", encoding="utf-8")) == 1, "students.jsonl says it is pinned")
check("人工更正，决定 1]" in yici("explain", A, student, "ethnic"), "explain says who pinned it")
check(json.load(open(f"{A}/out/latest/report.json"))["totals"]["pinned"] == 1, "the report counts it")

# the registry comes again, as it was, then as it should be
with open(f"{A}/archive/20260902-1/registry/{utf8}", encoding="utf-8-sig", newline="") as f:
    rows = list(csv.reader(f))


def deliver(data, name):
    with open(f"{data}/inbox/registry/{name}", "w", encoding="utf-8-sig", newline="") as f:
        csv.writer(f).writerows(rows)


rows[int(line["row"]) - 1][rows[0].index("籍贯")] = "河南省开封市"
deliver(A, "again.csv")
yici("run", A, "--date", "2026-09-04")
now = next(s for s in table(A, "students.csv") if s["student_id"] == student)
check(now["ethnic"] == "回族" and now["native_place"] != was["native_place"], "a load that changes the row leaves the pin")
check([c["field"] for c in table(A, "changes.csv") if c["student_id"] == student] == ["native_place"], "and tells of nothing else")
for name in ("before", "bus"):
    shutil.copytree(A, f"{WORK}/{name}", symlinks=True)
rows[int(line["row"]) - 1][rows[0].index("民族")] = "回族"
deliver(A, "mended.csv")
yici("run", A, "--date", "2026-09-05")
check(table(A, "worklist-registry.csv") == [], "the registry agrees: nothing is left to do")
totals = json.load(open(f"{A}/out/latest/report.json"))["totals"]
check((totals["pinned"], totals["pins_expired"]) == (0, 1), "the pin has expired", str(totals))
check(not any('"pinned"' in l for l in open(f"{A}/out/latest/students.jsonl", encoding="utf-8")), "and is no longer told")
rows[int(line["row"]) - 1][rows[0].index("民族")] = "满族"
deliver(A, "news.csv")
yici("run", A, "--date", "2026-09-06")
now = next(s for s in table(A, "students.csv") if s["student_id"] == student)
check(now["ethnic"] == "满族", "what the registry says later is news", now["ethnic"])

# ---- taken back ----
B = f"{WORK}/before"
yici("correct", B, "undo", "7", "--why", "x", status=65)
yici("correct", B, "undo", "1", "--why", "写错了")
yici("correct", B, "undo", "1", "--why", "again", status=65)
yici("run", B, "--date", "2026-09-05")
now = next(s for s in table(B, "students.csv") if s["student_id"] == student)
check(now["ethnic"] == was["ethnic"] and table(B, "worklist-registry.csv") == [], "undo takes the pin away")
check([(c["field"], c["old"], c["new"]) for c in table(B, "changes.csv")] == [("ethnic", "回族", was["ethnic"])], "and is told as a change")
fresh = f"{WORK}/fresh"  # who never decided anything has the same students
yici("init", fresh)
shutil.copytree(f"{WORK}/sample/night-01/inbox", f"{fresh}/inbox", dirs_exist_ok=True)
yici("run", fresh, "--date", "2026-09-02")
shutil.copy(f"{B}/archive/20260904-1/registry/again.csv", f"{fresh}/inbox/registry/again.csv")
yici("run", fresh, "--date", "2026-09-04")
for name in ("students.csv", "students.jsonl"):
    with open(f"{B}/out/latest/{name}", "rb") as one, open(f"{fresh}/out/latest/{name}", "rb") as other:
        check(one.read() == other.read(), f"undo restores the bytes of {name}")

# ---- over a bus ----
D, bus = f"{WORK}/bus", ["--set", f"bus.local={WORK}/topics"]
yici("correct", D, student, "sex", "女" if was["sex"].startswith("男") else "男", "--why", "x")
shutil.copytree(D, f"{WORK}/without", symlinks=True)
E = f"{WORK}/without"
yici("run", E, "--date", "2026-09-05")
worker = subprocess.Popen([YICI, "normalize", D, *bus], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
yici("nightly", D, "--date", "2026-09-05", *bus)
worker.terminate()
worker.wait(60)
check(len(table(E, "worklist-registry.csv")) == 2, "a night of decisions alone is a night")
check(digest(D) == digest(E), "the same bytes over a bus")

# ---- cases ----
L = f"{WORK}/linkage"
yici("init", L)
shutil.copytree(f"{WORK}/sample/night-01/inbox", f"{L}/inbox", dirs_exist_ok=True)
# a list in which other children stand under the numbers of children of the registry: whoever links them asks a person
with open(f"{WORK}/copied.csv", "w", encoding="utf-8") as out:
    out.write("姓名,身份证件号,学校名称,班级\n")
    for i, r in enumerate(rows[20:32]):
        out.write(f"{'欧阳诸葛司徒上官慕容'[i % 5 * 2:][:2]}{'甲乙丙丁戊己庚辛壬癸子丑'[i]}{'春夏秋冬'[i % 4]},{r[rows[0].index('身份证件号')]},{r[rows[0].index('学校名称')]},9班\n")
shutil.copy(f"{WORK}/copied.csv", f"{L}/inbox/class_roster/copied.csv")
yici("run", L, "--date", "2026-09-02")
HEAD = "case,kind,student_id,record_id,source,file,sheet,row,school_code"
with open(f"{L}/out/latest/review.csv", encoding="utf-8-sig") as f:
    check(f.readline().startswith(HEAD), "review.csv begins as agreed")


def cases(data):
    told = {}
    for r in table(data, "review.csv"):
        told.setdefault(r["case"], []).append(r)
    return told


first = cases(L)
listed = json.loads(yici("review", L, "list", "--json"))
check([c["case"] for c in listed] == list(first), "review list is review.csv", f"{len(listed)} {len(first)}")
check(all([r["record_id"] for r in c["records"]] == [r["record_id"] for r in first[c["case"]]] for c in listed), "record by record")
code = next(c["route"] for c in listed if c["route"])
some = json.loads(yici("review", L, "list", "--school", code, "--json"))
check(0 < len(some) < len(listed), "a school sees its own", f"{len(some)} of {len(listed)}")
two = [c for c, rows in first.items() if len({r["student_id"] for r in rows}) == 2 == len(rows) and "copied.csv" in (r["file"] for r in rows)]
check(len(two) >= 4, "the city has cases", str(len(two)))
same, apart, twins, wrong = two[:4]
yici("review", L, "show", same)
yici("review", L, "show", "1", status=65)
yici("review", L, "decide", same, "same", status=64)
yici("review", L, "decide", same, "perhaps", "--why", "x", status=64)
yici("review", L, "decide", same, "same", "--why", "x", "--records", "0" * 32, status=65)
yici("review", L, "decide", same, "same", "--why", "x", "--records", first[same][0]["record_id"], status=65)
yici("review", L, "decide", same, "same", "--why", "x", "--records", ",".join([first[same][0]["record_id"]] * 2), status=65)
yici("review", L, "decide", same, "same", "--why", "同一人")
yici("review", L, "decide", apart, "different", "--why", "两个人")
yici("review", L, "decide", twins, "twins", "--why", "双胞胎")
yici("review", L, "decide", wrong, "wrong_row", "--why", "填错了", status=64)
yici("review", L, "decide", wrong, "wrong_row", "--why", "填错了", "--records",
     next(r["record_id"] for r in first[wrong] if r["file"] == "copied.csv"))
with open(f"{L}/config/schools.csv", "w", encoding="utf-8") as f:
    f.write(f"code,label,aliases\n{code},涧西区,\n")
yici("run", L, "--date", "2026-09-03")
second = cases(L)
check({(r["route"], r["county"]) for rows in second.values() for r in rows if r["county"] or r["route"] == code} == {(code, "涧西区")},
      "a case goes to its school, then to the county of the school")
check(all(c["county"] == ("涧西区" if c["route"] == code else "") for c in json.loads(yici("review", L, "list", "--json"))),
      "also in the list")
check(not any(c in second for c in (same, apart, twins, wrong)), "decided cases are no cases any more", str([c in second for c in (same, apart, twins, wrong)]))
merged = [e for e in table(L, "identity.csv") if e["event"] == "merged_into"]
check({e["student_id"] for e in merged} | {e["other_student_id"] for e in merged} == {r["student_id"] for r in first[same]},
      "one decision, one student less", str(merged))
for number in ("2", "3", "4"):
    yici("review", L, "undo", number, "--why", "再看看")
yici("review", L, "undo", "4", "--why", "again", status=65)
yici("correct", L, "undo", "1", "--why", "not a correction", status=65)
yici("run", L, "--date", "2026-09-04")
check({c: [r["record_id"] for r in rows] for c, rows in cases(L).items()}
      == {c: [r["record_id"] for r in rows] for c, rows in first.items() if c != same}, "undo brings the cases back")
yici("review", L, "undo", "1", "--why", "再看看")
yici("run", L, "--date", "2026-09-05")
third = cases(L)
check({c: {r["record_id"] for r in rows} for c, rows in third.items()} == {c: {r["record_id"] for r in rows} for c, rows in first.items()}
      and [e["event"] for e in table(L, "identity.csv")] == ["split_from"], "also that of the students that were joined")

# ---- workbooks ----
MAIN = "xl/worksheets/sheet1.xml"


with zipfile.ZipFile(f"{A}/out/latest/review.xlsx") as z:  # 吕启轶 and 吕启轩 with one number
    check(b"<rPr>" in z.read(MAIN) and b"FFC00000" in z.read(MAIN), "review.xlsx marks the characters that differ")


def answered(data, name):
    """Rows of a workbook that came back: number of the row, what is said of it."""
    with zipfile.ZipFile(f"{data}/out/latest/returned/{name}.xlsx") as z:
        sheet = z.read(MAIN).decode()
    told = {}
    for number, cells in re.findall(r'<row r="(\d+)"[^>]*>(.*?)</row>', sheet, re.S):
        texts = re.findall(r'<c r="[AB]\d+"[^>]*>.*?<t[^>]*>(.*?)</t>', cells, re.S)
        if len(texts) >= 2 and texts[0].isdigit():
            told[int(texts[0])] = texts[1]
    return told


def fill(data, to, entries):
    """review.xlsx as a clerk saves it: entries by (row, column letter)."""
    with zipfile.ZipFile(f"{data}/out/latest/review.xlsx") as z:
        parts = {n: z.read(n) for n in z.namelist()}
    sheet = parts[MAIN].decode()
    check("此行有误" in sheet and "dataValidation" in sheet, "review.xlsx offers its choices")
    for (row, column), text in entries.items():
        sheet, n = re.subn(f'<c r="{column}{row}"( s="\\d+")?/>', lambda m: f'<c r="{column}{row}"{m.group(1) or ""} t="inlineStr"><is><t>{text}</t></is></c>', sheet)
        check(n == 1, f"cell {column}{row} is there to be filled in")
    parts[MAIN] = sheet.encode()
    os.makedirs(os.path.dirname(to), exist_ok=True)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as z:
        for name, part in parts.items():
            z.writestr(name, part)


W = f"{WORK}/desk"
yici("init", W)
shutil.copytree(f"{WORK}/sample/night-01/inbox", f"{W}/inbox", dirs_exist_ok=True)
shutil.copy(f"{WORK}/copied.csv", f"{W}/inbox/class_roster/copied.csv")
os.makedirs(f"{W}/inbox/corrections")
shutil.copy(f"{WORK}/sample/night-01/inbox/registry/{utf8}", f"{W}/inbox/corrections/zu frueh.csv")
yici("run", W, "--date", "2026-09-02")
check(os.path.exists(f"{W}/inbox/corrections/zu frueh.csv"), "before the first run nothing is decided")
os.remove(f"{W}/inbox/corrections/zu frueh.csv")
queue = cases(W)
at = {c: i for i, c in reversed([(i, r["case"]) for i, r in enumerate(table(W, "review.csv"), 2)])}
two = [c for c, rows in queue.items() if len({r["student_id"] for r in rows}) == 2 == len(rows) and "copied.csv" in (r["file"] for r in rows)]
a, b, c, d, e, f = (at[case] for case in two[:6])
fill(W, f"{W}/inbox/review/核对/九月.xlsx", {
    (a, "C"): "同一学生", (a, "D"): "问过家长", (a, "E"): "王老师", (b, "C"): "不同学生", (b + 1, "C"): "不同学生",
    (c + 1, "C"): "双胞胎", (d, "C"): "同一学生", (d + 1, "C"): "不同学生", (e, "C"): "不知道", (f, "C"): "此行有误"})
pupils = table(W, "students.csv")
with open(f"{W}/inbox/corrections/更正.csv", "w", encoding="utf-8") as out:
    out.write("更正表\n学生编号,字段,正确的值,理由,更正人\n"
              f"{pupils[0]['student_id']},民族,回族,户口本,李老师\n{pupils[1]['student_id']},民族,火星族,x,\n"
              f"{pupils[2]['student_id']},民族,回族,,\nnobody,性别,男,x,\n")
with open(f"{W}/inbox/review/没有表头.csv", "w") as out:
    out.write("a,b\n1,2\n")
shutil.copytree(W, f"{WORK}/desk-bus", symlinks=True)
shutil.copytree(W, f"{WORK}/cut", symlinks=True)
yici("run", W, "--date", "2026-09-03")
log = json.loads(yici("audit", W, "list", "--json"))
check([(x["action"], x.get("decision"), x["who"]) for x in log]
      == [("correct", None, "李老师"), ("decide", "same", "王老师"), ("decide", "different", "核对/九月.xlsx"),
          ("decide", "twins", "核对/九月.xlsx"), ("decide", "wrong_row", "核对/九月.xlsx")], "rows become decisions", str(log))
# a night that was killed between the decisions and its commit: the next has the log already, and decides nothing twice
shutil.copy(f"{W}/state/decisions.log", f"{WORK}/cut/state/decisions.log")
yici("run", f"{WORK}/cut", "--date", "2026-09-03")
check(json.loads(yici("audit", f"{WORK}/cut", "list", "--json")) == log and digest(f"{WORK}/cut") == digest(W), "a killed night done again gives the same")
told = answered(W, "review/核对_九月")
check(all("决定号 2" in told[n] for n in (a, a + 1)) and "决定号 4" in told[c] and "决定号 5" in told[f], "each is answered", str(told))
check("与谁" in told[d] and "下拉列表" in told[e] and told[e + 1] == told[e], "also those that cannot be used", str((told[d], told[e])))
told = answered(W, "corrections/更正")
check("决定号 1" in told[3] and "可选项" in told[4] and "理由" in told[5] and "没有这个学生" in told[6], "corrections too", str(told))
check("找不到表头" in answered(W, "review/没有表头").get(0, ""), "a workbook without header is told what it lacks")
check(os.path.exists(f"{W}/archive/20260903-1/review/核对/九月.xlsx") and os.path.exists(f"{W}/quarantine/20260903-1/review/没有表头.csv")
      and not [n for _, _, names in os.walk(f"{W}/inbox") for n in names], "and all are put away")
later = cases(W)
check(not any(case in later for case in (two[0], two[1], two[2], two[5])) and two[3] in later and two[4] in later, "the cases decided are gone")
check(next(s for s in table(W, "students.csv") if s["student_id"] == pupils[0]["student_id"])["ethnic"] == "回族", "the value is pinned")
shutil.copy(f"{W}/archive/20260903-1/review/核对/九月.xlsx", f"{W}/inbox/review/again.xlsx")
yici("run", W, "--date", "2026-09-04")
check(len(json.loads(yici("audit", W, "list", "--json"))) == 5 and "决定号 2" in answered(W, "review/again")[a], "the same workbook decides once")

# over a bus
D, bus = f"{WORK}/desk-bus", ["--set", f"bus.local={WORK}/desk-topics"]
worker = subprocess.Popen([YICI, "normalize", D, *bus], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
yici("nightly", D, "--date", "2026-09-03", *bus)
worker.terminate()
worker.wait(60)
os.unlink(f"{W}/out/latest")
os.symlink("20260903-1", f"{W}/out/latest")
check(digest(D, ("worklist-registry.csv",)) == digest(W, ("worklist-registry.csv",)), "workbooks over a bus: the same bytes but for when")

# ---- the log ----
head = re.search("[0-9a-f]{64}", yici("audit", E, "verify")).group()
check(json.loads(yici("audit", E, "verify", "--json")) == {"lines": 2, "head": head, "broken_line": None, "what": None, "torn_bytes": 0},
      "audit verify: whole")
check([e["action"] for e in json.loads(yici("audit", B, "list", "--json"))] == ["correct", "undo"], "audit list")
log = f"{B}/state/decisions.log"
check(os.stat(log).st_mode & 0o777 == 0o600, "only the owner reads the log")
whole = open(log, encoding="utf-8").read()
for broken, n in ((whole.replace("王老师", "李老师"), 1), (whole.split("\n")[1] + "\n", 1), (whole.split("\n")[0] + "\n", 2)):
    open(log, "w", encoding="utf-8").write(broken)
    check(json.loads(yici("audit", B, "verify", "--json", status=65))["broken_line"] == n, f"audit verify names line {n}")
open(log, "w", encoding="utf-8").write(whole.replace("王老师", "李老师"))
yici("run", B, "--date", "2026-09-06", status=78)
open(log, "w", encoding="utf-8").write(whole + '{"number":3,"time"')
yici("audit", B, "verify")
yici("correct", B, student, "sex", "女" if was["sex"].startswith("男") else "男", "--why", "x")
check(json.loads(yici("audit", B, "verify", "--json"))["lines"] == 3, "a torn line is cut off by the next entry")

print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
