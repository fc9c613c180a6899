"""grants_town.py YICI WORK - the sample grants on an invented town: each view is what another program makes of students.jsonl and the grant's file."""
import hmac, sys, os
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../run"))
sys.dont_write_bytecode = True
from nightly import *
import xml.etree.ElementTree as xml

os.environ.update(LC_ALL="C.UTF-8", YICI_HOLD="no")
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
base = town(600, nights=2, seed=23)
data = data_folder("data")
os.makedirs(f"{data}/config/grants")
for name in os.listdir(f"{ROOT}/config/grants"):
    # every night, in all forms, so that there is something to compare
    text = open(f"{ROOT}/config/grants/{name}", encoding="utf-8").read()
    deliver_tag = text[text.index("<deliver"):text.index("/>", text.index("<deliver"))]
    with open(f"{data}/config/grants/{name}", "w", encoding="utf-8") as out:
        out.write(text.replace(deliver_tag, '<deliver format="csv jsonl xlsx"'))


def meets(test, value):
    is_, not_, held = (test.get(k) for k in ("is" if test.tag == "where" else "yes", "not", "held"))
    if not value:
        return held == "no"
    return value in is_.split() if is_ else value not in not_.split() if not_ else held == "yes"


def masked(column, student, token):
    if column.tag == "token":
        return token
    value, mask = student.get(column.get("name"), ""), column.get("mask")
    if mask == "last4":
        return " ".join(n[-4:] for n in value.split(" ") if len(n) >= 8)
    return value[:4] if mask == "birth_year" else value and str(int(meets(column, value))) if mask == "yes_no" else value


def key_of(column):
    return column.tag if column.tag == "token" else column.get("name") + {"whole": "", "last4": "_last4", "birth_year": "_year", "yes_no": "_yes_no"}[column.get("mask")]


seen = set()
for night, date in ((1, "2026-10-08"), (2, "2026-10-09")):
    deliver(data, f"{base}/night-{night:02d}/inbox")
    run(data, date)
    secret = open(f"{data}/state/views.key", "rb").read()
    students = [json.loads(l) for l in open(f"{data}/out/latest/students.jsonl", encoding="utf-8")]
    check(len(students) > 500, "a town of some size", str(len(students)))
    for name in sorted(os.listdir(f"{data}/config/grants")):
        grant, root = name[:-4], xml.parse(f"{data}/config/grants/{name}").getroot()
        if root.get("dataset", "student") != "student":  # of another folder: it gives nothing here
            check(not os.path.exists(f"{data}/out/latest/views/{grant}"), "a grant of another dataset gives nothing", grant)
            continue
        where, columns = root.find("rows"), list(root.find("fields"))
        grades = {g.get("code") for g in where.findall("grade")}
        want = []
        for s in students:
            here = {"back": "present"}.get(s["presence"], s["presence"])  # who is back is here
            if here not in (where.get("presence") or "present stale").split() or (grades and s.get("grade") not in grades):
                continue
            if not all(meets(t, s.get(t.get("field"), "")) for t in where.findall("where")):
                continue
            token = hmac.new(secret, grant.encode() + b"\0" + bytes.fromhex(s["student_id"]), "sha256").hexdigest()[:32]
            want.append((token, {key_of(c): v for c in columns if (v := masked(c, s, token))}))
        want = [row for _, row in sorted(want, key=lambda w: w[0])]
        got = [json.loads(l) for l in open(f"{data}/out/latest/views/{grant}/data.jsonl", encoding="utf-8")]
        check(len(want) > 0 and got == want, f"{grant}, night {night}: the rows and cells that the grant says", f"{len(got)} {len(want)}")
        seen |= {key for row in got for key in row}
        check(len(rows(f"{data}/out/latest/views/{grant}/data.csv")) == len(want), "the csv has as many")
        told = {e["rows"] for e in json.loads(yici("disclosures", data, "--grant", grant, "--json").stdout)}
        check(str(len(want)) in told, "and the log says so")
check({"token", "birth_date_year", "phone_last4", "disability_yes_no", "id_no"} <= seen, "every mask had something to do", str(seen))

# for every student: in what was delivered of him there is what the views hold
entries = json.loads(yici("disclosures", data, "--json").stdout)
for s in students[:40]:
    told = {(e["grant"], e["delivery"]) for e in json.loads(yici("disclosures", data, s["student_id"], "--json").stdout)}
    for e in entries:
        folder = f"{data}/out/{e['run']}/views/{e['grant']}/data.jsonl"
        if "token" not in e["columns"].split():
            continue
        token = hmac.new(secret, e["grant"].encode() + b"\0" + bytes.fromhex(s["student_id"]), "sha256").hexdigest()[:32]
        check((token in open(folder, encoding="utf-8").read()) == ((e["grant"], e["delivery"]) in told), "told of exactly what holds him", f"{e['grant']}-{e['delivery']}")
finish()
