#!/usr/bin/env python3
"""full.py YICI WORK - the broker's disk is full in the middle of a night; when there is room again, the night ends well. The disk is a small
one in memory, for which one must be root."""
from harness import *

os.environ.pop("YICI_KAFKA_DATA", None)  # where this broker keeps its data is what it is about
disk = f"{WORK}/disk/node-1/data"
subprocess.run(["umount", disk], capture_output=True)
shutil.rmtree(f"{WORK}/disk", ignore_errors=True)
os.makedirs(disk)
if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", disk], capture_output=True).returncode != 0:
    say("a file system in memory cannot be mounted here")
    sys.exit(SKIPPED)
atexit.register(subprocess.run, ["umount", "-l", disk])
broker = Broker("disk", 29770, "--broker", "log.segment.bytes=1048576", "--broker", "log.index.size.max.bytes=4096", fresh=False)
town = Town("full", bootstrap=broker.bootstrap, settings=["collect.batch=300", "normalize.batch=300", "bus.wait=10"])
town.deliver(1)

# All the room but a little is taken.
room = os.statvfs(disk)
with open(f"{disk}/filler", "wb") as file:
    file.write(bytes(max(room.f_bavail * room.f_frsize - 300_000, 0)))
began = time.monotonic()
at_work = [town.worker("n0"), town.worker("n1")]
done = town.nightly(1, "--set", "nightly.wait=30", ok=None)
check(done.returncode in (AWAY, AGAIN), "the night cannot be made on a full disk, and may be tried again",
      f"{done.returncode}: {done.text[-300:]}")
check(time.monotonic() - began < 150, "that is said soon", f"{time.monotonic() - began:.0f} s")
say(f"full: exit {done.returncode} after {time.monotonic() - began:.0f} s: {done.text.strip().splitlines()[-1]}")
for process in at_work:
    stop(process)
check(not os.path.exists(f"{town.data}/out/latest"), "no night is shown")

os.remove(f"{disk}/filler")
check(until(lambda: broker.restarts(1), 200, 1), "the broker starts again when there is room")
with town.workers(2):
    town.nightly(1)
town.holds(1, what=", after the disk was full")
town.deliver(2)
with town.workers(2):
    town.nightly(2)
town.holds(2)
end()
