"""Evidence of cases: copied from a camera's store, attached once, kept for as long as any case needs it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.evidence import manifest as manifests
from cameras.evidence.manifest import Hidden, Manifest
from cameras.evidence.retention import prune
from cameras.evidence.store import Place, Store, place
from cases.database import open_database, reading, writing
from cases.evidence_files import Files, intact
from cases.evidence_keeping import expired
from cases.migrations import migrate
from cases.office import NotHeard
from cases.reading import whole
from cases.tables import CASES, EPISODES, EVIDENCE, METADATA, REPORTS, STEPS
from cases.words import Answer, Report, Step
from gridwatch.case_evidence import LOOKBACK, CaseEvidence, Changed
from tests.cases.desk.kit import Log
from tests.cases.export.told import row

DAY = 86_400.0
NOW = 1_777_608_000.0
TRACK = 1_777_600_000_256


class Desk:
    """An office that writes what is attached into the tables, as the city's does."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.said, self.deaf = engine, list[Step](), False

    def say(self, said: Step | Report, *, patience: float = 5.0) -> Answer:
        if self.deaf:
            raise NotHeard("no room on the disk")
        assert isinstance(said, Step)
        self.said.append(said)
        with writing(self.engine) as connection:
            step = row(STEPS, id=said.id, case_id=said.case, number=len(self.said), action="attach", data=said.data)
            connection.execute(STEPS.insert(), step)
            for n, file in enumerate(said.data["files"]):
                mine = {"id": f"{said.id}-{n}", "case_id": said.case, **file}
                connection.execute(EVIDENCE.insert(), row(EVIDENCE, **mine))
        return Answer(id=said.id, case=said.case, taken=True)


class City:
    """A store of cases, one of a camera, and what copies from one to the other."""

    def __init__(self, folder: Path) -> None:
        self.engine = open_database(None)
        with writing(self.engine) as connection:
            METADATA.create_all(connection)
        self.cameras, self.folder = Store(str(folder / "kept")), folder / "files"
        self.desk = Desk(self.engine)
        self.evidence = self.again()

    def again(self) -> CaseEvidence:
        """As after a restart."""
        return CaseEvidence(self.cameras, self.engine, Files(self.folder), self.desk)

    def case(self, id: str, part: str, started: float, ended: float | None = None, **of: Any) -> None:
        with writing(self.engine) as connection:
            case = {"id": id, "number": id, "state": "filed", "started": started, "opened": started, **of}
            connection.execute(CASES.insert(), row(CASES, **{"changed": started, **case}))
            episode = {"id": f"{id}-e", "case_id": id, "subject": "gate-3", "part": part, "started": started}
            connection.execute(EPISODES.insert(), row(EPISODES, **episode, ended=ended))

    def taken(self, id: str, captured: float, zone: str = "", track: int = TRACK, camera: str = "gate-3") -> Place:
        """A piece of evidence in the camera's store."""
        data = {
            "clean.jpg": f"{id} clean".encode(),
            "marked.jpg": f"{id} marked".encode(),
            "clip.mp4": b"clip" + id.encode(),
        }
        kinds = {"clean.jpg": "clean", "marked.jpg": "marked", "clip.mp4": "clip"}
        files = [manifests.described(name, kinds[name], each, captured, 0.4) for name, each in data.items()]
        said = Manifest(
            id=hashlib.md5(id.encode()).hexdigest(), camera=camera, track=track, label="object", score=None, zone=zone,
            watcher="static_object", trigger="dumping", category="", box=(0, 0, 1, 1), still=None, captured=captured,
            clock="camera", offset=0.4, faces=Hidden(by="yolox_nano", heads=0), files=tuple(files),
        )  # fmt: skip
        where = place(camera, captured, said.id)
        self.cameras.put(where, data, manifests.encode(said))
        return where

    def kept(self) -> list[str]:
        return sorted(str(each.relative_to(self.folder)) for each in self.folder.rglob("*") if each.is_file())


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


