"""retention.py YICI WORK - what was sent and what was published is kept for as long as the settings say, and for ever where they say nothing."""
import sys
from gone import *


def runs(data, place):
    folder = f"{data}/{place}"
    return sorted(n for n in os.listdir(folder) if n[0].isdigit()) if os.path.isdir(folder) else []


DATES = ["2026-09-01", "2026-09-02", "2026-09-09", "2026-09-10"]
for name, more, want in (("ever", [], {"archive": 4, "quarantine": 4, "out": 4}),
                         ("some", ["--set", "keep.archive=8", "--set", "keep.quarantine=1", "--set", "keep.runs=2"], {"archive": 3, "quarantine": 2, "out": 2})):
    data = data_folder(name)
    for n, date in enumerate(DATES):
        put(data, "registry/all.csv", table(*[p[:2] + p[3:4] + p[6:7] for p in OTHERS[:2 + n]]))
        put(data, "registry/bad.xlsx", b"PK\3\4 nothing" + bytes([n]))
        said = run(data, date, *more)
    check({place: len(runs(data, place)) for place in want} == want, "so much is kept", str({place: runs(data, place) for place in want}))
    check(("retention archive_runs=1 quarantine_runs=0 out_runs=1" in said.stderr.decode()) == (name == "some"), "and how much goes is said", said.stderr.decode()[-300:])
    check(os.readlink(f"{data}/out/latest") == runs(data, "out")[-1] == "20260910-1" and len(students(data)) == 5, "the last one stays")
    put(data, "registry/again.csv", table(*[p[:2] + p[3:4] + p[6:7] for p in OTHERS[:2]]))
    run(data, "2026-09-11", *more)
    check(accounts(data)[("registry", "again.csv")]["state"] == "already taken", "what was taken is known without the file")
check(runs(data, "out") == ["20260910-1", "20260911-1"], "the newest", str(runs(data, "out")))
finish()
