"""faces: hides the heads of all persons in a picture before it is stored, so that it can't be undone.

Reads a picture; finds persons with the detector that watchers use (YOLOX), in the whole of it and in tiles; hides the
part of each that its head can be in. At the distances of street cameras a person is far easier to find than a face of
ten pixels, and who stands with the back to the camera costs nothing but a blurred back. Nobody is recognised.

A head is in the topmost square of a person's box: of who stands that is the upper two fifths, of who is cut off at the
chest or lies nearly all. It becomes a few patches of the mean colours: what was in them is gone, and blurring only
takes away their edges. If the model can't be had nothing is stored (cameras/evidence/keeping.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np

from cameras.evidence.settings import Faces
from cameras.inference import session
from cameras.models import ModelError, model_file
from cameras.tiles import OVERLAP, parts, together
from cameras.watcher import Image
from cameras.yolox import Picking

Region = tuple[int, int, int, int]
"""left, top, right, bottom, pixels"""

_AROUND = 0.15
"""How far around the person's box its head may reach, as a share of the box's width."""
_LEAST = 0.35
"""Of a box that is narrow, such as of who stands behind a post, at least so much of its height."""
_PATCHES = 5
"""Across the hidden part, which is as wide as the shoulders: two across a face."""
_PATCH = 6
"""Pixels: a patch is at least so wide, however small the person."""
_SAME = 0.45
"""Boxes that share more than this (intersection over union) are one person."""

cv: Any = cv2


class Hider:
    """Finds and hides. Any thread may use it. Raises ModelError where the model can't be had or knows no persons."""

    def __init__(self, settings: Faces) -> None:
        self._given = settings
        self._session = None
        if settings.none is None:
            self._session = session(model_file(settings.model), ("CPUExecutionProvider",), 1)
            if self._session.classes not in (0, 80) and "person" not in settings.model_fields_set:
                raise ModelError(
                    f"The model {settings.model.name} has other classes than COCO's: say which of them is a person with"
                    " evidence.faces.person"
                )
        self._picking = Picking(settings.faint, _SAME, frozenset([settings.person]))

    @property
    def by(self) -> str:
        """What finds them; '' where none are looked for."""
        return self._given.model.name if self._session is not None else ""

    def find(self, image: Image) -> list[Region]:
        """Where heads may be."""
        if self._session is None:
            return []
        height, width = image.shape[:2]
        where = parts(height, width, tiles(max(height, width), self._given.closely), ())
        asked = [(image[top:bottom, left:right], self._picking) for left, top, right, bottom in where]
        found = together(self._session.find(asked), where, _SAME)
        return [head((left, top, right, bottom), height, width) for left, top, right, bottom in found.boxes.tolist()]


def tiles(longer: int, closely: int) -> int:
    """Into how many a picture is cut along its longer side, so that none is larger than `closely`; at least two."""
    # n tiles that overlap by a share o are longer / (n - (n - 1) * o) wide (cameras/tiles.py).
    return max(2, math.ceil((longer / closely - OVERLAP) / (1 - OVERLAP)))


def head(box: tuple[float, float, float, float], height: int, width: int) -> Region:
    """The part of a person's box, left, top, right, bottom, that its head can be in. height, width: of the picture."""
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    around = _AROUND * wide
    below = top + min(high, max(wide, _LEAST * high))
    return (
        max(0, int(left - around)),
        max(0, int(top - around)),
        min(width, int(np.ceil(right + around))),
        min(height, int(np.ceil(below + around))),
    )


def hide(image: Image, regions: Iterable[Region]) -> Image:
    """The picture, with nothing left in these parts but a few patches of colour. The one that was given stays."""
    hidden = image.copy()
    for left, top, right, bottom in regions:
        part = hidden[top:bottom, left:right]
        high, wide = part.shape[:2]
        if not high or not wide:
            continue
        size = max(_PATCH, -(-max(high, wide) // _PATCHES))
        patches = cv.resize(part, (-(-wide // size), -(-high // size)), interpolation=cv.INTER_AREA)
        coarse = cv.resize(patches, (wide, high), interpolation=cv.INTER_NEAREST)
        hidden[top:bottom, left:right] = cv.GaussianBlur(coarse, (0, 0), size / 4)
    return hidden
