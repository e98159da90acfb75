"""shifts: the duty roster (值班表): who is on duty when, in which role, for which cells and unit.

Handing a shift over: console/shifts_handover.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from cases.database import reading, writing
from cases.indicators.periods import day_of
from cases.indicators.periods import moment as first_moment
from cases.indicators.telling import iso
from cases.intake.text import tidy
from cases.registers.lookup import Lookup
from cases.tables.people import USERS
from cases.tables.shifts import SHIFTS
from console import shifts_handover
from console.audit import note
from console.city import City, OfCity
from console.errors import Refused
from console.people import fitting
from console.permissions import GRANTS, Permission, may, permissions_of
from console.settings import Token
from console.shifts_bodies import CopyIn, FaultOut, FileIn, KnownOut, RosterOut, ShiftIn, ShiftOut, TakenOut, UnitName
from console.shifts_roster import (
    MOST,
    Overlaps,
    Shift,
    add,
    add_new,
    as_csv,
    between,
    copied,
    moment,
    monday,
    read_csv,
)

router = APIRouter(tags=["shifts"])
router.include_router(shifts_handover.router)
Keeper = Annotated[Token, Depends(may(Permission.KEEP_SHIFTS))]
_DAYS = 366
_NAMES = 2_000
Since = Annotated[date | None, Query(description="The first day. Default: the Monday of this week.")]
Until = Annotated[date | None, Query(description="The last day. Default: six days after the first.")]


@router.get("/api/shifts")
def roster(city: OfCity, _: Keeper, since: Since = None, until: Until = None) -> RosterOut:
    """Who is on duty in some days."""
    with reading(city.engine) as connection:
        rows = between(connection, *_span(city, since, until), limit=MOST + 1)
    today = day_of(city.now(), city.settings.zone).isoformat()
    shifts = [_out(city, row) for row in rows[:MOST]]
    return RosterOut(zone=city.settings.zone_name, today=today, shifts=shifts, left_out=len(rows) - len(shifts))


@router.get("/api/shifts/known")
def known(city: OfCity, _: Keeper) -> KnownOut:
    """Users and officers of the registers, roles and units, for whoever writes a roster."""
    with reading(city.engine) as connection:
        query = sa.select(USERS).where(USERS.c.disabled.is_(False)).order_by(USERS.c.name).limit(_NAMES)
        users = [fitting(dict(row)) for row in connection.execute(query).mappings()]
        lookup, now = Lookup(connection), city.now()
        officers = [each.name or each.id for each in lookup.officers(now)]
        units = [UnitName(id=each.id, name=each.name) for each in lookup.units(now)]
    keepers = [each.name for each in users if Permission.KEEP_SHIFTS in permissions_of(each)]
    names = list(dict.fromkeys([*(each.name for each in users), *officers]))
    return KnownOut(people=names[:_NAMES], users=keepers, roles=[str(role) for role in GRANTS], units=units[:_NAMES])


@router.post("/api/shifts", status_code=201)
def put_down(city: OfCity, who: Keeper, body: ShiftIn) -> ShiftOut:
    """Put somebody on duty."""
    return _write(city, who, body)


@router.put("/api/shifts/{id}")
def change(city: OfCity, who: Keeper, id: str, body: ShiftIn) -> ShiftOut:
    """Change a shift."""
    return _write(city, who, body, but=tidy(id, 100))


@router.delete("/api/shifts/{id}", status_code=204)
def take_away(city: OfCity, who: Keeper, id: str) -> None:
    """Take a shift out of the roster."""
    with writing(city.engine) as connection:
        row = _find(connection, tidy(id, 100))
        _theirs(who, row["grids"])
        connection.execute(SHIFTS.delete().where(SHIFTS.c.id == row["id"]))
        note(connection, city.now(), who.name, "shift.deleted", row["person"], start=row["start"], end=row["end"])


@router.post("/api/shifts/copy")
def copy(city: OfCity, who: Keeper, body: CopyIn) -> TakenOut:
    """Copy a week into another one, at the same times of the clock. What would overlap is left out."""
    zone = city.settings.zone
    source, target = (monday(_day(each)) for each in (body.source, body.target))
    if source == target:
        raise Refused(422, "target: expected a day of another week.")
    start, end = first_moment(source, zone), first_moment(source + timedelta(days=7), zone)
    with writing(city.engine) as connection:
        rows = [
            row for row in between(connection, start, end) if row["start"] >= start and _is_theirs(who, row["grids"])
        ]
        shifts = copied(rows, (target - source).days // 7, zone)
        added, there = add_new(connection, shifts, who.name, city.now())
        note(connection, city.now(), who.name, "shift.copied", target.isoformat(), shifts=added)
    return TakenOut(added=added, there=there, faults=[])


@router.get("/api/shifts.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def export(city: OfCity, _: Keeper, since: Since = None, until: Until = None) -> Response:
    """The roster of some days as CSV."""
    start, end = _span(city, since, until)
    with reading(city.engine) as connection:
        text = as_csv(between(connection, start, end), city.settings.zone)
    name = f"shifts-{day_of(start, city.settings.zone)}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(("\ufeff" + text).encode(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/api/shifts/import")
def bring(city: OfCity, who: Keeper, body: FileIn) -> TakenOut:
    """Take a roster from CSV: all of it, or, where a row has a fault, nothing. Rows that overlap what is there are
    counted, and left as they are."""
    shifts, faults = read_csv(body.text.replace("\0", ""), city.settings.zone)
    if faults:
        said = [FaultOut(line=line, message=message) for line, message in faults[:100]]
        return TakenOut(added=0, there=0, faults=said)
    for shift in shifts:
        _theirs(who, shift.grids)
    with writing(city.engine) as connection:
        added, there = add_new(connection, shifts, who.name, city.now())
        note(connection, city.now(), who.name, "shift.imported", shifts=added)
    return TakenOut(added=added, there=there, faults=[])


def _write(city: City, who: Token, body: ShiftIn, but: str = "") -> ShiftOut:
    zone = city.settings.zone
    try:
        start, end = moment(body.start, zone), moment(body.end, zone)
    except (ValueError, OverflowError):
        raise Refused(422, "start, end: expected times such as 2026-05-28T08:00.") from None
    shift = Shift(body.person, body.role, body.unit, tuple(body.grids), start, end, body.note)
    _theirs(who, body.grids)
    with writing(city.engine) as connection:
        if but:
            _theirs(who, _find(connection, but)["grids"])
        try:
            id = add(connection, shift, who.name, city.now(), but=but)
        except Overlaps as error:
            raise Refused(409, f"{error}. Change that shift, or choose another time.") from None
        except ValueError as error:
            raise Refused(422, f"{error}.") from None
        note(connection, city.now(), who.name, "shift.changed" if but else "shift.made", shift.person, id=id)
        return _out(city, _find(connection, id))


def _is_theirs(who: Token, grids: Sequence[str]) -> bool:
    return not who.areas or (bool(grids) and all(each.startswith(who.areas) for each in grids))


def _theirs(who: Token, grids: Sequence[str]) -> None:
    """Who sees some areas keeps the roster of these. Raises Refused."""
    if not _is_theirs(who, grids):
        raise Refused(403, f"A shift for other cells than those of your areas ({', '.join(who.areas)}) is not yours.")


def _find(connection: sa.Connection, id: str) -> Any:
    row = connection.execute(sa.select(SHIFTS).where(SHIFTS.c.id == id)).mappings().first()
    if row is None:
        raise Refused(404, "There is no such shift any more. Look at the roster again.")
    return row


def _out(city: City, row: Any) -> ShiftOut:
    zone, now = city.settings.zone, city.now()
    said = {name: row[name] for name in ("id", "person", "role", "unit", "grids", "note", "by")}
    times = {name: iso(row[name], zone) for name in ("start", "end")}
    return ShiftOut(**said, **times, now=row["start"] <= now < row["end"])


def _span(city: City, since: date | None, until: date | None) -> tuple[float, float]:
    """UTC seconds. Raises Refused."""
    zone = city.settings.zone
    first = since or monday(day_of(city.now(), zone))
    if not 1990 <= first.year < 2200:
        raise Refused(422, "since: expected a day from 1990 to 2199.")
    last = until or first + timedelta(days=6)
    if not 0 <= (last - first).days <= _DAYS:
        raise Refused(422, "until: expected a day from `since` on, and at most a year after it.")
    return first_moment(first, zone), first_moment(last + timedelta(days=1), zone)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 1990 <= day.year < 2200:
        raise Refused(422, "source, target: expected days such as 2026-05-28.")
    return day
