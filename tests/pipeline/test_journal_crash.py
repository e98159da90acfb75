"""Whenever the process is killed or the power fails: what was committed is there, and at most what was under way."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from pipeline.journal import Journal, JournalFailed, files
from tests.pipeline.journal_kit import (
    Died,
    Entry,
    Mortal,
    contents,
    entries,
    expected,
    in_memory,
    plain,
    segments,
    without_syncs,
)

LIMITS = {"segment_frames": 3, "frame_bytes": 60, "batch_rows": 4, "tail_batches": 1}


@pytest.fixture(name="memory")
def _memory(tmp_path: Path) -> Iterator[Path]:
    with in_memory(tmp_path) as folder:
        yield folder


class City:
    """One journal through several lives of the process that writes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.committed: list[Entry] = []
        self.under_way: list[Entry] = []
        self.kept_from = 0
        self.lives = 0

    def live(self) -> None:
        """Open, check what is there, commit, seal and delete."""
        self.lives += 1
        journal = None
        try:
            journal = Journal.open(self.folder, **LIMITS)
            self.check(journal)
            for n in (1, 2, 9, 1, 3, 1, 1):
                batch = entries(journal.head, n, 12 + self.lives).batch()
                self.under_way = plain(batch)
                journal.commit(batch)
                self.committed += self.under_way
                self.under_way = []
                if n == 1:
                    journal.seal_rolled()
            self.kept_from = journal.head - 12
            journal.retain(keep_from=self.kept_from, max_bytes=0)
            self.check(journal)
        finally:
            if journal is not None:
                journal._writer.close()
                journal._lock.close()  # as the system does for a process that is gone

    def live_twice(self) -> None:
        """The second life begins as the first left it."""
        self.live()
        self.live()

    def check(self, journal: Journal) -> None:
        rows, first = contents(journal), journal.first
        assert first <= self.kept_from
        assert rows[: len(self.committed) - first] == self.committed[first:]
        survived = rows[len(self.committed) - first :]
        assert survived == self.under_way[: len(survived)]
        self.committed += survived
        self.under_way = []
        assert journal.head == len(self.committed)


def calls_of_two_lives(folder: Path) -> int:
    with pytest.MonkeyPatch.context() as patch:
        mortal = Mortal(folder, 10**9)
        mortal.install(patch)
        city = City(folder)
        city.live_twice()
    return mortal.calls


