#!/usr/bin/env python3
"""hostile.py CITY: puts files that must be refused, and odd ones that must not, beside the files of a city made by city.py.

What is expected of each goes into the city's truth.jsonl like the rest."""
import gzip, io, json, os, struct, sys, zipfile, zlib
sys.path.insert(0, os.path.dirname(__file__))
import city as C

out = sys.argv[1]
m = C.Maker.__new__(C.Maker)
m.city = C.City(77)
m.rng, m.out = m.city.rng, out
m.truth = open(f"{out}/truth.jsonl", "a", encoding="utf-8")
people0 = [json.loads(l) for l in open(f"{out}/people.jsonl", encoding="utf-8")]
r = m.rng
# use persons of the first city: rebuild it with its seed
full = C.City(20260901)
assert full.people[5]["id"] == people0[5]["id"]
m.city.people, m.city.schools = full.people, full.schools
school = full.schools[0]
pool = [p for p in full.people if p["school"] is school]
plain = dict(date=1, sex=0, cohort=False)

def sheet(n=10, headers=C.FORMS["boarding"], source="boarding", **st):
	return C.make_sheet(m.city, pool[:n], headers, dict(plain, **st), source, rate=0)

def put(name, data, fate="refused", reasons=(), source="奇怪的文件夹"):
	p = m.path(source, name)
	open(p, "wb").write(data)
	if fate == "refused":
		m.tell(source, name, "refused", fmt="odd", reasons=list(reasons))
	elif fate == "left":
		m.tell(source, name, "left", fmt="odd")

def book(n=10, writer=C.w_xlsxwriter, **kw):
	t = f"{out}/tmpbook"
	writer([sheet(n, **kw)], t, r)
	b = open(t, "rb").read()
	os.unlink(t)
	return b

