"""watching_video: a clip with what its watchers saw drawn into it: boxes, how long each has stood, cases in red.

The pictures are the clip's own: whoever can be recognised in it can be in what is written here. An object carries the
name of the rule while it is a case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridwatch.problems import Problem

if TYPE_CHECKING:
    from cameras.watcher import Image
    from cases.case import Case
    from gridwatch.watching import Clip

_SEEN, _CASE, _ZONE = (80, 220, 80), (40, 40, 230), (0, 200, 230)
"""Blue, green, red."""
_CODECS = ("libx264", "libopenh264", "mpeg4")
"""The first that this FFmpeg has."""
_TICKS = 90_000
"""Of the video's clock, a second."""


class Object(NamedTuple):
    """One object, as it was said."""

    track: str
    label: str
    box: tuple[float, float, float, float]
    """left, top, width, height, as shares of the picture"""
    still: float | None


def objects(clip: Clip) -> Iterator[tuple[float, list[Object]]]:
    """What was seen in each picture, by its time."""
    for ts, topic, payload in clip.said:
        if topic.endswith("/sightings"):
            found = json.loads(payload)["objects"]
            yield ts, [Object(str(o["track"]), o["label"], tuple(o["box"]), o.get("still")) for o in found]


def zones(clip: Clip) -> dict[float, list[str]]:
    """The names of the zones that each picture shows, by its time; while the camera looks elsewhere there are none."""
    said = ((ts, payload) for ts, topic, payload in clip.said if topic.endswith("/sightings"))
    return {ts: json.loads(payload).get("zones", []) for ts, payload in said}


def draw(clip: Clip, cases: Sequence[Case], file: Path, progress: Callable[[float], object] = lambda _: None) -> None:
    """Write it. progress: told how many seconds of the clip are done. Raises Problem, OSError."""
    import av
    import av.error

    codec = next((each for each in _CODECS if each in av.codecs_available), None)
    if codec is None:
        raise Problem(f"This FFmpeg can write none of {', '.join(_CODECS)}: leave --video out")
    seen, shown = dict(objects(clip)), zones(clip)
    try:
        with av.open(str(file), "w") as out:
            stream: Any = None
            for frame in clip.frames():
                image = annotated(frame.image, frame.ts, seen.get(frame.ts, []), cases, clip, shown.get(frame.ts, []))
                if stream is None:
                    stream = out.add_stream(codec, rate=_rate(clip))
                    stream.width, stream.height = image.shape[1] // 2 * 2, image.shape[0] // 2 * 2  # what codecs want
                    stream.pix_fmt = "yuv420p"
                    stream.time_base = stream.codec_context.time_base = Fraction(1, _TICKS)
                picture = av.VideoFrame.from_ndarray(_fitted(image, stream.width, stream.height), format="bgr24")
                picture.pts, picture.time_base = round((frame.ts - clip.start) * _TICKS), Fraction(1, _TICKS)
                out.mux(stream.encode(picture))
                progress(frame.ts - clip.start)
            out.mux(stream.encode())
    except (av.error.FFmpegError, ValueError) as error:
        raise Problem(f"{file}: the video can't be written: {error}. Name a file such as out.mp4.") from None


def annotated(
    image: Image, ts: float, seen: Sequence[Object], cases: Sequence[Case], clip: Clip, shown: Sequence[str]
) -> Image:
    """One picture with its objects and the zones that it shows."""
    import cv2

    drawn = image.copy()
    height, width = drawn.shape[:2]
    scale = max(0.4, width / 1600)
    thick = max(1, round(width / 640))
    for zone in (zone for name, zone in clip.camera.zones().items() if name in shown):
        edge = np.round(zone.corners * (width, height)).astype(np.int32)
        cv2.polylines(drawn, [edge], True, _ZONE, thick)
        _write(drawn, zone.name, (int(edge[0, 0]) + 3, int(edge[0, 1]) + round(26 * scale)), _ZONE, scale)
    for one in seen:
        rules = [case.rule for case in cases if case.part == one.track and case.started <= ts and not case.ended < ts]
        left, top, wide, high = one.box
        corner = round(left * width), round(top * height)
        colour = _CASE if rules else _SEEN
        cv2.rectangle(
            drawn,
            corner,
            (round((left + wide) * width), round((top + high) * height)),
            colour,
            thick * (1 + bool(rules)),
        )
        stood = "" if one.still is None else f" {one.still:.0f} s"
        _write(drawn, " ".join([f"{one.label}{stood}", *rules]), (corner[0], corner[1] - 4), colour, scale)
    return drawn


def _write(drawn: Image, text: str, at: tuple[int, int], colour: tuple[int, int, int], scale: float) -> None:
    import cv2

    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    left, bottom = max(0, min(at[0], drawn.shape[1] - width)), max(height + below, at[1])
    cv2.rectangle(drawn, (left, bottom - height - below), (left + width, bottom + below), (0, 0, 0), -1)
    cv2.putText(drawn, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv2.LINE_AA)


def _rate(clip: Clip) -> Fraction:
    """Pictures a second, about: players show it, the times of the pictures are what counts."""
    seconds = clip.last - clip.start
    return Fraction(round(1000 * (clip.pictures - 1) / seconds), 1000) if seconds > 0 else Fraction(1)


def _fitted(image: Image, width: int, height: int) -> Image:
    """The picture in the video's size, which is even, and the first one's."""
    import cv2

    if image.shape[1] - width in (0, 1) and image.shape[0] - height in (0, 1):
        return np.ascontiguousarray(image[:height, :width])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
