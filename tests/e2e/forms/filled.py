"""filled.py YICI WORK - what fill.py runs where openpyxl and XlsxWriter are: forms as clerks make them, filled in, held against the originals."""
import glob, hashlib, importlib.util, json, os, shutil, subprocess, sys, zipfile
import openpyxl, xlsxwriter
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation

YICI, WORK = sys.argv[1:3]
spec = importlib.util.spec_from_file_location("city", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "other_hands", "city.py"))
city = importlib.util.module_from_spec(spec)
spec.loader.exec_module(city)
passed = failed = 0


def check(ok, what, detail=""):
	global passed, failed
	passed, failed = passed + bool(ok), failed + (not ok)
	if not ok:
		print(f"FAIL  {what}  [{str(detail)[:600]}]", flush=True)


def run(*args, status=0):
	p = subprocess.run([YICI, *args], capture_output=True, timeout=300, env={**os.environ, "LC_ALL": "C.UTF-8", "YICI_HOLD": "no"})
	check(p.returncode == status, "yici " + " ".join(args), f"{p.returncode}: {p.stderr[-300:].decode(errors='replace')}")
	return p.stdout.decode()


def fill(form, out, *more):
	shutil.rmtree(out, ignore_errors=True)
	told = json.loads(run("forms", DATA, "fill", form, "--out", out, "--json", *more))
	return told, sorted(glob.glob(f"{out}/**/*.xlsx", recursive=True))


def parts(path):
	with zipfile.ZipFile(path) as z:
		check(z.testzip() is None, "a sound archive", path)
		return {i.filename: (z.read(i), i.date_time, i.compress_type) for i in z.infolist()}


def same_parts(form, filled, sheet="xl/worksheets/sheet1.xml"):
	"""All parts of the form stand in the filled one to the byte, but for the sheet and the styles; in their order. The mark is a part more, and what leads to it."""
	was, now = parts(form), parts(filled)
	mark = ["docProps/custom.xml"] if "docProps/custom.xml" not in was else []
	check(list(was) + mark == list(now), "the same parts in the same order", (list(was), list(now)))
	changed = {n for n in was if was[n] != now.get(n)}
	check(changed <= {sheet, "xl/styles.xml", *(["[Content_Types].xml", "_rels/.rels"] if mark else ["docProps/custom.xml"])}, "only the sheet, the styles and the mark are changed", changed)


def style(c, fill=True):
	return tuple(map(repr, (c.font, c.border, c.alignment, c.number_format, c.protection) + ((c.fill,) if fill else ())))


def same_looks(form, filled, first, last, extra=0, columns=None):
	"""What is not a cell of the table is what it was for openpyxl: values, styles, sizes, rules, printing. Rows behind ${last} are ${extra} further down."""
	old, new = openpyxl.load_workbook(form), openpyxl.load_workbook(filled)
	check(old.sheetnames == new.sheetnames, "the same sheets")
	for a, b in zip(old.worksheets, new.worksheets):
		main = a.title == old.worksheets[0].title
		shift = lambda r: r + extra if main and r > last else r
		for row in a.iter_rows():
			for c in row:
				d = b.cell(shift(c.row), c.column)
				if main and first <= c.row <= last:
					if c.value is not None:
						check(d.value == c.value, f"{c.coordinate}: what stood there stays", (c.value, d.value))
					check(style(c, False) == style(d, False), f"{c.coordinate}: style", (c.border, d.border))
					continue
				if not (isinstance(c.value, str) and c.value.startswith("=")):
					check(c.value == d.value, f"{a.title}!{c.coordinate}: value", (c.value, d.value))
				check(style(c) == style(d), f"{c.coordinate}: style")
		check({k: v.width for k, v in a.column_dimensions.items()} == {k: v.width for k, v in b.column_dimensions.items()}, "widths")
		for r, size in a.row_dimensions.items():
			check(size.height == b.row_dimensions[shift(r)].height, f"height of row {r}")
		check(vars(a.page_setup).get("orientation") == vars(b.page_setup).get("orientation") and a.page_setup.paperSize == b.page_setup.paperSize and a.print_title_rows == b.print_title_rows, "printing")
		check(a.freeze_panes == b.freeze_panes and a.sheet_state == b.sheet_state, "panes, hidden sheets")
		rules = lambda ws: {(str(v.sqref).split(":")[0].split()[0], v.type, v.formula1) for v in ws.data_validations.dataValidation}
		check(rules(a) <= rules(b), "validations", (rules(a), rules(b)))
		if extra == 0 or not main:
			check(sorted(map(str, a.merged_cells.ranges)) == sorted(map(str, b.merged_cells.ranges)), "merged cells")
	return new


