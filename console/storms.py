"""storms: what is not in the queue one by one: storms that collect cases, and what is shelved or suppressed.

To be read; what is done about them are steps: about a storm's case (undo, split, close …), or about the city (shelve,
unshelve, suppress, review, revoke: POST /api/steps).
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from cases.case import iso
from cases.database import reading
from cases.fusion.listing import held, put_aside, storms
from cases.intake.text import tidy
from cases.tables import CASES, EPISODES, REPORTS
from console.access import own_unit, sees
from console.aside import concerns, of_cases, within
from console.city import OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.settings import Token
from console.steps import possible, visible

router = APIRouter(prefix="/api", tags=["triage"])
SeesCases = Annotated[Token, Depends(may(Permission.SEE_CASES))]
MOST = 200
"""Storms and scopes that an answer has; more at a time is not for people to read."""


class StormOut(BaseModel):
    """A storm that goes on, and its case."""

    rule: str
    area: str
    case: str
    number: str
    state: str
    severity: int
    revision: int
    opened: str
    members: int
    allowed: list[str]
    """What may be done to its case, by whoever asks."""


class MemberOut(BaseModel):
    """A finding or report that a case is made of."""

    id: str
    kind: str
    """episode, report."""
    rule: str
    """'' for a report."""
    category: str
    subject: str
    place: str
    lon: float | None
    lat: float | None
    started: str
    ended: str | None


class MembersOut(BaseModel):
    """A page of members, the oldest first; `after` gives the next one, '': there is none."""

    members: list[MemberOut]
    after: str


class AboutOut(BaseModel):
    """What a shelving or suppression is about: all that is given must fit."""

    rules: list[str] = []
    categories: list[str] = []
    subjects: list[str] = []
    cameras: list[str] = []
    places: list[str] = []
    grids: list[str] = []
    circle: tuple[float, float, float] | None = None
    """lon, lat, metres."""
    polygon: list[tuple[float, float]] = []
    hours: str = ""


class AsideOut(BaseModel):
    """A shelving or suppression: by whom, until when, why, and how much it has held."""

    id: str
    kind: str
    """shelving, suppression."""
    state: str
    """proposed (a supervisor has to review it), in force."""
    about: AboutOut
    since: str
    until: str
    reason: str
    by: str
    asked: str
    reviewed_by: str
    verdict: str
    case: str
    """Of which case's verdict it comes; ''."""
    count: int
    """How much it has held so far."""
    now: int
    """How much it holds now."""
    yours: bool
    """Whether it is about nothing but what you may see; who sees all ends the others."""


class HeldOut(BaseModel):
    """Something that was found and is in no case for now."""

    id: str
    rule: str
    subject: str
    place: str
    started: str | None
    ended: str | None


@router.get("/storms")
def listed(city: OfCity, who: SeesCases) -> list[StormOut]:
    """Storms that go on, by when they began."""
    with reading(city.engine) as connection:
        found = storms(connection)[:MOST]
        ids = [each["id"] for each in found]
        about = connection.execute(sa.select(CASES).where(CASES.c.id.in_(ids))).mappings()
        rows = {row["id"]: dict(row) for row in about}
    out = []
    for each in found:
        row = rows[each["id"]]
        if not sees(who, row):
            continue
        own = {name: row[name] for name in ("number", "state", "severity", "revision", "members")}
        named = {"rule": each["rule"], "area": each["area"], "case": row["id"], "opened": iso(row["opened"]) or ""}
        out.append(StormOut(**own, **named, allowed=possible(who, row)))
    return out


