"""A picture says which zones it shows: those of the preset that the camera looks at."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cameras.looking import Looking
from cameras.watcher import Frame, View, Zone
from tests.cameras.fakes import Bright

AREA = np.array([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]])


def view(*zones: str) -> View:
    return View("c", {name: Zone(name, AREA) for name in zones})


@pytest.mark.parametrize(
    "views, expected",
    [
        pytest.param({"": view("stall", "gate")}, ["gate", "stall"], id="its-zones"),
        pytest.param({"market": view("stall")}, None, id="of-another-preset"),
        pytest.param({}, None, id="none"),
    ],
)
def test_which_zones_are_told(views: dict[str, View], expected: list[str] | None) -> None:
    looking = Looking("c", {"bright": Bright()}, views)
    (_, sightings), *_ = looking.look(Frame(5.0, np.zeros((90, 160, 3), np.uint8)))
    assert json.loads(sightings).get("zones") == expected
