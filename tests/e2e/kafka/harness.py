"""harness.py - what the scenarios on a real Kafka share: an invented town, its programs, and what must hold in the end.

A scenario is called as SCENARIO.py YICI WORK [options]; the broker comes by YICI_TEST_BOOTSTRAP (without it the scenario is
skipped, 77) unless it starts one of its own (Broker). kcat reads as a department does.

    town = Town("kills", students=400)
    town.deliver(1)
    with town.workers(2):
        town.nightly(1)
    town.holds(1)          # same bytes as `yici run`, the clean topic says the same, nothing lost, nothing twice
    end()
"""
import atexit, collections, contextlib, glob, hashlib, json, os, random, re, shutil, signal, subprocess, sys, time

YICI, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
BOOTSTRAP = os.environ.get("YICI_TEST_BOOTSTRAP", "")
DATES = {n: f"2026-09-{n + 1:02d}" for n in range(1, 20)}
SKIPPED, AGAIN, AWAY, DENIED, CONFIG = 77, 75, 69, 77, 78
ENV = dict(os.environ, LC_ALL="en_US.UTF-8")
ENV.pop("YICI_TEST_BOOTSTRAP", None)

seed = int(os.environ.get("YICI_TEST_SEED", "3"))
rng = random.Random(seed)
passed = failed = 0
started = []  # every process, to be ended with the scenario


def check(ok, what, detail=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok or "-v" in sys.argv:
        print(("ok    " if ok else "FAIL  ") + what + (f"  [{detail}]" if detail and not ok else ""), flush=True)
    return bool(ok)


def say(text):
    print(text, flush=True)


def end():
    say(f"{passed} passed, {failed} failed; seed {seed}")
    sys.exit(failed != 0 or passed == 0)


def needs_broker():
    if not BOOTSTRAP:
        say("no broker: YICI_TEST_BOOTSTRAP is not set")
        sys.exit(SKIPPED)


@atexit.register
def end_all():
    for process in started:
        if process.poll() is None:
            with contextlib.suppress(OSError):
                os.kill(process.pid, signal.SIGCONT)
            process.kill()
            process.wait()


# ---- processes ----

def spawn(log, *command, **how):
    with open(log, "ab") as out:
        process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=ENV, **how)
    process.log = log
    started.append(process)
    return process


def stop(process, sig=signal.SIGTERM, wait=60):
    """The exit status after ${sig}; None when it has to be killed."""
    if process.poll() is None:
        process.send_signal(sig)
    try:
        return process.wait(wait)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def tail(path, size=600):
    with open(path, "rb") as file:
        return file.read()[-size:].decode(errors="replace")


def until(what, wait=30, every=0.05):
    """Wait until what() is true; what it last was."""
    last = time.monotonic() + wait
    while not (got := what()) and time.monotonic() < last:
        time.sleep(every)
    return got


# ---- looking ----

def digest(folder):
    h = hashlib.sha256()
    for path in sorted(glob.glob(folder + "/**/*", recursive=True)):
        if os.path.isfile(path):
            with open(path, "rb") as file:
                h.update(os.path.relpath(path, folder).encode() + b"\0" + file.read())
    return h.hexdigest()


Record = collections.namedtuple("Record", "partition offset key value headers")


