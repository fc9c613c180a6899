#!/usr/bin/env python3
"""A run that is killed at any call by which something lasts, or in which any such call fails, is simply run again.

strace ends the program at the n-th write, fsync, rename … for every n of a small run, then makes the n-th one fail; first those of
the program's first process, then those of the processes it starts. After each, yesterday is still served or the night is
complete, never anything between; a plain run then gives the bytes of an undisturbed one.
"""
import io, os, re, shutil, subprocess, sys, zipfile
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../e2e/run"))
sys.dont_write_bytecode = True
from nightly import *
from trials import settled, trials

# what each does when it fails
CALLS = {"write": "ENOSPC", "pwrite64": "ENOSPC", "fsync": "EIO", "rename": "EIO", "mkdir": "ENOSPC", "symlink": "ENOSPC", "unlink": "EIO",
         "chmod": "EIO", "ftruncate": "EIO", "sync_file_range": "EIO"}
OPTIONS = ["--jobs", "2", "--memory", "8M"]

if shutil.which("strace") is None or subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"]).returncode != 0:
    print("SKIP strace is not to be had")
    sys.exit(77)

people = [(f"张小{c}", id_no(f"150102201203{n:02d}001"), "第一小学", "1班") for n, c in enumerate("一二三四五", 10)]
gbk = "名单.csv".encode("gb18030")

def fill(data, night):
    """Few small files: plain, packed, one with an odd name, one that is refused, one row that is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("in.csv", (2026, 1, 1, 0, 0, 0)), table(*people[night:night + 2]))
    put(data, "grants/packed.zip", out.getvalue())
    put(data, "registry/all.csv", table(*people[:4 + night], (f"李小{night}", "", "", "")))
    put(data, "registry/bad.xlsx", b"PK\3\4 nothing" + bytes([night]))
    os.makedirs(os.path.join(data.encode(), b"inbox/club"), exist_ok=True)
    with open(os.path.join(data.encode(), b"inbox/club", gbk), "wb") as f:
        f.write(table(people[night + 1]))

# what must come out: of the second of two nights
base = data_folder("base")
fill(base, 0)
run(base, "2026-09-02", *OPTIONS)
yesterday = tree(f"{base}/out/latest")
want_data = f"{WORK}/want"
shutil.copytree(base, want_data, symlinks=True)
fill(want_data, 1)
run(want_data, "2026-09-03", *OPTIONS)
want = tree(f"{want_data}/out/latest")

def names_below(folder):
    return sorted(os.path.relpath(os.path.join(d, n), folder.encode()) for d, ds, fs in os.walk(folder.encode()) for n in ds + fs)

want_names = {place: names_below(f"{want_data}/{place}") for place in ("inbox", "archive", "quarantine", "out", "state")}

def fresh(place):
    data = f"{place}/data"
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(base, data, symlinks=True)
    fill(data, 1)
    return data


def traced(place, data, follow, *options):
    command = ["strace", "-qq", "-o", f"{place}/trace"] + (["-f"] if follow else []) + [*options, YICI, "run", data, "--date", "2026-09-03", *OPTIONS]
    return subprocess.run(command, capture_output=True, timeout=60)


def counted(call):
    """How often an undisturbed run makes the call: the first process, and the one of the others that makes most."""
    data = fresh(WORK)
    traced(WORK, data, True, "-e", f"trace={call}")
    counts = {}
    for line in open(f"{WORK}/trace", errors="replace"):
        pid = line.split()[0]
        counts.setdefault(pid, 0)
        counts[pid] += bool(re.search(rf"\b{call}\(", line))
    first, *others = counts.values() or [0]
    return first, max(others, default=0)


def trial(one, place, check):
    call, n, follow, kill = one
    inject = f"{call}:signal=KILL:when={n}" if kill else f"{call}:error={CALLS[call]}:when={n}"
    what = inject + (" in any process" if follow else "")
    data = fresh(place)
    try:
        done = traced(place, data, follow, "-e", "trace=" + call, "-e", "inject=" + inject)
    except subprocess.TimeoutExpired:
        check(False, f"{what}: ends in time")
        return
    now = tree(f"{data}/out/latest")
    check(now in (yesterday, want), f"{what}: what is served is whole")
    if not kill:
        # what may fail without harm: a line of the log, tidying up
        check(done.returncode != 0 or now == want, f"{what}: says that it failed")
        check(done.returncode in (0, 65, 69, 70, 71, 73, 74, 75, 78), f"{what}: a status of sysexits", str(done.returncode))
        if done.returncode != 0 and call != "write":
            check(done.stderr.strip(), f"{what}: says why")
        if done.returncode != 0 and now == yesterday:
            check(not glob.glob(f"{data}/state/20260903*") or os.path.exists(f"{data}/state/current"), f"{what}: state")
    again = settled(data, "2026-09-03", *OPTIONS)
    check(again.returncode == 0, f"{what}: the next run is fine", again.stderr[-300:].decode(errors="replace"))
    check(tree(f"{data}/out/latest") == want, f"{what}: same bytes",
          f"{os.readlink(data + '/out/latest')} {differing(data + '/out/latest', want_data + '/out/latest')}")
    for place, names in want_names.items():
        got = names_below(f"{data}/{place}")
        check(got == names, f"{what}: nothing is left over or missing in {place}", f"{sorted(set(got) - set(names))} {sorted(set(names) - set(got))}")


todo = []
for call in CALLS:
    first, others = counted(call)
    check(first + others > 0 or call == "sync_file_range", f"the run makes the call {call}")
    todo += [(call, n, follow, kill) for kill in (True, False) for follow, count in ((False, first), (True, others)) for n in range(1, count + 1)]
trials(todo, trial)
print(f"{len(todo)} faults")
finish()
