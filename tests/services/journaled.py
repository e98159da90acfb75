"""journaled: what a run's journal holds, and what comes of it when it is judged again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from cases.words import decode_step
from pipeline.entries import Kind
from pipeline.journal import Contents, Journal
from pipeline.journal.contents import CONTENTS
from pipeline.names import Names
from pipeline.runtime.compose import load_version
from pipeline.version import Version
from replay.replaying import Replayed, replay
from tests.services.publisher import Message


def deliveries(journal: Path) -> Counter[Message]:
    """Topic and payload of all that was delivered, and how often. journal: its folder."""
    found: Counter[Message] = Counter()
    reader = Journal.read_only(journal)
    for piece in reader.read(reader.first):
        columns = [piece.batch.column(n).to_pylist() for n in ("kind", "topic", "payload")]
        found.update((t, p) for k, t, p in zip(*columns, strict=True) if k == Kind.DELIVERY)
    return found


def said_steps(journal: Path) -> Counter[str]:
    """The ids of all steps that people said, and how often each is there. journal: its folder."""
    found: Counter[str] = Counter()
    reader = Journal.read_only(journal)
    for piece in reader.read(reader.first):
        columns = [piece.batch.column(n).to_pylist() for n in ("kind", "payload")]
        found.update(decode_step(payload).id for kind, payload in zip(*columns, strict=True) if kind == Kind.STEP)
    return found


def replayed(journal: Path) -> Replayed:
    """The journal, judged here by the versions that it names."""
    contents = Contents(journal / CONTENTS)

    def load(payload: bytes, names: Names) -> Version:
        return load_version(payload, contents, names)

    return replay(Journal.read_only(journal), load)
