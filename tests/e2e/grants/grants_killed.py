"""grants_killed.py YICI WORK - nights that are killed anywhere deliver once: the views and the log are those of undisturbed nights."""
import random, signal, sys, os, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../run"))
sys.dont_write_bytecode = True
from nightly import *

os.environ.update(LC_ALL="C.UTF-8", YICI_HOLD="no")
seed = int(os.environ.get("YICI_TEST_SEED", "5"))
rng = random.Random(seed)
NIGHTS = ((1, "2026-09-02"), (2, "2026-09-03"))
KILLS = 12
base = town(200, nights=2)
GRANT = ('<grant unit="样例单位" valid_from="2026-09-01" valid_to="2027-01-31" destroy_by="2027-06-30"><purpose>核对</purpose><basis>样例办法</basis>'
         '<document number="样例〔2026〕1号" date="2026-08-20"/><approver name="张样例" date="2026-08-21"/><rows>{}</rows>'
         '<fields><token/><field name="name" mask="whole"/></fields><deliver format="csv xlsx jsonl"/></grant>')


def begin(name):
    data = data_folder(name)
    os.makedirs(f"{data}/config/grants")
    for n, rows in enumerate(("<all/>", '<where field="sex" is="1"/>', '<where field="sex" is="2"/>')):
        with open(f"{data}/config/grants/g{n}.xml", "w", encoding="utf-8") as out:
            out.write(GRANT.format(rows))
    with open(f"{data}/state/views.key", "wb") as out:
        out.write(bytes(range(32)))
    return data


def log_of(data):
    return [{k: v for k, v in e.items() if k not in ("time", "before", "sum")} for e in json.loads(yici("disclosures", data, "--json").stdout)]


calm, want = begin("calm"), {}
began = time.monotonic()
for night, date in NIGHTS:
    deliver(calm, f"{base}/night-{night:02d}/inbox")
    run(calm, date)
    want[night] = tree(f"{calm}/out/latest/views"), log_of(calm)
took = (time.monotonic() - began) / len(NIGHTS)
check(len(want[2][1]) == 6, "three grants, two nights", str(len(want[2][1])))

data = begin("killed")
for night, date in NIGHTS:
    deliver(data, f"{base}/night-{night:02d}/inbox")
    for kill in range(KILLS):
        program = subprocess.Popen([YICI, "run", data, "--date", date], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(rng.uniform(0.3, 1) * took if kill % 2 else rng.uniform(0, took))
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGKILL)
        program.wait(60)
    run(data, date)
    check((tree(f"{data}/out/latest/views"), log_of(data)) == want[night], f"night {night}: as if nothing had happened", f"YICI_TEST_SEED={seed}")
    yici("audit", data, "verify")

# killed between the commit and the log, with none, one and two of the three lines there, or half of one
state = f"{data}/state/disclosures.log"
lines = open(state, "rb").read().splitlines(True)
for keep, half in ((3, b""), (4, b""), (5, b""), (5, lines[5][:40])):
    name = os.readlink(f"{data}/out/latest")
    os.rename(f"{data}/out/{name}", f"{data}/out/.{name}")
    with open(state, "wb") as out:
        out.write(b"".join(lines[:keep]) + half)
    run(data, NIGHTS[-1][1])
    check((tree(f"{data}/out/latest/views"), log_of(data)) == want[2], f"the next run writes what is missing behind {keep} lines")
    yici("audit", data, "verify")
check(os.readlink(f"{data}/out/latest") == os.readlink(f"{calm}/out/latest"), "and makes no run of its own for that")

finish()
