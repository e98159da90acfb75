"""background: what is behind everything at each pixel, and what has been in front of it lately and does not move.

Two pictures are remembered. The long one is the scene; it follows what matches it, and the light. The short one is what
a pixel shows instead: a majority vote over time (Boyer and Moore 1981). What is shown gains the seconds that it is
shown and loses those for which something else is; at nothing, the next one gets the place. So what stands for most of
the time wins, whatever passes in front of it. Seconds, not pictures, so the rate does not matter; but one picture
counts for `most` seconds only, because two pictures ten seconds apart do not say what was between them.

Pixels of objects that are known (`keep`) no longer vote: they hold the object's picture until it is given up.
"""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cameras.light import Light
from cameras.pictures import Levels, cv
from cameras.watcher import Image

Mask = NDArray[Any]
"""Shape (height, width): 0 no, 255 yes."""

_NOISE = 3.0
"""Times the usual distance from a pixel's mean of the last seconds: beyond it, a pixel shows something else."""
_LEARNED = 0.6
"""Levels a second by which what is known of a pixel's noise moves, towards its median."""
_AVERAGED = 0.2
"""Of the short picture, the least that a picture which matches changes."""
_LOST = 3.0
"""Pictures' worth of seconds in which nothing like the short picture was seen, so that what is seen now has come
since."""
_AROUND = np.ones((3, 3), np.uint8)
"""A pixel is compared with all of these of the background: a shake that was put right is right to half a pixel, and
leaves move."""
_RIM = np.ones((9, 9), np.uint8)
"""How far around an object its blurred outline and its small shadow reach."""


