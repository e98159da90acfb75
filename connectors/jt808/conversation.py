"""conversation: what a connection has said so far, and what it is answered: pure, without a socket.

Register → authenticate → whatever else. Nothing of a terminal that is not in gets into the journal. An answer is given
to the caller together with what has to be journaled first.

The token of an authentication is never journaled: its frame is, with an empty body.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from connectors.codecs.jt808 import bodies, encode
from connectors.codecs.jt808.message import Frame, fields
from connectors.gateway.talk import Said
from connectors.jt808.parts import Message, Parts
from connectors.jt808.settings import Jt808Source
from connectors.jt808.terminals import Terminals

OK, FAILED, BAD = 0, 1, 2
_REGISTER, _AUTHENTICATE, _LOG_OUT, _ANSWER, _TIME, _MEDIA = 0x0100, 0x0102, 0x0003, 0x0001, 0x0004, 0x0801
_ENOUGH_BEFORE, _ENOUGH = 5, 200
"""Bad or forbidden frames in a row before and after a terminal is in; then it is disconnected."""
_RESENT = 125
"""Parts that are asked for at once: as many as fit any terminal's frame."""


class Conversation:
    """Of one connection. counts: shared by all of a gateway."""

    __slots__ = (
        "_bad",
        "_clock",
        "_counts",
        "_parts",
        "_serial",
        "_settings",
        "_terminals",
        "phone",
        "v2019",
        "who",
    )

    def __init__(
        self, settings: Jt808Source, terminals: Terminals, counts: Counter[str], clock: Callable[[], float]
    ) -> None:
        """clock: UTC seconds, which terminals may ask for."""
        self._settings, self._terminals, self._counts, self._clock = settings, terminals, counts, clock
        self._parts: Parts | None = None
        self._serial = self._bad = 0
        self.who = ""
        """Who it is; '' until it is in."""
        self.phone, self.v2019 = "0", False

    def hear(self, piece: bytes, frame: Frame | None, now: float) -> Said:
        """What stood between two delimiters. now: any clock's seconds."""
        raw = b"\x7e" + piece + b"\x7e"
        if frame is None or not frame.header.whole or not frame.header.phone.isdecimal():
            self._counts["no_frame"] += 1
            return self._refused(Said(self._topic("bad"), raw) if self.who else Said())
        header = frame.header
        self.phone, self.v2019 = header.phone.lstrip("0") or "0", header.v2019
        # What is too short or too long can be read; whether it is of use is the codec's matter.
        good = frame.checksum_ok or self._settings.checksum == "accept"
        if not frame.checksum_ok:
            self._counts["checksum"] += 1
        if len(frame.body) != header.declared:
            self._counts["length"] += 1
        if not self.who or header.id in (_REGISTER, _AUTHENTICATE):
            return self._at_the_door(raw, frame, good)
        if header.terminal != self.who:
            self._counts["foreign"] += 1
            return self._refused(Said())
        if not good:
            return self._refused(Said(self._topic(f"{header.id:04x}"), raw, (self._answer(frame, BAD),)))
        self._bad = 0
        if (header.total or 1) > 1:
            return self._part(raw, frame, now)
        return Said(self._topic(f"{header.id:04x}"), raw, self._answers(frame, frame.body), close=header.id == _LOG_OUT)

    def _at_the_door(self, raw: bytes, frame: Frame, good: bool) -> Said:
        header = frame.header
        if not good:
            return self._refused(Said(answers=(self._answer(frame, BAD),)))
        if self.who and header.terminal != self.who:
            self._counts["foreign"] += 1
            return self._refused(Said())
        if header.id == _REGISTER:
            read = fields(frame)
            result, token = self._terminals.registered(header.terminal, str(read.get("terminal_id", "")))
            answer = self._frame(0x8100, bodies.registered(header.serial or 0, result, token))
            if result:
                self._counts["unknown" if header.terminal not in self._terminals.known else "registration"] += 1
                return self._refused(Said(answers=(answer,)))
            # Whoever registers again and again, and never authenticates, must not fill the journal.
            return self._refused(Said(f"{self._settings.prefix}/{header.terminal}/0100", raw, (answer,)))
        if header.id == _AUTHENTICATE:
            token = str(fields(frame).get("token", ""))
            if not self._terminals.authenticated(header.terminal, token):
                self._counts["token" if header.terminal in self._terminals.known else "unknown"] += 1
                return self._refused(Said(answers=(self._answer(frame, FAILED),)))
            self._in(header.terminal)
            (empty,) = encode(
                _AUTHENTICATE, b"", phone=header.phone.lstrip("0") or "0", serial=header.serial or 0, v2019=header.v2019
            )
            return Said(self._topic("0102"), empty, (self._answer(frame, OK),))
        if self._terminals.free(header.terminal):
            self._in(header.terminal)
            return Said(self._topic(f"{header.id:04x}"), raw, self._answers(frame, frame.body))
        self._counts["not_in"] += 1
        return self._refused(Said(answers=(self._answer(frame, FAILED),)))

    def _in(self, terminal: str) -> None:
        if not self.who and terminal not in self._terminals.known:
            self._counts["not_listed"] += 1
        self.who, self._bad = terminal, 0

    def _part(self, raw: bytes, frame: Frame, now: float) -> Said:
        if self._parts is None:
            self._parts = Parts(self._settings.message)
        dropped = self._parts.dropped
        parts = self._parts.take(raw, frame, now)
        if self._parts.dropped > dropped:
            self._counts["parts_dropped"] += self._parts.dropped - dropped
        said = Said(self._topic("part"), raw, (self._answer(frame, OK),))
        if parts is not None:
            # What follows one another in a delivery is one message to whoever decodes it.
            whole = b"".join(each for each, _ in parts)
            begin = parts[0][1].body
            answers = () if frame.header.id != _MEDIA else self._media(begin)
            said.whole = Said(self._topic(f"{frame.header.id:04x}"), whole, answers)
        return said

    def comes_from(self, address: str) -> None:
        """A terminal may come from anywhere."""

    def overdue(self, now: float) -> list[bytes]:
        """Questions for parts that are missing."""
        if self._parts is None or not self._parts.messages:
            return []
        dropped = self._parts.dropped
        asked = self._parts.overdue(now, self._settings.ask_again, self._settings.parts)
        self._counts["parts_dropped"] += self._parts.dropped - dropped
        self._counts["asked_again"] += len(asked)
        return [self._question(id, message) for id, message in asked]

    def _question(self, id: int, message: Message) -> bytes:
        missing = message.missing(_RESENT)
        begin = message.parts.get(1)
        if id == _MEDIA and begin is not None and len(begin[1].body) >= 4:
            return self._frame(0x8800, bodies.media_answer(int.from_bytes(begin[1].body[:4], "big"), missing))
        return self._frame(0x8003, bodies.send_again(message.first, missing, v2019=self.v2019))

    def _answers(self, frame: Frame, body: bytes) -> tuple[bytes, ...]:
        if frame.header.id == _ANSWER:
            return ()
        if frame.header.id == _TIME:
            return (self._frame(0x8004, bodies.clock(datetime.fromtimestamp(self._clock(), UTC))),)
        if frame.header.id == _MEDIA:
            return self._media(body) or (self._answer(frame, OK),)
        return (self._answer(frame, OK),)

    def _media(self, body: bytes) -> tuple[bytes, ...]:
        if len(body) < 4:
            return ()
        return (self._frame(0x8800, bodies.media_answer(int.from_bytes(body[:4], "big"))),)

    def _answer(self, frame: Frame, result: int) -> bytes:
        return self._frame(0x8001, bodies.answer(frame.header.serial or 0, frame.header.id, result))

    def _frame(self, message: int, body: bytes) -> bytes:
        self._serial = (self._serial + 1) & 0xFFFF
        (sent,) = encode(message, body, phone=self.phone, serial=self._serial, v2019=self.v2019)
        return sent

    def _refused(self, said: Said) -> Said:
        self._bad += 1
        said.close = self._bad >= (_ENOUGH if self.who else _ENOUGH_BEFORE)
        return said

    def _topic(self, message: str) -> str:
        return f"{self._settings.prefix}/{self.who}/{message}"
