"""Duty: located only while signed on, kept for so long, seen by whom, and said who looked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.database import open_database, reading, writing
from cases.migrations import migrate
from cases.tables import SHIFTS
from cases.tables.duty import DUTIES, DUTY_LOOKS, DUTY_POSITIONS
from console import duty_store
from console.duty_settings import DutySection
from console.duty_store import Position
from tests.console.kit import NOW, Town

HERE = {"lon": 120.1, "lat": 30.2}
DAY = 86_400.0


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def where(number: int = 0, age: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"number": number, "age": age, "accuracy": 8.0, **HERE, **more}


def count(town: Town, table: sa.Table) -> int:
    with reading(town.engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


@pytest.fixture
def collector(town: Town) -> TestClient:
    return town.client("COLLECTOR")


# minutes   0        10        20        30        40        50
# position  on        x
@pytest.mark.parametrize(
    "minutes, until, placed, on, why, ended",
    [
        pytest.param(29, None, None, True, "", None, id="on"),
        pytest.param(30, None, None, False, "silent", 30, id="silent-from-the-start"),
        pytest.param(39, None, 10, True, "", None, id="a-position-holds-it"),
        pytest.param(41, None, 10, False, "silent", 40, id="silent-after-a-position"),
        pytest.param(20, 15, 10, False, "over", 15, id="the-time-they-said"),
        pytest.param(50, 45, 10, False, "silent", 40, id="whichever-is-first"),
    ],
)
def test_a_duty_ends_by_itself(
    town: Town, minutes: float, until: float | None, placed: float | None, on: bool, why: str, ended: float | None
) -> None:
    collector = town.client("COLLECTOR")
    said = {} if until is None else {"until": iso(NOW + until * 60)}
    assert collector.post("/api/duty", json=said).json()["on"]
    if placed is not None:
        town.now = NOW + placed * 60
        assert collector.post("/api/duty/positions", json={"positions": [where()]}).json()["kept"] == 1
    town.now = NOW + minutes * 60
    state = collector.get("/api/duty").json()
    assert (state["on"], state["why"]) == (on, why)
    assert state["ended"] == (None if ended is None else iso(NOW + ended * 60))
    status = collector.post("/api/duty/positions", json={"positions": [where(1)]}).status_code
    assert status == (200 if on else 409)
    assert len(town.client("BOSS").get("/api/duty/crews").json()) == on


def test_off_duty_nothing_is_kept(town: Town, collector: TestClient) -> None:
    body = {"positions": [where()]}
    refused = collector.post("/api/duty/positions", json=body)
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    assert collector.delete("/api/duty").json()["on"] is False
    collector.post("/api/duty", json={})
    assert collector.delete("/api/duty").json()["why"] == "off"
    assert collector.post("/api/duty/positions", json=body).status_code == 409
    assert count(town, DUTY_POSITIONS) == 0


def test_what_is_from_before_the_duty_is_left_out(town: Town, collector: TestClient) -> None:
    collector.post("/api/duty", json={})
    town.now += 100
    got = collector.post("/api/duty/positions", json={"positions": [where(1, 101.0), where(2, 99.0), where(3)]})
    assert got.json() == {"kept": 2, "left_out": 1}
    assert count(town, DUTY_POSITIONS) == 2


def test_what_is_sent_twice_is_kept_once(town: Town, collector: TestClient) -> None:
    collector.post("/api/duty", json={})
    town.now += 60
    body = {"positions": [where(1, 30.0), where(2)]}
    assert [collector.post("/api/duty/positions", json=body).json()["kept"] for _ in range(2)] == [2, 2]
    assert count(town, DUTY_POSITIONS) == 2
    # An older one that comes later does not take anybody back.
    collector.post("/api/duty/positions", json={"positions": [where(3, 45.0, lon=121.0)]})
    assert town.client("BOSS").get("/api/duty/crews").json()[0]["lon"] == HERE["lon"]


def test_signing_on_twice_is_one_duty(town: Town, collector: TestClient) -> None:
    first = collector.post("/api/duty", json={}).json()
    town.now += 60
    assert collector.post("/api/duty", json={}).json() == first
    town.now += 3600
    assert collector.post("/api/duty", json={}).json()["started"] == iso(town.now)
    assert count(town, DUTIES) == 2
    assert len(town.client("BOSS").get("/api/duty/crews").json()) == 1


@pytest.mark.parametrize(
    "starts, ends, until",
    [
        pytest.param(-1, 5, 5, id="their-shift"),
        pytest.param(0.5, 8, 8, id="within-the-hour"),
        pytest.param(2, 8, 12, id="a-later-one-is-not-meant"),
        pytest.param(-1, 20, 12, id="never-longer-than-may-be"),
    ],
)
def test_a_duty_ends_with_the_shift(town: Town, starts: float, ends: float, until: float) -> None:
    shift = {"id": "s", "person": "collector-1", "role": "", "unit": "", "grids": [], "note": "", "by": "boss"}
    with writing(town.engine) as connection:
        connection.execute(
            SHIFTS.insert(), shift | {"start": NOW + starts * 3600, "end": NOW + ends * 3600, "changed": NOW}
        )
    state = town.client("COLLECTOR").post("/api/duty", json={}).json()
    assert state["until"] == iso(NOW + until * 3600)


@pytest.mark.parametrize(
    "token, route, status",
    [
        pytest.param("UNIT", "/api/duty", 200, id="a-unit-goes-on-duty"),
        pytest.param("ACCEPTOR", "/api/duty", 403, id="an-acceptor-does-not"),
        pytest.param("APP", "/api/duty", 403, id="nor-who-only-reports"),
        pytest.param("", "/api/duty", 401, id="nor-nobody"),
        pytest.param("COLLECTOR", "/api/duty/track", 200, id="own-track"),
        pytest.param("COLLECTOR", "/api/duty/track?who=sweepers", 403, id="not-anothers"),
        pytest.param("ACCEPTOR", "/api/duty/track?who=sweepers", 403, id="nor-an-acceptor"),
        pytest.param("BOSS", "/api/duty/track?who=sweepers", 200, id="but-a-supervisor"),
        pytest.param("APP", "/api/duty/crews", 403, id="crews-are-for-who-sees-cases"),
        pytest.param("COLLECTOR", "/api/duty/coverage", 403, id="coverage-is-an-indicator"),
    ],
)
def test_who_may(town: Town, token: str, route: str, status: int) -> None:
    assert town.client(token).get(route).status_code == status


def test_whoever_was_located_sees_their_track_and_who_looked(town: Town, collector: TestClient) -> None:
    collector.post("/api/duty", json={})
    town.now += 60
    collector.post("/api/duty/positions", json={"positions": [where(1, 30.0), where(2)]})
    own = collector.get("/api/duty/track").json()
    assert [each["at"] for each in own["positions"]] == [iso(NOW + 30), iso(NOW + 60)]
    assert collector.get("/api/duty/looks").json() == []
    seen = town.client("BOSS").get("/api/duty/track", params={"who": "collector-1", "limit": 1}).json()
    assert (len(seen["positions"]), seen["more"]) == (1, True)
    (look,) = collector.get("/api/duty/looks").json()
    assert (look["by"], look["at"], look["until"]) == ("boss", iso(town.now), iso(town.now))


@pytest.mark.parametrize(
    "since, until, status",
    [
        pytest.param("0001-01-01T00:00:00+14:00", "0001-01-02T00:00:00+14:00", 200, id="long-ago"),
        pytest.param("9999-12-30T00:00:00-14:00", "9999-12-31T00:00:00-14:00", 200, id="to-come"),
        pytest.param(iso(NOW), iso(NOW), 422, id="no-time-at-all"),
        pytest.param("2026-01-01T00:00:00", iso(NOW), 422, id="without-an-offset"),
    ],
)
def test_any_period(town: Town, since: str, until: str, status: int) -> None:
    asked = town.client("BOSS").get("/api/duty/coverage", params={"since": since, "until": until})
    assert asked.status_code == status
    got = town.client("COLLECTOR").get("/api/duty/track", params={"since": since, "until": until})
    assert got.status_code == status


def test_nothing_is_told_that_should_be_gone(town: Town, collector: TestClient) -> None:
    collector.post("/api/duty", json={})
    collector.post("/api/duty/positions", json={"positions": [where()]})
    town.now += 7 * DAY + 1
    assert collector.get("/api/duty/track", params={"since": iso(NOW - DAY)}).json()["positions"] == []


# days       0      1      2      3      4      5      6      7      8
# duty A     xx (signed off)
# duty B                                                     xx (goes on)
def test_what_is_old_is_deleted(town: Town, collector: TestClient) -> None:
    unit = town.client("UNIT")
    collector.post("/api/duty", json={})
    collector.post("/api/duty/positions", json={"positions": [where(1)]})
    town.client("BOSS").get("/api/duty/track?who=collector-1")
    collector.delete("/api/duty")
    town.now = NOW + 7 * DAY
    unit.post("/api/duty", json={})
    unit.post("/api/duty/positions", json={"positions": [where(1)]})
    with writing(town.engine) as connection:
        assert duty_store.purge(connection, 7 * DAY, town.now) == 0
        assert duty_store.purge(connection, 7 * DAY, town.now + 60) == 3
    assert [count(town, table) for table in (DUTIES, DUTY_POSITIONS, DUTY_LOOKS)] == [1, 1, 0]
    assert [each["who"] for each in town.client("BOSS").get("/api/duty/crews").json()] == ["sweepers"]


@pytest.fixture(scope="module")
def store() -> Iterator[sa.Engine]:
    engine = open_database(None)
    migrate(engine)
    yield engine
    engine.dispose()


STEP = st.one_of(
    st.tuples(st.just("on"), st.floats(60, 90_000)),
    st.tuples(st.just("off"), st.just(0.0)),
    st.tuples(st.just("at"), st.floats(0, 20_000)),
    st.tuples(st.just("wait"), st.floats(0, 10_000)),
)


@given(st.lists(STEP, max_size=30))
@settings(max_examples=60, deadline=None)
def test_every_position_that_is_kept_lies_within_a_duty(store: sa.Engine, steps: list[tuple[str, float]]) -> None:
    rules, now = DutySection(), NOW
    with writing(store) as connection:
        for table in (DUTIES, DUTY_POSITIONS):
            connection.execute(table.delete())
        for n, (what, number) in enumerate(steps):
            if what == "on":
                duty_store.sign_on(connection, rules, "a", "", now, now + number)
            elif what == "off":
                duty_store.sign_off(connection, rules, "a", now)
            elif what == "wait":
                now += number
            else:
                duty = duty_store.newest(connection, "a")
                if duty is not None and duty.over(now, rules.silent) is None:
                    duty_store.add(connection, duty, [Position(n, now - number, 120.0, 30.0, None)], now)
        lasted = {row.id: row for row in connection.execute(sa.select(DUTIES))}
        for row in connection.execute(sa.select(DUTY_POSITIONS)):
            its = lasted[row.duty]
            assert its.started <= row.at <= min(its.until, math.inf if its.ended is None else its.ended)
        assert sum(each.ended is None for each in lasted.values()) <= 1


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param({"every": "30s", "silent": "60s"}, id="one-lost-position-would-end-it"),
        pytest.param({"keep": "0s"}, id="kept-for-no-time"),
        pytest.param({"every": "1s"}, id="too-often"),
    ],
)
def test_settings_that_can_not_be_meant_are_refused(rules: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        DutySection.model_validate(rules)


def test_the_rules_are_the_citys(town: Town, collector: TestClient) -> None:
    city = town.app.state.city
    rules = DutySection.model_validate({"keep": "2d", "every": "10s", "silent": "5min", "longest": "4h"})
    web = city.settings.web.model_copy(update={"duty": rules})
    town.app.state.city = replace(city, settings=replace(city.settings, web=web))
    state = collector.post("/api/duty", json={}).json()
    assert [state[name] for name in ("keep", "every", "silent")] == [2 * DAY, 10.0, 300.0]
    assert state["until"] == iso(NOW + 4 * 3600)
