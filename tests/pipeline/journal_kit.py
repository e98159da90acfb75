"""journal_kit: what the journal's tests share: entries to commit, what was read as tuples, and a process that dies."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Journal, JournalBatch, JournalReader

Entry = tuple[int, str, str, float, bytes]


def entries(start: int, n: int = 1, size: int = 12) -> EntryBuffer:
    """n entries that say which they are: what entry number `start` + i must be wherever it is read."""
    buffer = EntryBuffer()
    for i in range(start, start + n):
        payload = b"%012d" % i + random.Random(i).randbytes(size - 12)  # which no compression makes smaller
        buffer.add(Kind.DELIVERY, f"source{i % 2}", f"fleet/{i % 7}/gps", 1.7e9 + i, payload)
    return buffer


def plain(batch: pa.RecordBatch) -> list[Entry]:
    """A batch as tuples."""
    return list(zip(*(batch.column(i).to_pylist() for i in range(5)), strict=True))


@cache
def expected(start: int, n: int, size: int = 12) -> list[Entry]:
    """What `entries` committed."""
    return plain(entries(start, n, size).batch())


def collect(batches: Iterable[JournalBatch], into: list[Entry] | None = None) -> list[Entry]:
    """All entries in order; `into` has those before an error. Positions must follow each other."""
    rows: list[Entry] = [] if into is None else into
    following: int | None = None
    for batch in batches:
        assert following is None or batch.first == following
        rows += plain(batch.batch)
        following = batch.end
    return rows


def contents(journal: JournalReader) -> list[Entry]:
    """All that a journal holds."""
    return collect(journal.read(journal.first))


def filled(folder: Path, commits: Iterable[int], **limits: int) -> Path:
    """A closed journal with commits of so many entries each; its folder."""
    with Journal.open(folder, **limits) as journal:
        for n in commits:
            journal.commit(entries(journal.head, n))
        journal.seal_rolled()
    return folder


def segments(folder: Path, suffix: str = "") -> list[Path]:
    """The segment files, in order."""
    return sorted(p for p in (folder / "segments").iterdir() if p.name.endswith(suffix))


@contextmanager
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: for tests that write thousands of files."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def wait_until(condition: Callable[[], bool]) -> None:
    """Until something that another thread does is so; for at most 20 s or so."""
    for _ in range(20_000):
        if condition():
            return
        threading.Event().wait(0.001)
    raise AssertionError("what was waited for did not come")


def without_syncs(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that open thousands of journals and don't ask what a crash would leave."""
    monkeypatch.setattr(os, "fdatasync", lambda _: None)
    monkeypatch.setattr(os, "fsync", lambda _: None)


class Died(BaseException):
    """The process is killed, or the power fails."""


class Mortal:
    """Lets the process die at the n-th call that changes the disk, and knows what of it was synced by then."""

    CALLS = ("pwrite", "fdatasync", "fsync", "ftruncate", "replace", "unlink")

    def __init__(self, folder: Path, dies_at: int) -> None:
        self.folder, self.dies_at, self.calls = folder, dies_at, 0
        self.real: dict[str, Any] = {}
        self.synced: dict[int, bytes] = {}  # inode -> content
        self.names: dict[Path, dict[str, int]] = {}  # folder -> name -> inode

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From now on."""
        self.real = {name: getattr(os, name) for name in self.CALLS}
        for name in self.CALLS:
            monkeypatch.setattr(os, name, self._mortal(name))

    def _mortal(self, name: str) -> Any:
        def call(*args: Any) -> Any:
            self.calls += 1
            if self.calls >= self.dies_at:
                if name == "pwrite" and self.calls == self.dies_at:
                    fd, data, offset = args
                    self.real["pwrite"](fd, bytes(data)[: len(data) // 2], offset)
                raise Died
            result = self.real[name](*args)
            if name in ("fsync", "fdatasync"):
                self._remember(args[0])
            return result

        return call

    def _remember(self, fd: int) -> None:
        path = Path(f"/proc/self/fd/{fd}").resolve()
        if path.is_dir():
            self.names[path] = {p.name: p.stat().st_ino for p in path.iterdir() if p.is_file()}
        else:
            self.synced[os.fstat(fd).st_ino] = path.read_bytes()

    def all_is_safe(self, folder: Path) -> None:
        """What is there now has survived a failure, so it is on the disk."""
        self.names = {folder: {p.name: p.stat().st_ino for p in folder.iterdir()}}
        self.synced = {p.stat().st_ino: p.read_bytes() for p in folder.iterdir()}

    def lose_power(self, dice: random.Random) -> None:
        """What was not synced may be on the disk, or not, or half of it: names and contents each by the dice."""
        for folder, names in self.names.items():
            now = {p.name: p for p in folder.iterdir() if p.is_file()}
            for name in names.keys() | now.keys():
                before, after = names.get(name), now[name].stat().st_ino if name in now else None
                if before != after and dice.random() < 0.5:  # the change of this name did not reach the disk
                    if before is None:
                        now[name].unlink()
                    else:
                        (folder / name).unlink(missing_ok=True)
                        (folder / name).write_bytes(self.synced[before])
                        continue
                elif after is not None:
                    self._lose_content(now[name], dice)

    def _lose_content(self, path: Path, dice: random.Random) -> None:
        safe, seen = self.synced.get(path.stat().st_ino, b""), path.read_bytes()
        if safe != seen:
            half = seen[: dice.randint(min(len(safe), len(seen)), max(len(safe), len(seen)))]
            path.write_bytes(dice.choice([safe, seen, half]))


def copied(folder: Path, to: Path) -> Path:
    """A copy of a journal to damage."""
    shutil.copytree(folder, to)
    return to
