#!/usr/bin/env python3
"""Three nights of a town: accounts hold for every file, lineage points at rows that exist, ids stay, presence follows."""
from collections import Counter
from nightly import *

base = town(150, nights=3)
data = data_folder("data")
before = None
for night, date in ((1, "2026-09-02"), (2, "2026-09-03"), (3, "2026-09-04")):
    deliver(data, f"{base}/night-{night:02d}/inbox")
    run(data, date)
    out = f"{data}/out/latest"
    check(os.readlink(out) == date.replace("-", "") + "-1", "out/latest points at the run", os.readlink(out))
    complete = {k: f for k, f in accounts(data).items() if f["state"] == "complete"}
    check(complete, "files are complete")
    lineage = rows(f"{out}/lineage.csv")
    told = Counter((r["source"], r["file"]) for r in lineage)
    aside = Counter((r["source"], r["file"]) for r in rows(f"{out}/set_aside.csv"))
    refused = Counter()
    for key in {(r["source"], r["file"], r["sheet"], r["row"]) for r in rows(f"{out}/rejected.csv") if r["severity"] == "reject" and r["row"]}:
        refused[key[:2]] += 1
    for key, f in complete.items():
        check(f["rows"] == f["accepted"] + f["rejected"] + f["set_aside"], "rows = accepted + rejected + set aside", str(key))
        check((told[key], refused[key], aside[key]) == (f["accepted"], f["rejected"], f["set_aside"]),
              "tables and report count the same rows", f"{key} {told[key]} {refused[key]} {aside[key]} {f}")
    check(not set(told) - set(complete), "no row of a file that is not complete")
    places = Counter((r["source"], r["file"], r["sheet"], r["row"]) for r in lineage)
    check(max(places.values(), default=1) == 1, "a row stands once in lineage")
    students = {s["student_id"]: s for s in rows(f"{out}/students.csv")}
    check(len(students) == len(rows(f"{out}/students.csv")), "a student stands once")
    check({r["student_id"] for r in lineage} <= set(students), "lineage speaks of students there are")
    # rows in plain text files are really there
    for (source, name), f in complete.items():
        path = f"{data}/archive/{os.readlink(out)}/{source}/{name}"
        if not name.endswith(".csv") or not os.path.exists(path):
            continue
        raw = open(path, "rb").read()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("gb18030")
        count = len(list(csv.reader(text.splitlines(keepends=True))))
        worst = max((int(r["row"]) for r in lineage if (r["source"], r["file"]) == (source, name)), default=0)
        check(worst <= count, "lineage names rows that exist", f"{name} {worst} > {count}")
    if before is not None:
        changes = rows(f"{out}/changes.csv")
        gone = set(before) - set(students)
        known = {c["student_id"] for c in changes} if changes and "student_id" in changes[0] else {c[next(iter(c))] for c in changes}
        check(gone <= known, "an id that is no longer there is told of", str(sorted(gone)[:3]))
        check(set(students) - set(before) <= known, "a new one too")
        check(len(gone) <= len(before) // 20, "ids stay", f"{len(gone)} of {len(before)}")
    before = students

# a full source delivers a school without a pupil: absent, dated; then back
data = data_folder("presence")
header = "姓名,身份证件号,学校名称,学校标识码,班级"
pupils = [(f"王小{c}", id_no(f"150102201203{n:02d}001"), "第一小学", "2115000001", "1班") for n, c in enumerate("甲乙丙", 10)]
for n, (date, here) in enumerate((("2026-09-02", pupils), ("2026-09-03", pupils[1:]), ("2026-09-04", pupils[1:]), ("2026-09-05", pupils))):
    put(data, "registry/all.csv", table(*here, (f"李{n}", id_no("15010220120401001"), "第二小学", "2115000002", "1班"), header=header))
    run(data, date)
    state = {s["name"]: (s["presence"], s["since"]) for s in rows(f"{data}/out/latest/students.csv")}
    want = [("present", "2026-09-02"), ("absent", "2026-09-03"), ("absent", "2026-09-03"), ("back", "2026-09-05")][n]
    check(state.get("王小甲") == want, f"night {n + 1}", str(state.get("王小甲")))
    check(state.get("王小乙") == ("present", "2026-09-02"), "who is always there is present since the first night")
finish()
