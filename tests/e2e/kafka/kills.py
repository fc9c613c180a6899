#!/usr/bin/env python3
"""kills.py YICI WORK [KILLS] - every program killed at random moments, KILLS times each (20) over two nights, and started again at once.
All of them are at work side by side as services: a collector, two workers, a consolidator, and the nightly program that asks it."""
from harness import *

kills = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3].isdigit() else 20
town = Town("kills", settings=["collect.batch=100", "normalize.batch=100", "collect.every=1", "bus.wait=60"])
done = collections.Counter()


class Service:
    """A program that is started again whenever it has ended."""

    def __init__(self, name, *words, every=(0.1, 2)):
        self.name, self.words, self.every = name, words, every
        self.begin()

    def begin(self):
        self.process = town.start(*self.words)
        self.due = time.monotonic() + rng.uniform(*self.every)

    def kill(self):
        """When its time has come."""
        if time.monotonic() < self.due:
            return
        if self.process.poll() is None:
            stop(self.process, signal.SIGKILL)
            done[self.name] += 1
        else:
            statuses[self.name].add(self.process.returncode)
        self.begin()


statuses = collections.defaultdict(set)


def disturb(services, wanted):
    """Kill each of ${services} so often, all at once, with their names as the keys of what is done."""
    while any(done[s.name] < wanted for s in services):
        for service in services:
            if done[service.name] < wanted:
                service.kill()
            elif service.process.poll() is not None:
                service.begin()
        time.sleep(0.02)


for night in (1, 2):
    town.deliver(night)
    date = "--date", DATES[night]
    share = kills * night // 2
    worker = Service("normalize", "normalize", "--set", "instance=n0", every=(0.2, 3))
    steady = town.worker("n1")
    # Collecting while rows are normalized; only then the nights are asked for, so that these kills fall into work.
    collector = Service("collect", "collect", *date, every=(0.2, 1.6))
    disturb([collector, worker], share)
    consolidator = Service("consolidate", "consolidate", every=(0.2, 5))
    nightly = Service("nightly", "nightly", *date, every=(0.2, 4))
    disturb([consolidator, nightly], share)
    stop(nightly.process, signal.SIGKILL)
    town.nightly(night)
    town.holds(night)
    ended = [stop(p) for p in (collector.process, consolidator.process, worker.process, steady)]
    check(ended == [0, 0, 0, 0], "services end with 0 when asked to", f"{ended}: {tail(town.log)}")
check(not any(statuses[name] - {0, 3, AGAIN} for name in statuses), "nothing ended in another way", str(dict(statuses)))
say(f"killed: {dict(done)}; ended by themselves: {dict(statuses)}")
end()
