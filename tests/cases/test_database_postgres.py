"""PostgreSQL alone: a server that is not there or goes and comes, one desk a database, several cities in one."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from cases.database import AnotherDesk, HeldDesk, StoreBroken, StoreDown, open_database, reading, writing
from cases.tables import FOLLOWERS
from tests.services.postgres import OwnPostgres

pytestmark = pytest.mark.service


def test_nobody_there_and_no_such_database(postgres_url: str) -> None:
    url = sa.make_url(postgres_url).set(password="secret")
    with (
        pytest.raises(StoreDown, match=r"127\.0\.0\.1:1/.*check that its server runs") as refused,
        writing(open_database(url.set(port=1).render_as_string(hide_password=False))),
    ):
        pass
    assert "secret" not in str(refused.value)
    nowhere = url.set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(StoreBroken, match=r"nowhere.*create that database") as unknown, reading(open_database(nowhere)):
        pass
    assert "secret" not in str(unknown.value)


def test_a_server_that_ends_and_comes_back(own_postgres: OwnPostgres) -> None:
    engine = open_database(own_postgres.url)
    with writing(engine) as connection:
        FOLLOWERS.create(connection)

    def lost() -> None:
        with writing(engine) as connection:
            connection.execute(FOLLOWERS.insert().values(name="lost", number=1))
            own_postgres.stop()

    with pytest.raises(StoreDown):
        lost()
    with pytest.raises(StoreDown, match="check that its server runs"), reading(engine):
        pass
    own_postgres.start()
    with writing(engine) as connection:
        connection.execute(FOLLOWERS.insert().values(name="kept", number=1))
        assert connection.execute(sa.select(FOLLOWERS.c.name)).scalars().all() == ["kept"]
    engine.dispose()


# -- the desk ----------------------------------------------------------------------------------------------------------


def test_a_second_desk_is_refused(postgres_url: str) -> None:
    first, second = open_database(postgres_url), open_database(postgres_url)
    held = HeldDesk(first)
    with pytest.raises(AnotherDesk, match=r"another gridwatch files cases there \(127\.0\.0\.1, connected since 2"):
        HeldDesk(second)
    with writing(first):
        pass
    with writing(second):  # others than the desk write too: registers, the outbox
        pass
    held.close()
    HeldDesk(second).close()
    for engine in (first, second):
        engine.dispose()


def test_a_desk_whose_connection_broke_is_it_again_unless_another_is(postgres_url: str) -> None:
    first, second = open_database(postgres_url), open_database(postgres_url)
    held = HeldDesk(first)
    end_desks(second)
    with writing(first):
        assert held is not None
    with pytest.raises(AnotherDesk):
        HeldDesk(second)
    end_desks(second)
    other = HeldDesk(second)
    with pytest.raises(AnotherDesk, match="stop that one first"), writing(first):
        pass
    other.close()
    with writing(first):
        pass
    held.close()
    for engine in (first, second):
        engine.dispose()


def end_desks(engine: sa.Engine) -> None:
    """As a network does it."""
    with reading(engine) as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1735551332"
        )


def test_cities_may_share_a_database(postgres_url: str) -> None:
    engine = open_database(postgres_url)
    with writing(engine) as connection:
        for schema in ("hangzhou", "ningbo"):
            connection.execute(sa.schema.CreateSchema(schema))
    cities = [open_database(f"{postgres_url}?options=-csearch_path%3D{schema}") for schema in ("hangzhou", "ningbo")]
    desks = [HeldDesk(city) for city in cities]
    with writing(cities[0]) as one, writing(cities[1]) as two:
        for connection in (one, two):
            FOLLOWERS.create(connection)
    for desk, city in zip(desks, cities, strict=True):
        desk.close()
        city.dispose()
    engine.dispose()
