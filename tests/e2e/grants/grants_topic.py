"""grants_topic.py YICI WORK - views as topics, over a bus that is a folder: what each reader is told night after night, and that nothing else is anywhere."""
import hmac, random, signal, struct, sys, os, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../run"))
sys.dont_write_bytecode = True
from nightly import *

os.environ.update(LC_ALL="C.UTF-8", YICI_HOLD="no")  # a town of a few: any change is much
seed = int(os.environ.get("YICI_TEST_SEED", "5"))
rng = random.Random(seed)
HEADER = "姓名,身份证件号,学校名称,学校标识码,年级,班级,残疾类型,联系电话,家庭地址,出生日期"
PUPILS = [(f"王小{c}", id_no(f"15010220140{3 + n % 5}{10 + n}77{n}"), *(("第一小学", "2115000001") if n < 6 else ("第二小学", "2115000002")), "小学三年级", "2班",
           ("肢体残疾", "无残疾", "")[n % 3], f"1380000{1000 + n}", f"钢铁大街{n}号", f"2014-0{3 + n % 5}-{10 + n}") for n, c in enumerate("甲乙丙丁戊己庚辛壬")]
FIRST = '<school code="2115000001"/>'
ALPHA = ('<field name="name" mask="whole"/><field name="id_no" mask="last4"/><field name="birth_date" mask="birth_year"/>'
         '<field name="disability" mask="yes_no" yes="1 2 3 4 5 6 7 9" as="是否残疾" need="核对"/>')


def grant(fields, deliver='<topic principal="User:sample"/>', to="2027-01-31", purpose="核对"):
    return (f'<grant unit="样例单位" valid_from="2026-09-01" valid_to="{to}" destroy_by="2027-06-30"><purpose>{purpose}</purpose><basis>样例办法</basis>'
            f'<document number="样例〔2026〕1号" date="2026-08-20"/><approver name="张样例" post="科长" date="2026-08-21"/><rows>{FIRST}</rows>'
            f"<fields>{fields}</fields>{deliver}</grant>")


def allow(data, **grants):
    os.makedirs(f"{data}/config/grants", exist_ok=True)
    for name, text in grants.items():
        with open(f"{data}/config/grants/{name}.xml", "w", encoding="utf-8") as out:
            out.write(text)


def begin(name):
    mode = Mode(name, True)
    with open(f"{mode.data}/state/views.key", "wb") as out:
        out.write(bytes(range(32)))
    allow(mode.data, alpha=grant(ALPHA), beta=grant('<token/><field name="grade" mask="whole"/>', '<deliver format="csv" every="month" times="1"/><topic/>'))
    return mode


def messages(mode, name, at=0):
    """All records of a topic's partition, as bytes: [(headers, key, value or None)], and where the file ends."""
    path = f"{WORK}/bus-{os.path.basename(mode.data)}/yici.view.{name}/0"
    data, found = open(path, "rb").read() if os.path.exists(path) else b"", []
    while at < len(data):
        _, key, value, count = struct.unpack_from("<QIII", data, at)
        at += 20
        headers = {}
        for _ in range(count):
            size, = struct.unpack_from("<H", data, at)
            header = data[at + 2:at + 2 + size].decode()
            size, at = struct.unpack_from("<I", data, at + 3 + size)[0], at + 7 + size
            headers[header], at = data[at:at + size].decode(), at + size
        gone = value == 0xFFFFFFFF
        found.append((headers, data[at:at + key].decode(), None if gone else data[at + key:at + key + value].decode()))
        at += key + (0 if gone else value)
    return found, at


def follow(mode, name, out, *more):
    return yici("follow", f"yici.view.{name}", "--out", out, "--once", "--set", "language=en", *mode.bus, *more).stdout.decode()


def held(folder):
    """What a follower has, hidden files too."""
    return sorted(f"{at}/{name}" for at, _, names in os.walk(folder) for name in names)


def logged(mode, *args):
    return json.loads(yici("disclosures", mode.data, *args, "--json").stdout)


def states(mode):
    return {g["grant"]: (g["state"], int(g["rows"]), int(g["gone"]), int(g["held"])) for g in rows(f"{mode.data}/out/latest/views/topics.csv")}


def deliver_all(mode, pupils):
    put(mode.data, "registry/all.csv", table(*pupils, header=HEADER))


