#!/usr/bin/env python3
"""Random tables written by Python's csv module must come back as its own reader gives them, in every encoding, line end,
quoting, delimiter and block size. Arguments: csv_dump, scratch folder."""
import csv
import io
import os
import random
import subprocess
import sys

ALPHABET = ["", "a", "b", "7", " ", "张", "镕", "閨", "𠂇", "㛃", "·", '"', '""', ",", ";", "|", "\n", "\r\n", "\\",
            "苏日娜", "=\"01\"", "0123456789abcdefghijklmnopqrstuvwxyz", "洛阳市老城区西苑路258号院15号楼3单元1871室"]


def shown(cell):
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("\n", "\\n").replace("\r", "\\r")


def expected(text, delimiter, encoding):
    lines = []
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    count = 0
    for number, row in enumerate(rows, 1):
        while row and row[-1] == "":
            row.pop()
        if row:
            count += 1
            lines.append(str(number) + "".join("|" + shown(c) for c in row))
    head = ("tsv" if delimiter == "\t" else "csv") + " " + encoding
    return "\n".join([head] + lines + ["end %d" % count]) + "\n"


def main(program, folder):
    rng = random.Random(20260902)
    path = os.path.join(folder, "random.csv")
    codecs = {"utf8": ("utf-8", b""), "utf8-bom": ("utf-8", b"\xef\xbb\xbf"), "gb18030": ("gb18030", b""),
              "utf16le": ("utf-16-le", b"\xff\xfe"), "utf16be": ("utf-16-be", b"\xfe\xff")}
    for round_no in range(300):
        delimiter = rng.choice(",\t;|")
        encoding = rng.choice(list(codecs))
        width = rng.randint(4, 45)
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=delimiter, lineterminator=rng.choice(["\n", "\r\n"]),
                            quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
        writer.writerow(["列%d" % n for n in range(width)])
        for _ in range(rng.randint(3, 30)):
            # one cell a row stands alone, so that the delimiter is the one that is everywhere
            row = ["".join(rng.choice(ALPHABET) for _ in range(rng.choice([0, 1, 1, 2, 6]))) for _ in range(width)]
            writer.writerow([c.replace(";", "").replace("|", "") if delimiter in ",\t" else c for c in row])
        text = out.getvalue()
        codec, mark = codecs[encoding]
        with open(path, "wb") as file:
            file.write(mark + text.encode(codec))
        block = rng.choice([0, 0, 7, 64, 1000])
        got = subprocess.run([program, path, str(block)], check=True, capture_output=True).stdout.decode()
        want = expected(text, delimiter, encoding)
        if got != want:
            with open(path + ".want", "w", newline="") as file:
                file.write(want)
            with open(path + ".got", "w", newline="") as file:
                file.write(got)
            sys.exit("round %d (%s, %r, block %d) differs: see %s.want and .got" % (
                round_no, encoding, delimiter, block, path))


main(sys.argv[1], sys.argv[2])
