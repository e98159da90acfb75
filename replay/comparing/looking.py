"""looking: what a rule said of some subjects' rows in some stretches of time, out of a recording judged again.

Reads a journal's entries and windows (a rule, a subject, from when to when); reports each row that went through the
rule's hold inside one: its time, whether it was wrong, the measure, and the columns that the detector asks for. All
windows are looked at in one pass, in which only their rules are judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.asking import Turned
from pipeline.columns import Table
from pipeline.engine import Engine, LoadVersion
from pipeline.entries import EntryBuffer, Kind
from pipeline.judging import RuleState
from pipeline.names import Names
from pipeline.rows import Reading
from pipeline.scan import Judged
from pipeline.version import Version
from replay.replaying import BATCH, Entries

_MOST = 2000
"""Rows that are kept of one window."""
_PLACES = ("lon", "lat")
_SHOWN = ("speed", "value", "still")
"""Of a detector that needs no column: the first of these that there is."""


class Window(NamedTuple):
    """A rule and a subject, from when to when, UTC seconds; both ends belong to it. part: '' for any."""

    rule: str
    subject: str
    part: str
    since: float
    until: float


class Row(NamedTuple):
    """One row, as the rule's hold was given it."""

    ts: float
    said: str
    """wrong, right, or neither: what was, goes on."""
    measure: float
    """In the rule's unit; NaN where there is none."""
    late: bool
    columns: tuple[tuple[str, float], ...]


@dataclass(slots=True)
class Looked:
    """What was seen."""

    rows: dict[Window, list[Row]] = field(default_factory=dict)
    """By time."""
    heard: set[str] = field(default_factory=set)
    """Subjects of which there was any row for any of the rules, at any time."""


def look(
    entries: Entries,
    load: LoadVersion,
    windows: Iterable[Window],
    *,
    current: bytes | None = None,
    batch: int = BATCH,
    progress: Callable[[int], object] = lambda _: None,
) -> Looked:
    """Judge the windows' rules once more and listen. Raises NoVersion, JournalError."""
    wanted = sorted(set(windows))
    looked = Looked(rows={window: [] for window in wanted})
    rules = {window.rule for window in wanted}

    def only(payload: bytes, names: Names) -> Version:
        version = load(payload, names)
        return replace(version, rules=[rule for rule in version.rules if rule.id in rules])

    engine = Engine(only)
    ears = {rule: _Ear(engine, [window for window in wanted if window.rule == rule], looked) for rule in rules}
    engine.position = first = entries.first
    if current is not None:
        buffer = EntryBuffer()
        buffer.add(Kind.VERSION, "", "", 0.0, current)
        engine.position -= 1
        engine.feed(buffer.batch(), engine.position)
    for piece in entries.read(first, batch):
        for some, position in _between_versions(piece.batch, piece.first):
            for rule, state in engine.rules.items():
                state.listener = ears[rule].hear(state)
            engine.feed(some, position)
        engine.take_asides()
        progress(engine.position)
    for rows in looked.rows.values():
        rows.sort(key=lambda row: (row.ts, row.late))
    return looked


def _between_versions(batch: pa.RecordBatch, first: int) -> Iterable[tuple[pa.RecordBatch, int]]:
    """Pieces of a batch in each of which a VERSION entry is alone, or none is: listeners go with a version's rules."""
    at = np.flatnonzero(batch.column("kind").to_numpy() == Kind.VERSION)
    for since, until in pairwise(sorted({0, *at.tolist(), *(at + 1).tolist(), len(batch)})):
        yield batch.slice(since, until - since), first + since


class _Ear:
    """Listens to one rule."""

    def __init__(self, engine: Engine, windows: list[Window], looked: Looked) -> None:
        self.engine, self.windows, self.looked = engine, windows, looked
        self.subjects = sorted({window.subject for window in windows})

    def hear(self, state: RuleState) -> Callable[[Turned, Judged, Table], None]:
        """The listener of a rule's state."""

        def listen(turned: Turned, judged: Judged, table: Table) -> None:
            names = self.engine.names
            codes = [names.find(subject) for subject in self.subjects]
            mine = np.flatnonzero(np.isin(turned.rows.subject, [code for code in codes if code >= 0]))
            if len(mine):
                self._note(state, turned.take(mine), judged.take(mine), late=table is state.gaps)

        return listen

    def _note(self, state: RuleState, turned: Turned, judged: Judged, late: bool) -> None:
        rows, names, detector = turned.rows, self.engine.names, state.rule.detector
        shown = [name for name in detector.needed() if name not in _PLACES]
        shown = shown or [name for name in _SHOWN if rows.column(name) is not None][:1]
        columns = {name: rows.column(name) for name in shown}
        worst = judged.measure if detector.worse is max else -judged.measure
        self.looked.heard |= {names[code] for code in np.unique(rows.subject).tolist()}
        for window in self.windows:
            inside = (
                (rows.subject == names.find(window.subject)) & (rows.ts >= window.since) & (rows.ts <= window.until)
            )
            if window.part and isinstance(rows, Reading):
                inside &= rows.metric == names.find(window.part)
            elif window.part and rows.column("track") is not None:
                inside &= rows.column("track").astype(str) == window.part
            kept = self.looked.rows[window]
            for k in np.flatnonzero(inside).tolist()[: max(_MOST - len(kept), 0)]:
                said = "wrong" if judged.wrong[k] else "right" if judged.right[k] else "neither"
                measure = float(worst[k]) if np.isfinite(worst[k]) else float("nan")
                values = tuple((name, float(column[k])) for name, column in columns.items() if column is not None)
                kept.append(Row(float(rows.ts[k]), said, measure, late, values))
