"""Opening a city's data where the disk is full or a file is not what it should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cases.database import StoreFull
from cases.store import FILE, Store
from pipeline.journal import JournalFailed
from pipeline.journal.contents import CONTENTS
from pipeline.runtime import opening
from pipeline.runtime.opening import JOURNAL, SNAPSHOTS, open_when_there_is_room
from tests.runtime.kit import Lines


class Full:
    """Stands for `Store` on a disk that has no room for the first attempts."""

    def __init__(self, attempts: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.attempts = attempts
        monkeypatch.setattr(opening, "Store", self.store)
        monkeypatch.setattr(opening, "AGAIN", 0.001)

    def store(self, file: Path, **more: Any) -> Store:
        self.attempts -= 1
        if self.attempts >= 0:
            raise StoreFull(f"{file}: disk I/O error; make room on its disk")
        return Store(file, **more)


def test_what_a_crash_left_incomplete_is_removed(tmp_path: Path) -> None:
    left = [tmp_path / JOURNAL / SNAPSHOTS / f"{7:020}.snapshot.tmp", tmp_path / JOURNAL / CONTENTS / "ab" / "abcd.tmp"]
    for file in left:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"half of")
    log = Lines()
    opened = open_when_there_is_room(tmp_path, log, lambda: False)
    assert opened is not None
    opened.close()
    assert not any(file.exists() for file in left)
    assert log.said("info") == ["removed what the last run had not finished writing"]


def test_it_waits_for_room_and_says_so_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Lines()
    full = Full(3, monkeypatch)
    opened = open_when_there_is_room(tmp_path, log, lambda: False)
    assert opened is not None
    opened.close()
    assert full.attempts == -1
    (line,) = log.said("error")
    assert "the cases can't be opened" in line
    assert "make room on its disk" in line
    assert log.said("info") == ["the data can't be opened: it works again"]


def test_it_gives_up_when_it_is_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Full(1000, monkeypatch)
    assert open_when_there_is_room(tmp_path, Lines(), lambda: full.attempts < 990) is None


def test_what_is_no_file_of_cases_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not at all" * 1000)
    with pytest.raises(JournalFailed, match=r"cases.sqlite: file is not a database; is it the file of a gridwatch"):
        open_when_there_is_room(tmp_path, Lines(), lambda: False)
