#!/usr/bin/env python3
"""A delivery during which the program is killed, or a call or an allocation fails: it is made once, logged once, or not at all.

As tests/fault/run does it for the whole night, here at the files of deliveries: strace ends the program at every call on one of them, then
has the call fail. Of the allocations every STRIDE-th fails.
"""
import os, shutil, subprocess, sys
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../../e2e/run"), os.path.join(HERE, "../run")]
sys.dont_write_bytecode = True
from nightly import *
from trials import settled, trials

LIBRARY, STRIDE = os.path.abspath(sys.argv[3]), 23
CALLS = {"write": "ENOSPC", "pwrite64": "ENOSPC", "fsync": "EIO", "rename": "EIO", "mkdir": "ENOSPC", "openat": "EMFILE", "link": "EMLINK", "ftruncate": "EIO"}
OPTIONS = ["--date", "2026-09-03", "--jobs", "2"]
GRANT = ('<grant unit="样例单位" valid_from="2026-09-01" valid_to="2027-01-31" destroy_by="2027-06-30"><purpose>核对</purpose><basis>样例办法</basis>'
         '<document number="1号" date="2026-08-20"/><approver name="张样例" date="2026-08-21"/><rows><all/></rows>'
         '<fields>{}<field name="name" mask="whole"/></fields><deliver format="{}"/></grant>')
if shutil.which("strace") is None or subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"]).returncode != 0:
    print("SKIP strace is not to be had")
    sys.exit(77)

people = [(f"张小{c}", id_no(f"150102201203{n:02d}001"), "第一小学", "1班") for n, c in enumerate("一二三四五", 10)]
base = data_folder("base")
os.makedirs(f"{base}/config/grants")
for name, token, formats in (("one", "<token/>", "csv xlsx"), ("two", "", "jsonl")):
    with open(f"{base}/config/grants/{name}.xml", "w", encoding="utf-8") as out:
        out.write(GRANT.format(token, formats))
put(base, "registry/all.csv", table(*people[:4]))
run(base, "2026-09-02")
secret = open(f"{base}/state/views.key", "rb").read()


def fresh(place, key=True):
    data = f"{place}/data"
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(base, data, symlinks=True)
    put(data, "registry/more.csv", table(*people[1:]))
    if not key:
        os.remove(f"{data}/state/views.key")
    return data


def entries(data):
    return [{k: v for k, v in e.items() if k not in ("time", "before", "sum")} for e in json.loads(yici("disclosures", data, "--json").stdout)]


yesterday = tree(f"{base}/out/latest")
data = fresh(WORK)
yici("run", data, *OPTIONS)
want, logged, places = tree(f"{data}/out/latest"), entries(data), {p for p in files_below(f"{data}/state") + files_below(f"{data}/out/20260903-1/views")}
check(len(logged) == 4, "two nights, two grants", str(len(logged)))
PATHS = ["out/.20260903-1/views", "state/disclosures.log", "state/20260903-1/deliveries.jsonl", "state/20260903-1/recipients.yc"] + [
    f"out/.20260903-1/views/{name}" for name in ("grants.csv", "one", "two", "one/data.csv", "one/data.xlsx", "one/cover.txt", "two/data.jsonl", "two/cover.txt")]


def traced(place, data, *options):
    paths = [w for p in PATHS for w in ("-P", f"{data}/{p}")]
    return subprocess.run(["strace", "-qq", "-f", "-o", f"{place}/trace", *paths, *options, YICI, "run", data, *OPTIONS], capture_output=True, timeout=60)


def judge(done, data, what, check):
    now = tree(f"{data}/out/latest")
    check(now in (yesterday, want), f"{what}: what is served is whole")
    shown = os.readlink(f"{data}/out/latest") == "20260903-1"
    told = entries(data)
    check(told == logged if shown else told in (logged[:2], logged[:3], logged), f"{what}: what is shown is logged", str(len(told)))
    if done.returncode == 0:
        check(now == want, f"{what}: a run that says it is complete is")
    else:
        again = settled(data, "2026-09-03", "--jobs", "2")
        check(again.returncode == 0, f"{what}: the next run is fine", again.stderr[-300:].decode(errors="replace"))
    check(tree(f"{data}/out/latest") == want and entries(data) == logged, f"{what}: delivered once, logged once",
          f"{len(entries(data))} {differing(data + '/out/latest', WORK + '/data/out/latest')}")
    yici("audit", data, "verify")
    check({os.path.relpath(p, data) for p in files_below(f"{data}/state") + files_below(f"{data}/out/20260903-1/views")} == {os.path.relpath(p, f"{WORK}/data") for p in places},
          f"{what}: nothing is left over")


def struck(one, place, check):
    call, n, kill = one
    inject = f"{call}:signal=KILL:when={n}" if kill else f"{call}:error={CALLS[call]}:when={n}"
    data = fresh(place)
    judge(traced(place, data, "-e", "trace=" + call, "-e", "inject=" + inject), data, inject, check)


todo = []
for call in CALLS:
    os.makedirs(f"{WORK}/count", exist_ok=True)
    counting = fresh(f"{WORK}/count")
    traced(WORK, counting, "-e", f"trace={call}")
    count = sum(f"{call}(" in line for line in open(f"{WORK}/trace", errors="replace"))
    todo += [(call, n, kill) for n in range(1, count + 1) for kill in (True, False)]
check(len(todo) > 60, "deliveries make calls", str(len(todo)))
trials(todo, struck)

# the secret is made with the first delivery
data = fresh(WORK + "/key", key=False)
yici("run", data, *OPTIONS)
check(os.path.getsize(f"{data}/state/views.key") == 32 and open(f"{data}/state/views.key", "rb").read() != secret, "a new secret is another one")

data = fresh(f"{WORK}/counted")
yici("run", data, *OPTIONS, env={"LD_PRELOAD": LIBRARY, "FAILING_MEMORY_COUNT": f"{WORK}/number"})
number = int(open(f"{WORK}/number").read())


def forgetful(n, place, check):
    data = fresh(place)
    done = yici("run", data, *OPTIONS, status=None, env={"LD_PRELOAD": LIBRARY, "FAILING_MEMORY": str(n)})
    check(0 <= done.returncode < 128, f"allocation {n}: no crash", f"{done.returncode} {done.stderr[-200:]}")
    judge(done, data, f"allocation {n}", check)


trials(range(1 + number % STRIDE, number + 1, STRIDE), forgetful)
print(f"{len(todo)} faults, {number // STRIDE} of {number} allocations")
finish()
