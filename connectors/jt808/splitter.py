"""splitter: a connection's bytes to what stands between delimiters, with a bound on what is kept.

A frame whose length says that more must come, cut by a delimiter that should have been escaped, waits for the next
piece: if the two are a frame together they are one, else they are told one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.codecs.jt808.message import Frame, read_frame

_END = b"\x7e"


class Splitter:
    """Of one connection. longest: bytes between two delimiters."""

    __slots__ = ("_held", "_longest", "_skipping", "_tail", "dropped")

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._tail = b""
        self._held: tuple[bytes, Frame] | None = None
        self._skipping = False
        self.dropped = 0
        """Bytes that were too many for a frame."""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, Frame | None]]:
        """(what stood between delimiters, the frame that it is) of what is complete now."""
        if self._skipping:
            end = data.find(_END)
            self.dropped += len(data) if end < 0 else end
            if end < 0:
                return
            data, self._skipping = data[end:], False
        *pieces, tail = (self._tail + data).split(_END)
        if len(tail) > self._longest:
            self.dropped += len(tail)
            self._skipping, tail = True, b""
        self._tail = tail
        for piece in pieces:
            if len(piece) > self._longest:
                self.dropped += len(piece)
            elif piece:
                yield from self._told(piece)

    def _told(self, piece: bytes) -> Iterator[tuple[bytes, Frame | None]]:
        held, self._held = self._held, None
        if held is not None:
            joined = held[0] + _END + piece
            frame = read_frame(joined) if len(joined) <= self._longest else None
            if frame is not None and frame.intact:
                yield joined, frame
                return
            yield held
        frame = read_frame(piece)
        if frame is not None and frame.header.whole and len(frame.body) < frame.header.declared:
            self._held = piece, frame
            return
        yield piece, frame

    def rest(self) -> Iterator[tuple[bytes, Frame | None]]:
        """What still waits for more that will not come."""
        held, self._held = self._held, None
        if held is not None:
            yield held
