"""registers_changing: registers changed by people: sets of edits, undo, and files that are looked at, then imported."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from cases.database import reading
from cases.registers.checking import Record
from cases.registers.editing import ADD, EDIT, END, REMOVE, UNDO, ChangedMeanwhile, Edit, edit, undo
from cases.registers.importing import Import, Imported, import_file
from cases.registers.kinds import GEOMETRY, Register
from cases.registers.rows import version
from console.audit import audit
from console.bodies import Short
from console.city import City, OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.registers_bodies import (
    FAULTS,
    ConfirmIn,
    DoneOut,
    EditIn,
    EditsIn,
    ImportOut,
    WhyIn,
    fault_out,
    seconds,
    seen_out,
)
from console.registers_shelf import OfRegister, OfShelf, Shelf
from console.registers_uploads import Upload, faults_file
from console.settings import Token
from pipeline.faults import Faulty
from pipeline.geo import Datum

router = APIRouter(prefix="/api/registers", tags=["registers"])
Editor = Annotated[Token, Depends(may(Permission.EDIT_REGISTERS))]
_RESPONSES: dict[int | str, dict[str, Any]] = {
    409: {"description": "It is kept elsewhere, or somebody else has changed it meanwhile."},
    422: {"description": "Nothing was changed; `faults` says what was expected, by line."},
    503: {"description": "The city does not run beside this."},
}


@router.post("/{kind}/edits", responses=_RESPONSES)
def edits(city: OfCity, shelf: OfShelf, who: Editor, register: OfRegister, body: EditsIn) -> DoneOut:
    """Add, change, end, correct or remove rows: all of these or none. A change is a new validity: what held before
    stays in the history, and so does what a correction took back."""
    wanted = _wanted(city, shelf, who, register, EDIT, body.why)
    said = [_edit(register, each, city.now()) for each in body.edits]
    done = _done(register, lambda: edit(city.engine, wanted, said, body.version))
    return _told(city, shelf, who, register, "registers.edited", done, why=body.why)


@router.post("/{kind}/changes/{number}/undo", responses=_RESPONSES)
def take_back(city: OfCity, shelf: OfShelf, who: Editor, register: OfRegister, number: int, body: WhyIn) -> DoneOut:
    """Take back what a change did, whole: as long as nothing has changed its rows since."""
    if not 0 < number < 2**62:
        raise Refused(404, "There is no such change of this register.")
    wanted = _wanted(city, shelf, who, register, UNDO, f"change {number}" + (f": {body.why}" if body.why else ""))
    try:
        done = _done(register, lambda: undo(city.engine, wanted, number))
    except LookupError as error:
        raise Refused(404, f"{error}.") from None
    return _told(city, shelf, who, register, "registers.undone", done, change=number, why=body.why)


@router.post("/{kind}/imports", responses=_RESPONSES, status_code=201)
def look(
    city: OfCity,
    shelf: OfShelf,
    who: Editor,
    register: OfRegister,
    name: Annotated[Short, Query(min_length=5, description="the file's: .csv, .xlsx, .geojson, .zip (a shapefile)")],
    content: Annotated[bytes, Body(media_type="application/octet-stream")],
    datum: Annotated[Datum | None, Query(description="what its places are in; needed where it has places")] = None,
    mode: Literal["replace", "update"] = "replace",
    effective: Annotated[AwareDatetime | None, Query(description="of an update: from when on; none: now")] = None,
) -> ImportOut:
    """Say what a file would add, change, end and take out, and every bad row. Nothing is changed yet. replace: the file
    is the whole register; update: its rows hold from a time on, others stay as they are."""
    if register.shape and datum is None:
        raise Refused(422, "datum: expected WGS-84, GCJ-02, BD-09 or CGCS2000: say what the file's places are in.")
    id, path = shelf.uploads.file(name, content)
    base = _wanted(city, shelf, who, register, mode, name)
    wanted = base._replace(file=path, datum=datum, dry=True, skip_bad=True, effective=seconds(effective, city.now()))
    with reading(city.engine) as connection:
        upload = Upload(id, name, wanted, version(connection, register.name), city.now())
    importable = True
    try:
        found = import_file(city.engine, wanted)
    except Faulty as faulty:
        found, importable = Imported(faults=faulty.faults), False
    upload.faults = sorted(set(found.faults))
    shelf.uploads.keep(upload)
    if found.preview is not None:
        counts = dict(found.preview.counts)
    else:
        counts = {"added": found.added, "removed": found.removed} if importable else {}
    return ImportOut(
        id=id,
        file=name,
        rows=found.rows,
        counts=counts,
        shown=[] if found.preview is None else [seen_out(each) for each in found.preview.rows],
        faults=[fault_out(register, each) for each in upload.faults[:FAULTS]],
        faulty=len(upload.faults),
        importable=importable and found.rows > 0,
    )


@router.get(
    "/{kind}/imports/{id}/faults",
    response_class=Response,
    dependencies=[Depends(may(Permission.EDIT_REGISTERS))],
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def faults(shelf: OfShelf, register: OfRegister, id: Short) -> Response:
    """Every fault of a file, as CSV."""
    upload = shelf.uploads.find(id, register.name)
    headers = {"Content-Disposition": f'attachment; filename="{register.name}-faults.csv"'}
    return Response(faults_file(upload, upload.faults), media_type="text/csv", headers=headers)


@router.post("/{kind}/imports/{id}/confirm", responses=_RESPONSES)
def confirm(city: OfCity, shelf: OfShelf, who: Editor, register: OfRegister, id: Short, body: ConfirmIn) -> DoneOut:
    """Do what was looked at; refused where the register has changed since."""
    upload = shelf.uploads.find(id, register.name)
    with reading(city.engine) as connection:
        if version(connection, register.name) != upload.version:
            raise Refused(409, f"{register.name} was changed meanwhile: send the file again to see what it would do.")
    source = upload.name + (f": {body.why}" if body.why else "")
    fresh = _wanted(city, shelf, who, register, upload.wanted.mode, source)
    wanted = upload.wanted._replace(
        dry=False, skip_bad=body.skip_bad, at=fresh.at, by=fresh.by, world=fresh.world, source=source
    )
    done = _done(register, lambda: import_file(city.engine, wanted))
    shelf.uploads.forget(upload)
    return _told(city, shelf, who, register, "registers.imported", done, file=upload.name, why=body.why)


def _wanted(city: City, shelf: Shelf, who: Token, register: Register, mode: str, source: str) -> Import:
    """What every change begins with. Raises Refused where it can't be changed here."""
    said, running = shelf.source(register), city.beside.registers
    if running is None:
        raise Refused(503, said.why)
    if not said.editable:
        raise Refused(409, said.why)
    nothing = Path(f"{register.name}.edits")
    return Import(
        register, nothing, shelf.zone, city.now(), who.name, mode, world=running.world(), source=source or "-"
    )


