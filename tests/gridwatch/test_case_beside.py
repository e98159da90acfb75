"""What a running city tells the page of a case: out of a journal as it was written, and a camera's store."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from cameras.evidence.manifest import File, Hidden, Manifest, encode
from cameras.evidence.opening import notes
from cameras.evidence.sealing import new_identity, seal
from cameras.evidence.store import Store, place
from cases.database import open_database, reading, writing
from cases.store_section import FILE
from cases.tables import CASES, EPISODES
from console.case_told import CantBe, Sealed
from gridwatch.case_beside import CaseAtWork
from gridwatch.journal_about import Stretch, names_of
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Journal, JournalReader
from pipeline.registers import Registers, Table
from tests.gridwatch.test_case_export import START, city_data_in


class Place:
    """A city's data, and what is told of it."""

    def __init__(self, folder: Path) -> None:
        self.data = city_data_in(folder)
        self.engine = open_database(self.data / FILE)
        self.told = CaseAtWork(folder / "city.yaml", self.engine, self.data, "demo", "Asia/Shanghai")
        with reading(self.engine) as connection:
            self.row: dict[str, Any] = dict(connection.execute(sa.select(CASES)).mappings().one())
        self.case = str(self.row["id"])


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path)
    yield found
    found.engine.dispose()


def test_the_rule_is_told_as_it_was(here: Place) -> None:
    found = here.told.found(here.row, "fast", here.row["rule_version"])
    assert found.rule is not None
    assert (found.rule.detector, found.rule.rows) == ("overspeed", "position")
    assert [(each.name, each.value) for each in found.rule.parameters] == [("tolerance", "10 %")]
    assert found.rule.hold.model_dump() == {
        "wrong_for": 20.0, "right_for": 10.0, "gap": 60.0, "assume": None, "silence": False,
    }  # fmt: skip
    assert len(found.configuration) == len(found.world) == 64
    assert here.told.found(here.row, "fast", "another").rule is None


def test_readings_and_trail_are_those_around_the_case(here: Place) -> None:
    found = here.told.around(here.case)
    (member,) = found.members
    (line,) = member.lines
    assert (found.lacking, line.name, line.unit, member.rows) == ("", "speed", "km/h", 12)
    assert (member.started, member.ended) == (START + 10, START + 50)
    assert [value for _, value in line.points[:6]] == [50, 90, 90, 90, 90, 50]
    assert line.limit is not None
    assert {value for _, value in line.limit} == {60}
    (trail,) = found.trails
    assert [point.inside for point in trail.points[:7]] == [False, True, True, True, True, True, False]
    assert (trail.points[1].ts, trail.points[1].speed) == (START + 10, 90)
    assert here.told.around(here.case) is found


def test_what_another_finding_changes_is_read_again_and_a_step_changes_nothing(here: Place) -> None:
    first = here.told.around(here.case)
    with writing(here.engine) as connection:
        connection.execute(CASES.update().values(position=99, revision=9, state="dispatched"))
    assert here.told.around(here.case) is first
    with writing(here.engine) as connection:
        connection.execute(EPISODES.update().values(ended=START + 60))
    assert here.told.around(here.case) is not first


def test_a_journal_that_is_gone_is_said(here: Place) -> None:
    (here.data / "journal").rename(here.data / "elsewhere")
    assert here.told.around(here.case).lacking == "gone"
    assert here.told.found(here.row, "fast", here.row["rule_version"]).rule is None


