"""The migrations lead to the tables, on both databases; a file of any older gridwatch keeps all that it has."""

from __future__ import annotations

import sqlite3
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from cases import migrations
from cases.database import open_database, reading, writing
from cases.migrations import NewerSchema, OlderSchema, draft, has_tables, migrate, newest, version
from cases.tables import APPLIED, CASES, EPISODES, FOLLOWERS, METADATA, STEPS

OLD_1 = """
CREATE TABLE cases (
    id VARCHAR NOT NULL, rule VARCHAR NOT NULL, rule_version VARCHAR NOT NULL, category VARCHAR NOT NULL,
    subject VARCHAR NOT NULL, part VARCHAR NOT NULL, place VARCHAR NOT NULL, lon FLOAT, lat FLOAT,
    started FLOAT NOT NULL, confirmed FLOAT, ended FLOAT, reason VARCHAR NOT NULL, measure FLOAT,
    unit VARCHAR NOT NULL, late BOOLEAN NOT NULL, withdrawn BOOLEAN NOT NULL, opened_position INTEGER NOT NULL,
    position INTEGER NOT NULL, PRIMARY KEY (id)
);
CREATE INDEX cases_by_start ON cases (started, id);
CREATE INDEX cases_by_rule ON cases (rule, started);
CREATE INDEX cases_by_subject ON cases (subject, started);
CREATE INDEX cases_open ON cases (started, id) WHERE ended IS NULL;
CREATE TABLE applied (one INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (one), CHECK (one = 1));
PRAGMA journal_mode = WAL;
"""
OLD_2 = """
CREATE TABLE verdicts (
    number INTEGER NOT NULL, "case" VARCHAR NOT NULL, verdict VARCHAR NOT NULL, "by" VARCHAR NOT NULL,
    at FLOAT NOT NULL, note VARCHAR NOT NULL, PRIMARY KEY (number)
);
CREATE INDEX verdicts_by_case ON verdicts ("case", number);
"""
GOES_ON, OVER, TAKEN_BACK = (f"{n}0000000-0000-5000-8000-000000000000" for n in "123")


def old_file(file: Path, found: int) -> Path:
    """As the gridwatch of then left it."""
    connection = sqlite3.connect(file)
    connection.executescript(OLD_1 + (OLD_2 if found == 2 else ""))
    row = ("overspeed", "v1", "vehicle.overspeed", "川A·7F2Q1", "", "zone-4", 104.06, 30.66)
    cases = [
        (GOES_ON, *row, 1000.0, 1030.0, None, "", 71.5, "km/h", 0, 0, 7, 9),
        (OVER, *row, 2000.0, 2030.0, 2100.0, "clear", None, "km/h", 1, 0, 3, 5),
        (TAKEN_BACK, *row[:-2], None, None, 1e300, None, None, "", None, "", 0, 1, 4, 4),
    ]
    connection.executemany(f"INSERT INTO cases VALUES ({', '.join('?' * 19)})", cases)
    connection.execute("INSERT INTO applied VALUES (1, 9)")
    if found == 2:
        said = [(OVER, "confirmed", "li", 3000.0, ""), (GOES_ON, "confirmed", "li", 3100.0, "")]
        said += [(OVER, "false alarm", "wang", 3200.0, "a tow truck")]
        connection.executemany('INSERT INTO verdicts ("case", verdict, "by", at, note) VALUES (?, ?, ?, ?, ?)', said)
    connection.execute(f"PRAGMA user_version = {found}")
    connection.commit()
    connection.close()
    return file


EXPRESSIONS = {
    str(index.name)
    for table in METADATA.sorted_tables
    for index in table.indexes
    if not all(isinstance(each, sa.Column) for each in index.expressions)
}
"""Indexes that a database gives back in words of its own, or not at all: that they are there is all one can ask."""


def differences(engine: sa.Engine) -> list[Any]:
    """Between what is there and the tables."""
    options = {"compare_type": True, "include_object": lambda *what: what[1] not in EXPRESSIONS}
    names = {"sqlite": "SELECT name FROM sqlite_master", "postgresql": "SELECT indexname FROM pg_indexes"}
    with reading(engine) as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which of them are left out
        found = list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))
        there = set(connection.exec_driver_sql(names[engine.dialect.name]).scalars())
    return found + sorted(EXPRESSIONS - there)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """A database with nothing in it."""
    return tmp_path / "new.sqlite" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def test_they_lead_to_the_tables(empty: str | Path) -> None:
    engine = open_database(empty)
    assert (version(engine), has_tables(engine)) == ("", False)
    assert migrate(engine) == ""
    assert differences(engine) == [], "run `python -m cases.migrations.draft` after a change in cases/tables"
    assert (version(engine), has_tables(engine)) == (newest(), True)
    with reading(engine) as connection:
        assert connection.execute(sa.select(APPLIED)).all() == [(1, -1.0, -1.0, "", -1, 0, -1)], "nothing yet"
    with writing(engine) as connection:
        connection.execute(FOLLOWERS.insert().values(name="outbox", number=1))
    assert migrate(engine) == newest(), "nothing to do"
    with reading(engine) as connection:
        assert connection.execute(sa.select(FOLLOWERS)).all() == [("outbox", 1)]
    engine.dispose()