thin = Side(style="thin")
BOX = Border(left=thin, right=thin, top=thin, bottom=thin)


def make_form(path, headers, prepared, title=True, footer=True):
	wb = openpyxl.Workbook()
	ws = wb.active
	ws.title = "登记表"
	top = 1
	if title:
		ws["A1"] = "××情况登记表"
		ws["A1"].font = Font(name="宋体", size=18, bold=True)
		ws.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(headers))
		top = 2
	for i, h in enumerate(headers, 1):
		c = ws.cell(top, i, h)
		c.font, c.border, c.fill, c.alignment = Font(bold=True), BOX, PatternFill("solid", fgColor="FFD9E1F2"), Alignment(horizontal="center", wrap_text=True)
	for r in range(top + 1, top + 1 + prepared):
		ws.row_dimensions[r].height = 19.5
		for i in range(1, len(headers) + 1):
			ws.cell(r, i).border = BOX
	if footer:
		ws.cell(top + prepared + 2, 1, "填表人：            审核人：            填表日期：")
	ws.page_setup.orientation, ws.page_setup.paperSize = "landscape", 9
	wb.save(path)
	return top + 1


# ---- a city, and its pupils as the last run left them ----
DATA = f"{WORK}/data"
run("init", DATA)
run("make-sample", "--students", "600", "--seed", "5", "--nights", "1", "--out", f"{WORK}/sample")
shutil.copytree(f"{WORK}/sample/night-01/inbox", f"{DATA}/inbox", dirs_exist_ok=True)
run("run", DATA, "--date", "2026-09-02")
students = [json.loads(l) for l in open(f"{DATA}/out/latest/students.jsonl", encoding="utf-8")]
import csv
with open(f"{DATA}/out/latest/students.csv", encoding="utf-8-sig", newline="") as f:
	labels = {r["student_id"]: r for r in csv.DictReader(f)}
classes = {}
for s in students:
	if s["presence"] in ("present", "stale", "back") and s.get("school_code"):
		classes.setdefault((s["school_code"], s.get("grade", ""), s.get("class_name", "")), []).append(s)
secrets = [s[f].encode() for s in students for f in ("id_no", "member1_id_no", "member2_id_no") if len(s.get(f, "")) == 18]
school, grade, room = max(classes, key=lambda k: (len(classes[k]), k))
pupils = classes[school, grade, room]
label = labels[pupils[0]["student_id"]]["grade"]
here = f"{school}/{label}/{room}"
os.makedirs(f"{WORK}/forms")

# ---- every department's columns: parts, looks, secrets, numbers ----
for name, headers in city.FORMS.items():
	form = f"{WORK}/forms/{name}.xlsx"
	first = make_form(form, headers, 20)
	told, files = fill(form, f"{WORK}/out", "--class", here)
	check(len(files) == 1 and os.path.basename(files[0]) == f"{school}-{label}-{room}.xlsx", "one workbook, called as the class", files)
	check(told["students"] == len(pupils) and os.stat(files[0]).st_mode & 0o777 == 0o600, "all of the class, for its owner alone", told)
	same_parts(form, files[0])
	ws = same_looks(form, files[0], first, first + 19).worksheets[0]
	names = [ws.cell(r, headers.index("姓名") + 1).value for r in range(first, first + 20)]
	check(sorted(n for n in names if n) == sorted(p["name"] for p in pupils), f"{name}: the names of the class", names)
	whole = b"".join(d for d, _, _ in parts(files[0]).values())
	check(not any(s in whole for s in secrets), f"{name}: nobody's identity number, also in no student number")
	answers = {c["header"]: c for c in json.loads(run("forms", DATA, "check", form, "--json", status=0 if name == "school_supplies" else 3))["columns"]}
	for i, h in enumerate(headers, 1):
		cells = [ws.cell(r, i) for r in range(first, first + len(pupils))]
		values = [c.value for c in cells]
		if answers[h]["state"] == "sensitive":
			check(not any(values), f"{name}/{h}: sensitive, empty", values)
		elif answers[h]["state"] == "new" and h not in ("备注", "家长签字", "领款人签字"):
			check(not any(values) and all(c.fill.fgColor.rgb == "FFFFF2CC" for c in cells), f"{name}/{h}: new, open, coloured", values)
		elif h == "序号":
			check(values == list(range(1, len(pupils) + 1)), f"{name}: numbers", values)
		elif h in ("民族",):
			by_name = {p["name"]: labels[p["student_id"]]["ethnic"] for p in pupils}
			check(all(v is None or by_name[ws.cell(first + k, headers.index("姓名") + 1).value] == v for k, v in enumerate(values)), f"{name}/{h}: as the dataset says", values)
		elif h == "出生日期":
			by_name = {p["name"]: p.get("birth_date") for p in pupils}
			check(all(by_name[ws.cell(first + k, headers.index("姓名") + 1).value] == v for k, v in enumerate(values)), f"{name}/{h}", values)

