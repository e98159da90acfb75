"""units: what units are called; who could be given a case, for whoever dispatches: the free first, then the nearest.

A unit is as near as its office or as the nearest of its people on duty, whichever is nearer.
"""

from __future__ import annotations

import math

import sqlalchemy as sa
from fastapi import APIRouter
from pydantic import BaseModel, Field

from cases.database import reading
from cases.life import ACTIONS, State
from cases.registers.lookup import Lookup, Offer
from cases.tables import CASES
from console.access import Staff
from console.city import OfCity
from console.duty_store import Duty, on_duty
from console.errors import Refused
from console.steps import visible
from pipeline.geo import distance

router = APIRouter(tags=["cases"])
_AT_WORK = (State.DISPATCHED, State.HANDLING)
_NOBODY = (math.inf, "")
_MOST = 5_000


class UnitOut(BaseModel):
    """A unit that could be given the case."""

    id: str
    name: str
    kind: str
    level: str
    phone: str
    hours: str
    open: int = Field(description="how many cases it has: dispatched to it and not handled yet")
    metres: float | None = Field(description="from the unit to the case; null where one of the places is not known")
    nearest: str = Field(description="who of it is on duty and nearer than its office; '': nobody")


class UnitNameOut(BaseModel):
    """What a unit is called."""

    id: str
    name: str


@router.get("/api/units")
def named(city: OfCity, _: Staff) -> list[UnitNameOut]:
    """What units are called; those that have no name are left out."""
    with reading(city.engine) as connection:
        known = Lookup(connection).units(city.now())
    return [UnitNameOut(id=each.id, name=each.name) for each in known if each.name][:_MOST]


@router.get("/api/cases/{case}/units")
def offered(city: OfCity, who: Staff, case: str) -> list[UnitOut]:
    """The units that the list of duties names for the case and those below them, or all where it names none: those with
    the fewest open cases first, then the nearest. case: its id, the beginning of it, or its number."""
    if not ACTIONS["dispatch"].roles.intersection(who.case_roles):
        raise Refused(403, f"Units are offered to whoever dispatches; you are {', '.join(who.roles)}.")
    row = visible(city, who, case)
    lon, lat = (math.nan if row[name] is None else row[name] for name in ("lon", "lat"))
    with reading(city.engine) as connection:
        load = at_work(connection)
        offers = Lookup(connection).nearest_units(
            row["category"], lon, lat, row["grid"], city.now(), load, zone=row["place"]
        )
        crews = _nearest(on_duty(connection, city.settings.web.duty, city.now()), lon, lat)
    return sorted((_out(offer, crews.get(offer.unit.id, _NOBODY)) for offer in offers), key=_first)


def at_work(connection: sa.Connection) -> dict[str, int]:
    """How many cases each unit has that it has not handled yet."""
    mine = CASES.c.state.in_(_AT_WORK) & ~CASES.c.withdrawn & (CASES.c.responsible != "")
    query = sa.select(CASES.c.responsible, sa.func.count()).where(mine).group_by(CASES.c.responsible)
    return {row[0]: row[1] for row in connection.execute(query)}


def _nearest(crews: list[Duty], lon: float, lat: float) -> dict[str, tuple[float, str]]:
    """By unit: metres to the nearest of its people on duty, and who that is. None where the case has no place."""
    found: dict[str, tuple[float, str]] = {}
    for duty in crews:
        if duty.lon is not None and duty.lat is not None and math.isfinite(lon):
            reach = float(distance(lon, lat, duty.lon, duty.lat)), duty.who
            found[duty.unit] = min(reach, found.get(duty.unit, reach))
    return found


def _first(unit: UnitOut) -> tuple[int, float, str]:
    return unit.open, math.inf if unit.metres is None else unit.metres, unit.id


def _out(offer: Offer, crew: tuple[float, str]) -> UnitOut:
    unit = offer.unit
    said = {name: getattr(unit, name) for name in ("id", "name", "kind", "level", "phone", "hours")}
    office = offer.metres if math.isfinite(offer.metres) else math.inf
    metres, nearest = min((office, ""), crew)
    return UnitOut(**said, open=offer.open, metres=round(metres, 1) if math.isfinite(metres) else None, nearest=nearest)
