"""framing: 5b … 5d, four bytes that are escaped, a CRC-16/CCITT, and the cipher of bodies.

The CRC (polynomial 1021, from ffff on) is over header and body as they are sent, before escaping; the cipher is over
the body alone.
"""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

BEGIN, END = b"\x5b", b"\x5d"
_ESCAPED = {b"\x5b": b"\x5a\x01", b"\x5a": b"\x5a\x02", b"\x5d": b"\x5e\x01", b"\x5e": b"\x5e\x02"}
_PLAIN = {escaped: plain for plain, escaped in _ESCAPED.items()}
_TO_ESCAPE, _TO_PLAIN = re.compile(rb"[\x5a\x5b\x5d\x5e]"), re.compile(rb"[\x5a\x5e][\x01\x02]")


def escape(content: bytes) -> bytes:
    return _TO_ESCAPE.sub(lambda found: _ESCAPED[found[0]], content)


def unescape(piece: bytes) -> bytes:
    """What stood between two delimiters, as it was before escaping. What is not escaped rightly stays as it is."""
    return _TO_PLAIN.sub(lambda found: _PLAIN[found[0]], piece)


def crc(content: bytes) -> int:
    """Of header and body."""
    return binascii.crc_hqx(content, 0xFFFF)


class Cipher(NamedTuple):
    """The three numbers that the upper platform gives a lower one for its bodies."""

    m1: int
    ia1: int
    ic1: int

    def turned(self, body: bytes, key: int) -> bytes:
        """Encrypted, or decrypted: it is the same. key: the header's."""
        key, m1 = key or 1, self.m1 or 1
        turned = bytearray(body)
        for at in range(len(turned)):
            key = (self.ia1 * (key % m1) + self.ic1) & 0xFFFFFFFF
            turned[at] ^= key >> 20 & 0xFF
        return bytes(turned)
