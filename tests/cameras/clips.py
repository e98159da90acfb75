"""clips: small videos for tests of streams: a grey that rises with each picture, a white square that goes across it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

WIDTH, HEIGHT = 160, 96


def drawn(n: int) -> Any:
    """The n-th picture. Shape (HEIGHT, WIDTH, 3)."""
    image = np.full((HEIGHT, WIDTH, 3), 40 + n % 100, np.uint8)
    left = 4 * n % (WIDTH - 20)
    image[40:60, left : left + 20] = (0, 200, 255)
    return image


def clip(path: Path, pictures: int = 50, fps: int = 10, keyframes: int = 10, bframes: int = 0) -> Path:
    """An H.264 file. keyframes: one in so many pictures. bframes: pictures between those that others refer to."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, fps)
        stream.options = {"preset": "veryfast", "bf": str(bframes), "g": str(keyframes), "sc_threshold": "0"}
        for n in range(pictures):
            frame = av.VideoFrame.from_ndarray(drawn(n), format="bgr24")
            frame.pts = n
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def jpeg(n: int) -> bytes:
    """The n-th picture as JPEG."""
    import cv2

    return bytes(cv2.imencode(".jpg", drawn(n))[1])
