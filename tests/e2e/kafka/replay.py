#!/usr/bin/env python3
"""replay.py YICI WORK - every row as read comes a second time: after the night, and in the middle of one. Nobody is published again, and
the bytes are the same."""
import subprocess

from harness import *


def forget(town):
    """The group of the workers has never read anything."""
    lib = sorted(glob.glob(f"{ROOT}/build/kafka/lib-*"))[-1]
    properties = f"{WORK}/{town.prefix}.properties"
    with open(properties, "w", encoding="ascii") as file:
        file.write(f"bootstrap.servers={town.bootstrap}\n")
    done = subprocess.run(["java", "-XX:TieredStopAtLevel=1", "-cp", f"{lib}/*:{lib}/admin",
                           "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "Admin", properties, "forget",
                           f"{town.prefix}.normalize"], capture_output=True, text=True, timeout=60)
    check(done.returncode == 0, "the group is forgotten", done.stderr[-300:])


def caught_up(town, least):
    """Wait until that many rows have been normalized."""
    def there():
        checked = town.topic("checked")
        settled = [r for r in town.topic("rejected") if tags(r.value).get(TAG_SETTLED) != b"\0"]
        return len(checked) + len(settled) >= least
    return check(until(there, 60, 0.5), f"{least} rows are normalized")


town = Town("replay")
town.deliver(1)
with town.workers(1):
    town.nightly(1)
town.holds(1)
rows = len(town.topic("submitted"))
published = len(town.topic("students")), len(town.topic("changes")), len(town.topic("identity"))

# After the night: all comes again, and a night is asked for.
forget(town)
with town.workers(2):
    caught_up(town, 2 * rows)
    town.nightly(1)
check((len(town.topic("students")), len(town.topic("changes")), len(town.topic("identity"))) == published,
      "after a replay nobody is published again")
town.holds(1, rows=False)

# In the middle of a night: its rows are normalized twice, and those of the night before thrice.
town.deliver(2)
town.yici("collect", "--once", "--date", DATES[2])
total = len(town.topic("submitted"))
with town.workers(1):
    caught_up(town, 2 * rows + (total - rows))
forget(town)
with town.workers(2):
    caught_up(town, 3 * rows + 2 * (total - rows))
    town.nightly(2, "--set", "nightly.wait=20")
town.holds(2, rows=False, what=" replayed before it was made")
end()
