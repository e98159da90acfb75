"""The library, what is recorded of a scenario, who was heard for how long, and what results say."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from detectors.overspeed import Overspeed
from detectors.threshold import Threshold
from pipeline.entries import EntryBuffer, Kind
from pipeline.names import Names
from pipeline.rows import Position, Reading
from pipeline.runtime.compose import load_city
from pipeline.version import Decoded, Hold, Rule, Source, Stream, Version
from pipeline.world import World
from replay.driving import table
from replay.observing import Observed
from replay.outcome import timing_of
from replay.scenarios import families
from replay.scenarios.families import FAMILIES, SMALL
from replay.scenarios.library import BY_NAME, SCENARIOS
from replay.scenarios.page import page
from replay.scenarios.recording import TICK, Live, entries
from replay.scenarios.results import Result, gathered, untested
from replay.score import Score
from replay.simulator import City, Label, Message
from replay.simulator.conditions import CLEAR
from replay.simulator.noise import Receiver
from tests.places import registers

DEMO = Path(__file__).parents[2] / "configs" / "demo" / "city.yaml"
START = 1_700_000_000.0
SEED = 1
"""That of docs/results/rules.md."""


def test_library() -> None:
    assert len(BY_NAME) == len(SCENARIOS)
    for each in SCENARIOS:
        assert each.about
        assert each.conditions.text
    assert {each.name for each in SCENARIOS if each.limits} == {"plain", "gnss-10m-dead-zones"}


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_families(name: str) -> None:
    full, small = FAMILIES[name], SMALL[name]
    assert small.hours < full.hours
    city = full.city(BY_NAME["gnss-30m"], 5)
    assert (city.seed, city.conditions.sigma) == (5, 30.0)
    if name == "fleet":
        assert full.trucks * full.hours > 1000, "what is counted in 1,000 hours needs as many"


CAMERAS = {
    "dumping",
    "bin-overflow",
    "camera-covered",
    "camera-black",
    "camera-frozen",
    "camera-moved",
    "camera-down",
}
"""Rules about what the demo's cameras see: clips, which are no part of what is simulated."""


@pytest.mark.slow
def test_each_rule_of_the_demo_is_broken_often_enough_to_be_counted() -> None:
    found: Counter[str] = Counter()
    for family in FAMILIES.values():
        city = family.city(BY_NAME["plain"], SEED)
        for _ in city.run(families.START, family.hours * 3600):
            pass
        found.update(label.rule for label in city.labels)
    rules = [rule.id for rule in load_city(DEMO).configuration.rules if rule.id not in CAMERAS]
    assert [rule for rule in rules if found[rule] < 5] == [], found


# ---- what is recorded


class Talk(City):
    """A city that sends what it is told to."""

    def run(self, start: float, seconds: float = math.inf) -> Iterator[Message]:
        for after in (0.5, 7.0, 7.0, 21.0):
            yield Message(start + after, "t", b"x")


#  seconds   0 .5 5   7 7  10   15   20  21   25
#            t  m t   m m  t    t    t   m    t
def test_entries_have_ticks_between_messages_to_the_end() -> None:
    (buffer,) = entries(Talk(1), START, 25.0, "city", b"{}")
    kinds = {Kind.VERSION: "v", Kind.TICK: "t", Kind.DELIVERY: "m"}
    assert TICK == 5.0
    assert "".join(kinds[Kind(kind)] for kind in buffer.kinds) == "vtmtmmtttmt"
    assert buffer.received == sorted(buffer.received)
    assert buffer.received[-1] == START + 25.0


def test_live_reads_like_a_journal() -> None:
    buffers = [EntryBuffer(), EntryBuffer()]
    for n, buffer in enumerate(buffers):
        for i in range(3):
            buffer.add(Kind.TICK, "s", "", 10.0 * n + i)
    pieces = list(Live(iter(buffers)).read())
    assert [(piece.first, piece.end) for piece in pieces] == [(0, 3), (3, 6)]


# ---- who was heard


