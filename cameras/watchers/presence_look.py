"""presence_look: `presence` at work on one scene, picture by picture.

Lays each picture onto the background and takes what is in front of it, but for what light explains. What is left, in
pieces of some size, is something; it is in a zone if half of it is, or if it touches the ground there. What light made
and stays is taken into the background; what was something a moment ago never is, before it has stood for `fixture`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp
from typing import TYPE_CHECKING

import numpy as np

from cameras.background import Background, Mask
from cameras.pictures import Aligner, Levels, apart, cv, drawn, shifted, slopes, small
from cameras.shading import in_other_light
from cameras.watcher import Frame, Image, Seen, View
from cameras.watchers.static_presence import Kind, Scene, kind

if TYPE_CHECKING:
    from cameras.watchers.presence import Presence

_PROVES = 2.0
"""Seconds of rest that one picture proves, at most."""
_LASTING = 20.0
"""Seconds: what has been at rest for so long, and is nothing, is the scene."""
_TRUSTED = 4.0
"""Seconds: what has been said of a place for so long is believed for as long."""
_ALL = 0.6
"""Of the picture: when so much is in front for `learn`, it is another scene."""
_MOST = 64
"""Pieces that are looked at in a picture."""
_RIM = 4
"""Pixels around a piece that are looked at with it."""
_PART = 0.5
"""Of a piece: so much of it makes it one of a zone."""
_FOOT = 0.1
"""Of a piece's height: its lowest part, by which it touches the ground."""
_GONE = 0.75
"""An outline is no weaker than this share of what was there before."""
_SPECK = np.ones((3, 3), np.uint8)
"""Narrower things, such as rain, are nothing."""
_JOIN = np.asarray(cv.getStructuringElement(cv.MORPH_ELLIPSE, (9, 9)))
"""What is as near as this is one piece."""


@dataclass(slots=True)
class _Place:
    """A zone and what is in it."""

    name: str
    mask: Mask
    area: int
    """Pixels of the mask."""
    number: int = 0
    """0: nothing is told."""
    since: float | None = None
    """When the first of what has been there without interruption was seen, as `ts`; None: it is empty."""
    there: float = 0.0
    """Seconds for which that is proved."""
    empty: float = 0.0
    """Seconds for which it is proved that nothing is there any more."""


