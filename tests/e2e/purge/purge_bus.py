"""purge_bus.py YICI WORK - a purge over a bus that is a folder: tombstones for whoever follows, nothing of the person in the bus itself, and nights
go on as if nothing had been."""
import sys
from gone import *


def world(name, people):
    mode = Mode(name, True)
    for night, date in ((1, "2026-09-02"), (2, "2026-09-03")):
        fill(mode.data, people, night)
        mode.night(date)
    return mode


def followed(mode):
    """What a department has, once it has caught up."""
    out = f"{WORK}/follow-{os.path.basename(mode.data)}.jsonl"
    yici("follow", "yici.students", "--out", out, "--once", "--set", "follow.group=office", *mode.bus)
    return [json.loads(line) for line in open(out, encoding="utf-8")]


mode, without = world("data", EVERYBODY), world("without", [p for p in EVERYBODY if p is not HE])
bus = f"{WORK}/bus-data"
him = id_of(mode.data, HE)
check(any(s["student_id"] == him for s in followed(mode)), "he is there before")
words = [HE[0], HE[1], HE[2], HE[7], HE[8], HE[10]]
check({p.split("/")[-2] for p in found(bus, *words)} >= {"yici.submitted", "yici.checked", "yici.students"}, "in the topics too", str(found(bus, *words)))

said = json.loads(yici("purge", mode.data, him, "--why", "家长申请", "--date", "2026-09-04", "--json", *mode.bus).stdout)
left = found(mode.data, *words, him) + [p for p in found(bus, *words) if "yici.files" not in p]  # a file that is called after him: its name
check(not left and said["messages"] > 5, "nothing is left", f"{said} {left[:5]}")
check(not any(s["student_id"] == him for s in followed(mode)), "a follower that goes on has a tombstone")
check(not found(f"{WORK}/follow-data.jsonl", *words), "and nothing of him")
check(students(mode.data) == students(without.data), "others are as if there had been no such person")
yici("audit", mode.data, "verify")
before = open(f"{mode.data}/state/current").read()
mode.night("2026-09-04")
check(open(f"{mode.data}/state/current").read() == before, "a night without files is no run")

fill(mode.data, EVERYBODY, 3)
fill(without.data, [p for p in EVERYBODY if p is not HE], 3)
mode.night("2026-09-05")
without.night("2026-09-05")
check([r["reason"] for r in rows(f"{mode.data}/out/latest/set_aside.csv")].count("purged") >= 4, "sent again, his rows are set aside")
check(not found(f"{mode.data}/archive", HE[1]) and found(f"{mode.data}/archive/20260905-1", OTHERS[0][1]), "and leave what goes to the archive", str(found(f"{mode.data}/archive", HE[1])[:3]))
now = lambda m: sorted(tuple(v for k, v in r if k not in ("since", "reason")) for r in ([(k, v) for k, v in r.items() if k != "student_id"] for r in rows(f"{m.data}/out/latest/students.csv")))
check(now(mode) == now(without), "and nights go on", str(set(now(mode)) ^ set(now(without))))
check(not any(s["student_id"] == him or s.get("id_no") == HE[1] for s in followed(mode)), "and a follower hears nothing")

# ---- a purge while another program consolidates, and rows on their way ----
served = subprocess.Popen([YICI, "consolidate", mode.data, *mode.bus], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
served.stderr.readline()
yici("purge", mode.data, id_of(mode.data, TWINS[0]), "--why", "x", *mode.bus, status=75)
check(not os.path.exists(f"{mode.data}/state/purging"), "then nothing was begun")
served.terminate()
served.wait()
fill(mode.data, EVERYBODY, 4)
yici("collect", mode.data, "--once", "--date", "2026-09-06", *mode.bus)
yici("purge", mode.data, id_of(mode.data, TWINS[0]), "--why", "x", "--date", "2026-09-06", *mode.bus, status=3)
mode.night("2026-09-06")
check(not [s for s in students(mode.data) if TWINS[0][1] in s] and [s for s in students(mode.data) if TWINS[1][1] in s], "rows that were on their way are set aside")
finish()
