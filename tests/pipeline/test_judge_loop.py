"""The loop that judges: a small batch lets the next ones come together, a large one and the end do not wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.journal import JournalBatch
from pipeline.runtime.judge_loop import GATHER, SMALL, JudgeLoop
from tests.pipeline.journal_kit import entries


class Coming:
    """A journal that has so many entries at each look, and an engine that takes them."""

    def __init__(self, *sizes: int) -> None:
        self.sizes, self.position = list(sizes), 0

    def wait(self, position: int, seconds: float) -> bool:
        return bool(self.sizes)

    def keep(self, position: int, data: bytes) -> bool:
        return True

    def read(self, position: int) -> Iterator[JournalBatch]:
        yield JournalBatch(position, entries(position, self.sizes.pop(0)).batch())


@pytest.mark.parametrize(
    ("sizes", "stopping", "pauses"),
    [
        pytest.param([1, 3], False, 2, id="small"),
        pytest.param([SMALL, 1], False, 1, id="large-then-small"),
        pytest.param([1, 1], True, 0, id="the-city-ends"),
    ],
)
def test_small_batches_are_let_come_together(
    monkeypatch: pytest.MonkeyPatch, sizes: list[int], stopping: bool, pauses: int
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("pipeline.runtime.judge_loop.time.sleep", waited.append)
    coming: Any = Coming(*sizes)

    class Loop(JudgeLoop):
        def _take(self, piece: JournalBatch) -> None:
            coming.position = piece.end

        def _look_after(self) -> None:
            pass

    loop = Loop(coming, coming, coming, coming, coming, coming, None, snapshot_every=60.0, keep=coming.keep)
    loop.run(lambda: stopping or not coming.sizes)
    assert coming.position == sum(sizes)
    assert waited == [GATHER] * pauses
