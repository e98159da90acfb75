"""group: many committers, one sync.

Whoever commits while nobody writes is the leader: it writes what everybody brought so far, syncs once, and tells them.
Who comes meanwhile waits for the next turn. One committer alone never waits for anybody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from pipeline.journal.errors import JournalError, JournalFailed


@dataclass(slots=True, eq=False)
class _Waiting:
    batch: pa.RecordBatch
    first: int = -1
    error: JournalError | None = None
    done: bool = False


class GroupCommit:
    """Thread-safe. write: puts batches, in this order, on the disk and returns the position of the first entry, or
    raises JournalError and none of them counts."""

    def __init__(self, write: Callable[[list[pa.RecordBatch]], int]) -> None:
        self._write = write
        self._turn = threading.Condition()
        self._queue: list[_Waiting] = []
        self._writing = False
        self._closed = False

    def commit(self, batch: pa.RecordBatch) -> int:
        """The position of the batch's first entry, once it is on the disk."""
        mine = _Waiting(batch)
        with self._turn:
            if self._closed:
                raise JournalError("the journal is closed: nothing can be committed any more")
            self._queue.append(mine)
            try:
                self._turn.wait_for(lambda: mine.done or not self._writing)
            except BaseException:  # interrupted: whoever closes must not wait for this one
                if mine in self._queue:
                    self._queue.remove(mine)
                raise
            group: list[_Waiting] = []
            if not mine.done:
                self._writing = True
                group, self._queue = self._queue, []
        if group:
            self._lead(group)
        if mine.error is not None:
            raise mine.error
        return mine.first

    def close(self) -> None:
        """Wait for the commit under way, then refuse further ones."""
        with self._turn:
            self._turn.wait_for(lambda: not self._writing and not self._queue)
            self._closed = True

    def _lead(self, group: list[_Waiting]) -> None:
        error: JournalError = JournalFailed("the commit was interrupted: nothing of it counts")
        first = -1
        try:
            first = self._write([w.batch for w in group])
        except JournalError as refusal:
            error = refusal
        finally:
            with self._turn:
                for waiting in group:
                    if first < 0:
                        # Each thread raises one of its own: a traceback belongs to one.
                        waiting.error = type(error)(*error.args)
                    else:
                        waiting.first = first
                        first += waiting.batch.num_rows
                    waiting.done = True
                self._writing = False
                self._turn.notify_all()
