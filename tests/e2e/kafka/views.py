#!/usr/bin/env python3
"""views.py YICI WORK - views as topics on a broker that lets nobody do what no rule allows: the rules come from the grants, a department reads
its own view and nothing else, and what the broker has beyond the grants is named and taken away."""
from harness import *

needs_broker()  # of another one; ours is secured
broker = Broker("secured", 27492, "--secure", "--prefix", "yici")
town = Town("views", bootstrap=broker.bootstrap, students=200, create=False)
town.prefix, town.settings, town.files = "yici", ["topics.partitions=4"], [f"{broker.dir}/yici.xml"]
ADMIN = ["-c", f"{broker.dir}/admin.xml", "--set", "topics.partitions=4", "--set", "topics.own=User:yici"]


def allow(name, rows, fields, topic, to="2027-01-31"):
    os.makedirs(f"{town.data}/config/grants", exist_ok=True)
    with open(f"{town.data}/config/grants/{name}.xml", "w", encoding="utf-8") as out:
        out.write(f'<grant unit="样例单位" valid_from="2026-09-01" valid_to="{to}" destroy_by="2027-06-30"><purpose>核对</purpose><basis>样例办法</basis>'
                  '<document number="样例〔2026〕1号" date="2026-08-20"/><approver name="张样例" date="2026-08-21"/>'
                  f"<rows>{rows}</rows><fields>{fields}</fields>{topic}</grant>")


def topics(*words, ok=(0,)):
    return run(["topics", *words, *ADMIN], ok=ok, log=town.log)


def follow(name, out, ok=(0,)):
    return run(["follow", f"yici.view.{name}", "--out", out, "--once", "-c", f"{broker.dir}/department.xml", "--set", "language=en"], ok=ok, log=town.log)


ALPHA = '<field name="name" mask="whole"/><field name="id_no" mask="last4"/>'
allow("alpha", '<where field="sex" is="1"/>', ALPHA, '<topic principal="User:department"/>')
allow("beta", "<all/>", '<token/><field name="grade" mask="whole"/>', '<topic principal="User:other" group="other-"/>')
allow("torn", "<all/>", '<field name="nam" mask="whole"/>', '<topic principal="User:department"/>')
day = ["--date", DATES[1]]

# topics: made and compared with the others
check("10 topics made" in topics("create", town.data, *day, "--set", "language=en").text, "the views' topics are made")
described = topics("check", town.data, *day, "--json", ok=(3,)).text
check("yici.students" in described and "User:department" in described and '"state":"beyond"' in described, "what the broker allows beyond the grants is named", described)
check("yici.view.alpha" in described and '"state":"missing"' in described, "and what is missing", described)
check("User:yici" not in described, "but not what the pipeline itself may do", described)

# a night
town.deliver(1)
with town.workers(1):
    town.nightly(1)
want = {s["student_id"]: s for s in map(json.loads, town.local().values())}
with open(f"{town.data}/out/latest/views/topics.csv", encoding="utf-8-sig") as file:
    check(len(file.read().splitlines()) == 3, "two views were told")
follow("alpha", f"{WORK}/dept/alpha.csv", ok=(DENIED, CONFIG))

# rules
said = json.loads(topics("acl", town.data, *day, "--json", ok=(3,)).stdout)
check({(r["principal"], r["resource"], r["name"], r["operation"]) for r in said if r["state"] == "missing"}
      == {(who, *rule) for who, name, group in (("User:department", "alpha", "dept.alpha."), ("User:other", "beta", "other-"))
          for rule in (("topic", f"yici.view.{name}", "READ"), ("topic", f"yici.view.{name}", "DESCRIBE"), ("group", group, "READ"))},
      "rules come from the grants, and a broken one has none", str(said))
topics("acl", town.data, *day, "--apply", ok=(3,))  # a READ on yici.students is not ours to delete
said = json.loads(topics("acl", town.data, *day, "--json", ok=(3,)).stdout)
check([r["state"] for r in said if r["name"] != "yici.students"].count("there") == 6 and {r["name"] for r in said if r["state"] == "beyond"} >= {"yici.students"}
      and not [r for r in said if r["state"] == "missing"], "applied", str(said))
check("6 students" not in follow("alpha", f"{WORK}/dept/alpha.csv").text, "the department reads its view")
with open(f"{WORK}/dept/alpha.csv", encoding="utf-8-sig") as file:
    mine = file.read().splitlines()
with open(f"{WORK}/dept/.alpha.csv.lines", encoding="utf-8") as file:
    names = sorted((r := json.loads(line))["name"] + (r["id_no_last4"] or "") for line in file)
check(names == sorted(s["name"] + s.get("id_no", "")[-4:] for s in want.values() if s.get("sex") == "1" and s["presence"] in ("present", "stale", "back"))
      and len(mine) == len(names) + 1 and mine[0] == "key,name,id_no_last4", "all of it and nothing else", f"{mine[0]} {len(names)}")
check(all(word not in open(p, encoding="utf-8", errors="replace").read() for p in glob.glob(f"{WORK}/dept/.*") + glob.glob(f"{WORK}/dept/*")
          for word in list(want)[:50] + [s["id_no"] for s in list(want.values())[:50] if len(s.get("id_no", "")) == 18]), "no id of ours, no whole number")
follow("beta", f"{WORK}/dept/beta.csv", ok=(DENIED, CONFIG))
check(not os.path.exists(f"{WORK}/dept/beta.csv"), "and no other's")

# the grant ends: its readers' rights are beyond it, and everybody is taken back
allow("alpha", '<where field="sex" is="1"/>', ALPHA, '<topic principal="User:department"/>', to=DATES[1])
with town.workers(1):
    town.nightly(2)
follow("alpha", f"{WORK}/dept/alpha.csv")
check(open(f"{WORK}/dept/.alpha.csv.lines", "rb").read() == b"", "the follower holds nobody any more")
late = ["--date", DATES[2]]
check("yici.view.alpha" in topics("check", town.data, *late, ok=(3,)).text, "a right by a grant that has ended is named")
check(topics("acl", town.data, *late, "--apply", "--json", ok=(3,)).text.count('"state":"deleted"') == 2, "and taken away")
check("yici.view.alpha" not in topics("check", town.data, *late, ok=(3,)).text, "for good")
follow("alpha", f"{WORK}/dept/alpha.csv", ok=(DENIED, CONFIG))

# a broker that keeps no rules says so, and that is no fault of ours
done = run(["topics", "acl", town.data, *late, "--set", f"kafka.bootstrap.servers={BOOTSTRAP}", "--set", "language=en"], log=town.log)
check("SECURITY_DISABLED" in done.text and "User:other" in done.text, "a broker without an authorizer is said plainly", done.text)
end()
