#!/usr/bin/env python3
"""make.py - writes the workbooks beside it with other programs, and what other programs read in them.

Needs openpyxl, pandas, XlsxWriter, python-calamine, and LibreOffice (soffice).
For each NAME.xlsx a NAME.jsonl: one line a row, {"sheet":...,"row":N,"cells":[...]}, cells as the
text stored in the file. Numbers are compared as stored, so the expected lines come from the cell values that
openpyxl or calamine give, printed as the shortest decimal, and only numbers that all writers store so are used.
Run it to make them anew; the files in the repository were made by the versions printed at its end.
"""
import datetime
import json
import os
import subprocess
import sys
import tempfile

import openpyxl
import pandas
import python_calamine
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

HERE = os.path.dirname(os.path.abspath(__file__))
EPOCH = {False: datetime.datetime(1899, 12, 30), True: datetime.datetime(1904, 1, 1)}


def path(name):
    return os.path.join(HERE, name)


def number(value):
    return str(int(value)) if value == int(value) else repr(value)


def text(value, date1904):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        return number(round((value - EPOCH[date1904]).total_seconds() / 86400, 10))
    if isinstance(value, datetime.date):
        return number((datetime.datetime.combine(value, datetime.time()) - EPOCH[date1904]).days)
    if isinstance(value, datetime.time):
        return repr((value.hour * 3600 + value.minute * 60 + value.second) / 86400)
    if isinstance(value, (int, float)):
        return number(value)
    return str(value)


def write_expected(name, rows):
    """rows: (sheet, row number, values)"""
    with open(path(name + ".jsonl"), "w", encoding="utf-8") as out:
        for sheet, row_no, cells in rows:
            while cells and cells[-1] == "":
                cells.pop()
            if cells:
                line = {"sheet": sheet, "row": row_no, "cells": cells}
                out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def expect_openpyxl(name):
    book = openpyxl.load_workbook(path(name + ".xlsx"), data_only=True)
    rows = []
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            rows.append((sheet.title, row[0].row,
                         [text(c.value, book.epoch == EPOCH[True]) for c in row]))
    write_expected(name, rows)


def expect_calamine(name):
    book = python_calamine.CalamineWorkbook.from_path(path(name + ".xlsx"))
    rows = []
    for meta in book.sheets_metadata:
        if "Visible" not in str(meta.visible):
            continue
        sheet = book.get_sheet_by_name(meta.name)
        for i, row in enumerate(sheet.to_python(skip_empty_area=False)):
            rows.append((meta.name, i + 1, [text(v, False) for v in row]))
    write_expected(name, rows)


HEADER = ["学籍号", "姓名", "性别", "出生日期", "班级", "家庭地址", "备注"]


def pupils(count):
    for i in range(count):
        yield ["G15022220100101%04d" % i, "学生𠮷%d" % i, "男" if i % 2 else "女",
               datetime.date(2012, 9, 1 + i % 28), "%d班" % (i % 12 + 1),
               "某某县&<某>乡\"%d\"号" % i, None if i % 3 else " 两端有空格 \n第二行"]


def fill(sheet, count):
    sheet.append(["某某小学学生名册"])
    sheet.append([])
    sheet.append(HEADER)
    for row in pupils(count):
        sheet.append(row)


def make_openpyxl():
    book = openpyxl.Workbook()
    fill(book.active, 40)
    book.active.title = "一年级"
    book.active.merge_cells("A1:G1")
    second = book.create_sheet("数 & 值")
    second["B3"] = 12345678901234
    second["C3"] = 0.25
    second["D3"] = -17.5
    second["E3"] = True
    second["F3"] = False
    second["G3"] = "#N/A"
    second["C7"] = datetime.datetime(2024, 2, 29, 12, 0)
    second["XFD9"] = "last"
    hidden = book.create_sheet("隐藏")
    hidden["A1"] = "not read"
    hidden.sheet_state = "hidden"
    very = book.create_sheet("深藏")
    very["A1"] = "not read"
    very.sheet_state = "veryHidden"
    book.save(path("openpyxl.xlsx"))
    expect_openpyxl("openpyxl")


