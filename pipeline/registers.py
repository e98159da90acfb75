"""registers: the tables that the world is compiled from: fleet, devices, bins, places, permits, plans, days, fixtures …

`Registers` is what the files say, normalised: WGS-84 degrees, km/h, UTC seconds, sorted, so that the same content is
the same bytes whatever the order or encoding it came in. A row holds from `valid_from` (inclusive) to `valid_to`
(exclusive); without them always (-inf, inf).

Which files: `pipeline/register_section.py`. They are read, and their faults found, in `pipeline/register_files.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.calendars import known_until
from pipeline.rows import Floats

FORMAT = 2
"""Of `Registers.to_bytes`; a change of meaning is a new number."""
DEFAULT_CLASS = "default"
"""Under `speed_limits`: for every class that is not named there."""
ROAD_WIDTH = 20.0
"""metres: of a road that states none; two lanes each way, and what a map's centre line is off by"""

TEXT, NUMBER = "text", "number"
COLUMNS: dict[str, dict[str, str]] = {
    "vehicles": {
        "id": TEXT,
        "class": TEXT,
        "plate": TEXT,
        "speed_limit": NUMBER,
        "valid_from": NUMBER,
        "valid_to": NUMBER,
    },
    "devices": {"device": TEXT, "subject": TEXT, "valid_from": NUMBER, "valid_to": NUMBER},
    "bins": {
        "id": TEXT,
        "class": TEXT,
        "lon": NUMBER,
        "lat": NUMBER,
        "address": TEXT,
        "valid_from": NUMBER,
        "valid_to": NUMBER,
    },
    "permits": {
        "id": TEXT,
        "vehicle": TEXT,
        "route": TEXT,
        "hours": TEXT,
        "site": TEXT,
        "disposal": TEXT,
        "valid_from": NUMBER,
        "valid_to": NUMBER,
    },
    "manifests": {
        "id": TEXT,
        "vehicle": TEXT,
        "site": TEXT,
        "disposal": TEXT,
        "valid_from": NUMBER,
        "valid_to": NUMBER,
    },
    "plans": {
        "id": TEXT,
        "subject": TEXT,
        "route": TEXT,
        "zone": TEXT,
        "hours": TEXT,
        "share": NUMBER,
        "radius": NUMBER,
        "valid_from": NUMBER,
        "valid_to": NUMBER,
    },
    "fixtures": {
        "camera": TEXT,
        "zone": TEXT,
        "label": TEXT,
        "left": NUMBER,
        "top": NUMBER,
        "width": NUMBER,
        "height": NUMBER,
        "note": TEXT,
        "valid_from": NUMBER,
        "valid_to": NUMBER,
    },
    "clocks": {
        "terminal": TEXT,
        "stream": TEXT,
        "offset": NUMBER,
        "drift": NUMBER,
        "by": TEXT,
        "approved": TEXT,
        "note": TEXT,
        "valid_from": NUMBER,
        "valid_to": NUMBER,
    },
}
"""The plain tables and their columns, in the order that their rows are sorted by (after the first, by valid_from)."""


_LATER = ("fixtures", "clocks")
"""Tables that the format did not have at first. They are left out where they are empty, so that a city without them has
the same bytes, and the same hash, as before there were any."""