# ---- a form as a careful clerk makes it: examples, lists, formulas, images, printing, too few rows ----
H = "序号 姓名 性别 出生日期 民族 年级 班级 学籍号 身份证号 年龄 是否住校 户口性质 父亲姓名 母亲姓名 监护人电话 家里有几只猫 是否有宠物 宿舍楼 入学年月 备注".split()
wb = openpyxl.Workbook()
ws = wb.active
ws.title = "花名册 & 名单"
codes = wb.create_sheet("代码")
for i, v in enumerate(("性别", "男生", "女生"), 1):
	codes.cell(i, 1, v)
codes.sheet_state = "hidden"
wb.create_sheet("填表说明")["A1"] = "请认真填写"
ws["A1"], ws["A2"] = "××区学生情况登记表", "学校（盖章）：              填报日期：    年  月  日"
ws.merge_cells("A1:T1")
ws.merge_cells("A2:T2")
EXAMPLE = ["示例", "张三", "男生", "2015/3/8", "汉族", "小四", 3, "G410305201503080017", "410305201503080017", 11, "√", "2-非农业户口", "张大", "李四", "13800000000", 2, "是", "1号楼", "202109", None]
for i, (h, v) in enumerate(zip(H, EXAMPLE), 1):
	for r, value in ((3, h), (4, v)):
		ws.cell(r, i, value).border = BOX
	ws.cell(3, i).font = Font(bold=True)
for r in (5, 6):
	ws.cell(r, 1, r - 4)
	ws.cell(r, 20, f'=IF(B{r}="","",B{r}&"同学")')
	for i in range(1, 21):
		ws.cell(r, i).border, ws.cell(r, i).alignment = BOX, Alignment(horizontal="center")
ws["A7"], ws["B7"], ws["A8"] = "合计", "=COUNTA(B5:B6)", "填表人：        审核人："
ws.merge_cells("A8:T8")
for where, rule in (("C5:C6", "=代码!$A$2:$A$3"), ("K5:K6", '"√,×"')):
	dv = DataValidation(type="list", formula1=rule, allow_blank=True)
	ws.add_data_validation(dv)
	dv.add(where)
ws.conditional_formatting.add("B5:B6", CellIsRule(operator="equal", formula=['""'], fill=PatternFill("solid", bgColor="FFFFC7CE")))
ws.print_title_rows, ws.print_area, ws.freeze_panes, ws.auto_filter.ref = "3:3", "A1:T8", "C4", "A3:T6"
rich = f"{WORK}/forms/rich.xlsx"
wb.save(rich)
told, files = fill(rich, f"{WORK}/rich", "--class", here)
n = len(pupils)
extra = max(0, n - 2)
check(extra > 0 and told["files"][0]["put_in"] == extra, "rows are put in", told)
same_parts(rich, files[0])
new = same_looks(rich, files[0], 5, 6, extra)
ws = new["花名册 & 名单"]
check([c.value for c in ws[4]] == EXAMPLE, "the example stays")
rows = [[c.value for c in ws[r]] for r in range(5, 5 + n)]
by_name = {p["name"]: p for p in pupils}
for row in rows:
	p = by_name[row[1]]
	y, m, d = p["birth_date"].split("-")
	check(row[2] == {"1": "男生", "2": "女生"}[p["sex"]], "the words of the list on another sheet", row[2])
	check(row[3] == f"{int(y)}/{int(m)}/{int(d)}", "dates as in the example", row[3])
	check(row[5] in ("小一", "小二", "小三", "小四", "小五", "小六", "初一", "初二", "初三", "高一", "高二", "高三") and row[6] == int("".join(c for c in room if c.isdigit())), "grade and class as in the example", row[5:7])
	check(row[7] is None and row[8] is None, "sensitive, empty")
	check(row[9] == 2026 - int(y) - ((9, 2) < (int(m), int(d))), "age on the day of the run", row[9])
	check(row[10] in ("√", "×", None) and row[11] in ("1-农业户口", "2-非农业户口", None), "allowed words, codes with labels", row[10:12])
	check(row[15] is None and row[16] is None, "open")
	check(row[18] is None or row[18] == p["admission_month"].replace("-", ""), "months", row[18])
	for column, code in ((12, "51"), (13, "52")):
		want = [p.get(f"member{i}_name") for i in (1, 2) if p.get(f"member{i}_relation") == code]
		check(row[column] == (want[0] if want else None), "father and mother by what they are, not by their places", (row[column], want))
