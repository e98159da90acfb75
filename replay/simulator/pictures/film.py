"""film: drawn pictures as a file: H.264 in MP4, with a key frame every two seconds, as a camera gives it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2

from replay.simulator.pictures.clip import FPS, Clip

_KEYFRAME = 2
"""Seconds between key frames."""
_OPTIONS = {"preset": "veryfast", "crf": "26", "bf": "0", "threads": "1", "sc_threshold": "0"}
"""One thread: the same bytes each time."""


def write(clip: Clip, path: Path, *, start: float = 0.0, end: float | None = None, faster: int = 1) -> None:
    """Write a clip, or what it shows from one of its seconds to another. The file is there when it is whole.

    faster: so many times as fast as it happens.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    rate = FPS * faster
    with av.open(str(part), "w", format="mp4") as out:
        stream: Any = out.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = clip.lens.width, clip.lens.height, "yuv420p"
        stream.time_base = Fraction(1, rate)
        stream.options = {**_OPTIONS, "g": str(_KEYFRAME * rate)}
        for n, picture in enumerate(clip.pictures(start, end)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = n
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    part.replace(path)


def write_picture(clip: Clip, path: Path) -> None:
    """Write its first picture, as PNG: what the scene looks like when nothing is wrong."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", next(clip.pictures()))[1].tobytes())
