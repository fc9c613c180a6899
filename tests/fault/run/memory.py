#!/usr/bin/env python3
"""Every allocation of the first process fails, one a run: no crash, the reason said, and the next run is fine."""
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../e2e/run"))
sys.dont_write_bytecode = True
from nightly import *
from trials import settled, trials

LIBRARY = os.path.abspath(sys.argv[3])
people = [(f"张小{c}", id_no(f"150102201203{n:02d}001"), "第一小学", "1班") for n, c in enumerate("一二三", 10)]


def fresh(name):
    data = data_folder(name)
    put(data, "grants/one.csv", table(*people))
    put(data, "registry/bad.xlsx", b"PK\3\4 nothing")
    return data


base = fresh("base")
data = fresh("first")
run(data, "2026-09-02", "--jobs", "1", env={"LD_PRELOAD": LIBRARY, "FAILING_MEMORY_COUNT": f"{WORK}/count"})
want = tree(f"{data}/out/latest")
count = int(open(f"{WORK}/count").read())
check(count > 100, "allocations are counted", str(count))


def trial(n, place, check):
    data = f"{place}/data"
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(base, data, symlinks=True)
    done = run(data, "2026-09-02", "--jobs", "1", status=None, env={"LD_PRELOAD": LIBRARY, "FAILING_MEMORY": str(n)})
    check(0 <= done.returncode < 128, f"allocation {n}: no crash", f"{done.returncode} {done.stderr[-200:]}")
    if done.returncode == 0:
        check(tree(f"{data}/out/latest") == want, f"allocation {n}: a run that says it is complete is",
              str(os.path.exists(f"{data}/out/latest") and differing(f"{data}/out/latest", f"{WORK}/first/out/latest")))
        return
    check(done.stderr.strip(), f"allocation {n}: says why")
    again = settled(data, "2026-09-02", "--jobs", "1")
    check(again.returncode == 0 and tree(f"{data}/out/latest") == want, f"allocation {n}: the next run is fine",
          f"{again.returncode} {again.stderr[-200:]}")


trials(range(1, count + 1), trial)
print(f"{count} allocations")
finish()
