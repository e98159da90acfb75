"""static_clips: clips of streets in which something is put down, made as a camera would record them.

    clip = Clip(ground("street"), 45, actors=[Rests(bag(34), (0.4, 0.8), since=15)], light=clouds(0.4, 12))
    write(clip, file)

The ground is what real footage shows where nothing moves, or a drawn street of flat colours, or real footage as it
runs. What happens in it is drawn; light, weather and the camera's faults are put on top, and H.264 (PyAV) makes real
blocks of it. Places and sizes are shares of the picture, times are seconds. The same numbers give the same clip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.bins import DATA
from benchmarks.static_sprites import Canvas, Sprite, person
from cameras.watcher import Fractions

VIDEOS = {
    "street": DATA / "video" / "residential_street.mp4",
    "motorway": DATA / "video" / "motorway_720p.mp4",
    "car park": DATA / "video" / "car-detection.mp4",
}
Light = Callable[[float, Canvas], Canvas]
"""What a moment's light, weather or lens makes of a picture."""
cv: Any = cv2


# ---- grounds ---------------------------------------------------------------------------------------------------------


class Ground(Protocol):
    """The scene without what is put into it."""

    def at(self, t: float, size: tuple[int, int]) -> Canvas:
        """Its picture then, of this width and height. The caller may write into it."""
        ...


@dataclass(frozen=True)
class Photo:
    """A scene in which nothing moves."""

    picture: Canvas
    sized: dict[tuple[int, int], Canvas] = field(default_factory=dict)

    def at(self, t: float, size: tuple[int, int]) -> Canvas:
        if size not in self.sized:
            self.sized[size] = _resized(self.picture, size)
        return np.asarray(self.sized[size].copy())


@dataclass(frozen=True)
class Footage:
    """Real footage as it runs, to and fro."""

    pictures: Sequence[NDArray[np.uint8]]
    fps: float

    def at(self, t: float, size: tuple[int, int]) -> Canvas:
        last = len(self.pictures) - 1
        n = round(t * self.fps) % (2 * last)
        return np.asarray(_resized(self.pictures[n if n <= last else 2 * last - n].astype(np.float32), size))


def _resized(picture: Canvas, size: tuple[int, int]) -> Canvas:
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    how = cv2.INTER_AREA if picture.shape[1] > size[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.float32)


@cache
def footage(name: str, fps: float = 5.0, width: int = 640) -> Footage:
    """A real video's pictures, so many a second."""
    import av

    pictures, due = [], 0.0
    with av.open(str(VIDEOS[name])) as opened:
        for picture in opened.decode(video=0):
            if picture.time is not None and picture.time + 1e-6 >= due:
                due += 1.0 / fps
                image = picture.to_ndarray(format="bgr24")
                high = round(width * image.shape[0] / image.shape[1])
                pictures.append(np.asarray(cv2.resize(image, (width, high), interpolation=cv2.INTER_AREA), np.uint8))
    return Footage(pictures, fps)


@cache
def ground(name: str) -> Photo:
    """What a real video shows where nothing moves; 'flat': a drawn street of flat colours."""
    if name != "flat":
        return Photo(np.median(np.array(footage(name, 1.0, 960).pictures), axis=0).astype(np.float32))
    scene = np.full((540, 960, 3), (128, 128, 128), np.float32)
    scene[:200] = (190, 170, 150)
    for left, colour in ((60, (90, 110, 160)), (340, (120, 130, 130)), (640, (100, 140, 120))):
        scene[60:220, left : left + 240] = colour
        for x in range(left + 20, left + 220, 50):
            scene[90:130, x : x + 26] = (70, 60, 50)
    scene[220:300] = (160, 165, 165)
    for x in range(0, 960, 120):
        scene[410:418, x : x + 60] = (220, 220, 220)
    return Photo(scene)


# ---- what is put into it ---------------------------------------------------------------------------------------------


Drawn = tuple[Sprite, float, float]
"""What is drawn, and where its foot (middle, bottom) is."""


class Actor(Protocol):
    """Something in the scene."""

    def at(self, t: float) -> Drawn | None:
        """None: it is not there then."""
        ...


@dataclass(frozen=True)
class Rests:
    """It lies there from one time to another. grows: seconds until it has its height, as what is tipped does."""

    sprite: Sprite
    place: tuple[float, float]
    since: float = -1.0
    until: float = float("inf")
    grows: float = 0.0

    def at(self, t: float) -> Drawn | None:
        if not self.since <= t < self.until:
            return None
        share = min(1.0, 0.2 + (t - self.since) / self.grows) if self.grows else 1.0
        return self.sprite._replace(height=self.sprite.height * share), *self.place

    def box(self) -> Fractions:
        """left, top, width, height"""
        (x, y), width, height = self.place, self.sprite.width, self.sprite.height
        return x - width / 2, y - height, width, height


