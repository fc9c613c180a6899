#!/usr/bin/env python3
"""brokers.py YICI WORK [ROUNDS] - brokers that are killed (-9) and started again in the middle of a night: a single one; and, of three with
copies, the leader of data, of the transactions, and of the workers' group."""
from harness import *

rounds = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3].isdigit() else 1


def services(town, night):
    return [Service(town, "collect", "--date", DATES[night]), Service(town, "normalize", "--set", "instance=n0"),
            Service(town, "normalize", "--set", "instance=n1"), Service(town, "consolidate")]


def night(town, n, blows):
    """A night with all programs as services; each of ${blows} is struck a moment after the one before."""
    town.deliver(n)
    at_work = services(town, n)
    ask = town.start("nightly", "--date", DATES[n])
    for blow in blows:
        time.sleep(rng.uniform(0.3, 2))
        blow()
        for service in at_work:
            service.look()
    done = lambda: ([s.look() for s in at_work], town.nightly(n, ok=(0, 3, AWAY, AGAIN)).returncode in (0, 3))[1]
    stop(ask, signal.SIGKILL)
    check(until(done, 240, 1), f"{town.prefix}: night {n} ends well when it is tried again", tail(town.log))
    for service in at_work:
        stop(service.process)
    town.holds(n)


def strike(broker, which):
    def blow():
        node = which()
        broker.run("kill", node)
        time.sleep(rng.uniform(0.5, 2))
        until(lambda: broker.restarts(node), 200, 1)
    return blow


one = Broker("one", 29740)
town = Town("one-broker", bootstrap=one.bootstrap, nights=2, settings=["collect.batch=300", "normalize.batch=300"])
for n in (1, 2):
    night(town, n, [strike(one, lambda: 1)] * rounds)
one.run("stop")

three = Broker("three", 29750, "--nodes", 3)
town = Town("three-brokers", bootstrap=three.bootstrap, nights=2, settings=["collect.batch=300", "normalize.batch=300"])
town.yici("collect", "--once", "--date", DATES[1])  # nothing yet: only so that the topics of Kafka itself are there
warm = town.worker("n0")
check(until(lambda: b"__consumer_offsets" in subprocess.run(["kcat", "-b", three.bootstrap, "-L"], capture_output=True,
                                                            timeout=60, env=ENV).stdout, 60, 0.5), "there is a group")
stop(warm)
data = lambda: three.leader(f"{town.prefix}.submitted", rng.randrange(4))
transactions = lambda: three.leader("__transaction_state", rng.randrange(4))
group = lambda: three.leader("__consumer_offsets", rng.randrange(4))
for n, blows in ((1, (data, transactions)), (2, (group, data, transactions))):
    night(town, n, [strike(three, which) for which in blows] * rounds)
say(f"programs that ended by themselves: {dict(Service.statuses)}")
end()
