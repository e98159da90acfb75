"""observing: how long was whom listened to, while a journal is judged?

Stands between the decoding and the engine, and changes nothing. An hour counts for a subject in which it was heard (of
a camera, which is heard every second or not at all, a minute); the hours of a rule are those of the subjects that it is
about. How far apart its rows are on the average follows too.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from pipeline.engine import LoadVersion
from pipeline.names import NOBODY, Names
from pipeline.rows import Presence, Reading, Rows, Sighting
from pipeline.version import Decode, Decoded, Rule, Version
from replay.boxes import Boxes

_Key = tuple[type[Rows], int]
"""A kind of row and the code of its metric, NOBODY where rows have none."""


_MASK = (1 << 26) - 1


@dataclass(slots=True)
class Observed:
    """What was heard."""

    boxes: Boxes | None = None
    """Told of all sightings, where anybody asks."""
    version: Version | None = None
    """The last that was in force."""
    since: float = math.inf
    """when the first delivery was received, UTC seconds"""
    until: float = -math.inf
    """when the last delivery was received, UTC seconds"""
    _heard: dict[_Key, set[tuple[int, int]]] = field(default_factory=dict)
    """(subject, hour or minute since 1970)"""
    _rows: Counter[_Key] = field(default_factory=Counter)

    def listening(self, load: LoadVersion) -> LoadVersion:
        """The same versions, with what they decode noted."""

        def loaded(payload: bytes, names: Names) -> Version:
            version = load(payload, names)
            self.version = replace(version, decode=self._noting(version.decode))
            return self.version

        return loaded

    def _noting(self, decode: Decode) -> Decode:
        def noted(batch: pa.RecordBatch, first: int, names: Names) -> Decoded:
            decoded = decode(batch, first, names)
            for rows in decoded.rows:
                self._note(rows)
                if self.boxes is not None and isinstance(rows, Sighting):
                    self.boxes.note(rows, names)
            return decoded

        return noted

    def _note(self, rows: Rows) -> None:
        if not len(rows):
            return
        self.since = min(self.since, float(rows.received.min()))
        self.until = max(self.until, float(rows.received.max()))
        metric = rows.metric if isinstance(rows, Reading) else np.full(len(rows), NOBODY, np.int32)
        stretch = (rows.received // _cell(type(rows))).astype(np.int64)
        # in one number: sorting those is ten times as quick
        packed = ((metric.astype(np.int64) + 1) << 52) | (rows.subject.astype(np.int64) << 26) | stretch
        each, count = np.unique(packed, return_counts=True)
        columns = ((each >> 52) - 1, (each >> 26) & _MASK, each & _MASK, count)
        for m, subject, h, n in zip(*(column.tolist() for column in columns), strict=True):
            self._heard.setdefault((type(rows), m), set()).add((subject, h))
            self._rows[type(rows), m] += n

    def of(self, rule: Rule) -> tuple[float, float]:
        """(hours, seconds between rows) of the subjects that a rule is about; (0, 0) where none was heard."""
        if self.version is None:
            return 0.0, 0.0
        world, cell = self.version.world, _cell(rule.kind)
        metric = world.names.find(rule.metric) if rule.metric else None
        keys = [(kind, m) for kind, m in self._heard if kind is rule.kind and (metric is None or m == metric)]
        heard = set[tuple[int, int]]().union(*(self._heard[key] for key in keys))
        rows, lines = sum(self._rows[key] for key in keys), sum(len(self._heard[key]) for key in keys)
        if heard and rule.classes:
            subject, stretch = np.array(sorted(heard), np.int64).T
            mine = world.of_class(subject.astype(np.int32), (stretch + 0.5) * cell, rule.classes)
            return float(mine.sum()) * cell / 3600.0, cell * lines / rows
        return len(heard) * cell / 3600.0, cell * lines / rows if rows else 0.0


def _cell(kind: type[Rows]) -> float:
    """The stretch that counts where anything was heard in it, seconds."""
    return 60.0 if kind in (Sighting, Presence) else 3600.0
