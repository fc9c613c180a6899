"""The plain methods of linking, on the same records: what an exact key, or a scoring without gates, makes of them.

    exact     the same valid id number (18 digits that pass their check)
    fallback  the id number; where one of two records has none, name + birth date + sex
    fs        Fellegi-Sunter: m by EM, u from pairs drawn at random, frequencies of names, ID at distance 1 and 2 as levels
              (as Splink's own ID comparison has them), blocks of exact keys, p >= 0.95, connected components

Runs by itself in a process with numpy: plain.py CELLS OUT [METHOD...]; CELLS is the truth/cells.csv of ops/sample, OUT gets
one line a record and method: method,source,file,sheet,row,cluster."""
import csv
import re
import sys
import unicodedata
from collections import defaultdict
from itertools import combinations

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
DOTS = str.maketrans('', '', '·•．.・‧。')
BLOCK_MAX = 200


def clean_id(text):
    text = unicodedata.normalize('NFKC', text).strip().strip("'").replace(' ', '').upper().replace('×', 'X')
    text = text.replace('Х', 'X').replace('Χ', 'X')
    return text


def valid(number):
    return bool(re.fullmatch(r'\d{17}[\dX]', number)) \
        and '10X98765432'[sum(w * int(d) for w, d in zip(WEIGHTS, number)) % 11] == number[17]


def clean_name(text):
    text = unicodedata.normalize('NFKC', text)
    return re.sub(r'[\s　]|（.*?）|\(.*?\)', '', text).translate(DOTS)


def clean_birth(text):
    text = unicodedata.normalize('NFKC', text).strip()
    if re.fullmatch(r'\d{8}', text):
        return text
    parts = re.findall(r'\d+', text)
    if len(parts) == 3:
        year = int(parts[0]) + (2000 if len(parts[0]) == 2 else 0)
        return f'{year:04d}{int(parts[1]):02d}{int(parts[2]):02d}'
    return ''


class Cells:
    """Columns of one night's records, each value cleaned."""

    def __init__(self, path):
        self.places, self.names, self.sexes, self.births, self.ids, self.nos = [], [], [], [], [], []
        self.schools, self.phones, self.guardians = [], [], []
        with open(path, newline='', encoding='utf-8') as file:
            for row in csv.DictReader(file):
                self.places.append((row['source'], row['file'], row['sheet'], row['row']))
                number = clean_id(row['id_no'])
                birth = clean_birth(row['birth_date'])
                self.ids.append(number)
                self.names.append(clean_name(row['name']))
                self.births.append(birth or (number[6:14] if valid(number) else ''))
                self.sexes.append({'男': '1', '女': '2'}.get(row['sex'][-1:], row['sex'][:1]))
                self.nos.append(row['student_no'][1:] if row['student_no'][:1] in ('G', 'J', 'L') else '')
                self.schools.append(row['school'])
                self.phones.append(re.sub(r'\D', '', row['phone'])[:11])
                self.guardians.append(clean_name(row['guardian']))


class Union:
    def __init__(self, size):
        self.parent = list(range(size))

    def find(self, i):
        parent = self.parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def join(self, i, j):
        i, j = self.find(i), self.find(j)
        if i != j:
            self.parent[max(i, j)] = min(i, j)


def blocks(keys):
    groups = defaultdict(list)
    for i, key in enumerate(keys):
        if key:
            groups[key].append(i)
    return groups.values()


def exact(cells):
    union = Union(len(cells.ids))
    for group in blocks([number if valid(number) else '' for number in cells.ids]):
        for i in group[1:]:
            union.join(group[0], i)
    return union


def fallback(cells):
    union = exact(cells)
    keys = ['|'.join(k) if all(k) else '' for k in zip(cells.names, cells.births, cells.sexes)]
    for group in blocks(keys):
        for i, j in combinations(group[:BLOCK_MAX], 2):
            if not (valid(cells.ids[i]) and valid(cells.ids[j])):
                union.join(i, j)
    return union


def distance(a, b):
    """Of two strings, by restricted Damerau-Levenshtein, as far as 3."""
    if abs(len(a) - len(b)) > 2:
        return 3
    before, last = None, list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        now = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, now[j - 1] + 1, last[j - 1] + (x != y))
            if before is not None and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        before, last = last, now
    return min(last[-1], 3)


