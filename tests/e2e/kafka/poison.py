#!/usr/bin/env python3
"""poison.py YICI WORK - messages that nobody can understand among the rows: each goes on to rejected, saying where it stood and why,
the workers go on, and the night is as if they had not been there. Nor does nonsense on the topics behind them do harm."""
import subprocess

from harness import *

town = Town("poison", settings=["normalize.batch=100"])
folder = f"{WORK}/messages"
os.makedirs(folder, exist_ok=True)


def produce(topic, key, value):
    """${value} None: a tombstone."""
    words = ["kcat", "-P", "-b", BOOTSTRAP, "-t", f"{town.prefix}.{topic}", "-X", "message.max.bytes=4000000"]
    if value:
        with open(f"{folder}/one", "wb") as file:
            file.write(value)
        subprocess.run([*words, "-k", key, f"{folder}/one"], check=True, timeout=60, env=ENV)
    else:
        subprocess.run([*words, "-K", "=", *(["-Z"] if value is None else [])], input=f"{key}=\n".encode(), check=True,
                       timeout=60, env=ENV)


def with_tag(value, tag, bytes_):
    """The message with one of its records replaced."""
    found, out = tags(value), bytearray(value[:1])
    found[tag] = bytes_
    for number, content in found.items():
        size = len(content)
        out.append(number)
        while size >= 0x80:
            out.append(size & 0x7F | 0x80)
            size >>= 7
        out.append(size)
        out += content
    return bytes(out)


town.deliver(1)
town.yici("collect", "--once", "--date", DATES[1])
rows = town.topic("submitted")
row = next(r.value for r in rows if tags(r.value)[2] == b"\0")  # data: the binding of no other row is looked at
origin = tags(row)[1]
VERSION, DEFINITIONS = "not a row in a version that is known", "collected under other definitions"
wrong = {
    "empty": (b"", VERSION),
    "none": (None, VERSION),
    "megabyte": (rng.randbytes(1_000_000), VERSION),
    "version": (b"\x63" + row[1:], VERSION),
    "json": (b'{"name": "nobody"}', VERSION),
    "cut": (row[:len(row) * 2 // 3], VERSION),
    "one byte": (b"\x01", VERSION),
    "definitions": (with_tag(row, 1, origin[:22] + bytes(8) + origin[30:]), DEFINITIONS),
    "binding": (with_tag(row, 6, b"\xff" * 40), "a binding that makes no sense"),
    "role": (with_tag(row, 2, b"\xc8"), "a row in a role that is not known"),
}
for name, (value, _) in wrong.items():
    produce("submitted", "poison-" + name, value)
sent = {r.key.decode(): r for r in town.topic("submitted") if r.key.startswith(b"poison-")}
check(len(sent) == len(wrong), "all of them are on submitted", str(sorted(sent)))

with town.workers(2):
    for topic in ("checked", "files", "runs", "rejected"):
        produce(topic, "nonsense", rng.randbytes(300))
        produce(topic, "more", b'{"file_id": 7, "run": [], "state": "complete"}')
        produce(topic, "none", None)
    town.nightly(1)

passed_on = {(header(r, "yici.errors.partition"), header(r, "yici.errors.offset")): r for r in town.topic("rejected")
             if header(r, "yici.errors.topic")}
check(len(passed_on) == len(wrong), "each is on rejected once", f"{len(passed_on)} of {len(wrong)}")
for name, (value, why) in wrong.items():
    record = sent["poison-" + name]
    found = passed_on.get((str(record.partition), str(record.offset)))
    if not check(found is not None, f"{name}: is on rejected under the place where it stood"):
        continue
    check(header(found, "yici.errors.topic") == f"{town.prefix}.submitted", f"{name}: says its topic")
    check(header(found, "yici.errors.stage") == "normalize", f"{name}: says the stage", str(header(found, "yici.errors.stage")))
    check(header(found, "yici.errors.message") == why, f"{name}: says why", str(header(found, "yici.errors.message")))
    check(found.value == (value or b"")[:65536], f"{name}: is passed on as it was", f"{len(found.value)} bytes")

town.holds(1, rows=False)
with open(town.log, encoding="utf-8", errors="replace") as log:
    check(re.search(r"normalize begin .*librdkafka [\d.]+, cluster \S+, \d+ brokers?: \d", log.read()),
          "a program says at its start what it is connected to")

# A row on checked of a file that nobody ever announces: it is waited for no longer than its date.
checked = next(r.value for r in town.topic("checked") if r.key not in (b"nonsense", b"more", b"none"))
origin = tags(checked)[1]
produce("checked", "unannounced", with_tag(checked, 1, rng.randbytes(16) + origin[16:]))
stray = next(r for r in town.topic("checked") if r.key == b"unannounced")


def positions():
    """Where the next night begins to read checked, by partition."""
    with open(f"{town.data}/state/current") as said:
        generation = said.read().strip()
    with open(f"{town.data}/state/{generation}/positions.txt") as lines:
        return {int(p): int(o) for t, p, o in map(str.split, lines) if t == f"{town.prefix}.checked"}


town.deliver(2)
with town.workers(2):
    town.nightly(2)
town.holds(2, rows=False)
check(positions()[stray.partition] > stray.offset, "the next night does not begin at a row of a file that nobody announced",
      f"{positions()}, the row at {stray.partition}:{stray.offset}")
end()
