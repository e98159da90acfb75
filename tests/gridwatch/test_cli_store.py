"""`gridwatch store`: what it says of a store, and that moving leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import typer
from typer.testing import CliRunner, Result

from cases.database import HeldDesk, open_database, reading, writing
from cases.migrations import migrate, newest
from cases.store_section import FILE, StoreSection, store_of
from cases.tables import FOLLOWERS, METADATA
from gridwatch.cli.frame import CommandGroup
from gridwatch.cli.store import app
from pipeline.journal import Journal
from tests.services.postgres import postgres, postgres_url

__all__ = ["postgres", "postgres_url"]

APP = typer.Typer(cls=CommandGroup, pretty_exceptions_enable=False)
APP.add_typer(app, name="store")
NEWEST = newest()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(APP, ["store", *map(str, arguments)], env={"COLUMNS": "200", "PASSWORD": "secret"})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a store that has something in it."""
    engine = open_database(tmp_path / FILE)
    migrate(engine)
    with writing(engine) as connection:
        connection.execute(FOLLOWERS.insert(), [{"name": name, "number": 1} for name in ("outbox", "notify")])
    engine.dispose()
    return tmp_path


def test_info(data: Path) -> None:
    told = run("info", "--data", data)
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines() == [
        f"{data / FILE}: schema {NEWEST}",
        "           1  applied",
        "           2  followers",
    ]
    (said,) = map(json.loads, run("info", "--data", data, "--json").stdout.splitlines())
    assert (said["schema"], said["newest"], said["rows"]["followers"]) == (NEWEST, NEWEST, 2)
    assert sorted(said["rows"]) == sorted(METADATA.tables)


def test_info_of_an_older_one_a_newer_one_and_none(tmp_path: Path) -> None:
    none = run("info", "--data", tmp_path)
    assert (none.exit_code, "gridwatch run" in none.stderr) == (3, True)
    engine = open_database(tmp_path / FILE)
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE cases (id)")
        connection.exec_driver_sql("PRAGMA user_version = 2")
    assert "`gridwatch store migrate` brings it up to date" in run("info", "--data", tmp_path).stdout
    with writing(engine) as connection:
        connection.exec_driver_sql("PRAGMA user_version = 99")
    newer = run("info", "--data", tmp_path)
    assert (newer.exit_code, "newer gridwatch" in newer.stderr) == (3, True)
    engine.dispose()


def test_migrate(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert run("migrate", "--data", folder).stdout == f"{folder / FILE}: schema {NEWEST}, made\n"
    assert run("migrate", "--data", folder).stdout == f"{folder / FILE}: schema {NEWEST}, was up to date\n"


@pytest.mark.parametrize("command", [["migrate"], ["move", "--to", "elsewhere.sqlite"]], ids=lambda words: words[0])
def test_not_while_the_city_runs(data: Path, command: list[str]) -> None:
    with Journal.open(data / "journal"):
        told = run(*command, "--data", data)
    assert (told.exit_code, "another process" in told.stderr) == (3, True)


@pytest.fixture
def elsewhere(postgres_url: str) -> Iterator[sa.Engine]:
    engine = open_database(postgres_url)
    yield engine
    engine.dispose()


@pytest.mark.service
def test_to_postgresql_and_back(data: Path, postgres_url: str, tmp_path: Path) -> None:
    told = run("move", "--data", data, "--to", postgres_url, "--password-env", "PASSWORD")
    assert told.exit_code == 0, told.output
    assert "3 rows of " in told.stdout
    assert f'store: {{url: "{postgres_url}", password_env: PASSWORD}}' in told.stdout
    city = tmp_path / "city.yaml"
    city.write_text(CITY.format(url=postgres_url))
    back = run("move", "--config", city, "--to", tmp_path / "back.sqlite", "--json")
    assert back.exit_code == 0, back.output
    rows = {line["table"]: line["rows"] for line in map(json.loads, back.stdout.splitlines())}
    assert (rows["followers"], rows["applied"]) == (2, 1)
    engine = open_database(tmp_path / "back.sqlite")
    with reading(engine) as connection:
        assert sorted(connection.execute(sa.select(FOLLOWERS.c.name)).scalars()) == ["notify", "outbox"]
    engine.dispose()
    again = run("move", "--data", data, "--to", postgres_url)
    assert (again.exit_code, "give a database that is empty" in again.stderr) == (3, True)


CITY = """
city: testville
time_zone: Asia/Shanghai
store: {{url: "{url}"}}
sources: {{fleet: {{type: mqtt, host: 127.0.0.1, client_id: t, subscribe: ["fleet/#"]}}}}
streams:
  gps:
    {{source: fleet, topic: "fleet/{{device}}/gps", codec: json, rows: position, subject: "{{device}}", datum: WGS-84,
      fields: {{ts: {{path: t, unit: unix_s}}, lon: {{path: x}}, lat: {{path: y}}}}}}
"""


@pytest.mark.service
def test_not_while_another_machine_files_cases_there(data: Path, elsewhere: sa.Engine, postgres_url: str) -> None:
    held = HeldDesk(elsewhere)
    told = run("move", "--data", data, "--to", postgres_url)
    held.close()
    assert (told.exit_code, "another gridwatch files cases there" in told.stderr) == (3, True)


@pytest.mark.parametrize(
    "to, more, code, why",
    [
        pytest.param("postgresql://u:secret@h/n", [], 2, "without a password", id="password-in-the-url"),
        pytest.param("mysql://u@h/n", [], 2, "such as postgresql://", id="another-kind"),
        pytest.param("postgresql://u@h/n", ["--password-env", "NOBODY"], 2, "'NOBODY' is not set", id="no-variable"),
        pytest.param("postgresql://u@127.0.0.1:1/n", [], 3, "check that its server runs", id="nobody-there"),
    ],
)
def test_where_it_can_not_go(data: Path, to: str, more: list[str], code: int, why: str) -> None:
    told = run("move", "--data", data, "--to", to, *more)
    assert (told.exit_code, why in told.stderr) == (code, True), told.stderr
    assert "secret" not in told.output


def test_the_section(tmp_path: Path) -> None:
    section = StoreSection(url="postgresql://u@h/n", password_env="PASSWORD")
    assert section.whole_url({"PASSWORD": "a/b@c"}) == "postgresql://u:a%2Fb%40c@h/n"
    assert store_of(None, tmp_path, {}) == tmp_path / "cases.sqlite"
    assert "secret" not in repr(open_database(StoreSection(url="postgresql://u@h/n").whole_url({})))
