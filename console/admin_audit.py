"""admin_audit: the audit trail, filtered, in pages, and as CSV for whoever keeps it elsewhere."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from cases.case import iso
from cases.database import reading
from console.admin import Administrator
from console.audit import Wanted, audit, entries
from console.city import City, OfCity
from console.login import REFUSALS

router = APIRouter(prefix="/api/admin", tags=["administration"], responses=REFUSALS)
_PAGE = 500
MOST = 100_000
"""Rows of a CSV file; ask for a shorter time for more."""
_COLUMNS = ("number", "at", "who", "action", "about", "address", "data")


class Asked(BaseModel):
    """Which entries. action: one, or the part before its dot: 'user'. text: in what it is about, or the address."""

    model_config = ConfigDict(extra="forbid")

    who: Annotated[str, Field(max_length=80)] = ""
    action: Annotated[str, Field(max_length=80)] = ""
    text: Annotated[str, Field(max_length=80)] = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    def wanted(self) -> Wanted:
        """As the store is asked."""
        since, until = (None if each is None else each.timestamp() for each in (self.since, self.until))
        return Wanted(self.who, self.action, self.text, since, until)


class AskedPage(Asked):
    """A page: entries with a number below `before`."""

    before: Annotated[int | None, Field(ge=1, lt=1 << 62)] = None
    limit: Annotated[int, Field(ge=1, le=_PAGE)] = 100


class EntryOut(BaseModel):
    """Who did what when from which address; who: '' where it is nobody that is known."""

    number: int
    at: str
    who: str
    action: str
    about: str
    address: str
    data: dict[str, Any]


class TrailOut(BaseModel):
    """Entries, the newest first; before: gives the next page, null: there is none."""

    entries: list[EntryOut]
    before: int | None


@router.get("/audit")
def trail(city: OfCity, _: Administrator, asked: Annotated[AskedPage, Query()]) -> TrailOut:
    """A page of the trail."""
    with reading(city.engine) as connection:
        found = entries(connection, asked.wanted(), asked.before, asked.limit + 1)
    shown = found[: asked.limit]
    before = shown[-1]["number"] if len(found) > asked.limit else None
    return TrailOut(entries=[EntryOut(**_row(row)) for row in shown], before=before)


@router.get("/audit.csv", response_class=StreamingResponse, responses={200: {"content": {"text/csv": {}}}})
def as_csv(city: OfCity, who: Administrator, asked: Annotated[Asked, Query()]) -> StreamingResponse:
    """The trail as CSV (UTF-8), the newest first, of at most 100,000 entries; that it was taken is an entry too."""
    audit(city, who, "audit.exported")
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(_lines(city, asked.wanted()), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(city: City, wanted: Wanted) -> Iterator[str]:
    before: int | None = None
    yield "\ufeff" + _line(_COLUMNS)  # without the mark Excel takes it for the machine's old code page
    for _ in range(MOST // _PAGE):
        with reading(city.engine) as connection:
            found = entries(connection, wanted, before, _PAGE)
        for row in found:
            told = _row(row) | {"data": json.dumps(row["data"], ensure_ascii=False) if row["data"] else ""}
            yield _line([harmless(str(told[name])) for name in _COLUMNS])
        if len(found) < _PAGE:
            return
        before = found[-1]["number"]


def harmless(cell: str) -> str:
    """Nothing that a spreadsheet would calculate."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _line(cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _row(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in _COLUMNS} | {"at": iso(row["at"])}
