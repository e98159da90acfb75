"""server: what peers connect to, as a source: journal first, then answer.

One thread with one event loop reads, commits and answers: what all sockets
had in one round of the loop is committed as one group, then answered; while a commit runs nothing is read, so that
back-pressure is TCP's and never a queue of ours. Where the journal can't take it nothing is read or answered until it
can. It is connected while it listens.

Nothing is asked of the journal about a peer that is not in.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from connectors.gateway.files import allow_connections
from connectors.gateway.listed import Listed
from connectors.gateway.peer import Peer
from connectors.gateway.present import Present
from connectors.gateway.settings import GatewaySource
from connectors.gateway.talk import Said, Splitting, Talk
from connectors.receiving import Receiving

Section = TypeVar("Section", bound=GatewaySource)
BUFFER = 16_384
"""Bytes that one connection gives at a time."""
SWEEP = 1.0
"""Seconds between two looks at who has been silent for too long."""
TELL = 60.0
"""Seconds between two lines about what was refused."""


class CanNotListen(Exception):
    """The address can't be had; the message says why."""


class Gateway(Receiving[Section]):
    """One gateway at work; answers what was read before it stops. port: where it listens, once it does."""

    @abstractmethod
    def _listing(self, folder: Path, environment: Mapping[str, str]) -> Listed[Any]:
        """Who may come in. Raises ValueError or OSError."""

    @abstractmethod
    def _talk(self) -> tuple[Talk, Splitting]:
        """For a new connection."""

    def _often(self) -> float:
        """Seconds between two looks at who has been silent, at most."""
        return min(SWEEP, self.settings.idle / 4, self.settings.login / 4)

    def _member(self) -> str:
        return self.settings.client_id

    def _prepare(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.counts = self.status.refused
        self.port = 0
        self.buffer = memoryview(bytearray(BUFFER))
        self.waiting = False
        self._list = self._listing(folder, environment)
        self._tls = self.settings.tls.context(folder) if self.settings.tls is not None else None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()
        self.present = Present(self.settings, self.counts)
        self._topics: list[str] = []
        self._payloads: list[bytes] = []
        self._after: list[tuple[Peer, Said]] = []
        self._flush_due: asyncio.Handle | None = None
        self._failed: Exception | None = None
        self._told: Counter[str] = Counter()

    def _wake(self) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(self._stopped.set)

    # What connections call.

    def opened(self, peer: Peer) -> bool:
        """A connection stands; False: it is one too many."""
        if not self.present.take(peer):
            return False
        if self.waiting:
            peer.read(False)
        return True

    def closed(self, peer: Peer) -> None:
        self.present.gone(peer)

    def heard(self, peer: Peer, said: Said) -> None:
        """What a frame comes to; it is committed with all else of this round."""
        if peer.talk.who and not peer.welcomed:
            self.present.welcome(peer)
        for each in (said, said.whole):
            if each is None:
                continue
            if each.topic:
                self._topics.append(each.topic)
                self._payloads.append(each.payload)
            if each.answers or each.close:
                self._after.append((peer, each))
        if self._flush_due is None and self._loop is not None and not self.waiting:
            self._flush_due = self._loop.call_soon(self._flush)

    def count(self, what: str) -> None:
        self.counts[what] += 1

    # The thread.

    def _connection(self) -> str:
        allow_connections(self.settings.connections)
        try:
            asyncio.run(self._serve())
        except CanNotListen as error:
            return str(error)
        return "the server has ended"

    async def _serve(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        server = await self._listen(self._loop)
        self.port = int(server.sockets[0].getsockname()[1])
        self._backoff.reset()
        self._connected(f"listening on {self.settings.host}:{self.port}")
        try:
            await self._work(self._loop)
        finally:
            server.close()
            self.status.connected_since = None
            self._intake.leave()
            if self._failed is None:
                await self._last()
            for peer in list(self.present.peers):
                peer.close()
            # One round, in which what was written goes out and the connections end.
            await asyncio.sleep(0)
            for peer in list(self.present.peers):
                peer.abort()
            await asyncio.sleep(0)
            self._loop = None

    async def _listen(self, loop: asyncio.AbstractEventLoop) -> asyncio.Server:
        """Raises CanNotListen."""
        host, port = self.settings.host, self.settings.port
        handshake = min(60.0, self.settings.login) if self._tls is not None else None
        try:
            return await loop.create_server(
                self._peer, host, port, ssl=self._tls, backlog=1024, ssl_handshake_timeout=handshake
            )
        except OSError as error:
            why = error.strerror or error
            message = f"can't listen on {host}:{port} ({why}); check host and port, and that nothing else listens there"
            raise CanNotListen(message) from error

    def _peer(self) -> Peer:
        talk, splitter = self._talk()
        return Peer(self, talk, splitter, self.settings.rate)

    async def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        swept = told = time.monotonic()
        every = self._often()
        while not self._stopping.is_set() and self._failed is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), min(self._intake.until_tick(), every, self._retry))
            if self._intake.until_tick() <= 0 or self.waiting:
                self._flush()
            if time.monotonic() - swept >= every:
                swept = time.monotonic()
                self._sweep(loop.time())
            if swept - told >= TELL:
                told = swept
                self._tell()
        if self._failed is not None:
            raise self._failed

    def _flush(self) -> None:
        """Commit what has come, then answer it."""
        self._flush_due = None
        if self._failed is not None:
            return
        if self._topics:
            self._intake.deliver(self._topics, self._payloads, self._intake.clock.stamp())
            self._topics, self._payloads = [], []
        self._intake.tick_if_due()
        self.status.in_flight = len(self._after)
        try:
            kept = self._intake.commit()
        except Exception as error:  # noqa: BLE001  it ends the source, with nothing answered
            self._failed = error
            return
        if not kept:
            self._wait(True)
            return
        if self.waiting:
            self._wait(False)
        after, self._after = self._after, []
        for peer, said in after:
            if said.answers:
                peer.write(b"".join(said.answers))
            if said.close:
                peer.close()
        self.status.in_flight = 0

    def _wait(self, on: bool) -> None:
        """The journal can't take anything: nothing is read until it can."""
        if on != self.waiting:
            self.waiting = on
            for peer in self.present.peers:
                peer.read(not on)

    async def _last(self) -> None:
        """Commit and answer what was read, as often as it takes, but not for ever."""
        until = time.monotonic() + 10 * self._retry
        self._flush()
        while self.waiting and time.monotonic() < until:
            await asyncio.sleep(self._retry / 10)
            self._flush()

    def _sweep(self, now: float) -> None:
        """Who is not in by now, who has been silent, whose parts are missing."""
        if self.waiting:
            return
        self._reread()
        for peer in list(self.present.peers):
            if not peer.talk.who and now - peer.began > self.settings.login:
                self.counts["login"] += 1
                peer.abort()
            elif now - peer.framed > self.settings.idle:
                self.counts["idle"] += 1
                peer.abort()
            else:
                for question in peer.talk.overdue(now):
                    peer.write(question)

    def _reread(self) -> None:
        """The list, where its file has changed; who is no longer on it has to go."""
        try:
            if not self._list.changed():
                return
        except (OSError, ValueError) as error:
            self._warn(f"{error}; the list from before goes on")
            return
        self._log.info(f"{self.name}: {len(self._list)} are listed now", source=self.name)
        for who, peer in list(self.present.known.items()):
            if not self._list.allows(who):
                peer.close()

    def _tell(self) -> None:
        """What was refused since the last line about it."""
        new = self.counts - self._told
        self._told = self.counts.copy()
        if new:
            said = ", ".join(f"{what} {n}" for what, n in sorted(new.items()))
            self._log.warning(f"{self.name}: in the last minute: {said}", source=self.name)
