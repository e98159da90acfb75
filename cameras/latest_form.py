"""latest_form: a camera's latest picture as it goes out: what it is, as one line of JSON, and behind it the JPEG.

The same bytes are the message `frames/{camera}` and the file that the centre keeps. What comes from a network may be
anything: `opened` takes nothing that is too large, that is no JPEG, or that says it is another camera's.
"""

from __future__ import annotations

import msgspec

TOPIC = "frames"
"""The first level of the topic; the second is the camera. Not below `cameras/`, so that who keeps all that cameras say
does not keep their pictures."""
LARGEST = 1 << 20
"""Bytes of a message."""
_LINE = 4096
"""Bytes of what it is."""
_JPEG = (b"\xff\xd8\xff", b"\xff\xd9")
"""How it begins and how it ends."""


class Shown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a picture is."""

    camera: str
    ts: float
    """When it was taken, UTC seconds."""
    width: int = 0
    height: int = 0
    preset: str = ""
    infrared: bool = False
    away: bool = False
    """The camera looks where nobody asked it to."""
    heads: int = 0
    """How many heads were hidden in it."""
    reason: str = ""
    """Why there is no picture; '' where there is one."""
    name: str = ""
    """What people call the camera, as who runs it has it; so are `area` and its place."""
    area: str = ""
    lon: float | None = None
    """WGS-84, degrees."""
    lat: float | None = None

    @property
    def scene(self) -> tuple[str, bool]:
        """Its preset, and whether by infrared light."""
        return self.preset, self.infrared


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Shown).decode


def closed(shown: Shown, jpeg: bytes) -> bytes:
    """As one message. jpeg: b'' where there is none."""
    return _encode(shown) + b"\n" + jpeg


def opened(camera: str, payload: bytes) -> tuple[Shown, bytes] | None:
    """What it is, and its JPEG; None: it is no picture of that camera ('': of any), nor a word why there is none."""
    if len(payload) > LARGEST:
        return None
    line, _, jpeg = payload.partition(b"\n")
    if len(line) > _LINE:
        return None
    try:
        shown = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    whole = jpeg.startswith(_JPEG[0]) and jpeg.endswith(_JPEG[1])
    if camera not in ("", shown.camera) or not (whole or (not jpeg and shown.reason)):
        return None
    return shown, jpeg
