#!/usr/bin/env python3
"""spine.py YICI FOLDER STUDENTS - what the program promises to those who only see its outside.

An invented city of STUDENTS is made, three nights of it are taken in under FOLDER, and what people and other programs
rely on is looked at: names, headers, exit statuses; every row accounted for; nothing invented; the same bytes whatever
the order of files, the processes, the memory or how often a run was killed; ids that stay; files that are refused
without harm to others; nobody's number or name in what the program says. FOLDER is removed when all is well.
"""
import csv
import functools
import gzip
import hashlib
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
import unittest
from collections import Counter
from pathlib import Path

YICI, ROOT, STUDENTS = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
NIGHTS = {1: "2026-09-02", 2: "2026-09-03", 3: "2026-09-04"}
SPOKEN = dict(os.environ, LC_ALL="en_US.UTF-8")


def yici(*words, status=0, **more):
    """Run the program; its exit status must be the given one, or one of those given."""
    done = subprocess.run([YICI, *map(str, words)], capture_output=True, env=SPOKEN, **more)
    wanted = status if isinstance(status, tuple) else (status,)
    if done.returncode not in wanted:
        raise AssertionError("yici %s: status %d, not %s\n%s" % (
            " ".join(map(str, words)), done.returncode, wanted, done.stderr[-2000:].decode(errors="replace")))
    return done


def table(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def header(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file))


def digest(folder):
    """One digest over the names and bytes of all files below a folder."""
    folder, whole = Path(os.path.realpath(folder)), hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        whole.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def differing(one, other):
    """The names of the files that two folders do not share byte by byte, for a message."""
    one, other = Path(os.path.realpath(one)), Path(os.path.realpath(other))
    names = {str(p.relative_to(f)) for f in (one, other) for p in f.rglob("*") if p.is_file()}
    return sorted(n for n in names if not (one / n).is_file() or not (other / n).is_file()
                  or (one / n).read_bytes() != (other / n).read_bytes())


def sample(night):
    inbox = ROOT / "sample" / ("night-%02d" % night) / "inbox"
    return inbox, sorted(p for p in inbox.rglob("*") if p.is_file())


def place(row):
    return row["source"], row["file"], row["sheet"], row["row"]


class Data:
    """A data folder of its own."""

    def __init__(self, name):
        self.path = ROOT / name
        shutil.rmtree(self.path, ignore_errors=True)
        yici("init", self.path)
        self.out = self.path / "out" / "latest"

    def deliver(self, night, shuffle=None):
        inbox, files = sample(night)
        for path in shuffle.sample(files, len(files)) if shuffle else files:
            to = self.path / "inbox" / path.relative_to(inbox)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
        return self

    def drop(self, source, name, content):
        path = self.path / "inbox" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def run(self, night=1, *options, **more):
        return yici("run", self.path, "--date", NIGHTS[night], *options, **more)

    def table(self, name):
        return table(self.out / (name + ".csv"))

    def report(self):
        return json.loads((self.out / "report.json").read_text(encoding="utf-8"))

    def states(self):
        return {(f["source"], f["file"]): f["state"] for f in self.report()["files"]}


class Night:
    """The first night, taken in once and looked at by many tests; nobody runs anything in it."""

    def __init__(self):
        self.data = Data("first").deliver(1)
        since = time.monotonic()
        self.said = self.data.run(1)
        self.seconds = time.monotonic() - since
        self.out = self.data.out
        self.lineage, self.rejected, self.aside, self.students = (
            self.data.table(n) for n in ("lineage", "rejected", "set_aside", "students"))
        self.report = self.data.report()
        self.files = self.report["files"]
        self.digest = digest(self.out)


@functools.lru_cache(maxsize=None)
def first():
    return Night()


def setUpModule():
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir(parents=True)
    yici("make-sample", "--students", STUDENTS, "--seed", 7, "--nights", 3, "--out", ROOT / "sample")


# What the size of the city changes nothing about is looked at in a small one.
in_a_small_city = unittest.skipIf(STUDENTS > 10_000, "the size makes no difference")


