"""over_kafka.py - the contest over Kafka: each stage of yici, the bare librdkafka loop and Kafka Streams on one broker.

One broker is started by ops/kafka for the whole contest. In each run every stage has its turn, one after another, each on
topics of its own; a stage's seconds are by its own clock, from the first row to the last commit, as the yardsticks
reckon theirs; processor time is that of the whole program. The broker's own is not counted for anybody.
"""
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess

from measuring import Figures, Measured, measure, say

PR_SET_CHILD_SUBREAPER = 36
PARTITIONS = 4
BATCH = 50000  # rows in a transaction: what collect.batch and normalize.batch are
MEMORY_GOAL_MB = 256
# Kafka Streams as it comes, but for what an exactly-once batch job would be given by anybody who measures once
TUNED = ['commit.interval.ms=1000', 'producer.linger.ms=20', 'producer.batch.size=1000000', 'max.poll.records=10000',
         'consumer.fetch.max.bytes=16777216', 'consumer.max.partition.fetch.bytes=4194304']
STAGES = {
    'kafka-collect': 'Over Kafka, collect: rows of a spooled file onto a topic',
    'kafka-normalize': 'Over Kafka, normalize: consume, clean, produce, exactly once',
    'kafka-consolidate': 'Over Kafka, consolidate and publish: newest of each pupil, exactly once',
    'kafka-publish': 'Over Kafka, the publishing alone: messages of a night in one transaction',
    'kafka-end': 'Over Kafka, from the inbox to the clean topic',
    'kafka-memory': 'Over Kafka, memory of each program',
}


def free_port():
    """A port P such that P and P + 10000 (the controller's) can be had."""
    for port in range(29492, 30492, 10):
        try:
            for one in (port, port + 10000):
                with socket.socket() as tried:
                    tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    tried.bind(('127.0.0.1', one))
            return port
        except OSError:
            pass
    raise RuntimeError('no free port')


def said(path, pattern):
    """The number that the last line of ${path} like ${pattern} tells."""
    with open(path, encoding='utf-8', errors='replace') as file:
        found = re.findall(pattern, file.read())
    if not found:
        raise RuntimeError(f'{os.path.basename(path)} does not say how long it took')
    return float(found[-1])


def between(path, begin, end):
    """Seconds between two lines of a log in JSON, by its own clock."""
    at = {}
    with open(path, encoding='utf-8', errors='replace') as file:
        for line in file:
            if line.startswith('{'):
                line = json.loads(line)
                hour, minute, second = line['ts'][11:-1].split(':')
                at[line['msg']] = int(hour) * 3600 + int(minute) * 60 + float(second)
    if begin not in at or end not in at:
        raise RuntimeError(f'{os.path.basename(path)} has no {begin} or {end}')
    return (at[end] - at[begin]) % 86400


