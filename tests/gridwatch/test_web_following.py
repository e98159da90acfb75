"""A console that runs takes over its section when that is read again; a bad one is refused, some of it has to wait."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gridwatch.reload_beside import ReloadBeside
from gridwatch.web_rounds import WebRounds
from gridwatch.web_running import WebServer, web_of
from gridwatch.web_section import at_next_start, load_web
from pipeline.runtime.config import load
from tests.console.kit import INTAKE, OPEN311, SECRETS, TOKENS, Town
from tests.gridwatch.test_web import Log, written

BOSS = {"Authorization": f"Bearer {SECRETS['BOSS']}"}


class Running:
    """A console at work; its rounds are walked by the test."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.town, self.log = folder, Town(folder), Log()
        self.town.user("chief", "administrator")
        self.file = self.write()
        self.configuration = load(self.file)
        self.environment = dict(SECRETS)
        server = web_of(
            self.file,
            self.configuration,
            self.town.office,
            self.town.engine,
            self.log,
            environment=self.environment,
            in_force=lambda: self.configuration,
        )
        assert server is not None
        assert server.rounds is not None
        self.server, self.rounds = server, server.rounds
        server.rounds = None  # no thread
        server.start()

    def write(self, more: dict[str, Any] | None = None, **web: Any) -> Path:
        section = {"port": 0, "tokens": TOKENS, "open311": OPEN311} | web
        return written(self.folder, section, intake=INTAKE, data=str(self.folder / "var"), **(more or {}))

    def read_again(self, **web: Any) -> None:
        self.write(**web)
        self.rounds.following.ask()
        self.rounds.following.look()

    def get(self, path: str, **more: Any) -> httpx.Response:
        return httpx.get(f"{self.server.url}{path}", **{"headers": BOSS, **more})


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.server.stop()
    running.town.engine.dispose()


def test_what_is_read_again_counts_from_the_next_request_on(running: Running) -> None:
    assert running.get("/api/public").json()["parking"] is False
    assert running.get("/api/map").json()["attribution"] == ""
    tiles = {"type": "xyz", "url": "https://tiles.example/{z}/{x}/{y}.png", "attribution": "© here"}
    running.read_again(public={"parking": True}, map=tiles, max_body="1 kB", tokens=TOKENS[:1])
    assert running.get("/api/public").json()["parking"] is True
    assert running.get("/api/map").json()["attribution"] == "© here"
    reported = httpx.post(f"{running.server.url}/api/reports", headers=BOSS, json={"text": "x" * 2000})
    assert reported.status_code == 413
    acceptor = {"Authorization": f"Bearer {SECRETS['ACCEPTOR']}"}
    assert running.get("/api/cases", headers=acceptor).status_code == 401, "this token is taken out"
    assert running.log.lines == ["the console goes by what was read again"]


@pytest.mark.parametrize(
    "web, said",
    [
        pytest.param({"patience": "soon"}, "expected a duration", id="no-duration"),
        pytest.param({"tokens": [{"name": "new", "token_env": "NEW"}]}, "set NEW", id="a-secret-that-is-not-set"),
        pytest.param(
            {"oidc": {"issuer": "http://id.example", "client_id": "x", "url": "https://a.example", "roles": {}}},
            "https://",
            id="a-provider-without-tls",
        ),
    ],
)
def test_a_bad_section_is_refused_whole(running: Running, web: dict[str, Any], said: str) -> None:
    running.read_again(public={"parking": True}, **web)
    assert running.get("/api/public").json()["parking"] is False
    assert running.get("/api/cases").status_code == 200
    assert any(said in line for line in running.log.lines), running.log.lines
    assert running.log.lines[-1] == "the console stays as it was"
    told = ReloadBeside(running.file, lambda: None, environment=running.environment).reload()
    assert not told.taken
    assert [said in fault.problem for fault in told.faults] == [True]
    assert {(fault.file, fault.line > 0) for fault in told.faults} == {("city.yaml", True)}


@pytest.mark.parametrize(
    "web, waits",
    [
        pytest.param({"port": 8312}, ["web.port"], id="port"),
        pytest.param({"host": "0.0.0.0", "map": {"points": 1000}}, ["web.host", "web.map.points"], id="several"),
        pytest.param({"patience": "9s"}, [], id="nothing"),
    ],
)
def test_what_has_to_wait_is_named(running: Running, web: dict[str, Any], waits: list[str]) -> None:
    began, asked = running.rounds.following.began, []
    running.write(**web)
    reloading = ReloadBeside(running.file, lambda: asked.append(1), lambda: began, running.environment)
    assert (reloading.check().restart, asked) == (waits, [])
    assert (reloading.reload().restart, asked) == (waits, [1])
    running.read_again(**web)
    assert [line.split("'")[1] for line in running.log.lines if "next start" in line] == waits
    assert running.get("/api/cases").status_code == 200


def test_a_section_that_is_gone_has_to_wait(running: Running) -> None:
    assert at_next_start(running.rounds.following.began, None) == ["web"]
    written(running.folder, None, intake=INTAKE, data=str(running.folder / "var"))
    running.rounds.following.ask()
    running.rounds.following.look()
    assert running.get("/api/cases").status_code == 200


def test_what_comes_into_force_of_the_rest_counts_too(running: Running) -> None:
    assert running.get("/api/me").json()["time_zone"] == running.configuration.time_zone
    before = running.town.app.state.city
    running.rounds.following.look()
    assert running.town.app.state.city is before
    running.configuration = load(running.write({"time_zone": "Asia/Urumqi"}))
    running.rounds.following.look()
    assert running.get("/api/me").json()["time_zone"] == "Asia/Urumqi"


def test_who_is_believed_about_addresses_changes(running: Running) -> None:
    def address() -> str:
        said = {"name": "chief", "password": "wrong wrong wrong"}
        httpx.post(f"{running.server.url}/api/login", json=said, headers={"X-Forwarded-For": "192.0.2.7"})
        entries = running.town.person("chief").get("/api/admin/audit", params={"action": "login.failed"}).json()
        return str(entries["entries"][0]["address"])

    assert address() == "127.0.0.1"
    running.read_again(proxies=["127.0.0.0/8"])
    assert address() == "192.0.2.7"
    running.read_again(proxies=[])
    assert address() == "127.0.0.1"


def test_rounds_go_on_beside_a_server_and_end_with_it(tmp_path: Path) -> None:
    running = Running(tmp_path)
    rounds: WebRounds = running.rounds
    running.server.stop()
    server: WebServer = running.server
    server.rounds = rounds
    rounds.start()
    server.stop()
    assert not rounds._thread.is_alive()
    server.stop()
    running.town.engine.dispose()
    assert load_web(running.file) is not None
