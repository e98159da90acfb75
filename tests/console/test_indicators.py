"""Indicators by the API: counts that a click leads to, the period before, files, reports, and who may see them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from cases.deadlines.settings import WorkingHoursSection
from cases.indicators.asking import Question
from cases.indicators.working import WorkingTime
from cases.life import Role
from cases.reporting.settings import ReportsSection
from console.access import somebody
from console.indicators_asking import before
from console.indicators_city import Measured
from console.settings import Token
from tests.console.kit import NOW, Town, case_row

DAY = 86_400.0
"""NOW is Thursday 2026-05-28 20:26:40 UTC."""
MIDNIGHT = NOW - NOW % DAY


@pytest.fixture
def counted(town: Town, tmp_path: Path) -> Town:
    """With working hours, a folder of reports and a few cases."""
    working = WorkingTime(WorkingHoursSection(), UTC, {})
    measured = Measured(working, ReportsSection(), tmp_path / "reports")
    city = town.app.state.city
    town.app.state.city = replace(city, beside=replace(city.beside, measured=measured))
    done = {
        "filed": NOW - DAY,
        "due": NOW - DAY / 2,
        "handled": NOW - 0.9 * DAY,
        "opened": NOW - DAY,
        "state": "closed",
    }
    late = done | {"handled": NOW - DAY / 4}
    town.add(
        case_row("a", responsible="u1", channel="machine", rule="r", verdict="confirmed", lon=1.0, lat=1.0, **done),
        case_row("b", responsible="u1", channel="machine", rule="r", verdict="false alarm", **done),
        case_row("c", responsible="u2", **late),
        case_row("d", responsible="=u3", opened=NOW - 20 * DAY),
    )
    return town


def get(town: Town, path: str = "", token: str = "BOSS", **query: Any) -> Any:
    got = town.client(token).get(f"/api/indicators{path}", params=query)
    assert got.status_code == 200, got.text
    return got.json()


def test_rates_by_unit_with_their_counts(counted: Town) -> None:
    said = get(counted, by="unit", since="2026-05-27", until="2026-05-28")
    assert said["whole"]["counts"]["due"] == 2
    assert said["whole"]["rates"]["handling_in_time"] == 0.5
    units = {each["by"]["unit"]: each for each in said["lines"]}
    assert units["u1"]["rates"]["handling_in_time"] == 1.0
    assert units["u2"]["counts"]["handled_in_time"] == 0
    assert said["left_out"] == 0
    assert said["before"]["counts"]["due"] == 0
    assert get(counted, by="unit", limit=1)["left_out"] == 2


def test_every_rate_says_its_formula(counted: Town) -> None:
    said = get(counted, "/catalogue")
    counts = {each["id"] for each in said["counts"]}
    for rate in said["rates"]:
        assert rate["zh"]
        assert rate["en"]
        assert counts >= {*rate["numerator"], *rate["denominator"]}
    assert (said["today"], said["zone"]) == ("2026-05-28", "UTC")
    assert {"unit", "grid", "officer", "category"} <= {each["id"] for each in said["dimensions"]}


def test_times_places_and_rules(counted: Town) -> None:
    times = get(counted, "/times", by="unit")
    assert times["whole"]["cases"] == 2
    assert [(each["by"], each["cases"]) for each in times["groups"]] == [({"unit": "u1"}, 1), ({"unit": "u2"}, 1)]
    assert len(times["whole"]["bars"]) == len(times["edges"]) + 1
    places = get(counted, "/density")
    assert ([each["cases"] for each in places["cells"]], places["nowhere"]) == ([1], 3)
    [rule] = get(counted, "/quality")
    assert (rule["rule"], rule["precision"], rule["false"]) == ("r", 0.5, 1)


def test_files_for_spreadsheets_and_machines(counted: Town) -> None:
    got = counted.client("BOSS").get("/api/indicators/download", params={"by": "unit", "since": "2026-05-01"})
    assert "attachment" in got.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(got.content.decode("utf-8-sig"))))
    assert {row["unit"] for row in rows} == {"u1", "u2", "'=u3"}
    objects = get(counted, "/download", form="json", by="unit", since="2026-05-01")
    assert {each["by"]["unit"] for each in objects} == {"u1", "u2", "=u3"}


def test_a_report_is_made_listed_and_read(counted: Town) -> None:
    client = counted.client("BOSS")
    assert get(counted, "/reports")["reports"] == []
    made = client.post("/api/indicators/reports", json={"kind": "daily", "day": "2026-05-28"})
    assert made.status_code == 201, made.text
    names = [each["name"] for each in made.json()]
    assert names == ["daily-2026-05-28.html", "daily-2026-05-28.xlsx"]
    assert [each["name"] for each in get(counted, "/reports")["reports"]] == names
    got = client.get(f"/api/indicators/reports/{names[0]}")
    assert got.status_code == 200
    assert "attachment" in got.headers["content-disposition"]
    assert got.content.startswith(b"<!doctype html>") or b"<html" in got.content[:200]
    assert client.get("/api/indicators/reports/..%2Fcases.sqlite").status_code == 404


UNASKABLE: dict[str, tuple[str, dict[str, Any], int]] = {
    "no-such-dimension": ("", {"by": "untt"}, 422),
    "no-value": ("", {"where": "unit"}, 422),
    "backwards": ("", {"since": "2026-05-02", "until": "2026-05-01"}, 422),
    "before-any-city": ("", {"since": "0001-01-01"}, 422),
    "too-many-periods": ("", {"since": "2019-01-01", "period": "day"}, 422),
    "no-such-period": ("", {"period": "fortnight"}, 422),
    "too-narrow": ("/density", {"width": 1}, 422),
    "no-such-report": ("/reports/daily-2026-05-01.html", {}, 404),
}


def test_what_can_not_be_asked(counted: Town) -> None:
    client = counted.client("BOSS")
    for name, (path, query, status) in UNASKABLE.items():
        got = client.get(f"/api/indicators{path}", params=query)
        assert got.status_code == status, (name, got.text)
        assert got.json()["detail"], name


def test_who_may_not_see_them(counted: Town) -> None:
    for token, status in (("", 401), ("UNIT", 403), ("COLLECTOR", 403), ("APP", 403)):
        client = counted.client(token)
        for path in ("", "/catalogue", "/times", "/density", "/quality", "/download", "/reports"):
            assert client.get(f"/api/indicators{path}").status_code == status, (token, path)


def test_who_has_areas_sees_theirs(counted: Town) -> None:
    counted.add(case_row("g", grid="330106001", filed=NOW - DAY, opened=NOW - DAY))
    who = Token(name="boss", roles=(Role.SUPERVISOR,), areas=("330106",))
    counted.app.dependency_overrides[somebody] = lambda: who
    assert get(counted)["whole"]["counts"]["filed"] == 1
    assert counted.client("BOSS").get("/api/indicators/reports").status_code == 403


def test_where_nobody_said_how_the_city_works(town: Town) -> None:
    for path in ("/times", "/reports"):
        got = town.client("BOSS").get(f"/api/indicators{path}")
        assert got.status_code == 503
        assert "gridwatch run" in got.json()["detail"]


MAY = MIDNIGHT - 27 * DAY


@pytest.mark.parametrize(
    "start, end, expected",
    [
        pytest.param(MIDNIGHT, MIDNIGHT + DAY, (MIDNIGHT - DAY, NOW - DAY), id="today-so-far"),
        pytest.param(MIDNIGHT - DAY, MIDNIGHT, (MIDNIGHT - 2 * DAY, MIDNIGHT - DAY), id="a-day"),
        pytest.param(MAY, MIDNIGHT + DAY, (MAY - 30 * DAY, NOW - 30 * DAY), id="this-month-so-far"),
        pytest.param(MAY - 30 * DAY, MAY, (MAY - 61 * DAY, MAY - 30 * DAY), id="a-month"),
        pytest.param(MAY + DAY / 2, MAY + DAY, (MAY, MAY + DAY / 2), id="from-the-middle-of-one"),
    ],
)
def test_the_period_before(start: float, end: float, expected: tuple[float, float]) -> None:
    assert before(Question(start, end, NOW, UTC)) == expected
