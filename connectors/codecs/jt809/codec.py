"""codec: `codec: jt809`: positions that platforms exchange as objects that a stream's mapping makes rows of.

Of a 0x1200: 0x1202, a position as it is, and 0x1203, those that were held back while the line was down, each with its
own time. What a location says is what JT/T 808's says, with the same names. The subject is the plate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from connectors.codecs.jt808.codec import Jt808Codec
from connectors.codecs.jt809.message import EXCHANGE, Frame, pieces, read_frame, text
from connectors.codecs.jt809.positions import Place, position, positions
from pipeline.codec import Codec, Facts

LIVE, LATE = 0x1202, 0x1203


class Jt809Codec(Jt808Codec):
    """`codec: jt809`: what platforms exchange, JT/T 809 of 2011 and 2019."""

    expected: ClassVar[str] = "a frame of JT/T 809"
    subject: ClassVar[str] = "$.plate"

    pictures: ClassVar[Any] = Codec.pictures
    """None: they come on request alone, which nobody makes."""

    version: Literal["either", "2011", "2019"] = Field("either", description="which header frames have; either: any")
    hidden: Literal["refuse", "accept"] = Field(
        "refuse", description="what becomes of places that went through the map plug-in; accepted, they are GCJ-02"
    )

    def decode(self, payload: bytes) -> Iterable[Facts | ValueError]:
        """The positions of a frame, or of several in a row."""
        several = pieces(payload)
        if not several:
            yield ValueError("there is no frame in it")
        for piece in several:
            frame = read_frame(piece, None if self.version == "either" else self.version == "2019")
            if frame is None:
                yield ValueError("too short for a frame")
            elif not frame.crc_ok and self.checksum == "refuse":
                yield ValueError("the checksum is wrong")
            elif frame.id == 0x1200:
                yield from self._exchanged(frame)

    def _exchanged(self, frame: Frame) -> Iterator[Facts | ValueError]:
        if frame.encrypted:
            yield ValueError("its body is encrypted")
            return
        if len(frame.body) < EXCHANGE.size:
            yield ValueError("its body is cut off")
            return
        plate, colour, about, _ = EXCHANGE.unpack_from(frame.body)
        if about not in (LIVE, LATE):
            return
        try:
            who = {"plate": text(plate), "plate_color": colour, "platform": frame.platform}
        except UnicodeDecodeError:
            yield ValueError("its plate is not written in GBK")
            return
        for place in self._places(frame.body[EXCHANGE.size :], about, frame.v2019):
            if isinstance(place, ValueError):
                yield place
            elif place.hidden and self.hidden == "refuse":
                yield ValueError("its place went through the map plug-in; 'hidden: accept' and 'datum: GCJ-02' take it")
            else:
                yield self._with(who, self._facts(who["plate"], place.location, late=about == LATE))

    def _places(self, data: bytes, about: int, v2019: bool) -> Iterator[Place | ValueError]:
        if about == LATE:
            yield from positions(data, v2019)
            return
        try:
            yield position(data, v2019)[0]
        except ValueError as error:
            yield error

    def _with(self, who: dict[str, Any], facts: Facts | ValueError) -> Facts | ValueError:
        if isinstance(facts, ValueError):
            return facts
        return {name: value for name, value in facts.items() if name != "terminal"} | who
