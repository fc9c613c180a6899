#!/usr/bin/env python3
"""kills.py YICI WORK [KILLS] - every program killed at random moments, KILLS times each (20) over two nights, and started again at once.
All of them are at work side by side as services: a collector, two workers, a consolidator, and the nightly program that asks it."""
from harness import *

kills = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3].isdigit() else 20
town = Town("kills", settings=["collect.batch=100", "normalize.batch=100", "collect.every=1", "bus.wait=60"])
done = collections.Counter()
def disturb(services, wanted):
    """Kill each of ${services} so often, all at once, with their names as the keys of what is done."""
    while any(done[s.name] < wanted for s in services):
        for service in services:
            if done[service.name] < wanted and service.is_due():
                done[service.name] += service.kill()
            service.look()
        time.sleep(0.02)


for night in (1, 2):
    town.deliver(night)
    date = "--date", DATES[night]
    share = kills * night // 2
    worker = Service(town, "normalize", "--set", "instance=n0", every=(0.2, 3))
    steady = town.worker("n1")
    # Collecting while rows are normalized; only then the nights are asked for, so that these kills fall into work.
    collector = Service(town, "collect", *date, every=(0.2, 1.6))
    disturb([collector, worker], share)
    consolidator = Service(town, "consolidate", every=(0.2, 5))
    nightly = Service(town, "nightly", *date, every=(0.2, 4))
    disturb([consolidator, nightly], share)
    stop(nightly.process, signal.SIGKILL)
    town.nightly(night)
    town.holds(night)
    ended = [stop(p) for p in (collector.process, consolidator.process, worker.process, steady)]
    check(ended == [0, 0, 0, 0], "services end with 0 when asked to", f"{ended}: {tail(town.log)}")
check(not any(s - {0, 3, AGAIN} for s in Service.statuses.values()), "nothing ended in another way", str(dict(Service.statuses)))
say(f"killed: {dict(done)}; ended by themselves: {dict(Service.statuses)}")
end()
