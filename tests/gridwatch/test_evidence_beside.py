"""Evidence of cases beside a city at work: attached by itself, and the city goes on whatever becomes of it."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from cases.database import open_database, writing
from cases.store_section import FILE
from cases.tables import METADATA
from gridwatch.evidence_beside import EvidenceBeside
from pipeline.runtime.logs import logger
from tests.gridwatch.test_case_evidence import NOW, TRACK, City, Desk
from tests.services.wait import until

CITY = """\
city: demo
time_zone: Asia/Shanghai
sources: {s: {type: import, tick: 10s, down: 30s}}
streams:
  bins:
    source: s
    topic: bins/{c}
    codec: json
    rows: reading
    subject: "{c}"
    fields: {ts: {path: t, unit: unix_s}}
    metrics: {fullness: {path: v, unit: "%"}}
evidence: {store: kept, when: {all: {}}}
"""


@pytest.fixture
def city(tmp_path: Path) -> City:
    (tmp_path / "city.yaml").write_text(CITY, "utf-8")
    found = City(tmp_path)
    found.engine.dispose()
    (tmp_path / "var").mkdir()
    found.engine = open_database(tmp_path / "var" / FILE)
    with writing(found.engine) as connection:
        METADATA.create_all(connection)
    found.desk = Desk(found.engine)
    return found


def test_it_is_attached_by_itself_and_goes_on_after_trouble(city: City, tmp_path: Path) -> None:
    said = io.StringIO()
    city.case("a", str(TRACK), NOW)
    city.taken("one", NOW)
    beside = EvidenceBeside(tmp_path / "city.yaml", logger(said, readable=True), look=0.05)
    beside.start(city.desk)
    try:
        until(lambda: len(city.desk.said) == 1, "the first to be attached")
        shutil.move(tmp_path / "city.yaml", tmp_path / "away.yaml")
        beside.ask_reload()
        until(lambda: "evidence of cases" in said.getvalue(), "the trouble to be told")
        city.taken("two", NOW + 1)
        shutil.move(tmp_path / "away.yaml", tmp_path / "city.yaml")
        until(lambda: len(city.desk.said) == 2, "the second to be attached")
        until(lambda: "it works again" in said.getvalue(), "the trouble's end to be told")
    finally:
        beside.stop()
    assert {step.case for step in city.desk.said} == {"a"}
    assert (tmp_path / "var" / "evidence-of-cases").is_dir()


def test_a_city_without_cameras_stops_at_once(tmp_path: Path, city: City) -> None:
    (tmp_path / "city.yaml").write_text(CITY.split("evidence:", maxsplit=1)[0], "utf-8")
    beside = EvidenceBeside(tmp_path / "city.yaml", logger(io.StringIO()), look=3600.0)
    beside.start(city.desk)
    beside.stop()
    assert city.desk.said == []


def test_one_that_was_never_begun_stops_too(tmp_path: Path) -> None:
    EvidenceBeside(tmp_path / "city.yaml", logger(io.StringIO())).stop()
