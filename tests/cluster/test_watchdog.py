"""A worker that has something to judge and judges none of it ends itself; a slow one does not."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from faust.types import TP

from pipeline.runtime.cluster.agent import Watch
from pipeline.runtime.cluster.app import Watchdog

TOPIC = "city.entries"


class Consumer:
    """Partitions that are here, and where each ends."""

    def __init__(self, **ends: int) -> None:
        self.ends = {TP(TOPIC, int(name[1:])): end for name, end in ends.items()}

    def assignment(self) -> set[TP]:
        return set(self.ends)

    def highwater(self, tp: TP) -> int | None:
        return self.ends[tp]


def dog(consumer: Consumer, watch: Watch) -> Watchdog:
    return Watchdog(cast(Any, SimpleNamespace(consumer=consumer)), TOPIC, watch, stalled=10.0)


@pytest.mark.parametrize(
    "seen, later, after, trouble",
    [
        pytest.param({0: 9, 1: 9}, {}, 60.0, "", id="all judged"),
        pytest.param({0: 9, 1: 5}, {}, 60.0, "partition 1 is judged up to offset 5", id="one partition stalls"),
        pytest.param({0: 9, 1: 5}, {}, 5.0, "", id="not for long enough"),
        pytest.param({0: 9, 1: 5}, {1: 6}, 60.0, "", id="slow, but going on"),
        pytest.param({0: -1, 1: 9}, {1: 9}, 60.0, "partition 0 is judged up to offset -1", id="never begun"),
        pytest.param({0: 9, 1: 9, 2: 1}, {}, 60.0, "", id="no longer here"),
    ],
)
def test_trouble(
    monkeypatch: pytest.MonkeyPatch, seen: dict[int, int], later: dict[int, int], after: float, trouble: str
) -> None:
    now = 100.0
    monkeypatch.setattr("pipeline.runtime.cluster.app.time.monotonic", lambda: now)
    watch = Watch()
    watch.seen |= seen
    watchdog = dog(Consumer(p0=10, p1=10), watch)
    watchdog.look()
    now += after
    watch.seen |= later
    watchdog.look()
    assert watchdog.trouble(now).startswith(trouble)
    assert bool(watchdog.trouble(now)) == bool(trouble)


def test_a_loop_that_hangs_is_trouble() -> None:
    watchdog = dog(Consumer(), Watch())
    watchdog.look()
    assert not watchdog.trouble(watchdog.heard + 9.0)
    assert "loop has not turned" in watchdog.trouble(watchdog.heard + 11.0)


def test_it_ends_the_process_and_beats_until_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.runtime.cluster.app.LOOK", 0.01)
    ended, beats = list[int](), list[None]()
    watch = Watch()
    watch.seen[0] = 3

    async def run() -> None:
        app = cast(Any, SimpleNamespace(consumer=Consumer(p0=10)))
        gone = asyncio.Event()
        loop = asyncio.get_running_loop()

        def end(code: int) -> None:
            ended.append(code)
            loop.call_soon_threadsafe(gone.set)

        Watchdog(app, TOPIC, watch, stalled=0.2, end=end, beat=lambda: beats.append(None)).start(loop)
        await asyncio.wait_for(gone.wait(), 30)

    asyncio.run(run())
    assert len(ended) == 1
    assert beats
