"""plates_on_cars: real pictures of number plates put onto real cars: are they found there, and read?

Reads four pictures of a real video of a car park, in which somebody has marked each car and its plate, and the real
pictures of plates. Each plate is drawn over a car's own, in a size and a position of its own, with noise, and the
picture goes through JPEG. So finding is tried on what cars look like, but a plate that was put there is sharper at its
edge, and better lit, than one that hangs there: this proves the mechanics, and what size a plate has to have.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.bins import DATA
from cameras.plate_finder import Finds, PlateFinder
from cameras.plate_reader import PlateReader
from cameras.watcher import Image

VIDEO = DATA / "video" / "car-detection.mp4"
WIDTHS = (60, 80, 100, 120)
"""Pixels of a plate."""
VOTING = 3
"""Pictures of one vehicle."""
_WIDER = 1.35
"""The plates of that video are narrower than Chinese ones, beside the same car, by this."""
_SHAPE = 0.32
"""Height of a plate over its width: 140 mm x 440 mm."""

Box = tuple[int, int, int, int]
"""left, top, right, bottom, pixels"""
CARS: dict[int, tuple[Box, Box]] = {
    88: ((290, 0, 412, 192), (341, 177, 366, 187)),
    204: ((95, 25, 245, 325), (151, 309, 178, 320)),
    216: ((305, 25, 450, 270), (384, 235, 411, 246)),
    324: ((160, 0, 330, 175), (211, 150, 235, 160)),
}
"""By the number of the picture: where the car is, and its plate. Marked by hand."""


class Result(NamedTuple):
    """Of plates of one width."""

    of: int
    found: int
    one: int
    """... read right from one picture"""
    told: int
    """... as sure as `sure` after `VOTING` pictures"""
    right: int
    """... of these"""


@lru_cache(maxsize=1)
def cars() -> dict[int, Image]:
    """The pictures."""
    found = {}
    with av.open(str(VIDEO)) as container:
        for n, frame in enumerate(container.decode(video=0)):
            if n in CARS:
                found[n] = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    return found


def composed(plate: Image, car: int, width: int, dice: np.random.Generator) -> tuple[Image, NDArray[np.float64]]:
    """The car with that plate, so many pixels wide, and where the plate's middle is."""
    (left, top, right, bottom), own = CARS[car]
    scale = width / (_WIDER * (own[2] - own[0]))
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    drawn = cv2.resize(cars()[car][top:bottom, left:right], None, fx=scale, fy=scale, interpolation=method)
    x0, y0, x1, y1 = (round((edge - start) * scale) for edge, start in zip(own, (left, top, left, top), strict=True))
    beside = drawn[y0:y1, max(0, x0 - 8) : max(1, x0)].reshape(-1, 3)
    cv2.rectangle(drawn, (x0 - 3, y0 - 3), (x1 + 3, y1 + 3), [float(v) for v in np.median(beside, axis=0)], -1)
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    turn, slant = np.radians(dice.uniform(-6, 6)), np.radians(dice.uniform(-10, 10))
    corners = np.array([[-1, -_SHAPE], [1, -_SHAPE], [1, _SHAPE], [-1, _SHAPE]]) * width / 2
    corners[:, 1] += corners[:, 0] * np.tan(turn)
    corners[:, 0] += corners[:, 1] * np.tan(slant)
    high, wide = plate.shape[:2]
    whole = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    there = cv2.getPerspectiveTransform(whole, (corners + middle).astype(np.float32))
    size = drawn.shape[1], drawn.shape[0]
    put = cv2.warpPerspective(plate, there, size, flags=cv2.INTER_AREA if width < wide else cv2.INTER_CUBIC)
    cover = cv2.warpPerspective(np.ones((high, wide), np.float32), there, size)[..., None]
    soft = cv2.GaussianBlur(drawn * (1 - cover) + put * cover, (0, 0), 0.5) * dice.uniform(0.7, 1.1)
    noisy = np.clip(soft + dice.normal(0, 2, soft.shape), 0, 255).astype(np.uint8)
    coded = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8), middle


def on_cars(plates: Sequence[tuple[str, Image]], width: int) -> Result:
    """What is found and read. plates: what each says, and its picture."""
    finder, reader = PlateFinder(Finds(smallest=40)), PlateReader()
    dice = np.random.default_rng(width)
    found = one = told = right = 0
    for n, (text, plate) in enumerate(plates):
        ballot, there = reader.ballot(), False
        for voted in range(VOTING):
            image, _ = composed(plate, list(CARS)[n % len(CARS)], width, dice)
            readings = reader.among(finder.find(image))
            there |= bool(readings)
            for reading in readings:
                ballot.add(reading)
            first = ballot.plate()
            one += voted == 0 and first is not None and first.text == text
        sure = reader.sure(ballot)
        found += there
        told += sure is not None
        right += sure is not None and sure.text == text
    return Result(len(plates), found, one, told, right)
