"""registers.py YICI WORK [PYTHON…] - what comes to schools from above: registered by four offices, checked by one. A PYTHON with openpyxl reads the annexes."""
import collections, json, os, shutil, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../run"))
sys.dont_write_bytecode = True
import nightly
from nightly import YICI, WORK, check, finish, rows

KINDS = {"1": "inspections", "2": "meetings", "3": "documents", "4": "activities"}


def yici(*args, zh=False, **how):
    env = {"LC_ALL": "C.UTF-8", "YICI_HOLD": "no", "YICI_LANGUAGE": "zh" if zh else "en"}
    return nightly.yici(*args, env=env, timeout=120, **how).stdout.decode()


R = f"{WORK}/data"
yici("make-sample", "--seed", "7", "--nights", "2", "--out", f"{WORK}/sample", "--dataset", "register")
truth = rows(f"{WORK}/sample/truth/registers.csv")
yici("init", R, "--dataset", "register")
yici("registers", R, "check", status=65)  # no run yet
shutil.copytree(f"{WORK}/sample/night-01/inbox", f"{R}/inbox", dirs_exist_ok=True)
check("事项 98 项" in yici("run", R, "--date", "2026-11-02", "--dataset", "register", zh=True), "a run of matters")
got = {r["register_no"]: r for r in rows(f"{R}/out/latest/registers.csv")}
check(set(got) == {t["register_no"] for t in truth}, "every matter, known by its number")
check(all({"督查检查考核": "1", "会议": "2", "文件": "3", "进校园活动": "4"}[got[t["register_no"]]["register_kind"]] == t["kind"] for t in truth), "what kind it is says how its name is headed")
check(not rows(f"{R}/out/latest/rejected.csv"), "nothing is wrong with them")

# ---- checked ----
answer = json.loads(yici("registers", R, "check", "--json", status=3))
planted = collections.defaultdict(set)
for t in truth:
    if t["group"]:
        planted[(t["kind"], t["group"])].add(t["register_no"])
check(answer["year"] == 2026 and {frozenset(e["register_no"] for e in g["entries"]) for g in answer["merge"]} == {frozenset(p) for p in planted.values()}, "what was registered twice, and nothing else, may be merged", answer["merge"])
check(all(g["quarter"] == int(next(t["quarter"] for t in truth if t["register_no"] == g["entries"][0]["register_no"])) for g in answer["merge"]), "in its quarter")
counts = {c["kind"]: c for c in answer["counts"]}
for number, kind in KINDS.items():
    now, last = (sum(t["kind"] == number and t["year"] == year for t in truth) for year in ("2026", "2025"))
    cut = {"inspections": 50, "meetings": 20, "documents": 20, "activities": 0}[kind]
    cap = last * (100 - cut) // 100
    check((counts[kind]["count"], counts[kind]["last_year"], counts[kind]["cap"], counts[kind]["over"]) == (now, last, cap, now > cap), f"{kind} against last year", counts[kind])
check(counts["inspections"]["over"] and not counts["meetings"]["over"], "some are too many, some are not")
text = yici("registers", "check", R, status=3, zh=True)
check("建议合并 4 组" in text and "超出 4" in text and answer["merge"][0]["entries"][0]["register_no"] in text, "the same in words", text)
responsible = {r["responsible"] for r in got.values()}
check(not any(name in text + json.dumps(answer, ensure_ascii=False) for name in responsible), "who is in charge is not told")
check(json.loads(yici("registers", R, "check", "--year", "2025", "--json"))["counts"][0]["cap"] is None, "of the year before nothing is known to compare with")
yici("registers", R, "check", "--year", "26", status=64)
loose = json.loads(yici("registers", R, "check", "--json", *(f"--set=registers.{k}={v}" for k, v in (("inspections", 20), ("activities", 0))), status=3))
check(loose["counts"][0]["cap"] == 12 and not loose["counts"][0]["over"], "the caps are settings")

# ---- what is called off counts no more; what says too little is told ----
shutil.copytree(f"{WORK}/sample/night-02/inbox", f"{R}/inbox", dirs_exist_ok=True)
os.makedirs(f"{R}/inbox/meetings", exist_ok=True)
with open(f"{R}/inbox/meetings/more.csv", "w", encoding="utf-8") as f:
    f.write("会议名称,会议编号,主办科室,参会范围\n师德建设座谈会,会2026-98,人事科,全市中小学\n,会2026-99,人事科,全市中小学\n师德会,,人事科,全市中小学\n")
