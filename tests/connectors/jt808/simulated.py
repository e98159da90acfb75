"""simulated: a vehicle terminal: what it says, and one that says it over a real socket and remembers what it hears."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.codecs.jt808 import bodies, decode, encode
from connectors.codecs.jt808.framing import pieces

BEGIN = 1_772_325_000.0
"""When its first location is, UTC seconds."""


@dataclass
class Words:
    """What a terminal says: frames, with serials that go on."""

    phone: str
    version: str = "2013"
    serial: int = 0
    terminal_id: str = "T000001"

    @property
    def v2019(self) -> bool:
        return self.version == "2019"

    def say(self, message: int, body: bytes = b"", longest: int = 1023) -> list[bytes]:
        """A message's frames."""
        frames = encode(message, body, phone=self.phone, serial=self.serial, v2019=self.v2019, longest=longest)
        self.serial = (self.serial + len(frames)) & 0xFFFF
        return frames

    def register(self) -> bytes:
        body = bodies.register(
            self.version, maker="70111", model="KR-6", terminal_id=self.terminal_id, plate="浙A12345"
        )
        return self.say(0x0100, body)[0]

    def authenticate(self, token: str) -> bytes:
        return self.say(0x0102, bodies.authenticate(token, v2019=self.v2019))[0]

    def heartbeat(self) -> bytes:
        return self.say(0x0002)[0]

    def place(self, at: float = 0.0, items: Sequence[tuple[int, bytes]] = (), **more: Any) -> bytes:
        """A location's body, `at` seconds after BEGIN: it drives east."""
        when = datetime.fromtimestamp(BEGIN + at, UTC)
        return bodies.location(when, 120.1 + at * 1e-5, 30.2, speed=36.0, course=90, items=items, **more)

    def location(self, at: float = 0.0, items: Sequence[tuple[int, bytes]] = (), **more: Any) -> bytes:
        return self.say(0x0200, self.place(at, items, **more))[0]

    def late(self, times: Sequence[float]) -> bytes:
        return self.say(0x0704, bodies.batch([self.place(at) for at in times], late=True))[0]

    def picture(self, media: int, data: bytes, longest: int = 500) -> list[bytes]:
        return self.say(0x0801, bodies.media(media, self.place(), data), longest)


@dataclass
class Terminal:
    """One on a socket. With `with`: connected, and closed in the end."""

    port: int
    words: Words
    tls: ssl.SSLContext | None = None
    heard: list[dict[str, Any]] = field(default_factory=list)
    _tail: bytes = b""
    _sock: socket.socket | None = None

    def __enter__(self) -> Terminal:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self._sock = self.tls.wrap_socket(sock, server_hostname="127.0.0.1") if self.tls is not None else sock
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def sock(self) -> socket.socket:
        assert self._sock is not None
        return self._sock

    def close(self) -> None:
        self.sock.close()

    def send(self, *frames: bytes) -> None:
        self.sock.sendall(b"".join(frames))

    def hear(self, count: int = 1) -> list[dict[str, Any]]:
        """The next messages of the platform. Raises ConnectionError where it hangs up instead."""
        while len(self.heard) < count:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError("the platform hung up")
            *whole, self._tail = (self._tail + data).split(b"\x7e")
            self.heard += [decode(piece) for piece in pieces(b"\x7e".join(whole), 1000)]
        found, self.heard = self.heard[:count], self.heard[count:]
        return found

    def ask(self, *frames: bytes) -> list[dict[str, Any]]:
        """Say something, and hear one answer for each frame."""
        self.send(*frames)
        return self.hear(len(frames))

    def come_in(self, token: str | None = None) -> None:
        """Register (where no token is given) and authenticate."""
        if token is None:
            (answer,) = self.ask(self.words.register())
            assert answer["result"] == 0, answer
            token = answer["token"]
        (answer,) = self.ask(self.words.authenticate(token))
        assert (answer["answer_id"], answer["result"]) == ("0x0102", 0), answer

    def hung_up(self) -> bool:
        """Waits for the end of the connection; False: something was said instead."""
        try:
            return self.sock.recv(1) == b""
        except ConnectionError:
            return True