def test_only_so_many_wait_for_the_journal(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    held, reading_now = threading.Event(), threading.Event()
    read = here.told._read

    def slowly(about: Any) -> Any:
        reading_now.set()
        held.wait(20)
        return read(about)

    monkeypatch.setattr(here.told, "_read", slowly)
    monkeypatch.setattr("gridwatch.case_beside._WAITING", 1)
    first = threading.Thread(target=here.told.around, args=(here.case,))
    first.start()
    assert reading_now.wait(20)
    with pytest.raises(CantBe, match="Try again"):
        here.told.around(here.case)
    held.set()
    first.join()
    assert here.told.around(here.case).lacking == ""


def test_a_page_is_written_as_the_command_does(here: Place) -> None:
    data = here.told.export(here.case, "html", "zh", "Li Na", False)
    assert data.startswith(b"<!DOCTYPE html>")
    assert "案件卷宗" in data.decode()
    assert "周女士" not in data.decode()


@pytest.mark.parametrize("kept", [pytest.param(True, id="in-the-store"), pytest.param(False, id="deleted-there")])
def test_a_sealed_original_is_opened_and_noted(here: Place, tmp_path: Path, kept: bool) -> None:
    secret, public = new_identity()
    data = seal(b"the original", public)
    digest = hashlib.sha256(data).hexdigest()
    store = Store(str(tmp_path / "seen"))
    where = place("gate-3", START, "ab" * 16)
    if kept:
        file = File(name="original.jpg.age", kind="sealed", bytes=len(data), sha256=digest, captured=START, offset=None)
        store.add(f"{where.path}/original.jpg.age", data)
        store.add(f"{where.path}/manifest.json", encode(_manifest(file)))
    text = (tmp_path / "city.yaml").read_text("utf-8")
    (tmp_path / "city.yaml").write_text(
        f"{text}evidence: {{store: {tmp_path / 'seen'}, faces: {{none: a test has none}}, when: {{any: {{}}}}}}\n",
        "utf-8",
    )
    sealed = Sealed(data, digest, "ab" * 16, "gate-3", START)
    with pytest.raises(CantBe, match="no secret key"):
        here.told.unseal(sealed, "boss", "a court asks", "AGE-SECRET-KEY-1NONE")
    assert here.told.unseal(sealed, "boss", "a court asks", secret) == b"the original"
    assert [(note.by, note.reason) for note in notes(store)] == [("boss", "a court asks")] * (2 if kept else 0)


def _manifest(file: File) -> Manifest:
    return Manifest(
        id="ab" * 16, camera="gate-3", track=1, label="truck", score=0.9, zone="gate", watcher="w", trigger="t",
        category="", box=(0, 0, 1, 1), still=None, captured=START, clock="camera", offset=None,
        faces=Hidden(by="", heads=0), files=(file,),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        pytest.param("truck-1", [0, 1, 3], id="in-the-topic-or-the-payload"),
        pytest.param("truck-2", [0, 2, 3], id="another"),
        pytest.param('a"b', [0, 1, 2, 3, 4], id="what-json-writes-otherwise"),
        pytest.param("川A·1", [0, 1, 2, 3, 4], id="beyond-ascii"),
    ],
)
def test_only_what_may_be_about_a_subject_is_read(tmp_path: Path, name: str, kept: list[int]) -> None:
    buffer = EntryBuffer()
    buffer.add(Kind.VERSION, "", "", START, b"0")
    buffer.add(Kind.DELIVERY, "s", "t/truck-1", START, b"1")
    buffer.add(Kind.DELIVERY, "s", "t/truck-2", START, b"2")
    buffer.add(Kind.DELIVERY, "s", "t", START, b'3 ["truck-1", "truck-2"]')
    buffer.add(Kind.DELIVERY, "s", "t", START, b"4")
    with Journal.open(tmp_path) as journal:
        journal.commit(buffer)
        pieces = list(Stretch(JournalReader(tmp_path), 5, {name}).read())
    found = pa.Table.from_batches([piece.batch for piece in pieces]).column("payload").to_pylist()
    assert [int(each[:1]) for each in found] == kept


def test_a_subject_is_looked_for_by_its_devices_too() -> None:
    devices = [{"device": "862001", "subject": "truck-1"}, {"device": "862002", "subject": "truck-2"}]
    assert names_of(["truck-1"], Registers(devices=Table.of("devices", devices))) == {"truck-1", "862001"}
