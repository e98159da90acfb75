"""places: what the desk asks of the registers in the store: addresses, grid cells, parts, duties."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from cases.desk.conditions import Where
from cases.life import LEVELS
from cases.registers.lookup import Lookup
from cases.registers.rows import Memory


class RegisterPlaces:
    """Of one transaction. memory: kept from one to the next, spares reading small registers again."""

    def __init__(self, connection: sa.Connection, memory: Memory) -> None:
        self._lookup = Lookup(connection, memory)

    def where(self, lon: float, lat: float, at: float) -> Where:
        """What is known of a place."""
        found = self._lookup.locate(lon, lat, at)
        return Where(found.address, found.grid, found.area_class)

    def component(self, lon: float, lat: float, part: str, at: float) -> str:
        """The code of the nearest part of a kind; '' where none is near."""
        found = self._lookup.nearest_part(lon, lat, part, at)
        return "" if found is None else found.code

    def duty(self, category: str, grid: str, place: str, level: str, at: float) -> tuple[str, Sequence[str]]:
        """The unit whose duty it is, and those that help; for a case that was passed up, the unit over it."""
        found = self._lookup.duty(category, grid, at, zone=place)
        if found is None:
            return "", ()
        if level == LEVELS[0]:
            return found.unit, found.helpers
        units = {unit.id: unit for unit in self._lookup.units(at)}
        unit, seen = units.get(found.unit), set[str]()
        while unit is not None and unit.id not in seen and not _reaches(unit.level, level):
            seen.add(unit.id)
            unit = units.get(unit.parent)
        return ("", ()) if unit is None or unit.id in seen else (unit.id, found.helpers)


def _reaches(own: str, level: str) -> bool:
    return own in LEVELS and LEVELS.index(own) >= LEVELS.index(level)
