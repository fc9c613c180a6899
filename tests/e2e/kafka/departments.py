#!/usr/bin/env python3
"""departments.py YICI WORK - a broker that lets nobody do what no rule allows: the pipeline works with the rights of docs/operations.md, and a
department gets the clean topic and nothing else."""
import socket, threading

from harness import *

needs_broker()  # of another one; ours is secured
PORT = 27392
broker = Broker("secured", PORT, "--secure", "--prefix", "yici")
town = Town("departments", bootstrap=broker.bootstrap, create=False)
town.prefix = "yici"
town.settings = ["topics.partitions=4"]
town.files = [f"{broker.dir}/yici.xml"]
department = [f"{broker.dir}/department.xml"]


def as_department(*words, ok=(0,)):
    return run([*words, *(w for f in department for w in ("-c", f))], ok=ok, log=town.log)


check(os.stat(department[0]).st_mode & 0o077 == 0, "a settings file with a password is its owner's alone")
town.yici("topics", "create")
town.yici("topics", "check")
town.deliver(1)
with town.workers(1):
    town.nightly(1)
local = town.local()
out = f"{WORK}/department/"
shutil.rmtree(out, ignore_errors=True)
as_department("follow", "yici.students", "--out", out, "--once")
with open(out + "students.jsonl", "rb") as file:
    check(sorted(file.read().splitlines()) == sorted(local.values()), "the department has the snapshot")
for topic in ("submitted", "checked", "rejected", "identity", "files", "changes"):
    as_department("follow", f"yici.{topic}", "--out", f"{WORK}/not/", "--once", ok=(DENIED, CONFIG))
check(not glob.glob(f"{WORK}/not/*"), "nothing of other topics is written")
as_department("topics", "create", ok=(DENIED, CONFIG))
for program in ("collect", "normalize", "consolidate"):
    as_department(program, town.data, *(("--once",) if program == "collect" else ()), ok=(DENIED, CONFIG))

told = json.loads(town.yici("status", "--json").stdout)
check(told["bus"]["up"] and {g["name"].split(".")[0] for g in told["groups"]} == {"yici", "dept"},
      "status tells of the department's reader too", str([g["name"] for g in told["groups"]]))
check(all(p["lag_records"] == 0 for g in told["groups"] for p in g["partitions"]), "and that everybody has read all")

def carry(source, to):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)
    for one in (source, to):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def elsewhere():
    """The same broker under an address that its certificate does not have."""
    while True:
        inward, _ = door.accept()
        outward = socket.create_connection(("127.0.0.1", PORT))
        reached.append(inward)
        for pair in ((inward, outward), (outward, inward)):
            threading.Thread(target=carry, args=pair, daemon=True).start()


reached, door = [], socket.create_server(("127.0.0.2", PORT))
threading.Thread(target=elsewhere, daemon=True).start()

# Wrong password, wrong CA, a name that the certificate does not have: in words, soon, and nothing of the secret in them.
with open(department[0], encoding="utf-8") as file:
    right = file.read()
password = re.search(r'sasl.password">([^<]*)<', right).group(1)
wrongs = {"password": (right.replace(password, "CANARY-5417"), DENIED)}
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=other",
                "-keyout", f"{WORK}/other.key", "-out", f"{WORK}/other.pem"], check=True, capture_output=True)
wrongs["ca"] = (re.sub(r'ca.location">[^<]*<', f'ca.location">{WORK}/other.pem<', right), CONFIG)
wrongs["name"] = (right.replace("127.0.0.1:", "127.0.0.2:"), CONFIG)
for name, (text, status) in wrongs.items():
    path = f"{WORK}/wrong-{name}.xml"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    began = time.monotonic()
    done = run(["follow", "yici.students", "--out", f"{WORK}/not/", "--once", "-c", path], ok=None, log=town.log)
    words = done.stderr if isinstance(done.stderr, str) else done.stderr.decode(errors="replace")
    check(done.returncode == status, f"wrong {name}: {status}", f"{done.returncode}: {words[-200:]}")
    check(time.monotonic() - began < 40, f"wrong {name}: said within 40 s", f"{time.monotonic() - began:.0f} s")
    check("CANARY" not in words and password not in words, f"wrong {name}: the password is not in what is said")
check(reached, "wrong name: the broker was reached under it")
end()
