"""reading_rows: what pages, the API and commands get of the store, one struct a table, fields as its columns.

Times are UTC seconds, places WGS-84 degrees; None where not known. What each column means: `cases/tables`. Columns in
which the desk remembers something for itself (`fusion`, `happening`, `joined`) are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A table's row, or some columns of it."""

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Self:
        """Out of a row that has its columns."""
        return cls(**{name: row[name] for name in cls.__struct_fields__})


class Listed(Row, frozen=True, kw_only=True):
    """A case in a list."""

    id: str
    number: str
    state: str
    revision: int
    channel: str
    rule: str
    category: str
    subject: str
    text: str
    members: int
    going_on: int
    started: float
    ended: float | None
    measure: float | None
    unit: str
    place: str
    lon: float | None
    lat: float | None
    address: str
    grid: str
    severity: int
    level: str
    mode: str
    responsible: str
    officer: str
    opened: float
    filed: float | None
    file_due: float | None
    due: float | None
    deadline: str
    proposal: dict[str, Any] | None
    storm: str | None
    urges: int
    reworks: int
    reopenings: int
    changed: float


class Details(Listed, frozen=True, kw_only=True):
    """A case with all that is kept of it."""

    rule_version: str
    version: str | None
    category_said: bool
    part: str
    confirmed: float | None
    reason: str
    late: bool
    withdrawn: bool
    component: str
    area_class: str
    condition: str
    helpers: list[str]
    dispatched: float | None
    handled: float | None
    handler: str
    closed: float | None
    time_limit: str
    before: str
    suspended: float | None
    since: float | None
    verdict: str
    merged_into: str | None
    split_from: str | None
    steps: int
    checks: int
    dispatches: int
    returns: int
    extensions: int
    opened_position: int
    position: int


class EpisodeRow(Row, frozen=True, kw_only=True):
    """What a rule found, as a member of a case."""

    id: str
    rule: str
    rule_version: str
    category: str
    subject: str
    part: str
    place: str
    lon: float | None
    lat: float | None
    started: float
    confirmed: float | None
    ended: float | None
    reason: str
    measure: float | None
    unit: str
    late: bool
    withdrawn: bool
    opened_position: int
    position: int


class ReportRow(Row, frozen=True, kw_only=True):
    """What somebody told, as a member of a case."""

    id: str
    channel: str
    number: str
    category: str
    subject: str
    text: str
    lon: float | None
    lat: float | None
    address: str
    photos: list[str]
    at: float
    answer: str
    contact: dict[str, str] | None
    """None where it was not asked for: it is personal."""
    extra: dict[str, Any] | None
    """None as above: nobody knows what an outside system puts there."""


class StepRow(Row, frozen=True, kw_only=True):
    """What somebody did."""

    id: str
    number: int
    action: str
    from_state: str
    to_state: str
    by: str
    role: str
    at: float
    since: float | None
    note: str
    data: dict[str, Any]


class TaskRow(Row, frozen=True, kw_only=True):
    """What a collector is asked to look at."""

    id: str
    kind: str
    collector: str
    asked: float
    answered: float | None
    result: str


class ApprovalRow(Row, frozen=True, kw_only=True):
    """What waits, or has waited, for a role's word."""

    id: str
    what: str
    role: str
    asked_by: str
    asked: float
    note: str
    data: dict[str, Any]
    answered: float | None
    answered_by: str
    answer: str


class EvidenceRow(Row, frozen=True, kw_only=True):
    """What proves it."""

    id: str
    kind: str
    location: str
    sha256: str
    captured: float | None
    clock_offset: float | None
    source: str
    extra: dict[str, Any]


class TimerRow(Row, frozen=True, kw_only=True):
    """What is to happen by itself."""

    kind: str
    at: float


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """One case with all that belongs to it, each list in the order in which it came."""

    case: Details
    episodes: list[EpisodeRow]
    reports: list[ReportRow]
    steps: list[StepRow]
    tasks: list[TaskRow]
    approvals: list[ApprovalRow]
    evidence: list[EvidenceRow]
    timers: list[TimerRow]
    merged: list[Listed]
    """Cases that go on as part of this one."""
