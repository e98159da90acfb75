"""integrations: each source and sink with state, rate and delay; what could not be used; silent devices, wrong clocks;
the journal, memory and versions. What was given up can be sent again, or dropped.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from cases.case import iso
from cases.database import reading
from cases.intake.text import tidy
from cases.outbox.lists import Dead, dead, drop, retry
from cases.tables import CASES
from console.access import sees
from console.audit import audit
from console.city import City, OfCity
from console.errors import Refused
from console.integrations_masked import masked
from console.integrations_sinks import sinks, told_by_people
from console.integrations_told import (
    ClocksOut,
    ContentOut,
    Health,
    HealthOut,
    LettersOut,
    SilentOut,
    SinkOut,
    SourceOut,
)
from console.permissions import Permission, may
from console.settings import Token
from console.words import worded

router = APIRouter(tags=["integrations"])
_Told = TypeVar("_Told", SourceOut, SinkOut)
Sees = Depends(may(Permission.SEE_HEALTH))
Watcher = Annotated[Token, Depends(may(Permission.SEE_HEALTH))]
Mender = Annotated[Token, Depends(may(Permission.MEND_SINKS))]
MOST = 500
Limit = Annotated[int, Query(ge=1, le=MOST)]
_NOT_RUNNING: dict[int | str, dict[str, Any]] = {503: {"description": "No city runs here, so nobody knows."}}


class DeadOut(BaseModel):
    """A message to another system that was given up; it holds back the later ones of its case to that target."""

    id: str
    target: str
    case: str
    event: str
    at: str = Field(description="when it happened")
    finished: str = Field(description="when it was given up")
    attempts: int
    why: str
    holds: int = Field(description="how many later ones of its case wait behind it")


class DeadsOut(BaseModel):
    """The newest of them."""

    messages: list[DeadOut]
    left_out: int


class MendIn(BaseModel):
    """Which dead messages: by their ids, or all of a target."""

    ids: list[Annotated[str, Field(max_length=100)]] = Field([], max_length=MOST)
    target: str = Field("", max_length=200)


class MendedOut(BaseModel):
    """How many there were."""

    messages: int


@router.get("/api/integrations", dependencies=[Sees])
def glance(city: OfCity) -> HealthOut:
    """All sources and sinks, the journal, the machine and what is in force. Where no city runs beside this, what the
    store knows."""
    health = city.beside.health
    with reading(city.engine) as connection:
        people, told = told_by_people(city, connection), sinks(city, connection)
    machine, kafka = (None, None) if health is None else (health.machine(), health.kafka())
    if machine is not None and machine.metrics:
        told.append(_metrics(machine.metrics))
    return HealthOut(
        at=iso(city.now()),
        sources=[_worded(each) for each in ([] if health is None else health.sources()) + people],
        sinks=[_worded(each) for each in told],
        journal=None if health is None else health.journal(),
        kafka=None if kafka is None else kafka.model_copy(update={"away": worded(kafka.away)}),
        machine=machine,
        version=None if health is None else health.version(),
    )


@router.get("/api/integrations/letters", dependencies=[Sees], responses=_NOT_RUNNING)
def letters(city: OfCity) -> LettersOut:
    """Dead letters by what was wrong with them, the newest group first, each with examples."""
    told = _running(city).letters()
    groups = [each.model_copy(update={"expected": worded(each.expected)}) for each in told.groups]
    return told.model_copy(update={"groups": groups})


@router.get("/api/integrations/silent", dependencies=[Sees], responses=_NOT_RUNNING)
def silent(
    city: OfCity,
    after: Annotated[float, Query(ge=1, le=30 * 86_400, description="Silent for at least so many seconds.")] = 3600.0,
    kind: Literal["", "vehicle", "bin", "camera"] = "",
    limit: Limit = 100,
) -> SilentOut:
    """Who is in the registers and has not been heard, never heard first, then the longest."""
    return _running(city).silent(after, kind, limit)


@router.get("/api/integrations/clocks", dependencies=[Sees], responses=_NOT_RUNNING)
def clocks(
    city: OfCity,
    off: Annotated[float, Query(ge=1, le=86_400, description="Ahead by more than so many seconds.")] = 30.0,
    limit: Limit = 100,
) -> ClocksOut:
    """Devices whose times are not near those of their receipt, and devices that are in no register."""
    return _running(city).clocks(off, limit)


@router.get("/api/integrations/versions", dependencies=[Sees], responses=_NOT_RUNNING)
def versions(city: OfCity, limit: Limit = 50) -> list[ContentOut]:
    """Configurations and registers that have been in force, the newest first."""
    return _running(city).history(limit)


@router.get("/api/integrations/outbox")
def outbox(
    city: OfCity,
    who: Watcher,
    target: Annotated[str, Query(max_length=200, description="Only this one's.")] = "",
    limit: Limit = 100,
) -> DeadsOut:
    """Messages that were given up, the newest first; about the cases that they see."""
    found = dead(city.engine, tidy(target) or None, MOST + 1)
    if who.areas:
        with reading(city.engine) as connection:
            query = sa.select(CASES).where(CASES.c.id.in_({each.case for each in found}))
            seen = {row["id"] for row in connection.execute(query).mappings() if sees(who, dict(row))}
        found = [each for each in found if each.case in seen]
    found.sort(key=lambda each: (-each.finished, each.id))
    return DeadsOut(messages=[_dead(each) for each in found[:limit]], left_out=max(len(found) - limit, 0))


@router.post("/api/integrations/outbox/retry")
def try_again(city: OfCity, who: Mender, body: MendIn) -> MendedOut:
    """Let dead messages be sent after all, each in its place."""
    count = retry(city.engine, _chosen(city, body))
    audit(city, who, "outbox.retried", body.target, messages=count)
    return MendedOut(messages=count)


@router.post("/api/integrations/outbox/drop")
def give_up(city: OfCity, who: Mender, body: MendIn) -> MendedOut:
    """Give dead messages up for good, so that the later ones of their cases go on."""
    count = drop(city.engine, _chosen(city, body), city.now())
    audit(city, who, "outbox.dropped", body.target, messages=count)
    return MendedOut(messages=count)


def _chosen(city: City, body: MendIn) -> list[str]:
    if bool(body.ids) == bool(body.target):
        raise Refused(422, "Name dead messages by `ids`, or all of a `target`.")
    return [each.id for each in dead(city.engine, tidy(body.target))] if body.target else list(map(tidy, body.ids))


def _worded(each: _Told) -> _Told:
    """With what went wrong in the language of the request."""
    return each.model_copy(update={"error": worded(each.error)}) if each.error else each


def _dead(each: Dead) -> DeadOut:
    return DeadOut(
        id=each.id,
        target=each.target,
        case=each.case,
        event=each.event,
        at=iso(each.at),
        finished=iso(each.finished),
        attempts=each.attempts,
        why=worded(masked(each.why)),
        holds=each.holds,
    )


def _metrics(url: str) -> SinkOut:
    nothing = dict.fromkeys(("waiting", "held", "dead", "oldest", "last"))
    said = {"name": "metrics", "kind": "metrics", "state": "works", "error": "", "hint": ""}
    return SinkOut.model_validate(nothing | said | {"name": url})


def _running(city: City) -> Health:
    if city.beside.health is None:
        raise Refused(503, "No city runs here, so nobody knows. Start it with `gridwatch run`, and look again.")
    return city.beside.health
