"""lookup: what the desk asks of the registers in the store: units, duties, where a place is, the nearest part and unit.

Pure over a connection: reads as of a time, changes nothing. Places are WGS-84 degrees, times UTC seconds. A `Memory`
that is kept from one connection to the next spares reading small registers again (`cases/registers/rows.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from cases.registers.areas import Areas
from cases.registers.duty import Duty, duty, fits
from cases.registers.nearest import nearest
from cases.registers.rows import Kept, Memory, version
from cases.registers.written import written
from cases.tables.registers import ADDRESSES, PARTS
from pipeline.geo import distance

ADDRESS_WITHIN = 500.0
"""metres: further away an address says more about itself than about the place"""
PART_WITHIN = 50.0
"""metres: of a report about a part, which is made beside it"""


class Unit(NamedTuple):
    """处置部门, 专业部门: who handles."""

    id: str
    name: str
    kind: str
    level: str
    """community, street or city (`cases.life.LEVELS`); '' where it is not said."""
    parent: str
    """The unit that a case goes up to; '' for none."""
    lon: float
    lat: float
    """NaN where not known."""
    phone: str
    hours: str
    """When it works (pipeline/hours.py); '' for always."""
    notify: str
    """The channel by which it is told."""


class Officer(NamedTuple):
    """采集员, 网格员."""

    id: str
    name: str
    unit: str
    grids: tuple[str, ...]
    """Patterns of the grid cells that are theirs."""


class Located(NamedTuple):
    """A place in the city's own words; '' for what is not known."""

    address: str = ""
    grid: str = ""
    area_class: str = ""
    street: str = ""
    community: str = ""


class Part(NamedTuple):
    """部件."""

    code: str
    kind: str
    lon: float
    lat: float
    grid: str
    owner: str
    metres: float
    """How far it is."""


class Offer(NamedTuple):
    """A unit that could be given a case."""

    unit: Unit
    metres: float
    """NaN where its place or the case's is not known."""
    open: int
    """How many cases it has."""


class Lookup:
    """The registers in the store, as they stand."""

    def __init__(self, connection: sa.Connection, memory: Memory | None = None) -> None:
        self._connection = connection
        self._memory = Memory() if memory is None else memory

    def units(self, at: float) -> list[Unit]:
        """All there are at a time, by id."""
        return [_unit(row) for row in self._rows("units") if row.holds(at)]

    def unit(self, id: str, at: float) -> Unit | None:
        """The one of this id; None: there is none then."""
        return next((unit for unit in self.units(at) if unit.id == id), None)

    def officers(self, at: float, grid: str | None = None) -> list[Officer]:
        """All there are at a time, by id; of a grid cell: only those whose it is."""
        found = [
            Officer(row.id, row.data.get("name", ""), row.data.get("unit", ""), tuple(row.data.get("grids", ())))
            for row in self._rows("officers")
            if row.holds(at)
        ]
        if grid is None:
            return found
        return [officer for officer in found if any(fits(pattern, grid) for pattern in officer.grids)]

    def holidays(self) -> dict[date, str]:
        """The calendar: 'holiday' or 'workday' by date (pipeline/calendars.py)."""
        return {date.fromisoformat(row.id): row.data["kind"] for row in self._rows("calendar")}

    def duty(self, category: str, grid: str, at: float, *, zone: str = "", street: str = "") -> Duty | None:
        """Whose a category is at a place; None: the list says nothing about it (see cases/registers/duty.py).

        grid: a cell's code. zone: of the register of zones. street: the cell's own where it is not given.
        """
        if not street:
            cell = self._areas("grid").get(grid, at)
            street = "" if cell is None else cell.data.get("street", "")
        return duty(self._rows("duty"), category, (grid, zone, street), at)

    def locate(self, lon: float, lat: float, at: float) -> Located:
        """Where a place is."""
        found = self._nearest("addresses", ADDRESSES, lon, lat, at, ADDRESS_WITHIN)
        address = ""
        if found is not None:
            row, metres = found
            address = written(row["text"], metres, (row["lon"], row["lat"]), (lon, lat))
        cell = self._areas("grid").at(lon, lat, at)
        grid = {} if cell is None else cell.data
        area_class = grid.get("area_class", "")
        if not area_class:
            area = self._areas("areas").at(lon, lat, at)
            area_class = "" if area is None else area.data["area_class"]
        code = "" if cell is None else cell.id
        return Located(address, code, area_class, grid.get("street", ""), grid.get("community", ""))

    def nearest_part(self, lon: float, lat: float, kind: str, at: float, within_m: float = PART_WITHIN) -> Part | None:
        """The nearest part of a kind ('': of any); None: there is none within so many metres."""
        found = self._nearest("parts", PARTS, lon, lat, at, within_m, kind)
        if found is None:
            return None
        row, metres = found
        return Part(row["id"], row["kind"], row["lon"], row["lat"], row["grid"], row["owner"], metres)

    def nearest_units(
        self,
        category: str,
        lon: float,
        lat: float,
        grid: str,
        at: float,
        load: Mapping[str, int],
        *,
        zone: str = "",
    ) -> list[Offer]:
        """Who could be given a case, whom to offer first: the fewest open cases, then the nearest, then by id.

        Those that the list of duties names, and all units below them; where it names none, all units. load: how many
        cases each unit has; a unit that is not in it has none.
        """
        named = self.duty(category, grid, at, zone=zone)
        units = self.units(at)
        wanted = units if named is None else _below(units, {named.unit, *named.helpers})
        offers = [Offer(unit, _metres(unit, lon, lat), load.get(unit.id, 0)) for unit in wanted]
        return sorted(offers, key=lambda o: (o.open, math.inf if math.isnan(o.metres) else o.metres, o.unit.id))

    def nearest_unit(
        self, category: str, lon: float, lat: float, grid: str, at: float, load: Mapping[str, int], *, zone: str = ""
    ) -> Offer | None:
        """The first of `nearest_units`; None: there is no unit."""
        return next(iter(self.nearest_units(category, lon, lat, grid, at, load, zone=zone)), None)

    def _nearest(
        self, register: str, table: sa.Table, lon: float, lat: float, at: float, within: float, kind: str = ""
    ) -> tuple[sa.RowMapping, float] | None:
        """Nothing is looked for in a register that there is none of, which spares a small city ring after ring."""
        if not version(self._connection, register):
            return None
        return nearest(self._connection, table, lon, lat, at, within, kind)

    def _rows(self, register: str) -> Sequence[Kept]:
        return self._memory.of(self._connection, register, list)

    def _areas(self, register: str) -> Areas:
        return self._memory.of(self._connection, register, Areas)


def _unit(row: Kept) -> Unit:
    text = {name: row.data.get(name, "") for name in ("name", "kind", "level", "parent", "phone", "hours", "notify")}
    return Unit(row.id, lon=row.data.get("lon", math.nan), lat=row.data.get("lat", math.nan), **text)


def _below(units: Sequence[Unit], top: set[str]) -> list[Unit]:
    """The units named and all whose parents, however far up, are among them."""
    within = set(top)
    while more := {unit.id for unit in units if unit.parent in within} - within:
        within |= more
    return [unit for unit in units if unit.id in within]


def _metres(unit: Unit, lon: float, lat: float) -> float:
    return float(distance(lon, lat, unit.lon, unit.lat))