def kcat(bootstrap, topic, *more, ok=True, committed=True):
    """The records of a topic from its beginning to its end, as ${committed} readers see them; value None for a tombstone."""
    done = subprocess.run(["kcat", "-b", bootstrap, "-C", "-e", "-q", "-t", topic, "-X",
                           "isolation.level=read_" + ("committed" if committed else "uncommitted"), *more,
                           "-f", "%p %o %K %S %h\n%k%s\n"], capture_output=True, timeout=300, env=ENV)
    if ok and done.returncode != 0:
        raise RuntimeError(f"kcat {topic}: {done.stderr[-300:].decode(errors='replace')}")
    records, at, out = [], 0, done.stdout
    while at < len(out):
        # A header may hold anything; the line that tells the lengths ends where the rest fits.
        line = out.index(b"\n", at)
        partition, offset, key, value = map(int, out[at:line].split(b" ", 4)[:4])
        headers = out[at:line].split(b" ", 4)[4]
        size = max(key, 0) + max(value, 0)
        while out[line + 1 + size:line + 2 + size] != b"\n" or not starts_record(out, line + 2 + size):
            further = out.index(b"\n", line + 1)
            headers += out[line:further]
            line = further
        body = out[line + 1:line + 1 + size]
        records.append(Record(partition, offset, body[:max(key, 0)], None if value < 0 else body[max(key, 0):], headers))
        at = line + 2 + size
    return records


def starts_record(out, at):
    return at == len(out) or re.match(rb"\d+ \d+ -?\d+ -?\d+ ", out[at:at + 80]) is not None


def header(record, name):
    found = re.search(rb"(?:^|,)" + re.escape(name.encode()) + rb"=([^,]*)", record.headers)
    return None if found is None else found.group(1).decode()


