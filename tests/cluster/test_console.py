"""The console of a city on Kafka, in a process of its own: what people do reaches the journal and is answered, what
comes is shown, and what is not known is said. Real Kafka, real PostgreSQL, real judges and desk."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from cases.database import AnotherDesk, open_database, writing
from cases.migrations import migrate
from cases.store import Store
from cases.tables import CASES
from console.people import add_user
from console.positions import HEADER
from gridwatch.cli import app
from tests.cluster.console_kit import PARTITIONS, ClusterTown
from tests.console.kit import PASSWORD, PASSWORDS, SECRETS, case_row
from tests.services.mosquitto import free_port
from tests.services.postgres import Postgres, temporary
from tests.services.wait import until

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def town(kafka: str, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterTown]:
    with pytest.MonkeyPatch.context() as patch, temporary(postgres) as store:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        town = ClusterTown(tmp_path_factory.mktemp("cluster"), kafka, store)
        try:
            town.start()
            yield town
        finally:
            town.close()


def test_what_is_told_and_done_is_answered_when_the_worker_has_it(town: ClusterTown) -> None:
    with town.client("ACCEPTOR") as client:
        told = {"category": "06042", "text": "满了", "lon": 120.16, "lat": 30.25}
        made = client.post("/api/reports", json=told)
        assert made.status_code == 201, made.text
        case = made.json()["case"]
        for _ in range(2):  # the same once more changes nothing
            done = client.post(f"/api/cases/{case}/steps", json={"action": "file"}, headers={"Idempotency-Key": "1"})
            assert (done.status_code, done.json()["state"]) == (200, "filed")
        refused = client.post(f"/api/cases/{case}/steps", json={"action": "close"})
        assert refused.status_code == 409


def test_where_vehicles_are_is_read_along_once_for_all_partitions(town: ClusterTown) -> None:
    now = time.time()
    bodies = [(f"t/truck-{n}", {"t": now, "x": 120.1 + n / 100, "y": 30.2}) for n in range(4)]
    town.deliver(*bodies)
    latest = town.city.latest
    assert latest is not None
    until(lambda: len(latest.positions().number) == 4, "four trucks on the map")
    assert town.city.rows == 4
    with town.client("BOSS") as client:
        got = client.get("/api/positions")
        assert (got.status_code, HEADER.unpack_from(got.content)[1]) == (200, 4)
        source = next(each for each in client.get("/api/integrations").json()["sources"] if each["name"] == "s")
        assert (source["state"], source["count"], source["delay"]["subjects"]) == ("works", 4, 4)


def test_how_far_the_partitions_are_and_what_was_set_aside(town: ClusterTown) -> None:
    town.deliver(("t/truck-1", {"t": "never", "x": 1, "y": 2}))
    until(lambda: town.city.following.reach.end, "Kafka's word")
    with town.client("BOSS") as client:
        until(lambda: client.get("/api/integrations/letters").json()["groups"], "the dead letter")
        (group,) = client.get("/api/integrations/letters").json()["groups"]
        assert (group["source"], group["count"]) == ("s", 1)
        said = client.get("/api/integrations").json()
        assert said["journal"] is None
        assert {each["partition"] for each in said["kafka"]["partitions"]} == set(range(PARTITIONS))
        assert all(each["messages"] and each["passed"] for each in said["kafka"]["partitions"])
        assert (said["kafka"]["away"], said["kafka"]["skipped"], said["kafka"]["unreadable"]) == ("", 0, 0)
        got = client.get("/api/integrations/silent")
        assert got.status_code == 503
        assert "workers" in got.json()["detail"]
        versions = "/api/integrations/versions"
        until(lambda: [each["in_force"] for each in client.get(versions).json()] == [True, True], "what is in force")


def test_wrong_clocks_are_known_by_what_is_read_along(town: ClusterTown) -> None:
    now = time.time()  # of truck-4 nothing was heard before: who is right now, is right
    received = [now - 1_000 + 10.0 * n for n in range(100)]  # as if that had come for a while; its clock is 8 h ahead
    rows = [("t/truck-4", {"t": at + 28_800, "x": 1, "y": 2, "v": 3}) for at in received]
    town.deliver(*rows, received=received)
    with town.client("BOSS") as client:
        until(lambda: client.get("/api/integrations/clocks").json()["terminals"], "the terminal with a wrong clock")
        said = client.get("/api/integrations/clocks").json()
    (one,) = said["terminals"]
    assert (one["terminal"], one["kind"], one["offset"], one["watched"]) == ("truck-4", "zone", 28_800, False)
    assert (said["unwatched"], said["kept"]) == (1, "none")


def test_a_changed_file_is_the_version_of_all_after_a_reload(town: ClusterTown) -> None:
    before = town.city.payload
    town.file.write_text(town.file.read_text().replace('"fast"', '"faster"'))
    town.city.ask_reload()  # as SIGHUP and the console's page do
    until(lambda: town.city.payload != before, "the version to be another")
    until(lambda: town.city.seen.version == town.city.payload.decode(), "judging to go by it")
    assert {rule.id for rule in town.city.city.configuration.rules} == {"faster", "silent"}


def test_a_second_console_is_refused_and_so_is_a_second_desk(town: ClusterTown) -> None:
    with pytest.raises(AnotherDesk, match="another gridwatch serves the console there"):
        Store(town.store, desk=False)
    with pytest.raises(AnotherDesk, match="another gridwatch files cases there"):
        Store(town.store)
    ended = CliRunner().invoke(app, ["console", str(town.file)])
    assert (ended.exit_code, ended.stderr.count("another gridwatch serves the console there")) == (3, 1)


def test_without_kafka_it_is_read_and_what_is_said_is_refused(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with temporary(postgres) as store:
        engine = open_database(store)
        migrate(engine)
        with writing(engine) as connection:
            connection.execute(CASES.insert(), case_row("aaaa"))
            add_user(
                connection,
                name="wang",
                roles=("acceptor",),
                now=time.time(),
                by="",
                password=PASSWORDS.hashed(PASSWORD),
                must_change=False,
            )
        engine.dispose()
        town = ClusterTown(tmp_path, f"127.0.0.1:{free_port()}", store, timeout="1s")
        try:
            town.start_console()
            with httpx.Client(base_url=town.beside.address, timeout=60) as wang:
                said = wang.post("/api/login", json={"name": "wang", "password": PASSWORD})
                assert said.status_code == 200, said.text
                wang.headers["X-CSRF-Token"] = said.json()["csrf"]
                read = wang.get("/api/cases/aaaa")
                assert read.status_code == 200, read.text
                for _ in range(2):
                    refused = wang.post("/api/cases/aaaa/steps", json={"action": "file"})
                    assert refused.status_code == 503
                    assert "Kafka" in refused.json()["detail"]
            with town.client("BOSS") as boss:
                kafka = boss.get("/api/integrations").json()["kafka"]
                assert kafka["away"].endswith("check that the brokers run")
                assert (kafka["partitions"], kafka["held"]) == ([], None)
        finally:
            town.close()
