"""`gridwatch users`: the first who can log in, whoever forgot a password, and who may log in no more."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from cases.database import open_database, reading, writing
from cases.tables.people import AUDIT
from console.login_links import used_link
from console.people import find_user
from console.people_first import keep_first
from console.people_passwords import Passwords
from gridwatch.cli import app

CONFIG = """city: tiny
time_zone: Asia/Shanghai
sources: {fleet: {type: mqtt, host: 127.0.0.1, client_id: tiny, subscribe: ["a/+"]}}
streams:
  gps: {source: fleet, topic: "a/{device}", codec: json, rows: reading, subject: "{device}",
    fields: {ts: {path: t, unit: unix_s}}, metrics: {fullness: {path: f, unit: "%"}}}
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["users", *map(str, words)], env={"COLUMNS": "120"})


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "city.yaml").write_text(CONFIG, "utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def one_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With somebody who administers it."""
    folder = tmp_path_factory.mktemp("city")
    (folder / "city.yaml").write_text(CONFIG, "utf-8")
    assert run("add", "chief", "--role", "administrator", "--config", folder).exit_code == 0
    return folder


def fits(city: Path, name: str, password: str) -> bool:
    (file,) = city.rglob("cases.sqlite")
    engine = open_database(file, read_only=True)
    with reading(engine) as connection:
        user = find_user(connection, name)
    engine.dispose()
    return user is not None and Passwords().fits(password, user["password"])


def password_in(said: str) -> str:
    found = re.search(r"[a-z2-9]{5}(-[a-z2-9]{5}){3}", said)
    assert found, said
    return found.group()


def test_a_user_from_first_to_last(city: Path) -> None:
    first = password_in(run("add", "chief", "--role", "administrator", "--shown", "陈主任").output)
    assert fits(city, "chief", first)
    assert run("add", "sweepers", "--role", "handler", "--unit", "unit-7", "--area", "510104").exit_code == 0
    listed = [json.loads(line) for line in run("list", "--json").output.splitlines()]
    assert [(each["name"], each["roles"], each["areas"]) for each in listed] == [
        ("chief", ["administrator"], []),
        ("sweepers", ["unit"], ["510104"]),
    ]
    assert "password" not in listed[0]
    again = password_in(run("password", "CHIEF").output)
    assert fits(city, "chief", again)
    assert not fits(city, "chief", first)
    assert run("disable", "sweepers").exit_code == 0
    listed_again = run("list").output
    assert "陈主任" in listed_again
    assert "disabled" in listed_again


def test_a_link_logs_in_once_and_stands_in_the_trail(city: Path) -> None:
    (city / "city.yaml").write_text(CONFIG + "web: {port: 8399}\n", "utf-8")
    run("add", "chief", "--role", "administrator")
    said = run("link", "chief", "--for", "1h").output
    found = re.search(r"http://127\.0\.0\.1:8399/login#link=([\w-]+)", said)
    assert found, said
    assert "1h" in said
    (file,) = city.rglob("cases.sqlite")
    engine = open_database(file)
    with writing(engine) as connection:
        now = time.time()
        assert used_link(connection, found.group(1), now + 3700) is None, "too late: it is gone"
        assert {row.action for row in connection.execute(sa.select(AUDIT.c.action))} == {"user.made", "user.link"}
        assert found.group(1) not in str(connection.execute(sa.select(AUDIT)).all())
    engine.dispose()


def test_another_password_ends_the_first_ones_file(city: Path) -> None:
    (city / "var").mkdir(exist_ok=True)
    run("add", "administrator", "--role", "administrator")
    (file,) = city.rglob("cases.sqlite")
    kept = keep_first(file.parent, "secret")
    run("add", "li")
    run("password", "li")
    assert kept.exists()
    run("password", "Administrator")
    assert not kept.exists()


@pytest.mark.parametrize(
    "words, why",
    [
        pytest.param(("add", "chief"), "already", id="taken"),
        pytest.param(("add", "li", "--role", "king"), "there is no role 'king'", id="no-role"),
        pytest.param(("add", "li", "--role", "handler"), "unit's id", id="no-unit"),
        pytest.param(("password", "li"), "There is no user 'li'", id="nobody"),
        pytest.param(("link", "chief"), "no console", id="no-console"),
        pytest.param(("link", "chief", "--for", "2d"), "at most a day", id="too-long"),
        pytest.param(("disable", "chief"), "nobody else could administer", id="the-last"),
    ],
)
def test_what_can_not_be(one_city: Path, words: tuple[str, ...], why: str) -> None:
    got = CliRunner().invoke(app, ["users", *words, "--config", str(one_city)])
    assert got.exit_code == 2
    assert why.lower() in got.stderr.lower()