def tags(value):
    """The tag-length-value records of a message between stages (core/record/wire.h)."""
    found, at = {}, 1
    while at < len(value):
        tag, size, shift, at = value[at], 0, 0, at + 1
        while True:
            size |= (value[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if value[at - 1] < 0x80:
                break
        found[tag] = value[at:at + size]
        at += size
    return found


TAG_SETTLED = 12


# ---- brokers of a scenario's own ----

class Broker:
    """ops/kafka in a folder of its own, ended with the scenario."""

    def __init__(self, name, port, *options, fresh=True):
        self.dir, self.port = f"{WORK}/{name}", port
        self.bootstrap = self.run("start", *["--fresh"][:fresh], "--port", port, *options).split("bootstrap=")[-1].strip()
        atexit.register(self.run, "stop", check=False)

    def run(self, verb, *options, check=True):
        done = subprocess.run([f"{ROOT}/ops/kafka", verb, "--dir", self.dir, *map(str, options)], capture_output=True, text=True,
                              timeout=300)
        if check and done.returncode != 0:
            raise RuntimeError(f"ops/kafka {verb}: {done.stderr[-400:]}")
        return done.stdout

    def restarts(self, node):
        """Start a node again: whether it did. On a busy machine it may find no quorum in time, and end."""
        with contextlib.suppress(RuntimeError):
            self.run("restart", node)
            return True
        return False

    def leader(self, topic, partition=0):
        done = subprocess.run(["kcat", "-b", self.bootstrap, "-L", "-J", "-t", topic], capture_output=True, timeout=60, env=ENV)
        told = json.loads(done.stdout)["topics"][0]["partitions"]
        return next(p["leader"] for p in told if p["partition"] == partition)


# ---- the town ----

class Town:
    """A data folder of an invented town and the topics for it. ${name} is the prefix of its topics on the shared broker."""
    samples, wanted = {}, {}

    def __init__(self, name, bootstrap=None, students=400, nights=2, settings=(), create=True, data=None):
        if bootstrap is None:
            needs_broker()
        self.bootstrap = bootstrap or BOOTSTRAP
        self.students, self.nights = students, nights
        self.prefix = f"{name}-{os.getpid()}"
        self.settings = [f"kafka.bootstrap.servers={self.bootstrap}", f"topics.prefix={self.prefix}", "topics.partitions=4", *settings]
        self.files = []
        self.log = f"{WORK}/{name}.log"
        self.data = data or self.folder(name)
        if create:
            self.yici("topics", "create")

    # -- files --

    def folder(self, name):
        data = f"{WORK}/{name}"
        os.makedirs(WORK, exist_ok=True)
        shutil.rmtree(data, ignore_errors=True)
        run(["init", data])
        return data

    def sample(self):
        key = self.students, self.nights
        if key not in self.samples:
            folder = f"{WORK}/sample-{self.students}-{self.nights}"
            if not os.path.exists(folder + "/made"):
                shutil.rmtree(folder, ignore_errors=True)
                run(["make-sample", "--students", self.students, "--seed", 11, "--nights", self.nights, "--out", folder])
                open(folder + "/made", "w").close()
            self.samples[key] = folder
        return self.samples[key]

    def deliver(self, night, data=None):
        source = f"{self.sample()}/night-{night:02d}/inbox"
        for path in glob.glob(source + "/**/*", recursive=True):
            if os.path.isfile(path):
                to = f"{data or self.data}/inbox/{os.path.relpath(path, source)}"
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copyfile(path, to)

    def want(self, night):
        """The digest of what `yici run` makes of all nights up to this one."""
        key = self.students, self.nights
        if key not in self.wanted:
            data = self.folder("embedded")
            self.wanted[key] = {}
            for n in range(1, self.nights + 1):
                self.deliver(n, data)
                run(["run", data, "--date", DATES[n]], ok=(0, 3))
                self.wanted[key][n] = digest(os.path.realpath(f"{data}/out/latest"))
        return self.wanted[key][night]

    # -- programs --

    def words(self, program, *more, data=None):
        words = [program] if program in ("topics", "follow") else [program, data or self.data]
        words += more
        for pair in self.settings:
            words += ["--set", pair]
        for file in self.files:
            words += ["-c", file]
        return words

    def yici(self, program, *more, ok=(0,), data=None, wait=300):
        if program == "topics":
            words = [program, *more] + self.words("topics")[1:]
        else:
            words = self.words(program, *more, data=data)
        return run(words, ok=ok, log=self.log, wait=wait)

    def start(self, program, *more, data=None, under=()):
        return spawn(self.log, *under, YICI, *self.words(program, *more, data=data))

    def worker(self, name, *more, **how):
        return self.start("normalize", "--set", f"instance={name}", *more, **how)

    @contextlib.contextmanager
    def workers(self, count=2, *more):
        """So many workers while the block is at work; each must end well when it is asked to."""
        at_work = [self.worker(f"n{i}", *more) for i in range(count)]
        yield at_work
        statuses = [stop(process) for process in at_work]
        check(all(s == 0 for s in statuses), "workers end with 0 when asked to", f"{statuses}: {tail(self.log)}")

    def nightly(self, night, *more, ok=(0, 3), wait=300, data=None):
        return self.yici("nightly", "--date", DATES[night], *more, ok=ok, wait=wait, data=data)

    # -- what must hold --

    def topic(self, name, **how):
        return kcat(self.bootstrap, f"{self.prefix}.{name}", **how)

    def runs(self, state="complete"):
        said = [json.loads(r.value) for r in self.topic("runs") if header(r, "ce_type") == "yici.run"]
        return [r for r in said if r["state"] == state]

    def local(self, data=None):
        with open(f"{data or self.data}/out/latest/students.jsonl", "rb") as file:
            lines = file.read().splitlines()
        return {json.loads(line)["student_id"]: line for line in lines}

    def holds(self, night, data=None, what="", rows=True):
        """Bytes as embedded; the clean topic is the snapshot; nothing lost, nothing twice; counts agree."""
        what = f"{self.prefix} night {night}{what}: "
        latest = os.path.realpath(f"{data or self.data}/out/latest")
        if not check(os.path.isdir(latest) and digest(latest) == self.want(night), what + "the bytes of the embedded run",
                     f"{latest}: {tail(self.log)}"):
            return
        local = self.local(data)
        students = self.topic("students")
        table = {}
        for record in students:
            table[record.key.decode()] = record.value
        check({k: v for k, v in table.items() if v is not None} == local, what + "the clean topic is students.jsonl",
              f"{sum(v is not None for v in table.values())} on the topic, {len(local)} in the file")
        complete = self.runs()
        check([r["date"] for r in complete] == [DATES[n] for n in range(1, night + 1)], what + "one complete run each night",
              str([r["run"] for r in complete]))
        ids = [header(r, "ce_id") for t in (students, self.topic("changes"), self.topic("identity")) for r in t]
        check(len(ids) == len(set(ids)), what + "every message of a night was published once",
              f"{len(ids)} messages, {len(set(ids))} of them different")
        sent = collections.Counter(header(r, "ce_id").split(":")[0] for r in students if r.value is not None)
        check(all(sent[r["run"]] == r["students_sent"] for r in complete), what + "as many students as the run says",
              f"{sent} {[(r['run'], r['students_sent']) for r in complete]}")
        check(complete and complete[-1]["students"] == len(local)
              and complete[-1]["sha256"] == hashlib.sha256(open(f"{latest}/students.jsonl", "rb").read()).hexdigest(),
              what + "the complete record counts and digests what there is")
        if rows:
            self.rows_once(what)

    def rows_once(self, what=""):
        """Every row of every file on the topics once: as read, and what became of it."""
        files = {}
        for record in self.topic("files"):
            said = json.loads(record.value)
            files[said["file_id"]] = said
        wanted = sum(f["rows"] for f in files.values() if f["state"] in ("complete", "used") and "reason" not in f
                     and f["sent"] == f["rows"])
        submitted = [r for r in self.topic("submitted") if b":" in r.key]
        check(len(submitted) == wanted == len({r.key for r in submitted}), what + "every row is on submitted once",
              f"{len(submitted)} rows, {len({r.key for r in submitted})} of them different, {wanted} in the files")
        checked = [r.value for r in self.topic("checked")]
        rejected = [r for r in self.topic("rejected") if not r.key.startswith(b"poison:")]
        settled = [r.key for r in rejected if tags(r.value).get(TAG_SETTLED) != b"\0"]
        check(len(checked) == len(set(checked)), what + "no row is on checked twice")
        check(len(rejected) == len({r.key for r in rejected}), what + "no row is on rejected twice")
        check(len(checked) + len(settled) == wanted, what + "every row became one thing",
              f"{len(checked)} checked, {len(settled)} settled otherwise, {wanted} rows")


class Service:
    """A program that is started again whenever it has ended, by itself or by us."""
    statuses = collections.defaultdict(set)  # of those that ended by themselves, by name

    def __init__(self, town, name, *words, every=(0.1, 2), data=None):
        self.town, self.name, self.words, self.every, self.data = town, name, words, every, data
        self.begin()

    def begin(self):
        self.process = self.town.start(self.name, *self.words, data=self.data)
        self.due = time.monotonic() + rng.uniform(*self.every)

    def is_due(self):
        return time.monotonic() >= self.due

    def look(self):
        """Start it again when it has ended."""
        if self.process.poll() is not None:
            self.statuses[self.name].add(self.process.returncode)
            self.begin()

    def kill(self):
        """1, or 0 when it had ended already."""
        killed = self.process.poll() is None
        if killed:
            stop(self.process, signal.SIGKILL)
        else:
            self.statuses[self.name].add(self.process.returncode)
        self.begin()
        return int(killed)


def run(words, ok=(0,), log=None, wait=300):
    """The program to its end; a status that is not among ${ok} is a failure (None: any is right)."""
    began = time.monotonic()
    done = subprocess.run([YICI, *map(str, words)], capture_output=True, timeout=wait, env=ENV, stdin=subprocess.DEVNULL)
    done.text = (done.stdout + done.stderr).decode(errors="replace")
    done.seconds = time.monotonic() - began
    if log:
        with open(log, "ab") as out:
            out.write(done.text.encode())
    if ok is not None and done.returncode not in ok:
        check(False, "exit status of yici " + " ".join(map(str, words[:3])), f"{done.returncode}: {done.text[-400:]}")
    return done
