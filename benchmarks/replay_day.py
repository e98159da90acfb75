"""replay_day: how long does the replay of a day of 2,000 vehicles take, a fix each 10 s, twelve rules, one core?

The city, vehicles and rules of benchmarks.rules; 17.3 million positions. What is measured is what `gridwatch replay`
does: the world compiled, a sealed journal read, decoded, judged, its cases collected, the hours of its subjects
counted. Processor time, so that what else runs on the machine disturbs less. A tenth of the day is measured and, but
for the world, multiplied by ten; --full measures all of it (minutes to make it, 10 GB of memory).

    python -m benchmarks.replay_day [--full] [--repeats 3]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.city import City, buffers, reports
from benchmarks.data import TWELVE, versions, write
from benchmarks.result import ONE_THREAD, Result, at_most, one_core, say
from pipeline.journal import Journal
from replay.outcome import judge

VEHICLES, INTERVAL, DAY = 2_000, 10.0, 86_400.0
MOST = 60.0
"""seconds"""


def run(share: float = 0.1, repeats: int = 3) -> list[Result]:
    """On the core that this process is bound to. share: of the day."""
    city = City(hours=True, vehicles=VEHICLES)
    began = time.process_time()
    assert city.world.registers is city.registers  # compiled when it is first asked for
    compiled = time.process_time() - began
    some = reports(city, round(VEHICLES * DAY / INTERVAL * share), interval=INTERVAL, body=True)
    count = len(some)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        write(folder, buffers(some))
        del some
        taken: list[float] = []
        for _ in range(repeats):
            load = versions(city, TWELVE, body=True)
            began = time.process_time()
            outcome = judge(Journal.read_only(folder), load)
            taken.append(compiled + (time.process_time() - began) / share)
            assert outcome.rows == count, outcome.counts
            assert outcome.cases, "there was something to find"
    seconds = median(taken)
    part = "all of it" if share == 1 else f"{share:.0%} of the day, times {1 / share:g}"
    note = f"{count / share / seconds:,.0f} rows/s; {part}; {len(outcome.cases):,} cases"
    return [at_most("replay_day", "s", seconds, MOST, note)]


def main() -> None:
    parser = argparse.ArgumentParser(description="replay_day: see the head of the file")
    parser.add_argument("--full", action="store_true", help="the whole day")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):  # read when NumPy is loaded
        os.execve(
            sys.executable, [sys.executable, "-m", "benchmarks.replay_day", *sys.argv[1:]], os.environ | ONE_THREAD
        )
    one_core()
    say(run(1.0, 1) if options.full else run(0.1, options.repeats))


if __name__ == "__main__":
    main()
