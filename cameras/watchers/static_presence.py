"""static_presence: is something there, or is it light; and has something come, or gone?

Compares what is at rest in a place with what was there. Light, however sharp its edge, multiplies the ground by a
factor (a picture's levels are a power of the light, so the factor stays one) and keeps its texture: then the two
correlate. A camera that sways shifts it: then they correlate a pixel or two aside. An object hides it. Where neither
has any texture, the factor, the colour and the outline decide: a shadow is darker by no more than so much, is not
coloured, and has no edge on the side that it creeps from; an object has one all around.

Something that was taken away had edges, and they are gone; what came has brought its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from cameras.background import Background, Mask
from cameras.pictures import Levels, cv, drawn, slopes
from cameras.watcher import Image
from cameras.watchers.static_ground import ground
from pipeline.rows import Flags


class Kind(Enum):
    """What a difference is."""

    LIGHT = "light"
    OBJECT = "object"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Scene:
    """A part of the picture, as it was and is. Images are brightness and two colours, in the light of now."""

    then: Image
    """The background."""
    rest: Image
    """What is at rest in front of it."""
    now: Image
    long: Levels
    """The brightness of the background as it is remembered, in the light of then."""
    short: Levels
    """The same of what is at rest."""

    @staticmethod
    def of(background: Background, part: tuple[slice, slice]) -> Scene:
        """The part of the picture that lies there."""
        images = (each[part] for each in (background.then, background.other, background.now))
        return Scene(
            *images, *(np.ascontiguousarray(each[part][..., 0]) for each in (background.long, background.short))
        )


_SAME = 0.70
"""A correlation from which on two textures of many pixels are the same."""
_CHANCE = 1.0
"""Of few pixels any two correlate by chance, by one over the root of their number."""
_TEXTURE = 3.5
"""Levels (standard deviation): with less, that two do not correlate says nothing."""
_EQUAL = 7.0
"""Levels: what differs by less is the same, whatever the light."""
_SHADE = 0.42
"""A shadow leaves at least so much of a level; the sun's return takes away at most as much."""
_TINT = 7.0
"""Levels by which light alone changes a colour, at most."""
_ASIDE = 2
"""Pixels by which a place may have shifted."""
_GONE = 1.4
"""So many times stronger were the edges around what has been taken away."""
_ALSO = 0.8
"""... or not weaker by more than this, and stronger along most of the outline."""
_EDGE = 2.0
"""Levels a pixel, across the outline: an object has them; light that varies smoothly has not."""
_CLOSED = 0.65
"""The share of the outline along which there is an edge, if it goes all around."""


def kind(scene: Scene, where: Mask) -> Kind:
    """What has happened in a place where the picture changed. where: shape as the scene's, some pixels of rim."""
    before, after = _outline(scene.then, where), _outline(scene.now, where)
    was, is_now = float(before.mean()), float(after.mean())
    if max(was, is_now) < _EDGE or _is_light(scene, where, before, after) or _is_shift(scene, where):
        return Kind.LIGHT
    mostly = float((before > after).mean()) > 0.5 and was > _ALSO * is_now  # one kerb that it hid is not the outline
    return Kind.REMOVED if was > _GONE * is_now or mostly else Kind.OBJECT


def extent(scene: Scene, where: Mask) -> Mask:
    """How far what is in a place reaches. A place is only what differs strongly; what belongs to it, and differs less,
    touches it. Shape as the scene's."""
    off = cv.absdiff(scene.now[..., 0], scene.then[..., 0])
    least = max(_FAINT, float(np.median(off[where > 0])) * _PART)
    weak = cv.bitwise_and(cv.compare(off, least, cv.CMP_GT), cv.dilate(where, _NEAR))
    weak = cv.bitwise_or(weak, where)
    _, labels = cv.connectedComponents(weak, connectivity=4)
    reached: Mask = drawn(np.isin(labels, np.unique(labels[where > 0])))
    return reached


def is_clock(noise: Levels, part: tuple[int, int, int, int]) -> bool:
    """Is it a digit of the time that the camera writes into its picture?

    It is no larger than a letter, at the upper or lower rim, and beside it seconds tick. noise: levels,
    of the whole picture; part: left, top, width, height.
    """
    left, top, wide, high = part
    height = noise.shape[0]
    if max(wide, high) > _LETTER * height or _RIM * height < top + high / 2 < (1 - _RIM) * height:
        return False
    reach = _LINE * max(wide, high)
    line = noise[max(0, top - 1) : top + high + 1, max(0, left - reach) : left + wide + reach]
    return bool((line > _TICKING).sum() >= 3)


