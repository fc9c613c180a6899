"""grants.py YICI WORK - what each office gets of a small town night after night: what is written and nothing else, as long as it is valid."""
import hmac, stat, sys, os
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../run"))
sys.dont_write_bytecode = True
from nightly import *

os.environ.update(LC_ALL="C.UTF-8", YICI_HOLD="no")  # a town of a few: any change is much
HEADER = "姓名,身份证件号,学校名称,学校标识码,年级,班级,残疾类型,联系电话,家庭地址,出生日期"
PUPILS = [(f"王小{c}", id_no(f"15010220140{3 + n % 5}{10 + n}77{n}"), *(("第一小学", "2115000001") if n < 6 else ("第二小学", "2115000002")), "小学三年级", "2班",
           ("肢体残疾", "无残疾", "")[n % 3], f"1380000{1000 + n}", f"钢铁大街{n}号", f"2014-0{3 + n % 5}-{10 + n}") for n, c in enumerate("甲乙丙丁戊己庚辛壬")]


def grant(rows="<all/>", fields='<field name="name" mask="whole"/>', deliver='format="csv"', days=("2026-09-01", "2027-01-31", "2027-06-30"), more=""):
    return (f'<grant unit="样例单位" valid_from="{days[0]}" valid_to="{days[1]}" destroy_by="{days[2]}"><purpose>核对</purpose><basis>样例办法</basis>'
            f'<document number="样例〔2026〕1号" date="2026-08-20"/><approver name="张样例" post="科长" date="2026-08-21"/><rows>{rows}</rows>'
            f"<fields>{fields}</fields>{more}<deliver {deliver}/></grant>")


def allow(data, **grants):
    os.makedirs(f"{data}/config/grants", exist_ok=True)
    for name, text in grants.items():
        with open(f"{data}/config/grants/{name}.xml", "w", encoding="utf-8") as out:
            out.write(text)


def night(data, date, pupils, *args):
    put(data, "registry/all.csv", table(*pupils, header=HEADER))
    run(data, date, *args)


def view(data, name, file="data.csv"):
    return rows(f"{data}/out/latest/views/{name}/{file}")


def states(data):
    return {g["grant"]: g["state"] for g in rows(f"{data}/out/latest/views/grants.csv")}


def logged(data, *args):
    return json.loads(yici("disclosures", data, *args, "--json").stdout)


def everything(folder):
    """The bytes of all below it, workbooks unpacked."""
    found = []
    for path in files_below(os.path.realpath(folder)):
        found.append((path, open(path, "rb").read()))
        if path.endswith(".xlsx"):
            with zipfile.ZipFile(path) as z:
                found += [(path + "!" + n, z.read(n)) for n in z.namelist()]
    return found


FIRST = '<school code="2115000001"/>'
A = grant(FIRST, '<token/><field name="name" mask="whole"/><field name="id_no" mask="last4"/><field name="birth_date" mask="birth_year"/>'
          '<field name="disability" mask="yes_no" yes="1 2 3 4 5 6 7 9" as="是否残疾" need="核对"/><field name="grade" mask="whole"/>', 'format="csv xlsx jsonl"',
          more='<withheld asked="家庭地址" field="home_address" reason="核对不需要住址"/>')
B = grant(FIRST, '<token/><field name="grade" mask="whole"/>', 'format="jsonl"')

# ---- nothing is granted by default ----
data = data_folder("data")
night(data, "2026-09-02", PUPILS)
check(not os.path.exists(f"{data}/out/latest/views") and not os.path.exists(f"{data}/state/disclosures.log")
      and not os.path.exists(f"{data}/state/views.key"), "without grants nothing is delivered, and no secret is made")
check(logged(data) == [] and yici("grants", data, "list", "--json").stdout == b"[]\n", "and nothing is said to have been")

# ---- a night with five grants, two of which may ----
allow(data, alpha=A, beta=B, early=grant(days=("2026-10-01", "2027-01-31", "2027-06-30")), expired=grant(days=("2026-01-01", "2026-09-02", "2027-06-30")),
      broken=grant(fields='<field name="health" mask="whole"/>'), torn="<grant")
shipped = f"{os.path.dirname(__file__)}/../../../config/grants"
check(len(os.listdir(shipped)) >= 3, "samples ship, and grant nothing by lying there")
said = run(data, "2026-09-03").stdout.decode()  # no new file: the grants are reason enough
check("按授权交付 2 份；没有交付的授权 4 个" in said, "and it is said", said)
check(states(data) == {"alpha": "delivers", "beta": "delivers", "early": "not_yet", "expired": "expired", "broken": "broken", "torn": "broken"},
      "who is given, who is not, and why", str(states(data)))
