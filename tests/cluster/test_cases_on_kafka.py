"""The page of a case of a city on Kafka: the same curve, trail and rule as where the journal is in the city's data."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from cases.database import open_database, reading, writing
from cases.export.words import label
from cases.migrations import migrate
from cases.store import FILE
from cases.tables import CASES, EPISODES
from gridwatch import case_on_kafka
from gridwatch.case_beside import CaseAtWork
from gridwatch.case_on_kafka import cases_on_kafka
from gridwatch.tryouts import Tryouts
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import JournalReader
from pipeline.runtime.cluster.routing import partition_of
from pipeline.runtime.config import load
from pipeline.runtime.logs import logger
from tests.cluster.dealt_kit import Dealt
from tests.gridwatch.test_case_beside import Place
from tests.gridwatch.test_case_export import CITY, START, run
from tests.services.mosquitto import free_port

pytestmark = pytest.mark.service


class Town(Dealt):
    """The same case in both: one of a city in one process, one of a city on Kafka."""

    def __init__(self, folder: Path, broker: str) -> None:
        (folder / "one").mkdir()
        self.here = Place(folder / "one")
        (folder / "several").mkdir()
        for name in ("vehicles.csv", "zones.geojson"):
            (folder / "several" / name).write_bytes((folder / "one" / name).read_bytes())
        super().__init__(folder / "several", broker, CITY, partitions=4)
        self.deal(JournalReader(self.here.data / "journal"))
        with self.dealing() as dealing, writing(self.here.engine) as connection:
            connection.execute(CASES.update().values(version=dealing.payload.decode()))
            self.row = dict(connection.execute(sa.select(CASES)).mappings().one())

    def told(self) -> CaseAtWork:
        """As a console that has just begun tells it."""
        far = cases_on_kafka(self.file)
        assert far is not None
        where = self.file, self.here.engine, self.file.parent / "var", "demo", "Asia/Shanghai"
        return CaseAtWork(*where, None, far)


@pytest.fixture(scope="module")
def town(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("town"), kafka)
    yield town
    town.here.engine.dispose()


def test_rows_and_rule_are_those_of_a_journal(town: Town) -> None:
    expected, told = town.here.told.around(town.here.case), town.told()
    found = told.around(town.here.case)
    assert found == expected
    assert (found.lacking, len(found.members), len(found.trails)) == ("", 1, 1)
    assert told.around(town.here.case) is found
    rule = told.found(town.row, "fast", town.row["rule_version"])
    assert rule.rule == town.here.told.found(town.here.row, "fast", town.row["rule_version"]).rule
    assert rule.rule is not None


def test_an_exported_case_has_its_curve(town: Town) -> None:
    page = town.told().export(town.here.case, "html", "en", "wang", False).decode()
    assert ("<polyline" in page or "<path" in page, label("journal_gone", "en") in page) == (True, False)


def test_commands_read_it_too(town: Town, tmp_path: Path) -> None:
    data = town.file.parent / "var"
    data.mkdir(exist_ok=True)
    engine = open_database(data / FILE)
    migrate(engine)
    with reading(town.here.engine) as here, writing(engine) as there:
        for each in (CASES, EPISODES):
            there.execute(each.insert(), [dict(row) for row in here.execute(sa.select(each)).mappings()])
    engine.dispose()
    made = run("cases", "export", town.here.case, "--config", town.file, "--out", tmp_path / "case.html")
    assert (made.exit_code, label("journal_gone", "en") in made.output) == (0, False), made.output
    made = run("export", tmp_path / "to", town.file, "--case", town.here.case, "--before", "1min", "--after", "1min")
    assert (made.exit_code, "started and confirmed as it was" in made.output) == (0, True), made.output
    (written,) = (tmp_path / "to" / "cases.jsonl").read_text().splitlines()
    assert town.here.case in written


def test_a_rule_is_tried_on_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal is old: 'now' is made to be its end."""
    monkeypatch.setattr("gridwatch.tryouts.time.time", lambda: START + 1800.0)
    (section,) = (each for each in load(town.file).rules if each.id == "fast")
    now = section.model_dump(mode="json", by_alias=True)
    tryouts = Tryouts(town.file.parent / "var", logger(io.StringIO()), config=town.file)
    tryouts.add(now, now | {"for": "60 s"}, "", {}, 1.0, "wang")
    if (thread := tryouts._thread) is not None:
        thread.join(60)
    (found,) = tryouts.list()
    assert (found.state, found.why if found.result is None else "") == ("done", "")
    assert found.result is not None
    assert (found.result["before"], found.result["counts"], found.result["rows"]) == (1, {"vanished": 1}, 20)


def test_less_is_said_where_it_is_too_much(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_on_kafka, "BYTES", 1)
    assert town.told().around(town.here.case).lacking == "part"


def test_where_kafka_is_away_it_is_asked_again_later(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    told = town.told()
    told.found(town.row, "fast", town.row["rule_version"])  # what the version names is kept
    monkeypatch.setitem(told._far._how, "bootstrap_servers", [f"127.0.0.1:{free_port()}"])  # type: ignore[union-attr]
    assert told.around(town.here.case).lacking == "damaged"
    assert told.around(town.here.case).lacking == "damaged"


def test_what_retention_has_let_go_of_is_gone(town: Town) -> None:
    partition = partition_of("truck-1", town.partitions)
    messages = town.bench.read(town.topics.entries)[partition]
    town.bench.forget(town.topics.entries, {partition: len(messages)})
    with town.dealing() as dealing:
        buffer = EntryBuffer()
        buffer.add(Kind.TICK, "s", "", START + 86400.0)
        dealing.put(buffer)
    found = town.told().around(town.here.case)
    assert (found.lacking, found.members) == ("gone", [])
