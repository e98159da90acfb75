"""duty_seen: what those on duty are located for: the map, the list of who is nearest, and which cells were visited.

Only who is on duty now is on the map and in the list. A unit sees its own people.
"""

from __future__ import annotations

import math
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from cases.case import iso
from cases.database import reading
from cases.life import Role, State
from cases.registers.lookup import Lookup
from cases.tables import CASES, TASKS
from console.access import own_unit
from console.city import City, OfCity
from console.duty import DAY, period
from console.duty_coverage import Covered, covered
from console.duty_store import Duty, on_duty
from console.permissions import Permission, may
from console.settings import Token
from pipeline.geo import distance

router = APIRouter(prefix="/api/duty", tags=["duty"])
Sees = Annotated[Token, Depends(may(Permission.SEE_CASES))]


class CrewOut(BaseModel):
    """Somebody on duty."""

    who: str
    name: str = Field(description="as the register of officers has it; otherwise `who`")
    unit: str
    since: str = Field(description="when they signed on")
    at: str | None = Field(description="when they were there; null: no place is known yet")
    lon: float | None
    lat: float | None
    accuracy: float | None = Field(description="metres; null where not known")


class NearOut(CrewOut):
    """Somebody on duty, with how far they are."""

    metres: float
    tasks: int = Field(description="what they have been asked to look at and have not answered yet")


class CoverageOut(BaseModel):
    """Of the cells that are somebody's, how many they were in."""

    kind: str = Field(description="officer or unit")
    id: str
    name: str
    cells: int = Field(description="how many are theirs; 0: the registers name none")
    visited: int = Field(description="of those")
    share: float | None = Field(description="0 to 1; null where no cells are theirs")
    elsewhere: int = Field(description="cells of others that they were in")
    missed: list[str] = Field(description="codes of their cells that they were not in, a hundred at most")


@router.get("/crews")
def crews(city: OfCity, who: Sees) -> list[CrewOut]:
    """Who is on duty now, each with their newest place."""
    with reading(city.engine) as connection:
        found, names = _on_duty(city, who, connection)
    return [CrewOut(**_crew(duty, names)) for duty in found]


@router.get("/nearest")
def nearest(
    city: OfCity,
    who: Sees,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    unit: Annotated[str, Query(max_length=200, description="Only of this one.")] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[NearOut]:
    """Who on duty is nearest to a place (WGS-84)."""
    with reading(city.engine) as connection:
        found, names = _on_duty(city, who, connection)
        busy = _tasks(connection)
    near = [
        (float(distance(lon, lat, duty.lon, duty.lat)), duty)
        for duty in found
        if duty.lon is not None and duty.lat is not None and unit in ("", duty.unit)
    ]
    near.sort(key=lambda each: (each[0], each[1].who))
    return [
        NearOut(**_crew(duty, names), metres=round(metres, 1), tasks=busy.get(duty.who, 0))
        for metres, duty in near[:limit]
    ]


@router.get("/coverage", dependencies=[Depends(may(Permission.SEE_INDICATORS))])
def coverage(
    city: OfCity,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    officer: Annotated[str, Query(max_length=200)] = "",
    unit: Annotated[str, Query(max_length=200)] = "",
) -> list[CoverageOut]:
    """Which share of their grid cells (单元网格) officers and units have been in, of the last day unless said
    otherwise. The cells are those that the register of officers says; positions that are worse than 100 m don't
    count."""
    start, end = period(city, since, until, DAY)
    with reading(city.engine) as connection:
        found = covered(connection, start, end)
    wanted = [
        each
        for each in found
        if (not officer or (each.kind == "officer" and each.id == officer))
        and (not unit or unit in (each.unit, each.id))
    ]
    return [_coverage(each) for each in wanted]


def _on_duty(city: City, who: Token, connection: sa.Connection) -> tuple[list[Duty], dict[str, str]]:
    """Whom they may see, and the names of officers by id."""
    if who.roles and all(role == Role.OUTSIDE for role in who.roles) and not who.unit:
        return [], {}  # another system is told of its own people, and this one has none
    now = city.now()
    found = on_duty(connection, city.settings.web.duty, now, own_unit(who))
    names = {each.id: each.name for each in Lookup(connection).officers(now)} if found else {}
    return found, names


def _crew(duty: Duty, names: dict[str, str]) -> dict[str, str | float | None]:
    return {
        "who": duty.who,
        "name": names.get(duty.who) or duty.who,
        "unit": duty.unit,
        "since": iso(duty.started),
        "at": None if duty.placed is None else iso(duty.placed),
        "lon": duty.lon,
        "lat": duty.lat,
        "accuracy": duty.accuracy,
    }


def _tasks(connection: sa.Connection) -> dict[str, int]:
    """How many unanswered tasks name whom."""
    there = CASES.c.state.in_((State.CHECKING, State.VERIFYING)) & ~CASES.c.withdrawn
    query = sa.select(TASKS.c.collector, sa.func.count()).join(CASES, CASES.c.id == TASKS.c.case_id)
    query = query.where(TASKS.c.answered.is_(None), TASKS.c.collector != "", there).group_by(TASKS.c.collector)
    return {row[0]: row[1] for row in connection.execute(query)}


def _coverage(found: Covered) -> CoverageOut:
    share = found.share
    return CoverageOut(
        kind=found.kind,
        id=found.id,
        name=found.name,
        cells=len(found.cells),
        visited=len(found.cells & found.visited),
        share=None if math.isnan(share) else round(share, 4),
        elsewhere=len(found.visited - found.cells),
        missed=sorted(found.cells - found.visited)[:100],
    )
