"""clock_list: which terminals' clocks are wrong, what was approved for them, and what there is to do.

Reads what a `ClockWatch` has seen and the corrections of a world; the same list for commands, pages and metrics.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from pipeline.clock_estimate import DAY, OFF, Estimate, Kind
from pipeline.clock_watch import ClockWatch
from pipeline.corrections import Correction
from pipeline.names import Names
from pipeline.version import Version


class State(StrEnum):
    """What there is to do."""

    PROPOSED = "proposed"
    """Its clock is wrong, and could be corrected: approve it, or mend the terminal."""
    UNSTEADY = "unsteady"
    """No correction helps: mend the terminal."""
    CORRECTED = "corrected"
    """Nothing: it is wrong, and corrected."""
    UNFIT = "unfit"
    """It is corrected by something else than it is wrong by: approve anew."""
    RIGHT = "right"
    """It is corrected, and its clock is right: revoke the correction, which makes it wrong."""
    UNHEARD = "unheard"
    """It is corrected, and has not been heard of since this process began."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A terminal in a stream."""

    terminal: str
    stream: str
    """'': of a correction for all of them."""
    state: State
    estimate: Estimate | None
    correction: Correction | None
    """That in force; None: none."""
    last: float
    """Receipt of its newest row, UTC seconds; -inf: not known."""
    watched: bool
    """Whether its rows are judged: those too far ahead or behind are set aside."""

    scope: str = ""
    """The stream that a correction of it is for; '': all of the terminal's, whose clock is one. Only where the others
    say another time is it the mapping of the stream that is wrong."""

    def proposed(self, at: float) -> float | None:
        """By how much it would be corrected from then on, seconds; None: not at all."""
        if self.estimate is None or self.state not in (State.PROPOSED, State.UNFIT):
            return None
        return self.estimate.offset + self.estimate.drift / DAY * (at - self.estimate.until)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is set aside of a version's rows: more than `ahead` seconds ahead, or as old as a stream forgets."""

    ahead: float
    forget: Mapping[str, float]

    @classmethod
    def of(cls, version: Version) -> Bounds:
        """Those of a version."""
        forget = {each.name: version.forget if each.forget is None else each.forget for each in version.streams}
        return cls(version.ahead, forget)


def listed(watch: ClockWatch, corrections: Iterable[Correction], bounds: Bounds, now: float) -> list[Listed]:
    """Whose clock is wrong or corrected; those that nobody watches first, then by terminal. now: UTC seconds."""
    standing = [each for each in corrections if each.since <= now < each.until]
    found, seen = list[Listed](), set[tuple[str, str]]()
    wrongs = watch.wrong()
    offsets = defaultdict[str, dict[str, float]](dict)
    for wrong in wrongs:
        offsets[wrong.terminal][wrong.stream] = wrong.estimate.offset
    for wrong in wrongs:
        mine = [e for e in standing if e.terminal == wrong.terminal and e.stream in ("", wrong.stream)]
        correction = max(mine, key=lambda each: each.stream, default=None)
        seen |= {(each.terminal, each.stream) for each in mine}
        estimate = wrong.estimate
        left = estimate.offset - (0.0 if correction is None else correction.at(wrong.last))
        if estimate.kind is Kind.UNSTEADY:
            state = State.UNSTEADY
        elif correction is None:
            state = State.PROPOSED
        else:
            state = State.CORRECTED if abs(left) <= OFF + estimate.bound else State.UNFIT
        watched = -bounds.forget.get(wrong.stream, np.inf) <= left <= bounds.ahead
        differs = any(abs(each - estimate.offset) > OFF for each in offsets[wrong.terminal].values())
        scope = wrong.stream if differs or watch.right_streams(wrong.terminal) - {wrong.stream} else ""
        found.append(Listed(wrong.terminal, wrong.stream, state, estimate, correction, wrong.last, watched, scope))
    for each in standing:
        if (each.terminal, each.stream) in seen:
            continue
        right = watch.right_since(each.terminal, each.stream)
        state = State.UNHEARD if right is None else State.RIGHT
        left, last = -each.at(now), -np.inf if right is None else right
        watched = state is not State.RIGHT or -bounds.forget.get(each.stream, np.inf) <= left <= bounds.ahead
        found.append(Listed(each.terminal, each.stream, state, None, each, float(last), watched))
    return sorted(found, key=lambda each: (each.watched, each.terminal, each.stream))


def owners(version: Version, terminals: Iterable[str], at: float) -> dict[str, str]:
    """Terminal -> on what it is mounted then. For names of its own: from any thread."""
    terminals, names = list(terminals), Names()
    codes = version.world.bind(names).resolve(names.codes(terminals), np.full(len(terminals), at))
    return {terminal: names[int(code)] for terminal, code in zip(terminals, codes, strict=True)}
