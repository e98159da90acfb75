"""A city at work with a terminal whose clock is wrong: listed, corrected without a restart, and said by the case."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cases.database import open_database, reading
from cases.registers.clocks import Approval, approve
from cases.registers.importing import World
from cases.store import FILE
from cases.tables import CASES
from gridwatch.case_beside import CaseAtWork
from gridwatch.case_export import dossier_of
from gridwatch.health_beside import HealthBeside
from pipeline.entries import EntryBuffer, Kind
from pipeline.runtime.embedded import Embedded
from pipeline.runtime.logs import logger
from tests.services.wait import until

ZONE = ZoneInfo("Asia/Shanghai")
AHEAD = 8 * 3600.0
CITY: dict[str, Any] = {
    "city": "tiny",
    "time_zone": "Asia/Shanghai",
    "registers": {"vehicles": "fleet.csv", "devices": "devices.csv", "clocks": "store"},
    "sources": {"fleet": {"type": "mqtt", "host": "127.0.0.1", "port": 9, "client_id": "x", "subscribe": ["f/+"]}},
    "streams": {
        "gps": {
            "source": "fleet",
            "topic": "f/{device}",
            "codec": "json",
            "rows": "position",
            "subject": "{device}",
            "datum": "WGS-84",
            "fields": {
                "ts": {"path": "t", "unit": "unix_s"},
                "lon": {"path": "x"},
                "lat": {"path": "y"},
                "speed": {"path": "v", "unit": "km/h"},
            },
        }
    },
    "rules": [{"id": "fast", "detector": "overspeed", "for": "20 s", "gap": "60 s", "category": "vehicle.overspeed"}],
    "metrics": None,
    "time": {"tick": "50ms"},
}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Embedded]:
    (tmp_path / "fleet.csv").write_text("id,class\nV1,truck\nV2,truck\n", "utf-8")
    (tmp_path / "devices.csv").write_text("device,subject\nT1,V1\n", "utf-8")
    CITY["registers"]["speed_limits"] = {"default": "60 km/h"}
    (tmp_path / "city.yaml").write_text(json.dumps(CITY), "utf-8")
    city = Embedded(tmp_path / "city.yaml", log=logger(io.StringIO()))
    city.start()
    yield city
    city.stop()


def bring(city: Embedded, start: float, count: int, speed: float) -> None:
    """A row of T1 each ten seconds from then on, received at once, as its clock has it; and wait until it is judged."""
    buffer = EntryBuffer()
    for n in range(count):
        at = start + 10.0 * n
        payload = json.dumps({"t": at + AHEAD, "x": 104.0, "y": 30.6, "v": speed}).encode()
        buffer.add(Kind.DELIVERY, "fleet", "f/T1", at, payload)
    end = city.inside.journal.commit(buffer) + count
    until(lambda: city.inside.engine.position >= end, "all is judged")


def test_from_the_list_to_the_case(running: Embedded) -> None:
    now = time.time()
    health = HealthBeside(running, lambda: now)
    bring(running, now - 3_000, 200, 90.0)
    assert running.inside.engine.counts["future"] == 200
    told = health.clocks(30.0, 10)
    (one,) = told.terminals
    assert (one.terminal, one.subject, one.stream, one.state, one.watched) == ("T1", "V1", "gps", "proposed", False)
    assert (one.kind, one.offset, told.unwatched, told.kept) == ("zone", AHEAD, 1, "store")
    proposed = health.correction("T1", "gps", now)
    assert proposed == ("", AHEAD, 0.0)
    assert health.correction("T2", "gps", now) is None
    metrics = running.metrics.registry.get_sample_value
    assert (metrics("gridwatch_clocks_wrong"), metrics("gridwatch_clocks_unwatched")) == (1, 1)
    # Approved, and in force without a restart; what came before stays as it was.
    since = now - 900
    wanted = Approval("T1", "", AHEAD, 0.0, "wang", "set in CST", now, since)
    world = World(running.city.configuration.registers, running.file.parent)
    approve(running.cases.engine, wanted, ZONE, world)
    before = running.inside.engine.version
    running.reload()
    until(lambda: running.inside.engine.version is not before, "the correction to be in force")
    bring(running, now - 800, 20, 90.0)
    assert (running.inside.engine.counts["future"], running.inside.engine.counts["live"]) == (200, 20)
    (one,) = health.clocks(30.0, 10).terminals
    assert (one.state, one.watched, one.corrected, one.by, one.note) == ("corrected", True, AHEAD, "wang", "set in CST")
    assert (metrics("gridwatch_clocks_wrong"), metrics("gridwatch_clocks_unwatched")) == (0, 0)
    # The case is of the time that was, and says by what and whom that was corrected.
    data = running.city.configuration.data
    engine = open_database(data / FILE, read_only=True)
    until(lambda: rows(engine), "the case")
    (case,) = rows(engine)
    assert (case["subject"], case["started"]) == ("V1", pytest.approx(now - 800, abs=0.01))
    beside = CaseAtWork(running.file, engine, data, "tiny", "Asia/Shanghai")
    (correction,) = beside.corrected(case, ["V1"])
    assert (correction.terminal, correction.offset, correction.by) == ("T1", AHEAD, "wang")
    assert beside.corrected({**case, "subject": "V2"}, ["V2"]) == []
    assert beside.corrected({**case, "started": since - 99, "opened": since - 9}, ["V1"]) == []
    dossier = dossier_of(engine, case["id"], data, "tiny", "Asia/Shanghai", language="zh", contact=False)
    (sentence,) = dossier.why.clocks
    assert sentence.startswith("终端 T1 的时间已校正 -8小时00分，由 wang 于 ")
    engine.dispose()


def rows(engine: Any) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(CASES.select()).mappings()]