yici("run", R, "--date", "2026-11-03", "--dataset", "register")
second = json.loads(yici("registers", R, "check", "--json", status=3))
check(second["counts"][1]["count"] == answer["counts"][1]["count"] - 1, "a meeting that is called off", second["counts"][1])
check({e["register_no"] for e in second["unclear"]} == {"会2026-98", "会2026-99"}, "meetings without a date", second["unclear"])
rejected = rows(f"{R}/out/latest/rejected.csv")
back = [r for r in rejected if r["severity"] == "reject"]
check([r["rule"] for r in back] == ["no_identity"] and "one of: Number;" in back[0]["message"], "a matter without number goes back, and is told what is missing", rejected)

# ---- the annexes ----
yici("registers", R, "check", "--out", f"{WORK}/annexes", "--json", status=3)
names = sorted(os.listdir(f"{WORK}/annexes"))
check(names == sorted(["附件1-督查检查考核事项.xlsx", "附件2-会议.xlsx", "附件3-文件.xlsx", "进校园活动.xlsx"]), "four tables", names)
check(all(os.stat(f"{WORK}/annexes/{n}").st_mode & 0o777 == 0o600 for n in names), "for nobody else's eyes")
yici("registers", R, "check", "--out", f"{WORK}/again", status=3)
check(all(open(f"{WORK}/annexes/{n}", "rb").read() == open(f"{WORK}/again/{n}", "rb").read() for n in names), "the same bytes again")
python = next((p for p in [sys.executable, *sys.argv[3:]] if os.path.exists(p) and subprocess.run([p, "-c", "import openpyxl"], capture_output=True).returncode == 0), None)
if python is None and subprocess.run([sys.executable, "-m", "venv", f"{WORK}/venv"], capture_output=True).returncode == 0 \
        and subprocess.run([f"{WORK}/venv/bin/python", "-m", "pip", "install", "-q", "openpyxl==3.1.5"], capture_output=True).returncode == 0:
    python = f"{WORK}/venv/bin/python"
if python is None:
    print("openpyxl cannot be had: the annexes are not read")
else:
    dump = "import sys,json,openpyxl\nw=openpyxl.load_workbook(sys.argv[1]);s=w.active\nprint(json.dumps({'title':s.title,'merged':[str(m) for m in s.merged_cells.ranges],'rows':[[c.value for c in r] for r in s.iter_rows()],'paper':s.page_setup.paperSize,'landscape':s.page_setup.orientation}))"
    book = lambda n: json.loads(subprocess.run([python, "-c", dump, f"{WORK}/annexes/{n}"], capture_output=True, check=True).stdout)
    one = book("附件1-督查检查考核事项.xlsx")
    table = one["rows"]
    check(table[0][0] == "附件1" and table[1][0] == "2026年度涉及中小学校和教师的督查检查考核事项清单" and "A2:I2" in one["merged"] and table[2][0].startswith("填报单位（盖章）："), "above the table", table[:3])
    check(table[3] == ["序号", "编号", "督查检查考核事项", "责任科室", "检查对象", "时间", "依据文件", "负责人", "备注"], "its heads", table[3])
    body = table[4:-1]
    want = sorted((r for r in got.values() if r["register_kind"] == "督查检查考核" and r["date_from"] > "2026"), key=lambda r: (r["date_from"], r["register_no"]))
    check([r[:5] for r in body] == [[str(i), r["register_no"], r["matter"], r["unit"], r["object"]] for i, r in enumerate(want, 1)], "its rows in the order of days", body[:2])
    check(all(r[5].startswith(w["date_from"]) and (" 至 " in r[5]) == bool(w["date_to"]) and r[7] == w["responsible"] for r, w in zip(body, want)), "when, and who")
    remarks = {r[1]: r[8] for r in body}
    check(all(remarks[a] == f"建议与 {b} 合并" for p in planted.values() if p <= set(remarks) for a, b in [sorted(p), sorted(p)[::-1]]) and sum(bool(v) for v in remarks.values()) == 4, "what may be merged with what", remarks)
    check(table[-1][0] == "合计：12 项（上年 16 项，上限 8 项，已超出）", "the sum", table[-1])
    check((one["paper"], one["landscape"]) == (9, "landscape"), "on A4")
    check(book("附件3-文件.xlsx")["rows"][3] == ["序号", "文号", "文件标题", "发文科室", "发送范围", "发文日期", "依据文件", "备注"] and len(book("进校园活动.xlsx")["rows"]) == 4 + 7 + 1, "the others")
yici("registers", R, "check", "x", status=64)
finish()
