#!/usr/bin/env python3
"""lag.py YICI SHAPE WORK - the lag that status tells is what a reader would still get, on the broker of YICI_TEST_BOOTSTRAP.

Positions, ends and what is between are made by SHAPE (shape.c); how many records a reader gets is asked of kcat.
"""
import json, os, shutil, subprocess, sys, time, unittest

YICI, SHAPE, WORK = map(os.path.abspath, sys.argv[1:4])
BOOT = os.environ.get("YICI_TEST_BOOTSTRAP", "")


def shape(*words):
    subprocess.run([SHAPE, BOOT, *map(str, words)], check=True)


def kcat(topic, partition, offset):
    """How many committed records there are from an offset on."""
    done = subprocess.run(["kcat", "-b", BOOT, "-C", "-e", "-q", "-t", topic, "-p", str(partition), "-o", str(offset),
                           "-X", "isolation.level=read_committed", "-f", "x\n"], capture_output=True, check=True)
    return done.stdout.count(b"x")


class Lag(unittest.TestCase):
    number = 0

    def setUp(self):
        Lag.number += 1
        self.prefix = "lag%d_%d" % (os.getpid(), Lag.number)
        self.data = "%s/%s" % (WORK, self.prefix)
        self.topic = self.prefix + ".students"
        self.set = ["--set", "kafka.bootstrap.servers=" + BOOT, "--set", "topics.prefix=" + self.prefix, "--set", "topics.partitions=2"]
        for words in (["init", self.data], ["topics", "create", *self.set]):
            subprocess.run([YICI, *words], check=True, stdout=subprocess.DEVNULL)

    def status(self, group, *more, window=None):
        hours = ["--set", "night.from=00:00", "--set", "night.to=23:59"] if window else [
            "--set", "night.from=00:00", "--set", "night.to=00:00"]
        done = subprocess.run([YICI, "status", self.data, "--json", *self.set, *hours, *more], check=True, capture_output=True)
        told = json.loads(done.stdout)
        self.assertTrue(told["bus"]["up"], told["bus"])
        found = [g for g in told["groups"] if g["name"] == group]
        self.assertEqual(len(found), 1, told["groups"])
        self.assertEqual([p["partition"] for p in found[0]["partitions"]], [0, 1])
        return found[0]["partitions"]

    def assert_lag(self, partition, records, state):
        self.assertEqual(partition["lag_records"], records, partition)
        self.assertEqual(partition["lag_records"], kcat(partition["topic"], partition["partition"], max(partition["position"], 0)))
        self.assertEqual(partition["state"], state, partition)
        self.assertFalse(partition["at_most"])
        self.assertEqual(partition["lag_seconds"] == 0 or records > 0, True)

    def age(self, memory):
        """What is remembered has stood so for an hour."""
        with open(memory, encoding="utf-8") as file:
            lines = [line.split("\t") for line in file.read().splitlines()]
        with open(memory, "w", encoding="utf-8") as file:
            file.writelines("\t".join(line[:4] + [str(int(time.time()) - 3600)]) + "\n" for line in lines)

    def test_markers_of_transactions_are_no_lag(self):
        shape("send", self.topic, 0, 10)
        shape("commit", "dept.a.x", self.topic, 0, 10)  # behind the last record; the marker is at 10, the end at 11
        partition = self.status("dept.a.x")[0]
        self.assertEqual((partition["position"], partition["end"]), (10, 11))
        self.assert_lag(partition, 0, "OK")
        for _ in range(3):
            shape("abort", self.topic, 0, 7)
        self.assert_lag(self.status("dept.a.x")[0], 0, "OK")
        shape("send", self.topic, 0, 4)
        self.assert_lag(self.status("dept.a.x")[0], 4, "WAITING")

    def test_a_partition_without_a_position_is_unread_from_its_begin(self):
        shape("send", self.topic, 1, 5)
        shape("commit", "dept.a.x", self.topic, 0, 0)
        self.assert_lag(self.status("dept.a.x")[1], 5, "WAITING")

    def test_retention_makes_no_lag(self):
        topic = self.prefix + ".changes"  # compacted ones are not cut
        shape("send", topic, 0, 100)
        shape("commit", "dept.a.x", topic, 0, 20)
        self.assert_lag(self.status("dept.a.x")[0], 80, "WAITING")
        shape("delete", topic, 0, 60)
        self.assertEqual(self.status("dept.a.x")[0]["lag_records"], 40)
        shape("delete", topic, 0, 101)
        partition = self.status("dept.a.x")[0]
        self.assertEqual((partition["lag_records"], partition["lag_seconds"]), (0, 0))

    def test_an_open_transaction_is_a_state_of_its_own(self):
        shape("send", self.topic, 0, 3)
        shape("commit", "dept.a.x", self.topic, 0, 0)
        hold = subprocess.Popen([SHAPE, BOOT, "open", self.topic, "0", "6"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertEqual(hold.stdout.readline(), b"open\n")
        shape("send", self.topic, 0, 2)  # committed, and hidden by the one that is open
        partition = self.status("dept.a.x")[0]
        self.assert_lag(partition, 3, "OPEN_TRANSACTION")
        self.assertLess(partition["stable"], partition["end"])
        hold.communicate(b"\n")
        self.assert_lag(self.status("dept.a.x")[0], 5, "WAITING")

    def test_a_position_that_goes_back_is_seen(self):
        shape("send", self.topic, 0, 9)
        shape("commit", "dept.a.x", self.topic, 0, 8)
        self.assert_lag(self.status("dept.a.x")[0], 1, "WAITING")
        shape("commit", "dept.a.x", self.topic, 0, 2)
        self.assert_lag(self.status("dept.a.x")[0], 7, "REWIND")
        self.assert_lag(self.status("dept.a.x")[0], 7, "WAITING")

    def test_the_verdict_knows_the_night(self):
        group = self.prefix + ".normalize"
        shape("send", self.topic, 0, 9)
        shape("commit", group, self.topic, 0, 2)
        self.assert_lag(self.status(group, window=True)[0], 7, "WAITING")  # nobody knows yet how long it has stood there
        # an hour ago it stood there too
        memory = self.data + "/state/readers"
        self.age(memory)
        # what is unread is a few seconds old, so nothing is wrong
        self.assertEqual(self.status(group, window=True)[0]["state"], "WAITING")
        # what has been unread for an hour is; by day, and where the reader got on meanwhile, it is not
        shape("send", self.topic, 1, 4, 3600)
        shape("commit", group, self.topic, 1, 0)
        self.status(group)
        self.age(memory)
        partition = self.status(group, window=True)[1]
        self.assert_lag(partition, 4, "STOP")
        self.assertTrue(3590 <= partition["lag_seconds"] <= 3700, partition)
        self.assert_lag(self.status(group)[1], 4, "WAITING")
        # with a reader that is there and does not get on it is a stall
        reader = subprocess.Popen(["kcat", "-b", BOOT, "-q", "-G", group, "-X", "enable.auto.commit=false", self.topic],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until = time.time() + 60
            while self.status(group, window=True)[1]["state"] != "STALL" and time.time() < until:
                time.sleep(0.5)
            self.assert_lag(self.status(group, window=True)[1], 4, "STALL")
        finally:
            reader.terminate()  # it leaves the group
            reader.wait()
        shape("commit", group, self.topic, 1, 1)
        self.assert_lag(self.status(group, window=True)[1], 3, "WAITING")
        # departments read when they like
        shape("commit", "dept.a.x", self.topic, 1, 0)
        self.status("dept.a.x")
        self.age(memory)
        self.assert_lag(self.status("dept.a.x", window=True)[1], 4, "WAITING")
        self.assertEqual(os.stat(memory).st_mode & 0o777, 0o600)

    def test_beyond_the_bound_it_is_the_most_there_can_be(self):
        shape("commit", "dept.a.x", self.topic, 0, 0)
        for _ in range(3):
            shape("send", self.topic, 0, 70_000)
        partition = self.status("dept.a.x")[0]
        self.assertTrue(partition["at_most"])
        self.assertGreaterEqual(partition["lag_records"], kcat(self.topic, 0, 0))
        self.assertLessEqual(partition["lag_records"], kcat(self.topic, 0, 0) + 3)


if __name__ == "__main__":
    if not BOOT or not shutil.which("kcat"):
        sys.exit(77)
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    unittest.main(argv=sys.argv[:1])