check(sorted(os.listdir(f"{data}/out/latest/views")) == ["alpha", "beta", "grants.csv"], "nothing lies there for the others")
check("sensitive" in next(g["why"] for g in rows(f"{data}/out/latest/views/grants.csv") if g["grant"] == "broken"), "what is wrong with a grant is said")
first = view(data, "alpha")
check(list(first[0]) == ["代号", "姓名", "身份证件号（后四位）", "出生日期（年份）", "是否残疾", "年级"], "its columns and no others", str(list(first[0])))
check(sorted(r["姓名"] for r in first) == sorted(p[0] for p in PUPILS[:6]), "its rows and no others")
for r in first:
    p = next(p for p in PUPILS if p[0] == r["姓名"])
    check((r["身份证件号（后四位）"], r["出生日期（年份）"], r["年级"]) == (p[1][-4:], "2014", "小学三年级"), "masked as it says")
    check(r["是否残疾"] == {"肢体残疾": "是", "无残疾": "否", "": ""}[p[6]], "not known is not no")
check([r["代号"] for r in first] == sorted(r["代号"] for r in first), "in the order of tokens")
lines = [json.loads(l) for l in open(f"{data}/out/latest/views/alpha/data.jsonl", encoding="utf-8")]
check([l["token"] for l in lines] == [r["代号"] for r in first] and lines[0]["grade"] == "13", "jsonl has the same pupils, and codes")
other = [json.loads(l) for l in open(f"{data}/out/latest/views/beta/data.jsonl", encoding="utf-8")]
check(len(other) == 6 and not {l["token"] for l in other} & {r["代号"] for r in first} and all(set(l) <= {"token", "grade"} for l in other), "two grants cannot be joined")
for path in files_below(os.path.realpath(f"{data}/out/latest/views")) + [f"{data}/state/views.key", f"{data}/state/disclosures.log"]:
    check(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "private files", path)

# ---- what is not granted is nowhere ----
secret = open(f"{data}/state/views.key", "rb").read()
ids = [s["student_id"] for s in rows(f"{data}/out/latest/students.csv")]
forbidden = [w.encode() for p in PUPILS for w in (p[1], p[7], p[8])] + [p[0].encode() for p in PUPILS[6:]] + [i.encode() for i in ids] + [secret, secret.hex().encode()]
for path, content in everything(f"{data}/out/latest/views"):
    wrong = [n for n, word in enumerate(forbidden) if word in content]
    check(not wrong, "nothing that is not granted", f"{path} {wrong}")
    check("肢体".encode() not in content or "cover" in path or path.endswith("sheet1.xml"), "whether, not which", path)
log = open(f"{data}/state/disclosures.log", "rb").read()
check(not [w for w in forbidden if w in log] and not [p for p in PUPILS if p[0].encode() in log], "nothing of a pupil is in the log")
for path, content in everything(f"{data}/out/latest"):
    check(secret not in content and secret.hex().encode() not in content, "the secret is not given out", path)

id_of = {s["name"]: s["student_id"] for s in rows(f"{data}/out/latest/students.csv")}
check(all(r["代号"] == hmac.new(secret, b"alpha\0" + bytes.fromhex(id_of[r["姓名"]]), "sha256").hexdigest()[:32] for r in first), "a token is what it is said to be")

# ---- the cover ----
cover = open(f"{data}/out/latest/views/alpha/cover.txt", encoding="utf-8").read()
for word in ("alpha-1", "样例单位", "样例〔2026〕1号", "核对", "张样例", "2027-06-30", "20260903-1", "家庭地址", "核对不需要住址", "只给后四位"):
    check(word in cover, "the cover says it", word)
with zipfile.ZipFile(f"{data}/out/latest/views/alpha/data.xlsx") as z:
    sheet, second = (z.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2))
    check('name="封面"' in z.read("xl/workbook.xml").decode() and all(w in sheet for w in ("alpha-1", "样例〔2026〕1号", "2027-06-30", "核对不需要住址")), "the workbook begins with the cover")
    check(second.count("<row ") == 7 and "王小甲" in second, "and the rows are on the next sheet")
for name in ("data.csv", "data.xlsx", "data.jsonl"):
    digest = hashlib.sha256(open(f"{data}/out/latest/views/alpha/{name}", "rb").read()).hexdigest()
    check(f"{name}:{digest}" in logged(data, "--grant", "alpha")[0]["sha256"] and digest in cover, "log and cover have the digest", name)

