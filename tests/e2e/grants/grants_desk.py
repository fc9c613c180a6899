"""grants_desk.py YICI WORK - grants at the desk: a draft out of a blank form, ids that were merged, a night that is held, a form of another dataset."""
import re, sys, os
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../run"))
sys.dont_write_bytecode = True
from nightly import *
import xml.etree.ElementTree as xml

os.environ.update(LC_ALL="C.UTF-8", YICI_HOLD="no")
HEADER = "姓名,身份证件号,学校名称,学校标识码,年级,班级,出生日期,性别,家庭地址,联系电话"
PUPILS = [(f"李{c}", id_no(f"1501022014031{n}77{n}"), "第一小学", "2115000001", "小学三年级", "1班", f"2014-03-1{n}", "男", f"钢铁大街{n}号", f"1390000111{n}")
          for n, c in enumerate("明华强")]
GRANT = ('<grant unit="样例单位" valid_from="2026-09-01" valid_to="2027-01-31" destroy_by="2027-06-30"><purpose>核对</purpose><basis>样例办法</basis>'
         '<document number="1号" date="2026-08-20"/><approver name="张样例" date="2026-08-21"/><rows><school code="{}"/></rows>'
         '<fields><field name="name" mask="whole"/></fields><deliver format="csv"/></grant>')


def allow(data, **grants):
    os.makedirs(f"{data}/config/grants", exist_ok=True)
    for name, text in grants.items():
        with open(f"{data}/config/grants/{name}.xml", "w", encoding="utf-8") as out:
            out.write(text)


def told(data, *words):
    return [(e["grant"], e["delivery"]) for e in json.loads(yici("disclosures", data, *words, "--json").stdout)]


# ---- two students become one: what was received of either is said of the one ----
data = data_folder("merged")
allow(data, first=GRANT.format("2115000001"), second=GRANT.format("2115000002"))
put(data, "registry/a.csv", table(*PUPILS, header=HEADER))
put(data, "aid_center/a.csv", table((PUPILS[0][0], id_no(PUPILS[0][1][:14] + "888"), "第二小学", "2115000002", *PUPILS[0][4:]), header=HEADER))
run(data, "2026-09-02")
both = [s["student_id"] for s in rows(f"{data}/out/latest/students.csv") if s["name"] == PUPILS[0][0]]
check(len(both) == 2 and sorted(told(data, both[0]) + told(data, both[1])) == [("first", "1"), ("second", "1")], "two students, each in one delivery", str(both))
case = json.loads(yici("review", data, "list", "--json").stdout)[0]
yici("review", data, "decide", case["case"], "renumbered", "--records", ",".join(r["record_id"] for r in case["records"]), "--why", "户口簿为证")
run(data, "2026-09-03")
one = [s["student_id"] for s in rows(f"{data}/out/latest/students.csv") if s["name"] == PUPILS[0][0]]
check(len(one) == 1 and one[0] in both, "one student now")
gone = next(b for b in both if b != one[0])
check(sorted(told(data, one[0])) == [("first", "1"), ("first", "2"), ("second", "1")], "all that was received under either id", str(told(data, one[0])))
check(told(data, gone) == told(data, one[0]), "asked by the old id, too")
other = next(s["student_id"] for s in rows(f"{data}/out/latest/students.csv") if s["name"] == PUPILS[1][0])
check(told(data, other) == [("first", "1"), ("first", "2")] and told(data, "registry:a.csv:3") == told(data, other), "another is told of his own alone; a row names him, too")
check(told(data, "--grant", "second") == [("second", "1"), ("second", "2")], "by grant")

# ---- a night that is held delivers nothing until it is approved ----
data = data_folder("held")
many = [(f"王{chr(0x4e00 + n)}", id_no(f"150102201{n % 10}0{1 + n % 9}{10 + n % 19}{n:03d}"), "第一小学", "2115000001", "小学三年级", "1班", f"201{n % 10}-0{1 + n % 9}-{10 + n % 19}",
         "男", f"钢铁大街{n}号", f"1390000{n:04d}") for n in range(120)]
