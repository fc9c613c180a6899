"""make_office.py: writes source.xlsx (openpyxl 3.1.5), from which other programs made

  soffice --convert-to "xls:MS Excel 97" source.xlsx           -> lo_biff8.xls       (LibreOffice 7.4)
  ssconvert -T Gnumeric_Excel:excel_biff8 lo_biff8.xls ...     -> gnumeric_biff8.xls (Gnumeric 1.12.55)
  ssconvert -T Gnumeric_Excel:excel_biff7 lo_biff8.xls ...     -> gnumeric_biff7.xls: text in UTF-16, to be refused
"""
import datetime, sys, openpyxl
from openpyxl.styles import Font
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
book = openpyxl.Workbook()
s = book.active; s.title = "学生名册"
s.append(["学校学生名册"]); s.merge_cells("A1:F1")
s.append(["姓名", "身份证号", "出生日期", "身高", "住校", "说明"])
s.append(["程涵子", "410302201001089198", datetime.date(2010, 1, 8), 1.52, True, "普通"])
s.append(["谢怡", 410325201804209186, datetime.datetime(2018, 4, 20, 13, 30), 100/3, False, "多行\n文字"])
s.append([None, None, datetime.time(8, 15), "=1/0", "=D3*2", '=CONCATENATE(A3,"同学")'])
s["C3"].number_format = "yyyy年m月d日"; s["C4"].number_format = "yyyy-mm-dd hh:mm"; s["C5"].number_format = "h:mm"
s["A8"] = CellRichText("半", TextBlock(InlineFont(b=True), "粗体"), "文字 end")
s["B8"] = "=A3=A4"; s["C8"] = "=NA()"; s["D8"] = '=REPT("长",600)'; s["E8"] = '=""'
s["B9"] = -12345.678; s["C9"] = 0.1; s["D9"] = 1e-5; s["E9"] = 99999999999
for i in range(12): s.cell(10, i + 1, i * 3)
for i in range(12): s.cell(11, i + 1, i * 3 + 0.01)
h = book.create_sheet("hidden"); h["A1"] = "x"; h.sheet_state = "hidden"
t = book.create_sheet("Plain"); 
for r in range(1, 80):
    t.cell(r, 1, f"row {r}"); t.cell(r, 3, r / 8)
c = book.create_chartsheet("图")
from openpyxl.chart import BarChart, Reference
ch = BarChart(); ch.add_data(Reference(t, min_col=3, min_row=1, max_row=5)); c.add_chart(ch)
t2 = book.create_sheet("WithChart"); t2["A1"]=1; t2["A2"]=2; ch2 = BarChart(); ch2.add_data(Reference(t2, min_col=1, min_row=1, max_row=2)); t2.add_chart(ch2, "C1"); t2["A30"]="after"
book.save("source.xlsx")
