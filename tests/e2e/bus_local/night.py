"""night.py YICI WORK - two nights over a local bus give the bytes of `yici run`, undisturbed and with programs killed.

The transactions of a real cluster are proven in tests/e2e/kafka; here it is the programs: what they carry, what they take up again.
"""
import glob, hashlib, os, random, shutil, signal, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../run"))
sys.dont_write_bytecode = True
from nightly import id_no, workbook

YICI, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
STUDENTS, KILLS = 300, 8
NIGHTS = ((1, "2026-09-02"), (2, "2026-09-03"))
rng = random.Random(int(os.environ.get("YICI_TEST_SEED", "5")))
passed = failed = 0


def check(ok, what, detail=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAIL  {what}  [{detail}]", flush=True)


def yici(*args):
    p = subprocess.run([YICI, *args], capture_output=True, timeout=120)
    check(p.returncode == 0, "yici " + " ".join(args), f"{p.returncode}: {p.stderr[-300:].decode(errors='replace')}")


def start(*args):
    return subprocess.Popen([YICI, *args], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def end(process, sig):
    if process.poll() is None:
        process.send_signal(sig)
    return process.wait(60)


def digest(folder):
    h = hashlib.sha256()
    for path in sorted(glob.glob(folder + "/**/*", recursive=True)):
        if os.path.isfile(path):
            with open(path, "rb") as f:
                h.update(os.path.relpath(path, folder).encode() + b"\0" + f.read())
    return h.hexdigest()


def deliver(data, night):
    shutil.copytree(f"{WORK}/sample/night-{night:02d}/inbox", f"{data}/inbox", dirs_exist_ok=True)
    # what the sample has not: formulas without result, a chart, a hidden sheet of pupils
    rows = [(1, ("姓名", "身份证件号", "学校名称", "班级"))] + [
        (n, (f"张小{n}", "=A1" if n == 3 else id_no(f"150102201203{night}{n}001"), "第一小学", "=D9" if n == 4 else "1班")) for n in range(2, 6)]
    os.makedirs(f"{data}/inbox/club", exist_ok=True)
    with open(f"{data}/inbox/club/odd.xlsx", "wb") as out:
        out.write(workbook(("学生", "visible", rows), ("图", "visible", None), ("藏", "hidden", rows)))


def left(data):
    return [f for _, _, files in os.walk(f"{data}/inbox") for f in files]


shutil.rmtree(WORK, ignore_errors=True)
os.makedirs(WORK)
yici("make-sample", "--students", str(STUDENTS), "--seed", "11", "--nights", "2", "--out", f"{WORK}/sample")
want = {}
yici("init", f"{WORK}/alone")
for night, date in NIGHTS:
    deliver(f"{WORK}/alone", night)
    yici("run", f"{WORK}/alone", "--date", date)
    want[night] = digest(os.path.realpath(f"{WORK}/alone/out/latest"))

# "served": a collector and a consolidator are at work on the folder already; nightly takes turns with the one, asks the other;
# "drained": one program after another, each to the end of what there is
for name, kills in (("calm", 0), ("killed", KILLS), ("served", 0), ("drained", 0)):
    data, bus = f"{WORK}/{name}", ["--set", f"bus.local={WORK}/bus-{name}"]
    yici("init", data)
    served = [start(*words, *bus) for words in (("collect", data, "--set", "collect.every=1"), ("consolidate", data))
              if name == "served"]
    for night, date in NIGHTS:
        deliver(data, night)
        workers = []
        if name == "drained":
            yici("collect", data, "--once", "--date", date, *bus)
            yici("normalize", data, "--once", *bus)
        else:
            workers = [start("normalize", data, *bus, "--set", f"instance=n{i}") for i in (1, 2)]
        for _ in range(kills):
            program = start("nightly", data, "--date", date, *bus)
            time.sleep(rng.uniform(0.05, 1))
            victim = rng.choice([program, *workers])
            end(victim, signal.SIGKILL)
            if victim is not program:
                i = workers.index(victim)
                workers[i] = start("normalize", data, *bus, "--set", f"instance=n{i + 1}")
            end(program, signal.SIGKILL)
        yici("nightly", data, "--date", date, *bus)
        for worker in workers:
            check(end(worker, signal.SIGTERM) == 0, f"{name}: a worker that is told to end says so with 0")
        check(digest(os.path.realpath(f"{data}/out/latest")) == want[night], f"{name}: night {night} gives the bytes of yici run")
        check(not left(data), f"{name}: used files have left the inbox", str(left(data)[:3]))
    before = os.readlink(f"{data}/out/latest")
    yici("nightly", data, "--date", "2026-09-04", *bus)
    check(os.readlink(f"{data}/out/latest") == before, f"{name}: a night without files is no run")
    for program in served:
        check(end(program, signal.SIGTERM) == 0, f"{name}: a program that serves ends with 0 when told to")

# a run that was published and not committed here is adopted, but only if the generation here is the one that was published
data, bus = f"{WORK}/calm", ["--set", f"bus.local={WORK}/bus-calm"]
runs = sorted(os.path.basename(os.path.dirname(p)) for p in glob.glob(f"{data}/state/*/manifest.xml"))
published, before = runs[-1], f"{data}/state/{runs[-1]}/manifest.xml"
with open(before) as f:
    manifest = f.read()
with open(before, "w") as f:
    f.write(manifest.replace('records="', 'records="1'))
with open(f"{data}/state/current", "w") as f:
    f.write(runs[-2] + "\n" if len(runs) > 1 else "")
p = subprocess.run([YICI, "nightly", data, "--date", "2026-09-05", *bus], capture_output=True, timeout=120)
check(p.returncode == 78 and b"not the one that was published" in p.stderr, "another generation of that name is not adopted",
      f"{p.returncode}: {p.stderr[-300:].decode(errors='replace')}")
with open(before, "w") as f:
    f.write(manifest)
yici("nightly", data, "--date", "2026-09-05", *bus)
with open(f"{data}/state/current") as f:
    check(f.read().strip() == published, "the published run is in force after all")

# a nightly run that waits for a consolidator does not wait for a dead one
data, bus = f"{WORK}/widowed", ["--set", f"bus.local={WORK}/bus-widowed"]
yici("init", data)
deliver(data, 1)
serving = start("consolidate", data, *bus)
while not os.path.exists(f"{data}/state/consolidator"):
    time.sleep(0.05)
time.sleep(0.3)
serving.send_signal(signal.SIGSTOP)
asking = start("nightly", data, "--date", "2026-09-02", *bus)
time.sleep(2)
check(asking.poll() is None, "nightly waits for the consolidator that serves the folder")
end(serving, signal.SIGKILL)
check(asking.wait(30) == 75, "nightly says 75 when that one is dead")

print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