@router.get("/cases/{case}/members")
def members(
    city: OfCity,
    who: SeesCases,
    case: str,
    after: Annotated[str, Query(max_length=100, description="What the page before gave.")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> MembersOut:
    """What a case is made of, a page at a time: a storm has thousands."""
    row = visible(city, who, case)
    both = sa.union_all(
        _members(EPISODES, "episode", EPISODES.c.rule, EPISODES.c.place, EPISODES.c.started, EPISODES.c.ended),
        _members(REPORTS, "report", sa.literal(""), sa.literal(""), REPORTS.c.at, sa.null()),
    ).subquery()
    b = both.c
    query = sa.select(both).where(b.case_id == row["id"]).order_by(b.started, b.id).limit(limit + 1)
    if after:
        query = query.where(sa.tuple_(b.started, b.id) > _behind(after))
    with reading(city.engine) as connection:
        found = connection.execute(query).mappings().all()
    shown = [
        MemberOut(**{n: v for n, v in each.items() if n != "case_id"} | _times(each, "started", "ended"))
        for each in found[:limit]
    ]
    last = found[limit - 1] if len(found) > limit else None
    return MembersOut(members=shown, after="" if last is None else f"{last['started']!r} {last['id']}")


@router.get("/shelved")
def shelved(city: OfCity, who: SeesCases) -> list[AsideOut]:
    """What is put aside where they see cases, and suppressions that wait for a supervisor's word, the soonest end
    first."""
    with reading(city.engine) as connection:
        known = put_aside(connection)
        about = of_cases(connection, known)
    rows = [each for each in known if concerns(who, each, about.get(each["case_id"]))][:MOST]
    return [
        AsideOut(
            **{name: row[name] for name in ("id", "kind", "state", "reason", "by", "reviewed_by", "verdict")},
            **_times(row, "since", "until", "asked"),
            about=AboutOut.model_validate({k: v for k, v in row["data"].items() if k in AboutOut.model_fields}),
            case=row["case_id"],
            count=row["count"],
            now=row["now"],
            yours=within(who, row, about.get(row["case_id"])),
        )
        for row in rows
    ]


@router.get("/shelved/{id}/held")
def held_by(city: OfCity, who: SeesCases, id: str) -> list[HeldOut]:
    """What a shelving or suppression holds now, the newest first, at most 200."""
    if own_unit(who) is not None:
        raise Refused(404, "There is nothing of this id that is put aside.")
    with reading(city.engine) as connection:
        rows = held(connection, id, newest=MOST)
    return [_held(row) for row in rows if not who.areas or _grid(row).startswith(who.areas)]


def _members(table: sa.Table, kind: str, *said: Any) -> sa.Select[Any]:
    names = ("rule", "place", "started", "ended")
    plain = [table.c[name] for name in ("case_id", "id", "category", "subject", "lon", "lat")]
    own = [sa.type_coerce(each, sa.Double() if n > 1 else sa.String()).label(names[n]) for n, each in enumerate(said)]
    return sa.select(*plain, sa.literal(kind).label("kind"), *own)


def _behind(after: str) -> sa.Tuple:
    """The place at which a page ended. Raises Refused."""
    started, _, id = after.partition(" ")
    try:
        at = float(started)
    except ValueError:
        at = math.nan
    if not math.isfinite(at):
        raise Refused(422, "after: expected what a page has given; leave it out to begin with the first.")
    return sa.tuple_(sa.literal(at, sa.Double()), sa.literal(tidy(id, 100)))


def _grid(row: dict[str, Any]) -> str:
    """The cell in which it was found; '': nothing tells."""
    said = (each.get("grid") for each in (row["happening"], row["data"]) if isinstance(each, dict))
    return str(next(filter(None, said), ""))


def _held(row: dict[str, Any]) -> HeldOut:
    """What is not known of the episode yet is in what was held."""
    known = row["data"] | {name: value for name, value in row.items() if value is not None}
    ended = row["ended"] if row["ended"] is not None else row["held_ended"]
    return HeldOut(
        id=row["held"],
        rule=str(known.get("rule", "")),
        subject=str(known.get("subject", "")),
        place=str(known.get("place", "")),
        started=_iso(known.get("started")),
        ended=_iso(ended),
    )


def _times(row: Any, *names: str) -> dict[str, Any]:
    return {name: _iso(row[name]) for name in names}


def _iso(value: float | None) -> str | None:
    return None if value is None else iso(value)
