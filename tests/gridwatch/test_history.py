"""The history of a city for who looks: commands that write what the journal has, and cases drawn of either."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cases.database import open_database, reading
from cases.store_section import FILE
from cases.tables import CASES
from connectors.history.influx import Influx
from connectors.history.settings import HistorySection
from gridwatch.case_beside import CaseAtWork
from gridwatch.cli import app
from gridwatch.cli.history import _backfill
from gridwatch.history_beside import history_rows
from pipeline.runtime.config import load
from pipeline.runtime.history_state import STATE
from replay.recording import JOURNAL
from replay.surroundings import Window
from tests.gridwatch.test_case_export import START, city_data_in
from tests.services import influx as servers
from tests.services.influx import influx

__all__ = ["influx"]
pytestmark = pytest.mark.service


class Here:
    """A city's data, its history in a database of its own."""

    def __init__(self, folder: Path, server: servers.Running) -> None:
        self.server, self.database = server, server.database()
        self.data = city_data_in(folder)
        self.folder = self.data / "history"
        self.folder.mkdir()
        # Every row is kept, so that both ways to read give the same numbers.
        said = {
            "url": server.url,
            "bucket": f"{self.database}/autogen",
            "positions": {"metres": "1 mm", "every": "1ms"},
        }
        self.section = HistorySection.model_validate(said)
        self.configuration = load(folder / "city.yaml").model_copy(update={"data": self.data, "history": self.section})
        self.engine = open_database(self.data / FILE)
        with reading(self.engine) as connection:
            self.case = str(connection.execute(CASES.select()).mappings().one()["id"])

    def written(self, through: float = START + 1e6) -> None:
        """As the running city says how far it has written."""
        state = {"where": self.section.where, "position": 1, "since": START - 1e6, "through": through}
        (self.folder / STATE).write_text(json.dumps(state))

    def backfill(self) -> dict[str, int]:
        server = Influx(self.section, "")
        try:
            return _backfill(self.configuration, self.section, server, float("-inf"), float("inf"), self.data / JOURNAL)
        finally:
            server.close()

    def told(self, beside: bool) -> CaseAtWork:
        rows = history_rows(self.configuration, self.data / "city.yaml", {}) if beside else None
        return CaseAtWork(self.data, self.engine, self.data, "demo", "Asia/Shanghai", rows)


@pytest.fixture
def here(tmp_path: Path, influx: servers.Running) -> Iterator[Here]:
    found = Here(tmp_path, influx)
    yield found
    found.engine.dispose()


def test_both_ways_to_read_tell_the_same_of_a_case(here: Here) -> None:
    done = here.backfill()
    assert done["points"] == here.server.count(here.database, "positions", "lon") > 0
    assert here.backfill() == done
    assert here.server.count(here.database, "positions", "lon") == done["points"], "again repeats nothing"
    here.written()
    by_journal, by_history = here.told(False).around(here.case), here.told(True).around(here.case)
    (one,), (other,) = by_journal.trails, by_history.trails
    assert [point.model_dump() for point in other.points] == [point.model_dump() for point in one.points]
    assert by_history.members == by_journal.members


def test_a_way_of_before_what_is_in_memory(here: Here) -> None:
    here.backfill()
    rows = history_rows(here.configuration, here.data / "city.yaml", {})
    assert rows is not None
    (trail,) = here.told(False).around(here.case).trails
    since, until = trail.points[0].ts, trail.points[-1].ts
    way = rows.way(trail.subject, since, until)
    assert way is not None
    assert [(p.ts, p.lon, p.lat) for p in trail.points[:-1]] == list(
        zip(way.ts.tolist(), way.lon.round(6).tolist(), way.lat.round(6).tolist(), strict=True)
    )
    nobody = rows.way("nobody", since, until)
    assert nobody is not None
    assert not len(nobody.ts)


def test_what_is_not_written_yet_is_the_journals_to_tell(here: Here) -> None:
    here.backfill()
    here.written(through=START - 1)
    rows = history_rows(here.configuration, here.data / "city.yaml", {})
    assert rows is not None
    assert not rows._has([Window("T", START, START + 60)])
    assert here.told(True).around(here.case).trails


def test_a_server_that_does_not_answer_is_left_alone(here: Here) -> None:
    here.written()
    gone = here.section.model_copy(update={"url": "http://127.0.0.1:1"})
    state = json.loads((here.folder / STATE).read_text()) | {"where": gone.where}
    (here.folder / STATE).write_text(json.dumps(state))
    rows = history_rows(here.configuration.model_copy(update={"history": gone}), here.data / "city.yaml", {})
    assert rows is not None
    told = CaseAtWork(here.data, here.engine, here.data, "demo", "Asia/Shanghai", rows)
    began = time.monotonic()
    assert told.around(here.case).trails, "the journal tells"
    assert rows._again > began


def test_a_city_without_a_history_says_so(tmp_path: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["init", "town", "--folder", str(tmp_path / "town")]).exit_code == 0
    for command in (["status"], ["backfill"]):
        answer = runner.invoke(app, ["history", *command, "--config", str(tmp_path / "town")])
        assert answer.exit_code == 2
        assert "a section 'history'" in answer.output
