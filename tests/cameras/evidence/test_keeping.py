"""Evidence at work: made, stored and told; what can't be is counted, and nothing is stored with faces in it."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

pytest.importorskip("cv2", reason="needs gridwatch[cameras]")
from cameras.evidence.keeping import WAITING, Keeping
from cameras.evidence.sealing import new_identity, unseal
from cameras.evidence.store import Store, StoreFailed
from cameras.evidence.verifying import verify
from cameras.settings import CameraSettings
from cameras.watcher import Frame
from cameras.worker import Worker
from pipeline.units import Quantity
from tests.cameras.clips import clip
from tests.cameras.evidence.made import TS, Said, kept, picture, ring_of, settings, taken, told
from tests.cameras.evidence.test_store import some
from tests.cameras.fakes import Bright
from tests.services.rtsp import RtspServer
from tests.services.wait import until


def test_what_is_kept_of_a_picture_and_a_clip(tmp_path: Path) -> None:
    secret, public = new_identity()
    given = settings(tmp_path / "kept", {"any": {"sealed": public, "category": "waste.dumping"}})
    one = Said().keeping(given)
    cut = ring_of(clip(tmp_path / "a.mp4")).cut(TS, TS + 2)
    assert cut is not None
    one.keep(taken(begin=TS, end=TS + 2, cut=cut, told={"zone": "lane", "score": 0.9}))
    (found,) = kept(tmp_path / "kept")
    assert (found.camera, found.label, found.zone, found.score) == ("gate", "object", "lane", 0.9)
    assert (found.trigger, found.category, found.watcher) == ("any", "waste.dumping", "static_object")
    assert (found.captured, found.clock, found.offset) == (TS, "arrival", -0.04)
    assert [(file.name, file.kind) for file in found.files] == [
        ("clean.jpg", "clean"),
        ("marked.jpg", "marked"),
        ("clip.mp4", "clip"),
        ("original.jpg.age", "sealed"),
        ("original.mkv.age", "sealed"),
    ]
    assert all(file.offset == -0.04 and file.captured >= TS for file in found.files)
    assert found.faces.reason.startswith("drawn")
    assert (found.faces.heads, found.faces.clip) == (0, 0)
    store = Store(str(tmp_path / "kept"))
    (where,) = store.places()
    assert list(verify(store, where)) == []
    clipped, sealed = (store.read(f"{where.path}/{name}") for name in ("clip.mp4", "original.mkv.age"))
    assert clipped is not None
    assert sealed is not None
    with av.open(io.BytesIO(clipped), "r") as container:
        assert len(list(container.decode(video=0))) == 11
    with av.open(io.BytesIO(unseal(sealed, secret)), "r") as container:
        assert [bytes(p) for p in container.demux(video=0) if p.size] == [p.data for p in cut.packets]
    ((topic, payload),) = one.tell()
    message = json.loads(payload)
    assert topic == "cameras/gate/evidence"
    assert message["id"] == found.id
    assert message["url"] == store.url(where)
    assert {file["name"] for file in message["files"]} == {file.name for file in found.files}
    assert one.health("gate") == {"kept": 1, "dropped": 0, "reason": ""}


def test_the_pictures_say_where_when_and_by_whose_clock(tmp_path: Path) -> None:
    import cv2
    import numpy as np

    one = Said().keeping(settings(tmp_path, clip=False))
    one.keep(taken())
    store = Store(str(tmp_path))
    (where,) = store.places()

    def shown(name: str) -> Any:
        return cv2.imdecode(np.frombuffer(store.read(f"{where.path}/{name}.jpg") or b"", np.uint8), cv2.IMREAD_COLOR)

    clean, marked = shown("clean"), shown("marked")
    assert clean.shape == (96, 160, 3)
    assert abs(clean.astype(int) - 120).max() <= 2
    assert marked.shape[0] > 96 + 20  # a strip with two lines
    assert (abs(marked[:96].astype(int) - 120).max(2) > 60).any()  # a box and a label
    assert kept(tmp_path)[0].lacking == {}


def test_a_camera_of_single_pictures_has_no_clip_and_says_so(tmp_path: Path) -> None:
    one = Said().keeping(settings(tmp_path))
    one.keep(taken())
    (found,) = kept(tmp_path)
    assert [file.kind for file in found.files] == ["clean", "marked"]
    assert "nothing of the stream was held" in found.lacking["clip"]


def test_without_the_model_that_finds_persons_nothing_is_stored(tmp_path: Path) -> None:
    said = Said()
    one = said.keeping(settings(tmp_path / "kept", faces={"model": str(tmp_path / "none.onnx")}))
    one.keep(taken())
    one.keep(taken())
    assert not (tmp_path / "kept").exists()
    assert one.tell() == []
    health = one.health("gate")
    assert (health["kept"], health["dropped"]) == (0, 2)
    assert "there is no such model" in health["reason"]
    assert len(said) == 1  # said once, not for each


def test_a_full_disk_costs_evidence_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Said().keeping(settings(tmp_path))
    full = True

    def put(*given: Any) -> None:
        if full:
            raise StoreFailed("it can't be written (No space left on device)")
        really(*given)

    really = Store.put
    monkeypatch.setattr(Store, "put", put)
    one.keep(taken())
    assert one.health("gate")["dropped"] == 1
    assert "No space" in one.health("gate")["reason"]
    full = False
    one.keep(taken())
    assert one.health("gate") == {"kept": 1, "dropped": 1, "reason": ""}


def test_what_nothing_can_be_made_of_does_not_end_what_comes_after(tmp_path: Path) -> None:
    said = Said()
    one = said.keeping(settings(tmp_path))
    one.keep(taken(frame=Frame(TS, picture()[:0])))
    one.keep(taken())
    assert one.health("gate")["dropped"] == 1
    assert len(kept(tmp_path)) == 1
    assert "could not be made" in said[0]


def test_more_than_can_be_made_is_dropped_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread is held up; the camera is not."""
    go_on = threading.Event()
    really = Store.put
    monkeypatch.setattr(Store, "put", lambda *given: go_on.wait(30) and really(*given))
    said = Said()
    one = Keeping(settings(tmp_path), said.append, now=lambda: TS)
    see = one.camera("gate", None, lambda: ("recording", None))
    one.start()
    try:
        for track in range(40):
            see(Frame(TS + track, picture()), [("static_object", told(track))])
        assert one.health("gate")["dropped"] >= 40 - WAITING - 1
        assert one.tell() == []
    finally:
        go_on.set()
        one.stop(30)
    assert len(kept(tmp_path)) + one.health("gate")["dropped"] == 40
    assert len(one.tell()) == len(kept(tmp_path))


