"""Every bit flip and every cut of a small journal is noticed, and never misread."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.journal import Journal, JournalDamaged, JournalError, JournalReader
from tests.pipeline.journal_kit import (
    Entry,
    collect,
    contents,
    copied,
    entries,
    expected,
    filled,
    in_memory,
    segments,
    without_syncs,
)


@pytest.fixture(name="memory")
def _memory(tmp_path: Path) -> Iterator[Path]:
    with in_memory(tmp_path) as folder:
        yield folder


def flips(path: Path, check: Callable[[int], None]) -> None:
    """`check(byte)` with each bit of a file flipped in turn."""
    with path.open("r+b", buffering=0) as file:
        for at, byte in enumerate(path.read_bytes()):
            for bit in range(8):
                os.pwrite(file.fileno(), bytes([byte ^ 1 << bit]), at)
                check(at)
            os.pwrite(file.fileno(), bytes([byte]), at)


def cuts(path: Path, check: Callable[[int], None]) -> None:
    """`check(size)` with a file cut to each size."""
    data = path.read_bytes()
    for size in range(len(data)):
        path.write_bytes(data[:size])
        check(size)
    path.write_bytes(data)


def read_on(reader: JournalReader) -> tuple[list[Entry], JournalDamaged | None]:
    """What is read before damage is noticed, and the damage."""
    rows: list[Entry] = []
    try:
        collect(reader.read(0, 2), rows)
    except JournalDamaged as damage:
        return rows, damage
    return rows, None


class Active:
    """A journal of two commits in one active segment, of one and of two entries; where each begins in the file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.starts = folder, []
        with Journal.open(folder) as journal:
            for n in (1, 2):
                journal.commit(entries(journal.head, n))
            self.path = segments(folder)[0]
            self.starts = [f.offset for f in journal._segments[0].frames]  # type: ignore[union-attr]

    def survives(self, at: int, *, cut: bool) -> int | None:
        """So many entries are left when the file is damaged at a byte; None: it is refused."""
        if at < self.starts[0]:
            return None
        commit = sum(at >= s for s in self.starts) - 1
        if cut:
            return [0, 1][commit]
        return 1 if commit == 1 else None  # committed entries follow: no crash did that


@pytest.fixture
def active(memory: Path, monkeypatch: pytest.MonkeyPatch) -> Active:
    without_syncs(monkeypatch)
    return Active(memory / "journal")


def test_every_flip_of_an_active_segment(active: Active) -> None:
    def check(at: int) -> None:
        left = active.survives(at, cut=False)
        try:
            rows = collect(JournalReader(active.folder).read(0))
        except JournalError:
            assert left is None
        else:
            assert rows == expected(0, left if left is not None else -1), at

    flips(active.path, check)


def test_every_cut_of_an_active_segment_is_recovered_from(active: Active) -> None:
    whole = active.path.stat().st_size

    def check(size: int) -> None:
        left = active.survives(size, cut=True)
        if left is None:
            with pytest.raises(JournalDamaged):
                Journal.open(active.folder)
            return
        with Journal.open(active.folder) as journal:
            torn = size - (*active.starts, whole)[left]
            assert journal.recovered.bytes == torn
            assert (journal.recovered.kept is None) == (torn == 0)
            assert contents(journal) == expected(0, left)
            if size % 9 == 0:
                journal.commit(entries(left, 2))
                assert contents(JournalReader(active.folder)) == expected(0, left + 2)

    cuts(active.path, check)
    assert len(list(active.path.parent.glob("*.cut"))) <= 8


def test_a_flip_in_the_last_commit_is_cut_reported_and_kept_aside(active: Active) -> None:
    data = bytearray(active.path.read_bytes())
    data[-9] ^= 4
    active.path.write_bytes(data)
    with Journal.open(active.folder) as journal:
        assert journal.recovered.position == 1
        assert "checksum" in journal.recovered.reason
        assert journal.recovered.kept is not None
        assert journal.recovered.kept.read_bytes() == data[active.starts[1] :]
        assert "behind entry 0" in str(journal.recovered)
    with pytest.raises(JournalDamaged, match="Entries from 1 to 2") as damage:
        Journal.open(active.folder, at_least=3)  # but a snapshot has seen it
    assert (damage.value.first, damage.value.end) == (1, 3)
    Journal.open(active.folder, at_least=1).close()


def test_a_payload_that_looks_like_a_commit_is_none(tmp_path: Path) -> None:
    # Somebody sends us a frame of our own, and the commit that holds it is torn.
    with Journal.open(tmp_path) as journal:
        journal.commit(entries(0, 2))
        journal.commit(entries(2, 1))
        path = segments(tmp_path)[0]
        buffer = entries(3, 1)
        frames = path.read_bytes()[32:]
        buffer.payloads[0] = frames + b"GWF1" * 50
        journal.commit(buffer)
    path.write_bytes(path.read_bytes()[:-5])
    with Journal.open(tmp_path) as journal:
        assert contents(journal) == expected(0, 3)


class Closed:
    """A journal with one sealed segment of two batches, followed by an active one or by nothing."""

    def __init__(self, folder: Path, *, followed: bool) -> None:
        self.folder = filled(folder, [2, 2, 1] if followed else [2, 2], segment_rows=4, batch_rows=2)
        self.path = segments(folder, ".arrows")[0]

    def check(self, at: int) -> None:
        try:
            reader = JournalReader(self.folder)
            rows, damage = read_on(reader)
        except JournalDamaged as found:
            rows, damage = [], found
        assert damage is not None, at
        assert damage.path == self.path
        assert rows == expected(0, len(rows))
        assert damage.first is not None
        assert damage.first <= len(rows)


