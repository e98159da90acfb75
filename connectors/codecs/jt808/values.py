"""values: reading numbers, BCD, times and text out of bytes that may be too short, and writing them.

Times on the line are UTC+8 without saying so (YYMMDDhhmmss in BCD); outside they are ISO 8601 with that offset.
Text is GBK, padded with zeros or spaces, before it or behind.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

EAST_8 = timezone(timedelta(hours=8))
"""Of every time on the line, wherever the terminal is."""


class Short(ValueError):
    """The bytes end before the value does; the message says of which."""


class Cursor:
    """Reads forward. Raises Short where too little is left."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def take(self, size: int, what: str) -> bytes:
        if size > self.left:
            raise Short(f"{what}: expected {size} bytes, {self.left} are left")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int, what: str) -> int:
        """Unsigned, big end first."""
        return int.from_bytes(self.take(size, what), "big")

    def rest(self) -> bytes:
        data, self.at = self.data[self.at :], len(self.data)
        return data


def text(data: bytes) -> str:
    """GBK without its padding; what is no GBK is shown as \\xNN."""
    return data.replace(b"\0", b" ").strip().decode("gbk", "backslashreplace")


def padded(value: str, size: int, *, before: bool = False) -> bytes:
    """GBK with zeros up to `size`. Raises ValueError where it is longer."""
    data = value.encode("gbk")
    if len(data) > size:
        raise ValueError(f"expected at most {size} bytes of GBK, got {len(data)}")
    return data.rjust(size, b"\0") if before else data.ljust(size, b"\0")


def digits(data: bytes) -> str:
    """BCD as it stands; what is no digit shows as a to f."""
    return data.hex()


def bcd(value: str, size: int) -> bytes:
    """Digits as BCD, with zeros before them. Raises ValueError where they are none, or too many."""
    if not (value.isascii() and value.isdecimal()) or len(value) > 2 * size:
        raise ValueError(f"expected at most {2 * size} digits")
    return bytes.fromhex(value.zfill(2 * size))


def moment(six: bytes) -> datetime | None:
    """YYMMDDhhmmss in BCD; None where that is no time."""
    shown = six.hex()
    if len(shown) != 12 or not shown.isdecimal():
        return None
    year, month, day, hour, minute, second = (int(shown[i : i + 2]) for i in range(0, 12, 2))
    try:
        # A leap second is the one before it, so that the row is not lost.
        return datetime(
            2000 + year, month, day, hour, minute, min(second, 59) if second == 60 else second, tzinfo=EAST_8
        )
    except ValueError:
        return None


def stamp(when: datetime) -> bytes:
    """An aware time as YYMMDDhhmmss in BCD, UTC+8. Raises ValueError outside 2000 to 2099."""
    here = when.astimezone(EAST_8)
    if not 2000 <= here.year <= 2099:
        raise ValueError("expected a year from 2000 to 2099")
    return bytes.fromhex(here.strftime("%y%m%d%H%M%S"))
