"""judge_loop: follows the journal, judges what comes, hands cases to the store and the rest to the dead letters.

One thread. What the store or the dead letters can't take (a full disk) waits here and is tried again, while judging
goes on; a snapshot holds what waits for the store, and none is made while dead letters wait, so that a crash loses
nothing.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from cases.database import StoreTrouble
from cases.fold import Fold
from cases.making import Known, judge
from cases.store import Store
from pipeline.deadletters import DeadLetters
from pipeline.engine import Engine
from pipeline.journal import Journal, JournalBatch, JournalFailed, JournalFull
from pipeline.runtime import state
from pipeline.runtime.allocator import give_back
from pipeline.runtime.logs import Trouble
from pipeline.runtime.metrics import Metrics
from pipeline.version import Aside

IDLE = 0.1
"""How long to wait for entries before looking after other things, seconds."""
GATHER = 0.05
"""After a small batch, how long the next ones are let come together, seconds: one entry costs as much to judge as a few
hundred, and what judging takes, the web API, the desk and the connectors of this process have to wait for."""
SMALL = 2_000
"""Entries of a small batch: above, there is more to be had by going on at once."""
REFRESH = 3.0
"""Between two looks at the worst measure of what goes on, seconds."""
AGAIN = 1.0
"""Between two attempts at what failed, seconds."""
WAITING = 256
"""So many batches' dead letters wait for room; then the oldest are lost, and counted."""


class JudgeLoop:
    """Not thread-safe: `recover` and `finish` are for whoever owns the thread, before it begins and after it ended."""

    def __init__(
        self,
        journal: Journal,
        engine: Engine,
        fold: Fold,
        store: Store,
        letters: DeadLetters,
        metrics: Metrics,
        log: Any,
        *,
        snapshot_every: float,
        keep: Callable[[int, bytes], bool],
    ) -> None:
        """keep: takes a snapshot's position and data to save them elsewhere; False while it is busy with another."""
        self.journal, self.engine, self.fold, self.store, self.letters = journal, engine, fold, store, letters
        self.metrics, self.log = metrics, log
        self.snapshot_every, self.keep = snapshot_every, keep
        self.newest = float("nan")
        """`received` of the newest judged entry, UTC seconds."""
        self.turns = 0
        """Grows as long as it gets on, with or without anything to judge."""
        self.snapshot_position = engine.position
        self._snapshot_due = time.monotonic() + snapshot_every
        self._refresh_due = 0.0
        self._worst: dict[str, float] = {}
        self._letters_waiting: deque[tuple[list[Aside], pa.RecordBatch, int]] = deque()
        self._store_again = self._letters_again = 0.0
        self._store_trouble = Trouble(log, "cases can't be stored")
        self._letters_trouble = Trouble(log, "what was set aside can't be kept")

    def recover(self, until: int, stop: Callable[[], bool]) -> int:
        """Judge what the journal has beyond the snapshot, up to `until`; how many entries that was."""
        began = self.engine.position
        for piece in self.journal.read(began):
            if piece.first >= until or stop():
                break
            self._take(piece)
        give_back()
        return self.engine.position - began

    def run(self, stopping: Callable[[], bool]) -> None:
        """Until `stopping` and all that is committed has been judged."""
        while True:
            self.turns += 1
            ending, began = stopping(), self.engine.position
            if self.journal.wait(began, 0 if ending else IDLE):
                for piece in self.journal.read(self.engine.position):
                    self._take(piece)
                    self._look_after()
                if not ending and self.engine.position - began < SMALL:
                    time.sleep(GATHER)
            elif ending:
                return
            self._look_after()

    def finish(self) -> bytes | None:
        """At the end: everything into the store that may go there. The last snapshot's data; None where dead letters
        still wait, so that the one before must do."""
        self._store_again = self._letters_again = 0.0
        self._file()
        self._write_letters()
        self._refresh()
        return None if self._letters_waiting else state.save(self.engine, self.fold)

    @property
    def waiting_letters(self) -> int:
        """Batches whose dead letters wait for room."""
        return len(self._letters_waiting)

    def _take(self, piece: JournalBatch) -> None:
        self.turns += 1
        began = time.perf_counter()
        known = judge(self.engine, piece.batch, piece.first)
        self.metrics.feed_seconds.observe(time.perf_counter() - began)
        self.newest = piece.batch.column("received")[-1].as_py()
        self.metrics.judged(self.engine.counts, piece.batch.num_rows, known)
        self.fold.take(piece.batch, piece.first, known)
        self._note(known)
        asides = self.engine.take_asides()
        if asides:
            self._letters_waiting.append((asides, piece.batch, piece.first))
            while len(self._letters_waiting) > WAITING:
                lost, _, _ = self._letters_waiting.popleft()
                self.metrics.letters_lost.inc(len(lost))
        self._write_letters()
        self._file()

    def _note(self, known: list[Known]) -> None:
        for each in known:
            self._worst.pop(each.case.id, None)

    def _file(self) -> None:
        """What is due goes into the store."""
        if time.monotonic() < self._store_again:
            return
        try:
            fold = self.fold
            self.store.apply(fold.due(), fold.passed, fold.through(self.engine.position), fold.version)
        except StoreTrouble as error:
            self._store_again = time.monotonic() + AGAIN
            self._store_trouble.failed(_plain(error))
            return
        self._store_trouble.worked()
        self.fold.drop()

    def _write_letters(self) -> None:
        if not self._letters_waiting or time.monotonic() < self._letters_again:
            return
        try:
            while self._letters_waiting:
                self.letters.add(*self._letters_waiting[0])
                self._letters_waiting.popleft()
        except (JournalFull, JournalFailed) as error:
            self._letters_again = time.monotonic() + AGAIN
            self._letters_trouble.failed(error)
            return
        self._letters_trouble.worked()

    def _look_after(self) -> None:
        """What is due by the clock on the wall; it changes nothing in what is judged."""
        self._write_letters()
        self._file()
        at = time.monotonic()
        if at >= self._refresh_due:
            self._refresh()
            self._refresh_due = time.monotonic() + REFRESH
        if at >= self._snapshot_due and not self._letters_waiting and self.engine.position > self.snapshot_position:
            position = self.engine.position
            if self.keep(position, state.save(self.engine, self.fold)):
                self.snapshot_position = position
                self._snapshot_due = time.monotonic() + self.snapshot_every

    def _refresh(self) -> None:
        """The worst measure so far of what goes on, where it has become another."""
        episodes = self.engine.episodes()
        self.metrics.open_episodes.set(len(episodes))
        held = self.fold.ids()
        worst = {e.id: e.measure for e in episodes if e.measure == e.measure and e.id not in held}
        changed = {id: measure for id, measure in worst.items() if self._worst.get(id) != measure}
        try:
            self.store.refresh(changed)
        except StoreTrouble as error:
            self._store_trouble.failed(_plain(error))
            return
        self._worst = worst


def _plain(error: StoreTrouble) -> StoreTrouble:
    return type(error)(f"{error}; judging goes on, and they are stored when that is mended")
