"""Vehicles' photos: out of the journal, heads hidden, to the cases of the vehicle that the terminal was in then."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("cv2", reason="needs gridwatch[cameras]")
import cv2

from benchmarks.bins import DATA
from cameras.evidence.settings import Faces
from cameras.evidence.store import Store
from cameras.evidence.vehicle_photos import VehiclePhotos as Settings
from cameras.models import ModelError
from cases.database import writing
from cases.evidence_files import Files, belongs_to_vehicle, intact
from cases.tables import EPISODES
from connectors.codecs.jt808 import bodies, encode
from gridwatch.case_evidence import CaseEvidence
from gridwatch.vehicle_photos import FILE, VehiclePhotos
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, Journal
from pipeline.journal.contents import CONTENTS
from pipeline.runtime.compose import load_city, version_payload
from pipeline.runtime.opening import JOURNAL
from tests.gridwatch.test_case_evidence import City as Cases

DAY = 86_400.0
NOW = 1_777_608_000.0
PHONE, MOVED = "13912345678", "13912345679"
NANO = DATA / "models" / "yolox_nano.onnx"
NONE = "tests have drawn pictures, with nobody in them"
CITY = """\
city: demo
time_zone: Asia/Shanghai
data: data
registers: {vehicles: vehicles.csv, devices: devices.csv, datum: WGS-84}
sources: {trucks: {type: jt808, unknown: accept}}
streams:
  gps: {source: trucks, topic: "jt808/{terminal}/+", codec: jt808}
  alarms:
    source: trucks
    topic: jt808/{terminal}/+
    codec: jt808
    rows: reading
    metrics: {stolen: {path: alarm.stolen, unit: "1"}}
vehicle_photos: {store: photos, faces: {none: "tests have drawn pictures, with nobody in them"}}
"""


def jpeg(seed: int = 1, size: tuple[int, int] = (48, 64), kind: str = ".jpg") -> bytes:
    """A picture of nothing."""
    image = np.random.default_rng(seed).integers(0, 255, (size[0] // 8, size[1] // 8, 3), np.uint8)
    encoded = cv2.imencode(kind, cv2.resize(image, size[::-1]))[1]
    return bytes(encoded)


class Here:
    """A city's data folder, its journal, and what takes the photos out of it."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        (folder / "city.yaml").write_text(CITY, "utf-8")
        (folder / "vehicles.csv").write_text("id,class\nT1,truck\nT2,truck\n")
        moved = f"{MOVED},T1,2020-01-01,2026-04-30\n{MOVED},T2,2026-05-01,\n"
        (folder / "devices.csv").write_text(f"device,subject,valid_from,valid_to\n{PHONE},T1,2020-01-01,\n{moved}")
        self.folder, self.data = folder, folder / "data"
        self.journal = Journal.open(self.data / JOURNAL)
        self.serial = 0
        self.counts: Counter[str] = Counter()
        city = load_city(folder / "city.yaml")
        contents = Contents(self.data / JOURNAL / CONTENTS)
        buffer = EntryBuffer()
        buffer.add(Kind.VERSION, "runtime", "", NOW - DAY, version_payload(city.configuration, city.world, contents))
        self.journal.commit(buffer)
        faces = {"none": NONE}
        self.settings = Settings.model_validate({"store": str(folder / "photos"), "faces": faces, **settings})
        self.photos = self.again()

    def again(self) -> VehiclePhotos:
        """As after a restart."""
        return VehiclePhotos(self.settings, self.data, lambda what, count: self.counts.update({what: count}))

    def say(self, frames: list[bytes], phone: str = PHONE, received: float = NOW) -> None:
        """What the gateway journals of a message: its parts as they come, then all of them in a row."""
        buffer = EntryBuffer()
        for frame in frames if len(frames) > 1 else []:
            buffer.add(Kind.DELIVERY, "trucks", f"jt808/{phone}/part", received, frame)
        buffer.add(Kind.DELIVERY, "trucks", f"jt808/{phone}/0801", received, b"".join(frames))
        self.journal.commit(buffer)

    def taken(
        self,
        data: bytes,
        at: float = NOW,
        phone: str = PHONE,
        *,
        received: float | None = None,
        media: int = 7,
        **of: int,
    ) -> None:
        """A terminal sends a picture."""
        place = bodies.location(datetime.fromtimestamp(at, UTC), 120.1, 30.2, status=3)
        body = bodies.media(media, place, data, **of)
        frames = encode(0x0801, body, phone=phone, serial=self.serial)
        self.serial += len(frames)
        self.say(frames, phone, at if received is None else received)

    def look(self, photos: VehiclePhotos | None = None, now: float = NOW + 60) -> dict[str, int]:
        """What becomes of what is in the journal."""
        self.counts.clear()
        assert (photos or self.photos).take(now, lambda: False)
        return dict(self.counts)

    def there(self) -> list[Any]:
        """The manifests in the store, by time."""
        store = Store(self.settings.store)
        return sorted((store.manifest(where) for where in store.places()), key=lambda each: each.captured)


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


