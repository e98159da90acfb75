"""Schedules that name days which nobody can tell are said, once."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.calendars import HOLIDAY
from pipeline.registers import Registers, Table
from pipeline.runtime.calendar_warnings import calendar_warnings
from pipeline.runtime.document import Document

KNOWN = {date(2026, 1, 1): HOLIDAY}


@pytest.mark.parametrize(
    "hours, calendar, today, expected",
    [
        pytest.param("20:00-04:00", {}, date(2026, 12, 20), "", id="no-days-by-a-calendar"),
        pytest.param("workdays 20:00-04:00", {}, date(2026, 5, 1), "there is none", id="no-calendar"),
        pytest.param("workdays 20:00-04:00", KNOWN, date(2026, 5, 1), "", id="known"),
        pytest.param("20:00-04:00; holidays off", KNOWN, date(2026, 10, 31), "", id="not-before-november"),
        pytest.param("20:00-04:00; holidays off", KNOWN, date(2026, 11, 1), "until 2026-12-31", id="from-november-on"),
        pytest.param("20:00-04:00; holidays off", KNOWN, date(2026, 11, 22), "until 2026-12-31", id="ends-soon"),
        pytest.param("20:00-04:00; holidays off", KNOWN, date(2027, 2, 1), "until 2026-12-31", id="has-ended"),
    ],
)
def test_what_is_said(hours: str, calendar: dict[date, str], today: date, expected: str) -> None:
    permits = Table.of("permits", [{"id": "P", "vehicle": "v", "hours": hours}])
    found = calendar_warnings(Document("city.yaml", {}), Registers(permits=permits, calendar=calendar), today)
    assert [expected in fault.message for fault in found] == ([True] if expected else [])
    rules = {"rules": [{"id": "r", "parameters": {"hours": hours}}, {"id": "s"}]}
    of_a_rule = calendar_warnings(Document("city.yaml", rules), Registers(calendar=calendar), today)
    assert [fault.message for fault in of_a_rule] == [fault.message for fault in found]


@pytest.mark.parametrize(
    "section, expected",
    [
        pytest.param({}, ["workdays 08:00-12:00,14:00-18:00"], id="the-default-hours"),
        pytest.param({"hours": "Mo-Fr 08:00-12:00"}, [], id="no-days-by-a-calendar"),
        pytest.param(
            {"hours": "Mo-Fr 08:00-12:00", "seasons": [{"hours": "workdays 09:00-12:00"}]},
            ["workdays 09:00-12:00"],
            id="a-season",
        ),
        pytest.param(None, [], id="no-section"),
    ],
)
def test_deadlines_need_a_calendar_too(section: object, expected: list[str]) -> None:
    found = calendar_warnings(Document("city.yaml", {"working_hours": section}), Registers(), date(2026, 5, 1))
    assert [fault.message.split("'")[1] for fault in found] == expected
