#!/usr/bin/env python3
"""A disk that is really full: the run says so, yesterday is served, and with more room the next run is fine."""
import os, subprocess, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../e2e/run"))
sys.dont_write_bytecode = True
from nightly import *

disk = f"{WORK}/disk"
os.makedirs(disk)
def mounted(size, remount=False):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}" + (",remount" if remount else ""), "tmpfs", disk],
                          capture_output=True).returncode == 0
if not mounted("64m"):
    print("SKIP no file system may be mounted here")
    sys.exit(77)
try:
    people = [(f"赵{n:05d}", id_no(f"15010220120{n % 9 + 1:02d}{n % 8999 + 1000:04d}"), "第一小学", "1班") for n in range(8000)]
    data = f"{disk}/data"
    yici("init", data)
    put(data, "grants/one.csv", table(*people[:3000]))
    run(data, "2026-09-02")
    yesterday = tree(f"{data}/out/latest")
    put(data, "grants/two.csv", table(*people))
    other = f"{WORK}/other"
    shutil.copytree(data, other, symlinks=True)
    run(other, "2026-09-03")
    want = tree(f"{other}/out/latest")
    used = sum(os.stat(p).st_blocks * 512 for p in files_below(data))
    failures = 0
    for more in (64 << 10, 256 << 10, 512 << 10, 1 << 20, 2 << 20, 3 << 20, 4 << 20):
        check(mounted(str(used + more + (256 << 10)), remount=True), "the disk gets smaller")
        done = run(data, "2026-09-03", status=None)
        if done.returncode == 0:
            break
        failures += 1
        check(done.returncode in (70, 71, 73, 74, 75, 78) and b"No space left" in done.stderr, f"{more} bytes of room: says that the disk is full",
              f"{done.returncode} {done.stderr[-200:]}")
        check(tree(f"{data}/out/latest") == yesterday, "yesterday is served")
        check(sum(os.stat(p).st_blocks * 512 for p in files_below(data)) <= used + 65536, "a run that fails gives its room back",
              str([os.path.relpath(p, data) for p in files_below(f"{data}/state")]))
    check(failures >= 2, "the disk was full", str(failures))
    check(mounted("64m", remount=True), "the disk gets larger")
    if done.returncode != 0:
        run(data, "2026-09-03")
    check(tree(f"{data}/out/latest") == want, "the next run gives what it would have given")
finally:
    subprocess.run(["umount", disk])
finish()
