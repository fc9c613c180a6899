#!/usr/bin/env python3
"""hold.py YICI WORK - a bad night is held with its cause, in both modes: yesterday stays, a person approves all or part of it, or discards it."""
import csv, io, os, shutil, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../run"))
sys.dont_write_bytecode = True
from nightly import *

HEADER = ["姓名", "性别", "出生日期", "身份证件类型", "身份证件号", "学籍号", "民族", "学校名称", "学校标识码", "年级", "班级", "手机号码"]
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
SCHOOLS = [("2115000001", "第一小学"), ("2115000002", "第二小学"), ("2115000003", "第三小学")]
FIRST, SECOND, THIRD = "2026-11-02", "2026-11-03", "2026-11-04"


def pupil(school, n):
    seq = school * 200 + n
    number = id_no(f"15010220{14 + n % 3:02d}{1 + n % 9:02d}{10 + n % 18:02d}{seq % 1000:03d}"[:17])
    code, name = SCHOOLS[school]
    return [SURNAMES[n % 10] + GIVEN[(n // 10) % 20] + GIVEN[(n * 7 + school) % 20], "男" if int(number[16]) % 2 else "女", number[6:14],
            "居民身份证", number, "G" + number, "汉族" if n % 10 else "蒙古族", name, code, "三年级", f"{1 + n % 4}班", f"139{seq:08d}"]


def city(each=120):
    return [[pupil(s, n) for n in range(each)] for s in range(len(SCHOOLS))]


def as_csv(pupils, header=HEADER):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *pupils])
    return out.getvalue().encode()


def send(data, schools, header=HEADER, encode=lambda b: b):
    for (code, name), pupils in zip(SCHOOLS, schools):
        if pupils:
            put(data, f"registry/{name}.csv", encode(as_csv(pupils, header)))


def expect_held(mode, what, sentence, kind, cause):
    before, inbox = mode.latest(), [os.path.basename(p) for p in files_below(f"{mode.data}/inbox")]
    said = mode.night(SECOND, status=3)
    check(sentence in said, f"{what}: the cause is said", said[:600])
    check(mode.latest() == before, f"{what}: yesterday stays current")
    check([os.path.basename(p) for p in files_below(f"{mode.data}/inbox")] == inbox, f"{what}: files stay where they are")
    report = mode.held()
    check(any((f["kind"], f["cause"]) == (kind, cause) for f in report["findings"]), f"{what}: kind and cause",
          str([(f["kind"], f["cause"]) for f in report["findings"]]))
    status = json.loads(yici("status", mode.data, "--json", *mode.bus).stdout)
    check(status["held"]["run"] == report["run"] and status["held"]["findings"] == len(report["findings"]), f"{what}: status tells of it")
    text = b"".join(open(p, "rb").read() for p in files_below(f"{mode.data}/state/held")).decode() + said
    names = {p[0] for s in city() for p in s} | {p[4] for s in city() for p in s} | {p[11] for s in city() for p in s}
    check(not [n for n in names if n in text], f"{what}: no personal data in what is said of it")
    return report


def bad_nights():
    renamed = [("民族名称2" if h == "民族" else h) for h in HEADER]
    schools = city()
    fewer = [schools[0], schools[1][:100], []]
    wrong = [[[*p[:5], "L" + p[5][1:], *p[6:]] if n % 100 < 62 else p for n, p in enumerate(s)] for s in schools]
    mojibake = lambda b: b.decode().encode("utf-8").decode("gb18030", errors="replace").encode("utf-8")
    garbled_names = [[[mojibake(p[0].encode()).decode(), *p[1:]] for p in s] for s in schools]
    yield "renamed header", dict(schools=schools, header=renamed), "column 民族 renamed to 民族名称2 in 3 files of source registry", "column", "renamed"
    yield "missing school", dict(schools=[schools[0], schools[1], []]), "the file of a school did not come: source registry, school 第三小学", "school", "file"
    yield "wrong export", dict(schools=wrong), "% of G-numbers changed to L: wrong export", "number", "export"
    yield "garbled names", dict(schools=garbled_names), "encoding", "garbled", "encoding"
    yield "garbled file", dict(schools=schools, encode=mojibake), "encoding", "refused", "encoding"
    yield "pupils gone", dict(schools=[s[:90] for s in schools]), "records absent", "absent", ""


