"""What Faust leaves out in a rebalance is asked for again; what is not kept any more is said."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from faust.types import TP

from pipeline.runtime.cluster import in_order
from pipeline.runtime.cluster.in_order import EntriesMissing, InOrder
from tests.connectors.fakes import ListLog

HERE = TP("t.entries", 3)


class Consumer:
    """Of Faust, as far as it goes."""

    def __init__(self, earliest: int = 0) -> None:
        self.earliest, self.sought = earliest, list[int]()

    async def earliest_offsets(self, *partitions: TP) -> Any:
        return dict.fromkeys(partitions, self.earliest)

    async def seek(self, partition: TP, offset: int) -> None:
        assert partition == HERE
        self.sought.append(offset)


def _taken(consumer: Consumer, seen: int | None, offsets: list[int]) -> list[int]:
    """Which are taken, each once it has been."""

    async def all_of() -> list[int]:
        order, taken = InOrder(consumer, HERE, ListLog()), list[int]()
        await order.begin(seen)
        for offset in offsets:
            if await order.takes(offset):
                taken.append(offset)
                order.seen = max(order.seen, offset)
        return taken

    return asyncio.run(all_of())


@pytest.mark.parametrize(
    "seen, offsets, taken, sought",
    [
        pytest.param(4, [5, 6, 7], [5, 6, 7], [], id="in-order"),
        pytest.param(4, [3, 4, 5], [3, 4, 5], [], id="known-ones-again"),
        pytest.param(4, [5, 7, 8, 6, 7, 8], [5, 6, 7, 8], [6], id="one-left-out"),
        pytest.param(4, [9, 5, 6], [5, 6], [5], id="committed-is-behind-what-was-kept"),
        pytest.param(None, [0, 1], [0, 1], [], id="nothing-was-kept"),
    ],
)
def test_all_are_taken_in_order(seen: int | None, offsets: list[int], taken: list[int], sought: list[int]) -> None:
    consumer = Consumer()
    assert _taken(consumer, seen, offsets) == taken
    assert consumer.sought == sought, "asked for once, though more came meanwhile"


def test_nothing_was_kept_and_the_oldest_are_gone() -> None:
    assert _taken(Consumer(earliest=40), None, [40, 41]) == [40, 41]


def test_it_is_asked_for_again_where_it_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_order, "AGAIN", 0.0)
    consumer = Consumer()
    assert _taken(consumer, 4, [7, 8, 5]) == [5]
    assert consumer.sought == [5, 5]


def test_what_was_never_taken_and_is_gone_is_said() -> None:
    with pytest.raises(EntriesMissing, match="offsets 5 to 39 are not kept any more"):
        _taken(Consumer(earliest=40), 4, [40])
