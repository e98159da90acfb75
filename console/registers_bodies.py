"""registers_bodies: what the routes about registers take and answer. Times are ISO 8601, places WGS-84 degrees."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from cases.case import iso
from cases.registers.changing import Standing
from cases.registers.kinds import GEOMETRY, Register
from cases.registers.previewing import Seen
from cases.registers.rows import Kept
from console.bodies import Short, Text, clean
from console.words import worded
from pipeline.faults import Fault

FAULTS = 200
"""Faults that are told one by one; all are counted, and the file of an import's has them all."""
EDITS = 500
_FIRST, _LAST = -62_135_596_800.0, 253_402_300_799.0
"""The years 1 to 9999, UTC seconds."""


class ColumnOut(BaseModel):
    """A column. type: what kind of input it wants."""

    name: str
    zh: str
    en: str
    about: str
    example: str
    required: bool
    type: Literal["text", "number", "list", "time", "date", "choice", "reference", "geometry"]
    unit: str = ""
    choices: list[str] = []
    refers: str = Field("", description="the register whose ids it holds")


class SourceOut(BaseModel):
    """Where the rows of a register come from."""

    kind: Literal["store", "file", "none"] = Field(description="none: in the store, and nothing is judged by them")
    file: str = ""
    editable: bool
    why: str = Field("", description="why not, or what is to be known; for people")


class KindOut(BaseModel):
    """A register."""

    name: str
    zh: str
    en: str
    about: str
    shape: Literal["", "point", "line", "polygon"]
    dated: bool
    large: bool
    world: bool = Field(description="what is judged is judged by it; else only the desk reads it")
    source: SourceOut
    rows: int | None = Field(description="null: nobody has counted them")
    changed: str | None
    version: int = Field(description="the number of its last change; 0: there was none")
    columns: list[ColumnOut]


class RowOut(BaseModel):
    """A row. cells: by column, numbers as they were written, without geometry and validity."""

    number: int
    id: str
    valid_from: str | None
    valid_to: str | None
    cells: dict[str, str | float | list[str]]
    geometry: dict[str, Any] | None = None


class RowsOut(BaseModel):
    """A page. after: of the next page; '': there is none. A page of a large register may be short and have one."""

    rows: list[RowOut]
    after: str
    total: int | None
    version: int


class MapOut(BaseModel):
    """GeoJSON. truncated: there is more than is shown here; zoom: the part of the map is too large for it."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[dict[str, Any]]
    truncated: bool = False
    zoom: bool = False


class ChangeOut(BaseModel):
    """A change of a register."""

    number: int
    at: str
    by: str
    mode: str = Field(description="replace, update (imports), edit, undo")
    effective: str | None
    source: str = Field(description="the file's name, or why")
    added: int
    removed: int
    skipped: int


class ChangesOut(BaseModel):
    """Changes, the newest first. before: of the next page; null: there is none."""

    changes: list[ChangeOut]
    before: int | None


class SeenOut(BaseModel):
    """What happened, or would, to one row."""

    what: Literal["added", "changed", "ended", "removed"]
    id: str
    before: RowOut | None
    after: RowOut | None


class DoneByOut(BaseModel):
    """What a change did."""

    change: ChangeOut
    rows: list[SeenOut]
    truncated: bool


class VersionOut(BaseModel):
    """A row as it was said to be. since, until: the changes that brought it and took it out."""

    row: RowOut
    since: ChangeOut | None
    until: ChangeOut | None


def _geometry(value: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if value is None else dict(clean(value, many=60_000))


class EditIn(BaseModel):
    """One edit. change: a new validity from `at` on; correct: it never was as it stood; remove: it never was."""

    model_config = ConfigDict(extra="forbid")

    what: Literal["add", "change", "end", "correct", "remove"]
    number: int = Field(0, ge=0, lt=2**62, description="of the row; 0 to add one")
    cells: dict[Short, Text | float | list[Text]] | None = Field(None, max_length=60, description="all of the row's")
    geometry: Annotated[dict[str, Any] | None, AfterValidator(_geometry)] = None
    at: AwareDatetime | None = Field(None, description="none: now")


class EditsIn(BaseModel):
    """A set of edits: all of them or none."""

    model_config = ConfigDict(extra="forbid")

    edits: list[EditIn] = Field(min_length=1, max_length=EDITS)
    why: Short = ""
    version: int | None = Field(None, ge=0, lt=2**62, description="refused where the register was changed since it")


class WhyIn(BaseModel):
    """Why something is undone."""

    model_config = ConfigDict(extra="forbid")

    why: Short = ""


class ConfirmIn(BaseModel):
    """That an import is to be done."""

    model_config = ConfigDict(extra="forbid")

    why: Short = ""
    skip_bad: bool = Field(False, description="leave bad rows out")


class DoneOut(BaseModel):
    """What became of a change. number: null: it was so already. in_force: what is judged follows by itself."""

    number: int | None
    added: int
    removed: int
    skipped: int = 0
    in_force: bool


class FaultOut(BaseModel):
    """What is wrong. line: of the file, or of the edits, from 1; 0: of all of it."""

    line: int
    row: str
    column: str
    expected: str


class ImportOut(BaseModel):
    """What an import would do; nothing has been done yet. counts: added, changed, ended, removed."""

    id: str
    file: str
    rows: int = Field(description="good ones")
    counts: dict[str, int]
    shown: list[SeenOut] = Field(description="the first rows; none of a large register")
    faults: list[FaultOut]
    faulty: int = Field(description="all faults; the file of faults has each")
    importable: bool = Field(description="it can be confirmed, where there are faults without the bad rows")


def time(moment: float | None) -> str | None:
    """ISO 8601; None where it is unbounded."""
    return None if moment is None or not math.isfinite(moment) else iso(min(max(moment, _FIRST), _LAST))


def seconds(moment: datetime | None, otherwise: float) -> float:
    """UTC seconds."""
    return otherwise if moment is None else moment.timestamp()


def row_out(each: Standing) -> RowOut:
    """A row as it goes out."""
    row = each.row
    cells = {name: value for name, value in row.data.items() if name != GEOMETRY}
    return RowOut(
        number=each.number,
        id=row.id,
        valid_from=time(row.valid_from),
        valid_to=time(row.valid_to),
        cells=cells,
        geometry=row.data.get(GEOMETRY),
    )


def seen_out(each: Seen) -> SeenOut:
    """The same of what happens to one."""
    before, after = (None if row is None else _bare(row) for row in (each.before, each.after))
    return SeenOut.model_validate({"what": each.what, "id": each.id, "before": before, "after": after})


def _bare(row: Kept) -> RowOut:
    """Without its shape, which nobody reads in a list."""
    return row_out(Standing(0, row)).model_copy(update={"geometry": None})


def change_out(row: dict[str, Any]) -> ChangeOut:
    """A change as it goes out."""
    return ChangeOut.model_validate({**row, "at": iso(row["at"]), "effective": time(row["effective"])})


def fault_out(register: Register, fault: Fault) -> FaultOut:
    """A fault; its column, where the message names one."""
    names = {each.name for each in register.columns}
    column = next((word for word in re.findall(r"\w+", fault.message) if word in names), "")
    return FaultOut(line=fault.line, row=fault.path, column=column, expected=worded(fault.message))
