"""saved: filters of the queue that people keep under a name: their own, and those that a supervisor shares with all."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from cases.case import iso
from cases.database import reading, writing
from cases.life import Role
from cases.tables import FILTERS
from console.bodies import Short
from console.city import City, OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.settings import Token
from console.triage_filters import Wanted

router = APIRouter(prefix="/api/filters", tags=["triage"])
SeesCases = Annotated[Token, Depends(may(Permission.SEE_CASES))]
MOST = 50
"""Filters that one person has; and shared ones, of all together."""


class KeptWanted(Wanted):
    """As `Wanted`, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FilterIn(BaseModel):
    """A filter to be kept."""

    model_config = ConfigDict(extra="forbid")

    name: Short = Field(min_length=1)
    shared: bool = Field(False, description="for everybody; a supervisor's to say")
    wanted: KeptWanted


class FilterOut(BaseModel):
    """A filter that is kept."""

    id: str
    name: str
    shared: bool
    own: bool
    """Whether it is of whoever asks."""
    owner: str
    changed: str
    wanted: Wanted


@router.get("")
def listed(city: OfCity, who: SeesCases) -> list[FilterOut]:
    """My own and those that are shared, by name."""
    f = FILTERS.c
    query = sa.select(FILTERS).where(sa.or_(f.owner == who.name, f.shared)).order_by(f.shared, f.name, f.id)
    with reading(city.engine) as connection:
        rows = connection.execute(query.limit(2 * MOST)).mappings().all()
    return [_out(dict(row), who) for row in rows]


@router.post("", status_code=201)
def keep(city: OfCity, who: SeesCases, body: FilterIn) -> FilterOut:
    """Keep a filter under a name. One of mine that has the name already is changed."""
    _may_share(who, body.shared)
    f = FILTERS.c
    with writing(city.engine) as connection:
        mine = sa.select(f.id).where(f.owner == who.name, f.name == body.name)
        id = connection.execute(mine).scalar()
        row = _row(city, body) | {"id": id or str(uuid.uuid4()), "owner": who.name}
        if id is not None:
            connection.execute(FILTERS.update().where(f.id == id).values(row))
        else:
            full = f.owner == who.name, f.shared
            for each in full[: 1 + body.shared]:
                if connection.execute(sa.select(sa.func.count()).where(each)).scalar_one() >= MOST:
                    raise Refused(409, f"At most {MOST} filters can be kept: delete one first.")
            connection.execute(FILTERS.insert(), row)
    return _out(row, who)


@router.put("/{id}")
def change(city: OfCity, who: SeesCases, id: str, body: FilterIn) -> FilterOut:
    """Change one: its name, whom it is for, what it is."""
    f = FILTERS.c
    with writing(city.engine) as connection:
        row = _mine(connection, who, id)
        _may_share(who, body.shared and not row["shared"])
        same = sa.select(f.id).where(f.owner == row["owner"], f.name == body.name, f.id != id)
        if connection.execute(same).scalar() is not None:
            raise Refused(409, "Another filter has this name: give it another.")
        row |= _row(city, body)
        connection.execute(FILTERS.update().where(f.id == id).values(row))
    return _out(row, who)


@router.delete("/{id}", status_code=204)
def remove(city: OfCity, who: SeesCases, id: str) -> None:
    """Forget one."""
    with writing(city.engine) as connection:
        _mine(connection, who, id)
        connection.execute(FILTERS.delete().where(FILTERS.c.id == id))


def _row(city: City, body: FilterIn) -> dict[str, Any]:
    data = body.wanted.model_dump(mode="json", exclude_defaults=True)
    return {"name": body.name, "shared": body.shared, "data": data, "changed": city.now()}


def _mine(connection: sa.Connection, who: Token, id: str) -> dict[str, Any]:
    """One that they may change. Raises Refused."""
    row = connection.execute(sa.select(FILTERS).where(FILTERS.c.id == id)).mappings().first()
    if row is None or not (row["owner"] == who.name or (row["shared"] and Role.SUPERVISOR in who.roles)):
        raise Refused(404, "You have no filter of this id.")
    return dict(row)


def _may_share(who: Token, shared: bool) -> None:
    if shared and Role.SUPERVISOR not in who.roles:
        raise Refused(403, "Sharing a filter with everybody is for a supervisor.")


def _out(row: dict[str, Any], who: Token) -> FilterOut:
    return FilterOut(
        id=row["id"],
        name=row["name"],
        shared=row["shared"],
        own=row["owner"] == who.name,
        owner=row["owner"],
        changed=iso(row["changed"]) or "",
        wanted=Wanted.model_validate(row["data"]),
    )
