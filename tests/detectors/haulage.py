"""haulage: a truck between a digging site, the disposal site that it is sent to, and another one.

Everything lies on one line, eastward: the site at 0 m, the disposal site `tip` at 10 km, `wrong-tip` at 5 km and a
depot at -5 km; each is 200 m wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.geo import Plane
from pipeline.registers import Registers, Table, Zone
from pipeline.rows import Position
from pipeline.world import World
from replay.driving import table
from tests.places import box, registers

PLANE = Plane(104.0, 30.0)
PLACES = {
    "dig": ("site", 0.0),
    "tip": ("disposal", 10_000.0),
    "wrong-tip": ("disposal", 5_000.0),
    "yard": ("depot", -5e3),
}
LETTERS = {"S": 0.0, "T": 10_000.0, "W": 5_000.0, "D": -5_000.0, ".": 2_000.0, "-": 7_000.0}
"""Where a truck is: at the site, the tip, the wrong tip, the depot; on the way."""


def city(manifests: Sequence[dict[str, object]] = (), permits: Sequence[dict[str, object]] = ()) -> World:
    """The world with these manifests and permits of the vehicle `truck`."""
    zones = []
    for name, (use, x) in PLACES.items():
        (west, east), (south, north) = PLANE.to_degrees([x - 100, x + 100], [-100, 100])
        zones.append(Zone(name, use, [[box(west, south, east, north)]]))
    some: Registers = registers([{"id": f"truck{k}"} for k in ("", *range(5))], permits=permits, zones=zones)
    sheets = [{"id": f"m{k}", "vehicle": "truck", **sheet} for k, sheet in enumerate(manifests)]
    return World(replace(some, manifests=Table.of("manifests", sheets)))


def drives(where: str, world: World, every: float = 60.0, **columns: Sequence[float]) -> Position:
    """The truck's rows: one letter, and one number of each column, a row."""
    records: list[dict[str, float | str]] = []
    for k, letter in enumerate(where):
        lon, lat = PLANE.to_degrees(LETTERS[letter], 0.0)
        record: dict[str, float | str] = {"subject": "truck", "ts": k * every, "lon": float(lon), "lat": float(lat)}
        records.append(record | {name: float(values[k]) for name, values in columns.items()})
    return table(Position, records, world.names)
