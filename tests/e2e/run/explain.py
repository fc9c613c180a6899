#!/usr/bin/env python3
"""yici explain: winner, losers, rule and place for a student, a field, a row and an id no longer in use."""
from nightly import *

data = data_folder("data")
one, two = id_no("15010220120310001"), id_no("15010220120311001")
header = "姓名,身份证件号,学籍号,学校名称,班级,联系电话"
put(data, "registry/all.csv", table(("张小一", one, "", "第一小学", "1班", "13900000001"), header=header))
put(data, "grants/aid.csv", table(("张小一", one, "", "第二小学", "2班", "13900000002"), header=header))
put(data, "club/list.csv", table(("张小一", two, "", "第一小学", "1班", ""), header=header))
run(data)
students = rows(f"{data}/out/latest/students.csv")
check(len(students) == 2, "two numbers are two students", str(len(students)))
lineage = {(r["source"], r["file"], r["row"]): r["student_id"] for r in rows(f"{data}/out/latest/lineage.csv")}
main, other = lineage["registry", "all.csv", "2"], lineage["club", "list.csv", "2"]
said = yici("explain", data, main).stdout.decode()
for word in ("registry", "grants", "all.csv", "aid.csv", "第一小学", "第二小学"):
    check(word in said, f"the whole student: {word}", said[:400])
said = yici("explain", data, main, "school_name").stdout.decode()
check(said.find("第一小学") < said.find("第二小学") and said.find("第一小学") >= 0, "winner before loser", said)
check("all.csv" in said and "aid.csv" in said, "with files", said)
check("1班" not in said, "one field alone", said)
check(yici("explain", data, "registry:all.csv:2").stdout == yici("explain", data, main).stdout, "a row explains its student")
# the registry now says that both numbers are one child
put(data, "registry/all.csv", table(("张小一", one, "G" + two, "第一小学", "1班", "13900000001"), header=header))
run(data, "2026-09-03")
check(len(rows(f"{data}/out/latest/students.csv")) == 1, "now they are one", str(len(rows(f"{data}/out/latest/students.csv"))))
said = yici("explain", data, other).stdout.decode()
check(main in said and "第一小学" in said, "an id no longer in use leads to the student", said[:300])
for words in (["0" * 32], ["nonsense"], ["registry:all.csv:99"], ["registry:none.csv:2"], [main, "no_such_field"]):
    done = yici("explain", data, *words, status=None)
    check(done.returncode not in (0, 1) and done.returncode < 128 and done.stderr.strip(), f"a clear error for {words}", f"{done.returncode} {done.stderr}")
done = yici("explain", data_folder("new"), main, status=None)
check(done.returncode not in (0,) and done.returncode < 128, "nothing to explain before the first run", str(done.returncode))
finish()
