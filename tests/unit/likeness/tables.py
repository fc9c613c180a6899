#!/usr/bin/env python3
"""tables.py ROOT - the generated tables of consumers/consolidate/likeness are what ops/tables makes of its sources.

Exits 77 (skipped) after the table of months, which needs no source, where Debian's package unicode-data of the version
that the tables name is not installed.
"""
import bz2
import os
import re
import subprocess
import sys

ROOT = sys.argv[1]
ROOM = os.path.join(ROOT, "consumers/consolidate/likeness")
UNIHAN = "/usr/share/unicode/Unihan_Readings.txt.bz2"


def check(table, *command):
    made = subprocess.run([sys.executable, os.path.join(ROOT, "ops/tables", command[0]), *command[1:]],
                          capture_output=True, check=True).stdout
    with open(os.path.join(ROOM, table), "rb") as file:
        if file.read() != made:
            sys.exit("%s is not what ops/tables/%s makes" % (table, " ".join(command)))


check("born_table.c", "lunar")
if not os.path.exists(UNIHAN):
    print("skipped: unicode-data is not installed")
    sys.exit(77)
with bz2.open(UNIHAN, "rt", encoding="utf-8") as file:
    installed = re.search(r"# Unicode version: (\S+)", file.read(4000)).group(1)
with open(os.path.join(ROOM, "sound_table.c"), encoding="utf-8") as file:
    used = re.search(r"Source: Unicode (\S+),", file.read(4000)).group(1)
if installed != used:
    print("skipped: unicode-data is %s, the tables are made of %s" % (installed, used))
    sys.exit(77)
check("sound_table.c", "unihan", "sound")
check("shape_table.c", "unihan", "shape")
