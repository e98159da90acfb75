"""in_force: which versions a recording has, by id, and the one that is in force at its end."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from gridwatch.cli.frame import Exit, Problem

if TYPE_CHECKING:
    from gridwatch.recordings import Opened
    from pipeline.version import Version


class Known(NamedTuple):
    """A version that was in force."""

    id: str
    """As `pipeline.version.Version.id` says it."""
    payload: bytes
    """Of its VERSION entry."""
    position: int
    """Of the first such entry."""


def versions_in(opened: Opened) -> list[Known]:
    """Those that its entries name, in their order; each once."""
    import numpy as np

    from pipeline.entries import Kind

    found: dict[bytes, Known] = {}
    entries = opened.entries()
    for piece in entries.read(entries.first):
        for at in np.flatnonzero(piece.batch.column("kind").to_numpy() == Kind.VERSION).tolist():
            payload = piece.batch.column("payload")[at].as_py()
            known = Known(hashlib.sha256(payload).hexdigest()[:16], payload, piece.first + at)
            found[payload] = found.pop(payload, known)
    return list(found.values())


def last_version(opened: Opened) -> Version:
    """The one that is in force at the end. Raises Problem where nothing says what is."""
    from pipeline.names import Names

    if opened.current is not None:
        return opened.load(opened.current, Names())
    known = versions_in(opened)
    if not known:
        advice = "Name the configuration to judge by: --config FILE."
        raise Problem(f"{opened.name}: nothing in it says what was in force. {advice}", Exit.USAGE)
    return opened.load(known[-1].payload, Names())