class OverKafka:
    def __init__(self, bench, root, work, shared, day):
        self.bench, self.root, self.work, self.day = bench, root, os.path.join(work, 'kafka'), day
        self.yardsticks = os.path.join(shared, 'kafka')
        self.rows = bench.rows
        self.figures = {}
        self.serial = 0
        self.talk = os.path.join(self.work, 'talk')

    # ---- the broker and the peers ----

    def start(self):
        """Start the broker, outside of what measure() waits for."""
        os.makedirs(self.work, exist_ok=True)
        prctl = ctypes.CDLL(None).prctl
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        try:
            done = subprocess.run([os.path.join(self.root, 'ops', 'kafka'), 'start', '--fresh', '--port',
                                   str(free_port()), '--dir', os.path.join(self.work, 'broker')],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=180)
        finally:
            prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        found = re.findall(r'^bootstrap=(\S+)$', done.stdout, re.M)
        if done.returncode != 0 or not found:
            raise RuntimeError(f'no broker: {done.stderr.strip()[-200:]}')
        self.bootstrap = found[-1]

    def stop(self):
        broker = os.path.join(self.work, 'broker')
        subprocess.run([os.path.join(self.root, 'ops', 'kafka'), 'stop', '--dir', broker], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        for folder in ('broker', 'data', 'state'):
            shutil.rmtree(os.path.join(self.work, folder), ignore_errors=True)

    def compiled(self, name):
        """A yardstick in C against the librdkafka that yici has; None when it cannot be had."""
        source, program = os.path.join(self.yardsticks, name + '.c'), os.path.join(self.work, name)
        if self.bench.arguments.alone or not os.path.exists(source):
            return None
        own = os.path.join(self.root, 'build', 'librdkafka')
        flags = ([f'-I{own}/include', f'-L{own}/lib', f'-Wl,-rpath,{own}/lib'] if os.path.isdir(own) else [])
        done = subprocess.run(['cc', '-O2', '-w', '-o', program, source, *flags, '-lrdkafka'], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
        return program if done.returncode == 0 else None

    def streams(self):
        """The command of the Kafka Streams peer up to its arguments; None when it cannot be had."""
        source, pom = (os.path.join(self.yardsticks, name) for name in ('Peer.java', 'pom-streams.xml'))
        folder = os.path.join(self.work, 'streams')
        if self.bench.arguments.alone or not os.path.exists(source) or not shutil.which('mvn'):
            return None
        if not os.path.exists(os.path.join(folder, 'Peer.class')):
            say('(getting Kafka Streams)')
            with open(self.bench.log, 'ab') as log:
                for command in (['mvn', '-q', '-B', '-f', pom, '-Dkv=4.3.1', 'dependency:copy-dependencies',
                                 f'-DoutputDirectory={folder}'],
                                ['javac', '-cp', f'{folder}/*', '-d', folder, source]):
                    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log).returncode != 0:
                        return None
        return ['java', '-cp', f'{folder}:{folder}/*', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', 'Peer',
                self.bootstrap]

    def topic(self, name):
        subprocess.run([self.maker, self.bootstrap, name, str(PARTITIONS), '1'], stdout=subprocess.DEVNULL, check=True)
        return name

    def load(self):
        """The yardsticks' rows on a topic of their own: as many as ours, 507 bytes each."""
        self.maker, self.cpeer = self.compiled('topic'), self.compiled('cpeer')
        loader, rows = self.compiled('load'), self.compiled('gen2')
        self.peer = self.streams()
        self.input = None
        if not (self.maker and self.cpeer and loader and rows):
            self.cpeer = self.peer = None
            return
        path = self.bench.make(f'kafka-{self.rows}.csv', self.bench.pipe([rows, str(self.rows)]))
        self.input = self.topic('bench-in')
        subprocess.run([loader, self.bootstrap, self.input, path, str(self.rows)], stdout=subprocess.DEVNULL, check=True)

    # ---- measuring ----

    def one(self, stage, name, command, seconds, ours=False, watch=False, rows=None, count=True):
        """Run one command and note what it took by its own clock."""
        key = (stage, name)
        if key not in self.figures:
            self.figures[key] = Figures(name, rows or self.rows, 0, ours)
        figures = self.figures[key]
        if command is None or figures.failed:
            return
        try:
            got = measure(command, None, watch, self.bench.log, self.talk)
            wall = seconds(got)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            figures.failed = str(error)
            if os.path.exists(self.talk):
                shutil.copyfile(self.talk, os.path.join(self.work, f'failed-{stage}'))
            return
        figures.memory = max(figures.memory, got.pss if watch else got.rss)
        if count:
            figures.runs.append(Measured(wall, got.cpu, got.rss, got.pss, got.others))

    def ours(self, rows):
        """A fresh data folder with so many rows in its inbox, topics of its own, and the settings for both."""
        self.serial += 1
        prefix, folder = f'bench{self.serial}', self.bench.data(self.bench.csv(rows))
        pairs = [f'kafka.bootstrap.servers={self.bootstrap}', f'topics.prefix={prefix}',
                 f'topics.partitions={PARTITIONS}', f'collect.batch={BATCH}', f'normalize.batch={BATCH}',
                 'log.format=json', 'outlets=csv']
        settings = [word for pair in pairs for word in ('--set', pair)]
        subprocess.run([self.bench.yici, 'topics', 'create', *settings], stdout=subprocess.DEVNULL, check=True)
        return prefix, folder, settings

    def stages(self, rows, watch=False):
        """Our programs one after another over the same rows; the prefix of their topics."""
        yici = self.bench.yici
        prefix, folder, settings = self.ours(rows)
        names = ('kafka-memory', f'{rows:,} rows: ') if watch else (None, 'yici ')
        self.one(names[0] or 'kafka-collect', names[1] + 'collect',
                 [yici, 'collect', folder, '--once', '--date', self.day, *settings],
                 lambda got: got.wall if watch else said(self.talk, r'"sending_s":"?([\d.]+)'), True, watch, rows)
        if not watch:
            self.bare('kafka-collect', 'bare librdkafka, the same messages', BATCH, [(f'{prefix}.submitted', '')])
        self.one(names[0] or 'kafka-normalize', names[1] + 'normalize', [yici, 'normalize', folder, '--once', *settings],
                 lambda got: got.wall if watch else said(self.talk, r'"seconds":"?([\d.]+)'), True, watch, rows)
        if not watch:
            self.peers('kafka-normalize', 'j1', BATCH)
        self.one(names[0] or 'kafka-consolidate', names[1] + ('nightly (consolidate)' if watch else 'nightly'),
                 [yici, 'nightly', folder, '--date', self.day, *settings],
                 lambda got: got.wall if watch else between(self.talk, 'collected', 'run complete'), True, watch, rows)
        if watch:
            return
        published = Figures('yici, the publishing of nightly', rows, 0, True)
        published = self.figures.setdefault(('kafka-publish', published.name), published)
        whole = self.figures[('kafka-consolidate', 'yici nightly')]
        if whole.failed is None:
            last = whole.runs[-1]
            published.runs.append(Measured(said(self.talk, r'"publishing_s":"?([\d.]+)'), last.cpu, last.rss, last.pss,
                                           last.others))
        self.peers('kafka-consolidate', 'j2', 0)
        self.bare('kafka-publish', 'bare librdkafka, the same messages', 0,
                  [(f'{prefix}.students', 's'), (f'{prefix}.changes', 'c')])

    def bare(self, stage, name, batch, topics):
        self.serial += 1
        command = [self.bare_loop, self.bootstrap, f'bare{self.serial}', str(batch)]
        for topic, mark in topics:
            to = f'bare{self.serial}{mark}'
            if not self.maker:
                command = None
                break
            command.append(f'{topic}={self.topic(to)}')
        self.one(stage, name, command, lambda got: said(self.talk, r'seconds=([\d.]+)'))

    def peers(self, stage, job, batch):
        self.serial += 1
        rows = 'their own rows of 507 bytes'
        bare = None
        if self.cpeer:
            bare = [self.cpeer, self.bootstrap, self.input, self.topic(f'peer{self.serial}'),
                    'j1' if job == 'j1' else 'j2b', str(batch), f'peer{self.serial}']
        self.one(stage, f'bare librdkafka, {rows}', bare, lambda got: said(self.talk, r'wall=([\d.]+)'))
        for name, store, more in (('Kafka Streams 4.3.1', 'rocks', []), ('Kafka Streams 4.3.1, tuned', 'mem', TUNED)):
            if job == 'j2':
                name += ', in RocksDB' if store == 'rocks' else ', in memory'
            command = None
            if self.peer:
                self.serial += 1
                state = os.path.join(self.work, 'state', str(self.serial))
                command = [*self.peer, self.input, self.topic(f'streams{self.serial}'), job, store,
                           f'streams{self.serial}', state, *more]
            self.one(stage, name, command, lambda got: said(self.talk, r'wall=([\d.]+)'))

    def whole(self):
        """From the inbox to the clean topic with one worker at work, beside `yici run` of the same file."""
        yici, rows = self.bench.yici, self.rows
        source = self.bench.csv(rows)
        self.one('kafka-end', 'yici run', self.bench.run_command(self.bench.data(source), self.day),
                 lambda got: got.wall, True)
        _, folder, settings = self.ours(rows)
        script = ('"$0" normalize "$@" & worker=$!; trap "kill -9 $worker 2>/dev/null" EXIT; '
                  'until grep -q "normalize begin" "$TALK"; do sleep 0.05; done; '
                  'begin=$(date +%s%N); "$0" nightly "$@" --date "$DAY" || exit 1; '
                  'echo "whole=$(( ($(date +%s%N) - begin) / 1000 ))"; kill $worker; wait $worker')
        self.one('kafka-end', 'yici nightly and one worker',
                 ['env', f'TALK={self.talk}', f'DAY={self.day}', 'bash', '-c', script, yici, folder, *settings],
                 lambda got: said(self.talk, r'whole=(\d+)') / 1e6, True)

    # ---- the whole ----

    def run(self):
        bench = self.bench
        try:
            self.start()
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            say(f'\nkafka: not measured ({error})')
            return
        previous = signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(SystemExit(1)))
        try:
            self.bare_loop = os.path.join(os.path.dirname(bench.reader), 'bench_bus')
            self.load()
            for _ in range(bench.runs):
                self.stages(self.rows)
                self.whole()
            for rows in (max(1000, self.rows // 4), self.rows):
                self.stages(rows, True)
        finally:
            self.stop()
            signal.signal(signal.SIGTERM, previous)
        self.show()

    def of(self, stage, start):
        return next((one for (where, name), one in self.figures.items() if where == stage and name.startswith(start)
                     and one.runs), None)

    def ratio(self, stage, ours, theirs):
        """How many of our rows come in the time of one of theirs."""
        a, b = self.of(stage, ours), self.of(stage, theirs)
        return None if a is None or b is None else b.wall / a.wall

    def show(self):
        bench, source = self.bench, self.bench.csv(self.rows)
        goals = {
            'kafka-collect': [('collect beside the bare loop, rows/s', ('yici', 'bare'), 0.8)],
            'kafka-normalize': [('normalize beside the bare loop, rows/s', ('yici', 'bare'), 0.8),
                                ('normalize beside Kafka Streams (the faster), rows/s', ('yici', 'Kafka'), 2)],
            'kafka-consolidate': [('consolidate and publish beside Kafka Streams (the faster), rows/s',
                                   ('yici', 'Kafka'), 5)],
            'kafka-publish': [('publishing beside the bare loop, messages/s', ('yici', 'bare'), 0.8)],
        }
        for stage, title in STAGES.items():
            lines = [one for (where, _), one in self.figures.items() if where == stage]
            if not lines:
                continue
            bench.show(stage, bench.title(title, self.rows, source), lines)
            for name, (ours, theirs), limit in goals.get(stage, []):
                found = [self.ratio(stage, ours, one.name) for one in lines if one.name.startswith(theirs)]
                found = [one for one in found if one is not None]
                bench.goal(f'Kafka: {name}', min(found) if found else None, limit, ' ×', at_most=False)
            if stage == 'kafka-end':
                run, night = self.of(stage, 'yici run'), self.of(stage, 'yici nightly')
                bench.goal('Kafka: nightly beside yici run', night.wall / run.wall if run and night else None, 2.5, ' ×')
            if stage == 'kafka-memory' and all(one.memory for one in lines):
                few, many = lines[:len(lines) // 2], lines[len(lines) // 2:]
                bench.goal(f'Kafka: memory of the largest program, {self.rows:,} rows',
                           max(one.memory for one in many) / 1e6, MEMORY_GOAL_MB, ' MB')
                bench.goal('Kafka: memory beside that of a quarter of the rows, the most that one grows',
                           max(b.memory / a.memory for a, b in zip(few, many)), 1.25, ' ×')
