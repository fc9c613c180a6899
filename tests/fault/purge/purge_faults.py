#!/usr/bin/env python3
"""A purge that is killed at any call by which something lasts, or in which one fails, and is then repeated, ends as an undisturbed one.

strace ends the program at the n-th rename, fsync, unlink … of its first process, or has the call fail; then it is run again until it is done. Every
STRIDE-th call is tried, with YICI_FAULTS=all each.
"""
import os, re, shutil, subprocess, sys
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../../e2e/purge"), os.path.join(HERE, "../../e2e/run"), os.path.join(HERE, "../run")]
sys.dont_write_bytecode = True
from gone import *
from trials import trials

STRIDE = 1 if os.environ.get("YICI_FAULTS") == "all" else 41
CALLS = {"rename": "EIO", "fsync": "EIO", "unlink": "EIO", "mkdir": "ENOSPC", "pwrite64": "ENOSPC"}
if shutil.which("strace") is None or subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"]).returncode != 0:
    print("SKIP strace is not to be had")
    sys.exit(77)

base = data_folder("base")
people = [HE, *TWINS, *OTHERS[:2]]
for night, date in ((1, "2026-09-02"), (2, "2026-09-03")):
    for name, content in deliveries(people, night).items():
        if name.split("/")[0] in ("registry", "club"):
            put(base, name, content)
    run(base, date)
him = id_of(base, HE)
yici("correct", base, him, "phone", "13877665599", "--why", "家长来电")
words = [HE[0], HE[1], HE[2], HE[7], HE[8], HE[10], "13877665599", him]
PURGE = ["--why", "家长申请", "--date", "2026-09-04"]


def fresh(place):
    data = f"{place}/data"
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(base, data, symlinks=True)
    return data


def sent(data):
    """What the archive holds, in whatever folder of a run."""
    return {os.path.relpath(p, f"{data}/archive"): hashlib.sha256(open(p, "rb").read()).hexdigest() for p in files_below(f"{data}/archive")}


def actions(data):
    return [e["action"] for e in json.loads(yici("audit", data, "list", "--json").stdout)]


data = fresh(WORK)
yici("purge", data, him, *PURGE)
want, archive = students(data), sent(data)
check(not found(data, *words) and actions(data) == ["purged", "purge", "purge_done"], "undisturbed", str(found(data, *words)))


def counted(call):
    data = fresh(WORK)
    subprocess.run(["strace", "-qq", "-o", f"{WORK}/trace", "-e", f"trace={call}", YICI, "purge", data, him, *PURGE], capture_output=True, timeout=60)
    return sum(bool(re.match(rf"{call}\(", line)) for line in open(f"{WORK}/trace", errors="replace"))


def trial(one, place, check):
    call, n, kill = one
    what = f"{call}:signal=KILL:when={n}" if kill else f"{call}:error={CALLS[call]}:when={n}"
    data = fresh(place)
    done = subprocess.run(["strace", "-qq", "-o", f"{place}/trace", "-e", f"trace={call}", "-e", "inject=" + what, YICI, "purge", data, him, *PURGE],
                          capture_output=True, timeout=60)
    if not kill:
        check(done.returncode in (0, 3, 65, 70, 71, 73, 74, 75, 78), f"{what}: a status of sysexits", str(done.returncode))
    for _ in range(100):  # children of one that was killed hold the lock a moment longer
        again = yici("purge", data, him, *PURGE, status=None)
        if again.returncode != 75:
            break
    check(again.returncode == 0 or (again.returncode == 65 and actions(data)[-1] == "purge_done"), f"{what}: the next one is fine",
          f"{again.returncode} {again.stderr[-300:].decode(errors='replace')}")
    left = found(data, *words)
    check(not left and not os.path.exists(f"{data}/state/purging"), f"{what}: nothing is left", str(left[:3]))
    check(students(data) == want, f"{what}: the others are the same")
    check(sent(data) == archive, f"{what}: and what they sent", str(sorted(sent(data).items() ^ archive.items())[:3]))
    check(actions(data)[0] == "purged" and actions(data)[-1] == "purge_done" and actions(data).count("purge") == 1, f"{what}: one order, one end", str(actions(data)))
    yici("audit", data, "verify")


todo = []
for call in CALLS:
    count = counted(call)
    check(count > 0, f"a purge makes the call {call}")
    todo += [(call, n, kill) for kill in (True, False) for n in range(1, count + 1)]
print(f"{len(todo)} calls, every {STRIDE}")
trials(todo[::STRIDE], trial)
finish()
