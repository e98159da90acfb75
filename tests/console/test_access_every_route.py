"""Every route of the contract, tried by those for whom it is not: nobody, another site's page, somebody of another area
or unit. What is new in the contract is tried without further ado, or has to be put down here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from console.contract import contract
from tests.console.access_kit import FOREIGN, Twofold
from tests.console.kit import SECRETS, Town, case_row

CHANGES = ("post", "put", "patch", "delete")
Route = tuple[str, str]

FOR_ANYBODY = {
    ("get", "/api/login"),
    ("post", "/api/login"),
    ("post", "/api/login/link"),
    ("post", "/api/logout"),
    ("get", "/api/login/oidc"),
    ("get", "/api/login/oidc/callback"),
    ("get", "/api/public"),
    ("get", "/api/public/parking"),
    ("get", "/api/public/reports/{number}"),
    ("post", "/api/answers/{target}"),
}
"""They look at names, passwords, signatures and numbers themselves."""
WITHOUT_A_SESSION = {("post", "/api/login"), ("post", "/api/login/link"), ("post", "/api/answers/{target}")}

BODIES: dict[Route, Any] = {
    ("post", "/api/cases/{case}/steps"): {"action": "comment", "note": "mine now"},
    ("post", "/api/cases/{case}/evidence/{piece}/original"): {"reason": "because I say so"},
    ("put", "/api/filters/{id}"): {"name": "mine", "wanted": {}},
}
OF_THE_CITY = re.compile(
    r"/api/(admin|hotline|map|vehicles|layers|registers|rules|tryouts|cameras|indicators|reports|photos|shifts"
    r"|public|answers|shelved)/.*"
)
"""Names and ids of what is the whole city's: a permission decides, not an area. Photos have their hash for a name."""


def routes() -> list[Route]:
    """Of the contract."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        town = Town(Path(folder))
        paths = contract(town.app)["paths"]
        town.engine.dispose()
    methods = ("get", *CHANGES)
    return [(method, path) for path, said in paths.items() for method in methods if method in said]


ROUTES = routes()


def _all(some: Iterator[Route] | list[Route]) -> list[Any]:
    return [pytest.param(*each, id=f"{each[0]} {each[1]}") for each in some]


@pytest.fixture(scope="module")
def twofold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twofold]:
    twofold = Twofold(tmp_path_factory.mktemp("town"))
    yield twofold
    twofold.town.engine.dispose()


def filled(path: str, case: str) -> str:
    """With what is there."""
    known = {"case": case, "piece": "p1", "session": "x", "id": "f1"}
    return re.sub(r"\{(\w+)\}", lambda found: known.get(found.group(1), "1"), path)


@pytest.mark.parametrize("method, path", _all([each for each in ROUTES if each not in FOR_ANYBODY]))
def test_nobody_is_told_nothing(twofold: Twofold, method: str, path: str) -> None:
    twofold.town.now += 60  # strangers have few requests a minute
    assert twofold.town.client().request(method, filled(path, "own-case")).status_code == 401


@pytest.mark.parametrize(
    "method, path", _all([each for each in ROUTES if each[0] in CHANGES and each not in WITHOUT_A_SESSION])
)
def test_what_changes_something_does_not_come_from_another_site(twofold: Twofold, method: str, path: str) -> None:
    """A browser sends the cookie with it, but no page of another site knows the session's word."""
    browser = TestClient(twofold.town.app, "http://city.example", cookies=twofold.people["li"].cookies)
    for word in ({}, {"X-CSRF-Token": "0" * 64}):
        got = browser.request(method, filled(path, "own-case"), headers=word, json=BODIES.get((method, path)))
        assert (got.status_code, "did not come from a page" in got.text) == (403, True), got.text


@pytest.mark.parametrize("who", ["li", "wang"])
@pytest.mark.parametrize("method, path", _all([each for each in ROUTES if "{" in each[1]]))
def test_what_is_anothers_is_not_there(twofold: Twofold, method: str, path: str, who: str) -> None:
    if OF_THE_CITY.fullmatch(path):
        return
    client, body = twofold.people[who], BODIES.get((method, path))
    got = client.request(method, filled(path, f"{FOREIGN}-case"), json=body)
    assert got.status_code in (403, 404), got.text
    assert FOREIGN not in got.text
    if "{case}" in path and "{piece}" not in path and method == "get":
        own = client.request(method, filled(path, "own-case"), json=body)
        assert own.status_code in (200, 403, 503), own.text
    twofold.town.now += 1


