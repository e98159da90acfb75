"""A recording tried by all points at once: each is scored as a replay of its own would be."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from detectors.overspeed import Overspeed
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import JournalBatch
from pipeline.names import Names
from pipeline.registers import Registers
from pipeline.rows import Position
from pipeline.version import Decoded, Hold, Rule, Source, Stream, Version
from pipeline.world import World
from replay.driving import table
from replay.labels import FALSE_ALARM, Label
from replay.outcome import judge
from replay.tuning.choosing import choose
from replay.tuning.page import page
from replay.tuning.points import TooMuch, changed, points_of
from replay.tuning.sweep import sweep_of
from replay.tuning.told import to_json
from replay.tuning.trying import Given, Holdout, try_points

PLACE = {"lon": 121.0, "lat": 31.0}
FAST = Rule("fast", Overspeed(), Hold.model_validate({"for": "20s", "clear": "10s", "gap": "1min"}), "speeding")


class Recorded:
    """Speeds of some trucks, one row a second; truck k begins to speed at 100 k and goes on for 10 (k + 1) seconds."""

    first = 0
    start, count, seconds = 1_700_000_000.0, 6, 1000

    def speed(self, truck: int, second: int) -> float:
        over = 100 * truck <= second < 100 * truck + 10 * (truck + 1)
        return 90.0 - 4 * truck if over else 50.0

    def read(self, start: int = 0, max_rows: int = 65_536) -> Any:
        buffer = EntryBuffer()
        for second in range(self.seconds):
            for truck in range(self.count):
                said = json.dumps([truck, self.speed(truck, second)]).encode()
                buffer.add(Kind.DELIVERY, "s", "t", self.start + second, said)
            buffer.add(Kind.TICK, "s", "", self.start + second)
        whole = buffer.batch()
        for at in range(0, len(whole), max_rows):
            yield JournalBatch(at, whole.slice(at, max_rows))

    def labels(self, rule: str = "fast") -> list[Label]:
        began = [self.start + 100 * k for k in range(self.count)]
        return [Label(at, rule, f"truck-{k}", at + 10 * (k + 1)) for k, at in enumerate(began)]


def loading(rules: list[Rule]) -> Callable[[bytes, Names], Version]:
    def load(_: bytes, names: Names) -> Version:
        def decode(batch: Any, first: int, names: Names) -> Decoded:
            found = []
            columns = (batch.column(name).to_pylist() for name in ("kind", "received", "payload"))
            for k, (kind, received, payload) in enumerate(zip(*columns, strict=True)):
                if kind == Kind.DELIVERY:
                    truck, speed = json.loads(payload)
                    found.append((first + k, {"subject": f"truck-{truck}", "ts": received, "speed": speed, **PLACE}))
            made = table(Position, [record for _, record in found], names)
            made.position = np.array([position for position, _ in found], np.int64)
            return Decoded([made], [])

        world = World(Registers(speed_limits={"default": 60.0})).bind(names)
        return Version("v", "demo", {"s": Source("s")}, [Stream("gps", "s", Position)], rules, world, decode)

    return load


def given_of(**more: Any) -> Given:
    return Given(Recorded(), loading([FAST]), Recorded().labels(), current=b"", **more)


def test_a_point_scores_as_a_replay_of_its_own_does() -> None:
    points = points_of(FAST, [sweep_of("for=5s,25s,45s", FAST), sweep_of("tolerance=0%,30%,60%", FAST)])
    trial = try_points(given_of(), points)
    told = []
    for each in trial.tried:
        rule = changed(FAST, each.point.values)
        alone = judge(Recorded(), loading([rule]), Recorded().labels, current=b"").scores["fast"]
        assert (alone.right, alone.labels, alone.delays) == (each.score.right, each.score.labels, each.score.delays)
        assert (len(alone.false), alone.duplicates) == (len(each.score.false), each.score.duplicates)
        told.append((*each.point.values.values(), each.score.right))
    # truck k drives 90 - 4k for 10 (k + 1) seconds
    assert ("5 s", "0 %", 6) in told
    assert ("5 s", "30 %", 3) in told
    assert ("25 s", "0 %", 4) in told
    assert ("25 s", "60 %", 0) in told


@pytest.mark.parametrize("batch", [7, 500])
def test_any_batches_give_the_same_bytes(batch: int) -> None:
    points = points_of(FAST, [sweep_of("for=5s..60s", FAST, 5)])
    holdout = Holdout(0.4, 3)

    def told(size: int) -> tuple[str, str]:
        trial = try_points(given_of(), points, holdout, batch=size)
        chosen = choose(trial.tried)
        return to_json(trial, chosen, holdout), page(trial, chosen, "here")

    assert told(batch) == told(65_536)


def test_held_out_subjects_have_no_say_and_are_scored() -> None:
    points = points_of(FAST, [sweep_of("for=5s,45s", FAST)])
    trial = try_points(given_of(), points, Holdout(0.5))
    assert len(trial.held) == 3
    for each in trial.tried:
        assert each.held is not None
        assert each.score.labels == each.held.labels == 3
        assert {label.subject for label in each.held.missed} <= trial.held
        assert not {label.subject for label in each.score.missed} & trial.held


def test_what_nobody_has_judged_is_not_false() -> None:
    labels = [Recorded().labels()[5], Label(Recorded.start, "fast", "truck-0", Recorded.start + 9, verdict=FALSE_ALARM)]
    points = points_of(FAST, [sweep_of("for=5s", FAST)])
    trial = try_points(Given(Recorded(), loading([FAST]), labels, complete=(), current=b""), points)
    score = trial.tried[0].score
    assert (score.right, len(score.false), len(score.unlabelled)) == (1, 1, 4)


def test_what_takes_too_much_room_is_refused() -> None:
    points = points_of(FAST, [sweep_of("for=5s..60s", FAST)])
    with pytest.raises(TooMuch, match=r"10 points take more than .* try at most \d+ at once"):
        try_points(given_of(), points, room=20_000)


def test_the_page_has_no_outside_references_and_both_languages() -> None:
    points = points_of(FAST, [sweep_of("for=5s..60s", FAST, 5)])
    trial = try_points(given_of(), points)
    text = page(trial, choose(trial.tried), "<day>")
    assert not re.search(r"(?:src|href)=|url\(|@import|https?:", text)
    assert "&lt;day&gt;" in text
    assert "<day>" not in text
    assert "查全率" in text
    assert "- id: fast" in text