# ---- the log ----
entry = logged(data, "--grant", "alpha")[0]
check((entry["who"], entry["delivery"], entry["rows"], entry["run"], entry["columns"])
      == ("样例单位", "1", "6", "20260903-1", "token name id_no_last4 birth_date_year disability_yes_no grade"), "who, what, how many, when", str(entry))
run(data, "2026-09-03")
check(os.readlink(f"{data}/out/latest") == "20260903-1" and len(logged(data)) == 2, "run again with nothing new: nothing is delivered twice")

# ---- pupils move in and out ----
mover, comer = PUPILS[0], PUPILS[7]
moved = [tuple("第二小学" if i == 2 else "2115000002" if i == 3 else c for i, c in enumerate(mover))] + list(PUPILS[1:7]) + [
    tuple("第一小学" if i == 2 else "2115000001" if i == 3 else c for i, c in enumerate(comer))] + list(PUPILS[8:])
student = {s["name"]: s["student_id"] for s in rows(f"{data}/out/latest/students.csv")}
night(data, "2026-09-04", moved)
second = view(data, "alpha")
check(sorted(r["姓名"] for r in second) == sorted(p[0] for p in [*PUPILS[1:6], comer]), "who left the school is no longer in the file, who came is")
token = {r["姓名"]: r["代号"] for r in first}
check(all(token[r["姓名"]] == r["代号"] for r in second if r["姓名"] in token), "two deliveries of one grant can be joined")
told = lambda name: [(e["grant"], e["delivery"]) for e in logged(data, student[name])]
check(told(mover[0]) == [("alpha", "1"), ("beta", "1")], "what was received of the one who left", str(told(mover[0])))
check(told(comer[0]) == [("alpha", "2"), ("beta", "2")], "of the one who came")
check(told(PUPILS[1][0]) == [("alpha", "1"), ("beta", "1"), ("alpha", "2"), ("beta", "2")], "of one who stayed")
check(told(PUPILS[8][0]) == [], "of one whose school is not among the rows: nothing")
check("没有交付过" in yici("disclosures", data, student[PUPILS[8][0]]).stdout.decode() and "样例单位" in yici("disclosures", data, student[mover[0]]).stdout.decode(), "said to people too")
yici("disclosures", data, "nobody", status=65)
night(data, "2026-09-05", PUPILS[::-1])
check(told(mover[0])[-2:] == [("alpha", "3"), ("beta", "3")] and len(told(mover[0])) == 4, "back again: a second series")

# ---- a wording that changes, an end that comes ----
allow(data, beta=B.replace('name="grade"', 'name="sex"'))
run(data, "2026-09-05")
check([e["columns"] for e in logged(data, "--grant", "beta")][-1] == "token sex" and os.readlink(f"{data}/out/latest") == "20260905-2", "a new wording is delivered the same night")
run(data, "2027-02-01")
check(set(states(data).values()) == {"expired", "broken"} and os.listdir(f"{data}/out/latest/views") == ["grants.csv"], "the day after the last nothing is delivered, nor served", str(states(data)))
check(len(logged(data)) == 8, "and nothing is logged for it", str(len(logged(data))))
check(len(json.loads(yici("grants", data, "list", "--json", "--date", "2027-01-31").stdout)) == 6 and
      {g["state"] for g in json.loads(yici("grants", data, "list", "--json", "--date", "2027-01-31").stdout)} == {"barred", "expired", "broken"}, "a clock that was set back brings nothing to life")
night(data, "2027-01-30", PUPILS[:8])
check(set(states(data).values()) == {"barred", "expired", "broken"} and len(logged(data)) == 8, "neither at night", str(states(data)))
night(data, "2027-01-31", PUPILS[1:])
check(states(data)["alpha"] == "delivers" and states(data)["expired"] == "expired", "from then on it is as the clock says")
listed = {g["grant"]: g for g in json.loads(yici("grants", data, "list", "--json", "--date", "2027-01-31").stdout)}
check(listed["alpha"]["state"] == "delivers" and listed["alpha"]["deliveries"] == 5 and "why" in listed["torn"], "grants list", str(listed["alpha"]))
check("核对不需要住址" in yici("grants", data, "show", "alpha").stdout.decode(), "grants show")
check(b"broken.xml:1: the field" in yici("grants", data, "check", status=3).stderr and b"no.xml" not in yici("grants", data, "show", "no", status=65).stderr, "grants check")
wrong = json.loads(yici("grants", data, "check", "--json", "--date", "2027-01-31", status=3).stdout)
check({w["file"] for w in wrong} == {"broken.xml", "torn.xml"} and all(w["line"] == 1 and w["what"] for w in wrong), "and as JSON", str(wrong))
yici("grants", data, "list", "all", status=64)
yici("grants", "list", data, status=0)

