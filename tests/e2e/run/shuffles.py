#!/usr/bin/env python3
"""A hundred shuffles of files and of the rows in them: the same students, by the same ids, with the same values; linked by
weights and by numbers, with twins, siblings, copied numbers and rows that say the same child twice."""
import random
from nightly import *

TIMES = 100
draw = random.Random(20)
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴", "梓涵子轩浩宇欣怡诗雨嘉豪俊杰思远雅静明阳若曦"


def children():
    """Invented children; every fourth has a twin, every fifth a younger sibling."""
    for n in range(60):
        surname, day = draw.choice(SURNAMES), f"{draw.randint(1, 28):02d}"
        house = (f"1390000{n:04d}", f"{surname}{draw.choice(GIVEN)}国", f"花园路{n}号")
        for k in range(1 + (n % 4 == 0)):
            yield surname + "".join(draw.sample(GIVEN, 2)), f"2014{n % 12 + 1:02d}{day}", n * 4 + k * 2, house, n
        if n % 5 == 0:
            yield surname + "".join(draw.sample(GIVEN, 2)), f"2016{n % 12 + 1:02d}{day}", n * 4 + 1, house, n


def deliveries():
    """Files and their rows, each list as its sender might have written it."""
    registry, roster, insured = [], [], []
    for name, born, serial, (phone, guardian, address), n in children():
        number = id_no(f"410305{born}{serial % 1000:03d}")
        date, school = f"{born[:4]}-{born[4:6]}-{born[6:]}", f"第{'一二三四五'[n % 5]}小学"
        registry.append((name, number, "G" + number, date, school, f"{n % 3 + 1}班", phone, guardian, address))
        slip = draw.random()
        wrong = number[:15] + "000" if slip < .1 else registry[-2][1] if slip < .15 and len(registry) > 1 else "" if slip < .4 else number
        roster.append((name[:2] + draw.choice(GIVEN) if draw.random() < .05 else name, wrong, date, school, f"{n % 3 + 1}班", phone, guardian, address))
        if draw.random() < .1:
            roster.append(roster[-1])  # the same child twice
        insured.append((name, number if draw.random() < .8 else "", date, phone, guardian))
    heads = {"registry/a.csv": "姓名,身份证件号,学籍号,出生日期,学校名称,班级,联系电话,监护人姓名,家庭住址",
             "class_roster/b.csv": "姓名,身份证件号,出生日期,学校名称,班级,联系电话,监护人姓名,家庭住址",
             "medical_insurance/c.csv": "姓名,身份证件号,出生日期,联系电话,监护人姓名"}
    return dict(zip(heads, zip(heads.values(), (registry, roster, insured))))


def night(name, files, shuffled, *options):
    data = data_folder(name)
    names = list(files)
    if shuffled:
        draw.shuffle(names)
    for file in names:
        head, people = files[file]
        put(data, file, table(*(draw.sample(people, len(people)) if shuffled else people), header=head))
    run(data, "2026-09-02", *options)
    shown = [open(f"{data}/out/latest/{kind}", "rb").read() for kind in ("students.csv", "students.jsonl", "identity.csv")]
    cases = sorted((r["case"], r["kind"], r["student_id"], r["record_id"]) for r in rows(f"{data}/out/latest/review.csv"))
    return data, shown, cases


files = deliveries()
data, want, wanted_cases = night("plain", files, False)
students, records = rows(f"{data}/out/latest/students.csv"), rows(f"{data}/out/latest/lineage.csv")
check(len(files["registry/a.csv"][1]) <= len(students) < len(records) / 2, "records meet", f"{len(students)} of {len(records)}")
check(wanted_cases, "there are cases for a person")
differ = []
for n in range(TIMES):
    options = [["--jobs", "1"], ["--jobs", "3"], ["--memory", "8M"], []][n % 4]
    _, shown, cases = night("shuffled", files, True, *options)
    differ += [n] if shown != want or cases != wanted_cases else []
check(not differ, f"{TIMES} shuffles of files and rows give the same students, ids and cases", str(differ))
finish()
