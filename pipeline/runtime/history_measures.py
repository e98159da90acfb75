"""history_measures: what rules measured while something was wrong, as points.

    measures,rule=overspeed,subject=T-01 measure=21.5,limit=60 1790000000000000000

A listener of the engine's rules: in the judging thread it keeps the first wrong row of each key in each so many seconds
of event time, and waits for nobody. The points go to disk (history_spool) from another thread, at the latest before a
snapshot is saved that has judged them, so that a crash loses none: what came after that snapshot is judged again. With
`turns`, kept beside the snapshot, it comes to the same points. What does not fit is counted.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from connectors.history import lines
from pipeline.asking import Turned
from pipeline.engine import Engine
from pipeline.journal import JournalError
from pipeline.journal.files import put
from pipeline.names import Names
from pipeline.rows import Sighting
from pipeline.scan import Judged
from pipeline.units import Amount, in_column
from pipeline.version import Rule

WAITING = 100_000
"""Points between two times that they are taken, at most."""
_TURNS = 200_000
_REMEMBERED = 900.0
"""Seconds of event time, beside a snapshot."""
TURNS = "measured.bin"
Turn = tuple[str, str, str, float]
"""Rule, subject, part ('0': none), and which of the stretches of so many seconds."""


def keep_turns(folder: Path, turns: Iterable[Turn]) -> None:
    """Beside the points of those turns, which are on the disk. A full disk makes a crash repeat some, at most."""
    with suppress(JournalError, OSError):
        put(folder / TURNS, msgspec.msgpack.encode(list(turns)))


def kept_turns(folder: Path) -> list[Turn]:
    """What was kept there; none where it can't be read."""
    try:
        return msgspec.msgpack.decode((folder / TURNS).read_bytes(), type=list[Turn])
    except (OSError, msgspec.MsgspecError):
        return []


class Measures:
    """`listen` for the judging thread, `take` for any."""

    def __init__(self, every: float) -> None:
        """every: seconds of event time between two points of a rule and a key."""
        self._every = every
        self._lock = threading.Lock()
        self._waiting: deque[str] = deque()
        self._said: dict[Turn, None] = {}
        self._limits: dict[tuple[str, str], float | None] = {}
        self.lost = 0

    def listen(self, engine: Engine) -> None:
        """See `Engine.listening`: also of rules that a new version brought."""
        for id, state in engine.rules.items():
            if state.listener is None:
                state.listener = partial(self._heard, id, state, engine.names)

    def take(self) -> list[str]:
        """The lines since the last time."""
        with self._lock:
            found = list(self._waiting)
            self._waiting.clear()
        return found

    def turns(self) -> list[Turn]:
        """Which have their points, as far as that may matter. From any thread; `take` after it has all of them."""
        said = list(self._said)
        newest = max((turn for *_, turn in said), default=0.0)
        return [each for each in said if (newest - each[3]) * self._every <= _REMEMBERED]

    def go_on(self, turns: Iterable[Turn]) -> None:
        """What `turns` said; before anything is heard."""
        self._said = dict.fromkeys(turns)

    def _heard(self, id: str, state: Any, names: Names, mine: Turned, judged: Judged, _: object) -> None:
        wrong = np.flatnonzero(judged.wrong & np.isfinite(judged.measure) & (judged.ts == mine.rows.ts))
        if not len(wrong):
            return
        slot, turns = mine.slot[wrong], np.floor(judged.ts[wrong] / self._every)
        first = wrong[np.append(True, (slot[1:] != slot[:-1]) | (turns[1:] != turns[:-1]))]
        rows, rule = mine.rows, state.rule
        sign = -1.0 if rule.detector.worse is min else 1.0
        part = rows.column(rows.part)[first].tolist() if rows.part else [0] * len(first)
        columns = rows.subject[first].tolist(), part, judged.ts[first].tolist(), (sign * judged.measure[first]).tolist()
        for subject, code, ts, measure in zip(*columns, strict=True):
            named = names[code] if rows.part and not isinstance(rows, Sighting) else str(code)
            turn = (id, names[subject], named, ts // self._every)
            if turn not in self._said:
                self._put(rule, rows, names, subject, code, ts, measure)
                self._said[turn] = None
        if len(self._said) > _TURNS:
            self._said = dict.fromkeys(list(self._said)[_TURNS // 2 :])

    def _put(self, rule: Rule, rows: Any, names: Names, subject: int, part: int, ts: float, measure: float) -> None:
        whom = names[subject]
        tags, below = {"rule": rule.id, "subject": whom}, 0
        if isinstance(rows, Sighting):
            below = part % 1000
        elif rows.part:
            tags[rows.part] = names[part]
        if not lines.sayable(ts) or not all(map(lines.writable, tags.values())):
            return
        limit = self._limit(rule)
        fields = f"measure={measure!r}" + ("" if limit is None else f",limit={limit!r}")
        line = f"{lines.head_of(lines.MEASURES, tags)} {fields} {lines.nanoseconds(ts) + below}"
        with self._lock:
            if len(self._waiting) >= WAITING:
                self.lost += 1
            else:
                self._waiting.append(line)

    def _limit(self, rule: Rule) -> float | None:
        """The one level that its detector holds a column against; None where there is none, or more than one."""
        key = (rule.id, rule.version)
        if key not in self._limits:
            levels = [
                in_column(amount, column)
                for name, column in rule.detector.amounts().items()
                if ("above" in name or "below" in name) and isinstance(amount := getattr(rule.detector, name), Amount)
            ]
            self._limits[key] = float(levels[0]) if len(levels) == 1 else None
        return self._limits[key]