_LETTER = 0.08
_RIM = 0.15
"""Shares of the picture's height."""
_LINE = 10
"""Letters that a second is away from a day, at most."""
_TICKING = 6.0
"""Levels."""
_NEAR = np.ones((7, 7), np.uint8)
_FAINT = 6.0
"""Levels: what differs by less belongs to nothing."""
_PART = 0.3
"""Of what the place differs by: who differs by so much, and touches it, belongs to it."""
_CROSS = np.asarray(cv.getStructuringElement(cv.MORPH_CROSS, (3, 3)))


def _inner(where: Mask) -> Mask:
    """Without its edge, whose pixels are half of one and half of the other; all of it where little would be left."""
    inner = np.asarray(cv.erode(where, _CROSS), np.uint8)
    return inner if cv.countNonZero(inner) >= 12 else where


def _is_light(scene: Scene, where: Mask, before: Levels, after: Levels) -> bool:
    inside = _inner(where) > 0
    x, y = scene.then[inside].astype(np.float32), scene.rest[inside].astype(np.float32)
    gain = float((y[:, 0].mean() + 1.0) / (x[:, 0].mean() + 1.0))
    if not _SHADE <= gain <= 1.0 / _SHADE or float(np.abs((y - x)[:, 1:].mean(axis=0)).max()) > _TINT:
        return False
    if float(np.abs(scene.long - scene.short)[inside].mean()) < _EQUAL:
        return True  # it only seemed another, because the light of a part of the picture was misjudged
    rough = _fine(scene.long, inside), _fine(scene.short, inside)
    finest = _finest(scene.long)[inside], _finest(scene.short)[inside]
    if max(correlation(*rough), correlation(*finest)) >= _SAME + _CHANCE / int(inside.sum()) ** 0.5:
        return True
    within = cv.erode(where, _DEEP)
    pixels = cv.countNonZero(within)
    if pixels >= _FEW:
        hidden = cv.countNonZero(cv.bitwise_and(ground(scene.long, scene.short).covered, within))
        if hidden >= _HIDES * pixels:
            return False
    elif max(float(each.std()) for each in rough) >= _TEXTURE:
        return False
    same = float(min(before.mean(), after.mean())) * _GONE > float(max(before.mean(), after.mean()))
    return same or _round(after) < _CLOSED


_DEEP = np.ones((7, 7), np.uint8)
"""So far from its outline the edge of a place is no texture of it."""
_FEW = 12
"""Pixels: fewer say nothing."""
_HIDES = 0.3
"""Of a place's middle: where so much of the ground is hidden by another texture, that is no light."""


def _fine(levels: Levels, inside: Flags) -> Levels:
    """The texture: what is left of the levels inside without the plane that fits them best."""
    y, x = np.nonzero(inside)
    found = levels[inside].astype(np.float64)
    found -= found.mean()
    flat = np.stack((x - x.mean(), y - y.mean()))
    across = flat @ flat.T + 1e-6 * np.eye(2)
    return np.asarray(found - np.linalg.solve(across, flat @ found) @ flat)


def _finest(levels: Levels) -> Levels:
    """The texture by the pixel: each as a share of what is around it. The edge of a shadow is but a line in it."""
    return np.asarray(levels / (cv.blur(levels, (5, 5)) + 1.0) - 1.0)


def correlation(a: Levels, b: Levels) -> float:
    """Of two textures, each about 0: -1..1; 0 where there is nothing to compare."""
    both = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / both if both > 0.0 else 0.0


def _is_shift(scene: Scene, where: Mask) -> bool:
    """Is it the background, a pixel or two aside?"""
    inside = where > 0
    padded = cv.copyMakeBorder(scene.long, _ASIDE, _ASIDE, _ASIDE, _ASIDE, cv.BORDER_REPLICATE)
    height, width = inside.shape
    a = _fine(scene.short, inside)
    if float(a.std()) < _TEXTURE:
        return False
    steps = range(2 * _ASIDE + 1)
    aside = (np.asarray(padded)[y : y + height, x : x + width] for y in steps for x in steps)
    return max(correlation(a, _fine(each, inside)) for each in aside) >= _ALIKE


_ALIKE = 0.85
"""The same for a shift, of which there are many to choose from."""


def _outline(image: Image, where: Mask) -> Levels:
    """How strong the edge is that runs along the outline of a place: the slope across it, at each pixel of its rim."""
    across, down = slopes(np.asarray(cv.GaussianBlur(where, (5, 5), 0), np.uint8))
    steep = np.maximum(cv.magnitude(across, down), 1e-6)
    right, under = slopes(np.asarray(cv.GaussianBlur(image[..., 0], (3, 3), 0), np.uint8))
    slope = np.abs(right * across + under * down) / steep
    rim = cv.subtract(cv.dilate(where, _CROSS), cv.erode(where, _CROSS)) > 0
    return np.asarray(slope[rim])


def _round(outline: Levels) -> float:
    """The share of an outline along which there is an edge: a third of what it has where it is strong, or more."""
    return float((outline > max(_EDGE / 2, float(np.percentile(outline, 80)) / 3)).mean())
