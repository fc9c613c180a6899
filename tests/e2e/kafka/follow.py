#!/usr/bin/env python3
"""follow.py YICI WORK - a department's files: killed at random moments, they are always those of one night, whole."""
import csv
from harness import *

town = Town("follow", students=600)
out = f"{WORK}/department"
shutil.rmtree(out, ignore_errors=True)
TOPIC = f"{town.prefix}.students"


def files():
    """The lines, by student; None before the first night."""
    try:
        with open(f"{out}/students.jsonl", "rb") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return None
    return {json.loads(line)["student_id"]: line for line in lines}


def rows():
    with open(f"{out}/students.csv", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def is_local(what):
    lines, local = files(), town.local()
    check(lines == local, what + ": the lines are the snapshot's, byte for byte", f"{len(lines or ())} and {len(local)}")
    check(list(lines) == sorted(lines), what + ": in the order of student ids")
    table = rows()
    check([r["student_id"] for r in table] == list(lines), what + ": the csv has the same students")
    with open(f"{town.data}/out/latest/students.csv", encoding="utf-8-sig", newline="") as file:
        columns = next(csv.reader(file))
    check(list(table[0]) == [c for c in columns if c in table[0]], what + ": columns in the order of the snapshot's")
    wrong = [(r["student_id"], k) for r in table for k, v in r.items()
             if v.lstrip("'") != json.loads(lines[r["student_id"]]).get(k, "").lstrip("'")]
    check(not wrong, what + ": every cell is the value of its line", str(wrong[:3]))
    loose = [p for p in glob.glob(out + "/.*") + glob.glob(out + "/*") if os.path.isfile(p) and os.stat(p).st_mode & 0o077]
    check(not loose, what + ": files are their owner's alone", str(loose))


# Before the first night there is nothing to follow.
town.yici("follow", TOPIC, "--out", out + "/", "--once", ok=(AGAIN,))
check(files() is None, "without a complete run there is no file")

nights = {}
for night in (1, 2):
    town.deliver(night)
    follower = town.start("follow", TOPIC, "--out", out + "/")
    with town.workers(1):
        town.nightly(night)
    nights[night] = town.local()
    for kill in range(12):
        time.sleep(rng.uniform(0.05, 1.5))
        stop(follower, signal.SIGKILL)
        seen = files()
        check(seen in (None, nights.get(night - 1), nights[night]), f"night {night}, kill {kill}: one night or the other, never between")
        follower = town.start("follow", TOPIC, "--out", out + "/")
    until(lambda: files() == nights[night], 60)
    time.sleep(2)  # the last one has just begun: until it listens to signals they end it as they end anybody
    status = stop(follower)
    check(status == 0, "a follower ends with 0 when asked to", f"{status}: {tail(town.log)}")
    is_local(f"night {night}")

# Two at once would fight; the second says so and leaves.
follower = town.start("follow", TOPIC, "--out", out + "/")
until(lambda: b"follow begin" in open(town.log, "rb").read()[-400:], 10)
time.sleep(0.5)
town.yici("follow", TOPIC, "--out", out + "/", "--once", ok=(AGAIN,))
stop(follower)

# Only a csv, only a jsonl; a file that was altered is made again.
for name in ("only.csv", "only.jsonl"):
    path = f"{WORK}/{name}"
    for old in glob.glob(f"{WORK}/.{name}.*") + [path]:
        if os.path.exists(old):
            os.remove(old)
    town.yici("follow", TOPIC, "--out", path, "--once")
    with open(path, "rb") as file:
        made = file.read()
    with open(f"{out}/students.{name[5:]}", "rb") as file:
        check(made == file.read(), f"{name} is what the folder has")
    os.remove(path)
    done = town.yici("follow", TOPIC, "--out", path, "--once")
    with open(path, "rb") as file:
        check(made == file.read(), f"{name} is made again", str(done))

# What is no topic of students, or not there.
town.yici("follow", f"{town.prefix}.nothing", "--out", out + "2/", "--once", ok=(CONFIG,))
town.yici("follow", f"{town.prefix}.submitted", "--out", out + "2/", "--once", ok=(65,))
check(not glob.glob(out + "2/*"), "and nothing is written")
end()
