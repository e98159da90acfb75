"""The desk, a city's categories, its deadlines and its notices together: a report that nobody handles in time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from cases.categories import CategoriesSection, read_categories
from cases.categories.reading import standards
from cases.deadlines import DeadlinesSection, WorkingHours
from cases.desk import Conditions, Policies
from cases.notify import Notifier
from cases.notify.answering import notices
from tests.cases.desk.kit import DAY, Log
from tests.cases.notify.kit import CHINA, section

MONDAY = DAY + 86400.0
"""2026-03-02 08:00 in Shanghai: work begins."""
HOUR = 3600.0
DEADLINES: dict[str, Any] = {
    "escalation": [
        {"after": "1 work hour", "do": "urge"},
        {"after": "4 work hours", "do": "notify", "role": "supervisor"},
    ]
}
RULES: list[dict[str, Any]] = [
    {"id": "unit", "when": {"events": ["warning", "overdue", "urge"]}, "language": "en"},
    {"id": "supervisor", "when": {"events": ["escalated"], "roles": ["supervisor"]}, "to": ["chief"], "language": "en"},
]


def local(ts: float | None) -> str:
    return "" if ts is None else datetime.fromtimestamp(ts, UTC).astimezone(CHINA).strftime("%a %H:%M")


def test_a_report_that_nobody_handles_in_time(database: sa.Engine) -> None:
    # Mon 08:00 reported 0110 (暴露垃圾) with 4 work hours, 08:30 filed and dispatched
    #      08:30     11:30      14:30     15:30  …  Tue 08:30
    #      |---------warning----|overdue--|urge------|supervisor
    categories = read_categories(CategoriesSection(file="yuncheng.csv"), standards())
    hours = WorkingHours.always(CHINA)
    holds = Conditions(
        city="test",
        zone=CHINA,
        policies=Policies(),
        deadlines=DeadlinesSection.model_validate(DEADLINES),
        hours=hours,
        kinds=categories,
    )
    notifier = Notifier(
        database, section(*RULES), hours, CHINA, names=lambda code, language: categories.find(code).called(language)
    )
    log = Log(database, holds)
    assert log.report(MONDAY, "a", category="0110", address="文三路1号").taken
    log.through("a", MONDAY + 0.5 * HOUR, ("file", "acceptor"), ("dispatch", "dispatcher", {"unit": "U-1"}))
    assert local(log.case("a")["due"]) == "Mon 14:30"
    told = []
    for minute in range(0, 30 * 60, 15):
        now = MONDAY + minute * 60
        log.passes(now)
        while notifier.follow(now):
            pass
        notifier.turn(now)
        for channel in ("duty", "chief"):
            while (letter := notifier.next(channel, now)) is not None:
                told.append((local(now), channel, letter.body.splitlines()[0]))
                notifier.record(letter, "", now)
    number = log.case("a")["number"]
    said = f"exposed rubbish, 文三路1号, case {number} U-1, due 03-02 14:30"
    assert [(when, channel, line.split("] ")[0] + "]") for when, channel, line in told] == [
        ("Mon 11:45", "duty", "[deadline near]"),
        ("Mon 14:45", "duty", "[overdue]"),
        ("Mon 15:45", "duty", "[urge]"),
        ("Tue 08:45", "chief", "[escalated]"),
    ]
    assert all(said in line for _, _, line in told)
    assert [msgspec.to_builtins(notice)["state"] for notice in notices(database)] == ["told"] * 4
    log.through("a", MONDAY + 31 * HOUR, ("accept", "unit"))
    notifier.follow(MONDAY + 31 * HOUR)
    assert {(notice.state, notice.acknowledged_by) for notice in notices(database)} == {("acknowledged", "unit")}
