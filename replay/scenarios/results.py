"""results: what many runs come to, by rule and scenario, and which limits that misses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from replay.scenarios.library import BY_NAME
from replay.score import Score


@dataclass(frozen=True, slots=True)
class Result:
    """How well a rule did in a scenario."""

    rule: str
    scenario: str
    score: Score

    @property
    def precision(self) -> float:
        """NaN where there was no case."""
        return self.score.precision if self.score.cases or self.score.false else math.nan

    @property
    def recall(self) -> float:
        """NaN where nothing was wrong."""
        return self.score.recall if self.score.labels else math.nan

    @property
    def missed_limit(self) -> str:
        """Which limit of its scenario is missed, in a few words; '' for none."""
        limits = BY_NAME[self.scenario].limits if self.scenario in BY_NAME else None
        if limits is None:
            return ""
        if self.recall < limits.recall:
            return f"recall below {limits.recall:g}"
        if self.precision < limits.precision:
            return f"precision below {limits.precision:g}"
        if self.score.false_per_1000h > limits.false_per_1000h:
            return f"more than {limits.false_per_1000h:g} false in 1,000 h"
        return ""

    def to_json(self) -> dict[str, Any]:
        """The public form, with these keys and no others; null where there is nothing to say."""
        scenario = BY_NAME.get(self.scenario)
        return {
            "rule": self.rule,
            "scenario": self.scenario,
            "noise": scenario.conditions.text if scenario else None,
            "precision": _known(self.precision, 4),
            "recall": _known(self.recall, 4),
            "false_per_1000h": _known(self.score.false_per_1000h, 3),
            "delay_p50": _known(self.score.delay, 1),
        }


def gathered(runs: Iterable[tuple[str, Mapping[str, Score]]]) -> list[Result]:
    """(scenario, rule -> score) of many runs, those of one scenario added up; by rule, then as they came."""
    sums: dict[tuple[str, str], Score] = {}
    for scenario, scores in runs:
        for rule, one in scores.items():
            sums.setdefault((rule, scenario), Score()).add(one)
    rules = dict.fromkeys(rule for rule, _ in sums)
    return [Result(rule, name, one) for r in rules for (rule, name), one in sums.items() if rule == r]


def untested(results: Iterable[Result]) -> list[str]:
    """The rules by which nothing was wrong in any scenario."""
    wrong: dict[str, int] = {}
    for each in results:
        wrong[each.rule] = wrong.get(each.rule, 0) + each.score.labels
    return [rule for rule, labels in wrong.items() if not labels]


def _known(number: float, digits: int) -> float | None:
    return round(number, digits) if math.isfinite(number) else None
