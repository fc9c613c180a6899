#!/usr/bin/env python3
"""The rows of hidden sheets are counted and set aside, in every format that can hide one."""
from xml.sax.saxutils import escape
from nightly import *

HEADER = ("姓名", "身份证件号", "学校名称", "班级")
people = [(f"张小{c}", id_no(f"150102201203{n:02d}001"), "第一小学", "1班") for n, c in enumerate("一二三四五六", 10)]


def spreadsheetml(*sheets):
    out = '<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
    for name, state, rows in sheets:
        out += f'<Worksheet ss:Name="{name}"><Table>' + "".join(
            f'<Row ss:Index="{r}">' + "".join(f'<Cell><Data ss:Type="String">{escape(c)}</Data></Cell>' for c in row) + "</Row>"
            for r, row in rows) + "</Table>"
        if state != "visible":
            out += f"<WorksheetOptions xmlns=\"urn:schemas-microsoft-com:office:excel\"><Visible>Sheet{state[0].upper()}{state[1:]}</Visible></WorksheetOptions>"
        out += "</Worksheet>"
    return (out + "</Workbook>").encode()


seen = list(enumerate([HEADER] + people[:3], 1))
last_term = list(enumerate([HEADER] + people[3:], 1))  # pupils, too: but people have hidden them
choices = [(1, ("是否",)), (4, ("是",)), (7, ("否",))]
for make, ending in ((workbook, "xlsx"), (spreadsheetml, "xml")):
    data = data_folder(ending)
    name = f"a.{ending}"
    put(data, f"grants/{name}", make(("选项", "hidden", choices), ("学生", "visible", seen), ("上学期", "veryHidden", last_term), ("空", "hidden", [])))
    put(data, f"grants/only.{ending}", make(("上学期", "hidden", last_term)))
    run(data)
    file = accounts(data)["grants", name]
    check((file["rows"], file["accepted"], file["rejected"], file["set_aside"]) == (11, 3, 0, 8), f"{ending}: rows of hidden sheets count", str(file))
    aside = [(r["sheet"], r["row"], r["reason"]) for r in rows(f"{data}/out/latest/set_aside.csv")]
    check(aside == [("选项", "1", "hidden"), ("选项", "4", "hidden"), ("选项", "7", "hidden"), ("学生", "1", "header")]
          + [("上学期", str(r), "hidden") for r in range(1, 5)], f"{ending}: each is set aside with its reason", str(aside))
    check([s.get("hidden", False) for s in file["sheets"]] == [True, False, True, True], f"{ending}: the report says which sheets are hidden")
    check(len(rows(f"{data}/out/latest/students.csv")) == 3, f"{ending}: nobody of a hidden sheet is a student")
    check(accounts(data)["grants", f"only.{ending}"]["state"] == "refused", f"{ending}: a file whose sheets are all hidden is refused")
    told = json.loads(yici("inspect", "--json", f"{glob.glob(data + '/archive/*/grants')[0]}/{name}").stdout)
    check([s["rows"] for s in told["sheets"]] == [3, 4, 4, 0], f"{ending}: inspect counts them", str(told["sheets"]))

# so many rows that several processes share a sheet, hidden and not
data = data_folder("large")
many = [(n + 2, (f"张小{'一二三四五'[n % 5]}", id_no(f"150102201203{n // 1000 % 28 + 1:02d}{n % 1000:03d}"), "第一小学", "说明" * 400)) for n in range(8000)]
put(data, "grants/large.xml", spreadsheetml(("藏", "hidden", [(1, HEADER)] + many), ("学生", "visible", [(1, HEADER)] + many), ("少", "hidden", choices)))
run(data, "2026-09-02", "--jobs", 2)
file = accounts(data)["grants", "large.xml"]
check((file["rows"], file["accepted"] + file["rejected"], file["set_aside"]) == (16005, 8000, 8005), "a large hidden sheet is counted row by row", str({k: file[k] for k in ("rows", "accepted", "rejected", "set_aside")}))
finish()