def test_what_belongs_is_copied_and_attached_once(city: City) -> None:
    city.case("a", str(TRACK), NOW - 100)
    city.taken("one", NOW - 130)
    city.taken("stranger", NOW - 130, track=TRACK + 1)
    city.taken("elsewhere", NOW - 130, camera="gate-4")
    assert city.evidence.look(NOW) == 1
    (step,) = city.desk.said
    assert (step.case, step.action, step.by, step.role) == ("a", "attach", "pipeline", "pipeline")
    files = step.data["files"]
    assert [file["kind"] for file in files] == ["frame", "marked", "clip"]
    assert {file["source"] for file in files} == {"gate-3"}
    assert files[0]["captured"] == NOW - 130
    assert files[0]["clock_offset"] == 0.4
    assert files[0]["extra"]["track"] == TRACK
    for file in files:
        data = Files(city.folder).read(file["location"])
        assert data is not None
        assert intact(file["location"], data)
    assert city.evidence.look(NOW + 30) == city.again().look(NOW + 60) == 0


def test_what_comes_later_joins(city: City) -> None:
    city.taken("one", NOW - 50, zone="pavement")
    assert city.evidence.look(NOW) == 0
    city.case("a", "pavement", NOW - 60)
    city.case("b", "pavement", NOW - 20)
    assert city.evidence.look(NOW) == 2
    city.taken("two", NOW - 10, zone="pavement")
    assert city.evidence.look(NOW) == 2
    assert [(step.case, len(step.data["files"])) for step in city.desk.said] == [("a", 3), ("b", 3), ("a", 3), ("b", 3)]
    assert len(city.kept()) == 6  # once, however many cases


def test_it_outlives_the_cameras_store(city: City) -> None:
    city.case("a", str(TRACK), NOW - 100)
    city.taken("one", NOW - 100)
    city.evidence.look(NOW)
    prune(city.cameras, NOW + 60 * DAY, 30 * DAY)
    assert list(city.cameras.places()) == []
    assert city.evidence.prune(NOW + 60 * DAY, 30 * DAY) == 0  # the case is open
    assert len(city.kept()) == 3


def test_after_a_long_rest_what_was_missed_is_found(city: City) -> None:
    city.case("a", str(TRACK), NOW - 10 * DAY)
    city.taken("one", NOW - 10 * DAY)
    assert city.evidence.look(NOW) == 1
    assert city.evidence.look(NOW + LOOKBACK) == 0


def test_a_changed_file_is_not_attached_and_told(city: City, tmp_path: Path) -> None:
    city.case("a", str(TRACK), NOW - 100)
    bad, good = city.taken("bad", NOW - 90), city.taken("good", NOW - 80)
    (tmp_path / "kept" / bad.path / "clip.mp4").write_bytes(b"another")
    for _ in range(2):
        with pytest.raises(Changed, match=r"clip\.mp4: it is not what was kept"):
            city.evidence.look(NOW)
    assert [step.data["files"][0]["extra"]["evidence"] for step in city.desk.said] == [good.id]


def test_when_nobody_hears_it_is_said_again(city: City) -> None:
    city.case("a", str(TRACK), NOW - 100)
    city.taken("one", NOW - 90)
    city.desk.deaf = True
    with pytest.raises(NotHeard):
        city.evidence.look(NOW)
    city.desk.deaf = False
    assert city.evidence.look(NOW) == 1


def test_without_cameras_there_is_nothing_to_do(city: City) -> None:
    assert CaseEvidence(None, city.engine, Files(city.folder), city.desk).look(NOW) == 0