for bus in (False, True):
    tag = "bus" if bus else "run"
    for n, (what, night, sentence, kind, cause) in enumerate(bad_nights()):
        if bus and n not in (0, 1):
            continue
        mode = Mode(f"{tag}-{n}", bus)
        send(mode.data, city())
        mode.night(FIRST)
        topic = mode.topic()
        send(mode.data, **night)
        expect_held(mode, f"{tag}, {what}", sentence, kind, cause)
        check(mode.topic() == topic, f"{tag}, {what}: the topic stays yesterday's")
        if n == 0:  # all of it, with the bytes of a night that nobody held
            free = Mode(f"{tag}-free", bus)
            free.more = ["--set", "hold=no"]
            for date, content in ((FIRST, dict(schools=city())), (SECOND, night)):
                send(free.data, **content)
                free.night(date)
            check(yici("hold", mode.data, "approve", status=64).returncode == 64, "an approval has a reason")
            shown = mode.hold("show", mode.data)
            check(sentence in shown, "hold show says the same", shown)
            check(json.loads(mode.hold(mode.data, "show", "--json"))["findings"], "hold show --json")
            mode.hold("approve", mode.data, "--why", "the registry has renamed it", "--who", "clerk")
            check(not differing(f"{mode.data}/out/latest", f"{free.data}/out/latest"), f"{tag}: approved, the bytes are those of a night that was not held",
                  str(differing(f"{mode.data}/out/latest", f"{free.data}/out/latest")))
            check(mode.topic() == free.topic(), f"{tag}: and so is the topic")
            check(not os.path.exists(f"{mode.data}/state/held"), f"{tag}: nothing is held any more")
            check("hold_approve" in yici("audit", mode.data, "list").stdout.decode(), "the log of decisions has it")
            yici("audit", mode.data, "verify")
        if n == 1:  # none of it
            before = mode.latest()
            said = mode.hold("discard", mode.data, "--why", "sent in error")
            check(mode.latest() == before and not os.path.exists(f"{mode.data}/state/held"), f"{tag}: discarded, yesterday stays", said)
            check(len([p for p in files_below(f"{mode.data}/quarantine") if p.endswith(".csv")]) == 2 and not files_below(f"{mode.data}/inbox"),
                  f"{tag}: discarded files are in quarantine", str(files_below(f"{mode.data}/quarantine")))
            send(mode.data, [[*s, pupil(i, 130)] for i, s in enumerate(city())])
            mode.night(SECOND)
            states = {r["presence"] for r in rows(f"{mode.data}/out/latest/students.csv")}
            check(states == {"present"}, f"{tag}: the next delivery is taken", str(states))
            mode.hold("show", mode.data)
            yici("hold", mode.data, "approve", "--why", "x", *mode.bus, status=65)

    # all but one school: its rows are set aside and come back by themselves
    mode = Mode(f"{tag}-part", bus)
    send(mode.data, city())
    mode.night(FIRST)
    call = lambda p, n: [*p[:11], "138" + p[11][3:]] if n % 2 else p
    changed = [[call(p, n) for n, p in enumerate(s)] for s in city()]
    changed[1] = changed[1][:80]
    send(mode.data, changed)
    expect_held(mode, f"{tag}, part", "records absent", "absent", "")
    yici("hold", mode.data, "approve", "--except-school", "nowhere", "--why", "x", *mode.bus, status=64)
    mode.hold("approve", mode.data, "--except-school", SCHOOLS[1][0], "--why", "the second school has to send again")
    got = [(r["school_code"], r["presence"], r["mobile"] if "mobile" in r else r.get("phone", "")) for r in rows(f"{mode.data}/out/latest/students.csv")]
    check({p for c, p, _ in got if c == SCHOOLS[0][0]} == {"present"}, f"{tag}: the others are published")
    check({p for c, p, _ in got if c == SCHOOLS[1][0]} == {"stale"} and sum(c == SCHOOLS[1][0] for c, _, _ in got) == 120,
          f"{tag}: the school is as it was, and stale", str({p for c, p, _ in got if c == SCHOOLS[1][0]}))
    for key, f in accounts(mode.data).items():
        check(f["rows"] == f["accepted"] + f["rejected"] + f["set_aside"], f"{tag}: accounts hold", str((key, f)))
    check(sum(r["role" if "role" in r else "reason"] == "held" for r in rows(f"{mode.data}/out/latest/set_aside.csv")) == 80, f"{tag}: its rows are set aside as held")
    again = [[*s, pupil(i, 131)] for i, s in enumerate(changed)]
    again[1] = [call(p, n) for n, p in enumerate(city()[1])] + [pupil(1, 131)]
    send(mode.data, again)
    mode.night(THIRD)
    states = {(r["school_code"], r["presence"]) for r in rows(f"{mode.data}/out/latest/students.csv")}
    check(not [s for s in states if s[1] == "stale"], f"{tag}: with the next delivery the school is back", str(states))

# only the schools that are named are taken
mode = Mode("named", False)
send(mode.data, city())
mode.night(FIRST)
send(mode.data, [s[:80] for s in city()])
mode.night(SECOND, status=3)
mode.hold("discard", mode.data, "--school", SCHOOLS[0][1], "--school", SCHOOLS[2][0], "--why", "the second one is right")
states = {(r["school_code"], r["presence"]) for r in rows(f"{mode.data}/out/latest/students.csv")}
check(states == {(SCHOOLS[0][0], "stale"), (SCHOOLS[1][0], "present"), (SCHOOLS[1][0], "absent"), (SCHOOLS[2][0], "stale")}, "without two schools", str(states))
mode = Mode("one", False)
send(mode.data, city())
mode.night(FIRST)
send(mode.data, [s[:80] for s in city()])
mode.night(SECOND, status=3)
mode.hold(mode.data, "approve", "--school", SCHOOLS[1][0], "--why", "only the second one is right")
check(states == {(r["school_code"], r["presence"]) for r in rows(f"{mode.data}/out/latest/students.csv")}, "the one school that is approved")

# a normal night of the sample is not held; the same without one school's file is, and a decision about one night is none about another
base = town(600, nights=3)
mode = Mode("sample", False)
deliver(mode.data, f"{base}/night-01/inbox")
mode.night(SECOND)
deliver(mode.data, f"{base}/night-02/inbox")
mode.night(THIRD)
deliver(mode.data, f"{base}/night-03/inbox")
gone = [p for p in files_below(f"{mode.data}/inbox/registry") if "新安县/" in p]
check(gone, "the sample has schools that send by themselves")
os.remove(max(gone, key=os.path.getsize))
said = mode.night("2026-11-05", status=3)
check("did not come" in said, "a school of the sample is missed", said)
deliver(mode.data, f"{base}/night-03/inbox")
mode.night("2026-11-05")
finish()
