"""history_state: how far a history is and what became of it, kept beside the data, and where a start goes on.

Read by the command that tells of it and by the console, which asks whether all of a time has been written.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from pipeline.journal import JournalBatch

STATE = "state.json"
REFUSED = "refused.lp"
"""Points that InfluxDB refused for what they are, with why; for whoever mends what writes them."""
_REFUSED_MOST = 4 * 2**20


class Entries(Protocol):
    """What is read: `pipeline.journal.JournalReader`."""

    @property
    def head(self) -> int: ...

    @property
    def first(self) -> int: ...

    def read(self, start: int = 0, max_rows: int = 65_536) -> Iterator[JournalBatch]: ...


class Log(Entries, Protocol):
    """What is followed: `pipeline.journal.Journal`."""

    def wait(self, position: int, timeout: float | None = None) -> bool: ...


class State(msgspec.Struct, kw_only=True):
    """How far it is, and what became of what it wrote."""

    where: str = ""
    position: int = -1
    """Of the first entry that is not written."""
    since: float = 0.0
    """When writing to there began, UTC seconds."""
    through: float = 0.0
    """When the last entry that is written was received."""
    at: float = 0.0
    """When something was written last, UTC seconds."""
    points: int = 0
    beyond: int = 0
    """Older than the bucket keeps."""
    refused: int = 0
    lost: int = 0
    """Points without a journal that there was no room for."""
    gone: int = 0
    """Entries that the journal let go before they were written."""
    version: str = ""
    """The payload of the version in force at the position."""
    trouble: str = ""


def read_state(folder: Path) -> State:
    """What was saved; a new one where there is none, or it can't be read."""
    try:
        return msgspec.json.decode((folder / STATE).read_bytes(), type=State)
    except (OSError, msgspec.MsgspecError):
        return State()


def beginning(state: State, where: str, log: Log, current: bytes) -> State:
    """What to go on with. current: the payload of the version in force at the end.

    Where nothing was written to there before: from now on; `gridwatch history backfill` writes what was before.
    """
    if state.where != where or state.position < 0:
        return State(where=where, position=log.head, version=current.decode(), since=time.time())
    state.trouble = ""
    state.position = min(state.position, log.head)
    return state


def keep_refused(folder: Path, refused: list[tuple[str, str]]) -> None:
    """What can't be written, with why, as comments above; bounded."""
    file = folder / REFUSED
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            for line, why in refused:
                if out.tell() > _REFUSED_MOST:
                    return
                out.write(f"# {why}\n{line}\n")
    except OSError:
        return
