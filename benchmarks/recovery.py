"""recovery: how long until a killed city has caught up?

Measures seconds on the wall from opening the data folder to the end of the journal, as a restart does it: journal,
snapshot, world and rules, then 1,000,000 rows of 2,000 vehicles that came after the snapshot, judged by the four
vehicle rules and their cases stored. In a process of its own; what it imports is not counted, nor is reading the
city's files, and the journal's pages are in memory, as they are after a process was killed. The limit is 5 s.

- recovery_tail: written at full speed, in commits of 500.
- recovery_quiet_tail: as written at 20 messages a second over 14 hours, each message and each of two ticks a second
  committed when it came. So that writing takes half a minute rather than ten, commits are of GROUP entries and
  segments of that much fewer, which seals into the very same files; only the last segment, which is not sealed yet,
  is written message by message.

Of three runs each, the median. The data lies in memory (/dev/shm) where there is such a thing, because writing it
means a hundred thousand syncs, which are not what is measured.

    python -m benchmarks.recovery [--rows 1000000]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median

import structlog

from benchmarks.city import City, buffers, reports
from benchmarks.data import begin, loop_of, save_snapshot, write
from benchmarks.result import Result, at_most, say
from pipeline.entries import EntryBuffer
from pipeline.journal import Journal
from pipeline.journal.writer import Limits
from pipeline.runtime.opening import JOURNAL, open_data

LIMIT, REPEATS, HEAD = 5.0, 3, 20_000
INTERVALS = {"recovery_tail": 10.0, "recovery_quiet_tail": 100.0}
"""Seconds between two reports of one of 2,000 vehicles: 200 and 20 messages a second."""
GROUP = 32
LOOK = 5.0
"""How often the runtime looks for segments to seal, seconds of the journal's time."""


def make(folder: Path, name: str, rows: int) -> None:
    """A data folder: HEAD rows, a snapshot, `rows` more."""
    city = City()
    some = reports(city, rows + HEAD, interval=INTERVALS[name])
    first, rest = some.part(0, HEAD), some.part(HEAD, len(some))
    write(folder / JOURNAL, buffers(first), begin(folder, city))
    save_snapshot(folder)
    if name == "recovery_tail":
        with Journal.open(folder / JOURNAL) as journal:
            _live(journal, buffers(rest))
        return
    frames = Limits().segment_frames
    last = len(rest) - frames // 2
    with Journal.open(folder / JOURNAL, segment_frames=frames // GROUP) as journal:
        _live(journal, buffers(rest.part(0, last), GROUP))
    with Journal.open(folder / JOURNAL) as journal:
        _live(journal, buffers(rest.part(last, len(rest)), 1))


def _live(journal: Journal, commits: Iterable[EntryBuffer]) -> None:
    """Commit by commit, sealing as the runtime does. The last segment stays as it is."""
    looked = 0.0
    for commit in commits:
        journal.commit(commit)
        if commit.received[-1] >= looked + LOOK:
            looked = commit.received[-1]
            journal.seal_rolled()


def restart(folder: Path) -> tuple[float, float, int]:
    """Seconds on the wall, seconds of the processor, and how many rows were judged."""
    began, worked = time.perf_counter(), time.process_time()
    data = open_data(folder, structlog.get_logger())
    assert data.restored is not None, "there is a snapshot"
    before = data.engine.counts["live"]
    loop_of(data).recover(data.journal.head, lambda: False)
    ended, worked = time.perf_counter(), time.process_time() - worked
    judged = data.engine.counts["live"] - before
    data.close()
    return ended - began, worked, judged


def run(rows: int = 1_000_000) -> list[Result]:
    """Both."""
    results = []
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=memory if memory.is_dir() else None) as name:
        for what in INTERVALS:
            folder = Path(name) / what
            _in_a_process("make", folder, what, rows)
            seconds, work = [], []
            for i in range(REPEATS):
                again = Path(name) / f"{what}-{i}"
                shutil.copytree(folder, again)  # each run finds the store as it was
                took, worked, judged = _in_a_process("restart", again, what, rows)
                assert judged >= 0.95 * rows, judged
                seconds.append(took)
                work.append(worked)
                shutil.rmtree(again)
            shutil.rmtree(folder)
            note = f"{judged:,.0f} rows; {median(work):.1f} s of the processor"
            results.append(at_most(what, "s", median(seconds), LIMIT, note))
    return results


def _in_a_process(role: str, folder: Path, what: str, rows: int) -> list[float]:
    arguments = ["--as", role, "--folder", str(folder), "--what", what, "--rows", str(rows)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.recovery", *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    return [float(number) for number in done.stdout.split()]


def main() -> None:
    parser = argparse.ArgumentParser(description="recovery: see the head of the file")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--as", dest="role", choices=["make", "restart"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--what", choices=list(INTERVALS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if options.role == "make":
        make(options.folder, options.what, options.rows)
    elif options.role == "restart":
        print(*restart(options.folder))
    else:
        say(run(options.rows))


if __name__ == "__main__":
    main()
