"""boxes: where in a camera's picture was a case, and was that where a label says that something was wrong?

Listens to the sightings that are judged and keeps each object's boxes for as long as somebody may ask. A label with
boxes is found by a case of which the box has an intersection over union of at least `IOU` with the label's in at least
`SHARE` of the label's pictures; a case's box at a time is the last one that its object had by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pipeline.names import Names
from pipeline.rows import Floats, Sighting
from replay.labels import Label
from replay.score import Found

IOU = 0.5
SHARE = 0.2


def iou(a: Floats, b: Floats) -> Floats:
    """Intersection over union of boxes, row by row. Shapes (n, 4): left, top, width, height. Shape (n,), 0..1."""
    left, top = np.maximum(a[:, 0], b[:, 0]), np.maximum(a[:, 1], b[:, 1])
    right = np.minimum(a[:, 0] + a[:, 2], b[:, 0] + b[:, 2])
    bottom = np.minimum(a[:, 1] + a[:, 3], b[:, 1] + b[:, 3])
    both = np.maximum(right - left, 0.0) * np.maximum(bottom - top, 0.0)
    either = a[:, 2] * a[:, 3] + b[:, 2] * b[:, 3] - both
    share: Floats = np.divide(both, either, out=np.zeros(len(both)), where=either > 0)
    return share


@dataclass(slots=True)
class Boxes:
    """The boxes of all objects that were seen, by camera and track."""

    _parts: list[Sighting] = field(default_factory=list)
    _names: Names | None = None
    _of: Mapping[tuple[str, str], Floats] | None = None

    def note(self, rows: Sighting, names: Names) -> None:
        """More of them."""
        self._parts.append(rows)
        self._names, self._of = names, None

    def of(self, camera: str, track: str) -> Floats:
        """Shape (n, 5): ts, left, top, width, height, by time."""
        if self._of is None:
            self._of = self._sorted()
        return self._of.get((camera, track), np.empty((0, 5)))

    def found(self, case: Found, label: Label) -> bool:
        """Whether the case was where the label says (`replay.score.Places`)."""
        seen = self.of(case.subject, case.part)
        truth = np.array(label.boxes, np.float64)
        ended = np.inf if np.isnan(case.ended) else case.ended
        at = np.searchsorted(seen[:, 0], truth[:, 0], side="right") - 1
        there = (at >= 0) & (truth[:, 0] >= case.started) & (truth[:, 0] <= ended)
        if not there.any():
            return False
        hits = iou(seen[at[there], 1:], truth[there, 1:]) >= IOU
        return bool(hits.sum() >= SHARE * len(truth))

    def _sorted(self) -> Mapping[tuple[str, str], Floats]:
        if not self._parts or self._names is None:
            return {}
        rows = Sighting.concat(self._parts)
        order = np.lexsort((rows.ts, rows.track, rows.subject))
        table = np.stack([rows.ts, rows.x, rows.y, rows.w, rows.h], axis=1)[order]
        camera, track = rows.subject[order], rows.track[order]
        edges = np.flatnonzero((np.diff(camera) != 0) | (np.diff(track) != 0)) + 1
        first = np.concatenate(([0], edges))
        return {
            (self._names[int(camera[at])], str(int(track[at]))): part
            for at, part in zip(first.tolist(), np.split(table, edges), strict=True)
        }
