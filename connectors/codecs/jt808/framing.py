"""framing: bytes of a line to frames and back: the delimiter 0x7e, the escape 0x7d, the checksum.

JT/T 808, section 4.4: 7e | header | body | checksum | 7e; between the delimiters 7e is written 7d 02 and 7d is written
7d 01, after the checksum (XOR of all bytes of header and body) was computed.

Terminals break these rules, so: a 7d that is followed by neither 01 nor 02 stands for itself, delimiters may be shared
or missing, and a delimiter that was not escaped is healed where length and checksum then fit (`message.py`).
"""

from __future__ import annotations

from functools import reduce
from operator import xor

DELIMITER, ESCAPE = 0x7E, 0x7D
_END = b"\x7e"


def checksum(content: bytes) -> int:
    """XOR of all bytes."""
    # XOR of a whole number's halves is the same as byte by byte, and takes a tenth of the time.
    value, size = int.from_bytes(content, "little"), len(content)
    while size > 8:
        half = (size + 1) // 2
        value = (value >> 8 * half) ^ (value & ((1 << 8 * half) - 1))
        size = half
    return reduce(xor, value.to_bytes(8, "little"))


def escape(content: bytes) -> bytes:
    """As it is between delimiters."""
    return content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def unescape(content: bytes) -> bytes:
    """What was between delimiters; a 7d that escapes nothing stands for itself."""
    if b"\x7d" not in content:
        return content
    return b"\x7d".join(part.replace(b"\x7d\x02", b"\x7e") for part in content.split(b"\x7d\x01"))


def frame(content: bytes) -> bytes:
    """A whole frame. content: header and body."""
    return _END + escape(content + bytes((checksum(content),))) + _END


def pieces(data: bytes, most: int) -> list[bytes]:
    """What stands between delimiters, without empty ones, at most so many; data without any is one piece."""
    return [piece for piece in data.split(_END, most * 2) if piece][:most]