def changed(pupil, **cells):
    return tuple(cells.get(name, cell) for name, cell in zip(HEADER.split(","), pupil))


def wanted(pupil):
    disability = {"肢体残疾": "1", "无残疾": "0"}.get(pupil[6])
    return json.dumps({"name": pupil[0], "id_no_last4": pupil[1][-4:], "birth_date_year": "2014", "disability_yes_no": disability},
                      ensure_ascii=False, separators=(",", ":"))


# ---- the first night ----
mode = begin("data")
data, secret = mode.data, bytes(range(32))
NIGHTS = [("2026-09-02", PUPILS)]
deliver_all(mode, PUPILS)
mode.night("2026-09-02")
student = {s["name"]: s["student_id"] for s in rows(f"{data}/out/latest/students.csv")}
token = lambda name, grant="alpha": hmac.new(secret, grant.encode() + b"\0" + bytes.fromhex(student[name]), "sha256").hexdigest()[:32]
first, at = messages(mode, "alpha")
check({k: v for _, k, v in first} == {token(p[0]): wanted(p) for p in PUPILS[:6]} and len(first) == 6, "its rows, its columns, in their order, and no others", str(first))
check([k for _, k, _ in first] == sorted(k for _, k, _ in first), "in the order of tokens")
check({h["ce_type"] for h, _, _ in first} == {"yici.view"} and {h["ce_dataschema"] for h, _, _ in first} == {"urn:yici:view:alpha"}
      and [h["ce_id"] for h, _, _ in first] == [f"20260902-1:alpha:{n}" for n in range(6)], "headers tell the run and the grant", str(first[0][0]))
other, other_at = messages(mode, "beta")
check(len(other) == 6 and not {k for _, k, _ in other} & {k for _, k, _ in first} and all(json.loads(v) == {"token": k, "grade": "13"} for _, k, v in other),
      "two grants' topics cannot be joined", str(other))
check(states(mode) == {"alpha": ("tells", 6, 0, 6), "beta": ("tells", 6, 0, 6)}, "and it is said", str(states(mode)))
check({g["grant"]: g["state"] for g in rows(f"{data}/out/latest/views/grants.csv")} == {"alpha": "topic_only", "beta": "delivers"}
      and os.listdir(f"{data}/out/latest/views/beta") and not os.path.exists(f"{data}/out/latest/views/alpha"), "files only where files are granted")
entry = next(e for e in logged(mode, "--grant", "alpha"))
digest = hashlib.sha256(b"".join(bytes.fromhex(k) + v.encode() + b"\n" for _, k, v in first)).hexdigest()
check((entry["action"], entry["who"], entry["topic"], entry["night"], entry["rows"], entry["gone"], entry["run"], entry["columns"], entry["sha256"])
      == ("publish", "样例单位", "yici.view.alpha", "1", "6", "0", "20260902-1", "name id_no_last4 birth_date_year disability_yes_no", digest), "the log has it", str(entry))
shown = json.loads(yici("grants", data, "show", "alpha", "--date", "2026-09-02", "--json").stdout)
check((shown["topic"], shown["principal"], shown["on_topic"], shown["topic_nights"]) == ("yici.view.alpha", "User:sample", 6, 1), "yici grants show tells the topic", str(shown))
told = report(data)["deliveries"]
check([(d["grant"], d["by"], d["rows"]) for d in told] == [("alpha", "topic", 6), ("beta", "files", 6), ("beta", "topic", 6)], "the report has who was given what", str(told))

# ---- nothing new: no night, nothing told ----
mode.night("2026-09-02")
check(os.readlink(f"{data}/out/latest") == "20260902-1" and messages(mode, "alpha")[1] == at, "run again with nothing new: nothing is told twice")

# ---- moves in and out; a change outside the view ----
mover, comer = PUPILS[0], PUPILS[7]
moved = [changed(mover, 学校名称="第二小学", 学校标识码="2115000002"), changed(PUPILS[1], 联系电话="13700000000", 家庭地址="别处9号"), changed(PUPILS[2], 残疾类型="肢体残疾"),
         *PUPILS[3:7], changed(comer, 学校名称="第一小学", 学校标识码="2115000001"), PUPILS[8]]
