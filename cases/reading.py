"""reading: what people ask of the store: what is to be done first, one case whole, what was, what is near.

Each function asks within a connection of `cases.database.reading`, so that what one page shows is of one moment. Lists
come in pages: a page's `after` begins the next one behind its last row, however many rows have come or gone meanwhile.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from cases.case import NoSuchCase
from cases.database_values import to_json
from cases.reading_rows import (
    ApprovalRow,
    Details,
    EpisodeRow,
    EvidenceRow,
    Listed,
    ReportRow,
    Row,
    StepRow,
    TaskRow,
    TimerRow,
    Whole,
)
from cases.tables import APPROVALS, CASES, EPISODES, EVIDENCE, REPORTS, STEPS, TASKS, TIMERS
from cases.tables.desk import ACTIVE, HELPED, TRIAGE

__all__ = [
    "NONE",
    "Filters",
    "NoSuchCase",
    "Page",
    "WrongPage",
    "find",
    "fits",
    "history",
    "near",
    "triage",
    "whole",
]

PAGE = 50
MAP = 2000
"""Cases that a map is given at most."""

_TRIAGE = (
    sa.literal_column(TRIAGE[0], sa.Integer),
    *(sa.literal_column(each, sa.Double) for each in TRIAGE[1:3]),
    CASES.c.id,
)
_LISTED = [CASES.c[name] for name in Listed.__struct_fields__]


class WrongPage(ValueError):
    """`after` is not what a page has given."""


class Filters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which cases; what is left out restricts nothing. Several values: any of them."""

    state: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    """Codes; one that ends in '*' means all that begin so."""
    responsible: tuple[str, ...] = ()
    grid: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    rule: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    deadline: tuple[str, ...] = ()
    """warning, overdue."""
    severity: int = 0
    """At least."""
    storm: str = ""
    """Those that collect a storm, by its rule's id; '*': by any."""
    text: str = ""
    """In its number, subject, text, place or address."""
    mine: tuple[str, ...] = ()
    """Who I am: my account and my unit. What I handle, help with, or am asked to look at."""
    of_unit: str = ""
    """Only what this unit handles or helps with."""
    within: tuple[str, ...] = ()
    """Beginnings of grid cells."""


