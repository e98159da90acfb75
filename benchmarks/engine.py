"""engine: how fast does a journal become episodes, against msgspec alone on the same payloads?

Measures rows a second of one core: `Journal.read_only` → `Engine.feed` → changes of episodes, over a sealed journal
that was just written (its pages are in memory). The limit decodes the same payloads, already in memory, into the same
five fields, and does nothing else: `list(map(decoder.decode, payloads))`. Processor time is counted, not time on the
wall, so that what else runs on the machine disturbs less; each measurement takes turns with its limit, and medians
count.

- journal_to_episodes: overspeed, no_go_zone, off_route, silent. one_rule: overspeed alone.
- one_vehicle: as many rows of one vehicle, 1 s apart, with the same four rules, against the rate of the 2,000
  vehicles. Ticks come every half second here too, so that its journal has three entries for each row.

    python -m benchmarks.engine [--rows 500000] [--repeats 5]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.city import City, Reports, buffers, reports
from benchmarks.data import FIELDS, ONE, VEHICLES, judge_all, versions, write
from benchmarks.result import ONE_THREAD, Result, one_core, rate, say
from pipeline.engine import Engine
from pipeline.journal import Journal

TARGETS = {"journal_to_episodes": 0.25, "one_rule": 0.4, "one_vehicle": 0.5}

Payload = msgspec.defstruct("Payload", [(name, float, float("nan")) for name in FIELDS], gc=False)
Measure = Callable[[], float]
"""Does it once: processor seconds."""


def decoding(payloads: list[bytes], fields: type[msgspec.Struct] = Payload) -> Measure:
    """The limit."""
    decode = msgspec.json.Decoder(fields).decode

    def once() -> float:
        began = time.process_time()
        decoded = list(map(decode, payloads))
        ended = time.process_time()
        assert len(decoded) == len(payloads)
        return ended - began

    return once


def decoding_in_a_loop(payloads: list[bytes]) -> Measure:
    """A harder limit, for information: nothing is kept, so that all stays in the processor's cache."""
    decode = msgspec.json.Decoder(Payload).decode

    def once() -> float:
        began = time.process_time()
        for payload in payloads:
            decode(payload)
        return time.process_time() - began

    return once


def judging(city: City, rules: tuple[str, ...], folder: Path, some: Reports, *, body: bool = False) -> Measure:
    """Journal → episodes."""
    load = versions(city, rules, body=body)

    def once() -> float:
        engine = Engine(load)
        began = time.process_time()
        changes = judge_all(engine, Journal.read_only(folder))
        ended = time.process_time()
        assert engine.counts == {"live": len(some)}, engine.counts
        assert changes, "there was something to find"
        return ended - began

    return once


def run(rows: int = 500_000, repeats: int = 5) -> list[Result]:
    """All three, on the core that this process is bound to."""
    city = City()
    many, one = reports(city, rows), reports(city, rows, vehicles=1, interval=1.0)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        for some, what in ((many, "many"), (one, "one")):
            write(folder / what, buffers(some))
        measures = {
            "limit": (decoding(many.payloads), many),
            "loop": (decoding_in_a_loop(many.payloads), many),
            "journal_to_episodes": (judging(city, VEHICLES, folder / "many", many), many),
            "one_rule": (judging(city, ONE, folder / "many", many), many),
            "one_vehicle": (judging(city, VEHICLES, folder / "one", one), one),
        }
        rates: dict[str, list[float]] = {name: [] for name in measures}
        for _ in range(repeats):
            for name, (measure, some) in measures.items():
                rates[name].append(len(some) / measure())
    results = []
    for name, target in TARGETS.items():
        against = "journal_to_episodes" if name == "one_vehicle" else "limit"
        ratio = median(a / b for a, b in zip(rates[name], rates[against], strict=True))
        loop = median(a / b for a, b in zip(rates[name], rates["loop"], strict=True))
        note = "" if name == "one_vehicle" else f"{loop:.3f} of a loop that decodes and keeps nothing"
        results.append(rate(name, "rows/s", median(rates[name]), median(rates[against]), target, ratio, note))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description="engine: see the head of the file")
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):  # read when NumPy is loaded
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.engine", *sys.argv[1:]], os.environ | ONE_THREAD)
    one_core()
    say(run(options.rows, options.repeats))


if __name__ == "__main__":
    main()