# ---- how often ----
data = data_folder("often")
allow(data, monthly=grant(deliver='format="csv" every="month" times="2"'), weekly=grant(deliver='format="csv" every="week"', days=("2026-09-01", "2027-07-31", "2027-07-31")))
seen = []
for n, date in enumerate(("2026-09-02", "2026-09-03", "2026-09-07", "2026-10-08", "2026-11-09", "2027-02-01")):
    night(data, date, [tuple(f"{c}{n}" if i == 8 else c for i, c in enumerate(p)) for p in PUPILS])
    seen.append(tuple(states(data).values()))
check(seen == [("delivers", "delivers"), ("not_due", "not_due"), ("not_due", "delivers"), ("delivers", "delivers"), ("used_up", "delivers"), ("expired", "delivers")],
      "once a month, twice a term; once a week", str(seen))
check([e["delivery"] for e in logged(data, "--grant", "monthly")] == ["1", "2"], "numbered one after another")

# ---- the chain ----
log = f"{data}/state/disclosures.log"
check("交付记录完好；条数 7" in yici("audit", data, "verify").stdout.decode(), "audit verify covers what was delivered")
good = open(log, "rb").read()
for n, wrong in enumerate((good.replace(b'"rows":"9"', b'"rows":"8"', 1), b"".join(good.splitlines(True)[:2] + good.splitlines(True)[3:]), b"".join(good.splitlines(True)[:-1]), b"")):
    check(wrong != good, "something is changed")
    open(log, "wb").write(wrong)
    said = json.loads(yici("audit", data, "verify", "--json", status=65).stdout)
    check(said["disclosures_broken_line"] == (1, 3, 7, 1)[n] and said["broken_line"] is None, "a changed log is found", str(said))
for n, damage in enumerate((lambda g: g.replace(b'"rows":"9"', b'"rows":"8"', 1), lambda g: b"".join(g.splitlines(True)[:-1]), lambda g: b"".join(g.splitlines(True)[:-2]), lambda g: b"")):
    open(log, "wb").write(good)
    night(data, f"2027-{'03-02 03-16 03-24 03-31'.split()[n]}", PUPILS[n:])
    check(states(data)["weekly"] == "delivers", "with a log that is whole it is delivered", str(n))
    good = open(log, "rb").read()
    wrong = damage(good)
    open(log, "wb").write(wrong)
    night(data, f"2027-{'03-10 03-23 03-30 04-06'.split()[n]}", PUPILS[:5 + n])
    check(states(data) == {"monthly": "expired", "weekly": "barred"} and not os.path.exists(f"{data}/out/latest/views/weekly"), "with a broken log nobody gets anything, and the night goes on", str(states(data)))
    check(open(log, "rb").read() == wrong, "and the log is left as it was found")
yici("grants", data, "check", status=3)
open(log, "wb").write(good)
run(data, "2027-04-06")
check(states(data)["weekly"] == "delivers", "with the log as it was, the delivery follows")
os.truncate(f"{data}/state/views.key", 31)
night(data, "2027-04-13", PUPILS[:8])
check(states(data)["weekly"] == "barred", "without the secret nobody gets anything")

# ---- the same bytes for any number of processes, and over a bus ----
want = None
for name, args, bus in (("one", ("--jobs", "1"), None), ("many", ("--jobs", "5"), None), ("carried", ("--jobs", "2"), f"{WORK}/bus")):
    data = data_folder(name)
    allow(data, alpha=A, beta=B, known=grant(fields='<student_id need="对账"/><field name="name" mask="whole"/>', deliver='format="csv xlsx"'))
    with open(f"{data}/state/views.key", "wb") as out:
        out.write(bytes(range(32)))
    for date, pupils in (("2026-09-02", PUPILS), ("2026-09-03", moved)):
        put(data, "registry/all.csv", table(*pupils, header=HEADER))
        if bus is None:
            run(data, date, *args)
        else:
            worker = subprocess.Popen([YICI, "normalize", data, "--set", f"bus.local={bus}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            yici("nightly", data, "--date", date, *args, "--set", f"bus.local={bus}")
            worker.terminate()
            worker.wait(60)
    known = view(data, "known")
    check([r["学生编号"] for r in known] == sorted(r["学生编号"] for r in known) and len(known) == 9, "our own id, where it is granted")
    drop = lambda e: {k: v for k, v in e.items() if k not in ("time", "before", "sum")}
    is_now = (tree(f"{data}/out/latest/views"), [drop(e) for e in logged(data)])
    want = want or is_now
    check(is_now == want, f"{name}: the same views, the same log but for its times")

finish()
