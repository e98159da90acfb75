"""registers_files: registers as files: a template to fill in, and what a register says, as an import reads it."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from cases.database import reading
from cases.registers.history import counts, rows_of
from cases.registers.kinds import Register
from cases.registers.templates import write_template
from cases.registers.writing import write_rows
from console.city import City, OfCity
from console.errors import Refused
from console.permissions import Permission, may
from console.registers_shelf import OfRegister, OfShelf
from pipeline.faults import Faulty
from pipeline.geo import Datum

router = APIRouter(prefix="/api/registers", tags=["registers"], dependencies=[Depends(may(Permission.SEE_REGISTERS))])
MANY = 500_000
"""Rows beyond which only CSV is written: other formats are made in memory, or can't have so many."""
_AT_ONCE = threading.BoundedSemaphore(2)
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
    422: {"description": "This format can't have it."},
}


@router.get("/{kind}/template", response_class=FileResponse, responses=_FILE)
def template(register: OfRegister, format: Literal["csv", "xlsx", "geojson"] = "xlsx") -> FileResponse:
    """An empty file to fill in: its columns, what is expected in each, and an example that an import skips."""
    return _file(f"{register.name}-template.{format}", lambda path: write_template(register, path))


@router.get("/{kind}/export", response_class=FileResponse, responses=_FILE)
def export(
    city: OfCity,
    shelf: OfShelf,
    register: OfRegister,
    format: Literal["csv", "xlsx", "geojson", "zip"] = "csv",
    datum: Annotated[Datum, Query(description="what the file's places are to be in")] = Datum.WGS84,
    encoding: Annotated[Literal["utf-8", "gbk"], Query(description="of CSV")] = "utf-8",
    at: Annotated[AwareDatetime | None, Query(description="only rows that hold then; none: all")] = None,
) -> FileResponse:
    """The register as a file that an import reads as the same rows."""
    if format != "csv" and _many(city, register):
        raise Refused(422, f"format: it has more than {MANY:,} rows; only csv can have so many.")
    moment = None if at is None else at.timestamp()

    def write(path: Path) -> None:
        coding = "gbk" if encoding == "gbk" else "utf-8-sig"
        with reading(city.engine) as connection:
            if register.table is None:
                found = (each.row for each in shelf.table(connection, register).rows)
            else:
                found = (row for row in rows_of(connection, register))
            held = (row for row in found if moment is None or row.holds(moment))
            write_rows(register, held, path, datum=datum, zone=shelf.zone, encoding=coding)

    return _file(f"{register.name}.{format}", write)


def _many(city: City, register: Register) -> bool:
    if register.table is None:
        return False
    with reading(city.engine) as connection:
        return any(each.rows > MANY for each in counts(connection) if each.register == register.name)


def _file(name: str, write: Callable[[Path], None]) -> FileResponse:
    """Written down, sent, gone. Raises Refused."""
    with _place() as folder:
        path = Path(folder.name) / name
        try:
            write(path)
        except Faulty as faulty:
            folder.cleanup()
            raise Refused(422, f"{faulty.faults[0].message}.") from None
        except (UnicodeEncodeError, OSError) as error:
            folder.cleanup()
            if isinstance(error, OSError):
                raise Refused(503, "The file can't be written now: no room, or a disk that fails.") from None
            raise Refused(422, "encoding: it has letters that GBK does not; choose utf-8.") from None
    return FileResponse(
        path, filename=name, media_type="application/octet-stream", background=BackgroundTask(folder.cleanup)
    )


@contextmanager
def _place() -> Iterator[tempfile.TemporaryDirectory[str]]:
    """A folder for one file, where not too many are being written. Raises Refused."""
    if not _AT_ONCE.acquire(blocking=False):
        raise Refused(503, "Two files are being written already. Try again in a minute.", headers={"Retry-After": "30"})
    try:
        yield tempfile.TemporaryDirectory(prefix="gridwatch-export-")
    finally:
        _AT_ONCE.release()
