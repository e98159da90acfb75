"""platform_bodies: what platforms send, each message's body by its id: bytes -> named fields."""

from __future__ import annotations

from connectors.codecs.jt808.parameters import parameters
from connectors.codecs.jt808.terminal_bodies import (
    Body,
    Read,
    called,
    general_answer,
    nothing,
    passed_through,
)
from connectors.codecs.jt808.values import digits, text

REGISTERED = ("ok", "vehicle_registered", "no_such_vehicle", "terminal_registered", "no_such_terminal")


def registered(body: Body) -> None:
    """0x8100: the token only where it went well."""
    body.found["answer_serial"] = body.number(2, "answered serial")
    body.found["result"] = body.number(1, "result")
    body.found["result_name"] = called(REGISTERED, body.found["result"], "result")
    if body.left:
        body.found["token"] = text(body.rest())


def resend(body: Body) -> None:
    """0x8003: subpackages that are missing. The count is a byte in 2013, two in 2019; both are seen in either."""
    body.found["first_serial"] = body.number(2, "first serial")
    size = 2 if body.v2019 and body.left % 2 == 0 else 1
    _missing(body, size)


def media_answer(body: Body) -> None:
    """0x8800: which subpackages of a picture are missing; none, and nothing behind the id, where all are there."""
    body.found["media_id"] = body.number(4, "media id")
    if body.left:
        _missing(body, 1)
    else:
        body.found["missing"] = []


def _missing(body: Body, size: int) -> None:
    count = body.number(size, "count")
    body.found["missing"] = [body.number(2, "index") for _ in range(min(count, body.left // 2))]
    if count != len(body.found["missing"]):
        body.errors.append(f"expected {count} indices, got {len(body.found['missing'])}")


def set_parameters(body: Body) -> None:
    """0x8103."""
    body.found["count"] = body.number(1, "count")
    body.found["parameters"] = parameters(body, body.errors)


def say(body: Body) -> None:
    """0x8300: a text for the driver; 2019 has a byte for its kind."""
    body.found["flags"] = body.number(1, "flags")
    if body.v2019:
        body.found["text_type"] = body.number(1, "text type")
    body.found["text"] = text(body.rest())


def clock(body: Body) -> None:
    """0x8004: the platform's time, UTC."""
    body.found["time_bcd"] = digits(body.take(6, "time"))


BODIES: dict[int, tuple[str, Read]] = {
    0x8001: ("general answer", general_answer),
    0x8003: ("send again", resend),
    0x8004: ("time", clock),
    0x8100: ("registered", registered),
    0x8103: ("set parameters", set_parameters),
    0x8104: ("ask parameters", nothing),
    0x8107: ("ask properties", nothing),
    0x8201: ("ask location", nothing),
    0x8300: ("say", say),
    0x8800: ("media answer", media_answer),
    0x8900: ("passed through", passed_through),
}
"""By message id: what it is called, and what reads it."""
