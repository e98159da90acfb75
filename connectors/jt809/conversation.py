"""conversation: what a lower platform has said on its main link, and what it is answered: pure, without a socket.

Log in → whatever else. Nothing of a platform that is not in gets into the journal, and no password ever does: a login
is journaled with an empty body. A frame that was encrypted is journaled decrypted, so that whoever decodes it needs no
key. Positions are answered nothing by the standard; what a platform finds that it could not send it sends later
(0x1203).
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable

from connectors.codecs.jt809.message import EXCHANGE, Frame, read_frame, text, write_frame
from connectors.gateway.talk import Said
from connectors.jt809.platforms import Platform, PlatformList
from connectors.jt809.settings import Jt809Source

_LOGIN, _LOGIN_ANSWER, _LOGOUT, _LOGOUT_ANSWER, _ALIVE, _ALIVE_ANSWER = range(0x1001, 0x1007)
_EXCHANGE = 0x1200
OK, ADDRESS, PLATFORM, USER, PASSWORD, OTHER = 0, 1, 2, 3, 4, 6
"""What a 0x1002 says."""
_ENOUGH_BEFORE, _ENOUGH = 5, 200
"""Bad or forbidden frames in a row before and after a platform is in; then it is disconnected."""


class Conversation:
    """Of one connection. counts: shared by all of a gateway."""

    __slots__ = (
        "_address", "_bad", "_clock", "_counts", "_known", "_last", "_platform", "_serial", "_settings", "_v2019",
        "who",
    )  # fmt: skip

    def __init__(
        self, settings: Jt809Source, known: PlatformList, counts: Counter[str], clock: Callable[[], float]
    ) -> None:
        """clock: UTC seconds, for the header of 2019."""
        self._settings, self._known, self._counts, self._clock = settings, known, counts, clock
        self._platform: Platform | None = None
        self._serial = self._bad = 0
        self._last: int | None = None
        self._address, self._v2019 = "", False
        self.who = ""
        """The access code of who it is; '' until it is in."""

    def comes_from(self, address: str) -> None:
        """Where the connection comes from."""
        self._address = address

    def hear(self, piece: bytes, frame: Frame | None, now: float) -> Said:
        """What stood between two delimiters. now: any clock's seconds."""
        raw = b"\x5b" + piece + b"\x5d"
        if frame is not None and self.who and frame.v2019 != self._v2019 and frame.id != _LOGIN:
            frame = read_frame(piece, self._v2019)  # of what is encrypted nobody can see which header it has
        if frame is None:
            self._counts["no_frame"] += 1
            return self._refused(Said(self._topic("bad"), raw) if self.who else Said())
        if not frame.length_ok:
            self._counts["length"] += 1
        if not frame.crc_ok:
            self._counts["checksum"] += 1
            if self._settings.checksum == "refuse":
                return self._refused(Said(self._topic("bad"), raw) if self.who else Said())
        if self.who and str(frame.platform) != self.who:
            self._counts["foreign"] += 1
            return self._refused(Said())
        if frame.id == _LOGIN:
            return self._at_the_door(frame)
        if self._platform is None:
            self._counts["not_in"] += 1
            return self._refused(Said())
        return self._said(raw, frame, self._platform)

    def overdue(self, now: float) -> list[bytes]:
        """Nothing: who is silent is disconnected."""
        return []

    def _at_the_door(self, frame: Frame) -> Said:
        result, platform = self._result(frame)
        code = secrets.randbelow(1 << 32) if result == OK else 0
        body = bytes((result,)) + code.to_bytes(4, "big")
        answer = self._frame(_LOGIN_ANSWER, body, frame, platform)
        if result or platform is None:
            return self._refused(Said(answers=(answer,)))
        self.who, self._platform, self._bad, self._v2019 = str(frame.platform), platform, 0, frame.v2019
        self._missed(frame)
        return Said(self._topic("1001"), self._journaled(frame, b""), (answer,))

    def _result(self, frame: Frame) -> tuple[int, Platform | None]:
        """What the answer says, and who it is."""
        platform = self._known.known.get(frame.platform)
        if platform is None:
            self._counts["unknown"] += 1
            return PLATFORM, None
        if not platform.at(self._address):
            self._counts["address"] += 1
            return ADDRESS, platform
        if len(frame.body) != (50 if frame.v2019 else 46):  # before decrypting, which costs
            self._counts["length"] += 1
            return OTHER, platform
        body = frame.plain(platform.cipher)
        if body is None:
            self._counts["encrypted"] += 1
            return OTHER, None
        user, password = _who(body)
        if user != platform.user:
            self._counts["password"] += 1
            return USER, platform
        if not platform.knows(password):
            self._counts["password"] += 1
            return PASSWORD, platform
        return OK, platform

    def _said(self, raw: bytes, frame: Frame, platform: Platform) -> Said:
        body = frame.plain(platform.cipher)
        if body is None:
            self._counts["encrypted"] += 1
            return self._refused(Said(self._topic("bad"), raw))
        self._bad = 0
        self._missed(frame)
        if frame.id == _LOGOUT:
            answer = self._frame(_LOGOUT_ANSWER, b"", frame, platform)
            return Said(self._topic("1003"), self._journaled(frame, b""), (answer,), close=True)
        answers = (self._frame(_ALIVE_ANSWER, b"", frame, platform),) if frame.id == _ALIVE else ()
        about = frame.id
        if frame.id == _EXCHANGE and len(body) >= EXCHANGE.size:
            about = EXCHANGE.unpack_from(body)[2]
        kept = self._journaled(frame, body) if frame.encrypted else raw
        return Said(self._topic(f"{about:04x}"), kept, answers)

    def _missed(self, frame: Frame) -> None:
        """Count what did not come between two frames."""
        gap = 0 if self._last is None else (frame.serial - self._last - 1) & 0xFFFFFFFF
        if 0 < gap < 1 << 16:  # else its numbers began anew
            self._counts["missed"] += gap
        self._last = frame.serial

    def _journaled(self, frame: Frame, body: bytes) -> bytes:
        """A frame in the clear."""
        return write_frame(
            frame.id, body, frame.platform, frame.serial, v2019=frame.v2019, version=frame.version, sent=frame.sent
        )

    def _frame(self, id: int, body: bytes, to: Frame, platform: Platform | None) -> bytes:
        """An answer, in the header and the cipher of what it answers."""
        self._serial += 1
        return write_frame(
            id,
            body,
            to.platform,
            self._serial,
            v2019=to.v2019,
            version=to.version,
            sent=int(self._clock()),
            cipher=platform.cipher if to.encrypted and platform is not None else None,
            key=to.key if to.encrypted else 0,
        )

    def _refused(self, said: Said) -> Said:
        self._bad += 1
        said.close = self._bad >= (_ENOUGH if self.who else _ENOUGH_BEFORE)
        return said

    def _topic(self, message: str) -> str:
        return f"{self._settings.prefix}/{self.who}/{message}"


def _who(body: bytes) -> tuple[int, str]:
    """User and password of a login."""
    try:
        return int.from_bytes(body[:4], "big"), text(body[4:12])
    except UnicodeDecodeError:
        return int.from_bytes(body[:4], "big"), ""
