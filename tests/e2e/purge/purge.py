"""purge.py YICI WORK - a person who was purged is nowhere: not in the state, the outputs, the archive, whatever the file was packed in; others are as
if there had never been such a person; the logs hold that it happened; and who is sent again stays out until the order is taken back."""
import sys
from gone import *

GRANT = ('<grant unit="样例单位" valid_from="2026-09-01" valid_to="2027-01-31" destroy_by="2027-06-30"><purpose>核对</purpose><basis>样例办法</basis>'
         '<document number="1号" date="2026-08-20"/><approver name="张样例" date="2026-08-21"/><rows><all/></rows>'
         '<fields><token/><field name="name" mask="whole"/><field name="id_no" mask="whole" need="核对"/></fields><deliver format="csv xlsx jsonl"/></grant>')
OUTLETS = ["--set", "outlets=csv,jsonl,xlsx,report,returned"]


def world(name, people):
    data = data_folder(name)
    os.makedirs(f"{data}/config/grants")
    with open(f"{data}/config/grants/all.xml", "w", encoding="utf-8") as out:
        out.write(GRANT)
    for night, date in ((1, "2026-09-02"), (2, "2026-09-03")):
        fill(data, people, night)
        run(data, date, *OUTLETS)
    return data


def purge(data, who, *args, status=0):
    said = yici("purge", data, who, "--why", "家长申请", "--date", "2026-09-04", "--json", *OUTLETS, *args, status=status)
    return json.loads(said.stdout) if said.stdout.startswith(b"{") else {}


data, without = world("data", EVERYBODY), world("without", [p for p in EVERYBODY if p is not HE])
him = id_of(data, HE)
yici("correct", without, id_of(without, OTHERS[0]), "phone", "13800009999", "--why", "别人的")
run(without, "2026-09-03", *OUTLETS)
yici("correct", data, him, "phone", "13877665599", "--why", "家长来电：欧阳雪霁换了号码")
yici("correct", data, id_of(data, OTHERS[0]), "phone", "13800009999", "--why", "别人的")
run(data, "2026-09-03", *OUTLETS)
with open(f"{WORK}/表.csv", "w", encoding="utf-8") as out:
    out.write("情况登记表\n姓名,身份证件号,联系电话\n")
yici("forms", data, "fill", f"{WORK}/表.csv", "--all", "--grant", "all", "--out", f"{WORK}/filled", "--date", "2026-09-03")
filled = lambda who: [e["action"] for e in json.loads(yici("disclosures", data, who, "--json").stdout)].count("fill")
check(filled(him) == 1 and filled(id_of(data, OTHERS[0])) == 1, "in a form that was filled in, too")
words = [HE[0], HE[1], HE[2], HE[7], HE[8], HE[10], "13877665599", him]
places = found(data, *words)
for part in ("state/decisions.log", "archive/", "quarantine/", "out/2026", "体检.xls", "校车.txt", "资助.xlsx!xl", "打包.zip!", "接种.csv.gz!", "views/all"):
    check(any(part in p for p in places), "is there before", part)
yici("purge", data, "0" * 32, "--why", "x", status=65)
yici("purge", data, him, status=64)
yici("purge", data, him, "--why", f"{HE[0]}家长申请", status=65)
check(not os.path.exists(f"{data}/state/purging"), "what was not ordered leaves nothing")
before = {p: open(p, "rb").read() for p in files_below(f"{data}/archive") if not found(os.path.dirname(p), *words)}

done = purge(data, him)
left = found(data, *words, bytes.fromhex(him).hex())
check(not left, "nothing is left", str(left[:5]))
check(not [p for p in files_below(data) if bytes.fromhex(him) in open(p, "rb").read()], "not the student's id either")
check(students(data) == students(without), "others are as if there had been no such person",
      str(sorted(set(students(data)) ^ set(students(without)))[:2]))
check(rows(f"{data}/out/latest/changes.csv") == [] or all(r["why"].startswith("decision") for r in rows(f"{data}/out/latest/changes.csv")), "and nothing of them changed")
check(done["files"] >= 12 and done["rows"] >= 14 and done["entries"] == 1 and done["runs"] == 3, "what was done is counted", str(done))
yici("audit", data, "verify")
check(filled(id_of(data, OTHERS[0])) == 1 and filled(him) == 0, "who else was in the form is still known")
log = open(f"{data}/state/decisions.log", "rb").read()
entries = json.loads(yici("audit", data, "list", "--json").stdout)
check([e["action"] for e in entries] == ["purged", "correct", "purge", "purge_done"] and "家长申请" in log.decode(), "the log holds that it happened", str([e["action"] for e in entries]))
check(all(os.path.exists(p) and open(p, "rb").read() == content for p, content in before.items()), "files without the person are untouched")