check([r[0] for r in rows] == list(range(1, n + 1)), "numbers go on", [r[0] for r in rows])
check([r[19] for r in rows] == [f'=IF(B{k}="","",B{k}&"同学")' for k in range(5, 5 + n)], "formulas are copied down", rows[-1][19])
check(ws.cell(5 + n, 2).value == f"=COUNTA(B5:B{4 + n})" and ws.cell(5 + n, 1).value == "合计" and ws.cell(6 + n, 1).value.startswith("填表人"), "totals count all, and stand below")
check({str(r) for r in ws.merged_cells.ranges} == {"A1:T1", "A2:T2", f"A{6 + n}:T{6 + n}"}, "merged cells", ws.merged_cells.ranges)
check({(str(v.sqref), v.formula1) for v in ws.data_validations.dataValidation} >= {(f"C5:C{4 + n}", "=代码!$A$2:$A$3"), (f"K5:K{4 + n}", '"√,×"'), (f"Q5:Q{4 + n}", '"是,否"')}, "lists reach all rows, and a new one", [(str(v.sqref), v.formula1) for v in ws.data_validations.dataValidation])
check([str(k.sqref) for k in ws.conditional_formatting] == [f"B5:B{4 + n}"] and ws.auto_filter.ref == f"A3:T{4 + n}", "conditional formats, filter")
check(all(repr(ws.cell(r, 16).border) == repr(ws.cell(5, 2).border) and ws.cell(r, 16).fill.fgColor.rgb == "FFFFF2CC" for r in range(5, 5 + n)), "open cells keep their borders")
check("打印区域" in run("forms", DATA, "fill", rich, "--class", here, "--out", f"{WORK}/rich", "--set", "language=zh"), "the print area is told")

# a department's own protection, put over all cells: what is open can be written all the same, nothing else
book = openpyxl.load_workbook(rich)
book.worksheets[0].protection.sheet = True
book.save(f"{WORK}/forms/guarded.xlsx")
_, files = fill(f"{WORK}/forms/guarded.xlsx", f"{WORK}/guarded", "--class", here)
ws = openpyxl.load_workbook(files[0]).worksheets[0]
check(ws.protection.sheet and ws["B5"].protection.locked and not ws["P5"].protection.locked, "open under the form's own protection")

# locked: what is filled cannot be changed, what is open can
_, files = fill(rich, f"{WORK}/locked", "--class", here, "--lock")
ws = openpyxl.load_workbook(files[0]).worksheets[0]
check(ws.protection.sheet and ws["B5"].protection.locked and ws["A3"].protection.locked and not ws["P5"].protection.locked and not ws["H5"].protection.locked, "locked and open")
check(parts(files[0])["xl/workbook.xml"] == parts(rich)["xl/workbook.xml"], "and the workbook is what it was")

# ---- by XlsxWriter: date cells, numbers, an image, a chart, 1904; prefixes and other sheets ----
png = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000" + "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082")
open(f"{WORK}/seal.png", "wb").write(png)
other = f"{WORK}/forms/other.xlsx"
book = xlsxwriter.Workbook(other, {"date_1904": True})
sheet = book.add_worksheet("学生")
date, head = book.add_format({"num_format": "yyyy-mm-dd", "border": 1}), book.add_format({"bold": True, "border": 1})
columns = "学校名称 年级 班级 姓名 性别（1男2女） 出生日期 是否孤儿 家庭住址 身高".split()
sheet.write_row(0, 0, columns, head)
for r in range(1, 60):
	for c in range(len(columns)):
		sheet.write_blank(r, c, None, date if c == 5 else head)
