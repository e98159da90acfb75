"""publisher: messages at a steady rate over QoS 1, at a twentieth of what a client library costs.

A thread that speaks just enough MQTT 3.1.1 (OASIS, 2014; sections 3.1 to 3.4): CONNECT, PUBLISH, and counting PUBACKs.
What is published is what the broker acknowledged; a broker that closes the connection or refuses it is an error, which
`finish` raises.
"""

from __future__ import annotations

import itertools
import math
import select
import socket
import threading
import time
from collections.abc import Iterable, Iterator

Message = tuple[str, bytes]
"""Topic and payload."""

BURST = 0.01
"""Seconds between two bursts."""
WINDOW = 20_000
"""So many may be on the way to the broker; packet identifiers end at 65,535."""


def _sized(length: int) -> bytes:
    """A remaining length as MQTT writes it."""
    out = bytearray()
    while True:
        length, low = divmod(length, 128)
        out.append(low | (128 if length else 0))
        if not length:
            return bytes(out)


def packet(topic: str, payload: bytes, identifier: int) -> bytes:
    """A PUBLISH with QoS 1."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + identifier.to_bytes(2, "big") + payload
    return b"\x32" + _sized(len(body)) + body


class Publisher(threading.Thread):
    """Publishes from `start` on, `rate` a second, until the messages end or `finish` is called."""

    def __init__(self, port: int, messages: Iterable[Message], rate: float, client_id: str = "publisher") -> None:
        super().__init__(name="publisher", daemon=True)
        self.rate = rate
        self.sent = 0
        """Messages given to the broker."""
        self.seconds = 0.0
        """How long that took, without what `at_most` made it wait."""
        self._limit = math.inf
        self._messages: Iterator[Message] = iter(messages)
        self._identifiers = itertools.cycle(range(1, 65536))
        self._enough = threading.Event()
        self._acknowledged = 0  # bytes of PUBACKs, four each
        self._error: Exception | None = None
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        name = client_id.encode()
        body = b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2, "big") + name
        self._socket.sendall(b"\x10" + _sized(len(body)) + body)
        if self._socket.recv(4) != b"\x20\x02\x00\x00":
            raise ConnectionError("the broker refused the publisher")

    @property
    def acknowledged(self) -> int:
        """Messages that the broker has taken."""
        return self._acknowledged // 4

    def at_most(self, more: float) -> None:
        """Pause after so many more messages, until this is called again; infinity: don't."""
        self._limit = self.sent + more

    def finish(self, last: Iterable[Message] = (), seconds: float = 30.0) -> None:
        """End the steady stream, publish `last`, and return once the broker has acknowledged everything."""
        self._enough.set()
        self.join(seconds)
        try:
            if self._error is not None:
                raise self._error
            assert not self.is_alive(), "the publisher is stuck: the broker takes nothing"
            self._send(last)
            end = time.monotonic() + seconds
            while self.acknowledged < self.sent:
                assert time.monotonic() < end, f"the broker acknowledged {self.acknowledged} of {self.sent}"
                self._hear(0.1)
            self._socket.sendall(b"\xe0\x00")
        finally:
            self._socket.close()

    def run(self) -> None:
        before, owed = time.monotonic(), 0.0
        try:
            while not self._enough.is_set():
                now = time.monotonic()
                if self.sent < self._limit:
                    self.seconds += now - before
                    # What a stalled machine could not send is caught up, but never more than a second's worth.
                    owed = min(owed + (now - before) * self.rate, self.rate)
                before = now
                count = int(min(owed, WINDOW - (self.sent - self.acknowledged), self._limit - self.sent))
                burst = list(itertools.islice(self._messages, max(count, 0)))
                if count > 0 and not burst:
                    break
                self._send(burst)
                owed -= len(burst)
                self._hear(BURST)
        except OSError as error:
            self._error = error

    def _send(self, messages: Iterable[Message]) -> None:
        made = [packet(topic, payload, next(self._identifiers)) for topic, payload in messages]
        if made:
            self._socket.sendall(b"".join(made))
            self.sent += len(made)

    def _hear(self, seconds: float) -> None:
        """Count what the broker acknowledges within `seconds`; a little less where something comes."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._socket], [], [], left)[0]:
                heard = self._socket.recv(1 << 16)
                if not heard:
                    raise ConnectionResetError("the broker closed the publisher's connection")
                self._acknowledged += len(heard)
