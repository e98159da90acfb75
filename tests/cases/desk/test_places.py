"""Whose a case is, by the registers: at its own level, and at those above that it is passed up to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from cases.desk.places import RegisterPlaces
from cases.registers.rows import Memory
from tests.cases.desk.kit import DAY, City, Log, conditions
from tests.cases.registers.kit import empty_store, keep

UNITS: list[dict[str, Any]] = [
    {"id": "bins", "name": "bins", "level": "community", "parent": "street-office"},
    {"id": "street-office", "name": "street office", "level": "street", "parent": "bureau"},
    {"id": "bureau", "name": "bureau", "level": "city"},
    {"id": "market", "name": "market", "level": "community"},
    {"id": "a", "name": "a", "parent": "b"},
    {"id": "b", "name": "b", "parent": "a"},
]
DUTIES: list[dict[str, Any]] = [
    {"id": "1", "category": "06042", "unit": "bins", "helpers": ["market"]},
    {"id": "2", "category": "09", "unit": "market"},
    {"id": "3", "category": "10", "unit": "a"},
]


@pytest.fixture
def store() -> Iterator[sa.Connection]:
    with empty_store().begin() as connection:
        keep(connection, "units", UNITS)
        keep(connection, "duty", DUTIES)
        yield connection


@pytest.mark.parametrize(
    "category, level, unit",
    [
        pytest.param("06042", "community", "bins", id="its-own"),
        pytest.param("06042", "street", "street-office", id="the-one-above"),
        pytest.param("06042", "city", "bureau", id="two-above"),
        pytest.param("09", "street", "", id="nobody-is-above"),
        pytest.param("10", "city", "", id="round-in-a-circle"),
        pytest.param("11", "community", "", id="nobodys"),
    ],
)
def test_the_unit_of_a_level(store: sa.Connection, category: str, level: str, unit: str) -> None:
    found, helpers = RegisterPlaces(store, Memory()).duty(category, "", "", level, DAY)
    assert found == unit
    assert tuple(helpers) == (("market",) if category == "06042" else ())


def test_what_is_overdue_goes_up_to_the_unit_above(database: sa.Engine, store: sa.Connection) -> None:
    holds = conditions(
        City("1 urgent hour"),
        policies={"handling": [{"file": True, "dispatch": True}]},
        deadlines={"escalation": [{"after": "1 urgent hour", "do": "pass_up"}]},
    )
    log = Log(database, holds, RegisterPlaces(store, Memory()))
    log.episode(DAY, "bin")
    assert log.case("bin")["responsible"] == "bins"
    log.passes(DAY + 3 * 3600)
    case = log.case("bin")
    assert (case["level"], case["responsible"], case["state"]) == ("street", "street-office", "dispatched")
    assert log.history("bin") == [
        "file policy reported>filed",
        "dispatch policy filed>dispatched",
        "pass_up policy dispatched>filed",
        "dispatch policy filed>dispatched",
    ]


def test_urgent_ones_call_everybody_named_for_the_place(database: sa.Engine, store: sa.Connection) -> None:
    handling = [{"when": {"severity": 4}, "file": True, "call": True}]
    log = Log(database, conditions(policies={"handling": handling}), RegisterPlaces(store, Memory()))
    log.report(DAY, "told", category="06042", severity=4)
    log.report(DAY + 1, "usual", category="06042")
    assert [event for event, _ in log.changes("told")] == ["opened", "file", "call"]
    assert log.case("told")["helpers"] == ["bins", "market"]
    assert log.cases() == {"told": "filed", "usual": "reported"}