NONE = Filters()
_EXACT = ("state", "responsible", "grid", "level", "channel", "rule", "subject", "deadline")
_ANSWERED = TASKS.c.answered.is_not(None)
_TEXT = ("number", "subject", "text", "place", "address")
_Kind = TypeVar("_Kind", bound=Row)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some cases. after: gives the next page; '': there is none."""

    cases: list[Listed]
    after: str


def triage(
    connection: sa.Connection,
    filters: Filters = NONE,
    *where: sa.ColumnElement[bool],
    after: str = "",
    limit: int = PAGE,
) -> Page:
    """Active cases in the order in which an operator works, see `cases.tables.desk.TRIAGE`. where: what else must hold
    of a case. Raises WrongPage."""
    order = [each.label(f"order_{n}") for n, each in enumerate(_TRIAGE)]
    query = sa.select(*order).where(ACTIVE, *fits(filters), *where).order_by(*_TRIAGE).limit(limit + 1)
    if after:
        query = query.where(sa.tuple_(*_TRIAGE) > _behind(after, _TRIAGE))
    # Which ones is in the index; only those that are shown are looked at themselves.
    found = query.subquery("found")
    shown = sa.select(*_LISTED, *found.c).join(found, found.c[order[-1].name] == CASES.c.id)
    return _page(connection, shown.order_by(*found.c), len(order), limit)


def history(
    connection: sa.Connection,
    filters: Filters = NONE,
    *,
    since: float | None = None,
    until: float | None = None,
    after: str = "",
    limit: int = PAGE,
) -> Page:
    """All cases but withdrawn ones, active or not, the newest first; opened from `since` to before `until`, UTC.

    Raises WrongPage.
    """
    opened = CASES.c.opened, CASES.c.id
    order = [each.label(f"order_{n}") for n, each in enumerate(opened)]
    query = sa.select(*_LISTED, *order).where(~CASES.c.withdrawn, *fits(filters))
    query = query.order_by(*(each.desc() for each in opened))
    if since is not None:
        query = query.where(CASES.c.opened >= since)
    if until is not None:
        query = query.where(CASES.c.opened < until)
    if after:
        query = query.where(sa.tuple_(*opened) < _behind(after, opened))
    return _page(connection, query.limit(limit + 1), len(order), limit)


def near(
    connection: sa.Connection,
    west: float,
    south: float,
    east: float,
    north: float,
    filters: Filters = NONE,
    *,
    limit: int = MAP,
) -> list[Listed]:
    """Active cases in a box of WGS-84 degrees, in the order of `triage`, so that what is left out is what can wait."""
    box = CASES.c.lat.between(south, north), CASES.c.lon.between(west, east)
    query = sa.select(*_LISTED).where(ACTIVE, *box, *fits(filters)).order_by(*_TRIAGE).limit(limit)
    return [Listed.of(row) for row in connection.execute(query).mappings()]


def find(connection: sa.Connection, name: str) -> str:
    """The id of the case with this id or number, or of the only one whose id begins so. Raises NoSuchCase."""
    given = name.strip()
    wanted = given.lower()
    found: Sequence[str] = []
    if wanted:
        number = sa.select(CASES.c.id).where(CASES.c.number == given)
        # Ids are of hexadecimal digits and '-', which all sort before 'g'.
        begins = sa.select(CASES.c.id).where(CASES.c.id >= wanted, CASES.c.id < f"{wanted}g")
        found = (
            connection.execute(number).scalars().all()
            or connection.execute(begins.order_by(CASES.c.id).limit(4)).scalars().all()
        )
    if not found:
        raise NoSuchCase(f"no case has the number '{given}' or an id that begins so; look for it in the list of cases")
    if len(found) > 1 and found[0] != wanted:
        several = ", ".join(found[:3]) + (", …" if len(found) > 3 else "")
        raise NoSuchCase(f"several cases have an id that begins with '{given}': {several}; give more of it")
    return found[0]


def whole(connection: sa.Connection, name: str, *, contact: bool = False) -> Whole:
    """One case with all that belongs to it. name: see `find`. contact: with who reported it and what else they sent,
    which is personal. Raises NoSuchCase."""
    id = find(connection, name)

    def rows(kind: type[_Kind], table: sa.Table, *order: sa.ColumnElement[Any]) -> list[_Kind]:
        query = sa.select(table).where(table.c.case_id == id).order_by(*order)
        return [kind.of(row) for row in connection.execute(query).mappings()]

    case = connection.execute(sa.select(CASES).where(CASES.c.id == id)).mappings().one()
    reports = rows(ReportRow, REPORTS, REPORTS.c.at, REPORTS.c.id)
    if not contact:
        reports = [msgspec.structs.replace(each, contact=None, extra=None) for each in reports]
    merged = sa.select(*_LISTED).where(CASES.c.merged_into == id).order_by(CASES.c.opened, CASES.c.id)
    return Whole(
        case=Details.of(case),
        episodes=rows(EpisodeRow, EPISODES, EPISODES.c.started, EPISODES.c.id),
        reports=reports,
        steps=rows(StepRow, STEPS, STEPS.c.number),
        tasks=rows(TaskRow, TASKS, TASKS.c.asked, TASKS.c.id),
        approvals=rows(ApprovalRow, APPROVALS, APPROVALS.c.asked, APPROVALS.c.id),
        evidence=rows(EvidenceRow, EVIDENCE, sa.func.coalesce(EVIDENCE.c.captured, 0.0), EVIDENCE.c.id),
        timers=rows(TimerRow, TIMERS, TIMERS.c.at, TIMERS.c.kind),
        merged=[Listed.of(row) for row in connection.execute(merged).mappings()],
    )


def _page(connection: sa.Connection, query: sa.Select[Any], order: int, limit: int) -> Page:
    """order: how many columns at the end of a row say where it stands."""
    rows = connection.execute(query).mappings().all()
    more = len(rows) > limit
    shown = rows[:limit]
    last = [shown[-1][f"order_{n}"] for n in range(order)] if more else []
    after = base64.urlsafe_b64encode(msgspec.msgpack.encode(last)).decode() if more else ""
    return Page(cases=[Listed.of(row) for row in shown], after=after)


def _behind(after: str, order: Sequence[sa.ColumnElement[Any]]) -> sa.Tuple:
    """The place at which a page ended. Raises WrongPage."""
    try:
        place = msgspec.msgpack.decode(base64.b64decode(after, b"-_", validate=True))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        place = None
    kinds = [each.type.python_type for each in order]
    if not isinstance(place, list) or [type(each) for each in place] != kinds:
        raise WrongPage("'after' is what a page has given; leave it out to begin with the first")
    return sa.tuple_(*(sa.literal(value, each.type) for value, each in zip(place, order, strict=True)))


def fits(filters: Filters) -> Iterator[sa.ColumnElement[bool]]:
    """What must hold of a case."""
    for name in _EXACT:
        values: tuple[str, ...] = getattr(filters, name)
        if values:
            yield CASES.c[name].in_(values)
    if filters.category:
        begins = [
            CASES.c.category.startswith(code[:-1], autoescape=True) for code in filters.category if code[-1:] == "*"
        ]
        yield sa.or_(CASES.c.category.in_([code for code in filters.category if code[-1:] != "*"]), *begins)
    if filters.severity:
        yield CASES.c.severity >= filters.severity
    if filters.storm:
        yield CASES.c.storm.is_not(None) if filters.storm == "*" else CASES.c.storm == filters.storm
    if filters.text:
        yield _has(filters.text)
    if filters.of_unit:
        yield (CASES.c.responsible == filters.of_unit) | CASES.c.id.in_(_helped_by((filters.of_unit,)))
    if filters.within:
        yield sa.or_(*(sa.func.substr(CASES.c.grid, 1, len(area)) == area for area in filters.within))
    if filters.mine:
        yield sa.or_(
            CASES.c.responsible.in_(filters.mine),
            CASES.c.officer.in_(filters.mine),
            CASES.c.id.in_(_helped_by(filters.mine)),
            CASES.c.id.in_(sa.select(TASKS.c.case_id).where(TASKS.c.collector.in_(filters.mine), ~_ANSWERED)),
        )


def _has(text: str) -> sa.ColumnElement[bool]:
    """Somewhere. Small and capital letters are the same: where it has some, one comparison is quicker than five."""
    columns = [CASES.c[name] for name in _TEXT]
    if text.lower() == text.upper():
        return sa.or_(*(each.contains(text, autoescape=True) for each in columns))
    whole: sa.ColumnElement[str] = columns[0]
    for each in columns[1:]:
        whole = whole + "\n" + each
    return whole.icontains(text, autoescape=True)


def _helped_by(who: Sequence[str]) -> sa.Select[tuple[str]]:
    helped = CASES.alias("helped")
    helpers = sa.cast(helped.c.helpers, sa.String)
    named = sa.or_(*(helpers.contains(to_json(each), autoescape=True) for each in who))
    return sa.select(helped.c.id).where(HELPED, named)
