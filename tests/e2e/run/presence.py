#!/usr/bin/env python3
"""Who is here, night after night: absent, left by evidence, by decision and back, each with its day and reason; alone and over a bus,
with the files in another order, and with runs that are killed."""
import signal, time
from nightly import *

os.environ["YICI_HOLD"] = "no"  # a town of a few: any change is much
HEADER = "姓名,身份证件号,学校名称,学校标识码,年级,班级,学生当前状态,学籍异动类别,异动日期,更新时间"
NAMES = {"stays": "王小甲", "graduates": "李小乙", "moves": "张小丙", "vanishes": "刘小丁", "decided": "陈小戊", "within": "杨小己", "dies": "黄小庚", "untimed": "周小辛"}
FIRST_SCHOOL, SECOND_SCHOOL = ("第一小学", "2115000001"), ("第二小学", "2115000002")
NUMBERS = {who: id_no(f"150102201203{10 + n:02d}{n + 1:03d}") for n, who in enumerate(NAMES)}


def row(who, status="在读", change="", day="", school=FIRST_SCHOOL, at="2026-08-01"):
    return (NAMES[who], NUMBERS[who], *school, "三年级", "1班", status, change, day, at)


def both(*but, also=()):
    """Everybody of the first school as they were, but for those named; a file of each school."""
    # one boy stands in both schools' files every night, and nobody says since when
    untimed = [row("untimed", "转学", "转出", "", at=""), row("untimed", school=SECOND_SCHOOL, at="")]
    return [row(who) for who in NAMES if who not in but and who not in ("within", "untimed")] + untimed + list(also)


# date, rows of the registry, what is decided before the run, how they stand afterwards
ABSENT, NOT_HERE = "absent", "not_delivered:registry"
graduated, moved = row("graduates", "毕业", day="2026-07-10"), row("moves", "在读")
within_old, within_new = row("within", "转学", "转出", "2026-08-20", at="2026-08-20"), row("within", school=SECOND_SCHOOL, at="2026-09-01")
died = row("dies", "", "死亡", "2026-08-30")
NIGHTS = [
    ("2026-09-02", both(also=[row("within")]), None,
     {who: ("present", "2026-09-02", "delivered") for who in NAMES}),
    # evidence with a day, evidence without one, evidence in the second field; a boy moves inside the city: an old row and a new one
    ("2026-09-03", both("graduates", "moves", "vanishes", "dies", also=[graduated, row("moves", "转出"), within_old, within_new, died]), None,
     {"stays": ("present", "2026-09-02", "delivered"), "graduates": ("left", "2026-07-10", "graduated"), "moves": ("left", "2026-09-03", "transferred_out"),
      "vanishes": (ABSENT, "2026-09-03", NOT_HERE), "within": ("present", "2026-09-02", "delivered"), "dies": ("left", "2026-08-30", "died")}),
    # who has left vanishes and has left all the same; a person says that one has died
    ("2026-09-04", both("graduates", "moves", "vanishes", "dies", also=[within_new]), ("decided", "死亡"),
     {"graduates": ("left", "2026-07-10", "graduated"), "moves": ("left", "2026-09-03", "transferred_out"), "vanishes": (ABSENT, "2026-09-03", NOT_HERE),
      "decided": ("left", "2026-09-04", "died:decision:1"), "dies": ("left", "2026-08-30", "died")}),
    # back from both; the decision stands until it is undone
    ("2026-09-06", both("graduates", "moves", "dies", also=[within_new, row("moves", at="2026-09-05")]), None,
     {"moves": ("back", "2026-09-06", "back:left:2026-09-03"), "vanishes": ("back", "2026-09-06", "back:absent:2026-09-03"),
      "decided": ("left", "2026-09-04", "died:decision:1")}),
    ("2026-09-07", both("graduates", "moves", "dies", also=[within_new, row("moves", at="2026-09-05")]), "undo",
     {"decided": ("present", "2026-09-02", "delivered"), "moves": ("back", "2026-09-06", "back:left:2026-09-03")}),
    ("2026-10-05", both("graduates", "moves", "dies", also=[within_new, row("moves", at="2026-09-05")]), None,
     {"vanishes": ("back", "2026-09-06", "back:absent:2026-09-03"), "moves": ("back", "2026-09-06", "back:left:2026-09-03")}),
    ("2026-10-06", both("graduates", "moves", "dies", also=[within_new, row("moves", at="2026-09-05")]), None,
     {"vanishes": ("present", "2026-09-06", "delivered"), "moves": ("present", "2026-09-06", "delivered"),
      "graduates": ("left", "2026-07-10", "graduated")}),
    ("2026-10-07", both("stays", "graduates", "moves", "dies", also=[within_new]), None,
     {"vanishes": ("present", "2026-09-06", "delivered"), "moves": (ABSENT, "2026-10-07", NOT_HERE), "stays": (ABSENT, "2026-10-07", NOT_HERE)}),
]


