"""health_clocks: terminals with wrong clocks as the console is told of them, in one process and on Kafka.

By what was decoded here (pipeline/clock_watch.py) and by what was set aside since its times can't be true.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from typing import Literal

from cases.case import iso
from console.integrations_masked import masked
from console.integrations_told import ClockOut, ClocksOut, TerminalOut, UnknownOut
from gridwatch.health_letters import LetterTally
from pipeline.clock_list import Listed, owners
from pipeline.register_section import RegisterFiles
from pipeline.runtime.terminal_clocks import TerminalClocks

_OFF = re.compile(r"(\d+) s (after|before) it")


class TerminalsTold:
    """Of a running city. section: which registers it has."""

    def __init__(
        self, clocks: TerminalClocks, section: Callable[[], RegisterFiles], now: Callable[[], float] = time.time
    ) -> None:
        self._clocks, self._section, self._now = clocks, section, now

    @property
    def kept(self) -> Literal["store", "file", "none"]:
        """Where corrections are kept."""
        source = self._section().file_of("clocks")
        return "none" if source is None else "store" if source == "store" else "file"

    def listed(self) -> tuple[list[TerminalOut], int]:
        """All of them, and how many nobody watches."""
        found, version, now = self._clocks.listed(), self._clocks.version(), self._now()
        on = {} if version is None else owners(version, {each.terminal for each in found}, now)
        told = [_told(each, on.get(each.terminal, ""), now) for each in found]
        return told, sum(not each.watched for each in found)

    def correction(self, terminal: str, stream: str, at: float) -> tuple[str, float, float] | None:
        """See `console.integrations_told.Health`."""
        for each in self._clocks.listed():
            if (each.terminal, each.stream) == (terminal, stream) and each.estimate is not None:
                offset = each.proposed(at)
                return None if offset is None else (each.scope, offset, each.estimate.drift)
        return None


def clocks_out(rows: list[ClockOut], letters: LetterTally, terminals: TerminalsTold, limit: int) -> ClocksOut:
    """All that is told. rows: of those whose newest was off."""
    letters.look()
    found, unknown = list(rows), []
    for (reason, topic), of in letters.copies()[1]:
        away = _OFF.search(of.message)
        if reason == "unknown":
            said = masked(of.message)
            unknown.append(
                UnknownOut(topic=topic, source=of.source, count=of.count, last=iso(of.received), message=said)
            )
        elif reason in ("future", "too old") and away is not None:
            ahead = float(away[1]) if away[2] == "after" else -float(away[1])
            heard_at = iso(of.received)
            found.append(ClockOut(subject=topic, stream=of.stream, offset=ahead, heard=heard_at, aside=of.count))
    found.sort(key=lambda each: -abs(each.offset))
    told, unwatched = terminals.listed()
    left_out = sum(max(len(each) - limit, 0) for each in (found, unknown, told))
    return ClocksOut(
        terminals=told[:limit],
        unwatched=unwatched,
        kept=terminals.kept,
        clocks=found[:limit],
        unknown=unknown[:limit],
        left_out=left_out,
    )


def _told(each: Listed, subject: str, now: float) -> TerminalOut:
    said, correction = each.estimate, each.correction
    return TerminalOut(
        terminal=each.terminal,
        subject=subject,
        stream=each.stream,
        state=each.state.value,
        watched=each.watched,
        kind=None if said is None else said.kind.value,
        offset=None if said is None else round(said.offset, 1),
        bound=None if said is None else round(said.bound, 1),
        drift=None if said is None else round(said.drift, 2),
        corrected=None if correction is None else round(correction.at(now), 1),
        by="" if correction is None else correction.by,
        approved="" if correction is None else correction.approved,
        note="" if correction is None else correction.note,
        correction=None if correction is None else correction.stream,
        last=iso(each.last) if math.isfinite(each.last) else None,
    )
