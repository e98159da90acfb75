"""fixtures: what stands in a camera's picture for good, and is nothing to report: a statue, a kiosk, a parked skip.

Reads the fixtures' table; answers for columns of sightings, each by what is valid at its ts. A fixture is a box of the
picture or a zone of it, for one label or for any. Of a box, the very thing is meant: a sighting is it where the two
boxes share at least half of what they cover together (intersection over union, as PASCAL VOC tells one object from
another), so that a bag beside a kiosk is not the kiosk. Of a zone, whatever the camera says is in it.

Most cameras have none, and cost one look-up a row.
"""

from __future__ import annotations

import copy

import numpy as np

from pipeline.names import NOBODY, Names
from pipeline.permits import Spans
from pipeline.raster import Index
from pipeline.registers import Table
from pipeline.rows import Flags, Ints, Sighting

SAME = 0.5
"""Intersection over union from which on two boxes are of one thing."""


class Fixtures:
    """The table, compiled once; `bind` gives it the codes of an engine."""

    def __init__(self, table: Table) -> None:
        self.count = len(table)
        cameras = table.text("camera")  # in order: the table is sorted by it
        self._cameras = sorted(set(cameras))
        number = {camera: k for k, camera in enumerate(self._cameras)}
        since, until = table.numbers("valid_from").tolist(), table.numbers("valid_to").tolist()
        self._spans = Spans([number[camera] for camera in cameras], since, until, len(number) + 1)
        self._zones, self._labels = table.text("zone"), table.text("label")
        self._box = np.stack([table.numbers(name) for name in ("left", "top", "width", "height")])

    def bind(self, names: Names) -> Fixtures:
        """The same, speaking the codes of `names`; adds its own words."""
        bound = copy.copy(self)
        codes = names.codes(self._cameras)
        bound._owner = np.full(int(codes.max(initial=NOBODY)) + 2, len(self._cameras), np.int64)
        bound._owner[codes] = np.arange(len(codes))
        bound._zone, bound._label = (
            np.array([names.code(word) if word else NOBODY for word in words], np.int32)
            for words in (self._zones, self._labels)
        )
        return bound

    _owner: Index
    """By a camera's code: its place among those that have any; the last, for every other, has none."""
    _zone: Ints
    _label: Ints
    """Of each fixture: codes, NOBODY for a box, and for any label."""

    def any(self, cameras: Ints) -> Flags:
        """Whether each camera has one, at any time, shape (n,)."""
        found: Flags = self._spans.count.take(self._of(cameras)) > 0
        return found

    def are(self, rows: Sighting) -> Flags:
        """Which sightings are of a fixture that is valid then, shape (n,)."""
        found = np.zeros(len(rows), np.bool_)
        if not self.count:
            return found
        owner = self._of(rows.subject)
        mine = np.flatnonzero(self._spans.count.take(owner))
        row, fixture = self._spans.at(owner[mine], rows.ts[mine])
        row = mine[row]
        label, zone = self._label[fixture], self._zone[fixture]
        meant = (label == NOBODY) | (label == rows.label[row])
        hit = meant & np.where(zone == NOBODY, self._overlap(rows, row, fixture), zone == rows.zone[row])
        found[row[hit]] = True
        return found

    def _of(self, cameras: Ints) -> Index:
        last = len(self._owner) - 1
        owner: Index = self._owner.take(np.where(cameras < 0, last, np.minimum(cameras, last)))
        return owner

    def _overlap(self, rows: Sighting, row: Index, fixture: Index) -> Flags:
        """Whether each pair's boxes are of one thing; not where the fixture has none."""
        left, top, width, height = self._box[:, fixture]
        x, y, w, h = rows.x[row], rows.y[row], rows.w[row], rows.h[row]
        across = np.minimum(x + w, left + width) - np.maximum(x, left)
        along = np.minimum(y + h, top + height) - np.maximum(y, top)
        both = np.maximum(across, 0.0) * np.maximum(along, 0.0)
        same: Flags = both >= SAME * (w * h + width * height - both)
        return same
