"""gone.py - for the tests of yici purge: a small town in files of all kinds, and where in a folder a person can still be found."""
import gzip, io, os, struct, sys, zipfile
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../run"))
sys.dont_write_bytecode = True
from nightly import *

os.environ.update(LC_ALL="C.UTF-8", YICI_HOLD="no")  # a town of a few: any change is much
HEADER = "姓名,身份证件号,学籍号,学校名称,学校标识码,年级,班级,联系电话,家庭地址,出生日期,监护人姓名"
SCHOOL = ("第一小学", "2115000001", "小学三年级", "2班")


def pupil(name, number, phone, address, born, guardian):
    no = id_no(number)
    return (name, no, "G" + no, *SCHOOL, phone, address, born, guardian)


HE = pupil("欧阳雪霁", "15010220140317823", "13877665544", "昆都仑区望月巷七百零九号", "2014-03-17", "欧阳砚舟")
TWINS = [pupil(n, f"1501022014050612{k}", "13911112222", "钢铁大街三十三号", "2014-05-06", "孙大海") for k, n in ((2, "孙小雨"), (4, "孙小雪"))]
NAMESAKES = [pupil("王思远", f"1501022014{d}", p, a, b, g) for d, p, a, b, g in (
    ("0711341", "13500001111", "幸福路一号院", "2014-07-11", "王建军"), ("0902517", "13500002222", "文化路二号院", "2014-09-02", "王立新"))]
OTHERS = [pupil(f"张小{c}", f"150102201404{10 + n}77{n}", f"1380000{1000 + n}", f"青山路{n + 1}号楼", f"2014-04-{10 + n}", f"张大{c}") for n, c in enumerate("甲乙丙丁戊己")]
EVERYBODY = [HE, *TWINS, *NAMESAKES, *OTHERS]


def biff(rows):
    """The rows as an old .xls: BIFF5 without a container, text in GBK."""
    rec = lambda kind, body=b"": struct.pack("<HH", kind, len(body)) + body
    text = lambda s, size="<H": struct.pack(size, len(s.encode("gbk"))) + s.encode("gbk")
    cells = b"".join(rec(0x204, struct.pack("<HHH", r, c, 0) + text(cell)) for r, row in enumerate(rows) for c, cell in enumerate(row))
    head = rec(0x809, struct.pack("<HHHH", 0x500, 5, 0x0DBB, 0x07CC)) + rec(0x42, struct.pack("<H", 936)) + rec(0xE0, struct.pack("<HHHHHHHH", *[0] * 8))
    entry = struct.pack("<BB", 0, 0) + text("体检", "<B")
    place = len(head) + 8 + len(entry) + 4
    return head + rec(0x85, struct.pack("<I", place) + entry) + rec(0x0A) + rec(0x809, struct.pack("<HHHH", 0x500, 0x10, 0x0DBB, 0x07CC)) + cells + rec(0x0A)


def sheet(rows):
    return workbook(("名单", "visible", [(n, row) for n, row in enumerate(rows, 1)]))


def deliveries(people, night):
    """What arrives in a night, from each source in its own way: path below inbox/ and bytes."""
    header = HEADER.split(",")
    some = lambda *columns: [[row[c] for c in columns] for row in (header, *people)]
    text = lambda rows, code, sep=",": "".join(sep.join(r) + "\r\n" for r in rows).encode(code)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr(zipfile.ZipInfo("社团/名单.csv", (2026, 1, 1, 0, 0, night)), text(some(0, 1, 3, 6), "gb18030"))
        z.writestr(zipfile.ZipInfo("社团/别人.csv", (2026, 1, 1, 0, 0, night)), text(some(0, 1, 3, 6)[:1] + [[f"李小{night}", id_no(f"1501022014010111{night}"), "第二小学", "1班"]], "gb18030"))
    found = {"registry/全市.csv": table(*people, header=HEADER) + b"\n" * night,
             "aid/资助.xlsx": sheet(some(0, 1, 3, 7) + [["共", str(len(people)), "人", ""]] * night),
             "club/打包.zip": packed.getvalue(),
             "health/体检.xls": biff(some(0, 1, 3, 9) + [[f"赵小{night}", id_no(f"1501022014020222{night}"), "第二小学", "2014-02-02"]]),
             "vaccine/接种.csv.gz": gzip.compress(text(some(0, 2, 3, 10), "utf-8"), mtime=night),
             "bus/校车.txt": "\ufeff".encode("utf-16-le") + text(some(0, 1, 3, 8), "utf-16-le", "\t"),
             "notes/记录.csv": text([[f"第{night}周", "谈话", "地点"]] * 3 + [[r[0], r[7], r[8]] for r in people], "gb18030")}
    for p in people:
        if p is HE:
            found[f"club/{p[0]}.csv"] = table(p[:2] + p[3:4] + p[6:7]) + b"\n" * night
    return found


def fill(data, people, night):
    for name, content in deliveries(people, night).items():
        put(data, name, content)


def layers(path, content):
    """The bytes of a file, and of all that is packed in it."""
    yield path, content
    if content[:2] == b"\x1f\x8b":
        yield from layers(path + "!", gzip.decompress(content))
    if content[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as z:
                for name in z.namelist():
                    yield path + "!" + name, name.encode()
                    yield from layers(path + "!" + name, z.read(name))
        except zipfile.BadZipFile:
            pass


def found(folder, *words):
    """Where below the folder a word stands, in names or bytes, in any encoding in which it may have been sent."""
    sought = {w.encode(code) for w in words for code in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")}
    where = []
    for top, folders, files in os.walk(folder):
        where += [os.path.join(top, n) for n in folders + files if any(w in os.fsencode(n) for w in sought)]
        for name in files:
            path = os.path.join(top, name)
            if not os.path.islink(path):
                where += [p for p, content in layers(path, open(path, "rb").read()) if any(w in content for w in sought)]
    return sorted(set(where))


def students(data):
    """Everybody, whatever ids they have."""
    return sorted(tuple(v for k, v in r.items() if k != "student_id") for r in rows(f"{data}/out/latest/students.csv"))


def id_of(data, person):
    return next(r["student_id"] for r in rows(f"{data}/out/latest/students.csv") if r["id_no"] == person[1])
