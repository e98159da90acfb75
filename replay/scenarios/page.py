"""page: the results as a page of the docs: what must be reached, and every rule under every condition."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from replay.scenarios.families import FAMILIES
from replay.scenarios.library import BY_NAME, SCENARIOS
from replay.scenarios.results import Result

_HEAD = """\
# How well the rules do

`gridwatch score --scenarios all --seed {seed} --docs docs/results/rules.md` writes this page. What is simulated, and
what is counted how: [command line](../cli.md#gridwatch-score). Cities: {cities}. The seed is one of many: tests take
other ones.

Labels come from what the simulator did, never from running a rule. The city is made up: it shows that rules bear noise,
silence and disorder of a known size, not how often drivers break them, nor what real devices do beyond what is listed.

"""
_LIMITS = """\
## What must be reached

On `plain` days recall and precision are 1. With 10 m noise and dead zones recall is at least 0.98, with at most one
false case in 1,000 hours of vehicles (of sensors, for rules about them). Delay: the median time from the start of what
was wrong to the case. A dash: nothing to say. Bold: a limit is missed.

"""
_ALL = """\
## Every rule under all conditions

Each cell: recall, and after the stroke false cases in 1,000 hours. A dash: nothing was wrong of that kind.

"""


def page(results: Sequence[Result], seed: int) -> str:
    """Markdown."""
    of = {(each.rule, each.scenario): each for each in results}
    rules = list(dict.fromkeys(each.rule for each in results))
    shown = [each for each in SCENARIOS if any(name == each.name for _, name in of)]
    cities = "; ".join(family.about for family in FAMILIES.values())
    parts = [_HEAD.format(seed=seed, cities=cities)]
    limited = [each.name for each in shown if each.limits]
    if limited:
        head = [
            "rule",
            *(
                f"{name}: {what}"
                for name in limited
                for what in ("wrong", "recall", "precision", "false in 1,000 h", "delay")
            ),
        ]
        lines = [[rule, *(cell for name in limited for cell in _five(of.get((rule, name))))] for rule in rules]
        parts += [_LIMITS, _table(head, lines)]
    head = ["rule", *(each.name for each in shown)]
    lines = [[rule, *(_two(of.get((rule, each.name))) for each in shown)] for rule in rules]
    parts += [_ALL, _table(head, lines), "\n| scenario | | |\n|---|---|---|\n"]
    parts += [f"| {each.name} | {each.about} | {BY_NAME[each.name].conditions.text} |\n" for each in shown]
    return "".join(parts)


def _five(result: Result | None) -> list[str]:
    if result is None:
        return ["–"] * 5
    score = result.score
    mark = "**" if result.missed_limit else ""
    numbers = (_number(result.recall, 4), _number(result.precision, 4), _number(score.false_per_1000h, 2))
    delay = "–" if math.isnan(score.delay) else f"{score.delay:.0f} s"
    return [str(score.labels), *(f"{mark}{number}{mark}" for number in numbers), delay]


def _two(result: Result | None) -> str:
    if result is None or not result.score.hours:
        return "–"
    return f"{_number(result.recall, 3)} / {_number(result.score.false_per_1000h, 2)}"


def _number(number: float, digits: int) -> str:
    """Without zeros that say nothing; a dash for what is not known."""
    return "–" if math.isnan(number) else f"{number:.{digits}f}".rstrip("0").rstrip(".")


def _table(head: Iterable[str], lines: Iterable[Sequence[str]]) -> str:
    head = list(head)
    rows = [head, ["---", *["--:"] * (len(head) - 1)], *lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows) + "\n"
