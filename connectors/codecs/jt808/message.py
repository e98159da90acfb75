"""message: a frame's bytes to one object of names and values, and what was wrong with it.

`decode` takes one frame (with or without delimiters, hexadecimal or bytes) or several in a row. Only what is no frame
at all raises `NoFrame`; whatever is merely wrong (checksum, lengths, times, places, cut-off items) is decoded as far as
it goes and named in `errors`. The fields:

    msg_id "0x0200", name, version "2011" | "2013" | "2019", v2019_flag, layout (only where the flag names another),
    phone (BCD as it stands), terminal (without leading zeros), serial, subpackage, total, index, encrypt,
    checksum_ok, body_len_declared, body_len_actual (by the layout that the flag names), errors,
    the body's own fields, body (hexadecimal) where nothing reads it, more (objects of the further frames)

Subpackages of one message in the same input are put together: the object of the last one has all of its fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connectors.codecs.jt808.framing import checksum, pieces, unescape
from connectors.codecs.jt808.header import Header, header_size, read_header
from connectors.codecs.jt808.platform_bodies import BODIES as PLATFORM
from connectors.codecs.jt808.terminal_bodies import BODIES as TERMINAL
from connectors.codecs.jt808.terminal_bodies import Body, Read
from connectors.codecs.jt808.values import Short

BODIES = TERMINAL | PLATFORM
LARGEST = 1 << 24
"""Bytes of one input."""
MOST = 5000
"""Frames of one input."""
_BESIDE = re.compile(r"0[xX]|[\s,;:\"'-]")
"""What people write between hexadecimal digits."""


class NoFrame(ValueError):
    """It is no JT/T 808 frame; the message says why."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, unescaped."""

    header: Header
    body: bytes
    checksum_ok: bool
    content: bytes
    """header, body and checksum"""

    @property
    def intact(self) -> bool:
        """Are checksum and length right?"""
        return self.checksum_ok and self.header.whole and len(self.body) == self.header.declared


def read_frame(piece: bytes) -> Frame | None:
    """What stood between two delimiters; None where it is too short. Where it fits only as it was, it was not
    escaped."""
    frame = _frame(unescape(piece))
    if (frame is None or not frame.intact) and b"\x7d" in piece:
        plain = _frame(piece)
        if plain is not None and plain.intact:
            return plain
    return frame


def _frame(content: bytes) -> Frame | None:
    header = read_header(content)
    if header is None:
        return None
    return Frame(header, content[header.size : -1], checksum(content[:-1]) == content[-1], content)


def read_frames(data: bytes) -> Iterator[Frame | bytes]:
    """The frames in a row of bytes, in order; what is none as it stands. A delimiter that should have been escaped is
    healed where the frame around it then fits. What stands before the first delimiter and behind the last of several is
    a frame only where it is intact: else something cut into the line."""
    parts = pieces(data, MOST)
    several = data.count(b"\x7e") > 1
    outside = {0} if several and data[:1] != b"\x7e" else set()
    outside |= {len(parts) - 1} if several and data[-1:] != b"\x7e" and len(parts) > 1 else set()
    at = 0
    while at < len(parts):
        first, frame = at, read_frame(parts[at])
        if (frame is None or not frame.intact) and at + 1 < len(parts):
            for more in (1, 2, 3):
                joined = read_frame(b"\x7e".join(parts[at : at + more + 1])) if at + more < len(parts) else None
                if joined is not None and joined.intact:
                    frame, at = joined, at + more
                    break
        yield frame if frame is not None and (frame.intact or first not in outside) else parts[at]
        at += 1


