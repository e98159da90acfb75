"""Presences: the same messages as rows of zones: one for each picture and zone, also where nothing is there."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.codecs.decode import compile_streams
from connectors.codecs.pictures import CHUNK
from connectors.codecs.sightings import SightingStream
from pipeline.names import Names
from pipeline.rows import Presence, Sighting
from tests.connectors.mappings import decode, table
from tests.connectors.seen import TOPIC, cameras, car, picture, sent, without

NAN = math.nan
COLUMNS = ("zone", "count", "kinds", "stood", "surest")


def zones(**changes: Any) -> SightingStream:
    """The stream of what is in the lane and at the bus stop."""
    return cameras(**{"rows": "presence", "labels": ["car", "person"]} | changes)


def lane(track: int = 1, **more: Any) -> dict[str, Any]:
    """A car in the lane."""
    return car(track, zone="lane", **more)


def said(rows: Any, names: Names, *columns: str) -> list[tuple[Any, ...]]:
    """As `table`, with None for what is unknown."""
    return [
        tuple(None if isinstance(v, float) and math.isnan(v) else v for v in row)
        for row in table(rows, names, *columns)
    ]


EMPTY = ("bus-stop", 0, 0, 0, None)


@pytest.mark.parametrize(
    "objects, in_the_lane",
    [
        pytest.param([], (0, 0, 0, None), id="nothing"),
        pytest.param([lane(still=4, score=0.5)], (1, 1, 4, 0.5), id="one"),
        pytest.param([lane(1, still=4), lane(2, still=9), lane(3)], (3, 1, 9, None), id="the-longest-has-stood"),
        pytest.param([lane(1, score=0.4), lane(2, score=0.8)], (2, 1, None, 0.8), id="the-surest"),
        pytest.param([lane(1), lane(2, label="person", box=[0.4, 0.5, 0.1, 0.2])], (2, 2, None, None), id="two-labels"),
        pytest.param([lane(1), lane(2, label="person")], (1, 1, None, None), id="seen-by-two-watchers"),
        pytest.param(
            [lane(1, still=3), lane(2, label="person", box=[0.3, 0.5, 0.1, 0.05], still=9)],
            (1, 1, 3, None),
            id="half-of-it-is-the-car-that-is-listed-sooner",
        ),
        pytest.param(
            [lane(1, box=[0.3, 0.5, 0.1, 0.05]), lane(2, label="person", box=[0.2, 0.3, 0.4, 0.4])],
            (2, 2, None, None),
            id="one-that-is-mostly-elsewhere",
        ),
        pytest.param([lane(1), car(2, label="person")], (1, 1, None, None), id="in-no-zone-it-hides-nothing"),
        pytest.param([lane(still=None)], (1, 1, None, None), id="unknown-counts-and-proves-no-standing"),
        pytest.param([lane(still=0)], (1, 1, 0, None), id="moving"),
        pytest.param([lane(label="dog", still=99)], (0, 0, 0, None), id="a-label-nobody-listed"),
        pytest.param([lane(label="other", still=99)], (0, 0, 0, None), id="other-is-none-either"),
        pytest.param([car(still=99)], (0, 0, 0, None), id="in-no-zone"),
        pytest.param([car(zone="pavement", still=99)], (0, 0, 0, None), id="in-a-zone-nobody-asked-for"),
        pytest.param([lane(7, still=5), lane(7, still=9)], (1, 1, 5, None), id="a-track-twice-the-first-counts"),
        pytest.param([car(7), lane(7)], (0, 0, 0, None), id="also-where-the-first-is-elsewhere"),
    ],
)
def test_what_is_in_a_zone(objects: list[dict[str, Any]], in_the_lane: tuple[Any, ...]) -> None:
    names = Names()
    got = decode(zones(), sent(picture(*objects)), names)
    assert got.aside == []
    (rows,) = got.rows
    assert isinstance(rows, Presence)
    assert said(rows, names, *COLUMNS) == [("lane", *in_the_lane), EMPTY]
    assert said(rows, names, "subject", "ts", "position", "received") == [("gate", 1000.5, 100, 2000)] * 2
    empty = Presence.empty()
    assert {c: getattr(rows, c).dtype for c in Presence.own()} == {c: getattr(empty, c).dtype for c in Presence.own()}


@pytest.mark.parametrize(
    "shown, rows, aside",
    [
        pytest.param({}, ["lane", "bus-stop"], 0, id="not-said"),
        pytest.param({"zones": None}, ["lane", "bus-stop"], 0, id="null"),
        pytest.param({"zones": ["lane", "bus-stop", "gate"]}, ["lane", "bus-stop"], 0, id="all"),
        pytest.param({"zones": ["lane"]}, ["lane"], 0, id="one"),
        pytest.param({"zones": ["gate"]}, [], 0, id="of-another-preset"),
        pytest.param({"zones": []}, [], 0, id="none"),
        pytest.param({"zones": "lane"}, [], 1, id="no-list"),
    ],
)
def test_which_zones_a_picture_shows(shown: dict[str, Any], rows: list[str], aside: int) -> None:
    names = Names()
    before = picture(lane(1), ts=999)
    got = decode(zones(), sent(before, picture(lane(1), **shown)), names)
    told = [(at, zone) for block in got.rows for at, zone in table(block, names, "position", "zone")]
    assert told == [(100, "lane"), (100, "bus-stop"), *((101, zone) for zone in rows)]
    assert len(got.aside) == aside
    assert decode(cameras(), sent(picture(lane(1), zones="lane"))).aside == [], "of objects it is nothing that is read"


def test_a_bad_object_is_left_out_alone_and_a_bad_message_says_nothing() -> None:
    names = Names()
    payloads = [picture(lane(1), lane(2, box=[9, 9, 1, 1])), b"{", picture(without(lane(), "track"), lane(2))]
    got = decode(zones(zones=["lane"]), sent(*payloads), names)
    assert said(got.rows[0], names, "position", "count") == [(100, 1), (102, 1)]
    assert [a.position for a in got.aside] == [100, 101, 102]


def test_the_camera_may_be_in_the_payload() -> None:
    names = Names()
    payloads = [picture(lane(), cam=camera) for camera in ("gate", None, "yard")]
    got = decode(zones(topic="seen/#", subject="$.cam"), sent(*payloads, topic="seen/here"), names)
    assert said(got.rows[0], names, "subject", "zone", "count") == [
        ("gate", "lane", 1), ("gate", "bus-stop", 0), ("yard", "lane", 1), ("yard", "bus-stop", 0),
    ]  # fmt: skip
    assert [a.position for a in got.aside] == [101]


def test_by_object_and_by_zone_of_one_topic() -> None:
    names = Names()
    got = decode({"seen": cameras(), "zones": zones()}, sent(picture(lane(3))), names)
    assert [(type(rows), len(rows)) for rows in got.rows] == [(Sighting, 1), (Presence, 2)]


# ---- the section -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes, message",
    [
        pytest.param({"zones": []}, "zones: expected the zones that rows are to be about", id="no-zones"),
        pytest.param({"beside": ["person"]}, "only rows of objects have it", id="beside"),
        pytest.param({"rows": "reading"}, "'sighting' or 'presence'", id="another-kind"),
    ],
)
def test_faults(changes: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        zones(**changes)
    assert message in str(caught.value)


def test_a_version_can_keep_it() -> None:
    for one in (zones(), zones(forget="1h")):
        assert SightingStream.model_validate(one.model_dump(mode="json", by_alias=True)) == one
    assert (zones().forget, zones(forget="1h").forget) == (None, 3600.0), "zones come back, tracks do not"


def test_what_a_stream_gives() -> None:
    one = zones()
    assert (one.feeds("presence"), one.feeds("sighting")) == (True, False)
    assert [one.gives(c) for c in ("zone", "count", "kinds", "stood", "surest")] == [True] * 5
    assert [one.gives(c) for c in ("track", "label", "still", "beside", "speed")] == [False] * 5


# ---- whatever is seen ------------------------------------------------------------------------------------------------

objects = st.builds(
    lambda track, label, zone, still, score, left: car(
        track, label=label, zone=zone, still=still, score=score, box=[left, 0.5, 0.1, 0.1]
    ),
    st.integers(0, 6),
    st.sampled_from(["car", "person", "dog"]),
    st.sampled_from(["lane", "bus-stop", "pavement", None]),
    st.one_of(st.none(), st.floats(0, 1e6)),
    st.one_of(st.none(), st.floats(0, 1)),
    st.sampled_from([0.1, 0.14, 0.16, 0.3]),
)
pictures = st.lists(st.lists(objects, max_size=8), min_size=1, max_size=6)


def by_hand(seen: list[dict[str, Any]], zone: str) -> tuple[Any, ...]:
    """What the row of a zone says of a picture, one object at a time."""
    first = {one["track"]: one for one in reversed(seen)}
    meant = [one for one in first.values() if one["zone"] in zones().zones and one["label"] in ("car", "person")]
    cars = [one["box"][0] for one in meant if one["label"] == "car"]
    there = [
        one
        for one in meant
        if one["zone"] == zone and (one["label"] == "car" or all(abs(one["box"][0] - at) > 0.05 for at in cars))
    ]
    stood = [one["still"] for one in there if one["still"] is not None] if there else [0.0]
    sure = [one["score"] for one in there if one["score"] is not None]
    return (
        float(len(there)),
        float(len({one["label"] for one in there})),
        max(stood, default=NAN),
        max(sure, default=NAN),
    )


@settings(deadline=None)
@given(pictures)
def test_it_is_what_one_would_count(seen: list[list[dict[str, Any]]]) -> None:
    names = Names()
    got = decode(zones(), sent(*(picture(*some, ts=1000 + i) for i, some in enumerate(seen))), names)
    rows = got.rows[0]
    expected = [(1000.0 + i, zone, *by_hand(some, zone)) for i, some in enumerate(seen) for zone in zones().zones]
    assert repr(table(rows, names, "ts", *COLUMNS)) == repr([tuple(row) for row in expected])
    assert (rows.column("kinds") <= rows.column("count")).all()


@settings(deadline=None)
@given(pictures, st.permutations(range(8)))
def test_the_order_of_objects_with_tracks_of_their_own_is_nothing(
    seen: list[list[dict[str, Any]]], order: list[int]
) -> None:
    seen = [list({one["track"]: one for one in some}.values()) for some in seen]
    shuffled = [[some[i] for i in order if i < len(some)] for some in seen]
    one, other = (decode(zones(), sent(*(picture(*some) for some in which))).rows[0] for which in (seen, shuffled))
    for column in Presence.own():
        np.testing.assert_array_equal(one.column(column), other.column(column))


@settings(deadline=None)
@given(pictures, st.lists(st.integers(0, 6), max_size=3))
def test_any_batches_the_same(seen: list[list[dict[str, Any]]], cuts: list[int]) -> None:
    payloads = [json.dumps(picture(*some, ts=1000 + i)).encode() for i, some in enumerate(seen)]
    edges = sorted({0, len(payloads), *(min(cut, len(payloads)) for cut in cuts)})
    decoder, names = compile_streams({"zones": zones()}), Names()
    parts = [decoder(sent(*payloads[a:b]).batch(), 100 + a, names).rows[0] for a, b in pairwise(edges)]
    whole, together = decoder(sent(*payloads).batch(), 100, names).rows[0], Presence.concat(parts)  # type: ignore[arg-type]
    for column in ("ts", "subject", "position", *COLUMNS):
        np.testing.assert_array_equal(whole.column(column), together.column(column))


def test_more_than_a_chunk() -> None:
    names = Names()
    got = decode(zones(), sent(*(picture(lane(i), ts=1000 + i) for i in range(CHUNK + 3))), names)
    assert got.rows[0].column("count").tolist() == [1, 0] * (CHUNK + 3)
    assert TOPIC.split("/")[1] in names.strings
