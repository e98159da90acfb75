"""Frigate: events to sightings, what is set aside, and a parked car that becomes one case."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from ruamel.yaml import YAML
from typer.testing import CliRunner

from connectors.codecs.frigate import FrigateStream
from connectors.codecs.frigate_rows import CHUNK, track
from connectors.codecs.shape import MAX_DEPTH
from gridwatch.cli import app
from pipeline.entries import EntryBuffer
from pipeline.names import NOBODY, Names
from pipeline.rows import Sighting
from tests.connectors.fakes import publish
from tests.connectors.frigate_events import CAR, START, TOPIC, VAN, event, frigate, parks, standing, state
from tests.connectors.mappings import decode, deliveries, table
from tests.services.mosquitto import Mosquitto
from tests.services.need import missing

EXAMPLE = Path(__file__).resolve().parents[2] / "configs" / "examples" / "frigate" / "city.yaml"


def sent(*payloads: Any) -> EntryBuffer:
    return deliveries(*payloads, topic=TOPIC, source="broker")


# ---- what becomes of an event ----------------------------------------------------------------------------------------


def test_an_event_is_a_row_about_its_camera() -> None:
    names = Names()
    got = decode(frigate(), sent(event("update", standing(74.4))), names)
    assert got.aside == []
    (rows,) = got.rows
    assert isinstance(rows, Sighting)
    assert table(rows, names, "subject", "track", "label", "zone", "ts") == [
        ("gate", track(CAR), "car", "no_stopping", START + 74.4)
    ]
    assert [getattr(rows, c)[0] for c in ("x", "y", "w", "h", "score")] == [0.25, 0.5, 0.25, 0.25, 0.84375]
    assert rows.still[0] == pytest.approx(70.4)
    empty = Sighting.empty()
    assert {c: getattr(rows, c).dtype for c in Sighting.own()} == {c: getattr(empty, c).dtype for c in Sighting.own()}


@pytest.mark.parametrize(
    "changes, stream, column, expected",
    [
        pytest.param({"label": "kiosk"}, {}, "label", "other", id="a-label-nobody-listed"),
        pytest.param({"current_zones": []}, {}, "zone", "", id="in-no-zone"),
        pytest.param({"current_zones": ["street"]}, {}, "zone", "", id="in-a-zone-that-is-not-meant"),
        pytest.param({"current_zones": None}, {}, "zone", "", id="zones-null"),
        pytest.param({}, {"zones": ["no_stopping", "street"]}, "zone", "street", id="the-first-of-the-object's"),
        pytest.param({"motionless_count": 100}, {}, "still", 20.0, id="five-frames-a-second"),
        pytest.param({"motionless_count": 100}, {"fps": 10}, "still", 10.0, id="ten-frames-a-second"),
        pytest.param({"motionless_count": 100}, {"cameras": {"gate": {"fps": 2}}}, "still", 50.0, id="its-own-fps"),
        pytest.param({"motionless_count": 100}, {"cameras": {"yard": {"fps": 2}}}, "still", 20.0, id="another's-fps"),
        pytest.param({"motionless_count": 10_000}, {}, "still", 100.0, id="no-longer-than-it-is-followed"),
        pytest.param({"motionless_count": 10, "start_time": None}, {}, "still", 2.0, id="start-unknown"),
        pytest.param({"motionless_count": 0}, {}, "still", 0.0, id="moving"),
        pytest.param({"motionless_count": None}, {}, "still", None, id="stillness-unknown"),
        pytest.param({"score": None}, {}, "score", None, id="score-unknown"),
        pytest.param({}, {"cameras": {"gate": {"size": [640, 720]}}}, "w", 0.5, id="its-own-size"),
        pytest.param({"box": [-20, 0, 1280, 720]}, {}, "w", 1300 / 1280, id="over-the-edge-as-it-is"),
        pytest.param({"box": [0.5, 0, 640.5, 720]}, {}, "x", 0.5 / 1280, id="parts-of-pixels"),
    ],
)
def test_these_are_good(changes: dict[str, Any], stream: dict[str, Any], column: str, expected: Any) -> None:
    names = Names()
    got = decode(frigate(**stream), sent(event("update", state(CAR, 100.0, **changes))), names)
    assert got.aside == []
    ((value,),) = table(got.rows[0], names, column)
    if expected is None:
        assert math.isnan(value)
    else:
        assert value == (pytest.approx(expected) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(event("end", state(CAR, 9.0, end_time=START + 9)), id="it-ended"),
        pytest.param(event("update", state(CAR, 9.0, false_positive=True)), id="a-false-positive"),
    ],
)
def test_what_is_not_seen_any_more_is_no_row_and_no_fault(message: dict[str, Any]) -> None:
    got = decode(frigate(), sent(message))
    assert (got.rows, got.aside) == ([], [])


def test_all_else_that_frigate_says_is_skipped() -> None:
    least = {key: standing(74.4)[key] for key in ("id", "camera", "frame_time", "label", "box")}
    got = decode(frigate(), sent({"after": least, "type": "update"}))
    assert got.aside == []
    assert math.isnan(got.rows[0].column("still")[0])
    assert got.rows[0].column("zone").tolist() == [NOBODY]


def test_made_up_words_grow_nothing() -> None:
    names = Names()
    for i in range(50):
        decode(frigate(), sent(event("new", state(CAR, i, label=f"word {i}", current_zones=[f"zone {i}"]))), names)
    assert {f"word {i}" for i in range(50)}.isdisjoint(names[i] for i in range(len(names)))


# ---- tracks ----------------------------------------------------------------------------------------------------------


def test_a_track_is_the_same_everywhere() -> None:
    assert track("1714521600.123456-abcdef") == 234_416_201_072_130


@given(st.sets(st.text(min_size=1, max_size=40), max_size=50))
def test_tracks_are_whole_numbers_of_53_bits_and_ones_own(ids: set[str]) -> None:
    tracks = {track(each) for each in ids}
    assert len(tracks) == len(ids)
    assert all(0 <= each < 2**53 and float(each) == each for each in tracks)


def test_objects_of_one_frame_are_apart() -> None:
    sixes = {f"{START}-{a}{b}{c}qwe" for a in "abcdefghij0123456789" for b in "abcdefghij" for c in "abcdefghij"}
    assert len({track(each) for each in sixes}) == len(sixes)


# ---- what is set aside -----------------------------------------------------------------------------------------------

GOOD = json.dumps(event("update", standing(74.4))).encode()


@pytest.mark.parametrize(
    "payload, detail",
    [
        pytest.param(b"", "truncated", id="empty"),
        pytest.param(GOOD[:-1], "truncated", id="cut-off"),
        pytest.param(b"\xff\xd8\xff\xe0", "", id="a-jpeg"),
        pytest.param(b"online", "", id="another-topic"),
        pytest.param({"type": "new"}, "`after`", id="no-after"),
        pytest.param({"type": "new", "after": None}, "$.after", id="after-null"),
        pytest.param(event("gone", standing(9)), "$.type", id="another-type"),
        pytest.param(event("new", state(CAR, 9, frame_time="9")), "$.after.frame_time", id="time-as-text"),
        pytest.param(event("new", state(CAR, 9, camera=7)), "$.after.camera", id="camera-a-number"),
        pytest.param(event("new", state(CAR, 9, camera="")), "camera or id", id="no-camera"),
        pytest.param(event("new", state(CAR, 9, camera="x" * 300)), "camera or id", id="camera-too-long"),
        pytest.param(event("new", state(CAR, 9) | {"id": ""}), "camera or id", id="no-id"),
        pytest.param(event("new", state(CAR, 9) | {"box": [0, 0, 9]}), "length 4", id="box-of-three"),
        pytest.param(event("new", state(CAR, 9, (640, 360, 320, 540))), "1280 x 720 pixels", id="box-turned-round"),
        pytest.param(event("new", state(CAR, 9, (1500, 0, 1600, 9))), "1280 x 720 pixels", id="box-out-of-it"),
        pytest.param(event("new", state(CAR, 9, (1200, 650, 1500, 900))), "detect.width", id="box-of-another-size"),
        pytest.param(event("new", state(CAR, 9, (-1e300, 0, 9, 9))), "1280 x 720 pixels", id="box-beyond-all"),
        pytest.param(event("new", state(CAR, 9, score=1.5)), "0..1", id="score-above-one"),
        pytest.param(event("new", state(CAR, 9, motionless_count=-1)), "motionless_count", id="frames-below-nought"),
        pytest.param(GOOD[:-1] + b', "x": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "deeper", id="too-deep"),
    ],
)
def test_bad_messages_are_set_aside(payload: Any, detail: str) -> None:
    got = decode({"frigate": frigate()}, sent(GOOD, payload, GOOD))
    assert [r.position.tolist() for r in got.rows] == [[100, 102]]
    (aside,) = got.aside
    assert (aside.position, aside.reason, aside.where) == (101, "undecodable", f"frigate {TOPIC}")
    assert aside.message.startswith("expected Frigate's JSON with type, and after with id, camera, frame_time, label")
    assert detail in aside.message
    assert len(aside.message) < 500


def test_a_camera_of_unknown_size_is_said() -> None:
    stream = frigate(size=None, cameras={"yard": {"size": [640, 360]}})
    got = decode(stream, sent(GOOD, event("new", state(VAN, 50.0, (0, 0, 64, 36), camera="yard"))))
    assert [r.column("w").tolist() for r in got.rows] == [[0.1]]
    assert "how large the pictures of camera 'gate' are" in got.aside[0].message


def test_one_bad_message_in_many_changes_nothing_for_the_others() -> None:
    many = [event("update", state(f"{START + i}-abc{i}", i)) for i in range(CHUNK + 10)]
    clean = decode(frigate(), sent(*many)).rows[0]
    many[7] = {"type": 7}
    got = decode(frigate(), sent(*many))
    keep = np.arange(CHUNK + 10) != 7
    for column in Sighting.own():
        np.testing.assert_array_equal(got.rows[0].column(column), clean.column(column)[keep])


def test_the_message_on_the_page_is_one() -> None:
    page = (EXAMPLE.parents[3] / "docs" / "connectors" / "frigate.md").read_text("utf-8")
    ((topic, message),) = re.findall(r"(?ms)^```text\n(\S+)\n(.*?)^```$", page)
    (section,) = re.findall(r"(?ms)^```yaml stream\n(.*?)^```$", page)
    stream = FrigateStream.model_validate(YAML(typ="safe").load(section))
    got = decode(stream, deliveries(message.encode(), topic=topic, source=stream.source))
    assert got.aside == []
    assert got.rows[0].column("still").tolist() == [pytest.approx(70.2)]


# ---- the section -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes, message",
    [
        pytest.param({"size": None}, "size: expected the width and height that Frigate detects at", id="no-size"),
        pytest.param({"size": [0, 720]}, "expected width and height in pixels", id="no-width"),
        pytest.param({"size": [1280]}, "Field required", id="one-number"),
        pytest.param({"fps": 0}, "greater than 0", id="no-frames"),
        pytest.param({"cameras": {"gate": {"fsp": 5}}}, "Extra inputs", id="a-typo"),
        pytest.param({"rows": "presence"}, "'sighting'", id="by-zone"),
        pytest.param({"subject": "{camera}"}, "after.camera", id="the-topic-does-not-say-who"),
        pytest.param({"zones": ["a", "a"]}, "there twice", id="a-zone-twice"),
        pytest.param({"forget": "0s"}, "greater than 0", id="forgets-at-once"),
    ],
)
def test_what_the_section_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        frigate(**changes)


# ---- from messages to a case -----------------------------------------------------------------------------------------


def recorded(messages: list[dict[str, Any]]) -> str:
    """As `mosquitto_sub -F '%U %t %p'` writes them."""
    times = [each["after"]["end_time"] or each["after"]["frame_time"] for each in messages]
    return "".join(f"{t + 0.3:.6f} {TOPIC} {json.dumps(each)}\n" for t, each in zip(times, messages, strict=True))


def cases(folder: Path, recording: str, *options: str) -> list[dict[str, Any]]:
    """What the example makes of a recording."""
    (folder / "events.txt").write_text(recording, "utf-8")
    for words in (
        ["import", str(folder / "events.txt"), "--config", str(EXAMPLE), "--to", str(folder / "journal"), *options],
        ["replay", str(folder / "journal"), "--config", str(EXAMPLE), "--json", str(folder / "cases.jsonl")],
    ):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
    return [json.loads(line) for line in (folder / "cases.jsonl").read_text("utf-8").splitlines()]


def test_a_parked_car_is_one_case(tmp_path: Path) -> None:
    (case,) = cases(tmp_path, recorded(parks()))
    assert (case["category"], case["subject"]) == ("traffic.illegal_parking", "gate")
    assert 304.0 <= seconds(case["started"]) <= 304.0 + 61.0, "Frigate speaks once a minute"
    assert seconds(case["ended"]) == pytest.approx(724.4)


def test_a_link_that_repeats_and_a_lost_minute_change_nothing(tmp_path: Path) -> None:
    story = parks()
    (case,) = cases(tmp_path, recorded([*story[:9], *story[7:9], *story[10:]]))
    assert seconds(case["ended"]) == pytest.approx(724.4)


def test_a_car_that_frigate_loses_has_gone_after_the_gap(tmp_path: Path) -> None:
    later = [event("new", state(f"{START + 2000}-zzzzzz", 2000.0))]
    (case,) = cases(tmp_path, recorded([*parks()[:-2], *later]))
    assert seconds(case["ended"]) == pytest.approx(14.2 + 60.2 * 11)


def test_a_car_that_waits_at_a_light_is_none(tmp_path: Path) -> None:
    assert cases(tmp_path, recorded([*parks()[:5], *parks()[-2:]])) == []


def test_through_a_real_broker(tmp_path: Path, own_mosquitto: Callable[..., Mosquitto]) -> None:
    program = shutil.which("mosquitto_sub")
    if program is None:
        missing("mosquitto_sub", "apt-get install mosquitto-clients (as root)")
    broker, story = own_mosquitto(), parks()
    subscribe = [program, "-p", str(broker.port), "-i", "recorder", "-c", "-q", "1", "-t", "frigate/events"]
    subprocess.run([*subscribe, "-E"], check=True, timeout=30)  # what is published waits for its session
    publish(broker.port, [(TOPIC, json.dumps(each).encode()) for each in story])
    listen = [*subscribe, "-C", str(len(story)), "-F", "%U %t %p"]
    done = subprocess.run(listen, check=True, timeout=30, capture_output=True, text=True)
    (case,) = cases(tmp_path, done.stdout, "--own-time")  # it happened long before it was published
    assert seconds(case["ended"]) == pytest.approx(724.4)


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp() - START