@in_a_small_city
class FrontDoor(unittest.TestCase):
    def test_help_and_version_are_data(self):
        for word in ("--help", "--version"):
            done = yici(word)
            self.assertTrue(done.stdout)
            self.assertEqual(done.stderr, b"")

    def test_wrong_calls_are_usage_errors(self):
        for words in (["nonsense"], ["run"], ["run", ROOT, "--no-such"], ["inspect"], ["explain", ROOT],
                      ["run", ROOT, "--set", "no.such=1"], ["run", ROOT, "--jobs", "many"]):
            done = yici(*words, status=64)
            self.assertTrue(done.stderr, words)
            self.assertEqual(done.stdout, b"", words)

    def test_a_wrong_date_or_folder_is_refused(self):
        data = Data("door")
        self.assertIn(yici("run", data.path, "--date", "2026-02-30", status=(64, 65, 78)).returncode, (64, 65, 78))
        self.assertFalse(data.out.exists())
        yici("run", ROOT / "nowhere", "--date", NIGHTS[1], status=(64, 65, 66, 78))
        self.assertFalse((ROOT / "nowhere").exists())

    def test_what_ships_passes_lint(self):
        yici("lint")
        yici("lint", Data("linted").path)

    def test_an_empty_inbox_is_a_quiet_night(self):
        data = Data("empty")
        self.assertTrue(data.run().stdout)
        self.assertFalse(data.out.exists())


class Sample(unittest.TestCase):
    def test_it_is_a_city_as_a_bureau_sees_it(self):
        inbox, files = sample(1)
        self.assertLessEqual({".csv", ".xlsx", ".xls", ".zip"}, {p.suffix.lower() for p in files})
        self.assertGreaterEqual(len(list(inbox.iterdir())), 8)
        self.assertTrue((inbox / "registry").is_dir())

    def test_the_same_seed_makes_the_same_files(self):
        yici("make-sample", "--students", 200, "--seed", 3, "--nights", 2, "--out", ROOT / "s1")
        yici("make-sample", "--students", 200, "--seed", 3, "--nights", 2, "--out", ROOT / "s2")
        yici("make-sample", "--students", 200, "--seed", 4, "--nights", 2, "--out", ROOT / "s3")
        self.assertEqual(digest(ROOT / "s1"), digest(ROOT / "s2"))
        self.assertNotEqual(digest(ROOT / "s1"), digest(ROOT / "s3"))