NIGHTS.append(("2026-09-03", moved))
deliver_all(mode, moved)
mode.night("2026-09-03")
news, at = messages(mode, "alpha", at)
check({k: v for _, k, v in news} == {token(mover[0]): None, token(PUPILS[2][0]): wanted(moved[2]), token(comer[0]): wanted(moved[7])} and len(news) == 3,
      "only what changed of its columns: who left is a tombstone, who came is told", str(news))
news, other_at = messages(mode, "beta", other_at)
check({k: v is None for _, k, v in news} == {token(mover[0], "beta"): True, token(comer[0], "beta"): False}, "a column that only others have is no news", str(news))
check(states(mode)["alpha"] == ("tells", 2, 1, 6), "counted", str(states(mode)))
nights = lambda name: [(e["grant"], e.get("night") and "t" + e["night"] or e["delivery"]) for e in logged(mode, student[name])]
check(sorted(nights(mover[0])) == [("alpha", "t1"), ("beta", "1"), ("beta", "t1")], "what was told of the one who left", str(nights(mover[0])))
check(sorted(nights(comer[0])) == [("alpha", "t2"), ("beta", "t2")], "of the one who came", str(nights(comer[0])))
check(sorted(nights(PUPILS[1][0])) == [("alpha", "t1"), ("beta", "1"), ("beta", "t1")], "of one of whom there was no news", str(nights(PUPILS[1][0])))
check(nights(PUPILS[8][0]) == [], "of one of another school: nothing")

# ---- a department follows ----
folder = f"{WORK}/department"
os.makedirs(folder)
said = follow(mode, "alpha", f"{folder}/alpha.csv")
check("20260903-1: 6 students" in said, "the follower tells the night", said)
mine = rows(f"{folder}/alpha.csv")
check(list(mine[0]) == ["key", "name", "id_no_last4", "birth_date_year", "disability_yes_no"] and {r["key"]: r["name"] for r in mine}
      == {token(p[0]): p[0] for p in (*moved[1:6], moved[7])}, "the follower's table", str(mine))

# ---- what is not granted is nowhere ----
ids = list(student.values())
everybody = PUPILS + moved
secrets = {w for p in everybody for w in (p[1], p[7], p[8], p[9])} | {p[0] for p in PUPILS[6:] if p is not comer} | set(ids) | {secret.hex(), "别处9号"}
forbidden = [w.encode() for w in secrets] + [bytes.fromhex(i) for i in ids] + [secret]
topics = files_below(f"{WORK}/bus-data/yici.view.alpha") + files_below(f"{WORK}/bus-data/yici.view.beta")
check(len(topics) == 2 and len(held(folder)) >= 2, "there is something to look at")
for path in topics + held(folder) + [f"{data}/state/disclosures.log", f"{data}/out/latest/views/topics.csv"] + glob.glob(f"{data}/state/*/views.yc"):
    content = open(path, "rb").read()
    wrong = [n for n, word in enumerate(forbidden) if word in content]
    check(not wrong, "nothing that is not granted", f"{path} {wrong}")
    check("肢体".encode() not in content, "whether, not which", path)
check(not any("王小".encode() in open(p, "rb").read() for p in topics[1:] + glob.glob(f"{data}/state/*/views.yc")), "and no name where no name is granted")

# ---- another wording: a night, and no news ----
allow(data, alpha=grant(ALPHA, purpose="复核"))
mode.night("2026-09-04")
check(os.readlink(f"{data}/out/latest") == "20260904-1" and messages(mode, "alpha")[1] == at, "the same columns by another document are no news")
mode.night("2026-09-04")
check(os.readlink(f"{data}/out/latest") == "20260904-1", "once")

# ---- broken: nothing further is told, what was stays; two columns fewer: all are told anew ----
allow(data, alpha="<grant")
back = [changed(p, 联系电话="13611112222") for p in PUPILS]
deliver_all(mode, back)
mode.night("2026-09-05")
check(states(mode)["alpha"][:3] == ("broken", 0, 0) and messages(mode, "alpha")[1] == at, "broken: nothing is told", str(states(mode)))
allow(data, alpha=grant('<field name="name" mask="whole"/>'))
mode.night("2026-09-06")
news, at = messages(mode, "alpha", at)
check({k: v for _, k, v in news} == {**{token(p[0]): json.dumps({"name": p[0]}, ensure_ascii=False, separators=(",", ":")) for p in PUPILS[:6]}, token(comer[0]): None},
      "mended: what happened meanwhile is told, by the new columns", str(news))