def test_a_photo_is_kept_with_what_was_said_of_it(here: Here, tmp_path: Path) -> None:
    data = jpeg(size=(480, 640))
    here.taken(data, NOW - 5, channel=2, event=1)
    assert here.look() == {"kept": 1}
    (manifest,) = here.there()
    assert (manifest.camera, manifest.label, manifest.captured, manifest.clock) == (
        "T1",
        f"{PHONE} #2",
        NOW - 5,
        "camera",
    )
    assert manifest.faces.reason == NONE
    assert manifest.sent == {
        "sent": {
            "terminal": PHONE,
            "media_id": 7,
            "media": "picture",
            "event": 1,
            "channel": 2,
            "sha256": hashlib.sha256(data).hexdigest(),
        },
        "lon": 120.1,
        "lat": 30.2,
    }
    (file,) = manifest.files
    (kept,) = tmp_path.glob("photos/T1/*/*/clean.jpg")
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == file.sha256
    assert decoded(kept.read_bytes()).shape == (480, 640, 3)


def test_neither_a_restart_nor_a_repetition_keeps_it_twice(here: Here) -> None:
    here.taken(jpeg())
    assert here.look() == {"kept": 1}
    assert here.look() == {}
    here.taken(jpeg())  # its terminal did not hear the answer
    here.taken(jpeg(2))
    assert here.look() == {"again": 1, "kept": 1}
    again = here.again()
    assert here.look(again) == {"again": 3}  # the newest entries are read once more
    here.taken(jpeg(3))
    assert here.look(again) == {"kept": 1}
    assert len(here.there()) == 3


def test_it_goes_on_from_where_it_was_cut_short(here: Here) -> None:
    for n in range(3):
        here.taken(jpeg(n))
    assert not here.photos.take(NOW, lambda: True)
    assert here.look() == {}
    (here.data / FILE).unlink()
    assert here.look(here.again()) == {"again": 3}  # begun anew, within the hour


@pytest.mark.parametrize(
    "at, phone, whose",
    [
        pytest.param(NOW, PHONE, "T1", id="listed"),
        pytest.param(datetime(2026, 4, 30, 15, tzinfo=UTC).timestamp(), MOVED, "T1", id="before-it-moved"),
        pytest.param(datetime(2026, 4, 30, 17, tzinfo=UTC).timestamp(), MOVED, "T2", id="since-it-moved"),
    ],
)
def test_it_is_of_the_vehicle_that_the_terminal_was_in(here: Here, at: float, phone: str, whose: str) -> None:
    here.taken(jpeg(), at, phone, received=NOW)
    assert here.look() == {"kept": 1}
    assert [each.camera for each in here.there()] == [whose]


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    "data, form, became",
    [
        pytest.param(jpeg(), 0, "kept", id="jpeg"),
        pytest.param(jpeg(kind=".png"), 0, "kept", id="png-that-is-called-jpeg"),
        pytest.param(b"", 0, "not_a_picture", id="nothing"),
        pytest.param(jpeg()[:40], 0, "not_a_picture", id="cut-off"),
        pytest.param(b"\xff\xd8\xff" + bytes(5000), 0, "not_a_picture", id="rubbish"),
        pytest.param(b"II*\0" + bytes(100), 1, "not_a_picture", id="tif"),
        pytest.param(b"ID3" + bytes(100), 2, "not_a_picture", id="sound"),
        pytest.param(
            bytes(cv2.imencode(".png", np.zeros((7100, 7100), np.uint8))[1]), 0, "not_a_picture", id="too-many-points"
        ),
    ],
)
def test_what_is_no_picture_is_counted_and_stops_nothing(here: Here, data: bytes, form: int, became: str) -> None:
    here.taken(data, form=form)
    here.taken(jpeg(99), media=8)
    assert here.look() == Counter({became: 1}) + Counter({"kept": 1})
    assert bool(here.photos.aside) == (became != "kept")


def test_others_are_counted_too(here: Here) -> None:
    here.taken(jpeg(), phone="13900000000")
    here.taken(jpeg(), NOW - 31 * DAY, received=NOW)
    here.say([b"\x7e\x08\x01 no frame \x7e"])
    (frame,) = encode(0x0801, b"abc", phone=PHONE, serial=3)
    here.say([frame])
    here.say([frame[:-2] + b"\x00\x7e"])
    assert here.look() == {"unknown": 1, "old": 1, "not_a_picture": 3}
    assert set(here.photos.aside) == {"its body is cut off", "the checksum is wrong"}
    assert here.there() == []


