"""explained.py YICI WORK - queries that a clerk explains in the workbook that came back stay answered until the value changes.

A registry of a few invented children, night after night: by `yici run`, over a local bus, and with a night that was killed.
"""
import csv, glob, hashlib, json, os, re, shutil, subprocess, sys, zipfile
from xml.sax.saxutils import escape, unescape

YICI, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
passed = failed = 0
SAID = "张家长写了情况说明，身份证登记有误"


def check(ok, what, detail=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAIL  {what}  [{detail}]", flush=True)


def yici(*args, status=0):
    p = subprocess.run([YICI, *args], capture_output=True, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8"})
    check(p.returncode == status, "yici " + " ".join(args), f"{p.returncode}: {p.stderr[-300:].decode(errors='replace')}")
    check(SAID.encode() not in p.stderr, "no log line tells what was explained")
    return p.stdout.decode()


def table(data, name):
    with open(f"{data}/out/latest/{name}", encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def totals(data):
    with open(f"{data}/out/latest/report.json", encoding="utf-8") as f:
        return json.load(f)["totals"]


def tree(folder, leave_out=()):
    h = hashlib.sha256()
    for path in sorted(glob.glob(folder + "/**/*", recursive=True)):
        if os.path.isfile(path) and os.path.basename(path) not in leave_out:
            with open(path, "rb") as f:
                h.update(os.path.relpath(path, folder).encode() + b"\0" + f.read())
    return h.hexdigest()


def digest(data):
    return tree(os.path.realpath(f"{data}/out/latest"))


def answers(data):
    with open(f"{data}/state/current") as f, open(f"{data}/state/{f.read().strip()}/answers.yc", "rb") as state:
        return state.read()


# ---- the registry's own export ----

HEAD = ["姓名", "性别", "出生日期", "身份证件号", "学校标识码", "学校名称", "年级", "班级", "籍贯", "联系电话"]


def number(seventeen):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return seventeen + "10X98765432"[sum(int(d) * w for d, w in zip(seventeen, weights)) % 11]


def children():
    rows = []
    for i, name in enumerate("赵明轩 钱思远 孙若溪 李子墨 周雨桐 吴浩然 郑语嫣 王梓涵 冯俊熙 陈奕辰 褚欣怡 卫诗涵".split()):
        sequence = 100 + 2 * i + 1  # odd: a boy
        rows.append([name, "男", f"2015-03-{i + 1:02d}", number(f"410305201503{i + 1:02d}{sequence:03d}"), "2141030501", "西工区第一小学",
                     "五年级", "1班", "河南省洛阳市", f"1350379{i:04d}"])
    rows[2][9] = "13800000000"  # looks made up
    rows[4][1] = "女"           # not the sex of the number
    rows[8][2] = "2015-13-09"   # no day: an error, which no words can explain away
    rows.append(rows[6][:7] + ["2班"] + rows[6][8:])  # stands there twice
    return rows


def deliver(data, rows, name="学籍.csv"):
    os.makedirs(f"{data}/inbox/registry", exist_ok=True)
    with open(f"{data}/inbox/registry/{name}", "w", encoding="utf-8-sig", newline="") as f:
        csv.writer(f).writerows([HEAD, *rows])


# ---- the clerk ----

MAIN = "xl/worksheets/sheet1.xml"


def cells(path):
    """The rows of a workbook of ours: column letter to text."""
    with zipfile.ZipFile(path) as z:
        sheet = z.read(MAIN).decode()
    told = []
    for row in re.findall(r'<row r="\d+"[^>]*>(.*?)</row>', sheet, re.S):
        told.append({c: unescape("".join(re.findall(r"<t[^>]*>(.*?)</t>", inside or "", re.S)))
                     for c, inside in re.findall(r'<c r="([A-Z]+)\d+"[^>]*?(?:/>|>(.*?)</c>)', row, re.S)})
    return told


def book(data, name="学籍"):
    return f"{data}/out/latest/returned/registry/{name}.xlsx"


def explain(data, words, to, name="学籍", only=None):
    """Fill 说明 of the rows, of all or of those that have ${only}, and put the workbook where the registry's files go."""
    rows = cells(book(data, name))
    column = next(c for c, text in rows[0].items() if text == "说明")
    with zipfile.ZipFile(book(data, name)) as z:
        parts = {n: z.read(n) for n in z.namelist()}
    sheet, filled = parts[MAIN].decode(), 0
    for nth, row in enumerate(rows[1:], 2):
        if column not in row or (only is not None and only not in row.values()):
            continue
        sheet, n = re.subn(f'<c r="{column}{nth}"( s="\\d+")?/>',
                           lambda m: f'<c r="{column}{nth}"{m.group(1) or ""} t="inlineStr"><is><t>{escape(words)}</t></is></c>', sheet)
        filled += n
    parts[MAIN] = sheet.encode()
    with zipfile.ZipFile(f"{data}/inbox/registry/{to}", "w", zipfile.ZIP_DEFLATED) as z:
        for part, content in parts.items():
            z.writestr(part, content)
    return filled


def queries(data):
    return sorted((r["field"], r["rule"]) for r in table(data, "rejected.csv") if r["severity"] == "query")


def answered(data):
    return sorted((r["field"], r["rule"], r["explanation"]) for r in table(data, "answered.csv"))


ASKED = [("", "duplicate_in_source"), ("id_no", "id_sex_mismatch"), ("phone", "phone_generic")]
shutil.rmtree(WORK, ignore_errors=True)
os.makedirs(WORK)
A = f"{WORK}/alone"
yici("init", A)
nights = {}  # what lay in the inbox, for the others


def night(data, date, *settings):
    kept = nights.setdefault(date, f"{WORK}/inbox-{date}")
    if not os.path.isdir(kept):
        shutil.copytree(f"{data}/inbox", kept)
    yici("run", data, "--date", date, *settings)


# night 1: the export raises queries, and the workbook with them goes back
rows = children()
deliver(A, rows)
night(A, "2026-09-02")
check(queries(A) == ASKED, "the city has its queries", str(queries(A)))
check(answered(A) == [] and totals(A)["answered"] == 0, "and nobody has explained any")
head = cells(book(A))[0]
check(list(head.values()) == ["原行号", *HEAD, "问题", "说明"], "the workbook has a column for explanations", str(head))
check(sum(list(head)[-1] in r for r in cells(book(A))[1:]) == 3, "one cell for each row with a query, none for an error alone")

# night 2: the clerk explains and puts the workbook into the registry's own inbox, with no export beside it
check(explain(A, SAID, "退回来的.xlsx") == 3, "the clerk fills in three cells")
shutil.copytree(A, f"{WORK}/killed", symlinks=True)
night(A, "2026-09-03")
check(queries(A) == [], "the queries are answered", str(queries(A)))
check(answered(A) == sorted((*k, SAID) for k in ASKED if k[0]), "answered.csv tells them", str(answered(A)))
line = next(r for r in table(A, "answered.csv") if r["rule"] == "phone_generic")
check((line["explained_file"], line["explained_on"], line["explained_row"], line["row"]) == ("退回来的.xlsx", "2026-09-03", line["row"], line["row"]),
      "with who said it, where and when", str(line))
now = totals(A)
check((now["queries"], now["answered"], now["errors"]) == (0, 2, 1), "the report counts them as answered", str(now))
check((now["absent_new"], now["stale_new"], now["students"]) == (0, 0, 12), "a workbook that comes back is no delivery of the school", str(now))
check([list(r.values())[1:2] for r in cells(book(A, "退回来的"))[1:]] == [["冯俊熙"]], "what must be mended goes back once more, alone")
check(list(cells(book(A, "退回来的"))[0].values()) == ["原行号", *HEAD, "问题", "说明"], "with our columns once")
check(not any(c["state"] == "unknown" for f in json.load(open(f"{A}/out/latest/report.json"))["files"] for s in f["sheets"]
              for c in s["columns"]), "no column of it is asked about")
told = yici("explain", A, f"registry:退回来的.xlsx:{line['row']}")
check("已说明的问题" in told and SAID in told and "phone_generic" in told and "退回来的.xlsx" in told and "2026-09-03" in told, "explain shows it", told[-500:])
check(SAID in yici("explain", A, f"registry:退回来的.xlsx:{line['row']}", "phone")
      and SAID not in yici("explain", A, f"registry:退回来的.xlsx:{line['row']}", "name"), "also by field")
log = json.loads(yici("audit", A, "list", "--json"))
check(sorted((e["action"], e["queries"], e["why"]) for e in log)
      == sorted(("explain", f"{f}:{r}", SAID) for f, r in ASKED), "each explained row is an entry of the log", str(log))
check(json.loads(yici("audit", A, "verify", "--json"))["broken_line"] is None, "which is whole")
check(all(SAID not in open(f"{A}/out/latest/{n}", encoding="utf-8").read() for n in ("report.json", "report.html", "students.csv", "rejected.csv")),
      "nothing else tells what was said")
check(all(os.stat(p).st_mode & 0o777 == 0o600 for p in (f"{A}/out/latest/answered.csv", *glob.glob(f"{A}/state/*/answers.yc"))), "only the owner reads it")
yici("run", A, "--date", "2026-09-03")
check(os.readlink(f"{A}/out/latest") == "20260903-1", "what a night wrote into the log itself is no reason for another")

# a night that was killed after it had written the log
shutil.copy(f"{A}/state/decisions.log", f"{WORK}/killed/state/decisions.log")
yici("run", f"{WORK}/killed", "--date", "2026-09-03", "--jobs", "1")
check(json.loads(yici("audit", f"{WORK}/killed", "list", "--json")) == log and digest(f"{WORK}/killed") == digest(A)
      and answers(f"{WORK}/killed") == answers(A), "a killed night done again, by another number of processes, gives the same and explains nothing twice")

# the same export once more, unchanged: nobody who is in it is missed, also not those whose rows came back since
S = f"{WORK}/same"
shutil.copytree(A, S, symlinks=True)
shutil.copy(f"{S}/archive/20260902-1/registry/学籍.csv", f"{S}/inbox/registry/again.csv")
yici("run", S, "--date", "2026-09-04")
now = totals(S)
check((now["already_taken"], now["absent_new"], now["stale_new"]) == (1, 0, 0), "an unchanged export leaves nobody out", str(now))

# night 3: the plain export with the same values, without a word of explanation
rows[0][8] = "河南省开封市"
deliver(A, rows)
night(A, "2026-09-04")
check(queries(A) == [] and answered(A) == sorted((*k, SAID) for k in ASKED), "the same values stay answered, also that a child stands there twice",
      str((queries(A), answered(A))))
check([list(r.values())[1:2] for r in cells(book(A))[1:]] == [["冯俊熙"]], "no query goes back")
check(len(json.loads(yici("audit", A, "list", "--json"))) == 3, "and the log has nothing new")

# night 4: other values that raise the same queries
rows[2][9], rows[4][1], rows[4][3] = "13811111111", "男", number("410305201503051" + "08")
deliver(A, rows)
night(A, "2026-09-05")
check(queries(A) == [("id_no", "id_sex_mismatch"), ("phone", "phone_generic")], "a value that changes opens its query again", str(queries(A)))
check(answered(A) == [("", "duplicate_in_source", SAID)], "and no other", str(answered(A)))
check(sorted(list(r.values())[1] for r in cells(book(A))[1:]) == ["冯俊熙", "周雨桐", "孙若溪"], "it goes back")

# night 5: explained anew, in other words, on the night of an export; later in yet others, and taken back
explain(A, "号码属实", "再说明.xlsx", only="孙若溪")
rows[0][8] = "河南省新乡市"
deliver(A, rows)
night(A, "2026-09-06")
check(answered(A) == sorted([("", "duplicate_in_source", SAID), *[("phone", "phone_generic", "号码属实")] * 2]), "both rows that say so are answered", str(answered(A)))
check(set(queries(A)) == {("id_no", "id_sex_mismatch")}, "what nobody explained is open; a row that came back beside the export is no second one", str(queries(A)))
kept = answers(A)
log = json.loads(yici("audit", A, "list", "--json"))
yici("correct", A, "undo", str(log[-1]["number"]), "--why", "x", status=65)
shutil.copytree(A, f"{WORK}/other", symlinks=True)
yici("review", A, "undo", str(log[-1]["number"]), "--why", "再核实")
rows[0][8] = "河南省许昌市"
deliver(A, rows)
night(A, "2026-09-07")
check(queries(A) == [("id_no", "id_sex_mismatch"), ("phone", "phone_generic")], "taken back, it is open", str(queries(A)))
shutil.copy(f"{A}/archive/20260906-1/registry/再说明.xlsx", f"{A}/inbox/registry/又一次.xlsx")
night(A, "2026-09-08")
check(totals(A)["already_taken"] == 1 and json.loads(yici("audit", A, "list", "--json"))[-1]["action"] == "undo", "the same file says it no second time")

# other words win where they are newer; none take nothing back
C = f"{WORK}/other"
with zipfile.ZipFile(f"{C}/archive/20260906-1/registry/再说明.xlsx") as z:
    parts = {n: z.read(n) for n in z.namelist()}
for to, words in (("空.xlsx", " "), ("无.xlsx", "无"), ("新.xlsx", "家长来电证实")):
    with zipfile.ZipFile(f"{C}/inbox/registry/{to}", "w") as z:
        for part, content in parts.items():
            z.writestr(part, content.replace("号码属实".encode(), words.encode()) if part == MAIN else content)
    yici("run", C, "--date", "2026-09-07")
    told = answered(C)
    check([w for f, _, w in told if f == "phone"] == ["家长来电证实" if to == "新.xlsx" else "号码属实"], f"{to}: which words count", str(told))

# over a bus: the same nights, the same bytes
B, bus = f"{WORK}/bus", ["--set", f"bus.local={WORK}/topics"]
yici("init", B)
for date in sorted(nights)[:5]:
    shutil.rmtree(f"{B}/inbox")
    shutil.copytree(nights[date], f"{B}/inbox")
    worker = subprocess.Popen([YICI, "normalize", B, *bus], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yici("nightly", B, "--date", date, *bus)
    worker.terminate()
    worker.wait(60)
    run = date.replace("-", "") + "-1"
    check(tree(f"{B}/out/{run}") == tree(f"{A}/out/{run}"), f"{date}: the bytes of yici run over a bus")
check(answers(B) == kept, "and the same answers")
strip = lambda data: [{k: v for k, v in e.items() if k not in ("time", "before", "sum")} for e in json.loads(yici("audit", data, "list", "--json"))]
check(strip(B) == strip(A)[:len(strip(B))] and len(strip(B)) == 4, "and the same entries of the log")

print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
