"""A store that can't be reached: evidence waits in a folder, and goes over when it can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cv2", reason="needs gridwatch[cameras]")
from cameras.evidence.carrying import Carrying
from cameras.evidence.store import Store, StoreFailed
from cameras.evidence.verifying import verify
from tests.cameras.evidence.made import TS, Said, kept, settings, taken
from tests.cameras.evidence.test_store import some
from tests.services.wait import until


def carrying(tmp_path: Path, store: str, room: int = 1_000_000) -> Carrying:
    return Carrying(Store(str(tmp_path / "waiting")), Store(store), room)


def test_it_waits_for_the_link_and_goes_over_oldest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    over = carrying(tmp_path, "memory://waits")
    for n in (3, 1, 2):
        over.waiting.put(*some(n, ts=TS + n))
    went: list[int] = []
    really = Store.put

    def put(self: Store, where: Any, files: Any, data: Any) -> None:
        if self.local:
            really(self, where, files, data)
            return
        if len(went) == 2:
            raise StoreFailed("no link")
        went.append(int(where.id, 16))
        really(self, where, files, data)

    monkeypatch.setattr(Store, "put", put)
    with pytest.raises(StoreFailed, match="no link"):
        over.carry()
    assert (went, over.failed) == ([1, 2], True)
    assert [int(where.id, 16) for where in over.waiting.places()] == [3]
    monkeypatch.setattr(Store, "put", really)
    assert over.carry() == 1
    assert not over.failed
    assert list(over.waiting.places()) == []
    there = Store("memory://waits")
    assert [fault for where in there.places() for fault in verify(there, where)] == []
    assert len(list(there.places())) == 3


def test_no_more_waits_than_there_is_room_for(tmp_path: Path) -> None:
    over = carrying(tmp_path, "memory://room", room=25)  # two of eleven bytes
    for n in (1, 2, 3, 4):
        over.waiting.put(*some(n, ts=TS + n))
    assert over.carry() == 2
    assert over.dropped == 2
    assert [int(where.id, 16) for where in Store("memory://room").places()] == [3, 4]


@pytest.mark.service
def test_with_a_waiting_folder_it_goes_there_and_then_to_s3(tmp_path: Path, bucket: str) -> None:
    said = Said()
    one = said.keeping(settings(bucket, waiting=str(tmp_path / "waiting"), clip=False))
    one.keep(taken())
    assert len(kept(tmp_path / "waiting")) == 1
    ((_, payload),) = one.tell()
    assert json.loads(payload)["url"].startswith(bucket)
    one.start()
    try:
        until(lambda: len(kept(bucket)) == 1, "it is in the bucket")
        until(lambda: kept(tmp_path / "waiting") == [], "nothing waits")
    finally:
        one.stop(10)
