"""fill.py YICI WORK - departments' own workbooks, made by openpyxl and XlsxWriter, filled in and compared part by part with what they were.

The packages come from PyPI into WORK/venv; where they cannot be had the exit status is 77: skipped."""
import os, shutil, subprocess, sys

here = os.path.dirname(os.path.abspath(__file__))
yici, work = map(os.path.abspath, sys.argv[1:3])
packages = ["openpyxl==3.1.5", "xlsxwriter==3.2.0"]


def skip(why):
	print("skipped:", why)
	sys.exit(77)


def python_with_packages():
	need, python = "import openpyxl, xlsxwriter", f"{work}/venv/bin/python"
	if subprocess.run([sys.executable, "-c", need], capture_output=True).returncode == 0:
		return sys.executable
	if not os.path.exists(python) and subprocess.run([sys.executable, "-m", "venv", f"{work}/venv"], capture_output=True).returncode:
		skip("python3-venv is not there")
	if subprocess.run([python, "-c", need], capture_output=True).returncode and subprocess.run([python, "-m", "pip", "install", "-q", *packages], capture_output=True).returncode:
		skip("PyPI does not answer")
	return python


os.makedirs(work, exist_ok=True)
python = python_with_packages()
for name in os.listdir(work):
	if name != "venv":
		shutil.rmtree(f"{work}/{name}", ignore_errors=True)
sys.exit(subprocess.run([python, f"{here}/filled.py", yici, work]).returncode)
