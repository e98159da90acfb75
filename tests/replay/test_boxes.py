"""Boxes: intersection over union by hand, and which case was where a label says."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from pipeline.names import Names
from pipeline.rows import Sighting
from replay.boxes import Boxes, iou
from replay.labels import Label
from replay.score import Timing, score

TO_THE_END = {"stopped": Timing(patience=0.0)}


@dataclass(frozen=True)
class Case:
    started: float
    ended: float = math.nan
    part: str = "1"
    rule: str = "stopped"
    subject: str = "cam"

    @property
    def confirmed(self) -> float:
        return self.started + 2


@pytest.mark.parametrize(
    "a, b, share",
    [
        pytest.param((0, 0, 2, 2), (0, 0, 2, 2), 1.0, id="the-same"),
        pytest.param((0, 0, 2, 2), (1, 0, 2, 2), 1 / 3, id="half-beside"),
        pytest.param((0, 0, 4, 4), (1, 1, 2, 2), 0.25, id="within"),
        pytest.param((0, 0, 1, 1), (1, 0, 1, 1), 0.0, id="edge-to-edge"),
        pytest.param((0, 0, 0, 0), (0, 0, 0, 0), 0.0, id="nothing"),
    ],
)
def test_iou(a: tuple[float, ...], b: tuple[float, ...], share: float) -> None:
    assert iou(np.array([a], float), np.array([b], float)).tolist() == pytest.approx([share])


def seen(names: Names, track: int, when: list[float], x: float) -> Sighting:
    n = len(when)

    def column(value: float) -> np.ndarray:
        return np.full(n, value)

    return Sighting(
        subject=np.full(n, names.code("cam"), np.int32),
        ts=np.array(when),
        received=np.array(when),
        position=np.arange(n),
        stream=np.zeros(n, np.int32),
        track=np.full(n, track),
        label=np.full(n, names.code("car"), np.int32),
        score=column(0.9),
        x=column(x),
        y=column(0.5),
        w=column(0.1),
        h=column(0.1),
        zone=np.full(n, -1, np.int32),
        still=column(9.0),
    )


def label(first: int, last: int, x: float) -> Label:
    boxes = tuple((float(ts), x, 0.5, 0.1, 0.1) for ts in range(first, last))
    return Label(float(first), "stopped", "cam", float(last - 1), boxes=boxes)


#  seconds   0    10   20   30   40   50        track 1 stands at x = 0.2 and is seen up to 20; track 2 at 0.6
#  truth     at 0.2 (or 0.24: IoU 0.43; 0.22: 0.67)
@pytest.mark.parametrize(
    "case, truth, found",
    [
        pytest.param(Case(5, 20), label(0, 50, 0.2), True, id="16-of-50"),
        pytest.param(Case(5, 20), label(0, 50, 0.22), True, id="a-little-beside"),
        pytest.param(Case(5, 20), label(0, 50, 0.24), False, id="too-far-beside"),
        pytest.param(Case(5, 12), label(0, 50, 0.2), False, id="8-of-50"),
        pytest.param(Case(5, 14), label(0, 50, 0.2), True, id="10-of-50"),
        pytest.param(Case(5), label(0, 50, 0.2), True, id="its-last-box-stays-while-it-goes-on"),
        pytest.param(Case(5, 20, part="2"), label(0, 50, 0.2), False, id="another-object"),
        pytest.param(Case(5, 20, part="3"), label(0, 50, 0.2), False, id="never-seen"),
        pytest.param(Case(5, 20), label(30, 50, 0.2), False, id="at-another-time"),
    ],
)
def test_found(case: Case, truth: Label, found: bool) -> None:
    names, boxes = Names(), Boxes()
    boxes.note(seen(names, 1, [float(t) for t in range(10)], 0.2), names)
    boxes.note(seen(names, 2, [float(t) for t in range(50)], 0.6), names)
    boxes.note(seen(names, 1, [float(t) for t in range(10, 21)], 0.2), names)
    assert boxes.found(case, truth) is found
    result = score([case], [truth], 50.0, TO_THE_END, places=boxes.found)[""]
    assert (result.right, len(result.missed), len(result.false)) == ((1, 0, 0) if found else (0, 1, 1))


def test_two_at_once_in_one_picture() -> None:
    names, boxes = Names(), Boxes()
    for track, x in ((1, 0.2), (2, 0.6)):
        boxes.note(seen(names, track, [float(t) for t in range(50)], x), names)
    truth = [label(0, 50, 0.6), label(0, 50, 0.2)]
    result = score([Case(5, 49, "1"), Case(5, 49, "2"), Case(6, 49, "2")], truth, 50.0, TO_THE_END, places=boxes.found)[
        ""
    ]
    assert (result.right, result.duplicates, len(result.false)) == (2, 1, 0)
