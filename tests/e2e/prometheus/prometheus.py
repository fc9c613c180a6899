#!/usr/bin/env python3
"""prometheus.py ROOT WORK - the alert rules by promtool's own tests; rules and dashboard against the table of metrics."""
import json, os, re, shutil, subprocess, sys, unittest

ROOT, WORK = map(os.path.abspath, sys.argv[1:3])
RULES = ROOT + "/ops/prometheus/yici.rules.yml"
BOARD = ROOT + "/ops/grafana/yici.json"
HERE = os.path.dirname(os.path.abspath(__file__))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def table():
    """Names and labels, as core/program/metrics.c has them."""
    source = read(ROOT + "/core/program/metrics.c")
    rows = re.findall(r'\[METRIC_\w+\] = \{\s*"(\w+)",\s*"\w+",(?:\s*"[^"]*")+,\s*\{([^}]*)\}\s*\}', source)
    return {name: set(re.findall(r'"(\w+)"', labels)) for name, labels in rows}


def expressions():
    found = re.findall(r"(?m)^ +expr: (.*(?:\n {10}.*)*)", read(RULES))
    board = json.loads(read(BOARD))
    return found + [target["expr"] for panel in board["panels"] for target in panel["targets"]]


class Watching(unittest.TestCase):
    def test_the_table_is_read(self):
        count = len(re.findall(r"(?m)^\t\[METRIC_\w+\] = ", read(ROOT + "/core/program/metrics.c")))
        self.assertGreater(count, 10)
        self.assertEqual(len(table()), count)

    def test_rules_hold(self):
        done = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_alerts_fire_when_they_should(self):
        os.makedirs(WORK, exist_ok=True)
        with open(WORK + "/alerts.test.yml", "w", encoding="utf-8") as file:
            file.write(read(HERE + "/alerts.test.yml").replace("[RULES]", "[%s]" % RULES))
        done = subprocess.run(["promtool", "test", "rules", WORK + "/alerts.test.yml"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_alert_is_tested_and_in_the_runbook(self):
        alerts = re.findall(r"(?m)^ +- alert: (\w+)", read(RULES))
        self.assertGreater(len(alerts), 8)
        tested, book = read(HERE + "/alerts.test.yml"), read(ROOT + "/docs/operations.md")
        for alert in alerts:
            self.assertRegex(tested, r"alertname: %s\n +eval_time: \S+\n +exp_alerts:" % alert)
            self.assertIn("`%s`" % alert, book, "no advice about it in docs/operations.md")

    def test_only_metrics_that_exist_are_named(self):
        known = table()
        self.assertGreater(len(expressions()), 20)
        for expression in expressions():
            for name in re.findall(r"\byici_\w+", expression):
                self.assertIn(name, known, expression)
            allowed = set().union(*(known[n] for n in re.findall(r"\byici_\w+", expression)))
            for labels in re.findall(r"by \(([^)]*)\)", expression) + re.findall(r"\{([^}]*)\}", expression):
                for label in re.findall(r"(\w+)(?==|,|$| )", re.sub(r'"[^"]*"', "", labels)):
                    self.assertIn(label, allowed, expression)

    def test_the_dashboard_shows_every_metric(self):
        shown = set(re.findall(r"\byici_\w+", " ".join(t["expr"] for p in json.loads(read(BOARD))["panels"] for t in p["targets"])))
        hidden = {"yici_run_running", "yici_inbox_oldest_file_timestamp_seconds"}  # alerts only
        self.assertEqual(set(table()) - shown, hidden)

    def test_legends_name_labels_that_exist(self):
        for panel in json.loads(read(BOARD))["panels"]:
            for target in panel["targets"]:
                allowed = set().union(*(table()[n] for n in re.findall(r"\byici_\w+", target["expr"])))
                self.assertLessEqual(set(re.findall(r"{{(\w+)}}", target["legendFormat"])), allowed, panel["title"])

    def test_panels_do_not_overlap(self):
        taken = set()
        for panel in json.loads(read(BOARD))["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, panel["title"])
            self.assertLessEqual(at["x"] + at["w"], 24)
            taken |= cells


if __name__ == "__main__":
    if not shutil.which("promtool"):
        print("promtool is not here (ops/setup --test brings it)")
        sys.exit(1)
    unittest.main(argv=sys.argv[:1])
