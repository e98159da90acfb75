"""message: what every reader of a recording yields: one message of it, with where it stands in its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from zoneinfo import ZoneInfo

from connectors.codecs.stream import StreamSettings
from pipeline.faults import Fault, Faulty

NAMED = 1000
"""Topics of no stream that are told apart; further ones are counted alone."""


class Message(NamedTuple):
    """A JSON payload out of a recording."""

    line: int
    payload: bytes
    topic: str = ""
    """As it was recorded; '' where nobody recorded it."""
    received: float | None = None
    """UTC seconds, where the recording says it; None: the time of its own newest row."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a recording is read for."""

    streams: Mapping[str, StreamSettings]
    """Those that may take rows, by name."""
    zone: ZoneInfo
    """Of times without an offset."""
    subject: str | None = None
    """Whom all records are about, where none says so."""
    own_time: bool = False
    """Every record was received at its own time, whatever the recording says."""

    def only(self, file: str) -> tuple[str, StreamSettings]:
        """The one stream of a recording whose records do not say by their topics whose they are. Raises Faulty."""
        if len(self.streams) != 1:
            known = ", ".join(self.streams)
            raise Faulty([Fault(file, 0, "", f"its records have no topics: name their stream by --stream ({known})")])
        return next(iter(self.streams.items()))

    def refuse_subject(self, file: str, why: str) -> None:
        """Raises Faulty where somebody said whom the recording is about."""
        if self.subject is not None:
            raise Faulty([Fault(file, 0, "", f"--subject: {why}; leave it out")])


@dataclass(slots=True)
class LeftOut:
    """What a recording has that is no row and no mistake either."""

    of_no_stream: int = 0
    """messages of topics that no stream takes"""
    topics: dict[str, int] = field(default_factory=dict)
    """how many of each, of the first so many"""
    empty: int = 0
    """messages that hold no row and do not say when they came"""
    without_fix: int = 0
    """positions that the terminal itself calls not valid"""

    def stranger(self, topic: str) -> None:
        """One more message of a topic of no stream."""
        self.of_no_stream += 1
        if topic in self.topics or len(self.topics) < NAMED:
            self.topics[topic] = self.topics.get(topic, 0) + 1


class BadRecord(Exception):
    """What a reader raises of one record: where in it (a column, a path), and what was expected."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path, self.message = path, message


EARLIEST, LATEST = 946_684_800.0, 4_102_444_800.0
"""2000 and 2100, UTC seconds. A receiver without a fix says 1970, 1980 or 2080; a recording that spanned such a time
would be decades of silence."""


def plausible(received: float, path: str) -> float:
    """The same. Raises BadRecord where it is no time of this century."""
    if EARLIEST <= received < LATEST:
        return received
    raise BadRecord(
        path, f"expected a time from 2000 to 2099, got {received:.0f} seconds after 1970; is its unit right?"
    )
