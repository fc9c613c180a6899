#!/usr/bin/env python3
"""systemd.py YICI UNITS WORK - the service units: well-formed, closed, and open enough for what the program does.

UNITS is the folder of the units as they are installed.
"""
import glob, os, re, shutil, subprocess, sys, unittest

YICI, UNITS, WORK = map(os.path.abspath, sys.argv[1:4])
EXPOSURE_MAX = 2.0  # of 10, as systemd-analyze reckons
EXPOSURE_OFFLINE_MAX = 1.0  # of what reads submitted files and needs no network
OFFLINE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../ops/systemd/offline.conf")


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def units(ending):
    return sorted(glob.glob(UNITS + "/*." + ending))


def groups():
    """System calls by their group, groups in groups resolved."""
    listed, name = {}, None
    for line in run("systemd-analyze", "syscall-filter").stdout.splitlines():
        if line.startswith("@"):
            name = line.strip()
            listed[name] = set()
        elif name and line.strip() and not line.strip().startswith("#"):
            listed[name].add(line.strip())

    def flat(group):
        return set().union(*(flat(x) if x.startswith("@") else {x} for x in listed.get(group, ())))
    return {g: flat(g) for g in listed}


class Units(unittest.TestCase):
    def setUp(self):
        shutil.rmtree(WORK, ignore_errors=True)
        os.makedirs(WORK + "/units")

    def test_there_are_some(self):
        self.assertEqual([os.path.basename(u) for u in units("service")],
                         ["yici-collect.service", "yici-consolidate.service", "yici-nightly.service",
                          "yici-normalize@.service", "yici-serve.service"])
        self.assertEqual([os.path.basename(u) for u in units("timer")], ["yici-nightly.timer"])

    def test_systemd_finds_nothing_to_say(self):
        copies = []
        for unit in units("service") + units("timer"):
            with open(unit, encoding="utf-8") as file:
                text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=" + YICI, file.read())
            copies.append(WORK + "/units/" + os.path.basename(unit))
            with open(copies[-1], "w", encoding="utf-8") as file:
                file.write(text)
        done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *copies)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.returncode, 0)

    def test_services_are_closed(self):
        for unit in units("service"):
            done = run("systemd-analyze", "security", "--offline=true", "--threshold=%d" % (EXPOSURE_MAX * 10), unit)
            found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
            self.assertTrue(found, done.stdout[-500:])
            self.assertLessEqual(float(found.group(1)), EXPOSURE_MAX, unit)
            self.assertEqual(done.returncode, 0, unit)

    def test_without_kafka_a_night_is_closed_further(self):
        copy = WORK + "/units/yici-nightly.service"
        with open(UNITS + "/yici-nightly.service", encoding="utf-8") as unit, open(OFFLINE, encoding="utf-8") as more, \
                open(copy, "w", encoding="utf-8") as out:
            out.write(unit.read() + more.read())
        done = run("systemd-analyze", "security", "--offline=true", copy)
        self.assertLessEqual(float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout).group(1)), EXPOSURE_OFFLINE_MAX)

    def test_every_unit_calls_a_command_that_there_is(self):
        commands = set(re.findall(r"(?m)^  yici ([a-z-]+)", run(YICI, "--help").stdout))
        for unit in units("service"):
            with open(unit, encoding="utf-8") as file:
                self.assertIn(re.search(r"(?m)^ExecStart=\S+ (\S+)", file.read()).group(1), commands, unit)

    def test_a_missed_night_is_made_up_for(self):
        with open(units("timer")[0], encoding="utf-8") as file:
            self.assertIn("\nPersistent=true\n", file.read())

    def test_a_held_night_is_no_failure_and_wrong_settings_are_not_tried_again(self):
        with open(UNITS + "/yici-nightly.service", encoding="utf-8") as file:
            text = file.read()
        self.assertRegex(text, r"(?m)^SuccessExitStatus=.*\b3\b")
        never = set(re.search(r"(?m)^RestartPreventExitStatus=(.*)$", text).group(1).split())
        self.assertTrue({"64", "77", "78"} <= never and not {"69", "75"} & never, never)

    def test_no_secret_is_in_a_unit(self):
        for unit in units("service"):
            with open(unit, encoding="utf-8") as file:
                text = file.read()
            self.assertNotIn("password", text.lower())
            self.assertNotRegex(text, r"(?m)^Environment=")
            self.assertIn("\nLoadCredential=", text)

    @unittest.skipUnless(shutil.which("strace"), "strace is not here")
    def test_a_night_makes_no_system_call_that_is_forbidden(self):
        for words in (["make-sample", "--students", "300", "--seed", "9", "--nights", "1", "--out", WORK + "/sample"],
                      ["init", WORK + "/data"]):
            subprocess.run([YICI, *words], check=True, stdout=subprocess.DEVNULL)
        shutil.copytree(WORK + "/sample/night-01/inbox", WORK + "/data/inbox", dirs_exist_ok=True)
        done = run("strace", "-f", "-qq", "-c", "-o", WORK + "/calls", YICI, "run", WORK + "/data", "--date", "2026-09-02")
        self.assertEqual(done.returncode, 0, done.stdout)
        with open(WORK + "/calls", encoding="utf-8") as file:
            used = set(re.findall(r"(?m)^ *[0-9.]+ +[0-9.]+ +\d+ +\d+ +(?:\d+ +)?([a-z0-9_]+)$", file.read())) - {"total"}
        self.assertIn("prlimit64", used)  # what the sandbox of readers needs
        known = groups()
        for unit in units("service"):
            with open(unit, encoding="utf-8") as file:
                filters = re.findall(r"(?m)^SystemCallFilter=(~?)(.*)$", file.read())
            allowed = set()
            for sign, names in filters:
                named = set().union(*(known[n] if n.startswith("@") else {n} for n in names.split()))
                allowed = allowed - named if sign else allowed | named
            self.assertEqual(used - allowed, set(), unit)


if __name__ == "__main__":
    if not shutil.which("systemd-analyze"):
        print("systemd-analyze is not here (ops/setup --test brings it)")
        sys.exit(1)
    unittest.main(argv=sys.argv[:1])
