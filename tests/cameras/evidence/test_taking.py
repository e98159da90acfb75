"""Of what evidence is taken, when, and what becomes of what there is no room for."""

from __future__ import annotations

import math
from typing import Any

import pytest

pytest.importorskip("av", reason="needs gridwatch[cameras]")
from cameras.evidence.ring import Packet, Ring
from cameras.evidence.settings import EvidenceSettings, Trigger
from cameras.evidence.taking import Taken, Taking
from cameras.watcher import Frame
from pipeline.units import Quantity
from tests.cameras.evidence.made import picture, settings, told


@pytest.mark.parametrize(
    "trigger, seen, wants",
    [
        pytest.param({}, {}, True, id="anything"),
        pytest.param({"labels": ["car"]}, {"label": "car"}, True, id="label"),
        pytest.param({"labels": ["car"]}, {"label": "bus"}, False, id="another-label"),
        pytest.param({"zones": ["lane"]}, {"zone": "lane"}, True, id="zone"),
        pytest.param({"zones": ["lane"]}, {}, False, id="in-no-zone"),
        pytest.param({"watcher": "static_object"}, {}, True, id="watcher"),
        pytest.param({"watcher": "presence"}, {}, False, id="another-watcher"),
        pytest.param({"cameras": ["gate"]}, {}, True, id="camera"),
        pytest.param({"cameras": ["yard"]}, {}, False, id="another-camera"),
        pytest.param({"still": "10s"}, {"still": 10.0}, True, id="long-enough"),
        pytest.param({"still": "10s"}, {"still": 9.9}, False, id="not-yet"),
        pytest.param({"still": "10s"}, {"still": math.nan}, False, id="nobody-knows-how-long"),
        pytest.param({}, {"still": math.nan}, True, id="nobody-asks-how-long"),
    ],
)
def test_what_a_trigger_wants(trigger: dict[str, Any], seen: dict[str, Any], wants: bool) -> None:
    assert Trigger.model_validate(trigger).wants("gate", "static_object", told(**seen)) is wants


class Hands:
    """Takes what is handed on."""

    def __init__(self, room: int = 100) -> None:
        self.taken: list[Taken] = []
        self.room = room

    def __call__(self, taken: Taken) -> bool:
        if len(self.taken) >= self.room:
            return False
        self.taken.append(taken)
        return True


def taking(given: EvidenceSettings, hands: Hands, ring: Ring | None = None) -> Taking:
    return Taking("gate", given, ring, lambda: ("arrival", 0.5), hands)


def see(one: Taking, ts: float, *seen: dict[str, Any]) -> None:
    one.see(Frame(ts, picture()), [("static_object", each) for each in seen])


def test_a_track_gives_evidence_once_for_each_trigger() -> None:
    hands = Hands()
    one = taking(settings("x", {"seen": {}, "stood": {"still": "5s"}}), hands)
    for second in range(10):
        see(one, second, told(1, still=second), told(2, still=0.0))
    assert [(t.trigger, t.told["track"], t.frame.ts) for t in hands.taken] == [
        ("seen", 1, 0.0),
        ("seen", 2, 0.0),
        ("stood", 1, 5.0),
    ]
    assert hands.taken[0].clock == ("arrival", 0.5)


def test_a_sighting_names_the_evidence_from_when_it_has_been_kept() -> None:
    one = taking(settings("x"), Hands())
    before, after, other = told(1), told(1), told(2)
    see(one, 0.0, before)
    one.kept(1, "abc")
    see(one, 1.0, after, other)
    assert "evidence" not in before
    assert after["evidence"] == "abc"
    assert "evidence" not in other


#  the stream's packets: one a second; the trigger at 20 s, after 12 s of standing
def test_a_clip_goes_from_before_it_came_to_rest_to_after_the_trigger() -> None:
    hands, ring = Hands(), Ring(60, 10_000)
    ring.begin(b"coding")
    one = taking(settings("x", {"stood": {"still": "12s"}}, before="5s", after="3s"), hands, ring)
    for second in range(25):
        ring.add(Packet(float(second), b"x", True))
        see(one, second, told(still=second - 8.0))
        assert bool(hands.taken) is (second >= 24)  # one second for what comes late
    (found,) = hands.taken
    assert (found.frame.ts, found.begin, found.end) == (20.0, 3.0, 23.0)
    assert found.cut is not None
    assert [packet.ts for packet in found.cut.packets] == [float(ts) for ts in range(3, 24)]


@pytest.mark.parametrize(
    "last, expected",
    [pytest.param(10.9, 0, id="waits"), pytest.param(11.1, 1, id="its-packets-never-come")],
)
def test_what_waits_for_a_stream_that_stands_is_handed_on_in_the_end(last: float, expected: int) -> None:
    hands = Hands()
    one = taking(settings("x"), hands, Ring(60, 10_000))
    see(one, 0.0, told())
    see(one, last, told())
    assert len(hands.taken) == expected
    one.finish()
    assert [t.cut for t in hands.taken] == [None]


def test_what_there_is_no_room_for_is_counted() -> None:
    hands = Hands(room=1)
    one = taking(settings("x"), hands)
    see(one, 0.0, told(1), told(2), told(3))
    one.finish()
    assert (len(hands.taken), one.dropped) == (1, 2)
    waiting = taking(settings("x"), Hands(), Ring(60, 10_000))
    see(waiting, 0.0, *(told(track) for track in range(10)))
    assert waiting.dropped == 2


def test_how_much_of_a_stream_is_held() -> None:
    given = settings("x", {"a": {"still": "20s"}, "b": {}}, before="10s", after="5s")
    assert given.held == 35.0
    assert given.model_copy(update={"clip": False}).held == 0.0
    assert given.keep == Quantity(30 * 86_400)
