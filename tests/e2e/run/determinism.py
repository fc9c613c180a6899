#!/usr/bin/env python3
"""The same inputs give the same bytes, whatever the order of files, the processes, the memory, and how files are packed."""
import gzip, io, os, random, zipfile
from nightly import *

def state(data):
    """What the night leaves behind of its records, by file."""
    now = open(f"{data}/state/current").read().strip()
    return [open(f"{data}/state/{now}/{name}", "rb").read() for name in ("links.yc", "traits.yc", "older.yc", "ledger.yc")]

inbox, later = (f"{town(300, 2)}/night-{night}/inbox" for night in ("01", "02"))
first = data_folder("first")
deliver(first, inbox)
run(first)
want = tree(f"{first}/out/latest")
check(len(rows(f"{first}/out/latest/lineage.csv")) > 3 * 256, "there is work for three processes at every stage")
deliver(first, later)
run(first, "2026-09-03", "--jobs", "1")
wanted_later, wanted_state = tree(f"{first}/out/latest"), state(first)
draw = random.Random(5)
for n, options in enumerate((["--jobs", "1"], ["--jobs", "2"], ["--jobs", "3"], ["--memory", "8M"],
                             ["--memory", "256M", "--jobs", "3"])):
    data = data_folder(f"way{n}")
    deliver(data, inbox, draw)
    run(data, "2026-09-02", *options)
    check(tree(f"{data}/out/latest") == want, "same bytes with " + " ".join(options),
          str(differing(f"{data}/out/latest", f"{first}/out/latest")))
    deliver(data, later, draw)
    run(data, "2026-09-03", *options)
    check(tree(f"{data}/out/latest") == wanted_later, "and the night after",
          str(differing(f"{data}/out/latest", f"{first}/out/latest")))
    check(state(data) == wanted_state, "and the same state")

# what was made of an archive does not depend on how it was compressed or in which order it was packed
people = [(f"张小{c}", id_no(f"150102201203{n:02d}001"), "第一小学", "1班") for n, c in enumerate("一二三四五", 10)]
def packed(order, method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for i in order:
            archive.writestr(f"part{i}.csv", table(*people[i:i + 2]))
    return out.getvalue()
trees = []
for n, (order, method) in enumerate((((0, 2), zipfile.ZIP_DEFLATED), ((2, 0), zipfile.ZIP_STORED))):
    data = data_folder(f"zip{n}")
    put(data, "grants/all.zip", packed(order, method))
    run(data)
    trees.append(tree(f"{data}/out/latest"))
check(trees[0] == trees[1], "a workbook packed otherwise gives the same bytes")

# the same content under another name, in the same night, and the night after
data = data_folder("twice")
put(data, "grants/a.csv", table(*people))
put(data, "grants/b.csv", table(*people))
run(data)
states = [accounts(data)["grants", name]["state"] for name in ("a.csv", "b.csv")]
check(states == ["complete", "already taken"], "the same content twice in a night is taken once", str(states))
check(len(rows(f"{data}/out/latest/students.csv")) == 5, "and makes nobody twice")
put(data, "grants/c.csv", table(*people))
run(data, "2026-09-03")
check(accounts(data)["grants", "c.csv"]["state"] == "already taken", "the same content the night after is already taken")
check(rows(f"{data}/out/latest/changes.csv") == [], "and changes nothing")
put(data, "grants/d.csv.gz", gzip.compress(table(*people)))
run(data, "2026-09-04")
check([f["state"] for f in report(data)["files"]] == ["already taken"], "and so it is inside a gzip")
check(len(rows(f"{data}/out/latest/students.csv")) == 5, "still nobody twice")
check(not files_below(f"{data}/inbox"), "all has left the inbox")
finish()