class PresenceLook:
    """One scene: its background, and what is in its zones."""

    def __init__(self, settings: Presence, view: View) -> None:
        """view: the scene, with the zones that are meant."""
        self._given, self._zones = settings, [view.zones[name] for name in sorted(view.zones)]
        self._places: list[_Place] = []
        self._background: Background | None = None
        self._next = 1
        self._ts = 0.0
        self._learned = self._changed = 0.0
        """Seconds for which the scene has been learnt, and for which it has been another."""

    def look(self, frame: Frame) -> list[Seen]:
        """What is in each zone in the next picture."""
        now = apart(small(frame.image, self._given.pixels))
        background = self._background
        if background is None or background.long.shape != now.shape:
            self._begin(now, frame.ts)
            return []
        seconds, self._ts = max(0.0, frame.ts - self._ts), frame.ts
        x, y = self._aligner.shift(now[..., 0], background.reference)
        self._lay(background, shifted(now, x, y), seconds)
        if self._other_scene(background, seconds):
            return []
        pieces = self._pieces(background, _without_rim(background.front, x, y), seconds)
        if self._learned < self._given.learn:
            self._learned += min(seconds, self._given.learn / 3)
            background.absorb(_rested(background, _PROVES))
            return []
        self._follow(background, pieces)
        return [seen for place in self._places if (seen := self._seen(place, pieces, seconds)) is not None]

    def _begin(self, now: Levels, ts: float) -> None:
        given = self._given
        height, width = shape = now.shape[0], now.shape[1]
        self._background = Background(now, 255.0 * given.contrast, given.adapt, _PROVES, _LASTING)
        self._aligner = Aligner(shape, given.shake * width)
        whole = np.full(shape, 255, np.uint8)
        zones = [(zone.name, drawn(zone.mask(shape))) for zone in self._zones]
        self._places = [_Place(name, mask, max(1, cv.countNonZero(mask))) for name, mask in zones or [("", whole)]]
        self._smallest = max(9, round(given.smallest * height * width))
        self._something: Levels = np.full(shape, -np.inf)
        """When something was last there, as `ts`."""
        self._said: Levels = np.zeros(shape, np.float32)
        """Seconds by which what is in front was said to be something rather than light; below 0, the other way."""
        self._ts, self._learned, self._changed = ts, 0.0, 0.0

    def _lay(self, background: Background, now: Image, seconds: float) -> None:
        """Lay a picture onto the background, but not over its rim around what is there: along an outline the two can't
        be told apart, and what stands for long would be eaten up from there. The rim follows the light alone."""
        lately = self._something > self._ts - _LASTING
        before = background.long.copy() if lately.any() else None
        background.see(now, self._ts, seconds)
        if before is not None:
            rim = cv.bitwise_and(lately.astype(np.uint8), cv.bitwise_not(background.front))
            share = 1.0 - exp(-seconds / self._given.adapt)
            lit = cv.addWeighted(before, 1.0 - share, background.then.astype(np.float32), share, 0.0)
            cv.copyTo(lit, rim, background.long)

    def _other_scene(self, background: Background, seconds: float) -> bool:
        """Is so much changed that nothing can be said? If it stays so, it is the scene."""
        if cv.countNonZero(background.front) <= _ALL * background.front.size:
            self._changed = 0.0
            return False
        self._changed += min(seconds, self._given.learn / 3)
        if self._changed >= self._given.learn:
            background.renew()
            self._learned = self._changed = 0.0
        return True

    def _pieces(self, background: Background, front: Mask, seconds: float) -> list[Mask]:
        """What is in front, and is something: each piece's pixels, in the whole picture; the largest first."""
        front = cv.morphologyEx(front, cv.MORPH_OPEN, _SPECK)
        if cv.countNonZero(front) < self._smallest:
            self._said[:] = 0.0
            return []
        noise = float(np.median(background.noise[::4, ::4]))
        part = _around(cv.boundingRect(front))
        scenery = in_other_light(background.now[part][..., 0], background.long[part][..., 0], noise)
        cv.bitwise_and(front[part], cv.bitwise_not(scenery), dst=front[part])
        front = cv.morphologyEx(front, cv.MORPH_OPEN, _SPECK)
        closed = cv.morphologyEx(front, cv.MORPH_CLOSE, _JOIN)
        count, labels, stats, _ = cv.connectedComponentsWithStats(closed, connectivity=8)
        self._said[closed == 0] = 0.0
        order = sorted(range(1, count), key=lambda i: (-int(stats[i, cv.CC_STAT_AREA]), i))
        found = []
        for i in order[:_MOST]:
            left, top, width, height, area = (int(n) for n in stats[i])
            if area < self._smallest:
                break
            around = _around((left, top, width, height))
            where = drawn(labels[around] == i)
            if self._is_something(background, around, where, min(seconds, _TRUSTED / 2)):
                whole = np.zeros_like(closed)
                whole[around] = where
                found.append(whole)
        return found

    def _is_something(self, background: Background, part: tuple[slice, slice], where: Mask, credit: float) -> bool:
        """Is a piece something, by this picture and by what was said of its pixels in the last ones?"""
        scene = _as_it_is(background, part)
        hides = kind(scene, where) is not Kind.LIGHT and _edge(scene.now, where) >= _GONE * _edge(scene.then, where)
        said = self._said[part]
        inside = where > 0
        said[inside] = np.clip(said[inside] + (credit if hides else -credit), -_TRUSTED, _TRUSTED)
        return float(said[inside].sum()) > 0.0

    def _follow(self, background: Background, pieces: Sequence[Mask]) -> None:
        """Take what is nothing, and has come to stay, into the background; and what has stood for `fixture`."""
        for piece in pieces:
            self._something[cv.dilate(piece, _JOIN) > 0] = self._ts
        rested = _rested(background, _LASTING - 1e-3)
        lately = self._something > self._ts - _LASTING
        lately &= background.since > self._ts - self._given.fixture
        rested[lately] = 0
        if cv.countNonZero(rested):
            background.absorb(rested)

    def _seen(self, place: _Place, pieces: Sequence[Mask], seconds: float) -> Seen | None:
        """What is told of a zone, if anything."""
        given = self._given
        inside = [piece for piece in pieces if _is_in(piece, place)]
        if not inside:
            place.empty += min(seconds, given.bridge / 2)
            if place.number == 0 or place.empty >= given.bridge:
                place.number, place.since = 0, None
            return None
        if place.since is None:
            place.since, place.there = self._ts, 0.0
        else:
            place.there += min(seconds, given.settle / 2)
        place.empty = 0.0
        if place.there < given.settle:
            return None
        if place.number == 0:
            place.number, self._next = self._next, self._next + 1
        union = np.bitwise_or.reduce(inside)
        height, width = union.shape
        left, top, wide, high = cv.boundingRect(union)
        share = cv.countNonZero(cv.bitwise_and(union, place.mask)) / place.area
        box = left / width, top / height, wide / width, high / height
        return Seen(place.number, "presence", round(share, 3), box, self._ts - place.since, place.name)


