#!/usr/bin/env python3
"""quality.py YICI WORK - ops/quality counts what it says it counts.

First on clusterings made by hand: a right one, twins joined, a child torn apart, an id that changes with and without cause.
Then on two small towns: the truth knows every accepted row, mistakes are as frequent as linkage.md asks for, and an exact
id number joins what it is known to join."""
import collections
import csv
import json
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, 'ops', 'quality.d'))
import measure
import plain
import truth

YICI, WORK = sys.argv[1:3]
shutil.rmtree(WORK, ignore_errors=True)
os.makedirs(WORK)


def check(what, got, wanted):
    if got != wanted:
        sys.exit(f'{what}: {got!r}, not {wanted!r}')


def person(name, twins='', family='1'):
    return truth.Person({'name': name, 'sex': '1', 'birth_date': '2015-01-01', 'twins': twins, 'family': family,
                         'id_no': name, 'former_id_no': '', 'student_no': 'G' + name})


def record(who, source='registry', defects=()):
    made = measure.Record(source, (source, 'file', '', '2'))
    made.persons, made.defects = {who}, frozenset(defects)
    return made


def by_hand():
    persons = {1: person('a', '1'), 2: person('b', '1'), 3: person('c', family='2')}
    records = {'r1': record(1), 'l1': record(1, 'aid_center'), 'r2': record(2), 'l2': record(2, 'aid_center'), 'r3': record(3)}
    right = {'r1': 'A', 'l1': 'A', 'r2': 'B', 'l2': 'B', 'r3': 'C'}
    got = measure.measure(records, right, persons, 1000000)
    check('pairs', (got['pairs_found'], got['pairs_linkable'], got['false_merges'], got['b_cubed_f1']), (2, 2, 0, 1.0))
    got = measure.measure(records, {**right, 'l2': 'A'}, persons, 1000000)
    check('twins joined', (got['false_by_kind']['twins'], got['false_merges'], got['pairs_found']), (1, 1, 1))
    check('its precision', got['pair_precision'], 1 / 3)
    got = measure.measure(records, {**right, 'r3': 'A'}, persons, 1000000)
    check('a stranger joined', (got['false_by_kind']['other'], got['pairs_found']), (1, 2))
    got = measure.measure(records, {**right, 'l1': 'D'}, persons, 1000000)
    check('a child torn apart', (got['pair_recall'], got['false_merges']), (0.5, 0))
    lost = {**records, 'l1': record(1, 'medical_insurance', ('id_missing', 'name_pinyin', 'birth_wrong'))}
    got = measure.measure(lost, {**right, 'l1': 'D'}, persons, 1000000)
    check('what nobody could link', (got['pairs_linkable'], got['pair_recall'], got['pair_recall_of_all']), (1, 1.0, 0.5))
    both = [('wrong_id', [('l2', 'B'), ('r3', 'C')]), ('wrong_id', [('r1', 'A'), ('l1', 'D')])]
    check('true cases', measure.review(both, records, 1000)['true_share'], 0.5)
    check('no change', measure.id_changes(right, right, records)[:2], (0, 0))
    check('without cause', measure.id_changes(right, {**right, 'r3': 'X'}, records)[:2], (1, 0))
    check('a swap', measure.id_changes(right, {**right, 'r1': 'B', 'l1': 'B', 'r2': 'A', 'l2': 'A'}, records)[:2], (2, 0))
    check('two ids become one', measure.id_changes({**right, 'l1': 'D'}, right, records)[:2], (0, 1))
    check('two children parted', measure.id_changes({**right, 'r2': 'A', 'l2': 'A'}, right, records)[:2], (0, 1))
    check('distance', [plain.distance(a, b) for a, b in (('abc', 'abc'), ('abc', 'acb'), ('abc', 'abd'), ('abc', 'xyz'))], [0, 1, 1, 3])
    check('valid', [plain.valid(n) for n in ('110101201001011232', '110101201001011233')].count(True) <= 1, True)


def towns():
    figures = os.path.join(WORK, 'figures.json')
    done = subprocess.run([os.path.join(ROOT, 'ops', 'quality'), '--students', '600', '--nights', '2', '--plain', 'exact,fallback', '--yici', YICI,
                           '--work', WORK, '--json', figures, '--keep'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode not in (0, 1):
        sys.exit(done.stdout)
    with open(figures, encoding='utf-8') as file:
        cities = json.load(file)['cities']
    check('cities', len(cities), 2)
    for city in cities:
        for night in city['nights']:
            check(city['city'] + ': rows that the truth does not know, or that were lost', (night['rows_unknown'], night['rows_lost']), (0, 0))
            if night['pair_recall'] < 0.7 or night['pair_precision'] < 0.98 or night['ids_changed'] > 0:
                sys.exit(f'{city["city"]}: {night["pair_recall"]} {night["pair_precision"]} {night["ids_changed"]}')
        if not 0.4 < city['plain']['exact']['pair_recall'] < city['plain']['fallback']['pair_recall']:
            sys.exit(f'{city["city"]}: an exact id number links {city["plain"]["exact"]["pair_recall"]}')


def rates():
    """The mistakes of a larger town, against what was asked for; a row has room for only one of some."""
    out = os.path.join(WORK, 'rates')
    subprocess.run([YICI, 'make-sample', '--students', '3000', '--seed', '5', '--errors', 'linkage', '--out', out], check=True)
    made, rows = collections.Counter(), collections.Counter()
    with open(os.path.join(out, 'truth', 'rows.csv'), newline='', encoding='utf-8') as file:
        for row in csv.DictReader(file):
            kind = 'registry' if row['source'] == 'registry' else 'list'
            rows[kind] += row['person'] != ''
            for defect in row['defects'].split():
                made[kind, defect] += 1
    for kind, defect, least, most in (('list', 'id_missing', .10, .16), ('list', 'student_no_missing', .06, .16), ('list', 'id_typo', .004, .014),
                                      ('list', 'name_homophone', .003, .014), ('list', 'phone_changed', .08, .16),
                                      ('registry', 'id_missing', .002, .008), ('registry', 'phone_changed', .08, .12),
                                      ('registry', 'student_no_missing', 0, 0), ('registry', 'guardian_other', 0, 0)):
        share = made[kind, defect] / rows[kind]
        if not least <= share <= most:
            sys.exit(f'{kind}: {defect} in {share:.4f} of rows, not {least} to {most}')
    with open(os.path.join(out, 'truth', 'students.csv'), newline='', encoding='utf-8') as file:
        people = list(csv.DictReader(file))
    families = collections.Counter(row['family'] for row in people)
    twins = sum(row['twins'] != '' for row in people) / len(people)
    siblings = sum(families[row['family']] > 1 and row['twins'] == '' for row in people) / len(people)
    if not (0.012 < twins < 0.028 and 0.28 < siblings < 0.42):
        sys.exit(f'{twins:.4f} twins, {siblings:.4f} siblings')


by_hand()
towns()
rates()
