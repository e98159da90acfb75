"""duty: sign on for duty and off again, say where one is meanwhile, and see what is kept of it and who has looked.

Positions are taken only of somebody who is on duty, and only those from then on; all others are refused, and nothing of
them is kept. What they are for is in `console/duty_seen.py`.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from cases.case import iso
from cases.database import reading, writing
from cases.registers.lookup import Lookup
from cases.tables.shifts import SHIFTS
from console import duty_store
from console.access import Who
from console.bodies import Place
from console.city import City, OfCity
from console.duty_settings import DutySection
from console.duty_store import Duty, Position
from console.errors import Refused
from console.permissions import Permission, may
from console.settings import Token

router = APIRouter(prefix="/api/duty", tags=["duty"])
OnDuty = Annotated[Token, Depends(may(Permission.ON_DUTY))]
AT_ONCE = 500
"""Positions of a request: four hours without a network."""
DAY = 86_400.0
EARLY = 3600.0
"""Seconds before a shift begins, in which whoever signs on does so for that shift."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignOn(_Body):
    """Begin to be on duty."""

    until: AwareDatetime | None = Field(None, description="when the shift ends; nothing: as the roster says")


class PositionIn(_Body):
    """Where somebody was."""

    number: int = Field(ge=0, le=2**53 - 1, description="the phone's own: what is sent twice is kept once")
    age: float = Field(ge=0, le=30 * DAY, allow_inf_nan=False, description="seconds before this was sent")
    lon: Place = Field(ge=-180, le=180)
    lat: Place = Field(ge=-90, le=90)
    accuracy: float | None = Field(None, ge=0, le=1e6, allow_inf_nan=False, description="metres")


class PositionsIn(_Body):
    """Where somebody was, since the last time."""

    positions: list[PositionIn] = Field(min_length=1, max_length=AT_ONCE)


class DutyOut(BaseModel):
    """Whether one is on duty, and what holds meanwhile."""

    on: bool
    started: str | None = Field(description="of the last duty")
    until: str | None = Field(description="when it ends by itself at the latest")
    ended: str | None
    why: str = Field(description="why it ended: off (signed off), silent, over (its time), '' where it goes on")
    placed: str | None = Field(description="when the newest position was taken")
    every: float = Field(description="seconds: so often a phone says where it is")
    silent: float = Field(description="seconds without a position, after which the duty ends by itself")
    keep: float = Field(description="seconds: so long positions are kept")


class PositionsOut(BaseModel):
    """What became of positions."""

    kept: int
    left_out: int = Field(description="from before the duty began")


class Track(BaseModel):
    """A place of a track."""

    at: str
    lon: float
    lat: float
    accuracy: float | None


class TrackOut(BaseModel):
    """Where somebody was on duty, oldest first."""

    who: str
    since: str
    until: str
    positions: list[Track]
    more: bool = Field(description="there are more: ask again from the last one on")


class LookOut(BaseModel):
    """Somebody looked at your track."""

    by: str
    at: str
    since: str
    until: str


@router.get("")
def mine(city: OfCity, who: OnDuty) -> DutyOut:
    """Whether you are on duty."""
    with reading(city.engine) as connection:
        return _out(city, duty_store.newest(connection, who.name))


@router.post("")
def sign_on(city: OfCity, who: OnDuty, body: SignOn) -> DutyOut:
    """Sign on for duty; whoever is already on stays so. From now on, and until you sign off, positions are taken."""
    now, rules = city.now(), city.settings.web.duty
    if body.until is not None and body.until.timestamp() <= now:
        raise Refused(422, "until: expected a time to come.")
    with writing(city.engine) as connection:
        unit = who.unit or _unit_of(connection, who.name, now)
        until = _shift_end(connection, who.name, now) if body.until is None else body.until.timestamp()
        return _out(city, duty_store.sign_on(connection, rules, who.name, unit, now, until))


@router.delete("")
def sign_off(city: OfCity, who: OnDuty) -> DutyOut:
    """Sign off. From now on no position is taken."""
    with writing(city.engine) as connection:
        return _out(city, duty_store.sign_off(connection, city.settings.web.duty, who.name, city.now()))