def _edit(register: Register, each: EditIn, now: float) -> Edit:
    """As the registers' own code takes it."""
    if each.what in (END, REMOVE):
        return Edit(each.what, each.number, None, seconds(each.at, now))
    if each.what != ADD and each.number == 0:
        raise Refused(422, "number: expected that of the row.")
    known = {column.name for column in register.columns}
    cells: dict[str, str] = {}
    for name, value in (each.cells or {}).items():
        if name not in known or name == GEOMETRY:
            raise Refused(422, f"cells: there is no such column in {register.name}.")
        text = _text(value)
        if text:
            cells[name] = text
    return Edit(each.what, each.number, Record(0, cells, each.geometry), seconds(each.at, now))


def _text(value: str | float | list[str]) -> str:
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Refused(422, "cells: expected finite numbers.")
        return f"{value:.12g}"
    return value


def _done(register: Register, work: Callable[[], Imported]) -> Imported:
    try:
        return work()
    except Faulty as faulty:
        told = [fault_out(register, each).model_dump() for each in faulty.faults[:FAULTS]]
        first = faulty.faults[0]
        rest = f" And {len(faulty.faults) - 1} more." if len(faulty.faults) > 1 else ""
        where = f"{first.path}: " if first.path else ""
        raise Refused(422, f"Nothing was changed. {where}{first.message}.{rest}", {"faults": told}) from None
    except ChangedMeanwhile as error:
        raise Refused(409, f"{error}.") from None


def _told(
    city: City, shelf: Shelf, who: Token, register: Register, action: str, done: Imported, **data: Any
) -> DoneOut:
    """Note it, and let the city take it."""
    running = city.beside.registers
    follows = not register.world or shelf.source(register).kind == "store"
    if done.number is not None:
        audit(city, who, action, register.name, **{"number": done.number, **data})
        if register.world and follows and running is not None:
            running.reload()
    return DoneOut(number=done.number, added=done.added, removed=done.removed, skipped=done.skipped, in_force=follows)
