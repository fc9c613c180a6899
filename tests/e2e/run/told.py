#!/usr/bin/env python3
"""What readers have to say of a file besides its rows reaches the people: formulas without result, charts, private characters."""
from nightly import *

def text_of(path):
    with zipfile.ZipFile(path) as z:
        return {name: z.read(name).decode() for name in z.namelist() if name.endswith(".xml")}

header = ("姓名", "身份证件号", "学校名称", "班级", "备用")
people = [(1, header), (2, ("张小一", "=B9", "第一小学", "1班", "=A1")), (3, ("张小二", id_no("15010220120311001"), "第一小学", "=D2", "")),
          (4, ("张小三", id_no("15010220120312001"), "第一小学", "1班", "=A1")), (5, ("张小五", id_no("15010220120314001")[:-1] + "?", "", "", "")), (6, ("合计", "=SUM(B2:B4)", "=C9", "", ""))]
for language in ("zh", "en"):
    data = data_folder(language)
    put(data, "grants/book.xlsx", workbook(("学生", "visible", people), ("图", "visible", None)))
    # in the edition of 2022 these four bytes are U+E81E, whose standard character is U+9FB4
    put(data, "club/old.csv", "姓名,身份证件号,学校名称,班级\n张".encode("gb18030") + b"\x82\x35\x90\x37" + f",{id_no('15010220120313001')},第一小学,1班\n".encode("gb18030"))
    run(data, "2026-09-02", "--set", f"language={language}", "--set", "outlets=csv report returned")
    out = f"{data}/out/latest"
    issues = [(r["row"], r["field"], r["severity"]) for r in rows(f"{out}/rejected.csv") if r["rule"] == "formula_unsaved"]
    check(issues == [("2", "id_no", "error"), ("3", "class_name", "error")], f"{language}: cells of columns that are used, of rows that are pupils", str(issues))
    said = {"zh": "没有保存它的计算结果", "en": "a formula whose result is not stored"}[language]
    book = text_of(f"{out}/returned/grants/book.xlsx")
    check(sum(said in part for part in book.values()) >= 2, f"{language}: the returned workbook says so in its column and beside the cell", str(list(book)))
    why, wrong = {"zh": ("这一行没有任何可以确认身份的信息", "有不应出现的字符"), "en": ("Nothing in the row identifies a person", "characters that do not belong")}[language]
    sheet = book["xl/worksheets/sheet1.xml"]
    check(0 < sheet.find(why) < sheet.find(wrong), f"{language}: why a row goes back stands before what else is wrong", str((sheet.find(why), sheet.find(wrong))))
    check(any(said in part for name, part in book.items() if "comment" in name), f"{language}: and in a comment")
    seen = accounts(data)
    check([s.get("chart", False) for s in seen["grants", "book.xlsx"]["sheets"]] == [False, True], f"{language}: report.json says which sheet is a chart")
    check(seen["club", "old.csv"].get("characters_replaced") == 1, f"{language}: and that a character was replaced", str(seen["club", "old.csv"]))
    page = open(f"{out}/report.html", encoding="utf-8").read()
    for word in {"zh": ("图表、对话框或宏工作表", "已换成标准字的自造字区字符", said), "en": ("A chart, dialog or macro sheet", "Private characters replaced", said)}[language]:
        check(word in page, f"{language}: the printed report says {word}")
    check("\u9fb4" in open(f"{out}/students.csv", encoding="utf-8-sig").read(), f"{language}: the standard character is used")
finish()
