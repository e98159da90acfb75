"""rows: decoded facts, as columns.

One class a kind. Units are fixed here, once: time is UTC seconds since 1970 as float64, places are WGS-84 degrees,
speeds km/h, lengths metres, shares 0..1. NaN means unknown. `subject` and other names are codes of the engine's
`Names`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]


def unknown(n: int) -> Floats:
    """A column of n NaNs that takes no memory (stride 0, read-only)."""
    return np.broadcast_to(np.array(np.nan), (n,))


def take_column(column: NDArray[Any], index: NDArray[Any]) -> NDArray[Any]:
    """`column[index]`, keeping a column that takes no memory as it is."""
    if len(column) and column.strides == (0,) and index.dtype != np.bool_:
        return np.broadcast_to(column[:1].reshape(()), (len(index),))
    return np.asarray(column[index])


@dataclass(slots=True)
class Rows:
    """What every row has. All columns are as long as the rows, shape (n,)."""

    subject: Ints
    """Whom the row is about: a code of the engine's Names."""
    ts: Floats
    """Event time: when it happened, UTC seconds."""
    received: Floats
    """When the source got the delivery that it came in, UTC seconds."""
    position: Longs
    """The journal position of that delivery."""
    stream: Ints
    """Which stream decoded it: an index into the version's streams."""
    extra: dict[str, Floats] = field(kw_only=True, default_factory=dict)
    """Further named columns that a mapping fills (sweeper brush, tank level)."""

    kind: ClassVar[str] = "row"
    part: ClassVar[str] = ""
    """Which column tells a subject's keys apart (docs/concepts/time.md, rule 3); '': the subject alone is a key."""

    def __len__(self) -> int:
        return len(self.ts)

    @classmethod
    def own(cls) -> tuple[str, ...]:
        """The names of the columns that every row of the kind has."""
        return _own(cls)

    def column(self, name: str) -> Any:
        """A column by name, its own or a further one; None where there is none."""
        return getattr(self, name) if name in _own(type(self)) else self.extra.get(name)

    def take(self, index: NDArray[Any]) -> Self:
        """The rows at `index` (positions or a mask), in that order."""
        if index.dtype == np.bool_:
            index = np.flatnonzero(index)
        columns = {name: take_column(getattr(self, name), index) for name in self.own()}
        return type(self)(**columns, extra={k: take_column(v, index) for k, v in self.extra.items()})

    @classmethod
    def concat(cls, parts: list[Self]) -> Self:
        """Several blocks of one kind as one; a further column that a block lacks is unknown there."""
        if len(parts) == 1:
            return parts[0]
        columns: dict[str, Any] = {name: np.concatenate([getattr(p, name) for p in parts]) for name in cls.own()}
        further = {name for p in parts for name in p.extra}
        extra = {n: np.concatenate([p.extra.get(n, unknown(len(p))) for p in parts]) for n in sorted(further)}
        return cls(**columns, extra=extra)

    @classmethod
    def empty(cls) -> Self:
        """No rows at all."""
        integers: dict[str, Any] = dict.fromkeys(("subject", "stream", "metric", "label", "zone"), np.int32)
        integers |= dict.fromkeys(("position", "track"), np.int64)
        columns: dict[str, Any] = {name: np.empty(0, integers.get(name, np.float64)) for name in cls.own()}
        return cls(**columns)


_COLUMNS: dict[type[Any], tuple[str, ...]] = {}


def _own(kind: type[Rows]) -> tuple[str, ...]:
    if kind not in _COLUMNS:  # asked for on every column of every block: looked up once
        _COLUMNS[kind] = tuple(f.name for f in fields(kind) if f.name != "extra")
    return _COLUMNS[kind]


@dataclass(slots=True)
class Position(Rows):
    """Where a vehicle (or a crew on duty) is and what it does."""

    lon: Floats
    lat: Floats
    speed: Floats
    """km/h"""
    heading: Floats
    """degrees clockwise from north"""
    accuracy: Floats
    """metres, one standard deviation"""
    ignition: Floats
    """0 off, 1 on"""
    load: Floats
    """0 empty .. 1 full"""
    lid: Floats
    """0 closed .. 1 open"""
    body: Floats
    """0 down .. 1 raised"""

    kind: ClassVar[str] = "position"


@dataclass(slots=True)
class Reading(Rows):
    """What one sensor measured; the unit of a metric is stated in the configuration's stream."""

    metric: Ints
    """Which quantity: a code of the engine's Names."""
    value: Floats

    kind: ClassVar[str] = "reading"
    part: ClassVar[str] = "metric"


@dataclass(slots=True)
class Sighting(Rows):
    """One object in one picture of a camera; `subject` is the camera."""

    track: Longs
    """The object's number: unique in a camera, given by its tracker, never used again for another."""
    label: Ints
    """What it is taken for (car, person, bag): a code of the engine's Names."""
    score: Floats
    """How sure that is, 0..1"""
    x: Floats
    """Left edge of its box, as a share of the picture's width; 0 is the picture's left edge."""
    y: Floats
    """Upper edge of its box, as a share of the picture's height; 0 is the picture's upper edge."""
    w: Floats
    """Width of its box, as a share of the picture's"""
    h: Floats
    """Height of its box, as a share of the picture's"""
    zone: Ints
    """The zone of the camera's picture that it is in: a code of the engine's Names; NOBODY for none."""
    still: Floats
    """Seconds for which it has stood in its place; 0 while it moves."""

    kind: ClassVar[str] = "sighting"
    part: ClassVar[str] = "track"


@dataclass(slots=True)
class Presence(Rows):
    """What is in one zone of a camera's picture, also where nothing is; `subject` is the camera."""

    zone: Ints
    """The zone of the camera's picture: a code of the engine's Names."""
    count: Floats
    """How many objects are in it."""
    kinds: Floats
    """How many labels they have."""
    stood: Floats
    """Seconds for which the one of them that has stood the longest has stood; unknown where none of them says."""
    surest: Floats
    """How sure the camera is of the one that it is surest of, 0..1; unknown where it says so of none."""

    kind: ClassVar[str] = "presence"
    part: ClassVar[str] = "zone"


KINDS: dict[str, type[Rows]] = {kind.kind: kind for kind in (Position, Reading, Sighting, Presence)}
"""The kinds of row that a stream can decode to, by the name that a configuration uses."""