sheet.insert_image("K2", f"{WORK}/seal.png")
chart = book.add_chart({"type": "column"})
chart.add_series({"values": "=学生!$I$2:$I$60"})
sheet.insert_chart("K10", chart)
sheet.write_comment("A1", "填全称")
book.close()
told, files = fill(other, f"{WORK}/other", "--class", here)
same_parts(other, files[0])
ws = openpyxl.load_workbook(files[0]).worksheets[0]
rows = [[c.value for c in ws[r]] for r in range(2, 2 + n)]
check(all(r[4] == by_name[r[3]]["sex"] for r in rows), "codes as the header says", [r[4] for r in rows])
check(all(str(r[5])[:10] == by_name[r[3]]["birth_date"] for r in rows), "dates are dates, also from 1904", [r[5] for r in rows])
check(all(r[6] is None and r[8] is None for r in rows), "orphans are sensitive, heights too")
check(all(r[7] == by_name[r[3]].get("home_address") for r in rows), "addresses")

# ---- a school, all of them; the same bytes whatever was asked ----
plain = f"{WORK}/forms/class_roster.xlsx"
_, one = fill(plain, f"{WORK}/one", "--class", here)
_, by_school = fill(plain, f"{WORK}/school", "--school", school)
told, every = fill(plain, f"{WORK}/every", "--all")
digest = lambda path: hashlib.sha256(open(path, "rb").read()).hexdigest()
check(len(by_school) == sum(k[0] == school for k in classes) and len(every) == len(classes) == told["classes"], "a workbook a class", (len(by_school), len(every), len(classes)))
check(told["students"] == sum(map(len, classes.values())), "everybody is in one", told)
check(digest(one[0]) == digest(f"{WORK}/school/{os.path.basename(one[0])}") == digest(f"{WORK}/every/{school}/{os.path.basename(one[0])}"), "the same bytes whatever was asked for")

# ---- other formats: made a workbook first; words stay, looks do not ----
TABLE = [["宠物登记表"], [], ["序号", "姓名", "性别", "出生日期", "家里有几只猫"], ["示例", "张三", "男性", "2014/9/1", "2"], [], ["填表人："]]
flat = f"{WORK}/forms/flat.csv"
open(flat, "w", encoding="gb18030").write("".join(",".join(r) + "\r\n" for r in TABLE))
xml = f"{WORK}/forms/old.xls"
open(xml, "w", encoding="utf-8").write('<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="宠物"><Table>'
	+ "".join("<Row>" + "".join(f'<Cell><Data ss:Type="String">{c}</Data></Cell>' for c in r) + "</Row>" for r in TABLE) + "</Table></Worksheet></Workbook>")
os.environ["TMPDIR"] = f"{WORK}/way"  # of its own: other tests are on their way, too
for form in (flat, xml):
	os.makedirs(os.environ["TMPDIR"], exist_ok=True)
	told, files = fill(form, f"{WORK}/flat", "--class", here)
	check(told["converted"] and len(files) == 1 and files[0].endswith(f"{school}-{label}-{room}.xlsx"), "delivered as .xlsx, and said so", told)
	sheet = openpyxl.load_workbook(files[0]).active
	wide = sheet.column_dimensions["A"].width
	check(all(sheet.cell(r, c).border.left.style == "thin" for r in (3, 5, 6) for c in range(1, 6)), "the table has lines")
	check(wide < 12 and sheet.column_dimensions["D"].width >= 12, "as wide as what stands in the table, not as its title", wide)
	check(os.listdir(os.environ["TMPDIR"]) == [], "nothing is left on the way", os.listdir(os.environ["TMPDIR"]))
	rows = [[c for c in r] for r in openpyxl.load_workbook(files[0]).worksheets[0].iter_rows(values_only=True)]
	check([c for c in rows[0] if c] == ["宠物登记表"] and rows[3][:5] == TABLE[3] and [c for c in rows[-1] if c] == ["填表人："] and len(rows) >= 5 + n, "what stood there", rows)
	check(sorted(r[1] for r in rows[4:4 + n]) == sorted(p["name"] for p in pupils) and all(r[2] in ("男性", "女性") and r[4] is None for r in rows[4:4 + n]), "and who was filled in", rows)

# ---- what is refused ----
run("forms", DATA, "fill", plain, "--class", here, "--out", f"{WORK}/x", "--grant", "G", status=77)  # there is no such grant
run("forms", DATA, "fill", plain, "--class", f"{school}/{label}", "--out", f"{WORK}/x", status=64)
run("forms", DATA, "fill", plain, "--class", f"{school}/{label}/99班", "--out", f"{WORK}/x", status=65)
run("forms", DATA, "fill", plain, "--out", f"{WORK}/x", status=64)
run("forms", DATA, "fill", plain, "--all", "--class", here, "--out", f"{WORK}/x", status=64)
check(not glob.glob(f"{WORK}/x/**/*.xlsx", recursive=True), "and nothing is written")
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
