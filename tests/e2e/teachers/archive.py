"""archive.py - a teacher's archive page (教师电子档案) as a clerk would draw it, one page of A4: labels with empty cells beside them, some merged."""
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties

GRID = [
    ["姓名", 1, "性别", 1, "出生年月", 1],
    ["民族", 1, "政治面貌", 1, "籍贯", 1],
    ["身份证号", 3, "手机号码", 1],
    ["工作单位", 3, "教职工号", 1],
    ["参加工作时间", 1, "来校时间", 1, "是否在编", 1],
    ["岗位类别", 1, "职称", 1, "校级职务", 1],
    ["最高学历", 1, "毕业院校", 1, "所学专业", 1],
    ["教师资格证种类", 1, "教师资格证号码", 3],
    ["任教学科", 1, "任教年级", 1, "周课时数", 1],
    ["任教班级", 5],
    ["是否班主任", 1, "担任班主任年级", 1, "担任班主任班级", 1],
    ["培训学时", 1, "培训考核", 1, "是否骨干教师", 1],
    ["年度考核结果", 5],
    ["本人签字", 1, "单位审核意见", 3],
]


def draw(path):
    book = Workbook()
    sheet = book.active
    sheet.title = "电子档案"
    thin = Side(style="thin")
    border = Border(left=thin, right=thin, top=thin, bottom=thin)
    sheet.merge_cells("A1:F1")
    sheet["A1"] = "教师电子档案"
    sheet["A1"].font = Font(name="SimHei", size=18, bold=True)
    sheet["A1"].alignment = Alignment(horizontal="center", vertical="center")
    sheet.row_dimensions[1].height = 36
    for row, line in enumerate(GRID, 2):
        column = 1
        for label, width in zip(line[::2], line[1::2]):
            cell = sheet.cell(row, column, label)
            cell.font = Font(name="SimSun", size=10.5, bold=True)
            cell.fill = PatternFill("solid", fgColor="EEF3F8")
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
            cell.border = border
            for k in range(width):
                value = sheet.cell(row, column + 1 + k)
                value.border = border
                value.font = Font(name="SimSun", size=10.5)
                value.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True, shrink_to_fit=False)
            if width > 1:
                sheet.merge_cells(start_row=row, start_column=column + 1, end_row=row, end_column=column + width)
            column += 1 + width
        sheet.row_dimensions[row].height = 30
    for letter, width in zip("ABCDEF", (15, 15, 13, 15, 13, 15)):
        sheet.column_dimensions[letter].width = width
    last = len(GRID) + 3
    sheet.merge_cells(start_row=last, start_column=1, end_row=last, end_column=6)
    sheet.cell(last, 1, "注：已有信息由系统填写，请核对；标黄的请本人填写。")
    allowed = DataValidation(type="list", formula1='"是,否"', allow_blank=True)
    allowed.add("F6")
    sheet.add_data_validation(allowed)
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 1
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_options.horizontalCentered = True
    book.save(path)


if __name__ == "__main__":
    import sys
    draw(sys.argv[1])
