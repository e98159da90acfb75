"""journal_on_a_full_disk: run by test_journal_full in a process of its own: fills a disk, then makes room.

    python -m tests.pipeline.journal_on_a_full_disk FOLDER disk|limit

disk: FOLDER is a small file system, and a file in it is removed to make room. limit: the size that files of this
process may have is reached, and is lifted.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from pipeline.journal import Contents, Journal, JournalFull, Snapshots
from tests.pipeline.journal_kit import contents, entries, expected

SIZE = 1000


def commit_until_full(journal: Journal) -> tuple[int, str]:
    """The head, and what was said."""
    while True:
        head = journal.head
        assert head < 5000, "the disk never got full"
        try:
            journal.commit(entries(head, 20, SIZE))
        except JournalFull as full:
            assert journal.head == head
            return head, str(full)


def main(folder: Path, way: str) -> None:
    filler = folder / "filler"
    if way == "disk":
        filler.write_bytes(bytes(400_000))
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
    data = folder / "journal"
    with Journal.open(data, tail_batches=0, segment_frames=8) as journal:
        head, said = commit_until_full(journal)
        if way == "limit":
            # Each new file has the same limit, so that the next commit succeeds in a new one.
            journal.commit(entries(head, 20, SIZE))
            head += 20
            resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
        for _ in range(3):  # again and again while it lasts, as a source does
            try:
                journal.commit(entries(head, 20, SIZE))
            except JournalFull:
                continue
            raise AssertionError("there was no room, and yet it was committed")
        assert contents(journal) == expected(0, head, SIZE)
        refusals = 0
        for attempt in (
            journal.seal_rolled,
            lambda: Contents(folder / "contents").put(bytes(100_000)),
            lambda: Snapshots(folder / "snapshots").save(1, bytes(100_000)),
        ):
            try:
                attempt()
            except JournalFull:
                refusals += 1
        assert refusals == 3, refusals
        assert contents(journal) == expected(0, head, SIZE)
        assert not list(folder.rglob("*.tmp"))
    with Journal.open(data, tail_batches=0, segment_frames=8) as journal:  # a restart on a full disk
        assert journal.head == head
        if way == "disk":
            filler.unlink()
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert journal.commit(entries(head, 20, SIZE)) == head
        assert journal.seal_rolled() > 0
        assert contents(journal) == expected(0, head + 20, SIZE)
    sys.stdout.write(f"{head} entries, then: {said}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
