"""live_map: what a running city offers the map: where everything was last, and its registers in force.

Filled in by gridwatch/live_beside.py. `in_box` and the cursor of positions are what the routes of the map share.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple, Protocol

import numpy as np
from fastapi import Depends, Query
from numpy.typing import NDArray

from console.access import own_unit
from console.city import City, OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.settings import Token
from pipeline.latest import Latest, Way
from pipeline.registers import Registers

Floats = NDArray[np.float64]


class Ground(Protocol):
    """A running city's ground and what moves on it."""

    @property
    def latest(self) -> Latest:
        """Where everything was last. Any thread may ask."""
        ...

    @property
    def registers(self) -> Registers:
        """In force: another object after each change."""
        ...

    @property
    def run(self) -> int:
        """Tells this run of the city from others: cursors are of one run. 1 to 2^31."""
        ...


class Earlier(Protocol):
    """Ways of before what a running city remembers: its history. Any thread may ask."""

    def way(self, subject: str, since: float, until: float) -> Way | None:
        """A subject's reports from `since` up to, not with, `until`, UTC seconds; None: it can't tell now."""
        ...


class Box(NamedTuple):
    """A part of the ground, WGS-84 degrees; west may be east of `east`, across 180 degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: Floats, lat: Floats) -> NDArray[np.bool_]:
        """Which places are in it."""
        across = self.west > self.east
        inside = (lon >= self.west) | (lon <= self.east) if across else (lon >= self.west) & (lon <= self.east)
        return inside & (lat >= self.south) & (lat <= self.north)

    def touches(self, west: float, south: float, east: float, north: float) -> bool:
        """Whether something between these bounds may be in it."""
        if north < self.south or south > self.north:
            return False
        return (
            west <= self.east or east >= self.west if self.west > self.east else west <= self.east and east >= self.west
        )


def box(
    bbox: Annotated[str, Query(max_length=120, description="west,south,east,north in WGS-84 degrees; none: all.")] = "",
) -> Box | None:
    """Of a request. Raises Refused."""
    if not bbox:
        return None
    try:
        west, south, east, north = (float(each) for each in bbox.split(","))
    except ValueError:
        raise Refused(422, "bbox: expected four numbers: west,south,east,north") from None
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):
        raise Refused(422, "bbox: expected degrees, south before north: 121.3,31.1,121.6,31.4")
    return Box(west, south, east, north)


InBox = Annotated[Box | None, Depends(box)]


def ground(city: City) -> Ground:
    """Of a running city. Raises Refused where none runs."""
    if city.beside.ground is None:
        raise Refused(503, "Where things are is not known here: the city isn't running beside this API.")
    return city.beside.ground


def moving(city: OfCity) -> Ground:
    """The same, as a dependency."""
    return ground(city)


OnGround = Annotated[Ground, Depends(moving)]


def fleet(who: Annotated[Token, Depends(may(Permission.SEE_CASES))]) -> Token:
    """Somebody who may see where vehicles are: not those who are told of one unit's cases only. Raises Refused."""
    if own_unit(who) is not None or all(role == "outside" for role in who.roles):
        raise Refused(403, "Where vehicles are is for the centre; you see the cases of your unit.")
    return who


SeesFleet = Annotated[Token, Depends(fleet)]