class FirstNight(unittest.TestCase):
    """What lies in out/latest after one run."""

    def test_files_and_headers(self):
        for name in ("students.csv", "students.jsonl", "changes.csv", "lineage.csv", "rejected.csv", "set_aside.csv",
                     "review.csv", "report.json", "report.html"):
            self.assertTrue((first().out / name).is_file(), name)
        self.assertEqual(header(first().out / "lineage.csv"),
                         ["source", "file", "sheet", "row", "record_id", "student_id"])
        self.assertEqual(header(first().out / "rejected.csv")[:8],
                         ["source", "file", "sheet", "row", "field", "rule", "severity", "message"])
        self.assertEqual(os.path.basename(os.path.realpath(first().out)), "20260902-1")

    def test_csv_is_what_spreadsheets_expect(self):
        text = (first().out / "students.csv").read_bytes()
        self.assertTrue(text.startswith(b"\xef\xbb\xbf"))
        self.assertTrue(text.endswith(b"\r\n"))
        for name in ("students", "lineage", "rejected", "set_aside", "changes", "review"):
            with open(first().out / (name + ".csv"), encoding="utf-8-sig", newline="") as file:
                widths = {len(row) for row in csv.reader(file)}
            self.assertEqual(len(widths), 1, name)

    def test_no_cell_begins_a_formula(self):
        for name in ("students", "lineage", "rejected", "set_aside", "changes", "review"):
            for row in table(first().out / (name + ".csv")):
                for field, value in row.items():
                    self.assertFalse(value[:1] in ("=", "@", "+", "\t", "\r") and len(value) > 1,
                                     "%s.csv, %s" % (name, field))

    def test_every_row_is_accounted_for_once(self):
        accepted = Counter(map(place, first().lineage))
        refused = {place(r) for r in first().rejected if r["severity"] == "reject" and r["row"]}
        aside = Counter(map(place, first().aside))
        self.assertEqual(max(accepted.values()), 1)
        self.assertEqual(max(aside.values()), 1)
        self.assertFalse(refused & set(accepted))
        self.assertFalse(set(aside) & (set(accepted) | refused))
        self.assertLessEqual({r["severity"] for r in first().rejected}, {"reject", "error", "query"})
        for file in first().files:
            if file["state"] != "complete":
                continue
            self.assertEqual(file["rows"], file["accepted"] + file["rejected"] + file["set_aside"], file["file"])
        for name, places in (("accepted", accepted), ("rejected", refused), ("set_aside", aside)):
            told = {(f["source"], f["file"]): f[name] for f in first().files if f["state"] == "complete" and f[name]}
            self.assertEqual(Counter(p[:2] for p in places), told, name)

    def test_the_report_names_every_file_that_came(self):
        inbox, files = sample(1)
        told = {(f["source"], f["file"].split("!")[0]) for f in first().files}
        came = {(p.relative_to(inbox).parts[0], str(Path(*p.relative_to(inbox).parts[1:]))) for p in files}
        self.assertEqual(told, came)
        for file in first().files:
            self.assertRegex(file["sha256"], "^[0-9a-f]{64}$")
            self.assertIn(file["state"], ("complete", "refused", "already taken"))
            if file["state"] == "refused":
                self.assertTrue(file["reason"], file["file"])

    def test_rows_are_those_that_another_program_counts(self):
        """Text files of the sample, read by Python: as many rows as the report says, blank ones left out."""
        inbox, files = sample(1)
        told = {(f["source"], f["file"]): f for f in first().files}
        looked_at = 0
        for path in files:
            parts = path.relative_to(inbox).parts
            account = told.get((parts[0], str(Path(*parts[1:]))))
            if path.suffix.lower() != ".csv" or account is None or account["state"] != "complete":
                continue
            content = path.read_bytes()
            for encoding in ("utf-8-sig", "gb18030"):
                try:
                    text = content.decode(encoding)
                    break
                except UnicodeDecodeError:
                    continue
            if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\t" in content[:4096]:
                continue
            rows = sum(any(cell.strip() for cell in row) for row in csv.reader(text.splitlines(True)))
            self.assertEqual(account["rows"], rows, account["file"])
            looked_at += 1
        self.assertGreater(looked_at, 0)

    def test_students_and_lineage_speak_of_the_same_people(self):
        ids = [s["student_id"] for s in first().students]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual({r["student_id"] for r in first().lineage}, set(ids))
        with open(first().out / "students.jsonl", encoding="utf-8") as file:
            self.assertEqual([json.loads(line)["student_id"] for line in file], ids)

    def test_nobody_is_invented_and_few_are_lost(self):
        self.assertLess(abs(len(first().students) - STUDENTS), STUDENTS * 0.15)

    def test_what_is_wrong_goes_back(self):
        books = list((first().out / "returned").glob("*/*.xlsx"))
        self.assertTrue(books)
        self.assertTrue(all(b.read_bytes()[:2] == b"PK" for b in books))

    def test_all_is_the_owners_alone(self):
        inbox = first().data.path / "inbox"
        for path in [first().data.path, *first().data.path.rglob("*")]:
            if inbox in path.parents or path.is_symlink():
                continue
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)

    def test_the_run_says_neither_time_nor_host_in_its_outputs(self):
        host = os.uname().nodename.encode()
        for path in Path(os.path.realpath(first().out)).glob("*.*"):
            if len(host) > 3:
                self.assertNotIn(host, path.read_bytes(), path.name)

    def test_nothing_is_fetched_from_elsewhere_by_the_report(self):
        text = (first().out / "report.html").read_text(encoding="utf-8")
        for word in ("src=\"http", "href=\"http", "@import", "<script src", "<link"):
            self.assertNotIn(word, text)


