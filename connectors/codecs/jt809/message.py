"""message: a frame's bytes to header and body, and back.

Header: length u32 (of all of it, delimiters and CRC too, before escaping), serial u32, message u16, the platform's
access code u32, version 3 bytes, encrypted u8, key u32; in 2019 the time of sending too, u64, UTC seconds. No bit says
which of the two it is, and version bytes are filled in at will: it is the one that the length of the body fits.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from connectors.codecs.jt809.framing import BEGIN, END, Cipher, crc, escape, unescape

_HEADER, _TIME = struct.Struct(">IIHI3sBI"), struct.Struct(">Q")
EXCHANGE = struct.Struct(">21sBHI")
"""What a 0x1200 begins with: plate, its colour, what it is about, bytes that follow."""
_BODIES = {0x1001: (46, 50), 0x1003: (12, 12), 0x1005: (0, 0), 0x1007: (1, 1), 0x1008: (1, 1)}
"""Bytes of bodies in 2011 and in 2019."""
_AROUND = 4
"""Bytes of a frame beside header and body: two delimiters, the CRC."""
SHORTEST = _HEADER.size + 2


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, unescaped; its body as it was sent."""

    id: int
    serial: int
    platform: int
    version: bytes
    encrypted: bool
    key: int
    v2019: bool
    sent: int
    """UTC seconds; 0 in 2011."""
    body: bytes
    crc_ok: bool
    length_ok: bool

    def plain(self, cipher: Cipher | None) -> bytes | None:
        """The body; None where it is encrypted and there is no cipher."""
        if not self.encrypted:
            return self.body
        return None if cipher is None else cipher.turned(self.body, self.key)


def read_frame(piece: bytes, v2019: bool | None = None) -> Frame | None:
    """What stood between two delimiters; None where it is too short. v2019: which header it has; None: whichever
    fits."""
    content = unescape(piece)
    if len(content) < SHORTEST:
        return None
    length, serial, id, platform, version, encrypted, key = _HEADER.unpack_from(content)
    rest = content[_HEADER.size : -2]
    later = _later(id, rest, bool(encrypted)) if v2019 is None else v2019
    sent = _TIME.unpack_from(rest)[0] if later and len(rest) >= _TIME.size else 0
    return Frame(
        id=id,
        serial=serial,
        platform=platform,
        version=version,
        encrypted=bool(encrypted),
        key=key,
        v2019=later,
        sent=sent,
        body=rest[_TIME.size :] if later else rest,
        crc_ok=crc(content[:-2]) == int.from_bytes(content[-2:], "big"),
        length_ok=length == len(content) + 2,
    )


def _later(id: int, rest: bytes, encrypted: bool) -> bool:
    """Whether what follows the header's first part begins with a time."""
    if id in _BODIES:
        return len(rest) == _TIME.size + _BODIES[id][1]
    if encrypted or len(rest) < _TIME.size + EXCHANGE.size:
        return False
    return _says(rest, _TIME.size) and not _says(rest, 0)


def _says(rest: bytes, at: int) -> bool:
    """Whether an exchange that begins there is as long as it says."""
    return int(EXCHANGE.unpack_from(rest, at)[3]) == len(rest) - at - EXCHANGE.size


def write_frame(
    id: int,
    body: bytes,
    platform: int,
    serial: int,
    *,
    v2019: bool = False,
    version: bytes = b"\x01\x00\x00",
    sent: int = 0,
    cipher: Cipher | None = None,
    key: int = 0,
) -> bytes:
    """A frame with its delimiters. cipher: the body is encrypted by it, with the key."""
    time = _TIME.pack(sent) if v2019 else b""
    size = _HEADER.size + len(time) + len(body) + _AROUND
    head = _HEADER.pack(size, serial & 0xFFFFFFFF, id, platform, version, cipher is not None, key)
    content = head + time + (body if cipher is None else cipher.turned(body, key))
    return BEGIN + escape(content + crc(content).to_bytes(2, "big")) + END


def text(field: bytes) -> str:
    """GBK, up to the first zero byte. Raises ValueError."""
    return field.split(b"\0", 1)[0].decode("gbk").strip()


def pieces(data: bytes) -> list[bytes]:
    """What stands between delimiters in a row of frames."""
    return [part.split(END, 1)[0] for part in data.split(BEGIN)[1:]]