def observed(*records: dict[str, float | str]) -> Observed:
    """After all of some positions and readings were decoded."""
    names = Names()
    world = World(registers([{"id": "a"}, {"id": "b", "class": "bus"}])).bind(names)
    blocks = [
        table(Position, [r for r in records if "metric" not in r], names),
        table(Reading, [r for r in records if "metric" in r], names),
    ]
    streams = [Stream("p", "s", Position), Stream("r", "s", Reading)]
    version = Version("", "c", {"s": Source("s")}, streams, [], world, lambda *_: Decoded(list(blocks), []))
    noted = Observed()
    loaded = noted.listening(lambda *_: version)(b"", names)
    decoded = loaded.decode(EntryBuffer().batch(), 0, names)
    assert [len(rows) for rows in decoded.rows] == [len(rows) for rows in blocks]
    return noted


HOUR = 3600.0


def at(hour: float, subject: str, metric: str | None = None) -> dict[str, float | str]:
    row: dict[str, float | str] = {"ts": hour * HOUR, "subject": subject}
    return row | {"metric": metric, "value": 1.0} if metric else row | {"lon": 121.0, "lat": 31.0}


def test_hours_in_which_someone_was_heard() -> None:
    noted = observed(at(0.1, "a"), at(0.2, "a"), at(0.6, "a"), at(1.5, "a"), at(5.0, "b"), at(0.0, "x", "m"))
    hours, spacing = noted.of(Rule("r", Overspeed()))
    assert hours == 3.0
    assert spacing == pytest.approx(3 * HOUR / 5)
    assert noted.until == 5 * HOUR
    assert noted.of(Rule("r", Overspeed(), classes=("bus",)))[0] == 1.0


def test_hours_of_one_metric_and_of_none() -> None:
    noted = observed(at(0.1, "a"), at(0.0, "x", "m"), at(1.0, "x", "m"), at(1.0, "y", "n"))
    assert noted.of(Rule("r", Threshold(), metric="m"))[0] == 2.0
    assert noted.of(Rule("r", Threshold()))[0] == 3.0
    assert noted.of(Rule("r", Threshold(), metric="unheard")) == (0.0, 0.0)


def test_nothing_heard() -> None:
    assert Observed().of(Rule("r", Overspeed())) == (0.0, 0.0)


# ---- how far a case may lie from its label


def test_timing_follows_the_hold_and_the_rows() -> None:
    rule = Rule("r", Overspeed(), Hold.model_validate({"for": "10min", "clear": "1min"}))
    quick, slow = timing_of(rule, 10.0), timing_of(rule, 900.0)
    assert (quick.slack, quick.patience, quick.joins) == (45.0, 660.0, 105.0)
    assert slow.slack > 900.0
    assert timing_of(rule, 10.0, *replace(CLEAR, dark=True).doubt).patience == 1560.0
    assert timing_of(rule, 10.0, *replace(CLEAR, skew=-120.0, skewed=0.5).doubt).slack == 165.0
    assert timing_of(rule, 10.0, *replace(CLEAR, skew=-120.0).doubt).slack == 45.0, "no device has that clock"


# ---- results


@dataclass(frozen=True)
class Case:
    started: float
    rule: str = "r"
    subject: str = "a"
    part: str = ""
    confirmed: float = 0.0
    ended: float = 0.0


FINE = Score(right=50, cases=50, delays=[10.0], hours=1200.0)
POOR = Score(right=45, cases=45, missed=[Label(0.0, "r", "a", 1.0)] * 5, hours=1200.0)


@pytest.mark.parametrize(
    "scenario, score, missed",
    [
        pytest.param("plain", FINE, "", id="all-found"),
        pytest.param("plain", POOR, "recall below 1", id="one-missed"),
        pytest.param("plain", Score(), "", id="nothing-to-say"),
        pytest.param("gnss-10m-dead-zones", POOR, "recall below 0.98", id="too-many-missed"),
        pytest.param("canyon", POOR, "", id="no-limit"),
        pytest.param("monday", POOR, "", id="not-of-the-library"),
    ],
)
def test_limits(scenario: str, score: Score, missed: str) -> None:
    assert Result("r", scenario, score).missed_limit == missed


