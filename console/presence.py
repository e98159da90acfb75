"""presence: two operators on one case see each other: pages say which case they show, and hear who else does.

Kept in memory only, and nowhere written down: it is about this minute, and no record of anybody's work.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from cases.database import reading
from cases.tables import CASES
from console.access import sees
from console.bodies import Short
from console.city import City, OfCity
from console.permissions import Permission, may
from console.settings import Token
from console.steps import visible

router = APIRouter(prefix="/api/presence", tags=["triage"])
SeesCases = Annotated[Token, Depends(may(Permission.SEE_CASES))]
TOPIC = "presence"
"""Of the live stream: {case, names} whenever that changes."""


class LookIn(BaseModel):
    """What a page shows."""

    model_config = ConfigDict(extra="forbid")

    page: str = Field(pattern=r"^[0-9A-Za-z-]{8,64}$", description="made up by the page, the same as long as it lives")
    case: Short = Field("", description="id or number; '' for none")


class SeenOut(BaseModel):
    """Who looks at which case now, oneself too."""

    cases: dict[str, list[str]]
    """Case's id -> names."""


@router.get("")
def seen(city: OfCity, who: SeesCases) -> SeenOut:
    """Who looks at what."""
    return _seen(city, who)


@router.post("")
def look(city: OfCity, who: SeesCases, body: LookIn) -> SeenOut:
    """My page shows this case; say it again every 15 s, and with '' when it shows none any more."""
    case = visible(city, who, body.case)["id"] if body.case else ""
    changed = city.presence.look(who.name, body.page, case, city.now())
    _tell(city, changed)
    return _seen(city, who)


def _seen(city: City, who: Token) -> SeenOut:
    found = city.presence.seen(city.now())
    rows = _rows(city, found)
    return SeenOut(cases={case: names for case, names in found.items() if case in rows and sees(who, rows[case])})


def _tell(city: City, changed: Collection[str]) -> None:
    hub, found = city.beside.live, city.presence.seen(city.now())
    if hub is None:
        return
    for case, row in _rows(city, changed).items():
        hub.publish(TOPIC, {"case": case, "names": found.get(case, [])}, to=partial(_may_know, row))


def _may_know(row: Mapping[str, Any], who: Token) -> bool:
    return sees(who, row)


def _rows(city: City, cases: Collection[str]) -> dict[str, dict[str, Any]]:
    """What says who may see them."""
    if not cases:
        return {}
    query = sa.select(CASES.c.id, CASES.c.responsible, CASES.c.helpers, CASES.c.grid).where(CASES.c.id.in_(cases))
    with reading(city.engine) as connection:
        return {row["id"]: dict(row) for row in connection.execute(query).mappings()}