def decode(data: bytes | bytearray | memoryview | str) -> dict[str, Any]:
    """The message. data: bytes, or text of hexadecimal digits (with or without 0x, spaces, commas). Raises
    NoFrame."""
    found: dict[str, Any] | None = None
    waste = 0
    gathered: dict[tuple[str, int, int], dict[int, Frame]] = {}
    for each in read_frames(raw_bytes(data)):
        if isinstance(each, bytes):
            waste += len(each)
            continue
        whole = assembled(each, gathered)
        one = fields(whole if whole is not None else each, parts=each.header.total or 1 if whole is not None else 1)
        if found is None:
            found = one
        else:
            found.setdefault("more", []).append(one)
    if found is None:
        raise NoFrame("expected a frame: 7e, header, body, checksum, 7e")
    if waste:
        found.setdefault("errors", []).append(f"{waste} bytes beside it are no frame")
    return found


def raw_bytes(data: bytes | bytearray | memoryview | str) -> bytes:
    """Raises NoFrame where text is not hexadecimal, or it is too much."""
    if len(data) > LARGEST * (4 if isinstance(data, str) else 1):
        raise NoFrame(f"expected at most {LARGEST} bytes")
    if not isinstance(data, str):
        return bytes(data)
    try:
        return bytes.fromhex(_BESIDE.sub("", data))
    except ValueError:
        raise NoFrame("expected hexadecimal digits, two for each byte") from None


def assembled(frame: Frame, gathered: dict[tuple[str, int, int], dict[int, Frame]]) -> Frame | None:
    """The whole message where this was the last of its subpackages that was missing; it is taken out of `gathered`."""
    header = frame.header
    if header.total is None or header.index is None or not 1 <= header.index <= header.total or header.total == 1:
        return None
    key = header.terminal, header.id, header.total
    parts = gathered.setdefault(key, {})
    parts[header.index] = frame
    if len(parts) < header.total:
        return None
    del gathered[key]
    return Frame(header, b"".join(parts[i].body for i in range(1, header.total + 1)), True, frame.content)


def fields(frame: Frame, parts: int = 1) -> dict[str, Any]:
    """A frame as an object. parts: how many subpackages its body was put together from. Never raises."""
    header, errors = frame.header, list[str]()
    name, read = BODIES.get(header.id, (None, None))
    found: dict[str, Any] = {
        "msg_id": f"0x{header.id:04X}",
        "name": name,
        "version": "2019" if header.v2019 else "2013",
        "v2019_flag": header.flag_2019,
    }
    if header.v2019 != header.flag_2019:
        found["layout"] = "2019" if header.v2019 else "2013"
        errors.append(f"the 2019 flag is {'set' if header.flag_2019 else 'not set'}, the header has the other layout")
    if not header.whole:
        errors.append("the header is cut off")
    actual = max(0, len(frame.content) - 1 - header_size(header.properties, header.flag_2019))
    found |= {
        "phone": header.phone,
        "terminal": header.terminal,
        "serial": header.serial,
        "subpackage": header.subpackaged,
        "total": header.total,
        "index": header.index,
        "encrypt": header.encrypt,
        "checksum_ok": frame.checksum_ok,
        "body_len_declared": header.declared,
        "body_len_actual": actual,
    }
    if not frame.checksum_ok:
        errors.append("the checksum is wrong")
    if parts == 1 and len(frame.body) != header.declared:
        errors.append(f"expected a body of {header.declared} bytes, got {len(frame.body)}")
    partial = header.subpackaged and (header.total or 0) > 1 and parts == 1
    if read is None or header.encrypt or not header.whole or (partial and header.index != 1):
        found["body"] = frame.body.hex()
    else:
        _read(frame, read, found, errors)
    if partial:
        errors.append(f"subpackage {header.index} of {header.total}")
    if errors:
        found["errors"] = errors
    return found


def _read(frame: Frame, read: Read, found: dict[str, Any], errors: list[str]) -> None:
    cursor = Body(frame.body, frame.header.v2019, found, errors)
    try:
        read(cursor)
    except Short as error:
        errors.append(str(error))
        found["body"] = frame.body.hex()
    if cursor.left and "body" not in found:
        found["behind"] = cursor.rest().hex()
        errors.append(f"{len(found['behind']) // 2} bytes behind the body")
