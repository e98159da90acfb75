"""displaced: wrong where a thing is certainly farther from its registered place than the tolerance."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.displaced import Displaced
from pipeline.geo import Plane
from pipeline.names import Names
from pipeline.world import World
from tests.places import codes, positions, registers

PLANE = Plane(104.0, 30.0)
NAN = float("nan")


def city() -> World:
    bins: list[dict[str, object]] = [
        {"id": "B1", "class": "litter", "lon": 104.0, "lat": 30.0, "valid_to": 100.0},
        {"id": "B1", "class": "litter", "lon": 104.1, "lat": 30.0, "valid_from": 100.0},
    ]
    return World(registers([{"id": "truck"}], bins=bins)).bind(Names())


@pytest.mark.parametrize(
    "who, metres, accuracy, ts, said",
    [  # w wrong, r right, . neither
        pytest.param("B1", 0, 0, 0, "r", id="at-its-place"),
        pytest.param("B1", 49, 0, 0, "r", id="just-within"),
        pytest.param("B1", 51, 0, 0, "w", id="just-beyond"),
        pytest.param("B1", 51, NAN, 0, "w", id="no-accuracy-stated"),
        pytest.param("B1", 60, 20, 0, ".", id="the-fix-may-be-off"),
        pytest.param("B1", 40, 20, 0, ".", id="it-may-be-beyond"),
        pytest.param("B1", 80, 20, 0, "w", id="however-far-the-fix-is-off"),
        pytest.param("B1", 0, 0, 100, "w", id="it-was-given-another-place"),
        pytest.param("truck", 500, 0, 0, ".", id="no-place"),
        pytest.param("stranger", 500, 0, 0, ".", id="stranger"),
    ],
)
def test_judge(who: str, metres: float, accuracy: float, ts: float, said: str) -> None:
    world = city()
    lon, lat = (float(x) for x in PLANE.to_degrees(metres, 0.0))
    rows = positions(world.names, [who], [lon], [lat], [ts])
    rows.accuracy = np.array([accuracy])
    judgement = Displaced().judge(rows, world, None)
    assert judgement.right is not None
    assert (judgement.wrong.tolist(), judgement.right.tolist()) == ([said == "w"], [said == "r"])
    if said == "w" and ts == 0:
        assert judgement.measure is not None
        assert judgement.measure.tolist() == pytest.approx([metres], rel=0.01)


def test_who_has_no_place_is_said() -> None:
    world = city()
    (missing,) = Displaced().missing(codes(world.names, ["B1", "truck", "stranger"]), world).values()
    assert missing.tolist() == [False, True, True]