class AtTheDesk:
    """An office of a desk that is driven by hand."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def say(self, said: Step | Report, *, patience: float = 5.0) -> Answer:
        assert isinstance(said, Step)
        self.log.enter(said.at, said.id, said.at, step=said)
        return self.log.answer(said.id)


def test_at_the_citys_own_desk(city: City) -> None:
    engine = open_database(None)
    migrate(engine)
    log = Log(engine)
    log.episode(NOW - 100, "a", subject="gate-3", part=str(TRACK))
    city.taken("one", NOW - 90)
    evidence = CaseEvidence(city.cameras, engine, Files(city.folder), AtTheDesk(log))
    assert evidence.look(NOW) == 1
    assert log.history("a") == ["attach pipeline reported>reported"]
    with reading(engine) as connection:
        found = whole(connection, "a").evidence
    assert {(each.kind, each.source, each.clock_offset) for each in found} == {
        (kind, "gate-3", 0.4) for kind in ("frame", "marked", "clip")
    }
    assert CaseEvidence(city.cameras, engine, Files(city.folder), AtTheDesk(log)).look(NOW + 60) == 0


# ---- for how long ----------------------------------------------------------------------------------------------------


#   closed          keep            window
#   |---------------|---------------|
@pytest.mark.parametrize(
    "state, ago, gone",
    [
        pytest.param("closed", 31, True, id="over"),
        pytest.param("closed", 29, False, id="not-yet"),
        pytest.param("rejected", 31, True, id="rejected-too"),
        pytest.param("handling", 300, False, id="open-however-long"),
        pytest.param("suspended", 300, False, id="suspended"),
        pytest.param("closed", 90, False, id="looked-at-before"),
    ],
)
def test_how_long_files_stay(city: City, state: str, ago: float, gone: bool) -> None:
    kept = Files(city.folder).put(b"photo", ".jpg")
    city.case("a", "x", NOW - ago * DAY, state=state)
    with writing(city.engine) as connection:
        connection.execute(REPORTS.insert(), row(REPORTS, id="r", case_id="a", photos=[kept.location]))
    assert city.evidence.prune(NOW, 30 * DAY) == gone
    assert city.kept() == ([] if gone else [kept.location])


def test_what_is_not_kept_here_is_left_alone(city: City) -> None:
    city.case("a", "x", NOW - 40 * DAY, state="closed")
    kept = Files(city.folder).put(b"photo", ".jpg")
    with writing(city.engine) as connection:
        for n, location in enumerate(("../files", "https://example.org/x.jpg", "", kept.location)):
            evidence = row(EVIDENCE, id=str(n), case_id="a", location=location, extra={})
            connection.execute(EVIDENCE.insert(), evidence)
        step = row(STEPS, id="s", case_id="a", action="handled", data={"photos": "not a list"})
        connection.execute(STEPS.insert(), step)
    assert city.evidence.prune(NOW, 30 * DAY) == 1
    assert city.kept() == []


_CASES = st.lists(
    st.tuples(
        st.sampled_from(["filed", "closed", "merged"]),
        st.integers(0, 80),
        st.lists(st.sampled_from("pqrs"), max_size=3),
        st.sampled_from(["evidence", "report", "step"]),
    ),
    max_size=6,
)


@settings(deadline=None, max_examples=60)
@given(cases=_CASES)
def test_no_file_goes_that_a_case_needs(cases: list[tuple[str, int, list[str], str]]) -> None:
    engine = open_database(None)
    with writing(engine) as connection:
        METADATA.create_all(connection)
        for n, (state, ago, files, by) in enumerate(cases):
            changed = NOW - ago * DAY
            connection.execute(CASES.insert(), row(CASES, id=str(n), number=str(n), state=state, changed=changed))
            if by == "report":
                connection.execute(REPORTS.insert(), row(REPORTS, id=str(n), case_id=str(n), photos=files))
            elif by == "step":
                step = row(STEPS, id=str(n), case_id=str(n), action="handled", data={"photos": files})
                connection.execute(STEPS.insert(), step)
            else:
                for k, file in enumerate(files):
                    mine = row(EVIDENCE, id=f"{n}-{k}", case_id=str(n), location=file, extra={})
                    connection.execute(EVIDENCE.insert(), mine)
    with reading(engine) as connection:
        gone = set(expired(connection, NOW, 30 * DAY, 1000 * DAY))
    over = {file for state, ago, files, _ in cases for file in files if state != "filed" and ago > 30}
    needed = {file for state, ago, files, _ in cases for file in files if state == "filed" or ago <= 30}
    assert gone == over - needed