@dataclass(frozen=True)
class Goes:
    """It goes along a path: (time, x, y), straight between them, and is there from the first to the last."""

    look: Callable[[float], Sprite]
    path: Sequence[tuple[float, float, float]]

    def at(self, t: float) -> Drawn | None:
        times = [p[0] for p in self.path]
        if not times[0] <= t < times[-1]:
            return None
        x, y = (float(np.interp(t, times, [p[i] for p in self.path])) for i in (1, 2))
        return self.look(t), x, y


def walker(path: Sequence[tuple[float, float, float]], seed: int = 8, height: float = 0.22) -> Goes:
    """Somebody on a path; who stands still shifts from one foot to the other now and then."""

    def look(t: float) -> Sprite:
        n = next((n for n in range(len(path) - 1) if path[n][0] <= t < path[n + 1][0]), 0)
        moves = path[n][1:] != path[n + 1][1:]
        return person(int(t * 8) % 8 if moves else int(t / 3 + seed) % 2, height, seed)

    return Goes(look, path)


def _put(canvas: Canvas, drawn: Drawn) -> None:
    (picture, cover, tall), x, y = drawn
    height, width = canvas.shape[:2]
    h = max(2, round(tall * height))
    w = max(2, round(h * picture.shape[1] / picture.shape[0]))
    left, top = x * width - w / 2, y * height - h
    a, b, c, d = max(0, int(left)), min(width, int(left) + w + 1), max(0, int(top)), min(height, int(top) + h + 1)
    if a >= b or c >= d:
        return
    scale = w / picture.shape[1], h / picture.shape[0]
    move = np.array([[scale[0], 0, left - a], [0, scale[1], top - c]], np.float32)
    if scale[1] < 0.7:  # made small without steps
        soft = 0.35 / scale[1]
        picture, cover = (np.asarray(cv2.GaussianBlur(each, (0, 0), soft)) for each in (picture, cover))
    part = cv.warpAffine(picture, move, (b - a, d - c), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    over = cv.warpAffine(cover, move, (b - a, d - c), flags=cv2.INTER_LINEAR)[..., None]
    canvas[c:d, a:b] = canvas[c:d, a:b] * (1 - over) + part * over


# ---- the clip --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clip:
    """What is recorded, and how."""

    ground: Ground
    seconds: float
    actors: Sequence[Actor] = ()
    light: Light | None = None
    fps: float = 5.0
    size: tuple[int, int] = (640, 360)
    noise: float = 2.0
    """Levels (standard deviation) of the sensor's."""
    crf: int = 24
    """H.264's quality: 18 is good, 35 is a cheap recorder's."""
    keyframe: float = 2.0
    """Seconds between two."""
    seed: int = 0

    def pictures(self) -> Iterator[NDArray[np.uint8]]:
        """Before they are encoded."""
        dice = np.random.default_rng(self.seed)
        grain: Canvas = dice.standard_normal((4 * self.size[1] * self.size[0]), np.float32) * np.float32(self.noise)
        pixels = self.size[0] * self.size[1]
        for n in range(round(self.seconds * self.fps)):
            t = n / self.fps
            canvas = self.ground.at(t, self.size)
            for actor in self.actors:
                drawn = actor.at(t)
                if drawn is not None:
                    _put(canvas, drawn)
            if self.light is not None:
                canvas = np.asarray(self.light(t, canvas), np.float32)
            if self.noise:
                begin = int(dice.integers(0, 3 * pixels))
                canvas += grain[begin : begin + pixels].reshape(self.size[1], self.size[0], 1)
            yield np.asarray(cv.convertScaleAbs(cv.max(canvas, 0.0)), np.uint8)


def write(clip: Clip, file: Path) -> Path:
    """Record it as H.264."""
    import av

    with av.open(str(file), "w") as out:
        rate = Fraction(clip.fps).limit_denominator(100)
        stream: Any = out.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = *clip.size, "yuv420p"
        stream.time_base = 1 / rate
        every = max(1, round(clip.keyframe * clip.fps))
        options = {"preset": "veryfast", "crf": str(clip.crf), "g": str(every), "sc_threshold": "0", "threads": "1"}
        stream.options = options
        for n, image in enumerate(clip.pictures()):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = n
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return file
