"""linking.py - the contest of linking by weights alone, over a generated index (bench_link.c): no files, no rows, no merging.

Seconds are processor time of one process from the index to all edges; memory is the greatest there was of the program, its
index included. How time grows is held against n log n, between sizes four times apart."""
import json
import math
import statistics
import subprocess

from measuring import say

SOURCES = 3
SIZES = ((172667, 1.0, None), (1200000, 6.0, 500))  # children, seconds at most, megabytes at most
GROWTH = (1250000, 5000000, 20000000)  # children
GROWTH_ROOM = 1.15  # over n log n: caches hold less of a larger index


def once(program, schemas, children):
    done = subprocess.run([program, schemas, str(children), str(SOURCES)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def run(bench, program, schemas):
    """Measures and shows; goals go to ${bench}, whose share of the sizes is taken."""
    figures, lines = [], []
    for children, seconds, megabytes in SIZES:
        wanted = max(1000, int(children * bench.share))
        runs = [once(program, schemas, wanted) for _ in range(bench.runs)]
        figures.append((runs, seconds, megabytes))
    grown = []
    for children in GROWTH if bench.share >= 1 else [int(g * bench.share) for g in GROWTH[:2]]:
        grown.append(once(program, schemas, children))
    for one in [runs[0] for runs, _, _ in figures] + grown:
        lines.append([f'{one["records"]:,} records', f'{one["compared"]:,}', f'{one["edges"]:,}', f'{one["seconds"]:.2f} s',
                      f'{one["peak_megabytes"]:,.0f} MB'])
    bench.show_table('link', 'Linking by weights, over an index in memory', ['', 'pairs compared', 'edges', 'cpu', 'memory'], lines)
    for runs, seconds, megabytes in figures:
        bench.goal(f'linking {runs[0]["records"]:,} records, cpu', statistics.median(r['seconds'] for r in runs), seconds, ' s')
        if megabytes:
            bench.goal(f'linking {runs[0]["records"]:,} records, memory', max(r['peak_megabytes'] for r in runs), megabytes, ' MB')
    for small, large in zip(grown, grown[1:]):
        n, m = small['records'], large['records']
        expected = m * math.log(m) / (n * math.log(n))
        bench.goal(f'linking {m:,} records beside {n:,}, over n log n', large['seconds'] / small['seconds'] / expected, GROWTH_ROOM, ' ×')
    say('  one process; no other work of a run is in it')
