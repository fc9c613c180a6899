"""make_biff5.py FOLDER: hand-made BIFF5 workbooks (what xlwt cannot write), wrapped by xlwt's compound file writer."""
import struct
import sys

from xlwt.CompoundDoc import XlsDoc

folder = sys.argv[1]


def rec(kind, body=b""):
    return struct.pack("<HH", kind, len(body)) + body


def text(string, size="<H", page="gbk"):
    raw = string.encode(page)
    return struct.pack(size, len(raw)) + raw


def label(row, column, string, page="gbk", xf=0):
    return rec(0x204, struct.pack("<HHH", row, column, xf) + text(string, page=page))


def number(row, column, value, xf=0):
    return rec(0x203, struct.pack("<HHHd", row, column, xf, value))


def formula(row, column, result):
    return rec(6, struct.pack("<HHH", row, column, 0) + result + struct.pack("<HIH", 0, 0, 0))


def workbook(page, sheets):
    """sheets: (name, visibility, kind, records)"""
    head = rec(0x809, struct.pack("<HHHH", 0x500, 5, 0x0DBB, 0x07CC)) + rec(0x42, struct.pack("<H", page))
    codec = {936: "gbk", 1252: "cp1252"}[page]
    head += rec(0x41E, struct.pack("<H", 164) + text('yyyy"年"m"月"' if page == 936 else "yyyy/mm", "<B", codec))
    for fmt in (0, 14, 164):
        head += rec(0xE0, struct.pack("<HHHHHHHH", 0, fmt, 0, 0, 0, 0, 0, 0))
    entries = [struct.pack("<BB", visibility, kind) + text(name, "<B", codec) for name, visibility, kind, _ in sheets]
    place = len(head) + sum(8 + len(entry) for entry in entries) + 4
    bodies = b""
    for entry, (_, _, kind, records) in zip(entries, sheets):
        head += rec(0x85, struct.pack("<I", place + len(bodies)) + entry)
        bof = {0: 0x10, 2: 0x20}[kind]
        bodies += rec(0x809, struct.pack("<HHHH", 0x500, bof, 0x0DBB, 0x07CC)) + records + rec(0x0A)
    return head + rec(0x0A) + bodies


def chart():
    return rec(0x809, struct.pack("<HHHH", 0x500, 0x20, 0, 0)) + number(0, 0, 99) + rec(0x0A)


pupils = (
    label(0, 0, "姓名") + label(0, 1, "出生日期") + label(0, 2, "说明")
    + label(2, 0, "测试甲") + number(2, 1, 41153, 1) + label(2, 2, "朱镕基的镕")
    + rec(0xD6, struct.pack("<HHH", 3, 0, 0) + text("半粗") + b"\x01\x00\x05")
    + number(3, 1, 41153.5, 2)
    + formula(3, 2, b"\0" * 6 + b"\xff\xff") + rec(0x207, text("result"))
    + chart()
    + formula(4, 0, struct.pack("<d", 2.5)) + formula(4, 1, b"\1\0\1\0\0\0\xff\xff")
    + formula(4, 2, b"\2\0\x07\0\0\0\xff\xff")
    + rec(0x27E, struct.pack("<HHHI", 5, 0, 0, 123 << 2 | 3)) + rec(0x27E, struct.pack("<HHHI", 5, 1, 0, 5 << 2 | 2))
    + rec(0xBD, struct.pack("<HH", 6, 1) + b"".join(struct.pack("<HI", 0, i << 2 | 2) for i in range(4)) + b"\4\0")
    + rec(0x205, struct.pack("<HHHBB", 7, 0, 0, 42, 1)) + rec(0x205, struct.pack("<HHHBB", 7, 1, 0, 1, 0))
)
sheets = [("名册", 0, 0, pupils), ("图", 0, 2, b""), ("藏", 1, 0, label(0, 0, "不读")), ("空", 0, 0, b"")]
stream = workbook(936, sheets)
XlsDoc().save(f"{folder}/hand_biff5_936.xls", stream)
with open(f"{folder}/hand_biff5_plain.xls", "wb") as out:
    out.write(stream)
western = label(0, 0, "Zoë – “ok” €", "cp1252") + number(0, 1, 1.5)
XlsDoc().save(f"{folder}/hand_biff5_1252.xls", workbook(1252, [("Café", 0, 0, western)]))

# cells in no order: rows fall, columns fall, one cell twice (the last counts)
mixed = (
    number(9, 3, 1) + label(9, 0, "九") + number(2, 5, 2) + label(0, 0, "零") + number(2, 1, 3) + number(9, 3, 4)
    + rec(0xBD, struct.pack("<HH", 4, 0) + b"".join(struct.pack("<HI", 0, i << 2 | 2) for i in (7, 8)) + b"\1\0")
    + number(2, 5, 41153, 1)
)
XlsDoc().save(f"{folder}/hand_unordered.xls", workbook(936, [("乱", 0, 0, mixed)]))
