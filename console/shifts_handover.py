"""shifts_handover: a shift is handed over (交接班): what stands open, noted and signed by both.

The outgoing signs: that freezes the content as it is then. The incoming signs the same content, named by its SHA-256.
Until then it can be taken back; afterwards nothing of it changes.
"""

from __future__ import annotations

import json
import uuid
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query

from cases.database import reading, writing
from cases.indicators.telling import iso
from cases.intake.text import tidy
from cases.tables.people import USERS
from cases.tables.shifts import HANDOVERS, SHIFT_NOTES
from console.audit import note
from console.city import City, OfCity
from console.errors import Refused
from console.login import REFUSALS
from console.people import fitting, key_of
from console.permissions import Permission, may, permissions_of
from console.settings import Token
from console.shifts_bodies import (
    ContentOut,
    HandoverOut,
    HandoversOut,
    NoteIn,
    NoteOut,
    SignInIn,
    SignOutIn,
    WholeHandoverOut,
    WithdrawIn,
)
from console.shifts_content import began, content_of, digest, frozen, notes_since
from console.shifts_signing import proven
from console.steps import visible

router = APIRouter(tags=["shifts"])
Keeper = Annotated[Token, Depends(may(Permission.KEEP_SHIFTS))]
WAITING, SIGNED, WITHDRAWN = "waiting", "signed", "withdrawn"


@router.get("/api/shifts/handover")
def present(city: OfCity, who: Keeper) -> ContentOut:
    """What would be handed over now."""
    with reading(city.engine) as connection:
        return content_of(city, connection, who)


@router.get("/api/shifts/notes")
def notes(city: OfCity, who: Keeper) -> list[NoteOut]:
    """What this shift has noted, oldest first."""
    with reading(city.engine) as connection:
        return notes_since(city, connection, began(connection, city.now()), who)


@router.post("/api/shifts/notes", status_code=201)
def write_down(city: OfCity, who: Keeper, body: NoteIn) -> NoteOut:
    """Note something for the next shift. It can't be changed afterwards."""
    row = {"id": str(uuid.uuid4()), "at": city.now(), "by": who.name, "text": body.text, "case_id": ""}
    if body.case:
        try:
            row["case_id"] = visible(city, who, body.case)["id"]
        except Refused as refused:
            raise Refused(422, f"case: {refused.detail}") from None
    with writing(city.engine) as connection:
        connection.execute(SHIFT_NOTES.insert(), row)
    at = iso(city.now(), city.settings.zone)
    return NoteOut(id=str(row["id"]), at=at, by=who.name, text=body.text, case=str(row["case_id"]))