def make_openpyxl_rich():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = CellRichText("前", TextBlock(InlineFont(b=True), "粗"), " 后")
    sheet["B2"] = CellRichText(TextBlock(InlineFont(i=True), "斜"), "体")
    sheet["A3"] = "plain"
    book.save(path("openpyxl-rich.xlsx"))
    expect_openpyxl("openpyxl-rich")


def make_openpyxl_1904():
    book = openpyxl.Workbook()
    book.epoch = EPOCH[True]
    book.active["A1"] = datetime.datetime(2012, 9, 1)
    book.active["A2"] = "2012-09-01"
    book.save(path("openpyxl-1904.xlsx"))
    expect_openpyxl("openpyxl-1904")


def make_openpyxl_write_only():
    book = openpyxl.Workbook(write_only=True)
    fill(book.create_sheet("流"), 30)
    book.save(path("openpyxl-write-only.xlsx"))
    expect_openpyxl("openpyxl-write-only")


def make_pandas():
    frame = pandas.DataFrame([row[:3] + [row[4]] for row in pupils(25)], columns=HEADER[:3] + [HEADER[4]])
    frame["身高"] = [140 + i / 4 for i in range(25)]
    with pandas.ExcelWriter(path("pandas.xlsx"), engine="openpyxl") as writer:
        frame.to_excel(writer, sheet_name="数据", index=False)
        frame.head(3).to_excel(writer, sheet_name="前三", startrow=4, startcol=2)
    expect_calamine("pandas")


def make_xlsxwriter():
    for name, options in (("xlsxwriter", {}), ("xlsxwriter-constant", {"constant_memory": True})):
        book = xlsxwriter.Workbook(path(name + ".xlsx"), options)
        sheet = book.add_worksheet("名册")
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        own = book.add_format({"num_format": '[$-804]yyyy"年"m"月"d"日"'})
        money = book.add_format({"num_format": '#,##0.00 "dhms"'})
        for c, head in enumerate(HEADER):
            sheet.write_string(0, c, head)
        for r, row in enumerate(pupils(30), 1):
            for c, value in enumerate(row):
                if isinstance(value, datetime.date):
                    sheet.write_datetime(r, c, datetime.datetime.combine(value, datetime.time()),
                                         date if r % 2 else own)
                elif value is not None:
                    sheet.write_string(r, c, value)
        sheet.write_number(40, 1, 12.5, money)
        sheet.write_formula(41, 1, "=B41*2", None, 25)
        sheet.write_formula(42, 1, '="a"&"b"', None, "ab")
        sheet.write_boolean(43, 1, True)
        book.add_chartsheet("图")
        book.close()
    expect_calamine("xlsxwriter")
    expect_calamine("xlsxwriter-constant")


def make_libreoffice():
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "libreoffice.fods.csv")
        with open(source, "w", encoding="utf-8") as out:
            out.write("学籍号,姓名,出生日期,分数\n")
            for i, row in enumerate(pupils(20)):
                out.write("%s,%s,%s,%s\n" % (row[0], row[1], row[3].isoformat(), 60 + i * 1.25))
        copy = os.path.join(folder, "libreoffice.csv")
        os.rename(source, copy)
        subprocess.run(["soffice", "--headless", "-env:UserInstallation=file://" + folder + "/profile",
                        "--infilter=CSV:44,34,76,1", "--convert-to", "xlsx", "--outdir", HERE, copy],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run(["soffice", "--headless", "-env:UserInstallation=file://" + folder + "/profile",
                        "--convert-to", "xlsx", "--outdir", folder, path("openpyxl.xlsx")],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.replace(os.path.join(folder, "openpyxl.xlsx"), path("libreoffice-again.xlsx"))
    expect_openpyxl("libreoffice")
    expect_openpyxl("libreoffice-again")


for make in (make_openpyxl, make_openpyxl_rich, make_openpyxl_1904, make_openpyxl_write_only,
             make_pandas, make_xlsxwriter, make_libreoffice):
    make()
print("python", sys.version.split()[0], "openpyxl", openpyxl.__version__, "pandas", pandas.__version__,
      "xlsxwriter", xlsxwriter.__version__)
