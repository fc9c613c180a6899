"""Writes the xlwt part of these golden files: make_xlwt.py FOLDER (xlwt 1.3.0)."""
import datetime
import json
import sys

import xlwt

folder = sys.argv[1]


def save(book, name):
    book.save(f"{folder}/{name}.xls")


book = xlwt.Workbook(encoding="utf-8")
sheet = book.add_sheet("学生")
for column, text in enumerate(["姓名", "身份证号", "出生日期", "身高", "住校", "备注"]):
    sheet.write(0, column, text)
day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
chinese_day = xlwt.easyxf(num_format_str='yyyy"年"m"月"d"日"')
clock = xlwt.easyxf(num_format_str="h:mm:ss")
elapsed = xlwt.easyxf(num_format_str="[h]:mm")
money = xlwt.easyxf(num_format_str='"日薪"#,##0.00')
sheet.write(1, 0, "𠮷田测试")
sheet.write(1, 1, 410303201409010017)
sheet.write(1, 2, datetime.date(2014, 9, 1), day)
sheet.write(1, 3, 1.25)
sheet.write(1, 4, True)
sheet.write(1, 5, "a" * 300)
sheet.write(3, 0, "Ünïcode, latin")
sheet.write(3, 2, datetime.date(2014, 9, 1), chinese_day)
sheet.write(3, 3, 0.5, clock)
sheet.write(3, 4, False)
sheet.write(3, 5, 12.5, money)
sheet.write(4, 3, 1.75, elapsed)
sheet.write(4, 5, xlwt.Formula("1+1"))
numbers = book.add_sheet("数")
values = [0, 1, -1, 536870911, 536870912, -536870912, -536870913, 1.5, 0.01, -0.01, 12345.67, 5368709.11,
          5368709.12, 1e15, 123456789012345678, 4.10303e17, 1e20, 1e21, 1e22, 1e-6, 1e-7, 1e-8, 1.1, 2.2,
          0.1, 0.30000000000000004, 1 / 3, 2 / 3, 100 / 3, 1e300, 5e-324, 2.2250738585072014e-308, 2.0**-44,
          1.7976931348623157e308, 3.141592653589793, 9007199254740991, 9007199254740993, 99999999999999.9,
          999999999999999.9, 0.000001234, -1e-7, 1e16, 2**53 + 2, 2**63, 41153.000011574]
for index, value in enumerate(values):
    sheet_row, column = divmod(index, 7)
    numbers.write(sheet_row, column, float(value))
errors = book.add_sheet("错")
row = errors.row(2)
for column, code in enumerate(["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A!"]):
    row.set_cell_error(column, code)
hidden = book.add_sheet("藏")
hidden.write(0, 0, "not to be read")
hidden.visibility = 1
veryhidden = book.add_sheet("深藏")
veryhidden.write(0, 0, "nor this")
veryhidden.visibility = 2
book.add_sheet("空")
save(book, "xlwt_kinds")

book = xlwt.Workbook()
book.dates_1904 = True
sheet = book.add_sheet("1904")
sheet.write(0, 0, 38596.0, xlwt.easyxf(num_format_str="m/d/yy"))
save(book, "xlwt_1904")

# shared strings over many CONTINUE records, of one and of two bytes, with surrogate pairs cut in two there: xlrd
# cannot read these, so the answer is written here as well
book = xlwt.Workbook(encoding="utf-8")
sheet = book.add_sheet("long")
rows = {row: [("汉字𠮷" * 600)[row:row + 600 + row], ("abcdefg" * 400)[: 2000 + row], "é" * (row * 7)] for row in range(12)}
rows[13] = ["长" * 32767]
rows[14] = ["x" * 32767]
with open(f"{folder}/xlwt_long.jsonl", "w", encoding="utf-8") as answer:
    for row, cells in rows.items():
        for column, text in enumerate(cells):
            if text:
                sheet.write(row, column, text)
        while not cells[-1]:
            cells.pop()
        line = {"sheet": "long", "row": row + 1, "cells": cells}
        answer.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
save(book, "xlwt_long")

# the last row and column of the format, written in no order, formatted (rich) text
book = xlwt.Workbook(encoding="utf-8")
sheet = book.add_sheet("edges", cell_overwrite_ok=True)
sheet.write(65535, 255, "last")
sheet.write(65535, 0, 7)
sheet.write(5, 10, "later")
sheet.write(5, 2, "sooner")
sheet.write(0, 255, 0.5)
bold = xlwt.easyfont("bold true")
plain = xlwt.easyfont("")
sheet.write_rich_text(2, 1, (("王", bold), ("小明", plain), (" x", bold)))
for column in range(10):
    sheet.write(3, column, column + 0.25 if column % 2 else column)
sheet.write_merge(7, 8, 0, 3, "merged")
save(book, "xlwt_edges")