def send(data, people, night, turned):
    """Two files, the newer rows in either of them; each night's bytes are its own."""
    people = [*people, ("赵一一", id_no("15010220120401001"), *SECOND_SCHOOL, "三年级", "2班", "在读", "", "", "2026-08-01"),
              (f"孙{'零一二三四五六七八九'[night]}", id_no(f"150102201205{night + 1:02d}001"), *FIRST_SCHOOL, "三年级", "3班", "在读", "", "", "2026-08-01")]
    halves = people[::2], [*people[1::2], (f"钱{'零一二三四五六七八九'[night]}", id_no(f"150102201206{night + 1:02d}001"), *SECOND_SCHOOL, "三年级", "4班", "在读", "", "", "2026-08-01")]
    for name, half in zip(("a.csv", "b.csv"), halves[::-1] if turned else halves):
        put(data, f"registry/{name}", table(*half, header=HEADER))


def stand(data):
    names = {name: who for who, name in NAMES.items()}
    return {names[s["name"]]: (s["presence"], s["since"], s["reason"]) for s in rows(f"{data}/out/latest/students.csv") if s["name"] in names}


def decide(data, what, bus):
    if what == "undo":
        yici("correct", data, "undo", "1", "--why", "wrong child", *bus)
    elif what is not None:
        student = next(s["student_id"] for s in rows(f"{data}/out/latest/students.csv") if s["name"] == NAMES[what[0]])
        yici("correct", data, student, "student_status", what[1], "--why", "certificate", "--who", "a clerk", *bus)


def statewise(data):
    return open(os.path.realpath(f"{data}/state/" + open(f"{data}/state/current").read().strip()) + "/presence.yc", "rb").read()


def finish_night(data, date):
    """Run once more, when those that a killed run had started have gone: what was begun is finished, and shown."""
    for _ in range(100):
        done = run(data, date, "--jobs", "1", "--set", "language=en", status=None)
        if done.returncode != 75:
            break
        time.sleep(0.02)
    check(done.returncode == 0, f"{date}: the run after one that was killed is fine", str(done.returncode))