# ---- rows of others are where they were ----
for path, content in deliveries([p for p in EVERYBODY if p is not HE], 1).items():
    run_folder = f"{data}/archive/20260902-1"
    for other in OTHERS + TWINS:
        if other[0].encode() in b"".join(c for _, c in layers("", content)):
            check(found(run_folder, other[0]), "rows of others stay", path)
plain = sorted(os.path.relpath(p, f"{data}/archive/20260902-1") for p in files_below(f"{data}/archive/20260902-1"))
check("registry/全市.csv.purged.csv" in plain and "club/打包.zip!社团_别人.csv" in plain and "club/打包.zip!社团_名单.csv.purged.csv" in plain
      and "health/体检.xls.purged.csv" in plain, "and are called so that it tells", str(plain))
kept = list(csv.reader(open(f"{data}/archive/20260902-1/aid/资助.xlsx.purged.csv", encoding="utf-8-sig", newline="")))
check(kept[0] == ["名单", "1", "姓名", "身份证件号", "学校名称", "联系电话"] and [r[1] for r in kept] == ["1", *map(str, range(3, 14))], "sheet, row, cells as sent", str(kept[:3]))

# ---- a broken chain is still found: who empties a line himself has no purge that says so ----
forged = f"{WORK}/forged"
shutil.copytree(data, forged, symlinks=True)
lines = open(f"{forged}/state/decisions.log", "rb").read().splitlines(keepends=True)
body = lines[1].rsplit(b',"before"', 1)
line = b'{"number":2,"action":"purged","by":"3","line":"' + hashlib.sha256(lines[1]).hexdigest().encode() + b'","before"' + body[1].rsplit(b',"sum"', 1)[0]
lines[1] = line + b',"sum":"' + hashlib.sha256(line).hexdigest().encode() + b'"}\n'
open(f"{forged}/state/decisions.log", "wb").write(b"".join(lines))
said = yici("audit", forged, "verify", status=65)
check("2" in said.stdout.decode() and "no purge" in said.stdout.decode(), "an emptied line without a purge is a broken one", said.stdout.decode())

# ---- one of two namesakes, one of twins: the other one stays ----
for gone_one, other in (NAMESAKES, TWINS):
    done = purge(data, id_of(data, gone_one))
    check(not found(data, gone_one[1]), "his number is gone", str(found(data, gone_one[1])[:3]))
    for source in ("registry/全市.csv", "aid/资助.xlsx", "club/打包.zip!社团_名单.csv", "health/体检.xls", "vaccine/接种.csv.gz!接种.csv", "bus/校车.txt", "registry/全市.csv"):
        texts = [open(p, encoding="utf-8-sig").read() for p in files_below(f"{data}/archive/20260902-1") if p.endswith(".purged.csv") and os.path.relpath(p, f"{data}/archive/20260902-1").startswith(source.split(".")[0])]
        check(sum(t.count(other[0]) for t in texts) == 1, "the other's row stays, his does not", f"{source} {[t.count(other[0]) for t in texts]}")
check(len(students(data)) == len(students(without)) - 2, "and nobody else goes")
check(not [p for p in files_below(f"{data}/archive") if ".purged.csv.purged" in p], "a file is put in the place of another once")
yici("audit", data, "verify")

# ---- sent again ----
fill(data, EVERYBODY, 3)
run(data, "2026-09-05", *OUTLETS)
report_of = {n: f for (_, n), f in accounts(data).items()}
check(all(f["rows"] == f["accepted"] + f["rejected"] + f["set_aside"] for f in report_of.values() if f["state"] == "complete"), "all rows are accounted for")
aside = [r for r in rows(f"{data}/out/latest/set_aside.csv") if r["reason"] == "purged"]
check(len([r for r in aside if r["file"] == "全市.csv"]) == 3 and {r["source"] for r in aside} >= {"registry", "aid", "club", "health"}, "whoever sends them: rows are set aside",
      str([(r["source"], r["row"]) for r in aside]))
check(len(students(data)) == len(students(without)) - 2 + 2 and not found(f"{data}/out", HE[1]) and not found(f"{data}/state", HE[1]), "and nothing of it comes in",
      str((len(students(data)), found(f"{data}/out", HE[0]), found(f"{data}/state", HE[0]))))

