"""`gridwatch worker` on a real Kafka, filing in a real PostgreSQL: as one process files, whatever breaks meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.cluster.filed_kit import Workers, city_on, filed, filed_by_one, has, published, say_what_differs
from tests.cluster.recordings import recorded
from tests.services.kafka import PASSWORD, USER, Kafka
from tests.services.postgres import OwnPostgres, Postgres, temporary
from tests.services.process import gridwatch
from tests.services.wait import until

pytestmark = [pytest.mark.service, pytest.mark.timeout(600)]


def test_workers_are_killed(kafka: str, postgres: Postgres, tmp_path: Path) -> None:
    def kill(workers: Workers, _: int) -> None:
        workers.kill()
        workers.start()

    with temporary(postgres) as database:
        _files_the_same(tmp_path, [kafka], database, kill)


def test_kafka_and_postgresql_crash(own_kafka: Kafka, own_postgres: OwnPostgres, tmp_path: Path) -> None:
    """Each in turn, with the workers in the middle of their work."""

    def crash(_: Workers, time: int) -> None:
        if time == 0:
            own_kafka.kill()
            own_kafka.start()
        else:
            own_postgres.stop(signal.SIGQUIT)
            own_postgres.start()

    with temporary(own_postgres) as database:
        _files_the_same(tmp_path, own_kafka.addresses, database, crash)


def test_one_broker_of_three_is_lost(kafka_cluster: Kafka, postgres: Postgres, tmp_path: Path) -> None:
    """And stays away; then it is back, and another is lost."""

    def lose(_: Workers, time: int) -> None:
        kafka_cluster.start()
        kafka_cluster.kill(time)

    with temporary(postgres) as database:
        _files_the_same(tmp_path, kafka_cluster.addresses, database, lose)


def test_kafka_asks_for_tls_and_a_login(
    secured_kafka: Kafka, certificates: Path, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = f", tls: {{ca: '{certificates}/ca.pem'}}, username_env: KAFKA_USER, password_env: KAFKA_PASSWORD"
    monkeypatch.setenv("KAFKA_USER", USER)
    monkeypatch.setenv("KAFKA_PASSWORD", PASSWORD)
    with temporary(postgres) as database:
        _files_the_same(tmp_path, secured_kafka.addresses, database, lambda *_: None, link)
    assert PASSWORD not in (tmp_path / "workers.log").read_text("utf-8", "replace")
    monkeypatch.setenv("KAFKA_PASSWORD", "another")
    with pytest.raises(AssertionError) as refused:
        gridwatch("topics", tmp_path / "city")
    assert "another" not in str(refused.value)


def _files_the_same(
    folder: Path, brokers: Sequence[str], database: str, disturb: Callable[[Workers, int], None], link: str = ""
) -> None:
    """disturb: called when some is filed, and when more is, each time with further entries on their way. link: what the
    section says of Kafka besides."""
    opened = recorded(folder / "recording", "dead-zones", hours=1.5)
    expected = filed_by_one(folder / "one", folder / "recording")
    assert len(expected["cases"]) > 5
    city = city_on(folder, brokers, database, link)
    gridwatch("topics", folder / "city")
    workers = Workers(folder / "city", folder / "workers.log")
    try:
        workers.start()
        workers.start()
        stretches = published(opened, city, folder / "contents")
        next(stretches)
        for time, count in enumerate((1, 4)):
            until(partial(has, workers, database, count), "cases to be filed", seconds=100, every=0.5)
            next(stretches, None)
            disturb(workers, time)
        for _ in stretches:
            pass
        until(lambda: filed(database, workers) == expected, "the same cases", seconds=300, every=1.0)
    except AssertionError as error:
        workers.look()
        say_what_differs(expected, filed(database, workers))
        raise AssertionError(workers.log.read_text("utf-8", "replace")[-3000:]) from error
    finally:
        while workers.running:
            workers.kill()
