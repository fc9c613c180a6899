"""measuring.py - one run of one command, all runs of one contestant, and how they are shown: what ops/bench and its
contests share."""
import os
import resource
import statistics
import subprocess
import time

class Measured:
    """One run of one command."""

    def __init__(self, wall, cpu, rss, pss, others):
        self.wall, self.cpu, self.rss, self.pss = wall, cpu, rss, pss
        self.others = others  # share of all processors that went to other work meanwhile


def children(pid):
    found = []
    try:
        for task in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{task}/children') as file:
                found += [int(child) for child in file.read().split()]
    except OSError:
        pass
    return found


def resident(pid):
    """PSS in bytes; the resident set where the kernel does not let us see it."""
    try:
        with open(f'/proc/{pid}/smaps_rollup') as file:
            for line in file:
                if line.startswith('Pss:'):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        with open(f'/proc/{pid}/statm') as file:
            return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
    except (OSError, IndexError):
        return 0


def tree_resident(root):
    total, waiting, me = 0, children(root), os.getpid()
    while waiting:
        pid = waiting.pop()
        if pid != me:
            total += resident(pid)
            waiting += children(pid)
    return total


def busy():
    """Seconds of all processors since the start of the machine in which they did something."""
    with open('/proc/stat') as file:
        user, nice, system, _, _, irq, softirq, steal = [int(word) for word in file.readline().split()[1:9]]
    return (user + nice + system + irq + softirq + steal) / os.sysconf('SC_CLK_TCK')


def measure(command, env=None, watch=False, log=None, talk=None):
    """
    Run a command with all that it starts, to the end of the last process. Raises RuntimeError when it fails. What it
    says on stderr goes to the end of ${log}; or, with what it says on stdout, into the new file ${talk}.
    """
    os.sync()
    with open(talk or log or os.devnull, 'wb' if talk else 'ab') as errors:
        begin, before = time.monotonic(), busy()
        process = subprocess.Popen(command, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                                   stdout=errors if talk else subprocess.DEVNULL, stderr=errors)
    wall = cpu = rss = pss = 0
    while True:
        if watch:
            pss = max(pss, tree_resident(os.getpid()))
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG if watch else 0)
        except ChildProcessError:
            break
        if pid == 0:
            time.sleep(0.02)
            continue
        cpu += usage.ru_utime + usage.ru_stime
        rss = max(rss, usage.ru_maxrss * 1024)
        if pid == process.pid:
            wall = time.monotonic() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f'{os.path.basename(command[0])} ended with {process.returncode}')
    others = max(0, busy() - before - cpu) / (os.cpu_count() * (time.monotonic() - begin))
    return Measured(wall, cpu, rss, pss, others)


class Figures:
    """All runs of one contestant in one contest."""

    def __init__(self, name, rows, size, ours):
        self.name, self.rows, self.size, self.ours = name, rows, size, ours
        self.runs, self.memory, self.failed = [], 0, None

    @property
    def wall(self):
        return statistics.median(run.wall for run in self.runs) if self.runs else None

    @property
    def cpu(self):
        return statistics.median(run.cpu for run in self.runs) if self.runs else None

    def shown_memory(self):
        # the kernel counts what this script held when it started the process: less than that cannot be seen
        floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if not self.ours and self.memory <= floor:
            return f'< {floor / 1e6:,.0f}'
        return f'{self.memory / 1e6:,.0f}'

    def line(self, base):
        if not self.runs:
            return [self.name, 'not measured' + (f': {self.failed}' if self.failed else ''), '', '', '', '', '']
        walls = [run.wall for run in self.runs]
        return [self.name, f'{self.wall:.2f}', f'{min(walls):.2f}–{max(walls):.2f}', f'{self.cpu:.2f}',
                f'{self.rows / self.wall:,.0f}', self.shown_memory(),
                f'{self.wall / base:.2f}' if base else '']


HEAD = ['', 'wall s', 'from–to', 'CPU s', 'rows/s', 'memory MB', 'ratio']


class Contestant:
    """Something to run: ${prepare} is outside the clock and gives the command."""

    def __init__(self, name, prepare, env=None, ours=False):
        self.name, self.prepare, self.env, self.ours = name, prepare, env, ours
        self.once = False


def say(text):
    print(text, flush=True)


def table(title, lines, head=None):
    head = head or HEAD
    out = [f'### {title}', '', '| ' + ' | '.join(head) + ' |', '|---|' + '---:|' * (len(head) - 1)]
    out += ['| ' + ' | '.join(line) + ' |' for line in lines]
    return '\n'.join(out) + '\n'
