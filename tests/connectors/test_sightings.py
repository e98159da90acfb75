"""Sightings: messages to rows, whose they are, what labels and zones become, and what the section refuses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from connectors.codecs import CODECS
from connectors.codecs.pictures import CHUNK
from connectors.codecs.sightings import LABELS, OTHER, SightingStream
from pipeline.entries import EntryBuffer, Kind
from pipeline.names import NOBODY, Names
from pipeline.registers import Registers, Table
from pipeline.rows import Sighting
from pipeline.world import World
from tests.connectors.mappings import GPS, decode, stream, table
from tests.connectors.seen import TOPIC, cameras, car, picture, sent


def test_each_object_is_a_row_about_its_camera() -> None:
    names = Names()
    full = car(17, score=0.91, zone="lane", still=12.4)
    got = decode(cameras(), sent(picture(full, car(18, label="person")), picture(car(17), ts=1001)), names)
    assert got.aside == []
    (rows,) = got.rows
    assert isinstance(rows, Sighting)
    assert table(rows, names, "subject", "track", "label", "zone", "ts", "position", "received") == [
        ("gate", 17, "car", "lane", 1000.5, 100, 2000),
        ("gate", 18, "person", "", 1000.5, 100, 2000),
        ("gate", 17, "car", "", 1001, 101, 2001),
    ]
    assert [getattr(rows, c)[0] for c in ("x", "y", "w", "h", "score", "still")] == [
        0.25, 0.5, 0.125, 0.0625, 0.91, 12.4
    ]  # fmt: skip
    assert np.isnan(rows.score[1:]).all()
    assert np.isnan(rows.still[1:]).all()
    assert rows.zone.tolist()[1:] == [NOBODY, NOBODY]
    empty = Sighting.empty()
    assert {c: getattr(rows, c).dtype for c in Sighting.own()} == {c: getattr(empty, c).dtype for c in Sighting.own()}


@pytest.mark.parametrize(
    "one, column, expected",
    [
        pytest.param(car(0), "track", 0, id="track-nought"),
        pytest.param(car(2**63 - 1), "track", 2**63 - 1, id="the-last-track"),
        pytest.param(car(label="kiosk"), "label", OTHER, id="a-label-nobody-listed"),
        pytest.param(car(label="Car"), "label", OTHER, id="capitals-count"),
        pytest.param(car(label=""), "label", OTHER, id="no-label"),
        pytest.param(car(label="other"), "label", OTHER, id="other-itself"),
        pytest.param(car(zone=None), "zone", "", id="zone-null"),
        pytest.param(car(score=None), "score", None, id="score-null"),
        pytest.param(car(still=None), "still", None, id="still-null"),
        pytest.param(car(score=0), "score", 0, id="score-nought"),
        pytest.param(car(score=1), "score", 1, id="score-one"),
        pytest.param(car(still=0), "still", 0, id="moving"),
        pytest.param(car(box=[0, 0, 1, 1]), "w", 1, id="the-whole-picture"),
        pytest.param(car(box=[-0.05, 0.2, 0.1, 0.1]), "x", -0.05, id="over-the-left-edge-as-it-is"),
        pytest.param(car(box=[0.95, 0.95, 0.2, 0.3]), "h", 0.3, id="over-the-corner-as-it-is"),
        pytest.param(car(box=[-1, -1, 3, 3]), "h", 3, id="a-picture-beyond-each-edge"),
        pytest.param(car(plate="A", features={"colour": [1, 2]}), "track", 1, id="further-keys-are-skipped"),
    ],
)
def test_these_are_good(one: dict[str, Any], column: str, expected: Any) -> None:
    names = Names()
    got = decode(cameras(), sent(picture(one)), names)
    assert got.aside == []
    ((value,),) = table(got.rows[0], names, column)
    assert math.isnan(value) if expected is None else value == expected


@pytest.mark.parametrize(
    "payloads, tracks",
    [
        pytest.param([picture()], [], id="nothing-in-sight"),
        pytest.param(
            [picture(), picture(car(1)), picture(), picture(car(2), car(3)), picture()], [1, 2, 3], id="mixed"
        ),
        pytest.param([picture(*map(car, range(1000)))], list(range(1000)), id="as-many-as-may-be"),
        pytest.param([picture(car(5)) for _ in range(CHUNK + 3)], [5] * (CHUNK + 3), id="more-than-a-chunk"),
    ],
)
def test_however_many_there_are(payloads: list[Any], tracks: list[int]) -> None:
    got = decode(cameras(), sent(*payloads))
    assert got.aside == []
    assert [t for rows in got.rows for t in rows.column("track").tolist()] == tracks


def test_labels_are_those_that_the_stream_takes() -> None:
    names = Names()
    objects = [car(label=label) for label in ("car", "bag", "kiosk")]
    (rows,) = decode(cameras(labels=["bag", "kiosk"]), sent(picture(*objects)), names).rows
    assert table(rows, names, "label") == [("other",), ("bag",), ("kiosk",)]
    assert len(names) < 10


def test_made_up_words_grow_nothing() -> None:
    names, decoded = Names(), []
    for i in range(50):
        objects = [car(k, label=f"word {i} {k}", zone=f"zone {i}" if k % 2 else None) for k in range(10)]
        decoded.append(decode(cameras(), sent(picture(*objects)), names))
        assert len(names) == 1 + len(LABELS) + 1 + 2
    assert {label for got in decoded for rows in got.rows for label in table(rows, names, "label")} == {("other",)}
    assert all(len(got.aside) == 1 for got in decoded), "an unknown zone is told once a message"


def test_the_camera_may_be_in_the_payload() -> None:
    names = Names()
    payloads = [picture(car(), car(2), cam={"id": i}) for i in ("gate", 7, None, "", "x" * 300)]
    got = decode(cameras(topic="seen/#", subject="$.cam.id"), sent(*payloads, topic="seen/here"), names)
    assert table(got.rows[0], names, "subject") == [("gate",), ("gate",), ("7",), ("7",)]
    assert [a.position for a in got.aside] == [102, 103, 104]
    assert "'cam.id' is not what it should be" in got.aside[0].message


@pytest.mark.parametrize("unknown", ["aside", "accept"])
def test_cameras_in_no_register(unknown: str) -> None:
    inf = math.inf
    rows = [{"id": "b1", "class": "litter", "lon": 120.0, "lat": 30.0, "valid_from": -inf, "valid_to": inf}]
    devices = [{"device": "cam-7", "subject": "b1", "valid_from": -inf, "valid_to": inf}]
    world = World(Registers(bins=Table.of("bins", rows), devices=Table.of("devices", devices)))
    names = Names()
    known, made_up = ("cameras/cam-7/sightings", picture(car())), (TOPIC, picture(car(), car(2)))
    got = decode({"seen": cameras(unknown=unknown)}, sent(known, made_up), names, world)
    subjects = table(got.rows[0], names, "subject")
    if unknown == "accept":
        assert subjects == [("b1",), ("gate",), ("gate",)]
    else:
        assert subjects == [("b1",)]
        assert [(a.reason, a.position, a.where) for a in got.aside] == [("unknown", 101, f"seen {TOPIC}")] * 2
        assert names.find("gate") == NOBODY


def test_beside_other_streams() -> None:
    names, buffer = Names(), EntryBuffer()
    for i, (source, topic, payload) in enumerate(
        [
            ("cameras", TOPIC, b'{"ts": 1, "objects": [{"track": 1, "label": "car", "box": [0, 0, 1, 1]}]}'),
            ("fleet", "fleet/v1/gps", b'{"time": 2, "pos": {"lon": 1, "lat": 2}}'),
            ("cameras", "cameras/gate/health", b"{}"),
        ]
    ):
        buffer.add(Kind.DELIVERY, source, topic, 5.0 + i, payload)
    got = decode({"gps": stream(GPS), "seen": cameras()}, buffer, names)
    assert [(rows.kind, rows.stream.tolist(), rows.position.tolist()) for rows in got.rows] == [
        ("position", [0], [101]),
        ("sighting", [1], [100]),
    ]
    assert [(a.position, a.reason) for a in got.aside] == [(102, "unmatched")]
    assert "cameras/{camera}/sightings" in got.aside[0].message


# ---- the section -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes, message",
    [
        pytest.param(
            {"subject": "{cam}"}, "the topic has no level '{cam}'; did you mean 'camera'?", id="no-such-level"
        ),
        pytest.param({"topic": "seen/#"}, "the topic has no level '{camera}'", id="the-default-is-no-level"),
        pytest.param({"subject": "@.camera"}, "write '$.'", id="of-each-object"),
        pytest.param({"subject": "$.ts"}, "say when, what and where, not who", id="the-time-as-camera"),
        pytest.param({"subject": "$.objects.0"}, "say when, what and where, not who", id="the-objects-as-camera"),
        pytest.param({"subject": "$.a..b"}, "expected a dotted path", id="no-path"),
        pytest.param({"rows": "position"}, "'sighting'", id="another-kind"),
        pytest.param({"labels": []}, "at least 1", id="no-labels"),
        pytest.param({"labels": ["car", "bag", "car"]}, "'car' is there twice", id="a-label-twice"),
        pytest.param({"labels": [""]}, "words of 1 to 100 characters", id="a-label-of-nothing"),
        pytest.param({"zones": ["x" * 101]}, "words of 1 to 100 characters", id="a-long-zone"),
        pytest.param({"zones": [f"z{i}" for i in range(1001)]}, "at most 1000 words", id="too-many-zones"),
        pytest.param({"forget": "0s"}, "greater than 0", id="forget-at-once"),
        pytest.param({"forget": None}, "expected a duration", id="never-forget"),
        pytest.param({"fields": {}}, "Extra inputs", id="a-mapping"),
        pytest.param({"datum": "WGS-84"}, "Extra inputs", id="a-datum"),
    ],
)
def test_faults(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        cameras(**changes)
    assert message in str(caught.value)


def test_a_version_can_keep_it() -> None:
    one = cameras(gap="90s", forget="1h", labels=["bag"])
    assert SightingStream.model_validate(one.model_dump(mode="json", by_alias=True)) == one
    assert (one.rows, one.subject, one.forget, cameras().forget) == ("sighting", "{camera}", 3600.0, 600.0)
    assert CODECS["sightings"].settings is SightingStream


def test_what_a_stream_gives() -> None:
    one = cameras()
    assert one.feeds("sighting")
    assert not one.feeds("position")
    assert not one.feeds("sighting", "fullness")
    assert all(one.gives(column) for column in ("track", "label", "score", "x", "w", "zone", "still"))
    assert not any(one.gives(column) for column in ("speed", "value", "extra"))
