"""Contents and snapshots: what is given back is what was put there, or a plain error."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.journal import ContentDamaged, ContentMissing, Contents, Snapshots
from tests.pipeline.journal_kit import without_syncs


@settings(deadline=None, max_examples=30)
@given(data=st.binary(max_size=3000))
def test_a_content_is_given_back_by_its_hash(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    store = Contents(tmp_path_factory.getbasetemp() / "contents")
    name = store.put(data)
    assert name == hashlib.sha256(data).hexdigest()
    assert store.put(data) == name
    assert name in store
    assert Contents(store.folder).get(name) == data


def test_a_missing_content_says_what_to_do(tmp_path: Path) -> None:
    name = "0" * 64
    assert name not in Contents(tmp_path)
    with pytest.raises(ContentMissing, match="restore"):
        Contents(tmp_path).get(name)
    with pytest.raises(ValueError, match="64 hexadecimal"):
        Contents(tmp_path).get("../../etc/passwd")


def test_every_flip_and_cut_of_a_content_is_noticed_and_mended_by_putting_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_syncs(monkeypatch)
    store, data = Contents(tmp_path), b"rules: []\n" * 3
    path = tmp_path / store.put(data)[:2] / store.put(data)
    damaged = [bytes(b ^ (1 << bit % 8 if i == bit // 8 else 0) for i, b in enumerate(data)) for bit in range(240)]
    for content in [*damaged, *(data[:n] for n in range(len(data)))]:
        path.write_bytes(content)
        with pytest.raises(ContentDamaged, match="restore the file"):
            store.get(path.name)
        store.put(data)
        assert store.get(path.name) == data


def test_the_newest_snapshots_are_kept(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path / "snapshots")
    assert (snapshots.latest(), snapshots.oldest_position()) == (None, None)
    for position in (0, 10, 20, 30):
        snapshots.save(position, b"state at %d" % position)
        assert snapshots.latest() == (position, b"state at %d" % position)
    assert (snapshots.positions(), snapshots.oldest_position()) == ([20, 30], 20)
    snapshots.save(30, b"again", keep=1)
    assert (snapshots.positions(), snapshots.latest()) == ([30], (30, b"again"))


def test_every_flip_and_cut_of_a_snapshot_is_noticed(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    snapshots.save(5, b"older")
    snapshots.save(7, b"newer")
    path = tmp_path / f"{7:020d}.snapshot"
    data = path.read_bytes()
    flipped = [
        bytes(b ^ (1 << bit % 8 if i == bit // 8 else 0) for i, b in enumerate(data)) for bit in range(len(data) * 8)
    ]
    for content in [*flipped, *(data[:n] for n in range(len(data))), data + b"!"]:
        path.write_bytes(content)
        assert snapshots.latest() == (5, b"older")
        assert len(snapshots.damaged) == 1
        assert str(path) in snapshots.damaged[0]
    path.write_bytes(data)
    assert (snapshots.latest(), snapshots.damaged) == ((7, b"newer"), [])
    path.rename(path.with_name(f"{8:020d}.snapshot"))
    assert snapshots.latest() == (5, b"older")
