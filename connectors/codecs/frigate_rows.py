"""frigate_rows: messages of Frigate's `frigate/events` as sightings, and what is wrong with those that give none.

Reads what is after the change; what was before it, came before. An object that ends gives no row: nothing more is
seen of it, and silence says so. One that Frigate takes for a false positive gives none either.

An object's id (`1714521600.123456-abcdef`) is a time, which objects of one frame share, and six random signs. Its track
is 53 bits of the BLAKE2b hash of all of it: the same wherever and whenever it is made, whole in every JSON reader, and
the same for two of a camera's 100,000 objects with a chance of one in two million.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from connectors.codecs.columns import UNDECODABLE, plain
from connectors.codecs.frigate import FrigateStream
from connectors.codecs.shape import NAN, too_deep
from connectors.codecs.sighting_rows import sightings
from connectors.codecs.stream import LONGEST_SUBJECT, Chunk, excerpt
from pipeline.names import Names
from pipeline.rows import Rows, Sighting

CHUNK = 128
"""Payloads that are decoded together."""

_EXPECTED = "expected Frigate's JSON with type, and after with id, camera, frame_time, label, box [x1, y1, x2, y2]"
_BEYOND = 0.1
"""So far may a box stand out of the picture, as a share of it. Frigate cuts boxes at its edge, so that one that does
tells of a size that is not the picture's."""
_COLUMNS = ("ts", "track", "label", "score", "x", "y", "w", "h", "zone", "still")
_WHOLE = ("track", "label", "zone")


class _State(msgspec.Struct, gc=False):
    """An object, as it is after a change."""

    id: str
    camera: str
    frame_time: float
    label: str
    box: tuple[float, float, float, float]
    score: float | None = None
    start_time: float | None = None
    motionless_count: float | None = None
    false_positive: bool | None = None
    current_zones: list[str] | None = None


class _Event(msgspec.Struct, gc=False):
    type: Literal["new", "update", "end"]
    after: _State


def track(event: str) -> int:
    """An event's id as the number of a track, below 2**53."""
    return int.from_bytes(blake2b(event.encode(), digest_size=8).digest()) >> 11


class FrigateRows:
    """One stream's section, compiled. Its `Chunk.values` are ts and the columns of Sighting; label and zone number the
    stream's own words."""

    chunk = CHUNK

    def __init__(self, stream: FrigateStream) -> None:
        self.stream = stream
        self._labels = {word: i for i, word in enumerate(stream.labels)}
        self._zones = {word: i for i, word in enumerate(stream.zones)}
        self._decode = msgspec.json.Decoder(_Event).decode

    def read(self, payloads: list[bytes], long: bool) -> Chunk:
        """See `Reader`."""
        at: list[int] = []
        rows: list[tuple[float, ...]] = []
        cameras: list[str] = []
        bad: list[tuple[int, str]] = []
        for i, payload in enumerate(payloads):
            try:
                if long and too_deep(payload):
                    raise RecursionError
                event = self._decode(payload)
            except UNDECODABLE as error:
                bad.append((i, f"{_EXPECTED}; got {excerpt(payload)} ({plain(error)})"))
                continue
            if event.type == "end" or event.after.false_positive:
                continue
            row = self._row(event.after)
            if isinstance(row, str):
                bad.append((i, f"{_EXPECTED}; got {excerpt(payload)} ({row})"))
                continue
            at.append(i)
            rows.append(row)
            cameras.append(event.after.camera)
        columns = list(zip(*rows, strict=True)) or [()] * len(_COLUMNS)
        values: dict[str, NDArray[Any]] = {
            name: np.array(column, np.int64 if name in _WHOLE else np.float64)
            for name, column in zip(_COLUMNS, columns, strict=True)
        }
        return Chunk(np.array(at, np.int64), values, cameras, bad)

    def rows(self, each: Rows, columns: dict[str, NDArray[Any]], names: Names) -> Sighting:
        """See `Reader`."""
        return sightings(each, columns, self.stream.labels, self.stream.zones, names)

    def _row(self, state: _State) -> tuple[float, ...] | str:
        """An object's columns, or what is wrong with it."""
        if not 0 < len(state.camera) <= LONGEST_SUBJECT or not state.id:
            return "camera or id is empty or too long"
        size, fps = self.stream.seen_by(state.camera)
        if size is None:
            return f"the stream does not say how large the pictures of camera {state.camera!r} are"
        left, top, right, bottom = state.box
        width, height = size
        across, down = _BEYOND * width, _BEYOND * height
        if not (-across <= left < right <= width + across and -down <= top < bottom <= height + down):
            return (
                f"the box is empty, or out of the picture of {width} x {height} pixels: is that what Frigate says under"
                " detect.width and detect.height?"
            )
        score = NAN if state.score is None else state.score
        if score < 0 or score > 1:
            return "score is a share, 0..1"
        still = _still(state, fps)
        if still < 0:
            return "motionless_count is a number of frames, 0 or more"
        zone = next((self._zones[name] for name in state.current_zones or () if name in self._zones), -1)
        label = self._labels.get(state.label, len(self._labels))
        box = (left / width, top / height, (right - left) / width, (bottom - top) / height)
        return (state.frame_time, track(state.id), label, score, *box, zone, still)


def _still(state: _State, fps: float) -> float:
    """Seconds for which an object has stood, NaN where nobody knows: the frames in which it has not moved, and never
    more than it has been followed for."""
    if state.motionless_count is None:
        return math.nan
    still = state.motionless_count / fps
    return still if state.start_time is None else min(still, max(0.0, state.frame_time - state.start_time))
