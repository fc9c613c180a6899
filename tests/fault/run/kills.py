#!/usr/bin/env python3
"""A run that is killed at any call by which something lasts, or in which any such call fails, is simply run again.

strace ends the program at the n-th write, fsync, rename … for every n, then makes the n-th one fail. After each, yesterday
is still served or the night is complete, never anything between; a plain run then gives the bytes of an undisturbed one.
"""
import os, random, re, shutil, subprocess, sys, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../e2e/run"))
sys.dont_write_bytecode = True
from nightly import *

CALLS = ("write", "pwrite64", "fsync", "rename", "mkdir", "symlink", "unlink", "chmod")
OPTIONS = ["--jobs", "2", "--memory", "8M"]
STARTED, LONGEST = time.time(), float(os.environ.get("YICI_FAULT_SECONDS", "150"))

if shutil.which("strace") is None or subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"]).returncode != 0:
    print("SKIP strace is not to be had")
    sys.exit(77)

people = [(f"张小{c}", id_no(f"150102201203{n:02d}001"), "第一小学", "1班") for n, c in enumerate("一二三四五", 10)]
gbk = "名单.csv".encode("gb18030")

def fill(data, night):
    """Few small files: plain, packed, one with an odd name, one that is refused, one row that is."""
    import io, zipfile
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
data = f"{WORK}/data"

def fresh():
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(base, data, symlinks=True)
    fill(data, 1)

def disturbed(inject, follow):
    command = ["strace", "-qq", "-o", f"{WORK}/trace"] + (["-f"] if follow else []) + [
        "-e", "trace=" + inject.split(":")[0], "-e", "inject=" + inject, YICI, "run", data, "--date", "2026-09-03", *OPTIONS]
    try:
        return subprocess.run(command, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        check(False, "ends in time", inject)
        return None

def again(what):
    """A plain run, once the children of the one before have gone; then everything must be as if nothing had been."""
    for _ in range(100):
        done = run(data, "2026-09-03", *OPTIONS, status=None)
        if done.returncode != 75:
            break
        time.sleep(0.02)
    ok = check(done.returncode == 0, f"{what}: the next run is fine", done.stderr[-300:].decode(errors="replace"))
    ok = check(tree(f"{data}/out/latest") == want, f"{what}: same bytes",
               f"{os.readlink(data + '/out/latest')} {differing(data + '/out/latest', want_data + '/out/latest')}") and ok
    for place, names in want_names.items():
        got = names_below(f"{data}/{place}")
        ok = check(got == names, f"{what}: nothing is left over or missing in {place}",
                   f"{sorted(set(got) - set(names))} {sorted(set(names) - set(got))}") and ok
    return ok

def served(what):
    now = tree(f"{data}/out/latest")
    check(now in (yesterday, want), f"{what}: what is served is whole")

def how_many(call, follow):
    """How often the undisturbed run makes the call (in the first process; the most in one process when following)."""
    fresh()
    subprocess.run(["strace", "-qq", "-o", f"{WORK}/trace"] + (["-f"] if follow else []) + ["-e", f"trace={call}", YICI, "run", data,
                    "--date", "2026-09-03", *OPTIONS], capture_output=True, timeout=60)
    counts = {}
    for line in open(f"{WORK}/trace", errors="replace"):
        pid = line.split()[0] if follow else ""
        if re.search(rf"\b{call}\(", line):
            counts[pid] = counts.get(pid, 0) + 1
    return max(counts.values(), default=0)

tried = 0
def steps(count, most):
    return range(1, count + 1) if count <= most else sorted({1 + i * (count - 1) // (most - 1) for i in range(most)})

def plan():
    for follow, most in ((False, 40), (True, 6)):
        for call in CALLS:
            for n in steps(how_many(call, follow), most):
                yield f"{call}:signal=KILL:when={n}", follow, True
    for call, error, most in (("rename", "EIO", 12), ("fsync", "EIO", 12), ("write", "ENOSPC", 12), ("pwrite64", "ENOSPC", 8),
                              ("mkdir", "ENOSPC", 6), ("fsync", "ENOSPC", 4), ("pwrite64", "EIO", 4), ("sync_file_range", "EIO", 4)):
        for follow in (False, True):
            for n in steps(how_many(call, follow), most if not follow else 4):
                yield f"{call}:error={error}:when={n}", follow, False

todo = list(plan())
random.Random(1).shuffle(todo)  # where time is short, some of everything
for inject, follow, kill in todo:
    if time.time() - STARTED > LONGEST:
        print(f"stopped after {LONGEST:.0f} s: {tried} of {len(todo)} faults tried")
        break
    tried += 1
    what = inject + (" in any process" if follow else "")
    fresh()
    done = disturbed(inject, follow)
    if done is None:
        continue
    served(what)
    if not kill:
        log_only = inject.startswith("write") and done.returncode == 0  # a line of the log that could not be written
        check(done.returncode != 0 or log_only or tree(f"{data}/out/latest") == want, f"{what}: says that it failed")
        check(done.returncode in (0, 65, 69, 70, 71, 73, 74, 75, 78), f"{what}: a status of sysexits", str(done.returncode))
        if done.returncode != 0 and not inject.startswith("write"):
            check(done.stderr.strip(), f"{what}: says why")
        if done.returncode != 0 and tree(f"{data}/out/latest") == yesterday:
            check(not glob.glob(f"{data}/state/20260903*") or os.path.exists(f"{data}/state/current"), f"{what}: state")
    again(what)
print(f"{tried} faults of {len(todo)}")
finish()
