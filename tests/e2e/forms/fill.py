"""fill.py YICI WORK [SCRIPT] - runs SCRIPT (filled.py) beside this file where openpyxl and XlsxWriter are.

The packages come from PyPI into a folder beside WORK; where they cannot be had the exit status is 77: skipped."""
import os, shutil, subprocess, sys

here = os.path.dirname(os.path.abspath(__file__))
yici, work = map(os.path.abspath, sys.argv[1:3])
script = sys.argv[3] if len(sys.argv) > 3 else "filled.py"
venv = os.path.join(os.path.dirname(work), "venv")
packages = ["openpyxl==3.1.5", "xlsxwriter==3.2.0"]


def skip(why):
	print("skipped:", why)
	sys.exit(77)


def python_with_packages():
	need, python = "import openpyxl, xlsxwriter", f"{venv}/bin/python"
	if subprocess.run([sys.executable, "-c", need], capture_output=True).returncode == 0:
		return sys.executable
	if not os.path.exists(python) and subprocess.run([sys.executable, "-m", "venv", venv], capture_output=True).returncode:
		skip("python3-venv is not there")
	if subprocess.run([python, "-c", need], capture_output=True).returncode and subprocess.run([python, "-m", "pip", "install", "-q", *packages], capture_output=True).returncode:
		skip("PyPI does not answer")
	return python


os.makedirs(work, exist_ok=True)
python = python_with_packages()
shutil.rmtree(work, ignore_errors=True)
os.makedirs(work)
sys.exit(subprocess.run([python, f"{here}/{script}", yici, work]).returncode)
