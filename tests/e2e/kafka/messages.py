#!/usr/bin/env python3
"""messages.py YICI WORK - what stands on the topics for everybody is what schemas/messages promise, by a validator that is not ours,
and is a CloudEvent in the binary mode of the Kafka binding."""
from harness import *

try:
    from jsonschema import Draft202012Validator, FormatChecker
except ImportError:
    if os.path.realpath(sys.executable) == os.path.realpath("/usr/bin/python3"):
        say("python3-jsonschema is not here: ops/setup --test")
        sys.exit(SKIPPED)
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

TOPICS = {"files": "file", "runs": "run", "students": "student", "changes": "change", "identity": "identity"}

validators = {}
for name in TOPICS.values():
    with open(f"{ROOT}/schemas/messages/{name}.json", encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validators[name] = Draft202012Validator(schema, format_checker=FormatChecker())

town = Town("messages", students=600, nights=3)
with town.workers(1):
    for night in (1, 2, 3):
        town.deliver(night)
        town.nightly(night)

counts = {}
for topic, name in TOPICS.items():
    validator, records = validators[name], town.topic(topic)
    counts[topic] = len(records)
    wrong, headers = [], set()
    for record in records:
        for key, value in (("ce_specversion", "1.0"), ("ce_source", "urn:yici"), ("ce_type", "yici." + name),
                           ("ce_dataschema", validator.schema["$id"]), ("content-type", "application/json")):
            if header(record, key) != value:
                headers.add(f"{key}={header(record, key)}")
        if not header(record, "ce_id"):
            headers.add("no ce_id")
        if record.value is None:
            continue
        wrong += [e.message for e in validator.iter_errors(json.loads(record.value))]
    check(not wrong, f"{topic}: valid by {validator.schema['$id']}", f"{len(wrong)} errors: {wrong[:3]}")
    check(not headers, f"{topic}: the headers of a CloudEvent", str(headers))
    # The validator does find what is wrong.
    if records and records[0].value is not None:
        spoiled = dict(json.loads(records[0].value), unknown=1)
        check(list(validator.iter_errors(spoiled)), f"{topic}: a member that is not promised is found")
    key = {"file": "file_id", "run": "run"}.get(name, "student_id")
    check(all(json.loads(r.value)[key] == r.key.decode() for r in records if r.value is not None), f"{topic}: the key is {key}")
check(all(count > 0 for topic, count in counts.items() if topic != "identity"), "there is something on each", str(counts))
say(f"records: {counts}")
end()
