#!/usr/bin/env python3
"""between.py YICI WORK [PORT] - programs killed just where it matters: when the end of a transaction is on its way and does not arrive; when it
has arrived, but its answer has not; when all is answered, but a name on the own disk is not turned yet, or has just been. Then the
connection is cut at those places, with the programs left to find out by themselves."""
from harness import *
from proxy import CUT, DROP, PASS, Proxy

port = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3].isdigit() else 29700
proxy = Proxy(port, port + 1)
broker = Broker("broker", port + 1, "--broker", f"advertised.listeners=PLAINTEXT://127.0.0.1:{port}")
through = f"127.0.0.1:{port}"
NIGHTS = 5


class Ending:
    """Kill the program of which this is the n-th commit."""

    def __init__(self, client, what, nth):
        self.client, self.what, self.left, self.process = client, what, nth, None
        proxy.decide = self

    def __call__(self, end):
        if not end.commit or f"-{self.client}-" not in end.client:
            return PASS
        self.left -= 1
        if self.left != 0:
            return PASS
        until(lambda: self.process is not None, 5)
        self.process.kill()
        return self.what


def killed(town, plan, client, start):
    """Start the program once for each entry of ${plan}, which says where it is killed."""
    for what, nth in plan:
        ending = Ending(client, what, nth)
        ending.process = start()
        status = until(lambda: ending.process.poll() is not None and str(ending.process.returncode), 60)
        check(status == str(-signal.SIGKILL), f"{client} is killed at its commit {nth}, {what}", f"{status}: {tail(town.log)}")
        stop(ending.process, signal.SIGKILL)
    proxy.decide = lambda end: PASS


town = Town("between", bootstrap=through, nights=NIGHTS, settings=["collect.batch=300", "normalize.batch=300"])
for night in (1, 2):
    date = "--date", DATES[night]
    town.deliver(night)
    some = [(DROP, 1), (CUT, 1), (DROP, 2), (CUT, 2)] if night == 1 else []
    killed(town, some, "collect", lambda: town.start("collect", "--once", *date))
    town.yici("collect", "--once", *date)
    killed(town, some, "normalize", lambda: town.worker("n0"))
    with town.workers(1):
        # the first commit says which files the run has, the second is the night
        killed(town, some or [(DROP, 2), (CUT, 2)], "consolidate", lambda: town.start("nightly", *date))
        town.nightly(night)
    town.holds(night)

# Everything is published; the names here are turned one after another.
for night, path in zip(range(3, NIGHTS + 1), ("state/current.new", "out/.{run}", "out/.latest")):
    path = f"{town.data}/" + path.format(run=f"{DATES[night].replace('-', '')}-1")
    town.deliver(night)
    with town.workers(1):
        traced = town.start("nightly", "--date", DATES[night], under=[
            "strace", "-f", "-qq", "-o", "/dev/null", "-P", path, "-e", "trace=rename,renameat,renameat2",
            "-e", "inject=rename,renameat,renameat2:signal=KILL:when=1"])
        status = traced.wait(120)
        check(status == -signal.SIGKILL, f"killed before {path} is turned", f"{status}: {tail(town.log)}")
        check(len(town.runs()) == night, f"the night is published before {path} is turned")
        town.nightly(night)
    town.holds(night, rows=False, what=f", killed before {os.path.relpath(path, town.data)} was turned")

# The connections break instead, now here, now there.
cut = collections.Counter()


def now_and_then(end):
    what = rng.choice([PASS, PASS, DROP, CUT]) if cut[end.client, "in a row"] < 2 else PASS
    cut[end.client, "in a row"] = 0 if what == PASS else cut[end.client, "in a row"] + 1
    cut[what] += 1
    return what


torn = Town("torn", bootstrap=through, nights=NIGHTS, settings=["collect.batch=200", "normalize.batch=200"])
proxy.decide = now_and_then
for night in (1,):
    torn.deliver(night)
    services = [Service(torn, "normalize", "--set", f"instance=n{i}") for i in (1, 2)]
    done = lambda: (torn.nightly(night, ok=(0, 3, AWAY, AGAIN)).returncode in (0, 3), [s.look() for s in services])[0]
    check(until(done, 200), f"a night {night} ends well when it is tried again", tail(torn.log))
    for service in services:
        stop(service.process)
    torn.holds(night)
proxy.decide = lambda end: PASS
check(cut[CUT] > 3 and cut[DROP] > 3, "connections were cut", str(cut))
say(f"ends of transactions: {cut[PASS]} arrived, {cut[DROP]} did not, {cut[CUT]} arrived without an answer; programs that ended: "
    f"{dict(Service.statuses)}")
end()
