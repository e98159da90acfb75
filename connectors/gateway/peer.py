"""peer: one connection: its bytes in, its answers out, and what keeps it within bounds.

All connections of a gateway read into one buffer, so that a quiet one costs little. Who sends more than its rate is not
read for as long as that takes; who does not take its answers is disconnected.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol

from connectors.gateway.talk import Said, Splitting, Talk

WRITE_MOST = 16_384
"""Bytes of answers that may wait for one connection."""

KERNEL_MOST = 65_536
"""Bytes that the system keeps for one connection each way; by itself it would take megabytes of who does not read."""


class Host(Protocol):
    """What a connection needs of its gateway."""

    buffer: memoryview
    waiting: bool
    """The journal can't take anything: nothing is read."""

    def opened(self, peer: Peer) -> bool: ...
    def closed(self, peer: Peer) -> None: ...
    def heard(self, peer: Peer, said: Said) -> None: ...
    def count(self, what: str) -> None: ...


class Peer(asyncio.BufferedProtocol):
    """One connection."""

    __slots__ = (
        "_allowance", "_host", "_loop", "_rate", "_refilled", "_resume", "_splitter", "address", "began", "framed",
        "talk", "transport", "welcomed",
    )  # fmt: skip

    def __init__(self, host: Host, talk: Talk, splitter: Splitting, rate: float) -> None:
        self._host, self.talk = host, talk
        self._splitter = splitter
        self._loop = asyncio.get_running_loop()
        self._rate = self._allowance = rate
        self._resume: asyncio.TimerHandle | None = None
        self.transport: asyncio.Transport | None = None
        self.address = ""
        self.welcomed = False
        self.began = self.framed = self._refilled = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  what TCP and TLS servers make
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self.talk.comes_from(self.address)
        self.transport = transport
        if not self._host.opened(self):
            self.transport = None
            transport.abort()
            return
        transport.set_write_buffer_limits(high=WRITE_MOST)
        sock = transport.get_extra_info("socket")
        for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, buffer, KERNEL_MOST)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._resume is not None:
            self._resume.cancel()
        if self.transport is not None:
            for piece, frame in self._splitter.rest():
                self._host.heard(self, self.talk.hear(piece, frame, self._loop.time()))
            self.transport = None
            self._host.closed(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._host.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self.transport is None:
            return
        now = self._loop.time()
        dropped = self._splitter.dropped
        for piece, frame in self._splitter.feed(bytes(self._host.buffer[:nbytes])):
            said = self.talk.hear(piece, frame, now)
            if frame is not None:
                self.framed = now
            self._host.heard(self, said)
            if said.close:
                break
        if self._splitter.dropped > dropped:
            self._host.count("too_long")
            if not self.talk.who:
                self.abort()
        self._slow(nbytes, now)

    def _slow(self, nbytes: int, now: float) -> None:
        """Read no further for a while where this was too much."""
        self._allowance = min(2 * self._rate, self._allowance + (now - self._refilled) * self._rate) - nbytes
        self._refilled = now
        if self._allowance < 0 and self.transport is not None and self._resume is None:
            self._host.count("slowed")
            self.transport.pause_reading()
            self._resume = self._loop.call_later(-self._allowance / self._rate, self._go_on)

    def _go_on(self) -> None:
        self._resume = None
        self.read(True)

    def read(self, on: bool) -> None:
        """Read, or do not; not while it has to wait for its rate."""
        if self.transport is None or self.transport.is_closing():
            return
        if not on:
            self.transport.pause_reading()
        elif self._resume is None and not self._host.waiting:
            self.transport.resume_reading()

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def pause_writing(self) -> None:
        self._host.count("not_reading")
        self.abort()

    def close(self) -> None:
        """When what was written is on its way."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()
