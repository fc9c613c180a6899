#!/usr/bin/env python3
"""examine.py CITY DATA: what a run made of the city, held against the truth that the city's maker kept."""
import csv, json, os, sys
from collections import Counter, defaultdict

csv.field_size_limit(1 << 30)
city, data = sys.argv[1:3]
out = os.path.realpath(f"{data}/out/latest")
shown, failed, passed = Counter(), 0, 0


def check(ok, what, detail=""):
	global failed, passed
	if ok:
		passed += 1
		return
	failed += 1
	shown[what] += 1
	if shown[what] <= 12:
		print("FAIL ", what, " ", detail)


def rows(name):
	with open(f"{out}/{name}", encoding="utf-8-sig", newline="") as f:
		return list(csv.DictReader(f))


def bare(cell):
	"""A cell of ours that would be a formula has an apostrophe in front."""
	return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


truth = [json.loads(l) for l in open(f"{city}/truth.jsonl", encoding="utf-8")]
people = [json.loads(l) for l in open(f"{city}/people.jsonl", encoding="utf-8")]
lineage, rejected, aside = rows("lineage.csv"), rows("rejected.csv"), rows("set_aside.csv")
students = {j["student_id"]: j for j in map(json.loads, open(f"{out}/students.jsonl", encoding="utf-8"))}
report = json.load(open(f"{out}/report.json", encoding="utf-8"))
by_file = {(f["source"], f["file"]): f for f in report["files"]}
lin, rej, asd, issues = defaultdict(dict), defaultdict(dict), defaultdict(dict), defaultdict(lambda: defaultdict(list))
for r in lineage:
	r["file"] = bare(r["file"])
	lin[r["source"], r["file"]][r["sheet"], int(r["row"])] = r
for r in rejected:
	r["file"] = bare(r["file"])
	if r["row"]:
		issues[r["source"], r["file"]][r["sheet"], int(r["row"])].append((r["field"], r["rule"], r["severity"]))
		if r["severity"] == "reject":
			rej[r["source"], r["file"]][r["sheet"], int(r["row"])] = r
for r in aside:
	r["file"] = bare(r["file"])
	asd[r["source"], r["file"]][r["sheet"], int(r["row"])] = r
