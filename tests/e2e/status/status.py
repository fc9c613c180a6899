#!/usr/bin/env python3
"""status.py YICI WORK - what status says of a data folder without a broker, and the text file of figures."""
import json, os, re, shutil, subprocess, sys, time, unittest

YICI, WORK = map(os.path.abspath, sys.argv[1:3])
DATA = WORK + "/data"


def yici(*words, ok=0):
    done = subprocess.run([YICI, *words], capture_output=True, text=True, env=dict(os.environ, LC_ALL="en_US.UTF-8"))
    assert done.returncode == ok, (words, done.returncode, done.stderr)
    return done.stdout


def deliver(night):
    shutil.copytree("%s/sample/night-%02d/inbox" % (WORK, night), DATA + "/inbox", dirs_exist_ok=True)


def status():
    return json.loads(yici("status", DATA, "--json"))


def figures(path):
    """name{labels} and value of each sample."""
    with open(path, encoding="utf-8") as file:
        return dict(line.rsplit(" ", 1) for line in file.read().splitlines() if not line.startswith("#"))


class Status(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(WORK, ignore_errors=True)
        yici("make-sample", "--students", "500", "--seed", "11", "--nights", "2", "--out", WORK + "/sample")

    def setUp(self):
        shutil.rmtree(DATA, ignore_errors=True)
        yici("init", DATA)

    def test_before_the_first_run(self):
        told = status()
        self.assertEqual((told["run"], told["students"], told["inbox_files"], told["inbox_oldest_s"]), ("", 0, 0, -1))
        self.assertEqual((told["groups"], told["sources"], told["running"]), ([], [], False))
        self.assertIn("no run yet", yici("status", DATA))
        deliver(1)
        count = sum(len(files) for top, _, files in os.walk(DATA + "/inbox") if top != DATA + "/inbox")
        old = next(os.path.join(top, files[0]) for top, _, files in os.walk(DATA + "/inbox") if files)
        os.utime(old, (time.time() - 7200, time.time() - 7200))
        for stray in ("/inbox/stray.csv", "/inbox/registry/.hidden"):
            with open(DATA + stray, "w", encoding="utf-8") as file:
                file.write("x")
        told = status()
        self.assertEqual(told["inbox_files"], count)
        self.assertAlmostEqual(told["inbox_oldest_s"], time.time() - 7200, delta=60)
        self.assertIn("%d files waiting, longest for 2 hours" % count, yici("status", DATA))

    def test_after_two_nights_it_agrees_with_the_reports(self):
        deliver(1)
        yici("run", DATA, "--date", "2026-09-02", "--set", "metrics.textfile=" + WORK + "/yici.prom")
        deliver(2)
        yici("nightly", DATA, "--date", "2026-09-03", "--set", "metrics.textfile=" + WORK + "/yici.prom")
        told = status()
        totals, cases = [], 0
        for run in ("20260902-1", "20260903-1"):
            with open("%s/out/%s/report.json" % (DATA, run), encoding="utf-8") as file:
                totals.append(json.load(file)["totals"])
        self.assertEqual((told["run"], told["date"]), ("20260903-1", "2026-09-03"))
        self.assertEqual(told["students"], totals[1]["students"])
        self.assertEqual(told["records"], totals[1]["records"])
        self.assertEqual(told["rejected_rows"], totals[1]["rejected"])
        for here, there in (("accepted", "accepted"), ("rejected", "rejected"), ("set_aside", "set_aside"), ("complete", "complete"),
                            ("refused", "refused")):
            self.assertEqual(sum(s[here] for s in told["sources"]), sum(t[there] for t in totals), here)
        self.assertEqual(sum(told["review"].values()), totals[1]["cases"])
        self.assertEqual(told["inbox_files"], 0)
        self.assertAlmostEqual(told["finished_s"], time.time(), delta=120)
        self.assertNotIn("bus", told)
        # the text file says the same
        got = figures(WORK + "/yici.prom")
        self.assertEqual(float(got["yici_students"]), told["students"])
        self.assertEqual(float(got["yici_run_exit_status"]), 0)
        self.assertEqual(sum(float(v) for k, v in got.items() if k.startswith("yici_rows_total") and '"accepted"' in k),
                         sum(t["accepted"] for t in totals))
        self.assertIn('yici_stage_duration_seconds{stage="nightly"}', got)
        self.assertEqual(os.stat(WORK + "/yici.prom").st_mode & 0o777, 0o644)
        if shutil.which("promtool"):
            with open(WORK + "/yici.prom", "rb") as file:
                self.assertEqual(subprocess.run(["promtool", "check", "metrics"], stdin=file, capture_output=True).stderr, b"")

    def test_a_night_that_fails_says_so_and_keeps_what_was_known(self):
        path = WORK + "/failed.prom"
        deliver(1)
        yici("run", DATA, "--date", "2026-09-02", "--set", "metrics.textfile=" + path)
        deliver(2)
        os.chmod(DATA + "/state/current", 0o600)
        shutil.move(DATA + "/state/20260902-1/records.yc", DATA + "/gone")
        subprocess.run([YICI, "run", DATA, "--date", "2026-09-03", "--set", "metrics.textfile=" + path], capture_output=True)
        got = figures(path)
        self.assertNotEqual(float(got["yici_run_exit_status"]), 0)
        self.assertGreater(float(got["yici_students"]), 0)

    def test_no_person_and_no_file_is_in_it(self):
        deliver(1)
        yici("run", DATA, "--date", "2026-09-02", "--set", "metrics.textfile=" + WORK + "/yici.prom")
        with open(WORK + "/yici.prom", encoding="utf-8") as file:
            told = file.read() + yici("status", DATA) + yici("status", DATA, "--json")
        numbers = re.sub(r"_s\":-?\d+|seconds(?:{[^}]*})? \S+", "", told)  # times and durations
        self.assertIsNone(re.search(r"\d{11}", numbers))
        with open(DATA + "/out/latest/students.jsonl", encoding="utf-8") as file:
            names = {json.loads(line).get("name") for line in file} - {None}
        self.assertEqual([n for n in names if n in told], [])
        self.assertNotIn(".xls", told)

    def test_a_wrong_window_is_a_wrong_setting(self):
        for value in ("1:00", "25:00", "01:60", "night"):
            yici("status", DATA, "--set", "night.from=" + value, ok=78)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