def test_a_time_that_cannot_be_is_that_of_its_arrival(here: Here) -> None:
    here.taken(jpeg(), NOW + 3600, received=NOW)
    assert here.look() == {"kept": 1}
    (manifest,) = here.there()
    assert (manifest.captured, manifest.clock) == (NOW, "arrival")


def test_there_is_room_for_so_many(tmp_path: Path) -> None:
    here = Here(tmp_path, room=1)
    for n in range(4):
        noise = np.random.default_rng(n).integers(0, 255, (600, 800, 3), np.uint8)
        here.taken(bytes(cv2.imencode(".jpg", noise)[1]), NOW + n)
    became = here.look()
    kept = here.there()
    assert became["kept"] == 4
    assert became["dropped"] == 4 - len(kept)
    assert 1 <= len(kept) < 4
    assert kept[-1].captured == NOW + 3
    assert sum(file.bytes for each in kept for file in each.files) <= 1_000_000
    assert here.photos.waiting(NOW, {kept[-1].id}) == len(kept) - 1
    here.photos.prune(NOW + 30 * DAY + 2.5)
    assert [each.captured for each in here.there()] == [NOW + 3]


# ---- which case ------------------------------------------------------------------------------------------------------


#   before    case         after
#   |---------|============|--------|
@pytest.mark.parametrize(
    "at, attached",
    [
        pytest.param(-70, False, id="too-early"),
        pytest.param(-20, True, id="just-before"),
        pytest.param(0, True, id="as-it-began"),
        pytest.param(100, True, id="while-it-went-on"),
        pytest.param(220, True, id="just-after"),
        pytest.param(300, False, id="too-late"),
    ],
)
def test_which_case_it_belongs_to(here: Here, tmp_path: Path, at: float, attached: bool) -> None:
    began = NOW - 1000
    here.taken(jpeg(), began + at)
    here.look()
    cases, look = with_cases(here, tmp_path)
    assert look() == 0
    of_vehicle(cases, "a", "T1", began, began + 200)  # it is known only now
    of_vehicle(cases, "b", "T2", began, began + 200)
    of_vehicle(cases, "c", "T1", began - 5000, began - 4000)
    assert look() == attached
    assert look() == 0
    assert [step.case for step in cases.desk.said] == ["a"] * attached
    for step in cases.desk.said:
        (file,) = step.data["files"]
        data = Files(cases.folder).read(file["location"])
        assert data is not None
        assert intact(file["location"], data)
        assert (file["kind"], file["source"], file["captured"]) == ("frame", "T1", began + at)
        assert (file["extra"]["lon"], file["extra"]["lat"]) == (120.1, 30.2)
        assert file["extra"]["sent"]["terminal"] == PHONE


def with_cases(here: Here, folder: Path) -> tuple[Cases, Callable[[], int]]:
    cases = Cases(folder / "cases")
    of = partial(belongs_to_vehicle, before=here.settings.before, after=here.settings.after)
    evidence = CaseEvidence(
        here.photos.store, cases.engine, Files(cases.folder), cases.desk, of, here.settings.before, parts=False
    )
    return cases, lambda: evidence.look(NOW)


def of_vehicle(cases: Cases, id: str, vehicle: str, started: float, ended: float | None) -> None:
    cases.case(id, "", started, ended)
    with writing(cases.engine) as connection:
        connection.execute(EPISODES.update().where(EPISODES.c.case_id == id).values(subject=vehicle))


# ---- heads -----------------------------------------------------------------------------------------------------------


def test_heads_are_hidden_before_anything_is_stored(tmp_path: Path) -> None:
    if not NANO.exists():
        pytest.skip(f"{NANO} is not here")
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        pytest.skip("needs the development packages")
    picture = (Path(spec.origin).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg").read_bytes()
    here = Here(tmp_path, faces={"model": {"file": str(NANO)}})
    here.taken(picture)
    assert here.look() == {"kept": 1}
    (manifest,) = here.there()
    assert manifest.faces.heads >= 1
    (kept,) = tmp_path.glob("photos/T1/*/*/clean.jpg")
    left, top, right, bottom = 185, 110, 345, 320  # where the face is
    face, was = (image[top:bottom, left:right] for image in (decoded(kept.read_bytes()), decoded(picture)))
    assert cv2.Laplacian(face, cv2.CV_64F).var() < 0.05 * cv2.Laplacian(was, cv2.CV_64F).var()


def decoded(data: bytes) -> Any:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_without_the_model_nothing_is_stored_and_nothing_lost(tmp_path: Path) -> None:
    here = Here(tmp_path, faces={"model": {"file": str(tmp_path / "none.onnx")}})
    here.taken(jpeg())
    with pytest.raises(ModelError):
        here.look()
    assert here.there() == []
    here.settings = here.settings.model_copy(update={"faces": Faces(none=NONE)})
    assert here.look(here.again()) == {"kept": 1}
