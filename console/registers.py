"""registers: the tables that people keep, to be read: kinds and columns, rows a page at a time, the map, history."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel

from cases.database import reading
from cases.registers.changing import Changes, Standing
from cases.registers.history import counts, done_by, recent, versions
from cases.registers.kinds import GEOMETRY, REGISTERS, Register
from cases.registers.paging import Asked, Box, WrongPage, large_in_box, large_page, small_page
from cases.registers.previewing import preview
from cases.registers.rows import version
from console.bodies import Short
from console.city import OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.registers_bodies import (
    ChangesOut,
    DoneByOut,
    KindOut,
    MapOut,
    RowsOut,
    VersionOut,
    change_out,
    row_out,
    seconds,
    seen_out,
    time,
)
from console.registers_columns import column_out, english
from console.registers_shelf import OfRegister, OfShelf
from console.words import worded

router = APIRouter(prefix="/api/registers", tags=["registers"], dependencies=[Depends(may(Permission.SEE_REGISTERS))])
ROWS = 500
FEATURES = 4_000
_SHOWN = 200
_PAST = 100
Number = Annotated[int, Query(ge=0, lt=2**62)]
_NO_PAGE: dict[int | str, dict[str, Any]] = {422: {"description": "There is no such column or page."}}


@router.get("")
def kinds(city: OfCity, shelf: OfShelf) -> list[KindOut]:
    """Every register: its columns, where it comes from, how much it has."""
    with reading(city.engine) as connection:
        found = []
        for each in counts(connection):
            register = REGISTERS[each.register]
            source = shelf.source(register)
            rows: int | None = each.rows
            if source.kind == "file" and register.world:
                rows = None if register.table is not None else len(shelf.table(connection, register).rows)
            now = version(connection, register.name)
            told = {"source": source, "rows": rows, "changed": time(each.changed), "version": now}
            found.append(KindOut.model_validate(_plain(register) | told))
    return found


class CalendarOut(BaseModel):
    """Days that are not what their day of the week says: holiday, workday."""

    days: dict[str, str]


@router.get("/calendar/days")
def calendar(city: OfCity) -> CalendarOut:
    """The calendar in force, wherever it comes from."""
    running = city.beside.registers
    days = {} if running is None else running.calendar()
    return CalendarOut(days={day.isoformat(): kind for day, kind in sorted(days.items())})


@router.get("/{kind}/rows", responses=_NO_PAGE)
def rows(
    city: OfCity,
    shelf: OfShelf,
    register: OfRegister,
    search: Annotated[Short, Query(description="text anywhere in a row; of a large register, its beginning")] = "",
    where: Annotated[list[Short], Query(max_length=20, description="`column:text`, * stands for anything")] = [],  # noqa: B006  FastAPI's own
    sort: Annotated[Short, Query(description="a column; none: the first")] = "",
    descending: bool = False,
    at: Annotated[AwareDatetime | None, Query(description="only rows that hold then")] = None,
    after: Annotated[Short, Query(description="of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=ROWS)] = 100,
) -> RowsOut:
    """A page of rows, sorted; whatever their validity, where no time is given."""
    wanted = {name: text for name, _, text in (each.partition(":") for each in where)}
    unknown = set(wanted) - {each.name for each in register.columns}
    if unknown:
        raise Refused(422, f"where: there is no such column in {register.name}.")
    moment = None if at is None else at.timestamp()
    asked = Asked(search, wanted, sort, descending, moment, after, limit)
    try:
        with reading(city.engine) as connection:
            now = version(connection, register.name)
            if register.table is None:
                page = small_page(register, shelf.table(connection, register).rows, asked)
            else:
                total = next(each.rows for each in counts(connection) if each.register == register.name)
                page = large_page(connection, register, asked, total)
    except WrongPage as error:
        raise Refused(422, f"{error}.") from None
    return RowsOut(rows=[row_out(each) for each in page.rows], after=page.after, total=page.total, version=now)


@router.get("/{kind}/map")
def on_map(
    city: OfCity,
    shelf: OfShelf,
    register: OfRegister,
    box: Annotated[Short, Query(description="west,south,east,north in degrees", examples=["120.1,30.2,120.2,30.3"])],
    at: Annotated[AwareDatetime | None, Query(description="only rows that hold then; none: now")] = None,
) -> MapOut:
    """The rows that lie in a part of the map, as GeoJSON."""
    part = _box(box)
    moment = seconds(at, city.now())
    with reading(city.engine) as connection:
        if not register.shape:
            return MapOut(features=[])
        if register.table is None:
            found = shelf.table(connection, register).in_box(part, moment)
        else:
            near = large_in_box(connection, register, part, moment, FEATURES)
            if near is None:
                return MapOut(features=[], zoom=True)
            found = near
    return MapOut(features=[_feature(each) for each in found[:FEATURES]], truncated=len(found) > FEATURES)


@router.get("/{kind}/changes")
def changes(
    city: OfCity,
    register: OfRegister,
    before: Number | None = None,
    limit: Annotated[int, Query(ge=1, le=_SHOWN)] = 50,
) -> ChangesOut:
    """Who changed it when, and why; the newest first."""
    with reading(city.engine) as connection:
        found = recent(connection, register.name, before, limit + 1)
    more = found[limit - 1]["number"] if len(found) > limit else None
    return ChangesOut(changes=[change_out(each) for each in found[:limit]], before=more)


@router.get("/{kind}/changes/{number}")
def change(city: OfCity, register: OfRegister, number: int) -> DoneByOut:
    """What one change did, row by row; the first rows of a large one."""
    if not 0 < number < 2**62:
        raise Refused(404, "There is no such change of this register.")
    with reading(city.engine) as connection:
        known = recent(connection, register.name, number + 1, 1)
        if not known or known[0]["number"] != number:
            raise Refused(404, "There is no such change of this register.")
        gone, came = done_by(connection, register, number, _SHOWN)
    before = [Standing(n, row) for n, row in enumerate(gone)]
    found = preview(before, Changes([each.number for each in before], came))
    seen = [seen_out(each) for each in found.rows]
    return DoneByOut(change=change_out(known[0]), rows=seen, truncated=max(len(gone), len(came)) >= _SHOWN)


@router.get("/{kind}/history")
def history(city: OfCity, register: OfRegister, id: Annotated[Short, Query(min_length=1)]) -> list[VersionOut]:
    """All that was ever said of one row, the oldest first; at most the last hundred."""
    with reading(city.engine) as connection:
        found = versions(connection, register, id)[-_PAST:]
        numbers = {each.since for each in found} | {each.until for each in found if each.until is not None}
        told = {}
        for number in numbers:
            known = recent(connection, register.name, number + 1, 1)
            if known and known[0]["number"] == number:
                told[number] = change_out(known[0])
    return [
        VersionOut(
            row=row_out(Standing(0, each.row)),
            since=told.get(each.since),
            until=None if each.until is None else told.get(each.until),
        )
        for each in found
    ]


def _plain(register: Register) -> dict[str, Any]:
    return {
        "name": register.name, "zh": register.zh, "en": english(register.name), "about": worded(register.about),
        "shape": register.shape, "dated": register.dated, "large": register.table is not None,
        "world": register.world, "columns": [column_out(register, each) for each in register.columns],
    }  # fmt: skip


def _box(text: str) -> Box:
    try:
        west, south, east, north = (float(each) for each in text.split(","))
    except ValueError:
        raise Refused(422, "box: expected west,south,east,north in degrees.") from None
    if not all(map(math.isfinite, (west, south, east, north))) or west >= east or south >= north:
        raise Refused(422, "box: expected west,south,east,north in degrees.")
    return max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0)


def _feature(each: Standing) -> dict[str, Any]:
    row = each.row
    shape = row.data.get(GEOMETRY)
    if shape is None and "lon" in row.data:
        shape = {"type": "Point", "coordinates": [row.data["lon"], row.data["lat"]]}
    hidden = (GEOMETRY, "lon", "lat")
    properties = {name: value for name, value in row.data.items() if name not in hidden}
    return {
        "type": "Feature",
        "id": each.number,
        "geometry": shape,
        "properties": {**properties, "id": row.id, "number": each.number},
    }
