"""evidence_keeping: for how long the files of cases stay: while a case is open, and for the city's own time after.

A file can prove several cases, since it is kept once for what is in it: it goes when none of them needs it any more.
What says what it was (SHA-256, when and by whom it was taken) stays with the case.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from cases.life import ENDED
from cases.tables import CASES, EVIDENCE, REPORTS, STEPS
from pipeline.units import Quantity, Seconds

WINDOW = 35 * 86_400.0
"""Seconds: cases whose time was over earlier have been looked at before."""
_PHOTOS = ("checked", "handled", "verified", "rework")
"""Steps that can have some."""


class CaseFilesSection(BaseModel):
    """What a city's file says under `case_files:`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep: Seconds = Field(
        Quantity(3 * 365 * 86_400.0), gt=0, description="how long the files of a case stay after its end"
    )


def expired(connection: sa.Connection, now: float, keep: float, window: float = WINDOW) -> list[str]:
    """The locations of files that no case needs any more, sorted.

    now: UTC seconds. keep: how long a case's files stay after its end, seconds. window: cases whose time was over
    longer ago are not looked at.
    """
    past = (CASES.c.state.in_(sorted(ENDED)) | CASES.c.withdrawn) & (CASES.c.changed < now - keep)
    over = set(_locations(connection, past & (CASES.c.changed >= now - keep - window), None))
    return sorted(over - set(_locations(connection, ~past, over))) if over else []


def _locations(
    connection: sa.Connection, cases: sa.ColumnElement[bool], wanted: Collection[str] | None
) -> Iterable[str]:
    """Of the files of these cases: evidence, photos of reports and of steps. wanted: only these; None: all."""
    mine = sa.select(EVIDENCE.c.location).join(CASES, CASES.c.id == EVIDENCE.c.case_id).where(cases)
    found = connection.execute(mine).scalars().partitions(10_000)
    yield from (each for part in found for each in part if wanted is None or each in wanted)
    photos = sa.select(REPORTS.c.photos).join(CASES, CASES.c.id == REPORTS.c.case_id).where(cases)
    yield from _each(connection.execute(photos).scalars(), wanted)
    steps = sa.select(STEPS.c.data).join(CASES, CASES.c.id == STEPS.c.case_id)
    rows = connection.execute(steps.where(cases, STEPS.c.action.in_(_PHOTOS))).scalars()
    yield from _each((row.get("photos", ()) for row in rows), wanted)


def _each(lists: Iterable[Any], wanted: Collection[str] | None) -> Iterable[str]:
    found = (each for some in lists if isinstance(some, list) for each in some)
    return (each for each in found if isinstance(each, str) and (wanted is None or each in wanted))
