"""dossier: all that is told of one case, before it becomes a page.

The tables' part is read here, in one moment. What the journal and the evidence store add (the map, charts, what the
rule was, pictures) comes from whoever has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa

from cases.export.manifest import Lacking, Rule, chained
from cases.reading import whole

PERSONAL = ("contact", "extra")
"""What of a report may say who reported."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """What the tables say of a case, rows with their columns as keys. Times are UTC seconds."""

    case: Row
    episodes: Sequence[Row]
    reports: Sequence[Row]
    steps: Sequence[Row]
    """Each with its `hash`."""
    tasks: Sequence[Row]
    approvals: Sequence[Row]
    evidence: Sequence[Row]
    merged: Sequence[str]
    """The numbers of cases that go on as part of it."""

    def to_json(self) -> dict[str, Any]:
        """As it stands in an export."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Piece:
    """A file that belongs to the case."""

    kind: str
    suffix: str
    """Of its name, such as .jpg."""
    data: bytes
    captured: float | None = None
    clock_offset: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Why it came about: the rule as it was then."""

    rule: Rule
    detector: str = ""
    question: str = ""
    """What the detector asks."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    hold: Mapping[str, Any] = field(default_factory=dict)
    clocks: Sequence[str] = ()
    """By what the times of its rows were corrected, a sentence each, in the language of the export."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Something drawn: SVG that was made here, nothing of it from outside. caption: plain text."""

    svg: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Dossier:
    """All of it."""

    about: Case
    city: str
    time_zone: str
    why: Why = Why(Rule())
    map: Drawing | None = None
    charts: Sequence[Drawing] = ()
    pieces: Sequence[Piece] = ()
    lacking: Sequence[Lacking] = ()
    """What belongs to it and could not be had."""


def read_case(connection: sa.Connection, name: str, *, contact: bool = False) -> Case:
    """The case with this id or number, or the only one whose id begins so.

    contact: with what says who reported; an order of a hotline has names and phone numbers as it came. Raises
    NoSuchCase.
    """
    found = msgspec.to_builtins(whole(connection, name, contact=contact))
    rows = {name: found[name] for name in Case.__dataclass_fields__}
    if not contact:
        rows["reports"] = [{k: v for k, v in row.items() if k not in PERSONAL} for row in rows["reports"]]
    return Case(**rows | {"steps": chained(rows["steps"]), "merged": [each["number"] for each in found["merged"]]})