@pytest.mark.parametrize("who", ["li", "wang"])
@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "get" and "{" not in path])
def test_no_list_and_no_file_has_it(twofold: Twofold, path: str, who: str) -> None:
    where: dict[str, Any] = {"lon": 120.0, "lat": 30.0, "category": "06042"}
    for params in ({}, where | {"q": FOREIGN, "id": f"{FOREIGN}-case"}, {"text": FOREIGN}):
        told = twofold.people[who].get(path, params=params, follow_redirects=False).text
        if path == "/api/duplicates":  # that there is such a case is told before it is reported twice, not what it says
            told = told.replace(f"N-{FOREIGN}", "")
        assert FOREIGN not in told, told
    twofold.town.now += 1


def test_ids_of_others_are_not_told_where_several_begin_alike(twofold: Twofold) -> None:
    twofold.town.add(case_row("ab1", grid="33"), case_row("ab2", grid="33"), case_row("ab3", grid="33"))
    got = twofold.people["li"].get("/api/cases/ab")
    assert (got.status_code, "ab1" in got.text) == (404, False)


def test_a_field_that_is_not_offered_is_refused_or_does_nothing(twofold: Twofold) -> None:
    """Nobody makes themselves somebody else by saying more than is asked."""
    li = twofold.people["li"]
    more = {"roles": ["administrator"], "areas": [], "by": "boss", "role": "supervisor", "at": 0, "must_change": False}
    for method, path, body in (
        ("put", "/api/me/language", {"language": "zh"}),
        ("post", "/api/filters", {"name": "x", "wanted": {}}),
        ("post", "/api/snoozes", {"cases": ["own-case"], "until": "2026-05-28T21:00:00Z"}),
        ("post", "/api/cases/own-case/steps", {"action": "comment", "note": "x"}),
    ):
        before = len(twofold.town.office.said)
        status = li.request(method, path, json=body | more).status_code
        said = twofold.town.office.said[before:]
        assert status == 422 or [(each.by, each.at) for each in said] == [("li", twofold.town.now)]  # type: ignore[union-attr]
    me = li.get("/api/me").json()
    assert (me["areas"], "administrator" in me["roles"]) == (["5101"], False)
    twofold.town.office.said.clear()


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: x=1", 'a"; filename="b.exe', "../../etc/passwd", "单位\n.csv"])
def test_no_name_gets_out_of_its_header(tmp_path: Path, name: str) -> None:
    town = Town(tmp_path)
    town.add(case_row("c1", number=name))
    for path in ("/api/cases/c1/export", "/api/history.csv", "/api/shifts.csv"):
        got = town.client("BOSS").get(path)
        assert "set-cookie" not in got.headers
        disposition = got.headers.get("content-disposition", 'attachment; filename="none"')
        assert re.fullmatch(r'attachment; filename="[\w.-]+"', disposition), disposition
    town.engine.dispose()


@pytest.mark.parametrize(
    "path",
    [
        "/api/photos/..%2f..%2f/cases.sqlite",
        "/api/photos/../../etc/passwd",
        "/api/photos/%2e%2e/cases.sqlite",
        "/api/indicators/reports/..%2fcases.sqlite",
        "/api/map/file/../../cases.sqlite",
        "/..%2f..%2fetc%2fpasswd",
        "/assets/..%2f..%2fpages.py",
    ],
)
def test_no_path_leads_out_of_its_folder(tmp_path: Path, path: str) -> None:
    town = Town(tmp_path)
    (tmp_path / "kept").mkdir()
    got = town.client("BOSS").get(path)
    page = got.headers["content-type"].startswith("text/html")  # what is no address of the API is one of a page
    assert got.status_code in (404, 422, 503) or page, path
    assert not any(each in got.content for each in (b"SQLite", b"root:", b"class Pages"))
    assert SECRETS["BOSS"] not in got.text
    town.engine.dispose()