# ---- expired, and withdrawn ----
allow(data, alpha=grant('<field name="name" mask="whole"/>', to="2026-09-06"))
os.remove(f"{data}/config/grants/beta.xml")
mode.night("2026-09-07")
for name in ("alpha", "beta"):
    news, end = messages(mode, name, at if name == "alpha" else other_at)
    last = {}
    for _, k, v in messages(mode, name)[0]:
        last[k] = v
    check(len(last) == 7 and not any(last.values()), f"{name}: everybody is taken back", str(last))
    entry = logged(mode, "--grant", name)[-1]
    check((entry["action"], entry["why"], entry["rows"], entry["gone"]) == ("retract", {"alpha": "expired", "beta": "withdrawn"}[name], "0", "6"), f"{name}: and logged so", str(entry))
check(states(mode) == {"alpha": ("expired", 0, 6, 0), "beta": ("withdrawn", 0, 6, 0)}, "and said", str(states(mode)))
follow(mode, "alpha", f"{folder}/alpha.csv")
check(rows(f"{folder}/alpha.csv") == [] and not any("王小".encode() in open(p, "rb").read() for p in held(folder)), "the follower holds nobody any more")
before = os.readlink(f"{data}/out/latest")
mode.night("2026-09-07")
check(os.readlink(f"{data}/out/latest") == before, "once")
yici("audit", data, "verify")
allow(data, alpha=grant('<field name="name" mask="whole"/>'))
mode.night("2026-09-08")
check(states(mode) == {"alpha": ("tells", 6, 0, 6)}, "valid again: told again", str(states(mode)))

# ---- a purge reaches the views ----
gone = PUPILS[4][0]
key = token(gone)
yici("purge", data, student[gone], "--why", "申请", "--who", "样例", *mode.bus)
record = {}
for _, k, v in messages(mode, "alpha")[0]:
    record.setdefault(k, []).append(v)
check(set(record[key]) == {None}, "of one who is purged nothing is left on his topic but tombstones", str(record[key]))
check(states(mode) == {"alpha": ("tells", 0, 1, 5)}, "and the night said so", str(states(mode)))

# ---- without a bus: the same files, and nothing told ----
alone = begin("alone")
alone.bus = []
for date, pupils in NIGHTS:
    deliver_all(alone, pupils)
    alone.night(date)
calm = begin("calm")
for date, pupils in NIGHTS:
    deliver_all(calm, pupils)
    calm.night(date)
check(differing(f"{alone.data}/out/latest", f"{calm.data}/out/latest") in ([], ["report.html", "report.json", "views/topics.csv"]), "both ways the same files but for what the topics were told",
      str(differing(f"{alone.data}/out/latest", f"{calm.data}/out/latest")))
check(not glob.glob(f"{alone.data}/state/*/views.yc"), "nothing is noted as told that was not")

# ---- killed anywhere ----
killed = begin("killed")
took = 0.8
worker = subprocess.Popen([YICI, "normalize", killed.data, *killed.bus], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
for date, pupils in NIGHTS:
    deliver_all(killed, pupils)
    for kill in range(6):
        program = subprocess.Popen([YICI, "nightly", killed.data, "--date", date, *killed.bus], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(rng.uniform(0.05, took))
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGKILL)
        program.wait(60)
    yici("nightly", killed.data, "--date", date, *killed.bus)
worker.terminate()
worker.wait()
plain = lambda mode: [{k: v for k, v in e.items() if k not in ("time", "before", "sum")} for e in logged(mode)]
check(plain(killed) == plain(calm), "killed: the log is that of undisturbed nights", f"YICI_TEST_SEED={seed}")
current = lambda mode: f"{mode.data}/state/{os.readlink(mode.data + '/out/latest')}"
check(open(f"{current(killed)}/views.yc", "rb").read() == open(f"{current(calm)}/views.yc", "rb").read(), "and what was told is noted the same", f"YICI_TEST_SEED={seed}")
for name in ("alpha", "beta"):
    out = [f"{WORK}/{mode}-{name}.jsonl" for mode in ("killed", "calm")]
    for one, path in zip((killed, calm), out):
        follow(one, name, path)
    check(open(out[0], "rb").read() == open(out[1], "rb").read() != b"", f"{name}: and a reader has the same bytes", f"YICI_TEST_SEED={seed}")
finish()