def test_false_cases_are_counted_by_the_hour() -> None:
    bad = Score(right=50, cases=50, hours=1200.0, false=[Case(0.0), Case(0.0)])
    assert Result("r", "gnss-10m-dead-zones", bad).missed_limit == "more than 1 false in 1,000 h"
    assert Result("r", "plain", bad).missed_limit == "precision below 1"
    bad.hours = 2400.0
    assert Result("r", "gnss-10m-dead-zones", bad).missed_limit == ""


def test_results_of_several_runs_of_a_scenario_are_added_up() -> None:
    results = gathered([("plain", {"a": FINE, "b": Score()}), ("canyon", {"a": FINE}), ("plain", {"a": FINE})])
    assert [(each.rule, each.scenario, each.score.right) for each in results] == [
        ("a", "plain", 100),
        ("a", "canyon", 50),
        ("b", "plain", 0),
    ]


def test_json() -> None:
    assert Result("r", "gnss-10m-dead-zones", FINE).to_json() == {
        "rule": "r",
        "scenario": "gnss-10m-dead-zones",
        "noise": "10 m, dead zones",
        "precision": 1.0,
        "recall": 1.0,
        "false_per_1000h": 0.0,
        "delay_p50": 10.0,
    }
    nothing = Result("r", "monday", Score()).to_json()
    assert [nothing[key] for key in ("noise", "precision", "recall", "false_per_1000h", "delay_p50")] == [None] * 5


def test_untested() -> None:
    results = [Result("a", "plain", FINE), Result("b", "plain", Score()), Result("a", "canyon", Score())]
    assert untested(results) == ["b"]


def test_page_marks_what_is_missed() -> None:
    text = page([Result("a", "plain", FINE), Result("b", "plain", POOR), Result("b", "canyon", POOR)], 3)
    assert "--seed 3" in text
    assert "| a | 50 | 1 |" in text
    assert "| b | 50 | **0.9** |" in text
    assert "| b | 0.9 / 0 | 0.9 / 0 |" in text


# ---- receivers under conditions


@pytest.mark.parametrize("sigma", [1.0, 10.0, 30.0])
def test_fixes_scatter_by_what_the_conditions_say(sigma: float) -> None:
    n = 100_000
    t, zero = np.arange(n, dtype=float) * 10, np.zeros(n)
    conditions = replace(CLEAR, sigma=sigma)
    fix = Receiver(np.random.default_rng(1), conditions).fixes(t, zero, zero, zero + 40, zero, np.zeros(n, bool))
    assert np.std(fix.x) == pytest.approx(sigma, rel=0.05)
    # one axis' errors 20 s apart are alike by e^-1
    assert np.corrcoef(fix.x[:-2], fix.x[2:])[0, 1] == pytest.approx(math.exp(-1), abs=0.03)
    # what it says of its accuracy holds two of three
    assert np.mean(np.hypot(fix.x, fix.y) < fix.accuracy) == pytest.approx(0.67, abs=0.03)


def test_a_walk_does_not_depend_on_how_it_is_cut_up() -> None:
    """The error goes on from one call to the next: no jump where one ends."""
    receiver = Receiver(np.random.default_rng(1), replace(CLEAR, sigma=10.0))
    steps = []
    before = None
    for piece in range(400):
        t = piece * 10.0 + np.arange(10.0)
        zero = np.zeros(10)
        fix = receiver.fixes(t, zero, zero, zero + 40, zero, np.zeros(10, bool))
        if before is not None:
            steps.append(fix.x[0] - before)
        before = fix.x[-1]
    assert np.std(steps) < 5.0, "a second's step; two that know nothing of each other would differ by 14"


def test_frozen_where_something_is_wrong_only_without_mercy() -> None:
    t, zero = np.arange(20_000.0), np.zeros(20_000)
    frozen = {}
    for spares in (True, False):
        conditions = replace(CLEAR, freezes=1 / 500, spares=spares)
        fix = Receiver(np.random.default_rng(1), conditions).fixes(t, t, zero, zero + 40, zero, np.ones(20_000, bool))
        frozen[spares] = int((np.diff(fix.x) == 0).sum())
    assert frozen[True] == 0
    assert frozen[False] > 200
