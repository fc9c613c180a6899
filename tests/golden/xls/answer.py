"""answer.py FILE: a workbook as xlrd 2.0.2 reads it, one JSON line a row; numbers as the shortest plain decimal."""
import json
import sys
from decimal import Decimal

import xlrd
def num(v):
    if v == 0: return "0"
    r = repr(v)
    if abs(v) < 1e21 and abs(v) >= 1e-7:
        t = format(Decimal(r), 'f')
        if '.' in t: t = t.rstrip('0').rstrip('.')
        return t
    m, e = format(Decimal(r), 'e').split('e') if 'e' not in r else r.split('e')
    if '.' in m: m = m.rstrip('0').rstrip('.')
    return m + 'e' + ('-' if int(e) < 0 else '+') + str(abs(int(e)))
def cell(c):
    if c.ctype == 1: return c.value
    if c.ctype in (2, 3): return num(c.value)
    if c.ctype == 4: return "TRUE" if c.value else "FALSE"
    if c.ctype == 5: return {0:"#NULL!",7:"#DIV/0!",15:"#VALUE!",23:"#REF!",29:"#NAME?",36:"#NUM!",42:"#N/A"}.get(c.value,"#UNKNOWN!")
    return ""
def esc(s): return json.dumps(s, ensure_ascii=False)
def rows(path):
    book = xlrd.open_workbook(path)
    for sh in book.sheets():
        for r in range(sh.nrows):
            cells = [cell(c) for c in sh.row(r)]
            while cells and cells[-1] == "": cells.pop()
            if cells:
                yield {"sheet": sh.name, "row": r + 1, "cells": cells}
if __name__ == '__main__':
    for row in rows(sys.argv[1]):
        print(json.dumps(row, ensure_ascii=False, separators=(',', ':')))