def test_killed_at_any_call_that_changes_the_disk(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_syncs(monkeypatch)  # killing loses nothing that the system has
    calls = calls_of_two_lives(memory / "long")
    assert calls > 80
    for dies_at in range(1, calls + 1):
        city = City(memory / str(dies_at))
        with pytest.MonkeyPatch.context() as patch:
            Mortal(city.folder, dies_at).install(patch)
            with pytest.raises(Died):
                city.live_twice()
        city.live()


def test_power_fails_at_any_call_that_changes_the_disk(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_syncs(monkeypatch)  # what is on the disk is `mortal`'s to say
    calls = calls_of_two_lives(memory / "long")
    for dies_at in range(1, calls + 1):
        dice = random.Random(dies_at)
        city = City(memory / str(dies_at))
        files.make_folder(city.folder / "segments")
        mortal = Mortal(city.folder, dies_at)
        mortal.all_is_safe(city.folder / "segments")
        # The life that recovers is cut short too; now and then a process is killed before the power fails in the next.
        for _ in range(3):
            with pytest.MonkeyPatch.context() as patch, suppress(Died):
                mortal.install(patch)
                city.live()
            if dice.random() < 0.7:
                mortal.lose_power(dice)
                mortal.all_is_safe(city.folder / "segments")
            mortal.calls, mortal.dies_at = 0, dice.randint(1, 40)
        city.live()


class Worst(random.Random):
    """Dice that lose all that can be lost."""

    def random(self) -> float:
        return 0.0

    def choice(self, seq: Any) -> Any:
        return seq[0]


def test_what_a_killed_process_left_is_made_safe_before_it_is_built_upon(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    #  killed at any call   started again, one commit   power fails   the commit is there
    without_syncs(monkeypatch)
    for dies_at in range(1, 12):
        folder = memory / str(dies_at)
        files.make_folder(folder / "segments")
        mortal = Mortal(folder, dies_at)
        mortal.all_is_safe(folder / "segments")
        with pytest.MonkeyPatch.context() as patch:
            mortal.install(patch)
            with suppress(Died), Journal.open(folder) as journal:
                journal.commit(entries(0))
            mortal.dies_at = 10**9
            with Journal.open(folder) as journal:
                journal.commit(entries(journal.head))
                rows = contents(journal)
        mortal.lose_power(Worst())
        with Journal.open(folder) as journal:
            assert contents(journal) == rows


def fails(monkeypatch: pytest.MonkeyPatch, name: str, times: int = 1, code: int = errno.EIO) -> None:
    """The next calls of a function of `os` fail."""
    real, left = getattr(os, name), [times]

    def call(*args: object) -> object:
        if left[0]:
            left[0] -= 1
            raise OSError(code, os.strerror(code))
        return real(*args)

    monkeypatch.setattr(os, name, call)


@pytest.mark.parametrize("before", [pytest.param(0, id="first-commit"), pytest.param(3, id="later-commit")])
@pytest.mark.parametrize("truncate", [pytest.param(False, id="cut-back"), pytest.param(True, id="cannot-be-cut-back")])
def test_after_a_failed_sync_the_file_is_left_for_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int, truncate: bool
) -> None:
    with Journal.open(tmp_path, tail_batches=0) as journal:
        for at in range(before):
            journal.commit(entries(at))
        fails(monkeypatch, "fdatasync")
        if truncate:
            fails(monkeypatch, "ftruncate")
        with pytest.raises(JournalFailed, match=r"could not commit entries: Input/output error\. Nothing of it counts"):
            journal.commit(entries(before, 2, size=99))
        assert journal.head == before
        old = {p: p.stat().st_ino for p in segments(tmp_path)}
        assert journal.commit(entries(before, 2)) == before
        new = [p for p in segments(tmp_path) if p.stat().st_ino not in old.values()]
        assert len(new) == 1
        journal.commit(entries(before + 2))
        assert contents(journal) == expected(0, before + 3)
    with Journal.open(tmp_path) as journal:
        assert contents(journal) == expected(0, before + 3)
        assert journal.seal_rolled() == (before > 0)
        assert contents(journal) == expected(0, before + 3)


def test_a_failed_write_is_taken_back_for_everybody_who_waited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal.open(tmp_path, frame_bytes=40) as journal:
        journal.commit(entries(0))
        size = segments(tmp_path)[0].stat().st_size
        real, calls = os.pwrite, []

        def pwrite(fd: int, data: bytes, offset: int) -> int:
            calls.append(offset)
            if len(calls) == 5:
                raise OSError(errno.EIO, "")
            return real(fd, data, offset)

        monkeypatch.setattr(os, "pwrite", pwrite)
        with pytest.raises(JournalFailed):
            journal.commit(entries(1, 9))
        assert len(calls) == 5
        assert (journal.head, segments(tmp_path)[0].stat().st_size) == (1, size)
        journal.commit(entries(1, 9))
        assert contents(journal) == expected(0, 10)


def test_an_interrupted_commit_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal.open(tmp_path) as journal:
        journal.commit(entries(0))
        with monkeypatch.context() as patch:
            patch.setattr(files, "sync", Mock(side_effect=KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                journal.commit(entries(1))
        assert journal.head == 1
        journal.commit(entries(1, 2))
    with Journal.open(tmp_path) as journal:
        assert contents(journal) == expected(0, 3)


def test_a_journal_that_cannot_keep_aside_what_it_cuts_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal.open(tmp_path) as journal:
        journal.commit(entries(0))
    with segments(tmp_path)[0].open("ab") as file:
        file.write(b"half a frame")
    fails(monkeypatch, "pwrite", times=2, code=errno.ENOSPC)
    with Journal.open(tmp_path) as journal:
        assert (journal.recovered.bytes, journal.recovered.kept) == (12, None)
        assert "could not all be kept aside: No space left" in str(journal.recovered)
        assert contents(journal) == expected(0, 1)
