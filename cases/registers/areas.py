"""areas: in which polygon of a register is a place? Grid cells (单元网格) and area classes.

Where polygons overlap the smallest counts, since it says the most; of equal ones the one with the smaller id. A border
belongs to both sides, so a place on it is in one of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import shapely
from shapely.geometry import shape

from cases.registers.rows import Kept


class Areas:
    """The polygons of a register as it stands."""

    def __init__(self, rows: Sequence[Kept]) -> None:
        self.by_id: dict[str, list[Kept]] = {}
        for row in rows:
            self.by_id.setdefault(row.id, []).append(row)
        self._rows = [row for row in rows if row.data.get("geometry")]
        polygons = [shape(row.data["geometry"]) for row in self._rows]
        self._size = [float(polygon.area) for polygon in polygons]
        self._tree = shapely.STRtree(polygons)

    def at(self, lon: float, lat: float, at: float) -> Kept | None:
        """The polygon around a place (WGS-84 degrees) at a time (UTC seconds); None: there is none."""
        if not (math.isfinite(lon) and math.isfinite(lat)):
            return None
        around = self._tree.query(shapely.Point(lon, lat), predicate="intersects").tolist()
        holding = [index for index in around if self._rows[index].holds(at)]
        best = min(holding, key=lambda i: (self._size[i], self._rows[i].id), default=None)
        return None if best is None else self._rows[best]

    def get(self, id: str, at: float) -> Kept | None:
        """The row of this id at a time."""
        return next((row for row in self.by_id.get(id, []) if row.holds(at)), None)
