#!/usr/bin/env python3
"""other_hands.py YICI WORKDIR: a city whose files other programs wrote, taken by the program, held against what its maker knows.

The files are made by xlwt, openpyxl, XlsxWriter (and pandas where it is there) and by hand, without the project's own sample. They
come from PyPI into WORKDIR/venv; where that cannot be had the exit status is 77: skipped."""
import hashlib, os, random, shutil, signal, subprocess, sys, time

here = os.path.dirname(os.path.abspath(__file__))
yici, work = map(os.path.abspath, sys.argv[1:3])
packages = ["xlwt==1.3.0", "openpyxl==3.1.5", "xlsxwriter==3.2.0"]
bad = 0


def check(ok, what):
	global bad
	bad += not ok
	print("ok   " if ok else "FAIL ", what, flush=True)


def skip(why):
	print("skipped:", why)
	sys.exit(77)


def python_with_packages():
	need = "import xlwt, openpyxl, xlsxwriter"
	python = f"{work}/venv/bin/python"
	if subprocess.run([sys.executable, "-c", need], capture_output=True).returncode == 0:
		return sys.executable
	if not os.path.exists(python) and subprocess.run([sys.executable, "-m", "venv", f"{work}/venv"], capture_output=True).returncode:
		skip("python3-venv is not there")
	if subprocess.run([python, "-c", need], capture_output=True).returncode and subprocess.run([python, "-m", "pip", "install", "-q", *packages], capture_output=True).returncode:
		skip("PyPI does not answer")
	return python


def digest(data):
	h, top = hashlib.sha256(), os.path.realpath(f"{data}/out/latest").encode()
	for path in sorted(os.path.join(d, f) for d, _, fs in os.walk(top) for f in fs):
		h.update(os.path.relpath(path, top) + b"\0" + open(path, "rb").read())
	return h.hexdigest()


def fresh(name, seed):
	"""A data folder with the city's files, put there in another order each."""
	data, top = f"{work}/{name}", f"{work}/city/inbox".encode()
	shutil.rmtree(data, ignore_errors=True)
	subprocess.run([yici, "init", data], check=True, capture_output=True)
	files = sorted(os.path.join(d, f) for d, _, fs in os.walk(top) for f in fs)
	random.Random(seed).shuffle(files)
	for f in files:
		to = f"{data}/inbox".encode() + f[len(top):]
		os.makedirs(os.path.dirname(to), exist_ok=True)
		os.symlink(os.readlink(f), to) if os.path.islink(f) else shutil.copyfile(f, to)
	return data


def run(data, *more):
	return subprocess.run([yici, "run", data, "--date", "2026-09-02", *more], capture_output=True)


os.makedirs(work, exist_ok=True)
python = python_with_packages()
shutil.rmtree(f"{work}/city", ignore_errors=True)
for script in ("city.py", "hostile.py"):
	subprocess.run([python, f"{here}/{script}", f"{work}/city"], check=True)
data = fresh("a", 1)
check(run(data).returncode in (0, 3), "the city is taken")
check(subprocess.run([python, f"{here}/examine.py", f"{work}/city", data]).returncode == 0, "what came out is what the maker knows")
want = digest(data)
check(run(data).returncode in (0, 3), "and once more, with nothing new")
for seed, more in ((2, ("--jobs", "1", "--memory", "8M")), (3, ("--jobs", "3"))):
	data = fresh("b", seed)
	run(data, *more)
	check(digest(data) == want, "the same bytes in another order, " + " ".join(more))
data = fresh("b", 4)
for i in range(6):
	p = subprocess.Popen([yici, "run", data, "--date", "2026-09-02"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
	time.sleep(random.Random(i).uniform(.01, .9))
	p.send_signal(signal.SIGKILL)
	p.wait()
	if os.path.exists(f"{data}/out/latest"):
		break
else:
	run(data)
check(digest(data) == want, "the same bytes after kills")
for d, _, fs in os.walk(f"{work}/city/inbox".encode()):
	for f in fs:
		p = subprocess.run([yici.encode(), b"inspect", os.path.join(d, f)], capture_output=True, timeout=60)
		if p.returncode not in (0, 65):
			check(False, f"inspect ends soundly: {p.returncode} {os.path.join(d, f)!r}")
sys.exit(bad != 0)
