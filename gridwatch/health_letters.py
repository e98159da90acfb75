"""health_letters: dead letters counted by what was wrong with them, as they come, and by topic for those that say
something of a device.

Reads a dead letters' journal beside whatever writes it, each letter once. Bounded: the newest letters, so many groups
and topics; nothing of a payload is kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.deadletters import DeadLetter, decode_letters
from pipeline.journal import JournalGone
from pipeline.journal.reader import JournalReader

FIRST = 100_000
"""So many of the newest letters are counted at first."""
GROUPS, TOPICS, EXAMPLES = 300, 2_000, 3

Key = tuple[str, str, str, str]
"""Reason, source, stream, what was expected."""


class Example(NamedTuple):
    """Of a group: where, expected … got …, and when it was received (UTC seconds)."""

    where: str
    message: str
    received: float


@dataclass(slots=True)
class Group:
    """Letters of one key."""

    count: int = 0
    examples: deque[Example] = field(default_factory=lambda: deque(maxlen=EXAMPLES))
    """The newest."""


@dataclass(slots=True)
class OfTopic:
    """Letters of one reason that came by one topic."""

    source: str = ""
    stream: str = ""
    count: int = 0
    message: str = ""
    received: float = 0.0


class LetterTally:
    """From any thread."""

    def __init__(self, journal: JournalReader | None) -> None:
        """journal: None: letters come by `take` alone."""
        self._journal = journal
        self._lock = threading.Lock()
        self._position: int | None = None
        self.groups: OrderedDict[Key, Group] = OrderedDict()
        """The one that had a letter last is the last."""
        self.topics: OrderedDict[tuple[str, str], OfTopic] = OrderedDict()
        """By reason and topic, likewise."""
        self.counted = 0

    def look(self) -> None:
        """Count what has come since the last time. Raises JournalDamaged."""
        journal = self._journal
        if journal is None:
            return
        with self._lock:
            if self._position is None:
                self._position = max(journal.first, journal.head - FIRST)
            try:
                self._read(journal, self._position)
            except JournalGone:  # the oldest went meanwhile
                self._position = None

    def copies(self) -> tuple[list[tuple[Key, Group]], list[tuple[tuple[str, str], OfTopic]]]:
        """Groups and topics as they stand, the newest first."""
        with self._lock:
            groups = [(key, Group(each.count, each.examples.copy())) for key, each in reversed(self.groups.items())]
            return groups, list(reversed(self.topics.items()))

    def take(self, dead: DeadLetter) -> None:
        """Count one."""
        with self._lock:
            self._take(dead)

    def _read(self, journal: JournalReader, position: int) -> None:
        for piece in journal.read(position):
            for dead in decode_letters(piece):
                self._take(dead)
            self._position = piece.end

    def _take(self, dead: DeadLetter) -> None:
        letter = dead.letter
        stream = letter.where.partition(" ")[0]
        key = (letter.reason, dead.source, stream, _expected(letter.message))
        group = self.groups.pop(key, None) or Group()
        group.count += 1
        group.examples.append(Example(letter.where, letter.message, dead.received))
        self.groups[key] = group
        topic = (letter.reason, dead.topic)
        of = self.topics.pop(topic, None) or OfTopic()
        of.source, of.stream, of.count, of.message, of.received = (
            dead.source,
            stream,
            of.count + 1,
            letter.message,
            dead.received,
        )
        self.topics[topic] = of
        self.counted += 1
        for kept, most in ((self.groups, GROUPS), (self.topics, TOPICS)):
            if len(kept) > most:
                kept.popitem(last=False)


def _expected(message: str) -> str:
    """What is the same for all that went wrong in this way: times differ from letter to letter."""
    expected = message.partition("; got")[0].partition(", got")[0]
    return "a time near that of its receipt" if expected.startswith("expected a time near") else expected[:200]
