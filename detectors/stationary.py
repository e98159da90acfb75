"""stationary: has an object stood in a camera's picture for too long?

Reads Sighting. Wrong where it has stood for `still`; right where it has stood for less than `rolling`, which means that
it moves, or where its place or its kind is none that is asked about. In between it stays what it was: a lorry that
creeps has not stopped, and a car that stopped and is pushed onto the shoulder has not driven off. Reports the seconds.
How long it has stood is for the camera to say (`cameras.still`), which also knows it again behind what hides it.
Default 6 s: on a motorway nobody stands for so long, and slow lorries far off seem to, for up to 5 s. In towns: more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
from pydantic import Field

from pipeline.detector import Detector, Judgement, Memory
from pipeline.names import NOBODY, Names
from pipeline.rows import Flags, Ints, Sighting
from pipeline.units import Quantity, Seconds, Share
from pipeline.world import World


class Stationary(Detector):
    """Has an object stood in a camera's picture for too long?"""

    rows = Sighting
    needs: ClassVar[tuple[str, ...]] = ("still",)
    unit = "s"
    version: ClassVar[str] = "1"

    still: Seconds = Field(Quantity(6.0), ge=0)
    """From this on it has stood for too long."""
    rolling: Seconds = Field(Quantity(0.5), ge=0)
    """What has stood for less is moving: it has covered a fifth of its length in that time."""
    score: Share = Field(Quantity(0.30), ge=0, le=1)
    """A fainter sighting proves nothing: shadows and signs are taken for cars now and then, and do not move either."""
    labels: tuple[str, ...] = ()
    """What is meant; not given: anything."""
    zones: tuple[str, ...] = ()
    """The zones of the picture that are meant; not given: all of it."""

    def judge(self, rows: Sighting, world: World, memory: Memory | None) -> Judgement:
        meant = ~(rows.score < self.score)  # unknown is not faint
        if self.labels:
            meant &= _among(rows.label, self.labels, world.names)
        right = rows.still < min(self.rolling, self.still)
        if self.zones:
            inside = _among(rows.zone, self.zones, world.names)
            meant &= inside
            right |= ~inside
        return Judgement(wrong=meant & (rows.still >= self.still), right=right, measure=rows.still, place=rows.zone)


def _among(column: Ints, words: Iterable[str], names: Names) -> Flags:
    codes = [code for code in map(names.find, words) if code != NOBODY]
    return np.isin(column, codes)
