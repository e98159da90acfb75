"""shifts_content: what one shift hands over to the next (交接班), gathered from all there is, and frozen as JSON.

It has only what whoever gathers it may see. Frozen, it is canonical JSON: keys in order, no spaces, so that the same
content has the same SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cases.fusion.listing import put_aside, storms
from cases.indicators.telling import iso
from cases.outbox.lists import standing
from cases.reading import Filters, triage
from cases.reading_counts import counts
from cases.reading_rows import Listed
from cases.tables import CASES
from cases.tables.shifts import HANDOVERS, SHIFT_NOTES
from console.access import limited, own_unit, sees
from console.aside import concerns, of_cases
from console.city import City
from console.integrations_sinks import told_by_people, unanswered_notices
from console.integrations_told import SourceOut
from console.settings import Token
from console.shifts_bodies import (
    AsideLine,
    CaseLine,
    ContentOut,
    DutyLine,
    NoteOut,
    SilentLine,
    StormLine,
    TroubleLine,
)
from console.shifts_roster import between

LINES = 50
"""Of each list."""
NOTES = 500
_SHIFT = 12 * 3600.0
"""What a first handover looks back, and how far the roster is looked ahead, seconds."""
_SILENT = 3600.0
_PUT_ASIDE = "in force"


def began(connection: sa.Connection, now: float) -> float:
    """When the present shift began: at the last handover, or half a day ago."""
    c = HANDOVERS.c
    query = sa.select(sa.func.max(c.signed_out)).where(c.state == "signed")
    last = connection.execute(query).scalar()
    return now - _SHIFT if last is None else float(last)


def content_of(city: City, connection: sa.Connection, who: Token) -> ContentOut:
    """As it is now."""
    now, zone = city.now(), city.settings.zone
    since = began(connection, now)
    open_ = counts(connection, limited(who))
    health, targets = city.beside.health, standing(city.engine)
    silent = None if health is None else health.silent(_SILENT, "", LINES)
    letters = None if health is None else health.letters()
    sources = ([] if health is None else health.sources()) + told_by_people(city, connection)
    on_duty = [row for row in between(connection, now, now + 1.0) if row["start"] <= now]
    coming = [row for row in between(connection, now, now + _SHIFT) if row["start"] > now]

    scopes = put_aside(connection)
    taught = of_cases(connection, scopes)
    aside = [row for row in scopes if concerns(who, row, taught.get(row["case_id"]))]
    stormy = [row for row in storms(connection) if _sees(connection, who, row["id"])]

    def duty(row: Mapping[str, Any]) -> DutyLine:
        times = {name: iso(row[name], zone) for name in ("start", "end")}
        return DutyLine(person=row["person"], role=row["role"], unit=row["unit"], **times)

    def lines(deadline: str) -> list[CaseLine]:
        filters = limited(who, Filters(deadline=(deadline,)))
        return [_case(city, each) for each in triage(connection, filters, limit=LINES).cases]

    return ContentOut(
        city=city.settings.name,
        zone=city.settings.zone_name,
        at=iso(now, zone),
        since=iso(since, zone),
        open=open_.all,
        states=dict(open_.states),
        overdue=open_.overdue,
        warning=open_.warning,
        overdue_cases=lines("overdue"),
        due_soon=lines("warning"),
        aside=[
            AsideLine(
                kind=row["kind"],
                reason=row["reason"],
                by=row["by"],
                until=iso(row["until"], zone) if math.isfinite(row["until"]) else "",
                held=row["now"],
            )
            for row in aside[:LINES]
        ],
        storms=[
            StormLine(case=row["id"], **{name: row[name] for name in ("rule", "area", "number", "members", "category")})
            for row in stormy[:LINES]
        ],
        silent=None if silent is None else silent.silent,
        silent_devices=[
            SilentLine(id=each.id, kind=each.kind, heard=each.heard) for each in (silent.devices if silent else ())
        ],
        troubles=_troubles(sources)
        + [TroubleLine(name=each.name, kind="dispatch", what="away") for each in targets if each.breaker != "closed"],
        unsent=sum(each.waiting for each in targets),
        dead=sum(each.dead for each in targets),
        dead_letters=None if letters is None else letters.held,
        notices=unanswered_notices(connection),
        notes=notes_since(city, connection, since, who),
        on_duty=[duty(row) for row in on_duty[:LINES]],
        next=[duty(row) for row in coming[:LINES]],
    )


def notes_since(city: City, connection: sa.Connection, since: float, who: Token) -> list[NoteOut]:
    """What was noted from then on, oldest first; of very many the newest. About cases only where they see those."""
    c = SHIFT_NOTES.c
    query = sa.select(SHIFT_NOTES).where(c.at >= since).order_by(c.at.desc(), c.id).limit(NOTES)
    rows = connection.execute(query).mappings().all()
    zone = city.settings.zone
    return [
        NoteOut(id=row["id"], at=iso(row["at"], zone), by=row["by"], text=row["text"], case=row["case_id"])
        for row in reversed(rows)
        if not row["case_id"] or _sees(connection, who, row["case_id"])
    ]


def frozen(content: ContentOut) -> tuple[str, str]:
    """(The JSON, its SHA-256.)"""
    text = json.dumps(content.model_dump(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text, digest(text)


def digest(text: str) -> str:
    """SHA-256 of its UTF-8, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _sees(connection: sa.Connection, who: Token, case: str) -> bool:
    if not who.areas and own_unit(who) is None:
        return True
    row = connection.execute(sa.select(CASES).where(CASES.c.id == case)).mappings().first()
    return row is not None and sees(who, dict(row))


def _case(city: City, row: Listed) -> CaseLine:
    said = {name: getattr(row, name) for name in CaseLine.model_fields if name != "due"}
    due = row.due if row.filed is not None else row.file_due
    return CaseLine(**said, due=None if due is None else iso(due, city.settings.zone))


def _troubles(sources: list[SourceOut]) -> list[TroubleLine]:
    return [
        TroubleLine(name=each.name, kind=each.kind, what=each.hint or each.state)
        for each in sources
        if each.state == "trouble"
    ]
