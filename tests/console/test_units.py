"""Whom a case is offered to: whose duty it is, the free before the near; only to whoever dispatches."""

from __future__ import annotations

from typing import Any

import pytest

from cases.database import writing
from console import duty_store
from tests.cases.registers.kit import keep
from tests.console.kit import Town, case_row

HERE = {"lon": 120.16, "lat": 30.25}
UNITS: list[dict[str, Any]] = [
    {"id": "street", "name": "环卫所", "level": "street", "phone": "0571-1", "lon": 120.17, "lat": 30.25},
    {"id": "team-1", "name": "一班", "parent": "street", "lon": 120.161, "lat": 30.25},
    {"id": "team-2", "name": "二班", "parent": "street"},
    {"id": "traffic", "name": "交警", "lon": 120.16, "lat": 30.25},
]


def at(unit: str, state: str, number: int) -> dict[str, Any]:
    return case_row(f"{unit}-{number}", state=state, responsible=unit)


@pytest.fixture
def staffed(town: Town) -> Town:
    with writing(town.engine) as connection:
        keep(connection, "units", UNITS)
        keep(connection, "duty", [{"id": "1", "category": "06*", "unit": "street"}])
    return town


@pytest.mark.parametrize(
    "case, others, expected",
    [
        pytest.param(
            {"category": "06042", **HERE}, [], [("team-1", 0), ("street", 0), ("team-2", 0)], id="whose-it-is-by-metres"
        ),
        pytest.param(
            {"category": "06042", **HERE},
            [("team-1", "handling"), ("team-1", "dispatched"), ("street", "dispatched"), ("street", "handled")],
            [("team-2", 0), ("street", 1), ("team-1", 2)],
            id="the-free-first",
        ),
        pytest.param(
            {"category": "06042", "lon": None, "lat": None},
            [("street", "closed")],
            [("street", 0), ("team-1", 0), ("team-2", 0)],
            id="no-place",
        ),
        pytest.param(
            {"category": "99", **HERE},
            [],
            [("traffic", 0), ("team-1", 0), ("street", 0), ("team-2", 0)],
            id="nobody's-duty",
        ),
    ],
)
def test_who_is_offered(
    staffed: Town, case: dict[str, Any], others: list[tuple[str, str]], expected: list[tuple[str, int]]
) -> None:
    staffed.add(case_row("c", state="filed", **case), *(at(unit, state, n) for n, (unit, state) in enumerate(others)))
    got = staffed.client("ACCEPTOR").get("/api/cases/N-c/units")
    assert got.status_code == 200, got.text
    assert [(each["id"], each["open"]) for each in got.json()] == expected


def test_what_is_said_of_a_unit(staffed: Town) -> None:
    staffed.add(case_row("c", state="filed", category="06042", **HERE))
    offers = {each["id"]: each for each in staffed.client("BOSS").get("/api/cases/c/units").json()}
    street = offers["street"]
    said = {"id": "street", "name": "环卫所", "kind": "", "level": "street", "phone": "0571-1", "hours": "", "open": 0}
    assert street == said | {"metres": street["metres"], "nearest": ""}
    assert 950 < street["metres"] < 970, "a hundredth of a degree at 30.25 degrees north"
    assert offers["team-2"]["metres"] is None


def test_a_unit_is_as_near_as_its_nearest_on_duty(staffed: Town) -> None:
    staffed.add(case_row("c", state="filed", category="06042", **HERE))
    rules = staffed.settings.web.duty
    with writing(staffed.engine) as connection:
        for who, unit, lon in (("wang", "street", 120.1602), ("li", "street", 120.19), ("zhao", "team-1", 120.2)):
            duty = duty_store.sign_on(connection, rules, who, unit, staffed.now, staffed.now + 3600)
            place = duty_store.Position(number=1, at=staffed.now, lon=lon, lat=30.25, accuracy=9.0)
            duty_store.add(connection, duty, [place], staffed.now)
    offers = staffed.client("ACCEPTOR").get("/api/cases/c/units").json()
    assert [(each["id"], each["nearest"]) for each in offers] == [("street", "wang"), ("team-1", ""), ("team-2", "")]
    assert offers[0]["metres"] < 25


@pytest.mark.parametrize(
    "token, case, status",
    [
        pytest.param("COLLECTOR", "c", 403, id="who-does-not-dispatch"),
        pytest.param("UNIT", "c", 403, id="a-unit"),
        pytest.param("APP", "c", 403, id="no-role"),
        pytest.param("", "c", 401, id="no-token"),
        pytest.param("ACCEPTOR", "d", 404, id="no-such-case"),
    ],
)
def test_to_whom(staffed: Town, token: str, case: str, status: int) -> None:
    staffed.add(case_row("c", state="filed", responsible="unit-7"))
    assert staffed.client(token).get(f"/api/cases/{case}/units").status_code == status
