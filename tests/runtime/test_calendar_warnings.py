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
        pytest.param("20:00-04:00; holidays off", KNOWN, date(2026, 11, 22), "until 2026-12-31", id="ends-soon"),
        pytest.param("20:00-04:00; holidays off", KNOWN, date(2027, 2, 1), "until 2026-12-31", id="has-ended"),
    ],
)
def test_what_is_said(hours: str, calendar: dict[date, str], today: date, expected: str) -> None:
    permits = Table.of("permits", [{"id": "P", "vehicle": "v", "hours": hours}])
    found = calendar_warnings(Document("city.yaml", {}), Registers(permits=permits, calendar=calendar), today)
    assert [expected in fault.message for fault in found] == ([True] if expected else [])
