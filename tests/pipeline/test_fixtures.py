"""fixtures: which sightings are of what stands there for good, by box or zone, label and time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.names import Names
from pipeline.registers import Registers, Table
from pipeline.rows import Sighting
from pipeline.world import World
from replay.boxes import iou
from replay.driving import table

NAN = float("nan")


def box(left: float, top: float, width: float, height: float) -> dict[str, float]:
    return {"left": left, "top": top, "width": width, "height": height}


def world(*fixtures: dict[str, Any]) -> World:
    rows = [{"camera": "market", **fixture} for fixture in fixtures]
    return World(Registers(fixtures=Table.of("fixtures", rows))).bind(Names(["market", "x"]))


def seen(city: World, *sightings: dict[str, Any]) -> Sighting:
    usual: dict[str, Any] = {
        "subject": "market",
        "ts": 10.0,
        "track": 1,
        "label": "object",
        "x": 0.4,
        "y": 0.5,
        "w": 0.2,
        "h": 0.2,
    }
    return table(Sighting, [usual | one for one in sightings], city.names)


STATUE = box(0.4, 0.5, 0.2, 0.2)


@pytest.mark.parametrize(
    "fixture, sighting, is_it",
    [
        pytest.param(STATUE, {}, True, id="the-very-box"),
        pytest.param(STATUE, {"x": 0.44}, True, id="much-the-same-box"),
        pytest.param(STATUE, {"x": 0.48}, False, id="less-than-half-of-both"),
        pytest.param(STATUE, {"w": 0.11}, True, id="just-half-of-it"),
        pytest.param(STATUE, {"w": 0.05, "h": 0.05}, False, id="a-bag-at-its-foot"),
        pytest.param(STATUE, {"x": 0.1, "y": 0.1, "w": 0.8, "h": 0.8}, False, id="a-lorry-before-it"),
        pytest.param(STATUE, {"x": 0.8}, False, id="elsewhere"),
        pytest.param(STATUE, {"subject": "gate-3"}, False, id="of-another-camera"),
        pytest.param(STATUE | {"label": "object"}, {}, True, id="of-that-label"),
        pytest.param(STATUE | {"label": "car"}, {}, False, id="of-another-label"),
        pytest.param(STATUE | {"label": "tram"}, {}, False, id="of-a-label-never-seen"),
        pytest.param({"zone": "plinth"}, {"zone": "plinth"}, True, id="in-the-zone"),
        pytest.param({"zone": "plinth"}, {"zone": "lane"}, False, id="in-another"),
        pytest.param({"zone": "plinth"}, {}, False, id="in-none"),
        pytest.param({"zone": "plinth", "label": "car"}, {"zone": "plinth"}, False, id="another-label-in-the-zone"),
        pytest.param(STATUE | {"valid_from": 10.0}, {}, True, id="from-then-on"),
        pytest.param(STATUE | {"valid_from": 10.1}, {}, False, id="not-before"),
        pytest.param(STATUE | {"valid_to": 10.0}, {}, False, id="until-then"),
    ],
)
def test_one_fixture(fixture: dict[str, Any], sighting: dict[str, Any], is_it: bool) -> None:
    city = world(fixture)
    assert city.fixtures.are(seen(city, sighting)).tolist() == [is_it]


def test_without_any() -> None:
    city = World(Registers()).bind(Names())
    assert city.fixtures.are(seen(city, {}, {})).tolist() == [False, False]
    assert city.fixtures.any(city.names.codes(["market"])).tolist() == [False]


def test_which_cameras_have_one() -> None:
    city = world(STATUE, {"camera": "gate-3", "zone": "yard"})
    codes = city.names.codes(["market", "gate-3", "yard", "new"])
    assert city.fixtures.any(np.append(codes, np.int32(-1))).tolist() == [True, True, False, False, False]


def test_registers_without_fixtures_are_what_they_were() -> None:
    """Content that was stored before there were any is read, and has the same hash."""
    assert b"fixtures" not in Registers().to_bytes()
    assert len(Registers.from_bytes(Registers().to_bytes()).fixtures) == 0
    stored = world(STATUE | {"note": "the founder", "label": "object"}).registers.to_bytes()
    again = Registers.from_bytes(stored)
    assert again.to_bytes() == stored
    assert again.fixtures.text("note") == ["the founder"]


boxes = st.builds(box, *[st.sampled_from([0.0, 0.1, 0.3, 0.5])] * 2, *[st.sampled_from([0.1, 0.2, 0.3])] * 2)
times = st.sampled_from([-np.inf, 0.0, 10.0, 20.0, np.inf])
fixtures = st.lists(
    st.builds(
        lambda place, camera, label, since, until: {
            **place, "camera": camera, "label": label, "valid_from": since, "valid_to": until
        },
        st.one_of(boxes, st.sampled_from([{"zone": "a"}, {"zone": "b"}])),
        st.sampled_from(["market", "gate", "yard"]),
        st.sampled_from(["", "car", "object"]),
        times,
        times,
    ),
    max_size=8,
)  # fmt: skip
sightings = st.lists(
    st.builds(
        lambda at, camera, label, zone, ts: {
            "x": at["left"], "y": at["top"], "w": at["width"], "h": at["height"],
            "subject": camera, "label": label, "zone": zone, "ts": ts,
        },
        boxes,
        st.sampled_from(["market", "gate", "nobody"]),
        st.sampled_from(["car", "object", "person"]),
        st.sampled_from(["a", "b", ""]),
        st.sampled_from([0.0, 10.0, 15.0]),
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


@settings(deadline=None)
@given(fixtures, sightings)
def test_many_are_what_each_is(rows: list[dict[str, Any]], told: list[dict[str, Any]]) -> None:
    def is_it(one: dict[str, Any], fixture: dict[str, Any]) -> bool:
        there = np.array([[one[k] for k in "xywh"]])
        known = np.array([[fixture.get(k, NAN) for k in ("left", "top", "width", "height")]])
        share = float(iou(there, known)[0])
        assume(abs(share - 0.5) > 1e-9)
        same = one["zone"] == fixture["zone"] if "zone" in fixture else share >= 0.5
        valid = fixture["valid_from"] <= one["ts"] < fixture["valid_to"]
        return same and valid and fixture["label"] in ("", one["label"]) and fixture["camera"] == one["subject"]

    city = world(*rows)
    assert city.fixtures.are(seen(city, *told)).tolist() == [any(is_it(one, f) for f in rows) for one in told]
