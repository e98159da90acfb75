"""parts: where does the time of journal_to_episodes go?

Runs it under Python's profiler, on one core, and adds up by file: what a function of Python or NumPy written in C took
counts for the file that called it. The profiler makes everything slower, calls above all, so that shares are to be read
here, and rates from `benchmarks.engine`. No target: it is for whoever makes it faster, and for docs/performance.md.

    python -m benchmarks.parts [--rows 500000] [--vehicles 2000] [--interval 10]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.city import City, buffers, reports
from benchmarks.data import VEHICLES, judge_all, versions, write
from benchmarks.result import one_core
from pipeline.engine import Engine
from pipeline.journal import Journal

PARTS = {
    "read the journal (checksums, zstd, Arrow)": ("pipeline/journal/",),
    "decode: payloads to columns": ("connectors/",),
    "detectors and their places: zones, limits": ("pipeline/zone", "pipeline/nearby.py", "pipeline/roads.py"),
    "detectors and their places: routes": (
        "pipeline/routes.py",
        "pipeline/strokes.py",
        "pipeline/geo.py",
        "pipeline/raster.py",
    ),
    "detectors and their places: who, permits, world": (
        "pipeline/world.py",
        "pipeline/subjects.py",
        "pipeline/permits.py",
        "pipeline/manifests.py",
        "pipeline/hours.py",
        "detectors/",
    ),
    "holds: runs of wrong and right rows": ("pipeline/hold.py", "pipeline/scan.py", "pipeline/overlay.py"),
    "silence": ("pipeline/silence.py",),
    "episodes and their ids": ("pipeline/reporting.py", "pipeline/episode.py", "/uuid.py"),
    "sort by line and key, which rows count, ticks": ("pipeline/",),
}
"""What a file belongs to: the first that fits."""
OTHER = "other"


def part_of(file: str) -> str:
    """Which part a file belongs to."""
    return next((part for part, names in PARTS.items() if any(name in file for name in names)), OTHER)


def by_part(profile: cProfile.Profile) -> dict[str, float]:
    """Seconds by part."""
    found: dict[str, float] = defaultdict(float)
    stats: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]

    def add(function: Any, seconds: float, above: tuple[Any, ...]) -> None:
        """Time spent in a function: its part's, or that of its callers, as they called it."""
        part = part_of(function[0])
        callers = {caller: times for caller, times in stats[function][4].items() if caller not in above}
        total = sum(times[3] for times in callers.values())
        if part != OTHER or total == 0:
            found[part] += seconds
            return
        for caller, times in callers.items():
            add(caller, seconds * times[3] / total, (*above, function))

    for function, (_, _, own, _, _) in stats.items():
        add(function, own, ())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="parts: see the head of the file")
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--vehicles", type=int, default=2_000)
    parser.add_argument("--interval", type=float, default=10.0)
    options = parser.parse_args()
    one_core()
    city = City()
    some = reports(city, options.rows, options.vehicles, options.interval)
    load = versions(city, VEHICLES)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        write(Path(name), buffers(some))
        judge_all(Engine(load), Journal.read_only(Path(name)))  # what is compiled once does not count
        profile, engine = cProfile.Profile(time.process_time), Engine(load)
        profile.enable()
        changes = judge_all(engine, Journal.read_only(Path(name)))
        profile.disable()
    found = by_part(profile)
    total = sum(found.values())
    print(f"{len(some):,} rows, {changes:,} changes of episodes, {total / len(some) * 1e6:.2f} µs a row")
    for part, seconds in sorted(found.items(), key=lambda each: -each[1]):
        print(f"{100 * seconds / total:5.1f} %  {seconds / len(some) * 1e6:6.3f} µs  {part}")


if __name__ == "__main__":
    main()
