"""talk: what a gateway asks of the protocol that is spoken on a connection.

Pure, without a socket: bytes are split into frames, each frame is heard, and what is to be done about it is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(slots=True)
class Said:
    """What is to be done about a frame: first journaled, then answered, then the end of it."""

    topic: str = ""
    """'': it is not journaled"""
    payload: bytes = b""
    answers: tuple[bytes, ...] = ()
    close: bool = False
    whole: Said | None = None
    """the message that this frame has completed"""


class Splitting(Protocol):
    """A connection's bytes to frames, with a bound on what is kept."""

    dropped: int
    """Bytes that were too many for a frame."""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, Any]]:
        """(what stood between delimiters, the frame that it is or None) of what is complete now."""
        ...

    def rest(self) -> Iterator[tuple[bytes, Any]]:
        """What still waits for more that will not come."""
        ...


class Talk(Protocol):
    """What a connection has said so far, and what it is answered."""

    who: str
    """Who it is; '' until it is in."""

    def hear(self, piece: bytes, frame: Any, now: float) -> Said:
        """What stood between two delimiters, and the frame that it is. now: any clock's seconds."""
        ...

    def comes_from(self, address: str) -> None:
        """Where the connection comes from; told once, first."""
        ...

    def overdue(self, now: float) -> list[bytes]:
        """What is to be said because time has passed."""
        ...
