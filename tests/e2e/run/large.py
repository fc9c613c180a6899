#!/usr/bin/env python3
"""A file so large that several processes share it: its nights give the same bytes as when one process reads it.

From the second night on, its reader knows most rows from the night before and gives them by their number; also those that stand
beside a newer statement of the same pupil. A third folder, where nothing is ever known because another source's definition changes
every night, must give the same bytes as well.
"""
import random, re
from nightly import *

draw = random.Random(3)
ROWS = 40000
long = "内蒙古自治区包头市昆都仑区钢铁大街一段很长的地址" * 3
people = [(f"{draw.choice('王李张刘陈')}{draw.choice('安宁乐和平')}{draw.choice('嘉瑞景明')}",
           id_no(f"1502{draw.randrange(2, 8):02d}20{draw.randrange(10, 18)}{1 + i % 12:02d}{1 + i // 12 % 28:02d}{i // 336 % 999 + 1:03d}"))
          for i in range(ROWS)]

def line(i, phone, when="2026-03-01 08:00:00"):
    name, number = people[i]
    quote = '"' if i % 50 == 0 else ""
    return f"{name},{number},第{i % 40}小学,{phone},{quote}{long}{i}{quote},{long},{long},{when}\n"

def older(n):
    """Every twentieth pupil, and every fortieth twice, as he was before; of a few the newer row is gone on the third night."""
    return [line(i, f"15{(i * 104729 + k) % 10**9:09d}", f"2026-0{2 - k}-01 08:00:00")
            for i in range(0, ROWS, 20) for k in ((0, 1) if i % 40 == 0 else (0,))]

def night(changed, gone=0, title=""):
    lines = [line(i, f"13{(i * 7919 + (changed if i % 41 == changed % 41 else 0)) % 10**9:09d}") for i in range(ROWS - gone)]
    lines[100] = "\n"
    lines[200:200] = [lines[500]]  # a row twice
    lines += older(changed)
    if gone > 0:
        lines = [one for n, one in enumerate(lines) if n % 1000 != 20 or n > ROWS]
    return (title + "姓名,身份证件号,学校名称,联系电话,现住址,通信地址,家庭地址,更新时间\n" + "".join(lines)).encode()

nights = [night(0), night(1), night(1, gone=300, title="包头市学籍导出\n"), night(2).decode().replace("\n", "\r\n").encode(),
          night(3).decode().encode("gb18030"), night(4).decode().encode("gb18030")]
check(len(nights[4]) > 16 << 20, "the files are large", str(len(nights[4])))
known = {}
definition = open(os.path.join(os.path.dirname(__file__), "../../../config/sources/vaccination.xml"), encoding="utf-8").read()
for name, jobs in (("two", 2), ("one", 1), ("strange", 2)):
    data = data_folder(name)
    known[name] = []
    for n, content in enumerate(nights):
        put(data, "registry/all.csv", content)
        if name == "strange":
            os.makedirs(f"{data}/config/sources", exist_ok=True)
            with open(f"{data}/config/sources/vaccination.xml", "w", encoding="utf-8") as out:
                out.write(definition + f"<!-- {n} -->\n" if n % 2 else definition)
        done = run(data, f"2026-09-{n + 2:02d}", "--jobs", jobs)
        known[name].append(int(re.search(rb"unchanged=(\d+)", done.stderr)[1]))
        check(tree(f"{data}/out/latest") == tree(f"{WORK}/two/out/2026090{n + 2}-1"), f"{name}, night {n}: same bytes",
              str(differing(f"{data}/out/latest", f"{WORK}/two/out/2026090{n + 2}-1")))
check(known["one"] == known["two"], "as many rows are known by one process", str(known))
check(not any(known["strange"]), "nothing is known under other definitions", str(known))
known = known["two"]
check(known[0] == 0 and known[1] > ROWS * 0.97 + len(older(0)) / 2, "most rows are known the night after, and older ones", str(known))
check(known[3] > ROWS * 0.9, "also with other line ends", str(known))
check(known[4] < ROWS * 0.05 and known[5] > ROWS * 0.9, "in GB18030 from the second time on", str(known))
finish()
