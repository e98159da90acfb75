"""simulated: a lower platform: what it says, and one on a real socket that sends later what it could not send."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.codecs.jt808 import bodies
from connectors.codecs.jt809.framing import Cipher
from connectors.codecs.jt809.message import EXCHANGE, Frame, read_frame, write_frame

PLATFORM, USER, PASSWORD, PLATE = 20180920, 20180921, "20180920", "浙A12345"
CIPHER = Cipher(m1=30_000_000, ia1=20_000_000, ic1=20_000_000)
BEIJING = timedelta(hours=8)


@dataclass
class Words:
    """What a platform says: frames, with serials that go on."""

    platform: int = PLATFORM
    v2019: bool = False
    cipher: Cipher | None = None
    serial: int = 0

    def say(self, id: int, body: bytes = b"") -> bytes:
        self.serial += 1
        version = b"\x01\x02\x0f" if self.v2019 else b"\x01\x00\x00"
        return write_frame(
            id,
            body,
            self.platform,
            self.serial,
            v2019=self.v2019,
            version=version,
            sent=1_772_325_000,
            cipher=self.cipher,
            key=256_178 if self.cipher else 0,
        )

    def login(self, user: int = USER, password: str = PASSWORD) -> bytes:
        code = self.platform.to_bytes(4, "big") if self.v2019 else b""
        down = b"127.0.0.1".ljust(32, b"\0") + (809).to_bytes(2, "big")
        return self.say(0x1001, user.to_bytes(4, "big") + password.encode().ljust(8, b"\0") + code + down)

    def logout(self) -> bytes:
        return self.say(0x1003, USER.to_bytes(4, "big") + PASSWORD.encode().ljust(8, b"\0"))

    def alive(self) -> bytes:
        return self.say(0x1005)

    def about(self, sub: int, data: bytes, plate: str = PLATE) -> bytes:
        return self.say(0x1200, EXCHANGE.pack(plate.encode("gbk").ljust(21, b"\0"), 2, sub, len(data)) + data)

    def place(self, at: float, speed: float = 40.0, alarm: int = 0, state: int = 3, hidden: int = 0) -> bytes:
        """A position's bytes; it stands where it is."""
        if self.v2019:
            when = datetime.fromtimestamp(at, UTC)
            here = bodies.location(when, 120.1, 30.2, speed=speed, alarm=alarm, status=state)
            return bytes((hidden,)) + len(here).to_bytes(4, "big") + here + 3 * (b"11111111111" + bytes(4))
        when = datetime.fromtimestamp(at, UTC) + BEIJING
        return struct.pack(
            ">BBBHBBBIIHHIHHII", hidden, when.day, when.month, when.year, when.hour, when.minute, when.second,
            120_100_000, 30_200_000, round(speed), round(speed), 1234, 90, 12, state, alarm,
        )  # fmt: skip

    def live(self, at: float, speed: float = 40.0, **more: int) -> bytes:
        return self.about(0x1202, self.place(at, speed, **more))

    def late(self, places: Sequence[bytes]) -> bytes:
        return self.about(0x1203, bytes((len(places),)) + b"".join(places))


@dataclass
class Link:
    """The main link of one, on a socket."""

    port: int
    words: Words
    heard: list[Frame] = field(default_factory=list)
    _tail: bytes = b""
    _sock: socket.socket | None = None

    def __enter__(self) -> Link:
        self._sock = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    @property
    def sock(self) -> socket.socket:
        assert self._sock is not None
        return self._sock

    def send(self, *frames: bytes) -> None:
        self.sock.sendall(b"".join(frames))

    def hear(self) -> Frame:
        """The next frame. Raises ConnectionError where it hangs up instead."""
        while not self.heard:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError("the upper platform hung up")
            *whole, self._tail = (self._tail + data).split(b"\x5d")
            self.heard += [
                frame for piece in whole if (frame := read_frame(piece.lstrip(b"\x5b"), self.words.v2019)) is not None
            ]
        return self.heard.pop(0)

    def ask(self, frame: bytes) -> Frame:
        self.send(frame)
        return self.hear()

    def come_in(self) -> None:
        answer = self.ask(self.words.login())
        body = answer.plain(self.words.cipher)
        assert (answer.id, body and body[0]) == (0x1002, 0)

    def settled(self) -> None:
        """What was sent before has been taken: heartbeats are answered after it."""
        assert self.ask(self.words.alive()).id == 0x1006

    def hung_up(self) -> bool:
        try:
            return self.sock.recv(1) == b""
        except ConnectionError:
            return True


def batches(places: Sequence[bytes], most: int = 5) -> Iterator[Sequence[bytes]]:
    """As many as one 0x1203 takes."""
    for at in range(0, len(places), most):
        yield places[at : at + most]
