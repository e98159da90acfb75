"""source: what every source of deliveries is, whatever it speaks (MQTT, JT/T 808, HTTP, Kafka, a recording).

A source brings deliveries, raw, into the journal. It acknowledges a delivery to whoever sent it only after `commit` has
returned, in the order of arrival, and only where it came from. It decodes nothing: what can't be decoded must still be
kept. While it is connected it says by ticks that time has passed (docs/concepts/time.md, rules 1 and 2).

To add one: write its settings (a pydantic model with a literal `type`) and its receiver (receiving.py has what is the
same in all that have a connection) in a file of this folder, add a line to `connectors.SOURCES`, a section in
docs/connectors/.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from pipeline.entries import EntryBuffer
from pipeline.journal.errors import JournalFailed, JournalFull

Commit = Callable[[EntryBuffer], Any]
"""Makes all entries of a buffer durable, in their order, or none of them, and returns only then. Called from the
sources' own threads, several at once. Where it raises JournalFull or JournalFailed, or an exception whose attribute
`retryable` is true, nothing has been kept, and the same buffer may be given again; any other exception ends the source,
with nothing acknowledged."""


def retryable(error: Exception) -> bool:
    """May the same buffer be committed later?"""
    return isinstance(error, JournalFull | JournalFailed) or bool(getattr(error, "retryable", False))


class Log(Protocol):
    """The part of structlog's loggers that sources use."""

    def info(self, event: str, /, **context: Any) -> Any: ...
    def warning(self, event: str, /, **context: Any) -> Any: ...
    def error(self, event: str, /, **context: Any) -> Any: ...


@dataclass(slots=True)
class Status:
    """How a source is doing, for metrics and `gridwatch run`. Written by its thread alone; each field is read at
    once."""

    connected_since: float | None = None
    """UTC seconds; None while it is not connected."""
    deliveries: int = 0
    """How many have been committed since the start."""
    received: float | None = None
    """When the newest of them was received, UTC seconds; None: there has been none."""
    commits: int = 0
    in_flight: int = 0
    """Read and not yet acknowledged."""
    waiting_for_journal: bool = False
    """The journal can't take more (a full disk): nothing is read or acknowledged until it can."""
    last_error: str = ""
    """Which host, what happened, what to do; never a secret. Stays after the error has passed."""
    failed: Exception | None = None
    """What ended the source for good (a defect, not a lost connection or a full disk); None while it works."""


class Receiver(Protocol):
    """A source at work, in a thread of its own."""

    @property
    def status(self) -> Status: ...

    def start(self) -> None:
        """Begin; returns at once. A host that can't be reached is no error here: it goes on trying."""
        ...

    def stop(self) -> None:
        """Commit and acknowledge what has been read, say LEAVE, disconnect; returns when that is done."""
        ...


@dataclass(frozen=True, slots=True)
class SourceKind:
    """One kind of source: `sources.<name>` with this `type`."""

    settings: type[BaseModel]
    """The section of the configuration."""
    receiver: Callable[..., Receiver]
    """(name, settings, commit, tick, now=…, log=…) -> Receiver"""
