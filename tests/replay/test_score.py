"""Scores, by hand; and the demo's rules against the city's labels."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gridwatch.cli.simulate import configured
from pipeline.engine import Engine
from pipeline.episode import Change, Episode
from pipeline.names import Names
from pipeline.rows import Reading
from pipeline.version import Hold, Rule, Version
from replay.labels import FALSE_ALARM
from replay.outcome import timing_of
from replay.scenarios.families import START
from replay.scenarios.recording import entries
from replay.score import Score, Timing, score
from replay.simulator import City, Label


@dataclass(frozen=True)
class Case:
    started: float
    ended: float = math.nan
    rule: str = "overspeed"
    subject: str = "a"
    part: str = ""

    @property
    def confirmed(self) -> float:
        return self.started + 20


def label(started: float, ended: float, rule: str = "overspeed", subject: str = "a") -> Label:
    return Label(started, rule, subject, ended)


#                 0        100       200       300      400     500 (the end)
#  label                    ########
#  slack is 30, patience 90: what began after 410 need not be found
@pytest.mark.parametrize(
    "cases, labels, right, missed, false, duplicates",
    [
        pytest.param([Case(105, 190)], [label(100, 200)], 1, 0, 0, 0, id="found"),
        pytest.param([], [label(100, 200)], 0, 1, 0, 0, id="missed"),
        pytest.param([Case(105, 190)], [], 0, 0, 1, 0, id="false"),
        pytest.param([Case(105, 130), Case(150, 190)], [label(100, 200)], 1, 0, 0, 1, id="twice"),
        pytest.param([Case(105, 190)], [label(100, 200, subject="b")], 0, 1, 1, 0, id="of-another-subject"),
        pytest.param([Case(105, 190)], [label(100, 200, rule="no-go")], 0, 1, 1, 0, id="of-another-rule"),
        pytest.param([Case(225, 240)], [label(100, 200)], 1, 0, 0, 0, id="within-the-slack"),
        pytest.param([Case(235, 240)], [label(100, 200)], 0, 1, 1, 0, id="beyond-the-slack"),
        pytest.param([Case(105)], [label(100, math.inf)], 1, 0, 0, 0, id="both-go-on"),
        pytest.param([], [label(420, math.inf)], 0, 0, 0, 0, id="too-near-the-end"),
        pytest.param([Case(430)], [label(420, math.inf)], 0, 0, 0, 0, id="too-near-the-end-and-found"),
        pytest.param([Case(105, 190), Case(305, 390)], [label(100, 200), label(300, 400)], 2, 0, 0, 0, id="two-of-two"),
        pytest.param([Case(430)], [], 0, 0, 0, 0, id="too-new-to-be-false"),
        pytest.param([Case(430, 440)], [], 0, 0, 1, 0, id="over-and-false"),
        pytest.param([Case(105, 390)], [label(100, 200), label(225, 400)], 2, 0, 0, 0, id="one-of-two-that-join"),
        pytest.param([Case(105, 390)], [label(100, 200), label(300, 400)], 1, 1, 0, 0, id="one-of-two-far-apart"),
        pytest.param([Case(105, 190), Case(350, 390)], [], 0, 0, 1, 1, id="false-twice-is-one-case"),
        pytest.param([Case(105, 190), Case(800, 890)], [], 0, 0, 2, 0, id="false-again-later"),
    ],
)
def test_score(cases: list[Case], labels: list[Label], right: int, missed: int, false: int, duplicates: int) -> None:
    result = score(cases, labels, until=500.0)[""]
    assert (result.right, len(result.missed), len(result.false), result.duplicates) == (
        right,
        missed,
        false,
        duplicates,
    )


def test_shares() -> None:
    result = score([Case(105, 190), Case(300, 310)], [label(100, 200), label(900, 990)])[""]
    assert (result.precision, result.recall, result.delay) == (0.5, 0.5, 25.0)
    nothing = score([], [])[""]
    assert (nothing.precision, nothing.recall) == (1.0, 1.0)
    assert math.isnan(nothing.delay)


def test_hours_and_sums() -> None:
    one = score([Case(105, 190), Case(300, 310)], [label(100, 200)])[""]
    one.hours = 500.0
    assert one.false_per_1000h == 2.0
    both = Score()
    assert math.isnan(both.false_per_1000h)
    both.add(one)
    both.add(one)
    assert (both.right, both.labels, both.false_per_1000h, len(both.delays)) == (2, 2, 2.0, 2)


#                 0        100       200       300      400     500 (the end)
#  label                    ########
@pytest.mark.parametrize(
    "timing, right, missed, false",
    [
        pytest.param(Timing(slack=60.0), 1, 0, 0, id="more-slack"),
        pytest.param(Timing(slack=30.0), 0, 1, 1, id="as-usual"),
        pytest.param(Timing(slack=30.0, patience=450.0), 0, 0, 1, id="more-patience"),
    ],
)
def test_timing_of_a_rule(timing: Timing, right: int, missed: int, false: int) -> None:
    result = score([Case(245, 260)], [label(100, 200)], 500.0, {"overspeed": timing})["overspeed"]
    assert (result.right, len(result.missed), len(result.false)) == (right, missed, false)


ALARM = Label(100.0, "overspeed", "a", 200.0, verdict=FALSE_ALARM)


@pytest.mark.parametrize(
    "labels, complete, right, false, unlabelled",
    [
        pytest.param([], None, 0, 1, 0, id="all-that-was-wrong-is-labelled"),
        pytest.param([], (), 0, 0, 1, id="nobody-has-said"),
        pytest.param([ALARM], (), 0, 1, 0, id="somebody-called-it-false"),
        pytest.param([ALARM], None, 0, 1, 0, id="false-anyway"),
        pytest.param([label(100, 200)], (), 1, 0, 0, id="confirmed"),
        pytest.param([label(100, 200), ALARM], (), 1, 0, 0, id="confirmed-counts-more"),
        pytest.param([label(100, 200, rule="no-go")], ("no-go",), 0, 0, 1, id="another-rule-is-labelled"),
    ],
)
def test_labels_of_some_cases_alone(
    labels: list[Label], complete: tuple[str, ...] | None, right: int, false: int, unlabelled: int
) -> None:
    result = score([Case(105, 190)], labels, 500.0, complete=complete)[""]
    assert (result.right, len(result.false), len(result.unlabelled)) == (right, false, unlabelled)


def test_f1_and_delays() -> None:
    result = score([Case(105, 190), Case(300, 310), Case(400, 410)], [label(90, 200), label(290, 310)])[""]
    assert result.precision == pytest.approx(2 / 3)
    assert result.recall == 1.0
    assert result.f1 == pytest.approx(0.8)
    assert [result.delay_at(0.5), result.delay_at(0.95)] == pytest.approx([32.5, 34.75])
    assert result.duplicates_per_event == 0.0
    assert math.isnan(Score().duplicates_per_event)


class Judged:
    """Two simulated hours of the demo's city (a fix each 5 s), as journal entries, and what was really wrong."""

    def __init__(self, folder: Path) -> None:
        city = City(4, interval=5.0, parked=10.0, bin_interval=30.0, opening=True)
        self.city = configured(folder, city.town())
        self.entries = list(entries(city, START, 7200.0, "city", b"demo"))
        self.labels = city.labels
        self.timing = {
            rule.id: timing_of(rule, 30.0 if rule.kind is Reading else 5.0, *city.conditions.doubt)
            for rule in self.city.version(Names()).rules
        }

    def scores(self, episodes: list[Episode]) -> dict[str, Score]:
        """How well they agree with what was wrong."""
        return score(episodes, self.labels, START + 7200.0, self.timing)

    def episodes(self, without_holds: bool = False) -> list[Episode]:
        """What the demo's rules find."""

        def version(_: bytes, names: Names) -> Version:
            made = self.city.version(names)
            if without_holds:
                made.rules = [_bare(rule) for rule in made.rules]
            return made

        engine = Engine(version)
        found: dict[str, Episode] = {}
        for buffer in self.entries:
            for event in engine.feed(buffer.batch(), engine.position):
                if event.change is Change.WITHDRAWN:
                    found.pop(event.episode.id)
                else:
                    found[event.episode.id] = event.episode
        assert not engine.take_asides(), "nothing that the city sends is undecodable or unknown"
        return list(found.values())


def _bare(rule: Rule) -> Rule:
    return replace(rule, hold=Hold())


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return Judged(tmp_path_factory.mktemp("city"))


def test_demo_rules_find_what_is_wrong_and_nothing_else(judged: Judged) -> None:
    scores = judged.scores(judged.episodes())
    told = "\n".join(f"{rule or 'all':12} {result}" for rule, result in scores.items())
    assert not scores[""].missed, told
    assert not scores[""].false, told
    assert scores[""].duplicates < 5, told
    assert scores[""].right > 60, told
    assert scores[""].delay < 60, told


def test_without_holds_noise_makes_false_cases(judged: Judged) -> None:
    assert judged.scores(judged.episodes(without_holds=True))[""].precision < 0.9


def test_late_uploads_make_late_cases(judged: Judged) -> None:
    late = {(each.rule, each.subject) for each in judged.labels if each.late}
    found = {(each.rule, each.subject) for each in judged.episodes() if each.late}
    assert late
    assert late <= found
