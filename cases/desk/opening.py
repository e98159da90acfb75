"""opening: a new case, of what a rule found or somebody told: its number, its place, by when it is to be filed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cases.deadlines import FILE_OVERDUE, file_timers
from cases.desk.book import Row
from cases.desk.work import Work
from cases.fusion import Outcome
from cases.life import LEVELS, State
from cases.tables import CASES, COUNTERS
from cases.words import Report

MACHINE = "machine"
"""The channel of what rules find."""
_SHARED = ("rule", "rule_version", "subject", "part", "place", "confirmed", "reason", "measure", "unit", "late")
"""What a case shows of its first episode."""


def of_episode(work: Work, episode: Row, outcome: Outcome) -> Row:
    """The case that an episode opens; a storm's has an id of its own. episode: its row."""
    shown = {name: episode[name] for name in (*_SHARED, "lon", "lat", "started", "ended", "opened_position")}
    going_on = int(episode["ended"] is None)
    storm = outcome.by if outcome.storm else None
    return _opened(work, outcome.case, MACHINE, outcome.category, **shown, going_on=going_on, storm=storm)


def of_report(work: Work, report: Report, outcome: Outcome) -> Row:
    """The case that a report opens."""
    lon, lat = report.where
    case = _opened(
        work,
        outcome.case or report.id,
        report.channel,
        outcome.category or report.category,
        subject=report.subject,
        text=report.text,
        lon=lon,
        lat=lat,
        started=report.at,
        confirmed=report.at,
        ended=report.at,
        opened_position=work.position,
    )
    case["address"] = report.address or case["address"]
    case["severity"] = report.severity or case["severity"]
    return case


def of_members(work: Work, whole: Row, id: str, members: Sequence[Row]) -> Row:
    """The case that some members of another become. members: rows of episodes and reports, the first first."""
    first = members[0]
    episodes = [member for member in members if "rule" in member]
    open_ones = [each for each in episodes if each["ended"] is None and not each["withdrawn"]]
    began = [each["started"] if "rule" in each else each["at"] for each in members]
    ended = max((each["ended"] for each in episodes if each["ended"] is not None), default=max(began))
    facts = {
        "started": min(began),
        "ended": None if open_ones else ended,
        "members": len(members),
        "going_on": len(open_ones),
    }
    before = work.case(id)
    if before is not None:  # it was merged, and is itself again
        before |= facts | {"state": State.REPORTED.value, "merged_into": None, "closed": None}
        return before
    shown = {name: first[name] for name in _SHARED if name in first}
    case = _opened(
        work,
        id,
        first.get("channel", MACHINE),
        first["category"],
        **shown | facts,
        text=first.get("text", ""),
        lon=first["lon"],
        lat=first["lat"],
        split_from=whole["id"],
        opened_position=first.get("opened_position", work.position),
    )
    if open_ones:
        case["reason"] = ""
    return case


def _opened(work: Work, id: str, channel: str, category: str, **known: Any) -> Row:
    conditions = work.conditions
    case: Row = _NOTHING | {"members": 1} | known
    case |= {
        "id": id,
        "number": _number(work),
        "state": State.REPORTED.value,
        "channel": channel,
        "version": work.version,
        "category": category,
        "helpers": [],
        "severity": conditions.kinds.severity(category),
        "mode": conditions.kinds.mode(category),
        "level": LEVELS[0],
        "opened": work.at,
        "changed": work.at,
        "position": max(work.position, known["opened_position"]),
    }
    located(work, case)
    waits = file_timers(work.at, conditions.deadlines, conditions.hours) if math.isfinite(work.at) else {}
    case["file_due"] = waits.get(FILE_OVERDUE)
    case = work.book.add(CASES, case)
    work.set_timers(case, waits)
    return case


def _empty(column: sa.Column[Any]) -> Any:
    if column.nullable or isinstance(column.type, sa.JSON):
        return None
    return column.type.python_type()


_NOTHING: Row = {column.name: _empty(column) for column in CASES.columns}


def located(work: Work, case: Row) -> None:
    """What its place is called, and the part that it is about."""
    lon, lat = case["lon"], case["lat"]
    if lon is None or lat is None or not (math.isfinite(lon) and math.isfinite(lat)):
        return
    where = work.places.where(lon, lat, work.at)
    case |= {"address": where.address, "grid": where.grid, "area_class": where.area_class}
    kind = work.conditions.kinds.part(case["category"])
    case["component"] = work.places.component(lon, lat, kind, work.at) if kind else ""


def _number(work: Work) -> str:
    conditions = work.conditions
    at = work.at if math.isfinite(work.at) else 0.0
    day = datetime.fromtimestamp(at, conditions.zone)
    name = conditions.policies.numbered(day, 0, conditions.city)  # what is the same but for the serial counts together
    counter = work.book.get(COUNTERS, name)
    if counter is None:
        counter = work.book.add(COUNTERS, {"name": name, "value": 0})
    counter["value"] += 1
    work.book.touch(COUNTERS, counter)
    return conditions.policies.numbered(day, counter["value"], conditions.city)
