"""The watcher load_not_covered: models of our own on drawn pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from cameras.models import Model, ModelError
from cameras.watcher import Frame, Image, Seen, View, Zone, corners
from cameras.watchers.load_not_covered import LoadLook, LoadNotCovered
from pipeline.rows import Floats
from pipeline.units import Quantity
from tests.cameras.test_bin_classifier import whitish
from tests.cameras.test_object_detector import START, objects, picture
from tests.cameras.tiny_model import tiny

for each in ("cv2", "onnx", "onnxruntime", "trackers"):
    pytest.importorskip(each, reason="needs gridwatch[cameras], and onnx to make models")

VIEW = View("gate", {"lane": Zone("lane", corners([[0, 0], [1, 0], [1, 0.7], [0, 0.7]]))})
LORRY = (0.25, 0.25, 0.5, 0.25)
"""Its box; it stands in the lane."""


def settings(folder: Path, **given: Any) -> LoadNotCovered:
    """A detector that takes white squares for lorries, and a classifier that takes what is white for an open load."""
    return LoadNotCovered(
        model=Model(file=tiny(folder / "tiny.onnx")),
        classes=("person", "truck"),
        classifier=Model(file=whitish(folder / "white.onnx", False)),
        mean=(0.0, 0.0, 0.0),
        spread=(1.0, 1.0, 1.0),
        **({"loads": ("covered", "uncovered"), "smallest": 8, "each": Quantity(0.0)} | given),
    )


class Scripted:
    """A classifier that says what the test says: the next share of 'uncovered' for each lorry that it is shown."""

    def __init__(self, shares: Sequence[float]) -> None:
        self.shares = list(shares)
        self.asked = 0

    def likely(self, image: Image) -> Floats:
        self.asked += 1
        share = self.shares[min(self.asked, len(self.shares)) - 1]
        return np.array([1.0 - share, share])


def watch(look: LoadLook, script: Scripted, boxes: Sequence[Any], every: float = 0.5) -> list[str]:
    """A lorry in each picture, where a box says: what is told of it, '' nothing."""
    look._classifier = script  # type: ignore[assignment]
    told = []
    for n, box in enumerate(boxes):
        seen = [Seen(3, "truck", 0.9, box, 0.0, "lane" if box[1] < 0.5 else "")]
        said = objects(look.told(Frame(START + every * n, np.zeros((100, 200, 3), np.uint8)), seen))
        assert all(one.track == 3 and one.score >= 0.5 for one in said)
        told.append(said[0].label if said else "")
    return told


OPEN = "uncovered_load"

# Pictures:     0    1    2     3     4     5        told from the third on


@pytest.mark.parametrize(
    "shares, told",
    [
        pytest.param([0.9] * 6, ["", "", OPEN, OPEN, OPEN, OPEN], id="open"),
        pytest.param([0.1] * 6, [""] * 6, id="covered"),
        pytest.param([0.6] * 6, [""] * 6, id="not-sure"),
        pytest.param([0.0, 0.95, 0.95, 0.95, 0.95, 0.95], ["", "", "", "", OPEN, OPEN], id="one-wrong-picture"),
        pytest.param([0.9, 0.9, 0.9, 0.3, 0.3, 0.9], ["", "", OPEN, OPEN, OPEN, OPEN], id="not-to-and-fro"),
        pytest.param([0.8, 0.8, 0.8, 0.0, 0.0, 0.0], ["", "", OPEN, "", "", ""], id="it-was-a-mistake"),
    ],
)
def test_its_pictures_vote(tmp_path: Path, shares: list[float], told: list[str]) -> None:
    assert watch(settings(tmp_path).begin(VIEW), Scripted(shares), [LORRY] * 6) == told


@pytest.mark.parametrize(
    "box, given, asked",
    [
        pytest.param(LORRY, {}, 8, id="whole"),
        pytest.param((0.25, 0.6, 0.5, 0.25), {}, 0, id="in-no-zone"),
        pytest.param((0.0, 0.25, 0.5, 0.25), {}, 0, id="cut-at-the-left"),
        pytest.param((0.5, 0.25, 0.5, 0.25), {}, 0, id="cut-at-the-right"),
        pytest.param(LORRY, {"smallest": 26}, 0, id="too-small"),
        pytest.param(LORRY, {"most": 5}, 5, id="no-more-than-that"),
        pytest.param(LORRY, {"each": Quantity(1.0)}, 4, id="not-so-often"),
    ],
)
def test_which_pictures_are_judged(
    tmp_path: Path, box: tuple[float, float, float, float], given: dict[str, Any], asked: int
) -> None:
    script = Scripted([0.9])
    watch(settings(tmp_path, **given).begin(VIEW), script, [box] * 8)
    assert script.asked == asked


def test_with_models_of_its_own_a_white_lorry_is_told(tmp_path: Path) -> None:
    """The detector and the classifier together: white is a lorry, and its load is open."""
    look = settings(tmp_path).begin(VIEW)
    told = [objects(look.look(Frame(START + 0.5 * n, picture((24, 24))))) for n in range(8)]
    assert [(one.label, one.zone) for one in told[-1]] == [(OPEN, "lane")]
    assert told[-1][0].score > 0.9
    assert told[0] == []


@pytest.mark.parametrize(
    "given, message",
    [
        pytest.param({"uncovered": "open"}, "`loads` has no 'open'", id="no-such-load"),
        pytest.param({"loads": ("covered", "uncovered", "empty")}, "tells 2 classes apart", id="too-many-loads"),
        pytest.param({"labels": ("lorry",)}, "no class 'lorry'", id="no-such-label"),
    ],
)
def test_what_can_not_be_begun(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        settings(tmp_path, **given).begin(VIEW)


def test_there_is_no_classifier_by_default() -> None:
    with pytest.raises(ValidationError, match="classifier"):
        LoadNotCovered.model_validate({})


def test_settings_as_they_are_written_are_read_again(tmp_path: Path) -> None:
    given = settings(tmp_path)
    assert LoadNotCovered.model_validate(given.model_dump(mode="json")) == given
