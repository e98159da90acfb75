"""vendor: `vendor: {lid: {item: 0xE8, bit: 2}}`: where a terminal's maker has put what no standard item says.

Reads bits and numbers out of an item's bytes, or out of a location's status and alarm words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

WORDS = ("status", "alarm")


class VendorValue(BaseModel):
    """Where a number is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item: int | Literal["status", "alarm"] = Field(description="the item's id, such as 0xE8, or one of the two words")
    inside: int | None = Field(
        None, ge=0, le=0xFFFF, description="the item is a list of (length u16, id u16, value): the id that is meant"
    )
    at: int = Field(0, ge=0, le=1023, description="the number's first byte, counted from 0")
    size: int | None = Field(None, ge=1, le=8, description="its bytes; 1, and of a word 4, where it is not said")
    order: Literal["big", "little"] = "big"
    signed: bool = False
    bit: int | None = Field(None, ge=0, le=63, description="only the bits from this one on, counted from the lowest")
    bits: int = Field(1, ge=1, le=32, description="how many")
    values: dict[int, float] = Field({}, description="what its numbers mean; others are unknown: {0: 0, 3: 1}")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if isinstance(self.item, int) and not 0 <= self.item <= 0xFF:
            raise ValueError("item: expected an id of one byte such as 0xE8, or status, or alarm")
        if self.item in WORDS and self.inside is not None:
            raise ValueError("inside: a word has no items in it; leave it out")
        if self.bit is not None and self.bit + self.bits > 8 * self.width:
            raise ValueError(
                f"bit: a number of {self.width} bytes has the bits 0 to {8 * self.width - 1}; say its size"
            )
        if self.bit is not None and self.signed:
            raise ValueError("signed: bits have no sign; leave it out")
        return self

    @property
    def width(self) -> int:
        """Bytes of the number."""
        return self.size or (4 if self.item in WORDS else 1)

    def of(self, data: bytes) -> float | None:
        """The number in an item's or word's bytes; None where it is not there, or means nothing."""
        if self.inside is not None:
            found = _inside(data, self.inside)
            if found is None:
                return None
            data = found
        part = data[self.at : self.at + self.width]
        if len(part) < self.width:
            return None
        number = int.from_bytes(part, self.order, signed=self.signed)
        if self.bit is not None:
            number = number >> self.bit & ((1 << self.bits) - 1)
        return self.values.get(number) if self.values else number


def _inside(data: bytes, wanted: int) -> bytes | None:
    at = 0
    while at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        if size < 2:
            return None
        if int.from_bytes(data[at + 2 : at + 4], "big") == wanted:
            return data[at + 4 : at + 2 + size]
        at += 2 + size
    return None


def vendor_values(
    wanted: Mapping[str, VendorValue], alarm: bytes, status: bytes, items: Iterable[tuple[int, bytes]]
) -> dict[str, Any]:
    """What a location says of them; without those that it has not. items: all of it, (id, value)."""
    words: dict[Any, bytes] = {"status": status, "alarm": alarm}
    by_id = words | dict(items)
    found = {name: each.of(by_id[each.item]) for name, each in wanted.items() if each.item in by_id}
    return {name: value for name, value in found.items() if value is not None}
