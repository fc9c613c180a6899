"""nightly.py - for tests that run the program: a work folder, an invented town, runs, and what they left.

Every script is called with the program and a folder it may empty, checks one thing after another, and ends with
finish(): how many checks passed and failed, exit status 1 when any failed.
"""
import csv, glob, hashlib, io, json, os, shutil, subprocess, sys, zipfile
from xml.sax.saxutils import escape

YICI, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
passed = failed = 0
shutil.rmtree(WORK, ignore_errors=True)
os.makedirs(WORK)


def check(ok, what, detail=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAIL {what}" + (f": {detail}" if detail else ""), flush=True)
    return bool(ok)


def finish():
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


def yici(*args, status=0, env=None, **kw):
    done = subprocess.run([YICI, *map(str, args)], capture_output=True, env=None if env is None else {**os.environ, **env}, **kw)
    if status is not None:
        check(done.returncode == status, "exit status of " + " ".join(map(str, args)),
              f"{done.returncode} {done.stderr[-300:].decode(errors='replace')}")
    return done


def town(students, nights=1, seed=7):
    """The folders night-NN/inbox of an invented town."""
    out = f"{WORK}/town"
    yici("make-sample", "--students", students, "--seed", seed, "--nights", nights, "--out", out)
    return out


def data_folder(name):
    data = f"{WORK}/{name}"
    shutil.rmtree(data, ignore_errors=True)
    yici("init", data)
    return data


def files_below(folder):
    return sorted(p for p in glob.glob(glob.escape(folder) + "/**/*", recursive=True) if os.path.isfile(p))


def deliver(data, folder, random=None):
    """Copy an inbox into DATA, in any order."""
    files = files_below(folder)
    if random:
        random.shuffle(files)
    for path in files:
        put(data, os.path.relpath(path, folder), open(path, "rb").read())


def put(data, name, content):
    to = f"{data}/inbox/{name}"
    os.makedirs(os.path.dirname(to), exist_ok=True)
    with open(to, "wb") as out:
        out.write(content)
    return to


def run(data, date="2026-09-02", *args, **kw):
    return yici("run", data, "--date", date, *args, **kw)


def tree(folder):
    """One digest over names and bytes of all below a folder; what a link points at."""
    digest = hashlib.sha256()
    folder = os.path.realpath(folder)
    for path in files_below(folder):
        digest.update(os.path.relpath(path, folder).encode() + b"\0" + hashlib.sha256(open(path, "rb").read()).digest())
    return digest.hexdigest()


def differing(one, other):
    """Names of files that are not the same in both trees."""
    one, other = os.path.realpath(one), os.path.realpath(other)
    names = {os.path.relpath(p, one) for p in files_below(one)} | {os.path.relpath(p, other) for p in files_below(other)}
    read = lambda p: open(p, "rb").read() if os.path.exists(p) else None
    return sorted(n for n in names if read(f"{one}/{n}") != read(f"{other}/{n}"))


def rows(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def report(data):
    return json.load(open(f"{data}/out/latest/report.json", encoding="utf-8"))


def accounts(data):
    return {(f["source"], f["file"]): f for f in report(data)["files"]}


def table(*people, header="姓名,身份证件号,学校名称,班级"):
    """A delivery in its plainest form: comma separated, UTF-8."""
    return (header + "\n" + "".join(",".join(p) + "\n" for p in people)).encode()


def id_no(seventeen):
    return seventeen + "10X98765432"[sum(int(d) * (1 << (17 - i)) for i, d in enumerate(seventeen)) % 11]


class Mode:
    """`yici run` alone, or nightly over a bus that is a folder."""

    def __init__(self, name, bus):
        self.data, self.more = data_folder(name), []
        self.bus = ["--set", f"bus.local={WORK}/bus-{name}"] if bus else []

    def night(self, date, status=0):
        if self.bus:
            worker = subprocess.Popen([YICI, "normalize", self.data, *self.bus], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                return yici("nightly", self.data, "--date", date, *self.bus, *self.more, "--set", "language=en", status=status).stdout.decode()
            finally:
                worker.terminate()
                worker.wait()
        return run(self.data, date, *self.more, "--set", "language=en", status=status).stdout.decode()

    def hold(self, *words, status=0):
        if self.bus:
            worker = subprocess.Popen([YICI, "normalize", self.data, *self.bus], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return yici("hold", *words, *self.bus, "--set", "language=en", status=status).stdout.decode()
        finally:
            if self.bus:
                worker.terminate()
                worker.wait()

    def topic(self):
        """What a department has of the topic of students."""
        if not self.bus:
            return None
        out = f"{WORK}/follow-{os.path.basename(self.data)}"
        shutil.rmtree(out, ignore_errors=True)
        yici("follow", "yici.students", "--out", f"{out}/s.jsonl", "--once", "--set", "follow.group=see-" + os.urandom(4).hex(), *self.bus)
        return tree(out) if os.path.isdir(out) else None

    def latest(self):
        return os.readlink(f"{self.data}/out/latest"), tree(f"{self.data}/out/latest"), open(f"{self.data}/state/current").read()

    def held(self):
        return json.load(open(f"{self.data}/state/held/report.json", encoding="utf-8"))


def workbook(*sheets):
    """An xlsx of sheets (name, state, rows); a row is (number, cells), a cell that begins with = a formula without its result;
    rows of None make a chart."""
    out = io.BytesIO()
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    with zipfile.ZipFile(out, "w") as z:
        put_part = lambda name, text: z.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
        put_part("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>')
        put_part("_rels/.rels", f'<Relationships {links}><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        put_part("xl/workbook.xml", f'<workbook {main} xmlns:r="{office}"><sheets>' + "".join(
            f'<sheet name="{name}" sheetId="{n}" state="{state}" r:id="rId{n}"/>' for n, (name, state, _) in enumerate(sheets, 1)) + "</sheets></workbook>")
        put_part("xl/_rels/workbook.xml.rels", f"<Relationships {links}>" + "".join(
            f'<Relationship Id="rId{n}" Type="{office}/{"chart" if rows is None else "work"}sheet" Target="worksheets/sheet{n}.xml"/>'
            for n, (_, _, rows) in enumerate(sheets, 1)) + "</Relationships>")
        for n, (_, _, rows) in enumerate(sheets, 1):
            put_part(f"xl/worksheets/sheet{n}.xml", f"<chartsheet {main}/>" if rows is None else f"<worksheet {main}><sheetData>" + "".join(
                f'<row r="{r}">' + "".join(f"<c><f>{escape(c[1:])}</f></c>" if c[:1] == "=" else
                                           f'<c t="inlineStr"><is><t>{escape(c)}</t></is></c>' for c in row) + "</row>"
                for r, row in rows) + "</sheetData></worksheet>")
    return out.getvalue()
