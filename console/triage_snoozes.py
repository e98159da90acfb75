"""triage_snoozes: cases that are put off: not in somebody's queue, or in nobody's, until a time.

It changes nothing about a case: its deadlines run on, and one that becomes overdue meanwhile is back at once. Putting a
case off for everybody is for those who judge and dispatch.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from cases.case import iso
from cases.database import reading, upsert, writing
from cases.life import Role
from cases.reading import fits
from cases.tables import CASES, SNOOZES
from console.access import Staff, limited, own_unit
from console.bodies import Short, Text
from console.city import City, OfCity
from console.errors import Refused
from console.settings import Token
from console.steps import visible

router = APIRouter(tags=["triage"])
LONGEST = 7 * 86_400
"""Seconds that a case may be put off; what takes longer is suspended, which is in its history."""
MANY = 200
MOST = 2_000
"""Cases that one person may have put off at a time."""
_JUDGES = frozenset({Role.ACCEPTOR, Role.DISPATCHER, Role.SUPERVISOR})
EVERYBODY = ""


class SnoozeIn(BaseModel):
    """Put cases off."""

    model_config = ConfigDict(extra="forbid")

    cases: list[Short] = Field(min_length=1, max_length=MANY, description="ids or numbers")
    until: AwareDatetime
    everybody: bool = False
    note: Text = Field("", description="why; needed where it is for everybody")


class SnoozeOut(BaseModel):
    """A case that is put off now."""

    case: str
    number: str
    until: str
    everybody: bool
    by: str
    note: str


def snoozed(which: Literal["shown", "hidden", "only"], who: str, now: float) -> tuple[sa.ColumnElement[bool], ...]:
    """What must hold of a case for somebody's list. now: UTC seconds."""
    if which == "shown":
        return ()
    s = SNOOZES.c
    off = sa.exists().where(
        s.case_id == CASES.c.id, s.who.in_((who, EVERYBODY)), s.until > now, s.late | (CASES.c.deadline != "overdue")
    )
    return (off,) if which == "only" else (~off,)


@router.get("/api/snoozes")
def listed(city: OfCity, who: Staff, limit: Annotated[int, Query(ge=1, le=MOST)] = 500) -> list[SnoozeOut]:
    """What is put off for me, by me or for everybody, the soonest back first."""
    s, unit = SNOOZES.c, own_unit(who)
    query = sa.select(SNOOZES, CASES.c.number).join(CASES, CASES.c.id == s.case_id)
    whose = (who.name,) if unit is not None else (who.name, EVERYBODY)
    query = query.where(s.who.in_(whose), s.until > city.now(), *fits(limited(who)))
    with reading(city.engine) as connection:
        rows = connection.execute(query.order_by(s.until, s.case_id).limit(limit)).mappings().all()
    return [
        SnoozeOut(
            case=row["case_id"],
            number=row["number"],
            until=iso(row["until"]) or "",
            everybody=row["who"] == EVERYBODY,
            by=row["by"],
            note=row["note"],
        )
        for row in rows
    ]


@router.post("/api/snoozes", status_code=204)
def put_off(city: OfCity, who: Staff, body: SnoozeIn) -> None:
    """Put cases off until a time, for me or for everybody."""
    now, until = city.now(), _until(body.until, city.now())
    if body.everybody:
        _judges(who)
        if not body.note:
            raise Refused(422, "note: expected why everybody is to put it off.")
    found = [visible(city, who, each) for each in dict.fromkeys(body.cases)]
    whose = EVERYBODY if body.everybody else who.name
    plain = {"who": whose, "until": until, "by": who.name, "at": now, "note": body.note}
    rows = {row["id"]: plain | {"case_id": row["id"], "late": row["deadline"] == "overdue"} for row in found}
    s = SNOOZES.c
    with writing(city.engine) as connection:
        connection.execute(SNOOZES.delete().where(s.until <= now))
        others = sa.select(sa.func.count()).where(s.who == whose, s.case_id.not_in(rows))
        if connection.execute(others).scalar_one() + len(rows) > MOST:
            raise Refused(409, f"At most {MOST} cases can be put off at a time: end some first.")
        connection.execute(upsert(SNOOZES, connection), list(rows.values()))


@router.delete("/api/snoozes/{case}", status_code=204)
def end(city: OfCity, who: Staff, case: str, everybody: bool = False) -> None:
    """It is in my queue, or everybody's, again."""
    if everybody:
        _judges(who)
    row = visible(city, who, case)
    whose = EVERYBODY if everybody else who.name
    with writing(city.engine) as connection:
        connection.execute(SNOOZES.delete().where(SNOOZES.c.who == whose, SNOOZES.c.case_id == row["id"]))


def how_many(connection: sa.Connection, city: City, who: Token) -> int:
    """Cases that are put off for somebody now."""
    s = SNOOZES.c
    query = sa.select(sa.func.count(sa.distinct(s.case_id))).join(CASES, CASES.c.id == s.case_id)
    query = query.where(s.who.in_((who.name, EVERYBODY)), s.until > city.now(), *fits(limited(who)))
    return int(connection.execute(query).scalar_one())


def _until(until: datetime, now: float) -> float:
    seconds = until.timestamp()
    if not now < seconds <= now + LONGEST:
        raise Refused(422, "until: expected a time after now, at most 7 days away; suspend what takes longer.")
    return seconds


def _judges(who: Token) -> None:
    if not _JUDGES.intersection(who.roles):
        raise Refused(403, "Putting a case off for everybody is for acceptor, dispatcher and supervisor.")
