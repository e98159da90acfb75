"""clocks: the corrections of terminals' clocks: approved and revoked, each a change in the history of the register.

What held before is not touched: a correction holds for what is received from `since` on, and one that is revoked holds
until then. See pipeline/corrections.py for what they do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cases.database import reading
from cases.registers.changing import Standing
from cases.registers.checking import Record, number_text
from cases.registers.editing import ADD, EDIT, END, Edit, edit
from cases.registers.importing import Import, Imported, World, numbered
from cases.registers.kinds import REGISTERS
from cases.registers.rows import version

REGISTER = REGISTERS["clocks"]


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approves what. offset: seconds that the clock is ahead at `since`; drift: more of them a day. at, since: UTC
    seconds. stream: '': every one."""

    terminal: str
    stream: str
    offset: float
    drift: float
    by: str
    why: str
    at: float
    since: float


def approve(engine: sa.Engine, wanted: Approval, zone: ZoneInfo, world: World | None) -> Imported:
    """Correct a terminal's clock from then on, in place of what held. Raises Faulty, ChangedMeanwhile, StoreTrouble."""
    standing, seen = _standing(engine)
    cells = {
        "terminal": wanted.terminal,
        "stream": wanted.stream,
        "offset": number_text(round(wanted.offset, 3)),
        "drift": number_text(round(wanted.drift, 3)) if wanted.drift else "",
        "by": wanted.by,
        "approved": iso(wanted.at),
        "note": wanted.why,
        "valid_from": iso(wanted.since),
    }
    record = Record(0, {name: text for name, text in cells.items() if text})
    ended = _ended(standing, wanted.terminal, wanted.stream, wanted.since)
    return edit(engine, _import(wanted.by, wanted.why, wanted.at, zone, world), [*ended, Edit(ADD, 0, record)], seen)


def revoke(
    engine: sa.Engine, terminal: str, stream: str, by: str, why: str, at: float, zone: ZoneInfo, world: World | None
) -> Imported:
    """Correct a terminal's clock no longer, from `at` on (UTC seconds). Raises as `approve`, and LookupError where it
    is not corrected."""
    standing, seen = _standing(engine)
    ended = _ended(standing, terminal, stream, at)
    if not ended:
        where = f" in {stream}" if stream else ""
        raise LookupError(f"the clock of {terminal} is not corrected{where}")
    return edit(engine, _import(by, why, at, zone, world), ended, seen)


def iso(at: float) -> str:
    """A time as the register's cells have it, to the second before."""
    return datetime.fromtimestamp(math.floor(at), UTC).strftime("%Y-%m-%d %H:%M:%S+00:00")


def _standing(engine: sa.Engine) -> tuple[list[Standing], int]:
    with reading(engine) as connection:
        return numbered(connection, REGISTER.name), version(connection, REGISTER.name)


def _ended(standing: list[Standing], terminal: str, stream: str, at: float) -> list[Edit]:
    return [
        Edit(END, each.number, None, math.floor(at))
        for each in standing
        if (each.row.id, each.row.data.get("stream", "")) == (terminal, stream) and each.row.valid_to > at
    ]


def _import(by: str, why: str, at: float, zone: ZoneInfo, world: World | None) -> Import:
    return Import(REGISTER, Path("clocks.edits"), zone, at, by, EDIT, world=world, source=why or "-")
