"""taken: what a vehicle's cameras took (0x0801): the file, with the time and the place that stand before it.

Pictures and whatever else there is (sound, films), each with the format that the terminal names. 2011's have no place
and no time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from connectors.codecs.jt808.message import Frame, assembled, fields, read_frames
from pipeline.codec import Picture

_MEDIA = 0x0801
_SAID = _MEDIA.to_bytes(2, "big")
"""No byte of it is ever escaped."""


def taken(payload: bytes, any_checksum: bool = False) -> Iterator[Picture | ValueError]:
    """Of a frame, or of several in a row (the subpackages of one message). A subpackage by itself is none: those of a
    message are told of together when all are there. any_checksum: a wrong one does not count."""
    if _SAID not in payload:  # nearly all that is ever asked about
        return
    gathered: dict[tuple[str, int, int], dict[int, Frame]] = {}
    for frame in read_frames(payload):
        if isinstance(frame, bytes) or frame.header.id != _MEDIA:
            continue
        if not frame.checksum_ok and not any_checksum:
            yield ValueError("the checksum is wrong")
            continue
        parts = frame.header.total or 1
        whole = assembled(frame, gathered) if parts > 1 else frame
        if whole is not None:
            yield _picture(whole, parts)


def _picture(frame: Frame, parts: int) -> Picture | ValueError:
    said = fields(frame, parts)
    if "data" not in said:
        return ValueError("its body is encrypted" if frame.header.encrypt else "its body is cut off")
    here = said.get("location") or {}
    fixed = "positioned" in here.get("states", ())
    keys = ("terminal", "media_id", "media", "event", "channel")
    return Picture(
        facts={key: said[key] for key in keys},
        data=bytes.fromhex(said["data"]),
        form=str(said["format"]),
        ts=float(here["ts"]) if here.get("ts") is not None else math.nan,
        lon=float(here["lon"]) if fixed else math.nan,
        lat=float(here["lat"]) if fixed else math.nan,
    )
