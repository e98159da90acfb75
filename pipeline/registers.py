"""registers: the tables that the world is compiled from: fleet, devices, bins, zones, routes, permits, speed limits.

`RegisterFiles` is the `registers:` section of a configuration; `Registers` is what the files say, normalised: WGS-84
degrees, km/h, UTC seconds, sorted, so that the same content is the same bytes whatever the order or encoding it came
in. A row holds from `valid_from` (inclusive) to `valid_to` (exclusive); without them always (-inf, inf).

The files are read, and their faults found, in `pipeline/register_files.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Self, cast

import msgspec
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pipeline.faults import did_you_mean
from pipeline.geo import Datum
from pipeline.rows import Floats
from pipeline.units import Kmh

FORMAT = 1
"""Of `Registers.to_bytes`; a change of meaning is a new number."""
DEFAULT_CLASS = "default"
"""Under `speed_limits`: for every class that is not named there."""


def _datum(value: object) -> object:
    known = [d.value for d in Datum]
    if isinstance(value, str) and value not in known:
        raise ValueError(f"no datum '{value}'; known: {', '.join(known)}{did_you_mean(value, known)}")
    return value


StatedDatum = Annotated[Datum, BeforeValidator(_datum)]


class PlacesFile(BaseModel):
    """A file with coordinates; a plain file name means that it is in the section's datum."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    datum: StatedDatum | None = None


def _places_file(value: object) -> object:
    return {"file": value} if isinstance(value, str) else value


Places = Annotated[PlacesFile, BeforeValidator(_places_file)]


class RegisterFiles(BaseModel):
    """The `registers:` section: file names relative to the configuration, their datum, the city's limits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    datum: StatedDatum | None = None
    vehicles: str | None = None
    devices: str | None = None
    bins: Places | None = None
    zones: Places | None = None
    routes: Places | None = None
    permits: str | None = None
    speed_limits: dict[str, Kmh] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _every_place_has_a_datum(self) -> RegisterFiles:
        for name, places in (("bins", self.bins), ("zones", self.zones), ("routes", self.routes)):
            if places is not None and places.datum is None and self.datum is None:
                raise ValueError(f"expected a datum for {name}, such as 'datum: WGS-84' beside it")
        for name, limit in self.speed_limits.items():
            if not 0 < limit < np.inf:
                raise ValueError(f"expected a speed limit above 0 for {name}")
        return self

    def datum_of(self, places: PlacesFile) -> Datum:
        """The file's own datum, or the section's."""
        datum = places.datum or self.datum
        if datum is None:
            raise ValueError(f"expected a datum for {places.file}")
        return datum


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
    "permits": {"id": TEXT, "vehicle": TEXT, "route": TEXT, "valid_from": NUMBER, "valid_to": NUMBER},
}
"""The plain tables and their columns, in the order that their rows are sorted by (after the first, by valid_from)."""


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


@dataclass(slots=True)
class Route:
    """A way that a permit may name."""

    id: str
    lines: list[Line]


@dataclass(slots=True)
class Registers:
    """What the city is, as its registers say."""

    vehicles: Table = field(default_factory=lambda: Table.of("vehicles", []))
    devices: Table = field(default_factory=lambda: Table.of("devices", []))
    bins: Table = field(default_factory=lambda: Table.of("bins", []))
    permits: Table = field(default_factory=lambda: Table.of("permits", []))
    zones: list[Zone] = field(default_factory=list)
    """sorted by id, then valid_from"""
    routes: list[Route] = field(default_factory=list)
    """sorted by id, each id once"""
    speed_limits: dict[str, float] = field(default_factory=dict)
    """the city's, km/h by vehicle class; `default` for the others"""

    def __post_init__(self) -> None:
        self.zones = sorted(self.zones, key=lambda z: (z.id, z.valid_from, z.use))
        self.routes = sorted(self.routes, key=lambda r: r.id)
        self.speed_limits = dict(sorted(self.speed_limits.items()))

    def to_bytes(self) -> bytes:
        """The same content, the same bytes: MessagePack with numbers as little-endian float64."""
        tables: dict[str, dict[str, Any]] = {}
        for register, kinds in COLUMNS.items():
            table: Table = getattr(self, register)
            tables[register] = {n: table.text(n) if k == TEXT else _pack(table.numbers(n)) for n, k in kinds.items()}
        content = {
            "format": FORMAT,
            "tables": tables,
            "zones": [
                [
                    z.id,
                    z.use,
                    _pack(np.array([z.speed_limit, z.valid_from, z.valid_to])),
                    list(z.classes),
                    [[_pack(ring) for ring in polygon] for polygon in z.polygons],
                ]
                for z in self.zones
            ],
            "routes": [[r.id, [_pack(line) for line in r.lines]] for r in self.routes],
            "speed_limits": {name: float(limit) for name, limit in self.speed_limits.items()},
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
                stored = doc["tables"][register]
                tables[register] = Table(
                    {n: [*map(sys.intern, stored[n])] if k == TEXT else _unpack(stored[n]) for n, k in kinds.items()}
                )
            zones = []
            for id_, use, numbers, classes, polygons in doc["zones"]:
                limit, since, until = _unpack(numbers).tolist()
                shape = [[_unpack(ring).reshape(-1, 2) for ring in polygon] for polygon in polygons]
                zones.append(Zone(id_, use, shape, limit, tuple(classes), since, until))
            routes = [Route(id_, [_unpack(line).reshape(-1, 2) for line in lines]) for id_, lines in doc["routes"]]
            return cls(**tables, zones=zones, routes=routes, speed_limits=dict(doc["speed_limits"]))
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            raise ValueError(f"expected registers of format {FORMAT}: {error}") from error


def _pack(numbers: Floats) -> bytes:
    clean = np.where(np.isnan(numbers), np.nan, numbers) + 0.0  # one NaN and one zero, of all there are
    return clean.astype("<f8").tobytes()


def _unpack(content: bytes) -> Floats:
    return np.frombuffer(content, "<f8").astype(np.float64)
