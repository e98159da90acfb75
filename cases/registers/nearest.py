"""nearest: the row of a large register that is nearest to a place, found ring by ring.

Reads the standing rows of `parts` or `addresses` through their index of cells: first within 25 m, then within twice as
far, until one is found or it was far enough. What is found within a ring is the nearest there is, because the ring
holds every cell that its circle touches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import sqlalchemy as sa

from cases.registers.cells import ranges
from pipeline.geo import distance

FIRST = 25.0
"""metres: in a street of a census the next part is rarely further"""
RANGES = 200
"""Rows of cells that one query asks for: with two bounds each, less than any database takes."""


def nearest(
    connection: sa.Connection, table: sa.Table, lon: float, lat: float, at: float, within: float, kind: str = ""
) -> tuple[sa.RowMapping, float] | None:
    """The row and how far it is, metres; the smallest id of several. None: there is none within so many metres.

    lon, lat: WGS-84 degrees; NaN: nowhere, so None. at: UTC seconds. kind: only of this kind; '' any.
    """
    if not (np.isfinite(lon) and np.isfinite(lat)):
        return None
    reach = min(FIRST, within)
    while True:
        found = list(_within(connection, table, lon, lat, at, reach, kind))
        if found:
            metres = distance(lon, lat, [row["lon"] for row in found], [row["lat"] for row in found])
            best = min(range(len(found)), key=lambda i: (metres[i], found[i]["id"]))
            if metres[best] <= reach:
                return found[best], float(metres[best])
        if reach >= within:
            return None
        reach = min(reach * 2.0, within)


def _within(
    connection: sa.Connection, table: sa.Table, lon: float, lat: float, at: float, metres: float, kind: str
) -> Iterator[sa.RowMapping]:
    """The rows of every cell that the circle touches, and of some beyond it."""
    rows = ranges(lon, lat, metres)
    for first in range(0, len(rows), RANGES):
        # One SELECT for each row of cells: each is one walk along the index, in every database.
        each: list[sa.Select[Any]] = []
        for low, high in rows[first : first + RANGES]:
            query = sa.select(table).where(
                table.c.cell >= low,
                table.c.cell <= high,
                table.c.until.is_(None),
                sa.or_(table.c.valid_from.is_(None), table.c.valid_from <= at),
                sa.or_(table.c.valid_to.is_(None), table.c.valid_to > at),
            )
            each.append(query.where(table.c.kind == kind) if kind else query)
        yield from connection.execute(sa.union_all(*each)).mappings()
