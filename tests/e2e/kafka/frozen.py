#!/usr/bin/env python3
"""frozen.py YICI WORK [PORT] - programs that stand still (SIGSTOP) with the end of a transaction on its way, for longer than the cluster
waits for them, while others take over; then they go on. What they had open never appears; the old one is fenced, says so
and leaves with 75."""
import threading

from harness import *
from proxy import PASS, Proxy

port = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3].isdigit() else 29720
proxy = Proxy(port, port + 1)
broker = Broker("broker", port + 1, "--broker", f"advertised.listeners=PLAINTEXT://127.0.0.1:{port}",
                "--broker", "group.min.session.timeout.ms=1000",
                "--broker", "transaction.abort.timed.out.transaction.cleanup.interval.ms=500")
SHORT = ["kafka.consumer.session.timeout.ms=2000", "kafka.consumer.heartbeat.interval.ms=500",
         "kafka.producer.transaction.timeout.ms=4000", "normalize.batch=300"]


class Freeze:
    """Stop the program at its n-th commit, which is held back until thaw()."""

    def __init__(self, client, nth=1):
        self.client, self.left, self.process = client, nth, None
        self.go, self.frozen = threading.Event(), threading.Event()
        proxy.decide = self

    def __call__(self, end):
        if self.frozen.is_set() or not end.commit or end.client != f"yici-{self.client}":
            return PASS
        self.left -= 1
        if self.left == 0:
            until(lambda: self.process is not None, 5)
            self.process.send_signal(signal.SIGSTOP)
            self.frozen.set()
            self.go.wait()
        return PASS

    def thaw(self):
        """What was on its way arrives, then the program goes on; its exit status."""
        self.go.set()
        time.sleep(0.3)
        self.process.send_signal(signal.SIGCONT)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            return None


def town_of(name):
    town = Town(name, bootstrap=f"127.0.0.1:{port}", settings=SHORT)
    town.deliver(1)
    return town


# A worker stands still; another takes over its partitions.
for name, successor in (("worker", "n1"), ("namesake", "n0")):
    town = town_of("frozen-" + name)
    town.yici("collect", "--once", "--date", DATES[1])
    freeze = Freeze("normalize-n0", 2)
    freeze.process = town.worker("n0")
    check(freeze.frozen.wait(60), f"{name}: the worker stands still at its second commit", tail(town.log))
    second = town.worker(successor)
    town.nightly(1)
    town.holds(1, what=f", while the {name} of a worker took over")
    status = freeze.thaw()
    check(status == AGAIN, f"{name}: the old worker leaves with 75", f"{status}: {tail(town.log)}")
    check(stop(second) == 0, f"{name}: the new one ends well", tail(town.log))
    town.rows_once(f"{name}: after the old one went on: ")
    town.deliver(2)
    with town.workers(1):
        town.nightly(2)
    town.holds(2)

# A consolidator stands still with the night; nobody takes over, it is too late when it goes on.
town = town_of("frozen-late")
with town.workers(1):
    freeze = Freeze("consolidate-" + os.uname().nodename.split(".")[0], 2)
    freeze.process = town.start("nightly", "--date", DATES[1])
    check(freeze.frozen.wait(90), "late: the consolidator stands still with the night", tail(town.log))
    time.sleep(6)  # its transaction's time is over
    status = freeze.thaw()
    check(status == AGAIN, "late: it leaves with 75", f"{status}: {tail(town.log)}")
    check(not town.topic("students") and not town.runs(), "late: its night does not appear")
    town.nightly(1)
town.holds(1, what=", published too late at first")

# A consolidator on another host, with a copy of the folder, takes over.
town = town_of("frozen-host")
copy = f"{WORK}/frozen-host-copy"
shutil.rmtree(copy, ignore_errors=True)
shutil.copytree(town.data, copy, symlinks=True)
with town.workers(1):
    freeze = Freeze("consolidate-" + os.uname().nodename.split(".")[0], 2)
    freeze.process = town.start("nightly", "--date", DATES[1])
    check(freeze.frozen.wait(90), "host: the consolidator stands still with the night", tail(town.log))
    town.nightly(1, data=copy)
    town.holds(1, data=copy, what=", made on another host")
    status = freeze.thaw()
    check(status == AGAIN, "host: the old one leaves with 75", f"{status}: {tail(town.log)}")
    town.holds(1, data=copy, what=", after the old host went on")
    town.deliver(2, copy)
    town.nightly(2, data=copy)
    town.holds(2, data=copy, what=", made on another host")
    # The old folder has missed a night: it does not go on as if it had not.
    town.deliver(2)
    done = town.nightly(3, ok=None)
    check(done.returncode == CONFIG and "not from this data folder" in done.text, "host: the folder left behind is refused",
          f"{done.returncode}: {done.text[-300:]}")
    town.holds(2, data=copy, what=", after the folder left behind was refused")
end()
