"""archive_check.py BLANK FILLED PERSON.json - a page as it was but for the cells beside its labels, which say what is known of the person."""
import json, sys, zipfile
from openpyxl import load_workbook

blank, filled, person = sys.argv[1], sys.argv[2], json.load(open(sys.argv[3], encoding="utf-8"))
with zipfile.ZipFile(blank) as a, zipfile.ZipFile(filled) as b:
    assert set(b.namelist()) - set(a.namelist()) <= {"docProps/custom.xml"} and set(a.namelist()) <= set(b.namelist())
    other = [n for n in a.namelist() if a.read(n) != b.read(n)]
    assert set(other) <= {"xl/worksheets/sheet1.xml", "xl/styles.xml", "[Content_Types].xml", "_rels/.rels"}, other
was, now = load_workbook(blank).active, load_workbook(filled).active
assert was.merged_cells.ranges == now.merged_cells.ranges
assert [(v.type, v.formula1) for v in was.data_validations.dataValidation] == [(v.type, v.formula1) for v in now.data_validations.dataValidation][:1]
labels = {}
for row in was.iter_rows():
    for cell in row:
        if cell.value is not None:
            assert now[cell.coordinate].value == cell.value, cell.coordinate
            labels[cell.value] = now.cell(cell.row, cell.column + 1)
        assert now[cell.coordinate].font.name == cell.font.name and now[cell.coordinate].border.left.style == cell.border.left.style, cell.coordinate
says = {label: cell.value for label, cell in labels.items()}
expect = {"姓名": "name", "工作单位": "school_name", "教职工号": "teacher_no", "手机号码": "phone", "任教学科": "subject", "任教班级": "classes_taught",
          "职称": "title", "最高学历": "education", "周课时数": "lessons", "担任班主任班级": "head_class"}
wrong = {label: (says[label], person[field]) for label, field in expect.items() if str(says[label] if says[label] is not None else "") != person[field]}
assert not wrong, wrong
assert says["出生年月"].startswith(person["birth_date"][:4]) and says["是否在编"] == person["established"], says
assert all(says[label] is None for label in ("身份证号", "政治面貌", "教师资格证号码", "本人签字", "年度考核结果", "是否骨干教师", "毕业院校")), says
yellow = {label for label, cell in labels.items() if cell.fill.fgColor.rgb not in ("00000000", None) and cell.fill.fill_type == "solid" and cell.value is None}
assert {"年度考核结果", "是否骨干教师", "毕业院校"} <= yellow and not yellow & {"身份证号", "本人签字", "姓名"}, yellow