moved = set()
group = defaultdict(set)   # student -> persons
where = defaultdict(set)   # person -> students of rows with a sound number
confusion = Counter()
for t in truth:
	key = (t["source"], t["file"])
	if t["file"].endswith("!*"):
		hits = [k for k in by_file if k[0] == key[0] and k[1].startswith(t["file"][:-1])]
		check(len(hits) == 1, "one entry in an archive", str((key, hits)))
		key = hits[0] if hits else key
	f = by_file.get(key)
	if not f:
		check(t["fate"] == "left", "file is in the report", str(key))
		continue
	if t["fate"] == "again":
		check(f["state"] == "already taken", "the same content under another name is already taken", str((key, f["state"])))
		continue
	if t["fate"] == "refused":
		check(f["state"] == "refused", "a file that must be refused", str((key, f["state"])))
		check(not t.get("reasons") or f["reason"] in t["reasons"], "refused for the right reason", str((key, f["reason"], t.get("reasons"))))
		continue
	check(f["state"] == "complete", "file is taken", str((key, t["fmt"], f["state"], f.get("reason"), f.get("detail"))))
	if f["state"] != "complete":
		continue
	check(f["rows"] == f["accepted"] + f["rejected"] + f["set_aside"], "rows = accepted + rejected + set aside", str(key))
	if t["fmt"] == "regxml":
		check(f["accepted"] == len(t["rows"]), "registry xml: every row accepted", str((key, f["rows"], f["accepted"], len(t["rows"]))))
		continue
	rowsof = t["rows"]
	check(f["rows"] == len(rowsof), "rows are those of the file that are not blank", str((key, t["fmt"], f["rows"], len(rowsof))))
	got = {**{k: "accepted" for k in lin[key]}, **{k: "rejected" for k in rej[key]}, **{k: "set_aside" for k in asd[key]}}
	names = {k[0] for k in got}
	for r in rowsof:
		k = (r["sheet"], r["row"])
		g = got.pop(k, None)
		if r["hidden"]:
			check(g == "set_aside" and asd[key][k]["reason"] == "hidden", "a row of a hidden sheet is set aside as that", str((key, t["fmt"], k, g)))
			continue
		confusion[r["kind"], r.get("want", ""), g, asd[key][k]["reason"] if g == "set_aside" else ""] += 1
		if r["kind"] == "data":
			if r["want"] == "accept":
				check(g == "accepted", "a pupil's row is accepted", str((key, t["fmt"], k, g, r["defect"], asd[key].get(k, {}).get("reason"), rej[key].get(k, {}).get("rule"))))
			elif r["want"] == "reject":
				check(g == "rejected", "a row that must be rejected", str((key, t["fmt"], k, g, r["defect"], asd[key].get(k, {}).get("reason"))))
			else:
				check(g in ("accepted", "rejected"), "a pupil's row is not set aside", str((key, t["fmt"], k, g, r["defect"])))
			said = {i[1] for i in issues[key].get(k, [])}
			for rule in r["rules"] or []:
				check(rule in said, f"{r['defect']} is said as {rule}", str((key, t["fmt"], k, sorted(said))))
			for rule in r["never"]:
				check(rule not in said, f"{r['defect']} is not said as {rule}", str((key, t["fmt"], k, sorted(said))))
			if not r["defect"]:
				odd = {i for i in issues[key].get(k, []) if i[2] != "query"}
				check(not odd, "a sound row has no error", str((key, t["fmt"], k, sorted(odd))))
				odd = {i for i in issues[key].get(k, []) if i[1] not in ("required_missing", "duplicate_in_source")}
				check(not odd, "a sound row has no query", str((key, t["fmt"], k, sorted(odd))))
			if g == "accepted":
				sid = lin[key][k]["student_id"]
				group[sid].add(r["who"])
				if r["defect"] == "birth_other":
					moved.add(sid)
				if not r["defect"] or r["defect"].startswith(("id_full", "id_spaces", "id_apos", "id_x", "name_space", "name_dot", "phone", "sex", "null", "name_note")):
					where[r["who"]].add((sid, any(h in t["headers"] for h in ("身份证件号", "身份证号", "身份证号码", "公民身份证号码", "公民身份号码"))))
		else:
			check(g == "set_aside", f"a {r['kind']} row is set aside", str((key, t["fmt"], k, g)))
	left = {k: v for k, v in got.items() if v != "set_aside"}
	check(not left, "no row is invented", str((key, t["fmt"], sorted(left.items())[:3])))
for k, n in sorted(confusion.items(), key=str):
	print("     ", n, *k)
wrong = {s: w for s, w in group.items() if len(w) > 1}
check(not wrong, "no student is made of two people", str(list(wrong.items())[:3]))
split = {w: s for w, s in ((w, {x[0] for x in s if x[1]}) for w, s in where.items()) if len(s) > 1}
check(not split, "rows with the same sound number are one student", f"{len(split)} {list(split.items())[:3]}")
# values: of pupils with only sound rows in the registry
for sid, who in group.items():
	p, s = people[next(iter(who))], students[sid]
	for f, v in (("name", p["name"]), ("id_no", p["id"]), ("student_no", p["no"]), ("birth_date", p["birth"]), ("sex", "1" if p["sex"] == "男" else "2"), ("school_code", p["school"]["code"])):
		g = s.get(f)
		if g in (None, ""):
			confusion["no value", f] += 1
			continue
		if f == "name" and "?" in g or f == "birth_date" and sid in moved:
			continue
		check(g == v, f"{f} of a student is the person's", str((sid, g, v)))
said = open(f"{out}/rejected.csv", encoding="utf-8").read()
check(not any(x in said for p in people for x in (p["id"], p["no"], p["phone"])), "no number of a pupil in rejected.csv")
check(not [p["pid"] for p in people if len(p["name"]) > 2 and p["name"] in said], "no name of a pupil in rejected.csv")
print(Counter({k[1]: n for k, n in confusion.items() if k[0] == "no value"}))
print(len(students), "students of", len({w for s in group.values() for w in s}), "people in", len(truth), "files")
print(passed, "passed,", failed, "failed;", dict(shown))
sys.exit(failed != 0)
