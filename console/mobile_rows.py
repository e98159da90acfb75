"""mobile_rows: what somebody in the field has to do, out of the store: what they are to look at, what their unit is to
handle.

A collector is given the tasks (核实, 核查) that name them, and those that name nobody: where the register of officers
says which grid cells are theirs, only those in these. Whoever handles is given what is dispatched to their unit or
being handled by it, helpers too. Nobody is asked to judge what they have handled.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa

from cases.life import Role, State
from cases.reading import Filters, triage
from cases.registers.duty import fits
from cases.registers.lookup import Lookup
from cases.tables import CASES, EVIDENCE, REPORTS, STEPS, TASKS
from console.access import sees
from console.settings import Token

Row = dict[str, Any]
MOST = 200
"""Of each kind."""
CHECK, VERIFY, HANDLE = "check", "verify", "handle"
_PICTURES = (".jpg", ".png")
_SHOWN = 8
"""Pictures of a task."""
_TOLD = 4
"""Remarks of a task."""


class Task(NamedTuple):
    """Something to do. id: of the desk's task; '' for what is to be handled. mine: it names this person."""

    kind: str
    id: str
    mine: bool
    asked: float | None
    case: Row


class About(NamedTuple):
    """What helps to do it: pictures, newest last, and what was said, newest last."""

    pictures: list[Row]
    remarks: list[Row]


def tasks_of(connection: sa.Connection, who: Token, now: float) -> list[Task]:
    """All that they have to do, in no order."""
    found: list[Task] = []
    if Role.COLLECTOR in who.roles:
        found += _to_look_at(connection, who, now)
    if Role.UNIT in who.roles and who.unit:
        found += _to_handle(connection, who)
    return [each for each in found if sees(who, each.case)]


def about(connection: sa.Connection, cases: Collection[str]) -> dict[str, About]:
    """By case."""
    found = {case: About([], []) for case in cases}
    e, r, s = EVIDENCE.c, REPORTS.c, STEPS.c
    evidence = sa.select(e.case_id, e.kind, e.location, e.captured, e.source).where(e.case_id.in_(cases))
    for file in connection.execute(evidence.order_by(sa.func.coalesce(e.captured, 0.0), e.id)):
        _show(found[file.case_id], file.location, file.kind, file.captured, file.source)
    for report in connection.execute(sa.select(r.case_id, r.photos, r.at).where(r.case_id.in_(cases)).order_by(r.at)):
        for location in report.photos:
            _show(found[report.case_id], location, "report", report.at, "")
    steps = sa.select(s.case_id, s.action, s.at, s.by, s.note, s.data).where(s.case_id.in_(cases))
    for step in connection.execute(steps.order_by(s.case_id, s.number)):
        photos = step.data.get("photos") if isinstance(step.data, dict) else None
        for location in photos if isinstance(photos, list) else []:
            _show(found[step.case_id], location, step.action, step.at, step.by)
        if step.note:
            remark = {name: getattr(step, name) for name in ("action", "at", "by", "note")}
            found[step.case_id].remarks.append(remark)
    return {case: About(each.pictures[-_SHOWN:], each.remarks[-_TOLD:]) for case, each in found.items()}


def _show(found: About, location: Any, kind: str, at: float | None, by: str) -> None:
    seen = {each["location"] for each in found.pictures}
    if isinstance(location, str) and location.endswith(_PICTURES) and location not in seen:
        found.pictures.append({"location": location, "kind": kind, "at": at, "by": by})


def _to_look_at(connection: sa.Connection, who: Token, now: float) -> list[Task]:
    checks = (TASKS.c.kind == CHECK) & (CASES.c.state == State.CHECKING)
    verifies = (TASKS.c.kind == VERIFY) & (CASES.c.state == State.VERIFYING)
    query = sa.select(TASKS.c.id.label("task"), TASKS.c.kind, TASKS.c.collector, TASKS.c.asked, CASES)
    query = query.join(CASES, CASES.c.id == TASKS.c.case_id).where(
        TASKS.c.answered.is_(None),
        TASKS.c.collector.in_(("", who.name)),
        checks | verifies,
        ~CASES.c.withdrawn,
        CASES.c.handler.not_in((who.name, *((who.unit,) if who.unit else ()))),
    )
    mine_first = (TASKS.c.collector == "", TASKS.c.asked, TASKS.c.id)
    officer = next((each for each in Lookup(connection).officers(now) if each.id == who.name), None)
    grids = officer.grids if officer is not None else ()
    found = []
    for row in connection.execute(query.order_by(*mine_first).limit(MOST)).mappings():
        theirs = row["collector"] == who.name
        if theirs or not grids or any(fits(pattern, row["grid"]) for pattern in grids):
            case = {column.name: row[column.name] for column in CASES.columns}
            found.append(Task(row["kind"], row["task"], theirs, row["asked"], case))
    return found


def _to_handle(connection: sa.Connection, who: Token) -> list[Task]:
    filters = Filters(state=(State.DISPATCHED, State.HANDLING), of_unit=who.unit, within=who.areas)
    ids = [case.id for case in triage(connection, filters, limit=MOST).cases]
    rows = connection.execute(sa.select(CASES).where(CASES.c.id.in_(ids))).mappings()
    return [Task(HANDLE, "", row["officer"] == who.name, row["dispatched"], dict(row)) for row in rows]
