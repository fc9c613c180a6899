"""What a clustering of records is worth, held against the truth."""
from collections import defaultdict
from itertools import combinations
from truth import kinship, knowable

KINDS = ('twins', 'siblings', 'namesakes', 'copied ids', 'other')


class Record:
    """What one source says of one child: all rows of the same record id."""
    __slots__ = ('source', 'persons', 'defects', 'place')

    def __init__(self, source, place):
        self.source, self.place = source, place
        self.persons, self.defects = set(), frozenset()


def records_of(night, lineage, records, aliases):
    """Add the night's rows to ${records}: id -> Record. Returns how many accepted rows the truth does not know, and how many that
    should have been accepted were not (files that are yesterday's are not taken again: theirs count here, too)."""
    strange = seen = 0
    for place, record_id, _ in lineage:
        known = night.rows.get((place[0], aliases.get(place[:2], place[1]), *place[2:]))
        if known is None:
            strange += 1
            continue
        seen += 1
        record = records.get(record_id)
        if record is None:
            record = records[record_id] = Record(place[0], place)
        record.persons.add(known[0])
        record.defects, record.place = known[1], place
    return strange, len(night.rows) - seen


def measure(records, student_of, persons, students, examples=0):
    """${student_of}: record id -> cluster. Pairs, false merges, B-cubed."""
    by_student, by_person = defaultdict(list), defaultdict(list)
    for record_id, record in records.items():
        student = student_of.get(record_id)
        if student is None:
            continue
        by_student[student].append(record)
        for person in record.persons:
            by_person[person].append((record_id, record))
    joined = right = 0
    false_pairs, told = dict.fromkeys(KINDS, 0), []
    precision_sum = recall_sum = items = 0
    for student, members in by_student.items():
        count = defaultdict(int)
        for record in members:
            for person in record.persons:
                count[person] += 1
        total = sum(count.values())
        joined += total * (total - 1) // 2
        right += sum(n * (n - 1) // 2 for n in count.values())
        for person, n in count.items():
            precision_sum += n * n / total
        items += total
        if len(count) < 2:
            continue
        copied = any('id_copied' in record.defects for record in members)
        for a, b in combinations(sorted(count), 2):
            kind = kinship(persons[a], persons[b], copied)
            false_pairs[kind] += 1
            if len(told) < examples:
                told.append((kind, a, b, [(r.place, sorted(r.persons), sorted(r.defects)) for r in members]))
    linkable = found = all_pairs = all_found = 0
    missed = defaultdict(int)
    for person, own in by_person.items():
        n = len(own)
        spread = defaultdict(int)
        for record_id, _ in own:
            spread[student_of[record_id]] += 1
        recall_sum += sum(k * k / n for k in spread.values())
        all_pairs += n * (n - 1) // 2
        all_found += sum(k * (k - 1) // 2 for k in spread.values())
        good = [(record_id, record) for record_id, record in own if knowable(record.source, persons[person], record.defects)]
        spread = defaultdict(int)
        for record_id, _ in good:
            spread[student_of[record_id]] += 1
        n = len(good)
        linkable += n * (n - 1) // 2
        found += sum(k * (k - 1) // 2 for k in spread.values())
        if len(spread) > 1:
            largest = max(spread, key=lambda s: (spread[s], s))
            for record_id, record in good:
                if student_of[record_id] != largest:
                    missed[(record.source, ' '.join(sorted(record.defects)))] += 1
                    if len(told) < examples * 2 and examples:
                        told.append(('missed', person, None, [(record.place, [person], sorted(record.defects))]))
    precision, recall = right / joined if joined else 1.0, found / linkable if linkable else 1.0
    b_precision, b_recall = precision_sum / items if items else 1.0, recall_sum / items if items else 1.0
    million = 1e6 / students if students else 0
    return {
        'students': students, 'records': len(records), 'clusters': len(by_student),
        'pairs_linkable': linkable, 'pairs_found': found, 'pair_recall': recall,
        'pairs_of_one_child': all_pairs, 'pair_recall_of_all': all_found / all_pairs if all_pairs else 1.0,
        'pair_precision': precision,
        'false_merges': sum(false_pairs.values()), 'false_by_kind': false_pairs,
        'false_per_million': sum(false_pairs.values()) * million,
        'false_per_million_by_kind': {kind: n * million for kind, n in false_pairs.items()},
        'b_cubed_precision': b_precision, 'b_cubed_recall': b_recall,
        'b_cubed_f1': 2 * b_precision * b_recall / (b_precision + b_recall) if b_precision + b_recall else 0.0,
        'missed_by': sorted(([n, *where] for where, n in missed.items()), reverse=True)[:40],
        'examples': told,
    }


def review(cases, records, students):
    """Size of the queue; a case is true when two of its records that are still apart speak of one child."""
    true = known = 0
    kinds = defaultdict(lambda: [0, 0])
    for kind, members in cases:
        persons = defaultdict(set)
        for record_id, student in members:
            for person in records[record_id].persons if record_id in records else ():
                persons[person].add(student)
        if not persons:
            continue
        known += 1
        is_true = any(len(apart) > 1 for apart in persons.values())
        true += is_true
        kinds[kind][0] += 1
        kinds[kind][1] += is_true
    return {'cases': len(cases), 'share_of_students': len(cases) / students if students else 0.0,
            'true_share': true / known if known else None, 'by_kind': {k: v for k, v in sorted(kinds.items())}}


def id_changes(before, after, records):
    """Records that go under another student id than the night before, without two ids of one child becoming one, and
    without two children in one id being parted. before, after: record id -> student id."""
    persons_before, persons_after = defaultdict(set), defaultdict(set)
    for student_of, persons in ((before, persons_before), (after, persons_after)):
        for record_id, student in student_of.items():
            if record_id in records:
                persons[student] |= records[record_id].persons
    wrong, true, told = set(), set(), []
    for record_id, student in before.items():
        now = after.get(record_id)
        if now is None or now == student or record_id not in records:
            continue
        merged = persons_before[now] and len(persons_before[student] | persons_before[now] | persons_after[now]) == 1
        parted = len(persons_before[student]) > 1 and len(persons_after[now]) < len(persons_before[student])
        if merged or parted:
            true.add((student, now))
        else:
            wrong.add((student, now))
            told.append((records[record_id].place, sorted(persons_before[student]), sorted(persons_after[now])))
    return len(wrong), len(true), told