def test_whoever_comes_together_finds_it_done_once(empty: str | Path) -> None:
    engines = [open_database(empty) for _ in range(4)]
    found: list[str] = []
    threads = [threading.Thread(target=lambda e=each: found.append(migrate(e))) for each in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["", *[newest()] * 3]
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("found", [1, 2])
def test_an_old_file_keeps_all_that_it_has(tmp_path: Path, found: int) -> None:
    engine = open_database(old_file(tmp_path / "cases.sqlite", found))
    with pytest.raises(OlderSchema, match=rf"schema old-{found}, this one reads {newest()}\); `gridwatch run`"):
        has_tables(engine)
    assert migrate(engine) == f"old-{found}"
    assert differences(engine) == []
    with reading(engine) as connection:
        episodes = connection.execute(sa.select(EPISODES).order_by(EPISODES.c.id)).mappings().all()
        cases = {row["id"]: row for row in connection.execute(sa.select(CASES)).mappings()}
        steps = connection.execute(sa.select(STEPS).order_by(STEPS.c.case_id, STEPS.c.number)).mappings().all()
        applied = connection.execute(sa.select(APPLIED)).mappings().one()
        left = set(sa.inspect(connection).get_table_names())
    assert left == {*METADATA.tables, "alembic_version"}
    assert (applied["through"], applied["position"]) == (9, -1)
    assert [(e["id"], e["case_id"], e["ended"], e["measure"], e["position"]) for e in episodes] == [
        (GOES_ON, GOES_ON, None, 71.5, 9),
        (OVER, OVER, 2100.0, None, 5),
        (TAKEN_BACK, TAKEN_BACK, None, None, 4),
    ]
    case = cases[GOES_ON]
    assert (case["number"], case["state"], case["channel"]) == ("19700101-M00003", "reported", "machine")
    assert (case["subject"], case["lon"], case["started"], case["opened"]) == ("川A·7F2Q1", 104.06, 1000.0, 1030.0)
    assert (case["members"], case["going_on"], case["helpers"], case["due"]) == (1, 1, [], None)
    assert (cases[OVER]["members"], cases[OVER]["going_on"], cases[OVER]["late"]) == (1, 0, True)
    assert (cases[TAKEN_BACK]["withdrawn"], cases[TAKEN_BACK]["members"]) == (True, 0)
    told = [(s["case_id"], s["number"], s["action"], s["by"], s["at"], s["note"], s["data"]) for s in steps]
    assert (
        told == []
        if found == 1
        else [
            (GOES_ON, 1, "verdict", "li", 3100.0, "", {"verdict": "confirmed"}),
            (OVER, 1, "verdict", "li", 3000.0, "", {"verdict": "confirmed"}),
            (OVER, 2, "verdict", "wang", 3200.0, "a tow truck", {"verdict": "false alarm"}),
        ]
    )
    if found == 2:
        assert (cases[OVER]["verdict"], cases[OVER]["steps"], cases[OVER]["revision"]) == ("false alarm", 2, 3)
    engine.dispose()


def test_a_gridwatch_from_before_refuses_a_file_of_now(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "cases.sqlite")
    migrate(engine)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA user_version").scalar_one() == 3, "it knew 1 and 2"
    engine.dispose()


def test_a_newer_one_is_refused_and_left_alone(empty: str | Path) -> None:
    engine = open_database(empty)
    migrate(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for look in (migrate, version, has_tables):
        with pytest.raises(NewerSchema, match=r"newer gridwatch \(schema 9999, this one knows"):
            look(engine)
    engine.dispose()


def test_a_migration_that_fails_changes_nothing(empty: str | Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade: Callable[..., None] = migrations.upgrade

    def up_to_there(connection: sa.Connection, to: str = "head") -> None:
        upgrade(connection, to)
        raise RuntimeError("halfway")

    engine = open_database(empty if isinstance(empty, str) else old_file(empty, 2))
    before = version(engine)
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "upgrade", up_to_there)
        with pytest.raises(RuntimeError, match="halfway"):
            migrate(engine)
    assert version(engine) == before
    assert migrate(engine) == before
    assert differences(engine) == []
    engine.dispose()


def test_a_draft_is_the_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft, "_FOLDER", tmp_path)
    with pytest.raises(ValueError, match="lead to the tables already"):
        draft.draft("Nothing", first=False)
    more = sa.MetaData(naming_convention=METADATA.naming_convention)
    for table in METADATA.tables.values():
        table.to_metadata(more)
    more.tables["followers"].append_column(sa.Column("since", sa.Double()))
    monkeypatch.setattr(draft, "METADATA", more)
    file = draft.draft("When a follower came", first=False)
    assert file.name == f"v{int(newest()) + 1:04}_when_a_follower_came.py"
    text = file.read_text()
    assert f'down_revision = "{newest()}"' in text
    assert 'batch_op.add_column(sa.Column("since", sa.Double(), nullable=True))' in text
    assert "create_table" not in text