class SameBytes(unittest.TestCase):
    def same(self, data):
        self.assertEqual(differing(data.out, first().out), [])
        self.assertEqual(digest(data.out), first().digest)

    def test_another_order_of_files_one_process_little_memory(self):
        data = Data("b").deliver(1, random.Random(1))
        data.run(1, "--jobs", 1, "--memory", "8M")
        self.same(data)

    @in_a_small_city
    def test_three_processes(self):
        data = Data("c").deliver(1, random.Random(2))
        data.run(1, "--jobs", 3)
        self.same(data)

    @in_a_small_city
    def test_settings_from_a_file_and_the_environment(self):
        data = Data("s").deliver(1)
        settings = ROOT / "settings.xml"
        settings.write_text('<settings><set key="jobs">7</set></settings>\n')
        data.run(1, "-c", settings, "--set", "memory=16M")
        self.same(data)

    def test_killed_twelve_times(self):
        data, chance = Data("killed").deliver(1, random.Random(3)), random.Random(4)
        for _ in range(12):
            run = subprocess.Popen([YICI, "run", data.path, "--date", NIGHTS[1]], env=SPOKEN,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.02, max(0.1, first().seconds)))
            run.send_signal(signal.SIGKILL)
            run.wait()
        data.run(1)
        self.same(data)

    @in_a_small_city
    def test_a_second_run_beside_the_first_leaves(self):
        data = Data("two").deliver(1)
        runs = [subprocess.Popen([YICI, "run", data.path, "--date", NIGHTS[1]], env=SPOKEN, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE) for _ in range(2)]
        said = [r.communicate() for r in runs]
        statuses = sorted(r.returncode for r in runs)
        if statuses == [0, 0]:  # the second came when the first had ended
            self.assertEqual(len([p for p in (data.path / "out").iterdir() if not p.is_symlink()]), 2)
        else:
            self.assertEqual(statuses, [0, 75], said)
            self.same(data)


class LaterNights(unittest.TestCase):
    def test_three_nights(self):
        data = Data("nights").deliver(1)
        data.run(1)
        before = {(r["source"], r["record_id"]): r["student_id"] for r in data.table("lineage")}
        for night in (2, 3):
            data.deliver(night).run(night, status=(0, 3))
        after = {(r["source"], r["record_id"]): r["student_id"] for r in data.table("lineage")}
        stayed = [k for k in before if k in after]
        self.assertGreater(len(stayed), len(before) * 0.5)
        moved = [k for k in stayed if after[k] != before[k]]
        self.assertLessEqual(len(moved), len(before) * 0.002)
        # lineage.csv is of the night's rows, students.csv of everybody who was ever delivered
        students = data.table("students")
        self.assertLessEqual({r["student_id"] for r in data.table("lineage")}, {s["student_id"] for s in students})
        self.assertEqual(len({s["student_id"] for s in students}), len(students))
        self.assertTrue({"present", "absent", "left"} <= {s["presence"] for s in students} <= {"present", "absent", "stale", "left", "back"})
        self.assertTrue(all(s["since"] and s["reason"] for s in students))

        def lines():
            return sorted((data.out / "students.csv").read_bytes().splitlines())

        students = lines()
        data.deliver(3).run(3, status=(0, 3))
        self.assertLessEqual(set(data.states().values()), {"already taken", "refused"})
        self.assertEqual(lines(), students)
        self.assertEqual(data.table("changes"), [])

    def test_the_nights_give_the_same_bytes_again(self):
        ends = []
        for name, options in (("n1", ()), ("n2", ("--jobs", 1, "--memory", "8M"))):
            data = Data(name)
            for night in NIGHTS:
                data.deliver(night, random.Random(name)).run(night, *options, status=(0, 3))
            ends.append(data)
        self.assertEqual(differing(ends[0].out, ends[1].out), [])

    @in_a_small_city
    def test_a_file_is_known_by_its_content(self):
        inbox, files = sample(1)
        path = next(p for p in files if p.suffix.lower() == ".csv" and p.parts[len(inbox.parts)] == "registry"
                    or p.suffix.lower() == ".xlsx")
        source = path.relative_to(inbox).parts[0]
        data = Data("known")
        data.drop(source, "one" + path.suffix, path.read_bytes())
        data.run(1)
        data.drop(source, "renamed" + path.suffix, path.read_bytes())
        data.run(2, status=(0, 3))
        self.assertEqual(list(data.states().values()), ["already taken"])


