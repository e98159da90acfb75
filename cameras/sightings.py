"""sightings: from the boxes that a detector found, picture by picture, to gridwatch's own messages.

Who found the boxes does not matter: a camera worker's model, an edge box, a file of somebody's detections. A message is
one picture (docs/connectors/sightings.md); every picture has one, also where nothing is seen. An object that has been
seen once only, and may be nothing, is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from cameras.still import NOBODY, Standing, Still
from cameras.tracking import Tracker, Tracking
from pipeline.rows import Floats, Longs

Picture = tuple[float, Floats, Floats, Sequence[str], Longs | None]
"""When it was taken (seconds); the boxes, shape (n, 4): left, top, width, height, as shares of the picture; how sure
the detector is of each, shape (n,), 0..1 or NaN; what it takes each for; the numbers of a tracker that was at work
before, below 0 for none, or None where there was none."""


class Seen(NamedTuple):
    """One object in a picture."""

    track: int
    label: str
    score: float
    """0..1, NaN: unknown"""
    box: tuple[float, float, float, float]
    """left, top, width, height, as shares of the picture"""
    still: float
    """seconds"""


class Sightings:
    """One camera's pictures, as they come."""

    def __init__(
        self, rate: float, tracking: Tracking | None = None, standing: Standing | None = None, first: int = 1
    ) -> None:
        """rate: pictures a second, about. first: the number of the first object; a camera never uses one again."""
        self._rate, self._tracking = rate, tracking or Tracking()
        self._tracker = Tracker(rate, tracking)
        self._still = Still(standing, first)

    def pause(self, seconds: float) -> None:
        """Nobody looked for so long before the next picture: what moved is anybody's, what stood has its place."""
        if seconds > self._tracking.lost:
            self._tracker = Tracker(self._rate, self._tracking)
            self._still.pause(seconds)

    def see(self, picture: Picture) -> list[Seen]:
        """The objects in the next picture, in the order of its boxes. Its time is later than that before."""
        ts, boxes, scores, labels, tracks = picture
        edges = np.concatenate((boxes[:, :2], boxes[:, :2] + boxes[:, 2:]), axis=1)
        if tracks is None:
            tracks = self._tracker.follow(ts, edges, scores)
        corners = [(left, top, right, bottom) for left, top, right, bottom in edges.tolist()]
        stood = self._still.see(ts, corners, tracks.tolist())
        return [
            Seen(one.number, label, score, (box[0], box[1], box[2], box[3]), one.still)
            for one, label, score, box in zip(stood, labels, scores.tolist(), boxes.tolist(), strict=True)
            if one.number != NOBODY
        ]


def messages(
    pictures: Iterable[Picture],
    rate: float,
    tracking: Tracking | None = None,
    standing: Standing | None = None,
    first: int = 1,
) -> Iterator[tuple[float, bytes]]:
    """Each picture's time and message. rate: pictures a second, about. first: the number of the first object."""
    camera = Sightings(rate, tracking, standing, first)
    encode = msgspec.json.Encoder().encode
    for picture in pictures:
        ts = float(picture[0])
        yield ts, encode({"ts": ts, "objects": [_told(seen) for seen in camera.see(picture)]})


def _told(seen: Seen) -> dict[str, Any]:
    told: dict[str, Any] = {"track": seen.track, "label": seen.label}
    if seen.score == seen.score:  # NaN: unknown, and left out
        told["score"] = round(seen.score, 3)
    return told | {"box": [round(edge, 5) for edge in seen.box], "still": round(seen.still, 1)}
