"""The web API beside a city: its section is checked with the file, it is served, and it ends."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest
from typer.testing import CliRunner

from cases.database import reading
from console.people import find_user
from console.people_passwords import Passwords
from gridwatch.camera_schema import whole_schema
from gridwatch.cli import app
from gridwatch.problems import Problem
from gridwatch.web_running import WebServer, web_of
from gridwatch.web_section import load_web
from pipeline.faults import Faulty
from pipeline.runtime.config import load
from pipeline.runtime.document import parse_document
from tests.console.kit import INTAKE, OPEN311, SECRETS, TOKENS, Town
from tests.gridwatch.test_cli_check import CITY

SECRET = "0123456789-0123456789"


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def error(self, said: str, **_: Any) -> None:
        self.lines.append(said)

    info = warning = error


def written(folder: Path, web: Any, **more: Any) -> Path:
    file = folder / "city.yaml"
    data = parse_document(CITY, "city").data | {"web": web} | more
    file.write_text(json.dumps(data), "utf-8")  # JSON is YAML
    return file


@pytest.mark.parametrize(
    "web, said",
    [
        pytest.param({"prot": 1}, "did you mean 'port'", id="misspelt"),
        pytest.param(
            {"tokens": [{"name": "a", "token_env": "A", "roles": ["boss"]}]}, "web.tokens.0.roles.0", id="role"
        ),
        pytest.param(
            {"tokens": [{"name": "a", "token_env": "A", "hotlines": ["110"]}]}, "no such hotline", id="hotline"
        ),
        pytest.param({"open311": OPEN311 | {"services": []}}, "web.open311.services", id="services"),
        pytest.param({"max_body": 5}, "expected a size", id="size"),
        pytest.param({"proxies": ["*"]}, "expected addresses or networks", id="any-proxy"),
        pytest.param({"tokens": [{"name": "a", "token": SECRET}]}, "web.tokens.0", id="a-secret-written-down"),
    ],
)
def test_check_tells_its_faults_with_the_citys(tmp_path: Path, web: dict[str, Any], said: str) -> None:
    file = written(tmp_path, web, rules=[{"id": "x", "detector": "overspede"}])
    result = CliRunner().invoke(app, ["check", str(file)])
    assert result.exit_code == 1
    assert said in result.output
    assert "did you mean 'overspeed'" in result.output
    assert SECRET not in result.output
    with pytest.raises(Faulty, match="web"):
        load_web(file)


def test_a_whole_section_is_without_fault_and_in_the_schema(tmp_path: Path) -> None:
    web = {"tokens": TOKENS, "open311": OPEN311, "max_body": "1 MiB", "patience": "2s", "proxies": ["127.0.0.1"]}
    file = written(tmp_path, web, intake=INTAKE)
    result = CliRunner().invoke(app, ["check", str(file)])
    assert result.exit_code == 0, result.output
    found = load_web(file)
    assert found is not None
    assert (found.max_body, found.patience, len(found.tokens)) == (1 << 20, 2.0, len(TOKENS))
    jsonschema.validate(json.loads(file.read_text()), whole_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(file.read_text()) | {"web": {"prot": 1}}, whole_schema())


@pytest.mark.parametrize("terminal", [pytest.param(True, id="a-terminal"), pytest.param(False, id="a-service")])
def test_the_first_password_is_left_once_where_only_its_reader_sees_it(
    tmp_path: Path, terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    town, log, kept = Town(tmp_path), Log(), tmp_path / "var" / "first-password.txt"
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    file = written(tmp_path, {"port": 0}, data=str(tmp_path / "var"))
    for _ in range(2):
        assert web_of(file, load(file), town.office, town.engine, log, environment={}) is not None
    said = re.findall(r"[a-z2-9]{5}(?:-[a-z2-9]{5}){3}", capsys.readouterr().out)
    assert (len(said), kept.exists(), len(log.lines)) == (int(terminal), not terminal, int(not terminal))
    if not terminal:
        said = [kept.read_text().strip()]
        assert (kept.stat().st_mode & 0o777, str(kept) in log.lines[0]) == (0o600, True)
    assert not any(password in str(log.lines) for password in said)
    with reading(town.engine) as connection:
        user = find_user(connection, "administrator")
    assert user is not None
    assert Passwords().fits(said[0], user["password"])
    town.engine.dispose()


def test_a_first_password_that_can_not_be_written_is_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(tmp_path)
    monkeypatch.setattr("sys.stdout.isatty", lambda: False)
    (tmp_path / "var" / "first-password.txt").mkdir(parents=True)
    file = written(tmp_path, {"port": 0}, data=str(tmp_path / "var"))
    with pytest.raises(Problem, match="first password can't be written"):
        web_of(file, load(file), town.office, town.engine, Log(), environment={})
    (tmp_path / "var" / "first-password.txt").rmdir()
    assert web_of(file, load(file), town.office, town.engine, Log(), environment={}) is not None
    assert (tmp_path / "var" / "first-password.txt").is_file()
    town.engine.dispose()


def test_the_citys_web_api_is_made_of_its_file(tmp_path: Path) -> None:
    town, log = Town(tmp_path), Log()

    def fails() -> None:
        raise ZeroDivisionError

    def made(web: Any, environment: Mapping[str, str] = SECRETS) -> WebServer | None:
        file = written(tmp_path, web, intake=INTAKE, data=str(tmp_path / "var"))
        return web_of(file, load(file), town.office, town.engine, log, environment=environment)

    assert made(None) is None
    with pytest.raises(Problem, match="set BOSS"):
        made({"tokens": TOKENS}, {})
    assert made({"port": 0}) is not None
    server = made({"port": 0, "tokens": TOKENS})
    assert server is not None
    server.start()
    try:
        with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {SECRETS['BOSS']}"}) as client:
            body = {"category": "06042", "address": "1 Main St", "text": "13800000000"}
            assert client.post("/api/reports", json=body).status_code == 201
            assert client.get("/api/cases").json()["cases"][0]["category"] == "06042"
            assert "server" not in client.get("/api/cases").headers
            town.office.fails = fails
            assert client.post("/api/reports", json=body).status_code == 500
        taken = int(server.url.rsplit(":", 1)[1])
        other = made({"port": taken, "tokens": TOKENS})
        assert other is not None
        with pytest.raises(Problem, match=f"can't listen on 127.0.0.1:{taken}"):
            other.start()
    finally:
        server.stop()
        server.stop()
        town.engine.dispose()
    assert log.lines[1:] == ["ZeroDivisionError at test_web.py:" + log.lines[1].rpartition(":")[2]]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", taken), 1).close()
