"""Both databases alike: one writer at a time, whole or not at all, readers never wait, and what goes wrong is plain."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from cases.database import (
    StoreBroken,
    StoreBusy,
    StoreDown,
    StoreFull,
    insert_new,
    open_database,
    reading,
    upsert,
    writing,
)
from cases.tables import CHANGES, FOLLOWERS, TIMERS


def count(engine: sa.Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(FOLLOWERS)).scalar_one()


def test_what_is_written_is_there_and_what_fails_leaves_nothing(database: sa.Engine) -> None:
    with writing(database) as connection:
        connection.execute(FOLLOWERS.insert().values(name="outbox", number=2**40))
    with pytest.raises(sa.exc.IntegrityError), writing(database) as connection:
        connection.execute(FOLLOWERS.insert(), [{"name": name, "number": 1} for name in ("notify", "outbox")])
    with reading(database) as connection:
        assert connection.execute(sa.select(FOLLOWERS)).all() == [("outbox", 2**40)]


def test_who_only_reads_can_not_write(database: sa.Engine, where: str | Path) -> None:
    reader = open_database(where, read_only=True)
    for engine in (database, reader):
        with pytest.raises(StoreBroken, match=r"read-?only"), reading(engine) as connection:
            connection.execute(FOLLOWERS.insert().values(name="outbox", number=1))
        with pytest.raises(sa.exc.DBAPIError, match=r"read-?only"), engine.begin() as connection:
            connection.execute(FOLLOWERS.insert().values(name="outbox", number=1))
    with pytest.raises(StoreBroken, match=r"read-?only"), writing(reader) as connection:
        connection.execute(FOLLOWERS.insert().values(name="outbox", number=1))
    with writing(database) as connection:
        connection.execute(FOLLOWERS.insert().values(name="outbox", number=1))
    assert count(reader) == 1
    reader.dispose()


def test_a_reader_sees_one_moment_and_waits_for_nobody(database: sa.Engine) -> None:
    with reading(database) as connection:
        assert connection.execute(sa.select(FOLLOWERS)).all() == []
        with writing(database) as writer:
            writer.execute(FOLLOWERS.insert().values(name="outbox", number=1))
            assert count(database) == 0, "not yet"
        assert connection.execute(sa.select(FOLLOWERS)).all() == [], "still that moment"
    assert count(database) == 1


def test_writers_take_turns_and_then_see_the_newest(database: sa.Engine) -> None:
    with writing(database) as connection:
        connection.execute(FOLLOWERS.insert().values(name="outbox", number=0))
    begun = threading.Event()

    def add() -> None:
        begun.set()
        with writing(database) as connection:
            now = connection.execute(sa.select(FOLLOWERS.c.number)).scalar_one()
            connection.execute(FOLLOWERS.update().values(number=now + 1))

    threads = [threading.Thread(target=add) for _ in range(8)]
    with writing(database) as connection:
        for thread in threads:
            thread.start()
        assert begun.wait(60)
        connection.execute(FOLLOWERS.update().values(number=100))
    for thread in threads:
        thread.join()
    with reading(database) as connection:
        assert connection.execute(sa.select(FOLLOWERS.c.number)).scalar_one() == 108


def test_who_waits_for_too_long_is_told(database: sa.Engine, monkeypatch: pytest.MonkeyPatch, where: object) -> None:
    monkeypatch.setattr("cases.database_sqlite.BUSY", 0.05)
    monkeypatch.setattr(
        "cases.database_postgres._BEGIN",
        "SET TRANSACTION READ WRITE; SET LOCAL lock_timeout = '50ms';"
        " SELECT pg_advisory_xact_lock(1735551332, hashtext(current_schema() || '/writer'))",
    )
    hasty = open_database(where)  # type: ignore[arg-type]
    with writing(database), pytest.raises(StoreBusy, match="another program writes"), writing(hasty):
        pass
    hasty.dispose()


def test_who_waits_for_too_long_in_one_process_is_told(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cases.database.PATIENCE", 0.05)
    with writing(database), pytest.raises(StoreBusy, match="others have been writing"), writing(database):
        pass
    with writing(database):
        pass


def test_rows_are_changed_or_left_alone_by_their_keys(database: sa.Engine) -> None:
    one = {"case_id": "c1", "kind": "warning", "at": 10.0}
    later, earlier = one | {"at": 20.0}, one | {"at": 5.0}
    with writing(database) as connection:
        connection.execute(upsert(TIMERS, connection), [one, one | {"kind": "overdue"}])
        connection.execute(upsert(TIMERS, connection), [later])
        connection.execute(upsert(TIMERS, connection, where=lambda new: new.at > TIMERS.c.at), [earlier])
        connection.execute(insert_new(TIMERS, connection), [earlier, one | {"case_id": "c2"}])
        found = connection.execute(sa.select(TIMERS).order_by(TIMERS.c.case_id, TIMERS.c.kind)).all()
    assert found == [("c1", "overdue", 10.0), ("c1", "warning", 20.0), ("c2", "warning", 10.0)]


@pytest.mark.parametrize(
    "data, kept",
    [
        pytest.param({"为": ["什么", 1, 2.5, None, True]}, {"为": ["什么", 1, 2.5, None, True]}, id="as-it-is"),
        pytest.param({"x": float("nan")}, {"x": None}, id="no-number"),
        pytest.param({"a\0b": "c\0d"}, {"a\ufffdb": "c\ufffdd"}, id="nul"),
        pytest.param({"x": "\\u0000"}, {"x": "\\u0000"}, id="only-looks-like-nul"),
    ],
)
def test_json_comes_back(database: sa.Engine, data: dict[str, object], kept: dict[str, object]) -> None:
    with writing(database) as connection:
        connection.execute(CHANGES.insert().values(case_id="c", event="opened", at=1.0, data=data))
    with reading(database) as connection:
        assert connection.execute(sa.select(CHANGES.c.data)).scalar_one() == kept


def test_what_a_device_sends_does_not_stop_the_writer(database: sa.Engine) -> None:
    with writing(database) as connection:
        connection.execute(CHANGES.insert().values(case_id="川A\0'; --", event="\u2028", at=1e300, data={}))
    with reading(database) as connection:
        found = connection.execute(sa.select(CHANGES.c.case_id, CHANGES.c.event, CHANGES.c.at)).one()
    assert (found.case_id.replace("\0", "\ufffd"), found.event, found.at) == ("川A\ufffd'; --", "\u2028", 1e300)


def test_in_memory_threads_take_turns() -> None:
    engine = open_database(None)
    with writing(engine) as connection:
        FOLLOWERS.create(connection)
        connection.execute(FOLLOWERS.insert().values(name="outbox", number=0))

    def add() -> None:
        for _ in range(20):
            with writing(engine) as connection:
                connection.execute(FOLLOWERS.update().values(number=FOLLOWERS.c.number + 1))
            count(engine)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        assert connection.execute(sa.select(FOLLOWERS.c.number)).scalar_one() == 80


# -- what goes wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url, why",
    [
        pytest.param("mysql://u:secret@host/name", "such as postgresql://", id="another-kind"),
        pytest.param("postgresql://u:secret@host", "such as postgresql://", id="no-database"),
        pytest.param("postgresql://u:secret@host:port/name", "such as postgresql://", id="no-url"),
    ],
)
def test_a_url_that_is_none_of_ours(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        open_database(url)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_not_there_or_no_database(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gridwatch run"):
        open_database(tmp_path / "cases.sqlite", read_only=True)
    (tmp_path / "notes.txt").write_text("not a database, but long enough to be looked at by SQLite" * 100)
    with (
        pytest.raises(StoreBroken, match=r"notes\.txt: file is not a database"),
        writing(open_database(tmp_path / "notes.txt")),
    ):
        pass
    with (
        pytest.raises(StoreDown, match="check that its folder is there"),
        writing(open_database(tmp_path / "no" / "f")),
    ):
        pass


def test_a_full_disk(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "cases.sqlite")
    with writing(engine) as connection:
        CHANGES.create(connection)
        connection.exec_driver_sql("PRAGMA max_page_count = 10")
    many = [{"case_id": "c", "event": "x" * 4000, "at": 1.0, "data": {}}] * 20
    with (
        pytest.raises(StoreFull, match=r"cases\.sqlite: database or disk is full; make room"),
        writing(engine) as connection,
    ):
        connection.execute(CHANGES.insert(), many)
    with reading(engine) as connection:
        assert connection.execute(sa.select(CHANGES)).all() == []
    engine.dispose()
