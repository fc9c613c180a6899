"""trials.py - many trials of one kind, side by side, each in a folder that no other uses at the time.

Every other one is tried, for faults that are neighbours are mostly alike and the tests of a change must not take an hour; all are with
YICI_FAULTS=all.
"""
import os, queue, threading, time
from nightly import WORK, check, run


def trials(todo, trial):
    """Call trial(one, folder, check) for each, in as many threads as there are processors."""
    left, lock = queue.SimpleQueue(), threading.Lock()
    for one in list(todo)[::1 if os.environ.get("YICI_FAULTS") == "all" else 2]:
        left.put(one)

    def safe_check(*args):
        with lock:
            return check(*args)

    def work(number):
        folder = f"{WORK}/{number}"
        os.makedirs(folder, exist_ok=True)
        while True:
            try:
                one = left.get_nowait()
            except queue.Empty:
                return
            try:
                trial(one, folder, safe_check)
            except Exception as why:  # a thread that dies would hide what it had still to do
                safe_check(False, str(one), repr(why))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(os.cpu_count() or 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def settled(data, *args):
    """A run, once the children of one that was killed have gone."""
    for _ in range(100):
        done = run(data, *args, status=None)
        if done.returncode != 75:
            break
        time.sleep(0.02)
    return done