class OddFiles(unittest.TestCase):
    def test_they_cost_the_good_ones_nothing(self):
        data = Data("odd").deliver(1)
        book = next(p for p in sample(1)[1] if p.suffix == ".xlsx").read_bytes()
        refused = {
            "noise.xlsx": random.Random(5).randbytes(5000),
            "cut.xlsx": book[:len(book) * 2 // 3],
            "nul.csv": bytes(4096),
            "doctype.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>',
            "cut.csv.gz": gzip.compress(b"\xe5\xa7\x93\xe5\x90\x8d,a\r\n" * 5000, mtime=0)[:60],
        }
        for name, content in {**refused, "empty.csv": b"", "half.csv.part": b"a,b\r\n", "~$open.xlsx": b"lock"}.items():
            data.drop("odd", name, content)
        data.run(1, status=(0, 3))
        states = {file: state for (source, file), state in data.states().items() if source == "odd"}
        for name in refused:
            self.assertEqual(states.get(name), "refused", name)
        self.assertNotIn("half.csv.part", states)
        self.assertNotIn("~$open.xlsx", states)
        self.assertTrue((data.path / "inbox" / "odd" / "half.csv.part").exists())
        mine = [r for r in data.table("lineage") if r["source"] != "odd"]
        self.assertEqual(mine, first().lineage)


class Looking(unittest.TestCase):
    def test_inspect_cells(self):
        for suffix in (".xlsx", ".xls", ".csv"):
            path = next(p for p in sample(1)[1] if p.suffix.lower() == suffix)
            lines = [json.loads(line) for line in yici("inspect", "--cells", path).stdout.splitlines()]
            self.assertTrue(lines, suffix)
            self.assertLessEqual({"sheet", "row", "cells"}, set(lines[0]))
            numbers = [line["row"] for line in lines if line["sheet"] == lines[0]["sheet"]]
            self.assertEqual(numbers, sorted(set(numbers)))

    def test_inspect_for_people_and_programs(self):
        path = next(p for p in sample(1)[1] if p.suffix.lower() == ".xlsx")
        self.assertTrue(yici("inspect", path).stdout)
        json.loads(yici("inspect", "--json", path).stdout)

    def test_explain_names_the_row(self):
        student = first().students[0]["student_id"]
        row = next(r for r in first().lineage if r["student_id"] == student)
        told = yici("explain", first().data.path, student).stdout.decode()
        self.assertIn(row["file"], told)
        self.assertIn(row["row"], told)
        self.assertTrue(yici("explain", first().data.path, student, "name").stdout)
        by_row = yici("explain", first().data.path, "%s:%s:%s" % (row["source"], row["file"], row["row"]))
        self.assertIn(student, by_row.stdout.decode())

    def test_explaining_nobody_is_an_error(self):
        done = yici("explain", first().data.path, "0" * 32, status=(64, 65, 66))
        self.assertTrue(done.stderr)

    def test_looking_changes_nothing(self):
        before = digest(first().data.path / "state")
        yici("explain", first().data.path, first().students[-1]["student_id"])
        self.assertEqual(digest(first().data.path / "state"), before)


class Privacy(unittest.TestCase):
    def test_the_program_says_nothing_of_anybody(self):
        data = Data("quiet").deliver(1)
        done = data.run(1)
        data.deliver(2)
        later = data.run(2, status=(0, 3))
        said = (done.stdout + done.stderr + later.stdout + later.stderr).decode(errors="replace")
        students = first().students
        numbers = {s[f] for s in students for f in ("id_no", "student_no") if len(s.get(f, "")) > 8}
        self.assertTrue(numbers)
        self.assertFalse([n for n in numbers if n in said])
        names = {s["name"] for s in students if len(s.get("name", "")) >= 3}
        self.assertFalse([n for n in list(names)[:2000] if n in said])

    def test_the_report_counts_and_names_nobody(self):
        text = "".join((first().out / name).read_text(encoding="utf-8") for name in ("report.json", "report.html"))
        numbers = {s["id_no"] for s in first().students if len(s.get("id_no", "")) > 8}
        self.assertFalse([n for n in numbers if n in text])


if __name__ == "__main__":
    done = unittest.main(argv=sys.argv[:1], exit=False, verbosity=2).result
    if done.wasSuccessful():
        shutil.rmtree(ROOT, ignore_errors=True)
    sys.exit(not done.wasSuccessful())
