#!/usr/bin/env python3
"""storm.py YICI WORK [ROUNDS] - workers come and go every two seconds, asked or killed, while nights are made: each change takes the
partitions from all others for a moment."""
import threading

from harness import *

rounds = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3].isdigit() else 6
town = Town("storm", settings=["normalize.batch=50", "collect.batch=100"])
steady = town.worker("steady")
changes, over = collections.Counter(), threading.Event()


def storm():
    guests = []
    while not over.is_set():
        if len(guests) < 3 and (not guests or rng.random() < 0.6):
            guests.append(town.worker(f"guest{changes['came']}"))
            changes["came"] += 1
        else:
            guest = guests.pop(rng.randrange(len(guests)))
            how = rng.choice(["asked", "killed"])
            changes[how] += 1
            stop(guest, signal.SIGTERM if how == "asked" else signal.SIGKILL)
        over.wait(2)
    for guest in guests:
        stop(guest)


weather = threading.Thread(target=storm)
weather.start()
for night in (1, 2):
    # Files arrive bit by bit, so that there are rows on their way all the time.
    source = f"{town.sample()}/night-{night:02d}/inbox"
    files = sorted(p for p in glob.glob(source + "/**/*", recursive=True) if os.path.isfile(p))
    for i in range(rounds):
        for path in files[i::rounds]:
            to = f"{town.data}/inbox/{os.path.relpath(path, source)}"
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copyfile(path, to)
        town.yici("collect", "--once", "--date", DATES[night])
    town.nightly(night)
over.set()
weather.join()
check(stop(steady) == 0, "the steady worker ends well", tail(town.log))
town.holds(2)
check(changes["came"] > 2 and changes["asked"] + changes["killed"] > 1, "workers came and went", str(changes))
say(f"workers: {dict(changes)}")
end()
