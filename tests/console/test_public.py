"""What anybody may read: only where the city says so, with nothing about anybody, and not too often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from cases.database import writing
from cases.intake.numbers import number_of
from cases.tables import REPORTS
from console.duty_settings import PublicSection
from console.public_parking import Count, paired
from tests.cases.registers.kit import keep
from tests.console.kit import NOW, Town, _row, case_row

ID = "0b8f7c1e-5b1c-4b8e-9d53-3a2f6f1f0c11"
SQUARE = {"type": "Polygon", "coordinates": [[[120, 30], [120.2, 30], [120.2, 30.2], [120, 30.2], [120, 30]]]}


def published(town: Town, counts: Iterable[Count] | None = None, **section: Any) -> Town:
    city = town.app.state.city
    web = city.settings.web.model_copy(update={"public": PublicSection.model_validate(section)})
    beside = replace(city.beside, parking=None if counts is None else lambda: counts)
    town.app.state.city = replace(city, settings=replace(city.settings, web=web), beside=beside)
    return town


def told(town: Town, id: str = ID, number: str = "", **more: Any) -> str:
    """A report in the store; its number."""
    number = number or number_of(id)
    own = {"id": id, "case_id": "c", "channel": "wechat", "number": number, "category": "06042", "answer": ""}
    town.add(case_row("c", state="handling"))
    with writing(town.engine) as connection:
        connection.execute(
            REPORTS.insert(), _row(REPORTS) | own | {"contact": {"phone": "139"}, "text": "secret"} | more
        )
    return number


@pytest.mark.parametrize("route", ["parking", "reports/00000-00000"])
def test_nothing_is_public_unless_it_is_said(town: Town, route: str) -> None:
    got = town.client().get(f"/api/public/{route}")
    assert (got.status_code, got.headers["access-control-allow-origin"]) == (404, "*")
    assert town.client().get("/api/public").json() == {
        "name": "",
        "time_zone": "UTC",
        "parking": False,
        "reports": False,
    }


@pytest.mark.parametrize(
    "age, state, free",
    [
        pytest.param(30.0, "known", 12, id="fresh"),
        pytest.param(600.0, "known", 12, id="just"),
        pytest.param(601.0, "unknown", None, id="stale"),
        pytest.param(-5.0, "known", 12, id="a-clock-that-is-ahead"),
    ],
)
def test_free_spaces_with_their_age(town: Town, age: float, state: str, free: int | None) -> None:
    with writing(town.engine) as connection:
        keep(connection, "zones", [{"id": "market", "use": "parking", "geometry": SQUARE}])
    published(town, [Count("market", NOW - age, 12, 28), Count("cam-1", NOW, -1, None)], parking=True)
    got = town.client().get("/api/public/parking")
    camera, market = got.json()["car_parks"]
    assert (market["state"], market["free"], market["age"]) == (state, free, max(age, 0))
    assert (market["lon"], market["lat"]) == (pytest.approx(120.1), pytest.approx(30.1))
    assert (camera["free"], camera["taken"], camera["lon"]) == (0, None, None)
    assert got.headers["cache-control"] == "public, max-age=30"
    assert (got.headers["access-control-allow-origin"], got.headers["cross-origin-resource-policy"]) == (
        "*",
        "cross-origin",
    )


def test_where_nothing_counts(town: Town) -> None:
    assert published(town, None, parking=True).client().get("/api/public/parking").status_code == 503
    assert published(town, [], parking=True).client().get("/api/public/parking").json()["car_parks"] == []


@pytest.mark.parametrize(
    "taken, expected",
    [
        pytest.param([("a", 100.0, 3.0)], 3, id="of-one-count"),
        pytest.param([("a", 40.0, 3.0)], None, id="of-an-older-one"),
        pytest.param([], None, id="not-said"),
    ],
)
def test_free_and_taken_belong_together(taken: list[tuple[str, float, float]], expected: int | None) -> None:
    assert paired([("a", 100.0, 12.0)], taken) == [Count("a", 100.0, 12, expected)]


def test_how_a_report_stands(town: Town) -> None:
    number = told(published(town, reports=True))
    got = town.client().get(f"/api/public/reports/{number.lower().replace('-', '')}")
    assert (got.status_code, got.headers["access-control-allow-origin"]) == (200, "*")
    said = got.json()
    assert (said["number"], said["state"], said["ended"]) == (number, "handling", False)
    assert not {"139", "secret", "wechat"} & set(map(str, said.values()))
    assert "secret" not in got.text
    english = town.client().get(f"/api/public/reports/{number}", params={"language": "en"}).json()
    assert "being dealt with" in english["told"]
    assert english["told"] != said["told"]


@pytest.mark.parametrize(
    "id, number",
    [
        pytest.param(ID, "2026-000123", id="another-system-counts"),
        pytest.param("order-7", "2026-000124", id="no-id-of-ours"),
    ],
)
def test_a_number_that_can_be_guessed_is_not_found(town: Town, id: str, number: str) -> None:
    told(published(town, reports=True), id, number)
    assert town.client().get(f"/api/public/reports/{number}").status_code == 404
    assert town.client("BOSS").get(f"/api/reports/{number}").status_code == 200


def test_a_stranger_is_limited_by_address(town: Town) -> None:
    client = published(town, reports=True).client()
    answers = [client.get("/api/public/reports/00000-00000") for _ in range(61)]
    assert [each.status_code for each in answers].count(404) == 60
    assert answers[-1].status_code == 429
    assert answers[-1].headers["access-control-allow-origin"] == "*"
    assert answers[-1].headers["retry-after"]
