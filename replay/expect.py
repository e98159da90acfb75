"""expect: what a city expects of its rules on a recording, and whether it came to that.

Reads the configuration's section `expect:` (rule id, or `all` for all rules together -> thresholds) and an `Outcome`;
reports one result for each threshold. `precision`, `recall` and `f1` are to be at least so much, `cases` within a
range, the others at most. A threshold about something that the recording can't say (there is no label, no event of the
rule) is missed, and the result says why: an expectation that nothing can fail is none.

    expect:
      all: {false_per_1000h: 1}
      overspeed: {precision: 0.95, recall: 90 %, delay_p95: 5min, cases: 1..20}
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from pipeline.faults import did_you_mean
from pipeline.reporting import SOURCE_DOWN
from pipeline.units import Seconds
from replay.score import Score

if TYPE_CHECKING:
    from replay.outcome import Outcome

ALL = "all"
"""In place of a rule's id: all rules together."""

LEAST, MOST, WITHIN = "at least", "at most", "within"


def _share(value: object) -> float:
    likely = "expected a share such as 0.95 or '95 %'"
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*%\s*", value) if isinstance(value, str) else None
    if match is None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError(likely)
    share = float(match[1]) / 100 if match else float(value)  # type: ignore[arg-type]  # a number, as looked at above
    if not 0 <= share <= 1:
        raise ValueError(f"{likely}, got one beyond 0..1")
    return share


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError("expected a number of 0 or more, such as 0.1")
    return float(value)


def _range(value: object) -> tuple[float, float]:
    likely = "expected a number of cases or a range, such as 3, 0..20, 1.. or ..20"
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return float(value), float(value)
    match = re.fullmatch(r"\s*(\d*)\s*\.\.\s*(\d*)\s*", value) if isinstance(value, str) else None
    if match is None or not (match[1] or match[2]):
        raise ValueError(likely)
    least, most = float(match[1] or 0), float(match[2] or math.inf)
    if most < least:
        raise ValueError(f"{likely}; here the first is above the second")
    return least, most


