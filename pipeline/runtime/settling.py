"""settling: a city that does not run comes to know what was said in its inbox: the journal's tail, then that.

For commands on a machine where nothing runs: the same journal, the same desk, the same order as in a running city.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from connectors.intake import ForwardClock
from pipeline.entries import EntryBuffer, Kind
from pipeline.runtime.judge_loop import JudgeLoop
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.office import CityOffice
from pipeline.runtime.opening import open_data


def settle(data: Path, where: Path | str, log: Any) -> int:
    """Take in what waits; how much that was. data: the city's data folder. where: its store.

    Raises JournalBusy where the city runs; otherwise as `open_data`.
    """
    opened = open_data(data, log, where)
    try:
        loop = JudgeLoop(
            opened.journal,
            opened.engine,
            opened.fold,
            opened.store,
            opened.letters,
            Metrics(),
            log,
            snapshot_every=float("inf"),
            keep=lambda *_: False,
        )
        loop.recover(opened.journal.head, lambda: False)
        buffer = EntryBuffer()
        for name, clock in opened.engine.clocks.by_name.items():
            for member in clock.members:
                buffer.add(Kind.LEAVE, name, member, time.time())
        wall = ForwardClock()
        buffer.add(Kind.CLOCK, "", "", wall.stamp())
        opened.journal.commit(buffer)
        count = CityOffice(opened.journal.commit, opened.store, wall).take_in(data)
        after = EntryBuffer()
        after.add(Kind.CLOCK, "", "", wall.stamp() + 1e-3)
        opened.journal.commit(after)
        loop.recover(opened.journal.head, lambda: False)
        saved = loop.finish()
        if saved is not None:
            opened.snapshots.save(opened.engine.position, saved)
        return count
    finally:
        opened.close()
