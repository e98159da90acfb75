"""Alarms of devices: trusted, ignored, required to agree; a terminal's bit and a camera's own event, by timelines.

The city is that of docs/guides/device-alarms.md; deliveries are decoded, judged and fused as in a replay.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from connectors.codecs.jt808 import bodies, encode
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, Journal
from pipeline.journal.contents import CONTENTS
from pipeline.runtime.compose import load_city, version_payload
from tests.docs_pages import ROOT, blocks
from tests.services.journaled import replayed

BEGAN = 1_777_608_000.0
STEP = 10
BITS = {"overspeed": 1 << 1, "fatigue": 1 << 2, "stolen": 1 << 26}
PHONE, CAMERA = "13900000001", "gate-1"
FIELD, SCENE = "RuleEngine/FieldDetector/ObjectsInside", "VideoSource/GlobalSceneChange/ImagingService"
Delivery = tuple[int, str, bytes]


def terminal(ours: str, theirs: str, alarm: str, phone: str = PHONE) -> Iterator[Delivery]:
    """ours: where it is too fast (#), one place every 10 s. theirs: where its terminal's alarm is set."""
    for n, (fast, says) in enumerate(zip(ours, theirs, strict=True)):
        when = datetime.fromtimestamp(BEGAN + n * STEP, UTC)
        alarms = BITS[alarm] if says == "#" else 0
        place = bodies.location(when, 120.1, 30.2, speed=90.0 if fast == "#" else 40.0, alarm=alarms)
        (frame,) = encode(0x0200, place, phone=phone, serial=n)
        yield n * STEP, f"jt808/{phone}/0200", frame


def camera(ours: str, theirs: str, event: str, name: str = CAMERA) -> Iterator[Delivery]:
    """ours: where we see somebody in the yard (#), a picture every 10 s. theirs: where its own event is true."""
    item = "IsInside" if event == FIELD else "State"
    before = "."
    for n, (seen, says) in enumerate(zip(ours, theirs, strict=True)):
        ts = BEGAN + n * STEP
        person = {"track": 1, "label": "person", "box": [0.4, 0.4, 0.1, 0.2], "zone": "yard"}
        picture = {"ts": ts, "objects": [person] if seen == "#" else [], "zones": ["yard"]}
        yield n * STEP, f"cameras/{name}/sightings", msgspec.json.encode(picture)
        if says != before:  # a property is told when it changes
            told = {"UtcTime": datetime.fromtimestamp(ts, UTC).isoformat(), "Data": {item: str(says == "#").lower()}}
            yield n * STEP, f"{name}/onvif-ej/{event}", msgspec.json.encode(told)
        before = says


def cases(folder: Path, deliveries: list[Delivery]) -> list[tuple[str, str, float, int]]:
    """(category, subject, seconds after the beginning, members) of what comes of it."""
    (text,) = [block.text for block in blocks(ROOT / "docs/guides/device-alarms.md") if block.option("file")]
    (folder / "city.yaml").write_text(text, "utf-8")
    city = load_city(folder / "city.yaml")
    journal = Journal.open(folder / "journal")
    contents = Contents(folder / "journal" / CONTENTS)
    buffer = EntryBuffer()
    buffer.add(Kind.VERSION, "runtime", "", BEGAN, version_payload(city.configuration, city.world, contents))
    buffer.add(Kind.JOIN, "day", "recording", BEGAN)
    for at, topic, payload in sorted(deliveries, key=lambda each: each[0]):
        buffer.add(Kind.DELIVERY, "day", topic, BEGAN + at, payload)
        buffer.add(Kind.TICK, "day", "recording", BEGAN + at)
    for late in range(0, 600, STEP):
        buffer.add(Kind.TICK, "day", "recording", BEGAN + 200 + late)
    journal.commit(buffer)
    journal.close()
    found = replayed(folder / "journal").cases
    return [(each.category, each.subject, each.started - BEGAN, each.members) for each in found]


#                                  0    50   100  150
@pytest.mark.parametrize(
    "ours, theirs, alarm, expected",
    [
        # trusted: the terminal's word alone
        pytest.param(".................", "...####..........", "stolen", [("vehicle.stolen", 30, 1)], id="trusted"),
        pytest.param("...####..........", ".................", "stolen", [], id="trusted-and-silent"),
        # ignored: no rule asks
        pytest.param(".................", "...####..........", "fatigue", [], id="ignored"),
        # agree: both, within 2 min of each other
        pytest.param("...####..........", "...####..........", "overspeed", [("vehicle.overspeed", 30, 2)], id="agree"),
        pytest.param("...####..........", ".............##..", "overspeed", [("vehicle.overspeed", 30, 2)], id="later"),
        pytest.param(
            ".............####", "..##.............", "overspeed", [("vehicle.overspeed", 20, 2)], id="before"
        ),
        pytest.param("...####..........", "................#", "overspeed", [], id="too-late"),
        pytest.param("...####..........", ".................", "overspeed", [], id="we-alone"),
        pytest.param(".................", "...####..........", "overspeed", [], id="the-terminal-alone"),
        pytest.param("...##............", "...####..........", "overspeed", [], id="ours-does-not-hold-long-enough"),
    ],
)
def test_a_terminals_alarm(
    tmp_path: Path, ours: str, theirs: str, alarm: str, expected: list[tuple[str, int, int]]
) -> None:
    found = cases(tmp_path, list(terminal(ours, theirs, alarm)))
    assert found == [(category, PHONE, at, members) for category, at, members in expected]


#                                  0    50   100  150
@pytest.mark.parametrize(
    "ours, theirs, event, expected",
    [
        pytest.param(".................", "...####..........", SCENE, [("camera.tampered", 30, 1)], id="trusted"),
        pytest.param(".................", "...####..........", "RuleEngine/CellMotion/Motion", [], id="ignored"),
        pytest.param("....####.........", "...####..........", FIELD, [("yard.intruder", 30, 2)], id="agree"),
        pytest.param("...####..........", "........#........", FIELD, [("yard.intruder", 30, 2)], id="later"),
        pytest.param("...####..........", "..........##.....", FIELD, [], id="too-late"),
        pytest.param("....####.........", ".................", FIELD, [], id="we-alone"),
        pytest.param(".................", "...####..........", FIELD, [], id="a-cat"),
    ],
)
def test_a_cameras_own_alarm(
    tmp_path: Path, ours: str, theirs: str, event: str, expected: list[tuple[str, int, int]]
) -> None:
    found = cases(tmp_path, list(camera(ours, theirs, event)))
    assert found == [(category, CAMERA, at, members) for category, at, members in expected]


def test_two_that_are_about_two_do_not_agree(tmp_path: Path) -> None:
    """A truck beside another, a camera beside another: each pair at the same place and time."""
    wrong, right = "...####..........", "................."
    deliveries = [
        *terminal(wrong, right, "overspeed"),
        *terminal(right, wrong, "overspeed", "13900000002"),
        *camera(wrong, right, FIELD),
        *camera(right, wrong, FIELD, "gate-2"),
    ]
    assert cases(tmp_path, deliveries) == []
