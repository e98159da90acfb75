"""Where filing goes on: after what the store has seen, as far as Kafka still has it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from faust.types import TP
from structlog.testing import CapturingLogger

from cases.stamping import Logged
from pipeline.runtime.cluster.filing import kept

KNOWN = TP("city.known", 0)


@dataclass
class Kept:
    """A topic that has offsets from `first` up to before `end`."""

    first: int
    end: int

    async def earliest_offsets(self, *_: TP) -> dict[TP, int]:
        return {KNOWN: self.first}

    async def highwaters(self, *_: TP) -> dict[TP, int]:
        return {KNOWN: self.end}


@dataclass
class Filed:
    position: int

    def apply(self, entries: list[Logged], passed: float, through: int, version: str) -> None: ...

    def refresh(self, measures: dict[str, float]) -> None: ...

    def close(self) -> None: ...


@pytest.mark.parametrize(
    "first, end, position, goes_on_after, said",
    [
        pytest.param(0, 0, -1, None, "", id="nothing yet"),
        pytest.param(0, 9, -1, None, "", id="nothing filed"),
        pytest.param(0, 9, 4, 4, "", id="some filed"),
        pytest.param(0, 9, 8, 8, "", id="all filed"),
        pytest.param(5, 9, 4, 4, "", id="what was filed is not kept"),
        pytest.param(6, 9, 4, None, "offsets 5 to 5 are not kept", id="what was not filed is not kept"),
        pytest.param(0, 9, 5_000, None, "", id="a journal's position"),
    ],
)
def test_it_goes_on_after_what_is_filed(
    first: int, end: int, position: int, goes_on_after: int | None, said: str
) -> None:
    log = CapturingLogger()
    assert asyncio.run(kept(Kept(first, end), Filed(position), KNOWN, log)) == goes_on_after
    assert [call.method_name for call in log.calls] == (["critical"] if said else [])
    assert all(said in call.args[0] for call in log.calls)