allow(data, first=GRANT.format("2115000001"))
hold = {"YICI_HOLD": "yes"}
put(data, "registry/a.csv", table(*many, header=HEADER))
yici("run", data, "--date", "2026-09-02", env=hold)
put(data, "registry/b.csv", table(*many[:40], header=HEADER))
yici("run", data, "--date", "2026-09-03", env=hold, status=3)
check(told(data) == [("first", "1")] and os.readlink(f"{data}/out/latest") == "20260902-1", "a held night delivers nothing")
yici("hold", data, "approve", "--why", "校区撤并", env=hold)
check(told(data) == [("first", "1"), ("first", "2")] and len(rows(f"{data}/out/latest/views/first/data.csv")) == 40, "approved, it delivers: who is absent is not among the rows")

# ---- a draft out of a department's form ----
data = data_folder("draft")
columns = ("序号", "姓名", "身份证号", "出生日期", "年龄", "残疾类别", "学校名称", "年级", "监护人姓名", "就诊医院", "密码", "学籍号", "备注")
form = put(data, "form.xlsx", workbook(("表", "visible", [(1, ("残疾学生情况表",)), (2, columns)])))
os.rename(form, f"{WORK}/form.xlsx")
draft = yici("grants", data, "new", f"{WORK}/form.xlsx", "--department", "市残<联>").stdout.decode()
root = xml.fromstring(draft)
given = {e.get("name"): e.get("mask") for e in root.find("fields")}
withheld = {e.get("asked"): e.get("reason") for e in root.findall("withheld")}
check(root.get("unit") == "市残<联>" and given == {"name": "whole", "birth_date": "whole", "school_name": "whole", "grade": "whole", "member1_name": "whole"}, "columns that it would need", str(given))
check(set(withheld) == {"身份证号", "年龄", "残疾类别", "就诊医院", "密码", "学籍号"}, "columns that it may not have, or that nobody has", str(withheld))
check("敏感" in withheld["身份证号"] and "健康" in withheld["残疾类别"] and "推出" in withheld["年龄"] and "没有" in withheld["就诊医院"] and "不得" in withheld["密码"] and "含身份证件号" in withheld["学籍号"], "and why", str(withheld))
allow(data, draft=draft)
check(b"draft.xml:4: <purpose> is empty" in yici("grants", data, "check", status=3).stderr, "as it stands it is broken, and says what is missing")
put(data, "registry/a.csv", table(*PUPILS, header=HEADER))
run(data, "2026-09-02")
check(os.listdir(f"{data}/out/latest/views") == ["grants.csv"], "and delivers nothing")
for empty, full in (('valid_from=""', 'valid_from="2026-09-01"'), ('valid_to=""', 'valid_to="2026-12-31"'), ('destroy_by=""', 'destroy_by="2027-06-30"'), ("<purpose></purpose>", "<purpose>核对</purpose>"),
                    ("<basis></basis>", "<basis>样例办法</basis>"), ('number="" date=""', 'number="1号" date="2026-08-20"'), ('name="" post="" date=""', 'name="张样例" post="科长" date="2026-08-21"'),
                    ("\t</rows>", "<all/></rows>")):
    check(draft.count(empty) == 1, "an empty place", empty)
    draft = draft.replace(empty, full)
allow(data, draft=draft)
yici("grants", data, "check")
yici("lint", data)
run(data, "2026-09-03")
with zipfile.ZipFile(f"{data}/out/latest/views/draft/data.xlsx") as z:
    sheet = z.read("xl/worksheets/sheet2.xml").decode()
check("李明" in sheet and "2014-03-10" in sheet and PUPILS[0][1] not in sheet, "filled in, it delivers what it asks for and nothing sensitive")
yici("grants", data, "new", f"{WORK}/none.xlsx", status=65)
yici("grants", data, "new", status=64)

# ---- another dataset has no grants of students ----
allow(data, strange=GRANT.format("2115000001").replace("<grant ", '<grant dataset="nobody" '))
check([g["grant"] for g in json.loads(yici("grants", data, "list", "--json").stdout)] == ["draft"], "a grant of another dataset is not this one's")
yici("lint", data, status=78)

finish()
