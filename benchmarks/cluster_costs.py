"""cluster_costs: what docs/scale.md reckons with: processor time and bytes of a position on its way through a cluster.

Without Kafka and without the network: what `ingest` does of a commit (where it belongs, the messages), and what a
partition's judge does of its messages, with the vehicles and twelve rules of replay_day; and a snapshot of the judge.

    python -m benchmarks.cluster_costs [--vehicles 20000] [--rows 400000] [--partitions 12]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.city import City, Reports, buffers, reports
from benchmarks.data import TWELVE, begin
from benchmarks.result import ONE_THREAD, one_core
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents
from pipeline.journal.contents import CONTENTS
from pipeline.runtime.cluster.agent import TOGETHER
from pipeline.runtime.cluster.judging import PartitionJudge
from pipeline.runtime.cluster.loading import Versions
from pipeline.runtime.cluster.messages import encode_entries
from pipeline.runtime.cluster.routing import Router
from replay.recording import JOURNAL

COMMITS = (200, 1_000, 5_000)
"""Entries in one: what comes together in a tenth of a second at 2,000, 10,000 and 50,000 a second."""

Messages = list[list[bytes]]
"""By partition."""


def dealt(router: Router, some: Reports, version: bytes, entries: int) -> tuple[Messages, float]:
    """What `ingest` makes of the reports, and its processor time in seconds."""
    first = EntryBuffer()
    first.add(Kind.VERSION, "", "", 0.0, version)
    messages: Messages = [[] for _ in range(router.count)]
    for part in router.route(first.batch()):
        messages[part.partition].append(encode_entries(part.batch))
    began = time.process_time()
    for buffer in buffers(some, entries):
        for part in router.route(buffer.batch()):
            messages[part.partition].append(encode_entries(part.batch, part.to))
    return messages, time.process_time() - began


def judged(judge: PartitionJudge, messages: list[bytes]) -> float:
    """Seconds of processor time, the world compiled before."""
    judge.take([(0, messages[0])])
    began = time.process_time()
    some: list[tuple[int, bytes]] = []
    for offset, value in enumerate(messages[1:], 1):
        some.append((offset, value))
        if sum(len(each) for _, each in some) >= TOGETHER:
            judge.take(some)
            some = []
    judge.take(some)
    return time.process_time() - began


def run(vehicles: int, rows: int, partitions: int) -> Table:
    table = Table(title=f"{vehicles:,} vehicles, {partitions} partitions, twelve rules", title_justify="left")
    for heading in ("entries a commit", "ingest, s a million", "worker, s a million", "bytes a position"):
        table.add_column(heading, justify="right")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        city = City(hours=True, vehicles=vehicles)
        version = begin(folder, city, TWELVE, body=True)
        some = reports(city, rows, interval=10.0, body=True)
        load = Versions(Contents(folder / JOURNAL / CONTENTS))
        for entries in COMMITS:
            messages, ingest = dealt(Router(partial(load, version), partitions), some, version, entries)
            judge = PartitionJudge(0, partitions, load)
            worker = judged(judge, messages[0])
            size = sum(len(each) for values in messages for each in values)
            mine = judge.engine.counts["live"]
            table.add_row(
                f"{entries:,}",
                f"{ingest / len(some) * 1e6:.1f}",
                f"{worker / mine * 1e6:.1f}",
                f"{size / len(some):.0f}",
            )
        began = time.process_time()
        snapshot = judge.snapshot()
        taken = time.process_time() - began
    each = len(snapshot) * partitions / vehicles
    table.caption = f"a snapshot: {each:.0f} bytes a vehicle, {taken * partitions / vehicles * 1e5:.2f} s of 100,000"
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description="cluster_costs: see the head of the file")
    parser.add_argument("--vehicles", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--partitions", type=int, default=12)
    options = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):  # read when NumPy is loaded
        os.execve(
            sys.executable, [sys.executable, "-m", "benchmarks.cluster_costs", *sys.argv[1:]], os.environ | ONE_THREAD
        )
    one_core()
    Console(width=110).print(run(options.vehicles, options.rows, options.partitions))


if __name__ == "__main__":
    main()