@router.post("/positions", responses={409: {"description": "You are not on duty; nothing was kept."}})
def positions(city: OfCity, who: OnDuty, body: PositionsIn) -> PositionsOut:
    """Say where you are, and were since the last time. Only on duty; otherwise nothing is kept."""
    now, rules = city.now(), city.settings.web.duty
    said = [Position(each.number, now - each.age, each.lon, each.lat, each.accuracy) for each in body.positions]
    with writing(city.engine) as connection:
        duty = duty_store.newest(connection, who.name)
        if duty is None or duty.over(now, rules.silent) is not None:
            raise Refused(409, "You are not on duty: nothing was kept. Sign on first.")
        kept = duty_store.add(connection, duty, said, now)
    return PositionsOut(kept=kept, left_out=len(said) - kept)


@router.get("/track")
def track(
    city: OfCity,
    who: Who,
    of: Annotated[str, Query(alias="who", max_length=200, description="Whose; nothing: your own.")] = "",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 5000,
) -> TrackOut:
    """Where somebody was on duty, of the last day unless said otherwise. Of somebody else: needs the permission
    'see_tracks', and they see that you looked."""
    whose = of or who.name
    wanted = Permission.ON_DUTY if whose == who.name else Permission.SEE_TRACKS
    may(wanted)(who)
    start, end = period(city, since, until, DAY)
    with reading(city.engine) as connection:
        found = duty_store.track(connection, whose, start, end, limit + 1)
    if whose != who.name:
        with writing(city.engine) as connection:
            duty_store.looked(connection, whose, who.name, city.now(), start, end)
    return TrackOut(
        who=whose,
        since=iso(start),
        until=iso(end),
        positions=[Track(at=iso(p.at), lon=p.lon, lat=p.lat, accuracy=p.accuracy) for p in found[:limit]],
        more=len(found) > limit,
    )


@router.get("/looks")
def looks(city: OfCity, who: OnDuty, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[LookOut]:
    """Who looked at your track, the newest first."""
    with reading(city.engine) as connection:
        found = duty_store.looks(connection, who.name, limit)
    return [LookOut(by=row["by"], **{name: iso(row[name]) for name in ("at", "since", "until")}) for row in found]


def period(city: City, since: AwareDatetime | None, until: AwareDatetime | None, usual: float) -> tuple[float, float]:
    """From when to when, UTC seconds: `usual` seconds up to now unless said otherwise, and nothing that was to be
    deleted by now. Raises Refused."""
    if since is not None and until is not None and since >= until:
        raise Refused(422, "since: expected a time before until.")
    now = city.now()
    oldest = now - city.settings.web.duty.keep
    end = now if until is None else min(max(until.timestamp(), oldest), now)
    start = end - usual if since is None else since.timestamp()
    return min(max(start, oldest), end), end


def _unit_of(connection: sa.Connection, who: str, now: float) -> str:
    """Of somebody whom the register of officers names."""
    return next((officer.unit for officer in Lookup(connection).officers(now) if officer.id == who), "")


def _shift_end(connection: sa.Connection, who: str, now: float) -> float:
    """When their shift ends, by the roster; infinite where they have none now or within the hour."""
    theirs = (SHIFTS.c.person == who) & (SHIFTS.c.start < now + EARLY) & (SHIFTS.c.end > now)
    end = connection.execute(sa.select(sa.func.min(SHIFTS.c.end)).where(theirs)).scalar_one()
    return math.inf if end is None else float(end)


def _out(city: City, duty: Duty | None) -> DutyOut:
    rules: DutySection = city.settings.web.duty
    said: dict[str, Any] = {"every": rules.every, "silent": rules.silent, "keep": rules.keep}
    if duty is None:
        return DutyOut(on=False, started=None, until=None, ended=None, why="", placed=None, **said)
    over = duty.over(city.now(), rules.silent)
    return DutyOut(
        on=over is None,
        started=iso(duty.started),
        until=iso(duty.until),
        ended=None if over is None else iso(over[0]),
        why="" if over is None else over[1],
        placed=None if duty.placed is None else iso(duty.placed),
        **said,
    )
