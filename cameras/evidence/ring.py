"""ring: the last seconds of a camera's stream, as they came, for the clip of what happens next.

Holds encoded packets, so that it costs no time but copying them and as much memory as the stream has bits. It begins
with a key frame: what goes, goes up to the next one. Bounded by seconds, and by bytes before all. A stream that is
opened anew may be coded otherwise, and its packets are decoded apart.

Written by the thread that reads the stream, cut by another.
"""

from __future__ import annotations

import io
import threading
from collections import deque
from typing import Any, NamedTuple

import av
import av.error

Coding = bytes
"""How packets are coded: a Matroska file with the stream's description, as it was opened, and no picture."""


class Packet(NamedTuple):
    """One encoded picture."""

    ts: float
    """When it was taken, UTC seconds."""
    data: bytes
    key: bool
    early: float = 0.0
    """Seconds by which it is decoded before it is shown, since others refer to it."""


def describe(stream: Any) -> Coding:
    """How an opened stream of FFmpeg's is coded. Raises FFmpegError, ValueError: Matroska can't hold it."""
    out = io.BytesIO()
    with av.open(out, "w", format="matroska", options={"fflags": "+bitexact"}) as container:
        packet = av.Packet(b"\0")  # a file without any is not taken for one
        packet.stream = container.add_stream_from_template(stream)
        packet.pts = packet.dts = 0
        packet.time_base = stream.time_base
        container.mux(packet)
    return out.getvalue()


def packed(packet: Any, ts: float) -> Packet:
    """A packet of FFmpeg's, and when its picture was taken."""
    early = 0.0 if packet.pts is None or packet.dts is None else float((packet.pts - packet.dts) * packet.time_base)
    return Packet(ts, bytes(packet), packet.is_keyframe, early)


class Cut(NamedTuple):
    """Packets that can be decoded one after another; the first is a key frame."""

    coding: Coding
    packets: tuple[Packet, ...]

    @property
    def bytes(self) -> int:
        return sum(len(packet.data) for packet in self.packets)


class _Group:
    """A key frame and what follows it up to the next."""

    __slots__ = ("bytes", "coding", "packets")

    def __init__(self, coding: Coding) -> None:
        self.coding = coding
        self.packets: list[Packet] = []
        self.bytes = 0


class Ring:
    """One camera's. seconds, room: it holds so many, and so many bytes, at most; the time may be longer by what lies
    between two key frames."""

    def __init__(self, seconds: float, room: int) -> None:
        self.bytes = 0
        self.newest = float("-inf")
        """The time of the latest picture in it."""
        self._seconds, self._room = seconds, room
        self._groups: deque[_Group] = deque()
        self._coding: Coding | None = None
        self._open = False
        self._lock = threading.Lock()

    def open(self, stream: Any) -> None:
        """A stream of FFmpeg's was opened. Of so rare a kind that Matroska does not know it nothing is held."""
        try:
            self.begin(describe(stream))
        except (av.error.FFmpegError, ValueError):
            self.begin(None)

    def hear(self, packet: Any, ts: float) -> None:
        """The next packet of that stream, and when its picture was taken."""
        self.add(packed(packet, ts))

    def begin(self, coding: Coding | None) -> None:
        """From now on packets are coded so; None: in no way that is of use. What came before stays as long as it would
        have."""
        with self._lock:
            self._coding, self._open = coding, False

    def add(self, packet: Packet) -> None:
        """The next packet. Up to the first key frame, and after one that had no room, they are of no use."""
        with self._lock:
            if self._coding is None or not (packet.key or self._open):
                return
            if packet.key:
                self._groups.append(_Group(self._coding))
                self._open = True
            group = self._groups[-1]
            group.packets.append(packet)
            group.bytes += len(packet.data)
            self.bytes += len(packet.data)
            self.newest = max(self.newest, packet.ts)
            while self._groups and (self.bytes > self._room or self._over()):
                self.bytes -= self._groups.popleft().bytes
                self._open = bool(self._groups)

    def _over(self) -> bool:
        """Whether the first group is not needed: the second reaches back far enough."""
        return len(self._groups) > 1 and self._groups[1].packets[0].ts <= self.newest - self._seconds

    def cut(self, begin: float, end: float) -> Cut | None:
        """What shows the time from begin to end, as far as it reaches; None: nothing of it is there.

        It starts at the last key frame up to `begin`, and is of one coding: the one that `end` falls into.
        """
        with self._lock:
            groups = [group for group in self._groups if group.packets[0].ts <= end]
            if not groups or self.newest < begin:
                return None
            first = len(groups) - 1
            while first > 0 and groups[first].packets[0].ts > begin and groups[first - 1].coding == groups[-1].coding:
                first -= 1
            packets = [packet for group in groups[first:] for packet in group.packets]
        # Packets come in the order of decoding: what a picture refers to is before it, whatever its own time.
        last = max(n for n, packet in enumerate(packets) if n == 0 or packet.ts <= end)
        return Cut(groups[-1].coding, tuple(packets[: last + 1]))
