"""What rules are about, when they speak, and what they say."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from cases.notify.settings import When
from tests.cases.notify.kit import Office, section
from tests.cases.outbox.told import T0, case_row, happened

MINUTE, HOUR = 60.0, 3600.0


# ---- which changes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "when, case, said, fits",
    [
        pytest.param({}, {}, {}, True, id="any-case"),
        pytest.param({"events": ["overdue"]}, {}, {}, False, id="another-event"),
        pytest.param({"severity": 3}, {"severity": 3}, {}, True, id="urgent"),
        pytest.param({"severity": 3}, {"severity": 2}, {}, False, id="not-urgent"),
        pytest.param({"categories": ["0604*", "05*"]}, {"category": "06042"}, {}, True, id="category"),
        pytest.param({"categories": ["0604"]}, {"category": "06042"}, {}, False, id="not-its-beginning"),
        pytest.param({"rules": ["bin-*"]}, {"rule": "bin-full"}, {}, True, id="rule"),
        pytest.param({"rules": ["bin-*"]}, {"rule": ""}, {}, False, id="a-report"),
        pytest.param({"grids": ["330106*"]}, {"grid": "330106001002003"}, {}, True, id="district"),
        pytest.param({"places": ["market"]}, {"place": "gate"}, {}, False, id="zone"),
        pytest.param({"area_classes": ["A"]}, {"area_class": "A"}, {}, True, id="area-class"),
        pytest.param({"levels": ["city"]}, {"level": "street"}, {}, False, id="level"),
        pytest.param({"responsible": ["U-1"]}, {"responsible": "U-1"}, {}, True, id="unit"),
        pytest.param({"roles": ["supervisor"]}, {}, {"role": "supervisor"}, True, id="escalated-to-a-role"),
        pytest.param({"roles": ["supervisor"]}, {}, {"role": None}, False, id="escalated-to-nobody"),
        pytest.param({"units": ["U-2"]}, {}, {"unit": "U-1"}, False, id="escalated-to-another-unit"),
        pytest.param(
            {"severity": 3, "levels": ["city"]}, {"severity": 4, "level": "street"}, {}, False, id="all-of-it"
        ),
    ],
)
def test_which_changes_a_rule_is_about(when: dict[str, Any], case: dict[str, Any], said: Any, fits: bool) -> None:
    rule = When.model_validate({"events": ["opened"], **when})
    assert rule.fits("opened", said, case_row("a", **case)) is fits


@pytest.mark.parametrize(
    "rule, other, message",
    [
        pytest.param({"to": ["dutty"]}, {}, "no channel 'dutty'; did you mean 'duty'", id="channel"),
        pytest.param({"escalate": [{"after": "1h", "to": ["x"]}]}, {}, "no channel 'x'", id="escalation"),
        pytest.param({"when": {"events": ["opend"]}}, {}, "no event 'opend'; did you mean 'opened'", id="event"),
        pytest.param({"when": {"events": []}}, {}, "at least 1 item", id="no-event"),
        pytest.param({"when": {"events": ["opened"], "levels": ["town"]}}, {}, "no level 'town'", id="level"),
        pytest.param({"text": "{nmae}"}, {}, "expected a text with any of {number}", id="field"),
        pytest.param({"text": "{number.__class__}"}, {}, "expected a text with any of", id="attribute"),
        pytest.param({"text": "{"}, {}, "expected a text with any of", id="brace"),
        pytest.param({"hours": "8-12"}, {}, "expected hours", id="hours"),
        pytest.param({"id": "a b"}, {}, "expected letters", id="id"),
        pytest.param({}, {"first_wait": "1h"}, "expected 'longest_wait'", id="waits"),
        pytest.param({}, {"channels": {"duty": {"url": "json://secret"}}}, "url_env", id="no-secrets-in-the-file"),
    ],
)
def test_settings_that_cannot_be_meant(rule: dict[str, Any], other: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        section(rule, **other)
    with pytest.raises(ValidationError, match="there twice"):
        section({"id": "a"}, {"id": "a"})


# ---- grouping, cool-down, hours --------------------------------------------------------------------------------------


def test_one_message_each_where_nothing_is_grouped(database: sa.Engine) -> None:
    office = Office(database, section({"language": "en"}))
    for case in "abc":
        happened(database, case, "opened")
    happened(database, "a", "ended")
    assert office.run(T0) == ["duty: bin overflowing"] * 3
    assert office.run(T0 + 1) == []


def test_one_message_for_all_within_a_window(database: sa.Engine) -> None:
    office = Office(database, section({"group": "2min", "language": "en"}))
    #  0 a    60 b    120 told    130 c           250 told
    happened(database, "a", "opened")
    assert office.run(T0) == []
    happened(database, "b", "opened", severity=4, category="0506")
    assert office.run(T0 + 60) == []
    assert office.run(T0 + 120) == ["duty: 2 cases, standing water …"]
    assert office.given[0].severity == 4
    happened(database, "c", "opened")
    assert office.run(T0 + 130) == []
    assert office.run(T0 + 250) == ["duty: bin overflowing"]


def test_a_storm_of_cases_is_a_number(database: sa.Engine) -> None:
    office = Office(database, section({"group": "2min", "language": "en"}))
    for number in range(150):
        happened(database, f"c{number}", "opened")
    office.run(T0)
    assert office.run(T0 + 120) == ["duty: 150 cases, bin overflowing …"]
    lines = office.given[0].body.splitlines()
    assert (len(lines), lines[-2:]) == (22, ["and 130 more", "notice #1"])


@pytest.mark.parametrize(
    "per, cases, told",
    [
        pytest.param("case", [("a", "bin-1"), ("a", "bin-1"), ("b", "bin-1")], 2, id="per-case"),
        pytest.param("subject", [("a", "bin-1"), ("b", "bin-1"), ("c", "bin-2")], 2, id="per-subject"),
        pytest.param("subject", [("a", ""), ("b", "")], 2, id="without-a-subject-per-case"),
    ],
)
def test_cool_down(database: sa.Engine, per: str, cases: list[tuple[str, str]], told: int) -> None:
    office = Office(database, section({"cool_down": "30min", "per": per}))
    for case, subject in cases:
        happened(database, case, "opened", subject=subject)
    assert len(office.run(T0)) == told


def test_what_cool_down_left_out_is_said_with_the_next(database: sa.Engine) -> None:
    office = Office(database, section({"cool_down": "30min", "language": "en", "when": {"events": ["reopened"]}}))
    for minute in (0, 10, 29):
        happened(database, "a", "reopened")
        assert len(office.run(T0 + minute * MINUTE)) == (minute == 0)
        office.start()
    happened(database, "a", "reopened")
    office.run(T0 + 30 * MINUTE)
    assert [each.body.splitlines()[-2:][0] for each in office.given][-1] == "2 left out while it was quiet"


@pytest.mark.parametrize(
    "rule, hour, told",
    [
        # 2026-01-01 00:00 UTC is a Thursday, 08:00 in Shanghai
        pytest.param({"during": "working_hours"}, 0, True, id="at-work"),
        pytest.param({"during": "working_hours"}, 4, False, id="at-noon"),
        pytest.param({"during": "outside"}, 4, True, id="outside-at-noon"),
        pytest.param({"during": "outside"}, 0, False, id="outside-at-work"),
        pytest.param({"hours": "Mo-Fr 20:00-06:00"}, 12, True, id="own-hours"),
        pytest.param({"hours": "Mo-Fr 20:00-06:00"}, 11, False, id="not-in-them"),
        pytest.param({"hours": "00:00-12:00", "during": "outside"}, 0, False, id="both"),
    ],
)
def test_when_a_rule_speaks(database: sa.Engine, rule: dict[str, Any], hour: int, told: bool) -> None:
    office = Office(database, section(rule))
    happened(database, "a", "opened")
    assert len(office.run(T0 + hour * HOUR)) == told


# ---- what it says ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "language, said",
    [
        pytest.param("zh", "[超时] 垃圾满溢 文三路1号 bin-7 案件20260101-1 U-1 截止01-01 12:00", id="zh"),
        pytest.param("en", "[overdue] bin overflowing, 文三路1号 bin-7, case 20260101-1 U-1, due 01-01 12:00", id="en"),
    ],
)
def test_the_usual_text(database: sa.Engine, language: str, said: str) -> None:
    office = Office(database, section({"when": {"events": ["overdue"]}, "language": language}))
    case: dict[str, Any] = {
        "number": "20260101-1",
        "address": "文三路1号",
        "subject": "bin-7",
        "responsible": "U-1",
        "due": T0 + 4 * HOUR,
    }
    happened(database, "a", "overdue", **case)
    office.run(T0)
    assert office.given[0].body.splitlines()[0] == said


def test_a_text_of_ones_own_and_nothing_that_people_wrote_is_obeyed(database: sa.Engine) -> None:
    office = Office(database, section({"title": "City", "text": "{number}: {text} {grid} {note} {severity}"}))
    happened(database, "a", "opened", T0, {"why": "{rule}"}, text="{number}\n" + "x" * 500)
    office.run(T0)
    assert office.given[0].title == "City"
    line = office.given[0].body.splitlines()[0]
    assert line == "a: {number} " + "x" * 190 + "… {rule} 2"
