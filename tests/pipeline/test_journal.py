"""The journal as its users see it: what was committed is read, in order, from anywhere, by any of them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.entries import SCHEMA, EntryBuffer, Kind
from pipeline.journal import Journal, JournalBusy, JournalError, JournalGone, files
from tests.pipeline.journal_kit import (
    Entry,
    collect,
    contents,
    entries,
    expected,
    filled,
    plain,
    segments,
    wait_until,
    without_syncs,
)

SMALL = {"segment_rows": 10, "segment_frames": 4, "tail_batches": 3}


def test_commits_say_where_they_are_and_are_read_back(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal") as journal:
        assert [journal.commit(entries(0, 3)), journal.commit(entries(3, 2).batch())] == [0, 3]
        assert journal.commit(EntryBuffer()) == 5
        assert (journal.first, journal.head) == (0, 5)
        assert contents(journal) == expected(0, 5)
        assert collect(journal.read(2)) == expected(2, 3)
        assert collect(journal.read(5)) == []
        assert not journal.recovered


def test_what_is_committed_is_there_after_opening_again(tmp_path: Path) -> None:
    for at in range(0, 30, 3):
        with Journal.open(tmp_path, **SMALL) as journal:
            assert journal.head == at
            assert journal.commit(entries(at, 3)) == at
            journal.seal_rolled()
            assert contents(journal) == expected(0, at + 3)
    assert contents(Journal.read_only(tmp_path)) == expected(0, 30)


def test_a_column_that_is_no_entry_is_refused(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        with pytest.raises(ValueError, match="schema"):
            journal.commit(pa.record_batch({"payload": [b"x"]}))
        nulls = [pa.nulls(1, f.type) for f in SCHEMA]
        with pytest.raises(ValueError, match="nulls"):
            journal.commit(pa.record_batch(nulls, schema=SCHEMA))
        assert journal.head == 0


@settings(max_examples=40, deadline=None)
@given(
    commits=st.lists(st.integers(1, 9), min_size=1, max_size=15),
    seal_after=st.sets(st.integers(0, 14)),
    start=st.integers(0, 140),
    max_rows=st.integers(1, 40),
)
def test_any_start_and_any_batch_size_give_the_same_entries(
    tmp_path_factory: pytest.TempPathFactory, commits: list[int], seal_after: set[int], start: int, max_rows: int
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    with pytest.MonkeyPatch.context() as patch:
        without_syncs(patch)
        with Journal.open(folder, segment_rows=10, tail_batches=3, batch_rows=7, frame_bytes=50) as journal:
            for at, n in enumerate(commits):
                journal.commit(entries(journal.head, n))
                if at in seal_after:
                    journal.seal_rolled()
            for reader in (journal, Journal.read_only(folder)):
                batches = list(reader.read(start, max_rows))
                assert collect(batches) == expected(0, sum(commits))[start:]
                assert all(b.batch.num_rows <= max_rows for b in batches)


def test_small_commits_are_read_as_large_batches(tmp_path: Path) -> None:
    filled(tmp_path, [1, 2] * 30, segment_frames=7)
    assert [b.batch.num_rows for b in Journal.read_only(tmp_path).read()] == [90]


def test_a_commit_larger_than_a_frame_is_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal.open(tmp_path, tail_batches=0) as journal:
        journal.commit(entries(0))
        syncs: list[int] = []
        monkeypatch.setattr("pipeline.journal.files.sync", syncs.append)
        buffer = EntryBuffer()
        for size in (64 << 20, 10 << 20, 10 << 20, 1):
            buffer.add(Kind.DELIVERY, "camera", "jpg", 1.0, bytes(size))
        assert journal.commit(buffer) == 1
        assert len(syncs) == 1
        assert [len(r[4]) for r in collect(journal.read(1))] == [64 << 20, 10 << 20, 10 << 20, 1]
        assert [b.batch.num_rows for b in journal.read(1)] == [1, 1, 2]


def test_many_threads_share_syncs_and_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The first sync waits until everybody else has come, so that they must go together.
    threads, commits = 8, 25
    syncs = itertools.count()
    where: dict[tuple[int, int], int] = {}
    with Journal.open(tmp_path, segment_frames=5, tail_batches=2) as journal:

        def commit(worker: int) -> None:
            for i in range(commits):
                buffer = EntryBuffer()
                for j in range(3):
                    buffer.add(Kind.DELIVERY, "s", f"{worker}", 1.0, b"%d %d" % (i, j))
                where[worker, i] = journal.commit(buffer)

        def sync(fd: int, real: Callable[[int], None] = files.sync) -> None:
            if next(syncs) == 0:
                wait_until(lambda: len(journal._group._queue) == threads - 1)
            real(fd)

        monkeypatch.setattr(files, "sync", sync)
        workers = [threading.Thread(target=commit, args=(w,)) for w in range(threads)]
        for thread in workers:
            thread.start()
        for thread in workers:
            thread.join(30)
        rows = contents(journal)
    assert len(rows) == threads * commits * 3
    assert next(syncs) < threads * commits
    for (worker, i), first in where.items():
        assert [r[2:] for r in rows[first : first + 3]] == [(f"{worker}", 1.0, b"%d %d" % (i, j)) for j in range(3)]
    assert contents(Journal.read_only(tmp_path)) == rows


def test_reading_goes_on_while_another_thread_commits_and_seals(tmp_path: Path) -> None:
    total, done = 600, threading.Event()
    with Journal.open(tmp_path, segment_frames=10, tail_batches=2) as journal:

        def write() -> None:
            for at in range(0, total, 2):
                journal.commit(entries(at, 2))
                if at % 50 == 0:
                    journal.seal_rolled()
            done.set()

        writer = threading.Thread(target=write)
        writer.start()
        rows: list[Entry] = []
        while len(rows) < total:
            assert journal.wait(len(rows), 20)
            rows += collect(journal.read(len(rows), 16))
        while not done.is_set():
            seen = contents(Journal.read_only(tmp_path))
            assert seen == expected(0, len(seen))
        writer.join(20)
    assert rows == expected(0, total)


def test_another_reader_follows_a_journal_that_is_being_written(tmp_path: Path) -> None:
    total, finished = 400, threading.Event()
    with Journal.open(tmp_path, segment_frames=5, tail_batches=2) as journal:
        journal.commit(entries(0))

        def write() -> None:
            for at in range(1, total):
                journal.commit(entries(at))
                journal.seal_rolled()
            finished.set()

        writer = threading.Thread(target=write)
        writer.start()
        rows: list[Entry] = []
        reader = Journal.read_only(tmp_path)
        while len(rows) < total:
            ended = finished.is_set()
            rows += collect(reader.read(len(rows), 16))
            assert rows == expected(0, len(rows))
            assert not ended or len(rows) == total
        writer.join(20)


def test_wait_says_whether_the_entry_is_there(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    assert not journal.wait(0, 0)
    journal.commit(entries(0))
    assert journal.wait(0, 0)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(journal.wait(1, 20)))
    waiting.start()
    journal.close()  # nobody waits for a journal that is closed
    waiting.join(20)
    assert answers == [False]
    with pytest.raises(JournalError, match="closed"):
        journal.commit(entries(1))


def test_a_second_writer_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    first = Journal.open(tmp_path)
    with pytest.raises(JournalBusy, match=r"pid \d+"):
        Journal.open(tmp_path)
    first.commit(entries(0))
    assert contents(Journal.read_only(tmp_path)) == expected(0, 1)
    first.close()
    Journal.open(tmp_path).close()


def test_no_journal_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no journal here"):
        Journal.read_only(tmp_path / "nowhere")


def test_a_journal_may_begin_anywhere(tmp_path: Path) -> None:
    with Journal.open(tmp_path, start=1000) as journal:
        assert (journal.first, journal.head) == (1000, 1000)
        assert journal.commit(entries(1000, 2)) == 1000
    with Journal.open(tmp_path) as journal:
        assert (journal.first, contents(journal)) == (1000, expected(1000, 2))


def test_sealed_segments_are_plain_arrow_streams(tmp_path: Path) -> None:
    filled(tmp_path, [3] * 40, segment_frames=20, batch_rows=25)
    tables = []
    for path in segments(tmp_path, ".arrows"):
        with pa.OSFile(str(path)) as file:
            reader = pa.ipc.open_stream(file)
            table = reader.read_all()
            assert reader.stats.num_dictionary_batches == 2
            assert not reader.stats.num_dictionary_deltas
        tables.append(table)
    assert [t.num_rows for t in tables] == [60, 60]
    assert [r for t in tables for b in t.to_batches() for r in plain(b)] == expected(0, 120)
    assert not segments(tmp_path, ".active")


def test_a_quiet_journal_is_sealed_in_large_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_syncs(monkeypatch)
    filled(tmp_path, [1] * 5000, tail_batches=10)
    sizes = []
    for path in segments(tmp_path, ".arrows"):
        with pa.OSFile(str(path)) as file:
            sizes += [b.num_rows for b in pa.ipc.open_stream(file)]
    assert sizes == [4096]
    assert contents(Journal.read_only(tmp_path)) == expected(0, 5000)


# segment      0..9  10..19  20..29  30..39 (active)
# received     …+9    …+19    …+29
@pytest.mark.parametrize(
    "keep_from, max_age, max_segments, deleted",
    [
        pytest.param(40, None, None, [], id="no-limit"),
        pytest.param(40, 15.0, None, [0, 10], id="by-age"),
        pytest.param(19, 15.0, None, [0], id="a-snapshot-needs-the-second"),
        pytest.param(0, 0.0, 0, [], id="a-snapshot-needs-all"),
        pytest.param(40, None, 2, [0, 10], id="by-size"),
        pytest.param(40, 0.0, 0, [0, 10, 20], id="never-the-active-one"),
    ],
)
def test_retention(
    tmp_path: Path, keep_from: int, max_age: float | None, max_segments: int | None, deleted: list[int]
) -> None:
    with Journal.open(tmp_path, segment_rows=10, tail_batches=0) as journal:
        for at in range(0, 35, 5):
            journal.commit(entries(at, 5))
        assert journal.seal_rolled() == 3
        sizes = [p.stat().st_size for p in segments(tmp_path)]
        assert journal.nbytes == sum(sizes)
        max_bytes = None if max_segments is None else sum(sizes[len(sizes) - max_segments :])
        gone = journal.retain(keep_from=keep_from, max_age=max_age, max_bytes=max_bytes, now=1.7e9 + 35)
        assert [s.first for s in gone] == deleted
        oldest = 10 * len(deleted)
        assert (journal.first, contents(journal)) == (oldest, expected(oldest, 35 - oldest))
        if deleted:
            with pytest.raises(JournalGone, match=f"oldest is {oldest}"):
                collect(journal.read(oldest - 1))
    assert contents(Journal.read_only(tmp_path)) == expected(oldest, 35 - oldest)


def test_a_reader_keeps_what_it_has_begun_when_it_is_deleted(tmp_path: Path) -> None:
    with Journal.open(tmp_path, segment_rows=10, tail_batches=0) as journal:
        for at in range(0, 40, 5):
            journal.commit(entries(at, 5))
        reading = journal.read(0, 5)
        rows = collect([next(reading)])
        journal.seal_rolled()
        journal.retain(keep_from=10, max_age=0.0, now=2e9)
        assert journal.first == 10
        assert rows + collect(reading) == expected(0, 40)
