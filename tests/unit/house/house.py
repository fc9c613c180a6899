#!/usr/bin/env python3
"""house.py ROOT - rules of the house that a script can see: who may include whom, and what no file may hold.

Rooms stand on floors. A file includes what lies in its own room or on a floor below; rooms of one floor do not know
one another. What is outside comes in by one door: the headers of a library are named in one room.
"""
import os
import re
import subprocess
import sys
import unittest

ROOT = sys.argv[1]
FLOORS = [
    ["core/base"],
    ["core/xml", "core/pack"],
    ["core/record"],
    ["core/store", "core/bus", "core/program", "producers/readers"],
    ["consumers/consolidate/likeness"],
    ["producers/collect", "consumers/normalize", "consumers/consolidate", "consumers/publish",
     "consumers/follow", "consumers/forms", "consumers/registers"],
    ["ops/sample", "ops/bench.d", "ops/tables", "ops/serve"],
    ["ops/yici"],
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
LIBRARIES = {  # ops/sample and ops/bench.d play other people's programs, so they may write workbooks and archives
    r"libxml/": ["core/xml"], r"zlib\.h": ["core/pack", "ops/sample"], r"lz4": ["core/store"],
    r"xxhash\.h": ["core/base"], r"openssl/": ["core/base"],
    r"microhttpd\.h": ["ops/serve"],
    r"xlsxwriter\.h": ["consumers/publish", "ops/sample", "ops/bench.d"], r"iconv\.h": ["ops/sample"],
    r"librdkafka/": ["core/bus", "ops/bench.d"],
}
INSIDE = {"core/bus/admin_ask.h", "core/bus/kafka.h"} | {"consumers/consolidate/likeness/%s.h" % name for name in (
    "born_table", "characters", "kind", "shape_table", "sound_table")} | {"consumers/forms/%s.h" % name for name in (
    "fill_inside", "sheet", "shift", "tags")}  # headers that only their own room includes
SYSTEM = re.compile(r"(sys|linux|arpa|netinet)/|[a-z0-9]+\.h$")
# Names in URLs that stand in formats and licences; nothing is fetched from them.
URL_HOSTS = {"www.w3.org", "schemas.openxmlformats.org", "purl.oclc.org", "relaxng.org", "www.apache.org",
             "schemas.microsoft.com", "127.0.0.1", "json-schema.org", "keepachangelog.com", "semver.org",
             "www.unicode.org"}


def files():
    done = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True)
    if done.returncode == 0 and done.stdout:
        names = [n.decode() for n in done.stdout.split(b"\0") if n]
    else:
        names = [os.path.relpath(os.path.join(top, n), ROOT) for top, _, inside in os.walk(ROOT) for n in inside]
        names = [n for n in names if not n.startswith((".git/", "build", "trial/"))]
    return [n for n in names if os.path.isfile(os.path.join(ROOT, n))]


def text(name):
    with open(os.path.join(ROOT, name), "rb") as file:
        content = file.read()
    return None if b"\0" in content else content.decode("utf-8", errors="replace")


FILES = files()
CODE = [n for n in FILES if n.endswith((".c", ".h")) and not n.startswith("tests/")]


class House(unittest.TestCase):
    def test_there_is_something_to_look_at(self):
        self.assertGreater(len(CODE), 50)

    def test_every_room_has_its_floor(self):
        self.assertEqual({os.path.dirname(n) for n in CODE if os.path.dirname(n) not in FLOOR
                          and not n.startswith("ops/tables/")}, set())

    def test_includes_point_down(self):
        wrong = []
        for name in CODE:
            room = os.path.dirname(name)
            for included in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text(name), re.M):
                other = os.path.dirname(included)
                if other and other != room and FLOOR.get(other, 99) >= FLOOR.get(room, 99) and room in FLOOR:
                    wrong.append("%s includes %s" % (name, included))
        self.assertEqual(wrong, [])

    def test_each_library_has_one_door(self):
        wrong = []
        for name in CODE:
            room = os.path.dirname(name)
            for included in re.findall(r"^\s*#\s*include\s+<([^>]+)>", text(name), re.M):
                for library, rooms in LIBRARIES.items():
                    if re.match(library, included) and room not in rooms:
                        wrong.append("%s includes <%s>" % (name, included))
                if not SYSTEM.match(included) and not any(re.match(l, included) for l in LIBRARIES):
                    wrong.append("%s includes <%s>, which has no door" % (name, included))
        self.assertEqual(wrong, [])

    def test_nothing_of_a_library_is_in_a_header(self):
        wrong = [n for n in CODE if n.endswith(".h") and not n.startswith("ops/") and n not in INSIDE
                 and re.search(r"#\s*include\s+<(libxml/|zlib|lz4|openssl/|xlsxwriter|librdkafka/)", text(n))]
        self.assertEqual(wrong, [])

    def test_a_header_of_the_inside_stays_there(self):
        wrong = [(n, i) for n in CODE for i in INSIDE
                 if os.path.dirname(n) != os.path.dirname(i) and '"%s"' % i in text(n)]
        self.assertEqual(wrong, [])

    def test_every_source_says_what_it_is_for(self):
        self.assertEqual([n for n in CODE if not text(n).startswith("/*")], [])

    def test_no_machine_and_no_host(self):
        wrong = []
        for name in FILES:
            content = text(name) if not name.startswith("tests/fuzz/") and name != "LICENSE" else None
            if content is None:
                continue
            for match in re.finditer(r"(?<![\w./}>)-])/(?:home|root|Users|work)/\w+", content):
                wrong.append("%s: %s" % (name, match.group()))
            for match in re.finditer(r"\b(?:https?|ftp)://([\w.-]+)", content):
                if match.group(1) not in URL_HOSTS and not match.group(1).endswith((".example", ".invalid")):
                    wrong.append("%s: %s" % (name, match.group()))
        self.assertEqual(wrong, [])

    def test_nothing_is_unfinished(self):
        mark = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "HA" + "CK")) + r")\b")
        self.assertEqual([n for n in FILES if n.endswith((".c", ".h", ".py", ".cmake", ".txt", ".md", ".xml"))
                          and mark.search(text(n) or "")], [])

    def test_no_large_files(self):
        self.assertEqual([n for n in FILES if os.path.getsize(os.path.join(ROOT, n)) > 400_000], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
