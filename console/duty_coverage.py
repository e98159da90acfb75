"""duty_coverage: which grid cells (单元网格) have people on duty been in, and which share is that of those that are
theirs?

Reads positions, the grid and the register of officers. A cell was visited when a position that is good to 100 m lies in
it; where cells overlap, each of them was. An officer's cells are those that `grids` of the register names, a unit's
are those of its officers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import shapely
import sqlalchemy as sa
from shapely.geometry import shape

from cases.registers.duty import fits
from cases.registers.lookup import Lookup
from cases.registers.rows import Kept, standing
from cases.tables.duty import DUTIES, DUTY_POSITIONS

GOOD = 100.0
"""metres: a cell is a hundred across and more; a worse position may lie in its neighbour."""
_STEP = 20_000.0
"""Positions within 1/20,000 degree (5 m) of each other are one here: who stands still visits nothing more."""
MOST = 500_000
"""Places of a period that are looked at: some hundred officers for a month."""


class Covered(NamedTuple):
    """Of an officer or a unit."""

    kind: str
    id: str
    name: str
    unit: str
    cells: frozenset[str]
    """Theirs."""
    visited: frozenset[str]
    """Theirs or not."""

    @property
    def share(self) -> float:
        """0 to 1; NaN where no cells are theirs."""
        return len(self.cells & self.visited) / len(self.cells) if self.cells else math.nan


def covered(connection: sa.Connection, since: float, until: float) -> list[Covered]:
    """Of all officers, whether they were on duty or not, of others who were, and of all units: units first, by id.

    since, until: UTC seconds, of positions. The registers are those of `until`.
    """
    lookup = Lookup(connection)
    cells = [row for row in standing(connection, "grid") if row.holds(until)]
    officers = {each.id: each for each in lookup.officers(until)}
    visits, units = _visits(connection, cells, since, until)
    codes = frozenset(cell.id for cell in cells)
    people = []
    for id in sorted({*officers, *visits}):
        known = officers.get(id)
        own = _theirs(codes, known.grids) if known else frozenset()
        unit = known.unit if known and known.unit else units.get(id, "")
        people.append(
            Covered("officer", id, (known.name if known else "") or id, unit, own, visits.get(id, frozenset()))
        )
    named = {unit.id: unit.name for unit in lookup.units(until)}
    return [
        _together(unit, named.get(unit) or unit, people) for unit in sorted({p.unit for p in people} - {""})
    ] + people


def _theirs(codes: frozenset[str], patterns: Iterable[str]) -> frozenset[str]:
    """The codes that fit one of the patterns; most are codes themselves."""
    named = {each for each in patterns if "*" not in each and each}
    wide = [each for each in patterns if each not in named]
    return codes & named | {code for code in codes if any(fits(each, code) for each in wide)}


def _together(unit: str, name: str, people: Iterable[Covered]) -> Covered:
    mine = [each for each in people if each.unit == unit]
    cells, visited = (frozenset[str]().union(*(getattr(each, what) for each in mine)) for what in ("cells", "visited"))
    return Covered("unit", unit, name, unit, cells, visited)


def _visits(
    connection: sa.Connection, cells: list[Kept], since: float, until: float
) -> tuple[dict[str, frozenset[str]], dict[str, str]]:
    """The cells that each who was on duty was in, and their unit."""
    p = DUTY_POSITIONS.c
    good = p.accuracy.is_(None) | (p.accuracy <= GOOD)
    places = sa.select(p.who, sa.func.round(p.lon * _STEP), sa.func.round(p.lat * _STEP)).distinct()
    rows = connection.execute(places.where(p.at >= since, p.at < until, good).limit(MOST)).all()
    d = DUTIES.c
    there = sa.select(d.who, d.unit).where(d.started < until, d.last >= since).order_by(d.started)
    units: dict[str, str] = {row.who: row.unit for row in connection.execute(there)}
    found: dict[str, set[str]] = {who: set() for who in units}
    drawn = [cell for cell in cells if cell.data.get("geometry")]
    if rows and drawn:
        points = shapely.points(np.array([row[1:] for row in rows], np.float64) / _STEP)
        tree = shapely.STRtree([shape(cell.data["geometry"]) for cell in drawn])
        for point, cell in tree.query(points, predicate="intersects").T.tolist():
            found.setdefault(rows[point][0], set()).add(drawn[cell].id)
    return {who: frozenset(codes) for who, codes in found.items()}, units
