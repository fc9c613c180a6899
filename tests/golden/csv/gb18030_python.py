#!/usr/bin/env python3
"""Compares what gb18030_dump prints with Python's own codec; the differences must be the documented ones and no more."""
import subprocess
import sys

# Two-byte positions that Python (GB 18030-2000) decodes to private use, and what the standard has for them.
MOVED = {0xA8BC: 0x1E3F, 0xA6D9: 0xFE10, 0xA6DA: 0xFE12, 0xA6DB: 0xFE11, 0xA6DC: 0xFE13, 0xA6DD: 0xFE14,
         0xA6DE: 0xFE15, 0xA6DF: 0xFE16, 0xA6EC: 0xFE17, 0xA6ED: 0xFE18, 0xA6F3: 0xFE19, 0xFE59: 0x9FB4,
         0xFE61: 0x9FB5, 0xFE66: 0x9FB6, 0xFE67: 0x9FB7, 0xFE6D: 0x9FB8, 0xFE7E: 0x9FB9, 0xFE90: 0x9FBA,
         0xFEA0: 0x9FBB, 0xFE51: 0x20087, 0xFE52: 0x20089, 0xFE53: 0x200CC, 0xFE6C: 0x215D7, 0xFE76: 0x2298F,
         0xFE91: 0x241FE}

lines = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout.splitlines()
wrong = moved = 0
for line in lines:
    words = line.split()
    if words[0] == "e":
        cp = int(words[1], 16)
        try:
            theirs = chr(cp).encode("gb18030").hex().upper()
        except UnicodeEncodeError:
            theirs = ""
        ours = words[2] if len(words) > 2 else ""
        if ours != theirs and not (cp == 0x1E3F and ours == "A8BC"):
            wrong += 1
            print("encode %X: %s, Python %s" % (cp, ours, theirs))
        continue
    seq = bytes.fromhex(words[0])
    try:
        text = seq.decode("gb18030")
        theirs = "%X" % ord(text) if len(text) == 1 else "-"
    except UnicodeDecodeError:
        theirs = "-"
    if words[1] == theirs:
        continue
    if len(seq) == 2 and MOVED.get(int(words[0], 16)) == int(words[1], 16):
        moved += 1
        continue
    wrong += 1
    print("decode %s: %s, Python %s" % (words[0], words[1], theirs))
if wrong or moved != len(MOVED) or len(lines) < 1600000:
    sys.exit("%d wrong, %d of %d moved, %d lines" % (wrong, moved, len(MOVED), len(lines)))