good = book()
xls = book(writer=C.w_xls)
csvb = book(writer=lambda s, p, r: C.w_text(s, p, r, "gb18030"))
put("empty.csv", b"", reasons=["empty"])
put("empty.xlsx", b"", reasons=["empty"])
put("spaces.csv", b" \r\n\r\n  \r\n", reasons=["empty", "no_header", "not_a_table"])
put("noise.bin", bytes(r.randrange(256) for _ in range(20000)), reasons=["not_a_table", "encoding"])
put("noise.xls", bytes(r.randrange(256) for _ in range(20000)), reasons=["not_a_table", "encoding"])
put("nul.csv", b"\0" * 9000, reasons=["not_a_table", "encoding"])
put("照片.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + os.urandom(30000), reasons=["not_a_table", "encoding", "unsupported"])
put("通知.pdf", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\n" + os.urandom(1000) + b"\n%%EOF", reasons=["not_a_table", "unsupported", "encoding"])
z = io.BytesIO()
with zipfile.ZipFile(z, "w") as f:
	f.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
	f.writestr("_rels/.rels", '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>')
	f.writestr("word/document.xml", "<w:document xmlns:w='x'><w:body><w:p>姓名 身份证号</w:p></w:body></w:document>")
put("通知.docx", z.getvalue(), reasons=["not_a_table", "unsupported"])
z = io.BytesIO()
with zipfile.ZipFile(z, "w") as f:
	f.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
	f.writestr("content.xml", "<office:document-content xmlns:office='o'/>")
put("名单.ods", z.getvalue(), reasons=["not_a_table", "unsupported"])
put("enc.xlsx", C.ole2_with(["EncryptionInfo", "EncryptedPackage"]), reasons=["encrypted"])
# an xls with FILEPASS behind BOF
at = xls.find(b"\x09\x08\x10\x00\x00\x06\x05\x00")
assert at > 0
# the record after the first BOF becomes FILEPASS (0x2f): keep its length
data = bytearray(xls)
data[at + 20:at + 22] = b"\x2f\x00"
put("enc.xls", bytes(data), reasons=["encrypted"])
put("word.doc", C.ole2_with(["WordDocument", "1Table"]), reasons=["not_a_table", "unsupported", "damaged"])
put("drm.xls", b"\x62\x14\x23\x65" + os.urandom(8192), reasons=["drm", "not_a_table", "encoding"])
put("esafenet.xlsx", b"E-SafeNet\0\0\0LOCK" + os.urandom(8192), reasons=["drm", "not_a_table", "encoding"])
for frac in (1, 3, 5, 7):
	put(f"cut{frac}.xlsx", good[:len(good) * frac // 8], reasons=["truncated", "damaged"])
	put(f"cut{frac}.xls", xls[:len(xls) * frac // 8], reasons=["truncated", "damaged"])
put("cut.gz", gzip.compress(csvb, mtime=0)[:-60], reasons=["truncated", "damaged"])
put("cutcrc.gz", gzip.compress(csvb, mtime=0)[:-8] + b"\1\2\3\4\5\6\7\x08", reasons=["truncated", "damaged"])
put("cut.zip", C.Maker.zip([("名单.csv",)], [csvb], True)[:-40], reasons=["truncated", "damaged"])
bad = bytearray(C.Maker.zip([("名单.csv",)], [csvb], True))
bad[60] ^= 0xff
put("crc.zip", bytes(bad), reasons=["damaged", "truncated"])
put("laughs.xml", b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa">' + b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%s;" % (str(i - 1).encode() if i > 1 else b"") * 10) for i in range(1, 10)) + b']><students><student><xm>&a9;</xm></student></students>', reasons=["doctype"])
put("dtd_ss.xls", b'<?xml version="1.0"?><!DOCTYPE Workbook SYSTEM "http://x.invalid/x.dtd"><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table><Row><Cell><Data>a</Data></Cell></Row></Table></Worksheet></Workbook>', reasons=["doctype"])
z = io.BytesIO()
with zipfile.ZipFile(io.BytesIO(good)) as src, zipfile.ZipFile(z, "w", zipfile.ZIP_DEFLATED) as f:
	for n in src.namelist():
		b = src.read(n)
		if n == "xl/worksheets/sheet1.xml":
			b = b.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY a "b">]>', 1)
		f.writestr(n, b)
put("dtd.xlsx", z.getvalue(), reasons=["doctype"])
# bombs
z = io.BytesIO()
with zipfile.ZipFile(io.BytesIO(good)) as src, zipfile.ZipFile(z, "w", zipfile.ZIP_DEFLATED) as f:
	for n in src.namelist():
		if n != "xl/worksheets/sheet1.xml":
			f.writestr(n, src.read(n))
	with f.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as w:
		w.write(b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
		for _ in range(700):
			w.write(b" " * (1 << 20))
		w.write(b"</sheetData></worksheet>")
put("bomb.xlsx", z.getvalue(), reasons=["bomb", "limit_bytes"])
c = zlib.compressobj(9, zlib.DEFLATED, 31)
b = b"".join(c.compress(b"\xd0\xd5\xc3\xfb,1\r\n" * 131072) for _ in range(1200)) + c.flush()
put("bomb.csv.gz", b, reasons=["bomb", "limit_bytes", "limit_rows"])
nest = csvb
for i in range(30):
	nest = C.Maker.zip([(f"l{i}.zip" if i else "l.csv",)], [nest], False)
put("nested.zip", nest, "untold")
m.tell("奇怪的文件夹", "nested.zip!*", "refused", fmt="odd", reasons=["nested"])
# overlapping entries: many central records on one local
one = C.Maker.zip([("a.csv",)], [csvb * 100], False)
eocd = one.rfind(b"PK\5\6")
cd = one.find(b"PK\1\2")
rec = one[cd:eocd]
put("overlap.zip", one[:cd] + rec * 500 + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 500, 500, len(rec) * 500, cd, 0), reasons=["overlap"])
for k, n in enumerate(("../../etc/x.csv", "/etc/passwd.csv")):
	put(f"unsafe{k}.zip", C.Maker.zip([(n,)], [csvb], False), reasons=["unsafe_name"])
z = io.BytesIO()
with zipfile.ZipFile(z, "w") as f:
	f.writestr("a.csv", csvb)
b = bytearray(z.getvalue())
b[6] |= 1
k = b.find(b"PK\1\2")
b[k + 8] |= 1
put("password.zip", bytes(b), reasons=["encrypted"])
put("readme.txt", "各学校请于周五前报送。\r\n联系人：王老师\r\n".encode("gbk"), reasons=["no_header", "not_a_table"])
put("无表头.csv", "王小明,男,410302201501010011\r\n".encode() * 5, reasons=["no_header", "no_person"])
put("无人.csv", "商品,价格,数量\r\n桌子,3,4\r\n".encode(), reasons=["no_header", "no_person"])
put("两个姓名.csv", "姓名,姓名,身份证号\r\n王小,李小,410302201501010011\r\n".encode(), reasons=["two_columns"])
put("half.xlsx.part", good[:100], "left")
put("~$名单.xlsx", os.urandom(165), "left")
# odd ones that must be taken
def taken(name, raw_writer, sh, source="奇怪的文件夹", single=False, fmt="odd"):
	raw_writer([sh], m.path(source, name), r)
	m.tell_sheets(source, name, [sh], single, fmt, C.FORMS["boarding"])
w = lambda s, p, r: C.w_text(s, p, r, "utf-8")
def fresh(k, n=8):
	return C.make_sheet(m.city, pool[k:k + n], C.FORMS["boarding"], dict(plain), "boarding", rate=0)
taken("<script>alert(1)</script>.csv".replace("/", "_"), w, fresh(3), single=True)
s = fresh(4)
w([s], m.path("奇怪的文件夹", "带\n换行.csv"), r)
m.tell_sheets("奇怪的文件夹", "带\\x0A换行.csv", [s], True, "odd", C.FORMS["boarding"])
taken("引号\"'，;.csv", w, fresh(5), single=True)
taken("=cmd|' !A0.csv", w, fresh(6), single=True)
taken("无扩展名", C.w_xls, fresh(7))
taken("a" * 240 + ".csv", w, fresh(9), single=True)
put(".隐藏.csv", csvb, "left")
taken("同名.xlsx", C.w_openpyxl, fresh(11))
taken("同名.xls", C.w_xls, fresh(12))
taken("深/很深/非常深/名单.csv", w, fresh(13), single=True)
s = fresh(14)
s.rows[1][11] = "长" * 10000
s.kinds[1].update(rules=["text_too_long"], defect="long")
taken("长单元格.xlsx", C.w_openpyxl, s)
s = fresh(15)
s.rows[1][3] = "=HYPERLINK(\"http://x.invalid\")"
taken_rows = s
s.kinds[1].update(want="reject", rules=["no_name"], defect="formula")
taken("公式注入.csv", w, s, single=True)
s = fresh(16)
for k, inj in enumerate(("=1+1", "+1", "-2+3", "@SUM(A1)", "\tx", "＝1")):
	s.rows[1 + k][8] = inj
taken("公式注入2.xlsx", C.w_xlsxwriter, s)
# UTF-8 BOM before OLE2 and before zip
s = fresh(17)
C.w_xls([s], f"{out}/t", r); b = b"\xef\xbb\xbf" + open(f"{out}/t", "rb").read(); os.unlink(f"{out}/t")
open(m.path("奇怪的文件夹", "bom.xls"), "wb").write(b)
m.tell_sheets("奇怪的文件夹", "bom.xls", [s], False, "odd", C.FORMS["boarding"])
# wide
s = C.Sheet()
head = C.FORMS["boarding"] + [f"附加{i}" for i in range(5000)]
s.add("header", head)
for p in pool[20:24]:
	s.add("data", [C.value(p, h, 1, r, plain) for h in C.FORMS["boarding"]] + ["x"] * 5000, who=p["pid"], want="accept", rules=[], never=[], defect="")
taken("很宽.csv", w, s, single=True)
# 65,536 rows of xls: the same pupils over and over
s = C.Sheet()
hs = ["姓名", "性别", "身份证号", "学籍号", "班级"]
s.add("header", hs)
for i in range(20000):
	p = full.people[i % len(full.people)]
	s.add("data", [C.value(p, h, i, r, plain) for h in hs], who=p["pid"], want="accept", rules=[], never=[], defect="dup")
taken("满.xls", C.w_xls, s)
# long quoted newline cells, unclosed quote at the end
put("引号没关.csv", ("姓名,身份证号,家庭住址\r\n" + "".join(f"{p['name']},{p['id']},\"{p['home']}\"\r\n" for p in pool[:5]) + f"{pool[6]['name']},{pool[6]['id']},\"{pool[6]['home']}\r\n").encode("gb18030"), "untold")
# not UTF-8 name
raw = m.path("奇怪的文件夹", "x").encode()[:-1] + "乱码".encode("gbk") + b".csv"
w([fresh(18)], raw, r)
os.symlink("/etc/passwd", m.path("奇怪的文件夹", "链接.csv"))
m.tell("奇怪的文件夹", "链接.csv", "refused", fmt="odd", reasons=["link"])
again = m.path("奇怪的文件夹", "无扩展名.又一份")
open(again, "wb").write(open(m.path("奇怪的文件夹", "无扩展名"), "rb").read())
m.tell("奇怪的文件夹", "无扩展名.又一份", "again", fmt="odd")
m.truth.close()
