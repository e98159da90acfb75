"""memory: how much does a large city need?

Measures the resident memory (VmRSS) of a process that has opened a city's data as the runtime does and judged its
journal: 100,000 vehicles that have reported five times each, 20,000 bins three times, 2,000 routes of 60 to 100
vertices, 500 zones of up to 200, the four vehicle rules, full bins and silent bins. The journal is written by
another process, so that nothing of the making is counted. The limit is 600 MB (10^6 bytes). For information: the most
that it ever was (VmHWM), and what the imports alone take.

    python -m benchmarks.memory
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import structlog

from benchmarks.result import Result, at_most, say

VEHICLES, TIMES, BINS, BIN_TIMES, ROUTES = 100_000, 5, 20_000, 3, 2_000
LIMIT = 600.0


def make(folder: Path) -> None:
    """The city's data."""
    from benchmarks.city import City, buffers, fillings, reports
    from benchmarks.data import VEHICLES as WATCHED
    from benchmarks.data import begin, write
    from pipeline.runtime.opening import JOURNAL

    city = City(vehicles=VEHICLES, routes=ROUTES, bins=BINS)
    version = begin(folder, city, (*WATCHED, "bin-full", "bin-silent"))
    parts = (reports(city, TIMES * VEHICLES, interval=60.0), fillings(BINS, BIN_TIMES))
    write(folder / JOURNAL, (commit for part in parts for commit in buffers(part)), version)


def measure(folder: Path) -> dict[str, float]:
    """MB by name, in this process."""
    from benchmarks.data import loop_of
    from pipeline.runtime.opening import open_data

    imports = _status()["VmRSS"]
    data = open_data(folder, structlog.get_logger())
    judged = loop_of(data).recover(data.journal.head, lambda: False)
    memory = _status()
    positions, readings = (len(data.engine.kinds[kind].key_numbers) for kind in ("position", "reading"))
    assert positions > 0.99 * VEHICLES, positions  # some are silent all the time
    assert readings >= BINS, readings
    assert data.engine.counts["live"] > 0.95 * (TIMES * VEHICLES + 2 * BIN_TIMES * BINS), data.engine.counts
    data.close()
    return {"now": memory["VmRSS"], "most": memory["VmHWM"], "imports": imports, "entries": float(judged)}


def _status() -> dict[str, float]:
    text = Path("/proc/self/status").read_text()
    return {name: int(kb) * 1024 / 1e6 for name, kb in re.findall(r"^(Vm\w+):\s+(\d+) kB$", text, re.MULTILINE)}


def run() -> list[Result]:
    """In two processes of their own."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        for role in ("make", "measure"):
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.memory", "--as", role, "--folder", folder],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
    found = {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}
    note = f"{found['most']:.0f} MB at most, {found['imports']:.0f} MB by the imports alone"
    return [at_most("memory_100k_vehicles", "MB", found["now"], LIMIT, note)]


def main() -> None:
    parser = argparse.ArgumentParser(description="memory: see the head of the file")
    parser.add_argument("--as", dest="role", choices=["make", "measure"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role == "make":
        make(options.folder)
    elif options.role == "measure":
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
        for name, value in measure(options.folder).items():
            print(name, value)
    else:
        say(run())


if __name__ == "__main__":
    main()
