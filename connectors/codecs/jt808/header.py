"""header: who sends what: message id, properties, the terminal's number, serial and subpackage.

2011 and 2013: id u16, properties u16, phone BCD[6], serial u16, [total u16, index u16]. 2019 (property bit 14): a
version byte before a phone of BCD[10]. Some terminals set the bit and keep the old layout, or the other way round:
where the layout that the bit names does not fit the declared length and the other fits exactly, the other counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.codecs.jt808.values import bcd

LONGEST_BODY = 1023
"""Bytes of one frame's body: ten bits say how long it is."""
_SUBPACKAGED, _V2019 = 1 << 13, 1 << 14


@dataclass(frozen=True, slots=True)
class Header:
    """As it stands in the frame."""

    id: int
    properties: int
    phone: str
    """BCD digits as they stand: 12, in 2019's layout 20; what is no digit shows as a to f"""
    serial: int | None
    v2019: bool
    """which layout it has, whatever the flag says"""
    version: int | None
    """2019's version byte"""
    total: int | None
    index: int | None
    size: int
    """of the header itself, bytes; less than its layout has where it is cut off"""

    @property
    def whole(self) -> bool:
        """Is all of it there?"""
        return self.size == header_size(self.properties, self.v2019)

    @property
    def declared(self) -> int:
        """Bytes that the body is said to have."""
        return self.properties & LONGEST_BODY

    @property
    def encrypt(self) -> int:
        """0: it is not."""
        return self.properties >> 10 & 7

    @property
    def flag_2019(self) -> bool:
        return bool(self.properties & _V2019)

    @property
    def subpackaged(self) -> bool:
        return bool(self.properties & _SUBPACKAGED)

    @property
    def terminal(self) -> str:
        """The terminal's number without leading zeros, the same in either layout; '0' where there are only zeros."""
        return self.phone.lstrip("0") or "0"


SHORTEST = 5
"""Bytes of a frame's content that says anything: id, properties, checksum."""


def header_size(properties: int, v2019: bool) -> int:
    """Bytes of a header of that layout."""
    return (17 if v2019 else 12) + (4 if properties & _SUBPACKAGED else 0)


def read_header(content: bytes) -> Header | None:
    """The header of an unescaped frame with its checksum; None where it is too short for any. What is cut off at its
    end is None (phone: what there is of it), and the header ends where the bytes do."""
    if len(content) < SHORTEST:
        return None
    properties = content[2] << 8 | content[3]
    v2019 = bool(properties & _V2019)
    declared = properties & LONGEST_BODY
    if declared and len(content) - 1 - header_size(properties, v2019) != declared:
        # Of a heartbeat, without a body, too little would fit by chance.
        fits = len(content) - 1 - header_size(properties, not v2019) == declared
        v2019 ^= fits and _plausible(content, not v2019)
    at = 5 if v2019 else 4
    end = at + (10 if v2019 else 6)
    last, size = len(content) - 1, header_size(properties, v2019)
    serial = total = index = None
    if last >= end + 2:
        serial = content[end] << 8 | content[end + 1]
    if size > end + 2 and last >= size:
        total = content[end + 2] << 8 | content[end + 3]
        index = content[end + 4] << 8 | content[end + 5]
    return Header(
        id=content[0] << 8 | content[1],
        properties=properties,
        phone=content[at : min(end, last)].hex(),
        serial=serial,
        v2019=v2019,
        version=content[4] if v2019 else None,
        total=total,
        index=index,
        size=min(size, last),
    )


def _plausible(content: bytes, v2019: bool) -> bool:
    """Does it look like a header of that layout? Ten bytes hold a phone with zeros before it."""
    if v2019:
        return content[4:6] == b"\x01\x00" and content[5:15].hex().isdecimal()
    return content[4:10].hex().isdecimal()


def write_header(
    message: int, size: int, phone: str, serial: int, *, v2019: bool, part: tuple[int, int] | None = None
) -> bytes:
    """A header. size: of the body, bytes; part: (total, index from 1). Raises ValueError for what does not fit."""
    if not 0 <= size <= LONGEST_BODY:
        raise ValueError(f"expected a body of at most {LONGEST_BODY} bytes, got {size}; split it")
    properties = size | (_SUBPACKAGED if part else 0) | (_V2019 if v2019 else 0)
    who = b"\x01" + bcd(phone, 10) if v2019 else bcd(phone, 6)
    which = b"" if part is None else part[0].to_bytes(2, "big") + part[1].to_bytes(2, "big")
    return message.to_bytes(2, "big") + properties.to_bytes(2, "big") + who + serial.to_bytes(2, "big") + which