named = [p for p in found(f"{data}/archive", HE[0]) if HE[0] not in os.path.relpath(p, f"{data}/archive").split(".")[0]]
check(not found(f"{data}/archive", HE[1], HE[2], TWINS[0][1], NAMESAKES[0][1]) and not named, "his rows leave what goes to the archive, too", str(found(f"{data}/archive", HE[1])[:3]))
check(found(f"{data}/archive/20260905-1", TWINS[1][1], OTHERS[0][1]) and not os.listdir(f"{data}/state/again"), "others' stay", str(os.listdir(f"{data}/state/again")))

# ---- and taken back ----
listed = json.loads(yici("purge", data, "list", "--json").stdout)
number = next(e["number"] for e in listed if e["action"] == "purge")
yici("purge", data, "lift", number, status=64)
yici("purge", data, "lift", number, "--why", "撤回")
yici("purge", data, "lift", number, "--why", "撤回", status=65)
fill(data, EVERYBODY, 4)
run(data, "2026-09-06", *OUTLETS)
check([r["name"] for r in rows(f"{data}/out/latest/students.csv") if r["id_no"] == HE[1]] == [HE[0]], "an order that is lifted lets him in")
check(id_of(data, HE) != him and not [r for r in rows(f"{data}/out/latest/students.csv") if r["id_no"] in (TWINS[0][1], NAMESAKES[0][1])], "as somebody new, and nobody else")

# ---- what only a person can look into, or has not come in yet ----
data = data_folder("doubt")
put(data, "registry/all.csv", table(*EVERYBODY, header=HEADER))
put(data, "registry/图.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(40))
run(data, "2026-09-02")
put(data, "registry/more.csv", table(*EVERYBODY, header=HEADER) + b"\n")
said = yici("purge", data, id_of(data, HE), "--why", "家长申请", "--json", "--date", "2026-09-02", status=3)
done = json.loads(said.stdout)
check((done["unread_files"], done["waiting_files"]) == (1, 1) and [p.rsplit("/", 1)[1] for p in done["left"]] == ["图.png", "more.csv"] and not found(f"{data}/state", HE[1]) and os.path.exists(f"{data}/inbox/registry/more.csv"), "exit 3, and both are said", str(done))
check(HE[0].encode() not in said.stderr and HE[1].encode() not in said.stderr, "nobody is named in the log")

# ---- a number that was copied into another child's row, a case for a person, files that rest in the inbox, a night that is held ----
data = data_folder("copied")
put(data, "registry/all.csv", table(*EVERYBODY, header=HEADER))
put(data, "aid/more.csv", table(("李不同", HE[1], "第二小学", "1班"), ("李大同", OTHERS[0][1], "第二小学", "1班")))
run(data, "2026-09-02", "--set", "archive=no")
cases = rows(f"{data}/out/latest/review.csv")
check(any(c["id_no"] == HE[1] for c in cases) and any(c["id_no"] == OTHERS[0][1] for c in cases), "he is in a case", str(len(cases)))
put(data, "registry/new.csv", table(*EVERYBODY[3:4], header=HEADER) + table(HE[:2] + ("x",) * 9))
run(data, "2026-09-03", "--set", "archive=no", "--set", "hold=yes", "--set", "hold.small=0", "--set", "hold.few=0", "--set", "hold.persons=1", status=3)
check(os.path.isdir(f"{data}/state/held"), "a night is held")
os.remove(f"{data}/inbox/registry/new.csv")
done = json.loads(yici("purge", data, id_of(data, HE), "--why", "x", "--date", "2026-09-03", "--json", "--set", "archive=no", status=3).stdout)
check(len(done["others"]) == 1 and done["waiting_files"] == 0, "who has the same number is said", str(done))
check(not found(data, HE[0]) and not os.path.exists(f"{data}/state/held"), "he is gone", str(found(data, HE[0])))
check(sorted(os.path.relpath(p, data).split("/", 2)[::2] for p in files_below(f"{data}/archive") + files_below(f"{data}/inbox"))
      == [["archive", "registry/all.csv.purged.csv"], ["inbox", "more.csv"]] and found(f"{data}/inbox", "李不同"), "what was taken and rested in the inbox is in the archive without him, what is another's is where it was",
      str(files_below(f"{data}/archive") + files_below(f"{data}/inbox")))
check([c["id_no"] for c in rows(f"{data}/out/latest/review.csv")] and all(c["id_no"] == OTHERS[0][1] for c in rows(f"{data}/out/latest/review.csv")), "the case of others stays")
finish()
