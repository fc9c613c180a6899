"""What is true of an invented city (ops/sample): its pupils, which row speaks of whom, and what a row can be known by."""
import csv
import os

# What a list lets a pupil be known by, beside what its row lost: columns of ops/sample/form.c.
COLUMNS = {
    'registry': 'id student_no birth school home address',
    'aid_center': 'id student_no school home',
    'nutrition': 'id student_no birth school home address',
    'vaccination': 'id birth school home',
    'medical_insurance': 'id birth home',
    'disability': 'id student_no birth school home address',
    'school_bus': 'id birth school home address',
    'migrant': 'id student_no school home address',
    'civil_affairs': 'id birth home address',
    'fitness': 'student_no birth address',
    'class_roster': 'id student_no birth home address',
    'exam_office': 'id student_no birth school home address',
    'boarding': 'id student_no home address',
}
COLUMNS = {source: frozenset(words.split()) for source, words in COLUMNS.items()}
ID_LOST = {'id_missing', 'id_typo', 'id_copied', 'id_as_number', 'id_15_digits', 'id_masked'}
STUDENT_NO_LOST = {'student_no_missing', 'student_no_typo'}
NAME_LOST = {'name_rare_lost', 'name_pinyin', 'name_missing'}
NAME_SOFT = {'name_homophone', 'name_lookalike', 'name_variant'}
BIRTH_LOST = {'birth_wrong', 'birth_january_first', 'birth_impossible', 'birth_lunar'}
HOME_LOST = {'phone_missing', 'phone_changed', 'phone_generic', 'guardian_other'}

LINKABLE = """A pair of records of one child is linkable when each of the two can be known: it carries an undamaged number of the
child (id number, student number), or at least three of these four are as they should be: the name (a character taken for
one that sounds or looks alike, or its variant, counts as right; one that is lost or spelt in pinyin does not), the birth
date, the school, the household (the guardian's telephone, or an address)."""


class Person:
    __slots__ = ('name', 'sex', 'birth', 'twins', 'family', 'id_no', 'former_id', 'student_no')

    def __init__(self, row):
        self.name, self.sex, self.birth = row['name'], row['sex'], row['birth_date']
        self.twins, self.family = row['twins'], row['family']
        self.id_no, self.former_id, self.student_no = row['id_no'], row['former_id_no'], row['student_no']


class Night:
    __slots__ = ('persons', 'rows', 'students', 'former_names')

    def __init__(self):
        self.persons = {}   # number -> Person, of this night
        self.rows = {}      # (source, file, sheet, row) -> (person, defects)
        self.students = 0   # present


def nights(folder):
    """Night after night of truth/: the files are sorted by night, so none is held longer than needed."""
    students = csv.DictReader(open(os.path.join(folder, 'truth', 'students.csv'), newline='', encoding='utf-8'))
    rows = csv.reader(open(os.path.join(folder, 'truth', 'rows.csv'), newline='', encoding='utf-8'))
    next(rows)
    ahead, row_ahead, kept = next(students, None), next(rows, None), {}
    while ahead is not None:
        night, number = Night(), ahead['night']
        while ahead is not None and ahead['night'] == number:
            night.persons[int(ahead['person'])] = Person(ahead)
            night.students += ahead['state'] != 'away'
            ahead = next(students, None)
        while row_ahead is not None and row_ahead[0] == number:
            _, source, file, sheet, row, person, defects, expected = row_ahead
            if person and expected == 'accepted':
                defects = kept.setdefault(defects, frozenset(defects.split()))
                night.rows[(source, file, sheet, row)] = (int(person), defects)
            row_ahead = next(rows, None)
        yield night


def knowable(source, person, defects):
    """Whether a record carries enough to be known by; see LINKABLE."""
    columns = COLUMNS.get(source, frozenset())
    if 'id' in columns and person.id_no and not defects & ID_LOST:
        return True
    if 'student_no' in columns and not defects & STUDENT_NO_LOST:
        return True
    good = not defects & NAME_LOST
    good += 'birth' in columns and not defects & BIRTH_LOST
    good += 'school' in columns and 'school_stale' not in defects
    good += ('home' in columns and not defects & HOME_LOST) or 'address' in columns
    return good >= 3


def kinship(a, b, copied):
    """Why two children may have been taken for one."""
    if a.twins and a.twins == b.twins:
        return 'twins'
    if a.family == b.family:
        return 'siblings'
    if copied:
        return 'copied ids'
    if a.name == b.name:
        return 'namesakes'
    return 'other'