def killed(data, date):
    """The same night on a copy, killed a few times."""
    copy = f"{data}-killed"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data, copy, symlinks=True)
    current = lambda: open(f"{copy}/state/current").read()
    before = current()
    for wait in (0.02, 0.04, 0.06, 0.08):
        if current() != before:  # the night is done, but perhaps not yet shown
            break
        process = subprocess.Popen([YICI, "run", copy, "--date", date, "--set", "language=en"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
    finish_night(copy, date)
    return copy


alone, bus, turned = Mode("presence-alone", False), Mode("presence-bus", True), Mode("presence-turned", False)
for night, (date, people, decision, want) in enumerate(NIGHTS):
    for mode in (alone, bus, turned):
        if decision is not None:
            decide(mode.data, decision, mode.bus)
        send(mode.data, people, night, mode is turned)
    copy = killed(alone.data, date) if night % 2 else None
    was = stand(alone.data) if night else {}
    for mode in (alone, bus, turned):
        mode.night(date)
    got = stand(alone.data)
    for who, how in {**want, "untimed": ("present", "2026-09-02", "delivered")}.items():
        check(got[who] == how, f"{date} {who}", str(got[who]))
    check(stand(turned.data) == got, f"{date}: the files in another order", str(stand(turned.data)))
    other = set(differing(f"{alone.data}/out/latest", f"{bus.data}/out/latest")) - {"worklist-registry.csv"}  # it names the second of a decision
    check(not other, f"{date}: the same bytes over a bus", str(other))
    check(statewise(alone.data) == statewise(bus.data), f"{date}: and the same kept")
    if copy:
        check(not differing(f"{alone.data}/out/latest", f"{copy}/out/latest") and statewise(alone.data) == statewise(copy), f"{date}: and after kills")
    changes = {c["student_id"]: (c["old"], c["new"], c["why"]) for c in rows(f"{alone.data}/out/latest/changes.csv") if c["field"] == "presence"}
    ids = {s["name"]: s["student_id"] for s in rows(f"{alone.data}/out/latest/students.csv")}
    for who in was:
        told = (was[who][0], got[who][0], got[who][2]) if (was[who][0], was[who][2]) != (got[who][0], got[who][2]) else None
        check(changes.get(ids[NAMES[who]]) == told, f"{date}: what is told of {who}", f"{changes.get(ids[NAMES[who]])}, not {told}")
    for line in open(f"{alone.data}/out/latest/students.jsonl", encoding="utf-8"):
        student = json.loads(line)
        who = next((w for w, n in NAMES.items() if n == student["name"]), None)
        check(who is None or (student["presence"], student["since"], student["reason"]) == got[who], f"{date}: students.jsonl", line[:150])
    schools = report(alone.data)["schools"]
    for presence in ("present", "absent", "stale", "left", "back"):
        check(sum(s[presence] for s in schools) == sum(s["presence"] == presence for s in rows(f"{alone.data}/out/latest/students.csv")),
              f"{date}: the report counts who is {presence}")
    said = yici("explain", alone.data, ids[NAMES["graduates"]], "student_status").stdout.decode()
    check(all(w in said for w in got["graduates"]), f"{date}: explain says so", said)

# a state of an earlier version has no presence.yc: everybody stands by the evidence of this night; one that is damaged is refused
for name, change in (("older", None), ("damaged", b"x")):
    copy = f"{WORK}/presence-{name}"
    shutil.copytree(alone.data, copy, symlinks=True)
    path = f"{copy}/state/" + open(f"{copy}/state/current").read().strip() + "/presence.yc"
    content = open(path, "rb").read()
    os.remove(path)
    if change:
        with open(path, "wb") as out:
            out.write(content[:-1] + change)
    send(copy, both("stays", "graduates", "moves", "dies", also=[within_new]), 9, False)
    done = run(copy, "2026-10-08", status=None)
    got = stand(copy)
    check((done.returncode != 0) == bool(change), f"{name}: exit status", str(done.returncode))
    check(got["graduates"] == ("left", "2026-07-10", "graduated") and got["stays"] == (ABSENT, "2026-10-07", NOT_HERE), f"{name}: as before", str(got))

# a graduate's year leaves and vanishes: nobody is missed; the same without evidence is held
os.environ["YICI_HOLD"] = "yes"
pupils = [(f"{s}{g}{h}", id_no(f"15010220{14 + n % 3}0{1 + n % 9}{10 + n % 18}{n:03d}"), *FIRST_SCHOOL, "六年级" if n < 40 else "三年级", "1班")
          for n, (s, g, h) in enumerate((s, g, h) for s in "王李张刘陈杨" for g in "伟芳娜敏静" for h in "丽强磊军")]
for status, expected in (("毕业", 0), ("在读", 3)):
    data = data_folder("year-" + str(expected))
    for date, here, says, held in (("2026-11-02", pupils, "在读", 0), ("2026-11-03", pupils, status, 0), ("2026-11-04", pupils[40:], status, expected)):
        os.environ["YICI_HOLD"] = "no" if date.endswith("03") else "yes"
        put(data, "registry/all.csv", table(*((*p, says if n + len(pupils) - len(here) < 40 else "在读", "", "", "2026-08-01") for n, p in enumerate(here)), header=HEADER))
        run(data, date, status=held)
    if expected == 0:
        got = [(s["presence"], s["reason"]) for s in rows(f"{data}/out/latest/students.csv")]
        check(got.count(("left", "graduated")) == 40 and got.count(("present", "delivered")) == 80, "a year that has graduated", str(set(got)))
finish()