@router.get("/api/shifts/handovers")
def handovers(city: OfCity, who: Keeper, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> HandoversOut:
    """Those there have been, the newest first."""
    query = sa.select(HANDOVERS).order_by(HANDOVERS.c.signed_out.desc(), HANDOVERS.c.id).limit(limit)
    with reading(city.engine) as connection:
        rows = connection.execute(query).mappings().all()
        all_ = connection.execute(sa.select(sa.func.count()).select_from(HANDOVERS)).scalar_one()
    return HandoversOut(handovers=[_out(city, who, row) for row in rows], left_out=all_ - len(rows))


@router.get("/api/shifts/handovers/{id}")
def handover(city: OfCity, who: Keeper, id: str) -> WholeHandoverOut:
    """One whole, as it was signed."""
    with reading(city.engine) as connection:
        row = _find(connection, id)
    if who.areas and key_of(who.name) not in map(key_of, (row["outgoing"], row["incoming"])):
        raise Refused(403, "It tells of all areas; you see it where you have signed it.")
    content = ContentOut.model_validate(json.loads(row["content"]))
    intact = digest(row["content"]) == row["sha256"]
    return WholeHandoverOut(**_out(city, who, row).model_dump(), content=content, text=row["content"], intact=intact)


@router.post("/api/shifts/handovers", status_code=201, responses=REFUSALS)
def sign_out(city: OfCity, who: Keeper, body: SignOutIn) -> HandoverOut:
    """Sign as the outgoing: the content is frozen as it is now, and the incoming is to sign it."""
    person = proven(city, who, body.password)
    now = city.now()
    with reading(city.engine) as connection:
        text, sha256 = frozen(content_of(city, connection, person))
        since = began(connection, now)
    with writing(city.engine) as connection:
        incoming = _taker(connection, body.incoming, person.name)
        waiting = sa.select(HANDOVERS).where(HANDOVERS.c.state == WAITING)
        before = connection.execute(waiting).mappings().first()
        if before is not None:
            said = f"A handover from {before['outgoing']} to {before['incoming']} waits to be signed"
            raise Refused(409, f"{said}. Let it be signed, or taken back, first.")
        row: dict[str, Any] = {"id": str(uuid.uuid4()), "state": WAITING, "outgoing": person.name, "incoming": incoming}
        row |= {"since": since, "signed_out": now, "signed_in": None, "content": text, "sha256": sha256, "why": ""}
        connection.execute(HANDOVERS.insert(), row)
        note(connection, now, person.name, "handover.signed_out", row["id"], sha256=sha256)
    return _out(city, who, row)


@router.post("/api/shifts/handovers/{id}/sign", responses=REFUSALS)
def sign_in(city: OfCity, who: Keeper, id: str, body: SignInIn) -> HandoverOut:
    """Sign as the incoming what you have read."""
    person = proven(city, who, body.password)
    now = city.now()
    with writing(city.engine) as connection:
        row = _waiting(connection, id)
        if key_of(person.name) != key_of(row["incoming"]):
            raise Refused(403, f"{row['incoming']} takes this shift over, and signs it.")
        if body.sha256 != row["sha256"] or digest(row["content"]) != row["sha256"]:
            raise Refused(409, "This is not the content that the outgoing signed. Read it again, then sign.")
        return _become(city, who, connection, row, "handover.signed_in", state=SIGNED, signed_in=now)


@router.post("/api/shifts/handovers/{id}/withdraw")
def withdraw(city: OfCity, who: Keeper, id: str, body: WithdrawIn) -> HandoverOut:
    """Take it back, or refuse it, before the incoming has signed. It stays in the list, with why."""
    with writing(city.engine) as connection:
        row = _waiting(connection, id)
        if key_of(who.name) not in map(key_of, (row["outgoing"], row["incoming"])):
            raise Refused(403, "Only those two who hand over can take it back.")
        return _become(city, who, connection, row, "handover.withdrawn", state=WITHDRAWN, why=body.why)


def _become(city: City, who: Token, connection: sa.Connection, row: Any, action: str, **values: Any) -> HandoverOut:
    connection.execute(HANDOVERS.update().where(HANDOVERS.c.id == row["id"]).values(**values))
    note(connection, city.now(), who.name, action, row["id"], sha256=row["sha256"])
    return _out(city, who, dict(row) | values)


def _taker(connection: sa.Connection, name: str, outgoing: str) -> str:
    """Whoever takes over, as they are called. Raises Refused."""
    row = connection.execute(sa.select(USERS).where(USERS.c.key == key_of(name))).mappings().first()
    if row is None or row["disabled"] or Permission.KEEP_SHIFTS not in permissions_of(fitting(dict(row))):
        raise Refused(422, "incoming: expected a user who may keep shifts; whoever administers this city makes users.")
    if row["key"] == key_of(outgoing):
        raise Refused(422, "incoming: expected somebody else than yourself.")
    return str(row["name"])


def _find(connection: sa.Connection, id: str) -> Any:
    query = sa.select(HANDOVERS).where(HANDOVERS.c.id == tidy(id, 100))
    row = connection.execute(query).mappings().first()
    if row is None:
        raise Refused(404, "There is no such handover.")
    return row


def _waiting(connection: sa.Connection, id: str) -> Any:
    row = _find(connection, id)
    if row["state"] != WAITING:
        raise Refused(409, f"This handover is {row['state']}; nothing of it changes any more.")
    return row


def _out(city: City, who: Token, row: Any) -> HandoverOut:
    said = {name: row[name] for name in ("id", "state", "outgoing", "incoming", "sha256", "why")}
    zone = city.settings.zone
    times = {name: iso(row[name], zone) for name in ("since", "signed_out")}
    signed = None if row["signed_in"] is None else iso(row["signed_in"], zone)
    yours = row["state"] == WAITING and key_of(row["incoming"]) == key_of(who.name)
    return HandoverOut(**said, **times, signed_in=signed, yours=yours)
