#!/usr/bin/env python3
"""night.py YICI WORK [KILLS [VERSION]] - three nights of a town over Kafka: the second brings news, the third none. With KILLS each of the
first two is disturbed by so many SIGKILLs of programs chosen at random. With VERSION over a broker of that version, of our own."""
import json, os, signal, sys, time

from harness import *

kills = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3].isdigit() else 0
broker = Broker("broker", 29780, "--version", sys.argv[4]).bootstrap if len(sys.argv) > 4 and sys.argv[4][0].isdigit() else None
town = Town("night", bootstrap=broker, settings=["collect.batch=200", "normalize.batch=200"])


def disturbed(night):
    with town.workers(2) as workers:
        for _ in range(kills):
            program = town.start("nightly", "--date", DATES[night])
            time.sleep(rng.uniform(0.1, 3))
            victim = rng.choice([program, *workers])
            stop(victim, signal.SIGKILL)
            if victim is not program:
                i = workers.index(victim)
                workers[i] = town.worker(f"n{i}")
            stop(program, signal.SIGKILL)
        return town.nightly(night)


for night in (1, 2):
    town.deliver(night)
    disturbed(night)
    town.holds(night)

# Nothing new: nobody is published again, and no run is made.
before = len(town.topic("students")), len(town.topic("changes"))
with town.workers(1):
    done = town.nightly(3)
check(done.returncode == 0, "a night without news is well", str(done.returncode))
check((len(town.topic("students")), len(town.topic("changes"))) == before, "a night without news publishes nobody again")

# Keys are ids of our own: no number of a person is in one.
local = [json.loads(line) for line in town.local().values()]
numbers = {str(student[field]) for student in local for field in ("id_no", "student_no", "phone", "guardian_phone")
           if student.get(field)}
check(len(numbers) > 300, "the sample has numbers of people", str(len(numbers)))
for name in ("submitted", "files", "checked", "rejected", "students", "changes", "identity", "runs"):
    keys = b"\n".join(record.key for record in town.topic(name)).decode()
    check(not any(number in keys for number in numbers), f"no number of a person is in a key of {name}")
    check(keys or name == "identity", f"there are keys on {name}")

# The programs left no number of a person in what they log.
with open(town.log, encoding="utf-8", errors="replace") as file:
    log = file.read()
check(not any(number in log for number in numbers), "no number of a person is in the log")
end()