def fellegi_sunter(cells, threshold=0.95):
    import numpy as np
    count = len(cells.ids)
    keys = [cells.ids, cells.nos,
            [n + '|' + b if n and b else '' for n, b in zip(cells.names, cells.births)],
            [n + '|' + s if n and s else '' for n, s in zip(cells.names, cells.schools)],
            [n[:1] + b + s if n and b else '' for n, b, s in zip(cells.names, cells.births, cells.sexes)],
            [p + n[:1] if len(p) == 11 and n else '' for p, n in zip(cells.phones, cells.names)]]
    pairs = set()
    for key in keys:
        for group in blocks(key):
            if len(group) <= BLOCK_MAX:
                pairs.update(combinations(group, 2))
    pairs = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)

    def levels(i, j):
        a, b = cells.names[i], cells.names[j]
        d = 3 if not a or not b else 0 if a == b else distance(a, b)
        name = -1 if not a or not b else 0 if d == 0 else 1 if d == 1 and a[:1] == b[:1] else 2
        a, b = cells.births[i], cells.births[j]
        birth = -1 if not a or not b else 0 if a == b else 1 if distance(a, b) == 1 else 2
        a, b = cells.ids[i], cells.ids[j]
        number = -1 if len(a) < 18 or len(b) < 18 else distance(a, b)
        no = -1 if not cells.nos[i] or not cells.nos[j] else 0 if cells.nos[i] == cells.nos[j] else 1
        sex = -1 if not cells.sexes[i] or not cells.sexes[j] else int(cells.sexes[i] != cells.sexes[j])
        school = -1 if not cells.schools[i] or not cells.schools[j] else int(cells.schools[i] != cells.schools[j])
        phone = -1 if len(cells.phones[i]) < 11 or len(cells.phones[j]) < 11 else int(cells.phones[i] != cells.phones[j])
        a, b = cells.guardians[i], cells.guardians[j]
        guardian = -1 if not a or not b else int(a != b)
        return name, birth, number, no, sex, school, phone, guardian
    sizes = (3, 3, 4, 2, 2, 2, 2, 2)
    rng = np.random.default_rng(1)
    seen = np.array([levels(int(i), int(j)) for i, j in pairs], dtype=np.int8)
    drawn = rng.integers(0, count, (200000, 2))
    drawn = np.array([levels(int(i), int(j)) for i, j in drawn if i != j], dtype=np.int8)
    u = []
    for c, size in enumerate(sizes):
        column = drawn[:, c]
        column = column[column >= 0]
        u.append(np.maximum(np.bincount(column, minlength=size) + 0.5, 0.5) / max(1, len(column) + 0.5 * size))
    m = [np.array([0.9] + [0.1 / (size - 1)] * (size - 1)) for size in sizes]
    prior = 1.0 / count
    log_tf = np.zeros(len(pairs))
    names = defaultdict(int)
    for name in cells.names:
        names[name] += 1
    expected = u[0][0]
    for row, (i, j) in enumerate(pairs):
        if seen[row, 0] == 0:
            log_tf[row] = np.log2(expected / (names[cells.names[i]] / count))

    def score():
        total = np.full(len(pairs), np.log2(prior / (1 - prior)))
        for c in range(len(sizes)):
            weight = np.append(np.log2(m[c] / u[c]), 0.0)
            total += weight[seen[:, c]]
        return 1 / (1 + np.exp2(-np.clip(total + log_tf, -300, 300)))
    prior = min(0.5, count / max(1, len(pairs)) / 4)  # among the pairs of the blocks, for training
    for _ in range(25):
        p = score()
        for c, size in enumerate(sizes):
            column = seen[:, c]
            mass = np.array([p[column == level].sum() + 1e-3 for level in range(size)])
            m[c] = mass / mass.sum()
        prior = float(np.clip(p.mean(), 1e-9, 0.5))
    prior = 1.0 / count
    union = Union(count)
    for i, j in pairs[score() >= threshold]:
        union.join(int(i), int(j))
    return union


METHODS = {'exact': exact, 'fallback': fallback, 'fs': fellegi_sunter}


def main():
    cells = Cells(sys.argv[1])
    with open(sys.argv[2], 'w', newline='', encoding='utf-8') as file:
        out = csv.writer(file)
        for method in sys.argv[3:] or METHODS:
            union = METHODS[method](cells)
            for i, place in enumerate(cells.places):
                out.writerow((method, *place, union.find(i)))


if __name__ == '__main__':
    main()
