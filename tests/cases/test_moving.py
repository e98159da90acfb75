"""All that a store keeps goes from one database into another, and back, and is the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cases import moving
from cases.database import open_database, reading, writing
from cases.migrations import migrate
from cases.moving import Differs, NotEmpty, content, move
from cases.tables import APPLIED, CASES, CHANGES, FOLLOWERS, METADATA

DICE = random.Random(7)


def value(column: sa.Column[Any], n: int) -> Any:
    """Something that is not easy to keep."""
    if column.nullable and n % 5 == 0:
        return None
    if isinstance(column.type, sa.JSON):
        return DICE.choice([{"为": [1, 2.5, None, True, 1e300, -0.0]}, [], {"b": 1, "a": {"x": "\0"}}, {"n": 2**60}])
    kind = column.type.python_type
    if kind is str:
        return f"{column.name}-{n}-" + DICE.choice(["", "川A·7F2Q1", "'; --", "a\0b", "\U0001f600"])
    if kind is float:
        return DICE.choice([0.1 + 0.2, 1e300, -1e-300, 1772352000.123456, 5.0]) + n
    return bool(n % 2) if kind is bool else 2**40 + n if isinstance(column.type, sa.BigInteger) else n


@pytest.fixture
def filled(database: sa.Engine) -> sa.Engine:
    """Every table with rows in it, and numbers that have been given and are gone."""
    made: dict[str, list[dict[str, Any]]] = {}
    with writing(database) as connection:
        for table in METADATA.sorted_tables:
            if table is not APPLIED:
                rows = [{column.name: value(column, n) for column in table.columns} for n in range(1, 24)]
                for key in table.foreign_keys:
                    for row, other in zip(rows, made[key.column.table.name], strict=True):
                        row[key.parent.name] = other[key.column.name]
                made[table.name] = rows
                connection.execute(table.insert(), rows)
        connection.execute(APPLIED.update().values(position=41, through=40))
        connection.execute(CHANGES.delete())
        connection.execute(CHANGES.insert().values(case_id="c", event="opened", at=1.0, data={}))
        given = connection.execute(sa.select(CHANGES.c.number)).scalar_one()
        connection.execute(FOLLOWERS.insert().values(name="outbox", number=given))
        connection.execute(CHANGES.delete())
    return database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    to_postgres = request.param == "postgres"
    engine = open_database(request.getfixturevalue("postgres_url") if to_postgres else tmp_path / "target.sqlite")
    yield engine
    engine.dispose()


def contents(engine: sa.Engine) -> dict[str, moving.Content]:
    with reading(engine) as connection:
        return {table.name: content(connection, table) for table in METADATA.sorted_tables}


def next_number(engine: sa.Engine) -> int:
    with writing(engine) as connection:
        connection.execute(CHANGES.insert().values(case_id="c", event="opened", at=1.0, data={}))
        return int(connection.execute(sa.select(sa.func.max(CHANGES.c.number))).scalar_one())


def test_all_of_it_arrives(filled: sa.Engine, target: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "AT_ONCE", 7)
    before, told = contents(filled), []
    moved = move(filled, target, lambda table, rows: told.append((table, rows)))
    assert moved == before == contents(target) == contents(filled)
    assert [rows for table, rows in told if table == "cases"] == [7, 14, 21, 23]
    assert min(each.rows for name, each in moved.items() if name not in ("changes", "applied")) >= 23
    with reading(target) as connection:
        (outbox,) = connection.execute(sa.select(FOLLOWERS.c.number).where(FOLLOWERS.c.name == "outbox")).one()
    assert next_number(target) == outbox + 1, "a number that a follower has passed is never given again"


def test_one_row_that_is_another_is_noticed(
    filled: sa.Engine, target: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_on = moving._count_on

    def spoil(old: sa.Connection, new: sa.Connection, table: sa.Table) -> None:
        count_on(old, new, table)
        if table is CASES:
            new.execute(
                CASES.update()
                .where(CASES.c.id == sa.select(sa.func.min(CASES.c.id)).scalar_subquery())
                .values(late=sa.not_(CASES.c.late))
            )

    with monkeypatch.context() as patch:
        patch.setattr(moving, "_count_on", spoil)
        with pytest.raises(Differs, match=r"'cases' is not the same in .*; nothing was moved"):
            move(filled, target)
    with reading(target) as connection:
        assert connection.execute(sa.select(CASES)).first() is None
    move(filled, target)
    assert contents(target) == contents(filled)


def test_only_into_what_is_empty(filled: sa.Engine, target: sa.Engine) -> None:
    migrate(target)
    with writing(target) as connection:
        connection.execute(FOLLOWERS.insert().values(name="outbox", number=1))
    with pytest.raises(NotEmpty, match=r"'followers'\); give a database that is empty"):
        move(filled, target)
    with reading(target) as connection:
        assert connection.execute(sa.select(APPLIED.c.through)).scalar_one() == -1, "as it was"


def test_there_must_be_something_to_move(tmp_path: Path, target: sa.Engine) -> None:
    with pytest.raises(LookupError, match="nothing to move"):
        move(open_database(tmp_path / "empty.sqlite"), target)
