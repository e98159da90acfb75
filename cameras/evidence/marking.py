"""marking: the picture with what it is evidence of drawn into it: where, what, which camera, when by whose clock.

Small enough to hide nothing, on a strip of its own below the picture where it says the time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import numpy as np

from cameras.evidence.faces import Region
from cameras.watcher import Fractions, Image

_BOX, _WHITE = (40, 40, 230), (255, 255, 255)
"""Blue, green, red."""
_QUALITY = 90
"""Of JPEG, 0..100: above it files grow, and nothing more can be seen."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

cv: Any = cv2


def jpeg(image: Image, quality: int = _QUALITY) -> bytes:
    return bytes(cv.imencode(".jpg", image, [cv.IMWRITE_JPEG_QUALITY, quality])[1])


def utc(ts: float) -> str:
    """2026-05-01 12:00:00.400 UTC"""
    return (_EPOCH + timedelta(seconds=ts)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"


def clock(whose: str, offset: float | None) -> str:
    """Whose clock, and how far it is from ours."""
    if whose == "recording":
        return "time of the recording"
    said = "camera's clock" if whose == "camera" else "time of arrival"
    return said if offset is None else f"{said} {offset:+.2f} s"


def marked(image: Image, box: Fractions, label: str, lines: list[str]) -> Image:
    """The picture with a box and its label, and lines of text on a strip below it."""
    height, width = image.shape[:2]
    letters = max(12, round(width / 60))
    drawn = np.zeros((height + len(lines) * round(letters * 1.6) + letters // 2, width, 3), np.uint8)
    drawn[:height] = image
    left, top, right, bottom = pixels(box, height, width)
    thick = max(1, round(width / 640))
    cv.rectangle(drawn[:height], (left, top), (right, bottom), _BOX, thick)
    above = top - letters // 2 if top > 2 * letters else min(height - 4, bottom + round(letters * 1.2))
    _write(drawn, label, (left, above), _WHITE, letters, edge=True)
    for n, line in enumerate(lines):
        _write(drawn, line, (letters // 2, height + round(letters * (1.3 + 1.6 * n))), _WHITE, letters)
    return drawn


def pixels(box: Fractions, height: int, width: int) -> Region:
    """A box as it lies in a picture, cut off at its edges."""
    left, top, wide, high = box
    return (
        min(width - 1, max(0, round(left * width))),
        min(height - 1, max(0, round(top * height))),
        min(width - 1, max(0, round((left + wide) * width))),
        min(height - 1, max(0, round((top + high) * height))),
    )


def _write(
    drawn: Image, text: str, at: tuple[int, int], colour: tuple[int, int, int], letters: int, edge: bool = False
) -> None:
    """One line. letters: their height, pixels."""
    if hasattr(cv2, "FontFace"):  # since OpenCV 5, with Chinese and all that Unicode has
        face = cv.FontFace("sans")
        if edge:
            for x, y in ((-2, 0), (2, 0), (0, -2), (0, 2), (-1, -1), (1, 1), (-1, 1), (1, -1)):
                cv.putText(drawn, text, (at[0] + x, at[1] + y), (0, 0, 0), face, letters)
        cv.putText(drawn, text, at, colour, face, letters)
        return
    plain = text.encode("ascii", "replace").decode()
    scale = letters / 30
    if edge:
        cv.putText(drawn, plain, at, cv.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), 3, cv.LINE_AA)
    cv.putText(drawn, plain, at, cv.FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv.LINE_AA)