class Background:
    """Both backgrounds of one scene."""

    def __init__(self, first: Image, contrast: float, adapt: float, most: float, cap: float) -> None:
        """first: brightness and two colours. contrast: levels. adapt, most, cap: seconds; a vote is `cap` at most."""
        shape = first.shape[:2]
        self._contrast, self._adapt, self._most, self._cap = contrast, adapt, most, cap
        self.long = first.astype(np.float32)
        self.short = first.astype(np.float32)
        self.votes: Levels = np.zeros(shape, np.float32)
        """Seconds by which the short picture is ahead."""
        self.since: Levels = np.zeros(shape, np.float64)
        """When the short picture began to be seen, as `ts`."""
        self._rested: Levels = np.full(shape, -np.inf)
        """When the short picture was last seen, as `ts`."""
        self.noise: Levels = np.full(shape, 1.5, np.float32)
        self.kept: Mask = np.zeros(shape, np.uint8)
        self.seen = 0
        """Pictures."""
        self._recent: Levels = np.zeros(shape, np.float32)
        """By how much each pixel is brighter than the long background, the mean of the last seconds."""
        self.now = self.then = self.other = self.plain = first
        """The last picture; the long and the short background in its light; and the long one in that light only which
        is sure: that of the whole picture, and where the ground is seen."""
        self.front: Mask = np.zeros(shape, np.uint8)
        """Where the last picture is not the long background."""
        self.at_rest: Mask = np.zeros(shape, np.uint8)
        """Where it is the short one."""

    def see(self, now: Image, ts: float, seconds: float) -> None:
        """The next picture, laid onto the background. seconds: since the one before."""
        credit = min(seconds, self._most)
        then = _levels(self.long)
        light = Light(now, then)
        self.now = now
        self.then, self.plain = light.on(then)
        self.other, sure = light.on(_levels(self.short))
        bound = self._bound()
        self.front = _differs(now, self.then, bound)
        self.at_rest = cv.bitwise_and(self.front, cv.bitwise_not(_differs(now, self.other, bound)))
        self._vote(ts, credit)
        self._follow(None if light.same else sure, seconds)
        self._restless(seconds, credit)
        self.seen += 1

    @property
    def reference(self) -> Image:
        """The brightness of the long background, for a picture to be laid onto."""
        return _levels(self.long[..., 0])

    def _bound(self) -> Image:
        """By how much each pixel and channel may differ, levels."""
        noise = cv.max(self.noise, cv.blur(self.noise, (5, 5)))
        bright = cv.convertScaleAbs(noise, alpha=_NOISE, beta=self._contrast)
        colour = cv.convertScaleAbs(noise, alpha=_NOISE / 2, beta=self._contrast)
        return np.asarray(cv.merge([bright, colour, colour]), np.uint8)

    def _vote(self, ts: float, credit: float) -> None:
        free = cv.bitwise_not(self.kept)
        none = cv.compare(self.votes, 0.0, cv.CMP_LE)
        votes = cv.add(self.votes, self._ahead(credit))
        cv.min(votes, self._cap, dst=votes)
        fresh = cv.compare(votes, 0.0, cv.CMP_LT)
        cv.max(votes, 0.0, dst=votes)
        cv.copyTo(votes, free, self.votes)
        place = cv.bitwise_and(cv.bitwise_and(fresh, free), self.front)
        if cv.countNonZero(place):
            cv.copyTo(self.now.astype(np.float32), place, self.short)
            cv.copyTo(np.full(self.since.shape, ts), place, self.since)
        # What looks like what was there long ago has not stood since then.
        lost = cv.bitwise_and(none, cv.compare(self._rested, ts - _LOST * self._most, cv.CMP_LT))
        again = cv.bitwise_and(cv.bitwise_and(self.at_rest, lost), free)
        clock = np.full(self.since.shape, ts)
        if cv.countNonZero(again):
            cv.copyTo(clock, again, self.since)
        cv.copyTo(clock, self.at_rest, self._rested)

    def _ahead(self, credit: float) -> Levels:
        """Seconds by which each pixel's vote changes: more where it is at rest, less elsewhere."""
        rest = self.at_rest.astype(np.float32)
        return np.asarray(cv.addWeighted(rest, 2.0 * credit / 255.0, rest, 0.0, -credit))

    def _follow(self, lit: Image | None, seconds: float) -> None:
        share = max(1.0 - exp(-seconds / self._adapt), 1.0 / (self.seen + 2.0))
        hidden = self._hidden()
        behind = cv.bitwise_not(hidden)
        cv.accumulateWeighted(self.now, self.long, share, behind)
        cv.accumulateWeighted(self.now, self.short, self._quick(seconds), self.at_rest)
        if lit is not None:  # what is hidden gets the light too, or it would look strange when it is seen again
            cv.accumulateWeighted(self.plain, self.long, share, hidden)
            away = cv.bitwise_not(self.at_rest)
            cv.accumulateWeighted(lit, self.short, share, away)

    def _hidden(self) -> Mask:
        """Where the scene can't be learned. Around what is known to stand there the two can't be told apart: it would
        be learned from its outline inwards, until nothing were left of it."""
        if not cv.countNonZero(self.kept):
            return self.front
        return np.asarray(cv.bitwise_or(self.front, cv.dilate(self.kept, _RIM)), np.uint8)

    def _quick(self, seconds: float) -> float:
        return min(0.5, max(1.0 - exp(-seconds / self._most), _AVERAGED))

    def _restless(self, seconds: float, credit: float) -> None:
        """How far each pixel usually is from its mean of the last seconds, in the light of now: the median over time
        (Manzanera 2007), so that traffic on a road does not count, and leaves in the wind do; nor does what comes and
        stays, nor a cloud."""
        levels = cv.subtract(self.now[..., 0], self.then[..., 0], dtype=cv.CV_32F)
        off = cv.subtract(cv.absdiff(levels, self._recent), self.noise)
        step = _LEARNED * credit
        self.noise += np.clip(off, -step, step)
        cv.accumulateWeighted(levels, self._recent, self._quick(seconds))

    def absorb(self, where: Mask) -> None:
        """What is at rest there is the scene from now on; in the light in which the scene is remembered."""
        self._learn(where, 1.0)

    def relit(self, where: Mask, seconds: float) -> None:
        """What is at rest there is the scene in another light: it is followed slowly, for it may go again."""
        self._learn(where, 1.0 - exp(-seconds / self._adapt))

    def _learn(self, where: Mask, share: float) -> None:
        if not cv.countNonZero(where):
            return
        left, top, width, height = cv.boundingRect(where)
        part = slice(top, top + height), slice(left, left + width)
        long = self.long[part]
        off = cv.subtract(self.short[part], self.then[part], dtype=cv.CV_32F)
        cv.copyTo(cv.scaleAdd(off, share, long), where[part], long)
        self.drop(where)

    def drop(self, where: Mask) -> None:
        """What is at rest there is forgotten."""
        cv.copyTo(np.zeros_like(self.votes), where, self.votes)
        cv.copyTo(np.zeros_like(self.kept), where, self.kept)

    def keep(self, where: Mask) -> None:
        """What is at rest there is an object: hold its picture."""
        cv.bitwise_or(self.kept, where, dst=self.kept)

    def renew(self) -> None:
        """Nothing is what it was: the last picture is the scene, and all else is forgotten."""
        self.long = self.now.astype(np.float32)
        self.votes[:] = 0.0
        self.kept[:] = 0
        self.seen = 0


def _levels(remembered: Levels) -> Image:
    return np.asarray(cv.convertScaleAbs(remembered), np.uint8)


def _differs(a: Image, b: Image, bound: Image) -> Mask:
    """Where any channel of a differs by more than it may from all pixels around it in b."""
    above = cv.subtract(a, cv.dilate(b, _AROUND))
    below = cv.subtract(cv.erode(b, _AROUND), a)
    over = cv.split(cv.compare(cv.max(above, below), bound, cv.CMP_GT))
    return np.asarray(cv.bitwise_or(cv.bitwise_or(over[0], over[1]), over[2]), np.uint8)
