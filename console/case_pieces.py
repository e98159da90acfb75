"""case_pieces: the files that belong to a case: what cameras kept and people attached, and the photos of reports and
steps, each once.

A piece is named by its own SHA-256, as far as it is one of the city's files: never by a path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from pydantic import BaseModel, Field

from cases.case import iso
from cases.evidence_files import Files
from cases.tables import EVIDENCE, REPORTS, STEPS
from console.case_media import kind_of

MOST = 500
"""Files of one case that are told of; a storm can have thousands."""


class PieceOut(BaseModel):
    """A file of a case."""

    id: str
    kind: str = Field(description="frame, marked, clip, photo, sealed, file")
    media: str = Field(description="what the file is; '' where it is not kept any more")
    there: bool = Field(description="whether it is still kept")
    sha256: str
    captured: str | None
    clock_offset: float | None = Field(description="seconds by which that clock was ahead; null: not known")
    source: str = Field(description="the camera, or who took it")
    by: Literal["evidence", "report", "step"]
    of: str = Field(description="the id of the report or step; of a camera's, what its pictures and clip share")
    label: str
    zone: str
    until: str | None = Field(description="when a clip ends")


class Piece(NamedTuple):
    """A file of a case, as the store has it."""

    id: str
    location: str
    kind: str
    sha256: str
    captured: float | None
    clock_offset: float | None
    source: str
    by: Literal["evidence", "report", "step"]
    of: str
    extra: dict[str, Any]


def pieces(connection: sa.Connection, case: str) -> list[Piece]:
    """Those of a case, by time; what says most of one moment comes first. case: its id."""
    found: dict[str, Piece] = {}
    for each in _all(connection, case):
        found.setdefault(each.id, each)
    return sorted(found.values(), key=_order)[:MOST]


def _all(connection: sa.Connection, case: str) -> Iterator[Piece]:
    for row in connection.execute(sa.select(EVIDENCE).where(EVIDENCE.c.case_id == case)).mappings():
        extra = row["extra"] if isinstance(row["extra"], dict) else {}
        name = _name(row["location"])
        facts = (row["sha256"], row["captured"], row["clock_offset"], row["source"])
        yield Piece(name, row["location"], row["kind"], *facts, "evidence", str(extra.get("evidence", "")), extra)
    reports = sa.select(REPORTS.c.id, REPORTS.c.photos, REPORTS.c.channel, REPORTS.c.at)
    for id, photos, channel, at in connection.execute(reports.where(REPORTS.c.case_id == case)):
        yield from _photos(photos, at, channel, "report", id)
    steps = sa.select(STEPS.c.id, STEPS.c.data, STEPS.c.by, STEPS.c.at).where(STEPS.c.case_id == case)
    for id, data, by, at in connection.execute(steps.order_by(STEPS.c.number)):
        yield from _photos(data.get("photos") if isinstance(data, dict) else (), at, by, "step", id)


def _photos(photos: Any, at: float, source: str, by: Literal["report", "step"], of: str) -> Iterator[Piece]:
    for location in photos if isinstance(photos, list) else ():
        if isinstance(location, str):
            yield Piece(_name(location), location, "photo", "", at, None, source, by, of, {})


def _name(location: str) -> str:
    """A file's own hash, where it is one of ours."""
    stem = PurePosixPath(location).name.partition(".")[0]
    ours = len(stem) == 64 and not set(stem) - set("0123456789abcdef")
    return stem if ours else hashlib.sha256(location.encode("utf-8", "replace")).hexdigest()


def _order(piece: Piece) -> tuple[float, int, str]:
    kinds = ("marked", "frame", "photo", "clip", "sealed")
    taken = float("inf") if piece.captured is None else piece.captured
    return taken, kinds.index(piece.kind) if piece.kind in kinds else len(kinds), piece.id


def out(piece: Piece, files: Files) -> PieceOut:
    """As it goes out."""
    at = where(piece, files)
    until = piece.extra.get("until")
    return PieceOut(
        id=piece.id,
        kind=piece.kind,
        media="" if at is None else kind_of(at),
        there=at is not None,
        sha256=piece.sha256 or piece.id,
        captured=None if piece.captured is None else iso(piece.captured),
        clock_offset=piece.clock_offset,
        source=piece.source,
        by=piece.by,
        of=piece.of,
        label=str(piece.extra.get("label", "")),
        zone=str(piece.extra.get("zone", "")),
        until=iso(float(until)) if isinstance(until, int | float) else None,
    )


def where(piece: Piece, files: Files) -> Path | None:
    """Its file; None where it is not kept, or was never one of the city's."""
    try:
        return files.path(piece.location)
    except (ValueError, OSError):
        return None
