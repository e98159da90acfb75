"""Who may speak, how much and how large; what every answer tells browsers; what no answer and no log says."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from console.access import MOST, Access, Limiter
from console.settings import TokenSection, WebSection
from tests.console.kit import SECRETS, Town, case_row


@pytest.mark.parametrize(
    "path, status",
    [
        pytest.param("/open311/discovery.json", 200, id="discovery"),
        pytest.param("/open311/v2/services.json", 403, id="open311"),
        pytest.param("/api/cases", 401, id="cases"),
        pytest.param("/api/openapi.json", 401, id="contract"),
        pytest.param("/api/reports/X", 401, id="reports"),
        pytest.param("/api/nothing", 404, id="nothing"),
    ],
)
def test_without_tokens_all_but_discovery_is_refused_with_what_to_do(tmp_path: Path, path: str, status: int) -> None:
    got = Town(tmp_path, tokens=False).client().get(path)
    assert got.status_code == status
    if status in (401, 403):
        assert "web.tokens" in got.text


def test_another_secret_is_nobodys(town: Town) -> None:
    client = town.client("BOSS")
    assert client.get("/api/cases").status_code == 200
    for said in ("Bearer nobody", f"Bearer {SECRETS['BOSS']}x", f"Basic {SECRETS['BOSS']}", "Bearer", "Bearer \xff"):
        assert client.get("/api/cases", headers={b"Authorization": said.encode("latin-1")}).status_code == 401


@pytest.mark.parametrize(
    "secrets, said",
    [
        pytest.param({"A": "a" * 16}, "set B", id="missing"),
        pytest.param({"A": "a" * 16, "B": "b" * 15}, "at least 16", id="short"),
        pytest.param({"A": "a" * 16, "B": "a" * 16}, "of its own", id="the-same"),
    ],
)
def test_secrets_are_looked_at_when_it_starts(secrets: dict[str, str], said: str) -> None:
    tokens = [TokenSection(name="one", token_env="A"), TokenSection(name="two", token_env="B")]
    with pytest.raises(ValueError, match=said) as caught:
        Access(tokens, secrets)
    assert "aaaa" not in str(caught.value)


@pytest.mark.parametrize(
    "token, said",
    [
        pytest.param({"roles": ["pipeline"]}, "nobody's", id="the-pipeline"),
        pytest.param({"roles": ["unit"]}, "unit's id", id="a-unit-without-id"),
        pytest.param({"channel": "machine"}, "sensors", id="machine"),
        pytest.param({"name": "a\nb"}, "expected a name", id="name"),
    ],
)
def test_what_a_token_can_not_be(token: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        WebSection.model_validate({"tokens": [{"name": "n", "token_env": "N"} | token]})


def test_a_token_has_so_many_requests_a_minute(tmp_path: Path) -> None:
    town = Town(tmp_path, requests_per_minute=30)
    boss, other, stranger = town.client("BOSS"), town.client("ACCEPTOR"), town.client()
    assert [boss.get("/api/cases").status_code for _ in range(31)] == [200] * 30 + [429]
    assert other.get("/api/cases").status_code == 200
    assert [stranger.get("/api/cases").status_code for _ in range(4)] == [401] * 3 + [429]
    wait = int(boss.get("/api/cases").headers["retry-after"])
    town.now += wait
    assert boss.get("/api/cases").status_code == 200


def test_strangers_do_not_fill_the_memory() -> None:
    limiter = Limiter(lambda: 0.0)
    for n in range(MOST + 100):
        limiter.wait(f"address {n}", 10)
    assert len(limiter) == MOST


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    time = [100.0]
    limiter = Limiter(lambda: time[0])
    assert limiter.wait("a", 60) == 0
    time[0] = 0.0
    assert limiter.wait("a", 60) == 0


@pytest.mark.parametrize("said", [pytest.param(True, id="said"), pytest.param(False, id="found-out")])
@pytest.mark.parametrize("path", ["/api/photos", "/open311/v2/requests.json", "/api/answers/x", "/api/reports"])
def test_a_body_has_an_end(tmp_path: Path, path: str, said: bool) -> None:
    town = Town(tmp_path, max_body="1 kB")
    body = b"x=" + b"y" * 2000
    content: Any = body if said else iter([body[:900], body[900:]])
    headers = {"Content-Type": "application/x-www-form-urlencoded" if "open311" in path else "application/json"}
    got = town.client("BOSS").post(path, content=content, headers=headers)
    assert got.status_code == (400 if "open311" in path else 413)
    assert "1000 bytes" in got.text


@pytest.mark.parametrize("path", ["/open311/discovery.xml", "/api/cases", "/api/nothing", "/open311/v2/services.xml"])
def test_browsers_are_told_to_be_careful(town: Town, path: str) -> None:
    headers = town.client().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"


def test_a_fault_of_ours_is_said_without_what_was_sent(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise KeyError("Wang 13800000000")

    town.add(case_row("c"))
    town.office.fails = fail
    with caplog.at_level(logging.DEBUG, "gridwatch"):
        got = town.client("BOSS").post("/api/cases/c/steps", json={"action": "file", "note": "13800000000"})
    assert got.status_code == 500
    assert "KeyError at " in caplog.text
    assert "13800000000" not in got.text + caplog.text
    assert got.headers["x-frame-options"] == "DENY"


def test_the_contract_is_open_to_tokens(town: Town) -> None:
    contract = town.client("APP").get("/api/openapi.json").json()
    assert {"/api/cases", "/api/cases/{case}/steps", "/api/reports", "/api/duplicates"} <= set(contract["paths"])
    assert contract["components"]["securitySchemes"]
