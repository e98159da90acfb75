"""terminal_bodies: what terminals send, each message's body by its id: bytes -> named fields.

Every function reads what is there and says in `errors` what is missing; none raises anything but `Short`, which the
caller notes. Layouts of 2011, 2013 and 2019 are told apart by the header's layout and the body's length.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.codecs.jt808.location import BASE, location
from connectors.codecs.jt808.parameters import parameters
from connectors.codecs.jt808.values import Cursor, digits, moment, text

Fields = dict[str, Any]


class Body(Cursor):
    """A message's body, and what has been read of it."""

    __slots__ = ("errors", "found", "v2019")

    def __init__(self, data: bytes, v2019: bool, found: Fields, errors: list[str]) -> None:
        """v2019: its header has 2019's layout. found, errors: where fields and errors go."""
        super().__init__(data)
        self.v2019, self.found, self.errors = v2019, found, errors


Read = Callable[[Body], None]

RESULTS = ("ok", "failed", "bad_message", "not_supported", "alarm_confirmed")
MEDIA = ("picture", "audio", "video")
FORMATS = ("jpeg", "tif", "mp3", "wav", "wmv")
MOST_LOCATIONS = 2000
"""Of one batch; a frame has room for 34, many subpackages for more."""


def called(words: tuple[str, ...], number: int, what: str) -> str:
    return words[number] if number < len(words) else f"{what}_{number}"


def general_answer(body: Body) -> None:
    """0x0001, and 0x8001 of the platform."""
    body.found["answer_serial"] = body.number(2, "answered serial")
    body.found["answer_id"] = f"0x{body.number(2, 'answered id'):04X}"
    body.found["result"] = body.number(1, "result")
    body.found["result_name"] = called(RESULTS, body.found["result"], "result")


def register(body: Body) -> None:
    """0x0100. 2011: maker 5, model 8, id 7; 2013: 5, 20, 7; 2019: 11, 30, 30; then color and plate."""
    if body.v2019:
        body.found["version"], sizes = "2019", (11, 30, 30)
    elif _is_2011(body.data):
        body.found["version"], sizes = "2011", (5, 8, 7)
    else:
        body.found["version"], sizes = "2013", (5, 20, 7)
    body.found["province"] = body.number(2, "province")
    body.found["city"] = body.number(2, "city")
    for name, size in zip(("maker", "model", "terminal_id"), sizes, strict=True):
        body.found[name] = text(body.take(size, name))
    body.found["plate_color"] = body.number(1, "plate color")
    # Without a plate (color 0) the vehicle's number (VIN) stands in its place.
    body.found["plate" if body.found["plate_color"] else "vin"] = text(body.rest())


def _is_2011(data: bytes) -> bool:
    if len(data) < 37:
        return True
    vin = data[25:]
    return data[24] == 0 and len(vin) == 17 and vin.isalnum()


def authenticate(body: Body) -> None:
    """0x0102. The token; in 2019 behind its length, then IMEI and software version."""
    if not body.v2019:
        body.found["token"] = text(body.rest())
        return
    size = body.number(1, "token's length")
    body.found["token"] = text(body.take(size, "token"))
    body.found["imei"] = text(body.take(15, "IMEI"))
    body.found["software"] = text(body.take(min(20, body.left), "software version"))


def place(body: Body) -> None:
    """0x0200."""
    _merge(location(body.rest()), body)


def asked_place(body: Body) -> None:
    """0x0201, 0x0500: the serial of the question, then a location."""
    body.found["answer_serial"] = body.number(2, "answered serial")
    place(body)


def _merge(read: Fields, body: Body) -> None:
    body.errors += read.pop("errors", [])
    body.found |= read


def batch(body: Body) -> None:
    """0x0704: locations that were kept while there was no network (late), or simply several."""
    count = body.number(2, "count")
    kind = body.number(1, "kind")
    body.found["count"] = count
    body.found["batch"] = called(("normal", "late"), kind, "kind")
    body.found["locations"] = several = list[Fields]()
    while body.left and len(several) < MOST_LOCATIONS:
        if body.left < 2:
            body.errors.append("a byte behind the last location")
            break
        size = body.number(2, "length")
        if size > body.left:
            body.errors.append(f"location {len(several)}: expected {size} bytes, {body.left} are left")
            if body.left >= BASE:
                several.append(location(body.rest()))
            break
        several.append(location(body.take(size, "location")))
    if count != len(several):
        body.errors.append(f"expected {count} locations, got {len(several)}")