def _as(*kinds: str, description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": list(kinds), "description": description})


Part = Annotated[float, BeforeValidator(_share), _as("number", "string", description="a share: 0.95 or '95 %'")]
Amount = Annotated[float, BeforeValidator(_number), _as("number", description="a number of 0 or more")]
Range = Annotated[
    tuple[float, float],
    BeforeValidator(_range),
    _as("integer", "string", description="a number of cases or a range: 3, 0..20, 1.. or ..20"),
]


class Thresholds(BaseModel):
    """What is expected of one rule, or of all together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    precision: Part | None = Field(None, description="at least this share of the cases is right")
    recall: Part | None = Field(None, description="at least this share of the events is found")
    f1: Part | None = Field(None, description="the harmonic mean of the two is at least this")
    duplicates_per_event: Amount | None = Field(None, description="at most so many further cases for an event")
    delay_p50: Seconds | None = Field(None, description="half of the events are found within this")
    delay_p95: Seconds | None = Field(None, description="95 of 100 events are found within this")
    false_per_1000h: Amount | None = Field(None, description="at most so many false cases in 1,000 subject hours")
    cases: Range | None = Field(None, description="how many cases there are")

    @model_validator(mode="after")
    def _some(self) -> Thresholds:
        if not self.model_fields_set:
            raise ValueError(f"expected at least one of {', '.join(type(self).model_fields)}")
        return self


Expectations = dict[str, Thresholds]
"""The section: rule id or `all` -> what is expected of it."""


class Expecting(BaseModel):
    """A file that has the section, whatever else is in it."""

    expect: Expectations


_DIRECTION = {"precision": LEAST, "recall": LEAST, "f1": LEAST, "cases": WITHIN}
UNITS = {"delay_p50": "s", "delay_p95": "s"}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one threshold."""

    rule: str
    what: str
    """precision, recall …: the threshold's name"""
    direction: str
    """at least, at most, within"""
    expected: float | tuple[float, float]
    """In the threshold's unit; for `within` both ends, the second infinite where there is none."""
    got: float
    """NaN where the recording can't say."""
    met: bool
    reason: str = ""
    """Why the recording can't say."""

    @property
    def wanted(self) -> str:
        """What was expected, in words."""
        if not isinstance(self.expected, tuple):
            return f"{self.direction} {_told(self.expected, self.what)}"
        least, most = self.expected
        if least == most:
            return f"{least:.0f}"
        if math.isinf(most):
            return f"at least {least:.0f}"
        return f"{least:.0f} to {most:.0f}"

    @property
    def gotten(self) -> str:
        """What came, in words; why it can't be said where it can't."""
        return self.reason or _told(self.got, self.what)

    def __str__(self) -> str:
        return f"{self.rule}: expected {self.what} {self.wanted}, got {self.gotten}"


def _told(number: float, what: str) -> str:
    """To six figures."""
    unit = UNITS.get(what, "")
    return f"{number:.6g}{' ' + unit if unit else ''}"


def results(expected: Mapping[str, Thresholds], outcome: Outcome) -> list[Result]:
    """One for each threshold, sorted by rule (`all` first) and in the order of `Thresholds`."""
    found = []
    for rule in sorted(expected, key=lambda name: (name != ALL, name)):
        score, cases, reason = _of(rule, outcome)
        for what, wanted in expected[rule]:
            if wanted is not None:
                found.append(_result(rule, what, wanted, score, cases, reason or _unsaid(what, score, outcome)))
    return found


def _of(rule: str, outcome: Outcome) -> tuple[Score, int, str]:
    """A rule's score, the number of its cases, and why nothing can be said of it at all."""
    if rule == ALL:
        total = Score()
        for score in outcome.scores.values():
            total.add(score)
        return total, sum(case.rule in outcome.rules for case in outcome.cases), ""
    mine = sum(case.rule == rule for case in outcome.cases)
    if rule in outcome.scores:
        return outcome.scores[rule], mine, ""
    if rule == SOURCE_DOWN:
        return Score(), mine, ""
    hint = did_you_mean(rule, outcome.rules) or f"; there are: {', '.join(sorted(outcome.rules)) or 'none'}"
    return Score(), 0, f"nothing: no such rule was judged{hint}"


def _unsaid(what: str, score: Score, outcome: Outcome) -> str:
    """Why the recording can't say it; '' where it can."""
    if what == "cases":
        return ""
    if not outcome.labels:
        return "nothing: the recording has no labels"
    if what == "false_per_1000h":
        return "" if score.hours else "nothing: none of its subjects was heard"
    if what == "precision" and not score.cases and not score.false:
        why = "nobody has said whether its cases are right" if score.unlabelled else "it has no case"
        return f"nothing: {why}"
    if what in ("recall", "f1") and not score.labels:
        return "nothing: no label says of it when it was wrong"
    if what not in ("precision", "recall", "f1") and not score.right:
        return "nothing: no event was found"
    return ""


def _result(rule: str, what: str, wanted: Any, score: Score, cases: int, unsaid: str) -> Result:
    direction = _DIRECTION.get(what, MOST)
    if unsaid:
        return Result(rule, what, direction, wanted, math.nan, False, unsaid)
    got = _number_of(what, score, cases)
    if direction == WITHIN:
        met = wanted[0] <= got <= wanted[1]
    else:
        met = got >= wanted if direction == LEAST else got <= wanted
    return Result(rule, what, direction, wanted, got, met)


def _number_of(what: str, score: Score, cases: int) -> float:
    if what == "cases":
        return float(cases)
    if what in ("delay_p50", "delay_p95"):
        return score.delay_at(0.5 if what == "delay_p50" else 0.95)
    return float(getattr(score, what))


def unknown_rules(expected: Mapping[str, object], rules: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """(id, what to say) of each that is no rule's."""
    for rule in expected:
        if rule not in (ALL, SOURCE_DOWN) and rule not in rules:
            hint = did_you_mean(rule, [*rules, ALL]) or f"; there are: {', '.join(rules) or 'none'}"
            yield rule, f"no rule '{rule}'{hint}"