def test_a_camera_that_breaks_off_gives_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pictures end before the clip does."""
    monkeypatch.setattr("cameras.evidence.keeping.STANDS", -1.0)  # it has been silent for long enough
    one = Keeping(settings(tmp_path / "kept", before="1s", after="60s"), lambda _: None, now=lambda: TS)
    ring = ring_of(clip(tmp_path / "a.mp4"))
    see = one.camera("gate", ring, lambda: ("arrival", None))
    one.start()
    try:
        see(Frame(TS + 3, picture()), [("static_object", told())])
        until(lambda: [topic for topic, _ in one.tell()], "evidence was kept")
    finally:
        one.stop(10)
    (found,) = kept(tmp_path / "kept")
    (made,) = [file for file in found.files if file.kind == "clip"]
    assert [made.captured, made.until] == pytest.approx([TS + 2, TS + 4.9], abs=0.11)


def test_ids_are_not_to_be_guessed_and_never_the_same(tmp_path: Path) -> None:
    one = Said().keeping(settings(tmp_path, clip=False))
    for _ in range(20):
        one.keep(taken())
    ids = [found.id for found in kept(tmp_path)]
    assert len(set(ids)) == 20
    assert all(len(id) == 32 for id in ids)


def test_what_is_old_is_deleted_while_cameras_are_at_work(tmp_path: Path) -> None:
    store, said = Store(str(tmp_path)), Said()
    store.put(*some(1, ts=TS - 31 * 86_400))
    store.put(*some(2, ts=TS - 29 * 86_400))
    one = said.keeping(settings(tmp_path))
    one.start()
    try:
        until(lambda: len(list(store.places())) == 1, "the old is gone")
    finally:
        one.stop(10)
    assert [int(where.id, 16) for where in store.places()] == [2]


def test_what_is_old_is_deleted_also_where_nothing_new_can_be_kept(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "kept"))
    store.put(*some(1, ts=TS - 31 * 86_400))
    one = Said().keeping(settings(tmp_path / "kept", faces={"model": str(tmp_path / "none.onnx")}))
    one.start()
    try:
        until(lambda: list(store.places()) == [], "the old is gone")
    finally:
        one.stop(10)


# ---- with a worker ---------------------------------------------------------------------------------------------------


def test_a_worker_keeps_evidence_beside_its_cameras(tmp_path: Path) -> None:
    messages: list[tuple[str, dict[str, Any]]] = []
    clip(tmp_path / "a.mp4", pictures=60)
    worker = Worker(
        {"gate": CameraSettings(url=str(tmp_path / "a.mp4"), fps=10.0, loop=True, stall=Quantity(1.0))},
        {"gate": {"bright": Bright()}},
        lambda topic, payload: messages.append((topic, json.loads(payload))),
        lambda _: None,
        evidence=settings(tmp_path / "kept", {"stood": {"labels": ["object"], "still": "1s"}}, after="500ms"),
    )
    thread = threading.Thread(target=worker.run)
    thread.start()

    def last(kind: str) -> dict[str, Any]:
        return next((said for topic, said in reversed(messages) if topic == f"cameras/gate/{kind}"), {})

    def named(said: dict[str, Any]) -> bool:
        return any("evidence" in each for each in said.get("objects", []))

    try:
        until(lambda: named(last("sightings")), "a sighting names its evidence")
    finally:
        worker.stop()
        thread.join()
    (found,) = kept(tmp_path / "kept")
    assert last("evidence")["id"] == found.id == last("sightings")["objects"][0]["evidence"]
    assert [file.kind for file in found.files] == ["clean", "marked", "clip"]
    assert found.clock == "recording"
    first = next(said for topic, said in messages if topic.endswith("sightings"))
    assert not named(first)


@pytest.mark.service
def test_of_a_live_stream_too(tmp_path: Path, rtsp_server: Callable[..., RtspServer]) -> None:
    """A real RTSP server: the clip's time is UTC by whoever's clock, and so is the picture's."""
    server = rtsp_server()
    messages: list[tuple[str, bytes]] = []
    worker = Worker(
        {"gate": CameraSettings(url=server.url, fps=10.0, stall=Quantity(5.0))},
        {"gate": {"bright": Bright()}},
        lambda topic, payload: messages.append((topic, payload)),
        lambda _: None,
        evidence=settings(tmp_path, {"seen": {}}, before="2s", after="2s"),
    )
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        until(lambda: any(topic == "cameras/gate/evidence" for topic, _ in messages), "evidence was kept")
    finally:
        worker.stop()
        thread.join()
    (found,) = kept(tmp_path)
    assert abs(found.captured - time.time()) < 60
    assert found.clock in ("camera", "arrival")
    assert found.offset is not None
    (made,) = [file for file in found.files if file.kind == "clip"]
    assert made.until is not None
    assert made.until - found.captured == pytest.approx(2.0, abs=0.3)
    store = Store(str(tmp_path))
    data = store.read(f"{next(store.places()).path}/clip.mp4")
    assert data is not None
    with av.open(io.BytesIO(data), "r") as container:
        assert len(list(container.decode(video=0))) >= 10