def _around(part: tuple[int, int, int, int]) -> tuple[slice, slice]:
    """A part of the picture (left, top, width, height) with its rim, as an index."""
    left, top, width, height = part
    return slice(max(0, top - _RIM), top + height + _RIM), slice(max(0, left - _RIM), left + width + _RIM)


def _without_rim(front: Mask, x: float, y: float) -> Mask:
    """What is in front, but for the rim that a picture moved by a shift does not show."""
    height, width = front.shape
    left, right = (ceil(max(0.0, each)) for each in (-x, x))
    top, bottom = (ceil(max(0.0, each)) for each in (-y, y))
    seen = np.zeros_like(front)
    inside = slice(top, height - bottom), slice(left, width - right)
    seen[inside] = front[inside]
    return seen


def _rested(background: Background, seconds: float) -> Mask:
    """Where something has been at rest for so long."""
    long = cv.compare(background.votes, float(seconds), cv.CMP_GE)
    return np.asarray(cv.bitwise_and(long, background.at_rest), np.uint8)


def _as_it_is(background: Background, part: tuple[slice, slice]) -> Scene:
    """A part of the picture against the scene, whether what is there rests or not."""
    now = np.ascontiguousarray(background.now[part])
    long = np.ascontiguousarray(background.long[part][..., 0])
    return Scene(background.then[part], now, now, long, now[..., 0].astype(np.float32))


def _edge(image: Image, where: Mask) -> float:
    """How steep brightness and colours are along the outline of a piece, levels: what was taken away had an outline."""
    rim = cv.subtract(cv.dilate(where, _SPECK), cv.erode(where, _SPECK)) > 0
    soft = cv.GaussianBlur(image, (3, 3), 0)
    right, down = slopes(soft)
    return float(np.sqrt(right * right + down * down).max(axis=2)[rim].mean())


def _is_in(piece: Mask, place: _Place) -> bool:
    """Whether half of a piece is in a zone, or half of its foot."""
    _, top, _, high = cv.boundingRect(piece)
    foot = piece[top + high - max(2, round(_FOOT * high)) : top + high]
    mask = place.mask[top + high - len(foot) : top + high]
    return any(
        cv.countNonZero(cv.bitwise_and(some, there)) >= _PART * cv.countNonZero(some)
        for some, there in ((piece, place.mask), (foot, mask))
    )
