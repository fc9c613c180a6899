#!/usr/bin/env python3
"""purge.py YICI WORK - a purge over a real cluster, killed at three moments and finished: for each key of the person the newest message is a tombstone, what
readers and compaction leave holds nothing of him, and the next night goes on."""
import csv
from harness import *

town = Town("purge", students=150)
town.deliver(1)
with town.workers(1):
    town.nightly(1)


def rows(name):
    with open(f"{town.data}/out/latest/{name}", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


everybody = rows("students.csv")
names = collections.Counter(s["name"] for s in everybody)
records = collections.defaultdict(set)
for line in rows("lineage.csv"):
    records[line["student_id"]].add(line["record_id"])
him = max((s for s in everybody if names[s["name"]] == 1 and s["id_no"]), key=lambda s: len(records[s["student_id"]]))
keys = {"students": {him["student_id"]}, "identity": {him["student_id"]}, "checked": records[him["student_id"]]}
words = [him["name"].encode(), him["id_no"].encode()]


def newest(name):
    """What compaction leaves."""
    return {r.key.decode(): r.value for r in town.topic(name)}


check(all(newest(name).get(key) for name in ("students", "checked") for key in keys[name]), "every key of his is there", str(keys))
purge = ("purge", him["student_id"], "--why", "x", "--date", DATES[1])
for seconds in (0.4, 0.9, 1.4):  # one that was killed is finished by the next
    process = town.start(*purge)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    stop(process, signal.SIGKILL)
done = town.yici(*purge, ok=(0, 3, 65))
check(not os.path.exists(f"{town.data}/state/purging"), "it is finished", tail(town.log))
for name, of in keys.items():
    last = newest(name)
    check(all(key in last and last[key] is None for key in of), f"the newest of his on {name} are tombstones", str({k: last.get(k) for k in of})[:200])
    check(not [k for k, v in last.items() if v and any(w in v for w in words)], f"nothing of him is left on {name} once it is compacted")
check({k: v for k, v in newest("students").items() if v is not None} == town.local(), "the clean topic is students.jsonl")
check(him["student_id"] not in town.local() and len(town.local()) == len(everybody) - 1, "without him, and with everybody else")
grep = subprocess.run(["grep", "-rl", "-e", him["id_no"], "-e", him["name"], town.data], capture_output=True, text=True)
check(grep.returncode == 1, "nor in the data folder", grep.stdout[:300])
town.deliver(2)
with town.workers(1):
    town.nightly(2, "--set", "hold=no")
check({k: v for k, v in newest("students").items() if v is not None} == town.local() and him["student_id"] not in town.local(), "the next night goes on")
check(him["id_no"] not in {s["id_no"] for s in rows("students.csv")}, "and who is sent again stays out")
end()
