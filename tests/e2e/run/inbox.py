#!/usr/bin/env python3
"""Odd things in the inbox: nothing, unknown sources, links, names, uploads, files that change, two runs at once."""
import io, stat, subprocess, threading, time, zipfile
from nightly import *

people = [(f"张小{c}", id_no(f"150102201203{n:02d}001"), "第一小学", "1班") for n, c in enumerate("一二三四五", 10)]

data = data_folder("empty")
run(data)
check(not os.path.exists(f"{data}/out/latest"), "an empty inbox makes no run")
check(os.listdir(f"{data}/state") == ["lock"], "and leaves nothing", str(os.listdir(f"{data}/state")))

data = data_folder("odd")
put(data, "not defined/列表.csv", table(*people[:2]))
put(data, "grants/upload.csv.part", table(*people))
put(data, "grants/~$open.xlsx", b"x")
put(data, "stray.csv", table(*people))
put(data, "grants/with, \"quotes\"\nand lines.csv", table(*people[2:3]))
os.makedirs(os.path.join(data.encode(), b"inbox/grants"), exist_ok=True)
gbk = os.path.join(data.encode(), b"inbox/grants", "名单.csv".encode("gb18030"))
with open(gbk, "wb") as f:
    f.write(table(*people[3:4]))
long_gbk = os.path.join(data.encode(), b"inbox/grants", ("很" * 120 + ".csv").encode("gb18030"))
with open(long_gbk, "wb") as f:
    f.write(table(*people[4:5]))
secret = f"{WORK}/secret.csv"
with open(secret, "wb") as f:
    f.write(table(("钱小二", id_no("15010220120320001"), "第一小学", "1班")))
os.symlink(secret, f"{data}/inbox/grants/link.csv")
os.mkfifo(f"{data}/inbox/grants/pipe.csv")
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as z:
    z.writestr("good.csv", table(("孙小五", id_no("15010220120321001"), "第一小学", "1班")))
    z.writestr("bad.xlsx", b"PK\3\4 nothing")
put(data, "grants/mixed.zip", archive.getvalue())
put(data, "grants/bad.zip", archive.getvalue()[:60])
run(data)
seen = accounts(data)
check(seen.get(("not defined", "列表.csv"), {}).get("state") == "complete", "a source that is not defined is read", str(seen))
check(seen.get(("grants", "名单.csv"), {}).get("state") == "complete", "a name in GB18030 is shown decoded")
check(seen.get(("grants", "mixed.zip!good.csv"), {}).get("state") == "complete", "the good entry of an archive is read")
check(seen.get(("grants", "mixed.zip!bad.xlsx"), {}).get("state") == "refused", "the bad one is refused")
for name in ("link.csv", "pipe.csv", "bad.zip"):
    check(seen.get(("grants", name), {}).get("state") == "refused", f"{name} is refused", str(seen.get(("grants", name))))
check("钱小二" not in open(f"{data}/out/latest/students.csv", encoding="utf-8-sig").read(), "a link is not followed")
left = sorted(os.path.basename(p) for p in files_below(f"{data}/inbox"))
check(left == ["stray.csv", "upload.csv.part", "~$open.xlsx"], "uploads and strays stay, all else has left", str(left))
kept = [os.path.join(d, f) for d, _, fs in os.walk(os.path.join(data.encode(), b"archive")) for f in fs]
check(sum(k.endswith(".zip".encode()) for k in kept) == 1, "an archive is put away once", str(kept))
check(any(k.endswith("名单.csv".encode("gb18030")) for k in kept), "a file is put away under its own name")
check(any(k.endswith(b"lines.csv") for k in kept), "whatever its name")
quarantine = {os.path.basename(p) for p in glob.glob(f"{data}/quarantine/**/*", recursive=True)}
check({"bad.zip", "bad.zip.reason.txt", "link.csv", "link.csv.reason.txt", "pipe.csv"} <= quarantine,
      "what is refused whole is in quarantine with its reason", str(quarantine))
names = rows(f"{data}/out/latest/students.csv")
check(len(names) == 6, "every good row made a student", str(len(names)))
again = run(data, "2026-09-03")
check(os.readlink(f"{data}/out/latest") == "20260902-1", "nothing is left to do")
found = subprocess.run(["find", data, "-path", f"{data}/inbox", "-prune", "-o", "!", "-type", "l", "-perm", "/077", "-print"],
                       capture_output=True, text=True).stdout
check(not found, "what the program made is private", found[:200])

# the same broken content under two names is refused twice, not taken
data = data_folder("broken")
for name in ("a.xlsx", "b.xlsx"):
    put(data, f"grants/{name}", b"PK\3\4 nothing at all")
run(data)
check({f["state"] for f in report(data)["files"]} == {"refused"}, "broken content is refused under every name",
      str([f["state"] for f in report(data)["files"]]))

# a file that grows while it is read is refused as changed, or was read whole
data = data_folder("growing")
header = table()
line = lambda n: (f"赵{n:06d}," + id_no(f"15010220120{n % 9 + 1:02d}{n % 8999 + 1000:04d}") + ",第一小学,1班\n").encode()
path = put(data, "grants/growing.csv", header + b"".join(line(n) for n in range(60000)))
stop = threading.Event()
def write():
    n = 60000
    with open(path, "ab", buffering=0) as out:
        while not stop.is_set() and n < 200000:
            out.write(line(n))
            n += 1
writer = threading.Thread(target=write)
writer.start()
run(data)
stop.set()
writer.join()
account = accounts(data).get(("grants", "growing.csv"))
if account and account["state"] == "complete":
    check(account["accepted"] + account["rejected"] >= 60000, "read whole")
else:
    check(account and account["reason"] == "changed", "a growing file is refused as changed", str(account))
    check(os.path.exists(path), "and stays")
run(data, "2026-09-03")
check(accounts(data)["grants", "growing.csv"]["state"] == "complete", "when it no longer grows it is taken",
      str(accounts(data)["grants", "growing.csv"]))

# two runs at once: the second says so and leaves
data = data_folder("two")
put(data, "grants/many.csv", header + b"".join(line(n) for n in range(200000)))
one = subprocess.Popen([YICI, "run", data, "--date", "2026-09-02"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
second = None
for _ in range(200):
    if os.path.exists(f"{data}/state/work"):
        second = yici("run", data, "--date", "2026-09-02", status=75)
        break
    time.sleep(0.01)
check(second is not None and second.stderr, "the second run says why it leaves")
check(one.wait() == 0, "and does not disturb the first")

yici("run", f"{WORK}/nowhere", status=78)
yici("run", status=64)
yici("run", data, "--set", "kafka.enable.auto.commit=true", status=78)
yici("run", data, "--set", "kafka.no.such.property=1", status=64)
yici("run", data, "--date", "2026-02-30", status=64)
finish()
