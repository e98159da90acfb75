"""codec: `codec: jt808`: frames of vehicle terminals as objects that a stream's mapping makes rows of.

Each location of a 0x0200, 0x0201, 0x0500 or 0x0704 is an object; what else a terminal says (heartbeats, pictures) is
about nothing that is measured. A batch's locations have their own times each, so that an upload after a dead zone is
judged in the gap that it left (docs/concepts/time.md, rules 15 and 16).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from connectors.codecs.jt808.bits import ALARMS, STATUS
from connectors.codecs.jt808.location import BASE, location
from connectors.codecs.jt808.message import Frame, assembled, read_frames
from connectors.codecs.jt808.taken import taken
from connectors.codecs.jt808.vendor import VendorValue, vendor_values
from pipeline.codec import Codec, Facts, Picture

LOADS = (0.0, 0.5, None, 1.0)
"""What the status' bits 8 and 9 mean, as a share of what may be loaded."""
_NUMBERS = {
    "mileage_km": "mileage",
    "fuel_l": "fuel",
    "recorder_speed_kmh": "recorder_speed",
    "compartment_temperature_c": "compartment_temperature",
    "network_strength": "network_strength",
    "satellites": "satellites",
    "alarm_event_id": "alarm_event",
}


class Jt808Codec(Codec):
    """`codec: jt808`: what vehicle terminals send, JT/T 808 of 2011, 2013 and 2019."""

    expected: ClassVar[str] = "a frame of JT/T 808"
    rows: ClassVar[str] = "position"
    subject: ClassVar[str] = "$.terminal"
    datum: ClassVar[str | None] = "WGS-84"
    fields: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "ts": {"path": "ts", "unit": "unix_s"},
        "lon": {"path": "lon"},
        "lat": {"path": "lat"},
        "speed": {"path": "speed", "unit": "km/h"},
        "heading": {"path": "course", "unit": "deg"},
        "ignition": {"path": "state.acc", "unit": "1"},
    }

    vendor: dict[str, VendorValue] = Field({}, description="values of a maker's own: name: {item: 0xE8, bit: 2}")
    checksum: Literal["refuse", "accept"] = Field("refuse", description="what becomes of frames with a wrong checksum")
    unfixed: Literal["refuse", "accept"] = Field("refuse", description="what becomes of locations without a fix")

    def decode(self, payload: bytes) -> Iterable[Facts | ValueError]:
        """The locations of a frame, or of several in a row (the subpackages of one message)."""
        gathered: dict[tuple[str, int, int], dict[int, Frame]] = {}
        several = 0
        for frame in read_frames(payload):
            if isinstance(frame, bytes):
                yield ValueError("too short for a frame")
                continue
            several += 1
            if not frame.checksum_ok and self.checksum == "refuse":
                yield ValueError("the checksum is wrong")
            elif (frame.header.total or 1) > 1:
                whole = assembled(frame, gathered)
                yield from self._locations(whole) if whole is not None else ()
            else:
                yield from self._locations(frame)
        if not several and not payload.strip(b"\x7e"):
            yield ValueError("there is nothing in it")

    def pictures(self, payload: bytes) -> Iterable[Picture | ValueError]:
        """What terminals took (0x0801), whole: the gateway gives the subpackages of one message in a row."""
        return taken(payload, self.checksum == "accept")

    def _locations(self, frame: Frame) -> Iterator[Facts | ValueError]:
        header = frame.header
        if header.encrypt or not header.whole:
            if header.id in (0x0200, 0x0201, 0x0500, 0x0704):
                yield ValueError("its body is encrypted" if header.encrypt else "its header is cut off")
        elif header.id == 0x0200:
            yield self._facts(header.terminal, frame.body, late=False)
        elif header.id in (0x0201, 0x0500):
            yield self._facts(header.terminal, frame.body[2:], late=False)
        elif header.id == 0x0704:
            for part in batched(frame.body):
                yield self._facts(header.terminal, part, late=frame.body[2:3] == b"\x01")

    def _facts(self, terminal: str, body: bytes, *, late: bool) -> Facts | ValueError:
        said = location(body)
        if "time" not in said:
            return ValueError(said["errors"][0])
        if said["time"] is None:
            return ValueError(f"its time is {said['time_bcd']}, expected YYMMDDhhmmss")
        states, alarms = frozenset(said["states"]), frozenset(said["alarms"])
        if "positioned" not in states and self.unfixed == "refuse":
            return ValueError("the terminal has no fix")
        facts: dict[str, Any] = {
            "terminal": terminal,
            "ts": said["ts"],
            "lon": said["lon"],
            "lat": said["lat"],
            "speed": said["speed_kmh"],
            "course": said["course"],
            "altitude": said["altitude_m"],
            "load": LOADS[body[6] & 3],
            "late": late,
            "alarm": {name: name in alarms for name in ALARMS.values()},
            "state": {name: name in states for name in STATUS.values()},
        }
        facts |= {name: said[key] for key, name in _NUMBERS.items() if key in said}
        if self.vendor:
            facts["vendor"] = vendor_values(self.vendor, body[:4], body[4:8], items(body))
        return facts


def batched(body: bytes) -> Iterator[bytes]:
    """The locations of a 0x0704; the last one as far as it goes."""
    at = 3
    while at + 2 <= len(body):
        size = int.from_bytes(body[at : at + 2], "big")
        yield body[at + 2 : at + 2 + size]
        at += 2 + size


def items(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The items of a location, whole ones."""
    at = BASE
    while at + 2 <= len(body):
        value = body[at + 2 : at + 2 + body[at + 1]]
        if len(value) == body[at + 1]:
            yield body[at], value
        at += 2 + body[at + 1]
