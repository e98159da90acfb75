"""What people see: by unit and by area; how often they may guess; and the first of them."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.database import reading, writing
from cases.reading import triage
from cases.tables import CASES
from console.access import limited, sees
from console.login_throttle import FREE, LONGEST, MOST, Throttle
from console.people import FIRST, find_user, first_administrator
from console.people_passwords import Passwords
from console.roles import role_of
from console.settings import Token
from tests.console.kit import PASSWORD, PASSWORDS, Town, case_row

PLACES = [
    case_row("north", grid="510104001001", responsible="unit-7"),
    case_row("south", grid="510104002001", responsible="unit-8"),
    case_row("helped", grid="510104002002", responsible="unit-8", helpers=["unit-7"]),
    case_row("far", grid="510105001001", responsible="unit-7"),
    case_row("nowhere", grid="", responsible=""),
]


@pytest.mark.parametrize(
    "role, unit, areas, seen",
    [
        pytest.param("acceptor", "", (), {"north", "south", "helped", "far", "nowhere"}, id="all"),
        pytest.param("acceptor", "", ("510104",), {"north", "south", "helped"}, id="a-district"),
        pytest.param("acceptor", "", ("510104001", "510105"), {"north", "far"}, id="a-street-and-a-district"),
        pytest.param("collector", "", ("510104002001",), {"south"}, id="a-cell"),
        pytest.param("unit", "unit-7", (), {"north", "helped", "far"}, id="a-unit"),
        pytest.param("unit", "unit-7", ("510104",), {"north", "helped"}, id="a-unit-in-a-district"),
        pytest.param("supervisor", "unit-7", (), {"north", "south", "helped", "far", "nowhere"}, id="not-only-a-unit"),
    ],
)
def test_who_sees_what(town: Town, role: str, unit: str, areas: tuple[str, ...], seen: set[str]) -> None:
    town.add(*PLACES)
    town.user("li", role, unit=unit, areas=areas)
    client = town.person("li")
    assert {each["id"] for each in client.get("/api/cases").json()["cases"]} == seen
    for case in PLACES:
        inside = case["id"] in seen
        assert client.get(f"/api/cases/{case['id']}").status_code == (200 if inside else 404)
        assert client.get(f"/api/cases/{case['number']}").status_code == (200 if inside else 404)
        step = {"action": "comment", "note": "x"}
        assert client.post(f"/api/cases/{case['id']}/steps", json=step).status_code == (200 if inside else 404)
    assert {said.case for said in town.office.said} == seen  # type: ignore[union-attr]


AREA = st.text("125_%.", min_size=1, max_size=3)


@settings(max_examples=40, deadline=None)
@given(who=st.sampled_from(["acceptor", "unit"]), areas=st.lists(AREA, max_size=3), grid=st.text("125_%.", max_size=4))
def test_a_list_and_one_case_agree(one_town: Town, who: str, areas: list[str], grid: str) -> None:
    token = Token.model_construct(name="li", roles=(role_of(who),), unit="unit-7", areas=tuple(areas))
    case = case_row("c", grid=grid, responsible="unit-7")
    with one_town.engine.execution_options(writing=True).connect() as connection:
        connection.execute(CASES.insert(), case)
        listed = bool(triage(connection, limited(token)).cases)
        connection.rollback()
    assert listed == sees(token, case)


@pytest.fixture(scope="module")
def one_town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("town"))


def test_an_operator_files_and_dispatches(town: Town) -> None:
    town.add(case_row("c1"))
    town.user("li", "operator")
    client = town.person("li")
    for action, data in (("file", {}), ("dispatch", {"unit": "unit-7"})):
        assert client.post("/api/cases/c1/steps", json={"action": action, "data": data}).status_code == 200
    assert [said.role for said in town.office.said] == ["acceptor", "dispatcher"]  # type: ignore[union-attr]
    assert client.post("/api/cases/c1/steps", json={"action": "accept"}).status_code == 403


def test_an_administrator_takes_no_steps(town: Town) -> None:
    town.add(case_row("c1"))
    town.user("chief", "administrator")
    assert town.person("chief").post("/api/cases/c1/steps", json={"action": "file"}).status_code == 403


# guess:  1  2  3 |  4   5   6
# waits:  0  0  0 | 2 s 4 s 8 s … 60 s
def test_guessing_gets_slower_and_nobody_is_locked_out() -> None:
    time = [0.0]
    throttle = Throttle(lambda: time[0])
    waits = []
    for _ in range(12):
        wait = throttle.wait("li", "192.0.2.7")
        waits.append(wait)
        time[0] += wait
        if wait:
            assert throttle.wait("li", "192.0.2.7") == 0
    assert waits[: FREE + 3] == [0, 0, 0, 2, 4, 8]
    assert max(waits) == LONGEST
    time[0] += LONGEST
    assert throttle.wait("li", "198.51.100.1") == 0


def test_strangers_do_not_keep_somebody_out_whose_address_is_known() -> None:
    throttle = Throttle(lambda: 0.0)
    assert throttle.wait("li", "home") == 0
    throttle.right("li", "home")
    for n in range(20):
        throttle.wait("li", f"stranger {n}")
    assert throttle.wait("li", "another") > 0
    assert throttle.wait("li", "home") == 0


def test_one_password_does_not_pay_for_guesses_at_others() -> None:
    throttle = Throttle(lambda: 0.0)
    for n in range(FREE + 1):
        throttle.wait(f"victim {n}", "192.0.2.7")
        if throttle.wait("own", "192.0.2.7") == 0:
            throttle.right("own", "192.0.2.7")
    assert throttle.wait("one more", "192.0.2.7") > 0


def test_guesses_at_once_count_each() -> None:
    throttle, free = Throttle(lambda: 0.0), []
    threads = [threading.Thread(target=lambda: free.append(throttle.wait("li", "a") == 0)) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert free.count(True) == FREE


def test_guesses_do_not_fill_the_memory() -> None:
    throttle = Throttle(lambda: 0.0)
    for n in range(MOST + 50):
        throttle.wait(f"name {n}", f"address {n}")
    assert len(throttle._wrong) == MOST


@pytest.mark.parametrize("name", [pytest.param("li", id="known"), pytest.param("nobody", id="unknown")])
def test_it_makes_no_difference_whether_there_is_such_a_user(
    town: Town, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answers are the same, and so is the work, which is what takes the time: one comparison each."""
    town.user("li", "acceptor")
    compared: list[bool] = []
    fits = Passwords.fits

    def counted(passwords: Passwords, password: str, hash: str) -> bool:
        compared.append(True)
        return fits(passwords, password, hash)

    monkeypatch.setattr(Passwords, "fits", counted)
    answers = [town.client().post("/api/login", json={"name": name, "password": f"wrong {n}"}) for n in range(FREE + 1)]
    assert [each.status_code for each in answers] == [401] * FREE + [429]
    assert len(compared) == FREE
    assert answers[0].json()["detail"] == "This name and password don't belong together. Try again."
    assert answers[-1].headers["retry-after"] == "3"
    assert "set-cookie" not in answers[0].headers


def test_the_first_administrator_is_made_once(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), writing(town.engine) as connection:
        password = first_administrator(connection, PASSWORDS, town.now)
        assert first_administrator(connection, PASSWORDS, town.now) is None
    assert password is not None
    assert password not in caplog.text
    got = town.client().post("/api/login", json={"name": FIRST, "password": password})
    assert (got.status_code, got.json()["must_change_password"]) == (200, True)


def test_a_city_with_users_gets_no_administrator(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.user("li", "acceptor")
    with writing(town.engine) as connection:
        assert first_administrator(connection, PASSWORDS, town.now) is None


def test_passwords_are_hashed_anew_where_their_parameters_are_old(town: Town) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    town.user("li", "acceptor", password=old)
    town.person("li")
    with reading(town.engine) as connection:
        row = find_user(connection, "li")
    assert row is not None
    assert "t=1" in row["password"]
    assert town.person("li").get("/api/me").status_code == 200
