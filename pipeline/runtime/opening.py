"""opening: a city's data folder as a running gridwatch needs it: journal, contents, snapshots, cases, dead letters.

Reports what had to be mended. What is damaged beyond that is refused plainly, with what to do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from cases.database import StoreBroken, StoreFull, StoreTrouble
from cases.desk.places import RegisterPlaces
from cases.fold import Fold
from cases.registers.rows import Memory
from cases.store import FILE, Store
from pipeline.deadletters import DeadLetters
from pipeline.engine import Engine
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, Journal, JournalFailed, JournalFull, Snapshots
from pipeline.journal.contents import CONTENTS
from pipeline.journal.files import remove_incomplete
from pipeline.runtime import state
from pipeline.runtime.compose import load_version
from pipeline.runtime.desk_conditions import DeskConditions
from pipeline.runtime.logs import Trouble

JOURNAL = "journal"
SNAPSHOTS = "snapshots"
"""Folders: the journal's in a city's data, the snapshots' in the journal's, so that they go where it goes."""
AGAIN = 1.0
"""Between two attempts while the disk is full, seconds."""


@dataclass(slots=True)
class Opened:
    """All of it; `close` gives it back."""

    journal: Journal
    contents: Contents
    snapshots: Snapshots
    store: Store
    letters: DeadLetters
    engine: Engine
    fold: Fold
    restored: int | None
    """The position of the snapshot that the engine was restored from; None: from none."""

    def close(self) -> None:
        """Let go of the files."""
        self.store.close()
        self.letters.close()
        self.journal.close()


def open_when_there_is_room(
    folder: Path, tell: Any, stop: Callable[[], bool], where: Path | str | None = None
) -> Opened | None:
    """`open_data`, tried again while the disk is full; None where it was given up because of `stop`."""
    trouble = Trouble(tell, "the data can't be opened")
    while not stop():
        try:
            opened = open_data(folder, tell, where)
        except JournalFull as error:
            trouble.failed(error)
            threading.Event().wait(AGAIN)
        else:
            trouble.worked()
            return opened
    return None


def open_data(folder: Path, tell: Any, where: Path | str | None = None) -> Opened:
    """Open what is in `folder`, made where there is nothing. tell: a logger. where: the store; None: a file there.

    Raises JournalError (JournalFull: there is no room; nothing is open then), OSError, NewerSchema, AnotherDesk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undo:
        contents = Contents(folder / JOURNAL / CONTENTS)
        store = _store(where or folder / FILE, contents)
        undo.callback(store.close)
        snapshots = Snapshots(folder / JOURNAL / SNAPSHOTS)
        seen = max([store.position + 1, *snapshots.positions()])
        journal = Journal.open(folder / JOURNAL, at_least=seen, start=seen)
        undo.callback(journal.close)
        if journal.recovered:
            tell.warning(f"the journal was mended: {journal.recovered}", position=journal.head)
        letters = DeadLetters.open(folder)
        undo.callback(letters.close)
        incomplete = remove_incomplete(snapshots.folder) + remove_incomplete(contents.folder)
        if incomplete:
            tell.info("removed what the last run had not finished writing", files=incomplete)
        engine, fold, restored = _resume(journal, contents, snapshots, tell)
        undo.pop_all()
    return Opened(journal, contents, snapshots, store, letters, engine, fold, restored)


def _store(where: Path | str, contents: Contents) -> Store:
    memory = Memory()
    try:
        return Store(
            where,
            conditions=DeskConditions(contents),
            places=lambda connection: RegisterPlaces(connection, memory),
        )
    except StoreFull as error:
        raise JournalFull(f"the cases can't be opened: {error}") from error
    except (StoreTrouble, StoreBroken) as error:
        raise JournalFailed(f"the cases can't be opened: {error}") from error


def _resume(journal: Journal, contents: Contents, snapshots: Snapshots, tell: Any) -> tuple[Engine, Fold, int | None]:
    """The engine as the newest intact snapshot has it, or a new one at the journal's beginning."""

    def fresh() -> Engine:
        return Engine(lambda payload, names: load_version(payload, contents, names))

    latest = snapshots.latest()
    for damaged in snapshots.damaged:
        tell.error(damaged)
    engine, fold = fresh(), Fold()
    if latest is not None:
        position, data = latest
        try:
            return engine, state.restore(engine, data), position
        except ValueError as error:
            tell.warning(
                f"the snapshot at {position} can't be used: {error}; judging the journal again", error=str(error)
            )
            engine, fold = fresh(), Fold()
    engine.position = journal.first
    return engine, fold, None


def assume_version(engine: Engine, payload: bytes) -> None:
    """Make a version current that the journal does not have: its beginning is gone, and no snapshot knows it."""
    buffer = EntryBuffer()
    buffer.add(Kind.VERSION, "", "", 0.0, payload)
    batch: pa.RecordBatch = buffer.batch()
    engine.position -= 1
    engine.feed(batch, engine.position)
