"""parts: subpackages of one connection until their message is complete, with bounds on bytes, number and time.

A part that is sent again takes the place of the first. A part of another message with the same id and total begins it
anew: parts of one message have serials that go on from one another, unless we have asked for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.codecs.jt808.message import Frame

MOST = 4
"""Messages at a time of one connection."""
ASKS = 3
"""How often missing parts are asked for."""
_OVERHEAD = 200
"""Bytes that a part costs beside what it holds."""


@dataclass(slots=True)
class Message:
    """One that is not complete."""

    total: int
    first: int
    """the serial of its first part"""
    began: float
    newest: float
    parts: dict[int, tuple[bytes, Frame]] = field(default_factory=dict)
    asked: int = 0
    wanted: frozenset[int] = frozenset()
    nbytes: int = 0

    def missing(self, most: int) -> list[int]:
        """Indices of the first parts that are not there, at most so many."""
        return [i for i in range(1, self.total + 1) if i not in self.parts][:most]


class Parts:
    """Of one connection. largest: bytes that one message may have."""

    __slots__ = ("_largest", "dropped", "messages")

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self.messages: dict[int, Message] = {}
        self.dropped = 0

    @property
    def nbytes(self) -> int:
        """What all of them hold."""
        return sum(each.nbytes for each in self.messages.values())

    def take(self, raw: bytes, frame: Frame, now: float) -> list[tuple[bytes, Frame]] | None:
        """The message's parts in order where it is complete now. raw: the frame as it came."""
        header = frame.header
        total, index = header.total or 0, header.index or 0
        if not 1 <= index <= total:
            self.dropped += 1
            return None
        first = ((header.serial or 0) - index + 1) & 0xFFFF
        message = self.messages.get(header.id)
        if message is not None and (message.total != total or (message.first != first and index not in message.wanted)):
            self._drop(header.id)
            message = None
        if message is None:
            if len(self.messages) >= MOST:
                self._drop(min(self.messages, key=lambda id: self.messages[id].newest))
            message = self.messages[header.id] = Message(total, first, now, now)
        old = message.parts.get(index)
        message.nbytes += len(raw) + _OVERHEAD - (len(old[0]) + _OVERHEAD if old is not None else 0)
        message.parts[index] = raw, frame
        message.newest = now
        if message.nbytes > self._largest or self.nbytes > 2 * self._largest:
            self._drop(header.id)
            return None
        if len(message.parts) < total:
            return None
        del self.messages[header.id]
        return [message.parts[i] for i in range(1, total + 1)]

    def overdue(self, now: float, ask_after: float, keep: float) -> list[tuple[int, Message]]:
        """(message id, message) of those whose missing parts are to be asked for now; drops what took too long."""
        for id, message in list(self.messages.items()):
            if now - message.began > keep:
                self._drop(id)
        due = [
            (id, each)
            for id, each in self.messages.items()
            if each.asked < ASKS and now - each.newest >= ask_after * (each.asked + 1)
        ]
        for _, message in due:
            message.asked += 1
            message.wanted |= frozenset(message.missing(255))
        return due

    def _drop(self, id: int) -> None:
        del self.messages[id]
        self.dropped += 1
