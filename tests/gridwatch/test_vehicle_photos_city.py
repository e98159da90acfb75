"""A running city: a terminal sends a photo and, seconds later, what makes a case; the case has the photo."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

pytest.importorskip("cv2", reason="needs gridwatch[cameras]")

from cases.database import reading
from cases.evidence_files import FOLDER, Files
from cases.tables import EVIDENCE
from connectors.codecs.jt808 import bodies
from connectors.jt808.gateway import Jt808Receiver
from console.case_pieces import out, pieces
from gridwatch.camera_section import read_cameras
from gridwatch.evidence_beside import EvidenceBeside
from pipeline.faults import Faulty
from pipeline.runtime.embedded import Embedded
from pipeline.runtime.logs import logger
from tests.connectors.jt808.simulated import Terminal, Words
from tests.connectors.jt808.test_city import CITY as TRUCKS
from tests.connectors.jt808.test_city import PHONE, place
from tests.gridwatch.test_vehicle_photos import jpeg
from tests.runtime.kit import Lines
from tests.services.wait import until

CITY = TRUCKS + 'vehicle_photos: {store: photos, before: 30s, faces: {none: "tests have drawn pictures"}}\n'


def counted(registry: CollectorRegistry, became: str) -> float:
    return registry.get_sample_value("gridwatch_vehicle_photos_total", {"became": became}) or 0.0


def test_a_photo_of_a_terminal_is_with_the_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUCKS", f"terminal,token\n{PHONE},secret\n")
    (tmp_path / "vehicles.csv").write_text("id,class,valid_from\nT1,muck_truck,2020-01-01\n")
    (tmp_path / "devices.csv").write_text(f"device,subject,valid_from\n{PHONE},T1,2020-01-01\n")
    (tmp_path / "city.yaml").write_text(CITY, "utf-8")
    said = io.StringIO()
    city = Embedded(tmp_path / "city.yaml", {}, log=Lines())
    registry = city.metrics.registry
    beside = EvidenceBeside(tmp_path / "city.yaml", logger(said, readable=True), city.metrics, look=0.05)
    city.start()
    try:
        assert city._sources is not None
        assert city.office is not None
        (receiver,) = [each for _, each in city._sources._working.values()]
        assert isinstance(receiver, Jt808Receiver)
        until(lambda: receiver.status.connected_since is not None, "it to listen")
        beside.start(city.office)
        words, began = Words(PHONE), float(int(time.time())) - 600.0
        with Terminal(receiver.port, words) as terminal:
            terminal.come_in("secret")
            picture = words.say(0x0801, bodies.media(7, place(began, 0.0), jpeg(size=(240, 320)), channel=2), 500)
            answers = terminal.ask(*picture)
            terminal.hear(1)
            assert len(answers) > 1
            terminal.ask(words.say(0x0801, bodies.media(8, place(began, 0.0), b"no picture", form=3))[0])
            until(lambda: counted(registry, "kept") == counted(registry, "not_a_picture") == 1, "them to be looked at")
            until(lambda: registry.get_sample_value("gridwatch_vehicle_photos_unmatched") == 1, "one without a case")
            terminal.ask(words.say(0x0200, place(began + 10, 0.0, alarm=1 << 26))[0])
            engine = city.cases.engine

            def found() -> list[sa.RowMapping]:
                with reading(engine) as connection:
                    return list(connection.execute(sa.select(EVIDENCE)).mappings())

            until(lambda: len(found()) == 1, "it to be with the case")
            until(lambda: registry.get_sample_value("gridwatch_vehicle_photos_unmatched") == 0, "none without a case")
    finally:
        beside.stop()
        city.stop()
    (evidence,) = found()
    assert (evidence["kind"], evidence["source"], evidence["captured"]) == ("frame", "T1", began)
    assert evidence["extra"]["label"] == f"{PHONE} #2"
    with reading(engine) as connection:
        (piece,) = pieces(connection, evidence["case_id"])
    shown = out(piece, Files(tmp_path / "data" / FOLDER))
    assert (shown.kind, shown.media, shown.there, shown.sha256) == ("frame", "image/jpeg", True, evidence["sha256"])
    assert "its terminal says wav" in said.getvalue()
    assert (tmp_path / "data" / "evidence-of-cases" / evidence["location"]).is_file()


def test_on_kafka_it_is_said_that_there_is_none(tmp_path: Path) -> None:
    text = CITY.replace("city: test", "city: test\nruntime: cluster\nkafka: {bootstrap: 127.0.0.1:9092}")
    (tmp_path / "city.yaml").write_text(text, "utf-8")
    with pytest.raises(Faulty, match="vehicle_photos   expected runtime: embedded"):
        read_cameras(tmp_path / "city.yaml")


@pytest.mark.parametrize(
    "section, path",
    [
        pytest.param("{keep: 3d}", "vehicle_photos.store", id="no-store"),
        pytest.param("{store: photos, room: 0}", "vehicle_photos.room", id="no-room"),
        pytest.param("{store: 's3://key:k7Qx-3f@bucket/x'}", "vehicle_photos.store", id="a-secret"),
        pytest.param("{store: photos, when: {}}", "vehicle_photos.when", id="unknown-key"),
    ],
)
def test_faults_are_named(tmp_path: Path, section: str, path: str) -> None:
    (tmp_path / "city.yaml").write_text(TRUCKS + f"vehicle_photos: {section}\n", "utf-8")
    with pytest.raises(Faulty) as faulty:
        read_cameras(tmp_path / "city.yaml")
    assert [fault.path for fault in faulty.value.faults] == [path]
    assert "k7Qx" not in str(faulty.value)


def test_where_no_photo_could_come_from_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "city.yaml").write_text(CITY.replace("codec: jt808", "codec: jt809"), "utf-8")
    with pytest.raises(Faulty, match="vehicle_photos   expected a stream that can bring pictures, of codec jt808"):
        read_cameras(tmp_path / "city.yaml")
