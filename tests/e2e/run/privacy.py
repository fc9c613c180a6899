#!/usr/bin/env python3
"""No name, number or phone of any person in what the program says, logs or reports; all that it makes is private."""
import re
from nightly import *

base = town(150, nights=2)
secrets = set()
for person in rows(f"{base}/truth/students.csv"):
    for key in ("id_no", "former_id_no", "student_no"):
        if len(person.get(key) or "") >= 8:
            secrets.add(person[key])
    if len(person["name"]) >= 2:
        secrets.add(person["name"])
phone = re.compile(rb"(?<!\d)1[3-9]\d{9}(?!\d)")
number = re.compile(rb"(?<![0-9a-fA-F])[1-9]\d{16}[\dXx](?![0-9a-fA-F])")
check(len(secrets) > 300, "the town has people")
data = data_folder("data")
for night, date in ((1, "2026-09-02"), (2, "2026-09-03")):
    deliver(data, f"{base}/night-{night:02d}/inbox")
    put(data, f"odd/cut-{night}.xlsx", open(next(p for p in files_below(base) if p.endswith(".xlsx")), "rb").read()[:3000])
    done = run(data, date)
    places = {"stdout": done.stdout, "stderr": done.stderr}
    for name in ("report.json", "report.html"):
        places[name] = open(f"{data}/out/latest/{name}", "rb").read()
    for where, content in places.items():
        found = [s for s in secrets if s.encode() in content]
        check(not found, f"night {night}: nobody is named in {where}", f"{len(found)} of {len(secrets)}")
        check(not number.search(content), f"night {night}: no number of a person in {where}")
        phones = set(phone.findall(content)) - {b"13800000000"}  # the example in a rule's message
        check(not phones, f"night {night}: no phone in {where}")
    for folder, names, files in os.walk(data):
        if folder.startswith(f"{data}/inbox"):
            continue
        check(os.stat(folder).st_mode & 0o777 == 0o700, "folders are 0700", folder[len(data):])
        for name in files:
            path = f"{folder}/{name}"
            check(os.path.islink(path) or os.stat(path).st_mode & 0o777 == 0o600, "files are 0600", path[len(data):])
finish()
