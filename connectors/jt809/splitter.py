"""splitter: a connection's bytes to what stands between 5b and 5d, with a bound on what is kept.

Both are escaped inside of a frame, so that a 5b is always a frame's beginning: what stood before it without an end is
none.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.codecs.jt809.framing import BEGIN, END
from connectors.codecs.jt809.message import Frame, read_frame


class Splitter:
    """Of one connection. longest: bytes between two delimiters."""

    __slots__ = ("_inside", "_longest", "_tail", "dropped")

    def __init__(self, longest: int) -> None:
        self._longest, self._tail, self._inside = longest, b"", False
        self.dropped = 0
        """Bytes that are no part of a frame, or too many for one."""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, Frame | None]]:
        """(what stood between delimiters, the frame that it is) of what is complete now."""
        before, *parts = data.split(BEGIN)
        yield from self._go_on(before)
        for part in parts:
            self.dropped += len(self._tail)
            self._tail, self._inside = b"", True
            yield from self._go_on(part)

    def rest(self) -> Iterator[tuple[bytes, Frame | None]]:
        """Nothing: what has no end is none."""
        return iter(())

    def _go_on(self, part: bytes) -> Iterator[tuple[bytes, Frame | None]]:
        """More bytes, with no beginning among them."""
        if not self._inside:
            self.dropped += len(part)
            return
        body, end, behind = part.partition(END)
        self._tail += body
        if len(self._tail) > self._longest:
            self.dropped += len(self._tail)
            self._tail, self._inside = b"", False
            self.dropped += len(behind)
        elif end:
            piece, self._tail, self._inside = self._tail, b"", False
            self.dropped += len(behind)
            yield piece, read_frame(piece)