class Table:
    """Rows of one register as columns: lists of text, float64 arrays of numbers (NaN, -inf, inf: not given)."""

    def __init__(self, columns: Mapping[str, list[str] | Floats]) -> None:
        self.columns = dict(columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def text(self, name: str) -> list[str]:
        """A column of text."""
        return cast("list[str]", self.columns[name])

    def numbers(self, name: str) -> Floats:
        """A column of numbers."""
        return cast("Floats", self.columns[name])

    @classmethod
    def of(cls, register: str, rows: list[dict[str, Any]]) -> Self:
        """Rows as dicts (a missing number is NaN, a missing date unbounded), sorted."""
        kinds = COLUMNS[register]
        empty = {"valid_from": -np.inf, "valid_to": np.inf}
        first = next(iter(kinds))

        def order(row: dict[str, Any]) -> tuple[Any, ...]:
            rest = tuple(_sortable(row.get(n), kind) for n, kind in kinds.items())
            return (row[first], row.get("valid_from", -np.inf), rest)

        ordered = sorted(rows, key=order)
        columns: dict[str, list[str] | Floats] = {}
        for name, kind in kinds.items():
            if kind == TEXT:
                # the few classes of a large fleet are one string each
                columns[name] = [sys.intern(row.get(name, "")) for row in ordered]
            else:
                values = [row.get(name, empty.get(name, np.nan)) for row in ordered]
                columns[name] = np.asarray(values, np.float64).reshape(len(ordered)) + 0.0  # no minus zero
        return cls(columns)


def _sortable(value: Any, kind: str) -> Any:
    if kind == TEXT:
        return value or ""
    return -np.inf if value is None or np.isnan(value) else value


Line = NDArray[np.float64]
"""Shape (k, 2): lon, lat."""


@dataclass(slots=True)
class Zone:
    """An area and what holds in it. Its boundary belongs to it."""

    id: str
    use: str
    """no_go, depot, site, limit …: what a detector asks for; '' for none"""
    polygons: list[list[Line]]
    """polygons, each an outer ring and its holes; rings are closed"""
    speed_limit: float = np.nan
    """km/h"""
    classes: tuple[str, ...] = ()
    """to which classes of subject it applies, sorted; none: to all"""
    valid_from: float = -np.inf
    valid_to: float = np.inf
    hours: str = ""
    """when it applies (pipeline/hours.py); '' for always"""


@dataclass(slots=True)
class Route:
    """A way that a permit may name."""

    id: str
    lines: list[Line]


@dataclass(slots=True)
class Road:
    """A road's centre lines, and the limit on it, which stands in place of the city's for a class."""

    id: str
    lines: list[Line]
    speed_limit: float
    """km/h"""
    width: float = ROAD_WIDTH
    """metres"""
    classes: tuple[str, ...] = ()
    """to which classes of vehicle it applies, sorted; none: to all"""


@dataclass(slots=True)
class Registers:
    """What the city is, as its registers say."""

    vehicles: Table = field(default_factory=lambda: Table.of("vehicles", []))
    devices: Table = field(default_factory=lambda: Table.of("devices", []))
    bins: Table = field(default_factory=lambda: Table.of("bins", []))
    permits: Table = field(default_factory=lambda: Table.of("permits", []))
    manifests: Table = field(default_factory=lambda: Table.of("manifests", []))
    """electronic trip sheets; both times are finite"""
    plans: Table = field(default_factory=lambda: Table.of("plans", []))
    """work to be done; share: 0..1, radius: metres, both NaN where not given"""
    fixtures: Table = field(default_factory=lambda: Table.of("fixtures", []))
    """what stands in cameras' pictures for good: a zone of the picture, or a box in shares of it (else NaN)"""
    clocks: Table = field(default_factory=lambda: Table.of("clocks", []))
    """by how much terminals' clocks are ahead: offset in seconds, drift in seconds a day (NaN: none)"""
    zones: list[Zone] = field(default_factory=list)
    """sorted by id, then valid_from"""
    routes: list[Route] = field(default_factory=list)
    """sorted by id, each id once"""
    roads: list[Road] = field(default_factory=list)
    """sorted by id, each id once"""
    speed_limits: dict[str, float] = field(default_factory=dict)
    """the city's, km/h by vehicle class; `default` for the others"""
    time_zone: str = "UTC"
    """the IANA name of the zone that hours are in"""
    calendar: dict[date, str] = field(default_factory=dict)
    """'holiday' or 'workday' by date, see pipeline/calendars.py"""

    def __post_init__(self) -> None:
        self.zones = sorted(self.zones, key=lambda z: (z.id, z.valid_from, z.use))
        self.routes = sorted(self.routes, key=lambda r: r.id)
        self.roads = sorted(self.roads, key=lambda r: r.id)
        self.speed_limits = dict(sorted(self.speed_limits.items()))
        self.calendar = dict(sorted(self.calendar.items()))

    @property
    def calendar_until(self) -> date | None:
        """The last day that the calendar can say anything about; None: there is no calendar."""
        return known_until(self.calendar)

    def schedules(self) -> set[str]:
        """Every text of hours in them."""
        texts = [*self.permits.text("hours"), *self.plans.text("hours"), *(zone.hours for zone in self.zones)]
        return {text for text in texts if text}

    def to_bytes(self) -> bytes:
        """The same content, the same bytes: MessagePack with numbers as little-endian float64."""
        tables: dict[str, dict[str, Any]] = {}
        for register, kinds in COLUMNS.items():
            table: Table = getattr(self, register)
            if len(table) or register not in _LATER:
                columns = {n: table.text(n) if k == TEXT else _pack(table.numbers(n)) for n, k in kinds.items()}
                tables[register] = columns
        content = {
            "format": FORMAT,
            "tables": tables,
            "zones": [
                [
                    z.id,
                    z.use,
                    _pack(np.array([z.speed_limit, z.valid_from, z.valid_to])),
                    list(z.classes),
                    z.hours,
                    [[_pack(ring) for ring in polygon] for polygon in z.polygons],
                ]
                for z in self.zones
            ],
            "routes": [[r.id, [_pack(line) for line in r.lines]] for r in self.routes],
            "roads": [
                [r.id, _pack(np.array([r.speed_limit, r.width])), list(r.classes), [_pack(line) for line in r.lines]]
                for r in self.roads
            ],
            "speed_limits": {name: float(limit) for name, limit in self.speed_limits.items()},
            "time_zone": self.time_zone,
            "calendar": {day.isoformat(): kind for day, kind in self.calendar.items()},
        }
        return msgspec.msgpack.encode(content)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """What `to_bytes` wrote. ValueError for anything else."""
        try:
            doc = msgspec.msgpack.decode(content)
            if doc["format"] != FORMAT:
                raise ValueError(f"expected registers of format {FORMAT}, got {doc['format']!r}")
            tables: dict[str, Table] = {}
            for register, kinds in COLUMNS.items():
                if register in _LATER and register not in doc["tables"]:
                    continue
                stored = doc["tables"][register]
                tables[register] = Table(
                    {n: [*map(sys.intern, stored[n])] if k == TEXT else _unpack(stored[n]) for n, k in kinds.items()}
                )
            zones = []
            for id_, use, numbers, classes, hours, polygons in doc["zones"]:
                limit, since, until = _unpack(numbers).tolist()
                shape = [[_line(ring) for ring in polygon] for polygon in polygons]
                zones.append(Zone(id_, use, shape, limit, tuple(classes), since, until, hours))
            roads = []
            for id_, numbers, classes, lines in doc["roads"]:
                limit, width = _unpack(numbers).tolist()
                roads.append(Road(id_, [_line(line) for line in lines], limit, width, tuple(classes)))
            return cls(
                **tables,
                zones=zones,
                routes=[Route(id_, [_line(line) for line in lines]) for id_, lines in doc["routes"]],
                roads=roads,
                speed_limits=dict(doc["speed_limits"]),
                time_zone=doc["time_zone"],
                calendar={date.fromisoformat(day): kind for day, kind in doc["calendar"].items()},
            )
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            raise ValueError(f"expected registers of format {FORMAT}: {error}") from error


def _pack(numbers: Floats) -> bytes:
    clean = np.where(np.isnan(numbers), np.nan, numbers) + 0.0  # one NaN and one zero, of all there are
    return clean.astype("<f8").tobytes()


def _unpack(content: bytes) -> Floats:
    return np.frombuffer(content, "<f8").astype(np.float64)


def _line(content: bytes) -> Line:
    return _unpack(content).reshape(-1, 2)