def answered_parameters(body: Body) -> None:
    """0x0104."""
    body.found["answer_serial"] = body.number(2, "answered serial")
    body.found["count"] = body.number(1, "count")
    body.found["parameters"] = parameters(body, body.errors)


def properties(body: Body) -> None:
    """0x0107: what the terminal is."""
    body.found["terminal_type"] = body.number(2, "terminal type")
    sizes = (5, 30, 30) if body.v2019 else (5, 20, 7)
    # Of 2019 both a maker of 5 and one of 11 bytes are seen: the one with which the lengths behind it fit.
    if body.v2019 and not _fits(body.data, 2 + 65) and _fits(body.data, 2 + 71):
        sizes = (11, 30, 30)
    for name, size in zip(("maker", "model", "terminal_id"), sizes, strict=True):
        body.found[name] = text(body.take(size, name))
    body.found["iccid"] = digits(body.take(10, "ICCID"))
    for name in ("hardware", "firmware"):
        body.found[name] = text(body.take(body.number(1, f"{name}'s length"), name))
    body.found["gnss"] = body.number(1, "GNSS")
    body.found["network"] = body.number(1, "network")


def _fits(data: bytes, at: int) -> bool:
    """Do ICCID and two texts with their lengths, from there on, end two bytes before the body does?"""
    at += 10
    for _ in range(2):
        if at >= len(data):
            return False
        at += 1 + data[at]
    return at + 2 == len(data)


def media_event(body: Body) -> None:
    """0x0800: something was recorded; and the beginning of 0x0801."""
    body.found["media_id"] = body.number(4, "media id")
    kind, form = body.number(1, "media type"), body.number(1, "media format")
    body.found["media"], body.found["format"] = called(MEDIA, kind, "media"), called(FORMATS, form, "format")
    body.found["event"], body.found["channel"] = body.number(1, "event"), body.number(1, "channel")


def media(body: Body) -> None:
    """0x0801: a picture, sound or film, with the place where it was taken (which 2011 has not)."""
    media_event(body)
    here = body.data[body.at : body.at + BASE]
    if len(here) == BASE and (moment(here[22:]) is not None or body.data[8 + BASE : 10 + BASE] == b"\xff\xd8"):
        body.found["location"] = location(body.take(BASE, "location"))
    body.found["size"] = body.left
    body.found["data"] = body.rest().hex()


def driver(body: Body) -> None:
    """0x0702: a driver's card was put in or taken out."""
    body.found["card"] = called(("", "in", "out"), body.number(1, "card"), "card")
    six = body.take(6, "time")
    when = moment(six)
    body.found |= {"time_bcd": six.hex(), "time": None if when is None else when.isoformat()}
    if not body.left:
        return
    body.found["reading"] = body.number(1, "reading")
    if body.found["reading"] == 0:
        body.found["driver"] = text(body.take(body.number(1, "name's length"), "name"))
        body.found["certificate"] = text(body.take(20, "certificate"))
        body.found["issuer"] = text(body.take(body.number(1, "issuer's length"), "issuer"))
        body.found["valid_until"] = digits(body.take(4, "validity"))
        if body.left >= 20:  # 2019
            body.found["identity"] = text(body.take(20, "identity"))


def passed_through(body: Body) -> None:
    """0x0900, 0x8900: of a vendor's own."""
    body.found["kind"] = f"0x{body.number(1, 'kind'):02x}"
    body.found["data"] = body.rest().hex()


def nothing(body: Body) -> None:
    """A message without a body."""


BODIES: dict[int, tuple[str, Read]] = {
    0x0001: ("general answer", general_answer),
    0x0002: ("heartbeat", nothing),
    0x0003: ("log out", nothing),
    0x0004: ("ask time", nothing),
    0x0100: ("register", register),
    0x0102: ("authenticate", authenticate),
    0x0104: ("parameters", answered_parameters),
    0x0107: ("properties", properties),
    0x0200: ("location", place),
    0x0201: ("location, asked for", asked_place),
    0x0500: ("vehicle control, answered", asked_place),
    0x0702: ("driver", driver),
    0x0704: ("locations", batch),
    0x0800: ("media event", media_event),
    0x0801: ("media", media),
    0x0900: ("passed through", passed_through),
}
"""By message id: what it is called, and what reads it."""
