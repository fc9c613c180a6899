"""Rows of a csv on standard input as a workbook of Excel 97 (BIFF8), written by xlwt: xls.py OUT.xls"""
import csv
import sys

import xlwt

NUMBERS = (26, 34)  # columns that a workbook holds as numbers

book = xlwt.Workbook(encoding='utf-8')
sheet = book.add_sheet('学生')
for index, row in enumerate(csv.reader(open(0, encoding='utf-8', newline=''))):
    for column, cell in enumerate(row):
        if cell:
            sheet.write(index, column, float(cell) if index and column in NUMBERS else cell)
    if index % 1000 == 999:
        sheet.flush_row_data()
book.save(sys.argv[1])
