"""Coming in, staying in, going out: what a cookie is worth, and what it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cases.database import reading
from cases.tables.people import AUDIT, SESSIONS, USERS
from console.login_links import one_time_link
from console.people_first import keep_first
from tests.console.kit import PASSWORD, Town, case_row

ME = {"name", "shown", "roles", "permissions", "unit", "areas", "language", "csrf", "city", "time_zone"}
ME |= {"must_change_password", "knows_password", "offers"}


def test_a_session_speaks_for_its_person(town: Town) -> None:
    town.user("li", "acceptor", shown="李受理")
    client = town.person("li")
    me = client.get("/api/me").json()
    assert set(me) == ME
    assert (me["name"], me["shown"], me["roles"]) == ("li", "李受理", ["acceptor"])
    assert "see_cases" in me["permissions"]
    town.add(case_row("c1"))
    assert client.get("/api/cases").status_code == 200
    assert client.post("/api/cases/c1/steps", json={"action": "file"}).status_code == 200
    assert (town.office.said[-1].by, town.office.said[-1].role) == ("li", "acceptor")  # type: ignore[union-attr]


def test_nobody_is_told_how_to_come_in(town: Town) -> None:
    got = town.client().get("/api/me")
    assert got.status_code == 401
    assert "Log in" in got.json()["detail"]


@pytest.mark.parametrize(
    "said, status",
    [
        pytest.param({"name": "li", "password": PASSWORD}, 200, id="right"),
        pytest.param({"name": " LI", "password": PASSWORD}, 200, id="capitals-and-blanks-are-the-same"),
        pytest.param({"name": "li", "password": PASSWORD + "x"}, 401, id="wrong"),
        pytest.param({"name": "li", "password": ""}, 401, id="empty"),
        pytest.param({"name": "wang", "password": PASSWORD}, 401, id="nobody"),
        pytest.param({"name": "gone", "password": PASSWORD}, 401, id="disabled"),
        pytest.param({"name": "oidc", "password": ""}, 401, id="has-no-password"),
        pytest.param({"name": "li"}, 422, id="half"),
        pytest.param({"name": "li", "password": "x" * 1000}, 422, id="long"),
    ],
)
def test_login(town: Town, said: dict[str, str], status: int) -> None:
    town.user("li", "acceptor")
    town.user("oidc", "acceptor", password="")
    id = town.user("gone", "acceptor")
    with town.engine.execution_options(writing=True).begin() as connection:
        connection.execute(USERS.update().where(USERS.c.id == id).values(disabled=True))
    got = town.client().post("/api/login", json=said)
    assert got.status_code == status
    assert PASSWORD not in got.text
    if status == 401:
        assert got.json()["detail"] == "This name and password don't belong together. Try again."
        assert "set-cookie" not in got.headers


@pytest.mark.parametrize(
    "url, name, secure",
    [
        pytest.param("http://city.example", "gridwatch=", False, id="http"),
        pytest.param("https://city.example", "__Host-gridwatch=", True, id="https"),
    ],
)
def test_the_cookie_is_kept_from_scripts_and_other_sites(town: Town, url: str, name: str, secure: bool) -> None:
    town.user("li", "acceptor")
    client = town.client()
    client.base_url = url
    cookie = client.post("/api/login", json={"name": "li", "password": PASSWORD}).headers["set-cookie"]
    assert cookie.startswith(name)
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert ("Secure" in cookie) is secure
    assert client.get("/api/me").status_code == 200


def test_an_http_cookie_is_worth_nothing_on_https(town: Town) -> None:
    town.user("li", "acceptor")
    secret = town.person("li").cookies["gridwatch"]
    client = town.client()
    client.base_url = "https://city.example"
    assert client.get("/api/me", headers={"Cookie": f"gridwatch={secret}"}).status_code == 401


@pytest.mark.parametrize(
    "word, status",
    [
        pytest.param(None, 403, id="none"),
        pytest.param("", 403, id="empty"),
        pytest.param("0" * 64, 403, id="wrong"),
        pytest.param("other", 403, id="another-session's"),
        pytest.param("own", 200, id="own"),
    ],
)
def test_a_change_by_cookie_needs_the_sessions_word(town: Town, word: str | None, status: int) -> None:
    town.user("li", "acceptor")
    town.user("wu", "acceptor")
    town.add(case_row("c1"))
    client, words = town.person("li"), {"other": town.person("wu").headers["X-CSRF-Token"]}
    words["own"] = client.headers.pop("X-CSRF-Token")
    headers = {} if word is None else {"X-CSRF-Token": words.get(word, word)}
    assert client.post("/api/cases/c1/steps", json={"action": "file"}, headers=headers).status_code == status
    assert client.get("/api/cases", headers=headers).status_code == 200


def test_another_sites_form_can_not_log_anybody_in(town: Town) -> None:
    town.user("li", "acceptor")
    body = f'{{"name": "li", "password": "{PASSWORD}"}}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        got = town.client().post("/api/login", content=body, headers={"Content-Type": kind})
        assert got.status_code == 422
        assert "set-cookie" not in got.headers


def test_a_session_that_was_there_before_is_not_the_one_that_logs_in(town: Town) -> None:
    town.user("li", "acceptor")
    town.user("wu", "acceptor")
    client = town.person("wu")
    planted = client.cookies["gridwatch"]
    client.post("/api/login", json={"name": "li", "password": PASSWORD})
    assert client.cookies["gridwatch"] != planted
    assert town.client().get("/api/me", headers={"Cookie": f"gridwatch={planted}"}).status_code == 401
    assert town.client().get("/api/me", headers={"Cookie": "gridwatch=chosen-by-somebody"}).status_code == 401


@pytest.mark.parametrize(
    "steps, over",
    [
        #             idle 1 h, longest 3 h
        pytest.param([3500.0], False, id="in-time"),
        pytest.param([3700.0], True, id="idle"),
        pytest.param([3000.0, 3000.0], False, id="used-meanwhile"),
        pytest.param([3000.0, 3000.0, 3000.0, 2000.0], True, id="long-enough"),
    ],
)
def test_sessions_end_by_themselves(tmp_path: Path, steps: list[float], over: bool) -> None:
    town = Town(tmp_path, sessions={"idle": "1 h", "longest": "3 h"})
    town.user("li", "acceptor")
    client = town.person("li")
    for step in steps:
        town.now += step
        status = client.get("/api/me").status_code
    assert status == (401 if over else 200)


def test_a_person_has_so_many_sessions(tmp_path: Path) -> None:
    town = Town(tmp_path, sessions={"most": 2})
    town.user("li", "acceptor")
    clients = []
    for _ in range(3):
        town.now += 10
        clients.append(town.person("li"))
    assert [client.get("/api/me").status_code for client in clients] == [401, 200, 200]


def test_sessions_are_seen_and_ended_by_their_owner_alone(town: Town) -> None:
    town.user("li", "acceptor")
    town.user("wu", "acceptor")
    one, two, other = town.person("li"), town.person("li"), town.person("wu")
    mine = one.get("/api/me/sessions").json()
    assert [each["own"] for each in mine].count(True) == 1
    assert len(mine) == 2
    (second,) = (each["id"] for each in mine if not each["own"])
    assert other.delete(f"/api/me/sessions/{second}").status_code == 404
    assert two.get("/api/me").status_code == 200
    assert one.delete(f"/api/me/sessions/{second}").status_code == 204
    assert [two.get("/api/me").status_code, one.get("/api/me").status_code] == [401, 200]


def test_going_out_ends_it_for_whoever_has_the_cookie(town: Town) -> None:
    town.user("li", "acceptor")
    client = town.person("li")
    secret = client.cookies["gridwatch"]
    assert client.post("/api/logout").status_code == 204
    assert town.client().get("/api/me", headers={"Cookie": f"gridwatch={secret}"}).status_code == 401
    assert town.client().post("/api/logout").status_code == 204


def test_a_password_that_must_be_changed_is_all_there_is(town: Town) -> None:
    town.user("li", "acceptor", must_change=True)
    client, elsewhere = town.person("li"), town.person("li")
    assert client.get("/api/me").json()["must_change_password"]
    refused = client.get("/api/cases")
    assert (refused.status_code, refused.json()["must_change_password"]) == (403, True)
    new = "quite another secret"
    assert client.post("/api/me/password", json={"old": PASSWORD, "new": new}).status_code == 204
    assert client.get("/api/cases").status_code == 200
    assert elsewhere.get("/api/me").status_code == 401
    assert town.client().post("/api/login", json={"name": "li", "password": new}).status_code == 200


@pytest.mark.parametrize(
    "old, new, said",
    [
        pytest.param("not this", "quite another secret", "not your password", id="old"),
        pytest.param(PASSWORD, "short", "12 to 200", id="short"),
        pytest.param(PASSWORD, "aaaaaaaaaaaabbb", "different characters", id="plain"),
        pytest.param(PASSWORD, PASSWORD, "another one", id="the-same"),
        pytest.param(PASSWORD, "my name is li-wei 12", "without your name", id="name"),
    ],
)
def test_what_a_new_password_can_not_be(town: Town, old: str, new: str, said: str) -> None:
    town.user("li-wei", "acceptor")
    got = town.person("li-wei").post("/api/me/password", json={"old": old, "new": new})
    assert got.status_code == 422
    assert said in got.json()["detail"]
    assert new not in got.text


def test_a_link_logs_in_once_and_soon(town: Town) -> None:
    town.user("li", "acceptor", must_change=True)
    secret = one_time_link(town.engine, "LI", town.now)
    client = town.client()
    got = client.post("/api/login/link", json={"secret": secret})
    assert (got.status_code, client.get("/api/me").json()["name"]) == (200, "li")
    assert town.client().post("/api/login/link", json={"secret": secret}).status_code == 401
    late = one_time_link(town.engine, "li", town.now)
    town.now += 601
    assert town.client().post("/api/login/link", json={"secret": late}).status_code == 401
    with pytest.raises(LookupError, match="no user 'wu'"):
        one_time_link(town.engine, "wu", town.now)


@pytest.mark.parametrize(
    "must, by_link, status",
    [
        pytest.param(True, True, 204, id="by-a-link-a-password-that-nobody-knows"),
        pytest.param(True, False, 422, id="by-that-password"),
        pytest.param(False, True, 422, id="by-a-link-their-own"),
    ],
)
def test_who_must_say_the_old_password(town: Town, must: bool, by_link: bool, status: int) -> None:
    town.user("li", "acceptor", must_change=must)
    client = town.client()
    if by_link:
        me = client.post("/api/login/link", json={"secret": one_time_link(town.engine, "li", town.now)}).json()
    else:
        me = client.post("/api/login", json={"name": "li", "password": PASSWORD}).json()
    client.headers["X-CSRF-Token"] = me["csrf"]
    assert client.get("/api/me").json()["knows_password"] is (status == 422)
    said = {"old": "", "new": "another long secret 7"}
    assert client.post("/api/me/password", json=said).status_code == status
    assert client.get("/api/me").json()["knows_password"]
    assert client.post("/api/me/password", json={"old": "", "new": "yet another secret 8"}).status_code == 422


@pytest.mark.parametrize(
    "name, changes, left",
    [
        pytest.param("administrator", "own", False, id="own"),
        pytest.param("administrator", "given", False, id="given-another"),
        pytest.param("li", "own", True, id="somebody-elses"),
        pytest.param("li", "given", True, id="somebody-elses-given"),
    ],
)
def test_the_first_passwords_file_goes_with_it(town: Town, name: str, changes: str, left: bool) -> None:
    folder = town.settings.folder.parent
    file = keep_first(folder, PASSWORD)
    town.app.state.city = replace(town.app.state.city, settings=replace(town.settings, data=folder))
    user = town.user(name, "administrator")
    client = town.person(name)
    if changes == "own":
        said = {"old": PASSWORD, "new": "another long secret 7"}
        assert client.post("/api/me/password", json=said).status_code == 204
    else:
        assert client.post(f"/api/admin/users/{user}/password").status_code == 200
    assert file.exists() is left


def test_nothing_that_is_kept_or_logged_logs_in(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    town.user("li", "acceptor")
    with caplog.at_level("DEBUG"):
        client = town.person("li")
        town.client().post("/api/login", json={"name": PASSWORD, "password": "typed into the wrong field"})
        client.post("/api/me/password", json={"old": PASSWORD, "new": "x"})
    with reading(town.engine) as connection:
        kept: list[Any] = []
        for table in (USERS, SESSIONS, AUDIT):
            kept += connection.execute(sa.select(table)).all()
    for secret in (PASSWORD, "typed into the wrong field", client.cookies["gridwatch"]):
        assert secret not in repr(kept)
        assert secret not in caplog.text


def test_a_token_has_no_session(town: Town) -> None:
    client = town.client("BOSS")
    assert client.get("/api/me").json()["csrf"] == ""
    for path in ("/api/me/sessions",):
        assert client.get(path).status_code == 403
    assert client.post("/api/me/password", json={"old": "a", "new": "b"}).status_code == 403