@pytest.mark.parametrize("followed", [pytest.param(True, id="followed"), pytest.param(False, id="the-last")])
def test_every_flip_and_cut_of_a_sealed_segment(memory: Path, followed: bool) -> None:
    closed = Closed(memory / "journal", followed=followed)
    if followed:
        flips(closed.path, closed.check)
    cuts(closed.path, closed.check)


def test_a_damaged_old_segment_stops_who_reads_it_and_nobody_else(tmp_path: Path) -> None:
    closed = Closed(tmp_path / "journal", followed=True)
    closed.path.write_bytes(closed.path.read_bytes()[:-3])
    with Journal.open(closed.folder, segment_rows=4) as journal:
        assert journal.commit(entries(5, 5)) == 5
        assert collect(journal.read(4)) == expected(4, 6)
        with pytest.raises(JournalDamaged, match="Entries from 0 to 3"):
            collect(journal.read(0))
        journal.seal_rolled()
        # Its age is that of the next that can say: it goes when that one may go.
        assert [s.first for s in journal.retain(keep_from=99, max_age=50.0, now=1.7e9 + 40)] == []
        assert [s.first for s in journal.retain(keep_from=9, max_age=5.0, now=1.7e9 + 40)] == [0]


def test_damage_while_the_journal_is_open_is_noticed(tmp_path: Path) -> None:
    with Journal.open(tmp_path, tail_batches=0) as journal:
        for at in range(3):
            journal.commit(entries(at))
        fd = os.open(segments(tmp_path)[0], os.O_RDWR)
        os.pwrite(fd, b"?", journal._segments[0].frames[1].offset + 60)  # type: ignore[union-attr]
        os.close(fd)
        rows, damage = read_on(journal)
        assert rows == expected(0, 1)
        assert damage is not None
        assert (damage.first, damage.end) == (1, 2)


@pytest.mark.parametrize("missing", [pytest.param(1, id="sealed"), pytest.param(2, id="sealed-before-the-active")])
def test_a_missing_segment_is_a_hole(tmp_path: Path, missing: int) -> None:
    filled(tmp_path, [2] * 7, segment_rows=4)
    segments(tmp_path)[missing].unlink()
    with pytest.raises(JournalDamaged, match="but the next begins at"):
        Journal.open(tmp_path)
    with pytest.raises(JournalDamaged, match=f"Entries from {missing * 4} to {missing * 4 + 3}"):
        contents(Journal.read_only(tmp_path))


def test_a_renamed_segment_is_noticed(tmp_path: Path) -> None:
    filled(tmp_path, [4, 4, 1], segment_rows=4)
    first, second, _ = segments(tmp_path)
    first.write_bytes(second.read_bytes())
    with pytest.raises(JournalDamaged, match="says that it begins at 4"):
        collect(JournalReader(tmp_path).read(0))


def test_of_a_segment_that_is_there_twice_the_intact_one_counts(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "open", segment_rows=4) as journal:
        for at in range(0, 6, 2):
            journal.commit(entries(at, 2))
        both = copied(tmp_path / "open", tmp_path / "both")
        journal.seal_rolled()
    sealed = segments(tmp_path / "open", ".arrows")[0].read_bytes()
    twin = both / "segments" / f"{0:020d}.arrows"
    for content in (sealed, sealed[:-1], sealed[:200] + b"?" + sealed[201:], b""):
        copy = copied(both, tmp_path / f"copy{len(list(tmp_path.iterdir()))}")
        (copy / "segments" / twin.name).write_bytes(content)
        assert contents(Journal.read_only(copy)) == expected(0, 6)
        with Journal.open(copy) as journal:
            assert len(journal.recovered.leftovers) == 1
            assert contents(journal) == expected(0, 6)
            assert [p.suffix for p in segments(copy)] == [".arrows" if content == sealed else ".active", ".active"]


def test_a_reader_that_goes_on_looks_only_at_what_is_new(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        for at in range(3):
            journal.commit(entries(at))
        reader = JournalReader(tmp_path)
        assert reader.head == 3
        fd = os.open(segments(tmp_path)[0], os.O_RDWR)
        os.pwrite(fd, b"?", journal._segments[0].frames[1].offset + 60)  # type: ignore[union-attr]
        os.close(fd)
        journal.commit(entries(3))
        assert reader.head == 4
    rows, damage = read_on(reader)  # what it gives is verified all the same
    assert rows == expected(0, 1)
    assert damage is not None
    assert (damage.first, damage.end) == (1, 2)
    with pytest.raises(JournalDamaged):
        _ = JournalReader(tmp_path).head


def test_a_reader_sees_what_replaced_a_commit_that_failed(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        for at in (0, 1, 2):
            journal.commit(entries(at))
        path, start = segments(tmp_path)[0], journal._segments[0].frames[2].offset  # type: ignore[union-attr]
    reader = JournalReader(tmp_path)
    assert reader.head == 3
    os.truncate(path, start)
    with Journal.open(tmp_path) as journal:
        journal.commit(entries(7, 2))
        assert collect(reader.read(0)) == expected(0, 2) + expected(7, 2)
        journal.commit(entries(9))
        assert collect(reader.read(4)) == expected(9, 1)


def test_a_reader_finds_a_segment_that_was_cut_short(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        for at in range(4):
            journal.commit(entries(at))
        path, start = segments(tmp_path)[0], journal._segments[0].frames[1].offset  # type: ignore[union-attr]
    reader = JournalReader(tmp_path)
    assert reader.head == 4
    os.truncate(path, start)
    assert reader.head == 1
