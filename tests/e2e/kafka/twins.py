#!/usr/bin/env python3
"""twins.py YICI WORK - two hosts collect, each from a folder of its own, and both get the same files: what is in them counts once,
whether the second finds the first at work, or done, or both are at it at once. Both find their inboxes emptied afterwards."""
from harness import *

SAME = ("students.jsonl", "students.csv", "changes.csv")


def inbox(data):
    return [p for p in glob.glob(data + "/inbox/**/*", recursive=True) if os.path.isfile(p)]


def states(town):
    last = {}
    for record in town.topic("files"):
        said = json.loads(record.value)
        last[said["file_id"]] = said
    return last.values()


for name, delay in (("after", None), ("at-once", 0), ("during", 0.4)):
    town = Town("twins-" + name, nights=1, settings=["collect.batch=100"])
    other = town.folder("twins-other-" + name)
    folders = {"left": town.data, "right": other}
    for data in folders.values():
        town.deliver(1, data)
    count = len(inbox(other))
    at_work = []
    for instance, data in folders.items():
        at_work.append(town.start("collect", "--once", "--date", DATES[1], "--set", f"instance={instance}", data=data))
        if delay is None:
            at_work[-1].wait(60)
        else:
            time.sleep(delay)
    check([p.wait(60) for p in at_work] == [0, 0], f"{name}: both collectors end well", tail(town.log))
    said = states(town)
    check({f["instance"] for f in said} == {"left", "right"}, f"{name}: both have said something")
    if name == "after":
        right = [f["state"] for f in said if f["instance"] == "right" and "reason" not in f]
        check(set(right) == {"already taken"}, f"{name}: the second finds everything taken", str(set(right)))
    with town.workers(1):
        town.nightly(1, "--set", "instance=left")
    town.yici("collect", "--once", "--date", DATES[1], "--set", "instance=right", data=other)
    town.want(1)
    for file in SAME:
        there = [open(f"{data}/out/latest/{file}", "rb").read() for data in (town.data, f"{WORK}/embedded")]
        check(there[0] == there[1], f"{name}: {file} is as from one folder", f"{len(there[0])} and {len(there[1])} bytes")
    check({k: v.encode() if isinstance(v, str) else v for k, v in town.local().items()}
          == {r.key.decode(): r.value for r in town.topic("students")}, f"{name}: the clean topic has each student once")
    check(len(town.topic("students")) == len(town.local()), f"{name}: every student was published once")
    check(not inbox(town.data) and not inbox(other), f"{name}: both inboxes are empty", f"{len(inbox(other))} of {count} left")
    town.rows_once(name + ": ")
end()
