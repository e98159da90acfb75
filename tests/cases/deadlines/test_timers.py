"""Which timers a case gets, and when they go off."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cases.deadlines import DeadlinesSection, Limit, WorkingHours, escalation, file_timers, timers

SHANGHAI = ZoneInfo("Asia/Shanghai")
CITY = WorkingHours.always(SHANGHAI)
STEPS = {
    "escalation": [
        {"after": "1 work hour", "do": "urge"},
        {"after": "1 urgent day", "do": "notify", "role": "supervisor"},
        {"after": "2 work days", "do": "pass_up", "level": "city"},
    ]
}


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()


def told(found: dict[str, float]) -> dict[str, str]:
    return {kind: datetime.fromtimestamp(ts, SHANGHAI).strftime("%d %H:%M") for kind, ts in sorted(found.items())}


@pytest.mark.parametrize(
    "section, start, limit, expected",
    [
        # Wed 5, Thu 6, Fri 7, Mon 10, Tue 11, Wed 12 June 2024
        #      08    12    14    18
        pytest.param(
            {}, "2024-06-05 08:00", "4 work hours",
            {"overdue": "05 12:00", "warning": "05 11:00"}, id="three-quarters",
        ),
        pytest.param(
            {}, "2024-06-07 17:00", "4 urgent hours",
            {"overdue": "07 21:00", "warning": "07 20:00"}, id="at-night-where-urgent",
        ),
        pytest.param(
            {"warn_after": "50 %"}, "2024-06-07 17:00", "1 work day",
            {"overdue": "10 17:00", "warning": "10 11:00"}, id="half",
        ),
        pytest.param(
            {"warn_before": "2 work hours"}, "2024-06-07 10:00", "1 work day",
            {"overdue": "10 10:00", "warning": "07 18:00"}, id="so-long-before",
        ),
        pytest.param(
            {"warn_before": "4 work hours"}, "2024-06-05 08:00", "4 work hours",
            {"overdue": "05 12:00"}, id="no-warning-before-the-beginning",
        ),
        pytest.param(
            STEPS, "2024-06-05 14:00", "4 work hours",
            {"escalate-1": "06 09:00", "escalate-2": "06 18:00", "escalate-3": "07 18:00", "overdue": "05 18:00",
             "warning": "05 17:00"}, id="each-step-on-its-own-clock",
        ),
    ],
)  # fmt: skip
def test_timers(section: dict[str, Any], start: str, limit: str, expected: dict[str, str]) -> None:
    said = Limit.parse(limit)
    due = CITY.due(at(start), said)
    assert told(timers(due, said, DeadlinesSection.model_validate(section), CITY)) == expected


def test_filing_has_a_deadline_of_its_own() -> None:
    assert told(file_timers(at("2024-06-05 17:30"), DeadlinesSection(), CITY)) == {"file_overdue": "06 08:30"}


def test_a_timer_names_its_step() -> None:
    section = DeadlinesSection.model_validate(STEPS)
    assert [getattr(escalation(f"escalate-{n}", section), "do", None) for n in range(5)] == [
        None, "urge", "notify", "pass_up", None,
    ]  # fmt: skip
    assert escalation("warning", section) is None
    assert escalation("escalate-x", section) is None


@given(st.floats(1.5e9, 2e9), st.sampled_from(["2 urgent hours", "4 work hours", "5 work days"]), st.floats(0.01, 0.99))
def test_the_order_is_warning_overdue_escalation(start: float, text: str, share: float) -> None:
    limit = Limit.parse(text)
    due = CITY.due(start, limit)
    section = DeadlinesSection.model_validate({**STEPS, "warn_after": f"{share * 100} %"})
    found = timers(due, limit, section, CITY)
    assert found["warning"] <= found["overdue"] == due < min(found[f"escalate-{n}"] for n in (1, 2, 3))


@pytest.mark.parametrize(
    "section, message",
    [
        pytest.param({"escalation": [{"after": "1h", "do": "notify"}]}, "'role' or 'unit'", id="who"),
        pytest.param({"escalation": [{"after": "1h", "do": "urge", "level": "city"}]}, "'level'", id="level"),
        pytest.param({"escalation": [{"after": "1", "do": "urge"}]}, "a limit such as", id="which-clock"),
        pytest.param({"warn_after": "100 %"}, "less than 1", id="too-late"),
    ],
)
def test_settings_that_cannot_be_meant(section: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DeadlinesSection.model_validate(section)
