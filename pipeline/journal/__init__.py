"""The journal: one append-only log, with the contents that it names and the snapshots that shorten a restart."""

from __future__ import annotations

from pipeline.journal.contents import Contents
from pipeline.journal.errors import (
    ContentDamaged,
    ContentMissing,
    JournalBusy,
    JournalDamaged,
    JournalError,
    JournalFailed,
    JournalFull,
    JournalGone,
)
from pipeline.journal.frames import JournalBatch
from pipeline.journal.journal import Journal
from pipeline.journal.reader import JournalReader
from pipeline.journal.snapshots import Snapshots
from pipeline.journal.survey import Recovered

__all__ = [
    "ContentDamaged",
    "ContentMissing",
    "Contents",
    "Journal",
    "JournalBatch",
    "JournalBusy",
    "JournalDamaged",
    "JournalError",
    "JournalFailed",
    "JournalFull",
    "JournalGone",
    "JournalReader",
    "Recovered",
    "Snapshots",
]
