"""Stores: a folder, memory, and S3: all or nothing, found again, and only what is ours is deleted."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("fsspec", reason="needs gridwatch[cameras]")
from cameras.evidence import manifest
from cameras.evidence.manifest import Hidden, Manifest, described
from cameras.evidence.retention import Pruned, prune
from cameras.evidence.store import Place, Store, StoreFailed, folder, place
from cameras.evidence.verifying import verify
from tests.cameras.evidence.made import TS

DAY = 86_400.0
FILES = {"clean.jpg": b"clean", "marked.jpg": b"marked"}


def some(n: int, camera: str = "gate", ts: float = TS) -> tuple[Place, dict[str, bytes], bytes]:
    """Made-up evidence: where it goes, its files, its manifest."""
    kinds = {"clean.jpg": "clean", "marked.jpg": "marked"}
    said = Manifest(
        id=f"{n:032x}",
        camera=camera,
        track=n,
        label="object",
        score=None,
        zone="",
        watcher="static_object",
        trigger="any",
        category="",
        box=(0.1, 0.1, 0.2, 0.2),
        still=None,
        captured=ts,
        clock="arrival",
        offset=-0.04,
        faces=Hidden(by="yolox_nano", heads=0),
        files=tuple(described(name, kind, FILES[name], ts, -0.04) for name, kind in kinds.items()),
    )
    return place(camera, ts, said.id), FILES, manifest.encode(said)


def test_what_is_kept_is_found_again(store_url: str) -> None:
    store = Store(store_url)
    assert list(store.places()) == []
    for n, camera in ((1, "gate"), (2, "yard"), (3, "gate")):
        store.put(*some(n, camera))
    found = list(store.places())
    assert [(each.camera, each.day, int(each.id, 16)) for each in found] == [
        ("gate", "2026-05-01", 1),
        ("gate", "2026-05-01", 3),
        ("yard", "2026-05-01", 2),
    ]
    assert [where.id for where in store.places("yard")] == [found[2].id]
    assert list(store.places(first="2026-05-02")) == []
    there = store.manifest(found[0])
    assert there is not None
    assert (there.track, there.captured, there.offset) == (1, TS, -0.04)
    assert store.read(f"{found[0].path}/clean.jpg") == b"clean"
    assert [fault for where in found for fault in verify(store, where)] == []
    store.remove(found[0])
    assert [int(where.id, 16) for where in store.places()] == [3, 2]
    assert store.url(found[1]).endswith(found[1].path)


def test_a_file_is_never_written_over(store_url: str) -> None:
    store = Store(store_url)
    assert store.add("openings/00000001.json", b"first")
    assert not store.add("openings/00000001.json", b"second")
    assert store.read("openings/00000001.json") == b"first"
    assert store.openings() == ["openings/00000001.json"]


def test_a_changed_or_missing_file_is_told(store_url: str) -> None:
    store = Store(store_url)
    where, files, said = some(1)
    store.put(where, {**files, "marked.jpg": b"another"}, said)
    assert list(verify(store, where)) == [
        f"{where.path}/marked.jpg: it has been changed: its SHA-256 is not that of the manifest"
    ]
    store.remove(where)
    store.put(where, {"clean.jpg": b"clean"}, said)
    assert list(verify(store, where)) == [f"{where.path}/marked.jpg: it is missing"]
    store.put(where, files, said[: len(said) // 2])
    assert list(verify(store, where)) == [f"{where.path}/manifest.json: it is damaged"]


#  kept at           now - keep      what goes
@pytest.mark.parametrize(
    "ages, keep, old",
    [
        pytest.param([31.0, 29.0], 30.0, 1, id="older"),
        pytest.param([30.01, 29.99], 30.0, 1, id="to-the-second"),
        pytest.param([0.0, 1.0], 30.0, 0, id="none"),
        pytest.param([5.0, 400.0, 40.0], 30.0, 2, id="long-ago"),
    ],
)
def test_what_is_older_is_deleted(store_url: str, ages: list[float], keep: float, old: int) -> None:
    store = Store(store_url)
    for n, age in enumerate(ages):
        store.put(*some(n, ts=TS - age * DAY))
    assert prune(store, TS, keep * DAY, only_count=True) == Pruned(old, 0)
    assert len(list(store.places())) == len(ages)
    assert prune(store, TS, keep * DAY) == Pruned(old, 0)
    left = [manifest.captured for where in store.places() if (manifest := store.manifest(where))]
    assert sorted(left) == sorted(TS - age * DAY for age in ages if age <= keep)


@pytest.mark.parametrize(
    "age, unfinished",
    [pytest.param(0.5, 0, id="may-be-at-work"), pytest.param(2.5, 1, id="never-finished")],
)
def test_what_was_never_finished_is_cleared_away(tmp_path: Path, age: float, unfinished: int) -> None:
    """A crash between the pictures and the manifest."""
    store = Store(str(tmp_path))
    where, _, said = some(1, ts=TS - age * DAY)
    (tmp_path / where.path).mkdir(parents=True)
    (tmp_path / where.path / "clean.jpg").write_bytes(b"clean")
    (tmp_path / where.path / ".marked.jpg-1a2b.part").write_bytes(b"ma")
    store.put(*some(2, ts=TS - age * DAY))
    assert prune(store, TS, 30 * DAY) == Pruned(0, unfinished)
    assert (tmp_path / where.path).exists() is not bool(unfinished)
    assert [int(each.id, 16) for each in store.places() if store.manifest(each)] == [2]
    assert manifest.decode(said) is not None


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    where, files, said = some(1, ts=TS - 90 * DAY)
    store.put(where, files, said)
    others = [
        tmp_path / where.path / "notes.txt",
        tmp_path / where.camera / "2020-01-01" / "holiday.jpg",
        tmp_path / where.camera / "a folder" / "x.jpg",
        tmp_path / "openings" / "00000001.json",
    ]
    for each in others:
        each.parent.mkdir(parents=True, exist_ok=True)
        each.write_text("mine")
    assert prune(store, TS, 30 * DAY) == Pruned(1, 0)
    assert sorted(each for each in tmp_path.rglob("*") if each.is_file()) == sorted(others)


def test_a_full_disk_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(str(tmp_path / "kept"))
    written = []

    def write(path: Path, target: Any) -> Path:
        written.append(path)
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(path, target)

    replace = Path.replace
    monkeypatch.setattr(Path, "replace", write)
    with pytest.raises(StoreFailed, match="No space left on device"):
        store.put(*some(1))
    assert [each for each in (tmp_path / "kept").rglob("*") if each.is_file()] == []


def test_who_may_read_it(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "kept"))
    store.put(*some(1))
    assert (tmp_path / "kept").stat().st_mode & 0o007 == 0


@given(st.text(min_size=1))
def test_a_cameras_folder_has_a_name_that_is_safe(camera: str) -> None:
    found = folder(camera)
    assert 0 < len(found.encode()) <= 80
    assert not set(found) & set('/\\:*?"<>|\x00\n ')
    assert not found.startswith(".")
    assert found != "openings"


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_two_cameras_never_share_a_folder(one: str, other: str) -> None:
    def sayable(text: str) -> str:
        return text.encode("utf-8", "replace").decode()

    assert (folder(one) == folder(other)) is (sayable(one) == sayable(other))


@pytest.mark.parametrize(
    "url, says",
    [
        pytest.param("nosuch://x/y", "no such kind of store", id="kind"),
        pytest.param("s3://a-bucket-that-is-not-there/x", "check address, key and link", id="bucket"),
    ],
)
def test_a_store_that_is_not_there_is_told(url: str, says: str, request: pytest.FixtureRequest) -> None:
    if url.startswith("s3"):
        request.getfixturevalue("bucket")
    with pytest.raises(StoreFailed, match=says):
        Store(url).put(*some(1))
