"""camera_faults: which faults of a camera does the watcher `scene_health` find, and what does it take for one?

Reads five real videos in which nothing is wrong with the camera; puts harmless changes and faults into them, from the
middle on. For `benchmarks.pictures`, which makes a page of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from benchmarks.bins import DATA
from cameras.watcher import Frame, Image, Measured, View
from cameras.watchers.scene_health import METRICS, SceneHealth
from pipeline.units import Quantity

VIDEOS = {
    "brightness": DATA / "video" / "brightness_change.avi",
    "car park": DATA / "video" / "car-detection.mp4",
    "motorway": DATA / "video" / "motorway_720p.mp4",
    "street": DATA / "video" / "residential_street.mp4",
    "expressway": DATA / "roadtrack" / "K295_179.mp4",
}
PICTURES = 48
"""Of each video, evenly."""

Change = Callable[[Image, Image, int], Image]
"""From the picture, the one at which the fault began, and the number."""


def _lit(image: Image, factor: Any, plus: float = 0.0, noise: float = 0.0, n: int = 0) -> Image:
    grain = np.random.default_rng(n).normal(0.0, noise, image.shape) if noise else 0.0
    return np.asarray(np.clip(np.round(image * np.asarray(factor) + plus + grain), 0, 255), np.uint8)


def _clock(image: Image, n: int) -> Image:
    image = image.copy()
    cv2.putText(image, f"12:00:{n:02}", (5, 25), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 2)
    return image


def _turned(image: Image, share: float) -> Image:
    by = int(image.shape[1] * share)
    return np.ascontiguousarray(np.concatenate((image[:, by:], image[:, :by][:, ::-1]), axis=1))


def _shaken(image: Image, n: int) -> Image:
    dice = np.random.default_rng(n)
    down, right = (int(dice.integers(-side // 50, side // 50 + 1)) for side in image.shape[:2])
    return np.roll(image, (down, right), (0, 1))


def _hidden(image: Image, share: float) -> Image:
    image = image.copy()
    image[:, : int(image.shape[1] * share)] = 90
    return image


def _soft(image: Image, share: float) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), image.shape[1] * share), np.uint8)


HARMLESS: dict[str, Change] = {
    "nothing": lambda now, _then, _n: now,
    "light down to 30 %": lambda now, _then, _n: _lit(now, 0.3),
    "... to 30 %, with noise": lambda now, _then, n: _lit(now, 0.3, noise=6.0, n=n),
    "light up to 170 %": lambda now, _then, _n: _lit(now, 1.7),
    "noise": lambda now, _then, n: _lit(now, 1.0, noise=10.0, n=n),
    "evening sun": lambda now, _then, _n: _lit(now, (0.7, 0.95, 1.2)),
    "shake by 2 %": lambda now, _then, n: _shaken(now, n),
    "a third is hidden": lambda now, _then, _n: _hidden(now, 0.33),
}
FAULTS: dict[str, tuple[str, Change]] = {
    "black, a clock runs": ("black", lambda now, _then, n: _clock(_lit(now, 0.0, 6.0), n)),
    "washed out": ("overexposed", lambda now, _then, _n: _lit(now, 0.1, 240.0)),
    "frozen": ("frozen", lambda _now, then, _n: then),
    "frozen, a clock runs": ("frozen", lambda _now, then, n: _clock(then, n)),
    "a bag over it": ("covered", lambda now, _then, n: _lit(now, 0.0, 60.0, 4.0, n)),
    "most is hidden": ("covered", lambda now, _then, _n: _hidden(now, 0.75)),
    "out of focus, 1 % of the width": ("blurred", lambda now, _then, _n: _soft(now, 0.01)),
    "out of focus, 1.5 %": ("blurred", lambda now, _then, _n: _soft(now, 0.015)),
    "turned by 10 % of the width": ("moved", lambda now, _then, _n: _turned(now, 0.1)),
    "turned by 30 %": ("moved", lambda now, _then, _n: _turned(now, 0.3)),
    "green": ("colour_cast", lambda now, _then, _n: _lit(now, (0.7, 1.1, 0.7))),
    "magenta": ("colour_cast", lambda now, _then, _n: _lit(now, (1.3, 0.75, 1.3))),
}


def pictures(path: Path) -> list[tuple[float, Image]]:
    """Seconds from its beginning and the pictures, PICTURES of them."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        wanted = set(np.linspace(0, stream.frames - 1, PICTURES).astype(int).tolist())
        return [
            (float(frame.time or 0.0), np.asarray(frame.to_ndarray(format="bgr24"), np.uint8))
            for n, frame in enumerate(container.decode(stream))
            if n in wanted
        ]


def readings(video: Sequence[tuple[float, Image]], change: Change | None) -> dict[str, float]:
    """For each metric the middle reading of the last quarter; with no change, the highest of all of them.

    The change begins in the middle of the video. Frozen is what stands for an eighth of it.
    """
    length = video[-1][0] - video[0][0]
    given = SceneHealth(each=Quantity(0.0), report=Quantity(0.0), frozen=Quantity(length / 8.0))
    look = given.begin(View("camera"))
    half = len(video) // 2
    told = []
    for n, (ts, image) in enumerate(video):
        if change is not None and n >= half:
            image = change(image, video[half][1], n)
        told.append([one.value for one in look.look(Frame(ts, image)) if isinstance(one, Measured)])
    values = np.max(told, axis=0) if change is None else np.median(told[-len(told) // 4 :], axis=0)
    return dict(zip(METRICS, values.tolist(), strict=True))


def health(video: Path) -> Iterator[tuple[str, str, dict[str, float]]]:
    """What was done to it, the fault that it is ('' for none), and the readings."""
    shown = pictures(video)
    yield "as it is, at any time", "", readings(shown, None)
    for name, change in HARMLESS.items():
        yield name, "", readings(shown, change)
    for name, (fault, change) in FAULTS.items():
        yield name, f"health_{fault}", readings(shown, change)
